"""Loops over lengths that are symbols: what they add up, multiply, write to places, or put in a list."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from matcalc.arrays.array import Array, as_array, bind, entries, fresh, function, of_entries, tidy
from matcalc.arrays.entrywise import common_dims, filled
from matcalc.arrays.faults import differing, shape_error
from matcalc.arrays.layout import expand_dims, ravel
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.places import place
from matcalc.arrays.sizes import Running, length
from matcalc.bound import Total, renamed, total
from matcalc.errors import UnsupportedError, shown
from matcalc.expr import Expr, as_expr, block, eye, ones
from matcalc.position import Index, positions
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, whole_number

MOST_ROUNDS = 64  # of a loop over numbers, each of which is read by itself
_ZERO = whole_number(0)
_ORDERS = ("<", "<=", "!=")


@dataclass(frozen=True)
class Relation:
    """What is asked of two numbers of loops: ``i < j``."""

    one: Index
    sign: str
    other: Index
    dim: Dim

    def mask(self) -> Expr:
        """1 where it holds, else 0."""
        square = ones(self.dim, self.dim)
        if self.sign in ("==", "!="):
            table = eye(self.dim) if self.sign == "==" else square - eye(self.dim)
        else:
            table = function("striu" if self.sign == "<" else "triu", square)
        return block(table, (self.one, self.other))


@dataclass(frozen=True)
class Binder:
    """An index that a loop runs through, and what is asked of it."""

    index: Index
    dim: Dim
    relation: Relation | None = None


@dataclass(frozen=True)
class Contribution:
    """What one round does to a value from before the loop."""

    kind: str  # "sum", "prod", "write" or "append"
    value: Any
    places: tuple[Any, ...] | None = None
    relations: tuple[Relation, ...] = ()
    binders: tuple[Binder, ...] = ()


@dataclass
class Accumulator:
    """A value from before a loop, which its rounds change and do not look at."""

    old: Any
    made: list[Contribution] = field(default_factory=list)


@dataclass
class BoundList:
    """A list with a member for each round of a loop."""

    binder: Binder
    value: Any
    is_flat: bool = False  # whether the members are lists themselves, whose members follow each other

    def bound_list(self) -> Array:
        """The array of all members, along a new first axis."""
        if self.is_flat:
            inner: Array = self.value.bound_list()
            if inner.ndim != 1 or self.binder.relation is not None:
                raise UnsupportedError("a list of two loops is read of numbers", hint="[[… for j in …] for i in …]")
            return ravel(stacked(self.binder, inner))
        if self.binder.relation is not None:
            raise UnsupportedError("a list whose length depends on a loop around it is no array")
        return stacked(self.binder, as_array(self.value))

    def summed(self) -> Array:
        """The sum of all members."""
        if isinstance(self.value, BoundList) and not self.is_flat:
            raise UnsupportedError("Python adds no lists", hint="np.sum")
        if self.is_flat:
            return closed(Contribution("sum", self.value.summed(), binders=(self.binder,)))
        return closed(Contribution("sum", as_array(self.value), binders=(self.binder,)))


@dataclass(frozen=True, repr=False)
class Range:
    """``range(start, stop)``."""

    start: Any
    stop: Any

    def __repr__(self) -> str:
        return f"range({self.start}, {self.stop})"

    def rounds(self) -> list[int] | None:
        """The numbers, if they are known."""
        if not isinstance(self.start, int) or not isinstance(self.stop, int):
            return None
        return list(range(self.start, min(self.stop, self.start + MOST_ROUNDS + 1)))


def running(over: Range) -> tuple[Binder, Running]:
    """The index of a loop, and its number.

    Raises:
        UnsupportedError: the ends are neither lengths nor next to the number of a loop around it.
    """
    index = fresh()
    start, stop = over.start, over.stop
    if isinstance(start, Running) and length(stop) is not None:
        past = {_ZERO: "<=", ONE: "<"}.get(start.start)
        if past is not None and length(stop) is start.dim:
            return Binder(index, start.dim, Relation(start.index, past, index, start.dim)), Running(
                index, start.dim, _ZERO
            )
    if isinstance(stop, Running) and start == 0:
        before = {_ZERO: "<", ONE: "<="}.get(stop.start)
        if before is not None:
            return Binder(index, stop.dim, Relation(index, before, stop.index, stop.dim)), Running(
                index, stop.dim, _ZERO
            )
    first, last = length(start), length(stop)
    if first is None or last is None:
        raise UnsupportedError("a loop runs over a length", hint="for i in range(n), range(1, n), range(i + 1, n)")
    dim = last.plus(first, -1)
    if dim.number is not None and dim.number < 1:
        raise UnsupportedError("a loop of no round")
    return Binder(index, dim), Running(index, dim, first)


def over_array(array: Array) -> tuple[Binder, Any]:
    """A loop over the first axis of an array, and its member at the loop's index."""
    binder = Binder(fresh(), array.dims[0])
    return binder, place(array, Running(binder.index, binder.dim, _ZERO))


