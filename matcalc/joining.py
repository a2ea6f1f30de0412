"""NumPy's functions that join arrays, as block matrices: those of an exact meaning, all others are refused.

A column or a row is an array of one axis to them, as in ``array_functions``. Where that would be put beside others in
another way than the shape of the formula says, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, Operand, as_expr, zeros
from matcalc.shape import ONE
from matcalc.stacking import ZERO, blocks

_COLUMNS = "matcalc.stack(x, y) for [x; y], matcalc.block([[x, y]]) for [x, y]"


def _joined(name: str, arrays: object) -> list[Expr]:
    """The operands of a function that joins arrays."""
    if not isinstance(arrays, list | tuple) or len(arrays) < 2:
        raise UnsupportedError(f"np.{name} is of two formulas or more")
    return [as_expr(a) for a in arrays]


def is_matrix(u: Expr) -> bool:
    return u.shape.rows is not ONE and u.shape.cols is not ONE


def is_row(u: Expr) -> bool:
    return u.shape.rows is ONE and u.shape.cols is not ONE


def is_column(u: Expr) -> bool:
    return u.shape.cols is ONE and u.shape.rows is not ONE


def _grid(rows: Sequence[Sequence[Expr]]) -> Expr:
    """A block matrix in which a number is an array of one entry, also 0."""
    return blocks([[zeros(1) if part is ZERO else part for part in row] for row in rows])


def _below(parts: list[Expr]) -> Expr:
    return _grid([[part] for part in parts])


def _concatenate(arrays: list[Operand], axis: object = 0) -> Expr:
    """Matrices along an axis, or columns, or rows, along the one axis that these have."""
    parts = _joined("concatenate", arrays)
    rank = 2 if all(map(is_matrix, parts)) else 1 if all(map(is_row, parts)) or all(map(is_column, parts)) else 0
    if not rank or not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        raise UnsupportedError(f"np.concatenate joins matrices, columns, or rows, along an axis; got {shown(axis)}")
    return _below(parts) if axis % rank == 0 and not is_row(parts[0]) else _grid([parts])


def _vstack(tup: list[Operand]) -> Expr:
    parts = _joined("vstack", tup)
    if not all(is_matrix(u) or is_row(u) for u in parts):
        raise UnsupportedError("np.vstack takes a column for a row, and a scalar for a matrix", hint=_COLUMNS)
    return _below(parts)


def _hstack(tup: list[Operand]) -> Expr:
    parts = _joined("hstack", tup)
    if not (all(map(is_matrix, parts)) or all(is_row(u) or u.shape.is_scalar for u in parts)):
        raise UnsupportedError("np.hstack joins matrices, or rows; columns it puts one below the other", hint=_COLUMNS)
    return _grid([parts])


def _column_stack(tup: list[Operand]) -> Expr:
    parts = _joined("column_stack", tup)
    if not all(is_matrix(u) or is_column(u) for u in parts):
        raise UnsupportedError("np.column_stack takes a row for a column, and a scalar for a matrix", hint=_COLUMNS)
    return _grid([parts])


def _stack(arrays: list[Operand], axis: object = 0) -> Expr:
    """Vectors as the rows, or as the columns, of a matrix."""
    parts = _joined("stack", arrays)
    if not (all(map(is_row, parts)) or all(map(is_column, parts))) or axis not in (0, 1, -1, -2):
        raise UnsupportedError("np.stack of formulas is of columns, or of rows", hint=_COLUMNS)
    turned = is_row(parts[0]) is (axis in (1, -1))
    made = [u.T for u in parts] if turned else parts
    return _grid([made]) if axis in (1, -1) else _below(made)


def _block(arrays: object) -> Expr:
    """Matrices, rows and scalars, row by row; beside a matrix a column can only be an array of two axes."""
    if not isinstance(arrays, list) or not all(isinstance(row, list) and row for row in arrays) or not arrays:
        raise UnsupportedError("np.block of formulas is of rows of blocks", hint="np.block([[A, B], [C, D]])")
    rows = [[as_expr(part) for part in row] for row in arrays]
    if any(any(map(is_column, row)) and not any(map(is_matrix, row)) for row in rows):
        raise UnsupportedError("np.block takes a column for a row", hint=_COLUMNS)
    made = _grid(rows)
    if not is_matrix(made):
        raise UnsupportedError("np.block gives an array of two axes, and this has one", hint=_COLUMNS)
    return made


JOINING: Mapping[str, Callable[..., Expr]] = {
    "block": _block, "concatenate": _concatenate, "vstack": _vstack, "hstack": _hstack, "stack": _stack,
    "column_stack": _column_stack,
}  # fmt: skip
