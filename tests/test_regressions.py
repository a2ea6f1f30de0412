"""Formulas that once went wrong, each with its value or derivative against difference quotients.

A failure that the random campaign finds becomes a row here.
"""

from __future__ import annotations

import numpy as np
import pytest

import matcalc as mc
from matcalc.network import rewriting
from matcalc.network.rewriting import Rewritten

SIZES = {"m": 2, "n": 3, "k": 4}
STEP = 1e-6

# formula, by, declared shapes and facts
GRADIENTS = [
    ("tr(expm(X).*X)", "X", {"X": ("n", "n")}),
    ("tr(expm(diag(x)))", "x", {"x": ("n", "1")}),
    ("sum(eye(n).*expm(X))", "X", {"X": ("n", "n")}),
    ("sum(diag(exp(X)).^a)", "a", {"X": ("n", "n"), "a": ("1", "1")}),
    ("sum(log((X*A).^2))", "X", {"X": ("n", "n"), "A": ("n", "m")}),
    ("sum(X\\(solve(S, A)./solve(S, A)))", "X", {"X": ("n", "n"), "S": ("n", "n"), "A": ("n", "m")}),
    ("sum(ones(n*n,m)*r' - vec(X))", "r", {"r": ("1", "m"), "X": ("n", "n")}),
    ("sum(rowsoftmax(vec(A)) + rowlogsumexp(vec(A)))", "A", {"A": ("n", "m")}),
    ("sum(pinv(vec(A)))", "A", {"A": ("n", "m")}),
    ("sum(ones(k))*sum(x)", "x", {"x": ("n", "1")}),
    ("sum(log(rowsum(exp(khatrirao(A, B)))))", "A", {"A": ("m", "n"), "B": ("k", "n")}),
    ("sum(sqrt(diag(x)))", "x", {"x": ("n", "1")}),
    ("sum(diag(x).^1.5)", "x", {"x": ("n", "1")}),
    ("*".join(["A"] * 25) + "*x", "A", {"A": ("m", "m"), "x": ("m", "1")}),
    ("det(B*B' - abs(X))", "X", {"B": ("m", "k"), "X": ("m", "m")}),
    ("log1p(sigmoid(a.*(2 + a)))", "a", {"a": ("1", "1")}),
    ("sum(erf((x*r).^4))", "r", {"x": ("k", "1"), "r": ("1", "n")}),
    ("norm2(norm2(A)*r)", "r", {"A": ("m", "k"), "r": ("1", "m")}),
    ("norm2(norm2(A)*x)^2*sum(x)", "x", {"A": ("m", "k"), "x": ("n", "1")}),
    ("a./(2./tr(Y))", "Y", {"a": ("1", "1"), "Y": ("m", "m")}),
    ("diag(X)'*pinv(X)", "X", {"X": ("n", "n")}),
    ("diag(pinv(X))'*X*X", "X", {"X": ("n", "n")}),
    ("a'*inv(X)*b", "X", {"a": ("n", "1"), "b": ("n", "1"), "X": ("n", "n")}),
]


@pytest.mark.parametrize(("formula", "by", "shapes"), GRADIENTS, ids=[row[0] for row in GRADIENTS])
def test_the_gradient_is_the_difference_quotient(formula: str, by: str, shapes: dict[str, tuple[str, str]]) -> None:
    rng = np.random.default_rng(7)
    v = {name: mc.variable(name, *shape) for name, shape in shapes.items()}
    at = {name: rng.uniform(0.3, 1.2, [SIZES.get(d, 1) for d in shape]) for name, shape in shapes.items()}
    f = mc.sum(mc.parse(formula, v))
    got = np.reshape(mc.evaluate(mc.gradient(f, v[by]), at, SIZES), at[by].shape)
    back = mc.parse(str(mc.gradient(f, v[by])), v)
    assert np.allclose(np.reshape(mc.evaluate(back, at, SIZES), got.shape), got)
    for place in np.ndindex(at[by].shape):
        moved = np.zeros_like(at[by])
        moved[place] = STEP
        up, down = (mc.evaluate(f, {**at, by: at[by] + sign * moved}, SIZES) for sign in (1, -1))
        assert got[place] == pytest.approx((up - down) / (2 * STEP), rel=1e-6, abs=1e-7)


