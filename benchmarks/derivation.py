"""How long derivations take: ``python -m benchmarks.derivation``.

Prints the median time from text to printed derivative over the corpus, the time of the command line as a whole process
against the interpreter's own start, and how the time of a chain of tanh layers grows with each doubling.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matcalc as mc

CASES = Path(__file__).parent.parent / "tests" / "data" / "cases.jsonl"
ROUNDS = 5
LAYERS = (100, 200, 400, 800, 1600, 3200)


def main() -> None:
    times = corpus_times()
    print(
        f"corpus, text to text: median {statistics.median(times):.2f} ms, 99 % {times[int(0.99 * len(times))]:.2f} ms"
    )
    for name, arguments in _COMMANDS.items():
        start, whole = process_times("pass", _PROCESS.format(arguments))
        print(f"{name}: {1e3 * whole:.0f} ms as a process, {whole / start:.1f} times an empty interpreter")
    previous = None
    for layers in LAYERS:
        seconds = chain_time(layers)
        ratio = f", {seconds / previous:.2f} times half as many" if previous else ""
        print(f"chain of {layers} layers: {1e3 * seconds:.0f} ms{ratio}")
        previous = seconds


def corpus_times() -> list[float]:
    """Milliseconds of each case, the fastest of a few rounds, sorted."""
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    best = [min(_milliseconds(case) for _ in range(ROUNDS)) for case in cases]
    return sorted(best)


def _milliseconds(case: dict[str, Any]) -> float:
    v = {name: mc.variable(name, *(spec["shape"] or (1, 1)), *spec["attrs"]) for name, spec in case["vars"].items()}
    start = time.perf_counter()
    f = mc.parse(case["expr"], v)
    x = v[case["wrt"][0]]
    if case["kind"] == "gradient":
        str(mc.gradient(f, x))
    elif case["kind"] in ("hessian", "third"):
        str(mc.hessian(f, *(v[name] for name in case["wrt"])))
    else:
        str(mc.jacobian(f, x))
    return 1e3 * (time.perf_counter() - start)


_COMMANDS = {"--help": ["--help"], "gradient": ["gradient", "norm2(A*x-b)^2", "x"]}
_PROCESS = "import sys; from matcalc.cli import entry; sys.argv[1:] = {}; sys.exit(entry())"


def process_times(*codes: str) -> list[float]:
    """Seconds of whole processes, in turns, with bytecode cached: the fastest run of each."""
    environment = {k: value for k, value in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    fastest = [float("inf")] * len(codes)
    for _ in range(3 * ROUNDS + 1):
        for at, code in enumerate(codes):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL, check=True)
            fastest[at] = min(fastest[at], time.perf_counter() - start)
    return fastest


def chain_time(layers: int) -> float:
    """Seconds for the gradient of sum(tanh(A*tanh(A*…x))) by x and its text."""
    A, x = mc.matrix("A", "n", "n"), mc.vector("x", "n")
    h = x
    for _ in range(layers):
        h = mc.tanh(A @ h)
    start = time.perf_counter()
    str(mc.gradient(mc.sum(h), x))
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
