"""Structures leave out nothing but zeros; sparse results have the values of dense ones, and memory of their entries.

References are dense values: of the corpus, of plain NumPy for random formulas, and of the same formula emitted densely.
"""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import matcalc as mc
from matcalc.bound import result_dims
from matcalc.expr import name_of
from matcalc.families import array_dims
from matcalc.notation.declarations import parse_where
from matcalc.parts import variables
from matcalc.patterns.structure import Structure
from tests import test_deltas
from tests.numerics import assert_close
from tests.test_corpus import CASES, POINTS, Case, derived

DERIVATIVES = [case for case in CASES if case["kind"] in ("hessian", "jacobian", "gradient", "third")]


def sparse_value(matrix: mc.Expr, values: dict[str, Any], **options: Any) -> Any:
    """The result as SciPy's array, by a function of arrays of the variables."""
    made = mc.emit({"made": matrix}, sparse=["made"], **options)
    return made.compile()(*[np.asarray(values[name], dtype=float) for name in made.variables])


def check(matrix: mc.Expr, values: dict[str, Any], want: np.ndarray, sizes: dict[str, int]) -> int:
    """The sparse value is the dense one, and the mask has all entries other than zero; how many it has."""
    found = sparse_value(matrix, values)
    assert sparse.issparse(found)
    assert_close(found.toarray(), want, note=str(matrix))
    mask = mc.structure(matrix).mask(sizes)
    assert mask.shape == want.shape and mask.dtype == bool and mask.data.all()
    assert np.all(np.abs(want[~mask.toarray()]) < 1e-14), str(matrix)
    assert found.nnz <= mask.nnz <= mc.structure(matrix).entries.at(sizes) or mc.structure(matrix).is_dense
    return int(mask.nnz)


# ---------------------------------------------------------------- soundness
@pytest.mark.parametrize("case", DERIVATIVES, ids=[case["id"] for case in DERIVATIVES])
@pytest.mark.quick_part(4)
def test_sparse_results_of_the_corpus_have_the_dense_values(case: Case) -> None:
    matrix, point = derived(case), POINTS[case["id"]][0]
    if len(result_dims(matrix)) == 2:
        check(matrix, point["env"], np.asarray(point["value"], dtype=float), case["dims"])


@pytest.mark.parametrize(("kind", "formula"), test_deltas.CASES, ids=[f"{k} of {f}"[:50] for k, f in test_deltas.CASES])
@pytest.mark.quick_part(4)
def test_sparse_derivatives_with_sums_of_deltas_have_the_dense_values(kind: str, formula: str) -> None:
    f, _, matrix = test_deltas.derived(kind, formula)
    sizes = test_deltas.SMALL
    rng = np.random.default_rng(5)
    values = {}
    for v in variables(f, matrix):
        shape = [side.at(sizes) for side in v.shape]
        array = np.abs(rng.normal(size=shape)) + 0.1
        values[name_of(v)] = np.squeeze(array + array.T if "symmetric" in v.data[1] else array)
    check(matrix, values, mc.evaluate(matrix, values, sizes), sizes)


FAMILIES = parse_where("z: K of d, w: d, y: K, S: K of d×d, A: d×d, P: K of d, C: J of d×d, u: J of d")
OF_FAMILIES = [
    ("sum_{k} (w'*z[k] - y[k])^4", "z"), ("sum_{k} (w'*z[k] - y[k])^4", "w z"), ("sum_{k} exp(-y[k]*w'*z[k])", "w z"),
    ("sum_{k} logdet(S[k]*S[k]' + A*A')", "S"), ("sum_{k,j} norm2(C[j]*P[k] + u[j])^4", "u"),
    ("sum_{k,j} norm2(C[j]*P[k] + u[j])^4", "C"), ("stack_{k} tanh(S[k]*z[k])", "z"), ("stack_{k} A*z[k]", "z"),
    ("stack_{k} tanh(S[k]*z[k])", "S"), ("sum_{k} norm2(A*z[k])^4", "z"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "by"), OF_FAMILIES)
