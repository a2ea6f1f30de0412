"""Each fact in a record is true by value: of the record's own NumPy source, which no rule of the network touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import linalg, special

import matcalc as mc
from matcalc.function import Function
from matcalc.functions import FUNCTIONS, POWER
from matcalc.functions.precise import of_record
from matcalc.program.laurent import TERMS, taylor
from matcalc.shape import Dim, shape_of
from tests.numerics import assert_close, sample, shape, value

Array = np.ndarray

RECORDS = [*(f for f in FUNCTIONS.values() if f.numpy), POWER]
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
FACTS: dict[str, Callable[[Array], bool]] = {
    "positive": lambda a: bool(np.all(a > 0)),
    "nonneg": lambda a: bool(np.all(a >= 0)),
    "symmetric": lambda a: np.allclose(a, a.T, **CLOSE),
    "skew": lambda a: np.allclose(a, -a.T, **CLOSE),
    "orthogonal": lambda a: np.allclose(a @ a.T, np.eye(len(a)), **CLOSE),
    "invertible": lambda a: np.linalg.matrix_rank(a) == len(a),
    "lower": lambda a: np.allclose(a, np.tril(a), **CLOSE),
    "diagonal": lambda a: np.allclose(a, np.diag(np.diag(a)), **CLOSE),
    "posdef": lambda a: np.allclose(a, a.T, **CLOSE) and bool(np.all(np.linalg.eigvalsh(a) > 0)),
    "psd": lambda a: np.allclose(a, a.T, **CLOSE) and bool(np.all(np.linalg.eigvalsh(a) > -1e-12)),
    "stochastic": lambda a: bool(np.all(a >= 0)) and np.allclose(np.sum(a, axis=1), 1, **CLOSE),
    "toeplitz": lambda a: np.array_equal(a[1:, 1:], a[:-1, :-1]),
    "alternating": lambda a: all(np.array_equal(a, -np.swapaxes(a, k, k + 1)) for k in range(a.ndim - 1)),
    "unitnorm": lambda a: np.isclose(np.linalg.norm(a), 1, **CLOSE),
    "sumstoone": lambda a: np.isclose(np.sum(a), 1, **CLOSE),
}


def having(field: str) -> pytest.MarkDecorator:
    """The records in which a field says something."""
    found = [f for f in RECORDS if getattr(f, field) not in ("", (), None, False)]
    return pytest.mark.parametrize("function", found, ids=[f.name for f in found])


def by_numpy(function: Function, *operands: Any, source: str = "") -> Array:
    """The value by a record's source as it stands there."""
    template, _, helpers = (source or function.numpy).partition("\n")
    names: dict[str, Any] = {"np": np, "special": special, "linalg": linalg}
    exec(helpers, names)
    names |= dict(zip(function.operands, operands, strict=True), n=len(operands[0]) if np.ndim(operands[0]) else 1)
    for name in (*function.operands, "n"):
        template = template.replace("{" + name + "}", f"({name})")
    return np.asarray(eval(template, names), dtype=float)


def shapes(function: Function, sizes: dict[str, int]) -> list[tuple[int, int]]:
    form = function.shape.forms[0]
    letters = {letter for sides in form.operands for side in sides for letter in side} - form.numbers.keys()
    dims = {**form.numbers, **{letter: Dim.of(sizes[letter]) for letter in letters}}
    return [tuple(int(dim.number or 1) for dim in shape_of(letters, dims)) for letters in form.operands]


def operands(function: Function, *facts: str, seed: int = 0) -> list[Array]:
    """Samples in the domain, as NumPy's source takes them: columns have one axis."""
    rng = np.random.default_rng([5, seed])
    domain = facts or (function.domain,)
    made = [sample(rng, *sides, *domain) for sides in shapes(function, {"m": 2, "n": 3, "p": 4, "q": 5})]
    return [a[:, 0] if a.shape[1] == 1 else a for a in made]


def samples(function: Function, *facts: str) -> Iterable[list[Array]]:
    return (operands(function, *facts, seed=seed) for seed in range(5))


def two_dimensional(a: Array) -> Array:
    return a if a.ndim == 2 else a.reshape(1, 1) if a.ndim == 0 else a


# ---------------------------------------------------------------- the value, whatever the operand is
@having("range")
def test_entries_lie_in_the_range(function: Function) -> None:
    assert function.interval is not None
    low, high, low_reached, high_reached = function.interval
    for given in samples(function):
        got = by_numpy(function, *(3 * a for a in given) if function.domain == "real" else given)
        assert np.all(got >= low if low_reached else got > low)
        assert np.all(got <= high if high_reached else got < high)


@having("gives")
def test_the_value_has_the_facts_that_it_is_said_to_have(function: Function) -> None:
    for given in samples(function, *(("symmetric", "posdef") if function.domain == "symmetric" else ())):
        got = by_numpy(function, *given)
        assert all(FACTS[fact](got) for fact in function.gives)


