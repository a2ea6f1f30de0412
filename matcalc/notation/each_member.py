"""Formulas that are stacks, written for each index: ``G[k] = inv(S[k])  for k = 1..K``, which the reader takes, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matcalc.bound import ranges
from matcalc.expr import Expr, name_of
from matcalc.notation.text import Rope, joined, printed
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim

Form = Literal["text", "unicode", "latex"]


class _Each(NamedTuple):
    """What a formula is at each index: the places on the left, the formula on the right, and what indices run over."""

    places: Sequence[str]
    body: Expr
    over: dict[str, Dim]


def fresh_name(wanted: str, expr: Expr) -> str:
    """A name for a formula, which none of its variables has."""
    taken = {name_of(part) for part in expr.parts if part.kind == "variable"}
    return next(name for name in (wanted, *(f"{wanted}{k}" for k in range(1, len(taken) + 2))) if name not in taken)


def equation(left: str, expr: Expr, form: Form = "text", *, of_members: bool = True) -> str | None:
    """A stack as an equation for each index, the left side of which has this name; None where the formula is none."""
    found = sides(expr, form, of_members=of_members)
    if found is None:
        return None
    places, right = found
    return f"{{{left}}}_{{{places}}} = {right}" if form == "latex" else f"{left}[{places}] = {right}"


def sides(expr: Expr, form: Form = "text", *, of_members: bool = True) -> tuple[str, str] | None:
    """The indices on the left of such an equation, and its right side.

    With ``of_members``, the left side is a family whose members the parts of the stack are; without, it is a matrix, of
    which entries alone are told by indices.
    """
    each = _each(expr, of_members)
    if each is None:
        return None
    made = _in_latex(expr, each) if form == "latex" else _in_text(expr, each, pretty=form == "unicode")
    return ",".join(each.places), joined(tuple(made))


def shape_of_each(expr: Expr) -> str:
    """The shape of a formula; of a stack of columns, rows or matrices, how many there are and of which shape."""
    each = _each(expr, of_members=True)
    if each is None or each.body.shape.is_scalar:
        return str(expr.shape)
    return f"{', '.join(map(str, each.over.values()))} of {each.body.shape}"


def _in_text(expr: Expr, each: _Each, *, pretty: bool) -> list[Rope]:
    texts, definitions = printed(expr, pretty=pretty)
    made = [texts[each.body][0], "  for ", ", ".join(f"{index} = 1..{dim}" for index, dim in each.over.items())]
    for k, (part, name, text) in enumerate(definitions):
        inner = _defined(part)
        made += [", " if k else " where ", name]
        made += [" = ", text] if inner is None else [f"[{','.join(inner.places)}] = ", texts[inner.body][0]]
    return made


def _in_latex(expr: Expr, each: _Each) -> list[Rope]:
    from matcalc.notation.latex import latex_dim, printed_in_latex

    texts, definitions = printed_in_latex(expr)
    ends = ", ".join(rf"{index}=1,\dots,{latex_dim(dim)}" for index, dim in each.over.items())
    made: list[Rope] = [texts[each.body][0], rf" \quad\text{{for }} {ends}"]
    for k, (part, name, text) in enumerate(definitions):
        inner = _defined(part)
        made += [", " if k else r" \quad\text{where } "]
        made += [
            f"{name} = {text}" if inner is None else f"{{{name}}}_{{{','.join(inner.places)}}} = {texts[inner.body][0]}"
        ]
    return made


def _each(expr: Expr, of_members: bool) -> _Each | None:
    """What a stack is at each index, where its parts are members of the left side, or entries."""
    if expr.kind != "stack":
        return None
    (body,), indices = expr.operands, expr.data.indices
    if not body.shape.is_scalar and (len(indices) > 1 or not of_members):
        return None
    over = ranges(body, expr.data)
    return _Each([index.name for index in indices], body, {index.name: over[index] for index in indices})


def _defined(part: Expr) -> _Each | None:
    """What a part with a name is at each index: entries, rows or columns of it, whose ranges show on the right."""
    stack = part.operands[0] if part.kind == "transpose" else part
    if stack.kind != "stack" or any(stack.data.ranges):
        return None
    (body,), names = stack.operands, [index.name for index in stack.data.indices]
    is_turned = stack is not part
    if body.shape.is_scalar:
        return _Each(names, body, {}) if not is_turned else None
    if len(names) > 1 or ONE not in body.shape:
        return None
    if is_turned and body.shape.cols is ONE:
        return _Each([":", *names], body, {})
    return _Each([*names, ":"], body, {}) if not is_turned and body.shape.rows is ONE else None