def test_derivatives_by_families_have_blocks(formula: str, by: str) -> None:
    f, xs = mc.parse(formula, FAMILIES), [FAMILIES[name] for name in by.split()]
    x = xs[0] if len(xs) == 1 else xs
    matrix = mc.hessian(f, x) if f.shape.is_scalar else mc.jacobian(f, x)
    sizes = {"K": 5, "J": 3, "d": 2}
    rng = np.random.default_rng(3)
    values = {name: rng.normal(size=[side.at(sizes) for side in array_dims(v)]) for name, v in FAMILIES.items()}
    want = mc.evaluate(matrix, values, sizes)
    entries = check(matrix, values, want, sizes)
    assert entries == np.count_nonzero(want) < want.size


# ---------------------------------------------------------------- random formulas of structured matrices
M, N = 4, 7
LEAVES: dict[tuple[int, int], list[tuple[str, np.ndarray]]] = {}


def _leaves() -> dict[str, np.ndarray]:
    """Values of the variables, and all matrices that formulas begin with, by their shapes."""
    rng = np.random.default_rng(8)
    at = {"u": rng.normal(size=M), "v": rng.normal(size=N), "A": rng.normal(size=(M, N)), "B": rng.normal(size=(N, N))}
    at["D"] = np.diag(rng.normal(size=N))
    found = [
        ("diag(u)", np.diag(at["u"])), ("diag(v)", np.diag(at["v"])), ("A", at["A"]), ("B", at["B"]), ("D", at["D"]),
        ("eye(m)", np.eye(M)), ("eye(n)", np.eye(N)), ("diffmatrix(ones(n))", np.diff(np.eye(N), axis=0)),
        ("diffmatrix(ones(m))", np.diff(np.eye(M), axis=0)), ("eye(n)[2:3,:]", np.eye(N)[1:3]),
        ("diag(v)[:,1:2]", np.diag(at["v"])[:, :2]), ("A[2,:]", at["A"][1:2]), ("eye(m)[:,3]", np.eye(M)[:, 2:3]),
        ("K(m,n)", np.eye(M * N).reshape(N, M, M * N).transpose(1, 0, 2).reshape(M * N, M * N)),
        ("convmatrix(u, ones(n))", np.array([np.convolve(at["u"], e) for e in np.eye(N)]).T),
        ("u", at["u"][:, None]), ("zeros(m,n)", np.zeros((M, N))),
    ]  # fmt: skip
    for text, value in found:
        LEAVES.setdefault(value.shape, []).append((text, value))
    return at


AT = _leaves()
WHERE = parse_where("u: m, v: n, A: m×n, B: n×n, D: n×n diagonal")


def grown(rng: random.Random, depth: int) -> tuple[str, np.ndarray]:
    """A formula of structured matrices, and its value by NumPy."""
    if depth == 0:
        return rng.choice(rng.choice(list(LEAVES.values())))
    a, left = grown(rng, depth - 1)
    b, right = grown(rng, rng.randrange(depth))
    rows, cols = left.shape
    choices = [(f"({a})'", left.T), (f"2*({a})", 2 * left), (f"({a}).*({a})", left**2)]
    if cols == right.shape[0]:
        choices += [(f"({a})*({b})", left @ right)] * 6
    if cols == right.shape[1]:
        choices += [(f"({a})*({b})'", left @ right.T)] * 6
        choices.append((f"[{a}; {b}]", np.concatenate([left, right])))
    if rows == right.shape[0]:
        choices += [(f"({a})'*({b})", left.T @ right)] * 6
        choices.append((f"[{a}, {b}]", np.concatenate([left, right], axis=1)))
    if left.shape == right.shape:
        choices += [(f"({a} - {b})", left - right), (f"({a}).*({b})", left * right)] * 3
    if left.size * right.size < 20_000:
        choices.append((f"kron({a}, {b})", np.kron(left, right)))
    if rows == cols:
        choices += [(f"({a})*({a})", left @ left), (f"({a} + ({a})')", left + left.T)]
    return rng.choice(choices)


