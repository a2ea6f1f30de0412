"""Dimensions and shapes: integers, named symbols and polynomials of them; every shape is rows × columns.

A dimension is a polynomial with integer coefficients, interned, so that equal dimensions are one object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, reduce
from operator import mul
from types import MappingProxyType
from zlib import crc32

from matcalc.boundary import decimal, integer
from matcalc.errors import ShapeError, shown
from matcalc.records import NamedTuple

Monomial = tuple[tuple[str, int], ...]

_HINT = "a dimension is a positive integer, a name such as n, or a product such as m*n"
LARGEST = 10**12  # a dimension beyond this is a slip of the pen, not a matrix


class Dim:
    """A dimension: ``Dim.of(3)``, ``Dim.of("n")``, and sums and products of these.

    ``digest`` is a number that tells dimensions apart in the same way in every process.
    """

    __slots__ = ("_text", "digest", "is_symbol", "symbols", "terms")
    _interned: dict[tuple[tuple[Monomial, int], ...], Dim] = {}

    terms: tuple[tuple[Monomial, int], ...]
    digest: int
    symbols: frozenset[str]
    is_symbol: bool  # whether it is a single symbol
    _text: str

    def __new__(cls, terms: tuple[tuple[Monomial, int], ...]) -> Dim:
        known = cls._interned.get(terms)
        if known is None:
            known = super().__new__(cls)
            known.terms = terms
            known.symbols = frozenset(name for monomial, _ in terms for name, _ in monomial)
            known._text = _print(terms)
            known.is_symbol = known._text in known.symbols
            known.digest = crc32(known._text.encode()) + len(known._text)
            known = cls._interned.setdefault(terms, known)  # another thread may have been faster
        return known

    @classmethod
    def of(cls, value: int | str | Dim) -> Dim:
        """The dimension that a user means by an integer, a name or a product of these.

        Raises:
            ShapeError: the value is negative, not an integer, or not a name.
        """
        if isinstance(value, Dim):
            return value
        if isinstance(value, str):
            if value.isdecimal():
                return cls.of(decimal(value) or 0)
            if value.isidentifier():
                return cls(((((value, 1),), 1),))
            if "+" in value and is_at_most(ONE, sum_of_terms := polynomial(value)):
                return sum_of_terms
            parts = [part.strip() for part in value.split("*")]
            if len(parts) == 1 or not all(part.isidentifier() or part.isdecimal() for part in parts):
                raise ShapeError(f"not a dimension: {shown(value)}", _HINT).given(value)
            return product(tuple(map(cls.of, parts)))
        number = integer(value)
        if number is None:
            raise ShapeError(f"not a dimension: {shown(value)}", _HINT).given(value)
        if not 0 < number <= LARGEST:
            raise ShapeError(f"not a dimension: {shown(value)}", f"a dimension lies between 1 and {LARGEST}").given(
                value
            )
        return cls((((), number),))

    @property
    def number(self) -> int | None:
        """The value of a constant dimension, else None."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    def __mul__(self, other: Dim) -> Dim:
        if self is ONE:
            return other
        if type(other) is not Dim:  # a formula, which takes the dimension for a number
            return NotImplemented
        return self if other is ONE else _times(self, other)

    def at(self, sizes: Mapping[str, int], otherwise: int | None = None) -> int:
        """The dimension where its symbols have these sizes; ``otherwise`` is that of symbols that have none."""
        total = 0
        for monomial, coefficient in self.terms:
            for name, power in monomial:
                size = sizes[name] if otherwise is None else sizes.get(name, otherwise)
                coefficient *= size**power
            total += coefficient
        return total

    def plus(self, other: Dim, sign: int = 1) -> Dim:
        total = dict(self.terms)
        for monomial, coefficient in other.terms:
            total[monomial] = total.get(monomial, 0) + sign * coefficient
        return Dim(_sorted(total))

    def substitute(self, dims: Mapping[str, Dim]) -> Dim:
        if not any(name in dims for name in self.symbols):
            return self
        total = Dim(())
        for monomial, coefficient in self.terms:
            term = Dim((((), coefficient),))
            for name, power in monomial:
                for _ in range(power):
                    term = term * dims.get(name, Dim.of(name))
            total = total.plus(term)
        return total

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Dim({self._text})"

    def __reduce__(self) -> tuple[type[Dim], tuple[object]]:
        return Dim, (self.terms,)


