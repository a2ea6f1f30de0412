"""Pieces whose axes are grouped anew, in row-major order: axes become one, or one is taken apart."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.patterns.pieces import Piece, is_regular
from matcalc.patterns.places import ZERO, Place, common_groups, divided, is_all_of, row_major
from matcalc.shape import ONE, Dim, is_at_most, product


def regrouped(piece: Piece, dims: Sequence[Dim], new: Sequence[Dim]) -> Piece | None:
    """The piece of an array with these dims as one of the new dims; None where positions are not affine any more."""
    axes: list[Place] = []
    at = 0
    for old_group, new_group in common_groups(dims, new):
        joined = Place(ZERO)
        for axis in range(at, at + len(old_group)):
            joined = Place(ZERO).plus(joined, dims[axis]).plus(piece.axes[axis])
        at += len(old_group)
        label = joined.single
        if len(new_group) > 1 and label is not None and is_all_of(joined, product(tuple(new_group)), piece.sizes):
            piece, joined, axes = _split(piece, label, new_group, axes)
        split = _taken_apart(joined, new_group, piece)
        if split is None:
            return None
        axes += split
    return piece._replace(axes=tuple(axes)) if all(is_regular(p, piece.sizes) for p in piece.parts) else None


def _split(piece: Piece, label: int, sides: Sequence[Dim], axes: list[Place]) -> tuple[Piece, Place, list[Place]]:
    """A label that runs along a whole axis, taken apart: it is the positions by several labels."""
    start = max(piece.sizes) + 1
    labels = range(start, start + len(sides))
    piece = piece._replace(sizes={**piece.sizes, **dict(zip(labels, sides, strict=True))})
    by = row_major(labels, piece.sizes)
    return piece.replaced(label, by), by, [place.replaced(label, by) for place in axes]


def _taken_apart(place: Place, sides: Sequence[Dim], piece: Piece) -> list[Place] | None:
    """Positions along one axis as those along several."""
    found: list[Place] = []
    for side in reversed(sides[1:]):
        quick, slow = Place(ZERO), Place(ZERO)
        for label, stride in place.strides:
            quotient = divided(stride, side)
            one = Place(ZERO, ((label, ONE),))
            quick, slow = (quick.plus(one, stride), slow) if quotient is None else (quick, slow.plus(one, quotient))
        start = divided(place.first, side)
        quick, slow = (quick.moved(place.first), slow) if start is None else (quick, slow.moved(start))
        if not is_at_most(quick.end(piece.sizes), side):
            return None
        found.insert(0, quick)
        place = slow
    return [place, *found]
