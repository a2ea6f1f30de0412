"""Jacobian accumulation on directed acyclic graphs: elimination of vertices, edges and faces.

Vertices carry sizes (1 for scalars); an edge i → j is the Jacobian of j by i. It is accumulated, or a model: then a
tangent through it costs ``tangent`` for each column, an adjoint ``adjoint`` for each row, in fused multiply-adds.
A heuristic order is mostly proved by the bound over paths; else the searches are exact, cheapest state first, up to a
number of states; beyond, the best order is given with its bound. Sources: A. Griewank, A. Walther, Evaluating
Derivatives; U. Naumann, Optimal accumulation of Jacobian matrices by elimination methods on the dual computational
graph (2004).
"""

from __future__ import annotations

from functools import cached_property

from matcalc.accumulation.bounds import Bound, path_bound
from matcalc.accumulation.edges import edge_elimination
from matcalc.accumulation.faces import face_elimination
from matcalc.accumulation.flows import disjoint_paths
from matcalc.accumulation.graph import Edge, Graph
from matcalc.accumulation.search import EliminationOrder, Vertex
from matcalc.accumulation.vertices import vertex_elimination

__all__ = ["Edge", "JacobianDag"]


class JacobianDag(Graph):
    """A linearised computation; ``sizes`` of vertices that are not given are 1.

    Raises:
        MatcalcError: a cycle, an edge that stands twice, a size of no vertex, or one that is no positive integer.
    """

    @property
    def tangent(self) -> int:
        """The cost of the global tangent mode: a tangent through every edge for each input."""
        inputs = sum(size for v, size in self.sizes.items() if not self.sources(v))
        return inputs * sum(self._pass(e, e.tangent) for e in self.edges)

    @property
    def adjoint(self) -> int:
        """The cost of the global adjoint mode: an adjoint through every edge for each output."""
        outputs = sum(size for v, size in self.sizes.items() if not self.targets(v))
        return outputs * sum(self._pass(e, e.adjoint) for e in self.edges)

    def _pass(self, edge: Edge, given: int | None) -> int:
        return self.sizes[edge.source] * self.sizes[edge.target] if given is None else given

    def scalar(self) -> JacobianDag:
        """The graph with every vertex taken apart into scalars, all edges accumulated."""

        def parts(v: Vertex) -> list[Vertex]:
            return [v] if self.sizes[v] == 1 else [f"{v}.{k + 1}" for k in range(self.sizes[v])]

        return JacobianDag((s, t) for e in self.edges for s in parts(e.source) for t in parts(e.target))

    def vertex_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating vertices, all edges taken as accumulated."""
        return _together([part.accumulated.vertices for part in self._parts])

    def edge_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating edges at their front or back, all edges taken as accumulated."""
        return _together([part.accumulated.edges for part in self._parts])

    def face_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating faces: pairs of edges that meet, multiplied or passed through a model."""
        return _together([part.faces for part in self._parts])

    @cached_property
    def _parts(self) -> list[_Part]:
        return [_Part(part) for part in self.parts()]


class _Part:
    """A graph that does not fall apart, with its orders, each found once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def accumulated(self) -> _Part:
        """The same without models."""
        if all(edge.accumulated for edge in self.graph.edges):
            return self
        return _Part(Graph([(e.source, e.target) for e in self.graph.edges], self.graph.sizes))

    @cached_property
    def bound(self) -> Bound:
        """Over paths, or over disjoint ones alone where long paths are left out; these count products, not models."""
        bound = path_bound(self.graph)
        if self.accumulated is self:
            bound.cost = max(bound.cost, sum(disjoint_paths(self.graph).values()))
        return bound

    @cached_property
    def vertices(self) -> EliminationOrder:
        return vertex_elimination(self.graph, self.bound)

    @cached_property
    def edges(self) -> EliminationOrder:
        return edge_elimination(self.graph, self.bound, self.vertices)

    @cached_property
    def faces(self) -> EliminationOrder:
        return face_elimination(
            self.graph, self.bound, self.edges if self.accumulated is self else self.accumulated.vertices
        )


def _together(orders: list[EliminationOrder]) -> EliminationOrder:
    """Orders of parts one after the other."""
    moves = tuple(move for order in orders for move in order.moves)
    return EliminationOrder(sum(o.cost for o in orders), sum(o.bound for o in orders), moves)
