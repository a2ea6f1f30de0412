"""Unification of dimensions: unknowns, what they were found to be, and where."""

from __future__ import annotations

from matcalc.errors import Span
from matcalc.shape import ONE, Dim, product


class Unknown:
    """A dimension to be found. ``bound`` is what it was found to be, ``place`` where.

    ``label`` is set for the dimensions of vectors and matrices that were not declared: these are not 1.
    ``factors`` are set for a product of dimensions, such as the rows of vec(X).
    """

    __slots__ = ("bound", "factors", "label", "place")

    def __init__(self, factors: tuple[Size, ...] = (), label: str = "") -> None:
        self.bound: Size | None = None
        self.factors = factors
        self.place: Span | None = None
        self.label = label


Size = Dim | Unknown


class Unifier:
    """Makes dimensions equal, and keeps account of products whose factors are not known yet."""

    def __init__(self) -> None:
        self.products: list[Unknown] = []

    def unify(self, a: Size, b: Size, place: Span) -> bool:
        """Whether two dimensions can be equal; if so, they are from now on."""
        a, b = resolve(a), resolve(b)
        if a is b:
            return True
        if isinstance(a, Unknown) and isinstance(b, Unknown):
            return self._join(a, b, place)
        if isinstance(b, Unknown):
            a, b = b, a
        if not isinstance(a, Unknown) or (b is ONE and a.label):
            return False
        a.bound, a.place = b, place
        return True

    def _join(self, a: Unknown, b: Unknown, place: Span) -> bool:
        if a.factors and len(a.factors) == len(b.factors):
            pairs = zip(a.factors, b.factors, strict=True)  # m*n meets p*q: the plain reading is m = p, n = q
            return all(self.unify(left, right, place) for left, right in pairs)
        if a.factors:
            a, b = b, a
        if _occurs(a, b):
            return False  # n = n*m is for no sizes but m = 1, and would never end
        a.label = b.label = a.label or b.label
        a.bound, a.place = b, place
        return True

    def product(self, sizes: tuple[Size, ...]) -> Size:
        if len(sizes) == 1:
            return sizes[0]
        known = _known(sizes)
        if known is not None:
            return product(known)
        made = Unknown(tuple(resolve(size) for size in sizes))
        self.products.append(made)
        return made

    def settle(self, place: Span) -> tuple[Size, Dim] | None:
        """Binds the products whose factors are known by now; returns one that contradicts, if any."""
        for unknown in self.products:
            known = _known(unknown.factors)
            if known is not None and not self.unify(unknown, product(known), place):
                return unknown, product(known)
        return None


def _occurs(unknown: Unknown, size: Unknown) -> bool:
    """Whether a dimension is a factor of a product, or of a factor of it."""
    stack: list[Size] = list(size.factors)
    seen: set[Size] = set()
    while stack:
        part = resolve(stack.pop())
        if part is unknown:
            return True
        if isinstance(part, Unknown) and part not in seen:
            seen.add(part)
            stack += part.factors
    return False


def _known(sizes: tuple[Size, ...]) -> tuple[Dim, ...] | None:
    found = tuple(side for side in (resolve(size) for size in sizes) if isinstance(side, Dim))
    return found if len(found) == len(sizes) else None


def resolve(size: Size) -> Size:
    """What a dimension was found to be so far."""
    while isinstance(size, Unknown) and size.bound is not None:
        size = size.bound
    return size


def show(size: Size) -> str:
    size = resolve(size)
    return (size.label or "?") if isinstance(size, Unknown) else str(size)
