"""Functions of multiples, of diagonal matrices, and of matrices scaled by rows and columns.

A diagonal matrix times another one is a product entry by entry in the network; here it is seen as a matrix product
again, so that inv(diag(s)*X*diag(t)) is inv(diag(t))*inv(X)*inv(diag(s)), and so that cholesky(c*X) is
sqrt(c)*cholesky(X). What a record says of diagonal matrices (``of_diagonal``) is not repeated here.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.functions import FUNCTIONS
from matcalc.network import properties
from matcalc.network.build import contract, number, permute, spread_axes, unspread
from matcalc.network.matching import applied
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.rational import Fraction, rational_power

_1 = Fraction(1)
_HALF = Fraction(1, 2)


def diagonal_of(node: Node) -> Node | None:
    """The diagonal of a matrix that is diagonal by form."""
    if node.kind != "contraction" or node.rank != 2 or node.data.out[0] != node.data.out[1]:
        return None
    return contract(node.data.coefficient, node.factors, node.data.out[:1], dict(enumerate(node.data.sizes)))


def diagonal_matrix(vector: Node) -> Node:
    return contract(_1, [Factor(vector, (0,), _1)], (0, 0), {0: vector.dims[0]})


def unscaled(node: Node) -> tuple[Node, ...] | None:
    """The matrices of D*X*E, D*X or X*E, where D and E are diagonal by form; None for anything else."""
    if node.kind != "contraction" or node.rank != 2 or node.dims[0] is not node.dims[1]:
        return None
    row, column = node.data.out
    if row == column:
        return None
    left = [f for f in node.factors if f.indices == (row,)]
    right = [f for f in node.factors if f.indices == (column,)]
    others = [f for f in node.factors if f not in left and f not in right]
    on_others = {i for f in others for i in f.indices}
    if not (left or right) or not {row, column} <= on_others:
        return None  # u*v' has no matrix in between
    sizes = dict(enumerate(node.data.sizes))
    core = contract(node.data.coefficient, others, (row, column), dict(sizes))
    first = contract(_1, left, (row, row), dict(sizes))
    last = contract(_1, right, (column, column), dict(sizes))
    return (*([first] if left else []), core, *([last] if right else []))


def matrices_of(node: Node) -> list[Node] | None:
    """The matrices of a product of square matrices, in order; None for anything else.

    A vector on an index between two matrices is a diagonal matrix there.
    """
    if node.kind != "contraction" or node.rank != 2:
        return None
    data = node.data
    first, last = data.out
    if first == last or any(size is not data.sizes[0] for size in data.sizes):
        return None
    left = [f for f in node.factors if f.indices]
    if any(len(f.indices) > 2 or (f.exponent != 1 and len(f.indices) == 2) for f in left):
        return None
    ordered: list[Node] = []
    at = first
    while left:
        step = [f for f in left if at in f.indices]
        vectors = [f for f in step if len(f.indices) == 1]
        if vectors:
            ordered.append(contract(_1, vectors, (at, at), {at: data.sizes[at]}))
            step = [f for f in step if f not in vectors]
            left = [f for f in left if f not in vectors]
        if len(step) != 1 or step[0].indices[0] == step[0].indices[1]:
            return ordered if at == last and not left else None
        left.remove(step[0])
        a, b = step[0].indices
        ordered.append(step[0].node if a == at else permute(step[0].node, (1, 0)))
        at = b if a == at else a
    return ordered if at == last else None


def multiple(node: Node) -> tuple[Node, Node] | None:
    """The scalar c and the matrix X of c*X; None where there is no c."""
    if node.kind != "contraction" or node.rank != 2:
        return None
    scalars = [f for f in node.factors if not f.indices]
    if not scalars and abs(node.data.coefficient) == 1:
        return None
    others = [f for f in node.factors if f.indices]
    scalar = contract(node.data.coefficient, scalars, (), {})
    return scalar, contract(_1, others, node.data.out, dict(enumerate(node.data.sizes)))


def times(scalar: Node, node: Node) -> Node:
    out = tuple(range(node.rank))
    return contract(_1, [Factor(scalar, (), _1), Factor(node, out, _1)], out, dict(enumerate(node.dims)))


def chained(matrices: tuple[Node, ...]) -> Node:
    """The product of square matrices."""
    factors = [Factor(matrix, (k, k + 1), _1) for k, matrix in enumerate(matrices)]
    sizes = dict.fromkeys(range(len(matrices) + 1), matrices[0].dims[0])
    return contract(_1, factors, (0, len(matrices)), sizes)


# ---------------------------------------------------------------- functions
def cholesky(node: Node) -> Node | None:
    """cholesky(c*X) = sqrt(c)*cholesky(X), and cholesky(D*X*D) = D*cholesky(X) for D > 0."""
    found = multiple(node)
    if found is not None and (properties.is_positive(found[0]) or properties.is_definite(found[1])):
        return _times_root(*found, "cholesky")
    scaled = unscaled(node)
    if scaled is not None and scaled[0] is scaled[-1]:
        vector = diagonal_of(scaled[0])
        if vector is not None and properties.is_positive(vector):
            return chained((scaled[0], applied("cholesky", scaled[1])))
    return None


def sqrtm(node: Node) -> Node | None:
    """sqrtm(c*X) = sqrt(c)*sqrtm(X) for c > 0."""
    found = multiple(node)
    return None if found is None or not properties.is_positive(found[0]) else _times_root(*found, "sqrtm")


def _root(node: Node) -> Node:
    out = tuple(range(node.rank))
    return contract(_1, [Factor(node, out, _HALF)], out, dict(enumerate(node.dims)))


def _times_root(scalar: Node, matrix: Node, name: str) -> Node | None:
    """sqrt(c)*f(X) of c*X; a number without a rational root stays where it is."""
    value = constant_value(scalar)
    if value is not None and rational_power(value, _HALF) is None:
        return None
    return times(_root(scalar), applied(name, matrix))


def eigvals(node: Node) -> Node | None:
    """eigvals(c*eye(n)) = c*ones(n), and eigvals(c*X) = c*eigvals(X) for c > 0, which keeps their order."""
    diagonal = diagonal_of(node)
    if diagonal is not None:
        return diagonal if _is_constant(diagonal) else None
    found = multiple(node)
    return times(found[0], applied("eigvals", found[1])) if found and properties.is_positive(found[0]) else None


def eigvecs(node: Node) -> Node | None:
    """eigvecs(c*X) = eigvecs(X) for c > 0."""
    found = multiple(node)
    return applied("eigvecs", found[1]) if found and properties.is_positive(found[0]) else None


def norm_of_singular_values(name: str, total: Callable[[Node], Node]) -> Callable[[Node], Node | None]:
    """A norm of the singular values: those of diag(x) are abs(x), and those of c*X are abs(c) times those of X."""

    def special(node: Node) -> Node | None:
        diagonal = diagonal_of(node)
        if diagonal is not None:
            return total(_entrywise("abs", diagonal))
        found = multiple(node)
        return times(_entrywise("abs", found[0]), applied(name, found[1])) if found else None

    return special


def largest(node: Node) -> Node:
    """The largest entry of a vector."""
    return applied("max", node)


def of_equal_entries(node: Node) -> Node | None:
    """The entry of an array whose entries are equal by form."""
    equal = node.kind == "contraction" and len(spread_axes(node)) == node.rank
    return unspread(node, ()) if equal else None


def summed(node: Node) -> Node:
    return contract(_1, [Factor(node, (0,), _1)], (), {0: node.dims[0]})


def polar(node: Node) -> Node | None:
    """polar(diag(x)) = diag(sign(x)), and polar(c*X) = sign(c)*polar(X)."""
    diagonal = diagonal_of(node)
    if diagonal is not None:
        return diagonal_matrix(_sign(diagonal))
    found = multiple(node)
    return None if found is None else times(_sign(found[0]), applied("polar", found[1]))


def _sign(node: Node) -> Node:
    return number(_1, node.dims) if properties.is_positive(node) else _entrywise("sign", node)


def _entrywise(name: str, node: Node) -> Node:
    from matcalc.network.functions import elementwise

    return elementwise(FUNCTIONS[name], (node,))


def _is_constant(vector: Node) -> bool:
    """Whether the entries of a vector are equal by form."""
    return vector.kind == "contraction" and spread_axes(vector) == (0,)
