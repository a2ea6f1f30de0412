"""The parts of a formula through which all that depends on a variable goes: u₁, u₂, … of the chain rule."""

from __future__ import annotations

from functools import reduce

from matcalc.bound import free_indices
from matcalc.expr import Expr, name_of, neg, number
from matcalc.functions import NORM2
from matcalc.parts import variables

MOST_NODES = 400


def chain_of_parts(f: Expr, x: Expr) -> list[Expr]:
    """Parts from x to f, both left out, where a function begins that is not linear in the part."""
    free = free_indices(f.parts)
    order = [node for node in f.parts if _depends(f, x, node) and not free[node]]
    if len(order) > MOST_NODES:
        return []
    through = [node for node in order if node is not x and node is not f and not _reaches(f, x, node)]
    kept = []
    for part, after in zip(through, [*through, f][1:], strict=True):
        is_norm = part.data is NORM2 and after.kind == "pow"  # norm2(u)^2 is one part
        if part.kind not in ("variable", "transpose") and not is_norm and not _is_linear(after, part, x):
            kept.append(part)
    return kept


def _depends(f: Expr, x: Expr, node: Expr) -> bool:
    return node is x or any(v is x for v in variables(node))


def _reaches(f: Expr, x: Expr, without: Expr) -> bool:
    """Whether x is reached from f without going through a part."""
    seen = {without}
    stack = [f]
    while stack:
        node = stack.pop()
        if node is x:
            return True
        if node not in seen:
            seen.add(node)
            stack += node.operands
    return False


def _is_linear(after: Expr, part: Expr, x: Expr) -> bool:
    """Whether a formula is a linear map of a part of it, plus a constant."""
    node_kinds = []
    for node in after.parts:
        if node is part or not any(p is part for p in node.parts):
            continue
        node_kinds.append(_linear_node(node, part))
    return all(node_kinds)


def _linear_node(node: Expr, part: Expr) -> bool:
    moving = [any(p is part for p in operand.parts) for operand in node.operands]
    if node.kind in ("add", "sub", "neg", "transpose", "entry", "blocks"):
        return True
    if node.kind in ("mul", "hadamard"):
        return sum(moving) == 1
    if node.kind in ("div", "eldiv"):
        return not moving[1]
    return node.kind == "call" and node.data.contracts and sum(moving) == 1


def moving_terms(f: Expr, x: Expr) -> list[Expr]:
    """The terms of a sum that depend on a variable, with their signs; traces and multiples of sums are opened."""
    return [term for term in _terms(f, x) if x in variables(term)]


def sum_of(terms: list[Expr]) -> Expr:
    """Terms written one after another, their signs between them."""
    return reduce(lambda a, b: a - _negative(b) if leads_with_minus(b) else a + b, terms)


def _terms(f: Expr, x: Expr) -> list[Expr]:
    if f.kind == "add":
        return [*_terms(f.operands[0], x), *_terms(f.operands[1], x)]
    if f.kind == "sub":
        return [*_terms(f.operands[0], x), *map(_negative, _terms(f.operands[1], x))]
    if f.kind == "neg":
        return [_negative(term) for term in _terms(f.operands[0], x)]
    k = _opened_operand(f, x)
    if k is None:
        return [f]
    return [_with_operand(f, k, term) for term in _terms(f.operands[k], x)]


def _with_operand(f: Expr, k: int, term: Expr) -> Expr:
    """The formula with another operand, whose sign comes before the whole."""
    if leads_with_minus(term):
        return _negative(_with_operand(f, k, _negative(term)))
    return Expr(f.kind, (*f.operands[:k], term, *f.operands[k + 1 :]), f.data, f.shape)


def leads_with_minus(term: Expr) -> bool:
    if term.kind in ("mul", "div", "hadamard", "eldiv"):
        return leads_with_minus(term.operands[0])
    return term.kind == "neg" or (term.kind == "number" and term.data < 0)


def _opened_operand(f: Expr, x: Expr) -> int | None:
    """The operand that is a sum, of a trace, a sum of entries, or a constant multiple."""
    if f.kind == "call" and f.data.contracts:
        return 0
    if f.kind == "mul" and f.operands[0].shape.is_scalar and x not in variables(f.operands[0]):
        return 1
    if f.kind == "div" and x not in variables(f.operands[1]):
        return 0
    return None


def _negative(term: Expr) -> Expr:
    if term.kind == "neg":
        return term.operands[0]
    if term.kind == "number":
        return number(-term.data)
    if term.kind in ("mul", "div", "hadamard", "eldiv"):
        return Expr(term.kind, (_negative(term.operands[0]), *term.operands[1:]), term.data, term.shape)
    return neg(term)


def fresh(name: str, *exprs: Expr) -> str:
    """A name that no variable of the formulas has."""
    taken = {name_of(v) for e in exprs for v in variables(e)}
    while name in taken:
        name += "_"
    return name
