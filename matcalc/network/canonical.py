"""One order of factors and one numbering of indices for contractions that are equal up to renaming.

Colours of indices and factors are refined by each other's until they tell factors apart; where factors stay alike,
one of them is singled out and the refinement goes on (alike factors are images of each other in all but contrived
graphs; there, two equal contractions may stay two nodes, which costs a like term and nothing else).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from matcalc.network.nodes import Factor, Indices

SUMMED = -1


def order_factors(
    factors: list[Factor], out: Indices, sizes: dict[int, int], is_symmetric: Callable[[Factor], bool]
) -> tuple[list[Factor], dict[int, int]]:
    """Factors in canonical order, and the canonical number of each index. ``sizes`` are digests of dimensions."""
    numbers: dict[int, int] = {}
    for index in out:
        numbers.setdefault(index, len(numbers))
    if len(factors) > 1 or (factors and is_symmetric(factors[0])):
        factors = _sorted(factors, numbers, sizes, is_symmetric)
    ordered = []
    for factor in factors:
        if is_symmetric(factor):
            first, second = factor.indices
            if numbers.get(first, 10**6) > numbers.get(second, 10**6):
                factor = factor._replace(indices=(second, first))
        for index in factor.indices:
            numbers.setdefault(index, len(numbers))
        ordered.append(factor)
    return ordered, numbers


def _sorted(
    factors: list[Factor], numbers: dict[int, int], sizes: dict[int, int], is_symmetric: Callable[[Factor], bool]
) -> list[Factor]:
    base = [hash((f.node.digest, f.exponent)) for f in factors]
    keys = [(f.node.weight, b) for f, b in zip(factors, base, strict=True)]
    symmetric = [is_symmetric(f) for f in factors]
    if len(set(base)) == len(base) and not any(symmetric):
        return [f for _, f in sorted(zip(keys, factors, strict=True), key=lambda pair: pair[0])]
    index_colours = {i: numbers.get(i, SUMMED) * 31 + sizes[i] for f in factors for i in f.indices}
    done: list[int] = []  # factors placed for good
    colours = base
    while True:
        colours = _refine(factors, base, symmetric, index_colours)
        ranked = sorted(range(len(factors)), key=lambda k: (keys[k], colours[k]))
        tie = next((b for a, b in pairwise(ranked) if (keys[a], colours[a]) == (keys[b], colours[b])), None)
        if tie is None:
            break
        single = next(k for k in ranked if colours[k] == colours[tie] and keys[k] == keys[tie])
        base = list(base)
        base[single] = hash((base[single], len(done), 7))
        done.append(single)
    ordered = [factors[k] for k in ranked]
    return [
        f._replace(indices=tuple(sorted(f.indices, key=lambda i: index_colours[i]))) if is_symmetric(f) else f
        for f in ordered
    ]


def _refine(factors: list[Factor], base: list[int], symmetric: list[bool], index_colours: dict[int, int]) -> list[int]:
    classes = 0
    colours = base
    while True:
        colours = []
        met: dict[int, list[int]] = {}
        for factor, start, sym in zip(factors, base, symmetric, strict=True):
            around = [index_colours[i] for i in factor.indices]
            colour = hash((start, *(sorted(around) if sym else around)))
            colours.append(colour)
            for place, i in enumerate(factor.indices):
                met.setdefault(i, []).append(colour if sym else hash((colour, place)))
        for i, seen in met.items():
            index_colours[i] = hash((index_colours[i], *sorted(seen)))
        count = len(set(colours)) + len({index_colours[i] for i in met})
        if count <= classes:
            return colours
        classes = count
