"""The parts of formulas: their variables, functions without bodies, and a part replaced."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.expr import Expr
from matcalc.function import Function


def parts_of(*exprs: Expr) -> list[Expr]:
    """The parts of formulas, each once, operands before their users."""
    if len(exprs) == 1:
        return exprs[0].parts
    found: dict[Expr, None] = {}
    for expr in exprs:
        found.update(dict.fromkeys(expr.parts))
    return list(found)


def variables(*exprs: Expr) -> list[Expr]:
    """The variables of formulas, in order of appearance."""
    return [part for part in parts_of(*exprs) if part.kind == "variable"]


def abstract_functions(*exprs: Expr) -> list[Function]:
    """The functions without a known body that formulas call, in order of appearance."""
    return list(dict.fromkeys(n.data for n in parts_of(*exprs) if n.kind == "call" and n.data.abstract is not None))


def replaced(f: Expr, old: Expr, new: Expr) -> Expr:
    """The formula with a part replaced, wherever it stands."""
    return with_parts(f, {old: new})


def with_parts(f: Expr, new: Mapping[Expr, Expr]) -> Expr:
    """The formula with several parts replaced, wherever they stand."""
    made: dict[Expr, Expr] = {}
    for node in f.parts:
        if node in new:
            made[node] = new[node]
        elif node.operands:
            made[node] = with_operands(node, tuple(made[o] for o in node.operands))
        else:
            made[node] = node
    return made[f]


def with_operands(node: Expr, operands: tuple[Expr, ...]) -> Expr:
    """The node with other operands of the same shapes."""
    return node if operands == node.operands else Expr(node.kind, operands, node.data, node.shape)
