"""Claims one by one: made, judged by difference quotients, and held against the verdict."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from benchmarks.claims import formulas
from benchmarks.claims.reading import Node, Unreadable, places, read, write
from benchmarks.claims.sampling import SCALES, sample, sizes_of
from benchmarks.claims.values import KNOWN, Misfit, Values, value_of

POINTS = 24
LONGEST = 240  # characters of an answer
CLEARLY, ALIKE = 1e-4, 1e-6  # relative differences that make a claim wrong, and that difference quotients make
MOST_SECONDS = 10  # of the processor, for one check; a hang is a failure


_SIGNS = (np.array, np.array, np.abs, np.array, lambda a: -np.abs(a), np.array)  # of values without facts


class Claim(NamedTuple):
    """A claim, with what it is a claim about."""

    seed: int
    formula: str
    by: str
    kind: str
    text: str
    edit: str
    variables: dict[str, Any]

    def __str__(self) -> str:
        where = ", ".join(f"{n}: {v.shape} {' '.join(v.data[1])}".strip() for n, v in sorted(self.variables.items()))
        return (
            f'seed {self.seed} ({self.edit})\n  matcalc check "{self.formula}" {self.by} "{self.text}" '
            f'--kind {self.kind} --where "{where}"'
        )


def run(seeds: range) -> tuple[Counter[str], list[str]]:
    """How many claims ended in which way, and what has to be looked at."""
    tally: Counter[str] = Counter()
    found: list[str] = []
    for seed in seeds:
        claim = make(seed)
        if claim is None:
            tally["no claim made"] += 1
            continue
        truth = judged(claim)
        outcome, words = verdict(claim)
        failed = _failed(truth, outcome)
        tally[f"{truth} claim: {outcome}"] += 1
        if failed:
            tally[f"FAILED: {failed}"] += 1
            found.append(f"{failed}: {claim}\n  {words}")
    return tally, found


def _failed(truth: str, outcome: str) -> str:
    if outcome in ("crash", "hang"):
        return outcome
    if truth == "wrong" and outcome == "correct":
        return "false correct"
    if truth == "right" and outcome == "wrong":
        return "false wrong"
    if truth in ("right", "wrong") and outcome in ("undecided", "refused"):
        return outcome
    return ""


# ---------------------------------------------------------------- making
def make(seed: int) -> Claim | None:
    rng = random.Random(seed)
    text, by, kind = formulas.formula(rng)
    edit_beyond = kind == "gradient" and rng.random() < 0.08
    names = sorted({part[1] for _, part in places(read(text)) if part[0] == "name"} & set(formulas.SHAPES))
    favoured = rng.choice(names)
    variables = {}
    try:
        for name in names:
            shape = formulas.SHAPES[name]
            rows, cols = (int(s) if s.isdigit() else s for s in shape)
            facts = formulas.facts(shape, rng) if name == favoured and shape != "11" else frozenset()
            variables[name] = mc.variable(name, rows, cols, *sorted(facts))
        f = mc.parse(text, variables)
        x = variables[by]
        if kind == "jvp":
            variables["d" + by] = mc.variable("d" + by, *x.shape)
            answer = mc.jvp(f, x, variables["d" + by])
        else:
            answer = {"gradient": mc.gradient, "jacobian": mc.jacobian, "hessian": mc.hessian}[kind](f, x)
        if len(str(answer)) > LONGEST:
            return None
        tree = read(str(answer))
    except (mc.MatcalcError, Unreadable):
        return None
    if edit_beyond:  # the answer is that of the formula without what lies beyond a kink
        return Claim(
            seed, f"{text} + {rng.choice(formulas.BEYOND).format(v=by)}", by, kind, write(tree), "beyond", variables
        )
    if rng.random() < 0.4:
        for _ in range(rng.randint(0, 3)):
            tree = formulas.rewritten(tree, rng)
        return Claim(seed, text, by, kind, write(tree), "rewritten", variables)
    name, tree = rng.choice(list(formulas.edits(tree)))
    return Claim(seed, text, by, kind, write(tree), name, variables)


# ---------------------------------------------------------------- judging
def judged(claim: Claim) -> str:
    """Whether a claim is right or wrong, by points; "unknown" where points do not tell, or functions are not known."""
    f, tree = read(claim.formula), read(claim.text)
    for node in (f, tree):
        if any(part[0] == "call" and part[1] not in KNOWN for _, part in places(node)):
            return "unknown"
    agreed = 0
    for values, rng in _points(claim):
        try:
            gap = _gap(claim, f, tree, values, rng)
        except Misfit:
            return "wrong"
        except KeyError:
            return "unknown"
        if gap is None:
            continue
        if gap > CLEARLY:
            return "wrong"
        if gap > ALIKE:
            return "unknown"
        agreed += all(values[symbol][0, 0] > 1 for symbol in _symbols(claim))  # else transposes are not told apart
    return "right" if agreed >= 4 and claim.edit != "beyond" else "unknown"  # beyond a kink that no point is beyond


def _symbols(claim: Claim) -> list[str]:
    return sorted({s for v in claim.variables.values() for dim in v.shape for s in dim.symbols})


def _points(claim: Claim) -> Iterator[tuple[dict[str, np.ndarray], np.random.Generator]]:
    symbols = _symbols(claim)
    for turn in range(POINTS):
        rng = np.random.default_rng([claim.seed, turn])
        sizes = sizes_of(symbols, turn, random.Random(claim.seed * 100 + turn))
        values = {symbol: np.full((1, 1), float(size)) for symbol, size in sizes.items()}
        for name, v in claim.variables.items():
            rows, cols = (sizes.get(str(dim), 1) for dim in v.shape)
            value = sample(frozenset(v.data[1]), rows, cols, SCALES[turn % len(SCALES)], rng)
            if value is None:
                break
            values[name] = value if v.data[1] else _SIGNS[turn % 6](value)
        else:
            yield values, rng


def _gap(claim: Claim, f: Node, tree: Node, values: Values, rng: np.random.Generator) -> float | None:
    """By how much a claim differs from the slope along a random direction; None where one is not defined or settled."""
    at = values[claim.by]
    v, w = (rng.normal(size=at.shape) for _ in range(2))
    if claim.kind == "jvp":
        v = values["d" + claim.by]
    claimed = value_of(tree, values)
    slope = _slope(claim, f, values, v, w, 1.0)
    other = _slope(claim, f, values, v, w, 0.5)
    if slope is None or other is None or not np.all(np.isfinite(claimed)):
        return None
    size = max(float(np.max(np.abs(slope))), 1e-3)
    if np.max(np.abs(slope - other)) > 1e-7 * size or not _is_smooth(claim, f, values, v):
        return None  # a kink is near, or the function is steep
    step = 1e-3 * _unit(at, v)
    rounding = 1e-15 * float(np.max(np.abs(value_of(f, values)))) / (step**2 if claim.kind == "hessian" else step)
    if rounding > ALIKE * size:
        return None
    if claim.kind == "gradient":
        if claimed.shape != at.shape:
            raise Misfit
        own = np.full((1, 1), np.sum(claimed * v))
    elif claim.kind == "jvp":
        own = claimed
    elif claim.kind == "jacobian":
        if claimed.shape[1] != at.size:
            raise Misfit
        own = claimed @ v.reshape(-1, 1, order="F")
        slope = slope.reshape(-1, 1, order="F")
    else:
        if claimed.shape != (at.size, at.size):
            raise Misfit
        own = w.reshape(1, -1, order="F") @ claimed @ v.reshape(-1, 1, order="F")
    if own.shape != slope.shape:
        raise Misfit
    scale = max(
        size, float(np.max(np.abs(own))), float(np.max(np.abs(claimed)) * np.max(np.abs(v), initial=0.0)) * 1e-3
    )
    return float(np.max(np.abs(own - slope))) / scale


def _unit(at: Any, v: Any) -> float:
    """The length of a step along v that moves values by about their size: a longer one skips whole waves of a sine."""
    return max(1.0, float(np.max(np.abs(at)))) / max(1.0, float(np.max(np.abs(v))))


def _is_smooth(claim: Claim, f: Node, values: Values, v: Any) -> bool:
    """Whether the slopes on both sides are nearly one: at a kink they are not, however small the step."""
    at = values[claim.by]
    h = 1e-5 * _unit(at, v)
    before, here, after = (value_of(f, {**values, claim.by: at + k * h * v}) for k in (-1, 0, 1))
    left, right = (here - before) / h, (after - here) / h
    size = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))), 1.0)
    return bool(np.max(np.abs(right - left)) <= 1e-2 * size)


def _slope(claim: Claim, f: Node, values: Values, v: Any, w: Any, step: float) -> Any:
    """The difference quotient of fourth order along v, or of second order along v and w."""
    at = values[claim.by]
    unit = _unit(at, v)

    def value(moved: Any) -> Any:
        return value_of(f, {**values, claim.by: at + moved})

    if claim.kind == "hessian":
        h = 2e-3 * step * unit
        total = 0.0
        for a, ka in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
            for b, kb in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
                total = total + ka * kb * value(a * h * v + b * h * w)
        found = total / h**2
    else:
        h = 1e-3 * step * unit
        found = (8 * (value(h * v) - value(-h * v)) - (value(2 * h * v) - value(-2 * h * v))) / (12 * h)
    return found if np.all(np.isfinite(found)) else None


# ---------------------------------------------------------------- the verdict
def verdict(claim: Claim) -> tuple[str, str]:
    """How a check ends, and in words."""
    signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        own = {name: v for name, v in claim.variables.items() if claim.kind != "jvp" or name != "d" + claim.by}
        f = mc.parse(claim.formula, own)
        found = mc.check(claim.text, f, own[claim.by], kind=claim.kind)
        if found.repaired is not None:
            again = mc.check(found.repaired, f, own[claim.by], kind=claim.kind)
            if again.status != "correct":
                return "crash", f"the repair {found.repaired} is {again}"
        return found.status, str(found)
    except mc.MatcalcError as error:
        return "refused", str(error)
    except TimeoutError:
        return "hang", ""
    except Exception as error:
        return "crash", repr(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_long(*_: object) -> None:
    raise TimeoutError
