"""Plans as tables."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.plans.regimes import Regime
from matcalc.program.choices import ASSUMED_SIZE
from matcalc.program.planner import Program
from matcalc.program.polynomial import ZERO, Polynomial
from matcalc.program.step import Step

Sizes = Mapping[str, int] | None

_HEAD = ("step", "operation", "operands", "shape", "multiplications", "flops", "entries")


def of_plan(mode: str, regimes: list[Regime], sizes: Sizes) -> str:
    """Every regime's steps, with totals and peak memory at the foot."""
    parts = []
    for regime in regimes:
        if len(regimes) > 1:
            where = f"if {regime}" if regime.conditions else "otherwise"
            parts.append(f"{where}:")
        parts.append(_of_program(regime.program, sizes))
        parts.append(
            f"total: {_shown(regime.multiplications, sizes)} multiplications, {_shown(regime.flops, sizes)} flops"
        )
        parts.append(
            f"largest temporary: {_shown(largest(regime.program, sizes), sizes)} entries, "
            f"peak memory: {_shown(peak(regime.program, sizes), sizes)} entries"
        )
    return "\n".join([f"{mode} plan", *parts])


def of_comparison(plans: Mapping[str, tuple[list[Regime], Sizes]]) -> str:
    rows: list[tuple[str, ...]] = [("mode", "multiplications", "flops", "largest temporary", "peak memory")]
    for mode, (regimes, sizes) in plans.items():
        for k, r in enumerate(regimes):
            label = mode if len(regimes) == 1 else f"{mode}, {r}" if k == 0 or r.conditions else f"{mode}, otherwise"
            costs = (r.multiplications, r.flops, largest(r.program, sizes), peak(r.program, sizes))
            rows.append((label, *(_shown(cost, sizes) for cost in costs)))
    return _aligned(rows)


def _of_program(program: Program, sizes: Sizes) -> str:
    rows: list[tuple[str, ...]] = [_HEAD]
    for step in program.steps:
        shape = "×".join(_shown(Polynomial.of(dim), sizes) for dim in step.dims) or "1"
        counts = (step.multiplications, step.flops, step.entries)
        operands = ", ".join(step.operands)
        rows.append((step.result, step.kind, operands, shape, *(_shown(count, sizes) for count in counts)))
    return _aligned(rows)


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _shown(cost: Polynomial, sizes: Sizes) -> str:
    if sizes is None:
        return str(cost)
    return str(int(cost.at(sizes)))


def largest(program: Program, sizes: Sizes) -> Polynomial:
    """The size of the largest intermediate result; where sizes are symbolic, the one that is largest at equal sizes."""
    return max((step.entries for step in program.steps), key=lambda e: _value(e, sizes), default=ZERO)


def peak(program: Program, sizes: Sizes) -> Polynomial:
    """The most entries of intermediate results that are alive together; results stay alive to the end."""
    last: dict[str, int] = {}
    for at, step in enumerate(program.steps):
        for operand in step.operands:
            last[operand] = at
    for result in program.results:
        last[result] = len(program.steps)
    alive: dict[str, Step] = {}
    most = ZERO
    for at, step in enumerate(program.steps):
        alive[step.result] = step
        total = ZERO
        for other in alive.values():
            total = total + other.entries
        most = max(most, total, key=lambda e: _value(e, sizes))
        alive = {name: other for name, other in alive.items() if last.get(name, at) > at}
    return most


def _value(cost: Polynomial, sizes: Sizes) -> float:
    return float(cost.at(sizes or {}, ASSUMED_SIZE))
