"""Evaluation plans: the modes agree in value, the optimum is one, costs are what the steps say."""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy

import matcalc as mc
from matcalc.cli import main
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where
from matcalc.plans import regimes
from matcalc.plans.plan import Plan
from matcalc.program.choices import Choices
from matcalc.program.planner import Target, plan_at
from matcalc.program.polynomial import Polynomial
from matcalc.rational import Fraction
from tests.numerics import at_random

DECLARED = parse_where(
    "A: m×n, B: n×k, C: k×m, x: n, v: n, b: m, z: k, S: n×n posdef, L: n×n lower invertible, X: m×n, U: m×k, V: n×k"
)

# name of the result, formula, derivative
PLANNED = [
    ("value", "A*B*C*b", None),
    ("gradient", "norm2(A*x - b)^2", "x"),
    ("hessian", "norm2(A*x - b)^2", "x"),
    ("gradient", "sum(tanh(C*tanh(A*B*z)))", "z"),
    ("jacobian", "tanh(C*tanh(A*B*z))", "z"),
    ("jacobian", "A*B*C*b", "b"),
    ("jacobian", "A*B*z*x'", "x"),
    ("gradient", "sum(log(1 + exp(-b.*(A*x))))", "x"),
    ("hessian", "sum(log(1 + exp(-b.*(A*x))))", "x"),
    ("gradient", "b'*A*inv(S)*A'*b", "S"),
    ("gradient", "logdet(S) + x'*inv(S)*x", "S"),
    ("hessian", "x'*S*x", "x"),
    ("gradient", "x'*inv(L)*x", "x"),
    ("hessian", "norm2(X - U*V')^2", "U"),
    ("jacobian", "X*X'", "X"),
    ("gradient", "tr(A*B*C)", "B"),
    ("gradient", "det(S)", "S"),
    ("hessian", "tr(expm(S))", "S"),
]
IDS = [f"{name} of {formula}" for name, formula, _ in PLANNED]


def derived(name: str, formula: str, by: str | None) -> mc.Expr:
    f = mc.parse(formula, DECLARED)
    return f if by is None else getattr(mc, name)(f, DECLARED[by])


@pytest.mark.parametrize(("name", "formula", "by"), PLANNED, ids=IDS)
def test_the_modes_agree_and_the_optimum_is_the_cheapest(name: str, formula: str, by: str | None) -> None:
    result = derived(name, formula, by)
    plans = mc.compare_plans({name: result}).plans
    values = at_random(result, *DECLARED.values(), seed=4)
    wanted = mc.evaluate(result, values)
    rng = random.Random(formula)
    for mode, plan in plans.items():
        np.testing.assert_allclose(plan.run(values), wanted, rtol=1e-9, atol=1e-10, err_msg=mode)
    for _ in range(30):
        sizes = {symbol: rng.randint(1, 40) for symbol in plans["optimal"].symbols}
        costs = {mode: plan.cost_at(**sizes) for mode, plan in plans.items()}
        assert costs["optimal"] <= min(costs.values()), sizes


@pytest.mark.parametrize(("name", "formula", "by"), PLANNED, ids=IDS)
def test_the_polynomial_is_the_counted_plan(name: str, formula: str, by: str | None) -> None:
    plan = mc.plan({name: derived(name, formula, by)}, "reverse")
    rng = random.Random(name + formula)
    for _ in range(10):
        sizes = {symbol: rng.randint(1, 50) for symbol in plan.symbols}
        counted = sum(step.multiplications.at(sizes) for step in plan.steps)
        cost = sympy.sympify(plan.cost)
        symbolic = cost.subs({symbol: sizes[str(symbol)] for symbol in cost.free_symbols})
        assert (symbolic.p, symbolic.q) == (counted.numerator, counted.denominator)
        numbered = mc.plan({name: derived(name, formula, by)}, "reverse", sizes)
        assert numbered.cost <= numbered.flops


def chain() -> tuple[mc.Expr, mc.Expr]:
    x = mc.vector("x", 10)
    shapes = ((6, "z1"), (8, "z2"), (2, "y"), (1, "ℓ"))
    f = [mc.function(f"f{k}", rows, name) for k, (rows, name) in enumerate(shapes, 1)]
    return f[3](f[2](f[1](f[0](x)))), x


