"""Elimination of faces: pairs of edges that meet, multiplied, or passed through a model by tangents or adjoints.

On the dual graph, a face (v, w) becomes a new edge with the edges before v and those behind w; equal ones are added up.
A model is first accumulated where both of a face are models, or where it is added or a result. Source: U. Naumann,
Optimal accumulation of Jacobian matrices by elimination methods on the dual computational graph (2004).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from matcalc.accumulation import edges
from matcalc.accumulation.bounds import Bound, Work, bracketed
from matcalc.accumulation.graph import Graph
from matcalc.accumulation.search import EXACT_UP_TO, EliminationOrder, Problem, Step, Vertex, deepened, improved

GUIDED_STATES = 1_000
CLOSE_BOUNDS = 200
MOST_PATHS = 1_000  # from each input


@dataclass(frozen=True)
class Arc:
    """A vertex of the dual graph: an edge, by its path where it was made of others."""

    source: Vertex
    target: Vertex
    tangent: int | None
    adjoint: int | None
    accumulated: bool
    path: tuple[Vertex, ...] = ()

    @property
    def key(self) -> Key:
        return self.source, self.target, self.path


Key = tuple[Vertex, Vertex, tuple[Vertex, ...]]
ENDS: frozenset[Key] = frozenset([("", "", ())])  # stands for the outside, before an input or behind an output
Node = tuple[Arc, frozenset[Key], frozenset[Key]]  # an arc with those before and behind it
State = frozenset[Node]


def face_elimination(graph: Graph, bound: Bound, coarser: EliminationOrder) -> EliminationOrder:
    """The cheapest order: one of edges or a sweep, one that needs only the works of the bound, or a searched one."""
    if all(edge.accumulated for edge in graph.edges):
        moves = tuple((s, "→", v, "→", t) for s, v, t in edges.faces(graph, coarser.moves))
        known, works = EliminationOrder(coarser.cost, bound.cost, moves), set(edges.works(graph, coarser.moves))
    else:
        known, works = min(_sweeps(graph, coarser), key=lambda order: order[0].cost)
        known = replace(known, bound=bound.cost)
    if known.is_optimal:
        return known
    guided = improved(known, _problem(graph, bound.works | works), GUIDED_STATES)
    most = CLOSE_BOUNDS if len(graph.intermediate) <= EXACT_UP_TO else 0
    return deepened(replace(guided, bound=bound.cost), _problem(graph), most)


def _problem(graph: Graph, allowed: Collection[Work] | None = None) -> Problem[State]:
    """All orders, or those that do only what is allowed."""
    sizes = graph.sizes

    def moves(state: State) -> Iterator[tuple[int, Step, State]]:
        arcs = {node[0].key: node for node in state}
        for key in sorted(arcs):
            if allowed is None or ("accumulate", *key[:2]) in allowed:
                yield from _accumulations(arcs, key, sizes)
            for other in sorted(arcs[key][2] - ENDS):
                for cost, work in _works(arcs[key][0], arcs[other][0], sizes):
                    if allowed is None or work in allowed:
                        yield cost, _called(work), _eliminated(arcs, key, other)

    def ahead(state: State) -> int:
        """A face from an input to an output can only be eliminated itself."""
        arcs = {node[0].key: node for node in state}
        total = 0
        for arc, before, behind in state:
            for key in behind - ENDS if before == ENDS else ():
                right, _, after = arcs[key]
                if after == ENDS and arc.accumulated and right.accumulated:
                    total += sizes[arc.source] * sizes[arc.target] * sizes[right.target]
        return total

    def closely(state: State) -> int:
        return bracketed(_paths(state), sizes).cost

    return Problem(_start(graph), moves, _done, ahead, closely)


def _paths(state: State) -> Iterator[tuple[tuple[Vertex, ...], list[Arc]]]:
    """The paths of the dual graph, each as the vertices that are left of it; of equal ones one is enough."""
    arcs = {node[0].key: node for node in state}

    def onwards(path: list[Arc]) -> Iterator[list[Arc]]:
        behind = arcs[path[-1].key][2]
        if behind == ENDS:
            yield path
        for key in sorted(behind - ENDS):
            yield from onwards([*path, arcs[key][0]])

    for key in sorted(arcs):
        if arcs[key][1] == ENDS:
            for path in islice(onwards([arcs[key][0]]), MOST_PATHS):
                yield (path[0].source, *(arc.target for arc in path)), path


def _start(graph: Graph) -> State:
    arcs = [Arc(e.source, e.target, e.tangent, e.adjoint, e.accumulated) for e in graph.edges]
    inner = set(graph.intermediate)
    before = {v: frozenset(a.key for a in arcs if a.target == v) if v in inner else ENDS for v in graph.sizes}
    behind = {v: frozenset(a.key for a in arcs if a.source == v) if v in inner else ENDS for v in graph.sizes}
    return frozenset((arc, before[arc.source], behind[arc.target]) for arc in arcs)


def _done(state: State) -> bool:
    return all(before == ENDS == behind and arc.accumulated for arc, before, behind in state)


def _called(work: Work) -> Step:
    kind, *vertices = work
    joined = [piece for v in vertices for piece in (v, "→")][:-1]
    return ("accumulate ", *joined) if kind == "accumulate" else tuple(joined)


# ---------------------------------------------------------------- moves
def _accumulations(
    arcs: Mapping[Key, Node], key: Key, sizes: Mapping[Vertex, int]
) -> Iterator[tuple[int, Step, State]]:
    arc, before, behind = arcs[key]
    if arc.tangent is not None and arc.adjoint is not None and not arc.accumulated:
        cost = min(arc.tangent * sizes[arc.source], arc.adjoint * sizes[arc.target])
        done = replace(arc, accumulated=True)
        step = _called(("accumulate", arc.source, arc.target))
        yield cost, step, _merged({**arcs, key: (done, before, behind)})


def _works(left: Arc, right: Arc, sizes: Mapping[Vertex, int]) -> Iterator[tuple[int, Work]]:
    """The ways to eliminate a face."""
    ends = left.source, left.target, right.target
    if left.accumulated and right.accumulated:
        yield sizes[left.source] * sizes[left.target] * sizes[right.target], ("multiply", *ends)
    if left.accumulated and right.tangent is not None:
        yield right.tangent * sizes[left.source], ("tangent", *ends)
    if right.accumulated and left.adjoint is not None:
        yield left.adjoint * sizes[right.target], ("adjoint", *ends)


def _eliminated(arcs: Mapping[Key, Node], key: Key, other: Key) -> State:
    left, before, behind = arcs[key]
    right, right_before, right_behind = arcs[other]
    made = dict(arcs)
    made[key] = left, before, behind - {other}
    made[other] = right, right_before - {key}, right_behind
    new = Arc(left.source, right.target, None, None, True, (*left.path, left.target, *right.path))
    made[new.key] = new, before, right_behind
    for k in before - ENDS:
        made[k] = made[k][0], made[k][1], made[k][2] | {new.key}
    for k in right_behind - ENDS:
        made[k] = made[k][0], made[k][1] | {new.key}, made[k][2]
    return _merged(made)


def _merged(arcs: dict[Key, Node]) -> State:
    """Without arcs that have lost one side, and with accumulated arcs of equal sides added up."""
    while True:
        gone = {key for key, (_, before, behind) in arcs.items() if not before or not behind}
        seen: dict[object, Key] = {}
        for key in sorted(arcs):
            arc, before, behind = arcs[key]
            if key in gone or not arc.accumulated:
                continue
            same = seen.setdefault((arc.source, arc.target, before, behind), key)
            if same != key:
                gone.add(key)
                kept, before, behind = arcs[same]
                arcs[same] = replace(kept, tangent=None, adjoint=None), before, behind  # a sum has no model
        if not gone:
            return frozenset(arcs.values())
        arcs = {k: (a, b - gone, c - gone) for k, (a, b, c) in arcs.items() if k not in gone}


# ---------------------------------------------------------------- sweeps
def _sweeps(graph: Graph, coarser: EliminationOrder) -> Iterator[tuple[EliminationOrder, set[Work]]]:
    """All faces at one vertex after the other: from the inputs, from the outputs, and in an order of vertices."""
    forward = graph.intermediate
    order = [v for (v,) in coarser.moves]
    for vertices, first in ((forward, 0), (forward[::-1], 1), (order, 0), (order, 1)):
        yield _sweep(graph, vertices, first)


def _sweep(graph: Graph, vertices: Iterable[Vertex], first: int) -> tuple[EliminationOrder, set[Work]]:
    """Of two models, the left (0) or right (1) is accumulated first."""
    state, total = _start(graph), 0
    steps: list[Step] = []
    used: set[Work] = set()

    def take(move: tuple[int, Step, State], work: Work) -> None:
        nonlocal state, total
        total += move[0]
        steps.append(move[1])
        used.add(work)
        state = move[2]

    def accumulate(ends: Collection[Vertex]) -> None:
        for key in sorted(arc.key for arc, _, _ in state if not arc.accumulated):
            if key[1 - first] not in ends:
                continue
            for move in _accumulations({node[0].key: node for node in state}, key, graph.sizes):
                take(move, ("accumulate", *key[:2]))

    for v in vertices:
        accumulate((v,))
        while faces := sorted((n[0].key, k) for n in state if n[0].target == v for k in n[2]):
            arcs = {node[0].key: node for node in state}
            key, other = faces[0]
            cost, work = min(_works(arcs[key][0], arcs[other][0], graph.sizes))
            take((cost, _called(work), _eliminated(arcs, key, other)), work)
    accumulate(graph.sizes)
    return EliminationOrder(total, 0, tuple(steps)), used
