"""NumPy's brackets: entries, rows, slices, new axes, masks; and writes to such places, as new arrays."""

from __future__ import annotations

from typing import Any

from matcalc.arrays.array import CALLED, Array, as_array, bind, entries, of_entries, through
from matcalc.arrays.entrywise import common_dims, counting_holds, filled, where
from matcalc.arrays.faults import shape_error
from matcalc.arrays.layout import at_least_1d, concatenate, expand_dims, ravel, without_axes
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.regions import cover
from matcalc.arrays.sizes import Running, length
from matcalc.arrays.steps import in_steps, taken_in_steps
from matcalc.bound import renamed
from matcalc.errors import ShapeError, UnsupportedError, shown
from matcalc.expr import Expr, block, eye, mul, transpose
from matcalc.position import Index, Place, positions
from matcalc.shape import ONE, Dim, is_at_most, whole_number
from matcalc.sorts import states

_ZERO = whole_number(0)


def place(array: Array, where_: object) -> Any:
    """``x[i]``, ``X[:, 0]``, ``X[1:]``, ``w[:, None]``, ``X[..., -1]``."""
    if any(isinstance(at, slice) and at.step not in (None, 1) for at in _parts(where_)):
        plain, stepped = in_steps(_key(array, where_), array)
        made = place(array, tuple(plain))
        for axis, places in stepped:
            made = taken_in_steps(made, axis, places)
        return made
    chosen = _chosen(array, where_)
    if chosen is not None:
        return chosen
    key = _key(array, where_)
    taken = [at for at in key if at is not None]
    made = _taken(array, taken)
    dropped = [k for k, at in enumerate(taken) if not isinstance(at, slice)]
    made = without_axes(made, dropped) if dropped else made
    at = 0
    for part in key:
        if part is None:
            made = expand_dims(made, at)
        if part is None or isinstance(part, slice):
            at += 1
    return made


def _parts(where_: object) -> tuple[object, ...]:
    return where_ if isinstance(where_, tuple) else (where_,)


def _chosen(array: Array, where_: object) -> Array | None:
    """``X[:, [0, 2]]``: a list of integers on one axis takes these beside each other."""
    key: list[Any] = list(where_) if isinstance(where_, tuple) else [where_]
    lists = [k for k, at in enumerate(key) if isinstance(at, list)]
    if not lists:
        return None
    at = key[lists[0]]
    if len(lists) > 1 or not at or any(isinstance(i, bool) or not isinstance(i, int) for i in at):
        return None
    if any(not isinstance(part, slice) for k, part in enumerate(key) if k != lists[0]) or array.ndim > 2:
        return None
    parts = [[*key[: lists[0]], slice(i, i + 1 if i != -1 else None), *key[lists[0] + 1 :]] for i in at]
    return concatenate([place(array, tuple(part)) for part in parts], lists[0])


def _key(array: Array, where_: object) -> list[Any]:
    """What stands in the brackets, an entry for each axis."""
    key = list(where_) if isinstance(where_, tuple) else [where_]
    for part in key:
        if isinstance(part, Array | list | bool):
            hint = "X[:, 0], X[1:], w[:, None]; np.where(mask, x, 0) for entries of a mask"
            raise UnsupportedError("a choice of entries by an array is not read", hint=hint)
        if part is not None and part is not Ellipsis and not isinstance(part, slice | Running):
            if length(part) is None and not hasattr(part, "__index__"):
                raise UnsupportedError(f"this is no place in an array: {shown(part)}")
    count = sum(part is not None and part is not Ellipsis for part in key)
    if count > array.ndim:
        hints = ("a comment says of a column that it has two axes: # w: (n, 1)", "one axis has no rows and columns")
        told = f"{count} place{'' if count == 1 else 's'} in an array of {array.ndim} axes"
        raise shape_error(told, array, hint=hints[array.ndim] if array.ndim < 2 else "")
    rest = [slice(None)] * (array.ndim - count)
    dots = [k for k, part in enumerate(key) if part is Ellipsis]
    if len(dots) > 1:
        raise UnsupportedError("... stands once in brackets")
    return [*key[: dots[0]], *rest, *key[dots[0] + 1 :]] if dots else [*key, *rest]