def test_the_founding_example() -> None:
    loss, x = chain()
    for result in ({"gradient": mc.gradient(loss, x)}, {"jacobian": mc.jacobian(loss, x)}):
        assert [mc.plan(result, mode).cost for mode in ("reverse", "forward", "optimal")] == [124, 660, 124]
    assert mc.chain_rule(loss, x) == (
        "[dℓ/dx']_{1×10} = [dℓ/dy']_{1×2}·[dy/dz2']_{2×8}·[dz2/dz1']_{8×6}·[dz1/dx']_{6×10}"
    )


def test_where_the_cheapest_order_depends_on_sizes_there_are_regimes() -> None:
    plan = mc.plan({"value": mc.parse("A*B*C", DECLARED)})
    assert [str(regime) for regime in plan.regimes] == ["n <= k", "otherwise"]
    source = plan.source()
    assert "if n <= k:" in source
    for n, k in ((2, 5), (5, 2)):
        values = {"A": np.ones((3, n)), "B": np.ones((n, k)), "C": np.ones((k, 3))}
        np.testing.assert_allclose(plan.run(values), np.full((3, 3), n * k))


def test_structure_is_used() -> None:
    def kinds(result: mc.Expr, name: str = "value") -> list[str]:
        return [step.kind for step in mc.plan({name: result}).steps]

    A, x, S, L = DECLARED["A"], DECLARED["x"], DECLARED["S"], DECLARED["L"]
    assert kinds(A.T @ A) == ["syrk"]
    assert kinds(mc.diag(x) @ S) == ["hadamard"]
    assert kinds(mc.inv(S) @ x) == ["cholesky", "cholesky solve"]
    assert kinds(mc.inv(L) @ x) == ["trsm"]
    quadratic = mc.plan({"hessian": mc.hessian(mc.parse("x'*M*x", {"M": mc.matrix("M", "n", "n"), "x": x}), x)})
    assert (quadratic.cost, str(quadratic.flops)) == (0, "n**2")


def test_a_hessian_vector_product_never_forms_the_hessian() -> None:
    f = mc.parse("norm2(A*x - b)^4", DECLARED)
    plan = mc.plan({"hvp": mc.jvp(mc.gradient(f, DECLARED["x"]), DECLARED["x"], DECLARED["v"])})
    assert all(len(step.dims) <= 1 for step in plan.steps)


def test_results_share_their_work() -> None:
    f = mc.parse("norm2(A*x - b)^2", DECLARED)
    both = mc.plan({"value": f, "gradient": mc.gradient(f, DECLARED["x"])})
    assert [step.kind for step in both.steps] == ["gemv", "add", "dot", "gemv", "scale"]
    text = str(both)
    assert "total: 2*m*n + m + n multiplications" in text
    assert "peak memory" in text
    assert both.to_dot().startswith("digraph")
    assert both.svg().startswith("<svg")


# ---------------------------------------------------------------- functions without a known body
def test_functions_without_a_body_are_called() -> None:
    loss, x = chain()
    weights = {name: np.random.default_rng(k).normal(size=s) for k, (name, s) in enumerate(
        {"f1": (6, 10), "f2": (8, 6), "f3": (2, 8), "f4": (1, 2)}.items())}  # fmt: skip
    values: dict[str, object] = {"x": np.linspace(-1, 1, 10)}
    for name, w in weights.items():
        values[name] = lambda u, w=w: np.tanh(w @ u)
        values[f"D({name})"] = values[f"D_{name}"] = lambda u, w=w: (1 - np.tanh(w @ u) ** 2)[:, None] * w
        values[f"vjp_{name}"] = lambda u, c, w=w: ((1 - np.tanh(w @ u) ** 2) * c) @ w
    gradient = mc.evaluate(mc.gradient(loss, x), values)
    step = 1e-6
    for k in range(10):
        e = step * np.eye(10)[k]
        moved = [mc.evaluate(loss, {**values, "x": values["x"] + sign * e}) for sign in (1, -1)]
        assert gradient[k] == pytest.approx((moved[0] - moved[1]) / (2 * step), abs=1e-8)
    products = mc.plan({"gradient": mc.gradient(loss, x)}).emit(products=True)
    assert "vjp_f1" in products.arguments
    np.testing.assert_allclose(products.compile()(*(values[name] for name in products.arguments)), gradient)


