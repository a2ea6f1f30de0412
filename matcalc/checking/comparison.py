"""Two formulas at points: in double precision first, and with many digits where that does not decide.

A value counts where it is defined and stays as it is when the point is moved a little. Agreement counts where it stays
when the digits are doubled, and in every piece of the formulas that was to be visited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice, product
from typing import Any

from matcalc.checking import precise
from matcalc.checking.asked import value_at
from matcalc.checking.kinks import may_jump
from matcalc.checking.members import has_few_members
from matcalc.checking.pieces import PRECISELY_TELLING, TELLING, Pieces
from matcalc.checking.points import (
    Place,
    are_degenerate,
    far_points,
    least_size,
    points,
    shared_by_chance,
    singular_points,
    small_sample,
    symbols_of,
)
from matcalc.checking.values import Point, is_plain
from matcalc.checking.verdict import Counterexample, Verdict
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of, variable
from matcalc.families import declared_facts
from matcalc.functions.precise import Unsupported
from matcalc.lowering.lower import lower_all
from matcalc.network.nodes import Node
from matcalc.network.views import same_layout
from matcalc.parts import variables
from matcalc.symbols import size_symbols

SEED = 20_260_000
POINTS = 16  # at which formulas are compared
FEW_TIMES = 4  # as many, where a variable has few values: by chance all of them are of one kind
PRECISE_POINTS = 3  # points with many digits: one would do, but for bad luck
SINGULAR_POINTS = 6  # with zeros and matrices of low rank
TOLERANCE = 1e-9
CLEARLY = 1e-6  # relative difference that rounding does not make, but for cancellation
LARGELY = 1e-2  # that cancellation does not make

Evidence = dict[str, Any]


class Comparison:
    """Two formulas at points. Of derivatives (``domain`` is the formula that they are of) points count only where the
    formula is defined, and no points where it may have no derivative."""

    def __init__(self, left: Expr, right: Expr, company: Sequence[Expr] = (), domain: Sequence[Expr] = ()) -> None:
        self.both = left, right
        self.domain = tuple(domain)
        self.own = all_variables(left, right, company)
        self.symbols = sorted({*symbols_of(*self.own), *size_symbols(left, right, *domain)})
        self.least = least_size(left, right, *domain)
        self.plain = is_plain(left) and is_plain(right)
        few = any(has_few_members(declared_facts(v)) for v in self.own)
        self.most_points = FEW_TIMES * POINTS if few else POINTS
        self.points = points(self.own, self.symbols, self.most_points, SEED, self.least)
        self.agreed: list[Place] = []
        self.precise = 0  # points at which they agree in many digits
        self.unclear = 0  # points where the values differ, but rounding is large
        self.undefined: list[Place] = []  # points where one of them is not defined
        self.found: Place | None = None
        self.gap = 0.0  # by which they were found to differ
        self._known: dict[int, tuple[Place, Point]] = {}

    # ---------------------------------------------------------------- at a point
    def value(self, expr: Expr, place: Place) -> Any:
        known = self._known.get(id(place))
        if known is None:
            if len(self._known) > 50:
                self._known.clear()
            known = self._known[id(place)] = place, Point(place.sizes, place.values)
        try:
            return value_at(expr, self.own, known[1])
        except MatcalcError:  # what is no number of things, or of no size
            return None

    def at(self, place: Place) -> tuple[Any, Any] | None:
        """Both values; None where one of them is not defined."""
        left, right = (self.value(expr, place) for expr in self.both)
        return None if left is None or right is None else (left, right)

    def differs_at(self, place: Place) -> bool:
        """Whether the formulas differ at a point; takes note of what was seen there."""
        pair = self.at(place)
        if pair is None:
            self.undefined.append(place)
            return False
        self.gap = gap(*pair)
        if self.gap <= TOLERANCE:
            self.agreed.append(place)
            return False
        if self.gap > LARGELY and self.is_stable(place, pair):
            return self.is_found(place)
        same = self.agrees_precisely(place)
        if same:
            self.agreed.append(place)
            return False
        if same is False or (self.gap > CLEARLY and same is None and self.is_stable(place, pair)):
            return self.is_found(place)
        self.unclear += 1
        return False

    def is_found(self, place: Place) -> bool:
        """Whether a point counts at which they differ: where the formula that they are derivatives of is defined."""
        if any(self.value(f, place) is None for f in self.domain):
            self.undefined.append(place)
            return False
        pair = self.at(place)
        self.found, self.gap = place, self.gap if pair is None else gap(*pair)
        return True

    def is_in_question(self, place: Place) -> bool:
        """Whether what is derived is defined at a point, and one of the formulas, so that the other should be."""
        values = [self.value(expr, place) for expr in self.both]
        is_one = (values[0] is None) != (values[1] is None)
        return is_one and all(self.value(f, place) is not None for f in self.domain)

    def size_at(self, place: Place) -> float:
        """The largest entry of both values at a point where they are defined."""
        import numpy as np

        return max((float(np.max(np.abs(value), initial=0.0)) for value in self.at(place) or ()), default=0.0)

    def is_stable(self, place: Place, pair: tuple[Any, Any]) -> bool:
        """Whether both values stay as they are when the point is moved a little: not near a singular matrix."""
        moved = self.at(place.moved)
        return moved is not None and all(gap(a, b) < 1e-4 for a, b in zip(pair, moved, strict=True))

    @cached_property
    def nodes(self) -> tuple[Node, Node] | None:
        try:
            a, b = same_layout(*lower_all(list(self.both)))
        except MatcalcError:
            return None
        return a.node, b.node

    def agrees_precisely(self, place: Place) -> bool | None:
        """Whether the values agree with many digits; None where there are none."""
        if self.nodes is None:
            return None
        values = {v: place.values[name_of(v)] for v in self.own}
        try:
            same = precise.agree(self.nodes, place.sizes, values)
        except (precise.Undefined, Unsupported):
            return None
        self.precise += same
        return same

    # ---------------------------------------------------------------- at many points
    def differs(self, count: int) -> bool:
        """Whether the formulas differ at one of the next random points."""
        return self.found is not None or any(self.differs_at(place) for place in islice(self.points, count))

    def verdict(self, evidence: Evidence) -> Verdict:
        if (
            self.differs(self.most_points)
            or self.differs_far()
            or (not self.domain and may_jump(*self.both) and self.differs_singularly())
        ):
            return self.wrong(evidence)
        pieces = Pieces((*self.both, *self.domain), self.own, self.symbols, self.least, SEED, self.value)
        for place in self.agreed if pieces else ():
            if self.size_at(place) < TELLING:
                pieces.note(place, True)
        for place in pieces.places() if pieces else ():
            before = len(self.agreed)
            if self.differs_at(place):
                return self.wrong(evidence)
            is_defined = len(self.agreed) > before
            same = self.agrees_precisely(place) if is_defined else None
            if same is False and self.is_found(place):
                return self.wrong(evidence)
            if not is_defined and self.is_in_question(place):
                continue
            if not is_defined or self.size_at(place) < (PRECISELY_TELLING if same else TELLING):
                pieces.note(place, is_defined)
            else:
                pieces.note_lost(place)
        if not self.agreed or are_degenerate(self.agreed, self.undefined):
            return Verdict("undecided", self.nowhere(), evidence=evidence)
        if self.differs_precisely():
            return self.wrong(evidence)
        if chance := shared_by_chance(self.own, self.agreed, self.undefined):
            ground = f"they agree, but no point was found at which both are defined, other than where {chance}"
            return Verdict("undecided", ground, evidence=evidence)
        if self.unclear > len(self.agreed):
            ground = "the values agree up to rounding that is too large to tell"
            return Verdict("undecided", ground, evidence=evidence)
        if pieces and pieces.unreached():
            ground = f"they agree, but no point was found where {pieces.unreached()}"
            return Verdict("undecided", ground, evidence=evidence)
        return self.numerically_equal(evidence)

    def differs_far(self) -> bool:
        """Whether the formulas differ far out or close in, asked where they are not defined at other points."""
        places = () if self.agreed else far_points(self.own, self.symbols, SEED, self.least)
        return any(self.differs_at(place) for place in places)

    def differs_precisely(self) -> bool:
        """Whether the formulas differ in many digits at a point where they agree in few."""
        checked = 0
        for place in self.agreed:
            if checked >= PRECISE_POINTS:
                break
            same = self.agrees_precisely(place)
            if same is False and self.is_found(place):
                return True
            checked += same is not None
        return False

    def differs_singularly(self) -> bool:
        """Whether formulas that may jump differ, in many digits, at zeros or at matrices of low rank."""
        if self.domain or not may_jump(*self.both):
            return False
        places = singular_points(self.own, self.symbols, SINGULAR_POINTS, SEED, self.least)
        return any(
            self.at(place) is not None and self.agrees_precisely(place) is False and self.is_found(place)
            for place in places
        )

    # ---------------------------------------------------------------- verdicts
    def wrong(self, evidence: Evidence) -> Verdict:
        by_little = self.gap <= CLEARLY
        ground = "the values differ, by little" if by_little else "the values differ"
        by = "digits" if by_little else "point"
        return Verdict("wrong", ground, counterexample=self.smallest(), evidence={**evidence, "by": by})

    def numerically_equal(self, evidence: Evidence) -> Verdict:
        where = self.where()
        if self.precise:
            count = min(self.precise, PRECISE_POINTS)
            ground = f"numerically equal: in {precise.DIGITS - 15} digits at {count} random points{where}"
            return Verdict("correct", ground, evidence={**evidence, "by": "digits", "points": count})
        ground = f"numerically equal: to {TOLERANCE:g} at {len(self.agreed)} random points in double precision{where}"
        return Verdict("correct", ground, evidence={**evidence, "by": "numbers", "points": len(self.agreed)})

    def nowhere(self) -> str:
        if self.agreed:
            return "they agree, but no sizes other than 1 were found at which both are defined"
        if not self.undefined:
            return "no sizes were found at which the variables have values with the declared facts"
        return "at no point that was tried are both defined"

    def where(self) -> str:
        """At which sizes both are defined, in words; empty where that hangs on more than sizes."""
        inside = [place.sizes for place in self.agreed]
        outside = [place.sizes for place in self.undefined if place.sizes not in inside]
        if not outside:
            return ""
        for a, b in product(self.symbols, repeat=2):
            for sign, holds in _RELATIONS:
                if a != b and all(holds(s[a], s[b]) for s in inside) and not any(holds(s[a], s[b]) for s in outside):
                    return f", for {a} {sign} {b}"
        return ""

    def smallest(self) -> Counterexample | None:
        """A point of small integers and sizes where both differ clearly; else the one that was found."""
        import numpy as np

        if self.gap > CLEARLY:
            for sizes, largest, k in _small(self.symbols, self.least):
                rng = np.random.default_rng([SEED, k])
                values = {name_of(v): small_sample(rng, v, sizes, largest) for v in self.own}
                if any(value is None for value in values.values()):
                    continue
                place = Place(sizes, values)
                pair = self.at(place)
                if pair is None or gap(*pair) <= LARGELY or not self.is_stable(place, pair):
                    continue
                if all(self.value(f, place) is not None for f in self.domain):
                    return self.example(place)
        return None if self.found is None else self.example(self.found)

    def example(self, place: Place) -> Counterexample | None:
        pair = self.at(place)
        if pair is None:
            return None
        left, right = (squeezed(part, expr).tolist() for part, expr in zip(pair, self.both, strict=True))
        shown = {name_of(v): squeezed(place.values[name_of(v)], v).tolist() for v in self.own}
        return Counterexample(dict(place.sizes), shown, left, right)


_RELATIONS: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("≥", lambda a, b: a >= b),
    (">", lambda a, b: a > b),
    ("=", lambda a, b: a == b),
)


def all_variables(left: Expr, right: Expr, company: Sequence[Expr]) -> list[Expr]:
    """The variables of formulas and their company; of hints, which bind sizes in emitted code, the shapes alone."""
    found = {name_of(v): v for v in (*variables(left), *variables(right), *company)}
    if not (is_plain(left) and is_plain(right)):
        for hint in sorted((h for e in (left, right) for h in e.hints), key=name_of):
            found.setdefault(name_of(hint), variable(name_of(hint), *hint.shape))
    return [found[name] for name in sorted(found)]


def squeezed(value: Any, expr: Expr) -> Any:
    """As NumPy users write it: without the dimensions that are 1 in every size."""
    import numpy as np

    array = np.asarray(value)
    if array.ndim < 2:
        return array
    return array.reshape([size for size, dim in zip(array.shape, expr.shape, strict=True) if dim.number != 1])


def _small(symbols: list[str], least: int) -> Iterator[tuple[dict[str, int], int, int]]:
    """Sizes and largest entries, the smallest first; sizes of 1, which hide mistakes, last."""
    general = max(least, 2)
    choices = (
        sorted(product((general, general + 1, general + 2), repeat=len(symbols)), key=lambda c: (sum(c), c))
        if len(symbols) <= 4
        else []
    )
    k = 0
    for sizes in [*choices[:60], (1,) * len(symbols)]:
        if min(sizes, default=least) < least:
            continue
        for largest in (1, 2, 3):
            k += 1
            yield dict(zip(symbols, sizes, strict=True)), largest, k


def gap(a: Any, b: Any) -> float:
    """The largest difference, relative to the larger of the values."""
    import numpy as np

    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)), 1e-12)
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0)) / size
