"""Elimination of edges at their front or back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from matcalc.accumulation.bounds import Bound, Work, path_bound
from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import EXACT_UP_TO, EliminationOrder, Problem, Step, Vertex, deepened, improved

GUIDED_STATES = 1_000
CLOSE_BOUNDS = 300


@dataclass(frozen=True)
class State:
    """The targets of each vertex, and the vertices that are left of each path of the bound, as bits.

    One set of edges can be reached with its paths contracted in several ways; each of these gives a bound.
    """

    targets: tuple[int, ...]
    paths: tuple[int, ...] = field(compare=False)


def edge_elimination(graph: Graph, bound: Bound, coarser: EliminationOrder) -> EliminationOrder:
    """The cheapest order: that of vertices, one that needs only the works of the bound, or one that is searched.

    Front elimination of i → j replaces it by edges from i to all targets of j; back elimination of j → k replaces it by
    edges to k from all sources of j.
    """
    known = EliminationOrder(coarser.cost, bound.cost, tuple(fronts(graph, coarser.moves)))
    if known.is_optimal:
        return known
    guided = improved(known, _problem(graph, bound, bound.works | set(works(graph, known.moves))), GUIDED_STATES)
    most = CLOSE_BOUNDS if len(graph.intermediate) <= EXACT_UP_TO else 0
    return deepened(replace(guided, bound=bound.cost), _problem(graph, bound), most)


def _problem(graph: Graph, bound: Bound, allowed: Collection[Work] | None = None) -> Problem[State]:
    """All orders, or those that do only what is allowed."""
    way = _Eliminations(graph, bound, allowed)
    return Problem(way.start(), way.moves, way.is_done, way.ahead, way.closely)


class _Eliminations:
    """The states of a graph in which edges are eliminated; vertices are numbered in order, sets of them are bits."""

    def __init__(self, graph: Graph, bound: Bound, allowed: Collection[Work] | None) -> None:
        self.graph = graph
        self.bound = bound
        self.allowed = allowed
        self.names = graph.order()
        place = {v: k for k, v in enumerate(self.names)}
        self.place = place
        self.size = [graph.sizes[v] for v in self.names]
        self.inner = [place[v] for v in graph.intermediate]
        self.paths = [[place[v] for v in path] for path in bound.paths]
        self.members = cache(self._members)
        self.width = cache(self._width)
        self.places = cache(self._places)

    def start(self) -> State:
        return State(
            tuple(sum(1 << self.place[w] for w in self.graph.targets(v)) for v in self.names),
            tuple(sum(1 << k for k in path) for path in self.paths),
        )

    def is_done(self, state: State) -> bool:
        return not any(state.targets[v] for v in self.inner)

    # ---------------------------------------------------------------- sets of vertices
    def _members(self, mask: int) -> tuple[int, ...]:
        return tuple(k for k in range(len(self.names)) if mask >> k & 1)

    def _width(self, mask: int) -> int:
        return sum(self.size[k] for k in self.members(mask))

    def _places(self, path: int, left: int) -> int:
        return sum(1 << k for k, v in enumerate(self.paths[path]) if left >> v & 1)

    # ---------------------------------------------------------------- moves
    def may(self, i: int, j: int, k: int) -> bool:
        names = self.names
        return self.allowed is None or ("multiply", names[i], names[j], names[k]) in self.allowed

    def moves(self, state: State) -> Iterator[tuple[int, Step, State]]:
        targets = state.targets
        sources = [sum(1 << s for s, mask in enumerate(targets) if mask >> t & 1) for t in range(len(self.names))]
        for s, mask in enumerate(targets):
            for t in self.members(mask):
                yield from self.front(state, s, t)
                yield from self.back(state, sources[s], s, t)

    def front(self, state: State, s: int, t: int) -> Iterator[tuple[int, Step, State]]:
        """The edge s → t replaced by edges from s to all targets of t."""
        behind = state.targets[t]
        if behind and all(self.may(s, t, k) for k in self.members(behind)):
            made = self.without(state, s, t)
            made[s] |= behind
            cost = self.size[s] * self.size[t] * self.width(behind)
            yield cost, ("front ", self.names[s], "→", self.names[t]), self.contracted(state, made, 1 << s, t, behind)

    def back(self, state: State, before: int, s: int, t: int) -> Iterator[tuple[int, Step, State]]:
        """The edge s → t replaced by edges to t from all sources of s."""
        if before and all(self.may(i, s, t) for i in self.members(before)):
            made = self.without(state, s, t)
            for i in self.members(before):
                made[i] |= 1 << t
            cost = self.size[s] * self.size[t] * self.width(before)
            yield cost, ("back ", self.names[s], "→", self.names[t]), self.contracted(state, made, before, s, 1 << t)

    def without(self, state: State, s: int, t: int) -> list[int]:
        """The targets of all vertices without an edge."""
        rest = list(state.targets)
        rest[s] &= ~(1 << t)
        return rest

    def contracted(self, state: State, targets: list[int], before: int, middle: int, behind: int) -> State:
        """Paths from one of ``before`` through the middle to one of ``behind`` now pass it by."""
        paths = []
        for left in state.paths:
            if left >> middle & 1:
                # Vertices are numbered in order, so the neighbours on a path are the next bits on both sides.
                lower, upper = left & ((1 << middle) - 1), left >> middle + 1
                if lower and upper and before >> lower.bit_length() - 1 & 1 and (behind >> middle + 1) & upper & -upper:
                    left &= ~(1 << middle)
            paths.append(left)
        return State(self.pruned(targets), tuple(paths))

    def pruned(self, targets: list[int]) -> tuple[int, ...]:
        """Without the edges of vertices that have lost all edges in, or all edges out; each turn loses some."""
        while True:
            reached = 0
            for mask in targets:
                reached |= mask
            dead = sum(1 << v for v in self.inner if not targets[v])
            lost = [v for v in self.inner if targets[v] and not reached >> v & 1]
            if not lost and not reached & dead:
                return tuple(targets)
            targets = [0 if s in lost else mask & ~dead for s, mask in enumerate(targets)]

    # ---------------------------------------------------------------- bounds
    def ahead(self, state: State) -> int:
        return self.bound.ahead(self.places(path, left) for path, left in enumerate(state.paths))

    def closely(self, state: State) -> int:
        edges = [(self.names[s], self.names[t]) for s, mask in enumerate(state.targets) for t in self.members(mask)]
        return path_bound(Graph(edges, {v: self.graph.sizes[v] for edge in edges for v in edge})).cost


# ---------------------------------------------------------------- coarser orders
def fronts(graph: Graph, vertices: Collection[Step]) -> Iterator[Step]:
    """An order of vertices as one of edges: all edges in of a vertex are eliminated at their front."""
    edges = {(e.source, e.target) for e in graph.edges}
    for (v,) in vertices:
        before, behind = ends(edges, v)
        yield from (("front ", s, "→", v) for s in before)
        edges = {edge for edge in edges if v not in edge} | {(s, t) for s in before for t in behind}


def faces(graph: Graph, moves: Collection[Step]) -> Iterator[tuple[Vertex, Vertex, Vertex]]:
    """The pairs of edges that an order of edges multiplies."""
    edges = {(e.source, e.target) for e in graph.edges}
    inner = set(graph.intermediate)
    for side, s, _, t in moves:
        before, behind = ends(edges, t)[1], ends(edges, s)[0]
        made = [(s, t, k) for k in before] if side == "front " else [(i, s, t) for i in behind]
        yield from made
        edges = (edges - {(s, t)}) | {(i, k) for i, _, k in made}
        while dead := {e for e in edges if any(v in inner and not all(ends(edges, v)) for v in e)}:
            edges -= dead


def works(graph: Graph, moves: Collection[Step]) -> Iterator[Work]:
    yield from (("multiply", *face) for face in faces(graph, moves))


def ends(edges: Collection[tuple[Vertex, Vertex]], v: Vertex) -> tuple[list[Vertex], list[Vertex]]:
    """The sources and the targets of a vertex."""
    return sorted(s for s, t in edges if t == v), sorted(t for s, t in edges if s == v)
