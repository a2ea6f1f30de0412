"""The work of each stage is bounded by a polynomial of low degree in what it reads and writes. Steps, not times."""

from __future__ import annotations

from collections.abc import Callable
from cProfile import Profile

import pytest

import matcalc as mc
from matcalc.expr import Expr, name_of, number
from matcalc.parts import variables

Made = tuple[Expr, Expr]
LAYERS = 4  # and twice as many
HEAVY = {"attention": 2, "Kalman filter": 2, "layer norms": 2}  # fewer layers will do
DEGREE = 3  # of the polynomial, with room for what a formula of few layers does not have yet
CACHED = 1.3  # what other tests have left in caches makes the first of two measurements smaller
# Explanations are confirmed at many points; fewer layers and a lower degree tell 2^layers from a polynomial as well.
LAYERS_EXPLAINED = 3
DEGREE_EXPLAINED = 2


def _nested(step: Callable[[Expr, int], Expr], by: Expr, start: Expr | None = None) -> Callable[[int], Made]:
    """A family: the sum of ``step`` taken so many times, and the variable."""

    def family(layers: int) -> Made:
        h = by if start is None else start
        for k in range(layers):
            h = step(h, k)
        return (h if h.shape.is_scalar else mc.sum(h)), by

    return family


def _matrix(name: str, k: int) -> Expr:
    return mc.matrix(f"{name}{k}", "n", "n")


def _column(name: str, k: int) -> Expr:
    return mc.vector(f"{name}{k}", "n")


def _attention(h: Expr, k: int) -> Expr:
    Q, K, V = (_matrix(name, k) for name in "QKV")
    return mc.rowsoftmax(h @ Q @ (h @ K).T) @ h @ V


def _kalman(P: Expr, k: int) -> Expr:
    P = A @ P @ A.T + Q
    gain = P @ H.T @ mc.inv(H @ P @ H.T + R)
    return P - gain @ H @ P


def _layernorm(h: Expr, k: int) -> Expr:
    centred = h - mc.sum(h) / 3
    return centred / mc.sqrt(centred.T @ centred + 1)


a, x, X, A = mc.scalar("a"), mc.vector("x", "n"), mc.matrix("X", "n", "n"), mc.matrix("A", "n", "n")
Y, H = mc.matrix("Y", "m", "n"), mc.matrix("H", "m", "n")
S, Q, R = mc.matrix("S", "n", "n", "posdef"), mc.matrix("Q", "n", "n", "posdef"), mc.matrix("R", "m", "m", "posdef")
_0 = number(0)

FAMILIES: dict[str, Callable[[int], Made]] = {
    "iterated quotient": _nested(lambda z, k: z / (1 + z**2), a),
    "iterated quotient, elementwise": _nested(lambda z, k: z / (1 + z**2), x),
    "continued fraction": _nested(lambda z, k: 1 / (1 + z), a),
    "nested powers": _nested(lambda z, k: (1 + z + a) ** 3, a),
    "nested roots": _nested(lambda z, k: mc.sqrt(1 + z**2), a),
    "nested logarithms": _nested(lambda z, k: z * mc.log(1 + z), a),
    "nested norms": _nested(lambda h, k: mc.norm2(h) * h - _column("b", 0), x),
    "normalised again and again": _nested(lambda h, k: A @ h / mc.norm2(h), x),
    "layer norms": _nested(_layernorm, x),
    "alternating functions": _nested(lambda h, k: (mc.sin, mc.exp, mc.tanh, mc.sigmoid)[k % 4](h) * h, x),
    "kinks": _nested(lambda h, k: mc.relu(h - _column("b", k)), x),
    "long product": _nested(lambda h, k: _matrix("W", k) @ h, x),
    "long product of scalars": _nested(lambda f, k: f * (1 + _column("w", k).T @ x), x, number(1)),
    "long sum": _nested(lambda f, k: f + mc.log(1 + mc.exp(_column("w", k).T @ x)), x, _0),
    "network": _nested(lambda h, k: mc.tanh(_matrix("W", k) @ h + _column("b", k)), x),
    "shared weights": _nested(lambda h, k: mc.tanh(A @ h + _column("b", k)), A, x),
    "shared squares": _nested(lambda h, k: mc.tanh(h @ h), X),
    "softmax": _nested(lambda h, k: _matrix("W", k) @ mc.softmax(h), x),
    "attention": _nested(_attention, Y),
    "Kalman filter": _nested(_kalman, A, S),
    "iterated inverses": _nested(lambda h, k: mc.inv(h + X.T @ X), X),
    "iterated determinants": _nested(lambda h, k: mc.det(h) * h + X, X),
    "wide": _nested(lambda f, k: f + mc.sum(mc.exp(_column("w", k) * x)) ** 2, x, _0),
}

STAGES: dict[str, Callable[[Expr, Expr], str]] = {
    "parse": lambda f, x: str(mc.parse(str(f), {name_of(v): v for v in variables(f)})),
    "derive and write": lambda f, x: str(mc.gradient(f, x)),
    "index notation": lambda f, x: mc.to_index(mc.gradient(f, x)),
    "conditions": lambda f, x: str(mc.conditions(mc.gradient(f, x))) + str(mc.gradient(f, x)),
    "plan": lambda f, x: str(mc.plan({"value": f, "gradient": mc.gradient(f, x)})),
    "emit": lambda f, x: mc.emit({"value": f, "gradient": mc.gradient(f, x)}, style="fast").source,
    "check": lambda f, x: str(mc.check(2 * mc.gradient(f, x), f, x)) + str(mc.gradient(f, x)),
    "explain": lambda f, x: str(mc.explain(f, x)),
}


def _steps(stage: Callable[[Expr, Expr], str], made: Made) -> tuple[int, int]:
    """Functions that are called, and characters that are read and written."""
    profile = Profile(builtins=False)
    written = profile.runcall(stage, *made)
    return sum(entry.callcount for entry in profile.getstats()), len(written) + len(str(made[0]))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.quick_part(31)
def test_steps_are_a_polynomial_of_what_is_read_and_written(family: str, stage: str) -> None:
    explained = stage == "explain"
    layers = min(HEAVY.get(family, LAYERS), LAYERS_EXPLAINED if explained else LAYERS)
    few, small = _steps(STAGES[stage], FAMILIES[family](layers))
    many, large = _steps(STAGES[stage], FAMILIES[family](2 * layers))
    growth = max(large / small, 2)
    degree = DEGREE_EXPLAINED if explained else DEGREE
    assert many <= CACHED * few * growth**degree, (few, many, small, large)
