"""A reading of NumPy code with guessed shapes, which counts what custom has against it.

NumPy's spreading gives most guesses some meaning: so a number that is added to an array, a matrix that a sum scales, or
the mean of a number cost something, and what costs least is what the code means.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from matcalc.arrays.array import Array, differing
from matcalc.arrays.sizes import Running, Size
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.readers.numpy_kinds import Kind
from matcalc.readers.numpy_names import Known
from matcalc.readers.numpy_statements import Statements
from matcalc.readers.numpy_values import Scope
from matcalc.shape import ONE, Dim

_OF_SEVERAL = {
    "sum", "mean", "max", "min", "amax", "amin", "prod", "std", "var", "norm", "dot", "inner", "outer", "vdot", "T",
    "diff", "logsumexp", "softmax", "log_softmax", "trace", "ravel", "flatten", "shape", "size", "average", "median",
    "reshape", "transpose", "squeeze", "matmul", "zeros_like", "ones_like", "cumsum",
}  # fmt: skip
_SIGNS = {"add": ast.Add, "subtract": ast.Sub, "multiply": ast.Mult, "divide": ast.Div, "power": ast.Pow}
_ARRAY_OF_NUMBER = 2  # the cost of taking a number for an array


class TooDear(MatcalcError):
    """A reading that costs more than one that was found."""


class Weighed(Statements):
    """Follows code as ``Statements`` does, and counts what is unusual."""

    guessed: Mapping[str, Kind]
    cost: int
    dearest: int
    calling: ast.AST  # the call whose operands are read

    def begin(self, kinds: Mapping[str, Kind], cost: int, dearest: int) -> None:
        self.guessed, self.cost, self.dearest = kinds, cost, dearest
        self.looked: set[str] = set()  # the guessed names that decided how far the reading came
        self.named: dict[str, str] = {}  # symbols of lengths, and the names that the code gives them
        self.weighed: set[ast.AST] = set()  # each place of the code costs once, however often a loop comes there
        self.has_columns = any(1 in kind.axes for kind in kinds.values()) or any(
            "1" in t.dims for t in self.told.values()
        )

    def _costs(self, cost: int, node: ast.AST) -> None:
        if cost and node not in self.weighed:
            self.weighed.add(node)
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
        self._costs(self._against(type(op), left, right), node)
        return super().operated(op, left, right, node)

    def _Call(self, node: ast.Call, scope: Scope) -> Any:
        self.calling = node
        return super()._Call(node, scope)

    def call(self, function: Any, operands: list[Any], options: dict[str, Any]) -> Any:
        if isinstance(function, Known):
            name = function.name.rpartition(".")[2]
            if name in _OF_SEVERAL and any(isinstance(o, Array) and not o.ndim for o in operands):
                self._costs(_ARRAY_OF_NUMBER, self.calling)
            if name in _SIGNS and len(operands) == 2:
                self._costs(self._against(_SIGNS[name], *operands), self.calling)
        return super().call(function, operands, options)

    def _owner(self, node: ast.Attribute, scope: Scope) -> Any:
        if isinstance(node.value, ast.Name):
            self._look_at(node.value.id)
        owner = super()._owner(node, scope)
        if node.attr in _OF_SEVERAL and isinstance(owner, Array) and not owner.ndim:
            self._costs(_ARRAY_OF_NUMBER, node)
        return owner

    def _against(self, op: type[ast.operator], left: Any, right: Any) -> int:
        """The cost of an operator between arrays of different numbers of axes."""
        if not isinstance(left, Array) or not isinstance(right, Array):
            return 0
        if op is ast.Pow:
            return 2 * bool(right.ndim)
        less, more = sorted((left, right), key=lambda array: array.ndim)
        if less.ndim == more.ndim:
            pairs = zip(left.dims, right.dims, strict=True)
            spreads = any((a is ONE) != (b is ONE) for a, b in pairs)
            return 2 * (spreads and self.has_columns and op in (ast.Add, ast.Sub))
        if not any(part.kind == "variable" for part in less.expr.parts):
            return 0
        if op in (ast.Add, ast.Sub):
            if less.ndim:
                return 1 if _is_name(less.expr) else 2
            # in a loop, a row would stand where an entry does; and b beside A @ x is a column
            return more.ndim + (less.expr.kind == "selected" or _is_right_side(less.expr, more.expr))
        if op in (ast.Mult, ast.Div):
            if less.ndim:
                return 1 if _is_name(less.expr) else 2
            return more.ndim if _is_name(more.expr) and not _is_number_of_name(less.expr) else 0
        return 0


def _is_right_side(b: Expr, product: Expr) -> bool:
    """Whether a name stands beside a product as in A @ x - b."""
    if b.kind != "variable" or product.kind != "mul" or product.operands[0].kind != "variable":
        return False
    names: tuple[str, str] = b.data[0], product.operands[0].data[0]
    return names[0].startswith("b") and names[1].startswith("A")


def _is_number_of_name(expr: Expr) -> bool:
    return _is_name(expr) or expr.kind in ("entry", "selected")


def _is_name(expr: Expr) -> bool:
    """Whether a formula is a name, or a multiple of one by a number."""
    while expr.kind in ("neg", "transpose", "mul", "hadamard", "div") and expr.operands:
        rest = [part for part in expr.operands if part.kind != "number"]
        if len(rest) != 1:
            return False
        (expr,) = rest
    return expr.kind == "variable"


def solved(one: Dim, other: Dim, unknown: frozenset[str]) -> tuple[str, Dim] | None:
    """The symbol that makes two lengths equal, and what it has to be; None where there is none, or it would be 1."""
    for dim, meant in ((one, other), (other, one)):
        if dim.is_symbol and str(dim) in unknown and str(dim) not in meant.symbols and meant.number != 1:
            return str(dim), meant
    rest = one.plus(other, -1)
    linear = {monomial[0][0]: c for monomial, c in rest.terms if len(monomial) == 1 and monomial[0][1] == 1}
    if len(rest.terms) == len(linear) == 2 and set(linear.values()) == {1, -1}:
        symbol = next((name for name in sorted(linear) if name in unknown), None)
        if symbol is not None:
            return symbol, Dim.of(next(name for name in linear if name != symbol))
    return None
