"""What lifting sees in nodes by their form: squares, the groups of axes of a result, a scalar in every entry."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.functions import POWER
from matcalc.lifting.term import merged_powers
from matcalc.network import build
from matcalc.network.leaves import spread_axes
from matcalc.network.nodes import Indices, Node
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim


def one_scalar(applied: Node) -> list[Node | None]:
    """The scalar that the entries of one of the operands all are, where the function takes scalars beside arrays; of
    the others, nothing."""
    found: list[Node | None] = [None] * len(applied.operands)
    takes = applied.function is POWER or (applied.kind == "elementwise" and len(applied.function.shape.forms) > 1)
    for k, node in enumerate(applied.operands if takes else ()):
        if node.rank and node.kind == "contraction" and len(spread_axes(node)) == node.rank:
            found[k] = build.unspread(node, ())
            break
    return found


def squared(node: Node) -> Node | None:
    """The u of a scalar Σ u², else None."""
    if node.kind != "contraction" or node.rank or len(node.operands) != 1 or node.product.coefficient != 1:
        return None
    indices = node.product.indices[0]
    if node.product.exponents[0] != 2 or len(set(indices)) < len(indices) or not 0 < len(indices) <= 2:
        return None
    return node.operands[0]


def merged(powers: list[tuple[Expr, Fraction]]) -> tuple[tuple[Expr, Fraction], ...]:
    return tuple(sorted(merged_powers(powers), key=lambda power: (power[0].length, power[0].lead)))


def grouped_dim(node: Node, axes: Indices) -> Dim:
    total = ONE
    for axis in axes:
        total = total * node.dims[axis]
    return total


def own_groups(node: Node) -> tuple[Indices, Indices]:
    """The axes that make up rows and columns of an opaque function's result, by its signature."""
    cols = len(node.function.shape.forms[0].result[1])
    count = node.rank - min(cols, node.rank)
    return tuple(range(count)), tuple(range(count, node.rank))
