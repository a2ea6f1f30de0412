"""Where a formula is defined: "X invertible", "norm2(x) ≠ 0", "x > 0". What declared facts ensure is not said."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.network import properties
from matcalc.network.lift import Lifter
from matcalc.network.lower import lower
from matcalc.network.nodes import Factor, Node
from matcalc.walk import postorder

_INVERTED = {"inv", "logdet"}
_BETWEEN = {"arcsin", "arccos"}


def conditions(expr: Expr) -> tuple[str, ...]:
    """The conditions under which every part of a formula is defined and differentiable, in order of appearance."""
    found: dict[str, None] = {}
    writer = Lifter()
    for node in postorder(lower(expr).node):
        for part, text in _conditions(node):
            found.setdefault(f"{writer.default(part)} {text}")
    return tuple(found)


def _conditions(node: Node) -> list[tuple[Node, str]]:
    if node.kind == "contraction":
        return [c for factor in node.factors for c in _of_power(factor)]
    if node.kind not in ("opaque", "elementwise") or node.operands[0].rank > 2:
        return []
    name, operand = node.data.name, node.operands[0]
    if name in _INVERTED and not _is_invertible(operand):
        return [(operand, "invertible")]
    if name == "cholesky" and not properties.is_definite(operand):
        return [(operand, "positive definite")]
    if name in ("log", "power") and not properties.is_positive(operand):
        return [(operand, "> 0")]
    if name == "log1p" and not properties.is_nonnegative(operand):
        return [(operand, "> -1")]
    return [(operand, "between -1 and 1")] if name in _BETWEEN else []


def _is_invertible(node: Node) -> bool:
    return properties.has_fact(node, "invertible") or properties.is_definite(node)


def _of_power(factor: Factor) -> list[tuple[Node, str]]:
    """A divisor is not zero; what has a root taken of it is not negative."""
    node, _, exponent = factor
    if node.rank > 2 or properties.is_positive(node):
        return []
    if exponent.denominator % 2 == 0:
        if properties.is_nonnegative(node):
            return [(node, "≠ 0")] if exponent < 0 else []
        return [(node, "> 0" if exponent < 0 else "≥ 0")]
    return [(node, "≠ 0")] if exponent < 0 else []
