"""The open table: every function that matcalc knows, one record each. Adding a function is adding a record."""

from __future__ import annotations

from matcalc.errors import ShapeError
from matcalc.function import Function
from matcalc.functions.elementwise import ELEMENTWISE, POWER
from matcalc.functions.norms import NORMS
from matcalc.functions.spectral import SPECTRAL
from matcalc.functions.square import SQUARE
from matcalc.functions.statistics import STATISTICS
from matcalc.functions.structure import STRUCTURE

FUNCTIONS: dict[str, Function] = {
    f.name: f for f in (*ELEMENTWISE, *STRUCTURE, *SQUARE, *SPECTRAL, *NORMS, *STATISTICS)
}

ALIASES: dict[str, Function] = {alias: f for f in FUNCTIONS.values() for alias in f.aliases}

__all__ = ["ALIASES", "FUNCTIONS", "POWER", "Function", "find", "register"]


def register(function: Function) -> Function:
    """Enters a record into the table: it is read, printed, differentiated, emitted and checked from then on.

    Raises:
        ShapeError: the name, or an alias, is taken.
    """
    for name in (function.name, *function.aliases):
        if find(name) is not None:
            raise ShapeError(f"{name} is a known function", hint="choose another name")
    FUNCTIONS[function.name] = function
    ALIASES.update(dict.fromkeys(function.aliases, function))
    return function


def find(name: str) -> Function | None:
    """The function of this name or alias."""
    return FUNCTIONS.get(name) or ALIASES.get(name)
