"""Hostile inputs: wrong kinds, sizes, names and texts for every public function, the command line and each file format.

    python -m benchmarks.hostile [COUNT] [SEED]

Inputs follow from the seed. Anything but an answer, a ``MatcalcError`` or, on the command line, exit codes 0 to 3
with one message is reported; so is what takes longer than ``LONGEST`` seconds.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from matcalc import cli

LONGEST = 10  # seconds for one input

x, y, A, c = mc.vector("x", "n"), mc.vector("y", 3), mc.matrix("A", "n", "n"), mc.scalar("c")
F = mc.norm2(A @ x) ** 2

# What fits each parameter, by its name.
FITTING: dict[str, Any] = {
    "f": F, "expr": F, "x": x, "y": x, "a": F, "b": F, "dx": x, "v": x, "u": F, "results": F, "claim": "2*A'*A*x",
    "lines": ["D = 2*A'*A*x"], "certificate": "{}", "function": lambda A, x: 2 * A.T @ A @ x, "text": "x'*x",
    "name": "g",
    "rows": 3, "cols": 3, "values": {"x": np.ones(2), "A": np.eye(2)}, "by": x, "dims": [3, 2, 1], "m": 2, "n": 2,
    "chain": mc.JacobianChain([mc.Factor(2, 3, 4)]), "threads": 2, "operands": x, "facts": "positive", "formulas": F,
    "factors": [mc.Factor(2, 3, 4)], "edges": [("a", "b")], "source": "a", "target": "b", "columns": 2,
}  # fmt: skip

NUMBERS: list[Any] = [
    0, 1, -1, 2, 10**12, 10**30, -(10**30), 10**5000, 0.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), 1j, True,
    np.int64(3), np.float64("nan"), np.array(2.0), np.array([1, 2]), np.ones((0, 3)), np.array(["a"]), np.array([None]),
]  # fmt: skip
TEXTS = [
    "", " ", "x", "x'*", "2*x", "lambda", "None", "__debug__", "np", "\0", "é" * 10, "ﬁ", "𝐱", "\ud800", "x\n*y",
    "'" * 50,
    "(" * 5000, ")" * 50, "1" * 5000, "1e5000", "1e-5000", "x" * 10_000, "x^" * 500 + "2", "-" * 3000 + "x",
    "x[1:10000]",
    "x[" + "9" * 5000 + "]", "A^" + "9" * 40, "[A[i,j] | i; j]", "x where x = x", "eye(10^9)", "unit(n,10^30)",
    "x.*x./x.^x",
    "n=3", "n=" + "9" * 5000, "lambda=3", "%s %d", "{x}", "$(ls)", "../../etc/passwd", "a: n×n symmetric", "K(n,n)*x",
]  # fmt: skip
OBJECTS: list[Any] = [
    None, b"x", bytearray(3), object(), slice(None), slice(0, 10**30), range(3), range(10**9), lambda: 0, len, int,
    float,
    type, mc, F, x, x.T, A, y, y[0], mc.tensor(F, x), mc.plan(F), mc.FUNCTIONS["exp"], mc.function("g0", "n"), ...,
]  # fmt: skip
CONTAINERS: list[Any] = [
    [], [[]], [[x]], [x], (x,), (), {}, {"x": 1}, {1: x}, {"x": None}, {"n": 10**30}, {"n": -1}, {"n": "3"}, {"n": 1.5},
    {"n": 10**5000}, {"A": "a", "x": [[1], [2, 3]]}, {"x": np.ones(3), "A": np.ones((2, 2))}, {"": F}, {"value": F,
    "np": F},
    set(), {1, 2}, [1, 2, None], ["x"] * 1000, [10**30] * 3, {"a b": F}, {"class": F}, [("a", "b"), ("b", "a")],
    [("a",)],
]  # fmt: skip
HOSTILE = [*NUMBERS, *TEXTS, *OBJECTS, *CONTAINERS]

CERTIFICATE = json.loads(mc.check("A*x", F, x).to_json())
EQUALITY = json.loads(mc.equal(F, F).to_json())
EXPLANATION = json.loads(mc.explain(F, x).to_json())
DERIVATION = json.loads(mc.check_derivation(["D = 2*A'*A*x"], F, x).to_json())
CHAIN_FILE = "2\n3 2 6\n1 3 4\n"
VALUES_OF_JSON: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "lambda", "None", "1" * 5000, "x" * 1000, "(" * 2000, [], {}, [[]],
    {"x": {}},
    {"lambda": {"rows": "n", "cols": "1", "facts": []}}, ["correct"], "correct", "wrong", "gradient", "hessian",
    float("nan"),
]  # fmt: skip


class Case(NamedTuple):
    """A call: what it is, in one line, and how it is made."""

    text: str
    run: Callable[[], Any]


def shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) < 60 else f"{text[:57]}..."


# ---------------------------------------------------------------- public functions
def _callables() -> list[tuple[str, Callable[..., Any], inspect.Signature]]:
    found = []
    for name in sorted(mc.__all__):
        function = getattr(mc, name)
        is_error = isinstance(function, type) and issubclass(function, Exception)
        is_made_by_us = name in (
            "Expr",
            "Function",
            "Verdict",
            "Objective",
            "JacobianDag",
            "Diagram",
            "Pattern",
            "FUNCTIONS",
        )
        if callable(function) and not is_error and not is_made_by_us:
            found.append((name, function, inspect.signature(function)))
    found.append(("JacobianDag", mc.JacobianDag, inspect.signature(mc.JacobianDag)))
    return found


CALLABLES = _callables()


def call_of_function(rng: random.Random) -> Case:
    """A public function with one or two arguments that do not fit."""
    name, function, signature = rng.choice(CALLABLES)
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    wrong = {p.name for p in rng.sample(parameters, min(len(parameters), rng.choice((1, 1, 2))))}
    args: list[Any] = []
    options: dict[str, Any] = {}
    for p in parameters:
        value = rng.choice(HOSTILE) if p.name in wrong else FITTING.get(p.name)
        if p.name not in wrong and (p.default is not p.empty or p.kind is p.VAR_POSITIONAL):
            continue
        if p.kind is p.KEYWORD_ONLY or p.default is not p.empty:
            options[p.name] = value
        else:
            args.append(value)
    text = f"{name}({', '.join([*map(shown, args), *(f'{key}={shown(value)}' for key, value in options.items())])})"
    return Case(text, lambda: str(function(*args, **options)))


OPERATIONS: dict[str, Callable[[mc.Expr, Any], Any]] = {
    "f + v": lambda f, v: f + v, "v - f": lambda f, v: v - f, "f * v": lambda f, v: f * v, "v @ f": lambda f, v: v @ f,
    "f / v": lambda f, v: f / v, "v / f": lambda f, v: v / f, "f ** v": lambda f, v: f**v, "v ** f": lambda f, v: v**f,
    "f[v]": lambda f, v: f[v], "f[v, v]": lambda f, v: f[v, v], "f < v": lambda f, v: f < v, "f % v": lambda f,
    v: f % v,
    "exp(v)": lambda f, v: mc.FUNCTIONS["exp"](v), "solve(f, v)": lambda f, v: mc.FUNCTIONS["solve"](f, v),
    "np.dot(f, v)": lambda f, v: np.dot(f, v), "np.sum(f, v)": lambda f, v: np.sum(f, v),
}  # fmt: skip


def call_of_operator(rng: random.Random) -> Case:
    text, operation = rng.choice([*OPERATIONS.items()])
    f, value = rng.choice((x, A, c, F, y)), rng.choice(HOSTILE)
    return Case(f"{text}, f of {f.shape}, v = {shown(value)}", lambda: str(operation(f, value)))


def call_of_result(rng: random.Random) -> Case:
    """A method of a result."""
    made, method, more = rng.choice(
        [
            (mc.plan(F), "run", ()), (mc.plan(F), "emit", ()), (mc.plan(F), "cost_at", None),
            (FITTING["chain"], "optimal", ()), (mc.JacobianChain, "read", ()), (mc.JacobianChain, "of", ()),
        ]
    )  # fmt: skip
    value = rng.choice(HOSTILE)
    if more is None:
        return Case(f"{method}(n={shown(value)})", lambda: str(getattr(made, method)(n=value)))
    return Case(f"{type(made).__name__}.{method}({shown(value)})", lambda: str(getattr(made, method)(value)))


# ---------------------------------------------------------------- files and the command line
def _mutated(rng: random.Random, value: Any) -> Any:
    """JSON with one value replaced, left out, or put in."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        chosen = rng.random()
        if chosen < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if chosen < 0.2:
            return {**value, rng.choice(TEXTS): rng.choice(VALUES_OF_JSON)}
        return {**value, key: _mutated(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        return [*value[:at], _mutated(rng, value[at]), *value[at + 1 :]]
    return rng.choice(VALUES_OF_JSON)


def _garbled(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice([*TEXTS, "]", "}", ",", "9" * 5000]) + text[at + rng.choice((0, 1, 5)) :]


def certificate(rng: random.Random) -> str:
    made = rng.choice((CERTIFICATE, EQUALITY, EXPLANATION, DERIVATION))
    text = json.dumps(_mutated(rng, made)).replace('"' + "1" * 5000 + '"', "1" * 5000)
    return _garbled(rng, text) if rng.random() < 0.3 else text


def call_of_verify(rng: random.Random) -> Case:
    text = certificate(rng)
    return Case(f"verify({shown(text)})", lambda: str(mc.verify(text)))


def call_of_reader(rng: random.Random) -> Case:
    text = rng.choice(TEXTS) + rng.choice(("", "*x", "'", " + ", "[1]")) + rng.choice(TEXTS)
    notation = rng.choice(("matrix", "matrix", "index"))
    return Case(f"parse({shown(text)}, {notation})", lambda: str(mc.parse(text, notation=notation)))


def command_line(rng: random.Random) -> Case:
    """The command line in this process, files among its arguments."""
    command = rng.choice(
        ("gradient", "jacobian", "hessian", "emit", "plan", "check", "explain", "chain", "verify", "emit")
    )
    words: list[str] = [command]
    file = ""
    text = rng.choice(TEXTS)
    if command == "chain":
        if rng.random() < 0.5:
            file, words = (
                _garbled(rng, CHAIN_FILE),
                [*words, "--file", "FILE", "--memory", rng.choice(("3", "-1", text))],
            )
        else:
            words.append(rng.choice(("10,6,8,2,1", "9" * 5000, f"3,{text},2", "0,1", "1" * 40, text)))
    elif command == "verify":
        file, words = certificate(rng), [*words, "FILE"]
    else:
        words += [
            rng.choice(("x'*A*x", "norm2(A*x)^2", "lambda*norm2(x)^2", text)),
            rng.choice(("x", "A", text, "x'", "lambda")),
        ]
        if command == "check":
            words.append(rng.choice(("A*x", text)))
        if rng.random() < 0.4:
            words += ["--where", rng.choice(("x: n, A: n×n", f"x: {text}", text, "lambda: np×1", "x: " + "9" * 5000))]
        if command in ("emit", "plan") and rng.random() < 0.7:
            words += ["--sizes", rng.choice(("n=3", "n=" + "9" * 5000, "n=-1", "n=0", "m=3", "n=10000000", text))]
        if command == "emit" and rng.random() < 0.5:
            words += rng.choice(
                (["--objective"], ["--target", "c"], ["--name", text], ["--name", "lambda"], ["--json"])
            )
    if "\0" in "".join(words):
        words = [word.replace("\0", "") for word in words]  # no shell passes it on
    return Case(f"matcalc {' '.join(map(shown, words))}", lambda: _run(words, file))


def _run(words: list[str], file: str) -> str:
    out, told = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
        path = Path(folder, "given")
        path.write_text(file, "utf-8", "replace")
        try:
            code = cli.main([str(path) if word == "FILE" else word for word in words])
        except SystemExit as error:  # argparse
            code = error.code if isinstance(error.code, int) else 99
    if code not in (0, 1, 2, 3) or "Traceback" in told.getvalue() or (code == 2 and not told.getvalue()):
        raise AssertionError(f"exit code {code}: {told.getvalue()[:200]}")
    return ""


KINDS = (
    *[call_of_function] * 6, *[call_of_operator] * 3, call_of_result, *[call_of_verify] * 2, *[call_of_reader] * 2,
    *[command_line] * 4,
)  # fmt: skip


# ---------------------------------------------------------------- running
def cases(count: int, seed: int) -> Iterator[Case]:
    rng = random.Random(seed)
    for _ in range(count):
        yield rng.choice(KINDS)(rng)


class TooLong(BaseException):
    pass


def _stop(signum: int, frame: FrameType | None) -> None:
    raise TooLong


def failure(case: Case, longest: int = LONGEST) -> str:
    """What a case does that it must not do; nothing, where it is answered or refused in words."""
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, longest)  # seconds of the processor
    try:
        case.run()
    except mc.MatcalcError as error:
        try:
            return "" if str(error).strip() else "an empty message"
        except Exception as other:
            return f"the message raises {type(other).__name__}: {other}"
    except TooLong:
        return f"takes longer than {longest} s"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:150]}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def main() -> int:
    count, seed = map(int, [*sys.argv[1:], *("5000", "0")[len(sys.argv) - 1 :]])
    failed = 0
    for case in cases(count, seed):
        what = failure(case)
        if what:
            failed += 1
            print(f"{case.text}\n    {what}", flush=True)
    print(f"{count} inputs, {failed} not answered and not refused in words")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
