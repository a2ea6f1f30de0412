"""Values and derivatives at large margins and at scales far from one: finite, and right to ten digits.

The reference is mpmath: the function with many digits, and its difference quotients. An error counts relative to the
largest entry; what no double can hold, and differences of what is equal to rounding, are not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import matcalc as mc
from matcalc.notation.declarations import parse_where

DECLARED = parse_where("A: m×n, b: m, x: n, y: m, w: n, s: scalar")
RELATIVE_STEP = mpf(10) ** -15  # its square is the error of a quotient
DIGITS = 500  # exp(-1000) beside 1, and twice the digits that a second difference loses
BASE = np.array([1.3, -0.7, 0.4, -1.1, 0.9, 0.2])
A = np.array([[1.0, 0.5, -0.3, 0.2, 0.1, -0.6], [0.2, 1.0, 0.7, -0.4, 0.3, 0.1], [-0.4, 0.1, 1.0, 0.6, -0.2, 0.5]])

SIZES = (6, 3)  # of x; code may go other ways where it is short
SCALES = ("one", "1e150", "1e-150")
MARGINS = ("one", "1e3", "-1e3")
POINTS = {
    "one": BASE,
    "1e150": 1e150 * BASE,
    "1e-150": 1e-150 * BASE,
    "1e3": 1000.0 - np.arange(6) / 8,
    "-1e3": np.arange(6) / 8 - 1000.0,
}

Vector = Sequence[Any]


def norm(v: Vector) -> Any:
    return mpmath.sqrt(mpmath.fsum(a * a for a in v))


def times(x: Vector) -> Vector:
    return [mpmath.fsum(mpf(float(a)) * b for a, b in zip(row, x, strict=True)) for row in A[:, : len(x)]]


def dot(a: Vector, b: Vector) -> Any:
    return mpmath.fsum(p * q for p, q in zip(a, b, strict=True))


def logsumexp(v: Vector) -> Any:
    return mpmath.log(mpmath.fsum(map(mpmath.exp, v)))


def softplus(u: Any) -> Any:
    return mpmath.log1p(mpmath.exp(u))


def total(f: Callable[[Any], Any], v: Vector) -> Any:
    return mpmath.fsum(map(f, v))


# formula, its value, the points, and whether derivatives of which order are asked for
TABLE: list[tuple[str, Callable[..., Any], tuple[str, ...], str]] = [
    ("norm2(x)", lambda x, b, y, w, s: norm(x), SCALES + MARGINS, "value gradient hessian"),
    ("norm2(x)^2", lambda x, b, y, w, s: norm(x) ** 2, SCALES + MARGINS, "value gradient hessian"),
    ("1/norm2(x)", lambda x, b, y, w, s: 1 / norm(x), SCALES + MARGINS, "value gradient"),
    ("x'*x/norm2(x)", lambda x, b, y, w, s: norm(x), SCALES + MARGINS, "value gradient hessian"),
    ("w'*x/norm2(x)", lambda x, b, y, w, s: dot(w, x) / norm(x), SCALES + MARGINS, "value gradient hessian"),
    (
        "norm2(A*x - b)",
        lambda x, b, y, w, s: norm([p - q for p, q in zip(times(x), b, strict=True)]),
        SCALES + MARGINS,
        "value gradient hessian",
    ),
    ("log(norm2(x))", lambda x, b, y, w, s: mpmath.log(norm(x)), SCALES + MARGINS, "value gradient hessian"),
    ("log(1 + x'*x)", lambda x, b, y, w, s: mpmath.log1p(dot(x, x)), SCALES + MARGINS, "value gradient hessian"),
    ("sqrt(1 + x'*x)", lambda x, b, y, w, s: mpmath.sqrt(1 + dot(x, x)), SCALES + MARGINS, "value gradient hessian"),
    (
        "sum(sqrt(1 + x.^2))",
        lambda x, b, y, w, s: total(lambda u: mpmath.sqrt(1 + u * u), x),
        SCALES,
        "value gradient hessian",
    ),
    (
        "sum(sqrt(x.^2 + s^2))",
        lambda x, b, y, w, s: total(lambda u: mpmath.sqrt(u * u + s * s), x),
        SCALES,
        "value gradient hessian",
    ),
    (
        "sum(log(1 + x.^2))",
        lambda x, b, y, w, s: total(lambda u: mpmath.log1p(u * u), x),
        SCALES + MARGINS,
        "value gradient hessian",
    ),
    (
        "sum(x./(1 + x.^2))",
        lambda x, b, y, w, s: total(lambda u: u / (1 + u * u), x),
        SCALES + MARGINS,
        "value gradient hessian",
    ),
    ("sum(w./x)", lambda x, b, y, w, s: dot(w, [1 / u for u in x]), (*SCALES[:2], *MARGINS), "value gradient hessian"),
    ("w'*x/(1 + x'*x)", lambda x, b, y, w, s: dot(w, x) / (1 + dot(x, x)), SCALES + MARGINS, "value gradient hessian"),
    ("norm2(x)/(1 + norm2(x))", lambda x, b, y, w, s: norm(x) / (1 + norm(x)), SCALES, "value gradient"),
    ("sqrt(s^2 + x'*x)", lambda x, b, y, w, s: mpmath.sqrt(s * s + dot(x, x)), SCALES, "value gradient hessian"),
    (
        "sum((exp(x) - 1).^2)",
        lambda x, b, y, w, s: total(lambda u: mpmath.expm1(u) ** 2, x),
        ("one", "1e-150", "-1e3"),
        "value gradient hessian",
    ),
    (
        "log(1 - exp(-x'*x))",
        lambda x, b, y, w, s: mpmath.log(-mpmath.expm1(-dot(x, x))),
        ("one", "1e-150"),
        "value gradient hessian",
    ),
    (
        "sum(log(exp(x) + exp(-x)))",
        lambda x, b, y, w, s: total(lambda u: softplus(-2 * u) + u, x),
        MARGINS,
        "value gradient",
    ),
    (
        "sum(log(cosh(x)))",
        lambda x, b, y, w, s: total(lambda u: mpmath.log(mpmath.cosh(u)), x),
        (*SCALES[::2], *MARGINS),
        "value gradient",
    ),
    ("log(1 + sum(exp(x)))", lambda x, b, y, w, s: logsumexp([mpf(0), *x]), MARGINS, "value gradient hessian"),
    (
        "log(2 + sum(exp(x)) + sum(exp(A*x)))",
        lambda x, b, y, w, s: logsumexp([mpmath.log(2), *x, *times(x)]),
        MARGINS,
        "value gradient",
    ),
    (
        "w'*exp(x)/(1 + sum(exp(x)))",
        lambda x, b, y, w, s: dot(w, [mpmath.exp(u - logsumexp([mpf(0), *x])) for u in x]),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "sum(exp(x)./(2 + exp(x)))",
        lambda x, b, y, w, s: total(lambda u: 1 / (1 + 2 * mpmath.exp(-u)), x),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "sum(log(1 + 3*exp(-x)))",
        lambda x, b, y, w, s: total(lambda u: mpmath.log1p(3 * mpmath.exp(-u)), x),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "log(sum(exp(x)) + sum(exp(-x)))",
        lambda x, b, y, w, s: logsumexp([*x, *(-u for u in x)]),
        ("1e-150", *MARGINS),
        "value gradient hessian",
    ),
    (
        "log(sum(exp(A*x)) + sum(exp(-A*x)))",
        lambda x, b, y, w, s: logsumexp([*times(x), *(-u for u in times(x))]),
        ("1e-150", *MARGINS),
        "value gradient",
    ),
    (
        "log(1 + sum(cosh(x)))",
        lambda x, b, y, w, s: mpmath.log1p(total(mpmath.cosh, x)),
        ("1e-150", *MARGINS),
        "value gradient hessian",
    ),
    (
        "w'*sinh(x)/sum(cosh(x))",
        lambda x, b, y, w, s: dot(w, [mpmath.sinh(u) for u in x]) / total(mpmath.cosh, x),
        ("1e-150", *MARGINS),
        "value gradient hessian",
    ),
    (
        "sum(w.*exp(x) - w.*exp(-x))/(sum(exp(x)) + sum(exp(-x)))",
        lambda x, b, y, w, s: dot(w, [mpmath.sinh(u) for u in x]) / total(mpmath.cosh, x),
        ("1e-150", *MARGINS),
        "value gradient",
    ),
    ("s*log(sum(exp(x/s)))", lambda x, b, y, w, s: s * logsumexp([u / s for u in x]), SCALES, "value gradient hessian"),
    ("log(sum(exp(x)))", lambda x, b, y, w, s: logsumexp(x), MARGINS, "value gradient hessian"),
    ("log(sum(exp(A*x)))", lambda x, b, y, w, s: logsumexp(times(x)), MARGINS, "value gradient"),
    ("log(sum(exp(x))) - w'*x", lambda x, b, y, w, s: logsumexp(x) - dot(w, x), MARGINS, "value gradient hessian"),
    (
        "w'*softmax(x)",
        lambda x, b, y, w, s: dot(w, [mpmath.exp(u - logsumexp(x)) for u in x]),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "-w'*log(softmax(x))",
        lambda x, b, y, w, s: -dot(w, [u - logsumexp(x) for u in x]),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "-softmax(x)'*log(softmax(x))",
        lambda x, b, y, w, s: logsumexp(x) - dot(x, [mpmath.exp(u - logsumexp(x)) for u in x]),
        MARGINS,
        "value gradient hessian",
    ),
    ("sum(log(1 + exp(x)))", lambda x, b, y, w, s: total(softplus, x), MARGINS, "value gradient hessian"),
    (
        "sum(log(1 + exp(-y.*(A*x))))",
        lambda x, b, y, w, s: total(softplus, [-p * q for p, q in zip(y, times(x), strict=True)]),
        MARGINS,
        "value gradient",
    ),
    (
        "sum(log(sigmoid(x)))",
        lambda x, b, y, w, s: -total(lambda u: softplus(-u), x),
        MARGINS,
        "value gradient hessian",
    ),
    (
        "sum(sigmoid(x))",
        lambda x, b, y, w, s: total(lambda u: 1 / (1 + mpmath.exp(-u)), x),
        (*MARGINS, "1e-150"),
        "value gradient hessian",
    ),
    ("sum(tanh(x))", lambda x, b, y, w, s: total(mpmath.tanh, x), (*SCALES, "1e3", "-1e3"), "value gradient"),
    (
        "sum(x.*tanh(log(1 + exp(x))))",
        lambda x, b, y, w, s: total(lambda u: u * mpmath.tanh(softplus(u)), x),
        MARGINS,
        "value gradient",
    ),
]


def given(point: str, n: int) -> dict[str, Any]:
    x = POINTS[point][:n]
    size = float(np.max(np.abs(x)))
    b = np.array([0.3, -0.2, 0.5]) * (size if point in SCALES else 1.0)
    return {
        "x": x,
        "b": b,
        "y": np.array([1.0, -1.0, 1.0]),
        "w": np.array([0.2, 0.5, 0.3, 0.1, 0.4, 0.6])[:n],
        "s": size / 2,
    }


def exact(f: Callable[..., Any], values: dict[str, Any], kinds: str) -> dict[str, Any]:
    """The value, and the central difference quotients of the first and the second order, with many digits."""
    known = {k: mpf(float(v)) if np.ndim(v) == 0 else [mpf(float(u)) for u in v] for k, v in values.items()}
    x = known.pop("x")
    steps = [abs(u) * RELATIVE_STEP for u in x]

    def at(*moves: tuple[int, int]) -> Any:
        moved = list(x)
        for i, sign in moves:
            moved[i] += sign * steps[i]
        return f(moved, **known)

    def second(i: int, j: int) -> Any:
        if i == j:
            return (at((i, 1)) - 2 * at() + at((i, -1))) / steps[i] ** 2
        corners = at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))
        return corners / (4 * steps[i] * steps[j])

    places = range(len(x))
    found = {"value": [at()], "gradient": [(at((i, 1)) - at((i, -1))) / (2 * steps[i]) for i in places]}
    if "hessian" in kinds:
        upper = {(i, j): second(i, j) for i in places for j in places if i <= j}
        found["hessian"] = [upper[min(i, j), max(i, j)] for i in places for j in places]
    return found


@pytest.mark.parametrize(("formula", "reference", "points", "kinds"), TABLE, ids=[row[0] for row in TABLE])
@pytest.mark.quick_part(9)
def test_ten_digits(formula: str, reference: Callable[..., Any], points: tuple[str, ...], kinds: str) -> None:
    f, x = mc.parse(formula, DECLARED), DECLARED["x"]
    made = {"value": f, "gradient": mc.gradient(f, x), "hessian": mc.hessian(f, x)}
    emitted = [(kind, mc.emit(made[kind], style=style)) for kind in kinds.split() for style in ("readable", "fast")]
    for point, n in product(dict.fromkeys(points), SIZES):
        values = given(point, n)
        with mpmath.workdps(DIGITS):
            wanted = exact(reference, values, kinds)
        values["A"] = A[:, :n]
        for kind, code in emitted:
            with np.errstate(under="ignore"):
                got = np.ravel(code.compile()(*[values[name] for name in code.arguments]))
            largest = max(abs(u) for u in wanted[kind])
            size = max(largest, mpf(10) ** -300)
            errors = [abs(mpf(float(u)) - v) / size for u, v in zip(got, wanted[kind], strict=True)]
            assert np.all(np.isfinite(got)), f"{kind} at {point}, n = {n}: {got}\n{code.source}"
            assert max(errors) < 1e-10, (
                f"{kind} at {point}, n = {n}: {got}, not {[float(v) for v in wanted[kind]]}\n{code.source}"
            )
