"""Products of dense Jacobians: forward, reverse and the cheapest order, counted in scalar multiplications.

The dimensions of a chain are given from the input to the output, n₀, n₁, …, n_q: the Jacobians n₁×n₀, …, n_q×n_{q-1}
are multiplied. From the output side (reverse mode) this costs n_q·Σ n_{i-1}·n_i over i < q, from the input side
(forward mode) n₀·Σ n_{i-1}·n_i over i > 1; the cheapest order is found by dynamic programming.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from matcalc.boundary import checked_arguments, integer
from matcalc.errors import MatcalcError, shown
from matcalc.terminal import Printed

LONGEST = 2_000  # Jacobians
MOST_TRIED = 100_000  # chains, for a counterexample
_LARGEST = 10**12  # a dimension

Bracketing = int | tuple["Bracketing", "Bracketing"]


@dataclass(frozen=True, repr=False)
class DenseChain(Printed):
    """A chain of dense Jacobians by its dimensions, from the input to the output; costs are multiplications."""

    dims: tuple[int, ...]
    reverse: int
    forward: int
    optimal: int
    order: Bracketing  # of the Jacobians, J₁ the one next to the input

    def __str__(self) -> str:
        rows = (
            ("reverse", self.reverse, _left_to_right(len(self.dims) - 1)),
            ("forward", self.forward, _right_to_left(len(self.dims) - 1)),
            ("optimal", self.optimal, self.order),
        )
        width = max(len(str(cost)) for _, cost, _ in rows)
        return "\n".join(f"{name}  {cost:>{width}}  {bracketing(order)}" for name, cost, order in rows)


def chain(dims: Sequence[int]) -> DenseChain:
    """The cost of multiplying the Jacobians of a composition, by dimensions from the input to the output.

    ``chain([10, 6, 8, 2, 1])`` is x(10) → 6 → 8 → 2 → loss(1). Costs are scalar multiplications, n·p·m for a product of
    an n×p and a p×m matrix.

    Raises:
        MatcalcError: fewer than two dimensions, more than 2000 Jacobians, or a dimension that is no positive integer.
    """
    sizes = checked(dims)
    inner = [a * b for a, b in pairwise(sizes)]
    optimal, order = _optimal(sizes)
    return DenseChain(sizes, sizes[-1] * sum(inner[:-1]), sizes[0] * sum(inner[1:]), optimal, order)


def checked(dims: Sequence[int]) -> tuple[int, ...]:
    if isinstance(dims, str) or not isinstance(dims, Sequence):
        raise MatcalcError("a chain is given by its dimensions", hint="chain([10, 6, 8, 2, 1])")
    if not 2 <= len(dims) <= LONGEST + 1:
        raise MatcalcError(
            f"a chain has at least two dimensions and at most {LONGEST + 1}, got {len(dims)}",
            hint="chain([10, 6, 8, 2, 1])",
        )
    for size in dims:
        if not 0 < (integer(size) or 0) <= _LARGEST:
            raise MatcalcError(f"not a dimension: {shown(size)}", f"a dimension is an integer from 1 to {_LARGEST}")
    return tuple(integer(size) or 0 for size in dims)


def _optimal(sizes: tuple[int, ...]) -> tuple[int, Bracketing]:
    """Godbole's dynamic programme over the last product of each part of the chain."""
    count = len(sizes) - 1
    cost = [[0] * count for _ in range(count)]
    split = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            outer = sizes[i] * sizes[j + 1]
            best, at = min((cost[i][k] + cost[k + 1][j] + outer * sizes[k + 1], k) for k in range(i, j))
            cost[i][j], split[i][j] = best, at
    made: dict[tuple[int, int], Bracketing] = {(k, k): k + 1 for k in range(count)}
    stack = [(0, count - 1)]
    while stack:
        i, j = stack.pop()
        if (i, j) in made:
            continue
        k = split[i][j]
        parts = (k + 1, j), (i, k)
        if all(part in made for part in parts):
            made[i, j] = (made[parts[0]], made[parts[1]])
        else:
            stack += [(i, j), *parts]
    return cost[0][count - 1], made[0, count - 1]


def _left_to_right(count: int) -> Bracketing:
    """((J4·J3)·J2)·J1."""
    order: Bracketing = count
    for k in range(count - 1, 0, -1):
        order = (order, k)
    return order


def _right_to_left(count: int) -> Bracketing:
    """J4·(J3·(J2·J1))."""
    order: Bracketing = 1
    for k in range(2, count + 1):
        order = (k, order)
    return order


def bracketing(order: Bracketing) -> str:
    """The product with its brackets, the output on the left: ``(J3*J2)*J1``."""
    pieces: list[str] = []
    stack: list[Bracketing | str] = [order]
    outermost = True
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            inner: list[Bracketing | str] = [part[0], "*", part[1]]
            stack += reversed(inner if outermost else ["(", *inner, ")"])
            outermost = False
        else:
            pieces.append(part if isinstance(part, str) else f"J{part}")
    return "".join(pieces)


# ---------------------------------------------------------------- when reverse is not dearer
@checked_arguments
def reverse_is_never_dearer(dims: Sequence[int]) -> bool:
    """Whether reverse mode costs no more than forward mode on this chain.

    With n₀, …, n_q and p_i = n_{i-1}·n_i, reverse costs n_q·(p₁ + … + p_{q-1}) and forward n₀·(p₂ + … + p_q). The sums
    differ in p₁ and p_q alone: with S = p₂ + … + p_{q-1}, reverse is not dearer if and only if

        (n₀ - n_q)·S ≥ n₀·n_q·(n₁ - n_{q-1}).

    So n_q ≤ n₀ decides it where the second dimension is not larger than the last but one (n₁ ≤ n_{q-1}), and in no
    other case alone: with n_q ≤ n₀ and n₁ > n_{q-1}, the inner products have to outweigh the first one.
    """
    found = chain(dims)
    return found.reverse <= found.forward


@checked_arguments
def smallest_counterexamples(count: int = 5, length: int = 3, largest: int = 12) -> list[DenseChain]:
    """Chains where dim loss ≤ dim x and yet reverse mode is dearer than forward mode, smallest sums of dims first.

    ``length`` is the number of Jacobians, ``largest`` the largest dimension tried. The rule "reverse is never dearer
    when dim loss ≤ dim x" has no counterexample with fewer than three Jacobians.
    """
    tried = largest ** (length + 1) if 1 <= length <= 20 and 1 <= largest <= MOST_TRIED else MOST_TRIED + 1
    if count < 0 or tried > MOST_TRIED:
        raise MatcalcError(f"at most {MOST_TRIED} chains are tried", hint="smallest_counterexamples(5, 3, 12)")
    found = [c for c in _chains(length, largest) if c.dims[-1] <= c.dims[0] and c.reverse > c.forward]
    return sorted(found, key=lambda c: (sum(c.dims), c.dims))[:count]


def _chains(length: int, largest: int) -> Iterator[DenseChain]:
    for dims in product(range(1, largest + 1), repeat=length + 1):
        yield chain(dims)
