"""What is known of the value of a formula."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.expr import Expr
from matcalc.lowering.lower import lower
from matcalc.network import properties
from matcalc.network.build import add, contract, delta, scale
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Indices, Node, constant_value
from matcalc.network.views import transpose
from matcalc.rational import Fraction
from matcalc.validity.members import at_a_member, member_forms

_1 = Fraction(1)
MOST_MULTIPLIED = 100  # nodes in a matrix that is multiplied by itself to see what becomes of it


def facts_of(expr: Expr) -> tuple[str, ...]:
    """What is known of the value of a formula."""
    view = lower(expr)
    node = at_a_member(view.node, member_forms()) or view.node
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
    ("permutation", lambda node: _is_orthogonal(node) and properties.is_nonnegative(node)),
    ("orthogonal", lambda node: _is_orthogonal(node)),
    ("idempotent", lambda node: _is_idempotent(node)),
    ("invertible", lambda node: node.rank == 2 and properties.is_invertible(node)),
    ("of full column rank", lambda node: node.rank == 2 and properties.has_full_column_rank(node)),
    ("of full row rank", lambda node: node.rank == 2 and properties.has_full_row_rank(node)),
    ("row-stochastic", lambda node: _is_stochastic(node)),
    ("Toeplitz", lambda node: node.rank == 2 and not _is_leaf(node) and _is_toeplitz(node)),
    ("lower triangular", lambda node: properties.has_fact(node, "lower")),
    ("upper triangular", lambda node: properties.has_fact(node, "upper")),
    ("positive", properties.is_positive),
    ("nonnegative", properties.is_nonnegative),
    ("of unit norm", lambda node: node.rank > 0 and properties.has_unit_norm(node)),
    ("summing to one", lambda node: node.rank > 0 and properties.sums_to_one(node)),
)


def _is_square(node: Node) -> bool:
    return node.rank == 2 and node.dims[0] is node.dims[1]


def _product(left: Node, first: Indices, right: Node, second: Indices, out: Indices = (0, 1)) -> Node:
    """A product of two matrices, by which indices their axes have."""
    sizes = dict(zip((*first, *second), (*left.dims, *right.dims), strict=True))
    return contract(_1, [Factor(left, first, _1), Factor(right, second, _1)], out, sizes)


def _is_leaf(node: Node) -> bool:
    """Whether a matrix is a multiple of the identity or has equal entries: then more need not be said."""
    return node.kind == "contraction" and not any(operand.rank for operand in node.operands)


def _is_idempotent(node: Node) -> bool:
    """Whether the square is the matrix itself, by form."""
    if not _is_square(node) or _is_leaf(node) or node.weight > MOST_MULTIPLIED:
        return False
    return _product(node, (0, 2), node, (2, 1)) is node


def _is_orthogonal(node: Node) -> bool:
    """Whether the product with its transpose is the identity, by form."""
    if not _is_square(node) or _is_leaf(node) or node.weight > MOST_MULTIPLIED:
        return False
    return properties.is_orthogonal(node) or _product(node, (2, 0), node, (2, 1)) is delta(node.dims[0])


def _is_stochastic(node: Node) -> bool:
    """Whether no entry is negative, and each row sums to one by form: products of such matrices are among them."""
    if node.rank != 2 or _is_leaf(node) or not properties.is_nonnegative(node):
        return False
    scaled, inner = split_coefficient(node)
    terms = [(scaled * c, term) for c, term in inner.terms] if inner.kind == "sum" else [(_1, node)]
    return constant_value(add([(c, _row_sums(term)) for c, term in terms], node.dims[:1])) == 1


def _row_sums(node: Node) -> Node:
    return contract(_1, [Factor(node, (0, 1), _1)], (0,), dict(enumerate(node.dims)))


def _is_toeplitz(node: Node) -> bool:
    """Whether the entries along each diagonal are equal: of sums of such matrices, of multiples, and of constants."""
    if node.kind == "sum":
        return all(map(_is_toeplitz, node.operands))
    if node.kind != "contraction":
        return properties.has_fact(node, "toeplitz")
    matrices = [factor for factor in node.factors if factor.indices]
    if not matrices:
        return True
    return (
        len(matrices) == 1
        and len(set(matrices[0].indices)) == 2 == len(set(node.product.out))
        and (set(matrices[0].indices) == set(node.product.out) and _is_toeplitz(matrices[0].node))
    )


_IMPLIED = {
    "permutation": ("orthogonal", "invertible", "nonnegative", "row-stochastic"),
    "row-stochastic": ("nonnegative",),
    "invertible": ("of full column rank", "of full row rank"),
    "diagonal": ("symmetric",),
    "positive definite": ("positive semidefinite", "invertible"),
    "negative definite": ("negative semidefinite", "invertible"),
    "orthogonal": ("invertible",),
    "positive": ("nonnegative",),
}
