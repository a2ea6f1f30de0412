"""Laws that hold for every record of the function table. A new function is tested by being in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import linalg, special, stats

import matcalc as mc
from matcalc.function import Function
from matcalc.functions import ALIASES, FUNCTIONS, find
from matcalc.shape import ONE, Dim, Form, shape_of
from tests.numerics import assert_close, directions, named, quotient, sample, shape, unvec, value, vec

# Functions of symmetric matrices: only symmetric changes have a meaning.
SYMMETRIC_ONLY = {"cholesky", *(f.name for f in FUNCTIONS.values() if f.domain == "symmetric")}

Application = tuple[Function, Form]

APPLICATIONS: list[Application] = [(f, form) for f in FUNCTIONS.values() for form in f.shape.forms]
IDS = [f"{f.name}{form.text}".replace(" ", "") for f, form in APPLICATIONS]

for_each_application = pytest.mark.parametrize(("function", "form"), APPLICATIONS, ids=IDS)
for_each_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


def has_rule(function: Function) -> bool:
    return bool(function.contracts or function.definition or function.derivative or function.differential)


def applied(function: Function, form: Form) -> tuple[mc.Expr, list[mc.Expr]]:
    """The function of variables whose shapes are the letters of a signature."""
    dims = {letter: Dim.of(letter) for sides in form.operands for side in sides for letter in side}
    operands = [
        mc.matrix(name, *shape_of(letters, dims))
        for name, letters in zip(function.operands, form.operands, strict=True)
    ]
    return function(*operands), operands


def samples(function: Function, operands: list[mc.Expr], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([7, seed])
    domain = (function.domain, "symmetric") if function.name in SYMMETRIC_ONLY else (function.domain,)
    return {name: sample(rng, *shape(x), *domain) for name, x in zip(function.operands, operands, strict=True)}


def changes(function: Function, at: np.ndarray) -> Iterator[np.ndarray]:
    for e in directions(at):
        yield e + e.T if function.name in SYMMETRIC_ONLY else e


# ---------------------------------------------------------------- the record
@for_each_function
def test_the_record_says_what_the_function_is(function: Function) -> None:
    assert function.summary
    assert function.summary[-1] != "."
    rules = [function.contracts, function.definition, function.derivative, function.differential]
    assert sum(map(bool, rules)) <= 1
    assert len(function.operands) == function.shape.arity
    assert function.contracts or function.definition or function.numpy
    assert find(function.name) is function
    assert getattr(mc, function.name) is function


def test_names_and_aliases_are_distinct() -> None:
    names = [*FUNCTIONS, *(alias for f in FUNCTIONS.values() for alias in f.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_is_the_function(alias: str) -> None:
    function = ALIASES[alias]
    assert find(alias) is function
    if alias == "norm":  # of a matrix, it is asked which: see test_typed
        return
    f, operands = applied(function, function.shape.forms[0])
    assert getattr(mc, alias)(*operands) is f
    text = f"{alias}({', '.join(map(str, operands))})"
    assert mc.parse(text, dict(zip(function.operands, operands, strict=True))) is f


def test_an_unknown_name_is_no_attribute() -> None:
    assert find("no_such_function") is None
    with pytest.raises(AttributeError, match="no_such_function"):
        mc.no_such_function  # noqa: B018


# ---------------------------------------------------------------- the value
@for_each_application
def test_the_value_is_finite_and_has_the_shape_of_the_signature(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    got = value(f, samples(function, operands, 0))
    assert got.shape == shape(f)
    assert np.all(np.isfinite(got))


VALUES: list[tuple[str, str, Callable[..., object]]] = [
    # formula, declarations, the same with NumPy and SciPy on two-dimensional arrays
    ("sum(X)", "X: m×n", np.sum),
    ("tr(X)", "X: n×n", np.trace),
    ("diag(x)", "x: n", lambda x: np.diag(x[:, 0])),
    ("diag(x')", "x: n", lambda x: np.diag(x[:, 0])),
    ("diag(X)", "X: n×n", np.diag),
    ("vec(X)", "X: m×n", vec),
    ("unvec(x, ones(m,n))", "x: m*n", lambda x: x.reshape(2, 3, order="F")),
    ("kron(A, B)", "A: m×n, B: p×q", np.kron),
    ("kron(x, B)", "x: n, B: p×q", np.kron),
    ("kron(x', B)", "x: n, B: p×q", lambda x, B: np.kron(x.T, B)),
    ("khatrirao(A, B)", "A: m×n, B: p×n", linalg.khatri_rao),
    ("rowsum(X)", "X: m×n", lambda X: X.sum(1)),
    ("colsum(X)", "X: m×n", lambda X: X.sum(0)),
    ("norm2(X)", "X: m×n", np.linalg.norm),
    ("norm1(X)", "X: m×n", lambda X: np.abs(X).sum()),
    ("sqrt(X)", "X: m×n positive", np.sqrt),
    ("logsumexp(x)", "x: n", special.logsumexp),
    ("logsumexp(x')", "x: n", special.logsumexp),
    ("softmax(x)", "x: n", special.softmax),
    ("softmax(x')", "x: n", special.softmax),
    ("rowlogsumexp(X)", "X: m×n", lambda X: special.logsumexp(X, axis=1)),
    ("rowsoftmax(X)", "X: m×n", lambda X: special.softmax(X, axis=1)),
    ("max(X)", "X: m×n", np.max),
    ("min(X)", "X: m×n", np.min),
    ("inv(X)", "X: n×n invertible", np.linalg.inv),
    ("det(X)", "X: n×n", np.linalg.det),
    ("logdet(X)", "X: n×n invertible", lambda X: np.log(abs(np.linalg.det(X)))),
    ("pinv(X)", "X: m×n", np.linalg.pinv),
    ("pinv(x)", "x: n", np.linalg.pinv),
    ("solve(A, B)", "A: n×n invertible, B: n×p", np.linalg.solve),
    ("solve(A, x)", "A: n×n invertible, x: n", np.linalg.solve),
    ("cholesky(X)", "X: n×n posdef", np.linalg.cholesky),
    ("phi(X)", "X: n×n", lambda X: np.tril(X) - np.diag(np.diag(X)) / 2),
    ("expm(X)", "X: n×n", linalg.expm),
    ("sqrtm(X)", "X: n×n posdef", lambda X: linalg.sqrtm(X).real),
    (
        "sylvester(A, B)*vec(C)",
        "A: m×m posdef, B: n×n posdef, C: m×n",
        lambda A, B, C: vec(linalg.solve_sylvester(A, B, C)),
    ),
    ("relu(X)", "X: m×n", lambda X: np.where(X > 0, X, 0)),
    ("step(X)", "X: m×n", lambda X: (X > 0).astype(float)),
    ("sign(X)", "X: m×n", np.sign),
    ("abs(X)", "X: m×n", np.abs),
    ("sigmoid(X)", "X: m×n", lambda X: 1 / (1 + np.exp(-X))),
    ("softplus(X)", "X: m×n", lambda X: np.log(1 + np.exp(X))),
    ("erf(X)", "X: m×n", special.erf),
    ("log1p(X)", "X: m×n positive", lambda X: np.log(1 + X)),
    ("expm1(X)", "X: m×n", lambda X: np.exp(X) - 1),
    ("normpdf(X)", "X: m×n", stats.norm.pdf),
    ("normcdf(X)", "X: m×n", stats.norm.cdf),
    ("lgamma(X)", "X: m×n positive", special.gammaln),
    ("digamma(X)", "X: m×n positive", special.psi),
    ("trigamma(X)", "X: m×n positive", lambda X: special.zeta(2, X)),
    ("xlogx(X)", "X: m×n positive", lambda X: X * np.log(X)),
    ("sinc(X)", "X: m×n positive", lambda X: special.spherical_jn(0, X)),
    ("mean(X)", "X: m×n", np.mean),
    ("mean(x)", "x: n", np.mean),
    ("mean(x')", "x: n", np.mean),
    ("var(X)", "X: m×n", np.var),
    ("var(x)", "x: n", np.var),
    ("adj(X)", "X: n×n invertible", lambda X: np.linalg.det(X) * np.linalg.inv(X)),
    ("K(m,n)*vec(X)", "X: m×n", lambda X: vec(X.T)),
    ("unit(n,2)'*X", "X: n×m", lambda X: X[1]),
    ("u.^v", "u: n positive, v: n", lambda u, v: u**v),
]


@pytest.mark.parametrize(("formula", "where", "numpy"), VALUES, ids=[row[0] for row in VALUES])
def test_the_value_is_that_of_numpy(formula: str, where: str, numpy: Callable[..., object]) -> None:
    from matcalc.notation.declarations import parse_where

    declared = parse_where(where)
    f = mc.parse(formula, declared)
    rng = np.random.default_rng(11)
    values = {name: sample(rng, *shape(x), *x.data[1]) for name, x in declared.items()}
    used = [values[name] for name in declared if name in named(f)]
    assert_close(value(f, values), np.asarray(numpy(*used), dtype=float).reshape(shape(f)), 1e-12)


EXTREME = [
    # formula at u, its value there, without overflow or loss of digits
    ("softplus(u)", 1000.0, 1000.0),
    ("softplus(u)", -1000.0, 0.0),
    ("sigmoid(u)", -1000.0, 0.0),
    ("sigmoid(u)", 1000.0, 1.0),
    ("log(1 + exp(u))", 1000.0, 1000.0),
    ("expm1(u)", 1e-12, 1e-12),
    ("log1p(u)", 1e-12, 1e-12),
    ("tanh(u)", 1000.0, 1.0),
]


@pytest.mark.parametrize(("formula", "at", "want"), EXTREME)
def test_the_value_is_stable_far_out(formula: str, at: float, want: float) -> None:
    f = mc.parse(formula, {"u": mc.scalar("u")})
    assert mc.evaluate(f, {"u": at}) == pytest.approx(want, rel=1e-11, abs=1e-300)


FAR_OUT = ["softplus(u)", "log(1 + exp(u))", "sigmoid(u)", "tanh(u)", "log(1 + exp(-u))", "u*sigmoid(u)"]
FAR_OUT += ["u/(1 + abs(u))", "u/sqrt(1 + u^2)", "log(u + sqrt(1 + u^2))", "sigmoid(u)*softplus(u)"]


@pytest.mark.parametrize("formula", FAR_OUT)
@pytest.mark.parametrize("at", [-1000.0, -30.0, 30.0, 1000.0])
def test_the_derivative_is_finite_far_out(formula: str, at: float) -> None:
    u = mc.scalar("u")
    assert np.isfinite(mc.evaluate(mc.gradient(mc.parse(formula, {"u": u}), u), {"u": at}))


# ---------------------------------------------------------------- the derivative
@for_each_application
@pytest.mark.quick_part(2)
def test_the_jacobian_is_the_difference_quotient_of_the_value(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    if not has_rule(function):
        pytest.skip("has no differential; see below")
    for x, name in zip(operands, function.operands, strict=True):
        jacobian = mc.jacobian(f, x)
        for seed in range(2):
            values = samples(function, operands, seed)
            at = value(jacobian, values)
            assert at.shape == (np.prod(shape(f)), np.prod(shape(x)))
            for change in changes(function, values[name]):
                want = quotient(f, x, values, change)
                assert_close(unvec(at @ vec(change), want), want, 1e-6, f"{jacobian} by {name}")


@for_each_application
@pytest.mark.quick_part(3)
def test_the_differential_is_the_difference_quotient_of_the_value(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    if not has_rule(function):
        pytest.skip("has no differential; see below")
    for x, name in zip(operands, function.operands, strict=True):
        direction = mc.matrix(f"d{name}", *x.shape)
        differential = mc.differential(f, x, direction)
        assert differential.shape == f.shape
        values = samples(function, operands, 2)
        change = next(iter(changes(function, values[name]))) + 0.5 * sum(changes(function, values[name]))
        want = quotient(f, x, values, change)
        assert_close(value(differential, {**values, f"d{name}": change}), want, 1e-6, f"{differential} by {name}")


@for_each_application
@pytest.mark.quick_part(3)
def test_the_pullback_is_the_transpose_of_the_differential(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    if not has_rule(function):
        pytest.skip("has no differential; see below")
    rng = np.random.default_rng(3)
    for x, name in zip(operands, function.operands, strict=True):
        cotangent = mc.matrix("U0", *f.shape)
        pullback = mc.vjp(f, x, cotangent)
        assert pullback.shape == x.shape
        values = samples(function, operands, 3)
        u = rng.uniform(-1, 1, shape(f))
        back = value(pullback, {**values, "U0": u})
        for change in changes(function, values[name]):
            want = np.sum(u * quotient(f, x, values, change))
            assert_close(np.sum(back * change), want, 1e-6, f"{pullback} by {name}")


@for_each_function
def test_a_function_without_a_differential_says_so(function: Function) -> None:
    if has_rule(function):
        pytest.skip("has a derivative")
    f, operands = applied(function, function.shape.forms[0])
    for ask in (mc.jacobian, lambda f, x: mc.differential(f, x, mc.matrix("D0", *x.shape))):
        with pytest.raises(mc.MatcalcError, match=rf"(derivative|differential) of {function.name}"):
            ask(f, operands[0])


@for_each_application
def test_a_function_of_scalars_has_a_derivative_too(function: Function, form: Form) -> None:
    """All letters of the signature are 1."""
    if not has_rule(function) or function.result(((ONE, ONE),) * function.shape.arity) is None:
        pytest.skip("has no differential, or takes no scalars")
    operands = [mc.scalar(name) for name in function.operands]
    f = function(*operands)
    rng = np.random.default_rng(5)
    domain = "positive" if function.domain in ("posdef", "invertible", "fullrank") else function.domain
    values = {name: sample(rng, 1, 1, domain) for name in function.operands}
    for x in operands:
        try:
            derived = mc.jacobian(f, x)
        except mc.MatcalcError as error:  # a covariance of one sample
            assert "divides by zero" in str(error)
            continue
        assert_close(value(derived, values), quotient(f, x, values, np.ones((1, 1))), 1e-6, str(f))


# ---------------------------------------------------------------- the notations
@for_each_application
def test_the_text_reads_back_as_the_same_object(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    assert mc.parse(str(f), dict(zip(function.operands, operands, strict=True))) is f


@for_each_application
@pytest.mark.quick_part(3)
def test_the_text_of_the_jacobian_reads_back_with_the_same_value(function: Function, form: Form) -> None:
    if not has_rule(function):
        pytest.skip("has no differential")
    f, operands = applied(function, form)
    declared = dict(zip(function.operands, operands, strict=True))
    values = samples(function, operands, 4)
    for x in operands:
        jacobian = mc.jacobian(f, x)
        back = mc.parse(str(jacobian), declared)
        assert back.shape == jacobian.shape
        assert_close(value(back, values), value(jacobian, values), 1e-9, str(jacobian))


@for_each_application
def test_the_latex_is_balanced(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    text = mc.to_latex(f)
    assert text.strip()
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert all(str(x) in text for x in operands if function.name not in ("halftril",))


@for_each_application
def test_the_emitted_source_compiles_and_computes_the_value(function: Function, form: Form) -> None:
    f, operands = applied(function, form)
    emitted = mc.emit(f, "compute")
    values = samples(function, operands, 5)
    assert "\nimport numpy as np\n" in f"\n{emitted.source}"
    got = emitted.compile()(*(values[name.rstrip("_")] for name in emitted.arguments))
    assert_close(np.reshape(got, shape(f)), value(f, values), 1e-12)
