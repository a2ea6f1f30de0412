"""NumPy's functions applied to formulas: those of an exact meaning give formulas, all others are refused.

A column and a row are NumPy's arrays of one axis, a matrix is one of two, and a scalar is a number, as ``evaluate``
takes them. Where NumPy would read the one axis of a column in another way than the formula's shape says, as in
np.dot of a column and a row, nothing is guessed. ``expr`` asks here, for it does not know the functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from matcalc import expr as formulas
from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, Operand, as_expr, ones, size, zeros
from matcalc.function import CONDITIONS, Function
from matcalc.functions import (
    ABS,
    COLSUM,
    DIAG,
    EXP,
    FUNCTIONS,
    KRON,
    LOG,
    MAX,
    MIN,
    NORM1,
    NORM2,
    NUCLEARNORM,
    PINV,
    RELU,
    ROWSUM,
    SOLVE,
    SPECTRALNORM,
    SQRT,
    STEP,
    SUM,
    TR,
    TRIL,
    TRIU,
    VAR,
    VEC,
    WHERE,
)
from matcalc.joining import JOINING, is_matrix
from matcalc.regex import regex
from matcalc.shape import ONE, product

HINTS = {
    "median": "a formula has no median of its entries", "nansum": "np.sum(x)", "nanmax": "np.max(x)",
    "nanmin": "np.min(x)", "nanmean": "np.mean(x)", "maximum": "a + relu(b - a), or relu(x) for a zero",
    "fmax": "a + relu(b - a)", "minimum": "a - relu(a - b)", "fmin": "a - relu(a - b)",
    "clip": "lo + relu(x - lo) - relu(x - hi)",
    "einsum": 'matcalc.parse("y[i] = sum_{j} A[i,j]*x[j]", notation="index")', "tensordot": "A @ B, or np.vdot(A, B)",
    "reshape": "matcalc.vec(X), matcalc.unvec(x, X)", "slogdet": "matcalc.logdet(X)",
    "eigh": "matcalc.eigvals(S), matcalc.eigvecs(S)", "eigvalsh": "matcalc.eigvals(S)",
    "array_equal": "matcalc.equal(a, b)", "allclose": "matcalc.equal(a, b)",
    "shape": "x.shape", "cbrt": "x ** (1/3), for positive x", "matmul": "A @ B", "flip": "a formula keeps its order",
}  # fmt: skip


def _vector(u: Expr) -> bool:
    return (u.shape.rows is ONE) != (u.shape.cols is ONE)


def _column(u: Expr) -> Expr:
    return u.T if u.shape.rows is ONE else u


def _refused(why: str) -> UnsupportedError:
    return UnsupportedError(why)


def _of(function: Function, *operands: Operand) -> Expr:
    return formulas.call(function, *map(as_expr, operands))


def _apply(function: Function) -> Callable[[Operand], Expr]:
    return lambda x: _of(function, x)


def _entries(u: Expr) -> Expr:
    """How many entries there are, as a number."""
    count = product(tuple(u.shape))
    return as_expr(count.number) if count.number is not None else size(count)


def _summed(a: Operand, axis: object) -> tuple[Expr, Expr]:
    """A sum over an axis, or over all, and how many entries are summed."""
    u = as_expr(a)
    at: object = axis
    rank = int(u.shape.rows is not ONE) + int(u.shape.cols is not ONE)
    if isinstance(at, int) and not isinstance(at, bool) and -rank <= at < rank:
        at %= rank
    elif at is not None:
        raise _refused(f"there is no axis {shown(axis)} of what is {u.shape}")
    if at is None or rank < 2:
        return SUM(u), _entries(u)
    return (ROWSUM(u), _entries(ones(u.shape.cols))) if at else (COLSUM(u), _entries(ones(u.shape.rows)))


# ---------------------------------------------------------------- reductions
def _sum(a: Operand, axis: object = None) -> Expr:
    return _summed(a, axis)[0]


def _mean(a: Operand, axis: object = None) -> Expr:
    total, count = _summed(a, axis)
    return total / count


def _average(a: Operand, axis: object = None, weights: Operand | None = None) -> Expr:
    if weights is None:
        return _mean(a, axis)
    u, w = as_expr(a), as_expr(weights)
    if axis is not None or u.shape != w.shape:
        raise _refused("weights are of the shape of what is averaged, and over all of it")
    return _of(SUM, u * w) / _of(SUM, w)


def _var(a: Operand) -> Expr:
    u = as_expr(a)
    return _of(VAR, u)


def _norm(x: Operand, ord: object = None) -> Expr:
    u = as_expr(x)
    norms: dict[object, Function] = {None: NORM2, 2: NORM2, 1: NORM1}
    if is_matrix(u):
        norms = {None: NORM2, "fro": NORM2, 2: SPECTRALNORM, "nuc": NUCLEARNORM}
    norm = norms.get(ord) if isinstance(ord, int | float | str | None) else None
    if norm is None or (u.shape.is_scalar and ord is not None):
        raise _refused(f"a norm of order {shown(ord)} is not known of what is {u.shape}")
    return _of(norm, u)


# ---------------------------------------------------------------- products
def _dot(a: Operand, b: Operand) -> Expr:
    """NumPy's: of two vectors the scalar product, else the sum over the last axis of a and the first of b."""
    u, v = as_expr(a), as_expr(b)
    if u.shape.is_scalar or v.shape.is_scalar:
        return u * v
    if _vector(u) and _vector(v):
        if u.shape.cols is ONE and v.shape.rows is ONE:
            raise _refused("np.dot of a column and a row could mean two products")
        return _column(u).T @ _column(v)
    left = _column(u).T if _vector(u) else u
    return left @ (_column(v) if _vector(v) else v)


