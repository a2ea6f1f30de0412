"""Targets: what each serves equals NumPy's value, in double and single precision; what it lacks is refused by name."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.emission.targets import TARGETS, having
from matcalc.emission.targets.forms import FORMS, HELPERS
from matcalc.emission.targets.library import Library
from matcalc.function import Function
from matcalc.functions import FUNCTIONS
from matcalc.notation.declarations import parse_where
from tests.targets import LIBRARIES, Arrays, computed, emitted_or_refused, for_each_library, precision
from tests.test_c_families import IN_C, NAMES, SIZES, values
from tests.test_corpus import CASES, POINTS, Case, derived
from tests.test_functions import APPLICATIONS, IDS, applied, has_rule, samples

PRECISIONS = {"float64": 1e-10, "float32": 1e-4}
OF_ARRAYS = [name for name in TARGETS if name in {library.target for library in LIBRARIES.values()}]


def assert_same(got: np.ndarray, wanted: Any, dtype: str, tolerance: float, note: str) -> None:
    """Of the shape and the dtype that were asked for, and equal beside the largest entry."""
    wanted = np.asarray(wanted)
    assert got.shape == wanted.shape, note
    assert got.dtype == dtype, note
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    assert np.allclose(got / scale, wanted / scale, rtol=0.0, atol=tolerance, equal_nan=True), note


def asked(results: Any, library: Arrays, dtype: str) -> Any:
    """What is emitted: of the arguments' dtype, or, where there are none, of the dtype that is asked for."""
    emitted = emitted_or_refused(results, library.target)
    if emitted is None or emitted.arguments:
        return emitted
    return mc.emit(results, target=library.target, dtype=dtype)


# ---------------------------------------------------------------- all cases, all functions
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@for_each_library()
@pytest.mark.quick_part(8)
def test_the_corpus(library: Arrays, case: Case) -> None:
    derivative = derived(case)
    point = {name: np.asarray(value, dtype=float) for name, value in POINTS[case["id"]][0]["env"].items()}
    for dtype, tolerance in PRECISIONS.items():
        emitted = asked(derivative, library, dtype)
        if emitted is not None:
            (got,) = computed(emitted, library, point, dtype)
            assert_same(got, mc.evaluate(derivative, point), dtype, tolerance, emitted.source)


@pytest.mark.parametrize(("function", "form"), APPLICATIONS, ids=IDS)
@for_each_library("jax", "torch", "array_api of NumPy", "array_api of array_api_strict")
@pytest.mark.quick_part(8)
def test_every_function_and_its_derivatives(library: Arrays, function: Function, form: Any) -> None:
    expr, operands = applied(function, form)
    if function.states:
        return
    results = [expr, *(mc.jacobian(expr, x) for x in operands if has_rule(function))]
    point = samples(function, operands, 1)
    for result in results:
        emitted = asked(result, library, "float64")
        if emitted is not None:
            numpy = mc.emit(result).compile()
            wanted = numpy(*(point[name].squeeze() for name in emitted.variables))
            (got,) = computed(emitted, library, point)
            assert_same(got, wanted, "float64", 1e-9, emitted.source)


@pytest.mark.parametrize(("formula", "by"), IN_C, ids=[f"{row[0]} by {row[1]}" for row in IN_C])
@for_each_library("jax", "torch", "array_api of array_api_strict")
@pytest.mark.quick_part(4)
def test_families_and_sums_over_samples(library: Arrays, formula: str, by: str) -> None:
    f = mc.parse(formula, NAMES)
    results = {"value": f, "gradient": mc.gradient(f, NAMES[by])}
    emitted = emitted_or_refused(results, library.target)
    for sizes in SIZES if emitted is not None else ():
        point = values(sizes)
        for got, expr in zip(computed(emitted, library, point), results.values(), strict=True):
            wanted = mc.evaluate(expr, {v: point[v] for v in emitted.variables}, sizes)
            assert_same(got, wanted, "float64", 1e-9, emitted.source)


