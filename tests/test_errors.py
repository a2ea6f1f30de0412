"""Bad input: what the messages say, and that nothing but a MatcalcError ever comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcalc as mc
from matcalc.functions import FUNCTIONS
from matcalc.notation.declarations import parse_where
from tests.numerics import named, reads_back

A = mc.matrix("A", "m", "n")
B = mc.matrix("B", "m", "n")
S = mc.matrix("S", "n", "n")
x = mc.vector("x", "n")
y = mc.vector("y", "n")
b = mc.vector("b", "n")
c = mc.scalar("c")
NAMES = {"A": A, "B": B, "S": S, "x": x, "y": y, "b": b, "c": c}


def error_of(act: Callable[[], Any]) -> mc.MatcalcError:
    with pytest.raises(mc.MatcalcError) as caught:
        act()
    assert str(caught.value).strip()
    return caught.value


# ---------------------------------------------------------------- whole messages
TEXTS: list[tuple[str, type[mc.MatcalcError], str]] = [
    ("sofmax(x)", mc.ParseError, """\
unknown function: sofmax
  | sofmax(x)
  | ^^^^^^
  did you mean softmax?"""),
    ("S*(x + y", mc.ParseError, """\
a ( is not closed
  | S*(x + y
  |   ^
  close it with )"""),
    ("x)", mc.ParseError, """\
a ) without its (
  | x)
  |  ^
  remove it, or open it with ("""),
    ("", mc.ParseError, """\
the formula is empty
  |\x20
  | ^
  try x'*A*x"""),
    ("x + ", mc.ParseError, """\
the formula ends too early
  | x +\x20
  |   ^
  an operand is missing after this"""),
    ("2 3", mc.ParseError, """\
unexpected '3'
  | 2 3
  |   ^
  an operator was wanted here
  write * for a product"""),
    ("x # y", mc.ParseError, """\
unexpected character '#'
  | x # y
  |   ^"""),
    ("x\x00y", mc.ParseError, """\
unexpected character U+0000
  | x�y
  |  ^
  remove it"""),
    ("S*x + x'*S", mc.ShapeError, """\
cannot add: the shapes differ
  | S*x + x'*S
  | ^^^ is n×1
  | S*x + x'*S
  |       ^^^^ is 1×n
  the left side is n×1 and the right one is 1×n
  did you mean (x'*S)'?"""),
    ("1 + tr(A*b')", mc.ShapeError, """\
cannot multiply: the inner dimensions differ
  | 1 + tr(A*b')
  |        ^ is m×n
  | 1 + tr(A*b')
  |          ^^ is 1×n
  the left factor is m×n and the right one is 1×n: n columns on the left meet 1 row on the right
  did you mean A*b?"""),
    ("x*y", mc.ShapeError, """\
cannot multiply: the inner dimensions differ
  | x*y
  | ^ is n×1
  | x*y
  |   ^ is n×1
  the left factor is n×1 and the right one is n×1: 1 column on the left meets n rows on the right
  did you mean x'*y, or x.*y for each entry?"""),
    ("A*B", mc.ShapeError, """\
cannot multiply: the inner dimensions differ
  | A*B
  | ^ is m×n
  | A*B
  |   ^ is m×n
  the left factor is m×n and the right one is m×n: n columns on the left meet m rows on the right
  did you mean A.*B?"""),
    ("x'*inv(A)*y", mc.ShapeError, """\
inv does not take an argument of this shape
  | x'*inv(A)*y
  |        ^
  wanted (n,n), got m×n
  a square matrix is wanted"""),
    ("S + c", mc.ShapeError, """\
cannot add a scalar and a square matrix: it could mean two things
  | S + c
  | ^^^^^
  the matrix is n×n
  write c*eye(n) or c*ones(n,n)"""),
    ("vector(1)", mc.ShapeError, """\
the context does not say what shape this has
  | vector(1)
  | ^^^^^^^^^
  write ones(m), ones(m,n) or eye(n)"""),
    ("S/A", mc.ShapeError, """\
only a scalar can be divided by
  | S/A
  |   ^
  the divisor is m×n
  elementwise: ./A ; with an inverse: inv(A)*…"""),
    ("A^2", mc.ShapeError, """\
only a square matrix has powers
  | A^2
  | ^
  it is m×n
  elementwise powers: .^"""),
    ("x\n + sofmax(x)", mc.ParseError, """\
unknown function: sofmax
  |  + sofmax(x)
  |    ^^^^^^
  did you mean softmax?"""),
    ("1" * 60, mc.ParseError, f"""\
the number is too long
  | {"1" * 60}
  | {"^" * 60}
  at most 50 characters are read"""),
    ("(" * 10_000 + "x" + ")" * 10_000, mc.ParseError, f"""\
brackets are nested too deeply
  | …{"(" * 100}…
  | {" " * 51}^
  at most 8000 levels are read"""),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "kind", "text"), TEXTS, ids=[repr(row[0][:40]) for row in TEXTS])
