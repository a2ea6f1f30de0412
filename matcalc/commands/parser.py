"""The parser of the command line, made of the records of commands."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from matcalc.commands.record import Command
from matcalc.commands.table import COMMANDS
from matcalc.terminal import printable
from matcalc.version import __version__

_WIDEST = 120  # columns of a help that is easily read
_EPILOG = (
    "Undeclared names: a-g and Greek letters scalars, h-z columns, A-Z matrices, unless their use says otherwise; "
    'sizes are inferred. Declarations: --where "S: n×n symmetric, a: vector, c: scalar". A FORMULA of - is read from '
    "standard input. Exit codes: 0 fine, 2 bad input; those of check are told by matcalc check --help. Without a "
    "command, a prompt opens on a terminal."
)


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal, which is asked for directly: argparse loads a dozen modules for it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(_width(), _WIDEST) - 2)


def _width() -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


class Parser(argparse.ArgumentParser):
    """A parser whose help any terminal can print."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=_Formatter, **settings)

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(printable(message, getattr(file, "encoding", None)), file)


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The options that the words of a command line give; the parser of a command that is called is made alone."""
    command = COMMANDS.get(words[0]) if words else None
    if command is None:
        return parser(whole=not COMMANDS.keys().isdisjoint(words)).parse_args(words)
    made = Parser(prog=f"matcalc {command.name}", **_words(command))
    made.set_defaults(command=command.name)
    _fill(made, command)
    return made.parse_args(words[1:])


def parser(*, whole: bool = True) -> Parser:
    """The parser of all commands; one that is not whole knows what they are for, which is all that its help says."""
    made = Parser(
        prog="matcalc",
        description="Symbolic matrix calculus: derivatives of formulas over scalars, vectors and matrices.",
        epilog=_EPILOG,
    )
    made.add_argument("--version", action="version", version=f"matcalc {__version__}")
    made_of: Any = Parser if whole else dict
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=made_of)
    for command in COMMANDS.values():
        added = commands.add_parser(command.name, help=command.summary, **_words(command))
        if whole:
            _fill(added, command)
    return made


def _fill(parser: argparse.ArgumentParser, command: Command) -> None:
    choices: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for argument in command.arguments:
        if argument.choice:
            if argument.choice not in choices:
                choices[argument.choice] = parser.add_mutually_exclusive_group()
            choices[argument.choice].add_argument(*argument.names, **argument.settings)
        else:
            parser.add_argument(*argument.names, **argument.settings)


def _words(command: Command) -> dict[str, Any]:
    """What the help says around the options: the purpose, what is said besides, and the example as a shell takes it."""
    example = f"Example: matcalc {command.name} {' '.join(map(quoted, command.example))}" if command.example else ""
    epilog = " ".join(part for part in (command.about, example) if part)
    return {"description": f"{command.summary[0].upper()}{command.summary[1:]}.", "epilog": epilog}


def quoted(word: str) -> str:
    """A word of a command as a shell reads it."""
    return word if word and all(c.isalnum() or c in "-_=.,/:" for c in word) else f'"{word}"'
