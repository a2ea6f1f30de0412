"""Canonical application of functions: elementwise ones and opaque functions of whole matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

from matcalc.function import Function, Kernel
from matcalc.functions import (
    ABS,
    ATLEAST,
    CONVTENSOR,
    DIFFERS,
    EITHER,
    EQUALS,
    EXP,
    LOG,
    LOGSUMEXP,
    LOWERTENSOR,
    NOT,
    POWER,
    RELU,
    RODRIGUES,
    ROWLOGSUMEXP,
    ROWSOFTMAX,
    SOFTMAX,
    STEP,
    UPPERTENSOR,
    WHERE,
)
from matcalc.network import orientation, properties
from matcalc.network.build import add, contract, permute, scale, unspread
from matcalc.network.leaves import number, split_coefficient, spread_axes, unit
from matcalc.network.nodes import Factor, Node, constant_value, is_function, is_one_of
from matcalc.placements import stacked, taken_at
from matcalc.position import positions
from matcalc.rational import Fraction
from matcalc.rules.blocks import of_blocks
from matcalc.rules.formulas import of_nodes
from matcalc.rules.matching.lines import of_function
from matcalc.rules.matching.splitting import diagonal_of, vector_of_skew
from matcalc.shape import ONE, Dim, Form

_1 = Fraction(1)


def elementwise(function: Kernel, operands: tuple[Node, ...]) -> Node:
    """f applied to every entry of operands of equal dims."""
    operand = operands[0]
    if function is POWER:
        return _power(*operands)
    if function is NOT:
        return complement(operand)
    if len(operands) > 1:
        found = of_function(function.name, operands)
        if found is None and function in _OF_CONDITIONS:
            found = _OF_CONDITIONS[function](*operands)
        return found or Node("elementwise", operands, function, operand.dims)
    value = _at_number(function, constant_value(operand))
    if value is not None:
        return number(Fraction(value), operand.dims)
    spread = spread_axes(operand) if operand.kind == "contraction" else ()
    if spread:
        return _respread(function, operand, spread)
    if operand.rank == 2:
        transposed = orientation.reads_better_transposed(operand)
        if transposed is not None:
            return permute(elementwise(function, (transposed,)), (1, 0))
    by_line = of_function(function.name, operands)
    if by_line is not None:
        value = constant_value(by_line)
        return by_line if value is None else number(value, operand.dims)
    special = _SPECIAL.get(function.name)
    if special is not None:
        found = special(operand)
        if found is not None:
            return found
    if function.parity:
        coefficient, _ = split_coefficient(operand)
        if coefficient < 0:
            plain = elementwise(function, (scale(-_1, operand),))
            return scale(-_1, plain) if function.parity == "odd" else plain
    return Node("elementwise", operands, function, operand.dims)


def _at_number(function: Kernel, operand: Fraction | None) -> Fraction | int | None:
    """The value at 0 or at 1, where the record has it."""
    return function.at_zero if operand == 0 else function.at_one if operand == 1 else None


def _respread(function: Kernel, node: Node, axes: tuple[int, ...]) -> Node:
    kept = tuple(axis for axis in range(node.rank) if axis not in axes)
    applied = elementwise(function, (unspread(node, kept),))
    return contract(_1, [Factor(applied, kept, _1)], tuple(range(node.rank)), dict(enumerate(node.dims)))


def _power(base: Node, exponent: Node) -> Node:
    """u.^v where v is not one number."""
    value = constant_value(exponent)
    if value is not None:
        return raised(base, value)
    if constant_value(base) == 1:
        return base
    return Node("elementwise", (base, exponent), POWER, base.dims)


def raised(node: Node, exponent: Fraction) -> Node:
    """node.^exponent."""
    if exponent == 1:
        return node
    if exponent == 0:
        return number(_1, node.dims)
    out = tuple(range(node.rank))
    sizes = dict(enumerate(node.dims))
    base = node
    if base.kind == "contraction" and len(base.operands) == 1 and base.product.coefficient == 1:
        inner = base.factors[0]
        if inner.indices == base.product.out == out and inner.exponent != 1:
            whole = exponent.denominator == 1
            total = inner.exponent * exponent
            if not whole and inner.exponent % 2 == 0 and not properties.is_nonnegative(inner.node):
                return raised(elementwise(ABS, (inner.node,)), total)
            if whole or inner.exponent.denominator % 2 == 0 or properties.is_nonnegative(inner.node):
                return contract(_1, [Factor(inner.node, out, total)], out, sizes)
    if base.kind == "contraction" and base.product.coefficient == 0 and exponent < 0:
        raise ZeroDivisionError("division by zero")
    return contract(_1, [Factor(base, out, exponent)], out, sizes)


# ---------------------------------------------------------------- conditions
_OPPOSITES: dict[Kernel, Function] = {STEP: ATLEAST, ATLEAST: STEP, EQUALS: DIFFERS, DIFFERS: EQUALS}


def complement(condition: Node) -> Node:
    """What holds where a condition does not: of u > 0, -u >= 0."""
    value = constant_value(condition)
    if value is not None:
        return number(1 - value, condition.dims)
    if is_one_of(condition, _OPPOSITES):
        (u,) = condition.operands
        return elementwise(_OPPOSITES[condition.function], (scale(-_1, u),))
    if is_function(condition, EITHER):
        return _both(*map(complement, condition.operands))
    if condition.kind == "contraction" and condition.product.coefficient == 1 and _is_entrywise(condition):
        out = tuple(range(condition.rank))
        sizes = dict(enumerate(condition.dims))
        opposites = [contract(_1, [f._replace(node=complement(f.node))], out, sizes) for f in condition.factors]
        return reduce(_either, opposites)
    return add([(_1, number(_1, condition.dims)), (-_1, condition)], condition.dims)


def _is_entrywise(product: Node) -> bool:
    """Whether an entry of a product is made of the same entries of its factors, each once."""
    return product.product.out == tuple(range(product.rank)) == tuple(range(len(product.product.sizes))) and all(
        e == 1 for e in product.product.exponents
    )


def _both(u: Node, v: Node) -> Node:
    out = tuple(range(u.rank))
    return contract(_1, [Factor(u, out, _1), Factor(v, out, _1)], out, dict(enumerate(u.dims)))


def _either(u: Node, v: Node) -> Node:
    """Whether one of two conditions holds, in an order that does not depend on how it is written."""
    for one, other in ((u, v), (v, u)):
        value = constant_value(one)
        if value is not None:
            return other if value == 0 else one
    if u is v:
        return u
    if complement(u) is v:
        return number(_1, u.dims)
    first, second = sorted((u, v), key=Node.order)
    return Node("elementwise", (first, second), EITHER, u.dims)


def _by_cases(condition: Node, u: Node, v: Node) -> Node:
    """A sum, of which one term is taken: conditions are strong zeros."""
    if u is v:
        return u
    if is_one_of(condition, (STEP, ATLEAST)) and condition.operands[0] is u:
        if v is scale(-_1, u):
            return elementwise(ABS, (u,))
        if condition.function is STEP and constant_value(v) == 0:
            return elementwise(RELU, (u,))
    return add([(_1, _both(condition, u)), (_1, _both(complement(condition), v))], condition.dims)


_OF_CONDITIONS: dict[Kernel, Callable[..., Node]] = {EITHER: _either, WHERE: _by_cases}


# ---------------------------------------------------------------- special values of elementwise functions
_SOFTMAX = {LOGSUMEXP: SOFTMAX, ROWLOGSUMEXP: ROWSOFTMAX}


def _exp(operand: Node) -> Node | None:
    """exp(c·u) = exp(u)^c; exp(v·log(u)) = u^v, softmax by its log: no lines, since numbers c are split off first."""
    coefficient, core = split_coefficient(operand)
    found = _less_logsumexp(coefficient, core)
    if found is not None:
        function, inner, power = found
        return raised(opaque(function, (inner,)), power)
    as_power = _exp_of_log(operand)
    if as_power is None and coefficient != 1 and coefficient:
        return raised(elementwise(EXP, (core,)), coefficient)
    return as_power


def _less_logsumexp(coefficient: Fraction, total: Node) -> tuple[Function, Node, Fraction] | None:
    """softmax, x and p, where coefficient·total is p·(x - logsumexp(x)); rowsoftmax for the rows of a matrix."""
    for c, node in total.terms if total.kind == "sum" else []:
        if node.kind != "contraction" or spread_axes(node) != (total.rank - 1,) or len(node.operands) != 1:
            continue
        (sums,), power = node.operands, -c * coefficient
        if node.product.exponents[0] != 1 or not is_one_of(sums, _SOFTMAX):
            continue
        rest = [(k * coefficient / power, other) for k, other in total.terms if other is not node]
        if add(rest, total.dims) is sums.operands[0]:
            return _SOFTMAX[sums.record], sums.operands[0], power
    return None


def _exp_of_log(operand: Node) -> Node | None:
    """exp(v·log(u)) = u^v, which are both defined for positive u."""
    if operand.kind != "contraction" or operand.product.out != tuple(range(operand.rank)):
        return None
    factors = operand.factors
    log = next((f for f in factors if is_function(f.node, LOG) and f.exponent == 1), None)
    if log is None or not set(log.indices) <= set(operand.product.out):
        return None
    sizes = dict(enumerate(operand.product.sizes))
    base = contract(_1, [Factor(log.node.operands[0], log.indices, _1)], operand.product.out, sizes)
    exponent = contract(operand.product.coefficient, [f for f in factors if f is not log], operand.product.out, sizes)
    return elementwise(POWER, (base, exponent))


def _log_of_power(operand: Node) -> Node | None:
    """log(u^c) = c·log(u), where that has the same domain: no line, since c decides where it has."""
    if operand.kind != "contraction" or len(operand.operands) != 1 or operand.product.coefficient != 1:
        return None
    inner = operand.factors[0]
    out = operand.product.out
    if inner.indices == out and inner.exponent != 1 and len(set(out)) == len(out):
        if inner.exponent % 2 != 0 or properties.is_positive(inner.node):
            return scale(inner.exponent, elementwise(LOG, (inner.node,)))
    return None


_SPECIAL: dict[str, Callable[[Node], Node | None]] = {"exp": _exp, "log": _log_of_power}


# ---------------------------------------------------------------- opaque functions
def opaque(function: Kernel, operands: tuple[Node, ...]) -> Node:
    """A function of matrices as wholes; the axes of the result are the letters of its signature, 1s left out."""
    if function.transposes and operands[0].rank == 2:
        transposed = orientation.reads_better_transposed(operands[0])
        if transposed is not None:
            made = opaque(function, (transposed, *operands[1:]))
            return permute(made, (1, 0)) if function.transposes == "moves" else made
    by_line = of_function(function.name, operands)
    if by_line is not None:
        return by_line
    special = _SPECIAL_OF_MATRICES.get(function.name)
    found = special(operands) if special is not None else None
    found = found or _of_scalar(function, operands) or _of_diagonal(function, operands)
    found = found or of_blocks(function, operands[0], opaque)
    if found is not None:
        return found
    return Node("opaque", operands, function, _result_dims(function, operands))


def _rotation(operands: tuple[Node, ...]) -> Node | None:
    """expm(hat(x)) = rodrigues(x)."""
    axis = vector_of_skew(operands[0])
    return None if axis is None else opaque(RODRIGUES, (axis,))


def _array_of_convolutions(operands: tuple[Node, ...]) -> Node | None:
    """The array for columns of m and n entries from that for n and m; beside a single entry it is the identity."""
    first, second = operands
    if not first.rank or not second.rank:
        dims = first.dims or second.dims
        return contract(_1, [], (0, 0), dict(enumerate(dims))) if dims else number(_1)
    turned = second.order() < first.order()
    return permute(opaque(CONVTENSOR, (second, first)), (0, 2, 1)) if turned else None


def _array_of_diagonals(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """Of a matrix with a single row or column, on whose diagonals there is one entry each: no axis stands for that."""
    height, width = operands
    if height.rank and width.rank:
        return None
    sizes = dict(enumerate(height.dims or width.dims))
    diagonal = contract(_1, [], (0, 0), sizes) if sizes else number(_1)
    if function is LOWERTENSOR:
        return number(_1) if not sizes else unit(width.dims[0], 0) if width.rank else diagonal
    if not width.rank:
        return number(Fraction(0), height.dims)
    first = Factor(unit(width.dims[0], 0), (0,), _1)
    return add([(_1, diagonal), (-_1, contract(_1, [first], (0, 0), sizes))], diagonal.dims)


def _one_row_or_column(operands: tuple[Node, ...]) -> Node | None:
    """A Toeplitz matrix of one column, or of one row, whose first entry is the column's."""
    column, row = operands
    if not row.rank:
        return column
    if column.rank:
        return None
    (width,) = row.dims
    if width.number is not None:
        behind = positions(ONE, width.plus(ONE, -1))
        return stacked([(0, column), (behind, taken_at(row, 0, behind))], 0, row.dims)
    sizes = {0: width}  # which may be 1, so that there may be nothing behind the first entry
    first = Factor(unit(width, 0), (0,), _1)
    own = contract(_1, [first, Factor(row, (0,), _1)], (0,), sizes)
    return add([(_1, row), (-_1, own), (_1, contract(_1, [first, Factor(column, (), _1)], (0,), sizes))], row.dims)


