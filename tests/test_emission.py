"""Emitted code: every style computes the same, at small sizes and where tall arrays are read in blocks of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.emission.arguments import interface
from matcalc.expr import name_of
from matcalc.notation.declarations import parse_where
from matcalc.plans.plan import Plan
from tests.numerics import assert_close
from tests.test_corpus import CASES, POINTS, Case, derived

RNG = np.random.default_rng(7)


def sizes_of(expr: mc.Expr, dims: dict[str, int]) -> dict[str, int]:
    return {symbol: dims[symbol] for symbol in mc.plan(expr, "reverse").symbols}


@pytest.mark.parametrize("case", CASES[::2], ids=[case["id"] for case in CASES[::2]])
@pytest.mark.quick_part(5)
def test_the_fast_style_computes_what_the_readable_one_does(case: Case) -> None:
    derivative = derived(case)
    point = POINTS[case["id"]][0]
    values = {name: np.array(value, dtype=float) for name, value in point["env"].items()}
    plan = Plan({"value": derivative}, "optimal", sizes_of(derivative, case["dims"]), for_speed=True)
    results = []
    for style in ("readable", "fast"):
        emitted = plan.emit(style=style)
        given = {name: value.copy() for name, value in values.items()}
        results.append(np.asarray(emitted.compile()(*[given[name] for name in emitted.variables])))
        for name, value in values.items():
            assert np.array_equal(given[name], value, equal_nan=True), f"{name} was changed:\n{emitted.source}"
    assert_close(results[1], results[0], note=emitted.source)


# Formulas that are computed in blocks of rows at these sizes.
TALL = [
    ("norm2(A*x - b)^2", "x", "hessp", "A: m×n, x: n×1, b: m×1, v: n×1", {"m": 6000, "n": 50}),
    ("norm2(A*x - b)^2", "x", "gradient", "A: m×n, x: n×1, b: m×1", {"m": 6000, "n": 50}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "value and gradient", "X: m×n, y: m×1, w: n×1", {"m": 6000, "n": 50}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "hessian", "X: m×n, y: m×1, w: n×1", {"m": 6000, "n": 50}),
    ("sum(tanh(x).*exp(-x.*x) + sin(x)./cos(x))", "x", "gradient", "x: n×1", {"n": 300000}),
    (
        "norm2(rowsoftmax(Q*K')*V - T)^2",
        "Q",
        "gradient",
        "Q: m×k, K: n×k, V: n×k, T: m×k",
        {"m": 900, "n": 500, "k": 7},
    ),
    ("sum(tanh(A*X))", "X", "gradient", "A: m×n, X: n×p", {"m": 4000, "n": 30, "p": 70}),
    ("logsumexp(A*x)", "x", "gradient", "A: m×n, x: n×1", {"m": 6000, "n": 50}),
    ("(u'*x)*norm2(x)^2 + sum(A*(x.*x))", "x", "gradient", "A: m×n, x: n×1, u: n×1", {"m": 5, "n": 300000}),
    ("(x'*A*x)/(x'*x)", "x", "hessian", "A: n×n, x: n×1", {"n": 700}),
    ("log(1 + x'*A*x)*norm2(x)^2", "x", "hessian", "A: n×n, x: n×1", {"n": 700}),
    ("sum(log(exp(X*W)*ones(k)))", "W", "hessian", "X: m×n, W: n×k", {"m": 3000, "n": 13, "k": 7}),
    ("sum(tanh(A - (A*u)*ones(n)' - ones(m)*v'))", "A", "gradient", "A: m×n, u: n×1, v: n×1", {"m": 6000, "n": 60}),
    ("sum(tanh(A' - ones(n)*(A*u)' - v*ones(m)'))", "A", "gradient", "A: m×n, u: n×1, v: n×1", {"m": 6000, "n": 60}),
    ("tr((X - ones(m)*u')*A*(X - ones(m)*u')')", "A", "gradient", "X: m×n, u: n×1, A: n×n", {"m": 6000, "n": 50}),
    ("(x'*B*x)/(x'*x)", "x", "gradient", "B: n×n, x: n×1", {"n": 700}),
    ("(x'*B*x)/(x'*C*x)", "x", "value and gradient", "B: n×n, C: n×n, x: n×1", {"n": 600}),
    ("norm2((B + B')*x - b)^2", "x", "gradient", "B: n×n, x: n×1, b: n×1", {"n": 700}),
    ("sum(tanh(B*x - x).*(B*x)) + x'*B*x", "x", "value and gradient", "B: n×n, x: n×1", {"n": 700}),
    ("log(sum(exp((B + B')*x)))", "x", "gradient", "B: n×n, x: n×1", {"n": 1100}),
    ("x'*B*x", "x", "hessian", "B: n×n, x: n×1", {"n": 1300}),
]


@pytest.mark.parametrize(("formula", "by", "asked", "where", "sizes"), TALL)
def test_blocks_of_rows(formula: str, by: str, asked: str, where: str, sizes: dict[str, int]) -> None:
    variables = parse_where(where)
    f, x = mc.parse(formula, variables), variables[by]
    gradient = mc.gradient(f, x)
    results: dict[str, mc.Expr] = {
        "hessp": {"hvp": mc.jvp(gradient, x, variables["v"])} if asked == "hessp" else {},
        "gradient": {"gradient": gradient},
        "value and gradient": {"value": f, "gradient": gradient},
        "hessian": {"hessian": mc.hessian(f, x)} if asked == "hessian" else {},
    }[asked]  # fmt: skip
    known = {name: sizes[name] for name in mc.plan(results, "reverse").symbols}
    plan = Plan(results, "optimal", known, for_speed=True)
    fast, plain = plan.emit(style="fast", check=False), plan.emit(check=False)
    values: dict[str, Any] = {}
    for name, v in variables.items():
        shape = [dim.at(sizes) for dim in v.shape if dim.number != 1]
        values[name] = RNG.normal(size=shape) / np.sqrt(shape[-1])
    got, wanted = (emitted.compile()(*[values[name] for name in emitted.variables]) for emitted in (fast, plain))
    pairs = [(got, wanted)] if len(results) == 1 else zip(got, wanted, strict=True)
    for a, b in pairs:
        assert_close(np.asarray(a), np.asarray(b), note=fast.source)


POWERS = ["x.^3", "x.^4", "x.^7", "x.^(-3)", "abs(x).^1.5", "abs(x).^(-2.5)", "1./(1 + x.^2).^3", "abs(x).^0.3"]


@pytest.mark.parametrize("formula", POWERS)
def test_powers_are_products(formula: str) -> None:
    x = mc.vector("x", "n")
    f = mc.parse(formula, {"x": x})
    emitted = mc.emit({"value": f, "slopes": mc.gradient(mc.sum(f), x)}, style="fast")
    point = RNG.normal(size=20)
    for got, key in zip(emitted.compile()(point), ("value", "slopes"), strict=True):
        wanted = f if key == "value" else mc.gradient(mc.sum(f), x)
        assert_close(got, mc.evaluate(wanted, {"x": point}), note=emitted.source)
    assert ("**" in emitted.source.split('"""')[-1]) == (formula == "abs(x).^0.3")


