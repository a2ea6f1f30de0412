"""Emitted code: every style computes the same, at small sizes and where tall arrays are read in blocks of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.parse import parse_where
from matcalc.plans.plan import Plan
from tests.numerics import assert_close
from tests.test_corpus import CASES, POINTS, Case, derived

RNG = np.random.default_rng(7)


def sizes_of(expr: mc.Expr, dims: dict[str, int]) -> dict[str, int]:
    return {symbol: dims[symbol] for symbol in mc.plan(expr, "reverse").symbols}


@pytest.mark.parametrize("case", CASES[::2], ids=[case["id"] for case in CASES[::2]])
def test_the_fast_style_computes_what_the_readable_one_does(case: Case) -> None:
    derivative = derived(case)
    point = POINTS[case["id"]][0]
    values = {name: np.array(value, dtype=float) for name, value in point["env"].items()}
    plan = Plan({"value": derivative}, "optimal", sizes_of(derivative, case["dims"]), for_speed=True)
    results = []
    for style in ("readable", "fast"):
        emitted = plan.emit(style=style)
        given = {name: value.copy() for name, value in values.items()}
        results.append(np.asarray(emitted.compile()(*[given[name] for name in emitted.variables])))
        for name, value in values.items():
            assert np.array_equal(given[name], value, equal_nan=True), f"{name} was changed:\n{emitted.source}"
    assert_close(results[1], results[0], note=emitted.source)


# Formulas that are computed in blocks of rows at these sizes.
TALL = [
    ("norm2(A*x - b)^2", "x", "hessp", "A: m×n, x: n×1, b: m×1, v: n×1", {"m": 6000, "n": 50}),
    ("norm2(A*x - b)^2", "x", "gradient", "A: m×n, x: n×1, b: m×1", {"m": 6000, "n": 50}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "value and gradient", "X: m×n, y: m×1, w: n×1", {"m": 6000, "n": 50}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "hessian", "X: m×n, y: m×1, w: n×1", {"m": 6000, "n": 50}),
    ("sum(tanh(x).*exp(-x.*x) + sin(x)./cos(x))", "x", "gradient", "x: n×1", {"n": 300000}),
    (
        "norm2(rowsoftmax(Q*K')*V - T)^2",
        "Q",
        "gradient",
        "Q: m×k, K: n×k, V: n×k, T: m×k",
        {"m": 900, "n": 500, "k": 7},
    ),
    ("sum(tanh(A*X))", "X", "gradient", "A: m×n, X: n×p", {"m": 4000, "n": 30, "p": 70}),
    ("logsumexp(A*x)", "x", "gradient", "A: m×n, x: n×1", {"m": 6000, "n": 50}),
    ("(u'*x)*norm2(x)^2 + sum(A*(x.*x))", "x", "gradient", "A: m×n, x: n×1, u: n×1", {"m": 5, "n": 300000}),
]


@pytest.mark.parametrize(("formula", "by", "asked", "where", "sizes"), TALL)
def test_blocks_of_rows(formula: str, by: str, asked: str, where: str, sizes: dict[str, int]) -> None:
    variables = parse_where(where)
    f, x = mc.parse(formula, variables), variables[by]
    gradient = mc.gradient(f, x)
    results: dict[str, mc.Expr] = {
        "hessp": {"hvp": mc.jvp(gradient, x, variables["v"])} if asked == "hessp" else {},
        "gradient": {"gradient": gradient},
        "value and gradient": {"value": f, "gradient": gradient},
        "hessian": {"hessian": mc.hessian(f, x)} if asked == "hessian" else {},
    }[asked]  # fmt: skip
    known = {name: sizes[name] for name in mc.plan(results, "reverse").symbols}
    plan = Plan(results, "optimal", known, for_speed=True)
    fast, plain = plan.emit(style="fast", check=False), plan.emit(check=False)
    values: dict[str, Any] = {}
    for name, v in variables.items():
        shape = [dim.at(sizes) for dim in v.shape if dim.number != 1]
        values[name] = RNG.normal(size=shape) / np.sqrt(shape[-1])
    got, wanted = (emitted.compile()(*[values[name] for name in emitted.variables]) for emitted in (fast, plain))
    for a, b in zip(
        np.atleast_1d(got) if len(results) == 1 else got,
        np.atleast_1d(wanted) if len(results) == 1 else wanted,
        strict=True,
    ):
        assert_close(np.asarray(a), np.asarray(b), note=fast.source)


def test_a_fast_function_reads_tall_arrays_once() -> None:
    variables = parse_where("X: m×n, y: m×1, w: n×1")
    f = mc.parse("sum(log(1 + exp(-y.*(X*w))))", variables)
    results = {"value": f, "gradient": mc.gradient(f, variables["w"])}
    assert (
        "for start in range(0, m, "
        in Plan(results, "optimal", {"m": 10**6, "n": 50}, for_speed=True).emit(style="fast").source
    )
    assert (
        "for "
        not in Plan(results, "optimal", {"m": 50, "n": 50}, for_speed=True)
        .emit(style="fast")
        .source.split("Returns")[1]
    )


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="unknown style: 'quick'"):
        mc.plan(mc.vector("x", "n")).emit(style="quick")


def test_the_parameters_come_in_the_order_asked_for_used_or_not() -> None:
    variables = parse_where("A: n×n, x: n×1, z: k×1")
    f = mc.parse("x'*A*x", variables)
    emitted = mc.plan({"hessian": mc.hessian(f, variables["x"])}).emit(arguments=[variables["z"], variables["x"]])
    assert emitted.arguments == ("z", "x", "A")
    assert np.array_equal(emitted.compile()(np.ones(2), np.ones(3), np.eye(3)), 2 * np.eye(3))
