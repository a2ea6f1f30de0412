"""Values that have all facts of a variable together, made of arrays of free numbers.

What is random are the numbers; what the facts make of them is a function of them, signs and permutations among it. So
numbers that move along a line make values that move with them, and stay allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from matcalc.expr import Expr, name_of, variable
from matcalc.facts import contradictions, implied, is_zero
from matcalc.families import members_of
from matcalc.shape import ONE, Dim, Shape

Array = Any
Facts = frozenset[str]
EQUATIONS = frozenset(("orthogonal", "unitnorm", "sumstoone"))
MOST_STEPS = 60  # of Gauss and Newton; where a solution is near, far fewer are wanted
LEAST_CONDITION = 1e-3  # smallest over largest singular value of what is called invertible


@lru_cache(4096)
def facts_at(facts: tuple[str, ...], rows: int, cols: int, more: tuple[str, ...] = ()) -> Facts | None:
    """The facts of a variable of this size with all that follows, and with ``more`` where these do not contradict them;
    None where no array of this size has them."""
    shape = Shape(Dim.of(rows), Dim.of(cols))
    for wanted in ({*facts, *more}, set(facts)):
        known = implied(wanted, shape)
        if not any(together <= known for together, _ in contradictions(known, shape)):
            return frozenset(known)
    return None


def member(variable: Expr, numbers: Array, more: tuple[str, ...] = (), *, neat: bool = False) -> Array | None:
    """The value that an array of numbers stands for; None where it stands for none. ``neat`` ones are integers, if the
    numbers are and the facts allow it."""
    import numpy as np

    if members_of(variable) is not None:
        return _of_each(variable, numbers, lambda one, own: member(one, own, more, neat=neat))
    facts = facts_at(variable.data[1], *numbers.shape, more)
    if facts is None:
        return None
    if not facts:
        return numbers
    a = _normalised(facts, _structured(facts, numbers, neat))
    return a if a is not None and np.all(np.isfinite(a)) and _is_regular(facts, a) else None


def _of_each(family: Expr, numbers: Array, value: Callable[[Expr, Array], Array | None]) -> Array | None:
    """What each member of a family is made of its numbers; None where one is not."""
    import numpy as np

    members = members_of(family)
    assert members is not None
    one = variable(name_of(family), *members.shape, members.facts)
    parts = members_in(family, numbers)
    made = []
    for part in parts:
        own = value(one, part)
        if own is None:
            return None
        made.append(own if members.are_matrices else own.reshape(1, -1))
    return np.concatenate(made)


def members_in(family: Expr, numbers: Array) -> list[Array]:
    """The members in a matrix of all of them."""
    members = members_of(family)
    assert members is not None
    if not members.are_matrices:
        return [row.reshape(-1, 1) if members.shape.cols is ONE else row.reshape(1, -1) for row in numbers]
    rows = numbers.shape[1] if members.shape.is_square else members.shape.rows.number
    if rows is None:
        rows = len(numbers) // (members.length.number or 1)
    return [numbers[k : k + rows] for k in range(0, len(numbers), rows)]


def has_few_members(facts: tuple[str, ...]) -> bool:
    """Whether there are finitely many values of one size: signs on a diagonal, permutations, unit vectors."""
    known = set(facts)
    return ("orthogonal" in known and bool(known & {"nonneg", "diagonal"})) or {
        "unitnorm",
        "sumstoone",
        "nonneg",
    } <= known


# ---------------------------------------------------------------- structure and signs
def _structured(facts: Facts, a: Array, neat: bool) -> Array:
    import numpy as np

    size = float(np.mean(np.abs(a)))
    if is_zero(set(facts)):
        return np.zeros(a.shape)
    if "orthogonal" in facts:
        return _orthogonal(facts, a)
    if facts & {"positive", "nonneg"}:
        a = np.abs(a) + (0.0 if "positive" not in facts else 1.0 if neat else 0.1 * size)
    eye = np.eye(*a.shape)
    if "diagonal" in facts:
        return np.abs(a) * eye if "posdef" in facts else a * eye
    if "posdef" in facts:
        return a @ a.T + (1.0 if neat else 0.3 * size**2) * eye
    if "symmetric" in facts:
        return np.tril(a) + np.tril(a, -1).T
    if "skew" in facts:
        return np.tril(a, -1) - np.tril(a, -1).T
    return np.tril(a) if "lower" in facts else np.triu(a) if "upper" in facts else a


def _orthogonal(facts: Facts, a: Array) -> Array:
    """Of both components: the sign of the determinant is that of the numbers'."""
    import numpy as np

    n = len(a)
    signs = np.where(np.diag(a) < 0, -1.0, 1.0)
    if "sumstoone" in facts:  # both signs are wanted, and of a diagonal matrix one more is positive
        signs = np.where(np.argsort(np.argsort(np.diag(a))) < n // 2, -1.0, 1.0)
    if "posdef" in facts:
        return np.eye(n)
    if "nonneg" in facts:
        order = np.argsort(a[:, 0], kind="stable")
        if facts & {"diagonal", "symmetric"}:  # transpositions
            transposed = np.arange(n)
            pairs = 0 if "diagonal" in facts else n // 2
            transposed[order[0 : 2 * pairs : 2]], transposed[order[1 : 2 * pairs : 2]] = (
                order[1 : 2 * pairs : 2],
                order[0 : 2 * pairs : 2],
            )
            order = transposed
        elif a[0, 0] > 0:  # a cycle, for of all permutations of few things most are their own inverses
            order = order[np.roll(np.argsort(order), 1)]
        return np.eye(n)[order]
    if "diagonal" in facts:
        return np.diag(signs)
    q, r = np.linalg.qr(a)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    if "symmetric" in facts:
        made = (q * signs) @ q.T
        return (made + made.T) / 2
    if "skew" in facts:
        turn = np.kron(np.eye(n // 2), [[0.0, -1.0], [1.0, 0.0]])
        made = q @ turn @ q.T
        return (made - made.T) / 2
    return q


def _is_regular(facts: Facts, a: Array) -> bool:
    import numpy as np

    if "invertible" in facts and "orthogonal" not in facts:
        singular = np.linalg.svd(a, compute_uv=False)
        if singular[-1] <= LEAST_CONDITION * singular[0]:
            return False
    if "posdef" in facts and "diagonal" not in facts and {"unitnorm", "sumstoone"} <= facts:
        return bool(np.min(np.linalg.eigvalsh(a)) > 0)
    return True


# ---------------------------------------------------------------- equations
def _normalised(facts: Facts, a: Array) -> Array | None:
    """With norm 1, or summing to 1, or both."""
    import numpy as np

    wanted = facts & {"unitnorm", "sumstoone"}
    if not wanted:
        return a
    if len(wanted) == 2 and "nonneg" in facts:  # one entry is 1: of a symmetric matrix, one on the diagonal
        at = np.argmax(a * np.eye(*a.shape) if "symmetric" in facts else a)
        return np.eye(a.size)[at].reshape(a.shape)
    if len(wanted) == 2 or "orthogonal" in facts:
        return _solved(facts, a)
    if facts == {"sumstoone"}:  # by the same amount in all entries: they stay as large as the numbers are
        return a + (1 - np.sum(a)) / a.size
    divisor = float(np.linalg.norm(a) if "unitnorm" in facts else np.sum(a))
    return a / divisor if abs(divisor) > 0.05 * float(np.sum(np.abs(a))) / a.size else None


def _solved(facts: Facts, a: Array) -> Array | None:
    """The solution of the facts' equations near an array, by Gauss and Newton."""
    import numpy as np

    zeros = _zeros(facts, a)
    for _ in range(MOST_STEPS):
        missing = _residual(facts, a, zeros)
        if np.max(np.abs(missing)) < 1e-14:
            return a
        a = a - np.reshape(np.linalg.pinv(_slopes(facts, a, zeros), rcond=1e-8) @ missing, a.shape)
    return a if np.max(np.abs(_residual(facts, a, zeros))) < 1e-12 else None


def exact(variable: Expr, value: Array, steps: int) -> Array:
    """A value with its facts true to all digits of its numbers: a step gains as many digits as a double has."""
    import numpy as np

    if members_of(variable) is not None:
        return _of_each(variable, value, lambda one, own: exact(one, own, steps))
    facts = facts_at(variable.data[1], *value.shape)
    if facts is None or not facts & EQUATIONS:
        return value
    zeros = _zeros(facts, value)
    inverse = np.linalg.pinv(_slopes(facts, value.astype(float), zeros), rcond=1e-8)
    for _ in range(steps):
        missing = _residual(facts, value, zeros)
        if not np.any(missing):
            break
        value = value - np.reshape(np.asarray(inverse, dtype=object).dot(missing), value.shape)
    return value


def _residual(facts: Facts, a: Array, zeros: Array) -> Array:
    """What the equations of the facts leave, zero where all of them hold; in any arithmetic."""
    import numpy as np

    eye = np.eye(len(a)).astype(int)
    made = [a[zeros]]
    if "symmetric" in facts:
        made.append((a - a.T).reshape(-1))
    if "skew" in facts:
        made.append((a + a.T).reshape(-1))
    if "orthogonal" in facts:
        made.append((a.T.dot(a) - eye).reshape(-1))
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
