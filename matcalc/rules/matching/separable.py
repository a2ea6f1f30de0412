"""Nodes read as kron(X, M) of square matrices."""

from __future__ import annotations

from matcalc.network.build import contract
from matcalc.network.components import connected
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.reshaping import refinement, reshape
from matcalc.rational import Fraction
from matcalc.shape import product

_1 = Fraction(1)


def first_and_rest(node: Node) -> tuple[Node, Node] | None:
    """A and B of kron(A, B), where A is the first of the square matrices whose Kronecker product a node is by form."""
    parts = _kronecker_factors(node)
    if parts is None or len(parts) < 2:
        return None
    return parts[0], parts[1] if len(parts) == 2 else _kronecker(parts[1:])


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
    out = operand.product.out
    return _separated(operand, [(out[i], out[j]) for i, j in zip(rows, cols, strict=True)])


def _separated(node: Node, pairs: list[tuple[Index, Index]]) -> list[Node] | None:
    """A contraction as a product of matrices on these pairs of indices, the numbers and scalars in the first."""
    kept = set(node.product.out)
    sizes = dict(enumerate(node.product.sizes))
    left = [f for f in node.factors if f.indices]
    first = [f for f in node.factors if not f.indices]
    parts = []
    for pair in pairs:
        own = connected(left, set(pair), kept)
        left = [f for f in left if f not in own]
        if not {i for f in own for i in f.indices} & kept <= set(pair):
            return None
        coefficient = node.product.coefficient if pair == pairs[0] else _1
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
