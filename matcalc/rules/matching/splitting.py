"""Nodes read as X*Y, s*X, s*x*y', D*X*D, diag(x), s*I, x*one_n', where letters of a line are not known yet.

Each has at most one way to be split, where the first letter takes as little as it can.
"""

from __future__ import annotations

from matcalc.functions import LEVICIVITA
from matcalc.network.build import contract, permute
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Indices, Node, constant_value, is_function
from matcalc.rational import Fraction
from matcalc.rules.matching.patterns import Multiplied
from matcalc.shape import Dim

_1 = Fraction(1)


def split(pattern: Multiplied, node: Node) -> tuple[Node, ...] | None:
    """What the letters of a pattern of letters alone stand for, in the order of their indices."""
    ranks = sorted(len(part.indices) for part in pattern.parts)
    if len(ranks) == 1:
        within = _of_one_letter(pattern.parts[0].indices, pattern.out, node)
        return None if within is None else (within,)
    if ranks == [0, 1]:
        return _scalar_and_rest(node)
    if ranks == [0, 2]:
        return _scalar_and_matrix(node)
    if ranks == [2, 2]:
        return _first_and_rest(node)
    if ranks == [1, 1, 2]:
        return _scaled_matrix(node)
    return _scalar_and_columns(node) if ranks == [0, 1, 1] else None


def _of_one_letter(indices: Indices, out: Indices, node: Node) -> Node | None:
    """X of X', x of diag(x) and of x*one_n', s of s*I."""
    if node.rank != len(out):
        return None
    axes = {i: out.index(i) for i in out}
    tied, free = len(axes) < len(out), set(out) - set(indices)
    if not tied and not free:
        return permute(node, tuple(axes[i] for i in indices))
    if node.kind != "contraction":
        return None
    places = node.product.out
    own = {places[axes[i]] for i in indices}
    used = {i for f in node.factors for i in f.indices} | own
    if any(places[axes[i]] != at for i, at in zip(out, places, strict=True)) or len(set(places)) < len(axes):
        return None
    if any(places[axes[i]] in used for i in free):
        return None
    sizes = dict(enumerate(node.product.sizes))
    return contract(node.product.coefficient, node.factors, tuple(places[axes[i]] for i in indices), sizes)


def diagonal_of(node: Node) -> Node | None:
    """The diagonal of a matrix that is diagonal by form: x of diag(x)."""
    if node.kind != "contraction" or node.rank != 2 or node.product.out[0] != node.product.out[1]:
        return None
    return contract(node.product.coefficient, node.factors, node.product.out[:1], dict(enumerate(node.product.sizes)))


def vector_of_skew(node: Node) -> Node | None:
    """The vector of a matrix that is skew by form: x of hat(x)."""
    if node.kind != "contraction" or node.rank != 2:
        return None
    for symbol in node.factors:
        if (
            is_function(symbol.node, LEVICIVITA)
            and symbol.exponent == 1
            and set(node.product.out) < set(symbol.indices)
        ):
            rest = [f for f in node.factors if f != symbol]
            if rest and not any(set(node.product.out) & set(f.indices) for f in rest):
                i, j = (symbol.indices.index(end) for end in node.product.out)
                sign = -1 if (j - i) % 3 == 1 else 1  # hat(x)[i,j] is -e[i,j,k]*x[k]
                sizes = dict(enumerate(node.product.sizes))
                return contract(sign * node.product.coefficient, rest, (symbol.indices[3 - i - j],), sizes)
    return None


def _scalar_and_rest(node: Node) -> tuple[Node, Node]:
    """s and x of s*x."""
    if node.kind != "contraction":
        return number(_1), node
    sizes = dict(enumerate(node.product.sizes))
    return _scalars(node), contract(_1, [f for f in node.factors if f.indices], node.product.out, sizes)


def _scalar_and_columns(node: Node) -> tuple[Node, Node, Node] | None:
    """s, x and y of s*x*y'."""
    if node.kind != "contraction" or node.rank != 2:
        return None
    arrays = [f for f in node.factors if f.indices]
    first, last = [(i,) for i in node.product.out]
    if first == last or len(arrays) != 2 or any(f.exponent != 1 for f in arrays):
        return None
    at = {f.indices: f.node for f in arrays}
    return (_scalars(node), at[first], at[last]) if at.keys() == {first, last} else None


