"""Equations for each member: what ``G[k] = inv(S[k])  for k = 1..K`` has on its left, and what it says at its end."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.bound import Total
from matcalc.errors import MatcalcError, ParseError
from matcalc.notation.brackets import places
from matcalc.notation.tokens import Token
from matcalc.position import Index
from matcalc.records import NamedTuple
from matcalc.regex import regex
from matcalc.shape import Dim

_LEFT = regex(r"\s*([^\W\d]\w*)\s*\[[^\[\]=]*\]\s*=(?!=)")
_RANGE = regex(r"([^\W\d]\w*)\s*=\s*1\s*(?:\.\.\.?|…)\s*(\w+)")


def named_left(text: str) -> str:
    """The name on the left of an equation; nothing where a text is none."""
    found = _LEFT.match(text)
    return found[1] if found else ""


class Left(NamedTuple):
    """The left side of an equation: its name, what it binds, and whether members are the columns: ``t[:,k] = …``."""

    name: str
    what: Total
    are_columns: bool
    rest: list[Token]  # what is on the right, without the ranges


def left_side(text: str, tokens: Sequence[Token]) -> Left | None:
    """The left side of an equation; None where a text is a formula alone.

    Raises:
        ParseError: what is in brackets there are no indices, or ranges are those of others.
    """
    if len(tokens) < 3 or tokens[0].kind != "name" or tokens[1].text != "[":
        return None
    closing = next((k for k, token in enumerate(tokens) if token.text == "]"), len(tokens))
    if closing + 1 >= len(tokens) or tokens[closing + 1].text != "=":
        return None
    inside = places(tokens[2:closing])
    texts = [
        place[0].text if len(place) == 1 and (place[0].kind == "name" or place[0].text == ":") else ""
        for place in inside
    ]
    names = [name for name in texts if name != ":"]
    if "" in names or not 0 < len(names) <= len(texts) <= 2:
        hint = "G[k] = …, G[i,k] = …; columns are G[:,k] = …, rows G[k,:] = …"
        error = ParseError("on the left of an equation stand indices", hint=hint)
        raise error.at(text, (tokens[0].start, tokens[closing].stop))
    rest = list(tokens[closing + 2 :])
    sizes: dict[str, str] = {}
    for token in [token for token in rest if token.kind == "ranges"]:
        sizes |= dict(_RANGE.findall(token.text))
        if stranger := next((name for name in sizes if name not in names), ""):
            at = text.index(stranger, token.start + len("for"))
            hint = f"those on the left are {', '.join(names)}"
            raise ParseError(f"index {stranger} is not on the left", hint=hint).at(text, (at, at + len(stranger)))
        if rest.index(token) == len(rest) - 2:
            rest.remove(token)
    dims = [Dim.of(int(size) if size.isdecimal() else size) if size else None for size in map(sizes.get, names)]
    what = Total(tuple(Index(name, tokens[0].start) for name in names), tuple(dims), "", "stack")
    try:
        what.check_names(())
    except MatcalcError as error:
        raise error.at(text, (tokens[0].start, tokens[closing].stop)) from None
    return Left(tokens[0].text, what, texts[0] == ":", rest)
