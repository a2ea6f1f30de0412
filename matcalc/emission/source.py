"""Pieces of Python source: numbers, powers, shapes, einsum letters."""

from __future__ import annotations

from matcalc.errors import EvaluationError
from matcalc.network.nodes import Indices
from matcalc.numerals import written
from matcalc.rational import Fraction
from matcalc.shape import Dim

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def subscript(indices: Indices) -> str:
    if max(indices, default=0) >= len(LETTERS):
        raise EvaluationError("the formula has a product with too many indices for NumPy")
    return "".join(LETTERS[i] for i in indices)


def number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{written(value)}.0"
    short = repr(float(value))
    return short if Fraction(short) == value else f"({value.numerator}.0 / {value.denominator}.0)"


def bare(text: str) -> str:
    """A text without the brackets around the whole of it."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and at < len(text) - 1:
            return text
    return text[1:-1] if text.startswith("(") else text


def power(text: str, exponent: Fraction) -> str:
    if exponent == 1:
        return text
    if exponent == Fraction(1, 2):
        return f"np.sqrt({bare(text)})"
    if exponent == -1:
        return f"(1.0 / {text})"
    if exponent == Fraction(-1, 2):
        return f"(1.0 / np.sqrt({bare(text)}))"
    power = "**" if text.isidentifier() else " ** "  # as a formatter writes it
    if exponent.denominator == 1:
        return f"{text}{power}{exponent.numerator}" + ("" if exponent > 0 else ".0")
    return f"{text}{power}{number(exponent)}"


def dim(size: Dim) -> str:
    """A dimension, as a formatter writes it."""
    return str(size).replace("*", " * ").replace("^", "**")


def shape(dims: tuple[Dim, ...]) -> str:
    return f"({', '.join(dim(d) for d in dims)}{',' if len(dims) == 1 else ''})"