# Formulas of what steps and options there are besides: factors, places, blocks, deltas, regimes, stacks.
HARD = [
    ("b'*inv(P)*b + logdet(P)", "P", "P: n×n posdef, b: n×1"),
    ("norm2(inv(P)*b)^2", "b", "P: n×n posdef, b: n×1"),
    ("norm2(L\\x)^2 + norm2(inv(L)'*x)^2", "x", "x: n×1, L: n×n lower invertible"),
    ("norm2(R\\x)^2 + norm2(inv(R)'*x)^2", "x", "x: n×1, R: n×n upper invertible"),
    ("norm2(inv(A + diag(x))*b)^2", "x", "x: n×1, A: n×n, b: n×1"),
    ("log(det(X'*X + eye(n)))", "X", "X: m×n"),
    ("norm2(kron(A, B)*vec(X) - c)^2", "X", "A: m×n, B: m×n, X: n×n, c: m*m×1"),
    ("tr(A*X*B*X')", "X", "A: m×m, X: m×n, B: n×n"),
    ("sum(diag(x)*A*diag(x)) + x[1]*x[2]^2", "x", "x: n×1, A: n×n"),
    ("norm2(x[1:2])^2*sum(x)", "x", "x: n×1"),
    ("norm2([A*x; c*x])^2", "x", "x: n×1, A: m×n, c: scalar"),
    ("det(X)*tr(X)", "X", "X: n×n"),
    ("norm2(conv(x, b))^2", "x", "x: n×1, b: m×1"),
    ("sum(where(x > 0, x.^2, sin(x)./x))", "x", "x: n×1"),
    ("sum((1 - cos(x))./x.^2)", "x", "x: n×1"),
    ("sum(sigmoid(X*x)) + norm2(x)/n", "x", "x: n×1, X: m×n"),
    ("sum((A*x).*cumsum(A*x))", "x", "x: n×1, A: m×n"),
    ("sum(prod(X)*X) + sum(rowmax(X))", "X", "X: m×n"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "by", "where"), HARD, ids=[row[0] for row in HARD])
@for_each_library()
def test_value_gradient_and_hessian_together(library: Arrays, formula: str, by: str, where: str) -> None:
    rng = np.random.default_rng(5)
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    x = variables[by]
    results = {"value": f, "gradient": mc.gradient(f, x), "hessian": mc.hessian(f, x)}
    emitted = mc.emit(results, target=library.target)
    for sizes in ({"m": 4, "n": 3}, {"m": 2, "n": 5}):
        point = {}
        for name, variable in variables.items():
            array = rng.normal(size=[side.at(sizes) for side in variable.shape if side.number != 1])
            facts = variable.data[1]
            array = array @ array.T + np.eye(len(array)) if "posdef" in facts else array
            array = np.tril(array) + 3 * np.eye(len(array)) if "lower" in facts else array
            point[name] = np.triu(array) + 3 * np.eye(len(array)) if "upper" in facts else array
        wanted = mc.emit(results).compile()(*(point[name] for name in emitted.variables))
        for got, want in zip(computed(emitted, library, point), wanted, strict=True):
            assert_same(got, want, "float64", 1e-10, emitted.source)


# Results that are made of numbers and sizes: no entry of an argument is in them.
CONSTANT = [
    ("gradient", "X[1,1]", "X", "X: m×n"),
    ("gradient", "2*x[n]", "x", "x: n×1"),
    ("jacobian", "x[2:3]", "x", "x: n×1"),
    ("jacobian", "diag(x)", "x", "x: n×1"),
    ("jacobian", "cumsum(x)", "x", "x: n×1"),
    ("jacobian", "X'", "X", "X: m×n"),
    ("hessian", "tr(X.*X)", "X", "X: m×m"),
    ("hessian", "tr(X.*X)", "X", "X: 4×4"),
    ("jacobian", "tril(X)", "X", "X: 4×4"),
    ("value", "exp(n)*eye(n) + 0*x*x'", "x", "x: n×1"),
    ("value", "eye(3) + ones(3,3)", "x", "x: n×1"),
]


