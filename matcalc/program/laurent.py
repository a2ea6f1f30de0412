"""Laurent series with rational numbers, exactly, of formulas in one number t: sums, products, powers, functions.

The Taylor series of a function is found from its record, by its value at a point and its derivative: the integral of
the derivative is known to one order more than the function is, and so on (Picard's iteration).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from matcalc.expr import variable
from matcalc.function import FLAT, Function, Kernel
from matcalc.functions import find
from matcalc.network import leaves
from matcalc.network.nodes import Node, constant_value
from matcalc.rational import Fraction, rational_power
from matcalc.records import NamedTuple
from matcalc.rules.formulas import of_nodes
from matcalc.walk import postorder

TERMS = 34  # of a series

_0, _1 = Fraction(0), Fraction(1)


class Laurent(NamedTuple):
    """numbers[k] * t^(first + k), as far as they are known; the first of them, where there is one, is not zero."""

    first: int
    numbers: list[Fraction]

    @property
    def end(self) -> int:
        """The first power of t whose number is not known."""
        return self.first + len(self.numbers)


# The Taylor series of a function at 0 or at 1, as far as it is known; None where there is none with rational numbers.
Taylor = Callable[[Kernel, int], Sequence[Fraction] | None]
# The series of formulas in t; None where there is none.
Known = Mapping[Node, Laurent | None]


def polynomial(*numbers: Fraction | int) -> Laurent:
    """With the number of t^0 first; those of higher powers are zero."""
    return _stripped(0, [*map(Fraction, numbers), *[_0] * (TERMS - len(numbers))])


def _stripped(first: int, numbers: list[Fraction]) -> Laurent:
    zeros = next((k for k, number in enumerate(numbers) if number), len(numbers))
    return Laurent(first + zeros, numbers[zeros:])


def added(terms: Sequence[tuple[Fraction, Laurent]]) -> Laurent:
    first = min(s.first for _, s in terms)
    end = min(s.end for _, s in terms)
    numbers = [sum((c * s.numbers[k - s.first] for c, s in terms if k >= s.first), _0) for k in range(first, end)]
    return _stripped(first, numbers)


def multiplied(a: Laurent, b: Laurent) -> Laurent:
    count = min(len(a.numbers), len(b.numbers))
    numbers = [_0] * count
    right = [(k, y) for k, y in enumerate(b.numbers[:count]) if y]
    for j, x in enumerate(a.numbers[:count]):
        if x:
            for k, y in right:
                if j + k >= count:
                    break
                numbers[j + k] += x * y
    return Laurent(a.first + b.first, numbers)


def raised(s: Laurent, exponent: Fraction) -> Laurent | None:
    """A power, by the differential equation s*y' = exponent*s'*y that it solves."""
    if exponent == 1:
        return s
    first = s.first * exponent
    if not s.numbers:  # zero, as far as is known
        return Laurent(int(first), []) if exponent.denominator == 1 and exponent > 0 else None
    lead = rational_power(s.numbers[0], exponent)
    if first.denominator != 1 or lead is None:
        return None
    ratios = [(j, x / s.numbers[0]) for j, x in enumerate(s.numbers) if x and j]
    made = [lead]
    for k in range(1, len(s.numbers)):
        made.append(sum(((exponent * j - (k - j)) * x * made[k - j] for j, x in ratios if j <= k), _0) / k)
    return Laurent(int(first), made)


def composed(function: Kernel, u: Laurent, taylor: Taylor) -> Laurent | None:
    """A function of a series whose value at t = 0 is 0 or 1."""
    at = 1 if u.first == 0 and u.numbers and u.numbers[0] == 1 else 0
    if at:
        u = _stripped(1, u.numbers[1:])
    known = taylor(function, at)
    if known is None or u.first <= 0:
        return None
    end = min(u.end, u.first * len(known), TERMS)
    if not any(u.numbers[1:]):  # a multiple of one power of t
        lead = u.numbers[0] if u.numbers else _0
        return _stripped(0, [_0 if k % u.first else known[k // u.first] * lead ** (k // u.first) for k in range(end)])
    numbers = [_0] * end
    power = Laurent(0, [_1] + [_0] * (end - 1))
    for k, c in enumerate(known[: (end - 1) // u.first + 1]):
        power = multiplied(u, power) if k else power
        for j, x in enumerate(power.numbers[: end - power.first] if c else ()):
            numbers[power.first + j] += c * x
    return _stripped(0, numbers)


def series_of(node: Node, known: Known, taylor: Taylor) -> Laurent | None:
    """The series of a node, by those of its operands."""
    found = {operand: series for operand in node.operands if (series := known[operand]) is not None}
    if len(found) < len(set(node.operands)):
        return None
    number = constant_value(node)
    if number is not None:
        return polynomial(number)
    if node.kind == "sum":
        return added([(c, found[term]) for c, term in node.terms])
    if node.kind == "elementwise":
        if node.function.near_zero:
            return by_formula(of_nodes(node.function.near_zero, node.function, node.operands), known, taylor)
        return composed(node.function, found[node.operands[0]], taylor)
    if node.kind != "contraction":
        return None
    total: Laurent | None = polynomial(node.product.coefficient)
    for factor in node.factors:
        power = raised(found[factor.node], factor.exponent)
        total = None if total is None or power is None else multiplied(total, power)
    return total


def by_formula(node: Node, known: Known, taylor: Taylor) -> Laurent | None:
    """The series of a formula of what has a known one."""
    found = dict(known)
    for part in postorder(node):
        if part not in found:
            found[part] = series_of(part, found, taylor)
    return found[node]


# ---------------------------------------------------------------- functions
@lru_cache(256)
def taylor(function: Kernel, at: int) -> Sequence[Fraction] | None:
    """The Taylor series of a function at 0 or at 1; None where there is none with rational numbers."""
    growing: dict[tuple[Kernel, int], list[Fraction]] = {}

    def so_far(function: Kernel, at: int) -> Sequence[Fraction] | None:
        """The series as far as it is known; from its value on, where it is met for the first time."""
        value = _value(function, at)
        return None if value is None else growing.setdefault((function, at), [value])

    if so_far(function, at) is None:
        return None
    while len(growing[function, at]) < TERMS:
        before = sum(map(len, growing.values()))
        for (one, place), numbers in list(growing.items()):
            formula, u = _slope(one)
            slope = by_formula(formula, {u: polynomial(place, 1)}, so_far)
            if slope is None or slope.first < 0:
                return None
            slopes = [_0] * slope.first + slope.numbers
            numbers[1:] = [x / (k + 1) for k, x in enumerate(slopes[: TERMS - 1])]
        if sum(map(len, growing.values())) == before:
            return None  # the derivative tells no more, as where it divides by zero
    return tuple(growing[function, at])


def _value(function: Kernel, at: int) -> Fraction | None:
    """The value of a function that its derivative says all else of: it has no pieces, and is of one number.

    Its record is in the table, for its derivative may name it.
    """
    value = function.at_one if at else function.at_zero
    if value is None or not isinstance(function, Function) or find(function.name) is not function:
        return None
    is_smooth = function.derivative not in ("", FLAT) and not function.pieces
    return Fraction(value) if is_smooth and len(function.operands) == 1 else None


@lru_cache(256)
def _slope(function: Kernel) -> tuple[Node, Node]:
    """The derivative, and the number that it is a formula of."""
    assert isinstance(function, Function)
    u = leaves.variable(variable("u", 1, 1))
    return of_nodes(function.derivative, function, (u,)), u
