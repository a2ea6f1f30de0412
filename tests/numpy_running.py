"""Running NumPy code beside reading it: declared variables, sampled values, and what Python makes of the code."""

from __future__ import annotations

import ast
import inspect
import math
from typing import Any

import numpy as np
import scipy
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats

import matcalc as mc
from tests.numpy_snippets import Shapes

SIZES = (
    {"n": 4, "m": 5, "k": 3, "d": 2, "K": 3, "h": 2},
    {"n": 3, "m": 4, "k": 2, "d": 5, "K": 2, "h": 4},
)
MODULES = {"np": np, "scipy": scipy, "math": math}
FACTS = {"spd": ["posdef"], "sym": ["symmetric"], "+": []}


def marked(name: str) -> tuple[str, str]:
    """A name and what its values are like."""
    mark = next((mark for mark in FACTS if name.endswith(mark)), "")
    return name.removesuffix(mark), mark


def declared(shapes: Shapes) -> dict[str, mc.Expr]:
    found = {}
    for told, shape in shapes.items():
        name, mark = marked(told)
        rows, cols = (*shape, 1, 1)[:2]
        found[name] = mc.variable(name, rows, cols, *FACTS.get(mark, []))  # type: ignore[arg-type]
    return found


def sampled(shapes: Shapes, point: int) -> dict[str, Any]:
    rng = np.random.default_rng(point)
    found: dict[str, Any] = {}
    for told, shape in shapes.items():
        name, mark = marked(told)
        value = rng.normal(size=tuple(SIZES[point].get(dim, dim) for dim in shape))  # type: ignore[call-overload]
        if mark == "+":
            value = np.abs(value) + 0.2
        if mark == "spd":
            value = value @ value.T + len(value) * np.eye(len(value))
        found[name] = value if shape else float(value)
    return found


def executed(code: str, values: dict[str, Any]) -> Any:
    """What Python makes of the code: the value of the last expression or assignment, or of the last function."""
    names: dict[str, Any] = {**MODULES, **{k: np.copy(v) if np.ndim(v) else v for k, v in values.items()}}
    tree = ast.parse(code)
    last = tree.body.pop()
    if isinstance(last, ast.Expr):
        exec(compile(tree, "code", "exec"), names)
        return eval(compile(ast.Expression(last.value), "code", "eval"), names)
    exec(code, names)
    if isinstance(last, ast.FunctionDef):
        function = names[last.name]
        return function(**{k: names[k] for k in inspect.signature(function).parameters if k in values})
    assert isinstance(last, ast.Assign)
    return names[ast.unparse(last.targets[0])]


def close(got: Any, want: Any) -> bool:
    one, other = (np.squeeze(np.asarray(value, dtype=float)) for value in (got, want))
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-7, atol=1e-9)


def equals_running(formula: mc.Expr, code: str, shapes: Shapes, point: int, by_values: bool = False) -> bool:
    """Whether a formula has the value that the code has at a point; sizes are told, or those of the values."""
    values = sampled(shapes, point)
    used = [part for part in formula.parts if part.kind == "variable"]
    known = {symbol for variable in used for side in variable.shape for symbol in side.symbols}
    sizes = {} if by_values else {k: v for k, v in SIZES[point].items() if k in known}
    return close(mc.evaluate(formula, values, sizes), executed(code, values))
