"""Gradients by variables whose entries are tied to each other: symmetric and diagonal matrices."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.errors import DerivativeError, suggest
from matcalc.expr import Expr, name_of
from matcalc.network.build import add, contract, permute
from matcalc.network.nodes import Factor, Node

_1 = Fraction(1)
CHOICES = ("ignore", "project", "free")


def structured(gradient: Node, x: Expr, structure: str) -> Node:
    """The gradient by ``x``, with its structure ignored, projected on, or by the free parameters.

    Raises:
        DerivativeError: not a choice, or x has no such structure.
    """
    if structure not in CHOICES:
        raise DerivativeError(
            f"unknown structure: {structure!r}",
            f"known: {', '.join(CHOICES)}",
            hint=suggest(str(structure), list(CHOICES)),
        )
    if structure == "ignore" or gradient.rank < 2:
        return gradient
    for fact, rule in _RULES:
        if fact in x.data[1]:
            return rule(gradient, structure)
    raise DerivativeError(
        f"{name_of(x)} has no structure to respect",
        f"its facts: {', '.join(x.data[1]) or 'none'}",
        hint='declare it: matcalc.matrix("S", "n", "n", "symmetric")',
    )


def _diagonal(gradient: Node, structure: str) -> Node:
    return contract(_1, [Factor(gradient, (0, 0), _1)], (0, 0), {0: gradient.dims[0]})


def _symmetric(gradient: Node, structure: str) -> Node:
    turned = permute(gradient, (1, 0))
    if structure == "project":
        half = Fraction(1, 2)
        return add([(half, gradient), (half, turned)], gradient.dims)
    return add([(_1, gradient), (_1, turned), (-_1, _diagonal(gradient, structure))], gradient.dims)


_RULES: tuple[tuple[str, Callable[[Node, str], Node]], ...] = (("diagonal", _diagonal), ("symmetric", _symmetric))
