"""Writers: Expr → a formula in another language. A writer is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

from matcalc.errors import MatcalcError, shown
from matcalc.expr import Expr

# The module of each notation, and its function.
WRITERS = {
    "text": ("notation.text", "to_text"),
    "unicode": ("notation.text", "to_unicode"),
    "latex": ("notation.latex", "to_latex"),
    "index": ("writers.index_notation", "write"),
    "numpy": ("writers.numpy_source", "write"),
    "sympy": ("writers.sympy_expressions", "write"),
    "matlab": ("writers.matlab", "write"),
    "julia": ("writers.julia", "write"),
    "mathematica": ("writers.mathematica", "write"),
}


def check_known(notation: str) -> None:
    """Refuses a notation that has no writer.

    Raises:
        MatcalcError: it is not known.
    """
    if notation not in WRITERS:
        raise MatcalcError(f"unknown notation: {shown(notation)}", f"known: {', '.join(WRITERS)}")


def write(expr: Expr, notation: str) -> str:
    """The formula in a notation.

    Raises:
        MatcalcError: there is no such notation, or it has no form for a part of the formula.
    """
    check_known(notation)
    module, function = WRITERS[notation]
    return str(getattr(import_module(f"matcalc.{module}"), function)(expr))
