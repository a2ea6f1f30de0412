"""Branches of NumPy code: the formula has the value that running the code gives, whichever way that goes."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import pytest

import matcalc as mc

NAMES: dict[str, mc.Expr] = {
    "x": mc.vector("x", "n"), "y": mc.vector("y", "n"), "s": mc.scalar("s"), "t": mc.scalar("t"),
    "A": mc.matrix("A", "n", "n"),
}  # fmt: skip
POINTS = 40

FUNCTIONS = """
# one way out, or several
def f(s, t):
    if s > t:
        return s
    return t**2


def f(s, t):
    if s > 0 and t > 0:
        return s*t
    elif s > 0 or t > 1:
        return s - t
    return s + t


def f(s, t):
    if not s > 0:
        return t
    return s


def f(s, t):
    if 0 < s < 1:
        return t
    else:
        return -t


def f(s, t):
    if s > 0:
        if t > 0:
            return s*t
        u = s
    else:
        u = t
    return u**2


def f(x):
    if x.sum() > 0:
        return x
    return -2*x


# guards: what they return, or raise, is no value of a formula
def f(s, t):
    if s <= 0:
        return np.inf
    return np.log(s)*t


def f(s, t):
    if s <= 0 or t > 2:
        return None
    return np.log(s)*t


def f(s, t):
    if s <= 0:
        raise ValueError('s')
    return np.log(s)*t


def f(s, t):
    try:
        a = np.log(s + 9)
    except ValueError:
        return 0
    return a*t


def f(x, A):
    try:
        return x @ A @ x
    except ValueError:
        pass


# names that one way changes
def f(s, t):
    if s > t:
        a = s
    else:
        a = t**2
    return a*2


def f(s, t):
    a = t
    if s > 0:
        a *= s
        a += 1
    elif s > -0.5:
        a -= 3
    else:
        a = a**2
    return a


def f(s, t):
    a = 1
    if s > 0:
        a, b = t, s
    else:
        a, b = s, t
    return a - 2*b


def f(x, s):
    z = x.copy()
    if s > 0:
        z[0] = 1
    return z @ x


def f(x, s):
    y = x
    if s > 0:
        x = x - 1
    return y @ x


def f(s, t):
    if s > 0:
        positive = True
    else:
        positive = False
    return t if positive else s*t


