"""Typed formulas with indices evaluated at points: an index is one more axis of a value, which a sum takes away."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from matcalc.bound import Total
from matcalc.checking.formula import SIZED, Tree, function_of
from matcalc.checking.operators import OPERATORS
from matcalc.checking.values import MOST_ENTRIES, Point
from matcalc.errors import MatcalcError
from matcalc.evaluation import silence
from matcalc.expr import Expr
from matcalc.families import Members, members_of
from matcalc.function import CONDITIONS
from matcalc.functions import WHERE
from matcalc.position import Index, Place, at_sizes
from matcalc.records import NamedTuple

MOST_CALLS = 1_000  # of a function of matrices, one for each value of the indices


class Spread(NamedTuple):
    """The values of a formula at all values of the indices that nothing in it binds: their axes come first."""

    axes: tuple[str, ...]
    array: Any


class IndexedPoint(Point):
    """A point where formulas with indices have values. The value of a part under a sum is that at the first indices: it
    tells the part's shape."""

    def __init__(self, point: Point, names: Mapping[str, object]) -> None:
        super().__init__(point.sizes, point.values, point.functions)
        found = {name: members_of(v) for name, v in names.items() if isinstance(v, Expr)}
        self.families: dict[str, Members] = {name: members for name, members in found.items() if members is not None}
        self.spreads: dict[Tree, Spread | None] = {}

    def value(self, tree: Tree) -> Any:
        found = self.spread(tree)
        return None if found is None else found.array[(0,) * len(found.axes)]

    def whole(self, tree: Tree) -> Any:
        """The value of a formula, None where it has an index that is not bound."""
        found = self.spread(tree)
        return None if found is None or found.axes else found.array

    def spread(self, tree: Tree) -> Spread | None:
        import numpy as np

        with silence():
            return self._spread(np, tree)

    def _spread(self, np: Any, tree: Tree) -> Spread | None:
        if tree not in self.spreads:
            try:
                self.spreads[tree] = self._made(np, tree)
            except (ArithmeticError, ValueError, KeyError, IndexError, np.linalg.LinAlgError, MatcalcError):
                self.spreads[tree] = None
        return self.spreads[tree]

    def _made(self, np: Any, tree: Tree) -> Spread | None:
        kind = tree.kind
        if kind in ("name", "number") or (kind == "call" and tree.value in SIZED):
            return Spread((), self._value(np, tree))
        if kind in ("entry", "selected"):
            name = tree.parts[0].value
            if tree.parts[0].kind == "name" and name in self.families and len(tree.value) == 1:
                return self._member(np, name, tree.value[0])
        parts = [self._spread(np, part) for part in tree.parts]
        if kind == "call" and tree.value == WHERE.name:  # a branch that is not taken may have no value
            parts = [parts[0], *(part or Spread((), np.full((1, 1), np.nan)) for part in parts[1:])]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        if kind in ("entry", "selected"):
            return _selected(np, known[0], tree.value, self.sizes)
        if kind == "total":
            return _over(np, known[0], tree.value, self.sizes)
        axes, arrays = _aligned(np, known)
        if kind in OPERATORS:
            return Spread(axes, OPERATORS[kind](np, *arrays))
        if kind == "call":
            return Spread(axes, self._calls(np, tree, arrays))
        return Spread(axes, _each(np, arrays, lambda own: self._operation(np, tree, own)))

    def _operation(self, np: Any, tree: Tree, own: list[Any]) -> Any:
        """The value of a node of plain values, which stand for its operands."""
        point = Point(self.sizes, {str(k): value for k, value in enumerate(own)}, self.functions)
        return point.value(tree.changed(parts=tuple(Tree("name", str(k)) for k in range(len(own)))))

    def _calls(self, np: Any, tree: Tree, arrays: list[Any]) -> Any:
        """A function of each: of all entries at once where it is one of entries."""
        name, function = str(tree.value), function_of(tree)
        if function is not None and function.elementwise and len(arrays) == 1 and name not in CONDITIONS:
            (array,) = arrays
            if array.size > MOST_ENTRIES:
                raise ValueError
            return np.reshape(self._called(np, name, [array.reshape(-1, array.shape[-1])]), array.shape)
        return _each(np, arrays, lambda own: self._called(np, name, own))

    def _member(self, np: Any, name: str, at: Place) -> Spread:
        members = self.families[name]
        rows, cols = (dim.at(self.sizes) for dim in members.shape)
        array = self.values[name].reshape(-1, rows, cols)
        if isinstance(at, Index):
            return Spread((at.name,), array)
        if at is None:
            raise ValueError
        place = at_sizes(at, self.sizes)
        if not isinstance(place, int):
            raise ValueError
        return Spread((), array[place])


