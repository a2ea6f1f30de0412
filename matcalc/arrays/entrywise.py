"""What NumPy does entry by entry: operators, comparisons and functions, spread along trailing axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matcalc import expr as formulas
from matcalc.arrays.array import Array, apply, as_array, as_number, function, holds, plane, through, turned
from matcalc.arrays.faults import Dims, differing, shape_error, shape_text
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.sizes import Counted, Size, length
from matcalc.bound import renamed
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.expr import Expr, as_expr, mul, ones, transpose
from matcalc.function import CONDITIONS
from matcalc.functions import WHERE
from matcalc.operators import operation
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, Shape
from matcalc.sorts import states

Formula = Callable[..., Expr]
_LARGEST_POWER = 64  # of numbers that are worked out while reading


# ---------------------------------------------------------------- spreading
def common_dims(arrays: Sequence[Array]) -> Dims:
    """The shape of all arrays together, by trailing axes; a symbol is never taken for 1.

    Raises:
        ShapeError: they do not broadcast.
    """
    ndim = max(array.ndim for array in arrays)
    dims: list[Dim] = [ONE] * ndim
    for array in arrays:
        for k, dim in enumerate(array.dims, ndim - array.ndim):
            if dims[k] is ONE:
                dims[k] = dim
            elif dim is not ONE and dim is not dims[k]:
                raise broadcast_error(arrays, dims[k], dim)
    return tuple(dims)


def broadcast_error(arrays: Sequence[Array], one: Dim, other: Dim) -> ShapeError:
    hint = ""
    vectors = [array for array in arrays if array.ndim == 1]
    matrices = [array for array in arrays if array.ndim == 2]
    if len(vectors) == 1 and len(matrices) == 1 and vectors[0].dims[0] is matrices[0].dims[0]:
        hint = "an array of one axis meets the last axis; [:, None] makes it a column"
    told = " and ".join(shape_text(array.dims) for array in arrays)
    what = f"the shapes {told} don't broadcast"
    return differing((one, other), what, f"{one} is not {other} for all sizes", hint=hint)


def together(*arrays: Array) -> tuple[list[Expr], Dims, tuple[Index | None, ...]]:
    """The formulas of one shape, except scalars, and the axes of what an entrywise operation makes of them."""
    dims = common_dims(arrays)
    lead = list[Index | None]([None] * max(len(dims) - 2, 0))
    made = []
    for array in arrays:
        expr = array.expr if array.ndim == len(dims) or array.ndim != 1 else turned(array.expr)
        new = {}
        for k, index in enumerate(array.lead, len(lead) - len(array.lead)):
            mine = lead[k]
            if mine is None:
                lead[k] = index
            elif index is not None and index != mine:
                new[index] = mine
        made.append(spread(renamed(expr, new) if new else expr, plane(dims)))
    return made, dims, tuple(lead)


def spread(expr: Expr, shape: Shape) -> Expr:
    """A column in all columns, or a row in all rows, of a shape; a scalar stays one."""
    if expr.shape == shape or expr.shape.is_scalar:
        return expr
    if expr.shape.cols is ONE and shape.cols is not ONE:
        return through(expr, lambda column: mul(column, transpose(ones(shape.cols))))
    return through(expr, lambda row: mul(ones(shape.rows), row))


def filled(array: Array, dims: Dims) -> Array:
    """An array as large as a shape, as np.broadcast_to makes it."""
    if common_dims([array, Array(as_expr(0), dims)]) != dims:
        raise shape_error("an array is not spread to a smaller shape", array, Array(as_expr(0), dims))
    shape = plane(dims)
    expr = array.expr if array.ndim == len(dims) or array.ndim != 1 else turned(array.expr)
    expr = spread(expr, shape)
    if expr.shape != shape:
        expr = through(expr, lambda scalar: mul(scalar, ones(*shape)))
    lead = (None,) * (max(len(dims) - 2, 0) - len(array.lead)) + array.lead
    if any(index is None and dim is not ONE for index, dim in zip(lead, dims, strict=False)):
        raise UnsupportedError("an array of three axes is not spread along its first")
    return Array(expr, dims, lead)


def entrywise(formula: Formula, *operands: object, numbers: bool = True) -> Array:
    """A formula of arrays of one shape, or of scalars; conditions count as numbers, if numbers are wanted."""
    arrays = [as_array(operand) for operand in operands]
    if numbers:
        arrays = [counting_holds(array) for array in arrays]
    if len(arrays) == 1:
        (one,) = arrays
        return Array(formula(one.expr), one.dims, one.lead)
    exprs, dims, lead = together(*arrays)
    made = formula(*exprs)
    if made.shape != plane(dims):  # scalars make one entry of what has several axes of length 1
        made = through(made, lambda scalar: mul(scalar, ones(*plane(dims))))
    return Array(made, dims, lead)


def counting_holds(array: Array) -> Array:
    """The numbers that a condition counts as."""
    return Array(as_number(array.expr), array.dims, array.lead) if states(array.expr) else array


def by_name(name: str) -> Callable[[object], Array]:
    """A function of the table, entry by entry."""
    return lambda x, /: entrywise(lambda u: function(name, u), x)


# ---------------------------------------------------------------- operators
def _plain(value: object) -> bool:
    return isinstance(value, int | Fraction)


def refuse_truths(what: str, *operands: object) -> None:
    """NumPy's sums of conditions alone are conditions, too: True + True is True.

    Raises:
        UnsupportedError: all operands are conditions.
    """
    if all(isinstance(o, bool) or (isinstance(o, Array) and states(o.expr)) for o in operands):
        raise UnsupportedError(f"{what} of conditions alone is a condition", hint="1.0*(x > 0); or &, | and ~")


def _operator(sign: str, kind: formulas.Operator) -> Callable[[object, object], Any]:
    def operate(left: object, right: object, /) -> Any:
        if _plain(left) and _plain(right):
            known = _of_numbers(sign, left, right)
            if known is not None:
                return known
        elif sign in "+-":
            refuse_truths(sign, left, right)
        elif sign == "*" and all(isinstance(side, Array) and states(side.expr) for side in (left, right)):
            return _connect("and")(left, right)
        if sign == "*" and (isinstance(left, Size) or isinstance(right, Size)):
            one, other = length(left), length(right)
            if one is not None and other is not None:
                return Size(one * other)
        if isinstance(left, Counted) and sign in "+-" and length(right) is not None:
            return left + right if sign == "+" else left - right
        if isinstance(right, Counted) and sign == "+" and length(left) is not None:
            return right + left
        if sign == "-" and length(left) is not None and isinstance(right, Size):
            return Size(right.dim).__mul__(-1) + left
        made = entrywise(lambda u, v: operation(kind, u, v), left, right)
        made.is_whole = sign in "+-*" and all(is_whole(side) for side in (left, right))
        return made

    return operate


def is_whole(value: object) -> bool:
    """Whether NumPy's entries are integers."""
    return isinstance(value, int | Counted) or (isinstance(value, Array) and value.is_whole)


