"""Python's operators between formulas, which mean what NumPy's mean between arrays of two axes.

A column is an n×1 array and a row a 1×n one. A dimension that is 1 spreads over the other side's, and what spreads is
written with explicit ones: ``X - mu.T`` is ``X - ones(m)*mu'``. A symbol is never taken for 1. A column beside a row is
refused: a NumPy user may mean sums of entries or a table of all sums. So is a column beside a square matrix, for NumPy
takes an array of one axis, as which columns are evaluated, for a row there. The constructors of ``expr``, and the
notation of texts, stay strict.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc import expr as formulas
from matcalc.boundary import short
from matcalc.errors import ShapeError
from matcalc.expr import (
    Expr,
    Operand,
    Operator,
    as_expr,
    call,
    div,
    elementwise,
    is_number,
    mul,
    ones,
    power,
    transpose,
)
from matcalc.function import ABOVE, Function
from matcalc.shape import ONE, Dim, Shape

SIGNS = {"add": "+", "sub": "-", "hadamard": "*", "mul": "@", "div": "/", "elpow": "**"}
_TIGHT = ("variable", "number", "call", "entry", "member", "transpose", "blocks", "eye", "ones", "zeros", "unit")


def operation(kind: Operator, left: Expr, right: Expr) -> Expr:
    """``+``, ``-``, ``*``, ``@``, ``/`` or ``**`` of formulas.

    Raises:
        ShapeError: the shapes do not fit, or it is a column beside a row.
    """
    try:
        return _matrix_product(left, right) if kind == "mul" else _by_entries(kind, left, right)
    except ShapeError as error:
        operands = [part.short if part.kind in _TIGHT else f"({part.short})" for part in (left, right)]
        raise _in_call(error, f" {SIGNS[kind]} ", operands, (left, right), "", "") from None


def applied(function: Function, *values: Operand) -> Expr:
    """A function of formulas and numbers.

    Raises:
        ShapeError: it takes no operands of these shapes, or another number of them.
    """
    try:
        return call(function, *[as_expr(value) for value in values])
    except ShapeError as error:
        texts, arity = [short(value) for value in values], {len(form.operands) for form in function.shape.forms}
        if len(values) not in arity:
            called = f"{function.name}({', '.join(texts)})"
            raise error.in_call(called, (0, len(called))) from None
        raise _in_call(error, ", ", texts, values, f"{function.name}(", ")") from None


def _in_call(
    error: ShapeError, between: str, texts: Sequence[str], operands: Sequence[object], before: str, behind: str
) -> ShapeError:
    """The error with the operation as Python has it, and the shapes of the operands below."""
    at, places = len(before), []
    for text, operand in zip(texts, operands, strict=True):
        if isinstance(operand, Expr) or len(operands) == 1:
            note = f"is {operand.shape}" if isinstance(operand, Expr) else ""
            places.append(((at, at + len(text)), note))
        at += len(text) + len(between)
    return error.in_call(f"{before}{between.join(texts)}{behind}", *places)


def _by_entries(kind: Operator, left: Expr, right: Expr) -> Expr:
    if left.shape.is_scalar or right.shape.is_scalar or left.shape == right.shape:
        return _plain(kind, left, right)
    shape = _common(left.shape, right.shape)
    if shape is None:
        try:
            return _plain(kind, left, right)
        except ShapeError as error:  # which says why the shapes do not fit
            product, transposed = _meant_product(kind, left, right), _transposed_fits(left.shape, right.shape)
            by_entries = f"{product and 'entry by entry, '}{transposed}" if transposed else ""
            error.hint = error.hint or "; ".join(filter(None, (product, by_entries)))
            raise
    if shape not in (left.shape, right.shape):
        raise _two_readings(kind, left, right)
    if shape.is_square and ONE in (left.shape.cols, right.shape.cols):
        raise _column_beside_square(kind, left, right)
    return _plain(kind, _spread(left, shape), _spread(right, shape))


def _common(left: Shape, right: Shape) -> Shape | None:
    """The shape of both sides together by NumPy's rule, where there is one."""
    sides = [_wider(a, b) for a, b in zip(left, right, strict=True)]
    return None if None in sides else Shape(*(side for side in sides if side is not None))


