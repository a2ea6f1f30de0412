"""Steps: what a straight-line program does, one typed operation at a time, and what each costs.

``operation`` is one of

``function``   data: the Function record; elementwise or of matrices as wholes
``power``      data: the exponent, of every entry
``combine``    data: the coefficients, then a constant: Σ coefficient · operand + constant
``scale``      data: coefficient, whether the first operand is an array, exponents of the scalars
``product``    data: indices of both operands and of the result: an einsum of two
``reduce``     data: indices of the operand and of the result: sums and diagonals
``factor``     data: cholesky or lu
``solve``      data: cholesky, lu, lower or upper, and whether it is with the transpose; operands: factor, right side
``logdet``     logarithm of a determinant; data: factored, or signed where the operand is the matrix itself
``inverse``    and ``cholesky inverse``, from a factor
``mask``       data: the Function record; ones and zeros, or halves, of which the size alone is told
``permute``    data: the order of axes; ``reshape``; ``unit`` data: the position
``take``       data: the position on each axis of the operand: one entry, a range, or None for all
``place``      data: the position on each axis of the result; all other entries are zero
``embed``      data: indices of the operand, of the result: deltas and free indices of the result are filled in
``call``       a user's function; data: its name
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TypeAlias, get_args

from matcalc.program.polynomial import ZERO, Polynomial, entries
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim
from matcalc.terminal import printable

_1 = Fraction(1)

Operation: TypeAlias = Literal[
    "function",
    "power",
    "combine",
    "scale",
    "product",
    "reduce",
    "factor",
    "solve",
    "logdet",
    "inverse",
    "cholesky inverse",
    "mask",
    "permute",
    "reshape",
    "unit",
    "take",
    "place",
    "join",
    "embed",
    "call",
]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
VIEWS: tuple[Operation, ...] = ("permute", "reshape", "take")  # operations that make no array of their own


class Step(NamedTuple):
    """One operation: ``result`` is its name, ``dims`` the result's, ``operand_dims`` those of its operands."""

    result: str
    operation: Operation
    operands: tuple[str, ...]
    data: Any
    dims: tuple[Dim, ...]
    operand_dims: tuple[tuple[Dim, ...], ...]

    def __str__(self) -> str:
        shape = "×".join(map(str, self.dims)) or "1"
        return printable(f"{self.result} = {self.kind}({', '.join(self.operands)})  [{shape}]")

    def __repr__(self) -> str:
        return str(self)

    @property
    def kind(self) -> str:
        """The operation in the terms of linear algebra: gemm, gemv, ger, syrk, dot, hadamard …"""
        return _KIND.get(self.operation, _plain_kind)(self)

    @property
    def multiplications(self) -> Polynomial:
        """Multiplications and divisions of scalars; what a function of entries does inside is not counted."""
        return _cost(self.unnamed())[0]

    @property
    def flops(self) -> Polynomial:
        """Multiplications, divisions and additions; a function of an entry counts as one."""
        return _cost(self.unnamed())[1]

    @property
    def entries(self) -> Polynomial:
        """The size of the result; views need no memory."""
        return ZERO if self.operation in VIEWS else entries(self.dims)

    def unnamed(self) -> Step:
        """The same operation on the same shapes, whatever the values are called: it costs as much."""
        places = tuple(str(self.operands.index(operand)) for operand in self.operands)
        return self._replace(result="", operands=places)


def is_identity(operation: Operation, data: Any) -> bool:
    """Whether a step gives its operand back: once, with nothing added."""
    if operation == "combine":
        return bool(data == (1, 0))
    return operation == "scale" and data in ((1, True, ()), (1, False, (1,)))


# ---------------------------------------------------------------- names
def _plain_kind(step: Step) -> str:
    return step.operation


