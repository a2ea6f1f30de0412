"""Members of sets of matrices that are curved, or finite, or both, made of arrays of free numbers.

Orthogonal and idempotent matrices, permutations, stochastic and Toeplitz matrices, and what lies in several of these.
"""

from __future__ import annotations

from typing import Any

Array = Any
Facts = frozenset[str]


# ---------------------------------------------------------------- orthogonal
def orthogonal(facts: Facts, a: Array) -> Array:
    """Of both components: the sign of the determinant is that of the numbers'."""
    import numpy as np

    n = len(a)
    if "posdef" in facts:
        return np.eye(n)
    if "nonneg" in facts:
        return _shift(facts, a) if "toeplitz" in facts else _permutation(facts, a)
    if "diagonal" in facts:
        return np.eye(n) * np.sign(a[0, 0] or 1.0) if "toeplitz" in facts else np.diag(_signs(facts, a))
    if "toeplitz" in facts:
        return _of_waves(facts, a)
    q, r = np.linalg.qr(a)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    if "symmetric" in facts:
        made = (q * _signs(facts, a)) @ q.T
        return (made + made.T) / 2
    if "skew" in facts:
        turn = np.kron(np.eye(n // 2), [[0.0, -1.0], [1.0, 0.0]])
        made = q @ turn @ q.T
        return (made - made.T) / 2
    return q


def _signs(facts: Facts, a: Array) -> Array:
    import numpy as np

    if "sumstoone" in facts:  # both signs are wanted, and of a diagonal matrix one more is positive
        return np.where(np.argsort(np.argsort(np.diag(a))) < len(a) // 2, -1.0, 1.0)
    return np.where(np.diag(a) < 0, -1.0, 1.0)


def _permutation(facts: Facts, a: Array) -> Array:
    import numpy as np

    n = len(a)
    order = np.argsort(a[:, 0], kind="stable")
    if "symmetric" in facts:  # transpositions
        transposed = np.arange(n)
        pairs = n // 2
        transposed[order[0 : 2 * pairs : 2]], transposed[order[1 : 2 * pairs : 2]] = (
            order[1 : 2 * pairs : 2],
            order[0 : 2 * pairs : 2],
        )
        order = transposed
    elif a[0, 0] > 0:  # a cycle, for of all permutations of few things most are their own inverses
        order = order[np.roll(np.argsort(order), 1)]
    return np.eye(n)[order]


def _shift(facts: Facts, a: Array) -> Array:
    """The permutations that are Toeplitz matrices: all things move by the same number of places, round and round."""
    import numpy as np

    n = len(a)
    by = int(np.argmax(a[:, 0]))
    if "symmetric" in facts:
        by = n // 2 if n % 2 == 0 and a[0, 0] > 0 else 0
    return np.roll(np.eye(n), by, axis=1)


def _of_waves(facts: Facts, a: Array) -> Array:
    """Toeplitz matrices with waves for eigenvectors, periodic or with the sign turned after each period.

    The eigenvalue is a sign, a phase, or, of idempotent matrices, 0 or 1; those of conjugate waves are conjugate.
    """
    import numpy as np

    n = len(a)
    turned = int("skew" in facts or "sumstoone" in facts or a[0, 0] > 0)
    numbers, middle = a[-1] / np.mean(np.abs(a)), np.median(a[0])
    values = np.empty(n, dtype=complex)
    for k in range(n):
        partner = (-k - turned) % n
        own = numbers[min(k, partner)]
        if "idempotent" in facts:
            values[k] = a[0, min(k, partner)] > middle
        elif "skew" in facts:
            values[k] = np.sign(own) * (1j if k < partner else -1j)
        elif "symmetric" in facts or k == partner:
            values[k] = 1.0 if own > 0 else -1.0
        else:
            values[k] = np.exp(np.pi * own * (1j if k < partner else -1j))
    waves = np.exp(1j * np.pi * (2 * np.arange(n) + turned) / n)
    places = np.subtract.outer(np.arange(n), np.arange(n))
    return np.real(np.tensordot(waves[:, None, None] ** places, values, (0, 0))) / n


# ---------------------------------------------------------------- idempotent
def idempotent(facts: Facts, a: Array) -> Array:
    """Neither zero nor the identity, where that is possible."""
    import numpy as np

    n = len(a)
    is_one = facts & {"unitnorm", "sumstoone", "stochastic", "positive", "invertible"}
    if n == 1:
        return np.array([[1.0 if is_one or a[0, 0] > 0 else 0.0]])
    if "invertible" in facts:
        return np.eye(n)
    if "toeplitz" in facts:
        return _idempotent_toeplitz(facts, a)
    if "diagonal" in facts:
        heavy = np.diag(a)
        return np.diag((heavy == np.max(heavy) if "unitnorm" in facts else heavy > 0).astype(float))
    rank = 1 if "unitnorm" in facts else min(max(int(np.sum(np.diag(a) > 0)), 1), n - 1)
    if facts & {"lower", "upper"}:
        return (
            _idempotent_lower(facts, a, rank)
            if "lower" in facts
            else _idempotent_lower(facts, a[::-1, ::-1], rank)[::-1, ::-1]
        )
    if "nonneg" in facts:
        return _averages(facts, a)
    if "symmetric" in facts:
        q = np.linalg.qr(a)[0][:, :rank]
        return q @ q.T
    return a[:, :rank] @ np.linalg.pinv(a[:rank] @ a[:, :rank]) @ a[:rank]


def _idempotent_toeplitz(facts: Facts, a: Array) -> Array:
    import numpy as np

    n = len(a)
    size = np.mean(np.abs(a))
    places = np.subtract.outer(np.arange(n), np.arange(n))
    ratio = 1.0 if facts & {"symmetric", "stochastic"} else np.exp(0.3 * a[0, 1] / size)
    if "diagonal" in facts:
        return np.eye(n) * (a[0, 0] > 0)
    if "stochastic" in facts and "positive" not in facts and a[0, 0] < 0:
        return np.eye(n)
    if facts & {"nonneg", "unitnorm"}:
        sign = -1.0 if "nonneg" not in facts and a[0, 0] < 0 else 1.0
        return (sign * ratio) ** places / n
    if "sumstoone" in facts and n == 3:  # the solution, up to its transpose
        return (-2.3 if a[0, 0] > 0 else -1 / 2.3) ** places / n
    return ratio**places * _of_waves(facts, a)


def _idempotent_lower(facts: Facts, a: Array, rank: int) -> Array:
    import numpy as np

    n = len(a)
    if "nonneg" in facts:
        below = np.abs(a[rank:, :rank])
        if "stochastic" in facts:
            below = below / np.sum(below, axis=1, keepdims=True)
        return np.block([[np.eye(rank), np.zeros((rank, n - rank))], [below, np.zeros((n - rank, n - rank))]])
    basis = np.eye(n) + np.tril(a, -1)
    chosen = np.argsort(np.argsort(-np.diag(a))) < rank
    return np.tril((basis * chosen) @ np.linalg.inv(basis))


def _averages(facts: Facts, a: Array) -> Array:
    """Weighted averages in one group of all, or in each of two groups."""
    import numpy as np

    n = len(a)
    made = np.zeros((n, n))
    first = a[:, 0] > 0 if not facts & {"positive", "unitnorm"} else np.ones(n, dtype=bool)
    for group in filter(np.any, (first, ~first)):
        left, right = (0.1 + np.abs(numbers[group]) for numbers in (a[:, -1], a[-1]))
        if "stochastic" in facts:
            left = np.ones(len(left))
        if "symmetric" in facts:
            right = left
        made[np.ix_(group, group)] = np.outer(left, right) / (left @ right)
    return made


# ---------------------------------------------------------------- stochastic
def stochastic(facts: Facts, a: Array) -> Array:
    """Rows of nonnegative entries that sum to one."""
    import numpy as np

    m = len(a)
    a = np.abs(a) + (0.0 if np.all(a) else 0.1)
    if "unitnorm" in facts:
        return _near_one_entry(a[:1] if "toeplitz" in facts else a, m)
    if "toeplitz" in facts:
        return _round_and_round(facts, a)
    if "symmetric" in facts:
        return _symmetric_stochastic(facts, a)
    if "lower" in facts:
        a = np.tril(a)
    if "upper" in facts:
        a = np.triu(a)
    return a / np.sum(a, axis=1, keepdims=True)


def _near_one_entry(a: Array, rows: int) -> Array:
    """Rows with one large entry and equal other ones, whose squares sum to one; as many as there are rows."""
    import numpy as np

    n = a.shape[1]
    share = np.sqrt(max(0.0, (1 / rows - 1 / n) / (1 - 1 / n))) if n > 1 else 0.0
    made = (1 - share) / n + share * np.eye(n)[np.argmax(a, axis=1)]
    return made if len(a) == rows else _rolled(made[0], rows)


def _rolled(row: Array, rows: int) -> Array:
    """The row, and below it the row moved by one place, round and round."""
    import numpy as np

    return np.stack([np.roll(row, k) for k in range(rows)])


def _round_and_round(facts: Facts, a: Array) -> Array:
    """Toeplitz matrices whose rows have one sum are periodic."""
    import numpy as np

    row = a[0] / np.sum(a[0])
    if "symmetric" in facts:
        row = (row + np.roll(row[::-1], 1)) / 2
    if facts & {"psd", "posdef"}:
        row = 0.4 * row + 0.6 * np.eye(len(row))[0]
        if "posdef" not in facts and a[-1, 0] > a[-1, -1]:
            row = np.full(len(row), 1 / len(row))
    if "diagonal" in facts:
        row = np.eye(len(row))[0]
    return _rolled(row, a.shape[0])


def _symmetric_stochastic(facts: Facts, a: Array) -> Array:
    import numpy as np

    n = len(a)
    is_low = len(a) > 1 and a[-1, 0] > a[0, 0]
    if "psd" in facts and is_low:
        return np.full((n, n), 1 / n)
    beside = np.tril(a, -1) + np.tril(a, -1).T
    largest = np.max(np.sum(beside, axis=1)) or 1.0
    beside = beside * ((0.95 if is_low and not facts & {"psd", "posdef"} else 0.4) / largest)
    return beside + np.diag(1 - np.sum(beside, axis=1))


# ---------------------------------------------------------------- Toeplitz
def toeplitz(facts: Facts, a: Array, *, neat: bool) -> Array:
    """Equal entries along each diagonal, of the first row and the first column."""
    import numpy as np

    m, n = a.shape
    size = float(np.mean(np.abs(a)))
    column, row = a[:, 0].copy(), a[0].copy()
    if "diagonal" in facts:
        return np.eye(n) * (abs(row[0]) if facts & {"psd", "posdef"} else row[0])
    if facts & {"psd", "posdef"}:
        column = np.array([column[: n - k] @ column[k:] for k in range(n)])
        if "posdef" in facts:
            column[0] += 1.0 if neat else 0.3 * size**2
        elif a[0, 0] > 0:
            column = abs(column[0]) * (1.0 if "nonneg" in facts or a[-1, -1] > 0 else -1.0) ** np.arange(n)
    if "symmetric" in facts:
        row = column
    if "skew" in facts:
        column[0] = 0.0
        row = -column
    if "lower" in facts:
        row[1:] = 0.0
    if "upper" in facts:
        column[1:] = 0.0
    return np.array([[row[j - i] if j >= i else column[i - j] for j in range(n)] for i in range(m)])
