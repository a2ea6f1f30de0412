"""The operator table: one precedence for the reader and all the printers."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.records import NamedTuple

# A sum over indices takes the products behind it; x .* A y: a product without a sign binds tighter than with one;
# x^-2: a sign in an exponent binds to the atom behind it.
OR, AND, NOT, COMPARISON, SUM, TOTAL, PRODUCT, JUXTAPOSED, PREFIX, POWER, SIGN_IN_EXPONENT, ATOM = range(1, 13)


class Operator(NamedTuple):
    kind: str
    symbol: str
    precedence: int
    pretty: str


OPERATORS = {
    op.kind: op
    for op in (
        Operator("add", " + ", SUM, " + "),
        Operator("sub", " - ", SUM, " - "),
        Operator("mul", "*", PRODUCT, "·"),
        Operator("div", "/", PRODUCT, "/"),
        Operator("hadamard", ".*", PRODUCT, "⊙"),
        Operator("eldiv", "./", PRODUCT, "⊘"),
        Operator("pow", "^", POWER, "^"),
        Operator("elpow", ".^", POWER, ".^"),
        Operator("neg", "-", PREFIX, "-"),
        Operator("transpose", "'", POWER, "ᵀ"),
    )
}

# Between conditions and the sides of comparisons, which are calls: by the name of their record.
CONDITIONS = {"or": OR, "and": AND, "not": NOT, **dict.fromkeys((">", "<", ">=", "<=", "==", "!="), COMPARISON)}

INFIX = {op.symbol.strip(): op for op in OPERATORS.values() if op.kind not in ("neg", "transpose")} | {
    "·": Operator("dot", "·", PRODUCT, "·"),
    "⊙": OPERATORS["hadamard"],
    "⊘": OPERATORS["eldiv"],
    "⊗": Operator("kron", "⊗", PRODUCT, "⊗"),
    "**": Operator("starpow", "**", POWER, "**"),
    "\\": Operator("solve", "\\", PRODUCT, "\\"),
    **{name: Operator(name, name, level, name) for name, level in CONDITIONS.items() if name != "not"},
}
CALLED = ("solve", "inner", *CONDITIONS)  # what is written between operands and is a function of them


def wants_brackets(node: Expr) -> bool:
    """Whether the left operand of a product is told apart by brackets, which the grammar does not ask for.

    These are scalars that are products of matrices, (x'*A*x)*x, and products beside others: (X*w).*y, (A.*B)*x.
    """
    left = node.operands[0]
    if node.kind == "mul" and not left.shape.is_scalar:
        return left.kind in ("hadamard", "eldiv")
    if node.kind != "mul" and (node.kind not in ("hadamard", "eldiv") or left.shape.is_scalar):
        return False
    return left.kind == "mul" and not any(operand.shape.is_scalar for operand in left.operands)
