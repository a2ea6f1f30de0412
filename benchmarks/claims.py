"""Random claims about random derivatives: rewritings, which are right, and edits that change the value: wrong ones.

    python -m benchmarks.claims --count 20000 --seed 1

A right claim called wrong, or a wrong one called correct, is printed with the exit code 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

import numpy as np

import matcalc as mc
from benchmarks.fuzz.cases import random_case
from matcalc.api_checking import question
from matcalc.checking.asked import near, samples_of
from matcalc.checking.edits import Context
from matcalc.checking.formula import Tree, chain, number, places, product_of, replaced, text_of, times, tree_of, turned
from matcalc.checking.points import symbols_of
from matcalc.checking.repairs import CLOSE, FAR, INNER

LONGEST = 160  # characters of an answer


def rewritten(tree: Tree, rng: random.Random, scalar: set[Tree]) -> Tree:
    """An equal formula: a random law applied at a random place."""
    bases = {(*path, 1) for path, part in places(tree) if part.kind in ("pow", "elpow")}  # exponents stay
    path, part = rng.choice([place for place in places(tree) if not any(place[0][: len(b)] == b for b in bases)])
    options: list[Tree] = []
    if part.kind == "add":
        options.append(part.changed(parts=part.parts[::-1]))
    if part.kind == "sub":
        options.append(Tree("add", None, (Tree("neg", None, (part.parts[1],)), part.parts[0])))
    if part.kind == "hadamard":
        options.append(part.changed(parts=part.parts[::-1]))
    if part.kind == "neg":
        options.append(times(number(-1), part.parts[0]))
    if part.kind == "transpose" and part.parts[0].kind == "mul":
        options.append(product_of([turned(factor) for factor in reversed(chain(part.parts[0]))]))
    if part.kind == "transpose" and part.parts[0].kind in ("add", "sub"):
        inner = part.parts[0]
        options.append(inner.changed(parts=tuple(turned(p) for p in inner.parts)))
    if part.kind == "mul":
        left, right = part.parts
        if right.kind in ("add", "sub"):
            options.append(right.changed(parts=tuple(times(left, p) for p in right.parts)))
        if left.kind in ("add", "sub") and left not in scalar:
            options.append(left.changed(parts=tuple(times(p, right) for p in left.parts)))
        if left in scalar or right in scalar:
            options.append(times(right, left))
        if left.kind == "mul" and not {left, right, *left.parts} & scalar:
            options.append(times(left.parts[0], times(left.parts[1], right)))
    if part.kind not in ("number", "call") or part in scalar:
        options.append(Tree("transpose", None, (Tree("transpose", None, (part,)),)))
        options.append(Tree("div", None, (times(number(2), part), number(2))))
    return replaced(tree, path, rng.choice(options)) if options else tree


def run(count: int, seed: int) -> Counter[str]:
    tally: Counter[str] = Counter()
    done = 0
    number_of = seed
    while done < count:
        number_of += 1
        rng = random.Random(number_of)
        made = _question(rng)
        if made is None:
            tally["skipped formulas"] += 1
            continue
        f, x, kind, declared, answer, asked_samples, variables = made
        tree = tree_of(str(answer))
        point = asked_samples[0].point
        right = tree
        for _ in range(rng.randint(1, 4)):
            scalar = {p for _, p in places(right) if (v := point.value(p)) is not None and v.size == 1}
            made_of_it = rewritten(right, rng, scalar)
            if all(near(s.point.value(made_of_it), s.answer) for s in asked_samples):
                right = made_of_it
        claims = [(right, True)]
        wrong = _edited(tree, rng, asked_samples, variables)
        if wrong is not None:
            claims.append((wrong, False))
        for claim, is_right in claims:
            done += 1
            try:
                status = mc.equal(mc.parse(text_of(claim), declared), answer).status
            except mc.ShapeError:
                status = "shape"
            except mc.MatcalcError as error:
                status = "refused"
                if is_right:
                    print("refused:", text_of(claim), "|", f, x, kind, "|", str(error).splitlines()[0])
            tally[f"{'right' if is_right else 'wrong'} claim: {status}"] += 1
            if (is_right and status in ("wrong", "shape")) or (not is_right and status == "correct"):
                tally["FAILED"] += 1
                print(f"seed {number_of}: {status}, but it is {'right' if is_right else 'wrong'}")
                print(f"  {kind} of {f} by {x}\n  claim  {text_of(claim)}\n  answer {answer}")
    return tally


def _question(rng: random.Random):
    try:
        case = random_case(rng)
        declared = {v.name: case.declare(v) for v in case.variables}
        f = mc.parse(case.text, declared)
        x = declared[case.x.name]
        kind = "gradient" if f.shape.is_scalar else "jacobian"
        answer = getattr(mc, kind)(f, x)
        text = str(answer)
        if len(text) > LONGEST or "[" in text or "where" in text or mc.parse(text, declared).shape != answer.shape:
            return None
        asked = question("", f, x, None, kind)
        samples = list(samples_of(asked, asked.variables))
    except mc.MatcalcError:
        return None
    if len(samples) < 2 or any(np.max(np.abs(s.answer), initial=0) > 1e6 for s in samples):
        return None
    return str(f), str(x), kind, declared, answer, samples, asked.variables


def _edited(tree: Tree, rng: random.Random, samples, variables) -> Tree | None:
    """The answer with one edit that changes its value clearly at both points."""
    point = samples[0].point
    names = [v for v in point.values if point.values[v].shape[0] == point.values[v].shape[1] > 1]
    parts = [part for _, part in places(tree)][:6]
    context = Context(point, samples[0].answer, symbols_of(*variables), names, parts)
    _, generate = rng.choice([*CLOSE, *FAR, *INNER])
    options = [edit for edit, _ in generate(tree, context)][:60]
    rng.shuffle(options)
    for edit in options[:6]:
        values = [s.point.value(edit) for s in samples]
        if any(v is None or v.shape != s.answer.shape for v, s in zip(values, samples, strict=True)):
            continue
        gaps = [np.max(np.abs(v - s.answer)) for v, s in zip(values, samples, strict=True)]
        sizes = [max(1.0, np.max(np.abs(s.answer)), np.max(np.abs(v))) for v, s in zip(values, samples, strict=True)]
        if all(np.isfinite(g) and g > 1e-3 * size for g, size in zip(gaps, sizes, strict=True)):
            return edit
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    tally = run(options.count, options.seed * 10_000_000)
    for key, value in sorted(tally.items()):
        print(f"{value:8d}  {key}")
    print(f"{time.perf_counter() - start:.0f} s")
    return 1 if tally["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