def polynomial(text: str) -> Dim:
    """m + n, or n - 1, which is a position, and no dimension, for it may be 0."""
    found = Dim(())
    for part in text.replace("-", "+-").split("+"):
        term = part.strip()
        found = found.plus(Dim.of(term.removeprefix("-").strip()), -1 if term.startswith("-") else 1)
    return found


@lru_cache(4096)
def _times(one: Dim, other: Dim) -> Dim:
    product: dict[Monomial, int] = {}
    for left, a in one.terms:
        for right, b in other.terms:
            powers = dict(left)
            for name, power in right:
                powers[name] = powers.get(name, 0) + power
            key = tuple(sorted(powers.items()))
            product[key] = product.get(key, 0) + a * b
    return Dim(_sorted(product))


def _sorted(terms: Mapping[Monomial, int]) -> tuple[tuple[Monomial, int], ...]:
    kept = [(monomial, c) for monomial, c in terms.items() if c]
    return tuple(sorted(kept, key=lambda term: (-sum(p for _, p in term[0]), term[0])))


def _print(terms: tuple[tuple[Monomial, int], ...]) -> str:
    text = ""
    for monomial, coefficient in terms:
        factors = [name if power == 1 else f"{name}^{power}" for name, power in monomial]
        size = abs(coefficient)
        if size != 1 or not factors:
            factors.insert(0, str(size))
        sign = "-" if coefficient < 0 else "+"
        body = "*".join(factors)
        text = (f"-{body}" if sign == "-" else body) if not text else f"{text} {sign} {body}"
    return text or "0"


ONE = Dim((((), 1),))


def whole_number(value: int) -> Dim:
    """A number as a polynomial; unlike a dimension, it may be 0."""
    return Dim((((), value),) if value else ())


@lru_cache(65536)
def is_at_most(a: Dim, b: Dim) -> bool:
    """Whether a ≤ b for all sizes of symbols, which are 1 at least: b - a, in sizes less 1, has no negative number."""
    if a is b:
        return True
    beyond = b.plus(a, -1)
    more = beyond.substitute({name: Dim.of(name).plus(ONE) for name in beyond.symbols})
    return all(coefficient > 0 for _, coefficient in more.terms)


def product(dims: tuple[Dim, ...]) -> Dim:
    return reduce(mul, dims) if dims else ONE


def total(dims: Sequence[Dim]) -> Dim:
    """The sum of dimensions."""
    found = whole_number(0)
    for dim in dims:
        found = found.plus(dim)
    return found


class Shape(NamedTuple):
    """Rows × columns. A column is n×1, a row 1×n, a scalar 1×1; there is no shapeless vector."""

    rows: Dim
    cols: Dim

    @property
    def is_scalar(self) -> bool:
        return self.rows is ONE and self.cols is ONE

    @property
    def is_square(self) -> bool:
        return self.rows is self.cols

    @property
    def T(self) -> Shape:
        return shape_from((self.cols, self.rows))

    def __str__(self) -> str:
        return f"{_factor(self.rows)}×{_factor(self.cols)}"

    def __repr__(self) -> str:
        return str(self)


# Shape(*s), as fast as a tuple is made
shape_from: Callable[[tuple[Dim, Dim]], Shape] = partial(tuple.__new__, Shape)


def counted(size: object, noun: str) -> str:
    """``1 row``, ``n rows``."""
    return f"{size} {noun}" if str(size) == "1" else f"{size} {noun}s"


def meeting(left: object, columns: object, right: object, rows: object) -> str:
    """Two shapes and their inner dimensions, which differ: ``…: n columns on the left meet m rows on the right``."""
    verb = "meets" if str(columns) == "1" else "meet"
    shapes = f"the left factor is {left} and the right one is {right}"
    return f"{shapes}: {counted(columns, 'column')} on the left {verb} {counted(rows, 'row')} on the right"


def _factor(dim: Dim) -> str:
    return f"({dim})" if len(dim.terms) > 1 else str(dim)


