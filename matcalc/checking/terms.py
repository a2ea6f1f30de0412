"""Terms of which an answer is the sum, and which of them a claim has left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from matcalc.checking.asked import Asked, Sample, near, value_at
from matcalc.expr import Expr
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.network.build import scale
from matcalc.rational import Fraction

MOST_COMBINED = 5  # terms that are told apart
ALIKE = 1e-3  # of their size, by which values may differ before they are compared exactly


class Counted(NamedTuple):
    """How often a claim has each term of the answer; ``commuted`` where a lost term is another one, commuted."""

    terms: Sequence[Expr]
    counts: tuple[int, ...]
    commuted: bool

    @property
    def lost(self) -> list[Expr]:
        """The terms that the claim has not; equal ones are one."""
        lost: dict[Expr, int] = {}
        for term, count in zip(self.terms, self.counts, strict=True):
            if not count:
                lost[term] = lost.get(term, 0) + 1
        return [term if times == 1 else _multiple(times, term) for term, times in lost.items()]


def counted(asked: Asked, terms: Sequence[Expr], samples: Sequence[Sample], claims: Sequence[Any]) -> Counted | None:
    """A claim, by its values at the samples, as a combination of terms of which at least one is lost."""
    if not 2 <= len(terms) <= MOST_COMBINED:
        return None
    values = [[value_at(t, asked.variables, s.point) for t in terms] for s in samples]
    if any(v is None for row in values for v in row) or any(
        c is None or c.shape != row[0].shape for c, row in zip(claims, values, strict=True)
    ):
        return None
    for counts in combinations(values[0], claims[0]):
        if all(
            near(sum(k * v for k, v in zip(counts, row, strict=True)), c) for row, c in zip(values, claims, strict=True)
        ):
            in_place = asked.kind in ("jacobian", "hessian") and sum(counts) == len(counts)
            return Counted(terms, counts, in_place and _commuted(values[0], counts))
    return None


def combinations(terms: Sequence[Any], claim: Any) -> list[tuple[int, ...]]:
    """How often each term may stand in a sum of this value, at least one of them not at all; fewest lost ones first."""
    import numpy as np

    every = [counts for counts in product((0, 1, 2, 3), repeat=len(terms)) if 0 in counts and any(counts)]
    sums = np.array(every) @ np.array([np.ravel(term) for term in terms])
    gaps = np.max(np.abs(sums - np.ravel(claim)), axis=1, initial=0.0)
    allowed = ALIKE * max(1.0, float(np.max(np.abs(claim), initial=0.0)))
    found = [counts for counts, gap in zip(every, gaps, strict=True) if gap <= allowed]
    return sorted(found, key=lambda c: (sum(k == 0 for k in c), c))


def _multiple(times: int, term: Expr) -> Expr:
    view = lower(term)
    return lift(scale(Fraction(times), view.node), view.rows)


def _commuted(values: list[Any], counts: tuple[int, ...]) -> bool:
    """Whether each lost term is one that was counted, with its rows or columns commuted."""
    import numpy as np

    if min(values[0].shape) < 2:
        return False

    def is_commuted(a: Any, b: Any) -> bool:
        if np.allclose(a, b):
            return False
        return any(np.allclose(np.sort(a, axis=axis), np.sort(b, axis=axis)) for axis in (0, 1))

    kept = [value for value, count in zip(values, counts, strict=True) if count]
    lost = [value for value, count in zip(values, counts, strict=True) if not count]
    return all(any(is_commuted(a, b) for b in kept) for a in lost)
