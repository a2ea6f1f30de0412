"""Whether two formulas are equal, with the ground: proved, up to a bounded error probability, numerically, or not.

In this order: the same canonical network; equal when multiplied out; equal at random points of a prime field; equal at
random points with fifty digits or, for functions that have none here, in double precision; different, with the smallest
counterexample that was found.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any

from matcalc.checking import field, precise
from matcalc.checking.bodies import with_bodies
from matcalc.checking.declarations import declarations
from matcalc.checking.expansion import TooLong, expanded
from matcalc.checking.points import Sizes, jogged, least_size, points, sample, symbols_of
from matcalc.checking.values import Point, is_plain
from matcalc.checking.verdict import Counterexample, Verdict
from matcalc.emission.emitted import Emitted
from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.errors import EvaluationError, MatcalcError, ShapeError
from matcalc.evaluation import run_silently
from matcalc.expr import Expr, abstract_functions, name_of, variables
from matcalc.network import build
from matcalc.network.lower import lower_all
from matcalc.network.nodes import Node, constant_value
from matcalc.network.views import same_layout
from matcalc.walk import postorder

SEED = 20_260_000
AGREEING = 6  # points that have to agree before formulas count as numerically equal
PRECISE_POINTS = 3  # points with many digits: one would do, but for bad luck
TOLERANCE = 1e-9
CLEARLY = 1e-6  # relative difference that rounding does not make, but for cancellation
LARGELY = 1e-2  # that cancellation does not make

Values = Mapping[str, Any]
Evidence = dict[str, Any]


def equal(left: Expr, right: Expr, company: Sequence[Expr] = ()) -> Verdict:
    """Whether two formulas of one shape are equal wherever both are defined; ``company`` are variables of both.

    Raises:
        ShapeError: the shapes differ.
    """
    if left.shape != right.shape:
        raise ShapeError("formulas of different shapes are not equal", f"{left.shape} and {right.shape}")
    evidence = {"left": str(left), "right": str(right), "seed": SEED}
    if abstract_functions(left, right):
        known = {"functions": declarations((), left, right)["functions"]}
        return _of_every_function(left, right, company, {**evidence, **known})
    numbers = Comparison(left, right, company)
    if numbers.plain and numbers.differs(1) and numbers.gap > LARGELY:  # sooner seen than the forms are made
        return numbers.verdict(evidence)
    try:
        a, b = same_layout(*lower_all([left, right]))
    except MatcalcError:
        return numbers.verdict(evidence)
    if a.node is b.node:
        return _same_form(evidence)
    difference = build.add([(build._1, a.node), (-build._1, b.node)], a.node.dims)
    if numbers.differs(2):
        return numbers.verdict(evidence)
    if _cancels(difference):
        return _multiplied_out(evidence)
    found = _in_field(difference, _variables(left, right, company), numbers.least)
    if found is not None:
        exponent, sizes = found
        ground = f"equal at random points of the field of order 2^61 - 1, with error probability below 2^-{exponent}"
        return Verdict("correct", ground, evidence={**evidence, "by": "field", "prime": field.PRIME, "sizes": sizes})
    return numbers.verdict(evidence)


def _same_form(evidence: Evidence) -> Verdict:
    return Verdict("correct", "proved: the same canonical form", evidence={**evidence, "by": "form"})


def _multiplied_out(evidence: Evidence) -> Verdict:
    return Verdict("correct", "proved: equal when multiplied out", evidence={**evidence, "by": "expansion"})


def _cancels(difference: Node) -> bool:
    """Whether a difference is zero when it is multiplied out."""
    try:
        return constant_value(expanded(difference)) == 0
    except (TooLong, ZeroDivisionError):
        return False


def _of_every_function(left: Expr, right: Expr, company: Sequence[Expr], evidence: Evidence) -> Verdict:
    """Whether formulas with functions without a known body are equal: proved of all of these, or refuted of one."""
    with suppress(MatcalcError):
        a, b = same_layout(*lower_all([left, right]))
        if a.node is b.node:
            return _same_form(evidence)
        if _cancels(build.add([(build._1, a.node), (-build._1, b.node)], a.node.dims)):
            return _multiplied_out(evidence)
    (one, other), bodies = with_bodies(left, right)
    verdict = equal(one, other, company)
    if verdict.status == "wrong":
        return replace(verdict, ground=f"{verdict.ground}, for {bodies}")
    ground = f"they agree for {bodies}, which need not hold of other functions" if verdict else verdict.ground
    return Verdict("undecided", ground, evidence=evidence)


def _variables(left: Expr, right: Expr, company: Sequence[Expr]) -> list[Expr]:
    found = {name_of(v): v for v in (*variables(left), *variables(right), *company)}
    found.update({name_of(h): h for e in (left, right) for h in e.hints if name_of(h) not in found})
    return [found[name] for name in sorted(found)]


# ---------------------------------------------------------------- prime field
def _in_field(difference: Node, own: list[Expr], least: int) -> tuple[int, list[dict[str, int]]] | None:
    """Minus the binary logarithm of the error probability, and the sizes, where the difference is zero at points."""
    symbols = symbols_of(*own)
    if any(s not in symbols for dim in difference.dims for s in dim.symbols):
        return None
    probability = 0.0
    tried: list[dict[str, int]] = []
    has_sizes = any(node.kind == "size" for node in postorder(difference))
    for turn in range(4 if has_sizes else 2):  # polynomials in n have zeros
        sizes = {symbol: max(least, 2) + (k + turn) % 2 + 2 * (turn // 2) for k, symbol in enumerate(symbols)}
        for attempt in range(60):
            rng = random.Random(SEED + 1000 * turn + attempt)
            try:
                values = {v: field.random_values(v, sizes, rng) for v in own}
                found = field.evaluate(difference, sizes, values, SEED + attempt)
            except (field.Undefined, ValueError):
                continue
            except field.TooLarge:
                return None
            if any(found.values()):
                return None
            probability += math.log2(field.PRIME / max(1, field.degree(difference, sizes)))
            tried.append(sizes)
            break
        else:
            return None
    return max(1, int(probability)), tried


# ---------------------------------------------------------------- numbers
class Comparison:
    """Two formulas at points, in double precision."""

    def __init__(self, left: Expr, right: Expr, company: Sequence[Expr]) -> None:
        self.own = _variables(left, right, company)
        self.least = least_size(left, right)
        self.both = {"left": left, "right": right}
        self.plain = is_plain(left) and is_plain(right)
        self.agreed = 0
        self.skipped = 0  # points where the values differ, but rounding is large
        self.defined = 0
        self.found: Counterexample | None = None
        self.tried = 0
        self.gap = 0.0  # by which they were found to differ

    @cached_property
    def function(self) -> Emitted | None:
        """Of formulas that are not plain."""
        with suppress(EvaluationError):  # of a size that no variable has
            return emit(self.both, "both", options=GUARDED)
        return None

    def at(self, sizes: Sizes, values: Values) -> tuple[Any, Any] | None:
        """Both values at a point; None where one of them is not defined."""
        import numpy as np

        if self.plain:
            point = Point(sizes, values)
            result: Any = [point.value_of(expr) for expr in self.both.values()]
        else:
            result = None if self.function is None else run_silently(self.function, values)
        if result is None or not all(part is not None and np.all(np.isfinite(part)) for part in result):
            return None
        left, right = (_squeezed(part, expr) for part, expr in zip(result, self.both.values(), strict=True))
        return left, right

    def differs(self, count: int) -> bool:
        """Whether the formulas differ clearly at one of some random points."""
        for positive in (False, True):
            for point in points(self.own, count, SEED + self.tried, positive=positive, least=self.least):
                pair = self.at(point["sizes"], point["values"])
                if pair is None:
                    continue
                self.defined += 1
                gap = _gap(*pair)
                if gap > CLEARLY:
                    if self.is_stable(point["sizes"], point["values"], pair):
                        self.gap = gap
                        return True
                    self.defined -= 1
                    self.skipped += 1
                    continue
                self.agreed += gap <= TOLERANCE
        self.tried += count
        return False

    def is_stable(self, sizes: Sizes, values: Values, pair: tuple[Any, Any]) -> bool:
        """Whether both values stay as they are when the point is moved a little: not near a singular matrix."""
        moved = self.at(sizes, jogged(values))
        return moved is not None and all(_gap(a, b) < 1e-4 for a, b in zip(pair, moved, strict=True))

    def verdict(self, evidence: dict[str, Any]) -> Verdict:
        differ = self.gap > CLEARLY or self.differs(AGREEING) or self.differs(AGREEING)
        if differ and self.gap < LARGELY and self.precisely():  # 1 - sigmoid(40) has no digits
            return self.in_many_digits(evidence)
        if differ:
            example = self.smallest()
            return Verdict("wrong", "the values differ", counterexample=example, evidence={**evidence, "by": "point"})
        if self.defined == 0:
            return Verdict("undecided", "at no point that was tried are both defined", evidence=evidence)
        if self.agreed == self.defined and self.agreed > self.skipped:
            digits = self.precisely()
            if digits is False:
                return Verdict("wrong", "the values differ, by little", evidence={**evidence, "by": "digits"})
            if digits:
                return self.in_many_digits(evidence)
            ground = f"numerically equal: to {TOLERANCE:g} at {self.agreed} random points in double precision"
            return Verdict("correct", ground, evidence={**evidence, "by": "numbers", "points": self.agreed})
        return Verdict("undecided", "the values agree up to rounding that is too large to tell", evidence=evidence)

    def in_many_digits(self, evidence: dict[str, Any]) -> Verdict:
        ground = f"numerically equal: in {precise.DIGITS - 15} digits at {PRECISE_POINTS} random points"
        return Verdict("correct", ground, evidence={**evidence, "by": "digits", "points": PRECISE_POINTS})

    def precisely(self) -> bool | None:
        """Whether the formulas agree with fifty digits at some points; None where this cannot be told."""
        views = lower_all(list(self.both.values()))
        try:
            a, b = same_layout(*views)
        except MatcalcError:
            return None
        agreed = 0
        for point in points(self.own, 4 * PRECISE_POINTS, SEED, least=self.least):
            values = {v: point["values"][name_of(v)] for v in self.own}
            try:
                left, right = precise.values_of([a.node, b.node], point["sizes"], values)
            except precise.Undefined:
                continue
            except precise.Unsupported:
                return None
            if not precise.agree(left, right):
                return False
            agreed += 1
            if agreed == PRECISE_POINTS:
                return True
        return None

    def smallest(self) -> Counterexample | None:
        """A point of small integers and sizes where both are defined and differ clearly; else a random one."""
        import numpy as np

        for sizes, largest, k in _small(symbols_of(*self.own), self.least):
            rng = np.random.default_rng([SEED, k])
            values = {name_of(v): sample(rng, v, sizes, integers=largest) for v in self.own}
            pair = self.at(sizes, values)
            if pair is not None and _gap(*pair) > CLEARLY and self.is_stable(sizes, values, pair):
                return self.example(sizes, values, pair)
        for positive in (False, True):
            for point in points(self.own, 4 * AGREEING, SEED, positive=positive, least=self.least):
                pair = self.at(point["sizes"], point["values"])
                if pair is not None and _gap(*pair) > CLEARLY and self.is_stable(point["sizes"], point["values"], pair):
                    return self.example(point["sizes"], point["values"], pair)
        return None

    def example(self, sizes: dict[str, int], values: Values, pair: tuple[Any, Any]) -> Counterexample:
        import numpy as np

        left, right = (np.asarray(part).tolist() for part in pair)
        shown = {}
        for v in self.own:
            shown[name_of(v)] = _squeezed(values[name_of(v)], v).tolist()
        return Counterexample(dict(sizes), shown, left, right)


def _squeezed(value: Any, expr: Expr) -> Any:
    """As NumPy users write it: without the dimensions that are 1 in every size."""
    import numpy as np

    array = np.asarray(value)
    if array.ndim < 2:
        return array
    return array.reshape([size for size, dim in zip(array.shape, expr.shape, strict=True) if dim.number != 1])


def _small(symbols: list[str], least: int) -> Iterator[tuple[dict[str, int], int, int]]:
    """Sizes and largest entries, the smallest first."""
    choices = (
        sorted(product((least, least + 1, least + 2), repeat=len(symbols)), key=lambda c: (sum(c), c))
        if len(symbols) <= 4
        else []
    )
    k = 0
    for sizes in choices[:60]:
        for largest in (1, 2, 3):
            k += 1
            yield dict(zip(symbols, sizes, strict=True)), largest, k


def _gap(a: Any, b: Any) -> float:
    """The largest difference, relative to the larger of the values."""
    import numpy as np

    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)), 1e-300)
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0)) / max(size, 1e-12)
