"""Axes that were split and always stand together are one axis again: A[i, j*k]*X[k, j] is A*vec(X).

So are those beside matrices with the same columns, T[i, j*k]*C[j, r]*B[k, r] is T*khatrirao(C,B), or with columns that
stand together themselves: T[i, j*k]*C[j, p]*B[k, q] is T*kron(C,B).
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
    for run in _split_runs(factors):
        groups = [run]
        whole = factors
        if any(not _together(run, f.indices) for f in factors):
            found = _with_kronecker(run, factors, rows, cols, sizes)
            if found is None:
                continue
            columns, whole = found
            groups += [columns] if len(columns) > 1 else []
        if not all(_stand_together(group, whole, rows, cols) for group in groups):
            continue
        factors = whole
        for group in groups:
            joined = max(sizes) + 1
            sizes = {**sizes, joined: product(tuple(sizes[i] for i in group))}
            factors = [_joined(f, group, joined, sizes) for f in factors]
            rows, cols = (_replaced(side, group, joined) for side in (rows, cols))
    return factors, rows, cols, sizes


def _split_runs(factors: list[Factor]) -> Iterator[Indices]:
    """The indices that one axis of a factor was split into, a run for each axis."""
    for node, indices, _ in factors:
        if node.kind == "reshape":
            for group in refinement(node.dims, node.operands[0].dims) or ():
                run = tuple(indices[axis] for axis in group)
                if len(set(run)) == len(run) > 1:
                    yield run


def _with_kronecker(
    run: Indices, factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]
) -> tuple[Indices, list[Factor]] | None:
    """The matrices that take a run apart as one factor, which leads from the run to other indices, and these."""
    inside: list[Factor] = []
    columns = run
    while len(columns) > 1 and not _stand_together(columns, factors, rows, cols):
        parts = [f for f in factors if not _together(columns, f.indices)]
        found = () if {*columns} & {*rows, *cols} else _columns(columns, parts)
        if not found:
            return None
        inside += parts
        factors = [f for f in factors if f not in parts]
        columns = found
    made = build.contract(_1, inside, (*run, *columns), dict(sizes))
    return columns, [*factors, Factor(made, (*run, *columns), _1)]


def _columns(run: Indices, parts: list[Factor]) -> Indices:
    """The second indices of matrices that have one index of a run each: all the same, or all different."""
    if len(parts) != len(run) or any(len(f.indices) != 2 or f.exponent != 1 for f in parts):
        return ()
    ordered = [f.indices for i in run for f in parts if i in f.indices]
    others = tuple(dict.fromkeys(j for i, pair in zip(run, ordered, strict=False) for j in pair if j != i))
    return others if len(ordered) == len(run) and len(others) in (1, len(run)) and not {*others} & {*run} else ()


def _stand_together(run: Indices, factors: list[Factor], rows: Indices, cols: Indices) -> bool:
    return all(_together(run, f.indices) for f in factors) and _in_order(run, rows) and _in_order(run, cols)


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
