"""Formulas as plain trees, close to what was typed: written back as text, edited, and evaluated at a point.

Unlike Expr, a tree need not have fitting shapes: what a claim should have been is found by editing what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.errors import MatcalcError
from matcalc.evaluation import run_silently
from matcalc.expr import call, variable
from matcalc.functions import find
from matcalc.notation.syntax import Syntax, read


class Tree(NamedTuple):
    """A node: its kind and value are those of the syntax tree."""

    kind: str
    value: Any = None
    parts: tuple[Tree, ...] = ()


Path = tuple[int, ...]

_INFIX = {"add": (" + ", 1), "sub": (" - ", 1), "mul": ("*", 2), "div": ("/", 2), "hadamard": (".*", 2),
          "eldiv": ("./", 2), "pow": ("^", 4), "elpow": (".^", 4)}  # fmt: skip
_ATOM = 5


def tree_of(text: str) -> Tree:
    """The tree of a formula without definitions and index notation.

    Raises:
        ParseError: the text is not a formula.
    """
    source = read(text)
    defined = {name: _tree(body) for name, body in source.definitions}
    made = _tree(source.body)
    for _ in defined:
        made = _substituted(made, defined)
    return made


def _tree(root: Syntax) -> Tree:
    from matcalc.walk import postorder

    made: dict[Syntax, Tree] = {}
    for node in postorder(root):
        made[node] = Tree(node.kind, node.value, tuple(made[o] for o in node.operands))
    return made[root]


def _substituted(tree: Tree, defined: Mapping[str, Tree]) -> Tree:
    if tree.kind == "name" and tree.value in defined:
        return defined[tree.value]
    return tree._replace(parts=tuple(_substituted(part, defined) for part in tree.parts))


def text_of(tree: Tree) -> str:
    return _text(tree)[0]


def _text(tree: Tree) -> tuple[str, int]:
    if tree.kind in ("name", "call"):
        if tree.kind == "name":
            return str(tree.value), _ATOM
        comma = "," if tree.value in SIZED else ", "
        return f"{tree.value}({comma.join(text_of(part) for part in tree.parts)})", _ATOM
    if tree.kind == "number":
        value: Fraction = tree.value
        if value.denominator == 1:
            return str(value.numerator), _ATOM if value >= 0 else 1
        short = repr(float(value))
        return (short, _ATOM if value >= 0 else 1) if Fraction(short) == value else (f"{value}", 2)
    if tree.kind == "transpose":
        return f"{_at(tree.parts[0], 4)}'", 4
    if tree.kind == "neg":
        return f"-{_at(tree.parts[0], 3)}", 2 if tree.parts[0].kind == "number" else 1
    if tree.kind == "entry":
        places = ",".join(":" if at is None else str(at + 1) for at in tree.value)
        return f"{_at(tree.parts[0], _ATOM)}[{places}]", _ATOM
    sign, level = _INFIX[tree.kind]
    right = _at(tree.parts[1], level + 1)
    if _leads_with_minus(tree):
        return f"{text_of(tree.parts[0])}{sign}{right}", 1
    return f"{_at(tree.parts[0], level)}{sign}{right}", level


def _leads_with_minus(tree: Tree) -> bool:
    """Whether a product or a quotient is written with a minus sign before its first factor."""
    left = tree.parts[0]
    return _INFIX[tree.kind][1] == 2 and (left.kind == "neg" or (left.kind in _INFIX and _leads_with_minus(left)))


def _at(tree: Tree, level: int) -> str:
    text, own = _text(tree)
    return text if own >= level else f"({text})"


# ---------------------------------------------------------------- parts
def places(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """All parts with their places, the whole first; sizes in eye(n) are no parts."""
    yield path, tree
    if tree.kind == "call" and tree.value in SIZED:
        return
    for k, part in enumerate(tree.parts):
        yield from places(part, (*path, k))


def part_at(tree: Tree, path: Path) -> Tree:
    for k in path:
        tree = tree.parts[k]
    return tree


def replaced(tree: Tree, path: Path, new: Tree) -> Tree:
    if not path:
        return new
    parts = list(tree.parts)
    parts[path[0]] = replaced(parts[path[0]], path[1:], new)
    return tree._replace(parts=tuple(parts))


def replaced_everywhere(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree == old:
        return new
    return tree._replace(parts=tuple(replaced_everywhere(part, old, new) for part in tree.parts))


def number(value: int | Fraction) -> Tree:
    return Tree("number", Fraction(value))


def times(left: Tree, right: Tree) -> Tree:
    return Tree("mul", None, (left, right))


def plus(left: Tree, right: Tree) -> Tree:
    """A sum, written as a difference where the second term begins with a minus sign."""
    without = _without_sign(right)
    return Tree("add", None, (left, right)) if without is None else Tree("sub", None, (left, without))


def _without_sign(tree: Tree) -> Tree | None:
    """The negative of a tree that begins with a minus sign."""
    if tree.kind == "neg":
        return tree.parts[0]
    if tree.kind in ("mul", "div"):
        first = _without_sign(tree.parts[0])
        return None if first is None else tree._replace(parts=(first, tree.parts[1]))
    return None


def turned(tree: Tree) -> Tree:
    return tree.parts[0] if tree.kind == "transpose" else Tree("transpose", None, (tree,))


def applied(name: str, *parts: Tree) -> Tree:
    return Tree("call", name, parts)


def chain(tree: Tree) -> list[Tree]:
    """The factors of a product, from left to right."""
    found: list[Tree] = []
    while tree.kind == "mul":
        found.append(tree.parts[1])
        tree = tree.parts[0]
    return [tree, *reversed(found)]


def product_of(factors: list[Tree]) -> Tree:
    made = factors[0]
    for factor in factors[1:]:
        made = times(made, factor)
    return made


def tidied(tree: Tree) -> Tree:
    """Without double transposes and first powers, with one number before a product and its sign there."""
    tree = tree._replace(parts=tuple(tidied(part) for part in tree.parts))
    if tree.kind == "transpose" and tree.parts[0].kind == "transpose":
        return tree.parts[0].parts[0]
    if tree.kind in ("pow", "elpow") and tree.parts[1] == number(1):
        return tree.parts[0]
    if tree.kind not in ("mul", "neg"):
        return tree
    factors = chain(tree) if tree.kind == "mul" else [number(-1), *chain(tree.parts[0])]
    if factors[0].kind == "number" and len(factors) == 2:
        factors = [factors[0], *chain(factors[1])]
    before = Fraction((-1) ** sum(factor.kind == "neg" for factor in factors))
    factors = [factor.parts[0] if factor.kind == "neg" else factor for factor in factors]
    while len(factors) > 1 and factors[0].kind == "number":
        before *= factors.pop(0).value
    made = product_of(factors if abs(before) == 1 else [number(abs(before)), *factors])
    return made if before > 0 else _negative(made)


def _negative(tree: Tree) -> Tree:
    """-2*A: the sign belongs to the first factor."""
    factors = chain(tree)
    return product_of([Tree("neg", None, (factors[0],)), *factors[1:]])


# ---------------------------------------------------------------- values
SIZED = ("eye", "ones", "zeros", "K", "unit")


class Point:
    """Sizes and values; evaluates trees, each distinct part once. Values are two-dimensional arrays."""

    def __init__(self, sizes: Mapping[str, int], values: Mapping[str, Any]) -> None:
        self.sizes = sizes
        self.values = values
        self.known: dict[Tree, Any] = {}

    def value(self, tree: Tree) -> Any:
        """The value, None where shapes do not fit or it is not defined."""
        if tree not in self.known:
            import numpy as np

            try:
                with np.errstate(all="ignore"):
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
        parts = [self.value(part) for part in tree.parts]
        if any(part is None for part in parts):
            return None
        if kind == "call":
            return _call(np, str(tree.value), parts)
        if kind == "entry":
            places = tuple(slice(None) if at is None else slice(at, at + 1) for at in tree.value)
            return parts[0][places if len(places) == 2 else (places[0], slice(None))]
        return _OPERATORS[kind](np, *parts)

    def _sized(self, np: Any, tree: Tree) -> Any:
        dims = [self.size(part) for part in tree.parts]
        if tree.value == "eye":
            return np.eye(dims[0])
        if tree.value == "K":
            m, n = dims
            return np.eye(m * n).reshape(n, m, m * n).transpose(1, 0, 2).reshape(m * n, m * n)
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


def _mul(np: Any, a: Any, b: Any) -> Any:
    return a * b if a.size == 1 or b.size == 1 else a @ b


def _same(operation: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """An operation of equal shapes, or with a scalar."""

    def checked(np: Any, a: Any, b: Any) -> Any:
        if a.shape != b.shape and a.size != 1 and b.size != 1:
            raise ValueError
        return operation(np, a, b)

    return checked


def _power(np: Any, a: Any, b: Any) -> Any:
    if a.size == 1:
        return a**b
    if b.size != 1 or b[0, 0] != int(b[0, 0]) or a.shape[0] != a.shape[1]:
        raise ValueError
    return np.linalg.matrix_power(a, int(b[0, 0]))


def _div(np: Any, a: Any, b: Any) -> Any:
    if b.size != 1:
        raise ValueError
    return a / b


_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": _same(lambda np, a, b: a + b),
    "sub": _same(lambda np, a, b: a - b),
    "mul": _mul,
    "div": _div,
    "hadamard": _same(lambda np, a, b: a * b),
    "eldiv": _same(lambda np, a, b: a / b),
    "elpow": _same(lambda np, a, b: a**b),
    "pow": _power,
    "neg": lambda np, a: -a,
    "transpose": lambda np, a: a.T,
}

_compiled: dict[tuple[Any, ...], Any] = {}


def _call(np: Any, name: str, parts: list[Any]) -> Any:
    """A function of the table, by the code that is emitted for it."""
    function = find(name)
    if function is None:
        raise KeyError(name)
    key = (name, *(part.shape for part in parts))
    if key not in _compiled:
        names = [f"a{k}" for k in range(len(parts))]
        made = call(function, *(variable(n, *part.shape) for n, part in zip(names, parts, strict=True)))
        shape = tuple(int(dim.number or 0) for dim in made.shape)
        _compiled[key] = emit({"value": made}, "value", options=GUARDED), shape
    emitted, shape = _compiled[key]
    result = run_silently(emitted, {f"a{k}": part for k, part in enumerate(parts)})
    if result is None:
        raise ValueError
    return np.asarray(result, dtype=float).reshape(shape)
