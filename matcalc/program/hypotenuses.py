"""Roots of sums of two squares, without overflow: sqrt(u.^2 + v.^2) is hypot(u, v)."""

from __future__ import annotations

from matcalc.function import entrywise
from matcalc.lowering.substitute import substitute
from matcalc.network.build import contract
from matcalc.network.nodes import Factor, Node, is_function
from matcalc.program.squares import NONZERO
from matcalc.rational import Fraction, rational_power
from matcalc.walk import postorder

_1 = Fraction(1)
_HALF = Fraction(1, 2)

HYPOT = entrywise("hypot", 2, range="[0, inf)", numpy="np.hypot({u}, {v})", c="hypot({u}, {v})")


def by_hypotenuses(nodes: list[Node]) -> list[Node]:
    """Nodes in which odd powers of sqrt(u.^2 + v.^2) are powers of hypot(u, v)."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if node.kind == "contraction" and any(map(_is_root, node.factors)):
            factors = [
                f._replace(node=_hypot(f.node), exponent=2 * f.exponent) if _is_root(f) else f for f in node.factors
            ]
            product = node.product
            new[node] = contract(product.coefficient, factors, product.out, dict(enumerate(product.sizes)))
    return [substitute(node, new) for node in nodes] if new else nodes


def _is_root(factor: Factor) -> bool:
    return factor.exponent.denominator == 2 and _sides(factor.node) is not None


def _hypot(node: Node) -> Node:
    sides = _sides(node)
    assert sides is not None
    made = Node("elementwise", sides, HYPOT, node.dims)
    return Node("elementwise", (made,), node.function, node.dims) if is_function(node, NONZERO) else made


def _sides(node: Node) -> tuple[Node, Node] | None:
    """u and v of u.^2 + v.^2, or of one that is not zero."""
    if is_function(node, NONZERO):
        return _sides(node.operands[0])
    if node.kind != "sum" or len(node.operands) != 2:
        return None
    first, second = (_side(c, term) for c, term in node.terms)
    return None if first is None or second is None else (first, second)


def _side(coefficient: Fraction, term: Node) -> Node | None:
    """The u of u.^2, with the root of a number before it."""
    if term.kind != "contraction" or len(term.operands) != 1:  # sqrt(1 + u^2) overflows later, and costs less
        return None
    number = rational_power(coefficient * term.product.coefficient, _HALF) if coefficient > 0 else None
    if number is None or any(f.exponent != 2 or f.indices != term.product.out for f in term.factors):
        return None
    sizes = dict(enumerate(term.product.sizes))
    return contract(number, [f._replace(exponent=_1) for f in term.factors], term.product.out, sizes)
