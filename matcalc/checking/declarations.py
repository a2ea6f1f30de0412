"""What is declared of the names in a certificate: the shapes and facts of variables, and functions without a body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from matcalc.checking.points import symbols_of
from matcalc.expr import Expr, name_of, size
from matcalc.facts import declare
from matcalc.families import family, specification
from matcalc.function import Function
from matcalc.functions.abstract import abstract, functions_of
from matcalc.notation.parse import parse
from matcalc.shape import Dim
from matcalc.symbols import size_symbols


def declarations(own: Iterable[Expr], *formulas: Expr) -> dict[str, Any]:
    """The declarations of these variables, and of the functions that formulas call, as a certificate holds them."""
    own = list(own)
    made: dict[str, Any] = {"variables": {name_of(v): specification(v) for v in own}}
    sizes = size_symbols(*formulas) - set(symbols_of(*own))
    if sizes:
        made["dimensions"] = sorted(sizes)
    functions = functions_of(*formulas)
    if functions:
        made["functions"] = {name: str(g.abstract.rows) for name, g in functions.items() if g.abstract is not None}
    return made


def declared_variables(certificate: Mapping[str, Any]) -> dict[str, Expr]:
    return {name: _declared(name, spec) for name, spec in certificate["variables"].items()}


def _declared(name: str, spec: Mapping[str, Any]) -> Expr:
    rows, cols = dim_of(spec["rows"]), dim_of(spec["cols"])
    if "length" in spec:
        return family(name, dim_of(spec["length"]), rows, cols, *spec["facts"])
    return declare(name, rows, cols, *spec["facts"])


def declared_sizes(certificate: Mapping[str, Any]) -> dict[str, Expr]:
    """The dimensions that no variable has, as formulas, by name."""
    return {symbol: size(Dim.of(symbol)) for symbol in certificate.get("dimensions", ())}


def declared_functions(certificate: Mapping[str, Any]) -> dict[str, Function]:
    return {name: abstract(name, dim_of(rows)) for name, rows in certificate.get("functions", {}).items()}


def dim_of(text: str) -> Dim:
    return parse(f"ones({text})").shape.rows
