"""Expr → index notation."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.lifting.index import to_index
from matcalc.lowering.lower import lower


def write(expr: Expr) -> str:
    """The formula in index notation: ``y[i] = sum_{j} A[i,j]*x[j]``."""
    return to_index(lower(expr))
