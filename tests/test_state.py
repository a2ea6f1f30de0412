"""Every public result can be copied and pickled; formulas stay one object, and what they give stays the same."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import matcalc as mc

A, x, b = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("b", "m")
F = mc.norm2(A @ x - b) ** 2
CHAIN = mc.chain([10, 6, 8, 2, 1])
VALUES = {"A": np.arange(6.0).reshape(2, 3), "x": np.ones(3), "b": np.array([1.0, 2.0])}


def an_error() -> mc.MatcalcError:
    try:
        mc.parse("x*y*")
    except mc.MatcalcError as error:
        return error
    raise AssertionError


def deep() -> mc.Expr:
    f = x
    for _ in range(3000):
        f = mc.sin(f) + x
    return f


RESULTS: dict[str, Any] = {
    "formula": F, "gradient": mc.gradient(F, x), "a deep formula": deep(), "a formula with hints": mc.jacobian(x, x),
    "tensor": mc.tensor(A @ x, A), "plan": mc.plan({"gradient": mc.gradient(F, x)}),
    "plans": mc.compare_plans({"gradient": mc.gradient(F, x)}),
    "plan with sizes": mc.plan(F, "reverse", {"m": 2, "n": 3}),
    "emitted": mc.emit(F), "objective": mc.objective(F, x), "verdict": mc.check("A", F, x),
    "correct": mc.check("2*A'*(A*x - b)", F, x), "equal": mc.equal(F, F), "explanation": mc.explain(F, x),
    "derivation": mc.check_derivation(["f = norm2(A*x - b)^2", "df = 2*(A*x - b)'*A*dx"], F, x),
    "function": mc.function("h", "n"), "record": mc.FUNCTIONS["exp"], "dense chain": CHAIN,
    "chain": mc.JacobianChain([mc.Factor(2, 3, 4), mc.Factor(1, 2, 4)]), "factor": mc.Factor(2, 3, 4),
    "edge": mc.Edge("x", "y"), "graph": mc.JacobianDag([mc.Edge("x", "v"), mc.Edge("v", "y")]),
    "error": an_error(), "conditions": mc.conditions(F), "shape": A.shape, "dimension": A.shape.rows,
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_results_are_copied_and_pickled(name: str, how: Any) -> None:
    made = RESULTS[name]
    found = how(made)
    assert type(found) is type(made)
    if name != "a deep formula":
        assert str(found) == str(made)
    if isinstance(made, mc.Expr | mc.Function):
        assert found is made
    elif type(made).__eq__ is not object.__eq__ and not isinstance(made, np.ndarray):
        assert found == made


def test_copies_compute_the_same() -> None:
    for how in (copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))):
        plan = how(RESULTS["plan"])
        assert np.array_equal(plan.run(VALUES), RESULTS["plan"].run(VALUES))
        assert plan.cost == RESULTS["plan"].cost
        compiled = mc.emit(F)
        compiled.compile()
        assert how(compiled).compile()(*[VALUES[name] for name in compiled.variables]) == mc.evaluate(F, VALUES)
        tensor = how(RESULTS["tensor"])
        assert hash(tensor) == hash(RESULTS["tensor"])
        assert mc.emit(tensor).source == mc.emit(RESULTS["tensor"]).source


def test_another_process_reads_them() -> None:
    text = pickle.dumps({name: RESULTS[name] for name in ("gradient", "tensor", "plan", "function")})
    script = (
        "import pickle, sys, matcalc as mc; found = pickle.loads(bytes.fromhex(sys.stdin.read()))\n"
        "print(found['gradient'], '|', found['tensor'], '|', found['plan'].emit().source)"
    )
    done = subprocess.run([sys.executable, "-c", script], input=text.hex(), capture_output=True, text=True, check=False)
    want = f"{RESULTS['gradient']} | {RESULTS['tensor']} | {RESULTS['plan'].emit().source}\n"
    assert done.stdout == want, done.stderr
