"""``matcalc check`` and ``matcalc verify``. Exit codes: 0 correct, 1 wrong, 3 undecided; 2 is for bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from matcalc import api_checking as api
from matcalc.checking.report import Report
from matcalc.errors import DerivativeError, MatcalcError, suggest
from matcalc.expr import Expr
from matcalc.families import declaration
from matcalc.notation.parse import Names
from matcalc.readers import READERS
from matcalc.structured import CHOICES

CODES = {"correct": 0, "wrong": 1, "undecided": 3}


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="whether a derivative done by hand is right, and what is wrong with it")
    check.add_argument("formula", metavar="FORMULA", help='such as "x\'*A*x"')
    check.add_argument("by", metavar="WRT", help="the variable; x,y for a mixed Hessian")
    check.add_argument("claim", metavar="CLAIM", nargs="?", help='such as "(A + A\')*x"')
    check.add_argument("--kind", choices=api.CHECKED, default="gradient", help="default: gradient")
    check.add_argument("--structure", choices=CHOICES, default="ignore", help="of a gradient by a structured variable")
    check.add_argument(
        "--lines", metavar="FILE", help="a derivation: lines f = …, df = …, D = …, u = …; - is standard input"
    )
    check.add_argument("--where", default="", metavar="DECLARATIONS", help='such as "S: n×n symmetric, x: n positive"')
    add_notation(check)
    check.add_argument("--json", action="store_true", help="print the certificate")
    explain = commands.add_parser("explain", help="how a derivative is derived, step by step")
    explain.add_argument("formula", metavar="FORMULA", help='such as "norm2(A*x - b)^2"')
    explain.add_argument("by", metavar="WRT", help="the variable, such as x")
    explain.add_argument("--style", choices=("chain", "differential"), default="chain", help="default: chain")
    explain.add_argument(
        "--where", default="", metavar="DECLARATIONS", help='such as "S: n×n symmetric, x: n positive"'
    )
    add_notation(explain)
    form = explain.add_mutually_exclusive_group()
    for name in ("latex", "markdown", "html", "json"):
        form.add_argument(f"--{name}", action="store_true", help=f"print the steps as {name}")
    verify = commands.add_parser("verify", help="checks a certificate again")
    verify.add_argument("file", metavar="FILE", help="a certificate, or - for standard input")


def add_notation(command: argparse.ArgumentParser) -> None:
    """``--from``: the notation of the formula."""
    command.add_argument(
        "--from",
        dest="notation",
        default="text",
        metavar="NOTATION",
        help=f"the notation of FORMULA, CLAIM and lines, one of: {', '.join(READERS)} (default: text)",
    )


def run_check(
    options: argparse.Namespace, formula: Expr, names: Mapping[str, Expr], inferred: Mapping[str, Expr]
) -> tuple[str, int]:
    """The verdict on a claim or a derivation; and the shapes, where some of them were inferred."""
    by = _variables(options.by, names, most=2)
    shown = f"\n{where(names)}" if inferred or isinstance(names, Names) else ""
    if options.lines is not None:
        if options.claim is not None:
            raise MatcalcError("--lines stands for a claim: leave out CLAIM")
        lines = read_text(options.lines)
        report = api.check_derivation(lines, formula, *by, kind=options.kind, notation=options.notation)
        return report.to_json() if options.json else f"{report}{shown}", _code(report)
    if options.claim is None:
        raise MatcalcError("a claim is missing", hint="matcalc check FORMULA WRT CLAIM, or --lines FILE")
    said = {"kind": options.kind, "structure": options.structure, "notation": options.notation}
    verdict = api.check(options.claim, formula, *by, **said)
    return verdict.to_json() if options.json else f"{verdict}{shown}", CODES[verdict.status]


def _code(report: Report) -> int:
    """A line that is not true counts before one that cannot be read."""
    if report:
        return 0
    return 1 if any(line.verdict is not None and not line.verdict for line in report.lines) else 2


def run_explain(options: argparse.Namespace, formula: Expr, names: Mapping[str, Expr]) -> tuple[str, int]:
    (by,) = _variables(options.by, names, most=1)
    steps = api.explain(formula, by, style=options.style)
    form = next((name for name in ("latex", "markdown", "html", "json") if getattr(options, name)), None)
    return (f"{steps}\n{where(names)}" if form is None else getattr(steps, f"to_{form}")()), 0


def named(text: str, name: str, names: Mapping[str, Expr], place: int | None = None) -> Expr:
    """The variable of this name, which stands in a text of the command line, there or at the first such place.

    Raises:
        DerivativeError: the formula has no such variable.
    """
    if name not in names:
        start = text.find(name) if place is None else place
        raise DerivativeError(
            f"not a variable of the formula: {name or text!r}",
            f"variables: {', '.join(names) or 'none'}",
            hint=suggest(name, list(names)),
        ).at(text, (start, start + max(len(name), 1)))
    return names[name]


def shapes(names: Mapping[str, Expr]) -> str:
    return ", ".join(f"{name}: {declaration(v)}" for name, v in names.items())


def where(names: Mapping[str, Expr]) -> str:
    """The line that says what the names of a formula are, and what was read otherwise than it stands there."""
    readings = names.readings if isinstance(names, Names) else {}
    told = (f"{typed} read as {meaning}" for typed, meaning in readings.items())
    return f"where {', '.join(part for part in (shapes(names), *told) if part)}"


def _variables(text: str, names: Mapping[str, Expr], *, most: int) -> list[Expr]:
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


def run_verify(options: argparse.Namespace) -> tuple[str, int]:
    verdict = api.verify(read_text(options.file))
    return str(verdict), CODES[verdict.status]


def read_text(name: str) -> str:
    """The text of a file, or of standard input for -.

    Raises:
        MatcalcError: it cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        with open(name, encoding="utf-8-sig") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise MatcalcError(f"cannot read {name}: {reason}") from None
