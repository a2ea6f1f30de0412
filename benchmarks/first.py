"""The time to the first gradient: import, derivation, compilation and one call, each time in a fresh process.

    python -m benchmarks.first [--rounds 7] [--commands 25]

Whole processes of commands are measured first, in turns with an empty interpreter, so often as ``--commands`` says.

Libraries take the gradients by w of the squared error norm2(X*w - y)^2 and of the logistic loss, at 20 rows and 10
weights, in turns; those that are not installed are left out. NumPy is imported before the clock starts. Printed are
medians in seconds, after the gradients were found to agree.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from statistics import median

BEFORE = """
import json, time
import numpy as np
rng = np.random.default_rng(0)
X, y, w = rng.normal(size=(20, 10)), rng.normal(size=20), rng.normal(size=10)
start = time.perf_counter()
"""

AFTER = """
print(json.dumps([time.perf_counter() - start, np.ravel(got).tolist()]))
"""

MATCALC = """
import matcalc as mc
declared = {"X": mc.matrix("X", "m", "n"), "y": mc.vector("y", "m"), "w": mc.vector("w", "n")}
gradient = mc.gradient(mc.parse("LOSS", declared), declared["w"])
got = mc.emit(gradient, arguments=list(declared.values()), OPTIONS).compile()(X, y, w)
"""

CASADI = """
import casadi as ca
a, b, c = ca.SX.sym("X", 20, 10), ca.SX.sym("y", 20), ca.SX.sym("w", 10)
got = ca.Function("f", [a, b, c], [ca.gradient(LOSS, c)], OPTIONS)(X, y, w)
"""

AUTOGRAD = """
import autograd, autograd.numpy as xp
got = autograd.grad(lambda w: LOSS)(w)
"""

JAX = """
import jax, jax.numpy as xp
jax.config.update("jax_enable_x64", True)
got = np.asarray(jax.jit(jax.grad(lambda w, X, y: LOSS))(w, X, y))
"""

TORCH = """
import torch
X, y, w = torch.tensor(X), torch.tensor(y), torch.tensor(w, requires_grad=True)
(LOSS).backward()
got = w.grad.numpy()
"""

JIT = '{"jit": True, "compiler": "shell", "jit_options": {"flags": ["-O3"]}}'

# The program, its options, and both losses in the library's terms.
IN_MATCALC = ("norm2(X*w - y)^2", "sum(log(1 + exp(-y.*(X*w))))")
IN_CASADI = ("ca.sumsqr(a @ c - b)", "ca.sum1(ca.log1p(ca.exp(-b * (a @ c))))")
IN_NUMPY = ("xp.sum((X @ w - y) ** 2)", "xp.sum(xp.logaddexp(0.0, -y * (X @ w)))")
IN_TORCH = ("((X @ w - y) ** 2).sum()", "torch.nn.functional.softplus(-y * (X @ w)).sum()")

LIBRARIES = {
    "matcalc, NumPy": (MATCALC, 'style="fast"', IN_MATCALC),
    "matcalc, C": (MATCALC, 'target="c", sizes={"m": 20, "n": 10}', IN_MATCALC),
    "CasADi, interpreted": (CASADI, "{}", IN_CASADI),
    "CasADi, compiled": (CASADI, JIT, IN_CASADI),
    "autograd": (AUTOGRAD, "", IN_NUMPY),
    "JAX": (JAX, "", IN_NUMPY),
    "PyTorch": (TORCH, "", IN_TORCH),
}


# Of the command line; the first is an interpreter that does nothing.
COMMANDS = {
    "an empty interpreter": ("-c", ""),
    "matcalc --help": ("-m", "matcalc", "--help"),
    "matcalc gradient": ("-m", "matcalc", "gradient", "x'*A*x", "x"),
    "matcalc hessian": ("-m", "matcalc", "hessian", "x'*A*x", "x"),
    "matcalc check": ("-m", "matcalc", "check", "x'*A*x", "x", "(A + A')*x"),
}


def process(words: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def commands(rounds: int) -> None:
    """Medians of whole processes, with bytecode cached, and how many times an empty interpreter they take."""
    for words in COMMANDS.values():
        process(words)
    times = [[process(words) for words in COMMANDS.values()] for _ in range(rounds)]
    found = [median(column) for column in zip(*times, strict=True)]
    print(f"{'whole processes':32}{'seconds':>9}{'times':>8}")
    for name, seconds in zip(COMMANDS, found, strict=True):
        print(f"{name:32}{seconds:9.3f}{seconds / found[0]:8.1f}")


def run(library: str, k: int) -> tuple[float, list[float]] | None:
    """The seconds one fresh process takes for a loss, and its gradient; None where the library is not installed."""
    program, options, losses = LIBRARIES[library]
    source = BEFORE + program.replace("LOSS", losses[k]).replace("OPTIONS", options) + AFTER
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, env=alone)
    if "ModuleNotFoundError" in done.stderr:
        return None
    done.check_returncode()
    seconds, gradient = json.loads(done.stdout.splitlines()[-1])
    return seconds, gradient


def agree(one: list[float], other: list[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8) for a, b in zip(one, other, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--commands", type=int, default=25)
    given = parser.parse_args()
    commands(given.commands)
    rounds = range(given.rounds)
    installed = [library for library in LIBRARIES if run(library, 0) is not None]
    print(f"{'seconds to the first gradient':32}{'squared':>9}{'logistic':>10}")
    times: dict[str, list[list[float]]] = {library: [[], []] for library in installed}
    for k in (0, 1):
        ours = run(installed[0], k)
        for _ in rounds:
            for library in installed:
                made = run(library, k)
                assert ours is not None and made is not None and agree(ours[1], made[1]), library
                times[library][k].append(made[0])
    for library, (squared, logistic) in times.items():
        print(f"{library:32}{median(squared):9.3f}{median(logistic):10.3f}")


if __name__ == "__main__":
    main()
