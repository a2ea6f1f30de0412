"""Linearised computations: graphs whose edges are the Jacobians of their targets by their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from matcalc.accumulation.search import Vertex
from matcalc.boundary import integer
from matcalc.errors import MatcalcError, shown

LARGEST = 10**30  # a size, or a cost
MOST_EDGES = 100_000


@dataclass(frozen=True)
class Edge:
    """The Jacobian of ``target`` by ``source``: a model with costs, or accumulated where these are None."""

    source: Vertex
    target: Vertex
    tangent: int | None = None
    adjoint: int | None = None

    def __post_init__(self) -> None:
        for end in (self.source, self.target):
            if not isinstance(end, str):
                raise MatcalcError(f"a vertex is named by a text, got {shown(end)}")
        if (self.tangent is None) != (self.adjoint is None):
            raise MatcalcError(f"a model has the costs of a tangent and of an adjoint: {self.source} → {self.target}")
        for cost in (self.tangent, self.adjoint):
            if cost is not None and (not 0 <= (-1 if (known := integer(cost)) is None else known) <= LARGEST):
                raise MatcalcError(
                    f"the cost of {self.source} → {self.target} is no number of multiplications: {shown(cost)}"
                )

    @property
    def accumulated(self) -> bool:
        return self.tangent is None


def _edge(given: Any) -> Edge:
    """An edge that is given as such, or as a pair of names."""
    if isinstance(given, Edge):
        return given
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
        raise MatcalcError(f"an edge is a pair of names or matcalc.Edge, got {shown(given)}", hint='("x", "v")')
    return Edge(*given)


@dataclass(frozen=True)
class Graph:
    """Edges, and the sizes of all vertices; those that are not given are 1.

    Raises:
        MatcalcError: a cycle, an edge that stands twice, a size of no vertex, or one that is no positive integer.
    """

    edges: tuple[Edge, ...]
    sizes: Mapping[Vertex, int]

    def __init__(
        self, edges: Iterable[Edge | tuple[Vertex, Vertex]], sizes: Mapping[Vertex, int] | None = None
    ) -> None:
        if isinstance(edges, str) or not isinstance(edges, Iterable):
            raise MatcalcError(f"edges come as pairs of names, got {shown(edges)}", hint='[("x", "v"), ("v", "y")]')
        if not isinstance(sizes, Mapping | None):
            raise MatcalcError("sizes come by name", hint='{"x": 3}')
        try:
            made = tuple(map(_edge, islice(edges, MOST_EDGES + 1)))
        except TypeError:  # what says that it can be looped over, and cannot
            raise MatcalcError(f"edges come as pairs of names, got {shown(edges)}") from None
        if len(made) > MOST_EDGES:
            raise MatcalcError(f"a graph has at most {MOST_EDGES} edges")
        object.__setattr__(self, "edges", made)
        vertices = dict.fromkeys(v for edge in made for v in (edge.source, edge.target))
        given = dict(sizes or {})
        object.__setattr__(self, "sizes", {v: given.pop(v, 1) for v in vertices})
        if given:
            raise MatcalcError(f"vertex {next(iter(given))} has no edge")
        for vertex, size in self.sizes.items():
            if not 1 <= (integer(size) or 0) <= LARGEST:
                raise MatcalcError(f"the size of {vertex} is no positive integer: {shown(size)}")
        if len({(e.source, e.target) for e in made}) < len(made):
            raise MatcalcError("an edge stands twice")
        self.order()

    def order(self) -> list[Vertex]:
        """The vertices, each behind those it depends on."""
        left = {v: set(self.sources(v)) for v in self.sizes}
        found: list[Vertex] = []
        while left:
            ready = [v for v, before in left.items() if not before]
            if not ready:
                raise MatcalcError("the graph has a cycle", f"it goes through {', '.join(sorted(left))}")
            for v in ready:
                del left[v]
            for before in left.values():
                before.difference_update(ready)
            found += ready
        return found

    @property
    def intermediate(self) -> list[Vertex]:
        """Vertices with edges in and out."""
        return [v for v in self.order() if self.sources(v) and self.targets(v)]

    def sources(self, v: Vertex) -> list[Vertex]:
        return [e.source for e in self.edges if e.target == v]

    def targets(self, v: Vertex) -> list[Vertex]:
        return [e.target for e in self.edges if e.source == v]

    def parts(self) -> list[Graph]:
        """What is accumulated by itself: graphs that have no intermediate vertex in common."""
        inner = set(self.intermediate)
        part: dict[Vertex, set[Vertex]] = {v: {v} for v in inner}
        for edge in self.edges:
            if edge.source in inner and edge.target in inner:
                joined = part[edge.source] | part[edge.target]
                part.update(dict.fromkeys(joined, joined))
        edges: dict[object, list[Edge]] = {}
        for edge in self.edges:
            end = next((v for v in (edge.source, edge.target) if v in inner), None)
            edges.setdefault((edge.source, edge.target) if end is None else min(part[end]), []).append(edge)
        kept = [(found, {v: self.sizes[v] for e in found for v in (e.source, e.target)}) for found in edges.values()]
        return [Graph(found, sizes) for found, sizes in kept]
