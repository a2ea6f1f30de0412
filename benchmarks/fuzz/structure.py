"""Facts in combinations, and values that have them all: built up from the places that facts leave free.

A sampler of its own: it shares nothing with the one that is tried out.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

Array = Any

_SQUARE = ("symmetric", "posdef", "diagonal", "skew", "lower", "upper", "orthogonal", "invertible")
_ENTRIES = ("positive", "nonneg", "unitnorm", "sumstoone", "simplex")
_SPECIAL = (0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 0.5)  # zeros and ties
_TRIANGULAR = frozenset(("lower", "upper", "diagonal"))
_NORMALISED = frozenset(("unitnorm", "sumstoone", "simplex"))


def _has_members(facts: frozenset[str]) -> bool:
    """Whether there are values of every size with these facts, other than by luck."""
    if "positive" in facts and facts & {"lower", "upper", "skew", "orthogonal"}:
        return False
    if "skew" in facts and facts - {"skew"}:
        return False  # zero, or of even sizes alone
    if facts & _NORMALISED and facts & {"orthogonal", "posdef"}:
        return False
    return not {"unitnorm", "simplex"} <= facts  # a corner of the simplex


def combined(kind: str) -> list[tuple[str, ...]]:
    """All single facts and pairs of facts of a square matrix, or of any other variable."""
    if kind == "scalar":
        return [("positive",), ("nonneg",)]
    names = (*_SQUARE, *_ENTRIES) if kind == "square" else _ENTRIES
    chosen = [*combinations(names, 1), *combinations(names, 2)]
    return [facts for facts in chosen if _has_members(frozenset(facts))]


def sample(facts: tuple[str, ...], shape: tuple[int, int], rng: np.random.Generator, special: bool) -> Array:
    """A value with all the facts; ``special`` ones have zeros and equal entries where the facts leave room."""
    known = frozenset(facts)
    if "orthogonal" in known:
        return _orthogonal(known, shape[0], rng)
    value = _special(shape, rng) if special else rng.normal(size=shape) + 0.1 * rng.choice((-1.0, 1.0), shape)
    if "posdef" in known:
        return _definite(known, value)
    if known & {"positive", "nonneg", "simplex"}:
        value = np.abs(value)
    if "positive" in known:
        value = value + 0.25 * (value == 0)
    value = _patterned(known, value)
    if "invertible" in known:
        value = _patterned(known, value) + _dominant(value)
    return _normalised(known, value)


def _special(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Zero, or one number everywhere, or zeros and ties among a few numbers."""
    draw = rng.random()
    if draw < 0.25:
        return np.zeros(shape)
    if draw < 0.4:
        return np.full(shape, rng.choice(_SPECIAL))
    return np.asarray(rng.choice(_SPECIAL, shape), dtype=float)


def _patterned(known: frozenset[str], value: Array) -> Array:
    """The free entries kept, the others following from them."""
    triangular = known & _TRIANGULAR
    if "diagonal" in known or len(triangular) == 2 or (triangular and "symmetric" in known):
        return value * np.eye(*value.shape)
    if triangular:
        return np.tril(value) if "lower" in known else np.triu(value)
    if "skew" in known:
        return np.tril(value, -1) - np.tril(value, -1).T
    return np.tril(value) + np.tril(value, -1).T if "symmetric" in known else value


def _dominant(value: Array) -> Array:
    """A diagonal that outweighs the entries."""
    return np.diag(np.sum(np.abs(value), axis=1) + 0.5)


def _definite(known: frozenset[str], value: Array) -> Array:
    if known & {"positive", "nonneg"}:
        value = np.abs(value) + 0.25 * ("positive" in known)
    if known & _TRIANGULAR:
        return np.diag(np.abs(np.diag(value)) + 0.5)
    return value @ value.T + 0.5 * np.eye(len(value))


def _orthogonal(known: frozenset[str], n: int, rng: np.random.Generator) -> Array:
    signs = rng.choice((-1.0, 1.0), n)
    if "posdef" in known or ("nonneg" in known and known & (_TRIANGULAR | {"symmetric"})):
        return np.eye(n)
    if known & _TRIANGULAR:
        return np.diag(signs)
    if "nonneg" in known:
        return np.eye(n)[rng.permutation(n)]
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    q = q * np.sign(np.diag(r))
    return q @ np.diag(signs) @ q.T if "symmetric" in known else q * signs


def _normalised(known: frozenset[str], value: Array) -> Array:
    if not known & _NORMALISED:
        return value
    free = _patterned(known, np.ones_like(value))
    if not np.any(value):
        value = free
    if "unitnorm" in known and "sumstoone" in known:
        centre = free / np.sum(free)
        across = value - centre * np.sum(value)
        length = np.sqrt(np.sum(across**2))
        gap = 1 - np.sum(centre**2)
        return centre + across * np.sqrt(max(gap, 0.0)) / length if length > 1e-9 else _corner(free)
    if "unitnorm" in known:
        return value / np.sqrt(np.sum(value**2))
    total = np.sum(value)
    return value / total if abs(total) > 0.1 else value + (1 - total) * free / np.sum(free)


def _corner(free: Array) -> Array:
    corner = np.zeros_like(free)
    corner[tuple(np.argwhere(free)[0])] = 1.0
    return corner
