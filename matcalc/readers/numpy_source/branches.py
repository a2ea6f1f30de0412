"""Branches of NumPy source: ways that sizes decide are taken, and of those that values decide both are read."""

from __future__ import annotations

import ast
from typing import Any

from matcalc.arrays.algebra import Refused
from matcalc.arrays.array import Array, as_array, is_question
from matcalc.arrays.entrywise import where
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.sizes import Undecided
from matcalc.errors import MatcalcError, UnsupportedError
from matcalc.rational import Fraction
from matcalc.readers.numpy_source.assignments import Assignments
from matcalc.readers.numpy_source.loops import Relation, opposite
from matcalc.readers.numpy_source.values import Scope, check_operand


class Returned(Exception):
    """A value that a function returns; it ends the reading of the function's body."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Branches(Assignments):
    """Follows ``if``: what both ways of a question about values leave is a formula of both, as np.where has it."""

    def block(self, body: list[ast.stmt], scope: Scope, *, is_all: bool = False) -> None:
        """Follows statements one after the other; ``is_all`` where a function has no others behind them."""
        raise NotImplementedError

    def _If(self, node: ast.If, scope: Scope) -> None:
        if only_raises(node):
            return
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And) and not node.orelse:
            return self._nested(node, node.test.values, scope)
        test = self.value(node.test, scope)
        if isinstance(test, Relation) and test not in self.relations and opposite(test) not in self.relations:
            self._under(test, node.body, scope)
            return self._under(opposite(test), node.orelse, scope) if node.orelse else None
        if is_question(test):
            return self._both(test, node.body, node.orelse, scope)
        self.block(self._chosen(node, test), scope)

    def _nested(self, node: ast.If, tests: list[ast.expr], scope: Scope) -> None:
        """``if a and b`` without an else as ``if a: if b``."""
        body = node.body
        for test in reversed(tests):
            body = [ast.copy_location(ast.If(test, body, []), node)]
        self.block(body, scope)

    def _chosen(self, node: ast.If, test: Any) -> list[ast.stmt]:
        try:
            return node.body if self.decided(test) else node.orelse
        except (Undecided, UnsupportedError) as error:
            raise error.at(self.text, self.span(node.test)) from None

    def _under(self, relation: Relation, body: list[ast.stmt], scope: Scope) -> None:
        self.relations.append(relation)
        try:
            self.block(body, scope)
        finally:
            self.relations.pop()

    def skips_round(self, node: ast.If, rest: list[ast.stmt], scope: Scope) -> bool:
        """``if i == j: continue``: the rest of the round is read where that is not so."""
        if len(node.body) != 1 or not isinstance(node.body[0], ast.Continue) or node.orelse:
            return False
        test = self.value(node.test, scope)
        if is_question(test):
            self._both(test, [], rest, scope)
            return True
        if not isinstance(test, Relation):
            if self.decided(test):
                raise UnsupportedError("continue is read of loops over lengths that compare their numbers")
            return False
        self._under(opposite(test), rest, scope)
        return True

    # ---------------------------------------------------------------- questions about values
    def _IfExp(self, node: ast.IfExp, scope: Scope) -> Any:
        test = self.value(node.test, scope)
        if not is_question(test):
            return self.value(node.body if self.decided(test) else node.orelse, scope)
        first, second = self.value(node.body, scope), self.value(node.orelse, scope)
        for side in (first, second):
            check_operand(side)
        found = _joined(test, first, second, "this")
        if isinstance(found, Refused):
            raise found.error()
        return found

    def _both(self, test: Array, body: list[ast.stmt], orelse: list[ast.stmt], scope: Scope) -> None:
        """Reads both ways, each from the same names, and joins what they leave."""
        before, last = scope.names, self.last
        ways = []
        for condition, way in ((test, body), (OPERATORS["~"](test), orelse)):
            scope.names = dict(before)
            self.conditions.append(condition)
            try:
                self.block(way, scope)
            finally:
                self.conditions.pop()
            ways.append(scope.names)
        first, second = ways
        scope.names = dict(before)
        changed = [name for name in {**first, **second} if first.get(name) is not second.get(name)]
        for name in changed:
            if name in first and name in second:
                scope.names[name] = _joined(test, first[name], second[name], name)
            else:
                scope.names[name] = Refused(f"{name} is assigned on one of two ways, between which values decide")
        for name in first.keys() & second.keys():
            scope.names.setdefault(name, first[name])
        if scope.around is None and self.last is not last:
            known = scope.names.get(changed[0]) if len(changed) == 1 else None
            self.last = known if known is not None else Refused("which value is meant?", "end with its name")

    def ways_out(self, node: ast.If, rest: list[ast.stmt], scope: Scope, *, is_all: bool) -> None:
        """An ``if`` with a return in it: each way is read to its end.

        Raises:
            Returned: what the function returns.
            UnsupportedError: the ways do not return what one formula is.
        """
        test = self.value(node.test, scope)
        if isinstance(test, Relation) or not is_question(test):
            return self.block([*self._chosen(node, test), *rest], scope, is_all=is_all)
        if not is_all:
            raise UnsupportedError("a return on one of two ways, between which values decide, is not read here")
        before = scope.names
        values: list[Any] = []
        for way in (node.body, node.orelse):
            scope.names = dict(before)
            try:
                self.block([*way, *rest], scope, is_all=True)
                values.append(None)
            except Returned as found:
                values.append(found.value)
        scope.names = before
        first, second = values
        if _is_no_result(first):
            raise Returned(second)
        raise Returned(first if _is_no_result(second) else _joined(test, first, second, "what is returned"))


def _joined(test: Array, first: Any, second: Any, what: str) -> Any:
    """The value of two ways, which is refused where they leave no arrays of one shape."""
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        return tuple(_joined(test, one, other, what) for one, other in zip(first, second, strict=True))
    if isinstance(first, bool) and isinstance(second, bool):
        return first if first is second else test if first else OPERATORS["~"](test)
    refused = Refused(f"values decide between two ways, and {what} is no array of one shape on both")
    if not all(isinstance(side, Array | int | Fraction) and not isinstance(side, bool) for side in (first, second)):
        return next((side for side in (first, second) if isinstance(side, Refused)), refused)
    one, other = as_array(first), as_array(second)
    if one.dims != other.dims:
        return refused
    try:
        made = where(test, one, other)
    except MatcalcError:
        return refused
    if made.ndim:
        one.memory.join(other.memory)
        one.memory.join(made.memory)
    return made


def _is_no_result(value: Any) -> bool:
    """Whether a way out is a guard, as one that raises an error: None, infinity and nan are no values of a formula."""
    return value is None or (isinstance(value, float) and (value != value or abs(value) == float("inf")))


def returns(node: ast.AST) -> bool:
    """Whether a statement returns, outside of functions that it defines."""
    return isinstance(node, ast.Return) or any(
        returns(part)
        for part in ast.iter_child_nodes(node)
        if not isinstance(part, ast.FunctionDef | ast.Lambda | ast.expr)
    )


def only_raises(node: ast.If) -> bool:
    """Whether a branch is a guard, which the values pass that the code has a result for."""
    return (
        not node.orelse
        and all(
            isinstance(part, ast.Raise) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Call))
            for part in node.body
        )
        and any(isinstance(part, ast.Raise) for part in node.body)
    )
