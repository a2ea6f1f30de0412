"""The formula that costs least: the steps of the optimal plan written as a formula, brackets showing the order."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from matcalc.expr import (
    Expr,
    add,
    block,
    call,
    constant,
    div,
    elementwise,
    eye,
    mul,
    neg,
    number,
    ones,
    power,
    size,
    sub,
    transpose,
    unit,
    variable,
)
from matcalc.function import Function
from matcalc.functions import INV, LOGDET, SOLVE, SQRT
from matcalc.lifting.lift import lift
from matcalc.network.build import contract
from matcalc.network.leaves import variable as leaf_of
from matcalc.network.nodes import Factor
from matcalc.parts import replaced
from matcalc.position import Position, Several, Single
from matcalc.program.planner import Program
from matcalc.program.step import Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim

_1 = Fraction(1)


class NoFormula(Exception):
    """A step has more than two axes, and no formula of its own."""


def formula_of(program: Program, result: Expr) -> Expr | None:
    """The formula of a program's first result; None where it passes through arrays of more than two axes."""
    made: dict[str, Expr] = {}
    for name, known in program.leaves.items():
        if known.kind == "variable":
            assert isinstance(known.data, Expr)
            transposed = known.data.shape.rows is ONE and len(known.dims) == 1
            made[name] = transpose(known.data) if transposed else known.data
        elif known.kind == "size":
            assert isinstance(known.data, Dim)
            made[name] = size(known.data)
        else:
            made[name] = constant(name) if known.kind == "constant" else number(Fraction(name))
    try:
        for step in program.steps:
            made[step.result] = _formula(step, [made[o] for o in step.operands])
    except NoFormula:
        return None
    found = made[program.results[0]]
    if found.shape == result.shape:
        return found
    return _transpose_of(found) if result.shape == found.shape.T else None


def _transpose_of(expr: Expr) -> Expr:
    return expr.operands[0] if expr.kind == "transpose" else transpose(expr)


def _sides(dims: tuple[Dim, ...]) -> tuple[Dim, Dim]:
    return (dims[0] if dims else ONE), (dims[1] if len(dims) > 1 else ONE)


def _formula(step: Step, operands: list[Expr]) -> Expr:
    write = _OF_STEP.get(step.operation)
    if write is None or len(step.dims) > 2:
        raise NoFormula
    return write(step, operands)


def _called(step: Step, operands: list[Expr]) -> Expr:
    if not isinstance(step.data, Function):
        raise NoFormula  # a function that emitted code alone has
    return call(step.data, *operands)


def _solved(step: Step, operands: list[Expr]) -> Expr:
    matrix = _transpose_of(operands[0]) if step.data[1] else operands[0]
    return call(SOLVE, matrix, operands[1])


def _unit(step: Step) -> Expr:
    if isinstance(step.data, Several):
        return block(eye(step.dims[1]), (step.data, None))
    return unit(step.dims[0], step.data)


def _taken(step: Step, whole: Expr) -> Expr:
    first, *second = step.data
    found = block(whole, (first, second[0] if second else None))
    return found if tuple(found.shape) == _sides(step.dims) else transpose(found)


def _placed(step: Step, found: Expr) -> Expr:
    """Unit vectors, or rows of the identity, on both sides of what is placed."""
    first, *second = (_selecting(at, dim) for at, dim in zip(step.data, step.dims, strict=True))
    if second and isinstance(step.data[0], Single):
        found = transpose(found)
    found = found if first is None else mul(first, found)
    return found if not second or second[0] is None else mul(found, transpose(second[0]))


def _joined(step: Step, operands: list[Expr]) -> Expr:
    """The sum of what is placed."""
    placed = [_placed(step._replace(data=at), part) for at, part in zip(step.data[0], operands, strict=True)]
    return reduce(add, placed)


def _selecting(at: Position, dim: Dim) -> Expr | None:
    if at is None:
        return None
    return unit(dim, at) if isinstance(at, Single) else transpose(block(eye(dim), (at, None)))