def _matmul(a: Operand, b: Operand, /) -> Expr:
    u, v = as_expr(a), as_expr(b)
    if u.shape.is_scalar or v.shape.is_scalar:
        raise _refused("np.matmul takes no scalars")
    if _vector(u) and _vector(v) and v.shape.rows is ONE:
        raise _refused("np.matmul of a column and a row could mean two products")
    return u @ v


def _inner(a: Operand, b: Operand) -> Expr:
    u, v = as_expr(a), as_expr(b)
    if u.shape.is_scalar or v.shape.is_scalar or _vector(u) or _vector(v):
        return _dot(v, u) if is_matrix(v) else _dot(u, v)
    return u @ v.T


def _vdot(a: Operand, b: Operand) -> Expr:
    u, v = as_expr(a), as_expr(b)
    if _vector(u) and _vector(v):
        u, v = _column(u), _column(v)
    if u.shape != v.shape:
        raise _refused(f"np.vdot wants equal shapes, {u.shape} and {v.shape} came")
    return _of(SUM, u * v)


def _outer(a: Operand, b: Operand) -> Expr:
    u, v = as_expr(a), as_expr(b)
    if not (_vector(u) and _vector(v)):
        raise _refused("np.outer of formulas is of two vectors")
    return _column(u) @ _column(v).T


def _kron(a: Operand, b: Operand) -> Expr:
    u, v = as_expr(a), as_expr(b)
    if u.shape.is_scalar or v.shape.is_scalar:
        return u * v
    if _vector(u) and _vector(v):
        u, v = _column(u), _column(v)
    elif (_vector(u) and u.shape.cols is ONE) or (_vector(v) and v.shape.cols is ONE):
        raise _refused("np.kron takes a column beside a matrix for a row")
    return _of(KRON, u, v)


def _multi_dot(arrays: list[Operand]) -> Expr:
    if not isinstance(arrays, list | tuple) or len(arrays) < 2:
        raise _refused("np.linalg.multi_dot is of two formulas or more")
    factors = [as_expr(a) for a in arrays]
    if any(u.shape.is_scalar for u in factors) or any(map(_vector, factors[1:-1])):
        raise _refused("np.linalg.multi_dot is of matrices, and of vectors at the ends")
    return reduce(_dot, factors)


