"""A logistic regression and a Gaussian mixture, fitted to Parquet that does not fit in the memory of two workers.

    python -m benchmarks.dask_fit FOLDER [--gigabytes 3] [--rounds 3] [--evaluations 6]

Writes the data into the folder, by blocks, where they are not there yet, and starts two processes with 1 GiB of memory
each. Then, for both models:

* the optimum on the first block, by Dask and in memory, and how far apart they are;
* a fit to all data, of so many evaluations of value and gradient, with the largest memory of each worker;
* value and gradient by what ``objective`` writes and by a Dask program that was written by hand, in turns: times, the
  ratio of their medians, and the difference of their values;
* one evaluation more, during which a worker is killed, and the difference of its value from that of the others.
"""

# ruff: noqa: E402  the number of threads is set before NumPy reads it
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import dask
import dask.dataframe as dd
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, LocalCluster
from scipy import optimize, special

import matcalc as mc
from matcalc.notation.declarations import parse_where

ROWS, FEATURES, GROUPS = 100_000, 20, 3
GIB = 2**30


# ---------------------------------------------------------------- data
def written(folder: Path, gigabytes: float) -> list[Path]:
    """Files of the data, a block in each; those that are not there are made."""
    folder.mkdir(parents=True, exist_ok=True)
    count = max(round(gigabytes * 1e9 / (ROWS * (FEATURES + 1) * 8)), 2)
    paths = [folder / f"{k:05}.parquet" for k in range(count)]
    centres = 1.5 * np.random.default_rng(0).normal(size=(GROUPS, FEATURES))
    slope = np.random.default_rng(1).normal(size=FEATURES) / 4
    for k, path in enumerate(paths):
        if path.exists():
            continue
        rng = np.random.default_rng((2, k))
        group = rng.choice(GROUPS, size=ROWS, p=[0.5, 0.3, 0.2])
        X = centres[group] + rng.normal(size=(ROWS, FEATURES))
        y = np.where(rng.random(ROWS) < special.expit(X @ slope), 1.0, -1.0)
        columns = {f"x{j}": column for j, column in enumerate(X.T)} | {"y": y}
        part = path.with_suffix(".part")
        pq.write_table(pa.table(columns), part, use_dictionary=False)
        part.rename(path)
    return paths


# ---------------------------------------------------------------- models
def logistic_block(table: Any, w: np.ndarray) -> tuple[Any, ...]:
    """As one would write it by hand: the sums over a block of the logistic loss and its gradient."""
    values = table.to_numpy()
    X, y = values[:, :FEATURES], values[:, FEATURES]
    margin = y * (X @ w)
    return np.logaddexp(0, -margin).sum(), -(X.T @ (y * special.expit(-margin)))


def logistic_by_hand(parts: list[Any], count: int, theta: np.ndarray) -> tuple[float, np.ndarray]:
    loss, slope = summed(logistic_block, parts, theta)
    return loss / count + theta @ theta / 2, slope / count + theta


def mixture_block(table: Any, a: np.ndarray, M: np.ndarray, T: np.ndarray) -> tuple[Any, ...]:
    """As one would write it by hand: the sums over a block that the likelihood and its gradients need."""
    X = table.to_numpy()[:, :FEATURES]
    weights, squares = np.exp(-2 * T), X**2
    logits = X @ (M * weights).T - squares @ weights.T / 2 + (a - T.sum(1) - (M**2 * weights).sum(1) / 2)
    largest = logits.max(axis=1)
    shares = np.exp(logits - largest[:, None])
    total = shares.sum(axis=1)
    shares /= total[:, None]
    return (np.log(total) + largest).sum(), shares.sum(axis=0), shares.T @ X, shares.T @ squares


def mixture_by_hand(parts: list[Any], count: int, theta: np.ndarray) -> tuple[float, np.ndarray]:
    a, M, T = np.split(theta, [GROUPS, GROUPS + GROUPS * FEATURES])
    M, T = M.reshape(GROUPS, FEATURES), T.reshape(GROUPS, FEATURES)
    loss, shares, first, second = summed(mixture_block, parts, a, M, T)
    shares, first, second, weights = shares / count, first / count, second / count, np.exp(-2 * T)
    by_a = a + special.softmax(a) - shares
    by_m = weights * (M * shares[:, None] - first)
    by_t = shares[:, None] - weights * (second - 2 * M * first + M**2 * shares[:, None])
    value = a @ a / 2 + special.logsumexp(a) - loss / count
    return value, np.concatenate([by_a, by_m.ravel(), by_t.ravel()])


def summed(block: Callable[..., Any], parts: list[Any], *known: np.ndarray) -> tuple[Any, ...]:
    constants = [dask.delayed(value) for value in known]
    sums = [dask.delayed(block)(part, *constants) for part in parts]
    while len(sums) > 1:
        sums = [dask.delayed(added)(sums[k : k + 8]) for k in range(0, len(sums), 8)]
    return tuple(sums[0].compute())


