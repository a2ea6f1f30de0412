"""Derivations line by line: which lines are true of the formula, which follow from the line before, what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matcalc.checking.asked import Asked
from matcalc.checking.claims import check, evidence_of
from matcalc.checking.equality import equal
from matcalc.checking.verdict import Verdict
from matcalc.errors import DerivativeError, EvaluationError, MatcalcError, ParseError
from matcalc.expr import Expr, name_of
from matcalc.notation.parse import parse
from matcalc.version import __version__

_LINE = re.compile(r"\s*(?P<left>f|df|D)\s*=(?P<right>.*)", re.S)
_NOTE = re.compile(r"\s*(by\b.*|#.*)?$", re.S)


@dataclass(frozen=True)
class Line:
    """A line with its verdict. ``follows`` is whether it follows from the line before; None where that is not known."""

    number: int
    text: str
    verdict: Verdict | None  # None for a note
    follows: bool | None = None

    def __str__(self) -> str:
        if self.verdict is None:
            return f"{self.number}  note     {self.text}"
        after = "" if self.verdict or self.follows is not True else " (but it follows from the line before)"
        body = f"{self.number}  {self.verdict.status:8} {self.text.strip()}{after}"
        if self.verdict:
            return body
        why = str(self.verdict).removeprefix(f"{self.verdict.status}: ").splitlines()
        if self.verdict.ground == "the values differ":  # the point says so
            why = why[1:]
        return "\n".join([body, *(f"     {line}" for line in why)])


@dataclass(frozen=True)
class Report:
    """A checked derivation. ``first_bad_line`` is the 0-based number of the first line that is not true, or None."""

    lines: tuple[Line, ...]

    @property
    def first_bad_line(self) -> int | None:
        return next((line.number for line in self.lines if line.verdict is not None and not line.verdict), None)

    def __bool__(self) -> bool:
        return self.first_bad_line is None

    def to_json(self) -> str:
        """All that is needed to check every line again: each has its question, and says what it was found to be."""
        made = [
            {"number": line.number, "text": line.text, "follows": line.follows}
            | ({} if line.verdict is None else line.verdict.certificate)
            for line in self.lines
        ]
        report = {"version": __version__, "first_bad_line": self.first_bad_line, "lines": made}
        return json.dumps(report, ensure_ascii=False, sort_keys=True)

    def __str__(self) -> str:
        bad = self.first_bad_line
        end = "every line is true" if bad is None else f"the first line that is not true is line {bad}"
        return "\n".join([*map(str, self.lines), end])


@dataclass(frozen=True)
class Questions:
    """What the three kinds of lines are held against, and how each kind follows from the others."""

    formula: Asked  # f = …
    differential: Asked  # df = …
    derivative: Asked  # D = …
    read_off: Callable[[Expr], Expr]  # the derivative from a differential

    def of(self, left: str) -> Asked:
        return {"f": self.formula, "df": self.differential, "D": self.derivative}[left]


def check_lines(lines: Sequence[str], questions: Questions) -> Report:
    """The report on a derivation.

    Raises:
        ParseError: a line is not ``f = …``, ``df = …``, ``D = …`` or a note, or what it says is no formula.
        EvaluationError: a line has no value where the answer has one.
    """
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not all(isinstance(line, str) for line in lines):
        raise ParseError("a derivation is a list of lines", hint='["df = 2*x\'*dx", "D = 2*x"]')
    found: list[Line] = []
    before: tuple[str, str] | None = None
    for number, text in enumerate(lines):
        if _NOTE.fullmatch(text):
            found.append(Line(number, text, None))
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise ParseError(
                f"line {number} is no line of a derivation", "lines read: f = …, df = …, D = …, or a note: by …"
            ).at(text, (len(text) - len(text.lstrip()), len(text.rstrip())))
        left, right = match["left"], match["right"].strip()
        verdict = _judged(number, text, right, questions.of(left))
        found.append(Line(number, text, verdict, _follows(before, left, right, questions)))
        before = left, right
    if before is None:
        raise ParseError("the derivation has no lines", "lines read: f = …, df = …, D = …, or a note: by …")
    return Report(tuple(found))


def _judged(number: int, text: str, claim: str, asked: Asked) -> Verdict:
    """The verdict on what a line says; an error points into the whole line."""
    try:
        return check(claim, asked)
    except (ParseError, EvaluationError) as error:
        error.summary = f"line {number} cannot be judged: {error.summary}"
        if re.search(r"\bd\(", claim):
            error.hint = f"differentials are written out, with d{name_of(asked.x)}: d(…) is not read"
        if error.text == claim:
            before = text.index(claim, text.index("=") + 1) if claim else len(text.rstrip())
            error.text = text
            error.places = tuple(((start + before, stop + before), note) for (start, stop), note in error.places)
        raise
    except MatcalcError as error:
        evidence = evidence_of(claim, asked)
        return Verdict("wrong", error.summary, "shape", answer=str(asked.answer), evidence=evidence)


def _follows(before: tuple[str, str] | None, left: str, right: str, questions: Questions) -> bool | None:
    """Whether a line is what the line before makes of it."""
    if before is None:
        return None
    kind, text = before
    names = questions.differential.names
    try:
        old, new = parse(text, names), parse(right, names)
        if kind != left:
            step: Callable[[Expr], Expr] | None = {
                ("f", "df"): lambda f: questions.differential.derive(f, questions.formula.x),
                ("f", "D"): lambda f: questions.derivative.derive(f, questions.formula.x),
                ("df", "D"): questions.read_off,
            }.get((kind, left))
            if step is None:
                return None
            old = step(old)
        return old.shape == new.shape and bool(equal(old, new, questions.differential.variables))
    except MatcalcError:
        return None


def no_derivative(f: Expr, x: Expr) -> Expr:
    """What is asked of a line that rewrites the formula: nothing is derived."""
    raise DerivativeError("a rewriting of a formula is no derivative")
