"""Functions that formulas of the field use: products of entries, cross products and rotations, p-norms, differences,
convolutions, Toeplitz matrices, the normal distribution's tails, and softmax along rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import linalg, special, stats

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close, named, quotients, sample, shape, unvec, value

Array = np.ndarray
SIZES = {"m": 4, "n": 3, "p": 2, "k": 6}
WHERE = (
    "x: n, y: n, z: m, X: m×n, A: n×n, B: m×3, w: 3, v: 3, u: 3, M: 3×3, t: scalar, q: scalar positive, c: m+n-1, s: n,"
    " e: k, d: n positive"
)
DECLARED = parse_where(WHERE)


def formula(text: str) -> mc.Expr:
    return mc.parse(text, DECLARED)


def values(expr: mc.Expr, seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng([23, seed])
    made = {name: sample(rng, *shape(x, SIZES), *x.data[1]) for name, x in DECLARED.items()}
    return {name: made[name] for name in made if name in named(expr)}


def skew(w: Array) -> Array:
    a, b, c = np.ravel(w)
    return np.array(((0, -c, b), (c, 0, -a), (-b, a, 0)))


def flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of vectors, of columns."""
    return lambda *columns: function(*(np.ravel(column) for column in columns))


# ---------------------------------------------------------------- values
VALUES: list[tuple[str, str, Callable[..., Any]]] = [
    # formula, its variables, the same with NumPy and SciPy
    ("prod(x)", "x", np.prod),
    ("prod(X)", "X", np.prod),
    ("rowprod(X)", "X", lambda X: X.prod(1)),
    ("colprod(X)", "X", lambda X: X.prod(0)),
    ("prodothers(x)", "x", lambda x: [np.prod(np.delete(x, i)) for i in range(len(x))]),
    ("cross(w, v)", "w v", flat(np.cross)),
    ("hat(w)", "w", skew),
    ("vee(M)", "M", lambda M: [(M[2, 1] - M[1, 2]) / 2, (M[0, 2] - M[2, 0]) / 2, (M[1, 0] - M[0, 1]) / 2]),
    ("expm(hat(w))", "w", lambda w: linalg.expm(skew(w))),
    ("rodrigues(w)", "w", lambda w: linalg.expm(skew(w))),
    ("norm_p(x, 3)", "x", flat(lambda x: np.linalg.norm(x, 3))),
    ("norm_p(X, 1.5)", "X", lambda X: np.linalg.norm(X.ravel(), 1.5)),
    ("norm_p(x, q)", "x q", lambda x, q: np.linalg.norm(x.ravel(), q.item())),
    ("diff(x)", "x", flat(np.diff)),
    ("diff(X)", "X", lambda X: np.diff(X, axis=0)),
    ("diff(diff(z))", "z", flat(lambda z: np.diff(z, n=2))),
    ("cumsum(x)", "x", flat(np.cumsum)),
    ("revcumsum(x)", "x", flat(lambda x: np.cumsum(x[::-1])[::-1])),
    ("conv(z, x)", "z x", flat(np.convolve)),
    ("corr(c, x)", "c x", flat(lambda c, x: np.correlate(c, x, "valid"))),
    ("convmatrix(x, z)", "x z", flat(lambda x, z: linalg.convolution_matrix(x, len(z)))),
    ("hankel(c, z)", "c z", flat(lambda c, z: linalg.hankel(c[: len(z)], c[len(z) - 1 :]))),
    ("circulant(x)", "x", flat(linalg.circulant)),
    ("toeplitz(z, x)", "z x", flat(linalg.toeplitz)),
    ("toeplitz(x, z)", "x z", flat(linalg.toeplitz)),
    ("lowersums(X)", "X", lambda X: [np.trace(X, -k) for k in range(4)]),
    ("uppersums(X)", "X", lambda X: [0, np.trace(X, 1), np.trace(X, 2)]),
    ("circsums(A)", "A", lambda A: [sum(A[(j + k) % 3, j] for j in range(3)) for k in range(3)]),
    ("lognormcdf(X)", "X", stats.norm.logcdf),
    ("invmills(X)", "X", lambda X: stats.norm.pdf(X) / stats.norm.cdf(X)),
    ("logsoftmax(x)", "x", special.log_softmax),
    ("logsoftmax(x')", "x", lambda x: special.log_softmax(x).T),
    ("rowlogsoftmax(X)", "X", lambda X: special.log_softmax(X, axis=1)),
    ("collogsoftmax(X)", "X", lambda X: special.log_softmax(X, axis=0)),
    ("colsoftmax(X)", "X", lambda X: special.softmax(X, axis=0)),
    ("collogsumexp(X)", "X", lambda X: special.logsumexp(X, axis=0)),
]


