"""Costs: polynomials with rational coefficients in the symbolic dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.terminal import Printed

if TYPE_CHECKING:
    import sympy

Monomial = tuple[tuple[str, int], ...]


class Polynomial(Printed):
    """Σ coefficient · Π symbol^power. Immutable; equal polynomials are equal and have one text."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self.terms = {m: c for m, c in terms.items() if c}

    @classmethod
    def of(cls, value: int | Fraction | Dim) -> Polynomial:
        if isinstance(value, Dim):
            return cls({monomial: Fraction(c) for monomial, c in value.terms})
        return cls({(): Fraction(value)})

    @classmethod
    def total(cls, polynomials: Iterable[Polynomial]) -> Polynomial:
        """The sum of many."""
        terms: dict[Monomial, Fraction] = {}
        for polynomial in polynomials:
            for monomial, coefficient in polynomial.terms.items():
                known = terms.get(monomial)
                terms[monomial] = coefficient if known is None else known + coefficient
        return cls(terms)

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial.total((self, other))

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + other * -1

    def __mul__(self, other: Polynomial | int | Fraction) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial({m: c * other for m, c in self.terms.items()})
        total: dict[Monomial, Fraction] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                powers = dict(left)
                for name, power in right:
                    powers[name] = powers.get(name, 0) + power
                key = tuple(sorted(powers.items()))
                total[key] = total.get(key, Fraction(0)) + a * b
        return Polynomial(total)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(name for monomial in self.terms for name, _ in monomial)

    def at(self, sizes: Mapping[str, int], otherwise: int | None = None) -> Fraction:
        """The value at sizes; ``otherwise`` is that of symbols that have none, without it an error of the caller."""
        whole, total = 0, Fraction(0)  # most coefficients are integers, whose arithmetic is faster
        for monomial, coefficient in self.terms.items():
            value = 1
            for name, power in monomial:
                value *= (sizes[name] if otherwise is None else sizes.get(name, otherwise)) ** power
            if coefficient.denominator == 1:
                whole += coefficient.numerator * value
            else:
                total += coefficient * value
        return total + whole

    def never_exceeds(self, other: Polynomial) -> bool:
        """Whether this is at most the other for all sizes from 1: seen on other - self at n = 1 + n', when it is so.

        A sufficient test: all coefficients in n' are nonnegative.
        """
        parts = []
        for monomial, coefficient in (other - self).terms.items():
            part = Polynomial({(): coefficient})
            for name, power in monomial:
                step = Polynomial({((name, 1),): Fraction(1), (): Fraction(1)})
                for _ in range(power):
                    part = part * step
            parts.append(part)
        return all(c >= 0 for c in Polynomial.total(parts).terms.values())

    def sympy(self) -> sympy.Expr:
        """The polynomial in SymPy's positive integer symbols."""
        import sympy

        total: Any = sympy.Integer(0)
        for monomial, coefficient in self._sorted():
            term: Any = sympy.Rational(coefficient.numerator, coefficient.denominator)
            for name, power in monomial:
                term *= sympy.Symbol(name, integer=True, positive=True) ** power
            total += term
        return total

    def _sorted(self) -> list[tuple[Monomial, Fraction]]:
        return sorted(self.terms.items(), key=lambda term: (-sum(p for _, p in term[0]), term[0]))

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self._sorted():
            letters = "*".join(name if power == 1 else f"{name}^{power}" for name, power in monomial)
            size = abs(coefficient)
            body = letters if size == 1 and letters else f"{size}*{letters}" if letters else str(size)
            sign = "-" if coefficient < 0 else "+"
            text = f"{text} {sign} {body}" if text else (f"-{body}" if sign == "-" else body)
        return text or "0"


ZERO = Polynomial({})


def entries(dims: Iterable[Dim]) -> Polynomial:
    """The number of entries of an array."""
    return _entries(tuple(dims))


@lru_cache(maxsize=4096)
def _entries(dims: tuple[Dim, ...]) -> Polynomial:
    total = Polynomial.of(1)
    for dim in dims:
        total = total * Polynomial.of(dim)
    return total