# loops
def f(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += x[i]**2
        else:
            total -= x[i]
    return total


def f(x):
    total = 0.0
    for v in x:
        if v < 0:
            continue
        total += v**2
    return total


def f(x):
    total = 0.0
    for i in range(len(x)):
        e = abs(x[i])
        if e <= 0.5:
            l = 0.5*e**2
        else:
            l = 0.5*(e - 0.25)
        total += l
    return total/len(x)


def f(x, y):
    total = 1.0
    for i in range(len(x)):
        if x[i] > y[i]:
            total *= 1 + x[i]**2
    return total


def f(A):
    s = 0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if i != j and A[i, j] > 0:
                s += A[i, j]**2
    return s


def f(A):
    s = 0
    for i in range(A.shape[0]):
        r = 0
        for j in range(A.shape[1]):
            if A[i, j] > 0:
                r += A[i, j]
        if r > 0.5:
            s += np.log(r)
    return s


def f(s, t):
    a = 0
    for k in range(3):
        if s > k/10:
            continue
        a += t*k
    return a


def f(x, s):
    z = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0:
            z[i] += x[i]
    return z @ x


# functions that are called, and expressions
def h(e, d):
    if abs(e) <= d:
        return 0.5*e*e
    return d*(abs(e) - 0.5*d)
def f(x):
    return sum(h(v, 0.5) for v in x)


def h(e):
    v = e*e
    if e > 0:
        return v
    return 2*v
def f(A):
    s = 0
    for i in range(len(A)):
        for j in range(len(A)):
            if i != j:
                s += h(A[i, j])
    return s


def f(x):
    return sum(0.5*e*e if abs(e) <= 1 else abs(e) - 0.5 for e in x)


def f(s, t):
    w = 1.0 if s > 0 and t > 0 else 0.5
    return w*t


def f(x, s, mode='a'):
    if mode is 'a':
        return x @ x
    return s


# np.any, np.all and what asks for nan
def f(x):
    if np.any(x > 0.5):
        return x.sum()
    return 0.0


def f(x):
    if (x > 0).all():
        return x.sum()
    return 0.0


def f(x, y):
    if np.all(x > y) or np.any(y > 1):
        return x @ y
    return x @ x


def f(x):
    if not np.any(x <= 0):
        return np.log(x).sum()
    return np.inf


def f(x, s):
    return np.where(np.any(x > 0), x, s).sum()


def f(x, s):
    v = np.log(s)
    if not np.isfinite(v):
        return -np.inf
    return v*x.sum()


def f(x, s):
    if np.isnan(s) or np.isinf(s):
        return 0
    return s*x.sum()


# counters
def f(x):
    i = 0
    t = 0
    while i < len(x):
        t += x[i]**2
        i += 1
    return t


def f(x):
    i = 1
    t = 0
    n = x.shape[0]
    while (i < n):
        t += np.log(1 + np.exp(x[i]))
        i = i + 1
    return t/i


def f(s, t):
    k = 0
    a = 0
    while k <= 3:
        a += s**k
        k += 1
    return a*k


def f(x):
    i = 0
    t = 0
    while i < len(x):
        if x[i] > 0:
            t += x[i]**2
        i += 1
    return t


def f(s):
    k = 5
    a = s
    while k < 3:
        a += 1
        k += 1
    return a*k


def f(A):
    i = 0
    t = 0
    while i < len(A):
        j = 0
        while j < len(A):
            t += A[i, j]**3
            j += 1
        i += 1
    return t
"""
CODE = FUNCTIONS.split("\n\n\n")


def points(code: str, arguments: list[str]) -> list[tuple[dict[str, Any], Any]]:
    """Values at which the code has a result, with that."""
    names: dict[str, Any] = {"np": np}
    exec(compile(code, "code", "exec", dont_inherit=True), names)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(POINTS):
        every: dict[str, Any] = {
            "x": 0.7*rng.normal(size=3), "y": rng.normal(size=3), "s": 0.6*float(rng.normal()),
            "t": float(rng.normal()), "A": rng.normal(size=(3, 3)),
        }  # fmt: skip
        values = {name: every[name] for name in arguments}
        try:
            result = names["f"](**{name: np.copy(v) if np.ndim(v) else v for name, v in values.items()})
        except ValueError:
            continue
        if result is not None and np.all(np.isfinite(result)):
            found.append((values, result))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", CODE)
def test_the_formula_is_that_of_both_ways(code: str) -> None:
    function = next(n for n in ast.parse(code).body if isinstance(n, ast.FunctionDef) and n.name == "f")
    arguments = [arg.arg for arg in function.args.args if arg.arg in NAMES]
    formula = mc.read(code, **{name: NAMES[name] for name in arguments})
    found = points(code, arguments)
    assert len(found) > 2, inspect.cleandoc(code)
    for values, result in found:
        assert np.allclose(mc.evaluate(formula, values, {"n": 3}), result), formula


INSERTED = [
    "def f(x, s):\n    return np.insert(x, 0, s) @ np.insert(x, 1, 2)",
    "def f(A, x):\n    return np.sum(np.insert(A, 0, 1, axis=1).T @ x)",
    "def f(A, x):\n    return np.sum(np.insert(A, 1, x, axis=0) @ x)",
    "def f(A, x):\n    return np.sum(np.insert(A, -1, x, axis=1)**3)",
    "def f(A, x):\n    return np.sum((np.insert(A, 0, 1, 1).T @ x)[0:1])",
    "def f(A, x):\n    return np.sum(np.vstack(x).T @ A @ np.vstack(x)) + np.sum(np.vstack(A)*np.vstack(x))",
]


@pytest.mark.parametrize("code", INSERTED)
def test_rows_and_columns_are_put_in_as_numpy_does(code: str) -> None:
    test_the_formula_is_that_of_both_ways(code)
