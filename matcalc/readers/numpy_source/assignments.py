"""Assignments of NumPy source: names, sums of a name with itself, and writes in place, which other names may see."""

from __future__ import annotations

import ast
from typing import Any

from matcalc.arrays.array import Array, as_array
from matcalc.arrays.entrywise import where
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.places import write
from matcalc.errors import UnsupportedError
from matcalc.readers.numpy_source.loops import (
    Accumulator,
    BoundList,
    Contribution,
)
from matcalc.readers.numpy_source.rounds import Rounds
from matcalc.readers.numpy_source.syntax import nodes_of
from matcalc.readers.numpy_source.values import Scope


class Assignments(Rounds):
    """Follows assignments; a write that another name sees is refused."""

    last: Any  # the value of the last statement

    # ---------------------------------------------------------------- assignments
    def _Assign(self, node: ast.Assign, scope: Scope) -> None:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Name):
            added = self._own_sum(target.id, node.value, scope)
            if added:
                for sign, part in added:
                    self._contribute(target.id, sign, part, None, scope)
                return
        value = self.value(node.value, scope)
        for target in node.targets:
            self._assign(target, value, scope)

    def _AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self._assign(node.target, self.value(node.value, scope), scope)

    def _assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        with self.at(target):
            if isinstance(target, ast.Subscript):
                return self._write(target, value, scope)
            if self.here():
                raise UnsupportedError("what is assigned under a condition on the loop is not read")
            if isinstance(target, ast.Tuple | ast.List) and isinstance(value, Array) and not value.dims:
                raise UnsupportedError("a number is not unpacked")
            self.bound(target, value, scope)
            if scope.around is None:
                self.last = value

    def _own_sum(self, name: str, node: ast.expr, scope: Scope) -> list[tuple[ast.operator, ast.expr]]:
        """The terms that ``s = s + a - b`` adds to what a loop adds up."""
        if not isinstance(scope.names.get(name), Accumulator):
            return []
        terms: list[tuple[ast.operator, ast.expr]] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
            if isinstance(node.op, ast.Mult) and terms:
                return []
            if isinstance(node.op, ast.Add | ast.Mult) and isinstance(node.right, ast.Name) and node.right.id == name:
                return [*terms, (node.op, node.left)]
            terms.append((node.op, node.right))
            node = node.left
            if isinstance(terms[-1][0], ast.Mult):
                break
        return terms if isinstance(node, ast.Name) and node.id == name else []

    def _AugAssign(self, node: ast.AugAssign, scope: Scope) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            found = scope.names.get(target.id)
            if isinstance(found, Accumulator):
                return self._contribute(target.id, node.op, node.value, None, scope)
            old = self.value(ast.copy_location(ast.Name(target.id, ast.Load()), target), scope)
            value = self.operated(node.op, old, self.value(node.value, scope), node)
            if isinstance(old, Array) and old.ndim:
                value = self._in_place(target.id, old, as_array(value), scope)
            if isinstance(old, list):
                self._only_list(target.id, old, scope)
            return self._assign(target, value, scope)
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            found = scope.names.get(target.value.id)
            if isinstance(found, Accumulator):
                return self._contribute(target.value.id, node.op, node.value, target.slice, scope)
            load = ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
            value = self.operated(node.op, self.value(load, scope), self.value(node.value, scope), node)
            return self._write(target, value, scope)
        raise UnsupportedError("this is not changed in place")

    def _in_place(self, name: str, old: Array, new: Array, scope: Scope) -> Array:
        """An array that is written over, as += does."""
        if new.dims != old.dims:
            raise UnsupportedError("what is written over keeps its shape")
        if old.is_whole and not new.is_whole:
            raise UnsupportedError("NumPy writes no fractions to an array of integers")
        self._only_name(name, old, scope)
        return old.view(new.expr, new.dims, new.lead)

    def _only_name(self, name: str, array: Array, scope: Scope) -> None:
        """Refuses writes that other names see, too."""
        for around in {id(one): one for one in (*self.callers, *self.scopes, *scope.all())}.values():
            for other, value in around.names.items():
                if (other != name or around is not scope) and _sees(value, array.memory):
                    told = other if other != name else f"the {name} outside"
                    raise UnsupportedError(
                        f"writing to {name} changes {told}, too",
                        hint=f"{name} = {name}.copy() before, or {name} = {name} + …",
                    )

    def _only_list(self, name: str, found: list[Any], scope: Scope) -> None:
        """Refuses changes of a list that another name has, too."""
        for around in {id(one): one for one in (*self.callers, *self.scopes, *scope.all())}.values():
            for other, value in around.names.items():
                if (other != name or around is not scope) and _holds(value, found):
                    raise UnsupportedError(f"changing {name} changes {other}, too", hint=f"{name} = list({name})")

    def _write(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        if not isinstance(target.value, ast.Name):
            raise UnsupportedError("a write to this place is not read")
        name = target.value.id
        found = scope.names.get(name)
        if isinstance(found, Accumulator):
            places = self.value(target.slice, scope)
            if self.conditions:
                raise UnsupportedError(
                    "a write in a loop where values decide whether it is done is not read", hint="np.where"
                )
            found.made.append(Contribution("write", value, self._places(found, places), self.here()))
            return
        if isinstance(found, list) and not self.here():
            at = self.value(target.slice, scope)
            self._only_list(name, found, scope)
            if not isinstance(at, int) or not -len(found) <= at < len(found):
                raise UnsupportedError("the list has no such place")
            scope.names[name] = [value if k == at % len(found) else part for k, part in enumerate(found)]
            return
        if not isinstance(found, Array):
            raise UnsupportedError(f"{name} is no array of this function that is written to")
        self._only_name(name, found, scope)
        written = write(found, self.value(target.slice, scope), value)
        scope.names[name] = written
        if scope.around is None:
            self.last = written

    def _places(self, found: Accumulator, places: Any) -> tuple[Any, ...]:
        """Places of what a loop changes, one for each axis."""
        if isinstance(found.old, Array):
            self.check_places(found.old, places)
        return places if isinstance(places, tuple) else (places,)

    def check_appended(self) -> None:
        """Refuses lists whose length depends on values."""
        if self.conditions:
            raise UnsupportedError("a list whose length depends on values is not read")

    def _contribute(self, name: str, op: ast.operator, node: ast.expr, at: ast.expr | None, scope: Scope) -> None:
        """What a round adds to a value from before the loop."""
        found = scope.names[name]
        value = self.value(node, scope)
        if isinstance(op, ast.Sub):
            value = OPERATORS["*"](-1, value)
        kind = "sum" if isinstance(op, ast.Add | ast.Sub) else "prod" if isinstance(op, ast.Mult) else ""
        if not kind or (kind == "prod" and at is not None):
            raise UnsupportedError("a loop is read that adds up, or multiplies", hint="s += …")
        if isinstance(value, list) and len(value) == 1 and isinstance(op, ast.Add) and at is None:
            kind, value = "append", value[0]
            self.check_appended()
        for condition in self.conditions if kind != "append" else ():
            value = where(condition, value, 1 if kind == "prod" else 0)
        places = None if at is None else self.value(at, scope)
        key = None if at is None else self._places(found, places)
        found.made.append(Contribution(kind, value, key, self.here()))


# ---------------------------------------------------------------- what names see
def names_of(target: ast.expr) -> list[str]:
    return [node.id for node in nodes_of(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _sees(value: Any, memory: object) -> bool:
    """Whether a write to memory is seen in a value."""
    if isinstance(value, Array):
        return value.memory is memory
    if isinstance(value, BoundList):
        return _sees(value.value, memory)
    if isinstance(value, Accumulator):
        return _sees(value.old, memory)
    return isinstance(value, list | tuple) and any(_sees(part, memory) for part in value)


def _holds(value: Any, found: list[Any]) -> bool:
    return value is found or (isinstance(value, list | tuple) and any(_holds(part, found) for part in value))
