"""How results grow: linear in the layers of a chain, linear in the nodes of a shared graph. Sizes, not times."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.parts import variables
from matcalc.walk import postorder
from tests.numerics import assert_close, named, quotients, value, vec

LAYERS = (50, 100, 200, 400, 1200)  # the last is deeper than Python's stack


def chain(layers: int) -> tuple[mc.Expr, mc.Expr]:
    """sum(tanh(A*tanh(A*… x))) and x."""
    A, x = mc.matrix("A", "n", "n"), mc.vector("x", "n")
    h = x
    for _ in range(layers):
        h = mc.tanh(A @ h)
    return mc.sum(h), x


def size(expr: mc.Expr) -> int:
    """The number of distinct nodes."""
    return len(postorder(expr))


@pytest.mark.slow
def test_the_gradient_of_a_chain_grows_linearly() -> None:
    sizes = {layers: size(mc.gradient(*chain(layers))) for layers in LAYERS}
    per_layer = {layers: count / layers for layers, count in sizes.items()}
    assert all(abs(per_layer[layers] - per_layer[50]) <= 0.1 * per_layer[50] for layers in LAYERS), sizes


@pytest.mark.parametrize("layers", [50, 400])
@pytest.mark.quick_part(2)
def test_the_gradient_of_a_chain_by_its_matrix_grows_linearly(layers: int) -> None:
    f, _ = chain(layers)
    g, _ = chain(layers // 2)
    by = named(f)["A"]
    assert size(mc.gradient(f, by)) <= 2.2 * size(mc.gradient(g, by))


def test_the_code_of_a_chain_grows_linearly() -> None:
    lines = {}
    for layers in (25, 50, 100):
        f, x = chain(layers)
        lines[layers] = len(mc.emit({"value": f, "gradient": mc.gradient(f, x)}).source.splitlines())
    assert lines[100] - lines[50] <= 2.2 * (lines[50] - lines[25])


def test_a_long_chain_is_printed_and_read_back() -> None:
    f, x = chain(200)
    text = str(f)
    assert mc.parse(text, named(f)) is f
    gradient = mc.gradient(f, x)
    at = {
        "A": 0.4 * np.array([[1.0, 0.5, -1.0], [0.3, -1.2, 0.8], [0.9, 0.1, 1.1]]),
        "x": np.array([[0.5], [1.0], [-0.3]]),
    }
    assert_close(value(mc.parse(str(gradient), named(f)), at), value(gradient, at), 1e-12)
    assert mc.to_latex(f)


def test_the_value_and_the_gradient_of_a_short_chain() -> None:
    f, x = chain(10)
    at = {"A": np.array([[1.0, 0.5, -1.0], [0.3, -1.2, 0.8], [0.9, 0.1, 1.1]]), "x": np.array([[0.5], [1.0], [-0.3]])}
    assert_close(vec(value(mc.gradient(f, x), at)).T, quotients(f, x, at), 1e-7)


@pytest.mark.slow
def test_a_long_sum_a_long_product_and_a_deep_formula_have_derivatives() -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "n", "n")
    total, product, deep = x, x, x
    for k in range(1000):
        total = total + mc.sin(x * (k + 1))
        deep = -deep.T.T
    for _ in range(60):
        product = A @ product
    for f in (mc.sum(total), mc.sum(product), mc.sum(deep)):
        gradient = mc.gradient(f, x)
        assert gradient.shape == x.shape
        assert str(gradient)


# ---------------------------------------------------------------- shared parts
def squarings(count: int) -> tuple[mc.Expr, mc.Expr, mc.Expr]:
    """u = u.*u + x, again and again: 2^count products when written out."""
    x = mc.vector("x", "n")
    u = x
    for _ in range(count):
        u = u * u + x
    return u, mc.sum(u), x


@pytest.mark.slow
def test_a_graph_of_squarings_stays_linear() -> None:
    sizes = {}
    for count in (40, 80, 160):  # fewer are written otherwise
        u, f, x = squarings(count)
        sizes[count] = (size(u), size(mc.gradient(f, x)), size(mc.jacobian(u, x)))
    for k in range(3):
        assert sizes[160][k] - sizes[80][k] <= 2.2 * (sizes[80][k] - sizes[40][k]) + 4, sizes


MATRIX_SQUARINGS = """
import matcalc as mc
from matcalc.walk import postorder

