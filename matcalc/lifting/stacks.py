"""Sums of placed arrays, written as block matrices: P'*A + Q'*C is [A; C].

What all blocks share goes before or behind them: [2*A*x; 2*C*x] is 2*[A; C]*x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from matcalc.expr import Expr, transpose, zeros
from matcalc.lifting.assembly import assemble_collected
from matcalc.lifting.summing import collect
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.network import build, properties
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Indices, Node
from matcalc.placements import At, covers, in_order, is_whole_diagonal, place_on, taken_at
from matcalc.position import Several, are_apart, end_of, first_of, positions, size_of
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most, whole_number
from matcalc.stacking import blocks, grid

LARGEST_GRID = 6  # of rows or columns, whose entries are written one by one
_1 = Fraction(1)
Places = tuple[At | None, ...]  # of the axes of an array: None for one that is not cut
Cells = list[list[list[Term]]]  # the terms of each block, none for zeros
Side = tuple[tuple[At | None, Dim], ...]  # the places on an axis in order, those of zeros too, and how long they are


class Stack(NamedTuple):
    """The blocks of a node by their places, all places on each of its axes, and the rest of the node."""

    blocks: dict[Places, Node]
    sides: tuple[Side, ...]
    rest: Node | None


def stack_of(node: Node) -> Stack | None:
    """The placed terms of a sum, or a placed product, that make a block matrix; None where there are none."""
    if node.kind not in ("sum", "contraction") or not 0 < node.rank <= 2:
        return None
    terms = node.terms if node.kind == "sum" else _with_signs(node) or [(_1, node)]
    if all(side.number is not None and side.number <= LARGEST_GRID for side in node.dims):
        terms = [(c * d, part) for c, term in terms for d, part in _with_places(term)]
    if not [1 for _, term in terms if term.kind == "contraction" and "unit" in [o.kind for o in term.operands]]:
        return None
    chosen: list[tuple[Fraction, Node, Places]] = []
    for c, term in terms:
        places = tuple(place_on(term, axis) for axis in range(node.rank))
        if any(at is not None for at in places) and all(_go_together(places, other) for _, _, other in chosen):
            chosen.append((c, term, places))
    cut = [_in_order(side) for side in zip(*(places for _, _, places in chosen), strict=True)]
    if not chosen or not _is_written_as_blocks(cut, node.dims):
        return None
    sides = [side for places, dim in zip(cut, node.dims, strict=True) if (side := _filled(places, dim)) is not None]
    if len(sides) < node.rank:
        return None
    found: dict[Places, Node] = {}
    for c, term, places in chosen:
        cell = build.scale(c, _taken(term, places))
        found[places] = build.add([(_1, found[places]), (_1, cell)], cell.dims) if places in found else cell
    own = {term for _, term, _ in chosen}
    for c, term in terms:
        if is_whole_diagonal(term) and term not in own and _is_off_diagonal(found, sides):
            found.update({(at, at): build.scale(c, _taken(term, (at, at))) for at, _ in sides[0]})
            own.add(term)
    rest = [(c, term) for c, term in terms if term not in own]
    return Stack(found, tuple(sides), build.add(rest, node.dims) if rest else None)


def _with_places(term: Node) -> list[tuple[Fraction, Node]]:
    """A product with a sum of placed parts multiplied out: c*(a*unit(3,1) + b*unit(3,2)) has two places."""
    for k, operand in enumerate(term.operands if term.kind == "contraction" else ()):
        product = term.product
        if operand.kind != "sum" or product.exponents[k] != 1 or not {*product.indices[k]} <= {*product.out}:
            continue
        parts = build.distributed(term, k)
        for axis in range(term.rank):
            if place_on(term, axis) is None and all(isinstance(place_on(part, axis), int) for _, part in parts):
                return [(c * d, made) for c, part in parts for d, made in _with_places(part)]
    return [(_1, term)]


def _filled(places: Sequence[At], dim: Dim) -> Side | None:
    """The places on an axis with those between them, None where there may be no such."""
    if not places:
        return ((None, dim),)
    found: list[tuple[At | None, Dim]] = []
    end = whole_number(0)
    for at in places:
        if first_of(at) is not end:
            gap = first_of(at).plus(end, -1)
            found.append((positions(end, gap), gap))
        found.append((at, size_of(at)))
        end = end_of(at)
    if end is not dim:
        gap = dim.plus(end, -1)
        found.append((positions(end, gap), gap))
    return tuple(found) if all(is_at_most(ONE, size) for _, size in found) else None


def _with_signs(node: Node) -> list[tuple[Fraction, Node]]:
    """The terms of -(P'*A - Q'*C), for [-A; C] has no more signs than -[A; -C]; of all else none."""
    coefficient, core = split_coefficient(node)
    if coefficient != -1 or core.kind != "sum":
        return []
    negative = sum(c < 0 for c in core.coefficients)
    return [(-c, term) for c, term in core.terms] if 0 < negative >= len(core.operands) - negative - 1 else []


def _go_together(a: Places, b: Places) -> bool:
    """Whether blocks may stand in one block matrix: on each axis at the same places, or apart."""
    pairs = zip(a, b, strict=True)
    return all(x == y or (x is not None and y is not None and are_apart(x, y)) for x, y in pairs)


def _is_off_diagonal(blocks: Mapping[Places, Node], sides: Sequence[Side]) -> bool:
    """Whether all blocks stand off the diagonal, so that the parts of a diagonal matrix beside them may stand on it."""
    return len(sides) == 2 and sides[0] == sides[1] and all(row != column for row, column in blocks)


def _in_order(side: Sequence[At | None]) -> tuple[At, ...]:
    """The places on an axis in order; none where it is not cut."""
    return in_order([at for at in dict.fromkeys(side) if at is not None])


def _is_written_as_blocks(cut: Sequence[Sequence[At]], dims: Sequence[Dim]) -> bool:
    """Whether places are at symbols, or several with rows among them, or all that there are."""
    places = [*chain.from_iterable(cut)]
    if any(not isinstance(at, int | range) for at in places):
        return True
    is_full = all(covers(side, dim) for side, dim in zip(cut, dims, strict=True) if side)
    return max(map(len, cut)) > 1 and (is_full or any(isinstance(at, Several) for at in places))


def _taken(node: Node, places: Places) -> Node:
    for axis in reversed(range(node.rank)):
        at = places[axis]
        node = node if at is None else taken_at(node, axis, at)
    return node


# ---------------------------------------------------------------- writing
def block_matrix(
    node: Node, stack: Stack, rows: Indices, cols: Indices, lift: Callable[[Node, Indices, Indices], list[Term]],
    writer: Writer,
) -> Term:  # fmt: skip
    """The block matrix of a stack, with these axes of its node as rows and columns."""
    whole: Side = ((None, ONE),)
    heights = stack.sides[rows[0]] if rows else whole
    widths = stack.sides[cols[0]] if cols else whole
    cells: Cells = []
    for at_row, _ in heights:
        cells.append([])
        for at_col, _ in widths:
            at = {axis: place for axes, place in ((rows, at_row), (cols, at_col)) for axis in axes}
            block = stack.blocks.get(tuple(at[axis] for axis in range(node.rank)))
            left = [axis for axis in range(node.rank) if at[axis] is None or isinstance(at[axis], Several)]
            own = [tuple(left.index(axis) for axis in axes if axis in left) for axes in (rows, cols)]
            cells[-1].append([] if block is None else collect(lift(block, own[0], own[1]), writer))
    shared, cells = _apart(cells, writer)
    mirrored = node.rank == 2 and properties.is_symmetric(node)
    made: list[list[Expr]] = []
    for k, (_, height) in enumerate(heights):
        made.append([])
        for j, (_, width) in enumerate(widths):
            if mirrored and j < k and cells[j][k]:
                made[-1].append(writer.transpose(made[j][k]))
            else:
                size = _size_of_zeros(shared, height, width, below=len(heights) > 1)
                made[-1].append(assemble_collected(cells[k][j], writer) if cells[k][j] else zeros(*size))
    matrix = blocks(made) if mirrored else _shorter(blocks(made), writer)
    return shared._replace(chain=_around(shared.chain, matrix, heights, writer))


def _size_of_zeros(shared: Term, height: Dim, width: Dim, *, below: bool) -> tuple[Dim, Dim]:
    """The size of zeros beside blocks that have lost the factors they share."""
    if not shared.chain:
        return height, width
    return (height, shared.chain[0].shape.rows) if below else (shared.chain[-1].shape.cols, width)


def _shorter(matrix: Expr, writer: Writer) -> Expr:
    """[A', C'; B', D'] as [A, B; C, D]', where that is shorter."""
    if matrix.kind != "blocks":
        return matrix
    turned = blocks([[writer.transpose(part) for part in col] for col in zip(*grid(matrix), strict=True)])
    return transpose(turned) if turned.length + 1 < matrix.length else matrix


