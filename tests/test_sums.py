"""Sums over indices: written in matrix notation, with the values of plain loops, for random formulas, too."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close

NAMES = parse_where(
    "X: m×n, Y: p×n, A: m×m, y: m, z: m, w: n, mu: n, q: p, W: n×p, T: m×p, P: n×n posdef, s: 1×1, c: 1×1"
)
SIZES = {"m": 4, "n": 3, "p": 2}

# As papers write it, and what it is in matrix notation; the gradient by a variable.
ROWS = [
    ("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", "sum(softplus(-(X*w).*y))", "w", "-X'*(y.*sigmoid(-(X*w).*y))"),
    ("1/m*sum_{i} (y[i] - X[i,:]*w)^2", "norm2(y - X*w)^2/m", "w", "2*X'*(X*w - y)/m"),
    ("sum_{i,j} A[i,j]*y[i]*z[j]", "y'*A*z", "y", "A*z"),
    ("sum_{i} A[i,i]", "tr(A)", "A", "eye(m)"),
    ("sum_{i} y[i]*X[i,:]'", "X'*y", "y", "X'"),
    ("sum_{i} X[i,:]'*X[i,:]", "X'*X", "", ""),
    ("sum_{i=1..m} y[i]^2", "y'*y", "y", "2*y"),
    ("sum_{i=1..m} c", "m*c", "c", "m"),
    ("sum_{i} y[i]*(sum_{j} A[i,j]*z[j])", "y'*A*z", "z", "A'*y"),
    ("sum_{i} log(sum_{k} exp(X[i,:]*W[:,k]))", "sum(rowlogsumexp(X*W))", "W", "X'*rowsoftmax(X*W)"),
    (
        "sum_{i} logsumexp(X[i,:]*W) - sum_{i} T[i,:]*W'*X[i,:]'",
        "sum(rowlogsumexp(X*W)) - tr(X*W*T')",
        "W",
        "X'*(rowsoftmax(X*W) - T)",
    ),
    (
        "sum_{i} (X[i,:]' - mu)'*inv(P)*(X[i,:]' - mu)",
        "tr(inv(P)*(X - ones(m)*mu')'*(X - ones(m)*mu'))",
        "P",
        "-inv(P)*(X - ones(m)*mu')'*(X - ones(m)*mu')*inv(P)",
    ),
    (
        "sum_{i,j} A[i,j]*norm2(X[i,:] - X[j,:])^2",
        "tr((rowsum(X.^2)*ones(m)' + ones(m)*rowsum(X.^2)' - 2*X*X')*A)",
        "X",
        "2*(diag(rowsum(A) + colsum(A)) - A - A')*X",
    ),
    (
        "sum_{i,j} exp(-norm2(X[i,:] - X[j,:])^2/(2*s^2))",
        "sum(exp((2*X*X' - rowsum(X.^2)*ones(m)' - ones(m)*rowsum(X.^2)')/(2*s^2)))",
        "X",
        "2*(t1 - diag(rowsum(t1)))*X/s^2"
        " where t1 = exp((2*X*X' - rowsum(X.^2)*ones(m)' - ones(m)*rowsum(X.^2)')/(2*s^2))",
    ),
    ("sum_{i} softmax(X[i,:])*w", "sum(rowsoftmax(X)*w)", "w", "colsum(rowsoftmax(X))"),
    ("sum_{k} q[k]*sum_{i} X[i,:]*W[:,k]", "sum(X*W*q)", "q", "W'*colsum(X)"),
    ("sum_{i!=j} z[j]/(y[i] - y[j])", "-sum(where(eye(m) == 0, diag(z)*(1./(y*ones(m)' - ones(m)*y')), 0))", "", ""),
    (
        "sum_{i<j} 1/norm2(X[i,:] - X[j,:])^2",
        "0.5*sum(where(eye(m) == 0, 1./(rowsum(X.^2)*ones(m)' + ones(m)*rowsum(X.^2)' - 2*X*X'), 0))",
        "X",
        "2*(t1 - diag(rowsum(t1)))*X"
        " where t1 = where(eye(m) == 0, 1./(rowsum(X.^2)*ones(m)' + ones(m)*rowsum(X.^2)' - 2*X*X').^2, 0)",
    ),
    (
        "sum_{i<j} log(y[j] - y[i])",
        "sum(striu(log(ones(m)*y' - y*ones(m)')))",
        "",
        "",
    ),
    (
        "sum_{i!=j} 1/(1 + norm2(X[i,:] - X[j,:])^2)",
        "sum(1./(ones(m,m) + rowsum(X.^2)*ones(m)' + ones(m)*rowsum(X.^2)' - 2*X*X')) - m",
        "",
        "",
    ),
]


@pytest.mark.parametrize(("text", "matrix", "by", "gradient"), ROWS, ids=[row[0] for row in ROWS])
def test_sums_are_written_in_matrix_notation(text: str, matrix: str, by: str, gradient: str) -> None:
    f = mc.parse(text, NAMES)
    assert str(f) == matrix
    assert not by or str(mc.gradient(f, NAMES[by]) if f.shape.is_scalar else mc.jacobian(f, NAMES[by])) == gradient


# ---------------------------------------------------------------- loops
class Case(NamedTuple):
    """A formula, and its value by plain loops: a function of the values of variables and of indices."""

    text: str
    value: Callable[[dict[str, Any], dict[str, int]], Any]


LENGTHS = {"i": "m", "j": "m", "k": "p"}
Make = Callable[[random.Random, tuple[str, ...], int], Case]


def scalar(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    """A scalar that depends on the indices that are bound."""
    if depth == 0 or rng.random() < 0.15:
        return leaf(rng, bound)
    makers = [add, times, apply, power, quadratic, below] if depth > 1 else [add, times, apply, power, quadratic]
    return rng.choice(makers)(rng, bound, depth)


def leaf(rng: random.Random, bound: tuple[str, ...]) -> Case:
    ways: list[Case] = [Case("c", lambda v, at: v["c"])]
    for i in bound:
        if LENGTHS[i] == "m":
            ways.append(Case(f"y[{i}]", lambda v, at, i=i: v["y"][at[i]]))  # type: ignore[misc]
            ways.append(Case(f"X[{i},:]*w", lambda v, at, i=i: v["X"][at[i]] @ v["w"]))  # type: ignore[misc]
            ways.append(Case(f"A[{i},{i}]", lambda v, at, i=i: v["A"][at[i], at[i]]))  # type: ignore[misc]
        else:
            ways.append(Case(f"q[{i}]", lambda v, at, i=i: v["q"][at[i]]))  # type: ignore[misc]
            ways.append(Case(f"w'*W[:,{i}]", lambda v, at, i=i: v["w"] @ v["W"][:, at[i]]))  # type: ignore[misc]
    for a, b in product(bound, bound):
        if a != b and LENGTHS[a] == LENGTHS[b] == "m":
            ways.append(Case(f"A[{a},{b}]", lambda v, at, a=a, b=b: v["A"][at[a], at[b]]))  # type: ignore[misc]
        if LENGTHS[a] == "m" and LENGTHS[b] == "p":
            ways.append(Case(f"T[{a},{b}]", lambda v, at, a=a, b=b: v["T"][at[a], at[b]]))  # type: ignore[misc]
    return rng.choice(ways[1:] or ways)


def add(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    a, b = scalar(rng, bound, depth - 1), scalar(rng, bound, depth - 1)
    sign = rng.choice(["+", "-"])
    return Case(
        f"({a.text} {sign} {b.text})",
        lambda v, at: a.value(v, at) + (b.value(v, at) if sign == "+" else -b.value(v, at)),
    )


def times(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    a, b = scalar(rng, bound, depth - 1), scalar(rng, bound, depth - 1)
    return Case(f"({a.text})*({b.text})", lambda v, at: a.value(v, at) * b.value(v, at))


def apply(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    a = scalar(rng, bound, depth - 1)
    name = rng.choice(["sin", "tanh", "sigmoid", "exp"])
    functions = {"sin": np.sin, "tanh": np.tanh, "sigmoid": lambda u: 1 / (1 + np.exp(-u)), "exp": np.exp}
    if name == "exp":
        return Case(f"exp(-({a.text})^2)", lambda v, at: np.exp(-(a.value(v, at) ** 2)))
    return Case(f"{name}({a.text})", lambda v, at: functions[name](a.value(v, at)))


def power(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    a = scalar(rng, bound, depth - 1)
    return Case(f"({a.text})^2", lambda v, at: a.value(v, at) ** 2)


def quadratic(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    """Functions of rows and columns at indices."""
    rows = [i for i in bound if LENGTHS[i] == "m"]
    if not rows:
        return leaf(rng, bound)
    a, b = rng.choice(rows), rng.choice(rows)
    X = "X"
    ways = [
        Case(f"norm2({X}[{a},:] - {X}[{b},:])^2", lambda v, at: np.sum((v["X"][at[a]] - v["X"][at[b]]) ** 2)),
        Case(f"norm2({X}[{a},:]' - mu)^2", lambda v, at: np.sum((v["X"][at[a]] - v["mu"]) ** 2)),
        Case(f"{X}[{a},:]*P*{X}[{b},:]'", lambda v, at: v["X"][at[a]] @ v["P"] @ v["X"][at[b]]),
        Case(f"logsumexp({X}[{a},:])", lambda v, at: np.log(np.sum(np.exp(v["X"][at[a]])))),
        Case(f"sum(exp({X}[{a},:]).*{X}[{b},:])", lambda v, at: np.sum(np.exp(v["X"][at[a]]) * v["X"][at[b]])),
        Case(f"{X}[{a},2]", lambda v, at: v["X"][at[a], 1]),
        Case(f"softmax({X}[{a},:]*W)*q", lambda v, at: _softmax(v["X"][at[a]] @ v["W"]) @ v["q"]),
    ]
    return rng.choice(ways)


def _softmax(u: Any) -> Any:
    return np.exp(u) / np.sum(np.exp(u))


def below(rng: random.Random, bound: tuple[str, ...], depth: int) -> Case:
    """A sum over one more index, or over two."""
    free = [i for i in LENGTHS if i not in bound]
    if len(bound) >= 2 or not free:
        return leaf(rng, bound)
    pair = {"i", "j"} <= set(free) and not bound and rng.random() < 0.5
    names = ("i", "j") if pair else (rng.choice(free),)
    order = rng.choice([",", "<", "!=", "<="]) if pair else ","
    body = scalar(rng, (*bound, *names), depth - 1)
    keeps: dict[str, Callable[[int, int], bool]] = {
        ",": lambda a, b: True,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        "!=": lambda a, b: a != b,
    }

    def value(v: dict[str, Any], at: dict[str, int]) -> Any:
        total = 0.0
        for places in product(*(range(SIZES[LENGTHS[i]]) for i in names)):
            if not pair or keeps[order](*places):
                total += body.value(v, {**at, **dict(zip(names, places, strict=True))})
        return total

    under = order.join(names)
    ranged = ",".join(f"{i}=1..{LENGTHS[i]}" for i in names) if order == "," else under
    return Case(f"(sum_{{{ranged}}} {body.text})", value)


def at_random(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    made: dict[str, Any] = {}
    for name, x in NAMES.items():
        shape = [dim.at(SIZES) for dim in x.shape]
        a = rng.uniform(-0.9, 0.9, shape)
        made[name] = a @ a.T + np.eye(3) if name == "P" else a
    return made


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Columns as 1-D arrays, scalars as numbers: what loops index."""
    return {name: a[0, 0] if a.shape == (1, 1) else a[:, 0] if a.shape[1] == 1 else a for name, a in values.items()}


