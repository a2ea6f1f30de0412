"""Terms of sums, and branches, that NumPy broadcasts: scalars, and vectors in every row or column, are no arrays."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.lowering.selections import SELECTIONS
from matcalc.program.planner import Program
from matcalc.program.step import Step


def spread_in_sums(program: Program) -> frozenset[str]:
    """Values that are the same along an axis and are only added to, or chosen beside, arrays that are not."""
    found = {step.result for step in program.steps if is_spread(step)} - set(program.results)
    for step in program.steps:
        if not _broadcasts(step):
            found -= {*step.operands}
    few = {step.result for step in program.steps if is_sparse(step)}
    made = {step.result: step for step in program.steps}
    for step in program.steps:
        if _broadcasts(step) and found.union(few) >= {*step.operands} and not _covers(step, made):
            found -= {*step.operands}
    return frozenset(found)


def _covers(step: Step, made: Mapping[str, Step]) -> bool:
    """Whether the terms of a sum of more than two axes have all these axes together."""
    terms = [made[name] for name in step.operands if name in made and is_spread(made[name])]
    covered = {term.data[1].index(i) for term in terms for i in term.data[0]}
    return step.operation == "combine" and len(step.dims) > 2 and covered == set(range(len(step.dims)))


def _broadcasts(step: Step) -> bool:
    return step.operation == "combine" or (step.operation == "function" and step.data in SELECTIONS)


def is_spread(step: Step) -> bool:
    """Whether a value is a scalar everywhere, or a vector in every row or column: NumPy broadcasts these."""
    if step.operation != "embed" or len(set(step.data[1])) < len(step.data[1]):
        return False
    return not step.data[0] or len(step.data[1]) >= 2


def is_sparse(step: Step) -> bool:
    """Whether a value is zero but in few places."""
    return step.operation == "place" or (step.operation == "embed" and len(set(step.data[1])) < len(step.data[1]))