@pytest.mark.parametrize("seed", range(240))
@pytest.mark.quick_part(4)
def test_random_formulas_of_structured_matrices(seed: int) -> None:
    rng = random.Random(seed)
    for depth in (1, 2, 3, 4):
        text, want = grown(rng, depth)
        try:
            formula = mc.parse(text, WHERE)
        except mc.ShapeError:  # sides that are equal as numbers alone
            continue
        if len(result_dims(formula)) == 2:
            sizes = {"m": M, "n": N}
            missing = [v for v in WHERE.values() if v not in variables(formula)]
            made = mc.emit({"made": formula}, sparse=["made"], arguments=missing)
            found = made.compile()(*[AT[name] for name in made.variables])
            assert_close(found.toarray(), want, note=text)
            mask = mc.structure(formula).mask(sizes).toarray()
            assert mask.shape == want.shape and not np.any((want != 0) & ~mask), text


# ---------------------------------------------------------------- tight patterns
NAMES = parse_where("x: n, y: k, X: m×n, U: m×r, V: n×r, M: m×n, A: m×n, B: n×n, D: n×n diagonal, a: m, c: n, L: n×n")
SIZES = {"m": 3, "n": 5, "k": 4, "r": 2}
TIGHT = [
    ("sum(exp(x))", "x", "diagonal", "n"),
    ("c.*sin(x)", "x", "diagonal", "n"),
    ("D*exp(x)", "x", "diagonal", "n"),
    ("3*x", "x", "diagonal", "n"),
    ("X.*X", "X", "diagonal", "m*n"),
    ("sum(log(1 + exp(X)))", "X", "diagonal", "m*n"),
    ("diff(x)", "x", "banded, diagonals 0, 1", "2*n - 2"),
    ("sum(diff(x).^4)", "x", "banded, diagonals -1, 0, 1", "4*n - 4"),
    ("norm2(diff(diff(x)))^2", "x", "banded, diagonals -2, -1, 0, 1, 2", "9*n - 18"),
    ("diff(X)", "X", "a sum of 2 pieces", "2*m*n - 2*n"),
    ("X'", "X", "a permutation of rows (commutation)", "m*n"),
    ("X[2,:]", "X", "one entry in each row", "n"),
    ("norm2(U*V' - M)^2", "U", "blocks that are diagonal (a Kronecker product with an identity matrix)", "m*r^2"),
    ("U*V'", "U", "blocks that are diagonal (a Kronecker product with an identity matrix)", "m*n*r"),
    ("U*V'", "V", "a Kronecker product with an identity matrix, permuted", "m*n*r"),
    ("A*X'", "A", "blocks that are diagonal (a Kronecker product with an identity matrix)", "m^2*n"),
    ("B*X'", "X", "a Kronecker product with an identity matrix, permuted", "m*n^2"),
    ("A*B", "B", "block diagonal", "m*n^2"),
    ("sum((A*B).^4)", "B", "block diagonal", "n^3"),
    ("kron(A, x)", "x", "", "m*n^2"),
    ("conv(x, y)", "x", "entries at regular distances", "k*n"),
    ("[x; exp(x)]", "x", "diagonals 0, -n", "2*n"),
    ("x*x'", "c", "zero", "0"),
    ("c'*x", "x", "zero", "0"),
]


def checked_structure(formula: str, by: str) -> tuple[mc.Expr, Structure]:
    f, x = mc.parse(formula, NAMES), NAMES[by]
    matrix = mc.hessian(f, x) if f.shape.is_scalar else mc.jacobian(f, x)
    return matrix, mc.structure(matrix)


