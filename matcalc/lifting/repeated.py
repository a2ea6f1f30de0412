"""Parts that stand at several indices of one dimension, as entries or columns of what they are at all of them.

exp(…S[k]…) beside Σ_l exp(…S[l]…) becomes t[k] beside Σ_l t[l], of t = stack_{k} exp(…S[k]…), which texts give a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matcalc.bound import BINDERS, Total, at_indices, free_indices, renamed, total
from matcalc.expr import Expr, block, transpose
from matcalc.parts import with_operands, with_parts
from matcalc.position import Index
from matcalc.shape import ONE

NAMED_FROM = 12  # parts; a shorter formula is written wherever it stands
SAVED = 18  # parts of the formula that are written less often, at least
MOST = 4  # names that a reader keeps in mind; there are more only in what would be too long to be read
TOO_LONG = 400  # parts
_ANY = Index("any", None)


def with_repeated_parts(formula: Expr) -> Expr:
    """The formula with stacks of its longest parts that stand at several places."""
    formula = without_long_trees(formula)
    for number in range(MOST):
        found = _longest(formula)
        if not found:
            break
        stack = _stacked(found, Index(f"all {number}", None))
        formula = with_parts(formula, {part: _taken(stack, part, index) for part, index in found.items()})
        formula = with_parts(formula, {part: whole for part in formula.parts if (whole := _whole(part)) is not None})
    return formula


def without_long_trees(formula: Expr) -> Expr:
    """The formula with stacks of all parts that stand at several places, from the inside out, where it would be too
    long: of a graph of shared parts it is as long as their tree."""
    order = formula.parts
    free = free_indices(order)
    if not any(free.values()) or max(_sizes(order, free).values()) <= TOO_LONG:
        return formula
    forms = _at_any_index(order, free)
    uses: Counter[Expr] = Counter()
    for part in order:
        uses.update(forms[operand] for operand in part.operands if operand in forms)
    sizes: dict[Expr, int] = {}
    stacks: dict[Expr, Expr] = {}
    made: dict[Expr, Expr] = {}
    for part in order:
        made[part] = with_operands(part, tuple(made[operand] for operand in part.operands)) if part.operands else part
        sizes[part] = 1 + sum(sizes[operand] if free[operand] else 1 for operand in part.operands)
        if part not in forms or uses[forms[part]] < 2 or sizes[part] < SAVED or not _has_stack(part):
            continue
        (index,) = free[part]
        if forms[part] not in stacks:
            stacks[forms[part]] = _stacked({made[part]: index}, Index(f"each {len(stacks)}", None))
        made[part] = _taken(stacks[forms[part]], part, index)
        sizes[part] = 1
    return made[formula]


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


def _has_stack(part: Expr) -> bool:
    """Whether all a part is at its indices is a column, or a matrix: of a scalar, a column or a row."""
    return ONE in part.shape and part.kind != "transpose"


def _sizes(order: list[Expr], free: Mapping[Expr, frozenset[Index]]) -> dict[Expr, int]:
    """How many parts are written of each part; what has no free index can be written apart, with a name."""
    sizes: dict[Expr, int] = {}
    for part in order:
        sizes[part] = 1 + sum(sizes[operand] if free[operand] else 1 for operand in part.operands)
    return sizes


def _longest(formula: Expr) -> dict[Expr, Index]:
    """The parts that are alike but for the index that they stand at, and that index."""
    order = formula.parts
    if not any(part.kind in BINDERS for part in order):
        return {}
    free = free_indices(order)
    sizes = _sizes(order, free)
    alike: dict[Expr, dict[Expr, Index]] = {}
    forms = _at_any_index([part for part in order if free[part]], free)
    for part in forms:
        if sizes[part] >= NAMED_FROM and _has_stack(part):
            (index,) = free[part]
            alike.setdefault(forms[part], {})[part] = index
    places = Counter(operand for part in order for operand in part.operands)
    saved = {key: (sum(places[part] for part in parts) - 1) * sizes[next(iter(parts))] for key, parts in alike.items()}
    worth = [key for key in alike if saved[key] >= SAVED]
    return alike[max(worth, key=lambda key: sizes[next(iter(alike[key]))])] if worth else {}


def _at_any_index(order: list[Expr], free: Mapping[Expr, frozenset[Index]]) -> dict[Expr, Expr]:
    """The parts that stand at one index, with another one that is the same for all; each is made of its operands'."""
    forms: dict[Expr, Expr] = {}
    for part in order:
        if len(free[part]) != 1:
            continue
        if any(free[operand] and operand not in forms for operand in part.operands):  # it binds the others
            forms[part] = renamed(part, dict.fromkeys(free[part], _ANY))
            continue
        operands = tuple(forms.get(operand, operand) for operand in part.operands)
        forms[part] = at_indices(Expr(part.kind, operands, part.data, part.shape), dict.fromkeys(free[part], _ANY))
    return forms


def _stacked(parts: Mapping[Expr, Index], every: Index) -> Expr:
    """All members of what is alike in parts but for their indices."""
    first, index = next(iter(parts.items()))
    return total(renamed(first, {index: every}), Total((every,), (None,), "", "stack"))


def _taken(stack: Expr, part: Expr, index: Index) -> Expr:
    """A part as what is taken of all of them: an entry of a column, or a column of a matrix."""
    if part.shape.is_scalar:
        return block(stack, (index, None))
    column = block(transpose(stack), (None, index))
    return transpose(column) if part.shape.rows is ONE else column
