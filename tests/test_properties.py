"""Random formulas together with their NumPy value, from one generator: evaluation, text, derivatives.

The reference is NumPy on plain arrays: nothing of the package takes part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import matcalc as mc
from matcalc.expr import name_of, power
from matcalc.expr import size as dimension
from matcalc.lowering.lower import lower
from matcalc.network.build import add, contract, scale, transposed
from matcalc.network.nodes import Factor, Node
from matcalc.network.properties import transpose_sign
from matcalc.parts import variables
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder
from tests.numerics import STEP, WEIGHTS, Values, assert_close, directions, reads_back, sample, shape, value, vec

SIZES = {"m": 2, "n": 3}
SIDES = ("1", "m", "n")
ONE = Fraction(1)

NAMES = {
    "a": mc.scalar("a"),
    "c": mc.scalar("c"),
    "x": mc.vector("x", "n"),
    "y": mc.vector("y", "n"),
    "z": mc.vector("z", "m"),
    "r": mc.row("r", "n"),
    "A": mc.matrix("A", "m", "n"),
    "B": mc.matrix("B", "m", "n"),
    "C": mc.matrix("C", "n", "m"),
    "X": mc.matrix("X", "n", "n"),
    "Y": mc.matrix("Y", "n", "n"),
    "S": mc.matrix("S", "n", "n", "symmetric"),
    "M": mc.matrix("M", "m", "m"),
}
Numpy = Callable[[Values], np.ndarray]
Sides = tuple[str, str]


class Formula(NamedTuple):
    """A formula and what NumPy makes of it, scalars, columns and rows as two-dimensional arrays."""

    expr: mc.Expr
    numpy: Numpy


ELEMENTWISE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "arctan": np.arctan,
    "exp": np.exp,
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "softplus": lambda u: np.logaddexp(0, u),
}


def leaves(sides: Sides) -> list[Formula]:
    size = tuple(SIZES.get(side, 1) for side in sides)
    found = [
        Formula(v, lambda at, name=name: at[name]) for name, v in NAMES.items() if tuple(map(str, v.shape)) == sides
    ]
    found.append(Formula(mc.ones(*sides), lambda at: np.ones(size)))
    if sides[0] == sides[1] != "1":
        found.append(Formula(mc.eye(sides[0]), lambda at: np.eye(size[0])))
    if sides == ("1", "1"):
        found += [Formula(mc.parse(str(k)), lambda at, k=k: np.full((1, 1), k)) for k in (2, 0.5, 3)]
        found.append(Formula(dimension(Dim.of("n")), lambda at: np.full((1, 1), 3.0)))
    return found


@st.composite
def formulas(draw: st.DrawFn, sides: Sides, depth: int) -> Formula:
    """A random formula of given sides."""

    def part(rows: str, cols: str, by: int = 1) -> Formula:
        return draw(formulas((rows, cols), depth - by))

    def unary(expr: mc.Expr, numpy: Callable[[np.ndarray], np.ndarray], of: Formula) -> Formula:
        return Formula(expr, lambda at: numpy(of.numpy(at)))

    if depth <= 0:
        return draw(st.sampled_from(leaves(sides)))
    rows, cols = sides
    kinds = [
        "leaf",
        "add",
        "sub",
        "neg",
        "scale",
        "hadamard",
        "elementwise",
        "product",
        "transpose",
        "quotient",
        "square",
    ]
    if sides == ("1", "1"):
        kinds += ["trace", "sum", "norm2", "logdet", "logsumexp", "form"]
    if rows == cols != "1":
        kinds += ["diag", "inv", "power", "gram"]
    if cols == "1" != rows:
        kinds += ["rowsum", "colsum", "diagonal", "softmax", "solve"]
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        return draw(st.sampled_from(leaves(sides)))
    if kind in ("add", "sub", "hadamard"):
        f, g = part(rows, cols), part(rows, cols)
        expr = {"add": lambda: f.expr + g.expr, "sub": lambda: f.expr - g.expr, "hadamard": lambda: f.expr * g.expr}[
            kind
        ]()
        op = {"add": np.add, "sub": np.subtract, "hadamard": np.multiply}[kind]
        return Formula(expr, lambda at: op(f.numpy(at), g.numpy(at)))
    if kind == "scale":
        f, g = part("1", "1", 2), part(rows, cols)
        return Formula(f.expr * g.expr, lambda at: f.numpy(at) * g.numpy(at))
    if kind == "product":
        inner = draw(st.sampled_from(SIDES))
        f, g = part(rows, inner), part(inner, cols)
        return Formula(f.expr @ g.expr, lambda at: f.numpy(at) @ g.numpy(at))
    if kind == "quotient":
        f, g = part(rows, cols), part(draw(st.sampled_from(SIDES)), "1", 2)
        return Formula(f.expr / (1 + mc.norm2(g.expr) ** 2), lambda at: f.numpy(at) / (1 + np.sum(g.numpy(at) ** 2)))
    if kind == "form":
        f, g, h = part("n", "1", 2), part("n", "n", 2), part("n", "1", 2)
        return Formula(f.expr.T @ g.expr @ h.expr, lambda at: f.numpy(at).T @ g.numpy(at) @ h.numpy(at))
    if kind == "solve":
        f, g = part(rows, rows, 2), part(rows, "1", 2)
        eye = np.eye(SIZES[rows])
        return Formula(
            mc.solve(f.expr @ f.expr.T + mc.eye(rows), g.expr),
            lambda at: np.linalg.solve(f.numpy(at) @ f.numpy(at).T + eye, g.numpy(at)),
        )
    if kind == "neg":
        f = part(rows, cols)
        return unary(-f.expr, np.negative, f)
    if kind == "transpose":
        f = part(cols, rows)
        return unary(f.expr.T, np.transpose, f)
    if kind == "square":
        f = part(rows, cols)
        return unary(f.expr**2, np.square, f)
    if kind == "elementwise":
        name = draw(st.sampled_from(sorted(ELEMENTWISE)))
        f = part(rows, cols)
        return unary(getattr(mc, name)(f.expr), ELEMENTWISE[name], f)
    if kind == "trace":
        side = draw(st.sampled_from(SIDES))
        f = part(side, side)
        return unary(mc.tr(f.expr), lambda u: np.trace(u).reshape(1, 1), f)
    if kind == "sum":
        f = part(draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES)))
        return unary(mc.sum(f.expr), lambda u: np.sum(u).reshape(1, 1), f)
    if kind == "norm2":
        f = part(draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES)))
        return unary(mc.norm2(f.expr) ** 2, lambda u: np.sum(u * u).reshape(1, 1), f)
    if kind == "logdet":
        f = part("n", draw(st.sampled_from(SIDES)), 2)
        return unary(
            mc.logdet(f.expr @ f.expr.T + mc.eye("n")),
            lambda u: np.linalg.slogdet(u @ u.T + np.eye(3))[1].reshape(1, 1),
            f,
        )
    if kind == "logsumexp":
        f = part("n", "1")
        return unary(mc.logsumexp(f.expr), lambda u: np.log(np.sum(np.exp(u))).reshape(1, 1), f)
    if kind == "diag":
        f = part(rows, "1")
        return unary(mc.diag(f.expr), lambda u: np.diag(u[:, 0]), f)
    if kind == "diagonal":
        f = part(rows, rows)
        return unary(mc.diag(f.expr), lambda u: np.diag(u).reshape(-1, 1), f)
    if kind == "inv":
        f = part(rows, draw(st.sampled_from(SIDES)), 2)
        eye = np.eye(SIZES[rows])
        return unary(mc.inv(f.expr @ f.expr.T + mc.eye(rows)), lambda u: np.linalg.inv(u @ u.T + eye), f)
    if kind == "power":
        f = part(rows, rows, 2)
        return unary(power(f.expr, mc.parse("3")), lambda u: u @ u @ u, f)
    if kind == "gram":
        f = part(draw(st.sampled_from(SIDES)), rows)
        return unary(f.expr.T @ f.expr, lambda u: u.T @ u, f)
    if kind == "rowsum":
        f = part(rows, draw(st.sampled_from(SIDES)))
        return unary(mc.rowsum(f.expr), lambda u: u.sum(1, keepdims=True), f)
    if kind == "colsum":
        f = part(draw(st.sampled_from(SIDES)), rows)
        return unary(mc.colsum(f.expr), lambda u: u.sum(0).reshape(-1, 1), f)
    assert kind == "softmax"
    f = part(rows, "1")
    return unary(mc.softmax(f.expr), lambda u: np.exp(u) / np.sum(np.exp(u)), f)


def values(seed: int) -> Values:
    rng = np.random.default_rng(seed)
    return {name: 0.7 * sample(rng, *shape(v, SIZES), *v.data[1]) for name, v in NAMES.items()}


POINT = values(1)
ANY = st.tuples(st.sampled_from(SIDES), st.sampled_from(SIDES)).flatmap(lambda sides: formulas(sides, 4))
SCALAR = formulas(("1", "1"), 4)

moderate = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def tame(formula: Formula) -> np.ndarray:
    """The value by NumPy; formulas that explode say nothing about rounding."""
    with np.errstate(all="ignore"):
        want = np.asarray(formula.numpy(POINT), dtype=float)
    assume(np.all(np.isfinite(want)) and float(np.max(np.abs(want))) < 1e4)
    return want


def numpy_quotients(formula: Formula, name: str) -> np.ndarray:
    """∂vec f/∂(vec x)' by difference quotients of NumPy's value."""
    columns = []
    for e in directions(POINT[name]):
        with np.errstate(all="ignore"):
            columns.append(
                vec(sum(w * formula.numpy({**POINT, name: POINT[name] + k * STEP * e}) for k, w in WEIGHTS) / STEP)
            )
    return np.hstack(columns)


def free_variables(formula: Formula) -> list[mc.Expr]:
    """The variables of a formula whose entries may move freely."""
    return sorted((v for v in variables(formula.expr) if not v.data[1]), key=name_of)


@pytest.mark.slow
@moderate
@given(ANY)
def test_the_value_is_that_of_numpy(formula: Formula) -> None:
    want = tame(formula)
    assert_close(value(formula.expr, POINT, SIZES), want, 1e-10, str(formula.expr))


@moderate
@given(ANY)
def test_the_text_reads_back_as_the_same_object(formula: Formula) -> None:
    assert reads_back(formula.expr, NAMES)


@pytest.mark.slow
@moderate
@given(ANY, st.data())
def test_the_jacobian_is_the_difference_quotient(formula: Formula, data: st.DataObject) -> None:
    tame(formula)
    names = free_variables(formula)
    assume(names)
    x = data.draw(st.sampled_from(names))
    want = numpy_quotients(formula, name_of(x))
    assume(np.all(np.isfinite(want)) and np.max(np.abs(want)) < 1e4)
    jacobian = mc.jacobian(formula.expr, x)
    assert_close(value(jacobian, POINT, SIZES), want, 1e-5, f"{formula.expr} by {x} is {jacobian}")


@pytest.mark.slow
@moderate
@given(SCALAR, st.data())
def test_the_gradient_is_the_difference_quotient_and_its_text_reads_back(formula: Formula, data: st.DataObject) -> None:
    tame(formula)
    names = free_variables(formula)
    assume(names)
    x = data.draw(st.sampled_from(names))
    want = numpy_quotients(formula, name_of(x))
    assume(np.all(np.isfinite(want)) and np.max(np.abs(want)) < 1e4)
    gradient = mc.gradient(formula.expr, x)
    assert gradient.shape == x.shape
    got = value(gradient, POINT, SIZES)
    assert_close(vec(got).T, want, 1e-5, f"{formula.expr} by {x} is {gradient}")
    back = mc.parse(str(gradient), NAMES)
    assert_close(value(back, POINT, SIZES), got, 1e-8, str(gradient))


@pytest.mark.slow
@settings(moderate, max_examples=100)
@given(formulas(("1", "1"), 3), st.data())
def test_the_hessian_is_symmetric_and_the_jacobian_of_the_gradient(formula: Formula, data: st.DataObject) -> None:
    tame(formula)
    names = free_variables(formula)
    assume(names)
    x = data.draw(st.sampled_from(names))
    hessian = value(mc.hessian(formula.expr, x), POINT, SIZES)
    assume(np.max(np.abs(hessian)) < 1e4)
    assert_close(hessian, hessian.T, 1e-9, str(formula.expr))
    assert_close(hessian, value(mc.jacobian(mc.gradient(formula.expr, x), x), POINT, SIZES), 1e-9, str(formula.expr))


@pytest.mark.slow
@settings(moderate, max_examples=100)
@given(ANY, st.data())
def test_differential_and_pullback_are_adjoint(formula: Formula, data: st.DataObject) -> None:
    """<u, df(v)> = <f*(u), v>."""
    tame(formula)
    names = free_variables(formula)
    assume(names)
    x = data.draw(st.sampled_from(names))
    u, v = mc.matrix("U0", *formula.expr.shape), mc.matrix("V0", *x.shape)
    rng = np.random.default_rng(4)
    at = {**POINT, "U0": sample(rng, *shape(u, SIZES)), "V0": sample(rng, *shape(v, SIZES))}
    forward = float(np.sum(at["U0"] * value(mc.jvp(formula.expr, x, v), at, SIZES)))
    backward = float(np.sum(at["V0"] * value(mc.vjp(formula.expr, x, u), at, SIZES)))
    assume(np.isfinite(forward) and abs(forward) < 1e5)
    assert abs(forward - backward) <= 1e-8 * max(1.0, abs(forward)), str(formula.expr)


@settings(moderate, max_examples=100)
@given(ANY)
def test_a_matrix_turned_round_is_contracted_the_other_way_round_and_symmetric_where_that_is_itself(
    formula: Formula,
) -> None:
    for node in postorder(lower(formula.expr).node):
        if node.rank != 2 or node.kind not in ("contraction", "sum"):
            continue
        terms = [
            (c, contract(ONE, [Factor(n, (0, 1), ONE)], (1, 0), dict(enumerate(n.dims)))) for c, n in terms_in(node)
        ]
        turned = add(terms, node.dims[::-1])
        assert transposed(node) is turned
        if node.dims[0] is node.dims[1]:
            assert transpose_sign(node) == (1 if turned is node else -1 if turned is scale(-ONE, node) else 0)


def terms_in(node: Node) -> list[tuple[Fraction, Node]]:
    return node.terms if node.kind == "sum" else [(ONE, node)]


@settings(moderate, max_examples=100)
@given(ANY)
def test_latex_is_balanced(formula: Formula) -> None:
    text = mc.to_latex(formula.expr)
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
