"""Expressions of NumPy source → arrays: names, operators, calls, brackets, comprehensions. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from matcalc.arrays.algebra import Named, Refused
from matcalc.arrays.array import Array, attribute, is_question
from matcalc.arrays.layout import MOST_PARTS
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.singular import SingularValues
from matcalc.arrays.sizes import Counted, Running, Size, Undecided
from matcalc.errors import MatcalcError, ParseError, Span, UnsupportedError, shown
from matcalc.rational import Fraction
from matcalc.readers.numpy_source.loops import (
    MOST_ROUNDS,
    Accumulator,
    Range,
    Relation,
    compared,
    opposite,
)
from matcalc.readers.numpy_source.names import Known, Module, alike, bare, member, whole_division

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


class At:
    """A step of a reading, whose errors say where they are."""

    __slots__ = ("node", "reading")

    def __init__(self, reading: Values, node: ast.AST) -> None:
        self.reading, self.node = reading, node

    def __enter__(self) -> None:
        self.reading.begin_step(self.node)
        self.reading.depth += 1

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.reading.depth -= 1
        if isinstance(error, MatcalcError) and not error.places:
            error.at(self.reading.text, self.reading.span(self.node))


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
        self.held = 0  # how many of these hold around the function that is followed
        self.conditions: list[Array] = []  # questions about values, the one way of which is being read

    def here(self) -> tuple[Relation, ...]:
        """What holds in the round of a loop of the function that is followed."""
        return tuple(self.relations[self.held :])

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

    def at(self, node: ast.AST) -> At:
        """Errors within say where they are."""
        return At(self, node)

    def begin_step(self, node: ast.AST) -> None:
        """Counts a step of the reading.

        Raises:
            ParseError: they are too many, or within too many others.
        """
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise ParseError("the code is too long to be read", f"at most {_MOST_STEPS} steps are followed")
        if self.depth > _DEEPEST:
            raise ParseError("the code is nested too deeply").at(self.text, self.span(node))

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
        if isinstance(found, Array) and found.written is not None:
            raise UnsupportedError(f"not all entries of {name} have been written", hint="np.zeros for np.empty")
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
        owner = self._owner(node, scope)
        if isinstance(owner, Module):
            if owner.path == "numpy.finfo.made" and node.attr == "eps":
                return Fraction("2.220446049250313e-16")
            return member(owner, node.attr)
        if isinstance(owner, Array):
            return attribute(owner, node.attr)
        if isinstance(owner, Named) and node.attr in owner.names:
            return getattr(owner, node.attr)
        if isinstance(owner, Known) and owner.name.startswith("numpy."):
            return member(Module(owner.name), node.attr)
        if isinstance(owner, SingularValues) and not node.attr.startswith("_"):
            return getattr(owner, node.attr)
        if isinstance(owner, int | Fraction | Counted) and node.attr in ("T", "real"):
            return owner
        raise UnsupportedError(f"this has no attribute that is read: {node.attr}")

    def _owner(self, node: ast.Attribute, scope: Scope) -> Any:
        """What an attribute is of; an array without values has a shape."""
        if node.attr in ("shape", "ndim", "size") and isinstance(node.value, ast.Name):
            found = scope.find(node.value.id)
            if isinstance(found, Array):
                return found
        return self.value(node.value, scope)

    def _UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Any:
        operand = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return OPERATORS["~"](operand) if is_question(operand) else not self.decided(operand)
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
                made = self.operated(part.op, made, self.value(part.right, scope), part)
        return made

    def operated(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """What an operator makes of two values, where it stands."""
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
            check_operand(side)
        return OPERATORS[sign](left, right)

    def _BoolOp(self, node: ast.BoolOp, scope: Scope) -> Any:
        stops = isinstance(node.op, ast.Or)
        held: Any = not stops
        asked: Array | None = None
        for part in node.values:
            held = self.value(part, scope)
            if is_question(held):
                asked = held if asked is None else OPERATORS["|" if stops else "&"](asked, held)
            elif self.decided(held) is stops:
                return held
        return held if asked is None else asked

    def _Compare(self, node: ast.Compare, scope: Scope) -> Any:
        if len(node.ops) > 1:
            sides = [node.left, *node.comparators]
            pairs = zip(sides[:-1], node.ops, sides[1:], strict=True)
            parts: list[ast.expr] = [ast.copy_location(ast.Compare(a, [op], [b]), node) for a, op, b in pairs]
            return self._BoolOp(ast.BoolOp(ast.And(), parts), scope)
        op, left, right = node.ops[0], self.value(node.left, scope), self.value(node.comparators[0], scope)
        if isinstance(op, ast.Is | ast.IsNot):
            if isinstance(left, str) and isinstance(right, str):
                return (left == right) is isinstance(op, ast.Is)
            if left is not None and right is not None and not (isinstance(left, bool) or isinstance(right, bool)):
                raise UnsupportedError("is compares objects; it is read of None, truths and texts")
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
            hint = "for i in range(1, n)"
            raise UnsupportedError("a question about the number of a loop is read where the loop adds up", hint=hint)
        for side in (left, right):
            check_operand(side)
        return OPERATORS[sign](left, right)

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

    def called(self, function: Closure, operands: list[Any], options: dict[str, Any]) -> Any:
        """What a function of the text returns."""
        raise NotImplementedError


def check_operand(value: Any) -> None:
    if (
        isinstance(value, str | bytes | dict | Module | Known | Closure | Range | slice)
        or value is None
        or value is Ellipsis
    ):
        raise UnsupportedError("this is no number, and no array", f"it is {shown(value)}")
    if isinstance(value, Refused):
        raise value.error()
    if isinstance(value, Relation):
        raise UnsupportedError("a question about the numbers of loops is no number")
    if isinstance(value, list | tuple):
        return


def words(node: ast.AST) -> str:
    return {
        "Dict": "a dictionary", "Set": "a set", "DictComp": "a dictionary", "Await": "await", "Yield": "yield",
        "NamedExpr": "an assignment in an expression", "Starred": "a star", "FormattedValue": "a text",
    }.get(type(node).__name__, type(node).__name__)  # fmt: skip
