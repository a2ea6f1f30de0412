"""Block matrices as formulas: ``[A, B; C, D]`` of blocks whose edges meet."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.boundary import checked_arguments
from matcalc.errors import ShapeError
from matcalc.expr import Expr, as_expr, number, zeros
from matcalc.position import Several, Single, positions
from matcalc.shape import Shape, total, whole_number

ZERO = number(0)
_HINT = "blocks of a row have one height, and rows one width: block([[A, B], [C, D]]) is [A, B; C, D]"

Grid = Sequence[Sequence[Expr]]


def blocks(rows: Grid) -> Expr:
    """The matrix of these blocks, row by row; the number 0 stands for zeros of the size that fits.

    Raises:
        ShapeError: the blocks of a row differ in height, or the rows in width.
    """
    filled = with_zeros(rows)
    for k, row in enumerate(filled):
        for j, part in enumerate(row):
            if part.shape.rows is not row[0].shape.rows:
                raise _clash("height", (k, 0), row[0].shape, (k, j), part.shape)
    widths = [total([part.shape.cols for part in row]) for row in filled]
    for k, width in enumerate(widths):
        if width is not widths[0]:
            summary = "the rows of a block matrix differ in width"
            raise ShapeError(summary, f"row 1 has {widths[0]} columns, and row {k + 1} has {width}", hint=_HINT)
    if len(filled) == 1 and len(filled[0]) == 1:
        return filled[0][0]
    shape = Shape(total([row[0].shape.rows for row in filled]), widths[0])
    return Expr("blocks", tuple(part for row in filled for part in row), tuple(map(len, filled)), shape)


@checked_arguments
def block(rows: Sequence[Sequence[Expr | int | float]]) -> Expr:
    """The matrix of these blocks, row by row: ``block([[A, B], [C, D]])``; the number 0 stands for zeros that fit.

    Raises:
        ShapeError: there are none, or their edges don't meet.
    """
    if not rows or not all(rows):
        raise ShapeError("a block matrix has at least one block in each row", hint="block([[A, B], [C, D]])")
    return blocks([[as_expr(part) for part in row] for row in rows])


@checked_arguments
def stack(*parts: Expr | int | float) -> Expr:
    """Columns, or matrices of one width, one below the other: ``stack(x, y)`` is [x; y]."""
    return block([[part] for part in parts])


def grid(expr: Expr) -> list[list[Expr]]:
    """The blocks of a block matrix, row by row."""
    parts = iter(expr.operands)
    return [[next(parts) for _ in range(count)] for count in expr.data]


def grid_places(expr: Expr) -> list[tuple[Single | Several, Single | Several]]:
    """The positions of the rows and of the columns of each block."""
    found = []
    top = whole_number(0)
    for row in grid(expr):
        left = whole_number(0)
        for part in row:
            found.append((positions(top, part.shape.rows), positions(left, part.shape.cols)))
            left = left.plus(part.shape.cols)
        top = top.plus(row[0].shape.rows)
    return found


def with_zeros(rows: Grid) -> list[list[Expr]]:
    """The blocks with zeros of the sizes of their neighbours in place of the number 0, if they lie in columns."""
    if all(part is not ZERO for row in rows for part in row) or len({len(row) for row in rows}) > 1:
        return [list(row) for row in rows]
    heights = [next((part.shape.rows for part in row if part is not ZERO), None) for row in rows]
    widths = [next((part.shape.cols for part in col if part is not ZERO), None) for col in zip(*rows, strict=True)]
    return [
        [
            zeros(height, width) if part is ZERO and height is not None and width is not None else part
            for part, width in zip(row, widths, strict=True)
        ]
        for row, height in zip(rows, heights, strict=True)
    ]


def with_short_zeros(rows: Grid) -> list[list[Expr]]:
    """The blocks with the number 0 in place of zeros, where ``with_zeros`` finds their sizes again."""
    if len({len(row) for row in rows}) > 1:
        return [list(row) for row in rows]
    short = [[ZERO if part.kind == "zeros" else part for part in row] for row in rows]
    return short if with_zeros(short) == [list(row) for row in rows] else [list(row) for row in rows]


def _clash(side: str, first: tuple[int, int], one: Shape, second: tuple[int, int], other: Shape) -> ShapeError:
    places = [f"block {row + 1},{col + 1}" for row, col in (first, second)]
    detail = f"{places[0]} is {one} and {places[1]} is {other}"
    return ShapeError(f"the blocks of a row differ in {side}", detail, hint=_HINT)
