"""Sums of squares: scalars such as x'*A'*A*x, which are computed from A*x."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from matcalc.network.build import contract
from matcalc.network.components import components
from matcalc.network.nodes import Factor, Node, Product
from matcalc.rational import Fraction


def half_of_square(node: Node) -> Node | None:
    """The u of a scalar that is a sum of u², such as x'*A'*A*x: computed from u it is cheaper, and never negative."""
    product: Product = node.data
    arrays = [f for f in node.factors if f.indices]
    if len(arrays) == 1:
        factor = arrays[0]
        is_square = factor.exponent == 2 and len(set(factor.indices)) == len(factor.indices) <= 2
        return factor.node if is_square else None
    for count in (1, 2):
        for middle in combinations(range(len(product.sizes)), count):
            halves = components(arrays, set(middle))
            if len(halves) != 2 or any(not any(i in f.indices for f in half) for half in halves for i in middle):
                continue
            if Counter(map(_made_of, halves[0])) != Counter(map(_made_of, halves[1])):
                continue
            first, second = (contract(Fraction(1), half, middle, dict(enumerate(product.sizes))) for half in halves)
            if first is second:
                return first
    return None


def _made_of(factor: Factor) -> tuple[Node, Fraction]:
    return factor.node, factor.exponent
