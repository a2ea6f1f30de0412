"""No array of a program is larger than the largest argument, result, or value that a function is taken of."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

import matcalc as mc
from benchmarks import adapter
from benchmarks.problems import PROBLEMS, Problem
from matcalc.emission.broadcasting import spread_in_sums
from matcalc.emission.memory import outer_dims
from matcalc.emission.refined import refined
from matcalc.emission.terms import unformed
from matcalc.parts import variables
from matcalc.plans.plan import Plan
from matcalc.program.planner import Program
from matcalc.program.shared import with_shared_exponentials
from matcalc.program.step import VIEWS, Step
from matcalc.shape import Dim
from tests.test_fast_programs import DECLARED

REGIMES = [
    {"m": 2000, "n": 30, "k": 4},
    {"m": 30, "n": 2000, "k": 4},
    {"m": 300, "n": 300, "k": 300},
    {"m": 200, "n": 20, "k": 2000},
]
FORMULAS = [
    "norm2(A*x - b)^2", "sum((A*x).^2)*norm2(x)", "norm2(X - Y*W')^2", "logdet(S + U*U')", "log(det(Q'*Q + S))",
    "tr(inv(S + U*U')*Q)", "x'*Q*x/(x'*x)", "sum(exp(-x.^2))", "norm2(kron(x,b))^2", "tr(Q*diag(x)*Q')",
    "sum(log(1 + exp(A*x)))", "sum(log(1 + exp(A*W)))", "norm2(X*W - Y)^2 + norm2(W)^2", "(x'*v)^3",
    "norm2(x*v' - Q)^2",
    "sum(X*W)", "tr(A*Q*A')", "x'*inv(S)*x", "tr(U*U'*Q*U*U')", "sum(sum(rowsoftmax(X*W).*Y))", "norm2(U*W'*x - v)^2",
    "x[1]*norm2(A*x)^2", "tr(X[1:2,:]*Q*X[1:2,:]')",
]  # fmt: skip


def is_function(step: Step) -> bool:
    """Whether a step is no polynomial of its operands: a function, a reciprocal, a root."""
    return step.operation == "function" or (step.operation == "power" and (step.data < 0 or step.data.denominator != 1))


def assert_bounded(program: Program, sizes: Mapping[str, int], *, formed: bool) -> None:
    def size(dims: tuple[Dim, ...]) -> int:
        return math.prod(dim.at(sizes) for dim in dims)

    taken = {dims for step in program.steps if is_function(step) for dims in step.operand_dims}
    bound = max(map(size, outer_dims(program) | taken))
    apart = unformed(program)
    hidden = {*apart.sparse, *spread_in_sums(program), *apart.updates.values()}.union(*apart.outer.values())
    for step in program.steps:
        if step.operation not in VIEWS and (formed or step.result not in hidden):
            assert size(step.dims) <= bound, step


def check(results: Mapping[str, mc.Expr], sizes: Mapping[str, int]) -> None:
    known = {name: sizes[name] for name in Plan(results, "reverse", None).symbols}
    for regime in Plan(results, "optimal", known, for_speed=True).regimes:
        assert_bounded(regime.program, known, formed=True)
        assert_bounded(refined(with_shared_exponentials(regime.program, known), known), known, formed=False)


@pytest.mark.parametrize("formula", FORMULAS)
def test_derivatives_of_formulas(formula: str) -> None:
    f = mc.parse(formula, DECLARED)
    for x in sorted(variables(f), key=str):
        derivatives = [mc.gradient(f, x), *([mc.hessian(f, x)] if Dim.of(1) in x.shape else [])]
        for derivative in derivatives:
            for sizes in REGIMES:
                check({"value": f, "derivative": derivative}, sizes)


@pytest.mark.parametrize("problem", PROBLEMS, ids=[problem.name for problem in PROBLEMS])
def test_problems_of_the_benchmark(problem: Problem) -> None:
    for at in problem.sizes:
        spec = problem.spec(at)
        declared, f = adapter._read(spec)
        results, _ = adapter._asked(spec["kind"], f, [declared[name] for name in spec["wrt"]], declared)
        check(results, spec["dims"])


def test_what_needs_more_is_told() -> None:
    f = mc.parse("sum(log(1 + exp(A*W)))", DECLARED)
    assert "May hold arrays of m×k: softplus is taken of one." in mc.emit(f).source
    assert "Holds arrays of m×k" in mc.emit(f, sizes={"m": 200, "n": 20, "k": 2000}).source
    assert "old arrays" not in mc.emit(f, sizes={"m": 200, "n": 2000, "k": 20}).source