def test_a_fast_function_reads_tall_arrays_once() -> None:
    variables = parse_where("X: m×n, y: m×1, w: n×1")
    f = mc.parse("sum(log(1 + exp(-y.*(X*w))))", variables)
    results = {"value": f, "gradient": mc.gradient(f, variables["w"])}
    assert (
        "for start in range(0, m, "
        in Plan(results, "optimal", {"m": 10**6, "n": 50}, for_speed=True).emit(style="fast").source
    )
    assert (
        "for "
        not in Plan(results, "optimal", {"m": 50, "n": 50}, for_speed=True)
        .emit(style="fast")
        .source.split("Returns")[1]
    )


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="unknown style: 'quick'"):
        mc.plan(mc.vector("x", "n")).emit(style="quick")


def test_the_parameters_come_in_the_order_asked_for_used_or_not() -> None:
    variables = parse_where("A: n×n, x: n×1, z: k×1")
    f = mc.parse("x'*A*x", variables)
    results = {"hessian": mc.hessian(f, variables["x"])}
    emitted = mc.emit(results, arguments=[variables["z"], variables["x"]])
    assert mc.emit({"value": f, **results}, arguments=["x", "A"]).arguments[:2] == ("x", "A")
    with pytest.raises(mc.MatcalcError, match="no result has a variable 'X'"):
        mc.emit(results, arguments=["X"])
    assert emitted.arguments == ("z", "x", "A")
    assert np.array_equal(emitted.compile()(np.ones(2), np.ones(3), np.eye(3)), 2 * np.eye(3))


STYLES: list[dict[str, Any]] = [{}, {"style": "fast"}, {"style": "fast", "sizes": {"m": 100_000, "n": 3}}]


