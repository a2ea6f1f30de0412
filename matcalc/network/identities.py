"""The rules for products and sums, in order: lines of mathematics, and the algorithms that are no lines.

An algorithm sees the factors of one product, or the terms of one sum, and returns what they become, or None. It stands
here, or in a module of its own, because what it looks for has no fixed form: numbers that are factored, sums of any
number of terms on any axes, paths of matrices of any length.
"""

from __future__ import annotations

from functools import lru_cache

from matcalc.network import build, properties
from matcalc.network.build import Rewritten, add, contract, number, split_coefficient
from matcalc.network.commuting import in_commuting_direction
from matcalc.network.divisors import divisor_products, divisors_within, nested_divisors
from matcalc.network.hyperbolic import hyperbolics
from matcalc.network.lines import product_lines
from matcalc.network.matching import lonely as _lonely
from matcalc.network.matching import without as _without
from matcalc.network.mirrored import one_of_each_pair
from matcalc.network.nodes import Factor, Indices, Node, constant_value
from matcalc.network.projections import projected_out
from matcalc.network.selecting import ENTRYWISE, selected
from matcalc.network.spectral import divided_differences
from matcalc.network.unchanging import along_itself
from matcalc.network.units import unit_vectors
from matcalc.rational import Fraction, split_power

_1 = Fraction(1)


def _number(factors: list[Factor], out: Indices) -> Rewritten | None:
    """2^0.5*2^0.5 = 2, and 1/2^0.5 = 2^0.5/2: powers of numbers have exponents between 0 and 1.

    No line, since numbers are split into primes.
    """
    for factor in factors:
        value = constant_value(factor.node)
        if value is not None and not factor.indices and not 0 < factor.exponent < 1:
            split = split_power(value, factor.exponent)
            if split is not None:
                roots = [Factor(number(Fraction(prime)), (), power) for prime, power in split[1]]
                return Rewritten(_without(factors, factor), added=[Factor(number(split[0]), (), _1), *roots])
    return None


def _normaliser(factors: list[Factor], out: Indices) -> Rewritten | None:
    """Σ u^p / (Σ u^p) = 1, where the sum above is over indices of its own.

    No line, since u may have any number of axes, and p be any number.
    """
    for below in factors:
        total = below.node
        if below.exponent > -1 or below.indices or total.kind != "contraction" or len(total.operands) != 1:
            continue
        base, inner, power = total.factors[0]
        if total.data.coefficient != 1 or len(set(inner)) < len(inner):
            continue
        for above in factors:
            alone = all(_lonely(i, (above,), factors, out) for i in above.indices)
            if above.node is base and above.exponent == power and alone and len(set(above.indices)) == len(inner):
                kept = _without(factors, above, below)
                if below.exponent != -1:
                    kept.append(below._replace(exponent=below.exponent + 1))
                return Rewritten(kept, gone=above.indices)
    return None


def _sum_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A sum over an axis along which a term is constant or a delta goes inside.

    So colsum(X - ones(m)*c') = colsum(X) - m*c, and rowsum(diag(s) - s*s') = 0 where s sums to one. No line, since a
    sum has any number of terms and of axes.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for axis, index in enumerate(factor.indices):
            if factor.indices.count(index) > 1 or not _lonely(index, (factor,), factors, out):
                continue
            if not any(_sums_plainly(operand, axis) for operand in factor.node.operands):
                continue
            return Rewritten(_without(factors, factor), added=[_summed(factor, axis)], gone=(index,))
    return None


def _mean_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A mean, by weights that sum to one, of a sum with a term that is constant: p'*(x - c*ones(n)) = p'*x - c.

    No line, since a sum has any number of terms and of axes.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for weights in factors:
            if weights.exponent != 1 or len(weights.indices) != 1 or not properties.sums_to_one(weights.node):
                continue
            (index,) = weights.indices
            if factor.indices.count(index) != 1 or not _lonely(index, (factor, weights), factors, out):
                continue
            axis = factor.indices.index(index)
            if not any(o.kind == "contraction" and axis in build.spread_axes(o) for o in factor.node.operands):
                continue
            made = _summed(factor, axis, weights)
            return Rewritten(_without(factors, factor, weights), added=[made], gone=(index,))
    return None


