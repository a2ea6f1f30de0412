"""Identities between functions of matrices: their values, and the derivatives that are short because of them.

A formula is evaluated whole, where identities apply, and in steps, where each function is a matrix of numbers when the
next formula is made: no identity can apply across steps. Samples do not commute, and are symmetric only where declared.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where
from tests.numerics import STEP, WEIGHTS, Values, assert_close, at_random, named, quotients, sample, value, vec

STEPS = {
    "L": "cholesky(X)",
    "M": "inv(L)",
    "J": "inv(X)",
    "S": "sqrtm(X)",
    "T": "inv(S)",
    "G": "X'*X",
    "H": "inv(G)",
    "P": "pinv(X)",
    "E": "expm(X)",
    "F": "expm(-X)",
    "D": "diag(L)",
    "O": "x*z'",
    "Q": "eye(n) + 2*O",
    "R": "s*eye(n) - c*O",
    "N": "inv(R)",
}


class Row(NamedTuple):
    formula: str
    where: str
    kind: str = ""
    by: str = ""
    text: str = ""


POSDEF = "X: n×n posdef, A: n×n, a: n, b: n, V: n×n symmetric"
SQUARE = "X: n×n, A: n×n, a: n, b: n, V: n×n, Y: n×n"
TALL = "X: p×n, A: p×p, B: n×n, y: p, V: p×n, W: p×p symmetric"

OUTER = "A: n×n, x: n, z: n, c: 1×1, s: 1×1"

VALUES = [
    # ---- Cholesky factors
    Row("A*L*L'*A", POSDEF),
    Row("L'*A*L", POSDEF),
    Row("L*L*A", POSDEF),
    Row("L*A*L'", POSDEF),
    Row("M'*M*A", POSDEF),
    Row("M*M'", POSDEF),
    Row("a'*M'*M*b", POSDEF),
    Row("norm2(L)^2", POSDEF),
    Row("rowsum(L.*L)", POSDEF),
    Row("colsum(L.*L)", POSDEF),
    Row("sum(log(D))", POSDEF),
    Row("sum(log(D.^3))", POSDEF),
    Row("sum(a.*log(D))", POSDEF),
    Row("det(L)^2 + logdet(L)", POSDEF),
    # ---- square roots
    Row("S*S*A", SQUARE),
    Row("S'*S*A", SQUARE),
    Row("tr(S*A*S)", SQUARE),
    Row("T*T*A*T'*T'", SQUARE),
    Row("norm2(S)^2", SQUARE),
    Row("norm2(S)^2 + tr(S*S)", POSDEF),
    Row("det(S) + logdet(S)", SQUARE),
    # ---- exponentials
    Row("E*F*A + F*E", SQUARE),
    Row("E'*F*A", SQUARE),
    Row("inv(E)*A", SQUARE),
    # ---- products with their inverses
    Row("H*X'*X", TALL),
    Row("X*H*X'*X*B", TALL),
    Row("X'*X*B*H", TALL),
    Row("tr(H*X'*X)", TALL),
    Row("X*X'*X*H", TALL),
    # ---- pseudoinverses
    Row("X*P*X*B", TALL),
    Row("P*X*P", TALL),
    Row("X*P*P'", TALL),
    Row("P'*P*X", TALL),
    Row("X'*X*P", TALL),
    Row("P*X*X'", TALL),
    Row("P*P'*P*X", TALL),
    Row("X*P*A - A*P'*X'", TALL),
    Row("A*X*P*A*X*P*y", TALL),
    Row("X*P*A*X*P + P'*X'*A", TALL),
    Row("(eye(p) - X*P)*X", TALL),
    Row("(A - X*P)*P'", TALL),
    Row("X'*(y - X*P*y)", TALL),
    Row("A + (eye(p) - 2*X*P)*A", TALL),
    Row("tr(X*P)", TALL),
    Row("pinv(P)", TALL),
    # ---- the identity plus an outer product
    Row("det(Q)", OUTER),
    Row("logdet(Q)", OUTER),
    Row("det(R)", OUTER),
    Row("A*N*x", OUTER),
    Row("N'*x + N*z", OUTER),
    Row("A*N'*z*x'*N", OUTER),
    Row("z'*N*A*N*x", OUTER),
    Row("z'*N*N*x", OUTER),
    # ---- terms and their transposes beside a symmetric matrix
    Row("tr(W*(A + A'))", TALL),
    Row("y'*(A + A' + W)*y", TALL),
    Row("tr(A*(W*A + A'*W))", TALL),
    Row("tr(G*(B - B'))", TALL),
]

# What stands on the diagonal of a matrix is no product with it: X[i,i]*P[i,j] is not in X*P.
DIAGONALS = [
    "diag(X)'*{}",
    "diag({})'*X",
    "diag({0})'*{0}",
    "diag({0})'*{0}'*X",
    "diag(X)'*{}*X",
    "({}.*X)*a",
    "diag({0}*A*{0})'*X",
]
VALUES += [Row(form.format(name), where) for where in (POSDEF, SQUARE) for name in "JLMSTPEF" for form in DIAGONALS]

DERIVATIVES = [
    Row("tr(L*L')", POSDEF, "gradient", "X", "eye(n)"),
    Row("norm2(L)^2", POSDEF, "gradient", "X", "eye(n)"),
    Row("tr(A*L*L')", POSDEF, "gradient", "X", "0.5*(A + A')"),
    Row("sum(log(D))", POSDEF, "gradient", "X", "0.5*inv(X)"),
    Row("2*sum(log(D)) + a'*M'*M*a", POSDEF, "gradient", "X", "inv(X) - inv(X)*a*a'*inv(X)"),
    Row("log(det(L))", POSDEF, "gradient", "X", "0.5*inv(X)"),
    Row("det(L)^2", POSDEF, "gradient", "X", "det(X)*inv(X)"),
    Row("norm2(solve(L, b))^2", POSDEF, "gradient", "X", "-inv(X)*b*b'*inv(X)"),
    Row("tr(S*S*A)", SQUARE, "gradient", "X", "A'"),
    Row("logdet(S)", SQUARE, "gradient", "X", "0.5*inv(X)'"),
    Row("tr(T)", SQUARE, "gradient", "X", "-0.5*inv(sqrtm(X))'*inv(X)'"),
    Row(
        "norm2(S - V)^2", POSDEF, "gradient", "X", "eye(n) - 2*unvec(sylvester(sqrtm(X), sqrtm(X))'*vec(V), ones(n,n))"
    ),
    Row("a'*S*b", SQUARE, "gradient", "X", "unvec(sylvester(sqrtm(X), sqrtm(X))'*vec(a*b'), ones(n,n))"),
    Row("a'*E*b", SQUARE, "gradient", "X", "unvec(dexpm(X)'*vec(a*b'), ones(n,n))"),
    Row("tr(E*F*A)", SQUARE, "gradient", "X", "zeros(n,n)"),
    Row("logdet(X'*X)", TALL, "jvp", "X", "2*tr(X'*V*inv(X'*X))"),
    Row("pinv(P)", TALL, "jacobian", "X", "eye(n*p)"),
    Row("X*P*X", TALL, "jacobian", "X", "eye(n*p)"),
    Row("pinv(X)", "X: n×n invertible, V: n×n", "jvp", "X", "-inv(X)*V*inv(X)"),
    Row("X*P*y", TALL, "jvp", "X", "((V - X*pinv(X)*V)*pinv(X) + pinv(X)'*V'*(eye(p) - X*pinv(X)))*y"),
    Row("tr(X*P*W)", TALL, "gradient", "X", "2*(W - X*pinv(X)*W)*pinv(X)'"),
    Row("norm2(y - X*P*y)^2", TALL, "gradient", "X", "2*(X*pinv(X)*y - y)*y'*pinv(X)'"),
    Row("y'*(eye(p) - X*P)*y", TALL, "gradient", "X", "2*(X*pinv(X)*y - y)*y'*pinv(X)'"),
    Row("norm2(X*H*X'*y - y)^2", TALL, "gradient", "X", "2*(X*inv(X'*X)*X'*y - y)*y'*X*inv(X'*X)"),
]


def ids(rows: list[Row]) -> list[str]:
    return [f"{row.kind} {row.formula} where {row.where.split(',')[0]}".strip() for row in rows]


def steps(row: Row) -> dict[str, str]:
    """The functions that a formula names, each after those that it needs."""
    declared = parse_where(row.where)
    found: dict[str, str] = {}
    wanted = re.findall(r"\w+", row.formula)
    while wanted:
        name = wanted.pop()
        if name in STEPS and name not in declared and name not in found:
            found[name] = STEPS[name]
            wanted += re.findall(r"\w+", STEPS[name])
    return {name: text for name, text in STEPS.items() if name in found}


def whole(row: Row) -> mc.Expr:
    text = row.formula
    for name, step in reversed(steps(row).items()):
        text = re.sub(rf"\b{name}\b", f"({step})", text)
    return mc.parse(text, parse_where(row.where))


def in_steps(row: Row, values: Values) -> np.ndarray:
    """The value where each function is numbers when the next is taken."""
    known = dict(parse_where(row.where))
    values = dict(values)
    for name, text in steps(row).items():
        step = mc.parse(text, known)
        values[name] = value(step, values)
        known[name] = mc.variable(name, *step.shape)
    f = mc.parse(row.formula, known)
    return value(f, {name: values[name] for name in named(f)})


def points(row: Row) -> list[Values]:
    """Two points, and for pseudoinverses one where the rank is not full."""
    formula = whole(row)
    declared = list(parse_where(row.where).values())
    found = [at_random(formula, *declared, seed=seed, domain="posdef") for seed in (1, 2)]
    if "P" in steps(row) and row.where == TALL and not row.kind:
        rng = np.random.default_rng(3)
        found.append({**found[0], "X": sample(rng, 4, 2) @ sample(rng, 2, 3)})
    return found


@pytest.mark.parametrize("row", VALUES, ids=ids(VALUES))
@pytest.mark.quick_part(4)
def test_the_whole_is_worth_its_steps(row: Row) -> None:
    formula = whole(row)
    for point in points(row):
        got = value(formula, {name: point[name] for name in named(formula)})
        assert_close(got, in_steps(row, point), 1e-8, row.formula)


@pytest.mark.parametrize("row", DERIVATIVES, ids=ids(DERIVATIVES))
def test_derivatives(row: Row) -> None:
    f, variables = whole(row), parse_where(row.where)
    x = variables[row.by]
    along = variables["V"]
    derivative = mc.jvp(f, x, along) if row.kind == "jvp" else getattr(mc, row.kind)(f, x)
    assert str(derivative) == row.text
    for point in points(row):
        moved = (
            weight * in_steps(row, {**point, row.by: point[row.by] + k * STEP * point["V"]}) for k, weight in WEIGHTS
        )
        got = value(derivative, {name: point[name] for name in named(derivative)})
        if row.kind == "gradient":
            got = np.sum(got * point["V"]).reshape(1, 1)
        want = sum(moved) / STEP
        assert_close(got @ vec(point["V"]) if row.kind == "jacobian" else got, _like(want, row), 1e-6, row.text)


def _like(array: np.ndarray, row: Row) -> np.ndarray:
    return vec(array) if row.kind == "jacobian" else array


@pytest.mark.parametrize(
    "formula", ["sum(log(diag(cholesky(X))))", "tr(A*cholesky(X)*cholesky(X)')", "det(cholesky(X))"]
)
def test_derivatives_along_the_symmetric_part(formula: str) -> None:
    """A Cholesky factor has a derivative by each entry of X: half of it is that by the entry's mirror image."""
    f = mc.parse(formula, parse_where(POSDEF))
    names = {**named(f), "V": mc.matrix("V", "n", "n")}
    jvp = mc.jvp(f, names["X"], names["V"])
    point = at_random(f, names["V"], seed=1, domain="posdef")
    turned = {**point, "V": point["V"].T}
    assert_close(value(jvp, point), value(jvp, turned), 1e-9, str(jvp))


@pytest.mark.parametrize("formula", ["tr(A*X*pinv(X))", "norm2(pinv(X)*y)^2", "norm2(X*inv(X'*X)*X'*y - y)^2"])
def test_hessians_of_projections(formula: str) -> None:
    """Many terms with projections meet here: each is tried once."""
    f = mc.parse(formula, parse_where(TALL))
    x = named(f)["X"]
    point = at_random(f, seed=1, domain="posdef")
    assert_close(value(mc.hessian(f, x), point), quotients(mc.gradient(f, x), x, point), 1e-6, formula)


@pytest.mark.parametrize("formula", ["W", "W + A*W*A'", "A + A'", "A*A'", "W*A*W*A'*W", "inv(W)", "W.^2", "exp(W)"])
def test_what_is_symmetric_is_its_own_transpose(formula: str) -> None:
    f = mc.parse(formula, parse_where("W: n×n symmetric, A: n×n"))
    assert lower(f.T).node is lower(f).node
    assert lower(f - f.T).node is lower(mc.zeros("n", "n")).node
