"""Sums over pairs of indices in an order: i < j, i <= j, i != j.

Where a formula has a value for all pairs, those that are not meant are taken off: they make short texts. Else, as of
1/norm2(x[i] - x[j]), a condition leaves them out, so that they have no say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.functions import EQUALS, FUNCTIONS, STEP
from matcalc.lowering.axes import Axis, Open, placed, product_of, sum_of
from matcalc.lowering.branches import has_values
from matcalc.network.build import add, contract, delta, permute
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.rational import Fraction
from matcalc.rules.functions import elementwise, opaque, raised
from matcalc.shape import Dim
from matcalc.walk import postorder

_1 = Fraction(1)
_HALF = Fraction(1, 2)


def over_pairs(part: Open, first: Axis, second: Axis, order: str, sizes: Mapping[Axis, Dim]) -> Open:
    """The sum over the pairs of an order; where two may change places, the ordered half is half of all that differ."""
    out = [axis for axis in part.axes if axis not in (first, second)]
    spread = Open(placed(part, [first, second, *out], sizes), (first, second, *out))
    alike = _alike(spread)
    may_change = _exchanged(spread.node) is spread.node
    whole = order == "!=" or may_change or has_values(spread.node)
    if alike is None or not whole or _alike(spread, smooth=True) is None:
        return _chosen(spread, alike, order, may_change, out)
    diagonal = product_of([(alike, _1)], out)
    every = product_of([(spread, _1)], out)
    if order == "!=":
        return sum_of([(_1, every), (-_1, diagonal)])
    if may_change:
        half = sum_of([(_HALF, every), (-_HALF, diagonal)])
        return half if order == "<" else sum_of([(_1, half), (_1, diagonal)])
    ones = opaque(FUNCTIONS["trilones"], (number(_1, (sizes[first], sizes[first])),))
    upper = product_of([(spread, _1), (Open(ones, (second, first)), _1)], out)
    return upper if order == "<=" else sum_of([(_1, upper), (-_1, diagonal)])


def _chosen(part: Open, alike: Open | None, order: str, may_change: bool, out: list[Axis]) -> Open:
    """The sum over the pairs of an order, by a condition; of an index with itself apart, if it has a value."""
    pairs, dim = part.axes[:2], part.node.dims[0]
    if order == "<=" and alike is not None:
        differing = _chosen(part, None, "<", may_change, out)
        return sum_of([(_1, differing), (_1, product_of([(alike, _1)], out))])
    halves = order == "<" and may_change
    condition = _condition("!=" if halves else order, dim)
    meant = product_of([(part, _1), (Open(condition, pairs), _1)], out)
    return sum_of([(_HALF, meant)]) if halves else meant


def _condition(order: str, dim: Dim) -> Node:
    """1 for the pairs of an order, else 0."""
    if order == "!=":
        return elementwise(EQUALS, (delta(dim),))
    below = opaque(FUNCTIONS["trilones"], (number(_1, (dim, dim)),))
    if order == "<":
        return elementwise(EQUALS, (below,))
    return elementwise(STEP, (contract(_1, [Factor(below, (1, 0), _1)], (0, 1), {0: dim, 1: dim}),))


def _rebuilt(root: Node, made_of: Callable[[Node, Mapping[Node, Node]], Node]) -> Node:
    """A node made anew from its leaves, and all that has its first two indices; ``made_of`` gets what it is made of."""
    wanted = {root: None}
    waiting = [root]
    while waiting:
        for part in _at_pairs(waiting.pop()):
            if part not in wanted:
                wanted[part] = None
                waiting.append(part)
    made: dict[Node, Node] = {}
    for node in postorder(root):
        if node in wanted:
            made[node] = made_of(node, made)
    return made[root]


def _exchanged(root: Node) -> Node:
    """A node with its first two indices exchanged, made anew from its leaves: of (x[i] - x[j])^2 this is the same."""
    return _rebuilt(root, _of_exchanged)


def _of_exchanged(node: Node, made: Mapping[Node, Node]) -> Node:
    """A node with its first two indices exchanged, by its operands with theirs exchanged."""
    if node.kind == "sum":
        return add([(c, made[term]) for c, term in node.terms], node.dims)
    if node.kind == "elementwise":
        return elementwise(node.function, tuple([made[operand] for operand in node.operands]))
    if node.kind != "contraction":
        return permute(node, (1, 0, *range(2, node.rank)))
    product = node.product
    first, second = product.out[:2]
    turned = {first: second, second: first}
    factors = []
    for f in node.factors:
        at = tuple([turned.get(i, i) for i in f.indices])
        factors.append(f._replace(node=made[f.node]) if _is_at_pair(f, node) else f._replace(indices=at))
    return contract(product.coefficient, factors, product.out, dict(enumerate(product.sizes)))


# ---------------------------------------------------------------- pairs of an index with itself
class _Undefined(Exception):
    """A formula has no value, or no derivative, where two indices are alike."""


def _alike(part: Open, *, smooth: bool = False) -> Open | None:
    """What stands where the first two indices are alike; None where it has no value, or, ``smooth``, no derivative."""
    try:
        made = _diagonal(part.node, smooth)
    except (_Undefined, ZeroDivisionError):
        return None
    return Open(made, part.axes[1:])


def _diagonal(root: Node, smooth: bool) -> Node:
    """The entries whose first two indices are alike, multiplied out: of norm2(x[i] - x[j])^2 this is 0."""
    return _rebuilt(root, lambda node, made: _of_diagonals(node, made, smooth))


def _at_pairs(node: Node) -> list[Node]:
    """The operands whose first two indices are those of a node."""
    if node.kind in ("sum", "elementwise"):
        return list(node.operands)
    return [f.node for f in node.factors if _is_at_pair(f, node)] if node.kind == "contraction" else []


def _is_at_pair(factor: Factor, product: Node) -> bool:
    pair = product.product.out[:2]
    return factor.indices[:2] in (pair, pair[::-1])


def _of_diagonals(node: Node, made: Mapping[Node, Node], smooth: bool) -> Node:
    """The diagonal of a node by those of its operands."""
    dims = node.dims[1:]
    if node.kind == "sum":
        return add([(c, made[term]) for c, term in node.terms], dims)
    if node.kind == "elementwise":
        operands = tuple([made[operand] for operand in node.operands])
        if getattr(node.function, "defined", "") and any(constant_value(operand) == 0 for operand in operands):
            raise _Undefined
        return elementwise(node.function, operands)
    if node.kind != "contraction":
        out = tuple(range(len(dims)))
        return contract(_1, [Factor(node, (0, *out), _1)], out, dict(enumerate(dims)))
    product = node.product
    first, second = product.out[:2]
    factors = []
    for f in node.factors:
        at = tuple(first if i == second else i for i in f.indices)
        if not _is_at_pair(f, node):
            factors.append(f._replace(indices=at))
            continue
        base = made[f.node]
        if constant_value(base) == 0 and (f.exponent < 0 or (smooth and f.exponent.denominator > 1)):
            raise _Undefined
        factors.append(Factor(raised(base, f.exponent), at[1:], _1))
    return contract(product.coefficient, factors, (first, *product.out[2:]), dict(enumerate(product.sizes)))
