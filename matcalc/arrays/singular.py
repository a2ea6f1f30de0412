"""Singular values, as np.linalg.svd gives them: in descending order, and as many as the shorter side has entries."""

from __future__ import annotations

from matcalc.arrays.array import Array, function
from matcalc.arrays.steps import reversal
from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, transpose
from matcalc.shape import ONE, is_at_most


class SingularValues:
    """The singular values of a matrix: their sum and the largest are norms, their squares eigenvalues of a product."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def reduced(self, name: str) -> Array | None:
        """The sum or the largest, which need not know how many there are."""
        known = {"sum": "nuclearnorm", "max": "spectralnorm"}.get(name)
        if known is not None:
            return Array(function(known, self.matrix.expr), ())
        return self.least() if name == "min" else None

    def least(self) -> Array:
        gram = self._gram()
        return Array(function("sqrt", gram if gram.shape.is_scalar else function("mineig", gram)), ())

    def bound_list(self) -> Array:
        """The array of them."""
        gram = self._gram()
        if gram.shape.is_scalar:
            return Array(function("sqrt", gram), (ONE,))
        count = gram.shape.rows
        return Array(reversal(count) @ function("sqrt", function("eigvals", gram)), (count,))

    def _gram(self) -> Expr:
        """The smaller one of X'X and XX'.

        Raises:
            UnsupportedError: which one that is depends on the sizes.
        """
        x = self.matrix.expr
        rows, cols = self.matrix.dims
        if is_at_most(cols, rows):
            return transpose(x) @ x
        if is_at_most(rows, cols):
            return x @ transpose(x)
        raise UnsupportedError(
            "how many singular values there are depends on the sizes",
            f"the matrix is {rows}×{cols}",
            hint="their sum and the largest are read; or np.linalg.eigvalsh(X.T @ X), their squares",
        )
