"""Products that stay open: they grow by a product at a time, and are contracted once, when their node is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from matcalc.network.build import LARGEST_PRODUCT, contract, scale
from matcalc.network.nodes import Factor, Index, Indices, Node, factor_of
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)
_weight = attrgetter("weight")


class OpenProduct(NamedTuple):
    """coefficient · Σ Π node[indices]^exponent that is not contracted yet; the indices of ``out`` are distinct."""

    coefficient: Fraction
    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    dims: tuple[Dim, ...]


Part: TypeAlias = "tuple[Node | OpenProduct, Indices, Fraction]"


def open_product(
    parts: Sequence[Part], out: Indices, sizes: Mapping[Index, Dim], coefficient: Fraction = _1
) -> Node | OpenProduct:
    """coefficient · Σ Π part[indices]^exponent, over the indices that are not in ``out``.

    ``sizes`` holds the dimension of each index.
    """
    found: list[Factor] = []
    dims = dict(sizes)
    for part, indices, exponent in parts:
        if not isinstance(part, OpenProduct):
            found.append(factor_of((part, indices, exponent)))
        elif exponent == 1:
            coefficient *= part.coefficient
            found += _continued(part, indices, dims)
        else:
            found.append(factor_of((closed(part), indices, exponent)))
    if len(set(out)) < len(out) or _count(found) > LARGEST_PRODUCT:
        return contract(coefficient, found, out, dims)
    return OpenProduct(coefficient, found, out, dims, tuple([dims[i] for i in out]))


def closed(part: Node | OpenProduct) -> Node:
    """The node, contracted where the product is open."""
    return contract(part.coefficient, part.factors, part.out, part.sizes) if isinstance(part, OpenProduct) else part


def scaled(coefficient: Fraction, part: Node | OpenProduct) -> Node | OpenProduct:
    if isinstance(part, OpenProduct):
        return part._replace(coefficient=coefficient * part.coefficient)
    return scale(coefficient, part)


def _count(factors: list[Factor]) -> int:
    """How many factors there are in the end, at most: a product among them has its operands for factors."""
    nodes = [node for node, _, _ in factors]
    most = sum(map(_weight, nodes))
    return most if most <= LARGEST_PRODUCT else sum([max(len(node.operands), 1) for node in nodes])


def _continued(part: OpenProduct, indices: Indices, dims: dict[Index, Dim]) -> list[Factor]:
    """The factors of an open product with these indices in place of its own; new ones for those that are summed."""
    names = dict(zip(part.out, indices, strict=True))
    for inner, dim in part.sizes.items():
        if inner not in names:
            names[inner] = max(dims, default=-1) + 1
            dims[names[inner]] = dim
    return [factor_of((node, tuple([names[i] for i in places]), exponent)) for node, places, exponent in part.factors]
