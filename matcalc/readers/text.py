"""The notation of matrixcalculus.org and MATLAB, and what people type instead of it; see docs/notation.md."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.notation.parse import Declared
from matcalc.readers import Families
from matcalc.reading import parse_with_names


def read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name."""
    return parse_with_names(text, declared)