def _product_kind(step: Step) -> str:
    left, right, out = step.data
    summed = (set(left) & set(right)) - set(out)
    batched = set(left) & set(right) & set(out)
    if is_syrk(step):
        return "syrk"
    if batched or max(len(left), len(right)) > 2 or len(set(left)) < len(left) or len(set(right)) < len(right):
        return "hadamard" if not summed and set(out) == set(left) | set(right) else "einsum"
    if not summed:
        return "ger" if len(left) == len(right) == 1 else "outer" if left and right else "scale"
    ranks = sorted((len(left), len(right)))
    if len(summed) == 1 and ranks[1] <= 2:
        return {(1, 1): "dot", (1, 2): "gemv", (2, 2): "gemm"}[tuple(ranks)]  # type: ignore[index]
    return "dot" if not out else "einsum"


def is_syrk(step: Step) -> bool:
    """Whether a product is A'*A or A*A' of one matrix."""
    left, right, out = step.data
    if step.operands[0] != step.operands[1] or len(left) != 2 or len(right) != 2 or len(out) != 2:
        return False
    return any(left[k] == right[k] and left[k] not in out and left[1 - k] != right[1 - k] for k in (0, 1))


def _function_kind(step: Step) -> str:
    return "elementwise" if step.data.elementwise else str(step.data.name)


_KIND: dict[Operation, Callable[[Step], str]] = {
    "product": _product_kind,
    "function": _function_kind,
    "combine": lambda step: "add",
    "power": lambda step: "elementwise",
    "reduce": lambda step: "sum" if set(step.data[0]) - set(step.data[1]) else "diagonal",
    "factor": lambda step: str(step.data),
    "solve": lambda step: "trsm" if step.data[0] in ("lower", "upper") else f"{step.data[0]} solve",
    "permute": lambda step: "transpose",
}


# ---------------------------------------------------------------- costs
Cost = tuple[Polynomial, Polynomial]


@lru_cache(maxsize=4096)
def _cost(step: Step) -> Cost:
    """Plans have the same operations again and again."""
    return COSTS[step.operation](step)


def _free(step: Step) -> Cost:
    return ZERO, ZERO


def _power(step: Step) -> Cost:
    exponent: Fraction = step.data
    each = power_cost(exponent)
    size = entries(step.dims)
    return size * each, size * max(each, 1)


def power_cost(exponent: Fraction) -> int:
    """Multiplications for one power: repeated squaring for integers; a root or a general power is one function."""
    if exponent.denominator != 1:
        return 0 if exponent > 0 else 1
    whole = abs(exponent.numerator)
    return max(whole.bit_length() + whole.bit_count() - 2, 0) + (exponent < 0)


def _combine(step: Step) -> Cost:
    *coefficients, constant = step.data
    scaled = sum(1 for c in coefficients if abs(c) != 1)
    terms = len(coefficients) + bool(constant)
    size = entries(step.dims)
    return size * scaled, size * (scaled + terms - 1)


def _scale(step: Step) -> Cost:
    coefficient, has_array, exponents = step.data
    powers = sum(power_cost(abs(e)) for e in exponents)
    factors = sum(1 for _ in exponents) + (abs(coefficient) != 1)
    if not has_array:
        count = max(factors - 1, 0) + powers + (factors == 1 and any(e < 0 for e in exponents))
        return Polynomial.of(count), Polynomial.of(count)
    count = Polynomial.of(max(factors - 1, 0) + powers)
    size = entries(step.dims) * (1 if factors else 0)
    return count + size, count + size


def _product(step: Step) -> Cost:
    left, right, out = step.data
    sizes = dict(zip((*left, *right), (*step.operand_dims[0], *step.operand_dims[1]), strict=True))
    total = entries(sizes.values())
    made = entries(step.dims)
    if is_syrk(step):
        (summed,) = set(left) - set(out)
        (n, _), k = step.dims, Polynomial.of(sizes[summed])
        half = Polynomial.of(n) * (Polynomial.of(n) + Polynomial.of(1)) * Fraction(1, 2)
        return half * k, half * (k * 2 - Polynomial.of(1))
    has_sum = set(sizes) - set(out)
    return total, total * 2 - made if has_sum else total


def _reduce(step: Step) -> Cost:
    indices, out = step.data
    sizes = dict(zip(indices, step.operand_dims[0], strict=True))
    return ZERO, (entries(sizes.values()) - entries(step.dims)) if set(indices) - set(out) else ZERO


