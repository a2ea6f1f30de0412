"""Terms that are constant along an axis, which softmax forgets and logsumexp adds."""

from __future__ import annotations

from matcalc.network.build import add, spread_axes, unspread
from matcalc.network.nodes import Node, is_function
from matcalc.rational import Fraction

_SUMS = {"logsumexp": "softmax", "rowlogsumexp": "rowsoftmax"}


def without_shift(node: Node) -> tuple[Node, Node] | None:
    """The terms of a sum that vary along its last axis, and, without that axis, those that are constant."""
    if node.kind != "sum":
        return None
    last = node.rank - 1
    constant = [o.kind == "contraction" and last in spread_axes(o) for o in node.operands]
    if not any(constant):
        return None
    varying = [term for term, same in zip(node.terms, constant, strict=True) if not same]
    fixed = [(c, unspread(o, range(last))) for (c, o), same in zip(node.terms, constant, strict=True) if same]
    return add(varying, node.dims), add(fixed, node.dims[:last])


def less_logsumexp(coefficient: Fraction, total: Node) -> tuple[str, Node, Fraction] | None:
    """softmax, x and p, where coefficient·total is p·(x - logsumexp(x)); rowsoftmax for the rows of a matrix."""
    for c, node in total.terms if total.kind == "sum" else []:
        if node.kind != "contraction" or spread_axes(node) != (total.rank - 1,) or len(node.operands) != 1:
            continue
        (sums,), power = node.operands, -c * coefficient
        if node.data.exponents[0] != 1 or not any(is_function(sums, name) for name in _SUMS):
            continue
        rest = [(k * coefficient / power, other) for k, other in total.terms if other is not node]
        if add(rest, total.dims) is sums.operands[0]:
            return _SUMS[sums.data.name], sums.operands[0], power
    return None
