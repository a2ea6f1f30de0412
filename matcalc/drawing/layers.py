"""Where the boxes of a diagram stand: in layers from the inputs down, with few crossings, each near what it belongs to.

Layers by longest paths, order by the means of neighbours, and places by least squares: Sugiyama, Tagawa & Toda (1981).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

Name: TypeAlias = Hashable  # of a box; or an arrow and a layer, where an arrow passes by

SWEEPS = 12
PULL = (3.0, 1.0, 8.0)  # of arrows from box to box, of ends of lines that pass boxes, and of what lies between
GAP = 24.0  # between boxes of a layer


def layers_of(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each box: below all that it is made of; inputs stand right above their first use."""
    users: dict[str, list[str]] = {name: [] for name in names}
    sources: dict[str, list[str]] = {name: [] for name in names}
    for source, target in arrows:
        users[source].append(target)
        sources[target].append(source)
    depth: dict[str, int] = {}
    waiting = {name: len(sources[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    while ready:
        name = ready.pop()
        depth[name] = max((depth[source] + 1 for source in sources[name]), default=0)
        for user in users[name]:
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    for name in names:
        if not sources[name] and users[name]:
            depth[name] = min(depth[user] for user in users[name]) - 1
    return depth


class Placement:
    """Boxes and passing arrows in layers, in order, with the centres of all of them."""

    def __init__(
        self, depth: Mapping[str, int], arrows: Sequence[tuple[str, str]], widths: Mapping[str, float]
    ) -> None:
        self.widths: dict[Name, float] = dict(widths.items())
        self.rows: list[list[Name]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for name, layer in depth.items():
            self.rows[layer].append(name)
        self.paths: dict[tuple[str, str], list[Name]] = {}
        self.above: dict[Name, list[Name]] = {}
        self.below: dict[Name, list[Name]] = {}
        for source, target in arrows:
            path: list[Name] = [source]
            for layer in range(depth[source] + 1, depth[target]):
                passing = (source, target, layer)
                self.rows[layer].append(passing)
                self.widths[passing] = 0.0
                path.append(passing)
            path.append(target)
            self.paths[source, target] = path
            for upper, lower in pairwise(path):
                self.below.setdefault(upper, []).append(lower)
                self.above.setdefault(lower, []).append(upper)
        self._order()
        self.centres = self._placed()

    def _order(self) -> None:
        """Rows by the mean places of neighbours, down and up in turns; the order with the fewest crossings is kept."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(SWEEPS):
            rows, neighbours = (self.rows[1:], self.above) if sweep % 2 == 0 else (self.rows[-2::-1], self.below)
            place = {name: k for row in self.rows for k, name in enumerate(row)}
            for row in rows:
                mean = {name: _mean([place[other] for other in neighbours.get(name, ())], place[name]) for name in row}
                row.sort(key=mean.__getitem__)
                place.update((name, k) for k, name in enumerate(row))
            if (crossings := self._crossings()) < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _crossings(self) -> int:
        total = 0
        for upper, lower in pairwise(self.rows):
            place = {name: k for k, name in enumerate(lower)}
            ends = [place[other] for name in upper for other in sorted(self.below.get(name, ()), key=place.__getitem__)]
            total += sum(first > second for k, first in enumerate(ends) for second in ends[k + 1 :])
        return total

    def _placed(self) -> dict[Name, float]:
        """Centres as near to those of neighbours as the order and the widths allow."""
        centres: dict[Name, float] = {}
        for row in self.rows:
            at = 0.0
            for name in row:
                centres[name] = at + self.widths[name] / 2
                at += self.widths[name] + GAP
        for sweep in range(5 * SWEEPS):
            for row in self.rows if sweep % 2 == 0 else reversed(self.rows):
                wanted, weights = [], []
                for name in row:
                    place, weight = self._wanted(name, centres)
                    wanted.append(place)
                    weights.append(weight)
                apart = [(self.widths[a] + self.widths[b]) / 2 + GAP for a, b in pairwise(row)]
                centres.update(zip(row, _apart(wanted, weights, apart), strict=True))
        left = min((centres[name] - self.widths[name] / 2 for name in centres), default=0.0)
        return {name: centre - left for name, centre in centres.items()}

    def _wanted(self, name: Name, centres: Mapping[Name, float]) -> tuple[float, float]:
        """Where a box or a passing arrow belongs by its neighbours, and how much: lines that pass by stay straight."""
        total = weights = 0.0
        for other in (*self.above.get(name, ()), *self.below.get(name, ())):
            weight = PULL[isinstance(name, tuple) + isinstance(other, tuple)]
            total += weight * centres[other]
            weights += weight
        return (total / weights, weights) if weights else (centres[name], 1.0)


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _apart(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones in weighted least squares, at least so far apart: isotonic regression."""
    shift = [0.0]
    for gap in apart:
        shift.append(shift[-1] + gap)
    blocks: list[tuple[float, float, int]] = []  # means of neighbours that push each other, weights, how many they are
    for goal, weight, offset in zip(wanted, weights, shift, strict=False):
        mean, sure, count = goal - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, other, others = blocks.pop()
            mean = (before * other + mean * sure) / (other + sure)
            sure, count = sure + other, count + others
        blocks.append((mean, sure, count))
    found = [mean for mean, _, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(found, shift, strict=False)]
