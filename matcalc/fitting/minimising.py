"""Minima by SciPy's methods, with the derived derivatives; where a search ended is looked at before it is believed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import OptimizeWarning

from matcalc.errors import EvaluationError, MatcalcError, shown, suggest
from matcalc.expr import name_of
from matcalc.fitting.judging import CURVED_DOWN, Judgement, judged
from matcalc.records import NamedTuple
from matcalc.terminal import Printed

if TYPE_CHECKING:
    from matcalc.fitting.problem import Problem

Array = np.ndarray


class Method(NamedTuple):
    """What a method of SciPy takes besides value and gradient, and what it is told where the user says nothing."""

    bounds: bool = False
    second: str = ""  # "hess" or "hessp"
    options: Mapping[str, Any] = {}


METHODS = {
    "L-BFGS-B": Method(True, options={"maxiter": 15_000, "ftol": 1e-14, "gtol": 1e-8}),
    "TNC": Method(True, options={"maxfun": 3000}),
    "SLSQP": Method(True, options={"maxiter": 1000, "ftol": 1e-12}),
    "trust-constr": Method(True, "hess", {"maxiter": 1000, "gtol": 1e-9, "xtol": 1e-12}),
    "BFGS": Method(),
    "CG": Method(),
    "Newton-CG": Method(second="hessp", options={"xtol": 1e-10}),
    "trust-ncg": Method(second="hessp", options={"gtol": 1e-8}),
    "trust-krylov": Method(second="hessp", options={"gtol": 1e-8}),
    "trust-exact": Method(second="hess", options={"gtol": 1e-8}),
}
DEFAULT = "L-BFGS-B"

ROUNDS = 6  # of a search, each from where the last one ended, in units that fit there
MOST_CALLS = 20_000  # of value and gradient, beyond which no further round is begun
SMALL = 1e-10  # how much lower a minimum may be, as a part of the scale of the objective
SMALL_ENOUGH = 1e-7  # where a search comes no further
FARTHEST = 1e8  # times the start, or 1: what ended beyond did not find an end
STRAYED = 1e9  # the same on the way, where a step may be long


class _StrayedError(EvaluationError):
    """The search went beyond every bound."""


class Fitted(Printed):
    """A minimum: ``fitted["w"]`` is a variable there, ``value`` the objective, ``result`` what SciPy says."""

    def __init__(self, values: dict[str, Any], value: float, method: str, result: Any) -> None:
        self.values = values
        self.value = value
        self.method = method
        self.result = result

    def __getitem__(self, name: str) -> Any:
        """A variable by its name."""
        if name not in self.values:
            hint = suggest(str(name), [*self.values])
            raise MatcalcError(f"no variable {shown(name)} was fitted", f"fitted: {', '.join(self.values)}", hint=hint)
        return self.values[name]

    def __str__(self) -> str:
        lines = [f"minimum {self.value:.6g}, found by {self.method} in {self.result.nit} steps"]
        for name, value in self.values.items():
            text = np.array2string(np.asarray(value), precision=5, threshold=20, edgeitems=3, suppress_small=False)
            lines.append(f"  {name} = " + text.replace("\n", "\n" + " " * (len(name) + 5)))
        return "\n".join(lines)


def minimised(problem: Problem, name: str, options: Mapping[str, Any]) -> Fitted:
    """The minimum that a method finds: see :meth:`matcalc.Objective.minimize`."""
    name = name or DEFAULT
    method = _method(name)
    if not isinstance(options, Mapping):
        raise MatcalcError("options come by name", hint='options={"maxiter": 100}')
    if problem.bounds is not None and not method.bounds:
        bounded = next(c for c in problem.coordinates if c.record.least is not None)
        raise MatcalcError(
            f"{name} knows no bounds, and {name_of(bounded.x)} is {bounded.record.facts[-1]}",
            f"methods that know them: {', '.join(m for m in METHODS if METHODS[m].bounds)}",
            hint="minimize(..., free=True) has none",
        )
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="Unknown solver options")
            return _in_rounds(problem, name, method, options)
    except OptimizeWarning as warning:
        raise MatcalcError(f"{name} does not know this option: {_sentence(warning)}") from None
    except (ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError) as error:
        raise EvaluationError(
            f"{name} ended with an error: {error}", hint="start elsewhere, or another method"
        ) from None


def _in_rounds(problem: Problem, name: str, method: Method, options: Mapping[str, Any]) -> Fitted:
    """Searches, each in units that fit where the last one ended, until there is a minimum, or none is found."""
    u, unit, lengths, steps = problem.x0, 1.0, np.ones(len(problem.x0)), 0
    first = before = problem.fun(u)[0]
    calls = 0
    strayed: EvaluationError | None = None
    for turn in range(ROUNDS):
        try:
            result = _search(problem, name, method, options, u, unit, lengths)
            end = np.asarray(result.x * lengths, dtype=float)
            _check_end(problem, name, end)
        except _StrayedError as error:
            strayed = EvaluationError(error.summary)
            if turn:
                raise strayed from None
            at = judged(problem, u, first)  # steps may have been long for want of units
            unit, lengths = _units(at)
            continue
        u, steps = end, steps + getattr(result, "nit", 0)
        at = judged(problem, u, first)
        is_small = at.relative <= SMALL and not at.leaving
        calls += int(getattr(result, "nfev", 0))
        if is_small or (turn and before - at.value <= 0.1 * at.lower) or "maxiter" in options or calls > MOST_CALLS:
            break
        before, (unit, lengths) = at.value, _units(at)
    if strayed is not None and not at.relative <= SMALL_ENOUGH:
        raise strayed
    _check_minimum(problem, name, u, at, result)
    result.x, result.fun, result.jac, result.nit = u, at.value, at.slope, steps
    return Fitted(problem.values(u), at.value, name, result)


def _units(at: Judgement) -> tuple[float, Array]:
    """What is left to fall, as far as it is known, and the lengths over which numbers change the value by that."""
    unit = at.lower if 0 < at.lower < np.inf else 1.0
    return unit, at.lengths * np.sqrt(unit)


def _search(
    problem: Problem, name: str, method: Method, options: Mapping[str, Any], u: Array, unit: float, lengths: Array
) -> Any:
    """One search by z = u/lengths, for the objective in units."""
    from scipy import optimize

    def fun(z: Array) -> tuple[float, Array]:
        _check_within(problem, z * lengths, STRAYED)
        value, slope = problem.fun(_within(problem, z * lengths))
        return value / unit, slope * lengths / unit

    second: dict[str, Callable[..., Array]] = {
        "hess": lambda z: problem.hess(_within(problem, z * lengths)) * lengths[:, None] * lengths / unit,
        "hessp": lambda z, p: problem.hessp(_within(problem, z * lengths), p * lengths) * lengths / unit,
    }
    bounds = problem.bounds
    if bounds is not None:
        bounds = optimize.Bounds(bounds.lb / lengths, bounds.ub / lengths, keep_feasible=True)
    return optimize.minimize(
        fun, u / lengths, jac=True, method=name, bounds=bounds, options={**method.options, **options},
        **({method.second: second[method.second]} if method.second else {}),
    )  # fmt: skip


def _within(problem: Problem, u: Array) -> Array:
    """What rounding has put beyond a bound is at it."""
    found: Array = np.clip(u, *problem.limits)
    return found


def _method(name: str) -> Method:
    if name not in METHODS:
        hint = suggest(str(name), [*METHODS])
        raise MatcalcError(f"unknown method: {shown(name)}", f"known: {', '.join(METHODS)}", hint=hint)
    return METHODS[name]


def _check_end(problem: Problem, name: str, u: Array) -> None:
    """Refuses an end that is no number, or is beyond every bound."""
    value, slope = problem.fun(u)
    if not (np.isfinite(value) and np.all(np.isfinite(slope))):
        raise EvaluationError(f"{name} ended where the objective is not a finite number", hint="start elsewhere")
    _check_within(problem, u, FARTHEST)


def _check_within(problem: Problem, u: Array, farthest: float) -> None:
    """Refuses what is no number, or beyond every bound."""
    if not np.all(np.isfinite(u)):
        raise EvaluationError("no minimum was found: the search came to what is not a number", hint="start elsewhere")
    far = np.abs(u) > farthest * max(1.0, float(np.max(np.abs(problem.x0))))
    if np.any(far):
        which = _variable_of(problem, int(np.argmax(far)))
        raise _StrayedError(f"no minimum was found: {which} goes beyond every bound")


def _check_minimum(problem: Problem, name: str, u: Array, at: Judgement, result: Any) -> None:
    """Refuses an end that is no minimum."""
    least, _ = problem.limits
    ends = (u <= least) & (least > 0) & (at.slope > 0)
    if np.any(ends):
        which = _variable_of(problem, int(np.argmax(ends)))
        raise EvaluationError(f"no minimum was found: an entry of {which}, which is positive, goes to 0")
    if at.curvature < CURVED_DOWN:
        raise EvaluationError(
            f"no minimum was found: {name} ended at a value of {at.value:.6g}, from which other directions lead down",
            hint="start elsewhere",
        )
    if not at.relative <= SMALL_ENOUGH:
        raise EvaluationError(
            f"no minimum was found: {name} ended at a value of {at.value:.6g}, which falls by {at.lower:.2g} or so",
            f"it says: {_sentence(result.message)}",
            hint="problem(values) is for other optimisers, and for other ends",
        )
    if at.leaving:
        raise EvaluationError(
            f"no minimum was found: along {at.leaving} the objective falls, and does not end",
            f"{name} ended at a value of {at.value:.6g}",
            hint=f"a penalty keeps it near, such as 0.01*norm2({at.leaving})^2",
        )


def _variable_of(problem: Problem, place: int) -> str:
    """The variable that a number of the vector belongs to."""
    return name_of(problem.coordinates[int(np.searchsorted(problem.ends, place, side="right"))].x)


def _sentence(message: object) -> str:
    return " ".join(str(message).split())
