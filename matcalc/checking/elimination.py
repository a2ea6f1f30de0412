"""Sums of products over many indices, one index after another: all at once takes work exponential in their number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

Array = TypeVar("Array")
Indexed = tuple[Array, list[int]]  # an array, and the index of each of its axes, each once


def summed(
    factors: Sequence[Indexed[Array]],
    kept: list[int],
    counts: Sequence[int],
    multiplied: Callable[[list[Indexed[Array]], list[int]], Array],
) -> Array:
    """Σ Π factor over all indices that are not ``kept``; an index has ``counts[index]`` values.

    ``multiplied`` does so for a few factors. An index is summed over the factors that have it, cheapest first.
    """
    left = list(factors)
    waiting = sorted({i for _, indices in factors for i in indices} - set(kept))
    while waiting:  # one less each time
        around = {i: dict.fromkeys(j for _, indices in left if i in indices for j in indices) for i in waiting}
        index = min(around, key=lambda i: math.prod(counts[j] for j in around[i]))
        rest = [i for i in around[index] if i != index]
        made = multiplied([factor for factor in left if index in factor[1]], rest)
        left = [*(factor for factor in left if index not in factor[1]), (made, rest)]
        waiting.remove(index)
    return multiplied(left, kept)
