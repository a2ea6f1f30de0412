"""Shapes of NumPy names that nothing declares are those that are meant, or both readings are shown and refused."""

from __future__ import annotations

import re

import pytest

import matcalc as mc
from matcalc.commands.questions import shapes as told
from matcalc.notation.declarations import parse_where
from matcalc.readers import read
from matcalc.symbols import unbound_symbols
from tests.numpy_losses import LOSSES
from tests.numpy_running import SIZES, equals_running, marked
from tests.numpy_snippets import CODE, EXPRESSIONS, Shapes

WRITTEN = EXPRESSIONS + CODE + LOSSES

# Code, and what its names are.
INFERRED = [
    ("def loss(w, X, y):\n    r = X @ w - y\n    return r @ r + 0.1*(w @ w)", "X: m×n, w: n×1, y: m×1"),
    ("np.sum((X @ w - y)**2)", "X: m×n, w: n×1, y: m×1"),
    ("np.trace(A @ X @ B)", "A: m×n, X: n×k, B: k×m"),
    ("x @ np.linalg.inv(S) @ x", "S: n×n, x: n×1"),
    ("X - X.mean(axis=0)", "X: m×n"),
    ("x[:, None] - y", "x: n×1, y: m×1"),
    ("x[:, None] @ y[None, :]", "x: n×1, y: m×1"),
    ("np.sum(x)/N", "N: 1×1, x: n×1"),
    ("np.sum(A @ x - b)", "A: m×n, b: m×1, x: n×1"),
    ("np.cross(u, v)", "u: 3×1, v: 3×1"),
    ("a, b, c = theta\na + b*c", "theta: 3×1"),
    ("np.linalg.solve(A.T @ A + lam*np.eye(A.shape[1]), A.T @ b)", "A: m×n, b: m×1, lam: 1×1"),
    ("np.block([[A, B], [B.T, C]])", "A: m×m, B: m×n, C: n×n"),
    ("def f(X):\n    N, D = X.shape\n    return X.sum()/(N*D)", "X: N×D"),
    ("def f(x):\n    size = len(x)\n    return x.sum()/size", "x: size×1"),
    (
        "def f(X, y, w, n):\n    s = 0\n    for i in range(n):\n        s += (X[i] @ w - y[i])**2\n    return s/n",
        "X: n×m, w: m×1, y: n×1",
    ),
    (
        "def f(U, V, R):\n    s = 0\n    for i in range(R.shape[0]):\n        for j in range(R.shape[1]):\n"
        "            s += (R[i, j] - U[i] @ V[j])**2\n    return s",
        "R: m×n, U: m×k, V: n×k",
    ),
    ("def f(A, x, y):\n    return sum(a @ x*b for a, b in zip(A, y))", "A: m×n, x: n×1, y: m×1"),
    (
        "def loss(C, w, X, y):\n    return C*np.maximum(0, 1 - y*(X @ w)).sum() + w @ w",
        "C: 1×1, X: m×n, w: n×1, y: m×1",
    ),
    ("# X: (m, n)\nX @ w", "X: m×n, w: n×1"),
    ("def f(X, w=None, p=2):\n    return np.sum(X**p)", "X: m×n"),
]


@pytest.mark.parametrize(("code", "shapes"), INFERRED)
def test_shapes_follow_from_use(code: str, shapes: str) -> None:
    _, names = read(code, {}, "numpy")
    assert sorted(told(names).split(", ")) == sorted(shapes.split(", "))


@pytest.mark.parametrize(("code", "shapes"), WRITTEN)
def test_what_is_inferred_is_what_is_meant(code: str, shapes: Shapes) -> None:
    """Where shapes that were told are left out, the code is refused, or has the value of running it all the same."""
    try:
        formula, names = read(code, {}, "numpy")
    except mc.MatcalcError:
        return
    meant = {marked(name)[0]: shape for name, shape in shapes.items()}
    for name, variable in names.items():
        if name in meant:
            assert sum(d.number != 1 for d in variable.shape) == sum(d != 1 for d in meant[name]), told(names)
    if any(isinstance(d, int) for shape in shapes.values() for d in shape) or unbound_symbols(formula):
        return  # the code holds for other sizes, too, or nothing in the formula says them
    assert all(equals_running(formula, code, shapes, point, by_values=True) for point in range(len(SIZES)))


def test_most_code_is_read_without_declarations() -> None:
    count = 0
    for code, _ in WRITTEN:
        try:
            read(code, {}, "numpy")
        except mc.MatcalcError:
            continue
        count += 1
    assert count > 0.85 * len(WRITTEN)


# Code, the two readings, and shapes in comments that choose them.
ASKED = [
    ("X @ w + b", "b: scalar", "b: vector"),
    ("np.sum((x - mu)**2)", "mu: scalar", "mu: vector"),
    ("X @ w - Y", "Y: matrix", "Y: vector"),
    ("np.maximum(0, X @ W1 + b1) @ W2 + b2", "b1: scalar, b2: scalar", "b1: vector, b2: vector"),
    ("(t*c) @ x", "t: vector, c: scalar", "t: scalar, c: vector"),
    ("# w: (n, 1)\nnp.sum((X @ w - y)**2)", "y: vector", "y: (m, 1)"),
    ("np.sum(np.abs(x)**p)", "p: vector", "p: scalar"),
]


@pytest.mark.parametrize(("code", "one", "other"), ASKED)
def test_two_readings_are_shown_and_each_declaration_chooses_its_own(code: str, one: str, other: str) -> None:
    with pytest.raises(mc.MatcalcError, match="two ways") as caught:
        mc.parse(code, notation="numpy")
    ways = [re.sub("^(one|two): ", "", line) for line in caught.value.details]
    assert caught.value.places
    assert sorted(ways) == sorted((one, other))
    for way in ways:
        try:
            read(f"# {way}\n{code}", {}, "numpy") if "(" in way else read(code, parse_where(way), "numpy")
        except mc.MatcalcError as error:  # it may ask next what else the names are
            assert "two ways" in str(error)
            assert not set(re.findall(r"\w+(?=:)", str(error))) & set(re.findall(r"\w+(?=:)", way))


def test_readings_that_are_told_apart_differ() -> None:
    number, column = (mc.parse("X @ w + b", parse_where(way), notation="numpy") for way in ("b: scalar", "b: vector"))
    assert str(number) != str(column)


UNKNOWN = [
    ("np.fft.fft(x)", "not read"),
    ("def f(x):\n    return x @ z", "z is not defined"),
    ("def f(x):\n    while x > 0:\n        x = x - 1\n    return x", "while"),
    ("def f(x):\n    return unknown(x)", "not defined"),
    ("np.linalg.inv(X) @ np.linalg.inv(X.shape)", ""),
]


@pytest.mark.parametrize(("code", "said"), UNKNOWN)
def test_what_no_shape_makes_readable_says_why(code: str, said: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(code, notation="numpy")
    assert said in str(caught.value)
