"""What all terms of a sum are multiplied by, taken out: diag(p)*A - p*p'*A is diag(p)*(A - ones*p'*A)."""

from __future__ import annotations

from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Index, Node
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder

LONGEST_SUM = 12  # terms of a sum that is looked at

_1 = Fraction(1)


def factored(nodes: list[Node]) -> list[Node]:
    """Nodes with vectors and matrices that all terms are multiplied by, entry by entry, taken out of their sums."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if node.kind == "sum" and node.rank == 2 and len(node.operands) <= LONGEST_SUM:
            made = _factored_sum(substitute(node, new) if new else node)
            if made is not node:
                new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _factored_sum(node: Node) -> Node:
    if node.kind != "sum" or properties.is_symmetric(node):
        return node
    if any(operand.kind != "contraction" or len(set(operand.product.out)) < 2 for operand in node.operands):
        return node
    common = [f for f in node.operands[0].factors if f.indices in ((0,), (1,), (0, 1), (1, 0))]
    common = [f for f in common if all(f in operand.factors for operand in node.operands)]
    if not common:
        return node
    terms = [(c, contract(_1, _rest(n, common), n.product.out, _sizes(n))) for c, n in node.terms]
    whole = add(terms, node.dims)
    return contract(_1, [*common, Factor(whole, (0, 1), _1)], (0, 1), dict(enumerate(node.dims)))


def _rest(node: Node, common: list[Factor]) -> list[Factor]:
    return [f for f in node.factors if f not in common]


def _sizes(node: Node) -> dict[Index, Dim]:
    return dict(enumerate(node.product.sizes))