def _function(step: Step) -> Cost:
    function = step.data
    if function.elementwise:
        return ZERO, entries(step.dims)
    flops = _in_letters(step, function.flops)
    return _in_letters(step, function.multiplications) if function.multiplications else flops * Fraction(1, 2), flops


def _in_letters(step: Step, cost: str) -> Polynomial:
    """A cost of the record, a polynomial in the letters of its signature."""
    function = step.data
    letters: dict[str, Dim] = {}
    form = function.shape.forms[0]
    for sides, dims in zip(form.operands, step.operand_dims, strict=True):
        names = list(dict.fromkeys(letter for side in sides for letter in side))
        have = list(dict.fromkeys(dims)) if len(names) == 1 else list(dims)
        letters.update(zip(names, have, strict=False))
    total = ZERO
    for term in cost.replace(" - ", " + -").split(" + ") if cost else ():
        product = Polynomial.of(-1 if term.startswith("-") else 1)
        for factor in term.removeprefix("-").split("*"):
            base, _, power = factor.partition("^")
            part = Polynomial.of(Fraction(base)) if base[0].isdigit() else Polynomial.of(letters.get(base, Dim.of(1)))
            for _ in range(int(power or 1)):
                product = product * part
        total = total + product
    return total


def _cubic(each: Fraction) -> Callable[[Step], Cost]:
    def cost(step: Step) -> Cost:
        n = Polynomial.of(step.operand_dims[0][0])
        cube = n * n * n
        return cube * each, cube * (2 * each)

    return cost


def _integer_valued(*coefficients: int) -> Callable[[Polynomial], Polynomial]:
    """(a·n³ + b·n² + c·n)/6, which is an integer for every n."""

    def at(n: Polynomial) -> Polynomial:
        a, b, c = coefficients
        return (n * n * n * a + n * n * b + n * c) * Fraction(1, 6)

    return at


_LU = _integer_valued(2, 0, -2), _integer_valued(4, -3, -1)
_CHOLESKY = _integer_valued(1, 3, -4), _integer_valued(2, 3, 1)  # square roots are operations too


def _lu(step: Step) -> Cost:
    n = Polynomial.of(step.operand_dims[0][0])
    return _LU[0](n), _LU[1](n)


def _cholesky(step: Step) -> Cost:
    n = Polynomial.of(step.operand_dims[0][0])
    return _CHOLESKY[0](n), _CHOLESKY[1](n)


def _factor(step: Step) -> Cost:
    return _cholesky(step) if step.data == "cholesky" else _lu(step)


def _cholesky_inverse(step: Step) -> Cost:
    n = Polynomial.of(step.dims[0])
    return n * n * (n + Polynomial.of(1)) * Fraction(1, 2), n * n * n


def _solve(step: Step) -> Cost:
    how, _ = step.data
    n, size = Polynomial.of(step.dims[0]), entries(step.dims)
    if how in ("lower", "upper"):  # one triangle
        return size * (n + Polynomial.of(1)) * Fraction(1, 2), size * n
    return size * (n + Polynomial.of(1)), size * n * 2


def _logdet(step: Step) -> Cost:
    if step.data == "factored":
        n = Polynomial.of(step.operand_dims[0][0])
        return ZERO, n * 2
    return _lu(step)


def _call(step: Step) -> Cost:
    return ZERO, ZERO  # what a user's function costs is not known


COSTS: dict[Operation, Callable[[Step], Cost]] = {
    "function": _function,
    "power": _power,
    "combine": _combine,
    "scale": _scale,
    "product": _product,
    "reduce": _reduce,
    "factor": _factor,
    "solve": _solve,
    "logdet": _logdet,
    "inverse": _cubic(_1),
    "cholesky inverse": _cholesky_inverse,
    "permute": _free,
    "take": _free,
    "place": _free,
    "join": _free,
    "reshape": _free,
    "unit": _free,
    "mask": _free,
    "embed": _free,
    "call": _call,
}
