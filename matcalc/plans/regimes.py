"""Which program is cheapest where sizes are symbolic: one that dominates, or several with conditions between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import gcd
from operator import eq, le, ne

from matcalc.program.choices import Choices
from matcalc.program.draft import time
from matcalc.program.planner import Program
from matcalc.program.polynomial import Monomial, Polynomial
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

PROBES = (4, 60, 1000)  # sizes that each symbol is tried at
BETWEEN = (8, 15, 30)  # where the programs that are found are compared, too
SMALL = 8  # size up to which calls decide how long a program takes
MOST_PROBES = 81
MOST_PLANNED = 500  # steps; when so many are planned, no more sizes are tried
MOST_REGIMES = 8  # besides those that are demanded


class Regime(NamedTuple):
    """A program, its costs, and where it is taken: inequalities ``(small, large)`` that all hold, small ≤ large."""

    program: Program
    multiplications: Polynomial
    flops: Polynomial
    conditions: tuple[tuple[Polynomial, Polynomial], ...] = ()

    def holds(self, sizes: Mapping[str, int]) -> bool:
        return all(small.at(sizes) <= large.at(sizes) for small, large in self.conditions)

    def __str__(self) -> str:
        return " and ".join(f"{small} <= {large}" for small, large in self.conditions) or "otherwise"

    def __repr__(self) -> str:
        return f"{self}: {self.multiplications} multiplications, {self.flops} flops"


def regime(program: Program) -> Regime:
    """A program with its costs."""
    return Regime(
        program,
        Polynomial.total(step.multiplications for step in program.steps),
        Polynomial.total(step.flops for step in program.steps),
    )


def cheapest(candidates: list[Regime], sizes: Mapping[str, int]) -> Regime:
    return min(candidates, key=lambda r: (r.multiplications.at(sizes), r.flops.at(sizes)))


def regimes(
    make: Callable[[Choices], Program], others: list[Program], symbols: list[str], *, for_speed: bool = False
) -> list[Regime]:
    """The programs that are cheapest somewhere, each with its condition against the later ones; the last has none.

    ``make`` gives the best program by its choices; nowhere does the cheapest cost more than one of the ``others``.
    What is made ``for_speed`` takes no more time than another program at some sizes.
    """
    probes = _probes(symbols)
    candidates: dict[object, Regime] = {}
    made: list[Choices] = []
    steps = 0
    for sizes in probes:
        if any(choices.are_those_at(sizes) for choices in made):
            continue
        made.append(Choices(sizes))
        program = make(made[-1])
        candidates.setdefault((program.steps, program.results), regime(program))
        steps += len(program.steps)
        if steps > MOST_PLANNED:
            break
    demanded = [candidates.setdefault((p.steps, p.results), regime(p)) for p in others]
    found = list(candidates.values())
    if len(found) > 1 and for_speed:
        found = _not_slower([p for p in (*probes, *_probes(symbols, BETWEEN)) if max(p.values()) > SMALL], found)
    if len(found) > 1:
        found = _undominated(_chosen(found, demanded, [*probes, *_probes(symbols, BETWEEN)]))
    return [
        Regime(r.program, r.multiplications, r.flops, tuple(_inequality(r, later) for later in found[k + 1 :]))
        for k, r in enumerate(found)
    ]


def _not_slower(probes: list[dict[str, int]], found: list[Regime]) -> list[Regime]:
    """Those that take less time than each other at some sizes; calls take none, which decide at small sizes alone."""
    times = [[taken.at(sizes) for sizes in probes] for taken in (time(r.program.steps, calling=0) for r in found)]
    return [
        r
        for r, own in zip(found, times, strict=True)
        if not any(other != own and all(map(le, other, own)) for other in times)
    ]


def _chosen(found: list[Regime], demanded: list[Regime], probes: list[dict[str, int]]) -> list[Regime]:
    """Those that are demanded, and in turn the one without which most is lost; common ones come first."""
    costs = {id(r): [(r.multiplications.at(sizes), r.flops.at(sizes)) for sizes in probes] for r in found}
    least = [min(column) for column in zip(*costs.values(), strict=True)]
    wins = {id(r): sum(map(eq, costs[id(r)], least)) for r in found}
    found = sorted(found, key=lambda r: -wins[id(r)])

    def lost(taken: list[Regime]) -> tuple[Fraction, int]:
        """The largest part of the cost that is too much, and at how many sizes some of it is."""
        made = [min(column) for column in zip(*(costs[id(r)] for r in taken), strict=True)]
        worst = max(Fraction(cost - best, max(best, 1)) for (cost, _), (best, _) in zip(made, least, strict=True))
        return worst, sum(map(ne, made, least))

    chosen = [r for r in found if r in demanded]
    while len(chosen) < MOST_REGIMES + len(demanded) and (not chosen or lost(chosen)[1]):
        chosen.append(min((r for r in found if r not in chosen), key=lambda r: lost([*chosen, r])))
    return [r for r in found if r in chosen]


def _probes(symbols: list[str], tried: tuple[int, int, int] = PROBES) -> list[dict[str, int]]:
    """The sizes to try, the middle ones first: all of them, or of many symbols one at a time, and of more than can be
    tried so, evenly chosen ones."""
    small, middle, large = tried
    first = dict.fromkeys(symbols, middle)
    if len(tried) ** len(symbols) <= MOST_PROBES:
        found = [dict(zip(symbols, sizes, strict=True)) for sizes in product(tried, repeat=len(symbols))]
        return [first, *(sizes for sizes in found if sizes != first)]
    moved = symbols[:: 1 + 2 * len(symbols) // MOST_PROBES]
    return [first, *({**first, symbol: size} for symbol in moved for size in (small, large))]


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