@pytest.mark.parametrize(("formula", "by", "kind", "entries"), TIGHT)
def test_known_patterns_are_found_and_no_entry_is_too_many(formula: str, by: str, kind: str, entries: str) -> None:
    matrix, found = checked_structure(formula, by)
    assert kind in ("", found.kind)
    assert str(found.entries) == entries
    rng = np.random.default_rng(2)
    values: dict[str, Any] = {}
    for name, v in NAMES.items():
        values[name] = np.squeeze(rng.uniform(0.5, 1.5, size=[side.at(SIZES) for side in v.shape]))
    values["D"] = np.diag(np.diag(values["D"]))
    want = np.asarray(mc.evaluate(matrix, values, SIZES))
    assert np.array_equal(found.mask(SIZES).toarray(), want != 0)


@pytest.mark.parametrize(
    "formula", ["softmax(x)", "B*exp(x)", "logsumexp(x)", "norm2(x)", "conv(B*x, y)", "norm2(conv(x, y))^2"]
)
def test_what_has_no_zeros_is_said_to_be_dense(formula: str) -> None:
    matrix, found = checked_structure(formula, "x")
    assert found.is_dense
    assert str(found) == f"{matrix.shape}, dense\n{DENSE}"


DENSE = "no entry is known to be zero; as a linear operator it is not formed: emit(…, operators=[…])"


def test_a_structure_is_printed_and_drawn() -> None:
    _, found = checked_structure("sum(diff(x).^4)", "x")
    assert str(found) == (
        "n×n, banded, diagonals -1, 0, 1\nentries: at most 4*n - 4 of n^2\n"
        "  [i, i] for i < n - 1\n  [i, i + 1] for i < n - 1\n  [i + 1, i] for i < n - 1\n  [i + 1, i + 1] for i < n - 1"
    )
    pattern = found.at({"n": 4})
    assert pattern.entries == {(i, j) for i in range(4) for j in range(4) if abs(i - j) < 2}
    assert pattern.to_svg().startswith("<svg")
    assert str(pattern).endswith("xx..\nxxx.\n.xxx\n..xx")


def test_the_pattern_by_formula_has_that_by_values() -> None:
    for formula, by, _, _ in TIGHT:
        f, x = mc.parse(formula, NAMES), NAMES[by]
        if not f.shape.is_scalar and f.shape.cols.number == 1 and by in ("x", "X") and "kron" not in formula:
            seen = mc.sparsity(f, x, {s: n for s, n in SIZES.items() if s in str(mc.jacobian(f, x).shape) + str(f)})
            known = mc.structure(mc.jacobian(f, x)).at({**SIZES})
            assert seen.entries <= known.entries


# ---------------------------------------------------------------- memory and forms
def peak(function: Any, *values: Any) -> tuple[Any, int]:
    tracemalloc.start()
    try:
        found = function(*values)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LARGE = [
    ("sum(exp(x))", "x", {"n": 20_000}),
    ("sum(diff(x).^4)", "x", {"n": 20_000}),
    ("sum(log(1 + exp(X)))", "X", {"m": 200, "n": 100}),
    ("norm2(U*V' - M)^2", "U", {"m": 4000, "n": 6, "r": 5}),
    ("U*V'", "V", {"m": 100, "n": 200, "r": 3}),
    ("X'", "X", {"m": 200, "n": 100}),
]


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize(("formula", "by", "sizes"), LARGE)
def test_memory_is_that_of_the_entries(formula: str, by: str, sizes: dict[str, int], style: str) -> None:
    matrix, known = checked_structure(formula, by)
    arguments = [NAMES[by]] if not variables(matrix) or NAMES[by] in variables(matrix) else []
    made = mc.emit({"made": matrix}, sparse=["made"], style=style, arguments=arguments)
    shapes = {name: [side.at(sizes) for side in v.shape if side.number != 1] for name, v in NAMES.items()
              if name in made.variables}  # fmt: skip
    values = [np.full(shapes[name], 0.5) for name in made.variables]
    entries = known.entries.at(sizes)
    found, most = peak(made.compile(), *values)
    assert found.shape == tuple(side.at(sizes) for side in known.dims)
    assert found.nnz <= entries
    assert most < 200 * entries + 40 * max(found.shape) + 200_000, most / entries