def _summed(factor: Factor, axis: int, *weights: Factor) -> Factor:
    """A sum of terms, summed over one axis, term by term."""
    total = factor.node
    sizes = dict(enumerate(total.dims))
    every = tuple(range(total.rank))
    rest = tuple(i for i in every if i != axis)
    own = [weight._replace(indices=(axis,)) for weight in weights]
    terms = [(c, contract(_1, [Factor(operand, every, _1), *own], rest, sizes)) for c, operand in total.terms]
    return Factor(add(terms, tuple(sizes[i] for i in rest)), tuple(factor.indices[i] for i in rest), _1)


def _sums_plainly(node: Node, axis: int) -> bool:
    """Whether a term is constant along an axis, or zero along it but for the diagonal."""
    if node.kind != "contraction":
        return False
    out: Indices = node.data.out
    return out.count(out[axis]) > 1 or axis in build.spread_axes(node)


def _diagonal_of_sum(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The diagonal of a sum with diagonal terms goes inside: diag(A + diag(x)) = diag(A) + x.

    No line, since D may be known to be diagonal by its parts, and not by form.
    """
    for factor in factors:
        total = factor.node
        if total.kind != "sum" or total.rank != 2 or factor.exponent != 1 or factor.indices[0] != factor.indices[1]:
            continue
        if not any(properties.is_diagonal(operand) for operand in total.operands):
            continue
        sizes = {0: total.dims[0]}
        terms = [(c, contract(_1, [Factor(operand, (0, 0), _1)], (0,), sizes)) for c, operand in total.terms]
        made = Factor(add(terms, total.dims[:1]), factor.indices[:1], _1)
        return Rewritten(_without(factors, factor), added=[made])
    return None


RULES: tuple[tuple[str, build.Rule], ...] = (
    ("contraction", _number),
    ("sylvester", in_commuting_direction),
    ("dexpm", in_commuting_direction),
    ("dlogm", in_commuting_direction),
    ("dpolar", along_itself),
    ("sum", projected_out),
    ("sum", one_of_each_pair),
    ("divisor", _normaliser),
    ("sum", _sum_of_spread_terms),
    ("sum", _mean_of_spread_terms),
    ("sum", _diagonal_of_sum),
    ("sum", divisors_within),
    ("sum", nested_divisors),
    ("contraction", divisor_products),
    ("unit", unit_vectors),
    *((name, selected) for name in ENTRYWISE),
)


# ---------------------------------------------------------------- sums
def rewrite_sum(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """diag(x) + diag(y) = diag(x + y); exp(u) - exp(-u) = 2*sinh(u), exp(u) + exp(-u) = 2*cosh(u)."""
    return _one_diagonal(hyperbolics(terms))


def _one_diagonal(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """diag(x) + diag(y) = diag(x + y), of all such terms at once."""
    found = [(node, c) for node, c in terms if node.operands and node.rank == 2 and _is_diagonal_by_form(node)]
    if len(found) < 2:
        return terms
    dim = found[0][0].dims[0]
    parts = [(c, contract(_1, [Factor(node, (0, 0), _1)], (0,), {0: dim})) for node, c in found]
    made = contract(_1, [Factor(add(parts, (dim,)), (0,), _1)], (0, 0), {0: dim})
    coefficient, core = split_coefficient(made)
    rest = [(node, c) for node, c in terms if (node, c) not in found]
    return [*rest, (core, coefficient)] if coefficient else rest


def _is_diagonal_by_form(node: Node) -> bool:
    return node.kind == "contraction" and bool(node.data.out[0] == node.data.out[1])


@lru_cache(1)
def product_rules() -> build.RuleList:
    """The rules about products, in order: powers of numbers, lines, and algorithms."""
    first, *others = [((frozenset((trigger,)),), rule) for trigger, rule in RULES]
    return [first, *((triggers, line.in_product) for triggers, line in product_lines()), *others]


build.PRODUCT_RULES.append(product_rules)
build.SUM_RULES.insert(0, divided_differences)  # before terms are put together in other ways
build.SUM_RULES.append(rewrite_sum)
