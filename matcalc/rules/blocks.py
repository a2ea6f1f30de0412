"""Functions of block matrices, block by block: inverses, determinants, and what of an inverse stands in one block.

No lines, since there are any number of blocks. What holds only where a block is invertible (Schur) is done where that
is known of the block: the whole may be invertible where no block is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.function import Kernel
from matcalc.functions import DET, INV, LOGDET, PINV
from matcalc.network import properties
from matcalc.network.build import add, contract, scale, unspread
from matcalc.network.leaves import split_coefficient, spread_axes
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.placements import (
    At,
    blocks_of,
    covers,
    in_order,
    is_placed,
    is_whole_diagonal,
    placed_at,
    taken_at,
)
from matcalc.position import Several, are_apart, first_of, positions, size_of
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.matching.splitting import diagonal_of
from matcalc.shape import ONE, Dim, whole_number

_1 = Fraction(1)
Apply = Callable[[Kernel, tuple[Node, ...]], Node]
Places = tuple[At, At]  # the rows and the columns of a block
Blocks = Mapping[Places, Node]


class Partition(NamedTuple):
    """A square matrix whose rows and columns are cut at the same positions; blocks of zeros are left out."""

    order: tuple[At, ...]
    blocks: Blocks

    def pivots(self) -> list[dict[At, At]]:
        """Square blocks, one in each row and column of blocks, by their rows: on the diagonal, or on the other one."""
        ways = (dict(zip(self.order, columns, strict=True)) for columns in (self.order, self.order[::-1]))
        return [way for way in ways if all(at in self.blocks and _is_square(at) for at in way.items())]


def of_blocks(function: Kernel, operand: Node, apply: Apply) -> Node | None:
    """A function of a block matrix by those of its blocks; None where it has no such form."""
    if operand.rank != 2 or not _may_have_blocks(operand):
        return None
    if function is PINV:
        return _pseudoinverse(operand, apply)
    if function not in (INV, DET, LOGDET) and not function.of_diagonal:
        return None
    cut = partition(operand)
    if cut is None:
        return None
    if function is INV:
        return _inverse(cut, operand, apply)
    if function in (DET, LOGDET):
        return _of_triangular(function, cut, apply) or _by_complement(function, cut, operand, apply)
    if all(row == column for row, column in cut.blocks) and len(cut.blocks) == len(cut.order):
        return _whole({at: apply(function, (block,)) for at, block in cut.blocks.items()}, operand.dims)
    return None


# ---------------------------------------------------------------- blocks
def partition(node: Node) -> Partition | None:
    """The blocks of a square matrix, if all of it is cut alike; of s*I and diag(x) beside blocks each has its part."""
    if node.dims[0] is not node.dims[1] or not _may_have_blocks(node):
        return None
    coefficient, core = split_coefficient(node)
    diagonals = [(c, term) for c, term in core.terms if is_whole_diagonal(term)]
    rest = [(c, term) for c, term in core.terms if not is_whole_diagonal(term)]
    blocks: dict[Places, Node] = {}
    for (row, column), block in blocks_of(rest):
        if row is None or column is None:
            return None
        blocks[row, column] = block
    places = list({at: None for pair in blocks for at in pair})
    if len(places) < 2 or not covers(places, node.dims[0]) or not _are_all_apart(places):
        return None
    for c, term in diagonals:
        for at in places:
            part = [(c, taken(term, at, at)), (_1, blocks.get((at, at)))]
            inner = [(k, block) for k, block in part if block is not None]
            blocks[at, at] = add(inner, inner[0][1].dims)
    return Partition(in_order(places), {at: scale(coefficient, block) for at, block in blocks.items()})


def _may_have_blocks(node: Node) -> bool:
    """Whether a node is a sum with placed terms, or a number times one."""
    _, core = split_coefficient(node)
    return core.kind == "sum" and any(map(is_placed, core.operands))


def _are_all_apart(places: list[At]) -> bool:
    return all(are_apart(a, b) for k, a in enumerate(places) for b in places[:k])


def taken(node: Node, row: At, column: At) -> Node:
    """What of a matrix stands in these rows and columns; a single one has no axis."""
    return taken_at(taken_at(node, 1, column), 0, row)


def _is_square(places: Places) -> bool:
    return size_of(places[0]) is size_of(places[1])


def _whole(blocks: Blocks, dims: tuple[Dim, ...]) -> Node:
    """The matrix of blocks."""
    terms = []
    for (row, column), block in blocks.items():
        placed = placed_at(block, 0, row, dims[0])
        terms.append((_1, placed_at(placed, 1, column, dims[1])))
    return add(terms, dims)


def multiplied(c: Fraction, *parts: tuple[Node, At, At]) -> Node:
    """The product of blocks, each with its rows and columns, times a number."""
    factors = []
    sizes: dict[int, Dim] = {}
    for k, (node, row, column) in enumerate(parts):
        indices = tuple(i for i, at in ((k, row), (k + 1, column)) if isinstance(at, Several))
        sizes.update(zip(indices, node.dims, strict=True))
        factors.append(Factor(node, indices, _1))
    ends = ((0, parts[0][1]), (len(parts), parts[-1][2]))
    return contract(c, factors, tuple(i for i, at in ends if isinstance(at, Several)), sizes)


# ---------------------------------------------------------------- inverses
def _pseudoinverse(operand: Node, apply: Apply) -> Node | None:
    """Of blocks that share neither rows nor columns, wherever they stand: that of each one at its transposed place."""
    if operand.kind != "sum":
        return None
    blocks = {places: node for places, node in blocks_of(operand.terms) if node.rank == 2}
    rows, columns = ([at for places in blocks if (at := places[axis]) is not None] for axis in (0, 1))
    whole = len(blocks) == len(rows) == len(columns) == len(operand.operands)
    if not whole or not _are_all_apart(rows) or not _are_all_apart(columns):
        return None
    inverses = [apply(PINV, (block,)) for block in blocks.values()]
    return _whole(dict(zip(zip(columns, rows, strict=True), inverses, strict=True)), operand.dims[::-1])


def _inverse(cut: Partition, operand: Node, apply: Apply) -> Node | None:
    """D^-1 - D^-1*N*D^-1 of D + N, with blocks of D one in each row and column, where N*D^-1*N is zero by form.

    So of block diagonal matrices, and of triangular ones of two blocks. With more blocks under the diagonal the inverse
    has sums of products of more and more of them.
    """
    for pivots in cut.pivots():
        others = {at: block for at, block in cut.blocks.items() if pivots[at[0]] != at[1]}
        rows = {column: row for row, column in pivots.items()}
        if {row for row, _ in others} & {rows[column] for _, column in others}:
            continue
        inverses = {row: apply(INV, (cut.blocks[row, column],)) for row, column in pivots.items()}
        found: dict[Places, Node] = {(pivots[row], row): inverse for row, inverse in inverses.items()}
        for (row, column), block in others.items():
            before, after = (inverses[row], pivots[row], row), (inverses[rows[column]], column, rows[column])
            found[pivots[row], rows[column]] = multiplied(-_1, before, (block, row, column), after)
        return _whole(found, operand.dims)
    return None


# ---------------------------------------------------------------- determinants
def _of_triangular(function: Kernel, cut: Partition, apply: Apply) -> Node | None:
    """The product of the determinants of the blocks on a diagonal, where all others lie on one side of it.

    On the other diagonal the sign depends on the sizes of the blocks, which may be symbols: that is left out of the
    logarithm of the absolute value alone.
    """
    number_of = {at: k for k, at in enumerate(cut.order)}
    for pivots in cut.pivots():
        to_row = {column: number_of[row] for row, column in pivots.items()}
        signs = {number_of[row] - to_row[column] for row, column in cut.blocks}
        is_main = all(row == column for row, column in pivots.items())
        if (min(signs) >= 0 or max(signs) <= 0) and (is_main or function is LOGDET):
            return _combined(function, [apply(function, (cut.blocks[at],)) for at in pivots.items()])
    return None


def _by_complement(function: Kernel, cut: Partition, whole: Node, apply: Apply) -> Node | None:
    """det(A)*det(D - C*inv(A)*B) of [A, B; C, D], where A is known to be invertible and that is shorter.

    It is where A is a multiple of the identity, and where D is a single entry, so that the second factor is a scalar.
    """
    dim = whole.dims[0]
    first, last = cut.order[0], cut.order[-1]
    behind = positions(size_of(first), dim.plus(size_of(first), -1))
    before = positions(whole_number(0), first_of(last))
    ways = [(first, behind), (last, before)]
    by_scalar = [way for way in ways if _is_multiple_of_identity(taken(whole, way[0], way[0]))]
    by_scalar.sort(key=lambda way: size_of(way[1]).number or 0)
    of_entry = [way for way in ways if size_of(way[1]) is ONE and is_known_invertible(taken(whole, way[0], way[0]))]
    for at, rest in [*by_scalar, *of_entry]:
        block = taken(whole, at, at)
        return _combined(function, [apply(function, (part,)) for part in (block, complement(whole, rest, at, apply))])
    return None


def _combined(function: Kernel, parts: list[Node]) -> Node:
    """The sum of logarithms of determinants, or the product of determinants."""
    if function is LOGDET:
        return add([(_1, part) for part in parts], ())
    return contract(_1, [Factor(part, (), _1) for part in parts], (), {})


def is_known_invertible(block: Node) -> bool:
    """Whether a block is known to have an inverse, or its negative is."""
    value = constant_value(block) if block.rank == 0 else None
    return bool(value) or any(properties.is_invertible(scale(c, block)) for c in (_1, -_1))


def _is_multiple_of_identity(block: Node) -> bool:
    """Whether a block is s*I by form, or s alone, with a scalar s that is not zero."""
    if block.rank == 0:
        return is_known_invertible(block)
    diagonal = diagonal_of(block)
    if diagonal is None or diagonal.kind != "contraction" or spread_axes(diagonal) != (0,):
        return False
    return is_known_invertible(unspread(diagonal, ()))


# ---------------------------------------------------------------- Schur complements
def complement(whole: Node, at: At, gone: At, apply: Apply) -> Node:
    """D - C*inv(A)*B of [A, B; C, D]: the block that stays, and that which is eliminated, by their positions."""
    inverse = apply(INV, (taken(whole, gone, gone),))
    ends = (taken(whole, at, gone), at, gone), (taken(whole, gone, at), gone, at)
    own = taken(whole, at, at)
    return add([(_1, own), (_1, multiplied(-_1, ends[0], (inverse, gone, gone), ends[1]))], own.dims)


def block_of_inverse(whole: Node, row: At, column: At, apply: Apply) -> Node | None:
    """What of the inverse of a matrix of two by two blocks stands in one of them, by the block that can be eliminated.

    Where that is the block in question, the inverse of its complement has to be a scalar: inv(A) + u*v'/s of a matrix
    with one more row and column.
    """
    cut = partition(whole)
    if cut is None or len(cut.order) != 2 or row not in cut.order or column not in cut.order:
        return None
    known = {at: other for at, other in (cut.order, cut.order[::-1]) if is_known_invertible(taken(whole, at, at))}
    if row == column:
        other = next(at for at in cut.order if at != row)
        if other in known:
            return apply(INV, (complement(whole, row, other, apply),))
        if row not in known or size_of(other) is not ONE:
            return None
    if not known:
        return None
    # A scalar complement is best, and else that of the first block: so the blocks of a symmetric matrix are transposed.
    gone, left = min(known.items(), key=lambda way: size_of(way[1]) is not ONE)
    inverse = (apply(INV, (taken(whole, gone, gone),)), gone, gone)
    inner = (apply(INV, (complement(whole, left, gone, apply),)), left, left)
    above, below = (taken(whole, gone, left), gone, left), (taken(whole, left, gone), left, gone)
    if row == column:
        product = multiplied(_1, inverse, above, inner, below, inverse)
        return add([(_1, inverse[0]), (_1, product)], product.dims)
    return multiplied(-_1, inverse, above, inner) if row == gone else multiplied(-_1, inner, below, inverse)
