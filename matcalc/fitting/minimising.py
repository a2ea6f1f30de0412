"""Minima by SciPy's methods, with the derived derivatives; where a search ended is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from matcalc.errors import EvaluationError, MatcalcError, shown, suggest
from matcalc.expr import name_of
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
    "L-BFGS-B": Method(True, options={"maxiter": 15_000, "maxfun": 100_000, "ftol": 1e-14, "gtol": 1e-8}),
    "TNC": Method(True, options={"maxfun": 100_000}),
    "SLSQP": Method(True, options={"maxiter": 1000, "ftol": 1e-12}),
    "trust-constr": Method(True, "hess", {"maxiter": 5000, "gtol": 1e-9, "xtol": 1e-12}),
    "BFGS": Method(),
    "CG": Method(),
    "Newton-CG": Method(second="hessp", options={"xtol": 1e-10}),
    "trust-ncg": Method(second="hessp", options={"gtol": 1e-8}),
    "trust-krylov": Method(second="hessp", options={"gtol": 1e-8}),
    "trust-exact": Method(second="hess", options={"gtol": 1e-8}),
}
DEFAULT = "L-BFGS-B"

# The relative slope max |g_i|·max(|u_i|, 1)/max(|f|, 1), at most, of what is a minimum. It is large where u runs away,
# and where a search was stopped on its way.
LARGEST_SLOPE = 1e-3
SMALL_SLOPE = 1e-5  # at which a search may have stopped for any reason, such as that no step is small enough
FARTHEST = 1e8  # times the start, or 1: what is beyond did not find an end


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


def minimised(problem: Problem, method: str, options: Mapping[str, Any]) -> Fitted:
    """The minimum that a method finds: see :meth:`matcalc.Objective.minimize`."""
    from scipy import optimize

    name = method or DEFAULT
    chosen = _method(name)
    bounds = problem.bounds
    if bounds is not None and not chosen.bounds:
        bounded = next(c for c in problem.coordinates if c.record.least is not None)
        raise MatcalcError(
            f"{name} knows no bounds, and {name_of(bounded.x)} is {bounded.record.facts[-1]}",
            f"methods that know them: {', '.join(m for m in METHODS if METHODS[m].bounds)}",
            hint="minimize(..., free=True) has none",
        ).about("method")
    second = {chosen.second: getattr(problem, chosen.second)} if chosen.second else {}
    try:
        with np.errstate(all="ignore"):
            result = optimize.minimize(
                problem.fun, problem.x0, jac=True, method=name, bounds=bounds,
                options={**chosen.options, **options}, **second,
            )  # fmt: skip
    except (ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError) as error:
        raise EvaluationError(
            f"{name} ended with an error: {error}", hint="start elsewhere, or try another method"
        ) from None
    return _believed(problem, name, result)


def _method(name: str) -> Method:
    if name not in METHODS:
        raise MatcalcError(
            f"unknown method: {shown(name)}", f"known: {', '.join(METHODS)}", hint=suggest(name, [*METHODS])
        ).about("method")
    return METHODS[name]


def _believed(problem: Problem, method: str, result: Any) -> Fitted:
    """What a search ended with.

    Raises:
        EvaluationError: it is no minimum.
    """
    u = np.asarray(result.x, dtype=float)
    with np.errstate(all="ignore"):
        value, slope = problem.fun(u)
    hint = "problem(values) is for other optimisers, and for other ends"
    if not (np.isfinite(value) and np.all(np.isfinite(slope))):
        raise EvaluationError(f"{method} ended where the objective is not a finite number", hint="start elsewhere")
    far = np.abs(u) > FARTHEST * np.maximum(1.0, np.abs(problem.x0))
    if np.any(far):
        name = _variable_of(problem, int(np.argmax(far)))
        raise EvaluationError(
            f"no minimum was found: {name} goes beyond every bound",
            f"{method} ended at a value of {value:.6g}", hint=f"is a penalty missing, or a fact of {name}?",
        )  # fmt: skip
    least, greatest = problem.limits
    outward = ((u <= least) & (slope > 0)) | ((u >= greatest) & (slope < 0))
    relative = np.where(outward, 0.0, np.abs(slope) * np.maximum(np.abs(u), 1.0)) / max(abs(value), 1.0)
    steepest = int(np.argmax(relative))
    if not relative[steepest] <= (LARGEST_SLOPE if result.success else SMALL_SLOPE):
        raise EvaluationError(
            f"no minimum was found: {method} ended after {result.nit} steps at a value of {value:.6g}",
            f"it says: {_sentence(result.message)}",
            f"the relative slope by {_variable_of(problem, steepest)} is {relative[steepest]:.1e} there", hint=hint,
        )  # fmt: skip
    open_ends = outward & (least > 0)
    if np.any(open_ends):
        name = _variable_of(problem, int(np.argmax(open_ends)))
        raise EvaluationError(
            f"no minimum was found: an entry of {name}, which is positive, goes to 0", hint=f"declare {name} nonneg"
        )
    return Fitted(problem.values(u), value, method, result)


def _variable_of(problem: Problem, place: int) -> str:
    """The variable that a number of the vector belongs to."""
    return name_of(problem.coordinates[int(np.searchsorted(problem.ends, place, side="right"))].x)


def _sentence(message: object) -> str:
    return " ".join(str(message).split())
