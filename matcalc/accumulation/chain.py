"""Generalised Jacobian chains: F = F_q ∘ … ∘ F_1, whose factors are accumulated, multiplied, or passed matrix-free.

Factor i has m_i outputs, n_i inputs and |E_i| edges. One tangent J·v or adjoint v·J of it costs |E_i| fused
multiply-adds. Source: U. Naumann, Optimization of Generalized Jacobian Chain Products without Memory Constraints
(2020); Matrix-Free Jacobian Chaining (2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from matcalc.boundary import integer
from matcalc.errors import MatcalcError, shown
from matcalc.terminal import Printed

LONGEST = 2_000  # factors
LARGEST = 10**30  # a size, or a number of edges
DIGITS = 31  # of such a number
_SAFE = 2**62  # below, 64-bit integers hold all sums


@dataclass(frozen=True)
class Factor:
    """A function of a chain: outputs m, inputs n, and ``|E|`` edges, the multiply-adds of one tangent or adjoint."""

    rows: int
    columns: int
    edges: int

    def __post_init__(self) -> None:
        for size in (self.rows, self.columns, self.edges):
            if not 1 <= (integer(size) or 0) <= LARGEST:
                raise MatcalcError(f"a factor has a size that is no integer from 1 to 10^30: {shown(size)}")


@dataclass(frozen=True, repr=False)
class Elimination(Printed):
    """One operation of a plan: what it makes of the factors ``first`` to ``last``, and its fused multiply-adds.

    ``kind`` is "tangent" or "adjoint", of a factor by itself (``split`` is None) or through the factors on one side of
    ``split``, or "multiply"; the right part is first..split, the left one split+1..last, all counted from 1.
    """

    kind: str
    first: int
    last: int
    split: int | None
    cost: int

    def __str__(self) -> str:
        where = f"F{self.first}" if self.first == self.last else f"F{self.last}…F{self.first}"
        at = "" if self.split is None else f" at F{self.split + 1}|F{self.split}"
        return f"{self.kind:8} {where}{at}  {self.cost}"


@dataclass(frozen=True, repr=False)
class ChainPlan(Printed):
    """The cheapest way to the Jacobian of a chain: its cost in fused multiply-adds, and its operations in order."""

    cost: int
    steps: tuple[Elimination, ...]

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), f"total {self.cost}"])


@dataclass(frozen=True)
class JacobianChain:
    """Factors F_1 to F_q, from the input to the output.

    Raises:
        MatcalcError: no factors, sizes that are no positive integers, or factors that do not fit each other.
    """

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.factors, Sequence) or len(self.factors) > LONGEST:
            raise MatcalcError(f"the factors are a list of at most {LONGEST}", f"got {shown(self.factors)}")
        object.__setattr__(self, "factors", tuple(self.factors))
        odd = next((factor for factor in self.factors if not isinstance(factor, Factor)), None)
        if odd is not None:
            raise MatcalcError(f"not a factor of a chain: {shown(odd)}", hint="Factor(rows=3, columns=2, edges=6)")
        if not self.factors:
            raise MatcalcError("a chain has at least one factor")
        for k, factor in enumerate(self.factors, 1):
            if k > 1 and factor.columns != self.factors[k - 2].rows:
                raise MatcalcError(
                    f"F{k} does not follow F{k - 1}",
                    f"F{k} has {factor.columns} inputs, F{k - 1} has {self.factors[k - 2].rows} outputs",
                )

    @classmethod
    def of(cls, factors: Iterable[Sequence[int]]) -> JacobianChain:
        """A chain of triples: outputs, inputs, edges."""
        try:
            return cls(tuple(Factor(*triple) for triple in islice(factors, LONGEST + 1)))
        except TypeError:
            raise MatcalcError("factors are triples of integers", hint="(outputs, inputs, edges)") from None

    @classmethod
    def read(cls, text: str) -> JacobianChain:
        """A chain from text: the number of factors, then a line ``outputs inputs edges`` for each, F_1 first.

        Raises:
            MatcalcError: the text is not of this form.
        """
        words = text.split() if isinstance(text, str) else []
        count = len(words) // 3
        read = bool(words) and all(word.isdecimal() and len(word) <= DIGITS for word in words)
        if not read or len(words) != 1 + 3 * count or int(words[0]) != count:
            raise MatcalcError(
                "not a chain", "the number of factors, then one line: outputs inputs edges, for each", hint="1\n3 2 6"
            )
        numbers = list(map(int, words))
        return cls.of(numbers[k : k + 3] for k in range(1, len(numbers), 3))

    @property
    def tangent(self) -> int:
        """The cost of the homogeneous tangent mode: n_1·Σ|E|."""
        return self.factors[0].columns * sum(f.edges for f in self.factors)

    @property
    def adjoint(self) -> int:
        """The cost of the homogeneous adjoint mode: m_q·Σ|E|."""
        return self.factors[-1].rows * sum(f.edges for f in self.factors)

    @property
    def preaccumulation(self) -> int:
        """The cost of accumulating every factor by its cheaper mode, then multiplying in the cheapest order."""
        each = sum(f.edges * min(f.rows, f.columns) for f in self.factors)
        return each + _Programme(self, memory=None, matrix_free=False, leaves=False).cost()

    def optimal(self, memory: int | None = None) -> ChainPlan:
        """The cheapest plan; ``memory`` limits the tape, in edges: an adjoint runs only where its segment's tape fits.

        Exact, by dynamic programming over all parts of the chain, O(q³) with the inner minimum vectorised; a factor
        itself can always be accumulated in tangent mode.

        Raises:
            MatcalcError: ``memory`` is no nonnegative integer.
        """
        if memory is not None and (isinstance(memory, bool) or not isinstance(memory, int) or memory < 0):
            raise MatcalcError(f"the memory is a number of edges, got {shown(memory)}")
        return _Programme(self, memory, matrix_free=True, leaves=True).plan()


class _Programme:
    """The dynamic programme: ``table[i, j]`` is the cheapest cost of the factors i to j, counted from 0."""

    def __init__(self, chain: JacobianChain, memory: int | None, *, matrix_free: bool, leaves: bool) -> None:
        import numpy as np

        self.chain = chain
        self.memory = memory
        self.leaves = leaves
        factors = chain.factors
        self.count = len(factors)
        largest = max(max(f.rows, f.columns) for f in factors)
        bound = self.count * largest * (sum(f.edges for f in factors) + largest * largest)
        kind: Any = np.int64 if bound < _SAFE else object  # Python's integers where 64 bits might not do
        self.sizes = np.array([factors[0].columns, *(f.rows for f in factors)], dtype=kind)
        tape = [0]
        for factor in factors:
            tape.append(tape[-1] + factor.edges)
        self.tape = np.array(tape, dtype=kind)
        self.matrix_free = matrix_free
        self.table = np.zeros((self.count, self.count), dtype=kind)
        self._fill(np)

    def leaf(self, i: int) -> tuple[int, str]:
        factor = self.chain.factors[i]
        if factor.rows < factor.columns and (self.memory is None or factor.edges <= self.memory):
            return factor.edges * factor.rows, "adjoint"
        return factor.edges * factor.columns, "tangent"

    def _fill(self, np: Any) -> None:
        for j in range(self.count):
            self.table[j, j] = self.leaf(j)[0] if self.leaves else 0
            for i in range(j - 1, -1, -1):
                self.table[i, j] = min(int(option.min()) for option, _ in self.options(np, i, j))

    def options(self, np: Any, i: int, j: int) -> list[tuple[Any, str]]:
        """The cost of each elimination that makes i..j, at each split k: i..k on the right, k+1..j on the left."""
        right = self.table[i, i:j]
        left = self.table[i + 1 : j + 1, j]
        rows, cols = self.sizes[j + 1], self.sizes[i]
        found = [(left + right + rows * self.sizes[i + 1 : j + 1] * cols, "multiply")]
        if self.matrix_free:
            found.append((right + cols * (self.tape[j + 1] - self.tape[i + 1 : j + 1]), "tangent"))
            segment = self.tape[i + 1 : j + 1] - self.tape[i]
            fits = len(segment) if self.memory is None else int(np.sum(segment <= self.memory))  # a first stretch
            if fits:
                found.append(((left + rows * segment)[:fits], "adjoint"))
        return found

    def cost(self) -> int:
        return int(self.table[0, self.count - 1])

    def plan(self) -> ChainPlan:
        import numpy as np

        steps: list[Elimination] = []
        stack = [(0, self.count - 1)]
        while stack:  # the last operation first
            i, j = stack.pop()
            if i == j:
                cost, kind = self.leaf(i)
                steps.append(Elimination(kind, i + 1, i + 1, None, cost))
                continue
            best = self.table[i, j]
            options = self.options(np, i, j)
            costs, kind = next((c, kind) for c, kind in options if c.min() == best)
            k = i + int(costs.argmin())
            used = {"multiply": [(i, k), (k + 1, j)], "tangent": [(i, k)], "adjoint": [(k + 1, j)]}[kind]
            own = int(best) - sum(int(self.table[part]) for part in used)
            steps.append(Elimination(kind, i + 1, j + 1, k + 1, own))
            stack += used
        return ChainPlan(self.cost(), tuple(reversed(steps)))
