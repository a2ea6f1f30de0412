"""Terms of sums that are no arrays by themselves: what is zero but in few places, what is the same along an axis, and
outer products that are added in one matrix product.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from matcalc.emission.source import subscript
from matcalc.emission.tensors import groups_of
from matcalc.program.planner import Program
from matcalc.program.step import Step, is_syrk


class Terms(NamedTuple):
    """``sparse`` are values that are zero but in few places, ``spread`` the same along an axis; ``outer`` are outer
    products that are added together, by the sum that they are terms of; ``updates`` are products A*A' by the sum with
    another matrix of which only Cholesky factors are wanted. All but what is spread are used in one sum alone.
    """

    sparse: frozenset[str]
    spread: frozenset[str]
    outer: dict[str, tuple[str, ...]]
    updates: dict[str, str]


def unformed(program: Program) -> Terms:
    """The values of a program that are not formed."""
    steps = {step.result: step for step in program.steps}
    uses = Counter(o for step in program.steps for o in step.operands) + Counter(program.results)
    sparse: set[str] = set()
    spread = _spread_in_sums(program)
    outer: dict[str, tuple[str, ...]] = {}
    updates: dict[str, str] = {}
    factored = {s.operands[0] for s in program.steps if s.operation == "factor" and s.data == "cholesky"}
    is_inverted = any(step.operation in ("factor", "inverse") for step in program.steps)  # symmetry counts, to rounding
    for step in program.steps:
        if step.operation != "combine":
            continue
        own = {o: steps[o] for o in step.operands if o in steps and uses[o] == 1}
        terms = tuple(
            o for c, o in zip(step.data, step.operands, strict=False) if c == 1 and o in own and groups_of([own[o]])
        )
        if len(terms) > 1 and not (is_inverted and len(step.dims) == 2) and groups_of([own[o] for o in terms]):
            outer[step.result] = terms
        squares = [o for o, made in own.items() if made.operation == "product" and is_syrk(made)]
        is_update = len(step.operands) == 2 and step.data == (1, 1, 0)
        few = {o for o, made in own.items() if is_sparse(made)}
        same = spread & {*step.operands}
        if is_update and squares and not few and not same and uses[step.result] == 1 and step.result in factored:
            updates[step.result] = squares[0]
        if not step.data[-1]:
            sparse |= few
    return Terms(frozenset(sparse), spread, outer, updates)


def _spread_in_sums(program: Program) -> frozenset[str]:
    """Values that are the same along an axis and are only added, each time to an array that is not."""
    found = {step.result for step in program.steps if _is_spread(step)} - set(program.results)
    for step in program.steps:
        if step.operation != "combine":
            found -= {*step.operands}
    few = {step.result for step in program.steps if is_sparse(step)}
    for step in program.steps:
        if step.operation == "combine" and found.union(few) >= {*step.operands}:
            found -= {*step.operands}
    return frozenset(found)


def is_sparse(step: Step) -> bool:
    """Whether a value is zero but in few places."""
    return step.operation == "place" or (step.operation == "embed" and len(set(step.data[1])) < len(step.data[1]))


def _is_spread(step: Step) -> bool:
    """Whether a value is a scalar everywhere, or a vector in every row or column: NumPy broadcasts these."""
    if step.operation != "embed" or len(set(step.data[1])) < len(step.data[1]):
        return False
    return not step.data[0] or len(step.data[1]) == 2


def place(name: str, step: Step) -> str:
    """The entries of an array at which a sparse term stands."""
    indices, out = step.data
    if out == (0, 0):
        return f"{name}.flat[:: len({name}) + 1]"
    free = tuple(i for i in dict.fromkeys(out) if i not in indices)
    return f'np.einsum("{subscript(out)}->{subscript((*free, *indices))}", {name})[...]'
