"""Where the free entries of a variable stand: a vector of them is placed in an array, and what is there added up again.

The entries that are zero, or that others determine, have no place in the vector: a symmetric
matrix is its lower triangle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

Array = Any


class Library(Protocol):
    """What array libraries are told apart for."""

    def like(self, array: np.ndarray, other: Array) -> Array:
        """An array of the library, of the dtype and on the device of another one."""

    def scattered(self, values: Array, places: np.ndarray, length: int) -> Array:
        """A vector with the sums of the values at each place."""


class _NumPy:
    def like(self, array: np.ndarray, other: Array) -> Array:
        return array

    def scattered(self, values: Array, places: np.ndarray, length: int) -> Array:
        return np.bincount(places, weights=values, minlength=length)[:length]


NUMPY = _NumPy()


@dataclass(frozen=True)
class Placing:
    """For each entry of a matrix, row by row, the place in the vector and the factor that it has there: 1, -1 or 0."""

    shape: tuple[int, int]
    index: np.ndarray
    factor: np.ndarray

    @cached_property
    def length(self) -> int:
        """How many entries are free."""
        return int(self.index[self.factor != 0].max(initial=-1)) + 1

    @cached_property
    def is_plain(self) -> bool:
        """Whether all entries are free, and stand in their order."""
        return bool(np.array_equal(self.index, np.arange(self.index.size)) and np.all(self.factor == 1))

    @cached_property
    def first(self) -> np.ndarray:
        """For each free entry, where it stands first as it is."""
        places = np.flatnonzero(self.factor == 1)
        _, at = np.unique(self.index[places], return_index=True)
        found: np.ndarray = places[at]
        return found

    def placed(self, u: Array, library: Library) -> Array:
        """The matrix with the entries of a vector."""
        if self.is_plain or not self.length:
            return (u if self.is_plain else library.like(self.factor, u)).reshape(self.shape)
        return (u[self.index] * library.like(self.factor, u)).reshape(self.shape)

    def gathered(self, slopes: Array, library: Library) -> Array:
        """Slopes by the entries of the vector, from those by the entries of the matrix: the adjoint of ``placed``."""
        flat = slopes.reshape(-1)
        if self.is_plain:
            return flat
        return library.scattered(flat * library.like(self.factor, flat), self.index, self.length)

    def taken(self, array: np.ndarray) -> np.ndarray:
        """The free entries of a matrix."""
        found: np.ndarray = array.reshape(-1)[self.first]
        return found


def _numbered(free: np.ndarray) -> np.ndarray:
    """The free entries numbered row by row; the others have the number 0."""
    return np.where(free, np.cumsum(free.ravel()).reshape(free.shape) - 1, 0)


def _mirrored(rows: np.ndarray, cols: np.ndarray, free: np.ndarray) -> np.ndarray:
    found: np.ndarray = _numbered(free)[np.maximum(rows, cols), np.minimum(rows, cols)]
    return found


# Of the row and the column of each entry, the place and the factor of each.
_Rule = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _of(free: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> _Rule:
    return lambda i, j: (_numbered(free(i, j)), free(i, j).astype(float))


PATTERNS: dict[str, _Rule] = {
    "all": _of(lambda i, j: i == i),
    "diagonal": _of(lambda i, j: i == j),
    "lower": _of(lambda i, j: i >= j),
    "upper": _of(lambda i, j: i <= j),
    "symmetric": lambda i, j: (_mirrored(i, j, i >= j), np.ones(i.shape)),
    "skew": lambda i, j: (_mirrored(i, j, i > j), np.sign(i - j).astype(float)),
    "toeplitz": lambda i, j: (i - j + j.max(), np.ones(i.shape)),
    "all but the last": _of(lambda i, j: (i < i.max()) | (j < j.max())),
    "all but the last column": _of(lambda i, j: j < j.max()),
}


def placing(pattern: str, rows: int, cols: int) -> Placing:
    """The places of a rows × cols matrix."""
    i, j = np.indices((rows, cols))
    index, factor = PATTERNS[pattern](i, j)
    return Placing((rows, cols), index.ravel(), factor.ravel())