def _first_and_rest(node: Node) -> tuple[Node, Node] | None:
    """X and Y of X*Y, where X is the first of the square matrices that a node is the product of, without a scalar."""
    matrices = _matrices_of(node)
    if len(matrices) < 2 or constant_value(_scalars(node)) != 1:
        return None
    return matrices[0], _product(matrices[1:])


def _scalar_and_matrix(node: Node) -> tuple[Node, Node] | None:
    """s and X of s*X, where there is a scalar, and it is not zero."""
    if node.kind != "contraction" or constant_value(scalar := _scalars(node)) in (0, 1):
        return None
    arrays = [f for f in node.factors if f.indices]
    return scalar, contract(_1, arrays, node.product.out, dict(enumerate(node.product.sizes)))


def _scaled_matrix(node: Node) -> tuple[Node, Node, Node] | None:
    """x, X and y of diag(x)*X*diag(y), with a scalar in X."""
    if node.kind != "contraction" or node.rank != 2 or node.product.out[0] == node.product.out[1]:
        return None
    row, column = node.product.out
    sizes = dict(enumerate(node.product.sizes))
    left = [f for f in node.factors if f.indices == (row,)]
    right = [f for f in node.factors if f.indices == (column,)]
    rest = [f for f in node.factors if f not in left and f not in right]
    if not (left and right) or not {row, column} <= {i for f in rest for i in f.indices}:
        return None
    matrix = contract(node.product.coefficient, rest, (row, column), sizes)
    return contract(_1, left, (row,), sizes), matrix, contract(_1, right, (column,), sizes)


def _product(matrices: tuple[Node, ...]) -> Node:
    """The product of square matrices."""
    factors = [Factor(matrix, (k, k + 1), _1) for k, matrix in enumerate(matrices)]
    sizes = dict.fromkeys(range(len(matrices) + 1), matrices[0].dims[0])
    return contract(_1, factors, (0, len(matrices)), sizes)


def _matrices_of(node: Node) -> tuple[Node, ...]:
    """The square matrices that a matrix is the product of, in order; none where it is no such product.

    A vector on an index is a diagonal matrix there: the factors of D*X*E are three.
    """
    if node.kind != "contraction" or node.rank != 2 or node.dims[0] is not node.dims[1]:
        return ()
    row, column = node.product.out
    if row == column:
        return ()
    sizes = dict(enumerate(node.product.sizes))
    left = [f for f in node.factors if f.indices == (row,)]
    right = [f for f in node.factors if f.indices == (column,)]
    others = [f for f in node.factors if f.indices and f not in left and f not in right]
    if not {row, column} <= {i for f in others for i in f.indices}:
        return ()  # u*v' has no matrix in between
    inner = _chain(others, row, column, sizes) or [contract(_1, others, (row, column), sizes)]
    first = [contract(_1, left, (row, row), sizes)] if left else []
    last = [contract(_1, right, (column, column), sizes)] if right else []
    return (*first, *inner, *last)


def _chain(factors: list[Factor], row: Index, column: Index, sizes: dict[Index, Dim]) -> list[Node] | None:
    """The factors from one index to another, as matrices one after another; None where they are no chain."""
    if any(sizes[i] is not sizes[row] or len(f.indices) > 2 for f in factors for i in f.indices):
        return None
    left, at = list(factors), row
    ordered: list[Node] = []
    while left:
        vectors = [f for f in left if f.indices == (at,)]
        if vectors:
            ordered.append(contract(_1, vectors, (at, at), {at: sizes[at]}))
        step = [f for f in left if at in f.indices and len(f.indices) == 2]
        if len(step) != 1 or step[0].exponent != 1 or step[0].indices[0] == step[0].indices[1]:
            return None
        left = [f for f in left if f not in vectors and f is not step[0]]
        a, b = step[0].indices
        ordered.append(step[0].node if a == at else permute(step[0].node, (1, 0)))
        at = b if a == at else a
    return ordered if at == column else None


def _scalars(node: Node) -> Node:
    """The coefficient and the scalar factors of a contraction, as one scalar."""
    return contract(node.product.coefficient, [f for f in node.factors if not f.indices], (), {})
