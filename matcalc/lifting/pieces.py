"""The factors of a contraction as matrices and vectors with the names of their indices."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.lifting.writer import Writer
from matcalc.network.nodes import Index, Indices
from matcalc.rational import Fraction

Part = tuple[tuple[Expr, ...], Fraction]  # a chain of matrix factors, to an elementwise power


class Piece:
    """An elementwise product of ``parts``, with rows and columns named by ``indices`` (a column has one index)."""

    __slots__ = ("indices", "parts")

    def __init__(self, indices: Indices, parts: list[Part]) -> None:
        self.indices = indices
        self.parts = parts

    def chain(self, writer: Writer) -> tuple[Expr, ...]:
        """The piece as a chain of matrix factors."""
        if len(self.parts) == 1 and self.parts[0][1] == 1:
            return self.parts[0][0]
        return (writer.hadamard([(writer.chain(chain), power) for chain, power in self.parts]),)

    def transposed(self, writer: Writer) -> Piece:
        if len(self.indices) != 2:
            return self
        return Piece(self.indices[::-1], [(writer.transpose_chain(chain), power) for chain, power in self.parts])

    def seen_from(self, index: Index, writer: Writer) -> Piece:
        """The piece with ``index`` as its rows."""
        return self if self.indices[0] == index else self.transposed(writer)
