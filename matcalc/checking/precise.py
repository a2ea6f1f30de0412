"""Values of networks with fifty digits, at points that facts allow exactly: rounding cannot hide a difference there.

Entries are numbers of mpmath in NumPy's arrays of objects, so that sums and products are einsums.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from matcalc.expr import Expr
from matcalc.network.nodes import Node
from matcalc.rational import Fraction
from matcalc.walk import postorder

DIGITS = 50
STEP_DIGITS = 12  # a difference quotient with this step is right to twice as many digits
LARGEST = 4000  # entries of an array; more would take long

Array = Any


class Unsupported(Exception):
    """A function that has no evaluation with many digits here, or an array that is too large."""


class Undefined(Exception):
    """The value is no real number at this point."""


def values_of(nodes: list[Node], sizes: Mapping[str, int], variables: Mapping[Expr, Array]) -> list[Array]:
    """The values of nodes at a point.

    Raises:
        Unsupported: a node cannot be evaluated so.
        Undefined: a value is not a real number.
    """
    import mpmath

    with mpmath.workdps(DIGITS):
        given = {v: _exact(v, value) for v, value in variables.items()}
        found: dict[Node, Array] = {}
        for node in postorder(*nodes):
            if math.prod(dim.at(sizes) for dim in node.dims) > LARGEST:
                raise Unsupported
            try:
                found[node] = _value(node, sizes, given, [found[operand] for operand in node.operands])
            except (ZeroDivisionError, ValueError, OverflowError) as error:
                raise Undefined from error
        return [found[node] for node in nodes]


def agree(a: Array, b: Array) -> bool:
    """Whether two values are the same in all but the last digits."""
    import mpmath
    import numpy as np

    with mpmath.workdps(DIGITS):
        pairs = list(zip(np.ravel(a), np.ravel(b), strict=True))
        size = max((max(abs(x), abs(y)) for x, y in pairs), default=mpmath.mpf(0))
        return bool(all(abs(x - y) <= mpmath.mpf(10) ** (15 - DIGITS) * max(size, mpmath.mpf(1)) for x, y in pairs))


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
def _exact(variable: Expr, value: Array) -> Array:
    """A value with its facts true to all digits."""
    import mpmath
    import numpy as np

    array = np.asarray(value)
    if array.dtype != object:
        array = np.vectorize(mpmath.mpf, otypes=[object])(array.astype(float))
    facts = variable.data[1]
    if "orthogonal" in facts:
        array = _array(mpmath.qr(mpmath.matrix(array.tolist()))[0])
    if "unitnorm" in facts:
        array = array / mpmath.sqrt(np.sum(array * array))
    if "sumstoone" in facts:
        array = array / np.sum(array)
    return array.reshape(tuple(side for side, dim in zip(array.shape, variable.shape, strict=True) if dim.number != 1))


def _array(matrix: Any) -> Array:
    import numpy as np

    return np.array(matrix.tolist(), dtype=object)


# ---------------------------------------------------------------- nodes
def _value(node: Node, sizes: Mapping[str, int], variables: Mapping[Expr, Array], operands: list[Array]) -> Array:
    import mpmath
    import numpy as np

    shape = tuple(dim.at(sizes) for dim in node.dims)
    match node.kind:
        case "variable":
            return next(array for v, array in variables.items() if v.data[0] == node.data.data[0])
        case "size":
            return np.array(mpmath.mpf(node.data.at(sizes)), dtype=object)
        case "constant":
            return np.array(mpmath.pi + 0, dtype=object)
        case "unit":
            if isinstance(node.data, range):
                rows = [[mpmath.mpf(k == at) for k in range(shape[1])] for at in node.data]
                return np.array(rows, dtype=object)
            return np.array([mpmath.mpf(k == node.data) for k in range(shape[0])], dtype=object)
        case "sum":
            terms = [_number(c) * a for c, a in zip(node.data, operands, strict=True)]
            return np.asarray(reduce(operator.add, terms), dtype=object)
        case "contraction":
            return _contraction(node, shape, sizes, operands)
        case "reshape":
            return operands[0].reshape(shape)
        case "elementwise":
            return _entrywise(_ELEMENTWISE.get(node.data.name), *operands)
    apply = _OPAQUE.get(node.data.name)
    if apply is None:
        raise Unsupported
    return np.asarray(apply(*operands), dtype=object)


def _number(value: Fraction) -> Any:
    import mpmath

    return mpmath.mpf(value.numerator) / value.denominator


def _contraction(node: Node, shape: tuple[int, ...], sizes: Mapping[str, int], operands: list[Array]) -> Array:
    import numpy as np

    product = node.data
    out = tuple(dict.fromkeys(product.out))
    counts = [dim.at(sizes) for dim in product.sizes]
    used = {i for indices in product.indices for i in indices}
    kept = [i for i in out if i in used]
    scale = _number(product.coefficient) * math.prod(
        counts[i] for i in range(len(counts)) if i not in used and i not in out
    )
    arguments: list[Any] = []
    for array, indices, exponent in zip(operands, product.indices, product.exponents, strict=True):
        arguments += [_entrywise(lambda x, e=exponent: _power(x, e), array), list(indices)]
    core = np.asarray(np.einsum(*arguments, kept), dtype=object) if arguments else np.array(_number(Fraction(1)))
    core = np.asarray(core * scale, dtype=object)
    if kept == list(product.out):
        return np.asarray(core, dtype=object)
    made = np.full(shape, _number(Fraction(0)), dtype=object)
    for place in np.ndindex(*(counts[i] for i in out)):
        at = dict(zip(out, place, strict=True))
        made[tuple(at[i] for i in product.out)] = core[tuple(at[i] for i in kept)] if kept else core[()]
    return made


def _power(x: Any, exponent: Fraction) -> Any:
    import mpmath

    if exponent.denominator == 1:
        return x ** int(exponent)
    if x < 0:
        raise ValueError("a root of a negative number")
    return mpmath.power(x, _number(exponent))


def _entrywise(function: Callable[..., Any] | None, *arrays: Array) -> Array:
    import mpmath
    import numpy as np

    if function is None:
        raise Unsupported

    def real(*entries: Any) -> Any:
        value = function(*entries)
        if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value):
            raise ValueError("not a real number")
        return value

    return np.asarray(np.vectorize(real, otypes=[object])(*arrays), dtype=object)


# ---------------------------------------------------------------- functions
def _mp(name: str) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import mpmath

        return getattr(mpmath, name)(x)

    return call


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + _mp("exp")(-x))


_ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: _mp(name) for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "expm1", "erf", "sign")},
    "arcsin": _mp("asin"),
    "arccos": _mp("acos"),
    "arctan": _mp("atan"),
    "log1p": lambda x: _mp("log")(1 + x),
    "abs": abs,
    "relu": lambda x: x if x > 0 else 0 * x,
    "step": lambda x: 0 * x + (x > 0),
    "sigmoid": _sigmoid,
    "softplus": lambda x: _mp("log")(1 + _mp("exp")(x)),
    "power": lambda x, y: _mp("exp")(y * _mp("log")(x)) if x > 0 else x ** int(y) if y == int(y) else 1 / 0,
}


def _matrix(array: Array) -> Any:
    import mpmath

    return mpmath.matrix(array.tolist())


def _of_matrix(name: str) -> Callable[[Array], Array]:
    def call(a: Array) -> Array:
        import mpmath

        made = getattr(mpmath, name)(_matrix(a))
        if any(isinstance(x, mpmath.mpc) for x in made):
            raise ValueError("not a real matrix")
        return _array(made)

    return call


def _inverse(a: Array) -> Array:
    return _array(_matrix(a) ** -1)


def _pinv(a: Array) -> Array:
    rows, cols = a.shape
    return _inverse(a.T.dot(a)).dot(a.T) if rows >= cols else a.T.dot(_inverse(a.dot(a.T)))


def _softmax(a: Array) -> Array:
    import numpy as np

    e = _entrywise(_mp("exp"), a)
    return e / np.sum(e, axis=-1, keepdims=True)


def _logsumexp(a: Array) -> Array:
    import numpy as np

    return _entrywise(_mp("log"), np.asarray(np.sum(_entrywise(_mp("exp"), a), axis=-1), dtype=object))


def _determinant(a: Array) -> Any:
    import mpmath

    return mpmath.det(_matrix(a))


def _mask(a: Array) -> Array:
    import numpy as np

    largest = a == np.max(a)
    return largest * (_number(Fraction(1)) / int(np.sum(largest)))


def _below(a: Array, on_diagonal: Fraction) -> Array:
    import numpy as np

    n = len(a)
    rows = [[Fraction(i > j) if i != j else on_diagonal for j in range(n)] for i in range(n)]
    return np.array([[_number(x) for x in row] for row in rows], dtype=object)


_OPAQUE: dict[str, Callable[..., Any]] = {
    "inv": _inverse,
    "pinv": _pinv,
    "det": _determinant,
    "logdet": lambda a: _mp("log")(abs(_determinant(a))),
    "cholesky": _of_matrix("cholesky"),
    "expm": _of_matrix("expm"),
    "sqrtm": _of_matrix("sqrtm"),
    "logm": _of_matrix("logm"),
    "softmax": _softmax,
    "rowsoftmax": _softmax,
    "logsumexp": _logsumexp,
    "rowlogsumexp": _logsumexp,
    "max": lambda a: max(a.ravel()),
    "min": lambda a: min(a.ravel()),
    "maxmask": _mask,
    "trilones": lambda a: _below(a, Fraction(1)),
    "halftril": lambda a: _below(a, Fraction(1, 2)),
}
