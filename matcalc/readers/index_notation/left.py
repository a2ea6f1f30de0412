"""The left side of an equation in index notation: which free indices are rows, and which are columns."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import ParseError, Span
from matcalc.readers.index_notation.names import Names, split
from matcalc.readers.index_notation.tokens import Token
from matcalc.records import NamedTuple

_HINT = "y = …, y_i = …, C_ij = …, y[1,i] = …, y[i*j,k] = …"


class Left(NamedTuple):
    """The indices of the rows, the first slow, and of the columns; and where the right side begins."""

    rows: tuple[str, ...]
    cols: tuple[str, ...]
    rest: int
    span: Span

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.rows, *self.cols)


def left_side(text: str, tokens: Sequence[Token], names: Names) -> Left | None:
    """The left side; None where there is none.

    Raises:
        ParseError: what stands before the sign of equality has no such form.
    """
    depth, at = 0, None
    for k, token in enumerate(tokens):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if token.text == "=" and token.kind == "op" and depth == 0:
            at = k
            break
    if at is None:
        return None
    span = (tokens[0].start, tokens[max(at - 1, 0)].stop)
    places = _places(text, list(tokens[:at]), names, span)
    groups = [tuple(name.strip() for name in place.split("*")) if place != "1" else () for place in places]
    rows, cols = (groups[0], groups[1]) if len(groups) == 2 else (tuple(name for group in groups for name in group), ())
    every = (*rows, *cols)
    for name in every:
        if not name.isidentifier() or every.count(name) > 1:
            what = f"index {name} stands twice on the left" if name.isidentifier() else f"not an index: {name}"
            raise ParseError(what, hint=_HINT).at(text, span)
    return Left(rows, cols, at + 1, span)


def _places(text: str, tokens: list[Token], names: Names, span: Span) -> list[str]:
    """What stands in the places on the left: y_i, y_{ij}, y[i*j,k], f(x), f(x)_i."""
    if not tokens or tokens[0].kind != "name":
        raise ParseError("index notation reads: y[i] = …", hint=_HINT).at(text, span)
    name = tokens[0].text
    if tokens[-1].text == "]" and tokens[1].text == "[":
        return _split("".join(token.text for token in tokens[2:-1]))
    inner, below = tokens[1:], ""
    if inner and inner[-1].kind == "sub":
        below = inner.pop().text[1:].strip("{} ")
    elif name not in names.declared and "_" in name:
        below = split(name, names)[1]
        below = below if below.isalpha() and len(below) <= 2 else ""
    is_call = len(inner) > 2 and inner[0].text == "(" and inner[-1].text == ")"
    if inner and not (is_call and all(t.kind == "name" or t.text == "," for t in inner[1:-1])):
        raise ParseError("on the left stands one name, with its indices", hint=_HINT).at(text, span)
    if "," in below or "*" in below:
        return _split(below)
    below = "".join(below.split())
    return [] if below.isdecimal() else list(below)


def _split(text: str) -> list[str]:
    return [place.strip() for place in text.split(",") if place.strip()]
