"""Left sides of lines in LaTeX: f(x), differentials, gradients with a nabla, quotients of differentials, names."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import MatcalcError
from matcalc.readers.latex.differentials import is_sign, name_at
from matcalc.readers.latex.grammar import Grammar
from matcalc.readers.latex.macros import FRACTIONS, FUNCTIONS
from matcalc.readers.latex.parts import Parts
from matcalc.readers.latex.scope import Scope
from matcalc.readers.latex.tokens import Token, matched
from matcalc.readers.lines import Left

_TRANSPOSED = frozenset(["T", "top", "'", "intercal", "prime"])


def left_side(text: str, tokens: Sequence[Token]) -> Left:
    """What a line is about, by the tokens in front of its sign of equality."""
    tokens = [token for token in tokens if token.kind != "gap"]
    if not tokens:
        return Left("again")
    found = _derivative(text, tokens) or _named(text, tokens)
    return found or Left("formula", text[tokens[0].start : tokens[-1].stop])


def _derivative(text: str, tokens: list[Token]) -> Left | None:
    first = tokens[0]
    if first.kind == "macro" and first.text == "nabla":
        return _nabla(text, tokens[1:])
    if first.kind == "macro" and first.text in FRACTIONS:
        return _fraction(text, tokens)
    slash = next((k for k, token in enumerate(tokens) if token.text == "/"), None)
    if slash and is_sign(first):
        return _quotient(text, tokens[:slash], tokens[slash + 1 :])
    if is_sign(first) and len(tokens) > 1:
        if tokens[1].text == "_":  # \partial_x f
            by, stop = _group(tokens, 2)
            inner = tokens[stop:]
            return Left("quotient", _name_or_text(_named(text, inner), text, inner), _plain(by)) if inner else None
        inner = tokens[1:]
        if inner[0].kind == "open" and inner[-1].kind == "close":
            inner = inner[1:-1]
        name = _named(text, inner)
        if name is None and inner == tokens[1:] and inner[0].kind in ("letter", "name") and not _is_raised(inner):
            return None  # dx^\top A x begins with a factor dx
        return Left("differential", _name_or_text(name, text, inner))
    return None


def _nabla(text: str, tokens: list[Token]) -> Left | None:
    r"""\nabla f, \nabla_x f, \nabla_{\mathbf x} f(x), \nabla^2 f."""
    kind, by = "gradient", ""
    at = 0
    while at < len(tokens) and tokens[at].text in ("_", "^"):
        inside, stop = _group(tokens, at + 1)
        if tokens[at].text == "_":
            by = _plain(inside)
        elif _plain(inside) == "2":
            kind = "hessian"
        else:
            return None
        at = stop
    inner = tokens[at:]
    if kind == "gradient" and len(inner) > 2 and inner[-2].text == "^" and inner[-1].text in _TRANSPOSED:
        kind, inner = "jacobian", inner[:-2]
    if inner and inner[0].kind == "open" and inner[-1].kind == "close":
        inner = inner[1:-1]
    return Left(kind, _name_or_text(_named(text, inner), text, inner) if inner else "", by)


def _fraction(text: str, tokens: list[Token]) -> Left | None:
    above, at = _group(tokens, 1)
    below, at = _group(tokens, at)
    rest = tokens[at:]
    if not above or not below or not is_sign(above[0]):
        return None
    if rest and len(above) == 1:  # \frac{\partial}{\partial x} f
        inner = rest[1:-1] if rest[0].kind == "open" and rest[-1].kind == "close" else rest
        above = [above[0], *inner]
    elif rest and not (rest[0].kind == "open" and rest[-1].kind == "close"):
        return None
    return _quotient(text, above, below)


def _quotient(text: str, above: list[Token], below: list[Token]) -> Left | None:
    r"""\partial f over \partial x; over \partial x^\top it is the Jacobian."""
    kind = "quotient"
    above = above[1:]
    if [token.text for token in above[:2]] == ["^", "2"]:
        kind, above = "hessian", above[2:]
    if not below or not is_sign(below[0]):
        return None
    by, stop = name_at(below, 1)
    rest = below[stop:]
    label = ""
    if rest and rest[0].text == "_":
        inside, stop = _group(rest, 1)
        label, rest = _plain(inside), rest[stop:]
    if kind == "quotient" and rest:
        if not _TRANSPOSED.issuperset(token.text for token in rest if token.text not in ("^", "{", "}")):
            return None
        kind = "jacobian"
    if not above or not by:
        return None
    return Left(kind, _name_or_text(_named(text, above), text, above), f"{by}_{label}" if label else by)


def _named(text: str, tokens: list[Token]) -> Left | None:
    """A name, with a label, and with arguments in brackets."""
    if not tokens:
        return None
    try:
        reader = Grammar(text, tokens, matched(text, tokens), Scope({}, {}))
        reader.at, reader.end = 0, len(tokens)
        while reader.peek().kind == "{" and reader.pairs[reader.at] == len(tokens) - 1:
            return _named(text, tokens[1:-1])
        found = Parts(reader).named((0, len(tokens)))
    except MatcalcError:
        return None
    if "…" in getattr(found, "parameters", ()) and tokens[0].text in FUNCTIONS:
        return None
    if found is None or not found.name.rstrip("_").isidentifier() or found.name.endswith("_"):
        return None
    if reader.at + 1 < len(tokens) and not found.parameters:
        return None
    return Left("called" if found.parameters else "name", found.name)


def _name_or_text(name: Left | None, text: str, tokens: Sequence[Token]) -> str:
    """The name, or the formula where it is none."""
    return name.name if name else text[tokens[0].start : tokens[-1].stop]


def _is_raised(tokens: Sequence[Token]) -> bool:
    """Whether tokens are a name with something above it, X^{-1}, and nothing else."""
    return len(tokens) > 2 and tokens[1].text == "^" and _group(tokens, 2)[1] == len(tokens)


def _group(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The tokens of a group without its braces, or the one token, and where it ends."""
    if at >= len(tokens):
        return [], at
    if tokens[at].kind != "{":
        return [tokens[at]], at + 1
    depth = 0
    for k in range(at, len(tokens)):
        depth += (tokens[k].kind == "{") - (tokens[k].kind == "}")
        if not depth:
            return list(tokens[at + 1 : k]), k + 1
    return list(tokens[at + 1 :]), len(tokens)


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens if token.kind not in ("{", "}"))
