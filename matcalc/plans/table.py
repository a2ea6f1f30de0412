"""Plans as tables."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.notation.markup import dimension, words
from matcalc.notation.markup import table as as_markdown
from matcalc.plans.regimes import Regime
from matcalc.program.choices import ASSUMED_SIZE
from matcalc.program.planner import Program
from matcalc.program.polynomial import ZERO, Polynomial
from matcalc.program.step import Step

Sizes = Mapping[str, int] | None

MOST_SHOWN = 3  # sizes without an order among them, of which the greatest is meant

_HEAD = ("step", "operation", "operands", "shape", "multiplications", "flops", "entries")


def of_plan(mode: str, regimes: list[Regime], sizes: Sizes) -> str:
    """Every regime's steps, with totals and peak memory at the foot."""
    parts = []
    for regime in regimes:
        if len(regimes) > 1:
            where = f"if {regime}" if regime.conditions else "otherwise"
            parts.append(f"{where}:")
        parts.append(_aligned(_of_program(regime.program, sizes)))
        parts += _totals(regime, sizes)
    return "\n".join([f"{mode} plan", *parts])


def plan_as_markdown(mode: str, regimes: list[Regime], sizes: Sizes) -> str:
    """The same for a notebook, with shapes and costs as mathematics."""
    parts = [f"**{mode} plan**"]
    for regime in regimes:
        if len(regimes) > 1:
            parts.append(words(f"if {regime}:" if regime.conditions else "otherwise:"))
        head, *rows = _of_program(regime.program, sizes)
        cells = [(*map(words, row[:3]), *map(dimension, row[3:])) for row in rows]
        parts.append(as_markdown(head, cells))
        parts.append(words("; ".join(_totals(regime, sizes))))
    return "\n\n".join(parts)


def comparison_as_markdown(plans: Mapping[str, tuple[list[Regime], Sizes]]) -> str:
    head, *rows = _comparison(plans)
    return as_markdown(head, [(words(row[0]), *map(dimension, row[1:])) for row in rows])


def _totals(regime: Regime, sizes: Sizes) -> list[str]:
    program = regime.program
    return [
        f"total: {_shown(regime.multiplications, sizes)} multiplications, {_shown(regime.flops, sizes)} flops",
        f"largest temporary: {_one_of(largest(program, sizes), sizes)} entries, "
        f"peak memory: {_one_of(_greatest(_alive(program), sizes), sizes)} entries",
    ]


def of_comparison(plans: Mapping[str, tuple[list[Regime], Sizes]]) -> str:
    return _aligned(_comparison(plans))


def _comparison(plans: Mapping[str, tuple[list[Regime], Sizes]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("mode", "multiplications", "flops", "largest temporary", "peak memory")]
    for mode, (regimes, sizes) in plans.items():
        for k, r in enumerate(regimes):
            label = mode if len(regimes) == 1 else f"{mode}, {r}" if k == 0 or r.conditions else f"{mode}, otherwise"
            costs = (_shown(r.multiplications, sizes), _shown(r.flops, sizes))
            memory = (largest(r.program, sizes), _greatest(_alive(r.program), sizes))
            rows.append((label, *costs, *(_one_of(most, sizes) for most in memory)))
    return rows


def _of_program(program: Program, sizes: Sizes) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [_HEAD]
    for step in program.steps:
        shape = "×".join(_shown(Polynomial.of(dim), sizes) for dim in step.dims) or "1"
        counts = (step.multiplications, step.flops, step.entries)
        operands = ", ".join(step.operands)
        rows.append((step.result, step.kind, operands, shape, *(_shown(count, sizes) for count in counts)))
    return rows


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _shown(cost: Polynomial, sizes: Sizes) -> str:
    if sizes is None:
        return str(cost)
    return str(int(cost.at(sizes)))


def largest(program: Program, sizes: Sizes) -> list[Polynomial]:
    """The size of the largest intermediate result; where sizes are symbolic, of all that may be it."""
    return _greatest([step.entries for step in program.steps], sizes)


def peak(program: Program, sizes: Sizes) -> Polynomial:
    """The most entries of intermediate results that are alive together; of symbolic ones, the most at equal sizes."""
    return max(_alive(program), key=lambda e: _value(e, sizes), default=ZERO)


def _alive(program: Program) -> list[Polynomial]:
    """The entries of intermediate results that are alive together, after each step; results stay alive to the end."""
    last: dict[str, int] = {}
    for at, step in enumerate(program.steps):
        for operand in step.operands:
            last[operand] = at
    for result in program.results:
        last[result] = len(program.steps)
    alive: dict[str, Step] = {}
    totals = []
    for at, step in enumerate(program.steps):
        alive[step.result] = step
        totals.append(Polynomial.total(other.entries for other in alive.values()))
        alive = {name: other for name, other in alive.items() if last.get(name, at) > at}
    return totals


def _greatest(costs: list[Polynomial], sizes: Sizes) -> list[Polynomial]:
    """Those that may be the greatest, the greatest at equal sizes first."""
    ordered = sorted(dict.fromkeys(costs), key=lambda e: -_value(e, sizes))
    if sizes is not None:
        return ordered[:1]
    found: list[Polynomial] = []
    for cost in ordered:
        if len(found) <= MOST_SHOWN and not any(cost.never_exceeds(other) for other in found):
            found.append(cost)
    return found


def _one_of(costs: list[Polynomial], sizes: Sizes) -> str:
    """The greatest of what is shown, as far as it is."""
    texts = [_shown(cost, sizes) for cost in costs[:MOST_SHOWN]] + ["…"] * (len(costs) > MOST_SHOWN)
    return (f"max({', '.join(texts)})" if len(texts) > 1 else "".join(texts)) or "0"


def _value(cost: Polynomial, sizes: Sizes) -> float:
    return float(cost.at(sizes or {}, ASSUMED_SIZE))
