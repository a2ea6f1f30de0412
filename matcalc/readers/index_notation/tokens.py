"""Index notation → tokens, with the place of each; sum signs with what is below and above them are one token."""

from __future__ import annotations

import re

from matcalc.errors import ParseError
from matcalc.records import NamedTuple
from matcalc.regex import regex

LONGEST_TEXT = 20_000
LONGEST_NUMBER = 50

_LOW = "₀-₉ₐₑₒₓₕ-ₜᵢⱼᵣ-ᵥ"
_SIGN = (
    rf"[Σ∑Π∏][{_LOW}]+|"
    r"\\?(?:sum|prod|Σ|∑|Π|∏)_(?:\{[^{}]*\}|[^\W\d_]+(?![^\W]))|(?:mean|max|min)_(?:\{[^{}]*\}|[^\W\d_]{1,2}(?!\w))"
)
_TOKEN = regex(
    r"[ \t\r\n]*(?:"
    r"(?P<number>(?:\d+\.\d+|\d+\.(?![*/^'.⊙⊘])|\.\d+|\d+)(?:[eE][+-]?\d+)?)"
    rf"|(?P<sign>(?:{_SIGN})(?:\s*\^\s*(?:\{{[^{{}}]*\}}|\w+))?)"
    r"|(?P<ranges>,?\s*\bfor\s.*$)"
    rf"|(?P<name>[^\W\d_ᵀ²³¹⁰⁴-⁹{_LOW}](?:_?[^\W_ᵀ²³¹⁰⁴-⁹])*)"
    r"|(?P<sub>_(?:\{[^{}]*\}|[^\Wᵀ²³¹⁰⁴-⁹]+))"
    r"|(?P<sup>ᵀ|⁻?[²³¹⁰⁴-⁹]+)"
    r"|(?P<op>\.\*|\./|\.\^|\.'|\.T\b|[<>=!:]=|[-+*/^'()\[\]{},;:|=<>\\·×⊙⊘−≤≥≠‖])"
    r")",
    re.DOTALL,
)
_SAME = {".'": "'", ".T": "'", "−": "-", "≤": "<=", "≥": ">=", "≠": "!=", "⊙": ".*", "⊘": "./", "·": "*", ":=": "="}
_LOWERED = regex(f"[{_LOW}]+")
_LETTERS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789aeoxhklmnpstijruv")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", "0123456789-T")


class Token(NamedTuple):
    kind: str  # number, sign, ranges, name, sub, op or end
    text: str
    start: int
    stop: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a text; an index below a name belongs to it, one below a bracket is a token ``sub``.

    Raises:
        ParseError: the text is too long, empty, or has a character that stands in no formula.
    """
    if not isinstance(text, str):
        raise ParseError(f"not a formula: {type(text).__name__}", "index notation is a text such as y_i = A_ij x_j")
    if len(text) > LONGEST_TEXT:
        error = ParseError(f"the formula is too long: {len(text)} characters", f"at most {LONGEST_TEXT} are read")
        raise error.at(text, (0, 1))
    tokens: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind, found, at = str(match.lastgroup), match[match.lastgroup or 0], match.end()
        start = at - len(found)
        if kind == "number" and len(found) > LONGEST_NUMBER:
            error = ParseError("the number is too long", f"at most {LONGEST_NUMBER} characters are read")
            raise error.at(text, (start, at))
        tokens += _written_out(kind, found, start, at)
    at = len(text) - len(text[at:].lstrip(" \t\r\n"))
    if at < len(text):
        shown = repr(text[at]) if text[at].isprintable() else f"U+{ord(text[at]):04X}"
        raise ParseError(f"unexpected character {shown}").at(text, (at, at + 1))
    if not tokens:
        raise ParseError("the formula is empty", hint="try y_i = A_ij x_j").at(text, (0, 1))
    tokens.append(Token("end", "", len(text), len(text) + 1))
    return tokens


def _written_out(kind: str, found: str, start: int, stop: int) -> list[Token]:
    """A token; raised and lowered characters as what they stand for."""
    if kind == "sup":
        raised = found.translate(_RAISED)
        if raised == "T":
            return [Token("op", "'", start, stop)]
        sign = [Token("op", "-", start, stop)] if raised[0] == "-" else []
        return [Token("op", "^", start, stop), *sign, Token("number", raised.lstrip("-"), start, stop)]
    if kind in ("name", "sign"):
        found = _LOWERED.sub(lambda below: "_" + below[0].translate(_LETTERS), found)
    if kind == "op":
        found = _SAME.get(found, found)
        if found == "‖":
            return [Token("op", "|", start, stop), Token("op", "|", start, stop)]
    return [Token(kind, found, start, stop)]
