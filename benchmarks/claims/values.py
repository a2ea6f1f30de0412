"""Values of formulas in NumPy: two-dimensional arrays, sizes as numbers. Written for this campaign alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from benchmarks.claims.reading import Node

MOST_CONDITIONED = 1e12  # of a matrix that is inverted; a worse one is singular to rounding

Values = Mapping[str, np.ndarray]


class Misfit(ValueError):
    """The shapes do not fit."""


def value_of(node: Node, values: Values) -> np.ndarray:
    """The value; not finite where it is not defined.

    Raises:
        Misfit: the shapes do not fit.
    """
    with np.errstate(all="ignore"):
        try:
            return _value(node, values)
        except np.linalg.LinAlgError:
            return np.full((1, 1), np.nan)


def _value(node: Node, values: Values) -> np.ndarray:
    kind = node[0]
    if kind == "number":
        return np.full((1, 1), float(node[1]))
    if kind == "name":
        return np.full((1, 1), np.pi) if node[1] == "pi" else np.atleast_2d(values[node[1]])
    if kind == "neg":
        return -_value(node[1], values)
    if kind == "'":
        return _value(node[1], values).T
    if kind == "call":
        return _called(node[1], [_value(part, values) for part in node[2:]])
    a, b = _value(node[1], values), _value(node[2], values)
    if kind == "*":
        return a * b if a.size == 1 or b.size == 1 else _product(a, b)
    if kind == "/":
        if b.size != 1:
            raise Misfit
        return a / b
    if kind == "^":
        return _power(a, b)
    if a.shape != b.shape and a.size != 1 and b.size != 1:
        raise Misfit
    return _ELEMENTWISE[kind](a, b)


_ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    ".*": np.multiply,
    "./": np.divide,
    ".^": np.power,
}


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.shape[1] != b.shape[0]:
        raise Misfit
    return a @ b


def _power(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if b.size != 1 or a.shape[0] != a.shape[1]:
        raise Misfit
    if a.size == 1:
        return a ** b[0, 0]
    return np.linalg.matrix_power(a, int(b[0, 0]))


def _called(name: str, parts: list[np.ndarray]) -> np.ndarray:
    if name in _OF_ENTRIES:
        return np.asarray(_OF_ENTRIES[name](parts[0]), dtype=float)
    if name in _OF_SIZES:
        return _OF_SIZES[name](*(int(part[0, 0]) for part in parts))
    if name in _SQUARE and parts[0].shape[0] != parts[0].shape[1]:
        raise Misfit
    if not all(np.all(np.isfinite(part)) for part in parts):
        return np.full((1, 1), np.nan)
    return np.atleast_2d(np.asarray(_OTHERS[name](*parts), dtype=float))


_OF_ENTRIES: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "tanh")},
    **{name: getattr(np, name) for name in ("sinh", "cosh", "abs", "sign", "log1p", "expm1", "sqrt")},
    "relu": lambda a: np.maximum(a, 0),
    "step": lambda a: (a > 0) * 1.0,
    "sigmoid": scipy.special.expit,
    "softplus": lambda a: np.logaddexp(0, a),
    "erf": scipy.special.erf,
}


def _commutation(m: int, n: int) -> np.ndarray:
    return np.array([np.ravel(e.reshape(n, m), order="F") for e in np.eye(m * n)]).T


_OF_SIZES: dict[str, Callable[..., Any]] = {
    "eye": lambda n: np.eye(n),
    "ones": lambda m, n=1: np.ones((m, n)),
    "zeros": lambda m, n=1: np.zeros((m, n)),
    "K": _commutation,
}


def _diag(a: np.ndarray) -> np.ndarray:
    if 1 in a.shape and a.size > 1:
        return np.diag(np.ravel(a))
    if a.shape[0] != a.shape[1]:
        raise Misfit
    return np.diag(a)[:, None]


def _real(a: np.ndarray) -> np.ndarray:
    return a.real if np.max(np.abs(np.imag(a)), initial=0.0) < 1e-9 else np.full(a.shape, np.nan)


def _inverse(a: np.ndarray) -> np.ndarray:
    if np.linalg.cond(a) > MOST_CONDITIONED:
        raise np.linalg.LinAlgError("singular to rounding")
    return np.linalg.inv(a)


def _logarithm(a: np.ndarray) -> np.ndarray:
    if np.linalg.cond(a) > MOST_CONDITIONED:
        raise np.linalg.LinAlgError("singular to rounding")
    return _real(scipy.linalg.logm(a))


def _solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.shape[0] != b.shape[0]:
        raise Misfit
    return _inverse(a) @ b


def _trace(a: np.ndarray) -> float:
    return float(np.trace(a))


def _softmax(a: np.ndarray) -> np.ndarray:
    return scipy.special.softmax(a)


_SQUARE = ("tr", "inv", "det", "logdet", "expm", "logm", "sqrtm", "tril", "triu", "solve")
_OTHERS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "tr": _trace,
    "diag": _diag,
    "vec": lambda a: a.reshape(-1, 1, order="F"),
    "kron": np.kron,
    "rowsum": lambda a: a.sum(axis=1)[:, None],
    "colsum": lambda a: a.sum(axis=0)[:, None],
    "inv": _inverse,
    "det": np.linalg.det,
    "logdet": lambda a: np.log(np.linalg.det(a)),
    "pinv": np.linalg.pinv,
    "solve": _solve,
    "tril": np.tril,
    "triu": np.triu,
    "expm": scipy.linalg.expm,
    "logm": _logarithm,
    "sqrtm": lambda a: _real(scipy.linalg.sqrtm(a)),
    "norm2": np.linalg.norm,
    "norm1": lambda a: np.sum(np.abs(a)),
    "logsumexp": scipy.special.logsumexp,
    "softmax": _softmax,
    "rowlogsumexp": lambda a: scipy.special.logsumexp(a, axis=1)[:, None],
    "rowsoftmax": lambda a: scipy.special.softmax(a, axis=1),
    "max": np.max,
    "min": np.min,
    "spectralnorm": lambda a: np.linalg.norm(a, 2),
    "nuclearnorm": lambda a: np.linalg.norm(a, "nuc"),
}
KNOWN = frozenset((*_OF_ENTRIES, *_OF_SIZES, *_OTHERS))