@pytest.mark.parametrize(("text", "operands", "numpy"), VALUES, ids=[row[0] for row in VALUES])
def test_the_value_is_that_of_numpy(text: str, operands: str, numpy: Callable[..., Any]) -> None:
    f = formula(text)
    given = values(f)
    want = np.asarray(numpy(*(given[name] for name in operands.split())), dtype=float)
    assert_close(value(f, given, SIZES), want.reshape(shape(f, SIZES)), 1e-12)


# ---------------------------------------------------------------- derivatives
DERIVATIVES = [
    # formula, by, its gradient as it is printed
    ("prod(x)", "x", "prodothers(x)"),
    ("prod(X)", "X", "prodothers(X)"),
    ("prod(A*x)", "x", "A'*prodothers(A*x)"),
    ("prod(1 - x)", "x", "-prodothers(1 - x)"),
    ("log(prod(d))", "d", "1./d"),
    ("det(diag(x))", "x", "prodothers(x)"),
    ("det(diag(x)*A)", "x", "det(A)*prodothers(x)"),
    ("z'*rowprod(X)", "X", "diag(z)*rowprodothers(X)"),
    ("u'*cross(w, v)", "w", "cross(v, u)"),
    ("u'*cross(w, v)", "v", "cross(u, w)"),
    ("norm2(cross(w, v))^2", "w", "2*cross(v, cross(w, v))"),
    ("norm2(cross(w, v))", "w", "cross(v, cross(w, v))/norm2(cross(w, v))"),
    ("z'*B*cross(w, v)", "w", "cross(v, B'*z)"),
    ("tr(M'*hat(w))", "w", "2*vee(M)"),
    ("norm2(hat(w))^2", "w", "4*w"),
    ("u'*vee(M)", "M", "0.5*hat(u)"),
    ("u'*expm(hat(w))*v", "w", "rightjac(w)'*cross(v, rodrigues(w)'*u)"),
    ("norm2(u - expm(hat(w))*v)^2", "v", "2*rodrigues(w)'*(rodrigues(w)*v - u)"),
    ("tr(M'*rodrigues(w))", "w", "-2*rightjac(w)'*vee(M'*rodrigues(w))"),
    ("norm_p(x, 3)", "x", "x.*abs(x)/norm_p(x, 3)^2"),
    ("norm_p(x, 4)", "x", "x.^3/norm_p(x, 4)^3"),
    ("norm_p(x, q)", "x", "sign(x).*(abs(x)/norm_p(x, q)).^(q - 1)"),
    ("norm_p(x, q)", "q", "norm_p(x, q)*sum(xlogx((abs(x)/norm_p(x, q)).^q))/q^2"),
    ("norm_p(X*x - z, 3)^3", "x", "3*X'*((X*x - z).*abs(X*x - z))"),
    ("norm_p(x, 1)", "x", "sign(x)"),
    ("norm_p(x, 2)", "x", "x/norm2(x)"),
    ("s'*cumsum(x)", "x", "revcumsum(s)"),
    ("norm2(cumsum(A*x))^2", "x", "2*A'*revcumsum(cumsum(A*x))"),
    ("norm1(diff(x))", "x", "diffmatrix(ones(n))'*sign(diff(x))"),
    ("norm2(diff(x))^2", "x", "2*diffmatrix(ones(n))'*diff(x)"),
    ("c'*conv(z, x)", "z", "corr(c, x)"),
    ("c'*conv(z, x)", "x", "corr(c, z)"),
    ("norm2(c - conv(z, x))^2", "z", "-2*corr(c - conv(z, x), x)"),
    ("norm2(corr(e, x))^2", "x", "2*corr(e, corr(e, x))"),
    ("tr(A'*circulant(x))", "x", "circsums(A)"),
    ("norm2(circulant(x)*s - y)^2", "s", "2*circulant(x)'*(circulant(x)*s - y)"),
    ("norm2(circulant(x)*s - y)^2", "x", "2*circulant(s)'*(circulant(x)*s - y)"),
    ("tr(X'*toeplitz(z, x))", "z", "lowersums(X)"),
    ("tr(X'*toeplitz(z, x))", "x", "uppersums(X)"),
    ("z'*toeplitz(z, s)*x", "s", "uppersums(z*x')"),
    ("norm2(toeplitz(z, x)*s - z)^2", "s", "2*toeplitz(z, x)'*(toeplitz(z, x)*s - z)"),
    ("norm2(toeplitz(z, y)*x)^2", "z", "2*lowersums(toeplitz(z, y)*x*x')"),
    ("norm2(X - toeplitz(z, x))^2", "x", "-2*uppersums(X - toeplitz(z, x))"),
    ("y'*inv(toeplitz(x, s))*y", "s", "-uppersums(inv(toeplitz(x, s))'*y*y'*inv(toeplitz(x, s))')"),
    ("logdet(toeplitz(x, x))", "x", "uppersums(inv(toeplitz(x, x))') + lowersums(inv(toeplitz(x, x))')"),
    ("z'*toeplitz(z, t*x)*s", "t", "x'*uppersums(z*s')"),
    ("x'*lowersums(A)", "A", "toeplitz(x, zeros(n))"),
    ("x'*uppersums(A)", "A", "toeplitz(zeros(n), x)"),
    ("sum(lognormcdf(z.*(X*x)))", "x", "X'*(z.*invmills((X*x).*z))"),
    ("sum(log(normcdf(X*x)))", "x", "X'*invmills(X*x)"),
    ("s'*logsoftmax(x)", "x", "s - sum(s)*softmax(x)"),
    ("s'*collogsumexp(X)", "X", "colsoftmax(X)*diag(s)"),
]


