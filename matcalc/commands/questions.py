"""What a command is asked: the formula that its options give, and the variables that it is about."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from matcalc.boundary import decimal
from matcalc.commands.files import read_text
from matcalc.errors import DerivativeError, MatcalcError, ParseError, ShapeError, suggest
from matcalc.expr import Expr, name_of, transpose
from matcalc.families import declaration
from matcalc.notation.conventions import in_latin
from matcalc.notation.declarations import parse_where
from matcalc.notation.parse import Declared, Names
from matcalc.parts import variables
from matcalc.readers import read
from matcalc.records import NamedTuple
from matcalc.regex import regex
from matcalc.symbols import with_hints

By = Expr | list[Expr]
_FILE = regex(r"[^\s:]+\.py(:.*)?", re.S)  # a file without the name of a function, or with what is none
_OF_VARIABLES = ("numpy", "sympy")  # notations whose names stand for variables alone
_COMMA = regex(r",(?![^\[]*\])")  # between variables, not between the positions of one


class Question(NamedTuple):
    """A formula as it was typed and as it was read, its variables by name, and which of them were not declared."""

    text: str
    formula: Expr
    names: Mapping[str, Expr]
    inferred: Mapping[str, Expr]

    @property
    def where(self) -> str:
        return where(self.names)


def question(options: Namespace, session: Declared | None = None) -> Question:
    """The formula that the options give; a session has declared variables besides.

    Raises:
        MatcalcError: something cannot be read, or the shapes do not fit.
    """
    with of_option("--where"):
        declared = {**(session or {}), **parse_where(options.where)}
    file, _, function = options.formula.rpartition(":")
    if file.endswith(".py") and function.isidentifier():  # loss.py:loss
        return _in_file(read_text(file), file, function, declared)
    if _FILE.fullmatch(options.formula):
        raise ParseError(
            "a function of a file is named behind the file", hint="loss.py:loss; methods of classes are not read"
        ).at(options.formula, (0, len(options.formula)))
    if options.formula != "-":
        return of_text(options.formula, options, declared)
    text = read_text("-").rstrip("\r\n")
    with located("standard input", text):
        return of_text(text, options, declared)


def of_text(text: str, options: Namespace, declared: Declared) -> Question:
    """A formula in the notation of the options, which is recognised where it is to be."""
    options.notation = notation_of(options.notation, text)
    if options.notation in _OF_VARIABLES:
        declared = {name: v for name, v in declared.items() if not (isinstance(v, Expr) and v.kind != "variable")}
    formula, names = read(text, declared, options.notation)
    return _made(text, formula, names, declared)


def notation_of(notation: str, text: str) -> str:
    if notation != "auto":
        return notation
    from matcalc.web.recognition import recognised

    return recognised(text)


def _in_file(text: str, file: str, function: str, declared: Declared) -> Question:
    from matcalc.readers.numpy_source import read_function

    with located(file, text):
        formula, names = read_function(text, function, declared)
    return _made(f"{file}:{function}", formula, names, declared)


def _made(text: str, formula: Expr, names: Mapping[str, Expr], declared: Declared) -> Question:
    if any(v.kind != "variable" for v in names.values()):  # formulas of a session that have a name
        readings = names.readings if isinstance(names, Names) else {}
        names = Names({name_of(v): v for v in variables(formula)})
        names.readings = readings
    inferred = {name: v for name, v in names.items() if v is not declared.get(name)}
    return Question(text, with_hints(formula, *names.values()), names, inferred)


# ---------------------------------------------------------------- errors
@contextmanager
def of_option(option: str) -> Iterator[None]:
    """Errors within are about an option, and say which."""
    try:
        yield
    except MatcalcError as error:
        error.summary = f"{option}: {error.summary}"
        raise


@contextmanager
def located(source: str, text: str) -> Iterator[None]:
    """Errors within that point into a text of several lines say which line it is."""
    try:
        yield
    except MatcalcError as error:
        if error.places and error.text == text and "\n" in text:
            line = text.count("\n", 0, error.places[0][0][0]) + 1
            error.summary = f"{source}, line {line}: {error.summary}"
        raise


@contextmanager
def answering(asked: Question, by: str, *, is_of_formula: bool = True) -> Iterator[None]:
    """Errors within show the formula, if they are of it, and what was inferred, on which they may rest."""
    try:
        yield
    except MatcalcError as error:
        is_of_shapes = isinstance(error, ShapeError | DerivativeError)
        if is_of_shapes and asked.inferred and error.text != by:
            told = f"not declared, and read as {shapes(asked.inferred)}; --where says otherwise"
            error.details += (told,)
        is_of_formula = is_of_formula or (error.of_call and "f" in error.arguments)
        raise (error.at(asked.text, (0, len(asked.text))) if is_of_formula else error) from None


# ---------------------------------------------------------------- variables
def by_variables(text: str, names: Mapping[str, Expr]) -> By:
    """A variable, or a list of them: x,y or [x, y].

    Raises:
        MatcalcError: one of them is not a variable of the formula.
    """
    listed = text.strip()
    is_bracketed = listed.startswith("[") and listed.endswith("]")
    listed = listed[1:-1] if is_bracketed else listed
    parts = _COMMA.split(listed) if "," in listed else [listed]
    return [_variable(part, names) for part in parts] if is_bracketed or len(parts) > 1 else _variable(text, names)


def single_variables(text: str, names: Mapping[str, Expr], *, most: int) -> list[Expr]:
    """The variables that a derivative is by, at most so many, with commas between them.

    Raises:
        DerivativeError: one of them is not a variable of the formula, or there are more.
    """
    found: list[Expr] = []
    start = 0
    for part in text.split(","):
        name = part.strip()
        at = start + len(part) - len(part.lstrip())
        variable = named(text, name, names, at)
        if len(found) == most:
            raise DerivativeError(f"at most {most} variable{'s' if most > 1 else ''} here").at(text, (at, len(text)))
        found.append(variable)
        start += len(part) + 1
    return found


def _variable(text: str, names: Mapping[str, Expr]) -> Expr:
    name = text.strip()
    transposed = name.endswith("'")
    name = name.rstrip("'")
    if "[" not in name:
        variable = named(text, name, names)
        return transpose(variable) if transposed else variable
    try:
        part = with_hints(*_read_part(name, names))
    except ParseError as error:
        base = name.partition("[")[0]
        if error.summary.endswith("is not bound") and base in names:
            error.hint = f"by all of it is by {base}, by one part by {base}[1]"
        raise
    return transpose(part) if transposed else part


def _read_part(name: str, names: Mapping[str, Expr]) -> tuple[Expr, *tuple[Expr, ...]]:
    part, known = read(name, dict(names))
    return part, *known.values()


def named(text: str, name: str, names: Mapping[str, Expr], place: int | None = None) -> Expr:
    """The variable of this name, which stands in a text of the command line, there or at the first such place.

    Greek letters may be spelt in three ways, whatever the notation of the formula is: ``beta``, ``β``, ``\\beta``.

    Raises:
        DerivativeError: the formula has no such variable.
    """
    found = names[name] if name in names else _spelt_otherwise(name, names)
    if found is None:
        start = text.find(name) if place is None else place
        raise DerivativeError(
            f"not a variable of the formula: {name or text!r}",
            f"variables: {', '.join(names) or 'none'}",
            hint=_hint_for(name, names),
        ).at(text, (start, start + max(len(name), 1)))
    return found


def _spelt_otherwise(name: str, names: Mapping[str, Expr]) -> Expr | None:
    """The one variable that a name in LaTeX or with Greek letters means."""
    if "\\" in name:
        try:
            formula, _ = read(name, dict(names), "latex")
        except MatcalcError:
            return None
        return formula if formula.kind == "variable" and names.get(name_of(formula)) is formula else None
    found = [variable for known, variable in names.items() if in_latin(known) == in_latin(name)]
    return found[0] if len(found) == 1 else None


def _hint_for(name: str, names: Mapping[str, Expr]) -> str:
    if name == "pi":
        return 'pi is the number π, unless it is declared: --where "pi: n"'
    alike = [known for known in names if known.casefold() == name.casefold()]
    if alike or any(sign in name for sign in "^*+/("):
        return f"did you mean {alike[0]}?" if alike else "by a variable: give what stands there a name of its own"
    return suggest(name, list(names))


def shapes(names: Mapping[str, Expr]) -> str:
    return ", ".join(f"{name}: {declaration(v)}" for name, v in names.items())


def where(names: Mapping[str, Expr]) -> str:
    """The line that says what the names of a formula are, and what was read otherwise than it stands there."""
    readings = names.readings if isinstance(names, Names) else {}
    told = (f"{typed} read as {meaning}" for typed, meaning in readings.items())
    return f"where {', '.join(part for part in (shapes(names), *told) if part)}"


def sizes_of(text: str) -> dict[str, int] | None:
    """The sizes of dimensions: n=1000,m=50.

    Raises:
        ParseError: the text is none of that.
    """
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, size = (piece.strip() for piece in part.partition("="))
        number = decimal(size.removeprefix("-"))
        if not equals or not name or number is None:
            place = text.find(part)
            raise ParseError("--sizes: sizes read: n=1000,m=50").at(text, (place, place + len(part)))
        found[name] = -number if size.startswith("-") else number
    return found or None