SCALAR = Shape(ONE, ONE)


# ------------------------------------------------------------------------------------------ signatures
Letters = tuple[str, ...]  # the factors of a dimension in a signature, slow index first; () is the literal 1


class Form(NamedTuple):
    """One alternative of a signature: the letters of each operand's rows and columns, and of the result's."""

    operands: tuple[tuple[Letters, Letters], ...]
    result: tuple[Letters, Letters]
    text: str

    @property
    def numbers(self) -> dict[str, Dim]:
        """The letters that are numbers, such as 3, with what they stand for."""
        letters = {letter for sides in (*self.operands, self.result) for side in sides for letter in side}
        return {letter: Dim.of(letter) for letter in sorted(letters) if letter.isdecimal()}

    @property
    def sums(self) -> tuple[str, ...]:
        """The dimensions of the result that are sums of letters, such as n-1."""
        return tuple(letter for side in self.result for letter in side if "+" in letter or "-" in letter)

    def with_sums(self, dims: Mapping[str, Dim]) -> dict[str, Dim]:
        """The dimensions with those that are sums of the others."""
        return {**dims, **{letter: _sum_of(letter, dims) for letter in self.sums}}


def _sum_of(text: str, dims: Mapping[str, Dim] = MappingProxyType({})) -> Dim:
    """The dimension that a text such as m+n-1 says, where its letters stand for dimensions."""
    total = Dim(())
    for sign, letter in re.findall(r"([+-]?)(\w+)", text):
        total = total.plus(dims[letter] if letter in dims else Dim.of(letter), -1 if sign == "-" else 1)
    return total


class Signature:
    """Shape rule of a function, such as ``(m,n),(n,p)->(m,p)``; equal letters are equal dimensions, a number is one.

    Alternatives are written ``(n,1)->(n,n) | (n,n)->(n,1)``; the first that fits counts.
    """

    __slots__ = ("forms", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.forms = tuple(_form(form.strip()) for form in text.split("|"))

    @property
    def arity(self) -> int:
        return len(self.forms[0].operands)

    def match(self, shapes: tuple[tuple[Dim, Dim], ...]) -> tuple[Form, Mapping[str, Dim]] | None:
        """The alternative that the shapes fit, and what its letters stand for; None where no one fits."""
        return _match(self, shapes)


def shape_of(letters: tuple[Letters, Letters], dims: Mapping[str, Dim]) -> Shape:
    rows, cols = (product(tuple(dims[letter] for letter in side)) for side in letters)
    return Shape(rows, cols)


@lru_cache(None)
def _form(text: str) -> Form:
    left, right = text.split("->")
    operands = tuple(_pair(part) for part in left.strip().strip("()").split("),("))
    return Form(operands, _pair(right.strip().strip("()")), text)


def _pair(text: str) -> tuple[Letters, Letters]:
    rows, cols = text.split(",")
    return _letters(rows), _letters(cols)


def _letters(text: str) -> Letters:
    return () if text.strip() == "1" else tuple(text.strip().split("*"))


@lru_cache(4096)
def _match(signature: Signature, shapes: tuple[tuple[Dim, Dim], ...]) -> tuple[Form, Mapping[str, Dim]] | None:
    for form in signature.forms:
        dims = _bind(form, shapes)
        if dims is not None:
            whole = form.with_sums(dims)
            numbers = [whole[letter].number for letter in form.sums]
            if all(number is None or number > 0 for number in numbers):
                return form, whole
    return None


def _bind(form: Form, shapes: tuple[tuple[Dim, Dim], ...]) -> Mapping[str, Dim] | None:
    if len(shapes) != len(form.operands):
        return None
    dims: dict[str, Dim] = dict(form.numbers)
    sides = [
        pair for letters, shape in zip(form.operands, shapes, strict=True) for pair in zip(letters, shape, strict=True)
    ]
    for side, dim in sorted(sides, key=lambda pair: len(pair[0]) > 1):  # products of letters last
        if len(side) == 1:
            if dims.setdefault(side[0], dim) is not dim:
                return None
        elif any(letter not in dims for letter in side) or product(tuple(dims[letter] for letter in side)) is not dim:
            return None
    return dims
