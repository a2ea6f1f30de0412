"""A'*diag(q)*A for weights of both signs, of a large matrix: symmetric, so that half of it is computed."""

from __future__ import annotations

from matcalc.emission.rewriting import Rewriting
from matcalc.expr import Function
from matcalc.program.step import Step

LEAST = 256  # rows and columns; below, telling the signs of the weights takes as long as it saves

SQUARE = Function(
    name="weighted_square",
    signature="(m,n),(m,1)->(n,n)",
    summary="A'*diag(q)*A for weights of both signs",
    operands=("A", "q"),
    flops="m*n^2 + 2*m*n",
    numpy="""_weighted_square({A}, {q})

def _weighted_square(a, q):
    \"\"\"a.T @ diag(q) @ a, as a square for the positive weights less one for the negative, each computed half.\"\"\"
    total = np.zeros((a.shape[1], a.shape[1]), a.dtype)
    for start in range(0, len(a), 1024):
        weights = q[start : start + 1024]
        rows = a[start : start + 1024] * np.sqrt(np.abs(weights))[:, None]
        negative = weights < 0.0
        above, below = rows[~negative], rows[negative]
        total += above.T.dot(above)
        total -= below.T.dot(below)
    return total
""",
)


def is_weighted_square(step: Step) -> bool:
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
        if inner.data != ((0, 1), (axis,), (0, 1)) or not _is_large(made, inner):
            continue
        dims = inner.dims
        if axis == 1:
            matrix, dims = made.add("permute", (matrix,), (1, 0), dims[::-1]), dims[::-1]
        return made.add("function", (matrix, inner.operands[1]), SQUARE, (dims[1], dims[1]), step.result)
    return None


def _is_large(made: Rewriting, step: Step) -> bool:
    known = (made.sizes or {}).keys()
    return all(dim.symbols <= known and made.size((dim,)) >= LEAST for dim in step.dims)
