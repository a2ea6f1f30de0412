"""Formula text → Expr. The notation is that of matrixcalculus.org and MATLAB; see docs/notation.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from matcalc.errors import EntryOrMember, MatcalcError, RowOrColumn, ShapeError
from matcalc.expr import PI, Expr, call
from matcalc.function import Function
from matcalc.functions import find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.building import made
from matcalc.notation.conventions import Outline
from matcalc.notation.families import check_families
from matcalc.notation.pairs import Pair
from matcalc.notation.settling import SETTLED, check_loose, settle
from matcalc.notation.sizes import symbols_in_positions
from matcalc.notation.syntax import Source, Syntax, read

MOST_OPEN = 4  # members x_i of one text, each a row or a column, that are tried in both ways
Way = TypeVar("Way")
Read = TypeVar("Read")
Declared = Mapping[str, Expr | Function | Outline]


class Names(dict[str, Expr]):
    """The variables of a formula by name; and in ``readings``, what was read otherwise than it stands there."""

    readings: Mapping[str, str] = {}


def parse(text: str, declared: Declared | None = None) -> Expr:
    """The formula that a text means; see :func:`matcalc.parse`."""
    return parse_with_names(text, declared)[0]


def parse_with_names(text: str, declared: Declared | None = None) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name: the declared ones, and those whose shape was inferred."""
    return _by_shapes(text, declared, MOST_OPEN)


def as_family(asked: EntryOrMember, declared: Declared | None, read_by: Callable[[Declared], Read]) -> Read:
    """What is read where x_i, which stands as a column does, is a member of a family.

    Raises:
        EntryOrMember: it is none, for shapes do not fit then either.
    """
    try:
        return read_by({**(declared or {}), asked.name: Outline("columns")})
    except ShapeError:
        raise asked from None


def _by_shapes(text: str, declared: Declared | None, left: int) -> tuple[Expr, dict[str, Expr]]:
    """The formula, where up to so many members are rows or columns by the shapes."""
    try:
        return of_source(read(text, declared), declared)
    except EntryOrMember as asked:
        return as_family(asked, declared, lambda told: _by_shapes(text, told, left))
    except RowOrColumn as asked:
        if not left:
            raise
        return _as_row_or_column(text, declared, asked, left - 1)


def _as_row_or_column(
    text: str, declared: Declared | None, asked: RowOrColumn, left: int
) -> tuple[Expr, dict[str, Expr]]:
    member = re.compile(rf"(?<!\w){re.escape(asked.name)}(?!\w)")

    def read_by(way: str) -> tuple[Expr, dict[str, Expr]]:
        expr, names = _by_shapes(member.sub(f"({way})", text), declared, left)
        told = Names(names)
        told.readings = {**getattr(names, "readings", {}), asked.name: way}
        return expr, told

    return only_one(asked, [f"{asked.of}[{asked.index},:]'", f"{asked.of}[:,{asked.index}]"], read_by)


def only_one(asked: RowOrColumn, ways: Sequence[Way], read_by: Callable[[Way], Read]) -> Read:
    """What is read in the only way in which the shapes fit.

    Raises:
        RowOrColumn: they fit in several ways or in none.
        MatcalcError: they do not in all ways but one, and that has another fault.
    """
    found: list[Read] = []
    faults: list[MatcalcError] = []
    for way in ways:
        try:
            found.append(read_by(way))
        except MatcalcError as error:
            if not _is_misfit(error):
                faults.append(error)
    asked.fits = bool(found or faults)
    if len(found) + len(faults) != 1:
        raise asked
    if faults:
        raise asked if isinstance(faults[0], RowOrColumn) else faults[0]
    return found[0]


def _is_misfit(error: MatcalcError) -> bool:
    if isinstance(error, RowOrColumn):
        return not error.fits
    return isinstance(error, ShapeError) and ("differ" in error.summary or "runs over" in error.summary)


def of_source(source: Source, declared: Declared | None = None) -> tuple[Expr, dict[str, Expr]]:
    """The formula of a syntax tree, and all its variables by name."""
    functions = {name: f for name, f in (declared or {}).items() if isinstance(f, Function)}
    variables: dict[str, Expr] = {name: v for name, v in (declared or {}).items() if isinstance(v, Expr)}
    outlines = {name: o for name, o in (declared or {}).items() if isinstance(o, Outline)}
    check_families(source, variables)
    expr = _as_declared(source, variables, functions)
    if expr is None:
        from matcalc.notation.inferred import with_inferred  # large, and not needed by most programs

        expr, variables = with_inferred(source, variables, functions, outlines)
    if source.readings:
        variables = Names(variables)
        variables.readings = source.readings
    return expr, variables


def _settle(node: Syntax, built: Mapping[Syntax, Expr]) -> None:
    """Makes a node plain that is one thing or another by the shapes of its operands."""

    def of(part: Syntax) -> Pair:
        return built[part].shape.rows, built[part].shape.cols

    if node.value is True:
        check_loose(node, of)
    if node.kind in SETTLED:
        settle(node, of)


def _as_declared(source: Source, variables: Mapping[str, Expr], functions: Mapping[str, Function]) -> Expr | None:
    """The formula whose names are all declared; None where a shape is to be inferred, or something is wrong."""
    built: dict[Syntax, Expr] = {}
    named = symbols_in_positions(source.parts)
    if named and not named <= {symbol for v in variables.values() for dim in v.shape for symbol in dim.symbols}:
        return None
    for node in source.parts:
        operands = list(map(built.__getitem__, node.operands))
        try:
            if node.value is True or node.kind in SETTLED:
                _settle(node, built)
                operands = list(map(built.__getitem__, node.operands))
            if node.kind == "name":
                part = variables.get(str(node.value), PI if node.value == "pi" else None)
            elif node.kind == "call":
                function = find(str(node.value), len(operands)) or find_abstract(str(node.value), functions)
                part = None if function is None else call(function, *operands)
            else:
                part = made(node, operands)
        except MatcalcError:
            return None
        if part is None:
            return None
        built[node] = part
    return built.get(source.body)
