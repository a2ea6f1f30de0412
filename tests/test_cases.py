"""Case distinctions: values, gradients and Hessians where branches have no value, in all styles; verdicts; refusals."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.checking.points import Sizes
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from matcalc.symbols import bound_symbols
from tests.numerics import assert_close

NAMES = parse_where(
    "x: n, y: n, p: n, r: n, w: n, t: m, c: 1×1, s: 1×1, d: 1×1 positive, X: m×n, Z: m×n, A: m×n, S: n×n"
)
SIZES: Sizes = {"m": 3, "n": 5}
RNG = np.random.default_rng(11)
AT: dict[str, Any] = {
    name: np.squeeze(RNG.normal(size=[dim.at(SIZES) for dim in e.shape])) for name, e in NAMES.items()
}
AT |= {
    "x": np.array([0.7, -0.9, 0.3, -1.3, 2.1]),
    "p": np.array([0.4, -0.1, -0.6, 0.25, 1.0]),
    "c": -0.8,
    "s": -1.2,
    "d": 0.9,
}


def choose(holds: Any, u: Any, v: Any) -> Any:
    """The branches entry by entry, each computed where it is taken alone."""
    return np.array([u(k) if holds[k] else v(k) for k in range(len(holds))])


def huber(r: Any, d: Any) -> Any:
    size = np.linalg.norm(r)
    return size**2 / 2 if size <= d else d * size - d**2 / 2


# formula, its value by loops, a variable, and the gradient as it is written
ROWS: list[tuple[str, Any, str, str]] = [
    ("sum(where(x > 0, sqrt(x), 0))", lambda x: choose(x > 0, lambda k: np.sqrt(x[k]), lambda k: 0).sum(),
     "x", "0.5*where(x > 0, 1./sqrt(x), 0)"),
    ("sum(where(x > 0, x, c*(exp(x) - 1)))",
     lambda x, c: choose(x > 0, lambda k: x[k], lambda k: c * np.expm1(x[k])).sum(), "x", "where(x > 0, 1, c*exp(x))"),
    ("sum(where(x > 0, x, c*(exp(1000*x) - 1)))",
     lambda x, c: choose(x > 0, lambda k: x[k], lambda k: c * np.expm1(1000 * x[k])).sum(), "x", ""),
    ("sum(where(p > 0, p.*log(p), 0))", lambda p: choose(p > 0, lambda k: p[k] * np.log(p[k]), lambda k: 0).sum(),
     "p", "where(p > 0, 1 + log(p), 0)"),
    ("where(norm2(r) <= d, norm2(r)^2/2, d*norm2(r) - d^2/2)", huber, "r", "where(norm2(r) <= d, r, d*r/norm2(r))"),
    ("sum(where(x > 0, x, 0))", lambda x: np.maximum(x, 0).sum(), "x", "step(x)"),
    ("sum(where(x >= 0, x, -x))", lambda x: np.abs(x).sum(), "x", "sign(x)"),
    ("sum(where(x > 0, x, c*x))", lambda x, c: np.where(x > 0, x, c * x).sum(), "x", "where(x > 0, 1, c)"),
    ("sum(where(t.*(X*w) < 1, 1 - t.*(X*w), 0))", lambda t, X, w: np.maximum(1 - t * (X @ w), 0).sum(),
     "w", "-X'*(t.*step(1 - (X*w).*t))"),
    ("sum_{i} where(t[i]*X[i,:]*w < 1, 1 - t[i]*X[i,:]*w, 0)", lambda t, X, w: np.maximum(1 - t * (X @ w), 0).sum(),
     "w", "-X'*(t.*step(1 - (X*w).*t))"),
    ("sum(A*where(x > 0, log(x), 0))",
     lambda A, x: (A @ choose(x > 0, lambda k: np.log(x[k]), lambda k: 0)).sum(),
     "x", "where(x > 0, colsum(A)./x, 0)"),
    ("sum((A*where(x > 0, log(x), 0)).^2)",
     lambda A, x: ((A @ choose(x > 0, lambda k: np.log(x[k]), lambda k: 0)) ** 2).sum(), "x", ""),
    ("sum(where(x > 0 and y < 1, log(x), y.^2))",
     lambda x, y: choose((x > 0) & (y < 1), lambda k: np.log(x[k]), lambda k: y[k] ** 2).sum(), "x",
     "where(x > 0 and y < 1, 1./x, 0)"),
    ("sum(where(x < 0 or x > 1, exp(x), 1./(1 + x)))",
     lambda x: choose((x < 0) | (x > 1), lambda k: np.exp(x[k]), lambda k: 1 / (1 + x[k])).sum(), "x", ""),
    ("sum(where(not x > 0, exp(x), sqrt(x)))",
     lambda x: choose(x > 0, lambda k: np.sqrt(x[k]), lambda k: np.exp(x[k])).sum(), "x", ""),
    ("sum(where(x > 1, log(x), where(x > 0, x - 1, -exp(-x))))",
     lambda x: sum(np.log(u) if u > 1 else u - 1 if u > 0 else -np.exp(-u) for u in x), "x",
     "where(x > 1, 1./x, where(x > 0, 1, exp(-x)))"),
    ("sum(where(X > Z, sqrt(abs(X)), Z).*A)",
     lambda X, Z, A: (np.where(X > Z, np.sqrt(np.abs(X)), Z) * A).sum(), "X", ""),
    ("where(s > 0, logdet(S), s)*c", lambda s, S, c: s * c, "S", "where(s > 0, c*inv(S)', 0)"),
    ("where(s > 0, x'*S*x, 2*s*x'*x)", lambda s, S, x: 2 * s * x @ x, "x", "where(s > 0, (S + S')*x, 4*s*x)"),
    ("sum(where(s > 0, X, Z).^2)", lambda s, X, Z: (Z**2).sum(), "Z", "2*where(s <= 0, Z, 0)"),
    ("sum(log(where(x > 0, x, 1)))", lambda x: choose(x > 0, lambda k: np.log(x[k]), lambda k: 0).sum(),
     "x", "where(x > 0, 1./x, 0)"),
    ("1/sum(where(x > 0, sqrt(x), 1))", lambda x: 1 / choose(x > 0, lambda k: np.sqrt(x[k]), lambda k: 1).sum(),
     "x", ""),
    ("sum(where(x == 0, 1, sin(x)./x))", lambda x: (np.sin(x) / x).sum(), "x", ""),
    ("w'*where(x > 0, S*log(x), x)",
     lambda w, x, S: 0.0, "w", "where(x > 0, S*log(x), x)"),
]  # fmt: skip


def _used(f: mc.Expr) -> dict[str, Any]:
    return {str(v): AT[str(v)] for v in variables(f)}


def _in_c(f: mc.Expr) -> dict[str, Any]:
    return {"target": "c", "sizes": {name: SIZES[name] for name in bound_symbols(variables(f))}}


def _slope(value: Any, by: str, used: dict[str, Any], step: Any) -> Any:
    return (value(**{**used, by: used[by] + step}) - value(**{**used, by: used[by] - step})) / 2


@pytest.mark.parametrize(("formula", "by_loops", "by", "gradient"), ROWS, ids=[f"{row[0]} by {row[2]}" for row in ROWS])
def test_values_gradients_and_hessians(formula: str, by_loops: Any, by: str, gradient: str) -> None:
    f, x = mc.parse(formula, NAMES), NAMES[by]
    g, h = mc.gradient(f, x), mc.hessian(f, x)
    assert not gradient or str(g) == gradient
    assert str(mc.parse(str(g), NAMES)) == str(g)
    if "log(x), x)" in formula:  # a sum of logarithms that have none is taken
        return
    used = _used(f)
    wanted = by_loops(**used)
    assert_close(mc.evaluate(f, used), wanted, 1e-12)
    step = 1e-6 * RNG.normal(size=np.shape(AT[by]))
    slope = _slope(by_loops, by, used, step)
    bend = _slope(lambda **at: mc.evaluate(g, {**AT, **at}), by, used, step)
    for style in ("readable", "fast", "batch", "c"):
        options: dict[str, Any] = {"style": style} if style in ("readable", "fast") else {}
        options |= {"batch": True} if style == "batch" else _in_c(f) if style == "c" else {}
        code = mc.emit({"f": f, "g": g, "h": h}, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value, first, second = code.compile()(*(AT[name] for name in code.variables))
        assert_close(value, wanted, 1e-12)
        assert_close(np.sum(first * step), slope, 1e-6 * (np.abs(step).sum() + abs(slope)))
        turned = second @ step.ravel(order="F")
        assert_close(turned, np.ravel(bend, order="F"), 1e-5 * np.abs(step).sum())


def test_a_branch_without_value_at_its_end() -> None:
    f, at = mc.parse("sum(where(p > 0, p.*log(p), 0))", NAMES), {"p": np.array([0.0, 1.0])}
    assert mc.evaluate(f, at) == 0
    assert mc.evaluate(mc.gradient(f, NAMES["p"]), at).tolist() == [0, 1]
    assert mc.evaluate(mc.hessian(f, NAMES["p"]), at).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_taken_may_be_anything(bad: float) -> None:
    f = mc.parse("sum(where(x > 0, (y - x).^2, 0))", NAMES)
    at = {"x": AT["x"], "y": np.where(AT["x"] > 0, 1.0, bad)}
    assert np.isfinite(mc.evaluate(f, at))
    for by in "xy":
        assert np.all(np.isfinite(mc.evaluate(mc.gradient(f, NAMES[by]), at)))


def test_conditions_are_told_of_the_branch() -> None:
    told = {
        "where(x > 0, sqrt(x), 0)": (),
        "where(x > 0, log(y), 0)": ("y > 0 where x > 0",),
        "where(x > 0, log(y), 0) + log(y)": ("y > 0",),
        "where(s > 0, logdet(S), s/c)": ("S invertible where s > 0", "c ≠ 0 where s <= 0"),
        "log(where(x > 0, x, 1))": (),
    }
    assert {text: mc.conditions(mc.parse(text, NAMES)) for text in told} == told


@pytest.mark.parametrize(
    ("claim", "formula", "by", "status"),
    [
        ("where(x > 0, 1./(2*sqrt(x)), 0)", "sum(where(x > 0, sqrt(x), 0))", "x", "correct"),
        ("where(x > 0, 1./sqrt(x), 0)", "sum(where(x > 0, sqrt(x), 0))", "x", "wrong"),
        ("1./(2*sqrt(x))", "sum(where(x > 0, sqrt(x), 0))", "x", "undecided"),
        ("where(x > 0, 1, c*exp(x))", "sum(where(x > 0, x, c*(exp(x) - 1)))", "x", "correct"),
        ("ones(n)", "sum(where(x > 0, x, c*(exp(x) - 1)))", "x", "wrong"),
        ("min(d/norm2(r), 1)*r", "where(norm2(r) <= d, norm2(r)^2/2, d*norm2(r) - d^2/2)", "r", "correct"),
        ("r", "where(norm2(r) <= d, norm2(r)^2/2, d*norm2(r) - d^2/2)", "r", "wrong"),
        ("2*x", "sum(where(x > 1000, x, x.^2))", "x", "wrong"),
        ("step(x)", "sum(where(x > 0 and y > 0, x, y))", "x", "wrong"),
        ("rowmaxmask(X)", "sum(rowmax(X))", "X", "correct"),
        ("ones(m,n)", "sum(rowmin(X))", "X", "wrong"),
    ],
)
def test_each_branch_is_visited(claim: str, formula: str, by: str, status: str) -> None:
    assert mc.check(claim, mc.parse(formula, NAMES), NAMES[by]).status == status


@pytest.mark.parametrize(("factor", "status"), [("2", "correct"), ("3", "wrong")])
def test_a_function_may_end_where_its_branch_is_not_taken(factor: str, status: str) -> None:
    names = {**NAMES, "Q": mc.matrix("Q", "n", "n", "symmetric")}
    f = mc.parse("c*where(mineig(Q) > 0, logdet(Q), 0)", names)
    claim = f"where(mineig(Q) > 0, {factor}*log(det(cholesky(Q))), 0)"
    assert mc.check(claim, f, names["c"]).status == status


def test_forms_that_have_names() -> None:
    for text, named in (
        ("where(x > 0, x, 0)", "relu(x)"),
        ("where(x >= 0, x, -x)", "abs(x)"),
        ("where(x > y, x, x)", "x"),
        ("where(x > 0 and x <= 0, x, y)", "y"),
        ("where(x > 0 or x <= 0, x, y)", "x"),
    ):
        assert mc.equal(mc.parse(text, NAMES), mc.parse(named, NAMES)).ground == "proved: the same canonical form"


def test_python_and_numpy_make_the_same_conditions() -> None:
    x, y = NAMES["x"], NAMES["y"]
    wanted = mc.parse("where(x > 0 and not y <= 1, sqrt(x), 0)", NAMES)
    assert mc.where((x > 0) & ~(y <= 1), mc.sqrt(x), 0) is wanted
    assert np.where(np.logical_and(x > 0, ~(y <= 1)), np.sqrt(x), 0) is wanted
    assert mc.where((x < 0) | (y >= 0), x, y) is mc.parse("where(x < 0 or y >= 0, x, y)", NAMES)


def test_notations() -> None:
    f = mc.parse("where(x >= 1 and x != 2 or not y < 0, x, where(x == 0, y, 1))", NAMES)
    assert str(f) == "where(x >= 1 and x != 2 or not y < 0, x, where(x == 0, y, 1))"
    assert mc.parse(str(f), NAMES) is f
    assert mc.parse("where(x ≥ 1 and x ≠ 2 or not y < 0, x, where(x == 0, y, 1))", NAMES) is f
    assert mc.to_unicode(f) == "where(x ≥ 1 and x ≠ 2 or not y < 0, x, where(x = 0, y, 1))"
    assert mc.to_latex(mc.parse("where(x > 0, sqrt(x), where(x < -1, x, 0))", NAMES)) == (
        r"\begin{cases} \sqrt{x} & \text{if } x > 0 \\ x & \text{if } x < -1 \\ 0 & \text{otherwise} \end{cases}"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(x > 0) + 1", ["a condition is no number", "| (x > 0) + 1", "| ^^^^^^^", "where(x > 0, 1, 0)"]),
        ("sum(x > 0)", ["a condition is no number", "| sum(x > 0)", "|     ^^^^^", "where(x > 0, 1, 0)"]),
        ("where(x, 1, 0)", ["a number is no condition", "| where(x, 1, 0)", "|       ^", "x > 0"]),
        ("where(0 < x < 1, x, y)", ["comparisons are not chained", "|             ^", "join them: 0 < x and x < 1"]),
        ("where(x = 0, x, y)", ["unexpected '='", "|         ^", "a comparison is written =="]),
        ("where(x > t, x, 0)", ["> wants operands of one shape, or scalars", "|           ^ is m×1"]),
        ("where(x > 0, x)", ["where takes 3 argument(s), got 2"]),
    ],
)  # fmt: skip
def test_refusals(text: str, told: list[str]) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(text, NAMES)
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert lines[0] == told[0]
    assert set(told) <= set(lines)


def test_python_refuses_alike() -> None:
    x = NAMES["x"]
    for act in (lambda: (x > 0) + 1, lambda: mc.sum(x > 0), lambda: mc.gradient(x > 0, x)):
        with pytest.raises(mc.MatcalcError, match="a condition is no number"):
            act()
    with pytest.raises(mc.MatcalcError, match="a number is no condition"):
        mc.where(x, 1, 0)


EXTREMES = [
    ("t'*rowmax(X)", lambda t, X: t @ X.max(axis=1), "diag(t)*rowmaxmask(X)"),
    ("x'*colmin(X)", lambda x, X: x @ X.min(axis=0), "rowmaxmask(-X')'*diag(x)"),
    ("sum_{i} t[i]*max(X[i,:])", lambda t, X: t @ X.max(axis=1), "diag(t)*rowmaxmask(X)"),
    ("sum(colmax(X).^2)", lambda X: (X.max(axis=0) ** 2).sum(), ""),
]


@pytest.mark.parametrize(("formula", "by_numpy", "gradient"), EXTREMES, ids=[row[0] for row in EXTREMES])
def test_extremes_of_rows_and_columns(formula: str, by_numpy: Any, gradient: str) -> None:
    f = mc.parse(formula, NAMES)
    g = mc.gradient(f, NAMES["X"])
    assert not gradient or str(g) == gradient
    used = _used(f)
    step = 1e-6 * RNG.normal(size=AT["X"].shape)
    slope = _slope(by_numpy, "X", used, step)
    for options in ({}, {"style": "fast"}, {"batch": True}, _in_c(f)):
        code = mc.emit({"f": f, "g": g}, **options)  # type: ignore[arg-type]
        value, got = code.compile()(*(AT[name] for name in code.variables))
        assert_close(value, by_numpy(**used), 1e-12)
        assert_close(np.sum(got * step), slope, 1e-6 * np.abs(step).sum())


@pytest.mark.parametrize("condition", ["exp(Q) > 1", "inv(Q) > 0", "trilones(Q) == 0"])
def test_a_condition_on_transposed_entries_keeps_its_places(condition: str) -> None:
    names = parse_where("P: n×n, Q: n×n")
    values = {name: np.random.default_rng(3).normal(size=(2, 4, 4))[k] for k, name in enumerate(names)}
    holds = {"exp(Q) > 1": values["Q"] > 0, "inv(Q) > 0": np.linalg.inv(values["Q"]) > 0}
    f = mc.parse(f"sum(where({condition}, relu(P'), 0))", names)
    wanted = (values["P"] > 0) & holds.get(condition, np.tri(4) == 0).T
    assert_close(mc.evaluate(mc.gradient(f, names["P"]), values), wanted.astype(float))
