"""What is taken of the inverse of a block matrix by blocks: P*inv([A, B; C, D])*P' is inv(A - B*inv(D)*C).

No line, since rows are taken by placements, whose positions are compared for all sizes of symbols, and since any of the
blocks may be the one that is known to be invertible.
"""

from __future__ import annotations

from matcalc.functions import INV
from matcalc.network.nodes import Factor, Index, Indices, is_function
from matcalc.network.rewriting import Rewritten
from matcalc.placements import placement
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without
from matcalc.rules.blocks import block_of_inverse
from matcalc.rules.functions import opaque

_1 = Fraction(1)


def inverse_blocks(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first inverse of which one block is taken, by that block."""
    for inverse in factors:
        if not is_function(inverse.node, INV) or inverse.exponent != 1:
            continue
        ends = [_taking(index, inverse, factors, out) for index in inverse.indices]
        if None in ends or ends[0] is ends[1]:
            continue
        rows, columns = (end for end in ends if end is not None)
        (whole,) = inverse.node.operands
        block = block_of_inverse(whole, rows.node.place, columns.node.place, opaque)
        if block is not None:
            added = Factor(block, (*rows.indices[:-1], *columns.indices[:-1]), _1)
            return Rewritten(without(factors, inverse, rows, columns), added=[added], gone=inverse.indices)
    return None


def _taking(index: Index, inverse: Factor, factors: list[Factor], out: Indices) -> Factor | None:
    """The factor that takes rows or columns of an inverse, and all that stands there."""
    beside = [f for f in factors if f is not inverse and index in f.indices]
    if len(beside) != 1 or not summed_only_on(index, (inverse, *beside), factors, out):
        return None
    (found,) = beside
    return found if placement(found) is not None and found.indices.index(index) == len(found.indices) - 1 else None
