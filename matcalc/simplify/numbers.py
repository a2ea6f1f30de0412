"""Where the numbers of a sum, and the number before it, are written shortest.

A sum is kept with whole coefficients that have no divisor in common. Read, ``0.2*(5*A'*u + x)`` is ``A'*u + 0.2*x``, and
``1000000/(1 + 1000000*(x'*x))`` is ``1/(1e-06 + x'*x)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from matcalc.notation.text import print_number
from matcalc.rational import Fraction
from matcalc.simplify.scalars import with_roots
from matcalc.simplify.term import Term

FEW = 10  # whole coefficients below this are read easily

BRACKETS = 2  # characters


def is_decimal(number: Fraction) -> bool:
    """Whether it is written 0.125 rather than 1/8."""
    return "/" not in print_number(number)[0]


@lru_cache(4096)
def effort(number: Fraction, alone: bool = False) -> int:
    """How many characters a number takes, with the sign that joins it to what it multiplies, if it does not stand alone."""
    number = abs(number)
    if alone:
        return len(print_number(number)[0])
    if number == 1:
        return 0
    text = print_number(number)[0]
    return len(text) - (1 if text.startswith("1/") else -1)


def effort_of_sum(terms: Iterable[Term], scale: Fraction) -> int:
    return sum([effort(with_roots(term.coefficient * scale, term.scalars)[0], term.is_number) for term in terms])


def scales(terms: Sequence[Term]) -> list[Fraction]:
    """By what a sum may be multiplied: so that one of its coefficients becomes 1."""
    return [1 / c for c in dict.fromkeys([abs(term.coefficient) for term in terms]) if c != 1]


def is_easy(terms: Sequence[Term]) -> bool:
    """Whether there are whole numbers of one digit alone."""
    return all(term.coefficient.denominator == 1 and -FEW < term.coefficient < FEW for term in terms)


def scale_inside(terms: Sequence[Term], before: Fraction, bare: bool) -> Fraction:
    """What of a number before a sum is best multiplied into it; ``bare``: the sum needs no brackets without a number."""
    best, least = Fraction(1), effort(before) + effort_of_sum(terms, Fraction(1))
    for scale in (before if bare else abs(before), *scales(terms)):
        left = before / scale
        total = effort(left) + effort_of_sum(terms, scale) - (BRACKETS if bare and abs(left) == 1 else 0)
        if total < least:
            best, least = scale, total
    return best


def scale_apart(terms: Sequence[Term]) -> Fraction:
    """By what a sum is best multiplied on its own account: 1 + 1000000*u by 1e-06."""
    if is_easy(terms):
        return Fraction(1)
    return min([Fraction(1), *scales(terms)], key=lambda scale: effort_of_sum(terms, scale))
