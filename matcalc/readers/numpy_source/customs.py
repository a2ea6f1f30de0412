"""A reading of NumPy code with guessed shapes, which counts what custom has against it.

NumPy's spreading gives most guesses some meaning: so a number that is added to an array, a matrix that a sum scales, or
the mean of a number cost something, and what costs least is what the code means.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from matcalc.arrays.array import Array
from matcalc.arrays.faults import differing
from matcalc.arrays.sizes import Running, Size
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.readers.numpy_source.kinds import Kind, says_nothing
from matcalc.readers.numpy_source.names import Known
from matcalc.readers.numpy_source.statements import Statements
from matcalc.readers.numpy_source.values import Scope
from matcalc.shape import ONE

_OF_SEVERAL = {
    "sum", "mean", "max", "min", "amax", "amin", "prod", "std", "var", "norm", "dot", "inner", "outer", "vdot", "T",
    "diff", "logsumexp", "softmax", "log_softmax", "trace", "ravel", "flatten", "shape", "size", "average", "median",
    "reshape", "transpose", "squeeze", "matmul", "zeros_like", "ones_like", "cumsum",
}  # fmt: skip
# Operators and functions of two arrays, as what they are weighed.
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Add, ast.Sub: ast.Sub, ast.Mult: ast.Mult, ast.Div: ast.Mult, ast.Pow: ast.Pow,
}  # fmt: skip
_FUNCTIONS: dict[str, type[ast.operator]] = {
    **dict.fromkeys(("add", "maximum", "minimum", "fmax", "fmin", "logaddexp", "hypot"), ast.Add),
    **dict.fromkeys(("multiply", "divide", "true_divide"), ast.Mult), "power": ast.Pow, "subtract": ast.Sub,
}  # fmt: skip
_ARRAY_OF_NUMBER = 4  # the cost of taking a number for an array


class TooDear(MatcalcError):
    """A reading that costs more than one that was found."""


class Weighed(Statements):
    """Follows code as ``Statements`` does, and counts what is unusual."""

    guessed: Mapping[str, Kind]
    cost: int
    dearest: int

    def begin(self, kinds: Mapping[str, Kind], cost: int, dearest: int) -> None:
        self.guessed, self.cost, self.dearest = kinds, cost, dearest
        self.looked: set[str] = set()  # the guessed names that decided how far the reading came
        self.named: dict[str, str] = {}  # symbols of lengths, and the names that the code gives them
        self.calling: list[ast.AST] = []  # the calls whose operands are read
        self.weighed: set[object] = set()  # what has been counted, which costs once, however often a loop comes there
        self.has_columns = any(1 in kind.axes for kind in kinds.values()) or any(
            "1" in t.dims for t in self.told.values()
        )

    def _costs(self, cost: int, *place: object) -> None:
        if cost and place not in self.weighed:
            self.weighed.add(place)
            self.cost += cost
        if self.cost > self.dearest:
            raise TooDear("another reading is more usual")

    # ---------------------------------------------------------------- what is looked at
    def _Name(self, node: ast.Name, scope: Scope) -> Any:
        self._look_at(node.id)
        return super()._Name(node, scope)

    def _look_at(self, name: str) -> None:
        if name in self.guessed:
            self.looked.add(name)

    def bound(self, target: ast.expr, value: Any, scope: Scope) -> None:
        if isinstance(target, ast.Name) and isinstance(value, Size) and value.dim.is_symbol:
            self.named.setdefault(str(value.dim), target.id)
        super().bound(target, value, scope)

    def check_places(self, array: Array, where: Any) -> None:
        """A loop runs over whole axes, so that an axis at its number has its length."""
        places = [at for at in (where if isinstance(where, tuple) else (where,)) if at is not None]
        for at, dim in zip(places, array.dims, strict=False):
            if isinstance(at, Running):
                end = at.start.plus(at.dim)
                if end is not dim and end.is_symbol and dim.is_symbol:
                    raise differing((dim, end), "the loop runs over another length")

    # ---------------------------------------------------------------- customs
    def operated(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        self._weigh(_OPERATORS.get(type(op)), left, right, node)
        return super().operated(op, left, right, node)

    def _Call(self, node: ast.Call, scope: Scope) -> Any:
        self.calling.append(node)
        try:
            return super()._Call(node, scope)
        finally:
            self.calling.pop()

    def call(self, function: Any, operands: list[Any], options: dict[str, Any]) -> Any:
        if isinstance(function, Known):
            node, name = self.calling[-1], function.name.rpartition(".")[2]
            if name in _OF_SEVERAL and any(map(_is_single, operands)):
                self._costs(_ARRAY_OF_NUMBER, node)
            if name in _FUNCTIONS and len(operands) == 2:
                self._weigh(_FUNCTIONS[name], operands[0], operands[1], node)
            if name == "where" and len(operands) == 3:
                self._weigh(ast.Add, operands[1], operands[2], node)
            if ".norm." in function.name:  # a density: of x, its mean and its deviation
                for op, other in zip((ast.Add, ast.Mult), operands[1:], strict=False):
                    self._weigh(op, operands[0], other, node)
        return super().call(function, operands, options)

    def _owner(self, node: ast.Attribute, scope: Scope) -> Any:
        if isinstance(node.value, ast.Name):
            self._look_at(node.value.id)
        owner = super()._owner(node, scope)
        if node.attr in _OF_SEVERAL and _is_single(owner):
            self._costs(_ARRAY_OF_NUMBER, node)
        return owner

    def _weigh(self, op: type[ast.operator] | None, left: Any, right: Any, node: ast.AST) -> None:
        if op is not None and (cost := self._against(op, left, right)):
            names = {name for side in (left, right) if _is_name(side.expr) for name in _names(side.expr)}
            self._costs(cost, node, frozenset(names))

    def _against(self, op: type[ast.operator], left: Any, right: Any) -> int:
        """The cost of an operator between arrays of different numbers of axes."""
        if not isinstance(left, Array) or not isinstance(right, Array):
            return 0
        if op is ast.Pow:
            return int(right.ndim > 0)
        less, more = sorted((left, right), key=lambda array: array.ndim)
        if less.ndim == more.ndim:
            spreads = any((a is ONE) != (b is ONE) for a, b in zip(left.dims, right.dims, strict=True))
            return 2 * (spreads and self.has_columns and op is not ast.Mult)
        if _names(less.expr) <= _names(more.expr):  # numbers, or means and norms of what they are taken from
            return 0
        if more.ndim > 2:
            return 3 * (more.ndim - less.ndim) - 1
        is_row = less.ndim > 0 or (less.expr.kind == "variable" and says_nothing(less.expr.data[0]))
        if _is_name(less.expr) and op is not ast.Add and more.ndim == 2 and not _is_name(more.expr):
            if not (self.has_columns and ONE in more.dims):  # it may be a matrix as well, as targets are
                return 3 if is_row else 3 + (op is ast.Sub)
        if is_row and more.ndim == 1:  # a number whose name says nothing
            return 0
        if is_row:  # most often it has a name
            return 1 if _is_name(less.expr) else 3 if _is_name(more.expr) else 2
        if op is ast.Mult:
            is_scaled = _is_name(more.expr) and not _is_number_of_name(less.expr)
            return {1: 1, 2: 3}[more.ndim] if is_scaled else more.ndim - 1
        # in a loop, a row would stand where an entry does; and b beside A @ x is a column
        return more.ndim + (2 if less.expr.kind == "selected" else int(_is_right_side(less.expr, more.expr)))


def _is_single(value: Any) -> bool:
    """Whether a value is a number, or an array of one entry."""
    return isinstance(value, Array) and all(dim is ONE for dim in value.dims)


def _names(expr: Expr) -> set[str]:
    return {part.data[0] for part in expr.parts if part.kind == "variable"}


def _is_name(expr: Expr) -> bool:
    """Whether a formula is a name, or a multiple of one by a number."""
    while expr.kind in ("neg", "transpose", "mul", "hadamard", "div") and expr.operands:
        rest = [part for part in expr.operands if part.kind != "number"]
        if len(rest) != 1:
            return False
        (expr,) = rest
    return expr.kind == "variable"


def _is_right_side(b: Expr, product: Expr) -> bool:
    """Whether a name stands beside a product as in A @ x - b."""
    if b.kind != "variable" or product.kind != "mul" or product.operands[0].kind != "variable":
        return False
    names: tuple[str, str] = b.data[0], product.operands[0].data[0]
    return names[0].startswith("b") and names[1].startswith("A")


def _is_number_of_name(expr: Expr) -> bool:
    return _is_name(expr) or expr.kind in ("entry", "selected")
