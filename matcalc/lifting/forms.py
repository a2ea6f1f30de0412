"""What lifting sees in nodes by their form: squares, the groups of axes of a result, a scalar in every entry."""

from __future__ import annotations

from matcalc.expr import PI, Expr, block, call, eye, size, unit
from matcalc.functions import CIRCULANTTENSOR, CONVTENSOR, FUNCTIONS, LEVICIVITA, LOWERTENSOR, POWER, UPPERTENSOR
from matcalc.lifting.term import merged_powers
from matcalc.network import build
from matcalc.network.leaves import spread_axes
from matcalc.network.nodes import Indices, Node, is_one_of
from matcalc.parts import with_parts
from matcalc.position import Several
from matcalc.rational import Fraction
from matcalc.rules.functions import letter_dims
from matcalc.shape import ONE, Dim

CONSTANTS = ("size", "constant", "unit")  # kinds of leaves


def constant_formula(node: Node) -> Expr:
    """A leaf that is no variable: a dimension, π, a unit vector or rows of the identity."""
    if node.kind == "size":
        return size(node.dimension)
    if node.kind == "constant":
        return PI
    if isinstance(node.place, Several):
        return block(eye(node.dims[1]), (node.place, None))
    return unit(node.dims[0], node.place)


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


def by_columns(expr: Expr) -> Expr:
    """rowlogsumexp(X') as collogsumexp(X), and rowsoftmax(X')' as colsoftmax(X): what is defined so is written so."""
    parts = expr.parts
    if not [p for p in parts if p.kind == "call" and len(p.operands) == 1 and p.operands[0].kind == "transpose"]:
        return expr
    new = {part: made for part in parts if (made := _by_columns(part)) is not None}
    return with_parts(expr, new) if new else expr


def _by_columns(part: Expr) -> Expr | None:
    inner, sign = (part.operands[0], "'") if part.kind == "transpose" else (part, "")
    if inner.kind != "call" or len(inner.operands) != 1 or inner.operands[0].kind != "transpose":
        return None
    text = f"{inner.data.name}(X'){sign}"
    function = next((f for f in FUNCTIONS.values() if f.definition == text), None)
    return None if function is None else call(function, by_columns(inner.operands[0].operands[0]))


def is_wide_part(node: Node) -> bool:
    """Whether sums know what to do with a factor of more than two axes."""
    is_operator = node.kind in ("opaque", "reshape") and node.rank == 4
    return is_operator or is_one_of(node, (CIRCULANTTENSOR, CONVTENSOR, LEVICIVITA, LOWERTENSOR, UPPERTENSOR))


def own_groups(node: Node) -> tuple[Indices, Indices]:
    """The axes that make up rows and columns of an opaque function's result, by its signature."""
    form = node.function.shape.forms[0]
    dims = {**letter_dims(form, node.operands), **dict(node.function.fixed)}
    count = node.rank - sum(dims[letter] is not ONE for letter in form.result[1])
    return tuple(range(count)), tuple(range(count, node.rank))
