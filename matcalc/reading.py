"""Formula text → Expr, with sums over indices written in matrix notation."""

from __future__ import annotations

from matcalc.bound import is_open
from matcalc.expr import Expr
from matcalc.lifting.lift import lift
from matcalc.lowering.bound import closed
from matcalc.notation import parse as notation
from matcalc.notation.parse import Declared


def parse(text: str, declared: Declared | None = None) -> Expr:
    """The formula that a text means; see :func:`matcalc.parse`."""
    return parse_with_names(text, declared)[0]


def parse_with_names(text: str, declared: Declared | None = None) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name: the declared ones, and those whose shape was inferred."""
    expr, names = notation.parse_with_names(text, declared)
    return vectorized(expr) if "{" in text else expr, names


def vectorized(expr: Expr) -> Expr:
    """The formula in matrix notation, where it has sums over indices."""
    if not is_open(expr):
        return expr
    view = closed(expr)
    return lift(view.node, view.rows)
