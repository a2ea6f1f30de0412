"""What Python's prompt, help and editors show: formulas, results, functions, names."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import matcalc as mc
from matcalc.accumulation.dense import DenseChain
from matcalc.expr import Expr

ROOT = Path(__file__).parent.parent
A, x, b, c = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("b", "m"), mc.scalar("c")
LOSS = mc.norm2(A @ x - b) ** 2
SLOPE = mc.gradient(LOSS, x)
WIDEST = 140  # characters of one line


def folded(times: int) -> Expr:
    """A formula whose text would have 2^times letters."""
    found = x
    for _ in range(times):
        found = mc.exp(found + found)
    return found


def summed(count: int) -> Expr:
    found = x
    for k in range(count):
        found = found + mc.vector(f"x{k}", "n")
    return found


FORMULAS = [
    (x, "x  [n×1]"),
    (x.T, "x'  [1×n]"),
    (SLOPE, "2*A'*(A*x - b)  [n×1]"),
    (LOSS, "norm2(A*x - b)^2  [1×1]"),
    (mc.family("P", "K", "n", "n"), "P  [K×n×n]"),
    (mc.block([[A, A], [A, A]]), "[A, A; A, A]  [2*m×2*n]"),
    (mc.zeros("m", "n"), "zeros(m,n)  [m×n]"),
    (mc.parse("sum_{i} y[i]*X[i,:]*w"), None),
    (mc.where(x > 0, x, 0), None),
]
LONG = [
    folded(5_000),
    summed(3_000),
    mc.block([[mc.scalar(f"a{20 * i + k}") for k in range(20)] for i in range(20)]),
    mc.vector("x" * 300, "n") + mc.vector("y" * 300, "n"),
    mc.hessian(mc.sum(mc.exp(A @ mc.softmax(A.T @ (A @ x - b)))), x),
]


@pytest.mark.parametrize(("formula", "want"), FORMULAS, ids=str)
def test_a_formula_is_shown_with_its_shape(formula: Expr, want: str | None) -> None:
    shown = repr(formula)
    assert shown.endswith("]") and "\n" not in shown
    if want is not None:
        assert shown == want


@pytest.mark.parametrize("formula", LONG, ids=range(len(LONG)))
def test_a_long_formula_is_shown_in_part(formula: Expr) -> None:
    shown = repr(formula)
    assert "…" in shown and len(shown) <= WIDEST and shown.endswith(f"[{formula.shape}]")


def test_a_short_formula_is_shown_as_it_is_printed() -> None:
    for formula, _ in FORMULAS[:4]:
        assert repr(formula) == f"{formula}  [{formula.shape}]"


# ---------------------------------------------------------------- results
RESULTS = {
    "plan": mc.plan({"value": LOSS, "gradient": SLOPE}),
    "step": mc.plan(SLOPE).steps[0],
    "comparison": mc.compare_plans(SLOPE),
    "emitted": mc.emit(SLOPE),
    "tensor": mc.tensor(A @ x, A),
    "objective": mc.objective(LOSS, x),
    "verdict": mc.check("2*A'*A*x", LOSS, x),
    "equality": mc.equal(LOSS, LOSS),
    "report": mc.check_derivation(["df = 2*(A*x - b)'*A*dx", "D = 2*A'*(A*x - b)"], LOSS, x),
    "explanation": mc.explain(LOSS, x),
    "explained step": mc.explain(LOSS, x).steps[0],
    "chain": mc.chain([3, 4, 5]),
    "peak memory": mc.plan(SLOPE).peak_memory,
    "shape": SLOPE.shape,
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_prompt_shows_a_result_as_print_does(name: str) -> None:
    result = RESULTS[name]
    assert repr(result) == str(result)
    assert " object at 0x" not in repr(result) and not repr(result).startswith(f"{type(result).__name__}(")


def test_results_are_still_compared_by_what_they_hold() -> None:
    assert mc.chain([3, 4, 5]) == mc.chain([3, 4, 5]) == DenseChain((3, 4, 5), 60, 60, 60, (2, 1))
    assert mc.equal(LOSS, LOSS) == mc.equal(LOSS, LOSS)


# ---------------------------------------------------------------- dimensions
def test_a_dimension_is_a_number_in_a_formula() -> None:
    m = A.shape.rows
    values = {"A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "x": [1.0, 2.0]}
    for formula, want in ((mc.sum(A) / m, 7.0), (m * mc.sum(A), 63.0), (mc.sum(A) / mc.size("m"), 7.0)):
        assert mc.evaluate(formula, values) == pytest.approx(want)
    assert mc.gradient(mc.sum(x**2) / x.shape.rows, x) is mc.parse("2*x/n", {"x": x})


# ---------------------------------------------------------------- names
def test_names_are_those_that_users_call() -> None:
    names = dir(mc)
    assert {"gradient", "exp", "inv", "ln", "sum", "read", "objective", "Verdict"} <= set(names)
    assert {*mc.FUNCTIONS} <= set(names)
    assert not {"Any", "TYPE_CHECKING", "walk", "annotations", "import_module", "shown", "api", "_"} & set(names)
    assert all(hasattr(mc, name) for name in names)


def test_all_names_nothing_that_means_something_in_python() -> None:
    space: dict[str, object] = {}
    exec("from matcalc import *", space)
    assert space["exp"] is mc.exp and space["gradient"] is mc.gradient and "sum" not in space


NEAR = {"gradent": "gradient", "grad": "gradient", "lambdify": "emit", "MatrixSymbol": "matrix", "Matrix": "matrix"}


@pytest.mark.parametrize("name", NEAR)
def test_a_misspelt_name_is_answered_with_a_near_one(name: str) -> None:
    with pytest.raises(AttributeError, match=f"did you mean {NEAR[name]}"):
        getattr(mc, name)


def test_importing_the_package_loads_nothing_of_what_is_shown() -> None:
    code = "import sys, matcalc; print(any(name.startswith('matcalc.showing') for name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout == "False\n"


# ---------------------------------------------------------------- help
def test_help_tells_what_a_record_says() -> None:
    for record in mc.FUNCTIONS.values():
        told = record.__doc__ or ""
        assert told.startswith(f"{record.name}({', '.join(record.operands)}): ")
        assert all(f"\n{word}: " in told for word in ("Shapes", "Valid for", "Derivative"))


@pytest.mark.parametrize("name", sorted(mc.FUNCTIONS))
def test_examples_of_functions_are_true(name: str) -> None:
    told = mc.FUNCTIONS[name].__doc__ or ""
    test = doctest.DocTestParser().get_doctest(told, {}, name, None, None)
    assert len(test.examples) >= 2
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", sorted(name for name in mc.__all__ if callable(getattr(mc, name))))
def test_everything_public_is_documented(name: str) -> None:
    assert (getattr(mc, name).__doc__ or "").strip()


@pytest.mark.parametrize("module", ["api", "api_checking", "objectives"])
def test_examples_in_docstrings_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"matcalc.{module}"), extraglobs={"mc": mc}).failed == 0


# ---------------------------------------------------------------- stubs
def written_by(script: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(script, ROOT / "docs" / f"{script}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_stubs_are_current() -> None:
    stubs = written_by("stubs")
    assert stubs.PAGE.read_text(encoding="utf-8") == stubs.stubs(), "python docs/stubs.py"


TYPED = """
import matcalc as mc

