"""Stacks, the sums of arrays that are placed apart: multiplied out block by block, and their terms put together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from matcalc.network.build import add, contract
from matcalc.network.components import connected
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.placements import At, covers, is_placed, place_on, placed_at, places_of, taken_at, taking
from matcalc.position import are_apart, are_within, size_of
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without

_1 = Fraction(1)


# ---------------------------------------------------------------- products
def stacks(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A stack is multiplied out, block by block, where it meets another one, and where nothing else meets it."""
    for stack in factors:
        ends = _ends(stack, factors, out)
        if ends:
            return _between(stack, ends, factors)
    for stack in sorted(factors, key=lambda factor: factor.node.rank):  # vectors first, as in norm2(A*x + B*y)^2
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


def _ends(stack: Factor, factors: list[Factor], out: Indices) -> list[Factor]:
    """The vectors at the two axes of a matrix that is cut along both, if each is a stack itself and cut alike."""
    if stack.node.kind != "sum" or stack.exponent != 1 or len(set(stack.indices)) != 2:
        return []
    if stack.node.rank != 2 or not all(places_of(stack.node, axis) for axis in (0, 1)):
        return []
    found = []
    for axis, index in enumerate(stack.indices):
        others = [f for f in factors if f is not stack and index in f.indices]
        if len(others) != 1 or others[0].indices != (index,) or others[0].exponent != 1 or index in out:
            return []
        if not _is_cut_alike(stack.node, axis, others[0], index):
            return []
        found += others
    return [] if any(_has_sums_of_products(end.node) for end in found) else found


def _has_sums_of_products(vector: Node) -> bool:
    """Whether a block of a stack is a sum such as A*x + B*y, which is shorter as a factor: norm2(A*x + B*y)^2."""
    for at in places_of(vector, 0):
        block = taken_at(vector, 0, at)
        terms = block.operands if block.kind == "sum" else ()
        if any(operand.rank > 1 for term in terms for operand in term.operands):
            return True
    return False


def _between(stack: Factor, ends: list[Factor], factors: list[Factor]) -> Rewritten:
    """x'*A*x + x'*B*y + y'*C*x + y'*D*y for [x; y]'*[A, B; C, D]*[x; y]: no sum in it is multiplied."""
    terms = []
    first, last = (places_of(stack.node, axis) for axis in (0, 1))
    for row, column in product(first, last):
        block = taken_at(taken_at(stack.node, 1, column), 0, row)
        parts = [taken_at(end.node, 0, at) for end, at in zip(ends, (row, column), strict=True)]
        indices = [tuple(range(k, k + part.rank)) for k, part in enumerate(parts)]
        inner = [Factor(node, own, _1) for node, own in zip((*parts, block), (*indices, sum(indices, ())), strict=True)]
        sizes = {i: d for f in inner for i, d in zip(f.indices, f.node.dims, strict=True)}
        terms.append((_1, contract(_1, inner, (), sizes)))
    made = Factor(add(terms, ()), (), _1)
    return Rewritten(without(factors, stack, *ends), added=[made], gone=stack.indices)


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
    if not any(is_placed(node) for node, _ in terms):
        return terms
    terms = _completed(terms)
    found: dict[tuple[At | None, ...], list[tuple[Node, Fraction]]] = {}
    for node, c in terms:
        is_block = is_placed(node) and not any(_masked(node))
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
        for axis, at, whole in _masked(node) if is_placed(node) else ():
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
