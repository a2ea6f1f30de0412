"""Jacobian accumulation on directed acyclic graphs: elimination of vertices, edges and faces.

Vertices carry sizes (1 for scalars); an edge i → j is the Jacobian of j by i. It is accumulated, or a model: then a
tangent through it costs ``tangent`` for each column, an adjoint ``adjoint`` for each row, in fused multiply-adds.
The searches are exact, cheapest state first, up to a number of states; beyond, the greedy order is given with a lower
bound. Sources: A. Griewank, A. Walther, Evaluating Derivatives; U. Naumann, Optimal accumulation of Jacobian matrices
by elimination methods on the dual computational graph (2004).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from matcalc.accumulation.search import EliminationOrder, Renaming, Step, Vertex, search
from matcalc.errors import MatcalcError


@dataclass(frozen=True)
class Edge:
    """The Jacobian of ``target`` by ``source``: a model with costs, or accumulated where these are None."""

    source: Vertex
    target: Vertex
    tangent: int | None = None
    adjoint: int | None = None


@dataclass(frozen=True)
class JacobianDag:
    """A linearised computation; ``sizes`` of vertices that are not given are 1.

    Raises:
        MatcalcError: a cycle, an edge that stands twice, a size of no vertex, or one that is no positive integer.
    """

    edges: tuple[Edge, ...]
    sizes: Mapping[Vertex, int]

    def __init__(
        self, edges: Iterable[Edge | tuple[Vertex, Vertex]], sizes: Mapping[Vertex, int] | None = None
    ) -> None:
        made = tuple(edge if isinstance(edge, Edge) else Edge(*edge) for edge in edges)
        object.__setattr__(self, "edges", made)
        vertices = dict.fromkeys(v for edge in made for v in (edge.source, edge.target))
        given = dict(sizes or {})
        object.__setattr__(self, "sizes", {v: given.pop(v, 1) for v in vertices})
        if given:
            raise MatcalcError(f"vertex {next(iter(given))} has no edge")
        for vertex, size in self.sizes.items():
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise MatcalcError(f"the size of {vertex} is no positive integer: {size!r}")
        if len({(e.source, e.target) for e in made}) < len(made):
            raise MatcalcError("an edge stands twice")
        self.order()

    def order(self) -> list[Vertex]:
        """The vertices, each behind those it depends on."""
        left = {v: {e.source for e in self.edges if e.target == v} for v in self.sizes}
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
        return [v for v in self.order() if self._sources(v) and self._targets(v)]

    def _sources(self, v: Vertex) -> list[Vertex]:
        return [e.source for e in self.edges if e.target == v]

    def _targets(self, v: Vertex) -> list[Vertex]:
        return [e.target for e in self.edges if e.source == v]

    @property
    def tangent(self) -> int:
        """The cost of the global tangent mode: a tangent through every edge for each input."""
        inputs = sum(size for v, size in self.sizes.items() if not self._sources(v))
        return inputs * sum(self._pass(e, "tangent") for e in self.edges)

    @property
    def adjoint(self) -> int:
        """The cost of the global adjoint mode: an adjoint through every edge for each output."""
        outputs = sum(size for v, size in self.sizes.items() if not self._targets(v))
        return outputs * sum(self._pass(e, "adjoint") for e in self.edges)

    def _pass(self, edge: Edge, mode: str) -> int:
        given: int | None = getattr(edge, mode)
        return self.sizes[edge.source] * self.sizes[edge.target] if given is None else given

    def scalar(self) -> JacobianDag:
        """The graph with every vertex taken apart into scalars, all edges accumulated."""

        def parts(v: Vertex) -> list[Vertex]:
            return [v] if self.sizes[v] == 1 else [f"{v}.{k + 1}" for k in range(self.sizes[v])]

        return JacobianDag((s, t) for e in self.edges for s in parts(e.source) for t in parts(e.target))

    # ---------------------------------------------------------------- vertices
    def vertex_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating vertices, all edges taken as accumulated.

        Eliminating j multiplies each of its edges in by each of its edges out. What is left after a set of vertices
        does not depend on their order, so the search runs over sets.
        """
        middle = self.intermediate
        positions = {v: k for k, v in enumerate(middle)}
        reach = {v: (set(self._sources(v)), set(self._targets(v))) for v in self.sizes}

        def neighbours(v: Vertex, gone: int, side: int) -> set[Vertex]:
            """The ends of paths from v through eliminated vertices."""
            found: set[Vertex] = set()
            stack = list(reach[v][side])
            seen = set(stack)
            while stack:
                w = stack.pop()
                if w in positions and gone >> positions[w] & 1:
                    new = reach[w][side] - seen
                    seen |= new
                    stack += new
                else:
                    found.add(w)
            return found

        def moves(gone: int) -> Iterator[tuple[int, Step, int]]:
            for k, v in enumerate(middle):
                if not gone >> k & 1:
                    before = sum(self.sizes[w] for w in neighbours(v, gone, 0))
                    behind = sum(self.sizes[w] for w in neighbours(v, gone, 1))
                    yield before * self.sizes[v] * behind, (v,), gone | 1 << k

        everything = (1 << len(middle)) - 1
        least = min(self.sizes.values()) ** 2

        def ahead(gone: int) -> int:
            """Whenever v is eliminated, it has an edge from and to at least one vertex."""
            return least * sum(self.sizes[v] for k, v in enumerate(middle) if not gone >> k & 1)

        return search(0, moves, lambda gone: gone == everything, ahead)

    # ---------------------------------------------------------------- edges
    def edge_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating edges at their front or back, all edges taken as accumulated.

        Front elimination of i → j replaces it by edges from i to all targets of j; back elimination replaces j → k by
        edges to k from all sources of j.
        """
        sizes = self.sizes
        start = frozenset((e.source, e.target) for e in self.edges)
        inner = set(self.intermediate)
        State = frozenset[tuple[Vertex, Vertex]]

        def pruned(edges: set[tuple[Vertex, Vertex]]) -> State:
            """Without the edges of vertices that have lost all edges in, or all edges out."""
            while True:
                sources, targets = {s for s, _ in edges}, {t for _, t in edges}
                lost = {v for v in inner if v not in targets or v not in sources}
                dead = {(s, t) for s, t in edges if s in lost or t in lost}
                if not dead:
                    return frozenset(edges)
                edges = edges - dead

        def moves(state: State) -> Iterator[tuple[int, Step, State]]:
            for s, t in sorted(state):
                if t in inner:
                    behind = [k for j, k in state if j == t]
                    made = (set(state) - {(s, t)}) | {(s, k) for k in behind}
                    yield sizes[s] * sizes[t] * sum(sizes[k] for k in behind), ("front ", s, "→", t), pruned(made)
                if s in inner:
                    before = [i for i, j in state if j == s]
                    made = (set(state) - {(s, t)}) | {(i, t) for i in before}
                    yield sizes[t] * sizes[s] * sum(sizes[i] for i in before), ("back ", s, "→", t), pruned(made)

        def done(state: State) -> bool:
            return not any(s in inner or t in inner for s, t in state)

        least = min(sizes.values())

        def ahead(state: State) -> int:
            """An edge from an input and one to an output that meet can only be multiplied with each other, there."""
            total = 0
            for v in inner:
                before = [sizes[s] for s, t in state if t == v]
                if before:
                    inputs = sum(sizes[s] for s, t in state if t == v and s not in inner)
                    outputs = sum(sizes[t] for s, t in state if s == v and t not in inner)
                    total += sizes[v] * max(inputs, least) * max(outputs, least)
            return total

        twins = _twins(self.edges)
        found = search(start, moves, done, ahead, lambda state: _untwinned(state, twins))
        return found if found.is_optimal else _cheaper(found, self.vertex_elimination())

    # ---------------------------------------------------------------- faces
    def face_elimination(self) -> EliminationOrder:
        """The cheapest order of eliminating faces: pairs of edges that meet, multiplied or passed through a model.

        On the dual graph, a face (v, w) becomes a new edge with the edges before v and those behind w; equal ones are
        added up. A model is first accumulated where both of a face are models, or where it is added or a result.
        """
        edges = [_Arc(e.source, e.target, e.tangent, e.adjoint, e.tangent is None) for e in self.edges]
        inner = set(self.intermediate)
        start: _Dual = frozenset(
            (
                arc,
                frozenset(a.key for a in edges if a.target == arc.source) if arc.source in inner else _ENDS,
                frozenset(a.key for a in edges if a.source == arc.target) if arc.target in inner else _ENDS,
            )
            for arc in edges
        )
        sizes = self.sizes

        def ahead(state: _Dual) -> int:
            """A face from an input to an output can only be eliminated itself."""
            arcs = {arc.key: (arc, behind) for arc, _, behind in state}
            total = 0
            for arc, before, behind in state:
                for key in behind - _ENDS if before == _ENDS else ():
                    right, after = arcs[key]
                    if after == _ENDS and arc.accumulated and right.accumulated:
                        total += sizes[arc.source] * sizes[arc.target] * sizes[right.target]
            return total

        found = search(start, lambda state: _face_moves(state, sizes), _faces_done, ahead)
        if found.is_optimal or not all(arc.accumulated for arc in edges):
            return found
        return _cheaper(found, self.edge_elimination())


# ---------------------------------------------------------------- the dual graph
@dataclass(frozen=True, order=True)
class _Arc:
    """A vertex of the dual graph: an edge, by its path where it was made of others."""

    source: Vertex
    target: Vertex
    tangent: int | None
    adjoint: int | None
    accumulated: bool
    path: tuple[Vertex, ...] = ()

    @property
    def key(self) -> tuple[Vertex, Vertex, tuple[Vertex, ...]]:
        return self.source, self.target, self.path

    def __str__(self) -> str:
        return f"{self.source}→{self.target}"


_Key = tuple[Vertex, Vertex, tuple[Vertex, ...]]
_ENDS: frozenset[_Key] = frozenset([("", "", ())])  # stands for the outside, before an input or behind an output
_Dual = frozenset[tuple[_Arc, frozenset[_Key], frozenset[_Key]]]


def _faces_done(state: _Dual) -> bool:
    return all(before == _ENDS == behind and arc.accumulated for arc, before, behind in state)


def _face_moves(state: _Dual, sizes: Mapping[Vertex, int]) -> Iterator[tuple[int, Step, _Dual]]:
    arcs = {arc.key: (arc, before, behind) for arc, before, behind in state}
    for key in sorted(arcs):
        arc, before, behind = arcs[key]
        if not arc.accumulated:
            assert arc.tangent is not None and arc.adjoint is not None
            cost = min(arc.tangent * sizes[arc.source], arc.adjoint * sizes[arc.target])
            done = _Arc(arc.source, arc.target, arc.tangent, arc.adjoint, True, arc.path)
            yield cost, (f"accumulate {arc}",), _merged({**arcs, key: (done, before, behind)})
        for other in sorted(behind - _ENDS):
            right = arcs[other][0]
            product = _face_cost(arc, right, sizes)
            if product is not None:
                yield product, (f"{arc}→{right.target}",), _eliminated(arcs, key, other)


def _face_cost(left: _Arc, right: _Arc, sizes: Mapping[Vertex, int]) -> int | None:
    rows, middle, cols = sizes[right.target], sizes[left.target], sizes[left.source]
    costs = []
    if left.accumulated and right.accumulated:
        costs.append(rows * middle * cols)
    if left.accumulated and right.tangent is not None:
        costs.append(right.tangent * cols)
    if right.accumulated and left.adjoint is not None:
        costs.append(left.adjoint * rows)
    return min(costs, default=None)


def _eliminated(arcs: Mapping[_Key, tuple[_Arc, frozenset[_Key], frozenset[_Key]]], key: _Key, other: _Key) -> _Dual:
    left, before, behind = arcs[key]
    right, right_before, right_behind = arcs[other]
    made = dict(arcs)
    made[key] = left, before, behind - {other}
    made[other] = right, right_before - {key}, right_behind
    path = (*(left.path or ()), left.target, *(right.path or ()))
    new = _Arc(left.source, right.target, None, None, True, path)
    made[new.key] = new, before, right_behind
    for k in before - _ENDS:
        made[k] = made[k][0], made[k][1], made[k][2] | {new.key}
    for k in right_behind - _ENDS:
        made[k] = made[k][0], made[k][1] | {new.key}, made[k][2]
    return _merged(made)


def _merged(arcs: dict[_Key, tuple[_Arc, frozenset[_Key], frozenset[_Key]]]) -> _Dual:
    """Without arcs that have lost one side, and with accumulated arcs of equal sides added up."""
    while True:
        gone = {key for key, (_, before, behind) in arcs.items() if not before or not behind}
        seen: dict[object, _Key] = {}
        for key in sorted(arcs):
            arc, before, behind = arcs[key]
            if key in gone or not arc.accumulated:
                continue
            same = seen.setdefault((arc.source, arc.target, before, behind), key)
            if same != key:
                gone.add(key)
        if not gone:
            return frozenset(arcs.values())
        arcs = {k: (a, b - gone, c - gone) for k, (a, b, c) in arcs.items() if k not in gone}


def _cheaper(found: EliminationOrder, coarser: EliminationOrder) -> EliminationOrder:
    """The cheaper order: a finer kind of elimination can do whatever a coarser one does."""
    return found if found.cost <= coarser.cost else EliminationOrder(coarser.cost, found.bound, coarser.steps)


def _twins(edges: Iterable[Edge]) -> list[list[Vertex]]:
    """Inputs with the same targets, and outputs with the same sources: renaming them changes nothing."""
    sides: dict[Vertex, tuple[set[Vertex], set[Vertex]]] = {}
    for edge in edges:
        sides.setdefault(edge.target, (set(), set()))[0].add(edge.source)
        sides.setdefault(edge.source, (set(), set()))[1].add(edge.target)
    groups: dict[tuple[frozenset[Vertex], frozenset[Vertex]], list[Vertex]] = {}
    for v, (before, behind) in sorted(sides.items()):
        if not before or not behind:
            groups.setdefault((frozenset(before), frozenset(behind)), []).append(v)
    return [group for group in groups.values() if len(group) > 1]


def _untwinned(
    state: frozenset[tuple[Vertex, Vertex]], groups: list[list[Vertex]]
) -> tuple[frozenset[tuple[Vertex, Vertex]], Renaming]:
    """The state with twins renamed so that their neighbours come in order."""
    renaming: dict[Vertex, Vertex] = {}
    for group in groups:
        keys = {v: sorted((s if s != v else "", t if t != v else "") for s, t in state if v in (s, t)) for v in group}
        renamed = dict(zip(sorted(group, key=lambda v: (keys[v], v)), group, strict=True))
        if any(old != new for old, new in renamed.items()):
            state = frozenset((renamed.get(s, s), renamed.get(t, t)) for s, t in state)
            renaming.update(renamed)
    return state, renaming
