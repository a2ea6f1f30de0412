"""Expressions of NumPy source → arrays: names, operators, calls, brackets, comprehensions. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from matcalc.arrays.algebra import Factored, Named, Refused
from matcalc.arrays.array import OPERATORS, Array, attribute, called
from matcalc.arrays.layout import MOST_PARTS, at_least_1d, column_stack, concatenate
from matcalc.arrays.places import place
from matcalc.arrays.sizes import Counted, Running, Size, Undecided
from matcalc.arrays.table import unknown
from matcalc.errors import MatcalcError, ParseError, Span, UnsupportedError, shown
from matcalc.rational import Fraction
from matcalc.readers.numpy_loops import (
    MOST_ROUNDS,
    Accumulator,
    BoundList,
    Range,
    Relation,
    compared,
    opposite,
)
from matcalc.readers.numpy_names import Known, Module, alike, bare, member, whole_division

_MOST_STEPS = 20_000
_DEEPEST = 120
DEEPEST_CALL = 12
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&",
    ast.BitOr: "|", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


@dataclass
class Scope:
    """Names and their values, and those around them."""

    names: dict[str, Any] = field(default_factory=dict)
    around: Scope | None = None

    def find(self, name: str) -> Any | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None

    def all(self) -> list[Scope]:
        """The scope, and those around it."""
        return [self] if self.around is None else [self, *self.around.all()]

    def has(self, name: str) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.around
        return False


@dataclass(frozen=True)
class Closure:
    """A function that the text defines, and the names around it."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: tuple[Any, ...] = ()
    keyword_defaults: Mapping[str, Any] = field(default_factory=dict)
    reading: Values | None = None  # of another text, where it stands


