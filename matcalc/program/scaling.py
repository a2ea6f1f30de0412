"""Numbers and scalars where they cost least: c*(x*y') as (c*x)*y', c*diag(d)*A as diag(c*d)*A."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matcalc.budgets import HIGHEST_IN_PARTS
from matcalc.expr import Expr
from matcalc.program.choices import Choices, count
from matcalc.program.draft import Draft
from matcalc.program.step import Step
from matcalc.rational import Fraction, rational_power
from matcalc.shape import Dim

_1 = Fraction(1)
_HALF = Fraction(1, 2)

Scalars = tuple[tuple[str, Fraction], ...]


def in_parts(scalars: Scalars, norms: Collection[str] = ()) -> tuple[Scalars, Scalars]:
    """High powers of roots and norms, and of one scalar among several, in two parts.

    x/r^2/r is a number where 1/r^3 is none.
    """
    high = tuple(
        (name, exponent)
        for name, exponent in scalars
        if -HIGHEST_IN_PARTS <= exponent < -1
        and (
            exponent.denominator == 2
            or (exponent.denominator == 1 and len(scalars) > 1)
            or (name in norms and exponent < -2)
        )
    )
    if not high:
        return scalars, ()
    whole = tuple((name, -_1 if (name, exponent) in high else exponent) for name, exponent in scalars)
    return whole, tuple((name, exponent + 1) for name, exponent in high)


class Scaling(Draft):
    """Arrays times scalars; a product without sums takes them in its smaller operand."""

    def __init__(self, names: Mapping[Expr, str], choices: Choices) -> None:
        super().__init__(names, choices)
        self.never_negative: set[str] = set()  # scalars
        self.norms: set[str] = set()  # scalars that are norms

    def times(self, array: str, coefficient: Fraction, scalars: Scalars) -> str:
        """coefficient · Π scalar^exponent · array."""
        if coefficient == 1 and not scalars:
            return array
        first, last = in_parts(scalars, self.norms)
        if last:
            return self.times(self.times(array, coefficient, first), _1, last)
        data = (coefficient, True, tuple(exponent for _, exponent in scalars))
        return self.step("scale", (array, *(name for name, _ in scalars)), data, self.dims[array])

    def times_small(self, array: str, coefficient: Fraction, scalars: Scalars) -> str:
        """The same, in the smallest array that the product was made of."""
        step = self.made.get(array)
        if step is None:
            return self.times(array, coefficient, scalars)
        if step.operation == "permute" or self._is_larger_diagonal(step):
            return self._again(step, self.times_small(step.operands[0], coefficient, scalars))
        if step.operation == "scale" and step.data[1]:
            number, _, exponents = step.data
            before = tuple(zip(step.operands[1:], exponents, strict=True))
            if any(s == t and e + d < -1 for s, e in before for t, d in scalars):
                return self.times(array, coefficient, scalars)  # x/r/r^2 is a number where 1/r^3 is none
            return self.times(step.operands[0], number * coefficient, before + scalars)
        if not self._is_larger_product(step):
            return self.times(array, coefficient, scalars)
        a, b = step.operands
        if a == b:
            return self._times_square(step, coefficient, scalars)
        if self._is_smaller(*step.operand_dims):
            return self._again(step, self.times_small(a, coefficient, scalars), b)
        return self._again(step, a, self.times_small(b, coefficient, scalars))

    def absorbed(self, coefficient: Fraction, array: str) -> tuple[Fraction, str]:
        """coefficient · array as ±1 times another array, where that takes fewer operations."""
        step = self.made.get(array)
        while step is not None and step.operation == "permute":
            step = self.made.get(step.operands[0])
        if step is None or not (self._is_larger_product(step) or self._is_larger_diagonal(step)):
            return coefficient, array
        size = abs(coefficient)
        return coefficient / size, self.times_small(array, size, ())

    def absorbing(self, terms: list[tuple[Fraction, str]], once: Collection[str]) -> list[tuple[Fraction, str]]:
        """Terms of a sum with those of sums that are used ``once`` among them, numbers in what is small."""
        opened: list[tuple[Fraction, str]] = []
        for c, name in terms:
            step = self.made.get(name)
            if name in once and step is not None and step.operation == "combine" and not step.data[-1]:
                opened += [(c * inner, o) for inner, o in zip(step.data[:-1], step.operands, strict=True)]
            else:
                opened.append((c, name))
        return self.with_a_positive_term([self.absorbed(c, name) for c, name in opened])

    def with_a_positive_term(self, terms: list[tuple[Fraction, str]]) -> list[tuple[Fraction, str]]:
        """Terms of a sum, of which a product takes the sign where there are differences alone."""
        full = [(c, name) for c, name in terms if name not in self.made or self.made[name].operation != "embed"]
        if any(c > 0 for c, _ in full):
            return terms
        for k, (c, name) in enumerate(terms):
            step = self.made.get(name)
            if step is not None and self._is_larger_product(step) and step.operands[0] != step.operands[1]:
                return [*terms[:k], (_1, self.times_small(name, c, ())), *terms[k + 1 :]]
        return terms

    def _times_square(self, step: Step, coefficient: Fraction, scalars: Scalars) -> str:
        """x*x' stays what its transpose is: roots of scalars of known sign go into x."""
        size = abs(coefficient)
        root = rational_power(size, _HALF)
        if root is None:
            root, scalars = _1, (*scalars, (self.literal(size), _1))
            self.never_negative.add(str(size))
        inside = tuple((s, e / 2) for s, e in scalars if e.numerator % 2 == 0 or s in self.never_negative)
        outside = tuple((s, e) for s, e in scalars if not (e.numerator % 2 == 0 or s in self.never_negative))
        scaled = self.times_small(step.operands[0], root, inside)
        return self.times(self._again(step, scaled, scaled), coefficient / size, outside)

    def _is_larger_product(self, step: Step) -> bool:
        """Whether a step is a product without sums, of something smaller."""
        if step.operation != "product" or not {*step.data[0], *step.data[1]} <= set(step.data[2]):
            return False
        return any(self._is_smaller(dims, step.dims) for dims in step.operand_dims)

    def _is_larger_diagonal(self, step: Step) -> bool:
        return step.operation == "embed" and self._is_smaller(step.operand_dims[0], step.dims)

    def _again(self, step: Step, *operands: str) -> str:
        return self.step(step.operation, operands, step.data, step.dims)

    def _is_smaller(self, one: tuple[Dim, ...], other: tuple[Dim, ...]) -> bool:
        return one != other and self.choices.make(lambda sizes: count(one, sizes) < count(other, sizes))
