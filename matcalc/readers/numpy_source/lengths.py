"""Lengths of axes that are not known yet: what they have to be where two of them are equal.

A length that is sought is a symbol of its own for each axis of each name.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.shape import Dim, Monomial, whole_number


def symbol(name: str, axis: int) -> str:
    """The length of an axis of a name, while it is sought; no name of a length that is declared begins so."""
    return f"_{axis}_{name}"


def is_sought(name: str) -> bool:
    """Whether a symbol is a length that is sought."""
    return name.startswith("_")


def solved(one: Dim, other: Dim, unknown: frozenset[str]) -> tuple[str, Dim] | None:
    """The symbol that makes two lengths equal, and what it has to be; None where there is none, or it would be 1."""
    for dim, meant in ((one, other), (other, one)):
        if dim.is_symbol and str(dim) in unknown and str(dim) not in meant.symbols and meant.number != 1:
            return str(dim), meant
    rest = one.plus(other, -1)
    linear = {monomial[0][0]: c for monomial, c in rest.terms if _is_linear(monomial) and abs(c) == 1}
    for sought in (name for name in linear if name in unknown):
        alone = Dim(((((sought, 1),), linear[sought]),))
        meant = whole_number(0).plus(rest.plus(alone, -1), -linear[sought])
        if meant.is_symbol or (meant.number or 0) > 1:
            return sought, meant
        for like, sign in linear.items():  # of a sum of several: a matrix that may be square is
            if like != sought and sign == -linear[sought] and _name(like) == _name(sought):
                return sought, Dim.of(like)
    return None


def _is_linear(monomial: Monomial) -> bool:
    return len(monomial) == 1 and monomial[0][1] == 1


def _name(sought: str) -> str:
    return sought[sought.index("_", 1) :] if sought.startswith("_") and "_" in sought[1:] else sought


def join(equal: dict[str, Dim], sought: str, meant: Dim) -> None:
    """Notes what a length is, in what is known of all."""
    meant = meant.substitute(equal)
    if sought in equal or sought in meant.symbols:
        return
    for known in list(equal):
        equal[known] = equal[known].substitute({sought: meant})
    equal[sought] = meant


def length_of(name: str, axis: int, equal: Mapping[str, Dim]) -> Dim:
    """What is known of the length of an axis of a name."""
    return Dim.of(symbol(name, axis)).substitute(equal)
