"""Problems: what stands in front of an objective, min over w, says what is sought, and is no part of the formula."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.readers.latex.macros import words
from matcalc.readers.latex.scope import Scope
from matcalc.readers.latex.tokens import ATOMS, Token

_LONGEST_LEFT = 12  # tokens, of what is said to be the minimiser
_HEADS = words("min max minimize maximize minimise maximise argmin argmax arginf argsup")


def without_head(tokens: Sequence[Token], scope: Scope) -> list[Token]:
    r"""The tokens without \min_x, \arg\min_{x \in \mathbb{R}^n} or minimize in front of all others.

    Of w^* = \arg\min_w f it is f; of g = \min_w f it is not.
    """
    tokens = list(tokens)
    equals = next((k for k, token in enumerate(tokens[:_LONGEST_LEFT]) if token.text == "="), 0)
    right = tokens[equals + 1 :]
    if equals and right and _head(right).replace(" ", "").startswith("arg") and _is_name(tokens[:equals]):
        found = _without_head(right, scope)
        return found if len(found) < len(right) else tokens
    return _without_head(tokens, scope)


def _head(tokens: Sequence[Token]) -> str:
    return next((token.text for token in tokens if token.kind != "{"), "")


def _is_name(tokens: Sequence[Token]) -> bool:
    return all(token.kind not in ("char", "gap") or token.text in "_^*'" for token in tokens)


def _without_head(tokens: list[Token], scope: Scope) -> list[Token]:
    if len(tokens) > 4 and tokens[0].kind == "{" and tokens[1].text == "arg" and tokens[3].kind == "}":
        tokens = [*tokens[1:3], *tokens[4:]]  # \mathop{\arg\min}
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
