"""A small reader and writer of formulas: nodes are tuples ("name", text), ("number", text), (operator, …) or calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Node = tuple[Any, ...]
Path = tuple[int, ...]

_TOKEN = re.compile(r"\s*(\d+(?:\.\d+|\.(?![*/^]))?(?:[eE][-+]?\d+)?|[A-Za-z_]\w*|\.\*|\./|\.\^|[-+*/^'(),])")
_LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, ".*": 2, "./": 2}


class Unreadable(ValueError):
    """The text is not of this small language: index notation, definitions."""


def read(text: str) -> Node:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match[1] == "where":
            raise Unreadable(text)
        tokens.append(match[1])
        at = match.end()
    node, rest = _sum([*tokens, ""], 0, 1)
    if rest != len(tokens):
        raise Unreadable(text)
    return node


def _sum(tokens: list[str], at: int, level: int) -> tuple[Node, int]:
    if tokens[at] == "-":
        inner, at = _sum(tokens, at + 1, 2)
        left: Node = ("neg", inner)
    else:
        left, at = _factor(tokens, at)
    while _LEVELS.get(tokens[at], 0) >= level:
        sign = tokens[at]
        right, at = _sum(tokens, at + 1, _LEVELS[sign] + 1)
        left = (sign, left, right)
    return left, at


def _factor(tokens: list[str], at: int) -> tuple[Node, int]:
    node, at = _atom(tokens, at)
    while tokens[at] in ("'", "^", ".^"):
        if tokens[at] == "'":
            node, at = ("'", node), at + 1
            continue
        sign, at = tokens[at], at + 1
        if tokens[at] == "-":
            exponent, at = _atom(tokens, at + 1)
            exponent = ("neg", exponent)
        else:
            exponent, at = _atom(tokens, at)
        node = (sign, node, exponent)
    return node, at


def _atom(tokens: list[str], at: int) -> tuple[Node, int]:
    token = tokens[at]
    if token == "(":
        node, at = _sum(tokens, at + 1, 1)
        if tokens[at] != ")":
            raise Unreadable(token)
        return node, at + 1
    if token[:1].isdigit():
        return ("number", token), at + 1
    if not token[:1].isalpha() and token[:1] != "_":
        raise Unreadable(token)
    if tokens[at + 1] != "(":
        return ("name", token), at + 1
    operands, at = [], at + 2
    while True:
        node, at = _sum(tokens, at, 1)
        operands.append(node)
        if tokens[at] == ")":
            return ("call", token, *operands), at + 1
        if tokens[at] != ",":
            raise Unreadable(token)
        at += 1


def write(node: Node) -> str:
    """The text, with brackets round every operand that is not an atom; leading sums and products are left open."""
    kind = node[0]
    if kind in ("name", "number"):
        return str(node[1])
    if kind == "call":
        return f"{node[1]}({', '.join(map(write, node[2:]))})"
    if kind == "neg":
        return f"-{_bracketed(node[1], 2)}"
    if kind == "'":
        return f"{_bracketed(node[1], 3)}'"
    if kind in ("^", ".^"):
        return f"{_bracketed(node[1], 4)}{kind}{_bracketed(node[2], 4)}"
    level = _LEVELS[kind]
    space = " " if level == 1 else ""
    return f"{_bracketed(node[1], level)}{space}{kind}{space}{_bracketed(node[2], level + 1)}"


def _bracketed(node: Node, level: int) -> str:
    own = {"name": 5, "call": 5, "number": 5, "neg": 0, "'": 3, "^": 3, ".^": 3}.get(node[0]) or _LEVELS.get(node[0], 0)
    return write(node) if own >= level else f"({write(node)})"


def places(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """All parts with their places; sizes in eye(n) are none."""
    yield path, node
    if node[0] == "call" and node[1] in ("eye", "ones", "zeros", "K", "unit"):
        return
    for k, part in enumerate(node):
        if isinstance(part, tuple):
            yield from places(part, (*path, k))


def replaced(node: Node, path: Path, new: Node) -> Node:
    if not path:
        return new
    return (*node[: path[0]], replaced(node[path[0]], path[1:], new), *node[path[0] + 1 :])
