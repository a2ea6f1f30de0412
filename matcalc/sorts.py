"""Two sorts of formulas: numbers, and conditions, which hold or do not; neither is taken for the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcalc.errors import ShapeError
from matcalc.function import ABOVE, CONDITIONS
from matcalc.protocols import Formula


class Comparable(Formula):
    """Python's comparisons of formulas, and what joins these; of ``==`` Python wants whether two are one object."""

    __slots__ = ()
    kind: Any
    data: Any

    def __gt__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS[">"], self, other)

    def __lt__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS["<"], self, other)

    def __ge__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS[">="], self, other)

    def __le__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS["<="], self, other)

    def __and__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS["and"], self, other)

    def __or__(self, other: Any) -> Any:
        return ABOVE["apply"](CONDITIONS["or"], self, other)

    def __invert__(self) -> Any:
        return ABOVE["apply"](CONDITIONS["not"], self)


def states(expr: Comparable) -> bool:
    """Whether a formula is a condition, and no number."""
    return expr.kind == "call" and bool(expr.data.states)


def check_sorts(operands: Sequence[Comparable], asks: int) -> None:
    """Refuses a condition as a number; the first operands, which are asked for what holds, are to be conditions."""
    for place, operand in enumerate(operands):
        if states(operand) != (place < asks):
            raise number_as_condition(str(operand)) if place < asks else condition_as_number(str(operand))


def condition_as_number(text: str) -> ShapeError:
    return ShapeError("a condition is no number", "it holds or does not", hint=f"where({text}, 1, 0)")


def number_as_condition(text: str) -> ShapeError:
    return ShapeError("a number is no condition", "a comparison holds or does not", hint=f"{text} > 0")
