"""Formulas as trees, which know their text in matcalc's notation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Array = Any
Dim = tuple[str, ...]  # a product of symbols, sorted; () is 1
Shape = tuple[Dim, Dim]
Sizes = Mapping[str, int]
M, N, K = ("m",), ("n",), ("k",)
SYMBOLS = (M, N, K)
ONE: Dim = ()
SCALAR: Shape = (ONE, ONE)


@dataclass(frozen=True)
class Variable:
    name: str
    shape: Shape
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A leaf, an operator or a function of the table; ``data`` is what the operands do not say."""

    op: str
    operands: tuple[Tree, ...]
    shape: Shape
    data: Any = None

    def parts(self) -> Iterator[Tree]:
        yield self
        for operand in self.operands:
            yield from operand.parts()

    @property
    def variables(self) -> list[Variable]:
        return list(dict.fromkeys(t.data for t in self.parts() if t.op == "variable"))

    @property
    def size(self) -> int:
        return sum(1 for _ in self.parts())


def leaf(variable: Variable) -> Tree:
    return Tree("variable", (), variable.shape, variable)


def number(value: float) -> Tree:
    return Tree("number", (), SCALAR, value)


def ones(shape: Shape) -> Tree:
    return Tree("ones", (), shape)


_SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = range(1, 6)
_INFIX = {
    "add": (" + ", _SUM), "sub": (" - ", _SUM), "mul": ("*", _PRODUCT), "hadamard": (".*", _PRODUCT),
    "div": ("/", _PRODUCT),    "eldiv": ("./", _PRODUCT), "backslash": ("\\", _PRODUCT),
    "pow": ("^", _POWER), "elpow": (".^", _POWER),
}  # fmt: skip


def dim_text(dim: Dim, sizes: Sizes | None) -> str:
    return "*".join(str(sizes[s]) if sizes else s for s in dim) or "1"


def text(tree: Tree, sizes: Sizes | None = None) -> str:
    """The formula in matcalc's notation; ``sizes`` writes dimensions as numbers."""
    return _text(tree, sizes)[0]


def _text(tree: Tree, sizes: Sizes | None) -> tuple[str, int]:
    op = tree.op
    pieces = [_text(operand, sizes) for operand in tree.operands]

    def at_least(i: int, level: int) -> str:
        return pieces[i][0] if pieces[i][1] >= level else f"({pieces[i][0]})"

    rows, cols = (dim_text(dim, sizes) for dim in tree.shape)
    if op == "variable":
        return tree.data.name, _ATOM
    if op == "number":
        return (f"{tree.data:g}", _ATOM) if tree.data >= 0 else (f"-{-tree.data:g}", _PREFIX)
    if op == "size":
        return dim_text(tree.data, sizes), _ATOM
    if op == "pi":
        return "pi", _ATOM
    if op in ("ones", "zeros"):
        return (f"{op}({rows})" if cols == "1" else f"{op}({rows},{cols})"), _ATOM
    if op == "eye":
        return f"eye({rows})", _ATOM
    if op == "commutation":
        return f"K({','.join(dim_text(dim, sizes) for dim in tree.data)})", _ATOM
    if op == "unit":
        return f"unit({rows},{tree.data + 1})", _ATOM
    if op == "neg":
        return f"-{at_least(0, _PREFIX)}", _PREFIX
    if op == "transpose":
        return f"{at_least(0, _POWER)}'", _POWER
    if op == "entry":
        place = ",".join(":" if at is None else str(at + 1) for at in tree.data)
        return f"{at_least(0, _ATOM)}[{place}]", _ATOM
    if op in _INFIX:
        symbol, level = _INFIX[op]
        right = at_least(1, _ATOM if level == _POWER else level + 1)
        return f"{at_least(0, level)}{symbol}{right}", level
    name = {"diagonal": "diag"}.get(op, op)
    return f"{name}({', '.join(piece[0] for piece in pieces)})", _ATOM
