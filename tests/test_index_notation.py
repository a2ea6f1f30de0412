"""Index notation is exact: what ``to_index`` writes, ``parse(…, notation="index")`` reads as an equal formula."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

NAMES = parse_where("A: m×n, B: n×p, X: m×n, Y: n×n, x: n, y: m, r: 1×n, c: scalar")

FORMULAS = [
    "A*x", "x'*Y*x", "A*B", "A'", "r", "c*x", "norm2(A*x - y)^2", "A.*X", "diag(x)", "eye(n)", "ones(m,n) + A",
    "x*x'/norm2(x)^3", "exp(A*x)./(1 + x'*x)", "kron(A, x)", "vec(A)", "vec(A)'", "inv(Y)*x", "tr(Y)*eye(n)",
    "zeros(m,n)", "A*diag(x) - 2*A", "(x'*x)^(1/2)", "softmax(A*x)", "sum(A)", "2", "n*x",
]  # fmt: skip
DERIVATIVES = [("X*Y", "X"), ("X'*X", "X"), ("inv(Y)", "Y"), ("x.*(Y*x)", "x"), ("kron(X, x)", "X"), ("expm(Y)*x", "Y")]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_read_back(formula: str) -> None:
    f = mc.parse(formula, NAMES)
    again = mc.parse(mc.to_index(f), NAMES, notation="index")
    assert again.shape == f.shape
    assert mc.equal(f, again).status == "correct", mc.to_index(f)


@pytest.mark.parametrize(("formula", "by"), DERIVATIVES)
def test_derivatives_are_read_back(formula: str, by: str) -> None:
    d = mc.jacobian(mc.parse(formula, NAMES), NAMES[by])
    assert mc.equal(d, mc.parse(mc.to_index(d), NAMES, notation="index")).status == "correct", mc.to_index(d)


TEXTS = [
    ("A*x", "y[i] = sum_{j} A[i,j]*x[j]"),
    ("x'*A'", "y[1,i] = sum_{j} A[i,j]*x[j]"),
    ("diag(x)", "y[i,j] = x[i]*delta[i,j]"),
    ("eye(n)", "y[i,j] = delta[i,j]  for i = 1..n"),
    ("kron(A, x)", "y[i*j,k] = A[i,k]*x[j]"),
    ("vec(A)", "y[i*j] = A[j,i]"),
    ("x'*x", "y = sum_{i} x[i]^2"),
]


@pytest.mark.parametrize(("formula", "text"), TEXTS)
def test_how_it_is_written(formula: str, text: str) -> None:
    assert mc.to_index(mc.parse(formula, NAMES)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A_ij =", "index notation reads"),
        ("y[i,j] = delta[i,j]", "the range of an index is not known"),
        ("y[i] = A[i,j]*x[j]  for i in 1", "a range of an index reads"),
        ("y[i] = A[i]", "takes 2 indices"),
        ("y[i] = ", "index notation reads"),
    ],
)
def test_bad_texts_are_told_in_words(text: str, message: str) -> None:
    with pytest.raises(mc.MatcalcError, match=message):
        mc.parse(text, NAMES, notation="index")


def test_an_unknown_notation_is_told() -> None:
    with pytest.raises(mc.ParseError, match="unknown notation"):
        mc.parse("x", NAMES, notation="tensor")