def cases(count: int, seed: int) -> Iterator[tuple[int, Case]]:
    for k in range(seed, seed + count):
        yield k, below(random.Random(k), (), 4)


@pytest.mark.parametrize("batch", range(10))
def test_random_sums_have_the_values_of_loops(batch: int) -> None:
    for seed, case in cases(12, 1000 * batch):
        values = at_random(seed)
        f = mc.parse(case.text, NAMES)
        wanted = case.value(plain(values), {})
        assert_close(mc.evaluate(f, values, SIZES), wanted, 1e-8 * (1 + abs(wanted)))
        for x in [x for x in mc.parts.variables(f) if str(x) in "yXwA"][:2]:
            g = mc.gradient(f, x)
            got = np.asarray(mc.evaluate(g, values, SIZES)).reshape(values[str(x)].shape)
            direction = at_random(seed + 1)[str(x)]

            def along(t: float, x: Any = x, direction: Any = direction, values: Any = values, case: Any = case) -> Any:
                return case.value(plain({**values, str(x): values[str(x)] + t * direction}), {})

            slope = (8 * (along(1e-3) - along(-1e-3)) - (along(2e-3) - along(-2e-3))) / 12e-3
            assert abs(np.sum(got * direction) - slope) <= 1e-6 * (1 + abs(slope) + float(np.abs(got).sum())), case.text


