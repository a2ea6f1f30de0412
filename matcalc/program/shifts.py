"""Softmax does not see what is added to all entries of a row, also beside a number: softmax((x + c*ones(n))/2)."""

from __future__ import annotations

from matcalc.functions import LOGSUMEXP, ROWLOGSUMEXP, ROWSOFTMAX, SOFTMAX
from matcalc.lowering.substitute import substitute
from matcalc.network.build import add, contract
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Node, is_one_of
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.walk import postorder

Terms = list[tuple[Fraction, Node]]

_1 = Fraction(1)


def without_shifts(nodes: list[Node]) -> list[Node]:
    """Nodes in which nothing is added along the axis of a softmax, and what is, is added to its logarithm's sum."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        made = substitute(node, new) if new else node
        if is_one_of(made, (SOFTMAX, ROWSOFTMAX, LOGSUMEXP, ROWLOGSUMEXP)):
            made = _shifted_back(made)
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _shifted_back(node: Node) -> Node:
    coefficient, whole = split_coefficient(node.operands[0])
    if whole.kind != "sum":
        return node
    kept: Terms = []
    shifts: Terms = []
    for c, term in whole.terms:
        shift = _along_rows(term)
        if shift is None:
            kept.append((c * coefficient, term))
        else:
            shifts.append((c * coefficient, shift))
    if not shifts or not kept:
        return node
    made = opaque(node.function, (add(kept, whole.dims),))
    if is_one_of(node, (SOFTMAX, ROWSOFTMAX)):
        return made
    return add([*shifts, (_1, made)], node.dims)


def _along_rows(term: Node) -> Node | None:
    """What a term is in every entry of a row; None where it differs along the last axis."""
    if term.kind != "contraction":
        return None
    product = term.product
    *rows, last = product.out
    if last in rows or any(last in indices for indices in product.indices):
        return None
    sizes = {i: dim for i, dim in enumerate(product.sizes) if i != last}
    return contract(product.coefficient, term.factors, tuple(rows), sizes)
