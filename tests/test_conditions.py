"""Conditions are true, weakest, and one with what ``evaluate`` refuses.

For every record that is not defined everywhere there is a point inside its domain and one outside: inside, the value,
the gradient and the Hessian have values; outside they are refused, or are infinite at a pole, and a condition says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.functions import FUNCTIONS, POWER
from matcalc.notation.declarations import parse_where

RISING = np.array([[2.0, 0.5], [0.5, 3.0]])
TIE = np.diag([4.0, 1.0, 1.0])

# function: declarations, a scalar made of it, a point inside, a point outside, the condition
DOMAINS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], str]] = {
    "log": ("x: n", "sum(log(x))", {"x": [1.0, 2.0]}, {"x": [1.0, -2.0]}, "x > 0"),
    "log1p": ("x: n", "sum(log1p(x))", {"x": [-0.5, 2.0]}, {"x": [-1.5, 2.0]}, "x > -1"),
    "tan": ("x: n", "sum(tan(x))", {"x": [1.0, 2.0]}, {"x": [1.0, np.pi / 2]}, "cos(x) ≠ 0"),
    "arcsin": ("x: n", "sum(arcsin(x))", {"x": [0.5, -0.5]}, {"x": [0.5, -1.5]}, "x between -1 and 1"),
    "arccos": ("x: n", "sum(arccos(x))", {"x": [0.5, -0.5]}, {"x": [0.5, -1.5]}, "x between -1 and 1"),
    "power": ("x: n, y: n", "sum(x.^y)", {"x": [1.0, 2.0], "y": [0.5, -1.5]}, {"x": [1.0, -2.0], "y": [0.5, 1.5]},
              "x > 0"),
    "lgamma": ("x: n", "sum(lgamma(x))", {"x": [0.5, 2.0]}, {"x": [-2.0, 1.0]}, "x not one of 0, -1, -2 …"),
    "digamma": ("x: n", "sum(digamma(x))", {"x": [0.5, -1.5]}, {"x": [0.0, 1.0]}, "x not one of 0, -1, -2 …"),
    "trigamma": ("x: n", "sum(trigamma(x))", {"x": [0.5, 2.0]}, {"x": [-1.0, 1.0]}, "x not one of 0, -1, -2 …"),
    "xlogx": ("x: n", "sum(xlogx(x))", {"x": [0.5, 2.0]}, {"x": [-0.5, 2.0]}, "x > 0"),
    "inv": ("X: n×n", "sum(inv(X))", {"X": RISING}, {"X": [[1.0, 2.0], [2.0, 4.0]]}, "X invertible"),
    "logdet": ("X: n×n", "logdet(X)", {"X": RISING}, {"X": [[1.0, 2.0], [2.0, 4.0]]}, "X invertible"),
    "cholesky": ("X: n×n", "sum(cholesky(X))", {"X": RISING}, {"X": [[1.0, 2.0], [2.0, 1.0]]}, "X positive definite"),
    "logm": ("X: n×n", "sum(logm(X))", {"X": RISING}, {"X": [[-2.0, 0.0], [0.0, 3.0]]}, "X without eigenvalues ≤ 0"),
    "dlogm": ("X: n×n", "sum(dlogm(X))", {"X": RISING}, {"X": [[-2.0, 0.0], [0.0, 3.0]]},
              "X without eigenvalues ≤ 0"),
    "sqrtm": ("X: n×n", "sum(sqrtm(X))", {"X": RISING}, {"X": [[0.0, 1.0], [0.0, 0.0]]}, "X without eigenvalues ≤ 0"),
    "sylvester": ("X: n×n, B: m×m", "sum(sylvester(X,B))", {"X": RISING, "B": RISING},
                  {"X": np.diag([1.0, 2.0]), "B": np.diag([-1.0, 5.0])}, "X and -B without common eigenvalues"),
    "eigvals": ("X: n×n", "sum(eigvals(X).^2)", {"X": RISING}, {"X": [[1.0, 2.0], [3.0, 4.0]]}, "X symmetric"),
    "eigvecs": ("X: n×n", "sum(eigvecs(X))", {"X": RISING}, {"X": np.eye(2)}, "X with distinct eigenvalues"),
    "eiggap": ("X: n×n", "norm2(eiggap(X))^2", {"X": RISING}, {"X": np.eye(2)}, "X with distinct eigenvalues"),
    "invgaps": ("x: n", "norm2(invgaps(x))^2", {"x": [1.0, 3.0]}, {"x": [2.0, 2.0]}, "x with distinct entries"),
    "leftsv": ("X: m×n", "sum(leftsv(X))", {"X": RISING}, {"X": np.eye(2)}, "X with one largest singular value"),
    "rightsv": ("X: m×n", "sum(rightsv(X))", {"X": RISING}, {"X": np.eye(2)}, "X with one largest singular value"),
    "polar": ("X: m×n", "sum(polar(X))", {"X": RISING}, {"X": np.ones((2, 2))}, "X of full rank"),
    "dpolar": ("X: m×n", "sum(dpolar(X))", {"X": RISING}, {"X": np.ones((2, 2))}, "X of full rank"),
}  # fmt: skip
TOO_LONG = ("dlogm", "dpolar", "digamma", "trigamma")  # their derivatives have no end of terms, or are not known
STATED_ELSEWHERE = ("pinv",)  # a rank that does not change is nothing that one point shows


def test_every_record_that_is_not_defined_everywhere_has_its_points() -> None:
    wanted = {f.name for f in (*FUNCTIONS.values(), POWER) if f.defined}
    assert wanted == {*DOMAINS, *STATED_ELSEWHERE}


def asked(name: str) -> list[tuple[str, mc.Expr]]:
    where, formula, *_ = DOMAINS[name]
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    by = next(iter(variables.values()))
    found = [("value", f)]
    if name not in TOO_LONG:
        found += [("gradient", mc.gradient(f, by)), ("hessian", mc.hessian(f, by))]
    return found


@pytest.mark.parametrize("name", DOMAINS)
@pytest.mark.quick_part(5)
def test_inside_there_are_values(name: str) -> None:
    inside = DOMAINS[name][2]
    for kind, f in asked(name):
        assert np.all(np.isfinite(mc.evaluate(f, inside))), kind


@pytest.mark.parametrize("name", DOMAINS)
def test_outside_the_value_is_refused_with_the_condition(name: str) -> None:
    _, _, _, outside, condition = DOMAINS[name]
    (_, f), *_ = asked(name)
    assert condition in mc.conditions(f)
    if name == "logdet":  # a pole
        assert np.isinf(mc.evaluate(f, outside))
        return
    with pytest.raises(mc.EvaluationError) as error:
        mc.evaluate(f, outside)
    assert f"valid for {condition}" in str(error.value)


@pytest.mark.parametrize("name", sorted({*DOMAINS} - {*TOO_LONG}))
@pytest.mark.quick_part(5)
def test_derivatives_have_the_condition_of_the_function(name: str) -> None:
    """A derivative may be defined further out, as 1/x is; where it is refused, a condition of its own is why."""
    outside = DOMAINS[name][3]
    for _, d in asked(name)[1:]:
        try:
            value = mc.evaluate(d, outside)
        except mc.EvaluationError as error:
            assert any(f"valid for {condition}" in str(error) for condition in mc.conditions(d))
        else:
            assert name in ("log", "log1p", "xlogx", "eigvals") or not np.all(np.isfinite(value))


# ---------------------------------------------------------------- texts
WHERE = (
    "X: n×n, B: n×n, L: n×n lower, S: n×n symmetric, P: n×n posdef, M: 3×4, Q: 3×3 symmetric, A: m×n,"
    " a: n, x: n, y: n, c: 1×1, p: n positive, p2: m nonneg, y2: m"
)
SAID = [
    ("sum(log(diag(L)))", ("diag(L) > 0",)),
    ("tr(1./X)", ("diag(X) ≠ 0",)),
    ("a'*diag(B + 1./X)", ("diag(X) ≠ 0",)),
    ("sum(diag(X.*B).^(-1))", ("diag(X) ≠ 0", "diag(B) ≠ 0")),
    ("sum(log(M)[2,:])", ("M[2,:] > 0",)),
    ("sum((1./M)[1:2,2])", ("M[1:2,2] ≠ 0",)),
    ("log(M)[2,3]", ("M[2,3] > 0",)),
    ("sum((a + log(x))[1])", ("x[1] > 0",)),
    ("norm2(x)^2/(sum(ones(n)) - 1)", ("n ≠ 1",)),
    ("norm2(x)^2/(2*sum(ones(n)) - 1)", ()),
    ("c/(1 + x'*x)", ()),
    ("1/(2 + sin(c))", ()),
    ("1/(1 - tanh(c)^2)", ()),
    ("1/(2 - sin(c))^3 + log(4 - cos(c)^2)", ()),
    ("1/exp(c) + sqrt(1 + c^4)", ()),
    ("1/(a'*a) + log(a'*a)", ("norm2(a) ≠ 0",)),
    ("sum(1./abs(x))", ("x ≠ 0",)),
    ("sum(1./(x.*y))", ("y ≠ 0", "x ≠ 0")),
    ("1/(c - 1)", ("c ≠ 1",)),
    ("1/(2*c - 6)", ("c ≠ 3",)),
    ("log(-c)", ("c < 0",)),
    ("log(c^3)", ("c > 0",)),
    ("sqrt(1 - c^2)", ("c between -1 and 1",)),
    ("1/sqrt(1 - c^2)", ("c strictly between -1 and 1",)),
    ("log(c) + 1/c + sqrt(c)", ("c > 0",)),
    ("log(log(c))", ("c > 1",)),
    ("sum(1./eigvals(S))", ("S invertible",)),
    ("sum(log(eigvals(S))) + sum(log(eigvals(P)))", ("S positive definite",)),
    ("1/det(X) + tr(inv(X))", ("X invertible",)),
    ("log(det(X)) + tr(inv(X))", ("det(X) > 0",)),
    ("tan(0.5*tanh(c))", ()),
    ("sum(log(p)) + logdet(P)", ()),
    ("eigvecs(Q)[:,3]'*Q*eigvecs(Q)[:,3]", ("eigenvalue 3 of Q simple",)),
    ("a'*eigvecs(S)*diag(exp(eigvals(S)))*eigvecs(S)'*a", ()),
    ("a'*eigvecs(S)*diag(x)*eigvecs(S)'*a", ("S with distinct eigenvalues",)),
    ("sum(eigvals(X))", ("X symmetric",)),
    ("norm2(A*x) + norm2(X'*X*x)^3", ()),
    ("sqrt(x'*A'*diag(p2)*A*x)", ()),
    ("sqrt(x'*X*P*X'*x)", ()),
    ("norm2(X'*diag(x)*x)", ()),
    ("sqrt(x'*X*P*X*x)", ("x'*X*P*X*x ≥ 0",)),
    ("sqrt(x'*X*X*x)", ("x'*X^2*x ≥ 0",)),
    ("sqrt(a'*X*X'*x)", ("a'*X*X'*x ≥ 0",)),
    ("sqrt(x'*A'*diag(y2)*A*x)", ("((A*x).*y2)'*A*x ≥ 0",)),
]


@pytest.mark.parametrize(("formula", "said"), SAID)
def test_conditions_read_as_a_person_says_them(formula: str, said: tuple[str, ...]) -> None:
    assert mc.conditions(mc.parse(formula, parse_where(WHERE))) == said


@pytest.mark.parametrize(
    ("formula", "text", "said"),
    [
        ("sum(log(diag(L)))", "diag(1./diag(L))", ("diag(L) ≠ 0",)),
        ("a'*log(diag(X))", "diag(a./diag(X))", ("diag(X) ≠ 0",)),
        ("sum(1./diag(X))", "-diag(1./diag(X).^2)", ("diag(X) ≠ 0",)),
        ("sum(sqrt(diag(X)))", "diag(0.5./sqrt(diag(X)))", ("diag(X) > 0",)),
        ("sum(diag(tanh(X)))", "diag(1 - tanh(diag(X)).^2)", ()),
        ("sum(diag(B.*log(X)))", "diag(diag(B)./diag(X))", ("diag(X) ≠ 0",)),
    ],
)
def test_gradients_by_the_diagonal(formula: str, text: str, said: tuple[str, ...]) -> None:
    v = parse_where(WHERE)
    f = mc.parse(formula, v)
    g = mc.gradient(f, v["L" if "(L)" in formula else "X"])
    assert (str(g), mc.conditions(g)) == (text, said)


# ---------------------------------------------------------------- eigenvalues that meet
FUNCTIONS_OF_A_NUMBER: list[tuple[str, Any, Any]] = [
    ("exp(eigvals(A))", np.exp, np.exp),
    ("eigvals(A).^3", lambda t: t**3, lambda t: 3 * t**2),
    ("1./(1 + eigvals(A).^2)", lambda t: 1 / (1 + t**2), lambda t: -2 * t / (1 + t**2) ** 2),
    ("sqrt(5 + eigvals(A))", lambda t: np.sqrt(5 + t), lambda t: 0.5 / np.sqrt(5 + t)),
    ("eigvals(A)", lambda t: t, np.ones_like),
    ("tanh(2*eigvals(A)) + eigvals(A)", lambda t: np.tanh(2 * t) + t, lambda t: 3 - 2 * np.tanh(2 * t) ** 2),
    ("log(1 + exp(eigvals(A)))", lambda t: np.log1p(np.exp(t)), lambda t: 1 / (1 + np.exp(-t))),
    ("eigvals(A).*exp(-eigvals(A))", lambda t: t * np.exp(-t), lambda t: (1 - t) * np.exp(-t)),
]
TURNED = np.linalg.qr(np.arange(9.0).reshape(3, 3) + np.diag([5.0, -2.0, 1.0]))[0]
POINTS = [TIE, np.eye(3), np.zeros((3, 3)), np.diag([1.0, 1.0 + 1e-9, 3.0]), np.diag([1.0, 2.0, 4.0]),
          TURNED @ np.diag([2.0, 2.0, -1.0]) @ TURNED.T]  # fmt: skip


def krein(a: np.ndarray, g: np.ndarray, f: Any, slope: Any) -> np.ndarray:
    """The gradient of tr(g'*f(A)), for symmetric changes of A."""
    l, v = np.linalg.eigh(a)
    gaps = l[:, None] - l
    meet = np.abs(gaps) < 1e-7
    d = np.where(meet, slope((l[:, None] + l) / 2), (f(l)[:, None] - f(l)) / np.where(meet, 1, gaps))
    return v @ (d * (v.T @ (g + g.T) @ v / 2)) @ v.T


@pytest.mark.parametrize("at", POINTS, ids=["tie", "eye", "zero", "near", "apart", "turned"])
@pytest.mark.parametrize("values", FUNCTIONS_OF_A_NUMBER, ids=[text for text, *_ in FUNCTIONS_OF_A_NUMBER])
@pytest.mark.quick_part(5)
def test_functions_of_a_matrix_are_differentiable_where_eigenvalues_meet(values: Any, at: np.ndarray) -> None:
    text, f, slope = values
    v = parse_where("A: n×n symmetric, b: n, C: n×n")
    b, c = np.array([1.0, 2.0, 3.0]), np.arange(9.0).reshape(3, 3)
    of_a = f"(eigvecs(A)*diag({text})*eigvecs(A)')"
    for formula, g in ((f"b'*{of_a}*b", np.outer(b, b)), (f"sum(C.*{of_a})", c)):
        d = mc.gradient(mc.parse(formula, v), v["A"])
        assert not any("eigenvalue" in condition for condition in mc.conditions(d))
        point = {"A": at, "b": b, "C": c}
        np.testing.assert_allclose(mc.evaluate(d, point), krein(at, g, f, slope), rtol=1e-7, atol=1e-8)
        for style in ("readable", "fast"):
            code = mc.emit(d, style=style)
            value = code.compile()(*(point[name] for name in code.variables))
            np.testing.assert_allclose(value, krein(at, g, f, slope), rtol=1e-7, atol=1e-8)
        stacked = mc.emit(d, batch=True)
        value = stacked.compile()(*(np.stack([point[name]] * 2) for name in stacked.variables))
        np.testing.assert_allclose(value[1], krein(at, g, f, slope), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("formula", "gap"),
    [
        ("eigvecs(A)[:,3]'*b", ""),
        ("(b'*eigvecs(A)[:,3])^2", ""),
        ("eigvecs(A)[:,2]'*b", "eigenvalues 1 and 2 are equal"),
        ("eigvals(A)[1]", "eigenvalues 1 and 2 are equal"),
        ("eigvals(A)[3]^2", ""),
        ("b'*eigvecs(A)*diag(b)*eigvecs(A)'*b", "eigenvalues 1 and 2 are equal"),
        ("sum(exp(eigvals(A)))", ""),
        ("logsumexp(eigvals(A))", ""),
        ("eigvals(A)[3] - eigvals(A)[1]", "eigenvalues 1 and 2 are equal"),
        ("b'*eigvecs(A)[:,3:3]*eigvecs(A)[:,3:3]'*b", ""),
        ("norm2(eigvecs(A)*diag(exp(eigvals(A)))*eigvecs(A)' - b*b')^2", ""),
        ("b'*eigvecs(A)*diag(softmax(eigvals(A)))*eigvecs(A)'*b", ""),
    ],
)
def test_only_gaps_that_divide_are_refused(formula: str, gap: str) -> None:
    v = parse_where("A: 3×3 symmetric, b: 3")
    f = mc.parse(formula, v)
    d = mc.gradient(f, v["A"])
    point = {"A": TIE, "b": np.array([1.0, 2.0, 3.0])}
    if gap:
        with pytest.raises(mc.EvaluationError, match=gap):
            mc.evaluate(d, point)
        return
    value = mc.evaluate(d, point)
    step = 1e-5 * np.array([[0.0, 1.0, 2.0], [1.0, 3.0, -1.0], [2.0, -1.0, 1.0]])
    moved = [mc.evaluate(f, {**point, "A": TIE + sign * step}) for sign in (1, -1)]
    np.testing.assert_allclose(np.sum(value * step), (moved[0] - moved[1]) / 2, rtol=1e-6, atol=1e-12)
