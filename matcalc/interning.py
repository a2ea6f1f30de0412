"""Tables of the objects in use, so that equal ones can be one object."""

from __future__ import annotations

from threading import RLock
from typing import Generic, TypeVar
from weakref import ref

T = TypeVar("T")

_SMALLEST_SWEPT = 1024


class Interned(Generic[T]):
    """Weak references to objects, by a hash of what they are.

    Whoever makes an object looks first whether it is known, under its key or the next ones, for another object may have
    taken that, and then adds it; where another thread was faster, ``add`` says no, and it looks again. Dead references
    are swept out when the table has doubled; a ``WeakValueDictionary`` is called back for each object that dies, which
    takes as long as making it.
    """

    def __init__(self) -> None:
        self._references: dict[int, ref[T]] = {}
        self._lock = RLock()
        self._swept_at = _SMALLEST_SWEPT

    def get(self, key: int) -> T | None:
        found = self._references.get(key)
        return None if found is None else found()

    def add(self, key: int, made: T) -> bool:
        """Whether the key was free."""
        own = ref(made)
        found = self._references.setdefault(key, own)
        if found is not own:
            with self._lock:
                if self.get(key) is not None:
                    return False
                self._references[key] = own
        if len(self._references) >= self._swept_at:
            with self._lock:
                self._sweep()
        return True

    def _sweep(self) -> None:
        # a copy, for garbage is collected meanwhile, and what that calls may change the table
        for key, found in list(self._references.items()):
            if found() is None and self._references.get(key) is found:
                del self._references[key]
        self._swept_at = max(_SMALLEST_SWEPT, 2 * len(self._references))
