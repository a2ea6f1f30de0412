"""Formulas under a sum: entries, rows and columns at an index that a sum binds, and the sum over such indices.

They are what a reader makes of ``sum_{i} y[i]*X[i,:]*w``, and stand in no formula that a user holds: see ``reading``,
which closes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.errors import ShapeError
from matcalc.expr import Expr
from matcalc.position import Position
from matcalc.shape import ONE, Dim, Shape

Order: TypeAlias = Literal["", "<", "<=", "!="]


@dataclass(frozen=True)
class Index:
    """An index that a sum binds, by its name and its sum: two sums may have indices of one name."""

    name: str
    of: int


@dataclass(frozen=True)
class Total:
    """What a sum binds: indices, what they run over where that is said, and in which order those of a pair are."""

    indices: tuple[Index, ...]
    ranges: tuple[Dim | None, ...] = ()
    order: Order = ""

    def __str__(self) -> str:
        if self.order:
            return self.order.join(index.name for index in self.indices)
        ranges = self.ranges or (None,) * len(self.indices)
        return ",".join(i.name + (f"=1..{dim}" if dim else "") for i, dim in zip(self.indices, ranges, strict=True))


Place: TypeAlias = Position | Index


def selected(operand: Expr, places: tuple[Place, ...]) -> Expr:
    """``X[i,:]``, ``X[:,j]``, ``X[i,j]``, ``x[i]``: what is at an index that is bound.

    Raises:
        ShapeError: a matrix has one index, or an index is at an axis of one entry.
    """
    if len(places) == 1:
        if ONE not in operand.shape:
            raise ShapeError("an entry of a matrix has a row and a column", hint="X[i,j], X[:,j], X[i,:]")
        places = (*places, 0) if operand.shape.cols is ONE else (0, *places)
    sides = []
    for at, side in zip(places, operand.shape, strict=True):
        sides.append(side if at is None else Dim.of(len(at)) if isinstance(at, range) else ONE)
    return Expr("selected", (operand,), places, Shape(*sides))


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
    return found


def is_open(expr: Expr) -> bool:
    """Whether a formula has sums over indices, or what is at one."""
    return any(part.kind in ("total", "selected") for part in expr.parts)
