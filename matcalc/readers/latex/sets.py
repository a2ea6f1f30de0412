"""Declarations in the text of a formula: that x is in R^n, A in R^(m×n), S among the positive definite matrices."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.facts import declare
from matcalc.readers.latex.cursor import Range
from matcalc.readers.latex.grammar import Grammar
from matcalc.readers.latex.macros import ACCENTS, SETS
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.shape import Dim

_FACTS = {"R": {"+": "nonneg", "++": "positive"}, "S": {"": "symmetric", "+": "psd", "++": "posdef"}}
_SETS = frozenset(["R", "S"])


def is_declaration(tokens: Sequence[Token]) -> bool:
    return any(token.text in SETS for token in tokens)


def declared_in(reader: Grammar, place: Range, names: Sequence[Range]) -> dict[str, Expr]:
    """What a part such as ``A \\in \\mathbb{R}^{m \\times n}`` declares; ``names`` are those in front of its comma.

    Raises:
        ParseError: the set is not one of those that are read, and a name in it is not declared.
    """
    at = next(k for k in range(*place) if reader.tokens[k].text in SETS)
    found = [_name(reader, part) for part in (*names, (place[0], at))]
    wanted = [name for name in found if name is not None and reader.scope.known(name) is None]
    if not wanted:
        return {}
    token = reader.tokens[at + 1] if at + 1 < place[1] else reader.tokens[at]
    if token.kind not in ("blackboard", "name", "letter") or token.text not in _SETS:
        raise reader.fail("this set is not read", token, hint=r"x \in \mathbb{R}^{n}, A \in \mathbb{R}^{m \times n}")
    sides: list[Dim] = []
    sign = ""
    reader.at, reader.end = at + 2, place[1]
    for script in reader.scripts():
        inside = [t for t in reader.inside(script) if t.kind not in ("{", "}")]
        texts = "".join(t.text for t in inside)
        if texts and set(texts) == {"+"}:
            sign = texts
        else:
            sides = _sides(reader, inside, token)
    if reader.at < place[1]:
        raise reader.fail("this set is not read", token, hint=r"x \in \mathbb{R}^{n}, A \in \mathbb{R}^{m \times n}")
    if token.text == "S":
        sides *= 2
    facts = [fact for fact in (_FACTS[token.text].get(sign),) if fact]
    rows, cols = [*sides, Dim.of(1), Dim.of(1)][:2]
    try:
        return {name: declare(name, rows, cols, *facts) for name in wanted}
    except MatcalcError as error:
        raise error.at(reader.text, (token.start, token.stop)) from None


def _sides(reader: Grammar, tokens: Sequence[Token], token: Token) -> list[Dim]:
    parts: list[list[Token]] = [[]]
    for part in tokens:
        if part.text in ("times", "×"):
            parts.append([])
        else:
            parts[-1].append(part)
    if len(parts) > 2:
        raise reader.fail("arrays of more than two axes are not read", token)
    return [_size(reader, part, token) for part in parts]


def _size(reader: Grammar, tokens: Sequence[Token], token: Token) -> Dim:
    """n, 3, n+1, mn"""
    if len(tokens) == 2 and all(t.kind in ("letter", "number") for t in tokens):
        first, second = (reader.size([t], token) for t in tokens)
        return first * second
    return reader.size(tokens, token)


def _name(reader: Grammar, place: Range) -> str | None:
    """The name that is declared; None where it is a name with an index."""
    reader.at, reader.end = place
    token = reader.take()
    if token.kind == "macro" and token.text in ACCENTS:
        root = reader.accented(token)
    elif token.kind in ATOMS:
        root = token.text
    else:
        return None
    if reader.at < place[1] and reader.is_char("_"):
        reader.at += 1
        first, last = reader.argument()
        label = reader.label(reader.tokens[first:last])
        if label is None or label in reader.scope.indices:
            return None
        root = f"{root}_{label}"
    return root if reader.at >= place[1] else None