@pytest.mark.parametrize(("text", "by", "want"), DERIVATIVES, ids=[f"{row[0]} by {row[1]}" for row in DERIVATIVES])
def test_the_gradient_is_as_books_write_it_and_right(text: str, by: str, want: str) -> None:
    f, x = formula(text), DECLARED[by]
    gradient = mc.gradient(f, x)
    assert str(gradient) == want
    given = values(f)
    rows = quotients(f, x, given, SIZES)
    assert_close(value(gradient, given, SIZES), unvec(rows.T, given[by]), 1e-6)


HESSIANS = [
    ("prod(x)", "x"),
    ("prod(A*x)", "x"),
    ("prod(X)", "X"),
    ("s'*colprod(X)", "X"),
    ("prod(x)^2*sum(prodothers(x))", "x"),
    ("norm2(cross(w, M*v))", "w"),
    ("u'*hat(w)^2*v", "w"),
    ("u'*expm(hat(w))*v", "w"),
    ("u'*expm(t*hat(w))*v", "t"),
    ("tr(M*rodrigues(w)*hat(w))", "w"),
    ("norm_p(x, 3)", "x"),
    ("norm_p(x, q)", "x"),
    ("norm_p(x, q)", "q"),
    ("sum(sqrt(1 + diff(A*x).^2))", "x"),
    ("sum(exp(cumsum(x.^2)))", "x"),
    ("norm2(c - conv(z, x))^2", "z"),
    ("norm2(conv(z, conv(x, x)))^2", "x"),
    ("sum(exp(corr(c, x)))", "x"),
    ("sum(exp(circulant(x)*x))", "x"),
    ("tr(A*circulant(x)*circulant(A*x))", "x"),
    ("sum(exp(toeplitz(z, x)*x))", "x"),
    ("norm2(toeplitz(z, y)*x)^2", "z"),
    ("norm2(toeplitz(z, y)*x)^2", "y"),
    ("sum(exp(toeplitz(x, y)))", "y"),
    ("y'*inv(toeplitz(x, s))*y", "x"),
    ("sum(lognormcdf(X*x))", "x"),
    ("s'*logsoftmax(A*x)", "x"),
    ("z'*collogsoftmax(X)*s", "X"),
    ("norm2(rowlogsoftmax(X))^2", "X"),
]


