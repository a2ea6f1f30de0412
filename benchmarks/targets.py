"""Derived gradients and Hessians against the derivatives of JAX and PyTorch: ratios of medians, interleaved in one run.

    python -m benchmarks.targets [--seconds 0.3] [--only NAME]

For JAX all is compiled by ``jax.jit``; for PyTorch nothing is. ``emitted`` is the function that ``emit`` writes, and
``function`` the library's own derivative of ``jax_function`` or ``torch_function``. Results agree to 1e-8 before
anything is timed. A library that is not installed is left out.
"""

# ruff: noqa: E402  the number of threads is set before NumPy reads it
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import geometric_mean, median
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from matcalc.notation.declarations import parse_where

Function = Callable[..., Any]


class Problem(NamedTuple):
    """A formula of variables, by the first of which it is differentiated, and what a person writes for a library."""

    name: str
    formula: str
    where: str
    written: Callable[..., Any]  # of the library, and of the variables in their order
    sizes: Mapping[str, int]


PROBLEMS = [
    Problem(
        "least squares", "norm2(A*x - b)^2", "x: n×1, A: m×n, b: m×1",
        lambda xp, x, A, b: xp.sum((A @ x - b) ** 2), {"m": 2000, "n": 100},
    ),
    Problem(
        "logistic", "sum(log(1 + exp(-y.*(X*w))))", "w: n×1, X: m×n, y: m×1",
        lambda xp, w, X, y: xp.sum(xp.log1p(xp.exp(-y * (X @ w)))), {"m": 2000, "n": 100},
    ),
    Problem(
        "Gaussian", "x'*inv(S)*x + logdet(S)", "x: n×1, S: n×n posdef",
        lambda xp, x, S: x @ xp.linalg.solve(S, x) + xp.linalg.slogdet(S)[1], {"n": 200},
    ),
    Problem(
        "likelihood by a covariance", "b'*inv(S)*b + logdet(S)", "S: n×n posdef, b: n×1",
        lambda xp, S, b: b @ xp.linalg.solve(S, b) + xp.linalg.slogdet(S)[1], {"n": 30},
    ),
    Problem(
        "diagonal solve", "norm2(inv(A + diag(x))*b)^2", "x: n×1, A: n×n, b: n×1",
        lambda xp, x, A, b: xp.sum(xp.linalg.solve(A + xp.diag(x), b) ** 2), {"n": 100},
    ),
    Problem(
        "factorisation", "norm2(T - U*V')^2", "U: m×k, V: n×k, T: m×n",
        lambda xp, U, V, T: xp.sum((T - U @ V.T) ** 2), {"m": 60, "n": 50, "k": 5},
    ),
    Problem(
        "two layers", "w'*tanh(W2*tanh(W1*x))", "x: n×1, W1: m×n, W2: k×m, w: k×1",
        lambda xp, x, W1, W2, w: w @ xp.tanh(W2 @ xp.tanh(W1 @ x)), {"m": 200, "n": 100, "k": 50},
    ),
    Problem(
        "Kronecker", "norm2(kron(A, B)*vec(X) - c)^2", "X: q×n, A: m×n, B: p×q, c: m*p×1",
        lambda xp, X, A, B, c: xp.sum(((B @ X @ A.T).T.reshape(-1) - c) ** 2), {"m": 20, "n": 12, "p": 15, "q": 10},
    ),
]  # fmt: skip


def values(problem: Problem) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    made = []
    for variable in parse_where(problem.where).values():
        shape = [side.at(problem.sizes) for side in variable.shape if side.number != 1]
        array = rng.standard_normal(shape) / np.sqrt(shape[-1])
        is_solved = "posdef" in variable.data[1] or (str(variable) == "A" and "inv(A" in problem.formula)
        made.append(array @ array.T + 2 * np.eye(len(array)) if is_solved else array)
    return made


