"""What NumPy does along axes: sums, means, variances, extremes, norms, cumulative sums, softmax."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.arrays.array import (
    CALLED,
    Array,
    Axis,
    apply,
    as_array,
    below,
    bind,
    counted,
    entries,
    function,
    of_entries,
    tidy,
)
from matcalc.arrays.entrywise import by_name, counting_holds, entrywise, refuse_truths
from matcalc.arrays.faults import first_apart, shape_error
from matcalc.arrays.layout import MOST_PARTS, expand_dims, ravel, transposed
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.singular import SingularValues
from matcalc.arrays.sizes import Size, axes_of, counting, dimension
from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, as_expr, mul, ones, transpose
from matcalc.functions import FUNCTIONS
from matcalc.shape import ONE, Dim

_LARGE = 10**9
_MOST_DIFFERENCES = 8
_BY_ROWS = {
    "sum": ("sum", "rowsum", "colsum"), "max": ("max", "rowmax", "colmax"), "min": ("min", "rowmin", "colmin"),
    "prod": ("prod", "rowprod", "colprod"), "logsumexp": ("logsumexp", "rowlogsumexp", "collogsumexp"),
}  # fmt: skip


def reduced(name: str, a: object, axis: object = None, keepdims: object = False) -> Array:
    """A sum, product, extreme or the like, along axes or of all entries."""
    if not isinstance(keepdims, bool):
        raise UnsupportedError("keepdims is True or False")
    if isinstance(a, SingularValues) and axis in (None, 0, -1) and (known := a.reduced(name)) is not None:
        return known
    if name in ("max", "min"):
        refuse_truths(f"the {name}", as_array(a))
    array = counting_holds(as_array(a))
    axes = axes_of(axis, array.ndim)
    if axes is None:
        made = _of_all(name, array)
        for k in range(array.ndim if keepdims is True else 0):
            made = expand_dims(made, k)
        return made
    made = array
    for at in sorted(axes, reverse=True):
        made = _along(name, made, at)
    for at in sorted(axes) if keepdims is True else ():
        made = expand_dims(made, at)
    return made


def _of_all(name: str, array: Array) -> Array:
    if array.ndim > 2:
        for at in range(array.ndim - 1, 1, -1):
            array = _along(name, array, at)
    if name == "logsumexp" and array.ndim == 2 and ONE not in array.dims:
        return Array(function("logsumexp", function("vec", array.expr)), ())
    if array.expr.shape.is_scalar:
        return Array(array.expr, ())
    return Array(function(_BY_ROWS[name][0], array.expr), ())


def _along(name: str, array: Array, axis: int) -> Array:
    """Along one axis of several."""
    lead = array.axes
    if axis < len(lead):
        index, dim = lead[axis]
        if name == "sum" or index is None:
            expr = array.expr if index is None else bind("sum", array.expr, index, dim)
            kept = [pair for k, pair in enumerate(lead) if k != axis]
            return _dropped(expr, kept, array.dims[-2:])
        body, axes = entries(array)
        return _along(name, of_entries(body, [*axes[:axis], *axes[axis + 1 :], axes[axis]]), array.ndim - 1)
    by_row = axis == array.ndim - 1
    rows, cols = array.expr.shape
    if (cols if by_row else rows) is ONE:
        column = array.expr if by_row else transpose(array.expr)
    else:
        column = function(_BY_ROWS[name][1 if by_row else 2], array.expr)
    return below(column, lead)


def _dropped(expr: Expr, lead: list[Axis], last: tuple[Dim, ...]) -> Array:
    dims = (*(dim for _, dim in lead), *last)
    return Array(tidy(expr), dims, tuple(index for index, _ in lead))


def _summing(name: str) -> Callable[..., Array]:
    def reduce(a: object, axis: object = None, *, keepdims: object = False) -> Array:
        return reduced(name, a, axis, keepdims)

    return reduce


def number_along(array: Array, axis: object) -> Expr:
    """How many entries are reduced to one."""
    axes = axes_of(axis, array.ndim)
    return counted(array.dims if axes is None else tuple(array.dims[at] for at in axes))


def mean(a: object, axis: object = None, *, keepdims: object = False) -> Array:
    array = as_array(a)
    total = reduced("sum", array, axis, keepdims)
    return Array(total.expr / number_along(array, axis), total.dims, total.lead)


def var(a: object, axis: object = None, *, ddof: object = 0, keepdims: object = False) -> Array:
    """The mean of squared differences from the mean; n - ddof divides."""
    array = counting_holds(as_array(a))
    if not isinstance(ddof, int):
        raise UnsupportedError("ddof is an integer")
    if axes_of(axis, array.ndim) is None and ddof == 0 and keepdims is not True and array.ndim in (1, 2):
        return Array(function("var", array.expr), ())
    centred = OPERATORS["-"](array, mean(array, axis, keepdims=True))
    total = reduced("sum", OPERATORS["**"](centred, 2), axis, keepdims)
    number = number_along(array, axis)
    return Array(total.expr / (number - as_expr(ddof) if ddof else number), total.dims, total.lead)


def std(a: object, axis: object = None, *, ddof: object = 0, keepdims: object = False) -> Array:
    return by_name("sqrt")(var(a, axis, ddof=ddof, keepdims=keepdims))


def ptp(a: object, axis: object = None) -> Array:
    return OPERATORS["-"](reduced("max", a, axis), reduced("min", a, axis))  # type: ignore[no-any-return]


def average(a: object, axis: object = None, weights: object = None) -> Array:
    if weights is None:
        return mean(a, axis)
    array, by = as_array(a), as_array(weights)
    if by.ndim == 1 and array.ndim == 2 and axis in (0, -2):
        by = expand_dims(by, 1)
    elif by.dims != array.dims and not (by.ndim == 1 and array.ndim == 2 and axis in (1, -1)):
        apart = first_apart(array.dims, by.dims)
        raise shape_error("np.average wants weights of the array's shape, or along its axis", array, by, apart=apart)
    total = reduced("sum", OPERATORS["*"](array, by), axis)
    whole = reduced("sum", by, axis if by.dims == array.dims else None)
    return OPERATORS["/"](total, whole)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- norms
def norm(x: object, ord: object = None, axis: object = None, keepdims: object = False) -> Array:
    """np.linalg.norm: of vectors by entries; of matrices Frobenius, spectral, nuclear, and by rows or columns."""
    array = counting_holds(as_array(x))
    axes = axes_of(axis, array.ndim)
    if axes is not None and len(axes) == 1:
        return _norm_along(array, ord, axis, keepdims)
    if array.ndim == 2 and isinstance(axis, tuple | list) and [at % 2 for at in axis] == [1, 0]:
        array = transposed(array)  # columns are rows then, which matters to sums of absolute values
    if array.ndim > 2 and (ord is not None or axes is not None):
        raise UnsupportedError("a norm of three axes is that of all entries")
    if array.ndim == 0:
        if ord is not None:
            raise UnsupportedError("a number has no norm of an order", hint="np.abs(x)")
        return by_name("abs")(array)
    made = _norm_of_vector(array, ord) if array.ndim == 1 or array.ndim > 2 else _norm_of_matrix(array, ord)
    for k in range(array.ndim if keepdims is True else 0):
        made = expand_dims(made, k)
    return made


def is_infinite(value: object) -> bool:
    return isinstance(value, float) and abs(value) > _LARGE


def _norm_of_vector(array: Array, ord: object) -> Array:
    absolute = by_name("abs")(array)
    if ord is None or ord == 2:
        if array.ndim > 2:
            return by_name("sqrt")(reduced("sum", OPERATORS["*"](array, array)))
        return Array(function("norm2", array.expr), ())
    if ord == 1:
        return Array(function("norm1", array.expr), ())
    if is_infinite(ord):
        return reduced("max" if ord > 0 else "min", absolute)  # type: ignore[operator]
    if ord == 0:
        return reduced("sum", OPERATORS["!="](array, 0))
    if isinstance(ord, str) or not hasattr(ord, "numerator"):
        raise UnsupportedError(f"a vector has no norm of order {shown(ord)}")
    return OPERATORS["**"](reduced("sum", OPERATORS["**"](absolute, ord)), OPERATORS["/"](1, ord))  # type: ignore[no-any-return]


def _norm_of_matrix(array: Array, ord: object) -> Array:
    names = {None: "norm2", "fro": "norm2", "nuc": "nuclearnorm", 2: "spectralnorm"}
    if isinstance(ord, str | int | None) and ord in names:
        return Array(function(names[ord], array.expr), ())
    absolute = by_name("abs")(array)
    if ord in (1, -1):
        return reduced("max" if ord == 1 else "min", reduced("sum", absolute, 0))
    if is_infinite(ord):
        return reduced("max" if ord > 0 else "min", reduced("sum", absolute, 1))  # type: ignore[operator]
    if ord == -2 and not isinstance(ord, str):
        return SingularValues(array).least()
    raise UnsupportedError(
        f"a matrix has no norm of order {shown(ord)}", hint='None and "fro", "nuc", 2, -2, 1, -1, np.inf and -np.inf'
    )


def _norm_along(array: Array, ord: object, axis: object, keepdims: object) -> Array:
    absolute = by_name("abs")(array)
    if ord is None or (ord == 2 and not isinstance(ord, str)):
        return by_name("sqrt")(reduced("sum", OPERATORS["**"](array, 2), axis, keepdims))
    if ord == 1:
        return reduced("sum", absolute, axis, keepdims)
    if ord == 0:
        return reduced("sum", OPERATORS["!="](array, 0), axis, keepdims)
    if is_infinite(ord):
        return reduced("max" if ord > 0 else "min", absolute, axis, keepdims)  # type: ignore[operator]
    if isinstance(ord, str) or not hasattr(ord, "numerator"):
        raise UnsupportedError(f"a vector has no norm of order {shown(ord)}")
    return OPERATORS["**"](  # type: ignore[no-any-return]
        reduced("sum", OPERATORS["**"](absolute, ord), axis, keepdims), OPERATORS["/"](1, ord)
    )


# ---------------------------------------------------------------- sums on the way
def cumsum(a: object, axis: object = None) -> Array:
    array = counting_holds(as_array(a))
    if array.ndim == 2 and axis in (0, 1, -1, -2):
        by_rows = axis in (1, -1)
        dim = array.dims[1 if by_rows else 0]
        lower = apply(FUNCTIONS["trilones"], ones(dim, dim))
        return Array(mul(array.expr, transpose(lower)) if by_rows else mul(lower, array.expr), array.dims)
    if array.ndim == 2 and axis is None:
        array = ravel(array)
    if array.ndim != 1 or axis not in (None, 0, -1):
        raise UnsupportedError("cumulative sums are of arrays of one axis, or of two along one of them")
    return Array(array.expr if array.expr.shape.is_scalar else function("cumsum", array.expr), array.dims)


def diff(a: object, n: object = 1, axis: object = -1) -> Array:
    refuse_truths("the difference", as_array(a))
    array = as_array(a)
    axes = axes_of(axis, array.ndim)
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= _MOST_DIFFERENCES or array.ndim not in (1, 2):
        raise UnsupportedError("np.diff is read a few times, of arrays of one axis or two", hint="np.diff(x, n=2)")
    if n != 1:
        return diff(diff(array, n - 1, axis), 1, axis) if n else array
    if array.ndim == 2 and axes == [1]:
        expr = transpose(function("diff", transpose(array.expr)))
        return Array(expr, (array.dims[0], expr.shape.cols))
    expr = function("diff", array.expr)
    return Array(expr, (expr.shape.rows, *array.dims[1:]))


def logsumexp(a: object, axis: object = None, b: object = None, keepdims: object = False) -> Array:
    if b is None:
        return reduced("logsumexp", a, axis, keepdims)
    weighted = OPERATORS["*"](b, by_name("exp")(a))
    return by_name("log")(reduced("sum", weighted, axis, keepdims))


def softmax(x: object, axis: object = None) -> Array:
    return by_name("exp")(log_softmax(x, axis)) if _is_large(as_array(x), axis) else _softmax(as_array(x), axis)


def _is_large(array: Array, axis: object) -> bool:
    return array.ndim > 2 or (array.ndim == 2 and axes_of(axis, 2) is None)


def _softmax(array: Array, axis: object) -> Array:
    axes = axes_of(axis, array.ndim)
    if array.ndim == 0:
        return Array(as_expr(1), ())
    if array.ndim == 1:
        return Array(function("softmax", array.expr), array.dims)
    return Array(function("rowsoftmax" if axes == [1] else "colsoftmax", array.expr), array.dims)


def log_softmax(x: object, axis: object = None) -> Array:
    return OPERATORS["-"](x, logsumexp(x, axis, keepdims=True))  # type: ignore[no-any-return]


def arange(*bounds: object) -> Array:
    """np.arange of one length: 0, 1, 2, … as numbers; of integers, those between."""
    numbers = [bound for bound in bounds if isinstance(bound, int)]
    if 0 < len(numbers) == len(bounds) < 4 and 0 not in numbers[2:]:
        entries = range(*numbers)
        if entries[MOST_PARTS : MOST_PARTS + 1]:
            hint = "make it an argument of the function"
            raise UnsupportedError("this array of numbers is too long for a formula", hint=hint)
        made: Array = CALLED["array"](list(entries))
        return made
    if len(bounds) == 2 and isinstance(bounds[0], int):
        count = dimension(OPERATORS["-"](bounds[1], bounds[0]) if isinstance(bounds[1], Size) else bounds[1])
        made = entrywise(lambda u: u + as_expr(numbers[0]), Array(counting(count), (count,)))
        made.is_whole = True
        return made
    if len(bounds) != 1:
        raise UnsupportedError("np.arange is read of one length, or of a first integer and a length")
    dim = dimension(bounds[0])
    return Array(counting(dim), (dim,), is_whole=True)


SUM, PROD, MAX, MIN = map(_summing, ("sum", "prod", "max", "min"))
