"""SymPy both ways: what is written there has the value of the formula, by SymPy's own reckoning, and is read back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from sympy.tensor.array import expressions as arrays

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.test_corpus import CASES, POINTS, derived
from tests.test_corpus import declared as declared_in

# What SymPy has no form for, of the functions of the corpus.
NO_FORM = ("expm", "sqrtm", "cholesky", "vec", "max")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.quick_part(5)
def test_the_corpus_is_read_back(case: dict[str, Any]) -> None:
    declared = declared_in(case)
    f = mc.parse(case["expr"], declared)
    try:
        written = mc.to_sympy(f)
    except mc.MatcalcError as error:
        assert any(f"function {name}" in str(error) for name in NO_FORM), str(error)
        return
    again = mc.from_sympy(written, declared)
    assert again.shape == f.shape
    point = POINTS[case["id"]][0]
    env = {name: np.asarray(value, dtype=float) for name, value in point["env"].items()}
    _close(mc.evaluate(again, env, case["dims"]), mc.evaluate(f, env, case["dims"]))


@pytest.mark.parametrize("case", CASES[::6], ids=[case["id"] for case in CASES[::6]])
@pytest.mark.quick_part(4)
def test_derivatives_are_read_back(case: dict[str, Any]) -> None:
    f = derived(case)
    try:
        again = mc.from_sympy(mc.to_sympy(f), declared_in(case))
    except mc.MatcalcError as error:
        assert "SymPy has no" in str(error)
        return
    point = POINTS[case["id"]][0]
    env = {name: np.asarray(value, dtype=float) for name, value in point["env"].items()}
    _close(mc.evaluate(again, env, case["dims"]), mc.evaluate(f, env, case["dims"]))


def _close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(np.squeeze(got), np.squeeze(want), rtol=1e-8, atol=1e-9)


VALUES = [
    "x'*A'*B*x", "A*x - 2*b", "sum(exp(A.*B))", "norm2(A*x - b)^2/2 + c*norm1(x)", "inv(Y)*x + Y^2*x", "tr(Y*Y')*c",
    "det(Y)*A", "logdet(P)", "kron(A, x)", "A./B.^2", "2./x", "diag(x)*A'", "log(1 + exp(c))", "relu(x - 1)",
    "A[1,2] + x[2]", "A[:,1] + b", "A[1,:]*x", "x[1:2]", "softmax(x)", "rowsoftmax(A)", "logsumexp(x)", "[A, b; x', c]",
    "sigmoid(A*x)", "1 - x", "sum(A)/m", "rowsum(A).*b", "colsum(A) + x", "solve(Y, x)", "maximum(x, u)", "unit(n,2)*c",
    "where(c > 1, c, c^2)", "mean(A)", "var(x)",
    "eye(n) + x*x'",
    "abs(x)'*sign(x)", "normcdf(x)", "x.^c", "pi*x", "ones(m,n) + A", "A*zeros(n,m)", "erf(c)", "step(x - 1)",
]  # fmt: skip
NAMES = parse_where("A: m×n, B: m×n, Y: n×n, P: n×n posdef, x: n positive, u: n, b: m, c: scalar positive")


@pytest.mark.parametrize("text", VALUES)
def test_sympy_has_the_same_value(text: str) -> None:
    f = mc.parse(text, NAMES)
    written = mc.to_sympy(f)
    rng = np.random.default_rng(3)
    dims = {"m": 2, "n": 3}
    env: dict[str, Any] = {}
    for name, v in NAMES.items():
        assert isinstance(v, mc.Expr)
        sides = [dim.at(dims) for dim in v.shape]
        value = rng.uniform(0.3, 1.7, sides)
        env[name] = value @ value.T + np.eye(3) if name == "P" else value
    values = {name: value.item() if value.size == 1 else np.squeeze(value) for name, value in env.items()}
    want = np.atleast_1d(np.asarray(mc.evaluate(f, values, dims), dtype=float))
    _close(_explicit(written, env, dims), want)
    _close(mc.evaluate(mc.from_sympy(written, NAMES), values, dims), mc.evaluate(f, values, dims))


def _explicit(written: Any, env: dict[str, Any], dims: dict[str, int]) -> Any:
    """The value by SymPy alone: sizes, then matrices, then what is to be done."""
    sized = written.subs({s: dims[s.name] for s in written.free_symbols if s.name in dims})
    found = {s: sp.ImmutableMatrix(env[s.name]) for s in sized.atoms(sp.MatrixSymbol)}
    found |= {s: sp.ImmutableMatrix(s.as_explicit()) for s in sized.atoms(sp.OneMatrix, sp.ZeroMatrix, sp.Identity)}
    scalars = {s: float(env[s.name].item()) for s in sized.free_symbols if s.name in env and s not in found}
    made = sized.subs(scalars).doit().xreplace(found).doit()
    made = made.as_explicit() if hasattr(made, "as_explicit") else made
    return np.array(sp.Matrix([made]).evalf().tolist() if not made.is_Matrix else made.evalf().tolist(), dtype=float)


m, n = sp.symbols("m n", integer=True)
A, x, y, Y = (
    sp.MatrixSymbol("A", m, n),
    sp.MatrixSymbol("x", n, 1),
    sp.MatrixSymbol("y", m, 1),
    sp.MatrixSymbol("Y", n, n),
)
i, j, a, t = *sp.symbols("i j", integer=True), *sp.symbols("a t", real=True)
u, v, W = sp.symbols("u v W", cls=sp.IndexedBase)
READ = [
    (A * x - y, "A*x - y"), ((A * x - y).T * (A * x - y), "(A*x - y)'*(A*x - y)"), (sp.Trace(A.T * A), "tr(A'*A)"),
    (sp.Sum(A[i, j] * x[j, 0], (j, 0, n - 1), (i, 0, m - 1)), "sum(A*x)"), ((x.T * Y * x)[0, 0], "x'*Y*x"),
    (sp.Sum((x[i + 1, 0] - x[i, 0]) ** 2, (i, 0, n - 2)), "norm2(diff(x))^2"), (sp.log(sp.det(Y)), "log(det(Y))"),
    (Y**-1 * x, "inv(Y)*x"), (x.applyfunc(sp.exp), "exp(x)"), (sp.exp(t * Y), "expm(t*Y)"),
    (2 * A - A * a, "2*A - a*A"),
    (sp.Trace(Y * Y).diff(Y), "2*Y'"), ((x.T * Y * x).diff(x), "(Y + Y')*x"), (sp.hadamard_product(A, A), "A.*A"),
    (sp.BlockMatrix([[Y, x], [x.T, sp.Matrix([[1]])]]), "[Y, x; x', 1]"), (A.T[0, 1], "A[2,1]"), (n * A, "n*A"),
    (sp.Piecewise((a, a > 0), (0, True)), "relu(a)"), (sp.Max(0, a), "relu(a)"), (sp.Rational(1, 3) + a, "1/3 + a"),
    (arrays.ArrayContraction(arrays.ArrayTensorProduct(A, x), (1, 2)), "A*x"), (arrays.PermuteDims(A, [1, 0]), "A'"),
    (sp.FunctionMatrix(n, n, sp.Lambda((i, j), x[i, 0] * x[j, 0])), "x*x'"), (sp.DotProduct(x, x), "x'*x"),
    (sp.diag(1, 2) * sp.MatrixSymbol("B", 2, 2), "[1, 0; 0, 2]*B"),
    (sp.Sum(v[i] ** 2, (i, 0, n - 1)), "v'*v"), (sp.Sum((v[i] - a) ** 2, (i, 1, n)) / n, "sum((v - a*ones(n)).^2)/n"),
    (sp.Sum(sp.Sum(W[i, j] * v[j], (j, 1, n)) * u[i], (i, 1, m)), "u'*W*v"),
    (sp.Sum(W[i, j] * x[j, 0], (i, 0, m - 1), (j, 0, n - 1)), "sum(W*x)"),
]  # fmt: skip
READ_NAMES = parse_where("A: m×n, x: n, y: m, Y: n×n, a: scalar, t: scalar, B: 2×2, u: m, v: n, W: m×n")


@pytest.mark.parametrize(("given", "meaning"), READ, ids=[row[1] for row in READ])
def test_what_sympy_writes_is_read(given: Any, meaning: str) -> None:
    got, want = mc.from_sympy(given), mc.parse(meaning, READ_NAMES)
    assert got.shape == want.shape
    assert mc.equal(got, want).status == "correct", str(got)


REFUSED = [
    (sp.sin(Y), "sin of a matrix"), (sp.Derivative(sp.Trace(Y), Y), "Derivative"), (sp.Integral(t), "Integral"),
    (sp.MatPow(Y, sp.Rational(1, 2)), "integer exponent"), (sp.zeta(a), "zeta"), (sp.I * a, "I"),
    ("A*x", "not an expr"), (a + sp.Symbol("a"), "two symbols"),
    (arrays.ArrayTensorProduct(A, x), "ArrayTensorProduct"),
    (sp.Sum(i * x[i, 0], (i, 0, n - 1)), "index i is no number"),
    (sp.Sum(v[i], (i, 0, n - 1)) + sp.Sum(v[i], (i, 1, n)), "counted from 0 in one sum and from 1 in another"),
    (sp.Sum(v[i], (i, 2, n)), "begins at 0 or 1"), (v[0] ** 2, "one index or two, which sums bind"),
    (sp.Sum(v[i], (i, 1, n)) + sp.Sum(v[i], (i, 1, m)), "two variables are called v"),
    (sp.Sum(A[i, j] * x[j, 0], (j, 0, n - 1)), "index i is not bound"),
    (sp.Sum(x[i, 0], (i, 0, n)), "over"), (sp.Heaviside(a), "1/2 at 0"), (sp.Piecewise((a, a > 0)), "Piecewise"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_is_no_formula_is_told(given: Any, message: str) -> None:
    with pytest.raises(mc.MatcalcError, match=message):
        mc.from_sympy(given)


def test_declarations_hold() -> None:
    S = mc.matrix("Y", "n", "n", "symmetric")
    assert mc.from_sympy(sp.Transpose(Y) * x, {"Y": S}).operands[0].operands[0] is S
    with pytest.raises(mc.ShapeError, match="declared"):
        mc.from_sympy(Y, {"Y": mc.matrix("Y", "m", "n")})
    assert mc.from_sympy(sp.Symbol("c", positive=True)) is mc.scalar("c", "positive")


SOURCE_NAMES = parse_where("A: m×n, Y: n×n, x: n, b: m, c: scalar positive")
SOURCES = [
    ("(A*x - b).T*(A*x - b)", "(A*x - b)'*(A*x - b)"), ("log(det(Y))", "log(det(Y))"), ("Y.I*x", "inv(Y)*x"),
    ("Sum(A[i, j]*x[j], (i, 0, m - 1), (j, 0, n - 1))", "sum(A*x)"), ("x.applyfunc(exp)", "exp(x)"),
    ("exp(Y)", "expm(Y)"),
    ("Piecewise((c, c > 1), (0, True))", "where(c > 1, c, 0)"), ("A[0, 1] + x[2]", "A[1,2] + x[3]"), ("2*c/3", "2*c/3"),
]  # fmt: skip
NO_SOURCES = [
    "__import__('os').system('ls')", "A.__class__", "9**9**9", "Pow(2, 10**9)", "loggamma(10**40)", "((1", "z*x", "A*b",
    "[x for x in A]", "'A'", "(lambda: 1)()", "1/0", "f'{x}'", "Max(*A)", "x.T*x + 1", "Sum(c, (i, 0, x))", "",
    "(x := 1)", "A.T.T.func", "(" * 100 + "x" + ")" * 100 + "[0", "open('x')", "c if c else x", "-" * 200 + "c",
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), SOURCES)
def test_code_of_sympy_is_read(text: str, meaning: str) -> None:
    got = mc.parse(text, SOURCE_NAMES, notation="sympy")
    assert mc.equal(got, mc.parse(meaning, SOURCE_NAMES)).status == "correct", str(got)


@pytest.mark.parametrize("text", NO_SOURCES)
def test_code_is_not_executed(text: str) -> None:
    with pytest.raises(mc.MatcalcError):
        mc.parse(text, SOURCE_NAMES, notation="sympy")
