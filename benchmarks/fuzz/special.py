"""One formula at a special point: zeros, ties, infinities, singular matrices; sizes from 1 on, facts combined.

Every way to a number has to say the same. Where plain arithmetic gives a finite value, that is the value; where
autodiff gives a derivative that difference quotients from both sides confirm, that is the derivative. Elsewhere, at
kinks and poles, conventions and refusals are alike right, but not a number in one way and none in another.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from benchmarks.fuzz.autodiff import Bad, value
from benchmarks.fuzz.cases import Case, random_case
from benchmarks.fuzz.checking import (
    Failed,
    Outcome,
    Point,
    given_values,
    guarded,
    has_all_sizes,
    reference,
    within_time,
)
from benchmarks.fuzz.doors import Said, said
from benchmarks.fuzz.trees import Array

TOLERANCE = 1e-6
STEP = 1e-5
QUOTIENT = 1e-3  # by which difference quotients may differ where there is no kink
LIMIT = 1e6  # of values that count
UNDEFINED = (Bad, np.linalg.LinAlgError, ValueError, ZeroDivisionError)
COMPILED = 40  # one in so many with numeric sizes is compiled from C


def special_case(rng: random.Random) -> Case:
    sizes = {symbol: rng.choice((1, 1, 2, 2, 3, 4, 5)) for symbol in "mnk"}
    return random_case(rng, sizes)


def check_special(case: Case, seed: int) -> Outcome:
    return within_time(lambda: _check(case, seed))


def _check(case: Case, seed: int) -> Outcome:
    if not has_all_sizes(case):
        raise Bad
    point = Point(case, seed, special=True)
    if seed % 7 == 0 and not any(v.facts for v in case.variables):
        _with_infinities(point, np.random.default_rng(seed))
    declared = {v.name: case.declare(v) for v in case.variables}
    f = guarded("reading the formula", lambda: mc.parse(case.text, declared))
    given = given_values(case, point)
    compiled = case.numeric and seed % COMPILED == 0
    told = _agreed("value", f, given, case, compiled)
    wanted = _plain_value(case, point)
    if wanted is not None:
        _compare("value", told, Slope(wanted.T.reshape(-1), TOLERANCE), str(f))
    if case.kind not in ("gradient", "jacobian", "hessian"):
        return Outcome("ok")
    x = declared[case.x.name]
    d = guarded("deriving", lambda: getattr(mc, case.kind)(f, x))
    told = _agreed(case.kind, d, given, case, compiled)
    slope = _slope(case, point)
    if slope is not None:
        _compare(case.kind, told, slope, str(d), point.direction)
    return Outcome("ok", derived=str(d))


def _with_infinities(point: Point, rng: np.random.Generator) -> None:
    for array in point.env.values():
        if rng.random() < 0.5:
            array.flat[rng.integers(array.size)] = rng.choice((np.inf, -np.inf))


def _agreed(what: str, expr: mc.Expr, given: Mapping[str, Any], case: Case, compiled: bool) -> Said:
    """What all ways say."""
    first: tuple[str, Said] | None = None
    for name, told in guarded(
        f"evaluating the {what}", lambda: list(said(expr, given, case.sizes, compiled)), str(expr)
    ):
        if told.reason.startswith("not emitted"):
            continue
        if first is None:
            first = (name, told)
        elif not _same(first[1].value, told.value):
            raise Failed(
                f"{name} differs in the {what}", told.reason, told.value, (first[1].value, first[1].reason), str(expr)
            )
    assert first is not None
    return first[1]


def _same(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None:
        return a is b
    a, b = np.squeeze(a), np.squeeze(b)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=1e-8))


def _plain_value(case: Case, point: Point) -> Array | None:
    """The value by plain arithmetic, None where a part of it is not finite, or where rounding decides."""
    with np.errstate(all="ignore"):
        try:
            here = np.asarray(value(case.tree, point.env, case.sizes, check=True))
            there = np.asarray(value(case.tree, point.nudged(1e-10).env, case.sizes, check=True))
        except UNDEFINED:
            return None
    size = max(1.0, float(np.max(np.abs(here), initial=0.0)))
    return here if size < LIMIT and np.max(np.abs(here - there), initial=0.0) < 1e-7 * size else None


class Slope(NamedTuple):
    """A derivative along a direction, and how far it can be trusted."""

    value: Array
    tolerance: float


def _slope(case: Case, point: Point) -> Slope | None:
    """The derivative along the point's direction where quotients ahead, behind and across agree: not at a kink or pole.

    By autodiff, where that agrees with them; it has no number at most singular points.
    """
    with np.errstate(all="ignore"):
        try:
            at = {k: _moved_value(case, point, k * STEP) for k in (-2, -1, 1, 2)}
        except UNDEFINED:
            return None
        across = (at[1] - at[-1]) / (2 * STEP)
        size = max(1.0, float(np.max(np.abs(across), initial=0.0)))
        if not all(_within(q, across, QUOTIENT * size) for q in ((at[2] - at[1]) / STEP, (at[-1] - at[-2]) / STEP)):
            return None
        try:
            exact = np.asarray(reference(case, point))
        except UNDEFINED:
            return Slope(across, QUOTIENT)
    if case.kind == "gradient":
        exact = np.sum(exact * point.direction)
    exact = np.reshape(exact, -1)
    return Slope(exact, TOLERANCE) if _within(exact, across, QUOTIENT * size) else Slope(across, QUOTIENT)


def _within(a: Array, b: Array, allowed: float) -> bool:
    return bool(np.max(np.abs(a - b), initial=0.0) <= allowed)


def _moved_value(case: Case, point: Point, step: float) -> Array:
    """What is derived last, where x is moved: the formula, or of a Hessian the gradient."""
    env = {**point.env, case.x.name: point.env[case.x.name] + step * point.direction}
    if case.kind == "hessian":
        moved = point.with_values(env)
        return np.reshape(reference(replace(case, kind="gradient"), moved).T, -1)
    return np.reshape(value(case.tree, env, case.sizes, check=True).T, -1)


def _compare(what: str, told: Said, wanted: Slope, derived: str, direction: Array | None = None) -> None:
    if told.value is None:
        raise Failed(f"no {what}", told.reason, "", wanted.value, derived)
    got = np.reshape(told.value.T, -1)
    if direction is not None:
        got = np.reshape(told.value, (-1, direction.size) if what != "gradient" else direction.shape)
        got = np.reshape(np.sum(got * direction), -1) if what == "gradient" else got @ direction.T.reshape(-1)
    if got.size != wanted.value.size:
        raise Failed(f"wrong shape of the {what}", f"{got.size} entries", got, wanted.value, derived)
    size = max(1.0, float(np.max(np.abs(wanted.value), initial=0.0)))
    if not _within(got, wanted.value, wanted.tolerance * size):
        raise Failed(f"wrong {what}", "", got, wanted.value, derived)