def test_the_message_of_a_bad_formula(formula: str, kind: type[mc.MatcalcError], text: str) -> None:
    error = error_of(lambda: mc.parse(formula, NAMES))
    assert type(error) is kind
    assert str(error) == text


QUESTIONS: list[tuple[Callable[[], Any], type[mc.MatcalcError], str]] = [
    (lambda: mc.gradient(S @ x, x), mc.DerivativeError, """\
only a scalar has a gradient
  | gradient(S*x, x)
  |          ^^^ is n×1
  this is n×1
  ask for its jacobian"""),
    (lambda: mc.hessian(S @ x, x), mc.DerivativeError, """\
only a scalar has a Hessian
  | hessian(S*x, x)
  |         ^^^ is n×1
  this is n×1
  ask for its jacobian"""),
    (lambda: mc.gradient(x.T @ S @ x, S @ x), mc.DerivativeError, """\
derivatives are by variables, not by S*x
  | gradient(x'*S*x, S*x)
  |                  ^^^ is n×1
  name one: S, x"""),
    (lambda: mc.derivative(S @ x, x), mc.DerivativeError, """\
this derivative has no layout of rows by columns
  | derivative(S*x, x)
  |            ^^^ is n×1
  | derivative(S*x, x)
  |                 ^ is n×1
  f is n×1 and x is n×1
  a column by a row: derivative(f, x.T); a row by a column: derivative(f.T, x); matrices: jacobian(f, x)"""),
    (lambda: mc.jvp(S @ x, x, mc.vector("v", "m")), mc.ShapeError, """\
a direction has the shape of its variable
  | jvp(S*x, x, v)
  |          ^ is n×1
  | jvp(S*x, x, v)
  |             ^ is m×1
  x is n×1, the direction is m×1"""),
    (lambda: mc.vjp(A @ x, x, y), mc.ShapeError, """\
a cotangent has the shape of the formula
  | vjp(A*x, x, y)
  |     ^^^ is m×1
  | vjp(A*x, x, y)
  |             ^ is n×1
  the formula is m×1, the cotangent is n×1"""),
    (lambda: mc.gradient(x.T @ S @ x, S, structure="fre"), mc.DerivativeError, """\
unknown structure: 'fre'
  | gradient(x'*S*x, S, structure='fre')
  |                     ^^^^^^^^^^^^^^^
  known: ignore, project, free
  did you mean free?"""),
    (lambda: mc.gradient(x.T @ S @ x, S, structure="free"), mc.DerivativeError, """\
S has no structure to respect
  its facts: none
  declare it: matcalc.matrix("S", "n", "n", "symmetric")"""),
    (lambda: mc.gradient(x.T @ x + mc.sum(mc.vector("x", "m")), x), mc.ShapeError, """\
two different variables are called x
  one is n×1
  the other is m×1"""),
    (lambda: x @ y, mc.ShapeError, """\
cannot multiply: the inner dimensions differ
  | x @ y
  | ^ is n×1
  | x @ y
  |     ^ is n×1
  the left factor is n×1 and the right one is n×1: 1 column on the left meets n rows on the right
  of two columns, x.T @ y is the inner product, and x * y the elementwise one"""),
    (lambda: A + S, mc.ShapeError, """\
cannot add: the shapes differ
  | A + S
  | ^ is m×n
  | A + S
  |     ^ is n×n
  the left side is m×n and the right one is n×n"""),
    (lambda: A * S, mc.ShapeError, """\
an elementwise operation wants equal shapes
  | A * S
  | ^ is m×n
  | A * S
  |     ^ is n×n
  the left side is m×n and the right one is n×n
  the matrix product is written @"""),
    (lambda: mc.gradient("norm2(x)^2", x), mc.MatcalcError, """\
f must be a formula or a number
  | gradient('norm2(x)^2', x)
  |          ^^^^^^^^^^^^
  got 'norm2(x)^2'
  parse('norm2(x)^2') reads a text"""),
    (lambda: mc.exp(x, y), mc.ShapeError, """\
exp takes 1 argument, got 2
  | exp(x, y)
  | ^^^^^^^^^"""),
    (lambda: mc.matrix("A", "n", "n", "symetric"), mc.ShapeError, """\
unknown fact: 'symetric'
  | matrix('A', 'n', 'n', 'symetric')
  |                       ^^^^^^^^^^
  known: symmetric, posdef, psd, diagonal, skew, lower, upper, orthogonal, permutation, idempotent, invertible,
  fullcolrank, fullrowrank, toeplitz, stochastic, positive, nonneg, unitnorm, sumstoone, simplex
  did you mean symmetric?"""),
    (lambda: mc.matrix("A", "m", "n", "symmetric"), mc.ShapeError, """\
symmetric is a fact of square matrices
  A is m×n"""),
    (lambda: mc.matrix("A", 0, 3), mc.ShapeError, """\
not a dimension: 0
  | matrix('A', 0, 3)
  |             ^
  a dimension lies between 1 and 1000000000000"""),
    (lambda: mc.matrix("2x", "m", "n"), mc.ShapeError, """\
not a variable name: '2x'
  | matrix('2x', 'm', 'n')
  |        ^^^^
  a name is a letter, then letters and digits"""),
    (lambda: mc.evaluate(x.T @ S @ x, {"x": np.ones(3)}), mc.EvaluationError, """\
no value for S
  values came for: x"""),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "text"), QUESTIONS, ids=[row[2].splitlines()[0] for row in QUESTIONS])
