"""Python's operators between formulas: rows and columns spread as NumPy spreads arrays of two axes, or are refused."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import pytest

import matcalc as mc
from matcalc.parts import variables
from tests.numerics import SIZES, at_random, quotients, value

OPERATORS: dict[str, Callable[..., object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
V = {
    "X": mc.matrix("X", "m", "n", "positive"),
    "Y": mc.matrix("Y", "m", "n", "positive"),
    "S": mc.matrix("S", "n", "n", "positive"),
    "w": mc.vector("w", "m", "positive"),
    "mu": mc.vector("mu", "n", "positive"),
    "r": mc.row("r", "n", "positive"),
    "c": mc.scalar("c", "positive"),
}
PAIRS = [
    ("X", "Y"), ("X", "w"), ("X", "w[:, None]"), ("X", "mu.T"), ("X", "mu[None, :]"), ("X", "r"), ("w", "X"),
    ("mu.T", "X"), ("X", "c"), ("S", "mu.T"), ("X @ S", "r"), ("2 * w", "X + Y"),
    ("X.T", "w.T"), ("X.T", "mu"), ("w", "w"), ("c", "r"), ("X[0:2, :]", "r"),
]  # fmt: skip


def given(text: str, of: dict[str, object]) -> object:
    return eval(text, {"np": np, "None": None}, of)


def in_numpy(text: str, at: dict[str, np.ndarray]) -> np.ndarray:
    """The value of arrays of two axes, where a new axis takes the place of the axis of length 1."""
    for name, column in (("w", "w"), ("mu", "mu")):
        text = text.replace(f"{name}[:, None]", column).replace(f"{name}[None, :]", f"{column}.T")
    return np.asarray(given(text, dict(at)))


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_values_are_numpys(left: str, right: str, sign: str) -> None:
    f = OPERATORS[sign](given(left, dict(V)), given(right, dict(V)))
    assert isinstance(f, mc.Expr)
    at = at_random(*V.values(), seed=3)
    wanted = OPERATORS[sign](in_numpy(left, at), in_numpy(right, at))
    np.testing.assert_allclose(value(f, at), wanted, rtol=1e-12)
    assert mc.parse(str(f), V) is f or str(mc.parse(str(f), V)) == str(f)


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.quick_part(5)
def test_gradients_are_difference_quotients(left: str, right: str, sign: str) -> None:
    made = OPERATORS[sign](given(left, dict(V)), given(right, dict(V)))
    f = mc.norm2(made) ** 2
    at = {name: 0.5 + 0.2 * array for name, array in at_random(*V.values(), seed=4).items()}
    for x in variables(f):
        slope = value(mc.gradient(f, x), at)
        wanted = quotients(f, x, at).reshape(slope.shape[::-1]).T
        np.testing.assert_allclose(slope, wanted, rtol=1e-5, atol=1e-7)


PRINTED = [
    ("X - mu.T", "X - ones(m)*mu'"),
    ("X * w[:, None]", "X.*(w*ones(n)')"),
    ("X + r", "X + ones(m)*r"),
    ("w / X", "(w*ones(n)')./X"),
    ("mc.gradient(mc.norm2(X - mu.T)**2, mu)", "2*(m*mu - colsum(X))"),
    ("mc.gradient(mc.sum(X * w[:, None]), w)", "rowsum(X)"),
    ("mc.cheapest(mc.jacobian((X * w[:, None]) @ mu, mu))", "diag(w)*X"),
    ("mc.sum(X) / mc.size('m')", "sum(X)/m"),
    ("mc.size(3) * mu", "3*mu"),
    ("w[:, None]", "w"),
    ("w[None, :]", "w'"),
    ("r[:, None]", "r'"),
    ("r[np.newaxis, :]", "r"),
    ("w[0:2, None]", "w[1:2]"),
]


@pytest.mark.parametrize(("text", "wanted"), PRINTED)
def test_what_spreads_is_written_with_ones(text: str, wanted: str) -> None:
    plain = {name: mc.variable(name, *v.shape) for name, v in V.items()}
    assert str(eval(text, {"np": np, "mc": mc, **plain})) == wanted


REFUSED = [
    ("w + mu.T", 'for a table of all pairs: column @ mc.ones("n").T + mc.ones("m") @ row, m×n'),
    ("mu * mu.T", "column @ row, n×n; entry by entry: column * row.T"),
    ("r - w", "could mean two things"),
    ("X + mu", "the right side transposed, .T, is a row that fits"),
    ("X * mu", "the matrix product is written @; entry by entry, the right side transposed, .T, is a row that fits"),
    ("X * Y.T", "the matrix product is written @"),
    ("mu @ mu", "x.T @ y is the inner product"),
    ("S @ X", "the inner dimensions differ"),
    ("w.T * X", "the left side transposed, .T, is a column that fits"),
    ("S + mu", 'to each column of the matrix: column @ mc.ones("n").T; to each row: column.T'),
    ("mu[:, None] * S", "a column beside a square matrix could mean two things"),
    ("X + S", "the shapes differ"),
    ("X * X.T", "wants equal shapes"),
    ("X * S", "the matrix product is written @"),
    ("X * mu", "the matrix product is written @"),
    ("S * mu", 'the matrix product is written @; to each column of the matrix: column @ mc.ones("n").T'),
    ("X[:, None]", "a formula has two axes and no more"),
    ("w[None, None]", "a formula has two axes and no more"),
    ("mc.parse('X - mu', V)", "the shapes differ"),
    ("mc.parse('X + r', V)", "the shapes differ"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_does_not_fit_is_refused_with_a_hint(text: str, message: str) -> None:
    with pytest.raises(mc.ShapeError) as caught:
        eval(text, {"mc": mc, "V": V, **V})
    assert message in str(caught.value)


def test_a_symbol_is_never_taken_for_one() -> None:
    x = mc.matrix("X", "m", "k")
    with pytest.raises(mc.ShapeError):
        x + mc.matrix("Y", "m", "n")
    assert SIZES["m"] != 1


# ---------------------------------------------------------------- variables by name
BY_NAME = [
    lambda f, x: mc.gradient(f, x), lambda f, x: mc.jacobian(f, x), lambda f, x: mc.hessian(f, x),
    lambda f, x: mc.hessian(f, x, "w"), lambda f, x: mc.derivative(f, x), lambda f, x: mc.tensor(f, x),
    lambda f, x: mc.jvp(f, x, mc.vector("v", "n")), lambda f, x: mc.vjp(f, x, mc.scalar("u")),
    lambda f, x: mc.differential(f, x, mc.vector("v", "n")), lambda f, x: str(mc.explain(f, x)),
    lambda f, x: str(mc.check("2*X'*(X*mu - w)", f, x)),
    lambda f, x: str(mc.check_derivation(["D = 2*X'*(X*mu - w)"], f, x)),
    lambda f, x: str(mc.check_code(lambda X, mu, w: 2 * X.T @ (X @ mu - w), f, x)),
    lambda f, x: str(mc.objective(f, x)), lambda f, x: str(mc.objective(f, [x, "w"])),
]  # fmt: skip


@pytest.mark.parametrize("by", BY_NAME)
def test_a_variable_may_be_named(by: Callable[..., object]) -> None:
    f = mc.norm2(V["X"] @ V["mu"] - V["w"]) ** 2
    f = mc.parse(str(f), {name: mc.variable(name, *v.shape) for name, v in V.items()})
    (mu,) = [v for v in variables(f) if str(v) == "mu"]
    assert by(f, "mu") == by(f, mu)


@pytest.mark.parametrize(
    ("name", "message"), [("MU", "did you mean mu?"), ("w1", "did you mean w?"), ("", "its variables: X, mu, w")]
)
def test_a_name_that_the_formula_has_not_is_refused(name: str, message: str) -> None:
    with pytest.raises(mc.DerivativeError) as caught:
        mc.gradient(mc.norm2(V["X"] @ V["mu"] - V["w"]), name)
    assert str(caught.value).startswith("the formula has no variable")
    assert message in str(caught.value)
