"""What the page asks: a formula as it was typed, what is declared of its variables, and a derivative of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matcalc as mc
from matcalc.errors import DerivativeError, MatcalcError, ParseError
from matcalc.expr import Expr, name_of
from matcalc.notation.conventions import Outline
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from matcalc.readers import READERS, read
from matcalc.regex import regex
from matcalc.symbols import with_hints
from matcalc.web.inference import declared_as_in_text
from matcalc.web.recognition import recognised

LONGEST = 10_000  # characters of a formula or a claim
MOST_DECLARED = 100

KINDS = ("derivative", "hessian")  # a derivative is the gradient of a scalar, and else the Jacobian
STRUCTURES = ("ignore", "project", "free")
_PREFERRED = ("x", "w", "theta", "X", "W", "beta", "S", "Sigma")  # what formulas are mostly derived by

_UNDECLARED = regex(r"(\w+) is not (?:declared|defined)\b")

_LAYOUTS = {
    "gradient": "the gradient has the shape of its variable",
    "jacobian": "numerator layout: J[i,j] = ∂f_i/∂x_j, matrices by columns",
    "hessian": "H is the Jacobian of the column gradient",
}
ALL = "*"  # in the place of a variable: by each of them


class BadRequest(Exception):
    """A request that is none of those that the page makes."""


class Misdeclared(Exception):
    """What is declared of a variable cannot be; ``name`` says of which."""

    def __init__(self, name: str, error: MatcalcError) -> None:
        self.name = name
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True)
class Request:
    """The fields that all requests have, checked."""

    formula: str
    notation: str
    declared: Mapping[str, str]
    by: str
    then: str
    kind: str
    structure: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Request:
        """The request that a message of the page makes.

        Raises:
            BadRequest: a field is of another kind.
        """
        notation = choice(fields, "notation", ("auto", *READERS))
        formula = text_of(fields, "formula")
        declared = fields.get("declared", {})
        if not isinstance(declared, dict) or len(declared) > MOST_DECLARED:
            raise BadRequest("declared: texts by name")
        return cls(
            formula,
            recognised(formula) if notation == "auto" else notation,
            {name: text_of(declared, name) for name in declared},
            text_of(fields, "by"),
            text_of(fields, "then"),
            choice(fields, "kind", KINDS),
            choice(fields, "structure", STRUCTURES),
        )


@dataclass(frozen=True, eq=False)
class Question:
    """A formula that was read, its variables, and the one that it is derived by."""

    request: Request
    formula: Expr
    names: Mapping[str, Expr]
    readings: Mapping[str, str]  # what was read otherwise than it stands there

    @property
    def by(self) -> Expr:
        """The variable that is asked for; where none is, the one that most likely is meant.

        Raises:
            DerivativeError: the formula has no variable, or all are asked for where one is needed.
        """
        if self.is_by_all:
            raise DerivativeError("this is about a derivative by one variable", hint="choose one")
        if self.request.by in self.names:
            return self.names[self.request.by]
        if not self.names:
            raise DerivativeError("there is no variable to derive by", "the formula is a number")
        liked = [name for name in _PREFERRED if name in self.names]
        columns = [name for name, v in self.names.items() if not v.shape.is_scalar and v.shape.cols.number == 1]
        return self.names[[*liked, *columns, *self.names][0]]

    @property
    def then(self) -> Expr:
        """The variable of a second derivative's second step: the same, where no other is asked for."""
        return self.names.get(self.request.then, self.by)

    @property
    def is_by_all(self) -> bool:
        return self.request.by == ALL and len(self.names) > 1

    @property
    def kind(self) -> str:
        if self.request.kind == "hessian":
            return "hessian"
        return "gradient" if self.formula.shape.is_scalar else "jacobian"

    @property
    def layout(self) -> str:
        if self.kind == "hessian" and self.is_by_all:
            return "a block for each two variables, matrices by columns"
        if self.kind == "hessian" and self.then is not self.by:
            return f"the Jacobian by {self.then} of the column gradient by {self.by}"
        told = _LAYOUTS[self.kind]
        is_structured = self.kind == "gradient" and self.request.structure != "ignore" and not self.is_by_all
        return f"{told}; structure: {self.request.structure}" if is_structured else told

    @cached_property
    def derivatives(self) -> dict[str, Expr]:
        """The derivatives by the variables that are asked for, by their names; a Hessian by all is one, named ``ALL``.

        Raises:
            DerivativeError: the formula has no such derivative.
        """
        if not self.is_by_all:
            return {name_of(self.by): self._by(self.by, self.request.structure)}
        if self.kind == "hessian":
            return {ALL: mc.hessian(self.formula, list(self.names.values()))}
        return {name: self._by(x, "ignore") for name, x in self.names.items()}

    def _by(self, x: Expr, structure: str) -> Expr:
        if self.kind == "gradient":
            return mc.gradient(self.formula, x, structure=structure)
        return mc.hessian(self.formula, x, self.then) if self.kind == "hessian" else mc.jacobian(self.formula, x)

    @property
    def derivative(self) -> Expr:
        """The derivative, where there is one.

        Raises:
            DerivativeError: there are several.
        """
        if len(self.derivatives) > 1:
            raise DerivativeError("this is about a derivative by one variable", hint="choose one")
        return next(iter(self.derivatives.values()))

    @property
    def results(self) -> dict[str, Expr]:
        """The value and its derivatives, as they are computed together."""
        if len(self.derivatives) == 1:
            return {"value": self.formula, self.kind: self.derivative}
        return {"value": self.formula, **{f"{self.kind}_{name}": made for name, made in self.derivatives.items()}}

    @property
    def symbols(self) -> list[str]:
        """The names of dimensions."""
        found = {symbol for v in self.names.values() for dim in v.shape for symbol in dim.symbols}
        return sorted(found)


