"""Slopes along a direction, by differences of values: whether a claim may be the derivative of another formula.

A derivation costs many times what the values do, and most questions that a claim might answer it does not answer. What
has the right slope is derived then and compared; what has not is no derivative of that formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from matcalc.checking.asked import Asked, Sample, value_at
from matcalc.checking.terms import MOST_COMBINED, combinations
from matcalc.checking.values import Point, is_plain
from matcalc.expr import Expr, name_of
from matcalc.records import NamedTuple

STEP = 1e-4
SECOND_STEP = 1e-3
ALIKE = 1e-3  # of their size, by which slopes may differ; rounding and curvature make less


class Question(NamedTuple):
    """The derivative of a formula by a variable, where the variable stands for a part of the formula."""

    f: Expr
    x: Expr
    part: Expr


class Slopes:
    """Claims of the kind that is asked for, and other formulas, along one direction at one point."""

    def __init__(self, asked: Asked, one: Sample) -> None:
        self.asked = asked
        self.point = one.point
        self.answer = one.answer

    @cached_property
    def tells(self) -> bool:
        """Whether the right answer has the slope of the formula: not where it is that of a structured variable."""
        asked = self.asked
        return self.may_be(self.answer, Question(asked.f, asked.x, asked.x)) is not False

    def may_be(self, claim: Any, question: Question) -> bool | None:
        """Whether a claim has the slope that a derivative has; None where that cannot be told."""
        slope = self.of_formula(question)
        if slope is None:
            return None
        own = self.of_claim(claim, question)
        return own is not None and alike(own, slope)

    def of_formula(self, question: Question) -> Any:
        """The slope, as a column; None where it is not known."""
        import numpy as np

        f, x, part = question
        at = value_at(part, self.asked.variables, self.point) if is_plain(f) and is_plain(part) else None
        if at is None:
            return None
        given = {**self.point.values, name_of(x): at}
        if self.asked.kind != "hessian":
            along = self.along(x, at)
            if along is None:
                return None
            values = [self.value(f, given, {x: sign * STEP * along}) for sign in (1, -1)]
            if values[0] is None or values[1] is None:
                return None
            return ((values[0] - values[1]) / (2 * STEP)).reshape(-1, 1, order="F")
        y = self.second(x)
        by_x, by_y = direction(at.shape), direction(self.shape_of(y), 1)
        total = 0.0
        for sign, other in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            moved = [(x, sign * SECOND_STEP * by_x), (y, other * SECOND_STEP * by_y)]
            steps = {v: sum(step for w, step in moved if w is v) for v, _ in moved}
            value = self.value(f, given, steps)
            if value is None:
                return None
            total = total + sign * other * value
        return np.asarray(total / (4 * SECOND_STEP**2)).reshape(-1, 1)

    def of_claim(self, claim: Any, question: Question) -> Any:
        """The slope of a function that has the claim for its derivative; None where it is of another shape."""
        import numpy as np

        kind = self.asked.kind
        x = question.x
        shape = self.shape_of(x)
        if kind == "jvp":
            return claim.reshape(-1, 1, order="F")
        if kind == "gradient":
            return np.full((1, 1), np.sum(claim * direction(shape))) if claim.shape == shape else None
        by_x = direction(shape).reshape(-1, 1, order="F")
        if kind == "jacobian":
            return claim @ by_x if claim.shape[1] == by_x.size else None
        y = self.second(x)
        by_y = direction(self.shape_of(y), 1).reshape(-1, 1, order="F")
        return by_x.T @ claim @ by_y if claim.shape == (by_x.size, by_y.size) else None

    def may_count(self, claim: Any, questions: Sequence[Question]) -> bool:
        """Whether a claim may be the sum of some of the derivatives, each taken up to three times, and not of all."""
        if not 2 <= len(questions) <= MOST_COMBINED:
            return False
        slopes = [self.of_formula(question) for question in questions]
        own = self.of_claim(claim, questions[0])
        if own is None or any(slope is None for slope in slopes):
            return own is not None
        return all(slope.shape == own.shape for slope in slopes) and bool(combinations(slopes, own))

    def along(self, x: Expr, at: Any) -> Any:
        """The direction in which x is moved: that of a jvp is a variable."""
        if self.asked.kind != "jvp":
            return direction(at.shape)
        given = self.point.values[name_of(self.asked.variables[-1])]
        return given if given.shape == at.shape else None

    def second(self, x: Expr) -> Expr:
        """The variable by which a gradient by x is derived."""
        last = self.asked.last_step
        return x if last is None or last.x is self.asked.x else last.x

    def shape_of(self, x: Expr) -> tuple[int, ...]:
        """The sizes of a variable, also of one that stands for a part of the formula and has no value of its own."""
        return tuple(dim.at(self.point.sizes) for dim in x.shape)

    def value(self, f: Expr, given: Mapping[str, Any], steps: Mapping[Expr, Any]) -> Any:
        moved = {name_of(v): given[name_of(v)] + step for v, step in steps.items()}
        return value_at(f, self.asked.variables, Point(self.point.sizes, {**given, **moved}, self.point.functions))


def direction(shape: tuple[int, ...], which: int = 0) -> Any:
    import numpy as np

    return np.random.default_rng([11, which]).uniform(0.3, 1.3, shape)


def alike(a: Any, b: Any) -> bool:
    import numpy as np

    if a.shape != b.shape:
        return False
    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
    return bool(np.max(np.abs(a - b), initial=0.0) <= ALIKE * size + 1e-6)
