"""Products with placements and stacks: P*P' is the identity or zero, a block matrix times a stack is multiplied out.

P are rows of the identity; a stack is a sum of arrays that are placed apart (``network.placements``). No lines, since
what is placed may have any number of axes, and positions are compared for all sizes of symbols.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from matcalc.network.build import add, contract
from matcalc.network.components import connected
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.placements import (
    At,
    covers,
    inside,
    place_on,
    placed_at,
    placement,
    places_of,
    taken_at,
    taking,
)
from matcalc.network.rewriting import Rewritten
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
    """A row of a placement has its 1 at one place: P[k,i]*P[k,j] is P[k,i] where i = j, and else 0."""
    for other in factors:
        if (
            other is not rows
            and other.node is rows.node
            and other.indices[0] == rows.indices[0]
            and rows.node.rank == 2
        ):
            return Rewritten(without(factors, other), joined=[(rows.indices[1], other.indices[1])])
    return None


def _put_back(rows: Factor, others: list[Factor], factors: list[Factor], out: Indices) -> Rewritten | None:
    """P'*(P*A + P*B) is multiplied out: what was taken at the same rows is put back where it was."""
    if rows.node.rank < 2:
        return None
    short, index = rows.indices
    beside = [f for f in factors if f is not rows and short in f.indices]
    if len(beside) != 1 or short in out or beside[0].node.kind != "sum" or beside[0].indices.count(short) != 1:
        return None
    (total,) = beside
    axis = total.indices.index(short)
    if total.exponent != 1 or not all(_is_taken(operand, axis, rows.node) for operand in total.node.operands):
        return None
    sizes = dict(zip(total.indices, total.node.dims, strict=True)) | dict(
        zip(rows.indices, rows.node.dims, strict=True)
    )
    kept = tuple(index if i == short else i for i in total.indices)
    terms = [(c, contract(_1, [rows, total._replace(node=n)], kept, sizes)) for c, n in total.node.terms]
    made = add(terms, tuple(sizes[i] for i in kept))
    return Rewritten(without(factors, rows, total), added=[Factor(made, kept, _1)], gone=(short,))


def _is_taken(node: Node, axis: int, rows: Node) -> bool:
    """Whether a product is what stands at these rows of another one, and is multiplied by nothing else there."""
    if node.kind != "contraction" or node.product.out.count(node.product.out[axis]) > 1:
        return False
    found = [f for f in node.factors if node.product.out[axis] in f.indices]
    return (
        len(found) == 1
        and found[0].node is rows
        and found[0].exponent == 1
        and found[0].indices[0] == node.product.out[axis]
    )


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
    terms = [(c, taken_at(operand, axis, rows.node.place)) for c, operand in total.node.terms]
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


