"""Functions of Dask arrays: the same as those of NumPy, however the samples are cut into blocks."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.families import array_dims
from matcalc.notation.declarations import parse_where
from tests.test_corpus import CASES, POINTS, Case, derived

NAMES = parse_where(
    "X: m×n, y: m, w: n, A: n×n, Y: m×k, W: n×k, mu: n, S: n×n posdef, c: 1×1, V: n×k, M: k×n, T: n×m, v: 1×m, q: m"
) | {"P": mc.family("P", "m", "n", "n", "posdef"), "B": mc.family("B", "m", "k", "n")}
SIZES = {"m": 23, "n": 3, "k": 4}
CHUNKS = [(23,), (5, 5, 13), (1,) * 23, (10, 0, 13)]
needs_dask = pytest.mark.skipif(find_spec("dask") is None, reason="dask is not installed")

SUMS = [  # a formula, the variable that it is derived by, and how often the samples are read
    ("norm2(X*w - y)^2/m", "w", 1),
    ("sum(log(1 + exp(-y.*(X*w)))) + c*(w'*w)", "w", 1),
    ("sum(exp(X*w)) - y'*X*w", "w", 1),
    ("sum(rowlogsumexp(X*W)) - sum(Y.*(X*W))", "W", 1),
    ("logdet(S)*m + tr((X - ones(m)*mu')*inv(S)*(X - ones(m)*mu')')", "mu", 1),
    ("logdet(S)*m + tr((X - ones(m)*mu')*inv(S)*(X - ones(m)*mu')')", "S", 1),
    ("norm2(X - X*V*V')^2", "V", 1),
    ("sum(rowlogsumexp(2*X*M' - ones(m)*rowsum(M.^2)'))", "M", 1),
    ("logdet(X'*X/m - (X'*ones(m))*(ones(m)'*X)/m^2 + A'*A)", "A", 1),
    ("sqrt(norm2(X*w - y)^2/m + c^2)", "w", 1),
    ("norm2((X - ones(m)*(ones(m)'*X)/m)*w)^2/m", "w", 2),
    ("sum(huber(y - X*w, c^2 + 1))", "w", 1),
    ("sum(X*w)*sum(y)", "w", 1),
    ("norm2(w'*T - v)^2", "w", 1),
    ("m*(w'*w) + sum(abs(y))", "w", 1),
    ("(X*w - y)'*diag(q)*(X*w - y)", "w", 1),  # weights of samples
    ("sum(q.*log(1 + exp(-y.*(X*w))))/sum(q)", "w", 1),
    ("logsumexp(X*w)", "w", 2),  # what blocks make together besides sums
    ("y'*softmax(X*w)", "w", 3),
    ("norm2(X*w - y)", "w", 1),
    ("max(X*w) + min(y)*(w'*w)", "w", 3),
    ("max(abs(X*w - y))", "w", 3),
    ("sum(rowlogsumexp((X*W)'))", "W", 2),
    ("sum(rowsoftmax((X*W)').*Y')", "W", 3),
    ("sum(rowmax((X*W)').*(V'*mu))", "W", 3),
    ("sum_i (q[i]*(w'*P[i]*w) + logdet(P[i]))", "w", 1),  # families
    ("sum_i (w - X[i,:]')'*inv(P[i])*(w - X[i,:]')", "w", 1),
    ("sum_i norm2(B[i]*w)^2*y[i]", "w", 1),
]
NO_SUMS = [
    ("prod(X*w)", "w", "prod needs all samples at once"),
    ("norm2(X*X')^2", "A", "a matrix of m×m is formed, whose size grows with that of the data"),
    ("sum(cumsum(y)) + w'*w", "w", ""),
    ("y[1]*sum(X*w)", "w", "take needs all samples at once"),
]
BY_SAMPLES = [  # formulas with an entry, a row or a column for each sample
    "X*w - y",
    "log(1 + exp(-y.*(X*w)))",
    "softmax(X*w)",
    "y - X*inv(X'*X)*X'*y",
    "inv(X'*X + eye(n))*X'",
    "diag(q)*X*A",
    "(X - ones(m)*mu')*inv(S)",
    "rowsoftmax(X*W)",
    "rowsoftmax((X*W)')",
    "maxmask(y)",
    "ones(m)*norm2(y)",
    "[X*w, y]",
    "T",
    "w*v",
]


def results(formula: str, by: str) -> dict[str, mc.Expr]:
    f = mc.parse(formula, NAMES)
    found = {"value": f, "gradient": mc.gradient(f, NAMES[by])}
    if NAMES[by].shape.cols == 1:
        x, p = NAMES[by], mc.vector("p", NAMES[by].shape.rows)
        found |= {"hessian": mc.hessian(f, x), "product": mc.jvp(found["gradient"], x, p)}
    return found


def values(variables: tuple[str, ...], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = {}
    for name in variables:
        value = rng.normal(size=[side.at(SIZES) for side in array_dims(NAMES.get(name, NAMES["w"]))])
        found[name] = value @ np.swapaxes(value, -1, -2) + np.eye(SIZES["n"]) if name in ("S", "P") else value
    return found


def cut(name: str, value: np.ndarray, chunks: tuple[int, ...]) -> Any:
    """Samples as a Dask array, all else as it is."""
    import dask.array as da

    if SIZES["m"] not in value.shape:
        return value
    return da.from_array(value, chunks=tuple(chunks if side == SIZES["m"] else -1 for side in value.shape))


def computed(emitted: Any, given: dict[str, np.ndarray], chunks: tuple[int, ...]) -> list[np.ndarray]:
    """The results, those by samples in the blocks of these."""
    import dask
    import dask.array as da

    with dask.config.set(scheduler="sync"):
        found = emitted.compile()(**{name: cut(name, value, chunks) for name, value in given.items()})
        found = found if isinstance(found, tuple) else (found,)
        assert all(chunks in array.chunks for array in found if isinstance(array, da.Array))
        return [array.compute() if isinstance(array, da.Array) else array for array in found]


@needs_dask
@pytest.mark.parametrize(("formula", "by", "passes"), SUMS)
@pytest.mark.quick_part(3)
def test_sums_over_blocks_are_those_of_numpy(formula: str, by: str, passes: int) -> None:
    asked = results(formula, by)
    emitted = mc.emit(asked, "f", target="dask", samples="m")
    assert sum(helper.startswith("def _f_block") for helper in emitted.helpers) == passes
    given = values(emitted.variables, 0)
    wanted = mc.emit(asked, "f").compile()(**given)
    for chunks in CHUNKS:
        for one, other in zip(computed(emitted, given, chunks), wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@needs_dask
@pytest.mark.parametrize("formula", BY_SAMPLES)
@pytest.mark.quick_part(5)
def test_results_by_samples_are_dask_arrays_in_the_same_blocks(formula: str) -> None:
    f = mc.parse(formula, NAMES)
    emitted = mc.emit({"f": f, "total": mc.sum(f)}, target="dask", samples="m", arguments=[NAMES["X"]])
    given = values(emitted.variables, 1)
    for chunks in CHUNKS:
        one, total = computed(emitted, given, chunks)
        np.testing.assert_allclose(one, mc.evaluate(f, {v: given[v] for v in given}), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(total, np.sum(one), rtol=1e-10, atol=1e-10)


CURVATURES = {  # a vector with an entry for each sample, and what it is derived by
    "Gauss-Newton": ("tanh(X*w) - y", "w"),
    "Fisher": ("log(1 + exp(-y.*(X*w)))", "w"),
    "Gauss-Newton of several outputs": ("vec(rowsoftmax(X*W) - Y)", "W"),
}


@needs_dask
@pytest.mark.parametrize("kind", CURVATURES)
def test_products_of_jacobians_of_samples_are_sums_over_blocks(kind: str) -> None:
    formula, by = CURVATURES[kind]
    jacobian = mc.jacobian(mc.parse(formula, NAMES), NAMES[by])
    matrix = jacobian.T @ jacobian
    emitted = mc.emit(matrix, target="dask", samples="m")
    given = values(emitted.variables, 2)
    (got,) = computed(emitted, given, (5, 5, 13))
    np.testing.assert_allclose(got, mc.emit(matrix).compile()(**given), rtol=1e-10, atol=1e-10)


@needs_dask
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.quick_part(60)
def test_the_corpus_by_blocks_of_each_dimension(case: Case) -> None:
    derivative = derived(case)
    point = {name: np.asarray(value, dtype=float) for name, value in POINTS[case["id"]][0]["env"].items()}
    for samples in sorted({str(side) for given in case["vars"].values() for side in given["shape"]} - {"1"}):
        try:
            emitted = mc.emit(derivative, target="dask", samples=samples)
        except mc.MatcalcError:
            continue  # which are refused is another test's
        shapes = {name: [side for side in case["vars"][name]["shape"] if side != 1] for name in emitted.variables}
        given = {name: blocks(point[name], shapes[name], samples) for name in emitted.variables}
        got = np.asarray(emitted.compile()(*given.values()))  # in threads
        wanted = mc.evaluate(derivative, point)
        scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
        np.testing.assert_allclose(got.ravel(), np.ravel(wanted), rtol=1e-10, atol=1e-10 * scale)


def blocks(value: np.ndarray, sides: list[Any], samples: str) -> Any:
    """An array in two blocks of samples, where it has some."""
    import dask.array as da

    value = value.reshape([side for side in value.shape if side != 1] if value.ndim > len(sides) else value.shape)
    if samples not in sides:
        return value
    return da.from_array(
        value, chunks=tuple(-(-n // 2) if s == samples else -1 for n, s in zip(value.shape, sides, strict=True))
    )


@needs_dask
def test_blocks_in_threads_share_nothing_that_solvers_write_to() -> None:
    import dask
    import dask.array as da

    emitted = mc.emit(mc.parse("inv(A)*T", NAMES), target="dask", samples="m")
    rng = np.random.default_rng(4)
    A, T = rng.normal(size=(40, 40)), rng.normal(size=(40, 1000))
    with dask.config.set(scheduler="threads", num_workers=8):
        got = emitted.compile()(A=A, T=da.from_array(T, chunks=(40, 20))).compute()
    np.testing.assert_allclose(A @ got, T, rtol=1e-8, atol=1e-8)


@needs_dask
def test_sums_of_exponentials_do_not_overflow() -> None:
    x = mc.vector("x", "m")
    emitted = mc.emit({"value": mc.logsumexp(x), "share": mc.softmax(x)}, target="dask")
    given = np.linspace(-2000, 3000, 23)
    value, share = computed(emitted, {"x": given}, (5, 5, 13))
    assert value == pytest.approx(mc.evaluate(mc.logsumexp(x), {"x": given}), rel=1e-14)
    np.testing.assert_allclose(share, np.ravel(mc.evaluate(mc.softmax(x), {"x": given})), rtol=1e-10, atol=1e-300)
    norm = mc.emit(mc.norm2(x), target="dask")
    assert computed(norm, {"x": given * 1e200}, (5, 5, 13))[0] == pytest.approx(1e200 * np.linalg.norm(given))


@pytest.mark.parametrize(("formula", "by", "why"), NO_SUMS)
def test_what_is_no_sum_over_samples_is_refused(formula: str, by: str, why: str) -> None:
    f = mc.parse(formula, NAMES)
    with pytest.raises(mc.MatcalcError) as refused:
        mc.emit({"value": f, "gradient": mc.gradient(f, NAMES[by])}, target="dask", samples="m")
    assert str(refused.value).startswith("this cannot be summed over blocks of the m samples")
    assert why in str(refused.value)


def test_the_dimension_of_the_samples_is_asked_where_there_are_several() -> None:
    f = mc.parse("sum(X*w)", NAMES)
    with pytest.raises(mc.MatcalcError, match="several dimensions"):
        mc.emit(f, target="dask")
    assert mc.emit(f, target="dask", samples="m").source != mc.emit(f, target="dask", samples="n").source
    with pytest.raises(mc.MatcalcError, match="no variable has the dimension q"):
        mc.emit(f, target="dask", samples="q")


def test_the_source_tells_what_is_read_kept_and_moved() -> None:
    source = mc.emit(results("norm2((X - ones(m)*(ones(m)'*X)/m)*w)^2/m", "w"), "f", target="dask").source
    assert "Pass 1 over the samples reads X, n numbers of each." in source
    assert source == mc.emit(results("norm2((X - ones(m)*(ones(m)'*X)/m)*w)^2/m", "w"), "f", target="dask").source


@needs_dask
def test_data_of_other_kinds_is_right_or_refused() -> None:
    import dask.array as da

    function = mc.emit(mc.gradient(mc.parse("norm2(X*w - y)^2", NAMES), NAMES["w"]), target="dask").compile()
    rng = np.random.default_rng(1)
    X, y, w = rng.integers(-3, 3, size=(12, 3)), rng.normal(size=12).astype("float32"), rng.normal(size=3)
    wanted = 2 * X.T @ (X @ w - y)
    rows = da.from_array(X, chunks=(4, 3))
    for data in (
        (rows, da.from_array(y, chunks=5)),
        (da.from_array(X, chunks=(5, 2)), y),  # columns cut in two, and an array of NumPy
        (rows[:, :], da.from_array(y, chunks=4)[:, None]),
        (rows[da.from_array(np.ones(12, dtype=bool), chunks=4)], y),  # blocks of unknown sizes
    ):
        np.testing.assert_allclose(function(X=data[0], w=w, y=data[1]), wanted, rtol=1e-6)
    refused = {
        "real numbers": (rows.astype(complex), y),
        "must have shape": (rows, da.from_array(y[:7], chunks=4)),
        "must have 1 axes": (rows, rows),
        "must have entries": (da.zeros((0, 3)), da.zeros(0)),
    }
    for message, data in refused.items():
        with pytest.raises(ValueError, match=message):
            function(X=data[0], w=w, y=data[1])
    one = function(X=rows[:1], w=w, y=da.from_array(y[:1]))
    np.testing.assert_allclose(one, 2 * X[0] * (X[0] @ w - y[0]), rtol=1e-6)


@needs_dask
def test_blocks_of_a_table_are_counted_and_read() -> None:
    frames = pytest.importorskip("dask.dataframe", reason="Dask's tables are not installed")
    import dask
    import pandas as pd

    table = pd.DataFrame(np.random.default_rng(3).normal(size=(30, 4)), columns=list("abcy"))
    f = mc.parse("norm2(X*w - y)^2", NAMES)
    function = mc.emit(
        {"slope": mc.gradient(f, NAMES["w"]), "rest": mc.parse("X*w - y", NAMES)}, target="dask", samples="m"
    ).compile()
    lazy, w = frames.from_pandas(table, npartitions=4), np.ones(3)
    array = lazy[lazy.a > 0].to_dask_array()
    kept = table[table.a > 0].to_numpy()
    with dask.config.set(scheduler="sync"):
        slope, rest = function(X=array[:, :3], w=w, y=array[:, 3])
        wanted = kept[:, :3] @ w - kept[:, 3]
        np.testing.assert_allclose(slope, 2 * kept[:, :3].T @ wanted, rtol=1e-10)
        np.testing.assert_allclose(rest, wanted, rtol=1e-10, atol=1e-12)


@needs_dask
def test_functions_are_pickled_without_a_search_through_modules() -> None:
    pickling = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    function = mc.emit(mc.parse("norm2(X*w)^2", NAMES), "f", target="dask", samples="m").compile()
    assert function.__module__ == "<matcalc f>"
    again = pickling.loads(pickling.dumps(function))
    assert again(np.ones((2, 3)), np.ones(3)) == pytest.approx(18.0)


@needs_dask
def test_samples_that_are_not_used_are_not_read() -> None:
    import dask.array as da

    def read(block: np.ndarray) -> np.ndarray:
        if block.size:  # Dask tries functions without samples
            raise AssertionError("it was read")
        return block

    f, w = mc.parse("norm2(X*w - y)^2", NAMES), NAMES["w"]
    product = mc.jvp(mc.gradient(f, w), w, mc.vector("p", "n"))
    X, y = np.ones((6, 3)), da.ones(6, chunks=2).map_blocks(read, dtype=float)
    function = mc.emit(product, target="dask", arguments=[NAMES["y"]]).compile()
    np.testing.assert_allclose(function(y=y, X=da.from_array(X, chunks=(2, 3)), p=np.ones(3)), np.full(3, 36.0))


def test_options_that_are_not_there_are_refused() -> None:
    f = mc.parse("norm2(X*w - y)^2", NAMES)
    for options in ({"dtype": "float32"}, {"style": "fast"}, {"batch": True}, {"sparse": ["value"]}):
        with pytest.raises(mc.MatcalcError):
            mc.emit(mc.hessian(f, NAMES["w"]), target="dask", **options)


@needs_dask
def test_an_objective_of_dask_arrays_has_the_minimum_of_the_same_data_in_memory() -> None:
    import dask
    import dask.array as da

    f = mc.parse("sum(log(1 + exp(-y.*(X*w)))) + w'*w/2", NAMES)
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 3))
    y = np.sign(X @ [1.0, -1.0, 0.5] + rng.normal(size=200))
    blocks = {"X": da.from_array(X, chunks=(60, -1)), "y": da.from_array(y, chunks=60)}
    with dask.config.set(scheduler="sync"):
        found = mc.objective(f, NAMES["w"], target="dask").minimize({"w": np.zeros(3), **blocks}, "trust-exact")
    wanted = mc.objective(f, NAMES["w"]).minimize({"w": np.zeros(3), "X": X, "y": y}, "trust-exact")
    np.testing.assert_allclose(found["w"], wanted["w"], rtol=1e-8)


@needs_dask
def test_derivatives_of_an_objective_that_depend_on_no_data() -> None:
    import dask
    import dask.array as da

    functions = mc.objective(mc.parse("sum(abs(X*w - y)) + w'*w", NAMES), NAMES["w"], target="dask").compile()
    given = np.ones(3), da.ones((6, 3), chunks=(2, 3)), da.zeros(6, chunks=2)
    with dask.config.set(scheduler="sync"):
        assert functions.fun(*given)[0] == pytest.approx(21.0)
        np.testing.assert_allclose(functions.hess(*given), 2 * np.eye(3))
        np.testing.assert_allclose(functions.hessp(given[0], np.ones(3), *given[1:]), np.full(3, 2.0))


@needs_dask
def test_a_lost_worker_costs_a_retry() -> None:
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    import os
    import signal
    import threading

    import dask.array as da

    function = mc.emit(mc.parse("norm2(X*w)^2", NAMES), target="dask", samples="m").compile()
    X = da.random.default_rng(0).normal(size=(400_000, 20), chunks=(5_000, 20))
    w = np.ones(20)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        wanted = float((X @ w @ (X @ w)).compute())
        process = next(iter(client.run(os.getpid).values()))
        threading.Timer(0.2, os.kill, (process, signal.SIGKILL)).start()
        assert np.isclose(function(X, w), wanted, rtol=1e-10)