@pytest.mark.parametrize(("kind", "formula", "by", "where"), CONSTANT, ids=[f"{row[0]} {row[1]}" for row in CONSTANT])
@for_each_library()
@pytest.mark.quick_part(1)
def test_results_of_numbers_alone(library: Arrays, kind: str, formula: str, by: str, where: str) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    expr = f if kind == "value" else getattr(mc, kind)(f, variables[by])
    emitted = asked(expr, library, "float64")
    if emitted is None:
        return
    sizes = {"m": 4, "n": 5}
    point = {name: np.ones([side.at(sizes) for side in v.shape if side.number != 1]) for name, v in variables.items()}
    wanted = mc.emit(expr).compile()(*(point[name] for name in emitted.variables))
    assert_same(computed(emitted, library, point)[0], wanted, "float64", 1e-10, emitted.source)


# ---------------------------------------------------------------- arguments
@for_each_library()
@pytest.mark.parametrize("name", ["jnp", "jax", "torch", "xp", "like", "math", "device", "np", "lambda", "t1"])
def test_names_of_variables_hide_nothing(library: Arrays, name: str) -> None:
    x, A = mc.vector(name, "n"), mc.matrix("A", "m", "n")
    f = mc.sum(mc.exp(A @ x)) + mc.parse("tr(inv(eye(n) + x*x'))", {"x": x})
    emitted = mc.emit({"value": f, "gradient": mc.gradient(f, x)}, target=library.target)
    point = {name: np.arange(3.0), "A": np.ones((2, 3)) / 7}
    for got, expr in zip(computed(emitted, library, point), (f, mc.gradient(f, x)), strict=True):
        assert_same(got, mc.evaluate(expr, point), "float64", 1e-10, emitted.source)


@for_each_library()
def test_arguments_of_other_kinds(library: Arrays) -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "m", "n")
    function = mc.emit(A @ x, target=library.target).compile()
    A1, x1 = np.arange(6).reshape(2, 3), np.arange(3)
    with precision("float64"):
        for a, b, dtype in (
            (A1.astype("float32"), x1.astype("float64"), "float64"),
            (A1.astype("int64"), x1.astype("float32"), "float32"),
            (A1.astype("float64"), x1[:, None].astype("float64"), "float64"),
            (A1 > 2, x1.astype("float64"), "float64"),
        ):
            got = library.read(function(library.make(a), library.make(b)))
            assert got.dtype == dtype
            assert np.allclose(got, np.asarray(a, float) @ np.asarray(b, float).ravel())
        for a, b, said in (
            (A1 * 1j, x1 * 1.0, "A must hold real numbers"),
            (A1 * 1.0, np.zeros(0), "x must have entries"),
            (A1[:, :2] * 1.0, x1 * 1.0, r"must have shape \(2,"),
            (A1 * 1.0, np.zeros((3, 3)), "x must have 1 axes"),
        ):
            with pytest.raises(ValueError, match=said):
                function(library.make(a), library.make(b))
        if library.target != "array_api":
            with pytest.raises(ValueError, match="A is a masked array"):
                function(np.ma.masked_array(A1 * 1.0), library.make(x1 * 1.0))


@for_each_library()
def test_numbers_of_python_are_scalars_and_results_are_arrays_of_their_own(library: Arrays) -> None:
    c, A = mc.scalar("c"), mc.matrix("A", "m", "n")
    emitted = mc.emit({"same": A, "entry": A[0, 0], "two": mc.parse("2"), "scaled": c * A}, target=library.target)
    with precision("float64"):
        given = library.make(np.ones((2, 3)))
        found = emitted.compile()(given, 0.1)
        assert [one.shape for one in map(library.read, found)] == [(2, 3), (), (), (2, 3)]
        assert np.array_equal(library.read(found[3]), 0.1 * np.ones((2, 3)))
        assert found[0] is not given or library.target == "jax"  # whose arrays cannot be written into


