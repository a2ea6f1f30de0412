"""The command line: ``matcalc gradient FORMULA WRT``. Results on stdout, diagnostics on stderr.

Exit codes: 0 fine, 2 usage or a formula that does not parse, fit or derive, 130 interrupted; those of ``check`` are
told there. A command is loaded when it is called; see ``commands``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from matcalc.commands.messages import coloured, reported
from matcalc.commands.parser import parser
from matcalc.commands.table import COMMANDS
from matcalc.errors import MatcalcError
from matcalc.terminal import printable

USAGE_ERROR = 2
INTERRUPTED = 130  # as shells have it: 128 and the number of the signal


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # for what is no character at all, such as half of a pair
    given = sys.argv[1:] if arguments is None else arguments
    if not given and sys.stdin.isatty() and sys.stdout.isatty():
        return int(import_module("matcalc.commands.prompt").prompt())
    called = next((word for word in given if word in COMMANDS), "")
    options = parser(called).parse_args([_shielded(argument) for argument in given])
    module = "batch" if getattr(options, "batch", False) else COMMANDS[options.command].module
    try:
        text, code = import_module(f"matcalc.commands.{module}").run(options)
    except MatcalcError as error:
        print(reported(error), file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    return _written(coloured(text, options), code)


def _written(text: str, code: int) -> int:
    """Prints an answer; the exit code is another one where that fails."""
    if not text:
        return code
    try:
        print(printable(text), flush=True)
    except OSError as error:  # a closed pipe, a full disk: say so once, and keep the interpreter from trying again
        if not isinstance(error, BrokenPipeError):
            print(f"matcalc: cannot write the result: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code if isinstance(error, BrokenPipeError) else USAGE_ERROR
    return code


def _shielded(argument: str) -> str:
    """A formula such as -x'*y, kept from looking like an option."""
    is_formula = argument.startswith("-") and not argument.startswith("--") and argument not in ("-", "-h", "-o")
    return f" {argument}" if is_formula else argument


if __name__ == "__main__":
    sys.exit(main())