for count in (10, 20, 40):
    X, A = mc.matrix("X", "n", "n"), mc.matrix("A", "n", "n")
    U = X
    for _ in range(count):
        U = U @ U + A
    print(len(postorder(mc.gradient(mc.tr(U), X))))
"""


def test_a_graph_of_matrix_squarings_stays_linear() -> None:
    """In a process of its own, which is ended where the walk visits each of the 2^40 paths."""
    done = subprocess.run(
        [sys.executable, "-c", MATRIX_SQUARINGS], capture_output=True, text=True, timeout=60, check=True
    )
    small, middle, large = map(int, done.stdout.split())
    assert large - middle <= 2.2 * (middle - small) + 4


def test_the_text_of_a_graph_of_squarings_names_its_parts() -> None:
    _, f, x = squarings(40)
    gradient = mc.gradient(f, x)
    for expr in (f, gradient):
        text = str(expr)
        assert " where " in text
        assert len(text) < 200 * 40
        back = mc.parse(text, {"x": x})
        assert back.shape == expr.shape
        assert size(back) <= 2 * size(expr)


def test_the_latex_of_a_graph_of_squarings_names_its_parts() -> None:
    _, f, _ = squarings(18)  # 2^18 products when written out
    assert len(mc.to_latex(f)) < 20_000


def test_the_code_of_a_graph_of_squarings_stays_linear() -> None:
    _, f, x = squarings(40)
    source = mc.emit({"value": f, "gradient": mc.gradient(f, x)}).source
    assert len(source) < 600 * 40


@pytest.mark.parametrize("count", [1, 4, 12])
def test_the_text_with_definitions_reads_back_with_the_same_value(count: int) -> None:
    u, f, x = squarings(count)
    at = {"x": np.array([[0.2], [-0.4], [0.1]])}
    gradient = mc.gradient(f, x)
    assert_close(vec(value(gradient, at)).T, quotients(f, x, at), 1e-7)
    for expr in (u, f, gradient, mc.jacobian(u, x)):
        assert_close(value(mc.parse(str(expr), {"x": x}), at), value(expr, at), 1e-12)


def test_names_of_definitions_avoid_those_of_variables() -> None:
    t1 = mc.vector("t1", "n")
    u = t1
    for _ in range(20):
        u = u * u + t1
    text = str(u)
    assert " where " in text
    back = mc.parse(text, {"t1": t1})
    assert {name_of(v) for v in variables(back)} == {"t1"}
    at = {"t1": np.array([[0.2], [-0.4], [0.1]])}
    assert_close(value(back, at), value(u, at), 1e-12)


def test_higher_derivatives_of_a_product_stay_small() -> None:
    declared = {"x": mc.vector("x", "n"), "A": mc.matrix("A", "n", "n")}
    f = mc.parse("x'*A*x", declared)
    hessian = mc.hessian(f, declared["x"])
    assert size(hessian) <= 4
    assert str(mc.jacobian(hessian, declared["x"])) == "zeros(n^2,n)"


def test_quotients_within_functions_are_put_together_in_time() -> None:
    """Rules for sums do not try themselves: a second derivative through two quotients stays short."""
    X, b = mc.matrix("X", "n", "n"), mc.scalar("b")
    f = mc.parse("norm2(tanh(X/(b^2 + 1))*(X/(b^2 + 1)))", {"X": X, "b": b})
    assert len(str(mc.hessian(f, b))) < 1500


def test_sums_over_pairs_of_a_shared_graph_stay_linear() -> None:
    """What stands where two indices are alike is found once for each part, not once for each way to it."""
    t = mc.vector("t", "m")

    def body(i: mc.Expr, j: mc.Expr) -> mc.Expr:
        u = mc.exp(t[i] - t[j])
        for _ in range(40):  # 2^40 ways to exp
            u = mc.sin(u) * mc.cos(u)
        return u

    f = mc.sum_over("i<j", body)
    assert size(f) < 500
    at = np.array([0.3, -0.2, 0.5, 0.1])
    u = np.exp(at[:, None] - at)
    for _ in range(40):
        u = np.sin(u) * np.cos(u)
    assert_close(mc.evaluate(f, {"t": at}), np.sum(np.triu(u, 1)), 1e-12, "pairs")
