"""Parts of a product that are worth a value of their own: known ones, matrices times vectors, scalars beside arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations

from matcalc.network.build import contract
from matcalc.network.components import components
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.rational import Fraction
from matcalc.shape import Dim

LONGEST_SEARCHED = 12  # factors of a product in which known parts are looked for

_1 = Fraction(1)

Sizes = Mapping[Index, Dim]


def with_scalars_apart(factors: list[Factor], out: Indices, sizes: Sizes) -> list[Factor]:
    """Factors that are connected with no index of the result are a scalar: sum(y) beside A'*diag(p)*A."""
    groups = components([f for f in factors if f.indices], set())
    apart = [g for g in groups if not any(set(f.indices) & set(out) for f in g)]
    if len(groups) < 2 or not apart:
        return factors
    kept = [f for f in factors if not any(f in g for g in apart)]
    return [*kept, *(Factor(contract(_1, group, (), dict(sizes)), (), _1) for group in apart)]


def with_known_parts(
    factors: list[Factor],
    out: Indices,
    sizes: Sizes,
    known: Collection[Node],
    is_no_dearer: Callable[[list[Factor], list[Factor]], bool],
) -> list[Factor]:
    """Two factors whose product is computed anyway as one, where that is no dearer: tr(Y'*X*W) beside X*W.

    Where all of them together are computed anyway, before a sum over them, that is summed: p'*A*v beside p.*(A*v).
    """
    whole = None if out else _before_sum(factors, sizes, known)
    if whole is not None:
        return whole
    pairs = {frozenset(node.operands) for node in known if len(node.operands) <= 2}
    found = bool(pairs)
    while found and 2 < len(factors) <= LONGEST_SEARCHED:
        found = False
        for a, b, made in _pairs(factors, out, sizes, lambda a, b: frozenset((a.node, b.node)) in pairs):
            if made.node in known:
                joined = [f for f in factors if f is not a and f is not b] + [made]
                if is_no_dearer(joined, factors):
                    factors, found = joined, True
                    break
    return factors


def _before_sum(factors: list[Factor], sizes: Sizes, known: Collection[Node]) -> list[Factor] | None:
    """A known vector whose entries add up to the product of the arrays, beside the scalars."""
    arrays = [f for f in factors if f.indices]
    operands = Counter(f.node for f in arrays)
    if len(arrays) < 3:
        return None
    for node in known:
        if node.rank != 1 or node.product.coefficient != 1 or Counter(node.operands) != operands:
            continue
        for index in dict.fromkeys(i for f in arrays for i in f.indices):
            if contract(_1, arrays, (index,), dict(sizes)) is node:
                return [*(f for f in factors if not f.indices), Factor(node, (index,), _1)]
    return None


def common_pairs(nodes: list[Node]) -> set[Node]:
    """Products of two factors that stand in several products: D.*E in tr(A*(D.*E)) and x'*(D.*E)*x.

    Beside a sum a pair counts as in several, for such a product may be multiplied out.
    """
    found: set[Node] = set()
    again: set[Node] = set()
    for node in nodes:
        if node.kind != "contraction" or not 2 < len(node.operands) <= LONGEST_SEARCHED:
            continue
        sums = {f for f in node.factors if f.node.kind == "sum" and f.indices}
        pairs = list(_pairs(list(node.factors), node.product.out, dict(enumerate(node.product.sizes))))
        made = {both.node for _, _, both in pairs}
        again |= (made & found) | {both.node for a, b, both in pairs if sums - {a, b}}
        found |= made
    return again


def _pairs(
    factors: list[Factor],
    out: Indices,
    sizes: Sizes,
    wanted: Callable[[Factor, Factor], bool] = lambda a, b: True,
) -> Iterator[tuple[Factor, Factor, Factor]]:
    """Products of two factors, over an index on these alone or of matrices entry by entry, in both orders of axes."""
    arrays = [f for f in factors if f.indices]
    for a, b in combinations(arrays, 2):
        if not wanted(a, b):
            continue
        rest = {i for f in arrays if f is not a and f is not b for i in f.indices}.union(out)
        shared = set(a.indices) & set(b.indices)
        if not shared - rest and not len(shared) == len(a.indices) == len(b.indices) == 2:
            continue
        kept = tuple(i for i in dict.fromkeys((*a.indices, *b.indices)) if i in rest)
        for places in dict.fromkeys((kept, kept[::-1])):
            yield a, b, Factor(contract(_1, [a, b], places, dict(sizes)), places, _1)


def with_sums_applied(factors: list[Factor], out: Indices, sizes: Sizes, sums: Collection[Node]) -> list[Factor]:
    """x*(x'*(A + A')) with the vector in brackets as a factor, which may be multiplied out."""
    if len([f for f in factors if f.indices]) < 3:
        return factors

    def is_sum_and_vector(a: Factor, b: Factor) -> bool:
        return (a.node in sums and len(b.indices) == 1) or (b.node in sums and len(a.indices) == 1)

    for a, b, made in _pairs(factors, out, sizes, is_sum_and_vector):
        if len(made.indices) == 1:
            return with_sums_applied([f for f in factors if f is not a and f is not b] + [made], out, sizes, sums)
    return factors