def test_a_symmetric_variable_does_not_turn_its_gradient() -> None:
    S = mc.matrix("S", "n", "n", "posdef")
    a, b = mc.vector("a", "n"), mc.vector("b", "n")
    assert str(mc.gradient(a.T @ mc.inv(S) @ b, S)) == "-inv(S)*a*b'*inv(S)"


def test_an_exponential_overflows_only_where_the_result_does() -> None:
    x = mc.vector("x", "n")
    value = mc.evaluate(mc.exp(-(mc.norm2(x) ** 2) / 2), {"x": [28.0, 4.0]})
    assert value == pytest.approx(np.exp(-400.0), rel=1e-12)


def test_the_jacobian_of_a_long_product_has_an_index_form() -> None:
    A, x = mc.matrix("A", "m", "m"), mc.vector("x", "m")
    f = mc.parse("*".join(["A"] * 30) + "*x", {"A": A, "x": x})
    J, v = mc.jacobian(f, A), mc.matrix("V", "m", "m")
    at = {"A": [[0.9, 0.1], [-0.2, 1.0]], "x": [1.0, 2.0], "V": [[0.3, -1.0], [0.5, 0.2]]}
    moved = np.array(at["V"]).ravel(order="F")
    assert mc.evaluate(J, at) @ moved == pytest.approx(mc.evaluate(mc.jvp(f, A, v), at))


def test_a_huge_power_is_left_as_it_is_written() -> None:
    c = mc.scalar("c")
    assert str(mc.gradient(mc.parse("2^1000000000*c", {"c": c}), c)) == "2^1000000000"


def test_a_declared_fact_is_checked_of_scalars_too() -> None:
    with pytest.raises(mc.EvaluationError, match="posdef"):
        mc.evaluate(mc.abs(mc.scalar("p", "posdef")), {"p": -2.0})


def test_results_are_no_views_of_the_arguments() -> None:
    a = np.ones((2, 3))
    assert not np.shares_memory(mc.emit(mc.matrix("A", "m", "n").T).compile()(a), a)


JACOBIANS = [
    ("A'*B./E*F", "A", {"A": ("m", "k"), "B": ("m", "n"), "E": ("k", "n"), "F": ("n", "k")}),
    ("(A*B)./E", "A", {"A": ("m", "n"), "B": ("n", "k"), "E": ("m", "k")}),
    ("A.*(B*A)", "A", {"A": ("m", "n"), "B": ("m", "m")}),
    ("pinv(unvec(vec(A*0.5), ones(k,n)))", "A", {"A": ("n", "k")}),
    ("cosh(expm1(log(sigmoid(A))))", "A", {"A": ("m", "k")}),
]

CONSTANT_GRADIENTS = [("-sum(A)/3", "-ones(m,n)/3"), ("-2*sum(A)/3", "-2*ones(m,n)/3"), ("-2*sum(A)", "-2*ones(m,n)")]


@pytest.mark.parametrize(("formula", "by", "shapes"), JACOBIANS, ids=[row[0] for row in JACOBIANS])
def test_the_jacobian_agrees_with_the_directional_derivative(
    formula: str, by: str, shapes: dict[str, tuple[str, str]]
) -> None:
    rng = np.random.default_rng(8)
    v = {name: mc.variable(name, *shape) for name, shape in shapes.items()}
    f, direction = mc.parse(formula, v), mc.variable("W", *shapes[by])
    at = {name: rng.uniform(0.3, 1.2, [SIZES[d] for d in shape]) for name, shape in shapes.items()}
    at["W"] = rng.standard_normal(at[by].shape)
    pushed = np.asarray(mc.evaluate(mc.jvp(f, v[by], direction), at))
    assert mc.evaluate(mc.jacobian(f, v[by]), at) @ at["W"].ravel(order="F") == pytest.approx(pushed.ravel(order="F"))


