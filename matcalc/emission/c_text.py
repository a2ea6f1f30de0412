"""Numbers, sums and quotients as C writes them."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.rational import Fraction


def product_of(sides: Sequence[int]) -> str:
    """The sides of an array, multiplied."""
    return " * ".join(map(str, sides))


def number_text(value: Fraction) -> str:
    """A number as a double, in brackets where it has a sign."""
    return repr(float(value)) if value >= 0 else f"({float(value)!r})"


def combination(terms: Sequence[tuple[Fraction, str]]) -> str:
    """Numbers times texts, added; a number alone has no text."""
    text = ""
    for coefficient, entry in terms:
        size = abs(coefficient)
        term = entry if entry and size == 1 else " * ".join([number_text(size), *([entry] if entry else [])])
        sign = "-" if coefficient < 0 else "+" if text else ""
        text += f" {sign} {term}" if text else f"{sign}{term}"
    return text


def quotient(coefficient: Fraction, powers: Sequence[tuple[str, Fraction]]) -> str:
    """A number times powers; those that are negative are divided by."""
    above = [power_text(text, e) for text, e in powers if e > 0]
    below = [power_text(text, -e) for text, e in powers if e < 0]
    size = abs(coefficient)
    top = " * ".join([*([number_text(size)] if size != 1 or not above else []), *above])
    divisor = " * ".join(below)
    text = f"{top} / ({divisor})" if " * " in divisor else f"{top} / {divisor}" if below else top
    return f"-{text}" if coefficient < 0 else text


def power_text(text: str, exponent: Fraction) -> str:
    """A factor of a product: a positive power."""
    if exponent == Fraction(1, 2):
        return f"sqrt({text})"
    if exponent.denominator == 1 and exponent <= 4:
        return " * ".join([text] * exponent.numerator)
    return f"pow({text}, {number_text(exponent)})"
