"""Formulas in index notation as people write them: value and derivative at two points, and what is refused.

The cases come with independently computed values; the tables say what a text means in matrix notation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

DATA = Path(__file__).parent / "data" / "written_index.jsonl"
CASES = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
NAMES = parse_where(
    "A: m×n, B: n×p, C: m×n, Y: n×n, x: n positive, w: n positive, y: m, b: m, c: scalar, p: n positive, "
    "q: n positive, u: 3, v: 3, S: K of n×n posdef"
)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_cases(case: dict[str, Any]) -> None:
    declared = {name: mc.variable(name, *spec[:2], *spec[2:]) for name, spec in case["declared"].items()}
    if case["ambiguous"]:
        with pytest.raises(mc.MatcalcError):
            mc.parse(case["input"], declared, notation="index", families=case["families"])
        return
    f = mc.parse(case["input"], declared, notation="index", families=case["families"])
    by = declared[case["wrt"]]
    slope = mc.gradient(f, by) if "gradient" in case["points"][0] else mc.jacobian(f, by)
    for point in case["points"]:
        env = {name: np.asarray(value, dtype=float) for name, value in point["env"].items()}
        sizes = {
            name: size
            for name, size in point["dims"].items()
            if name in {str(s) for v in declared.values() for d in v.shape for s in d.symbols}
        }
        _close(mc.evaluate(f, env, sizes), point["value"])
        _close(mc.evaluate(slope, env, sizes), point.get("gradient", point.get("jacobian")))


def _close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.squeeze(got), np.squeeze(np.asarray(want, dtype=float)), rtol=1e-8, atol=1e-9)


MEANT = [
    ("C_ik = A_ij B_jk", "A*B"), ("C_ki = A_ij B_jk", "(A*B)'"), ("A_ij B_jk", "A*B"), ("f = A_ij C_ij", "tr(A'*C)"),
    ("y_j = A_ij y_i", "A'*y"), ("z_i = x_i w_i", "x.*w"), ("z_i = x_i^2", "x.^2"), ("sum_i x_i^2", "x'*x"),
    ("x_i Y_ij w_j", "x'*Y*w"), ("f = Y_ij Y_ji", "tr(Y*Y)"), ("G_kl = A_ik A_il", "A'*A"), ("A[i,j] x[j]", "A*x"),
    ("A_{i,j} x_{j}", "A*x"), ("Aᵢⱼ xⱼ", "A*x"), ("Σ_i xᵢ²", "x'*x"), ("B_ij = A_ji", "A'"), ("A_ij", "A"),
    ("sum_{i=1}^{n-1} (x[i+1] - x[i])^2", "norm2(diff(x))^2"), ("sum_{i=2}^n (x_i - x_{i-1})^2", "norm2(diff(x))^2"),
    ("sum_{i=1}^2 x_i", "sum(x[1:2])"), ("c_i = eps_ijk u_j v_k", "cross(u, v)"), ("delta_ij x_j", "x"),
    ("T_ij = x_i x_j - 1/3 delta_ij x_k x_k", "x*x' - x'*x*eye(n)/3"), ("(A w)_i b_i", "b'*A*w"),
    ("sum_i (b_i - A_ij w_j)^2", "norm2(b - A*w)^2"), ("sum_i log(1 + exp(-b_i A_ij w_j))", "sum(softplus(-b.*(A*w)))"),
    ("y_i = sum_{j != i} Y_ij x_j", "Y*x - diag(diag(Y))*x"), ("y_i = sum_{j=1}^i x_j", "cumsum(x)"),
    ("sum_{i<=j} Y_ij", "sum(triu(Y))"), ("sum_{i>j} Y_ij", "sum(stril(Y))"), ("1 - x_i", "1 - x"),
    ("sum_{i=1}^{n-1} sum_{j=i+1}^n Y_ij", "sum(striu(Y))"), ("A^{-1}_{ij}", None), ("Y^{-1}_{ij} x_j", "inv(Y)*x"),
    ("(sum_i x_i)(sum_i w_i)", "sum(x)*sum(w)"), ("C_ij = x_i + w_j", "x*ones(n)' + ones(n)*w'"),
    ("A_1j x_j", "A[1,:]*x"),
    ("L(w) = sum_{i=1}^m (b_i - A_ij w_j)^2 + c w_j w_j", "norm2(b - A*w)^2 + c*w'*w"), ("max_i x_i", "max(x)"),
    ("H = -p_i log q_i", "-p'*log(q)"), ("sum_i e^{-x_i}", "sum(exp(-x))"), ("sigma(x_i)", "sigmoid(x)"),
    ("||A x - b||^2", "norm2(A*x - b)^2"), ("1/m sum_{i=1}^m b_i", "sum(b)/m"), ("y_i = sum_k x'*S[k]*x w_i", None),
    ("sum_k x'*S_k*x", "sum_{k} x'*S[k]*x"), ("[A[i,k]*B[k,j] | j; i]", "(A*B)'"), ("y[1,i] = A[i,j]*x[j]", "(A*x)'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), [row for row in MEANT if row[1]])
def test_what_is_meant(text: str, meaning: str) -> None:
    got, want = mc.parse(text, NAMES, notation="index"), mc.parse(meaning, NAMES)
    assert got.shape == want.shape
    assert mc.equal(got, want).status == "correct", str(got)


TWO_READINGS = [
    ("x_i^2", "stands in a power"), ("p_i/q_i", "power or a quotient"), ("p_i log(p_i/q_i)", "power or a quotient"),
    ("sum_i A_ij C_ij", "beside a sum sign"), ("sum_i x_i + w_i", "outside of the sum"), ("x_i sum_i w_i", "is summed"),
    ("x_i x_i x_i", "3 times"), ("x_i Y_ii", "3 times"), ("f = x_i", "is free"), ("y = A_ij x_j", "is free"),
    ("A_ij B_ij", "runs over"), ("x_i + w_j", "different free indices"), ("sum_i (x[i+1] - x[i])^2", "run over"),
    ("z_ij = Y_ij^{-1}", "entry of the inverse"), ("A_i", "takes 2 indices"), ("c_i", "is a scalar"),
    ("x_n", "what is n here"),
    ("prod_i x_i * c", "reach"), ("y_i = sum_i x_i", "bound already"), ("sum_i x_i * sum_i w_i", "bound already"),
    ("Q_ij x_j", "not declared"), ("Ax", "A\\*x"), ("||A||", "Frobenius or spectral"), ("|x|", "bars"),
    ("sum(x_i)", "over which index"), ("softmax(x_i)", "over which index"), ("sum_{i=1}^m x_i", "runs"),
    ("c/c x_i", "two ways"), ("log x_i w_i", "how far"), ("delta_ij", "not known"), ("A_ij x_j + b", "entries"),
    ("y_i = A_jk x_k", "free"), ("sum_{i=1}^{n+1} x_i", "runs from"), ("sum_i i x_i", "no number"),
    ("(((", "too early"),
    ("y_i = A_ijj", "takes 2"), ("sum_i x_i w", "without its index"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), TWO_READINGS)
def test_what_is_not_sure_is_refused(text: str, message: str) -> None:
    with pytest.raises(mc.MatcalcError, match=message) as told:
        mc.parse(text, NAMES, notation="index")
    assert "^" in str(told.value)  # its place is shown


def test_shapes_follow_from_use() -> None:
    f = mc.parse("sum_i (y_i - sum_j X_ij w_j)^2", notation="index")
    assert str(f) == "norm2(y - X*w)^2"
    assert str(mc.parse("w_0 + w_j x_j", notation="index")) == "w'*x + w_0"
