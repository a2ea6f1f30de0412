"""Formulas as plain trees, close to what was typed: written back as text, and edited.

Unlike Expr, a tree need not have fitting shapes: what a claim should have been is found by editing what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matcalc.function import Function
from matcalc.functions import find
from matcalc.interning import Interned
from matcalc.notation.operators import COMPARISON, CONDITIONS
from matcalc.notation.settling import constant
from matcalc.notation.syntax import Syntax, read
from matcalc.notation.text import print_place
from matcalc.rational import Fraction
from matcalc.walk import postorder


class Tree:
    """A node: its kind and value are those of the syntax tree. Equal trees are one object, for thousands of edits of a
    claim share their parts: what is known of a part, its text among it, is known of it wherever it stands."""

    __slots__ = ("__weakref__", "kind", "parts", "size", "value", "written")
    _interned: Interned[Tree] = Interned()

    kind: str
    value: Any
    parts: tuple[Tree, ...]
    size: int  # how many parts it has, counted as often as they are written
    written: tuple[str, int] | None  # cache of _text

    def __new__(cls, kind: str, value: Any = None, parts: tuple[Tree, ...] = ()) -> Tree:
        own = (kind, value, parts)
        place = hash(own)
        others = cls._interned.under(place, ())
        for reference in others:
            known = reference()
            if known is not None and (known.kind, known.value, known.parts) == own:
                return known
        made = super().__new__(cls)
        made.kind, made.value, made.parts = kind, value, parts
        made.size = 1 + sum(part.size for part in parts)
        made.written = None
        return made if cls._interned.add(place, made, others) else cls(kind, value, parts)

    def changed(self, *, kind: str | None = None, value: Any = None, parts: tuple[Tree, ...] | None = None) -> Tree:
        """The tree with another kind, value or other parts."""
        return Tree(
            self.kind if kind is None else kind,
            self.value if value is None else value,
            self.parts if parts is None else parts,
        )

    def __repr__(self) -> str:
        return f"<{text_of(self)}>"


Path = tuple[int, ...]

_INFIX = {"add": (" + ", 1), "sub": (" - ", 1), "mul": ("*", 2), "div": ("/", 2), "hadamard": (".*", 2),
          "eldiv": ("./", 2), "pow": ("^", 4), "elpow": (".^", 4)}  # fmt: skip
_CONDITIONS = {name: level - COMPARISON for name, level in CONDITIONS.items()}  # below all others
_OTHERS = ("name", "call", "number", "transpose", "neg", "entry", "blocks")
_INDEXED = ("total", "selected")  # a sum, a product or a stack over indices, and what stands at one
_BEFORE_SHAPES = {"power": "pow", "times": "mul", "star": "mul"}
_ATOM = 5
MOST_DEPTH = 100
MOST_SIZE = 1_500  # parts of a formula that is edited, counted as often as they are written
SIZED = ("eye", "ones", "zeros", "K", "unit")  # functions of sizes


def tree_of(text: str) -> Tree:
    """The tree of a formula without definitions and index notation.

    Raises:
        ParseError: the text is not a formula.
    """
    source = read(text)
    defined = {name: _tree(body) for name, body in source.definitions}
    made = _tree(source.body)
    for _ in defined:
        made = _substituted(made, defined, {})
    return made


def tree_of_syntax(root: Syntax) -> Tree:
    """The tree of a formula that a reader has read, before shapes are known: signs mean what they mean of arrays."""
    made: dict[Syntax, Tree] = {}
    for node in postorder(root):
        parts = tuple(made[o] for o in node.operands)
        if node.kind == "power" and constant(node.operands[1]) == -1:
            made[node] = Tree("call", "inv", parts[:1])
        elif node.kind in ("entrywise", "softmax", "kron"):
            made[node] = Tree("call", node.value if node.kind == "entrywise" else node.kind, parts)
        else:
            kind = _BEFORE_SHAPES.get(node.kind, node.kind)
            made[node] = Tree(kind, None if node.value is True else node.value, parts)
    return made[root]


def _tree(root: Syntax) -> Tree:
    made: dict[Syntax, Tree] = {}
    for node in postorder(root):
        made[node] = Tree(node.kind, node.value, tuple(made[o] for o in node.operands))
    return made[root]


def _substituted(tree: Tree, defined: Mapping[str, Tree], known: dict[Tree, Tree]) -> Tree:
    """The tree with what its names are defined as; ``known`` are parts that were looked at before."""
    if tree not in known:
        if tree.kind == "name" and tree.value in defined:
            known[tree] = defined[tree.value]
        else:
            known[tree] = tree.changed(parts=tuple(_substituted(part, defined, known) for part in tree.parts))
    return known[tree]


def is_editable(tree: Tree, *, indices: bool = False) -> bool:
    """Whether a tree can be written and edited: what is very deep or long cannot, nor can sums over indices where these
    are not asked for."""
    kinds = (*_INFIX, *_OTHERS, *(_INDEXED if indices else ()))
    return tree.size <= MOST_SIZE and all(
        depth <= MOST_DEPTH and part.kind in kinds for part, depth in _with_depths(tree)
    )


def text_of(tree: Tree) -> str:
    return _written(tree)[0]


def _written(tree: Tree) -> tuple[str, int]:
    if tree.written is None:
        tree.written = _text(tree)
    return tree.written


def _text(tree: Tree) -> tuple[str, int]:
    """The text, and how firmly it holds together."""
    if tree.kind in ("name", "call"):
        if tree.kind == "name":
            return str(tree.value), _ATOM
        if tree.value in _CONDITIONS:
            return _condition(tree)
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
    if tree.kind == "total":
        return f"{tree.value.over}_{{{tree.value}}} {_at(tree.parts[0], 2)}", 1
    if tree.kind in ("entry", "selected"):
        places = ",".join(map(print_place, tree.value))
        return f"{_at(tree.parts[0], _ATOM)}[{places}]", _ATOM
    if tree.kind == "blocks":
        parts = iter(map(text_of, tree.parts))
        return f"[{'; '.join(', '.join(next(parts) for _ in range(count)) for count in tree.value)}]", _ATOM
    sign, level = _INFIX[tree.kind]
    is_last = level == 1 and tree.parts[1].kind == "total"  # what is added to a sum ends it
    right = text_of(tree.parts[1]) if is_last else _at(tree.parts[1], level + 1)
    if _leads_with_minus(tree):
        return f"{text_of(tree.parts[0])}{sign}{right}", 1
    return f"{_at(tree.parts[0], level)}{sign}{right}", level


def _condition(tree: Tree) -> tuple[str, int]:
    level = _CONDITIONS[tree.value]
    if tree.value == "not":
        return f"not {_at(tree.parts[0], level)}", level
    left, right = tree.parts
    return f"{_at(left, level)} {tree.value} {_at(right, level + 1)}", level


def _leads_with_minus(tree: Tree) -> bool:
    """Whether a product or a quotient is written with a minus sign before its first factor."""
    left = tree.parts[0]
    return _INFIX[tree.kind][1] == 2 and (left.kind == "neg" or (left.kind in _INFIX and _leads_with_minus(left)))


def _at(tree: Tree, level: int) -> str:
    text, own = _written(tree)
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


def names_of(tree: Tree) -> set[str]:
    """The names of variables; sizes in eye(n) are none."""
    found: set[str] = set()
    seen = {tree}
    stack = [tree]
    while stack:
        part = stack.pop()
        if part.kind == "name":
            found.add(part.value)
        if not (part.kind == "call" and part.value in SIZED):
            new = [inner for inner in part.parts if inner not in seen]
            seen.update(new)
            stack += new
    return found


def _with_depths(tree: Tree) -> Iterator[tuple[Tree, int]]:
    """The parts, and how deep they lie; without recursion."""
    stack = [(tree, 0)]
    while stack:
        part, depth = stack.pop()
        yield part, depth
        if not (part.kind == "call" and part.value in SIZED):
            stack += [(inner, depth + 1) for inner in part.parts]


def replaced(tree: Tree, path: Path, new: Tree) -> Tree:
    if not path:
        return new
    parts = list(tree.parts)
    parts[path[0]] = replaced(parts[path[0]], path[1:], new)
    return tree.changed(parts=tuple(parts))


def replaced_everywhere(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree is old:
        return new
    return tree.changed(parts=tuple(replaced_everywhere(part, old, new) for part in tree.parts))


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
        return None if first is None else tree.changed(parts=(first, tree.parts[1]))
    return None


def transpose_of(tree: Tree) -> Tree:
    return tree.parts[0] if tree.kind == "transpose" else Tree("transpose", None, (tree,))


def applied(function: Function | str, *parts: Tree) -> Tree:
    """A call of a function, or of one of sizes, by its name."""
    return Tree("call", function if isinstance(function, str) else function.name, parts)


def function_of(tree: Tree) -> Function | None:
    """The function that a tree is a call of, by its name or an alias; None of other trees and of sizes."""
    return find(tree.value) if tree.kind == "call" else None


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


def tidied(tree: Tree, within: bool = False) -> Tree:
    """Without double transposes and first powers, with one number before a product and its sign there; ``within`` a
    larger product, brackets are left alone."""
    parts = tuple(tidied(part, tree.kind == "mul" and not k) for k, part in enumerate(tree.parts))
    tree = tree.changed(parts=parts)
    if tree.kind == "transpose" and tree.parts[0].kind == "transpose":
        return tree.parts[0].parts[0]
    if tree.kind in ("pow", "elpow") and tree.parts[1] == number(1):
        return tree.parts[0]
    if tree.kind not in ("mul", "neg"):
        return tree
    factors = chain(tree) if tree.kind == "mul" else [number(-1), *chain(tree.parts[0])]
    if factors[0].kind == "number" and len(factors) == 2 and not within:
        factors = [factors[0], *chain(factors[1])]
    before = Fraction(1)
    left = []
    for factor in factors:
        scale, rest = _scale(factor)
        before *= scale
        left += [] if rest is None else [rest]
    if not left:
        return number(before)
    made = product_of(left if abs(before) == 1 else [number(abs(before)), *left])
    return made if before > 0 else _negative(made)


def _scale(factor: Tree) -> tuple[Fraction, Tree | None]:
    """The number before a factor, with its sign, and what it stands before."""
    if factor.kind == "number":
        return factor.value, None
    if factor.kind == "neg":
        scale, rest = _scale(factor.parts[0])
        return -scale, rest
    inner = chain(factor)
    if len(inner) > 1 and inner[0].kind in ("number", "neg"):
        scale, rest = _scale(inner[0])
        return scale, product_of([*([] if rest is None else [rest]), *inner[1:]])
    return Fraction(1), factor


def _negative(tree: Tree) -> Tree:
    """-2*A: the sign belongs to the first factor."""
    factors = chain(tree)
    return product_of([Tree("neg", None, (factors[0],)), *factors[1:]])
