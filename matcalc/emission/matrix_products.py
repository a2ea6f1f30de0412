"""Step → NumPy's product of two matrices, or of a matrix and a vector, in the order that BLAS is quickest in."""

from __future__ import annotations

import math
from collections.abc import Callable

from matcalc.emission.text import ATOM, Text, transpose_of
from matcalc.program.step import Step
from matcalc.shape import Dim

TALL = 8  # rows for each column from which on a result is tall
LONG = 100  # entries of the inner dimension from which on the transposed product was measured to be quicker
MANY = 4e6  # multiplications from which on the order of the factors matters


def matrix_product(step: Step, a: Text, b: Text, size: Callable[[tuple[Dim, ...]], float]) -> Text | None:
    """The product, where it is one over a single index of operands with one or two; ``size`` counts entries."""
    left, right, out = step.data
    summed = [i for i in left if i in right and i not in out]
    shared = [i for i in left if i in right]
    if not (len(summed) == 1 and shared == summed and len(left) <= 2 and len(right) <= 2):
        return None
    if len(left) == 2 and len(right) == 1 and left[0] == summed[0]:
        return Text(f"{b.at(ATOM)}.dot({a.source})")
    first = a if left[-1] == summed[0] else transpose_of(a)
    second = b if right[0] == summed[0] else transpose_of(b)
    if len(out) == 2:
        dims = zip((*left, *right), (*step.operand_dims[0], *step.operand_dims[1]), strict=True)
        sizes = {i: size((dim,)) for i, dim in dims}
        if _is_tall(sizes[out[0]], sizes[summed[0]], sizes[out[1]]):
            return Text(f"{transpose_of(second).source}.dot({transpose_of(first).source}).T")
    return Text(f"{first.at(ATOM)}.dot({second.source})")


def _is_tall(rows: float, inner: float, columns: float) -> bool:
    """Whether BLAS is quicker at the transposed product: by a fifth to a half for tall results of long rows.

    Unknown sizes are infinite, and then it is not known to be.
    """
    work = rows * inner * columns
    return rows >= TALL * columns and inner >= LONG and MANY <= work < math.inf
