"""Signs whose meaning depends on the shapes of what they hold: bars, norms, dots between columns, powers of e.

Each is one kind of syntax node. Inference asks here what it is of operands of known kinds, building makes it.

* ``bars``, |u|: the absolute value of a scalar, the determinant of a square matrix.
* ``norm``, ‖u‖, with the value None, "2", "F", "1", "inf" or "*", its subscript; "by" where that is a second operand:
  ‖u‖_p for a scalar p, ‖u‖_M = sqrt(u'*M*u) for a square matrix M.
* ``dot``, u·v: the inner product of two columns, otherwise the product.
* ``exponential``, e^u: exp of a scalar or of the entries of a column or a row.
* ``superscript_t``, u^T: the transpose, but of a scalar, where T may be an exponent.
* ``starpow``, u**p: the power of a scalar, that of the entries of a column or a row.
"""

from __future__ import annotations

from matcalc.errors import ShapeError
from matcalc.expr import Expr, call, elementwise, mul, power, transpose
from matcalc.functions import ABS, DET, EXP, NORM_P, NUCLEARNORM, SQRT, known
from matcalc.shape import ONE, Shape

BY_SHAPE = ("bars", "norm", "dot", "exponential", "starpow", "superscript_t")

_OF_SCALARS = dict.fromkeys((None, "2", "1", "inf", "F"), "abs")
_OF_VECTORS = {None: "norm2", "2": "norm2", "F": "norm2", "1": "norm1", "inf": "norminf"}
_OF_MATRICES = {"F": "norm2", "2": "spectralnorm", "*": NUCLEARNORM.name}
_QUESTIONS: dict[object, tuple[str, str]] = {
    None: ("Frobenius or spectral", "‖X‖_F is norm2(X), ‖X‖_2 is spectralnorm(X)"),
    "1": ("of the entries, or the largest sum of a column", "write norm1(X) or max(colsum(abs(X)))"),
    "inf": ("of the entries, or the largest sum of a row", "write norminf(X) or max(rowsum(abs(X)))"),
}


def kind_of_sides(one_row: bool, one_column: bool) -> str:
    """Scalar, vector (a column), row or matrix."""
    if one_row:
        return "scalar" if one_column else "row"
    return "vector" if one_column else "matrix"


def norm_function(subscript: object, kind: str, shown: str) -> str:
    """The function that a norm with this subscript is, of an operand of this kind.

    Raises:
        ShapeError: there is none, or there are several.
    """
    functions: dict[object, str] = {"scalar": _OF_SCALARS, "matrix": _OF_MATRICES}.get(kind, _OF_VECTORS)  # type: ignore[assignment]
    if subscript in functions:
        return functions[subscript]
    if kind == "matrix" and subscript in _QUESTIONS:
        ways, hint = _QUESTIONS[subscript]
        raise ShapeError(f"this norm of a matrix could mean two things: {ways}", f"it is {shown}", hint=hint)
    raise ShapeError(
        f"no norm with the subscript {subscript} is known of a {'column' if kind == 'vector' else kind}",
        f"it is {shown}",
        hint="write norm2, norm1, norminf, norm_p, spectralnorm or nuclearnorm",
    )


def check_bars(kind: str, shown: str) -> None:
    """Refuses bars around a column or a row.

    Raises:
        ShapeError: there it isn't known what they mean.
    """
    if kind in ("vector", "row"):
        raise ShapeError(
            f"bars around a {'column' if kind == 'vector' else 'row'} could mean two things",
            f"it is {shown}",
            hint="write abs(x) for absolute values, norm2(x) for the norm",
        )


def no_determinant(shown: str) -> ShapeError:
    return ShapeError(
        "bars around a matrix are its determinant, which only a square one has",
        f"it is {shown}",
        hint="write abs(X) or norm2(X)",
    )


def check_exponential(kind: str, shown: str) -> None:
    """Refuses e to the power of a matrix.

    Raises:
        ShapeError: it is one, or the entries' exponentials.
    """
    if kind == "matrix":
        raise ShapeError(
            "e to the power of a matrix could mean two things",
            f"it is {shown}",
            hint="write expm(X) for the matrix exponential, exp(X) for that of each entry",
        )


def check_starpow(kind: str, shown: str) -> None:
    """Refuses X**p for a matrix.

    Raises:
        ShapeError: it is one, and ** its power, or that of its entries.
    """
    if kind == "matrix":
        raise ShapeError(
            "** of a matrix could mean two things",
            f"it is {shown}",
            hint="write ^ for the power of the matrix, .^ for that of each entry",
        )


def check_superscript_t(kind: str) -> None:
    """Refuses c^T for a scalar.

    Raises:
        ShapeError: it is the power, or c itself.
    """
    if kind == "scalar":
        hint = "write ' for the transpose; for the power, declare T: scalar"
        raise ShapeError("the superscript T of a scalar could mean two things", hint=hint)


# ---------------------------------------------------------------- building
def bars(operand: Expr) -> Expr:
    check_bars(_kind(operand.shape), str(operand.shape))
    if operand.shape.is_scalar:
        return call(ABS, operand)
    if not operand.shape.is_square:
        raise no_determinant(str(operand.shape))
    return call(DET, operand)


def norm(subscript: object, operand: Expr, by: Expr | None = None) -> Expr:
    if by is not None:
        if by.shape.is_scalar:
            return call(NORM_P, operand, by)
        return call(SQRT, mul(mul(transpose(operand), by), operand))
    return call(known(norm_function(subscript, _kind(operand.shape), str(operand.shape))), operand)


def chained_dots() -> ShapeError:
    """What is said of x·y·z for columns: (x·y)·z is z times a number, x·(y·z) is x times another."""
    return ShapeError("two dots between columns could mean two things", hint="put brackets: (x·y)*z or x*(y·z)")


def dot(left: Expr, right: Expr, chained: object = None) -> Expr:
    is_inner = _kind(left.shape) == _kind(right.shape) == "vector"
    if chained and left.shape.is_scalar and left.kind == "mul" and not left.operands[0].shape.is_scalar:
        raise chained_dots()
    return mul(transpose(left), right) if is_inner else mul(left, right)


def exponential(operand: Expr) -> Expr:
    check_exponential(_kind(operand.shape), str(operand.shape))
    return call(EXP, operand)


def superscript_t(operand: Expr) -> Expr:
    check_superscript_t(_kind(operand.shape))
    return transpose(operand)


def starpow(base: Expr, exponent: Expr) -> Expr:
    check_starpow(_kind(base.shape), str(base.shape))
    return power(base, exponent) if base.shape.is_scalar else elementwise("elpow", base, exponent)


def _kind(shape: Shape) -> str:
    return kind_of_sides(shape.rows is ONE, shape.cols is ONE)
