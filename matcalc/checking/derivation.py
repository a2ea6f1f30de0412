"""Derivations line by line: which lines are true of the formula, which follow from the line before, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from matcalc.checking.asked import Asked
from matcalc.checking.claims import check, evidence_of
from matcalc.checking.definitions import Definitions
from matcalc.checking.equality import equal
from matcalc.checking.points import symbols_of
from matcalc.checking.questions import Questions
from matcalc.checking.report import Line, Report
from matcalc.checking.verdict import Verdict
from matcalc.errors import EvaluationError, MatcalcError, ParseError
from matcalc.expr import Expr, name_of
from matcalc.functions import find
from matcalc.parts import variables
from matcalc.readers.lines import CODE, Left, Written, numbered
from matcalc.reading import parse

_KINDS = {"grad": "gradient", "gradient": "gradient", "J": "jacobian", "jacobian": "jacobian", "Jac": "jacobian",
          "H": "hessian", "hessian": "hessian", "hess": "hessian"}  # fmt: skip
_OF_FORMULAS = frozenset(["ell", "loss", "cost", "nll", "objective", "obj", "energy", "risk"])
_QUOTIENT_NAME = re.compile(r"d(?P<above>\w+?)_?d(?P<below>\w+)")  # dL_dw
_READ = "lines read: f = …, df = …, D = …, u = … (a symbol for later lines), or a note: by …"


def check_lines(lines: str | Sequence[str], questions: Questions, notation: str = "text") -> Report:
    """The report on a derivation, a text or its lines. A line that cannot be read is told, and the others are judged.

    Raises:
        MatcalcError: no line could be read and judged; it is the error in the first one.
    """
    written = numbered(lines, notation)
    reader = _Reader(written, questions, notation)
    found = [reader.line(line) for line in written]
    if not reader.judged:
        error = next((line.error for line in found if line.error is not None), None)
        raise error or ParseError("the derivation has no lines", _READ)
    return Report(tuple(found))


class _Role(NamedTuple):
    """What a line is about: a value, a differential or a derivative of some kind; of a symbol, or of the formula."""

    what: str
    symbol: str = ""
    by: str = ""  # a symbol, where it is a derivative by that


class _Reader:
    """Reads the lines of a derivation one by one; knows the symbols that were defined, and names of the formula."""

    def __init__(self, lines: Sequence[Written], questions: Questions, notation: str) -> None:
        self.questions = questions
        self.notation = notation
        self.definitions = Definitions(questions, notation)
        self.aliases = {"f"}
        self.rewritten: Expr | None = None  # the formula as the last line wrote it that is true, in symbols
        self.last_role: _Role | None = None
        self.before: tuple[_Role, Expr] | None = None
        self.judged = False
        self.used: frozenset[str] = frozenset().union(*(line.used for line in lines))

    def line(self, line: Written) -> Line:
        """What a line was found to be; one that cannot be read says why."""
        if line.is_note:
            return Line(line.number, line.text, None, is_note=True)
        try:
            return self.judged_line(line)
        except MatcalcError as error:
            self.before = None
            return Line(line.number, line.text, None, error=error)

    def judged_line(self, line: Written) -> Line:
        left = line.left
        role = None if left is None else self.role(left)
        if left is None or (role is None and left.kind not in ("name", "called", "formula")):
            raise self.unread(line)
        if role is None and left.kind == "formula":
            self.check_is_the_formula(line)
            role = _Role("value")
        elif role is None and not self.may_name(left.name):
            raise self.unread(line)
        claim = self.claim(line)
        if role is None:
            value = self.value(line, claim)
            if not self.is_the_formula(left.name, value):
                self.definitions.define(left.name, value, claim)
                self.last_role, self.before = _Role("value", left.name), None
                return Line(line.number, line.text, None)
            self.aliases.add(left.name)
            role = _Role("value")
        self.last_role = role
        verdict = _judged(line, claim, self.question(role))
        self.judged = True
        if role == _Role("value") and verdict:
            written = self.definitions.in_symbols(claim)
            self.rewritten = self.rewritten if written is None else written
        return Line(line.number, line.text, verdict, self.follows(role, claim))

    def question(self, role: _Role) -> Asked:
        if role.by:
            return self.by_symbol(role)
        if role.symbol:
            return self.questions.of_symbol(role.what, self.definitions.values[role.symbol])
        return self.questions.of(role.what)

    def by_symbol(self, role: _Role) -> Asked:
        """The derivative by a symbol of the formula as it was written with it: ∂f/∂u, where f = u'*u.

        Raises:
            ParseError: no line wrote the formula so.
        """
        symbol = self.definitions.shapes[role.by]
        if self.rewritten is None or symbol not in variables(self.rewritten):
            summary = f"no true line before writes the formula with {role.by}, by which this is a derivative"
            raise ParseError(summary, hint=f"write it so first: f = … {role.by} …")
        asked = self.questions.derivative_of(self.rewritten, symbol, role.what)
        return self.questions.of_value(self.definitions.put_in(asked.answer))

    # ---------------------------------------------------------------- left sides
    def role(self, left: Left) -> _Role | None:
        """What a line is about; None for a name that is not known, and where a derivative is by another variable."""
        if left.kind == "again":
            return self.last_role
        x = name_of(self.questions.formula.x)
        if left.kind in ("name", "called"):
            return self.role_of_name(left, x)
        if left.kind == "formula":
            return None
        if left.kind == "differential" and not left.name.isidentifier():
            return self.role_of_inner(left)
        if left.by in self.definitions.shapes and left.kind != "hessian" and left.name in self.aliases:
            kind = self.questions.kind if left.kind == "quotient" else left.kind
            return _Role(kind, by=left.by)
        if left.by not in ("", x) or not self.is_known(left):
            return None
        symbol = left.name if left.name in self.definitions.values else ""
        if left.kind == "differential":
            is_slope = self.notation in CODE and left.name == x
            return _Role("gradient") if is_slope else _Role("differential", symbol)
        if left.kind != "quotient":
            return _Role(left.kind, symbol)
        if symbol:
            return _Role("gradient" if self.definitions.values[symbol].shape.is_scalar else "jacobian", symbol)
        return _Role(self.questions.kind)

    def role_of_name(self, left: Left, x: str) -> _Role | None:
        name = left.name
        if name in self.aliases:
            return _Role("value")
        if name in self.definitions.values:
            return _Role("value", name)
        if name in self.questions.formula.names or left.kind == "called":
            return None
        if name == "D":
            return _Role(self.questions.kind)
        if name in _KINDS:
            return _Role(_KINDS[name])
        root, _, rest = name.partition("_")
        if root in _KINDS and rest and set(rest.split("_")) <= {x, *self.aliases}:
            return _Role(_KINDS[root])  # grad_x, grad_f, H_f
        if (match := _QUOTIENT_NAME.fullmatch(name)) and match["below"] == x and match["above"] in self.aliases:
            return _Role(self.questions.kind)
        is_direction = name == name_of(self.questions.direction) and (left.places or self.notation in CODE)
        return _Role("gradient") if is_direction else self.role_of_differential(name)

    def role_of_differential(self, name: str) -> _Role | None:
        """df, and du of a symbol."""
        if name[:1] not in ("d", "∂") or len(name) < 2:
            return None
        left = Left("differential", name[1:])
        return self.role(left) if self.is_known(left) else None

    def role_of_inner(self, left: Left) -> _Role | None:
        """The differential of a formula that has no name: d(x'*x) = …"""
        try:
            self.definitions.values[left.name] = self.definitions.value(self.definitions.claim(left.name))
        except MatcalcError:
            return None
        return _Role("differential", left.name)

    def is_known(self, left: Left) -> bool:
        """Whether a derivative is one of the formula or of a symbol; a name of formulas that was not given is given."""
        name = left.name
        if name in ("", *self.aliases, *self.definitions.values):
            return True
        if name == name_of(self.questions.formula.x):
            return left.kind == "differential" and self.notation in CODE
        if not (name[:1].isupper() or name in _OF_FORMULAS) or len(self.aliases) > 1 or not self.may_name(name):
            return False
        self.aliases.add(name)
        return True

    def may_name(self, left: str) -> bool:
        """Whether a line may give this name to something."""
        taken = {
            *self.questions.differential.names,
            *symbols_of(*self.questions.formula.variables),
            *self.definitions.texts,
            "pi",
        }
        return left.isidentifier() and left not in taken and find(left) is None

    def check_is_the_formula(self, line: Written) -> None:
        """Refuses a left side that is neither a name nor the formula itself: ||A*x - b||^2 = …

        Raises:
            ParseError: it is something else.
        """
        assert line.left is not None
        f = self.questions.formula.f
        try:
            made = self.definitions.value(self.definitions.claim(line.left.name))
            is_formula = made.shape == f.shape and bool(equal(made, f, self.questions.formula.variables))
        except MatcalcError:
            is_formula = False
        if not is_formula:
            raise self.unread(line)

    def is_the_formula(self, name: str, value: Expr) -> bool:
        """Whether a name is given to the formula: to what is equal to it, or of its shape and never used again."""
        f = self.questions.formula.f
        if value.shape != f.shape:
            return False
        return name not in self.used or bool(equal(value, f, self.questions.formula.variables))

    # ---------------------------------------------------------------- right sides
    def claim(self, line: Written) -> str:
        """What a line says in plain text, with the symbols that it uses defined behind it."""
        right = line.source[line.right :]
        is_of_members = line.left is not None and line.left.places and self.notation == "text"
        try:
            return self.definitions.claim(line.source if is_of_members else right).strip()
        except MatcalcError as error:
            raise _told(error, line, right, self.questions.differential) from None

    def value(self, line: Written, claim: str) -> Expr:
        """What a symbol stands for.

        Raises:
            ParseError: it is no formula of the variables.
        """
        try:
            return self.definitions.value(claim)
        except MatcalcError as error:
            raise _told(error, line, claim, self.questions.differential) from None

    def follows(self, role: _Role, claim: str) -> bool | None:
        """Whether a line is what the line before makes of it; None where that is not known."""
        if role.symbol or role.by:
            return None
        before, self.before = self.before, None
        try:
            new = parse(claim, self.questions.differential.names)
            self.before = role, new
            if before is None:
                return None
            old_role, old = before
            if old_role != role:
                step = self.questions.next(old_role.what, role.what)
                if step is None:
                    return None
                old = step(old)
            return old.shape == new.shape and bool(equal(old, new, self.questions.differential.variables))
        except MatcalcError:
            return None

    def unread(self, line: Written) -> MatcalcError:
        text = line.text
        place = len(text) - len(text.lstrip()), len(text.rstrip())
        return ParseError(f"line {line.number} is no line of a derivation", _READ).at(text, place)


def _judged(line: Written, claim: str, asked: Asked) -> Verdict:
    """The verdict on what a line says; an error points into the whole line."""
    try:
        return check(claim, asked)
    except (ParseError, EvaluationError) as error:
        raise _told(error, line, claim, asked) from None
    except MatcalcError as error:
        evidence = evidence_of(claim, asked)
        return Verdict("wrong", error.summary, "shape", answer=str(asked.answer), evidence=evidence)


def _told(error: MatcalcError, line: Written, claim: str, asked: Asked) -> MatcalcError:
    """An error in what a line says, which names the line and points into it."""
    error.summary = f"line {line.number} cannot be judged: {error.summary}"
    right = line.text[line.right :]
    before = len(line.text) - len(right.lstrip()) if right.strip() else len(line.text.rstrip())
    if error.text == line.source[line.right :]:
        before = line.right
    elif error.text != claim or not claim.startswith(right.strip()):  # in the plain text of another notation
        error.places = (((0, len(right.rstrip())), ""),)
        before = line.right
    error.text = line.text
    error.places = tuple(((start + before, stop + before), note) for (start, stop), note in error.places)
    return error
