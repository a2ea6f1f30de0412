"""Products of square matrices in a row, as which a contraction may be read."""

from __future__ import annotations

from matcalc.network.build import contract, permute
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.rational import Fraction

_1 = Fraction(1)


def first_and_rest(node: Node) -> tuple[Node, Node] | None:
    """X and Y of X*Y, where X is the first of the square matrices that a node is the product of, without a scalar."""
    chain = _chain(node)
    if chain is None or len(chain) < 2 or constant_value(_scalars(node)) != 1:
        return None
    return chain[0].node, _product(node, chain[1:])


def scalar_and_matrix(node: Node) -> tuple[Node, Node] | None:
    """s and X of s*X, for a product of square matrices with a number or scalars before it."""
    chain = _chain(node)
    if chain is None or constant_value(scalar := _scalars(node)) == 1:
        return None
    return scalar, _product(node, chain)


def _product(node: Node, chain: list[Factor]) -> Node:
    ends = (0, len(chain))
    factors = [Factor(f.node, (k, k + 1), _1) for k, f in enumerate(chain)]
    return contract(_1, factors, ends, dict.fromkeys(range(len(chain) + 1), node.dims[0]))


def _chain(node: Node) -> list[Factor] | None:
    """The factors of a product of square matrices, in order; None for anything else."""
    if node.kind != "contraction" or node.rank != 2:
        return None
    data = node.data
    first, last = data.out
    if first == last or any(size is not data.sizes[0] for size in data.sizes):
        return None
    left = [f for f in node.factors if f.indices]
    if any(len(f.indices) != 2 or f.exponent != 1 for f in left):
        return None
    ordered = []
    at = first
    while left:
        step = [f for f in left if at in f.indices]
        if len(step) != 1 or step[0].indices[0] == step[0].indices[1]:
            return None
        left.remove(step[0])
        a, b = step[0].indices
        ordered.append(step[0] if a == at else Factor(permute(step[0].node, (1, 0)), (b, a), _1))
        at = b if a == at else a
    return ordered if at == last else None


def _scalars(node: Node) -> Node:
    """The coefficient and the scalar factors of a contraction, as one scalar."""
    return contract(node.data.coefficient, [f for f in node.factors if not f.indices], (), {})