class Values:
    """Reads expressions; ``numpy_source`` adds statements."""

    def __init__(
        self, text: str, missing: Callable[[str], MatcalcError], outside: Callable[[str], Any] = lambda name: None
    ) -> None:
        self.text = text
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.missing, self.outside = missing, outside
        self.steps = self.depth = self.calls = 0
        self.scopes: list[Scope] = []  # of the functions that are being followed
        self.callers: list[Scope] = []  # and of those in other texts that call them
        self.relations: list[Relation] = []  # what holds in the round of a loop that is read

    # ---------------------------------------------------------------- places
    def span(self, node: ast.AST) -> Span:
        """Where a node stands in the text; Python counts columns in bytes."""
        line: int = getattr(node, "lineno", 1)
        end_line: int = getattr(node, "end_lineno", None) or line
        start, end = (
            self.starts[min(at, len(self.starts) - 1) - 1] + self._column(at, column)
            for at, column in ((line, getattr(node, "col_offset", 0)), (end_line, getattr(node, "end_col_offset", 0)))
        )
        return start, max(end, start + 1)

    def _column(self, line: int, column: int) -> int:
        start = self.starts[min(line, len(self.starts) - 1) - 1]
        row = self.text[start:].partition("\n")[0]
        return len(row.encode()[:column].decode(errors="ignore"))

    @contextmanager
    def at(self, node: ast.AST) -> Iterator[None]:
        """Errors within say where they are."""
        self.steps += 1
        self.depth += 1
        try:
            if self.steps > _MOST_STEPS:
                raise ParseError("the code is too long to be read", f"at most {_MOST_STEPS} steps are followed")
            if self.depth > _DEEPEST:
                raise ParseError("the code is nested too deeply")
            yield
        except MatcalcError as error:
            raise error.at(self.text, self.span(node)) from None
        finally:
            self.depth -= 1

    # ---------------------------------------------------------------- expressions
    def value(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression.

        Raises:
            MatcalcError: it has no meaning as a formula; the error says where.
        """
        with self.at(node):
            method = getattr(self, f"_{type(node).__name__}", None)
            if method is None:
                raise UnsupportedError(f"this is not read: {words(node)}")
            return method(node, scope)

    def _Constant(self, node: ast.Constant, scope: Scope) -> Any:
        value = node.value
        if isinstance(value, bool | str) or value is None or value is Ellipsis:
            return value
        if isinstance(value, int) and value.bit_length() < 1000:
            return value
        if isinstance(value, float) and value == value and abs(value) != float("inf"):
            return Fraction(repr(value))
        raise UnsupportedError(f"this number is not read: {shown(value)}")

    def _Name(self, node: ast.Name, scope: Scope) -> Any:
        name = node.id
        found = scope.find(name)
        if found is None and not scope.has(name):
            found = self.outside(name)
            found = bare(name) if found is None else found
            if found is None:
                raise self.missing(name)
        if isinstance(found, Refused):
            raise found.error()
        if isinstance(found, Accumulator):
            raise UnsupportedError(
                f"{name} is looked at in the loop that changes it", hint="a loop that adds up is read: s += …"
            )
        return found

    def _Tuple(self, node: ast.Tuple | ast.List, scope: Scope) -> Any:
        made: list[Any] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                several = self.value(part.value, scope)
                if not isinstance(several, list | tuple):
                    raise UnsupportedError("only a list of known length is unpacked")
                made += several
            else:
                made.append(self.value(part, scope))
        return tuple(made) if isinstance(node, ast.Tuple) else made

    _List = _Tuple

    def _Attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        owner = self.value(node.value, scope)
        if isinstance(owner, Module):
            if owner.path == "numpy.finfo.made" and node.attr == "eps":
                return Fraction("2.220446049250313e-16")
            return member(owner, node.attr)
        if isinstance(owner, Array):
            return attribute(owner, node.attr)
        if isinstance(owner, Named) and node.attr in owner.names:
            return getattr(owner, node.attr)
        if isinstance(owner, Known) and owner.name in ("numpy.add", "numpy.subtract", "numpy.multiply", "numpy.divide"):
            return member(Module(owner.name), node.attr)
        if isinstance(owner, int | Fraction | Counted) and node.attr in ("T", "real"):
            return owner
        raise UnsupportedError(f"this has no attribute that is read: {node.attr}")

    def _UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Any:
        operand = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.decided(operand)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(node.op, ast.Invert):
            return OPERATORS["~"](operand)
        if isinstance(operand, float):
            return -operand
        return OPERATORS["*"](-1, operand) if not isinstance(operand, Array) else -operand

    def _BinOp(self, node: ast.BinOp, scope: Scope) -> Any:
        chain: list[ast.BinOp] = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        made = self.value(chain[-1].left, scope)
        for part in reversed(chain):
            with self.at(part):
                made = self.operated(part.op, made, self.value(part.right, scope))
        return made

    def operated(self, op: ast.operator, left: Any, right: Any) -> Any:
        """What an operator makes of two values."""
        if isinstance(op, ast.FloorDiv | ast.Mod):
            return whole_division(op, left, right)
        sign = _SIGNS.get(type(op))
        if sign is None:
            raise UnsupportedError("this operator is not read", hint="+ - * / ** @ are")
        if isinstance(left, list | tuple) and isinstance(right, list | tuple) and sign == "+":
            if len(left) + len(right) > MOST_PARTS:
                raise ParseError("the list is too long to be read", f"at most {MOST_PARTS} entries are read")
            return left + right  # type: ignore[operator]
        if sign == "*" and isinstance(left, list) and isinstance(right, int) and 0 < right <= MOST_ROUNDS:
            return left * right
        for side in (left, right):
            _check_operand(side)
        return OPERATORS[sign](left, right)

    def _BoolOp(self, node: ast.BoolOp, scope: Scope) -> Any:
        stops = isinstance(node.op, ast.Or)
        held: Any = not stops
        for part in node.values:
            held = self.value(part, scope)
            if self.decided(held) is stops:
                return held
        return held

    def _Compare(self, node: ast.Compare, scope: Scope) -> Any:
        if len(node.ops) > 1:
            raise UnsupportedError("comparisons in a chain are not read", hint="(a < x) & (x < b)")
        op, left, right = node.ops[0], self.value(node.left, scope), self.value(node.comparators[0], scope)
        if isinstance(op, ast.Is | ast.IsNot):
            if left is not None and right is not None and not (isinstance(left, bool) or isinstance(right, bool)):
                raise UnsupportedError("is compares objects; it is read of None alone")
            return (left is right) is isinstance(op, ast.Is)
        if isinstance(op, ast.In | ast.NotIn):
            if (
                isinstance(left, str | int)
                and isinstance(right, list | tuple)
                and all(isinstance(one, str | int) for one in right)
            ):
                return (left in right) is isinstance(op, ast.In)
            raise UnsupportedError("this question is not read")
        sign = _SIGNS[type(op)]
        if (
            left is None
            or right is None
            or isinstance(left, str | tuple | list)
            or isinstance(right, str | tuple | list)
        ):
            if sign not in ("==", "!="):
                raise UnsupportedError("this comparison is not read")
            if isinstance(left, Array) or isinstance(right, Array):
                raise UnsupportedError("an array is compared with numbers", hint="x is None")
            return alike(left, right) is (sign == "==")
        if isinstance(left, Running) and isinstance(right, Running):
            return compared(sign, left, right)
        if isinstance(left, Running) or isinstance(right, Running):
            return _of_loop(sign, left, right)
        for side in (left, right):
            _check_operand(side)
        return OPERATORS[sign](left, right)

    def _IfExp(self, node: ast.IfExp, scope: Scope) -> Any:
        return self.value(node.body if self.decided(self.value(node.test, scope)) else node.orelse, scope)

    def decided(self, value: Any) -> bool:
        """Which way a question goes that values don't decide.

        Raises:
            UnsupportedError: they do.
        """
        if value is None or isinstance(value, bool | int | str | list | tuple | Fraction | Closure | Known | Module):
            return bool(value) if not isinstance(value, Closure | Known | Module) else True
        if isinstance(value, Relation):
            if value in self.relations:
                return True
            if opposite(value) in self.relations:
                return False
            raise Undecided("a question about the numbers of loops is read where a loop adds up")
        if isinstance(value, Size):
            return True
        raise UnsupportedError(
            "which way the code goes depends on values", hint="np.where(condition, a, b) is a formula of both"
        )

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
        if not isinstance(owner, Array):
            raise UnsupportedError("this has no entries")
        return place(owner, where)

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

    def called(self, function: Closure, operands: list[Any], options: dict[str, Any]) -> Any:
        raise NotImplementedError


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


def _check_operand(value: Any) -> None:
    if (
        isinstance(value, str | bytes | dict | Module | Known | Closure | Range | slice)
        or value is None
        or value is Ellipsis
    ):
        raise UnsupportedError(
            "this is no number, and no array", f"it is {shown(value) if not callable(value) else 'a function'}"
        )
    if isinstance(value, Refused):
        raise value.error()
    if isinstance(value, Relation):
        raise UnsupportedError("a question about the numbers of loops is no number")
    if isinstance(value, list | tuple):
        return


def _of_loop(sign: str, left: Any, right: Any) -> Any:
    raise UnsupportedError(
        "a question about the number of a loop is read where the loop adds up", hint="for i in range(1, n)"
    )


def words(node: ast.AST) -> str:
    return {
        "Dict": "a dictionary", "Set": "a set", "DictComp": "a dictionary", "Await": "await", "Yield": "yield",
        "NamedExpr": "an assignment in an expression", "Starred": "a star", "FormattedValue": "a text",
    }.get(type(node).__name__, type(node).__name__)  # fmt: skip
