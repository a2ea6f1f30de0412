"""Inverses, determinants and quadratic forms of block matrices: values and derivatives against autograd, and texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest

import matcalc as mc
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from tests.numerics import assert_close, reads_back
from tests.test_blocks import det, drawn, grid, inv, no, rows, slopes
from tests.wellformed import faults

NAMES = parse_where(
    "x: m, y: n, h: k, u: m, v: n, A: m×m, B: m×n, C: n×m, D: n×n, E: k×k, F: n×n, G: m×n, K: m×m, L: m×m, g: m+n, "
    "S: m×m posdef, R: n×n posdef, P: m×m symmetric, Q: n×n symmetric, V: n×n invertible, H: m×k, "
    "s: scalar, t: scalar, c: scalar positive, J: m×n"
)
SIZES = ({"m": 2, "n": 3, "k": 4}, {"m": 4, "n": 1, "k": 2}, {"m": 1, "n": 4, "k": 3}, {"m": 3, "n": 2, "k": 1})


def logdet(a: Any) -> Any:
    return anp.log(anp.abs(det(a)))


def eye(a: Any) -> Any:
    """As many rows as this one."""
    return anp.eye(a.shape[0])


def one(a: Any) -> Any:
    return anp.reshape(a, (1, 1))


def as_given(values: dict[str, Any]) -> dict[str, Any]:
    """Arrays of two axes as matcalc takes columns, rows and numbers."""
    ranks = {name: sum(dim.number != 1 for dim in NAMES[name].shape) for name in values}
    return {name: v if ranks[name] == 2 else v.reshape(-1) if ranks[name] else v.item() for name, v in values.items()}


# A formula, how it is written, and the same in autograd's NumPy.
FORMULAS: list[tuple[str, str, Callable[..., Any]]] = [
    (
        "inv([A, B; 0, D])",
        "[inv(A), -inv(A)*B*inv(D); 0, inv(D)]",
        lambda A, B, D: inv(grid((A, B), (no(D, A), D))),
    ),
    (
        "inv([A, 0; C, D])",
        "[inv(A), 0; -inv(D)*C*inv(A), inv(D)]",
        lambda A, C, D: inv(grid((A, no(A, D)), (C, D))),
    ),
    (
        "inv([A, B; 0, D])*[x; y]",
        "[inv(A)*(x - B*inv(D)*y); inv(D)*y]",
        lambda A, B, D, x, y: inv(grid((A, B), (no(D, A), D))) @ rows(x, y),
    ),
    (
        "solve([A, 0; C, D], [x; y])",
        "[inv(A)*x; inv(D)*(y - C*inv(A)*x)]",
        lambda A, C, D, x, y: inv(grid((A, no(A, D)), (C, D))) @ rows(x, y),
    ),
    (
        "inv([A, 0, H; 0, D, 0; 0, 0, E])",
        "[inv(A), 0, -inv(A)*H*inv(E); 0, inv(D), 0; 0, 0, inv(E)]",
        lambda A, H, D, E: inv(grid((A, no(A, D), H), (no(D, A), D, no(D, E)), (no(E, A), no(E, D), E))),
    ),
    ("inv([0, K; A, 0])", "[0, inv(A); inv(K), 0]", lambda K, A: inv(grid((0 * A, K), (A, 0 * A)))),
    (
        "inv([L, K; A, 0])",
        "[0, inv(A); inv(K), -inv(K)*L*inv(A)]",
        lambda L, K, A: inv(grid((L, K), (A, 0 * A))),
    ),
    (
        "inv([eye(m), B; 0, eye(n)])",
        "[eye(m), -B; 0, eye(n)]",
        lambda B: grid((eye(B), -B), (no(B.T, B.T), eye(B.T))),
    ),
    (
        "inv([A, x; 0, 1])*[u; 1]",
        "[inv(A)*(u - x); 1]",
        lambda A, x, u: rows(inv(A) @ (u - x), anp.ones((1, 1))),
    ),
    (
        "pinv([0, B; C, 0])",
        "[0, pinv(C); pinv(B), 0]",
        lambda B, C: np.linalg.pinv(grid((no(B, C), B), (C, no(C, B)))),
    ),
    ("tr(inv([A, B; 0, D]))", "tr(inv(A)) + tr(inv(D))", lambda A, B, D: one(anp.trace(inv(A)) + anp.trace(inv(D)))),
    (
        "det([A, B, 0; 0, D, 0; 0, 0, E])",
        "det(A)*det(D)*det(E)",
        lambda A, B, D, E: one(det(A) * det(D) * det(E)),
    ),
    (
        "det([A, B; 0, D] - s*eye(m+n))",
        "det(A - s*eye(m))*det(D - s*eye(n))",
        lambda A, B, D, s: one(det(grid((A, B), (no(D, A), D)) - s * anp.eye(B.shape[0] + B.shape[1]))),
    ),
    (
        "logdet([A, K; L, 0])",
        "logdet(K) + logdet(L)",
        lambda A, K, L: one(logdet(grid((A, K), (L, 0 * A)))),
    ),
    ("det([eye(m), B; C, D])", "det(D - C*B)", lambda B, C, D: one(det(grid((eye(B), B), (C, D))))),
    ("det([A, B; C, eye(n)])", "det(A - B*C)", lambda A, B, C: one(det(grid((A, B), (C, eye(C)))))),
    ("det([-eye(m), B; C, D])", "(-1)^m*det(C*B + D)", lambda B, C, D: one(det(grid((-eye(B), B), (C, D))))),
    (
        "logdet([c*eye(m), B; C, D])",
        "logdet(C*B/c - D) + m*log(c)",
        lambda c, B, C, D: one(logdet(grid((c * eye(B), B), (C, D)))),
    ),
    ("det([eye(m), u; -x', 1])", "1 + u'*x", lambda u, x: one(1 + x.T @ u)),
    ("det([1, x'; u, A])", "det(A - u*x')", lambda x, u, A: one(det(grid((anp.ones((1, 1)), x.T), (u, A))))),
    ("det([S, x; x', s])", "det(S)*(s - x'*inv(S)*x)", lambda S, x, s: one(det(grid((S, x), (x.T, s))))),
    (
        "logdet([S, x; u', s])",
        "logdet(S) + log(abs(s - u'*inv(S)*x))",
        lambda S, x, u, s: one(logdet(grid((S, x), (u.T, s)))),
    ),
    ("det([S, B; C, D])", "det([S, B; C, D])", lambda S, B, C, D: one(det(grid((S, B), (C, D))))),
    ("logdet([S, B; B', R])", "logdet([S, B; B', R])", lambda S, B, R: one(logdet(grid((S, B), (B.T, R))))),
    ("det([A, x; x', s])", "det([A, x; x', s])", lambda A, x, s: one(det(grid((A, x), (x.T, s))))),
    (
        "inv([A, B; C, V])[1:m,1:m]",
        "inv(A - B*inv(V)*C)",
        lambda A, B, C, V: inv(grid((A, B), (C, V)))[: A.shape[0], : A.shape[0]],
    ),
    (
        "inv([S, B; C, D])[m+1:m+n,m+1:m+n]",
        "inv(D - C*inv(S)*B)",
        lambda S, B, C, D: inv(grid((S, B), (C, D)))[S.shape[0] :, S.shape[0] :],
    ),
    (
        "inv([A, B; C, V])[1:m,m+1:m+n]",
        "inv(B*inv(V)*C - A)*B*inv(V)",
        lambda A, B, C, V: inv(grid((A, B), (C, V)))[: A.shape[0], A.shape[0] :],
    ),
    (
        "inv([S, B; C, D])[m+1:m+n,1:m]",
        "inv(C*inv(S)*B - D)*C*inv(S)",
        lambda S, B, C, D: inv(grid((S, B), (C, D)))[S.shape[0] :, : S.shape[0]],
    ),
    (
        "inv([S, x; u', s])[1:m,1:m]",
        "inv(S) + inv(S)*x*u'*inv(S)/(s - u'*inv(S)*x)",
        lambda S, x, u, s: inv(grid((S, x), (u.T, s)))[:-1, :-1],
    ),
    ("inv([S, x; u', s])[m+1,m+1]", "1/(s - u'*inv(S)*x)", lambda S, x, u, s: inv(grid((S, x), (u.T, s)))[-1:, -1:]),
    (
        "inv([A, B; C, D])[1:m,1:m]",
        "inv([A, B; C, D])[1:m,1:m]",
        lambda A, B, C, D: inv(grid((A, B), (C, D)))[: A.shape[0], : A.shape[0]],
    ),
    (
        "[x; y]'*[A, B; C, D]*[u; v]",
        "x'*A*u + x'*B*v + y'*D*v + y'*C*u",
        lambda x, y, A, B, C, D, u, v: rows(x, y).T @ grid((A, B), (C, D)) @ rows(u, v),
    ),
    (
        "[x; y]'*[P, B; B', Q]*[x; y]",
        "x'*P*x + 2*(x'*B*y) + y'*Q*y",
        lambda x, y, P, B, Q: rows(x, y).T @ grid((P, B), (B.T, Q)) @ rows(x, y),
    ),
    (
        "[x - u; y - v]'*[P, B; B', Q]*[x - u; y - v]",
        "(x - u)'*P*(x - u) + 2*((x - u)'*B*(y - v)) + (y - v)'*Q*(y - v)",
        lambda x, y, u, v, P, B, Q: rows(x - u, y - v).T @ grid((P, B), (B.T, Q)) @ rows(x - u, y - v),
    ),
    (
        "[x; 1]'*[P, u; u', s]*[x; 1]",
        "s + 2*(u'*x) + x'*P*x",
        lambda x, P, u, s: x.T @ P @ x + 2 * x.T @ u + s,
    ),
    (
        "norm2([A, B; C, D]*[x; y])^2",
        "norm2([A*x + B*y; C*x + D*y])^2",
        lambda A, B, C, D, x, y: one(anp.sum((grid((A, B), (C, D)) @ rows(x, y)) ** 2)),
    ),
    (
        "[x; y]'*inv([A, B; 0, D])*[x; y]",
        "x'*inv(A)*x + y'*inv(D)*y - x'*inv(A)*B*inv(D)*y",
        lambda x, y, A, B, D: rows(x, y).T @ inv(grid((A, B), (no(D, A), D))) @ rows(x, y),
    ),
    (
        "[eye(m), B; 0, eye(n)]*[A, J; C, D]",
        "[A + B*C, B*D + J; C, D]",
        lambda B, A, J, C, D: grid((eye(B), B), (no(B.T, B.T), eye(B.T))) @ grid((A, J), (C, D)),
    ),
    (
        "[x; y]'*inv([S, B; B', R])*[x; y]",
        "[x; y]'*inv([S, B; B', R])*[x; y]",
        lambda x, y, S, B, R: rows(x, y).T @ inv(grid((S, B), (B.T, R))) @ rows(x, y),
    ),
]


@pytest.mark.parametrize(("text", "written", "_"), FORMULAS, ids=[row[0] for row in FORMULAS])
def test_it_is_written_by_blocks_where_that_holds_and_is_shorter(
    text: str, written: str, _: Callable[..., Any]
) -> None:
    formula = mc.parse(text, NAMES)
    view = lower(formula)
    assert faults(view.node) == []
    simpler = lift(view.node, view.rows, [formula])
    assert str(simpler) == written
    assert reads_back(simpler, NAMES)


@pytest.mark.parametrize(("text", "_", "function"), FORMULAS, ids=[row[0] for row in FORMULAS])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_values_and_derivatives_are_autograds(
    text: str, _: str, function: Callable[..., Any], sizes: dict[str, int]
) -> None:
    formula = mc.parse(text, NAMES)
    names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
    values = drawn(formula, {name: NAMES[name] for name in names}, sizes)
    given = as_given(values)
    shape = tuple(dim.at(sizes) for dim in formula.shape)
    want = np.asarray(function(**{name: values[name] for name in names})).reshape(shape)
    assert_close(np.reshape(mc.evaluate(formula, given, sizes), shape), want)
    for name in names:
        if text.startswith("pinv") or NAMES[name] not in variables(formula):
            continue  # autograd has no derivative of pinv
        jacobian = mc.jacobian(formula, NAMES[name])
        wanted = slopes(function, names, values, name)
        got = mc.evaluate(jacobian, given, sizes)
        assert_close(np.reshape(got, wanted.shape), wanted, 1e-6, f"{name}: {jacobian}")
        assert reads_back(jacobian, NAMES), str(jacobian)


CONDITIONS = [
    ("inv([A, B; 0, D])", ("D invertible", "A invertible")),
    ("logdet([A, K; L, 0])", ("K invertible", "L invertible")),
    ("det([S, x; x', s])", ()),
    ("det([eye(m), B; C, D])", ()),
    ("inv([A, B; C, V])[1:m,1:m]", ("A - B*inv(V)*C invertible",)),
    ("logdet([A, B; C, D])", ("[A, B; C, D] invertible",)),
]


@pytest.mark.parametrize(("text", "said"), CONDITIONS)
def test_only_what_is_needed_is_a_condition(text: str, said: tuple[str, ...]) -> None:
    assert set(mc.conditions(mc.parse(text, NAMES))) == set(said)


GRADIENTS = [
    ("logdet([S, B; B', R])", "B", "2*inv(S)*B*inv(B'*inv(S)*B - R)"),
    ("logdet([S, B; B', R])", "S", "inv(S - B*inv(R)*B')"),
    ("det([S, x; x', s])", "x", "-2*det(S)*inv(S)*x"),
    ("det([S, x; x', s])", "s", "det(S)"),
    ("det([eye(m), u; -x', 1])", "u", "x"),
    ("logdet([A, B; 0, D])", "A", "inv(A)'"),
    ("[x; y]'*inv([A, B; 0, D])*[x; y]", "B", "-inv(A)'*x*y'*inv(D)'"),
    ("[x; y]'*[P, B; B', Q]*[x; y]", "B", "2*x*y'"),
    ("[x; y]'*[P, B; B', Q]*[x; y]", "x", "2*(B*y + P*x)"),
    ("logdet([A, B; C, D])", "B", "inv([A, B; C, D])[m + 1:m + n,1:m]'"),
]


@pytest.mark.parametrize(("text", "by", "written"), GRADIENTS, ids=[f"{row[0]} by {row[1]}" for row in GRADIENTS])
def test_gradients_by_blocks_are_written_by_blocks(text: str, by: str, written: str) -> None:
    assert str(mc.gradient(mc.parse(text, NAMES), NAMES[by])) == written


def test_the_determinant_of_a_border_has_a_gradient_where_it_vanishes() -> None:
    formula = mc.parse("det([S, x; x', s])", NAMES)
    values = {"S": np.diag([1.0, 2.0]), "x": np.array([1.0, 2.0]), "s": 3.0}
    assert_close(mc.evaluate(formula, values), 0.0)
    assert_close(mc.evaluate(mc.gradient(formula, NAMES["x"]), values), np.array([-4.0, -4.0]))
    gradient = mc.evaluate(mc.gradient(formula, NAMES["S"]), values)
    assert_close(gradient, np.array([[2.0, 2.0], [2.0, 2.0]]))


def test_all_targets_agree() -> None:
    formula = mc.parse("logdet([S, B; B', R]) + norm2(inv([A, B; 0, D])*[x; y])^2", NAMES)
    results = {"value": formula, **{name: mc.gradient(formula, NAMES[name]) for name in "SBADx"}}
    values = drawn(formula, {}, SIZES[0])
    values["S"], values["R"] = values["S"] + 9 * np.eye(2), values["R"] + 9 * np.eye(3)
    given = as_given(values)
    wanted = [mc.evaluate(result, given) for result in results.values()]
    sizes = {"m": 2, "n": 3}
    for options in ({}, {"style": "fast", "sizes": sizes}, {"batch": True}, {"target": "c", "sizes": sizes}):
        emitted = mc.emit(results, **options)  # type: ignore[arg-type]
        is_stack = "batch" in options
        arrays = [np.stack([given[name]] * 2) if is_stack else given[name] for name in emitted.arguments]
        for got, want in zip(emitted.compile()(*arrays), wanted, strict=True):
            assert_close(np.asarray(got)[1] if is_stack else np.asarray(got), np.asarray(want), 1e-9, options)