@pytest.mark.parametrize(("formula", "gradient"), CONSTANT_GRADIENTS)
def test_the_gradient_of_a_sum_has_the_shape_of_the_variable(formula: str, gradient: str) -> None:
    A = mc.matrix("A", "m", "n")
    d = mc.gradient(mc.parse(formula, {"A": A}), A)
    assert (str(d), d.shape) == (gradient, A.shape)


def test_the_hessian_of_a_nested_scalar_has_each_factor_once() -> None:
    a = mc.scalar("a")
    f = mc.parse("log1p(sigmoid(a.*(2 + a)))", {"a": a})
    slope, step = mc.gradient(f, a), 1e-6
    up, down = (mc.evaluate(slope, {"a": 0.3 + sign * step}) for sign in (1, -1))
    assert mc.evaluate(mc.hessian(f, a), {"a": 0.3}) == pytest.approx((up - down) / (2 * step), rel=1e-7)


# formula, by, declared shapes: Hessians whose code in the fast style once computed something else
FAST_HESSIANS = [
    ("norm2(pinv(x') + ones(k))", "x", {"x": ("k", "1")}),  # a sum with a number, behind an identity that is scaled
]


@pytest.mark.parametrize(("formula", "by", "shapes"), FAST_HESSIANS, ids=[row[0] for row in FAST_HESSIANS])
def test_fast_code_computes_what_readable_code_does(formula: str, by: str, shapes: dict[str, tuple[str, str]]) -> None:
    rng = np.random.default_rng(9)
    v = {name: mc.variable(name, *shape) for name, shape in shapes.items()}
    at = {name: rng.uniform(0.3, 1.2, [SIZES[d] for d in shape if d != "1"]) for name, shape in shapes.items()}
    hessian = mc.hessian(mc.parse(formula, v), v[by])
    fast, readable = (mc.emit(hessian, style=style).compile()(**at) for style in ("fast", "readable"))
    assert np.allclose(fast, readable, rtol=1e-10, atol=1e-12)


def test_the_inverse_of_a_product_with_ones_has_a_derivative() -> None:
    x = mc.vector("x", "n")
    derived = mc.jacobian(mc.parse("inv(x*ones(n)')*x", {"x": x}), x)
    assert mc.parse(str(derived), {"x": x}).shape == derived.shape


def test_fast_code_leaves_its_arguments_as_they_are() -> None:
    x = mc.vector("x", "n")
    hessian = mc.hessian(mc.parse("cos(logsumexp(pinv(x')))", {"x": x}), x)
    at = np.array([0.2, 0.6, -0.7])
    mc.emit(hessian, style="fast").compile()(at)
    assert at.tolist() == [0.2, 0.6, -0.7]


def test_what_a_loop_over_rows_slices_has_a_name() -> None:
    v = {"A": mc.matrix("A", "m", "n"), "x": mc.vector("x", "n"), "b": mc.vector("b", "m"), "t": mc.scalar("t")}
    hessian = mc.hessian(mc.parse("sum(log(1+(A*x-b).^2/t))", v), v["x"])
    emitted = mc.emit(hessian, style="fast", sizes={"m": 9000, "n": 50})
    assert "range(0, m" in emitted.source
    rng = np.random.default_rng(10)
    at = {"A": rng.normal(size=(9000, 50)) / 10, "x": rng.normal(size=50), "b": rng.normal(size=9000), "t": 3.0}
    got, wanted = (e.compile()(*[at[name] for name in e.variables]) for e in (emitted, mc.emit(hessian)))
    assert np.allclose(got, wanted, rtol=1e-10, atol=1e-10)


def test_the_logarithm_of_a_number_is_no_logarithm_of_a_sum() -> None:
    x = mc.vector("x", "n")
    assert np.isclose(mc.evaluate(mc.parse("log(2)*max(x)", {"x": x}), {"x": [1.0, 3.0]}), 3 * np.log(2))