# ---------------------------------------------------------------- the other doors
def test_a_sum_is_written_in_python() -> None:
    X, A, y, z, w = (NAMES[name] for name in ("X", "A", "y", "z", "w"))
    logistic = mc.sum_over("i", lambda i: mc.log(1 + mc.exp(-y[i] * (X[i, :] @ w))))
    assert logistic is mc.parse("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", NAMES)
    assert str(mc.sum_over("i", lambda i: y[i] * mc.sum_over("j", lambda j: A[i, j] * z[j]))) == "y'*A*z"


def test_a_claim_may_hold_a_sum() -> None:
    f, w = mc.parse("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", NAMES), NAMES["w"]
    assert mc.check("-sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", f, w).status == "correct"
    assert mc.check("sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", f, w).mistake == "sign"


REFUSED = [
    ("sum_{i} w", "index i stands on nothing that is summed"),
    ("sum_{i} y[j]", "index j is not bound"),
    ("y[i]", "index i is not bound"),
    ("sum_{i} y[i] + y[i]", "index i is not bound"),
    ("sum_{i,i} y[i]", "index i is bound already"),
    ("sum_{i} sum_{i} y[i]", "index i is bound already"),
    ("sum_{i} X[i,i]", "index i runs over m and over n"),
    ("sum_{i} y[i]*w[i]", "index i runs over m and over n"),
    ("sum_{i<j} X[i,j]", "indices that are compared run over one dimension"),
    ("sum_{} y", "a sum of no index"),
    ("sum_{2} y", "not the indices of a sum"),
    ("sum_{i=1..n} y[i]", "index i runs over n"),
    ("sum_{i} i*y[i]", "index i is no number"),
    ("sum_{i} X[i]", "an entry of a matrix has a row and a column"),
    ("1/(sum_{i} 0*y[i])", "divides by zero"),
    ("sum_{i} (y[i]*A)^1000000000", "this power of a matrix"),
    ("prod_{i} X[i,:]", "a product over indices is of scalars"),
    ("prod_{i<j} y[i]*y[j]", "not the indices of a prod"),
    ("stack_{i,j,k} y[i]*y[j]*y[k]", "a stack is over one index or two"),
    ("stack_{i} w", "index i stands on nothing that is stacked"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_sum_over_indices_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(mc.MatcalcError, match=message) as caught:
        mc.parse(text, NAMES)
    assert "^" in str(caught.value) or not message.startswith(("index", "not the", "an entry"))


def test_an_index_out_of_its_sum_is_refused() -> None:
    kept: list[Any] = []
    y = NAMES["y"]
    mc.sum_over("i", lambda i: kept.append(i) or y[i])
    for use in (lambda e: mc.gradient(e, y), lambda e: mc.evaluate(e, {"y": np.ones(3)}), lambda e: mc.emit({"f": e})):
        with pytest.raises(mc.MatcalcError, match="index i is not bound"):
            use(y[kept[0]])
