"""What structures are called, and their pieces in index notation."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.patterns.pieces import Piece, is_whole
from matcalc.patterns.places import ZERO, Place, is_all_of, stacked
from matcalc.shape import ONE, Dim

LETTERS = "ijkhlpqrstuvw"


def described(piece: Piece) -> str:
    """The places of a piece: ``[m*i + j, m*i + k] for i < n, j < m, k < m``."""
    taken = {symbol for side in piece.sizes.values() for symbol in side.symbols}
    taken |= {symbol for place in piece.axes for symbol in place.first.symbols}
    free = iter([letter for letter in LETTERS if letter not in taken] + [f"i{k}" for k in range(len(piece.sizes))])
    names = {label: next(free) for label in piece.open}
    sides = ", ".join(_written(place, names) for place in piece.axes)
    ranges = ", ".join(f"{name} < {piece.sizes[label]}" for label, name in names.items())
    return f"[{sides}]" + (f" for {ranges}" if ranges else "")


def _written(place: Place, names: dict[int, str]) -> str:
    slowest = sorted(place.strides, key=lambda pair: pair[1] is ONE)
    terms = []
    for label, stride in slowest:
        factor = f"({stride})" if len(stride.terms) > 1 else str(stride)
        terms.append(names[label] if stride is ONE else f"{factor}*{names[label]}")
    if place.first is not ZERO or not terms:
        terms.append(str(place.first))
    return " + ".join(terms)


def kind_of(pieces: Sequence[Piece], dims: Sequence[Dim]) -> str:
    """A few words for the union of pieces."""
    if not pieces:
        return "zero"
    if any(is_whole(piece, dims) for piece in pieces):
        return "dense"
    offsets = [_offset(piece) for piece in pieces]
    known = [offset for offset in offsets if offset is not None]
    if len(known) == len(pieces):
        return _of_diagonals(list(dict.fromkeys(known)))
    return _of_piece(pieces[0], dims) if len(pieces) == 1 else f"a sum of {len(pieces)} pieces"


PLACED = "a block among zeros"


def _offset(piece: Piece) -> Dim | None:
    """How far above the main diagonal all entries of a piece are."""
    rows, columns = piece.axes
    return columns.first.plus(rows.first, -1) if rows.strides and rows.strides == columns.strides else None


def _of_diagonals(offsets: list[Dim]) -> str:
    if offsets == [ZERO]:
        return "diagonal"
    numbers = sorted(offset.number for offset in offsets if offset.number is not None)
    if len(numbers) == len(offsets):
        return f"banded, diagonals {', '.join(map(str, numbers))}"
    return f"diagonals {', '.join(map(str, offsets))}"


def _of_piece(piece: Piece, dims: Sequence[Dim]) -> str:
    """A few words for one piece."""
    rows, columns = (stacked(place, piece.sizes) for place in piece.axes)
    if rows is None or columns is None:
        return _one_in_each(piece, dims) or "entries at regular distances"
    common = [label for label in rows if label in columns]
    if not common:
        return PLACED
    is_full = all(is_all_of(place, dim, piece.sizes) for place, dim in zip(piece.axes, dims, strict=True))
    if is_full and {*rows} == {*columns}:
        return "a permutation of rows (commutation)"
    ahead = len(common)
    if rows[:ahead] == columns[:ahead]:
        return "block diagonal" if is_full else "blocks along a diagonal"
    if rows[-ahead:] == columns[-ahead:]:
        return "blocks that are diagonal (a Kronecker product with an identity matrix)"
    return "a Kronecker product with an identity matrix, permuted"


def _one_in_each(piece: Piece, dims: Sequence[Dim]) -> str:
    """Whether each row, or each column, has one entry: rows of the identity, say."""
    for place, dim, side in zip(piece.axes, dims, ("row", "column"), strict=True):
        if is_all_of(place, dim, piece.sizes) and {*place.labels} == {*piece.open}:
            return f"one entry in each {side}"
    return ""


__all__ = ["described", "kind_of"]
