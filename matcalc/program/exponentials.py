"""Exponentials divided by sums of exponentials, without overflow: exp(x)/s is exp(x - log(s)) with s = 1 + sum(exp(x)).

What divides exponentials becomes the exponential of its logarithm, which ``logarithms`` computes from the exponents,
and so do hyperbolic functions; then quotients of exponentials are exponentials of differences.
"""

from __future__ import annotations

from matcalc.function import Function
from matcalc.functions import COSH, EXP, LOG, LOGSUMEXP, ROWLOGSUMEXP, SINH, SOFTPLUS, TANH
from matcalc.lowering.substitute import substitute
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Node, is_function, is_one_of
from matcalc.program.logarithms import is_sum_of_exponentials, log_cosh
from matcalc.rational import Fraction
from matcalc.rules.functions import elementwise
from matcalc.walk import postorder

HYPERBOLIC = (SINH, COSH)
LOGARITHMS = (LOG, SOFTPLUS, LOGSUMEXP, ROWLOGSUMEXP)

_1 = Fraction(1)


def by_logarithms(nodes: list[Node]) -> list[Node]:
    """Nodes in which sums that divide exponentials are the exponentials of their logarithms."""
    if not _divisors(nodes):
        return nodes
    exponentials = _as_exponentials(nodes)
    nodes = [substitute(node, exponentials) for node in nodes]
    totals = _divisors(nodes)
    # made directly, for the constructor makes exp(log(s)) s again
    logs = {total: elementwise(LOG, (total,)) for total in totals}
    new = {total: _made(EXP, log) for total, log in logs.items()}
    return [substitute(node, new) for node in nodes]


def _divisors(nodes: list[Node]) -> list[Node]:
    """The sums of exponentials that divide exponentials."""
    found = dict.fromkeys(
        below.node
        for node in postorder(*nodes)
        if node.kind == "contraction" and any(map(_holds_exponentials, node.operands))
        for below in node.factors
        if below.exponent < 0 and is_sum_of_exponentials(below.node)
    )
    return list(found)


def _as_exponentials(nodes: list[Node]) -> dict[Node, Node]:
    """cosh(u) as exp(log(cosh(u))), and sinh(u) as tanh(u) times that, which is right where u is small."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if is_one_of(node, HYPERBOLIC):
            (u,) = node.operands
            new[node] = cosh = _made(EXP, log_cosh(u))
            if is_function(node, SINH):
                out = tuple(range(node.rank))
                factors = [Factor(_made(TANH, u), out, _1), Factor(cosh, out, _1)]
                new[node] = contract(_1, factors, out, dict(enumerate(node.dims)))
    return new


def _made(function: Function, operand: Node) -> Node:
    return Node("elementwise", (operand,), function, operand.dims)


def quotients(factors: list[Factor]) -> list[Factor]:
    """The factors of a product with what divides exponentials in the exponents of these."""
    for below in factors:
        if below.exponent > 0 or not is_function(below.node, EXP):
            continue
        for above in factors:
            if above is not below and (found := _absorbed(above, below)) is not None:
                power, made = found
                rest = [f for f in factors if f is not below and f is not above]
                left = below._replace(exponent=below.exponent + power)
                return quotients([*rest, *([left] if left.exponent else []), *made])
    return factors


def _absorbed(above: Factor, below: Factor) -> tuple[Fraction, list[Factor]] | None:
    """The power of an exponential that goes into another factor, and what that becomes."""
    nested = set(above.indices) <= set(below.indices) or set(below.indices) <= set(above.indices)
    if not nested or len(set(above.indices)) < len(above.indices) or len(set(below.indices)) < len(below.indices):
        return None
    by_total = is_one_of(below.node.operands[0], LOGARITHMS)
    if is_function(above.node, EXP) and (above.exponent > 0 or by_total):
        power = min(abs(above.exponent), -below.exponent)
        taken = power if above.exponent > 0 else -power
        left = above._replace(exponent=above.exponent - taken)
        return power, [*([left] if left.exponent else []), _quotient(above, taken, below, power)]
    whole = above.exponent.denominator == 1 and 0 < above.exponent <= -below.exponent
    if by_total and whole and set(below.indices) <= set(above.indices) and _holds_exponentials(above.node):
        made = _each_divided(above, below)
        if below.node not in made.operands:  # nothing was absorbed, as by sinh(u) from exp(v)
            return above.exponent, [above._replace(node=made)]
    return None


def _quotient(above: Factor, taken: Fraction, below: Factor, power: Fraction) -> Factor:
    """exp(u)^taken/exp(v)^power, on the indices of both."""
    wide = max(above, below, key=lambda f: len(f.indices))
    sizes = dict(zip(wide.indices, wide.node.dims, strict=True))
    terms = [
        (c, contract(_1, [Factor(f.node.operands[0], f.indices, _1)], wide.indices, sizes))
        for c, f in ((taken, above), (-power, below))
    ]
    return Factor(elementwise(EXP, (add(terms, wide.node.dims),)), wide.indices, _1)


def _each_divided(above: Factor, below: Factor) -> Node:
    """A product with exponentials, or a sum of such, divided by another exponential, term by term."""
    node, indices, _ = above
    sizes = dict(zip(indices, node.dims, strict=True))
    terms = node.terms if node.kind == "sum" else [(_1, node)]
    divisor = below._replace(exponent=-_1)
    return add(
        [(c, contract(_1, [Factor(term, indices, _1), divisor], indices, sizes)) for c, term in terms], node.dims
    )


def _holds_exponentials(node: Node) -> bool:
    if node.kind in ("sum", "contraction"):
        return any(o.kind != "sum" and _holds_exponentials(o) for o in node.operands)
    return is_one_of(node, (EXP, *HYPERBOLIC))