def _matrix_power(a: Operand, n: int) -> Expr:
    u = as_expr(a)
    if not is_matrix(u) or isinstance(n, bool) or not isinstance(n, int):
        raise _refused("np.linalg.matrix_power is of a square matrix and an integer")
    return formulas.power(u, as_expr(n))


# ---------------------------------------------------------------- places
def _square(a: Operand) -> Expr:
    u = as_expr(a)
    if not is_matrix(u):
        raise _refused(f"a matrix is wanted, and this is {u.shape}")
    return u


def _of_matrix(function: Function) -> Callable[[Operand], Expr]:
    return lambda a: _of(function, _square(a))


def _transpose(a: Operand, axes: object = None) -> Expr:
    u = as_expr(a)
    if axes is not None and (not is_matrix(u) or axes not in ((1, 0), [1, 0])):
        raise _refused("the axes of a matrix have one other order, 1, 0")
    return u.T


def _diag(v: Operand) -> Expr:
    u = as_expr(v)
    if u.shape.is_scalar:
        raise _refused("a scalar has no diagonal")
    return _of(DIAG, u)


def _ravel(a: Operand) -> Expr:
    """The entries row by row."""
    u = as_expr(a)
    if u.shape.is_scalar:
        raise _refused("a scalar is no array")
    return _column(u) if _vector(u) else _of(VEC, u.T)


def _same(a: Operand) -> Expr:
    return as_expr(a)


def _solve(a: Operand, b: Operand) -> Expr:
    u, v = _square(a), as_expr(b)
    if v.shape.is_scalar or v.shape.rows is ONE:
        raise _refused("the right side of a system is a column or a matrix")
    return _of(SOLVE, u, v)


_CALLS: Mapping[str, Callable[..., Expr]] = {
    "sum": _sum, "mean": _mean, "average": _average, "var": _var, "std": lambda a: SQRT(_var(a)),
    "amax": _apply(MAX), "amin": _apply(MIN), "ptp": lambda a: MAX(a) - MIN(a),
    "dot": _dot, "inner": _inner, "vdot": _vdot, "outer": _outer, "kron": _kron,
    "trace": lambda a: TR(_square(a)), "transpose": _transpose, "permute_dims": _transpose,
    "matrix_transpose": lambda x, /: _square(x).T, "diag": _diag, "diagonal": lambda a: DIAG(_square(a)),
    "tril": _of_matrix(TRIL), "triu": _of_matrix(TRIU), "ravel": _ravel, "copy": _same, "real": _same,
    "where": lambda condition, x, y, /: _of(WHERE, condition, x, y),
    **JOINING,
    "zeros_like": lambda a: zeros(*as_expr(a).shape), "ones_like": lambda a: ones(*as_expr(a).shape),
}  # fmt: skip


def _heaviside(x: Operand, at_zero: Operand) -> Expr:
    if as_expr(at_zero) is not as_expr(0):
        raise _refused("a step is 0 at 0")
    return _of(STEP, x)


def _positive_part(a: Operand, b: Operand) -> Expr:
    zero = as_expr(0)
    if as_expr(b) is not zero and as_expr(a) is not zero:
        raise UnsupportedError("NumPy's maximum is known of a formula and zero", hint=HINTS["maximum"])
    return _of(RELU, a if as_expr(b) is zero else b)


def _condition(sign: str) -> Callable[..., Expr]:
    return lambda *operands: _of(CONDITIONS[sign], *operands)


def _power(a: Operand, b: Operand) -> Expr:
    return as_expr(a) ** as_expr(b)


def _logaddexp(a: Operand, b: Operand) -> Expr:
    return _of(LOG, EXP(a) + EXP(b))


_LINEAR_ALGEBRA: Mapping[str, Callable[..., Expr]] = {
    "pinv": _of_matrix(PINV), "solve": _solve, "norm": _norm, "matrix_power": _matrix_power,
    "multi_dot": _multi_dot, "outer": _outer, "trace": lambda x, /: TR(_square(x)),
    "diagonal": lambda x, /: DIAG(_square(x)), "matrix_transpose": lambda x, /: _square(x).T,
    "matmul": _matmul, "matrix_norm": lambda x, /: NORM2(_square(x)),
}  # fmt: skip

