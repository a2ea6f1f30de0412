"""Positions in a dimension: an entry, a range of neighbours, or all, as they are written in brackets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.boundary import integer
from matcalc.errors import ShapeError, shown
from matcalc.records import record
from matcalc.shape import LARGEST, ONE, Dim, is_at_most, polynomial, whole_number


@record()
class Stretch:
    """Neighbouring positions, as a range has them, where the first or their number is a symbol."""

    first: Dim
    size: Dim


Single: TypeAlias = int | Dim  # a position, counted from 0
Several: TypeAlias = range | Stretch
Position: TypeAlias = Single | Several | None  # of an axis: one of it, some of it, all of it


@record()
class Index:
    """An index that a sum binds, by its name and its sum: two sums may have indices of one name."""

    name: str
    of: object


Place: TypeAlias = Position | Index


def taken(at: Place, dim: Dim) -> Dim:
    """The dimension of what is taken at a position: all of it, one, or some."""
    return dim if at is None else size_of(at) if isinstance(at, Several) else ONE


def size_of(at: Single | Several) -> Dim:
    """How many positions these are."""
    if isinstance(at, Stretch):
        return at.size
    return Dim.of(_count(at)) if isinstance(at, range) else ONE


def _count(at: range) -> int:
    """The length of a range; ``len`` is only of what an array could hold."""
    return max(0, -((at.start - at.stop) // at.step))


def first_of(at: Single | Several) -> Dim:
    """The first of some positions, as a dimension, which may be 0."""
    if isinstance(at, Stretch):
        return at.first
    return at if isinstance(at, Dim) else whole_number(at.start if isinstance(at, range) else at)


def end_of(at: Single | Several) -> Dim:
    """The position behind the last of some, which is how long an axis must be to have them."""
    return first_of(at).plus(size_of(at))


def symbols_of(at: Single | Several) -> frozenset[str]:
    """The symbols of dimensions that say where positions are."""
    return first_of(at).symbols | size_of(at).symbols


def at_sizes(at: Single | Several, sizes: Mapping[str, int]) -> int | range:
    """Positions where symbols have these sizes."""
    if isinstance(at, int | range):
        return at
    first = first_of(at).at(sizes)
    return range(first, first + at.size.at(sizes)) if isinstance(at, Stretch) else first


def renamed(at: Position, dims: Mapping[str, Dim]) -> Position:
    """Positions by other symbols, or by what these are."""
    if at is None or isinstance(at, int | range):
        return at
    return positions(first_of(at).substitute(dims), size_of(at).substitute(dims))


def positions(first: Dim, size: Dim) -> Single | Several:
    """So many neighbouring positions from the first on."""
    start, count = first.number, size.number
    if size is ONE:
        return first if start is None else start
    return Stretch(first, size) if start is None or count is None else range(start, start + count)


def are_apart(a: Single | Several, b: Single | Several) -> bool:
    """Whether no position is among both, whatever the sizes of symbols are."""
    return is_at_most(end_of(a), first_of(b)) or is_at_most(end_of(b), first_of(a))


def are_within(a: Single | Several, b: Single | Several) -> bool:
    """Whether the first positions are all among the second ones, whatever the sizes of symbols are."""
    return is_at_most(first_of(b), first_of(a)) and is_at_most(end_of(a), end_of(b))


def position(at: object, dim: Dim) -> Place:
    """None for all, an integer, a range of several, or an index that is bound."""
    try:
        return _found(at, dim)
    except ShapeError as error:
        raise error.given(at) from None


def _found(at: object, dim: Dim) -> Place:
    if isinstance(at, Index):
        return at
    if _has_symbol(at):
        return _symbolic(at, dim)
    if isinstance(at, slice):
        at = _range(at, dim)
        if at is None or at == range(dim.number or 0):
            return None
    if isinstance(at, Stretch):
        return _there(at, dim)
    if not isinstance(at, range):
        return _index(at, dim)
    return range(at.start, _index(at.stop - 1, dim) + 1) if _count(at) > 1 else _index(at.start, dim)


def _has_symbol(at: object) -> bool:
    """Whether a position is given by dimensions: Dim.of("n"), "m+1", "m":"m+n"."""
    ends = (at.start, at.stop) if isinstance(at, slice) else (at,)
    return any(isinstance(end, str | Dim) or getattr(end, "kind", "") == "size" for end in ends)


def _symbolic(at: object, dim: Dim) -> Position:
    if not isinstance(at, slice):
        place = _end(at)
        if not place.symbols <= dim.symbols:
            raise ShapeError(f"not a position: {shown(at)}", f"this dimension is {dim}", hint="X[0, 1], X[0:2, :]")
        return _there(positions(place, ONE), dim)
    if at.step not in (None, 1):
        raise ShapeError("a block is of neighbouring rows and columns", f"the step is {at.step}", hint="X[0:2, :]")
    first = whole_number(0) if at.start is None else _end(at.start)
    size = (dim if at.stop is None else _end(at.stop)).plus(first, -1)
    if not is_at_most(ONE, size):
        raise ShapeError("a block has at least one row and one column", f"this one has {size}", hint='X[0:"m", :]')
    return _there(positions(first, size), dim)


def _end(at: object) -> Dim:
    """An end of a slice, as a dimension."""
    if isinstance(at, int):
        return whole_number(_index(at, Dim.of(LARGEST)))
    return polynomial(at) if isinstance(at, str) else Dim.of(at if isinstance(at, Dim) else at.data)  # type: ignore[attr-defined]


def _there(at: Single | Several, dim: Dim) -> Position:
    """Positions that an axis of this length may have: not before its first, nor behind its last for all sizes."""
    if not is_at_most(whole_number(0), first_of(at)) or is_at_most(dim.plus(ONE), end_of(at)):
        raise ShapeError(f"there is no such entry: this dimension is {dim}")
    return None if size_of(at) is dim else at


def _range(at: slice, dim: Dim) -> range | None:
    """The range of a slice; of a symbolic dimension, both ends are wanted."""
    if at == slice(None):
        return None
    if at.step not in (None, 1):
        raise ShapeError("a block is of neighbouring rows and columns", f"the step is {at.step}", hint="X[0:2, :]")
    start = 0 if at.start is None else _index(at.start, dim)
    if at.stop is None and dim.number is None:
        raise ShapeError(f"where does the block end? this dimension is {dim}", hint="X[1:3, :]")
    stop = dim.number if at.stop is None else 1 + _index(at.stop - 1 if _is_integer(at.stop) else at.stop, dim)
    assert stop is not None
    if stop <= start:
        raise ShapeError("a block has at least one row and one column", hint="X[0:2, :]")
    return range(start, stop)


def _is_integer(at: object) -> bool:
    return integer(at) is not None


def _index(at: object, dim: Dim) -> int:
    index = integer(at)
    if index is None:
        raise ShapeError(f"not a position: {shown(at)}", hint="X[0, 1], X[:, 1], X[0, :], X[0:2, :]")
    if index < 0 and dim.number is not None:
        index += dim.number
    if not 0 <= index < (LARGEST if dim.number is None else dim.number):
        raise ShapeError(f"there is no such entry: this dimension is {dim}")
    return index