@for_each_library()
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_the_dtype_that_is_asked_for(library: Arrays, dtype: str) -> None:
    x = mc.vector("x", "n")
    emitted = mc.emit(mc.exp(x), target=library.target, dtype=dtype)
    with precision("float64"):
        assert library.read(emitted.compile()(library.make(np.arange(3.0)))).dtype == dtype
        assert library.read(emitted.compile()(library.make(np.arange(3)))).dtype == dtype
    if library.target == "jax" and dtype == "float64":
        with precision("float32"), pytest.raises(ValueError, match="jax_enable_x64"):
            emitted.compile()(np.arange(3.0))


@for_each_library()
def test_without_checks_and_with_regimes_and_tensors(library: Arrays) -> None:
    A, B, x = mc.matrix("A", "m", "k"), mc.matrix("B", "k", "n"), mc.vector("x", "n")
    f = mc.sum(mc.tanh(A @ B @ mc.diag(x)))
    results = {"gradient": mc.gradient(f, A), "tensor": mc.tensor(A @ B, B)}
    point = {"A": np.ones((2, 4)), "B": np.arange(12.0).reshape(4, 3) / 9, "x": np.ones(3)}
    for check in (True, False):
        emitted = mc.emit(results, target=library.target, check=check)
        assert ("_read" in emitted.source) == check
        wanted = mc.emit(results).compile()(*(point[name] for name in emitted.variables))
        for got, want in zip(computed(emitted, library, point), wanted, strict=True):
            assert_same(got, want, "float64", 1e-10, emitted.source)


@for_each_library("array_api of PyTorch")
def test_arrays_of_several_libraries_are_refused(library: Arrays) -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "m", "n")
    function = mc.emit(A @ x, target="array_api").compile()
    with pytest.raises(ValueError, match="A, x must be arrays of one library"):
        function(library.make(np.ones((2, 3))), np.ones(3))


@for_each_library("torch", "array_api of PyTorch")
def test_tensors_on_several_devices_are_refused(library: Arrays) -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "m", "n")
    function = mc.emit(A @ x, target=library.target).compile()
    with pytest.raises(ValueError, match="A is on cpu and x on meta: move them to one device"):
        function(library.make(np.ones((2, 3))), library.make(np.ones(3)).to("meta"))


# ---------------------------------------------------------------- what is refused
def test_what_a_target_has_no_form_for_is_refused_by_name() -> None:
    X = mc.matrix("X", "n", "n")
    with pytest.raises(mc.MatcalcError) as refused:
        mc.emit(mc.logm(X), target="jax")
    assert str(refused.value).split("\n") == [
        "logm is not known to the JAX target",
        "  there is no _logm",
        "  targets that have it: numpy, dask, matlab, cpp",
        '  emit(..., target="numpy")',
    ]
    assert having(FUNCTIONS["erf"]) == ["numpy", "c", "jax", "torch", "dask", "matlab", "cpp"]


@pytest.mark.parametrize("target", OF_ARRAYS)
@pytest.mark.parametrize("option", [{"style": "fast"}, {"batch": True}, {"operators": ["value"]}], ids=str)
def test_options_that_a_target_does_not_have(target: str, option: dict[str, Any]) -> None:
    X = mc.matrix("X", "m", "n")
    with pytest.raises(mc.MatcalcError, match=f"the option {next(iter(option))} is not known to the"):
        mc.emit(X, target=target, **option)


def test_an_unknown_target() -> None:
    with pytest.raises(mc.MatcalcError) as refused:
        mc.emit(mc.vector("x", "n"), target="jaxx")
    assert str(refused.value).split("\n") == [
        "unknown target: 'jaxx'", "  | emit(x, target='jaxx')", "  |         ^^^^^^^^^^^^^",
        f"  known: {', '.join(TARGETS)}", "  did you mean jax?",
    ]  # fmt: skip


