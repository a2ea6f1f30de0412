"""``matcalc plan``: the steps of a value and its derivative, with their costs."""

from __future__ import annotations

from argparse import Namespace

from matcalc.api import compare_plans, gradient, jacobian, plan
from matcalc.commands.questions import By, answering, by_variables, question, sizes_of
from matcalc.errors import DerivativeError
from matcalc.expr import Expr
from matcalc.notation.parse import Declared


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    asked = question(options, session)
    sizes = sizes_of(options.sizes)
    with answering(asked, options.by):
        by = by_variables(options.by, asked.names)
        results = value_and_slope(asked.formula, by, options.structure, options.layout)
        is_alone = options.mode or options.dot or options.svg or options.json
        compared = None if is_alone else compare_plans(results, sizes)
        chosen = plan(results, options.mode or "optimal", sizes) if compared is None else compared.plans["optimal"]
        if options.json:
            return chosen.to_json(), 0
        if options.dot or options.svg:
            return str(chosen.to_dot() if options.dot else chosen.svg()), 0
        shown = f"{chosen}\n{asked.where}"
        return shown if compared is None else f"{compared}\n\n{shown}", 0


def value_and_slope(formula: Expr, by: By, structure: str = "ignore", layout: str = "numerator") -> dict[str, Expr]:
    """A formula with its gradient, or, if it is no scalar, its Jacobian.

    Raises:
        DerivativeError: it has none, or a choice is about the other of the two.
    """
    if isinstance(by, Expr) and by.kind == "transpose":
        raise DerivativeError(f"the derivative is by variables, not by {by}", hint=f"by {by.operands[0]}")
    if formula.shape.is_scalar:
        if layout != "numerator":
            raise DerivativeError("--layout: a gradient has the shape of its variable, and no other layout")
        return {"value": formula, "gradient": gradient(formula, by, structure=structure)}
    if structure != "ignore":
        raise DerivativeError("--structure: of a gradient, and only a scalar has one", f"this is {formula.shape}")
    return {"value": formula, "jacobian": jacobian(formula, by, layout=layout)}
