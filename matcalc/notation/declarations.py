"""Declarations in a line of text: ``S: n×n symmetric, x: n``."""

from __future__ import annotations

import re

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Expr
from matcalc.facts import declare
from matcalc.notation.infer import Inference
from matcalc.notation.syntax import read
from matcalc.shape import Dim


def parse_where(text: str) -> dict[str, Expr]:
    """Declarations such as ``S: n×n symmetric, x: n positive, c: scalar, r: 1×n``; ``x`` is also read for ``×``.

    Raises:
        ParseError: the text is not a list of declarations.
        ShapeError: a dimension or a fact is not known.
    """
    found: dict[str, Expr] = {}
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


def _declaration(name: str, text: str) -> Expr:
    words = re.sub(r"^\s*(\w+)x(\w+)(?=\s|$)", r"\1 × \2", text).replace("×", " × ").split()  # nxn is n×n
    if not words:
        raise ParseError(f"what shape has {name}?", hint=f"{name}: n  or  {name}: m×n")
    if words[0] == "scalar":
        return declare(name, 1, 1, *words[1:])
    rows = _dimension(words[0])
    if len(words) > 2 and words[1] in ("×", "x"):
        return declare(name, rows, _dimension(words[2]), *words[3:])
    return declare(name, rows, 1, *words[1:])


def _dimension(text: str) -> Dim:
    try:
        shape = Inference(read(f"ones({text})"), {})
        return shape.shape(shape.source.body).rows
    except MatcalcError as error:
        raise ParseError(f"not a dimension: {text}", *error.details, hint=error.hint) from None
