"""Row passes: the steps of a program that go over tall arrays row by row, so that a loop over blocks can hold them.

Axes that an operation ties to each other (those of an elementwise operation, those of one index of a product) are one
class. For a class, a step can stand in the loop where each of its operands has at most one axis of it; a sum over that
axis adds up over the blocks, and what needs the sum comes after the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from matcalc.emission import terms
from matcalc.emission.broadcasting import is_spread, spread_in_sums
from matcalc.emission.tails import goes_by_entries, tail
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim

LARGE = 1 << 18  # entries of an array that leaves the cache: 2 MB
BLOCK = 96 * 1024  # entries of a block of rows: 768 KB
LONGEST_BLOCK = 8192  # rows, of arrays with few columns
SHORTEST_BLOCK = 32

Axis = tuple[str, int]


class RowPass(NamedTuple):
    """Steps before, inside and after a loop over ``dim``, ``block`` rows at a time.

    ``sliced`` are the arrays from outside that the loop reads in blocks, with the axis; ``axes`` the blocked axis of
    what is made inside; ``summed`` adds up over the blocks; ``kept`` is made in blocks and wanted as a whole. By a step
    inside, ``whole`` are the vectors that it does not read in blocks, while others do.
    """

    dim: Dim
    block: int
    before: frozenset[str]
    inside: frozenset[str]
    after: frozenset[str]
    sliced: Mapping[str, int]
    axes: Mapping[str, int]
    summed: tuple[str, ...]
    kept: tuple[str, ...]
    saved: int
    whole: Mapping[str, frozenset[str]] = MappingProxyType({})


def row_pass(program: Program, sizes: Mapping[str, int] | None) -> RowPass | None:
    """The pass that saves most reading and writing of large arrays, where there is one; sizes must be known."""
    if sizes is None:
        return None
    dims = _dims(program)
    classes = _classes(program)
    found = [_pass_over(program, members, dims, sizes) for members in classes]
    found += [_weighed_tail(program, step.result, dims, sizes) for step in program.steps if len(step.dims) == 2]
    passes = [p for p in found if p is not None]
    if not passes:
        passes = _passes_by_roles(program, sizes)
    return max(passes, key=lambda p: p.saved, default=None)


# ---------------------------------------------------------------- vectors that stand for rows and for columns
def _passes_by_roles(program: Program, sizes: Mapping[str, int]) -> list[RowPass]:
    """The passes over a program in which a vector that is multiplied twice is two: B*x and B'*x read B together."""
    names = {
        (name, step.result): f"{name} in {step.result}"
        for step in program.steps
        for name in step.operands
        if step.operation == "product" and name in program.leaves and len(program.leaves[name].dims) == 1
    }
    if len({name for name, _ in names}) == len(names):
        return []
    leaves = {new: program.leaves[name] for (name, _), new in names.items()}
    steps = [s._replace(operands=tuple(names.get((o, s.result), o) for o in s.operands)) for s in program.steps]
    other = program._replace(steps=tuple(steps), leaves={**program.leaves, **leaves})
    dims = _dims(other)
    large = [name for name in dims if len(dims[name]) == 2 and _entries(dims[name], sizes) >= LARGE]
    found = [_pass_over(other, _along(other, (name, 0)), dims, sizes) for name in large]
    return [_by_names(p, {new: name for (name, _), new in names.items()}, steps) for p in found if p is not None]


def _along(program: Program, first: Axis) -> frozenset[Axis]:
    """The axes that steps tie to one of an array, up to the sums over it."""
    members, before = {first}, 0
    while len(members) > before:
        before, summed = len(members), set[str]()
        for step in program.steps:
            tied = {axis for group in _tied(step) if members & {*group} for axis in group}
            if summed & {*step.operands}:
                summed.add(step.result)
            elif tied:
                members |= tied
                summed |= {step.result} - {name for name, _ in tied}
    return frozenset(members)


