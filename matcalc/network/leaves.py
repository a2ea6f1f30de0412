"""Nodes that need no products to be made: variables, constants, unit vectors, numbers; and what a node's form tells."""

from __future__ import annotations

from functools import lru_cache

from matcalc.expr import Expr
from matcalc.families import array_dims
from matcalc.network.nodes import Indices, Node, Product, product_from
from matcalc.position import Several, Single, size_of
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)
_0 = Fraction(0)


@lru_cache(1024)
def variable(expr: Expr) -> Node:
    return Node("variable", (), expr, array_dims(expr))


def constant(name: str) -> Node:
    return Node("constant", (), name, ())


def unit(dim: Dim, at: Single | Several) -> Node:
    """The unit vector at a position; for several positions, the rows of the identity there."""
    return Node("unit", (), at, (size_of(at), dim) if isinstance(at, Several) else (dim,))


@lru_cache(1024)
def number(value: Fraction, dims: tuple[Dim, ...] = ()) -> Node:
    """An array whose entries are all the same number."""
    out = tuple(range(len(dims)))
    return Node("contraction", (), Product(value, (), (), out, dims), dims)


def trivial(node: Node) -> Node:
    """A contraction of one operand with nothing done to it is that operand."""
    product = node.product
    if len(node.operands) == 1 and product.coefficient == 1 and product.exponents[0] == 1:
        if product.indices[0] == product.out and len(set(product.out)) == len(product.out):
            return node.operands[0]
    return node


def split_coefficient(node: Node, coefficient: Fraction = _1) -> tuple[Fraction, Node]:
    """The numeric coefficient of a node, and the node without it."""
    if node.kind != "contraction" or node.product.coefficient in (0, 1):
        return (
            (_0, number(_1, node.dims))
            if node.kind == "contraction" and node.product.coefficient == 0
            else (coefficient, node)
        )
    core = Node("contraction", node.operands, product_from((_1, *node.product[1:])), node.dims)
    return coefficient * node.product.coefficient, trivial(core)


def spread_axes(node: Node) -> tuple[int, ...]:
    """The axes along which a contraction is constant by form."""
    out: Indices = node.product.out
    used = set().union(*node.product.indices)
    if used.issuperset(out):
        return ()
    return tuple([axis for axis, i in enumerate(out) if i not in used and out.count(i) == 1])


def spread_in_all(nodes: list[Node]) -> set[int]:
    """The axes along which all of these are constant by form."""
    for node in nodes:
        if node.kind != "contraction":
            return set()
    return set.intersection(*(set(spread_axes(node)) for node in nodes))
