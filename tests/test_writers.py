"""Formulas in MATLAB, Julia and Mathematica: a table of texts; what a language has no form for is told."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from matcalc.writers import WRITERS, write
from tests.test_corpus import CASES, declared

NAMES = parse_where("A: m×n, B: m×n, Y: n×n, S: n×n posdef, x: n, b: m, c: scalar, w_0: scalar, r: 1×n, D: n×n, λ: n")

ROWS = [  # a formula, and how it is written in MATLAB, in Julia and in Mathematica
    ("2*A'*(A*x - b)", "2*A'*(A*x - b)", "2 * A' * (A * x - b)", "(2*Transpose[A]).(A.x - b)"),
    ("x'*Y*x", "x'*Y*x", "only(x' * Y * x)", "(x.Y).x"),
    ("x'*x", "x'*x", "dot(x, x)", "x.x"),
    ("norm2(A*x - b)^2/2", "norm(A*x - b)^2/2", "norm(A * x - b)^2 / 2", "Norm[A.x - b]^2/2"),
    ("norm2(A)", "norm(A, 'fro')", "norm(A)", 'Norm[A, "Frobenius"]'),
    ("A.*B./(1 + A.^2)", "A.*B./(1 + A.^2)", "A .* B ./ (1 .+ A .^ 2)", "A*B/(1 + A^2)"),
    ("exp(A*x)", "exp(A*x)", "exp.(A * x)", "Exp[A.x]"),
    ("expm(Y)", "expm(Y)", "exp(Y)", "MatrixExp[Y]"),
    ("inv(S)*x", "inv(S)*x", "inv(S) * x", "Inverse[S].x"),
    ("logdet(S)", "log(det(S))", "logdet(S)", "Log[Det[S]]"),
    ("diag(x)*A'", "diag(x)*A'", "Diagonal(x) * A'", "DiagonalMatrix[x].Transpose[A]"),
    ("diag(Y)", "diag(Y)", "diag(Y)", "Diagonal[Y]"),
    ("x*x'", "x*x'", "x * x'", "Outer[Times, x, x]"),
    ("sum(A)/m", "sum(A, 'all')/size(A,1)", "sum(A) / size(A,1)", "Total[A, 2]/Length[A]"),
    ("rowsum(A)", "sum(A, 2)", "vec(sum(A, dims=2))", "Total[A, {2}]"),
    ("relu(x - 1)", "max(x - 1, 0)", "max.(x .- 1, 0)", "Ramp[x - 1]"),
    ("sigmoid(c)", "1./(1 + exp(-c))", "1 / (1 + exp(-c))", "LogisticSigmoid[c]"),
    ("softmax(x)", "exp(x - max(x))/sum(exp(x - max(x)))", "exp.(x .- maximum(x)) / sum(exp.(x .- maximum(x)))",
     "Exp[x - Max[x]]/Total[Exp[x - Max[x]]]"),
    ("Y^2*x", "Y^2*x", "Y^2 * x", "MatrixPower[Y, 2].x"),
    ("eye(n) + x*x'", "eye(size(x,1)) + x*x'", "Matrix(1.0I, length(x), length(x)) + x * x'",
     "IdentityMatrix[Length[x]] + Outer[Times, x, x]"),
    ("A[1,:]*x", "A(1,:)*x", "only(A[1, :]' * x)", "A[[1, All]].x"),
    ("A[:,1:2]", "A(:,1:2)", "A[:, 1:2]", "A[[All, 1;;2]]"),
    ("[Y, x; x', c]", "[Y, x; x', c]", "[Y x; (x') c]", "ArrayFlatten[{{Y, List /@ (x)}, {{x}, {{c}}}}]"),
    ("[x; b]", "[x; b]", "[x; b]", "Join[x, b]"),
    ("w_0 + 1/3", "w_0 + 1/3", "w_0 + 1 / 3", "w$0 + 1/3"),
    ("D*λ", "D*lambda", "D * λ", "D$.lambda"),
    ("solve(Y, x)", "(Y\\x)", "(Y \\ x)", "LinearSolve[Y, x]"),
    ("kron(A, Y)", "kron(A, Y)", "kron(A, Y)", "KroneckerProduct[A, Y]"),
    ("2./x - x.^c", "2./x - x.^c", "2 ./ x - x .^ c", "2/x - x^c"),
    ("-(x'*x)^(-2)", "-(x'*x)^(-2)", "-dot(x, x)^(-2)", "-(x.x)^(-2)"),
    ("where(c > 0, c, 2)", None, "ifelse((c > 0), c, 2)", "If[(c > 0), c, 2]"),
    ("K(m,n)", None, None, None),
    ("kron(x, b)", "kron(x, b)", "kron(x, b)", None),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_how_formulas_are_written(row: tuple[str, str | None, str | None, str | None]) -> None:
    formula = mc.parse(row[0], NAMES)
    for language, text in zip(("matlab", "julia", "mathematica"), row[1:], strict=True):
        if text is None:
            with pytest.raises(mc.MatcalcError, match="has no built-in form"):
                write(formula, language)
        else:
            assert write(formula, language) == text


@pytest.mark.parametrize("notation", WRITERS)
def test_each_writer_writes_the_corpus_or_says_why_not(notation: str) -> None:
    for case in CASES[::9]:
        try:
            assert write(mc.parse(case["expr"], declared(case)), notation)
        except mc.MatcalcError as error:
            assert "has no" in str(error), str(error)


def test_an_unknown_notation_is_told() -> None:
    with pytest.raises(mc.MatcalcError, match="known: text"):
        write(mc.parse("x"), "fortran")