def test_a_division_by_zero_that_a_fact_makes_is_told_in_words() -> None:
    X = mc.matrix("X", "m", "m", "orthogonal")
    f = mc.parse("sum(log(logm(X*X' + eye(m))))", {"X": X})
    with pytest.raises(mc.DerivativeError, match="divides by zero"):
        mc.gradient(f, X)


def test_rules_that_turn_in_circles_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    v = {"A": mc.matrix("A", "m", "n"), "x": mc.vector("x", "n")}
    monkeypatch.setattr(rewriting, "rules_for", lambda triggers: [lambda factors, out: Rewritten(factors)])
    assert str(mc.gradient(mc.parse("norm2(A*x)^2", v), v["x"])) == "2*A'*A*x"


# Powers of a number that are none, which become one where they meet: the formula, and its slope at x = 1.5.
ROOTS_THAT_MEET = [
    ("1/(x*2^(-0.5)*(x*2^(-0.5)) + 1)", -4 * 1.5 / (2 + 1.5**2) ** 2),
    ("1/(x^2*(0.0625 + 1)^(-0.5)*(0.0625 + 1)^(-0.5) + 1)", -544 * 1.5 / (17 + 16 * 1.5**2) ** 2),
    ("log(1 + 3^(-0.5)*x*3^(-0.5))", 1 / (3 + 1.5)),
    ("x^2*2^0.5*2^1.5", 8 * 1.5),
]


@pytest.mark.parametrize(("formula", "slope"), ROOTS_THAT_MEET, ids=[formula for formula, _ in ROOTS_THAT_MEET])
def test_roots_of_a_number_that_meet_are_a_number(formula: str, slope: float) -> None:
    x = mc.scalar("x")
    derived = mc.gradient(mc.parse(formula, {"x": x}), x)
    assert np.isclose(mc.evaluate(derived, {"x": 1.5}), slope)
    assert "0.5" not in str(derived) and "sqrt" not in str(derived)


# Terms that are constant along an axis, which is summed: there are as many equal terms as the axis is long.
SUMMED_ONES = [
    "sum(A + diag(z)*(y*ones(m)' - ones(m)*z'))",
    "sum(A + z*ones(m)'.*(y*ones(m)' - ones(m)*z'))",
    "sum(A + diag(z)*(y*ones(m)' + A))",
    "z'*(A + diag(z)*(y*ones(m)' + A))*ones(m)",
    "tr(A*(A + diag(z)*(ones(m)*y' + A)*diag(z)))",
    "sum(exp(rowsum(A + diag(z)*(y*ones(m)' - A))))",
    "norm2(A + diag(z)*(y*z' - ones(m)*y'))^2",
    "sum(kron(z, A + diag(z)*(y*ones(m)' + A)))",
]


@pytest.mark.parametrize("formula", SUMMED_ONES)
def test_ones_that_are_summed_count(formula: str) -> None:
    names = {"A": mc.matrix("A", "m", "m"), "y": mc.vector("y", "m"), "z": mc.vector("z", "m")}
    f = mc.parse(formula, names)
    rng = np.random.default_rng(4)
    at = {name: rng.uniform(-1, 1, [4] * (1 + (name == "A"))) for name in names}
    for name in names:
        step = 1e-4 * rng.uniform(-1, 1, at[name].shape)
        ends = [mc.evaluate(f, {**at, name: at[name] + sign * step}) for sign in (1, -1)]
        slope = np.sum(np.asarray(mc.evaluate(mc.gradient(f, names[name]), at)) * step)
        assert np.isclose(slope, (ends[0] - ends[1]) / 2, rtol=1e-5, atol=1e-9), name
        moved = mc.jvp(f, names[name], mc.variable("d", *names[name].shape))
        assert np.isclose(mc.evaluate(moved, {**at, "d": step}), slope, rtol=1e-9, atol=1e-12), name
