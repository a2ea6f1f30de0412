"""Shapes of what has indices: entries, members of families, and sums, products and stacks over indices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from matcalc.bound import DONE, Total
from matcalc.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.expr import Expr
from matcalc.families import members_of
from matcalc.notation.families import check_member
from matcalc.notation.pairs import Pair, is_scalar_pair, shown_pair
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import Size, Unifier, resolve, show
from matcalc.position import Index, Place, Several, Stretch, size_of, symbols_of
from matcalc.position import position as checked_position
from matcalc.regex import regex
from matcalc.shape import ONE, Dim

_TWO = "two ranges want two indices: sum_{i,j}"
_BINDER = regex(r"[^\W\d_]+_\{[^{}]*\}|[ΣΠ∑∏]_\{[^{}]*\}|[^\W\d]\w*\s*\[[^\[\]]*\]")


class Indexing:
    """The part of the inference that looks at indices: ``ranges`` are what they run over, ``stand`` is where, first."""

    source: Source
    declared: Mapping[str, Expr]
    unifier: Unifier
    ranges: dict[Index, Size]
    stand: dict[Index, Span]
    sizes: set[str]
    orders: Mapping[Syntax, Sequence[Syntax]]

    names: Mapping[str, Pair]
    families: Mapping[str, tuple[Size, Pair]]

    def _origins(self, *sides: Size) -> list[tuple[Span, str]]:
        raise NotImplementedError

    def declares(self, name: str) -> bool:
        raise NotImplementedError

    def ask_whether_entry(self, *parts: Syntax) -> None:
        """Refuses an entry x_i of a name that is not declared, where it stands as a column would: x_i'*w, w'*x_i."""
        for node in parts:
            named = node.kind == "selected" and node.operands[0].kind == "name" and str(node.operands[0].value)
            if named and named in self.names and not self.declares(named):
                alone = any(part.kind == "name" and part.value == named for part in self._not_selected())
                check_member(node, self.source.text, may_be_family=not alone)

    def _not_selected(self) -> list[Syntax]:
        """The parts that stand as they are, and not with one index."""
        every = [node for order in self.orders.values() for node in order]
        below = {node.operands[0] for node in every if node.kind == "selected" and len(node.value) == 1}  # type: ignore[arg-type]
        return [node for node in every if node not in below]

    def _entry(self, node: Syntax, operand: Pair) -> Pair:
        position = node.value
        assert isinstance(position, tuple)
        members = self._members(node)
        if members is not None:
            length, shape = members
            self._check_bound(node, known=())
            self._check_places(node, position, (length,), f"has {show(length)} members")
            return shape
        if len(position) == 1:
            if position[0] is None or ONE not in (resolve(side) for side in operand):
                (of,) = node.operands
                hint = "X[1,2], X[:,2], X[1,:]"
                if isinstance(position[0], Index) and of.kind == "name":
                    hint = f"members are of a family, which is declared: {of.value}: K of n×n"
                raise ShapeError("an entry of a matrix has a row and a column", hint=hint)
            position = (*position, 0) if resolve(operand[1]) is ONE else (0, *position)
        rows, cols = (
            side if at is None else size_of(at) if isinstance(at, Several) else ONE
            for at, side in zip(position, operand, strict=True)
        )
        self._check_bound(node, self.sizes)
        self._check_places(node, position, operand, f"is {shown_pair(operand)}")
        return rows, cols

    def _check_places(self, node: Syntax, places: Sequence[Place], sides: Sequence[Size], told: str) -> None:
        """Refuses entries that there are not; the error shows what has them, and which are asked for."""
        for at, side in zip(places, map(resolve, sides), strict=True):
            if at is None or isinstance(at, Index) or not isinstance(side, Dim):
                continue
            try:
                checked_position(at, side)
            except MatcalcError as error:
                (of,) = node.operands
                error.hint = error.hint or f"the last one is {side}"
                raise error.at(self.source.text, (of.span, told), (of.span[1], node.span[1])) from None

    def _check_bound(self, node: Syntax, known: Collection[str]) -> None:
        """Refuses positions by names that are no dimensions, and no indices that a sum around binds.

        Raises:
            ParseError: there is one; where a sum binds it elsewhere, the error shows that, too.
        """
        places = [at for at in node.value if isinstance(at, Dim | Stretch)]  # type: ignore[attr-defined]
        strangers = sorted({name for at in places for name in symbols_of(at)}.difference(known))
        if not strangers:
            return
        name = strangers[0]
        error = ParseError(f"index {name} is not bound", hint=f"write sum_{{{name}}} before what is summed over it")
        others = [part for part in self._totals() if name in [index.name for index in part.value.indices]]  # type: ignore[attr-defined]
        if others:
            error.hint = f"a sum takes the product behind it, and more in brackets: sum_{{{name}}} (…)"
        notes = [(part.span, f"binds {name} here") for part in others[:1]]
        raise error.at(self.source.text, *notes, node.span)

    def _totals(self) -> list[Syntax]:
        return [node for order in self.orders.values() for node in order if node.kind == "total"]

    def _binder(self, node: Syntax) -> Span:
        """The place of sum_{i}, or of the left side of an equation."""
        start = node.span[0]
        found = _BINDER.match(self.source.text, start)
        return start, found.end() if found else node.span[1]

    def _selected(self, node: Syntax, operand: Pair) -> Pair:
        places = node.value
        assert isinstance(places, tuple)
        rows, cols = self._entry(node, operand)
        members = self._members(node)
        if members is not None:
            operand = (members[0], ONE)
        if len(places) == 1:
            places = (*places, 0) if resolve(operand[1]) is ONE else (0, *places)
        for at, side in zip(places, operand, strict=True):
            if not isinstance(at, Index):
                continue
            known = self.ranges.setdefault(at, side)
            first = self.stand.setdefault(at, node.span)
            if not self.unifier.unify(known, side, node.span):
                error = ShapeError(f"index {at.name} runs over {show(known)} and over {show(side)}", hint=_TWO)
                places = [(first, f"over {show(known)}"), (node.span, f"over {show(side)}")]
                here = [node.span] if first == node.span else places
                raise error.at(self.source.text, *here, *self._origins(known, side))
        return rows, cols

    def _members(self, node: Syntax) -> tuple[Size, Pair] | None:
        """How many members the family has that an entry is one of, and their shape."""
        (operand,) = node.operands
        name = str(operand.value)
        if operand.kind != "name" or len(node.value) != 1:  # type: ignore[arg-type]
            return None
        if name in self.families:
            return self.families[name]
        family = members_of(self.declared[name]) if name in self.declared else None
        return None if family is None else (family.length, (family.shape.rows, family.shape.cols))

    def _total(self, node: Syntax, body: Pair) -> Pair:
        what = node.value
        assert isinstance(what, Total)
        for index, dim in zip(what.indices, what.ranges, strict=True):
            if dim is not None:
                self._run_over(node, index, dim)
        if what.order:
            first, second = (self.ranges.get(index) for index in what.indices)
            if first is not None and second is not None and not self.unifier.unify(first, second, node.span):
                names = [index.name for index in what.indices]
                places = [
                    (self.stand[index], f"{index.name} runs over {show(side)}")
                    for index, side in zip(what.indices, (first, second), strict=True)
                ]
                hint = f"of others, all pairs are summed: {what.over}_{{{','.join(names)}}}"
                error = ShapeError("indices that are compared run over one dimension", hint=hint)
                raise error.at(self.source.text, *places)
        without = [index for index in what.indices if index not in self.ranges]
        if without[bool(what.order) :]:
            name = without[0].name
            hint = f"{what.over}_{{{name}=1..n}} says what it runs over"
            error = ShapeError(f"index {name} stands on nothing that is {DONE[what.over]}", hint=hint)
            raise error.at(self.source.text, self._binder(node))
        if what.over == "stack":
            return self._stacked(node, what, body)
        if what.over == "prod" and not is_scalar_pair(body):
            raise ShapeError("a product over indices is of scalars", f"this is {shown_pair(body)}")
        return body

    def _stacked(self, node: Syntax, what: Total, body: Pair) -> Pair:
        over = [self.ranges.get(index) for index in what.indices]
        rows, cols = (resolve(side) for side in body)
        first = over[0]
        assert first is not None
        if len(over) == 2:
            return self.unifier.product((first, rows)), self.unifier.product((over[1], cols))  # type: ignore[arg-type]
        if len(over) > 2:
            raise ShapeError("a stack is over one index or two", f"this is over {len(over)}")
        if rows is ONE or cols is ONE:
            return first, cols if rows is ONE else rows
        return self.unifier.product((first, rows)), cols

    def _run_over(self, node: Syntax, index: Index, dim: Dim) -> None:
        known = self.ranges.setdefault(index, dim)
        first = self.stand.setdefault(index, self._binder(node))
        if not self.unifier.unify(known, dim, node.span):
            summary = f"index {index.name} runs over {dim}, and stands where there are {show(known)}"
            error = ShapeError(summary, hint=f"leave out what {index.name} runs over")
            raise error.at(self.source.text, (self._binder(node), f"over {dim}"), (first, f"over {show(known)}"))
