"""Skew matrices, K' = -K, and arrays of three axes that change their sign likewise, as factors of products."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from matcalc.network import properties
from matcalc.network.nodes import Factor, Index, Indices

MOST_SKEW = 4  # skew factors of a product that are tried in all orders of their axes

# The orders of two and of three axes, with the sign that the array takes on.
_TURNS: dict[int, tuple[tuple[int, tuple[int, ...]], ...]] = {
    2: ((1, (0, 1)), (-1, (1, 0))),
    3: tuple(((j - i) * (k - j) * (k - i) // 2, (i, j, k)) for i, j, k in itertools.permutations(range(3))),
}


def changes_sign(factor: Factor) -> bool:
    """Whether a factor becomes minus itself when two of its indices change places."""
    return len(factor.indices) in _TURNS and properties.is_skew(factor.node) and factor.exponent % 2 == 1


def turned(factors: list[Factor], out: Indices) -> Iterator[tuple[int, list[Factor]]]:
    """The factors with the indices of those that are skew in all orders, each with its sign.

    Three indices stand in the order of what else is on them, so that only those on which the same is are exchanged.
    """
    skew = [k for k, factor in enumerate(factors) if changes_sign(factor)][:MOST_SKEW]
    for turns in itertools.product(*(_orders(k, factors, out) for k in skew)):
        made, sign = list(factors), 1
        for k, (own, axes) in zip(skew, turns, strict=True):
            made[k] = factors[k]._replace(indices=tuple(factors[k].indices[axis] for axis in axes))
            sign *= own
        yield sign, made


def _orders(k: int, factors: list[Factor], out: Indices) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The orders in which the axes of a factor are tried, with their signs."""
    indices = factors[k].indices
    if len(indices) == 2:
        return _TURNS[2]
    others = [factor for j, factor in enumerate(factors) if j != k]
    keys = [_beside(index, others, out) for index in indices]
    return tuple(turn for turn in _TURNS[3] if [keys[axis] for axis in turn[1]] == sorted(keys))


def _beside(index: Index, others: list[Factor], out: Indices) -> tuple[int, list[tuple[int, int]]]:
    """What else is on an index, whatever its name is: its place in the result, and the axes of factors."""
    on = [
        (factor.node.digest, 0 if properties.transpose_sign(factor.node) else axis)
        for factor in others
        for axis, own in enumerate(factor.indices)
        if own == index
    ]
    return (out.index(index) if index in out else -1), sorted(on)
