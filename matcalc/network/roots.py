"""Roots of matrices: L*L' = X for L = cholesky(X), S*S = X for S = sqrtm(X), and their inverses and determinants.

The derivative of a Cholesky factor is along the symmetric part of dX, so here X counts as (X + X')/2: that is X where
X is known to be symmetric, and where it is not, derivatives by its entries stay those of the factor.
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.network import properties
from matcalc.network.build import Rewritten, add, scale
from matcalc.network.matching import applied, lonely, without
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.rational import Fraction

_HALF = Fraction(1, 2)
_1 = Fraction(1)


def symmetric_part(node: Node) -> Node:
    """(X + X')/2."""
    if properties.is_symmetric(node):
        return node
    return add([(_HALF, node), (_HALF, properties.transposed(node))], node.dims)


def squared_root(node: Node) -> Node | None:
    """The X that a node is the Cholesky factor or the square root of."""
    if is_function(node, "cholesky"):
        return symmetric_part(node.operands[0])
    return node.operands[0] if is_function(node, "sqrtm") else None


class _Root(NamedTuple):
    """A root of a matrix or of its inverse: which axes of two of it are summed for the square."""

    of: Node
    inverted: bool
    axes: tuple[tuple[int, int], ...]

    def square(self) -> Node:
        square = squared_root(self.of)
        assert square is not None
        return applied("inv", square) if self.inverted else square


def _root(node: Node) -> _Root | None:
    inverted = is_function(node, "inv")
    of = node.operands[0] if inverted else node
    if is_function(of, "cholesky"):
        return _Root(of, inverted, ((0, 0),) if inverted else ((1, 1),))
    if not is_function(of, "sqrtm"):
        return None
    return _Root(of, inverted, ((1, 0), (0, 1), (0, 0), (1, 1)) if properties.is_symmetric(of) else ((1, 0), (0, 1)))


def roots(factors: list[Factor], out: Indices) -> Rewritten | None:
    """L*L' = X, inv(L)'*inv(L) = inv(X), S*S = X, inv(S)*inv(S) = inv(X)."""
    for k, a in enumerate(factors):
        root = _root(a.node) if len(a.indices) == 2 else None
        if root is None:
            continue
        for b in [a] if a.exponent == 2 else factors[k + 1 :]:
            if b.node is not a.node or (b is not a and not a.exponent == b.exponent == 1):
                continue
            for i, j in root.axes:
                summed = a.indices[i]
                if summed == b.indices[j] and lonely(summed, (a, b), factors, out):
                    ends = (a.indices[1 - i], b.indices[1 - j])
                    if summed not in ends:
                        ends = ends if i else ends[::-1]
                        made = Factor(root.square(), ends, _1)
                        return Rewritten(without(factors, a, b), added=[made], gone=(summed,))
    return None


def log_of_diagonal(factors: list[Factor], out: Indices) -> Rewritten | None:
    """sum(log(diag(L))) = 0.5*logdet(X)."""
    for log in factors:
        if not is_function(log.node, "log") or log.exponent != 1 or len(log.indices) != 1:
            continue
        (diagonal,) = log.node.operands
        if diagonal.kind != "contraction" or len(diagonal.operands) != 1 or diagonal.data.coefficient != 1:
            continue
        factor, indices, exponent = diagonal.factors[0]
        if is_function(factor, "cholesky") and indices == (0, 0) and lonely(log.indices[0], (log,), factors, out):
            logdet = applied("logdet", symmetric_part(factor.operands[0]))
            made = Factor(scale(exponent * _HALF, logdet), (), _1)
            return Rewritten(without(factors, log), added=[made], gone=log.indices)
    return None
