"""What stands beside a sum and makes it plainer inside: (eye(n) - u*ones(n)')*diag(v) is written diag(v) - u*v'.

So is a number: 10*(0.9*a + b) is written 9*a + 10*b.
"""

from __future__ import annotations

import math

from matcalc.lifting.given import Given
from matcalc.network.build import add, contract
from matcalc.network.leaves import spread_axes
from matcalc.network.nodes import Factor, Node
from matcalc.rational import Fraction

_1 = Fraction(1)


def scaled_within(factors: list[Factor]) -> list[Factor]:
    """The factors of a product, vectors multiplied into a sum whose terms are deltas or constant along their axis."""
    for total in factors:
        if total.node.kind != "sum" or total.node.rank != 2 or total.exponent != 1 or len(set(total.indices)) < 2:
            continue
        for axis, index in enumerate(total.indices):
            vectors = [f for f in factors if f.indices == (index,)]
            if vectors and _gets_plainer(total.node, axis):
                made = Factor(_scaled(total.node, axis, vectors), total.indices, _1)
                rest = [f for f in factors if f is not total and f not in vectors]
                return scaled_within([*rest, made])
    return factors


def _gets_plainer(total: Node, axis: int) -> bool:
    """Whether every term is diagonal by form or constant along an axis, and one of them is constant."""
    constant = [operand.kind == "contraction" and axis in spread_axes(operand) for operand in total.operands]
    diagonal = [o.kind == "contraction" and len(set(o.product.out)) < 2 for o in total.operands]
    return any(constant) and all(c or d for c, d in zip(constant, diagonal, strict=True))


def _scaled(total: Node, axis: int, vectors: list[Factor]) -> Node:
    own = [f._replace(indices=(axis,)) for f in vectors]
    sizes = dict(enumerate(total.dims))
    terms = [(c, contract(_1, [Factor(operand, (0, 1), _1), *own], (0, 1), dict(sizes))) for c, operand in total.terms]
    return add(terms, total.dims)


def in_whole_numbers(coefficient: Fraction, factors: list[Factor], given: Given) -> tuple[Fraction, list[Factor]]:
    """10*(0.9*a + b) as 9*a + 10*b, where no decimals were given, or other ones."""
    plain = given.is_plain_number
    made = []
    for factor in factors:
        total = factor.node
        if total.kind == "sum" and factor.exponent == 1:
            scale = math.lcm(*(c.denominator for c in total.coefficients))
            if scale > 1 and coefficient % scale == 0 and not given.has_decimals:
                coefficient /= scale
                whole = Node("sum", total.operands, tuple(c * scale for c in total.coefficients), total.dims)
                factor = factor._replace(node=whole)
            elif not all(map(plain, total.coefficients)) and all(plain(coefficient * c) for c in total.coefficients):
                multiplied = Node("sum", total.operands, tuple(coefficient * c for c in total.coefficients), total.dims)
                coefficient, factor = _1, factor._replace(node=multiplied)
        made.append(factor)
    return coefficient, made
