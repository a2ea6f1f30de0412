"""Brackets and calls of NumPy source: entries and parts of arrays, functions that are known, and those of the text."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from matcalc.arrays.algebra import Factored, Named, Refused
from matcalc.arrays.array import Array, called
from matcalc.arrays.layout import at_least_1d, column_stack, concatenate
from matcalc.arrays.places import place
from matcalc.arrays.singular import SingularValues
from matcalc.arrays.sizes import Counted
from matcalc.arrays.table import unknown
from matcalc.errors import UnsupportedError, shown
from matcalc.readers.numpy_source.loops import BoundList
from matcalc.readers.numpy_source.names import Known, Module
from matcalc.readers.numpy_source.values import Closure, Scope, Values


class Calls(Values):
    """Reads expressions with brackets and calls among them."""

    # ---------------------------------------------------------------- brackets
    def _Slice(self, node: ast.Slice, scope: Scope) -> slice:
        lower, upper, step = (
            None if part is None else self.value(part, scope) for part in (node.lower, node.upper, node.step)
        )
        return slice(lower, upper, step)

    def _Subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        owner = self.value(node.value, scope)
        where = self.value(node.slice, scope)
        if isinstance(owner, Module) and owner.path in ("numpy.c_", "numpy.r_"):
            parts = list(where) if isinstance(where, tuple) else [where]
            if any(isinstance(part, slice | str) for part in parts):
                raise UnsupportedError("np.c_ and np.r_ are read of arrays", hint="np.column_stack((x, y))")
            return (column_stack if owner.path == "numpy.c_" else _joined_rows)(parts)
        if isinstance(owner, BoundList):
            return place(owner.bound_list(), where)
        if isinstance(owner, list | tuple):
            if not isinstance(where, int | slice) or isinstance(where, bool):
                raise UnsupportedError(f"a list has no place {shown(where)}")
            try:
                made = owner[where]
            except (IndexError, TypeError, ValueError):
                raise UnsupportedError(f"the list has no place {shown(where)}") from None
            if isinstance(made, Refused):
                raise made.error()
            return made
        if isinstance(owner, SingularValues):
            return owner[where]
        if not isinstance(owner, Array):
            raise UnsupportedError("this has no entries")
        self.check_places(owner, where)
        return place(owner, where)

    def check_places(self, array: Array, where: Any) -> None:
        """What is asked of places in an array beyond what the array refuses: nothing."""

    def _Lambda(self, node: ast.Lambda, scope: Scope) -> Closure:
        return self.closure(node, scope)

    def closure(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> Closure:
        """A function with the defaults that stand there."""
        defaults = tuple(self.value(part, scope) for part in node.args.defaults)
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        keywords = {arg.arg: self.value(part, scope) for arg, part in pairs if part is not None}
        return Closure(node, scope, defaults, keywords)

    def _JoinedStr(self, node: ast.JoinedStr, scope: Scope) -> str:
        return ""

    # ---------------------------------------------------------------- calls
    def _Call(self, node: ast.Call, scope: Scope) -> Any:
        function = self.value(node.func, scope)
        operands: list[Any] = []
        for part in node.args:
            made = (
                self._Tuple(ast.Tuple([part], ast.Load()), scope)
                if isinstance(part, ast.Starred)
                else (self.value(part, scope),)
            )
            operands += made
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise UnsupportedError("** in a call is not read")
            options[keyword.arg] = self.value(keyword.value, scope)
        return self.call(function, operands, options)

    def call(self, function: Any, operands: list[Any], options: dict[str, Any]) -> Any:
        """What a function makes of values."""
        for value in (*operands, *options.values()):
            if isinstance(value, Closure | Module) and not _is_type(value):
                raise UnsupportedError("a function of functions is not read")
        if isinstance(function, Closure):
            if function.reading is not None:
                return self._elsewhere(function, operands, options)
            return self.called(function, operands, options)
        if isinstance(function, Known):
            kept = {k: _type_name(v) for k, v in options.items() if not (k == "dtype" and _type_name(v) in _FLOATS)}
            return called(function.name, function.call, [_type_name(o) for o in operands], kept)
        if isinstance(function, Module):
            if function.path == "numpy.finfo":
                return Module("numpy.finfo.made")
            if function.path.rpartition(".")[2] in ("float64", "double", "float_") and len(operands) == 1:
                return operands[0]
            raise unknown(function.path)
        if callable(function) and not isinstance(function, Array | Counted | Named | Factored):
            return function(*[_type_name(o) for o in operands], **{k: _type_name(v) for k, v in options.items()})
        raise UnsupportedError("this is not called: it is no function")

    def _elsewhere(self, function: Closure, operands: list[Any], options: dict[str, Any]) -> Any:
        """A function of another text."""
        other = function.reading
        assert other is not None
        other.steps, other.calls, other.relations = self.steps, self.calls + 1, self.relations
        other.callers = [*self.callers, *self.scopes]
        made = other.called(replace(function, reading=None), operands, options)
        self.steps = other.steps
        return made


def _joined_rows(parts: list[Any]) -> Array:
    return concatenate([at_least_1d(part) for part in parts], 0)


_FLOATS = ("float", "builtins.float", "numpy.float64", "numpy.double", "numpy.float_", "jax.numpy.float64", "float64")


def _is_type(value: Any) -> bool:
    return isinstance(value, Module) and (value.path.startswith("numpy.") or value.path == "builtins")


def _type_name(value: Any) -> Any:
    """The name of a type of entries; all else as it is."""
    if isinstance(value, Module):
        return value.path
    if isinstance(value, Known):
        return value.name
    return value
