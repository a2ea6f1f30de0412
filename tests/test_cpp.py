"""The C++ target computes what NumPy does, in double and single precision, without a warning, and is text by rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.emission.eigen.functions import OF_ARRAYS, OF_MATRICES, OF_MORE_AXES, OF_SHARED, first_line
from matcalc.emission.eigen.sources import SOURCES
from matcalc.emission.targets import target
from matcalc.functions import FUNCTIONS
from matcalc.notation.declarations import parse_where
from tests.cpp import NEEDS_CPP, Run, run
from tests.test_c_families import IN_C, NAMES, SIZES
from tests.test_c_families import values as family_values
from tests.test_corpus import CASES, POINTS, derived
from tests.test_functions import APPLICATIONS, applied, samples

PRECISIONS = {"float64": 1e-10, "float32": 1e-4}

# Formulas of what steps there are, by a variable, and where: value, gradient and Hessian.
SAMPLE = [
    ("norm2(A*x - b)^2", "x", "x: n×1, A: m×n, b: m×1"),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "w: n×1, X: m×n, y: m×1"),
    ("b'*inv(P)*b + logdet(P)", "b", "P: n×n posdef, b: n×1"),
    ("log(det(X'*X + eye(n)))", "X", "X: m×n"),
    ("norm2(L\\x)^2 + norm2(inv(L)'*x)^2", "x", "x: n×1, L: n×n lower invertible"),
    ("norm2(R\\x)^2 + norm2(inv(R)'*x)^2", "x", "x: n×1, R: n×n upper invertible"),
    ("norm2(inv(A + diag(x))*b)^2", "x", "x: n×1, A: n×n, b: n×1"),
    ("norm2(kron(A, B)*vec(X) - c)^2", "X", "A: m×n, B: m×n, X: n×n, c: m*m×1"),
    ("tr(A*X*B*X')", "X", "A: m×m, X: m×n, B: n×n"),
    ("sum(diag(x)*A*diag(x)) + x[1]*x[2]^2", "x", "x: n×1, A: n×n"),
    ("norm2(x[1:2])^2*sum(x) + norm2([A*x; c*x])^2", "x", "x: n×1, A: m×n, c: scalar"),
    ("det(X)*tr(X)", "X", "X: n×n"),
    ("sum(where(x > 0, x.^2, sin(x)./x)) + x'*(A + A')*x", "x", "x: n×1, A: n×n"),
    ("norm2(softmax(A*x))^2 + logsumexp(x) + max(x)", "x", "x: n×1, A: m×n"),
    ("sum(sigmoid(X*x)) + norm2(x)/n + sum((A*x).*cumsum(A*x))", "x", "x: n×1, X: m×n, A: m×n"),
]
FIXED = [
    ("norm2(expm(hat(w))*x - b)^2", "w", "w: 3, x: 3, b: 3"),
    ("mu/2*(tr(F'*F) - 3) - mu*log(det(F)) + log(det(F))^2", "F", "F: 3×3, mu: scalar"),
    ("r*inv(A)*x + f*x[1]/(9 + x[3])", "x", "A: 3×3, x: 3, r: 1×3, f: scalar"),
    ("norm2(inv(A)*x)^2*tr(B*A')", "A", "A: 2×2, B: 2×2, x: 2"),
]


def emitted(formula: str, by: str, where: str, name: str = "formula", **options: Any) -> Any:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    x = variables[by]
    results = {"value": f, "gradient": mc.gradient(f, x)}
    results |= {} if "expm" in formula else {"hessian": mc.hessian(f, x)}
    return mc.emit(results, name, target=options.pop("target", "cpp"), **options)


def values(where: str, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    found = {}
    for name, variable in parse_where(where).items():
        array = rng.normal(size=[side.at(sizes) for side in variable.shape if side.number != 1])
        facts = variable.data[1]
        if array.ndim == 2 and len(array) == len(array.T):
            array = 0.3 * array + (array @ array.T if "posdef" in facts else 0.0) + 2 * np.eye(len(array))
            array = array + array.T if "posdef" in facts else array
        array = np.tril(array) if "lower" in facts else np.triu(array) if "upper" in facts else array
        found[name] = array
    return found


def assert_same(got: Any, wanted: Any, tolerance: float, note: str) -> None:
    assert not isinstance(got, str), f"{got}\n{note}"
    wanted = np.asarray(wanted)
    assert got.size == wanted.size, note
    assert wanted.ndim != 2 or got.shape == wanted.shape, note
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    assert np.allclose(got.ravel() / scale, wanted.ravel() / scale, rtol=0.0, atol=tolerance, equal_nan=True), note


def assert_all_same(runs: list[Run], wanted: list[Any], folder: Path, tolerance: float | None = None) -> None:
    for one, want, made in zip(run(runs, folder), wanted, runs, strict=True):
        each = want if isinstance(want, tuple) else (want,)
        assert not isinstance(one, str), f"{one}\n{made.emitted.source}"
        for got, expected in zip(one, each, strict=True):
            assert_same(got, expected, tolerance or PRECISIONS[made.dtype], made.emitted.source)


# ---------------------------------------------------------------- values
def computed(rows: list[tuple[str, str, str]], dtype: str, *, fixed: bool) -> tuple[list[Run], list[Any]]:
    runs, wanted = [], []
    for k, (formula, by, where) in enumerate(rows):
        sizes = {"m": 4, "n": 3}
        used = {s for v in parse_where(where).values() for side in v.shape for s in side.symbols}
        known = {s: sizes[s] for s in used} if fixed else None
        made = emitted(formula, by, where, f"f{k}", dtype=dtype, sizes=known)
        point = values(where, sizes)
        runs.append(Run(made, point, dtype))
        numpy = emitted(formula, by, where, target="numpy").compile()
        wanted.append(numpy(*(point[name] for name in made.variables)))
    return runs, wanted


@NEEDS_CPP
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.exhaustive)])
def test_value_gradient_and_hessian_together(dtype: str, tmp_path: Path) -> None:
    assert_all_same(*computed(SAMPLE, dtype, fixed=False), tmp_path)


@NEEDS_CPP
def test_fixed_sizes(tmp_path: Path) -> None:
    assert_all_same(*computed([*FIXED, *SAMPLE[:12]], "float64", fixed=True), tmp_path)


def parts(count: int) -> list[Any]:
    """Parts of a long table: the first is tried always, the others, whose compilation takes minutes, when asked for."""
    marks = [pytest.mark.slow, pytest.mark.exhaustive]
    return [pytest.param(part, count, marks=marks[: 1 + bool(part)]) for part in range(count)]


@NEEDS_CPP
@pytest.mark.parametrize(("part", "count"), parts(40))
def test_the_corpus(part: int, count: int, tmp_path: Path) -> None:
    runs, wanted = [], []
    for k, case in enumerate(CASES[part::count]):
        derivative = derived(case)
        point = {name: np.asarray(value, dtype=float) for name, value in POINTS[case["id"]][0]["env"].items()}
        runs.append(Run(mc.emit(derivative, f"f{k}", target="cpp"), point))
        wanted.append(mc.evaluate(derivative, point))
    assert_all_same(runs, wanted, tmp_path)


# Functions that C++ has no form for: higher derivatives and sums along shifted axes, which few formulas lead to.
UNKNOWN = {"d2expm", "d3expm", "dpolar", "digamma", "trigamma", "prodtriples", "lowersums", "uppersums"}


@pytest.mark.slow
def test_nothing_of_the_corpus_is_refused_and_few_functions_are() -> None:
    for case in CASES:
        mc.emit(derived(case), target="cpp")
    for formula, by in IN_C:
        f = mc.parse(formula, NAMES)
        mc.emit({"value": f, "gradient": mc.gradient(f, NAMES[by])}, target="cpp")
    refused = set()
    for function, form in APPLICATIONS:
        try:
            mc.emit(applied(function, form)[0], target="cpp")
        except mc.MatcalcError:
            refused |= {function.name} if not function.states else set()
    assert refused == UNKNOWN


@NEEDS_CPP
@pytest.mark.parametrize(("part", "count"), parts(16))
def test_every_function(part: int, count: int, tmp_path: Path) -> None:
    runs, wanted = [], []
    for k, (function, form) in enumerate(APPLICATIONS[part::count]):
        expr, operands = applied(function, form)
        if function.states:
            continue
        try:
            made = mc.emit(expr, f"f{k}", target="cpp")
        except mc.MatcalcError as refused:
            assert "is not known to the C++ target" in str(refused)
            assert function.name in UNKNOWN
            continue
        point = {name: array.squeeze() for name, array in samples(function, operands, 1).items()}
        runs.append(Run(made, {name: point[name] for name in made.variables}))
        wanted.append(mc.emit(expr).compile()(*(point[name] for name in made.variables)))
    assert runs
    assert_all_same(runs, wanted, tmp_path, 1e-9)


@NEEDS_CPP
@pytest.mark.parametrize(("part", "count"), parts(6))
def test_families_and_sums_over_samples(part: int, count: int, tmp_path: Path) -> None:
    runs, wanted = [], []
    for k, (formula, by) in enumerate(IN_C[part::count]):
        f = mc.parse(formula, NAMES)
        results = {"value": f, "gradient": mc.gradient(f, NAMES[by])}
        for sizes in SIZES:
            point = family_values(sizes)
            runs.append(Run(mc.emit(results, f"f{k}", target="cpp"), point))
            wanted.append(tuple(mc.evaluate(expr, point, sizes) for expr in results.values()))
    assert_all_same(runs, wanted, tmp_path, 1e-9)


# Formulas of more than two axes: of which the derivative by what is a tensor, or that are families themselves.
TENSORS = [
    ("X*X", "X"), ("norm2(x)^2*x*x'", "x"), ("X*A*A'*x", "X"), ("inv(X)", "X"), ("diag(x)*A", "x"), ("X'*A", "A"),
    ("sin(X)", "X"), ("kron(x, A)", "A"), ("stack_{k} inv(B[k])", ""), ("stack_{k} B[k]'*X", ""), ("B", ""),
]  # fmt: skip


@NEEDS_CPP
@pytest.mark.slow
def test_results_of_more_than_two_axes(tmp_path: Path) -> None:
    names = parse_where("X: n×n invertible, A: n×m, x: n, B: K of n×n")
    rng = np.random.default_rng(2)
    point = {
        "X": rng.normal(size=(3, 3)) + 3 * np.eye(3), "A": rng.normal(size=(3, 2)), "x": rng.normal(size=3),
        "B": rng.normal(size=(2, 3, 3)) + 3 * np.eye(3),
    }  # fmt: skip
    runs, wanted = [], []
    for k, (formula, by) in enumerate(TENSORS):
        f = mc.parse(formula, names)
        asked = {"value": f, "all": mc.tensor(f, names[by]) if by else f}
        runs.append(Run(mc.emit(asked, f"f{k}", target="cpp", sizes={"n": 3} if k == 3 else None), point))
        numpy = mc.emit(asked)
        wanted.append(numpy.compile()(*(point[name] for name in numpy.variables)))
    assert_all_same(runs, wanted, tmp_path)


@NEEDS_CPP
def test_what_is_thrown(tmp_path: Path) -> None:
    fit = emitted(*SAMPLE[0], "fit")
    spd = emitted(*SAMPLE[2], "spd")
    point = values(SAMPLE[0][2], {"m": 4, "n": 3})
    traces = mc.emit(mc.parse("sum_{k} tr(B[k])", NAMES), "traces", target="cpp")
    bad = run(
        [
            Run(traces, {"B": np.ones((2, 3, 2))}),
            Run(traces, {"B": np.ones((0, 3, 3))}),
            Run(fit, {**point, "b": np.ones(3)}),
            Run(spd, {"P": np.ones((3, 2)), "b": np.ones(3)}),
            Run(spd, {"P": -np.eye(3), "b": np.ones(3)}),
        ],
        tmp_path,
    )
    assert bad[:2] == ["B must be 3x3, got 3x2", "B has no members"]
    assert bad[2:] == ["b must be 4x1, got 3x1", "P must be 3x3, got 3x2", "Matrix is not positive definite"]


@NEEDS_CPP
def test_names_hide_nothing(tmp_path: Path) -> None:
    runs, wanted = [], []
    for k, name in enumerate(
        ["result", "std", "Eigen", "class", "i", "t1", "f7", "exp", "_x", "x__y", "double", "new"]
    ):
        x = mc.vector(name, "n")
        f = mc.sum(mc.exp(x)) + mc.parse("tr(inv(eye(n) + x*x'))", {"x": x})
        made = mc.emit({"value": f, "new": mc.gradient(f, x)}, f"f{k}", target="cpp")
        point = {name: np.arange(3.0)}
        runs.append(Run(made, point))
        wanted.append((mc.evaluate(f, point), mc.evaluate(mc.gradient(f, x), point)))
    assert_all_same(runs, wanted, tmp_path)


# ---------------------------------------------------------------- text
def body(source: str) -> str:
    return source[source.rindex("\ninline ") + 1 :]


def test_a_header_as_a_person_would_write_it() -> None:
    source = emitted("b'*inv(P)*b + logdet(P)", "b", "P: n×n posdef, b: n×1", "misfit").source
    assert body(source) == (
        "inline MisfitResult misfit(const Eigen::Ref<const Eigen::MatrixXd>& P, "
        "const Eigen::Ref<const Eigen::VectorXd>& b) {\n"
        "    const Eigen::Index n = P.rows();\n"
        '    misfit_detail::fit("P", P.rows(), P.cols(), n, n);\n'
        '    misfit_detail::fit("b", b.rows(), b.cols(), n, 1);\n'
        "    MisfitResult result;\n"
        "    const Eigen::LLT<Eigen::MatrixXd> cho1 = misfit_detail::positive_definite<Eigen::MatrixXd>(P);\n"
        "    const Eigen::VectorXd t1 = cho1.solve(b);\n"
        "    result.value = 2.0 * cho1.matrixLLT().diagonal().array().log().sum() + t1.dot(b);\n"
        "    result.gradient = 2.0 * t1;\n"
        "    const Eigen::MatrixXd t2 = cho1.solve(Eigen::MatrixXd::Identity(n, n));\n"
        "    result.hessian = 2.0 * t2;\n"
        "    return result;\n"
        "}\n"
    )
    x, A = mc.vector("x", 3), mc.matrix("A", 2, 3)
    assert body(mc.emit(A @ x, target="cpp", dtype="float32").source) == (
        "inline Eigen::Vector2f formula(\n    const Eigen::Ref<const Eigen::Matrix<float, 2, 3>>& A,\n"
        "    const Eigen::Ref<const Eigen::Vector3f>& x) {\n    return A * x;\n}\n"
    )


@pytest.mark.parametrize(("formula", "by", "where"), [*SAMPLE, *FIXED], ids=[row[0] for row in [*SAMPLE, *FIXED]])
def test_text_is_the_same_each_time_and_has_no_word_of_numpy(formula: str, by: str, where: str) -> None:
    source = emitted(formula, by, where).source
    assert source == emitted(formula, by, where).source
    assert not re.search(r"\bnp\.|linalg|\bspecial\.|\.T\b|\*\*(?!\n)|@(?!param|return|throws)", source)
    assert not re.search(r"\bauto\b(?! shape)", source)  # which would keep expressions whose operands are gone
    single = emitted(formula, by, where, dtype="float32").source
    assert not re.search(r"\bdouble\b|Xd\b", single)


def test_what_is_refused_by_its_name() -> None:
    x = mc.vector("x", "n")
    with pytest.raises(mc.MatcalcError, match=r"f is not known to the C\+\+ target"):
        mc.emit(mc.function("f", "n")(x), target="cpp")
    with pytest.raises(mc.MatcalcError, match=r"C\+\+ is compiled by a compiler of C\+\+"):
        mc.emit(x, target="cpp").compile()
    with pytest.raises(mc.MatcalcError, match="the option batch is not known to the C"):
        mc.emit(x, target="cpp", batch=True)


def test_sizes_in_forms_of_c_are_in_brackets() -> None:
    x, y = mc.vector("x", "k"), mc.vector("y", "m")
    assert "k - (k - m + 1) + 1" in mc.emit(mc.hankel(x, y), target="cpp").source


def test_cpp_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emit", "norm2(A*x - b)^2", "x", "--target", "cpp"]) == 0
    x, A, b = mc.vector("x", "n"), mc.matrix("A", "m", "n"), mc.vector("b", "m")
    f = mc.norm2(A @ x - b) ** 2
    assert capsys.readouterr().out == mc.emit({"value": f, "gradient": mc.gradient(f, x)}, target="cpp").source


# ---------------------------------------------------------------- the tables
def test_each_form_is_that_of_a_record() -> None:
    import gc

    from matcalc.function import Kernel

    kernels = [kernel for kernel in gc.get_objects() if isinstance(kernel, Kernel)]
    of_numpy = {first_line(kernel.numpy) for kernel in kernels}
    of_c = {first_line(kernel.c) for kernel in kernels}
    words = {f"{word}({{u}})" for word in ["acosh", "asinh", "atanh", "log10", "log2", "sqrt", "ceil", "floor"]}
    assert [form for form in (*OF_MATRICES, *OF_MORE_AXES, *OF_SHARED) if form not in of_numpy] == []
    assert [form for form in OF_ARRAYS if form not in of_c | words] == []
    called = re.findall(
        r"@(\w+)",
        " ".join([*OF_MATRICES.values(), *OF_MORE_AXES.values(), *(shared.kind for shared in OF_SHARED.values())]),
    )
    assert [name for name in called if name not in SOURCES] == []


def test_what_c_knows_of_entries_cpp_knows() -> None:
    for function in FUNCTIONS.values():
        if function.elementwise and function.c:
            assert target("cpp").knows(function), function.name
