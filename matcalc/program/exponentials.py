"""Exponentials divided by sums of exponentials, without overflow: exp(x)/s is exp(x - log(s)) with s = 1 + sum(exp(x)).

What divides an exponential becomes the exponential of its logarithm, which ``logarithms`` computes from the exponents;
then quotients of exponentials are exponentials of differences.
"""

from __future__ import annotations

from matcalc.functions import FUNCTIONS
from matcalc.network.build import add, contract, scale
from matcalc.network.functions import elementwise
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.network.substitute import substitute
from matcalc.program.logarithms import is_sum_of_exponentials
from matcalc.rational import Fraction
from matcalc.walk import postorder

_1 = Fraction(1)


def by_logarithms(nodes: list[Node]) -> list[Node]:
    """Nodes in which sums that divide exponentials are the exponentials of their logarithms."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if node.kind == "contraction" and any(is_function(f.node, "exp") and f.exponent > 0 for f in node.factors):
            for total in (f.node for f in node.factors if f.exponent < 0 and is_sum_of_exponentials(f.node)):
                # made directly: the constructor makes exp(log(s)) s again
                new[total] = Node(
                    "elementwise", (elementwise(FUNCTIONS["log"], (total,)),), FUNCTIONS["exp"], total.dims
                )
    return [substitute(node, new) for node in nodes] if new else nodes


def quotients(factors: list[Factor]) -> list[Factor]:
    """The factors of a product with each exponential that divides another one in the exponent of that."""
    for below in factors:
        if below.exponent > 0 or not is_function(below.node, "exp"):
            continue
        for above in factors:
            if above.exponent > 0 and is_function(above.node, "exp") and _are_nested(above.indices, below.indices):
                power = min(above.exponent, -below.exponent)
                rest = [f for f in factors if f is not below and f is not above]
                left = [
                    above._replace(exponent=above.exponent - power),
                    below._replace(exponent=below.exponent + power),
                ]
                return quotients([*rest, *(f for f in left if f.exponent), _quotient(above, below, power)])
    return factors


def _are_nested(a: Indices, b: Indices) -> bool:
    distinct = len(set(a)) == len(a) and len(set(b)) == len(b)
    return distinct and (set(a) <= set(b) or set(b) <= set(a))


def _quotient(above: Factor, below: Factor, power: Fraction) -> Factor:
    """(exp(u)/exp(v))^power on the indices of both."""
    wide = max(above, below, key=lambda f: len(f.indices))
    sizes = dict(zip(wide.indices, wide.node.dims, strict=True))
    terms = [
        (c, contract(_1, [Factor(f.node.operands[0], f.indices, _1)], wide.indices, sizes))
        for c, f in ((_1, above), (-_1, below))
    ]
    exponent = scale(power, add(terms, wide.node.dims))
    return Factor(elementwise(FUNCTIONS["exp"], (exponent,)), wide.indices, _1)
