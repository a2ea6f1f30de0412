"""What is known of the zeros of a matrix by its formula: in words, at sizes as a picture, and as a mask for solvers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from matcalc.boundary import checked_arguments, integer
from matcalc.drawing.pattern import Pattern
from matcalc.errors import EvaluationError, MatcalcError, shown
from matcalc.expr import Expr
from matcalc.lowering.lower import lower
from matcalc.network.nodes import Node
from matcalc.network.views import View, atomic
from matcalc.patterns.pieces import Piece, is_whole
from matcalc.patterns.places import ZERO, Place
from matcalc.patterns.walk import pieces_of
from matcalc.patterns.wording import described, kind_of
from matcalc.position import end_of
from matcalc.shape import LARGEST, Dim, is_at_most, total
from matcalc.terminal import Printed, printable
from matcalc.walk import postorder

MOST_IN_PICTURE = 1_000_000  # entries of a pattern


class Structure(Printed):
    """Where a matrix may have entries other than zero, for all sizes and values; all others are zero.

    It is a union of pieces: entries [m*i + j, m*i + k], say, for all i, j and k. ``print`` says what it is; ``at``
    gives the pattern at sizes, to be drawn, and ``mask`` the same as a sparse matrix of ones, which solvers take.
    """

    def __init__(self, matrix: Expr, pieces: tuple[Piece, ...], needs: tuple[tuple[Dim, Dim], ...] = ()) -> None:
        self.matrix = matrix
        self.needs = needs  # what is at most what, for its entries to be there: X[3,:] has three rows or more
        self.dims: tuple[Dim, ...] = tuple(matrix.shape)
        self.pieces = pieces

    def __str__(self) -> str:
        rows, columns = self.dims
        every = rows * columns
        lines = [f"{self.matrix.shape}, {self.kind}"]
        if self.is_dense:
            lines.append("no entry is known to be zero; as a linear operator it is not formed: emit(…, operators=[…])")
        elif self.pieces:
            lines.append(f"entries: at most {self.entries} of {every}")
            lines += [f"  {described(piece)}" for piece in self.pieces]
        return printable("\n".join(lines))

    @property
    def kind(self) -> str:
        """In a few words: diagonal, banded, block diagonal …"""
        return kind_of(self.pieces, self.dims)

    @property
    def is_dense(self) -> bool:
        """Whether no entry is known to be zero."""
        return any(is_whole(piece, self.dims) for piece in self.pieces)

    @property
    def entries(self) -> Dim:
        """How many entries there are at most; those on which several pieces stand are counted as often."""
        return total([piece.entries for piece in self.pieces])

    @cached_property
    def whole_diagonals(self) -> tuple[Dim, ...]:
        """How far above the main diagonal the pieces are, where each is all of another diagonal; else nothing."""
        found = [_diagonal(piece, self.dims) for piece in self.pieces]
        offsets = tuple(offset for offset in found if offset is not None)
        return offsets if len({*offsets}) == len(found) else ()

    def mask(self, sizes: Mapping[str, int] | None = None) -> Any:
        """A sparse matrix of ones at sizes of the dimension symbols, as SciPy's solvers take for ``jac_sparsity``.

        Raises:
            EvaluationError: a size is missing, or not a positive integer.
        """
        from scipy import sparse

        known = self._known(sizes or {})
        shape = tuple(side.at(known) for side in self.dims)
        places = [np.empty((2, 0), dtype=np.int64), *(_places(piece, known) for piece in self.pieces)]
        rows, columns = np.concatenate(places, axis=1)
        found = sparse.coo_array((np.ones(rows.size, dtype=bool), (rows, columns)), shape=shape).tocsr()
        found.data[:] = True
        return found

    def at(self, sizes: Mapping[str, int] | None = None) -> Pattern:
        """The pattern at sizes of the dimension symbols: a notebook shows its picture.

        Raises:
            EvaluationError: a size is missing, or not a positive integer.
            MatcalcError: there are more entries than a picture can show.
        """
        known = self._known(sizes or {})
        if self.entries.at(known) > MOST_IN_PICTURE:
            told = f"at most {MOST_IN_PICTURE} are drawn"
            raise MatcalcError(f"the pattern has {self.entries.at(known)} entries", told, hint="take smaller sizes")
        rows, columns = self.mask(sizes).nonzero()
        at = ", ".join(f"{symbol} = {size}" for symbol, size in known.items())
        title = f"{self.matrix.short}" + (f" at {at}" if at else "")
        shape = [side.at(known) for side in self.dims]
        return Pattern(title, shape[0], shape[1], frozenset(zip(rows.tolist(), columns.tolist(), strict=True)))

    def _known(self, sizes: Mapping[str, int]) -> dict[str, int]:
        lengths = [size for piece in self.pieces for size in piece.sizes.values()]
        symbols = sorted({symbol for side in (*self.dims, *lengths, *sum(self.needs, ())) for symbol in side.symbols})
        missing = [symbol for symbol in symbols if symbol not in sizes]
        if missing:
            raise EvaluationError(f"no size for {', '.join(missing)}", hint=f"give it: {{{missing[0]!r}: 3}}")
        known: dict[str, int] = {}
        for symbol in symbols:
            number = integer(sizes[symbol])
            if number is None or not 1 <= number <= LARGEST:
                told = f"got {shown(sizes[symbol])}"
                raise EvaluationError(f"the size of {symbol} must be a positive integer, {told}")
            known[symbol] = number
        for end, length in self.needs:
            if end.at(known) > length.at(known):
                raise EvaluationError(f"there is no entry {end.at(known)}: this dimension is {length.at(known)}")
        if any(side.at(known) < 1 for side in self.dims):
            told = ", ".join(f"{symbol} = {size}" for symbol, size in known.items())
            raise EvaluationError(f"there is no matrix of {self.matrix.shape} for {told}")
        return known


@checked_arguments
def structure(matrix: Expr) -> Structure:
    """What is known of the zeros of a matrix, such as a Jacobian or a Hessian, by its formula.

        >>> x = mc.vector("x", "n")
        >>> print(mc.structure(mc.hessian(mc.sum(mc.exp(x)), x)))
        n×n, diagonal
        entries: at most n of n^2
          [i, i] for i < n

    Entries that it leaves out are zero for all values and sizes; whether the others are depends on values.

    Raises:
        MatcalcError: it is no matrix.
    """
    view = atomic(lower(matrix))
    if view.rank > 2:
        raise MatcalcError("a structure is one of a matrix", f"this is {matrix.shape}").about("matrix")
    pieces = sorted((_of_matrix(piece, view) for piece in pieces_of(view.node)), key=_order)
    return Structure(matrix, tuple(pieces), _needs(view.node))


def _needs(root: Node) -> tuple[tuple[Dim, Dim], ...]:
    """The ends of all positions that some lengths of axes do not have, and these lengths."""
    units = [node for node in postorder(root) if node.kind == "unit"]
    ends = {(end_of(node.place), node.dims[-1]): None for node in units}
    return tuple(pair for pair in ends if not is_at_most(*pair))


def _order(piece: Piece) -> list[tuple[int, str, str]]:
    """By where pieces begin, those from zero on first."""
    return [(len(first.terms), str(first), str(strides)) for first, strides in piece.axes]


def _of_matrix(piece: Piece, view: View) -> Piece:
    """The piece with an axis for rows and one for columns, also where there is one of them."""
    rows, columns = piece.axes[: view.rows], piece.axes[view.rows :]
    return piece._replace(axes=((rows or (Place(ZERO),))[0], (columns or (Place(ZERO),))[0]))


def _diagonal(piece: Piece, dims: tuple[Dim, ...]) -> Dim | None:
    """How far above the main diagonal a piece is, if it is all of a diagonal."""
    rows, columns = piece.axes
    if rows.single is None or rows.single != columns.single:
        return None
    starts = ZERO in (rows.first, columns.first)
    ends = rows.end(piece.sizes) is dims[0] or columns.end(piece.sizes) is dims[1]
    return columns.first.plus(rows.first, -1) if starts and ends else None


def _places(piece: Piece, sizes: Mapping[str, int]) -> np.ndarray:
    """The rows and columns of all entries of a piece."""
    labels = piece.open
    lengths = tuple(max(0, piece.sizes[label].at(sizes)) for label in labels)
    indices = dict(zip(labels, np.indices(lengths, sparse=True), strict=True))
    sides = []
    for first, strides in piece.axes:
        terms = (stride.at(sizes) * indices[label] for label, stride in strides)
        side = np.int64(first.at(sizes)) + sum(terms)
        sides.append(np.broadcast_to(side, lengths).ravel())
    return np.array(sides)
