"""Which eigenvalues must differ for a formula with eigenvectors to be defined.

Nothing has to be where each index of eigenvectors is summed over with two of them and functions of the eigenvalues, as
in V*diag(f(l))*V': that is the same for every basis. Axes are told apart by how many eigenvectors they count: one that
counts none is an index of eigenvalues, or one of something else.
"""

from __future__ import annotations

from matcalc.functions import EIGGAP, EIGVALS, EIGVECS
from matcalc.network.nodes import Factor, Node, is_function
from matcalc.records import NamedTuple
from matcalc.validity.relations import Condition


class _Axis(NamedTuple):
    """An axis by eigenvalues of a matrix: ``vectors`` eigenvectors of it stand there (0, 1 or 2).

    The two axes of a diagonal matrix of functions of eigenvalues may count one each as well: it is V'*F*V for some F.
    An axis may be of nothing in particular and zero but at some ``places``, as that of a unit vector is.
    """

    of: Node | None
    vectors: int
    is_diagonal: bool = False
    places: frozenset[int] = frozenset()


_Axes = tuple[_Axis | None, ...]


class Eigenbases:
    """The conditions on eigenvalues under which nodes do not depend on the choice of eigenvectors."""

    def __init__(self) -> None:
        self.found: list[Condition] = []
        self.axes: dict[Node, _Axes] = {}

    def visit(self, node: Node) -> None:
        """A node, after its operands."""
        self.axes[node] = self._axes(node)

    def _of(self, node: Node) -> _Axes:
        return self.axes.get(node, (None,) * node.rank)

    def finish(self, root: Node) -> None:
        """A result: eigenvectors themselves are told apart."""
        for axis in self._of(root):
            self._must_not_count(axis)
        self._whole_gaps(root)

    def _must_not_count(self, axis: _Axis | None) -> None:
        if axis is not None and axis.vectors and axis.of is not None:
            self.found.append(Condition((axis.of,), "with distinct eigenvalues"))

    def _whole_gaps(self, node: Node) -> None:
        if is_function(node, EIGGAP):
            self.found.append(Condition(node.operands, "with distinct eigenvalues"))

    def _axes(self, node: Node) -> _Axes:
        if node.kind == "opaque":
            return self._of_function(node)
        if node.kind == "contraction":
            return self._of_product(node)
        if node.kind == "unit":
            if not isinstance(node.place, int | range):
                return (None,) * node.rank  # it may be any place
            at = node.place if isinstance(node.place, range) else (node.place,)
            return (*(None,) * (node.rank - 1), _Axis(None, 0, places=frozenset(at)))
        for operand in node.operands:
            self._whole_gaps(operand)
        inner = [self._of(operand) for operand in node.operands]
        if node.kind == "sum":
            return tuple(self._common([axes[k] for axes in inner]) for k in range(node.rank))
        if node.kind == "elementwise":
            for axis in (axis for axes in inner for axis in axes):
                self._must_not_count(axis)
            return tuple(next((a for a in axes if a is not None and a.of), None) for axes in zip(*inner, strict=True))
        for axis in (axis for axes in inner for axis in axes):
            self._must_not_count(axis)
        return (None,) * node.rank

    def _of_function(self, node: Node) -> _Axes:
        if is_function(node, EIGVECS) and node.rank == 2:
            return (None, _Axis(node.operands[0], 1))
        if is_function(node, EIGVALS) or is_function(node, EIGGAP):
            return (_Axis(node.operands[0], 0),) * node.rank
        inner = [axis for operand in node.operands for axis in self._of(operand)]
        for operand in node.operands:
            self._whole_gaps(operand)
        for axis in inner:
            self._must_not_count(axis)
        known = next((axis for axis in inner if axis is not None), None)
        return ((known if "order" in node.function.keeps else None),) * node.rank

    def _common(self, axes: list[_Axis | None]) -> _Axis | None:
        """An axis of a sum, by that of its terms."""
        places = frozenset().union(*(axis.places for axis in axes if axis is not None))
        sparse = [axis for axis in axes if axis is not None and axis.places]
        if len(sparse) == len(axes):
            return _Axis(None, 0, places=places)
        if sparse and (matrix := next((axis.of for axis in axes if axis is not None and axis.of), None)) is not None:
            self._simple(matrix, places)  # whose eigenvectors are then the same in every basis
            axes = [axis for axis in axes if axis not in sparse]
        known = [axis for axis in axes if axis is not None and not axis.is_diagonal]
        diagonal = [axis for axis in axes if axis is not None and axis.is_diagonal]
        plain = len(known) + len(diagonal) < len(axes)
        if plain or len(set(known)) > 1:
            for axis in known:
                self._must_not_count(axis)
            return None if plain else known[0]._replace(vectors=0)
        return next(iter([*known, *diagonal]), None)

    def _of_product(self, node: Node) -> _Axes:
        own = {f: self._of(f.node) for f in node.factors}
        known: dict[int, _Axis] = {}
        for index in range(len(node.product.sizes)):
            axis = self._at(index, own, summed=index not in node.product.out)
            if axis is not None:
                known[index] = axis
        for factor in own:
            if is_function(factor.node, EIGGAP):
                self._gaps(factor, own)
        standing = {index for factor in own for index in factor.indices}
        for index in node.product.out:
            if node.product.out.count(index) > 1 and not known.get(index, _Axis(None, 0)).vectors:
                if index in known or index not in standing:
                    known[index] = known.get(index, _Axis(None, 0))._replace(is_diagonal=True)
        return tuple(known.get(index) for index in node.product.out)

    def _at(self, index: int, own: dict[Factor, _Axes], summed: bool) -> _Axis | None:
        """An index of a product, by what stands on it."""
        here = [(f, axis) for f, axes in own.items() for i, axis in zip(f.indices, axes, strict=True) if i == index]
        places = frozenset().union(*(axis.places for _, axis in here if axis is not None))
        known = [(f, axis) for f, axis in here if axis is not None]
        counting = [(f, axis) for f, axis in known if axis.vectors]
        if not counting:
            if places:
                return _Axis(None, 0, places=places)
            return known[0][1] if len(known) == len(here) and known else None
        matrix = counting[0][1].of
        if places and matrix is not None:
            self._simple(matrix, places)
            return None
        plain = len(known) < len(here) or any(axis.of not in (matrix, None) for _, axis in known)
        if plain or any(f.exponent < 0 or f.exponent.denominator > 1 for f, _ in counting):
            self._must_not_count(counting[0][1])
            return None
        total = sum(axis.vectors * f.exponent for f, axis in counting)
        plain = len(known) < len(here) or any(axis.of not in (matrix, None) for _, axis in known)
        if plain or any(f.exponent < 0 or f.exponent.denominator > 1 for f, _ in counting):
            self._must_not_count(counting[0][1])
            return None
        if total > 2 or (summed and total != 2):
            self._must_not_count(counting[0][1])
            return _Axis(matrix, 0)
        return _Axis(matrix, int(total))

    def _simple(self, matrix: Node, places: frozenset[int]) -> None:
        self.found += [Condition((matrix,), "simple eigenvalue", place) for place in sorted(places)]

    def _gaps(self, gaps: Factor, own: dict[Factor, _Axes]) -> None:
        """Gaps of eigenvalues that divide: all of them, or those of some."""
        here = [
            axis.places
            for f, axes in own.items()
            for i, axis in zip(f.indices, axes, strict=True)
            if axis is not None and axis.places and i in gaps.indices
        ]
        (matrix,) = gaps.node.operands
        if here:
            self._simple(matrix, min(here, key=len))
        else:
            self.found.append(Condition((matrix,), "with distinct eigenvalues"))
