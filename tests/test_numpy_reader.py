"""NumPy source is read as it runs: what is read has the value that executing the code gives."""

from __future__ import annotations

import ast
import inspect
import random
import re
import sys
from subprocess import run
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats

import matcalc as mc
from tests.numpy_losses import LOSSES
from tests.numpy_running import MODULES, SIZES, close, declared, equals_running, executed, sampled
from tests.numpy_snippets import CODE, EXPRESSIONS, REFUSED, Shapes


@pytest.mark.parametrize(("code", "shapes"), EXPRESSIONS + CODE + LOSSES)
def test_reading_then_evaluating_equals_running(code: str, shapes: Shapes) -> None:
    formula = mc.parse(code, declared(shapes), notation="numpy")
    assert all(equals_running(formula, code, shapes, point) for point in range(len(SIZES))), f"{formula}"


FUNCTIONS = [(code, shapes) for code, shapes in CODE if isinstance(ast.parse(code).body[-1], ast.FunctionDef)]


def test_tracing_equals_running() -> None:
    """Each function is traced rightly at the sizes of examples, or refused; most are traced."""
    traced = 0
    for code, shapes in FUNCTIONS:
        names: dict[str, Any] = dict(MODULES)
        exec(code, names)
        function = names[ast.parse(code).body[-1].name]  # type: ignore[attr-defined]
        for point in range(2):
            values = sampled(shapes, point)
            variables = {k: v for k, v in values.items() if np.ndim(v)}
            scalars = {k: mc.scalar(k) for k, v in values.items() if not np.ndim(v)}
            examples = {
                k: v for k, v in {**variables, **scalars}.items() if k in inspect.signature(function).parameters
            }
            try:
                formula = mc.trace(function, **examples)
            except mc.MatcalcError:
                continue
            assert close(mc.evaluate(formula, values), executed(code, values)), code
            traced += 1
    assert traced > 1.4 * len(FUNCTIONS)


@pytest.mark.parametrize(("code", "shapes", "place", "said"), REFUSED)
def test_what_has_no_exact_meaning_is_refused_at_its_place(code: str, shapes: Shapes, place: str, said: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(code, declared(shapes), notation="numpy")
    (start, stop), _ = caught.value.places[0]
    assert caught.value.text[start:stop].strip().startswith(place)
    assert said in str(caught.value)


TOLD = [
    ('def f(A: Float[Array, "m n"], x: Float[Array, "n"]):\n    return A @ x', "A*x"),
    ("# A: (m, n), x: (n,)\nA @ x", "A*x"),
    ("# A: (m, n), x: (n,), s: a scalar\ns*(A @ x)", "s*(A*x)"),
    ("def f(A, x):\n    # A is (n, n)\n    # x: (n, 1)\n    return x.T @ A @ x", "x'*A*x"),
    (
        'def f(A, x):\n    """\n    A : ndarray of shape (m, n)\n    x : array, shape (n,)\n    """\n    return A @ x',
        "A*x",
    ),
    ("def f(A,  # (m, n)\n      x):  # (n,)\n    return A @ x", "A*x"),
    ('def f(A: "(m, n)", s: float):\n    return s * A', "s*A"),
]


@pytest.mark.parametrize(("code", "text"), TOLD)
def test_shapes_that_the_text_says(code: str, text: str) -> None:
    assert str(mc.parse(code, notation="numpy")) == text


def _squared(r: Any) -> Any:
    return r @ r


SCALE = 0.5


def _loss(w: Any, X: Any, y: Any, lam: float = 0.1) -> Any:
    return SCALE * _squared(X @ w - y) / len(y) + lam * np.sum(scipy.special.expit(w))


def test_functions_are_read_and_traced_through_others() -> None:
    rng = np.random.default_rng(0)
    values = {"w": rng.normal(size=3), "X": rng.normal(size=(5, 3)), "y": rng.normal(size=5)}
    symbols = {"w": mc.vector("w", "n"), "X": mc.matrix("X", "m", "n"), "y": mc.vector("y", "m")}
    for formula in (mc.read(_loss, **values), mc.read(_loss, **symbols), mc.trace(_loss, **values)):
        assert close(mc.evaluate(formula, values), _loss(**values))
        assert mc.gradient(formula, "w").shape.cols.number == 1
    slope = mc.gradient(mc.read(_loss, **symbols), "w")
    assert bool(
        mc.check_code(lambda X, w, y: mc.evaluate(slope, {"X": X, "w": w, "y": y}), mc.read(_loss, **symbols), "w")
    )


def test_tracing_refuses_writes_that_others_see() -> None:
    def aliased(x: Any) -> Any:
        y = x.T
        y -= 1
        return x.sum() + y.sum()

    with pytest.raises(mc.MatcalcError, match="shares the entries"):
        mc.trace(aliased, x=mc.vector("x", "n"))


def test_mutated_code_meets_clear_errors_alone() -> None:
    rng = random.Random(0)
    table = [(code, declared(shapes)) for code, shapes in EXPRESSIONS + CODE]
    words = sorted({word for code, _ in table for word in re.findall(r"\w+|[^\w\s]|\s+", code)})
    for _ in range(1500):
        code, variables = rng.choice(table)
        parts = re.findall(r"\w+|[^\w\s]|\s+", code)
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(len(parts))
            parts[at : at + rng.randrange(2)] = [rng.choice(words)] * rng.randrange(2)
        try:
            mc.parse("".join(parts), variables, notation="numpy")
        except mc.MatcalcError:
            continue


HOSTILE = [
    "__import__('os').system('echo')", "open('/etc/passwd').read()", "eval('1')", "().__class__.__bases__", "x" * 30000,
    "(" * 500 + "x" + ")" * 500, "+".join(["x"] * 3000), "x" + "**2" * 400, "[" * 90 + "]" * 90,
    "def f(x):\n    return f(x)", "for i in range(10**9):\n    x = x + i", "\x00", "x\ud800", "lambda: (yield)", "",
    "import os\nos.remove('x')", "x.__class__", "x.expr", "np.load('x')", "np.zeros(10**15)", "1e999*x", "1j*x",
]  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE)
def test_hostile_code_is_refused(code: str) -> None:
    if code == "+".join(["x"] * 3000):
        code += " + y"
    with pytest.raises(mc.MatcalcError):
        mc.parse(code, {"x": mc.vector("x", "n")}, notation="numpy")


def test_importing_the_package_loads_no_reader() -> None:
    code = "import sys, matcalc; print([m for m in sys.modules if 'matcalc.arrays' in m or 'readers.numpy' in m])"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
