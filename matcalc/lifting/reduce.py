"""Sums over indices, turned into matrix products.

Each factor of a contraction is a ``Piece``: a vector with one index or a matrix with two. Summed indices are
eliminated by structure alone, the cheapest forms first: sums of vectors, inner products, matrix times vector,
Hadamard products of equal index sets, row sums, traces, matrix times matrix, and a diagonal matrix between two.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.expr import Expr, call, entry, ones
from matcalc.function import Function
from matcalc.functions import (
    ABS,
    CIRCULANTTENSOR,
    COLSUM,
    CONVTENSOR,
    DIAG,
    LEVICIVITA,
    LOWERTENSOR,
    NORM1,
    ROWSUM,
    SUM,
    TR,
    UNVEC,
    UPPERTENSOR,
)
from matcalc.lifting.convolving import along_diagonals, convolved, diagonal_sums, shifted, wrapped, wrapped_sums
from matcalc.lifting.crossing import Context, Crossing, crossed, shrunk, turned_skew
from matcalc.lifting.factors import chain_length, masking, of_sequence
from matcalc.lifting.pieces import Part, Piece
from matcalc.lifting.writer import Writer
from matcalc.network.nodes import Index, Indices
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)
_OF_DIAGONALS = (LOWERTENSOR, UPPERTENSOR)


class Reduction:
    """Pieces, and the scalars that sums over all their indices left."""

    def __init__(
        self,
        writer: Writer,
        pieces: list[Piece],
        out: set[Index],
        sizes: dict[Index, Dim],
        coefficient: Fraction = _1,
    ) -> None:
        self.writer = writer
        self.pieces = pieces
        self.out = out
        self.sizes = sizes
        self.scalars: list[tuple[Expr, Fraction]] = []
        self.coefficient = coefficient

    def run(self) -> None:
        """Eliminates summed indices until none is left or no rule applies."""
        while not self._is_done():
            ranks = {len(piece.indices) for piece in self.pieces}
            for rank, step in STEPS:
                if rank in ranks and step(self):
                    break
            else:
                break

    def _is_done(self) -> bool:
        """Whether no piece is left, or one that has its own axes."""
        places = [index for piece in self.pieces for index in piece.indices]
        return len(self.pieces) < 2 and len(set(places)) == len(places) and self.out.issuperset(places)

    # ---------------------------------------------------------------- looking
    def on(self, index: Index) -> list[Piece]:
        return [p for p in self.pieces if index in p.indices]

    def summed(self) -> list[Index]:
        found = dict.fromkeys([index for piece in self.pieces for index in piece.indices])
        return [index for index in found if index not in self.out]

    def replace(self, old: list[Piece], *new: Piece) -> None:
        at = min(map(self.pieces.index, old))  # before it, none of the old is
        self.pieces = [*self.pieces[:at], *new, *[p for p in self.pieces[at:] if p not in old]]

    def scalar(self, expr: Expr, old: list[Piece]) -> None:
        self.pieces = [p for p in self.pieces if p not in old]
        self.scalars.append((expr, _1))

    def function(self, function: Function, chain: tuple[Expr, ...]) -> Expr:
        """A function of a product; the sum of absolute values is a norm."""
        first = chain[0]
        if function is SUM and len(chain) == 1 and first.data is ABS:
            return self.writer.applied(NORM1, self.writer.either_sign(first.operands[0]))
        return self.writer.applied(function, self.writer.chain(chain))

    def norm_squared(self, expr: Expr, old: list[Piece]) -> None:
        self.pieces = [p for p in self.pieces if p not in old]
        self.scalars.append((self.writer.norm(expr), Fraction(2)))

    # ---------------------------------------------------------------- steps
    def diagonals(self) -> bool:
        """X[i,i]: the trace, or the diagonal as a vector; powers are taken of the diagonal alone."""
        for piece in self.pieces:
            if len(piece.indices) == 2 and piece.indices[0] == piece.indices[1]:
                index = piece.indices[0]
                plain = all(power == 1 for _, power in piece.parts)
                if plain and index not in self.out and self.on(index) == [piece]:
                    self.scalar(self.function(TR, piece.chain(self.writer)), [piece])
                else:
                    parts: list[Part] = [((self.function(DIAG, chain),), power) for chain, power in piece.parts]
                    self.replace([piece], Piece((index,), parts))
                return True
        return False

    def vectors(self) -> bool:
        """Vectors on one index: an inner product where nothing else is on it, else their Hadamard product."""
        for k, piece in enumerate(self.pieces):
            if len(piece.indices) != 1:
                continue
            index = piece.indices[0]
            others = [p for p in self.pieces[k + 1 :] if p.indices == piece.indices]
            alone = index not in self.out and len(self.on(index)) == 1 + len(others)
            if alone and len(others) == 0:
                self._sum_vector(piece)
                return True
            if alone and len(others) == 1:
                self._inner(piece, others[0])
                return True
            if others:
                self.replace([piece, others[0]], Piece(piece.indices, piece.parts + others[0].parts))
                return True
        return False

    def _sum_vector(self, piece: Piece) -> None:
        if len(piece.parts) == 1 and piece.parts[0][1] == 2:
            self.norm_squared(self.writer.chain(piece.parts[0][0]), [piece])
            return
        if len(piece.parts) > 1 and any(power != 2 for _, power in piece.parts):
            for part in piece.parts:
                if part[1] == 1:
                    rest = [p for p in piece.parts if p is not part]
                    lone = Piece(piece.indices, [part])
                    self.pieces.append(lone)
                    self._inner_of(lone, Piece(piece.indices, rest), [piece, lone])
                    return
        if all(power == 2 for _, power in piece.parts):
            self._inner_of(piece, Piece(piece.indices, []), [piece])
            return
        self.scalar(self.function(SUM, piece.chain(self.writer)), [piece])

    def _inner(self, a: Piece, b: Piece) -> None:
        self._inner_of(a, b, [a, b])

    def _inner_of(self, a: Piece, b: Piece, old: list[Piece]) -> None:
        parts = [*a.parts, *b.parts]
        if all(power == 2 for _, power in parts):  # (x.^2)'*y.^2 is norm2(x.*y)^2
            self.norm_squared(self.writer.hadamard([(self.writer.chain(chain), _1) for chain, _ in parts]), old)
            return
        left, right = a.chain(self.writer), b.chain(self.writer)
        for unit, other in ((left, right), (right, left)):
            if len(unit) == 1 and unit[0].kind == "unit":
                self.scalar(_entry(self.writer.chain(other), unit[0].data), old)
                return
        if left == right:
            self.norm_squared(self.writer.chain(left), old)
            return
        ways = ((*self.writer.transpose_chain(a), *b) for a, b in ((left, right), (right, left)))
        chain = self._shorter(*ways)
        half = len(chain) // 2
        if len(chain) % 2 == 0 and half > 1 and self.writer.transpose_chain(chain[:half]) == chain[half:]:
            self.norm_squared(self.writer.chain(chain[half:]), old)
            return
        self.scalar(self.writer.chain(chain), old)

    def _shorter(self, a: tuple[Expr, ...], b: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """The shorter product; of two equally long ones, the one that comes first by name."""
        return min(a, b, key=lambda chain: (chain_length(chain), chain[0].lead))

    def rows_and_columns(self) -> bool:
        """A matrix times a unit vector: one of its columns or rows."""
        return self._matrix_vector(only_units=True)

    def matrix_vector(self) -> bool:
        return self._matrix_vector(only_units=False)

    def _matrix_vector(self, only_units: bool) -> bool:
        for index in self.summed():
            pieces = self.on(index)
            if len(pieces) == 2 and {len(p.indices) for p in pieces} == {1, 2}:
                vector, matrix = sorted(pieces, key=lambda p: len(p.indices))
                right = vector.chain(self.writer)
                is_unit = len(right) == 1 and right[0].kind == "unit"
                if only_units and not is_unit:
                    continue
                other = next(i for i in matrix.indices if i != index)
                left = matrix.seen_from(other, self.writer).chain(self.writer)
                chain = (*left[:-1], self.writer.column(left[-1], right[0].data)) if is_unit else (*left, *right)
                named = None if is_unit else of_sequence(left[-1])
                if named is not None:
                    chain = (*left[:-1], call(named, self.writer.chain(right)))
                self.replace(pieces, Piece((other,), [(chain, _1)]))
                return True
        return False

    def hadamard(self) -> bool:
        """Matrices on the same two indices."""
        alike: dict[frozenset[Index], list[Piece]] = {}
        for piece in self.pieces:
            if len(piece.indices) == 2:
                alike.setdefault(frozenset(piece.indices), []).append(piece)
        for pieces in alike.values():  # in the order of their first pieces
            if len(pieces) > 1:
                self._join_pair(*pieces[:2])
                return True
        return False

    def _join_pair(self, a: Piece, b: Piece) -> None:
        summed = [i for i in a.indices if i not in self.out and len(self.on(i)) == 2]
        plain = all(power == 1 for piece in (a, b) for _, power in piece.parts)
        if len(summed) == 2 and plain:
            self._trace(a, b)
            return
        if len(summed) == 1 and plain and self._diagonal_of_product(a, b, summed[0]):
            return
        ways = self._alike(a, b) if summed or a.indices != b.indices else [(a, b)]
        one, other = min(ways, key=lambda way: sum(map(self._length, way)))
        self.replace([a, b], Piece(one.indices, one.parts + other.parts))

    def _alike(self, a: Piece, b: Piece) -> list[tuple[Piece, Piece]]:
        """Two matrices with their indices in one order: the ways to have them so."""
        turned_a, turned_b = a.transposed(self.writer), b.transposed(self.writer)
        return [(a, b), (turned_a, turned_b)] if a.indices == b.indices else [(a, turned_b), (turned_a, b)]

    def _length(self, piece: Piece) -> int:
        return chain_length(piece.chain(self.writer))

    def _trace(self, a: Piece, b: Piece) -> None:
        """Σ A[i,j]*B[i,j]: tr(A'*B) or sum(A.*B)."""
        left, right = a.chain(self.writer), b.chain(self.writer)
        straight = a.indices == b.indices
        if straight and left == right:
            self.norm_squared(self.writer.chain(left), [a, b])
            return
        transposed_left, transposed_right = self.writer.transpose_chain(left), self.writer.transpose_chain(right)
        if straight:
            chains = [(*transposed_left, *right), (*transposed_right, *left)]
        else:
            chains = [(*left, *right), (*transposed_left, *transposed_right)]
        products = [self.writer.chain(c) for c in (left, right if straight else transposed_right)]
        chain = min((*chains, (*chains[0][len(left) :], *chains[0][: len(left)])), key=chain_length)
        half = len(chain) // 2
        if len(chain) % 2 == 0 and self.writer.transpose_chain(chain[:half]) == chain[half:]:
            self.norm_squared(self.writer.chain(chain[half:]), [a, b])
            return
        hadamard = sum(p.length for p in products) + 2
        if hadamard < chain_length(chain):
            self.scalar(call(SUM, self.writer.hadamard([(p, _1) for p in products])), [a, b])
        else:
            self.scalar(self.function(TR, _ends_apart(chain)), [a, b])

    def _diagonal_of_product(self, a: Piece, b: Piece, index: Index) -> bool:
        """Σ_k A[i,k]*B[i,k] is diag(A*B') where one of them is a product, else rowsum(A.*B).

        The sum of rows it is also of a triangle, rowsum(tril(A)), and of what is made entry by entry.
        """
        other = next(i for i in a.indices if i != index)
        left = a.seen_from(other, self.writer).chain(self.writer)
        right = b.seen_from(index, self.writer).chain(self.writer)
        transposed = (*self.writer.transpose_chain(right), *self.writer.transpose_chain(left))
        chain = self._shorter((*left, *right), transposed)
        if any(masking(piece.parts[0][0][0]) for piece in (a, b)):
            return False
        of_entries = _is_of_entries(a) + _is_of_entries(b)
        if len(chain) == 2 and of_entries:
            shortest = min(sum(map(self._length, way)) for way in self._alike(a, b))
            if shortest <= chain_length(chain) + (of_entries == 2):  # for that, with one more transpose sign
                return False
        rows = (a.seen_from(other, self.writer), b.seen_from(other, self.writer))
        if chain_length(chain) > sum(map(self._length, rows)):
            return False
        self.replace([a, b], Piece((other,), [((self.function(DIAG, chain),), _1)]))
        return True

    def lone_sums(self) -> bool:
        """A summed index on one matrix alone: row sums, or the sum of all entries."""
        for index in self.summed():
            pieces = self.on(index)
            if len(pieces) == 1 and len(pieces[0].indices) == 2:
                (piece,) = pieces
                other = next(i for i in piece.indices if i != index)
                if other not in self.out and self.on(other) == [piece]:
                    self._sum_matrix(piece)
                else:
                    self.replace([piece], Piece((other,), [((self._row_sums(piece, other),), _1)]))
                return True
        return False

    def _row_sums(self, piece: Piece, rows: Index) -> Expr:
        return self.function(ROWSUM if piece.indices[0] == rows else COLSUM, piece.chain(self.writer))

    def _sum_matrix(self, piece: Piece) -> None:
        if len(piece.parts) == 1 and piece.parts[0][1] == 2:
            self.norm_squared(self.writer.chain(piece.parts[0][0]), [piece])
        else:
            self.scalar(self.function(SUM, piece.chain(self.writer)), [piece])

    def matrix_matrix(self) -> bool:
        for index in self.summed():
            pieces = self.on(index)
            if len(pieces) == 2 and all(len(p.indices) == 2 for p in pieces):
                a, b = pieces
                start = next(i for i in a.indices if i != index)
                stop = next(i for i in b.indices if i != index)
                left, right = a.seen_from(start, self.writer), b.seen_from(index, self.writer)
                chain = (*left.chain(self.writer), *right.chain(self.writer))
                self.replace(pieces, Piece((start, stop), [(chain, _1)]))
                return True
        return False

    def diagonal_between(self) -> bool:
        """A[i,s]*d[s]*B[s,j] is A*diag(d)*B."""
        for index in self.summed():
            pieces = self.on(index)
            vectors = [p for p in pieces if len(p.indices) == 1]
            if len(pieces) == 3 and len(vectors) == 1:
                a, b = (p for p in pieces if p is not vectors[0])
                if len(a.indices) != 2 or len(b.indices) != 2:
                    continue
                start = next(i for i in a.indices if i != index)
                stop = next(i for i in b.indices if i != index)
                middle = self.function(DIAG, vectors[0].chain(self.writer))
                left, right = a.seen_from(start, self.writer), b.seen_from(index, self.writer)
                chain = (*left.chain(self.writer), middle, *right.chain(self.writer))
                self.replace(pieces, Piece((start, stop), [(chain, _1)]))
                return True
        return False

    # ---------------------------------------------------------------- arrays of three axes
    def products_of_vectors(self) -> bool:
        return self._crossing({LEVICIVITA: crossed, CONVTENSOR: convolved})

    def skew_parts(self) -> bool:
        return self._crossing(
            {LEVICIVITA: shrunk, CIRCULANTTENSOR: wrapped_sums, **dict.fromkeys(_OF_DIAGONALS, diagonal_sums)}
        )

    def matrices_of_vectors(self) -> bool:
        return self._crossing(
            {
                LEVICIVITA: turned_skew,
                CONVTENSOR: shifted,
                CIRCULANTTENSOR: wrapped,
                **dict.fromkeys(_OF_DIAGONALS, along_diagonals),
            }
        )

    def _crossing(self, steps: dict[Function, Callable[[Piece, list[list[Piece]], Context], Crossing | None]]) -> bool:
        chains = {chain for piece in self.pieces for chain, _ in piece.parts}
        context = Context(self.writer, {factor for chain in chains for factor in chain}, self.coefficient < 0)
        for symbol in self.pieces:
            step = steps.get(symbol.parts[0][0][0].data) if len(symbol.indices) == 3 else None
            if step is not None:
                beside = [[] if i in self.out else [p for p in self.on(i) if p is not symbol] for i in symbol.indices]
                found = step(symbol, beside, context)
                if found is not None:
                    self.coefficient *= found.coefficient
                    self.replace([symbol, *found.old], found.new)
                    return True
        return False

    def operators(self) -> bool:
        """An operator on matrices, applied to one: unvec(S*vec(C), ones(m,n))."""
        for operator in self.pieces:
            if len(operator.indices) != 4 or len(set(operator.indices)) != 4:
                continue
            for matrix in self.pieces:
                for inner, outer in (
                    (operator.indices[2:], operator.indices[:2]),
                    (operator.indices[:2], operator.indices[2:]),
                ):
                    if self._applies(operator, matrix, inner):
                        self._apply(operator, matrix, inner, outer)
                        return True
        return False

    def _applies(self, operator: Piece, matrix: Piece, inner: Indices) -> bool:
        if len(matrix.indices) != 2 or set(matrix.indices) != set(inner):
            return False
        return all(i not in self.out and len(self.on(i)) == 2 for i in inner)

    def _apply(self, operator: Piece, matrix: Piece, inner: Indices, outer: Indices) -> None:
        chain = operator.chain(self.writer)
        if inner == operator.indices[:2]:
            chain = self.writer.transpose_chain(chain)
        vector = self.writer.vec(matrix.seen_from(inner[1], self.writer).chain(self.writer))
        shape = ones(self.sizes[outer[1]], self.sizes[outer[0]])
        applied = call(UNVEC, self.writer.chain((*chain, vector)), shape)
        self.replace([operator, matrix], Piece((outer[1], outer[0]), [((applied,), _1)]))


def _is_of_entries(piece: Piece) -> bool:
    """Whether a matrix is a product or a function of entries, or a sum with one."""
    waiting = [piece.parts[0][0][0]]
    while waiting:
        expr = waiting.pop()
        if expr.kind in ("elpow", "eldiv", "hadamard") or (expr.kind == "call" and expr.data.elementwise):
            return True
        waiting += expr.operands if expr.kind in ("add", "sub", "transpose") else ()
    return len(piece.parts) > 1


def _entry(column: Expr, i: int) -> Expr:
    """Entry i of a column; of a column of a matrix or of a row's transpose, the entry of that."""
    if column.kind == "entry" and column.data[0] is None:
        whole, position = column.operands[0], (i, column.data[1])
        if whole.kind == "transpose":
            return entry(whole.operands[0], position[::-1])
        return entry(whole, position)
    if column.kind == "transpose":
        row = column.operands[0]
        if row.kind == "entry" and row.data[1] is None:
            return entry(row.operands[0], (row.data[0], i))
        return entry(row, (0, i))
    return entry(column, (i, 0))


def _ends_apart(chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """A product under a trace rotated so that it does not begin and end alike: tr(A*B*A) is tr(B*A^2)."""
    while chain[0] is chain[-1] and len(set(chain)) > 1:
        chain = (*chain[1:], chain[0])
    return chain


# Each with how many indices a piece has that it is about.
STEPS: tuple[tuple[int, Callable[[Reduction], bool]], ...] = (
    (2, Reduction.diagonals),
    (1, Reduction.rows_and_columns),
    (1, Reduction.vectors),
    (1, Reduction.matrix_vector),
    (3, Reduction.products_of_vectors),
    (2, Reduction.hadamard),
    (4, Reduction.operators),
    (2, Reduction.lone_sums),
    (2, Reduction.matrix_matrix),
    (3, Reduction.skew_parts),
    (1, Reduction.diagonal_between),
    (3, Reduction.matrices_of_vectors),
)
