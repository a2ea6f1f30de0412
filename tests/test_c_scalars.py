"""C in scalars: equal to loops and to NumPy, no operations for zeros, each value once, all digits, bounded texts."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.emission.c import straight_line
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close
from tests.test_c_target import COMPILER, IN_C, NEEDS_COMPILER

RNG = np.random.default_rng(11)


def forms(monkeypatch: pytest.MonkeyPatch, results: dict[str, mc.Expr], sizes: dict[str, int]) -> list[Any]:
    """The function in scalars, and in loops."""
    made = []
    for most in (10**9, -1):
        monkeypatch.setattr(straight_line, "MOST", most)
        made.append(mc.emit(results, "f", target="c", sizes=sizes))
    monkeypatch.undo()
    return made


def body(emitted: Any) -> str:
    text: str = emitted.source[emitted.source.rindex("\n{\n") :]
    return text


def operations(emitted: Any) -> int:
    return len(re.findall(r" [-+*/] |sqrt|sin|cos|exp|log|pow", body(emitted)))


def point_of(variables: dict[str, mc.Expr], sizes: dict[str, int]) -> dict[str, Any]:
    values = {}
    for name, variable in variables.items():
        shape = [side.at(sizes) for side in variable.shape if side.number != 1]
        value = RNG.normal(size=shape)
        facts = variable.data[1]
        if "posdef" in facts:
            value = value @ value.T + np.eye(len(value))
        for fact, part in (("lower", np.tril), ("upper", np.triu)):
            if fact in facts:
                value = np.ascontiguousarray(part(value) + 3 * np.eye(len(value)))
        values[name] = value
    return values


# ---------------------------------------------------------------- values
def agree(results: dict[str, mc.Expr], point: dict[str, Any], sizes: dict[str, int], emitted: Any) -> None:
    got = emitted.compile()(*(point[name] for name in emitted.variables))
    for one, expr in zip(got, results.values(), strict=True):
        wanted = np.asarray(mc.evaluate(expr, point, sizes))
        scale = max(1.0, float(np.max(np.abs(wanted))))
        assert np.shape(one) == wanted.shape
        assert_close(np.asarray(one) / scale, wanted / scale, 1e-11, note=emitted.source)


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "where"), IN_C, ids=[row[0] for row in IN_C])
@pytest.mark.quick_part(5)
def test_scalars_and_loops_and_numpy_agree(formula: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    results = {"value": f, "gradient": mc.gradient(f, next(iter(variables.values())))}
    for side in (1, 2, 3):
        sizes = {"m": side + 1, "n": side, "k": 2}
        known = {symbol: sizes[symbol] for symbol in mc.plan(results).symbols}
        for emitted in forms(monkeypatch, results, known):
            agree(results, point_of(variables, sizes), known, emitted)


CAMERA = (
    "[(K*(expm(hat(w))*X + t))[1]/(K*(expm(hat(w))*X + t))[3]; (K*(expm(hat(w))*X + t))[2]/(K*(expm(hat(w))*X + t))[3]]"
)
TURNED = "(eye(3) + 2*q[1]*hat(q[2:4]) + 2*hat(q[2:4])^2)"

# What is small in mechanics and robotics: formulas, and by which variables their derivatives are.
SMALL = [
    (CAMERA, "K: 3×3, X: 3, w: 3, t: 3", "jacobian w, jacobian t, jacobian X"),
    (f"norm2({CAMERA} - z)^2", "K: 3×3, X: 3, w: 3, t: 3, z: 2", "gradient w, hessian t"),
    (f"{TURNED}*X", "q: 4, X: 3", "jacobian q, jacobian X"),
    (
        "mu/2*(tr(F'*F) - 3) - mu*log(det(F)) + lam/2*log(det(F))^2",
        "F: 3×3, mu: scalar, lam: scalar",
        "gradient F, hessian F",
    ),
    (
        "mu/2*(tr(F'*F) - 2) - mu*log(det(F)) + lam/2*log(det(F))^2",
        "F: 2×2, mu: scalar, lam: scalar",
        "gradient F, hessian F",
    ),
    ("tr((F'*F - eye(3))^2) + lam*tr(F'*F - eye(3))^2", "F: 3×3, lam: scalar", "gradient F, hessian F"),
    ("norm2(cross(b - a, c - a))/2", "a: 3, b: 3, c: 3", "gradient a, hessian b"),
    (
        "x + P*H'*inv(H*P*H' + R)*(z - H*x)",
        "x: 4, P: 4×4 posdef, H: 2×4, R: 2×2 posdef, z: 2",
        "jacobian x, jacobian z",
    ),
    ("(x - m)'*inv(S)*(x - m) + logdet(S)", "x: 3, m: 3, S: 3×3 posdef", "gradient x, gradient S"),
    ("(x - m)'*inv(S)*(x - m) + logdet(S)", "x: 5, m: 5, S: 5×5 posdef", "gradient x, gradient S"),
    ("k/2*(norm2(x - y) - l)^2", "x: 3, y: 3, k: scalar, l: scalar", "gradient x, hessian x"),
    ("inv(J)*(m - cross(w, J*w))", "J: 3×3, w: 3, m: 3", "jacobian w, jacobian m"),
    ("[l[1]*cos(q[1]) + l[2]*cos(q[1] + q[2]); l[1]*sin(q[1]) + l[2]*sin(q[1] + q[2])]", "q: 2, l: 2", "jacobian q"),
    ("det(A)*tr(inv(A)) + det(A)^3", "A: 3×3", "gradient A, hessian A"),
]


def derived(formula: str, where: str, wanted: str) -> tuple[dict[str, mc.Expr], dict[str, mc.Expr]]:
    variables = parse_where(where)
    results = {"value": mc.parse(formula, variables)}
    for kind, by in (text.split() for text in wanted.split(", ")):
        results[f"{kind}_{by}"] = getattr(mc, kind)(results["value"], variables[by])
    return variables, results


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "where", "wanted"), SMALL, ids=[row[0] for row in SMALL])
@pytest.mark.quick_part(3)
def test_small_models(formula: str, where: str, wanted: str) -> None:
    variables, results = derived(formula, where, wanted)
    emitted = mc.emit(results, target="c", sizes={})
    assert "for (int" not in body(emitted)
    point = point_of(variables, {})
    for name in ("F", "J"):
        if name in point:
            point[name] = np.eye(len(point[name])) + 0.2 * point[name]
    agree(results, point, {}, emitted)


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "where", "wanted"), SMALL, ids=[row[0] for row in SMALL])
@pytest.mark.quick_part(3)
def test_small_models_are_standard_c(formula: str, where: str, wanted: str) -> None:
    """They compile without a warning, in double and in single precision."""
    _, results = derived(formula, where, wanted)
    strict = [*COMPILER, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    for dtype in ("float64", "float32"):
        source = mc.emit(results, target="c", sizes={}, dtype=dtype).source
        done = subprocess.run(strict, input=source, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr


@NEEDS_COMPILER
def test_norms_of_small_and_large_entries() -> None:
    x = mc.vector("x", 3)
    for dtype, scales in (("float64", (1e-160, 1e-20, 1.0, 1e160)), ("float32", (1e-25, 1e-18, 1.0, 1e25))):
        run = mc.emit(mc.norm2(x), target="c", sizes={}, dtype=dtype).compile()
        for scale in scales:
            value = np.array([2.0, -1.0, 2.0], dtype) * np.asarray(scale, dtype)
            assert abs(float(run(value)) / scale - 3.0) < 100 * np.finfo(dtype).eps


# ---------------------------------------------------------------- operations
# Formulas of x, y, z (3), A, B (3×3), c and d (numbers), and how many operations they take.
COUNTS = [
    ("hat(x)*y", 9),
    ("hat(x)*hat(y)*z", 18),
    ("eye(3)*A", 0),
    ("kron(eye(3), A)*ones(9)", 6),
    ("diag(x)*A", 9),
    ("tril(A)*x", 9),
    ("[1, 0, 0; 0, 1, 0; 0, 0, c]*x", 1),
    ("x*0 + y", 0),
    ("A - A' + A'", 0),
    ("x'*x + x'*x", 6),
    ("(c + d)*(d + c)", 2),
    ("A[2,:]*x", 5),
    ("[A, zeros(3,1); zeros(1,3), 1]*[x; 1]", 15),
    ("inv(diag(x))*y", 3),
    ("det([c, 0; 0, d])", 1),
]


@pytest.mark.parametrize(("formula", "count"), COUNTS, ids=[row[0] for row in COUNTS])
def test_zeros_ones_and_signs_cost_nothing(formula: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = parse_where("x: 3, y: 3, z: 3, A: 3×3, B: 3×3, c: scalar, d: scalar")
    monkeypatch.setattr(straight_line, "loops_cost", lambda *_: 10**9)
    emitted = mc.emit(mc.parse(formula, variables), target="c", sizes={}, arguments=list(variables.values()))
    assert operations(emitted) <= count, emitted.source


def test_symmetric_results_are_computed_once() -> None:
    _, results = derived("log(det(F))", "F: 3×3", "hessian F")
    text = body(mc.emit(results, target="c", sizes={}))
    assert text.count("hessian_F[1] = hessian_F[9] =") == 1
    _, results = derived("x'*inv(S)*x", "x: 3, S: 3×3 posdef", "hessian x")
    assert "hessian_x[1] = hessian_x[3] =" in body(mc.emit(results, target="c", sizes={}))


def test_what_is_computed_for_one_result_serves_the_others() -> None:
    _, results = derived("mu/2*tr(F'*F) - mu*log(det(F))", "F: 3×3, mu: scalar", "gradient F, hessian F")
    alone = [operations(mc.emit(expr, target="c", sizes={})) for expr in results.values()]
    together = operations(mc.emit(results, target="c", sizes={}))
    assert together < 0.8 * sum(alone)


def test_texts_are_the_same_each_time_and_bounded() -> None:
    for formula, where, wanted in SMALL:
        _, results = derived(formula, where, wanted)
        first, second = (mc.emit(results, target="c", sizes={}).source for _ in range(2))
        assert first == second
        assert max(map(len, first.splitlines())) <= 160
    X = mc.matrix("X", "n", "n")
    product = mc.emit(X @ X @ X, target="c", sizes={"n": 30})
    assert "for (int" in body(product)
    assert len(product.source) < 3000


# ---------------------------------------------------------------- digits
def turned(diagonal: Any, rng: np.random.Generator) -> Any:
    n = len(diagonal)
    u, v = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    return u @ np.diag(diagonal) @ v


SINGULAR_VALUES = [
    (1, 0.5),
    (1, 1e-4),
    (1, 1e-8),
    (1, 1, 0.3),
    (1, 1e-4, 1e-4),
    (1, 1e-8, 1e-8),
    (1, 1, 1e-8),
    (1, 1e-4, 1e-8),
]


@NEEDS_COMPILER
@pytest.mark.slow
def test_inverses_and_determinants_have_as_many_digits_as_by_elimination() -> None:
    """Within a few rounding errors times the condition number, also where rows are scaled, or entries are extreme."""
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(4)
    for n in (2, 3):
        A, b = mc.matrix("A", n, n), mc.vector("b", n)
        asked = {"inv": mc.inv(A), "det": mc.det(A), "logdet": mc.logdet(A), "solved": mc.inv(A) @ b}
        run = mc.emit(asked, target="c", sizes={}, arguments=[A, b]).compile()
        for diagonal in (row for row in SINGULAR_VALUES if len(row) == n):
            for scale in (1.0, 1e60, 1e-60):
                for rows in (np.ones(n), 10.0 ** np.arange(-4, -4 + 4 * n, 4)):
                    a, right = rows[:, None] * turned(diagonal, rng), rng.normal(size=n)
                    bound = 50 * np.finfo(float).eps * np.linalg.cond(a)
                    a *= scale
                    with mpmath.workdps(60):
                        exact = mpmath.matrix(a.tolist()) ** -1
                        det = mpmath.det(mpmath.matrix(a.tolist()))
                        size = float(mpmath.log(abs(det)))
                        found = np.array((exact * scale).tolist(), dtype=float), float(det / mpmath.mpf(scale) ** n)
                    inverse, determinant, logarithm, solved = run(a, right)
                    assert np.max(np.abs(inverse * scale - found[0])) <= bound * np.max(np.abs(found[0]))
                    assert abs(determinant / scale**n - found[1]) <= bound * abs(found[1])
                    assert abs(logarithm - size) <= bound + 1e-15 * abs(size)
                    assert np.max(np.abs(solved * scale - found[0] @ right)) <= 4 * bound * np.max(np.abs(found[0]))


@NEEDS_COMPILER
def test_what_is_singular_or_not_positive_definite_is_told() -> None:
    for n in (2, 3, 4):
        A, S, b = mc.matrix("A", n, n), mc.matrix("S", n, n, "posdef"), mc.vector("b", n)
        inverse = mc.emit(mc.inv(A), target="c", sizes={}).compile()
        solved = mc.emit({"x": mc.inv(S) @ b, "log": mc.logdet(S)}, target="c", sizes={}, arguments=[S, b]).compile()
        ones, identity = np.ones((n, n)), np.eye(n)
        assert_close(inverse(2 * identity), identity / 2)
        assert_close(solved(1e-120 * identity, np.ones(n))[1], n * np.log(1e-120))
        assert_close(1e120 * solved(1e120 * identity, np.ones(n))[0], np.ones(n))
        for singular in (0 * identity, ones, 0.1 * ones):
            with pytest.raises(ValueError, match="Singular"):
                inverse(singular)
        indefinite = identity.copy()
        indefinite[-1, -1] = -1.0
        for bad in (-identity, 0 * identity, indefinite, np.nan * identity, 3 * ones - 2.5 * identity):
            with pytest.raises(ValueError, match="positive definite"):
                solved(bad, np.ones(n))


@NEEDS_COMPILER
def test_second_derivatives_of_rotations(monkeypatch: pytest.MonkeyPatch) -> None:
    variables, results = derived("norm2(expm(hat(w))*p - z)^2", "w: 3, p: 3, z: 3", "gradient w, hessian w")
    for emitted in forms(monkeypatch, results, {}):
        for angle in (0.0, 1e-9, 0.3, 1.0, 3.0):
            point = point_of(variables, {})
            point["w"] *= angle
            agree(results, point, {}, emitted)


@NEEDS_COMPILER
def test_rotations_and_their_derivatives_have_all_digits() -> None:
    mpmath = pytest.importorskip("mpmath")
    w = mc.vector("w", 3)
    asked = {"turn": mc.parse("rodrigues(w)", {"w": w}), "jacobian": mc.parse("rightjac(w)", {"w": w})}
    run = mc.emit(asked, target="c", sizes={}).compile()
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    angles = [0.0, 1e-200, 1e-9, 1e-4, 0.1, 0.7, 0.999999, 1.0, 1.000001, 2.0, 3.0, np.pi - 1e-9, np.pi, 4.0, 2 * np.pi]
    for angle in angles:
        x = angle * axis
        got = run(x)
        with mpmath.workdps(40):
            a, b, c = (mpmath.mpf(float(entry)) for entry in x)
            skew = mpmath.matrix([[0, -c, b], [c, 0, -a], [-b, a, 0]])
            turn, jacobian, power = mpmath.eye(3), mpmath.eye(3), mpmath.eye(3)
            for k in range(1, 60):
                power = power * skew / k
                turn += power
                jacobian += (-1) ** k * power / (k + 1)
            exact = [np.array(matrix.tolist(), dtype=float) for matrix in (turn, jacobian)]
        for one, other in zip(got, exact, strict=True):
            assert np.max(np.abs(one - other)) < 3e-15
        small = np.abs(exact[0]) > 0  # off the diagonal, entries keep their own digits where the angle is small
        if angle < 0.01:
            assert np.all(np.abs(got[0] - exact[0])[small] <= 1e-13 * np.abs(exact[0])[small])
