"""C in scalars: equal to loops and to NumPy, no operations for zeros, each value once, all digits, bounded texts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.emission import c_scalars
from matcalc.notation.declarations import parse_where
from tests import test_c_target as target
from tests.numerics import assert_close
from tests.test_c_target import NEEDS_COMPILER

RNG = np.random.default_rng(11)


def forms(monkeypatch: pytest.MonkeyPatch, results: dict[str, mc.Expr], sizes: dict[str, int]) -> list[Any]:
    """The function in scalars, and in loops."""
    made = []
    for most in (10**9, -1):
        monkeypatch.setattr(c_scalars, "MOST", most)
        made.append(mc.emit(results, "f", target="c", sizes=sizes))
    monkeypatch.undo()
    return made


def body(emitted: Any) -> str:
    text: str = emitted.source[emitted.source.rindex("\nint ") :]
    return text


def operations(emitted: Any) -> int:
    return len(re.findall(r" [-+*/] |sqrt|sin|cos|exp|log|pow", body(emitted)))


def point_of(variables: dict[str, mc.Expr], sizes: dict[str, int]) -> dict[str, Any]:
    values = {}
    for name, variable in variables.items():
        shape = [side.at(sizes) for side in variable.shape if side.number != 1]
        value = RNG.normal(size=shape)
        facts = variable.data[1]
        if "posdef" in facts:
            value = value @ value.T + np.eye(len(value))
        for fact, part in (("lower", np.tril), ("upper", np.triu)):
            if fact in facts:
                value = np.ascontiguousarray(part(value) + 3 * np.eye(len(value)))
        values[name] = value
    return values


# ---------------------------------------------------------------- values
@NEEDS_COMPILER
@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_scalars_and_loops_and_numpy_agree(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All formulas of the C target's tests in one function, with gradients and, at small sides, Hessians."""
    sizes = {"m": side + 1, "n": side, "k": 2}
    rows: dict[str, tuple[dict[str, mc.Expr], dict[str, mc.Expr]]] = {}
    for number, (formula, where) in enumerate(target.IN_C):
        variables = parse_where(where)
        f = mc.parse(formula, variables)
        rows[f"r{number}"] = variables, {"value": f, "gradient": mc.gradient(f, next(iter(variables.values())))}
    for variables, results in rows.values():
        known = {symbol: sizes[symbol] for v in variables.values() for dim in v.shape for symbol in dim.symbols}
        point = point_of(variables, sizes)
        wanted = [np.asarray(mc.evaluate(expr, point, known)) for expr in results.values()]
        for emitted in forms(monkeypatch, results, known):
            got = emitted.compile()(*(point[name] for name in emitted.variables))
            for one, other in zip(got, wanted, strict=True):
                scale = max(1.0, float(np.max(np.abs(other))))
                assert_close(np.asarray(one) / scale, other / scale, 1e-11, note=emitted.source)
