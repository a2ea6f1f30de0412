"""Errors as the command line tells them, and colours where a terminal has them."""

from __future__ import annotations

import os
import re
import sys
from typing import IO, Any

from matcalc.errors import MatcalcError
from matcalc.regex import regex
from matcalc.terminal import printable

_RED, _GREEN, _YELLOW, _BOLD, _DIM = "31", "32", "33", "1", "2"
_VERDICTS = {"correct": _GREEN, "wrong": _RED, "undecided": _YELLOW, "unread": _YELLOW}
_VERDICT = regex(rf"^(\d+  )?({'|'.join(_VERDICTS)})\b", re.M)
_CARETS = regex(r"^(  \| +)(\^+)", re.M)


def has_colours(stream: IO[str]) -> bool:
    """Whether what is written there may be coloured: a terminal may, unless NO_COLOR or TERM=dumb says otherwise.

    FORCE_COLOR colours what goes elsewhere, too.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    if os.environ.get("TERM") == "dumb" or (sys.platform == "win32" and "WT_SESSION" not in os.environ):
        return False
    return stream.isatty()


def reported(error: MatcalcError) -> str:
    """An error as it is printed on stderr: what, where, wanted and got, and a hint in terms of options."""
    error.hint = for_commands(error.hint)
    text = printable(f"matcalc: {error}", sys.stderr.encoding)
    if not has_colours(sys.stderr):
        return text
    return _CARETS.sub(_red_carets, text).replace("matcalc:", _painted("matcalc:", f"{_BOLD};{_RED}"), 1)


def coloured(text: str, options: Any) -> str:
    """An answer with its verdicts, or its result, in colours, where they are for people and the terminal has them."""
    is_for_people = not any(getattr(options, form, False) for form in ("json", "latex", "dot", "svg", "html"))
    if not text or not is_for_people or not has_colours(sys.stdout):
        return text
    if options.command in ("check", "verify"):
        return _VERDICT.sub(lambda found: f"{found[1] or ''}{_painted(found[2], _VERDICTS[found[2]])}", text)
    if hasattr(options, "cheapest") and options.to not in ("numpy", "sympy"):  # one line, and what is told of it below
        result, *told = text.split("\n")
        return "\n".join([_painted(result, _BOLD), *(_painted(line, _DIM) for line in told)])
    return text


def for_commands(hint: str) -> str:
    """A hint with the options of the command line in place of Python's arguments."""
    hint = hint.replace('emit(..., target="numpy")', "--target numpy").replace('target="c", ', "--target c ")
    hint = hint.replace('structure="ignore"', "--structure ignore")
    hint = re.sub(r'declare it, as the others: \{"(.*)": …\}', r'declare it, as the others: --where "\1: …"', hint)
    hint = re.sub(
        r'say which: families=\{"\w+?_?\{?(\w)\}?": \{"of": "(\w+)".*',
        r"write \2_{\1,:}^\\top for a row of \2, \2_{:,\1} for a column",
        hint,
    )
    return re.sub(r"sizes=\{([^{}]*)\}", _sizes, hint)


def _sizes(found: re.Match[str]) -> str:
    return "--sizes " + found[1].replace("'", "").replace(": ", "=").replace(", ", ",")


def _red_carets(found: re.Match[str]) -> str:
    return f"{found[1]}{_painted(found[2], _RED)}"


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if text else text
