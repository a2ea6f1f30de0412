"""Statements of NumPy source: assignments, writes in place, branches, loops, functions that the text defines."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from matcalc.arrays.algebra import Refused, Undeclared, Unknown
from matcalc.arrays.array import Array, array_of, as_array, tidy
from matcalc.bound import unbound
from matcalc.errors import MatcalcError, ParseError, UnsupportedError, shown
from matcalc.expr import Expr
from matcalc.readers.numpy_source.assignments import names_of
from matcalc.readers.numpy_source.branches import Branches, Returned, only_raises, returns
from matcalc.readers.numpy_source.loops import (
    Accumulator,
    Contribution,
    settled,
)
from matcalc.readers.numpy_source.names import imported
from matcalc.readers.numpy_source.shapes import Told
from matcalc.readers.numpy_source.syntax import names_changed, nodes_of
from matcalc.readers.numpy_source.values import DEEPEST_CALL, Closure, Scope
from matcalc.shape import ONE
from matcalc.sorts import states

_NOTHING = object()


class Statements(Branches):
    """Follows statements; the value of code is that of its last statement, or what it returns."""

    def __init__(
        self,
        text: str,
        variables: Mapping[str, Expr],
        told: Mapping[str, Told],
        columns: set[str],
        given: Mapping[str, Any] = MappingProxyType({}),
        outside: Callable[[str], Any] = lambda name: None,
    ) -> None:
        super().__init__(text, self._undeclared, outside)
        self.given = given  # values of arguments that are no variables
        self.variables = variables
        self.told = told
        self.columns = columns
        self.used: dict[str, Expr] = {}
        self.last: Any = _NOTHING
        self.meant = ""  # the function that is read, where it was named

    # ---------------------------------------------------------------- names
    def _undeclared(self, name: str) -> MatcalcError:
        return Undeclared(
            name, f"{name} is not defined", f"declare it, or say its shape: # {name}: (m, n), or {name} as an argument"
        )

    def variable(self, name: str) -> Any | None:
        """The array that a declared name is, or one whose shape the text says."""
        told = self.told.get(name)
        known = self.variables.get(name)
        if known is None:
            if told is None:
                return None
            known = told.variable(name)
        self.used[name] = known
        if len(known.data) > 2 and ONE not in known.data[2].shape:
            raise UnsupportedError(f"{name} is a family of matrices, and no array of two axes")
        if known.shape.cols is ONE and known.shape.rows is not ONE:
            two = told.ndim == 2 if told is not None else name in self.columns
            return Array(known, tuple(known.shape)) if two else array_of(known)
        if told is not None and told.ndim == 1 and known.shape.is_scalar:
            return Array(known, (ONE,))
        return array_of(known)

    # ---------------------------------------------------------------- code
    def of_module(self, tree: ast.Module) -> Any:
        """The value of code: what its last function returns, unless statements follow that use it."""
        scope = Scope()
        scope.names.update(self.given)
        for name in {*self.variables, *self.told} - set(self.given):
            array = self.variable(name)
            self.used.pop(name, None)
            if array is not None:
                scope.names[name] = array
        try:
            self.block(tree.body, scope)
        except Returned as found:
            self.last = found.value
        if self.last is _NOTHING:
            raise ParseError("there is no value in this code", hint="an expression, an assignment, or a function")
        if isinstance(self.last, Closure):
            return self.called(self._meant(tree, scope), None, {})
        return self.last

    def _meant(self, tree: ast.Module, scope: Scope) -> Closure:
        """The function that is read of several: the one whose arguments are told, and that no other one calls.

        Raises:
            UnsupportedError: there are two.
        """
        if self.meant or not isinstance(tree.body[-1], ast.FunctionDef):
            meant: Closure = self.last
            return meant
        defined = {
            node.name: node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef) and node in tree.body
        }
        called = {
            part.id
            for name, node in defined.items()
            for part in nodes_of(node)
            if isinstance(part, ast.Name) and part.id != name
        }
        free = [scope.names[name] for name in defined if name not in called and isinstance(scope.names[name], Closure)]
        told = [one for one in free if self._is_told(one)]
        if len(told) > 1:
            names = " and ".join(one.node.name for one in told if isinstance(one.node, ast.FunctionDef))
            raise UnsupportedError(f"which function is meant: {names}?", hint="end the text with a call of it")
        chosen: Closure = told[0] if told else free[0] if len(free) == 1 else self.last
        return chosen

    def _is_told(self, function: Closure) -> bool:
        arguments = function.node.args
        names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        wanted = names[: len(names) - len(function.defaults)]
        return all(name in self.variables or name in self.told or name in self.given for name in wanted)

    def result(self, value: Any) -> Expr:
        """The formula that a value is.

        Raises:
            UnsupportedError: it is several values, a condition, or an array of three axes.
        """
        if isinstance(value, tuple):
            value = _only_number(value)
        if (
            isinstance(value, str | bool | Refused)
            or value is None
            or (callable(value) and not isinstance(value, Array))
        ):
            raise UnsupportedError(f"this gives no array: {shown(value)}")
        array = as_array(value)
        if array.ndim > 2:
            raise UnsupportedError(
                "an array of three axes is no formula", hint="sum over an axis, or take a part of it"
            )
        if states(array.expr):
            raise UnsupportedError("a condition is no number", hint="np.where(condition, 1, 0)")
        if unbound(array.expr):
            raise UnsupportedError("the value of one round of a loop is no formula")
        for name, known in {**self.variables}.items():
            if name not in self.used and any(part is known for part in array.expr.parts):
                self.used[name] = known
        for part in array.expr.parts:
            if part.kind == "variable":
                self.used.setdefault(part.data[0], part)
        return tidy(array.expr)

    def block(self, body: list[ast.stmt], scope: Scope, *, is_all: bool = False) -> None:
        for k, node in enumerate(body):
            rest = body[k + 1 :]
            with self.at(node):
                if isinstance(node, ast.Try):
                    # What a handler does is of values for which the code raises an error, and no formula has one.
                    return self.block([*node.body, *node.orelse, *node.finalbody, *rest], scope, is_all=is_all)
                if isinstance(node, ast.If) and returns(node) and not only_raises(node):
                    return self.ways_out(node, rest, scope, is_all=is_all)
                if isinstance(node, ast.If) and self.skips_round(node, rest, scope):
                    return None
                method = getattr(self, f"_{type(node).__name__}", None)
                if method is None or not isinstance(node, ast.stmt):
                    raise UnsupportedError(f"this statement is not read: {_STATEMENTS.get(type(node).__name__, 'it')}")
                method(node, scope)
        return None

    def _Return(self, node: ast.Return, scope: Scope) -> None:
        if self.here() or self.conditions:
            raise UnsupportedError("a loop that returns is not read")
        raise Returned(None if node.value is None else self.value(node.value, scope))

    def _Pass(self, node: ast.stmt, scope: Scope) -> None:
        pass

    _Assert = _Global = _Nonlocal = _Pass

    def _Import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        scope.names.update(imported(node))

    _ImportFrom = _Import

    def _Raise(self, node: ast.Raise, scope: Scope) -> None:
        raise UnsupportedError("the code raises an error here")

    def _FunctionDef(self, node: ast.FunctionDef, scope: Scope) -> None:
        if any(not _is_harmless(part) for part in node.decorator_list):
            raise UnsupportedError("a decorator may change what the function computes")
        scope.names[node.name] = self.last = self.closure(node, scope)

    def _Expr(self, node: ast.Expr, scope: Scope) -> None:
        call = node.value
        if isinstance(call, ast.Constant) and isinstance(call.value, str):
            return
        if isinstance(call, ast.Call):
            name = ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
            if name in ("print", "warnings.warn", "np.set_printoptions", "np.seterr", "np.random.seed"):
                return
            if _is_append(call, scope) and isinstance(call.func, ast.Attribute):
                return self._append(call, call.func.value, scope)
        value = self.value(call, scope)
        if scope.around is None:
            self.last = value

    def _append(self, call: ast.Call, owner: ast.expr, scope: Scope) -> None:
        if len(call.args) != 1 or call.keywords or not isinstance(owner, ast.Name):
            raise UnsupportedError("one value is appended to a list")
        found = scope.names.get(owner.id)
        value = self.value(call.args[0], scope)
        self.check_appended()
        if isinstance(found, Accumulator):
            found.made.append(Contribution("append", value, None, self.here()))
        elif isinstance(found, list) and not self.here():
            self._only_list(owner.id, found, scope)
            scope.names[owner.id] = [*found, value]
        else:
            raise UnsupportedError(f"{owner.id} is no list that is appended to")

    # ---------------------------------------------------------------- other blocks
    def _With(self, node: ast.With, scope: Scope) -> None:
        for item in node.items:
            if ast.unparse(item.context_expr).partition("(")[0] not in ("np.errstate", "numpy.errstate"):
                raise UnsupportedError("with is not read")
        self.block(node.body, scope)

    # ---------------------------------------------------------------- loops
    def _For(self, node: ast.For, scope: Scope) -> None:
        if node.orelse:
            raise UnsupportedError("else after a loop is not read")
        found = self.rounds(self.value(node.iter, scope))
        if isinstance(found, list):
            for value in found:
                self.bound(node.target, value, scope)
                self.block(node.body, scope)
            return
        binder, value = found
        changed = names_changed(node.body)
        before = {name: scope.names[name] for name in changed if name in scope.names}
        mine = {name: Accumulator(old) for name, old in before.items()}
        scope.names.update(mine)
        self.bound(node.target, value, scope)
        self.block(node.body, scope)
        for name in (*changed, *names_of(node.target)):
            if scope.names.get(name) is not mine.get(name) or name not in mine:
                scope.names[name] = Refused(f"{name} is that of the last round of a loop")
                continue
            made = [Contribution(p.kind, p.value, p.places, p.relations, (*p.binders, binder)) for p in mine[name].made]
            outer = before[name]
            if isinstance(outer, Accumulator):
                outer.made += made
                scope.names[name] = outer
            else:
                scope.names[name] = settled(name, Accumulator(outer, made))
                if scope.around is None:
                    self.last = scope.names[name]

    def _While(self, node: ast.While, scope: Scope) -> None:
        """``while i < n: …; i += 1`` as the loop over range(i, n)."""
        counted = _counted(node)
        if counted is None:
            raise UnsupportedError("this statement is not read: while, whose rounds depend on values")
        name, stop, body = counted
        start = ast.Name(name, ast.Load())
        call = ast.Call(ast.Name("range", ast.Load()), [start, stop], [])
        loop = ast.For(ast.Name(name, ast.Store()), call, body, [])
        for part in (call, loop, *ast.walk(call)):
            ast.copy_location(part, node.test)
        first, end = (self.value(part, scope) for part in (ast.copy_location(start, node.test), stop))
        self._For(loop, scope)
        whole = isinstance(first, int) and (isinstance(end, int) or first in (0, 1))  # lengths are 1 or more
        at_end = max(first, end) if whole and isinstance(end, int) else end
        scope.names[name] = at_end if whole else Refused(f"{name} is that of the last round of a loop")

    # ---------------------------------------------------------------- functions
    def called(self, function: Closure, operands: list[Any] | None, options: dict[str, Any]) -> Any:
        """What a function of the text returns; without operands, of its arguments as variables."""
        self.calls += 1
        count = len(self.scopes)
        relations, self.relations = self.relations, [] if operands is None else self.relations
        conditions, self.conditions = self.conditions, []
        held, self.held = self.held, len(self.relations)
        try:
            if self.calls > DEEPEST_CALL:
                raise UnsupportedError("functions that call each other so deeply are not read")
            scope = Scope(self._arguments(function, operands, options), function.scope)
            self.scopes.append(scope)
            node = function.node
            if isinstance(node, ast.Lambda):
                return self.value(node.body, scope)
            try:
                self.block(node.body, scope, is_all=True)
            except Returned as found:
                return found.value
            return None
        finally:
            self.calls -= 1
            self.relations, self.conditions, self.held = relations, conditions, held
            del self.scopes[count:]

    def _arguments(self, function: Closure, operands: list[Any] | None, options: dict[str, Any]) -> dict[str, Any]:
        arguments = function.node.args
        if arguments.vararg or arguments.kwarg:
            raise UnsupportedError("arguments with stars are not read")
        names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        keywords = [arg.arg for arg in arguments.kwonlyargs]
        defaults = dict(zip(reversed(names), reversed(function.defaults), strict=False)) | dict(
            function.keyword_defaults
        )
        if operands is None:
            return {name: self._as_variable(name, defaults) for name in (*names, *keywords)}
        if len(operands) > len(names) or set(options) - {*names, *keywords}:
            raise UnsupportedError("the function does not take these arguments")
        given = {**dict(zip(names, operands, strict=False)), **options}
        if missing := [name for name in (*names, *keywords) if name not in given and name not in defaults]:
            raise UnsupportedError(f"the function wants {missing[0]}, too")
        return {name: given.get(name, defaults.get(name)) for name in (*names, *keywords)}

    def _as_variable(self, name: str, defaults: Mapping[str, Any]) -> Any:
        """An argument of the function that is read: as declared, as its default, or not known."""
        if name in self.given:
            return self.given[name]
        if name in defaults and name not in self.variables:
            return defaults[name]
        array = self.variable(name)
        if array is not None:
            return array
        error = self._undeclared(name)
        return Unknown(name, f"the shape of {name} is not known", error.hint)


# ---------------------------------------------------------------- what statements do
def _only_number(values: tuple[Any, ...]) -> Any:
    """Of several values that are returned the one that is a number, such as a loss beside its gradient.

    Raises:
        UnsupportedError: there is none, or there are two.
    """
    numbers = [value for value in values if isinstance(value, Array) and not value.ndim]
    if len(numbers) != 1:
        raise UnsupportedError(
            f"this gives {len(values)} values, and {len(numbers) or 'none'} of them "
            f"{'is a number' if len(numbers) < 2 else 'are numbers'}; one value is read",
            hint="end the code with the one that is meant, as in loss(w, X, y)[0]",
        )
    return numbers[0]


def _counted(node: ast.While) -> tuple[str, ast.expr, list[ast.stmt]] | None:
    """The counter of a loop that adds 1 to it at its end, what it stays below, and the rest of the round."""
    test, last = node.test, node.body[-1]
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or len(test.ops) != 1 or node.orelse:
        return None
    name, stop, body = test.left.id, test.comparators[0], node.body[:-1]
    adds = ast.unparse(last) in (f"{name} += 1", f"{name} = {name} + 1")
    fixed = {name, *(part.id for part in ast.walk(stop) if isinstance(part, ast.Name))}
    skips = any(isinstance(part, ast.Continue | ast.Break) for statement in body for part in ast.walk(statement))
    if not adds or skips or not body or fixed.intersection(names_changed(body)):
        return None
    if isinstance(test.ops[0], ast.LtE):
        stop = ast.copy_location(ast.BinOp(stop, ast.Add(), ast.copy_location(ast.Constant(1), stop)), stop)
    return (name, stop, body) if isinstance(test.ops[0], ast.Lt | ast.LtE) else None


def _is_append(call: ast.Call, scope: Scope) -> bool:
    """Whether a call appends to a list of the text."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
        return False
    return isinstance(call.func.value, ast.Name) and isinstance(scope.names.get(call.func.value.id), list | Accumulator)


def _is_harmless(node: ast.expr) -> bool:
    return ast.unparse(node) in ("jit", "jax.jit", "njit", "numba.njit", "numba.jit", "staticmethod", "jaxtyped")


_STATEMENTS = {
    "ClassDef": "a class", "Delete": "del",
    "Break": "break", "Continue": "continue", "Match": "match", "AsyncFunctionDef": "async", "AsyncFor": "async",
}  # fmt: skip
