"""Other ways to write a product before it is bracketed: with inner products opened, multiplied out, as a square."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction

from matcalc.network import properties
from matcalc.network.build import add, contract, split_coefficient
from matcalc.network.functions import raised
from matcalc.network.nodes import Factor, Index, Node, Product
from matcalc.shape import Dim

LONGEST_PRODUCT = 60  # factors of a product that is bracketed as a whole
LONGEST_DISTRIBUTED = 4  # factors and terms of a product that is multiplied out

_1 = Fraction(1)

Factors = tuple[list[Factor], dict[Index, Dim]]


def own_factors(node: Node) -> Factors:
    """The factors of a product, and the sizes of its indices."""
    return list(node.factors), dict(enumerate(node.data.sizes))


def flattened(node: Node, uses: Mapping[Node, int]) -> Factors:
    """The factors of a product, those of products inside that are used here alone among them."""
    factors, sizes = own_factors(node)
    at = 0
    while at < len(factors):
        inner, indices, exponent = factors[at]
        if exponent != 1 or uses[inner] != 1 or not _opens(inner, len(factors)):
            at += 1
            continue
        data: Product = inner.data
        renamed = dict(zip(data.out, indices, strict=True))
        for index, dim in enumerate(data.sizes):
            if index not in renamed:
                renamed[index] = max(sizes) + 1
                sizes[renamed[index]] = dim
        factors[at : at + 1] = [f._replace(indices=tuple(renamed[i] for i in f.indices)) for f in inner.factors]
    return factors, sizes


def _opens(node: Node, count: int) -> bool:
    """Whether a node is a plain product, without number, deltas and free indices, and not too long among others."""
    if node.kind != "contraction":
        return False
    data: Product = node.data
    used = {i for places in data.indices for i in places}
    return (
        data.coefficient == 1
        and len(set(data.out)) == node.rank
        and count + len(node.operands) <= LONGEST_PRODUCT
        and used == set(range(len(data.sizes)))
    )


def multiplied_out(node: Node, sums: Collection[Node]) -> Iterator[Node]:
    """A product with one of these sums in it as a sum of products."""
    factors, sizes = own_factors(node)
    if len(factors) > LONGEST_DISTRIBUTED:
        return
    for k, (operand, indices, exponent) in enumerate(factors):
        if operand not in sums or exponent != 1 or len(operand.operands) > LONGEST_DISTRIBUTED:
            continue
        rest = factors[:k] + factors[k + 1 :]
        terms = [
            (c, contract(node.data.coefficient, [*rest, Factor(part, indices, _1)], node.data.out, sizes))
            for c, part in operand.terms
        ]
        spread = add(terms, node.dims)
        if split_coefficient(spread)[1].kind == "sum":
            yield spread


def by_halves(node: Node, factors: list[Factor]) -> list[Factor]:
    """A'*diag(w)*A with w ≥ 0 as B'*B with B = diag(sqrt(w))*A, of which half is computed."""
    arrays = [f for f in factors if f.indices]
    matrices = [f for f in arrays if len(f.indices) == 2 and f.exponent == 1]
    weights = [f for f in arrays if len(f.indices) == 1]
    if len(matrices) != 2 or not weights or len(matrices) + len(weights) != len(arrays) or node.rank != 2:
        return factors
    a, b = matrices
    axis = next((k for k in (0, 1) if a.indices[k] == b.indices[k] and a.indices[k] not in node.data.out), None)
    if a.node is not b.node or axis is None or a.indices[1 - axis] == b.indices[1 - axis]:
        return factors
    shared = a.indices[axis]
    if any(f.indices != (shared,) or not _never_negative(f) for f in weights):
        return factors
    sizes = dict(zip(a.indices, a.node.dims, strict=True))
    root = raised(contract(_1, weights, (shared,), sizes), Fraction(1, 2))
    scaled = contract(_1, [Factor(root, (shared,), _1), a], a.indices, sizes)
    others = [f for f in factors if not f.indices]
    return [*others, Factor(scaled, a.indices, _1), Factor(scaled, b.indices, _1)]


def _never_negative(factor: Factor) -> bool:
    return factor.exponent.numerator % 2 == 0 or properties.is_nonnegative(factor.node)
