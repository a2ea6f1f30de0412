"""``gradient``, ``jacobian``, ``hessian``, ``derivative`` and ``differential``: a derivative as a formula."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping

import matcalc.api as api
from matcalc.commands.questions import By, Question, answering, by_variables, question, sizes_of
from matcalc.errors import DerivativeError, MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.expr import add as sum_of
from matcalc.families import alike, members_of, specification
from matcalc.notation.each_member import Form, equation, fresh_name, shape_of_each
from matcalc.notation.parse import Declared
from matcalc.parts import variables
from matcalc.records import NamedTuple
from matcalc.terminal import printable
from matcalc.writers import check_known, write


class _Kind(NamedTuple):
    """How a kind is derived, what its layout means, by one variable and by several, and its letter in equations."""

    derive: Callable[..., Expr]
    meaning: str
    of_lists: str
    left: str


def _differential(formula: Expr, by: By) -> Expr:
    """The differential for changes of one variable or several, which are called dx, dy …"""
    given = by if isinstance(by, list) else [by]
    if bad := next((x for x in given if x.kind != "variable"), None):
        raise DerivativeError(f"a differential is by variables, not by {bad}")
    known = {name_of(v) for v in variables(formula)}
    if taken := next((x for x in given if f"d{name_of(x)}" in known), None):
        raise DerivativeError(f"d{taken} is a variable of the formula, and no change of {taken}", hint="rename it")
    made = [api.differential(formula, x, alike(x, f"d{name_of(x)}")) for x in given]
    total = made[0]
    for part in made[1:]:
        total = sum_of(total, part)
    return total


_KINDS = {
    "gradient": _Kind(
        api.gradient,
        "the gradient has the shape of its variable",
        "the gradients stand one below the other, matrices as their vecs",
        "G",
    ),
    "jacobian": _Kind(
        api.jacobian,
        "J[i,j] = ∂f_i/∂x_j, matrices by columns",
        "the Jacobians stand side by side, matrices by columns",
        "J",
    ),
    "hessian": _Kind(
        api.hessian,
        "H is the Jacobian of the column gradient",
        "H[i,j] is the Jacobian by the second of a pair of the column gradient by the first",
        "H",
    ),
    "derivative": _Kind(api.derivative, "a column by a row is the Jacobian, a row by a column its transpose", "", "D"),
    "differential": _Kind(_differential, "linear in the changes of the variables, of the formula's shape", "", "D"),
}


class Answer(NamedTuple):
    """A derivative, and how it is printed."""

    asked: Question
    by: By
    result: Expr
    shown: str


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    check_known(options.to or "text")
    return told(options, answer(options, question(options, session))), 0


def answer(options: Namespace, asked: Question) -> Answer:
    """The derivative that is asked for.

    Raises:
        MatcalcError: the formula has none.
    """
    with answering(asked, options.by):
        by = by_variables(options.by, asked.names)
        _check_by(options, by)
        result = _KINDS[options.command].derive(asked.formula, by, **_choices(options))
        return Answer(asked, by, result, _shown(options, result, by))


def _choices(options: Namespace) -> dict[str, str]:
    return {name: getattr(options, name) for name in ("structure", "layout") if hasattr(options, name)}


def _check_by(options: Namespace, by: By) -> None:
    if isinstance(by, Expr) and by.kind == "transpose" and options.command != "derivative":
        hint = f"{options.command} by {by.operands[0]}, or matcalc derivative by {by}"
        raise DerivativeError(f"a {options.command} is by variables, not by {by}", hint=hint).at(
            options.by, (0, len(options.by))
        )


def told(options: Namespace, found: Answer) -> str:
    """The derivative with its shape, what its names are, and what else is asked for."""
    kind, choices, result = _KINDS[options.command], _choices(options), found.result
    if options.sizes and not options.cheapest:
        raise MatcalcError("--sizes: the sizes say what is cheapest", hint="with --cheapest")
    if options.json:
        return as_json(options, found)
    meaning = kind.meaning if isinstance(found.by, Expr) else kind.of_lists or kind.meaning
    layout = choices.get("layout", "numerator")
    if layout != "numerator":
        meaning += ", here transposed"
    if choices.get("structure", "ignore") != "ignore":
        meaning += f", structure {choices['structure']}"
    shape = shape_of_each(result) if _is_by_family(options, found.by) else str(result.shape)
    laid_out = f", {layout} layout: " if options.command != "differential" else ": "
    lines = [found.shown, f"shape {shape}{laid_out}{meaning}", found.asked.where]
    if options.cheapest:
        lines.append(f"cheapest: {_shown(options, api.cheapest(result, sizes_of(options.sizes)), found.by)}")
    if options.conditions:
        lines.append(f"valid for {', '.join(api.conditions(found.asked.formula, result)) or 'all values'}")
    if options.properties:
        lines.append(f"the result is {', '.join(api.properties(result)) or 'of no known structure'}")
    return "\n".join(lines)


def _shown(options: Namespace, result: Expr, by: By) -> str:
    """The result as it was asked for; one that is a stack of members, as an equation for each."""
    if options.to is not None and options.to not in ("text", "latex", "unicode"):
        return write(result, options.to)
    left = fresh_name(_KINDS[options.command].left, result)
    is_family = _is_by_family(options, by)

    def written(form: Form) -> str:
        return equation(left, result, form, of_members=is_family) or write(result, form)

    is_unicode = options.unicode or options.to == "unicode"
    if is_unicode and printable(written("unicode")) == written("unicode"):
        return written("unicode")
    return written("latex" if options.latex or options.to == "latex" else "text")


def _is_by_family(options: Namespace, by: By) -> bool:
    """Whether the members of a gradient are those of a family."""
    return options.command == "gradient" and isinstance(by, Expr) and members_of(by) is not None


def as_json(options: Namespace, found: Answer, **more: object) -> str:
    import json

    from matcalc.notation.latex import to_latex

    formula, result = found.asked.formula, found.result
    variables: Mapping[str, object] = {name: specification(v) for name, v in found.asked.names.items()}
    return json.dumps(
        {
            **more,
            "kind": options.command,
            "formula": str(formula),
            "by": options.by,
            "result": str(result),
            "latex": to_latex(result),
            "shape": {"rows": str(result.shape.rows), "cols": str(result.shape.cols)},
            "layout": getattr(options, "layout", "numerator"),
            "structure": getattr(options, "structure", "ignore"),
            "conditions": list(api.conditions(formula, result)),
            "properties": list(api.properties(result)),
            "variables": variables,
        },
        ensure_ascii=False,
    )
