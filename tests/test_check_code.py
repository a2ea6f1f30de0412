"""Hand-written gradients held against formulas that were read from NumPy code, or traced: what is wrong with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

NAMES = parse_where(
    "A: m×n, b: m, x: n, X: m×n, y: m, w: n, lam: scalar, W: k×n, Y: m×k, S: n×n posdef, mu: n, B: n×p, C: m×p, "
    "c: scalar, u: n, Q: n×n"
)
Function = Callable[..., Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def squares(A: Any, x: Any, b: Any) -> Any:
    return np.sum((A @ x - b) ** 2)


def logistic(X: Any, w: Any, y: Any, lam: Any) -> Any:
    return np.mean(np.log1p(np.exp(-y * (X @ w)))) + lam * (w @ w)


def mahalanobis(x: Any, mu: Any, S: Any) -> Any:
    return (x - mu) @ np.linalg.solve(S, x - mu)


def cross_entropy(W: Any, X: Any, Y: Any) -> Any:
    Z = X @ W.T
    return np.sum(np.log(np.sum(np.exp(Z), axis=1))) - np.sum(Y * Z)


def factors(A: Any, B: Any, C: Any) -> Any:
    R = C - A @ B
    return np.linalg.norm(R, "fro") ** 2


def quadratic(x: Any, Q: Any) -> Any:
    return x @ Q @ x


def growth(c: Any) -> Any:
    return np.exp(c) * c


def logistic_slope(X: Any, w: Any, y: Any) -> Any:
    return -X.T @ (y * sigmoid(-y * (X @ w)))


def softmax(Z: Any, axis: int) -> Any:
    E = np.exp(Z)
    return E / np.sum(E, axis=axis, keepdims=True)


def solved(S: Any, r: Any) -> Any:
    return np.linalg.solve(S, r)


GRADIENTS: list[tuple[str, Function, str, Function, str, str]] = [  # the gradient; mistake, and words of the verdict
    ("right", squares, "x", lambda A, x, b: 2 * A.T @ (A @ x - b), "", ""),
    ("arguments in another order", squares, "x", lambda x, A, b: 2 * A.T @ (A @ x - b), "", ""),
    ("one name of its own", squares, "x", lambda A, theta, b: 2 * A.T @ (A @ theta - b), "", ""),
    ("places alone", squares, "x", lambda *given: 2 * given[0].T @ (given[0] @ given[2] - given[1]), "", ""),
    ("a list", squares, "x", lambda A, x, b: list(2 * A.T @ (A @ x - b)), "", ""),
    ("a column", squares, "x", lambda A, x, b: (2 * A.T @ (A @ x - b))[:, None], "", ""),
    ("a row", squares, "x", lambda A, x, b: (2 * A.T @ (A @ x - b))[None, :], "transpose", "transpose"),
    ("no factor", squares, "x", lambda A, x, b: A.T @ (A @ x - b), "factor", "a factor 2 is missing"),
    ("sign", squares, "x", lambda A, x, b: 2 * A.T @ (b - A @ x), "sign", "the sign is wrong"),
    ("no b", squares, "x", lambda A, x, b: 2 * A.T @ A @ x, "missing term", "2*A'*b"),
    ("no transpose", quadratic, "x", lambda x, Q: 2 * Q @ x, "missing term", "Q'*x"),
    ("by the matrix", quadratic, "Q", lambda x, Q: np.outer(x, x), "", ""),
    ("right", logistic, "w", lambda X, w, y, lam: logistic_slope(X, w, y) / len(y) + 2 * lam * w, "", ""),
    ("a default", logistic, "w", lambda X, w, y, lam=0.1: logistic_slope(X, w, y) / len(y) + 2 * lam * w, "", ""),
    ("no mean", logistic, "w", lambda X, w, y, lam: logistic_slope(X, w, y) + 2 * lam * w, "factor", "1/m is missing"),
    ("penalty", logistic, "w", lambda X, w, y, lam: logistic_slope(X, w, y) / len(y) + lam * w, "factor", "2*lam*w"),
    ("sign of one", logistic, "w", lambda X, w, y, lam: 2 * lam * w - logistic_slope(X, w, y) / len(y), "sign", "X'*"),
    ("no penalty", logistic, "w", lambda X, w, y, lam: logistic_slope(X, w, y) / len(y), "missing term", "lam*w"),
    ("right", mahalanobis, "mu", lambda x, mu, S: -2 * solved(S, x - mu), "", ""),
    ("sign", mahalanobis, "mu", lambda x, mu, S: 2 * solved(S, x - mu), "sign", "sign"),
    ("no inverse", mahalanobis, "mu", lambda x, mu, S: -2 * S @ (x - mu), "other", ""),
    ("by S", mahalanobis, "S", lambda x, mu, S: -np.outer(solved(S, x - mu), solved(S, x - mu)), "", ""),
    ("right", cross_entropy, "W", lambda W, X, Y: (softmax(X @ W.T, 1) - Y).T @ X, "", ""),
    ("turned", cross_entropy, "W", lambda W, X, Y: X.T @ (softmax(X @ W.T, 1) - Y), "transpose", "transpose"),
    ("another axis", cross_entropy, "W", lambda W, X, Y: (softmax(X @ W.T, 0) - Y).T @ X, "other", ""),
    ("right", factors, "A", lambda A, B, C: -2 * (C - A @ B) @ B.T, "", ""),
    ("sign", factors, "A", lambda A, B, C: 2 * (C - A @ B) @ B.T, "sign", "sign"),
    ("the other", factors, "A", lambda A, B, C: -2 * A.T @ (C - A @ B), "wrong variable", "by B"),
    ("right", growth, "c", lambda c: np.exp(c) * (c + 1), "", ""),
    ("product rule", growth, "c", lambda c: np.exp(c), "missing term", "c*exp(c)"),
    ("a number", squares, "x", lambda A, x, b: 0.0, "shape", "of shape"),
]  # fmt: skip


def formula(function: Function, how: Callable[..., mc.Expr]) -> mc.Expr:
    return how(function, **{name: NAMES[name] for name in inspect.signature(function).parameters})


@pytest.mark.parametrize("how", [mc.read, mc.trace])
@pytest.mark.parametrize("row", GRADIENTS, ids=[f"{row[1].__name__}, {row[0]}" for row in GRADIENTS])
def test_a_gradient_written_by_hand(
    row: tuple[str, Function, str, Function, str, str], how: Callable[..., mc.Expr]
) -> None:
    _, function, by, gradient, mistake, words = row
    verdict = mc.check_code(gradient, formula(function, how), by)
    assert verdict.status == ("wrong" if mistake else "correct"), str(verdict)
    if mistake:
        assert verdict.mistake == mistake, str(verdict)
        assert words in verdict.explanation, str(verdict)


def test_code_of_columns_as_arrays_of_two_axes() -> None:
    def two_axes(X: Any, w: Any, y: Any) -> Any:
        return ((X @ w - y).T @ (X @ w - y))[0, 0]

    f = mc.read(two_axes, X=np.ones((4, 3)), w=np.ones((3, 1)), y=np.ones((4, 1)))
    right = mc.check_code(lambda X, w, y: np.sum(2 * X * (X @ w - y), axis=0)[:, None], f, "w")
    assert right.status == "correct" and "arrays of two axes" in right.ground
    wrong = mc.check_code(lambda X, w, y: np.sum(X * (X @ w - y), axis=0)[:, None], f, "w")
    assert (wrong.status, wrong.mistake) == ("wrong", "factor")


def in_place(A: Any, x: Any, b: Any) -> Any:
    r = A @ x
    r -= b
    g = 2 * A.T @ r
    x *= 0
    A *= 0
    return g


def test_code_that_writes_over_its_arguments() -> None:
    assert mc.check_code(in_place, formula(squares, mc.read), "x")


REFUSED: dict[str, tuple[Function, str]] = {
    "value and gradient": (lambda A, x, b: (squares(A, x, b), 2 * A.T @ (A @ x - b)), "a tuple of 2 things"),
    "nothing": (lambda A, x, b: None, "returns no array: None"),
    "a text": (lambda A, x, b: "2*A", "returns no array"),
    "shapes that do not fit": (lambda A, x, b: 2 * (A @ x - b) @ A.T, "called with A: 2 × 3, x: 3, b: 2"),
    "names that are not known": (lambda A, theta, target: A, "which variables are the parameters theta, target?"),
    "too few names": (lambda theta: theta, "which variables are the parameters theta?"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_code_that_is_not_judged(case: str) -> None:
    function, words = REFUSED[case]
    with pytest.raises(mc.EvaluationError) as caught:
        mc.check_code(function, formula(squares, mc.read), "x")
    assert words in str(caught.value)


def test_parameters_in_the_order_of_names_are_told() -> None:
    verdict = mc.check_code(lambda p, q: p + q, mc.parse("x'*u", NAMES), "x")
    assert verdict.status == "wrong"
    assert "called with u for p, x for q" in verdict.explanation
