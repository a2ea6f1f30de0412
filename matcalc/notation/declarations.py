"""Declarations in a line of text: ``S: n×n symmetric, x: n``."""

from __future__ import annotations

import re
from collections.abc import Callable

from matcalc.errors import MatcalcError, ParseError, ShapeError, suggest
from matcalc.expr import Expr
from matcalc.facts import FACTS, declare
from matcalc.families import family
from matcalc.notation.conventions import KINDS, Outline
from matcalc.notation.sizes import dimension
from matcalc.notation.syntax import read
from matcalc.shape import ONE, Dim, Shape


def parse_where(text: str) -> dict[str, Expr | Outline]:
    """Declarations such as ``S: n×n symmetric, x: n positive, c: scalar, a: vector``; ``x`` is also read for ``×``.

    ``C: K of n×n posdef`` is a family of K such matrices.

    Raises:
        ParseError: the text is not a list of declarations.
        ShapeError: a dimension or a fact is not known.
    """
    found: dict[str, Expr | Outline] = {}
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        name, colon, rest = part.partition(":")
        start = text.find(part)
        span = (start, start + len(part))
        name = name.strip()
        if not colon or not name.isidentifier():
            raise ParseError("a declaration reads: name: rows×columns facts", hint="S: n×n symmetric, x: n").at(
                text, span
            )
        if name in found:
            raise ParseError(f"{name} is declared twice").at(text, span)
        try:
            found[name] = _declaration(name, rest)
        except MatcalcError as error:
            raise error.at(text, span) from None
    return found


def _declaration(name: str, text: str) -> Expr | Outline:
    """What a declaration says of a name: a kind, a size or both, then facts; without a size, an outline.

    Raises:
        ParseError: a word is neither a kind nor a size nor a fact.
        ShapeError: a dimension or a fact is not known, or they contradict each other.
    """
    words = text.split()
    if not words:
        raise ParseError(f"what shape has {name}?", hint=f"{name}: n  or  {name}: m×n  or  {name}: vector")
    if len(words) > 1 and words[1] == "of":
        return _family(name, words[0], " ".join(words[2:]))
    kind = _KINDS.get(words[0], "")
    words = words[1:] if kind else words
    if kind == "scalar":
        return declare(name, 1, 1, *words)
    if not words or words[0] in FACTS:
        return _outline(name, kind, words)
    words = re.sub(r"^(\w+)x(\w+)$", r"\1 × \2", words[0]).replace("×", " × ").split() + [
        part for word in words[1:] for part in word.replace("×", " × ").split()
    ]  # nxn is n×n
    if len(words) > 2 and words[1] in ("×", "x"):
        made = declare(name, _dimension(words[0]), _dimension(words[2]), *words[3:])
        if kind and not _FITS[kind](made.shape):
            raise ShapeError(f"{name} is declared a {kind}, and {made.shape}")
        return made
    if words[0].isalpha() and words[0].isascii() and len(words[0]) > 3:
        from textwrap import wrap

        known = wrap(f"known: {', '.join((*_KINDS, *FACTS))}", 110)
        suggested = suggest(words[0], [*_KINDS, *FACTS]) or f"a size of that name: {name}: {words[0]}×1"
        raise ParseError(f"not a kind, a size or a fact: {words[0]}", *known, hint=suggested)
    side = _dimension(words[0])
    if kind == "matrix":
        raise ShapeError(f"{name} is a matrix, and has rows and columns", hint=f"{name}: {side}×{side}")
    return declare(name, 1 if kind == "row" else side, side if kind in ("row", "square") else 1, *words[1:])


def _family(name: str, length: str, text: str) -> Expr:
    """``K of n×n posdef``: what is declared of each member, and how many there are."""
    one = _declaration(name, text)
    if isinstance(one, Outline):
        raise ParseError(f"what shape has each member of {name}?", hint=f"{name}: K of n×n  or  {name}: K of n")
    return family(name, _dimension(length), *one.shape, *one.data[1])


def _outline(name: str, kind: str, facts: list[str]) -> Outline:
    """A declaration without sizes; facts of square matrices make it a square one."""
    if kind in ("", "matrix") and any(fact in FACTS and FACTS[fact][1] for fact in facts):
        kind = "square"
    declare(name, *_SAMPLES[kind], *facts)  # refuses what does not go together
    return Outline(kind, tuple(facts))


_KINDS = {kind: kind for kind in KINDS} | {"column": "vector"}
_SAMPLES: dict[str, tuple[int | str, int | str]] = {
    "": ("m", "n"),
    "vector": ("n", 1),
    "row": (1, "n"),
    "matrix": ("m", "n"),
    "square": ("n", "n"),
}
_FITS: dict[str, Callable[[Shape], bool]] = {
    "vector": lambda shape: shape.cols is ONE,
    "row": lambda shape: shape.rows is ONE,
    "matrix": lambda shape: True,
    "square": lambda shape: shape.is_square,
}


def _dimension(text: str) -> Dim:
    if text in FACTS or text in _KINDS:
        raise ParseError(f"not a dimension: {text}", hint="a declaration reads: name: rows×columns facts")
    try:
        return dimension(read(text).body, ())
    except MatcalcError as error:
        raise ParseError(f"not a dimension: {text}", *error.details, hint=error.hint) from None
