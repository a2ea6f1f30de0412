"""The tab that checks: a derivative done by hand, or a derivation line by line, with the mistake and its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import SequenceMatcher
from typing import Any

import matcalc as mc
from matcalc.api_checking import CHECKED
from matcalc.checking.report import Line
from matcalc.checking.verdict import Verdict
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.readers import READERS, read
from matcalc.regex import regex
from matcalc.web.questions import Question, choice, text_of
from matcalc.web.recognition import recognised

MOST_LINES = 50
_DEFINES = regex(r"^[^=<>!\[(]*=(?!=)")
_ALIKE = 0.4  # how much of two texts is the same, where their differences are shown
_TOKEN = regex(r"\w+|\.[*/^']|\s+|.", re.S)


def check(asked: Question, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on a claim; on several lines, a verdict on each.

    Raises:
        MatcalcError: the claim is no formula.
    """
    claim = text_of(fields, "claim").strip()
    if not claim:
        return {"empty": True}
    told = choice(fields, "claim_notation", ("auto", *READERS))
    notation = recognised(claim) if told == "auto" else told
    lines = [line for line in claim.splitlines() if line.strip()]
    if notation in ("text", "index") and len(lines) > 1:
        return _derivation(asked, lines, "text")
    if notation == "latex" and len(lines) > 1 and "=" in claim:
        with suppress(MatcalcError):  # no line of it is one of a derivation: a formula in several rows
            return _derivation(asked, lines, "latex")
    if notation in ("text", "index"):
        claim = _right_side(claim)
        verdict = mc.check(claim, *_asked(asked), kind=asked.kind, structure=_structure(asked))
        return {"notation": notation, "claim": claim, **_told(verdict, claim)}
    try:
        formula = _fitted(read(claim, dict(asked.names), notation)[0], asked)
    except MatcalcError as error:
        raise error.at(claim, (0, len(claim))) from None
    verdict = mc.check(formula, *_asked(asked), kind=asked.kind, structure=_structure(asked))
    return {"notation": notation, "claim": str(formula), **_told(verdict, str(formula))}


def _asked(asked: Question) -> tuple[Expr, Expr, Expr | None]:
    """The formula, its variable, and the other one of a mixed derivative."""
    is_mixed = asked.kind == "hessian" and asked.then is not asked.by
    return asked.formula, asked.by, asked.then if is_mixed else None


def _structure(asked: Question) -> str:
    return asked.request.structure if asked.kind == "gradient" else "ignore"


def _right_side(claim: str) -> str:
    """The claim without what it is called: ∇f = …, df/dx = …; an equation with indices keeps its left side."""
    return _DEFINES.sub("", claim, count=1).strip() or claim


def _fitted(formula: Expr, asked: Question) -> Expr:
    """An array of one axis is a column when it is read: where the answer is a row, it is the row."""
    if asked.kind == "jacobian" and formula.shape == asked.derivative.T.shape != asked.derivative.shape:
        if 1 in (formula.shape.cols.number, formula.shape.rows.number) and asked.request.notation == "numpy":
            return formula.T
    return formula


def _derivation(asked: Question, lines: list[str], notation: str) -> dict[str, Any]:
    if len(lines) > MOST_LINES:
        raise MatcalcError(f"a derivation of {len(lines)} lines", f"at most {MOST_LINES} are checked")
    kind = asked.kind if asked.kind in CHECKED else "gradient"
    formula, by, then = _asked(asked)
    report = mc.check_derivation(lines, formula, name_of(by), then and name_of(then), kind=kind, notation=notation)
    bad = [k for k, line in enumerate(report.lines) if line.verdict is not None and not line.verdict]
    return {
        "status": "correct" if report else "wrong" if bad else "undecided",
        "lines": [_line(line) for line in report.lines],
        "first_bad_line": bad[0] if bad else None,
    }


def _line(line: Line) -> dict[str, Any]:
    made: dict[str, Any] = {"text": line.text.strip(), "status": "note", "follows": line.follows}
    if line.error is not None:
        return {**made, "status": "unread", "explanation": line.error.summary.partition(": ")[2] or line.error.summary}
    if line.verdict is None:
        return made
    text = made["text"]
    right = _right_side(text)
    told = _told(line.verdict, right)
    before = len(text) - len(right)
    places = [{"start": place["start"] + before, "stop": place["stop"] + before} for place in told["places"]]
    return {**made, **told, "places": places}


def _told(verdict: Verdict, claim: str) -> dict[str, Any]:
    return {
        "status": verdict.status,
        "ground": verdict.ground,
        "mistake": verdict.mistake,
        "explanation": verdict.explanation,
        "repaired": verdict.repaired,
        "answer": verdict.answer,
        "counterexample": str(verdict.counterexample) if verdict.counterexample is not None else "",
        "places": places_of_change(claim, verdict.repaired) if verdict.repaired is not None else [],
    }


def places_of_change(claim: str, repaired: str) -> list[dict[str, int]]:
    """Where a claim differs from what it is put right to; nothing where they have little in common."""
    before, after = _tokens(claim), _tokens(repaired)
    texts = [text for text, _ in before], [text for text, _ in after]
    matcher = SequenceMatcher(None, *texts, autojunk=False)
    if len(before) * len(after) > 250_000 or matcher.ratio() < _ALIKE:
        return []
    found = []
    for tag, start, stop, _, _ in matcher.get_opcodes():
        if tag == "equal":
            continue
        first = start if start < stop else max(0, start - 1)  # of what is missing, what stands before it
        last = max(stop, first + 1) - 1
        found.append({"start": before[first][1], "stop": before[last][1] + len(before[last][0])})
    return found


def _tokens(text: str) -> list[tuple[str, int]]:
    return [(found[0], found.start()) for found in _TOKEN.finditer(text) if not found[0].isspace()]
