"""The factors of a product of matrices: what is repeated, what stands twice, rows and columns that are cut out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from matcalc.budgets import LONGEST_CHAIN
from matcalc.expr import Expr, block, number, transpose
from matcalc.function import CONDITIONS, Function
from matcalc.functions import CUMSUM, DIFF, DIFFMATRIX, FUNCTIONS, REVCUMSUM, TRILONES
from matcalc.position import Several
from matcalc.shape import ONE

EQUALS_SIGN = CONDITIONS["=="]


def powers_of_run(count: int) -> list[int]:
    """Powers that are read again, whose product is that of many equal factors."""
    whole, rest = divmod(count, LONGEST_CHAIN)
    return [LONGEST_CHAIN] * whole + [rest] * (rest > 0)


def chain_length(chain: Iterable[Expr]) -> int:
    return sum([factor.length + 1 for factor in chain])


def repeated(factors: list[Expr], at: int) -> tuple[list[Expr], int]:
    """The shortest run of factors from some place on that is repeated there, and how often; else one factor, once."""
    for length in range(1, (len(factors) - at) // 2 + 1):
        if factors[at + length] is not factors[at]:
            continue
        run = factors[at : at + length]
        count = 1
        while factors[at + count * length : at + (count + 1) * length] == run:
            count += 1
        if count > 1 and not any(factor.shape.is_scalar for factor in run):
            return run, count
    return factors[at : at + 1], 1


def stem(factor: Expr) -> Expr:
    """A factor without its transpose sign."""
    return factor.operands[0] if factor.kind == "transpose" else factor


def stands_twice(factors: Sequence[Expr], k: int) -> bool:
    """Whether a factor stands again, transposed or not."""
    own = stem(factors[k])
    return any(stem(factor) is own for j, factor in enumerate(factors) if j != k)


def transposed(expr: Expr) -> Expr:
    return expr.operands[0] if expr.kind == "transpose" else transpose(expr)


def cut(factors: list[Expr]) -> list[Expr]:
    """eye(m)[1:2,:]*X as X[1:2,:], and X*eye(n)[1:2,:]' as X[:,1:2]."""
    for k, (left, right) in enumerate(pairwise(factors)):
        if left.shape.is_scalar or right.shape.is_scalar:
            continue
        rows = _rows_of_eye(left)
        cols = _rows_of_eye(right.operands[0]) if right.kind == "transpose" else None
        if rows is not None or cols is not None:
            taken = _taken(right, rows) if rows is not None else transposed(_taken(transposed(left), cols))
            return cut([*factors[:k], taken, *factors[k + 2 :]])
    return factors


def _rows_of_eye(expr: Expr) -> Several | None:
    is_cut = expr.kind == "entry" and expr.operands[0].kind == "eye" and isinstance(expr.data[0], Several)
    return expr.data[0] if is_cut and expr.data[1] is None else None


def _taken(expr: Expr, rows: Several | None) -> Expr:
    """Some rows of a formula; of a transpose, the columns of what is transposed, of a column, its rows."""
    if expr.kind == "transpose" and ONE not in expr.shape:
        inner = expr.operands[0]
        if inner.kind == "entry" and inner.data[1] is None:
            return transpose(block(inner.operands[0], (inner.data[0], rows)))
        return transpose(block(inner, (None, rows)))
    if expr.kind == "entry" and expr.data[0] is None:
        return block(expr.operands[0], (rows, expr.data[1]))
    return block(expr, (rows, None))


def of_sequence(matrix: Expr) -> Function | None:
    """The function of a column that is defined as multiplying by this matrix: cumsum for trilones(ones(n,n))."""
    inner = matrix.operands[0] if matrix.kind == "transpose" else matrix
    if inner.data is TRILONES:
        return CUMSUM if inner is matrix else REVCUMSUM
    return DIFF if matrix.data is DIFFMATRIX else None


def masking(expr: Expr) -> Function | None:
    """The function that is defined as multiplying by this triangle of ones: tril for trilones(ones(n,n))."""
    triangle = _triangle_of_ones(expr)
    return None if triangle is None else _defined_as(f"{triangle}.*X")


def masking_where(condition: Expr) -> Function | None:
    """The function that keeps the entries where a condition holds: striu where trilones(ones(n,n)) == 0."""
    if condition.data is not EQUALS_SIGN or condition.operands[1] is not number(0):
        return None
    triangle = _triangle_of_ones(condition.operands[0])
    return None if triangle is None else _defined_as(f"where({triangle} == 0, X, 0)")


def _triangle_of_ones(expr: Expr) -> str | None:
    """What a triangle of ones is called in the definition of a function."""
    inner = expr.operands[0] if expr.kind == "transpose" else expr
    if inner.kind != "call" or not inner.operands or inner.operands[0].kind != "ones":
        return None
    return f"{inner.data.name}(ones(n,n))" + ("'" if inner is not expr else "")


def _defined_as(text: str) -> Function | None:
    return next((function for function in FUNCTIONS.values() if function.definition == text), None)


def mask_among(factors: Sequence[Expr]) -> tuple[Expr, Function, bool] | None:
    """A triangle of ones among factors entry by entry, the function that multiplies by it, and whether transposed."""
    for turned in (False, True):
        for factor in factors:
            function = masking(transposed(factor) if turned else factor)
            if function is not None:
                return factor, function, turned
    return None
