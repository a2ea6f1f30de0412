"""How rational numbers are written, and by what a sum is multiplied so that its numbers are written shortest.

``1 + 1000000*u`` is a million times ``0.000001 + u``; ``0.2*(5*u + x)`` is ``u + 0.2*x``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from matcalc.errors import MatcalcError
from matcalc.rational import Fraction

Numbers = Sequence[tuple[Fraction, bool]]  # the coefficients of a sum, and whether each is a summand by itself

ONE_DIGIT = 10
BRACKETS = 2  # characters
MULTIPLIED = 3  # characters that a multiplication by many entries is worth

_1 = Fraction(1)


def written(value: Fraction) -> str:
    """Short decimals as decimals, other fractions as p/q.

    Raises:
        MatcalcError: it has more digits than Python writes.
    """
    if value.denominator == 1:
        return _whole(value.numerator)
    if value < 0:
        return f"-{written(-value)}"
    try:
        size = float(value)
    except OverflowError:
        return f"{_whole(value.numerator)}/{value.denominator}"
    decimal = f"{size:.12f}".rstrip("0")
    if len(decimal) <= 8 and Fraction(decimal) == value:
        return decimal
    scale, digits = value.denominator, 0
    while scale % 10 == 0:
        scale //= 10
        digits += 1
    if digits > 4:  # a number that was typed in as a decimal: 1e-06
        short = repr(size)
        if Fraction(short) == value:
            return short
    return f"{_whole(value.numerator)}/{_whole(value.denominator)}"


def _whole(value: int) -> str:
    try:
        return str(value)
    except ValueError as error:
        raise MatcalcError("a number of the formula has too many digits to be written") from error


def is_decimal(value: Fraction) -> bool:
    """Whether it is written 0.125 rather than 1/8."""
    return "/" not in written(value)


@lru_cache(4096)
def effort(value: Fraction, alone: bool = False) -> int:
    """How many characters a number takes, with the sign between it and what it multiplies unless it stands alone."""
    text = written(abs(value))
    if alone:
        return len(text)
    if text == "1":
        return 0
    return len(text) - 1 if text.startswith("1/") else len(text) + 1


def scale_apart(numbers: Numbers, dear: Sequence[bool]) -> Fraction:
    """By what a sum with whole coefficients is multiplied, to be written shortest on its own account.

    A number before a ``dear`` summand, which is neither a number nor the identity, counts more: it is multiplied by
    many entries, and ``X + 0.01*eye(n)`` is what was meant by ``eye(n) + 100*X``.
    """
    if all(-ONE_DIGIT < number < ONE_DIGIT for number, _ in numbers):
        return _1

    def total(scale: Fraction) -> int:
        multiplied = [is_dear and abs(number * scale) != 1 for (number, _), is_dear in zip(numbers, dear, strict=True)]
        return _effort_of_sum(numbers, scale) + MULTIPLIED * sum(multiplied)

    short = [scale for scale in _scales(numbers) if all(is_decimal(number * scale) for number, _ in numbers)]
    return min([_1, *short], key=total)


def scale_inside(numbers: Numbers, before: Fraction, bare: bool) -> Fraction:
    """What of a number before a sum is multiplied into it; ``bare``: without a number it would need no brackets."""

    def total(scale: Fraction) -> tuple[int, bool]:
        left = before / scale
        brackets = BRACKETS if bare and abs(left) == 1 else 0
        return effort(left) + _effort_of_sum(numbers, scale) - brackets, left < 0

    best = min([*_scales(numbers), before if bare else abs(before)], key=total)
    return best if total(best)[0] < total(_1)[0] else _1


def _scales(numbers: Numbers) -> list[Fraction]:
    """What makes one of the coefficients 1."""
    return [1 / size for size in dict.fromkeys([abs(number) for number, _ in numbers]) if size != 1]


def _effort_of_sum(numbers: Numbers, scale: Fraction) -> int:
    return sum([effort(number * scale, alone) for number, alone in numbers])
