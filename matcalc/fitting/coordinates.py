"""Coordinates of a variable: a vector that moves freely within bounds, while the variable keeps its declared facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from matcalc.errors import EvaluationError
from matcalc.evaluation import check_facts
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims
from matcalc.fitting.maps import Map, map_of
from matcalc.fitting.placing import NUMPY, Library, placing
from matcalc.fitting.records import LEAST, record_of

Array = Any


class Coordinates:
    """The variable is φ(placed ℓ(u)), where u is the vector; one of ℓ and φ is the identity, or both are."""

    def __init__(
        self, x: Expr, sizes: Mapping[str, int], free: bool = False, target: str = "numpy", library: Library = NUMPY
    ) -> None:
        self.x, self.target, self.library = x, target, library
        self.record = record_of(x, free)
        self.shape = tuple(side.at(sizes) for side in array_dims(x))
        self.whole = (x.shape.rows.at(sizes), x.shape.cols.at(sizes))
        self.placing = placing(self.record.pattern, *self.whole)
        self.length = self.placing.length

    @cached_property
    def link(self) -> Map | None:
        """ℓ, None where it is the identity."""
        return map_of(self.record.link, False, self.target) if self.record.link else None

    @cached_property
    def map(self) -> Map | None:
        """φ, None where it is the identity."""
        is_square = self.record.pattern == "lower"
        return map_of(self.record.formula, is_square, self.target) if self.record.formula else None

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest that each entry of the vector may be."""
        least = np.full(self.length, -np.inf if self.record.least is None else self.record.least)
        if self.record.least == LEAST and self.record.pattern in ("lower", "upper"):
            i, j = np.indices(self.whole)  # off the diagonal, zeros are not excluded
            least[self.placing.taken(i != j)] = 0.0
        return least, np.full(self.length, np.inf)

    # ---------------------------------------------------------------- the variable, and products with its Jacobian
    def value(self, u: Array) -> Array:
        """The variable."""
        placed = self._placed(self._linked(u))
        return (placed if self.map is None else self.map.value(placed)).reshape(self.shape)

    def pulled(self, u: Array, slopes: Array) -> Array:
        """Slopes by the vector, of slopes by the variable."""
        slopes = slopes.reshape(self.whole)
        if self.map is not None:
            slopes = self.map.pulled(self._placed(u), slopes)
        found = self.placing.gathered(slopes, self.library)
        return found if self.link is None else self.link.pulled(_column(u), _column(found)).reshape(-1)

    def pushed(self, u: Array, change: Array) -> Array:
        """The change of the variable in a direction of the vector."""
        if self.link is not None:
            change = self.link.pushed(_column(u), _column(change)).reshape(-1)
        placed = self._placed(change)
        return (placed if self.map is None else self.map.pushed(self._placed(u), placed)).reshape(self.shape)

    def bent(self, u: Array, slopes: Array, change: Array) -> Array:
        """The change of ``pulled`` in a direction of the vector, where the slopes stay."""
        slopes = slopes.reshape(self.whole)
        if self.map is not None:
            return self.placing.gathered(self.map.bent(self._placed(u), slopes, self._placed(change)), self.library)
        if self.link is None:
            return 0 * change
        found = self.placing.gathered(slopes, self.library)
        return self.link.bent(_column(u), _column(found), _column(change)).reshape(-1)

    @property
    def is_linear(self) -> bool:
        """Whether ``bent`` is zero."""
        return self.link is None and self.map is None

    def start(self, value: np.ndarray) -> np.ndarray:
        """The vector of a value.

        Raises:
            EvaluationError: the value has not what was declared, or is on the edge of it, where no search begins.
        """
        check_facts(self.x, value)
        with np.errstate(all="ignore"):
            found = self.record.inverse(value.reshape(self.whole))
        u = self.placing.taken(np.asarray(found, dtype=float))
        if not np.all(np.isfinite(u)):
            name, fact = name_of(self.x), self.record.facts[-1]
            raise EvaluationError(
                f"the start of {name} is on the edge of what is {fact}",
                f"the search goes over {self.record.said}, which the edge has not",
                hint=f"start inside: {_INSIDE.get(fact, 'with entries that are positive')}",
            )
        return u

    def _linked(self, u: Array) -> Array:
        return u if self.link is None else self.link.value(_column(u)).reshape(-1)

    def _placed(self, u: Array) -> Array:
        return self.placing.placed(u, self.library)


_INSIDE = {"psd": "with positive eigenvalues", "posdef": "with larger eigenvalues"}


def _column(u: Array) -> Array:
    return u.reshape(-1, 1)
