"""Residuals with their Jacobian by blocks, for least squares: for SciPy, and for Ceres as its cost functions do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matcalc.api import emit, jacobian
from matcalc.boundary import checked_arguments
from matcalc.deriving import By
from matcalc.emission.targets.writing import installed
from matcalc.errors import EvaluationError
from matcalc.expr import Expr, as_expr
from matcalc.fitting.problem import Packed
from matcalc.fitting.sought import sought
from matcalc.functions import find
from matcalc.shape import ONE

Array = np.ndarray


class ResidualBlocks(Packed):
    """Residuals r, of which half the sum of squares is to be least: ``least_squares(b.fun, b.x0, b.jac, b.bounds)``.

    The vector u has a block for each variable. ``evaluate`` is what a cost function of Ceres has, ``cost_function()``
    one of pyceres. ``values(u)`` are the variables by name.
    """

    def __init__(self, r: Expr, by: By | Sequence[By], values: Mapping[str, Any], free: bool = False) -> None:
        xs, data = sought(r, by)
        super().__init__(xs, data, values, {}, free)
        column = _column(r)
        results = {"residuals": column, **{f"jacobian{k}": jacobian(column, x) for k, x in enumerate(xs)}}
        arguments = [*xs, *data]
        self._residuals = emit({"residuals": column}, "residuals", arguments=arguments).compile()
        self._with_jacobians = emit(results, "residuals_and_jacobians", arguments=arguments).compile()
        found = self.fun(self.x0)
        self.count = len(found)
        if not np.all(np.isfinite(found)):
            raise EvaluationError("a residual is not a finite number at the start", hint="start elsewhere")

    @property
    def bounds(self) -> Any:
        """``scipy.optimize.Bounds`` of u."""
        from scipy.optimize import Bounds

        return Bounds(*self.limits, keep_feasible=True)

    def fun(self, u: Array) -> Array:
        """The residuals; those of a matrix stand column by column."""
        found: Array = np.ravel(self._residuals(*self._at(u), *self.data))
        return found

    def jac(self, u: Array) -> Array:
        """Their Jacobian: a row for each residual, a column for each entry of u."""
        return np.hstack(self.blocks(u)[1])

    def blocks(self, u: Array) -> tuple[Array, list[Array]]:
        """The residuals, and their Jacobian by each block of u."""
        found, *jacobians = self._with_jacobians(*self._at(u), *self.data)
        of = zip(self.coordinates, self.parts(u), jacobians, strict=True)
        return np.ravel(found), [_by_block(c, part, inner) for c, part, inner in of]

    # ---------------------------------------------------------------- Ceres
    def start(self) -> list[Array]:
        """The blocks to begin with, as arrays that Ceres writes into."""
        return [part.copy() for part in self.parts(self.x0)]

    def evaluate(self, parameters: Sequence[Array], residuals: Array, jacobians: Sequence[Array | None] | None) -> bool:
        """Writes the residuals, and the Jacobian by each block row by row where it is wanted: ``Evaluate`` of Ceres."""
        u = np.concatenate(parameters)
        found, by_block = (self.fun(u), []) if jacobians is None else self.blocks(u)
        residuals[:] = found
        for out, block in zip(jacobians or (), by_block, strict=True):
            if out is not None:
                out[:] = block.ravel()
        return bool(np.all(np.isfinite(found)))

    def cost_function(self) -> Any:
        """A ``pyceres.CostFunction``.

        Raises:
            MatcalcError: pyceres is not installed.
        """
        installed("Ceres", "pyceres", "ceres")
        import pyceres

        blocks = self

        class Cost(pyceres.CostFunction):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.set_num_residuals(blocks.count)
                self.set_parameter_block_sizes([c.length for c in blocks.coordinates])

            def Evaluate(self, parameters: Any, residuals: Any, jacobians: Any) -> bool:
                return blocks.evaluate(parameters, residuals, jacobians)

        return Cost()

    def ceres_problem(self, loss: Any = None) -> tuple[Any, list[Array]]:
        """A ``pyceres.Problem`` with these residuals and their bounds, and the blocks that it moves.

        Raises:
            MatcalcError: pyceres is not installed.
        """
        cost, blocks = self.cost_function(), self.start()
        import pyceres

        problem = pyceres.Problem()
        problem.add_residual_block(cost, loss, blocks)
        for coordinates, block in zip(self.coordinates, blocks, strict=True):
            for place, least in enumerate(coordinates.bounds[0]):
                if np.isfinite(least):
                    problem.set_parameter_lower_bound(block, place, least)
        return problem, blocks

    def _at(self, u: Array) -> list[Array]:
        return [c.value(part) for c, part in zip(self.coordinates, self.parts(u), strict=True)]


def _column(r: Expr) -> Expr:
    if r.shape.cols is ONE:
        return r
    if r.shape.rows is ONE:
        return r.T
    vec = find("vec")
    assert vec is not None
    column: Expr = vec(r)
    return column


def _by_block(coordinates: Any, u: Array, inner: Array) -> Array:
    """The Jacobian by the coordinates, of that by the entries of the variable column by column."""
    rows, cols = coordinates.whole
    by_rows = np.reshape(inner, (-1, cols, rows)).transpose(0, 2, 1).reshape(-1, rows * cols)
    if coordinates.record.is_plain:
        return by_rows
    pushed = [np.ravel(coordinates.pushed(u, e)) for e in np.eye(coordinates.length)]
    found: Array = by_rows @ np.stack(pushed, axis=1)
    return found


@checked_arguments
def residual_blocks(r: Expr, by: By | Sequence[By], values: Mapping[str, Any], *, free: bool = False) -> ResidualBlocks:
    """Residuals r with their Jacobian by the variables ``by``, at ``values``: those to begin with, and data.

    Positive and nonnegative variables have bounds or, with ``free``, are exponentials and squares.

    Raises:
        MatcalcError: a variable has no free coordinates.
        EvaluationError: values are missing, have wrong shapes or kinds, or have not what was declared.
    """
    return ResidualBlocks(as_expr(r), by, values, free)
