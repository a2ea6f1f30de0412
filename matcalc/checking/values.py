"""Formulas evaluated at points, without a plan: typed ones whose shapes may not fit, and those of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from matcalc.checking.bodies import value_of_body
from matcalc.checking.formula import SIZED, Tree
from matcalc.checking.operators import OPERATORS, same
from matcalc.checking.points import jogged
from matcalc.errors import EvaluationError, MatcalcError
from matcalc.evaluation import silence, tried
from matcalc.expr import Expr, call, name_of, variable
from matcalc.function import CONDITIONS, Abstract, Function
from matcalc.functions import WHERE, find
from matcalc.functions.abstract import find_abstract
from matcalc.position import Position, at_sizes

MOST_ENTRIES = 10**7  # of a value at a point


class Point:
    """Sizes and values; evaluates formulas, each distinct part once. Values are two-dimensional arrays.

    ``functions`` are those without a known body, by name; they are given one.
    """

    def __init__(
        self, sizes: Mapping[str, int], values: Mapping[str, Any], functions: Mapping[str, Function] | None = None
    ) -> None:
        self.sizes = sizes
        self.values = values
        self.functions = dict(functions or {})
        self.known: dict[Tree | Expr, Any] = {}

    def moved(self) -> Point:
        """A point near this one."""
        return Point(self.sizes, jogged(self.values), self.functions)

    def value_of(self, expr: Expr) -> Any:
        """The value of a formula that ``is_plain``, None where it is not defined."""
        import numpy as np

        with silence():
            for node in expr.parts:
                if node not in self.known:
                    try:
                        self.known[node] = self._value_of(np, node)
                    except (ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError):
                        self.known[node] = None
        return self.known[expr]

    def _value_of(self, np: Any, node: Expr) -> Any:
        if node.shape.rows.at(self.sizes) * node.shape.cols.at(self.sizes) > MOST_ENTRIES:
            raise EvaluationError("claims are compared at points, and this one has matrices too large for that")
        parts = [self.known[operand] for operand in node.operands]
        if node.kind == "call" and node.data is WHERE:
            shapes = ([dim.at(self.sizes) for dim in operand.shape] for operand in node.operands)
            parts = without_untaken(np, parts, shapes)
        if any(part is None for part in parts):
            return None
        if node.kind in _LEAVES:
            return _LEAVES[node.kind](np, node, self.sizes)
        if node.kind == "variable":
            return self.values[name_of(node)]
        if node.kind == "call":
            return self._called(np, node.data.name, parts)
        if node.kind == "entry":
            return _entry(parts[0], node.data, self.sizes)
        if node.kind == "blocks":
            return _blocks(np, parts, node.data)
        return OPERATORS[node.kind](np, *parts)

    def value(self, tree: Tree) -> Any:
        """The value, None where shapes do not fit or it is not defined."""
        if tree not in self.known:
            import numpy as np

            with silence():
                return self._tried(np, tree)
        return self.known[tree]

    def _tried(self, np: Any, tree: Tree) -> Any:
        if tree not in self.known:
            try:
                self.known[tree] = self._value(np, tree)
            except (ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError, MatcalcError):
                self.known[tree] = None
        return self.known[tree]

    def _value(self, np: Any, tree: Tree) -> Any:
        kind = tree.kind
        if kind == "name":
            if tree.value in self.values:
                return self.values[tree.value]
            if tree.value == "pi":
                return np.full((1, 1), np.pi)
            return np.full((1, 1), float(self.sizes[tree.value]))
        if kind == "number":
            return np.full((1, 1), float(tree.value))
        if kind == "call" and tree.value in SIZED:
            return self._sized(np, tree)
        parts = [self._tried(np, part) for part in tree.parts]
        if kind == "call" and tree.value == WHERE.name:
            parts = without_untaken(np, parts)
        if any(part is None for part in parts):
            return None
        if kind == "call":
            return self._called(np, str(tree.value), parts)
        if kind == "entry":
            return _entry(parts[0], tree.value, self.sizes)
        if kind == "blocks":
            return _blocks(np, parts, tree.value)
        return OPERATORS[kind](np, *parts)

    def callables(self, names: Iterable[str]) -> dict[str, Callable[[Any], Any]]:
        """Those of the names that are of functions without a known body, as functions of arrays."""
        import numpy as np

        def called(of: Abstract) -> Callable[[Any], Any]:
            return lambda argument: value_of_body(np, of, np.reshape(argument, (-1, 1)), self.sizes)

        found = {name: find_abstract(name, self.functions) for name in names if name not in self.values}
        return {name: called(g.abstract) for name, g in found.items() if g is not None and g.abstract is not None}

    def _called(self, np: Any, name: str, parts: list[Any]) -> Any:
        function = find_abstract(name, self.functions) if self.functions else None
        if function is None or function.abstract is None:
            return _call(np, name, parts)
        return value_of_body(np, function.abstract, parts[0], self.sizes)

    def _sized(self, np: Any, tree: Tree) -> Any:
        dims = [self.size(part) for part in tree.parts]
        if tree.value == "eye":
            return np.eye(dims[0])
        if tree.value == "K":
            return _commutation(np, *dims)
        if tree.value == "unit":
            return np.eye(dims[0])[:, dims[1] - 1 : dims[1]]
        return np.full((dims[0], dims[1] if len(dims) > 1 else 1), 1.0 if tree.value == "ones" else 0.0)

    def size(self, tree: Tree) -> int:
        if tree.kind == "name":
            return self.sizes[tree.value]
        if tree.kind == "number" and tree.value.denominator == 1:
            return int(tree.value)
        left, right = (self.size(part) for part in tree.parts)
        found: int = {"mul": left * right, "add": left + right, "sub": left - right, "pow": left**right}[tree.kind]
        return found


def without_untaken(np: Any, parts: list[Any], shapes: Iterable[Sequence[int]] = repeat((1, 1))) -> list[Any]:
    """The operands of a case distinction; a branch without a value is no number wherever it is taken."""
    condition, *branches = parts
    shapes = iter(shapes)
    next(shapes)
    known = [np.full(shape, np.nan) if part is None else part for part, shape in zip(branches, shapes, strict=False)]
    return [condition, *known]


def _commutation(np: Any, m: int, n: int) -> Any:
    return np.eye(m * n).reshape(n, m, m * n).transpose(1, 0, 2).reshape(m * n, m * n)


def _entry(value: Any, where: tuple[Position, ...], sizes: Mapping[str, int]) -> Any:
    places = [slice(None) if at is None else _slice(at_sizes(at, sizes)) for at in where]
    if any(at.stop is not None and at.stop > side for at, side in zip(places, value.shape, strict=False)):
        raise ValueError
    return value[tuple(places) if len(places) == 2 else (places[0], slice(None))]


def _slice(at: int | range) -> slice:
    return slice(at.start, at.stop) if isinstance(at, range) else slice(at, at + 1)


def _blocks(np: Any, parts: Sequence[Any], counts: Sequence[int]) -> Any:
    """A block matrix; a single zero stands for as many as fit."""
    rest = iter(parts)
    rows = [[next(rest) for _ in range(count)] for count in counts]
    if len(set(counts)) == 1:
        heights = [max(part.shape[0] for part in row) for row in rows]
        widths = [max(part.shape[1] for part in col) for col in zip(*rows, strict=True)]
        for row, height in zip(rows, heights, strict=True):
            for k, (part, width) in enumerate(zip(row, widths, strict=True)):
                if part.size == 1 and part.item() == 0:
                    row[k] = np.zeros((height, width))
    return np.block(rows)


def _where(np: Any, condition: Any, u: Any, v: Any) -> Any:
    shape = max((part.shape for part in (condition, u, v)), key=lambda shape: shape[0] * shape[1])
    if any(part.shape not in (shape, (1, 1)) for part in (condition, u, v)):
        raise ValueError
    return np.broadcast_to(np.where(condition != 0, u, v), shape)


_OF_CONDITIONS: dict[str, Callable[..., Any]] = {
    ">": same(lambda np, a, b: 1.0 * (a > b)),
    "<": same(lambda np, a, b: 1.0 * (a < b)),
    ">=": same(lambda np, a, b: 1.0 * (a >= b)),
    "<=": same(lambda np, a, b: 1.0 * (a <= b)),
    "==": same(lambda np, a, b: 1.0 * (a == b)),
    "!=": same(lambda np, a, b: 1.0 * (a != b)),
    "and": same(lambda np, a, b: a * b),
    "or": same(lambda np, a, b: np.maximum(a, b)),
    "not": lambda np, a: 1.0 - a,
    "nonnegative": lambda np, a: 1.0 * (a >= 0),
    "iszero": lambda np, a: 1.0 * (a == 0),
    "nonzero": lambda np, a: 1.0 * (a != 0),
    "where": _where,
}

_LEAVES: dict[str, Callable[[Any, Expr, Mapping[str, int]], Any]] = {
    "number": lambda np, node, sizes: np.full((1, 1), float(node.data)),
    "size": lambda np, node, sizes: np.full((1, 1), float(node.data.at(sizes))),
    "constant": lambda np, node, sizes: np.full((1, 1), np.pi),
    "eye": lambda np, node, sizes: np.eye(node.shape.rows.at(sizes)),
    "ones": lambda np, node, sizes: np.ones([dim.at(sizes) for dim in node.shape]),
    "zeros": lambda np, node, sizes: np.zeros([dim.at(sizes) for dim in node.shape]),
    "unit": lambda np, node, sizes: np.eye(node.shape.rows.at(sizes))[:, _slice(at_sizes(node.data, sizes))],
    "commutation": lambda np, node, sizes: _commutation(np, *(dim.at(sizes) for dim in node.data)),
}
_PLAIN = {*_LEAVES, *OPERATORS, "variable", "call", "entry", "blocks"}


def is_plain(expr: Expr) -> bool:
    """Whether a formula has no index notation."""
    return all(part.kind in _PLAIN for part in expr.parts)


_compiled: dict[tuple[Any, ...], Any] = {}


def _call(np: Any, name: str, parts: list[Any]) -> Any:
    """A function of the table, by the code that is emitted for it."""
    function = find(name)
    if function is None:
        raise KeyError(name)
    if name in CONDITIONS:
        return _OF_CONDITIONS[name](np, *parts)
    if not (function.elementwise or function.contracts) and not all(np.all(np.isfinite(part)) for part in parts):
        raise ValueError  # LAPACK may go round for ever
    key = (name, *(part.shape for part in parts))
    if key not in _compiled:
        names = [f"a{k}" for k in range(len(parts))]
        made = call(function, *(variable(n, *part.shape) for n, part in zip(names, parts, strict=True)))
        shape = tuple(int(dim.number or 0) for dim in made.shape)
        from matcalc.emission.numpy import emit
        from matcalc.emission.options import GUARDED

        emitted = emit({"value": made}, "value", options=GUARDED)
        _compiled[key] = emitted, [names.index(name) for name in emitted.variables], shape
    emitted, order, shape = _compiled[key]
    result = tried(emitted, [parts[k] for k in order])
    if result is None:
        raise ValueError
    return np.asarray(result, dtype=float).reshape(shape)
