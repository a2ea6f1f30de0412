"""Which program is cheapest where sizes are symbolic: one that dominates, or several with conditions between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import gcd

from matcalc.program.planner import Program
from matcalc.program.polynomial import Monomial, Polynomial

PROBES = (4, 60, 1000)  # sizes that each symbol is tried at
MOST_PROBES = 81
MOST_PLANNED = 1000  # steps; when so many are planned, no more sizes are tried
MOST_REGIMES = 4


@dataclass(frozen=True)
class Regime:
    """A program, its costs, and where it is taken: inequalities ``(small, large)`` that all hold, small ≤ large."""

    program: Program
    multiplications: Polynomial
    flops: Polynomial
    conditions: tuple[tuple[Polynomial, Polynomial], ...] = ()

    def holds(self, sizes: Mapping[str, int]) -> bool:
        return all(small.at(sizes) <= large.at(sizes) for small, large in self.conditions)

    def __str__(self) -> str:
        return " and ".join(f"{small} <= {large}" for small, large in self.conditions) or "otherwise"


def regime(program: Program) -> Regime:
    """A program with its costs."""
    return Regime(
        program,
        Polynomial.total(step.multiplications for step in program.steps),
        Polynomial.total(step.flops for step in program.steps),
    )


def cheapest(candidates: list[Regime], sizes: Mapping[str, int]) -> Regime:
    return min(candidates, key=lambda r: (r.multiplications.at(sizes), r.flops.at(sizes)))


def regimes(make: Callable[[Mapping[str, int]], Program], others: list[Program], symbols: list[str]) -> list[Regime]:
    """The programs that are cheapest somewhere, each with its condition against the later ones; the last has none.

    ``make`` gives the best program at sizes; nowhere does the cheapest cost more than one of the ``others``.
    """
    probes = _probes(symbols)
    candidates: dict[object, Regime] = {}
    steps = 0
    for sizes in probes:
        program = make(sizes)
        candidates.setdefault((program.steps, program.results), regime(program))
        steps += len(program.steps)
        if steps > MOST_PLANNED or (len(candidates) == 1 and not _has_choice(program)):
            break
    demanded = [candidates.setdefault((p.steps, p.results), regime(p)) for p in others]
    found = list(candidates.values())
    if len(found) > 1:
        wins = {id(r): 0 for r in found}
        for sizes in probes:
            wins[id(cheapest(found, sizes))] += 1
        found = sorted(found, key=lambda r: -wins[id(r)])
        found = [r for k, r in enumerate(found) if r in demanded or (wins[id(r)] and k < MOST_REGIMES)]
        found = _undominated(found)
    return [
        Regime(r.program, r.multiplications, r.flops, tuple(_inequality(r, later) for later in found[k + 1 :]))
        for k, r in enumerate(found)
    ]


def _has_choice(program: Program) -> bool:
    """Whether two products stand one behind the other, so that another order might be cheaper."""
    products = [step for step in program.steps if step.operation in ("product", "solve")]
    return len(products) > 1


def _probes(symbols: list[str]) -> list[dict[str, int]]:
    """The sizes to try, the middle ones first."""
    middle = dict.fromkeys(symbols, PROBES[len(PROBES) // 2])
    if len(PROBES) ** len(symbols) <= MOST_PROBES:
        found = [dict(zip(symbols, sizes, strict=True)) for sizes in product(PROBES, repeat=len(symbols))]
        return [middle, *(sizes for sizes in found if sizes != middle)]
    return [middle, *({**middle, symbol: size} for symbol in symbols for size in (PROBES[0], PROBES[-1]))]


def _undominated(candidates: list[Regime]) -> list[Regime]:
    kept: list[Regime] = []
    for candidate in candidates:
        if any(_dominates(other, candidate) for other in kept):
            continue
        kept = [other for other in kept if not _dominates(candidate, other)]
        kept.append(candidate)
    return kept


def _dominates(one: Regime, other: Regime) -> bool:
    if one.multiplications == other.multiplications:
        return one.flops.never_exceeds(other.flops)
    return one.multiplications.never_exceeds(other.multiplications)


def _inequality(one: Regime, other: Regime) -> tuple[Polynomial, Polynomial]:
    """multiplications of ``one`` ≤ those of ``other``, without what is common to both sides."""
    difference = one.multiplications - other.multiplications
    if not difference.terms:
        difference = one.flops - other.flops
    terms = _reduced(difference.terms)
    small = Polynomial({m: c for m, c in terms.items() if c > 0})
    large = Polynomial({m: -c for m, c in terms.items() if c < 0})
    return small, large


def _reduced(terms: Mapping[Monomial, Fraction]) -> dict[Monomial, Fraction]:
    """Terms without their common positive factor."""
    if not terms:
        return {}
    common = dict(next(iter(terms)))
    for monomial in terms:
        powers = dict(monomial)
        common = {name: min(power, powers[name]) for name, power in common.items() if name in powers}
    numerator = gcd(*(c.numerator for c in terms.values()))
    denominator = 1
    for c in terms.values():
        denominator = denominator * c.denominator // gcd(denominator, c.denominator)
    factor = Fraction(denominator, numerator)
    return {
        tuple((name, power - common.get(name, 0)) for name, power in monomial if power > common.get(name, 0)): c
        * factor
        for monomial, c in terms.items()
    }
