"""Full expansion: products of sums multiplied out, so that equal polynomials in the parts become one node."""

from __future__ import annotations

from matcalc.network import build
from matcalc.network.nodes import Factor, Node
from matcalc.rational import Fraction

MOST_TERMS = 300

_1 = Fraction(1)


class TooLong(Exception):
    """The expansion has too many terms."""


def expanded(node: Node) -> Node:
    """The node as a sum of products that have no sums as factors.

    Raises:
        TooLong: more than ``MOST_TERMS`` terms.
    """
    terms: list[tuple[Fraction, Node]] = []
    stack = [(_1, node)]
    steps = 0
    while stack:
        steps += 1
        if steps > MOST_TERMS * 4 or len(terms) > MOST_TERMS:
            raise TooLong
        coefficient, part = stack.pop()
        if part.kind == "sum":
            stack += [(coefficient * c, operand) for c, operand in reversed(part.terms)]
            continue
        opened = _opened(part) if part.kind == "contraction" else None
        if opened is None:
            terms.append((coefficient, part))
        else:
            stack += [(coefficient, made) for made in reversed(opened)]
    return build.add(terms, node.dims)


def _opened(node: Node) -> list[Node] | None:
    """The products that a product with a sum in it becomes; None where there is no sum in it."""
    data = node.product
    sizes = dict(enumerate(data.sizes))
    factors = node.factors
    for k, (operand, indices, exponent) in enumerate(factors):
        if exponent.denominator != 1 or exponent < 1:
            continue
        inside = operand.terms if operand.kind == "sum" else None
        if inside is None and operand.kind == "contraction" and any(o.kind == "sum" for o in operand.operands):
            inner = _opened(operand)
            inside = None if inner is None else [(_1, part) for part in inner]
        if inside is None:
            continue
        rest = factors[:k] + factors[k + 1 :]
        if exponent > 1:
            rest.append(Factor(operand, indices, exponent - 1))
        return [
            build.contract(data.coefficient * c, [*rest, Factor(part, indices, _1)], data.out, sizes)
            for c, part in inside
        ]
    return None
