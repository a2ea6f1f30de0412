"""Objectives for optimisers: their derivatives, against differences and SciPy's own use of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

import matcalc as mc
from matcalc.notation.declarations import parse_where

OBJECTIVES = [
    ("norm2(A*x - b)^2", "x", "A: m×n, x: n×1, b: m×1"),
    ("norm2(T - U*V')^2 + a*norm2(V)^2", "U V", "T: m×n, U: m×k, V: n×k, a: scalar"),
    ("sum(log(1 + exp(-y.*(X*w + b*ones(m)))))", "w b", "X: m×n, y: m×1, w: n×1, b: scalar"),
    ("x'*inv(S)*x + logdet(S)", "x", "S: n×n posdef, x: n×1"),
    ("sum((x - 1).^4)", "x", "x: n×1"),
    ("sum(tanh(W*x))", "W", "W: 2×n, x: n×1"),
    ("sum(tanh(W*x)) + norm2(W)^4", "x W", "W: 2×n, x: n×1"),
    ("r*A*x", "r x", "r: 1×m, A: m×n, x: n×1"),
    ("norm2(T - X*Y)^2", "X", "T: m×n, X: m×k, Y: k×n positive"),
    ("log(det(X*X' + D))", "X", "X: m×n, D: m×m diagonal positive"),
    ("a^4 + exp(a)", "a", "a: scalar"),
]


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize(("formula", "by", "where"), OBJECTIVES)
@pytest.mark.quick_part(5)
def test_the_self_check_finds_nothing(formula: str, by: str, where: str, style: str) -> None:
    variables = parse_where(where)
    made = mc.objective(mc.parse(formula, variables), [variables[name] for name in by.split()], style=style)
    assert made.compile().check() < 1e-6
    assert made.compile().check(seed=5) < 1e-6


def test_the_self_check_finds_a_wrong_gradient() -> None:
    variables = parse_where("A: m×n, x: n×1, b: m×1")
    made = mc.objective(mc.parse("norm2(A*x - b)^2", variables), variables["x"])
    space: dict[str, object] = {}
    exec(made.source.replace("return value, flatten(", "return value, 2 * flatten("), space)
    with pytest.raises(ValueError, match="differ from differences"):
        space["objective_check"]()  # type: ignore[operator]


def test_an_optimiser_takes_all_of_it() -> None:
    variables = parse_where("X: m×n, y: m×1, w: n×1, a: scalar")
    f = mc.parse("sum(log(1 + exp(-y.*(X*w)))) + a*norm2(w)^2", variables)
    made = mc.objective(f, variables["w"])
    assert made.data == ("X", "a", "y")
    functions = made.compile()
    rng = np.random.default_rng(3)
    data = (rng.normal(size=(30, 4)), 0.5, np.sign(rng.normal(size=30)))
    start = np.zeros(4)
    found = [
        optimize.minimize(functions.fun, start, args=data, jac=True, method="BFGS"),
        optimize.minimize(functions.fun, start, args=data, jac=True, hess=functions.hess, method="trust-exact"),
        optimize.minimize(functions.fun, start, args=data, jac=True, hessp=functions.hessp, method="Newton-CG"),
    ]
    for result in found:
        assert np.allclose(result.x, found[1].x, atol=1e-4)
    assert np.linalg.norm(found[1].jac) < 1e-6


def test_variables_go_to_one_vector_and_back() -> None:
    variables = parse_where("T: m×n, U: m×k, V: n×k")
    functions = mc.objective(
        mc.parse("norm2(T - U*V')^2", variables), [variables["U"], variables["V"]], sizes={"k": 2}
    ).compile()
    u, v = np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2)
    back = functions.unflatten(functions.flatten(u, v), 2, 3, 4)
    assert np.array_equal(back[0], u)
    assert np.array_equal(back[1], v)


BAD = [
    ("x*x'", "x", "x: n×1", "only a scalar has a gradient"),
    ("tr(U*V')", "U V", "U: m×k, V: m×k", "is not determined by the data"),
    ("tr(A*Q)", "Q", "A: n×n, Q: n×n orthogonal", "an optimiser moves every entry of Q freely"),
    ("norm2(P*x)^2", "P", "P: n×n psd toeplitz, x: n×1", "it is declared psd and toeplitz"),
]


@pytest.mark.parametrize(("formula", "by", "where", "message"), BAD)
def test_what_cannot_be_an_objective_is_refused(formula: str, by: str, where: str, message: str) -> None:
    variables = parse_where(where)
    with pytest.raises(mc.MatcalcError, match=message):
        mc.objective(mc.parse(formula, variables), [variables[name] for name in by.split()])


def test_the_source_moves_all_entries_so_that_none_is_tied() -> None:
    variables = parse_where("x: n×1, S: n×n symmetric")
    made = mc.objective(mc.parse("x'*S*x + tr(S*S)", variables), variables["S"])
    with pytest.raises(
        mc.MatcalcError, match=r"every entry of S freely\n  it is declared symmetric\n.*problem\(values\)"
    ):
        made.compile()
    assert str(made) == "an objective of S: see problem()"


def test_outside_of_the_bounds_there_is_no_value() -> None:
    variables = parse_where("t: scalar positive, s: n nonneg")
    functions = mc.objective(mc.parse("t - log(t) + sum(s)", variables), [*variables.values()]).compile()
    theta = np.array([0.5, 0.0, 1.0])
    assert np.isclose(functions.fun(theta)[0], 1.5 - np.log(0.5))
    bounds = functions.bounds(theta)
    assert bounds.lb[0] > 0 == bounds.lb[1] == bounds.lb[2]
    for at, message in ((np.zeros(3), "t is declared positive"), (np.array([1.0, 1.0, -1e-9]), "s is declared nonneg")):
        with pytest.raises(ValueError, match=message):
            functions.fun(at)
    with pytest.raises(ValueError, match="is declared"):
        optimize.minimize(functions.fun, np.array([1e-3, 1.0, 1.0]), jac=True, method="BFGS")


def test_no_variable_is_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="a function of variables"):
        mc.objective(mc.vector("x", "n").T @ mc.vector("x", "n"), [])


def test_emitted_sources_are_clean(tmp_path: Path) -> None:
    for at, (formula, by, where) in enumerate(OBJECTIVES):
        variables = parse_where(where)
        f, xs = mc.parse(formula, variables), [variables[name] for name in by.split()]
        for style in ("readable", "fast"):
            (tmp_path / f"objective{at}{style}.py").write_text(mc.objective(f, xs, style=style).source, "utf-8")
    rules = ["--isolated", "--line-length", "120", "--select", "E,F,W,B,UP,C4,SIM"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
