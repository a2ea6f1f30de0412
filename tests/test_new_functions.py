"""Records that are entered while the program runs: every part of it serves them, for all of it loops over the table."""

from __future__ import annotations

import pickle
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import matcalc as mc
from matcalc.function import Function
from matcalc.functions import ALIASES, FUNCTIONS, find, precise, register
from matcalc.lowering.lower import lower
from matcalc.network.nodes import constant_value
from matcalc.program.laurent import taylor
from matcalc.records import changed
from tests.numerics import assert_close, quotient, unvec, value, vec

GUDERMANN = Function(
    "gudermann",
    "(m,n)->(m,n)",
    "Gudermannian function",
    ("u",),
    derivative="1./cosh(u)",
    numpy="np.arctan(np.sinh({u}))",
    c="atan(_my_sinh({u}))\nstatic double _my_sinh(double u) { return 0.5 * (exp(u) - exp(-u)); }\n",
    precise="atan(sinh(u))",
    range="(-1.571, 1.571)",
    keeps=("sign",),
    parity="odd",
    at_zero=0,
    latex=r"\operatorname{gd}",
    aliases=("gd",),
    flops="m*n",
)
RESOLVENT = Function(
    "resolvent",
    "(n,n)->(n,n)",
    "inverse of eye(n) + X",
    differential="-resolvent(X)*dX*resolvent(X)",
    domain="posdef",
    defined="eye(n) + X invertible",
    numpy="np.linalg.inv(np.eye(len({X})) + {X})",
    precise=lambda x: precise.inverse(x + np.vectorize(mpmath.mpf, otypes=[object])(np.eye(len(x)))),
    keeps=("diagonal", "posdef"),
    gives=("invertible",),
    transposes="moves",
    of_diagonal="1./(1 + X)",
    flops="2*n^3 + n^2",
)
DISTANCE = Function(
    "distance",
    "(m,n),(m,n)->(m,n)",
    "sqrt(u.^2 + v.^2), entry by entry",
    ("u", "v"),
    derivative="u./distance(u,v); v./distance(u,v)",
    domain="positive",
    numpy="np.hypot({u}, {v})",
    c="sqrt({u} * {u} + {v} * {v})",
    precise="sqrt(u**2 + v**2)",
    range="[0, inf)",
    of_scalar="",
    flops="m*n",
)
COTH = Function(  # odd, and not 0 at 0
    "coth",
    "(m,n)->(m,n)",
    "hyperbolic cotangent",
    ("u",),
    derivative="1 - coth(u).^2",
    domain="positive",
    defined="u ≠ 0",
    numpy="1 / np.tanh({u})",
    parity="odd",
    latex=r"\coth {u}",
)
CBRT = Function(
    "cuberoot",
    "(m,n)->(m,n)",
    "cube root of every entry",
    ("u",),
    derivative="1/(3*cuberoot(u).^2)",
    domain="positive",
    defined="u ≠ 0",
    numpy="np.cbrt({u})",
    c="cbrt({u})",
    keeps=("sign",),
    parity="odd",
    at_zero=0,
)
NEW = [GUDERMANN, RESOLVENT, DISTANCE, COTH, CBRT]


@pytest.fixture(autouse=True)
def _entered() -> Iterator[None]:
    for record in NEW:
        register(record)
    yield
    for record in NEW:
        del FUNCTIONS[record.name]
        for alias in record.aliases:
            del ALIASES[alias]


X = mc.matrix("X", "n", "n")
A = mc.matrix("A", "m", "n")
B = mc.matrix("B", "m", "n")
u, v = mc.vector("u", "n"), mc.vector("v", "n")
SIZES = {"m": 2, "n": 3}
RNG = np.random.default_rng(8)
SQUARE = RNG.uniform(-1, 1, (3, 3))
VALUES: dict[str, Any] = {
    "X": SQUARE @ SQUARE.T + np.eye(3) + SQUARE - SQUARE.T,
    "A": RNG.uniform(-1, 1, (2, 3)),
    "B": RNG.uniform(1, 2, (2, 3)),
    "u": RNG.uniform(1, 2, (3, 1)),
    "v": RNG.uniform(1, 2, (3, 1)),
    "w": RNG.uniform(1, 2, (3, 1)),
}
# formula, by, the same by NumPy
FORMULAS = [
    ("sum(gudermann(A))", "A", lambda: np.sum(np.arctan(np.sinh(VALUES["A"])))),
    ("u'*gudermann(X*v)", "X", lambda: VALUES["u"].T @ np.arctan(np.sinh(VALUES["X"] @ VALUES["v"]))),
    ("u'*resolvent(X)*v", "X", lambda: VALUES["u"].T @ np.linalg.inv(np.eye(3) + VALUES["X"]) @ VALUES["v"]),
    ("sum(distance(A, B))", "A", lambda: np.sum(np.hypot(VALUES["A"], VALUES["B"]))),
    ("v'*distance(X*u, v)", "u", lambda: VALUES["v"].T @ np.hypot(VALUES["X"] @ VALUES["u"], VALUES["v"])),
]
DECLARED = {"X": X, "A": A, "B": B, "u": u, "v": v}
DIMS = {text: "mn" if by == "A" else "n" for text, by, _ in FORMULAS}
for_each = pytest.mark.parametrize(("text", "by", "numpy"), FORMULAS, ids=[row[0] for row in FORMULAS])


