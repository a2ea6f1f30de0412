"""Products with placements, the rows P of the identity: P*P' is the identity, P*Q' zero where these are apart.

No lines, since what is placed may have any number of axes, and positions are compared for all sizes of symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from matcalc.network.build import add, contract
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.placements import (
    At,
    inside,
    place_on,
    placement,
    taken_at,
    taking,
)
from matcalc.position import Several, are_apart, are_within, first_of, positions, size_of
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without

_1 = Fraction(1)


# ---------------------------------------------------------------- placements
def placements(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first rule that applies to a placement of several rows, or at a symbol, among the factors of a product."""
    for rows in factors:
        if rows.node.kind != "unit" or len(set(rows.indices)) < len(rows.indices):
            continue
        if rows.exponent != 1 and rows.node.rank == 2:
            return _power(rows, factors)
        if rows.exponent != 1:
            continue
        index = rows.indices[-1]
        others = [f for f in factors if f is not rows and index in f.indices]
        for rule in (_one_row, _put_back, _two_placements, _summed, _composed, _taken):
            found = rule(rows, others, factors, out)
            if found is not None:
                return found
    return None


def _power(rows: Factor, factors: list[Factor]) -> Rewritten:
    """A power of zeros and ones is itself."""
    if rows.exponent < 0:
        raise ZeroDivisionError("an entry of a placement")
    return Rewritten([*without(factors, rows), rows._replace(exponent=_1)])