# ---------------------------------------------------------------- the value, by the operand
def pairs() -> list[Any]:
    """Each fact that a function keeps, and the fact of the operand that ensures it."""
    found = [
        (f, made, given) for f in RECORDS for made, given in f.needs.items() if made != "zero" and given != "order"
    ]
    return [pytest.param(*row, id=f"{row[0].name} {row[2]} {row[1]}") for row in found]


@pytest.mark.parametrize(("function", "made", "given"), pairs())
def test_facts_go_over(function: Function, made: str, given: str) -> None:
    facts = {"posdef": ("symmetric", "posdef"), "symmetric": ("symmetric", "posdef")}.get(given, (given,))
    if function.shape.forms[0].operands[0][0] != function.shape.forms[0].operands[0][1]:
        facts = (*facts, "positive") if given in ("positive", "nonneg") else facts
    for seed in range(5):
        rng = np.random.default_rng([6, seed])
        sides = (3, 3) if not function.elementwise else (3, 2)
        x = sample(rng, *sides, *facts)
        if function.elementwise and "unit" in function.domain:
            x = x / 3
        rest = operands(function, seed=seed)[1:]
        if function.elementwise:
            rest = [sample(rng, *sides) for _ in rest]
        got = by_numpy(function, x, *rest)
        assert FACTS[given](x)
        if given == "psd":
            got = got + 1e-12  # zeros come out as what rounding leaves of them
        assert FACTS[made](got if function.elementwise or made != "posdef" else two_dimensional(got))


@pytest.mark.parametrize("function", [f for f in RECORDS if "zero" in f.needs or "zero" in f.keeps], ids=str)
def test_zeros_and_signs_go_over(function: Function) -> None:
    u = np.array([-0.9, -0.3, 0.0, 0.2, 0.8])
    got = by_numpy(function, u)
    assert np.array_equal(got == 0, u == 0)
    if "sign" in function.keeps:
        assert np.array_equal(np.sign(got), np.sign(u))


@pytest.mark.parametrize("function", [f for f in RECORDS if "order" in f.keeps], ids=str)
def test_entries_in_a_new_order_give_theirs(function: Function) -> None:
    new = np.array([2, 0, 1])
    given = [sample(np.random.default_rng(k), 3, 1, "distinct")[:, 0] for k, _ in enumerate(function.operands)]
    got, turned = by_numpy(function, *given), by_numpy(function, *(x[new] for x in given))
    assert_close(turned, got[np.ix_(*[new] * got.ndim)] if got.ndim else got, 1e-12)


@having("transposes")
def test_a_transpose_moves_or_falls_out(function: Function) -> None:
    facts = ("symmetric",) if function.domain == "symmetric" else ()
    for given in samples(function, *facts):
        got, turned = by_numpy(function, *given), by_numpy(function, *(a.T for a in given))
        assert_close(turned, got.T if function.transposes == "moves" else got, 1e-9)


@having("parity")
def test_the_parity(function: Function) -> None:
    for u, *others in samples(function):
        got = by_numpy(function, u, *others)
        assert_close(by_numpy(function, -u, *others), -got if function.parity == "odd" else got, 1e-12)


@having("at_zero")
def test_the_value_at_zero(function: Function) -> None:
    assert_close(by_numpy(function, np.zeros(2)), np.full(2, float(function.at_zero or 0)), 1e-15)


@having("at_one")
def test_the_value_at_one(function: Function) -> None:
    assert_close(by_numpy(function, np.ones(2)), np.full(2, float(function.at_one or 0)), 1e-15)


@pytest.mark.parametrize("function", [f for f in RECORDS if f.vanishes], ids=str)
def test_what_vanishes_does_so_as_fast_as_its_argument(function: Function) -> None:
    u = np.array([1e-8, -1e-8, 1e-4, -1e-4])
    assert np.all(np.abs(by_numpy(function, u)) <= 2 * np.abs(u))


@having("branches")
def test_the_branches_at_a_kink(function: Function) -> None:
    for sign, text in zip((1, -1), function.branches, strict=True):
        u = sign * np.array([0.3, 1.0, 7.0])
        assert_close(by_numpy(function, u), eval(text, {"u": u}) * np.ones(3), 1e-15)


def in_formula(text: str, function: Function, given: list[Array]) -> Array:
    """A formula of the record by value; columns are columns and rows are rows."""
    declared = {name: mc.matrix(name, *np.shape(a)) for name, a in zip(function.operands, given, strict=True)}
    letters = {letter: side for a in given for letter, side in zip("mn", a.shape, strict=True)}
    for letter, side in letters.items():
        text = text.replace(f"ones({letter})", f"ones({side})").replace(f"eye({letter})", f"eye({side})")
    f = mc.parse(text, declared)
    return value(f, {name: a for name, a in zip(function.operands, given, strict=True) if name in text}, {})


