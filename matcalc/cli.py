"""The command line: ``matcalc gradient FORMULA WRT``. Results on stdout, diagnostics on stderr.

Exit codes: 0 fine, 2 usage or a formula that does not parse, fit or derive, 130 interrupted; those of ``check`` are
told there. A command is loaded when it is called; see ``commands``.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

from matcalc.commands.messages import coloured, reported
from matcalc.commands.parser import parsed
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
    options = parsed([_shielded(argument) for argument in given])
    module = "batch" if getattr(options, "batch", False) else COMMANDS[options.command].module
    code = 0
    try:
        text, code = import_module(f"matcalc.commands.{module}").run(options)
        if text:
            print(printable(coloured(text, options)), flush=True)
    except MatcalcError as error:
        print(reported(error), file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # a closed pipe, a full disk: say so once, and keep the interpreter from trying again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"matcalc: cannot write the result: {error.strerror}", file=sys.stderr)
            return USAGE_ERROR
    return code


def entry() -> int:
    """The process of a command, which is short: what it has loaded is hardly looked through for garbage."""
    gc.set_threshold(100_000)
    code = main()
    gc.freeze()
    return code


def _shielded(argument: str) -> str:
    """A formula such as -x'*y, kept from looking like an option."""
    is_formula = argument.startswith("-") and not argument.startswith("--") and argument not in ("-", "-h", "-o")
    return f" {argument}" if is_formula else argument


if __name__ == "__main__":
    sys.exit(entry())
