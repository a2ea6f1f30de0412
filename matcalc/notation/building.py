"""What the nodes of a syntax tree make of formulas; names and functions are looked up by others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from matcalc.bound import total
from matcalc.expr import Expr, add, div, elementwise, entry, mul, neg, number, power, sub, transpose
from matcalc.indexed import indexed
from matcalc.notation.by_shape import bars, dot, exponential, norm, starpow, superscript_t
from matcalc.notation.syntax import Syntax
from matcalc.stacking import blocks


def made(node: Syntax, operands: list[Expr]) -> Expr:
    """What a node that is neither a name nor a function makes of its operands."""
    kind = node.kind
    if kind == "number":
        return number(node.value)  # type: ignore[arg-type]
    if kind in ("entry", "selected"):
        position = node.value
        assert isinstance(position, tuple)
        where = tuple(slice(None) if at is None else at for at in position)
        return entry(operands[0], where if len(where) == 2 else where[0])
    if kind == "total":
        return total(operands[0], node.value)  # type: ignore[arg-type]
    if kind == "blocks":
        assert isinstance(node.value, tuple)
        parts = iter(operands)
        return blocks([[next(parts) for _ in range(count)] for count in node.value])
    if kind == "factor":
        return operands[0]
    if kind == "indexed":
        assert isinstance(node.value, tuple)
        rows, cols = node.value
        return indexed(rows, cols, tuple(operands), tuple(_indices(factor) for factor in node.operands))
    if kind == "norm":
        return norm(node.value, *operands)
    if kind == "dot":
        return dot(operands[0], operands[1], node.value)
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
    "hadamard": partial(elementwise, "hadamard"),
    "eldiv": partial(elementwise, "eldiv"),
    "elpow": partial(elementwise, "elpow"),
    "bars": bars,
    "exponential": exponential,
    "starpow": starpow,
    "superscript_t": superscript_t,
}
