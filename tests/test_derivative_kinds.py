"""Laws between gradients, Jacobians, Hessians, directional derivatives and layouts, with no two sizes equal."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from tests.numerics import (
    SIZES,
    Values,
    assert_close,
    at_random,
    quotient,
    quotients,
    sample,
    shape,
    size,
    unvec,
    value,
    vec,
)

# formula, variable, declarations; every kind of f by every kind of x
PAIRS = [
    # scalar by scalar, column, row, matrix
    ("sin(t)*t^2", "t", "t: scalar"),
    ("x'*A*x", "x", "x: n, A: n×n"),
    ("exp(r*y)", "r", "r: 1×n, y: n"),
    ("norm2(r)", "r", "r: 1×n"),
    ("tr(A*X)", "X", "A: m×n, X: n×m"),
    ("log(1 + norm2(A*X)^2)", "X", "A: m×n, X: n×p"),
    # column by scalar, column, row, matrix
    ("exp(t*x)", "t", "t: scalar, x: n"),
    ("A*exp(x)", "x", "A: m×n, x: n"),
    ("tanh(A*x)", "x", "A: m×n, x: n"),
    ("A*r'", "r", "A: m×n, r: 1×n"),
    ("tanh(A*r' + y)", "r", "A: m×n, r: 1×n, y: m"),
    ("X*x", "X", "X: m×n, x: n"),
    ("softmax(X*x)", "X", "X: m×n, x: n"),
    # row by scalar, column, row, matrix
    ("sin(t*r)", "t", "t: scalar, r: 1×n"),
    ("x'*A", "x", "x: m, A: m×n"),
    ("exp(x'*A)", "x", "x: m, A: m×n"),
    ("r*A", "r", "r: 1×m, A: m×n"),
    ("r.*r*A", "r", "r: 1×m, A: m×n"),
    ("y'*X", "X", "y: m, X: m×n"),
    # matrix by scalar, column, row, matrix
    ("cos(t)*A", "t", "t: scalar, A: m×n"),
    ("x*y'", "x", "x: m, y: n"),
    ("diag(x)*A", "x", "x: m, A: m×n"),
    ("y*r", "r", "y: m, r: 1×n"),
    ("A*X*B", "X", "A: m×n, X: n×p, B: p×q"),
    ("X'*A*X", "X", "A: m×m, X: m×n"),
    ("exp(A*X)", "X", "A: m×n, X: n×p"),
    ("inv(X)", "X", "X: n×n invertible"),
    ("X'", "X", "X: m×n"),
    ("kron(A, X)", "X", "A: m×n, X: p×q"),
    # columns shared by two factors
    ("A*diag(x)*B", "x", "A: m×n, x: n, B: n×q"),
    ("A*diag(diag(X))*B'", "X", "A: m×n, X: n×n, B: p×n"),
    ("A*diag(diag(X).*x)*B'", "X", "A: m×n, X: n×n, B: p×n, x: n"),
    ("A*exp(X)*B", "X", "A: m×n, X: n×p, B: p×q"),
    ("rowsoftmax(A*X)", "X", "A: m×n, X: n×p"),
    ("rowsoftmax(X)*B", "X", "X: m×n, B: n×p"),
    ("diag(A*x)*B", "x", "A: m×n, x: n, B: m×p"),
]


def read(formula: str, where: str, by: str) -> tuple[mc.Expr, mc.Expr, Values]:
    declared = parse_where(where)
    f = mc.parse(formula, declared)
    return f, declared[by], at_random(*declared.values(), seed=len(formula))


for_each_pair = pytest.mark.parametrize(("formula", "by", "where"), PAIRS, ids=[f"{f} by {x}" for f, x, _ in PAIRS])


def is_column(expr: mc.Expr) -> bool:
    return shape(expr)[1] == 1


def is_row(expr: mc.Expr) -> bool:
    return shape(expr)[0] == 1


# ---------------------------------------------------------------- first derivatives
@for_each_pair
def test_the_jacobian_is_vec_by_vec(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    jacobian = mc.jacobian(f, x)
    assert shape(jacobian) == (np.prod(shape(f)), np.prod(shape(x)))
    assert_close(value(jacobian, values), quotients(f, x, values), 1e-7, str(jacobian))


@for_each_pair
def test_a_transpose_permutes_the_jacobian(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    assert_close(value(mc.jacobian(f.T, x), values), quotients(f.T, x, values), 1e-7)


@for_each_pair
def test_the_derivative_by_a_row_or_a_column(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    jacobian = value(mc.jacobian(f, x), values)
    by_row, by_column = (x, x.T) if is_row(x) and not is_column(x) else (x.T, x)
    if shape(x) == (1, 1):
        derivative = mc.derivative(f, x)
        assert derivative.shape == f.shape
        assert_close(value(derivative, values), unvec(jacobian, np.empty(shape(f))), 1e-12)
    elif shape(f) == (1, 1):
        derivative = mc.derivative(f, x)
        assert derivative.shape == x.shape
        assert_close(value(derivative, values), unvec(jacobian.T, values[by]), 1e-12)
        turned = mc.derivative(f, x.T)
        assert turned.shape == x.shape.T
        assert_close(value(turned, values), value(derivative, values).T, 1e-12)
    elif (is_column(f) or is_row(f)) and (is_column(x) or is_row(x)):
        column = f if is_column(f) else f.T
        assert_close(value(mc.derivative(column, by_row), values), jacobian, 1e-12)
        assert_close(value(mc.derivative(column.T, by_column), values), jacobian.T, 1e-12)
        for numerator, denominator in ((column, by_column), (column.T, by_row)):
            with pytest.raises(mc.DerivativeError):
                mc.derivative(numerator, denominator)
    else:
        with pytest.raises(mc.DerivativeError):
            mc.derivative(f, x)


@for_each_pair
def test_the_differential_is_the_jacobian_times_the_direction(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    direction = mc.matrix("V0", *x.shape)
    values["V0"] = sample(np.random.default_rng(1), *shape(x))
    jvp = mc.jvp(f, x, direction)
    assert jvp.shape == f.shape
    want = value(mc.jacobian(f, x), values) @ vec(values["V0"])
    assert_close(vec(value(jvp, values)), want, 1e-11, str(jvp))
    assert_close(value(jvp, values), quotient(f, x, values, values["V0"]), 1e-7, str(jvp))
    assert mc.differential(f, x, direction) is jvp


@for_each_pair
def test_the_pullback_is_the_transposed_jacobian_times_the_cotangent(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    cotangent = mc.matrix("U0", *f.shape)
    values["U0"] = sample(np.random.default_rng(2), *shape(f))
    vjp = mc.vjp(f, x, cotangent)
    assert vjp.shape == x.shape
    want = value(mc.jacobian(f, x), values).T @ vec(values["U0"])
    assert_close(vec(value(vjp, values)), want, 1e-11, str(vjp))


@for_each_pair
@pytest.mark.quick_part(4)
def test_a_direction_may_be_any_formula(formula: str, by: str, where: str) -> None:
    """A formula of x itself is held constant as a direction."""
    f, x, values = read(formula, where, by)
    jvp = mc.jvp(f, x, 2 * x)
    assert_close(value(jvp, values), quotient(f, x, values, 2 * values[by]), 1e-7, str(jvp))
    vjp = mc.vjp(f, x, f)
    want = value(mc.jacobian(f, x), values).T @ vec(value(f, values))
    assert_close(vec(value(vjp, values)), want, 1e-11, str(vjp))


@for_each_pair
@pytest.mark.quick_part(4)
def test_the_text_of_each_derivative_reads_back(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    u, v = mc.matrix("U0", *f.shape), mc.matrix("V0", *x.shape)
    values |= at_random(u, v, seed=9)
    names = parse_where(where) | {"U0": u, "V0": v}
    for derivative in (mc.jacobian(f, x), mc.jvp(f, x, v), mc.vjp(f, x, u)):
        back = mc.parse(str(derivative), names)
        assert back.shape == derivative.shape
        assert_close(value(back, values), value(derivative, values), 1e-12, str(derivative))


@for_each_pair
def test_the_axes_of_the_tensor_are_those_of_f_then_those_of_x(formula: str, by: str, where: str) -> None:
    f, x, _ = read(formula, where, by)
    tensor = mc.tensor(f, x)
    want = [d for expr in (f, x) for d in shape(expr) if d != 1]
    assert [size(d) for d in tensor.dims] == want or np.prod([size(d) for d in tensor.dims], dtype=int) == np.prod(
        want, dtype=int
    )
    assert str(tensor).startswith("D")


@pytest.mark.parametrize(
    ("formula", "by", "where", "axes"),
    [
        ("A*X*B", "X", "A: m×n, X: n×p, B: p×q", ["m", "q", "n", "p"]),
        ("X*x", "X", "X: m×n, x: n", ["m", "m", "n"]),
        ("x*y'", "x", "x: m, y: n", ["m", "n", "m"]),
        ("norm2(X)", "X", "X: m×n", ["m", "n"]),
        ("t^2", "t", "t: scalar", []),
        ("r*A", "r", "r: 1×m, A: m×n", ["n", "m"]),
        ("inv(X)", "X", "X: n×n", ["n", "n", "n", "n"]),
    ],
)
def test_tensor_axes(formula: str, by: str, where: str, axes: list[str]) -> None:
    declared = parse_where(where)
    tensor = mc.tensor(mc.parse(formula, declared), declared[by])
    assert [str(d) for d in tensor.dims] == axes


# ---------------------------------------------------------------- by parts of a variable
PARTS = {  # rows × columns of X → what is taken of it, in Python's positions
    "m×n": [(0, 1), (slice(None), 1), (1, slice(None)), (slice(0, 2), slice(1, 3))],
    "n×1": [(2, 0), (slice(1, 3), 0)],
    "1×n": [(0, 1), (0, slice(0, 2))],
    "n×n symmetric": [(0, 1), (slice(None), 2), (slice(0, 2), slice(None))],
}
OF_PARTS = {
    "m×n": ["tr(A*exp(X))", "A*X*x", "norm2(X*x)*X[1,2]", "tanh(X*x)", "X*X'", "X[:,2].*(X*x)", "exp(X[:,2:3])*x[1:2]"],
    "n×1": ["norm2(X)*X[3]", "exp(X)", "X*X'", "X[1]^2*X[3]"],
    "1×n": ["norm2(X)", "exp(X)", "X[2]*X"],
    "n×n symmetric": ["x'*X*x*X[1,2]", "X*X*x"],
}
BY_PARTS = [(f, where, at) for where in PARTS for f in OF_PARTS[where] for at in PARTS[where]]


@pytest.mark.parametrize(("formula", "where", "at"), BY_PARTS, ids=[f"{f} by {at}" for f, _, at in BY_PARTS])
@pytest.mark.quick_part(4)
def test_the_derivative_by_a_part_is_that_part_of_the_derivative(
    formula: str, where: str, at: tuple[int | slice, int | slice]
) -> None:
    declared = parse_where(f"X: {where}, A: n×m, x: n")
    f, x = mc.parse(formula, declared), declared["X"]
    part = x[at]
    values = at_random(*declared.values(), seed=3)
    taken = vec(np.arange(values["X"].size).reshape(values["X"].shape, order="F")[at].reshape(shape(part))).ravel()
    full = value(mc.jacobian(f, x), values)
    jacobian = mc.jacobian(f, part)
    assert_close(value(jacobian, values), full[:, taken], 1e-12, str(jacobian))
    assert mc.parse(str(jacobian), declared).shape == jacobian.shape
    v, u = mc.matrix("V0", *part.shape), mc.matrix("U0", *f.shape)
    values |= at_random(u, v, seed=4)
    jvp, vjp = mc.jvp(f, part, v), mc.vjp(f, part, u)
    assert_close(vec(value(jvp, values)), full[:, taken] @ vec(values["V0"]), 1e-11, str(jvp))
    assert_close(vec(value(vjp, values)), full[:, taken].T @ vec(values["U0"]), 1e-11, str(vjp))
    if shape(f) == (1, 1):
        assert_close(vec(value(mc.gradient(f, part), values)), full[:, taken].T, 1e-12)
        curvature = value(mc.hessian(f, x), values)
        assert_close(value(mc.hessian(f, part), values), curvature[np.ix_(taken, taken)], 1e-11)
        assert_close(value(mc.hessian(f, part, x), values), curvature[taken], 1e-11)


def test_parts_are_of_variables() -> None:
    x, s = mc.matrix("X", "n", "n"), mc.matrix("S", "n", "n", "symmetric")
    for part in ((x @ x)[0, 1], x.T[0, 1], (x + 1)[:, 0]):
        with pytest.raises(mc.DerivativeError, match="derivatives are by variables"):
            mc.gradient(mc.tr(x), part)
    with pytest.raises(mc.DerivativeError, match="a part of a variable has no structure of its own"):
        mc.gradient(mc.tr(s), s[0, 1], structure="free")


# ---------------------------------------------------------------- second and third derivatives
SCALARS = [
    ("x'*A*x", "x", "x: n, A: n×n"),
    ("exp(x'*A*x)", "x", "x: n, A: n×n"),
    ("norm2(x)", "x", "x: n"),
    ("norm2(r)", "r", "r: 1×n"),
    ("logsumexp(A*x)", "x", "A: m×n, x: n"),
    ("sum(tanh(A*x))", "x", "A: m×n, x: n"),
    ("t^4 + sin(t)", "t", "t: scalar"),
    ("norm2(A*X)^2", "X", "A: m×n, X: n×p"),
    ("tr(X'*A*X*B)", "X", "X: m×n, A: m×m, B: n×n"),
    ("sum(exp(X))", "X", "X: m×n"),
    ("sum(sigmoid(X*y))", "X", "X: m×n, y: n"),
    ("log(det(X))", "X", "X: n×n invertible"),
    ("det(X)", "X", "X: n×n invertible"),
    ("tr(inv(X)*A)", "X", "X: n×n invertible, A: n×n"),
    ("tr(X^3)", "X", "X: n×n"),
    ("norm2(X)", "X", "X: m×n"),
]

for_each_scalar = pytest.mark.parametrize(("formula", "by", "where"), SCALARS, ids=[row[0] for row in SCALARS])


@for_each_scalar
def test_the_gradient_has_the_shape_of_its_variable(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    gradient = mc.gradient(f, x)
    assert gradient.shape == x.shape
    assert_close(vec(value(gradient, values)).T, value(mc.jacobian(f, x), values), 1e-11)
    assert_close(vec(value(gradient, values)).T, quotients(f, x, values), 1e-7, str(gradient))


@for_each_scalar
def test_the_hessian_is_the_symmetric_jacobian_of_the_gradient(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    gradient, hessian = mc.gradient(f, x), mc.hessian(f, x)
    entries = int(np.prod(shape(x)))
    assert shape(hessian) == (entries, entries)
    got = value(hessian, values)
    assert_close(got, got.T, 1e-11, str(hessian))
    assert_close(got, value(mc.jacobian(gradient, x), values), 1e-11, str(hessian))
    assert_close(got, quotients(gradient, x, values), 1e-7, str(hessian))


THIRD = [
    row
    for row in SCALARS
    if row[0] in ("exp(x'*A*x)", "logsumexp(A*x)", "t^4 + sin(t)", "sum(exp(X))", "tr(X^3)", "norm2(r)")
]


@pytest.mark.parametrize(("formula", "by", "where"), THIRD, ids=[row[0] for row in THIRD])
def test_the_third_derivative_is_the_jacobian_of_the_hessian(formula: str, by: str, where: str) -> None:
    f, x, values = read(formula, where, by)
    hessian = mc.hessian(f, x)
    third = mc.jacobian(hessian, x)
    entries = int(np.prod(shape(x)))
    assert shape(third) == (entries**2, entries)
    assert_close(value(third, values), quotients(hessian, x, values), 1e-7, str(third))


MIXED = [
    ("x'*A*y", "x", "y", "x: m, A: m×n, y: n"),
    ("norm2(A*x - y)^2", "x", "y", "A: m×n, x: n, y: m"),
    ("norm2(X*x)^2", "X", "x", "X: m×n, x: n"),
    ("norm2(A - U*V')^2", "U", "V", "A: m×n, U: m×p, V: n×p"),
    ("exp(t*norm2(x))", "t", "x", "t: scalar, x: n"),
    ("sum(tanh(W*x + y))", "W", "y", "W: m×n, x: n, y: m"),
    ("exp(r*x)", "r", "x", "r: 1×n, x: n"),
    ("tr(A*X*B*Y)", "X", "Y", "A: q×m, X: m×n, B: n×p, Y: p×q"),
]


@pytest.mark.parametrize(("formula", "first", "second", "where"), MIXED, ids=[row[0] for row in MIXED])
def test_a_mixed_hessian_is_a_block(formula: str, first: str, second: str, where: str) -> None:
    declared = parse_where(where)
    f, x, y = mc.parse(formula, declared), declared[first], declared[second]
    values = at_random(*declared.values(), seed=3)
    block, turned = mc.hessian(f, x, y), mc.hessian(f, y, x)
    assert shape(block) == (np.prod(shape(x)), np.prod(shape(y)))
    assert_close(value(block, values), quotients(mc.gradient(f, x), y, values), 1e-7, str(block))
    assert_close(value(turned, values), value(block, values).T, 1e-11, str(turned))


# ---------------------------------------------------------------- zeros and edges
@pytest.mark.parametrize(
    "where",
    [
        "f: 1×1, x: n",
        "f: m, x: n",
        "f: 1×m, x: n",
        "f: m×p, x: n",
        "f: m×p, x: n×q",
        "f: m, x: 1×n",
        "f: 1×1, x: 1×1",
        "f: m×p, x: 1×1",
    ],
)
def test_the_derivative_by_an_absent_variable_is_a_zero_of_the_right_shape(where: str) -> None:
    declared = parse_where(where)
    f, x = declared["f"], declared["x"]
    values = at_random(f, x)
    jacobian = mc.jacobian(f, x)
    assert_close(value(jacobian, values), np.zeros((np.prod(shape(f)), np.prod(shape(x)))), 0)
    u, v = mc.matrix("U0", *f.shape), mc.matrix("V0", *x.shape)
    values |= at_random(u, v)
    assert_close(value(mc.jvp(f, x, v), values), np.zeros(shape(f)), 0)
    assert_close(value(mc.vjp(f, x, u), values), np.zeros(shape(x)), 0)
    if f.shape.is_scalar:
        assert mc.gradient(f, x).shape == x.shape
        assert_close(value(mc.gradient(f, x), values), np.zeros(shape(x)), 0)
        assert_close(value(mc.hessian(f, x), values), np.zeros((np.prod(shape(x)),) * 2), 0)
    back = mc.parse(str(jacobian), declared)
    assert back.shape == jacobian.shape


def test_the_hessian_of_a_linear_formula_is_a_zero_of_the_right_shape() -> None:
    declared = parse_where("a: n, x: n, A: m×n, X: n×m")
    assert str(mc.hessian(mc.parse("a'*x", declared), declared["x"])) == "zeros(n,n)"
    hessian = mc.hessian(mc.parse("tr(A*X)", declared), declared["X"])
    assert shape(hessian) == (6, 6)
    assert mc.evaluate(hessian, {}, SIZES).shape == (6, 6)


def test_the_derivative_of_a_number() -> None:
    x = mc.vector("x", "n")
    assert mc.evaluate(mc.gradient(3, x), {"x": np.ones(2)}).tolist() == [0, 0]
    assert mc.evaluate(mc.gradient(mc.parse("2"), x), {"x": np.ones(2)}).tolist() == [0, 0]


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (1, 3), (3, 1), (2, 3)])
@pytest.mark.parametrize(
    "formula",
    [
        "norm2(X)^2",
        "sum(exp(X))",
        "sum(X)",
        "logdet(X*X' + eye(m))",
        "tr(X'*X)",
        "norm2(vec(X))",
        "sum(rowsum(X).^2)",
        "sum(kron(X, X))",
    ],
)
@pytest.mark.quick_part(4)
def test_numeric_shapes_with_ones(formula: str, rows: int, cols: int) -> None:
    X = mc.matrix("X", rows, cols)
    f = mc.parse(formula.replace("eye(m)", f"eye({rows})"), {"X": X})
    values = {"X": sample(np.random.default_rng(rows + 3 * cols), rows, cols)}
    gradient, hessian = mc.gradient(f, X), mc.hessian(f, X)
    assert shape(gradient) == (rows, cols)
    assert_close(vec(value(gradient, values)).T, quotients(f, X, values), 1e-7, str(gradient))
    assert_close(value(hessian, values), quotients(gradient, X, values), 1e-7, str(hessian))
    for derivative in (gradient, hessian):
        assert_close(
            value(mc.parse(str(derivative), {"X": X}), values), value(derivative, values), 1e-12, str(derivative)
        )


@pytest.mark.parametrize("sizes", [{"m": 1, "n": 3}, {"m": 3, "n": 1}, {"m": 1, "n": 1}])
@pytest.mark.parametrize(
    "formula", ["norm2(A*x - y)^2", "sum(tanh(A*x))", "exp(y'*A*x)", "norm1(A*x)", "logsumexp(A*x)"]
)
def test_symbolic_dimensions_may_turn_out_to_be_one(formula: str, sizes: dict[str, int]) -> None:
    declared = parse_where("A: m×n, x: n, y: m")
    f = mc.parse(formula, declared)
    values = at_random(*declared.values(), sizes=sizes)
    for x in (declared["x"], declared["A"]):
        gradient = mc.gradient(f, x)
        assert_close(vec(value(gradient, values, sizes)).T, quotients(f, x, values, sizes), 1e-7, str(gradient))


def test_one_by_one_matrices_are_scalars() -> None:
    X = mc.matrix("X", 1, 1)
    for formula in (
        "X*X",
        "tr(X)^2",
        "det(X)^2",
        "inv(X)^-2",
        "sum(X).*X",
        "X'*X",
        "norm2(X)^2",
        "kron(X, X)",
        "diag(X)*X",
        "expm(2*log(X))",
    ):
        f = mc.parse(formula, {"X": X})
        assert mc.evaluate(mc.gradient(f, X), {"X": 3.0}) == pytest.approx(6.0), formula
        assert mc.evaluate(mc.hessian(f, X), {"X": 3.0}) == pytest.approx(2.0), formula


# ---------------------------------------------------------------- structure
STRUCTURED = ["tr(A*S)", "log(det(S))", "x'*S*x", "norm2(S)^2", "tr(A*inv(S))", "x'*S*S*y", "tr(A*S*B*S)"]


@pytest.mark.parametrize("formula", STRUCTURED)
def test_a_symmetric_variable_is_free_by_default(formula: str) -> None:
    """The gradient is that of the formula with a variable that is not declared symmetric, at a symmetric value."""
    declared = parse_where("A: n×n, B: n×n, x: n, y: n, S: n×n symmetric")
    free = parse_where("S: n×n")["S"]
    f, g = mc.parse(formula, declared), mc.parse(formula, {**declared, "S": free})
    values = at_random(*declared.values(), seed=5)
    got = value(mc.gradient(f, declared["S"]), values)
    assert_close(vec(got).T, quotients(g, free, values), 1e-7)


@pytest.mark.parametrize("formula", STRUCTURED)
def test_projected_and_free_gradients_of_a_symmetric_variable(formula: str) -> None:
    declared = parse_where("A: n×n, B: n×n, x: n, y: n, S: n×n symmetric")
    f, S = mc.parse(formula, declared), declared["S"]
    values = at_random(*declared.values(), seed=6)
    G = value(mc.gradient(f, S), values)
    assert_close(value(mc.gradient(f, S, structure="project"), values), (G + G.T) / 2, 1e-11)
    by_parameters = value(mc.gradient(f, S, structure="free"), values)
    assert_close(by_parameters, G + G.T - np.diag(np.diag(G)), 1e-11)
    for i in range(3):
        for j in range(i + 1):
            change = np.zeros((3, 3))
            change[i, j] = change[j, i] = 1
            assert_close(by_parameters[i, j], quotient(f, S, values, change)[0, 0], 1e-7)


@pytest.mark.parametrize("formula", ["tr(A*D)", "log(det(D))", "x'*D*x", "norm2(A*D*B)^2", "tr(A*inv(D))"])
def test_projected_and_free_gradients_of_a_diagonal_variable(formula: str) -> None:
    declared = parse_where("A: n×n, B: n×n, x: n, D: n×n diagonal")
    f, D = mc.parse(formula, declared), declared["D"]
    values = at_random(*declared.values(), seed=7)
    G = value(mc.gradient(f, D), values)
    for structure in ("project", "free"):
        got = value(mc.gradient(f, D, structure=structure), values)
        assert_close(got, np.diag(np.diag(G)), 1e-11)
        for i in range(3):
            change = np.zeros((3, 3))
            change[i, i] = 1
            assert_close(got[i, i], quotient(f, D, values, change)[0, 0], 1e-7)


def test_a_hessian_by_a_symmetric_variable_is_free_too() -> None:
    declared = parse_where("A: n×n, S: n×n symmetric")
    free = parse_where("S: n×n")["S"]
    f, g = mc.parse("tr(A*S*A*S)", declared), mc.parse("tr(A*S*A*S)", {**declared, "S": free})
    values = at_random(*declared.values(), seed=8)
    assert_close(value(mc.hessian(f, declared["S"]), values), quotients(mc.gradient(g, free), free, values), 1e-7)


def test_declared_symmetry_shortens_the_answer() -> None:
    declared = parse_where("S: n×n symmetric, x: n")
    assert str(mc.gradient(mc.parse("x'*S*x", declared), declared["x"])) == "2*S*x"
    assert str(mc.hessian(mc.parse("x'*S*x", declared), declared["x"])) == "2*S"


def test_the_denominator_layout_is_the_transpose() -> None:
    A, x, y = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("y", "m")
    assert mc.jacobian(A @ x, x, layout="denominator") is A.T
    assert mc.hessian(y.T @ A @ x, y, x, layout="denominator") is A.T
    with pytest.raises(mc.MatcalcError, match="unknown layout"):
        mc.jacobian(A @ x, x, layout="mixed")


CONDITIONS = [
    ("norm2(A*x - y)", "x", ("norm2(A*x - y) ≠ 0",)),
    ("log(det(X))", "X", ("X invertible",)),
    ("sum(log(x))", "x", ("x ≠ 0",)),
    ("x'*x", "x", ()),
]


@pytest.mark.parametrize(("formula", "by", "wanted"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_the_conditions_of_a_gradient(formula: str, by: str, wanted: tuple[str, ...]) -> None:
    v = {"A": mc.matrix("A", "m", "n"), "X": mc.matrix("X", "n", "n")}
    v |= {"x": mc.vector("x", "n"), "y": mc.vector("y", "m")}
    assert mc.conditions(mc.gradient(mc.parse(formula, v), v[by])) == wanted


def test_declared_facts_are_no_conditions() -> None:
    assert mc.conditions(mc.log(mc.vector("x", "n", "positive"))) == ()
    assert mc.conditions(mc.inv(mc.matrix("S", "n", "n", "posdef"))) == ()


ROOTS_OF_EVEN_POWERS = [
    "sum(sqrt(x.^2.*y))",
    "sum((x.^2.*y.^4).^0.5)",
    "sum((x.^2.*z.^2).^0.5)",
    "sum(x.^3./sqrt(x.^2.*y))",
    "sum(x.*z./sqrt(x.^2.*z.^4))",
    "sum((x.^4.*y).^0.25)",
    "sum((x.^2./y).^1.5)",
    "sum(x.*sqrt(z.^2./y))",
    "sum(sqrt(x.^2.*z.^2./(1 + x.^2)))",
    "sum(z.*x.^2./sqrt(x.^2.*y))",
    "sqrt(x[1]^2*y[2])*z[1]",
    "x[1]^3/sqrt(x[1]^2*z[1]^2)",
]


@pytest.mark.parametrize("formula", ROOTS_OF_EVEN_POWERS)
def test_the_root_of_an_even_power_keeps_its_sign(formula: str) -> None:
    declared = parse_where("x: n, y: n positive, z: n")
    f = mc.parse(formula, declared)
    values = at_random(*declared.values(), seed=11)
    assert min(values["x"].min(), values["z"].min()) < 0
    for name in sorted({name_of(v) for v in variables(f)}):
        slope = mc.gradient(f, declared[name])
        assert_close(value(slope, values), quotients(f, declared[name], values).T)
        for other in ("x", "z"):
            second = mc.hessian(f, declared[name], declared[other])
            assert_close(value(second, values), quotients(slope, declared[other], values), 1e-6, second)
            assert_close(value(mc.parse(str(second), declared), values), value(second, values))
