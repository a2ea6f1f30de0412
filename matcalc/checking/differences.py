"""A derivative held against difference quotients of its formula, which need no rule of derivation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from matcalc.checking import precise
from matcalc.checking.asked import value_at
from matcalc.checking.pieces import Pieces
from matcalc.checking.points import Place, are_degenerate, far_points, least_size, points, symbols_of
from matcalc.checking.values import Point
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.functions.precise import Unsupported
from matcalc.lowering.lower import lower
from matcalc.network.nodes import Node
from matcalc.parts import variables
from matcalc.shape import Shape
from matcalc.symbols import size_symbols

STEP = 1e-3
WEIGHTS = ((2, -1 / 12), (1, 2 / 3), (-1, -2 / 3), (-2, 1 / 12))  # of the values at multiples of the step
POINTS = 8
MOST_ENTRIES = 30  # of a Hessian that are looked at, at a point
SEED = 99
NEAR = 1e-5  # that a difference quotient comes to the derivative
PRECISELY = 1e-9  # likewise with many digits
FINER = 1e-6  # of a step
TINIEST = 1e-30  # derivatives that many digits tell from zero: terms that cancel have fifty of them
SMALL = 1e-2  # derivatives for which quotients of doubles are not close enough


class Differences:
    """A claim about a derivative of ``formula`` by ``x``, of a Hessian by ``x`` and ``y``, and what quotients say."""

    def __init__(self, formula: Expr, x: Expr, y: Expr, kind: str, claim: Expr, names: Mapping[str, Expr]) -> None:
        self.formula, self.x, self.y, self.kind, self.claim = formula, x, y, kind, claim
        self.own = list(names.values())
        self.symbols = sorted({*symbols_of(*self.own), *size_symbols(formula, claim)})
        self.least = least_size(formula, claim)
        inside = {name_of(v) for v in variables(formula)}
        self.directions = [v for n, v in names.items() if n not in inside and v.shape == x.shape and v is not x]

    @cached_property
    def node(self) -> Node | None:
        return _lowered(self.formula)

    @cached_property
    def claim_node(self) -> Node | None:
        return _lowered(self.claim)

    def value(self, expr: Expr, place: Place) -> Any:
        try:
            return value_at(expr, self.own, Point(place.sizes, place.values))
        except MatcalcError:
            return None

    def hold(self, held: Sequence[Place] = ()) -> bool | None:
        """Whether the claim is the derivative; None where that was not seen. Points that are ``held`` come first.

        Raises:
            Unsupported: a Hessian, or a derivative along a direction, of what has no value with many digits.
        """
        if not self.fits():
            return False
        if self.kind in ("hessian", "jvp") and (
            self.node is None or (self.kind == "jvp" and len(self.directions) != 1)
        ):
            raise Unsupported
        pieces = Pieces((self.formula, self.claim), self.own, self.symbols, self.least, SEED, self.value)
        compared: list[Place] = []
        unclaimed: list[Place] = []  # where the formula has a value, and the claim has none
        near = points(self.own, self.symbols, POINTS, SEED, self.least)
        far = far_points(self.own, self.symbols, SEED, self.least)
        for places in (chain(held, near), far):
            for place in () if compared else places:
                same = self.holds_at(place)
                if same is False:
                    return False
                if same:
                    compared.append(place)
                elif self.value(self.claim, place) is None and self.value(self.formula, place) is not None:
                    unclaimed.append(place)
                if pieces:
                    pieces.note(place, same is True)
        for place in pieces.places() if pieces else ():
            same = self.holds_at(place)
            if same is not False and self.kind in ("gradient", "jacobian"):
                closer = self.holds_along(place, PRECISELY)
                same = same if closer is None else closer
            if same is False:
                return False
            pieces.note(place, same is True)
        seen = bool(compared) and not are_degenerate(compared, unclaimed)
        return True if seen and not (pieces and pieces.unreached()) else None

    def fits(self) -> bool:
        """Whether the claim has the shape of the derivative."""
        f, x, y = (part.shape for part in (self.formula, self.x, self.y))
        entries = [shape.rows * shape.cols for shape in (f, x, y)]
        wanted = {
            "gradient": x,
            "jvp": f,
            "jacobian": Shape(entries[0], entries[1]),
            "hessian": Shape(entries[1], entries[2]),
        }[self.kind]
        return self.claim.shape == wanted

    def holds_at(self, place: Place) -> bool | None:
        """Whether the claim is the derivative at a point; None where it cannot be told there."""
        import numpy as np

        got, moved = self.value(self.claim, place), self.value(self.claim, place.moved)
        if got is None or moved is None or _far(moved, got) or self.value(self.formula, place) is None:
            return None  # also near a singular matrix
        if self.kind in ("hessian", "jvp"):
            try:
                return self.holds_in_many_digits(place, got)
            except precise.Undefined:
                return None
        wanted = self.quotients(place)
        if wanted is None or 0 < max(np.max(np.abs(a), initial=0.0) for a in (got, wanted)) < TINIEST:
            return None
        if not _far(got.reshape(wanted.shape), wanted):
            is_small = float(np.max(np.abs(got), initial=0.0)) < SMALL
            return self.holds_along(place, NEAR) is not False if is_small else True
        other = self.quotients(place, STEP / 4)
        if other is None or _far(other, wanted):
            return None  # where a smaller step gives another quotient, none is right
        if self.holds_along(place, NEAR):  # a kink is nearer than the step
            return True
        return False if self.is_settled(place) else None

    # ---------------------------------------------------------------- in double precision
    def quotients(self, place: Place, step: float = STEP) -> Any:
        """The derivative by difference quotients: of x's shape for a gradient, else vec of the formula by vec of x."""
        import numpy as np

        name = name_of(self.x)
        at = place.values[name]
        columns = []
        for j in range(at.shape[1]):
            for i in range(at.shape[0]):
                direction = np.zeros(at.shape)
                direction[i, j] = step
                slope = 0.0
                for times, weight in WEIGHTS:
                    value = self.value(self.formula, Place(place.sizes, {**place.values, name: at + times * direction}))
                    if value is None:
                        return None
                    slope = slope + weight * value / step
                columns.append(np.asarray(slope).reshape(-1, order="F"))
        jacobian = np.stack(columns, axis=1)
        return jacobian.reshape(at.shape, order="F") if self.kind == "gradient" else jacobian

    # ---------------------------------------------------------------- with many digits
    def moved(self, place: Place, *steps: tuple[Expr, Any]) -> Any:
        """The formula's value where variables are moved by small multiples of steps."""
        given = {v: place.values[name_of(v)] for v in variables(self.formula)}
        for v in dict.fromkeys((self.x, self.y)):
            along = [step for by, step in steps if by is v]
            here = next((w for w in given if name_of(w) == name_of(v)), None)
            if here is not None:
                given[here] = precise.moved(given[here], *along)
        assert self.node is not None
        return precise.values_of([self.node], place.sizes, given)[0]

    def holds_in_many_digits(self, place: Place, got: Any) -> bool:
        """Whether a Hessian has these entries, or the derivative along the direction this value."""
        if self.kind == "jvp":
            wanted = self.slope(place, place.values[name_of(self.directions[0])])
            return not _far(got.reshape(wanted.shape), wanted)
        return not _far(*self._second(place, got))

    def slope(self, place: Place, along: Any) -> Any:
        return precise.quotient([(s, self.moved(place, (self.x, s * along))) for s in (1, -1)], 2, 1)

    def is_settled(self, place: Place) -> bool:
        """Whether quotients in many digits are the same with a much smaller step; also where there are none."""
        import numpy as np

        if self.node is None:
            return True
        along = np.random.default_rng(SEED).uniform(0.5, 1.5, place.values[name_of(self.x)].shape)
        try:
            slope, finer = self.slope(place, along), self.slope(place, along * FINER) / FINER
        except (precise.Undefined, Unsupported):
            return True
        return not _far(finer, slope)

    def holds_along(self, place: Place, near: float) -> bool | None:
        """Whether the claim is the derivative along one direction, to more digits than doubles tell."""
        import numpy as np

        got, claimed = self.value(self.claim, place), self.claim_node
        columns = self.kind == "gradient" or self.formula.shape.cols.number == 1 or self.formula.shape.rows.number == 1
        if got is None or claimed is None or self.node is None or not columns:
            return None  # of a matrix, axes of the network are not those of vec
        along = np.random.default_rng(SEED).uniform(0.5, 1.5, place.values[name_of(self.x)].shape)
        try:
            wanted = np.ravel(self.slope(place, along))
            values = {v: place.values[name_of(v)] for v in self.own}
            (found,) = precise.values_of([claimed], place.sizes, values)
        except (precise.Undefined, Unsupported):
            return None
        entries = np.reshape(found, got.shape) * (along if self.kind == "gradient" else along.reshape(1, -1, order="F"))
        axis = None if self.kind == "gradient" else 1
        size = float(np.max(np.sum(np.abs(entries), axis=axis)))
        noise = 1e-18 * float(np.max(np.abs(self.value(self.formula, place)), initial=0.0))
        gap = np.abs(np.asarray(np.sum(entries, axis=axis), dtype=float) - wanted)
        size = max(size, float(np.max(np.abs(wanted))))
        if np.max(gap) <= max(noise, near * size):
            return True
        return False if size >= TINIEST else None

    def _second(self, place: Place, got: Any) -> tuple[Any, Any]:
        """Entries of a Hessian that is claimed, and the second derivatives of the formula in their places."""
        import numpy as np

        rng = np.random.default_rng(SEED)
        by_x, by_y = (_units(v, place.values[name_of(v)].shape) for v in (self.x, self.y))
        count = len(by_x) * len(by_y)
        chosen = rng.permutation(count)[:MOST_ENTRIES]
        wanted = []
        for i, j in zip(*np.divmod(chosen, len(by_y)), strict=True):
            (x, e), (y, f) = by_x[i], by_y[j]
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            ends = [(s * t, self.moved(place, (x, s * e), (y, t * f))) for s, t in signs]
            wanted.append(precise.quotient(ends, 4, 2))
        return got.reshape(-1)[chosen], np.asarray(wanted).reshape(-1)


def _lowered(expr: Expr) -> Node | None:
    try:
        return lower(expr).node
    except MatcalcError:
        return None


def _units(x: Expr, shape: tuple[int, int]) -> list[tuple[Expr, Any]]:
    """The steps by which each entry of a variable is moved, column by column."""
    import numpy as np

    rows, cols = (np.eye(size) for size in shape)
    return [(x, rows[:, [k]] * cols[[l]]) for l in range(shape[1]) for k in range(shape[0])]


def _far(a: Any, b: Any) -> bool:
    import numpy as np

    return bool(np.max(np.abs(a - b), initial=0.0) > NEAR * max(1.0, float(np.max(np.abs(b), initial=0.0))))
