"""Canonical application of functions: elementwise ones and opaque functions of whole matrices."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.function import Kernel
from matcalc.functions import FUNCTIONS, POWER
from matcalc.network import properties, scalings, separable
from matcalc.network.build import (
    add,
    contract,
    number,
    permute,
    scale,
    size,
    split_coefficient,
    spread_axes,
    unspread,
)
from matcalc.network.identities import one_plus_exp
from matcalc.network.low_rank import determinant
from matcalc.network.nodes import Factor, Node, constant_value, is_function
from matcalc.network.roots import squared_root
from matcalc.network.scalings import diagonal_of, matrices_of
from matcalc.network.shifts import less_logsumexp, without_shift
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, Form

_1 = Fraction(1)
# What a formula of a record is of nodes, scalars or columns; ``lower``, which reads formulas, enters it.
FORMULA: list[Callable[[str, Kernel, tuple[Node, ...]], Node]] = []


def elementwise(function: Kernel, operands: tuple[Node, ...]) -> Node:
    """f applied to every entry of operands of equal dims."""
    operand = operands[0]
    if function is POWER:
        return _power(*operands)
    if len(operands) > 1:
        return Node("elementwise", operands, function, operand.dims)
    value = _at_number(function, constant_value(operand))
    if value is not None:
        return number(Fraction(value), operand.dims)
    spread = spread_axes(operand) if operand.kind == "contraction" else ()
    if spread:
        return _respread(function, operand, spread)
    if operand.rank == 2:
        turned = properties.reads_better_turned(operand)
        if turned is not None:
            return permute(elementwise(function, (turned,)), (1, 0))
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
    if base.kind == "contraction" and len(base.operands) == 1 and base.data.coefficient == 1:
        inner = base.factors[0]
        if inner.indices == base.data.out == out and inner.exponent != 1:
            whole = exponent.denominator == 1
            total = inner.exponent * exponent
            if not whole and inner.exponent % 2 == 0 and not properties.is_nonnegative(inner.node):
                return raised(elementwise(FUNCTIONS["abs"], (inner.node,)), total)
            if whole or inner.exponent.denominator % 2 == 0 or properties.is_nonnegative(inner.node):
                return contract(_1, [Factor(inner.node, out, total)], out, sizes)
    if base.kind == "contraction" and base.data.coefficient == 0 and exponent < 0:
        raise ZeroDivisionError("division by zero")
    return contract(_1, [Factor(base, out, exponent)], out, sizes)


# ---------------------------------------------------------------- special values of elementwise functions
def _exp(operand: Node) -> Node | None:
    """exp(c·u) = exp(u)^c; exp(log(u)) = u, exp(v·log(u)) = u^v, softmax by its log."""
    coefficient, core = split_coefficient(operand)
    if is_function(core, "log"):
        return raised(core.operands[0], coefficient)
    found = less_logsumexp(coefficient, core)
    if found is not None:
        name, inner, power = found
        return raised(opaque(FUNCTIONS[name], (inner,)), power)
    as_power = _exp_of_log(operand)
    if as_power is None and coefficient != 1 and coefficient:
        return raised(elementwise(FUNCTIONS["exp"], (core,)), coefficient)
    return as_power


def _exp_of_log(operand: Node) -> Node | None:
    """exp(v·log(u)) = u^v, which are both defined for positive u."""
    if operand.kind != "contraction" or operand.data.out != tuple(range(operand.rank)):
        return None
    factors = operand.factors
    log = next((f for f in factors if is_function(f.node, "log") and f.exponent == 1), None)
    if log is None or not set(log.indices) <= set(operand.data.out):
        return None
    sizes = dict(enumerate(operand.data.sizes))
    base = contract(_1, [Factor(log.node.operands[0], log.indices, _1)], operand.data.out, sizes)
    exponent = contract(operand.data.coefficient, [f for f in factors if f is not log], operand.data.out, sizes)
    return elementwise(POWER, (base, exponent))


def _log(operand: Node) -> Node | None:
    if is_function(operand, "exp"):
        return operand.operands[0]
    if is_function(operand, "sigmoid"):
        return scale(-_1, elementwise(FUNCTIONS["softplus"], (scale(-_1, operand.operands[0]),)))
    if is_function(operand, "softmax"):
        (inner,) = operand.operands
        total = contract(_1, [Factor(opaque(FUNCTIONS["logsumexp"], (inner,)), (), _1)], (0,), {0: inner.dims[0]})
        return add([(_1, inner), (-_1, total)], operand.dims)
    if is_function(operand, "rowsoftmax"):
        (inner,) = operand.operands
        rows = opaque(FUNCTIONS["rowlogsumexp"], (inner,))
        total = contract(_1, [Factor(rows, (0,), _1)], (0, 1), dict(enumerate(inner.dims)))
        return add([(_1, inner), (-_1, total)], operand.dims)
    if operand.kind == "sum":
        found = one_plus_exp(operand)
        if found is not None:
            exp, power = found
            return elementwise(FUNCTIONS["softplus"], (scale(power, exp.operands[0]),))
    if operand.kind == "contraction" and len(operand.operands) == 1 and operand.data.coefficient == 1:
        return _log_of_power(operand)
    return None


def _log_of_power(operand: Node) -> Node | None:
    inner = operand.factors[0]
    out = operand.data.out
    if inner.indices == out and inner.exponent != 1 and len(set(out)) == len(out):
        if inner.exponent % 2 != 0 or properties.is_positive(inner.node):
            return scale(inner.exponent, elementwise(FUNCTIONS["log"], (inner.node,)))
    sums_one_axis = inner.node.rank - operand.rank == 1 and len(set(inner.indices)) == inner.node.rank <= 2
    if is_function(inner.node, "exp") and sums_one_axis and out == tuple(range(operand.rank)):
        argument = scale(inner.exponent, inner.node.operands[0])
        if argument.rank == 1:
            return opaque(FUNCTIONS["logsumexp"], (argument,))
        summed = next(axis for axis, i in enumerate(inner.indices) if i not in out)
        return opaque(FUNCTIONS["rowlogsumexp"], (permute(argument, (1, 0)) if summed == 0 else argument,))
    return None


def _abs(operand: Node) -> Node | None:
    return operand if properties.is_nonnegative(operand) else None


_SPECIAL: dict[str, Callable[[Node], Node | None]] = {"exp": _exp, "log": _log, "abs": _abs}


# ---------------------------------------------------------------- opaque functions
def opaque(function: Kernel, operands: tuple[Node, ...]) -> Node:
    """A function of matrices as wholes; the axes of the result are the letters of its signature, 1s left out."""
    if function.transposes and operands[0].rank == 2:
        turned = properties.reads_better_turned(operands[0])
        if turned is not None:
            made = opaque(function, (turned,))
            return permute(made, (1, 0)) if function.transposes == "moves" else made
    found = _of_scalar(function, operands) or _of_diagonal(function, operands) or _shifted(function, operands)
    if found is not None:
        return found
    special = _OPAQUE.get(function.name)
    if special is not None:
        found = special(*operands)
        if found is not None:
            return found
    return Node("opaque", operands, function, _result_dims(function, operands))


def _of_scalar(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """The function of 1×1 matrices."""
    text = function.of_scalar or function.of_diagonal
    if not text or any(operand.rank for operand in operands):
        return None
    return FORMULA[0](text, function, operands)


def _of_diagonal(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """The function of a matrix that is diagonal by form."""
    diagonal = diagonal_of(operands[0]) if function.of_diagonal else None
    if diagonal is None:
        return None
    entries = FORMULA[0](function.of_diagonal, function, (diagonal,))
    return contract(_1, [Factor(entries, (0,), _1)], (0, 0), {0: diagonal.dims[0]})


def _shifted(function: Kernel, operands: tuple[Node, ...]) -> Node | None:
    """The function without the terms that are the same along the last axis."""
    shifted = without_shift(operands[0]) if function.shifts else None
    if shifted is None:
        return None
    moving, fixed = shifted
    made = opaque(function, (moving,))
    return add([(_1, fixed), (_1, made)], fixed.dims) if function.shifts == "moves" else made


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
    return dims


def _scalars(node: Node) -> Node:
    """The coefficient and the scalar factors of a contraction, as one scalar."""
    return contract(node.data.coefficient, [f for f in node.factors if not f.indices], (), {})


def _inv(node: Node) -> Node | None:
    if is_function(node, "inv") or is_function(node, "pinv"):  # where it has an inverse, pinv(X) is that of X
        return node.operands[0]
    if is_function(node, "expm"):
        return opaque(node.data, (scale(-_1, node.operands[0]),))
    if properties.is_orthogonal(node):
        return permute(node, (1, 0))
    diagonal = diagonal_of(node)
    if diagonal is not None:
        return contract(_1, [Factor(raised(diagonal, -_1), (0,), _1)], (0, 0), {0: node.dims[0]})
    scaled = scalings.unscaled(node)
    if scaled is not None:
        return scalings.chained(tuple(opaque(FUNCTIONS["inv"], (part,)) for part in reversed(scaled)))
    chain = matrices_of(node)
    if chain is None:
        return separable.inverse(node, lambda part: opaque(FUNCTIONS["inv"], (part,)))
    scalar = _scalars(node)
    if len(chain) == 1 and constant_value(scalar) == 1:
        return None
    factors = [Factor(scalar, (), -_1)]
    for k, matrix in enumerate(reversed(chain)):
        factors.append(Factor(opaque(FUNCTIONS["inv"], (matrix,)), (k, k + 1), _1))
    return contract(_1, factors, (0, len(chain)), dict.fromkeys(range(len(chain) + 1), node.dims[0]))


def _pinv(node: Node) -> Node | None:
    if is_function(node, "pinv"):
        return node.operands[0]
    diagonal = diagonal_of(node)
    if properties.is_invertible(node) or (diagonal is not None and properties.is_positive(diagonal)):
        return opaque(FUNCTIONS["inv"], (node,))
    return None


def _det(node: Node) -> Node | None:
    if is_function(node, "inv"):
        return raised(opaque(FUNCTIONS["det"], node.operands), -_1)
    if is_function(node, "expm"):
        return elementwise(FUNCTIONS["exp"], (_trace(node.operands[0]),))
    square = squared_root(node)
    if square is not None:
        return raised(opaque(FUNCTIONS["det"], (square,)), Fraction(1, 2))
    plus_outer = determinant(node)
    if plus_outer is not None:
        return plus_outer
    scaled = scalings.unscaled(node)
    if scaled is not None:
        return contract(_1, [Factor(opaque(FUNCTIONS["det"], (part,)), (), _1) for part in scaled], (), {})
    chain = matrices_of(node)
    if chain is None or (len(chain) == 1 and constant_value(_scalars(node)) == 1):
        return None
    if constant_value(_scalars(node)) != 1:
        return None  # det(c*A) = c^n*det(A): a power with the dimension, which does not read better
    return contract(_1, [Factor(opaque(FUNCTIONS["det"], (matrix,)), (), _1) for matrix in chain], (), {})


def _logdet(node: Node) -> Node | None:
    if is_function(node, "inv"):
        return scale(-_1, opaque(FUNCTIONS["logdet"], node.operands))
    if is_function(node, "expm"):
        return _trace(node.operands[0])
    square = squared_root(node)
    if square is not None:
        return scale(Fraction(1, 2), opaque(FUNCTIONS["logdet"], (square,)))
    plus_outer = determinant(node)
    if plus_outer is not None:
        return _log_abs(plus_outer)
    diagonal = diagonal_of(node)
    if diagonal is not None:
        return scalings.summed(_log_abs(diagonal))
    scaled = scalings.unscaled(node)
    if scaled is not None:
        return add([(_1, opaque(FUNCTIONS["logdet"], (part,))) for part in scaled], ())
    chain = matrices_of(node)
    if chain is None:
        return separable.logdet(node, lambda part: opaque(FUNCTIONS["logdet"], (part,)))
    if len(chain) == 1 and constant_value(_scalars(node)) == 1:
        return None
    terms = [(_1, opaque(FUNCTIONS["logdet"], (matrix,))) for matrix in chain]
    scalar = _scalars(node)
    if constant_value(scalar) != 1:
        factors = [Factor(_log_abs(scalar), (), _1), Factor(size(node.dims[0]), (), _1)]
        terms.append((_1, contract(_1, factors, (), {})))
    return add(terms, ())


def _log_abs(node: Node) -> Node:
    return elementwise(FUNCTIONS["log"], (elementwise(FUNCTIONS["abs"], (node,)),))


def _invgaps(node: Node) -> Node | None:
    return opaque(FUNCTIONS["eiggap"], node.operands) if is_function(node, "eigvals") else None


def _trace(node: Node) -> Node:
    return contract(_1, [Factor(node, (0, 0), _1)], (), {0: node.dims[0]})


def _divdiff(points: Node, values: Node, slopes: Node) -> Node | None:
    """Those of c*x are c."""
    coefficient, core = split_coefficient(values)
    linear = core is points and constant_value(slopes) == coefficient
    return number(coefficient, (*points.dims, *points.dims)) if linear else None


# What is known beyond the records, of functions of functions.
_OPAQUE: dict[str, Callable[..., Node | None]] = {
    "inv": _inv,
    "det": _det,
    "logdet": _logdet,
    "max": scalings.of_equal_entries,
    "min": scalings.of_equal_entries,
    "eigvals": scalings.eigvals,
    "eigvecs": scalings.eigvecs,
    "spectralnorm": scalings.norm_of_singular_values("spectralnorm", scalings.largest),
    "nuclearnorm": scalings.norm_of_singular_values("nuclearnorm", scalings.summed),
    "polar": scalings.polar,
    "sqrtm": scalings.sqrtm,
    "cholesky": scalings.cholesky,
    "invgaps": _invgaps,
    "divdiff": _divdiff,
    "pinv": _pinv,
}
