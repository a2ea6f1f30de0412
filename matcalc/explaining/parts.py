"""The parts of a formula through which all that depends on a variable goes: u₁, u₂, … of the chain rule."""

from __future__ import annotations

from matcalc.expr import Expr, name_of, variable, variables
from matcalc.walk import postorder

MOST_NODES = 400


def chain_of_parts(f: Expr, x: Expr) -> list[Expr]:
    """Parts from x to f, both left out, where a function begins that is not linear in the part."""
    order = [node for node in postorder(f) if _depends(f, x, node)]
    if len(order) > MOST_NODES:
        return []
    through = [node for node in order if node is not x and node is not f and not _reaches(f, x, node)]
    kept = []
    for part, after in zip(through, [*through, f][1:], strict=True):
        is_norm = part.kind == "call" and part.data.name == "norm2" and after.kind == "pow"  # norm2(u)^2 is one part
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
    for node in postorder(after):
        if node is part or not any(p is part for p in postorder(node)):
            continue
        node_kinds.append(_linear_node(node, part))
    return all(node_kinds)


def _linear_node(node: Expr, part: Expr) -> bool:
    moving = [any(p is part for p in postorder(operand)) for operand in node.operands]
    if node.kind in ("add", "sub", "neg", "transpose", "entry"):
        return True
    if node.kind in ("mul", "hadamard"):
        return sum(moving) == 1
    if node.kind in ("div", "eldiv"):
        return not moving[1]
    return node.kind == "call" and node.data.contracts and sum(moving) == 1


def named_part(part: Expr, k: int, taken: set[str]) -> Expr:
    """A variable u1, u2, … for a part."""
    name = f"u{k}"
    while name in taken:
        name += "_"
    return variable(name, *part.shape)


def all_names(*exprs: Expr) -> set[str]:
    return {name_of(v) for e in exprs for v in variables(e)}
