"""Expr → the source of a NumPy function that computes it."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.plans.plan import Plan


def write(expr: Expr) -> str:
    """The source of a function called ``formula``, of the optimal plan."""
    return str(Plan({"value": expr}, "optimal", None).emit("formula", style="readable").source.rstrip("\n"))