def _of_numbers(sign: str, left: Any, right: Any) -> int | Fraction | None:
    """What numbers make, exactly; None where it is no rational number, or a long one."""
    if max(_bits(left), _bits(right)) > 200:
        return None
    match sign:
        case "+":
            return left + right  # type: ignore[no-any-return]
        case "-":
            return left - right  # type: ignore[no-any-return]
        case "*":
            return left * right  # type: ignore[no-any-return]
        case "/" if right != 0:
            return Fraction(left) / Fraction(right)
        case "**" if _is_small_integer(right) and (left != 0 or right > 0):
            exponent = int(right)
            return left**exponent if exponent >= 0 else Fraction(1) / Fraction(left) ** -exponent
    return None


def _is_small_integer(value: Any) -> bool:
    return bool(value == int(value) and abs(value) <= _LARGEST_POWER)


def _bits(value: Any) -> int:
    exact = Fraction(value)
    return max(exact.numerator.bit_length(), exact.denominator.bit_length())


def _power(left: object, right: object, /) -> Any:
    if isinstance(left, Array) and is_whole(left) and isinstance(right, int) and right < 0:
        raise UnsupportedError("NumPy refuses integers to negative integer powers")
    return _operator("**", "elpow")(left, right)


def _compare(sign: str) -> Callable[[object, object], Any]:
    def compare(left: object, right: object, /) -> Any:
        if _plain(left) and _plain(right):
            return _COMPARED[sign](left, right)
        if length(left) is not None and length(right) is not None:
            return _COMPARED[sign](left, right)
        return entrywise(lambda u, v: apply(CONDITIONS[sign], u, v), left, right)

    return compare


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _connect(word: str) -> Callable[..., Array]:
    return lambda *operands: entrywise(
        lambda *exprs: apply(CONDITIONS[word], *map(holds, exprs)), *operands, numbers=False
    )


