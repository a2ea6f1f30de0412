"""The pieces of formulas with functions such as relu, abs and max: points on both sides of every kink.

What tells the pieces of a function apart is in its record: signs of entries, or which one is largest. Pieces that
random points have not shown are looked for along lines, from tiny to huge values, where kinks are closed in on by
bisection; then by climbing towards the piece; and kinks in dimensions among the sizes. What was not found is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from matcalc.checking.kinks import SIZES, Kink, folds_of, kinks_of, side_of
from matcalc.checking.members import member
from matcalc.checking.points import MANNERS, Manner, Place, Sizes, distinct_sizes, draw, sizes_at
from matcalc.expr import Expr, name_of
from matcalc.lowering.lower import lower
from matcalc.parts import parts_of, variables
from matcalc.symbols import size_symbols

LINES = 9
MOST_LOOKED_AT = 160  # points of a line
MOST_CELLS = 24  # points at which pieces meet in new ways, of all lines together
MOST_STEPS = 160  # of a climb
MOST_CLIMBS = 12
OUTSIDE = 2  # points of a piece where formulas are not defined, after which it is held to have no others
APART = 1e-6  # from a kink, relatively: on a kink itself, there is no piece
# Values that agree in a piece tell of what it adds there, if they are not so large that it is lost in them.
TELLING = 1e6  # in double precision
PRECISELY_TELLING = 1e25  # with many digits
LARGEST = 100_000  # entries of a formula's parts, where a kink in a dimension is looked for
GRID = tuple(sign * 10 ** (k / 2) for sign in (1, -1) for k in (-8, -6, -4, *range(-2, 17)))

Value = Callable[[Expr, Place], Any]
Mark = tuple[int, tuple[int, int], bool]  # a kink, an entry of its argument, and a side: whether it is not negative
Numbers = dict[Expr, Any]


class Pieces:
    """The pieces of formulas that have been seen, and points at which others are."""

    def __init__(
        self, exprs: Sequence[Expr], own: Sequence[Expr], symbols: Sequence[str], least: int, seed: int, value: Value
    ) -> None:
        self.exprs = exprs
        self.own = own
        self.symbols = symbols
        self.least = least
        self.seed = seed
        self.value = value
        self.kinks = kinks_of(*exprs)
        self.folds = folds_of(*exprs)
        self.seen: set[Mark] = set()
        self.outside: dict[Mark, int] = {}  # how often a piece was met where the formulas are not defined
        self.lost: set[Mark] = set()  # pieces that were met at values too large to tell of them
        self.varied: set[tuple[int, tuple[int, int]]] = set()  # entries that are not always zero
        self.cells: set[tuple[Any, ...]] = set()
        self.shapes = [self._shape(kink) for kink in self.kinks]

    def __bool__(self) -> bool:
        return bool(self.kinks or self.folds)

    def _shape(self, kink: Kink) -> tuple[int, int]:
        """The entries of an argument that are watched: those that it has at the smallest general sizes."""
        sizes = distinct_sizes(self.symbols, 0, max(self.least, 2))
        rows, cols = (dim.at(sizes) for dim in kink.argument.shape)
        return rows, cols

    # ---------------------------------------------------------------- what was seen
    def margins(self, place: Place) -> list[Any] | None:
        made = []
        for kink in self.kinks:
            value = self.value(kink.argument, place)
            if value is None:
                return None
            made.append(kink.margins(value))
        return made

    def marks(self, margins: list[Any]) -> set[Mark]:
        found = set()
        for k, (margin, shape) in enumerate(zip(margins, self.shapes, strict=True)):
            for i in range(min(shape[0], margin.shape[0])):
                for j in range(min(shape[1], margin.shape[1])):
                    found.add((k, (i, j), bool(margin[i, j] >= 0)))
                    if margin[i, j] != 0:
                        self.varied.add((k, (i, j)))
        return found

    def note(self, place: Place, is_defined: bool) -> None:
        """Takes note of the pieces at a point at which the formulas were compared, or are not defined."""
        margins = self.margins(place)
        if margins is None:
            return
        marks = self.marks(margins)
        if is_defined:
            self.seen |= marks
            self.cells.add(self._cell(place, margins))
        else:
            for mark in marks:
                self.outside[mark] = self.outside.get(mark, 0) + 1

    def note_lost(self, place: Place) -> None:
        """Takes note of the pieces at a point whose values are too large to tell of them."""
        self.lost |= self.marks(self.margins(place) or [])

    def _cell(self, place: Place, margins: list[Any]) -> tuple[Any, ...]:
        return tuple(place.sizes.items()), b"".join((margin >= 0).tobytes() for margin in margins)

    def missing(self) -> list[Mark]:
        """The pieces that have not been seen and may exist; of what is undefined throughout, none is missed."""
        found = []
        for k, shape in enumerate(self.shapes):
            for entry in ((i, j) for i in range(shape[0]) for j in range(shape[1])):
                for side in (True, False):
                    mark = k, entry, side
                    if mark in self.seen or (self.outside.get(mark, 0) > OUTSIDE and mark not in self.lost):
                        continue
                    if (k, entry) in self.varied or not any((k, entry, s) in self.seen for s in (True, False)):
                        found.append(mark)
        return found

    def unreached(self) -> str:
        """The first piece that was not reached, in words; empty where all were."""
        left = self.missing()
        return self.kinks[left[0][0]].words(*left[0][1:]) if left else ""

    # ---------------------------------------------------------------- looking for more
    def places(self) -> Iterator[Place]:
        """Points in pieces, and where pieces meet, that have not been seen; the caller takes note of each."""
        yield from self._among_sizes()
        if not self.own:
            return
        left = MOST_CELLS
        for turn in (*range(LINES, LINES + min(len(self.own), 6)), *range(LINES)):
            for place in Line(self, turn).places():
                left -= 1
                yield place
                if left <= 0:
                    break
            if left <= 0:
                break
        for mark in self.missing()[:MOST_CLIMBS]:
            found = self._climbed(mark) if mark in self.missing() else None
            if found is not None:
                yield found
        for mark in sorted((self.outside.keys() | self.lost) - self.seen)[:MOST_CLIMBS]:
            found = self._walked(mark) if mark not in self.seen else None
            if found is not None:
                yield found

    def made(self, sizes: Sizes, numbers: Numbers) -> Place | None:
        """The point that numbers stand for."""
        values = {}
        for v, array in numbers.items():
            made = member(v, array, sizes)
            if made is None:
                return None
            values[name_of(v)] = made
        return Place(sizes, values)

    def _climbed(self, mark: Mark) -> Place | None:
        """A point in a piece, by steps that lead towards it."""
        import numpy as np

        k, entry, side = mark
        rng = np.random.default_rng([self.seed, 3, k, *entry, side])
        sizes = distinct_sizes(self.symbols, 0, max(self.least, 2))
        best, height = None, -np.inf
        for step in range(MOST_STEPS):
            if best is None or step < MOST_STEPS // 3:
                manner = Manner(10 ** rng.uniform(-3, 5))
                numbers = {v: draw(rng, v, sizes, manner) for v in self.own}
            else:
                size = 10 ** rng.uniform(-4, 1)
                numbers = {
                    v: a + size * (np.mean(np.abs(a)) + 1e-3) * rng.normal(size=a.shape) for v, a in best.items()
                }
            place = self.made(sizes, numbers)
            value = None if place is None else self.value(self.kinks[k].argument, place)
            if place is None or value is None:
                continue
            margin = float(self.kinks[k].margins(value)[entry])
            if (margin >= 0) == side:
                return place
            if (margin if side else -margin) > height:
                best, height = numbers, margin if side else -margin
        return None

    def _walked(self, mark: Mark) -> Place | None:
        """A point in a piece that was met only where values tell nothing of it, by steps from where they do."""
        import numpy as np

        k, entry, side = mark
        rng = np.random.default_rng([self.seed, 5, k, *entry, side])
        sizes = distinct_sizes(self.symbols, 0, max(self.least, 2))
        best, height = None, -np.inf
        for step in range(MOST_STEPS):
            if best is None:
                numbers = {v: draw(rng, v, sizes, MANNERS[step % len(MANNERS)]) for v in self.own}
            else:
                size = 10 ** rng.uniform(-2, 1)
                numbers = {v: a + size * np.mean(np.abs(a)) * rng.normal(size=a.shape) for v, a in best.items()}
            place = self.made(sizes, numbers)
            if place is None or not all(self._tells(f, place) for f in self.exprs):
                continue
            margin = float(self.kinks[k].margins(self.value(self.kinks[k].argument, place))[entry])
            if (margin >= 0) == side:
                return place
            if (margin if side else -margin) > height:
                best, height = numbers, margin if side else -margin
        return None

    def _tells(self, f: Expr, place: Place) -> bool:
        import numpy as np

        value = self.value(f, place)
        return value is not None and bool(np.max(np.abs(value), initial=0.0) < TELLING)

    def _among_sizes(self) -> Iterator[Place]:
        """Points on both sides of kinks in dimensions, such as that of relu(n - 4)."""
        import numpy as np

        for kink in self.kinks:
            if variables(kink.argument) or kink.pieces != "sign":
                continue
            for symbol in sorted(size_symbols(kink.argument)):
                others = dict.fromkeys(self.symbols, max(self.least, 2))
                for size in self._rounds(kink, symbol, others):
                    sizes = {**others, symbol: size}
                    if size < self.least or self._entries(sizes) > LARGEST:
                        continue
                    rng = np.random.default_rng([self.seed, 4, size])
                    place = self.made(sizes, {v: draw(rng, v, sizes) for v in self.own})
                    if place is not None:
                        yield place

    def _rounds(self, kink: Kink, symbol: str, others: Sizes) -> list[int]:
        """The sizes between which an argument changes its sign."""

        node = lower(kink.argument).node

        def side(size: int) -> bool | None:
            return side_of(node, {**others, symbol: size})

        found = []
        for low, high in pairwise(SIZES):
            first = side(low)
            if first == side(high):
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if side(middle) == first else (low, middle)
            found += [low, high, high + 1]
        return found

    def _entries(self, sizes: Sizes) -> int:
        parts = parts_of(*self.exprs)
        return max((p.shape.rows.at(sizes) * p.shape.cols.at(sizes) for p in parts), default=1)


class Line:
    """A line of numbers, and the pieces along it: the first ones from zero, the others through random points; some move
    one variable alone."""

    def __init__(self, pieces: Pieces, turn: int) -> None:
        import numpy as np

        self.pieces = pieces
        rng = np.random.default_rng([pieces.seed, 2, turn])
        self.sizes = sizes_at(pieces.symbols, (0, 2, 1, 3)[turn % 4], pieces.least)
        alone = turn - LINES if turn >= LINES else None
        self.base: Numbers = {}
        self.along: Numbers = {}
        for k, v in enumerate(pieces.own):
            numbers = draw(rng, v, self.sizes, MANNERS[0])
            self.base[v] = draw(rng, v, self.sizes, MANNERS[0]) * (turn % 3 > 0 or alone is not None)
            magnitude = 10 ** rng.uniform(-1.5, 1.5) if turn % 3 == 2 else 1.0
            self.along[v] = numbers * magnitude * (alone is None or alone == k)
        self.looked: dict[float, tuple[Any, ...] | None] = {}
        self.at: dict[float, Place] = {}

    def cell(self, t: float) -> tuple[Any, ...] | None:
        """In which pieces a point is."""
        if t not in self.looked:
            self.looked[t] = None
            place = self.pieces.made(self.sizes, {v: a + t * self.along[v] for v, a in self.base.items()})
            margins = None if place is None else self.pieces.margins(place)
            if place is not None and margins is not None:
                self.at[t] = place
                self.looked[t] = self.pieces._cell(place, margins)
        return self.looked[t]

    def places(self) -> Iterator[Place]:
        """A point in each cell of the line that has not been seen."""
        for t in GRID:
            self.cell(t)
        self.close_in()
        runs = [(cell, list(ts)) for cell, ts in groupby(sorted(self.looked), self.cell)]
        for cell, ts in sorted(runs, key=lambda run: min(map(abs, run[1]))):
            if cell is None or cell in self.pieces.cells:
                continue
            t = self.amid(cell, ts)
            beside = APART * max(abs(t), 1e-3)
            if self.cell(t + beside) == cell == self.cell(t - beside):
                yield self.at[t]
        for fold in self.pieces.folds:
            yield from self.beside(fold)

    def amid(self, cell: tuple[Any, ...], ts: list[float]) -> float:
        """A point of a cell, away from its ends, and not far out where it has none."""
        low, high = min(ts), max(ts)
        wanted = (
            3 * max(low, 0.1) if high == max(GRID) else 3 * min(high, -0.1) if low == min(GRID) else (low + high) / 2
        )
        wanted = wanted if low <= wanted <= high else (low + high) / 2
        return wanted if self.cell(wanted) == cell else min(ts, key=lambda t: abs(t - wanted))

    def close_in(self) -> None:
        """Looks between points in different cells until nothing new lies between them."""
        gaps = list(pairwise(sorted(self.looked)))
        known = {cell for cell in self.looked.values() if cell is not None}
        while gaps and len(self.looked) < MOST_LOOKED_AT:
            a, b = gaps.pop(0)
            left, right = self.cell(a), self.cell(b)
            if left is None or right is None or left == right or abs(b - a) <= 1e-9 * max(abs(a), abs(b)):
                continue
            middle = (a * b) ** 0.5 * (1 if a > 0 else -1) if a * b > 0 and not 0.5 < a / b < 2 else (a + b) / 2
            new = self.cell(middle)
            ends = [(a, middle), (middle, b)]
            if new is None or new in known:
                gaps += ends
            else:
                known.add(new)
                gaps[:0] = ends

    def beside(self, fold: Expr) -> Iterator[Place]:
        """Points on both sides of the smallest value along the line."""
        ts = sorted(self.at)
        values = [self.pieces.value(fold, self.at[t]) for t in ts]
        heights = [float("inf") if value is None else float(abs(value).min()) for value in values]
        inner = range(1, len(ts) - 1)
        for k in [k for k in inner if heights[k] < heights[k - 1] and heights[k] <= heights[k + 1]][:1]:
            yield self.at[ts[k - 1]]
            yield self.at[ts[k + 1]]
