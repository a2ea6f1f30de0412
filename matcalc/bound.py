"""Formulas under a sum: entries, rows and columns at an index that a sum binds, and the sum over such indices.

They are what a reader makes of ``sum_{i} y[i]*X[i,:]*w``, and stand in no formula that a user holds: see ``reading``,
which closes them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.errors import ParseError, ShapeError
from matcalc.expr import Expr
from matcalc.position import Index
from matcalc.shape import Dim

Order: TypeAlias = Literal["", "<", "<=", "!="]
_ORDERS: dict[str, Order] = {"<": "<", "<=": "<=", "≤": "<=", "!=": "!=", "≠": "!="}
_NAME = r"[^\W\d]\w*"
_PAIR = re.compile(rf"({_NAME})(<=?|≤|!=|≠)({_NAME})")
_ONE = re.compile(rf"({_NAME})(?:=1(?:\.\.\.?|:|…)(\w+))?")


@dataclass(frozen=True)
class Total:
    """What a sum binds: indices, what they run over where that is said, and in which order those of a pair are."""

    indices: tuple[Index, ...]
    ranges: tuple[Dim | None, ...] = ()
    order: Order = ""

    @staticmethod
    def read(text: str, of: object) -> Total:
        """What is written under a sum: ``i``, ``i,j``, ``i<j``, ``i!=j``, ``i=1..m``.

        Raises:
            ParseError: it is something else.
        """
        plain = text.replace(" ", "")
        pair = _PAIR.fullmatch(plain)
        if pair is not None:
            return Total((Index(pair[1], of), Index(pair[3], of)), (None, None), _ORDERS[pair[2]])
        found = [_ONE.fullmatch(part) for part in plain.split(",")]
        if None in found:
            raise ParseError(
                f"not the indices of a sum: {text}", hint="sum_{i}, sum_{i,j}, sum_{i<j}, sum_{i!=j}, sum_{i=1..m}"
            )
        sizes = [match[2] for match in found if match is not None]
        dims = tuple(Dim.of(int(size) if size.isdecimal() else size) if size else None for size in sizes)
        return Total(tuple(Index(match[1], of) for match in found if match is not None), dims)

    def check_names(self, around: Collection[str]) -> None:
        """Refuses indices of one name, here or bound around.

        Raises:
            ParseError: a name is bound twice.
        """
        names = [index.name for index in self.indices]
        for name in names:
            if name in around or names.count(name) > 1:
                raise ParseError(f"index {name} is bound already", hint="choose another name")

    def __str__(self) -> str:
        if self.order:
            return self.order.join(index.name for index in self.indices)
        ranges = self.ranges or (None,) * len(self.indices)
        return ",".join(i.name + (f"=1..{dim}" if dim else "") for i, dim in zip(self.indices, ranges, strict=True))


def total(body: Expr, what: Total) -> Expr:
    """The sum of a formula over indices.

    Raises:
        ShapeError: an index stands nowhere in the formula and has no range, or it runs over two dimensions.
    """
    dims = ranges(body, what)
    for index in what.indices:
        if index not in dims:
            hint = f"sum_{{{index.name}=1..n}} says what it runs over"
            raise ShapeError(f"index {index.name} stands on nothing that is summed", hint=hint)
    if what.order and len({dims[index] for index in what.indices}) > 1:
        shown = " and ".join(f"{index.name} over {dims[index]}" for index in what.indices)
        raise ShapeError("indices that are compared run over one dimension", f"these run: {shown}")
    return Expr("total", (body,), what, body.shape)


def ranges(body: Expr, what: Total) -> dict[Index, Dim]:
    """What each index of a sum runs over: what is said of it, and the axes that it stands at."""
    found = {i: dim for i, dim in zip(what.indices, what.ranges, strict=False) if dim is not None}
    for part in body.parts:
        if part.kind == "selected":
            for at, side in zip(part.data, part.operands[0].shape, strict=True):
                if isinstance(at, Index) and at in what.indices and found.setdefault(at, side) is not side:
                    raise ShapeError(f"index {at.name} runs over {found[at]} and over {side}")
    if what.order and len(found) == 1:  # what is compared runs over one dimension
        (dim,) = found.values()
        found = dict.fromkeys(what.indices, dim)
    return found


def unbound(expr: Expr) -> list[Index]:
    """The indices in a formula that no sum in it binds."""
    found = {at: None for part in expr.parts if part.kind == "selected" for at in part.data if isinstance(at, Index)}
    bound = {index for part in expr.parts if part.kind == "total" for index in part.data.indices}
    return [index for index in found if index not in bound]


def is_open(expr: Expr) -> bool:
    """Whether a formula has sums over indices, or what is at one."""
    return any(part.kind in ("total", "selected") for part in expr.parts)
