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
    names = graph.order()
    place = {v: k for k, v in enumerate(names)}
    size = [graph.sizes[v] for v in names]
    inner = [place[v] for v in graph.intermediate]
    paths = [[place[v] for v in path] for path in bound.paths]
    start = State(
        tuple(sum(1 << place[w] for w in graph.targets(v)) for v in names),
        tuple(sum(1 << k for k in path) for path in paths),
    )

    @cache
    def members(mask: int) -> tuple[int, ...]:
        return tuple(k for k in range(len(names)) if mask >> k & 1)

    @cache
    def width(mask: int) -> int:
        return sum(size[k] for k in members(mask))

    def may(i: int, j: int, k: int) -> bool:
        return allowed is None or ("multiply", names[i], names[j], names[k]) in allowed

    def pruned(targets: list[int]) -> tuple[int, ...]:
        """Without the edges of vertices that have lost all edges in, or all edges out."""
        while True:
            reached = 0
            for mask in targets:
                reached |= mask
            dead = sum(1 << v for v in inner if not targets[v])
            lost = [v for v in inner if targets[v] and not reached >> v & 1]
            if not lost and not reached & dead:
                return tuple(targets)
            targets = [0 if s in lost else mask & ~dead for s, mask in enumerate(targets)]

    def contracted(state: State, targets: list[int], before: int, middle: int, behind: int) -> State:
        """Paths from one of ``before`` through the middle to one of ``behind`` now pass it by."""
        paths = []
        for left in state.paths:
            if left >> middle & 1:
                # Vertices are numbered in order, so the neighbours on a path are the next bits on both sides.
                lower, upper = left & ((1 << middle) - 1), left >> middle + 1
                if lower and upper and before >> lower.bit_length() - 1 & 1 and (behind >> middle + 1) & upper & -upper:
                    left &= ~(1 << middle)
            paths.append(left)
        return State(pruned(targets), tuple(paths))

    def moves(state: State) -> Iterator[tuple[int, Step, State]]:
        targets = state.targets
        sources = [sum(1 << s for s, mask in enumerate(targets) if mask >> t & 1) for t in range(len(names))]
        for s, mask in enumerate(targets):
            for t in members(mask):
                edge = names[s], "→", names[t]
                rest = list(targets)
                rest[s] &= ~(1 << t)
                if targets[t] and all(may(s, t, k) for k in members(targets[t])):
                    made = list(rest)
                    made[s] |= targets[t]
                    after = contracted(state, made, 1 << s, t, targets[t])
                    yield size[s] * size[t] * width(targets[t]), ("front ", *edge), after
                if sources[s] and all(may(i, s, t) for i in members(sources[s])):
                    for i in members(sources[s]):
                        rest[i] |= 1 << t
                    after = contracted(state, rest, sources[s], s, 1 << t)
                    yield size[s] * size[t] * width(sources[s]), ("back ", *edge), after

    @cache
    def places(path: int, left: int) -> int:
        return sum(1 << k for k, v in enumerate(paths[path]) if left >> v & 1)

    def ahead(state: State) -> int:
        return bound.ahead(places(path, left) for path, left in enumerate(state.paths))

    def closely(state: State) -> int:
        edges = [(names[s], names[t]) for s, mask in enumerate(state.targets) for t in members(mask)]
        return path_bound(Graph(edges, {v: graph.sizes[v] for edge in edges for v in edge})).cost

    return Problem(start, moves, lambda state: not any(state.targets[v] for v in inner), ahead, closely)


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