def test_diagonals_are_dia_arrays_and_all_others_rows() -> None:
    values = {"x": np.arange(1.0, 6.0), "U": np.ones((3, 2)), "V": np.ones((5, 2)), "M": np.zeros((3, 5))}
    for formula, by, form in (
        ("sum(exp(x))", "x", "dia"), ("diff(x)", "x", "dia"), ("sum(diff(x).^4)", "x", "csr"),
        ("norm2(U*V' - M)^2", "U", "csr"), ("softmax(x)", "x", "csr"),
    ):  # fmt: skip
        matrix, _ = checked_structure(formula, by)
        made = mc.emit({"made": matrix}, sparse=["made"], arguments=[NAMES[by]])
        found = made.compile()(*[values[name] for name in made.variables])
        assert found.format == form, formula
        assert_close(found.toarray(), mc.evaluate(matrix, values, {"n": 5}), note=formula)


def test_results_beside_others_and_all_at_once() -> None:
    f, x = mc.parse("sum(exp(x)) + sum(diff(x).^4)", NAMES), NAMES["x"]
    results = {"value": f, "gradient": mc.gradient(f, x), "hessian": mc.hessian(f, x)}
    point = np.linspace(-1, 1, 6)
    value, gradient, dense = mc.emit(results).compile()(point)
    for wanted in (["hessian"], True):
        made = mc.emit(results, sparse=wanted)
        assert made.results == ("value", "gradient", "hessian")
        found = made.compile()(point)
        assert_close(found[0], value)
        assert_close(found[1], gradient)
        assert_close(found[2].toarray(), dense)
    softmax = mc.jacobian(mc.softmax(x), x)
    found = mc.emit({"a": softmax, "b": results["hessian"]}, sparse=True).compile()(point)
    assert isinstance(found[0], np.ndarray) and sparse.issparse(found[1])  # what has no zeros stays an array


def test_sparse_results_beside_operators_and_in_single_precision() -> None:
    f, x = mc.parse("logsumexp(x) + sum(diff(x).^4)", NAMES), NAMES["x"]
    g = mc.parse("sum(diff(x).^4)", NAMES)
    results = {"dense": mc.hessian(f, x), "banded": mc.hessian(g, x)}
    point = np.linspace(-1, 1, 6)
    want = mc.emit(results).compile()(point)
    operator, banded = mc.emit(results, sparse=["banded"], operators=["dense"]).compile()(point)
    assert_close(operator @ point, want[0] @ point)
    assert_close(banded.toarray(), want[1])
    for formula in ("sum(exp(x))", "sum(diff(x).^4)"):
        matrix, _ = checked_structure(formula, "x")
        found = mc.emit({"made": matrix}, sparse=["made"], dtype="float32").compile()(point.astype(np.float32))
        assert found.dtype == np.float32


