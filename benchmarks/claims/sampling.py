"""Points: sizes from 1 to 5, and values that satisfy all facts of a variable together, made for each pair of facts."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

SCALES = (1.0, 0.3, 3.0, 100.0, 30.0, 1000.0)  # of entries: kinks lie anywhere


def sizes_of(symbols: list[str], turn: int, rng: random.Random) -> dict[str, int]:
    """All 1 at the last turns; distinct ones at the first; any others between."""
    if turn % 6 == 5:
        return dict.fromkeys(symbols, 1)
    if turn % 6 in (0, 1):
        return dict(zip(symbols, rng.sample((2, 3, 4, 5), len(symbols)), strict=True))
    return {symbol: rng.randint(1, 5) for symbol in symbols}


def sample(facts: frozenset[str], rows: int, cols: int, scale: float, rng: np.random.Generator) -> Any:
    """A value that has all the facts; None where none is made here, or there is none."""
    a = scale * rng.normal(size=(rows, cols))
    nonneg = bool(facts & {"positive", "nonneg", "simplex", "stochastic"})
    a = np.abs(a) if nonneg else a
    if "toeplitz" in facts:
        a = _toeplitz(a)
    if rows == cols:
        a = _structured(facts, a, rng)
        if a is None:
            return None
    if "stochastic" in facts and not facts & {"permutation", "simplex", "sumstoone"}:
        a = a if "idempotent" in facts else np.eye(rows) if "orthogonal" in facts else _stochastic(facts, a)
    if "simplex" in facts or "sumstoone" in facts:
        total = np.sum(a)
        if "orthogonal" in facts or abs(total) < 1e-3 or (total < 0 and "posdef" in facts):
            return None
        a = a / total
    if "unitnorm" in facts:
        if "sumstoone" in facts or "simplex" in facts or "orthogonal" in facts or not np.any(a):
            return None
        a = a / np.linalg.norm(a)
    return a if _has(facts, a) else None


def _toeplitz(a: np.ndarray) -> np.ndarray:
    """The matrix with the first column and the first row of another one along its diagonals."""
    m, n = a.shape
    return np.array([[a[i - j, 0] if i >= j else a[0, j - i] for j in range(n)] for i in range(m)]).reshape(m, n)


def _stochastic(facts: frozenset[str], a: np.ndarray) -> np.ndarray:
    """Rows that sum to one; of a symmetric matrix, the mean of the identity and of exchanges of two indices."""
    n = len(a)
    if facts & {"symmetric", "posdef", "psd"}:
        return 0.7 * np.eye(n) + 0.3 * np.eye(n)[::-1]
    if "toeplitz" in facts and a.shape[0] == a.shape[1]:  # a circulant
        return np.array([[a[0, (j - i) % n] for j in range(n)] for i in range(n)]) / np.sum(a[0])
    return a / np.sum(a, axis=1, keepdims=True)


def _idempotent(facts: frozenset[str], a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A projection, along its complement or another one; the identity where it is invertible, too."""
    n = len(a)
    rank = int(rng.integers(1, n + 1))
    if facts & {"posdef", "invertible", "orthogonal", "permutation", "positive"}:
        return np.eye(n)
    if "toeplitz" in facts:
        if n > 1 and not facts & {"symmetric", "psd", "diagonal", "lower", "upper"}:
            return None  # there are others, which are not made here
        return np.full((n, n), 1 / n) if rank > 1 and not facts & {"diagonal", "lower", "upper"} else np.eye(n)
    if "stochastic" in facts and not facts & {"diagonal", "lower", "upper"}:  # the same row throughout
        return np.ones((n, 1)) @ (np.full((1, n), 1 / n) if "symmetric" in facts else a[:1] / np.sum(a[:1]))
    if "diagonal" in facts or (facts & {"symmetric", "psd"} and facts & {"lower", "upper", "nonneg"}):
        return np.diag((np.arange(n) < rank).astype(float))
    if facts & {"lower", "upper", "nonneg"}:  # [I, C; 0, 0], and its transpose
        made = np.diag((np.arange(n) < rank).astype(float))
        made[:rank, rank:] = a[:rank, rank:]
        return made.T if "lower" in facts else made
    onto, along = np.linalg.qr(a)[0][:, :rank], rng.normal(size=(n, rank))
    across = onto if facts & {"symmetric", "psd", "unitnorm"} else onto + 0.3 * along
    return onto @ np.linalg.inv(across.T @ onto) @ across.T


