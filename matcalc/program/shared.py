"""Functions of one array that have an exponential in common: it is computed once.

logsumexp(x) and softmax(x) share exp(x - max(x)) and its sum; sigmoid(u), its slope and softplus(u) share exp(-|u|),
from which each is as accurate as it is alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from math import prod

from matcalc.expr import Function
from matcalc.functions import FUNCTIONS, POWER
from matcalc.program.draft import Program
from matcalc.program.step import Step

FEW = 128  # entries up to which a call costs more than an exponential of every entry

EXP_OF_SIZE = replace(FUNCTIONS["exp"], name="exp_of_size", numpy="np.exp(-np.abs({u}))")

FROM_EXP_OF_SIZE: Mapping[str, Function] = {
    "sigmoid": replace(POWER, name="sigmoid_from", numpy="np.maximum({v}, {u} >= 0.0) / ({v} + 1.0)"),
    "sigmoid_slope": replace(POWER, name="slope_from", numpy="{v} / np.square({v} + 1.0)"),
    "softplus": replace(POWER, name="softplus_from", numpy="np.log1p({v}) + np.maximum({u}, 0.0)"),
}

_EXP_BELOW = '''
def _exp_below(x, largest):
    """exp(x - largest)."""
    e = x - largest
    return np.exp(e, out=e)
'''

MAX = replace(FUNCTIONS["logsumexp"], name="largest", numpy="np.maximum.reduce({x})")
ROW_MAX = replace(FUNCTIONS["rowlogsumexp"], name="row_largest", numpy="np.maximum.reduce({X}, axis=1)")
EXP_BELOW = replace(POWER, name="exp_below", numpy="_exp_below({u}, {v})\n" + _EXP_BELOW)
ROW_EXP_BELOW = replace(
    FUNCTIONS["rowsoftmax"], name="row_exp_below", signature="(m,n),(m,1)->(m,n)", operands=("X", "t"),
    numpy="_exp_below({X}, {t}[:, None])\n" + _EXP_BELOW,
)  # fmt: skip

SOFT = ("softmax", "logsumexp"), ("rowsoftmax", "rowlogsumexp")

_1 = Fraction(1)


def with_shared_exponentials(program: Program, sizes: Mapping[str, int] | None) -> Program:
    """The program with what several functions of a value have in common computed once."""
    new: dict[str, list[Step]] = {}
    calls = [step for step in program.steps if step.operation == "function" and len(step.operands) == 1]
    calls.sort(key=lambda step: step.operands)
    for _, group in groupby(calls, key=lambda step: step.operands):
        steps = {step.data.name: step for step in group}
        for names in SOFT:
            if set(names) <= set(steps):
                new |= _soft(*(steps[name] for name in names))
        found = [steps[name] for name in FROM_EXP_OF_SIZE if name in steps]
        if len(found) > 1 and sizes is not None and prod(dim.at(sizes) for dim in found[0].dims) >= FEW:
            new |= _from_exp_of_size(found)
    return replace(program, steps=tuple(_in_place(program.steps, new))) if new else program


def _in_place(steps: Iterable[Step], new: Mapping[str, list[Step]]) -> Iterable[Step]:
    """Steps in the places of those they are for, each once."""
    made: set[str] = set()
    for step in steps:
        for part in new.get(step.result, [step]):
            if part.result not in made:
                made.add(part.result)
                yield part


def _from_exp_of_size(found: list[Step]) -> dict[str, list[Step]]:
    first = found[0]
    (u,), (dims,) = first.operands, first.operand_dims
    common = Step(f"exp of size {u}", "function", (u,), EXP_OF_SIZE, dims, (dims,))
    return {
        step.result: [
            common,
            replace(
                step, data=FROM_EXP_OF_SIZE[step.data.name], operands=(u, common.result), operand_dims=(dims, dims)
            ),
        ]
        for step in found
    }


def _soft(softmax: Step, logsumexp: Step) -> dict[str, list[Step]]:
    """top = max(x), e = exp(x - top) and s = sum(e); then e/s and top + log(s)."""
    (x,), (dims,) = softmax.operands, softmax.operand_dims
    rows = dims[:-1]
    by_row = len(dims) == 2
    top = Step(f"largest {x}", "function", (x,), ROW_MAX if by_row else MAX, rows, (dims,))
    e = Step(f"exp below {x}", "function", (x, top.result), ROW_EXP_BELOW if by_row else EXP_BELOW, dims, (dims, rows))
    s = Step(f"sum below {x}", "reduce", (e.result,), ((0, 1), (0,)) if by_row else ((0,), ()), rows, (dims,))
    log = Step(f"log of sum below {x}", "function", (s.result,), FUNCTIONS["log"], rows, (rows,))
    total = replace(
        logsumexp, operation="combine", operands=(top.result, log.result), data=(_1, _1, Fraction(0)),
        operand_dims=(rows, rows),
    )  # fmt: skip
    common = [top, e, s]
    if not by_row:
        share = replace(
            softmax, operation="scale", operands=(e.result, s.result), data=(_1, True, (-_1,)), operand_dims=(dims, ())
        )
        return {softmax.result: [*common, share], logsumexp.result: [*common, log, total]}
    below = Step(f"one by sum below {x}", "power", (s.result,), -_1, rows, (rows,))
    share = replace(
        softmax, operation="product", operands=(e.result, below.result), data=((0, 1), (0,), (0, 1)),
        operand_dims=(dims, rows),
    )  # fmt: skip
    return {softmax.result: [*common, below, share], logsumexp.result: [*common, log, total]}
