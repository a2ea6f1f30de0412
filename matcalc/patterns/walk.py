"""From a node to the pieces that it is the sum of: sums are unions, products solve equations of positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product as combinations
from math import prod

from matcalc.network.leaves import number
from matcalc.network.nodes import ByKind, Factor, Index, Node
from matcalc.patterns.equations import Equation, Unsolved, solved
from matcalc.patterns.known import of_function, of_unit, of_variable
from matcalc.patterns.pieces import Part, Piece, collected, core, is_injective, is_regular, is_whole, whole
from matcalc.patterns.places import Place, along
from matcalc.patterns.regrouping import regrouped
from matcalc.rational import Fraction
from matcalc.walk import postorder

MOST_PIECES = 64  # of a product multiplied out, or of a sum; where there are more, nothing is said of zeros

_1 = Fraction(1)

Pieces = tuple[Piece, ...]
Known = Mapping[Node, Pieces]


def pieces_of(root: Node) -> Pieces:
    """The pieces whose sum a node is: one with all entries where no entry is known to be zero, none for zeros."""
    known: dict[Node, Pieces] = {}
    for node in postorder(root):
        known[node] = _plain(node, _OF_KIND[node.kind](node, known))
    return known[root]


def _plain(node: Node, pieces: Pieces) -> Pieces:
    """The pieces, or the node as it is where one of them has all entries, or meets places so often as to have more."""
    if len(pieces) > MOST_PIECES or any(is_whole(p, node.dims) or not is_injective(p) for p in pieces):
        return (whole(node),)
    return pieces


def _is_dense(node: Node, known: Known) -> bool:
    return len(known[node]) == 1 and is_whole(known[node][0], node.dims)


def _of_leaf(node: Node, known: Known) -> Pieces:
    return (whole(node),)


def _of_sum(node: Node, known: Known) -> Pieces:
    if any(_is_dense(operand, known) for operand in node.operands):
        return (whole(node),)
    terms = [piece._replace(coefficient=piece.coefficient * c) for c, operand in node.terms for piece in known[operand]]
    return collected(terms)


def _of_product(node: Node, known: Known) -> Pieces:
    """The products of each piece of a factor with each of the others."""
    if not node.product.coefficient:
        return ()
    factors = node.factors
    choices = [_choices(factor, known) for factor in factors]
    while True:
        while prod(map(len, choices)) > MOST_PIECES:
            k = max(range(len(choices)), key=lambda k: len(choices[k]))
            choices[k] = [_power(factors[k], whole(factors[k].node))]
        try:
            products = [_joined(node, choice) for choice in combinations(*choices)]
            return collected(piece for piece in products if piece is not None)
        except _NotKnown as failure:
            choices[failure.factor] = [_power(factors[failure.factor], whole(factors[failure.factor].node))]


class _NotKnown(Exception):
    """The zeros of a factor are of no use in a product."""

    def __init__(self, factor: int) -> None:
        self.factor = factor


def _choices(factor: Factor, known: Known) -> list[Piece]:
    """The pieces of a power of an array."""
    pieces = known[factor.node]
    if factor.exponent == 1:
        return list(pieces)
    if len(pieces) == 1 and factor.exponent > 0 and is_injective(pieces[0]) and not _is_dense(factor.node, known):
        node, own, labels = core(pieces[0])
        sizes = {label: pieces[0].sizes[label] for label in labels}
        return [Piece(pieces[0].axes, sizes, (Part(node, tuple(map(along, own)), factor.exponent),))]
    return [_power(factor, whole(factor.node))]


def _power(factor: Factor, piece: Piece) -> Piece:
    return piece._replace(parts=(piece.parts[0]._replace(exponent=factor.exponent),))


def _joined(node: Node, choice: Sequence[Piece]) -> Piece | None:
    """The product of a piece of each factor; None where it is zero.

    Raises:
        _NotKnown: it is no piece.
    """
    places: dict[Index, Place] = {}
    equations: list[Equation] = []
    piece = Piece((), {}, (), node.product.coefficient)
    structured = []
    for k, (factor, own) in enumerate(zip(node.factors, choice, strict=True)):
        own = own.renamed(max(piece.sizes, default=-1) + 1)
        if not is_whole(own, factor.node.dims):
            structured.append(k)
        sizes, parts = {**piece.sizes, **own.sizes}, (*piece.parts, *own.parts)
        piece = piece._replace(sizes=sizes, parts=parts, coefficient=piece.coefficient * own.coefficient)
        for index, place in zip(factor.indices, own.axes, strict=True):
            if index in places:
                equations.append(Equation(places[index], place, node.product.sizes[index]))
            else:
                places[index] = place
    for index in node.product.out:
        if index not in places:
            label = max(piece.sizes, default=-1) + 1
            piece = piece._replace(sizes={**piece.sizes, label: node.product.sizes[index]})
            places[index] = along(label)
    piece = piece._replace(axes=tuple(places[index] for index in node.product.out))
    try:
        found = solved(piece, equations)
    except Unsolved:
        raise _NotKnown(structured[-1]) from None
    if found is not None and not all(is_regular(part, found.sizes) for part in found.parts):
        raise _NotKnown(structured[-1])
    return None if found is None else _counted(found)


def _counted(piece: Piece) -> Piece:
    """The piece with ones for labels that are summed and on no array: there are as many equal terms."""
    used = {label for part in piece.parts for place in part.places for label in place.labels} | {*piece.open}
    ones = tuple(Part(number(_1, (size,)), (along(label),)) for label, size in piece.sizes.items() if label not in used)
    return piece._replace(parts=(*piece.parts, *ones))


def _of_reshape(node: Node, known: Known) -> Pieces:
    found = [regrouped(piece, node.operands[0].dims, node.dims) for piece in known[node.operands[0]]]
    pieces = [piece for piece in found if piece is not None]
    return tuple(pieces) if len(pieces) == len(found) else (whole(node),)


_OF_KIND: ByKind[Callable[[Node, Known], Pieces]] = {
    "variable": lambda node, known: of_variable(node),
    "size": _of_leaf,
    "constant": _of_leaf,
    "unit": lambda node, known: of_unit(node),
    "contraction": _of_product,
    "sum": _of_sum,
    "elementwise": _of_leaf,
    "opaque": lambda node, known: of_function(node),
    "reshape": _of_reshape,
}
