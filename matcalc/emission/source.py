"""Pieces of Python source: numbers, powers, shapes, einsum letters."""

from __future__ import annotations

from fractions import Fraction

from matcalc.errors import EvaluationError
from matcalc.network.nodes import Indices
from matcalc.shape import Dim

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def subscript(indices: Indices) -> str:
    if max(indices, default=0) >= len(LETTERS):
        raise EvaluationError("the formula has a product with too many indices for NumPy")
    return "".join(LETTERS[i] for i in indices)


def number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{value.numerator}.0"
    short = repr(float(value))
    return short if Fraction(short) == value else f"({value.numerator}.0 / {value.denominator}.0)"


def power(text: str, exponent: Fraction) -> str:
    if exponent == 1:
        return text
    if exponent == Fraction(1, 2):
        return f"np.sqrt({text})"
    if exponent == -1:
        return f"(1.0 / {text})"
    if exponent == Fraction(-1, 2):
        return f"(1.0 / np.sqrt({text}))"
    if exponent.denominator == 1:
        return f"{text} ** {exponent.numerator}" if exponent > 0 else f"{text} ** {exponent.numerator}.0"
    return f"{text} ** {number(exponent)}"


def dim(size: Dim) -> str:
    return str(size).replace("^", "**")


def shape(dims: tuple[Dim, ...]) -> str:
    return f"({', '.join(dim(d) for d in dims)}{',' if len(dims) == 1 else ''})"