def _aligned(np: Any, parts: list[Spread]) -> tuple[tuple[str, ...], list[Any]]:
    """The values with the axes of all indices that one of them has."""
    axes = tuple(dict.fromkeys(name for part in parts for name in part.axes))
    made = []
    for own, array in parts:
        order = [own.index(name) for name in axes if name in own]
        array = array.transpose(*order, array.ndim - 2, array.ndim - 1)
        lead = iter(array.shape)
        made.append(array.reshape(*(next(lead) if name in own else 1 for name in axes), *array.shape[-2:]))
    lead = np.broadcast_shapes(*(array.shape[:-2] for array in made)) if made else ()
    if math.prod(lead) * max((math.prod(array.shape[-2:]) for array in made), default=1) > MOST_ENTRIES:
        raise ValueError
    return axes, made


def _each(np: Any, arrays: list[Any], value: Callable[[list[Any]], Any]) -> Any:
    """What plain values make at each value of the indices; no numbers where that is nothing, if it is something
    elsewhere."""
    lead = np.broadcast_shapes(*(array.shape[:-2] for array in arrays)) if arrays else ()
    if math.prod(lead) > MOST_CALLS:
        raise ValueError
    spread = [np.broadcast_to(array, (*lead, *array.shape[-2:])) for array in arrays]
    found = [_or_none(np, value, [array[at] for array in spread]) for at in product(*map(range, lead))]
    shape = next((one.shape for one in found if one is not None), None)
    if shape is None:
        raise ValueError
    made = [np.full(shape, np.nan) if one is None else one for one in found]
    return np.stack(made).reshape(*lead, *shape)


def _or_none(np: Any, value: Callable[[list[Any]], Any], own: list[Any]) -> Any:
    try:
        return value(own)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None


def _selected(np: Any, part: Spread, where: tuple[Place, ...], sizes: Mapping[str, int]) -> Spread:
    """What stands at positions of rows and columns; an index there is an axis of its own."""
    axes, array = part
    if len(where) == 1:
        if 1 not in array.shape[-2:]:
            raise ValueError
        where = (where[0], 0) if array.shape[-1] == 1 else (0, where[0])
    for side, at in zip((-2, -1), where, strict=True):
        if at is None:
            continue
        if not isinstance(at, Index):
            place = at_sizes(at, sizes)
            taken = slice(place, place + 1) if isinstance(place, int) else slice(place.start, place.stop)
            if taken.stop > array.shape[side]:
                raise ValueError
            array = array[..., taken, :] if side == -2 else array[..., taken]
            continue
        array = np.expand_dims(np.moveaxis(array, side, 0), side)
        if at.name in axes:
            own = 1 + axes.index(at.name)
            if array.shape[0] != array.shape[own]:
                raise ValueError
            array = np.moveaxis(np.diagonal(array, 0, 0, own), -1, 0)
            axes = tuple(name for name in axes if name != at.name)
        axes = (at.name, *axes)
    return Spread(axes, array)


def _over(np: Any, part: Spread, what: Total, sizes: Mapping[str, int]) -> Spread:
    """A sum, a product or a stack over indices."""
    axes, array = part
    names = [i.name for i in what.indices]
    for name, dim in zip(names, what.ranges or (None,) * len(names), strict=True):
        if name in axes:
            continue
        if dim is None:
            raise ValueError
        array = np.broadcast_to(array, (dim.at(sizes), *array.shape))
        axes = (name, *axes)
    rest = tuple(name for name in axes if name not in names)
    array = array.transpose(*(axes.index(name) for name in (*rest, *names)), array.ndim - 2, array.ndim - 1)
    lead, (rows, cols) = array.shape[: len(rest)], array.shape[-2:]
    counts = array.shape[len(rest) : -2]
    if what.order:
        kept = _ORDERS[what.order](np, *np.indices(counts))
        array = np.where(kept[..., None, None], array, 0.0)
    along = tuple(range(len(rest), array.ndim - 2))
    if what.over != "stack":
        return Spread(rest, np.sum(array, axis=along) if what.over == "sum" else np.prod(array, axis=along))
    if len(names) == 1:
        made = (counts[0] * rows, cols) if 1 not in (rows, cols) else (counts[0], rows * cols)
        return Spread(rest, array.reshape(*lead, *made))
    if len(names) > 2:
        raise ValueError
    return Spread(rest, np.swapaxes(array, -3, -2).reshape(*lead, counts[0] * rows, counts[1] * cols))


_ORDERS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "<": lambda np, i, j: i < j,
    "<=": lambda np, i, j: i <= j,
    "!=": lambda np, i, j: i != j,
}
