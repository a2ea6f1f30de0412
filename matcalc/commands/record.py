"""The record of a command: its name, purpose, arguments and an example, and the module that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.records import NamedTuple


class Argument(NamedTuple):
    """An argument or option, by all its names, as ``argparse`` takes it; of those with one ``choice``, one is given."""

    names: tuple[str, ...]
    settings: Mapping[str, Any]
    choice: str = ""


class Command(NamedTuple):
    """What is known of a command without loading it.

    ``module`` is that of this folder whose function ``run`` takes the options and returns a text and the exit code.
    The words of ``example`` are those behind the name of the command, and ``about`` says what the help says besides.
    """

    name: str
    summary: str
    module: str
    arguments: tuple[Argument, ...]
    example: tuple[str, ...] = ()
    about: str = ""

    def has(self, option: str) -> bool:
        return any(option in argument.names for argument in self.arguments)


def argument(*names: str, choice: str = "", **settings: Any) -> Argument:
    return Argument(names, settings, choice)
