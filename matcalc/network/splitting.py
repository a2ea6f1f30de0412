"""Nodes as products of letters of which none need be known: X*Y, s*X, s*x*y', diag(x), s*I, x*one_n'.

Each has at most one way to be split, where the first letter takes as little as it can.
"""

from __future__ import annotations

from matcalc.network.build import contract, number, permute
from matcalc.network.nodes import Factor, Indices, Node, constant_value
from matcalc.network.patterns import Multiplied
from matcalc.rational import Fraction

_1 = Fraction(1)


def split(pattern: Multiplied, node: Node) -> tuple[Node, ...] | None:
    """What the letters of a pattern of letters alone stand for, in the order of their indices."""
    ranks = sorted(len(part.indices) for part in pattern.parts)
    if len(ranks) == 1:
        within = _of_one_letter(pattern.parts[0].indices, pattern.out, node)
        return None if within is None else (within,)
    if ranks == [0, 1]:
        return _scalar_and_rest(node)
    if ranks == [0, 2]:
        return scalar_and_matrix(node)
    if ranks == [2, 2]:
        return first_and_rest(node)
    return scalar_and_columns(node) if ranks == [0, 1, 1] else None


def _of_one_letter(indices: Indices, out: Indices, node: Node) -> Node | None:
    """X of X', x of diag(x) and of x*one_n', s of s*I."""
    if node.rank != len(out):
        return None
    axes = {i: out.index(i) for i in out}
    tied, free = len(axes) < len(out), set(out) - set(indices)
    if not tied and not free:
        return permute(node, tuple(axes[i] for i in indices))
    if node.kind != "contraction":
        return None
    places: Indices = node.data.out
    own = {places[axes[i]] for i in indices}
    used = {i for f in node.factors for i in f.indices} | own
    if any(places[axes[i]] != at for i, at in zip(out, places, strict=True)) or len(set(places)) < len(axes):
        return None
    if any(places[axes[i]] in used for i in free):
        return None
    sizes = dict(enumerate(node.data.sizes))
    return contract(node.data.coefficient, node.factors, tuple(places[axes[i]] for i in indices), sizes)


def _scalar_and_rest(node: Node) -> tuple[Node, Node]:
    """s and x of s*x."""
    if node.kind != "contraction":
        return number(_1), node
    sizes = dict(enumerate(node.data.sizes))
    return _scalars(node), contract(_1, [f for f in node.factors if f.indices], node.data.out, sizes)


def scalar_and_columns(node: Node) -> tuple[Node, Node, Node] | None:
    """s, x and y of s*x*y'."""
    if node.kind != "contraction" or node.rank != 2:
        return None
    arrays = [f for f in node.factors if f.indices]
    first, last = [(i,) for i in node.data.out]
    if first == last or len(arrays) != 2 or any(f.exponent != 1 for f in arrays):
        return None
    at = {f.indices: f.node for f in arrays}
    return (_scalars(node), at[first], at[last]) if at.keys() == {first, last} else None


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
