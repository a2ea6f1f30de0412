"""Symbols that a derivation defines, u = A*x - b, and differentials of formulas, d(u'*u): what right sides may use."""

from __future__ import annotations

import re

from matcalc.checking.claims import refuse_strangers
from matcalc.checking.questions import Questions
from matcalc.checking.written import in_plain_text, without_definitions
from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Expr, name_of, variable
from matcalc.function import Function
from matcalc.parts import replaced, variables
from matcalc.readers.lines import differential_in
from matcalc.reading import parse, parse_with_names

_STAND_INS = range(0x250, 0x2B0)  # letters that nobody types, for differentials of formulas


class Definitions:
    """The symbols of a derivation, with their differentials, and what they stand for."""

    def __init__(self, questions: Questions, notation: str) -> None:
        self.questions = questions
        self.notation = notation
        self.values: dict[str, Expr] = {}  # of symbols, in the variables of the formula
        self.texts: dict[str, str] = {}  # what symbols and differentials stand for
        self.shapes: dict[str, Expr] = {}  # these as variables
        self.stand_ins: dict[str, str] = {}  # for differentials of formulas, by these

    @property
    def names(self) -> dict[str, Expr | Function]:
        """What a right side may be about."""
        return {**self.questions.differential.names, **self.shapes}

    def define(self, name: str, value: Expr, text: str) -> None:
        """Defines a symbol and its differential."""
        self.values[name] = value
        self._add(name, value, text)
        if self.questions.formula.x in variables(value):
            answer = self.questions.differential_of(value).answer
            self._add(f"d{name}", answer, str(answer))

    def _add(self, name: str, value: Expr, text: str) -> None:
        self.texts[name] = without_definitions(text)
        self.shapes[name] = variable(name, *value.shape)

    def claim(self, right: str, *, is_slope: bool = False) -> str:
        """What a right side says in plain text, with the symbols that it uses defined behind it.

        In that of a gradient, ``is_slope``, there are no differentials, and d x is a product.

        Raises:
            ParseError: it is no formula; the error points into it.
        """
        text = self._without_differentials(right)
        try:
            names = self.names
            if is_slope:
                own = {name_of(self.questions.direction), *(f"d{name}" for name in self.values)}
                names = {name: known for name, known in names.items() if name not in own}
            return self.with_symbols(in_plain_text(text, self.notation, names))
        except MatcalcError as error:
            if error.text == text:
                error.text = right
            raise

    def value(self, claim: str) -> Expr:
        """What a claim with its symbols is as a formula of the variables.

        Raises:
            ParseError: it is none.
        """
        asked = self.questions.differential
        made, known = parse_with_names(claim, asked.names)
        refuse_strangers(claim, known, asked)
        return made

    def in_symbols(self, claim: str) -> Expr | None:
        """A claim as a formula of the symbols as well, which are not put in; None where it is none."""
        try:
            return parse(claim.partition(" where ")[0], self.names)
        except MatcalcError:
            return None

    def put_in(self, expr: Expr) -> Expr:
        """A formula of symbols in the variables alone."""
        for name, value in self.values.items():
            if name in self.shapes:
                expr = replaced(expr, self.shapes[name], value)
        return expr

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

    def _without_differentials(self, right: str) -> str:
        """The text, as long as it is, with a letter for each differential of a formula, innermost first."""
        if "d" in self.names or self.notation not in ("text", "latex"):
            return right
        text = right
        while found := differential_in(text, self.notation):
            start, stop, first, last = found
            inside = text[first:last]
            key = " ".join(inside.split())
            if key not in self.stand_ins:
                self.stand_ins[key] = self._stand_in(text, inside, first)
            text = f"{text[:start]}{self.stand_ins[key]}{' ' * (stop - start - 1)}{text[stop:]}"
        return text

    def _stand_in(self, text: str, inside: str, first: int) -> str:
        """A letter for the differential of a formula."""
        if len(self.stand_ins) == len(_STAND_INS):
            raise ParseError(f"more than {len(_STAND_INS)} differentials of formulas", hint="define symbols: u = …")
        try:
            value = self.value(self.with_symbols(in_plain_text(inside, self.notation, self.names)))
        except MatcalcError as error:
            is_inside = error.text == inside
            error.text, before = text, first if is_inside else 0
            error.places = tuple(((a + before, b + before), note) for (a, b), note in error.places)
            if not is_inside:
                error.places = (((first, first + len(inside)), ""),)
            raise
        letter = chr(_STAND_INS[len(self.stand_ins)])
        answer = self.questions.differential_of(value).answer
        self._add(letter, answer, str(answer))
        return letter