_UFUNCS: Mapping[str, Callable[..., Expr]] = {
    "sqrt": _apply(SQRT),
    "absolute": _apply(ABS), "fabs": _apply(ABS),
    "add": lambda a, b: as_expr(a) + as_expr(b), "subtract": lambda a, b: as_expr(a) - as_expr(b),
    "multiply": lambda a, b: as_expr(a) * as_expr(b), "matmul": _matmul,
    "divide": lambda a, b: as_expr(a) / as_expr(b), "power": _power, "float_power": _power,
    "negative": lambda a: -as_expr(a), "positive": _same, "conjugate": _same,
    "square": lambda a: as_expr(a) * as_expr(a), "reciprocal": lambda a: as_expr(1) / as_expr(a),
    "exp2": lambda a: as_expr(2) ** as_expr(a), "log2": lambda a: LOG(a) / LOG(2),
    "log10": lambda a: LOG(a) / LOG(10), "logaddexp": _logaddexp,
    "hypot": lambda a, b: SQRT(as_expr(a) * as_expr(a) + as_expr(b) * as_expr(b)),
    "heaviside": _heaviside, "maximum": _positive_part,
    "greater": _condition(">"), "less": _condition("<"), "greater_equal": _condition(">="),
    "less_equal": _condition("<="), "equal": _condition("=="), "not_equal": _condition("!="),
    "logical_and": _condition("and"), "logical_or": _condition("or"), "logical_not": _condition("not"),
    "bitwise_and": _condition("and"), "bitwise_or": _condition("or"), "invert": _condition("not"),
    "deg2rad": lambda a: as_expr(a) * formulas.PI / 180, "radians": lambda a: as_expr(a) * formulas.PI / 180,
    "rad2deg": lambda a: as_expr(a) * 180 / formulas.PI, "degrees": lambda a: as_expr(a) * 180 / formulas.PI,
}  # fmt: skip


def _by_record(name: str, module: str) -> Callable[[Operand], Expr] | None:
    """The function that a record has this function of NumPy or SciPy as its source of."""
    for record in FUNCTIONS.values():
        source = _ONE_CALL.fullmatch(record.numpy)
        if source and source["name"] == name and (source["module"] == "np.linalg") == ("linalg" in module):
            return _of_matrix(record) if "linalg" in module else _apply(record)
    return None


_ONE_CALL = regex(r"(?P<module>np|special|np\.linalg)\.(?P<name>\w+)\(\{\w\}\)")


def array_function(function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Expr:
    """What a function of NumPy is of formulas.

    Raises:
        MatcalcError: it has no exact meaning, or its operands do not fit.
    """
    name = str(getattr(function, "__name__", function))
    module = str(getattr(function, "__module__", ""))
    table = _LINEAR_ALGEBRA if "linalg" in module else _CALLS if module == "numpy" else None
    known = None if table is None else table.get(name) or _by_record(name, module)
    return _called(name, known, args, options)


def ufunc(function: Any, method: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> Expr:
    """What a universal function of NumPy or SciPy is of formulas; its methods are of none."""
    name = str(getattr(function, "__name__", function))
    if method != "__call__":
        return _called(f"{name}.{method}", None, args, options)
    return _called(name, _UFUNCS.get(name) or _by_record(name, ""), args, options)


def _called(name: str, known: Callable[..., Expr] | None, args: tuple[Any, ...], options: Mapping[str, Any]) -> Expr:
    if known is None:
        hint = HINTS.get(
            name, "write it with the operators, or give the value of the formula: matcalc.evaluate(f, {...})"
        )
        raise UnsupportedError(f"NumPy's {name} is not known of formulas", hint=hint)
    try:
        bound = inspect.signature(known).bind(*args, **options)
    except TypeError:
        told = ", ".join(options) or f"{len(args)} arguments"
        raise UnsupportedError(f"NumPy's {name} is not known of formulas with {told}") from None
    return known(*bound.args, **bound.kwargs)


formulas.ARRAYS.update({"function": array_function, "ufunc": ufunc})
