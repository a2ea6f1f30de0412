"""The open table: every function that matcalc knows, one record each. Adding a function is adding a record."""

from __future__ import annotations

from matcalc.function import Function
from matcalc.functions.elementwise import ELEMENTWISE, POWER
from matcalc.functions.norms import NORMS
from matcalc.functions.spectral import SPECTRAL
from matcalc.functions.square import SQUARE
from matcalc.functions.structure import STRUCTURE

FUNCTIONS: dict[str, Function] = {f.name: f for f in (*ELEMENTWISE, *STRUCTURE, *SQUARE, *SPECTRAL, *NORMS)}

ALIASES: dict[str, Function] = {alias: f for f in FUNCTIONS.values() for alias in f.aliases}

__all__ = ["ALIASES", "FUNCTIONS", "POWER", "Function"]


def find(name: str) -> Function | None:
    """The function of this name or alias."""
    return FUNCTIONS.get(name) or ALIASES.get(name)
