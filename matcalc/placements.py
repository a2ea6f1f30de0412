"""Placements: rows of the identity that put an array among zeros, and stacks, the sums of arrays that are placed apart.

The rows P of the identity from ``first`` on take a part P·X of X, and P'·A is A among zeros. A block matrix is the sum
of P'·A·Q, one for each block, where ``first`` and the number of rows may be symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from matcalc.network.build import add, contract, delta, scale
from matcalc.network.leaves import number, unit
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.shared import part
from matcalc.network.views import View, atomic
from matcalc.position import Several, Single, are_apart, end_of, first_of, positions, size_of
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most, product, total, whole_number

_1 = Fraction(1)
At = Single | Several


Places = tuple[At | None, ...]  # of the axes of an array: None for one that is not cut


class Block(NamedTuple):
    """What of an array stands at some positions of its axes; an axis of which it is at one has gone."""

    places: Places
    node: Node


def taking(dim: Dim, at: At) -> Node:
    """The rows of the identity at positions of a dimension: all of them, some, one, or the number 1."""
    if size_of(at) is not dim:
        return unit(dim, at)
    return number(_1) if dim is ONE else delta(dim)


def placement(factor: Factor) -> At | None:
    """The positions that a factor places its rows at, if it is nothing but that."""
    return factor.node.place if factor.node.kind == "unit" and factor.exponent == 1 else None


def inside(at: At, around: At) -> At:
    """Positions as they are counted from the first of those around them."""
    return positions(first_of(at).plus(first_of(around), -1), size_of(at))


def is_placed(node: Node) -> bool:
    """Whether a product has rows of the identity, or unit vectors, among its factors."""
    if node.kind == "contraction":
        for operand in node.operands:
            if operand.kind == "unit":
                return True
    return False


def is_whole_diagonal(node: Node) -> bool:
    """Whether a matrix is diagonal by form, and not placed: the identity, a multiple of it, or diag(x)."""
    is_product = node.kind == "contraction" and node.rank == 2
    return is_product and node.product.out[0] == node.product.out[1] and not is_placed(node)


def place_on(node: Node, axis: int) -> At | None:
    """Where a product is placed along an axis, by form; None where it isn't."""
    if node.kind == "unit":
        return node.place if axis == node.rank - 1 else None
    if not is_placed(node):
        return None
    index = node.product.out[axis]
    return next((f.node.place for f in node.factors if f.indices[-1:] == (index,) and placement(f) is not None), None)


@lru_cache(4096)
def places_of(node: Node, axis: int) -> tuple[At, ...]:
    """Where the terms of a sum are placed along an axis, in order, if it is a stack there: else nothing.

    All its terms are placed, apart from each other or at the same positions; a diagonal matrix beside them has a part
    at each, if they are all there is. It has several pieces, and blocks among them or as many entries as the axis: what
    has only some entries is better written as a sum.
    """
    if node.kind != "sum":
        return ()
    diagonal = [operand for operand in node.operands if node.rank == 2 and is_whole_diagonal(operand)]
    axes = (axis, 1 - axis) if diagonal else (axis,)
    places = [place_on(operand, k) for operand in node.operands if operand not in diagonal for k in axes]
    found = {at: None for at in places if at is not None}
    if None in places or len(found) < 2 or not all(are_apart(a, b) for a, b in combinations(found, 2)):
        return ()
    if diagonal and not covers(list(found), node.dims[axis]):
        return ()
    ordered = in_order(list(found))
    return ordered if any(isinstance(at, Several) for at in found) or covers(ordered, node.dims[axis]) else ()


def in_order(places: Sequence[At]) -> tuple[At, ...]:
    """Positions that are apart, from the first to the last."""
    return tuple(sorted(places, key=lambda at: sum(is_at_most(end_of(other), first_of(at)) for other in places)))


def covers(places: Sequence[At], dim: Dim) -> bool:
    """Whether positions that are apart are all that an axis has."""
    return total([size_of(at) for at in places]) is dim


def taken_at(node: Node, axis: int, at: At) -> Node:
    """What of an array stands at some positions of an axis."""
    every = list(range(node.rank))
    sizes: dict[Index, Dim] = dict(enumerate(node.dims))
    rows = taking(node.dims[axis], at)
    if rows.rank == 0:
        return node
    short = (node.rank,) if rows.rank == 2 else ()
    sizes.update(zip(short, rows.dims, strict=False))
    out = tuple(i for k in every for i in ((*short,) if k == axis else (k,)))
    return part([Factor(rows, (*short, axis), _1), Factor(node, tuple(every), _1)], out, sizes)


def blocks_of(terms: Sequence[tuple[Fraction, Node]]) -> list[Block]:
    """The terms of a sum by their places, if all are placed apart from each other, and not only at entries; else
    nothing."""
    found: list[Block] = []
    for c, term in terms:
        places = tuple(place_on(term, axis) for axis in range(term.rank))
        if all(at is None for at in places) or not all(_apart(places, other.places) for other in found):
            return []
        for axis in reversed(range(term.rank)):
            at = places[axis]
            term = term if at is None else taken_at(term, axis, at)
        found.append(Block(places, scale(c, term)))
    return found if any(isinstance(at, Several) for block in found for at in block.places) else []


def _apart(a: Places, b: Places) -> bool:
    return any(x is not None and y is not None and are_apart(x, y) for x, y in zip(a, b, strict=True))


def fill(blocks: Sequence[Block], dims: tuple[Dim, ...]) -> bool:
    """Whether blocks that are apart have all entries of an array."""
    count = [
        product(tuple(d if at is None else size_of(at) for at, d in zip(b.places, dims, strict=True))) for b in blocks
    ]
    return total(count) is product(dims)


def placed_at(node: Node, axis: int, at: At, dim: Dim) -> Node:
    """An array among zeros: at these positions of an axis of that length, which is new where one entry is placed."""
    if size_of(at) is dim:
        return node
    is_new = not isinstance(at, Several)
    own = tuple(range(node.rank))
    long = node.rank
    sizes = {**dict(enumerate(node.dims)), long: dim}
    short = () if is_new else (axis,)
    out = (*own[:axis], long, *own[axis + (not is_new) :])
    return contract(_1, [Factor(unit(dim, at), (*short, long), _1), Factor(node, own, _1)], out, sizes)


def stacked(parts: Sequence[tuple[At, Node]], axis: int, dims: tuple[Dim, ...]) -> Node:
    """The sum of arrays that are placed along an axis; ``dims`` are those of the whole."""
    return add([(_1, placed_at(node, axis, at, dims[axis])) for at, node in parts], dims)


def joined(views: list[View], *, by_rows: bool) -> View:
    """Matrices one below the other, or side by side."""
    if len(views) == 1:
        return views[0]
    views = list(map(atomic, views))
    sides = [product(view.row_dims if by_rows else view.col_dims) for view in views]
    kept = views[0].col_dims if by_rows else views[0].row_dims
    whole_side = total(sides)
    parts = []
    first = whole_number(0)
    for view, side in zip(views, sides, strict=True):
        parts.append((positions(first, side), view.node))
        first = first.plus(side)
    dims = (whole_side, *kept) if by_rows else (*kept, whole_side)
    return View(stacked(parts, 0 if by_rows else len(kept), dims), 1 if by_rows else len(kept))
