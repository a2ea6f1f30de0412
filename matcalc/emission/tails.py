"""The last steps that make a large matrix, entry by entry: sums, scalings and outer products, as in a Hessian."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matcalc.emission.terms import unformed
from matcalc.program.planner import Program
from matcalc.program.step import Step


def goes_by_entries(step: Step) -> bool:
    """Whether each entry of the result is made of the entries at its place."""
    if step.operation == "function":
        return bool(step.data.elementwise) and step.data.abstract is None
    return step.operation in ("power", "combine", "scale")


def tail(program: Program, name: str) -> tuple[dict[str, int], dict[str, Step]]:
    """The steps of the tail that ends with a matrix, and of what it reads by rows the axis of these.

    What is read in another way too, as x in x*x', is not read by rows: then a step stands before the tail.
    """
    steps = {step.result: step for step in program.steps}
    uses = Counter(o for step in program.steps for o in step.operands) + Counter(program.results)
    sparse = unformed(program).sparse
    axes: dict[str, int] = {name: 0}
    whole: set[str] = set()
    found: set[str] = set()
    stack = [name]
    while stack:
        step = steps.get(stack.pop())
        if step is None or not _can_stand(step) or sparse.intersection(step.operands):
            continue
        read = list(_read(step, axes[step.result]))
        by_rows = dict(read)
        others = set(step.operands) - set(by_rows)
        is_one_way = len(by_rows) == len(set(read)) and not others & axes.keys() and not whole & by_rows.keys()
        if not is_one_way or any(axes.get(o, axis) != axis for o, axis in read) or _is_read_twice(step, by_rows):
            continue
        found.add(step.result)
        axes.update(by_rows)
        whole |= others
        stack += [o for o in by_rows if uses[o] == 1 and o in steps and len(steps[o].dims) == 2]
    return axes, {step.result: step for step in program.steps if step.result in found}


def _can_stand(step: Step) -> bool:
    if step.operation == "product":
        left, right, out = step.data
        return len(out) == 2 and set(out) == {*left, *right} and len(set(out)) == 2
    return goes_by_entries(step)


def _read(step: Step, axis: int) -> Iterator[tuple[str, int]]:
    """The operands that are read along an axis of the result, each with its own."""
    if step.operation != "product":
        yield from ((o, axis) for o, dims in zip(step.operands, step.operand_dims, strict=True) if len(dims) == 2)
        return
    index = step.data[2][axis]
    for name, places in zip(step.operands, step.data[:2], strict=True):
        if index in places:
            yield name, places.index(index)


def _is_read_twice(step: Step, by_rows: dict[str, int]) -> bool:
    """Whether a product reads one operand along both axes."""
    if step.operation != "product" or step.operands[0] != step.operands[1]:
        return False
    left, right, _ = step.data
    return bool(left != right and by_rows)
