"""Elimination of vertices: what is left after a set of them does not depend on their order, so states are sets."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.accumulation.bounds import Bound
from matcalc.accumulation.flows import disjoint_paths
from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import EliminationOrder, Problem, Step, Vertex, heuristic, improved


def vertex_elimination(graph: Graph, bound: Bound) -> EliminationOrder:
    """The cheapest order; eliminating j multiplies each of its edges in by each of its edges out."""
    problem = _problem(graph, bound)
    greedy = heuristic(problem)
    return improved(EliminationOrder(greedy.cost, max(bound.cost, greedy.bound), greedy.moves), problem)


def _problem(graph: Graph, bound: Bound) -> Problem[int]:
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
        [(1 << k, 1 << positions[v] if v in positions else 0) for k, v in enumerate(path)] for path in bound.paths
    ]

    def ahead(gone: int) -> int:
        alone = sum(least[v] for k, v in enumerate(middle) if not gone >> k & 1)
        return max(alone, bound.ahead(sum(place for place, v in path if not gone & v) for path in places))

    return Problem(0, moves, lambda gone: gone == everything, ahead)
