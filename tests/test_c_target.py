"""The C target computes what NumPy does, refuses what does not fit, and is plain C."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close

RNG = np.random.default_rng(7)

COMPILER = (sysconfig.get_config_var("CC") or "cc").split()
NEEDS_COMPILER = pytest.mark.skipif(shutil.which(COMPILER[0]) is None, reason="there is no C compiler")

# Formulas of what C does by its own helpers, and where: gradients by the first variable.
IN_C = [
    ("norm2(A*x - b)^2", "x: n×1, A: m×n, b: m×1"),
    ("sum(log(1 + exp(-y.*(X*w)))) + a", "w: n×1, X: m×n, y: m×1, a: scalar"),
    ("logdet(X) + tr(inv(X)*A)", "X: n×n, A: n×n"),
    ("log(det(X'*X + eye(n)))", "X: m×n"),
    ("x'*inv(S)*x + logdet(S)", "x: n×1, S: n×n posdef"),
    ("b'*inv(S + x*x')*b", "x: n×1, S: n×n posdef, b: n×1"),
    ("norm2(L\\x)^2 + norm2(inv(L)'*x)^2", "x: n×1, L: n×n lower invertible"),
    ("norm2(R\\x)^2", "x: n×1, R: n×n upper invertible"),
    ("norm2(inv(A + diag(x))*b)^2", "x: n×1, A: n×n, b: n×1"),
    ("det(X)*tr(X)", "X: n×n"),
    ("norm2(rowsoftmax(Q*K')*V)^2 + max(Q*K') + min(Q)", "Q: m×k, K: n×k, V: n×k"),
    ("logsumexp(A*x) + sum(rowlogsumexp(A*diag(x)))", "x: n×1, A: m×n"),
    ("sum(tril(cholesky(S)*A)) + sum(log(cosh(A*ones(n))))", "A: n×n, S: n×n posdef"),
    ("sum(tanh(x).*sin(x)./sqrt(1 + x.^2)) + norm1(x)^3", "x: n×1"),
    ("tr(kron(X, A)*B) + sum(relu(X)) + sum(X.^5)", "X: m×m, A: n×n, B: m*n×m*n"),
]


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "where"), IN_C, ids=[row[0] for row in IN_C])
@pytest.mark.quick_part(4)
def test_c_computes_what_numpy_does(formula: str, where: str) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    results = {"value": f, "gradient": mc.gradient(f, next(iter(variables.values())))}
    sizes = {"m": 3, "n": 4, "k": 2}
    known = {symbol: sizes[symbol] for v in variables.values() for side in v.shape for symbol in side.symbols}
    values = {}
    for name, v in variables.items():
        shape = [side.at(sizes) for side in v.shape if side.number != 1]
        values[name] = RNG.normal(size=shape)
        facts = v.data[1]
        if "posdef" in facts:
            values[name] = values[name] @ values[name].T + np.eye(len(values[name]))
        if "lower" in facts or "upper" in facts:
            part = np.tril if "lower" in facts else np.triu
            values[name] = np.ascontiguousarray(part(values[name]) + 3 * np.eye(len(values[name])))
    plain, compiled = mc.emit(results), mc.emit(results, target="c", sizes=known)
    wanted = plain.compile()(*[values[name] for name in plain.variables])
    got = compiled.compile()(*[values[name] for name in compiled.variables])
    assert_close(np.asarray(got[0]), np.asarray(wanted[0]), note=compiled.source)
    assert_close(got[1], wanted[1], note=compiled.source)


@NEEDS_COMPILER
@pytest.mark.parametrize(
    "name",
    [
        "i",
        "i0",
        "s",
        "exp",
        "int",
        "linux",
        "restrict",
        "M_PI",
        "PyFloat_AsDouble",
        "call_at",
        "CALL_ONCE",
        "main",
        "t1",
        "σ",
    ],
)
def test_c_has_names_for_what_means_something_in_c(name: str) -> None:
    x = mc.vector(name, 3)
    results = {name: mc.norm2(x) ** 2, "gradient": mc.gradient(mc.sum(mc.exp(x)), x)}
    emitted = mc.emit(results, name, target="c", sizes={})
    value = RNG.normal(size=3)
    got = emitted.compile()(value)
    assert_close(got[0], value @ value, note=emitted.source)
    assert_close(got[1], np.exp(value), note=emitted.source)


@NEEDS_COMPILER
def test_c_returns_arguments_and_what_is_asked_for_twice() -> None:
    X, a = mc.matrix("X", 2, 3), mc.scalar("a")
    results = {
        "same": X,
        "turned": X.T,
        "stacked": mc.vec(X.T),
        "twice": 2 * X,
        "again": 2 * X,
        "number": a,
        "one": a**0,
    }
    values = np.arange(6.0).reshape(2, 3)
    got = mc.emit(results, target="c", sizes={}, arguments=[X, a]).compile()(values, 5.0)
    wanted = (values, values.T, values.ravel(), 2 * values, 2 * values, 5.0, 1.0)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.shares_memory(got[0], values)
    assert not np.shares_memory(got[3], got[4])


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "where"), IN_C, ids=[row[0] for row in IN_C])
def test_c_is_standard_c(formula: str, where: str) -> None:
    """It compiles by itself, and without a warning."""
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    sizes = {symbol: 3 for v in variables.values() for side in v.shape for symbol in side.symbols}
    results = {"value": f, "gradient": mc.gradient(f, next(iter(variables.values())))}
    source = mc.emit(results, target="c", sizes=sizes).source
    strict = [*COMPILER, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    done = subprocess.run(strict, input=source, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@NEEDS_COMPILER
def test_c_refuses_what_does_not_fit() -> None:
    variables = parse_where("A: m×n, x: n×1, a: scalar")
    f = mc.parse("a*norm2(A*x)^2", variables)
    run = mc.emit(f, target="c", sizes={"m": 2, "n": 3}, arguments=list(variables.values())).compile()
    assert run(np.ones((2, 3)), np.ones(3), 2) == 36.0
    assert run(np.ones((2, 3)), np.ones((3, 1)), 2) == 36.0
    assert run(np.ones((3, 2)).T, np.ones(3, dtype=np.float32), np.float32(2)) == 36.0
    assert run([[1, 1, 1], [1, 1, 1]], np.ones(6, dtype=int)[::2], np.array([[2]])) == 36.0
    bad: list[tuple[tuple[Any, ...], str]] = [
        ((np.ones((3, 2)), np.ones(3), 2.0), r"A must have shape \(2, 3\), got \(3, 2\)"),
        ((np.ones((2, 3)) + 0j, np.ones(3), 2.0), "A must hold real numbers, got complex128"),
        ((np.ones((2, 3)), np.ones(2), 2.0), r"x must have shape \(3,\), got \(2,\)"),
        ((np.ones((2, 3)), 1.0, 2.0), "x must have 1 axes"),
        ((np.ones((2, 3)), np.ones(3), "a"), "a must hold real numbers"),
        ((np.ma.ones((2, 3)), np.ones(3), 2.0), "A is a masked array"),
        ((np.ones((2, 3)), np.ones(3)), "takes 3 arguments, got 2"),
    ]
    for arguments, message in bad:
        with pytest.raises(ValueError, match=message):
            run(*arguments)
    singular = mc.emit(mc.inv(mc.matrix("X", 2, 2)), target="c", sizes={}).compile()
    with pytest.raises(ValueError, match="Singular"):
        singular(np.ones((2, 2)))


def test_what_c_cannot_do_is_refused() -> None:
    x, big, square = mc.vector("x", "n"), mc.matrix("B", "n", "n"), mc.matrix("X", 2, 2)
    many = middle = mc.matrix("M", 120, 120)
    for _ in range(20):
        many = mc.sin(many @ middle)
    bad: list[tuple[mc.Expr, dict[str, int] | None, str]] = [
        (mc.norm2(x), None, "C is written for known sizes"),
        (big @ big, {"n": 1000}, "too large for C"),
        (mc.expm(square), {}, "expm is not known to the C target"),
        (many, {}, "values of more than 262144 entries are too large for C"),
    ]
    for expr, sizes, message in bad:
        with pytest.raises(mc.MatcalcError, match=message):
            mc.emit(expr, target="c", sizes=sizes)
    with pytest.raises(mc.MatcalcError, match="unknown target"):
        mc.emit(x, target="fortran")
