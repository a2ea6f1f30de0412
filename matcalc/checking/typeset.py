"""Verdicts as Markdown, with their formulas as mathematics where these can be read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.checking.declarations import declared_functions, declared_sizes, declared_variables
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.function import Function
from matcalc.notation.conventions import Outline
from matcalc.notation.latex import to_latex
from matcalc.notation.markup import code, math, words
from matcalc.reading import parse

MARKS = {"correct": "✓", "wrong": "✗", "undecided": "?"}


def status_in_words(status: str, ground: str) -> str:
    """The verdict in one line; of an error in the claim, what is wrong alone."""
    return f"{MARKS[status]} **{status}**: {words(ground)}"


def reasons(explanation: str, repaired: str | None, answer: str | None, evidence: Mapping[str, Any]) -> list[str]:
    """What is wrong, and the formula put right, or the answer."""
    lines = [words(line.strip()) for line in explanation.splitlines() if not line.lstrip().startswith("|")]
    if repaired is not None:
        lines.append(f"repaired: {formula(repaired, evidence)}")
    elif answer is not None:
        lines.append(f"the answer: {formula(answer, evidence)}")
    return lines


def formula(text: str, evidence: Mapping[str, Any]) -> str:
    """A formula as mathematics; as it is written, where its variables are not known."""
    try:
        known: dict[str, Expr | Function | Outline] = {**declared_sizes(evidence), **declared_variables(evidence)}
        known.update(declared_functions(evidence))
        return math(rf"\displaystyle {to_latex(parse(text, known))}")
    except (MatcalcError, KeyError):
        return code(text)
