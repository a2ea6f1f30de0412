"""The text of a derivative, word by word, with its conditions and known properties: one file of formulas.

A value may be right and its text worse than before, so a change of a simplification shows here as a change of text.
``python -m tests.test_texts`` writes the answers anew, for a person to read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

FILE = Path(__file__).parent / "data" / "texts.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def derived(row: dict[str, Any]) -> mc.Expr:
    """The derivative that a row asks for: ``kind`` of ``formula`` by the variables ``by``, along ``along``."""
    variables = parse_where(row["where"])
    f = mc.parse(row["formula"], variables)
    by = [variables[name] for name in row["by"]]
    match row["kind"]:
        case "gradient":
            return mc.gradient(f, *by, structure=row.get("structure", "ignore"))
        case "third":
            return mc.jacobian(mc.hessian(f, *by), *by)
        case "jvp" | "vjp":
            return getattr(mc, row["kind"])(f, *by, variables[row["along"]])
        case kind:
            return getattr(mc, kind)(f, *by)


def answers(row: dict[str, Any]) -> dict[str, Any]:
    d = derived(row)
    return {"text": str(d), "conditions": list(mc.conditions(d)), "properties": list(mc.properties(d))}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']} {row['formula']} by {row['by'][0]}" for row in ROWS])
def test_text(row: dict[str, Any]) -> None:
    assert answers(row) == {name: row[name] for name in ("text", "conditions", "properties")}


if __name__ == "__main__":
    lines = [json.dumps({**row, **answers(row)}, ensure_ascii=False) for row in ROWS]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
