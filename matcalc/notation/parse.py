"""Formula text → Expr. The notation is that of matrixcalculus.org and MATLAB; see docs/notation.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import (
    PI,
    Expr,
    Function,
    add,
    call,
    commutation,
    div,
    elementwise,
    entry,
    eye,
    indexed,
    mul,
    neg,
    number,
    ones,
    power,
    size,
    sub,
    transpose,
    unit,
    zeros,
)
from matcalc.facts import declare
from matcalc.functions import find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.infer import DIMENSIONED, Inference
from matcalc.notation.syntax import Source, Syntax, read
from matcalc.shape import Dim


def parse(text: str, declared: Mapping[str, Expr | Function] | None = None) -> Expr:
    """The formula that a text means; see :func:`matcalc.parse`."""
    return parse_with_names(text, declared)[0]


def parse_with_names(text: str, declared: Mapping[str, Expr | Function] | None = None) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name: the declared ones, and those whose shape was inferred."""
    functions = {name: f for name, f in (declared or {}).items() if isinstance(f, Function)}
    variables = {name: v for name, v in (declared or {}).items() if isinstance(v, Expr)}
    source = read(text)
    plain = _as_declared(source, variables, functions)
    if plain is not None:
        return plain, variables
    found = Inference(source, variables, functions)
    for name, shape in found.undeclared().items():
        variables[name] = declare(name, *shape)
    builder = _Builder(found, variables)
    for name, definition in source.definitions:
        builder.definitions[name] = builder.build(definition)
    return builder.build(source.body), variables


def _as_declared(source: Source, variables: Mapping[str, Expr], functions: Mapping[str, Function]) -> Expr | None:
    """The formula whose names are all declared; None where a shape is to be inferred, or something is wrong."""
    built: dict[Syntax, Expr] = {}
    for node in source.parts:
        operands = [built[operand] for operand in node.operands]
        try:
            if node.kind == "name":
                made = variables.get(str(node.value), PI if node.value == "pi" else None)
            elif node.kind == "call":
                function = find(str(node.value)) or find_abstract(str(node.value), functions)
                made = None if function is None else call(function, *operands)
            else:
                made = _made(node, operands)
        except MatcalcError:
            return None
        if made is None:
            return None
        built[node] = made
    return built.get(source.body)


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
                raise error.at(self.found.source.text, node.span) from None
        return built[root]

    def node(self, node: Syntax, operands: list[Expr]) -> Expr:
        if node.kind == "name":
            return self.name(node)
        return self.call(node, operands) if node.kind == "call" else _made(node, operands)

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
            filled = ones(*self.found.shape(node))
            return filled if operands[0] is number(1) else mul(operands[0], filled)
        if name in DIMENSIONED:
            dims = [self.found.dimension(operand) for operand in node.operands]
            if name == "unit":
                if dims[1].number is None:
                    raise ParseError("unit(n,i) wants a number as its second argument", hint="unit(n,1)")
                return unit(dims[0], dims[1].number - 1)
            return _DIMENSIONED[name](*dims)
        function = find(name) or find_abstract(name, self.found.functions)
        assert function is not None
        return call(function, *operands)


def _made(node: Syntax, operands: list[Expr]) -> Expr:
    """What a node that is neither a name nor a function makes of its operands."""
    kind = node.kind
    if kind == "number":
        return number(node.value)  # type: ignore[arg-type]
    if kind in ("hadamard", "eldiv", "elpow"):
        return elementwise(kind, *operands)
    if kind == "entry":
        position = node.value
        assert isinstance(position, tuple)
        where = tuple(slice(None) if at is None else at for at in position)
        return entry(operands[0], where if len(where) == 2 else where[0])
    if kind == "factor":
        return operands[0]
    if kind == "indexed":
        assert isinstance(node.value, tuple)
        rows, cols = node.value
        return indexed(rows, cols, tuple(operands), tuple(_indices(factor) for factor in node.operands))
    return _BUILD[kind](*operands)


def _indices(factor: Syntax) -> tuple[str, ...]:
    assert isinstance(factor.value, tuple)
    return factor.value


_BUILD: dict[str, Callable[..., Expr]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "neg": neg,
    "pow": power,
    "transpose": transpose,
}
_DIMENSIONED: dict[str, Callable[..., Expr]] = {"eye": eye, "ones": ones, "zeros": zeros, "K": commutation}


# ---------------------------------------------------------------- declarations
def parse_where(text: str) -> dict[str, Expr]:
    """Declarations such as ``S: n×n symmetric, x: n positive, c: scalar, r: 1×n``; ``x`` is also read for ``×``.

    Raises:
        ParseError: the text is not a list of declarations.
        ShapeError: a dimension or a fact is not known.
    """
    found: dict[str, Expr] = {}
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        name, colon, rest = part.partition(":")
        start = text.find(part)
        span = (start, start + len(part))
        name = name.strip()
        if not colon or not name.isidentifier():
            raise ParseError("a declaration reads: name: rows×columns facts", hint="S: n×n symmetric, x: n").at(
                text, span
            )
        if name in found:
            raise ParseError(f"{name} is declared twice").at(text, span)
        try:
            found[name] = _declaration(name, rest)
        except MatcalcError as error:
            raise error.at(text, span) from None
    return found


def _declaration(name: str, text: str) -> Expr:
    words = re.sub(r"^\s*(\w+)x(\w+)(?=\s|$)", r"\1 × \2", text).replace("×", " × ").split()  # nxn is n×n
    if not words:
        raise ParseError(f"what shape has {name}?", hint=f"{name}: n  or  {name}: m×n")
    if words[0] == "scalar":
        return declare(name, 1, 1, *words[1:])
    rows = _dimension(words[0])
    if len(words) > 2 and words[1] in ("×", "x"):
        return declare(name, rows, _dimension(words[2]), *words[3:])
    return declare(name, rows, 1, *words[1:])


def _dimension(text: str) -> Dim:
    try:
        shape = Inference(read(f"ones({text})"), {})
        return shape.shape(shape.source.body).rows
    except MatcalcError as error:
        raise ParseError(f"not a dimension: {text}", *error.details, hint=error.hint) from None


__all__ = ["parse", "parse_where", "parse_with_names"]
