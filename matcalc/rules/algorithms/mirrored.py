"""Sums of terms and their transposes, beside what is symmetric.

tr(S*(M + M')) = 2*tr(S*M), and x'*(A + A')*x = 2*x'*A*x. No lines, since what is symmetric is a product of any number
of factors, and a sum has any number of terms.
"""

from __future__ import annotations

from matcalc.network import orientation, properties
from matcalc.network.build import add, contract, permute
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import without

_1 = Fraction(1)


def one_of_each_pair(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A symmetric sum that is summed with a symmetric matrix: of a term and its transpose one stands for both."""
    for total in factors:
        node, indices, exponent = total
        if node.kind != "sum" or exponent != 1 or len(indices) != 2 or indices[0] == indices[1]:
            continue
        if set(indices) & set(out) or not properties.is_symmetric(node):
            continue
        if all(properties.is_symmetric(term) for term in node.operands):
            continue
        if _is_symmetric_between(without(factors, total), indices, out):
            half = add([_first_way(c, term) for c, term in node.terms], node.dims)
            if properties.is_symmetric(half):  # the same again
                continue
            return Rewritten(without(factors, total), added=[Factor(half, indices, _1)])
    return None


def _first_way(coefficient: Fraction, node: Node) -> tuple[Fraction, Node]:
    """A matrix or its transpose, whichever reads better."""
    transposed, core = split_coefficient(permute(node, (1, 0)))
    if orientation.reading_order(core) < orientation.reading_order(node):
        return coefficient * transposed, core
    return coefficient, node


def _is_symmetric_between(factors: list[Factor], ends: Indices, out: Indices) -> bool:
    """Whether the factors that two indices reach make up a symmetric matrix."""
    reached: set[Index] = set(ends)
    found: list[Factor] = []
    while True:
        new = [f for f in factors if f not in found and reached & set(f.indices)]
        if not new:
            break
        found += new
        reached |= {i for f in new for i in f.indices}
    if reached & set(out):
        return False
    sizes = {i: dim for f in found for i, dim in zip(f.indices, f.node.dims, strict=True)}
    return set(ends) <= set(sizes) and properties.is_symmetric(contract(_1, found, ends, sizes))