@pytest.mark.parametrize(("text", "by"), HESSIANS, ids=[f"{text} by {by}" for text, by in HESSIANS])
def test_the_second_derivative_is_the_difference_quotient_of_the_first(text: str, by: str) -> None:
    f, x = formula(text), DECLARED[by]
    gradient, hessian = mc.gradient(f, x), mc.hessian(f, x)
    given = values(f, 1)
    assert_close(value(hessian, given, SIZES), quotients(gradient, x, given, SIZES), 1e-6)


@pytest.mark.parametrize("text", [row[0] for row in DERIVATIVES])
def test_all_ways_to_compute_it_agree(text: str) -> None:
    by = next(row[1] for row in DERIVATIVES if row[0] == text)
    f = formula(text)
    results = {"value": f, "gradient": mc.gradient(f, DECLARED[by])}
    given = values(f, 2)
    want = [value(result, given, SIZES) for result in results.values()]
    sizes = _sizes(f)
    for options in ({"style": "fast"}, {"style": "fast", "sizes": sizes}, {"batch": True}):
        emitted = mc.emit(results, "compute", **options)  # type: ignore[arg-type]
        arrays = [_as_argument(given[name]) for name in emitted.arguments]
        if "batch" in options:
            arrays = [np.stack([array, array]) for array in arrays]
        got = emitted.compile()(*arrays)
        for one, other in zip(got, want, strict=True):
            one = np.asarray(one)[1] if "batch" in options else one
            assert_close(np.reshape(one, other.shape), other, 1e-10)


def _sizes(f: mc.Expr) -> dict[str, int]:
    symbols = {symbol for x in named(f).values() for side in x.shape for symbol in side.symbols}
    return {symbol: size for symbol, size in SIZES.items() if symbol in symbols}


def _as_argument(array: Array) -> Array:
    return array[0, 0] if array.shape == (1, 1) else array[:, 0] if array.shape[1] == 1 else array


IN_C = ["prod(x)", "u'*cross(w, v)", "u'*expm(hat(w))*v", "norm_p(x, 3)", "norm1(diff(x))", "s'*cumsum(x)"]


@pytest.mark.parametrize("text", [*IN_C, "sum(log(normcdf(X*x)))"])
def test_c_agrees(text: str) -> None:
    by = next(row[1] for row in DERIVATIVES if row[0] == text)
    f = formula(text)
    results = {"value": f, "gradient": mc.gradient(f, DECLARED[by])}
    given = values(f, 2)
    emitted = mc.emit(results, "compute", target="c", sizes=_sizes(f))
    got = emitted.compile()(*(_as_argument(given[name]) for name in emitted.arguments))
    for one, result in zip(got, results.values(), strict=True):
        assert_close(np.reshape(one, shape(result, SIZES)), value(result, given, SIZES), 1e-12)


