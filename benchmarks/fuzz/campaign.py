"""Many formulas: counts, failures grouped and shown, the slow and the long ones."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks.fuzz.autodiff import MISSING, jax_library
from benchmarks.fuzz.cases import Case, random_case
from benchmarks.fuzz.checking import Outcome, Point, check, reference, shown
from benchmarks.fuzz.shrinking import Check, family_of, minimised
from benchmarks.fuzz.special import check_special, special_case

SLOW = 0.1  # seconds
LONG = 60  # times the text of the formula
ENOUGH = 4  # failures of one family are made small, per batch; more are counted


@dataclass
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    families: Counter[str] = field(default_factory=Counter)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    slow: list[tuple[float, str]] = field(default_factory=list)
    long: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.unsupported += other.unsupported
        self.families += other.families
        self.examples = {**other.examples, **self.examples}
        for key, failure in other.failures.items():
            known = self.failures.setdefault(key, failure)
            if known is not failure:
                known["count"] += failure["count"]
        self.slow = sorted(self.slow + other.slow, reverse=True)[:30]
        self.long = sorted(self.long + other.long, reverse=True)[:30]


def _alarm(*_: object) -> None:
    raise TimeoutError


Campaign = tuple[Callable[[random.Random], Case], Check]
CAMPAIGNS: dict[str, Campaign] = {"general": (random_case, check), "special": (special_case, check_special)}


def run(seeds: range, show: bool = True, points: str = "general") -> Tally:
    """Checks one formula for each seed."""
    make, judge = CAMPAIGNS[points]
    signal.signal(signal.SIGVTALRM, _alarm)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    tally = Tally()
    for seed in seeds:
        case = make(random.Random(seed))
        try:
            outcome = judge(case, seed)
        except Exception as error:  # the reference failed, not the formula
            tally.counts["reference failed"] += 1
            tally.examples.setdefault(f"reference: {str(error)[:80]}", f"{case.kind} {case.text}")
            continue
        tally.counts[outcome.status] += 1
        label = f"seed {seed}: {case.kind} by {case.x.name} of {case.text}"
        if outcome.status == "unsupported":
            tally.unsupported[outcome.detail] += 1
            tally.examples.setdefault(outcome.detail, label)
        elif outcome.status == "failed":
            _note(tally, case, seed, outcome, show, judge)
        elif outcome.derived:
            if outcome.seconds > SLOW:
                tally.slow.append((outcome.seconds, label))
            if len(outcome.derived) > LONG * len(case.text):
                tally.long.append((len(outcome.derived) / len(case.text), label))
    return tally


def _note(tally: Tally, case: Case, seed: int, outcome: Outcome, show: bool, judge: Check) -> None:
    tally.families[family_of(outcome)] += 1
    if tally.families[family_of(outcome)] > ENOUGH:
        return
    small, last = minimised(case, seed, outcome, judge)
    opinion = _second_opinion(small, seed) if judge is check else "not asked"
    if opinion.startswith("says"):
        tally.counts["reference unsure"] += 1
        return
    operations = " ".join(sorted({t.op for t in small.tree.parts()} - {"variable"}))
    facts = " ".join(sorted({f for v in small.variables for f in v.facts}))
    key = f"{family_of(last)} | {small.kind} | {operations} | {facts}"
    known = tally.failures.get(key)
    if known is not None:
        known["count"] += 1
        return
    tally.failures[key] = {
        "count": 1, "jax": opinion, "seed": seed, "key": key, "formula": small.text, "kind": small.kind,
        "snippet": small.snippet(),
              "sizes": dict(small.sizes), "derived": last.derived[:2000], "detail": last.detail, "got": last.got,
        "expected": last.expected, "original": case.text,
    }  # fmt: skip
    if show:
        print(_failure_text(tally.failures[key]), flush=True)


def _second_opinion(case: Case, seed: int) -> str:
    """Whether JAX confirms the reference of a failure."""
    jax = jax_library()
    if jax is None:
        return "not asked"
    try:
        point = Point(case, seed)
        first, second = reference(case, point), reference(case, point, jax)
    except Exception as error:
        return f"failed: {str(error)[:100]}"
    agrees = np.allclose(first, second, rtol=1e-7, atol=1e-9)
    return "confirms" if agrees else f"says {shown(second)}, not {shown(first)}"


def _failure_text(failure: Mapping[str, Any]) -> str:
    rows = [
        f"== {failure['key']}  ({failure['count']} times, seed {failure['seed']}, sizes {failure['sizes']})",
        failure["snippet"],
    ]
    rows += [
        f"# {name}: {failure[name][:600]}" for name in ("derived", "detail", "got", "expected", "jax") if failure[name]
    ]
    return "\n".join(rows)


def report(tally: Tally, seconds: float) -> str:
    total = sum(tally.counts.values())
    lines = [
        f"{total} formulas in {seconds:.0f} s ({total / seconds:.0f}/s): {dict(tally.counts)}",
        f"not tried: {', '.join(MISSING)}",
    ]
    for failure in sorted(tally.failures.values(), key=lambda f: -f["count"]):
        lines += ["", _failure_text(failure)]
    lines += ["", "failures", *(f"{count:6d}  {what}" for what, count in tally.families.most_common())]
    for title, counted in (("unsupported", tally.unsupported.most_common(30)),):
        lines += ["", title, *(f"{count:6d}  {what}   e.g. {tally.examples.get(what, '')}" for what, count in counted)]
    lines += ["", "reference", *(f"  {k}: {v}" for k, v in tally.examples.items() if k.startswith("reference"))]
    lines += ["", "slow", *(f"  {s * 1000:.0f} ms  {what}" for s, what in tally.slow)]
    lines += ["", "long", *(f"  {s:.0f} times  {what}" for s, what in tally.long)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1000, help="how many formulas")
    parser.add_argument("--seed", type=int, default=0, help="of the first formula; each has its own")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--points", choices=list(CAMPAIGNS), default="general", help="where formulas are tried")
    parser.add_argument("--json", help="also write the failures to this file")
    options = parser.parse_args()
    started = time.perf_counter()
    tally = Tally()
    seeds = range(options.seed, options.seed + options.count)
    if options.jobs == 1:
        tally.add(run(seeds, points=options.points))
    else:
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            batches = [seeds[i : i + 500] for i in range(0, len(seeds), 500)]
            for part in pool.imap_unordered(partial(run, points=options.points), batches):
                tally.add(part)
    print(report(tally, time.perf_counter() - started))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(failure) + "\n" for failure in tally.failures.values())
    return 1 if tally.failures else 0
