"""Differentials among the tokens of LaTeX: d x, with an upright d, a partial or a delta in front, is the name dx."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import ParseError
from matcalc.readers.latex.macros import ACCENTS
from matcalc.readers.latex.scope import Scope
from matcalc.readers.latex.tokens import ATOMS, Token

_MACROS = frozenset(["partial", "dd", "diff"])
_LETTERS = frozenset(["d", "delta"])


def is_sign(token: Token) -> bool:
    """Whether a token may be the d of a differential."""
    return token.text in (_MACROS if token.kind == "macro" else _LETTERS if token.kind in ATOMS else ())


def joined(text: str, tokens: Sequence[Token], scope: Scope) -> list[Token]:
    """The tokens with each differential that has been declared as one name.

    Raises:
        ParseError: a differential has a power, which may be that of the name, or is a product of two names, too.
    """
    if not any(name.startswith("d") for name in scope.declared):
        return list(tokens)
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        name, stop = name_at(tokens, at + 1) if is_sign(token) else ("", at)
        if name and scope.known(f"d{name}") is not None and not _is_factor(text, tokens, at, stop, scope):
            _check_power(text, tokens, at, stop, name)
            found.append(Token("name", f"d{name}", token.start, tokens[stop - 1].stop))
            at = stop
        else:
            found.append(token)
            at += 1
    return found


def _is_factor(text: str, tokens: Sequence[Token], at: int, stop: int, scope: Scope) -> bool:
    """Whether a d is a name of its own: it is declared, and differentials have an upright d.

    Raises:
        ParseError: it is declared, and there is no upright d.
    """
    sign = tokens[at]
    if sign.text not in scope.declared or sign.kind == "word":
        return False
    if any(token.kind == "word" and token.text == sign.text for token in tokens):
        return True
    name, _ = name_at(tokens, at + 1)
    hint = rf"write \mathrm{{d}}{name} for the differential, and {sign.text} \cdot {name} for the product"
    raise ParseError(f"is this the differential of {name}, or a product?", hint=hint).at(
        text, (sign.start, tokens[stop - 1].stop)
    )


def name_at(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    r"""The name that stands here, x, {x} or \hat{x}, and where it ends; no name where there is none."""
    accent = tokens[at].text if at < len(tokens) and tokens[at].kind == "macro" and tokens[at].text in ACCENTS else ""
    at += bool(accent)
    is_group = at < len(tokens) and tokens[at].kind == "{"
    at += is_group
    if at >= len(tokens) or tokens[at].kind not in ATOMS or tokens[at].kind == "number":
        return "", at
    if is_group and (at + 1 >= len(tokens) or tokens[at + 1].kind != "}"):
        return "", at
    mark = ACCENTS.get(accent, "")
    return f"{tokens[at].text}_{mark}" if mark else tokens[at].text, at + 1 + is_group


def _check_power(text: str, tokens: Sequence[Token], first: int, stop: int, name: str) -> None:
    above = [token.text for token in tokens[stop : stop + 4]]
    if above[:1] == ["^"] and (above[1:3] == ["{", "-"] or above[1:2] == ["2"] or above[1:3] == ["{", "2"]):
        raise ParseError(
            f"is this the differential of a power of {name}, or a power of d{name}?",
            hint=rf"write brackets: d({name}^{{-1}}), or (d{name})^2",
        ).at(text, (tokens[first].start, tokens[stop].stop))
