"""Functions of block matrices, block by block: the inverse of a block diagonal matrix, determinants of triangular ones.

No lines, since there are any number of blocks. What holds only where a block is invertible (Schur) is not done: the
whole may be invertible where no block is.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.function import Kernel
from matcalc.functions import DET, INV, LOGDET
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Node
from matcalc.network.placements import At, Block, blocks_of, covers, in_order, placed_at
from matcalc.rational import Fraction

_1 = Fraction(1)
Apply = Callable[[Kernel, tuple[Node, ...]], Node]


def of_blocks(function: Kernel, operand: Node, apply: Apply) -> Node | None:
    """A function of a block matrix by those of its blocks; None where it has no such form."""
    blockwise = function is INV or bool(function.of_diagonal)
    if operand.kind != "sum" or operand.rank != 2 or not (blockwise or function in (DET, LOGDET)):
        return None
    blocks = blocks_of(operand)
    diagonal = _diagonal(blocks, operand)
    if not diagonal:
        return None
    if blockwise:
        return _placed(function, diagonal, operand, apply) if len(diagonal) == len(blocks) else None
    if not _is_triangular(blocks, in_order(list(diagonal))):
        return None
    parts = [apply(function, (block.node,)) for block in diagonal.values()]
    if function is LOGDET:
        return add([(_1, part) for part in parts], ())
    return contract(_1, [Factor(part, (), _1) for part in parts], (), {})


def _diagonal(blocks: list[Block], whole: Node) -> dict[At, Block]:
    """The blocks on the diagonal by their places, if they are all that there may be; else none."""
    found = {at: block for block in blocks if (at := block.places[0]) is not None and at == block.places[1]}
    return found if len(found) > 1 and covers(list(found), whole.dims[0]) else {}


def _is_triangular(blocks: list[Block], order: tuple[At, ...]) -> bool:
    """Whether all blocks lie on one side of the diagonal, or on it."""
    if any(at not in order for block in blocks for at in block.places):
        return False
    signs = {order.index(row) - order.index(col) for row, col in (block.places for block in blocks)}
    return min(signs) >= 0 or max(signs) <= 0


def _placed(function: Kernel, diagonal: dict[At, Block], whole: Node, apply: Apply) -> Node:
    terms = []
    for at, block in diagonal.items():
        made = apply(function, (block.node,))
        dim = whole.dims[0]
        column = placed_at(made, 0, at, dim)
        terms.append((_1, placed_at(column, 1, at, dim)))
    return add(terms, whole.dims)