@pytest.mark.parametrize("target", OF_ARRAYS)
def test_a_library_that_is_not_installed_is_named_with_its_extra(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = {"array_api": "array_api_compat"}.get(target, target)
    monkeypatch.setitem(sys.modules, module, None)
    emitted = mc.emit(mc.vector("x", "n"), target=target)
    with pytest.raises(mc.MatcalcError, match=r"(?s)is not installed.*pip install 'matcalc-engine\[") as refused:
        emitted.compile()
    assert target.replace("_", "-") in str(refused.value)
    if target != "array_api":
        with pytest.raises(mc.MatcalcError, match="is not installed"):
            getattr(mc, f"{target}_function")(mc.vector("x", "n"))


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, matcalc as mc; x = mc.vector('x', 'n'); [mc.emit(x.T @ x, target=t) for t in ('jax', 'torch')];"
        "print([m for m in ('jax', 'torch', 'array_api_compat') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_targets_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for target in OF_ARRAYS:
        assert main(["emit", "norm2(A*x - b)^2", "x", "--target", target]) == 0
        shown = capsys.readouterr().out
        x, A, b = mc.vector("x", "n"), mc.matrix("A", "m", "n"), mc.vector("b", "m")
        f = mc.norm2(A @ x - b) ** 2
        assert shown == mc.emit({"value": f, "gradient": mc.gradient(f, x)}, target=target).source
        for option in (["--style", "fast"], ["--objective"]):
            assert main(["emit", "norm2(A*x - b)^2", "x", "--target", target, *option]) == 2
            assert "--target numpy" in capsys.readouterr().err


# ---------------------------------------------------------------- the tables
@pytest.mark.parametrize("target", OF_ARRAYS)
def test_a_registered_function_is_written_where_its_form_has_words(target: str) -> None:
    x = mc.vector("x", "n")
    for form, is_known in (
        ("{u} / (1 + np.exp(-{u}))", True),
        ("_own({u})\n\ndef _own(u):\n    return u * np.exp(-u)\n", True),
        ("_own({u})\n\ndef _own(u):\n    u = u.copy()\n    u[u < 0] = 0\n    return u\n", False),
        ("_own({u})\n\ndef _own(u):\n    if u.sum() > 0:\n        return u\n    return -u\n", False),
        ("_own({u})\n\ndef _own(u):\n    return u if u.sum() > 0 else -u\n", False),
        ("_own({u})\n\ndef _own(u):\n    u.sort()\n    return u\n", False),
        ("_unknown({u})", False),
        ("np.frompyfunc(abs, 1, 1)({u})", False),
    ):
        own = Function("own", "(m,n)->(m,n)", "own", ("u",), derivative="1 + 0*u", numpy=form)
        if is_known:
            assert "exp(-" in mc.emit(own(x), target=target).source
        else:
            with pytest.raises(mc.MatcalcError, match="own is not known to the"):
                mc.emit(own(x), target=target)


def libraries() -> list[Library]:
    from importlib import import_module

    return [import_module(TARGETS[name]).LIBRARY for name in OF_ARRAYS]


def test_each_form_is_that_of_a_record() -> None:
    import gc

    from matcalc.function import Kernel

    known = {kernel.numpy.split("\n")[0] for kernel in gc.get_objects() if isinstance(kernel, Kernel)}
    assert [form for form in FORMS if form not in known] == []


@for_each_library("jax", "torch", "array_api of array_api_strict")
def test_each_word_is_one_of_the_library(library: Arrays) -> None:
    from importlib import import_module

    found = next(one for one in libraries() if one.name == library.target)
    space: dict[str, Any] = {}
    for line in found.imports.values():
        exec(line, space)
    if library.target == "array_api":
        space["xp"] = space["array_namespace"](library.make(np.ones(1)))
    assert import_module(found.module)
    for word in found.words.values():
        if word.startswith("_"):
            assert word in found.helpers or word in HELPERS, word
        else:
            assert eval(word, space) is not None, word


def test_each_library_is_tested() -> None:
    assert {library.target for library in LIBRARIES.values()} == {*OF_ARRAYS}