# ---------------------------------------------------------------- where values are hard to get
@pytest.mark.parametrize("zeros", [[], [0], [2], [0, 2], [0, 1, 2]])
def test_products_and_their_derivatives_are_exact_where_entries_are_zero(zeros: list[int]) -> None:
    x = np.array([2.0, -3.0, 5.0])
    x[zeros] = 0.0
    f = formula("prod(x)")
    without = [np.prod(np.delete(x, i)) for i in range(3)]
    pairs = [[0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(3)] for i in range(3)]
    assert mc.evaluate(f, {"x": x}) == np.prod(x)
    assert np.array_equal(mc.evaluate(mc.gradient(f, DECLARED["x"]), {"x": x}), without)
    assert np.array_equal(mc.evaluate(mc.hessian(f, DECLARED["x"]), {"x": x}), pairs)


def test_products_do_not_overflow_on_the_way() -> None:
    x = np.array([1e200, 1e200, 1e-300, 1e-200])
    f = formula("prod(z)")
    assert mc.evaluate(f, {"z": x}) == pytest.approx(1e-100, rel=1e-13)
    got = mc.evaluate(mc.gradient(f, DECLARED["z"]), {"z": x})
    assert got == pytest.approx([1e-300, 1e-300, 1e200, 1e100], rel=1e-13)
    long = np.tile([3.0, 1 / 3], 3000)
    assert mc.evaluate(f, {"z": long}) == pytest.approx(1, rel=1e-11)
    assert mc.evaluate(mc.gradient(f, DECLARED["z"]), {"z": long}) == pytest.approx(1 / long, rel=1e-11)


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1e-9, 1e-4, 0.5, 1.99, 2.01, 3.14159, 30.0])
def test_rotations_are_right_at_zero_and_far_out(scale: float) -> None:
    w = scale * np.array([2.0, -1.0, 2.0]) / 3
    with mpmath.workdps(40):
        exact = mpmath.expm(mpmath.matrix(skew(w).tolist()))
        want = np.array(exact.tolist(), dtype=float)
    got = mc.evaluate(formula("expm(hat(w))"), {"w": w})
    assert_close(got, want, 1e-14)
    assert_close(got @ got.T, np.eye(3), 1e-14)
    jacobian = mc.jacobian(formula("expm(hat(w))*v"), DECLARED["w"])
    v = np.array([1.0, 2.0, -1.0])
    slopes = [linalg.expm_frechet(skew(w), skew(e), compute_expm=False) @ v for e in np.eye(3)]
    assert_close(mc.evaluate(jacobian, {"w": w, "v": v}), np.transpose(slopes), 1e-12)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e-2, 1.0, 1.999, 2.001, 5.0])
def test_the_right_jacobian_has_its_derivative_everywhere(scale: float) -> None:
    w = scale * np.array([2.0, -1.0, 2.0]) / 3
    h = 1e-3
    weights = ((2, -1 / 12), (1, 2 / 3), (-1, -2 / 3), (-2, 1 / 12))
    f = formula("vec(rightjac(w))")
    got = mc.evaluate(mc.jacobian(f, DECLARED["w"]), {"w": w})
    slopes = [sum(c * mc.evaluate(f, {"w": w + k * h * e}) for k, c in weights) / h for e in np.eye(3)]
    assert_close(got, np.transpose(slopes), 1e-10)


@pytest.mark.parametrize("u", [-1e150, -1e8, -40.0, -7.0, -6.0, -5.9, -1.0, 0.0, 1.0, 5.0, 40.0])
def test_the_tails_of_the_normal_distribution(u: float) -> None:
    t = mc.scalar("t")
    f = mc.parse("log(normcdf(t))", {"t": t})
    with mpmath.workdps(60):
        exact = mpmath.mpf(u)
        slope = mpmath.npdf(exact) / mpmath.ncdf(exact) if u > -1e3 else -exact
        value_ = (
            mpmath.log(mpmath.ncdf(exact)) if u > -1e3 else -exact * exact / 2 - mpmath.log(-exact * 2.506628274631)
        )
        curvature = -slope * (exact + slope) if u > -1e3 else mpmath.mpf(-1)
    for got, want in zip((f, mc.gradient(f, t), mc.hessian(f, t)), (value_, slope, curvature), strict=True):
        assert mc.evaluate(got, {"t": u}) == pytest.approx(float(want), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1.0, 1e200, 1e300])
