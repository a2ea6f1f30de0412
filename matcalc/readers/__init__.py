"""Readers: a formula in one of the languages that people write in → Expr. A reader is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from matcalc.errors import ParseError, shown
from matcalc.expr import Expr
from matcalc.notation.parse import Declared

Families = Mapping[str, Mapping[str, Any]]
Reader = Callable[[str, Declared, Families], tuple[Expr, dict[str, Expr]]]

# The modules of this folder; each has a function ``read``.
READERS = {
    "text": "text",
    "latex": "latex",
    "numpy": "numpy_source",
    "index": "index_notation",
    "sympy": "sympy_source",
}


def read(
    text: str, declared: Declared, notation: str = "text", families: Families | None = None
) -> tuple[Expr, dict[str, Expr]]:
    """The formula that a text means, and all its variables by name: the declared ones, and the inferred ones.

    Raises:
        ParseError: there is no such notation, or the text is not a formula in it.
        ShapeError: the shapes contradict each other, or can be read in two ways.
    """
    if notation not in READERS:
        raise ParseError(f"unknown notation: {shown(notation)}", f"known: {', '.join(READERS)}")
    reader: Reader = import_module(f"matcalc.readers.{READERS[notation]}").read
    return reader(text, declared, families or {})
