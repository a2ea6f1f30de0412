"""Claims in any notation that is read → claims in plain text, which are judged, edited and put right there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from matcalc.checking.asked import Asked
from matcalc.checking.claims import check, evidence_of
from matcalc.checking.formula import is_editable, text_of, tree_of, tree_of_syntax
from matcalc.checking.verdict import Verdict
from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr import Expr
from matcalc.function import Function
from matcalc.notation.parse import Declared
from matcalc.readers import read


def in_plain_text(claim: str, notation: str, declared: Mapping[str, Expr | Function]) -> str:
    """What a claim says, in plain text: with shapes that do not fit, where it has such.

    Raises:
        ParseError: the claim is no formula of its notation; the error points into the claim.
    """
    if notation == "text":
        return claim
    names: Declared = {name: v for name, v in declared.items() if not isinstance(v, Expr) or v.kind == "variable"}
    try:
        made, _ = read(claim, names, notation)
    except ShapeError as error:
        written = _misfit(claim, notation, names)
        if written is None:
            raise
        if not _is_misfit(written, declared):
            raise error from None
        return written
    return without_definitions(str(made))


def without_definitions(text: str) -> str:
    """A text of a formula with what its names stand for in their places, where it can be so written."""
    if not re.search(r"\bwhere\b", text):
        return text
    tree = tree_of(text)
    return text_of(tree) if is_editable(tree) else text


def _misfit(claim: str, notation: str, names: Declared) -> str | None:
    """A claim as it stands, in plain text; None where that does not say the same without shapes."""
    if notation == "latex":
        from matcalc.readers.latex import as_written

        tree = tree_of_syntax(as_written(claim, names))
    elif notation == "index":
        from matcalc.readers.lines import LEFT_OF_INDICES

        try:
            tree = tree_of(LEFT_OF_INDICES.sub("", claim))
        except MatcalcError:
            return None
    else:
        return None
    return text_of(tree) if tree is not None and is_editable(tree, indices=True) else None


def _is_misfit(text: str, declared: Declared) -> bool:
    """Whether the shapes in a plain text do not fit, and it is not only undecided what is meant."""
    try:
        read(text, declared)
    except ShapeError:
        return True
    except MatcalcError:
        return False
    return False


def check_written(claim: str, notation: str, asked: Asked) -> Verdict:
    """The verdict on a claim in any notation; an error points into the claim as it was typed.

    Raises:
        ParseError: the claim is no formula, or has variables that the question has not.
    """
    try:
        plain = in_plain_text(claim, notation, asked.names)
    except ShapeError as error:
        from matcalc.readers.lines import CODE

        if notation in CODE:
            return misfit(str(error), claim, asked)
        raise
    try:
        return check(plain, asked)
    except MatcalcError as error:
        if error.text == plain != claim:
            error.text, error.places = claim, (((0, len(claim)), ""),)
        raise


def misfit(ground: str, claim: str, asked: Asked) -> Verdict:
    """A claim whose shapes do not fit, of which no more is said."""
    return Verdict("wrong", ground, "shape", answer=str(asked.answer), evidence=evidence_of(claim, asked))
