"""What NumPy does with the places of entries: transposes, other shapes, blocks beside each other, diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcalc.arrays.array import CALLED, Array, as_array, entries, function, of_entries, through, turned
from matcalc.arrays.entrywise import counting_holds, refuse_truths
from matcalc.arrays.faults import Dims, first_apart, shape_error
from matcalc.arrays.sizes import Size, axes_of, dimension, quotient, sized
from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, as_expr, ones, transpose, zeros
from matcalc.shape import ONE, Dim, product
from matcalc.stacking import blocks

MOST_PARTS = 400  # blocks of one array


# ---------------------------------------------------------------- axes
def transposed(a: object, *axes: object) -> Array:
    """``.T``: an array of one axis stays as it is."""
    array = as_array(a)
    order: list[Any] = list(axes[0]) if len(axes) == 1 and isinstance(axes[0], tuple | list) else list(axes)
    if order in ([], [None]):
        order = list(range(array.ndim))[::-1]
    if not all(isinstance(k, int) for k in order) or sorted(k % max(array.ndim, 1) for k in order) != list(
        range(array.ndim)
    ):
        raise UnsupportedError(f"this is no order of {array.ndim} axes: {shown(axes)}")
    order = [k % array.ndim for k in order]
    if order == sorted(order):
        return array.view(array.expr, array.dims, array.lead)
    if array.ndim == 2:
        return array.view(turned(array.expr), array.dims[::-1])
    body, own = entries(array)
    made = of_entries(body, [own[k] for k in order])
    return array.view(made.expr, made.dims, made.lead)


def swapaxes(a: object, one: int, other: int) -> Array:
    array = as_array(a)
    order = list(range(array.ndim))
    try:
        order[one], order[other] = order[other], order[one]
    except (IndexError, TypeError):
        raise UnsupportedError(f"there are no axes {shown(one)} and {shown(other)}") from None
    return transposed(array, order)


def expand_dims(a: object, axis: object) -> Array:
    """A new axis of length 1."""
    array = as_array(a)
    ndim = array.ndim + 1
    if not isinstance(axis, int) or not -ndim <= axis < ndim:
        raise UnsupportedError(f"there is no place {shown(axis)} for a new axis")
    at = axis % ndim
    dims = (*array.dims[:at], ONE, *array.dims[at:])
    if array.ndim < 2:
        turns = array.ndim == 1 and at == 0
        return array.view(turned(array.expr) if turns else array.expr, dims)
    if at <= array.ndim - 2:
        lead = (*array.lead[:at], None, *array.lead[at:])
        return array.view(array.expr, dims, lead)
    body, axes = entries(array)
    made = of_entries(body, [*axes[:at], (None, ONE), *axes[at:]])
    return array.view(made.expr, made.dims, made.lead)


def squeeze(a: object, axis: object = None) -> Array:
    """Without axes of length 1; a symbol is not taken for 1."""
    array = as_array(a)
    at = [k for k, dim in enumerate(array.dims) if dim is ONE]
    if axis is not None:
        chosen = axes_of(axis, array.ndim)
        chosen = list(range(array.ndim)) if chosen is None else chosen
        if not set(chosen) <= set(at):
            raise shape_error("only an axis of length 1 is taken out", array)
        at = chosen
    return without_axes(array, at)


def without_axes(array: Array, at: Sequence[int]) -> Array:
    """The array without these axes, which have length 1."""
    kept = [k for k in range(array.ndim) if k not in at]
    dims = tuple(array.dims[k] for k in kept)
    if array.ndim <= 2:
        turns = len(dims) == 1 and array.ndim == 2 and kept == [1]
        return array.view(turned(array.expr) if turns else array.expr, dims)
    body, axes = entries(array)
    made = of_entries(body, [axes[k] for k in kept])
    return array.view(made.expr, made.dims, made.lead)


# ---------------------------------------------------------------- shapes
def ravel(a: object, order: object = "C") -> Array:
    """The entries row by row."""
    array = as_array(a)
    if order == "F" and array.ndim == 2:
        return array.view(_column(through(array.expr, lambda u: function("vec", u))), (product(array.dims),))
    if order not in ("C", "A", "K"):
        raise UnsupportedError('ravel is read by rows, or of a matrix by columns, order="F"')
    if array.ndim > 2:
        raise UnsupportedError("an array of three axes has no form as a column")
    if array.ndim < 2 or ONE in array.dims:
        expr = turned(array.expr) if array.ndim == 2 and array.dims[0] is ONE else array.expr
        return array.view(expr, (product(array.dims),))
    return array.view(through(array.expr, lambda u: function("vec", transpose(u))), (product(array.dims),))


def _column(expr: Expr) -> Expr:
    return expr


def reshape(a: object, *shape: object, order: object = "C") -> Array:
    """Another shape, filled row by row; -1 is the length that fits."""
    array = as_array(a)
    if order == "F":
        return transposed(reshape(transposed(array), _wanted(shape)[::-1]))
    if order != "C":
        raise UnsupportedError('reshape is read by rows, order="C", or by columns, order="F"')
    dims = _fitting(array, _wanted(shape))
    if dims == array.dims:
        return array.view(array.expr, dims, array.lead)
    if tuple(d for d in dims if d is not ONE) == tuple(d for d in array.dims if d is not ONE):
        return _with_ones(array, dims)
    column = ravel(array)
    if len(dims) == 1:
        return array.view(column.expr, dims)
    plain = [dim for dim in dims if dim is not ONE]
    if len(plain) > 2:
        raise UnsupportedError("a shape of three axes has no form here", hint="reshape to (m, n)")
    if len(plain) < 2:
        return _with_ones(column, dims)
    rows, cols = plain
    made = Array(through(column.expr, lambda u: _by_rows(u, rows, cols)), (rows, cols), memory=array.memory)
    return made if len(dims) == 2 else _with_ones(made, dims)


def _by_rows(column: Expr, rows: Dim, cols: Dim) -> Expr:
    return transpose(function("unvec", column, ones(cols, rows)))


def _with_ones(array: Array, dims: Dims) -> Array:
    """The same entries with axes of length 1 at other places."""
    made = without_axes(array, [k for k, dim in enumerate(array.dims) if dim is ONE])
    for k, dim in enumerate(dims):
        if dim is ONE:
            made = expand_dims(made, k)
    return made


def _wanted(shape: Sequence[object]) -> tuple[object, ...]:
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else tuple(shape)


def _fitting(array: Array, wanted: Sequence[object]) -> Dims:
    whole = product(array.dims)
    known = [dimension(value) for value in wanted if value != -1]
    if len(wanted) - len(known) > 1:
        raise UnsupportedError("one length may be -1, the others are given")
    if len(known) == len(wanted):
        if product(tuple(known)) is not whole:
            raise shape_error(f"an array of {whole} entries has no shape ({', '.join(map(str, known))})", array)
        return tuple(known)
    rest = quotient(whole, product(tuple(known)))
    if rest is None:
        raise shape_error(f"{whole} entries are not divided by {product(tuple(known))} for all sizes", array)
    return tuple(rest if value == -1 else dimension(value) for value in wanted)


# ---------------------------------------------------------------- beside each other
def parts_of(arrays: object) -> list[Array]:
    """The arrays of a list.

    Raises:
        UnsupportedError: it is no list, or an empty one.
    """
    if isinstance(arrays, Array):
        return members(arrays)
    if hasattr(arrays, "bound_list"):
        raise UnsupportedError(
            "a list of a member for each round of a loop is an array", hint="np.array([… for i in …])"
        )
    if not isinstance(arrays, list | tuple) or not arrays or len(arrays) > MOST_PARTS:
        raise UnsupportedError("arrays are joined in a list", hint="np.concatenate([x, y])")
    refuse_truths("an array", *arrays)
    return [counting_holds(as_array(part)) for part in arrays]


def concatenate(arrays: object, axis: object = 0) -> Array:
    parts = parts_of(arrays)
    if axis is None:
        parts, axis = [ravel(part) for part in parts], 0
    ndim = parts[0].ndim
    if not isinstance(axis, int) or not -ndim <= axis < ndim or any(part.ndim != ndim for part in parts) or ndim > 2:
        raise shape_error("arrays of one number of axes, one or two, are joined along one", *parts)
    at = axis % ndim
    for part in parts:
        for k in range(ndim):
            if k != at and part.dims[k] is not parts[0].dims[k]:
                apart = (parts[0].dims[k], part.dims[k])
                raise shape_error("arrays that are joined differ along one axis alone", parts[0], part, apart=apart)
    exprs = [part.expr for part in parts]
    expr = blocks([exprs]) if ndim == 2 and at == 1 else blocks([[zero_safe(expr)] for expr in exprs])
    return Array(expr, (*expr.shape,) if ndim == 2 else (expr.shape.rows,))


def zero_safe(expr: Expr) -> Expr:
    """A block; the number 0 stands for itself, not for zeros that fit."""
    return zeros(1) if expr is as_expr(0) else expr


def stack(arrays: object, axis: object = 0) -> Array:
    if hasattr(arrays, "bound_list") and axis in (0, 1, -1):
        made: Array = arrays.bound_list()
        return made if axis == 0 else swapaxes(made, 0, axis)
    parts = parts_of(arrays)
    for part in parts:
        if part.dims != parts[0].dims:
            apart = first_apart(parts[0].dims, part.dims)
            raise shape_error("arrays that are stacked are of one shape", parts[0], part, apart=apart)
    ndim = parts[0].ndim + 1
    if not isinstance(axis, int) or not -ndim <= axis < ndim:
        raise UnsupportedError(f"there is no axis {shown(axis)} to stack along")
    if ndim > 2:
        raise UnsupportedError("a list of matrices is an array of three axes, which has no form here")
    return concatenate([expand_dims(part, axis) for part in parts], axis)


def append(arr: object, values: object, axis: object = None) -> Array:
    return concatenate(
        [arr, values] if axis is not None else [ravel(at_least_1d(arr)), ravel(at_least_1d(values))], axis or 0
    )


def at_least_2d(a: object) -> Array:
    array = as_array(a)
    while array.ndim < 2:
        array = expand_dims(array, 0)
    return array


def at_least_1d(a: object) -> Array:
    array = as_array(a)
    return expand_dims(array, 0) if array.ndim == 0 else array


def vstack(tup: object) -> Array:
    if hasattr(tup, "bound_list"):
        made: Array = tup.bound_list()
        if made.ndim == 2:
            return made
    if isinstance(tup, Array) and tup.ndim in (1, 2):  # its members are the parts
        return expand_dims(tup, 1) if tup.ndim == 1 else tup
    return concatenate([at_least_2d(part) for part in parts_of(tup)], 0)


def hstack(tup: object) -> Array:
    parts = [at_least_1d(part) for part in parts_of(tup)]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1)


def column_stack(tup: object) -> Array:
    parts = [as_array(part) for part in parts_of(tup)]
    return concatenate([expand_dims(at_least_1d(p), 1) if p.ndim < 2 else p for p in parts], 1)


def block_matrix(arrays: object) -> Array:
    if not isinstance(arrays, list) or not arrays:
        raise UnsupportedError("np.block is of rows of blocks", hint="np.block([[A, B], [C, D]])")
    if not isinstance(arrays[0], list):
        parts = [at_least_1d(part) for part in arrays]
        return concatenate([at_least_2d(p) for p in parts] if any(p.ndim == 2 for p in parts) else parts, -1)
    return concatenate([concatenate([at_least_2d(part) for part in row], 1) for row in arrays], 0)


def block_diag(*arrays: object) -> Array:
    parts = [at_least_2d(part) for part in arrays]
    rows = [
        [part.expr if k == j else zeros(part.dims[0], other.dims[1]) for j, other in enumerate(parts)]
        for k, part in enumerate(parts)
    ]
    expr = blocks([[zero_safe(part) for part in row] for row in rows])
    return Array(expr, tuple(expr.shape))


def array(value: object) -> Array:
    """np.array: of an array a copy, of a list its members along a new first axis."""
    if hasattr(value, "bound_list"):
        made: Array = value.bound_list()
        return made
    if not isinstance(value, list | tuple):
        found = as_array(value)
        return Array(found.expr, found.dims, found.lead, is_whole=found.is_whole)
    parts = [array(part) for part in value]
    made = stack(parts)
    made.is_whole = all(part.is_whole for part in parts)
    return made


def members(a: object) -> list[Any]:
    """The members along the first axis, whose length is a number."""
    found = as_array(a)
    if not found.dims or found.dims[0].number is None or found.dims[0].number > MOST_PARTS:
        raise UnsupportedError(
            "this is no list of a known length", hint="a loop over range(X.shape[0]) that adds up is read"
        )
    return [CALLED["place"](found, k) for k in range(found.dims[0].number)]


def shape(a: object) -> tuple[int | Size, ...]:
    return tuple(sized(dim) for dim in as_array(a).dims)
