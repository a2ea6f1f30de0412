"""Problems: what stands in front of an objective, min over w, says what is sought, and is no part of the formula."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.readers.latex.macros import words
from matcalc.readers.latex.scope import Scope
from matcalc.readers.latex.tokens import ATOMS, Token

_HEADS = words("min max minimize maximize minimise maximise argmin argmax arginf argsup")


def without_head(tokens: Sequence[Token], scope: Scope) -> list[Token]:
    r"""The tokens without \min_x, \arg\min_{x \in \mathbb{R}^n} or minimize in front of all others."""
    tokens = list(tokens)
    at = 0
    if tokens and tokens[0].text == "arg":
        at = 1
    if at >= len(tokens) or tokens[at].kind not in ("macro", "word") or tokens[at].text.replace(" ", "") not in _HEADS:
        return tokens
    word = tokens[at].text
    at += 1
    if at >= len(tokens):
        return tokens
    if tokens[at].text != "_":
        return tokens if word in ("min", "max") else _from(tokens, at)
    at += 1
    below = [tokens[at]] if at < len(tokens) else []
    if below and below[0].kind == "{":
        closing = next((k for k in range(at, len(tokens)) if tokens[k].kind == "}"), at)
        while sum((t.kind == "{") - (t.kind == "}") for t in tokens[at : closing + 1]) > 0 and closing + 1 < len(
            tokens
        ):
            closing += 1
        below = list(tokens[at + 1 : closing])
        at = closing
    sought = []
    for token in below:
        if token.text in ("in", "∈"):
            break
        if token.kind in ATOMS:
            sought.append(token.text)
    if not sought or not all(scope.known(name) is not None or _stands_alone(name, tokens[at + 1 :]) for name in sought):
        return tokens
    return _from(tokens, at + 1)


def _from(tokens: list[Token], at: int) -> list[Token]:
    while at < len(tokens) and tokens[at].kind == "gap":
        at += 1
    return tokens[at:]


def _stands_alone(name: str, tokens: Sequence[Token]) -> bool:
    """Whether a letter stands anywhere but below others."""
    before = ["", "", *("_" if token.text == "_" else token.kind for token in tokens)]
    return any(
        token.text == name and before[k + 1] != "_" and before[k : k + 2] != ["_", "{"]
        for k, token in enumerate(tokens)
    )
