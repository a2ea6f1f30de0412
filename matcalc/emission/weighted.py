"""A'*diag(q)*A for weights of both signs, of a large matrix: symmetric, so that half of it is computed."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emission.rewriting import Rewriting
from matcalc.function import Kernel
from matcalc.program.step import Step
from matcalc.shape import Dim

FEWEST_COLUMNS = 256  # below, telling the signs of the weights takes as long as it saves
FEWEST_ENTRIES = 2**20

SQUARE = Kernel(
    name="weighted_square",
    signature="(m,n),(m,1)->(n,n)",
    summary="A'*diag(q)*A for weights of both signs",
    operands=("A", "q"),
    flops="m*n^2 + 2*m*n",
    numpy="""_weighted_square({A}, {q})

def _weighted_square(a, q):
    \"\"\"a.T @ diag(q) @ a, as a square for the positive weights less one for the negative, each computed half.\"\"\"
    roots, negative = np.sqrt(np.abs(q)), q < 0.0
    above = a[~negative]
    above *= roots[~negative, None]
    square = above.T.dot(above)
    below = a[negative]
    below *= roots[negative, None]
    square -= below.T.dot(below)
    return square
""",
)


def is_weighted_square(step: Step) -> bool:
    """Whether a value is such a square; it is linear in the weights."""
    return step.operation == "function" and step.data is SQUARE


def weighted_square(made: Rewriting, step: Step, operands: tuple[str, ...]) -> str | None:
    """The product of A with diag(q)*A, which is wanted for it alone, by half of its entries."""
    left, right, out = step.data
    summed = [i for i in left if i in right and i not in out]
    if len(left) != 2 or len(right) != 2 or len(out) != 2 or len(summed) != 1:
        return None
    axis = left.index(summed[0])
    if right.index(summed[0]) != axis:
        return None
    for matrix, scaled in (operands, operands[::-1]):
        inner = made.by_name.get(scaled)
        if inner is None or inner.operation != "product" or made.wanted[scaled] > 1 or inner.operands[0] != matrix:
            continue
        dims = inner.dims if axis == 0 else inner.dims[::-1]
        if inner.data != ((0, 1), (axis,), (0, 1)) or not _is_large(made, dims):
            continue
        if axis == 1:
            matrix = made.add("permute", (matrix,), (1, 0), dims)
        return made.add("function", (matrix, inner.operands[1]), SQUARE, (dims[1], dims[1]), step.result)
    return None


def _is_large(made: Rewriting, dims: Sequence[Dim]) -> bool:
    if not all(dim.symbols <= (made.sizes or {}).keys() for dim in dims):
        return False
    rows, columns = (made.size((dim,)) for dim in dims)
    return rows >= columns >= FEWEST_COLUMNS and rows * columns >= FEWEST_ENTRIES
