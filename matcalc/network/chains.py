"""Products of products, which are contracted once: a chain grows by a product at a time until its node is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from matcalc.network.build import LARGEST_PRODUCT, contract
from matcalc.network.nodes import Factor, Index, Indices, Node, factor_of
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)


class Chain(NamedTuple):
    """Σ Π node[indices]^exponent that is not contracted yet; the indices of ``out`` are distinct."""

    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    dims: tuple[Dim, ...]


Part: TypeAlias = "tuple[Node | Chain, Indices, Fraction]"


def chain(parts: Sequence[Part], out: Indices, sizes: Mapping[Index, Dim]) -> Node | Chain:
    """Σ Π part[indices]^exponent, over the indices that are not in ``out``; ``sizes`` holds the dimension of each."""
    found: list[Factor] = []
    dims = dict(sizes)
    for part, indices, exponent in parts:
        if isinstance(part, Chain) and exponent == 1:
            found += _continued(part, indices, dims)
        else:
            found.append(factor_of((closed(part), indices, exponent)))
    if len(set(out)) < len(out) or sum(map(_count, found)) > LARGEST_PRODUCT:
        return contract(_1, found, out, dims)
    return Chain(found, out, dims, tuple([dims[i] for i in out]))


def closed(part: Node | Chain) -> Node:
    """The node that a chain is."""
    return contract(_1, part.factors, part.out, part.sizes) if isinstance(part, Chain) else part


def _continued(part: Chain, indices: Indices, dims: dict[Index, Dim]) -> list[Factor]:
    """The factors of a chain with these indices in place of its own; new ones for those that are summed."""
    names = dict(zip(part.out, indices, strict=True))
    for inner, dim in part.sizes.items():
        if inner not in names:
            names[inner] = max(dims, default=-1) + 1
            dims[names[inner]] = dim
    return [factor_of((node, tuple([names[i] for i in places]), exponent)) for node, places, exponent in part.factors]


def _count(factor: Factor) -> int:
    return len(factor.node.operands) if factor.node.kind == "contraction" else 1
