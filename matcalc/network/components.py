"""Factors of a product that hang together by the indices they share."""

from __future__ import annotations

from matcalc.network.nodes import Factor, Index


def connected(factors: list[Factor], reached: set[Index], border: set[Index]) -> list[Factor]:
    """The factors that indices reach, by way of indices of factors, but not across the border."""
    found: list[Factor] = []
    while True:
        new = [f for f in factors if f not in found and reached & set(f.indices)]
        if not new:
            return found
        found += new
        reached = reached | {i for f in new for i in f.indices} - border


def components(factors: list[Factor], cut: set[Index]) -> list[list[Factor]]:
    """Factors grouped by the indices they share, those of ``cut`` not counted."""
    groups: list[tuple[set[Index], list[Factor]]] = []
    for factor in factors:
        inner = set(factor.indices) - cut
        touched = [g for g in groups if g[0] & inner]
        groups = [g for g in groups if not g[0] & inner]
        groups.append((inner.union(*(g[0] for g in touched)), [f for g in touched for f in g[1]] + [factor]))
    return [members for _, members in groups]
