"""Checking a claim about a derivative."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from matcalc.checking.asked import Asked, Sample, samples_of, value_at
from matcalc.checking.declarations import declarations
from matcalc.checking.equality import equal
from matcalc.checking.formula import names_of, tree_of
from matcalc.checking.points import symbols_of
from matcalc.checking.values import Point, is_plain
from matcalc.checking.verdict import Verdict
from matcalc.errors import EvaluationError, MatcalcError, ParseError, ShapeError, suggest
from matcalc.expr import Expr, name_of
from matcalc.families import declared_facts, is_of_matrices, members_of, redeclared
from matcalc.lowering.lower import lower
from matcalc.notation.each_member import equation
from matcalc.notation.equations import named_left
from matcalc.notation.parse import Names
from matcalc.notation.parse import parse as parse_as_written
from matcalc.parts import replaced, variables
from matcalc.reading import has_sums, parse_with_names
from matcalc.regex import regex
from matcalc.shape import Shape

if TYPE_CHECKING:
    from matcalc.checking.diagnosis import Diagnosis

_UNBOUND = regex(r"index (\w+) is not bound")
NOWHERE = "the claim has no value at any point that was tried, where the derivative has one"


def check(claim: str, asked: Asked) -> Verdict:
    """The verdict on a claim; a wrong one is diagnosed.

    Raises:
        ParseError: the claim is no formula, or has variables that the question has not.
    """
    typed = claim
    try:
        made, known = parse_with_names(claim, asked.names)
    except MatcalcError as error:
        if (index := _UNBOUND.fullmatch(error.summary)) and not has_sums(claim):
            error.hint = f"G[{index[1]}] = {claim.strip()}"
        from matcalc.checking.sum_search import diagnosed_unread

        found = diagnosed_unread(claim, asked, error)
        if found is not None:
            return _unfit(claim, asked, error, found)
        of_members = has_sums(claim) or any(map(is_of_matrices, asked.variables))  # not edited in matrix notation
        if of_members or not isinstance(error, ShapeError):
            raise
        refuse_strangers(claim, names_of(tree_of(claim)), asked)
        from matcalc.checking.diagnosis import diagnose

        return _unfit(claim, asked, error, diagnose(claim, asked))
    refuse_strangers(claim, known, asked)
    answer, told = asked.answer, str(asked.answer)
    if left := named_left(claim):
        _check_members(claim, asked)
        told = _equation(left, answer, asked)
    if has_sums(claim) or isinstance(known, Names):
        claim = str(made)
    evidence = evidence_of(claim, asked)
    if made.shape != answer.shape:
        _refuse_undefined(made, claim, asked)
        found = _diagnosed(typed, claim, left, asked)
        ground = f"the answer is {answer.shape}, the claim {made.shape}"
        return Verdict("wrong", ground, found.mistake, found.explanation, found.repaired, told, evidence=evidence)
    verdict = equal(made, answer, asked.variables, asked.domain)
    refuted = _where_positive(made, asked) if verdict.status == "undecided" else None
    if refuted is not None:
        verdict = refuted
    elif verdict.status != "correct":
        _refuse_undefined(made, claim, asked)
        if verdict.status == "undecided" and _is_nowhere_defined(made, asked):
            verdict = Verdict("wrong", NOWHERE)
    if verdict.status != "wrong":
        return Verdict(verdict.status, verdict.ground, answer=told, evidence={**verdict.evidence, **evidence})
    found = _diagnosed(typed, claim, left, asked)
    return Verdict(
        "wrong",
        verdict.ground,
        found.mistake,
        found.explanation,
        found.repaired,
        told,
        verdict.counterexample,
        {**verdict.evidence, **evidence},
    )


def _equation(left: str, formula: Expr, asked: Asked) -> str:
    """A formula as an equation for each member or index, if it has such a form."""
    return equation(left, formula, of_members=members_of(asked.x) is not None) or str(formula)


def _diagnosed(typed: str, claim: str, left: str, asked: Asked) -> Diagnosis:
    """What is wrong, which is loaded for a wrong claim; repaired, it is an equation where it was one."""
    from matcalc.checking.sum_search import diagnosed

    found = diagnosed(typed, claim, asked)
    if not left or not found.repaired:
        return found
    repaired = parse_with_names(found.repaired, asked.names)[0]
    return replace(found, repaired=_equation(left, repaired, asked))


def _check_members(claim: str, asked: Asked) -> None:
    """Refuses an equation for each member of a family, the right side of which is no member.

    Raises:
        ShapeError: it is of another shape; a stack has columns and rows alike as its rows.
    """
    members = members_of(asked.x)
    written = parse_as_written(claim, asked.names)
    if members is None or asked.kind != "gradient" or written.kind != "stack" or len(written.data.indices) > 1:
        return
    (body,) = written.operands
    if body.shape != members.shape:
        summary = f"the members of the answer are {members.shape}, and those of the claim {body.shape}"
        is_turned = body.shape == Shape(members.shape.cols, members.shape.rows)
        hint = "transpose the right side" if is_turned else ""
        raise ShapeError(summary, hint=hint).at(claim, (0, len(claim)))


def refuse_strangers(claim: str, used: Iterable[str], asked: Asked) -> None:
    """Raises:
    ParseError: the claim has a variable that the question has not.
    """
    names = [name_of(v) for v in asked.variables]
    known = {*asked.names, *symbols_of(*asked.variables), *asked.sizes_of_functions, "pi"}
    strangers = sorted(set(used) - known)
    if strangers:
        place = re.search(rf"\b{re.escape(strangers[0])}\b", claim)
        raise ParseError(
            f"the claim has a variable that the formula has not: {strangers[0]}",
            f"variables: {', '.join(names)}",
            hint=suggest(strangers[0], sorted(known)),
        ).at(claim, place.span() if place else (0, len(claim)))


def _positive(variables: Iterable[Expr]) -> list[Expr]:
    """The variables with positive entries, where that does not contradict what is declared of them."""
    made = []
    for v in variables:
        try:
            made.append(redeclared(v, *declared_facts(v), "positive"))
        except MatcalcError:
            made.append(v)
    return made


def _where_positive(made: Expr, asked: Asked) -> Verdict | None:
    """A claim that is refuted where all entries of matrices are positive: log(X) has no value at many other points."""
    company = _positive(asked.variables)
    formulas = [made, asked.answer, *asked.domain]
    for v, positive in zip(asked.variables, company, strict=True):
        formulas = [replaced(f, v, positive) for f in formulas]
    try:
        verdict = equal(formulas[0], formulas[1], company, formulas[2:])
    except MatcalcError:
        return None
    return verdict if verdict.status == "wrong" else None


def _refuse_undefined(made: Expr, claim: str, asked: Asked) -> None:
    """Raises:
    EvaluationError: the claim divides by zero everywhere.
    """
    if any(_is_defined(made, s.point) for s in asked.samples):
        return
    try:
        lower(made)
    except MatcalcError as error:
        raise EvaluationError(f"the claim is not defined: {error.summary}").at(claim, (0, len(claim))) from None


def _is_nowhere_defined(made: Expr, asked: Asked) -> bool:
    """Whether a claim has no value at any of many points where the answer has one."""
    more = samples_of(asked, asked.variables, turns=range(12, 24))
    positive = samples_of(asked, _positive(asked.variables))
    return bool(asked.samples) and not any(
        _has_value(made, asked, sample) for sample in chain(asked.samples, more, positive)
    )


def _is_defined(made: Expr, point: Point) -> bool:
    """Whether a formula and all parts of it have values: x.^(1/0) has one as well, and is not defined."""
    import numpy as np

    if not is_plain(made) or not _is_settled(made, point):
        return False
    return all(point.known[n] is not None and np.all(np.isfinite(point.known[n])) for n in made.parts)


def _has_value(made: Expr, asked: Asked, one: Sample) -> bool:
    if is_plain(made):
        return _is_settled(made, one.point)
    return value_at(made, asked.variables, one.point) is not None


def _is_settled(made: Expr, point: Point) -> bool:
    """Whether a value stays as it is when the point is moved a little: not log of a zero that rounding made."""
    import numpy as np

    value, moved = point.value_of(made), point.moved().value_of(made)
    if value is None or moved is None or not np.all(np.isfinite(value)) or not np.all(np.isfinite(moved)):
        return False
    return bool(np.max(np.abs(value - moved), initial=0.0) <= 1e-4 * max(1.0, np.max(np.abs(value), initial=0.0)))


def _unfit(claim: str, asked: Asked, error: MatcalcError, found: Diagnosis) -> Verdict:
    """A claim whose own shapes do not fit each other, or with an index that nothing binds."""
    return Verdict(
        "wrong",
        str(error),
        found.mistake,
        found.explanation,
        found.repaired,
        str(asked.answer),
        evidence=evidence_of(claim, asked),
    )


def evidence_of(claim: str, asked: Asked) -> dict[str, object]:
    """The question, as a certificate holds it."""
    return {
        "claim": claim,
        "formula": str(asked.f),
        "by": name_of(asked.x),
        "kind": asked.kind,
        **({} if asked.last_step is None else {"then_by": name_of(asked.last_step.x)}),
        **({} if asked.layout == "numerator" else {"layout": asked.layout}),
        "answer": str(asked.answer),
        **declarations(asked.variables, asked.f, asked.answer),
    }


def all_variables(*exprs: Expr) -> tuple[Expr, ...]:
    """The variables of formulas, by name, each once."""
    found = {name_of(v): v for v in variables(*exprs)}
    return tuple(found[name] for name in sorted(found))
