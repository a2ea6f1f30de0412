"""Text → tokens, with the place of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from matcalc.errors import MatcalcError, ParseError
from matcalc.notation.operators import CONDITIONS
from matcalc.records import NamedTuple
from matcalc.regex import regex

LONGEST_TEXT = 400_000
LONGEST_NUMBER = 50

_RANGE = r"[^\W\d]\w*\s*=\s*1\s*(?:\.\.\.?«|…»)\s*\w+"  # k = 1..K
_RAISED = "ᵀᵗ²³¹⁰⁴-⁹ⁿ"  # letters and digits that stand higher, and are no part of a name
_PARTS = "½⅓⅔¼¾⅛"
# What stands in «» is left out for texts in ASCII: to compile sets of other characters takes longer than all the rest.
_TOKEN = (
    rf"[ \t\r\n]*(?:(?P<number>(?:\d+\.\d+|\d+\.(?![*/^'«⊙⊘»])|\.\d+|\d+)(?:[eE][+-]?\d+)?«|[{_PARTS}]»)"
    r"|(?P<total>(?:sum|prod|stack«|Σ|∑|Π|∏»)_\{[^{}]*\}«|[∑∏](?:_\w+|[ᵢⱼₖₗₘₙ]+)»)"
    rf"|(?P<ranges>for\s+{_RANGE}(?:\s*,\s*{_RANGE})*)"
    rf"|(?P<name>[^\W\d«{_RAISED}{_PARTS}»][^\W«{_RAISED}{_PARTS}»]*)"
    r"|(?P<op>\.\*|\./|\.\^|\.'|\.T(?!\w)|\*\*|\|\||[<>=!]=|[-+*/^'()\[\],;:|=\\<>{}@\"«·⊙⊘ᵀᵗ−≤≥≠⊗∘√‖∥⟨⟩⋅∙•′’†∞⊤»])"
    r"«|(?P<raised>⁻ᵀ|[⁻⁺]?[²³¹⁰⁴-⁹]+|⁻?ⁿ|⁺)»|(?P<end>[.](?=\s*$)))"
)
_ANY = regex(_TOKEN.replace("«", "").replace("»", ""))
_IN_ASCII = regex("".join(part.rpartition("»")[2] for part in _TOKEN.split("«")))
_SAME = {
    **{"ᵀ": "'", "ᵗ": "'", ".'": "'", ".T": "'", "′": "'", "’": "'", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="},
    **{"@": "*", "∘": ".*", "∥": "‖", "||": "‖", "⋅": "·", "∙": "·", "•": "·"},
    **{"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"},
}


class Token(NamedTuple):
    kind: str  # number, name, total, ranges, op, raised or end
    text: str
    start: int
    stop: int


_token: Callable[[tuple[Any, ...]], Token] = partial(tuple.__new__, Token)  # Token(*t), as fast as a tuple is made


def defines(token: Token, after: Token) -> bool:
    """Whether definitions follow: ``where(`` is the function."""
    return token.kind == "name" and token.text == "where" and after.text != "("


def names_in(text: str) -> list[str]:
    """The names of a formula that are not called as functions, in order of appearance."""
    tokens = tokenize(text)
    names = (t.text for t, after in pairwise(tokens) if t.kind == "name" and after.text != "(")
    return [name for name in dict.fromkeys(names) if name not in CONDITIONS]


def tokenize(text: str) -> list[Token]:
    if not isinstance(text, str):
        raise ParseError(f"not a formula: {type(text).__name__}", "a formula is a text such as x'*A*x")
    if len(text) > LONGEST_TEXT:
        error = ParseError(f"the formula is too long: {len(text)} characters", f"at most {LONGEST_TEXT} are read")
        raise error.at(text, (0, 1))
    tokens = []
    at = 0
    read = (_IN_ASCII if text.isascii() else _ANY).match
    while match := read(text, at):
        kind, found, at = match.lastgroup, match[match.lastindex or 0], match.end()
        if kind == "number" and len(found) > LONGEST_NUMBER:
            error = ParseError("the number is too long", f"at most {LONGEST_NUMBER} characters are read")
            raise error.at(text, (at - len(found), at))
        tokens.append(_token((kind, _SAME.get(found, found), at - len(found), at)))
    at = len(text) - len(text[at:].lstrip(" \t\r\n"))
    if at < len(text):
        raise _bad_character(text, at)
    if not tokens:
        raise ParseError("the formula is empty", hint="try x'*A*x").at(text, (0, 1))
    tokens.append(Token("end", "", len(text), len(text) + 1))
    return tokens


_WRITTEN = {"×": "write * or .*"}


def _bad_character(text: str, at: int) -> MatcalcError:
    char = text[at]
    shown = repr(char) if char.isprintable() else f"U+{ord(char):04X}"
    hint = _WRITTEN.get(char, "remove it" if not char.isprintable() else "")
    return ParseError(f"unexpected character {shown}", hint=hint).at(text, (at, at + 1))


def end(token: Token) -> Token:
    return Token("end", "", token.start, token.stop)
