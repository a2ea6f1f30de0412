"""What stands in brackets behind an array, or below it: indices, positions, or several indices in one place."""

from __future__ import annotations

import re
from typing import Any, Protocol

from matcalc.errors import MatcalcError, ParseError
from matcalc.notation.brackets import places as split_places
from matcalc.notation.brackets import position
from matcalc.notation.syntax import Syntax
from matcalc.readers.index_notation.names import Group, Letter, Names, Place, Spot
from matcalc.readers.index_notation.tokens import Token, tokenize

_HINT = "A_ij, A_{i,j}, A[i,j], x_{i+1}, A[:,j]"


class Grammar(Protocol):
    """What places ask of the grammar that reads them."""

    names: Names

    @property
    def token(self) -> Token: ...
    def take(self, text: str = "", hint: str = "") -> Token: ...
    def fail(self, summary: str, token: Token, hint: str = "", *details: str) -> ParseError: ...


def two(node: Syntax) -> tuple[Any, Any]:
    """The two parts of what a node carries: its places and whether they are in brackets; rows and columns …"""
    assert isinstance(node.value, tuple)
    return node.value[0], node.value[1]


def bracketed(grammar: Grammar) -> tuple[Place, ...]:
    """The places in brackets, from the opening one on."""
    opening = grammar.take("[")
    inside: list[Token] = []
    depth = 0
    while depth or grammar.token.text != "]":
        if grammar.token.kind == "end":
            raise grammar.fail("a [ is not closed", opening)
        depth += (grammar.token.text == "[") - (grammar.token.text == "]")
        inside.append(grammar.take())
    grammar.take("]")
    parts = split_places(inside)
    if not all(parts):
        raise grammar.fail("an index is missing or too many", opening, _HINT)
    return tuple(_place(part, grammar, is_bracketed=True) for part in parts)


def subscripted(token: Token, grammar: Grammar, name: str = "") -> tuple[Place, ...]:
    """The places below a name: of A_ij, A_{ij}, A_{i,j}, A_{i j}, x_{i+1}, A_12."""
    body = token.text[1:]
    inner = body[1:-1] if body.startswith("{") else body
    if re.fullmatch(r"[^\W_]+", inner.strip()):
        return _letters(inner.strip(), token, grammar, name)
    try:
        tokens = [t for t in tokenize(inner) if t.kind != "end"]
    except MatcalcError as error:
        raise grammar.fail(error.summary, token, _HINT) from None
    here = [t._replace(start=token.start, stop=token.stop) for t in tokens]
    parts = split_places(here)
    if not all(parts):
        raise grammar.fail("an index is missing or too many", token, _HINT)
    if len(parts) == 1 and all(t.kind in ("name", "number") for t in here):  # A_{i j}
        parts = [[t] for t in here]
    return tuple(_place(part, grammar) for part in parts)


def _letters(text: str, token: Token, grammar: Grammar, name: str) -> tuple[Place, ...]:
    """The places of letters and numbers without anything between them."""
    pieces: list[str] = re.findall(r"\d+|[^\W\d_]", text)
    count = grammar.names.axes(name) if name else None
    if count is not None and len(pieces) != count and any(piece.isdecimal() for piece in pieces):
        if all(piece.isdecimal() for piece in pieces) and len(text) == count:
            pieces = list(text)  # A_12
        elif count == 1 and re.fullmatch(r"[^\W\d_]\d+", text):
            pieces = [text]  # x_i1
    at = {"start": token.start, "stop": token.stop}
    kind = {True: "number", False: "name"}
    return tuple(_place([Token(kind[piece.isdecimal()], piece, **at)], grammar) for piece in pieces)


def _place(tokens: list[Token], grammar: Grammar, *, is_bracketed: bool = False) -> Place:
    """An index, an index and a number, several indices with * between them, or a position."""
    first, texts = tokens[0], [token.text for token in tokens]
    is_index = first.kind == "name" and grammar.names.is_index(first.text)
    if first.kind == "name" and len(tokens) == 1 and (is_index or first.text not in grammar.names.symbols):
        return Letter(first.text)
    if not is_bracketed and not is_index and first.kind == "name" and len(tokens) == 1:
        if first.text not in grammar.names.ends:
            readings = f"an index {first.text}, or the last entry, for {first.text} is a dimension"
            hint = f"another letter, or the position in brackets: [{first.text}]"
            raise grammar.fail(f"what is {first.text} here?", first, hint, f"two readings: {readings}")
    if is_index and len(tokens) == 3 and texts[1] in ("+", "-") and texts[2].isdecimal() and len(texts[2]) < 10:
        return Letter(first.text, int(texts[1] + texts[2]))
    if is_index and len(tokens) > 2 and set(texts[1::2]) == {"*"} and all(t.kind == "name" for t in tokens[::2]):
        return Group(tuple(texts[::2]))
    if any(token.kind == "name" and grammar.names.is_index(token.text) for token in tokens):
        raise grammar.fail("not an index", first, _HINT)

    def fail(summary: str, token: Token, *details: str, hint: str = "") -> ParseError:
        return grammar.fail(summary, token, hint, *details)

    return Spot(position(tokens, fail))