def _one_row(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """A row of a placement has its 1 at one place: P[k,i]*P[k,j] is P[k,i] where i = j, and else 0.

    P'*P*X of rows that are numbered stays: it reads as rows that are taken and put back.
    """
    if rows.node.rank < 2:
        return None
    k = rows.indices[0]
    for other in factors:
        if other is rows or other.node is not rows.node or other.indices[0] != k:
            continue
        if not (isinstance(rows.node.place, range) and summed_only_on(k, (rows, other), factors, out)):
            return Rewritten(without(factors, other), joined=[(rows.indices[1], other.indices[1])])
    return None


def _put_back(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """P'*(P*A + P*B) is multiplied out: what was taken at the same rows is put back where it was."""
    if rows.node.rank < 2 or isinstance(rows.node.place, range):  # P'*P*X of these stays
        return None
    beside = [f for f in factors if f is not rows and rows.indices[0] in f.indices]
    if len(beside) != 1 or beside[0].node.kind != "sum" or beside[0].exponent != 1:
        return None
    (total,) = beside
    back = {f.indices[0]: f for f in factors if _puts_back(f, total, factors, out)}
    for chosen in (back, {rows.indices[0]: rows}) if rows.indices[0] in back else ():
        if all(_is_taken(operand, total.indices, chosen) for operand in total.node.operands):
            return _multiplied_with(total, chosen, factors)
    return None


def _puts_back(rows: Factor, total: Factor, factors: list[Factor], out: Indices) -> bool:
    """Whether a factor puts an axis of a sum among zeros, and does nothing else."""
    if (
        rows.node.kind != "unit"
        or rows.node.rank < 2
        or rows.exponent != 1
        or total.indices.count(rows.indices[0]) != 1
    ):
        return False
    return rows.indices[0] != rows.indices[1] and summed_only_on(rows.indices[0], (rows, total), factors, out)


def _is_taken(node: Node, indices: Indices, back: Mapping[Index, Factor]) -> bool:
    """Whether a product is what stands at these rows of another one, and is multiplied by nothing else there."""
    if node.kind != "contraction":
        return False
    for axis, index in enumerate(indices):
        if index not in back:
            continue
        inner = node.product.out[axis]
        alike = [indices[k] for k, i in enumerate(node.product.out) if i == inner]
        on = [f for f in node.factors if inner in f.indices]
        if any(i not in back or back[i].node is not back[index].node for i in alike):
            return False
        if len(on) != 1 or on[0].node is not back[index].node or on[0].exponent != 1 or on[0].indices[0] != inner:
            return False
    return True


def _multiplied_with(total: Factor, back: Mapping[Index, Factor], factors: list[Factor]) -> Rewritten:
    sizes = dict(zip(total.indices, total.node.dims, strict=True))
    for rows in back.values():
        sizes.update(zip(rows.indices, rows.node.dims, strict=True))
    kept = tuple(back[i].indices[1] if i in back else i for i in total.indices)
    terms = [(c, contract(_1, [*back.values(), total._replace(node=n)], kept, sizes)) for c, n in total.node.terms]
    made = add(terms, tuple(sizes[i] for i in kept))
    return Rewritten(without(factors, total, *back.values()), added=[Factor(made, kept, _1)], gone=tuple(back))


def _two_placements(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """Placements along one axis: none where they are apart; within another one, the rows of that are the rest."""
    at: At = rows.node.place
    for other in others:
        around = placement(other)
        if around is None or other.indices[-1] != rows.indices[-1]:
            continue
        if are_apart(at, around):
            return Rewritten([], added=[Factor(number(Fraction(0)), (), _1)], gone=rows.indices)
        if isinstance(around, Several) and are_within(at, around):
            within = taking(size_of(around), inside(at, around))
            made = Factor(within, (*rows.indices[:-1], other.indices[0]), _1)
            return Rewritten(without(factors, other), added=[made])
    return None


def _summed(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """Each row of a placement has a single 1."""
    index = rows.indices[-1]
    if rows.node.rank < 2 or others or index in out:
        return None
    return Rewritten(without(factors, rows), gone=(index,))


def _composed(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """Rows of rows of the identity are rows of it."""
    index = rows.indices[-1]
    if len(others) != 1 or index in out or others[0].indices[0] != index or others[0].node.rank < 2:
        return None
    (outer,) = others
    around = placement(outer)
    if around is None or outer.indices[0] == outer.indices[1]:
        return None
    at: At = rows.node.place
    place = positions(first_of(at).plus(first_of(around)), size_of(at))
    made = Factor(taking(outer.node.dims[1], place), (*rows.indices[:-1], outer.indices[1]), _1)
    return Rewritten(without(factors, rows, outer), added=[made], gone=(index,))


def _taken(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """What is placed along an axis too is taken at the rows: P*[x; y] is x."""
    if rows.node.rank < 2:
        return None
    short, index = rows.indices
    if len(others) == 1 and index not in out and others[0].indices.count(index) == 1 and others[0].exponent == 1:
        return _part_of_sum(rows, others[0], factors)
    for other in others:
        if short in other.indices or not any(
            _has_places(other.node, k) for k, i in enumerate(other.indices) if i == index
        ):
            continue
        node = other.node
        for axis, i in enumerate(other.indices):
            if i == index:
                node = taken_at(node, axis, rows.node.place)
        indices = tuple(short if i == index else i for i in other.indices)
        gone = () if index in out or len(others) > 1 else (index,)
        kept = without(factors, other) if index in out or len(others) > 1 else without(factors, other, rows)
        return Rewritten(kept, added=[Factor(node, indices, other.exponent)], gone=gone)
    return None


def _part_of_sum(rows: Factor, total: Factor, factors: list[Factor]) -> Rewritten | None:
    """A part of a sum of which a term is placed there, term by term."""
    short, index = rows.indices
    axis = total.indices.index(index)
    if total.node.kind != "sum" or not _has_places(total.node, axis):
        return None
    at = rows.node.place
    placed = [(c, operand, place_on(operand, axis)) for c, operand in total.node.terms]
    terms = [(c, taken_at(operand, axis, at)) for c, operand, own in placed if own is None or not are_apart(at, own)]
    dims = (*total.node.dims[:axis], rows.node.dims[0], *total.node.dims[axis + 1 :])
    indices = tuple(short if i == index else i for i in total.indices)
    return Rewritten(without(factors, rows, total), added=[Factor(add(terms, dims), indices, _1)], gone=(index,))


@lru_cache(4096)
def _has_places(node: Node, axis: int) -> bool:
    """Whether a sum along an axis has a term that is placed there; also within products and functions of entries."""
    if node.kind == "contraction":
        index = node.product.out[axis]
        return any(_has_places(n, k) for n, indices, _ in node.factors for k, i in enumerate(indices) if i == index)
    if node.kind not in ("sum", "elementwise"):
        return False
    is_placed = node.kind == "sum" and any(place_on(operand, axis) is not None for operand in node.operands)
    return is_placed or any(_has_places(operand, axis) for operand in node.operands)
