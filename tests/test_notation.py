"""The reader and the printers: precedence, shapes from the context, conventions, declarations, round trips."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import PI, commutation, name_of
from matcalc.notation.declarations import parse_where
from matcalc.notation.inferred import with_inferred
from matcalc.notation.parse import parse
from matcalc.notation.syntax import read
from matcalc.parts import variables
from tests.numerics import assert_close, at_random, named, reads_back, sample, shape, value
from tests.test_corpus import CASES, declared

# ---------------------------------------------------------------- precedence
NAMES = {
    "A": mc.matrix("A", "n", "n"),
    "B": mc.matrix("B", "n", "n"),
    "X": mc.matrix("X", "m", "n"),
    "x": mc.vector("x", "n"),
    "y": mc.vector("y", "n"),
    "z": mc.vector("z", "m"),
    "a": mc.scalar("a"),
    "b": mc.scalar("b"),
    "c": mc.scalar("c"),
}

Values = SimpleNamespace
inv, power = np.linalg.inv, np.linalg.matrix_power

PRECEDENCE: list[tuple[str, Callable[[Values], object]]] = [
    # formula, the same in NumPy with columns as n×1 arrays
    ("-a^2", lambda v: -(v.a**2)),
    ("(-a)^2", lambda v: v.a**2),
    ("a^-2", lambda v: v.a**-2.0),
    ("a^-b", lambda v: v.a**-v.b),
    ("a^b^c", lambda v: (v.a**v.b) ** v.c),
    ("a^(b^c)", lambda v: v.a ** (v.b**v.c)),
    ("2^-1", lambda v: 0.5),
    ("-2^2", lambda v: -4),
    ("2^3^2", lambda v: 64),
    ("a - b - c", lambda v: v.a - v.b - v.c),
    ("a - (b - c)", lambda v: v.a - (v.b - v.c)),
    ("a/b/c", lambda v: v.a / v.b / v.c),
    ("a/b*c", lambda v: v.a / v.b * v.c),
    ("a/(b*c)", lambda v: v.a / (v.b * v.c)),
    ("a*b/c", lambda v: v.a * v.b / v.c),
    ("a - -b", lambda v: v.a + v.b),
    ("a - +b", lambda v: v.a - v.b),
    ("--a", lambda v: v.a),
    ("+a", lambda v: v.a),
    ("2*-a", lambda v: -2 * v.a),
    ("2*-x", lambda v: -2 * v.x),
    ("a/-b", lambda v: v.a / -v.b),
    ("-a*b", lambda v: -v.a * v.b),
    ("a*-b^2", lambda v: -v.a * v.b**2),
    ("-x.^2", lambda v: -(v.x**2)),
    ("x.^-2", lambda v: v.x**-2.0),
    ("x.^-a", lambda v: v.x**-v.a),
    ("x.^2'", lambda v: (v.x**2).T),
    ("x'.^2", lambda v: v.x.T**2),
    ("2.^x", lambda v: 2**v.x),
    ("1./x", lambda v: 1 / v.x),
    ("1./x.^2", lambda v: 1 / v.x**2),
    ("1 ./ x", lambda v: 1 / v.x),
    ("1.*x", lambda v: v.x),
    ("1.5*x", lambda v: 1.5 * v.x),
    (".5*x", lambda v: 0.5 * v.x),
    ("2.*x", lambda v: 2 * v.x),
    ("1e-3*x", lambda v: 1e-3 * v.x),
    ("1.5e2*x", lambda v: 150 * v.x),
    ("-x'*x", lambda v: -v.x.T @ v.x),
    ("-x'*A*y", lambda v: -v.x.T @ v.A @ v.y),
    ("x'*A'*y", lambda v: v.x.T @ v.A.T @ v.y),
    ("x''", lambda v: v.x),
    ("A'*B'", lambda v: v.A.T @ v.B.T),
    ("A'^2*x", lambda v: v.A.T @ v.A.T @ v.x),
    ("A^2'*x", lambda v: (v.A @ v.A).T @ v.x),
    ("A^2*x", lambda v: v.A @ v.A @ v.x),
    ("A.^2*x", lambda v: v.A**2 @ v.x),
    ("A^3", lambda v: power(v.A, 3)),
    ("A^-1", lambda v: inv(v.A)),
    ("A^-2*x", lambda v: inv(v.A) @ inv(v.A) @ v.x),
    ("A^-1'", lambda v: inv(v.A).T),
    ("A'^-1", lambda v: inv(v.A).T),
    ("A^0", lambda v: np.eye(3)),
    ("A^1", lambda v: v.A),
    ("-A^2", lambda v: -v.A @ v.A),
    ("A*B.*A", lambda v: (v.A @ v.B) * v.A),
    ("A.*B*A", lambda v: (v.A * v.B) @ v.A),
    ("A.*(B*A)", lambda v: v.A * (v.B @ v.A)),
    ("A./B*x", lambda v: (v.A / v.B) @ v.x),
    ("A + B*A", lambda v: v.A + v.B @ v.A),
    ("A - B.*A", lambda v: v.A - v.B * v.A),
    ("x.*y./x", lambda v: v.y),
    ("x./y.*x", lambda v: v.x / v.y * v.x),
    ("x.*y'*A", None),  # the elementwise product of a column and a row is an error
    ("A\\x", lambda v: inv(v.A) @ v.x),
    ("A\\x + y", lambda v: inv(v.A) @ v.x + v.y),
    ("A'\\B", lambda v: inv(v.A.T) @ v.B),
    ("2*A\\x", lambda v: inv(2 * v.A) @ v.x),
    ("A\\B*x", lambda v: inv(v.A) @ v.B @ v.x),
    ("x'*y*A", lambda v: (v.x.T @ v.y) * v.A),
    ("A*x'*y", None),
    ("A/2", lambda v: v.A / 2),
    ("A/a*B", lambda v: v.A / v.a @ v.B),
    ("A/(x'*y)", lambda v: v.A / (v.x.T @ v.y)),
    ("x/a^2", lambda v: v.x / v.a**2),
    ("1 + exp(x)", lambda v: 1 + np.exp(v.x)),
    ("x - 1", lambda v: v.x - 1),
    ("A + 1", lambda v: v.A + 1),
    ("A - 2*pi", lambda v: v.A - 2 * np.pi),
    ("a + x", lambda v: v.a + v.x),
    ("X + a", lambda v: v.X + v.a),
    ("X*A*x - z", lambda v: v.X @ v.A @ v.x - v.z),
    ("sum(x)/n", lambda v: v.x.sum() / 3),
    ("(m + n)*a", lambda v: 5 * v.a),
    ("A*eye*x", lambda v: v.A @ v.x),
    ("A + eye", lambda v: v.A + np.eye(3)),
    ("x + vector(1)", lambda v: v.x + 1),
    ("X + matrix(2)", lambda v: v.X + 2),
    ("X*vector(1)", lambda v: v.X.sum(1, keepdims=True)),
    ("vector(a)'*x", lambda v: v.a * v.x.sum()),
    ("X*ones(n)", lambda v: v.X.sum(1, keepdims=True)),
    ("X + zeros(m,n)", lambda v: v.X),
    ("X.*ones(m,n)", lambda v: v.X),
    ("eye(m)*X*eye(n)", lambda v: v.X),
    ("eye(m*n)*vec(X)", lambda v: v.X.reshape(-1, 1, order="F")),
    ("K(m,n)*vec(X)", lambda v: v.X.reshape(-1, 1)),
    ("A[1,2]", lambda v: v.A[0, 1]),
    ("A[:,2]", lambda v: v.A[:, 1]),
    ("A[3,:]", lambda v: v.A[2]),
    ("X[2,:]*x", lambda v: v.X[1] @ v.x),
    ("x[2]*y", lambda v: v.x[1] * v.y),
    ("-x[1]^2", lambda v: -(v.x[0] ** 2)),
    ("A'[1,2]", lambda v: v.A[1, 0]),
    ("(A*B)[2,3]", lambda v: (v.A @ v.B)[1, 2]),
    ("exp(x)'*y", lambda v: np.exp(v.x).T @ v.y),
    ("exp(-x.^2)", lambda v: np.exp(-(v.x**2))),
    ("norm2(x)^2", lambda v: v.x.T @ v.x),
    ("norm2(x)^-1", lambda v: 1 / np.linalg.norm(v.x)),
    ("inv(A)'*x", lambda v: inv(v.A).T @ v.x),
    ("((((a))))", lambda v: v.a),
    (" a\t*\n b ", lambda v: v.a * v.b),
    ("A·B", lambda v: v.A @ v.B),
    ("x⊙y", lambda v: v.x * v.y),
    ("x⊘y", lambda v: v.x / v.y),
    ("xᵀ·y", lambda v: v.x.T @ v.y),
    ("a − b", lambda v: v.a - v.b),
    ("x.'*y", lambda v: v.x.T @ v.y),
    ("[A[i,k]*B[k,j] | i; j]", lambda v: v.A @ v.B),
    ("[A[i,k]*B[k,j] | j; i]", lambda v: (v.A @ v.B).T),
    ("[A[i,j] | j; i]", lambda v: v.A.T),
    ("[A[i,i] | ; ]", lambda v: np.trace(v.A)),
    ("[A[i,i] | i; ]", lambda v: np.diag(v.A)),
    ("[x[i]*y[j] | i; j]", lambda v: v.x @ v.y.T),
    ("[x[i]*y[i] | i; ]", lambda v: v.x * v.y),
    ("[x[i] | i; i]", lambda v: np.diag(v.x[:, 0])),
    ("[X[i,j]*x[j] | i; ]", lambda v: v.X @ v.x),
    ("[X[i,j] | i,j; ]", lambda v: v.X.reshape(-1, 1)),
    ("[X[i,j] | j,i; ]", lambda v: v.X.reshape(-1, 1, order="F")),
    ("[A[i,j]*X[k,l] | i,k; j,l]", lambda v: np.kron(v.A, v.X)),
    ("[A[i,k]*B[k,j] | i; j] + A", lambda v: v.A @ v.B + v.A),
    ("t*x where t = x'*y", lambda v: (v.x.T @ v.y) * v.x),
    ("u + v where v = 2*x, u = exp(v)", lambda v: np.exp(2 * v.x) + 2 * v.x),
]


@pytest.mark.parametrize(("formula", "numpy"), PRECEDENCE, ids=[row[0] for row in PRECEDENCE])
def test_precedence(formula: str, numpy: Callable[[Values], object] | None) -> None:
    if numpy is None:
        with pytest.raises(mc.ShapeError):
            mc.parse(formula, NAMES)
        return
    f = mc.parse(formula, NAMES)
    rng = np.random.default_rng(17)
    values = {name: sample(rng, *shape(x), "positive" if name.islower() else "invertible") for name, x in NAMES.items()}
    want = np.asarray(numpy(Values(**values)), dtype=float).reshape(shape(f))
    assert_close(value(f, values), want, 1e-12, str(f))
    assert reads_back(f, NAMES)
    assert_close(value(mc.parse(str(f), NAMES), values), want, 1e-12, str(f))


def test_a_definition_is_shared_by_its_uses() -> None:
    f = mc.parse("u*u where u = x'*y", NAMES)
    assert f is mc.parse("(x'*y)*(x'*y)", NAMES)


def test_a_name_used_before_its_definition_is_never_a_free_variable() -> None:
    try:
        f = mc.parse("u + u where u = exp(v), v = 2*x", NAMES)
    except mc.ParseError:
        return
    assert f is mc.parse("exp(2*x) + exp(2*x)", NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "u where",
        "u where u",
        "u where u =",
        "u where u = x, u = y",
        "u where 2 = x",
        "u where u = u + x",
        "where u = x",
    ],
)
def test_bad_definitions_are_refused(text: str) -> None:
    with pytest.raises(mc.MatcalcError):
        mc.parse(text, NAMES)


def test_pi_is_a_constant() -> None:
    assert mc.parse("pi") is PI
    assert mc.evaluate(mc.parse("pi"), {}) == np.pi


# ---------------------------------------------------------------- shapes
INFERRED = [
    # formula, shape of the result, shapes of the variables
    ("x", "n×1", "x: n×1"),
    ("X", "m×n", "X: m×n"),
    ("a", "1×1", "a: 1×1"),
    ("norm2(A*x - b)^2", "1×1", "A: m×n, x: n×1, b: m×1"),
    ("A*x + b", "m×1", "A: m×n, x: n×1, b: m×1"),
    ("b + A*x", "m×1", "A: m×n, x: n×1, b: m×1"),
    ("-b + A*x", "m×1", "A: m×n, x: n×1, b: m×1"),
    ("A*x - 2*b", "m×1", "A: m×n, x: n×1, b: m×1"),
    ("b'*x", "1×1", "b: n×1, x: n×1"),
    ("c*x", "n×1", "c: 1×1, x: n×1"),
    ("x'*A*x", "1×1", "x: n×1, A: n×n"),
    ("x'*A*y", "1×1", "x: n×1, A: n×m, y: m×1"),
    ("tr(A*X)", "1×1", "A: m×n, X: n×m"),
    ("inv(X)", "n×n", "X: n×n"),
    ("X^2", "n×n", "X: n×n"),
    ("X^-1*y", "n×1", "X: n×n, y: n×1"),
    ("X'*X", "n×n", "X: m×n"),
    ("A.*B", "m×n", "A: m×n, B: m×n"),
    ("A\\b", "n×1", "A: n×n, b: n×1"),
    ("solve(A, b)", "n×1", "A: n×n, b: n×1"),
    ("A\\B", "n×m", "A: n×n, B: n×m"),
    ("x*y'", "n×m", "x: n×1, y: m×1"),
    ("diag(x)*A", "n×m", "x: n×1, A: n×m"),
    ("kron(x, y)", "m*n×1", "x: n×1, y: m×1"),
    ("vec(X)", "m*n×1", "X: m×n"),
    ("softmax(W*x + b)", "m×1", "W: m×n, x: n×1, b: m×1"),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "1×1", "y: n×1, X: n×m, w: m×1"),
    ("X*eye", "m×n", "X: m×n"),
    ("A + eye", "n×n", "A: n×n"),
    ("eye(3)*x", "3×1", "x: 3×1"),
    ("ones(3)'*x", "1×1", "x: 3×1"),
    ("X*ones(n)", "m×1", "X: m×n"),
    ("tr(A*(X.*B))", "1×1", "A: n×m, X: m×n, B: m×n"),
    ("x_1'*x_2", "1×1", "x_1: n×1, x_2: n×1"),
    ("Xa*beta", "m×1", "Xa: m×n, beta: n×1"),
    ("beta*Xa", "m×n", "Xa: m×n, beta: 1×1"),
    ("A[1,2]*x", "n×1", "x: n×1, A: m×p"),
]


def same_up_to_renaming(got: list[str], want: list[str]) -> bool:
    """Whether dimensions agree: the same letters at the same places, under one renaming."""
    renamed: dict[str, str] = {}
    for a, b in zip(got, want, strict=True):
        letters = zip(a.split("*"), b.split("*"), strict=False)
        if a.count("*") != b.count("*"):
            return False
        for left, right in letters:
            if (left.isdecimal() or right.isdecimal()) and left != right:
                return False
            if renamed.setdefault(left, right) != right:
                return False
    return len(set(renamed.values())) == len(renamed)


@pytest.mark.parametrize(("formula", "result", "wanted"), INFERRED, ids=[row[0] for row in INFERRED])
def test_shapes_are_inferred(formula: str, result: str, wanted: str) -> None:
    f = mc.parse(formula)
    shapes = dict(part.split(": ") for part in wanted.split(", "))
    assert {name_of(v) for v in variables(f)} == set(shapes)
    dims = lambda text: text.split("×")  # noqa: E731
    got = [d for v in sorted(named(f)) for d in dims(str(named(f)[v].shape))]
    want = [d for v in sorted(shapes) for d in dims(shapes[v])]
    assert same_up_to_renaming(got + dims(str(f.shape)), want + dims(result)), (got, want, str(f.shape))


def test_the_textbook_letters_are_used_for_a_least_squares_problem() -> None:
    f = mc.parse("norm2(A*x - b)^2")
    assert {name: str(v.shape) for name, v in named(f).items()} == {"A": "m×n", "x": "n×1", "b": "m×1"}


@pytest.mark.parametrize("letter", "abcdefg")
def test_first_letters_are_scalars(letter: str) -> None:
    assert str(mc.parse(f"{letter}^2").shape) == "1×1"


@pytest.mark.parametrize("letter", "hijklmnopqrstuvwxyz")
def test_later_letters_are_columns(letter: str) -> None:
    assert mc.parse(f"exp({letter})").shape.cols.number == 1
    assert mc.parse(f"exp({letter})").shape.rows.number is None


@pytest.mark.parametrize("letter", "ABCDEFGHJKLMNOPQRSTUVWXYZ")  # I is the identity
def test_capitals_are_matrices(letter: str) -> None:
    f = mc.parse(f"exp({letter})")
    assert f.shape.rows.number is None
    assert f.shape.cols.number is None


def test_declarations_win_over_the_convention() -> None:
    x = mc.matrix("x", 2, 3)
    assert mc.parse("x'", {"x": x}).shape == x.shape.T
    assert mc.parse("A", {"A": mc.scalar("A")}).shape.is_scalar


def test_inferred_variables_have_the_names_of_their_dimensions_free() -> None:
    """A variable called n does not share its name with a dimension."""
    f = mc.parse("A*n")
    symbols = {symbol for v in variables(f) for dim in v.shape for symbol in dim.symbols}
    assert "n" not in symbols


# ---------------------------------------------------------------- declarations
DECLARATIONS = [
    # text, name, shape, facts
    ("S: n×n symmetric", "S", "n×n", {"symmetric"}),
    ("S: n x n symmetric", "S", "n×n", {"symmetric"}),
    ("S: nxn symmetric", "S", "n×n", {"symmetric"}),
    ("A: 2x3", "A", "2×3", set()),
    ("A: mx3", "A", "m×3", set()),
    ("x: n", "x", "n×1", set()),
    ("x: n positive", "x", "n×1", {"positive", "nonneg"}),
    ("c: scalar", "c", "1×1", set()),
    ("c: scalar positive", "c", "1×1", {"positive", "nonneg"}),
    ("r: 1×n", "r", "1×n", set()),
    ("A: 2×3", "A", "2×3", set()),
    ("A: m*n×p", "A", "m*n×p", set()),
    ("S: n×n posdef", "S", "n×n", {"posdef", "symmetric", "invertible"}),
    ("D: n×n diagonal", "D", "n×n", {"diagonal", "symmetric"}),
    ("Q: n×n orthogonal", "Q", "n×n", {"orthogonal", "invertible"}),
    ("X: n×n invertible", "X", "n×n", {"invertible"}),
    ("P: m×n nonneg", "P", "m×n", {"nonneg"}),
    (" P :  m × n ", "P", "m×n", set()),
]


@pytest.mark.parametrize(("text", "name", "shape_text", "facts"), DECLARATIONS, ids=[row[0] for row in DECLARATIONS])
def test_declarations(text: str, name: str, shape_text: str, facts: set[str]) -> None:
    found = parse_where(text)
    assert list(found) == [name]
    assert str(found[name].shape) == shape_text
    assert set(found[name].data[1]) == facts


def test_inference_changes_nothing_where_all_names_are_declared() -> None:
    for case in CASES:
        names = declared(case)
        assert with_inferred(read(case["expr"]), names, {})[0] is parse(case["expr"], names), case["expr"]


def test_several_declarations() -> None:
    found = parse_where("S: n×n symmetric, x: n positive; c: scalar, r: 1×n,")
    assert [f"{name}: {v.shape}" for name, v in found.items()] == ["S: n×n", "x: n×1", "c: 1×1", "r: 1×n"]
    assert parse_where("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "S",
        "S:",
        ": n",
        "S: n×",
        "S: n×n symmetricc",
        "S: n×m symmetric",
        "S: n, S: m",
        "2: n",
        "S: -1",
        "S: n×n×n",
        "x: n m",
    ],
)
def test_bad_declarations_are_refused(text: str) -> None:
    with pytest.raises(mc.MatcalcError):
        parse_where(text)


# ---------------------------------------------------------------- the Python language
def test_python_operators_have_the_meanings_of_numpy() -> None:
    A, B, X, x, y, a = (NAMES[name] for name in ("A", "B", "X", "x", "y", "a"))
    rng = np.random.default_rng(23)
    v = {name: sample(rng, *shape(NAMES[name]), "invertible") for name in NAMES}
    rows = [
        (A @ B, v["A"] @ v["B"]),
        (A * B, v["A"] * v["B"]),
        (A * 2, v["A"] * 2),
        (2 * A, v["A"] * 2),
        (A / B, v["A"] / v["B"]),
        (A / 2, v["A"] / 2),
        (1 / x, 1 / v["x"]),
        (2 - x, 2 - v["x"]),
        (x - 2, v["x"] - 2),
        (A + a, v["A"] + v["a"]),
        (a + A, v["A"] + v["a"]),
        (a - A, v["a"] - v["A"]),
        (A**2, v["A"] ** 2),
        (2**x, 2 ** v["x"]),
        (a**3, v["a"] ** 3),
        (-x, -v["x"]),
        (+x, v["x"]),
        (X.T, v["X"].T),
        (x.T @ A @ y, v["x"].T @ v["A"] @ v["y"]),
        (A[0, 1], v["A"][0, 1]),
        (A[:, 1], v["A"][:, 1]),
        (X[1, :], v["X"][1]),
        (x[2], v["x"][2]),
        (mc.eye("n") @ x, v["x"]),
        (mc.ones("n").T @ x, v["x"].sum()),
        (mc.zeros("m", "n") + X, v["X"]),
        (commutation("m", "n") @ mc.vec(X), v["X"].reshape(-1)),
        (np.float64(2.0) * x, 2 * v["x"]),
        (0.1 * x, 0.1 * v["x"]),
    ]
    for expr, want in rows:
        assert_close(value(expr, v), np.reshape(want, shape(expr)), 1e-12, str(expr))
        assert reads_back(expr, NAMES)


def test_equal_formulas_are_one_object() -> None:
    assert mc.parse("x'*A*x") is mc.parse("x' * (A) * x")
    assert mc.matrix("A", "m", 3) is mc.matrix("A", "m", 3)
    assert mc.matrix("A", "m", 3) is not mc.matrix("A", "m", 4)
    assert mc.parse("1*x") is mc.parse("1.0*x")
    assert mc.parse("0.1*x") is not mc.parse("0.10000001*x")


def test_formulas_can_be_pickled_and_copied() -> None:
    import copy
    import pickle

    loss = mc.parse("norm2(A*x - b)^2")
    f = mc.gradient(loss, named(loss)["x"])
    assert pickle.loads(pickle.dumps(f)) is f
    assert copy.deepcopy(f) is f


# ---------------------------------------------------------------- printers
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_text_of_a_formula_reads_back_as_the_same_object(case: dict) -> None:
    names = declared(case)
    f = mc.parse(case["expr"], names)
    assert reads_back(f, names)


@pytest.mark.parametrize("case", [c for c in CASES if c["answer"]], ids=lambda case: case["id"])
def test_the_text_of_an_answer_reads_back_as_the_same_object(case: dict) -> None:
    names = declared(case)
    f = mc.parse(case["answer"], names)
    assert reads_back(f, names)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_latex_is_balanced(case: dict) -> None:
    text = mc.to_latex(mc.parse(case["expr"], declared(case)))
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")


LATEX = [
    ("A*x - b", r"A \, x - b"),
    ("x'*A*x", r"x^{\top} \, A \, x"),
    ("inv(A)*b", None),
    ("x.^2", None),
    ("a/c", r"\frac{a}{c}"),
    ("alpha*x", None),
    ("x_1'*x", None),
]


POWERS_OF_POWERS = [
    ("(X^2)^3", "(X^2)^3", "(X²)³", r"\left(X^{2}\right)^{3}"),
    ("(X.^2)^2", "(X.^2)^2", "(X.^2)²", r"\left(X^{\circ 2}\right)^{2}"),
    ("(a^b)^c", "(a^b)^c", "(a^b)^c", r"\left(a^{b}\right)^{c}"),
    ("a^(b^c)", "a^(b^c)", "a^(b^c)", "a^{b^{c}}"),
    ("(X^2)'", "(X^2)'", "(X²)ᵀ", r"\left(X^{2}\right)^{\top}"),
    ("inv(X)^2", "inv(X)^2", "inv(X)²", "X^{-2}"),
    ("inv(A + B)^3", "inv(A + B)^3", "inv(A + B)³", r"\left(A + B\right)^{-3}"),
    ("inv(X)^(-2)", "inv(X)^(-2)", "inv(X)^(-2)", r"\left(X^{-1}\right)^{-2}"),
    ("inv(X)'", "inv(X)'", "inv(X)ᵀ", r"X^{-\top}"),
]


@pytest.mark.parametrize(("formula", "text", "unicode", "latex"), POWERS_OF_POWERS)
def test_a_power_of_a_power_is_no_tower(formula: str, text: str, unicode: str, latex: str) -> None:
    f = mc.parse(formula)
    assert (str(f), mc.to_unicode(f), mc.to_latex(f)) == (text, unicode, latex)


@pytest.mark.parametrize(("formula", "want"), LATEX)
def test_latex(formula: str, want: str | None) -> None:
    text = mc.to_latex(mc.parse(formula))
    assert text
    if want is not None:
        assert text == want


def test_a_formula_shows_itself_in_a_notebook() -> None:
    f = mc.parse("x'*A*x")
    assert f._repr_latex_() == "$\\displaystyle " + mc.to_latex(f) + "$"
    assert "1×1" in repr(f)


NUMBERS = [
    "1",
    "2",
    "0.5",
    "0.1",
    "1/3",
    "1e-6",
    "1e-20",
    "1e20",
    "123456789",
    "0.123456789012",
    "3.14159",
    "2.5e-7",
    "7/8",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_keep_their_value(text: str) -> None:
    x = mc.vector("x", "n")
    f = mc.parse(f"{text}*sum(x)", {"x": x})
    gradient = mc.gradient(f, x)
    assert_close(value(gradient, {"x": np.ones((3, 1))}), np.full((3, 1), eval(text)), 1e-15)
    back = mc.parse(str(gradient), {"x": x})
    assert_close(value(back, {"x": np.ones((3, 1))}), np.full((3, 1), eval(text)), 1e-15)


def test_values_at_random_points_survive_the_text() -> None:
    for formula in ("x'*A*x", "tr(inv(X)*A)", "norm2(A*x - b)^2", "sum(log(1 + exp(-y.*(X*w))))"):
        f = mc.parse(formula)
        point = at_random(f, domain="posdef")
        assert_close(value(mc.parse(str(f), named(f)), point), value(f, point), 1e-13)
