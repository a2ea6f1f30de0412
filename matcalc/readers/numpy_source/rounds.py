"""Comprehensions and what loops run through: lists of a known length, and lengths that are symbols."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from matcalc.arrays.algebra import Factored
from matcalc.arrays.array import Array
from matcalc.arrays.faults import differing
from matcalc.arrays.places import place
from matcalc.arrays.sizes import Running
from matcalc.bound import renamed
from matcalc.errors import UnsupportedError, shown
from matcalc.readers.numpy_source.calls import Calls
from matcalc.readers.numpy_source.loops import (
    MOST_ROUNDS,
    Binder,
    BoundList,
    Range,
    Relation,
    over_array,
    over_list,
    running,
)
from matcalc.readers.numpy_source.names import Zipped
from matcalc.readers.numpy_source.values import Scope, words
from matcalc.shape import Dim


class Rounds(Calls):
    """Reads expressions with comprehensions among them."""

    # ---------------------------------------------------------------- comprehensions
    def _ListComp(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Any:
        return self._collected(node.elt, list(node.generators), Scope({}, scope))

    _GeneratorExp = _ListComp

    def _collected(self, element: ast.expr, generators: list[ast.comprehension], scope: Scope) -> Any:
        if not generators:
            return self.value(element, scope)
        first, *rest = generators
        if first.is_async:
            raise UnsupportedError("async is not read")
        found = self.rounds(self.value(first.iter, scope))
        if isinstance(found, list):
            made: list[Any] = []
            for value in found:
                inner = Scope(dict(scope.names), scope.around)
                self.bound(first.target, value, inner)
                if all(self.decided(self.value(test, inner)) for test in first.ifs):
                    part = self._collected(element, rest, inner)
                    made += [part] if not rest else part if isinstance(part, list) else [part]
            return made
        binder, value = found
        inner = Scope(dict(scope.names), scope.around)
        self.bound(first.target, value, inner)
        relation = binder.relation
        for test in first.ifs:
            asked = self.value(test, inner)
            if not isinstance(asked, Relation) or relation is not None:
                raise UnsupportedError("a condition on the members of a list is not read")
            relation = asked
        before = list(self.relations)
        self.relations += [relation] if relation is not None else []
        try:
            part = self._collected(element, rest, inner)
        finally:
            self.relations = before
        if rest:
            if isinstance(part, list):
                raise UnsupportedError("this list of lists is not read")
            return BoundList(replace(binder, relation=relation), part, is_flat=True)
        return BoundList(replace(binder, relation=relation), part)

    def rounds(self, value: Any) -> list[Any] | tuple[Binder, Any]:
        """The values that a loop runs through, or the index of one over a length, and its value."""
        if isinstance(value, Zipped):
            return self._zipped([self.rounds(part) for part in value.parts])
        if isinstance(value, Range):
            numbers = value.rounds()
            if numbers is None:
                return running(value)
            value = numbers
        if isinstance(value, BoundList):
            return over_list(value)
        if isinstance(value, Array):
            if not value.dims:
                raise UnsupportedError("a loop over a number")
            count = value.dims[0].number
            if count is None:
                return over_array(value)
            value = [place(value, k) for k in range(min(count, MOST_ROUNDS + 1))]
        if not isinstance(value, list | tuple):
            raise UnsupportedError(f"a loop over this is not read: {shown(value)}", hint="for i in range(n)")
        if len(value) > MOST_ROUNDS:
            raise UnsupportedError(
                f"a loop of {len(value)} rounds is too long", f"at most {MOST_ROUNDS} are read one by one"
            )
        return list(value)

    def _zipped(self, parts: list[Any]) -> list[Any] | tuple[Binder, Any]:
        if all(isinstance(part, list) for part in parts):
            return [tuple(values) for values in zip(*parts, strict=False)]
        if any(isinstance(part, list) for part in parts):
            raise UnsupportedError("zip is read of what has one length")
        first = parts[0][0]
        values = []
        for binder, value in parts:
            if binder.dim is not first.dim or binder.relation is not None:
                apart = () if binder.relation is not None else (first.dim, binder.dim)
                raise differing(apart, "zip is read of what has one length", f"{first.dim} and {binder.dim}")
            values.append(_reindexed(value, binder, first))
        return first, tuple(values)

    def _unpacked(self, array: Array, count: int) -> Any:
        """The members of an array, for so many names."""
        if array.dims and array.dims[0].number is None:
            apart = (array.dims[0], Dim.of(count))
            raise differing(apart, f"{count} names for as many values as a symbol says", f"it is {array.dims[0]}")
        return self.rounds(array)

    def bound(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Names what is on the left of =.

        Raises:
            UnsupportedError: it is something else, or its parts are not as many.
        """
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
            return
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(value, Array):
                value = self._unpacked(value, len(target.elts))
            if isinstance(value, Factored):
                hint = "factor = cho_factor(K); cho_solve(factor, y); and np.linalg.slogdet(K)[1]"
                raise UnsupportedError("what cho_factor gives is read as a whole", hint=hint)
            if not isinstance(value, list | tuple) or any(isinstance(part, ast.Starred) for part in target.elts):
                raise UnsupportedError("this is not unpacked")
            if len(value) != len(target.elts):
                raise UnsupportedError(f"{len(target.elts)} names for {len(value)} values")
            for part, one in zip(target.elts, value, strict=True):
                self.bound(part, one, scope)
            return
        raise UnsupportedError(f"this is not assigned to: {words(target)}")


def _reindexed(value: Any, binder: Binder, first: Binder) -> Any:
    if isinstance(value, Running):
        return replace(value, index=first.index)
    if isinstance(value, tuple):
        return tuple(_reindexed(part, binder, first) for part in value)
    return Array(renamed(value.expr, {binder.index: first.index}), value.dims, value.lead)
