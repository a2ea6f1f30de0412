"""The first stage: the terms of a node, without rows and columns.

A derivative of a matrix by a matrix is multiplied out, unless it has too many terms, to be written with Kronecker
products.
"""

from __future__ import annotations

import math

from matcalc.budgets import MOST_SPREAD
from matcalc.network.build import contract
from matcalc.network.nodes import Factor, Index, Node
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder

_1 = Fraction(1)
Terms = list[tuple[Fraction, Node]]


def multiplied_out(node: Node, spread: Spread) -> Terms:
    """The terms that a node is the sum of, products with sums of more than two axes multiplied out."""
    found: Terms = []
    todo = [(_1, node)]
    while todo:
        coefficient, term = todo.pop()
        if term.kind == "sum":
            todo += [(coefficient * c, operand) for c, operand in reversed(term.terms)]
            continue
        parts = _distributed(term, spread) if term.kind == "contraction" else None
        if parts is None:
            found.append((coefficient, term))
        else:
            todo += [(coefficient, part) for part in reversed(parts)]
    return found


def _distributed(node: Node, spread: Spread) -> list[Node] | None:
    """A product with a factor of many axes, multiplied out; None where it is too large to be merged."""
    if all(operand.rank <= 2 for operand in node.operands):
        return None
    factors = node.factors
    wide = next((f for f in factors if f.node.rank > 2 and f.node.kind in ("sum", "contraction")), None)
    if wide is None or wide.exponent != 1 or spread.terms_of(factors) > MOST_SPREAD:
        return None
    rest = [f for f in factors if f is not wide]
    made = []
    for c, operand in wide.node.terms if wide.node.kind == "sum" else [(_1, wide.node)]:
        coefficient = c * node.product.coefficient
        made.append(contract(coefficient, [*rest, wide._replace(node=operand)], node.product.out, sizes_of(node)))
        if operand in made[-1].operands and operand.kind in ("sum", "contraction"):
            return None
    return made


def sizes_of(node: Node) -> dict[Index, Dim]:
    """The dimension of each index of a product."""
    return dict(enumerate(node.product.sizes))


class Spread:
    """Counts terms; those of a node are counted once."""

    def __init__(self) -> None:
        self.known: dict[Node, int] = {}

    def terms_of(self, factors: list[Factor]) -> int:
        """How many terms a product has when its factors of more than two axes are multiplied out."""
        return math.prod(self._term_count(f.node) for f in factors if f.node.rank > 2)

    def _term_count(self, node: Node) -> int:
        for part in postorder(node) if node not in self.known else ():
            if part not in self.known:
                self.known[part] = self._count(part)
        return self.known[node]

    def _count(self, node: Node) -> int:
        if node.rank > 2 and node.kind == "sum":
            return min(sum(map(self.known.__getitem__, node.operands)), MOST_SPREAD + 1)
        if node.rank > 2 and node.kind == "contraction":
            return min(math.prod(map(self.known.__getitem__, node.operands)), MOST_SPREAD + 1)
        return 1
