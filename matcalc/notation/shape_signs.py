"""Shapes of bars, norms, dots and powers of e, whose meaning depends on the shapes of what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.errors import ShapeError
from matcalc.notation.by_shape import (
    check_bars,
    check_exponential,
    check_starpow,
    check_superscript_t,
    kind_of_sides,
    no_determinant,
    norm_function,
)
from matcalc.notation.pairs import SCALAR, Pair, is_scalar_pair, shown_pair
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import Unifier, resolve, show
from matcalc.shape import ONE


class ShapeSigns:
    """The part of the inference that looks at signs whose meaning depends on shapes."""

    source: Source
    unifier: Unifier

    def _mul(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        raise NotImplementedError

    def ask_whether_entry(self, *parts: Syntax) -> None:
        raise NotImplementedError

    def _bars(self, node: Syntax, operand: Pair) -> Pair:
        check_bars(_kind(operand), shown_pair(operand))
        if not is_scalar_pair(operand) and not self.unifier.unify(*operand, node.span):
            raise no_determinant(shown_pair(operand))
        return SCALAR

    def _norm(self, node: Syntax, operand: Pair, by: Pair | None = None) -> Pair:
        if is_scalar_pair(operand):
            self.ask_whether_entry(*terms_of(node.operands[0]))
        if by is None:
            norm_function(node.value, _kind(operand), shown_pair(operand))
        elif not is_scalar_pair(by):
            column = _kind(operand) == "vector"
            if not column or not all(self.unifier.unify(operand[0], side, node.span) for side in by):
                raise ShapeError(
                    "this norm is by a scalar, or of a column by a square matrix",
                    f"it is {shown_pair(operand)}, and its subscript {shown_pair(by)}",
                    hint="‖x‖_p is norm_p(x,p), ‖x‖_M is sqrt(x'*M*x)",
                )
        return SCALAR

    def _dot(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if not _kind(left) == _kind(right) == "vector":
            if not is_scalar_pair(left) or not is_scalar_pair(right):
                self.ask_whether_entry(*node.operands)
            return self._mul(node, left, right)
        shown = show(left[0]), show(right[0])
        if not self.unifier.unify(left[0], right[0], node.span):
            error = ShapeError(
                "cannot take the inner product: the columns differ in size",
                f"the left one has {shown[0]} entries and the right one {shown[1]}",
            )
            one, other = (operand.span for operand in node.operands)
            raise error.at(self.source.text, (one, f"is {shown[0]}×1"), (other, f"is {shown[1]}×1"))
        return SCALAR

    def _exponential(self, node: Syntax, operand: Pair) -> Pair:
        check_exponential(_kind(operand), shown_pair(operand))
        return operand

    def _superscript_t(self, node: Syntax, operand: Pair) -> Pair:
        check_superscript_t(_kind(operand))
        return operand[1], operand[0]

    def _starpow(self, node: Syntax, base: Pair, exponent: Pair) -> Pair:
        check_starpow(_kind(base), shown_pair(base))
        return base


def terms_of(node: Syntax) -> Iterator[Syntax]:
    """The terms and factors of a part, not those of what stands in other signs: each belongs to one norm."""
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        if part.kind in ("add", "sub", "neg", "mul", "div"):
            stack += part.operands


def _kind(pair: Pair) -> str:
    return kind_of_sides(*(resolve(side) is ONE for side in pair))
