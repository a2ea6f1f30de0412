"""The larger and the smaller of two arguments, and what is made of them: values, gradients, verdicts, in all styles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close

NAMES = parse_where("x: n, y: n, c: 1×1, d: 1×1 positive, X: m×n, w: n, t: m")
RNG = np.random.default_rng(6)
AT: dict[str, Any] = {name: RNG.normal(size=[d.at({"m": 3, "n": 4}) for d in e.shape]) for name, e in NAMES.items()}
AT["d"] = np.array([[0.4]])


def _huber(u: Any, v: Any) -> Any:
    return np.where(np.abs(u) <= v, u**2 / 2, v * (np.abs(u) - v / 2))


# formula, its value by NumPy, a variable and the gradient
ROWS = [
    ("sum(max(x, y))", lambda x, y: np.maximum(x, y).sum(), "x", "step(x - y)"),
    ("sum(max(x, y))", lambda x, y: np.maximum(x, y).sum(), "y", "where(y >= x, 1, 0)"),
    ("sum(min(x, y).^2)", lambda x, y: (np.minimum(x, y) ** 2).sum(), "x", "2*(minimum(x, y).*step(y - x))"),
    ("sum(max(0, 1 - t.*(X*w)))", None, "w", "-X'*(t.*step(1 - (X*w).*t))"),
    ("sum_{i} max(0, 1 - t[i]*X[i,:]*w)", None, "w", "-X'*(t.*step(1 - (X*w).*t))"),
    ("sum(max(x, c))", lambda x, c: np.maximum(x, c).sum(), "c", "sum(where(c >= x, 1, 0))"),
    ("max(c, d)", lambda c, d: np.maximum(c, d), "c", "step(c - d)"),
    (
        "sum(huber(X*w - t, d))",
        lambda X, w, t, d: _huber(X @ w - t, d).sum(),
        "w",
        "X'*minimum(maximum(X*w - t, -d), d)",
    ),
    ("sum(clip(x, -1, c).^2)", lambda x, c: (np.minimum(np.maximum(x, -1), c) ** 2).sum(), "x", ""),
    ("max(norm2(x), 1)", lambda x: max(np.linalg.norm(x), 1), "x", "where(norm2(x) > 1, x/norm2(x), 0)"),
    ("sum(exp(min(X, c)))", lambda X, c: np.exp(np.minimum(X, c)).sum(), "X", ""),
]


@pytest.mark.parametrize(("formula", "by_numpy", "by", "gradient"), ROWS, ids=[f"{row[0]} by {row[2]}" for row in ROWS])
def test_values_and_gradients(formula: str, by_numpy: Any, by: str, gradient: str) -> None:
    f, x = mc.parse(formula, NAMES), NAMES[by]
    g = mc.gradient(f, x)
    assert not gradient or str(g) == gradient
    used = {str(v): AT[str(v)] for v in mc.parts.variables(f)}
    if by_numpy is not None:
        assert_close(mc.evaluate(f, used), np.squeeze(by_numpy(**used)), 1e-12)
    step = 1e-6 * RNG.normal(size=AT[by].shape)
    slope = (mc.evaluate(f, {**used, by: AT[by] + step}) - mc.evaluate(f, {**used, by: AT[by] - step})) / 2
    plain = {name: np.squeeze(a) for name, a in used.items()}
    for style in ("readable", "fast"):
        code = mc.emit({"f": f, "g": g}, style=style)
        value, got = code.compile()(**plain)
        assert_close(value, mc.evaluate(f, used), 1e-12)
        assert_close(np.sum(np.asarray(got).reshape(step.shape) * step), slope, 1e-6 * (abs(slope) + 1e-9))


def test_pairs_meet_their_kin() -> None:
    x, c = NAMES["x"], NAMES["c"]
    assert mc.max(x, c) is mc.maximum(x, c)
    assert str(mc.gradient(mc.sum(mc.maximum(x, 0)), x)) == "step(x)"
    assert mc.equal(mc.parse("max(x, y) + min(x, y)", NAMES), mc.parse("x + y", NAMES))
    assert not mc.equal(mc.parse("max(x, y)", NAMES), x)


@pytest.mark.parametrize(
    ("claim", "formula", "by", "status"),
    [
        ("step(x - y)", "sum(max(x, y))", "x", "correct"),
        ("ones(n)", "sum(max(x, y))", "x", "wrong"),
        ("0*x", "sum(max(x - 1000, y))", "x", "wrong"),
        ("x", "sum(huber(x, 1))", "x", "wrong"),
        ("min(max(x, -1), 1)", "sum(huber(x, 1))", "x", "correct"),
    ],
)
def test_both_pieces_are_visited(claim: str, formula: str, by: str, status: str) -> None:
    assert mc.check(claim, mc.parse(formula, NAMES), NAMES[by]).status == status