def derived(problem: Problem, target: str, kind: str) -> tuple[Function, Function]:
    """What ``emit`` writes for a derivative, and the library's function whose derivatives are derived."""
    variables = parse_where(problem.where)
    f, by = mc.parse(problem.formula, variables), next(iter(variables.values()))
    result = mc.gradient(f, by) if kind == "gradient" else mc.hessian(f, by)
    order = list(variables.values())
    emitted = mc.emit(result, target=target, arguments=order, sizes=_sizes(result, problem))
    made = mc.jax_function if target == "jax" else mc.torch_function
    return emitted.compile(), made(f, order)


def _sizes(result: mc.Expr, problem: Problem) -> dict[str, int]:
    symbols = mc.plan(result, "reverse").symbols
    return {symbol: problem.sizes[symbol] for symbol in symbols}


def flat(found: np.ndarray, problem: Problem) -> np.ndarray:
    """A Hessian with all axes of the variable, as a matrix: the entries of matrices column by column."""
    if found.ndim != 4:
        return found
    count = found.shape[0] * found.shape[1]
    return found.transpose(1, 0, 3, 2).reshape(count, count)


def in_jax(problem: Problem, kind: str) -> dict[str, Function]:
    import jax

    jax.config.update("jax_enable_x64", True)
    take = jax.grad if kind == "gradient" else jax.hessian
    emitted, function = derived(problem, "jax", kind)
    given = [jax.numpy.asarray(value) for value in values(problem)]
    ways = {"library": take(partial(problem.written, jax.numpy)), "emitted": emitted, "function": take(function)}
    return {name: partial(_done, jax.jit(way), given) for name, way in ways.items()}


def _done(way: Function, given: list[Any]) -> Any:
    return way(*given).block_until_ready()


def in_torch(problem: Problem, kind: str) -> dict[str, Function]:
    import torch

    torch.set_num_threads(1)
    emitted, function = derived(problem, "torch", kind)
    given = [torch.tensor(value) for value in values(problem)]

    def backward(way: Function) -> Any:
        x = given[0].detach().requires_grad_()
        return torch.autograd.grad(way(x, *given[1:]), x)[0]

    def hessian(way: Function) -> Any:
        return torch.func.hessian(way)(*given)

    take = backward if kind == "gradient" else hessian
    written = partial(problem.written, torch)
    return {"library": partial(take, written), "emitted": partial(emitted, *given), "function": partial(take, function)}


def medians(ways: Mapping[str, Function], seconds: float) -> dict[str, float]:
    """Median times, one call of each in turn."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    end = time.perf_counter() + seconds * len(ways)
    while time.perf_counter() < end or len(times["library"]) < 5:
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return {name: median(found) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    head = f"{'problem':28}{'':10}{'library':>12}{'emitted':>10}{'function':>10}   times as long as the library's"
    for title, measured in (("JAX", in_jax), ("PyTorch", in_torch)):
        print(f"\n{title}\n{head}")
        ratios: dict[tuple[str, str], list[float]] = {}
        for problem in (p for p in PROBLEMS if options.only in p.name):
            for kind in ("gradient", "hessian"):
                try:
                    ways = measured(problem, kind)
                except ImportError:
                    print("is not installed")
                    return
                wanted = flat(np.asarray(ways["library"]()), problem)
                for name, way in ways.items():
                    assert np.allclose(flat(np.asarray(way()), problem), wanted, rtol=1e-8, atol=1e-9), (problem, name)
                found = medians(ways, options.seconds)
                row = [found[name] / found["library"] for name in ("emitted", "function")]
                for name, ratio in zip(("emitted", "function"), row, strict=True):
                    ratios.setdefault((kind, name), []).append(ratio)
                print(
                    f"{problem.name:28}{kind:10}{found['library'] * 1e6:9.0f} µs{row[0]:10.2f}{row[1]:10.2f}",
                    flush=True,
                )
        for (kind, name), each in ratios.items():
            print(f"  {kind} {name}: geometric mean {geometric_mean(each):.2f}, worst {max(each):.2f}")


if __name__ == "__main__":
    main()