def test_the_message_of_a_bad_question(act: Callable[[], Any], kind: type[mc.MatcalcError], text: str) -> None:
    error = error_of(act)
    assert type(error) is kind
    assert str(error) == text


POINTED = [  # calls and brackets, and what the error points at
    (lambda: mc.matrix("A", -1, "n"), "matrix('A', -1, 'n')", ["-1"]),
    (lambda: mc.matrix("A", -1, -1), "matrix('A', -1, -1)", ["-1", "-1"]),
    (lambda: mc.vector("x", rows=0), "vector('x', rows=0)", ["rows=0"]),
    (lambda: mc.scalar(3), "scalar(3)", ["3"]),
    (lambda: mc.eye(2.5), "eye(2.5)", ["2.5"]),
    (lambda: mc.family("S", "K", -2), "family('S', 'K', -2)", ["-2"]),
    (lambda: mc.function("f", -1), "function('f', -1)", ["-1"]),
    (lambda: mc.matrix("B", 3, 4)[5, 0], "B[5, 0]", ["5"]),
    (lambda: mc.matrix("B", 3, 4)[0:9, 1], "B[0:9, 1]", ["0:9"]),
    (lambda: x[7.5], "x[7.5]", ["7.5"]),
    (lambda: (2 * S)["k", 0], "(2*S)['k', 0]", ["'k'"]),
    (lambda: mc.emit(x, style="fsat"), "emit(x, style='fsat')", ["style='fsat'"]),
    (lambda: mc.plan(x).emit(style="fsat"), "emit(style='fsat')", ["style='fsat'"]),
    (lambda: mc.emit(x, "3x"), "emit(x, '3x')", ["'3x'"]),
    (lambda: mc.emit(x, dtype="int8"), "emit(x, dtype='int8')", ["dtype='int8'"]),
    (lambda: mc.gradient(x.T @ x, 3), "gradient(x'*x, 3)", ["3"]),
    (lambda: mc.objective(x.T @ x, "z"), "objective(x'*x, 'z')", ["'z'"]),
    (lambda: mc.check("2*A*x", A @ x, x, kind="jacobian", layout="numerat"), None, ["layout='numerat'"]),
]


