"""The cheapest way from one state to another: cheapest estimate first, greedy where there are too many states."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeVar

MOST_STATES = 100_000
Vertex = str
Step = tuple[str, ...]  # the pieces of what a step is called, vertices by themselves


@dataclass(frozen=True)
class EliminationOrder:
    """What is eliminated in which order, and its cost; ``bound`` is a cost below which there is no order."""

    cost: int
    bound: int
    steps: tuple[str, ...]

    @property
    def is_optimal(self) -> bool:
        return self.cost == self.bound

    def __str__(self) -> str:
        proved = "optimal" if self.is_optimal else f"at least {self.bound}"
        return f"{self.cost} ({proved}): {', '.join(self.steps) or 'nothing to eliminate'}"


S = TypeVar("S", bound=Hashable)
Renaming = Mapping[Vertex, Vertex]


def search(
    start: S,
    moves: Callable[[S], Iterable[tuple[int, Step, S]]],
    done: Callable[[S], bool],
    ahead: Callable[[S], int],
    alike: Callable[[S], tuple[S, Renaming]] = lambda state: (state, {}),
) -> EliminationOrder:
    """The cheapest way from ``start`` to a state that is done; a greedy one with a bound where there are too many.

    ``ahead`` is a cost that every way from a state on has at least; ``alike`` renames the vertices of a state, so that
    states which are equal up to renaming are met once.
    """
    best: dict[S, int] = {start: 0}
    came: dict[S, tuple[S, Step, Renaming]] = {}
    queue: list[tuple[int, int, int, S]] = [(ahead(start), 0, 0, start)]
    count, bound = 0, 0
    while queue:
        estimate, _, cost, state = heappop(queue)
        if cost > best[state]:
            continue
        bound = max(bound, estimate)
        if done(state):
            return EliminationOrder(cost, cost, _steps(came, state))
        if len(best) > MOST_STATES:
            break
        for more, step, reached in moves(state):
            after, renaming = alike(reached)
            total = cost + more
            if after not in best or total < best[after]:
                best[after] = total
                came[after] = state, step, renaming
                count += 1
                heappush(queue, (total + ahead(after), -count, total, after))
    return _greedy(start, moves, done, bound)


def _greedy(
    start: S, moves: Callable[[S], Iterable[tuple[int, Step, S]]], done: Callable[[S], bool], bound: int
) -> EliminationOrder:
    """The cheapest step, again and again."""
    total = 0
    steps: list[str] = []
    state = start
    while not done(state):
        cost, step, state = min(moves(state), key=lambda move: (move[0], move[1]))
        total += cost
        steps.append("".join(step))
    return EliminationOrder(total, bound, tuple(steps))


def _steps(came: Mapping[S, tuple[S, Step, Renaming]], state: S) -> tuple[str, ...]:
    """What the steps to a state are called, in the names that vertices had at the start."""
    path: list[tuple[Step, Renaming]] = []
    while state in came:
        state, step, renaming = came[state]
        path.append((step, renaming))
    found = []
    original: dict[Vertex, Vertex] = {}
    for step, renaming in reversed(path):
        found.append("".join(original.get(piece, piece) for piece in step))
        original = {**original, **{new: original.get(old, old) for old, new in renaming.items()}}
    return tuple(found)
