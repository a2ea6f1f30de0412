"""Why emitted code holds an array that is larger than its arguments and its results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.program.planner import Program
from matcalc.program.polynomial import entries
from matcalc.program.step import Step
from matcalc.shape import Dim

Dims = tuple[Dim, ...]


def outer_dims(program: Program) -> set[Dims]:
    """The dimensions of arguments and results."""
    results = {step.dims for step in program.steps if step.result in program.results}
    return {(), *(leaf.dims for leaf in program.leaves.values()), *results}


def taken_whole(program: Program, sizes: Mapping[str, int] | None) -> Step | None:
    """A function that is taken of an array that is larger than every argument and result; without sizes, may be.

    Products alone never need such an array: their order is chosen so.
    """
    outer = outer_dims(program)
    taken = (step for step in program.steps if step.operation == "function")
    return next((step for step in taken if _exceeds(step.operand_dims, outer, sizes)), None)


def _exceeds(some: Iterable[Dims], others: Iterable[Dims], sizes: Mapping[str, int] | None) -> bool:
    bounds = [entries(dims) for dims in others]
    for dims in some:
        size = entries(dims)
        if sizes is not None and size.at(sizes) > max(bound.at(sizes) for bound in bounds):
            return True
        if sizes is None and not any(size == bound or size.never_exceeds(bound) for bound in bounds):
            return True
    return False


def reason(program: Program, sizes: Mapping[str, int] | None) -> str:
    """A sentence for the documentation of a function; empty where there is nothing to say."""
    step = taken_whole(program, sizes)
    if step is None:
        return ""
    dims = max(step.operand_dims, key=len)
    name = step.data.name.replace("_", " ")
    return f"{'May hold' if sizes is None else 'Holds'} arrays of {'×'.join(map(str, dims))}: {name} is taken of one."
