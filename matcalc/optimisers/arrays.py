"""A scalar with its gradient for the arrays of a library: in coordinates by name, which move freely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from matcalc.api import emit, gradient
from matcalc.deriving import By
from matcalc.errors import EvaluationError, suggest
from matcalc.expr import Expr, as_expr, name_of
from matcalc.fitting.coordinates import Coordinates
from matcalc.fitting.placing import Library
from matcalc.fitting.reading import read_values
from matcalc.fitting.sought import scalar_of, sought

Array = Any


class Arrays(Library, Protocol):
    """What array libraries are told apart for."""

    target: str

    def made(self, value: Any) -> Array:
        """An array of the library."""

    def plain(self, value: Any) -> Any:
        """What NumPy reads, of an array of the library; anything else as it is."""


class Fit:
    """A formula at data: ``value_and_gradients`` of the coordinates of its variables, by name.

    Positive variables are exponentials, nonnegative ones squares, and what is declared otherwise has the coordinates
    that ``docs/optimisers.md`` says; a variable without facts is a vector of its entries, row by row.
    """

    def __init__(self, f: Expr, by: By | Sequence[By], values: Mapping[str, Any], library: Arrays) -> None:
        f = scalar_of(as_expr(f))
        xs, data = sought(f, by)
        given = {k: library.plain(v) for k, v in values.items()} if isinstance(values, Mapping) else values
        arrays, sizes = read_values(xs, data, given, {})
        self._library = library
        self._coordinates = [Coordinates(x, sizes, True, library.target, library) for x in xs]
        self._starts = {name_of(c.x): c.start(arrays[c.x]) for c in self._coordinates}
        empty = next((name for name, start in self._starts.items() if not start.size), None)
        if empty is not None:
            raise EvaluationError(f"nothing of {empty} is free: it has one value only")
        self._data = {name_of(v): library.made(values[name_of(v)]) for v in data}
        results = {"value": f, **{f"gradient{k}": gradient(f, x) for k, x in enumerate(xs)}}
        self._function = emit(results, "value_and_gradients", arguments=[*xs, *data], target=library.target).compile()

    def value_and_gradients(
        self, coordinates: Mapping[str, Array], data: Mapping[str, Any] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """The value, and its slopes by the coordinates, at the data that there are, or at others, such as a batch."""
        parts = [coordinates[name] for name in self._starts]
        at = [c.value(part) for c, part in zip(self._coordinates, parts, strict=True)]
        value, *slopes = self._function(*at, *self._data_at(data))
        of = zip(self._starts, self._coordinates, parts, slopes, strict=True)
        return value, {name: c.pulled(part, slope) for name, c, part, slope in of}

    def values(self, coordinates: Mapping[str, Array]) -> dict[str, Array]:
        """The variables by name, with what was declared of them."""
        return {name_of(c.x): c.value(coordinates[name_of(c.x)]) for c in self._coordinates}

    def _data_at(self, data: Mapping[str, Any] | None) -> list[Array]:
        if not data:
            return [*self._data.values()]
        strange = next((name for name in data if name not in self._data), None)
        if strange is not None:
            hint = suggest(str(strange), [*self._data])
            raise EvaluationError(f"no data are called {strange}", f"data: {', '.join(self._data)}", hint=hint)
        return [self._library.made(data.get(name, value)) for name, value in self._data.items()]
