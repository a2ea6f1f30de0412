"""Terms of which an answer is the sum, and which of them a claim has left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import Any

from matcalc.checking.asked import Asked, Sample, near, value_at
from matcalc.expr import Expr, mul, number
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.network.build import scale
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

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


def written_terms(answer: Expr) -> list[Expr]:
    """The terms of the answer as it is written: scalars before a sum go to its terms, and no more is multiplied out."""
    found: list[Expr] = []
    left: list[tuple[Expr, tuple[Expr, ...]]] = [(answer, ())]
    while left:
        expr, factors = left.pop()
        if expr.kind in ("add", "sub"):
            one, other = expr.operands
            left += [(other, (number(-1), *factors) if expr.kind == "sub" else factors), (one, factors)]
        elif expr.kind == "mul" and expr.operands[0].shape.is_scalar and expr.operands[1].kind in ("add", "sub"):
            left.append((expr.operands[1], (*factors, expr.operands[0])))
        else:
            view = lower(reduce(lambda term, factor: mul(factor, term), factors, expr))
            found.append(lift(view.node, view.rows))
    return found


class Scaled(NamedTuple):
    """A term that a claim has with another factor: what the term would have to be multiplied by."""

    term: Expr
    factor: Fraction | str


def scaled(asked: Asked, terms: Sequence[Expr], samples: Sequence[Sample], claims: Sequence[Any]) -> Scaled | None:
    """The one term of the answer by which a claim differs from it, by a number or by a size; not one that is lost."""
    if any(c.shape != s.answer.shape for c, s in zip(claims, samples, strict=True)):
        return None
    for term in terms:
        values = [value_at(term, asked.variables, s.point) for s in samples]
        if any(value is None for value in values):
            continue
        wanted = [_factor(c - s.answer + v, v) for c, s, v in zip(claims, samples, values, strict=True)]
        found = None if None in wanted else _named_factor(wanted, samples)
        if found is not None:
            return Scaled(term, found)
    return None


def _factor(claim: Any, term: Any) -> float | None:
    """What a multiple of a term has to be multiplied by; None where it is no multiple but zero."""
    import numpy as np

    size = float(np.vdot(claim, claim))
    factor = float(np.vdot(claim, term)) / size if size else 0.0
    return factor if factor and near(claim * factor, term) else None


def _named_factor(factors: Sequence[Any], samples: Sequence[Sample]) -> Fraction | str | None:
    """The number that all factors are, or the size, or one by it."""
    number = Fraction(factors[0]).limit_denominator(12)
    if all(abs(f - float(number)) <= ALIKE * abs(f) for f in factors):
        return number
    for symbol in sorted({symbol for s in samples for symbol in s.point.sizes}):
        sizes = [s.point.sizes[symbol] for s in samples]
        if all(abs(f - size) <= ALIKE * size for f, size in zip(factors, sizes, strict=True)):
            return symbol
        if all(abs(f * size - 1) <= ALIKE for f, size in zip(factors, sizes, strict=True)):
            return f"1/{symbol}"
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
