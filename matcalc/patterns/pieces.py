"""Pieces: arrays whose entries stand at affine positions, among zeros.

A piece has labels, which run independently. An axis of the array is at a position that is affine in them, and the entry
there is a product of factors at such positions, summed over the labels that no axis has. Where two entries of a piece,
or of several, stand at one place, they add up.

    diag(v)                 [i, i]            v[i]
    kron(I, A)              [m*i+j, n*i+k]    A[j,k]
    K(m,n)                  [n*i+j, m*j+i]    1
    the row p of an array   [p, i]            v[i]
    diff                    [i, i], [i, i+1]  -1, 1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Node
from matcalc.network.reshaping import reshape
from matcalc.patterns.places import Label, Place, Sizes, along, count, is_all_of, stacked
from matcalc.placements import taken_at
from matcalc.position import positions
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim, product

_1 = Fraction(1)


class Part(NamedTuple):
    """A power of an array at positions."""

    node: Node
    places: tuple[Place, ...]
    exponent: Fraction = _1


class Piece(NamedTuple):
    axes: tuple[Place, ...]
    sizes: Sizes
    parts: tuple[Part, ...] = ()
    coefficient: Fraction = _1

    @property
    def open(self) -> tuple[Label, ...]:
        """The labels that axes have, in order."""
        return tuple(sorted({label for place in self.axes for label in place.labels}))

    @property
    def entries(self) -> Dim:
        """How many entries there are."""
        return product(tuple(self.sizes[label] for label in self.open))

    def replaced(self, label: Label, by: Place) -> Piece:
        """The piece where a label is a position by others."""
        parts = tuple(part._replace(places=tuple(p.replaced(label, by) for p in part.places)) for part in self.parts)
        sizes = {own: size for own, size in self.sizes.items() if own != label}
        return self._replace(axes=tuple(p.replaced(label, by) for p in self.axes), sizes=sizes, parts=parts)

    def renamed(self, first: Label) -> Piece:
        """The same with labels from a number on."""
        names = {label: first + k for k, label in enumerate(sorted(self.sizes))}
        parts = tuple(part._replace(places=tuple(p.renamed(names) for p in part.places)) for part in self.parts)
        axes = tuple(p.renamed(names) for p in self.axes)
        return self._replace(axes=axes, sizes={names[k]: size for k, size in self.sizes.items()}, parts=parts)


class Core(NamedTuple):
    """The entries of a piece as an array: its labels in order, and those that the array has an axis for."""

    node: Node
    own: tuple[Label, ...]
    labels: tuple[Label, ...]


def whole(node: Node) -> Piece:
    """An array of which nothing is known to be zero."""
    axes = tuple(map(along, range(node.rank)))
    return Piece(axes, dict(enumerate(node.dims)), (Part(node, axes),))


def is_whole(piece: Piece, dims: Sequence[Dim]) -> bool:
    """Whether the entries of a piece are all entries of the array."""
    labels = [label for place in piece.axes for label in place.labels]
    every = all(is_all_of(place, dim, piece.sizes) for place, dim in zip(piece.axes, dims, strict=True))
    return every and len(set(labels)) == len(labels)


def is_injective(piece: Piece) -> bool:
    """Whether no two entries stand at one place: labels are found from positions one after the other."""
    found: set[Label] = set()
    waiting = [*piece.axes]
    while waiting:
        rests = [Place(place.first, tuple(s for s in place.strides if s[0] not in found)) for place in waiting]
        known = [place for place in rests if stacked(place, piece.sizes) is not None]
        if not known:
            return False
        found.update(label for place in known for label in place.labels)
        waiting = [place for place in rests if place not in known]
    return True


def is_regular(part: Part, sizes: Sizes) -> bool:
    """Whether an array at these positions is some of it, regrouped: and not gathered along sums of labels."""
    return all(stacked(place, sizes) is not None for place in part.places)


def core(piece: Piece) -> Core:
    """The entries as an array over the labels that they depend on."""
    factors = [_factor(part, piece.sizes) for part in piece.parts]
    used = {index for factor in factors for index in factor.indices}
    labels = piece.open
    own = tuple(label for label in labels if label in used)
    return Core(contract(piece.coefficient, factors, own, dict(piece.sizes)), own, labels)


def _factor(part: Part, sizes: Sizes) -> Factor:
    """An array with an axis for each label."""
    node, indices = part.node, list[Label]()
    for axis in reversed(range(len(part.places))):
        place = part.places[axis]
        labels = stacked(place, sizes)
        assert labels is not None
        if not is_all_of(place, node.dims[axis], sizes):
            node = taken_at(node, axis, positions(place.first, count(place, sizes)))
        if len(labels) > 1:
            sides = tuple(sizes[label] for label in labels)
            node = reshape(node, (*node.dims[:axis], *sides, *node.dims[axis + 1 :]))
        indices[:0] = labels
    return Factor(node, tuple(indices), part.exponent)


def collected(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces, those at the same places as one."""
    groups: dict[object, list[tuple[Piece, Core]]] = {}
    for piece in map(_ordered, pieces):
        key = piece.axes, tuple(piece.sizes[label] for label in piece.open)
        groups.setdefault(key, []).append((piece, core(piece)))
    found = [_sum(group) if len(group) > 1 else group[0][0] for group in groups.values()]
    return tuple(piece for piece in found if piece is not None)


def _ordered(piece: Piece) -> Piece:
    """The piece with labels numbered in the order in which axes have them, the slowest of each axis first."""
    order: list[Label] = []
    for place in piece.axes:
        labels = stacked(place, piece.sizes) or place.labels
        order += [label for label in labels if label not in order]
    order += [label for label in sorted(piece.sizes) if label not in order]
    names = {label: k for k, label in enumerate(order)}
    parts = tuple(part._replace(places=tuple(p.renamed(names) for p in part.places)) for part in piece.parts)
    axes = tuple(p.renamed(names) for p in piece.axes)
    return piece._replace(axes=axes, sizes={names[k]: piece.sizes[k] for k in order}, parts=parts)


def _sum(group: list[tuple[Piece, Core]]) -> Piece | None:
    """Pieces at the same places as one, whose only part is the sum of their entries."""
    axes = group[0][0].axes
    labels = group[0][1].labels
    own = tuple(label for label in labels if any(label in core.own for _, core in group))
    sizes = {label: group[0][0].sizes[label] for label in labels}
    dims = tuple(sizes[label] for label in own)
    terms = [(_1, contract(_1, [Factor(c.node, c.own, _1)], own, dict(sizes))) for _, c in group]
    total = add(terms, dims)
    if total.kind == "contraction" and not total.product.coefficient:
        return None
    return Piece(axes, sizes, (Part(total, tuple(map(along, own))),))
