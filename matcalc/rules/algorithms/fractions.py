"""Sums of quotients that are shorter over their common divisor: 1./q - u.^2./q.^2 = 1./q.^2 for q = 1 + u.^2.

Two terms are put over what divides either of them, and the numerators are multiplied out. The result is taken where
terms of the numerator cancel and it is shorter than the two were: a difference is then gone that had to be computed.
"""

from __future__ import annotations

from itertools import combinations

from matcalc.budgets import HEAVIEST_TRIED, MOST_OVER_DIVISORS
from matcalc.network.build import add
from matcalc.network.nodes import Node
from matcalc.rational import Fraction
from matcalc.rules.algorithms.relations import related
from matcalc.rules.algorithms.terms import Powers, powers_of, product_of, quotient, shared, terms_of, total_of, unsummed

_1 = Fraction(1)


def over_common_divisors(terms: list[tuple[Node, Fraction]]) -> list[tuple[Fraction, Node]] | None:
    """The sum with two of its terms put together; None where that gains nothing."""
    if len(terms) < 2 or not any(
        _divides(factor.node, factor.exponent) for node, _ in terms for factor in unsummed(node)
    ):
        return None
    light = [term for term in terms if term[0].weight <= HEAVIEST_TRIED]
    known = [(node, c, powers) for node, c in light if (powers := powers_of(node)) is not None]
    divided = [any(_divides(base[0], e) for base, e in powers.items()) for _, _, powers in known]
    if len(terms) > MOST_OVER_DIVISORS:
        known = [term for term, divides in zip(known, divided, strict=True) if divides]
        divided = [True] * len(known)
        if len(known) > MOST_OVER_DIVISORS:
            return None
    for (i, (a, c, p)), (j, (b, d, q)) in combinations(enumerate(known), 2):
        if divided[i] or divided[j]:
            made = _together(a, c, p, b, d, q)
            if made is not None:
                return [(_1, made), *((k, node) for node, k in terms if node is not a and node is not b)]
    return None


def _divides(node: Node, exponent: Fraction) -> bool:
    return exponent < 0 and node.kind == "sum"


def _together(a: Node, c: Fraction, p: Powers, b: Node, d: Fraction, q: Powers) -> Node | None:
    """c·a + d·b as one product, where that is shorter."""
    common = shared(p, q)
    above = [(c, product_of(_1, quotient(p, common), a)), (d, product_of(_1, quotient(q, common), b))]
    total, cancelled = total_of(above, a)
    fewer = related(terms_of(total))
    if fewer is not None:
        total, cancelled = add(fewer, a.dims, plain=True), True
    if not cancelled and all(node is not total for node, _ in common):
        return None
    if product_of(_1, common, a, total).weight >= a.weight + b.weight + 1:
        return None
    return product_of(_1, common, a, add([(_1, total)], a.dims))