@pytest.mark.parametrize(("act", "text", "parts"), POINTED, ids=[f"{row[1]}: {row[2]}" for row in POINTED])
def test_an_error_points_at_the_argument_that_it_is_about(
    act: Callable[[], Any], text: str | None, parts: list[str]
) -> None:
    error = error_of(act)
    assert text is None or error.text == text
    assert [error.text[start:stop] for (start, stop), _ in error.places] == parts


def test_contradicting_shapes_show_both_places() -> None:
    error = error_of(lambda: mc.parse("norm2(A*x - b) + tr(A) + sum(A\\x + y*b')", {"x": x, "A": A, "y": y}))
    assert len(error.places) >= 1
    error = error_of(lambda: mc.parse("A*x + y", {"A": A, "x": x, "y": y}))
    assert [note for _, note in error.places] == ["is m×1", "is n×1"]
    assert [error.text[start:stop] for (start, stop), _ in error.places] == ["A*x", "y"]


def test_the_numbers_of_a_product_clash_are_not_exchanged() -> None:
    left, right = mc.matrix("L", 2, 3), mc.matrix("R", 4, 5)
    error = error_of(lambda: mc.parse("L*R", {"L": left, "R": right}))
    assert "3 columns on the left meet 4 rows on the right" in str(error)


def test_an_elementwise_clash_is_told_in_words() -> None:
    error = error_of(lambda: mc.parse("x.*S", NAMES))
    assert "hadamard" not in str(error)
    assert "n×1" in str(error) and "n×n" in str(error)


def test_both_spellings_of_a_scalar_on_a_square_matrix_are_accepted() -> None:
    values = {"S": np.arange(9.0).reshape(3, 3), "c": 2.0}
    assert np.allclose(mc.evaluate(mc.parse("S + c*eye(n)", NAMES), values), values["S"] + 2 * np.eye(3))
    assert np.allclose(mc.evaluate(mc.parse("S + c*ones(n,n)", NAMES), values), values["S"] + 2)


# ---------------------------------------------------------------- formulas
BAD_FORMULAS = [
    " ", "\t\n", "(", ")", "()", "*x", "x*", "x y", "x,y", "x;y", "x|y", "x == y", "x = y", "x @ y", "x ! y",
    "x ~ y", "$x$", "x`", "'x", "x'_y", "1..2", "1.2.3", "x..y", "x.y", "2 3", "sum()", "sum(,)", "sum(x,)",
    "sum(x,y)", "sum x y", "foo(x)", "c(x)", "A(x)", "pi(x)", "inv(x)", "tr(x)", "det(A)", "expm(A)", "cholesky(A)",
    "solve(A,x)", "solve(S)", "S^x", "S^0.5", "S^c", "c^x", "x^2", "A/B", "1/x", "x.*y'", "x'.*y", "S + x",
    "x + y'", "A + A'", "A*A", "x'*y'", "vector(1)", "matrix(2)", "eye", "vector()", "vector(x)", "vector(1,2)",
    "matrix(S)*x", "eye()", "eye(0)", "eye(-1)", "eye(1.5)", "eye(n,n,n)", "ones()", "ones(1,2,3)", "zeros(0)",
    "K(m)", "K(m,n,p)", "unit(3,5)", "unit(n,0)", "unit(n,i)", "unit(n)", "x[0]", "x[-1]", "x[1.5]", "x[", "x[]",
    "x[1", "x[1,2,3]", "S[1]", "S[a]", "S[1,2,3]", "S[:,:,:]", "S[1;2]", "[", "[]", "[S]", "[S[i,j]]",
    "[S[i,j] | i", "[S[i,j] | i; j", "[S[i,j] | i; l]", "[S[i] | i; ]", "[S[i,j]+S[i,j] | i; j]",
    "[S[i,j]*A[i,j] | i; j]", "[S[i,j] i; j]", "[| i; j]", "[ | ; ]", "x where", "where", "x where y",
    "x where y =", "x where 1 = 2", "x where y = ,", "1e", "1e+", "0x10", "1_000", "1e999999", "1e-999999",
    "9" * 51, "\x07", "x\u202e", "x\ufeff", "\ud800", "x\ud800", "日本 語", "²", "x²", "x\\", "\\x", "x\\\\y",
    '"x"', "x + # comment", "lambda: 0", "__import__('os')", "x.Ty", "import os", "f(x", "exp(x", "exp)x(", "((x)",
    "x))", "[(])", "(]", "x'' '' '[",
]  # fmt: skip


