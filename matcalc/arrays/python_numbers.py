"""Python's math module: functions of numbers, which take no array, and of several numbers in a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from matcalc.arrays import products, reductions
from matcalc.arrays.array import Array, as_array
from matcalc.arrays.entrywise import by_name
from matcalc.arrays.operators import OPERATORS
from matcalc.errors import UnsupportedError
from matcalc.shape import ONE

Call = Callable[..., Any]
_LIKE_NUMPY = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p", "expm1", "log2", "log10", "fabs",
    "exp2", "asin", "acos", "atan", "asinh", "acosh", "atanh", "radians", "degrees",
)  # fmt: skip
_LIKE_SCIPY = {"lgamma": "gammaln", "gamma": "gamma", "erf": "erf", "erfc": "erfc"}
_ARCS = {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}


def of_numbers(numpy: Mapping[str, Call], special: Mapping[str, Call]) -> dict[str, Call]:
    """The functions of math, by those of NumPy and SciPy that do the same with one number."""
    alike: dict[str, Call] = {name: numpy[_ARCS.get(name, name)] for name in _LIKE_NUMPY}
    alike |= {name: special[other] for name, other in _LIKE_SCIPY.items()}
    own: dict[str, Call] = {"pow": OPERATORS["**"], "hypot": _hypot, "log": _log}
    return {name: _of_number(name, call) for name, call in {**alike, **own}.items()} | {
        "fsum": lambda values, /: reductions.SUM(_several(values)),
        "prod": lambda values, /: reductions.PROD(_several(values)),
        "dist": lambda p, q, /: reductions.norm(OPERATORS["-"](_several(p), _several(q))),
        "sumprod": lambda p, q, /: products.dot(_several(p), _several(q)),
    }


def _of_number(name: str, call: Call) -> Call:
    """A function of Python's numbers, which takes no array of several entries."""

    def of_numbers(*operands: object) -> Any:
        if any(dim is not ONE for operand in operands for dim in as_array(operand).dims):
            raise UnsupportedError(f"math.{name} is of numbers, and this is an array", hint=f"np.{name}(x)")
        return call(*operands)

    return of_numbers


def _log(x: object, base: object = None) -> Array:
    return by_name("log")(x) if base is None else OPERATORS["/"](by_name("log")(x), by_name("log")(base))


def _several(values: object) -> Array:
    """The numbers that a function of Python runs through."""
    array = as_array(values)
    if array.ndim != 1:
        raise UnsupportedError("this function of Python is of several numbers")
    return array


def _hypot(*sides: object) -> Array:
    return by_name("sqrt")(reduce(OPERATORS["+"], (OPERATORS["*"](side, side) for side in sides)))
