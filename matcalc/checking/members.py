"""Values that have all facts of a variable together, made of arrays of free numbers.

What is random are the numbers; what the facts make of them is a function of them, signs and permutations among it. So
numbers that move along a line make values that move with them, and stay allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from matcalc.checking import equations
from matcalc.checking.equations import solved
from matcalc.checking.matrix_sets import idempotent, orthogonal, stochastic, toeplitz
from matcalc.evaluation import holds
from matcalc.expr import Expr, name_of, variable
from matcalc.facts import contradictions, implied, is_zero
from matcalc.families import members_of
from matcalc.shape import ONE, Dim, Shape

Array = Any
Facts = frozenset[str]
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


def member(
    variable: Expr, numbers: Array, sizes: Mapping[str, int], more: tuple[str, ...] = (), *, neat: bool = False
) -> Array | None:
    """The value that an array of numbers stands for; None where it stands for none. ``neat`` ones are integers, if the
    numbers are and the facts allow it; ``sizes`` are those of the dimensions."""
    import numpy as np

    if members_of(variable) is not None:
        return _of_each(variable, numbers, sizes, lambda one, own: member(one, own, sizes, more, neat=neat))
    facts = facts_at(variable.data[1], *numbers.shape, more)
    if facts is None:
        return None
    if not facts:
        return numbers
    a = _normalised(facts, _structured(facts, numbers, neat))
    if a is None or not np.all(np.isfinite(a)) or not _is_regular(facts, a):
        return None
    return a if holds(variable, a) else None


def _of_each(
    family: Expr, numbers: Array, sizes: Mapping[str, int], value: Callable[[Expr, Array], Array | None]
) -> Array | None:
    """What each member of a family is made of its numbers; None where one is not."""
    import numpy as np

    members = members_of(family)
    assert members is not None
    one = variable(name_of(family), *members.shape, members.facts)
    made = []
    for part in members_in(family, numbers, sizes):
        own = value(one, part)
        if own is None:
            return None
        made.append(own if members.are_matrices else own.reshape(1, -1))
    return np.concatenate(made)


def members_in(family: Expr, numbers: Array, sizes: Mapping[str, int]) -> list[Array]:
    """The members in a matrix of all of them, where the dimensions have these sizes."""
    members = members_of(family)
    assert members is not None
    if not members.are_matrices:
        return [row.reshape(-1, 1) if members.shape.cols is ONE else row.reshape(1, -1) for row in numbers]
    rows = members.shape.rows.at(sizes)
    return [numbers[k : k + rows] for k in range(0, len(numbers), rows)]


def has_few_members(facts: tuple[str, ...]) -> bool:
    """Whether there are finitely many values of one size: signs on a diagonal, permutations, unit vectors."""
    known = set(facts)
    finite = (
        {"orthogonal", "nonneg"},
        {"orthogonal", "diagonal"},
        {"orthogonal", "toeplitz", "symmetric"},
        {"idempotent", "diagonal"},
        {"idempotent", "toeplitz"},
        {"unitnorm", "sumstoone", "nonneg"},
    )
    return any(facts <= known for facts in finite)


# ---------------------------------------------------------------- structure and signs
def _structured(facts: Facts, a: Array, neat: bool) -> Array:
    import numpy as np

    size = float(np.mean(np.abs(a)))
    if is_zero(set(facts)):
        return np.zeros(a.shape)
    if "orthogonal" in facts:
        return orthogonal(facts, a)
    if "idempotent" in facts:
        return idempotent(facts, a)
    if "stochastic" in facts:
        return stochastic(facts, a)
    if facts & {"positive", "nonneg"}:
        a = np.abs(a) + (0.0 if "positive" not in facts else 1.0 if neat else 0.1 * size)
    if "toeplitz" in facts:
        return toeplitz(facts, a, neat=neat)
    eye = np.eye(*a.shape)
    if "diagonal" in facts:
        return np.abs(a) * eye if facts & {"posdef", "psd"} else a * eye
    if "posdef" in facts:
        return a @ a.T + (1.0 if neat else 0.3 * size**2) * eye
    if "psd" in facts:  # of half the rank at times
        half = a[:, : (len(a) + 1) // 2] if len(_sums(facts)) < 2 and a[0, 0] * a[0, -1] > 0 else a
        return half @ half.T
    if "symmetric" in facts:
        return np.tril(a) + np.tril(a, -1).T
    if "skew" in facts:
        return np.tril(a, -1) - np.tril(a, -1).T
    return np.tril(a) if "lower" in facts else np.triu(a) if "upper" in facts else a


def _is_regular(facts: Facts, a: Array) -> bool:
    import numpy as np

    if facts & {"invertible", "fullcolrank", "fullrowrank"} and "orthogonal" not in facts:
        singular = np.linalg.svd(a, compute_uv=False)
        if singular[-1] <= LEAST_CONDITION * singular[0]:
            return False
    if facts & {"posdef", "psd"} and "diagonal" not in facts and {"unitnorm", "sumstoone"} <= facts:
        return bool(np.min(np.linalg.eigvalsh(a)) > (0 if "posdef" in facts else -1e-12))
    return True


# ---------------------------------------------------------------- equations
def _sums(facts: Facts) -> Facts:
    """Whether the squares, or the entries, or both sum to one."""
    return facts & {"unitnorm", "sumstoone"}


def _normalised(facts: Facts, a: Array) -> Array | None:
    """With norm 1, or summing to 1, or both."""
    import numpy as np

    wanted = _sums(facts)
    if not wanted:
        return a
    if len(wanted) == 2 and "nonneg" in facts:  # one entry is 1: of a symmetric matrix, one on the diagonal
        if "toeplitz" in facts and a.size > 1:  # one in a corner
            kept = np.zeros(a.shape)
            kept[0, -1] = kept[-1, 0] = 1.0
            a = a * kept
        at = np.argmax(a * np.eye(*a.shape) if "symmetric" in facts else a)
        return np.eye(a.size)[at].reshape(a.shape)
    if facts == wanted and len(wanted) == 2:
        return _on_both_spheres(a)
    if len(wanted) == 2 or facts & {"orthogonal", "idempotent", "stochastic"}:
        return solved(facts, a)
    if facts == {"sumstoone"}:  # by the same amount in all entries: they stay as large as the numbers are
        return a + (1 - np.sum(a)) / a.size
    divisor = float(np.linalg.norm(a) if "unitnorm" in facts else np.sum(a))
    return a / divisor if abs(divisor) > 0.05 * float(np.sum(np.abs(a))) / a.size else None


def _on_both_spheres(a: Array) -> Array | None:
    """With norm 1 and sum 1: the same number everywhere, and what sums to zero, as long as is left of the norm."""
    import numpy as np

    apart = a - np.mean(a)
    length = float(np.linalg.norm(apart))
    if a.size == 1:
        return np.ones(a.shape)
    if length <= 1e-8 * float(np.max(np.abs(a))):
        return None
    made = 1 / a.size + apart / length * np.sqrt(1 - 1 / a.size)
    return np.where(np.abs(made) < 1e-15, 0.0, made)


def exact(variable: Expr, value: Array, sizes: Mapping[str, int], steps: int) -> Array:
    """A value with its facts true to all digits of its numbers: a step gains as many digits as a double has."""
    if members_of(variable) is not None:
        made = _of_each(variable, value, sizes, lambda one, own: exact(one, own, sizes, steps))
        return value if made is None else made
    facts = facts_at(variable.data[1], *value.shape)
    return value if facts is None else equations.exact(facts, value, steps)