def added(sums: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(map(sum, zip(*sums, strict=True)))


class Model(NamedTuple):
    """A formula of variables ``by`` and of data, and the same by hand."""

    name: str
    formula: str
    where: str
    by: tuple[str, ...]
    by_hand: Callable[..., Any]

    def objective(self, target: str) -> Any:
        variables = parse_where(self.where)
        f = mc.parse(self.formula, variables)
        more = {"samples": "m"} if target == "dask" else {}
        return mc.objective(f, [variables[name] for name in self.by], self.name, target=target, **more)

    def data(self, table: Any) -> list[Any]:
        return [table[:, :FEATURES], table[:, FEATURES]][: 1 + ("y:" in self.where)]

    def start(self) -> np.ndarray:
        if self.name == "logistic":
            return np.zeros(FEATURES)
        means = 1.5 * np.random.default_rng(0).normal(size=(GROUPS, FEATURES)) + 0.3
        return np.concatenate([np.zeros(GROUPS), means.ravel(), np.zeros(GROUPS * FEATURES)])


QUADRATIC = "X.^2*exp(-2*T)' - 2*X*(M.*exp(-2*T))' + ones(m)*rowsum(M.^2.*exp(-2*T))'"
MODELS = [
    Model(
        "logistic", "sum(log(1 + exp(-y.*(X*w))))/m + w'*w/2", "X: m×n, y: m×1, w: n×1", ("w",), logistic_by_hand
    ),
    Model(
        "mixture", f"a'*a/2 + logsumexp(a) - sum(rowlogsumexp(ones(m)*(a - rowsum(T))' - ({QUADRATIC})/2))/m",
        "a: K×1, M: K×n, T: K×n, X: m×n", ("a", "M", "T"), mixture_by_hand,
    ),
]  # fmt: skip


# ---------------------------------------------------------------- measuring
@contextmanager
def watched(cluster: LocalCluster) -> Iterator[dict[int, float]]:
    """The largest resident memory of each process of a worker."""
    largest: dict[int, float] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for worker in [*cluster.workers.values()]:
                process = getattr(getattr(worker, "process", None), "pid", None)
                try:
                    size = psutil.Process(process).memory_info().rss if process else 0
                except psutil.NoSuchProcess:
                    continue
                if size:
                    largest[process] = max(largest.get(process, 0), size)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield largest
    ended.set()
    thread.join()


def timed(function: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    found = function(*given)
    return time.perf_counter() - start, found


def distance(one: Any, other: Any) -> float:
    """The largest difference of values and gradients, by the size of these."""
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(one, other, strict=True)]
    return max(float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-300)) for a, b in pairs)


def optimum(functions: Any, data: list[Any], start: np.ndarray, exact: bool) -> np.ndarray:
    """By L-BFGS, and by Newton's method from there."""
    limits = {"maxiter": 500, "ftol": 1e-13}
    found = optimize.minimize(functions.fun, start, args=(*data,), jac=True, method="L-BFGS-B", options=limits)
    theta = found.x
    for _ in range(4 * exact):
        theta = theta - np.linalg.solve(functions.hess(theta, *data), functions.fun(theta, *data)[1])
    return np.asarray(theta)


def measured(model: Model, paths: list[Path], cluster: LocalCluster, rounds: int, evaluations: int) -> None:
    table = dd.read_parquet(paths)
    parts, count = table.to_delayed(), ROWS * len(paths)
    array = table.to_dask_array(lengths=[ROWS] * len(paths))
    functions = model.objective("dask").compile()
    data, start = model.data(array), model.start()

    sample = array[:20_000].rechunk((3000, -1))
    found = optimum(functions, model.data(sample), start, exact=True)
    wanted = optimum(model.objective("numpy").compile(), model.data(sample.compute()), start, exact=True)
    print(f"{model.name}: optimum of a sample: {np.max(np.abs(found - wanted)):.1e} from that in memory", flush=True)

    with watched(cluster) as largest:
        limits = {"maxfun": evaluations}
        took, fit = timed(
            lambda: optimize.minimize(functions.fun, start, args=(*data,), jac=True, method="L-BFGS-B", options=limits)
        )
        print(f"  {fit.nfev} evaluations in {took:.1f} s, value {fit.fun:.6f}, slope {np.max(np.abs(fit.jac)):.1e}")
        times: dict[str, list[float]] = {"written": [], "by hand": []}
        for _ in range(rounds):
            took, ours = timed(functions.fun, fit.x, *data)
            times["written"].append(took)
            took, theirs = timed(model.by_hand, parts, count, fit.x)
            times["by hand"].append(took)
        middle = {name: median(each) for name, each in times.items()}
        print(
            f"  value and gradient: {middle['written']:.2f} s, by hand {middle['by hand']:.2f} s: "
            f"{middle['written'] / middle['by hand']:.2f} times as long, {distance(ours, theirs):.1e} apart"
        )
        process = next(iter(cluster.workers.values())).process.pid
        threading.Timer(min(times["written"]) / 3, os.kill, (process, signal.SIGKILL)).start()
        took, again = timed(functions.fun, fit.x, *data)
        alive = psutil.pid_exists(process)
        print(
            f"  with a worker killed in the middle: {took:.2f} s, {distance(again, ours):.1e} apart"
            + ", but it lived on" * alive
        )
    sizes = ", ".join(f"{size / GIB:.2f}" for size in largest.values())
    print(f"  largest memory of the workers: {sizes} GiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--evaluations", type=int, default=6)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    took, paths = timed(written, options.folder, options.gigabytes)
    size = sum(path.stat().st_size for path in paths)
    print(f"{len(paths)} files, {size / 1e9:.2f} GB ({took:.0f} s to write)", flush=True)
    own = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": "1GiB", "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **own) as cluster, Client(cluster):
        for model in MODELS:
            if options.only in model.name:
                measured(model, paths, cluster, options.rounds, options.evaluations)


if __name__ == "__main__":
    main()
