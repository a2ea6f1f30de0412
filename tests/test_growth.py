"""How results grow: linear in the layers of a chain, linear in the nodes of a shared graph. Sizes, not times."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

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


def steps(u: mc.Expr, count: int) -> mc.Expr:
    """u = sin(u).*cos(u), again and again: 2^count ways to u."""
    for _ in range(count):
        u = mc.sin(u) * mc.cos(u)
    return u


x, y, t, p = mc.vector("x", "n"), mc.vector("y", "n"), mc.vector("t", "m"), mc.vector("p", 3)
A, B = mc.matrix("A", "m", "n"), mc.matrix("B", "n", "n")
S, V = mc.family("S", "K", "n", "n", "posdef"), mc.family("V", "K", "n")
Steps = Callable[[mc.Expr], mc.Expr]

# What goes inside the parts of a formula: it takes entries, rows or members of them, or is told apart by them.
INSIDE: dict[str, tuple[Callable[[Steps], mc.Expr], mc.Expr]] = {
    "an entry": (lambda u: u(u(x))[2], x),
    "a row": (lambda u: mc.sum(u(u(A)[0, :])), A),
    "rows": (lambda u: mc.sum(u(u(A)[1:3, :])), A),
    "a part of columns": (lambda u: mc.sum(u(u(mc.vec(A))[0:2])), A),
    "a transpose": (lambda u: mc.sum(u(u(A).T @ u(A))), A),
    "a diagonal": (lambda u: mc.sum(u(mc.diag(u(B)))), B),
    "a diagonal matrix": (lambda u: mc.sum(u(mc.diag(u(x)))), x),
    "a block matrix": (lambda u: mc.sum(u(mc.block([[u(A)], [A + 1]]))), A),
    "a stack": (lambda u: mc.sum(u(mc.stack(u(x), y))), x),
    "a product of vectors": (lambda u: mc.sum(mc.diag(u(u(x) @ y.T))), x),
    "a column repeated": (lambda u: mc.sum(u(u(x) @ mc.ones(3).T)[0, :]), x),
    "a Kronecker product": (lambda u: mc.sum(u(mc.kron(u(A), B))), A),
    "row sums": (lambda u: mc.sum(u(mc.rowsum(u(A)))), A),
    "row products": (lambda u: mc.sum(u(mc.rowprod(u(A)))), A),
    "row maxima": (lambda u: mc.sum(u(mc.rowmax(u(A)))), A),
    "sums of what came before": (lambda u: u(mc.cumsum(u(x)))[0], x),
    "a convolution": (lambda u: mc.sum(u(mc.conv(u(x), t))), x),
    "a cross product": (lambda u: mc.sum(u(mc.cross(u(p), p))), p),
    "a skew matrix": (lambda u: mc.sum(p @ p.T * u(mc.exp(mc.hat(u(p))))), p),
    "a determinant": (lambda u: u(mc.det(u(B))), B),
    "an inverse": (lambda u: mc.sum(u(mc.inv(u(B)))), B),
    "a case distinction": (lambda u: mc.sum(u(mc.where(u(x) > u(y), u(x), y))), x),
    "an entry of a case distinction": (lambda u: u(mc.where(u(x) > u(y), u(x), y))[1], x),
    "a sum over samples": (lambda u: mc.sum_over("i", lambda i: u(A[i, :] @ x)), x),
    "norms of rows": (lambda u: mc.sum_over("i", lambda i: u(mc.norm2(A[i, :].T - x))), x),
    "pairs": (lambda u: mc.sum_over("i,j", lambda i, j: u(t[i] * t[j])), t),
    "pairs in an order": (lambda u: mc.sum_over("i<j", lambda i, j: 1 / u(t[i] - t[j])), t),
    "other pairs": (lambda u: mc.sum_over("i!=j", lambda i, j: mc.where(t[i] > t[j], u(t[i] - t[j]), 0)), t),
    "members": (lambda u: mc.sum_over("k", lambda k: u(mc.logdet(S[k]))), S),
    "quadratic forms of members": (lambda u: mc.sum_over("k", lambda k: u(x.T @ mc.inv(S[k]) @ x)), x),
    "norms of members": (lambda u: mc.sum_over("k", lambda k: u(mc.norm2(V[k] - x))), V),
    "a member": (lambda u: u(mc.logdet(u(S[1]))), S),
    "a product over indices": (lambda u: mc.prod_over("i", lambda i: u(t[i]) + 2), t),
    "a product over members": (lambda u: mc.prod_over("k", lambda k: u(mc.logdet(S[k]))), S),
}


@pytest.mark.slow
@pytest.mark.parametrize("inside", INSIDE)
def test_what_goes_inside_a_shared_graph_stays_linear(inside: str) -> None:
    """A walk over each of the 2^30 ways would not end."""
    formula, by = INSIDE[inside]
    lengths = []
    for count in (15, 30):
        f = formula(lambda u, count=count: steps(u, count))  # type: ignore[misc]
        gradient = mc.gradient(f, by)
        made = mc.emit(gradient).source, mc.to_latex(gradient), *mc.conditions(gradient)
        lengths.append([len(str(f)), len(str(gradient)), sum(map(len, made))])
        assert len(mc.to_index(gradient)) < 50_000  # its parts are written whole, up to a length
    for small, large in zip(*lengths, strict=True):
        assert large <= 2.4 * small + 200, lengths


def test_sums_over_pairs_of_a_shared_graph_stay_linear() -> None:
    """What stands where two indices are alike is found once for each part, not once for each way to it."""

    def body(i: mc.Expr, j: mc.Expr) -> mc.Expr:
        return steps(mc.exp(t[i] - t[j]), 40)

    f = mc.sum_over("i<j", body)
    assert size(f) < 500
    at = np.array([0.3, -0.2, 0.5, 0.1])
    u = np.exp(at[:, None] - at)
    for _ in range(40):
        u = np.sin(u) * np.cos(u)
    assert_close(mc.evaluate(f, {"t": at}), np.sum(np.triu(u, 1)), 1e-12, "pairs")
