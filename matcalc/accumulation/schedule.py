"""Jacobian chains on several threads: the makespan of a plan whose operations run side by side.

An operation runs on one thread; it starts when its parts are made. Source: S. Maertens, U. Naumann, Scheduled Jacobian
Chaining (2025).
"""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.accumulation.chain import Elimination, JacobianChain
from matcalc.boundary import checked_arguments, integer
from matcalc.errors import MatcalcError, shown
from matcalc.terminal import Printed

LONGEST_SEARCHED = 8  # factors; longer chains are scheduled by the dynamic programme alone
MOST_THREADS = 1_000
MOST_TREES = 20_000  # elimination trees that are scheduled one by one


@dataclass(frozen=True)
class Job:
    """An operation with its time: it runs on ``thread`` from ``start`` to ``start + step.cost``."""

    step: Elimination
    thread: int
    start: int


@dataclass(frozen=True, repr=False)
class Schedule(Printed):
    """Jobs on threads. ``bound`` is a time below which no schedule ends; where it is the makespan, that is optimal."""

    makespan: int
    bound: int
    jobs: tuple[Job, ...]

    @property
    def is_optimal(self) -> bool:
        return self.makespan == self.bound

    def __str__(self) -> str:
        lines = [f"{job.start:>10}  thread {job.thread + 1}  {job.step}" for job in self.jobs]
        proved = "optimal" if self.is_optimal else f"at least {self.bound}"
        return "\n".join([*lines, f"makespan {self.makespan}, {proved}"])


Tree = tuple[Elimination, tuple["Tree", ...]]


