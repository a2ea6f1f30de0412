"""Emitted code against an expert's and against autodiff: ratios of medians, interleaved in one run on one thread.

    python -m benchmarks.speed [--sizes SML] [--seconds 0.2]

Results agree to 1e-8 before anything is timed. Autograd and JAX are measured where they are installed.
"""

# ruff: noqa: E402  the number of threads is set before NumPy reads it
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import datetime
import math
import platform
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks.adapter import build_numpy
from benchmarks.problems import PROBLEMS, Problem

Function = Callable[..., Any]


def peers(problem: Problem, size: str) -> dict[str, Function]:
    """matcalc's function and, for formulas whose gradient autodiff can take, those of the libraries there are."""
    found: dict[str, Function] = {"matcalc": build_numpy(problem.spec(size))}
    for name, make in (("autograd", _with_autograd), ("jax", _with_jax)):
        try:
            made = make(problem)
        except ImportError:
            continue
        if made is not None:
            found[name] = made
    return found


def _objective(problem: Problem, xp: Any) -> Function | None:
    """The formula in a library's own terms, for the problems that a gradient is asked of."""
    return {
        "x'*A*x": lambda A, x: x @ A @ x,
        "norm2(A*x - b)^2": lambda A, b, x: xp.sum((A @ x - b) ** 2),
        "sum(log(1 + exp(-y.*(X*w))))": lambda X, y, w, *v: xp.sum(xp.logaddexp(0.0, -y * (X @ w))),
        "norm2(T - U*V')^2": lambda T, U, V: xp.sum((T - U @ V.T) ** 2),
        "w'*tanh(W2*tanh(W1*x))": lambda W1, W2, w, x: w @ xp.tanh(W2 @ xp.tanh(W1 @ x)),
        "norm2(inv(A + diag(x))*b)^2": lambda A, b, x: xp.sum(xp.linalg.solve(A + xp.diag(x), b) ** 2),
        "x'*inv(S)*x": lambda S, x: x @ xp.linalg.solve(S, x),
    }.get(problem.formula)


def _place(problem: Problem) -> int:
    return list(problem.shapes).index(problem.wrt)


def _with_autograd(problem: Problem) -> Function | None:
    import autograd
    import autograd.numpy

    f = _objective(problem, autograd.numpy)
    if f is None or problem.kind not in ("grad", "vgrad", "hess"):
        return None
    derive = {"grad": autograd.grad, "vgrad": autograd.value_and_grad, "hess": autograd.hessian}[problem.kind]
    made: Function = derive(f, _place(problem))
    return made


def _with_jax(problem: Problem) -> Function | None:
    import jax

    jax.config.update("jax_enable_x64", True)
    f = _objective(problem, jax.numpy)
    if f is None or problem.kind not in ("grad", "vgrad", "hess"):
        return None
    derive = {"grad": jax.grad, "vgrad": jax.value_and_grad, "hess": jax.hessian}[problem.kind]
    compiled = jax.jit(derive(f, _place(problem)))
    return lambda *arrays: jax.block_until_ready(compiled(*arrays))


def agree(a: Any, b: Any) -> bool:
    parts = [x if isinstance(x, tuple | list) else (x,) for x in (a, b)]
    return all(
        np.max(np.abs(np.asarray(x) - np.asarray(y))) <= 1e-8 * (1 + np.max(np.abs(np.asarray(y))))
        for x, y in zip(*parts, strict=True)
    )


def ratios(functions: dict[str, Function], values: list[Any], seconds: float) -> dict[str, float]:
    """Seconds of each function: medians over interleaved rounds."""
    repeat = {}
    for name, function in functions.items():
        start = time.perf_counter()
        function(*values)
        once = time.perf_counter() - start
        repeat[name] = max(1, int(2e-4 / max(once, 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in functions}
    end = time.perf_counter() + seconds * len(functions)
    order = list(functions.items())
    while time.perf_counter() < end or len(times["expert"]) < 5:
        order = [*order[1:], order[0]]  # what runs first finds the cache as another one left it
        for name, function in order:
            start = time.perf_counter()
            for _ in range(repeat[name]):
                function(*values)
            times[name].append((time.perf_counter() - start) / repeat[name])
    return {name: median(found) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", default="SML")
    parser.add_argument("--seconds", type=float, default=0.2, help="for each function at each size")
    options = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, NumPy {np.__version__}, {datetime.date.today()}, one thread\n"
    )
    print("times of an expert's code; the others as multiples of it\n")
    print(f"{'problem':30} size {'expert':>10}  " + "".join(f"{name:>9}" for name in ("matcalc", "autograd", "jax")))
    logs: dict[tuple[str, str], list[float]] = {}
    for problem in PROBLEMS:
        for size in options.sizes:
            values = problem.values(size)
            functions = {"expert": problem.expert, **peers(problem, size)}
            wanted = problem.expert(*values)
            for name, function in functions.items():
                assert agree(function(*values), wanted), f"{name} is wrong on {problem.name}"
            found = ratios(functions, values, options.seconds)
            cells = ""
            for name in ("matcalc", "autograd", "jax"):
                ratio = found.get(name, math.nan) / found["expert"]
                cells += f"{ratio:9.2f}" if name in found else f"{'':9}"
                if name in found:
                    logs.setdefault((name, size), []).append(math.log(ratio))
            print(f"{problem.name:30} {size:4} {found['expert'] * 1e6:8.1f} µs{cells}", flush=True)
    print("\ngeometric means over the rows that a library is on")
    for (name, size), found in sorted(logs.items()):
        print(f"{name:10} {size}  {math.exp(sum(found) / len(found)):6.2f}  ({len(found)} rows)")


if __name__ == "__main__":
    main()
