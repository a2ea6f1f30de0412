"""Certificates: a verdict's JSON checked again, by difference quotients of the formula and by the values it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matcalc.checking import precise
from matcalc.checking.bodies import with_bodies
from matcalc.checking.declarations import declarations, declared_functions, declared_variables
from matcalc.checking.equality import equal
from matcalc.checking.points import jogged, least_size, points
from matcalc.checking.verdict import Verdict
from matcalc.emission.emitted import Emitted
from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.errors import MatcalcError, ParseError
from matcalc.evaluation import run_silently
from matcalc.expr import Expr, Function, name_of, variables
from matcalc.facts import declare, is_structure
from matcalc.network.lower import lower
from matcalc.notation.parse import parse
from matcalc.shape import Shape
from matcalc.symbols import unbound_symbols, with_hints

STEP = 1e-3
WEIGHTS = ((2, -1 / 12), (1, 2 / 3), (-1, -2 / 3), (-2, 1 / 12))  # of the values at multiples of the step
KINDS = ("value", "gradient", "jacobian", "hessian", "jvp")
LARGEST = 100  # size for which differences are taken, entry by entry
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
        if "lines" in certificate:
            return _lines_hold(certificate)
        status = certificate["status"]
        if "claim" in certificate and "variables" in certificate:
            holds = derivative_holds(certificate)
        else:
            holds = _equality_holds(certificate)
        if certificate.get("status") not in ("correct", "wrong", "undecided"):
            raise KeyError("status")
    except (json.JSONDecodeError, RecursionError, KeyError, TypeError, AttributeError) as error:
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


def _lines_hold(report: Mapping[str, Any]) -> Verdict:
    """Whether the lines of a derivation are what the report says of them, and its first bad line is the first."""
    lines = [line for line in report["lines"] if "status" in line]
    first = next((line["number"] for line in lines if line["status"] != "correct"), None)
    if report["first_bad_line"] != first:
        return Verdict("wrong", "refuted: another line is the first that is not true")
    undecided = []
    for line in lines:
        holds = None if line["status"] == "undecided" else derivative_holds(line)
        if holds is None:
            undecided.append(str(line["number"]))
        elif holds != (line["status"] == "correct"):
            return Verdict("wrong", f"refuted: line {line['number']} is not {line['status']}: {line['text'].strip()}")
    if undecided:
        return Verdict("undecided", f"not checked again: line {', '.join(undecided)}")
    end = "all are true" if first is None else f"line {first} is the first that is not true"
    return Verdict("correct", f"confirmed: {len(lines)} line{'s' if len(lines) != 1 else ''}, {end}")


def _equality_holds(certificate: Mapping[str, Any]) -> bool | None:
    functions = declared_functions(certificate)
    left, right = parse(certificate["left"], functions), parse(certificate["right"], functions)
    found = equal(left, right)
    return None if found.status == "undecided" else bool(found)


def _with_bodies_holds(certificate: Mapping[str, Any]) -> bool | None:
    """Whether the claim is the derivative where functions without a known body have one."""
    names: dict[str, Expr | Function] = {**declared_variables(certificate), **declared_functions(certificate)}
    formula = parse(certificate["formula"], names)
    try:
        claim = parse(certificate["claim"], names)
    except MatcalcError:
        return False
    (formula, claim), _ = with_bodies(formula, claim)
    own = declarations(variables(formula, claim))["variables"]
    kept = {key: value for key, value in certificate.items() if key != "functions"}
    texts = {"formula": str(formula), "claim": str(claim), "variables": {**certificate["variables"], **own}}
    return derivative_holds({**kept, **texts})


def derivative_holds(certificate: Mapping[str, Any]) -> bool | None:
    """Whether the claim is the derivative, at random points."""
    if "functions" in certificate:
        return _with_bodies_holds(certificate)
    names = declared_variables(certificate)
    if any((dim.number or 0) > LARGEST for v in names.values() for dim in v.shape):
        return None
    kind, x = certificate["kind"], names[certificate["by"]]
    free = [fact for fact in x.data[1] if not is_structure(fact)]  # the entries of a symmetric x move one by one
    formula = parse(certificate["formula"], {**names, certificate["by"]: declare(certificate["by"], *x.shape, *free)})
    if kind not in KINDS or (kind in ("gradient", "hessian") and not formula.shape.is_scalar):
        raise ParseError("this is no certificate of a verdict", f"a {kind} of what is {formula.shape}")
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
            rewrites = kind == "value"  # a line f = … of a derivation
            wanted = _value(formula, point) if rewrites else _quotients(formula, x, point, kind)
            got = _value(claim, point)
            moved = _value(claim, {**point, "values": jogged(point["values"])})
            if wanted is None or got is None or moved is None or _far(moved, got):  # near a singular matrix
                continue
            if rewrites:
                wanted = wanted.reshape(_shape_at(formula, point["sizes"]))
            if got.size != wanted.size or _shape_at(claim, point["sizes"]) not in (None, wanted.shape):
                return False
            if _far(got.reshape(wanted.shape), wanted):
                if not rewrites and _unsettled(formula, x, point, kind, wanted):
                    continue
                return False
            compared += 1
    return True if compared else None


def _unsettled(formula: Expr, x: Expr, point: Mapping[str, Any], kind: str, wanted: Any) -> bool:
    """Whether difference quotients of a smaller step are others."""
    other = _quotients(formula, x, point, kind, STEP / 4)
    return other is None or _far(other, wanted)


def _by_differences(certificate: Mapping[str, Any], names: Mapping[str, Expr], formula: Expr) -> bool | None:
    """Whether the claim is a second derivative, or one along a direction, by differences in many digits."""
    x, own = names[certificate["by"]], {name_of(v) for v in variables(formula)}
    y = names[certificate.get("then_by", certificate["by"])]
    directions = [v for name, v in names.items() if name not in own and v.shape == x.shape and v is not x]
    if certificate["kind"] == "jvp" and len(directions) != 1:
        return None
    try:
        claim = with_hints(parse(certificate["claim"], names), *names.values())
    except MatcalcError:
        return False
    view = lower(formula)
    if certificate["kind"] == "jvp" and claim.shape != formula.shape:
        return False
    if certificate["kind"] == "hessian" and claim.shape != Shape(
        x.shape.rows * x.shape.cols, y.shape.rows * y.shape.cols
    ):
        return False
    compared = 0
    for point in points(list(names.values()), 6, 99, least=max(2, least_size(formula))):
        got = _value(claim, point)
        if got is None:
            continue

        def at(*steps: tuple[Expr, Any], point: Mapping[str, Any] = point) -> Any:
            given = {v: point["values"][name_of(v)] for v in variables(formula)}
            for v in dict.fromkeys((x, y)):
                along = [step for by, step in steps if by is v]
                here = next((w for w in given if name_of(w) == name_of(v)), None)
                if here is not None:
                    given[here] = precise.moved(given[here], *along)
            return precise.values_of([view.node], point["sizes"], given)[0]

        try:
            if certificate["kind"] == "jvp":
                along = point["values"][name_of(directions[0])]
                wanted = precise.quotient([(1, at((x, along))), (-1, at((x, -along)))], 2, 1)
            else:
                by_x, by_y = (_units(v, point["values"][name_of(v)].shape) for v in (x, y))
                wanted = _second(at, by_x, by_y)
        except precise.Undefined:
            continue
        except precise.Unsupported:
            return None
        if got.size != wanted.size or _far(got.reshape(wanted.shape), wanted):
            return False
        compared += 1
    return True if compared else None


def _units(x: Expr, shape: tuple[int, int]) -> list[tuple[Expr, Any]]:
    """The steps by which each entry of a variable is moved, column by column."""
    import numpy as np

    rows, cols = (np.eye(size) for size in shape)
    return [(x, rows[:, [k]] * cols[[l]]) for l in range(shape[1]) for k in range(shape[0])]


def _second(at: Any, by_x: list[tuple[Expr, Any]], by_y: list[tuple[Expr, Any]]) -> Any:
    """The second derivative of a scalar by the entries of two variables."""
    import numpy as np

    made = np.zeros((len(by_x), len(by_y)))
    for i, (x, e) in enumerate(by_x):
        for j, (y, f) in enumerate(by_y):
            if x is y and j < i:
                made[i, j] = made[j, i]
                continue
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            made[i, j] = precise.quotient([(s * t, at((x, s * e), (y, t * f))) for s, t in signs], 4, 2)
    return made


def _against_answer(certificate: Mapping[str, Any], names: Mapping[str, Expr]) -> bool | None:
    try:
        claim, answer = parse(certificate["claim"], names), parse(certificate["answer"], names)
    except MatcalcError:
        return False
    if claim.shape != answer.shape:
        return False
    found = equal(claim, answer, list(names.values()))
    return None if found.status == "undecided" else bool(found)


def _shape_at(expr: Expr, sizes: Mapping[str, int]) -> tuple[int, ...] | None:
    """The shape for these sizes; None where it has others."""
    if any(symbol not in sizes for dim in expr.shape for symbol in dim.symbols):
        return None
    return tuple(dim.at(sizes) for dim in expr.shape)


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


def _quotients(formula: Expr, x: Expr, point: Mapping[str, Any], kind: str, step: float = STEP) -> Any:
    """The derivative by difference quotients: of x's shape for a gradient, else vec of the formula by vec of x."""
    import numpy as np

    name, values = name_of(x), point["values"]
    at = values[name]
    columns = []
    emitted = _emitted(formula, point)
    for j in range(at.shape[1]):
        for i in range(at.shape[0]):
            direction = np.zeros(at.shape)
            direction[i, j] = step
            moved = [
                (weight, run_silently(emitted, {**values, name: at + times * direction})) for times, weight in WEIGHTS
            ]
            if any(value is None or not np.all(np.isfinite(value)) for _, value in moved):
                return None
            slope = sum(weight * np.asarray(value, dtype=float) for weight, value in moved) / step
            columns.append(np.asarray(slope).reshape(-1, order="F"))
    jacobian = np.stack(columns, axis=1)
    return jacobian.reshape(at.shape, order="F") if kind == "gradient" else jacobian
