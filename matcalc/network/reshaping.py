"""Row-major regrouping of axes: vec and its inverse, without orientation.

A contraction is regrouped by regrouping its operands, where axes are only split.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.network.build import contract
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.shape import ONE, Dim


def reshape(node: Node, dims: tuple[Dim, ...]) -> Node:
    """Row-major regrouping of axes; the product of the dims stays."""
    if node.kind == "reshape":
        node = node.operands[0]
    if node.dims == dims:
        return node
    if node.kind == "contraction":
        split = _split_indices(node, dims)
        if split is not None:
            return split
    return node if node.dims == dims else Node("reshape", (node,), None, dims)


def _split_indices(node: Node, dims: tuple[Dim, ...]) -> Node | None:
    """A contraction with axes split: its operands are split instead, so ones(m*n) is made of ones(m) and ones(n)."""
    groups = refinement(dims, node.dims)
    if groups is None:
        return None
    product = node.product
    sizes = dict(enumerate(product.sizes))
    parts: dict[Index, Indices] = {}
    for index, group in zip(product.out, groups, strict=True):
        wanted = [dims[axis] for axis in group]
        known = parts.get(index)
        if known is None:
            known = (index,) if len(group) == 1 else tuple(len(sizes) + k for k in range(len(group)))
            parts[index] = known
            sizes.update(zip(known, wanted, strict=True))
        elif [sizes[i] for i in known] != wanted:
            return None
    out = tuple(i for index in product.out for i in parts[index])
    return contract(product.coefficient, [split_factor(f, parts, sizes) for f in node.factors], out, sizes)


def split_factor(factor: Factor, parts: Mapping[Index, Indices], sizes: Mapping[Index, Dim]) -> Factor:
    """A factor with indices replaced by those that they are split into."""
    node, indices, exponent = factor
    fine = tuple(i for index in indices for i in parts.get(index, (index,)))
    return factor if fine == indices else Factor(reshape(node, tuple(sizes[i] for i in fine)), fine, exponent)


def refinement(fine: tuple[Dim, ...], coarse: tuple[Dim, ...]) -> list[tuple[int, ...]] | None:
    """The axes of ``fine`` that each axis of ``coarse`` is made of, in row-major order; None where it is not so."""
    groups: list[tuple[int, ...]] = []
    at = 0
    for dim in coarse:
        group: list[int] = []
        total = ONE
        while total is not dim and at < len(fine):
            total = total * fine[at]
            group.append(at)
            at += 1
        if total is not dim:
            return None
        groups.append(tuple(group))
    return groups if at == len(fine) else None