A = mc.matrix("A", "m", "n")
f = mc.norm2(A @ mc.vector("x", "n")) ** 2 / A.shape.rows
source: str = mc.emit({"value": mc.max(f, 0), "gradient": mc.gradient(f, "x")}).source
"""
UNTYPED = ["mc.gradent(f)", "mc.exp(f, f)", 'mc.inv("X")', "mc.matrix()"]


def test_a_type_checker_knows_the_functions(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    path = tmp_path / "typed.py"
    path.write_text(TYPED + "".join(f"{line}\n" for line in UNTYPED), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    faults = [line for line in found.stdout.splitlines() if "error:" in line]
    assert [int(line.rpartition("typed.py:")[2].split(":")[0]) for line in faults] == [7, 8, 9, 10], found.stdout


# ---------------------------------------------------------------- emitted sources
S = mc.matrix("S", "n", "n", "posdef")
EMITTED = {
    "value and gradient": mc.emit({"value": LOSS, "gradient": SLOPE}),
    "fast": mc.emit({"value": LOSS, "gradient": SLOPE}, style="fast"),
    "batch": mc.emit({"value": LOSS, "gradient": SLOPE}, batch=True),
    "factored": mc.emit({"value": mc.logdet(S), "gradient": mc.inv(S)}),
    "eigenvalues": mc.emit(mc.eigvals(S)),
    "special functions": mc.emit({"value": mc.sum(mc.normcdf(x)), "hessian": mc.hessian(mc.logsumexp(A @ x), x)}),
    "regimes": mc.emit(A @ mc.matrix("B", "n", "p") @ mc.matrix("C", "p", "q")),
    "operator": mc.emit({"hessian": mc.hessian(LOSS, x)}, operators=["hessian"]),
    "objective": mc.objective(LOSS, x),
}


@pytest.mark.parametrize("name", EMITTED)
def test_emitted_sources_are_formatted(name: str) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    made = subprocess.run(command, input=EMITTED[name].source, capture_output=True, text=True, check=True)
    assert made.stdout == EMITTED[name].source


# ---------------------------------------------------------------- what is loaded
def test_names_are_loaded_when_they_are_asked_for() -> None:
    code = (
        "import sys, matcalc as mc\n"
        "print(sorted(m for m in sys.modules if m.startswith('matcalc.')))\n"
        "x = mc.vector('x', 'n')\n"
        "import matcalc.function\n"  # a module that is called as what declares a function
        "f = mc.function('f')\n"
        "print(mc.gradient(x.T @ x, x), mc.errors.MatcalcError is mc.MatcalcError, callable(mc.function), f(x))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["['matcalc.version']", "2*x True True f(x)"]


@pytest.mark.parametrize(
    "module", ["expr", "function", "families", "facts", "shape", "notation.parse", "api", "operators", "functions"]
)
@pytest.mark.quick_part(4)
def test_each_layer_can_be_imported_alone(module: str) -> None:
    """What layers above enter is found, whatever was loaded before."""
    code = (
        f"import matcalc.{module}\nfrom matcalc.expr import variable\nfrom matcalc.functions import EXP\n"
        "x = variable('x', 'n', 1)\nprint(repr(x + EXP(x)), str(x), x.short, x._repr_latex_(), (x > 0).kind)\n"
        "print((EXP.__doc__ or '').splitlines()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("exp(u): ")


# ---------------------------------------------------------------- tensors
TENSORS = [  # a formula, by what, and how the derivative is typeset
    ("A*x", "A", r"D_{ijk} = x_{k} \, \delta_{ij}, \quad i = 1,\dots,m"),
    ("inv(X)", "X", r"D_{ijkl} = -\left(X^{-1}\right)_{ik} \, \left(X^{-1}\right)_{lj}"),
    ("sum(x)^2", "x", r"D_{i} = 2 \, \sum_{j} x_{j}, \quad i = 1,\dots,n"),
    ("x.^3/3", "x", r"D_{ij} = x_{i}^{2} \, \delta_{ij}"),
    ("sqrt(x)", "x", r"D_{ij} = \tfrac{1}{2} \, x_{i}^{-\tfrac{1}{2}} \, \delta_{ij}"),
    ("x_1.*x_1", "x_1", r"D_{ij} = 2 \, \left(x_{1}\right)_{i} \, \delta_{ij}"),
    ("kron(X, A)", "A", r"D_{i j,k l,p,q} = X_{ik} \, \delta_{jp} \, \delta_{lq}, \quad j = 1,\dots,m, l = 1,\dots,n"),
]


@pytest.mark.parametrize(("text", "by", "latex"), TENSORS)
def test_tensors_are_typeset_in_index_notation(text: str, by: str, latex: str) -> None:
    names = {
        "A": mc.matrix("A", "m", "n"),
        "X": mc.matrix("X", "n", "n"),
        **{name: mc.vector(name, "n") for name in ("x", "x_1")},
    }
    tensor = mc.tensor(mc.parse(text, names), names[by])
    assert tensor.to_latex() == latex
    assert tensor._repr_latex_() == f"$\\displaystyle {latex}$"
