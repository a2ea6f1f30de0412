"""Arrays whose entries are zero off known places by what they are: rows of the identity, differences, convolutions."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.network.nodes import Node
from matcalc.network.properties import is_diagonal
from matcalc.patterns.pieces import Part, Piece, whole
from matcalc.patterns.places import Place, along
from matcalc.position import Several, first_of
from matcalc.rational import Fraction
from matcalc.shape import ONE

_1 = Fraction(1)


def of_unit(node: Node) -> tuple[Piece, ...]:
    """A unit vector, or rows of the identity."""
    first = first_of(node.place)
    if not isinstance(node.place, Several):
        return (Piece((Place(first),), {}),)
    return (Piece((along(0), along(0, first)), {0: node.dims[0]}),)


def of_function(node: Node) -> tuple[Piece, ...]:
    """A function of matrices."""
    places = _PLACES.get(node.function.name)
    return (whole(node),) if places is None else places(node)


def of_variable(node: Node) -> tuple[Piece, ...]:
    """A matrix, which may be known to be diagonal."""
    if node.rank == 2 and is_diagonal(node):
        return (Piece((along(0), along(0)), {0: node.dims[0]}, (Part(node, (along(0), along(0))),)),)
    return (whole(node),)


def _differences(node: Node) -> tuple[Piece, ...]:
    rows = node.dims[0]
    if rows is ONE or node.rank < 2:
        return (whole(node),)
    sizes = {0: rows}
    return (Piece((along(0), along(0)), sizes, (), -_1), Piece((along(0), along(0, ONE)), sizes))


def _convolution(node: Node) -> tuple[Piece, ...]:
    """1 at [i + j, i, j]"""
    if node.rank != 3:
        return (whole(node),)
    return (Piece((along(0).plus(along(1)), along(0), along(1)), {0: node.dims[1], 1: node.dims[2]}),)


_PLACES: dict[str, Callable[[Node], tuple[Piece, ...]]] = {
    "diffmatrix": _differences,
    "convtensor": _convolution,
}
