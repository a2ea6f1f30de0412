"""Replacing nodes in a network; what is above them is made again, so that it is canonical for the new ones."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.network import build
from matcalc.network.nodes import Node
from matcalc.network.reshaping import reshape
from matcalc.rules.functions import elementwise, opaque
from matcalc.walk import postorder


def substitute(root: Node, new: Mapping[Node, Node], *, plain: bool = False) -> Node:
    """``root`` with each key of ``new`` replaced by its value, which has the same dims.

    With ``plain`` no rules are applied to the sums that are made again: what was multiplied out stays so.
    """
    made: dict[Node, Node] = dict(new)
    for node in postorder(root):
        if node in made:
            continue
        operands = tuple(made[operand] for operand in node.operands)
        made[node] = node if operands == node.operands else _again(node, operands, plain)
    return made[root]


def _again(node: Node, operands: tuple[Node, ...], plain: bool) -> Node:
    if node.kind == "sum":
        return build.add(zip(node.coefficients, operands, strict=True), node.dims, plain=plain)
    if node.kind == "elementwise":
        return elementwise(node.function, operands)
    if node.kind == "opaque":
        return opaque(node.function, operands)
    if node.kind == "reshape":
        return reshape(operands[0], node.dims)
    factors = [f._replace(node=operand) for f, operand in zip(node.factors, operands, strict=True)]
    return build.contract(node.product.coefficient, factors, node.product.out, dict(enumerate(node.product.sizes)))
