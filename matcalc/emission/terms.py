"""Terms of sums that are no arrays by themselves: what is zero but in few places, and outer products that are added in
one matrix product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matcalc.emission.broadcasting import is_sparse, spread_in_sums
from matcalc.emission.source import subscript
from matcalc.emission.tensors import groups_of
from matcalc.program.planner import Program
from matcalc.program.step import Step, is_syrk
from matcalc.records import NamedTuple


class Terms(NamedTuple):
    """``sparse`` are values that are zero but in few places; ``outer`` are outer products that are added together, by
    the sum that they are terms of; ``updates`` are products A*A' by the sum with another matrix of which only Cholesky
    factors are wanted. All are used in one sum alone.
    """

    sparse: frozenset[str]
    outer: dict[str, tuple[str, ...]]
    updates: dict[str, str]


def unformed(program: Program) -> Terms:
    """The values of a program that are not formed."""
    steps = {step.result: step for step in program.steps}
    uses = Counter(o for step in program.steps for o in step.operands) + Counter(program.results)
    sparse: set[str] = set()
    spread = spread_in_sums(program)
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
    return Terms(frozenset(sparse), outer, updates)


def place(name: str, step: Step) -> str:
    """The entries of an array at which a sparse term stands."""
    indices, out = step.data
    if out == (0, 0):
        return f"{name}.flat[:: len({name}) + 1]"
    free = tuple(i for i in dict.fromkeys(out) if i not in indices)
    return f'np.einsum("{subscript(out)}->{subscript((*free, *indices))}", {name})[...]'


def is_with_transpose(step: Step, steps: Mapping[str, Step]) -> bool:
    """Whether a sum is a matrix and its transpose."""
    if step.data != (1, 1, 0) or len(step.dims) != 2:
        return False
    matrix, other = step.operands
    turned = steps.get(other)
    return turned is not None and turned.operation == "permute" and turned.operands == (matrix,)
