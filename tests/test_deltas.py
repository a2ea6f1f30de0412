"""No array of a sum of deltas, such as eye(m^2) + K(m,m), is made where it is a factor of a product."""

from __future__ import annotations

import math
import re
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from matcalc.plans.plan import Plan
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.shape import Dim
from tests.numerics import Values, assert_close, at_random, quotients, value

DISTANCES = "D where D = diag(X*X')*ones(m)' + ones(m)*diag(X*X')' - 2*X*X'"
WHERE = "X: m×n, Y: m×m, W: m×m, S: n×n symmetric, A: p×m, B: m×q, a: m, b: m, c: scalar positive"
HESSIANS = [
    *["sum(exp(X*X'))", "sum(tanh(X*X'))", "sum(log(1 + exp(X*X')))", "sum(sigmoid(X'*X))", "sum(cos(X*S*X'))"],
    *[
        f"sum({f})" + DISTANCES[1:]
        for f in ("1./(ones(m,m) + D)", "1./(eye(m) + D)", "exp(-c*D)", "sqrt(c*ones(m,m) + D).*Y")
    ],
    *["logdet(eye(m) + X*X')", "logdet(eye(n) + X'*X)", "tr(X*X'*X*X')", "norm2(X*X' - Y)^2", "a'*exp(X*X')*b"],
    *["sum((X*X' - Y).^4)", "sum(X*X'*Y.*(X*X'))", "logsumexp(X*X'*a)", "a'*inv(eye(m) + X*X')*b"],
    *["sum(exp(W + W'))", "sum(exp(W*W))", "tr(W*W*W)", "sum((W*W').^3.*Y)", "tr(exp(W)*W*exp(W'))"],
]
JACOBIANS = [
    *["X*X'", "X'*X", "X*S*X'", "A*X*X'*B", "X*X'*X", "exp(X*X')", "(X*X').^2", "tanh(X*X')*X", "Y*X*X' + X*X'*Y"],
    *["inv(eye(m) + X*X')", "exp(-c*D)" + DISTANCES[1:], "W + W'", "W*W", "W.*W'", "W*Y + Y*W'"],
    "kron(W, a) + kron(W', a)",
]  # fmt: skip
CASES = [*(("hessian", f) for f in HESSIANS), *(("jacobian", f) for f in JACOBIANS)]
for_each_case = pytest.mark.parametrize(("kind", "formula"), CASES, ids=[f"{kind} of {f}"[:50] for kind, f in CASES])

# Texts in which such a sum is a factor: with what it multiplies on either side, and sums of several.
TEXTS = [
    "(eye(m^2) + K(m,m))*kron(X, eye(m))", "kron(X', eye(m))*(eye(m^2) + K(m,m))*diag(vec(W))*kron(X, eye(m))",
    "(eye(m^2) + K(m,m))*vec(W)", "vec(W)'*(eye(m^2) - K(m,m))", "(2*eye(m^2) - 3*K(m,m))*kron(W, Y)",
    "(eye(m^2) + K(m,m))*(eye(m^2) + K(m,m))*kron(X, eye(m))", "(eye(m) + diag(a))*B",
    "B'*(diag(b) + 2*eye(m) - diag(a))",
    "(diag(vec(W)) + K(m,m))*kron(X, a)", "K(m,n)*vec(X)",
]  # fmt: skip
SIZES = {"m": 13, "n": 2, "p": 3, "q": 2}
SMALL = {"m": 4, "n": 3, "p": 2, "q": 2}


@lru_cache
def derived(kind: str, formula: str) -> tuple[mc.Expr, mc.Expr, mc.Expr]:
    declared = parse_where(WHERE)
    f = mc.parse(formula, declared)
    x = declared["X" if re.search(r"\bX\b", formula) else "W"]
    return f, x, mc.hessian(f, x) if kind == "hessian" else mc.jacobian(f, x)


def entries(dims: Iterable[Dim], sizes: Mapping[str, int]) -> int:
    return math.prod(dim.at(sizes) for dim in dims)


def programs(result: mc.Expr, *modes: str) -> Iterator[Program]:
    """For all sizes and for some, for speed and for few multiplications."""
    for sizes in (None, SIZES):
        known = sizes and {name: sizes[name] for name in Plan({"jacobian": result}, "reverse", None).symbols}
        for mode in modes:
            for for_speed in (False, True):
                plan = Plan({"jacobian": result}, mode, known, for_speed=for_speed)
                yield from (regime.program for regime in plan.regimes)