@pytest.mark.parametrize("text", ["norm_p(x, 3)", "norm_p(x, 4)", "norm_p(x, q)"])
def test_norms_do_not_overflow(text: str, size: float) -> None:
    x = np.array([1.0, -2.0, 0.5])
    f = formula(text)
    given = {"x": x, **({"q": 3.5} if "q" in text else {})}
    gradient = mc.gradient(f, DECLARED["x"])
    assert mc.evaluate(f, {**given, "x": size * x}) == pytest.approx(size * mc.evaluate(f, given), rel=1e-14)
    assert mc.evaluate(gradient, {**given, "x": size * x}) == pytest.approx(mc.evaluate(gradient, given), rel=1e-13)


@pytest.mark.parametrize("text", ["norm_p(x, 3)", "norm_p(x, 4)", "norm_p(x, q)"])
def test_a_norm_at_zero_has_the_subgradient_zero(text: str) -> None:
    f = formula(text)
    given = {"x": np.zeros(3), **({"q": 3.5} if "q" in text else {})}
    assert np.array_equal(mc.evaluate(mc.gradient(f, DECLARED["x"]), given), np.zeros(3))


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 7), (300, 5), (300, 301), (1000, 777)])
def test_long_convolutions_are_those_of_numpy(m: int, n: int) -> None:
    rng = np.random.default_rng([m, n])
    x, y = rng.normal(size=m), rng.normal(size=n)
    names = {"x": mc.vector("x", m), "y": mc.vector("y", n), "z": mc.vector("z", m + n - 1)}
    full = mc.evaluate(mc.parse("conv(x, y)", names), {"x": x, "y": y})
    assert_close(np.reshape(full, -1), np.convolve(x, y), 1e-13)
    z = rng.normal(size=m + n - 1)
    inner = mc.evaluate(mc.parse("corr(z, y)", names), {"z": z, "y": y})
    assert_close(np.reshape(inner, -1), np.correlate(z, y, "valid"), 1e-13)


@pytest.mark.parametrize("n", [1, 7, 128, 333])
def test_long_circular_convolutions_are_products_with_circulant_matrices(n: int) -> None:
    rng = np.random.default_rng([n])
    x, y = rng.normal(size=n), rng.normal(size=n)
    names = {"x": mc.vector("x", n), "y": mc.vector("y", n)}
    for text, matrix in (("circulant(x)*y", linalg.circulant(x)), ("circulant(x)'*y", linalg.circulant(x).T)):
        got = mc.evaluate(mc.parse(text, names), {"x": x, "y": y})
        assert_close(np.reshape(got, -1), matrix @ y, 1e-13)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 4), (4, 1), (2, 2), (2, 5), (5, 2)])
def test_toeplitz_matrices_of_all_sizes(m: int, n: int) -> None:
    rng = np.random.default_rng([m, n])
    c, r, x, u = (rng.normal(size=size) for size in (m, n, n, m))
    names = {"c": mc.vector("c", "m"), "r": mc.vector("r", "n"), "x": mc.vector("x", "n"), "u": mc.vector("u", "m")}
    fixed = {name: mc.vector(name, size) for name, size in (("c", m), ("r", n), ("x", n), ("u", m))}
    given = {"c": c, "r": r, "x": x, "u": u}
    for declared in (names, fixed):
        matrix = mc.parse("toeplitz(c, r)", declared)
        assert np.array_equal(np.reshape(mc.evaluate(matrix, given), (m, n)), linalg.toeplitz(c, r))
        f = mc.parse("u'*toeplitz(c, r)*x", declared)
        up = [0.0] + [np.trace(np.outer(u, x), k) for k in range(1, n)]
        down = [np.trace(np.outer(u, x), -k) for k in range(m)]
        assert_close(np.reshape(mc.evaluate(mc.gradient(f, declared["c"]), given), -1), np.array(down), 1e-12)
        assert_close(np.reshape(mc.evaluate(mc.gradient(f, declared["r"]), given), -1), np.array(up), 1e-12)