def _around(factors: tuple[Expr, ...], matrix: Expr, heights: Side, writer: Writer) -> tuple[Expr, ...]:
    """What blocks share, before them where they are side by side, else behind them."""
    own = tuple(writer.factors(matrix))
    return (*own, *factors) if len(heights) > 1 else (*factors, *own)


def _apart(cells: Cells, writer: Writer) -> tuple[Term, Cells]:
    """What all blocks share, as a term, and what is left of each: numbers, scalars, and factors on the side where
    there is one row or column of blocks alone."""
    terms = [cell[0] for row in cells for cell in row if cell]
    if len(terms) < 2 or any(len(cell) > 1 for row in cells for cell in row):
        return Term(), cells
    sizes = {abs(term.coefficient) for term in terms}
    sign = -1 if all(term.coefficient < 0 for term in terms) else 1
    number = sign * min(sizes) if len(sizes) == 1 else _1
    scalars = tuple(power for power in terms[0].scalars if all(power in term.scalars for term in terms))
    below = len(cells) > 1
    count = (
        _shared_factors([term.chain[::-1] if below else term.chain for term in terms])
        if 1 in (len(cells), len(cells[0]))
        else 0
    )
    first = terms[0].chain
    shared = first[len(first) - count :] if below else first[:count]

    def left(term: Term) -> Term:
        kept = tuple(power for power in term.scalars if power not in scalars)
        rest = term.chain[: len(term.chain) - count] if below else term.chain[count:]
        return Term(term.coefficient / number, kept, rest)

    return Term(number, scalars, shared), [[[left(cell[0])] if cell else [] for cell in row] for row in cells]


def _shared_factors(chains: Sequence[tuple[Expr, ...]]) -> int:
    """How many factors all products begin with; of each, one is left."""
    most = min(map(len, chains)) - 1
    return next((k for k in range(most) if len({chain[k] for chain in chains}) > 1), max(most, 0))
