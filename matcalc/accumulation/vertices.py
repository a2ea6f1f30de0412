"""Elimination of vertices: what is left after a set of them does not depend on their order, so states are sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matcalc.accumulation.bounds import Bound
from matcalc.accumulation.flows import disjoint_paths
from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import (
    EXACT_UP_TO,
    MOST_STATES,
    EliminationOrder,
    Problem,
    Step,
    Vertex,
    heuristic,
    improved,
)

FEW_STATES = 2_000
ROUNDS = 3


def vertex_elimination(graph: Graph, bound: Bound) -> EliminationOrder:
    """The cheapest order; eliminating j multiplies each of its edges in by each of its edges out."""
    greedy = heuristic(_problem(graph, None))
    known = replace(greedy, bound=max(bound.cost, greedy.bound))
    if len(graph.intermediate) <= EXACT_UP_TO:
        return improved(known, _problem(graph, bound), MOST_STATES)
    return _rearranged(graph, improved(known, _problem(graph, bound), FEW_STATES))


def _rearranged(graph: Graph, known: EliminationOrder) -> EliminationOrder:
    """The order in which no vertex can be put elsewhere at a gain, as far as some rounds tell."""
    order, cost = [v for (v,) in known.moves], known.cost
    for _ in range(ROUNDS):
        before = cost
        for v in sorted(order):
            if cost == known.bound:
                break
            rest = [w for w in order if w != v]
            moved = [[*rest[:k], v, *rest[k:]] for k in range(len(order))]
            cost, order = min(((_cost(graph, made), made) for made in moved), key=lambda found: found[0])
        if cost == before:
            break
    return EliminationOrder(cost, known.bound, tuple((v,) for v in order))


def _cost(graph: Graph, order: list[Vertex]) -> int:
    sources = {v: set[Vertex]() for v in graph.sizes}
    targets = {v: set[Vertex]() for v in graph.sizes}
    for edge in graph.edges:
        sources[edge.target].add(edge.source)
        targets[edge.source].add(edge.target)
    total = 0
    for v in order:
        before, behind = sources.pop(v), targets.pop(v)
        total += sum(graph.sizes[s] for s in before) * graph.sizes[v] * sum(graph.sizes[t] for t in behind)
        for s in before:
            targets[s] = (targets[s] - {v}) | behind
        for t in behind:
            sources[t] = (sources[t] - {v}) | before
    return total


def _problem(graph: Graph, bound: Bound | None) -> Problem[int]:
    """All orders; the bound over paths makes for fewer states, each of which takes longer."""
    middle = graph.intermediate
    positions = {v: k for k, v in enumerate(middle)}
    reach = {v: (graph.sources(v), graph.targets(v)) for v in graph.sizes}
    sizes = graph.sizes
    least = disjoint_paths(graph)

    def neighbours(v: Vertex, gone: int, side: int) -> int:
        """The size of the ends of paths from v through eliminated vertices."""
        total = 0
        stack = list(reach[v][side])
        seen = set(stack)
        while stack:
            w = stack.pop()
            if w in positions and gone >> positions[w] & 1:
                new = [u for u in reach[w][side] if u not in seen]
                seen.update(new)
                stack += new
            else:
                total += sizes[w]
        return total

    def moves(gone: int) -> Iterator[tuple[int, Step, int]]:
        for k, v in enumerate(middle):
            if not gone >> k & 1:
                yield neighbours(v, gone, 0) * sizes[v] * neighbours(v, gone, 1), (v,), gone | 1 << k

    everything = (1 << len(middle)) - 1

    places = [
        [(1 << k, 1 << positions[v] if v in positions else 0) for k, v in enumerate(path)]
        for path in (bound.paths if bound else ())
    ]

    def ahead(gone: int) -> int:
        alone = sum(least[v] for k, v in enumerate(middle) if not gone >> k & 1)
        if bound is None:
            return alone
        return max(alone, bound.ahead(sum(place for place, v in path if not gone & v) for path in places))

    return Problem(0, moves, lambda gone: gone == everything, ahead)
