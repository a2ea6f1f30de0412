"""One order of factors and one numbering of indices for contractions that are equal up to renaming.

Colours of indices and factors are refined by each other's until they tell factors apart; where factors stay alike,
one of them is singled out and the refinement goes on (alike factors are images of each other in all but contrived
graphs; there, two equal contractions may stay two nodes, which costs a like term and nothing else).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from itertools import pairwise

from matcalc.network.nodes import Factor, Index, Indices, Node, number_code

LAST = 10**6  # the place of an index that has no number yet


def order_factors(
    factors: list[Factor], out: Indices, symmetric: Set[Node]
) -> tuple[list[Factor], list[Indices], dict[Index, int]]:
    """Factors in canonical order, their indices in canonical numbers, and the number of each index, in order.

    ``symmetric`` are the nodes whose two indices may change places: the lower one comes first.
    """
    numbers: dict[Index, int] = {}
    for index in out:
        numbers.setdefault(index, len(numbers))
    if symmetric or len(factors) > 1:
        factors = _sorted(factors, numbers, symmetric)
    places = []
    for factor in factors:
        indices = factor.indices
        if symmetric and _turns(factor, symmetric) and numbers.get(indices[1], LAST) < numbers.get(indices[0], LAST):
            indices = indices[::-1]
        for index in indices:
            numbers.setdefault(index, len(numbers))
        places.append(tuple(map(numbers.__getitem__, indices)))
    return factors, places, numbers


def _turns(factor: Factor, symmetric: Set[Node]) -> bool:
    return factor.node in symmetric and factor.indices[0] != factor.indices[1]


def _sorted(factors: list[Factor], numbers: Mapping[Index, int], symmetric: Set[Node]) -> list[Factor]:
    keys = [(node.weight, hash((node.digest, number_code(exponent)))) for node, _, exponent in factors]
    order = sorted(range(len(factors)), key=keys.__getitem__)
    factors = [factors[k] for k in order]
    turning = tuple([_turns(f, symmetric) for f in factors]) if symmetric else ()
    if len(set(keys)) == len(keys) and not any(turning):
        return factors
    ranks = [0]
    for a, b in pairwise(order):
        ranks.append(ranks[-1] + (keys[a] != keys[b]))
    labels = dict(numbers)
    indices = tuple([tuple([labels.setdefault(i, len(labels)) for i in f.indices]) for f in factors])
    arranged = _arranged(tuple(ranks), indices, len(numbers), turning)
    return [
        factors[k]._replace(indices=factors[k].indices[::-1]) if transposed else factors[k]
        for k, transposed in arranged
    ]


@lru_cache(4096)
def _arranged(
    ranks: tuple[int, ...], indices: tuple[Indices, ...], kept: int, turning: tuple[bool, ...]
) -> list[tuple[int, bool]]:
    """The factors in order, and whether each is transposed; ``ranks`` are the same for factors that are alike.

    The indices below ``kept`` are those of the result, in order.
    """
    index_colours = {i: min(i, kept) for places in indices for i in places}
    ends = [tuple(sorted(index_colours[i] for i in places)) for places in indices]  # what is on the result comes first
    keys: list[tuple[object, ...]] = list(zip(ranks, ends, strict=True))
    if not any(turning) and len(set(keys)) == len(keys):
        return [(k, False) for k in sorted(range(len(ranks)), key=keys.__getitem__)]
    base = list(ranks)
    done = 0  # factors placed for good
    while True:
        colours = _refine(indices, base, turning, index_colours)
        keys = list(zip(ranks, ends, colours, strict=True))
        order = sorted(range(len(ranks)), key=keys.__getitem__)
        single = next((a for a, b in pairwise(order) if keys[a] == keys[b]), None)
        if single is None:
            break
        base[single] = hash((base[single], done, 7))
        done += 1
    if not any(turning):
        return [(k, False) for k in order]
    transposed = [turning[k] and index_colours[indices[k][0]] > index_colours[indices[k][1]] for k in range(len(ranks))]
    return [(k, transposed[k]) for k in order]


def _refine(
    indices: tuple[Indices, ...], base: list[int], turning: tuple[bool, ...], index_colours: dict[Index, int]
) -> list[int]:
    """Colours of factors by those of their indices, and of indices by those of their factors, until no more differ."""
    classes = 0
    while True:
        colours = []
        met: dict[Index, list[int]] = {i: [] for i in index_colours}
        for k, places in enumerate(indices):
            around = [index_colours[i] for i in places]
            if turning and turning[k]:
                around.sort()
            colour = hash((base[k], *around))
            colours.append(colour)
            for place, i in enumerate(places):
                met[i].append(colour if turning and turning[k] else hash((colour, place)))
        for i, seen in met.items():
            seen.sort()
            index_colours[i] = hash((index_colours[i], *seen))
        count = len(set(colours)) + len(set(index_colours.values()))
        if count <= classes:
            return colours
        classes = count
