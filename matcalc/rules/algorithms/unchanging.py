"""The derivative of polar(X) is zero along X and along polar(X).

polar(X + t*X) and polar(X + t*polar(X)) are polar(X) for small t. So the Jacobian of polar, which is the Hessian of the
nuclear norm and symmetric, is zero on X and on polar(X).
"""

from __future__ import annotations

from matcalc.functions import DPOLAR
from matcalc.network.build import add, transposed
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import applied, summed_only_on, without

_1 = Fraction(1)


def along_itself(factors: list[Factor], out: Indices) -> Rewritten | None:
    """dpolar(X)*vec(c*X + d*polar(X) + R) = dpolar(X)*vec(R)."""
    for operator in factors:
        if not is_function(operator.node, DPOLAR) or operator.exponent != 1 or len(operator.indices) != 4:
            continue
        for direction in factors:
            at = direction.indices
            pairs = operator.indices[:2], operator.indices[2:]  # of columns and rows
            if direction.exponent != 1 or not {at, at[::-1]} & {*pairs}:
                continue
            if len(set(operator.indices)) < 4 or not all(
                summed_only_on(i, (operator, direction), factors, out) for i in at
            ):
                continue
            matrix = operator.node.operands[0]
            rest = _without_directions(direction.node, matrix if at[::-1] in pairs else transposed(matrix))
            if rest is not direction.node:
                return Rewritten(without(factors, direction), added=[Factor(rest, at, _1)])
    return None


def _without_directions(node: Node, matrix: Node) -> Node:
    """A direction without its terms that leave polar(matrix) as it is."""
    if _keeps_polar(node, matrix):
        return number(Fraction(0), node.dims)
    if node.kind != "sum" or not any(_keeps_polar(operand, matrix) for operand in node.operands):
        return node
    return add([(c, operand) for c, operand in node.terms if not _keeps_polar(operand, matrix)], node.dims)


def _keeps_polar(node: Node, matrix: Node) -> bool:
    """Whether polar(matrix) stays as it is along a node: a multiple of the matrix, or of polar(matrix)."""
    core, own = split_coefficient(node)[1], split_coefficient(matrix)[1]
    return core is own or core is split_coefficient(applied("polar", matrix))[1]