def question(request: Request) -> Question:
    """The question that a request asks.

    Raises:
        Misdeclared: a declaration is none.
        MatcalcError: the text is no formula.
    """
    declared: dict[str, Any] = {}
    for name, told in request.declared.items():
        if not told.strip():
            continue
        try:
            if re.search("[,;:]", told):
                raise ParseError("a declaration reads: rows×columns facts", hint="n×n symmetric").at(
                    told, (0, len(told))
                )
            declared |= parse_where(f"{name}: {told}")
        except MatcalcError as error:
            raise Misdeclared(name, error) from None
    if request.notation == "sympy":
        declared = declared_as_in_text(request.formula, declared)
    formula, names = _read(request, declared)
    used = {name for name, v in names.items() if v in variables(formula)} | (set(names) - set(declared))
    if set(declared) - used:  # declared for what was typed before
        formula, names = _read(request, {name: told for name, told in declared.items() if name in used})
    return Question(request, with_hints(formula, *names.values()), names, getattr(names, "readings", {}))


def _read(request: Request, declared: Mapping[str, Any]) -> tuple[Expr, Mapping[str, Expr]]:
    """The formula and its variables. A single name that is not declared is inferred, too: the page shows what it is."""
    try:
        return read(request.formula, declared, request.notation)
    except MatcalcError as error:
        name = undeclared(error)
        if not declared or not name or name in declared:
            raise
        found = _inferred(request, declared, name)
        if found is None:
            raise
        return found


def undeclared(error: MatcalcError) -> str:
    """The name that an error asks to declare; empty where it does not."""
    found = _UNDECLARED.match(error.summary)
    return found[1] if found is not None else ""


def _inferred(request: Request, declared: Mapping[str, Any], name: str) -> tuple[Expr, Mapping[str, Expr]] | None:
    """The formula with a name of a kind that use and convention decide, or of the only kind that it can be."""
    for kinds in (("",), ("scalar", "vector", "matrix")):
        found = []
        for kind in kinds:
            with suppress(MatcalcError):
                found.append(read(request.formula, {**declared, name: Outline(kind)}, request.notation))
        if len(found) == 1:
            return found[0]
    return None


def text_of(fields: Mapping[str, Any], name: str, default: str = "") -> str:
    """A field that is a text.

    Raises:
        BadRequest: it is none, or too long.
    """
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value) > LONGEST or len(name) > 100:
        raise BadRequest(f"{name[:100]}: a text of at most {LONGEST} characters")
    return value


def choice(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    """A field that is one of those that are known; the first of them where it is missing.

    Raises:
        BadRequest: it is another one.
    """
    value = fields.get(name, known[0])
    if value not in known or not isinstance(value, str):
        raise BadRequest(f"{name}: one of {', '.join(known)}")
    return value
