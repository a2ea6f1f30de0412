"""What stands at indices: entries of arrays, members of families, deltas, and parts of what an index leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from matcalc.errors import ParseError, Span
from matcalc.expr import Expr
from matcalc.families import Members, members_of
from matcalc.notation.choice import kind_of
from matcalc.notation.syntax import Syntax, read
from matcalc.position import Index, Position, positions
from matcalc.readers.index_notation.names import DELTAS, EPSILONS, Group, Letter, Names, Place, Spot
from matcalc.readers.index_notation.places import two
from matcalc.readers.index_notation.signs import Run
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most


class Bound(NamedTuple):
    """An index, and what it runs over."""

    name: Index
    run: Run


class Builder(Protocol):
    """What arrays ask of what builds the rest of the formula."""

    names: Names
    env: dict[str, Bound]
    unknown: dict[str, Span]

    def fail(self, span: Span, summary: str, *details: str, hint: str = "") -> ParseError: ...
    def build(self, node: Syntax) -> Syntax: ...
    def common(self, one: Run, other: Run, span: Span) -> Dim | None: ...


class _At(NamedTuple):
    """A place of an array: the part of the axis that an index runs over, and the index or the position in it."""

    part: Position
    at: Index | Position
    group: Syntax | None = None  # for several indices: the column of an identity of all of them


class Arrays:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.names = builder.names
        self.has_members = False  # whether rows, columns or members of arrays are among the parts

    def place(self, node: Syntax) -> Syntax:
        """What stands at a place: A_ij, (A*x)_i, S_k, delta_ij."""
        places, _ = two(node)
        (base,) = node.operands
        name = str(base.value) if base.kind == "name" else ""
        if name in self.names.members:
            return self.member(node, base, places)
        if name and name not in self.names.declared and name != "eye":
            if name in DELTAS and len(places) == 2:
                return self.delta(node, places)
            if name in EPSILONS and len(places) == 3:
                return self.epsilon(node, base, places)
            return self.undeclared(node, base, places)
        value = self.names.declared.get(name)
        built = base if name else self.builder.build(base)
        if not isinstance(value, Expr):
            return self.entries(built, places, (), node.span)
        members = members_of(value)
        if members is not None and len(places) == 1:
            return self.of_family(built, members, places, node.span)
        axes = [dim for dim in value.shape if dim is not ONE]
        if len(places) != len(axes) and (len(places) != 2 or not axes):
            told = f"{name} is {value.shape} and takes {len(axes)} indices, got {len(places)}"
            hint = f"a row is {name}[i,:], a column {name}[:,i]" if len(axes) == 2 and len(places) == 1 else ""
            raise self.builder.fail(node.span, told, hint=hint)
        dims = axes if len(places) == len(axes) else list(value.shape)
        return self.entries(built, places, dims, node.span)

    # ---------------------------------------------------------------- arrays
    def entries(self, base: Syntax, places: Sequence[Place], dims: Sequence[Dim], span: Span) -> Syntax:
        """An entry, a row or a column of an array; without ``dims``, of one whose shape is to be found."""
        known: list[Dim | None] = [*dims] or [None] * len(places)
        taken = [self.at(place, dim, span) for place, dim in zip(places, known, strict=True)]
        if len(taken) > 2:
            raise self.builder.fail(span, f"an array takes one index or two, got {len(taken)}")
        if any(at.group for at in taken):
            return self.at_groups(base, taken, span)
        return self.selected(base, taken, span)

    def selected(self, base: Syntax, taken: Sequence[_At], span: Span) -> Syntax:
        parts = tuple(at.part for at in taken)
        if any(part is not None for part in parts):
            base = Syntax("entry", parts, (base,), span)
        where = tuple(at.at for at in taken)
        kind = "selected" if any(isinstance(at, Index) for at in where) else "entry"
        return base if where == (None, None) else Syntax(kind, where, (base,), span)

    def at_groups(self, base: Syntax, taken: Sequence[_At], span: Span) -> Syntax:
        """Several indices in one place: the product with the column of an identity that they number."""
        rows, cols = taken[0], taken[1] if len(taken) > 1 else None
        if rows.group is not None:
            base = Syntax("mul", None, (Syntax("transpose", None, (rows.group,), span), base), span)
        if cols is not None and cols.group is not None:
            base = Syntax("mul", None, (base, cols.group), span)
        left = [at for at in taken if at.group is None]
        return self.selected(base, left, span) if left else base

    def at(self, place: Place, dim: Dim | None, span: Span) -> _At:
        if isinstance(place, Spot):
            self.has_members = self.has_members or not isinstance(place.at, int)
            return _At(None, place.at)
        if isinstance(place, Group):
            return _At(None, None, self.group(place, span))
        bound = self.bound(place.name, span)
        part = self.part(bound, place.offset, dim, place.name, span)
        return _At(part, bound.name)

    def bound(self, name: str, span: Span) -> Bound:
        if name not in self.builder.env:
            raise self.builder.fail(
                span, f"index {name} is not bound", hint=f"write sum_{name}, or a left side: z_{name} ="
            )
        return self.builder.env[name]

    def group(self, place: Group, span: Span, size: Dim | None = None) -> Syntax:
        """The column of an identity at several indices: kron(eye[:,i], eye[:,j])."""
        made: Syntax | None = None
        for name in place.names:
            bound = self.bound(name, span)
            if bound.run.first is not ONE:
                raise self.builder.fail(span, f"index {name} in a group runs from 1")
            column = Syntax("selected", (None, bound.name), (eye_at(size or bound.run.last, span),), span)
            made = column if made is None else Syntax("call", "kron", (made, column), span)
        assert made is not None
        return made

    def part(self, bound: Bound, offset: int, dim: Dim | None, name: str, span: Span) -> Position:
        """The part of an axis that an index runs over; None for all of it."""
        run = bound.run
        if run.first is ONE and not offset and (run.last is None or dim is None or run.last is dim):
            return None
        if run.last is None:
            reading = f"one runs over 1..{dim or 'n'} as far as there are such entries, the other goes round"
            hint = f"say where {name} begins and ends: sum_{{{name}=1}}^{{n-1}}"
            raise self.builder.fail(span, f"what does {name} run over?", f"two readings: {reading}", hint=hint)
        if dim is None:
            raise self.builder.fail(
                span, f"index {name} runs over a part of what is not declared", hint="declare it: x: n"
            )
        first, size = run.first.plus(_whole(offset)), run.size
        last = run.last.plus(_whole(offset))
        assert size is not None
        strangers = (first.symbols | last.symbols) - dim.symbols
        if not is_at_most(ONE, first) or is_at_most(dim.plus(ONE), last) or strangers:
            what = f"index {name} runs from {first} to {last}, and this dimension is {dim}"
            raise self.builder.fail(span, what, hint="the limits of the sum say where it begins and ends")
        return None if size is dim else positions(first.plus(ONE, -1), size)

    def taken(self, whole: Syntax, at: Sequence[Bound], span: Span) -> Syntax:
        """The entry of a square matrix at two indices, which may leave out its ends."""
        sides = [whole.operands[0] if whole.kind == "call" and whole.value == "trilones" else whole][0]
        dim = self.builder.common(at[0].run, at[1].run, span) if sides.kind == "call" else None
        parts = [self.part(bound, 0, dim, bound.name.name, span) for bound in at]
        return self.selected(whole, [_At(part, b.name) for part, b in zip(parts, at, strict=True)], span)

    # ---------------------------------------------------------------- names that are not declared
    def delta(self, node: Syntax, places: Sequence[Place]) -> Syntax:
        if not all(isinstance(place, Letter) and not place.offset for place in places):
            groups = [self.at(place, None, node.span) for place in places]
            return self.entries(eye_at(None, node.span), places, (), node.span) if groups else node
        bounds = [self.bound(place.name, node.span) for place in places]  # type: ignore[union-attr]
        return self.taken(
            eye_at(self.builder.common(bounds[0].run, bounds[1].run, node.span), node.span), bounds, node.span
        )

    def epsilon(self, node: Syntax, base: Syntax, places: Sequence[Place]) -> Syntax:
        """The Levi-Civita symbol, of three indices that run over 3."""
        if not all(isinstance(place, Letter) and not place.offset for place in places):
            raise self.builder.fail(node.span, f"{base.value} has three indices", hint="eps_ijk a_j b_k")
        first, second, third = (place.name for place in places)  # type: ignore[union-attr]
        three = Syntax("call", "ones", (_dim(Dim.of(3), node.span),), node.span)
        symbol = Syntax("call", "levicivita", (three,), node.span)
        rows = _At(None, None, self.group(Group((first, second)), node.span, Dim.of(3)))
        return self.at_groups(symbol, (rows, self.at(Letter(third), Dim.of(3), node.span)), node.span)

    def undeclared(self, node: Syntax, base: Syntax, places: Sequence[Place]) -> Syntax:
        name = str(base.value)
        self.builder.unknown.setdefault(name, base.span)
        self.names.enter_use(name, len(places), node.span)
        return self.entries(base, places, (), node.span)

    # ---------------------------------------------------------------- families
    def member(self, node: Syntax, base: Syntax, places: Sequence[Place]) -> Syntax:
        """x_i, a row or a column of an array as a column; S_k, a member."""
        member = self.names.members[str(base.value)]
        array = self.names.declared[member.of]
        of = named(member.of, base.span)
        if member.axis == "member":
            members = members_of(array)
            assert members is not None
            made = self.of_family(of, members, places[:1], node.span)
            axes = [dim for dim in members.shape if dim is not ONE]
            if len(places) == 1:
                return made
            if len(places) - 1 != len(axes):
                raise self.builder.fail(node.span, f"{base.value} is {members.shape} at each index")
            return self.entries(made, places[1:], axes, node.span)
        axes = [dim for dim in array.shape if dim is not ONE]
        if member.axis == "entries" or (member.axis == "rows" and len(places) == 2 == len(axes)):
            if len(places) != len(axes):
                raise self.builder.fail(node.span, f"{member.of} is {array.shape} and takes {len(axes)} indices")
            return self.entries(of, places, axes, node.span)
        if len(places) != 1:
            raise self.builder.fail(node.span, f"{base.value} has one index", hint=f"an entry is {member.of}[i,j]")
        if len(axes) == 1:
            return self.entries(of, places, axes, node.span)
        if member.axis == "columns":
            return self.entries(of, (Spot(None), places[0]), array.shape, node.span)
        row = self.entries(of, (places[0], Spot(None)), array.shape, node.span)
        return Syntax("transpose", None, (row,), node.span)

    def of_family(self, base: Syntax, members: Members, places: Sequence[Place], span: Span) -> Syntax:
        self.has_members = True
        (at,) = (self.at(place, members.length, span) for place in places)
        if at.part is not None or at.group is not None:
            raise self.builder.fail(span, "a part of the members of a family", hint="an index runs over all members")
        return Syntax("selected" if isinstance(at.at, Index) else "entry", (at.at,), (base,), span)

    def members(self, base: Syntax) -> Members | None:
        value = self.names.declared.get(str(base.value))
        return members_of(value) if isinstance(value, Expr) else None

    def kind_of_member(self, node: Syntax) -> str:
        members = self.members(node.operands[0])
        assert members is not None
        return kind_of(*members.shape)


def named(name: str, span: Span) -> Syntax:
    return Syntax("name", name, (), span)


def eye_at(dim: Dim | None, span: Span) -> Syntax:
    """The identity of this size, or of the size that fits."""
    return named("eye", span) if dim is None else Syntax("call", "eye", (_dim(dim, span),), span)


def _dim(dim: Dim, span: Span) -> Syntax:
    """A dimension as the argument of eye, ones …"""
    return _moved(read(str(dim)).body, span)


def _moved(node: Syntax, span: Span) -> Syntax:
    return Syntax(node.kind, node.value, tuple(_moved(operand, span) for operand in node.operands), span)


def _whole(value: int) -> Dim:
    return Dim((((), value),) if value else ())
