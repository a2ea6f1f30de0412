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
from matcalc.web.questions import (
    ALL,
    STRUCTURES,
    BadRequest,
    Misdeclared,
    Question,
    Request,
    choice,
    question,
    undeclared,
)

Fields = Mapping[str, Any]
Answer = dict[str, Any]

LONGEST_TYPESET = 6_000  # characters of LaTeX; longer formulas are shown as text
LONGEST_TRIED = 1_000  # characters of a formula that is refused, and then read in other languages
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
    for notation in READERS if len(request.formula) <= LONGEST_TRIED else ():
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
        made = asked.derivatives
        chosen = ALL if asked.is_by_all else name_of(asked.by)
        then = name_of(asked.then) if asked.kind == "hessian" and not asked.is_by_all else ""
    except MatcalcError as error:  # the formula is shown all the same
        return {**read, "error": told(_placed(error, asked.request), "formula")}
    return {
        **read,
        "by": chosen,
        "then": then,
        "derivative": {
            "text": shown(_each_line(asked, "text")),
            "latex": [typeset(_equated(asked, name)) for name in made],
            "formula_latex": shown(_each_line(asked, "latex")),
            "shape": ", ".join(_shape(asked, name) for name in made),
            "layout": asked.layout,
            "properties": list(mc.properties(next(iter(made.values())))) if len(made) == 1 else [],
            "conditions": list(mc.conditions(asked.formula, *made.values())),
        },
    }


def _shape(asked: Question, name: str) -> str:
    return shape_of_each(asked.derivatives[name]) if _is_of_members(asked, name) else str(asked.derivatives[name].shape)


def _is_of_members(asked: Question, name: str) -> bool:
    """Whether the derivative has a member for each of a family's."""
    return asked.kind == "gradient" and members_of(asked.names[name]) is not None


def _variable(name: str, variable: Expr, asked: Question) -> Answer:
    return {
        "name": name,
        "latex": mc.to_latex(variable),
        "declaration": declaration(variable),
        "declared": bool(asked.request.declared.get(name, "").strip()),
    }


def _each_line(asked: Question, form: Form) -> str:
    """The derivative; of several, each with its name in a line of its own."""
    if len(asked.derivatives) == 1:
        return _written(asked, next(iter(asked.derivatives)), form)
    if form == "latex":
        return " \\\\\n".join(_equated(asked, name) for name in asked.derivatives)
    return "\n".join(f"df/d{name} = {_written(asked, name, form)}" for name in asked.derivatives)


def _written(asked: Question, name: str, form: Form) -> str:
    """The derivative by a variable; one that is a stack of members as an equation for each."""
    result = asked.derivatives[name]
    left = fresh_name(_LETTERS[asked.kind], result)
    plain: dict[Form, Callable[[Expr], str]] = {"text": str, "latex": mc.to_latex, "unicode": mc.to_unicode}
    is_family = name in asked.names and _is_of_members(asked, name)
    return equation(left, result, form, of_members=is_family) or plain[form](result)


def _equated(asked: Question, name: str) -> str:
    """The derivative in LaTeX with its left side; an equation for each member has one of its own."""
    right = _written(asked, name, "latex")
    is_equation = right != mc.to_latex(asked.derivatives[name])
    left = _left(asked, name)
    return rf"{left}\colon \quad {right}" if is_equation else f"{left} = {right}"


def _left(asked: Question, name: str) -> str:
    """The left side: ∂f/∂x of a gradient, ∂f/∂xᵀ of a Jacobian, ∂²f/∂x∂yᵀ of a second derivative."""
    if name == ALL:
        return r"\nabla^2 f"
    x = _as_column(asked.names[name], asked.kind != "gradient")
    if asked.kind == "gradient":
        return rf"\frac{{\partial f}}{{\partial {x}}}"
    if asked.kind == "hessian":
        y = _as_column(asked.then, True)
        return rf"\frac{{\partial^2 f}}{{\partial {x} \, \partial {_as_row(y, asked.then)}}}"
    f = "f" if asked.formula.shape.cols.number == 1 else r"\operatorname{vec}(f)"
    return rf"\frac{{\partial {f}}}{{\partial {_as_row(x, asked.names[name])}}}"


def _as_column(x: Expr, is_column: bool) -> str:
    latex = mc.to_latex(x)
    return rf"\operatorname{{vec}}({latex})" if is_column and x.shape.cols.number != 1 else latex


def _as_row(latex: str, x: Expr) -> str:
    return latex if x.shape.is_scalar else rf"{latex}^{{\top}}"


def typeset(latex: str) -> str | None:
    """LaTeX that is not too long to be typeset."""
    return latex if len(latex) <= LONGEST_TYPESET else None


def shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} … ({len(text)} characters)"


# ---------------------------------------------------------------- steps, index form
def steps(asked: Question, fields: Fields) -> Answer:
    """How the derivative is derived; of a Hessian, how the gradient is derived by the variable once more."""
    style = choice(fields, "style", ("chain", "differential"))
    if asked.kind == "hessian":
        formula, by = mc.gradient(asked.formula, asked.by), [asked.then]
        note = f"f is the gradient by {asked.by} here, and its Jacobian by {asked.then} is the second derivative"
    else:
        formula, note = asked.formula, ""
        by = [asked.names[name] for name in asked.derivatives]
    made = []
    for x in by:
        for at, step in enumerate(mc.explain(formula, x, style=style).steps):
            latex = step.to_latex().rpartition(" && ")[0].replace(" &= ", " = ", 1)
            made.append(
                {
                    "latex": typeset(latex),
                    "text": shown(str(step)),
                    "shape": step.told_shape,
                    "reason": step.reason,
                    "begins": f"by {x}" if len(by) > 1 and at == 0 else "",
                }
            )
    return {"steps": made, "style": style, "note": note}


def index_form(asked: Question, fields: Fields) -> Answer:
    def written(x: str, result: Expr) -> str:
        if asked.kind == "jacobian":
            return str(mc.tensor(asked.formula, asked.names[x]))
        return mc.to_index(result)

    made = [
        f"by {name}: {written(name, result)}" if len(asked.derivatives) > 1 else written(name, result)
        for name, result in asked.derivatives.items()
    ]
    return {"formula": shown(mc.to_index(asked.formula)), "derivative": shown("\n".join(made)), "kind": asked.kind}


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
