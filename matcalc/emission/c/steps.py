"""What C needs to know of steps: which are read at all, and which go over entries one by one."""

from __future__ import annotations

from matcalc.program.planner import Program
from matcalc.program.step import Step


def needed_steps(program: Program) -> list[Step]:
    """The steps whose values are read: of some operands a function in C needs the sizes alone."""
    read, kept = {*program.results}, []
    for step in reversed(program.steps):
        if step.result in read:
            kept.append(step)
            read.update(name for k, name in enumerate(step.operands) if _reads(step, k))
    return kept[::-1]


def _reads(step: Step, k: int) -> bool:
    """Whether the text of a step in C has its operand of this number."""
    if step.operation != "function" or step.data.elementwise or not step.data.c:
        return True
    return ("{x}", "{u}")[k] in step.data.c


def is_entrywise(step: Step) -> bool:
    """Whether each entry of the result comes from the operands' entries at the same place, and from numbers."""
    if step.operation == "function":
        return bool(step.data.elementwise and step.data.c)
    if step.operation == "product":
        left, right, out = step.data
        return len(set(out)) == len(out) and {left, right} <= {(), out}
    return step.operation in ("power", "combine", "scale")


def is_sum(step: Step) -> bool:
    """Whether a step adds up all entries, or all products of entries at the same places."""
    if step.operation not in ("reduce", "product"):
        return False
    *operands, out = step.data
    return out == () and len(set(operands)) == 1 and len(set(operands[0])) == len(operands[0])
