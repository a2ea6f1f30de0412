"""Arrays of a pattern: diagonals, triangles, identities, equal entries, entries repeated, turned round or moved on."""

from __future__ import annotations

from typing import Any

from matcalc.arrays.array import CALLED, Array, as_array, as_number, function
from matcalc.arrays.entrywise import filled
from matcalc.arrays.faults import shape_error
from matcalc.arrays.layout import concatenate, expand_dims, ravel, reshape, shape
from matcalc.arrays.sizes import axes_of, dimension, dimensions
from matcalc.errors import UnsupportedError
from matcalc.expr import eye, ones, zeros
from matcalc.shape import ONE


def diag(v: object, k: object = 0) -> Array:
    """The diagonal matrix of an array of one axis; the diagonal of one of two."""
    array = as_array(v)
    if k != 0 or array.ndim not in (1, 2):
        raise UnsupportedError("np.diag is read of the main diagonal, of arrays of one axis or two")
    if array.ndim == 1:
        return Array(array.expr if array.dims[0] is ONE else function("diag", array.expr), (*array.dims, *array.dims))
    if array.dims[0] is not array.dims[1]:
        raise shape_error("the diagonal is read of a square matrix", array, apart=array.dims)
    return array.view(array.expr if array.dims[0] is ONE else function("diag", array.expr), array.dims[:1])


def diagonal(a: object) -> Array:
    array = as_array(a)
    if array.ndim != 2:
        raise shape_error("a diagonal is that of a matrix", array)
    return diag(array)


def trace(a: object) -> Array:
    array = as_array(a)
    if array.ndim != 2 or array.dims[0] is not array.dims[1]:
        raise shape_error("the trace is read of a square matrix", array, apart=array.dims)
    return Array(function("tr", array.expr), ())


def triangle(name: str, strict: str, offset: int) -> Any:
    def part(m: object, k: object = 0) -> Array:
        array = as_array(m)
        if array.ndim != 2 or array.dims[0] is not array.dims[1] or k not in (0, offset):
            what = "triangles are read of square matrices, with or without the diagonal"
            raise shape_error(what, array, apart=array.dims)
        return Array(function(name if k == 0 else strict, as_number(array.expr)), array.dims)

    return part


def identity(n: object, m: object = None, *, dtype: object = None) -> Array:
    rows = dimension(n)
    if m is not None and dimension(m) is not rows:
        raise UnsupportedError("np.eye is read of a square matrix")
    return Array(eye(rows), (rows, rows))


def full(shape: object, value: object) -> Array:
    """An array of equal entries, of integers where its value is one."""
    dims = dimensions(shape)
    if len(dims) > 2:
        raise UnsupportedError("an array of three axes is not made of equal entries here")
    entry = as_array(value)
    made = filled(entry, dims)
    made.is_whole = entry.is_whole
    return made


def full_like(a: object, value: object) -> Array:
    """An array of equal entries, of the shape and the kind of another one."""
    array = as_array(a)
    made = full(shape(array), value)
    made.is_whole = array.is_whole
    return made


def constant_array(kind: str, shape: object) -> Array:
    dims = dimensions(shape)
    if len(dims) > 2:
        raise UnsupportedError("an array of three axes is not made of equal entries here")
    rows, cols = (*dims, ONE, ONE)[:2]
    return Array(zeros(rows, cols) if kind == "zeros" else ones(rows, cols), dims)


def tiled(a: object, reps: object) -> Array:
    """np.tile of an array of one axis, or of axes of length 1."""
    array = as_array(a)
    counts = dimensions(reps)
    if len(counts) > 2 or array.ndim > 2:
        raise UnsupportedError("np.tile is read up to two axes")
    while array.ndim < len(counts):
        array = expand_dims(array, 0)
    counts = (*(ONE for _ in range(array.ndim - len(counts))), *counts)
    if all(count is ONE or dim is ONE for count, dim in zip(counts, array.dims, strict=True)):
        return filled(array, tuple(c * d for c, d in zip(counts, array.dims, strict=True)))
    pattern = ones(*(*counts, ONE)[:2])
    expr = function("kron", pattern, array.expr)
    return Array(expr, tuple(c * d for c, d in zip(counts, array.dims, strict=True)))


def repeat(a: object, repeats: object, axis: object = None) -> Array:
    array = as_array(a)
    count = dimension(repeats)
    if array.ndim == 1 and axis in (None, 0, -1):
        return Array(function("kron", array.expr, ones(count)), (array.dims[0] * count,))
    if array.ndim == 2 and axis in (0, 1, -1, -2):
        ones_along = ones(count) if axis in (0, -2) else ones(1, count)
        expr = function("kron", array.expr, ones_along)
        return Array(expr, tuple(expr.shape))
    raise UnsupportedError("np.repeat is read of one axis, or along one of two")


def rolled(a: object, shift: object, axis: object = None) -> Array:
    """np.roll by a known number of places."""
    array = as_array(a)
    if not isinstance(shift, int) or isinstance(shift, bool) or array.ndim not in (1, 2):
        raise UnsupportedError("np.roll is read by an integer, of arrays of one axis or two")
    if array.ndim == 2 and axis is None:
        return reshape(rolled(ravel(array), shift), shape(array))
    axes = axes_of(axis, array.ndim)
    (at,) = (0,) if axes is None else axes
    number = array.dims[at].number
    shift = shift if number is None else shift % number
    if shift == 0:
        return Array(array.expr, array.dims)
    before: tuple[slice, ...] = (slice(None),) * at
    parts = [(*before, slice(-shift, None)), (*before, slice(None, -shift))]
    return concatenate([CALLED["place"](array, part) for part in parts], at)