@checked_arguments
def schedule(chain: JacobianChain, threads: int, memory: int | None = None) -> Schedule:
    """A plan and its schedule with the shortest makespan found.

    The dynamic programme shares threads out between the parts of each product; up to 8 factors, the elimination trees
    that could still be better are scheduled one by one.

    Raises:
        MatcalcError: the number of threads is no positive integer.
    """
    if not 1 <= (integer(threads) or 0) <= MOST_THREADS:
        raise MatcalcError(f"the number of threads lies between 1 and {MOST_THREADS}, got {shown(threads)}")
    programme = _Programme(chain, memory)
    best = _scheduled(programme.tree(threads), threads)
    serial = chain.optimal(memory).cost
    bound = max(programme.time(len(chain.factors)), -(-serial // threads))
    if best[0] > bound and len(chain.factors) <= LONGEST_SEARCHED:
        best, exhausted = programme.search(threads, best)
        bound = best[0] if exhausted else bound
    return Schedule(best[0], bound, tuple(sorted(best[1], key=lambda job: (job.start, job.thread))))


class _Programme:
    """Makespans of parts by number of threads, and the elimination trees behind them."""

    def __init__(self, chain: JacobianChain, memory: int | None) -> None:
        self.factors = chain.factors
        self.memory = memory
        self.count = len(chain.factors)
        self.tape = [0]
        for factor in chain.factors:
            self.tape.append(self.tape[-1] + factor.edges)
        self.best: dict[tuple[int, int, int], tuple[int, Tree]] = {}
        self.least: dict[tuple[int, int], tuple[int, int]] = {}

    def options(self, i: int, j: int) -> list[tuple[Elimination, tuple[tuple[int, int], ...]]]:
        """The eliminations that make the factors i..j, counted from 0, and the parts each needs."""
        factors, n, m = self.factors, self.factors[i].columns, self.factors[j].rows
        if i == j:
            found = [Elimination("tangent", i + 1, i + 1, None, factors[i].edges * n)]
            if self.memory is None or factors[i].edges <= self.memory:
                found.append(Elimination("adjoint", i + 1, i + 1, None, factors[i].edges * m))
            return [(min(found, key=lambda e: e.cost), ())]
        made: list[tuple[Elimination, tuple[tuple[int, int], ...]]] = []
        for k in range(i, j):
            inner = factors[k].rows
            made.append((Elimination("multiply", i + 1, j + 1, k + 1, m * inner * n), ((k + 1, j), (i, k))))
            left, right = self.tape[j + 1] - self.tape[k + 1], self.tape[k + 1] - self.tape[i]
            made.append((Elimination("tangent", i + 1, j + 1, k + 1, n * left), ((i, k),)))
            if self.memory is None or right <= self.memory:
                made.append((Elimination("adjoint", i + 1, j + 1, k + 1, m * right), ((k + 1, j),)))
        return made

    def time(self, threads: int) -> int:
        return self.solved(0, self.count - 1, threads)[0]

    def tree(self, threads: int) -> Tree:
        return self.solved(0, self.count - 1, threads)[1]

    def solved(self, i: int, j: int, threads: int) -> tuple[int, Tree]:
        for length in range(j - i + 1):
            for first in range(i, j - length + 1):
                for count in range(1, threads + 1):
                    if (first, first + length, count) not in self.best:
                        self.best[first, first + length, count] = self._solved(first, first + length, count)
        return self.best[i, j, threads]

    def _solved(self, i: int, j: int, threads: int) -> tuple[int, Tree]:
        found: tuple[int, Tree] | None = None
        for step, parts in self.options(i, j):
            ways = [[self.best[(*part, threads)] for part in parts]]
            if len(parts) == 2:
                for k in range(1, threads):
                    ways.append([self.best[(*parts[0], k)], self.best[(*parts[1], threads - k)]])
            for n, way in enumerate(ways):
                time = (sum(t for t, _ in way) if n == 0 else max(t for t, _ in way)) + step.cost
                if found is None or time < found[0]:
                    found = time, (step, tuple(tree for _, tree in way))
        assert found is not None
        return found

    # ---------------------------------------------------------------- search
    def search(self, threads: int, best: tuple[int, list[Job]]) -> tuple[tuple[int, list[Job]], bool]:
        """Schedules every tree that could end earlier; whether all of them were tried."""
        self.time(self.count)
        for i in range(self.count):
            for j in range(i, self.count):
                self.time(1)
                self.least[i, j] = self.best[i, j, 1][0], self.best[i, j, self.count][0]
        trees = self._trees(0, self.count - 1, threads, best[0] - 1)
        if trees is None:
            return best, False
        exact = True
        for work, critical, tree in sorted(trees, key=lambda t: (t[0], t[1])):
            if max(critical, -(-work // threads)) >= best[0]:
                continue
            made, sure = _packed(tree, threads, best[0])
            exact &= sure
            if made[0] < best[0]:
                best = made
        return best, exact

    def _trees(self, i: int, j: int, threads: int, limit: int) -> list[tuple[int, int, Tree]] | None:
        """Trees for i..j with total work and critical path; None where there are too many."""
        found: list[tuple[int, int, Tree]] = []
        for step, parts in self.options(i, j):
            work = step.cost + sum(self.least[part][0] for part in parts)
            critical = step.cost + max((self.least[part][1] for part in parts), default=0)
            if work > limit * threads or critical > limit:
                continue
            slack = limit * threads - work
            below: list[list[tuple[int, int, Tree]]] = []
            for part in parts:
                inner = self._trees_within(part, slack + self.least[part][0], limit - step.cost, threads)
                if inner is None:
                    return None
                below.append(inner)
            combined: list[tuple[int, int, tuple[Tree, ...]]] = [(0, 0, ())]
            for inner in below:
                combined = [
                    (w + a, max(c, b), (*trees, tree))
                    for w, c, trees in combined
                    for a, b, tree in inner
                    if w + a + step.cost <= limit * threads
                ]
                if len(combined) > MOST_TREES:
                    return None
            found += [(w + step.cost, c + step.cost, (step, trees)) for w, c, trees in combined]
            if len(found) > MOST_TREES:
                return None
        return found

    def _trees_within(
        self, part: tuple[int, int], work: int, critical: int, threads: int
    ) -> list[tuple[int, int, Tree]] | None:
        if critical < 0:
            return []
        trees = self._trees(*part, threads, max(critical, -(-work // threads)))
        return None if trees is None else [t for t in trees if t[0] <= work and t[1] <= critical]


# ---------------------------------------------------------------- schedules of one tree
def _jobs(tree: Tree) -> list[tuple[Elimination, list[int]]]:
    """The operations of a tree, parts before wholes, and the positions of each one's parts."""
    found: list[tuple[Elimination, list[int]]] = []

    def add(node: Tree) -> int:  # as deep as the chain is long
        parts = [add(part) for part in node[1]]
        found.append((node[0], parts))
        return len(found) - 1

    add(tree)
    return found


def _scheduled(tree: Tree, threads: int) -> tuple[int, list[Job]]:
    """List scheduling, the job with the longest way to the end first."""
    jobs = _jobs(tree)
    tails = _tails(jobs)
    done: dict[int, int] = {}
    free = [0] * threads
    made = []
    while len(done) < len(jobs):
        ready = [k for k, (_, parts) in enumerate(jobs) if k not in done and all(p in done for p in parts)]
        chosen = min(ready, key=lambda k: (max([done[p] for p in jobs[k][1]], default=0), -tails[k], k))
        earliest = max([done[p] for p in jobs[chosen][1]], default=0)
        thread = min(range(threads), key=lambda t: (max(free[t], earliest), -free[t], t))
        start = max(free[thread], earliest)
        done[chosen] = free[thread] = start + jobs[chosen][0].cost
        made.append(Job(jobs[chosen][0], thread, start))
    return max(done.values()), made


def _tails(jobs: list[tuple[Elimination, list[int]]]) -> list[int]:
    tails = [step.cost for step, _ in jobs]
    for k in range(len(jobs) - 1, -1, -1):
        for part in jobs[k][1]:
            tails[part] = jobs[part][0].cost + tails[k]
    return tails


def _packed(tree: Tree, threads: int, limit: int, most: int = 20_000) -> tuple[tuple[int, list[Job]], bool]:
    """The shortest schedule of one tree by branch and bound below ``limit``; whether the search was complete."""
    jobs = _jobs(tree)
    tails = _tails(jobs)
    best = _scheduled(tree, threads)
    visited = 0
    stack: list[tuple[dict[int, int], tuple[int, ...], list[Job]]] = [({}, (0,) * threads, [])]
    while stack:
        done, free, made = stack.pop()
        visited += 1
        if visited > most:
            return best, False
        if len(done) == len(jobs):
            end = max(done.values())
            if end < best[0]:
                best = end, made
            continue
        for k, (step, parts) in enumerate(jobs):
            if k in done or any(p not in done for p in parts):
                continue
            earliest = max([done[p] for p in parts], default=0)
            thread = min(range(threads), key=lambda t: (max(free[t], earliest), -free[t], t))
            start = max(free[thread], earliest)
            if start + tails[k] >= min(best[0], limit) or (made and start < made[-1].start):
                continue
            times = tuple(start + step.cost if t == thread else at for t, at in enumerate(free))
            stack.append(({**done, k: start + step.cost}, times, [*made, Job(step, thread, start)]))
    return best, True
