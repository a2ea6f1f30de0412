"""Derivations line by line: which lines are true of the formula, which follow from the line before, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.checking.asked import Asked
from matcalc.checking.claims import check
from matcalc.checking.definitions import Definitions
from matcalc.checking.equality import equal
from matcalc.checking.points import symbols_of
from matcalc.checking.questions import Questions
from matcalc.checking.report import Line, Report
from matcalc.checking.verdict import Verdict
from matcalc.checking.written import misfit
from matcalc.errors import EvaluationError, MatcalcError, ParseError, ShapeError
from matcalc.expr import Expr, name_of
from matcalc.functions import find
from matcalc.parts import variables
from matcalc.readers.latex import behind
from matcalc.readers.lines import CODE, INDEX_LETTERS, Left, Written, numbered
from matcalc.reading import parse
from matcalc.records import NamedTuple
from matcalc.regex import regex

_KINDS = {"grad": "gradient", "gradient": "gradient", "J": "jacobian", "jacobian": "jacobian", "Jac": "jacobian",
          "H": "hessian", "hessian": "hessian", "hess": "hessian"}  # fmt: skip
_OF_FORMULAS = frozenset(["ell", "loss", "cost", "nll", "objective", "obj", "energy", "risk"])
_QUOTIENT_NAME = regex(r"d(?P<above>\w+?)_?d(?P<below>\w+)")  # dL_dw
_WITH_INDICES = regex(r"[_\[₀-ₜᵢⱼᵣ-ᵥ]")
_READ = "lines read: f = …, df = …, D = …, = …, u = … (a symbol for later lines), or a note: by …"


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


class _NoLine(ParseError):
    """A line is neither about the formula nor about its derivatives or symbols."""


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
        self.last_left: Left | None = None
        self.before: tuple[_Role, Expr] | None = None
        self.judged = False
        self.is_solving = False  # whether a line has set the derivative to zero
        self.used: frozenset[str] = frozenset().union(*(line.used for line in lines))

    def line(self, line: Written) -> Line:
        """What a line was found to be; one that cannot be read says why."""
        if line.is_note:
            return Line(line.number, line.text, None, is_note=True)
        try:
            found = self.judged_line(line)
            self.define_behind(line)
            return found
        except MatcalcError as error:
            self.before = None
            if self.is_solving and isinstance(error, _NoLine):
                return Line(line.number, line.text, None, is_note=True)
            return Line(line.number, line.text, None, error=error)

    def define_behind(self, line: Written) -> None:
        r"""Defines for later lines what stands behind a line in LaTeX, L = …, \quad p_k = …, if it can."""
        if self.notation != "latex":
            return
        for left, right in behind(line.source, self.definitions.names):
            name, places = _without_index(left)
            if not self.may_name(name):
                continue
            try:
                claim = self.definitions.claim(_for_each(places, right) if places else right).strip()
                self.definitions.define(name, self.definitions.value(claim), claim)
            except MatcalcError:
                continue

    def judged_line(self, line: Written) -> Line:
        line = line._replace(left=self.of_entries(line))
        left = line.left
        role = None if left is None else self.role(left)
        self.last_role = role
        if left is None or (role is None and left.kind not in ("name", "called", "formula")):
            raise self.unread(line)
        if role is None and left.kind != "formula" and not self.may_name(left.name):
            raise self.unread(line)
        is_slope = role is not None and role.what not in ("value", "differential")
        try:
            claim = self.claim(line, is_slope)
        except ShapeError as error:
            if role is None or self.notation not in CODE:
                raise
            return self.misfit(line, role, error)
        if role is None and left.kind == "formula":
            return self.equation(line, left, claim)
        if role is not None and is_slope and left.kind == "name" and self.names_the_formula(left, role, claim):
            self.aliases.add(left.name)
            role = _Role("value")
        if role is None:
            value = self.value(line, claim)
            if not self.is_the_formula(left.name, value):
                self.definitions.define(left.name, value, claim)
                self.last_role, self.before = _Role("value", left.name), None
                return Line(line.number, line.text, None)
            if left.name in self.used and left.name not in self.definitions.values:
                self.definitions.define(left.name, value, claim)  # right sides may be about it, too: p_i*(1 - p_i)
            self.aliases.add(left.name)
            role = _Role("value")
        return self.held(line, role, claim)

    def of_entries(self, line: Written) -> Left | None:
        r"""The left side of a line, with its indices where it is of entries in LaTeX: \partial f/\partial x_k."""
        left = line.left
        if left is None or self.notation != "latex" or left.kind not in ("quotient", "name"):
            return left
        name, above = _without_index(left.name)
        by, below = _without_index(left.by)
        if left.kind == "name":
            is_of_entries = self.may_name(name) and left.name not in self.definitions.names
        else:
            is_of_entries = (
                bool(below) and by == name_of(self.questions.formula.x) and left.by not in self.definitions.names
            )
        used = re.findall(r"_\s*(\w|\{[^{}]*\})", line.source[line.right :])
        if not is_of_entries or not 0 < len(above + below) <= 2 or not set(above + below) <= {*"".join(used)}:
            return left
        return left._replace(name=name, by=by, places=above + below)

    def held(self, line: Written, role: _Role, claim: str) -> Line:
        """A line held against what it is about."""
        self.last_role = role
        verdict = _judged(line, claim, self.question(role))
        if self.notation == "latex" and claim == "0" and role.what != "value" and not verdict:
            self.is_solving = True  # the derivative is set to zero, which is no claim, and what follows holds there
            return Line(line.number, line.text, None, is_note=True)
        self.judged = True
        if role == _Role("value") and verdict:
            written = self.definitions.in_symbols(claim)
            self.rewritten = self.rewritten if written is None else written
        return Line(line.number, line.text, verdict, self.follows(role, claim))

    def equation(self, line: Written, left: Left, claim: str) -> Line:
        """A line between two formulas: the formula itself is written otherwise, or it is an identity.

        Raises:
            ParseError: the left side is something else, or it is no identity.
        """
        try:
            value = self.definitions.value(self.definitions.claim(left.name))
        except MatcalcError:
            raise self.unread(line) from None
        f = self.questions.formula.f
        if value.shape == f.shape and bool(equal(value, f, self.questions.formula.variables)):
            return self.held(line, _Role("value"), claim)
        verdict = _judged(line, claim, self.questions.of_value(value))
        if not verdict:
            summary = f"line {line.number} is no line of a derivation: its sides are not equal for all values"
            raise _NoLine(summary, _READ).at(line.text, _span(line.text))
        self.definitions.values[left.name] = value
        self.last_role, self.before, self.judged = _Role("value", left.name), None, True
        return Line(line.number, line.text, verdict)

    def names_the_formula(self, left: Left, role: _Role, claim: str) -> bool:
        """Whether a line such as J = … or D = … gives its name to the formula, and is no derivative."""
        f = self.questions.formula.f
        if left.places or role.symbol or self.question(role).answer.shape == f.shape:
            return False
        try:
            value = self.definitions.value(claim)
        except MatcalcError:
            return False
        return value.shape == f.shape and bool(equal(value, f, self.questions.formula.variables))

    def misfit(self, line: Written, role: _Role, error: MatcalcError) -> Line:
        """A line of code whose shapes do not fit, which have no other meaning there."""
        self.last_role, self.before, self.judged = role, None, True
        verdict = misfit(error.summary.partition(": ")[2], line.source[line.right :].strip(), self.question(role))
        return Line(line.number, line.text, verdict)

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
        if left.name and not left.name.isidentifier():
            return self.role_of_inner(left) if left.by in ("", x) else None
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
        """A derivative of a formula that has no name: d(x'*x) = …"""
        try:
            value = self.definitions.value(self.definitions.claim(left.name))
        except MatcalcError:
            return None
        self.definitions.values[left.name] = value
        kind = "gradient" if value.shape.is_scalar else "jacobian"
        return _Role(kind if left.kind == "quotient" else left.kind, left.name)

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
        sizes = symbols_of(*self.questions.formula.variables)
        taken = {*self.questions.differential.names, *sizes, *self.definitions.texts, "pi"}
        return left.isidentifier() and left not in taken and find(left) is None

    def is_the_formula(self, name: str, value: Expr) -> bool:
        """Whether a name is given to the formula: to what is equal to it, or of its shape and never used again."""
        f = self.questions.formula.f
        if value.shape != f.shape:
            return False
        return name not in self.used or bool(equal(value, f, self.questions.formula.variables))

    # ---------------------------------------------------------------- right sides
    def claim(self, line: Written, is_slope: bool) -> str:
        """What a line says in plain text, with the symbols that it uses defined behind it."""
        right = self.with_places(line.source[line.right :].lstrip(), line)
        try:
            return self.definitions.claim(right, is_slope=is_slope).strip()
        except MatcalcError as error:
            raise _told(error, line, right, right) from None

    def with_places(self, right: str, line: Written) -> str:
        """A right side, with the places on the left in front: D[k] = …"""
        left = self.last_left if line.left is None or line.left.kind == "again" else line.left
        self.last_left = left
        if left is not None and self.notation == "latex" and left.places:
            return _for_each(left.places, right)
        if left is None or not left.places or self.notation not in ("text", "index"):
            return right
        if self.notation == "index" and not _WITH_INDICES.search(right):
            return right  # in matrix notation
        name = left.name if left.kind == "name" and self.notation == "text" else "D"
        places = f"[{left.places}]" if self.notation == "text" else left.places
        return f"{name}{places} = {right.strip()}"

    def value(self, line: Written, claim: str) -> Expr:
        """What a symbol stands for.

        Raises:
            ParseError: it is no formula of the variables.
        """
        try:
            return self.definitions.value(claim)
        except MatcalcError as error:
            raise _told(error, line, claim, line.source[line.right :]) from None

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
        return _NoLine(f"line {line.number} is no line of a derivation", _READ).at(line.text, _span(line.text))


def _for_each(places: str, right: str) -> str:
    """A right side in LaTeX that is read for each of these indices."""
    return rf"\frac{{\partial f}}{{\partial x_{{{places}}}}} = {right.strip()}"


def _without_index(name: str) -> tuple[str, str]:
    """A name, and what stands below it where that is an index: p and k of p_k."""
    base, _, label = name.rpartition("_")
    return (base, label) if base and INDEX_LETTERS.issuperset(label) else (name, "")


def _span(text: str) -> tuple[int, int]:
    """Where a text stands between spaces."""
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _judged(line: Written, claim: str, asked: Asked) -> Verdict:
    """The verdict on what a line says; an error points into the whole line."""
    try:
        return check(claim, asked)
    except (ParseError, EvaluationError) as error:
        raise _told(error, line, claim, line.source[line.right :]) from None
    except MatcalcError as error:
        return misfit(error.summary, claim, asked)


def _told(error: MatcalcError, line: Written, claim: str, right: str) -> MatcalcError:
    """An error in what a line says, which names the line and points into it.

    ``claim`` is the text in which the error may be, ``right`` the right side as it was typed.
    """
    error.summary = f"line {line.number} cannot be judged: {error.summary}"
    rest = line.source[line.right :]
    typed = rest.strip()
    start = line.right + len(rest) - len(rest.lstrip()) if typed else len(line.text.rstrip())
    before = claim.find(typed) if error.text in (claim, right) else -1
    if before < 0:  # in the plain text of another notation
        error.places = (((start, start + max(1, len(typed))), ""),)
    else:
        error.places = tuple(((a + start - before, b + start - before), note) for (a, b), note in error.places)
    error.text = line.text
    return error
