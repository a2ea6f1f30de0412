"""Maps between arrays that are formulas, with the products of their Jacobian that are derived from these."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from matcalc.api import emit, jvp, vjp
from matcalc.expr import Expr
from matcalc.facts import declare
from matcalc.notation.parse import parse

Array = Any


class Map:
    """X of U, an array with two axes; what is not asked for is not derived."""

    def __init__(self, formula: str, is_square: bool, target: str) -> None:
        self.target = target
        self.u, self.g, self.d = (declare(name, "m", "m" if is_square else "n") for name in "UGD")
        self.x = parse(formula, {"U": self.u})

    @cached_property
    def value(self) -> Callable[[Array], Array]:
        """X."""
        return self._compiled(self.x, self.u)

    @cached_property
    def pulled(self) -> Callable[[Array, Array], Array]:
        """Slopes by U, of slopes G by X."""
        return self._compiled(vjp(self.x, self.u, self.g), self.u, self.g)

    @cached_property
    def pushed(self) -> Callable[[Array, Array], Array]:
        """The change of X in a direction D of U."""
        return self._compiled(jvp(self.x, self.u, self.d), self.u, self.d)

    @cached_property
    def bent(self) -> Callable[[Array, Array, Array], Array]:
        """The change of ``pulled`` in a direction D of U, where G stays."""
        return self._compiled(jvp(vjp(self.x, self.u, self.g), self.u, self.d), self.u, self.g, self.d)

    def _compiled(self, result: Expr, *arguments: Expr) -> Callable[..., Array]:
        function: Callable[..., Array] = emit(
            {"value": result}, "map", arguments=list(arguments), target=self.target
        ).compile()
        return function


@lru_cache(maxsize=200)
def map_of(formula: str, is_square: bool, target: str) -> Map:
    """The map of a formula; each is derived once."""
    return Map(formula, is_square, target)
