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
from typing import Any, Protocol

from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import Vertex
from matcalc.records import NamedTuple

MOST_PATHS = 3_000  # of a graph; with more, some for each pair of edges that meet
MOST_CHOICES = 8_000  # of all paths that are bounded together
LONGEST_PATH = 40  # vertices
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
        self,
        cost: int,
        works: frozenset[Work],
        shares: Mapping[Path, Mapping[Work, int]],
        *,
        is_whole: bool = False,
    ) -> None:
        self.cost = cost
        self.works = works
        self.is_whole = is_whole  # each of the works is done, or not, but not in part
        self.paths = list(shares)
        self._shares = shares
        self._rest: dict[tuple[Path, int], int] = {}

    def ahead(self, left: Iterable[int]) -> int:
        """What is still to be paid when paths of accumulated edges are contracted to some places, given as bits."""
        return -(-sum(self._to_pay(path, places) for path, places in zip(self.paths, left, strict=True)) // UNITS)

    def _to_pay(self, path: Path, places: int) -> int:
        known = self._rest.get((path, places))
        if known is None:
            kept = tuple(v for k, v in enumerate(path) if places >> k & 1)
            known = self._rest[path, places] = _cheapest(kept, self._shares[path])
        return known


def _cheapest(path: Path, shares: Mapping[Work, int]) -> int:
    """The cheapest bracketing of accumulated edges, by dynamic programming."""
    last = len(path) - 1
    made: dict[Segment, int] = {(a, a + 1): 0 for a in range(last)}
    for length in range(2, last + 1):
        for a in range(last + 1 - length):
            c = a + length
            made[a, c] = min(
                made[a, b] + made[b, c] + shares["multiply", path[a], path[b], path[c]] for b in range(a + 1, c)
            )
    return made[0, last]


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
    bound = Bound(0, frozenset(), {})
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
                if b + 1 == c and (tangent := steps[b].tangent) is not None:
                    yield Choice((a, c), ("tangent", *ends), tangent * size[a], left)
                if a + 1 == b and (adjoint := steps[a].adjoint) is not None:
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
    import numpy as np
    from scipy.optimize import linprog

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
        return Bound(0, frozenset(works), {})
    done = solved.x[: len(works)]
    used = frozenset(work for work, part in zip(works, done, strict=True) if part > 1e-6)
    shares = _shares(taken, -unit * solved.ineqlin.marginals)
    is_whole = bool(np.all(np.minimum(done, np.abs(done - 1)) < 1e-6))
    return Bound(_certified(taken, shares), used, shares, is_whole=is_whole)


def _sparse(entries: list[tuple[int, int, float]], shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_matrix

    rows, columns, values = zip(*entries, strict=True)
    return csr_matrix((values, (rows, columns)), shape=shape)


def _shares(taken: Mapping[Path, list[Choice]], prices: Iterable[float]) -> dict[Path, dict[Work, int]]:
    """What each path pays for each work, in whole units; together no more than it costs."""
    left = {choice.work: UNITS * choice.cost for found in taken.values() for choice in found}
    shares: dict[Path, dict[Work, int]] = {path: {} for path in taken}
    for (path, choice), price in zip(((p, c) for p, found in taken.items() for c in found), prices, strict=True):
        share = min(max(0, round(UNITS * price)), left[choice.work])
        left[choice.work] -= share
        shares[path][choice.work] = share
    return shares


def _certified(taken: Mapping[Path, list[Choice]], shares: Mapping[Path, Mapping[Work, int]]) -> int:
    """The bound that the shares prove, whatever the solver's rounding: the cheapest choices of each path, added up."""
    total = 0
    for path, found in taken.items():
        cheapest: dict[Segment, int] = {}
        for choice in found:
            whole = shares[path][choice.work] + sum(cheapest[part] for part in choice.parts)
            cheapest[choice.made] = min(cheapest.get(choice.made, whole), whole)
        total += cheapest[0, len(path) - 1]
    return -(-total // UNITS)


def _contracted(path: Path, choices: Iterable[Choice], works: frozenset[Work]) -> bool:
    """Whether these works suffice for a path."""
    made: set[Segment] = set()
    for choice in choices:
        if choice.work in works and made.issuperset(choice.parts):
            made.add(choice.made)
    return (0, len(path) - 1) in made
