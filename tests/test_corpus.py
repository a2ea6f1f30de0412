"""Every case of the corpus: shape and value of the derivative at two points, and its text read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from tests.numerics import assert_close, shape

DATA = Path(__file__).parent / "data"
Case = dict[str, Any]


def load(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


CASES = load("cases.jsonl")
POINTS = {row["id"]: row["points"] for row in load("points.jsonl")}


def declared(case: Case) -> dict[str, mc.Expr]:
    return {name: mc.variable(name, *(spec["shape"] or (1, 1)), *spec["attrs"]) for name, spec in case["vars"].items()}


def derived(case: Case) -> mc.Expr:
    """The derivative that a case asks for."""
    v = declared(case)
    f = mc.parse(case["expr"], v)
    x = v[case["wrt"][0]]
    match case["kind"]:
        case "gradient":
            return mc.gradient(f, x, structure="free" if case.get("structured") else "ignore")
        case "jacobian":
            return mc.jacobian(f, x)
        case "hessian":
            return mc.hessian(f, *(v[name] for name in case["wrt"]))
        case "third":
            return mc.jacobian(mc.hessian(f, x), x)
        case "jvp":
            return mc.jvp(f, x, v[case["dir"]])
        case "vjp":
            return mc.vjp(f, x, v[case["cot"]])
    raise AssertionError(case["kind"])


def check_value(expr: mc.Expr, case: Case, point: dict[str, Any]) -> None:
    want = np.atleast_2d(np.asarray(point["value"], dtype=float))
    assert shape(expr, case["dims"]) == want.shape
    environment = {name: np.asarray(value, dtype=float) for name, value in point["env"].items()}
    assert_close(np.asarray(mc.evaluate(expr, environment)).reshape(want.shape), want, note=str(expr))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.quick_part(4)
def test_derivative(case: Case) -> None:
    derivative = derived(case)
    for point in POINTS[case["id"]]:
        check_value(derivative, case, point)
    check_value(mc.parse(str(derivative), declared(case)), case, POINTS[case["id"]][0])


def test_the_ids_are_distinct_and_have_points() -> None:
    ids = [case["id"] for case in CASES]
    assert len(set(ids)) == len(ids)
    assert set(ids) == set(POINTS)
