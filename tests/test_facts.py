"""Facts: what they simplify stays equal, gradients along a set, and what is said of results is true of their values."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.notation.declarations import parse_where
from tests.numerics import STEP, WEIGHTS, at_random, quotients, sample, shape, value, vec

DECLARED = parse_where(
    "A: n×n, B: n×n, K: n×n skew, L: n×n lower invertible, U: n×n upper invertible, Q: n×n orthogonal, "
    "S: n×n symmetric, P: n×n posdef, D: n×n diagonal, x: n, y: n, u: n unitnorm, p: n simplex, s: n sumstoone, c: n, "
    "d: m, E: n×n idempotent, H: n×n idempotent symmetric, M: n×n stochastic, N: n×m stochastic, R: n×n permutation, "
    "G: n×n psd, T: n×n toeplitz, F: n×m fullcolrank, W: m×n fullrowrank"
)

SIMPLIFIED = [
    ("x'*K*x", "0"),
    ("x'*A'*K*A*x", "0"),
    ("tr(K)", "0"),
    ("tr(K*S)", "0"),
    ("diag(K)", "zeros(n)"),
    ("x'*K*y + y'*K*x", "0"),
    ("K + K'", "zeros(n,n)"),
    ("u'*u", "1"),
    ("norm2(u)", "1"),
    ("sum(p)", "1"),
    ("sum(s) + sum(softmax(x))", "2"),
    ("Q'*Q", "eye(n)"),
    ("inv(Q)", "Q'"),
    ("eigvecs(S)*eigvecs(S)'", "eye(n)"),
    ("leftsv(A)'*leftsv(A)", "1"),
    ("tr(logm(P))", "logdet(P)"),
    ("E*E", "E"),
    ("E^5*x", "E*x"),
    ("E'*E'*A", "E'*A"),
    ("(eye(n) - E)*(eye(n) - E)", "eye(n) - E"),
    ("(eye(n) - E)*E", "zeros(n,n)"),
    ("x'*H'*H*x", "x'*H*x"),
    ("norm2(H)^2", "tr(H)"),
    ("pinv(H)", "H"),
    ("M*ones(n)", "ones(n)"),
    ("M*M*ones(n)", "ones(n)"),
    ("N*ones(m)", "ones(n)"),
    ("sum(M*N)", "sum(ones(n))"),
    ("rowsum(rowsoftmax(A))", "ones(n)"),
    ("R'*R", "eye(n)"),
    ("inv(R)", "R'"),
    ("R*ones(n)", "ones(n)"),
    ("R'*ones(n)", "ones(n)"),
    ("norm2(R*x)", "norm2(x)"),
    ("sum(R*x)", "sum(x)"),
    ("G'", "G"),
    ("abs(x'*G*x)", "x'*G*x"),
    ("abs(diag(G))", "diag(G)"),
    ("nuclearnorm(A'*G*A)", "tr(A'*G*A)"),
    ("pinv(F)", "inv(F'*F)*F'"),
    ("pinv(F)*F", "eye(m)"),
    ("pinv(F')", "F*inv(F'*F)"),
    ("W*pinv(W)", "eye(m)"),
    ("pinv(F)'*F'*F", "F"),
]

# No fact says so: a sample shows that it is false.
NOT_SIMPLIFIED = [
    ("E'", "E"), ("E'*E", "E"), ("tr(E)", "1"), ("M'*ones(n)", "ones(n)"), ("M*M", "M"), ("R*R", "eye(n)"), ("R'", "R"),
    ("F*pinv(F)", "eye(n)"), ("pinv(W)*W", "eye(n)"), ("T'", "T"), ("T*S", "S*T"), ("pinv(E)", "E"), ("det(R)", "1"),
    ("det(G)", "0"), ("abs(G)", "G"), ("E.^2", "E"), ("sum(N)", "sum(ones(m))"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "other"), NOT_SIMPLIFIED)
def test_what_facts_do_not_say_is_not_said(formula: str, other: str) -> None:
    assert not mc.equal(mc.parse(formula, DECLARED), mc.parse(other, DECLARED))


@pytest.mark.parametrize(("formula", "wanted"), SIMPLIFIED)
def test_what_facts_simplify(formula: str, wanted: str) -> None:
    f = mc.parse(formula, DECLARED)
    assert mc.equal(f, mc.parse(wanted, DECLARED)).ground == "proved: the same canonical form"
    free = {name: mc.variable(name, *v.shape) for name, v in DECLARED.items()}
    values = at_random(*DECLARED.values(), seed=2)
    unsimplified = mc.parse(formula, free)
    np.testing.assert_allclose(value(unsimplified, values), value(f, values), atol=1e-9)


# ---------------------------------------------------------------- structure
FORMULAS = ["tr(A*{})", "tr(A*{}*B*{})", "norm2({} - A)^2", "x'*{}*y"]


def free_gradient(formula: str, x: mc.Expr, values: dict[str, np.ndarray]) -> np.ndarray:
    """The gradient with all entries free to move, by difference quotients."""
    plain = mc.variable(name_of(x), *x.shape)
    f = mc.parse(formula, {**DECLARED, name_of(x): plain})
    return quotients(f, plain, values).reshape(shape(x)[::-1]).T


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", ["K", "L", "U", "S", "D"])
def test_projected_gradients_are_the_nearest_in_the_linear_set(name: str, formula: str) -> None:
    x = DECLARED[name]
    text = formula.format(name, name)
    values = at_random(*DECLARED.values(), seed=4)
    G = free_gradient(text, x, values)
    got = value(mc.gradient(mc.parse(text, DECLARED), x, structure="project"), values)
    onto = {"K": (G - G.T) / 2, "L": np.tril(G), "U": np.triu(G), "S": (G + G.T) / 2, "D": np.diag(np.diag(G))}
    np.testing.assert_allclose(got, onto[name], atol=1e-6)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", ["K", "L", "U", "S", "D"])
def test_free_gradients_are_by_the_entries_that_move(name: str, formula: str) -> None:
    x = DECLARED[name]
    text = formula.format(name, name)
    values = at_random(*DECLARED.values(), seed=5)
    f = mc.parse(text, {**DECLARED, name: mc.variable(name, *x.shape)})
    got = value(mc.gradient(mc.parse(text, DECLARED), x, structure="free"), values)
    mirror = {"K": -1, "S": 1}.get(name, 0)
    for i in range(3):
        for j in range(i + (name != "K")):
            row, col = (j, i) if name == "U" else (i, j)
            if name == "D" and i != j:
                continue
            change = np.zeros((3, 3))
            change[col, row] = mirror
            change[row, col] = 1.0
            moved = [(w, value(f, {**values, name: values[name] + k * STEP * change})) for k, w in WEIGHTS]
            slope = sum(w * v for w, v in moved) / STEP
            np.testing.assert_allclose(got[row, col], slope[0, 0], atol=1e-6)


CURVED = [("Q", "tr(A*Q)"), ("Q", "tr(A*Q*B*Q')"), ("u", "u'*A*u"), ("s", "c'*(s.*s)")]


@pytest.mark.parametrize(("name", "formula"), CURVED)
def test_projected_gradients_on_curved_sets(name: str, formula: str) -> None:
    """Along a curve in the set the value changes as the projected gradient says, and it is tangent."""
    x = DECLARED[name]
    values = at_random(*DECLARED.values(), seed=6)
    at = values[name]
    G = free_gradient(formula, x, values)
    got = value(mc.gradient(mc.parse(formula, DECLARED), x, structure="project"), values)
    rng = np.random.default_rng(1)
    for _ in range(3):
        z = rng.normal(size=at.shape)
        tangent = {"Q": lambda z: at @ (z - z.T), "u": lambda z: z - at * float(np.vdot(at, z)),
                   "s": lambda z: z - z.mean()}[name](z)  # fmt: skip
        np.testing.assert_allclose(np.vdot(got, tangent), np.vdot(G, tangent), atol=1e-6)
    off = {"Q": at.T @ got + got.T @ at, "u": at.T @ got, "s": np.atleast_1d(got.sum())}[name]
    np.testing.assert_allclose(off, 0, atol=1e-6)


def test_a_gradient_along_stochastic_matrices_leaves_the_row_sums() -> None:
    M = DECLARED["N"]
    f = mc.parse("tr(N*W*A) + sum(log(N + 1))", {**DECLARED})
    values = at_random(*DECLARED.values(), seed=7)
    got = value(mc.gradient(f, M, structure="project"), values)
    G = free_gradient("tr(N*W*A) + sum(log(N + 1))", M, values)
    np.testing.assert_allclose(got, G - G.mean(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize(("shape", "text"), [(("n", 1), "zeros(n)"), ((1, "n"), "x - ones(n)'/n")])
def test_a_stochastic_column_cannot_move_and_a_row_keeps_its_sum(shape: tuple[str | int, ...], text: str) -> None:
    x = mc.matrix("x", *shape, "stochastic")
    assert str(mc.gradient(mc.parse("norm2(x)^2/2", {"x": x}), x, structure="project")) == text


@pytest.mark.parametrize("name", ["E", "H", "R", "T"])
@pytest.mark.parametrize("structure", ["project", "free"])
def test_along_sets_without_a_formula_the_gradient_is_refused(name: str, structure: str) -> None:
    with pytest.raises(mc.DerivativeError, match="the gradient along what is"):
        mc.gradient(mc.parse(f"tr(A*{name})", DECLARED), DECLARED[name], structure=structure)


BY_FACTS = ["tr(A*{0})", "x'*{0}*{0}*y", "norm2({0}*x)^2", "x'*{0}'*B*{0}*y", "sum({0}*{0}*ones(n))"]


@pytest.mark.parametrize("name", ["E", "H", "M", "R", "G", "T"])
@pytest.mark.parametrize("formula", BY_FACTS)
def test_derivatives_are_those_of_entries_that_move_freely(name: str, formula: str) -> None:
    text, values = formula.format(name), at_random(*DECLARED.values(), seed=8)
    got = value(mc.gradient(mc.parse(text, DECLARED), DECLARED[name]), values)
    np.testing.assert_allclose(got, free_gradient(text, DECLARED[name], values), atol=1e-6)


@pytest.mark.parametrize("formula", ["x'*F*pinv(F)*y", "d'*pinv(F)*y", "norm2(pinv(F))^2", "logdet(F'*F)"])
def test_derivatives_of_pseudoinverses_of_full_rank(formula: str) -> None:
    values = at_random(*DECLARED.values(), seed=9)
    got = value(mc.gradient(mc.parse(formula, DECLARED), DECLARED["F"]), values)
    np.testing.assert_allclose(got, free_gradient(formula, DECLARED["F"], values), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("G", -np.eye(3)), ("E", 2 * np.eye(3)), ("M", np.eye(3) + 1), ("R", np.ones((3, 3)) / 3),
        ("T", np.arange(9.0).reshape(3, 3)), ("F", np.ones((3, 2))), ("W", np.ones((2, 3))),
    ],
)  # fmt: skip
def test_values_without_the_fact_are_refused(name: str, given: np.ndarray) -> None:
    with pytest.raises(mc.EvaluationError, match=f"{name} was declared"):
        mc.evaluate(mc.sum(DECLARED[name]), {name: given})


def test_the_root_of_a_semidefinite_matrix_is_defined_and_its_derivative_where_it_is_definite() -> None:
    f = mc.parse("x'*sqrtm(G)*x", DECLARED)
    assert mc.conditions(f) == ()
    assert mc.conditions(mc.gradient(f, DECLARED["G"])) == ("G positive definite",)
    at = {"G": np.ones((3, 3)), "x": np.ones(3)}
    np.testing.assert_allclose(mc.evaluate(f, at), 9 / np.sqrt(3))
    with pytest.raises(mc.EvaluationError, match="G positive definite"):
        mc.evaluate(mc.gradient(f, DECLARED["G"]), at)


def test_curved_sets_have_no_free_parameters() -> None:
    with pytest.raises(mc.DerivativeError, match="no free parameters"):
        mc.gradient(mc.parse("tr(A*Q)", DECLARED), DECLARED["Q"], structure="free")


# ---------------------------------------------------------------- properties
TRUE_OF: dict[str, object] = {
    "symmetric": lambda v: np.allclose(v, v.T),
    "skew": lambda v: np.allclose(v, -v.T),
    "diagonal": lambda v: np.allclose(v, np.diag(np.diag(v))),
    "positive definite": lambda v: np.linalg.eigvalsh((v + v.T) / 2).min() > 0,
    "positive semidefinite": lambda v: np.linalg.eigvalsh((v + v.T) / 2).min() > -1e-9,
    "negative definite": lambda v: np.linalg.eigvalsh((v + v.T) / 2).max() < 0,
    "negative semidefinite": lambda v: np.linalg.eigvalsh((v + v.T) / 2).max() < 1e-9,
    "orthogonal": lambda v: np.allclose(v.T @ v, np.eye(len(v))),
    "invertible": lambda v: abs(np.linalg.det(v)) > 1e-9,
    "lower triangular": lambda v: np.allclose(v, np.tril(v)),
    "upper triangular": lambda v: np.allclose(v, np.triu(v)),
    "positive": lambda v: v.min() > 0,
    "nonnegative": lambda v: v.min() >= 0,
    "of unit norm": lambda v: np.isclose(np.linalg.norm(v), 1),
    "summing to one": lambda v: np.isclose(v.sum(), 1),
    "of full column rank": lambda v: np.linalg.matrix_rank(v) == v.shape[1],
    "of full row rank": lambda v: np.linalg.matrix_rank(v) == v.shape[0],
    "idempotent": lambda v: np.allclose(v @ v, v),
    "permutation": lambda v: np.allclose(v @ v.T, np.eye(len(v))) and v.min() >= 0,
    "row-stochastic": lambda v: v.min() >= 0 and np.allclose(v.sum(axis=1), 1),
    "Toeplitz": lambda v: np.allclose(v[1:, 1:], v[:-1, :-1]),
    "zero": lambda v: np.allclose(v, 0),
}

KNOWN = [
    ("A'*A", ("symmetric", "positive semidefinite")),
    ("A'*A + eye(n)", ("symmetric", "positive definite")),
    ("A'*diag(p)*A", ("symmetric", "positive semidefinite")),
    ("-A'*P*A", ("symmetric", "negative semidefinite")),
    ("A + A'", ("symmetric",)),
    ("inv(P)", ("symmetric", "positive definite")),
    ("K", ("skew",)),
    ("diag(exp(x))", ("diagonal", "positive definite", "nonnegative")),
    ("expm(A)", ("invertible",)),
    ("eigvecs(S)", ("orthogonal",)),
    ("cholesky(P)", ("invertible", "lower triangular")),
    ("softmax(x)", ("positive", "summing to one")),
    ("x.^2", ("nonnegative",)),
    ("A", ()),
    ("G", ("symmetric", "positive semidefinite")),
    ("A*G*A'", ("symmetric", "positive semidefinite")),
    ("G + eye(n)", ("symmetric", "positive definite")),
    ("F'*F", ("symmetric", "positive definite")),
    ("W*P*W'", ("symmetric", "positive definite")),
    ("F", ("of full column rank",)),
    ("W", ("of full row rank",)),
    ("E", ("idempotent",)),
    ("eye(n) - H", ("symmetric", "idempotent")),
    ("A*pinv(A)", ("symmetric", "idempotent")),
    ("R*R", ("permutation",)),
    ("R*Q", ("orthogonal",)),
    ("M*M*R", ("row-stochastic",)),
    ("0.25*M + 0.75*R", ("row-stochastic",)),
    ("N", ("row-stochastic",)),
    ("T - 2*T' + eye(n)", ("Toeplitz",)),
    ("sqrtm(G)", ("symmetric",)),
]


@pytest.mark.parametrize(("formula", "known"), KNOWN)
def test_properties_of_results(formula: str, known: tuple[str, ...]) -> None:
    f = mc.parse(formula, DECLARED)
    assert mc.properties(f) == known
    for seed in range(3):
        at = value(f, at_random(*DECLARED.values(), seed=seed))
        assert all(TRUE_OF[name](at) for name in known)  # type: ignore[operator]


def test_a_hessian_is_symmetric() -> None:
    for formula in ("norm2(A*x - c)^2", "sum(exp(A*x))", "logsumexp(A*x)", "x'*A*x"):
        assert "symmetric" in mc.properties(mc.hessian(mc.parse(formula, DECLARED), DECLARED["x"]))


# ---------------------------------------------------------------- spectral functions
SIZES = [{"m": 4, "n": 2}, {"m": 2, "n": 4}, {"m": 3, "n": 3}]
SPECTRAL = ["spectralnorm(X)", "nuclearnorm(X)", "sum(eigvals(X'*X + A))", "max(eigvals(X'*X + A))", "tr(W'*polar(X))",
            "a'*leftsv(X)", "b'*rightsv(X)", "sum(exp(eigvals(X'*X + A)))"]  # fmt: skip


@pytest.mark.parametrize("sizes", SIZES, ids=["tall", "wide", "square"])
@pytest.mark.parametrize("formula", SPECTRAL)
@pytest.mark.quick_part(5)
def test_gradients_and_hessians_of_spectral_functions(formula: str, sizes: dict[str, int]) -> None:
    v = parse_where("X: m×n, W: m×n, A: n×n symmetric, a: m, b: n")
    f, X = mc.parse(formula, v), v["X"]
    rng = np.random.default_rng(8)
    values = {name: sample(rng, *shape(x, sizes), *x.data[1]) for name, x in v.items()}
    values["A"] = values["A"] + np.diag(np.arange(len(values["A"])))  # eigenvalues apart
    g = mc.gradient(f, X)
    np.testing.assert_allclose(vec(value(g, values, sizes)).T, quotients(f, X, values, sizes), rtol=1e-6, atol=1e-7)
    H = value(mc.hessian(f, X), values, sizes)
    np.testing.assert_allclose(H, quotients(g, X, values, sizes), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("formula", "at"),
    [
        ("eigvals(X)", [[1, 2], [3, 4]]),
        ("eiggap(X)", [[1, 0], [0, 1]]),
        ("leftsv(X)", [[1, 0], [0, 1]]),
        ("polar(X)", [[1, 1], [1, 1]]),
        ("logm(X)", [[-1, 0], [0, -2]]),
    ],
)
def test_where_they_are_not_defined_they_are_refused(formula: str, at: list[list[float]]) -> None:
    with pytest.raises(mc.EvaluationError):
        mc.evaluate(mc.parse(formula, {"X": mc.matrix("X", "n", "n")}), {"X": at})
