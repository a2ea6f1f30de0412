"""What is known of the value of a formula."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.expr import Expr
from matcalc.lowering.lower import lower
from matcalc.network import properties
from matcalc.network.build import scale
from matcalc.network.nodes import Node, constant_value
from matcalc.network.views import transpose
from matcalc.rational import Fraction
from matcalc.validity.members import at_a_member

_1 = Fraction(1)


def facts_of(expr: Expr) -> tuple[str, ...]:
    """What is known of the value of a formula."""
    view = lower(expr)
    node = at_a_member(view.node) or view.node
    node = node if node.rank == view.rank else view.node
    if node.rank <= 2 and view.rows <= 1:
        known = [name for name, holds in _FACTS if holds(node)]
    else:
        transposed = transpose(view)
        known = ["symmetric"] if transposed.rows == view.rows and transposed.node is node else []
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
    ("lower triangular", lambda node: properties.has_fact(node, "lower")),
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
