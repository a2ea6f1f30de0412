"""A symbolic NumPy array: a formula with NumPy's axes, which may be none, one (neither row nor column), two or more.

The formula of an array of one axis is a column, that of two axes a matrix. Of more, all axes but the last two are
indices that stand free in the formula; ``of_entries`` binds them. Every operation comes from the tables at the end,
which the modules that know them fill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias
from weakref import ref

from matcalc.arrays.faults import Dims, Missing, shape_text
from matcalc.arrays.operators import OPERATORS, Operated
from matcalc.bound import Over, Total, is_open, renamed, total, unbound
from matcalc.errors import MatcalcError, UnsupportedError, shown
from matcalc.expr import Expr, as_expr, block, call, size, transpose
from matcalc.function import CONDITIONS
from matcalc.functions import FUNCTIONS, WHERE
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.reading import vectorize
from matcalc.shape import ONE, Dim, Shape
from matcalc.sorts import states

Axis: TypeAlias = tuple[Index | None, Dim]  # an axis that is an index of a formula; None where its length is 1
LONGEST = 20_000  # names, numbers and operators of a formula that is read

# What layers above say: a method or attribute by its name.
METHODS: dict[str, Callable[..., Any]] = {}
ATTRIBUTES: dict[str, Callable[[Any], Any]] = {}
CALLED: dict[str, Callable[..., Any]] = {}  # "numpy": a function of NumPy, by the function; "place": brackets
_numbers = count()


class Memory:
    """The place that an array and its views share, so that a write to one changes the others."""

    __slots__ = ("users",)

    def __init__(self) -> None:
        self.users: list[ref[Array]] = []

    def others(self, array: Array) -> bool:
        """Whether another array that is still in use shares the place."""
        return any(user() is not None and user() is not array for user in self.users)

    def join(self, other: Memory) -> None:
        """Makes one place of two, where an array may be in either."""
        if other is not self:
            for user in other.users:
                array = user()
                if array is not None:
                    array.memory = self
            self.users += other.users


class Array(Operated):
    """An array: its formula, its axes' lengths, and the indices that its axes before the last two are.

    ``memory`` is shared by arrays that NumPy keeps in the same place, so that a write to one changes the others;
    ``is_whole`` says that NumPy's entries are integers, to which nothing else can be written.
    """

    __slots__ = ("__weakref__", "dims", "expr", "is_whole", "lead", "memory", "written")

    def __init__(
        self,
        expr: Expr,
        dims: Dims,
        lead: tuple[Index | None, ...] = (),
        memory: Memory | None = None,
        is_whole: bool = False,
    ) -> None:
        if expr.length > LONGEST:
            raise MatcalcError("the formula is too long", f"at most {LONGEST} names, numbers and operators are read")
        self.expr, self.dims, self.lead = expr, dims, lead
        self.memory = Memory() if memory is None else memory
        self.memory.users.append(ref(self))
        self.is_whole = is_whole
        self.written: tuple[Any, ...] | None = None  # of an array that np.empty makes: the regions with values

    @property
    def ndim(self) -> int:
        return len(self.dims)

    @property
    def axes(self) -> list[Axis]:
        """The axes that are indices."""
        return list(zip(self.lead, self.dims, strict=False))

    def view(self, expr: Expr, dims: Dims, lead: tuple[Index | None, ...] = ()) -> Array:
        """Another array that NumPy keeps in the same place."""
        return Array(expr, dims, lead, self.memory, self.is_whole)

    def __repr__(self) -> str:
        return f"<array of shape {shape_text(self.dims)}>"

    # ---------------------------------------------------------------- Python's operators, for tracing
    def __and__(self, other: object) -> Any:
        return OPERATORS["&"](self, other)

    def __or__(self, other: object) -> Any:
        return OPERATORS["|"](self, other)

    def __lt__(self, other: object) -> Any:
        return OPERATORS["<"](self, other)

    def __le__(self, other: object) -> Any:
        return OPERATORS["<="](self, other)

    def __gt__(self, other: object) -> Any:
        return OPERATORS[">"](self, other)

    def __ge__(self, other: object) -> Any:
        return OPERATORS[">="](self, other)

    def __eq__(self, other: object) -> Any:
        return OPERATORS["=="](self, other)

    def __ne__(self, other: object) -> Any:
        return OPERATORS["!="](self, other)

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Any:
        if states(self.expr):
            raise UnsupportedError("NumPy has no minus of a condition", hint="1.0*(x > 0)")
        return Array(-self.expr, self.dims, self.lead, is_whole=self.is_whole)

    def __pos__(self) -> Array:
        return self

    def __invert__(self) -> Any:
        return OPERATORS["~"](self)

    def __abs__(self) -> Any:
        return METHODS["abs"](self)

    def _changed(self, sign: str, other: object) -> Any:
        """``x += y``, which writes to the array, and to all that share its place."""
        made = OPERATORS[sign](self, other)
        return self._written(made) if self.dims else made

    def _written(self, made: Array) -> Array:
        if made.dims != self.dims or self.is_whole:
            raise UnsupportedError("an array that is written over keeps its shape, and holds no integers")
        if self.memory.others(self):
            raise UnsupportedError("another array shares the entries that are written over", hint="x = x.copy()")
        self.expr, self.lead = made.expr, made.lead
        return self

    def __iadd__(self, other: object) -> Any:
        return self._changed("+", other)

    def __isub__(self, other: object) -> Any:
        return self._changed("-", other)

    def __imul__(self, other: object) -> Any:
        return self._changed("*", other)

    def __itruediv__(self, other: object) -> Any:
        return self._changed("/", other)

    def __ipow__(self, other: object) -> Any:
        return self._changed("**", other)

    def __getitem__(self, where: object) -> Any:
        return CALLED["place"](self, where)

    def __setitem__(self, where: object, value: object) -> None:
        made = CALLED["write"](self, where, value)
        self._written(Array(made.expr, made.dims, made.lead))

    def __iter__(self) -> Iterator[Any]:
        return iter(CALLED["members"](self))

    def __len__(self) -> int:
        if not self.dims or self.dims[0].number is None:
            raise UnsupportedError(
                "how long this is, is a symbol, and Python wants a number",
                hint="x.shape[0]; or trace with example arrays, whose lengths are numbers",
            )
        return self.dims[0].number

    def __bool__(self) -> bool:
        raise UnsupportedError(
            "which way the code goes depends on values", hint="np.where(condition, a, b) is a formula of both"
        )

    def __float__(self) -> float:
        raise UnsupportedError("an array of symbols is no number")

    __int__ = __index__ = __float__

    def __array__(self, *_: object, **__: object) -> Any:
        raise UnsupportedError(
            "this function takes the numbers out of an array, and a symbolic one has none",
            hint="functions of np, np.linalg and scipy.special that work on arrays are traced; mc.read reads sources",
        )

    def __getattr__(self, name: str) -> Any:
        return attribute(self, name)

    def __array_ufunc__(self, function: Any, method: str, *operands: Any, **options: Any) -> Any:
        name = function.__name__ if method == "__call__" else f"{function.__name__}.{method}"
        return CALLED["numpy"](name, "", operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        return CALLED["numpy"](function.__name__, str(function.__module__), operands, options)


def attribute(array: Array, name: str) -> Any:
    """An attribute of an array, or a method, which is called without the array."""
    if name in ATTRIBUTES:
        return ATTRIBUTES[name](array)
    if name in METHODS:
        return Method(name, array)
    raise Missing(f"a symbolic array has no {shown(name)}")


@dataclass(frozen=True, eq=False, repr=False)
class Method:
    """A method of an array, to be called."""

    name: str
    array: Array

    def __call__(self, *operands: Any, **options: Any) -> Any:
        return called(f".{self.name}", METHODS[self.name], (self.array, *operands), options)

    def __repr__(self) -> str:
        return f"the method .{self.name}, which is not called"


def called(name: str, function: Callable[..., Any], operands: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """A function of arrays, with operands that Python may refuse.

    Raises:
        UnsupportedError: it does not take so many operands, or not of these names.
    """
    from inspect import signature

    try:
        signature(function).bind(*operands, **options)
    except TypeError as error:
        raise UnsupportedError(f"{name} is not known with these arguments", f"{error}") from None
    return function(*operands, **options)


# ---------------------------------------------------------------- making arrays
def array_of(expr: Expr) -> Array:
    """The array that a variable is: a column has one axis, a 1×1 formula none."""
    rows, cols = expr.shape
    if cols is not ONE:
        return Array(expr, (rows, cols))
    return Array(expr, (rows,) if rows is not ONE else ())


def as_array(value: object) -> Array:
    """A number, a size, an array or a list of these, as an array.

    Raises:
        UnsupportedError: it is something else.
    """
    if isinstance(value, Array):
        return value
    if hasattr(value, "as_number"):
        return Array(value.as_number(), ())
    if isinstance(value, Expr):
        return array_of(value)
    if isinstance(value, bool):
        return Array(as_expr(int(value)), (), is_whole=True)
    if isinstance(value, int | Fraction | float):
        return Array(as_expr(value), (), is_whole=isinstance(value, int))
    if isinstance(value, list | tuple) or hasattr(value, "bound_list"):
        made: Array = CALLED["array"](value)
        return made
    if hasattr(value, "__array_interface__") or hasattr(type(value), "__float__"):
        plain: Array = CALLED["constant"](value)
        return plain
    raise UnsupportedError(f"this is no array: {shown(value)}")


def fresh(name: str = "i") -> Index:
    """An index that no formula has yet."""
    return Index(f"{name}{next(_numbers)}", object())


def bind(over: Over, expr: Expr, index: Index, dim: Dim) -> Expr:
    """The sum, product or stack over an index that runs over all of a dimension."""
    return total(expr, Total((index,), (dim,), "", over))


def tidy(expr: Expr) -> Expr:
    """The formula in matrix notation, where all of its indices are bound."""
    return vectorize(expr) if is_open(expr) and not unbound(expr) else expr


def turned(expr: Expr) -> Expr:
    """The transpose; a condition is turned as the number that it is."""
    if expr.kind == "transpose":
        return expr.operands[0]
    return expr if expr.shape.is_scalar else through(expr, transpose)


def through(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """What a change of places makes of a formula, which may be a condition."""
    return holds(change(as_number(expr))) if states(expr) else change(expr)


def as_number(expr: Expr) -> Expr:
    """A condition as NumPy counts it: 1 where it holds, else 0."""
    return FUNCTIONS_OF["where"](expr, as_expr(1), as_expr(0)) if states(expr) else expr


def is_question(value: Any) -> bool:
    """Whether a value is one condition on values, which code branches on."""
    return isinstance(value, Array) and not value.ndim and states(value.expr)


def holds(expr: Expr) -> Expr:
    """Where entries are not 0."""
    return expr if states(expr) else apply(CONDITIONS["!="], expr, as_expr(0))


def apply(function: Any, *operands: Expr) -> Expr:
    return call(function, *operands)


FUNCTIONS_OF: dict[str, Callable[..., Expr]] = {"where": lambda *operands: apply(WHERE, *operands)}


def function(name: str, *operands: Expr) -> Expr:
    """A function of the table, of formulas."""
    return apply(FUNCTIONS[name], *operands)


# ---------------------------------------------------------------- entries
def entries(array: Array) -> tuple[Expr, list[Axis]]:
    """The formula of one entry, and the index that each axis is; no index stands in another array."""
    new = {index: fresh() for index in array.lead if index is not None}
    expr = renamed(as_number(array.expr), new) if new else as_number(array.expr)
    axes: list[Axis] = [(None if index is None else new[index], dim) for index, dim in array.axes]
    own = [None if dim is ONE else fresh() for dim in array.dims[len(array.lead) :]]
    axes += zip(own, array.dims[len(array.lead) :], strict=True)
    if own:
        expr = block(expr, (own[0], own[1] if len(own) > 1 else None))
    return expr, axes


def of_entries(body: Expr, axes: Sequence[Axis]) -> Array:
    """The array whose entry at these indices is a formula; indices that no axis has stay free."""
    dims = tuple(dim for _, dim in axes)
    lead = tuple(index for index, _ in axes[:-2]) if len(axes) > 2 else ()
    last = list(axes[-2:])
    expr = body
    bound = [(index, dim) for index, dim in last if index is not None]
    if bound:
        indices, ranges = zip(*bound, strict=True)
        expr = total(body, Total(indices, ranges, "", "stack"))
        if len(bound) == 1 and len(last) == 2 and last[0][0] is None:
            expr = turned(expr)
    return Array(tidy(expr), dims, lead)


def below(expr: Expr, axes: Sequence[Axis], memory: Memory | None = None) -> Array:
    """The array of these leading axes, and one more, along which a column has its entries."""
    dims = (*(dim for _, dim in axes), expr.shape.rows)
    if not axes:
        return Array(expr, dims, memory=memory)
    index, dim = axes[-1]
    expr = turned(expr) if index is None else stacked(expr, index, dim)
    return Array(tidy(expr), dims, tuple(index for index, _ in axes[:-1]), memory=memory)


def stacked(expr: Expr, index: Index, dim: Dim) -> Expr:
    """The matrix whose rows are a column at each index."""
    if expr.shape.is_scalar:
        return bind("stack", expr, index, dim)
    return bind("stack", expr, index, dim)


def plane(dims: Dims) -> Shape:
    """The shape of the formula of an array."""
    if not dims:
        return Shape(ONE, ONE)
    return Shape(dims[0], ONE) if len(dims) == 1 else Shape(*dims[-2:])


def counted(dims: Dims) -> Expr:
    """How many entries an array has, as a number."""
    made = ONE
    for dim in dims:
        made = made * dim
    return size(made)
