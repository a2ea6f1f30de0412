"""Shapes of what has indices: entries, members of families, and sums, products and stacks over indices."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.bound import Total
from matcalc.errors import ShapeError, Span
from matcalc.expr import Expr
from matcalc.families import Members, members_of
from matcalc.notation.pairs import Pair, is_scalar_pair, shown_pair
from matcalc.notation.sizes import check_symbols
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import Size, Unifier, resolve, show
from matcalc.position import Index, Several, size_of
from matcalc.shape import ONE, Dim


class Indexing:
    """The part of the inference that looks at indices; ``ranges`` is what they run over."""

    source: Source
    declared: Mapping[str, Expr]
    unifier: Unifier
    ranges: dict[Index, Size]
    sizes: set[str]

    def _origins(self, *sides: Size) -> list[tuple[Span, str]]:
        raise NotImplementedError

    def _entry(self, node: Syntax, operand: Pair) -> Pair:
        position = node.value
        assert isinstance(position, tuple)
        members = self._members(node)
        if members is not None:
            return members.shape.rows, members.shape.cols
        if len(position) == 1:
            if position[0] is None or ONE not in (resolve(side) for side in operand):
                raise ShapeError("an entry of a matrix has a row and a column", hint="X[1,2], X[:,2], X[1,:]")
            position = (*position, 0) if resolve(operand[1]) is ONE else (0, *position)
        rows, cols = (
            side if at is None else size_of(at) if isinstance(at, Several) else ONE
            for at, side in zip(position, operand, strict=True)
        )
        check_symbols(position, self.sizes)
        return rows, cols

    def _selected(self, node: Syntax, operand: Pair) -> Pair:
        places = node.value
        assert isinstance(places, tuple)
        rows, cols = self._entry(node, operand)
        members = self._members(node)
        if members is not None:
            operand = (members.length, ONE)
        if len(places) == 1:
            places = (*places, 0) if resolve(operand[1]) is ONE else (0, *places)
        for at, side in zip(places, operand, strict=True):
            if not isinstance(at, Index):
                continue
            known = self.ranges.setdefault(at, side)
            if not self.unifier.unify(known, side, node.span):
                error = ShapeError(f"index {at.name} runs over {show(known)} and over {show(side)}")
                raise error.at(self.source.text, node.span, *self._origins(known, side))
        return rows, cols

    def _members(self, node: Syntax) -> Members | None:
        """What the members of the family are that an entry is one of."""
        (operand,) = node.operands
        family = self.declared.get(str(operand.value)) if operand.kind == "name" and len(node.value) == 1 else None  # type: ignore[arg-type]
        return None if family is None else members_of(family)

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
                raise ShapeError(
                    "indices that are compared run over one dimension",
                    f"{names[0]} runs over {show(first)} and {names[1]} over {show(second)}",
                )
        if what.over == "stack":
            return self._stacked(node, what, body)
        if what.over == "prod" and not is_scalar_pair(body):
            raise ShapeError("a product over indices is of scalars", f"this is {shown_pair(body)}")
        return body

    def _stacked(self, node: Syntax, what: Total, body: Pair) -> Pair:
        over = [self.ranges.get(index) for index in what.indices]
        rows, cols = (resolve(side) for side in body)
        first = over[0]
        if first is None or None in over:
            raise ShapeError(f"index {what.indices[0].name} stands on nothing that is stacked")
        if len(over) == 2:
            return self.unifier.product((first, rows)), self.unifier.product((over[1], cols))  # type: ignore[arg-type]
        if len(over) > 2:
            raise ShapeError("a stack is over one index or two", f"this is over {len(over)}")
        if rows is ONE or cols is ONE:
            return first, cols if rows is ONE else rows
        return self.unifier.product((first, rows)), cols

    def _run_over(self, node: Syntax, index: Index, dim: Dim) -> None:
        known = self.ranges.setdefault(index, dim)
        if not self.unifier.unify(known, dim, node.span):
            raise ShapeError(f"index {index.name} runs over {dim}, and stands where there are {show(known)}")
