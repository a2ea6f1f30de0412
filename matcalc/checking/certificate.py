"""Certificates: a verdict's JSON checked again, by difference quotients of the formula and by the values it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from matcalc.checking.bodies import with_bodies
from matcalc.checking.declarations import declarations, declared_functions, declared_sizes, declared_variables
from matcalc.checking.differences import Differences
from matcalc.checking.equality import equal
from matcalc.checking.members import members_in
from matcalc.checking.points import Place
from matcalc.checking.verdict import Verdict
from matcalc.errors import MatcalcError, ParseError
from matcalc.evaluation import holds
from matcalc.expr import Expr, transpose
from matcalc.facts import is_structure
from matcalc.families import declared_facts, is_of_matrices, redeclared
from matcalc.function import Function
from matcalc.functions.precise import Unsupported
from matcalc.notation.parse import parse
from matcalc.parts import variables
from matcalc.symbols import with_hints

KINDS = ("value", "gradient", "jacobian", "hessian", "jvp")
LARGEST = 100  # size for which differences are taken, entry by entry


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
    except (
        ValueError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
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
        holds = None if line["status"] in ("undecided", "unread") else derivative_holds(line)
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
    """Whether the claim is the derivative, at random points and in every piece of formula and claim; None where that
    was not seen."""
    if "functions" in certificate:
        return _with_bodies_holds(certificate)
    names = declared_variables(certificate)
    if any((dim.number or 0) > LARGEST for v in names.values() for dim in v.shape):
        return None
    kind, x = certificate["kind"], names[certificate["by"]]
    # the entries of a symmetric x move one by one
    free = [fact for fact in declared_facts(x) if not is_structure(fact)]
    known: dict[str, Expr] = {**declared_sizes(certificate), **names}
    formula = parse(certificate["formula"], {**known, certificate["by"]: redeclared(x, *free)})
    if kind not in KINDS or (kind in ("gradient", "hessian") and not formula.shape.is_scalar):
        raise ParseError("this is no certificate of a verdict", f"a {kind} of what is {formula.shape}")
    try:
        claim = with_hints(parse(certificate["claim"], known), *names.values())
    except MatcalcError:
        return False
    is_transposed = certificate.get("layout") == "denominator"
    if is_transposed:
        claim = transpose(claim)
    if kind == "value":  # a line f = … of a derivation
        return _is_equal(parse(certificate["formula"], known), claim, names)
    try:
        return Differences(formula, x, names.get(certificate.get("then_by", ""), x), kind, claim, names).hold(
            _example(certificate, names)
        )
    except Unsupported:
        answer = parse(certificate["answer"], known)
        return _is_equal(transpose(answer) if is_transposed else answer, claim, names, formula)


def _example(certificate: Mapping[str, Any], names: Mapping[str, Expr]) -> list[Place]:
    """The point that the certificate holds, if it has one."""
    import numpy as np

    held = certificate.get("counterexample")
    if held is None:
        return []
    sizes = {str(symbol): int(side) for symbol, side in held["sizes"].items()}
    values = {}
    for name, v in names.items():
        rows, cols = (dim.at(sizes) for dim in v.shape)
        array = np.asarray(held["values"][name], dtype=float)
        if array.size != rows * cols or not (declared_facts(v) == () or holds(v, _as_given(v, array, sizes))):
            return []
        values[name] = array.reshape(rows, cols)
    return [Place(sizes, values)]


def _as_given(v: Expr, array: Any, sizes: Mapping[str, int]) -> Any:
    """The value of a variable as it is handed over: that of a family of matrices has the family's axis first."""
    import numpy as np

    matrix = array.reshape([dim.at(sizes) for dim in v.shape])
    return np.stack(members_in(v, matrix, sizes)) if is_of_matrices(v) else matrix


def _is_equal(left: Expr, claim: Expr, names: Mapping[str, Expr], *domain: Expr) -> bool | None:
    if claim.shape != left.shape:
        return False
    found = equal(claim, left, list(names.values()), domain)
    return None if found.status == "undecided" else bool(found)
