"""Block matrices: values and derivatives against autograd, laws, texts, lists of variables, symbolic positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from tests.numerics import assert_close, reads_back
from tests.wellformed import faults

NAMES = parse_where(
    "x: m, y: n, u: m, v: n, h: k, A: m×m, B: m×n, C: n×m, D: n×n, F: n×n, P: m×m symmetric, Q: n×n symmetric, "
    "W: p×(m+n), V: p×(m+k), M: (m+n)×(m+n), b: p, g: m+n, s: scalar, t: scalar, r: 1×n, c: 1×m, "
    "S: m×m posdef, L: k×p, E: k×(n+1), z: n+1, G: (k+p)×n, X: (m+n)×p, d: 3, e: 3, w: 3, a: 4"
)
SIZES = ({"m": 2, "n": 3, "k": 4, "p": 5}, {"m": 1, "n": 4, "k": 2, "p": 3}, {"m": 3, "n": 1, "k": 1, "p": 2})


def rows(*parts: Any) -> Any:
    """Blocks one below the other."""
    return anp.concatenate(parts, axis=0)


def cols(*parts: Any) -> Any:
    """Blocks side by side."""
    return anp.concatenate(parts, axis=1)


def grid(*lines: tuple[Any, ...]) -> Any:
    return rows(*(cols(*line) for line in lines))


def no(like: Any, other: Any) -> Any:
    """Zeros beside one block and below another."""
    return anp.zeros((like.shape[0], other.shape[1]))


def sigmoid(a: Any) -> Any:
    return 1 / (1 + anp.exp(-a))


def logsumexp(a: Any) -> Any:
    top = anp.max(a)
    return top + anp.log(anp.sum(anp.exp(a - top)))


inv, det = anp.linalg.inv, anp.linalg.det

# A formula, and the same in autograd's NumPy; its variables are arrays of two axes.
FORMULAS: dict[str, Callable[..., Any]] = {
    "[x; y]'*g": lambda x, y, g: rows(x, y).T @ g,
    "W*[x; y] + b": lambda W, x, y, b: W @ rows(x, y) + b,
    "sum(sigmoid(W*[x; y] + b))": lambda W, x, y, b: anp.sum(sigmoid(W @ rows(x, y) + b)),
    "tanh(V*[x; h] + b)": lambda V, x, h, b: anp.tanh(V @ rows(x, h) + b),
    "[x; y]'*[A, B; C, D]*[x; y]": lambda x, y, A, B, C, D: rows(x, y).T @ grid((A, B), (C, D)) @ rows(x, y),
    "[A, B; C, D]*[x; y]": lambda A, B, C, D, x, y: grid((A, B), (C, D)) @ rows(x, y),
    "[A, B; C, D]'*[u; v]": lambda A, B, C, D, u, v: grid((A, B), (C, D)).T @ rows(u, v),
    "[x; y]'*inv([A, B; C, D])*[u; v]": (
        lambda x, y, A, B, C, D, u, v: rows(x, y).T @ inv(grid((A, B), (C, D))) @ rows(u, v)
    ),
    "[x; y]'*M*[x; y]": lambda x, y, M: rows(x, y).T @ M @ rows(x, y),
    "inv([A, 0; 0, D])*[x; y]": lambda A, D, x, y: inv(grid((A, no(A, D)), (no(D, A), D))) @ rows(x, y),
    "[x; y]'*inv([A, B; 0, D])*[x; y]": (
        lambda x, y, A, B, D: rows(x, y).T @ inv(grid((A, B), (no(D, A), D))) @ rows(x, y)
    ),
    "det([A, B; C, D])": lambda A, B, C, D: det(grid((A, B), (C, D))).reshape(1, 1),
    "det([A, B; 0, D])": lambda A, B, D: det(grid((A, B), (no(D, A), D))).reshape(1, 1),
    "logdet([A, 0; C, D])": lambda A, C, D: anp.log(anp.abs(det(grid((A, no(A, D)), (C, D))))).reshape(1, 1),
    "logdet([A, B; C, D]*[A, B; C, D]')": (
        lambda A, B, C, D: anp.log(det(grid((A, B), (C, D)) @ grid((A, B), (C, D)).T)).reshape(1, 1)
    ),
    "tr([A, B; C, D]^3)": (
        lambda A, B, C, D: anp.trace(grid((A, B), (C, D)) @ grid((A, B), (C, D)) @ grid((A, B), (C, D))).reshape(1, 1)
    ),
    "norm2([A*x - u; s*x])^2": lambda A, x, u, s: anp.sum(rows(A @ x - u, s * x) ** 2).reshape(1, 1),
    "norm2([B*y - x; sqrt(2)*y])": lambda B, y, x: anp.sqrt(anp.sum(rows(B @ y - x, 2**0.5 * y) ** 2)).reshape(1, 1),
    "logsumexp([x; y])": lambda x, y: logsumexp(rows(x, y)).reshape(1, 1),
    "softmax([x; y; h])": lambda x, y, h: anp.exp(rows(x, y, h) - logsumexp(rows(x, y, h))),
    "sum(log([x; y].^2 + 1).*g)": lambda x, y, g: anp.sum(anp.log(rows(x, y) ** 2 + 1) * g).reshape(1, 1),
    "[1; y]'*z": lambda y, z: rows(anp.ones((1, 1)), y).T @ z,
    "L'*E*[1; y]": lambda L, E, y: L.T @ E @ rows(anp.ones((1, 1)), y),
    "[y', t]*z": lambda y, t, z: cols(y.T, t) @ z,
    "[S, x; x', s]*[x; t]": lambda S, x, s, t: grid((S, x), (x.T, s)) @ rows(x, t),
    "det([S, x; x', s])": lambda S, x, s: det(grid((S, x), (x.T, s))).reshape(1, 1),
    "[x; t]'*inv([S, x; x', s])*[u; s]": (
        lambda x, t, S, s, u: rows(x, t).T @ inv(grid((S, x), (x.T, s))) @ rows(u, s)
    ),
    "[A, B]*[C, D]'": lambda A, B, C, D: cols(A, B) @ cols(C, D).T,
    "[A; C]*x": lambda A, C, x: rows(A, C) @ x,
    "[A; C]*[A; C]'": lambda A, C: rows(A, C) @ rows(A, C).T,
    "[A; C]'*[A; C]": lambda A, C: rows(A, C).T @ rows(A, C),
    "[L'*h; b]": lambda L, h, b: rows(L.T @ h, b),
    "[L; W']*b": lambda L, W, b: rows(L, W.T) @ b,
    "G'*[h; b]": lambda G, h, b: G.T @ rows(h, b),
    "[x; y]*[u; v]'": lambda x, y, u, v: rows(x, y) @ rows(u, v).T,
    "exp([x; y]).*g": lambda x, y, g: anp.exp(rows(x, y)) * g,
    "[x; y].*[u; v]./(1 + g.^2)": lambda x, y, u, v, g: rows(x, y) * rows(u, v) / (1 + g**2),
    "[[A, B]; [C, D]]*g": lambda A, B, C, D, g: grid((A, B), (C, D)) @ g,
    "[[A; C], [B; D]]*g": lambda A, C, B, D, g: cols(rows(A, C), rows(B, D)) @ g,
    "s*[A, B; C, D] + t*M": lambda s, A, B, C, D, t, M: s * grid((A, B), (C, D)) + t * M,
    "([A, B; C, D] - s*eye(m+n))*g": lambda A, B, C, D, s, g: (grid((A, B), (C, D)) - s * anp.eye(g.shape[0])) @ g,
    "kron([x; y], b)": lambda x, y, b: anp.kron(rows(x, y), b),
    "diag([x; y])*M*diag([u; v])": lambda x, y, M, u, v: rows(x, y) * M * rows(u, v).T,
    "expm([0*A, B; 0*C, 0*D])*g": (
        lambda A, B, C, D, g: (anp.eye(g.shape[0]) + grid((0 * A, B), (0 * C, 0 * D))) @ g
    ),
    "M[1:m,:]*g": lambda M, g, B: M[: B.shape[0], :] @ g,
    "g[m+1:m+n]'*F*y": lambda g, F, y: g[-y.shape[0] :].T @ F @ y,
    "sum(exp(X[1:m,:]*b)) + y'*X[m+1:m+n,:]*b": (
        lambda X, b, y: anp.sum(anp.exp(X[: X.shape[0] - y.shape[0], :] @ b)) + y.T @ X[-y.shape[0] :, :] @ b
    ),
    "W[:,1:m]*x + W[:,m+1:m+n]*y": lambda W, x, y: W[:, : x.shape[0]] @ x + W[:, x.shape[0] :] @ y,
    "[x; y][m+1:m+n]'*v": lambda x, y, v: y.T @ v,
    "M[m+n,:]*g*y[n]": lambda M, g, y: M[-1:, :] @ g * y[-1, 0],
    "[P, B; B', Q]*[x; y]": lambda P, B, Q, x, y: grid((P, B), (B.T, Q)) @ rows(x, y),
    "[x; y]'*inv([P, B; B', Q])*[x; y]": (
        lambda x, y, P, B, Q: rows(x, y).T @ inv(grid((P, B), (B.T, Q))) @ rows(x, y)
    ),
    "norm2([x*r, A; D, C])^2": lambda x, r, A, D, C: anp.sum(grid((x @ r, A), (D, C)) ** 2).reshape(1, 1),
    "sigmoid([A B; C D]*[x; y])'*[c'; r']": (
        lambda A, B, C, D, x, y, c, r: sigmoid(grid((A, B), (C, D)) @ rows(x, y)).T @ rows(c.T, r.T)
    ),
}  # fmt: skip


def drawn(formula: mc.Expr, extra: Mapping[str, mc.Expr], sizes: Mapping[str, int], seed: int = 0) -> dict[str, Any]:
    """Arrays of two axes for the variables of a formula; square ones are well conditioned, and their facts hold."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, variable in {**{v.data[0]: v for v in variables(formula)}, **extra}.items():
        shape = [dim.at(sizes) for dim in variable.shape]
        value = rng.uniform(0.3, 1.3, shape) * rng.choice([-1.0, 1.0], shape)
        if shape[0] == shape[1]:
            value = value + 3 * np.eye(shape[0])
        facts = variable.data[1]
        found[name] = value + value.T if "symmetric" in facts else value @ value.T if "posdef" in facts else value
    return found


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as columns, rows and numbers, as matcalc takes them."""
    ranks = {name: sum(dim.number != 1 for dim in NAMES[name].shape) for name in values}
    return {name: v if ranks[name] == 2 else v.reshape(-1) if ranks[name] else v.item() for name, v in values.items()}


def vec(value: Any) -> Any:
    return np.asarray(value, dtype=float).reshape(-1, order="F")


def slopes(function: Callable[..., Any], names: list[str], values: Mapping[str, Any], by: str) -> Any:
    """∂vec f/∂(vec x)' by autograd."""

    def moved(x: Any) -> Any:
        return anp.reshape(anp.transpose(function(**{n: x if n == by else values[n] for n in names})), (-1,))

    jacobian = autograd.jacobian(moved)(values[by])
    return np.transpose(jacobian, (0, 2, 1)).reshape(jacobian.shape[0], -1)


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_values_and_derivatives_are_autograds(text: str, sizes: dict[str, int]) -> None:
    function = FORMULAS[text]
    formula = mc.parse(text, NAMES)
    names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
    values = drawn(formula, {name: NAMES[name] for name in names}, sizes)
    given = flat(values)
    shape = tuple(dim.at(sizes) for dim in formula.shape)
    want = np.asarray(function(**{name: values[name] for name in names})).reshape(shape)
    assert_close(np.reshape(mc.evaluate(formula, given, sizes), shape), want)
    view = lower(formula)
    assert faults(view.node) == []
    simpler = lift(view.node, view.rows, [formula])
    assert_close(np.reshape(mc.evaluate(simpler, given, sizes), shape), want)
    assert reads_back(simpler, NAMES) and reads_back(formula, NAMES)
    own = [NAMES[name] for name in names if NAMES[name] in variables(formula)]
    each = []
    for variable in own:
        jacobian = mc.jacobian(formula, variable)
        wanted = slopes(function, names, values, variable.data[0])
        got = mc.evaluate(jacobian, given, sizes)
        assert_close(np.reshape(got, wanted.shape), wanted, 1e-6, f"{variable.data[0]}: {jacobian}")
        assert reads_back(jacobian, NAMES), str(jacobian)
        each.append(wanted)
        if formula.shape.is_scalar:
            shape = values[variable.data[0]].shape
            gradient = mc.gradient(formula, variable)
            assert_close(vec(np.reshape(mc.evaluate(gradient, given, sizes), shape)), wanted[0], 1e-6)
    whole = np.hstack(each)
    assert_close(np.reshape(mc.evaluate(mc.jacobian(formula, own), given, sizes), whole.shape), whole, 1e-6)


