"""Pieces of C: loops, and numbers, products and sums of texts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matcalc.rational import Fraction

Sides = tuple[int, ...]


# ---------------------------------------------------------------- loops
def each(sides: Sides, *statements: str) -> list[str]:
    return block(f"for (int i = 0; i < {math.prod(sides)}; i++)", statements)


def nest(indices: Sequence[int], sides: Mapping[int, int], *statements: str) -> list[str]:
    """A loop for each index, the last one inside."""
    lines = list(statements)
    for k in reversed(indices):
        lines = block(f"for (int i{k} = 0; i{k} < {sides[k]}; i{k}++)", lines)
    return lines


def block(head: str, lines: Sequence[str]) -> list[str]:
    """What is repeated, in braces where it is more than one statement."""
    inner = [f"    {line}" for line in lines]
    many = sum(line[:1] not in (" ", "}") for line in lines) > 1
    return [f"{head} {{", *inner, "}"] if many else [head, *inner]


# ---------------------------------------------------------------- numbers
def times(sides: Sides) -> str:
    return " * ".join(map(str, sides))


def number(value: Fraction) -> str:
    return repr(float(value)) if value >= 0 else f"({float(value)!r})"


def combination(terms: Sequence[tuple[Fraction, str]]) -> str:
    """Numbers times texts, added; a number alone has no text."""
    text = ""
    for coefficient, entry in terms:
        size = abs(coefficient)
        term = entry if entry and size == 1 else " * ".join([number(size), *([entry] if entry else [])])
        sign = "-" if coefficient < 0 else "+" if text else ""
        text += f" {sign} {term}" if text else f"{sign}{term}"
    return text


def quotient(coefficient: Fraction, powers: Sequence[tuple[str, Fraction]]) -> str:
    """A number times powers; those that are negative are divided by."""
    above = [_power(text, e) for text, e in powers if e > 0]
    below = [_power(text, -e) for text, e in powers if e < 0]
    size = abs(coefficient)
    top = " * ".join([*([number(size)] if size != 1 or not above else []), *above])
    divisor = " * ".join(below)
    text = f"{top} / ({divisor})" if " * " in divisor else f"{top} / {divisor}" if below else top
    return f"-{text}" if coefficient < 0 else text


def _power(text: str, exponent: Fraction) -> str:
    """A factor of a product: a positive power."""
    if exponent == Fraction(1, 2):
        return f"sqrt({text})"
    if exponent.denominator == 1 and exponent <= 4:
        return " * ".join([text] * exponent.numerator)
    return f"pow({text}, {number(exponent)})"
