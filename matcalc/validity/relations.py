"""What may be said of the parts of a formula: when facts ensure it, what it implies, and how values are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.functions import COS, SQRTM
from matcalc.network import properties
from matcalc.network.nodes import Node, is_function
from matcalc.records import NamedTuple
from matcalc.validity.bounds import bounds

Array = Any
ROUNDING = 1e-12  # of the largest eigenvalue: nearer ones are not told apart


class Relation(NamedTuple):
    """``fails`` says at values what is wrong, and nothing where the relation holds.

    What ``hides`` when it fails gives numbers all the same, so it is looked at before a value counts.
    """

    ensured: Callable[..., bool]
    fails: Callable[..., str]
    implies: tuple[str, ...] = ()
    hides: bool = False


class Condition(NamedTuple):
    """That a relation holds of these nodes, ``where`` conditions hold; ``place`` is the number of an eigenvalue,
    counted from 0."""

    operands: tuple[Node, ...]
    relation: str
    place: int = -1
    where: tuple[Node, ...] = ()
    is_compared: bool = False  # what it is about is compared only, so that it does not show in the value

    @property
    def is_ensured(self) -> bool:
        return RELATIONS[self.relation].ensured(*self.operands)

    @property
    def hides(self) -> bool:
        """Whether there may be numbers where the condition fails."""
        return not self.where and (self.is_compared or RELATIONS[self.relation].hides or self._of_cosine)

    @property
    def _of_cosine(self) -> bool:
        """Of a cosine: of numbers, which are rounded, it is never zero."""
        return is_function(self.operands[0], COS)

    def fails(self, values: list[Array]) -> str:
        """What is wrong at values of the operands; nothing where the condition holds."""
        import numpy as np

        if self.where:  # which entries it is of is not told
            return ""
        arrays = [np.asarray(value, dtype=float) for value in values]
        if not all(np.all(np.isfinite(array)) for array in arrays):
            return ""
        if self._of_cosine:
            arrays = [np.where(np.abs(array) < 1e-15, 0.0, array) for array in arrays]
        if self.relation not in OF_ENTRIES:
            arrays = [array if array.ndim else array.reshape(1, 1) for array in arrays]
        more = (self.place,) if self.relation == "simple eigenvalue" else ()
        try:
            return RELATIONS[self.relation].fails(np, *arrays, *more)
        except np.linalg.LinAlgError:
            return ""


# ---------------------------------------------------------------- entries
def _entries(holds: Callable[[Any], Any]) -> Callable[..., str]:
    def fails(np: Any, a: Array) -> str:
        wrong = a[~holds(a) & ~np.isnan(a)]
        return f"an entry is {wrong[0]:.6g}" if a.ndim and wrong.size else f"it is {wrong[0]:.6g}" if wrong.size else ""

    return fails


def _nonzero(node: Node) -> bool:
    low, high = bounds(node)
    return low.above(0) or high.below(0) or properties.is_positive(node)


def _in_unit_interval(node: Node) -> bool:
    low, high = bounds(node)
    return low.value >= -1 and high.value <= 1


def _strictly_in_unit_interval(node: Node) -> bool:
    low, high = bounds(node)
    return low.above(-1) and high.below(1)


# ---------------------------------------------------------------- matrices
def _same_root(a: Node, minus_b: Node) -> bool:
    """The eigenvalues of principal roots, and of definite matrices, have positive real parts.

    Of what is semidefinite a root is taken where an eigenvalue is zero, too.
    """
    from matcalc.network.build import scale
    from matcalc.rational import Fraction

    b = scale(Fraction(-1), minus_b)
    return all(
        properties.is_definite(node) or (is_function(node, SQRTM) and not properties.is_semidefinite(node.operands[0]))
        for node in (a, b)
    )


def _singular(np: Any, a: Array) -> str:
    return "" if np.linalg.matrix_rank(a) == len(a) else "it is singular"


def _indefinite(np: Any, a: Array) -> str:
    """Of the symmetric part, which is what functions of definite matrices are of."""
    least = np.linalg.eigvalsh((a + a.T) / 2)[0]
    return "" if least > 0 else f"an eigenvalue is {least:.6g}"


def _asymmetric(np: Any, a: Array) -> str:
    return "" if np.allclose(a, a.T, rtol=1e-9, atol=1e-9 * np.max(np.abs(a), initial=0.0)) else "it is not symmetric"


def _negative_eigenvalue(np: Any, a: Array) -> str:
    found = np.linalg.eigvals(a)
    rounding = len(a) * np.finfo(float).eps * np.max(np.abs(a), initial=0.0)
    wrong = found[(np.abs(found.imag) <= rounding) & (found.real <= (rounding if _mixed(np, a) else 0.0))]
    return f"an eigenvalue is {wrong[0].real:.6g}" if wrong.size else ""


def _mixed(np: Any, a: Array) -> bool:
    """Whether the eigenvalues are not simply the diagonal, so that they are rounded."""
    return bool(np.any(np.tril(a, -1)) and np.any(np.triu(a, 1)))


def _common_eigenvalue(np: Any, a: Array, b: Array) -> str:
    left, right = np.linalg.eigvals(a), np.linalg.eigvals(b)
    gaps = np.abs(left[:, None] - right)
    at = np.unravel_index(np.argmin(gaps), gaps.shape)
    nearest = ROUNDING * max(np.max(np.abs(left)), np.max(np.abs(right)))
    return "" if gaps[at] > nearest else f"both have {left[at[0]].real:.6g}"


def _low_rank(np: Any, a: Array) -> str:
    return "" if np.linalg.matrix_rank(a, tol=1e-12 * np.linalg.norm(a, 2)) == min(a.shape) else "its rank is lower"


def _largest_singular_value(np: Any, a: Array) -> str:
    s = np.linalg.svd(a, compute_uv=False)
    return "singular values 1 and 2 are equal" if len(s) > 1 and s[0] - s[1] <= ROUNDING * s[0] else ""


def _tie(np: Any, values: Array, what: str, only: int = -1) -> str:
    """Which of ascending numbers, or which beside one of them, are equal up to rounding."""
    order = np.argsort(values, kind="stable")
    nearest = ROUNDING * np.max(np.abs(values), initial=0.0)
    for k in range(len(values) - 1):
        first, second = sorted((int(order[k]), int(order[k + 1])))
        if values[order[k + 1]] - values[order[k]] <= nearest and only in (-1, first, second):
            return f"{what} {first + 1} and {second + 1} are equal"
    return ""


def _eigenvalues_meet(np: Any, a: Array, place: int = -1) -> str:
    return _asymmetric(np, a) or _tie(np, np.linalg.eigvalsh((a + a.T) / 2), "eigenvalues", place)


def _never(*nodes: Node) -> bool:
    return False


OFF_POLES = "not one of 0, -1, -2 …"
OF_ENTRIES = (OFF_POLES, "> 0", "≥ 0", "< 0", "≤ 0", "≠ 0", "between -1 and 1", "strictly between -1 and 1")

RELATIONS: dict[str, Relation] = {
    "> 0": Relation(
        lambda node: properties.is_positive(node) or bounds(node)[0].above(0),
        _entries(lambda a: a > 0),
        ("≥ 0", "≠ 0", OFF_POLES),
    ),
    OFF_POLES: Relation(
        lambda node: properties.is_positive(node) or bounds(node)[0].above(0),
        _entries(lambda a: (a > 0) | (a != a.round())),
        ("≠ 0",),
        hides=True,
    ),
    "≥ 0": Relation(
        lambda node: properties.is_nonnegative(node) or bounds(node)[0].value >= 0, _entries(lambda a: a >= 0)
    ),
    "< 0": Relation(lambda node: bounds(node)[1].below(0), _entries(lambda a: a < 0), ("≤ 0", "≠ 0")),
    "≤ 0": Relation(lambda node: bounds(node)[1].value <= 0, _entries(lambda a: a <= 0)),
    "≠ 0": Relation(_nonzero, _entries(lambda a: a != 0)),
    "between -1 and 1": Relation(_in_unit_interval, _entries(lambda a: abs(a) <= 1)),
    "strictly between -1 and 1": Relation(
        _strictly_in_unit_interval, _entries(lambda a: abs(a) < 1), ("between -1 and 1",)
    ),
    "invertible": Relation(properties.is_invertible, _singular),
    "positive definite": Relation(
        properties.is_definite, _indefinite, ("invertible", "without eigenvalues ≤ 0", "symmetric"), hides=True
    ),
    "without eigenvalues ≤ 0": Relation(properties.is_definite, _negative_eigenvalue, ("invertible",), hides=True),
    "without common eigenvalues": Relation(_same_root, _common_eigenvalue, hides=True),
    "of constant rank": Relation(properties.has_full_rank, lambda np, a: ""),
    "of full rank": Relation(properties.has_full_rank, _low_rank, hides=True),
    "with one largest singular value": Relation(_never, _largest_singular_value, hides=True),
    "symmetric": Relation(properties.is_symmetric, _asymmetric, hides=True),
    "with distinct entries": Relation(_never, lambda np, a: _tie(np, a, "entries"), hides=True),
    "with distinct eigenvalues": Relation(_never, _eigenvalues_meet, ("symmetric", "simple eigenvalue"), hides=True),
    "simple eigenvalue": Relation(_never, _eigenvalues_meet, ("symmetric",), hides=True),
}