def _taken(array: Array, key: list[Any]) -> Array:
    """The array at a place on each axis; an axis with a single place stays, and has length 1."""
    expr, lead, dims = array.expr, list(array.lead), list(array.dims)
    for k, (at, (index, dim)) in enumerate(zip(key, array.axes, strict=False)):
        if isinstance(at, Running) and index is not None and _covers(at, dim):
            expr = renamed(expr, {index: at.index})
            lead[k], dims[k] = None, ONE
        elif not (isinstance(at, slice) and at == slice(None)) and not (dim is ONE and at in (0, -1)):
            return _of_three(array, key)
    places: list[Place] = []
    for k in range(len(lead), array.ndim):
        at, dims[k] = _place(key[k], array.dims[k])
        places.append(at[1])
        expr = _cut(expr, k - len(lead), at[0])
    where_ = (*places, None, None)[:2] if places else (None, None)
    expr = through(expr, lambda u: block(u, (where_[0], where_[1])))
    return array.view(expr, tuple(dims), tuple(lead))


def _of_three(array: Array, key: list[Any]) -> Array:
    """Of three axes or more: entries are taken by way of a matrix of two of them."""
    if array.ndim != 3:
        raise UnsupportedError("places in arrays of more than three axes are not read")
    body, axes = entries(array)
    made = []
    for at, (index, dim) in zip(key, axes, strict=True):
        if at == slice(None) or index is None:
            made.append((index, dim))
            continue
        (cut, place_), size = _place(at, dim)
        if cut is not None or not isinstance(place_, int | Dim | Index):
            raise UnsupportedError("slices of arrays of three axes are not read")
        if isinstance(place_, Index):
            body = renamed(body, {index: place_})
        else:
            column = bind("stack", body, index, dim)
            body = block(column, (place_, None))
        made.append((None, size))
    return of_entries(body, made)


Cut = Place


def _place(at: Any, dim: Dim) -> tuple[tuple[Cut, Place], Dim]:
    """A part to cut out first, the place in it, and the length of what is there."""
    if isinstance(at, Running):
        if _covers(at, dim):
            return (None, None if dim is ONE else at.index), ONE
        _check(at.start, at.start.plus(at.dim), dim, at)
        if at.dim is ONE:
            return (None, positions(at.start, ONE)), ONE
        return (positions(at.start, at.dim), at.index), ONE
    if isinstance(at, slice):
        first, stop = _ends(at, dim)
        size = stop.plus(first, -1)
        if size.number is not None and size.number <= 0:
            raise ShapeError("nothing is left of an axis", f"from {first} to {stop}")
        if size is dim:
            return (None, None), dim
        _check(first, stop, dim, f"{first}:{stop}")
        return (None, positions(first, size)), size
    single = length(at)
    first = _from_end(whole_number(int(at)) if single is None else single, dim)
    _check(first, first.plus(ONE), dim, at)
    if dim is ONE:
        return (None, None), ONE
    return (None, first if first.number is None else first.number), ONE


def _covers(at: Running, dim: Dim) -> bool:
    return at.start is _ZERO and at.dim is dim


def _cut(expr: Expr, axis: int, at: Cut) -> Expr:
    if at is None:
        return expr
    return through(expr, lambda u: block(u, (at, None) if axis == 0 else (None, at)))


def _ends(at: slice, dim: Dim) -> tuple[Dim, Dim]:
    if at.step not in (None, 1):
        raise UnsupportedError("writes to slices with steps are not read", f"the step is {shown(at.step)}")
    first = _ZERO if at.start is None else _from_end(_end(at.start), dim)
    stop = dim if at.stop is None else _from_end(_end(at.stop), dim)
    if at.stop is not None and dim.number is not None and stop.number is not None and stop.number > dim.number:
        stop = dim
    return first, stop


def _end(value: object) -> Dim:
    found = length(value)
    if found is None:
        raise UnsupportedError("an end of a slice is an integer or a length", f"this is {shown(value)}")
    return found


def _from_end(at: Dim, dim: Dim) -> Dim:
    """Negative numbers count from the end; so do lengths with a minus."""
    if at.number is not None:
        return at if at.number >= 0 else dim.plus(at)
    if is_at_most(_ZERO, at):
        return at
    if is_at_most(at, whole_number(-1)):
        return dim.plus(at)
    return at


