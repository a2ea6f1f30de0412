"""Tables of the objects in use, so that equal ones can be one object."""

from __future__ import annotations

from _thread import RLock  # as ``threading`` has it, which loads more
from typing import Generic, TypeVar
from weakref import ref

T = TypeVar("T")

_SMALLEST_SWEPT = 2048


class Interned(Generic[T]):
    """Weak references to objects, by a hash of what they are.

    Whoever makes an object looks through those ``under`` its hash, and adds it to them; where another thread
    was faster, ``add`` says no, and it looks again. Dead references are swept out when the table has grown fourfold; a
    ``WeakValueDictionary`` is called back for each object that dies, which takes as long as making it.
    """

    def __init__(self) -> None:
        self._references: dict[int, tuple[ref[T], ...]] = {}
        self.under = self._references.get
        self._lock = RLock()
        self._swept_at = _SMALLEST_SWEPT

    def add(self, key: int, made: T, others: tuple[ref[T], ...]) -> bool:
        """Adds an object to the ``others`` under its hash; not so where these are no longer all."""
        own = (ref(made),)
        if not others:
            added = self._references.setdefault(key, own) is own
        else:
            with self._lock:
                added = self._references.get(key) is others
                if added:
                    self._references[key] = (*_alive(others), *own)
        if len(self._references) >= self._swept_at:
            with self._lock:
                self._sweep()
        return added

    def _sweep(self) -> None:
        # A copy, for garbage is collected meanwhile, and what that calls may change the table. It is made in one step:
        # a list of the items is not, for garbage may be collected at each of them.
        known = self._references.copy()
        for key, found in [(key, found) for key, found in known.items() if found[0]() is None]:
            alive = _alive(found) if len(found) > 1 else ()
            if self._references.get(key) is not found:
                continue
            if alive:
                self._references[key] = alive
            else:
                del self._references[key]
        self._swept_at = max(_SMALLEST_SWEPT, 4 * len(self._references))


def _alive(references: tuple[ref[T], ...]) -> tuple[ref[T], ...]:
    return tuple([reference for reference in references if reference() is not None])
