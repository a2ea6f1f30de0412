"""Whether a search ended at a minimum, by slope and curvature together, whatever the units of value and variables are.

The step of Newton's method from there says how far a minimum is, and how much lower. Neither depends on units: a slope
alone is small as well where the value is small, or where a variable is measured in large numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matcalc.expr import name_of
from matcalc.records import NamedTuple

if TYPE_CHECKING:
    from matcalc.fitting.problem import Problem

Array = np.ndarray

DENSE = 300  # numbers up to which the Hessian is formed; of more, products with it are used
PRODUCTS = 40
FLAT = 1e-8  # curvature, of 1 along each axis, below which the objective is flat up to rounding
CURVED_DOWN = -1e-3
NEAR = 1e-5  # to a bound, of how large the numbers are: some methods never reach one
FAR_STEP, SMALL_STEP = (
    1e-3,
    1e-6,
)  # a step that long, as a part of the variable, goes on and on; no step that is shorter


class Judgement(NamedTuple):
    """Where a search ended."""

    value: float
    slope: Array
    scale: float  # of the value: how much it has changed, or changes where each variable does so by its own size
    lower: float  # how much lower the minimum is
    curvature: float  # the least, where it is 1 along each axis
    lengths: Array  # over which numbers change the value alike
    leaving: str  # a variable that a step changes by a large part: there is no minimum near

    @property
    def relative(self) -> float:
        """How much lower the minimum is, as a part of the scale."""
        return 0.0 if self.lower <= 0 else self.lower / self.scale if self.scale > 0 else np.inf


def judged(problem: Problem, u: Array, first: float) -> Judgement:
    """What there is at u, of a search that began at the value ``first``."""
    value, slope = problem.fun(u)
    least, greatest = problem.limits
    near = NEAR * max(1.0, float(np.max(np.abs(u))))
    at_bound = ((u - least <= near) & (slope > 0)) | ((greatest - u <= near) & (slope < 0))
    room = np.where(slope > 0, u - least, greatest - u)
    to_bound = float(np.sum(np.abs(slope[at_bound]) * room[at_bound]))
    free = np.flatnonzero(~at_bound)
    if len(u) <= DENSE:
        step, curvature, lengths, own = _dense(problem.hess(u), slope, free, u)
    else:
        step, curvature, lengths, own = *_by_products(problem, u, slope, free), np.ones(len(u)), 0.0
    lower = to_bound - float(slope @ step) / 2
    scale = max(abs(value), first - value, own)
    return Judgement(value, slope, scale, lower, curvature, lengths, _leaving(problem, u, step))


def _dense(hessian: Array, slope: Array, free: Array, u: Array) -> tuple[Array, float, Array, float]:
    """A step of Newton's method among the free numbers, the least curvature, and lengths of unit curvature."""
    along = np.abs(np.diag(hessian))
    lengths = 1 / np.sqrt(np.where(along > 0, along, 1.0))
    step, curvature = np.zeros(len(u)), 0.0
    if len(free):
        own = lengths[free]
        values, vectors = np.linalg.eigh(own[:, None] * hessian[np.ix_(free, free)] * own)
        curvature = float(values[0])
        step[free] = -own * (vectors @ ((vectors.T @ (own * slope[free])) / np.maximum(values, FLAT)))
    return step, curvature, lengths, float(np.sum(along * u * u)) / 2


def _by_products(problem: Problem, u: Array, slope: Array, free: Array) -> tuple[Array, float]:
    """The same by conjugate gradients; they end where the curvature is not positive."""
    step, rest = np.zeros(len(u)), np.zeros(len(u))
    rest[free] = -slope[free]
    p = rest.copy()
    for _ in range(PRODUCTS):
        size = float(rest @ rest)
        product = np.zeros(len(u))
        product[free] = problem.hessp(u, p)[free] if size else 0.0
        bend = float(p @ product)
        if bend <= 0:
            break
        step = step + size / bend * p
        rest = rest - size / bend * product
        p = rest + float(rest @ rest) / size * p
    return step, 0.0


def _leaving(problem: Problem, u: Array, step: Array) -> str:
    """The variable that a step changes by a large part of what it is, and of what it was at the start."""
    change = problem.split(problem.pushed(u, step))
    of = zip(problem.coordinates, change, *(problem.split(problem.theta(at)) for at in (u, problem.x0)), strict=True)
    for c, d, now, before in of:
        size = max(np.max(np.abs(now)), np.max(np.abs(before)))
        if np.max(np.abs(d)) > max(FAR_STEP * size, SMALL_STEP):
            return name_of(c.x)
    return ""