def _check(first: Dim, stop: Dim, dim: Dim, at: object) -> None:
    """Refuses what surely lies outside."""
    outside = is_at_most(first, whole_number(-1)) or is_at_most(dim.plus(ONE), stop)
    if outside:
        raise ShapeError(f"there is no such place: {shown(at)}", f"this axis has length {dim}, counted from 0")


# ---------------------------------------------------------------- writes
def insert(arr: object, obj: object, values: object, axis: object = None) -> Array:
    """np.insert at one place, of one row or column or entry, or of a number that fills it."""
    array, value = as_array(arr), as_array(values)
    if axis is None:
        array, axis = ravel(at_least_1d(array)), 0
    if not isinstance(obj, int) or isinstance(obj, bool) or not isinstance(axis, int) or array.ndim not in (1, 2):
        raise UnsupportedError("np.insert is read at one known place along one axis", hint="np.concatenate([x, y])")
    if array.is_whole and not value.is_whole:
        raise UnsupportedError("NumPy inserts no fractions in an array of integers")
    if value.ndim >= array.ndim and value.ndim > 0:
        raise UnsupportedError("np.insert is read of one row or column", hint="np.concatenate([x, y])")
    before: tuple[slice, ...] = (slice(None),) * (axis % array.ndim)
    dims = tuple(dim for k, dim in enumerate(array.dims) if k != axis % array.ndim)
    part = expand_dims(filled(value, dims) if dims else value, axis % array.ndim)
    parts = [place(array, (*before, slice(None, obj)))] if obj != 0 else []
    rest = place(array, (*before, slice(obj, None))) if obj != 0 else array
    return concatenate([*parts, part, rest], axis % array.ndim)


def write(array: Array, where_: object, value: object) -> Array:
    """The array after ``array[where_] = value``."""
    if array.is_whole:
        raise UnsupportedError("NumPy cuts what is written to an array of integers")
    if isinstance(where_, Array) and states(where_.expr):
        if array.written is not None:
            raise UnsupportedError("np.empty is written in part here", hint="np.zeros")
        if where_.dims != array.dims or as_array(value).ndim:
            raise shape_error("a mask is of the array's shape, and what is written to it a number", array, where_)
        chosen = where(where_, value, array)
        return array.view(chosen.expr, array.dims, chosen.lead)
    if array.ndim not in (1, 2):
        raise UnsupportedError("writes are read to arrays of one axis or two")
    key = _key(array, where_)
    if None in key or any(isinstance(at, Running) for at in key):
        raise UnsupportedError("a write to this place is not read", hint="np.where(condition, new, x)")
    old = place(array, tuple(key))
    new = counting_holds(as_array(value))
    if common_dims([old, new]) != old.dims:
        raise shape_error("what is written does not fit its place", old, new)
    flat = filled(new, old.dims)
    change = OPERATORS["-"](flat, old) if array.expr.kind != "zeros" else flat
    expr = change.expr
    if old.ndim == 1 and array.ndim == 2 and not isinstance(key[0], slice):
        expr = expr if expr.shape.is_scalar else transpose(expr)
    for axis in range(array.ndim):
        at = _place(key[axis], array.dims[axis])[0][1]
        if at is None or array.dims[axis] is ONE:
            continue
        dim = array.dims[axis]
        chosen_columns = block(eye(dim), (None, at))
        expr = mul(chosen_columns, expr) if axis == 0 else mul(expr, transpose(chosen_columns))
    made = array.view(expr if array.expr.kind == "zeros" else array.expr + expr, array.dims)
    if array.written is not None:
        regions = (*array.written, tuple(map(_interval, key, array.dims)))
        made.written = None if cover(regions, array.dims) else regions
    return made


def _interval(at: Any, dim: Dim) -> tuple[Dim, Dim]:
    """The first place that is written on an axis, and the one behind the last."""
    if isinstance(at, slice):
        return _ends(at, dim)
    single = length(at)
    first = _from_end(whole_number(int(at)) if single is None else single, dim)
    return first, first.plus(ONE)


CALLED["place"] = place
CALLED["write"] = write