def _structured(facts: frozenset[str], a: np.ndarray, rng: np.random.Generator) -> Any:
    n = len(a)
    triangular = facts & {"lower", "upper"}
    diagonal = "diagonal" in facts or len(triangular) == 2 or (triangular and facts & {"symmetric", "posdef"})
    if "idempotent" in facts:
        return _idempotent(facts, a, rng)
    if "orthogonal" in facts:
        return _orthogonal(facts, bool(diagonal or triangular), n, rng)
    if "skew" in facts:
        return (a - a.T) / 2 if not (diagonal or triangular or "symmetric" in facts) else np.zeros((n, n))
    if "toeplitz" in facts and facts & {"posdef", "psd"} and not diagonal:  # c^|i - j|
        c = rng.uniform(0.1, 0.8) * (1.0 if facts & {"positive", "nonneg"} else rng.choice([-1.0, 1.0]))
        return (abs(a[0, 0]) + 0.1) * c ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    if "toeplitz" in facts and (diagonal or facts & {"posdef", "psd"}):
        return (abs(a[0, 0]) + 0.1 if facts & {"posdef", "psd", "positive"} else a[0, 0]) * np.eye(n)
    if diagonal:
        d = np.abs(np.diag(a)) + 0.1 if facts & {"posdef", "psd", "positive"} else np.diag(a)
        return np.diag(d)
    if "posdef" in facts:
        return a @ a.T + 0.3 * np.eye(n)
    if "psd" in facts:
        return a[:, : (n + 1) // 2] @ a[:, : (n + 1) // 2].T
    if "symmetric" in facts:
        return (a + a.T) / 2
    return np.tril(a) if "lower" in facts else np.triu(a) if "upper" in facts else a


def _orthogonal(facts: frozenset[str], diagonal: bool, n: int, rng: np.random.Generator) -> Any:
    if "posdef" in facts or (diagonal and facts & {"positive", "nonneg"}):
        return np.eye(n)
    if facts & {"positive", "nonneg"}:  # a permutation, of pairs alone where it is symmetric
        places = rng.permutation(n)
        swapped = np.eye(n)
        for i, j in zip(places[::2], places[1::2], strict=False):
            swapped[[i, j]] = swapped[[j, i]]
        return swapped if "symmetric" in facts else np.eye(n)[places]
    signs = rng.choice([-1.0, 1.0], n)
    if diagonal or "diagonal" in facts:
        return np.diag(signs)
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    q = q * np.sign(np.diag(r))
    if "symmetric" in facts:
        return q @ np.diag(signs) @ q.T
    if "skew" in facts:
        if n % 2:
            return None
        return q @ np.kron(np.eye(n // 2), np.array([[0.0, 1.0], [-1.0, 0.0]])) @ q.T
    return q


def _has(facts: frozenset[str], a: np.ndarray) -> bool:
    """Whether a value has the facts, checked one by one."""
    square = a.shape[0] == a.shape[1]
    holds = {
        "symmetric": lambda: square and np.allclose(a, a.T),
        "posdef": lambda: square and np.allclose(a, a.T) and np.all(np.linalg.eigvalsh(a) > 1e-6),
        "diagonal": lambda: square and np.allclose(a, np.diag(np.diag(a))),
        "skew": lambda: square and np.allclose(a, -a.T),
        "lower": lambda: square and np.allclose(a, np.tril(a)),
        "upper": lambda: square and np.allclose(a, np.triu(a)),
        "orthogonal": lambda: square and np.allclose(a @ a.T, np.eye(len(a))),
        "invertible": lambda: square and np.linalg.cond(a) < 1e6,
        "positive": lambda: np.all(np.diag(a) > 0) if "diagonal" in facts else np.all(a > 0),
        "nonneg": lambda: np.all(a >= 0),
        "unitnorm": lambda: np.isclose(np.linalg.norm(a), 1),
        "sumstoone": lambda: np.isclose(np.sum(a), 1),
        "simplex": lambda: np.all(a >= 0) and np.isclose(np.sum(a), 1),
        "psd": lambda: square and np.allclose(a, a.T) and np.all(np.linalg.eigvalsh(a) > -1e-9 * np.abs(a).max()),
        "idempotent": lambda: square and np.allclose(a @ a, a),
        "permutation": lambda: square and np.all(np.isin(a, (0, 1))) and np.allclose(a @ a.T, np.eye(len(a))),
        "stochastic": lambda: np.all(a >= 0) and np.allclose(np.sum(a, axis=1), 1),
        "toeplitz": lambda: np.allclose(a[1:, 1:], a[:-1, :-1]),
        "fullcolrank": lambda: np.linalg.matrix_rank(a, tol=1e-6) == a.shape[1],
        "fullrowrank": lambda: np.linalg.matrix_rank(a, tol=1e-6) == a.shape[0],
    }
    return all(bool(holds[fact]()) for fact in facts)
