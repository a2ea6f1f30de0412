"""The commands of a notebook: ``%matcalc gradient "norm2(A*x - b)^2" x``, and ``%%matcalc`` with the formula below.
``%%matcalc check "norm2(A*x - b)^2" x --lines`` has the lines of a derivation below.

``%load_ext matcalc`` enters them. Results are what the functions of the package give, so that they show as mathematics
and can be used further: ``g = %matcalc gradient "x'*x" x``. Formulas know the variables of the notebook by their names.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

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


class Command(NamedTuple):
    """How many words follow the formula, at least and at most, what is done with all of them, and its options."""

    least: int
    most: int
    act: Callable[..., Any]
    options: tuple[str, ...] = ()


COMMANDS: dict[str, Command] = {
    "parse": Command(0, 0, lambda f: f),
    "gradient": Command(1, 1, api.gradient, ("structure",)),
    "jacobian": Command(1, 1, api.jacobian, ("layout",)),
    "hessian": Command(1, 2, api.hessian, ("layout",)),
    "conditions": Command(0, 0, api.conditions),
    "properties": Command(0, 0, api.properties),
    "explain": Command(1, 1, api_checking.explain, ("style",)),
    "check": Command(
        2, 2, lambda f, x, claim, **said: api_checking.check(claim, f, x, **said), ("kind", "structure", "notation")
    ),
    "plan": Command(0, 1, lambda f, *by: api.plan(_with_slope(f, *by))),
    "emit": Command(0, 1, lambda f, *by, **said: api.emit(_with_slope(f, *by), **said), ("target", "style")),
    "draw": Command(0, 1, draw),
    "sparsity": Command(1, 1, sparsity),
}
_LINES = Command(
    1, 1, lambda f, x, lines, **said: api_checking.check_derivation(lines, f, x, **said), ("kind", "notation")
)
_CHOSEN = ("layout", "structure", "style", "kind", "target")  # options that are arguments of functions
_HELP = """%matcalc COMMAND "FORMULA" …, or %%matcalc COMMAND … with the formula below:

{lines}
  check FORMULA WRT --lines         with a derivation below %%matcalc, a line each

Options of all: --where "S: n×n symmetric", --from {notations}
Variables of the notebook are known by their names."""


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
    if line.strip() in ("", "help", "--help", "-h") and cell is None:
        print(_help())
        return None
    given = _read_options(line)
    if given.command not in COMMANDS:
        known = f"known: {', '.join(COMMANDS)}"
        raise ParseError(f"unknown command: {given.command}", known, hint=_USAGE).at(line, (0, len(given.command)))
    command = COMMANDS[given.command]
    if given.lines:
        if given.command != "check" or cell is None:
            raise ParseError("--lines is of a derivation below %%matcalc check", hint=_LINES_USAGE)
        command, words = _LINES, [*given.rest]
    else:
        words = given.rest if cell is None else [cell.strip(), *given.rest]
    if not words:
        raise ParseError("a formula is missing", hint=_USAGE).at(line, (0, len(line)))
    _check_count(line, given.command, command, words)
    text, *others = words
    formula = _formula(text, {**_declared(text, space), **parse_where(given.where)}, given.notation)
    said = {name: getattr(given, name) for name in (*_CHOSEN, "notation") if name in command.options}
    if stranger := next((n for n in _CHOSEN if getattr(given, n) is not None and n not in command.options), ""):
        told = ", ".join(f"--{name}" for name in command.options if name in _CHOSEN) or "none"
        raise ParseError(f"{given.command} has no --{stranger}", f"its own options: {told}", hint=_USAGE)
    if given.lines:
        others.append(cell)
    return command.act(formula, *others, **{name: value for name, value in said.items() if value is not None})


def _read_options(line: str) -> argparse.Namespace:
    options = _Parser(prog="%matcalc", add_help=False)
    options.add_argument("command")
    options.add_argument("rest", nargs="*")
    options.add_argument("--where", default="")
    options.add_argument("--from", "--notation", dest="notation", default="text", choices=tuple(READERS))
    options.add_argument("--lines", action="store_true")
    for name in _CHOSEN:
        options.add_argument(f"--{name}")
    try:
        return options.parse_args(shlex.split(line, posix=True))
    except ValueError as error:  # a quote that is not closed
        raise ParseError(f"the line cannot be read: {str(error).lower()}", hint=_USAGE).at(
            line, (0, len(line))
        ) from None


def _check_count(line: str, name: str, command: Command, words: Sequence[str]) -> None:
    count = len(words) - 1
    if command.least <= count <= command.most:
        return
    wanted = str(command.least) if command.least == command.most else f"{command.least} to {command.most}"
    hint = "a formula with blanks stands in quotes: " + _USAGE if count > command.most else _USAGE
    raise ParseError(f"{name} takes {wanted} behind the formula, got {count}", hint=hint).at(line, (0, len(line)))


def _help() -> str:
    behind = {(0, 0): "", (1, 1): " WRT", (2, 2): " WRT CLAIM", (0, 1): " [WRT]", (1, 2): " WRT [WRT]"}
    lines = []
    for name, command in COMMANDS.items():
        typed = f"{name} FORMULA{behind[command.least, command.most] if name != 'draw' else ' [WHAT]'}"
        told = ", ".join(f"--{option}" for option in command.options if option in _CHOSEN)
        lines.append(f"  {typed:<34}{told}".rstrip())
    return _HELP.format(lines="\n".join(lines), notations="|".join(READERS))


_LINES_USAGE = '%%matcalc check "norm2(A*x - b)^2" x --lines, with the lines below'
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
