"""Entries, rows and blocks in emitted code: they are taken at their places and put there, never multiplied out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close, at_random, quotients, shape, unvec

SIZES = {"m": 3, "n": 4}
DECLARED = parse_where("A: m×n, b: m, x: n, X: m×n, B: n×m, S: n×n")

# formula, the variable that it is derived by, and its value in NumPy
FORMULAS: list[tuple[str, str, Callable[..., Any]]] = [
    ("x[2]", "x", lambda x: x[1]),
    ("x[2]*x[3]", "x", lambda x: x[1] * x[2]),
    ("x[2:3]'*x[1:2]", "x", lambda x: x[1:3] @ x[:2]),
    ("X[1,2]^2", "X", lambda X: X[0, 1] ** 2),
    ("sum(X[1:2,:].^2)", "X", lambda X: np.sum(X[:2] ** 2)),
    ("norm2(X[1:2,1:3])^2", "X", lambda X: np.sum(X[:2, :3] ** 2)),
    ("norm2(X[:,3] - b)^2", "X", lambda X, b: np.sum((X[:, 2] - b) ** 2)),
    ("sum((A*x)[2:3])", "x", lambda A, x: np.sum((A @ x)[1:3])),
    ("sum(exp(x[2]).*x)", "x", lambda x: np.sum(np.exp(x[1]) * x)),
    ("tr(X[1:2,:]*B[:,1:2])", "X", lambda B, X: np.trace(X[:2] @ B[:, :2])),
    ("(X*B)[1,2]^2", "B", lambda B, X: (X @ B)[0, 1] ** 2),
    ("sum(S[1,:].*S[:,2]')", "S", lambda S: np.sum(S[0] * S[:, 1])),
    ("sum(exp(S[1:2,2:3])*S[2:3,1:2])", "S", lambda S: np.sum(np.exp(S[:2, 1:3]) @ S[1:3, :2])),
    ("inv(S)[1:2,2]'*x[1:2]", "S", lambda S, x: np.linalg.inv(S)[:2, 1] @ x[:2]),
    ("x[1]*norm2(X*x)^2 + x[2]^2*sum(x)", "x", lambda X, x: x[0] * np.sum((X @ x) ** 2) + x[1] ** 2 * np.sum(x)),
    ("diag(S)[2]*S[2,2]", "S", lambda S: S[1, 1] ** 2),
]
STYLES = ({}, {"style": "fast"}, {"style": "fast", "check": False}, {"target": "c"}, {"batch": True})


@pytest.mark.parametrize(("formula", "by", "reference"), FORMULAS, ids=[row[0] for row in FORMULAS])
@pytest.mark.quick_part(4)
def test_values_and_derivatives_in_every_style(formula: str, by: str, reference: Callable[..., Any]) -> None:
    f, x = mc.parse(formula, DECLARED), DECLARED[by]
    values = at_random(*DECLARED.values(), sizes=SIZES, seed=11)
    values["S"] += 3 * np.eye(SIZES["n"])
    flat = {k: v.ravel() if v.shape[1] == 1 else v for k, v in values.items()}
    hessian = mc.hessian(f, x)
    wanted = {
        "value": reference(**{name: flat[name] for name in reference.__code__.co_varnames}),
        "gradient": unvec(quotients(f, x, values, SIZES).T, flat[by]),
        "hessian": quotients(mc.gradient(f, x), x, values, SIZES),
    }
    for kind, expr in {"value": f, "gradient": mc.gradient(f, x), "hessian": hessian}.items():
        symbols = mc.plan(expr).symbols
        for style in STYLES:
            if "target" in style and shutil.which("cc") is None:
                continue
            sized = {} if style in ({}, {"batch": True}) else {"sizes": {name: SIZES[name] for name in symbols}}
            emitted = mc.emit(expr, **style, **sized)
            got = np.asarray(emitted.compile()(*[flat[name] for name in emitted.arguments]))
            assert_close(got.reshape(shape(expr, SIZES)), np.reshape(wanted[kind], shape(expr, SIZES)), 1e-6, style)
            assert not re.search(r"np\.eye\(\w+\)\[", emitted.source)


def test_rows_that_are_not_there_are_refused() -> None:
    X = mc.matrix("X", "m", "n")
    for f in (mc.parse("sum(X[2:3,:].^2)", {"X": X}), mc.parse("X[3,1]^2", {"X": X})):
        for expr in (f, mc.gradient(f, X)):
            for style in ("readable", "fast"):
                with pytest.raises(IndexError):
                    mc.emit(expr, style=style).compile()(np.ones((2, 2)))


def test_a_block_of_an_argument_is_given_as_a_copy() -> None:
    X = mc.matrix("X", "m", "n")
    given = np.ones((3, 4))
    for text in ("X[1:2,2:3]", "X[1:2,:]'", "X[2,:]"):
        for style in ("readable", "fast"):
            got = mc.emit(mc.parse(text, {"X": X}), style=style).compile()(given)
            assert not np.shares_memory(got, given)
