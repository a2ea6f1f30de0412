"""Sparse data: values are those of dense data, no array of its zeros is made, and what needs these is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, sparse

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close

NAMES = parse_where("X: m×n, Z: m×n, w: n, y: m, p: n, B: n×k, A: n×n, d: m")

# Formulas of X, whose products, sums and scalings are computed: value, gradient, Hessian and products with it by w.
COMPUTED = [
    "sum(log(1 + exp(-y.*(X*w)))) + w'*w",
    "norm2(X*w - y)^2",
    "sum((X*w).^3)*sum(X)",
    "norm2(X*B)^2*w[1]^2",
    "sum(X.^2*w.^2)",
    "tr(X*A*X')*sum(w.^3)",
    "y'*exp(X*w)",
    "logsumexp(X*w) + sum(sigmoid(X*w))",
    "sum(diag(d)*X*w)^2 + sum(X*diag(w))^2",
    "norm2(X'*y + w)^4",
    "sum(X.*Z)*sum(w.^2) + norm2((X + 2*Z)*w)^2",
    "sum(exp(3*X*w)./(1 + (Z*w).^2))",
    "w'*X'*diag(d)*X*w + tr(X'*X)*norm2(w)^3",
    "sum(cumsum(X*w).^2) + max(X*w)",
]
REFUSED = [
    ("sum((X - y*w').^2)", "a sum with an array"),
    ("sum(exp(X)*w)", "exp"),
    ("sum(X.^(-1)*w)", "a negative power"),
    ("sum(X[1,:]*w)^2", "take"),
]


def point(form: str = "csr") -> dict[str, Any]:
    rng = np.random.default_rng(3)
    made: dict[str, Any] = {
        name: rng.normal(size=[{"m": 7, "n": 4, "k": 2}[str(s)] for s in v.shape if s.number != 1])
        for name, v in NAMES.items()
    }
    for name in "XZ":
        made[name] = sparse.random_array((7, 4), density=0.4, rng=rng).asformat(form)
    return made


def results(formula: str) -> dict[str, mc.Expr]:
    f, w = mc.parse(formula, NAMES), NAMES["w"]
    gradient = mc.gradient(f, w)
    return {"value": f, "gradient": gradient, "hvp": mc.jvp(gradient, w, NAMES["p"]), "hessian": mc.hessian(f, w)}


@pytest.mark.parametrize("formula", COMPUTED)
@pytest.mark.quick_part(3)
def test_values_are_those_of_dense_data(formula: str) -> None:
    asked = results(formula)
    data = [NAMES[name] for name in "XZ" if name in formula]
    emitted = mc.emit(asked, sparse=[str(v) for v in data], arguments=data)
    dense = mc.emit(asked, arguments=data)
    values = point()
    wanted = dense.compile()(*(values[n].toarray() if n in "XZ" else values[n] for n in dense.variables))
    for form in ("csr", "csc", "coo"):
        values = point(form)
        got = emitted.compile()(*(values[name] for name in emitted.variables))
        for one, other in zip(got, wanted, strict=True):
            assert type(one) is type(other), emitted.source
            assert_close(one, other, note=emitted.source)


def test_products_alone_make_no_array_of_the_size_of_the_data() -> None:
    for formula in COMPUTED[:2]:
        asked = results(formula)
        del asked["hessian"]
        assert "toarray" not in mc.emit(asked, sparse=["X"]).function
    rng = np.random.default_rng(0)
    X = sparse.random_array((20_000, 30_000), density=1e-5, rng=rng, format="csr")  # 4.8 GB if it were dense
    run = mc.emit(asked, sparse=["X"])
    values = {"X": X, "w": rng.normal(size=30_000), "p": rng.normal(size=30_000), "y": rng.normal(size=20_000)}
    _, gradient, _ = run.compile()(*(values[name] for name in run.variables))
    assert_close(gradient, 2 * (X.T @ (X @ values["w"] - values["y"])))


def test_a_sparse_result_of_sparse_data_stays_sparse() -> None:
    gram = NAMES["X"].T @ mc.diag(NAMES["d"]) @ NAMES["X"]
    emitted = mc.emit({"gram": gram}, sparse=["gram", "X"])
    values = point()
    found = emitted.compile()(*(values[name] for name in emitted.variables))
    assert sparse.issparse(found)
    assert_close(found.toarray(), values["X"].T.toarray() @ np.diag(values["d"]) @ values["X"].toarray())


@pytest.mark.parametrize(("formula", "what"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_needs_the_zeros_is_refused(formula: str, what: str) -> None:
    f = mc.parse(formula, NAMES)
    with pytest.raises(mc.MatcalcError, match=f"X is sparse data, .*{what}.* needs all of its entries"):
        mc.emit({"value": f, "gradient": mc.gradient(f, NAMES["w"])}, sparse=["X"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "jax"}, "the JAX target takes no sparse data"),
        ({"target": "c", "sizes": {"m": 2, "n": 3}}, "the C target takes no sparse data"),
        ({"style": "fast"}, "readable style"),
        ({"batch": True}, "are no batches"),
        ({"sparse": ["w"]}, "w is n×1: sparse data is a matrix"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    f = mc.parse("norm2(X*w)^2", NAMES)
    with pytest.raises(mc.MatcalcError, match=message):
        mc.emit(f, **{"sparse": ["X"], **options})


def test_arguments_are_checked() -> None:
    run = mc.emit(mc.parse("X*w", NAMES), sparse=["X"], dtype="float32").compile()
    X, w = point()["X"], point()["w"]
    assert run(X, w).dtype == np.float32
    assert_close(run(X.toarray(), w), X @ w, 1e-5)
    assert_close(run(sparse.csr_matrix(X.astype(np.float32)), w), X @ w, 1e-5)
    for bad, message in (
        (X[:, :3], "w must have shape"),
        (X.astype(complex), "X must hold real numbers"),
        (X[:0], "X must be a matrix with entries"),
        (w, "X must be a matrix"),
    ):
        with pytest.raises(ValueError, match=message):
            run(bad, w)


# ---------------------------------------------------------------- objectives
def test_an_objective_of_sparse_data() -> None:
    f = mc.parse(COMPUTED[0], NAMES)
    functions = mc.objective(f, NAMES["w"], sparse=["X"]).compile()
    dense = mc.objective(f, NAMES["w"]).compile()
    assert functions.check() < 1e-6
    values = point()
    found = optimize.minimize(
        functions.fun, np.zeros(4), (values["X"], values["y"]), "trust-ncg", jac=True, hessp=functions.hessp
    )
    wanted = optimize.minimize(
        dense.fun, np.zeros(4), (values["X"].toarray(), values["y"]), "trust-ncg", jac=True, hessp=dense.hessp
    )
    assert_close(found.x, wanted.x, 1e-6)


@pytest.mark.parametrize("method", ["trust-constr", "Newton-CG"])
def test_an_objective_with_a_sparse_hessian(method: str) -> None:
    x, y = mc.vector("x", "n"), mc.vector("y", "n")
    chain = mc.sum(mc.diff(x) ** 4) + mc.sum((x - 1) ** 2)
    for f, by, count in ((chain, [x], 8), (chain + mc.sum(mc.exp(x * y)) + mc.norm2(y) ** 2, [x, y], 16)):
        functions = mc.objective(f, by, sparse=["hessian"]).compile()
        plain = mc.objective(f, by).compile()
        start = np.linspace(0.1, 1.0, count)
        assert functions.check() < 1e-6
        assert sparse.issparse(functions.hess(start))
        assert_close(functions.hess(start).toarray(), plain.hess(start))
        found = optimize.minimize(functions.fun, start, jac=True, hess=functions.hess, method=method)
        wanted = optimize.minimize(plain.fun, start, jac=True, hess=plain.hess, method=method)
        assert_close(found.fun, wanted.fun, 1e-6)


def test_what_an_objective_has_not_is_refused() -> None:
    f = mc.parse("norm2(X*w)^2", NAMES)
    for by, asked, message in (
        ("w", ["Y"], "there is no data Y"),
        ("w", ["w"], "there is no data w"),
        ("X", ["hessian"], "X is m×n: a sparse Hessian is one by columns"),
    ):
        with pytest.raises(mc.MatcalcError, match=message):
            mc.objective(f, NAMES[by], sparse=asked)
