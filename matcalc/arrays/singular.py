"""Singular values, as np.linalg.svd gives them: in descending order, and as many as the shorter side has entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.arrays.array import CALLED, METHODS, Array, function
from matcalc.arrays.faults import SizesOpen
from matcalc.arrays.steps import reversal
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

    # ---------------------------------------------------------------- as NumPy's arrays, for tracing
    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        return CALLED["numpy"](function.__name__, str(function.__module__), operands, options)

    def __array_ufunc__(self, function: Any, method: str, *operands: Any, **options: Any) -> Any:
        name = function.__name__ if method == "__call__" else f"{function.__name__}.{method}"
        return CALLED["numpy"](name, "", operands, options)

    def __getitem__(self, where: object) -> Any:
        is_first = isinstance(where, int) and where == 0
        return self.reduced("max") if is_first else self.bound_list()[where]

    def __getattr__(self, name: str) -> Any:
        if name in ("sum", "max", "min"):
            return lambda *operands, **options: METHODS[name](self, *operands, **options)
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.bound_list(), name)

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
        raise SizesOpen(
            "how many singular values there are depends on the sizes",
            f"the matrix is {rows}×{cols}",
            hint="their sum and the largest are read; or np.linalg.eigvalsh(X.T @ X), their squares",
        )


def _by_array(name: str) -> Callable[..., Any]:
    return lambda self, *others: getattr(self.bound_list(), name)(*others)


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "matmul", "rmatmul"):
    setattr(SingularValues, f"__{_name}__", _by_array(f"__{_name}__"))
for _name in ("neg", "abs", "len", "iter", "lt", "le", "gt", "ge"):
    setattr(SingularValues, f"__{_name}__", _by_array(f"__{_name}__"))
