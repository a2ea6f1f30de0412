"""A session of the prompt: variables that were declared, formulas that have a name, and what each line answers.

A line declares variables (``A: m×n, x: n``), names a formula (``f = norm2(A*x)^2``), calls a command of the command
line (``gradient f by x``), or is a formula, which is shown with its shape. The last result is ``ans``.
"""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from importlib import import_module

from matcalc.commands.deriving import answer, told
from matcalc.commands.parser import parsed
from matcalc.commands.questions import of_text, question, shapes
from matcalc.commands.table import COMMANDS
from matcalc.errors import MatcalcError, ParseError, suggest
from matcalc.expr import Expr, name_of
from matcalc.function import Function
from matcalc.functions import find
from matcalc.notation.conventions import Outline
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from matcalc.regex import regex

LAST = "ans"
OWN = ("help", "names", "forget", "quit", "exit")  # commands of the prompt besides those of the table
_DECLARATION = regex(r"\s*[^\W\d]\w*\s*:(?!=)")
_NAMING = regex(r"\s*(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<rest>.*)", re.S)
_OPTION = regex(r"\s(--[a-z]{2}[a-z-]*|-o)(?=[\s=]|$)")
_QUOTED = regex(r'"(?P<formula>[^"]*)"\s*(?:by\s+)?(?P<by>\S+|)\s*(?P<claim>.*)')
_BY = regex(r"(?P<formula>.*?)\s+by\s+(?P<by>[^:]+?)\s*(?::\s*(?P<claim>.*))?")
_LAST_WORD = regex(r"(?P<formula>.*\S)\s+(?P<by>\S+)(?P<claim>)")

HELP = """\
A line is one of:
  A: m×n, x: n, S: n×n symmetric     declares variables; others are inferred where they are used
  f = norm2(A*x)^2                   names a formula, and declares its variables
  2*f + x'*x                         shows a formula and its shape
  gradient f by x                    a derivative; jacobian, hessian, derivative, differential alike
  check f by x: 2*A'*A*x             whether a claim is right
  explain f by x, plan f by x, emit f by x, functions logdet, chain 10,6,8,2,1
  g = gradient f by x                names a result; the last one is ans
  gradient f by x --to latex         options are those of the command line: gradient --help
  names, forget f, help, help exp, quit
Ctrl-C leaves a line or a computation, Ctrl-D the prompt."""


class Session:
    """What is known at the prompt: variables, and formulas that have a name."""

    def __init__(self) -> None:
        self.names: dict[str, Expr | Function | Outline] = {}

    def answer(self, line: str) -> tuple[str, Namespace | None]:
        """What a line answers, and the options of the command that did.

        Raises:
            MatcalcError: it cannot be read, or answered.
            SystemExit: an option is unknown, or help was asked for; it was printed.
        """
        word, _, rest = line.strip().partition(" ")
        if not word:
            return "", None
        if _DECLARATION.match(line):
            return self._declared(line), None
        naming = _NAMING.fullmatch(line)
        if naming is not None:
            return self._named(naming["name"], naming["rest"])
        if word in OWN:
            return self._own(word, rest.strip()), None
        if word in COMMANDS:
            return self._called(word, rest)
        return self._formula(line.strip()), None

    # ---------------------------------------------------------------- names
    def _declared(self, line: str) -> str:
        found = parse_where(line)
        for name in found:
            _check_name(name)
        self.names |= found
        return self._told({name: self.names[name] for name in found})

    def _named(self, name: str, rest: str) -> tuple[str, Namespace | None]:
        _check_name(name)
        word, _, arguments = rest.strip().partition(" ")
        if word in COMMANDS:
            if COMMANDS[word].module != "deriving":
                raise MatcalcError(f"{word} gives no formula that could be named", hint=f"without {name} =")
            text, options = self._called(word, arguments)
        else:
            text, options = self._formula(rest.strip()), None
        value = self.names[LAST]
        assert isinstance(value, Expr)
        for v in variables(value):
            if not isinstance(self.names.get(name_of(v)), Expr):
                self.names[name_of(v)] = v
        self.names[name] = value
        return f"{name} = {text}", options

    def _told(self, names: dict[str, Expr | Function | Outline]) -> str:
        """What names are, each on a line."""
        lines = []
        for name, value in names.items():
            if isinstance(value, Expr) and value.kind == "variable" and name_of(value) == name:
                lines.append(shapes({name: value}))
            elif isinstance(value, Expr):
                lines.append(f"{name} = {value.short}  [{value.shape}]")
            else:
                lines.append(f"{name}: {getattr(value, 'kind', '') or 'any shape'}, its size is inferred")
        return "\n".join(lines)

    def _own(self, word: str, rest: str) -> str:
        if word == "help":
            if rest in COMMANDS:
                parsed([rest, "--help"])
            return self._called("functions", rest)[0] if rest else HELP
        if word == "forget":
            gone = rest.replace(",", " ").split() or list(self.names)
            for name in gone:
                if name not in self.names:
                    raise MatcalcError(f"there is no name {name}", hint=suggest(name, list(self.names)))
                del self.names[name]
            return ""
        if word in ("quit", "exit"):
            raise EOFError
        return self._told(self.names) or "no names yet"

    # ---------------------------------------------------------------- formulas and commands
    def _formula(self, text: str) -> str:
        asked = of_text(text, Namespace(notation="text"), self.names)
        self.names[LAST] = asked.formula
        where = f"\n{asked.where}" if asked.inferred else ""
        return f"{asked.formula}\nshape {asked.formula.shape}{where}"

    def _called(self, word: str, rest: str) -> tuple[str, Namespace]:
        """The answer of a command, whose formula needs no quotes."""
        found = _OPTION.search(f" {rest}")
        before, after = (rest, "") if found is None else (rest[: found.start()], rest[found.start() :])
        command = COMMANDS[word]
        given = _words(after)
        if found is None or found[1] != "--help":
            given += ["--", *(_formula_and_by(word, before.strip()) if command.has("formula") else _words(before))]
        options = parsed([word, *given])
        if getattr(options, "batch", False):
            raise MatcalcError("--batch is for files", hint="matcalc gradient FILE x --batch, in a shell")
        if command.module == "deriving":
            derived = answer(options, question(options, self.names))
            text = told(options, derived)
            self.names[LAST] = derived.result
            return text, options
        run = import_module(f"matcalc.commands.{command.module}").run
        text, _ = run(options, self.names) if command.has("formula") else run(options)
        return text, options


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:  # a quote that is not closed
        raise ParseError(f"the options cannot be read: {str(error).lower()}").at(text, (0, len(text))) from None


def _formula_and_by(word: str, text: str) -> list[str]:
    """The formula, the variable and, where there is one, the claim, of a line without quotes.

    Raises:
        ParseError: one of them is missing.
    """
    found = _QUOTED.fullmatch(text) or _BY.fullmatch(text) or _LAST_WORD.fullmatch(text)
    if found is None or not found["by"]:
        raise ParseError(
            f"{word} is of a formula by a variable", hint=f"{word} x'*A*x by x" + (": 2*A*x" if word == "check" else "")
        ).at(f"{word} {text}", (0, len(word)))
    return [found["formula"], found["by"].strip(), *([found["claim"]] if found["claim"] else [])]


def _check_name(name: str) -> None:
    """Refuses a name that would hide what lines are made of.

    Raises:
        MatcalcError: it is that of a function or a command.
    """
    if name in OWN or name in COMMANDS or find(name) is not None:
        kind = "function" if find(name) is not None else "command"
        raise MatcalcError(f"{name} is a {kind}", hint="choose another name").at(name, (0, len(name)))
