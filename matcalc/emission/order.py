"""The order in which the factors of a contraction are multiplied: cheapest first, found exactly for a few factors."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from matcalc.network.nodes import Index

EXACT_UP_TO = 6  # operands; beyond that the cheapest pair is taken greedily

IndexSet = frozenset[Index]
Tree = int | tuple["Tree", "Tree"]


def contraction_tree(operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int]) -> Tree:
    """A binary tree over the positions of ``operands`` with few multiplications."""
    if len(operands) <= EXACT_UP_TO:
        return _exact(operands, out, sizes)
    return _greedy(operands, out, sizes)


def _cost(indices: IndexSet, sizes: Mapping[Index, int]) -> int:
    total = 1
    for index in indices:
        total *= sizes[index]
    return total


def _exact(operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int]) -> Tree:
    count = len(operands)
    everything = (1 << count) - 1

    def kept(subset: int) -> IndexSet:
        inside: set[Index] = set()
        outside: set[Index] = set(out)
        for k, indices in enumerate(operands):
            (inside if subset >> k & 1 else outside).update(indices)
        return frozenset(inside & outside)

    left_over = {1 << k: kept(1 << k) for k in range(count)}
    best: dict[int, tuple[int, int, Tree]] = {1 << k: (0, 0, k) for k in range(count)}
    for size in range(2, count + 1):
        for members in combinations(range(count), size):
            subset = sum(1 << k for k in members)
            left_over[subset] = kept(subset)
            lowest = subset & -subset
            found: tuple[int, int, Tree] | None = None
            part = (subset - 1) & subset
            while part:
                if part & lowest:
                    rest = subset ^ part
                    cost = best[part][0] + best[rest][0] + _cost(left_over[part] | left_over[rest], sizes)
                    largest = max(best[part][1], best[rest][1], _cost(left_over[subset], sizes))
                    if found is None or (cost, largest) < found[:2]:
                        found = (cost, largest, (best[part][2], best[rest][2]))
                part = (part - 1) & subset
            assert found is not None
            best[subset] = found
    return best[everything][2]


def _greedy(operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int]) -> Tree:
    live: list[tuple[Tree, IndexSet]] = list(enumerate(operands))
    while len(live) > 1:
        best: tuple[int, int, int, int] | None = None
        for i, j in combinations(range(len(live)), 2):
            shared = live[i][1] & live[j][1]
            union = live[i][1] | live[j][1]
            choice = (not shared, _cost(union, sizes), i, j)
            if best is None or choice < best:
                best = choice
        assert best is not None
        _, _, i, j = best
        others = set(out).union(*(s for k, (_, s) in enumerate(live) if k not in (i, j)))
        made = ((live[i][0], live[j][0]), (live[i][1] | live[j][1]) & frozenset(others))
        live = [entry for k, entry in enumerate(live) if k not in (i, j)] + [made]
    return live[0][0]
