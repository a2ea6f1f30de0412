"""Adapters to the optimisers of other libraries: their derivatives are the objective's, and they find its minimum."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from scipy import optimize

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.test_fitting import DERIVED, PROBLEMS, values_of


def needs(*modules: str) -> pytest.MarkDecorator:
    missing = [module for module in modules if find_spec(module) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


@pytest.fixture
def x64() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def formula_of(formula: str, by: str, where: str) -> tuple[mc.Expr, list[mc.Expr], dict[str, Any]]:
    variables = parse_where(where)
    return mc.parse(formula, variables), [variables[name] for name in by.split()], values_of(where)


def packed(parts: Any) -> np.ndarray:
    return np.concatenate([np.ravel(np.asarray(part)) for part in parts])


# ------------------------------------------------------------------------------------------------ PyTorch, JAX
@needs("torch")
@pytest.mark.parametrize(("formula", "by", "where"), DERIVED)
@pytest.mark.quick_part(3)
def test_the_gradient_for_torch_is_that_of_the_objective(formula: str, by: str, where: str) -> None:
    f, xs, values = formula_of(formula, by, where)
    p = mc.objective(f, xs).problem(values, free=True)
    closure = mc.torch_closure(f, xs, values)
    value, slope = p.fun(p.x0)
    assert np.isclose(float(closure()), value)
    assert np.allclose(packed(t.detach() for t in closure.parameters()), p.x0)
    assert np.allclose(packed(t.grad for t in closure.parameters()), slope)
    for name, at in closure.values().items():
        assert np.allclose(at, values[name])
        assert at.shape == np.shape(values[name])


@needs("jax")
@pytest.mark.parametrize(("formula", "by", "where"), DERIVED)
@pytest.mark.quick_part(3)
def test_the_gradient_for_jax_is_that_of_the_objective(formula: str, by: str, where: str, x64: Any) -> None:
    import jax

    f, xs, values = formula_of(formula, by, where)
    p = mc.objective(f, xs).problem(values, free=True)
    fit = mc.jax_value_and_grad(f, xs, values)
    expected, slope = p.fun(p.x0)
    for function in (fit, jax.jit(fit)):
        value, gradients = function(fit.start)
        assert np.isclose(float(value), expected)
        assert np.allclose(packed(gradients[name] for name in by.split()), slope)
    for name, at in fit.values(fit.start).items():
        assert np.allclose(at, values[name])


@needs("torch")
@pytest.mark.parametrize("problem", PROBLEMS)
def test_torch_comes_to_the_minimum(problem: str) -> None:
    import torch

    made, values, check = PROBLEMS[problem]()
    closure = mc.torch_closure(made.formula, made.by, values)
    optimizer = torch.optim.LBFGS(
        closure.parameters(), max_iter=100, line_search_fn="strong_wolfe", tolerance_change=1e-12
    )
    for _ in range(10):
        optimizer.step(closure)
    check({name: value.numpy() for name, value in closure.values().items()})


@needs("jax", "jaxopt")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.quick_part(4)
def test_jaxopt_comes_to_the_minimum(problem: str, x64: Any) -> None:
    import jaxopt

    made, values, check = PROBLEMS[problem]()
    fit = mc.jax_value_and_grad(made.formula, made.by, values)
    found = jaxopt.LBFGS(fit, value_and_grad=True, maxiter=500, tol=1e-7).run(fit.start)
    check({name: np.asarray(value) for name, value in fit.values(found.params).items()})


@needs("jax", "optax")
@pytest.mark.parametrize("problem", ["gamma", "ridge"])
@pytest.mark.quick_part(2)
def test_optax_comes_to_the_minimum(problem: str, x64: Any) -> None:
    import jax
    import optax

    made, values, check = PROBLEMS[problem]()
    fit = mc.jax_value_and_grad(made.formula, made.by, values)
    method = optax.lbfgs()
    parameters, state = fit.start, method.init(fit.start)

    @jax.jit
    def step(parameters: Any, state: Any) -> Any:
        value, slopes = fit(parameters)
        updates, state = method.update(
            slopes, state, parameters, value=value, grad=slopes, value_fn=lambda at: fit(at)[0]
        )
        return optax.apply_updates(parameters, updates), state

    for _ in range(40):
        parameters, state = step(parameters, state)
    check({name: np.asarray(value) for name, value in fit.values(parameters).items()})


@needs("torch")
def test_a_closure_takes_batches_and_kinds() -> None:
    import torch

    where = parse_where("A: m×n, b: m×1, x: n×1")
    f = mc.parse("norm2(A*x - b)^2", where)
    A, b = torch.randn(6, 3), torch.randn(6)
    closure = mc.torch_closure(f, "x", {"A": A, "b": b, "x": torch.zeros(3, requires_grad=True)})
    assert closure().dtype == torch.float32
    whole = closure.parameters()[0].grad
    parts = []
    for rows in (slice(0, 2), slice(2, 6)):
        closure({"A": A[rows], "b": b[rows]})
        parts.append(closure.parameters()[0].grad)
    assert torch.allclose(sum(parts), whole, rtol=1e-4)
    with pytest.raises(mc.EvaluationError, match="no data are called c"):
        closure({"c": b})


# ------------------------------------------------------------------------------------------------ residuals
RESIDUALS = [
    ("A*x - b", "x", "A: m×n, x: n×1 nonneg, b: m×1"),
    ("T - U*V'", "U V", "T: m×k, U: m×n, V: k×n nonneg"),
    ("b - a*exp(-c*t)", "a c", "b: m×1, t: m×1, a: scalar, c: scalar positive"),
    ("t'*M - b'", "M", "t: m×1, M: m×n stochastic, b: n×1"),
    ("S*x - b", "S x", "S: n×n symmetric, x: n×1, b: n×1"),
    ("L*x - b", "L w", "L: n×n posdef, x: n×1, b: n×1, w: k simplex"),
]


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize(("formula", "by", "where"), RESIDUALS)
def test_jacobians_of_residuals_are_differences(formula: str, by: str, where: str, free: bool) -> None:
    r, xs, values = (
        formula_of(formula, by, where) if "w" not in by else formula_of(f"{formula} + sum(w.*w)*b", by, where)
    )
    b = mc.residual_blocks(r, xs, values, free=free)
    u, step = b.x0, 1e-6
    jacobian = b.jac(u)
    differences = [(b.fun(u + step * e) - b.fun(u - step * e)) / (2 * step) for e in np.eye(len(u))]
    assert np.allclose(jacobian, np.stack(differences, axis=1), rtol=1e-5, atol=1e-7)
    p = mc.objective(mc.parse(f"norm2({r})^2/2", parse_where(where)), xs).problem(values, free=free)
    assert np.isclose(p.fun(u)[0], b.fun(u) @ b.fun(u) / 2)
    assert np.allclose(p.fun(u)[1], jacobian.T @ b.fun(u))
    out = [np.zeros(len(part) * b.count) for part in b.start()]
    residuals = np.zeros(b.count)
    assert b.evaluate(b.start(), residuals, [None, *out[1:]])
    assert not np.any(out[0])
    assert b.evaluate(b.start(), residuals, out)
    assert np.allclose(residuals, b.fun(u))
    assert np.allclose(np.hstack([block.reshape(b.count, -1) for block in out]), jacobian)
    assert b.evaluate(b.start(), residuals, None)


def decay() -> tuple[Any, Any]:
    where = parse_where("y: m×1, t: m×1, a: scalar, c: scalar positive")
    t = np.linspace(0, 4, 30)
    y = 2.5 * np.exp(-1.3 * t)
    r = mc.parse("y - a*exp(-c*t)", where)
    return mc.residual_blocks(r, ["a", "c"], {"y": y, "t": t, "a": 1, "c": 0.1}), {"a": 2.5, "c": 1.3}


def test_scipy_takes_residuals() -> None:
    b, wanted = decay()
    found = b.values(optimize.least_squares(b.fun, b.x0, b.jac, b.bounds).x)
    assert found.keys() == wanted.keys()
    assert all(np.isclose(found[name], wanted[name]) for name in wanted)


@needs("pyceres")
def test_ceres_takes_residuals() -> None:
    import pyceres

    b, wanted = decay()
    problem, blocks = b.ceres_problem()
    assert problem.get_parameter_lower_bound(blocks[1], 0) > 0
    pyceres.solve(pyceres.SolverOptions(), problem, pyceres.SolverSummary())
    found = b.values(np.concatenate(blocks))
    assert all(np.isclose(found[name], wanted[name], rtol=1e-4) for name in wanted)


# ------------------------------------------------------------------------------------------------ manifolds
def manifold_problems() -> list[tuple[str, str, str, Any, dict[str, Any]]]:
    from pymanopt import manifolds

    rng = np.random.default_rng(0)
    A, B, C = rng.normal(size=(5, 5)), rng.normal(size=(3, 3)), rng.normal(size=(5, 3))
    return [
        ("-tr(X'*A*X)", "X", "A: n×n, X: n×k", manifolds.Stiefel(5, 3), {"A": A}),
        ("norm2(Q*B - B*Q)^2 + tr(B*Q)", "Q", "B: n×n, Q: n×n orthogonal", manifolds.Stiefel(3, 3), {"B": B}),
        ("x'*A*x/(1 + norm2(x)^2)", "x", "A: n×n, x: n unitnorm", manifolds.Sphere(5), {"A": A}),
        ("logdet(S) + tr(inv(S)*M)", "S", "S: n×n posdef, M: n×n", manifolds.SymmetricPositiveDefinite(3), {"M": B}),
        ("norm2(C - u*s*v')^2", "u s v", "C: m×n, u: m unitnorm, s: scalar, v: n unitnorm",
         manifolds.Product([manifolds.Sphere(5), manifolds.Euclidean(1), manifolds.Sphere(3)]), {"C": C}),
    ]  # fmt: skip


@needs("pymanopt")
@pytest.mark.parametrize("at", range(5))
def test_derivatives_on_manifolds_are_differences(at: int) -> None:
    """Along curves of the manifold, of the cost and of the Riemannian gradient: as pymanopt uses them."""
    formula, by, where, manifold, values = manifold_problems()[at]
    variables = parse_where(where)
    problem = mc.pymanopt_problem(mc.parse(formula, variables), by.split(), values, manifold)
    np.random.seed(1)  # pymanopt draws by it
    point = manifold.random_point()
    direction = manifold.random_tangent_vector(point)
    step = 1e-5
    up, down = (manifold.retraction(point, sign * step * direction) for sign in (1, -1))
    slope = manifold.inner_product(point, problem.riemannian_gradient(point), direction)
    assert np.isclose(slope, (problem.cost(up) - problem.cost(down)) / (2 * step), rtol=1e-5, atol=1e-7)
    hessian = problem.riemannian_hessian(point, direction)
    curved = manifold.inner_product(point, hessian, direction)
    along = [manifold.exp(point, sign * 1e-3 * direction) for sign in (1, 0, -1)]
    second = (problem.cost(along[0]) - 2 * problem.cost(along[1]) + problem.cost(along[2])) / 1e-6
    assert np.isclose(curved, second, rtol=1e-3, atol=1e-4)


@needs("pymanopt")
def test_manifolds_that_do_not_fit_are_refused() -> None:
    from pymanopt import manifolds

    x, A = mc.vector("x", "n"), mc.matrix("A", "n", "n")
    with pytest.raises(mc.MatcalcError, match="the manifold is none of Pymanopt's"):
        mc.pymanopt_problem(x.T @ A @ x, x, {"A": np.eye(3)}, "sphere")
    product = manifolds.Product([manifolds.Sphere(3), manifolds.Sphere(3)])
    with pytest.raises(mc.MatcalcError, match=r"are 2 arrays\n(.*\n)*  the variables are x"):
        mc.pymanopt_problem(x.T @ A @ x, x, {"A": np.eye(3)}, product)
    with pytest.raises(mc.EvaluationError, match="no data for A"):
        mc.pymanopt_problem(x.T @ A @ x, x, {}, manifolds.Sphere(3))


ADAPTERS = [
    ("torch_closure", "torch", "torch", ()),
    ("jax_value_and_grad", "jax", "jax", ()),
    ("pymanopt_problem", "pymanopt", "pymanopt", (None,)),
]


@pytest.mark.parametrize(("adapter", "module", "extra", "more"), ADAPTERS)
def test_a_missing_library_is_named_with_its_extra(
    adapter: str, module: str, extra: str, more: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    x = mc.vector("x", "n")
    with pytest.raises(mc.MatcalcError, match=rf"is not installed\n.*\n.*matcalc-engine\[{extra}\]"):
        getattr(mc, adapter)(x.T @ x, x, {"x": [1, 2]}, *more)


def test_missing_ceres_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyceres", None)
    with pytest.raises(mc.MatcalcError, match=r"matcalc-engine\[ceres\]"):
        decay()[0].ceres_problem()


@pytest.mark.parametrize(("adapter", "module"), [("torch_closure", "torch"), ("jax_value_and_grad", "jax")])
def test_adapters_refuse_what_problems_refuse(adapter: str, module: str) -> None:
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    adapt, where = getattr(mc, adapter), parse_where("x: n×1, t: scalar positive, w: k simplex, Q: n×n orthogonal")
    f = mc.parse("t*norm2(x)^2 + norm2(w)^2", where)
    good = {"x": [1.0, 2.0], "t": 1.0, "w": [0.5, 0.5]}
    by = [where[name] for name in "xtw"]
    for changed, message in (
        ({"t": -1}, "t was declared positive"),
        ({"w": [0.0, 1.0]}, "edge of what is simplex"),
        ({"x": [1.0, np.nan]}, "x is not finite"),
        ({"x": [[1.0, 2.0], [3.0, 4.0]]}, "x is a vector"),
    ):
        with pytest.raises(mc.EvaluationError, match=message):
            adapt(f, by, {**good, **changed})
    with pytest.raises(mc.MatcalcError, match="only a scalar has a minimum"):
        adapt(where["x"], "x", good)
    with pytest.raises(mc.MatcalcError, match="an optimiser moves every entry of Q freely"):
        adapt(mc.parse("tr(Q)", where), "Q", {"Q": np.eye(2)})
