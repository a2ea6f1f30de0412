"""Views: a node, and how many of its axes are the rows'; the operations of matrix notation on them."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.network.nodes import Node
from matcalc.network.open_product import OpenProduct, Part, closed, open_product
from matcalc.network.reshaping import reshape
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, product

_1 = Fraction(1)


class View:
    """A node, and the axes that make up rows and columns; a view's axes are exactly rows + cols, in this order.

    A product stays open until its node is asked for.
    """

    __slots__ = ("dims", "part", "rows")

    def __init__(self, part: Node | OpenProduct, rows: int) -> None:
        self.part = part
        self.rows = rows  # how many of the axes are the rows'
        self.dims = part.dims

    @property
    def node(self) -> Node:
        part = self.part
        return self.close() if isinstance(part, OpenProduct) else part

    def close(self) -> Node:
        """The node, which is contracted now if the product is open still."""
        self.part = made = closed(self.part)
        return made

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def row_dims(self) -> tuple[Dim, ...]:
        return self.dims[: self.rows]

    @property
    def col_dims(self) -> tuple[Dim, ...]:
        return self.dims[self.rows :]

    @property
    def is_scalar(self) -> bool:
        return not self.dims


def split_axis(view: View, rows: tuple[Dim, ...], cols: tuple[Dim, ...]) -> View:
    """The same entries with rows and columns grouped from these dims."""
    dims = (*rows, *cols)
    return View(view.part if dims == view.dims else reshape(view.node, dims), len(rows))


def atomic(view: View) -> View:
    """The same entries with at most one axis for the rows and one for the columns."""
    sides = [product(side) for side in (view.row_dims, view.col_dims)]
    rows, cols = ((side,) if side is not ONE else () for side in sides)
    return split_axis(view, rows, cols)


def same_layout(left: View, right: View) -> tuple[View, View]:
    """Both views with the same groups of axes; a scalar is spread over the other's."""
    if left.is_scalar and not right.is_scalar:
        return _spread(left, right), right
    if right.is_scalar and not left.is_scalar:
        return left, _spread(right, left)
    if left.dims == right.dims and left.rows == right.rows:
        return left, right
    sides = []
    for a, b in ((left.row_dims, right.row_dims), (left.col_dims, right.col_dims)):
        sides.append(finer(a, b))
    if None in sides:
        return atomic(left), atomic(right)
    return split_axis(left, *sides), split_axis(right, *sides)  # type: ignore[arg-type]


def common_layout(views: Sequence[View]) -> list[View]:
    """All views with the same groups of axes; scalars are spread over the others'."""
    model = views[0]
    for view in views:
        model, _ = same_layout(model, view)
    fitted = [same_layout(model, view)[1] for view in views]
    alike = all(view.rows == model.rows and view.dims == model.dims for view in fitted)
    return fitted if alike else [atomic(view) for view in fitted]


def finer(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The grouping of a dimension that both can be split into, where one of them is not split yet; else None."""
    if a == b or len(b) == 1:
        return a
    return b if len(a) == 1 else None


def _spread(scalar: View, like: View) -> View:
    out = tuple(range(like.rank))
    return View(open_product([(scalar.part, (), _1)], out, dict(enumerate(like.dims))), like.rows)


def transpose(view: View) -> View:
    if not 0 < view.rows < view.rank:
        return View(view.part, view.rank - view.rows)
    axes = tuple(range(view.rank))
    out = (*axes[view.rows :], *axes[: view.rows])
    part = open_product([(view.part, axes, _1)], out, dict(enumerate(view.dims)))
    return View(part, view.rank - view.rows)


def hadamard(left: View, right: View, exponent: Fraction) -> View:
    """left .* right.^exponent"""
    if not left.is_scalar and not right.is_scalar:
        left, right = same_layout(left, right)
    wide = right if left.is_scalar else left
    out = tuple(range(wide.rank))
    parts: list[Part] = [
        (left.part, () if left.is_scalar else out, _1),
        (right.part, () if right.is_scalar else out, exponent),
    ]
    return View(open_product(parts, out, dict(enumerate(wide.dims))), wide.rows)


def matmul(left: View, right: View) -> View:
    if left.col_dims != right.row_dims:
        inner = finer(left.col_dims, right.row_dims)
        if inner is None:
            left, right = (
                split_axis(left, left.row_dims, whole(left.col_dims)),
                split_axis(right, whole(right.row_dims), right.col_dims),
            )
        else:
            left, right = split_axis(left, left.row_dims, inner), split_axis(right, inner, right.col_dims)
    inner_count = right.rows
    a = tuple(range(left.rank))
    b = tuple(range(left.rows, left.rows + right.rank))
    out = (*a[: left.rows], *b[inner_count:])
    sizes = dict(zip((*a, *b), (*left.dims, *right.dims), strict=True))
    return View(open_product([(left.part, a, _1), (right.part, b, _1)], out, sizes), left.rows)


def whole(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The group as one axis, or none where it is 1."""
    side = product(dims)
    return () if side is ONE else (side,)
