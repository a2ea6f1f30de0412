"""The MATLAB target: what is written equals NumPy's values in Octave, and is legal, short and the same each time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.emission.emitted import Emitted
from matcalc.emission.languages.matlab_forms import FORMS, WORDS
from matcalc.emission.languages.matlab_names import KEYWORDS, LONGEST, RESERVED, matlab_word
from matcalc.emission.languages.matlab_sources import HELPERS
from matcalc.expr import name_of
from matcalc.families import declared_facts, members_of
from matcalc.notation.declarations import parse_where
from tests.octave import NEEDS_OCTAVE, Call, run
from tests.test_c_families import IN_C, NAMES, SIZES, values
from tests.test_corpus import CASES, POINTS, declared, derived
from tests.test_functions import APPLICATIONS, applied, has_rule, samples
from tests.test_targets import HARD

BATCHES = 4  # processes of Octave for the corpus


def as_argument(variable: mc.Expr, value: Any) -> np.ndarray:
    """An array in MATLAB's shape: columns stand, rows lie, members are pages or columns or rows."""
    array = np.asarray(value, dtype=float)
    members = members_of(variable)
    if members is not None:
        if members.are_matrices:
            return np.moveaxis(array, 0, -1)
        return array.T if array.ndim == 2 and members.shape[1].number == 1 else array
    is_row = variable.shape[0].number == 1 and variable.shape[1].number != 1
    return array.reshape(1, -1) if is_row else array.reshape(-1, 1) if array.ndim < 2 else array