def _wider(a: Dim, b: Dim) -> Dim | None:
    return b if a is ONE or a is b else a if b is ONE else None


def _spread(operand: Expr, shape: Shape) -> Expr:
    """A column with as many columns, or a row with as many rows, as a shape has, all equal."""
    if operand.shape == shape:
        return operand
    if operand.shape.cols is ONE:
        return mul(operand, transpose(ones(shape.cols)))
    return mul(ones(shape.rows), operand)


def _meant_product(kind: Operator, left: Expr, right: Expr) -> str:
    """Who writes * for matrices that only @ can multiply, or can multiply as well, may have meant @."""
    fits = kind == "hadamard" and left.shape.cols is right.shape.rows
    return "the matrix product is written @" if fits else ""


def _transposed_fits(left: Shape, right: Shape) -> str:
    """What would fit: a column that was meant as a row, or the other way round."""
    sides = ((left, right, "left"), (right, left, "right"))
    for side, other, where in sides:
        if ONE in side and _common(side.T, other) == other:
            return f"the {where} side transposed, .T, is a {'row' if side.cols is ONE else 'column'} that fits"
    return ""


def _two_readings(kind: Operator, left: Expr, right: Expr) -> ShapeError:
    sign = SIGNS[kind]
    column, row = (left, right) if left.shape.cols is ONE else (right, left)
    m, n = column.shape.rows, row.shape.cols
    table = f"column @ mc.ones({_argument(n)}).T {sign} mc.ones({_argument(m)}) @ row, {m}×{n}"
    if kind == "hadamard":
        table = f"column @ row, {m}×{n}"
    entries = f"; entry by entry: column {sign} row.T" if m is n else ""
    return ShapeError(
        f"a column and a row beside {sign} could mean two things",
        f"the left side is {left.shape} and the right one is {right.shape}",
        hint=f"for a table of all pairs: {table}{entries}",
    )


def _column_beside_square(kind: Operator, left: Expr, right: Expr) -> ShapeError:
    column = left if left.shape.cols is ONE else right
    each = f"to each column of the matrix: column @ mc.ones({_argument(column.shape.rows)}).T; to each row: column.T"
    return ShapeError(
        "a column beside a square matrix could mean two things",
        f"the left side is {left.shape} and the right one is {right.shape}",
        hint="; ".join(filter(None, (_meant_product(kind, left, right), each))),
    )


def _argument(dim: Dim) -> str:
    return str(dim) if dim.number is not None else f'"{dim}"'


def _plain(kind: Operator, left: Expr, right: Expr) -> Expr:
    """The operation where shapes are equal, or one side is a scalar, which stands at every entry."""
    if kind in ("add", "sub"):
        if left.shape != right.shape:
            left, right = _filled(left, right.shape), _filled(right, left.shape)
        return formulas.add(left, right) if kind == "add" else formulas.sub(left, right)
    if kind == "div" and right.shape.is_scalar:
        return div(left, right)
    if kind == "hadamard" and (left.shape.is_scalar or right.shape.is_scalar):
        return mul(left, right)
    if kind == "elpow" and left.shape.is_scalar and right.shape.is_scalar:
        return power(left, right)
    return elementwise("eldiv" if kind == "div" else kind, left, right)


def _matrix_product(left: Expr, right: Expr) -> Expr:
    if left.shape.is_scalar or right.shape.is_scalar:
        if left.shape.cols is right.shape.rows:  # a 1×1 matrix
            return mul(left, right)
        raise ShapeError("@ is the matrix product, and one side is a scalar", hint="scale with *")
    return mul(left, right)


def _filled(operand: Expr, shape: Shape) -> Expr:
    """A scalar with variables as a matrix of equal entries; numbers spread in sums by themselves."""
    if operand.shape.is_scalar and not is_number(operand):
        return mul(operand, ones(*shape))
    return operand


formulas.ARRAYS["operator"] = operation
ABOVE["apply"] = applied
