"""What blocks of samples make together besides sums: extremes, norms and sums of exponentials, without overflow.

A softmax needs the sum of all exponentials, and a mask of the largest entry needs the largest one. Both are written by
these, which a pass finds, and by what is left to do for each sample, which stands in the next pass.
"""

from __future__ import annotations

from itertools import count

from matcalc.function import Kernel
from matcalc.functions import EQUALS, EXP, FUNCTIONS, LOGSUMEXP, MAX, MIN, ROWLOGSUMEXP, ROWSOFTMAX, SOFTMAX
from matcalc.program.draft import Program
from matcalc.program.squares import NORM
from matcalc.program.step import Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import Dim

_MAXMASK, _ROWMAX, _ROWMIN, _ROWMAXMASK = (FUNCTIONS[f] for f in ("maxmask", "rowmax", "rowmin", "rowmaxmask"))
_0, _1 = Fraction(0), Fraction(1)

SUM = "np.add"
_OF_ALL: dict[Kernel, str] = {MAX: "np.maximum", MIN: "np.minimum", NORM: "np.hypot", LOGSUMEXP: "np.logaddexp"}
_OF_ROWS: dict[Kernel, str] = {_ROWMAX: "np.maximum", _ROWMIN: "np.minimum", ROWLOGSUMEXP: "np.logaddexp"}
# Functions that are written by one over all samples: that one, and whether it goes along rows.
_BY_ALL: dict[Kernel, tuple[Kernel, bool]] = {
    SOFTMAX: (LOGSUMEXP, False),
    ROWSOFTMAX: (ROWLOGSUMEXP, True),
    _MAXMASK: (MAX, False),
    _ROWMAXMASK: (_ROWMAX, True),
}


def joined_by(step: Step, axis: int) -> str:
    """What makes a value from those of two blocks, where the operand has the samples on this axis; else nothing."""
    if step.operation in ("product", "reduce"):
        return SUM
    if step.operation != "function":
        return ""
    return _OF_ALL.get(step.data) or (_OF_ROWS.get(step.data, "") if axis == 1 else "")


def with_pooled(program: Program, samples: Dim) -> Program:
    """The program, with functions that need all samples written by what blocks make together."""
    wholes = {(step.data, step.operands): step for step in program.steps if step.operation == "function"}
    taken = {*program.leaves, *(step.result for step in program.steps)}
    made: dict[str, Step] = {}
    for step in program.steps:
        if _needs_all(step, samples):
            whole, by_rows = _BY_ALL[step.data]
            kept = step.operand_dims[0][: int(by_rows)]
            key = (whole, step.operands)
            if key not in wholes:
                wholes[key] = _new(taken, "function", step.operands, whole, kept, step.operand_dims)
            made[wholes[key].result] = wholes[key]
            made.update((one.result, one) for one in _Parts(step, wholes[key], taken).steps)
        else:
            made[step.result] = step
    return program._replace(steps=tuple(made.values()))


def _needs_all(step: Step, samples: Dim) -> bool:
    """Whether a step is a function that another one of all samples writes."""
    if step.operation != "function" or step.data not in _BY_ALL:
        return False
    dims = step.operand_dims[0]
    return samples in (dims[1:] if _BY_ALL[step.data][1] else dims)


def _new(
    taken: set[str], operation: Operation, operands: tuple[str, ...], data: object,
    dims: tuple[Dim, ...], operand_dims: tuple[tuple[Dim, ...], ...],
) -> Step:  # fmt: skip
    """A step whose result has a name of its own."""
    name = next(name for k in count(1) if (name := f"t{k}") not in taken)
    taken.add(name)
    return Step(name, operation, operands, data, dims, operand_dims)


class _Parts:
    """The steps that write a function of X by a value of all samples, or of each row of them."""

    def __init__(self, step: Step, whole: Step, taken: set[str]) -> None:
        self.step, self.whole, self.taken = step, whole, taken
        self.steps: list[Step] = []
        (x,), (dims,) = step.operands, step.operand_dims
        self.dims = {x: dims, whole.result: whole.dims}
        self.axes = tuple(range(len(dims)))
        self.own = self.axes[: len(whole.dims)]
        spread = self.make("embed", (whole.result,), (self.own, self.axes), dims)
        less = self.make("combine", (x, spread), (_1, -_1, _0), dims)
        if whole.data in (LOGSUMEXP, ROWLOGSUMEXP):
            self.end("function", (less,), EXP)
        else:
            self.share(self.make("function", (less,), EQUALS, dims))

    def share(self, mask: str) -> None:
        """What is 1 in some places, divided by how many these are."""
        number = self.make("reduce", (mask,), (self.axes, self.own), self.whole.dims)
        if self.own:
            each = self.make("power", (number,), -_1, self.whole.dims)
            self.end("product", (mask, each), (self.axes, self.own, self.axes))
        else:
            self.end("scale", (mask, number), (_1, True, (-_1,)))

    def make(self, operation: Operation, operands: tuple[str, ...], data: object, dims: tuple[Dim, ...]) -> str:
        shapes = tuple(self.dims[o] for o in operands)
        step = _new(self.taken, operation, operands, data, dims, shapes)
        self.dims[step.result] = dims
        self.steps.append(step)
        return step.result

    def end(self, operation: Operation, operands: tuple[str, ...], data: object) -> None:
        shapes = tuple(self.dims[o] for o in operands)
        self.steps.append(Step(self.step.result, operation, operands, data, self.step.dims, shapes))