_SPECIAL_OF_MATRICES: dict[str, Callable[[tuple[Node, ...]], Node | None]] = {
    "expm": _rotation,
    "convtensor": _array_of_convolutions,
    "lowertensor": partial(_array_of_diagonals, LOWERTENSOR),
    "uppertensor": partial(_array_of_diagonals, UPPERTENSOR),
    "toeplitz": _one_row_or_column,
}


def _of_scalar(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """The function of 1×1 matrices."""
    text = function.of_scalar or function.of_diagonal
    if not text or any(operand.rank for operand in operands):
        return None
    return of_nodes(text, function, operands)


def _of_diagonal(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """The function of a matrix that is diagonal by form."""
    diagonal = diagonal_of(operands[0]) if function.of_diagonal else None
    if diagonal is None:
        return None
    entries = of_nodes(function.of_diagonal, function, (diagonal,))
    return contract(_1, [Factor(entries, (0,), _1)], (0, 0), {0: diagonal.dims[0]})


def _result_dims(function: Kernel, operands: tuple[Node, ...]) -> tuple[Dim, ...]:
    form = function.shape.forms[0]  # orientation does not count here
    dims = {**letter_dims(form, operands), **dict(function.fixed)}
    return tuple(dims[x] for side in form.result for x in side if dims[x] is not ONE)


def letter_dims(form: Form, operands: tuple[Node, ...]) -> dict[str, Dim]:
    """What the letters of a signature stand for, where operands have one axis per letter, 1s left out.

    An operand with fewer axes than letters is a column, as far as its axes go; functions that tell rows from columns
    do not come here with one (see ``lower``).
    """
    dims: dict[str, Dim] = {}
    for letters, operand in zip(form.operands, operands, strict=True):
        wanted = [x for side in letters for x in side]
        have = list(operand.dims)
        if len(wanted) == len(have):
            dims.update(zip(wanted, have, strict=True))
        else:
            distinct = list(dict.fromkeys(wanted))
            padded = have + [ONE] * (len(distinct) - len(have))
            dims.update(zip(distinct, padded, strict=False))
    return form.with_sums({**form.numbers, **dims}) if form.sums or form.numbers else dims