def used(text: str) -> dict[str, Any]:
    parts = mc.parse(text, DECLARED).parts
    return {name: VALUES[name] for name, x in DECLARED.items() if x in parts}


@for_each
def test_it_is_read_evaluated_and_differentiated_twice(text: str, by: str, numpy: Any) -> None:
    f = mc.parse(text, DECLARED)
    x = DECLARED[by]
    assert_close(value(f, used(text), SIZES), np.reshape(numpy(), (1, 1)), 1e-12)
    gradient = mc.gradient(f, x)
    for at in (f, gradient):
        jacobian = mc.jacobian(at, x)
        got = value(jacobian, used(text), SIZES)
        for k in range(VALUES[by].size):
            e = np.zeros(VALUES[by].size)
            e[k] = 1.0
            change = e.reshape(VALUES[by].shape)
            want = quotient(at, x, used(text), change, SIZES)
            assert_close(unvec(got @ vec(change), want), want, 1e-6, str(jacobian))


@for_each
def test_it_is_written_in_all_notations(text: str, by: str, numpy: Any) -> None:
    f = mc.gradient(mc.parse(text, DECLARED), DECLARED[by])
    assert value(mc.parse(str(f), DECLARED), used(text), SIZES) == pytest.approx(value(f, used(text), SIZES))
    assert mc.parse(mc.to_unicode(f), DECLARED).shape == f.shape
    latex = mc.to_latex(mc.parse(text, DECLARED))
    assert latex.count("{") == latex.count("}")
    assert ("operatorname{gd}" in latex) == ("gudermann" in text)
    index = mc.to_index(mc.parse(text, DECLARED))
    assert any(record.name in index or record.latex in index for record in NEW)


@for_each
@pytest.mark.parametrize(
    "options",
    [{}, {"style": "fast"}, {"style": "fast", "sizes": {"m": 2, "n": 3}}, {"dtype": "float32"}, {"batch": True}],
    ids=["readable", "fast", "fast of known sizes", "float32", "batch"],
)
def test_it_is_emitted(text: str, by: str, numpy: Any, options: dict[str, Any]) -> None:
    f = mc.parse(text, DECLARED)
    if "sizes" in options:
        options = {**options, "sizes": {letter: k for letter, k in SIZES.items() if letter in DIMS[text]}}
    results = {"value": f, "gradient": mc.gradient(f, DECLARED[by])}
    emitted = mc.emit(results, "compute", **options)
    dtype = np.dtype(options.get("dtype", "float64"))
    given = {name: np.squeeze(a).astype(dtype) for name, a in used(text).items()}
    arguments = [given[name.rstrip("_")] for name in emitted.arguments]
    if options.get("batch"):
        arguments = [np.stack([a, 1.1 * a]) for a in arguments]
    got = emitted.compile()(*arguments)
    first = [np.asarray(part)[0] if options.get("batch") else np.asarray(part) for part in got]
    want = [value(r, used(text), SIZES) for r in results.values()]
    for a, b in zip(first, want, strict=True):
        assert_close(np.reshape(a, b.shape), b, 1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("text", ["sum(gudermann(A))", "sum(distance(A, B))"])
def test_it_is_emitted_in_c(text: str) -> None:
    f = mc.parse(text, DECLARED)
    emitted = mc.emit({"value": f, "gradient": mc.gradient(f, A)}, "compute", target="c", sizes=SIZES)
    got = emitted.compile()(*(VALUES[name] for name in emitted.arguments))
    assert_close(np.reshape(got[0], (1, 1)), value(f, used(text), SIZES), 1e-12)


def test_what_has_no_c_is_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="resolvent is not known to the C target"):
        mc.emit(mc.parse("resolvent(X)", DECLARED), "compute", target="c", sizes={"n": 3})


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="resolvent"):
        mc.parse("resolvent(A)", DECLARED)
    with pytest.raises(mc.MatcalcError, match="distance takes 2 argument"):
        mc.parse("distance(A)", DECLARED)


def test_its_facts_are_facts_of_results() -> None:
    p, s = mc.matrix("P", "n", "n", "posdef"), mc.matrix("S", "n", "n", "symmetric")
    assert "positive definite" in mc.properties(find("resolvent")(p))
    assert "symmetric" in mc.properties(find("resolvent")(s))
    assert "invertible" in mc.properties(find("resolvent")(X))
    assert "nonnegative" in mc.properties(find("distance")(A, B))
    assert "positive" in mc.properties(find("gudermann")(mc.vector("p", "n", "positive")))
    assert mc.conditions(mc.parse("log(gudermann(A))", DECLARED)) == ("A > 0",)
    assert mc.conditions(mc.parse("1/(2 - distance(1, 2)) + log(2 + gudermann(A))", DECLARED)) == (
        "distance(1, 2) ≠ 2",
    )
    assert mc.conditions(mc.parse("resolvent(X)", DECLARED)) == ("eye(n) + X invertible",)
    with pytest.raises(mc.EvaluationError, match="invertible"):
        mc.evaluate(mc.parse("resolvent(X)", DECLARED), {"X": -np.eye(3)})


