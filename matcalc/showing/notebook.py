"""The commands of a notebook: ``%matcalc gradient "norm2(A*x - b)^2" x``, and ``%%matcalc`` with the formula below.
``%%matcalc derivation "norm2(A*x - b)^2" x`` has the lines of a derivation below.

``%load_ext matcalc`` enters them. Results are what the functions of the package give, so that they show as mathematics
and can be used further: ``g = %matcalc gradient "x'*x" x``. Formulas know the variables of the notebook by their names.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from matcalc import api, api_checking
from matcalc.errors import ParseError
from matcalc.expr import Expr, name_of
from matcalc.function import Function
from matcalc.notation.conventions import Outline
from matcalc.notation.declarations import parse_where
from matcalc.readers import READERS, read
from matcalc.regex import regex
from matcalc.showing.drawing import draw
from matcalc.showing.sparsity import sparsity
from matcalc.symbols import with_hints

_WORD = regex(r"[^\W\d]\w*")
Declared = dict[str, Expr | Function | Outline]


class Shell(Protocol):
    """What is wanted of IPython."""

    user_ns: dict[str, Any]

    def register_magic_function(self, function: Callable[..., Any], kind: str, name: str) -> None: ...


# How many words follow the formula, at least and at most, and what is done with the formula and them.
COMMANDS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "parse": (0, 0, lambda f: f),
    "gradient": (1, 1, api.gradient),
    "jacobian": (1, 1, api.jacobian),
    "hessian": (1, 2, api.hessian),
    "conditions": (0, 0, api.conditions),
    "properties": (0, 0, api.properties),
    "explain": (1, 1, api_checking.explain),
    "check": (2, 2, lambda f, x, claim: api_checking.check(claim, f, x)),
    "derivation": (2, 2, lambda f, x, lines: api_checking.check_derivation(lines, f, x)),
    "plan": (0, 1, lambda f, *by: api.plan(_with_slope(f, *by))),
    "emit": (0, 1, lambda f, *by: api.emit(_with_slope(f, *by))),
    "draw": (0, 1, draw),
    "sparsity": (1, 1, sparsity),
}


def load_ipython_extension(shell: Shell) -> None:
    """Enters the commands into a notebook, or into IPython."""

    def matcalc(line: str, cell: str | None = None) -> Any:
        return answered(line, cell, shell.user_ns)

    matcalc.__doc__ = f"{__doc__}\nCommands: {', '.join(COMMANDS)}.\n"
    shell.register_magic_function(matcalc, "line_cell", "matcalc")


def answered(line: str, cell: str | None, space: Mapping[str, Any]) -> Any:
    """What a command answers: ``line`` is what stands behind %matcalc, ``cell`` what stands below %%matcalc: the
    formula, or the lines of a derivation.

    Raises:
        MatcalcError: there is no such command, something is missing, or the formula is none.
    """
    options = _Parser(prog="%matcalc", add_help=False)
    options.add_argument("command")
    options.add_argument("rest", nargs="*")
    options.add_argument("--where", default="")
    options.add_argument("--notation", default="text", choices=tuple(READERS))
    try:
        given = options.parse_args(shlex.split(line, posix=True))
    except ValueError as error:  # a quote that is not closed
        raise ParseError(f"the line cannot be read: {str(error).lower()}", hint=_USAGE).at(
            line, (0, len(line))
        ) from None
    if given.command not in COMMANDS:
        known = f"known: {', '.join(COMMANDS)}"
        raise ParseError(f"unknown command: {given.command}", known, hint=_USAGE).at(line, (0, len(given.command)))
    if cell is None and not given.rest:
        raise ParseError("a formula is missing", hint=_USAGE).at(line, (0, len(line)))
    below = [] if cell is None else [cell.strip()]
    text, *others = [*given.rest, *below] if given.command == "derivation" else [*below, *given.rest]
    formula = _formula(text, {**_declared(text, space), **parse_where(given.where)}, given.notation)
    least, most, act = COMMANDS[given.command]
    if not least <= len(others) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        told = f"{given.command} takes {wanted} behind the formula, got {len(others)}"
        raise ParseError(told, hint=_USAGE).at(line, (0, len(line)))
    return act(formula, *others)


_USAGE = '%matcalc gradient "norm2(A*x - b)^2" x, or %%matcalc gradient x with the formula below'


class _Parser(argparse.ArgumentParser):
    """A parser of options that raises errors of this package and ends nothing."""

    def error(self, message: str) -> NoReturn:
        raise ParseError(f"the line cannot be read: {message}", hint=_USAGE)


def _formula(text: str, declared: Declared, notation: str) -> Expr:
    formula, names = read(text, declared, notation)
    return with_hints(formula, *names.values())


def _declared(text: str, space: Mapping[str, Any]) -> Declared:
    """The variables and functions of the notebook that a text names."""
    words = set(_WORD.findall(text))
    found: Declared = {}
    for name, value in space.items():
        is_variable = isinstance(value, Expr) and value.kind == "variable" and name_of(value) == name
        if name in words and (is_variable or (isinstance(value, Function) and value.abstract is not None)):
            found[name] = value
    return found


def _with_slope(f: Expr, *by: str) -> dict[str, Expr]:
    """The formula, and its derivative where a variable is named."""
    if not by:
        return {"value": f}
    (x,) = by
    if f.shape.is_scalar:
        return {"value": f, "gradient": api.gradient(f, x)}
    return {"value": f, "jacobian": api.jacobian(f, x)}