@pytest.mark.parametrize("mode", ["forward", "reverse", "optimal"])
def test_jacobians_of_unknown_functions_are_made_of_passes(mode: str) -> None:
    """Products with vectors alone make the same as whole Jacobians, whatever stands around these."""
    x, w, A, t = mc.vector("x", 4), mc.vector("w", 3), mc.matrix("A", 4, 3), mc.scalar("t")
    f, g, h, c = mc.function("f", 5), mc.function("g", 3), mc.function("h"), mc.function("c", 4)
    rng = np.random.default_rng(4)
    values: dict[str, object] = {
        "x": rng.normal(size=4),
        "w": rng.normal(size=3),
        "A": rng.normal(size=(4, 3)),
        "t": 0.3,
    }
    for name, shape in {"f": (5, 4), "g": (3, 5), "h": (3,), "c": (4,)}.items():
        W = rng.normal(size=shape)
        value = {
            "h": (lambda u, W=W: np.sin(W @ u), lambda u, W=W: np.cos(W @ u) * W),
            "c": (lambda u, W=W: np.sin(W * u), lambda u, W=W: np.cos(W * u) * W),
        }.get(name, (lambda u, W=W: np.sin(W @ u), lambda u, W=W: np.cos(W @ u)[:, None] * W))
        values[name], values[f"D_{name}"] = value
        values[f"jvp_{name}"] = lambda u, v, D=value[1]: np.dot(D(u), v)
        values[f"vjp_{name}"] = lambda u, v, D=value[1]: np.dot(v, D(u))
    results = {
        "jacobian": (
            mc.jacobian(g(f(x)), x),
            mc.jacobian(f(x), x),
            mc.jacobian(f(c(t)), t),
            mc.jacobian(g(f(A @ w)), w),
        ),
        "gradient": (mc.gradient(h(g(f(x))), x), mc.gradient(mc.norm2(g(f(x))) ** 2 * h(g(f(x))), x)),
        "value": (
            mc.jacobian(f(x), x).T @ mc.jacobian(f(x), x),
            mc.derivative(mc.tanh(f(x)), x.T),
            mc.tr(A.T @ mc.jacobian(c(t), t) @ w.T),
        ),
    }
    for name, formulas in results.items():
        for formula in formulas:
            plan = mc.plan({name: formula}, mode)
            whole, passes = plan.emit(), plan.emit(products=True)
            assert not any(argument.startswith("D_") for argument in passes.arguments)
            made, wanted = (e.compile()(*(values[a] for a in e.arguments)) for e in (passes, whole))
            np.testing.assert_allclose(made, wanted, rtol=1e-12, atol=1e-12)


def test_derivatives_of_unknown_functions_are_symbols_that_read_back() -> None:
    x = mc.vector("x", "n")
    f, g = mc.function("f"), mc.function("g", "m")
    known = {"f": f, "g": g, "x": x}
    for result, text in (
        (mc.gradient(f(x), x), "D(f)(x)'"),
        (mc.hessian(f(x), x), "D(D(f))(x)"),
        (mc.jacobian(g(x), x), "D(g)(x)"),
        (mc.gradient(f(g(x)), x), "D(g)(x)'*D(f)(g(x))'"),
        (mc.hessian(f(g(x)), x), None),
    ):
        assert text is None or str(result) == text
        assert mc.parse(str(result), known) is result


