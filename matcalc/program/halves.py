"""The A*x inside A'*A*x, where the product stands beside (A*x)'*(A*x)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, permutations

from matcalc.network import properties
from matcalc.network.build import contract
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.program.squares import half_of_square
from matcalc.rational import Fraction
from matcalc.shape import Dim

LONGEST_HALF = 4  # factors of u
MOST_INDICES = 6  # of these
MOST_CHOICES = 100  # of factors that may be those of u

_1 = Fraction(1)


def half_among(square: Node, others: list[Factor], out: Indices) -> tuple[Node, list[Factor]] | None:
    """The u of a sum of squares, and the other factors of a product with u as one of them."""
    half = _half(square)
    if half is None:
        return None
    wanted = half.factors if half.kind == "contraction" else [Factor(half, tuple(range(half.rank)), _1)]
    if len(wanted) > LONGEST_HALF:
        return None
    for chosen, left in islice(_choices(wanted, others), MOST_CHOICES):
        found = _as_one(half, chosen, left, out)
        if found is not None:
            return half, [*left, found]
    return None


@lru_cache(256)
def _half(square: Node) -> Node | None:
    """The u of u'*u, or of u'*S*u with a positive definite S."""
    if square.kind != "contraction" or square.rank or square.product.coefficient <= 0:
        return None
    if properties.is_quadratic_form(square):
        return next(f.node for f in square.factors if len(f.indices) == 1)
    arrays = [f for f in square.factors if f.indices]
    if any(not f.indices and not properties.is_positive(f.node) for f in square.factors):
        return None
    indices = tuple(dict.fromkeys(i for f in arrays for i in f.indices))
    if all(f.exponent % 2 == 0 for f in arrays) and len(indices) <= 2:
        roots = [f._replace(exponent=f.exponent / 2) for f in arrays]
        return contract(_1, roots, indices, dict(enumerate(square.product.sizes)))
    half = half_of_square(square)
    return half if half is not None and half.rank else None


def _choices(wanted: list[Factor], others: list[Factor]) -> Iterator[tuple[list[Factor], list[Factor]]]:
    """The ways to take factors of these nodes and powers, and what is left."""
    if not wanted:
        yield [], others
        return
    node, _, exponent = wanted[0]
    for k, f in enumerate(others):
        if f.node is node and f.exponent >= exponent:
            rest = [f._replace(exponent=f.exponent - exponent)] if f.exponent > exponent else []
            for chosen, left in _choices(wanted[1:], [*others[:k], *others[k + 1 :], *rest]):
                yield [f._replace(exponent=exponent), *chosen], left


def _as_one(half: Node, chosen: list[Factor], left: list[Factor], out: Indices) -> Factor | None:
    """Factors as one, where their product over the indices that nothing else has is u."""
    sizes: dict[Index, Dim] = {i: dim for f in chosen for i, dim in zip(f.indices, f.node.dims, strict=True)}
    outside = {*out, *(i for f in left for i in f.indices)}
    shared = [i for i in sizes if i in outside]
    if len(sizes) > MOST_INDICES or len(shared) > half.rank:
        return None
    for places in permutations(sizes, half.rank):
        if set(shared) <= set(places) and contract(_1, chosen, places, dict(sizes)) is half:
            return Factor(half, places, _1)
    return None
