"""Which rule a formula is derived by, in words, with its source."""

from __future__ import annotations

from matcalc.bound import is_product
from matcalc.expr import UNDER, Expr, name_of
from matcalc.parts import variables

LINEAR = "linear in"  # followed by what
_LINEAR = ("add", "sub", "neg", "transpose", "mul", "hadamard", "div", "eldiv", "entry", "blocks", *UNDER)


def rule_of(f: Expr, x: Expr) -> str:
    """The rule by which a layer is derived, with its source where the function has one."""
    if x not in variables(f):
        return f"{name_of(x)} does not occur"
    node = f
    while node is not x:  # down to where more than one part moves, or a function begins
        moving = [o for o in node.operands if x in variables(o)]
        linear = node.kind in _LINEAR and not is_product(node)
        if len(moving) != 1 or not (linear or (node.kind == "call" and node.data.contracts)):
            break
        if node.kind in ("div", "eldiv") and moving[0] is node.operands[1]:
            return "quotient rule"
        node = moving[0]
    if node.kind == "call" and node.data.contracts and sum(x in variables(o) for o in node.operands) > 1:
        return "product rule"
    if node.kind == "call" and node.data.abstract is not None:
        return f"its Jacobian is D({node.data.name})"
    if node.kind == "call":
        rule = node.data.derivative or node.data.differential or node.data.definition
        what = "the derivative is" if node.data.derivative else "d is" if node.data.differential else "it is"
        source = f" ({node.data.source})" if node.data.source else ""
        return f"{node.data.name}: {what} {rule}{source}"
    if is_product(node):
        return "product rule"
    if node.kind in ("pow", "elpow"):
        return "power rule"
    moving = [o for o in node.operands if x in variables(o)]
    if node.kind in ("mul", "hadamard") and len(moving) > 1:
        return "product rule"
    if node.kind in ("div", "eldiv") and len(moving) > 1:
        return "quotient rule"
    if node.kind in ("add", "sub") and len(moving) > 1:
        return "sum rule"
    return f"{LINEAR} {name_of(x)}"