def _by_names(found: RowPass, names: Mapping[str, str], steps: list[Step]) -> RowPass:
    """A pass in which vectors have their own names again."""
    sliced = {names.get(name, name): axis for name, axis in found.sliced.items()}
    axes = {names.get(name, name): axis for name, axis in found.axes.items()}
    whole = {
        step.result: frozenset(names[o] for o in step.operands if o in names and o not in found.sliced)
        for step in steps
        if step.result in found.inside
    }
    return found._replace(sliced=sliced, axes=axes, whole=whole)


def _dims(program: Program) -> dict[str, tuple[Dim, ...]]:
    return {
        **{name: leaf.dims for name, leaf in program.leaves.items()},
        **{step.result: step.dims for step in program.steps},
    }


# ---------------------------------------------------------------- axes that go together
def _classes(program: Program) -> list[frozenset[Axis]]:
    """Classes of axes, in order of appearance."""
    parent: dict[Axis, Axis] = {}

    def find(axis: Axis) -> Axis:
        parent.setdefault(axis, axis)
        while parent[axis] != axis:
            axis = parent[axis]
        return axis

    for step in program.steps:
        for tied in _tied(step):
            for other in tied[1:]:
                a, b = find(tied[0]), find(other)
                parent[b] = a
    groups: dict[Axis, set[Axis]] = {}
    for axis in parent:
        groups.setdefault(find(axis), set()).add(axis)
    return [frozenset(members) for members in groups.values()]


def _tied(step: Step) -> list[list[Axis]]:
    """The axes of operands and result that an operation goes along together."""
    if goes_by_entries(step):
        rank = len(step.dims)
        same = [name for name, dims in zip(step.operands, step.operand_dims, strict=True) if len(dims) == rank]
        return [[(name, axis) for name in (step.result, *same)] for axis in range(rank)]
    if _goes_by_rows(step):
        return [[(name, 0) for name in (step.result, *step.operands)]]
    if step.operation == "permute":
        return [[(step.result, k), (step.operands[0], axis)] for k, axis in enumerate(step.data)]
    if step.operation in ("product", "reduce") or is_spread(step):
        *inputs, out = step.data
        places: dict[int, list[Axis]] = {}
        for name, indices in zip((*step.operands, step.result), (*inputs, out), strict=True):
            for axis, index in enumerate(indices):
                places.setdefault(index, []).append((name, axis))
        return list(places.values())
    return []


def _goes_by_rows(step: Step) -> bool:
    return step.operation == "function" and bool(step.data.by_rows)


def _can_go_along(step: Step, axes: Mapping[str, int], spread: Collection[str]) -> bool:
    if _goes_by_rows(step):
        return axes[step.operands[0]] == 0
    return goes_by_entries(step) or step.operation in ("permute", "product", "reduce") or step.result in spread


# ---------------------------------------------------------------- a pass over one class
def _pass_over(
    program: Program, members: frozenset[Axis], dims: Mapping[str, tuple[Dim, ...]], sizes: Mapping[str, int]
) -> RowPass | None:
    axes: dict[str, int] = {}
    twice: set[str] = set()
    for name, axis in members:
        twice |= {name} if name in axes else set()
        axes[name] = axis
    unformed = terms.unformed(program)
    apart = unformed.sparse.union(*unformed.outer.values())
    spread = spread_in_sums(program)
    inside: dict[str, Step] = {}
    summed: list[str] = []
    sliced: dict[str, int] = {}
    after: set[str] = set()  # what depends on a sum
    for step in program.steps:
        if any(o in after or o in summed for o in step.operands):
            after.add(step.result)
            continue
        touched = [o for o in step.operands if o in axes]
        if not touched:
            if any(o in inside for o in step.operands):
                after.add(step.result)
            continue
        is_apart = bool(apart & {*step.operands, step.result})
        if is_apart or twice & {*step.operands, step.result} or not _can_go_along(step, axes, spread):
            if any(o in inside for o in step.operands):
                after.add(step.result)
            continue
        inside[step.result] = step
        sliced.update({o: axes[o] for o in touched if o not in inside})
        if step.result not in axes:
            summed.append(step.result)
    if not inside:
        return None
    after |= {s.result for s in program.steps if s.result not in inside and any(o in inside for o in s.operands)}
    _close(program, after, inside, ())
    before = frozenset(s.result for s in program.steps if s.result not in inside and s.result not in after)
    wanted = {o for s in program.steps if s.result in after for o in s.operands} | set(program.results)
    kept = tuple(name for name in inside if name in wanted and name not in summed)
    return _weighed(program, inside, before, frozenset(after), sliced, axes, tuple(summed), kept, dims, sizes)


