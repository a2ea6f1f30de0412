"""Derivatives by several variables at once: their blocks, one below the other or side by side.

The variables stand in one long column, as their vecs: columns as they are, matrices by columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.calculus import derivative
from matcalc.deriving import By, asked_by_part, jacobian_view, laid_out, lifted, lowered_by, restored
from matcalc.errors import DerivativeError
from matcalc.expr import Expr, Operand, as_expr
from matcalc.network.views import View, transpose
from matcalc.placements import joined
from matcalc.stacking import blocks
from matcalc.walk import postorder


def gradient_by(f: Operand, variables: Sequence[By], structure: str = "ignore") -> Expr:
    """The gradients of a scalar, one below the other."""
    f, xs = _asked(f, variables)
    if not f.shape.is_scalar:
        raise DerivativeError("only a scalar has a gradient", f"this is {f.shape}", hint="ask for its jacobian").about(
            "f"
        )
    if structure != "ignore":
        raise DerivativeError(
            "a gradient by several variables is by all their entries",
            f"structure {structure} is for one variable",
            hint="gradient(f, x, structure=...) for each",
        )
    return _in_blocks([[transpose(view)] for view in _jacobians(f, xs)], f, xs)


def jacobian_by(f: Operand, variables: Sequence[By], layout: str) -> Expr:
    """The Jacobians by each of the variables, side by side."""
    f, xs = _asked(f, variables)
    views = [laid_out(view, layout) for view in _jacobians(f, xs)]
    return _in_blocks([views] if layout == "numerator" else [[view] for view in views], f, xs)


def hessian_by(f: Operand, variables: Sequence[By], other: By | None) -> Expr:
    """The second derivatives by each pair of the variables, as blocks."""
    f, xs = _asked(f, variables)
    if other is not None:
        raise DerivativeError("a Hessian by several variables is by one list of them", hint="hessian(f, [x, y])").about(
            "y"
        )
    if not f.shape.is_scalar:
        raise DerivativeError("only a scalar has a Hessian", f"this is {f.shape}", hint="ask for its jacobian").about(
            "f"
        )
    view, *places = lowered_by(f, *xs)
    rows = []
    for x in places:
        slope = View(derivative(view.node, x.node), x.rows)
        found = [jacobian_view(slope, restored(derivative(slope.node, y.node), *xs), y) for y in places]
        rows.append(found)
    return _in_blocks(rows, f, xs)


def _jacobians(f: Expr, variables: Sequence[Expr]) -> list[View]:
    view, *places = lowered_by(f, *variables)
    slopes = [restored(derivative(view.node, x.node), *variables) for x in places]
    return [jacobian_view(view, slope, x) for slope, x in zip(slopes, places, strict=True)]


def _in_blocks(rows: list[list[View]], f: Expr, variables: Sequence[Expr]) -> Expr:
    """The formula of these blocks. It is found from all of them together, so that parts that they share show.

    Each block has a formula of its own where there are members of a family, which would go across the blocks, and where
    what is shared would be blocks within blocks: ``[[X, r/s]'*X, [X'*r; c]/s]``.
    """
    if not any(view.node.has_members for row in rows for view in row):
        made = lifted(joined([joined(row, by_rows=False) for row in rows], by_rows=True), f, *variables)
        if len(rows) == 1 or len(rows[0]) == 1 or not _has_nested_blocks(made):
            return made
    return blocks([[lifted(view, f, *variables) for view in row] for row in rows])


def _has_nested_blocks(expr: Expr) -> bool:
    found: set[Expr] = set()  # what has blocks in it
    for node in postorder(expr):
        is_around = any(operand in found for operand in node.operands)
        if is_around and node.kind == "blocks":
            return True
        if is_around or node.kind == "blocks":
            found.add(node)
    return False


def _asked(f: Operand, variables: Sequence[By]) -> tuple[Expr, list[Expr]]:
    """The formula and its variables, checked.

    Raises:
        DerivativeError: there are none, one is no variable, or is named twice.
    """
    if not variables:
        raise DerivativeError("the list of variables is empty", hint="gradient(f, [x, y])").about("x")
    f = as_expr(f)
    found: list[Expr] = []
    for variable in variables:
        f, x = asked_by_part(f, variable)
        if any(x is other for other in found):
            raise DerivativeError(f"{x} is in the list of variables twice").about("x")
        found.append(x)
    return f, found