@pytest.mark.parametrize("function", [f for f in RECORDS if f.of_scalar or f.of_diagonal], ids=str)
def test_the_function_of_scalars(function: Function) -> None:
    given = [np.array([[1.7 + k]]) for k, _ in enumerate(function.operands)]
    is_column = "(n,1)" in function.signature.split("->")[0]
    got = by_numpy(function, *(a[:, 0] if is_column else a for a in given))
    assert_close(got.reshape(1, 1), in_formula(function.of_scalar or function.of_diagonal, function, given), 1e-12)


@having("of_diagonal")
def test_the_function_of_a_diagonal_matrix(function: Function) -> None:
    entries = np.array([[0.5], [1.5], [3.0]])
    text = function.of_diagonal.replace("/X", "./X")
    assert_close(
        by_numpy(function, np.diag(entries[:, 0])), np.diag(in_formula(text, function, [entries])[:, 0]), 1e-12
    )


@having("of_column")
def test_the_function_of_a_column_and_of_a_row(function: Function) -> None:
    column = np.array([[0.5], [-1.5], [1.0], [2.0]])
    for x, text in ((column, function.of_column), (column.T, function.of_row or function.of_column)):
        got = by_numpy(function, x)
        want = in_formula(text, function, [x])
        if got.ndim == 4:  # a Jacobian of vec by vec
            got = got.reshape(want.shape)
        assert_close(got.reshape(want.shape), want, 1e-9)


# ---------------------------------------------------------------- what is found from the derivative
SERIES = [(f, at) for f in FUNCTIONS.values() if f.elementwise for at in (0, 1) if taylor(f, at) is not None]


@pytest.mark.parametrize(("function", "at"), SERIES, ids=str)
def test_the_taylor_series_is_that_of_the_function(function: Function, at: int) -> None:
    with mpmath.workdps(80):
        want = mpmath.taylor(of_record(function), at, TERMS - 1)
        got = [mpmath.mpf(number.numerator) / number.denominator for number in taylor(function, at) or ()]
        assert len(got) == TERMS
        assert all(abs(a - b) <= 1e-60 * (1 + abs(b)) for a, b in zip(got, want, strict=True))


def test_functions_that_are_analytic_have_a_taylor_series_and_others_have_none() -> None:
    at_zero = {function.name for function, at in SERIES if at == 0}
    assert at_zero >= {"exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "arcsin", "arctan"}
    assert {function.name for function, at in SERIES if at == 1} == {"log", "xlogx"}
    assert not at_zero & {"abs", "sign", "relu", "step", "log", "xlogx"}


# ---------------------------------------------------------------- the other sources
@having("precise")
def test_many_digits_say_the_same(function: Function) -> None:
    facts = ("symmetric", "posdef") if function.domain in ("symmetric", "posdef") else ()
    given = operands(function, *facts)
    digits = [np.vectorize(mpmath.mpf, otypes=[object])(a) for a in given]
    with mpmath.workdps(30):
        apply = of_record(function)
        got = np.vectorize(apply, otypes=[object])(*digits) if function.elementwise else apply(*digits)
    assert_close(np.asarray(got, dtype=float), by_numpy(function, *given), 1e-10)


@having("fast")
def test_the_source_for_speed_says_the_same(function: Function) -> None:
    for given in samples(function):
        for factor in (1.0, 500.0):
            a = [factor * x for x in given]
            assert_close(by_numpy(function, *a, source=function.fast), by_numpy(function, *a), 1e-12)


@having("stacks")
def test_stacks_are_taken(function: Function) -> None:
    stack = np.stack([operands(function, *("symmetric", "posdef"), seed=seed)[0] for seed in range(3)])
    assert_close(by_numpy(function, stack), np.stack([by_numpy(function, a) for a in stack]), 1e-12)


@having("by_rows")
def test_rows_count_for_their_rows_alone(function: Function) -> None:
    (x,) = operands(function)
    assert_close(by_numpy(function, x)[1:], by_numpy(function, x[1:]), 1e-15)


@having("c")
@pytest.mark.quick_part(4)
def test_c_says_the_same(function: Function) -> None:
    sizes = {"m": 2, "n": 3}
    names = [mc.matrix(name, *sides) for name, sides in zip(function.operands, shapes(function, sizes), strict=True)]
    f = names[0] ** names[1] if function is POWER else function(*names)
    rng = np.random.default_rng(4)
    facts = ("symmetric", "posdef") if function.domain == "posdef" else (function.domain,)
    values = {name: sample(rng, *shape(x), *facts) for name, x in zip(function.operands, names, strict=True)}
    emitted = mc.emit(f, "compute", target="c", sizes={})
    got = emitted.compile()(*(values[name.rstrip("_")] for name in emitted.arguments))
    assert_close(np.reshape(got, shape(f)), value(f, values), 1e-12)
