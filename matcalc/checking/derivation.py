"""Derivations line by line: which lines are true of the formula, which follow from the line before, what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from matcalc.checking.asked import Asked
from matcalc.checking.claims import check, evidence_of, refuse_strangers
from matcalc.checking.equality import equal
from matcalc.checking.points import symbols_of
from matcalc.checking.typeset import MARKS, reasons
from matcalc.checking.verdict import Verdict
from matcalc.errors import DerivativeError, EvaluationError, MatcalcError, ParseError
from matcalc.expr import Expr, name_of
from matcalc.functions import find
from matcalc.notation.markup import code, table, words
from matcalc.parts import variables
from matcalc.reading import parse, parse_with_names
from matcalc.terminal import Printed
from matcalc.version import __version__

_LINE = re.compile(r"\s*(?P<left>[^=]*?)\s*=(?P<right>.*)", re.S)
_NOTE = re.compile(r"\s*(by\b.*|#.*)?$", re.S)
_DIFFERENTIAL = re.compile(r"[d∂]\s*(?:\(\s*(?P<bracketed>\w+)\s*\)|(?P<name>\w+))")
_QUOTIENT = re.compile(r"[d∂]\s*(?P<above>\w+)\s*/\s*[d∂]\s*(?P<below>\w+)'?")
_KINDS = {"grad": "gradient", "gradient": "gradient", "J": "jacobian", "jacobian": "jacobian", "H": "hessian",
          "hessian": "hessian"}  # fmt: skip
_READ = "lines read: f = …, df = …, D = …, u = … (a symbol for later lines), or a note: by …"


@dataclass(frozen=True, repr=False)
class Line(Printed):
    """A line with its verdict. ``follows`` is whether it follows from the line before; None where that is not known."""

    number: int
    text: str
    verdict: Verdict | None  # None for a note, and for a line that defines a symbol
    follows: bool | None = None

    def __str__(self) -> str:
        if self.verdict is None:
            return f"{self.number}  {'note' if _NOTE.fullmatch(self.text) else 'defined':8} {self.text}"
        after = "" if self.verdict or self.follows is not True else " (but it follows from the line before)"
        body = f"{self.number}  {self.verdict.status:8} {self.text.strip()}{after}"
        if self.verdict:
            return body
        why = str(self.verdict).removeprefix(f"{self.verdict.status}: ").splitlines()
        if self.verdict.ground == "the values differ":  # the point says so
            why = why[1:]
        return "\n".join([body, *(f"     {line}" for line in why)])


@dataclass(frozen=True, repr=False)
class Report(Printed):
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

    def _repr_markdown_(self) -> str:
        """A row for each line, with its verdict and what is wrong with it."""
        rows = []
        for line in self.lines:
            verdict = line.verdict
            status = "" if verdict is None else f"{MARKS[verdict.status]} {verdict.status}"
            told = []
            if verdict is not None and not verdict:
                told = ["it follows from the line before"] if line.follows else []
                told += reasons(verdict.explanation, verdict.repaired, verdict.answer, verdict.evidence)
            rows.append((str(line.number), code(line.text.strip()), status, "; ".join(told)))
        end = str(self).splitlines()[-1]
        return f"{table(('line', 'claim', 'verdict', 'why'), rows)}\n\n{words(end)}"

    def __str__(self) -> str:
        bad = self.first_bad_line
        end = "every line is true" if bad is None else f"the first line that is not true is line {bad}"
        return "\n".join([*map(str, self.lines), end])


@dataclass(frozen=True)
class Questions:
    """What the kinds of lines are held against, and how each kind follows from the others."""

    formula: Asked  # f = …
    kind: str  # of the derivative that D is
    differential_of: Callable[[Expr], Asked]  # df = …, and du = … of a symbol u
    derivative: Callable[[str], Asked]  # D = …, by its kind

    @cached_property
    def differential(self) -> Asked:
        return self.differential_of(self.formula.f)

    @cached_property
    def direction(self) -> Expr:
        """dx."""
        return self.differential.variables[-1]

    def of(self, role: str) -> Asked:
        return {"value": self.formula, "differential": self.differential}.get(role) or self.derivative(role)

    def next(self, before: str, after: str) -> Callable[[Expr], Expr] | None:
        """What makes a line of one role of a line of another; None where it does not follow from that alone."""
        asked = self.of(after)
        by = {"value": self.formula.x, "differential": self.direction if after in ("gradient", "jacobian") else None}
        if (before, after) == ("gradient", "hessian"):
            asked, by[before] = asked.last_step or asked, (asked.last_step or asked).x
        x = by.get(before)
        return None if x is None else lambda f: asked.derive(f, x)


def check_lines(lines: Sequence[str], questions: Questions) -> Report:
    """The report on a derivation.

    Raises:
        ParseError: a line is of no kind that is read, or what it says is no formula.
        EvaluationError: a line has no value where the answer has one.
    """
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not all(isinstance(line, str) for line in lines):
        raise ParseError("a derivation is a list of lines", hint='["df = 2*x\'*dx", "D = 2*x"]')
    reader = _Reader(lines, questions)
    found = [reader.line(number, text) for number, text in enumerate(lines)]
    if not reader.judged:
        raise ParseError("the derivation has no lines", _READ)
    return Report(tuple(found))


class _Reader:
    """Reads the lines of a derivation one by one; knows the symbols that were defined, and names of the formula."""

    def __init__(self, lines: Sequence[str], questions: Questions) -> None:
        self.questions = questions
        self.aliases = {"f"}
        self.symbols: dict[str, Expr] = {}
        self.texts: dict[str, str] = {}  # what symbols and their differentials stand for
        self.before: tuple[str, Expr] | None = None
        self.judged = False
        sides = [match["right"] for text in lines if (match := _LINE.fullmatch(text)) and not _NOTE.fullmatch(text)]
        self.used = set(re.findall(r"\w+", " ".join(sides)))

    def line(self, number: int, text: str) -> Line:
        match = None if _NOTE.fullmatch(text) else _LINE.fullmatch(text)
        if _NOTE.fullmatch(text):
            return Line(number, text, None)
        if match is None:
            raise self.unread(number, text)
        left, right = match["left"], match["right"].strip()
        claim = self.with_symbols(right)
        role = self.role(left)
        if role is None:
            if not self.may_name(left):
                raise self.unread(number, text)
            value = self.value(number, text, right, claim)
            if not self.is_the_formula(left, value):
                self.define(left, value, right)
                return Line(number, text, None)
            self.aliases.add(left)
            role = "value"
        self.judged = True
        symbol = role.partition(" of ")[2]
        if symbol:
            asked = self.questions.differential_of(self.symbols[symbol])
            return Line(number, text, _judged(number, text, claim, asked))
        verdict = _judged(number, text, claim, self.questions.of(role))
        return Line(number, text, verdict, self.follows(role, claim))

    def role(self, left: str) -> str | None:
        """What a line is about: a value, a differential (of a symbol), a derivative of some kind; None for a name."""
        if left in self.aliases:
            return "value"
        if left == "D":
            return self.questions.kind
        if left in _KINDS and left not in self.questions.formula.names:
            return _KINDS[left]
        if (match := _QUOTIENT.fullmatch(left)) and match["above"] in self.aliases:
            return self.questions.kind if match["below"] == name_of(self.questions.formula.x) else None
        if match := _DIFFERENTIAL.fullmatch(left):
            name = match["bracketed"] or match["name"]
            if name in self.aliases:
                return "differential"
            if name in self.symbols:
                return f"differential of {name}"
        return None

    def may_name(self, left: str) -> bool:
        """Whether a line may give this name to something."""
        taken = {*self.questions.differential.names, *symbols_of(*self.questions.formula.variables), *self.texts, "pi"}
        return left.isidentifier() and left not in taken and find(left) is None

    def is_the_formula(self, name: str, value: Expr) -> bool:
        """Whether a name is given to the formula: to what is equal to it, or of its shape and never used again."""
        f = self.questions.formula.f
        if value.shape != f.shape:
            return False
        return name not in self.used or bool(equal(value, f, self.questions.formula.variables))

    def define(self, name: str, value: Expr, text: str) -> None:
        self.symbols[name] = value
        self.texts[name] = text
        if self.questions.formula.x in variables(value):
            self.texts[f"d{name}"] = str(self.questions.differential_of(value).answer)

    def with_symbols(self, right: str) -> str:
        """What a line says, with the symbols that it uses defined behind it."""
        wanted: list[str] = []
        names = re.findall(r"\w+", right)
        while names:  # each symbol is looked up once
            name = names.pop()
            if name in self.texts and name not in wanted:
                wanted.append(name)
                names += re.findall(r"\w+", self.texts[name])
        given = ", ".join(f"{name} = {text}" for name, text in self.texts.items() if name in wanted)
        if not given:
            return right
        return f"{right}, {given}" if re.search(r"\bwhere\b", right) else f"{right} where {given}"

    def value(self, number: int, text: str, right: str, claim: str) -> Expr:
        """What a symbol stands for.

        Raises:
            ParseError: it is no formula of the variables.
        """
        asked = self.questions.differential
        try:
            made, known = parse_with_names(claim, asked.names)
            refuse_strangers(claim, known, asked)
        except MatcalcError as error:
            raise _told(error, number, text, right, asked) from None
        return made

    def follows(self, role: str, claim: str) -> bool | None:
        """Whether a line is what the line before makes of it; None where that is not known."""
        before, self.before = self.before, None
        try:
            new = parse(claim, self.questions.differential.names)
            self.before = role, new
            if before is None:
                return None
            old_role, old = before
            if old_role != role:
                step = self.questions.next(old_role, role)
                if step is None:
                    return None
                old = step(old)
            return old.shape == new.shape and bool(equal(old, new, self.questions.differential.variables))
        except MatcalcError:
            return None

    def unread(self, number: int, text: str) -> MatcalcError:
        place = len(text) - len(text.lstrip()), len(text.rstrip())
        return ParseError(f"line {number} is no line of a derivation", _READ).at(text, place)


def _judged(number: int, text: str, claim: str, asked: Asked) -> Verdict:
    """The verdict on what a line says; an error points into the whole line."""
    try:
        return check(claim, asked)
    except (ParseError, EvaluationError) as error:
        raise _told(error, number, text, claim, asked) from None
    except MatcalcError as error:
        evidence = evidence_of(claim, asked)
        return Verdict("wrong", error.summary, "shape", answer=str(asked.answer), evidence=evidence)


def _told(error: MatcalcError, number: int, text: str, claim: str, asked: Asked) -> MatcalcError:
    """An error in what a line says, which names the line and points into it."""
    error.summary = f"line {number} cannot be judged: {error.summary}"
    right = text[text.index("=") + 1 :]
    if re.search(r"\bd\(", right):
        error.hint = f"differentials are written out, with d{name_of(asked.x)}: d(…) is not read"
    if error.text == claim:
        before = len(text) - len(right.lstrip()) if right.strip() else len(text.rstrip())
        error.text = text
        error.places = tuple(((start + before, stop + before), note) for (start, stop), note in error.places)
    return error


def no_derivative(f: Expr, x: Expr) -> Expr:
    """What is asked of a line that rewrites the formula: nothing is derived."""
    raise DerivativeError("a rewriting of a formula is no derivative")
