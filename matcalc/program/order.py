"""The order in which the factors of a contraction are multiplied: the cheapest, or from one side to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from matcalc.network.nodes import Index

EXACT_UP_TO = 6  # operands; beyond that opt_einsum finds the order
DYNAMIC_UP_TO = 12  # operands; beyond that it goes greedily

IndexSet = frozenset[Index]
Tree = int | tuple["Tree", "Tree"]
Sizes = tuple[int, ...]  # of indices that are numbered from 0


def contraction_tree(
    operands: Sequence[IndexSet], out: IndexSet, sizes: Mapping[Index, int] | Sizes, writing: int = 0
) -> Tree:
    """A binary tree over the positions of ``operands`` with few multiplications.

    An entry of an intermediate result that is written counts as ``writing`` multiplications.
    """
    if len(operands) <= 2:
        return (0, 1) if len(operands) == 2 else 0
    numbers: dict[Index, int] = {}  # by appearance, for plans ask for the same orders with other indices
    for operand in operands:
        for index in sorted(operand, key=lambda i: (sizes[i], i not in out, i)):
            numbers.setdefault(index, len(numbers))
    renamed = tuple([frozenset([numbers[i] for i in operand]) for operand in operands])
    kept = frozenset([numbers[i] for i in out if i in numbers])
    return _tree(renamed, kept, tuple([sizes[i] for i in numbers]), writing)


@lru_cache(maxsize=4096)
def _tree(operands: tuple[IndexSet, ...], out: IndexSet, sizes: Sizes, writing: int) -> Tree:
    if len(operands) <= EXACT_UP_TO:
        return _exact(operands, out, sizes, writing)
    trees = [_searched(operands, out, sizes), _scaled_first(operands, out, sizes, writing)]
    return min(trees, key=lambda tree: tree_cost(tree, operands, out, sizes, writing))


def _scaled_first(operands: tuple[IndexSet, ...], out: IndexSet, sizes: Sizes, writing: int) -> Tree:
    """Vectors are multiplied with the smallest operand that has their index; then what is left is ordered."""
    trees: dict[int, Tree] = {k: k for k in range(len(operands))}
    for k, indices in enumerate(operands):
        others = [j for j in trees if j != k and indices <= operands[j] and len(operands[j]) > 1]
        if len(indices) == 1 and others:
            scaled = min(others, key=lambda j: (_cost(operands[j], sizes), j))
            trees[scaled] = (trees[scaled], trees.pop(k))
    kept = sorted(trees)
    if len(kept) == len(operands):
        return _searched(operands, out, sizes)
    tree = contraction_tree([operands[k] for k in kept], out, sizes, writing)
    return _grafted(tree, [trees[k] for k in kept])


def _grafted(tree: Tree, leaves: list[Tree]) -> Tree:
    return leaves[tree] if isinstance(tree, int) else (_grafted(tree[0], leaves), _grafted(tree[1], leaves))


def tree_cost(
    tree: Tree, operands: Sequence[IndexSet], out: IndexSet, sizes: Mapping[Index, int] | Sizes, writing: int
) -> int:
    """Multiplications, and entries written, of all products of a tree."""
    open_ends: Counter[Index] = Counter(i for indices in operands for i in indices)
    open_ends.update(out)

    def visit(part: Tree) -> tuple[int, Counter[Index]]:
        """The cost of a part, and for each index that it is left with, on how many of its operands this stands."""
        if isinstance(part, int):
            return 0, Counter(operands[part])
        (first, left), (second, right) = visit(part[0]), visit(part[1])
        own = _cost(left.keys() | right.keys(), sizes)
        both = left + right
        kept = Counter({i: count for i, count in both.items() if count < open_ends[i]})
        return first + second + own + writing * _cost(kept, sizes), kept

    return visit(tree)[0]


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


def _cost(indices: Iterable[Index], sizes: Mapping[Index, int] | Sizes) -> int:
    total = 1
    for index in indices:
        total *= sizes[index]
    return total


def _exact(operands: Sequence[IndexSet], out: IndexSet, sizes: Sizes, writing: int) -> Tree:
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
                    made = _cost(left_over[subset], sizes)
                    cost = best[part][0] + best[rest][0] + _cost(left_over[part] | left_over[rest], sizes)
                    cost += writing * made
                    largest = max(best[part][1], best[rest][1], made)
                    if found is None or (cost, largest) < found[:2]:
                        found = (cost, largest, (best[part][2], best[rest][2]))
                part = (part - 1) & subset
            assert found is not None
            best[subset] = found
    return best[everything][2]


@lru_cache(maxsize=4096)
def _searched(operands: tuple[IndexSet, ...], out: IndexSet, sizes: Sizes) -> Tree:
    from opt_einsum import paths

    search = paths.dynamic_programming if len(operands) <= DYNAMIC_UP_TO else paths.greedy
    path = search(list(operands), out, dict(enumerate(sizes)))
    live: list[Tree] = list(range(len(operands)))
    for pair in path:
        parts = [live[k] for k in pair]
        live = [tree for k, tree in enumerate(live) if k not in pair]
        joined = parts[0]
        for part in parts[1:]:
            joined = (joined, part)
        live.append(joined)
    return live[0]
