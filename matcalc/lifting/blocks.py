"""Rows and columns that are groups of indices: Kronecker products, vec, K(m,n), diag(vec(…)), Khatri-Rao.

What is left of a contraction after its sums falls into components that share no index. Each joins some of the places
in the rows and columns and is a block; the whole is the Kronecker product of the blocks, put in order by commutation
matrices. A component in which an index is still summed, or stands in a row and a column, is cut in two.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import groupby, permutations

from matcalc.errors import MatcalcError
from matcalc.expr import Expr, call, commutation, eye, ones
from matcalc.functions import DIAG, KHATRIRAO, KRON
from matcalc.lifting.crossing import without_transposes
from matcalc.lifting.factors import chain_length
from matcalc.lifting.pieces import Piece
from matcalc.lifting.reduce import Reduction
from matcalc.lifting.writer import Writer
from matcalc.network.nodes import Index, Indices
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim

_1 = Fraction(1)
Chain = tuple[Expr, ...]


class NoMatrixForm(MatcalcError):
    """This contraction has no matrix form that we know: index notation is the answer."""

    def __init__(self) -> None:
        super().__init__(
            "this result has no form in matrix notation", hint="ask for its index form: matcalc.tensor(f, x)"
        )


class Block(NamedTuple):
    """A matrix whose rows and columns are places, numbered within the rows and within the columns."""

    chain: Chain
    rows: tuple[int, ...]
    cols: tuple[int, ...]


def assemble_blocks(reduction: Reduction, rows: Indices, cols: Indices) -> Chain:
    """What is left after the sums, as a chain of matrix factors; empty for a scalar. A sign goes to the coefficient.

    Raises:
        NoMatrixForm: no form is known.
    """
    sign, chain = without_transposes(_assembled(reduction, rows, cols))
    reduction.coefficient *= sign
    return chain


def _assembled(reduction: Reduction, rows: Indices, cols: Indices) -> Chain:
    if (not rows and not cols and reduction.pieces) or any(len(p.indices) == 3 for p in reduction.pieces):
        raise NoMatrixForm
    if not rows and not cols:
        return ()
    if len(rows) <= 1 and len(cols) <= 1 and not reduction.summed():
        return _plain(reduction, rows, cols)
    return _Assembly(reduction).whole(rows, cols)


# ---------------------------------------------------------------- at most one index on each side
def _plain(reduction: Reduction, rows: Indices, cols: Indices) -> Chain:
    writer = reduction.writer
    vectors = {p.indices[0]: p for p in reduction.pieces if len(p.indices) == 1}
    matrices = [p for p in reduction.pieces if len(p.indices) == 2]
    if rows == cols:
        (i,) = rows
        if i not in vectors:
            return (eye(reduction.sizes[i]),)
        return (writer.diagonal(writer.chain(vectors[i].chain(writer))),)
    left = vectors[rows[0]].chain(writer) if rows and rows[0] in vectors else None
    right = vectors[cols[0]].chain(writer) if cols and cols[0] in vectors else None
    if not matrices:
        column: Chain = () if not rows else left or (ones(reduction.sizes[rows[0]]),)
        row: Chain = () if not cols else writer.transpose_chain(right or (ones(reduction.sizes[cols[0]]),))
        if rows and cols and left is None and right is None:
            return (ones(reduction.sizes[rows[0]], reduction.sizes[cols[0]]),)
        return (*column, *row)
    (matrix,) = matrices
    chain = matrix.seen_from(rows[0], writer).chain(writer)
    if left and right:
        first, last = (writer.diagonal(writer.chain(side)) for side in (left, right))
        if {first, last} <= set(writer.given.parts):  # as the formula has it
            return (first, *chain, last)
        outer = writer.chain((*left, *writer.transpose_chain(right)))
        return (writer.hadamard([(outer, _1), (writer.chain(chain), _1)]),)
    if left:
        chain = (writer.diagonal(writer.chain(left)), *chain)
    if right:
        chain = (*chain, writer.diagonal(writer.chain(right)))
    return chain


# ---------------------------------------------------------------- groups of indices
class _Assembly:
    def __init__(self, reduction: Reduction) -> None:
        self.reduction = reduction
        self.writer: Writer = reduction.writer
        self.sizes = reduction.sizes

    def whole(self, rows: Indices, cols: Indices) -> Chain:
        crossing = set(rows) & set(cols)
        stuck = self.reduction.summed()
        tangled = [p for p in self.reduction.pieces if len(p.indices) == 2 and any(i in crossing for i in p.indices)]
        if stuck or not all(map(self._is_simple, tangled)):
            cut = self._shortest_cut(rows, cols, stuck)
            if cut is not None or stuck:
                return self._found(cut)
        try:
            blocks = [self._block(indices, pieces, rows, cols) for indices, pieces in self._components(rows, cols)]
            plain = self._kronecker(blocks, rows, cols)
            return plain if cols or len(blocks) == 1 else min([plain, *self._as_vec(rows)], key=self._rank)
        except NoMatrixForm:
            return self._found(self._shortest_cut(rows, cols, [*dict.fromkeys((*rows, *cols))]))

    def _found(self, chain: Chain | None) -> Chain:
        if chain is None:
            raise NoMatrixForm
        return chain

    def _components(self, rows: Indices, cols: Indices) -> list[tuple[list[Index], list[Piece]]]:
        groups: list[tuple[list[Index], list[Piece]]] = [([i], []) for i in dict.fromkeys((*rows, *cols))]
        for piece in self.reduction.pieces:
            touched = [g for g in groups if any(i in g[0] for i in piece.indices)]
            merged: tuple[list[Index], list[Piece]] = ([], [])
            for indices, pieces in touched:
                merged[0].extend(indices)
                merged[1].extend(pieces)
            merged[1].append(piece)
            groups = [g for g in groups if not any(g is t for t in touched)]
            groups.append(merged)
        return groups

    # ---------------------------------------------------------------- blocks
    def _block(self, indices: list[Index], pieces: list[Piece], rows: Indices, cols: Indices) -> Block:
        row_places = tuple(k for k, i in enumerate(rows) if i in indices)
        col_places = tuple(k for k, i in enumerate(cols) if i in indices)
        in_rows = tuple(rows[k] for k in row_places)
        in_cols = tuple(cols[k] for k in col_places)
        if len(indices) == 1:
            chain = self._single(indices[0], pieces, len(in_rows), len(in_cols))
        elif len(indices) == 2:
            chain = self._pair(pieces, in_rows, in_cols)
        elif len(indices) == 3:
            chain = self._three(pieces, in_rows, in_cols)
        else:
            chain = self._operator(pieces, in_rows, in_cols)
        return Block(chain, row_places, col_places)

    def _single(self, index: Index, pieces: list[Piece], in_rows: int, in_cols: int) -> Chain:
        """One index, at most one vector: a column, a row, a diagonal matrix, or copies of these."""
        dim = self.sizes[index]
        vector = self.writer.chain(pieces[0].chain(self.writer)) if pieces else None
        if (in_rows, in_cols) == (1, 0):
            return (vector if vector is not None else ones(dim),)
        if (in_rows, in_cols) == (0, 1):
            return (self.writer.transpose(vector if vector is not None else ones(dim)),)
        diagonal = eye(dim) if vector is None else self.writer.diagonal(vector)
        if (in_rows, in_cols) == (1, 1):
            return (diagonal,)
        if (in_rows, in_cols) == (2, 0):
            return (self._vec((diagonal,)),)
        if (in_rows, in_cols) == (0, 2):
            return (self.writer.transpose(self._vec((diagonal,))),)
        if (in_rows, in_cols) == (2, 1):
            return (call(KHATRIRAO, eye(dim), diagonal),)
        if (in_rows, in_cols) == (1, 2):
            return (self.writer.transpose(call(KHATRIRAO, eye(dim), diagonal)),)
        if (in_rows, in_cols) == (2, 2):
            return (call(DIAG, self._vec((diagonal,))),)
        raise NoMatrixForm

    def _pair(self, pieces: list[Piece], in_rows: Indices, in_cols: Indices) -> Chain:
        """Two indices joined by a matrix, with vectors on them as scalings."""
        matrix = self._scaled(pieces)
        if len(in_rows) == len(in_cols) == 1 and in_rows != in_cols:
            return matrix.seen_from(in_rows[0], self.writer).chain(self.writer)
        if len(in_rows) == 2 and not in_cols and in_rows[0] != in_rows[1]:
            return (self._vec(matrix.seen_from(in_rows[1], self.writer).chain(self.writer)),)
        if len(in_cols) == 2 and not in_rows and in_cols[0] != in_cols[1]:
            return (self.writer.transpose(self._vec(matrix.seen_from(in_cols[1], self.writer).chain(self.writer))),)
        if len(in_rows) == len(in_cols) == 2 and set(in_rows) == set(in_cols) and in_rows[0] != in_rows[1]:
            vector = self._vec(matrix.seen_from(in_rows[1], self.writer).chain(self.writer))
            diagonal = call(DIAG, vector)
            if in_rows == in_cols:
                return (diagonal,)
            return diagonal, commutation(*(self.sizes[i] for i in in_rows))
        if len(in_rows) == 2 and len(in_cols) == 1:
            return (self._khatri_rao(matrix, in_rows, in_cols[0]),)
        if len(in_rows) == 1 and len(in_cols) == 2:
            return (self.writer.transpose(self._khatri_rao(matrix, in_cols, in_rows[0])),)
        raise NoMatrixForm

    def _scaled(self, pieces: list[Piece]) -> Piece:
        matrices = [p for p in pieces if len(p.indices) == 2]
        if len(matrices) != 1:
            raise NoMatrixForm
        (matrix,) = matrices
        chain = matrix.chain(self.writer)
        for vector in pieces:
            if len(vector.indices) == 1:
                diagonal = self.writer.diagonal(self.writer.chain(vector.chain(self.writer)))
                chain = (diagonal, *chain) if vector.indices[0] == matrix.indices[0] else (*chain, diagonal)
        return Piece(matrix.indices, [(chain, _1)])

    def _khatri_rao(self, matrix: Piece, pair: Indices, shared: Index) -> Expr:
        """Rows (a, b) and column s, where one of a and b is s: the other goes with the matrix."""
        if shared not in pair or pair[0] == pair[1]:
            raise NoMatrixForm
        other = pair[0] if pair[1] == shared else pair[1]
        inner = self.writer.chain(matrix.seen_from(other, self.writer).chain(self.writer))
        operands = [eye(self.sizes[shared]) if i == shared else inner for i in pair]
        return call(KHATRIRAO, *operands)

    def _three(self, pieces: list[Piece], in_rows: Indices, in_cols: Indices) -> Chain:
        """Rows (a, b) and column s, joined by a matrix from a to s and one from b to s: their Khatri-Rao product."""
        if len(in_rows) == 1 and len(in_cols) == 2:
            return self.writer.transpose_chain(self._three(pieces, in_cols, in_rows))
        if len(in_rows) != 2 or len(in_cols) != 1:
            raise NoMatrixForm
        scalings = [p for p in pieces if p.indices == in_cols]
        matrices = [p for p in pieces if len(p.indices) == 2]
        ends = [next((p for p in matrices if set(p.indices) == {i, *in_cols}), None) for i in in_rows]
        if None in ends or len(scalings) + len(matrices) != len(pieces) or len(matrices) != 2:
            raise NoMatrixForm
        seen = [end.seen_from(i, self.writer).chain(self.writer) for end, i in zip(ends, in_rows, strict=True) if end]
        product = call(KHATRIRAO, *(self.writer.chain(chain) for chain in seen))
        return (product, *(self.writer.diagonal(self.writer.chain(p.chain(self.writer))) for p in scalings))

    def _operator(self, pieces: list[Piece], in_rows: Indices, in_cols: Indices) -> Chain:
        """Four indices joined by one operator on matrices."""
        if len(pieces) != 1 or len(pieces[0].indices) != 4:
            raise NoMatrixForm
        (piece,) = pieces
        if piece.indices == (*in_rows, *in_cols) and len(in_rows) == 2:
            return piece.chain(self.writer)
        if piece.indices == (*in_cols, *in_rows) and len(in_rows) == 2:
            return self.writer.transpose_chain(piece.chain(self.writer))
        raise NoMatrixForm

    def _vec(self, chain: Chain) -> Expr:
        return self.writer.vec(chain)

    def _as_vec(self, rows: Indices) -> Iterator[Chain]:
        """A long column as the vec of a matrix: its fast indices are the rows."""
        for cut in range(1, len(rows)) if len(rows) > 3 else ():
            with contextlib.suppress(NoMatrixForm):
                yield (self._vec(self.whole(rows[cut:], rows[:cut])),)

    # ---------------------------------------------------------------- Kronecker products
    def _kronecker(self, blocks: list[Block], rows: Indices, cols: Indices) -> Chain:
        best: Chain | None = None
        for order in permutations(blocks) if len(blocks) <= 4 else []:
            found = self._ordered(order, rows, cols)
            if found is not None and (best is None or self._rank(found) < self._rank(best)):
                best = found
        if best is None:
            raise NoMatrixForm
        return best

    def _rank(self, chain: Chain) -> tuple[int, bool]:
        """Short forms first; K on the right rather than on the left."""
        return chain_length(chain), chain[0].kind == "commutation"

    def _ordered(self, order: tuple[Block, ...], rows: Indices, cols: Indices) -> Chain | None:
        row_order = tuple(k for block in order for k in block.rows)
        col_order = tuple(k for block in order for k in block.cols)
        left = self._reorder(row_order, [self.sizes[i] for i in rows])
        right = self._reorder(col_order, [self.sizes[i] for i in cols])
        if left is None or right is None:
            return None
        middle = self._product(order)
        if (left or right) and all(factor.kind == "eye" for factor in middle):
            middle = ()
        return (*self.writer.transpose_chain(left), *middle, *right)

    def _reorder(self, order: tuple[int, ...], dims: list[Dim]) -> Chain | None:
        """The matrix P with rows in ``order`` and columns in natural order: nothing, or K within identities."""
        count = len(order)
        if order == tuple(range(count)):
            return ()
        first = next(k for k in range(count) if order[k] != k)
        last = next(k for k in reversed(range(count)) if order[k] != k) + 1
        inner = order[first:last]
        for cut in range(1, len(inner)):
            if inner[cut:] + inner[:cut] == tuple(range(first, last)):
                # rows (A, B), columns (B, A): that is K(a,b)
                a, b = (_product([dims[k] for k in part]) for part in (inner[:cut], inner[cut:]))
                middle = commutation(a, b)
                return (self._within(_product(dims[:first]), middle, _product(dims[last:])),)
        return None

    def _within(self, before: Dim, middle: Expr, after: Dim) -> Expr:
        if before is not ONE:
            middle = call(KRON, eye(before), middle)
        return middle if after is ONE else call(KRON, middle, eye(after))

    def _product(self, blocks: tuple[Block, ...]) -> Chain:
        """The Kronecker product of blocks; columns and rows beside each other are outer products."""
        parts: list[Chain] = []
        for is_matrix, group in groupby(blocks, lambda block: bool(block.cols and block.rows)):
            run = list(group)
            if is_matrix:
                parts += [block.chain for block in run]
            else:
                columns = [self.writer.chain(block.chain) for block in run if not block.cols]
                rows = [self.writer.chain(block.chain) for block in run if not block.rows]
                parts += self._outer_products(columns, rows)
        if len(parts) == 1:
            return parts[0]
        return (self._kron([self.writer.with_one_transpose_sign(part) for part in parts]),)

    def _outer_products(self, columns: list[Expr], rows: list[Expr]) -> list[Chain]:
        """kron(a*c', b*d') for columns a, b and rows c', d' of the same sizes, else kron(a, b)*kron(c', d')."""
        if [c.shape.rows for c in columns] != [r.shape.cols for r in rows]:
            columns, rows = ([self._kron(side)] if side else [] for side in (columns, rows))
        if not columns or not rows:
            return [(side,) for side in (*columns, *rows)]
        return [self._outer(column, row) for column, row in zip(columns, rows, strict=True)]

    def _outer(self, column: Expr, row: Expr) -> Chain:
        if column.kind == self.writer.transpose(row).kind == "ones":
            return (ones(column.shape.rows, row.shape.cols),)
        return column, row

    def _kron(self, factors: list[Expr]) -> Expr:
        total = factors[0]
        for factor in factors[1:]:
            rows, cols = total.shape.rows * factor.shape.rows, total.shape.cols * factor.shape.cols
            if total.kind == factor.kind == "eye":
                total = eye(rows)
            elif total.kind == factor.kind == "ones":
                total = ones(rows, cols)
            elif self.writer.transpose(total).kind == self.writer.transpose(factor).kind == "ones":
                total = self.writer.transpose(ones(cols, rows))
            else:
                total = call(KRON, total, factor)
        return total

    # ---------------------------------------------------------------- cuts
    def _shortest_cut(self, rows: Indices, cols: Indices, single: list[Index]) -> Chain | None:
        """A cut at one of these indices, or at a matrix in the middle: the shortest that there is."""
        middles: list[Indices] = [(index,) for index in single]
        for piece in self.reduction.pieces:
            if len(piece.indices) == 2 and len(set(piece.indices)) == 2:
                middles += [piece.indices, piece.indices[::-1]]
        best: Chain | None = None
        for middle in middles:
            try:
                found = self._cut(rows, cols, middle)
            except NoMatrixForm:
                continue
            if best is None or chain_length(found) < chain_length(best):
                best = found
        return best

    def _is_simple(self, piece: Piece) -> bool:
        """Whether a matrix with an index in rows and columns is alone on its indices: then it is a block."""
        return all(len(self.reduction.on(i)) == 1 or len(self.reduction.on(i)[0].indices) == 1 for i in piece.indices)

    def _cut(self, rows: Indices, cols: Indices, middle: Indices) -> Chain:
        left: list[Piece] = []
        right: list[Piece] = []
        inside: list[Piece] = []
        for piece in self.reduction.pieces:
            if set(piece.indices) <= set(middle):
                inside.append(piece)
            elif set(piece.indices) <= {*rows, *middle}:
                left.append(piece)
            elif set(piece.indices) <= {*cols, *middle}:
                right.append(piece)
            else:
                raise NoMatrixForm
        if set(middle) == set(rows) and set(middle) == set(cols) and not left and not right:
            raise NoMatrixForm
        if (not left and set(middle) == set(rows) and len(rows) == len(middle) and rows != middle) or (
            not right and set(middle) == set(cols) and len(cols) == len(middle) and cols != middle
        ):
            raise NoMatrixForm
        if any(index not in middle for index in (*self.reduction.summed(), *(set(rows) & set(cols)))):
            raise NoMatrixForm  # the cut would part what belongs together
        core = self._core(inside, middle)
        whole = len(self.reduction.pieces) + len(rows) + len(cols)
        before = () if rows == middle and not left else self._half(left, rows, middle, whole)
        after = () if cols == middle and not right else self._half(right, middle, cols, whole)
        return (*before, *core, *after)

    def _core(self, inside: list[Piece], middle: Indices) -> Chain:
        if not inside:
            return ()
        if len(middle) == 1:
            (vector,) = inside
            return (self.writer.diagonal(self.writer.chain(vector.chain(self.writer))),)
        matrix = self._scaled(inside)
        return (call(DIAG, self._vec(matrix.seen_from(middle[1], self.writer).chain(self.writer))),)

    def _half(self, pieces: list[Piece], rows: Indices, cols: Indices, whole: int) -> Chain:
        """One side of a cut, which must be smaller than the whole."""
        if len(pieces) + len(rows) + len(cols) >= whole:
            raise NoMatrixForm
        half = Reduction(self.writer, list(pieces), {*rows, *cols}, self.sizes)
        half.run()
        if half.scalars or half.coefficient != 1:
            raise NoMatrixForm
        return _assembled(half, rows, cols)


def _product(dims: list[Dim]) -> Dim:
    total = ONE
    for dim in dims:
        total = total * dim
    return total
