"""The surface language: immutable, interned trees in matrix notation.

Constructors check shapes and never simplify: a checker sees what the user wrote. Operators follow NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from numbers import Rational
from operator import attrgetter
from typing import Any, Literal, TypeAlias, get_args

from matcalc.boundary import MOST_BITS, in_brackets, pointing
from matcalc.errors import ShapeError, UnsupportedError, shown
from matcalc.function import Function
from matcalc.interning import Interned
from matcalc.on_demand import OnDemand
from matcalc.position import Index, Place, Single, position, taken
from matcalc.rational import Fraction
from matcalc.shape import ONE, SCALAR, Dim, Shape, meeting, shape_from
from matcalc.sorts import Comparable, check_sorts
from matcalc.walk import postorder, restored, rows_of

Leaf: TypeAlias = Literal["variable", "number", "size", "constant", "eye", "ones", "zeros", "commutation", "unit"]
Operator: TypeAlias = Literal["add", "sub", "mul", "hadamard", "div", "eldiv", "pow", "elpow", "neg", "transpose"]
Under: TypeAlias = Literal["selected", "member", "total", "stack"]  # of indices that are bound: see ``bound``
Kind: TypeAlias = Leaf | Operator | Literal["call", "entry", "blocks", "indexed"] | Under
LEAVES: tuple[Leaf, ...] = get_args(Leaf)
OPERATORS: tuple[Operator, ...] = get_args(Operator)
UNDER: tuple[Under, ...] = get_args(Under)
KINDS: tuple[Kind, ...] = (*LEAVES, *OPERATORS, "call", "entry", "blocks", "indexed")

REMEMBERED = 500  # parts of a formula that are kept with it; a larger one is walked whenever they are asked for

# Notations to print formulas in, by name; the printers, which are layers above, enter themselves.
PRINTERS: OnDemand[Callable[[Expr], str]] = OnDemand(
    text="notation.text", latex="notation.latex", short="notation.short", repr="notation.short"
)

# What layers above say of formulas: NumPy's "function" and "ufunc", Python's "operator", the "member" of a family.
ARRAYS: OnDemand[Callable[..., Expr]] = OnDemand(
    function="array_functions", ufunc="array_functions", operator="operators", member="families"
)


class Expr(Comparable):
    """A formula: ``kind``, ``operands``, ``data`` (what a leaf or a call carries) and ``shape``.

    Equal formulas are one object: ``is`` is equality. A formula such as ``zeros(m,n)`` has dimensions that none of its
    variables has; ``hints`` are the variables it came from that have them, so that it can be evaluated.
    """

    __slots__ = ("__weakref__", "_inside", "data", "hints", "kind", "lead", "length", "operands", "shape")
    _interned: Interned[Expr] = Interned()

    kind: Kind
    operands: tuple[Expr, ...]
    data: Any
    shape: Shape
    hints: frozenset[Expr]
    lead: str  # the first variable; nothing, where there is none
    length: int  # how many names, numbers and operators it has; brackets and commas are free
    _inside: tuple[Expr, ...] | None  # its parts, without itself, where they were asked for

    def __new__(
        cls, kind: Kind, operands: tuple[Expr, ...], data: Any, shape: Shape, hints: frozenset[Expr] = frozenset()
    ) -> Expr:
        own = (kind, operands, data, shape, hints)
        place = hash(own)
        others = cls._interned.under(place, ())
        for reference in others:
            known = reference()
            if known is not None and (known.kind, known.operands, known.data, known.shape, known.hints) == own:
                return known
        for operand in operands:  # of those made of conditions, which are few, it is looked whether they may be
            if (kind == "call" and data.asks) or (operand.kind == "call" and operand.data.states):
                check_sorts(operands, data.asks if kind == "call" else 0)
                break
        made = object.__new__(cls)
        made.kind, made.operands, made.data, made.shape, made.hints = own
        if operands:
            made.length = sum(map(_length, operands), 1)
            made.lead = operands[0].lead or next(filter(None, map(_lead, operands)), "")
        else:
            made.length = _leaf_length(made)
            made.lead = data[0] if kind == "variable" else ""
        made._inside = None
        return made if cls._interned.add(place, made, others) else cls(kind, operands, data, shape, hints)

    @property
    def parts(self) -> list[Expr]:
        """What the formula is made of, each part once, operands before their users; the last is the formula itself."""
        if self._inside is not None:
            return [*self._inside, self]
        found = postorder(self)
        if len(found) <= REMEMBERED:
            self._inside = tuple(found[:-1])
        return found

    def __add__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("add", self, as_expr(other))

    def __radd__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("add", as_expr(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("sub", self, as_expr(other))

    def __rsub__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("sub", as_expr(other), self)

    def __mul__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("hadamard", self, as_expr(other))

    def __rmul__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("hadamard", as_expr(other), self)

    def __matmul__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("mul", self, as_expr(other))

    def __rmatmul__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("mul", as_expr(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return ARRAYS["operator"]("div", self, as_expr(other))

    def __rtruediv__(self, other: Operand) -> Expr:
        return as_expr(other).__truediv__(self)

    def __pow__(self, other: Operand, modulus: None = None) -> Expr:
        if modulus is not None:
            raise UnsupportedError("a formula has no powers by a modulus")
        return ARRAYS["operator"]("elpow", self, as_expr(other))

    def __rpow__(self, other: Operand) -> Expr:
        return as_expr(other).__pow__(self)

    def __neg__(self) -> Expr:
        return neg(self)

    def __pos__(self) -> Expr:
        return self

    @property
    def T(self) -> Expr:
        return transpose(self)

    @in_brackets
    def __getitem__(self, where: object) -> Expr:
        return entry(self, where)

    def __iter__(self) -> Iterator[Expr]:
        raise ShapeError("a formula cannot be looped over", hint="take its entries: X[0, 1], X[:, 0]")

    def __bool__(self) -> bool:
        raise ShapeError("a formula has no truth value", hint="compare values: matcalc.evaluate(f, {...})")

    # ---------------------------------------------------------------- NumPy's functions, and Python's of numbers
    def __array_ufunc__(self, function: Any, method: str, *operands: Any, **options: Any) -> Expr:
        return ARRAYS["ufunc"](function, method, operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Expr:
        return ARRAYS["function"](function, operands, options)

    def __abs__(self) -> Expr:
        return ARRAYS["ufunc"](abs, "__call__", (self,), {})

    def __repr__(self) -> str:
        return PRINTERS["repr"](self)

    @property
    def short(self) -> str:
        """The text on one short line, with … where it is long."""
        return PRINTERS["short"](self)

    def __str__(self) -> str:
        return PRINTERS["text"](self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {PRINTERS['latex'](self)}$"

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (Expr, rows_of(self, attrgetter("kind", "data", "shape", "hints")))


Operand: TypeAlias = Expr | int | float | Fraction | Dim
_length, _lead = attrgetter("length"), attrgetter("lead")


def _leaf_length(expr: Expr) -> int:
    if expr.kind in ("eye", "unit", "commutation"):
        return 2 + (expr.kind == "commutation")
    if expr.kind in ("ones", "zeros"):
        return 2 + (expr.shape.cols is not ONE)
    return 1 + int(expr.kind == "number" and expr.data < 0)


# ---------------------------------------------------------------- leaves
def variable(name: str, rows: int | str | Dim, cols: int | str | Dim, facts: tuple[str, ...] = ()) -> Expr:
    """A variable of explicit shape; ``facts`` are taken as they come (``facts.declare`` checks them)."""
    return Expr("variable", (), (name, facts), Shape(Dim.of(rows), Dim.of(cols)))


def number(value: int | float | Fraction) -> Expr:
    return _number(_fraction(value))


@lru_cache(1024)
def _number(value: Fraction) -> Expr:
    return Expr("number", (), value, SCALAR)


@pointing
def size(dim: int | str | Dim) -> Expr:
    """A dimension as a number: the n of ``sum(x)/n``."""
    dim = Dim.of(dim)
    return Expr("size", (), dim, SCALAR) if dim.number is None else number(dim.number)


def constant(name: str) -> Expr:
    return Expr("constant", (), name, SCALAR)


PI = constant("pi")


@pointing
def eye(n: int | str | Dim) -> Expr:
    """The identity matrix of n rows."""
    n = Dim.of(n)
    return Expr("eye", (), None, Shape(n, n))


@pointing
def ones(rows: int | str | Dim, cols: int | str | Dim = 1) -> Expr:
    """A matrix of ones; by default a column."""
    return Expr("ones", (), None, Shape(Dim.of(rows), Dim.of(cols)))


@pointing
def zeros(rows: int | str | Dim, cols: int | str | Dim = 1) -> Expr:
    """A matrix of zeros; by default a column."""
    return Expr("zeros", (), None, Shape(Dim.of(rows), Dim.of(cols)))


def commutation(m: int | str | Dim, n: int | str | Dim) -> Expr:
    """K(m,n): K(m,n)*vec(A) = vec(A') for A of m rows and n columns."""
    m, n = Dim.of(m), Dim.of(n)
    return Expr("commutation", (), (m, n), Shape(m * n, m * n))


def unit(n: int | str | Dim, i: Single) -> Expr:
    """The i-th column (counted from 0) of eye(n)."""
    n = Dim.of(n)
    if n.number is not None and isinstance(i, int) and not 0 <= i < n.number:
        raise ShapeError(f"position {i + 1} lies outside 1..{n}")
    return Expr("unit", (), i, Shape(n, ONE))


# ---------------------------------------------------------------- operators
def add(left: Expr, right: Expr) -> Expr:
    return Expr("add", (left, right), None, _sum_shape("add", left, right))


def sub(left: Expr, right: Expr) -> Expr:
    return Expr("sub", (left, right), None, _sum_shape("subtract", left, right))


def neg(operand: Expr) -> Expr:
    return Expr("neg", (operand,), None, operand.shape)


def transpose(operand: Expr) -> Expr:
    return Expr("transpose", (operand,), None, operand.shape.T)


def mul(left: Expr, right: Expr) -> Expr:
    """Scaling where one side is a scalar, else the matrix product."""
    if left.shape.is_scalar:
        return Expr("mul", (left, right), None, right.shape)
    if right.shape.is_scalar:
        return Expr("mul", (left, right), None, left.shape)
    if left.shape.cols is not right.shape.rows:
        raise product_clash(left, right)
    return Expr("mul", (left, right), None, shape_from((left.shape.rows, right.shape.cols)))


def product_clash(left: Expr, right: Expr) -> ShapeError:
    hint = ""
    if left.shape.rows is right.shape.rows:
        hint = "did you mean to transpose the left factor?"
    elif left.shape.cols is right.shape.cols:
        hint = "did you mean to transpose the right factor?"
    if left.shape == right.shape:
        hint = "did you mean the elementwise product .* (in Python: *)?"
        if left.shape.cols is ONE:
            hint = "of two columns, x.T @ y is the inner product, and x * y the elementwise one"
    return ShapeError(
        "cannot multiply: the inner dimensions differ",
        meeting(left.shape, left.shape.cols, right.shape, right.shape.rows),
        hint=hint,
    )


def elementwise(kind: Operator, left: Expr, right: Expr) -> Expr:
    """``.*``, ``./`` and ``.^``: equal shapes, or a scalar on one side."""
    if left.shape.is_scalar:
        shape = right.shape
    elif right.shape.is_scalar or left.shape == right.shape:
        shape = left.shape
    else:
        raise ShapeError(
            "an elementwise operation wants equal shapes",
            f"the left side is {left.shape} and the right one is {right.shape}",
        )
    return Expr(kind, (left, right), None, shape)


def div(left: Expr, right: Expr) -> Expr:
    if not right.shape.is_scalar:
        raise ShapeError(
            "only a scalar can be divided by", f"the divisor is {right.shape}", hint="elementwise: ./ ; inverse: A\\b"
        )
    return Expr("div", (left, right), None, left.shape)


def power(base: Expr, exponent: Expr) -> Expr:
    """``^``: the power of a scalar, or of a square matrix with an integer exponent."""
    if base.shape.is_scalar:
        if not exponent.shape.is_scalar:
            raise ShapeError("an exponent must be a scalar", f"it is {exponent.shape}", hint="elementwise: .^")
    elif not base.shape.is_square:
        raise ShapeError("only a square matrix has powers", f"it is {base.shape}", hint="elementwise powers: .^")
    elif integer_value(exponent) is None:
        raise ShapeError("a matrix power wants an integer exponent", hint="elementwise powers: .^")
    return Expr("pow", (base, exponent), None, base.shape)


def call(function: Function, *operands: Expr) -> Expr:
    shapes = tuple([operand.shape for operand in operands])
    shape = function.result(shapes)
    if shape is None:
        wanted = function.shape.arity
        if len(operands) != wanted:
            raise ShapeError(f"{function.name} takes {wanted} argument{'s' * (wanted != 1)}, got {len(operands)}")
        wanted_text = " or ".join(form.text.split("->")[0] for form in function.shape.forms)
        told = f"wanted {wanted_text}, got {', '.join(f'{shape}' for shape in shapes)}"
        raise ShapeError(f"{function.name} does not take an argument of this shape", told)
    return Expr("call", operands, function, shape)


def entry(operand: Expr, where: object) -> Expr:
    """``X[i, j]``, ``X[:, j]``, ``X[i, :]``, ``x[i]``, ``X[0:2, :]``: entries, columns, rows, blocks, counted from 0.

    Raises:
        ShapeError: a position is neither an integer nor a slice, or lies outside.
    """
    if operand.kind == "variable" and len(operand.data) > 2 and not isinstance(where, tuple):
        return ARRAYS["member"](operand, where)
    if isinstance(where, tuple) and any(at is None for at in where):
        return _with_new_axis(operand, where)
    if not isinstance(where, tuple):
        where = (where, 0) if operand.shape.cols is ONE else (0, where) if operand.shape.rows is ONE else (where,)
    if len(where) != 2:
        raise ShapeError("an entry of a matrix has a row and a column", hint="X[0, 1], X[:, 1], X[0, :]")
    rows, cols = (position(at, dim) for at, dim in zip(where, operand.shape, strict=True))
    return block(operand, (rows, cols))


def _with_new_axis(operand: Expr, where: tuple[object, ...]) -> Expr:
    """``w[:, None]`` is the column and ``w[None, :]`` the row of a column or a row, or of entries of it."""
    if ONE not in operand.shape or len(where) != 2 or where == (None, None):
        hint = "of a column or a row: w[:, None] is the column, w[None, :] the row"
        raise ShapeError("a formula has two axes and no more", f"this is {operand.shape}", hint=hint)
    is_column = where[1] is None
    at = where[0] if is_column else where[1]
    part = operand if at == slice(None) else entry(operand, at)
    return part if (part.shape.cols if is_column else part.shape.rows) is ONE else transpose(part)


def block(operand: Expr, places: tuple[Place, Place]) -> Expr:
    """What is at a position that is known to be there."""
    if places == (None, None):
        return operand
    shape = Shape(*(taken(at, dim) for at, dim in zip(places, operand.shape, strict=True)))
    is_bound = any(isinstance(at, Index) for at in places)
    return Expr("selected" if is_bound else "entry", (operand,), places, shape)


# ---------------------------------------------------------------- questions about formulas
def integer_value(expr: Expr) -> int | None:
    """The integer that an exponent is written as, or None."""
    if expr.kind == "neg":
        inner = integer_value(expr.operands[0])
        return None if inner is None else -inner
    return int(expr.data) if expr.kind == "number" and expr.data.denominator == 1 else None


def name_of(expr: Expr) -> str:
    return str(expr.data[0])


def as_expr(value: Operand) -> Expr:
    if isinstance(value, Expr):
        return value
    return size(value) if isinstance(value, Dim) else number(value)


def _fraction(value: object) -> Fraction:
    if isinstance(value, Fraction) and value.numerator.bit_length() <= MOST_BITS >= value.denominator.bit_length():
        return value
    if isinstance(value, bool) or not hasattr(type(value), "__float__") or getattr(value, "shape", ()) != ():
        raise ShapeError(f"not a formula or a number: {shown(value)}", hint="give arrays to evaluate, not to a formula")
    if isinstance(value, Rational):
        numerator, denominator = int(value.numerator), int(value.denominator)
        if max(numerator.bit_length(), denominator.bit_length()) > MOST_BITS:
            raise ShapeError("a number of too many digits", f"at most {MOST_BITS} bits")
        return Fraction(numerator, denominator)
    real = float(value)  # type: ignore[arg-type]
    if real != real or real in (float("inf"), float("-inf")):
        raise ShapeError(f"not a finite number: {real}")
    return Fraction(repr(real))  # the decimal that the user sees, not the nearest binary fraction


def is_number(expr: Expr) -> bool:
    """Whether a scalar formula holds no variable: such a scalar is added to a matrix elementwise."""
    return expr.shape.is_scalar and not any(part.kind == "variable" for part in expr.parts)


def _sum_shape(verb: str, left: Expr, right: Expr) -> Shape:
    if left.shape == right.shape:
        return left.shape
    if left.shape.is_scalar:
        return _spread(verb, left, right)
    if right.shape.is_scalar:
        return _spread(verb, right, left)
    raise ShapeError(
        f"cannot {verb}: the shapes differ", f"the left side is {left.shape} and the right one is {right.shape}"
    )


def _spread(verb: str, scalar: Expr, other: Expr) -> Shape:
    if other.shape.is_square and not is_number(scalar):
        raise ShapeError(
            f"cannot {verb} a scalar and a square matrix: it could mean two things",
            f"the matrix is {other.shape}",
            hint=f"write c*eye({other.shape.rows}) or c*ones({other.shape.rows},{other.shape.rows})",
        )
    return other.shape
