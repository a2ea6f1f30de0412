"""Positions along an axis that are affine in labels: first + Σ stride·label, each label counting from 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most, product, whole_number

Label: TypeAlias = int
Sizes: TypeAlias = Mapping[Label, Dim]

ZERO = whole_number(0)


class Place(NamedTuple):
    """first + Σ stride·label; ``strides`` are in the order of labels, and none is zero."""

    first: Dim
    strides: tuple[tuple[Label, Dim], ...] = ()

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(label for label, _ in self.strides)

    @property
    def single(self) -> Label | None:
        """The label that the position is, up to where it starts."""
        return self.strides[0][0] if len(self.strides) == 1 and self.strides[0][1] is ONE else None

    def stride(self, label: Label) -> Dim:
        return dict(self.strides).get(label, ZERO)

    def plus(self, other: Place, times: Dim = ONE) -> Place:
        total = dict(self.strides)
        for label, stride in other.strides:
            total[label] = total.get(label, ZERO).plus(times * stride)
        kept = tuple(sorted((label, stride) for label, stride in total.items() if stride.terms))
        return Place(self.first.plus(times * other.first), kept)

    def moved(self, by: Dim, sign: int = 1) -> Place:
        return Place(self.first.plus(by, sign), self.strides)

    def replaced(self, label: Label, by: Place) -> Place:
        """The position where a label is another position."""
        known = dict(self.strides)
        stride = known.pop(label, None)
        return self if stride is None else Place(self.first, tuple(known.items())).plus(by, stride)

    def renamed(self, names: Mapping[Label, Label]) -> Place:
        return Place(self.first, tuple(sorted((names[label], stride) for label, stride in self.strides)))

    def end(self, sizes: Sizes) -> Dim:
        """The position behind the last. Strides are never negative."""
        last = self.first
        for label, stride in self.strides:
            last = last.plus(stride * sizes[label].plus(ONE, -1))
        return last.plus(ONE)


def along(label: Label, first: Dim = ZERO) -> Place:
    """Neighbouring positions."""
    return Place(first, ((label, ONE),))


def row_major(labels: Sequence[Label], sizes: Sizes) -> Place:
    """The positions of an axis that stacks the axes of several labels, the last of which is the fastest."""
    place, stride = Place(ZERO), ONE
    for label in reversed(labels):
        place = place.plus(Place(ZERO, ((label, stride),)))
        stride = stride * sizes[label]
    return place


def stacked(place: Place, sizes: Sizes) -> tuple[Label, ...] | None:
    """The labels of neighbouring positions, slowest first; None where positions are left out or met twice."""
    waiting, stride, found = dict(place.strides), ONE, list[Label]()
    while waiting:
        label = next((label for label, own in waiting.items() if own is stride), None)
        if label is None:
            return None
        del waiting[label]
        found.insert(0, label)
        stride = stride * sizes[label]
    return tuple(found)


def count(place: Place, sizes: Sizes) -> Dim:
    return product(tuple(sizes[label] for label in place.labels))


def is_all_of(place: Place, dim: Dim, sizes: Sizes) -> bool:
    """Whether these are all positions of an axis, each once."""
    return place.first is ZERO and stacked(place, sizes) is not None and count(place, sizes) is dim


def are_apart(a: Place, b: Place, sizes: Sizes) -> bool:
    """Whether all of the first positions come before all of the second, or behind them, for all sizes."""
    return is_at_most(a.end(sizes), b.first) or is_at_most(b.end(sizes), a.first)


def are_within(a: Place, b: Place, sizes: Sizes) -> bool:
    """Whether the first positions lie between the ends of the second, for all sizes."""
    return is_at_most(b.first, a.first) and is_at_most(a.end(sizes), b.end(sizes))


def common_groups(dims: Sequence[Dim], new: Sequence[Dim]) -> list[tuple[list[Dim], list[Dim]]]:
    """The smallest groups of axes of both that hold as many entries, in order."""
    found, i, j = [], 0, 0
    while i < len(dims) or j < len(new):
        ends = [(a, b) for a in range(i + 1, len(dims) + 1) for b in range(j + 1, len(new) + 1)]
        fits = (e for e in ends if product(tuple(dims[i : e[0]])) is product(tuple(new[j : e[1]])))
        a, b = next(fits, (len(dims), len(new)))
        found.append(([*dims[i:a]], [*new[j:b]]))
        i, j = a, b
    return found


def at_least(dim: Dim, lengths: Iterable[Dim]) -> Dim:
    """A dimension in symbols that are smaller by as much as they surely can be: n - 1 may be the length of an axis."""
    smaller: dict[str, int] = {}
    for length in lengths:
        if len(length.symbols) != 1:
            continue
        (name,) = length.symbols
        constant = length.plus(Dim.of(name), -1).number
        if constant is not None and constant < 0:
            smaller[name] = max(smaller.get(name, 0), -constant)
    return dim.substitute({name: Dim.of(name).plus(Dim.of(less)) for name, less in smaller.items()})


def divided(dim: Dim, by: Dim) -> Dim | None:
    """The quotient of a dimension by one of a single term, where that is a polynomial with whole coefficients."""
    if len(by.terms) != 1:
        return ONE if dim is by else None
    ((monomial, coefficient),) = by.terms
    total = ZERO
    for own, amount in dim.terms:
        powers = dict(own)
        for name, power in monomial:
            powers[name] = powers.get(name, 0) - power
        if amount % coefficient or min(powers.values(), default=0) < 0:
            return None
        total = total.plus(Dim(((tuple(sorted((n, p) for n, p in powers.items() if p)), amount // coefficient),)))
    return total