@pytest.mark.parametrize("formula", BAD_FORMULAS, ids=[ascii(formula) for formula in BAD_FORMULAS])
def test_a_bad_formula_is_refused(formula: str) -> None:
    error_of(lambda: mc.parse(formula, NAMES))


LONG = {
    "one megabyte of sums": "x + " * 250_000 + "x",
    "one megabyte of one name": "x" * 1_000_000,
    "one megabyte of spaces": " " * 1_000_000,
    "10000 brackets that do not close": "(" * 10_000,
    "10000 calls": "exp(" * 10_000 + "x" + ")" * 10_000,
    "100000 digits": "1" * 100_000,
}


@pytest.mark.parametrize("name", LONG)
def test_an_unreasonable_formula_is_refused_with_a_short_message(name: str) -> None:
    assert len(str(error_of(lambda: mc.parse(LONG[name], NAMES)))) < 2_000


LONG_DECLARATIONS = ["9" * 4_000, "n×" + "9" * 4_000, "n×n " + "positive" * 900, "n×n " + "positive " * 900,
                     "(" * 4_000,
                     "n*" * 2_000, "é" * 3_000 + "-"]  # fmt: skip


@pytest.mark.parametrize("told", LONG_DECLARATIONS, ids=lambda told: told[:6])
def test_an_unreasonable_declaration_is_refused_with_a_short_message(told: str) -> None:
    try:
        parse_where(f"A: {told}")
    except mc.MatcalcError as error:
        assert len(error.summary) < 700 and len(str(error)) < 2_000


def test_deep_formulas_within_the_limits_are_read() -> None:
    depth = 5_000
    assert mc.parse("(" * depth + "x" + ")" * depth, NAMES) is x
    assert mc.parse("-" * depth + "x", NAMES).shape == x.shape
    assert mc.parse("x" + "'" * depth, NAMES).shape == x.shape
    assert mc.parse("x" + " + x" * depth, NAMES).shape == x.shape
    assert mc.parse("exp(" * depth + "x" + ")" * depth, NAMES).shape == x.shape


@pytest.mark.parametrize("given_text", [None, 3, b"x", ["x"], x], ids=["None", "3", "bytes", "list", "Expr"])
def test_only_text_is_read(given_text: Any) -> None:
    error_of(lambda: mc.parse(given_text))


@pytest.mark.parametrize("names", [{"x": 3}, {"x": None}, {"x": "x"}, {"x": np.ones(3)}, ["x"], 3], ids=repr)
def test_only_declared_variables_are_names(names: Any) -> None:
    error_of(lambda: mc.parse("x", names))


TOKENS = [
    *"ABSXxycnm", "+", "-", "*", "/", "^", "'", ".*", "./", ".^", "\\", "(", ")", "[", "]", ",", ";", ":", "|", "=",
    " ", "\n", "0", "1", "2", "0.5", "1e3", "1.", ".5", "pi", "eye", "where", "vector(", "matrix(", "ones(", "zeros(",
    "eye(", "K(", "unit(", "ᵀ", "·", "⊙", "⊘", "−", "#", "é", "\x00", *(f"{name}(" for name in sorted(FUNCTIONS)),
]  # fmt: skip


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
def test_nothing_but_a_matcalc_error_comes_out_of_the_reader(formula: str) -> None:
    for names in ({}, NAMES):
        try:
            f = mc.parse(formula, names)
        except mc.MatcalcError as error:
            assert str(error)
        else:
            assert reads_back(f, {**names, **named(f)})


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.text(max_size=20))
def test_nothing_but_a_matcalc_error_comes_out_of_any_text(text: str) -> None:
    try:
        mc.parse(text)
    except mc.MatcalcError as error:
        assert str(error)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            ["S", "x", ":", ",", ";", "n", "m", "×", " x ", " ", "2", "-", "scalar", "symmetric", "*", "="]
        ),
        max_size=10,
    )
)
def test_nothing_but_a_matcalc_error_comes_out_of_declarations(parts: list[str]) -> None:
    from matcalc.notation.declarations import parse_where

    try:
        parse_where("".join(parts))
    except mc.MatcalcError as error:
        assert str(error)