def as_result(expr: mc.Expr, value: Any) -> np.ndarray:
    """What NumPy's value is in MATLAB."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 3:
        return np.moveaxis(array, 0, -1)
    if expr.kind == "stack" and array.ndim == 2:
        return array.T if expr.operands[0].shape[1].number == 1 else array
    is_row = expr.shape[0].number == 1 and expr.shape[1].number != 1
    return array.reshape(1, -1) if is_row else array.reshape(-1, 1) if array.ndim < 2 else array


class Asked:
    """Results, the variables of their formulas and a point, whose values are compared in one process."""

    def __init__(self, folder: Path, tolerance: float = 1e-10) -> None:
        self.folder, self.tolerance = folder, tolerance
        self.calls: list[Call] = []
        self.wanted: list[list[np.ndarray]] = []
        self.refused: list[str] = []

    def add(self, results: Mapping[str, mc.Expr], variables: Mapping[str, mc.Expr], point: Mapping[str, Any]) -> None:
        try:
            emitted = mc.emit(results, target="matlab")
        except mc.MatcalcError as refused:
            assert "is not known to the MATLAB target" in str(refused)
            self.refused.append(str(refused).split(" ")[0])
            return
        numpy = mc.emit(results)
        found = numpy.compile()(*(np.asarray(point[name]) for name in numpy.variables))
        every = found if len(results) > 1 else (found,)
        self.wanted.append([as_result(expr, one) for expr, one in zip(results.values(), every, strict=True)])
        self.calls.append(Call(emitted, [as_argument(variables[name], point[name]) for name in emitted.variables]))

    def check(self) -> None:
        for call, wanted, found in zip(self.calls, self.wanted, run(self.calls, self.folder), strict=True):
            assert not isinstance(found, str), f"{found}\n{call.emitted.source}"
            assert len(found) == len(wanted), call.emitted.source
            for got, want in zip(found, wanted, strict=True):
                assert got.squeeze().shape == want.squeeze().shape, call.emitted.source
                assert got.shape == want.shape or 1 in (*want.shape[2:], *got.shape[2:]), call.emitted.source
                scale = max(1.0, float(np.max(np.abs(want), initial=0.0)))
                assert np.allclose(
                    got.squeeze() / scale, want.squeeze() / scale, rtol=0.0, atol=self.tolerance, equal_nan=True
                ), call.emitted.source


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """What is asked for in a test, computed when all of it is."""
    found = Asked(tmp_path)
    yield found
    found.check()


# ---------------------------------------------------------------- values
@NEEDS_OCTAVE
@pytest.mark.parametrize("part", range(BATCHES))
@pytest.mark.quick_part(4)
def test_the_corpus(part: int, asked: Asked) -> None:
    for case in CASES[part::BATCHES]:
        asked.add({"result": derived(case)}, declared(case), POINTS[case["id"]][0]["env"])
    assert asked.refused == []


@NEEDS_OCTAVE
@pytest.mark.quick_part(4)
def test_every_function_and_its_derivatives(asked: Asked) -> None:
    asked.tolerance = 1e-9
    for function, form in APPLICATIONS:
        if function.states:
            continue
        expr, operands = applied(function, form)
        point = {name: np.squeeze(value) for name, value in samples(function, operands, 1).items()}
        for result in (expr, *(mc.jacobian(expr, x) for x in operands if has_rule(function))):
            asked.add({"result": result}, {name_of(x): x for x in operands}, point)
    assert {*asked.refused} <= {"d2expm", "d3expm", "dpolar", "drightjac", "prodtriples"}


@NEEDS_OCTAVE
@pytest.mark.quick_part(4)
def test_families_and_sums_over_samples(asked: Asked) -> None:
    asked.tolerance = 1e-9
    for formula, by in IN_C:
        f = mc.parse(formula, NAMES)
        for sizes in SIZES:
            asked.add({"value": f, "gradient": mc.gradient(f, NAMES[by])}, NAMES, values(sizes))
    assert asked.refused == []


@NEEDS_OCTAVE
def test_value_gradient_and_hessian_together(asked: Asked) -> None:
    rng = np.random.default_rng(5)
    for formula, by, where in HARD:
        variables = parse_where(where)
        f = mc.parse(formula, variables)
        results = {"value": f, "gradient": mc.gradient(f, variables[by]), "hessian": mc.hessian(f, variables[by])}
        for sizes in ({"m": 4, "n": 3}, {"m": 2, "n": 5}):
            point = {}
            for name, variable in variables.items():
                array = rng.normal(size=[side.at(sizes) for side in variable.shape if side.number != 1])
                facts = declared_facts(variable)
                array = array @ array.T + np.eye(len(array)) if "posdef" in facts else array
                array = np.tril(array) + 3 * np.eye(len(array)) if "lower" in facts else array
                point[name] = np.triu(array) + 3 * np.eye(len(array)) if "upper" in facts else array
            asked.add(results, variables, point)
    assert asked.refused == []


@NEEDS_OCTAVE
def test_rows_one_by_one_matrices_and_names_of_the_language(asked: Asked) -> None:
    h, A, c = mc.matrix("h", 1, "n"), mc.matrix("A", "n", "m"), mc.scalar("c")
    x, size, θ = mc.vector("end", "n"), mc.vector("size", "n"), mc.vector("θ", "n")
    f = c * mc.sum(mc.exp(h @ A)) + h @ x
    results = {"row": h @ A, "zeros": mc.gradient(f, h), "i": mc.jacobian(f, x), "sum": mc.sum(size * θ) * x}
    variables = {name_of(v): v for v in (h, A, c, x, size, θ)}
    rng = np.random.default_rng(1)
    for n, m in ((3, 2), (1, 1), (1, 4), (4, 1)):
        sizes = {"m": m, "n": n}
        asked.add(
            results,
            variables,
            {name: rng.normal(size=[s.at(sizes) for s in v.shape if s.number != 1]) for name, v in variables.items()},
        )


@NEEDS_OCTAVE
def test_what_is_refused_when_it_runs(tmp_path: Path) -> None:
    A, b, P = mc.matrix("A", "m", "n"), mc.vector("b", "n"), mc.matrix("P", "n", "n", "posdef")
    product, solution = mc.emit(A @ b, target="matlab"), mc.emit(mc.inv(P) @ b, target="matlab")
    logs = mc.emit(mc.log(b), target="matlab")
    ones = np.ones
    rows = [
        (product, [ones((2, 3)), ones((2, 1))], "matcalc:size"),
        (product, [ones((2, 3)), ones((1, 3))], "matcalc:size"),
        (product, [ones((2, 0)), ones((0, 1))], "matcalc:size"),
        (product, [ones((2, 3, 2)), ones((3, 1))], "matcalc:size"),
        (solution, [-np.eye(3), ones((3, 1))], "matcalc:domain"),
        (logs, [-ones((3, 1))], "real"),
    ]
    for (_, _, said), found in zip(rows, run([Call(f, given) for f, given, _ in rows], tmp_path), strict=True):
        assert isinstance(found, str)
        assert said in found, found


# ---------------------------------------------------------------- text
def sources() -> list[Emitted]:
    found = [mc.emit(derived(case), target="matlab") for case in CASES[::7]]
    return [*found, *(mc.emit(mc.gradient(mc.parse(f, NAMES), NAMES[by]), target="matlab") for f, by in IN_C[::5])]


def code(source: str) -> str:
    """A source without comments and texts."""
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    return "\n".join(re.sub(r"(?<![\w)\]'])'[^']*'", "''", line) for line in lines)


@pytest.mark.quick_part(4)
def test_sources_are_in_the_language_alone_and_the_same_each_time() -> None:
    for emitted in sources():
        text = code(emitted.source)
        for word in ("np.", "linalg", "special.", "**", "None", "axis=", ".T", " @ ", "{", "!="):
            assert word not in text, emitted.source
        assert all(len(word) <= 63 for word in re.findall(r"\w+", text))
    assert [one.source for one in sources()] == [one.source for one in sources()]


def test_each_helper_calls_what_is_there() -> None:
    """Words of forms are helpers, or are reserved so that no variable hides them."""
    for name, source in HELPERS.items():
        assert re.match(rf"function (?:.* = )?{name}\(.*\)\n%{name.upper()}  \S.*\.\n", source), name
        assert source.count("\nend") == 1
    called = {
        word for form in (*FORMS.values(), *WORDS.values()) for word in re.findall(r"([a-zA-Z]\w*)\(", f"{form}(")
    }
    assert called <= RESERVED
    assert [name for name in FORMS if name not in known_names()] == []


def known_names() -> set[str]:
    import gc

    from matcalc.function import Kernel

    return {kernel.name for kernel in gc.get_objects() if isinstance(kernel, Kernel)}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("x", "x"), ("end", "end_"), ("size", "size_"), ("_x", "x"), ("θ", "theta"), ("Σ", "Sigma"), ("x₁", "x1"),
        ("softplus", "softplus_"), ("é", "e_"), ("名", "v"), ("a" * 80, "a" * LONGEST),
    ],
)  # fmt: skip
def test_names(name: str, word: str) -> None:
    assert matlab_word(name) == word
    assert not {*KEYWORDS} - RESERVED


def body(emitted: Emitted) -> list[str]:
    """The statements of a function, without its checks."""
    lines = emitted.function.splitlines()[1:-1]
    return [line.strip() for line in lines if not line.startswith("%") and "check_size" not in line]


# What a person would be glad to have written.
WRITTEN = [
    ("norm2(A*x - b)^2", "x", "A: m×n, x: n, b: m", [
        "m = size(A, 1);", "n = size(A, 2);", "t1 = b - A * x;", "value = t1' * t1;",
        "gradient = -2 * (A' * t1);",
    ]),
    ("sum(softplus(A*x))", "x", "A: m×n, x: n", [
        "m = size(A, 1);", "n = size(A, 2);", "t1 = A * x;", "value = sum(softplus(t1));",
        "gradient = A' * sigmoid(t1);",
    ]),
    ("b'*inv(P)*b", "b", "P: n×n posdef, b: n", [
        "n = size(P, 1);", "[cho1, failed] = chol(P);",
        "assert(failed == 0, 'matcalc:domain', 'P is not positive definite');", "t1 = cho1 \\ (cho1' \\ b);",
        "value = t1' * b;", "gradient = 2 * t1;",
    ]),
    ("c'*inv(A)*b", "b", "A: n×n, b: n, c: n", [
        "n = size(A, 1);", "[lu1_L, lu1_U, lu1_P] = lu(A);", "value = (lu1_U \\ (lu1_L \\ (lu1_P * b)))' * c;",
        "gradient = lu1_P' * (lu1_L' \\ (lu1_U' \\ c));",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "by", "where", "lines"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_is_written(formula: str, by: str, where: str, lines: list[str]) -> None:
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    assert body(mc.emit({"value": f, "gradient": mc.gradient(f, variables[by])}, target="matlab")) == lines


def test_branches_on_sizes() -> None:
    A, B, x = mc.matrix("A", "m", "n"), mc.matrix("B", "n", "p"), mc.matrix("X", "p", "q")
    lines = body(mc.emit(A @ B @ x, target="matlab"))
    assert [line for line in lines if line.startswith(("if ", "else", "end"))][:1] != []


def test_it_is_not_called_from_python_and_has_no_other_precision() -> None:
    x = mc.vector("x", "n")
    with pytest.raises(mc.MatcalcError, match=r"(?s)not called from Python.*write it to norms\.m"):
        mc.emit(x.T @ x, "norms", target="matlab").compile()
    with pytest.raises(mc.MatcalcError, match="in the precision of its arguments"):
        mc.emit(x.T @ x, target="matlab", dtype="float32")
    for option in ({"style": "fast"}, {"batch": True}):
        with pytest.raises(mc.MatcalcError, match=f"the option {next(iter(option))} is not known to the MATLAB"):
            mc.emit(x, target="matlab", **option)


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emit", "norm2(A*x - b)^2", "x", "--target", "matlab"]) == 0
    assert "gradient = -2 * (A' * t1);" in capsys.readouterr().out
