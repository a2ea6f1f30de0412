"""Products of products, which are contracted once: a chain grows by a product at a time until its node is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from matcalc.network.build import LARGEST_PRODUCT, contract, scale
from matcalc.network.nodes import Factor, Index, Indices, Node, factor_of
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)


class Chain(NamedTuple):
    """coefficient · Σ Π node[indices]^exponent that is not contracted yet; the indices of ``out`` are distinct."""

    coefficient: Fraction
    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    dims: tuple[Dim, ...]


Part: TypeAlias = "tuple[Node | Chain, Indices, Fraction]"


def chain(parts: Sequence[Part], out: Indices, sizes: Mapping[Index, Dim], coefficient: Fraction = _1) -> Node | Chain:
    """coefficient · Σ Π part[indices]^exponent, over the indices that are not in ``out``.

    ``sizes`` holds the dimension of each index.
    """
    found: list[Factor] = []
    dims = dict(sizes)
    for part, indices, exponent in parts:
        if isinstance(part, Chain) and exponent == 1:
            coefficient *= part.coefficient
            found += _continued(part, indices, dims)
        else:
            found.append(factor_of((closed(part), indices, exponent)))
    if len(set(out)) < len(out) or sum([max(len(node.operands), 1) for node, _, _ in found]) > LARGEST_PRODUCT:
        return contract(coefficient, found, out, dims)
    return Chain(coefficient, found, out, dims, tuple([dims[i] for i in out]))


def closed(part: Node | Chain) -> Node:
    """The node that a chain is."""
    return contract(part.coefficient, part.factors, part.out, part.sizes) if isinstance(part, Chain) else part


def scaled(coefficient: Fraction, part: Node | Chain) -> Node | Chain:
    if isinstance(part, Chain):
        return part._replace(coefficient=coefficient * part.coefficient)
    return scale(coefficient, part)


def _continued(part: Chain, indices: Indices, dims: dict[Index, Dim]) -> list[Factor]:
    """The factors of a chain with these indices in place of its own; new ones for those that are summed."""
    names = dict(zip(part.out, indices, strict=True))
    for inner, dim in part.sizes.items():
        if inner not in names:
            names[inner] = max(dims, default=-1) + 1
            dims[names[inner]] = dim
    return [factor_of((node, tuple([names[i] for i in places]), exponent)) for node, places, exponent in part.factors]
