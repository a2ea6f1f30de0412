"""Shapes that NumPy source says itself: annotations, comments, docstrings; and arrays that are used with two axes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeGuard

from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.facts import declare
from matcalc.readers.numpy_source.syntax import nodes_of
from matcalc.regex import regex

_COMMENT = regex(r"#(.*)")
_SAID = regex(
    r"\b([^\W\d]\w*)\s*(?::|is|=|~|∈|has shape|of shape)?\s*(?:an? )?(?:array |matrix |vector )?"
    r"(?:of shape |shape |in R\^?)?\(([^()]*)\)"
)
_DOC = regex(
    r"^\s*(?::param\s+)?([^\W\d]\w*)\s*(?:\([^()]*?shape\s*[:=]?\s*\(([^()]*)\)[^()]*\)"
    r"|:.*?\(([^()]*)\)|[-–].*?shape\s*\(([^()]*)\))"
)
_SCALAR = regex(r"^\s*([^\W\d]\w*)\s*:\s*(?:float|scalar|int|real)\b")
_SCALAR_SAID = regex(r"\b([^\W\d]\w*)\s*(?::|is|=|∈)\s*(?:an? )?(?:float|scalar|real|number)\b")
_OWN = regex(r"\s*(?:shape)?\s*\(([^()]*)\)")  # beside an argument on a line of its own
_DIM = regex(r"\s*([^\W\d]\w*|[1-9]\d*)\s*")
_ARRAY_TYPES = ("Float", "Float64", "Float32", "Num", "Real", "Shaped", "Inexact")


@dataclass(frozen=True)
class Told:
    """The shape that the text says of a name."""

    dims: tuple[str, ...]

    @property
    def ndim(self) -> int:
        return len(self.dims)

    def variable(self, name: str) -> Expr:
        """The variable of that shape."""
        rows, cols = (*self.dims, "1", "1")[:2]
        return declare(name, _number(rows), _number(cols))


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def told_shapes(tree: ast.AST, text: str) -> dict[str, Told]:
    """The shapes of names, by annotations first, then docstrings and comments."""
    found: dict[str, Told] = {}
    nodes = nodes_of(tree)
    arguments = [node for node in nodes if isinstance(node, ast.arg)]
    used = [node for node in nodes if isinstance(node, ast.Name)]
    names = {arg.arg for arg in arguments} | {node.id for node in used}
    stored = {node.id for node in used if isinstance(node.ctx, ast.Store)}
    alone: dict[int, list[str]] = {}
    for arg in arguments:
        alone.setdefault(arg.lineno, []).append(arg.arg)
    for number, line in enumerate(text.split("\n"), 1):
        comment = _COMMENT.search(line)
        if comment is not None:
            own = _OWN.match(comment[1])
            if own is not None and len(alone.get(number, [])) == 1:
                _note(found, alone[number][0], own[1], names - stored)
            for match in _SAID.finditer(comment[1]):
                _note(found, match[1], match[2], names - stored)
            for match in _SCALAR_SAID.finditer(comment[1]):
                if match[1] in names - stored:
                    found.setdefault(match[1], Told(()))
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            for line in (ast.get_docstring(node) or "").split("\n"):
                _of_doc_line(found, line, names - stored)
    for arg in arguments:
        if arg.annotation is not None:
            _of_annotation(found, arg)
    return found


def _of_doc_line(found: dict[str, Told], line: str, names: set[str]) -> None:
    match = _DOC.match(line)
    if match is not None:
        _note(found, match[1], next((part for part in match.groups()[1:] if part is not None), ""), names)
    elif (scalar := _SCALAR.match(line)) is not None and scalar[1] in names:
        found.setdefault(scalar[1], Told(()))


def _of_annotation(found: dict[str, Told], arg: ast.arg) -> None:
    """``Float[Array, "m n"]``, ``"(m, n)"``, float."""
    note = arg.annotation
    if isinstance(note, ast.Constant) and isinstance(note.value, str):
        try:
            note = ast.parse(note.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
    if isinstance(note, ast.Name) and note.id in ("float", "Scalar"):
        found[arg.arg] = Told(())
    elif isinstance(note, ast.Tuple):
        _note(found, arg.arg, ast.unparse(note).strip("()"), {arg.arg})
    elif isinstance(note, ast.Subscript) and isinstance(note.slice, ast.Tuple) and len(note.slice.elts) == 2:
        kind, shape = ast.unparse(note.value).rpartition(".")[2], note.slice.elts[1]
        if kind in _ARRAY_TYPES and isinstance(shape, ast.Constant) and isinstance(shape.value, str):
            _note(found, arg.arg, ",".join(shape.value.split()), {arg.arg}, always=True)


def _note(found: dict[str, Told], name: str, dims: str, names: set[str], always: bool = False) -> None:
    """Takes down a shape, if it is one of lengths."""
    if name not in names or (not dims.strip() and not always):
        return
    parts = [part for part in dims.split(",") if part.strip()]
    matches = [_DIM.fullmatch(part) for part in parts]
    if len(parts) > 2 or None in matches:
        return
    told = Told(tuple(match[1] for match in matches if match is not None))
    try:
        told.variable(name)
    except MatcalcError:
        return
    found[name] = told


def two_axes_used(tree: ast.AST) -> set[str]:
    """Names that are used as arrays of two axes: y[i, 0], y.shape[1], m, n = y.shape, y.sum(axis=1)."""
    found: set[str] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Subscript):
            owner = node.value
            if isinstance(owner, ast.Name) and isinstance(node.slice, ast.Tuple):
                if sum(not _is_new_axis(part) for part in node.slice.elts) == 2:
                    found.add(owner.id)
            elif isinstance(owner, ast.Attribute) and owner.attr == "shape" and isinstance(owner.value, ast.Name):
                if isinstance(node.slice, ast.Constant) and node.slice.value == 1:
                    found.add(owner.value.id)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and len(node.targets[0].elts) == 2:
            value = node.value
            if isinstance(value, ast.Attribute) and value.attr == "shape" and isinstance(value.value, ast.Name):
                found.add(value.value.id)
    return found


_SHAPED = ("zeros", "ones", "empty", "full")  # whose first operand is a shape
_LENGTHS = (*_SHAPED, "range", "eye", "identity", "arange", "reshape", "tri")


def lengths_used(tree: ast.AST) -> set[str]:
    """Names that are used as lengths: range(n), np.zeros((n, m)), x[:k]."""
    found: set[str] = set()
    for node in nodes_of(tree):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Slice):
            parts = [node.lower, node.upper]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _LENGTHS:
            first = ast.unparse(node.func).rpartition(".")[2] in _SHAPED
            args = node.args[:1] if first else node.args
            parts = [part for arg in args for part in (arg.elts if isinstance(arg, ast.Tuple) else [arg])]
        for part in parts:
            found |= {name.id for name in nodes_of(part) if isinstance(name, ast.Name)} if _is_count(part) else set()
    return found


def _is_count(node: ast.expr | None) -> TypeGuard[ast.expr]:
    """Whether an expression may be a length: names, numbers, and sums and products of these."""
    if isinstance(node, ast.BinOp):
        return _is_count(node.left) and _is_count(node.right)
    return isinstance(node, ast.Name | ast.Constant)


def _is_new_axis(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is Ellipsis
    return isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node).rpartition(".")[2] == "newaxis"