@pytest.mark.parametrize("options", STYLES, ids=["readable", "fast", "blocks"])
@pytest.mark.parametrize("name", ["slice", "range", "float", "np", "total", "rows", "start", "t1", "value"])
def test_names_of_variables_hide_nothing(name: str, options: dict[str, Any]) -> None:
    X, w = mc.matrix("X", "m", "n"), mc.vector(name, "n")
    f = mc.sum(mc.exp(X @ w))
    emitted = mc.emit({"value": f, "gradient": mc.gradient(f, w)}, arguments=[X, w], **options)
    data, weights = RNG.normal(size=(5000, 3)), RNG.normal(size=3)
    value, gradient = emitted.compile()(data, weights)
    assert_close(np.asarray(value), np.exp(data @ weights).sum(), note=emitted.source)
    assert_close(gradient, data.T @ np.exp(data @ weights), note=emitted.source)


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_results_are_called_by_their_keys_where_these_are_free(style: str) -> None:
    A = mc.matrix("A", "n", "n")
    products = {"A": A @ A, "t1": A @ A @ A, "n": A, "double": 2 * A, "twice": 2 * A}
    emitted = mc.emit(products, style=style)
    assert "    double = " in emitted.source
    matrix = RNG.normal(size=(3, 3))
    wanted = (matrix @ matrix, matrix @ matrix @ matrix, matrix, 2 * matrix, 2 * matrix)
    for one, other in zip(emitted.compile()(matrix), wanted, strict=True):
        assert_close(one, other, note=emitted.source)


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("tril(X)", "value = np.tril(X)"),
        ("triu(X)", "value = np.triu(X)"),
        ("tril(X*X)'", "value = np.triu(X.T @ X.T)"),
        ("tril(X')", "value = np.tril(X.T)"),
        ("phi(X)", "value = X * (np.tri(n) - 0.5 * np.eye(n))"),
    ],
)
def test_triangles(formula: str, written: str) -> None:
    X = mc.matrix("X", "n", "n")
    emitted = mc.emit(mc.parse(formula, {"X": X}))
    assert written in emitted.source, emitted.source
    matrix = RNG.normal(size=(4, 4))
    for options in ({"style": "fast"}, {"batch": True}, {"target": "c", "sizes": {"n": 4}}):
        other = mc.emit(mc.parse(formula, {"X": X}), **options).compile()  # type: ignore[arg-type]
        assert_close(other(matrix), emitted.compile()(matrix), note=emitted.source)


OPERATORS = [
    ("norm2(T - U*V')^2", "U", "T: m×n, U: m×k, V: n×k"),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "X: m×n, y: m×1, w: n×1"),
    ("x'*A*x + norm2(x)^4", "x", "A: n×n, x: n×1"),
    ("logdet(X*X' + eye(m))", "X", "X: m×n"),
    ("x'*x", "x", "x: n×1"),
    ("norm2(A*X*B - C)^2", "X", "A: m×n, X: n×k, B: k×m, C: m×m"),
    ("tr(A*X*B*X')", "X", "A: n×n, X: n×k, B: k×k"),
    ("tr(inv(X)*B)", "X", "X: n×n, B: n×n"),
    ("-3*tr(inv(X)*B) + c*norm2(X)^2", "X", "X: n×n, B: n×n, c: scalar"),
    ("sum(R.*((T - U*V').^2)) + c*norm2(U)^2", "U", "R: m×n, T: m×n, U: m×k, V: n×k, c: scalar"),
    ("sum(log(exp(X*W)*ones(k)))", "W", "X: m×n, W: n×k"),
    ("(x'*A*x)/(x'*x)", "x", "A: n×n, x: n×1"),
    ("norm2(kron(A, B)*x - b)^2", "x", "A: 3×2, B: 2×3, x: 6×1, b: 6×1"),
]


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize(("formula", "by", "where"), OPERATORS)
@pytest.mark.quick_part(5)
def test_operators_and_tensors_are_the_matrix(formula: str, by: str, where: str, style: str) -> None:
    variables = parse_where(where)
    f, x = mc.parse(formula, variables), variables[by]
    hessian = mc.hessian(f, x)
    results = {"value": f, "hessian": hessian, "tensor": mc.tensor(mc.gradient(f, x), x)}
    emitted = mc.emit(results, operators=["hessian"], style=style, arguments=[x])
    assert emitted.results == ("value", "hessian", "tensor")
    sizes = {"m": 3, "n": 4, "k": 2}
    values = {
        name: RNG.normal(size=[side.at(sizes) for side in v.shape if side.number != 1]) for name, v in variables.items()
    }
    _, operator, tensor = emitted.compile()(*[values[name] for name in emitted.variables])
    dense = mc.evaluate(hessian, values)
    shape = values[by].shape
    assert tensor.shape == (*shape, *shape)
    stacked = tensor.transpose(1, 0, 3, 2).reshape(dense.shape) if len(shape) == 2 else tensor
    assert_close(stacked, dense)
    for _ in range(2):  # what is computed before is not used up
        v = RNG.normal(size=len(dense))
        assert_close(operator @ v, dense @ v, note=emitted.source)
        assert_close(operator.T @ v, dense.T @ v, note=emitted.source)