def test_a_pattern_that_is_kept_is_not_changed_by_its_user() -> None:
    matrix, _ = checked_structure("sum(diff(x).^4)", "x")
    function = mc.emit({"made": matrix}, sparse=["made"]).compile()
    first, point = function(np.arange(5.0)), np.arange(5.0) ** 2
    first.data[:] = first.indices[:] = first.indptr[:] = 0
    assert_close(function(point).toarray(), mc.evaluate(matrix, {"x": point}))


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparse": ["hessain"]}, "there is no result hessain"),
        ({"sparse": ["value"]}, "value is 1×1: a sparse result is a matrix"),
        ({"sparse": ["gradient"]}, "gradient is n×1: a sparse result is a matrix"),
        ({"sparse": "hessian"}, "sparse must be"),
        ({"sparse": ["hessian"], "batch": True}, "operators, products and sparse results are no batches"),
        ({"sparse": ["hessian"], "target": "c", "sizes": {"n": 3}}, "the C target has no sparse results"),
        ({"sparse": ["hessian"], "target": "jax"}, "the JAX target has no sparse results"),
        ({"sparse": True, "target": "torch"}, "the PyTorch target has no sparse results"),
        ({"sparse": True, "target": "array_api"}, "the array API target has no sparse results"),
    ],
)
def test_what_cannot_be_sparse_is_refused(options: dict[str, Any], message: str) -> None:
    f, x = mc.parse("sum(exp(x))", NAMES), NAMES["x"]
    results = {"value": f, "gradient": mc.gradient(f, x), "hessian": mc.hessian(f, x)}
    with pytest.raises(mc.MatcalcError) as caught:
        mc.emit(results, **options)
    assert str(caught.value).startswith(message), str(caught.value)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({}, "no size for n"), ({"n": 0}, "the size of n"), ({"n": "3"}, "the size of n")],
)
def test_sizes_of_masks_are_checked(sizes: dict[str, Any], message: str) -> None:
    _, found = checked_structure("sum(exp(x))", "x")
    for ask in (found.mask, found.at):
        with pytest.raises(mc.MatcalcError, match=message):
            ask(sizes)


def test_pictures_have_a_limit() -> None:
    _, found = checked_structure("sum(exp(x))", "x")
    assert found.mask({"n": 2_000_000}).nnz == 2_000_000
    with pytest.raises(mc.MatcalcError, match="the pattern has 2000000 entries"):
        found.at({"n": 2_000_000})


@pytest.mark.parametrize("options", [{}, {"style": "fast"}, {"batch": True}])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.dia_array])
def test_sparse_arguments_are_refused_in_words(options: dict[str, Any], form: Any) -> None:
    function = mc.emit(mc.parse("A*c", NAMES), **options).compile()
    with pytest.raises(ValueError, match=r"^A is a sparse matrix: this function takes arrays, such as A\.toarray\(\)$"):
        function(form(np.eye(3, 5)), np.ones(5))
    with pytest.raises(mc.EvaluationError, match="A is a sparse matrix"):
        mc.evaluate(mc.parse("A*c", NAMES), {"A": form(np.eye(3, 5)), "c": np.ones(5)})


@pytest.mark.parametrize("name", ["sparse", "lru_cache", "_sparse", "_pattern", "np", "hessian_1", "lambda"])
def test_names_that_mean_something_in_the_code_may_be_those_of_users(name: str) -> None:
    x, f = NAMES["x"], mc.parse("sum(diff(x).^4)", NAMES)
    matrix = mc.hessian(f, x)
    point = np.linspace(-1, 1, 5)
    want = mc.evaluate(matrix, {"x": point})
    if name != "lambda":
        found = mc.emit({name: matrix, "sparse_1": f}, name, sparse=[name]).compile()(point)
        assert_close(found[0].toarray(), want)
    other = mc.vector(name, "n")
    matrix = mc.hessian(mc.sum(mc.diff(other) ** 4), other)
    for result in ("hessian", "sparse"):
        assert_close(mc.emit({result: matrix}, sparse=[result]).compile()(point).toarray(), want)


@pytest.mark.parametrize("formula", ["diag(eye(m)[3,:]'.*a)", "kron(diag(c), eye(m)[2:3,:])", "kron(eye(m)[2:3,:], c)"])
def test_sizes_that_lack_entries_are_refused_before_anything_is_placed(formula: str) -> None:
    names = parse_where("c: n, a: m")
    matrix = mc.parse(formula, names)
    function = mc.emit({"made": matrix}, sparse=["made"], arguments=[*names.values()]).compile()
    assert function(np.ones(2), np.ones(3)).nnz
    with pytest.raises(IndexError, match=r"there is no entry 3|out of bounds"):
        function(np.ones(2), np.ones(2))
    with pytest.raises(mc.EvaluationError, match="there is no entry 3: this dimension is 2"):
        mc.structure(matrix).mask({"m": 2, "n": 4})
