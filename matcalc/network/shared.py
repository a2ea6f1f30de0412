"""Products that rules ask for again and again, made once: for rules that go inside the parts of a graph.

Such a rule asks for the entries, a row or a sum of each part of a part. Parts that are shared are reached in as many
ways as the tree has branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from matcalc.network.build import contract
from matcalc.network.nodes import Factor, Index, Indices, Node, factor_from
from matcalc.rational import Fraction
from matcalc.shape import Dim

KEPT = 4096
_1 = Fraction(1)


def part(factors: Iterable[Factor], out: Indices, sizes: Mapping[Index, Dim]) -> Node:
    """Σ Π node[indices]^exponent, as ``contract`` makes it, and remembered."""
    numbers: dict[Index, Index] = {}
    asked = []
    for node, indices, exponent in factors:
        asked.append((node, tuple([numbers.setdefault(i, len(numbers)) for i in indices]), exponent))
    kept = tuple([numbers.setdefault(i, len(numbers)) for i in out])
    return _part(tuple(asked), kept, tuple([sizes[i] for i in numbers]))


@lru_cache(KEPT)
def _part(factors: tuple[tuple[Node, Indices, Fraction], ...], out: Indices, sizes: tuple[Dim, ...]) -> Node:
    return contract(_1, [factor_from(factor) for factor in factors], out, dict(enumerate(sizes)))
