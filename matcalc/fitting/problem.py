"""A problem for an optimiser: an objective at data, in coordinates in which its variables keep their declared facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from matcalc.errors import EvaluationError
from matcalc.expr import Expr, name_of
from matcalc.fitting.coordinates import Coordinates
from matcalc.fitting.reading import read_values
from matcalc.terminal import Printed

Array = np.ndarray
STEP = 1e-5  # of the central differences of the self-check


class Packed:
    """Variables in one vector u: the coordinates of each, after one another."""

    def __init__(
        self, xs: Sequence[Expr], data: Sequence[Expr], values: Mapping[str, Any], sizes: Mapping[str, int], free: bool,
        lazily: bool = False,
    ) -> None:  # fmt: skip
        arrays, self.sizes = read_values(xs, data, values, sizes, lazily)
        self.coordinates = [Coordinates(x, self.sizes, free) for x in xs]
        self.data = [arrays[v] for v in data]
        self.ends = np.cumsum([c.length for c in self.coordinates])
        if not self.ends[-1]:
            raise EvaluationError(f"nothing is free: {name_of(xs[0])} has one value only")
        self.x0 = np.concatenate([c.start(arrays[c.x]) for c in self.coordinates])
        least, greatest = (np.concatenate(side) for side in zip(*[c.bounds for c in self.coordinates], strict=True))
        self.limits = least, greatest
        self.is_linear = all(c.is_linear for c in self.coordinates)
        self.is_plain = all(c.record.is_plain for c in self.coordinates)

    @property
    def bounds(self) -> Any:
        """``scipy.optimize.Bounds`` of u; None where there are none."""
        from scipy.optimize import Bounds

        return Bounds(*self.limits, keep_feasible=True) if np.any(np.isfinite(self.limits)) else None

    def parts(self, u: Array) -> list[Array]:
        """The coordinates of each variable."""
        u = np.asarray(u, dtype=float)
        if u.shape != self.x0.shape:
            raise EvaluationError(f"the vector has shape {u.shape}", f"wanted {self.x0.shape}")
        return np.split(u, self.ends[:-1])

    def values(self, u: Array) -> dict[str, Any]:
        """The variables by name, with what was declared of them."""
        return {name_of(c.x): c.value(part)[()] for c, part in zip(self.coordinates, self.parts(u), strict=True)}

    def vector(self, values: Mapping[str, Any]) -> Array:
        """The vector of variables by name."""
        arrays, _ = read_values([c.x for c in self.coordinates], [], values, self.sizes)
        return np.concatenate([c.start(arrays[c.x]) for c in self.coordinates])

    def theta(self, u: Array) -> Array:
        """All entries of the variables, those of matrices row by row."""
        of = zip(self.coordinates, self.parts(u), strict=True)
        return np.concatenate([np.ravel(c.value(part)) for c, part in of])

    def pulled(self, u: Array, slopes: Array) -> Array:
        """Slopes by u, of slopes by theta."""
        return np.concatenate([c.pulled(part, g) for c, part, g in self._with_entries(u, slopes)])

    def pushed(self, u: Array, change: Array) -> Array:
        """The change of theta in a direction of u."""
        of = zip(self.coordinates, self.parts(u), self.parts(change), strict=True)
        return np.concatenate([np.ravel(c.pushed(part, d)) for c, part, d in of])

    def bent(self, u: Array, slopes: Array, change: Array) -> Array:
        """The change of ``pulled`` in a direction of u, where the slopes by theta stay."""
        of = zip(self._with_entries(u, slopes), self.parts(change), strict=True)
        return np.concatenate([c.bent(part, g, d) for (c, part, g), d in of])

    def jacobian(self, u: Array) -> Array:
        """Of theta by u: a column for each entry of u."""
        return np.stack([self.pushed(u, e) for e in np.eye(len(self.x0))], axis=1)

    def split(self, theta: Array) -> list[Array]:
        """The entries of each variable."""
        ends = np.cumsum([int(np.prod(c.shape)) for c in self.coordinates])
        return np.split(theta, ends[:-1])

    def _with_entries(self, u: Array, slopes: Array) -> list[tuple[Coordinates, Array, Array]]:
        return list(zip(self.coordinates, self.parts(u), self.split(slopes), strict=True))


class Problem(Packed, Printed):
    """An objective at data: ``scipy.optimize.minimize(p.fun, p.x0, jac=True, hess=p.hess, bounds=p.bounds)``.

    ``p.values(u)`` are the variables by name at a vector, and ``p.vector(values)`` the vector of such values.
    """

    def __init__(
        self,
        functions: SimpleNamespace,
        xs: Sequence[Expr],
        data: Sequence[Expr],
        values: Mapping[str, Any],
        sizes: Mapping[str, int],
        free: bool = False,
        lazily: bool = False,
    ) -> None:
        super().__init__(xs, data, values, sizes, free, lazily)
        self._functions = functions
        with np.errstate(all="ignore"):
            value, slope = self.fun(self.x0)
        if not (np.isfinite(value) and np.all(np.isfinite(slope))):
            what = "the objective" if not np.isfinite(value) else "a slope of the objective"
            raise EvaluationError(f"{what} is not a finite number at the start", hint="start elsewhere")

    def fun(self, u: Array) -> tuple[float, Array]:
        """Value and gradient."""
        value, slopes = self._functions.fun(self.theta(u), *self.data)
        return float(value), self.pulled(u, slopes)

    def hess(self, u: Array) -> Array:
        """The Hessian."""
        theta = self.theta(u)
        inner: Array = self._functions.hess(theta, *self.data)
        inner = inner.toarray() if hasattr(inner, "toarray") else inner
        if self.is_plain:
            return inner
        jacobian = self.jacobian(u)
        whole: Array = jacobian.T @ inner @ jacobian
        if not self.is_linear:
            _, slopes = self._functions.fun(theta, *self.data)
            whole = whole + np.stack([self.bent(u, slopes, e) for e in np.eye(len(whole))], axis=1)
        found: Array = (whole + whole.T) / 2
        return found

    def hessp(self, u: Array, p: Array) -> Array:
        """The Hessian's product with p; the Hessian is not formed."""
        theta = self.theta(u)
        found = self.pulled(u, self._functions.hessp(theta, self.pushed(u, p), *self.data))
        if self.is_linear:
            return found
        _, slopes = self._functions.fun(theta, *self.data)
        total: Array = found + self.bent(u, slopes, p)
        return total

    def check(self, u: Array | None = None) -> float:
        """Compares gradient, Hessian and product at u, by default x0, with central differences: the largest error.

        Raises:
            EvaluationError: they differ.
        """
        u = self.x0 if u is None else np.asarray(u, dtype=float)
        steps = np.diag(STEP * np.maximum(1e-3, np.minimum(1.0, np.abs(u))))
        ends = [(self.fun(u + step), self.fun(u - step), 2 * np.max(step)) for step in steps]
        first = np.array([(up[0] - down[0]) / width for up, down, width in ends])
        second = np.array([(up[1] - down[1]) / width for up, down, width in ends])
        p = np.linspace(-1.0, 1.0, len(u))
        pairs = [(self.fun(u)[1], first), (self.hess(u), second), (self.hessp(u, p), second @ p)]
        errors = [float(np.max(np.abs(a - b)) / (1 + np.max(np.abs(b)))) for a, b in pairs]
        if not max(errors) < 1e-3:
            raise EvaluationError(f"gradient, Hessian and product differ from differences by {errors}")
        return max(errors)

    def __str__(self) -> str:
        lines = [f"{len(self.x0)} numbers for an optimiser:"]
        for c in self.coordinates:
            lines.append(f"  {name_of(c.x)}: {c.length} for {c.record.said}")
        return "\n".join(lines)
