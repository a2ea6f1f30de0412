"""Formulas as people type them: what is read, what is said to be read, and what is asked."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path

import numpy as np
import pytest

import matcalc as mc
from matcalc.commands.questions import where
from matcalc.errors import MatcalcError
from matcalc.functions import FUNCTIONS
from matcalc.notation.declarations import parse_where
from matcalc.notation.infer import Inference
from matcalc.notation.inferred import with_inferred
from matcalc.notation.parse import Names, _as_declared
from matcalc.notation.syntax import Source, Syntax
from matcalc.parts import variables
from matcalc.reading import parse_with_names
from matcalc.walk import postorder

NAMES = {
    "c": mc.scalar("c"),
    "p": mc.scalar("p"),
    "x": mc.vector("x", "n"),
    "y": mc.vector("y", "n"),
    "z": mc.vector("z", "k"),
    "h": mc.matrix("h", 1, "n"),
    "X": mc.matrix("X", "m", "n"),
    "M": mc.matrix("M", "n", "n"),
}

SIGNS = [  # kind, value, operands, what it is, or a part of the question
    ("bars", None, "c", "abs(c)"),
    ("bars", None, "M", "det(M)"),
    ("bars", None, "x", "bars around a column could mean two things"),
    ("bars", None, "h", "bars around a row could mean two things"),
    ("bars", None, "X", "which only a square one has"),
    ("norm", None, "c", "abs(c)"),
    ("norm", None, "x", "norm2(x)"),
    ("norm", None, "h", "norm2(h)"),
    ("norm", None, "X", "Frobenius or spectral"),
    ("norm", "2", "x", "norm2(x)"),
    ("norm", "2", "X", "spectralnorm(X)"),
    ("norm", "F", "X", "norm2(X)"),
    ("norm", "*", "X", "nuclearnorm(X)"),
    ("norm", "*", "x", "no norm with the subscript *"),
    ("norm", "1", "x", "norm1(x)"),
    ("norm", "1", "X", "of the entries, or the largest sum of a column"),
    ("norm", "inf", "x", "norminf(x)"),
    ("norm", "inf", "X", "of the entries, or the largest sum of a row"),
    ("norm", "by", "x p", "norm_p(x, p)"),
    ("norm", "by", "x M", "sqrt(x'*M*x)"),
    ("norm", "by", "z M", "by a scalar, or of a column by a square matrix"),
    ("dot", None, "x y", "x'*y"),
    ("dot", None, "M y", "M*y"),
    ("dot", None, "c y", "c*y"),
    ("dot", None, "x z", "the columns differ in size"),
    ("exponential", None, "c", "exp(c)"),
    ("exponential", None, "x", "exp(x)"),
    ("exponential", None, "M", "e to the power of a matrix could mean two things"),
]


@pytest.mark.parametrize(("kind", "value", "operands", "wanted"), SIGNS)
def test_signs_mean_what_the_shapes_of_their_operands_say(kind, value, operands, wanted):
    leaves = tuple(Syntax("name", name, (), (2 * k, 2 * k + 1)) for k, name in enumerate(operands.split()))
    body = Syntax(kind, value, leaves, (0, len(operands)))
    source = Source(operands, body, (), tuple(postorder(body)))
    plain = _as_declared(source, NAMES, {})
    try:
        inferred = str(with_inferred(source, NAMES, {})[0])
    except MatcalcError as error:
        assert plain is None
        inferred = str(error)
    else:
        assert str(plain) == inferred == wanted
    assert wanted in inferred


def test_norms_of_undeclared_names_are_rather_of_columns():
    y, x, beta = (Syntax("name", name, (), (0, 1)) for name in ("Y", "X", "beta"))
    body = Syntax("norm", None, (Syntax("sub", None, (y, Syntax("mul", None, (x, beta), (0, 1))), (0, 1)),), (0, 1))
    found = Inference(Source("?", body, (), ()), {})
    assert {name: str(shape) for name, shape in found.undeclared().items()} == {"Y": "n×1", "X": "n×m", "beta": "m×1"}


# ---------------------------------------------------------------- formulas as papers, threads and notebooks have them
CASES = [json.loads(line) for line in (Path(__file__).parent / "data" / "typed.jsonl").read_text("utf-8").splitlines()]


def declared_of(case):
    where = (f"{name}: {rows}×{cols} {' '.join(facts)}" for name, (rows, cols, *facts) in case["declared"].items())
    return parse_where(", ".join(where))


@pytest.mark.parametrize("case", CASES, ids=[ascii(case["input"]) for case in CASES])
def test_values_and_derivatives_are_those_of_a_separate_reference(case):
    declared = declared_of(case)
    try:
        f = mc.parse(case["input"], declared)
    except MatcalcError:
        assert case["declined"]
        return
    for point in case["points"]:
        env = {name: np.asarray(value, dtype=float) for name, value in point["env"].items()}
        assert np.allclose(np.squeeze(mc.evaluate(f, env)), np.squeeze(np.asarray(point["value"])), rtol=1e-6)
        kind = "gradient" if "gradient" in point else "jacobian"
        slope = mc.evaluate(getattr(mc, kind)(f, case["wrt"]), env)
        assert np.allclose(np.squeeze(slope), np.squeeze(np.asarray(point[kind])), rtol=1e-6, atol=1e-9)


SQUARE = "A: n×n, B: n×n, x: n, y: n, b: n, c: scalar"
DATA = "X: m×n, y: m, w: n, lam: scalar, λ: scalar"
READ = [  # as typed, what is declared, the same in the notation that is printed
    ("xᵀAx + 2bᵀx + c", SQUARE, "x'*A*x + 2*b'*x + c"),
    ("x' A x", SQUARE, "x'*A*x"),
    ("x^T A x", SQUARE, "x'*A*x"),
    ("x^{T}Ax", SQUARE, "x'*A*x"),
    ("x^⊤ A x", SQUARE, "x'*A*x"),
    ("x.T@A@x + b.T@x", SQUARE, "x'*A*x + b'*x"),
    ("3(x + y)", SQUARE, "3*(x + y)"),
    ("2(x-y)'(x-y)", SQUARE, "2*(x - y)'*(x - y)"),
    ("c(x + y)", SQUARE, "c*(x + y)"),
    ("(x'x)²", SQUARE, "(x'*x)^2"),
    ("A² x", SQUARE, "A^2*x"),
    ("A⁻¹b", SQUARE, "A^(-1)*b"),
    ("A^{-1}b", SQUARE, "A^(-1)*b"),
    ("A^-T b", SQUARE, "(A^(-1))'*b"),
    ("A^{-T}b", SQUARE, "(A^(-1))'*b"),
    ("xᵀA⁻ᵀy", SQUARE, "x'*(A^(-1))'*y"),
    ("A⁺b", SQUARE, "pinv(A)*b"),
    ("A^{+} b", SQUARE, "pinv(A)*b"),
    ("A† b", SQUARE, "pinv(A)*b"),
    ("A ∘ B", SQUARE, "A.*B"),
    ("A ⊙ B", SQUARE, "A.*B"),
    ("x ⊙ Ay", SQUARE, "x.*(A*y)"),
    ("A ⊗ x", SQUARE, "kron(A, x)"),
    ("sum_i (x_i - y_i)^2", SQUARE, "norm2(x - y)^2"),
    ("x·y", SQUARE, "x'*y"),
    ("c·x", SQUARE, "c*x"),
    ("A·x", SQUARE, "A*x"),
    ("⟨x, Ay⟩", SQUARE, "dot(x, A*y)"),
    ("|A|·|B|", SQUARE, "det(A)*det(B)"),
    ("|c||x'y|", SQUARE, "abs(c)*abs(x'*y)"),
    ("log|A|", SQUARE, "log(det(A))"),
    ("log det(A)", SQUARE, "log(det(A))"),
    ("tr A", SQUARE, "tr(A)"),
    ("Tr[A B]", SQUARE, "tr(A*B)"),
    ("trace(transpose(A)*B)", SQUARE, "tr(A'*B)"),
    ("inverse(A)*b", SQUARE, "inv(A)*b"),
    ("√(xᵀx)", SQUARE, "sqrt(x'*x)"),
    ("xᵀy/(‖x‖‖y‖)", SQUARE, "x'*y/(norm2(x)*norm2(y))"),
    ("x/‖x‖", SQUARE, "x/norm2(x)"),
    ("‖x‖₁ + ‖x‖_∞ + ||x||_inf", SQUARE, "norm1(x) + norminf(x) + norminf(x)"),
    ("‖A‖²_F + ||A||_F^2 + ||A||_{F}^{2}", SQUARE, "norm2(A)^2 + norm2(A)^2 + norm2(A)^2"),
    ("‖A‖₂ + ‖A‖_*", SQUARE, "spectralnorm(A) + nuclearnorm(A)"),
    ("norm(A,'fro') + norm(A,2) + norm(x, inf)", SQUARE, "norm2(A) + spectralnorm(A) + norminf(x)"),
    ("norm(x, 3) + ||x||_3", SQUARE, "norm_p(x, 3) + norm_p(x, 3)"),
    ("‖x‖_A", SQUARE, "sqrt(x'*A*x)"),
    ("A(:,1)'*A(:,2)", SQUARE, "A[:,1]'*A[:,2]"),
    ("x(1)^2 + x_2^2 + x₃²", SQUARE, "x[1]^2 + x[2]^2 + x[3]^2"),
    ("(I − A)⁻¹b", SQUARE, "(eye(n) - A)^(-1)*b"),
    ("A + cI", SQUARE, "A + c*eye(n)"),
    ("I_n + A", SQUARE, "eye(n) + A"),
    ("I_{n} + A", SQUARE, "eye(n) + A"),
    ("𝟏ᵀx + 1'*y + 1_n'x", SQUARE, "ones(n)'*x + ones(n)'*y + ones(n)'*x"),
    ("x'1", SQUARE, "x'*ones(n)"),
    ("1'*A*1 + x'*1", SQUARE, "ones(n)'*A*ones(n) + x'*ones(n)"),
    ("A:B", SQUARE, "dot(A, B)"),
    ("(1 - x'y)_+", SQUARE, "relu(1 - x'*y)"),
    ("x*1' + 1*y' + A", SQUARE, "x*ones(n)' + ones(n)*y' + A"),
    ("e^{-x'x}", SQUARE, "exp(-x'*x)"),
    ("2e^(-c)", SQUARE, "2*exp(-c)"),
    ("[A; B]x", SQUARE, "[A; B]*x"),
    ("[xᵀAx; c]", SQUARE, "[x'*A*x; c]"),
    ("f(x) = ½ xᵀAx − bᵀx", SQUARE, "0.5*x'*A*x - b'*x"),
    ("x'Ax.", SQUARE, "x'*A*x"),
    ("x'*A*x;", SQUARE, "x'*A*x"),
    ("∑ᵢ xᵢ²", SQUARE, "x'*x"),
    ("∑_{i,j} A_{ij} x_i x_j", SQUARE, "x'*A*x"),
    ("sum_i x_i y_i", SQUARE, "x'*y"),
    ("sum_{i=1}^n x_i", SQUARE, "sum(x)"),
    ("-½ log|A| − ½ (x−b)ᵀA⁻¹(x−b)", SQUARE, "-0.5*log(det(A)) - 0.5*(x - b)'*A^(-1)*(x - b)"),
    ("½‖Xw − y‖₂² + λ‖w‖₁", DATA, "0.5*norm2(X*w - y)^2 + λ*norm1(w)"),
    ("1/2 ||y - Xw||^2 + (lam/2) ||w||^2", DATA, "1/2*norm2(y - X*w)^2 + lam/2*norm2(w)^2"),
    ("1/(2m) ||y - X w||_2^2", DATA, "1/(2*m)*norm2(y - X*w)^2"),
    ("1/m sum((y - Xw).^2)", DATA, "1/m*sum((y - X*w).^2)"),
    ("sum((X@w - y)**2)", DATA, "sum((X*w - y).^2)"),
    ("(X'X + λI)⁻¹X'y", DATA, "(X'*X + λ*eye(n))^(-1)*X'*y"),
    ("y'log(σ(Xw)) + (1-y)'log(1-σ(Xw))", DATA, "y'*log(sigmoid(X*w)) + (1 - y)'*log(1 - sigmoid(X*w))"),
    ("gammaln(y)'1", DATA, "lgamma(y)'*ones(m)"),
    ("(x−μ)′Σ⁻¹(x−μ)", "", "(x - μ)'*Σ^(-1)*(x - μ)"),
    ("||y - X w||^2 + lam ||w||^2", "", "norm2(y - X*w)^2 + lam*norm2(w)^2"),
    ("w₀ + wᵀx", "", "w_0 + w'*x"),
    ("-c/2 log(2πs²)", "c: scalar, s: scalar", "-c/2*log(2*pi*s^2)"),
    ("-1/2 x'x", "x: n", "-1/2*x'*x"),
    ("λ/2 ‖w‖²", "λ: scalar, w: n", "λ/2*norm2(w)^2"),
    ("(c-1)/2 x'x", "c: scalar, x: n", "(c - 1)/2*x'*x"),
    ("det(I + H*H')", "", "det(eye(m) + H*H')"),
    ("y^T(X w)", "", "y'*(X*w)"),
    ("alpha x'x", "", "alpha*x'*x"),
    ("sum((y - X*beta).^2)", "", "sum((y - X*beta).^2)"),
    ("e^x + e", "e: scalar, x: scalar", "e^x + e"),
    ("A + c*I", "A: n×n, I: n×n, c: scalar", "A + c*I"),
    ("x^T", "x: scalar, T: scalar", "x^T"),
    ("σ(x)", "σ: scalar, x: n", None),
    ("Ax", "Ax: n", "Ax"),
]


@pytest.mark.parametrize(("text", "where", "printed"), READ, ids=[ascii(row[0]) for row in READ])
def test_what_people_type_is_read(text, where, printed):
    if printed is None:
        with pytest.raises(MatcalcError):
            mc.parse(text, parse_where(where))
        return
    f = mc.parse(text, parse_where(where))
    assert str(f) == printed
    names = {v.data[0]: v for v in variables(f)}
    if "inv" not in printed and "^(-1)" not in printed:
        assert str(mc.parse(printed, names)) == printed


REFUSED = [  # as typed, what is declared, the place, a part of what is said
    ("1/2x", "x: scalar", 3, "a product without a sign after / could mean two things"),
    ("a/b c", "a: scalar, b: scalar, c: scalar", 4, "a product without a sign after / could mean two things"),
    ("c/2x", "x: scalar, c: scalar", 3, "a product without a sign after / could mean two things"),
    ("x'A / x'x", "A: n×n, x: n", 8, "a product without a sign after / could mean two things"),
    ("A ⊗ B x", SQUARE, 6, "a product without a sign after ⊗"),
    ("x ⊗ y", SQUARE, 0, "Kronecker product, or their outer product"),
    ("A @ B * A", SQUARE, 0, "write ⊙ for that of entries"),
    ("|x|", SQUARE, 0, "abs(x) for absolute values, norm2(x) for the norm"),
    ("‖A‖", SQUARE, 0, "Frobenius or spectral"),
    ("norm(A)", SQUARE, 0, "Frobenius or spectral"),
    ("||A||_1", SQUARE, 0, "the largest sum of a column"),
    ("||x||_0", SQUARE, 5, "a norm with the subscript 0 is none"),
    ("A**2", SQUARE, 0, "^ for the power of the matrix, .^ for that of each entry"),
    ("e^(c*A)", SQUARE, 0, "expm(X) for the matrix exponential"),
    ("e^x^2", SQUARE, 3, "put brackets: e^(…)"),
    ("e^-x'y", SQUARE, 4, "put brackets: e^(…)"),
    ("e^cx", SQUARE, 3, "put brackets: ^(c*x)"),
    ("c^T", SQUARE, 0, "the superscript T of a scalar"),
    ("sin²(c)", SQUARE, 3, "a power of sin is that of its value"),
    ("y hat", SQUARE, 2, "hat is not declared"),
    ("x_+ y", SQUARE, 0, "x_ is no name"),
    ("e^2x", SQUARE, 3, "put brackets: e^(…)"),
    ("x·x·x", SQUARE, 0, "two dots between columns could mean two things"),
    ("tr A B", SQUARE, 5, "put brackets: tr(…)"),
    ("log|A|^2", SQUARE, 6, "put brackets: log(…)"),
    ("√x'x", SQUARE, 2, "put brackets: sqrt(…)"),
    ("minimize x'x", SQUARE, 9, "minimize is not declared"),
    ("A_ii", SQUARE, 0, "A_ii is not declared, and A is"),
    ("A_12", SQUARE, 0, "an entry is A[1,2]"),
    ("A1", SQUARE, 0, "write A*1 or A^1"),
    ("x_i", SQUARE, 0, "x_i is not declared, and x is"),
    ("xTAx", SQUARE, 0, "write x'*A*x"),
    ("||Ax - b||^2", "", 2, 'write A*x, or declare it: --where "Ax: matrix"'),
    ("tr(AB)", "", 3, "one name or the product A*B"),
    ("λx", "", 0, "one name or the product λ*x"),
    ("y - Xw", "X: m×n, y: m", 4, "one name or the product X*w"),
    ("c(x)", SQUARE, 1, "a product is written c*x"),
    ("c(2)", SQUARE, 1, "could be a product or an entry"),
    ("A_{i j", SQUARE, 0, "a subscript in braces"),
    ("[A -B]", SQUARE, 3, "one block or two"),
    ("‖x", SQUARE, 0, "a ‖ is not closed"),
    ("⟨x, y", SQUARE, 0, "a ⟨ is not closed"),
    ("|x", SQUARE, 0, "a | is not closed"),
    ("x^{2", SQUARE, 2, "a { is not closed"),
    ("(x}", SQUARE, 2, "a } without its {"),
    ("Ax = b", SQUARE, 3, "a comparison is written =="),
    ("sum_i A_i", SQUARE, 6, "row i of a matrix as a column is A[i,:]'"),
]


@pytest.mark.parametrize(("text", "where", "place", "said"), REFUSED, ids=[ascii(row[0]) for row in REFUSED])
def test_what_could_be_meant_in_two_ways_is_asked(text, where, place, said):
    with pytest.raises(MatcalcError) as caught:
        mc.parse(text, parse_where(where))
    assert said in str(caught.value)
    assert f"  | {' ' * place}^" in str(caught.value)


NOTED = [
    ("logdet(A + t*I)", "I read as identity matrix"),
    ("1'*x", "1 read as column of ones"),
    ("e^(-x'*x/2)", "e^… read as exp(…)"),
    ("σ(w'x)", "σ read as sigmoid"),
    ("π c", "π read as pi"),
    ("f(x) = x'x", "f(x) read as left side"),
]


@pytest.mark.parametrize(("text", "said"), NOTED, ids=[ascii(row[0]) for row in NOTED])
def test_what_is_read_otherwise_is_said(text, said):
    assert said in where(parse_with_names(text, {})[1])


DATA = "y: m, X: m×n, w: n"
# Plain, LaTeX, what is declared, and what is read or said: x_i is a row or a column of X by its index; where nothing is
# declared, and it stands as a column does, it is a member of a family of columns.
MEMBERS = [
    ("sum_i (y_i - x_i'*w)^2", r"\sum_i (y_i - x_i^\top w)^2", DATA, "norm2(y - X*w)^2"),
    ("sum_{i=1}^m (y_i - x_i'*w)^2", r"\sum_{i=1}^m (y_i - x_i^\top w)^2", DATA, "norm2(y - X*w)^2"),
    ("∑ᵢ (yᵢ − xᵢᵀw)²", r"\sum_i (y_i - x_i^\top w)^2", DATA, "norm2(y - X*w)^2"),
    ("sum_i log(1+exp(-y_i*(w'*x_i)))", r"\sum_i \log(1+\exp(-y_i w^\top x_i))", DATA, "sum(softplus(-(X*w).*y))"),
    ("sum_{j=1}^n c_j*x_j", r"\sum_{j=1}^n c_j x_j", "c: n, X: m×n", "X*c"),
    ("sum_{i,j} a_i*x_ij*w_j", r"\sum_{i,j} a_i x_{ij} w_j", "a: m, X: m×n, w: n", "a'*X*w"),
    ("sum_i x_i*x_i'", r"\sum_i x_i x_i^\top", "X: m×n", "a row or a column of X"),
    ("sum_i (y_i - x_i'*w)^2", r"\sum_i (y_i - x_i^\top w)^2", "y: n, X: n×n, w: n", "a row or a column of X"),
    ("sum_i y_i + sum_i x_i'*w", r"\sum_i y_i + \sum_i x_i^\top w", DATA, "sum(X*w) + sum(y)"),
    ("sum_i x_i'*w", r"\sum_i x_i^\top w", "X: m×n, w: n", "sum(X*w)"),
    ("sum_i w'*x_i", r"\sum_i w^\top x_i", "X: m×n, w: m", "sum(X'*w)"),
    ("sum_i x_i'*A*z_i", r"\sum_i x_i^\top A z_i", "X: m×n, A: n×k, Z: m×k", "X*A"),
    ("sum_i w'*x_i", r"\sum_i w^\top x_i", "X: m×n, w: k", "a row or a column of X"),
    ("sum_i w'*x_i", r"\sum_i w^\top x_i", "X: n×n, w: n", "a row or a column of X"),
    ("sum_i norm2(x_i)", r"\sum_i \|x_i\|", "X: m×n", "a row or a column of X"),
    ("sum_i (y_i - x_i'*w)^2", r"\sum_i (y_i - x_i^\top w)^2", "", "norm2(y - x*w)^2"),
    ("sum_i (y_i - β'*x_i)^2", r"\sum_i (y_i - \beta^\top x_i)^2", "", "norm2("),
    ("sum_i log(1+exp(-y_i*w'*x_i))", r"\sum_i \log(1+\exp(-y_i w^\top x_i))", "", "sum(softplus(-y.*(x*w)))"),
    ("sum_i x_i'*A*x_i", r"\sum_i x_i^\top A x_i", "", "tr(x*A*x')"),
    ("sum_i (Y_i - X_i'*β)^2", r"\sum_i (Y_i - X_i^\top\beta)^2", "", "norm2("),
    ("sum_i Y_i^2", r"\sum_i Y_i^2", "", "Y'*Y"),
    ("sum_i log(det(S_i))", r"\sum_i \log\det(S_i)", "", "det(S[i]"),
    ("sum_k π_k*x_k", r"\sum_k \pi_k x_k", "", "'*"),
    ("sum_i ‖x_i − μ‖²", r"\sum_i \|x_i - \mu\|^2", "", "norm2(x - ones(m)*"),
    ("sum_i ‖x_i − U*z_i‖²", r"\sum_i \|x_i - U z_i\|^2", "", "norm2("),
    ("sum_i sum_k r_ik*‖x_i − μ_k‖²", r"\sum_i \sum_k r_{ik} \|x_i - \mu_k\|^2", "", "*r)"),
    ("sum_i (x_i - μ)'*Σ^-1*(x_i - μ)", r"\sum_i (x_i-\mu)^\top\Sigma^{-1}(x_i-\mu)", "", "*(x - ones(m)*"),
    ("sum_i ‖x_i − μ‖²", r"\sum_i \|x_i - \mu\|^2", "x: m of n, μ: n", "norm2(x - ones(m)*"),
    ("sum_i (c - 2*x_i)'*x", r"\sum_i (c - 2 x_i)^\top x", "", "is x_i a number, or a column?"),
    ("sum_i (x_i - μ)'*(x_i - μ)", r"\sum_i (x_i-\mu)^\top(x_i-\mu)", "x: n, μ: scalar", "norm2(x - "),
    ("sum_i x_i^2", r"\sum_i x_i^2", "", "x'*x"),
    ("sum_i a_i*x_i", r"\sum_i a_i x_i", "", "a'*x"),
    ("sum_i (y_i - w*x_i)^2", r"\sum_i (y_i - c x_i)^2", "x: m, y: m, w: scalar, c: scalar", "norm2("),
]


@pytest.mark.parametrize("notation", ["text", "latex"])
@pytest.mark.parametrize(("plain", "latex", "where", "said"), MEMBERS, ids=[ascii(row[0]) for row in MEMBERS])
def test_members_are_rows_or_columns_by_what_their_index_runs_over(plain, latex, where, said, notation):
    try:
        assert said in str(mc.parse(plain if notation == "text" else latex, parse_where(where), notation=notation))
    except MatcalcError as error:
        assert said in str(error)


ONES = [  # what a transposed 1 is: a column of ones, the number where it stands among scalars alone; or what is said
    ("1'*x", "ones(n)'*x"),
    ("1'*h", "1'*h"),
    ("1'*X*1", "ones(m)'*X*ones(n)"),
    ("x' - 1'*c", "x' - ones(n)'*c"),
    ("1'*c*x", "ones(n)'*c*x"),
    ("exp(1'*c)*x", "exp(ones(n)'*c)*x"),
    ("M - 1*1'", "M - ones(n)*ones(n)'"),
    ("u*x where u = 1'", "ones(n)'*x"),
    ("1'", "1'"),
    ("(1'/2)^2", "(1'/2)^2"),
    ("1'*c", "1'*c"),
    ("(1)'*exp(c)", "1'*exp(c)"),
    ("c + 1'", "c + 1'"),
    ("1'*x*1", "(ones(n)'*x)*1"),
    ("(1'*x)*1", "(ones(n)'*x)*1"),
    ("1'*c - 1'*x", "1'*c - ones(n)'*x"),
    ("1''*x", "1''*x"),
    ("1'*x*y + 1*y", "(ones(n)'*x)*y + 1*y"),
    ("x*1'", "the context does not say what shape this has"),
    ("x*(1'*c)", "the context does not say what shape this has"),
    ("1*1'", "the context does not say what shape this has"),
    ("1'*1*c", "the context does not say what shape this has"),
    ("sum(1')", "the context does not say what shape this has"),
    ("[1', c]", "the context does not say what shape this has"),
    ("𝟏'*c", "the context does not say what shape this has"),
    ("vector(1)'*c", "the context does not say what shape this has"),
    ("X*1'", "the inner dimensions differ"),
]


@pytest.mark.parametrize(("text", "said"), ONES, ids=[ascii(row[0]) for row in ONES])
def test_a_transposed_one_is_a_number_where_it_stands_among_scalars_alone(text, said):
    try:
        assert str(mc.parse(text, NAMES)) == said
    except MatcalcError as error:
        assert said in str(error)


def test_a_run_of_letters_is_said_to_be_a_product():
    names = parse_with_names("‖Ax−b‖²", parse_where("A: m×n, x: n, b: m"))[1]
    assert "Ax read as A*x" in where(names)
    assert not isinstance(parse_with_names("x'*A*x", {})[1], Names)


def test_claims_are_read_as_typed():
    names = parse_where("X: m×n, w: n, y: m")
    f = mc.parse("½‖y − Xw‖²", names)
    assert mc.check("Xᵀ(Xw − y)", f, names["w"])
    assert not mc.check("Xᵀ(y − Xw)", f, names["w"])


def test_aliases_are_of_one_function_each():
    aliases = [alias for function in FUNCTIONS.values() for alias in function.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(FUNCTIONS)


PIECES = [
    *"xAbcTeI1√|‖⟨⟩{}[]()'^_.,;=½²⁻⁺ᵀ·⊙∘⊗†∑ᵢ₂λΣσ -+*/@",
    "||",
    "**",
    ".T",
    "^T",
    "sum_i",
    "log",
    "Tr[",
    "norm(",
    "x_i",
    "fro",
    "e^",
]


def test_mutated_formulas_are_read_or_refused():
    chance = random.Random(3)
    names = parse_where(SQUARE)
    for _ in range(3_000):
        pieces = list(chance.choice(READ)[0]) if chance.random() < 0.6 else []
        for _ in range(chance.randint(1, 6)):
            at = chance.randint(0, len(pieces))
            pieces[at : at + chance.randint(0, 2)] = [chance.choice(PIECES)]
        with contextlib.suppress(MatcalcError):
            mc.parse("".join(pieces), names if chance.random() < 0.7 else {})


@pytest.mark.parametrize(
    "piece",
    ["|", "‖", "⟨", "√", "e^", "Ax", "x_i ", "sum_i ", "Tr[", "x'", "||x||_", "½", "A⁻¹", "{", "log|", "1' ", "x("],
)
def test_many_of_one_piece_are_read_or_refused(piece):
    for text in (piece * 3_000, piece * 3_000 + "x"):
        with contextlib.suppress(MatcalcError):
            mc.parse(text, parse_where(SQUARE))


@pytest.mark.parametrize(
    "text", ["eye(3)", "ones(3)", "zeros(3)", "unit(3,1)", "where(x > 0, x, y)", "vector(1)'*x", "pi*x"]
)
def test_words_of_the_notation_are_never_cut_in_letters(text: str) -> None:
    letters = {letter: mc.vector(letter, "n") for letter in "abcdefghijklmopqrstuvwxyz"}
    plain = {name: letters[name] for name in ("x", "y")}
    assert mc.parse(text, letters) is mc.parse(text, plain)
