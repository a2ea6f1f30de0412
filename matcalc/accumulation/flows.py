"""Disjoint paths to and from vertices: a bound on what eliminating each of them costs, quickly found."""

from __future__ import annotations

from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import Vertex

LARGEST_FLOW = 1_000_000


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
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_flow

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
