"""Tokens as the grammar wants them: alignment is gone, wide spaces and new lines stand where parts end."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.readers.latex.macros import EQUALS, INFIX, RELATIONS
from matcalc.readers.latex.tokens import Token

_MARKS = frozenset(["stackrel", "overset"])
_CONTINUES = frozenset(["+", "-", "=", *EQUALS, *INFIX, *RELATIONS]) - {":", "*"}


def cleaned(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without alignment, and without breaks within brackets or next to an operator."""
    plain = _without_alignment(_without_marks(tokens))
    found: list[Token] = []
    depth = 0
    for at, token in enumerate(plain):
        depth += (token.kind in ("{", "begin", "open")) - (token.kind in ("}", "end", "close"))
        if token.kind == "gap" and depth <= 0:
            before = found[-1] if found else None
            after = next((t for t in plain[at + 1 :] if t.kind != "gap"), None)
            if before is None or after is None or _continues(before) or _continues(after):
                continue
        found.append(token)
    while found and (found[-1].kind == "gap" or (found[-1].kind == "char" and found[-1].text in ".,;")):
        found.pop()
    return found


def _continues(token: Token) -> bool:
    return token.kind in ("char", "macro") and token.text in _CONTINUES


def _without_alignment(tokens: Sequence[Token]) -> list[Token]:
    """Without & and line breaks but those of matrices and cases."""
    found: list[Token] = []
    around: list[str] = []
    for token in tokens:
        if token.kind in ("{", "begin") or (token.kind == "open" and token.text not in "|‖"):
            around.append(token.kind)
        elif (token.kind in ("}", "end") or (token.kind == "close" and token.text not in "|‖")) and around:
            around.pop()
        in_matrix = bool(around) and around[-1] == "begin"
        if token.kind == "char" and token.text == "&" and not in_matrix:
            continue
        if token.kind == "gap" and around and not (in_matrix and token.text == "\\"):
            continue
        found.append(token)
    return found


def _without_marks(tokens: Sequence[Token]) -> list[Token]:
    r"""\stackrel{def}{=} and := as =; \underset{x}{\min} as \min_{x}."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "macro" and token.text in (*_MARKS, "underset"):
            first = _group(tokens, at + 1)
            second = _group(tokens, first[1])
            inside = [t for t in tokens[slice(*second)] if t.kind not in ("{", "}")]
            if token.text == "underset" and inside:
                found += [*inside, Token("char", "_", token.start, token.stop), *tokens[slice(*first)]]
                at = second[1]
                continue
            if any(t.text == "=" for t in inside):
                found.append(Token("char", "=", token.start, tokens[second[1] - 1].stop))
                at = second[1]
                continue
        if token.kind == "{" and [t.kind for t in tokens[at + 1 : at + 3]] == ["word", "}"]:
            found.append(tokens[at + 1])  # \mathop{\mathrm{tr}} is \mathrm{tr}
            at += 3
            continue
        if token.kind == "macro" and token.text in EQUALS:
            token = token._replace(kind="char", text="=")
        if token.text == "=" and found and found[-1].text == ":" and found[-1].stop == token.start:
            found.pop()
        found.append(token)
        at += 1
    return found


def _group(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """The tokens of the group that begins here, with its braces; one token, where it is none."""
    if at >= len(tokens) or tokens[at].kind != "{":
        return at, min(at + 1, len(tokens))
    depth = 0
    for k in range(at, len(tokens)):
        depth += (tokens[k].kind == "{") - (tokens[k].kind == "}")
        if not depth:
            return at, k + 1
    return at, len(tokens)
