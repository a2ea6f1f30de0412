"""Unification of dimensions: unknowns, what they were found to be, and where."""

from __future__ import annotations

from matcalc.errors import Span
from matcalc.shape import ONE, Dim, is_at_most, product, total


class Unknown:
    """A dimension to be found. ``bound`` is what it was found to be, ``place`` where.

    ``label`` is set for the dimensions of vectors and matrices that were not declared: these are not 1.
    ``factors`` are set for a product of dimensions, such as the rows of vec(X), ``summands`` for a sum, such as those
    of [A; B].
    """

    __slots__ = ("bound", "factors", "label", "place", "summands")

    def __init__(self, factors: tuple[Size, ...] = (), label: str = "") -> None:
        self.bound: Size | None = None
        self.factors = factors
        self.summands: tuple[Size, ...] = ()
        self.place: Span | None = None
        self.label = label


Size = Dim | Unknown


class Unifier:
    """Makes dimensions equal, and keeps account of products and sums whose parts are not known yet."""

    def __init__(self) -> None:
        self.products: list[Unknown] = []
        self.sums: list[Unknown] = []

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
        if a.summands and len(a.summands) == len(b.summands):
            pairs = zip(a.summands, b.summands, strict=True)  # and [x; y] meets [u; v] block by block
            return all(self.unify(left, right, place) for left, right in pairs)
        if a.factors or a.summands:
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

    def sum(self, sizes: tuple[Size, ...]) -> Size:
        """The sum of dimensions."""
        if len(sizes) == 1:
            return sizes[0]
        known = _known(sizes)
        if known is not None:
            return total(known)
        made = Unknown()
        made.summands = sizes
        self.sums.append(made)
        return made

    def settle(self, place: Span) -> tuple[Size, Dim] | None:
        """Binds the products and sums whose parts are known by now; returns one that contradicts, if any."""
        for unknown in (*self.sums, *reversed(self.sums)):  # a summand may be known when another sum is
            clash = self._settle_sum(unknown, place)
            if clash is not None:
                return clash
        for unknown in self.products:
            known = _known(unknown.factors)
            if known is not None and not self.unify(unknown, product(known), place):
                return unknown, product(known)
        return None

    def _settle_sum(self, unknown: Unknown, place: Span) -> tuple[Size, Dim] | None:
        """A sum whose summands are known, or the one summand that is not, where the sum is."""
        open_ones = [size for size in unknown.summands if isinstance(resolve(size), Unknown)]
        whole = resolve(unknown)
        if not open_ones:
            found = total(_known(unknown.summands) or ())
            return None if self.unify(unknown, found, place) else (unknown, found)
        if len(open_ones) == 1 and isinstance(whole, Dim):
            others = total(_known(tuple(size for size in unknown.summands if size is not open_ones[0])) or ())
            rest = whole.plus(others, -1)
            if not is_at_most(ONE, rest) or not self.unify(open_ones[0], rest, place):
                return open_ones[0], rest
        return None


def _occurs(unknown: Unknown, size: Unknown) -> bool:
    """Whether a dimension is a factor of a product or a summand of a sum, or of a part of it."""
    stack: list[Size] = [*size.factors, *size.summands]
    seen: set[Size] = set()
    while stack:
        part = resolve(stack.pop())
        if part is unknown:
            return True
        if isinstance(part, Unknown) and part not in seen:
            seen.add(part)
            stack += (*part.factors, *part.summands)
    return False


def _known(sizes: tuple[Size, ...]) -> tuple[Dim, ...] | None:
    found = tuple(side for side in (resolve(size) for size in sizes) if isinstance(side, Dim))
    return found if len(found) == len(sizes) else None


def resolve(size: Size) -> Size:
    """What a dimension was found to be so far; what lies on the way to it leads there at once from now on."""
    if not isinstance(size, Unknown) or size.bound is None:
        return size
    found: Size = size
    while isinstance(found, Unknown) and found.bound is not None:
        found = found.bound
    while isinstance(size, Unknown) and size.bound is not None:
        size.bound, size = found, size.bound
    return found


def show(size: Size) -> str:
    size = resolve(size)
    return (size.label or "?") if isinstance(size, Unknown) else str(size)
