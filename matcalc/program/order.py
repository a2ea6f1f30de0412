"""The order in which the factors of a contraction are multiplied: the cheapest, or from one side to the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

from matcalc.network.nodes import Index

EXACT_UP_TO = 6  # operands; beyond that opt_einsum finds the order
DYNAMIC_UP_TO = 16  # operands; beyond that it goes greedily

IndexSet = frozenset[Index]
Tree = int | tuple["Tree", "Tree"]


def contraction_tree(operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int]) -> Tree:
    """A binary tree over the positions of ``operands`` with few multiplications."""
    if len(operands) <= EXACT_UP_TO:
        return _exact(operands, out, sizes)
    return _searched(operands, out, sizes)


def directed_tree(
    operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int], inputs: Collection[Index], *, forward: bool
) -> Tree:
    """The order from the side of the inputs (forward) or towards it (reverse).

    Operands are taken by their distance from the inputs, in steps from index to index; among those of one distance,
    the one that is cheapest to multiply with what there is.
    """
    distance = _distances(operands, inputs)
    live = dict(enumerate(operands))
    tree: Tree | None = None
    have: IndexSet = frozenset()
    while live:
        nearest = min(distance[k] for k in live) if forward else max(distance[k] for k in live)
        chosen = min((k for k in live if distance[k] == nearest), key=lambda k: (_cost(have | live[k], sizes), k))
        indices = live.pop(chosen)
        needed = frozenset(out).union(*live.values())
        have = (have | indices) & needed
        tree = chosen if tree is None else (tree, chosen)
    assert tree is not None
    return tree


def _distances(operands: list[IndexSet], inputs: Collection[Index]) -> list[int]:
    """How many steps each operand is from the inputs; operands that are not connected with them are farthest."""
    found = [len(operands)] * len(operands)
    reached = set(inputs)
    step = 0
    while True:
        near = [k for k, indices in enumerate(operands) if found[k] == len(operands) and indices & reached]
        if not near:
            return found
        for k in near:
            found[k] = step
            reached |= operands[k]
        step += 1


def inside(tree: Tree) -> list[int]:
    """The operands of a tree."""
    found = []
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, int):
            found.append(part)
        else:
            stack.extend(part)
    return found


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


def _searched(operands: list[IndexSet], out: IndexSet, sizes: Mapping[Index, int]) -> Tree:
    from opt_einsum import paths

    inputs = [frozenset(operand) for operand in operands]
    if len(operands) <= DYNAMIC_UP_TO:
        path = paths.dynamic_programming(inputs, frozenset(out), dict(sizes))
    else:
        path = paths.greedy(inputs, frozenset(out), dict(sizes))
    live: list[Tree] = list(range(len(operands)))
    for pair in path:
        parts = [live[k] for k in pair]
        live = [tree for k, tree in enumerate(live) if k not in pair]
        joined = parts[0]
        for part in parts[1:]:
            joined = (joined, part)
        live.append(joined)
    return live[0]
