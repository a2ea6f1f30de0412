"""The plan tab: the steps of a value and its derivative, with their costs as polynomials and at sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matcalc as mc
from matcalc.program.polynomial import Polynomial
from matcalc.shape import LARGEST
from matcalc.web.questions import BadRequest, Question

USUAL = 100  # where no size is given
LONGEST_PICTURE = 200_000  # characters of SVG


def sizes_of(fields: Mapping[str, Any], symbols: Sequence[str]) -> dict[str, int]:
    """The sizes of a request, of those dimensions that there are.

    Raises:
        BadRequest: they are no positive integers by name.
    """
    sizes = fields.get("sizes", {})
    if not isinstance(sizes, dict) or len(sizes) > 100:
        raise BadRequest("sizes: integers by name")
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST:
            raise BadRequest(f"the size of {name[:100]}: an integer from 1 to {LARGEST}")
    return {name: size for name, size in sizes.items() if name in symbols}


def plan(asked: Question, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The cheapest plan at these sizes, its picture, and the three orders side by side."""
    compared = mc.compare_plans(asked.results)
    symbols = compared.plans["optimal"].symbols
    sizes = dict.fromkeys(symbols, USUAL) | sizes_of(fields, symbols)
    chosen = mc.plan(asked.results, "optimal", sizes or None)
    steps = [
        {
            "result": step.result,
            "operation": step.kind,
            "operands": list(step.operands),
            "shape": "×".join(map(str, step.dims)) or "1",
            "cost": str(step.multiplications),
            "value": _at(step.multiplications, sizes),
        }
        for step in chosen.steps
    ]
    orders = [
        {
            "mode": mode,
            "cost": str(made.regimes[0].multiplications) if len(made.regimes) == 1 else "depends on the sizes",
            "multiplications": made.cost_at(**sizes),
        }
        for mode, made in compared.plans.items()
    ]
    picture = chosen.svg()
    return {
        "symbols": symbols,
        "sizes": sizes,
        "steps": steps,
        "orders": orders,
        "total": _at(chosen.regimes[0].multiplications, sizes),
        "flops": _at(chosen.regimes[0].flops, sizes),
        "memory": _at(chosen.peak_memory, sizes),
        "picture": picture if len(picture) <= LONGEST_PICTURE else None,
    }


def _at(cost: Polynomial, sizes: Mapping[str, int]) -> int:
    return int(cost.at(sizes))
