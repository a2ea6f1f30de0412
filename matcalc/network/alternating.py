"""Skew matrices, K' = -K, and arrays of three axes that change their sign likewise, as factors of products."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from matcalc.network import properties
from matcalc.network.nodes import Factor

MOST_SKEW = 4  # skew factors of a product that are tried in all orders of their axes

# The orders of two and of three axes, with the sign that the array takes on.
_TURNS = {
    2: ((1, (0, 1)), (-1, (1, 0))),
    3: tuple(((j - i) * (k - j) * (k - i) // 2, (i, j, k)) for i, j, k in itertools.permutations(range(3))),
}


def changes_sign(factor: Factor) -> bool:
    """Whether a factor becomes minus itself when two of its indices change places."""
    return len(factor.indices) in _TURNS and properties.is_skew(factor.node) and factor.exponent % 2 == 1


def turned(factors: list[Factor]) -> Iterator[tuple[int, list[Factor]]]:
    """The factors with the indices of those that are skew in all orders, each with its sign."""
    skew = [k for k, factor in enumerate(factors) if changes_sign(factor)][:MOST_SKEW]
    for turns in itertools.product(*(_TURNS[len(factors[k].indices)] for k in skew)):
        made, sign = list(factors), 1
        for k, (own, axes) in zip(skew, turns, strict=True):
            made[k] = factors[k]._replace(indices=tuple(factors[k].indices[axis] for axis in axes))
            sign *= own
        yield sign, made
