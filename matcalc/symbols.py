"""The symbols of a formula's dimensions: those that its variables give values to, and those that only hints have."""

from __future__ import annotations

from functools import lru_cache

from matcalc.bound import BINDERS
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims
from matcalc.parts import parts_of, variables
from matcalc.position import Stretch, first_of, size_of
from matcalc.shape import Dim, Shape


def size_symbols(*exprs: Expr) -> set[str]:
    """The symbols of all dimensions that formulas mention."""
    return {symbol for node in parts_of(*exprs) for dim in _own_dims(node) for symbol in dim.symbols}


def _own_dims(node: Expr) -> tuple[Dim, ...]:
    """The dimensions that a node does not have from its operands: those of leaves, and what a function fixes."""
    if node.kind == "size":
        return (node.data,)
    if node.kind in BINDERS:
        return tuple(dim for dim in node.data.ranges if dim is not None)
    if node.kind in ("entry", "unit"):
        places = node.data if node.kind == "entry" else (node.data,)
        ends = [side for at in places if isinstance(at, Dim | Stretch) for side in (first_of(at), size_of(at))]
        return (*ends, *(node.shape if node.kind == "unit" else ()))
    return () if node.operands and not (node.kind == "call" and node.data.fixed) else node.shape


def bound_symbols(variables: list[Expr]) -> dict[str, tuple[Expr, int]]:
    """For each symbol that is a dimension of a variable, the variable and the axis of its array."""
    found: dict[str, tuple[Expr, int]] = {}
    for variable in variables:
        for axis, dim in enumerate(array_dims(variable)):
            if dim.is_symbol:
                found.setdefault(str(dim), (variable, axis))
    return found


def unbound_symbols(expr: Expr) -> set[str]:
    """The symbols of a formula's dimensions that are no dimension of one of its variables, nor of its hints."""
    wanted: set[str] = set()
    for part in expr.parts:
        kind = part.kind
        if kind == "variable":
            has_own = not _is_plain(part.shape)
        elif kind in BINDERS:
            has_own = True
        else:
            has_own = part.data.fixed if kind == "call" else kind == "entry" or (not part.operands and kind != "number")
        for dim in _own_dims(part) if has_own else ():
            wanted |= dim.symbols
    return wanted - set(bound_symbols([*variables(expr), *expr.hints])) if wanted else wanted


@lru_cache(4096)
def _is_plain(shape: Shape) -> bool:
    """Whether a variable of this shape has each of its symbols as a dimension."""
    return all(dim.is_symbol or not dim.symbols for dim in shape)


def with_hints(expr: Expr, *made_of: Expr) -> Expr:
    """The formula with those hints, of the variables of what it was made of, that it needs: they have dimensions that
    are its own, or their names, so that its text is not mistaken for theirs."""
    missing = unbound_symbols(expr)
    if not missing:
        return expr
    company = {v for node in parts_of(*made_of) for v in ({node} if node.kind == "variable" else node.hints)}
    needed = frozenset(v for v in company if missing & {name_of(v), *bound_symbols([v])})
    if not needed - expr.hints:
        return expr
    return Expr(expr.kind, expr.operands, expr.data, expr.shape, expr.hints | needed)
