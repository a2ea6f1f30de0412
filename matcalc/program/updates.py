"""Low-rank updates of diagonal matrices: inv(D + c*U*V') by the identity of Woodbury, where that is cheaper.

inv(D + c*U*V') = inv(D) - c*inv(D)*U*inv(eye(k) + c*V'*inv(D)*U)*V'*inv(D), and the determinant of the sum is that of D
times that of the small matrix. D has to be positive, so that nothing is divided by a small pivot.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.functions import ABS, INV, LOG, LOGDET
from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract, delta
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Node, is_function, is_one_of
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.functions import elementwise, opaque, raised
from matcalc.shape import Dim
from matcalc.walk import postorder

LARGEST_SHARE = Fraction(1, 2)  # of the rank in the size, up to which the update is taken apart

_1 = Fraction(1)


class Update(NamedTuple):
    """diag(diagonal) + coefficient · left · right', with the sides n×k or, where the rank is one, of length n."""

    diagonal: Node
    coefficient: Fraction
    left: Node
    right: Node


def taken_apart(nodes: list[Node], sizes: Mapping[str, int]) -> list[Node]:
    """Nodes with inverses and determinants of updates taken apart, where the rank is known to be small."""
    new: dict[Node, Node] = {}
    found: dict[Node, Update | None] = {}
    for node in postorder(*nodes):
        if node.kind == "contraction" and any(found.get(operand) for operand in node.operands):
            pushed = _pushed_through(node, found)
            if pushed is not node:
                new[node] = substitute(pushed, new)
        if is_one_of(node, (INV, LOGDET)):
            update = found[node] = _update(node.operands[0], sizes)
            if update is not None:
                new[node] = _inverse(update) if is_function(node, INV) else _log_of_det(update)
    return [substitute(node, new) for node in nodes] if new else nodes


def _pushed_through(node: Node, found: Mapping[Node, Update | None]) -> Node:
    """inv(D + c*U*V')*U = inv(D)*U*inv(eye(k) + c*V'*inv(D)*U), and V'*inv(D + c*U*V') likewise."""
    factors, sizes = list(node.factors), dict[Index, Dim](enumerate(node.product.sizes))
    for inverse in list(factors):
        update = found.get(inverse.node)
        if update is None or inverse.exponent != 1 or update.left.rank == 1 or not is_function(inverse.node, INV):
            continue
        for side, end in ((update.left, 1), (update.right, 0)):
            met, kept = inverse.indices[end], inverse.indices[1 - end]
            beside = [f for f in factors if f is not inverse and met in f.indices]
            alone = len(beside) == 1 and met not in node.product.out and met != kept
            if not alone or beside[0].node is not side or beside[0].indices[0] != met or beside[0].exponent != 1:
                continue
            last, middle = beside[0].indices[1], max(sizes) + 1
            sizes[middle] = sizes[last]
            small = opaque(INV, (_small(update),))
            factors = [f for f in factors if f is not inverse and f is not beside[0]]
            factors += [
                Factor(raised(update.diagonal, -_1), (kept,), _1),
                Factor(side, (kept, middle), _1),
                Factor(small, (middle, last) if end else (last, middle), _1),
            ]
            break
    return contract(node.product.coefficient, factors, node.product.out, sizes)


def _update(matrix: Node, sizes: Mapping[str, int]) -> Update | None:
    if matrix.kind != "sum" or matrix.rank != 2:
        return None
    n = matrix.dims[0]
    diagonal = [(c, t) for c, t in matrix.terms if properties.is_diagonal(t)]
    rest = [(c, t) for c, t in matrix.terms if not properties.is_diagonal(t)]
    if not diagonal or len(rest) != 1:
        return None
    parts = [(c, contract(_1, [Factor(t, (0, 0), _1)], (0,), {0: n})) for c, t in diagonal]
    d = add(parts, (n,))
    ((coefficient, term),) = rest
    sides = _sides(term)
    if sides is None or not (
        properties.is_positive(d) or all(c > 0 and properties.is_definite(t) for c, t in diagonal)
    ):
        return None
    left, right = sides
    rank, size = (left.dims[1].at(sizes, 0) if left.rank == 2 else 1), n.at(sizes, 0)
    return Update(d, coefficient, left, right) if 0 < rank <= LARGEST_SHARE * size else None


def _sides(term: Node) -> tuple[Node, Node] | None:
    """U and V of a product U*V', cut at one index."""
    if term.kind != "contraction" or len(set(term.product.out)) != 2:
        return None
    product = term.product
    sizes: dict[Index, Dim] = dict(enumerate(product.sizes))
    row, col = product.out
    scalars = [f for f in term.factors if not f.indices]
    arrays = [f for f in term.factors if f.indices]
    cuts: list[tuple[Index, ...]] = [(i,) for i in sorted({i for f in arrays for i in f.indices} - {row, col})]
    for cut in [(), *cuts]:
        left = _reached(arrays, row, cut)
        right = _reached(arrays, col, cut)
        between = [f for f in arrays if f.indices == cut]
        if len(left) + len(right) + len(between) != len(arrays) or any(f in right for f in left):
            continue
        if not left or not right or not all(set(cut) <= {i for f in side for i in f.indices} for side in (left, right)):
            continue
        made = contract(product.coefficient, [*left, *between, *scalars], (row, *cut), sizes)
        return made, contract(_1, right, (col, *cut), sizes)
    return None


def _reached(factors: list[Factor], start: Index, cut: tuple[Index, ...]) -> list[Factor]:
    reached, found = {start}, list[Factor]()
    while near := [f for f in factors if f not in found and set(f.indices) & reached]:
        found += near
        reached |= {i for f in near for i in f.indices} - set(cut)
    return found


# ---------------------------------------------------------------- what the update makes of functions
def _small(update: Update) -> Node:
    """eye(k) + c*V'*inv(D)*U, a number where the rank is one."""
    n, *k = update.left.dims
    rows, cols = ((0,), (1,)) if k else ((), ())
    factors = [
        Factor(update.right, (2, *rows), _1),
        Factor(raised(update.diagonal, -_1), (2,), _1),
        Factor(update.left, (2, *cols), _1),
    ]
    product = contract(_1, factors, (*rows, *cols), {2: n, **({0: k[0], 1: k[0]} if k else {})})
    return add([(_1, delta(k[0]) if k else number(_1)), (update.coefficient, product)], product.dims)


def _inverse(update: Update) -> Node:
    n, *k = update.left.dims
    reciprocal = raised(update.diagonal, -_1)
    plain = contract(_1, [Factor(reciprocal, (0,), _1)], (0, 0), {0: n})
    small = _small(update)
    middle = Factor(opaque(INV, (small,)), (2, 3), _1) if k else Factor(small, (), -_1)
    factors = [
        Factor(reciprocal, (0,), _1),
        Factor(update.left, (0, 2) if k else (0,), _1),
        middle,
        Factor(update.right, (1, 3) if k else (1,), _1),
        Factor(reciprocal, (1,), _1),
    ]
    correction = contract(_1, factors, (0, 1), {0: n, 1: n, **({2: k[0], 3: k[0]} if k else {})})
    return add([(_1, plain), (-update.coefficient, correction)], (n, n))


def _log_of_det(update: Update) -> Node:
    logs = elementwise(LOG, (update.diagonal,))
    total = contract(_1, [Factor(logs, (0,), _1)], (), {0: update.diagonal.dims[0]})
    small = _small(update)
    of_small = opaque(LOGDET, (small,)) if small.rank else elementwise(LOG, (elementwise(ABS, (small,)),))
    return add([(_1, total), (_1, of_small)], ())
