"""The same input gives the same bytes in every run and in every thread, and a derivation loads no numerical library."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

import matcalc as mc
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where

SCRIPT = r"""
import matcalc as mc
from matcalc.notation.declarations import parse_where

FORMULAS = [
    ("x'*A*x", "x", ""),
    ("norm2(A*x - b)^2", "x", ""),
    ("norm2(A*x - b)^2", "A", ""),
    ("tr(A*X*B*X'*C)", "X", ""),
    ("tr(A*X'*B*X*C)", "X", ""),
    ("tr(A*X)*tr(B*X)*tr(C*X)", "X", ""),
    ("log(det(X'*A*X))", "X", ""),
    ("det(A*X*B)", "X", ""),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", ""),
    ("x'*exp(w)/sum(exp(w))", "w", ""),
    ("sum(tanh(W*tanh(V*x + y) + z))", "V", ""),
    ("norm2(A - U*V')^2", "U", ""),
    ("exp(x'*A*x)*sin(y'*x)*logsumexp(B*x)", "x", ""),
    ("tr(inv(X)*A) + logdet(X) + tr(X^3)", "X", ""),
    ("x'*S*x + tr(S*A) + y'*S*S*y", "S", "S: n×n symmetric"),
    ("(x'*A*x + a*x'*B*x + b*x'*C*x)/(1 + x'*x)", "x", "b: scalar"),
    ("sum(softmax(A*x).*log(softmax(B*x)))", "x", ""),
    ("tr(A.*X.*B) + sum(X.*X.*A)", "X", "A: n×n, X: n×n, B: n×n"),
    ("norm2(X*X'*Y)^2", "X", ""),
    ("tr(kron(A, X)*kron(X, B))", "X", "A: n×n, B: n×n, X: n×n"),
]
for formula, by, where in FORMULAS:
    f = mc.parse(formula, parse_where(where))
    from matcalc.expr import name_of
    from matcalc.parts import variables
    x = {name_of(v): v for v in variables(f)}[by]
    gradient = mc.gradient(f, x)
    print(formula, "|", gradient, "|", mc.to_latex(gradient))
    print(mc.hessian(f, x))
    print(mc.to_index(gradient))
    print(mc.tensor(f, x))
    print(mc.emit({"value": f, "gradient": gradient}).source)
"""

LAZY = r"""
import sys
import matcalc as mc

after_import = set(sys.modules)
A, x, b = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("b", "m")
f = mc.parse("norm2(A*x - b)^2 + sum(log(1 + exp(A*x)))", {"A": A, "x": x, "b": b})
gradient = mc.gradient(f, x)
text, latex = str(gradient), mc.to_latex(gradient)
mc.hessian(f, x), mc.jacobian(mc.tanh(A @ x), x), str(mc.to_index(gradient))
for name in ("numpy", "scipy", "sympy", "opt_einsum", "pandas", "matplotlib"):
    if name in after_import:
        print("import matcalc imports", name)
    elif name in sys.modules:
        print("a derivation imports", name)
"""


def run(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def output() -> str:
    return run(SCRIPT, PYTHONHASHSEED="0")


@pytest.mark.parametrize("seed", ["1", "2", "random"])
@pytest.mark.quick_part(3)
def test_the_output_does_not_depend_on_the_hash_seed(output: str, seed: str) -> None:
    assert len(output.splitlines()) > 60
    assert run(SCRIPT, PYTHONHASHSEED=seed) == output


@pytest.mark.slow
def test_the_output_does_not_depend_on_what_was_derived_before(output: str) -> None:
    before = "import matcalc\nmatcalc.gradient(matcalc.parse(\"x'*B*A*C*x\"), matcalc.vector('x', 'n'))\n"
    assert run(before + SCRIPT, PYTHONHASHSEED="0") == output
    again = run("for _ in range(2):\n" + "".join(f"    {line}\n" for line in SCRIPT.splitlines()), PYTHONHASHSEED="0")
    assert again == output * 2


def test_neither_the_import_nor_a_derivation_loads_a_numerical_library() -> None:
    assert run(LAZY) == ""


def test_threads_derive_the_same() -> None:
    formulas = [
        ("x'*A'*A*x/(x'*x)", "x"),
        ("logdet(A*A' + eye(m))", "A"),
        ("norm2(A*x - b)^2", "x"),
        ("sum(log(1 + exp(-b.*(A*x))))", "x"),
    ]
    declared = parse_where("A: m×n, x: n, b: m")

    def derived(_: int) -> list[str]:
        return [str(mc.gradient(mc.parse(f, declared), declared[by])) for f, by in formulas * 12]

    alone, interval = derived(0), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # seconds: threads take turns within each step
    try:
        with ThreadPoolExecutor(6) as pool:
            assert all(found == alone for found in pool.map(derived, range(6)))
    finally:
        sys.setswitchinterval(interval)


class Litter:
    """Garbage that makes a variable when it is collected."""

    made: ClassVar[list[mc.Expr]] = []

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        self.made.append(mc.vector(f"x{len(self.made)}", f"n{len(self.made)}"))


def test_formulas_are_made_while_garbage_is_collected_that_makes_formulas() -> None:
    kept = [mc.matrix(f"A{k}", "m", "n") for k in range(12_000) if Litter() is not None]
    assert Litter.made and all(mc.matrix(f"A{k}", "m", "n") is a for k, a in enumerate(kept))


def test_a_node_is_one_object_though_another_of_its_hash_is_gone() -> None:
    plain, symmetric = mc.matrix("S", "n", "n"), mc.matrix("S", "n", "n", "symmetric")
    first, second = lower(plain).node, lower(symmetric).node
    assert first is not second
    assert first.digest == second.digest
    del first
    gc.collect()
    assert lower(symmetric).node is second
