"""Between which numbers the entries of a node lie, by its form alone: 4 - sin(x).^2 lies between 3 and 4."""

from __future__ import annotations

from math import cos, inf, pi

from matcalc.function import Interval
from matcalc.functions import COS
from matcalc.network import properties
from matcalc.network.nodes import FUNCTION_KINDS, Node, constant_value, is_function
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

ROUNDING = 1e-12
DEEPEST = 6  # nested functions that are looked into; beyond, nothing is known


class Bound(NamedTuple):
    """A number that is not passed, and whether it is reached."""

    value: float
    reached: bool = True

    def above(self, number: float) -> bool:
        return self.value > number + ROUNDING or (self.value == number and not self.reached)

    def below(self, number: float) -> bool:
        return self.value < number - ROUNDING or (self.value == number and not self.reached)


Bounds = tuple[Bound, Bound]
_ALL: Bounds = (Bound(-inf, False), Bound(inf, False))
_OPEN = False


def bounds(node: Node, depth: int = 0) -> Bounds:
    """The least and the largest number that an entry may be."""
    low, high = _bounds(node, depth) if depth <= DEEPEST else _ALL
    if low.value <= 0 and not low.above(0):
        if properties.is_positive(node):
            low = Bound(0, _OPEN)
        elif low.value < 0 and properties.is_nonnegative(node):
            low = Bound(0)
    return low, high


def _bounds(node: Node, depth: int) -> Bounds:
    value = constant_value(node)
    if value is not None:
        return Bound(float(value)), Bound(float(value))
    if node.kind == "size":
        return Bound(1), _ALL[1]
    if node.kind == "constant":
        return Bound(3.14), Bound(3.15)
    if node.kind == "sum":
        found = [_scaled(c, bounds(operand, depth + 1)) for c, operand in node.terms]
        return _total([low for low, _ in found]), _total([high for _, high in found])
    if is_function(node, COS):
        largest = max(abs(side.value) for side in bounds(node.operands[0], depth + 1))
        return Bound(cos(largest) if largest < pi else -1), Bound(1)
    if node.kind in FUNCTION_KINDS:
        return _of_record(node.function.interval)
    if node.kind == "contraction":
        return _of_product(node, depth)
    return _ALL


def _of_record(known: Interval | None) -> Bounds:
    return _ALL if known is None else (Bound(known.low, known.low_reached), Bound(known.high, known.high_reached))


def _total(parts: list[Bound]) -> Bound:
    return Bound(sum(part.value for part in parts), all(part.reached for part in parts))


def _scaled(coefficient: Fraction, of: Bounds) -> Bounds:
    low, high = (Bound(float(coefficient) * side.value, side.reached) for side in of)
    return (low, high) if coefficient > 0 else (high, low)


def _of_product(node: Node, depth: int) -> Bounds:
    """Of a product entry by entry: c*u^p*v^q."""
    product = node.product
    if len(product.sizes) > len(set(product.out)) or len(set(product.out)) < len(product.out) or not node.operands:
        return _ALL
    total: Bounds = (Bound(1), Bound(1))
    for operand, _, exponent in node.factors:
        total = _times(total, _power(bounds(operand, depth + 1), exponent))
    return _scaled(product.coefficient, total)


def _power(of: Bounds, exponent: Fraction) -> Bounds:
    low, high = of
    if exponent.denominator != 1 or exponent < 0:
        return (Bound(0, _OPEN), _ALL[1]) if low.above(0) else _ALL
    p = int(exponent)
    ends = [Bound(_raised(side.value, p), side.reached) for side in of]
    if p % 2:
        return ends[0], ends[1]
    largest = max(ends, key=lambda end: (end.value, end.reached))
    if low.value < 0 < high.value:
        return Bound(0), largest
    return min(ends, key=lambda end: (end.value, not end.reached)), largest


def _raised(value: float, p: int) -> float:
    try:
        return value**p
    except OverflowError:
        return inf if value > 0 or p % 2 == 0 else -inf


def _times(a: Bounds, b: Bounds) -> Bounds:
    products = [_product(x, y) for x in a for y in b]
    return (
        min(products, key=lambda end: (end.value, not end.reached)),
        max(products, key=lambda end: (end.value, end.reached)),
    )


def _product(x: Bound, y: Bound) -> Bound:
    if x == Bound(0) or y == Bound(0):
        return Bound(0)
    value = 0.0 if 0 in (x.value, y.value) else x.value * y.value
    return Bound(value, x.reached and y.reached)
