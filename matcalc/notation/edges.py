"""Shapes of block matrices whose blocks may have dimensions that are not known yet."""

from __future__ import annotations

from matcalc.errors import MatcalcError, ShapeError
from matcalc.notation.customs import is_zero
from matcalc.notation.pairs import Pair
from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import Size, Unifier, Unknown, show
from matcalc.shape import counted

_HINT = "blocks of a row are divided by a comma, and rows by a semicolon: [A, B; C, D]"
Part = tuple[Syntax, Pair]


def shape_of_blocks(node: Syntax, pairs: tuple[Pair, ...], unifier: Unifier, text: str) -> Pair:
    """The shape of [A, B; C, D]: blocks of a row have one height, and rows one width; columns meet where they can.

    Raises:
        ShapeError: edges do not meet; the error shows both places.
    """
    assert isinstance(node.value, tuple)
    parts = iter(
        [
            (operand, (Unknown(), Unknown()) if is_zero(operand) else pair)
            for operand, pair in zip(node.operands, pairs, strict=True)
        ]
    )
    rows: list[list[Part]] = [[next(parts) for _ in range(count)] for count in node.value]
    for (first, (height, _)), *others in rows:
        for other, (beside, _) in others:
            if not unifier.unify(height, beside, node.span):
                raise _clash("the blocks of a row differ in height", "row", (first, height), (other, beside), text)
    if len(set(node.value)) == 1:
        for row in rows[1:]:
            for (_, above), (_, below) in zip(rows[0], row, strict=True):
                unifier.unify(above[1], below[1], node.span)
    widths = [unifier.sum(tuple(pair[1] for _, pair in row)) for row in rows]
    for row, width in zip(rows[1:], widths[1:], strict=True):
        if not unifier.unify(widths[0], width, node.span):
            raise _clash(
                "the rows of blocks differ in width", "column", (rows[0][0][0], widths[0]), (row[0][0], width), text
            )
    return unifier.sum(tuple(row[0][1][0] for row in rows)), widths[0]


def _clash(summary: str, noun: str, one: tuple[Syntax, Size], other: tuple[Syntax, Size], text: str) -> MatcalcError:
    counts = [counted(show(size), noun) for _, size in (one, other)]
    what = "this" if noun == "row" else "this row"
    places = [(part.span, f"{what} has {count}") for (part, _), count in zip((one, other), counts, strict=True)]
    return ShapeError(summary, hint=_HINT).at(text, *places)
