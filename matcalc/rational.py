"""Rational numbers, the type of coefficients and exponents, and their arithmetic.

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

__all__ = ["Fraction", "content", "joined_roots", "rational_power", "split_power", "without_root"]

LARGEST_EXPONENT = 1000  # powers beyond this are left as they are written
LARGEST_ROOTED = 10**300
LARGEST_DIVISOR = 1000  # numbers are taken apart into primes up to this, and what is left


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


def split_power(value: Fraction, exponent: Fraction) -> tuple[Fraction, list[tuple[int, Fraction]]] | None:
    """value^exponent as a rational number times powers of primes, with exponents between 0 and 1: 8^0.5 is 2*2^0.5.

    None for what is not positive, and for what would be too long to write.
    """
    whole = rational_power(value, exponent)
    if whole is not None:
        return whole, []
    if value <= 0 or abs(exponent) > LARGEST_EXPONENT or max(value.numerator, value.denominator) > LARGEST_ROOTED:
        return None
    rational, roots = Fraction(1), []
    for part, sign in ((value.numerator, exponent), (value.denominator, -exponent)):
        for prime, count in _prime_factors(part):
            power = count * sign
            floor = power.numerator // power.denominator
            rational *= Fraction(prime) ** floor
            if power != floor:
                roots.append((prime, power - floor))
    return rational, roots


def joined_roots(
    coefficient: Fraction, roots: Iterable[tuple[Fraction, Fraction]]
) -> tuple[Fraction, list[tuple[Fraction, Fraction]]]:
    """A number times roots of primes, as it is written: 2^0.5*3^0.5 is 6^0.5, and 2^0.5/2 is 2^-0.5.

    Each root is a prime and an exponent between 0 and 1; of those that are returned, each exponent stands once.
    """
    joined: dict[Fraction, Fraction] = {}
    for prime, exponent in roots:
        if coefficient.denominator % prime == 0:
            coefficient *= prime
            joined[1 - exponent] = joined.get(1 - exponent, Fraction(1)) / prime
        else:
            joined[exponent] = joined.get(exponent, Fraction(1)) * prime
    return coefficient, [(q, p) if q.numerator != 1 else (1 / q, -p) for p, q in joined.items()]


def without_root(value: Fraction, exponent: Fraction) -> Fraction:
    """The part of a number, positive, whose power is rational: 4 of 8 for the exponent 0.5."""
    part = Fraction(1)
    for number, sign in ((abs(value.numerator), 1), (value.denominator, -1)):
        if number <= LARGEST_ROOTED:
            for prime, count in _prime_factors(number):
                part *= Fraction(prime) ** (sign * (count - count % exponent.denominator))
    return part


def _prime_factors(number: int) -> list[tuple[int, int]]:
    """The primes up to a bound that a number is the product of, with how often; what is left counts as one of them."""
    found = []
    for prime in range(2, LARGEST_DIVISOR):
        if prime * prime > number:
            break
        count = 0
        while number % prime == 0:
            number //= prime
            count += 1
        if count:
            found.append((prime, count))
    return [*found, (number, 1)] if number > 1 else found
