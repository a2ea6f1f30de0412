"""Sums over samples in Dask arrays: the same as those of NumPy, however the samples are cut into blocks."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

NAMES = parse_where(
    "X: m×n, y: m, w: n, A: n×n, Y: m×k, W: n×k, mu: n, S: n×n posdef, c: 1×1, V: n×k, M: k×n, T: n×m, v: 1×m"
)
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
]
NO_SUMS = [
    ("logsumexp(X*w)", "w", "logsumexp needs all samples at once"),
    ("norm2(X*X')^2", "A", "a matrix of m×m is formed, whose size grows with that of the data"),
    ("sum(cumsum(y)) + w'*w", "w", ""),
    ("y'*y", "y", "a result has an entry for each sample"),
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
        shape = NAMES[name].shape if name in NAMES else NAMES["w"].shape
        rows, cols = shape.rows.at(SIZES), shape.cols.at(SIZES)
        value = rng.normal(size=(rows, cols))
        value = value @ value.T + np.eye(rows) if name == "S" else value
        found[name] = value.reshape([side for side in (rows, cols) if side > 1])
    return found


def cut(name: str, value: np.ndarray, chunks: tuple[int, ...]) -> Any:
    """Samples as a Dask array, all else as it is."""
    import dask.array as da

    if name not in NAMES or "m" not in "".join(map(str, NAMES[name].shape)):
        return value
    return da.from_array(value, chunks=tuple(chunks if side == SIZES["m"] else -1 for side in value.shape))


@needs_dask
@pytest.mark.parametrize(("formula", "by", "passes"), SUMS)
@pytest.mark.quick_part(3)
def test_sums_over_blocks_are_those_of_numpy(formula: str, by: str, passes: int) -> None:
    import dask

    asked = results(formula, by)
    emitted = mc.emit(asked, "f", target="dask", samples="m")
    assert sum(helper.startswith("def _f_block") for helper in emitted.helpers) == passes
    given = values(emitted.variables, 0)
    wanted = mc.emit(asked, "f").compile()(**given)
    function = emitted.compile()
    with dask.config.set(scheduler="sync"):
        for chunks in CHUNKS:
            got = function(**{name: cut(name, value, chunks) for name, value in given.items()})
            for one, other in zip(got, wanted, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


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
