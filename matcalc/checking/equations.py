"""The equations of facts, solved near an array of numbers, and to all digits of any arithmetic."""

from __future__ import annotations

from typing import Any

from matcalc.functions.precise import Unsupported

Array = Any
Facts = frozenset[str]
EQUATIONS = frozenset(("orthogonal", "unitnorm", "sumstoone", "idempotent", "stochastic"))
MOST_STEPS = 60  # of Gauss and Newton; where a solution is near, far fewer are wanted
MOST_ENTRIES = 400  # of an array for which equations are solved: the work grows with the third power of their number
SMALLEST_RANK = 1e-9  # an eigenvalue below this share of the largest one is zero


def solved(facts: Facts, a: Array) -> Array | None:
    """The solution of the facts' equations near an array, by Gauss and Newton; near a large one, itself alone."""
    import numpy as np

    zeros = _zeros(facts, a)
    for _ in range(MOST_STEPS if a.size <= MOST_ENTRIES else 0):
        missing = _residual(facts, a, zeros)
        if np.max(np.abs(missing)) < 1e-14:
            return a
        a = a - np.reshape(np.linalg.pinv(_slopes(facts, a, zeros), rcond=1e-8) @ missing, a.shape)
    return a if np.max(np.abs(_residual(facts, a, zeros))) < 1e-12 else None


def exact(facts: Facts, value: Array, steps: int) -> Array:
    """A value with its facts true to all digits of its numbers: a step gains as many digits as a double has.

    Raises:
        Unsupported: the array is large, and its facts are not true in all digits already.
    """
    import numpy as np

    if "psd" in facts and not facts & {"diagonal", "toeplitz", *EQUATIONS}:
        return _square(value)
    if not facts & EQUATIONS:
        return value
    zeros = _zeros(facts, value)
    if value.size > MOST_ENTRIES:
        if np.any(_residual(facts, value, zeros)):
            raise Unsupported
        return value
    inverse = np.linalg.pinv(_slopes(facts, value.astype(float), zeros), rcond=1e-8)
    for _ in range(steps):
        missing = _residual(facts, value, zeros)
        if not np.any(missing):
            break
        value = value - np.reshape(np.asarray(inverse, dtype=object).dot(missing), value.shape)
    return value


def _square(value: Array) -> Array:
    """A semidefinite matrix as L*L', whose eigenvalues are zeros and not what rounding leaves of zeros."""
    import numpy as np

    eigenvalues, vectors = np.linalg.eigh(value.astype(float))
    kept = eigenvalues > SMALLEST_RANK * np.max(np.abs(eigenvalues))
    root = (vectors[:, kept] * np.sqrt(eigenvalues[kept])).astype(object)
    return root.dot(root.T) * (value[0, 0] * 0 + 1) if np.any(kept) else value * 0


def _residual(facts: Facts, a: Array, zeros: Array) -> Array:
    """What the equations of the facts leave, zero where all of them hold; in any arithmetic."""
    import numpy as np

    made = [a[zeros]]
    if "symmetric" in facts:
        made.append((a - a.T).reshape(-1))
    if "skew" in facts:
        made.append((a + a.T).reshape(-1))
    if "orthogonal" in facts:
        made.append((a.T.dot(a) - np.eye(len(a)).astype(int)).reshape(-1))
    if "idempotent" in facts:
        made.append((a.dot(a) - a).reshape(-1))
    if "toeplitz" in facts:
        made.append((a[1:, 1:] - a[:-1, :-1]).reshape(-1))
    if "stochastic" in facts:
        made.append(np.sum(a, axis=1) - 1)
    if "unitnorm" in facts:
        made.append(np.reshape(np.sum(a * a) - 1, 1))
    if "sumstoone" in facts:
        made.append(np.reshape(np.sum(a) - 1, 1))
    return np.concatenate(made)


def _slopes(facts: Facts, a: Array, zeros: Array) -> Array:
    """The Jacobian of the residual by the entries."""
    import numpy as np

    columns = []
    for k in range(a.size):
        e = np.zeros(a.shape)
        e.reshape(-1)[k] = 1.0
        made = [e[zeros]]
        if "symmetric" in facts:
            made.append((e - e.T).reshape(-1))
        if "skew" in facts:
            made.append((e + e.T).reshape(-1))
        if "orthogonal" in facts:
            made.append((e.T @ a + a.T @ e).reshape(-1))
        if "idempotent" in facts:
            made.append((e @ a + a @ e - e).reshape(-1))
        if "toeplitz" in facts:
            made.append((e[1:, 1:] - e[:-1, :-1]).reshape(-1))
        if "stochastic" in facts:
            made.append(np.sum(e, axis=1))
        if "unitnorm" in facts:
            made.append(np.reshape(2 * np.sum(a * e), 1))
        if "sumstoone" in facts:
            made.append(np.ones(1))
        columns.append(np.concatenate(made))
    return np.stack(columns, axis=1)


def _zeros(facts: Facts, a: Array) -> Array:
    """The places of entries that are zero and stay so: where the facts make them, and where signs leave no choice."""
    import numpy as np

    kept = np.ones(a.shape)
    if "diagonal" in facts:
        kept *= np.eye(*a.shape)
    if "lower" in facts:
        kept *= np.tri(*a.shape)
    if "upper" in facts:
        kept *= np.tri(*a.shape).T
    return (kept == 0) | (np.asarray(a == 0, dtype=bool) if "nonneg" in facts else False)
