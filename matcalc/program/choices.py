"""What sizes decide in a program: the order of products, and which of two ways takes less time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeVar

from matcalc.shape import Dim

ASSUMED_SIZE = 100  # of a symbolic dimension that has none

Sizes = Mapping[str, int]
Chosen = TypeVar("Chosen")


class Choices:
    """Choices made at ``sizes``. Wherever all are made alike, the program is the same and need not be planned again."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._made: list[tuple[Callable[[Sizes], object], object]] = []

    def make(self, choose: Callable[[Sizes], Chosen]) -> Chosen:
        chosen = choose(self.sizes)
        self._made.append((choose, chosen))
        return chosen

    def are_those_at(self, sizes: Sizes) -> bool:
        return all(choose(sizes) == chosen for choose, chosen in self._made)


def size(dim: Dim, sizes: Sizes) -> int:
    return dim.at(sizes, ASSUMED_SIZE)


def count(dims: Sequence[Dim], sizes: Sizes) -> int:
    """The entries of an array."""
    return prod([dim.at(sizes, ASSUMED_SIZE) for dim in dims])
