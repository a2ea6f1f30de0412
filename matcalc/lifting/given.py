"""How the formulas that a result is derived from write things, so that the result is written alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from matcalc.expr import Expr
from matcalc.lifting.scalars import determinants
from matcalc.parts import parts_of
from matcalc.rational import Fraction


class Given:
    """The parts of the given formulas, and what is found in them."""

    def __init__(self, formulas: Sequence[Expr]) -> None:
        self.parts = parts_of(*formulas)

    @cached_property
    def determinants(self) -> dict[Expr, Counter[Expr]]:
        """Those of products of variables, and the determinants that each is the product of."""
        return determinants(self.parts)

    @cached_property
    def sums(self) -> list[Expr]:
        return [part for part in self.parts if part.kind in ("add", "sub")]

    @cached_property
    def has_decimals(self) -> bool:
        """Whether there are decimals in the given formulas."""
        return any(value.denominator != 1 for value in self.numbers)

    @cached_property
    def numbers(self) -> frozenset[Fraction]:
        return frozenset(abs(Fraction(part.data)) for part in self.parts if part.kind == "number")

    def is_plain_number(self, value: Fraction) -> bool:
        """Whether a number is whole or one of the given ones."""
        return value.denominator == 1 or abs(value) in self.numbers

    @cached_property
    def adds_scalars(self) -> bool:
        """Whether the given formulas add scalars to arrays, x - c, without a factor of ones."""
        return any(operand.shape != part.shape for part in self.sums for operand in part.operands)

    @cached_property
    def _subtracted(self) -> frozenset[tuple[str, str]]:
        """By their first variables, what is subtracted from what."""
        return frozenset(_leads(part) for part in self.sums if part.kind == "sub")

    def subtracts(self, difference: Expr) -> bool:
        """Whether a difference of such terms has this order in the given formulas, at indices perhaps."""
        plain = difference.operands[0] if difference.kind == "transpose" else difference
        return plain.kind == "sub" and _leads(plain) in self._subtracted


def _leads(difference: Expr) -> tuple[str, str]:
    left, right = (operand.lead.partition("[")[0] for operand in difference.operands)
    return left, right
