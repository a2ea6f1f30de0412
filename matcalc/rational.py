"""Rational numbers, of which coefficients and exponents are, and their arithmetic.

``Fraction`` is that of quicktions where it is installed: the standard library's class in C, which takes a tenth of the
time. Every step of a derivation does arithmetic on exponents.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd, lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
else:
    try:
        from quicktions import Fraction
    except ImportError:
        from fractions import Fraction

__all__ = ["Fraction", "content", "rational_power"]

LARGEST_EXPONENT = 1000  # powers beyond this are left as they are written
LARGEST_ROOTED = 10**300


def content(coefficients: Iterable[Fraction]) -> Fraction:
    """The largest common divisor of rational numbers, positive."""
    numerator, denominator = 0, 1
    for c in coefficients:
        numerator, denominator = gcd(numerator, c.numerator), lcm(denominator, c.denominator)
    return Fraction(numerator, denominator)


def rational_power(value: Fraction, exponent: Fraction) -> Fraction | None:
    """value^exponent where it is rational and not too long to write, else None."""
    if exponent.denominator == 1:
        if abs(exponent) > LARGEST_EXPONENT and abs(value) not in (0, 1):
            return None
        return value**exponent.numerator if value or exponent > 0 else None
    if value <= 0:
        return Fraction(0) if value == 0 and exponent > 0 else None
    roots = []
    for part in (value.numerator, value.denominator):
        if part > LARGEST_ROOTED:
            return None
        root = round(part ** (1 / exponent.denominator))
        if root**exponent.denominator != part:
            return None
        roots.append(root)
    return Fraction(*roots) ** exponent.numerator
