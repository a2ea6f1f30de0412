"""Problems for optimisers: coordinates keep what is declared, derivatives are those of values, minima are minima."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special

import matcalc as mc
from matcalc.evaluation import holds
from matcalc.fitting.coordinates import Coordinates
from matcalc.fitting.minimising import METHODS
from matcalc.fitting.records import LEAST
from matcalc.notation.declarations import parse_where

# Facts, shapes, how many numbers are free, and the least that they may be, bounded and with ``free``.
MATRICES = ("3×3", "4×4", "1×1")
ANY = (*MATRICES, "3×4", "4×2", "5×1", "1×4")
COORDINATES: list[tuple[str, tuple[str, ...], Callable[[int, int], int], float]] = [
    ("", ANY, lambda m, n: m * n, -np.inf),
    ("nonneg", ANY, lambda m, n: m * n, 0.0),
    ("positive", ANY, lambda m, n: m * n, LEAST),
    ("fullcolrank", ("4×2",), lambda m, n: m * n, -np.inf),
    ("invertible", ("3×3",), lambda m, n: m * n, -np.inf),
    ("symmetric", MATRICES, lambda m, n: m * (m + 1) // 2, -np.inf),
    ("symmetric nonneg", MATRICES[:2], lambda m, n: m * (m + 1) // 2, 0.0),
    ("symmetric invertible", MATRICES[:2], lambda m, n: m * (m + 1) // 2, -np.inf),
    ("diagonal", MATRICES, lambda m, n: m, -np.inf),
    ("diagonal nonneg", MATRICES[:2], lambda m, n: m, 0.0),
    ("diagonal positive", MATRICES[:2], lambda m, n: m, LEAST),
    ("lower", MATRICES, lambda m, n: m * (m + 1) // 2, -np.inf),
    ("lower invertible", MATRICES[:2], lambda m, n: m * (m + 1) // 2, -np.inf),
    ("upper", MATRICES, lambda m, n: m * (m + 1) // 2, -np.inf),
    ("upper nonneg", MATRICES[:2], lambda m, n: m * (m + 1) // 2, 0.0),
    ("skew", MATRICES[:2], lambda m, n: m * (m - 1) // 2, -np.inf),
    ("toeplitz", ANY, lambda m, n: m + n - 1, -np.inf),
    ("toeplitz positive", ("3×4", "4×2"), lambda m, n: m + n - 1, LEAST),
    ("posdef", MATRICES, lambda m, n: m * (m + 1) // 2, -np.inf),
    ("psd", MATRICES, lambda m, n: m * (m + 1) // 2, -np.inf),
    ("simplex", ANY, lambda m, n: m * n - 1, -np.inf),
    ("simplex positive", ("3×4", "5×1"), lambda m, n: m * n - 1, -np.inf),
    ("sumstoone", ANY, lambda m, n: m * n - 1, -np.inf),
    ("stochastic", ("3×3", "3×4", "4×2"), lambda m, n: m * (n - 1), -np.inf),
    ("stochastic positive", ("3×4",), lambda m, n: m * (n - 1), -np.inf),
]
EACH = [(facts, shape, free) for facts, shapes, *_ in COORDINATES for shape in shapes for free in (False, True)]


def coordinates(facts: str, shape: str, free: bool) -> Coordinates:
    rows, cols = map(int, shape.split("×"))
    return Coordinates(mc.variable("X", rows, cols, *facts.split()), {}, free)


def vector(c: Coordinates, seed: int = 0) -> np.ndarray:
    """Numbers within the bounds, neither equal nor in order."""
    u = np.random.default_rng(seed).normal(size=c.length)
    return np.where(c.bounds[0] >= 0, np.abs(u) + 0.3, u)


@pytest.mark.parametrize(("facts", "shape", "free"), EACH)
def test_the_vector_goes_to_a_value_with_the_facts_and_back(facts: str, shape: str, free: bool) -> None:
    c = coordinates(facts, shape, free)
    u = vector(c)
    u = (
        np.abs(u) + 0.1 if c.record.link == "U.^2" or c.record.facts == ("psd",) else u
    )  # which of two roots is not kept
    value = c.value(u)
    assert value.shape == c.shape
    assert holds(c.x, value)
    assert np.allclose(c.start(value), u, rtol=1e-9)
    assert np.allclose(c.value(c.start(value)), value, rtol=1e-12)


@pytest.mark.parametrize(("facts", "shape", "free"), EACH)
def test_products_with_the_jacobian_are_differences(facts: str, shape: str, free: bool) -> None:
    c = coordinates(facts, shape, free)
    u, d, step = vector(c), vector(c, 1), 1e-5
    slopes = np.random.default_rng(2).normal(size=c.shape)  # neither symmetric nor placed as the variable
    moved = (c.value(u + step * d) - c.value(u - step * d)) / (2 * step)
    assert np.allclose(c.pushed(u, d), moved, rtol=1e-6, atol=1e-8)
    assert np.isclose(c.pulled(u, slopes) @ d, np.sum(slopes * c.pushed(u, d)), rtol=1e-9)
    bent = (c.pulled(u + step * d, slopes) - c.pulled(u - step * d, slopes)) / (2 * step)
    assert np.allclose(c.bent(u, slopes, d), bent, rtol=1e-6, atol=1e-8)
    assert not (c.is_linear and np.any(c.bent(u, slopes, d)))


@pytest.mark.parametrize(("facts", "shapes", "count", "least"), COORDINATES)
def test_bounds_and_lengths_are_those_of_the_facts(
    facts: str, shapes: tuple[str, ...], count: Callable[[int, int], int], least: float
) -> None:
    for shape in shapes:
        bounded, free = coordinates(facts, shape, False), coordinates(facts, shape, True)
        assert bounded.length == free.length == count(*map(int, shape.split("×")))
        assert np.all(bounded.bounds[0] == least)
        assert np.all(np.isinf([*bounded.bounds[1], *free.bounds[0], *free.bounds[1]]))


def test_a_positive_triangle_may_have_zeros_off_its_diagonal() -> None:
    c = coordinates("lower positive", "3×3", False)
    assert c.bounds[0].tolist() == [LEAST, 0, LEAST, 0, 0, LEAST]


# ------------------------------------------------------------------------------------------------ derivatives
DERIVED = [
    ("norm2(A*x - b)^2", "x", "A: m×n, x: n×1 nonneg, b: m×1"),
    ("sum((X*w).*log(w'*ones(n)*ones(m))) + w'*w", "w", "X: m×n positive, w: n positive"),
    ("tr(A*S*B)^2 + tr(S*S*S)", "S", "A: m×n, S: n×n symmetric, B: n×m"),
    ("tr(inv(S)*A) + logdet(S)", "S", "S: n×n posdef, A: n×n"),
    ("tr(S*A*S*B)", "S", "S: n×n psd, A: n×n, B: n×n"),
    ("norm2(T - L*R)^2", "L R", "T: n×m, L: n×n lower, R: n×m nonneg"),
    ("norm2(T - K*T*D)^2", "K D", "T: n×m, K: n×n skew, D: m×m diagonal positive"),
    ("norm2(T - P*T)^2", "P", "T: n×m, P: n×n toeplitz"),
    ("-sum(log(F*w))", "w", "F: m×n positive, w: n simplex"),
    ("norm2(Y - M*Z)^2 + norm2(q)^4", "M q", "Y: m×k, M: m×n stochastic, Z: n×k, q: n sumstoone"),
    ("norm2(T - U*V)^2 + a^3*norm2(U)", "U a", "T: m×k, U: m×n simplex, V: n×k, a: scalar positive"),
]


def values_of(where: str) -> dict[str, Any]:
    """Values with the facts, of sizes that differ."""
    sizes = {"m": 4, "n": 3, "k": 2}
    return {name: start_of(v, sizes, seed) for seed, (name, v) in enumerate(parse_where(where).items())}


def start_of(v: mc.Expr, sizes: dict[str, int], seed: int) -> np.ndarray:
    c = Coordinates(v, sizes)
    return c.value(vector(c, seed))


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize(("formula", "by", "where"), DERIVED)
@pytest.mark.quick_part(3)
def test_derivatives_are_those_of_the_values(formula: str, by: str, where: str, free: bool) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    values = values_of(where)
    p = mc.objective(f, [variables[name] for name in by.split()]).problem(values, free=free)
    assert np.isclose(p.fun(p.x0)[0], mc.evaluate(f, values))
    assert p.check() < 1e-5
    u = p.x0 + 0.05 * np.sin(np.arange(len(p.x0)))
    assert p.check(u) < 1e-5
    assert np.isclose(p.fun(u)[0], mc.evaluate(f, {**values, **p.values(u)}))
    assert np.allclose(p.vector(p.values(u)), u)


# ------------------------------------------------------------------------------------------------ minima
def _gamma() -> tuple[mc.Objective, dict[str, Any], Callable[[mc.fitting.minimising.Fitted], None]]:
    where = parse_where("a: scalar positive, b: scalar positive, x: m positive")
    f = mc.parse("-sum((a - 1)*log(x) - b*x) - m*(a*log(b) - lgamma(a))", where)
    x = np.random.default_rng(0).gamma(2.0, 1 / 3, size=200)

    def check(fit: Any) -> None:  # the equations of the maximum
        assert np.isclose(fit["a"] / fit["b"], np.mean(x), rtol=1e-4)
        assert np.isclose(np.log(fit["b"]) - special.digamma(fit["a"]), -np.mean(np.log(x)), rtol=1e-4)

    return mc.objective(f, [where["a"], where["b"]]), {"a": 1, "b": 1, "x": x}, check


def _mixture() -> Any:
    where = parse_where("F: m×k nonneg, w: k simplex")
    rng = np.random.default_rng(1)
    x = np.where(rng.uniform(size=400) < 0.3, rng.normal(-2, 1, 400), rng.normal(1, 1, 400))
    density = np.exp(-((x[:, None] - np.array([-2.0, 1.0, 0.0])) ** 2) / 2)

    def check(fit: Any) -> None:  # a fixed point of expectation maximisation
        shares = density * fit["w"]
        assert np.allclose(np.mean(shares / shares.sum(axis=1, keepdims=True), axis=0), fit["w"], atol=1e-4)

    made = mc.objective(mc.parse("-sum(log(F*w))/m", where), where["w"])
    return made, {"F": density, "w": np.ones(3) / 3}, check


def _covariance() -> Any:
    where = parse_where("S: n×n posdef, C: n×n posdef")
    X = np.random.default_rng(2).normal(size=(50, 4)) @ np.random.default_rng(3).normal(size=(4, 4))
    C = np.cov(X.T)

    def check(fit: Any) -> None:
        assert np.allclose(fit["S"], C, rtol=1e-3, atol=1e-3 * np.max(C))

    return mc.objective(mc.parse("logdet(S) + tr(inv(S)*C)", where), where["S"]), {"S": np.eye(4), "C": C}, check


def _factors() -> Any:
    where = parse_where("T: m×n, W: m×k nonneg, H: k×n nonneg")
    rng = np.random.default_rng(4)
    T = rng.uniform(size=(6, 2)) @ rng.uniform(size=(2, 5))
    start = {"W": rng.uniform(0.5, 1, (6, 2)), "H": rng.uniform(0.5, 1, (2, 5)), "T": T}

    def check(fit: Any) -> None:
        assert np.allclose(fit["W"] @ fit["H"], T, atol=2e-2)
        assert np.min(fit["W"]) >= 0 <= np.min(fit["H"])

    return mc.objective(mc.parse("norm2(T - W*H)^2", where), [where["W"], where["H"]]), start, check


def _ridge() -> Any:
    where = parse_where("A: m×n, b: m×1, x: n×1, c: scalar positive")
    A, b = np.random.default_rng(5).normal(size=(9, 4)), np.arange(9.0)

    def check(fit: Any) -> None:
        assert np.allclose(fit["x"], np.linalg.solve(A.T @ A + 0.5 * np.eye(4), A.T @ b), atol=1e-3)

    made = mc.objective(mc.parse("norm2(A*x - b)^2 + c*norm2(x)^2", where), where["x"])
    return made, {"A": A, "b": b, "x": np.zeros(4), "c": 0.5}, check


PROBLEMS = {"gamma": _gamma, "mixture": _mixture, "covariance": _covariance, "factors": _factors, "ridge": _ridge}
# What a method may fail at: its steps may be so long that what it comes to is no number, and then it says so.
BEYOND = {("covariance", "SLSQP")}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_minima_are_found(problem: str, method: str) -> None:
    made, values, check = PROBLEMS[problem]()
    if (problem, method) in BEYOND:
        try:
            check(made.minimize(values, method))
        except mc.EvaluationError as error:
            assert f"{method} ended with an error" in str(error)
        return
    for free in (False, True):
        if made.problem(values, free=free).bounds is None or METHODS[method].bounds:
            check(made.minimize(values, method, free=free))


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.bounds])
def test_scipy_takes_a_problem_as_it_is(method: str) -> None:
    made, values, check = _gamma()
    p = made.problem(values)
    second = {"hess": p.hess} if METHODS[method].second else {}
    found = optimize.minimize(p.fun, p.x0, jac=True, bounds=p.bounds, method=method, tol=1e-9, **second)
    check(p.values(found.x))
    functions = made.compile()
    bounds = functions.bounds(p.x0, values["x"])
    assert np.array_equal(bounds.lb, p.bounds.lb)
    found = optimize.minimize(functions.fun, p.x0, (values["x"],), method, jac=True, bounds=bounds, tol=1e-9)
    check(p.values(found.x))


# ------------------------------------------------------------------------------------------------ what is refused
CORRELATED = "norm2(A*x - b)^2 + t*x'*S*x - log(t) + w'*w"
KINDS = "A: m×n, b: m×1, x: n×1, t: scalar positive, S: n×n posdef, w: k simplex"
GOOD = {"A": np.eye(4, 3), "b": np.ones(4), "x": np.ones(3), "t": 1, "S": np.eye(3), "w": [0.25, 0.75]}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"x": None}, "no start for x\n.*values came for: A, b, t, S, w"),
    ({"x": None, "y": 1}, "no start for x"),
    ({"A": None}, "no data for A"),
    ({"x": np.ones(4)}, "the size of n is 4 in x and 3 in S"),
    ({"x": np.ones((3, 2))}, "x is a vector\n.*declared n×1, and the value has shape \\(3, 2\\)"),
    ({"S": np.ones(3)}, "S is a matrix"),
    ({"x": []}, "x has no entries"),
    ({"x": [1, 2, np.nan]}, "the start of x is not finite"),
    ({"x": [1, 2, np.inf]}, "the start of x is not finite"),
    ({"x": [1, 2, 1j]}, "the value of x is complex"),
    ({"x": ["a", "b", "c"]}, "the value of x is an array of"),
    ({"x": mc.vector("x", "n")}, "the value of x is a formula"),
    ({"x": np.ma.masked_array([1.0, 2, 3], [0, 1, 0])}, "x is a masked array"),
    ({"t": 0}, "t was declared positive, and its value is not"),
    ({"t": -1.0}, "t was declared positive, and its value is not"),
    ({"S": np.diag([1.0, -1, 1])}, "S was declared posdef, and its value is not"),
    ({"S": np.eye(3) + np.eye(3, k=1)}, "S was declared symmetric, and its value is not"),
    ({"w": [0.5, 0.6]}, "w was declared sumstoone, and its value is not"),
    ({"w": [1.5, -0.5]}, "w was declared nonneg, and its value is not"),
    ({"w": [1.0, 0.0]}, "the start of w is on the edge of what is simplex"),
    ({"b": [1, 2, 3, np.nan]}, "the objective is not a finite number at the start"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_wrong_starts_are_refused_by_name(changed: dict[str, Any], message: str) -> None:
    where = parse_where(KINDS)
    made = mc.objective(mc.parse(CORRELATED, where), [where[name] for name in "xtSw"])
    made.problem(GOOD)
    values = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    with pytest.raises(mc.EvaluationError, match=message):
        made.problem(values)


EDGES = [
    ("norm2(W)^2", "W: 2×3 nonneg", np.eye(2, 3), True, "the start of W is on the edge of what is nonneg"),
    ("norm2(P)^2", "P: 2×2 psd", np.ones((2, 2)), False, "with positive eigenvalues"),
    ("norm2(M)^2", "M: 2×2 stochastic", np.eye(2), False, "the start of M is on the edge of what is stochastic"),
    ("norm2(w)^2", "w: 1×1 simplex", 1.0, False, "nothing is free: w has one value only"),
]


@pytest.mark.parametrize(("formula", "where", "start", "free", "message"), EDGES)
def test_starts_that_no_search_leaves_are_refused(
    formula: str, where: str, start: Any, free: bool, message: str
) -> None:
    variables = parse_where(where)
    with pytest.raises(mc.EvaluationError, match=message):
        mc.objective(mc.parse(formula, variables), [*variables.values()]).problem({where[0]: start}, free=free)


# Formulas that have no minimum, or none where a search ends: each has been taken for one by a method of SciPy.
WITHOUT = [
    ("t", "t: scalar"),
    ("-t^2", "t: scalar"),
    ("log(t)", "t: scalar"),
    ("exp(-t)", "t: scalar"),  # it falls and falls, and its slope is small
    ("1e-8*exp(t)", "t: scalar"),
    ("sum(log(1 + exp(-t*y)))", "t: scalar, y: m×1 positive"),  # classes that a line separates
    ("t", "t: scalar positive"),
    ("log(t)", "t: scalar positive"),
    ("1/t - t", "t: scalar positive"),
    ("(t - 1)^4 - (t - 1)^2", "t: scalar"),  # the slope is zero at a maximum
    ("norm2(S)^2 + t^2 - (t - 1)^2", "S: 2×2 symmetric, t: scalar"),
]


@pytest.mark.parametrize(("formula", "where"), WITHOUT)
@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.bounds])
@pytest.mark.quick_part(3)
def test_no_minimum_is_reported_where_there_is_none(formula: str, where: str, method: str) -> None:
    variables = parse_where(where)
    by = [v for name, v in variables.items() if name != "y"]
    if method == "SLSQP" and "exp" in formula:
        return  # its steps are so long that the objective is 0 where they end
    values = {"t": 1.0, "y": [1.0, 2.0], "S": np.ones((2, 2))}
    with pytest.raises(mc.EvaluationError, match=r"no minimum was found|is not a finite number"):
        print(mc.objective(mc.parse(formula, variables), by).minimize(values, method))


UNITS = [1e-6, 1.0, 1e4]


@pytest.mark.parametrize("of_value", UNITS)
@pytest.mark.parametrize("of_variable", UNITS)
@pytest.mark.parametrize("method", ["L-BFGS-B", "TNC", "BFGS", "trust-exact", "Newton-CG"])
@pytest.mark.quick_part(5)
def test_the_minimum_has_the_units_of_the_data(of_value: float, of_variable: float, method: str) -> None:
    """Least squares of any units, and with variables of units that differ."""
    where = parse_where("A: m×n, b: m×1, x: n×1")
    rng = np.random.default_rng(3)
    A, b = rng.normal(size=(9, 3)) * [1, of_variable, 1 / of_variable] * of_value, rng.normal(size=9) * of_value
    made = mc.objective(mc.parse("norm2(A*x - b)^2", where), where["x"])
    try:
        fit = made.minimize({"A": A, "b": b, "x": np.zeros(3)}, method)
    except mc.EvaluationError:
        assert method in ("TNC", "Newton-CG")  # which do not come as near, and say so
        return
    units = np.array([1, of_variable, 1 / of_variable])
    assert np.allclose(fit["x"] * units, np.linalg.lstsq(A / units, b, rcond=None)[0], atol=2e-3)


def test_more_numbers_than_a_hessian_is_formed_of() -> None:
    where = parse_where("x: n×1, b: n×1, c: n×1 positive")
    rng = np.random.default_rng(4)
    b, c = rng.normal(size=400), 10 ** rng.uniform(-1, 1, size=400)
    made = mc.objective(mc.parse("c'*((x - b).^2) + sum((x - b).^4)", where), where["x"])
    assert np.allclose(made.minimize({"x": np.zeros(400), "b": b, "c": c})["x"], b, atol=1e-4)
    with pytest.raises(mc.EvaluationError, match="no minimum was found"):
        made.minimize({"x": np.zeros(400), "b": b, "c": c}, options={"maxiter": 2})


def test_methods_are_known_and_know_bounds() -> None:
    made, values, _ = _gamma()
    with pytest.raises(mc.MatcalcError, match="unknown method: 'LBFGS'"):
        made.minimize(values, "LBFGS")
    with pytest.raises(mc.MatcalcError, match="BFGS knows no bounds, and a is positive"):
        made.minimize(values, "BFGS")
    with pytest.raises(mc.MatcalcError, match=r"TNC does not know this option: .*steps"):
        made.minimize(values, "TNC", options={"steps": 3})
    with pytest.raises(mc.EvaluationError, match=r"(?s)no minimum was found: L-BFGS-B ended .*it says: STOP"):
        made.minimize(values, options={"maxiter": 1})


def test_a_fit_prints_what_was_found() -> None:
    made, values, _ = _ridge()
    fit = made.minimize(values)
    assert str(fit).startswith(f"minimum {fit.value:.6g}, found by L-BFGS-B in ")
    assert "\n  x = [" in str(fit)
    with pytest.raises(mc.MatcalcError, match="no variable 'y' was fitted"):
        fit["y"]


def test_a_vector_of_another_length_is_refused() -> None:
    made, values, _ = _ridge()
    with pytest.raises(mc.EvaluationError, match="the vector has shape"):
        made.problem(values).fun(np.zeros(3))