# ---------------------------------------------------------------- stacks
def stacks(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A stack is multiplied out, block by block, where it meets another one, and where nothing else meets it."""
    for stack in factors:
        if stack.node.kind != "sum" or stack.exponent != 1:
            continue
        cut = [(axis, i) for axis, i in enumerate(stack.indices) if places_of(stack.node, axis)]
        for axis, index in cut:
            others = [f for f in factors if f is not stack and index in f.indices]
            meets = any(_is_cut_alike(stack.node, axis, other, index) for other in others)
            if meets or stack.indices.count(index) > 1:
                return _multiplied_out(stack, axis, others, factors, out)
        if cut and _is_free(stack, cut, factors, out):
            return _multiplied_out(stack, cut[0][0], without(factors, stack), factors, out)
    return None


def _is_cut_alike(stack: Node, axis: int, other: Factor, index: Index) -> bool:
    """Whether another factor has pieces along an index that do not lie across those of a stack."""
    own = places_of(stack, axis)
    return any(
        all(are_apart(a, b) or are_within(a, b) or are_within(b, a) for a in own for b in theirs)
        for k, i in enumerate(other.indices)
        if i == index and (theirs := _places_inside(other.node, k))
    )


def _places_inside(node: Node, axis: int) -> tuple[At, ...]:
    """The pieces of a stack, or of what a function is applied to, entry by entry."""
    if node.kind == "elementwise":
        return next((found for operand in node.operands if (found := _places_inside(operand, axis))), ())
    return places_of(node, axis)


def _is_free(stack: Factor, cut: list[tuple[int, Index]], factors: list[Factor], out: Indices) -> bool:
    """Whether what multiplies a stack goes into its blocks: it stands on no index along which the stack is cut, and is
    no part of an outer product, which is shorter as it is."""
    others = without(factors, stack)
    across = {i for _, i in cut}
    if not others:
        return set(out) == set(stack.indices) and len(out) == len(stack.indices) and out != stack.indices
    if any(out.count(i) != 1 for i in across):
        return False
    if any(not across.isdisjoint(other.indices) for other in others):
        return False
    reached = connected(others, set(stack.indices), set())
    return all(other in reached for other in others if other.indices and other.node.kind != "unit")


def _multiplied_out(
    stack: Factor, axis: int, beside: list[Factor], factors: list[Factor], out: Indices
) -> Rewritten | None:
    """The sum over the pieces of a stack, each times the factors beside it."""
    index = stack.indices[axis]
    dim = stack.node.dims[axis]
    used = dict.fromkeys(i for f in (stack, *beside) for i in f.indices)
    around = {i for f in factors if f is not stack and f not in beside for i in f.indices}
    kept = (*(i for i in dict.fromkeys(out) if i in used), *(i for i in used if i in around and i not in out))
    short = max([*used, *out]) + 1
    sizes = {i: d for f in (stack, *beside) for i, d in zip(f.indices, f.node.dims, strict=True)}
    terms = []
    for at in places_of(stack.node, axis):
        node = taken_at(stack.node, axis, at)
        rows = taking(dim, at)
        places = (short, index) if rows.rank == 2 else (index,)
        own = (*stack.indices[:axis], *places[:-1], *stack.indices[axis + 1 :])
        inner = [Factor(rows, places, _1), Factor(node, own, _1), *beside]
        terms.append((_1, contract(_1, inner, kept, {**sizes, short: size_of(at)})))
    made = Factor(add(terms, tuple(sizes[i] for i in kept)), kept, _1)
    rest = without(factors, stack, *beside)
    return Rewritten(rest, added=[made], gone=tuple(i for i in used if i not in kept))


# ---------------------------------------------------------------- sums
def together(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """Terms that are placed alike are put together: P'*A + P'*B = P'*(A + B), so that a stack has each block once."""
    terms = _completed(terms)
    found: dict[tuple[At | None, ...], list[tuple[Node, Fraction]]] = {}
    for node, c in terms:
        is_block = _is_placed(node) and not any(_masked(node))
        places = tuple(place_on(node, axis) for axis in range(node.rank)) if is_block else ()
        found.setdefault(places, []).append((node, c))
    if all(len(members) < 2 or not _are_blocks(places) for places, members in found.items()):
        return terms
    made = []
    for places, members in found.items():
        if len(members) > 1 and _are_blocks(places):
            coefficient, core = split_coefficient(_together(places, members))
            made += [(core, coefficient)] if coefficient else []
        else:
            made += members
    return made


def _completed(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """Parts of one array, each among zeros, that are all of it: P'*P*x + Q'*Q*x = x."""
    parts: dict[tuple[Node, int, Fraction], dict[At, Node]] = {}
    for node, c in terms:
        for axis, at, whole in _masked(node) if _is_placed(node) else ():
            parts.setdefault((whole, axis, c), {})[at] = node
    for (whole, axis, c), found in parts.items():
        if len(found) > 1 and covers(list(found), whole.dims[axis]) and _are_all_apart(list(found)):
            coefficient, core = split_coefficient(whole, c)
            rest = [(node, k) for node, k in terms if node not in found.values()]
            return _completed([*rest, (core, coefficient)])
    return terms


def _masked(node: Node) -> Iterator[tuple[int, At, Node]]:
    """The ways in which a product is a part of an array among zeros: along which axis, where, and of what."""
    product = node.product
    for mask in node.factors:
        if mask.node.kind != "unit" or mask.node.rank < 2 or mask.exponent != 1:
            continue
        short, index = mask.indices
        others = without(node.factors, mask)
        if index in product.out and summed_only_on(short, (mask,), node.factors, product.out):
            whole = contract(product.coefficient, others, product.out, dict(enumerate(product.sizes)))
            yield product.out.index(index), mask.node.place, whole


def _are_all_apart(places: list[At]) -> bool:
    return all(are_apart(a, b) for a, b in combinations(places, 2))


def _is_placed(node: Node) -> bool:
    return node.kind == "contraction" and any(operand.kind == "unit" for operand in node.operands)


def _are_blocks(places: tuple[At | None, ...]) -> bool:
    return any(at is not None and not isinstance(at, int) for at in places)


def _together(places: tuple[At | None, ...], members: list[tuple[Node, Fraction]]) -> Node:
    dims = members[0][0].dims
    cut = [(axis, at) for axis, at in enumerate(places) if at is not None]
    inner = []
    for node, c in members:
        for axis, at in reversed(cut):
            node = taken_at(node, axis, at)
        inner.append((c, node))
    total = add(inner, inner[0][1].dims)
    for axis, at in cut:
        total = placed_at(total, axis, at, dims[axis])
    return total
