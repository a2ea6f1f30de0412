"""How many terms a derivative of a matrix by a matrix would be multiplied out into."""

from __future__ import annotations

import math

from matcalc.budgets import MOST_SPREAD
from matcalc.network.nodes import Factor, Node
from matcalc.walk import postorder


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
