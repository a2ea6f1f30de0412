"""Parts that stand at several indices of one dimension, as entries or columns of what they are at all of them.

exp(…S[k]…) beside Σ_l exp(…S[l]…) becomes t[k] beside Σ_l t[l], of t = stack_{k} exp(…S[k]…), which texts give a name.
"""

from __future__ import annotations

from collections import Counter

from matcalc.bound import BINDERS, Total, free_indices, renamed, total
from matcalc.expr import Expr, block, transpose
from matcalc.parts import with_parts
from matcalc.position import Index
from matcalc.shape import ONE

NAMED_FROM = 12  # parts; a shorter formula is written wherever it stands
SAVED = 18  # parts of the formula that are written less often, at least
MOST = 4  # names that a reader keeps in mind
_ANY = Index("any", None)


def with_repeated_parts(formula: Expr) -> Expr:
    """The formula with stacks of its longest parts that stand at several places."""
    for number in range(MOST):
        found = _longest(formula)
        if not found:
            break
        formula = with_parts(formula, _taken(found, Index(f"all {number}", None)))
        formula = with_parts(formula, {part: whole for part in formula.parts if (whole := _whole(part)) is not None})
    return formula


def _whole(part: Expr) -> Expr | None:
    """What is stacked again of all that it was taken of: the whole."""
    if part.kind != "stack" or part.operands[0].kind != "selected" or len(part.data.indices) > 1:
        return None
    (body,), (index,) = part.operands, part.data.indices
    (matrix,) = body.operands
    if index in free_indices(matrix.parts)[matrix] or body.data.count(None) != 1 or index not in body.data:
        return None
    if matrix.shape.cols is ONE or body.data[0] == index:
        return matrix
    return matrix.operands[0] if matrix.kind == "transpose" else transpose(matrix)


def _longest(formula: Expr) -> dict[Expr, Index]:
    """The parts that are alike but for the index that they stand at, and that index."""
    order = formula.parts
    if not any(part.kind in BINDERS for part in order):
        return {}
    free = free_indices(order)
    sizes: dict[Expr, int] = {}
    for part in order:
        sizes[part] = 1 + sum(sizes[operand] if free[operand] else 1 for operand in part.operands)
    alike: dict[Expr, dict[Expr, Index]] = {}
    for part in order:
        if len(free[part]) == 1 and sizes[part] >= NAMED_FROM and ONE in part.shape and part.kind != "transpose":
            (index,) = free[part]
            alike.setdefault(renamed(part, {index: _ANY}), {})[part] = index
    places = Counter(operand for part in order for operand in part.operands)
    saved = {key: (sum(places[part] for part in parts) - 1) * sizes[next(iter(parts))] for key, parts in alike.items()}
    worth = [key for key in alike if saved[key] >= SAVED]
    return alike[max(worth, key=lambda key: sizes[next(iter(alike[key]))])] if worth else {}


def _taken(parts: dict[Expr, Index], every: Index) -> dict[Expr, Expr]:
    """Each of the parts as what is taken of all of them: entries of a column, or columns of a matrix."""
    first, index = next(iter(parts.items()))
    what = Total((every,), (None,), "", "stack")
    stack = total(renamed(first, {index: every}), what)
    if first.shape.is_scalar:
        return {part: block(stack, (at, None)) for part, at in parts.items()}
    matrix = transpose(stack)
    columns = {part: block(matrix, (None, at)) for part, at in parts.items()}
    is_row = first.shape.rows is ONE
    return {part: transpose(column) if is_row else column for part, column in columns.items()}
