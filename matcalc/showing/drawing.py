"""Pictures of formulas: as the tree that was written, the network that is derived, and the plan that computes it."""

from __future__ import annotations

from string import ascii_lowercase

from matcalc.api import plan
from matcalc.boundary import checked_arguments
from matcalc.drawing.boxes import Arrow, Box
from matcalc.drawing.diagram import MOST_BOXES, Diagram, diagram
from matcalc.errors import MatcalcError, shown
from matcalc.expr import LEAVES, Expr
from matcalc.lowering.lower import lower
from matcalc.network.nodes import Node, Product
from matcalc.notation.operators import OPERATORS
from matcalc.numerals import written
from matcalc.plans.plan import Plan
from matcalc.walk import postorder

KINDS = ("formula", "network", "plan")
_LEAVES: dict[str, str] = {kind: "input" if kind == "variable" else "number" for kind in LEAVES}
_WRITTEN_OUT = 20_000  # boxes up to which a diagram is made, to be written for other programs
_IN_ORDER = ("sub", "mul", "div", "eldiv", "pow", "elpow", "call", "blocks")  # where the order of operands counts


@checked_arguments
def draw(what: Expr | Plan, kind: str = "formula") -> Diagram:
    """A diagram of a formula: a notebook shows the picture, and ``to_svg``, ``to_dot`` and ``to_mermaid`` write it.

    ``kind="formula"`` draws what was written, with its shapes; ``"network"`` the contractions that it becomes, with
    their indices; ``"plan"`` the steps that compute it, with their costs. A plan is drawn as it is.

    Raises:
        MatcalcError: the kind is not known, or there are more parts than can be written.
    """
    if isinstance(what, Plan):
        return what.diagram()
    if kind not in KINDS:
        raise MatcalcError(f"unknown kind: {shown(kind)}", f"known: {', '.join(KINDS)}").about("kind")
    if kind == "plan":
        return plan(what).diagram()
    return _of_formula(what) if kind == "formula" else _of_network(what)


def _of_formula(expr: Expr) -> Diagram:
    parts = expr.parts
    _check_count(len(parts))
    names = {part: f"p{k}" for k, part in enumerate(parts)}
    boxes, arrows = [], []
    for part in parts:
        kind = "result" if part is expr else _LEAVES.get(part.kind, "step")
        boxes.append(Box(names[part], (_sign(part), str(part.shape)), kind))
        numbered = part.kind in _IN_ORDER and len(part.operands) > 1
        arrows += [
            Arrow(names[operand], names[part], str(k) if numbered else "") for k, operand in enumerate(part.operands, 1)
        ]
    return diagram(f"formula {expr.short}", boxes, arrows)


def _sign(part: Expr) -> str:
    """What a part does to its operands; a leaf as it is written."""
    if part.kind in OPERATORS:
        return "transpose" if part.kind == "transpose" else OPERATORS[part.kind].symbol.strip()
    if part.kind == "call":
        return str(part.data.name)
    if not part.operands:
        return str(part.data) if part.kind == "size" else str(part)
    return part.kind if part.kind != "entry" else "part"


def _of_network(expr: Expr) -> Diagram:
    root = lower(expr).node
    nodes = postorder(root)
    _check_count(len(nodes))
    names = {node: f"n{k}" for k, node in enumerate(nodes)}
    boxes, arrows = [], []
    for node in nodes:
        shape = "×".join(map(str, node.dims)) or "1"
        kind = "result" if node is root else _LEAVES.get(node.kind, "step")
        boxes.append(Box(names[node], (_what(node), shape), kind))
        numbered = len(node.operands) > 1 and node.kind != "elementwise"
        arrows += [
            Arrow(names[operand], names[node], str(k) if numbered else "") for k, operand in enumerate(node.operands, 1)
        ]
    return diagram(f"network of {expr.short}", boxes, arrows)


def _what(node: Node) -> str:
    """What a node does: a contraction by its indices, as NumPy's einsum has them, a sum by its coefficients."""
    if node.kind == "contraction":
        return _indices(node.product)
    if node.kind == "sum":
        signs = (f"{'+' if c > 0 else '-'}{'' if abs(c) == 1 else written(abs(c))}" for c in node.coefficients)
        return f"sum {' '.join(signs)}"
    if node.kind == "variable":
        return str(node.variable)
    if node.kind == "size":
        return str(node.dimension)
    if node.kind == "constant":
        return str(node.constant)
    if node.kind in ("elementwise", "opaque"):
        return node.function.name
    return node.kind


def _indices(product: Product) -> str:
    def letters(indices: tuple[int, ...]) -> str:
        return "".join(ascii_lowercase[i] if i < len(ascii_lowercase) else f"({i})" for i in indices)

    factors = [
        letters(indices) + ("" if exponent == 1 else f"^{written(exponent)}")
        for indices, exponent in zip(product.indices, product.exponents, strict=True)
    ]
    scale = "" if product.coefficient == 1 else f"{written(product.coefficient)} · "
    return f"{scale}{','.join(factors)}→{letters(product.out)}"


def _check_count(count: int) -> None:
    if count > _WRITTEN_OUT:
        raise MatcalcError(
            f"a diagram of {count} parts is too large", f"at most {MOST_BOXES} are drawn, {_WRITTEN_OUT} written",
            hint="draw a part of the formula",
        ).about("what")  # fmt: skip
