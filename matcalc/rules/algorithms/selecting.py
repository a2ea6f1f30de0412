"""Entries, rows, blocks and diagonals of what is made entry by entry: log(X)[2,:] is log(X[2,:]), diag(exp(X)) is
exp(diag(X)). So a formula is defined wherever the entries are that it uses, and no others are computed. No line, since
it holds of all functions and of any axes.
"""

from __future__ import annotations

from matcalc.network.nodes import Factor, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.network.shared import part
from matcalc.rational import Fraction
from matcalc.rules.functions import elementwise

_1 = Fraction(1)


def selected(factors: list[Factor], out: Indices) -> Rewritten | None:
    """f(X) where entries of it are taken: f of those entries."""
    for factor in factors:
        if factor.node.kind != "elementwise":
            continue
        selection = entries_taken(factor, factors, out)
        if selection is None:
            continue
        units, kept = selection
        operands = tuple(taken(operand, factor.indices, units, kept) for operand in factor.node.operands)
        made = elementwise(factor.node.function, operands)
        gone = tuple(i for i in factor.indices if i not in kept)
        rest = [f for f in factors if f is not factor and f not in units]
        return Rewritten(rest, added=[Factor(made, kept, factor.exponent)], gone=gone)
    return None


def entries_taken(factor: Factor, factors: list[Factor], out: Indices) -> tuple[list[Factor], Indices] | None:
    """The units by which a product takes entries of a factor, its diagonal at least, and the indices that are left."""
    units = _units_on(factor, factors, out)
    if not units and len(set(factor.indices)) == len(factor.indices):
        return None
    return units, _kept(factor, units)


def _units_on(factor: Factor, factors: list[Factor], out: Indices) -> list[Factor]:
    """The unit vectors and ranges of them that stand on an index of this factor, and on nothing else."""
    return [
        unit
        for unit in factors
        if unit.node.kind == "unit"
        and unit.exponent == 1
        and unit.indices[-1] in factor.indices
        and unit.indices[-1] not in out
        and unit.indices[0] not in factor.indices[: unit.node.rank - 1]
        and all(f is factor or f is unit or unit.indices[-1] not in f.indices for f in factors)
    ]


def _kept(factor: Factor, units: list[Factor]) -> Indices:
    """The indices that are left, each once; of a range, that which counts its rows."""
    left = {unit.indices[-1]: unit.indices[:-1] for unit in units}
    return tuple(dict.fromkeys(i for index in factor.indices for i in left.get(index, (index,))))


def taken(node: Node, indices: Indices, units: list[Factor], kept: Indices) -> Node:
    """The entries of a node with these indices that stand at ``kept``."""
    sizes = dict(zip(indices, node.dims, strict=True))
    for unit in units:
        sizes.update(zip(unit.indices, unit.node.dims, strict=True))
    return part([Factor(node, indices, _1), *units], kept, sizes)
