"""Where a formula is defined: "X invertible", "norm2(x) ≠ 0", "x > 0". What declared facts ensure is not said."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.expr import Expr
from matcalc.network import properties
from matcalc.network.build import scale
from matcalc.network.lift import Lifter
from matcalc.network.lower import lower, lower_all
from matcalc.network.nodes import Factor, Node, constant_value, is_function
from matcalc.network.views import transpose
from matcalc.notation.text import to_text
from matcalc.rational import Fraction
from matcalc.walk import postorder

_1 = Fraction(1)

# Where functions are defined and differentiable, unless facts ensure it.
_CONDITIONS: dict[str, tuple[str, Callable[[Node], bool] | None]] = {
    "inv": ("invertible", properties.is_invertible),
    "logdet": ("invertible", properties.is_invertible),
    "cholesky": ("positive definite", properties.is_definite),
    "log": ("> 0", properties.is_positive),
    "power": ("> 0", properties.is_positive),
    "log1p": ("> -1", properties.is_nonnegative),
    "arcsin": ("between -1 and 1", None),
    "arccos": ("between -1 and 1", None),
    "sqrtm": ("without eigenvalues ≤ 0", properties.is_definite),
    "logm": ("without eigenvalues ≤ 0", properties.is_definite),
    "pinv": ("of constant rank", properties.is_invertible),
    "polar": ("of full rank", properties.is_invertible),
    "dpolar": ("of full rank", properties.is_invertible),
    "nuclearnorm": ("of full rank", properties.is_invertible),
    "spectralnorm": ("with one largest singular value", None),
    "leftsv": ("with one largest singular value", None),
    "rightsv": ("with one largest singular value", None),
    "eigvals": ("symmetric", properties.is_symmetric),
    "eigvecs": ("symmetric", properties.is_symmetric),
    "eiggap": ("with distinct eigenvalues", None),
}


def conditions(*exprs: Expr) -> tuple[str, ...]:
    """The conditions under which every part of formulas is defined and differentiable, in order of appearance."""
    found: dict[str, None] = {}
    writer = Lifter()
    for node in postorder(*(view.node for view in lower_all(list(exprs)))):
        for part, text in _conditions(node):
            found.setdefault(f"{to_text(writer.default(part), whole=True)} {text}")
    return tuple(found)


def _conditions(node: Node) -> list[tuple[Node, str]]:
    if node.kind == "contraction":
        return [c for factor in node.factors for c in _of_power(factor)]
    if node.kind not in ("opaque", "elementwise") or node.operands[0].rank > 2:
        return []
    operand = node.operands[0]
    text, ensured = _CONDITIONS.get(node.data.name, ("", None))
    return [] if not text or (ensured is not None and ensured(operand)) else [(operand, text)]


def _of_power(factor: Factor) -> list[tuple[Node, str]]:
    """A divisor is not zero; what has a root taken of it is not negative."""
    node, _, exponent = factor
    if node.rank > 2 or properties.is_positive(node):
        return []
    if exponent.denominator % 2 == 0:
        if properties.is_nonnegative(node):
            return [(node, "≠ 0")] if exponent < 0 else []
        return [(node, "> 0" if exponent < 0 else "≥ 0")]
    return [(node, "≠ 0")] if exponent < 0 else []


def facts_of(expr: Expr) -> tuple[str, ...]:
    """What is known of the value of a formula."""
    view = lower(expr)
    node = view.node
    if node.rank <= 2 and view.rows <= 1:
        known = [name for name, holds in _FACTS if holds(node)]
    else:
        turned = transpose(view)
        known = ["symmetric"] if turned.rows == view.rows and turned.node is node else []
    implied = {weaker for name in known for weaker in _IMPLIED.get(name, ())}
    return tuple(name for name in known if name not in implied)


_FACTS: tuple[tuple[str, Callable[[Node], bool]], ...] = (
    ("zero", lambda node: constant_value(node) == 0),
    ("diagonal", properties.is_diagonal),
    ("symmetric", properties.is_symmetric),
    ("skew", properties.is_skew),
    ("positive definite", lambda node: node.rank == 2 and properties.is_definite(node)),
    ("positive semidefinite", lambda node: node.rank == 2 and properties.is_definite(node, semi=True)),
    ("negative definite", lambda node: node.rank == 2 and properties.is_definite(scale(-_1, node))),
    ("negative semidefinite", lambda node: node.rank == 2 and properties.is_definite(scale(-_1, node), semi=True)),
    ("orthogonal", lambda node: node.rank == 2 and properties.is_orthogonal(node)),
    ("invertible", lambda node: node.rank == 2 and properties.is_invertible(node)),
    ("lower triangular", lambda node: properties.has_fact(node, "lower") or is_function(node, "cholesky")),
    ("upper triangular", lambda node: properties.has_fact(node, "upper")),
    ("positive", properties.is_positive),
    ("nonnegative", properties.is_nonnegative),
    ("of unit norm", lambda node: node.rank > 0 and properties.has_unit_norm(node)),
    ("summing to one", lambda node: node.rank > 0 and properties.sums_to_one(node)),
)

_IMPLIED = {
    "diagonal": ("symmetric",),
    "positive definite": ("positive semidefinite", "invertible"),
    "negative definite": ("negative semidefinite", "invertible"),
    "orthogonal": ("invertible",),
    "positive": ("nonnegative",),
}
