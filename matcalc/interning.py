"""Tables of the objects in use, so that equal ones can be one object."""

from __future__ import annotations

from typing import Generic, TypeVar
from weakref import ref

T = TypeVar("T")

_SMALLEST_SWEPT = 1024


class Interned(Generic[T]):
    """Weak references to objects, by a hash of what they are.

    A key that is taken by another object is followed by the next free one. Dead references are swept out when the table
    has doubled; a ``WeakValueDictionary`` is called back for each object that dies, which takes as long as making it.
    """

    def __init__(self) -> None:
        self._references: dict[int, ref[T]] = {}
        self._swept_at = _SMALLEST_SWEPT

    def get(self, key: int) -> T | None:
        found = self._references.get(key)
        return None if found is None else found()

    def add(self, key: int, made: T) -> None:
        if len(self._references) >= self._swept_at:
            self._sweep()
        self._references[key] = ref(made)

    def _sweep(self) -> None:
        for key, found in list(self._references.items()):  # a copy: another thread may add to the table meanwhile
            if found() is None and self._references.get(key) is found:
                del self._references[key]
        self._swept_at = max(_SMALLEST_SWEPT, 2 * len(self._references))
