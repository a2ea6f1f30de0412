"""Formulas whose names are not all declared: shapes are inferred first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import PI, Expr, call, commutation, eye, mul, number, ones, size, unit, zeros
from matcalc.facts import declare
from matcalc.families import family
from matcalc.function import Function
from matcalc.functions import find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.building import made
from matcalc.notation.conventions import DIMENSIONED, Outline
from matcalc.notation.infer import Inference
from matcalc.notation.sizes import dimension
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import resolve
from matcalc.position import Single, positions
from matcalc.shape import ONE, Dim, is_at_most


def with_inferred(
    source: Source,
    variables: Mapping[str, Expr],
    functions: Mapping[str, Function],
    outlines: Mapping[str, Outline] | None = None,
) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and its variables: the declared ones, and those whose shape was inferred."""
    found = Inference(source, variables, functions, outlines)
    inferred = {name: _declared(found, name, *shape) for name, shape in found.undeclared().items()}
    builder = _Builder(found, {**variables, **inferred})
    for name, definition in source.definitions:
        builder.definitions[name] = builder.build(definition)
    return builder.build(source.body), {**variables, **inferred}


def _declared(found: Inference, name: str, rows: Dim, cols: Dim) -> Expr:
    if name in found.families:
        length, shape = found.families[name]
        sides = [side for side in map(resolve, (length, *shape)) if isinstance(side, Dim)]
        return family(name, sides[0], sides[1], sides[2])
    return declare(name, rows, cols, *found.outlines.get(name, Outline("")).facts)


class _Builder:
    def __init__(self, found: Inference, variables: Mapping[str, Expr]) -> None:
        self.found = found
        self.variables = variables
        self.definitions: dict[str, Expr] = {}

    def build(self, root: Syntax) -> Expr:
        built: dict[Syntax, Expr] = {}
        for node in self.found.orders[root]:
            if node not in self.found.pairs:
                continue  # a dimension, not a formula
            try:
                built[node] = self.node(node, [built[operand] for operand in node.operands if operand in built])
            except MatcalcError as error:
                raise self.found.told(error, node) from None
        return built[root]

    def node(self, node: Syntax, operands: list[Expr]) -> Expr:
        if node.kind == "name":
            return self.name(node)
        return self.call(node, operands) if node.kind == "call" else made(node, operands)

    def name(self, node: Syntax) -> Expr:
        name = str(node.value)
        if name in self.variables:
            return self.variables[name]
        if name in self.definitions:
            return self.definitions[name]
        if name == "pi":
            return PI
        if name == "eye":
            return eye(self.found.shape(node).rows)
        return size(Dim.of(name))

    def call(self, node: Syntax, operands: list[Expr]) -> Expr:
        name = str(node.value)
        if name in ("vector", "matrix"):
            shape = self.found.shape(node)
            filled = number(1) if shape.is_scalar else ones(*shape)
            return filled if operands[0] is number(1) else mul(operands[0], filled)
        if name in DIMENSIONED:
            dims = [dimension(operand, self.found.variables) for operand in node.operands]
            if name == "unit":
                if dims[1].number is None and not is_at_most(dims[1], dims[0]):
                    raise ParseError("unit(n,i) wants a number as its second argument", hint="unit(n,1)")
                at = positions(dims[1].plus(ONE, -1), ONE)
                assert isinstance(at, Single)
                return unit(dims[0], at)
            return _DIMENSIONED[name](*dims)
        function = find(name, len(operands)) or find_abstract(name, self.found.functions)
        assert function is not None
        return call(function, *operands)


_DIMENSIONED: dict[str, Callable[..., Expr]] = {"eye": eye, "ones": ones, "zeros": zeros, "K": commutation}
