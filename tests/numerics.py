"""Samples, shapes and difference quotients that the tests share.

The reference for a derivative is a difference quotient of the evaluated value, never a second formula. Different
dimensions get different sizes, and samples are neither symmetric nor commuting, so that a transposed result cannot
fit by luck.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

import matcalc as mc
from matcalc.expr import name_of
from matcalc.parts import variables

Values = dict[str, np.ndarray]

SIZES = {"m": 2, "n": 3, "p": 4, "q": 5, "k": 6, "r": 7}
STEP = 1e-3  # the error of the fourth-order quotient is of order STEP**4
WEIGHTS = ((2, -1 / 12), (1, 2 / 3), (-1, -2 / 3), (-2, 1 / 12))


def size(dim: object, sizes: Mapping[str, int] = SIZES) -> int:
    return int(eval(re.sub(r"\^", "**", str(dim)), {"__builtins__": {}}, dict(sizes)))


def shape(expr: mc.Expr, sizes: Mapping[str, int] = SIZES) -> tuple[int, int]:
    return size(expr.shape.rows, sizes), size(expr.shape.cols, sizes)


def sample(rng: np.random.Generator, rows: int, cols: int, *domain: str) -> np.ndarray:
    """An array of a domain or of declared facts, otherwise as general as possible."""
    a = rng.uniform(-1.5, 1.5, (rows, cols))
    square = rows == cols
    special = _special(a, {*domain})
    if special is not None:
        return special
    if "diagonal" in domain:
        a = np.diag(rng.uniform(0.5, 2, rows))
    elif "skew" in domain:
        a = a - a.T
    elif "lower" in domain or "upper" in domain:
        a = np.tril(a) + 3 * np.eye(rows) if "lower" in domain else np.triu(a) + 3 * np.eye(rows)
    elif "orthogonal" in domain:
        a = np.linalg.qr(a)[0]
    elif "symmetric" in domain:
        a = a @ a.T + rows * np.eye(rows) if "posdef" in domain else a + a.T + 4 * np.eye(rows)
    elif "posdef" in domain and square:
        a = a @ a.T + rows * np.eye(rows) + (a - a.T)
    elif "invertible" in domain and square:
        a = a + 3 * np.eye(rows)
    if "positive" in domain or "nonneg" in domain:
        a = np.abs(a) + 0.5
    if "unitnorm" in domain:
        a = a / np.linalg.norm(a)
    if "sumstoone" in domain:
        a = a / np.sum(a)
    if "distinct" in domain:
        a = rng.permutation(np.arange(rows * cols) + rng.uniform(-0.3, 0.3, rows * cols)).reshape(rows, cols)
    if "unit" in domain:
        a = rng.uniform(-0.9, 0.9, (rows, cols))
    return a


def _special(a: np.ndarray, facts: set[str]) -> np.ndarray | None:
    """A permutation, a stochastic, idempotent, Toeplitz or singular semidefinite matrix, made of numbers."""
    rows, cols = a.shape
    if "permutation" in facts:
        return np.eye(rows)[np.roll(np.arange(rows), 1)]
    if "stochastic" in facts:
        return np.abs(a) / np.sum(np.abs(a), axis=1, keepdims=True)
    if "idempotent" in facts:
        left, right = a[:, : rows // 2 + 1], (a if "symmetric" in facts else a.T)[:, : rows // 2 + 1]
        return left @ np.linalg.inv(right.T @ left) @ right.T
    if "toeplitz" in facts:
        return np.array([[a[0, j - i] if j >= i else a[i - j, 0] for j in range(cols)] for i in range(rows)])
    return a[:, : rows - 1] @ a[:, : rows - 1].T if "psd" in facts else None


def at_random(*exprs: mc.Expr, seed: int = 0, domain: str = "real", sizes: Mapping[str, int] = SIZES) -> Values:
    """Values of all variables of the formulas; ``domain`` is that of variables without facts."""
    rng = np.random.default_rng([20240229, seed])
    declared = sorted(set(variables(*exprs)), key=name_of)
    return {name_of(v): sample(rng, *shape(v, sizes), *(v.data[1] or (domain,))) for v in declared}


def value(expr: mc.Expr, values: Mapping[str, np.ndarray], sizes: Mapping[str, int] = SIZES) -> np.ndarray:
    """The value as a rows × cols array, columns, rows and scalars included."""
    return np.asarray(mc.evaluate(expr, values, sizes), dtype=float).reshape(shape(expr, sizes))


def vec(array: np.ndarray) -> np.ndarray:
    """Columns under each other, as one column."""
    return np.asarray(array).reshape(-1, 1, order="F")


def unvec(column: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.asarray(column).reshape(like.shape, order="F")


def quotient(
    f: mc.Expr, x: mc.Expr, values: Values, direction: np.ndarray, sizes: Mapping[str, int] = SIZES
) -> np.ndarray:
    """Central difference quotient of the value of ``f`` in a direction of ``x``; has the shape of ``f``."""
    name = name_of(x)

    def moved(t: float) -> np.ndarray:
        return value(f, {**values, name: values[name] + t * direction}, sizes)

    return sum(weight * moved(k * STEP) for k, weight in WEIGHTS) / STEP


def directions(array: np.ndarray) -> Iterable[np.ndarray]:
    """The unit directions of an array, in column-major order."""
    for j in range(array.shape[1]):
        for i in range(array.shape[0]):
            e = np.zeros(array.shape)
            e[i, j] = 1.0
            yield e


def quotients(f: mc.Expr, x: mc.Expr, values: Values, sizes: Mapping[str, int] = SIZES) -> np.ndarray:
    """∂vec f/∂(vec x)' by difference quotients, one column for each entry of ``x``."""
    columns = [vec(quotient(f, x, values, e, sizes)) for e in directions(values[name_of(x)])]
    return np.hstack(columns)


def assert_close(got: np.ndarray, want: np.ndarray, tolerance: float = 1e-7, note: object = "") -> None:
    """Equal shapes, and equal values relative to the largest."""
    got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
    assert got.shape == want.shape, f"{note}: shape {got.shape}, not {want.shape}"
    scale = max(1.0, float(np.max(np.abs(want), initial=0.0)))
    error = float(np.max(np.abs(got - want), initial=0.0)) / scale
    assert error <= tolerance, f"{note}: relative error {error:.2g}\ngot\n{got}\nwant\n{want}"


def named(expr: mc.Expr) -> dict[str, mc.Expr]:
    """The variables of a formula by name."""
    return {name_of(v): v for v in variables(expr)}


def plain(expr: mc.Expr) -> mc.Expr:
    """The formula without the note of the variables in whose company it was made."""
    return mc.Expr(expr.kind, expr.operands, expr.data, expr.shape)


def reads_back(expr: mc.Expr, names: Mapping[str, mc.Expr]) -> bool:
    """Whether the text of a formula is read as the same formula.

    A dimension as a number that no variable has is printed as a sum of ones, which is another formula.
    """
    back = mc.parse(str(expr), names)
    return plain(back) is plain(expr) or str(back) == str(expr)