def sums_of_deltas(program: Program) -> list[Step]:
    """Steps that add up arrays of deltas alone, other than those asked for."""
    deltas = {step.result for step in program.steps if step.operation == "embed" and step.operands == ("1",)}
    summed = [step for step in program.steps if step.operation == "combine" and deltas.issuperset(step.operands)]
    return [step for step in summed if step.result not in program.results]


def largest_allowed(result: mc.Expr, sizes: Mapping[str, int]) -> int:
    arguments = [entries(v.shape, sizes) for v in variables(result)]
    return max(entries(result.shape, sizes), *arguments, sizes["m"] ** 2 * sizes["n"] ** 2)


def assert_bounded(result: mc.Expr) -> None:
    for program in programs(result, "forward", "reverse"):
        assert not sums_of_deltas(program), program.steps
    for program in programs(result, "optimal"):
        assert not sums_of_deltas(program), program.steps
        for step in program.steps:
            assert entries(step.dims, SIZES) <= largest_allowed(result, SIZES), (step, program.steps)


@for_each_case
@pytest.mark.quick_part(5)
def test_no_array_is_larger_than_the_result(kind: str, formula: str) -> None:
    assert_bounded(derived(kind, formula)[2])


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_computed_without_its_sums_of_deltas(text: str) -> None:
    formula = mc.parse(text, parse_where(WHERE))
    assert_bounded(formula)
    values = at_random(formula, sizes=SMALL)
    assert_close(value(formula, values, SMALL), by_hand(text, values), 1e-12, text)


def by_hand(text: str, values: Values) -> np.ndarray:
    """The text with NumPy's dense arrays for all that it names."""
    names = {
        "K": commutation, "eye": np.eye, "kron": np.kron, "vec": lambda a: a.reshape(-1, 1, order="F"),
        "diag": lambda a: np.diag(a.ravel()), "m": SMALL["m"], "n": SMALL["n"],
    }  # fmt: skip
    source = re.sub(r"([\w)])'", r"\1.T", text).replace("*", "@").replace("^", "**")
    return np.asarray(eval(re.sub(r"\b(\d)@", r"\1*", source), {"__builtins__": {}}, {**names, **values}))


def commutation(rows: int, cols: int) -> np.ndarray:
    """K(m,n) with K(m,n)*vec(A) = vec(A') for A of m×n."""
    made = np.zeros((rows * cols, rows * cols))
    for i in range(rows):
        for j in range(cols):
            made[i * cols + j, j * rows + i] = 1.0
    return made


@for_each_case
@pytest.mark.quick_part(5)
def test_values_are_those_of_difference_quotients(kind: str, formula: str) -> None:
    f, x, derivative = derived(kind, formula)
    base = mc.gradient(f, x) if kind == "hessian" else f
    values = at_random(base, x, derivative, sizes=SMALL)
    values = {name: a * 0.4 if name in ("X", "W") else a for name, a in values.items()}
    wanted = quotients(base, x, values, SMALL)
    assert_close(value(derivative, values, SMALL), wanted, 1e-6)
    back = mc.parse(str(derivative), parse_where(WHERE))
    assert_close(value(back, values, SMALL), wanted, 1e-6)
    for style in ("readable", "fast"):
        emitted = mc.emit({"d": derivative}, style=style, arguments=sorted(variables(derivative), key=str))
        got = emitted.compile()(*[np.squeeze(values[name]) for name in emitted.variables])
        assert_close(np.reshape(got, wanted.shape), wanted, 1e-6, emitted.source)


@for_each_case
@pytest.mark.quick_part(5)
def test_an_operator_holds_no_matrix_of_its_size(kind: str, formula: str) -> None:
    _, x, derivative = derived(kind, formula)
    emitted = mc.emit({"d": derivative}, operators=["d"], arguments=[x])
    m = 16
    sizes = {"m": m, "n": 3, "p": 3, "q": 2}
    values = at_random(derivative, x, sizes=sizes)
    values = {name: a * 0.1 if name in ("X", "W") else a for name, a in values.items()}
    dense = value(derivative, values, sizes)
    given = [np.squeeze(values[name]) for name in emitted.variables]
    right, left = (np.linspace(-1, 1, side) for side in dense.shape[::-1])
    run = emitted.compile()
    run(*given) @ right
    tracemalloc.start()
    operator = run(*given)
    product = operator @ right
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_close(product, dense @ right, 1e-9, emitted.source)
    assert_close(operator.T @ left, dense.T @ left, 1e-9, emitted.source)
    if "kron" not in formula:  # in which m^2 is one axis on one side, and two on the other
        assert peak < 8 * (m**2 * 12 + sum(dense.shape) * 6) + 1e5, emitted.source