def over_list(known: BoundList) -> tuple[Binder, Any]:
    """A loop over what another loop put in a list."""
    if known.is_flat:
        raise UnsupportedError("a loop over a list of two loops is not read")
    index = fresh()
    value = as_array(known.value)
    expr = renamed(value.expr, {known.binder.index: index})
    return replace(known.binder, index=index), Array(expr, value.dims, value.lead)


# ---------------------------------------------------------------- after the loop
def settled(name: str, found: Accumulator) -> Any:
    """The value after a loop.

    Raises:
        UnsupportedError: rounds do what has no form.
    """
    kinds = {part.kind for part in found.made}
    if not found.made:
        return found.old
    if isinstance(found.old, Array) and found.old.written is not None and kinds != {"write"}:
        raise UnsupportedError(f"{name} has no values yet that a loop changes", hint="np.zeros")
    if len(kinds) > 1:
        raise UnsupportedError(f"a loop adds to {name}, and does something else with it")
    (kind,) = kinds
    if kind == "append":
        return _appended(name, found)
    if kind == "write":
        return _written(name, found)
    value = found.old
    for part in found.made:
        made = closed(part) if part.places is None else spread_out(part, as_array(found.old))
        if isinstance(found.old, Array) and found.old.ndim and common_dims([found.old, made]) != found.old.dims:
            raise shape_error(f"what is added to {name} does not fit", found.old, made)
        is_start = isinstance(value, int | Fraction) and value == (1 if kind == "prod" else 0)
        value = made if is_start else OPERATORS["*" if kind == "prod" else "+"](value, made)
    if isinstance(found.old, Array):
        value.memory = found.old.memory
    return value


def _appended(name: str, found: Accumulator) -> BoundList:
    (part, *others) = found.made
    if others or found.old != [] or part.relations or len(part.binders) != 1:
        raise UnsupportedError(f"a list is read that a loop fills with one member a round, and {name} is another")
    return BoundList(part.binders[0], part.value)


def _written(name: str, found: Accumulator) -> Array:
    old = as_array(found.old)
    if old.is_whole:
        raise UnsupportedError("NumPy cuts what is written to an array of integers")
    (part, *others) = found.made
    relations = [*part.relations, *(b.relation for b in part.binders if b.relation is not None)]
    used = [at.index for at in part.places or () if isinstance(at, Running)]
    if {b.index for b in part.binders} != set(used):
        raise UnsupportedError(f"a loop writes to the same place of {name} more than once")
    in_part = others or relations or not _is_full(part, old)
    if in_part and old.written is not None:
        raise UnsupportedError(f"a loop writes some places of {name}, and the others have no value", hint="np.zeros")
    if in_part and (others or old.expr.kind != "zeros"):
        raise UnsupportedError(
            f"a loop is read that writes each place of {name} once", hint="or writes some places of np.zeros"
        )
    made = spread_out(part, old)
    return Array(made.expr, made.dims, made.lead, old.memory)


def _is_full(part: Contribution, old: Array) -> bool:
    return all(
        at.start is _ZERO and at.dim is dim
        for at, dim in zip(part.places or (), old.dims, strict=False)
        if isinstance(at, Running)
    )


