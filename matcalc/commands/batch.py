"""``--batch``: a formula a line. A faulty line is told, the others are answered, and the exit code says so.

Line k of the output belongs to line k of the input, so that both can be put side by side; with --json, each answer is
an object of its line. A bar of progress stands on stderr where that is a terminal and the answers go elsewhere.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from matcalc.commands.deriving import answer, as_json
from matcalc.commands.files import read_text
from matcalc.commands.messages import reported
from matcalc.commands.questions import of_option, of_text
from matcalc.errors import MatcalcError
from matcalc.notation.declarations import parse_where
from matcalc.notation.parse import Declared
from matcalc.terminal import printable
from matcalc.writers import check_known

WIDTH = 30  # of the bar
BAD_INPUT = 2


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    """Answers each line, and prints each answer when it is there.

    Raises:
        MatcalcError: the file cannot be read, or an option does not go with a line for each formula.
    """
    for option in ("cheapest", "conditions", "properties"):
        if getattr(options, option):
            raise MatcalcError(f"--{option}: a line of the answer is one formula", hint="with --json and without it")
    check_known(options.to or "text")
    with of_option("--where"):
        declared = {**(session or {}), **parse_where(options.where)}
    name = "standard input" if options.formula == "-" else options.formula
    lines = read_text(options.formula).splitlines()
    code = 0
    with _progress(len(lines)) as advance:
        for number, line in enumerate(lines, 1):
            text, error = _line(options, line, number, declared)
            if error is not None:
                code = BAD_INPUT
                error.summary = f"{name}, line {number}: {error.summary}"
                advance(number, reported(error))
            print(printable(text), flush=True)
            advance(number, "")
    return "", code


def _line(options: Namespace, line: str, number: int, declared: Declared) -> tuple[str, MatcalcError | None]:
    """The answer to a line, or what is wrong with it; an empty line has an empty answer."""
    if not line.strip():
        return "", None
    options = Namespace(**vars(options))  # reading a line notes its notation there
    try:
        found = answer(options, of_text(line, options, declared))
        return as_json(options, found, line=number) if options.json else found.shown, None
    except MatcalcError as error:
        if not options.json:
            return "", error
        import json

        return json.dumps({"line": number, "error": str(error)}, ensure_ascii=False), error


@contextmanager
def _progress(count: int) -> Iterator[Callable[[int, str], None]]:
    """What tells how far the work is, and what went wrong, on stderr."""
    is_shown = sys.stderr.isatty() and not sys.stdout.isatty()

    def advance(number: int, message: str) -> None:
        if message:
            print(f"{_CLEAR if is_shown else ''}{message}", file=sys.stderr)
        if is_shown:
            done = WIDTH * number // count
            print(f"\r[{'#' * done}{' ' * (WIDTH - done)}] {number}/{count}", end="", file=sys.stderr, flush=True)

    try:
        yield advance
    finally:
        if is_shown:
            print(_CLEAR, end="", file=sys.stderr, flush=True)


_CLEAR = "\r\x1b[K"
