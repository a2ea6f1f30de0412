"""The cheapest way from one state to another: cheapest estimate first, with what is known of its cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush, nsmallest
from typing import Generic, TypeVar

from matcalc.terminal import Printed

MOST_STATES = 100_000
EXACT_UP_TO = 16  # intermediate vertices; with more, few states are searched
BEAM = 30  # states that are kept at each step where there are too many
Vertex = str
Step = tuple[str, ...]  # the pieces of what a step is called, vertices by themselves


@dataclass(frozen=True, repr=False)
class EliminationOrder(Printed):
    """What is eliminated in which order, and its cost; ``bound`` is a cost below which there is no order."""

    cost: int
    bound: int
    moves: tuple[Step, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """What the steps are called: ``v``, ``front v→w`` or ``back v→w``, ``u→v→w`` or ``accumulate v→w``."""
        return tuple("".join(move) for move in self.moves)

    @property
    def is_optimal(self) -> bool:
        return self.cost == self.bound

    def __str__(self) -> str:
        proved = "optimal" if self.is_optimal else f"at least {self.bound}"
        return f"{self.cost} ({proved}): {', '.join(self.steps) or 'nothing to eliminate'}"


S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Problem(Generic[S]):
    """States, the moves from them with their costs, and a cost that every way from a state on has at least.

    ``closely`` is a better bound than ``ahead`` that takes longer to find.
    """

    start: S
    moves: Callable[[S], Iterable[tuple[int, Step, S]]]
    done: Callable[[S], bool]
    ahead: Callable[[S], int]
    closely: Callable[[S], int] = lambda state: 0


def improved(known: EliminationOrder, problem: Problem[S], most: int = MOST_STATES) -> EliminationOrder:
    """A cheaper way than the one that is known, or that one with a better bound, as far as ``most`` states tell."""
    if known.is_optimal:
        return known
    start = problem.start
    best: dict[S, int] = {start: 0}
    came: dict[S, tuple[S, Step]] = {}
    queue: list[tuple[int, int, int, S]] = [(problem.ahead(start), 0, 0, start)]
    count, bound = 0, known.bound
    while queue:
        estimate, _, cost, state = heappop(queue)
        if cost > best[state]:
            continue
        bound = max(bound, estimate)
        if problem.done(state):
            return EliminationOrder(cost, cost, _way(came, state))
        if len(best) > most:
            return replace(known, bound=bound)
        for more, step, after in problem.moves(state):
            total = cost + more
            if after not in best or total < best[after]:
                best[after] = total
                came[after] = state, step
                hoped = total + problem.ahead(after)
                if hoped < known.cost:
                    count += 1
                    heappush(queue, (hoped, -count, total, after))
    return replace(known, bound=known.cost)


class _TooMany(Exception):
    """More states than a search may look at."""


def deepened(known: EliminationOrder, problem: Problem[S], most: int) -> EliminationOrder:
    """A cheaper way or a better bound: depth first within one cost after the other, with ``most`` close bounds."""
    closely: dict[S, int] = {}
    failed: dict[S, int] = {}  # what was left to spend in vain

    def way(state: S, left: int) -> tuple[Step, ...] | None:
        if left < problem.ahead(state) or left <= failed.get(state, -1):
            return None
        failed[state] = left
        if state not in closely:
            if len(closely) >= most:
                raise _TooMany
            closely[state] = problem.closely(state)
        if left < closely[state]:
            return None
        if problem.done(state):
            return ()
        for cost, step, after in problem.moves(state):
            rest = way(after, left - cost)
            if rest is not None:
                return (step, *rest)
        return None

    for limit in range(known.bound, known.cost):
        try:
            moves = way(problem.start, limit)
        except _TooMany:
            return replace(known, bound=limit)
        if moves is not None:
            return EliminationOrder(limit, limit, moves)
    return replace(known, bound=known.cost)


def heuristic(problem: Problem[S], width: int = BEAM) -> EliminationOrder:
    """A way by the states that are cheapest after each number of steps; with a width of 1 it is the greedy one."""
    came: dict[S, tuple[S, Step]] = {}
    level: dict[S, int] = {problem.start: 0}
    best: tuple[int, S] | None = None
    while level:
        reached: dict[S, int] = {}
        for state, cost in level.items():
            if problem.done(state):
                if best is None or cost < best[0]:
                    best = cost, state
                continue
            for more, step, after in problem.moves(state):
                if after not in reached or cost + more < reached[after]:
                    reached[after] = cost + more
                    came[after] = state, step
        estimates = {state: cost + problem.ahead(state) for state, cost in reached.items()}
        level = {state: reached[state] for state in nsmallest(width, estimates, key=estimates.__getitem__)}
    assert best is not None
    return EliminationOrder(best[0], problem.ahead(problem.start), _way(came, best[1]))


def _way(came: Mapping[S, tuple[S, Step]], state: S) -> tuple[Step, ...]:
    path: list[Step] = []
    while state in came:
        state, step = came[state]
        path.append(step)
    return tuple(reversed(path))
