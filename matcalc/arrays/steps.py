"""Slices with steps: turned round, which is a product with a permutation, or of axes whose length is a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcalc.arrays.array import CALLED, Array, as_array, function, through
from matcalc.arrays.faults import SizesOpen
from matcalc.arrays.layout import concatenate
from matcalc.arrays.sizes import axes_of, length
from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, ones, unit
from matcalc.shape import ONE, Dim

_LONGEST = 100  # of an axis that is taken in steps


def in_steps(key: Sequence[Any], array: Array) -> tuple[list[Any], list[tuple[int, list[int]]]]:
    """The places in brackets with whole axes for steps, and what is taken of these axes of the result afterwards.

    That is a list of places; an empty one turns the axis round.

    Raises:
        UnsupportedError: how many places a step takes depends on the length of the axis, which is a symbol.
    """
    made, stepped = list(key), list[tuple[int, list[int]]]()
    axis = kept = 0  # of the array, and of what is taken
    for k, at in enumerate(key):
        if isinstance(at, slice) and at.step not in (None, 1):
            stepped.append((kept, _places(at, array.dims[axis])))
            made[k] = slice(None)
        kept += at is None or isinstance(at, slice)
        axis += at is not None
    return made, stepped


def _places(at: slice, dim: Dim) -> list[int]:
    """The places that a slice takes, in order; none stand for all, from the last to the first."""
    if not isinstance(at.step, int) or isinstance(at.step, bool) or not at.step:
        raise UnsupportedError(f"a step is an integer, and not {shown(at.step)}")
    if at.step == -1 and at.start is None and at.stop is None:
        return []
    ends = [end for end in (at.start, at.stop) if end is not None]
    if any(length(end) is None for end in ends):
        raise UnsupportedError("an end of a slice is an integer or a length", f"this is {shown(at)}")
    if dim.number is None or not all(isinstance(end, int) for end in ends):
        raise SizesOpen(
            "slices with steps are read where the axis has a known length, or as [::-1]",
            f"the step is {at.step}, and the length {dim}",
            hint="example arrays, or declared numbers, give the length",
        )
    if dim.number > _LONGEST:
        raise UnsupportedError(f"slices with steps are read of axes up to {_LONGEST}", f"this one has {dim}")
    places = list(range(dim.number))[at]
    if not places:
        raise UnsupportedError("nothing is left of an axis", f"{shown(at)} of {dim}")
    return places


def taken_in_steps(array: Array, axis: int, places: Sequence[int]) -> Array:
    """The entries at these places of an axis; NumPy keeps them where the array is."""
    if not places:
        return flipped(array, axis)
    before = (slice(None),) * axis
    parts = [CALLED["place"](array, (*before, slice(at, at + 1))) for at in places]
    made = concatenate(parts, axis)
    return array.view(made.expr, made.dims)


def reversal(dim: Dim) -> Expr:
    """The permutation matrix that turns a column round."""
    return function("hankel", unit(dim.plus(dim).plus(ONE, -1), dim.plus(ONE, -1)), ones(dim))


def flipped(m: object, axis: object = None) -> Array:
    """np.flip: the entries of an array of one axis or two in the opposite order, along all axes or some."""
    array = as_array(m)
    if array.ndim not in (1, 2):
        raise UnsupportedError("arrays of one axis or two are turned round")
    axes = axes_of(axis, array.ndim)
    made = array.expr
    for at in range(array.ndim) if axes is None else axes:
        made = _along(made, array.dims[at], by_rows=at == 0)
    return array.view(made, array.dims)


def _along(expr: Expr, dim: Dim, by_rows: bool) -> Expr:
    if dim is ONE:
        return expr
    return through(expr, lambda u: reversal(dim) @ u if by_rows else u @ reversal(dim))
