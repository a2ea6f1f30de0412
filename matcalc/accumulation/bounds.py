"""Lower bounds on the cost of accumulating a Jacobian by elimination, and the multiplications of which they consist.

Whatever is eliminated in whichever order, each path from an input to an output is contracted to one edge, a vertex of
it at a time: a bracketing of the path. What two paths do alike is done once. So the cheapest choice of a bracketing for
each path, with what is alike counted once, is a bound for vertices, edges and faces. Its linear relaxation is mostly
exact; its dual shares each cost out between the paths, and then every path has a cheapest bracketing of its own, by
dynamic programming: the sum of these is the bound, in whole numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import Vertex

MOST_PATHS = 3_000  # of a graph; with more, some for each pair of edges that meet
MOST_CHOICES = 20_000  # of all paths that are bounded together
LONGEST_PATH = 40  # vertices
LARGEST_FLOW = 1_000_000
UNITS = 5040  # the parts of a multiplication that are shared out: the shares are simple fractions

Path = tuple[Vertex, ...]
Work = tuple[str, ...]  # "multiply", i, v, k; "tangent", i, v, k through v → k; "adjoint"; "accumulate", i, k
Segment = tuple[int, int]


class Factor(Protocol):
    """An edge of a path: accumulated, or a model with costs."""

    @property
    def tangent(self) -> int | None: ...
    @property
    def adjoint(self) -> int | None: ...
    @property
    def accumulated(self) -> bool: ...


class Choice(NamedTuple):
    """A way to make the edge from one place of a path to another: the work, its cost, and the edges it takes."""

    made: Segment
    work: Work
    cost: int
    parts: tuple[Segment, ...]


class Bound:
    """A cost below which there is no order, the works that may suffice for it, and what each path pays for them."""

    def __init__(
        self, works: frozenset[Work], prices: Mapping[Path, Mapping[Work, int]], *, is_whole: bool = False
    ) -> None:
        self.works = works
        self.is_whole = is_whole  # each of the works is done, or not, but not in part
        self._prices = prices
        self.paths = list(prices)
        self._rest: dict[tuple[Path, int, int], int] = {}

    @property
    def cost(self) -> int:
        return self.ahead((everywhere(path), everywhere(path[1:])) for path in self.paths)

    def ahead(self, left: Iterable[tuple[int, int]]) -> int:
        """What is still to be paid when paths are contracted to some of their places, some of their edges models.

        Places are bits, as are the models: the edge behind a place. Edges that were models and are accumulated cost
        nothing more.
        """
        return -(-sum(self._to_pay(path, *rest) for path, rest in zip(self.paths, left, strict=True)) // UNITS)

    def _to_pay(self, path: Path, places: int, models: int) -> int:
        known = self._rest.get((path, places, models))
        if known is None:
            known = self._rest[path, places, models] = self._cheapest(path, places, models)
        return known

    def _cheapest(self, path: Path, places: int, models: int) -> int:
        """The cheapest bracketing, by dynamic programming."""
        price = self._prices[path]
        kept = [k for k in range(len(path)) if places >> k & 1]
        names = [path[k] for k in kept]
        to_make = [price.get(("accumulate", *path[a : b + 1]), 0) for a, b in pairwise(kept)]
        model = [("accumulate", *path[a : b + 1]) in price and models >> a & 1 for a, b in pairwise(kept)]
        made: dict[Segment, int] = {}
        for a in range(len(kept) - 1):
            made[a, a + 1] = to_make[a] if model[a] else 0
        for length in range(2, len(kept)):
            for a in range(len(kept) - length):
                c = a + length
                costs = []
                for b in range(a + 1, c):
                    ends = names[a], names[b], names[c]
                    costs.append(made[a, b] + made[b, c] + price["multiply", *ends])
                    if b + 1 == c and model[b]:
                        costs.append(made[a, b] + price["tangent", *ends])
                    if a + 1 == b and model[a]:
                        costs.append(made[b, c] + price["adjoint", *ends])
                made[a, c] = min(costs)
        return made[0, len(kept) - 1]


def everywhere(path: Path) -> int:
    """All places of a path."""
    return (1 << len(path)) - 1


def path_bound(graph: Graph) -> Bound:
    """The cheapest bracketings of the paths of a graph, or of some of them."""
    edges = {(e.source, e.target): e for e in graph.edges}
    return bracketed(((path, [edges[pair] for pair in pairwise(path)]) for path in _paths(graph)), graph.sizes)


def bracketed(paths: Iterable[tuple[Path, Sequence[Factor]]], sizes: Mapping[Vertex, int]) -> Bound:
    """The cheapest bracketings of paths, each given with its edges."""
    found = {path: list(_choices(path, edges, sizes)) for path, edges in paths}
    # Short paths bound as well as long ones, at a smaller price.
    waiting = {path: found[path] for path in sorted(found, key=lambda path: (len(path), path)) if found[path]}
    taken = {path: waiting.pop(path) for path in _covering(waiting)}
    bound = Bound(frozenset(), {})
    while taken:
        bound = _relaxed(taken)
        more = [path for path, found in waiting.items() if not _contracted(path, found, bound.works)]
        if not more and not bound.is_whole:
            more = list(waiting)
        room = MOST_CHOICES - sum(map(len, taken.values()))
        before = len(taken)
        for path in more[: before + 20]:
            if len(waiting[path]) <= room:
                room -= len(waiting[path])
                taken[path] = waiting.pop(path)
        if len(taken) == before:
            break
    return bound


def _choices(path: Path, steps: Sequence[Factor], sizes: Mapping[Vertex, int]) -> Iterator[Choice]:
    """All ways to make the edges between the places of a path, shorter edges first."""
    size = [sizes[v] for v in path]
    for a, edge in enumerate(steps):
        if edge.tangent is not None and edge.adjoint is not None and not edge.accumulated:
            cost = min(edge.tangent * size[a], edge.adjoint * size[a + 1])
            yield Choice((a, a + 1), ("accumulate", *path[a : a + 2]), cost, ())
    for length in range(2, len(path)):
        for a in range(len(path) - length):
            c = a + length
            for b in range(a + 1, c):
                ends = path[a], path[b], path[c]
                left = () if b == a + 1 and steps[a].accumulated else ((a, b),)
                right = () if c == b + 1 and steps[b].accumulated else ((b, c),)
                yield Choice((a, c), ("multiply", *ends), size[a] * size[b] * size[c], left + right)
                if b + 1 == c and not steps[b].accumulated and (tangent := steps[b].tangent) is not None:
                    yield Choice((a, c), ("tangent", *ends), tangent * size[a], left)
                if a + 1 == b and not steps[a].accumulated and (adjoint := steps[a].adjoint) is not None:
                    yield Choice((a, c), ("adjoint", *ends), adjoint * size[c], right)


# ---------------------------------------------------------------- paths
def _paths(graph: Graph) -> list[Path]:
    """The paths from inputs to outputs; where they are too many, two at random through each pair of edges that meet."""
    before = {v: graph.sources(v) for v in graph.sizes}
    behind = {v: graph.targets(v) for v in graph.sizes}
    counts: dict[Vertex, int] = {}
    for v in reversed(graph.order()):
        counts[v] = sum(counts[w] for w in behind[v]) or 1
    starts = [v for v in graph.sizes if not before[v]]

    def onwards(path: Path) -> Iterator[Path]:
        if not behind[path[-1]]:
            yield path
        for w in behind[path[-1]]:
            yield from onwards((*path, w))

    if sum(counts[v] for v in starts) <= MOST_PATHS:
        return [path for v in starts for path in onwards((v,)) if len(path) <= LONGEST_PATH]
    rng = random.Random(0)

    def through(path: Path) -> Path:
        while before[path[0]]:
            path = (rng.choice(before[path[0]]), *path)
        while behind[path[-1]]:
            path = (*path, rng.choice(behind[path[-1]]))
        return path

    meets = [(i, v, k) for v in graph.intermediate for i in before[v] for k in behind[v]]
    found = [through(face) for face in meets for _ in range(2)]
    return [path for path in dict.fromkeys(found) if len(path) <= LONGEST_PATH]


def _covering(choices: Mapping[Path, list[Choice]]) -> list[Path]:
    """Paths, short ones first, until each pair of edges that meet is on one of them, as far as there is room."""
    seen: set[tuple[Vertex, ...]] = set()
    found = []
    room = MOST_CHOICES
    for path in choices:
        meets = set(zip(path, path[1:], path[2:], strict=False)) if len(path) > 2 else {path}
        if not meets <= seen and len(choices[path]) <= room:
            seen |= meets
            room -= len(choices[path])
            found.append(path)
    return found


# ---------------------------------------------------------------- the linear programme
def _relaxed(taken: Mapping[Path, list[Choice]]) -> Bound:
    """Each choice is taken in part; a work is paid once, for the path that takes most of it.

    The dual values are what each path pays for its choices.
    """
    works = list(dict.fromkeys(choice.work for found in taken.values() for choice in found))
    place = {work: k for k, work in enumerate(works)}
    cost = np.zeros(len(works) + sum(map(len, taken.values())))
    shared: list[tuple[int, int, float]] = []  # row, column, entry: a choice is taken as far as its work is done
    flow: list[tuple[int, int, float]] = []  # an edge is made as often as it is taken
    made: list[float] = []
    column = len(works)
    row = 0
    for path, found in taken.items():
        rows = {segment: len(made) + k for k, segment in enumerate(dict.fromkeys(c.made for c in found))}
        made += [float(segment == (0, len(path) - 1)) for segment in rows]
        for choice in found:
            cost[place[choice.work]] = choice.cost
            shared += [(row, column, 1.0), (row, place[choice.work], -1.0)]
            flow += [(rows[choice.made], column, 1.0), *((rows[part], column, -1.0) for part in choice.parts)]
            row += 1
            column += 1
    unit = max(1.0, cost.max())
    solved = linprog(
        cost / unit,
        A_ub=_sparse(shared, (row, column)),
        b_ub=np.zeros(row),
        A_eq=_sparse(flow, (len(made), column)),
        b_eq=np.array(made),
        method="highs",
    )
    if solved.status != 0:
        return Bound(frozenset(works), _shares(taken, np.zeros(row)))
    done = solved.x[: len(works)]
    used = frozenset(work for work, part in zip(works, done, strict=True) if part > 1e-6)
    is_whole = bool(np.all(np.minimum(done, np.abs(done - 1)) < 1e-6))
    return Bound(used, _shares(taken, -unit * solved.ineqlin.marginals), is_whole=is_whole)


def _sparse(entries: list[tuple[int, int, float]], shape: tuple[int, int]) -> csr_matrix:
    rows, columns, values = zip(*entries, strict=True)
    return csr_matrix((values, (rows, columns)), shape=shape)


def _shares(taken: Mapping[Path, list[Choice]], prices: Iterable[float]) -> dict[Path, dict[Work, int]]:
    """What each path pays for each work, in whole units; together no more than it costs, so that the bound is exact."""
    left = {choice.work: UNITS * choice.cost for found in taken.values() for choice in found}
    shares: dict[Path, dict[Work, int]] = {path: {} for path in taken}
    for (path, choice), price in zip(((p, c) for p, found in taken.items() for c in found), prices, strict=True):
        share = min(max(0, round(UNITS * price)), left[choice.work])
        left[choice.work] -= share
        shares[path][choice.work] = share
    return shares


def _contracted(path: Path, choices: Iterable[Choice], works: frozenset[Work]) -> bool:
    """Whether these works suffice for a path."""
    made: set[Segment] = set()
    for choice in choices:
        if choice.work in works and made.issuperset(choice.parts):
            made.add(choice.made)
    return (0, len(path) - 1) in made


# ---------------------------------------------------------------- disjoint paths
def disjoint_paths(graph: Graph) -> dict[Vertex, int]:
    """What is multiplied at each vertex at least: so many paths without a common vertex lead to it, and from it.

    No elimination makes them fewer, and each of the ones meets each of the others there. Source: A. Griewank,
    U. Naumann, Accumulating Jacobians as chained sparse matrix products (2003).
    """
    pairs = [(e.source, e.target) for e in graph.edges]
    before = _flows(graph, [(t, s) for s, t in pairs])
    behind = _flows(graph, pairs)
    return {v: graph.sizes[v] * before[v] * behind[v] for v in graph.intermediate}


def _flows(graph: Graph, arcs: list[tuple[Vertex, Vertex]]) -> dict[Vertex, int]:
    """The most that flows from each vertex along arcs to the ends, where a vertex lets through its size."""
    place = {v: k for k, v in enumerate(graph.sizes)}
    count = len(place)
    size = np.array([min(s, LARGEST_FLOW) for s in graph.sizes.values()])
    sources = {v for v, _ in arcs}
    ends = [k for v, k in place.items() if v not in sources]
    # The vertex k is an arc from k to count + k; those between vertices have room for all; 2·count is the end.
    rows = [*range(count), *(count + place[v] for v, _ in arcs), *(count + k for k in ends)]
    columns = [*range(count, 2 * count), *(place[w] for _, w in arcs), *([2 * count] * len(ends))]
    room = np.concatenate([size, np.full(len(arcs) + len(ends), LARGEST_FLOW)]).astype(np.int32)
    network = csr_matrix((room, (rows, columns)), shape=(2 * count + 1, 2 * count + 1))
    return {v: int(maximum_flow(network, count + place[v], 2 * count).flow_value) for v in graph.intermediate}
