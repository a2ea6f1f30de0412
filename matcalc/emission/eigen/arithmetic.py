"""Arithmetic of numbers and arrays as text: multiples, quotients, powers."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emission.eigen.values import ATOM, PRODUCT, UNARY, Value, literal, number
from matcalc.rational import Fraction


def negated(value: Value) -> Value:
    if value.source.startswith("-"):
        return Value(value.source[1:], value.level, value.kind, value.is_product)
    return Value(f"-{value.at(PRODUCT)}", min(max(value.level, PRODUCT), UNARY), value.kind, value.is_product)


def times(coefficient: Fraction, value: Value) -> Value:
    """A number times a value."""
    size = abs(coefficient)
    body = value
    if size != 1:
        body = Value(f"{number(size)} * {value.at(UNARY)}", PRODUCT, value.kind, value.is_product)
    return negated(body) if coefficient < 0 else body


def scaled(factor: Value, value: Value) -> Value:
    """A number, as a text, times a value."""
    if factor.source in ("1.0", "-1.0"):
        return value if factor.source == "1.0" else negated(value)
    if value.source == "1.0":
        return factor
    return Value(f"{factor.at(PRODUCT)} * {value.at(UNARY)}", PRODUCT, value.kind, value.is_product)


def quotient(coefficient: Fraction, factors: Sequence[tuple[Value, Fraction]]) -> Value:
    """A positive number times powers; those that are negative are divided by."""
    above = [raised(value, e) for value, e in factors if e > 0]
    below = [raised(value, -e) for value, e in factors if e < 0]
    if coefficient != 1 or not above:
        above.insert(0, literal(coefficient))
    text = above[0].at(PRODUCT)
    for value in above[1:]:
        text += f" * {value.at(UNARY)}"
    if below:
        text += f" / {below[0].at(UNARY)}" if len(below) == 1 else ""
        text += f" / ({' * '.join(value.at(UNARY) for value in below)})" if len(below) > 1 else ""
    level = PRODUCT if len(above) > 1 or below else above[0].level
    return Value(text, level, "number")


def raised(value: Value, exponent: Fraction) -> Value:
    """A power of a number."""
    if exponent < 0:
        return Value(f"1.0 / {raised(value, -exponent).at(UNARY)}", PRODUCT, "number")
    if exponent == Fraction(1, 2):
        return Value(f"std::sqrt({value.source})", ATOM, "number")
    if exponent == 1:
        return value
    if exponent.denominator == 1 and exponent <= 4:
        return Value(" * ".join([value.at(ATOM)] * exponent.numerator), PRODUCT, "number")
    return Value(f"std::pow({value.source}, {number(exponent)})", ATOM, "number")


_ARRAY_POWERS = {
    Fraction(1, 2): "sqrt()",
    Fraction(2): "square()",
    Fraction(3): "cube()",
    Fraction(4): "square().square()",
}


def array_power(value: Value, exponent: Fraction) -> Value:
    """A power of every entry."""
    source = value.at(ATOM)
    if exponent < 0:
        below = array_power(value, -exponent).source if exponent != -1 else source
        return Value(f"{below}.inverse()", ATOM, "array")
    power = _ARRAY_POWERS.get(exponent, f"pow({number(exponent)})")
    return Value(f"{source}.{power}", ATOM, "array")
