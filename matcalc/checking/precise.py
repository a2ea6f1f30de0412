"""Values of networks with fifty digits, at points that facts allow exactly: rounding cannot hide a difference there.

Entries are numbers of mpmath in NumPy's arrays of objects, so that sums and products are einsums.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from functools import reduce
from itertools import chain
from typing import Any

from matcalc.checking.elimination import summed
from matcalc.checking.members import exact, members_in
from matcalc.expr import Expr, name_of
from matcalc.families import is_of_matrices
from matcalc.functions.precise import LOST, Unsupported, digit, entrywise, number, of_record
from matcalc.lowering.branches import in_branches
from matcalc.lowering.selections import SELECTIONS
from matcalc.network.nodes import Node
from matcalc.position import at_sizes
from matcalc.rational import Fraction
from matcalc.walk import postorder

DIGITS = 50
STEP_DIGITS = 12  # a difference quotient with this step is right to twice as many digits
LARGEST = 1000  # entries of an array; more would take long

Array = Any


class Undefined(Exception):
    """The value is no real number at this point, or hangs on digits that it has not: that of a singular matrix."""


def values_of(
    nodes: list[Node], sizes: Mapping[str, int], variables: Mapping[Expr, Array], digits: int = DIGITS
) -> list[Array]:
    """The values of nodes at a point.

    Raises:
        Unsupported: a node cannot be evaluated so.
        Undefined: a value is not a real number.
    """
    import mpmath
    import numpy as np

    nodes = in_branches(nodes)
    with mpmath.workdps(digits):
        if any(math.prod(dim.at(sizes) for dim in v.shape) > LARGEST for v in variables):
            raise Unsupported
        given = {name_of(v): exactly(v, value, sizes) for v, value in variables.items()}
        found: dict[Node, Array] = {}
        for node in postorder(*nodes):
            if math.prod(dim.at(sizes) for dim in node.dims) > LARGEST:
                raise Unsupported
            try:
                found[node] = _value(node, sizes, given, [found[operand] for operand in node.operands])
            except (ZeroDivisionError, ValueError, OverflowError):  # it counts for nothing where it is not taken
                found[node] = np.full([dim.at(sizes) for dim in node.dims], mpmath.nan, dtype=object)
        values = [found[node] for node in nodes]
        if any(mpmath.isnan(entry) for value in values for entry in np.ravel(value)):
            raise Undefined
        return values


def agree(nodes: tuple[Node, Node], sizes: Mapping[str, int], variables: Mapping[Expr, Array]) -> bool:
    """Whether two nodes have the same value at a point: what differs by rounding vanishes when the digits are doubled.

    Raises:
        Unsupported, Undefined: see ``values_of``.
    """
    gap, size = _gap(*values_of(list(nodes), sizes, variables))
    if gap <= digit(DIGITS - LOST) * size:
        return True
    finer, size = _gap(*values_of(list(nodes), sizes, variables, 2 * DIGITS))
    return bool(finer <= max(digit(DIGITS - LOST) * gap, digit(2 * DIGITS - LOST) * size))


def _gap(a: Array, b: Array) -> tuple[Any, Any]:
    """The largest difference, and the largest of the values."""
    import numpy as np

    pairs = list(zip(np.ravel(a), np.ravel(b), strict=True))
    return max((abs(x - y) for x, y in pairs), default=0), max((max(abs(x), abs(y)) for x, y in pairs), default=0)


# ---------------------------------------------------------------- derivatives
def moved(value: Array, *directions: Array) -> Array:
    """A value moved by small multiples of directions, in all digits."""
    import mpmath
    import numpy as np

    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -STEP_DIGITS
        array = np.vectorize(mpmath.mpf, otypes=[object])(np.asarray(value, dtype=float))
        return reduce(lambda a, d: a + step * np.asarray(d, dtype=object), directions, array)


def quotient(terms: list[tuple[int, Array]], divisor: int, order: int) -> Array:
    """Σ sign·value over divisor·step^order, as doubles."""
    import mpmath
    import numpy as np

    with mpmath.workdps(DIGITS):
        total = reduce(operator.add, [sign * array for sign, array in terms])
        return np.asarray(total * mpmath.mpf(10) ** (STEP_DIGITS * order) / divisor, dtype=float)


# ---------------------------------------------------------------- points
def exactly(variable: Expr, value: Array, sizes: Mapping[str, int]) -> Array:
    """A value with its facts true to all digits."""
    import mpmath
    import numpy as np

    array = np.asarray(value)
    if array.dtype != object:
        array = np.vectorize(mpmath.mpf, otypes=[object])(array.astype(float))
        array = exact(variable, array, sizes, mpmath.mp.dps // 12)
    if is_of_matrices(variable):
        return np.stack(members_in(variable, array, sizes))
    return array.reshape(tuple(side for side, dim in zip(array.shape, variable.shape, strict=True) if dim.number != 1))


# ---------------------------------------------------------------- nodes
def _value(node: Node, sizes: Mapping[str, int], variables: Mapping[str, Array], operands: list[Array]) -> Array:
    import mpmath
    import numpy as np

    shape = tuple(dim.at(sizes) for dim in node.dims)
    match node.kind:
        case "variable":
            return variables[name_of(node.variable)]
        case "size":
            return np.array(mpmath.mpf(node.dimension.at(sizes)), dtype=object)
        case "constant":
            return np.array(mpmath.pi + 0, dtype=object)
        case "unit":
            where = at_sizes(node.place, sizes)
            if isinstance(where, range):
                return np.array([[mpmath.mpf(k == at) for k in range(shape[1])] for at in where], dtype=object)
            return np.array([mpmath.mpf(k == where) for k in range(shape[0])], dtype=object)
        case "sum":
            # an array first: a number of many digits would write it out before it gives way
            terms = [a * number(c) for c, a in zip(node.coefficients, operands, strict=True)]
            return np.asarray(reduce(operator.add, terms), dtype=object)
        case "contraction":
            return _contraction(node, shape, sizes, operands)
        case "reshape":
            return operands[0].reshape(shape)
        case "elementwise":
            return entrywise(of_record(node.function), *operands, chooses=node.function in SELECTIONS)
        case "opaque":
            if any(mpmath.isnan(entry) for operand in operands for entry in np.ravel(operand)):
                return np.full(shape, mpmath.nan, dtype=object)
            return _function(node, shape, operands)


def _function(node: Node, shape: tuple[int, ...], operands: list[Array]) -> Array:
    """A function of matrices as wholes, of one or of each."""
    import numpy as np

    if node.function.each is None:
        return np.asarray(of_record(node.function)(*operands), dtype=object)
    function, lead = of_record(node.function.each.function), node.function.each.lead
    made = np.empty(shape, dtype=object)
    for at in np.ndindex(*shape[:lead]):
        value = np.asarray(function(*(operand[at] for operand in operands)), dtype=object)
        made[at] = value if value.ndim else value.item()  # an array of no axes would become an entry itself
    return made


def _contraction(node: Node, shape: tuple[int, ...], sizes: Mapping[str, int], operands: list[Array]) -> Array:
    import numpy as np

    product = node.product
    out = tuple(dict.fromkeys(product.out))
    counts = [dim.at(sizes) for dim in product.sizes]
    used = {i for indices in product.indices for i in indices}
    kept = [i for i in out if i in used]
    scale = number(product.coefficient) * math.prod(
        counts[i] for i in range(len(counts)) if i not in used and i not in out
    )
    factors: list[tuple[Array, list[int]]] = []
    for array, indices, exponent in zip(operands, product.indices, product.exponents, strict=True):
        own = list(dict.fromkeys(indices))
        if len(own) < len(indices):  # of diag(1./L), the zeros beside the diagonal are no divisors
            array = np.asarray(np.einsum(array, list(indices), own), dtype=object)
        raised = array if exponent == 1 else entrywise(lambda x, e=exponent: _power(x, e), array)
        factors.append((raised, own))
    core = summed(factors, kept, counts, _multiplied) if factors else np.array(number(Fraction(1)))
    core = np.asarray(core * scale, dtype=object)
    if kept == list(product.out):
        return np.asarray(core, dtype=object)
    made = np.full(shape, number(Fraction(0)), dtype=object)
    for place in np.ndindex(*(counts[i] for i in out)):
        at = dict(zip(out, place, strict=True))
        made[tuple(at[i] for i in product.out)] = core[tuple(at[i] for i in kept)] if kept else core[()]
    return made


def _multiplied(factors: list[tuple[Array, list[int]]], kept: list[int]) -> Array:
    import numpy as np

    return np.asarray(np.einsum(*chain.from_iterable(factors), kept), dtype=object)


def _power(x: Any, exponent: Fraction) -> Any:
    import mpmath

    if exponent.denominator == 1:
        return x ** int(exponent) if x or exponent > 0 else mpmath.nan
    if x < 0:
        return mpmath.nan
    return mpmath.power(x, number(exponent))