def _weighed_tail(
    program: Program, name: str, dims: Mapping[str, tuple[Dim, ...]], sizes: Mapping[str, int]
) -> RowPass | None:
    """The steps that make a large matrix entry by entry at its end, in a loop over its rows."""
    if _entries(dims[name], sizes) < LARGE:
        return None
    axes, inside = tail(program, name)
    if len(inside) < 2:
        return None
    after: set[str] = set()
    _close(program, after, inside, inside)
    before = frozenset(s.result for s in program.steps if s.result not in inside and s.result not in after)
    sliced = {o: axis for o, axis in axes.items() if o not in inside}
    wanted = {o for s in program.steps if s.result in after for o in s.operands} | set(program.results)
    kept = tuple(made for made in inside if made in wanted)
    return _weighed(program, inside, before, frozenset(after), sliced, axes, (), kept, dims, sizes)


def _close(program: Program, after: set[str], inside: Mapping[str, Step], made: Collection[str]) -> None:
    """What depends on what comes after, or on what a loop made, comes after too."""
    for step in program.steps:
        if step.result not in inside and any(o in after or o in made for o in step.operands):
            after.add(step.result)


def _entries(dims: tuple[Dim, ...], sizes: Mapping[str, int]) -> int:
    total = 1
    for dim in dims:
        total *= dim.at(sizes)
    return total


def _weighed(
    program: Program,
    inside: Mapping[str, Step],
    before: frozenset[str],
    after: frozenset[str],
    sliced: Mapping[str, int],
    axes: Mapping[str, int],
    summed: tuple[str, ...],
    kept: tuple[str, ...],
    dims: Mapping[str, tuple[Dim, ...]],
    sizes: Mapping[str, int],
) -> RowPass | None:
    """The pass, if it reads or writes large arrays less often than its steps one by one do."""
    blocked = {*sliced, *inside} - set(summed)
    large = {name for name in blocked if _entries(dims[name], sizes) >= LARGE}
    if not large:
        return None
    touches = sum(
        _entries(dims[name], sizes)
        for step in inside.values()
        if step.operation != "permute"
        for name in {*step.operands, step.result}
        if name in large
    )
    once = sum(_entries(dims[name], sizes) for name in large if name in sliced or name in kept)
    dim = next(dims[name][axes[name]] for name in (*sliced, *inside) if name in axes)
    rows = dim.at(sizes)
    columns = max(_entries(dims[name], sizes) // rows for name in large)
    block = min(max(BLOCK // columns, SHORTEST_BLOCK), LONGEST_BLOCK)
    blocks = rows // block
    added = sum(_entries(dims[name], sizes) for name in summed) * blocks
    again = sum(  # whole arrays that are too large to stay in the cache are read by every block
        _entries(dims[name], sizes) * blocks
        for name in {o for step in inside.values() for o in step.operands} - blocked
        if _entries(dims[name], sizes) >= LARGE
    )
    saved = touches - once - 2 * added - again
    if rows < 2 * block or 2 * saved < max(_entries(dims[name], sizes) for name in large):
        return None
    return RowPass(dim, block, before, frozenset(inside), after, dict(sliced), dict(axes), summed, kept, saved)
