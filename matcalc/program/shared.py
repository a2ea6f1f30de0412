"""Functions of one array that have an exponential in common: it is computed once.

logsumexp(x) and softmax(x) share exp(x - max(x)) and its sum; sigmoid(u), its slope and softplus(u) share exp(-|u|),
from which each is as accurate as it is alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from math import prod

from matcalc.function import Kernel, entrywise
from matcalc.functions import (
    ABS,
    EXP,
    LOG,
    LOG1P,
    LOGSUMEXP,
    ROWLOGSUMEXP,
    ROWSOFTMAX,
    SIGMOID,
    SOFTMAX,
    SOFTPLUS,
    TANH,
)
from matcalc.program.draft import Program
from matcalc.program.products import SIGMOID_SLOPE
from matcalc.program.step import Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import Dim

FEW = 128  # entries up to which a call costs more than an exponential of every entry
MANY = 1024  # entries from which calls cost nothing beside an exponential of every entry

UPPER = entrywise("upper_share", 2, numpy="np.maximum({v}, {u} >= 0.0)")  # of 1 and e, for sigmoid(u)
LOWER = entrywise("lower_share", 2, numpy="np.maximum({v}, {u} <= 0.0)")  # and for sigmoid(-u)
ABOVE = entrywise("above_zero", numpy="np.maximum({u}, 0.0)")
BELOW = entrywise("below_zero", numpy="np.minimum({u}, 0.0)")

SHARING = (SIGMOID, SIGMOID_SLOPE, SOFTPLUS)  # functions that share exp(-|u|)

_EXP_BELOW = '''
def _exp_below(x, largest):
    """exp(x - largest)."""
    e = x - largest
    return np.exp(e, out=e)
'''

MAX = Kernel("largest", "(n,1)->(1,1)", "largest entry", ("x",), numpy="np.maximum.reduce({x})", flops="4*n")
ROW_MAX = Kernel(
    "row_largest", "(m,n)->(m,1)", "largest entry of each row",
    numpy="np.maximum.reduce({X}, axis=1)", by_rows=True, flops="4*m*n",
)  # fmt: skip
EXP_BELOW = entrywise("exp_below", 2, numpy="_exp_below({u}, {v})\n" + _EXP_BELOW)
ROW_EXP_BELOW = Kernel(
    "row_exp_below", "(m,n),(m,1)->(m,n)", "exp of each row less a number", ("X", "t"),
    numpy="_exp_below({X}, {t}[:, None])\n" + _EXP_BELOW, by_rows=True, flops="4*m*n",
)  # fmt: skip

SOFT = (SOFTMAX, LOGSUMEXP), (ROWSOFTMAX, ROWLOGSUMEXP)

_1 = Fraction(1)


def with_shared_exponentials(program: Program, sizes: Mapping[str, int] | None) -> Program:
    """The program with what several functions of a value have in common computed once."""
    new: dict[str, list[Step]] = {}
    calls = [step for step in program.steps if step.operation == "function" and len(step.operands) == 1]
    calls.sort(key=lambda step: step.operands)
    for _, group in groupby(calls, key=lambda step: step.operands):
        steps = {step.data: step for step in group}
        for both in SOFT:
            if set(both) <= set(steps):
                new |= _soft(*(steps[function] for function in both))
    if sizes is not None:
        new |= _of_one_size(program, calls, sizes)
    return program._replace(steps=tuple(_in_place(program.steps, new))) if new else program


def _of_one_size(program: Program, calls: list[Step], sizes: Mapping[str, int]) -> dict[str, list[Step]]:
    """Functions of u or of -u, and tanh(softplus(u)), from exp(-|u|), where they are more than one."""
    opposite = _opposites(program)
    groups: dict[str, list[tuple[Step, bool]]] = {}
    for step in calls:
        if step.data in SHARING:
            u = step.operands[0]
            groups.setdefault(opposite.get(u, u), []).append((step, u in opposite))
    new: dict[str, list[Step]] = {}
    for u, found in groups.items():
        entries = prod(dim.at(sizes) for dim in found[0][0].dims)
        shared = SharedExponential(u, found[0][0].dims)
        soft = {step.result: negated for step, negated in found if step.data is SOFTPLUS}
        hyperbolic = [step for step in calls if step.data is TANH and step.operands[0] in soft]
        is_mixed = len({negated for _, negated in found}) > 1
        if entries < (MANY if is_mixed else FEW) or len(found) + len(hyperbolic) < 2:
            continue
        new |= {step.result: shared.steps(step, negated) for step, negated in found}
        new |= {step.result: shared.tanh_of_softplus(step, soft[step.operands[0]]) for step in hyperbolic}
    return new


def _opposites(program: Program) -> dict[str, str]:
    """Values that are other ones with the sign negated, by name, the later by the earlier."""
    found: dict[str, str] = {}
    sums: dict[tuple[object, ...], str] = {}
    for step in program.steps:
        if step.operation == "scale" and step.data == (-1, True, ()):
            found[step.result] = found.get(step.operands[0], step.operands[0])
        if step.operation == "combine":
            negated = sums.get((step.operands, tuple(-c for c in step.data)))
            if negated is not None:
                found[step.result] = negated
            sums[step.operands, step.data] = step.result
    return found


class SharedExponential:
    """Steps that make functions of one value u, or of -u, from e = exp(-|u|)."""

    def __init__(self, u: str, dims: tuple[Dim, ...]) -> None:
        self.dims = dims
        self.u = u
        self.places = tuple(range(len(dims)))
        self.size = self.made("size of", "function", ABS, u)
        self.less = self.made("minus size of", "scale", (-_1, True, ()), self.size.result)
        self.e = self.made("exp of minus size of", "function", EXP, self.less.result)
        self.exp = [self.size, self.less, self.e]
        self.q = self.made("one and exp of size", "combine", (_1, _1), self.e.result)

    def made(self, name: str, operation: Operation, data: object, *operands: str) -> Step:
        result = f"{name} {self.u}"
        return Step(result, operation, operands, data, self.dims, tuple(self.dims for _ in operands))

    def like(self, step: Step, operation: Operation, data: object, *operands: str) -> Step:
        """A step in the place of another one."""
        return Step(step.result, operation, operands, data, self.dims, tuple(self.dims for _ in operands))

    def quotient(self, step: Step, above: Step, below: Step) -> list[Step]:
        one_by = self.made(f"one by {below.result}", "power", -_1, below.result)
        data = (self.places, self.places, self.places)
        return [above, below, one_by, self.like(step, "product", data, above.result, one_by.result)]

    def shares(self, negated: bool) -> tuple[Step, Step]:
        """What stands above in sigmoid(u) and in sigmoid(-u), or the reverse: 1 and e, by the sign of u."""
        both = (
            self.made("upper share", "function", UPPER, self.u, self.e.result),
            self.made("lower share", "function", LOWER, self.u, self.e.result),
        )
        return both[::-1] if negated else both

    def steps(self, step: Step, negated: bool) -> list[Step]:
        """A function of u, or of -u where it is ``negated``."""
        if step.data is SIGMOID:
            return [*self.exp, *self.quotient(step, self.shares(negated)[0], self.q)]
        if step.data is SIGMOID_SLOPE:  # e/(1 + e)^2, which is even
            square = self.made("square of one and exp of size", "power", Fraction(2), self.q.result)
            return [*self.exp, self.q, *self.quotient(step, self.e, square)]
        log = self.made("log of one and exp of size", "function", LOG1P, self.e.result)
        part = BELOW if negated else ABOVE
        beside = self.made(part.name, "function", part, self.u)
        data = (_1, -_1 if negated else _1, Fraction(0))
        return [*self.exp, log, beside, self.like(step, "combine", data, log.result, beside.result)]

    def tanh_of_softplus(self, step: Step, negated: bool) -> list[Step]:
        """((a + b)^2 - b^2)/((a + b)^2 + b^2), where exp(u) is a/b with a and b in the shares of 1 and e."""
        a, b = self.shares(negated)
        whole = self.made("a + 2*b", "combine", (_1, Fraction(2), Fraction(0)), a.result, b.result)
        above = self.made("a*(a + 2*b)", "product", (self.places,) * 3, a.result, whole.result)
        square = self.made("b^2", "power", Fraction(2), b.result)
        below = self.made("a*(a + 2*b) + 2*b^2", "combine", (_1, Fraction(2), Fraction(0)), above.result, square.result)
        return [*self.exp, a, b, whole, above, square, *self.quotient(step, above, below)]


def _in_place(steps: Iterable[Step], new: Mapping[str, list[Step]]) -> Iterable[Step]:
    """Steps in the places of those they are for, each once."""
    made: set[str] = set()
    for step in steps:
        for part in new.get(step.result, [step]):
            if part.result not in made:
                made.add(part.result)
                yield part


def _soft(softmax: Step, logsumexp: Step) -> dict[str, list[Step]]:
    """top = max(x), e = exp(x - top) and s = sum(e); then e/s and top + log(s)."""
    (x,), (dims,) = softmax.operands, softmax.operand_dims
    rows = dims[:-1]
    by_row = len(dims) == 2
    top = Step(f"largest {x}", "function", (x,), ROW_MAX if by_row else MAX, rows, (dims,))
    e = Step(f"exp below {x}", "function", (x, top.result), ROW_EXP_BELOW if by_row else EXP_BELOW, dims, (dims, rows))
    s = Step(f"sum below {x}", "reduce", (e.result,), ((0, 1), (0,)) if by_row else ((0,), ()), rows, (dims,))
    log = Step(f"log of sum below {x}", "function", (s.result,), LOG, rows, (rows,))
    total = logsumexp._replace(
        operation="combine", operands=(top.result, log.result), data=(_1, _1, Fraction(0)), operand_dims=(rows, rows)
    )
    common = [top, e, s]
    if not by_row:
        share = softmax._replace(
            operation="scale", operands=(e.result, s.result), data=(_1, True, (-_1,)), operand_dims=(dims, ())
        )
        return {softmax.result: [*common, share], logsumexp.result: [*common, log, total]}
    below = Step(f"one by sum below {x}", "power", (s.result,), -_1, rows, (rows,))
    share = softmax._replace(
        operation="product", operands=(e.result, below.result), data=((0, 1), (0,), (0, 1)), operand_dims=(dims, rows)
    )
    return {softmax.result: [*common, below, share], logsumexp.result: [*common, log, total]}
