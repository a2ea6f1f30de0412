"""Nodes whose axes have names, and their products: an axis is an index that is bound, the rows, or the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Node
from matcalc.network.views import View, atomic
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, Shape

_1 = Fraction(1)
Axis = Index | str  # an index that is bound, rows or columns; or, within a product, any other name
ROWS, COLS, _INNER = "rows", "columns", "inner"
OWN: tuple[Axis, Axis] = (ROWS, COLS)

_NO_SIZES: Mapping[Axis, Dim] = {}


class Open(NamedTuple):
    """A node, and what each of its axes is."""

    node: Node
    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> dict[Axis, Dim]:
        return dict(zip(self.axes, self.node.dims, strict=True))

    @property
    def bound(self) -> list[Axis]:
        return [axis for axis in self.axes if isinstance(axis, Index)]

    @property
    def own(self) -> list[Axis]:
        return [axis for axis in OWN if axis in self.axes]

    @property
    def shape(self) -> Shape:
        return Shape(*(self.sizes.get(axis, ONE) for axis in (ROWS, COLS)))

    def named(self, names: Mapping[Axis, Axis]) -> Open:
        """With other names of axes; an axis that has the name of another is the same one."""
        return Open(self.node, tuple(names.get(axis, axis) for axis in self.axes))


def of_view(view: View) -> Open:
    plain = atomic(view)
    axes = [axis for axis, dims in ((ROWS, plain.row_dims), (COLS, plain.col_dims)) if dims]
    return Open(plain.node, tuple(axes))


# ---------------------------------------------------------------- products and sums of what has named axes
def product_of(
    factors: Sequence[tuple[Open, Fraction]], out: Sequence[Axis], sizes: Mapping[Axis, Dim] = _NO_SIZES
) -> Open:
    """The product of powers, summed over the axes not in ``out``; what has not an axis is constant along it."""
    numbers: dict[Axis, int] = {}
    dims: dict[int, Dim] = {}
    made = []
    for part, exponent in factors:
        for axis, dim in part.sizes.items():
            dims[numbers.setdefault(axis, len(numbers))] = dim
        made.append(Factor(part.node, tuple(numbers[axis] for axis in part.axes), exponent))
    for axis in out:
        if axis not in numbers:
            dims[numbers.setdefault(axis, len(numbers))] = sizes[axis]
    return Open(_multiplied_out(contract(_1, made, tuple(numbers[axis] for axis in out), dims)), tuple(out))


def _multiplied_out(node: Node) -> Node:
    """Sums on more than two axes, and their squares, term by term: Σ_k (X[i,k] - Y[j,k])^2 is three products.

    Beside the members of a family they stay: matrix notation has no form for either, and differences are exact.
    """
    factors = node.factors if node.kind == "contraction" else []
    place = next((k for k, factor in enumerate(factors) if _is_large(factor)), None)
    if place is None or node.operands[place].rank <= node.rank or node.has_members:
        return node
    factor = node.factors[place]
    others = [f for k, f in enumerate(node.factors) if k != place]
    if factor.exponent == 2:
        others.append(factor._replace(exponent=_1))
    sizes = dict(enumerate(node.product.sizes))
    terms = []
    for c, term in factor.node.terms:
        made = contract(
            node.product.coefficient, [*others, factor._replace(node=term, exponent=_1)], node.product.out, dict(sizes)
        )
        terms.append((c, _multiplied_out(made)))
    return add(terms, node.dims)


def _is_large(factor: Factor) -> bool:
    return factor.node.kind == "sum" and factor.node.rank > 2 and factor.exponent in (1, 2)


def placed(part: Open, axes: Sequence[Axis], sizes: Mapping[Axis, Dim] = _NO_SIZES) -> Node:
    """The node with its axes in this order, spread over those that it lacks."""
    return part.node if part.axes == tuple(axes) else product_of([(part, _1)], axes, sizes).node


def aligned(parts: Sequence[Open]) -> tuple[list[Node], tuple[Axis, ...]]:
    """The nodes on all axes that any of them has."""
    sizes = {axis: dim for part in parts for axis, dim in part.sizes.items()}
    bound = [axis for axis in sizes if isinstance(axis, Index)]
    axes = (*bound, *(axis for axis in OWN if axis in sizes))
    return [placed(part, axes, sizes) for part in parts], axes


def times(left: Open, right: Open, exponent: Fraction = _1) -> Open:
    """left .* right.^exponent"""
    bound = dict.fromkeys((*left.bound, *right.bound))
    own = [axis for axis in OWN if axis in left.axes or axis in right.axes]
    return product_of([(left, _1), (right, exponent)], [*bound, *own])


def matrix_product(left: Open, right: Open) -> Open:
    if not left.own or not right.own:
        return times(left, right)
    left, right = left.named({COLS: _INNER}), right.named({ROWS: _INNER})
    bound = dict.fromkeys((*left.bound, *right.bound))
    own: list[Axis] = [axis for axis, part in ((ROWS, left), (COLS, right)) if axis in part.axes]
    return product_of([(left, _1), (right, _1)], [*bound, *own])


def sum_of(terms: Sequence[tuple[Fraction, Open]]) -> Open:
    nodes, axes = aligned([part for _, part in terms])
    return Open(add(zip((c for c, _ in terms), nodes, strict=True), nodes[0].dims), axes)
