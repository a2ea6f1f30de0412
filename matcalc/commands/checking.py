"""``matcalc check``: whether a claim, or a derivation, is right. Exit codes: 0 correct, 1 wrong, 3 undecided."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from matcalc.api_checking import check, check_derivation
from matcalc.commands.files import read_text
from matcalc.commands.questions import Question, answering, question, single_variables
from matcalc.errors import MatcalcError
from matcalc.notation.parse import Declared, Names

if TYPE_CHECKING:
    from matcalc.checking.report import Report

CODES = {"correct": 0, "wrong": 1, "undecided": 3}


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    """The verdict on a claim or a derivation; and the shapes, where some of them were inferred."""
    asked = question(options, session)
    with answering(asked, options.by, is_of_formula=False):
        return _judged(options, asked)


def _judged(options: Namespace, asked: Question) -> tuple[str, int]:
    by = single_variables(options.by, asked.names, most=2)
    shown = f"\n{asked.where}" if asked.inferred or isinstance(asked.names, Names) else ""
    said = {"kind": options.kind, "notation": options.notation}
    if options.lines is not None:
        if options.claim is not None:
            raise MatcalcError("--lines stands for a claim: leave out CLAIM")
        for option, plain in (("structure", "ignore"), ("layout", "numerator")):
            if getattr(options, option) != plain:
                raise MatcalcError(f"--{option}: lines are judged with {option} {plain}", hint="check each CLAIM")
        report = check_derivation(read_text(options.lines), asked.formula, *by, **said)
        return report.to_json() if options.json else f"{report}{shown}", _code(report)
    if options.layout != "numerator" and options.kind not in ("jacobian", "hessian"):
        raise MatcalcError(f"--layout: of Jacobians and Hessians, and this is a {options.kind}", hint="--kind jacobian")
    if options.claim is None:
        raise MatcalcError("a claim is missing", hint="matcalc check FORMULA WRT CLAIM, or --lines FILE")
    verdict = check(options.claim, asked.formula, *by, structure=options.structure, layout=options.layout, **said)
    return verdict.to_json() if options.json else f"{verdict}{shown}", CODES[verdict.status]


def _code(report: Report) -> int:
    """A line that is not true counts before one that cannot be read."""
    if report:
        return 0
    return 1 if any(line.verdict is not None and not line.verdict for line in report.lines) else 2
