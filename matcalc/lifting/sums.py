"""Sums of formulas with their signs: positive terms in front, and a minus where the reader takes it to stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from matcalc.expr import Expr, add, neg, number, sub
from matcalc.lifting.given import Given
from matcalc.lifting.ones import number_for_ones, scalar_for_ones, tells_shape, without_ones
from matcalc.notation.operators import wants_brackets


class Sums:
    """Constructors of sums, with the formulas ``given`` that the results are derived from."""

    def __init__(self, given: Sequence[Expr] = ()) -> None:
        self.given = Given(given)

    @cached_property
    def differences(self) -> frozenset[Expr]:
        return frozenset(self.add_terms(self.sum_terms(part)) for part in self.given.sums)

    def is_mostly_positive(self, expr: Expr) -> bool:
        """Whether a formula is a sum with more positive terms than negative ones."""
        return sum(sign for sign, _ in self.sum_terms(expr)) > 0

    def sum_terms(self, expr: Expr) -> list[tuple[int, Expr]]:
        found: list[tuple[int, Expr]] = []
        stack = [(1, expr)]
        while stack:
            sign, node = stack.pop()
            if node.kind in ("add", "sub"):
                left, right = node.operands
                stack += [(sign if node.kind == "add" else -sign, right), (sign, left)]
            else:
                found.append((sign, node))
        return found

    def add_terms(self, terms: list[tuple[int, Expr]]) -> Expr:
        """A sum of signed formulas: positive ones in front, constants first, then by name and length."""
        if len(terms) == 1 and terms[0][0] > 0:
            return terms[0][1]
        ordered = sorted(terms, key=lambda t: (t[0] < 0, t[1].lead, t[1].length, t[1].kind != "number"))
        if self.given.adds_scalars and any(without_ones(term) is None for _, term in ordered):
            ordered = [(sign, scalar_for_ones(term)) for sign, term in ordered]
        if any(tells_shape(term) for _, term in ordered):
            ordered = [(sign, number_for_ones(term)) for sign, term in ordered]
        sign, total = ordered[0]
        if sign < 0:
            total = self.negative(total)
        for sign, term in ordered[1:]:
            total = add(total, term) if sign > 0 else sub(total, term)
        return total

    def negative(self, expr: Expr) -> Expr:
        """-A*x is (-A)*x to the reader, and so is built."""
        spine = []
        bracketed = False
        while expr.kind in ("mul", "div", "hadamard", "eldiv") and not bracketed:
            spine.append(expr)
            bracketed = wants_brackets(expr)
            expr = expr.operands[0]
        made = number(-expr.data) if expr.kind == "number" else neg(expr)
        for node in reversed(spine):
            made = Expr(node.kind, (made, node.operands[1]), None, node.shape)
        return made