# ---------------------------------------------------------------- bad input
A = mc.matrix("A", "m", "n")
x = mc.vector("x", "n")
BAD = {
    "an unknown mode": (lambda: mc.plan(A @ x, "fast"), "unknown mode: 'fast'"),
    "a missing size": (lambda: mc.plan(A @ x, sizes={"m": 3}), "no size for n"),
    "an unknown size": (lambda: mc.plan(A @ x, sizes={"m": 3, "n": 2, "k": 1}), "no dimension k"),
    "a negative size": (lambda: mc.plan(A @ x, sizes={"m": 3, "n": -2}), "positive integer, got -2"),
    "no mapping": (lambda: mc.plan(A @ x, sizes=3), "by name"),
    "no formulas": (lambda: mc.plan({}), "nothing to emit"),
    "a number": (lambda: mc.plan(3), "results must be"),
    "a missing function": (lambda: mc.evaluate(mc.function("f", 2)(x), {"x": [1.0]}), "no function for f"),
    "a function of the wrong shape": (
        lambda: mc.evaluate(mc.function("f", 2)(x), {"x": [1.0], "f": lambda u: u}), "f must return",
    ),
    "a Jacobian on its side": (
        lambda: mc.evaluate(mc.jacobian(mc.function("f", 2)(x), x), {"x": [1.0] * 3, "D_f": lambda u: np.ones((3, 2))}),
        r"D_f must return an array of shape \(2, 3\), got \(3, 2\)",
    ),
    "values of other sizes": (
        lambda: mc.plan(A @ x, sizes={"m": 2, "n": 3}).run({"A": np.ones((2, 4)), "x": np.ones(4)}),
        "A is 2×3 in this plan, got an array of shape \\(2, 4\\)",
    ),
    "a known name": (lambda: mc.function("exp"), "a known function"),
    "no name": (lambda: mc.function("2f"), "not a name"),
    "no composition": (lambda: mc.chain_rule(mc.parse("x'*x", {"x": x}), x), "only a composition"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_words(case: str) -> None:
    act, text = BAD[case]
    with pytest.raises(mc.MatcalcError, match=text):
        act()


@pytest.mark.parametrize(
    "text",
    [
        "A*B*C*x",
        "(A + V)*B*C*x + V*x",
        "inv(S + U*U')*V",
        "tr(B*C*diag(x)) + y'*A*B*C*x",
        "inv(S)*V + 2*(y*x')",
        "sigmoid(A*x).*(A*(x.*x)) + A*diag(x)*A'*y",
    ],
)
@pytest.mark.parametrize("for_speed", [False, True])
def test_a_program_is_the_same_wherever_its_choices_are(text: str, *, for_speed: bool) -> None:
    declared = parse_where("A: m×n, B: n×k, C: k×n, S: m×m posdef, U: m×k, V: m×n, x: n, y: m")
    node = lower(mc.parse(text, declared)).node
    names = {v: str(v) for v in declared.values()}
    planned = []
    for m, n, k in [(3, 4, 2), (60, 60, 60), (100, 1000, 4), (4, 2, 500), (1000, 5, 3), (7, 90, 80)]:
        choices = Choices({"m": m, "n": n, "k": k})
        planned.append((choices, plan_at(choices, [Target(node)], names, for_speed=for_speed)))
    for choices, program in planned:
        for other, like in planned:
            assert program == like or not choices.are_those_at(other.sizes)


# ---------------------------------------------------------------- many dimensions
@pytest.mark.parametrize("count", [1, 4, 5, 40, 41, 81, 500])
def test_the_sizes_that_are_tried_are_bounded(count: int) -> None:
    probes = regimes._probes([f"n{k}" for k in range(count)])
    assert 3 <= len(probes) <= regimes.MOST_PROBES
    assert all(len(sizes) == count for sizes in probes)


def test_the_command_line_plans_each_mode_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    start = Plan.__init__

    def noted(self: Plan, results: object, mode: str, *rest: object, **named: object) -> None:
        made.append(mode)
        start(self, results, mode, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Plan, "__init__", noted)
    assert main(["plan", "norm2(A*x - b)^2", "x"]) == 0
    assert sorted(made) == ["forward", "optimal", "reverse"]


def test_never_exceeds_is_seen_on_long_costs() -> None:
    long = Polynomial({((f"n{k}", 1), (f"n{k + 1}", 1)): Fraction(1) for k in range(300)})
    assert long.never_exceeds(long * 2)
    assert not (long * 2).never_exceeds(long)
