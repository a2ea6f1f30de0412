"""Arithmetic of rational coefficients."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm


def content(coefficients: Iterable[Fraction]) -> Fraction:
    """The largest common divisor of rational numbers, positive."""
    values = list(coefficients)
    return Fraction(gcd(*(c.numerator for c in values)), lcm(*(c.denominator for c in values)))


def rational_power(value: Fraction, exponent: Fraction) -> Fraction | None:
    """value^exponent where it is rational, else None."""
    if exponent.denominator == 1:
        return value**exponent.numerator if value or exponent > 0 else None
    if value <= 0:
        return Fraction(0) if value == 0 and exponent > 0 else None
    roots = []
    for part in (value.numerator, value.denominator):
        root = round(part ** (1 / exponent.denominator))
        if root**exponent.denominator != part:
            return None
        roots.append(root)
    return Fraction(*roots) ** exponent.numerator
