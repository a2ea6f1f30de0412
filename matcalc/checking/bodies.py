"""Concrete functions in the place of functions without a body: they refute what does not hold of all functions.

The body is a sum of exponentials, g(u) = W*exp(V*u): its Jacobians of all orders are M*diag(exp(V*u))*V, with M = W for
the first one and khatrirao(V', M) for the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from matcalc.expr import Expr, call, name_of, transpose, variable
from matcalc.function import Abstract
from matcalc.functions import DIAG, EXP, KHATRIRAO
from matcalc.parts import parts_of, variables
from matcalc.shape import Dim
from matcalc.symbols import size_symbols

TERMS = 4  # exponentials of a body that is evaluated


def value_of_body(np: Any, of: Abstract, argument: Any, sizes: Mapping[str, int]) -> Any:
    """The value of such a body, or of its Jacobian of an order, at a column; its W and V go by name and sizes."""
    rows, n = of.rows.at(sizes), len(argument)
    rng = np.random.default_rng([*of.name.encode(), rows, n])
    w, v = rng.normal(size=(rows, TERMS)), rng.normal(size=(TERMS, n)) / n
    exponentials = np.exp(v @ argument)
    if not of.order:
        return w @ exponentials
    for _ in range(of.order - 1):
        w = (v.T[:, None, :] * w[None, :, :]).reshape(-1, TERMS)
    return w * exponentials.T @ v


def with_bodies(*exprs: Expr) -> tuple[list[Expr], str]:
    """The formulas with bodies in place of functions without one, and the bodies in words."""
    bodies = _Bodies(*exprs)
    made: dict[Expr, Expr] = {}
    for part in parts_of(*exprs):
        operands = tuple(made[operand] for operand in part.operands)
        if part.kind == "call" and part.data.abstract is not None:
            made[part] = bodies.value(part.data.abstract, operands[0])
        else:
            made[part] = Expr(part.kind, operands, part.data, part.shape, part.hints)
    return [made[expr] for expr in exprs], bodies.words()


class _Bodies:
    """W and V of each function, by its name and the size of its argument."""

    def __init__(self, *exprs: Expr) -> None:
        self.taken = {name_of(v) for v in variables(*exprs)} | size_symbols(*exprs)
        self.weights: dict[tuple[str, Dim], tuple[Expr, Expr]] = {}

    def value(self, of: Abstract, argument: Expr) -> Expr:
        """The function, or its Jacobian of an order, at an argument."""
        key = of.name, argument.shape.rows
        if key not in self.weights:
            inner = Dim.of(self.fresh(f"p_{of.name}"))
            shapes = {"W": (of.rows, inner), "V": (inner, argument.shape.rows)}
            w, v = (variable(self.fresh(f"{letter}_{of.name}"), *shape) for letter, shape in shapes.items())
            self.weights[key] = w, v
        w, v = self.weights[key]
        exponentials = call(EXP, v @ argument)
        if not of.order:
            return w @ exponentials
        for _ in range(of.order - 1):
            w = call(KHATRIRAO, transpose(v), w)
        return w @ call(DIAG, exponentials) @ v

    def fresh(self, name: str) -> str:
        found = next(made for k in count(1) if (made := name if k == 1 else f"{name}{k}") not in self.taken)
        self.taken.add(found)
        return found

    def words(self) -> str:
        texts = [f"{name}(u) = {w}*exp({v}*u)" for (name, _), (w, v) in self.weights.items()]
        return " and ".join(texts)
