"""One order of factors and one numbering of indices for contractions that are equal up to renaming.

Colours of indices and factors are refined by each other's until they tell factors apart; where factors stay alike,
one of them is singled out and the refinement goes on (alike factors are images of each other in all but contrived
graphs; there, two equal contractions may stay two nodes, which costs a like term and nothing else).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from itertools import pairwise

from matcalc.network.nodes import Factor, Index, Indices, Node, number_code
from matcalc.shape import Dim

SUMMED = -1


def order_factors(
    factors: list[Factor], out: Indices, sizes: Mapping[Index, Dim], symmetric: Set[Node]
) -> tuple[list[Factor], dict[Index, int]]:
    """Factors in canonical order, and the canonical number of each index, in order.

    ``sizes`` are those of the indices; ``symmetric`` are the nodes whose two indices may change places.
    """
    numbers: dict[Index, int] = {}
    for index in out:
        numbers.setdefault(index, len(numbers))
    if symmetric or len(factors) > 1:
        factors = _sorted(factors, numbers, sizes, symmetric)
    if symmetric:
        return _numbered_symmetric(factors, numbers, symmetric), numbers
    for factor in factors:
        for index in factor.indices:
            numbers.setdefault(index, len(numbers))
    return factors, numbers


def _numbered_symmetric(factors: list[Factor], numbers: dict[Index, int], symmetric: Set[Node]) -> list[Factor]:
    """Fills the numbers in; symmetric factors are turned so that the lower one is first."""
    ordered = []
    for factor in factors:
        if _turns(factor, symmetric):
            first, second = factor.indices
            if numbers.get(first, 10**6) > numbers.get(second, 10**6):
                factor = factor._replace(indices=(second, first))
        for index in factor.indices:
            numbers.setdefault(index, len(numbers))
        ordered.append(factor)
    return ordered


def _turns(factor: Factor, symmetric: Set[Node]) -> bool:
    return factor.node in symmetric and factor.indices[0] != factor.indices[1]


def _sorted(
    factors: list[Factor], numbers: dict[Index, int], sizes: Mapping[Index, Dim], symmetric: Set[Node]
) -> list[Factor]:
    base = [hash((node.digest, number_code(exponent))) for node, _, exponent in factors]
    keys = [(f.node.weight, b) for f, b in zip(factors, base, strict=True)]
    turning = [_turns(f, symmetric) for f in factors] if symmetric else []
    if len(set(base)) == len(base) and not any(turning):
        return [factors[k] for k in sorted(range(len(factors)), key=keys.__getitem__)]
    index_colours = {i: numbers.get(i, SUMMED) * 31 + sizes[i].digest for f in factors for i in f.indices}
    done: list[int] = []  # factors placed for good
    colours = base
    while True:
        colours = _refine(factors, base, turning, index_colours)
        ranked = sorted(range(len(factors)), key=lambda k: (keys[k], colours[k]))
        tie = next((b for a, b in pairwise(ranked) if (keys[a], colours[a]) == (keys[b], colours[b])), None)
        if tie is None:
            break
        single = next(k for k in ranked if colours[k] == colours[tie] and keys[k] == keys[tie])
        base = list(base)
        base[single] = hash((base[single], len(done), 7))
        done.append(single)
    if not any(turning):
        return [factors[k] for k in ranked]
    return [
        factors[k]._replace(indices=tuple(sorted(factors[k].indices, key=lambda i: index_colours[i])))
        if turning[k]
        else factors[k]
        for k in ranked
    ]


def _refine(factors: list[Factor], base: list[int], turning: list[bool], index_colours: dict[Index, int]) -> list[int]:
    """Colours of factors by those of their indices, and of indices by those of their factors, until no more differ."""
    places = [indices for _, indices, _ in factors]
    classes = 0
    while True:
        colours = []
        met: dict[Index, list[int]] = {i: [] for indices in places for i in indices}
        for k, indices in enumerate(places):
            around = [index_colours[i] for i in indices]
            if turning and turning[k]:
                around.sort()
            colour = hash((base[k], *around))
            colours.append(colour)
            for place, i in enumerate(indices):
                met[i].append(colour if turning and turning[k] else hash((colour, place)))
        for i, seen in met.items():
            seen.sort()
            index_colours[i] = hash((index_colours[i], *seen))
        count = len(set(colours)) + len({index_colours[i] for i in met})
        if count <= classes:
            return colours
        classes = count
