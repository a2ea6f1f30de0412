"""Axes that were split and always stand together are one axis again: A[i, j*k]*X[k, j] is A*vec(X)."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.network import build
from matcalc.network.nodes import Factor, Index, Indices
from matcalc.network.reshaping import refinement, reshape
from matcalc.shape import Dim, product


def regrouped(
    factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]
) -> tuple[list[Factor], Indices, Indices, dict[Index, Dim]]:
    """A product with every group of indices joined that no factor and no side of the result takes apart."""
    runs = list(_split_runs(factors))
    while runs:
        run = runs.pop(0)
        if not (all(_together(run, f.indices) for f in factors) and _in_order(run, rows) and _in_order(run, cols)):
            continue
        joined = max(sizes) + 1
        sizes = {**sizes, joined: product(tuple(sizes[i] for i in run))}
        factors = [_joined(f, run, joined, sizes) for f in factors]
        rows, cols = (_replaced(side, run, joined) for side in (rows, cols))
    return factors, rows, cols, sizes


def _split_runs(factors: list[Factor]) -> Iterator[Indices]:
    """The indices that one axis of a factor was split into, a run for each axis."""
    for node, indices, _ in factors:
        if node.kind == "reshape":
            for group in refinement(node.dims, node.operands[0].dims) or ():
                run = tuple(indices[axis] for axis in group)
                if len(set(run)) == len(run) > 1:
                    yield run


def _together(run: Indices, indices: Indices) -> bool:
    """Whether all of a run stand here, each once, or none."""
    return all(indices.count(i) == 1 for i in run) or not set(run) & set(indices)


def _in_order(run: Indices, side: Indices) -> bool:
    """Whether the run stands on this side of the result as it is, or not at all."""
    return _together(run, side) and (run[0] not in side or side[side.index(run[0]) :][: len(run)] == run)


def _joined(factor: Factor, run: Indices, joined: Index, sizes: dict[Index, Dim]) -> Factor:
    node, indices, exponent = factor
    if run[0] not in indices:
        return factor
    first = indices.index(run[0])
    others = [axis for axis, index in enumerate(indices) if index not in run]
    before, after = [axis for axis in others if axis < first], [axis for axis in others if axis > first]
    order = (*before, *(indices.index(i) for i in run), *after)
    kept = (*(indices[axis] for axis in before), joined, *(indices[axis] for axis in after))
    return Factor(reshape(build.permute(node, order), tuple(sizes[i] for i in kept)), kept, exponent)


def _replaced(side: Indices, run: Indices, joined: Index) -> Indices:
    if run[0] not in side:
        return side
    at = side.index(run[0])
    return (*side[:at], joined, *side[at + len(run) :])