# ---------------------------------------------------------------- values
F = mc.parse("x'*inv(S)*x", NAMES)
FINE = {"S": np.eye(3), "x": np.ones(3)}
BAD_VALUES: dict[str, dict[str, Any]] = {
    "missing": {"x": np.ones(3)},
    "of a wrong length": {**FINE, "x": np.ones(4)},
    "not square": {**FINE, "S": np.ones((3, 4))},
    "with too many axes": {**FINE, "S": np.ones((3, 3, 3))},
    "with too few axes": {**FINE, "S": np.ones(3)},
    "a scalar for a vector": {**FINE, "x": 1.0},
    "empty": {**FINE, "x": np.ones(0)},
    "singular": {**FINE, "S": np.zeros((3, 3))},
    "a string": {**FINE, "x": "abc"},
    "strings": {**FINE, "x": ["a", "b", "c"]},
    "None": {**FINE, "x": None},
    "an object": {**FINE, "x": object()},
    "a dict": {**FINE, "x": {}},
    "ragged": {**FINE, "S": [[1, 2], [3]]},
    "complex": {**FINE, "x": 1j * np.ones(3)},
    "formulas": {**FINE, "x": x},
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_bad_values_are_refused(name: str) -> None:
    error = error_of(lambda: mc.evaluate(F, BAD_VALUES[name]))
    assert isinstance(error, mc.EvaluationError)


@pytest.mark.parametrize("values", [None, 3, [1, 2], "x"], ids=repr)
def test_values_come_by_name(values: Any) -> None:
    error_of(lambda: mc.evaluate(F, values))


@pytest.mark.parametrize("sizes", [{}, {"k": 0}, {"k": -1}, {"k": "3"}, {"k": 1.5}, {"k": None}, {"k": True}], ids=repr)
def test_a_size_that_no_value_gives_is_asked_for(sizes: Any) -> None:
    error_of(lambda: mc.evaluate(mc.ones("k"), {}, sizes))
    assert mc.evaluate(mc.ones("k"), {}, {"k": 2}).shape == (2,)


@pytest.mark.parametrize(
    ("formula", "value"),
    [("cholesky(S)", -np.eye(3)), ("sqrtm(S)", -np.eye(3)), ("inv(S)", np.ones((3, 3))), ("S^-1", np.zeros((3, 3)))],
)
def test_a_formula_that_is_not_defined_at_the_values_says_so(formula: str, value: np.ndarray) -> None:
    error = error_of(lambda: mc.evaluate(mc.parse(formula, NAMES), {"S": value}))
    assert isinstance(error, mc.EvaluationError)


def test_columns_rows_and_scalars_may_have_two_axes() -> None:
    f = mc.parse("c*x'*y", NAMES)
    flat = {"c": 2.0, "x": np.arange(3.0), "y": np.ones(3)}
    boxed = {"c": [[2.0]], "x": np.arange(3.0).reshape(3, 1), "y": [[1.0], [1.0], [1.0]]}
    assert mc.evaluate(f, flat) == mc.evaluate(f, boxed) == 6.0


def test_arguments_are_left_as_they_were() -> None:
    values = {"S": np.eye(3), "x": np.ones(3)}
    kept = {name: value.copy() for name, value in values.items()}
    result = mc.evaluate(mc.parse("S", NAMES), values)
    result += 1
    mc.evaluate(mc.gradient(F, x), values)
    assert all(np.array_equal(values[name], kept[name]) for name in kept)


# ---------------------------------------------------------------- code
@pytest.mark.parametrize("name", ["2f", "def", "", "a b", "a-b", "f(", None, 3, "import"], ids=repr)
def test_a_bad_name_for_a_function_is_refused(name: Any) -> None:
    error_of(lambda: mc.emit(F, name))


@pytest.mark.parametrize(
    "results", [{}, None, "x", 3, {"a b": F}, {"class": F}, {1: F}, {"v": None}, {"v": "x"}, [F]], ids=str
)
def test_bad_results_are_refused(results: Any) -> None:
    error_of(lambda: mc.emit(results))


@pytest.mark.parametrize("name", ["np", "linalg", "special", "x", "S", "float", "_read", "__import__", "n", "value"])
def test_any_other_name_for_a_function_works_or_is_refused(name: str) -> None:
    try:
        compute = mc.emit({"value": F, "gradient": mc.gradient(F, x)}, name).compile()
    except mc.MatcalcError as error:
        assert name in str(error)  # a name that the code itself needs
        return
    value, gradient = compute(S=np.eye(3), x=np.ones(3))
    assert value == 3.0
    assert np.array_equal(gradient, 2 * np.ones(3))


VARIABLE_NAMES = [
    "np", "linalg", "special", "float", "len", "self", "lambda", "import", "class", "None", "True", "_read",
    "__class__", "print", "t1", "n", "math", "é", "λ", "value", "formula", "os", "exec",
]  # fmt: skip


@pytest.mark.parametrize("name", VARIABLE_NAMES)
def test_names_of_variables_never_collide_with_code(name: str) -> None:
    v = mc.vector(name, "n")
    f = mc.exp(v).T @ v / mc.norm2(v)
    at = np.array([0.5, 1.0, 2.0])
    assert np.allclose(mc.evaluate(f, {name: at}), np.exp(at) @ at / np.linalg.norm(at))
    assert np.allclose(mc.emit(f).compile()(at), np.exp(at) @ at / np.linalg.norm(at))


# ---------------------------------------------------------------- the Python language
BAD_PYTHON: dict[str, Callable[[], Any]] = {
    "x @ y": lambda: x @ y,
    "A @ B": lambda: A @ B,
    "A + S": lambda: A + S,
    "A - S": lambda: A - S,
    "A * S": lambda: A * S,
    "x / A": lambda: x / A,
    "x ** x.T": lambda: x**x.T,
    "x + x.T": lambda: x + x.T,
    "x + None": lambda: x + None,
    "x + 'a'": lambda: x + "a",
    "x + array": lambda: x + np.ones(3),
    "array + x": lambda: np.ones(3) + x,
    "array @ x": lambda: np.ones((3, 3)) @ x,
    "nan * x": lambda: float("nan") * x,
    "inf * x": lambda: float("inf") * x,
    "1j * x": lambda: 1j * x,
    "True * x": lambda: True * x,
    "x[1.5]": lambda: x[1.5],
    "x['a']": lambda: x["a"],
    "x[None]": lambda: x[None],
    "A[0]": lambda: A[0],
    "A[0, 1, 2]": lambda: A[0, 1, 2],
    "A[::2, :]": lambda: A[::2, :],
    "A[-1, 0]": lambda: A[-1, 0],
    "beyond the end": lambda: mc.vector("v", 3)[3],
    "list(x)": lambda: list(x),
    "bool(x)": lambda: bool(x),
    "inv(A)": lambda: mc.inv(A),
    "exp()": lambda: mc.exp(),
    "exp('x')": lambda: mc.exp("x"),
    "solve(S, v)": lambda: mc.solve(S, mc.vector("v", "m")),
    "eye(0)": lambda: mc.eye(0),
    "ones(-1)": lambda: mc.ones(-1),
    "zeros(1.5)": lambda: mc.zeros(1.5),
    "a name that is none": lambda: mc.matrix("2x", "m", "n"),
    "a name with a space": lambda: mc.matrix("a b", "m", "n"),
    "an empty name": lambda: mc.scalar(""),
    "None as a name": lambda: mc.matrix(None, "m", "n"),
    "no dimension": lambda: mc.matrix("A", "n-1", 3),
    "a fraction as a dimension": lambda: mc.matrix("A", 1.5, 3),
    "None as a dimension": lambda: mc.vector("x", None),
    "True as a dimension": lambda: mc.vector("x", True),
    "an enormous dimension": lambda: mc.vector("x", 10**13),
    "an unknown fact": lambda: mc.matrix("A", "n", "n", "symetric"),
    "None as a fact": lambda: mc.matrix("A", "n", "n", None),
    "a list of facts": lambda: mc.matrix("A", "n", "n", ["symmetric"]),
    "symmetric, not square": lambda: mc.matrix("A", "m", "n", "symmetric"),
    "posdef vector": lambda: mc.vector("x", "n", "posdef"),
    "diagonal row": lambda: mc.row("x", "n", "diagonal"),
    "orthogonal, not square": lambda: mc.matrix("A", "m", "n", "orthogonal"),
    "invertible, not square": lambda: mc.matrix("A", "m", "n", "invertible"),
    "gradient by another name": lambda: mc.gradient(x.T @ x, "z"),
    "gradient by None": lambda: mc.gradient(x.T @ x, None),
    "gradient by a number": lambda: mc.gradient(x.T @ x, 3),
    "gradient by a formula": lambda: mc.gradient(x.T @ x, 2 * x),
    "gradient of text": lambda: mc.gradient("x'*x", x),
    "gradient of None": lambda: mc.gradient(None, x),
    "gradient by a variable of the same name": lambda: mc.gradient(x.T @ x, mc.vector("x", "m")),
    "jacobian by a variable of the same name": lambda: mc.jacobian(S @ x, mc.vector("x", "n", "positive")),
    "hessian by a formula": lambda: mc.hessian(x.T @ x, x, x + 1),
    "jvp along None": lambda: mc.jvp(S @ x, x, None),
    "vjp of None": lambda: mc.vjp(S @ x, x, None),
    "jvp of a wrong shape": lambda: mc.jvp(S @ x, x, x.T),
    "derivative of a column by a column": lambda: mc.derivative(S @ x, x),
    "derivative of a matrix by a matrix": lambda: mc.derivative(A, A),
    "tensor by a formula": lambda: mc.tensor(S @ x, S @ x),
    "structure of another word": lambda: mc.gradient(x.T @ S @ x, S, structure="symmetric"),
    "structure None": lambda: mc.gradient(x.T @ S @ x, S, structure=None),
    "division by zero": lambda: mc.gradient(mc.sum(x) / (c - c), x),
    "an enormous power": lambda: mc.gradient(mc.tr(mc.parse("S^100000", NAMES)), S),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PYTHON)
def test_bad_python_is_refused(name: str) -> None:
    error_of(BAD_PYTHON[name])


def test_all_errors_are_matcalc_errors() -> None:
    for kind in (mc.ParseError, mc.ShapeError, mc.DerivativeError, mc.EvaluationError):
        assert issubclass(kind, mc.MatcalcError)
        assert issubclass(kind, Exception)


CALLS: list[tuple[Callable[[], Any], list[str]]] = [
    (lambda: A @ y.T, ["A", "y'"]),
    (lambda: (A + A) @ (A - 1), ["A + A", "A - 1"]),
    (lambda: A - S @ S, ["A", "S*S"]),
    (lambda: mc.det(A), ["A"]),
    (lambda: mc.inv("A"), ["'A'"]),
    (lambda: mc.solve(A, x), ["A", "x"]),
    (lambda: mc.gradient(A @ x, x), ["A*x"]),
    (lambda: mc.gradient(mc.sum(x), 3), ["3"]),
    (lambda: mc.jacobian(A @ x, x, layout="sideways"), ["layout='sideways'"]),
    (lambda: mc.differential(A @ x, x, A), ["x", "A"]),
    (lambda: mc.equal(A, x), ["A", "x"]),
    (lambda: mc.plan(A @ x, "backward"), ["'backward'"]),
    (lambda: mc.check("A'", A @ x, x, kind="slope"), ["kind='slope'"]),
]


@pytest.mark.parametrize(("act", "marked"), CALLS, ids=range(len(CALLS)))
def test_an_error_of_a_call_points_at_its_arguments(act: Callable[[], Any], marked: list[str]) -> None:
    error = error_of(act)
    assert [error.text[start:stop].strip("()") for (start, stop), _ in error.places] == marked


def test_what_was_typed_is_shown_rather_than_the_call_that_it_became() -> None:
    for formula, notation in (("np.linalg.inv(A)", "numpy"), ("A @ A", "numpy"), ("det(A)", "text")):
        error = error_of(lambda formula=formula, notation=notation: mc.parse(formula, {"A": A}, notation=notation))
        assert error.text == formula