def test_values_that_the_record_knows_are_used() -> None:
    x = mc.vector("x", "n")
    assert str(mc.gradient(mc.parse("sum(gudermann(0*x)) + sum(x)", {"x": x}), x)) == "ones(n)"
    mirrored = [mc.parse(text, {"x": x}) for text in ("gudermann(-x)", "-gudermann(x)")]
    assert mc.equal(*mirrored).ground == "proved: the same canonical form"
    assert str(mc.gradient(mc.parse("sum(resolvent(diag(x)))", {"x": x}), x)) == "-1./(1 + x).^2"
    turned = [mc.parse(text, DECLARED) for text in ("resolvent(X)'", "resolvent(X')")]
    assert mc.equal(*turned).ground == "proved: the same canonical form"


def test_a_plan_has_its_cost() -> None:
    plan = mc.plan(mc.parse("resolvent(X)", DECLARED))
    assert "2*n^3" in str(plan) or "2·n³" in str(plan) or "n³" in str(plan)


@pytest.mark.parametrize(
    ("formula", "by", "right", "wrong"),
    [
        ("sum(gudermann(A))", "A", "1./cosh(A)", "1./sinh(A)"),
        ("u'*resolvent(X)*v", "X", "-resolvent(X)'*u*v'*resolvent(X)'", "-resolvent(X)*u*v'*resolvent(X)"),
        ("sum(distance(A, B))", "A", "A./distance(A, B)", "B./distance(A, B)"),
    ],
)
def test_claims_are_judged(formula: str, by: str, right: str, wrong: str) -> None:
    f = mc.parse(formula, DECLARED)
    assert mc.check(mc.parse(right, DECLARED), f, DECLARED[by])
    assert not mc.check(mc.parse(wrong, DECLARED), f, DECLARED[by])


def test_claims_are_judged_with_many_digits() -> None:
    """1e-13 is no rounding: only fifty digits tell it."""
    f = mc.parse("sum(gudermann(A))", DECLARED)
    assert not mc.equal(f, f + mc.parse("1e-13*sum(gudermann(B))", DECLARED))
    g = mc.parse("u'*resolvent(X)*v", DECLARED)
    assert not mc.equal(g, g + mc.parse("1e-13*u'*resolvent(X)*u", DECLARED))


@pytest.mark.parametrize("c", [0.0, 1e-9, -1e-4, 0.1, 0.3])
def test_it_has_a_series_near_zero(c: float) -> None:
    """gudermann(c) = c - c^3/6 + c^5/24 - …, by its record's derivative and parity."""
    got = mc.evaluate(mc.parse("(c - gudermann(c))/c^3", {"c": mc.scalar("c")}), {"c": c})
    with mpmath.workdps(60):
        t = mpmath.mpf(c)
        want = (t - mpmath.atan(mpmath.sinh(t))) / t**3 if c else mpmath.mpf(1) / 6
    assert abs(float(got) - float(want)) < 1e-11


def test_what_a_record_does_not_say_of_zero_is_not_taken_for_granted() -> None:
    assert constant_value(lower(COTH(mc.parse("0"))).node) is None
    assert constant_value(lower(CBRT(mc.parse("0"))).node) == 0
    assert taylor(COTH, 0) is None
    assert taylor(CBRT, 0) is None  # its slope there is infinite


def test_numpys_function_of_a_formula_is_the_record_that_has_it_as_its_source() -> None:
    assert np.cbrt(A) is CBRT(A)


def test_the_c_target_declares_what_the_record_calls() -> None:
    compiled = mc.emit(CBRT(u), "compute", target="c", sizes={"n": 3}).compile()
    assert_close(np.reshape(compiled(VALUES["u"][:, 0]), (3, 1)), np.cbrt(VALUES["u"]), 1e-14)


def test_latex_is_what_the_record_writes() -> None:
    c = mc.scalar("c")
    assert mc.to_latex(COTH(c)) == r"\coth c"
    assert mc.to_latex(COTH(u)) == r"\operatorname{coth}\left(u\right)"
    assert mc.to_latex(GUDERMANN(u)) == r"\operatorname{gd}\left(u\right)"


def test_the_table_of_the_documentation_has_it() -> None:
    table = runpy.run_path(str(Path(__file__).parent.parent / "docs" / "tables.py"))["functions"]()
    assert "`gudermann`, `gd` | m×n → m×n | Gudermannian function | of each entry, `1./cosh(u)`" in table
    assert "`resolvent` | n×n → n×n" in table


def test_a_record_that_is_not_in_the_table_is_copied_whole() -> None:
    record = changed(DISTANCE, name="length")
    copied = pickle.loads(pickle.dumps(record))
    assert all(getattr(copied, name) == getattr(record, name) for name in vars(record) if name != "shape")
    assert pickle.loads(pickle.dumps(GUDERMANN)) is GUDERMANN


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(mc.ShapeError, match="gudermann is a known function"):
        register(GUDERMANN)
