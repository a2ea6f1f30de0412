"""Python's operators between arrays and lengths: what each does stands in a table, by its sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OPERATORS: dict[str, Callable[..., Any]] = {}  # filled by the layers above that know them


class Operated:
    """What takes part in formulas by Python's operators of arithmetic."""

    __slots__ = ()

    def __add__(self, other: object) -> Any:
        return OPERATORS["+"](self, other)

    def __radd__(self, other: object) -> Any:
        return OPERATORS["+"](other, self)

    def __sub__(self, other: object) -> Any:
        return OPERATORS["-"](self, other)

    def __rsub__(self, other: object) -> Any:
        return OPERATORS["-"](other, self)

    def __mul__(self, other: object) -> Any:
        return OPERATORS["*"](self, other)

    def __rmul__(self, other: object) -> Any:
        return OPERATORS["*"](other, self)

    def __truediv__(self, other: object) -> Any:
        return OPERATORS["/"](self, other)

    def __rtruediv__(self, other: object) -> Any:
        return OPERATORS["/"](other, self)

    def __pow__(self, other: object) -> Any:
        return OPERATORS["**"](self, other)

    def __rpow__(self, other: object) -> Any:
        return OPERATORS["**"](other, self)

    def __matmul__(self, other: object) -> Any:
        return OPERATORS["@"](self, other)

    def __rmatmul__(self, other: object) -> Any:
        return OPERATORS["@"](other, self)
