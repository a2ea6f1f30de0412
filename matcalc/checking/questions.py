"""What the lines of a derivation are held against: the formula, its differential and derivatives, those of symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from matcalc.checking.asked import Asked
from matcalc.errors import DerivativeError
from matcalc.expr import Expr


@dataclass(frozen=True)
class Questions:
    """What the kinds of lines are held against, and how each kind follows from the others."""

    formula: Asked  # f = …
    kind: str  # of the derivative that D is
    differential_of: Callable[[Expr], Asked]  # df = …, and du = … of a symbol u
    derivative: Callable[[str], Asked]  # D = …, by its kind
    derivative_of: Callable[[Expr, Expr, str], Asked]  # ∂u/∂x = …, of any formula by any variable, by its kind

    @cached_property
    def differential(self) -> Asked:
        return self.differential_of(self.formula.f)

    @cached_property
    def direction(self) -> Expr:
        """dx."""
        return self.differential.variables[-1]

    def of(self, role: str) -> Asked:
        return {"value": self.formula, "differential": self.differential}.get(role) or self.derivative(role)

    def of_symbol(self, role: str, value: Expr) -> Asked:
        """What a line about a symbol is held against."""
        if role == "value":
            return self.of_value(value)
        x = self.formula.x
        return self.differential_of(value) if role == "differential" else self.derivative_of(value, x, role)

    def of_value(self, value: Expr) -> Asked:
        """What a line is held against that writes a value in another way."""
        return Asked(value, self.formula.x, "value", value, no_derivative, self.differential.variables)

    def next(self, before: str, after: str) -> Callable[[Expr], Expr] | None:
        """What makes a line of one role of a line of another; None where it does not follow from that alone."""
        asked = self.of(after)
        by = {"value": self.formula.x, "differential": self.direction if after in ("gradient", "jacobian") else None}
        if (before, after) == ("gradient", "hessian"):
            asked, by[before] = asked.last_step or asked, (asked.last_step or asked).x
        x = by.get(before)
        return None if x is None else lambda f: asked.derive(f, x)


def no_derivative(f: Expr, x: Expr) -> Expr:
    """What is asked of a line that rewrites the formula: nothing is derived."""
    raise DerivativeError("a rewriting of a formula is no derivative")
