"""Which of a matrix and its transpose reads better: the one with fewer factors transposed."""

from __future__ import annotations

from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Indices, Node
from matcalc.network.properties import transpose_of, transpose_sign


def reads_better_transposed(node: Node) -> Node | None:
    """The transpose of a matrix, where that is the canonical one of the two: fewer factors transposed."""
    if node.kind not in ("contraction", "sum") or _reads_well(node):
        return None
    transposed = transpose_of(node)
    # Without their numbers: the transpose of a sum may come out as -1 times another sum, and back.
    (_, old), (_, new) = split_coefficient(node), split_coefficient(transposed)
    return transposed if new is not old and reading_order(new) < reading_order(old) else None


def reading_order(node: Node) -> tuple[int, tuple[int, int]]:
    """Of equal matrices, the one with fewer factors transposed comes first."""
    return _transposed_factors(node), node.order()


def _reads_well(node: Node) -> bool:
    """Whether fewer factors are transposed than not: the transpose need not be made to see which one reads better.

    Not asked of factors that may be written either way round.
    """
    transposed = straight = 0
    for term in node.operands if node.kind == "sum" else (node,):
        if term.kind == "variable":
            straight += 1
        elif term.kind == "contraction" and not any(map(transpose_sign, term.operands)):
            way, _, arrives = _way(term)
            transposed += sum(way)
            straight += len(way) - sum(way)
            if not arrives:
                return False
        else:
            return False
    return transposed < straight


def _transposed_factors(node: Node) -> int:
    """How many factors of a product are transposed, on the way from its rows to its columns."""
    if node.kind == "sum":
        return sum(_transposed_factors(operand) for operand in node.operands if operand.kind != "sum")
    if node.kind != "contraction" or node.rank not in (1, 2):
        return 0
    way, left, _ = _way(node)
    return sum(way) + sum([first == last for first, last in left])


def _way(node: Node) -> tuple[list[bool], list[Indices], bool]:
    """How a product leads from its rows to its columns.

    For each matrix on the way whether it is transposed; the indices of the other matrices; whether it leads there.
    """
    at, last = (*node.product.out, None)[:2]
    left: list[Indices] = [indices for indices in node.product.indices if len(indices) == 2]
    way: list[bool] = []
    while at != last:
        step = next((indices for indices in left if at in indices), None)
        if step is None:
            break
        left.remove(step)
        way.append(step[0] != at)
        at = step[1] if step[0] == at else step[0]
    return way, left, at == last
