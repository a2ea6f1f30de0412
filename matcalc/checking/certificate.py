"""Certificates: a verdict's JSON checked again, by difference quotients of the formula and by the values it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matcalc.checking import precise
from matcalc.checking.equality import equal
from matcalc.checking.points import jogged, least_size, points
from matcalc.checking.verdict import Verdict
from matcalc.emission.emitted import Emitted
from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.errors import MatcalcError, ParseError
from matcalc.evaluation import run_silently
from matcalc.expr import Expr, name_of, unbound_symbols, variables, with_hints
from matcalc.facts import declare, is_structure
from matcalc.network.lower import lower
from matcalc.notation.parse import parse
from matcalc.shape import Dim, Shape

STEP = 1e-3
WEIGHTS = ((2, -1 / 12), (1, 2 / 3), (-1, -2 / 3), (-2, 1 / 12))  # of the values at multiples of the step
NEAR = 1e-5  # that a difference quotient comes to the derivative


def verify(text: str) -> Verdict:
    """Whether a certificate holds: "correct" if its verdict is confirmed, "wrong" if it is refuted.

    A claim about a derivative is compared with difference quotients of the formula, which need no rule of derivation.

    Raises:
        ParseError: the text is no certificate.
    """
    try:
        certificate = json.loads(text)
        if "steps" in certificate:
            return _all_hold([step for step in certificate["steps"] if "claim" in step])
        status = certificate["status"]
        if "claim" in certificate and "variables" in certificate:
            holds = derivative_holds(certificate)
        else:
            holds = _equality_holds(certificate)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ParseError("this is no certificate of a verdict", f"{type(error).__name__}: {error}") from None
    if holds is None or status == "undecided":
        return Verdict("undecided", "the certificate could not be checked again")
    if holds == (status == "correct"):
        return Verdict("correct", f"confirmed: {certificate.get('claim', 'the formulas')} is {status}")
    return Verdict("wrong", f"refuted: the certificate says {status}, and it is not")


def _all_hold(steps: list[Mapping[str, Any]]) -> Verdict:
    """Whether all steps of an explanation hold."""
    for step in steps:
        if derivative_holds(step) is False:
            return Verdict("wrong", f"refuted: {step['left']} = {step['claim']}")
    return Verdict("correct", f"confirmed: {len(steps)} step{'s' if len(steps) != 1 else ''}")


def _equality_holds(certificate: Mapping[str, Any]) -> bool | None:
    left, right = parse(certificate["left"]), parse(certificate["right"])
    found = equal(left, right)
    return None if found.status == "undecided" else bool(found)


def derivative_holds(certificate: Mapping[str, Any]) -> bool | None:
    """Whether the claim is the derivative, at random points."""
    names = {
        name: declare(name, _dim(spec["rows"]), _dim(spec["cols"]), *spec["facts"])
        for name, spec in certificate["variables"].items()
    }
    kind, x = certificate["kind"], names[certificate["by"]]
    free = [fact for fact in x.data[1] if not is_structure(fact)]  # the entries of a symmetric x move one by one
    formula = parse(certificate["formula"], {**names, certificate["by"]: declare(certificate["by"], *x.shape, *free)})
    if kind in ("hessian", "jvp"):
        holds = _by_differences(certificate, names, formula)
        return _against_answer(certificate, names) if holds is None else holds
    try:
        claim = with_hints(parse(certificate["claim"], names), *names.values())
    except MatcalcError:
        return False
    compared = 0
    for positive in (False, True):
        for point in points(list(names.values()), 4, 99, positive=positive, least=max(2, least_size(formula))):
            wanted = _quotients(formula, x, point, kind)
            got = _value(claim, point)
            moved = _value(claim, {**point, "values": jogged(point["values"])})
            if wanted is None or got is None or moved is None or _far(moved, got):  # near a singular matrix
                continue
            if got.size != wanted.size or (kind == "jacobian" and 1 not in wanted.shape and got.shape != wanted.shape):
                return False
            if _far(got.reshape(wanted.shape), wanted):
                return False
            compared += 1
    return True if compared else None


def _by_differences(certificate: Mapping[str, Any], names: Mapping[str, Expr], formula: Expr) -> bool | None:
    """Whether the claim is the second derivative by x, or that along a direction, by differences in many digits."""
    x, own = names[certificate["by"]], {name_of(v) for v in variables(formula)}
    directions = [v for name, v in names.items() if name not in own and v.shape == x.shape and v is not x]
    if certificate["kind"] == "jvp" and len(directions) != 1:
        return None
    try:
        claim = with_hints(parse(certificate["claim"], names), *names.values())
    except MatcalcError:
        return False
    view = lower(formula)
    if certificate["kind"] == "hessian" and claim.shape != Shape(
        x.shape.rows * x.shape.cols, x.shape.rows * x.shape.cols
    ):
        return None
    compared = 0
    for point in points(list(names.values()), 6, 99, least=max(2, least_size(formula))):
        got = _value(claim, point)
        if got is None:
            continue

        def at(*steps: Any, point: Mapping[str, Any] = point) -> Any:
            given = {v: point["values"][name_of(v)] for v in variables(formula)}
            here = next(v for v in given if name_of(v) == name_of(x))
            given[here] = precise.moved(given[here], *steps)
            return precise.values_of([view.node], point["sizes"], given)[0]

        try:
            if certificate["kind"] == "jvp":
                along = point["values"][name_of(directions[0])]
                wanted = precise.quotient([(1, at(along)), (-1, at(-along))], 2, 1)
            else:
                wanted = _second(at, point["values"][name_of(x)].shape)
        except precise.Undefined:
            continue
        except precise.Unsupported:
            return None
        if got.size != wanted.size or _far(got.reshape(wanted.shape), wanted):
            return False
        compared += 1
    return True if compared else None


def _second(at: Any, shape: tuple[int, int]) -> Any:
    """The second derivative of a scalar by the entries of a matrix, column by column."""
    import numpy as np

    units = [np.eye(shape[0])[:, [k]] * np.eye(shape[1])[[l]] for l in range(shape[1]) for k in range(shape[0])]
    made = np.zeros((len(units), len(units)))
    for i, e in enumerate(units):
        for j, f in enumerate(units[: i + 1]):
            terms = [(1, at(e, f)), (-1, at(e, -f)), (-1, at(-e, f)), (1, at(-e, -f))]
            made[i, j] = made[j, i] = precise.quotient(terms, 4, 2)
    return made


def _dim(text: str) -> Dim:
    return parse(f"ones({text})").shape.rows


def _against_answer(certificate: Mapping[str, Any], names: Mapping[str, Expr]) -> bool | None:
    try:
        claim, answer = parse(certificate["claim"], names), parse(certificate["answer"], names)
    except MatcalcError:
        return False
    if claim.shape != answer.shape:
        return False
    found = equal(claim, answer, list(names.values()))
    return None if found.status == "undecided" else bool(found)


def _far(a: Any, b: Any) -> bool:
    import numpy as np

    return bool(np.max(np.abs(a - b), initial=0.0) > NEAR * max(1.0, float(np.max(np.abs(b), initial=0.0))))


def _emitted(expr: Expr, point: Mapping[str, Any]) -> Emitted:
    """The code of a formula; the sizes that none of its variables has are the point's."""
    sizes = {symbol: point["sizes"][symbol] for symbol in unbound_symbols(expr)}
    return emit({"value": expr}, "value", sizes, options=GUARDED)


def _value(expr: Expr, point: Mapping[str, Any]) -> Any:
    import numpy as np

    result = run_silently(_emitted(expr, point), point["values"])
    return None if result is None or not np.all(np.isfinite(result)) else np.asarray(result, dtype=float)


def _quotients(formula: Expr, x: Expr, point: Mapping[str, Any], kind: str) -> Any:
    """The derivative by difference quotients: of x's shape for a gradient, else vec of the formula by vec of x."""
    import numpy as np

    name, values = name_of(x), point["values"]
    at = values[name]
    columns = []
    emitted = _emitted(formula, point)
    for j in range(at.shape[1]):
        for i in range(at.shape[0]):
            direction = np.zeros(at.shape)
            direction[i, j] = STEP
            moved = [
                (weight, run_silently(emitted, {**values, name: at + times * direction})) for times, weight in WEIGHTS
            ]
            if any(value is None or not np.all(np.isfinite(value)) for _, value in moved):
                return None
            slope = sum(weight * np.asarray(value, dtype=float) for weight, value in moved) / STEP
            columns.append(np.asarray(slope).reshape(-1, order="F"))
    jacobian = np.stack(columns, axis=1)
    return jacobian.reshape(at.shape, order="F") if kind == "gradient" else jacobian