# ---------------------------------------------------------------- what is equal, and what is refused
EQUAL = [
    ("cross(w, v)", "-cross(v, w)"),
    ("cross(w, v)", "hat(w)*v"),
    ("cross(w, 3*w)", "zeros(3)"),
    ("hat(w)'", "-hat(w)"),
    ("vee(hat(w))", "w"),
    ("w'*cross(w, v)", "0"),
    ("u'*cross(w, v)", "w'*cross(v, u)"),
    ("w'*hat(v)*w", "0"),
    ("expm(hat(w))*w", "w"),
    ("rodrigues(w)'*rodrigues(w)", "eye(3)"),
    ("det(expm(hat(w)))", "1"),
    ("rodrigues(w)*rightjac(w)", "rightjac(w)'"),
    ("det(diag(x))", "prod(x)"),
    ("x.*prodothers(x)", "prod(x)*ones(n)"),
    ("norm_p(x, 2)", "norm2(x)"),
    ("conv(z, x)", "conv(x, z)"),
    ("convmatrix(x, z)*z", "conv(x, z)"),
    ("log(normcdf(x))", "lognormcdf(x)"),
    ("log(colsoftmax(X))", "collogsoftmax(X)"),
    ("log(softmax(x))", "logsoftmax(x)"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL, ids=[row[0] for row in EQUAL])
def test_these_are_proved_equal(left: str, right: str) -> None:
    assert mc.equal(formula(left), formula(right)).ground.startswith("proved")


WRONG = [("cross(w, v)", "cross(v, w)"), ("hat(w)", "hat(w)'"), ("u'*hat(w)*v", "v'*hat(w)*u"), ("conv(z, x)", "0*c")]


@pytest.mark.parametrize(("left", "right"), WRONG)
def test_these_are_not_equal(left: str, right: str) -> None:
    assert not mc.equal(formula(left), formula(right))


MISFITS = [
    "toeplitz(x', z)",
    "toeplitz(A, x)",
    "cross(x, w)",
    "hat(z)",
    "vee(A)",
    "cumsum(x')",
    "diff(t)",
    "diff(x')",
    "corr(t, w)",
]


@pytest.mark.parametrize("text", MISFITS)
def test_shapes_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(mc.MatcalcError, match="does not take an argument of this shape"):
        formula(text)


def test_facts_of_values() -> None:
    assert "skew" in mc.properties(formula("hat(w)"))
    assert "orthogonal" in mc.properties(formula("expm(hat(w))"))
    assert "positive" in mc.properties(formula("prod(d)"))
    assert "Toeplitz" in mc.properties(formula("toeplitz(z, x)"))


def test_a_dimension_may_be_a_sum() -> None:
    c = mc.vector("c", "m + n - 1")
    assert str(c.shape) == "(m + n - 1)×1"
    with pytest.raises(mc.ShapeError, match="not a dimension"):
        mc.vector("c", "m - m - 1")


@pytest.mark.parametrize("text", [row[0] for row in DERIVATIVES])
def test_texts_read_back(text: str) -> None:
    for row in DERIVATIVES:
        if row[0] == text:
            assert str(mc.parse(row[2], DECLARED)) == row[2]
            latex = mc.to_latex(mc.parse(row[2], DECLARED))
            assert latex.count("{") == latex.count("}")