# ---------------------------------------------------------------- what is written
WRITTEN = [
    ("[A, B; C, D]*[x; y]", "[A*x + B*y; C*x + D*y]"),
    ("[A, B; C, D]'", "[A, B; C, D]'"),
    ("[A, B; C, D] + [A, B; C, D]'", "[A + A', B + C'; B' + C, D + D']"),
    ("[A, B; C, D]^2", "[A^2 + B*C, A*B + B*D; C*A + D*C, C*B + D^2]"),
    ("[A, 0; 0, D]*[x; y]", "[A*x; D*y]"),
    ("inv([A, 0; 0, D])", "[inv(A), 0; 0, inv(D)]"),
    ("inv([S, 0; 0, s])", "[inv(S), 0; 0, 1/s]"),
    ("expm([A, 0; 0, D])", "[expm(A), 0; 0, expm(D)]"),
    ("det([A, B; 0, D])", "det(A)*det(D)"),
    ("logdet([A, 0; C, D])", "logdet(A) + logdet(D)"),
    ("inv([A, B; C, D])", "inv([A, B; C, D])"),
    ("inv([A, B; C, D]')", "inv([A, B; C, D])'"),
    ("[x; y]'*inv([A, 0; 0, D])*[x; y]", "x'*inv(A)*x + y'*inv(D)*y"),
    ("tr([A, B; C, D])", "tr(A) + tr(D)"),
    ("[A; C]*x", "[A; C]*x"),
    ("[2*A*x; 2*C*x]", "2*[A; C]*x"),
    ("s*[x; y]/t", "s*[x; y]/t"),
    ("[x; y]*[u; v]'", "[x; y]*[u; v]'"),
    ("W*[x; y]", "W*[x; y]"),
    ("W[:,1:m]*x + W[:,m+1:m+n]*y", "W*[x; y]"),
    ("[g[1:m]; g[m+1:m+n]]", "g"),
    ("[M[1:m,1:m], M[1:m,m+1:m+n]; M[m+1:m+n,1:m], M[m+1:m+n,m+1:m+n]]", "M"),
    ("[A, B; C, D][1:m,m+1:m+n]", "B"),
    ("[x; y][m+1:m+n]", "y"),
    ("[x; s][m+1]", "s"),
    ("[x; y] + [u; v]", "[u + x; v + y]"),
    ("[x; y].*[u; v]", "[x.*u; y.*v]"),
    ("[x; y] - [x; 0*y]", "[zeros(m); y]"),
]


