"""Families: functions are applied to each member, results are sums and stacks; values are those of plain loops."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.linalg import expm

import matcalc as mc
from matcalc.families import array_dims
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close

NAMES = parse_where(
    "S: K of n×n posdef, L: K of p×n, B: K of n×n, mu: K of n, x: m of n, w: K positive, c: 1×1, b: n, P: n×n posdef"
)
SIZES = {"m": 4, "n": 3, "p": 2, "K": 3}
Values = dict[str, Any]
At = dict[str, int]


def values(seed: int) -> Values:
    rng = np.random.default_rng(seed)
    made: Values = {}
    for name in ("L", "B", "mu", "x", "b", "c"):
        made[name] = 0.6 * rng.normal(size=[SIZES[str(d)] for d in array_dims(NAMES[name])])
    for name in ("S", "P"):
        a = rng.normal(size=[SIZES[str(d)] for d in array_dims(NAMES[name])])
        made[name] = a @ np.swapaxes(a, -1, -2) + np.eye(3)
    made["w"] = rng.uniform(0.5, 1.5, SIZES["K"])
    return made


# As papers write it, what is read, and the gradient by a variable.
ROWS = [
    ("sum_{k} logdet(S[k])", "", "S", "stack_{k} inv(S[k])"),
    ("sum_{k} w[k]*logdet(S[k])", "", "w", "stack_{k} logdet(S[k])"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "", "mu", "stack_{k} 2*inv(S[k])*mu[k]"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "", "S", "stack_{k} -inv(S[k])*mu[k]*mu[k]'*inv(S[k])"),
    ("sum_{k} norm2(mu[k])^2", "norm2(mu)^2", "mu", "2*mu"),
    ("sum_{k} tr(expm(B[k]))", "", "B", "stack_{k} expm(B[k])'"),
    ("sum_{k} det(S[k])^w[k]", "", "w", "stack_{k} log(det(S[k]))*det(S[k])^w[k]"),
    ("logsumexp(stack_{k} logdet(S[k]))", "", "S", "stack_{k} softmax(stack_{l} logdet(S[l]))[k]*inv(S[k])"),
    ("logdet(sum_{k} w[k]*S[k])", "", "w", "stack_{k} tr(S[k]*inv(sum_{l} w[l]*S[l]))"),
    ("sum_{k} norm2(L[k]*b)^2", "", "L", "stack_{k} 2*L[k]*b*b'"),
    ("sum_{k} norm2(L[k]*b)^2", "", "b", "2*(sum_{k} L[k]'*L[k]*b)"),
    ("b'*S[2]*b", "", "b", "2*S[2]*b"),
    ("sum_{i} (x[i] - b)'*inv(S[1])*(x[i] - b)", "tr(inv(S[1])*(x - ones(m)*b')'*(x - ones(m)*b'))", "", ""),
    (
        "sum_{i,k} w[k]*(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k])",
        "sum_{k} w[k]*tr(inv(S[k])*(x - ones(m)*mu[k]')'*(x - ones(m)*mu[k]'))",
        "S",
        "stack_{k} -w[k]*inv(S[k])*(x - ones(m)*mu[k]')'*(x - ones(m)*mu[k]')*inv(S[k])",
    ),
]


@pytest.mark.parametrize(("text", "read", "by", "gradient"), ROWS, ids=[f"{row[0]} by {row[2]}" for row in ROWS])
def test_results_are_sums_and_stacks_over_members(text: str, read: str, by: str, gradient: str) -> None:
    f = mc.parse(text, NAMES)
    assert str(f) == (read or text)
    assert mc.parse(str(f), NAMES) is f
    if by:
        made = mc.gradient(f, NAMES[by])
        assert str(made) == gradient
        assert str(mc.parse(gradient, NAMES)) == gradient


REFUSED = [
    ("sum_{k} logdet(S)", "S is a family"),
    ("tr(S)", "S is a family"),
    ("S[1,2]", "S is a family"),
    ("sum_{k} S[k,1]", "S is a family"),
    ("sum_{k} logdet(S[l])", "index l is not bound"),
    ("sum_{k} x[k]*mu[k]'", "index k runs over m and over K"),
    ("sum_{k} S[k]*P*b'", "cannot multiply"),
    ("S[0]", "not an index"),
    ("sum_{k} S[k] + S", "S is a family"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_member_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(mc.MatcalcError, match=message) as caught:
        mc.parse(text, NAMES)
    assert "^" in str(caught.value)


# What functions of matrices are at an index, written for all rows where there is a form for them.
AT_AN_INDEX = [
    ("sum_{k} inv(w[k]*P)", "sum_{k} inv(P)/w[k]"),
    ("sum_{k} tr((w[k]*P)^(-2))", "sum_{k} norm2(inv(P))^2/w[k]^2"),
    ("sum_{k} expm(w[k]*P)", "sum_{k} expm(w[k]*P)"),
    ("sum_{i} logsumexp(stack_{k} x[i]'*mu[k])", "sum(rowlogsumexp(x*mu'))"),
    ("stack_{i,k} exp(x[i]'*mu[k])", "exp(x*mu')"),
    ("stack_{i} x[i]'*b", "x*b"),
    ("stack_{k} S[k]*b", "stack_{k} S[k]*b"),
]


@pytest.mark.parametrize(("text", "read"), AT_AN_INDEX)
def test_functions_of_matrices_at_an_index(text: str, read: str) -> None:
    assert str(mc.parse(text, NAMES)) == read


@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 1, 1)])
def test_sizes_may_be_given_where_one_is_one(shape: tuple[int, int, int]) -> None:
    f, sizes = mc.parse("sum_{k} norm2(S[k])^2", NAMES), dict(zip(("K", "n"), shape, strict=False))
    assert_close(mc.evaluate(f, {"S": np.zeros(shape) + np.eye(shape[1])}, sizes), np.array(shape[0] * shape[1]))


def test_the_python_interface_says_the_same() -> None:
    S, w, mu = NAMES["S"], NAMES["w"], NAMES["mu"]
    f = mc.sum_over("k", lambda k: w[k] * mc.logdet(S[k]) + mu[k].T @ mc.inv(S[k]) @ mu[k])
    assert f is mc.parse("sum_{k} (w[k]*logdet(S[k]) + mu[k]'*inv(S[k])*mu[k])", NAMES)
    assert mc.stack_over("k", lambda k: mc.logdet(S[k])) is mc.parse("stack_{k} logdet(S[k])", NAMES)
    assert mc.prod_over("k", lambda k: w[k] + 1) is mc.parse("prod_{k} (w[k] + 1)", NAMES)
    assert mc.family("S", "K", "n", "n", "posdef") is S
    with pytest.raises(mc.MatcalcError, match="no n×n matrix is"):
        mc.family("S", "K", "n", "n", "skew", "posdef")


def test_values_keep_the_facts_of_members() -> None:
    f = mc.parse("sum_{k} logdet(S[k])", NAMES)
    point = values(1)
    point["S"][1] = np.diag([1.0, -1.0, 2.0])
    with pytest.raises(mc.EvaluationError, match="S was declared posdef"):
        mc.evaluate(f, point)


CLAIMS = [
    ("sum_{k} logdet(S[k])", "S", "stack_{k} inv(S[k])", "correct"),
    ("sum_{k} logdet(S[k])", "S", "stack_{k} S[k]", "wrong"),
    ("sum_{k} mu[k]'*expm(B[k])*mu[k]", "mu", "stack_{k} (expm(B[k]) + expm(B[k]'))*mu[k]", "correct"),
    ("sum_{k} mu[k]'*expm(B[k])*mu[k]", "mu", "stack_{k} 2*expm(B[k])*mu[k]", "wrong"),
    ("sum_{k} mu[k]'*S[k]*mu[k]", "mu", "stack_{k} 2*S[k]*mu[k]", "correct"),
    ("sum_{k} mu[k]'*B[k]*mu[k]", "mu", "stack_{k} 2*B[k]*mu[k]", "wrong"),
    ("sum_{k} w[k]*logdet(S[k])", "w", "sum_{k} logdet(S[k])", "wrong"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "mu", "2*mu", "wrong"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*sum_{k} L[k]'*L[k]*b", "correct"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*L[1]'*L[1]*b", "wrong"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*L[3]'*L[3]*b", "wrong"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*sum_{k,l} L[k]'*L[l]*b", "wrong"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*(sum_{k} L[k])'*(sum_{k} L[k])*b", "wrong"),
    ("sum_{k} norm2(B[k]*b)^2", "b", "2*B[1]'*B[1]*b", "wrong"),
    ("sum_{i} logsumexp(stack_{k} x[i]'*mu[k])", "mu", "rowsoftmax(x*mu')'*x", "correct"),
]


@pytest.mark.parametrize(("text", "by", "claim", "status"), CLAIMS)
def test_claims_about_families(text: str, by: str, claim: str, status: str) -> None:
    found = mc.check(claim, mc.parse(text, NAMES), NAMES[by])
    assert found.status == status


# ---------------------------------------------------------------- random formulas
class Case(NamedTuple):
    """A formula, and its value by plain loops."""

    text: str
    value: Callable[[Values, At], Any]


def matrix(rng: random.Random, k: str, depth: int) -> Case:
    """A positive definite matrix of n rows that depends on k."""
    one = Case(f"S[{k}]", lambda v, at: v["S"][at[k]])
    if depth <= 0:
        return one
    inner = matrix(rng, k, depth - 1)
    ways = [
        one,
        Case(f"inv({inner.text})", lambda v, at: np.linalg.inv(inner.value(v, at))),
        Case(f"({inner.text} + P)", lambda v, at: inner.value(v, at) + v["P"]),
        Case(
            f"({inner.text} + mu[{k}]*mu[{k}]')",
            lambda v, at: inner.value(v, at) + np.outer(v["mu"][at[k]], v["mu"][at[k]]),
        ),
        Case(f"({inner.text} + L[{k}]'*L[{k}])", lambda v, at: inner.value(v, at) + v["L"][at[k]].T @ v["L"][at[k]]),
        Case(f"({inner.text} + B[{k}]*B[{k}]')", lambda v, at: inner.value(v, at) + v["B"][at[k]] @ v["B"][at[k]].T),
    ]
    return rng.choice(ways)


def column(rng: random.Random, bound: dict[str, str], depth: int) -> Case:
    """A column of n entries that depends on the indices that are bound."""
    ways = [Case("b", lambda v, at: v["b"])]
    for index, over in bound.items():
        name = "mu" if over == "K" else "x"
        ways.append(Case(f"{name}[{index}]", lambda v, at, i=index, a=name: v[a][at[i]]))  # type: ignore[misc]
    if depth > 0:
        a, b = column(rng, bound, depth - 1), column(rng, bound, depth - 1)
        ways.append(Case(f"({a.text} - {b.text})", lambda v, at: a.value(v, at) - b.value(v, at)))
        ways += ways[-1:]
        for k in (index for index, over in bound.items() if over == "K"):
            s = matrix(rng, k, depth - 1)
            ways.append(Case(f"{s.text}*{a.text}", lambda v, at, s=s: s.value(v, at) @ a.value(v, at)))  # type: ignore[misc]
            ways.append(Case(f"B[{k}]*{a.text}", lambda v, at, k=k: v["B"][at[k]] @ a.value(v, at)))  # type: ignore[misc]
    return rng.choice(ways[1:] if len(ways) > 1 else ways)


def scalar(rng: random.Random, bound: dict[str, str], depth: int) -> Case:
    """A scalar that depends on the indices that are bound."""
    members = [index for index, over in bound.items() if over == "K"]
    a, b = column(rng, bound, depth - 1), column(rng, bound, depth - 1)
    ways = [
        Case(f"({a.text})'*({b.text})", lambda v, at: a.value(v, at) @ b.value(v, at)),
        Case(f"norm2({a.text})^2", lambda v, at: a.value(v, at) @ a.value(v, at)),
    ]
    if members:
        k = rng.choice(members)
        s = matrix(rng, k, depth)
        ways += [
            Case(f"w[{k}]", lambda v, at: v["w"][at[k]]),
            Case(f"logdet({s.text})", lambda v, at: np.linalg.slogdet(s.value(v, at))[1]),
            Case(f"tr({s.text}*B[{k}])", lambda v, at: np.trace(s.value(v, at) @ v["B"][at[k]])),
            Case(f"({a.text})'*{s.text}*({b.text})", lambda v, at: a.value(v, at) @ s.value(v, at) @ b.value(v, at)),
            Case(f"sum(sin({s.text}))", lambda v, at: np.sum(np.sin(s.value(v, at)))),
            Case(f"sum(L[{k}]*({a.text}))", lambda v, at: np.sum(v["L"][at[k]] @ a.value(v, at))),
            Case(f"sum(B[{k}].*{s.text})", lambda v, at: np.sum(v["B"][at[k]] * s.value(v, at))),
        ]
        if rng.random() < 0.2:
            ways.append(Case(f"tr(expm(B[{k}]/4))", lambda v, at: np.trace(expm(v["B"][at[k]] / 4))))
    if depth > 1:
        c, d = scalar(rng, bound, depth - 1), scalar(rng, bound, depth - 1)
        ways += [
            Case(f"({c.text} + {d.text})", lambda v, at: c.value(v, at) + d.value(v, at)),
            Case(f"({c.text})*({d.text})", lambda v, at: c.value(v, at) * d.value(v, at)),
            Case(f"tanh({c.text})", lambda v, at: np.tanh(c.value(v, at))),
            Case(f"exp(-({c.text})^2/9)", lambda v, at: np.exp(-(c.value(v, at) ** 2) / 9)),
        ]
        if len(bound) < 2:
            ways += [binder(rng, bound, depth - 1) for _ in range(3)]
    return rng.choice(ways)


def binder(rng: random.Random, bound: dict[str, str], depth: int) -> Case:
    """A sum, a product or a stack over an index."""

    index = rng.choice([name for name in ("k", "l", "i") if name not in bound])
    over = "m" if index == "i" else "K"
    body = scalar(rng, {**bound, index: over}, depth)

    def each(v: Values, at: At) -> list[Any]:
        return [body.value(v, {**at, index: k}) for k in range(SIZES[over])]

    every = f"{{{index}=1..{over}}} ({body.text})"
    return rng.choice(
        [
            Case(f"(sum_{every})", lambda v, at: sum(each(v, at))),
            Case(f"(sum_{every})", lambda v, at: sum(each(v, at))),
            Case(f"(prod_{{{index}=1..{over}}} tanh({body.text}))", lambda v, at: np.prod(np.tanh(each(v, at)))),
            Case(f"logsumexp(stack_{every})", lambda v, at: np.log(np.sum(np.exp(each(v, at))))),
            Case(f"softmax(stack_{every})[1]", lambda v, at: np.exp(each(v, at)[0]) / np.sum(np.exp(each(v, at)))),
        ]
    )


def check(seed: int) -> None:
    rng = random.Random(seed)
    case = binder(rng, {}, rng.choice([1, 2, 2, 3]))
    point = values(seed)
    f = mc.parse(case.text, NAMES)
    with np.errstate(all="ignore"):
        wanted = case.value(point, {})
    if not np.isfinite(wanted) or abs(wanted) > 1e6:
        return
    assert_close(mc.evaluate(f, point), wanted, 1e-8)
    assert mc.parse(str(f), NAMES).shape == f.shape
    assert_close(mc.evaluate(mc.parse(str(f), NAMES), point), wanted, 1e-8)
    name = rng.choice([v.data[0] for v in sorted({p for p in f.parts if p.kind == "variable"}, key=str)] or ["b"])
    if name in ("S", "P"):
        direction = np.random.default_rng(seed).normal(size=np.shape(point[name]))
        direction = direction + np.swapaxes(direction, -1, -2)
    else:
        direction = np.random.default_rng(seed).normal(size=np.shape(point[name]))
    h = 1e-5
    slope = sum(
        c * case.value({**point, name: point[name] + t * h * direction}, {})
        for c, t in ((8, 1), (-8, -1), (-1, 2), (1, -2))
    ) / (12 * h)
    made = mc.gradient(f, NAMES[name])
    got = mc.evaluate(made, point)
    assert np.shape(got) == np.shape(point[name])
    scale = 1 + np.sum(np.abs(got * direction))
    assert abs(np.sum(got * direction) - slope) < 1e-6 * scale, (case.text, name, str(made))
    again = mc.parse(str(made), NAMES)
    assert_close(mc.evaluate(again, point), got, 1e-8)
    sizes = {symbol: SIZES[symbol] for symbol in mc.plan({"value": f, "gradient": made}).symbols}
    ways: list[dict[str, Any]] = [{"style": "fast"}, {"style": "fast", "sizes": sizes}, {"batch": True}]
    for options in ways:
        emitted = mc.emit({"value": f, "gradient": made}, **options)
        results = emitted.compile()(*(point[v] for v in emitted.variables))
        assert_close(results[0], wanted, 1e-8)
        assert_close(results[1], got, 1e-8)


@pytest.mark.parametrize("seed", range(150))
def test_random_formulas_have_the_values_and_slopes_of_loops(seed: int) -> None:
    check(seed)
