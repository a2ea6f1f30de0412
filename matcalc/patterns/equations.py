"""Where positions of one axis are equal: labels become positions by others, or run over what ranges have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from matcalc.patterns.pieces import Piece
from matcalc.patterns.places import (
    ZERO,
    Label,
    Place,
    along,
    are_apart,
    are_within,
    at_least,
    common_groups,
    is_all_of,
    row_major,
    stacked,
)
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most, product


class Unsolved(Exception):
    """What two positions have in common is not known for all sizes, or is not a range of labels."""


class Equation(NamedTuple):
    """Two positions along an axis of this length are the same."""

    a: Place
    b: Place
    dim: Dim


Replaced: TypeAlias = tuple[Label, Place]


def solved(piece: Piece, equations: Sequence[Equation]) -> Piece | None:
    """The part of a piece where positions are equal; None where they never are.

    Raises:
        Unsolved: it is not known, or is no piece.
    """
    waiting = list(equations)
    while waiting:
        a, b, dim = waiting.pop()
        if a == b:
            continue
        pairs = _pairs(a, b, piece)
        if pairs:
            waiting += pairs
            continue
        if _never(a, b, piece):
            return None
        replaced, size = _replaced(a, b, dim, piece)
        if size is not None:
            piece = piece._replace(sizes={**piece.sizes, _next(piece): size})
        for label, by in replaced:
            piece = piece.replaced(label, by)
            waiting = [Equation(p.replaced(label, by), q.replaced(label, by), d) for p, q, d in waiting]
    return piece


def _never(a: Place, b: Place, piece: Piece) -> bool:
    """Whether two positions are different whatever the labels and sizes are."""
    if a.strides == b.strides:
        return is_at_most(a.first.plus(ONE), b.first) or is_at_most(b.first.plus(ONE), a.first)
    return are_apart(a, b, piece.sizes)


def _pairs(a: Place, b: Place, piece: Piece) -> list[Equation]:
    """The equations of positions that stack axes, group by group of as many axes as hold as many entries in both."""
    left, right = stacked(a, piece.sizes), stacked(b, piece.sizes)
    if left is None or right is None or a.first is not b.first:
        return []
    sizes = piece.sizes
    groups = common_groups([sizes[i] for i in left], [sizes[i] for i in right])
    if len(groups) < 2 or any(product(tuple(one)) is not product(tuple(other)) for one, other in groups):
        return []
    found, i, j = list[Equation](), 0, 0
    for one, other in groups:
        sides = row_major(left[i : i + len(one)], sizes), row_major(right[j : j + len(other)], sizes)
        found.append(Equation(*sides, product(tuple(one))))
        i, j = i + len(one), j + len(other)
    return found


def _replaced(a: Place, b: Place, dim: Dim, piece: Piece) -> tuple[list[Replaced], Dim | None]:
    """What labels become where two positions are the same, and the size of the label that is new, if one is."""
    for one, other in ((a, b), (b, a)):
        label = one.single
        if label is None or label in other.labels:
            continue
        if is_all_of(one, dim, piece.sizes) or are_within(other, one, piece.sizes):
            return [(label, other.moved(one.first, -1))], None
    if a.single is None or b.single is None or a.single == b.single:
        raise Unsolved
    return _common(a, b, piece)


def _common(a: Place, b: Place, piece: Piece) -> tuple[list[Replaced], Dim | None]:
    """Two labels as one that runs over what two ranges have in common."""
    first, end = _larger(a.first, b.first), _smaller(a.end(piece.sizes), b.end(piece.sizes))
    size = end.plus(first, -1)
    if not is_at_most(ZERO, at_least(size, piece.sizes.values())):
        raise Unsolved
    here = Place(first) if size is ONE else along(_next(piece), first)
    replaced = [(label, here.moved(place.first, -1)) for place in (a, b) for label in place.labels]
    return replaced, None if size is ONE else size


def _next(piece: Piece) -> Label:
    return max(piece.sizes, default=-1) + 1


def _larger(a: Dim, b: Dim) -> Dim:
    if is_at_most(a, b):
        return b
    return a if is_at_most(b, a) else _unknown()


def _smaller(a: Dim, b: Dim) -> Dim:
    if is_at_most(a, b):
        return a
    return b if is_at_most(b, a) else _unknown()


def _unknown() -> Dim:
    raise Unsolved