def _power(base: Expr, exponent: Fraction) -> Expr:
    if exponent == Fraction(1, 2):
        return call(SQRT, base)
    if base.shape.is_scalar:
        return div(number(1), base) if exponent == -1 else power(base, number(exponent))
    if exponent == -1:
        return elementwise("eldiv", number(1), base)
    return elementwise("elpow", base, number(exponent))


def _times(coefficient: Fraction, expr: Expr) -> Expr:
    return expr if coefficient == 1 else neg(expr) if coefficient == -1 else mul(number(coefficient), expr)


def _combined(data: tuple[Fraction, ...], operands: list[Expr]) -> Expr:
    *coefficients, offset = data
    ordered = sorted(zip(coefficients, operands, strict=True), key=lambda term: term[0] < 0)
    total: Expr | None = None
    for coefficient, operand in ordered:
        if total is None:
            total = _times(coefficient, operand)
        elif coefficient < 0:
            total = sub(total, _times(-coefficient, operand))
        else:
            total = add(total, _times(coefficient, operand))
    assert total is not None
    if not offset:
        return total
    return add(total, number(offset)) if offset > 0 else sub(total, number(-offset))


def _scaled(data: tuple[Fraction, bool, tuple[Fraction, ...]], operands: list[Expr]) -> Expr:
    coefficient, has_array, exponents = data
    scalars = operands[1:] if has_array else operands
    total = operands[0] if has_array else None
    for operand, exponent in zip(scalars, exponents, strict=True):
        if exponent < 0:
            below = operand if exponent == -1 else power(operand, number(-exponent))
            total = div(number(1) if total is None else total, below)
        else:
            factor = operand if exponent == 1 else _power(operand, exponent)
            total = factor if total is None else mul(factor, total)
    assert total is not None
    return _times(coefficient, total)


def _einsum(step: Step, operands: list[Expr]) -> Expr:
    """A product of one or two values, by way of the lifter."""
    *places, out = step.data
    if any(len(dims) > 2 for dims in step.operand_dims):
        raise NoFormula
    names = [variable(f"_{k}", *_sides(dims)) for k, dims in enumerate(step.operand_dims)]
    sizes: dict[int, Dim] = dict(zip(out, step.dims, strict=True))
    for indices, dims in zip(places, step.operand_dims, strict=True):
        sizes.update(zip(indices, dims, strict=True))
    coefficient = _1
    factors = []
    for operand, indices in zip(operands, places, strict=True):
        if operand.kind == "number":
            coefficient *= operand.data
        else:
            factors.append(Factor(leaf_of(names[operands.index(operand)]), indices, _1))  # equal ones are one
    found = lift(contract(coefficient, factors, out, sizes), min(1, len(out)))
    for name, operand in zip(names, operands, strict=True):
        found = replaced(found, name, operand)
    return found


_OF_STEP: dict[Operation, Callable[[Step, list[Expr]], Expr]] = {
    "function": _called,
    "power": lambda step, operands: _power(operands[0], step.data),
    "combine": lambda step, operands: _combined(step.data, operands),
    "scale": lambda step, operands: _scaled(step.data, operands),
    "factor": lambda step, operands: operands[0],
    "solve": _solved,
    "inverse": lambda step, operands: call(INV, operands[0]),
    "cholesky inverse": lambda step, operands: call(INV, operands[0]),
    "logdet": lambda step, operands: call(LOGDET, operands[0]),
    "permute": lambda step, operands: _transpose_of(operands[0]),
    "mask": lambda step, operands: call(step.data, ones(*step.dims)),
    "unit": lambda step, operands: _unit(step),
    "product": _einsum,
    "reduce": _einsum,
    "embed": _einsum,
    "take": lambda step, operands: _taken(step, operands[0]),
    "place": lambda step, operands: _placed(step, operands[0]),
    "join": lambda step, operands: _joined(step, operands),
}
