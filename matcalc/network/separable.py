"""Kronecker products of square matrices, whose inverse and log-determinant are made of those of their factors."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.network.build import add, contract, size
from matcalc.network.components import connected
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.reshaping import refinement, reshape
from matcalc.rational import Fraction
from matcalc.shape import product

_1 = Fraction(1)


def inverse(node: Node, of_factor: Callable[[Node], Node]) -> Node | None:
    """inv(kron(A, B)) = kron(inv(A), inv(B))"""
    parts = _kronecker_factors(node)
    return None if parts is None else _kronecker([of_factor(part) for part in parts])


def logdet(node: Node, of_factor: Callable[[Node], Node]) -> Node | None:
    """logdet(kron(A, B)) = n*logdet(A) + m*logdet(B), where A is m×m and B n×n."""
    parts = _kronecker_factors(node)
    if parts is None:
        return None
    terms = []
    for part in parts:
        scalars = [(of_factor(part), _1), (size(node.dims[0]), _1), (size(part.dims[0]), -_1)]
        terms.append((_1, contract(_1, [Factor(scalar, (), power) for scalar, power in scalars], (), {})))
    return add(terms, ())


def _kronecker_factors(node: Node) -> list[Node] | None:
    """The square matrices whose Kronecker product a matrix is by form; None for anything else."""
    if node.kind != "reshape" or node.rank != 2:
        return None
    (operand,) = node.operands
    groups = refinement(operand.dims, node.dims)
    if groups is None or operand.kind != "contraction":
        return None
    rows, cols = groups
    if [operand.dims[i] for i in rows] != [operand.dims[j] for j in cols]:
        return None
    out = operand.data.out
    return _separated(operand, [(out[i], out[j]) for i, j in zip(rows, cols, strict=True)])


def _separated(node: Node, pairs: list[tuple[Index, Index]]) -> list[Node] | None:
    """A contraction as a product of matrices on these pairs of indices, the numbers and scalars in the first."""
    kept = set(node.data.out)
    sizes = dict(enumerate(node.data.sizes))
    left = [f for f in node.factors if f.indices]
    first = [f for f in node.factors if not f.indices]
    parts = []
    for pair in pairs:
        own = connected(left, set(pair), kept)
        left = [f for f in left if f not in own]
        if not {i for f in own for i in f.indices} & kept <= set(pair):
            return None
        coefficient = node.data.coefficient if pair == pairs[0] else _1
        parts.append(contract(coefficient, [*first, *own], pair, sizes))
        first = []
    return parts if not left else None


def _kronecker(parts: list[Node]) -> Node:
    """The Kronecker product of square matrices."""
    count = len(parts)
    dims = tuple(part.dims[0] for part in parts)
    factors = [Factor(part, (k, count + k), _1) for k, part in enumerate(parts)]
    spread = contract(_1, factors, tuple(range(2 * count)), dict(enumerate((*dims, *dims))))
    return reshape(spread, (product(dims), product(dims)))
