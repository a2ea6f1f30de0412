"""Axes that were split and always stand together are one axis again: A[i, j*k]*X[k, j] is A*vec(X).

So are those beside matrices with the same columns: T[i, j*k]*C[j, r]*B[k, r] is T*khatrirao(C,B).
"""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.network import build
from matcalc.network.nodes import Factor, Index, Indices
from matcalc.network.reshaping import refinement, reshape
from matcalc.rational import Fraction
from matcalc.shape import Dim, product

_1 = Fraction(1)


def regrouped(
    factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]
) -> tuple[list[Factor], Indices, Indices, dict[Index, Dim]]:
    """A product with every group of indices joined that no factor and no side of the result takes apart."""
    runs = list(_split_runs(factors))
    while runs:
        run = runs.pop(0)
        parts = [f for f in factors if not _together(run, f.indices)]
        if not (_in_order(run, rows) and _in_order(run, cols)) or (parts and not _are_columns(run, parts, rows, cols)):
            continue
        joined = max(sizes) + 1
        sizes = {**sizes, joined: product(tuple(sizes[i] for i in run))}
        whole = [_joined(f, run, joined, sizes) for f in factors if f not in parts]
        factors = [*whole, _khatri_rao(run, parts, joined, sizes)] if parts else whole
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


def _are_columns(run: Indices, parts: list[Factor], rows: Indices, cols: Indices) -> bool:
    """Whether each index of a run is on one matrix, all with the same second index, and on no side of the result."""
    others = {frozenset(f.indices) - {*run} for f in parts}
    plain = all(len(f.indices) == 2 and f.exponent == 1 for f in parts)
    return plain and len(parts) == len(run) and [*map(len, others)] == [1] and not {*run} & {*rows, *cols}


def _khatri_rao(run: Indices, parts: list[Factor], joined: Index, sizes: dict[Index, Dim]) -> Factor:
    """C[k, r]*B[l, r] beside T[i, k*l] as khatrirao(C,B), with rows like the columns of T."""
    (column,) = {i for f in parts for i in f.indices if i not in run}
    columns = build.contract(_1, parts, (*run, column), dict(sizes))
    return Factor(reshape(columns, (sizes[joined], sizes[column])), (joined, column), _1)


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