def test_what_is_no_matrix_is_no_operator() -> None:
    x = mc.vector("x", "n")
    with pytest.raises(mc.MatcalcError, match="an operator is a matrix"):
        mc.emit({"gradient": mc.gradient(x.T @ x, x)}, operators=["gradient"])
    with pytest.raises(mc.MatcalcError, match="there is no result hessian"):
        mc.emit({"gradient": mc.gradient(x.T @ x, x)}, operators=["hessian"])


@pytest.mark.parametrize("case", CASES[1::2], ids=[case["id"] for case in CASES[1::2]])
@pytest.mark.quick_part(5)
def test_a_batch_is_its_members(case: Case) -> None:
    derivative = derived(case)
    emitted, one = mc.emit(derivative, batch=True), mc.emit(derivative)
    shapes = {
        name_of(v): [side.at(case["dims"]) for side in v.shape if side.number != 1]
        for v in interface({"value": derivative})[0]
    }
    points = [
        {name: np.asarray(point["env"][name], dtype=float).reshape(shapes[name]) for name in shapes}
        for point in POINTS[case["id"]]
    ]
    stacks = [np.stack([point[name] for point in points]) for name in emitted.variables]
    wanted = [np.asarray(one.compile()(*[point[name] for name in emitted.variables])) for point in points]
    got = emitted.compile()(*stacks)
    for at, want in enumerate(wanted):  # a result of no argument has no leading axes
        assert_close(np.asarray(got)[at] if np.ndim(got) > want.ndim else got, want, note=emitted.source)


def test_a_batch_is_broadcast() -> None:
    variables = parse_where("A: m×n, x: n×1, b: m×1, a: scalar")
    f = mc.parse("a*norm2(A*x - b)^2", variables)
    emitted = mc.emit({"value": f, "gradient": mc.gradient(f, variables["x"])}, batch=True)
    A, x, b = RNG.normal(size=(2, 3)), RNG.normal(size=(5, 1, 3)), RNG.normal(size=(4, 2))
    value, gradient = emitted.compile()(A, 2.0, b, x)
    assert value.shape == (5, 4)
    residual = np.einsum("mn,kn->km", A, x[:, 0])[:, None] - b
    assert_close(value, 2 * np.sum(residual**2, axis=-1))
    assert_close(gradient, 4 * residual @ A)
    with pytest.raises(ValueError, match=r"b must have the last axes \(2,\)"):
        emitted.compile()(A, 2.0, np.ones((4, 3)), x)
    with pytest.raises(ValueError, match="A must have at least 2 axes"):
        emitted.compile()(np.ones(3), 2.0, b, x)


UPDATES = [
    ("b'*inv(diag(d) + U*U')*b", "b", "d: n×1 positive, U: n×k, b: n×1"),
    ("logdet(diag(d) + U*U') + b'*inv(diag(d) + U*U')*b", "U", "d: n×1 positive, U: n×k, b: n×1"),
    ("logdet(a*eye(n) + U*U')", "a", "U: n×k, a: scalar positive"),
    ("norm2(inv(D + 0.1*U*S*V')*b)^2", "S", "D: n×n diagonal posdef, U: n×k, S: k×k, V: n×k, b: n×1"),
    ("tr(inv(a*eye(n) + X*diag(w)*X')*A)", "X", "X: n×k, a: scalar positive, w: k×1 positive, A: n×n"),
    ("sum(inv(diag(d) - U*U'/9)*B)", "B", "d: n×1 positive, U: n×1, B: n×m"),
]


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize(("formula", "by", "where"), UPDATES)
@pytest.mark.quick_part(5)
def test_low_rank_updates_are_taken_apart(formula: str, by: str, where: str, style: str) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    results = {"value": f, "gradient": mc.gradient(f, variables[by])}
    sizes = {"n": 40, "k": 3, "m": 2}
    known = {name: sizes[name] for name in mc.plan(results, "reverse").symbols}
    values = {}
    for name, v in variables.items():
        values[name] = RNG.normal(size=[side.at(sizes) for side in v.shape if side.number != 1]) / 5
        if "diagonal" in v.data[1]:
            values[name] = np.diag(RNG.uniform(1, 2, size=40))
        elif "positive" in v.data[1]:
            values[name] = RNG.uniform(1, 2, size=values[name].shape)
    emitted = mc.emit(results, style=style, sizes=known)
    got = emitted.compile()(*[values[name] for name in emitted.variables])
    for result, name in zip(got, results, strict=True):
        assert_close(np.asarray(result), np.asarray(mc.evaluate(results[name], values)), 1e-9, emitted.source)
    large = mc.plan(results, "optimal", known)
    assert Plan(results, "optimal", known, for_speed=True).cost < large.cost
