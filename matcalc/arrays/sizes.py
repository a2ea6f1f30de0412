"""Numbers that shapes say: the length of an axis, which may be a symbol, and the number of a loop over a length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matcalc.arrays.faults import Dims
from matcalc.arrays.operators import OPERATORS, Operated
from matcalc.errors import ShapeError, UnsupportedError, shown
from matcalc.expr import Expr, as_expr, block, ones, size
from matcalc.functions import FUNCTIONS
from matcalc.position import Index
from matcalc.shape import ONE, Dim, is_at_most, whole_number


class Counted(Operated):
    """What is no integer in the text alone: it takes part in formulas by Python's operators."""

    __slots__ = ()

    def _sum(self, other: object, sign: int) -> Any:
        raise NotImplementedError

    def __add__(self, other: object) -> Any:
        made = self._sum(other, 1)
        return OPERATORS["+"](self, other) if made is None else made

    def __radd__(self, other: object) -> Any:
        made = self._sum(other, 1)
        return OPERATORS["+"](other, self) if made is None else made

    def __sub__(self, other: object) -> Any:
        made = self._sum(other, -1)
        return OPERATORS["-"](self, other) if made is None else made

    def __neg__(self) -> Any:
        return OPERATORS["*"](-1, self)

    def __index__(self) -> int:
        raise UnsupportedError(
            "this length is a symbol, and Python wants a number",
            hint="mc.read reads such code from its source; or trace with example arrays",
        )


@dataclass(frozen=True, eq=False)
class Size(Counted):
    """The length of an axis, or a sum or product of lengths: the n of ``len(y)``."""

    dim: Dim

    def as_number(self) -> Expr:
        if self.dim.number is not None:
            return as_expr(self.dim.number)
        numbers = [as_expr(c) if not m else None for m, c in self.dim.terms]
        if None not in numbers or is_at_most(ONE, self.dim):
            return size(self.dim)
        made = as_expr(0)
        for monomial, coefficient in self.dim.terms:
            made = made + (size(Dim(((monomial, 1),))) if monomial else as_expr(1)) * as_expr(coefficient)
        return made

    def _sum(self, other: object, sign: int) -> Any:
        dim = length(other)
        return None if dim is None else sized(self.dim.plus(dim, sign))

    def __mul__(self, other: object) -> Any:
        dim = length(other)
        return OPERATORS["*"](self, other) if dim is None else sized(self.dim * dim)

    def __rmul__(self, other: object) -> Any:
        return self * other

    def __eq__(self, other: object) -> bool:
        dim = length(other)
        if dim is None:
            return False
        return self.dim is dim or _undecided(self.dim, dim)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return not other <= self

    def __le__(self, other: object) -> bool:
        dim = length(other)
        if dim is None:
            raise UnsupportedError("a length is compared with lengths", f"this is {shown(other)}")
        if is_at_most(self.dim, dim):
            return True
        return False if is_at_most(dim.plus(ONE), self.dim) else _undecided(self.dim, dim)

    def __gt__(self, other: Any) -> bool:
        return not self <= other

    def __ge__(self, other: object) -> bool:
        dim = length(other)
        return dim is not None and Size(dim) <= self

    def __hash__(self) -> int:
        return hash(self.dim)

    def __repr__(self) -> str:
        return str(self.dim)


class Undecided(ShapeError):
    """A question about lengths that symbols leave open."""


def _undecided(a: Dim, b: Dim) -> bool:
    """False where a and b differ for all sizes."""
    if is_at_most(a.plus(ONE), b) or is_at_most(b.plus(ONE), a):
        return False
    raise Undecided(f"whether {a} and {b} are equal, or which is less, depends on the sizes")


@dataclass(frozen=True, eq=False, repr=False)
class Running(Counted):
    """The number of a loop over a length: ``start`` and the index, which counts from 0 to ``dim``."""

    index: Index
    dim: Dim
    start: Dim

    def __repr__(self) -> str:
        return f"i + {self.start}" if self.start.terms else "i"

    def as_number(self) -> Expr:
        places = counting(self.dim)
        at = places if self.dim is ONE else block(places, (self.index, None))
        made: Expr = at + Size(self.start).as_number() if self.start.terms else at
        return made

    def _sum(self, other: object, sign: int) -> Any:
        dim = length(other)
        return None if dim is None else replace(self, start=self.start.plus(dim, sign))


def counting(dim: Dim) -> Expr:
    """0, 1, 2, … as a column."""
    if dim is ONE:
        return as_expr(0)
    made: Expr = FUNCTIONS["cumsum"](ones(dim)) - as_expr(1)
    return made


def length(value: object) -> Dim | None:
    """The polynomial in symbols that an integer or a size is; it may be 0 or less."""
    if isinstance(value, Size):
        return value.dim
    if isinstance(value, int) and not isinstance(value, bool):
        return whole_number(value)
    return None


def sized(dim: Dim) -> int | Size:
    return Size(dim) if dim.number is None else dim.number


def dimension(value: object) -> Dim:
    """The length that an axis is given.

    Raises:
        ShapeError: it is no positive length.
    """
    dim = length(value)
    if dim is None and hasattr(value, "__index__") and not isinstance(value, Counted | bool):
        dim = whole_number(int(value.__index__()))
    if dim is None:
        raise ShapeError(
            "a length is an integer, or one that an array has", f"this is {shown(value)}", hint="X.shape[0]"
        )
    if dim.number is not None:
        return Dim.of(dim.number)
    return dim


def dimensions(shape: object) -> Dims:
    """The lengths that a shape says: one, or several in a tuple."""
    parts = list(shape) if isinstance(shape, tuple | list) else [shape]
    return tuple(map(dimension, parts))


def axes_of(axis: object, ndim: int) -> list[int] | None:
    """The axes that are meant, counted from the first; None for all."""
    if axis is None:
        return None
    found: list[Any] = list(axis) if isinstance(axis, tuple | list) else [axis]
    for k, at in enumerate(found):
        if not isinstance(at, int) or isinstance(at, bool) or not -ndim <= at < ndim:
            raise UnsupportedError(f"there is no axis {shown(at)}", f"the array has {ndim} axes, counted from 0")
        found[k] = at % ndim
    if len(set(found)) < len(found):
        raise UnsupportedError("an axis is named twice")
    return None if len(found) == ndim else found


def quotient(whole: Dim, part: Dim) -> Dim | None:
    """whole / part, where that is a length for all sizes."""
    if whole is part:
        return ONE
    if len(part.terms) != 1:
        return None
    ((divisor, number),) = part.terms
    powers = dict(divisor)
    made = whole_number(0)
    for monomial, coefficient in whole.terms:
        left = dict(monomial)
        for name, power in powers.items():
            left[name] = left.get(name, 0) - power
        if coefficient % number or any(power < 0 for power in left.values()):
            return None
        kept = tuple(sorted((name, power) for name, power in left.items() if power))
        made = made.plus(Dim(((kept, coefficient // number),)))
    return made
