"""What the page is answered: a request, as a dictionary of JSON, → a response of the same kind. Pure functions.

Each answer is made by the functions that Python has for it: ``parse``, ``gradient``, ``explain``, ``emit``, ``plan``,
``check``. A formula that is refused is answered with the error, its places and its hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import matcalc as mc
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.facts import FACTS
from matcalc.families import declaration, members_of
from matcalc.notation.each_member import Form, equation, fresh_name, shape_of_each
from matcalc.readers import READERS
from matcalc.web import code, judging, planning
from matcalc.web.questions import STRUCTURES, BadRequest, Misdeclared, Question, Request, choice, question, undeclared

Fields = Mapping[str, Any]
Answer = dict[str, Any]

LONGEST_TYPESET = 6_000  # characters of LaTeX; longer formulas are shown as text
LONGEST_SHOWN = 100_000  # characters of a text

_LETTERS = {"gradient": "G", "jacobian": "J", "hessian": "H"}


def answer(what: str, fields: Fields) -> Answer:
    """The answer to one request.

    Raises:
        BadRequest: it is none that the page makes.
    """
    if what not in ANSWERS:
        raise BadRequest(f"known: {', '.join(ANSWERS)}")
    request = Request.of(fields)
    if not request.formula.strip():
        return {"empty": True}
    try:
        asked = question(request)
    except Misdeclared as error:
        return {"error": told(error.error, "declared", error.name), "notation": request.notation}
    except MatcalcError as error:
        shown_at = told(_placed(error, request), "formula", undeclared(error))
        others = _other_languages(request) if fields.get("notation", "auto") == "auto" else []
        return {"error": shown_at, "notation": request.notation, "others": others}
    try:
        return ANSWERS[what](asked, fields)
    except MatcalcError as error:
        is_of_claim = what == "check" and error.text != ""
        shown_at = told(error, "claim") if is_of_claim else told(_placed(error, request), "formula")
        return {"error": shown_at, "notation": request.notation}


def _placed(error: MatcalcError, request: Request) -> MatcalcError:
    """The error with a place: all of the formula, where it has none."""
    return error.at(request.formula, (0, len(request.formula)))


def _other_languages(request: Request) -> list[str]:
    """The languages in which a formula can be read that was refused in the one that was recognised."""
    found = []
    for notation in READERS:
        if notation != request.notation:
            with suppress(MatcalcError):
                question(replace(request, notation=notation))
                found.append(notation)
    return found


def told(error: MatcalcError, where: str, name: str = "") -> Answer:
    """An error as the page shows it: ``where`` is the field that its places are in, ``name`` the variable it is of."""
    return {
        "where": where,
        "name": name,
        "summary": error.summary,
        "details": [_for_the_page(line) for line in error.details],
        "hint": _for_the_page(error.hint),
        "places": [{"start": start, "stop": stop, "note": note} for (start, stop), note in error.places],
        "text": error.text,
    }


def _for_the_page(words: str) -> str:
    """A line of an error without the options of the command line."""
    return re.sub(r'--where "([^"]*)"', r"\1", words)


# ---------------------------------------------------------------- the formula and its derivative
def derive(asked: Question, fields: Fields) -> Answer:
    """What is shown while one types: the formula, its variables, and its derivative."""
    formula = {"text": shown(str(asked.formula)), "latex": typeset(mc.to_latex(asked.formula))}
    read: Answer = {
        "notation": asked.request.notation,
        "formula": {**formula, "shape": str(asked.formula.shape)},
        "readings": [f"{typed} read as {meaning}" for typed, meaning in asked.readings.items()],
        "variables": [_variable(name, v, asked) for name, v in asked.names.items()],
        "kind": asked.kind,
    }
    try:
        by, result = asked.by, asked.derivative
    except MatcalcError as error:  # the formula is shown all the same
        return {**read, "error": told(_placed(error, asked.request), "formula")}
    is_family = asked.kind == "gradient" and members_of(by) is not None
    return {
        **read,
        "by": name_of(by),
        "derivative": {
            "text": shown(_written(asked, "text")),
            "latex": typeset(_equated(asked)),
            "formula_latex": shown(_written(asked, "latex")),
            "shape": shape_of_each(result) if is_family else str(result.shape),
            "layout": asked.layout,
            "properties": list(mc.properties(result)),
            "conditions": list(mc.conditions(asked.formula, result)),
        },
    }


def _variable(name: str, variable: Expr, asked: Question) -> Answer:
    return {
        "name": name,
        "latex": mc.to_latex(variable),
        "declaration": declaration(variable),
        "declared": bool(asked.request.declared.get(name, "").strip()),
    }


def _written(asked: Question, form: Form) -> str:
    """The derivative; one that is a stack of members as an equation for each."""
    result = asked.derivative
    left = fresh_name(_LETTERS[asked.kind], result)
    plain: dict[Form, Callable[[Expr], str]] = {"text": str, "latex": mc.to_latex, "unicode": mc.to_unicode}
    is_family = asked.kind == "gradient" and members_of(asked.by) is not None
    return equation(left, result, form, of_members=is_family) or plain[form](result)


def _equated(asked: Question) -> str:
    """The derivative in LaTeX with its left side; an equation for each member has one of its own."""
    right = _written(asked, "latex")
    is_equation = right != mc.to_latex(asked.derivative)
    return rf"{_left(asked)}\colon \quad {right}" if is_equation else f"{_left(asked)} = {right}"


def _left(asked: Question) -> str:
    """The left side: ∂f/∂x of a gradient, ∂f/∂xᵀ of a Jacobian, ∂²f/∂x∂xᵀ of a Hessian."""
    f, x = "f", mc.to_latex(asked.by)
    if asked.by.shape.cols.number != 1 and asked.kind != "gradient":
        x = rf"\operatorname{{vec}}({x})"
    if asked.kind == "jacobian" and asked.formula.shape.cols.number != 1:
        f = rf"\operatorname{{vec}}({f})"
    row = x if asked.by.shape.is_scalar else rf"{x}^{{\top}}"
    if asked.kind == "hessian":
        return rf"\frac{{\partial^2 f}}{{\partial {x} \, \partial {row}}}"
    return rf"\frac{{\partial {f}}}{{\partial {x if asked.kind == 'gradient' else row}}}"


def typeset(latex: str) -> str | None:
    """LaTeX that is not too long to be typeset."""
    return latex if len(latex) <= LONGEST_TYPESET else None


def shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} … ({len(text)} characters)"


# ---------------------------------------------------------------- steps, index form
def steps(asked: Question, fields: Fields) -> Answer:
    """How the derivative is derived; of a Hessian, how the gradient is derived by the variable once more."""
    style = choice(fields, "style", ("chain", "differential"))
    formula = mc.gradient(asked.formula, asked.by) if asked.kind == "hessian" else asked.formula
    made = []
    for step in mc.explain(formula, asked.by, style=style).steps:
        latex = step.to_latex().rpartition(" && ")[0].replace(" &= ", " = ", 1)
        made.append(
            {"latex": typeset(latex), "text": shown(str(step)), "shape": step.told_shape, "reason": step.reason}
        )
    note = "f is the gradient here, and its Jacobian is the Hessian" if asked.kind == "hessian" else ""
    return {"steps": made, "style": style, "note": note}


def index_form(asked: Question, fields: Fields) -> Answer:
    return {
        "formula": shown(mc.to_index(asked.formula)),
        "derivative": shown(str(mc.tensor(asked.formula, asked.by)))
        if asked.kind == "jacobian"
        else shown(mc.to_index(asked.derivative)),
        "kind": asked.kind,
    }


def about() -> Answer:
    """What the page offers to choose from; nothing of it depends on a formula."""
    return {
        "version": mc.__version__,
        "notations": list(READERS),
        "facts": list(FACTS),
        "structures": list(STRUCTURES),
        "targets": code.offered(),
    }


ANSWERS: dict[str, Callable[[Question, Fields], Answer]] = {
    "derive": derive,
    "steps": steps,
    "code": code.code,
    "plan": planning.plan,
    "check": judging.check,
    "index": index_form,
}