def closed(part: Contribution) -> Array:
    """The sum, or the product, over all indices of a contribution, innermost first."""
    value = as_array(part.value)
    expr, binders = value.expr, list(part.binders)
    relations = list(dict.fromkeys([*part.relations, *(b.relation for b in binders if b.relation is not None)]))
    if part.kind == "prod":
        if relations or value.ndim:
            raise UnsupportedError("a loop that multiplies is read of numbers, without conditions")
    elif len(relations) == 1 and (pair := _ordered(relations[0], binders)) is not None:
        first, second, rest = pair
        what = Total((first, second), (relations[0].dim, relations[0].dim), relations[0].sign)  # type: ignore[arg-type]
        expr, binders, relations = total(expr, what), rest, []
    for relation in relations:
        expr = relation.mask() * expr
    for binder in binders:
        expr = _bound("prod" if part.kind == "prod" else "sum", expr, binder)
    return Array(tidy(expr), value.dims, value.lead)


def _bound(over: Any, expr: Expr, binder: Binder) -> Expr:
    return bind(over, expr, binder.index, binder.dim)


def _ordered(relation: Relation, binders: list[Binder]) -> tuple[Index, Index, list[Binder]] | None:
    """The two innermost indices, if the relation is theirs."""
    inner = {binder.index for binder in binders[:2]}
    if relation.sign not in _ORDERS or inner != {relation.one, relation.other}:
        return None
    return relation.one, relation.other, binders[2:]


def spread_out(part: Contribution, old: Array) -> Array:
    """What is written or added at places of an array, zero elsewhere."""
    places = list(part.places or ())
    if len(places) > old.ndim or old.ndim > 2:
        raise UnsupportedError("a loop writes to places of arrays of one axis or two")
    places += [slice(None)] * (old.ndim - len(places))
    kept = tuple(dim for at, dim in zip(places, old.dims, strict=True) if isinstance(at, slice))
    value = as_array(part.value)
    if common_dims([value, Array(as_expr(0), kept)]) != kept:
        raise shape_error("what is written does not fit its place", value)
    body, own = entries(filled(value, kept))
    for relation in [*part.relations, *(b.relation for b in part.binders if b.relation is not None)]:
        body = relation.mask() * body
    axes: list[tuple[Index | None, Dim]] = []
    for at, dim in zip(places, old.dims, strict=True):
        if isinstance(at, slice):
            if at != slice(None):
                raise UnsupportedError("a loop that writes to slices is not read")
            axes.append(own.pop(0))
        elif isinstance(at, Running) and at.index not in {index for index, _ in axes}:
            body, axis = _at_running(body, at, dim)
            axes.append(axis)
        else:
            raise UnsupportedError(f"a loop writes to the places that it runs through, not to {shown(at)}")
    used = {at.index for at in places if isinstance(at, Running)}
    for binder in part.binders:
        if binder.index not in used:
            body = _bound("sum", body, binder)
    return of_entries(body, axes)


def _at_running(body: Expr, at: Running, dim: Dim) -> tuple[Expr, tuple[Index | None, Dim]]:
    """The entry at an index of the whole axis, of which a loop runs through a part."""
    if at.start is _ZERO and at.dim is dim:
        return body, (None if dim is ONE else at.index, dim)
    column = bind("stack", body, at.index, at.dim)
    taken = block(eye(dim), (None, positions(at.start, at.dim)))
    index = fresh()
    return block(taken @ column, (index, None)), (index, dim)


def stacked(binder: Binder, value: Array) -> Array:
    """The members at all indices, along a new first axis."""
    if binder.dim is ONE:
        return expand_dims(value, 0)
    body, axes = entries(value)
    return of_entries(body, [(binder.index, binder.dim), *axes])


def compared(sign: str, left: Running, right: Running) -> Relation:
    """A question about the numbers of two loops.

    Raises:
        UnsupportedError: they run over different ranges.
    """
    if left.dim is not right.dim or left.start is not right.start:
        apart = (left.dim, right.dim) if left.start is right.start else ()
        raise differing(apart, "numbers of loops over different ranges are not compared")
    if sign in (">", ">="):
        return Relation(right.index, "<" if sign == ">" else "<=", left.index, left.dim)
    return Relation(left.index, sign, right.index, left.dim)


def opposite(relation: Relation) -> Relation:
    """Where a relation does not hold."""
    if relation.sign in ("==", "!="):
        return replace(relation, sign="!=" if relation.sign == "==" else "==")
    return Relation(relation.other, "<" if relation.sign == "<=" else "<=", relation.one, relation.dim)
