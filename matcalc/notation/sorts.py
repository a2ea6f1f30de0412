"""Conditions and numbers in a syntax tree: neither is taken for the other."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.functions import find
from matcalc.notation.syntax import Syntax
from matcalc.sorts import condition_as_number, number_as_condition


def check_sorts(node: Syntax, definitions: Mapping[str, Syntax], text: str) -> None:
    """Refuses a condition as a number, and a number as a condition, at its place in the text."""
    function = find(str(node.value), len(node.operands)) if node.kind == "call" else None
    asks = function.asks if function is not None else 0
    for place, operand in enumerate(node.operands):
        meant = definitions.get(str(operand.value), operand) if operand.kind == "name" else operand
        if states(meant) != (place < asks):
            written = text[slice(*operand.span)]
            written = written[1:-1] if written[0] == "(" and operand.kind == "call" else written
            error = number_as_condition(written) if place < asks else condition_as_number(written)
            raise error.at(text, operand.span)


def states(node: Syntax) -> bool:
    """Whether a node is a condition."""
    function = find(str(node.value)) if node.kind == "call" else None
    return function is not None and function.states
