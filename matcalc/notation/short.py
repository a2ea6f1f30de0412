"""Formulas on one short line, as Python's prompt and errors show them: ``2*A'*(A*x - b)``, long ones with gaps."""

from __future__ import annotations

from matcalc.bound import BINDERS
from matcalc.expr import PRINTERS, Expr
from matcalc.families import members_of
from matcalc.notation.operators import ATOM
from matcalc.notation.text import Piece, joined, printed, printed_alone
from matcalc.terminal import printable

MOST_PARTS = 60  # names, numbers and operators; of a longer formula, parts are left out
WIDEST = 100  # characters
GAP: Piece = ("…", ATOM)


def to_short(expr: Expr, width: int = WIDEST) -> str:
    """The text of a formula where that is short, else as much of it as fits, with … for what is left out.

    Only as many parts are looked at as are shown.
    """
    if expr.length <= MOST_PARTS:
        pieces, definitions = printed(expr, whole=True)
        text = joined(pieces[expr][0])
        if len(text) <= width and not definitions:
            return text
    for parts in (MOST_PARTS, 40, 24, 12, 6):  # of long names, fewer fit
        text = joined(_cut(expr, parts)[0])
        if len(text) <= width:
            return text
    return f"{text[: width - 1]}…"


def to_repr(expr: Expr) -> str:
    """The short text with the shape behind it; of a family, with its members first: K×n×n."""
    members = members_of(expr) if expr.kind == "variable" else None
    shape = str(expr.shape) if members is None else f"{members.length}×{members.shape}"
    return printable(f"{to_short(expr)}  [{shape}]")


def _cut(expr: Expr, parts: int) -> Piece:
    """A formula of about so many parts: short operands are written, and the others share what is left."""
    if (expr.kind not in BINDERS and len(expr.operands) >= parts > 0) or (expr.operands and parts <= 1):
        return GAP if expr.kind != "blocks" else ("[…]", ATOM)
    left, waiting = parts - 1, len(expr.operands)
    pieces: dict[Expr, Piece] = {}
    for operand in sorted(expr.operands, key=lambda part: part.length):
        share = left // waiting
        pieces[operand] = _cut(operand, share)
        left -= min(operand.length, share)
        waiting -= 1
    if expr.kind in ("add", "sub") and all(piece is GAP for piece in pieces.values()):
        return GAP
    return printed_alone(expr, pieces)


PRINTERS.update({"short": to_short, "repr": to_repr})