def only_conditions(word: str) -> Callable[..., Array]:
    """``&``, ``|`` and ``~``, which are of bits where an operand is a number."""

    def operate(*operands: object) -> Array:
        if not all(isinstance(o, bool) or (isinstance(o, Array) and states(o.expr)) for o in operands):
            raise UnsupportedError(
                "& | ~ are of conditions, and of bits where operands are numbers", hint="(a > 0) & (b > 0)"
            )
        return _connect(word)(*operands)

    return operate


def where(condition: object, x: object, y: object, /) -> Array:
    """np.where of three."""
    refuse_truths("np.where", x, y)
    asked, a, b = as_array(condition), counting_holds(as_array(x)), counting_holds(as_array(y))

    def formula(c: Expr, u: Expr, v: Expr) -> Expr:
        return apply(WHERE, holds(c), u, v)

    return entrywise(formula, asked, a, b, numbers=False)


# ---------------------------------------------------------------- functions
def maximum(a: object, b: object, /) -> Array:
    """The larger one; of a formula and zero it is its positive part."""
    if _is_zero(a) or _is_zero(b):
        return by_name("relu")(b if _is_zero(a) else a)
    return entrywise(lambda u, v: function("maximum", u, v), a, b)


def _is_zero(value: object) -> bool:
    return _plain(value) and value == 0


def minimum(a: object, b: object, /) -> Array:
    return entrywise(lambda u, v: function("minimum", u, v), a, b)


def clip(a: object, a_min: object = None, a_max: object = None, *, min: object = None, max: object = None) -> Array:
    a_min, a_max = min if a_min is None else a_min, max if a_max is None else a_max
    made = as_array(a)
    if a_min is not None:
        made = maximum(made, a_min)
    return made if a_max is None else minimum(made, a_max)


def logaddexp(a: object, b: object, /) -> Array:
    if _is_zero(a) or _is_zero(b):
        return by_name("softplus")(b if _is_zero(a) else a)
    difference = OPERATORS["-"](b, a)
    return OPERATORS["+"](a, by_name("softplus")(difference))  # type: ignore[no-any-return]


def sigmoid(x: object, /) -> Array:
    return by_name("sigmoid")(x)


def xlogy(x: object, y: object, /) -> Array:
    """x log y, which is 0 where x is."""
    u, v = as_array(x), as_array(y)
    if u.expr is v.expr and u.dims == v.dims:
        return by_name("xlogx")(u)
    return OPERATORS["*"](u, by_name("log")(v))  # type: ignore[no-any-return]


def of_two(kind: formulas.Operator) -> Callable[[object, object], Array]:
    return lambda a, b, /: entrywise(lambda u, v: operation(kind, u, v), a, b)


OPERATORS.update({
    "+": _operator("+", "add"), "-": _operator("-", "sub"), "*": _operator("*", "hadamard"),
    "/": _operator("/", "div"), "**": _power, "&": only_conditions("and"), "|": only_conditions("or"),
    "~": only_conditions("not"), "and": _connect("and"), "or": _connect("or"), "not": _connect("not"),
    **{sign: _compare(sign) for sign in _COMPARED},
})  # fmt: skip
