"""Products that stay open: they grow by a product at a time, and are contracted once, when their node is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from matcalc.network.build import LARGEST_PRODUCT, contract, scale
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Indices, Node, factor_from
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

_1 = Fraction(1)


class OpenProduct(NamedTuple):
    """coefficient · Σ Π node[indices]^exponent that is not contracted yet; the indices of ``out`` are distinct."""

    coefficient: Fraction
    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    dims: tuple[Dim, ...]


# OpenProduct(*p), as fast as a tuple is made
_open: Callable[[tuple[Any, ...]], OpenProduct] = partial(tuple.__new__, OpenProduct)

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
            found.append(factor_from((part, indices, exponent)))
        elif exponent == 1:
            coefficient *= part.coefficient
            found += _continued(part, indices, dims)
            if not set(indices) <= set(out):
                found += _summed_ones(part, indices, out)
        else:
            found.append(factor_from((closed(part), indices, exponent)))
    if len(set(out)) < len(out) or _factor_count(found) > LARGEST_PRODUCT:
        return contract(coefficient, found, out, dims)
    return _open((coefficient, found, out, dims, tuple(map(dims.__getitem__, out))))


def _summed_ones(part: OpenProduct, indices: Indices, out: Indices) -> list[Factor]:
    """Ones on the axes along which an open product is constant and is summed now: there are as many equal terms."""
    used = {i for factor in part.factors for i in factor.indices}
    free = [(i, at) for i, at in zip(part.out, indices, strict=True) if i not in used and at not in out]
    return [Factor(number(_1, (part.sizes[i],)), (at,), _1) for i, at in free]


def closed(part: Node | OpenProduct) -> Node:
    """The node, contracted where the product is open."""
    return contract(part.coefficient, part.factors, part.out, part.sizes) if isinstance(part, OpenProduct) else part


def scaled(coefficient: Fraction, part: Node | OpenProduct) -> Node | OpenProduct:
    if isinstance(part, OpenProduct):
        return part._replace(coefficient=coefficient * part.coefficient)
    return scale(coefficient, part)


def _factor_count(factors: list[Factor]) -> int:
    """How many factors there are in the end, at most: a product among them has its operands for factors."""
    most = 0
    for node, _, _ in factors:
        most += node.weight
    return most if most <= LARGEST_PRODUCT else sum([max(len(node.operands), 1) for node, _, _ in factors])


def _continued(part: OpenProduct, indices: Indices, dims: dict[Index, Dim]) -> list[Factor]:
    """The factors of an open product with these indices in place of its own; new ones for those that are summed."""
    names = dict(zip(part.out, indices, strict=True))
    for inner, dim in part.sizes.items():
        if inner not in names:
            names[inner] = max(dims, default=-1) + 1
            dims[names[inner]] = dim
    name = names.__getitem__
    return [factor_from((node, tuple(map(name, places)), exponent)) for node, places, exponent in part.factors]
