"""Expressions of Eigen as text, and the types of what they are stored in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod

from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

SUM, PRODUCT, UNARY, ATOM = range(4)  # how tightly a piece of source holds together

LARGEST_FIXED = 64  # of a side that is known when the function is compiled: beyond, arrays are on the heap


class Value(NamedTuple):
    """An expression: a "number", a "matrix", or an "array", whose operations are those of entries."""

    source: str
    level: int = ATOM
    kind: str = "matrix"
    is_product: bool = False  # of matrices, which Eigen computes on its own before entries of it are read

    def at(self, level: int) -> str:
        return self.source if self.level >= level else f"({self.source})"

    @property
    def is_word(self) -> bool:
        """Whether it is the name of something that is stored."""
        return re.fullmatch(r"[^\W\d]\w*(\.\w+)?", self.source) is not None

    @property
    def is_stored(self) -> bool:
        """Whether its entries are read from memory: a name, or the transpose of one."""
        return re.fullmatch(r"[^\W\d]\w*(\.\w+)?(\[[^]]*\])?(\.transpose\(\))?", self.source) is not None

    def matrix(self) -> Value:
        return self if self.kind != "array" else Value(f"{self.at(ATOM)}.matrix()")

    def array(self) -> Value:
        return self if self.kind != "matrix" else Value(f"{self.at(ATOM)}.array()", ATOM, "array")

    def transposed(self) -> Value:
        """The transpose; that of a transpose is the matrix."""
        source = self.at(ATOM)
        straight = source.removesuffix(".transpose()")
        return self._replace(
            source=straight if straight != source else f"{source}.transpose()", level=ATOM, is_product=False
        )


def number(value: Fraction) -> str:
    """A positive number as a literal of a double."""
    return repr(float(value))


def literal(value: Fraction) -> Value:
    return Value(f"-{number(-value)}" if value < 0 else number(value), UNARY if value < 0 else ATOM, "number")


def whole(dim: Dim) -> str:
    """A dimension in C++."""
    text = re.sub(r"([^\W\d]\w*)\^(\d+)", lambda found: "*".join([found[1]] * int(found[2])), str(dim))
    return text.replace("*", " * ")


def factor_text(dim: Dim) -> str:
    """A dimension as a factor of a product."""
    text = whole(dim)
    return f"({text})" if " + " in text or " - " in text else text


class Made(NamedTuple):
    """What a value is made by: an expression that it begins with, if any, and statements that change {name}."""

    first: Value | None
    rest: Sequence[str]


class Types(NamedTuple):
    """Types of arrays at the sizes that are known when the function is compiled."""

    sizes: Mapping[str, int] | None = None

    def known(self, dim: Dim) -> int | None:
        """The number that a dimension is, where that is known."""
        if self.sizes is not None and dim.symbols <= self.sizes.keys():
            return dim.at(self.sizes)
        return dim.number

    def fixed(self, dim: Dim) -> int | None:
        """The number that a dimension is in types."""
        size = self.known(dim)
        return size if size is not None and size <= LARGEST_FIXED else None

    def text(self, dim: Dim) -> str:
        """A dimension in C++: a number where it is known."""
        size = self.known(dim)
        return whole(dim) if size is None else str(size)

    def of(self, dims: tuple[Dim, ...], row: bool = False) -> str:
        """The type of a number, a vector, a matrix, or of several matrices."""
        if not dims:
            return "double"
        if len(dims) > 2:
            return f"std::vector<{self.of(dims[-2:])}>"
        sides = [self.fixed(dim) for dim in dims]
        if len(sides) == 1:
            kind = "RowVector" if row else "Vector"
            (side,) = sides
            if side is None or 2 <= side <= 4:
                return f"Eigen::{kind}{'X' if side is None else side}d"
            return f"Eigen::Matrix<double, 1, {side}>" if row else f"Eigen::Matrix<double, {side}, 1>"
        rows, cols = sides
        if rows == cols and (rows is None or 2 <= rows <= 4):
            return f"Eigen::Matrix{'X' if rows is None else rows}d"
        written = ", ".join("Eigen::Dynamic" if side is None else str(side) for side in sides)
        return f"Eigen::Matrix<double, {written}>"

    def is_fixed(self, dims: tuple[Dim, ...]) -> bool:
        """Whether an array has its size in its type."""
        return all(self.fixed(dim) is not None for dim in dims)

    def made(self, dims: tuple[Dim, ...]) -> str:
        """The arguments that say how large a new array is: none where its type does."""
        if len(dims) > 2:
            return f"{self.matrices(dims)}, {self.of(dims[-2:])}({self.made(dims[-2:])})"
        return "" if self.is_fixed(dims) else ", ".join(map(self.text, dims))

    def matrices(self, dims: tuple[Dim, ...]) -> str:
        """How many matrices an array of more than two axes is."""
        return self.text(prod(dims[:-2], start=Dim.of(1)))

    def constant(self, dims: tuple[Dim, ...], name: str, *others: str) -> str:
        """A constant array, such as Zero or Identity."""
        sides = [] if self.is_fixed(dims) else [self.text(dim) for dim in dims]
        return f"{self.of(dims)}::{name}({', '.join([*sides, *others])})"


MATRICES = 0  # instead of a number of axes that are rows: an array is stored as matrices of its last two axes


def sides_of(dims: tuple[Dim, ...], rows: int) -> tuple[Dim, ...]:
    """The dimensions of the type that an array is stored in."""
    return dims if len(dims) <= 2 or rows == MATRICES else folded(dims, rows)


def folded(dims: tuple[Dim, ...], rows: int) -> tuple[Dim, Dim]:
    """The sides of a matrix whose rows are the first axes of an array, and whose columns are the others."""
    one = Dim.of(1)
    return prod(dims[:rows], start=one), prod(dims[rows:], start=one)


def single(text: str) -> str:
    """The same in single precision: types and numbers."""
    text = re.sub(r"\bdouble\b", "float", text)
    text = re.sub(r"\b(Eigen::(?:(?:Row)?Vector|Matrix)[X234])d\b", r"\1f", text)
    return re.sub(r"(?<![\w.])(\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)(?!\w)", r"\1f", text)