@pytest.mark.parametrize(("text", "written"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_blocks_are_multiplied_out_where_that_is_shorter(text: str, written: str) -> None:
    formula = mc.parse(text, NAMES)
    view = lower(formula)
    assert str(lift(view.node, view.rows, [formula])) == written


DERIVED = [
    ("gradient", "[x; y]'*inv([P, B; B', Q])*[x; y]", "x", "2*inv([P, B; B', Q])[1:m,:]*[x; y]"),
    ("gradient", "norm2([A*x - u; s*x])^2", "x", "2*(A'*(A*x - u) + s^2*x)"),
    ("gradient", "logsumexp([x; y])", "x y", "softmax([x; y])"),
    ("hessian", "logsumexp([x; y])", "x y", "diag(softmax([x; y])) - softmax([x; y])*softmax([x; y])'"),
    ("gradient", "x'*A*x + y'*F*y", "x y", "[(A + A')*x; (F + F')*y]"),
    ("hessian", "x'*B*y + y'*F*y", "x y", "[0, B; B', F + F']"),
    ("hessian", "x'*P*x + 2*x'*B*y + norm2(F*y)^2", "x y", "2*[P, B; B', F'*F]"),
    ("hessian", "[x; y]'*M*[x; y]", "x y", "M + M'"),
    (
        "hessian",
        "norm2(u - A*x)^2/s",
        "x s",
        "[2*A'*A/s, 2*A'*(u - A*x)/s^2; 2*(u - A*x)'*A/s^2, 2*norm2(u - A*x)^2/s^3]",
    ),
    (
        "hessian",
        "t*log(s) + norm2(u - A*x)^2/(2*s^2)",
        "x s",
        "[A'*A/s^2, 2*A'*(u - A*x)/s^3; 2*(u - A*x)'*A/s^3, (3*norm2(u - A*x)^2/s^2 - t)/s^2]",
    ),
    ("jacobian", "A*u + s*x + B*y", "x y s", "[s*eye(m), B, x]"),
    ("jacobian", "[A*x; C*x]", "x", "[A; C]"),
    ("jacobian", "[x; y]", "x y", "eye(m + n)"),
    ("gradient", "x'*B*y", "B x", "[kron(y, x); B*y]"),
    (
        "jacobian",
        "s*[f[1]/f[3]; f[2]/f[3]] where f = rodrigues(w)*d + e",
        "w",
        "-s*[1, 0, -t1[1]/t1[3]; 0, 1, -t1[2]/t1[3]]*rodrigues(w)*hat(d)*rightjac(w)/t1[3]"
        " where t1 = e + rodrigues(w)*d",
    ),
    (
        "jacobian",
        "[d[1]*(e[2] - e[3]); d[2]*(e[1]*d[3] + e[3]); d[3]^2]",
        "d",
        "[e[2] - e[3], 0, 0; 0, d[3]*e[1] + e[3], d[2]*e[1]; 0, 0, 2*d[3]]",
    ),
    (
        "jacobian",
        "[1 - 2*(a[3]^2 + a[4]^2), 2*(a[2]*a[3] - a[1]*a[4]), 2*(a[2]*a[4] + a[1]*a[3])]*e",
        "a",
        "2*[a[3]*e[3] - a[4]*e[2], a[4]*e[3] + a[3]*e[2], a[1]*e[3] + a[2]*e[2] - 2*a[3]*e[1], "
        "a[2]*e[3] - a[1]*e[2] - 2*a[4]*e[1]]",
    ),
]


@pytest.mark.parametrize(("kind", "text", "by", "written"), DERIVED, ids=[f"{row[1]} by {row[2]}" for row in DERIVED])
def test_derivatives_by_lists_of_variables(kind: str, text: str, by: str, written: str) -> None:
    chosen = [NAMES[name] for name in by.split()]
    derive = {"gradient": mc.gradient, "jacobian": mc.jacobian, "hessian": mc.hessian}[kind]
    found = derive(mc.parse(text, NAMES), chosen if len(chosen) > 1 else chosen[0])
    assert str(found) == written


@pytest.mark.parametrize(
    "text", ["x'*B*y + exp(s)*norm2(x)^2", "norm2(A*x - s*u)^2 + x'*B*y*s", "sum(exp(B*y + s*x))", "norm2(B*y - x)^2/s"]
)
def test_a_hessian_by_a_list_is_symmetric_and_right(text: str) -> None:
    formula = mc.parse(text, NAMES)
    by = [NAMES[name] for name in "xys"]
    hessian = mc.hessian(formula, by)
    assert "symmetric" in mc.properties(hessian)
    values = flat(drawn(formula, {}, SIZES[0]))
    wanted = [[mc.evaluate(mc.hessian(formula, a, b), values, SIZES[0]) for b in by] for a in by]
    sides = [2, 3, 1]
    parts = []
    for line, height in zip(wanted, sides, strict=True):
        parts.append([np.reshape(part, (height, width)) for part, width in zip(line, sides, strict=True)])
    assert_close(mc.evaluate(hessian, values, SIZES[0]), np.block(parts))
    assert_close(mc.evaluate(mc.jacobian(mc.gradient(formula, by), by), values, SIZES[0]), np.block(parts))


def test_pushes_and_pulls_go_through_blocks() -> None:
    formula = mc.parse("tanh([A, B; C, D]*[x; y])", NAMES)
    direction, cotangent = NAMES["u"], NAMES["g"]
    values = flat(drawn(formula, {"u": direction, "g": cotangent}, SIZES[0]))
    jacobian = mc.evaluate(mc.jacobian(formula, NAMES["x"]), values)
    assert_close(mc.evaluate(mc.jvp(formula, NAMES["x"], direction), values), jacobian @ values["u"])
    assert_close(mc.evaluate(mc.vjp(formula, NAMES["x"], cotangent), values), jacobian.T @ values["g"])


SUMS = {
    "sum_{i} (c[i] - [N[i,:], 1]*z)^2": "norm2([N, ones(m)]*z - c')^2",
    "sum_{i} norm2(T*[N[i,:]'; A[i,:]'])^2": "tr(T'*T*[N, A]'*[N, A])",
    "sum_{i} [N[i,:]'; x[i]]'*R*[N[i,:]'; x[i]]": "tr([N, x]*R*[N, x]')",
    "sum_{i} sum(exp(T*[N[i,:], A[i,:]]'))": "sum(exp(T*[N, A]'))",
}


@pytest.mark.parametrize("text", SUMS)
def test_sums_over_indices_go_through_blocks(text: str) -> None:
    names = NAMES | parse_where("N: m×n, T: p×(n+m), R: (n+1)×(n+1)")
    formula = mc.parse(text, names)
    assert lower(formula).node is lower(mc.parse(SUMS[text], names)).node, str(formula)


# ---------------------------------------------------------------- doors
DOORS = ["[x; y]'*[A, B; C, D]*[x; y]", "sum(sigmoid(W*[x; y] + b))", "x'*A*x + 2*x'*B*y + norm2(D*y)^2"]


@pytest.mark.parametrize("text", DOORS)
def test_all_targets_agree(text: str) -> None:
    formula = mc.parse(text, NAMES)
    by = [NAMES["x"], NAMES["y"]]
    results = {"value": formula, "gradient": mc.gradient(formula, by), "hessian": mc.hessian(formula, by)}
    sizes = {symbol: SIZES[0][symbol] for v in variables(formula) for dim in v.shape for symbol in dim.symbols}
    values = flat(drawn(formula, {}, sizes))
    wanted = [mc.evaluate(result, values) for result in results.values()]
    for options in ({}, {"style": "fast"}, {"dtype": "float32"}, {"batch": True}, {"target": "c", "sizes": sizes}):
        emitted = mc.emit(results, **options)  # type: ignore[arg-type]
        single = np.float32 if options.get("dtype") == "float32" else np.float64
        found = emitted.compile()(*(np.asarray(values[name], single) for name in emitted.arguments))
        for got, want in zip(found, wanted, strict=True):
            assert_close(np.asarray(got), np.asarray(want), 1e-4 if single is np.float32 else 1e-9, options)


def test_stacks_of_blocks_are_computed_member_by_member() -> None:
    formula = mc.parse("[A, B; C, D]*[x; y]", NAMES)
    members = [flat(drawn(formula, {}, SIZES[0], seed)) for seed in range(3)]
    emitted = mc.emit(formula, batch=True)
    got = emitted.compile()(*(np.stack([member[name] for member in members]) for name in emitted.arguments))
    assert_close(got, np.stack([mc.evaluate(formula, member) for member in members]))


def test_blocks_are_assigned_once() -> None:
    source = mc.emit(mc.hessian(mc.parse("x'*A*x + x'*B*y + y'*D*y", NAMES), [NAMES["x"], NAMES["y"]])).source
    assert "np.empty((m + n, m + n))" in source and source.count("value[") == 4 and "np.zeros" not in source


def test_tensors_and_index_notation_of_blocks() -> None:
    formula = mc.parse("[A; C]*x", NAMES)
    values = flat(drawn(formula, {}, SIZES[0]))
    tensor = mc.emit(mc.tensor(formula, NAMES["A"])).compile()
    found = tensor(values["C"], values["x"])
    assert_close(found, np.einsum("ij,k->ijk", np.eye(5)[:, :2], values["x"]))
    assert "sum_" in mc.to_index(formula)


def test_plans_write_formulas_of_blocks() -> None:
    formula = mc.gradient(mc.parse("[x; y]'*[A, B; C, D]*[x; y]", NAMES), [NAMES["x"], NAMES["y"]])
    cheapest = mc.cheapest(formula, {"m": 2, "n": 3})
    values = flat(drawn(formula, {}, SIZES[0]))
    assert_close(mc.evaluate(cheapest, values), mc.evaluate(formula, values))


def test_claims_about_blocks_are_judged() -> None:
    formula = mc.parse("[x; y]'*[A, B; C, D]*[x; y]", NAMES)
    assert mc.check("(A + A')*x + (B + C')*y", formula, NAMES["x"])
    assert not mc.check("(A + A')*x + 2*B*y", formula, NAMES["x"])
    linear = mc.parse("sum(exp(W*[x; y]))", NAMES)
    assert mc.check("W[:,m+1:m+n]'*exp(W*[x; y])", linear, NAMES["y"])


def test_explanations_go_through_blocks() -> None:
    told = str(mc.explain(mc.parse("norm2([A*x - u; s*x])^2", NAMES), NAMES["x"]))
    assert "[A*x - u; s*x]" in told and "2*(A'*(A*x - u) + s^2*x)" in told


# ---------------------------------------------------------------- notation
def test_python_and_text_say_the_same() -> None:
    A, B, C, D, x, y = (NAMES[name] for name in ("A", "B", "C", "D", "x", "y"))
    assert mc.block([[A, B], [C, D]]) is mc.parse("[A, B; C, D]", NAMES)
    assert mc.block([[A, 0], [0, D]]) is mc.parse("[A, 0; 0, D]", NAMES)
    assert mc.stack(x, y) is mc.parse("[x; y]", NAMES) is mc.parse("[x\n;y]", NAMES)
    assert mc.parse("[A B; C D]", NAMES) is mc.parse("[A, B; C, D]", NAMES)
    assert mc.stack(x, y)["m":"m+n"] is mc.parse("[x; y][m+1:m+n]", NAMES)
    assert str(NAMES["M"]["m", :]) == str(mc.parse("M[m+1,:]", NAMES)) == "M[m + 1,:]"


def test_latex_and_unicode() -> None:
    formula = mc.parse("[A, 0; B', D]*[x; y]", {**NAMES})
    assert str(formula) == "[A, 0; B', D]*[x; y]"
    assert mc.to_unicode(formula) == "[A, 0; Bᵀ, D]·[x; y]"
    assert mc.to_latex(formula) == (
        r"\begin{bmatrix} A & 0 \\ B^{\top} & D \end{bmatrix} \, \begin{bmatrix} x \\ y \end{bmatrix}"
    )


INFERRED = {
    "sum(sigmoid(W*[x; h] + b))": {"W": "p×(m + n)", "x": "n×1", "h": "m×1", "b": "p×1"},
    "[x; y]'*inv([A, B; B', D])*[x; y]": {"A": "n×n", "B": "n×m", "D": "m×m", "x": "n×1", "y": "m×1"},
    "[A, 0; 0, D]*[x; y]": {"A": "p×n", "D": "q×m", "x": "n×1", "y": "m×1"},
    "[1; x]'*w": {"x": "n×1", "w": "(n + 1)×1"},
    "[A b; c' s]*[x; a]": {"A": "n×m", "b": "n×1", "c": "m×1", "s": "1×1", "x": "m×1", "a": "1×1"},
    "tr([A, B; C, D])": {"A": "n×n", "B": "n×m", "C": "m×n", "D": "m×m"},
    "[eye, A; 0, eye]*z": {"A": "m×n", "z": "(m + n)×1"},
}


@pytest.mark.parametrize("text", INFERRED)
def test_names_in_blocks_are_inferred(text: str) -> None:
    formula = mc.parse(text)
    assert {v.data[0]: str(v.shape) for v in variables(formula)} == INFERRED[text]


REFUSED = {
    "[A, h]": ["the blocks of a row differ in height", " ^ this has m rows", "    ^ this has k rows", "[A, B; C, D]"],
    "[A, B; C]": ["the rows of blocks differ in width", "this row has m + n columns", "this row has m columns"],
    "[x; y; A]": ["the rows of blocks differ in width", "this row has 1 column", "this row has m columns"],
    "[x; y] + h": ["cannot add: the shapes differ", "is (m + n)×1", "is k×1"],
    "[x; y": ["a [ is not closed", "close it with ]"],
    "[x; ]": ["unexpected ']'", "an operand was wanted here"],
    "[x,, y]": ["unexpected ','"],
    "[x]": ["one block alone is no block matrix"],
    "x[q]": ["index q is not bound"],
    "g[n:m]": ["not a position"],
    "g[m+n+1]": ["there is no such entry"],
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_blocks_whose_edges_do_not_meet_are_refused(text: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(text, NAMES)
    assert caught.value.places, "no caret"
    for part in REFUSED[text]:
        assert part in str(caught.value)


BAD_PYTHON = {
    "heights": lambda: mc.block([[NAMES["A"], NAMES["h"]]]),
    "widths": lambda: mc.block([[NAMES["A"]], [NAMES["D"]]]),
    "no rows": lambda: mc.block([[NAMES["A"], NAMES["B"]], []]),
    "no list of rows": lambda: mc.block([NAMES["A"], NAMES["B"]]),  # type: ignore[list-item]
    "an empty list": lambda: mc.gradient(mc.parse("x'*x", NAMES), []),
    "a variable twice": lambda: mc.gradient(mc.parse("x'*x", NAMES), [NAMES["x"], NAMES["x"]]),
    "no variable": lambda: mc.gradient(mc.parse("x'*x", NAMES), [NAMES["x"], mc.parse("2*x", NAMES)]),
    "no scalar": lambda: mc.gradient(NAMES["x"], [NAMES["x"]]),
    "structure": lambda: mc.gradient(mc.parse("tr(P)", NAMES), [NAMES["P"]], structure="free"),
    "layout": lambda: mc.jacobian(NAMES["x"], [NAMES["x"]], layout="other"),
    "both lists and a second variable": lambda: mc.hessian(mc.parse("x'*x", NAMES), [NAMES["x"]], NAMES["x"]),
}


@pytest.mark.parametrize("name", BAD_PYTHON)
def test_bad_blocks_and_lists_are_refused(name: str) -> None:
    with pytest.raises(mc.MatcalcError):
        BAD_PYTHON[name]()


# ---------------------------------------------------------------- symbolic positions
def test_positions_that_an_array_has_not_are_refused_when_it_is_known() -> None:
    part = mc.parse("sum(X[1:k,:])", {"X": mc.matrix("X", "q", "n")})
    X = np.arange(6.0).reshape(3, 2)
    assert mc.evaluate(part, {"X": X}, {"k": 2}) == 6.0
    with pytest.raises(mc.EvaluationError, match="there is no entry 4"):
        mc.evaluate(part, {"X": X}, {"k": 4})
    with pytest.raises(mc.EvaluationError, match="size of k"):
        mc.evaluate(part, {"X": X})


def test_entries_at_symbols_may_be_the_same() -> None:
    X = mc.matrix("X", "q", "n")
    gradient = mc.gradient(X["q-1", :] @ X[0, :].T, X)
    assert str(gradient) == "unit(q,q)*X[1,:] + unit(q,1)*X[q,:]"
    assert_close(mc.evaluate(gradient, {"X": np.array([[1.0, 2.0]])}), np.array([[2.0, 4.0]]))
    assert_close(mc.evaluate(gradient, {"X": np.array([[1.0, 2.0], [3.0, 4.0]])}), np.array([[3.0, 4.0], [1.0, 2.0]]))


def test_derivatives_by_symbolic_parts() -> None:
    formula = mc.parse("sum(exp(g)) + x'*g[1:m]", NAMES)
    assert str(mc.gradient(formula, mc.parse("g[1:m]", NAMES))) == "exp(g[1:m]) + x"
    values = flat(drawn(formula, {}, SIZES[0]))
    whole = mc.evaluate(mc.gradient(formula, NAMES["g"]), values, SIZES[0])
    assert_close(mc.evaluate(mc.gradient(formula, mc.parse("g[1:m]", NAMES)), values, SIZES[0]), whole[:2])


def test_the_command_line_takes_lists(capsys: pytest.CaptureFixture[str]) -> None:
    where = "x: m, y: n, A: m×n"
    for by in ("x,y", "[x, y]"):
        assert main(["hessian", "x'*A*y + norm2(x)^2", by, "--where", where]) == 0
        assert capsys.readouterr().out.splitlines()[0] == "[2*eye(m), A; A', 0]"
    assert main(["gradient", "x'*A*y", "x,y", "--where", where]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "[A*y; A'*x]"
    assert main(["jacobian", "A*y", "A[1,2],y", "--where", where]) == 0
    assert main(["emit", "x'*A*y", "x,y", "--where", where]) == 0
