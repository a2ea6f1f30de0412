"""c*ones(n) in a sum of arrays, written as the scalar c, and back."""

from __future__ import annotations

from matcalc.expr import Expr, div, number
from matcalc.rational import Fraction

_1 = Fraction(1)


def number_for_ones(expr: Expr) -> Expr:
    """In a sum, 1 stands for ones(n) and 2 for 2*ones(n); not in square matrices, where 1 might mean eye(n)."""
    if expr.shape.is_square:
        return expr
    if expr.kind == "ones":
        return number(1)
    below = expr.operands[1].data if expr.kind == "div" and expr.operands[1].kind == "number" else _1
    above = expr if below == 1 else expr.operands[0]
    if above.kind == "mul" and above.operands[0].kind == "number" and above.operands[1].kind == "ones":
        return number(above.operands[0].data / below)
    return number(1 / below) if above.kind == "ones" else expr


def scalar_for_ones(expr: Expr) -> Expr:
    """In a sum, c stands for c*ones(n), where that is how the formula was written."""
    scalar = None if expr.shape.is_square else without_ones(expr)
    return expr if scalar is None else scalar


def tells_shape(expr: Expr) -> bool:
    """Whether a number added to this is added to every entry, plainly."""
    while expr.kind == "div" or (expr.kind == "mul" and expr.operands[0].shape.is_scalar):
        expr = expr.operands[expr.kind == "mul"]
    return expr.kind not in ("ones", "mul")


def without_ones(expr: Expr) -> Expr | None:
    """The scalar c of c*ones(n), or of c*ones(n)/d the scalar c/d; None for anything else."""
    if expr.kind == "div":
        above = without_ones(expr.operands[0])
        return None if above is None else div(above, expr.operands[1])
    if expr.kind == "mul" and expr.operands[0].shape.is_scalar and expr.operands[1].kind == "ones":
        return expr.operands[0]
    return None
