"""Emitted source has types in its heads, and a strict type checker accepts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import matcalc as mc
from matcalc.emission.emitted import Emitted
from matcalc.notation.declarations import parse_where
from tests.test_c_families import NAMES
from tests.test_corpus import CASES, derived
from tests.test_functions import APPLICATIONS, applied, has_rule

OPTIONS: list[dict[str, Any]] = [{}, {"style": "fast"}, {"batch": True}, {"check": False}, {"dtype": "float32"}]


def emitted() -> Iterator[Emitted]:
    """Functions of NumPy, of every kind."""
    for function, form in APPLICATIONS:
        f, operands = applied(function, form)
        for options in OPTIONS[:3]:
            yield mc.emit(f, "value", **options)
            if has_rule(function):
                yield mc.emit({"value": f, "jacobian": mc.jacobian(f, operands[0])}, "slope", **options)
    for case in CASES[::8]:
        for options in OPTIONS:
            yield mc.emit({"derivative": derived(case)}, "derivative", **options)
    w, X = mc.vector("w", 4), mc.matrix("X", "m", "n")
    h, g = mc.function("h"), mc.function("g", 4)
    yield mc.emit({"value": h(g(w)), "gradient": mc.gradient(h(g(w)), w)}, "called")
    f = mc.norm2(X) ** 4
    yield mc.emit(mc.tensor(mc.gradient(f, X), X), "tensor")
    yield mc.emit({"value": f, "hessian": mc.hessian(f, X)}, "operator", operators=["hessian"])
    yield mc.emit({"value": f, "gradient": mc.gradient(f, X)}, "blocks", style="fast", sizes={"m": 100000, "n": 50})
    yield mc.emit({"value": f, "hessian": mc.hessian(f, X)}, "entries", sparse=True)
    y = mc.vector("y", "m")
    yield mc.emit({"hessian": mc.hessian(mc.sum(mc.exp(y)), y)}, "entries", sparse=["hessian"])
    z = mc.norm2(X @ mc.vector("x", "n") - y) ** 2
    yield mc.emit({"value": z, "gradient": mc.gradient(z, mc.vector("x", "n"))}, "samples", target="dask")
    names = parse_where("X: m×n, w: n, A: n×n, T: n×m")
    parts = {"value": "logsumexp(X*w)", "shares": "softmax(X*w)", "solved": "inv(A)*T"}
    yield mc.emit({key: mc.parse(part, names) for key, part in parts.items()}, "parts", target="dask", samples="m")
    k = mc.parse("sum_{k} logdet(S[k])", NAMES)
    yield mc.emit({"value": k, "gradient": mc.gradient(k, NAMES["S"])}, "members")


def with_new_helpers() -> list[str]:
    """A source for each helper, and one for each kind of function."""
    seen: set[str] = set()
    kept = []
    for number, found in enumerate(emitted()):
        is_rare = found.name in ("called", "tensor", "operator", "blocks", "entries", "samples", "members")
        if not seen.issuperset(found.helpers) or is_rare or number % 25 == 0:
            seen.update(found.helpers)
            kept.append(found.source)
    return kept


def objectives() -> list[str]:
    """Modules for optimisers: of one variable and of several, with bounds, with sizes."""
    X, y, w = mc.matrix("X", "m", "n"), mc.vector("y", "m"), mc.vector("w", "n")
    U, V, T = mc.matrix("U", "m", "k"), mc.matrix("V", "n", "k"), mc.matrix("T", "m", "n")
    c = mc.scalar("c", "positive")
    made = [
        mc.objective(mc.norm2(X @ w - y) ** 2, w),
        mc.objective(mc.norm2(T - U @ V.T) ** 2, [U, V], style="fast"),
        mc.objective(mc.norm2(T - U @ V.T) ** 2, [U, V], check=False),
        mc.objective(c * mc.norm2(X @ w - y) ** 2 - mc.log(c), [w, c]),
    ]
    return [found.source for found in made]


def test_strict_checking_of_types_passes(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    for number, source in enumerate([*with_new_helpers(), *objectives()]):
        (tmp_path / f"source_{number}.py").write_text(source)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n[mypy-dask.*]\nignore_missing_imports = true\n")
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "."]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_heads_say_what_is_taken_and_returned() -> None:
    A, x, c = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.scalar("c")
    results = {"value": c * mc.norm2(A @ x), "gradient": mc.gradient(c * mc.norm2(A @ x), x)}
    heads = {
        "def f(A: ArrayLike, c: ArrayLike, x: ArrayLike) -> tuple[float, Array]:": {},
        "def f(A: Array, c: Array, x: Array) -> tuple[float, Array]:": {"check": False},
        "def f(A: ArrayLike, c: ArrayLike, x: ArrayLike) -> tuple[Array, Array]:": {"batch": True},
        "def f(A: ArrayLike, c: ArrayLike, x: ArrayLike) -> tuple[np.float32, Array]:": {"dtype": "float32"},
    }
    for head, options in heads.items():
        assert f"\n{head}\n" in mc.emit(results, "f", **options).source
