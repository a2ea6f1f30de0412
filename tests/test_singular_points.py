"""Values where a formula looks singular and is not: zeros, lost rank, infinities, scales; and poles, which stay poles.

Every way to a value gives the same: ``evaluate``, readable and fast code, stacks, C, and the printed text read back.
References are closed forms, worked out by hand, or polynomials taken apart into permutations.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from functools import lru_cache
from itertools import permutations
from typing import Any

import mpmath
import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

inf = np.inf
POLE = None  # no finite value at all entries


def cofactors(a: Any) -> Any:
    """The adjugate, by determinants of minors."""
    a = np.asarray(a, dtype=float)
    n = len(a)
    minors = [[np.delete(np.delete(a, j, 0), i, 1) for j in range(n)] for i in range(n)]
    return np.array([[(-1.0) ** (i + j) * by_permutations(minors[i][j]) for j in range(n)] for i in range(n)])


def by_permutations(a: Any) -> float:
    n = len(a)
    total = 0.0
    for p in permutations(range(n)):
        sign = (-1.0) ** sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
        total += sign * float(np.prod([a[i][p[i]] for i in range(n)]))
    return total


def slope_of_det(f: Any, x: Any) -> Any:
    """Hessian of a polynomial of degree two in each direction, exactly: by differences of step one."""
    m = x.size
    units = np.eye(m).reshape(m, *x.T.shape).transpose(0, 2, 1)
    h = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            a, b = units[i], units[j]
            h[i, j] = (f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b)) / 4.0
    return h


RANK1 = np.outer([1.0, 2.0, -1.0], [3.0, 0.0, 1.0])
RANK2 = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
RANK3 = np.array([[2.0, 1.0, 0.0], [0.5, 1.0, -3.0], [1.0, 0.0, 1.0]])
NEAR = np.diag([1.0, 1e-14, 2.0])
ZERO = np.zeros((3, 3))
LARGE = 1e110 * np.diag([1.0, 2.0, 3.0])
B = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0], [2.0, 1.0, -1.0]])
SMALL = 1e-3 * np.eye(150)

# formula, declarations, mode (wrt behind it), point, value
TABLE: list[tuple[str, str, str, dict[str, Any], Any]] = [
    *(("det(X)", "X: n×n", "gradient X", {"X": X}, cofactors(X).T) for X in (RANK1, RANK2, RANK3, NEAR, ZERO, LARGE)),
    *(("det(X)", "X: n×n", "hessian X", {"X": X}, slope_of_det(by_permutations, X)) for X in (RANK1, RANK2, ZERO)),
    *(("det(X)", "X: n×n invertible", "gradient X", {"X": X}, cofactors(X).T) for X in (RANK3, NEAR)),
    *(("adj(X)", "X: n×n", "value", {"X": X}, cofactors(X)) for X in (RANK1, RANK2, RANK3)),
    ("c*det(X)", "X: n×n, c: scalar", "gradient X", {"X": RANK2, "c": -3.0}, -3.0 * cofactors(RANK2).T),
    ("det(X)^2", "X: n×n", "gradient X", {"X": RANK2}, ZERO),
    ("det(X'*X)", "X: n×n", "gradient X", {"X": RANK2}, ZERO),
    ("det(B*X)", "X: n×n, B: n×n", "gradient X", {"X": RANK2, "B": B}, by_permutations(B) * cofactors(RANK2).T),
    ("det(X + x*y')", "X: n×n, x: n, y: n", "gradient x", {"X": RANK2, "x": [0, 0, 0], "y": [1, 0, 0]},
     cofactors(RANK2).T @ [1, 0, 0]),
    ("det(X - c*eye(n))", "X: n×n, c: scalar", "gradient c", {"X": np.diag([1.0, 2.0, 5.0]), "c": 2.0}, 3.0),
    ("det(X)", "X: n×n symmetric", "gradient X", {"X": np.ones((3, 3))}, ZERO),
    ("det(diag(x))", "x: n", "gradient x", {"x": [2.0, 0.0, 3.0]}, [0.0, 6.0, 0.0]),
    ("det(diag(x))", "x: n", "hessian x", {"x": [2.0, 0.0, 0.0]}, [[0, 0, 0], [0, 0, 2], [0, 2, 0]]),
    ("det(X)/det(Y)", "X: n×n, Y: n×n", "value", {"X": 2.0 * SMALL, "Y": SMALL}, 2.0**150),
    ("det(X)/det(Y)", "X: n×n, Y: n×n", "gradient X", {"X": SMALL, "Y": 1.01 * SMALL}, np.eye(150) * 1e3 / 1.01**150),
    ("sqrt(det(X))/sqrt(det(Y))", "X: n×n posdef, Y: n×n posdef", "value", {"X": 2 * SMALL, "Y": SMALL}, 2.0**75),
    ("norm2(x)", "x: n", "gradient x", {"x": [0, 0, 0]}, [0, 0, 0]),
    ("norm2(x - y)*norm2(w)", "x: n, y: n, w: n", "gradient x", {"x": [1, 2], "y": [1, 2], "w": [3, 4]}, [0, 0]),
    ("norm2(A*x - b)", "A: m×n, x: n, b: m", "gradient x", {"A": [[1, 0, 2], [0, 1, 1]], "x": [1, 2, 0], "b": [1, 2]},
     [0, 0, 0]),
    ("norm2(A*x)", "A: m×n, x: n", "gradient x", {"A": [[1, 2, 0], [0, 1, 1]], "x": [2, -1, 1]}, [0, 0, 0]),
    ("norm2(S*x)^3", "S: n×n symmetric, x: n", "hessian x", {"S": [[1, 2], [2, 0]], "x": [0, 0]}, np.zeros((2, 2))),
    ("norm2(A*X*B)", "A: n×n, X: n×n, B: n×n", "gradient X", {"A": B, "X": ZERO, "B": RANK2}, ZERO),
    ("norm2(x.*y)", "x: n, y: n", "gradient x", {"x": [0, 2], "y": [3, 0]}, [0, 0]),
    ("norm2(sin(W*x))", "W: m×n, x: n", "gradient x", {"W": [[1, 2], [0, 1], [3, 1]], "x": [0, 0]}, [0, 0]),
    ("sqrt(x'*S*x)", "S: n×n posdef, x: n", "gradient x", {"S": [[2, 1], [1, 2]], "x": [0, 0]}, [0, 0]),
    ("x'*x*log(x'*x)", "x: n", "gradient x", {"x": [0, 0]}, [0, 0]),
    ("norm2(x)*x", "x: n", "jacobian x", {"x": [0, 0, 0]}, ZERO),
    ("norm2(x)^3", "x: n", "hessian x", {"x": [0, 0, 0]}, ZERO),
    ("norm2(x)^2.5", "x: n", "hessian x", {"x": [0, 0, 0]}, ZERO),
    ("norm2(x)^1.5", "x: n", "gradient x", {"x": [0, 0, 0]}, [0, 0, 0]),
    ("exp(-norm2(x)^3)", "x: n", "hessian x", {"x": [0, 0, 0]}, ZERO),
    ("cos(norm2(x))", "x: n", "gradient x", {"x": [0, 0, 0]}, [0, 0, 0]),
    *(  # a sum of matrices divided by the norm, of which each term has a value
        (f"{f}(norm2(x))", "x: n", "hessian x", {"x": [3 * s, 4 * s]}, value * np.eye(2))
        for f, value in (("cos", -1), ("cosh", 1), ("sinc", -1 / 3))
        for s in (0, 1e-10)
    ),
    ("exp(-cosh(norm2(x)))", "x: n", "hessian x", {"x": [0, 0]}, -np.exp(-1) * np.eye(2)),
    ("norm2(x)*tanh(norm2(x))", "x: n", "hessian x", {"x": [0, 0]}, 2 * np.eye(2)),
    ("log(cosh(norm2(x)))", "x: n", "hessian x", {"x": [0, 0]}, np.eye(2)),
    ("cosh(norm2(A*x))", "A: m×n, x: n", "hessian x", {"A": [[1, 2], [0, 1]], "x": [0, 0]}, [[1, 2], [2, 5]]),
    ("sin(norm2(x))", "x: n", "hessian x", {"x": [0, 0]}, POLE),
    ("norm2(X)", "X: m×n", "gradient X", {"X": np.zeros((2, 3))}, np.zeros((2, 3))),
    ("x/norm2(x)", "x: n", "value", {"x": [0, 0]}, [0, 0]),
    ("abs(c)^1.5", "c: scalar", "gradient c", {"c": 0.0}, 0.0),
    ("sum(abs(x).^1.5)", "x: n", "gradient x", {"x": [0.0, 1.0, -4.0]}, [0.0, 1.5, -3.0]),
    ("sum(sqrt(x.^2 + y.^2))", "x: n, y: n", "gradient x", {"x": [0, 3, 0], "y": [0, 4, 2]}, [0, 0.6, 0]),
    ("sum(sqrt(rowsum(X.*X)))", "X: m×n", "gradient X", {"X": [[0, 0], [3, 4]]}, [[0, 0], [0.6, 0.8]]),
    ("sum(sqrt(relu(x)))", "x: n", "gradient x", {"x": [-3, 1, 4]}, [0, 0.5, 0.25]),
    ("sum(relu(x).^1.5)", "x: n", "hessian x", {"x": [-3, 1, 4]}, np.diag([0, 0.75, 0.375])),
    ("norm2(relu(x))", "x: n", "gradient x", {"x": [-3, -1]}, [0, 0]),
    ("step(x).*sqrt(x)", "x: n", "value", {"x": [-3, 0, 4]}, [0, 0, 2]),
    ("sum(step(x).*sqrt(x))", "x: n", "gradient x", {"x": [-3, 1, 4]}, [0, 0.5, 0.25]),
    ("step(x).*log(x)", "x: n", "value", {"x": [-3, 0, 1]}, [0, 0, 0]),
    ("sum(x.^y)", "x: n, y: n", "gradient y", {"x": [0, 2, 1], "y": [1, 1, 1]}, [0, 2 * np.log(2), 0]),
    ("sum(x.^c)", "x: n, c: scalar", "gradient x", {"x": [0, 1, 2], "c": 1.0}, [1, 1, 1]),
    ("x.*log(x)", "x: n", "value", {"x": [0, 1, 0.5]}, [0, 0, -0.5 * np.log(2)]),
    ("x'*log(x)", "x: n", "value", {"x": [0, 0.5, 0.5]}, -np.log(2)),
    ("-sum(X.*log(X))", "X: m×n", "value", {"X": [[0, 0.5], [0.5, 0]]}, np.log(2)),
    ("c*log(c)", "c: scalar", "value", {"c": 0.0}, 0.0),
    ("sum(x.^2.*log(x))", "x: n", "gradient x", {"x": [0, 1]}, [0, 1]),
    *(("norm2(x)", "x: n", "value", {"x": [3.0 * s, 4.0 * s]}, 5.0 * s) for s in (1e160, 1e-170)),
    *(("norm2(x)", "x: n", "gradient x", {"x": [3.0 * s, 4.0 * s]}, [0.6, 0.8]) for s in (1e160, 1e-170)),
    *(("norm2(A*x)", "A: m×n, x: n", "gradient x", {"A": [[3.0], [4.0]], "x": [s]}, [5.0]) for s in (1e160, 1e-170)),
    ("logsumexp(x)", "x: n", "value", {"x": [-inf, -inf]}, -inf),
    ("logsumexp(x)", "x: n", "value", {"x": [inf, 0]}, inf),
    ("exp(logsumexp(x))", "x: n", "value", {"x": [-inf, -inf]}, 0.0),
    ("rowlogsumexp(X)", "X: m×n", "value", {"X": [[-inf, -inf], [0, -inf], [inf, 1]]}, [-inf, 0, inf]),
    ("softmax(x)", "x: n", "value", {"x": [inf, 0]}, [1, 0]),
    ("softmax(x)", "x: n", "value", {"x": [-inf, 0, 0]}, [0, 0.5, 0.5]),
    ("rowsoftmax(X + Y)", "X: m×n, Y: m×n", "value", {"X": [[1, 2], [3, 3]], "Y": [[0, -inf], [0, inf]]},
     [[1, 0], [0, 1]]),
    ("sum(softplus(x))", "x: n", "gradient x", {"x": [inf, -inf, 0]}, [1, 0, 0.5]),
    ("sin(norm2(x))/norm2(x)", "x: n", "value", {"x": [0, 0]}, 1.0),
    ("sin(norm2(x))/norm2(x)", "x: n", "gradient x", {"x": [3e-9, 4e-9]}, [-1e-9, -4e-9 / 3]),
    ("sum((exp(x) - 1)./x)", "x: n", "gradient x", {"x": [0.0, 1e-9]}, [0.5, 0.5 + 1e-9 / 3]),
    ("y.*sin(x)./x", "x: n, y: n", "value", {"x": [0, 1e-9], "y": [2, 3]}, [2, 3]),
    ("(exp(c) - 1)/c^2", "c: scalar", "value", {"c": 0.0}, POLE),
    ("cos(c)/c", "c: scalar", "value", {"c": 0.0}, POLE),
    ("1/norm2(x)", "x: n", "value", {"x": [0, 0]}, POLE),
    ("norm2(x)", "x: n", "hessian x", {"x": [0, 0]}, POLE),
    ("norm2(A*x)", "A: m×n, x: n", "hessian x", {"A": [[1, 2], [0, 1]], "x": [0, 0]}, POLE),
    ("w'*S*x/(x'*S*x)", "S: n×n posdef, x: n, w: n", "value", {"S": [[2, 1], [1, 2]], "x": [0, 0], "w": [1, 2]}, POLE),
    ("w/norm2(x)", "x: n, w: n", "value", {"x": [0, 0], "w": [1, 2]}, POLE),
    ("w/norm2(x)", "x: n, w: n", "value", {"x": [0, 0], "w": [0, 0]}, POLE),
    ("x'*A*x/(x'*x)", "x: n, A: n×n", "value", {"x": [0, 0], "A": [[1, 0], [0, 2]]}, POLE),
    ("x./y", "x: n, y: n", "value", {"x": [1, 0], "y": [1, 0]}, POLE),
    ("x/norm2(x)^2", "x: n", "value", {"x": [0, 0]}, POLE),
    ("x./sqrt(x.^2 + y.^2)", "x: n, y: n", "jacobian y", {"x": [0, 1], "y": [0, 1]}, POLE),
    ("y.*log(x)", "x: n, y: n", "value", {"x": [0, 1], "y": [1, 1]}, POLE),
    ("sum(x.^y)", "x: n, y: n", "gradient y", {"x": [0, 1], "y": [0, 1]}, POLE),
    ("log(det(X))", "X: n×n", "gradient X", {"X": RANK1}, POLE),
    ("det(X)/det(Y)", "X: n×n, Y: n×n", "gradient X", {"X": RANK3, "Y": ZERO}, POLE),
    ("inv(X)", "X: n×n", "value", {"X": RANK1}, POLE),
    ("softmax(x)", "x: n", "value", {"x": [-inf, -inf]}, POLE),
]  # fmt: skip


def derived(formula: str, where: str, mode: str) -> tuple[Any, dict[str, Any]]:
    declared = parse_where(where)
    f = mc.parse(formula, declared)
    kind, *wrt = mode.split()
    return (f if kind == "value" else getattr(mc, kind)(f, declared[wrt[0]])), declared


@lru_cache(64)
def compiled(d: Any, arguments: tuple[Any, ...], **options: Any) -> tuple[Any, Any]:
    options = {key: dict(value) if key == "sizes" else value for key, value in options.items()}
    made = mc.emit({"d": d}, arguments=list(arguments), **options)
    return made, made.compile()


def ways(d: Any, declared: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    """The value by every way there is; an exception where it is refused."""

    def emitted(**options: Any) -> Any:
        made, call = compiled(d, tuple(declared.values()), **options)
        return call(*(point[name] for name in made.arguments))

    def stacked() -> Any:
        made, call = compiled(d, tuple(declared.values()), batch=True)
        both = call(*(np.stack([point[name]] * 2) for name in made.arguments))
        return both[1] if np.ndim(both) and len(both) == 2 else both

    found: dict[str, Any] = {
        "evaluate": lambda: mc.evaluate(d, point),
        "read back": lambda: mc.evaluate(mc.parse(str(d), declared), point),
        "readable": lambda: emitted(),
        "fast": lambda: emitted(style="fast"),
        "batch": stacked,
    }
    shapes = [(v.shape, np.shape(point[name])) for name, v in declared.items()]
    sizes = {str(side): n for sides, numbers in shapes for side, n in zip(sides, numbers, strict=False)}
    if shutil.which("cc") and max(np.size(a) for a in point.values()) <= 100:
        known = {side: n for side, n in sizes.items() if side.isidentifier()}
        found["C"] = lambda: emitted(target="c", sizes=tuple(known.items()))
    values = {}
    for way, value in found.items():
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                values[way] = np.asarray(value(), dtype=float)
        except (mc.MatcalcError, np.linalg.LinAlgError, ValueError) as error:
            values[way] = error
    return values


@pytest.mark.parametrize(("formula", "where", "mode", "point", "value"), TABLE)
@pytest.mark.quick_part(4)
def test_values_at_singular_points(formula: str, where: str, mode: str, point: dict[str, Any], value: Any) -> None:
    d, declared = derived(formula, where, mode)
    arrays = {name: np.asarray(a, dtype=float) for name, a in point.items()}
    for way, got in ways(d, declared, arrays).items():
        if value is POLE:
            assert isinstance(got, Exception) or not np.all(np.isfinite(got)), (way, got)
            continue
        assert not isinstance(got, Exception), (way, got)
        wanted = np.asarray(value, dtype=float)
        finite = np.isfinite(wanted)
        got = got.reshape(wanted.shape)
        assert np.array_equal(got[~finite], wanted[~finite]), way
        scale = float(np.max(np.abs(wanted[finite]), initial=0.0)) or 1.0
        assert np.max(np.abs(got[finite] / scale - wanted[finite] / scale), initial=0.0) < 1e-9, (way, got)


# formulas of one number that lose their digits near 0, with mpmath's functions
CANCELLING: list[tuple[str, Callable[[Any], Any]]] = [
    ("(1 - cos(c))/c^2", lambda c: (1 - mpmath.cos(c)) / c**2),
    ("(exp(c) - 1)/c", lambda c: mpmath.expm1(c) / c),
    ("sin(c)/c", lambda c: mpmath.sin(c) / c),
    ("log(1 + c)/c", lambda c: mpmath.log1p(c) / c),
    ("tanh(c)/c", lambda c: mpmath.tanh(c) / c),
    ("(c - sin(c))/c^3", lambda c: (c - mpmath.sin(c)) / c**3),
    ("(exp(c) - 1 - c)/c^2", lambda c: (mpmath.expm1(c) - c) / c**2),
    ("arctan(c)/c", lambda c: mpmath.atan(c) / c),
    ("c/(exp(c) - 1)", lambda c: c / mpmath.expm1(c)),
    ("(sqrt(1 + c) - 1)/c", lambda c: (mpmath.sqrt(1 + c) - 1) / c),
    ("(sigmoid(c) - 0.5)/c", lambda c: (1 / (1 + mpmath.exp(-c)) - 0.5) / c),
    ("sinh(c)/c", lambda c: mpmath.sinh(c) / c),
]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize(("formula", "f"), CANCELLING)
@pytest.mark.quick_part(4)
def test_small_differences(formula: str, f: Callable[[Any], Any], order: int) -> None:
    d, declared = derived(formula, "c: scalar", ("value", "gradient c", "hessian c")[order])
    for c in (1e-12, -1e-9, 1e-5, -0.01, 0.19, 0.21, -0.5, 2.0):
        with mpmath.workdps(60):
            wanted = float(mpmath.taylor(f, c, order)[order] * mpmath.factorial(order))
        for way, got in ways(d, declared, {"c": np.asarray(c)}).items():
            assert not isinstance(got, Exception), (way, c, got)
            assert abs(float(got) - wanted) <= 1e-9 * abs(wanted), (way, c, float(got), wanted)


# ---------------------------------------------------------------- functions whose values at a point are limits
@pytest.mark.parametrize("u", [0.0, 1e-12, -1e-6, 1e-3, 0.05, 0.19, 0.21, 1.0, 40.0])
def test_sinc_and_its_derivatives_are_right_near_zero(u: float) -> None:
    c, x = mc.scalar("c"), mc.matrix("X", 1, 2)
    want = [mpmath.diff(mpmath.sinc, u, k) for k in range(3)]
    f = mc.sinc(c)
    for k in range(3):
        assert mc.evaluate(f, {"c": u}) == pytest.approx(float(want[k]), rel=1e-11, abs=1e-13)
        f = mc.gradient(f, c)
    got = mc.evaluate(mc.gradient(mc.sum(mc.sinc(x)), x), {"X": [[u, 2.0]]})
    assert np.reshape(got, -1)[0] == pytest.approx(float(want[1]), rel=1e-11, abs=1e-13)


def test_xlogx_is_zero_at_zero() -> None:
    x = mc.vector("x", 3)
    assert mc.evaluate(mc.sum(mc.xlogx(x)), {"x": [0.0, 1.0, 2.0]}) == pytest.approx(2 * np.log(2))


@pytest.mark.parametrize("a", [np.zeros((3, 3)), np.ones((3, 3)), np.diag([1.0, 2.0, 0.0]), np.diag([0.0, 0.0, 5.0])])
def test_the_adjugate_is_right_at_singular_matrices(a: np.ndarray) -> None:
    X = mc.matrix("X", 3, 3)
    minors = [
        [np.linalg.det(np.delete(np.delete(a, j, 0), i, 1)) * (-1) ** (i + j) for j in range(3)] for i in range(3)
    ]
    np.testing.assert_allclose(mc.evaluate(mc.adj(X), {"X": a}), minors, atol=1e-12)
    np.testing.assert_allclose(mc.evaluate(mc.gradient(mc.det(X), X), {"X": a}), np.transpose(minors), atol=1e-12)
