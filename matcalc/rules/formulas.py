"""Formulas of records and lines, read once, and what they are of nodes. What lowers them is handed in from above."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from matcalc.expr import Expr, name_of, variable
from matcalc.function import Function, Kernel
from matcalc.network.nodes import Node
from matcalc.network.views import View
from matcalc.notation.parse import parse
from matcalc.shape import ONE, Dim, shape_of

Environment = Mapping[Expr, View]
_NO_VIEWS: Environment = {}
_NO_DIMS: Mapping[str, Dim] = {}


class Lowering(Protocol):
    """The network of a formula, for what its variables and dimensions stand for."""

    def __call__(self, expr: Expr, environment: Environment, dims: Mapping[str, Dim], /) -> View: ...


_handed_in: list[Lowering] = []


def lower_with(lowering: Lowering) -> None:
    """Says what lowers formulas: it applies functions, to which formulas of records and lines are applied."""
    _handed_in[:] = [lowering]


def lowered(expr: Expr, environment: Environment = _NO_VIEWS, dims: Mapping[str, Dim] = _NO_DIMS) -> View:
    return _handed_in[0](expr, environment, dims)


def of_nodes(text: str, function: Kernel, operands: tuple[Node, ...]) -> Node:
    """A formula of a record, of scalars or of columns."""
    dims = (Dim.of("n"),) if operands[0].rank else ()
    declared = [variable(name, *dims, *(ONE,) * (2 - len(dims))) for name in function.operands]
    environment = {x: View(operand, operand.rank) for x, operand in zip(declared, operands, strict=True)}
    return lowered(read(text, *declared), environment, dict(zip("n", operands[0].dims, strict=False))).node


@lru_cache(256)
def read(text: str, *declared: Expr) -> Expr:
    return parse(text, {name_of(x): x for x in declared})


@lru_cache(1024)
def template(text: str, function: Function, *extra: str) -> tuple[Expr, dict[str, Expr]]:
    """A formula of a record, read once, with the operands (and their differentials) declared by the signature."""
    form = function.shape.forms[0]
    letters = {x: Dim.of(x) for sides in form.operands for side in sides for x in side}
    declared = {}
    for name, sides in zip(function.operands, form.operands, strict=True):
        shape = shape_of(sides, letters)
        declared[name] = variable(name, *shape)
        for prefix in extra:
            declared[prefix + name] = variable(prefix + name, *shape)
    return parse(text, declared), declared
