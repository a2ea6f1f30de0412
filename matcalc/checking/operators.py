"""Values of operators: of matrices, or of stacks of them, in the last two axes.

Raise a ValueError where shapes do not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _is_scalar(array: Any) -> bool:
    return bool(array.shape[-2:] == (1, 1))


def same(operation: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """An operation of equal shapes, or with a scalar."""

    def checked(np: Any, a: Any, b: Any) -> Any:
        if a.shape[-2:] != b.shape[-2:] and not _is_scalar(a) and not _is_scalar(b):
            raise ValueError
        return operation(np, a, b)

    return checked


def _mul(np: Any, a: Any, b: Any) -> Any:
    return a * b if _is_scalar(a) or _is_scalar(b) else a @ b


def _div(np: Any, a: Any, b: Any) -> Any:
    if not _is_scalar(b):
        raise ValueError
    return a / b


def _power(np: Any, a: Any, b: Any) -> Any:
    if not _is_scalar(b):
        raise ValueError
    if _is_scalar(a):
        return a**b
    if b.size != 1 or b.flat[0] != int(b.flat[0]):
        raise ValueError
    return np.linalg.matrix_power(a, int(b.flat[0]))


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": same(lambda np, a, b: a + b),
    "sub": same(lambda np, a, b: a - b),
    "mul": _mul,
    "div": _div,
    "hadamard": same(lambda np, a, b: a * b),
    "eldiv": same(lambda np, a, b: a / b),
    "elpow": same(lambda np, a, b: a**b),
    "pow": _power,
    "neg": lambda np, a: -a,
    "transpose": lambda np, a: np.swapaxes(a, -1, -2),
}
