"""Softmax by its logarithm: exp(p*(x - logsumexp(x))), where p is found from the terms, and so it is no line."""

from __future__ import annotations

from matcalc.network.build import add, spread_axes
from matcalc.network.nodes import Node, is_function
from matcalc.rational import Fraction

_SUMS = {"logsumexp": "softmax", "rowlogsumexp": "rowsoftmax"}


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
