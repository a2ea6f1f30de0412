"""The question that a claim answers, and the points at which claims are held against its right answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcalc.checking.formula import Tree
from matcalc.checking.points import distinct_sizes, jogged, least_size, sample, symbols_of
from matcalc.checking.values import Point, is_plain
from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.evaluation import run_silently
from matcalc.expr import Expr, name_of, unbound_symbols, with_hints

SEED = 20_261_000
NEAR = 1e-8

Derive = Callable[[Expr, Expr], Expr]


@dataclass(frozen=True)
class Asked:
    """A question: the derivative of ``f`` by ``x`` (of this kind), its right answer, and all variables.

    ``last_step`` is the question of the last derivation where there is more than one: of a Hessian, the Jacobian of
    the gradient.
    """

    f: Expr
    x: Expr
    kind: str
    answer: Expr
    derive: Derive
    variables: tuple[Expr, ...]
    last_step: Asked | None = None


class Sample:
    """A point with the value of the answer there."""

    def __init__(self, asked: Asked, sizes: Mapping[str, int], values: Mapping[str, Any]) -> None:
        self.point = Point(sizes, values)
        self.answer = value_at(asked.answer, asked.variables, self.point)

    def fits(self, tree: Tree) -> bool:
        value = self.point.value(tree)
        return value is not None and near(value, self.answer)


_emitted: dict[tuple[Expr, tuple[tuple[str, int], ...]], Any] = {}


def value_at(expr: Expr, company: Sequence[Expr], point: Point) -> Any:
    """The value as a two-dimensional array, None where it is not defined."""
    import numpy as np

    value = point.value_of(expr) if is_plain(expr) else _emitted_value(with_hints(expr, *company), point)
    return value if value is not None and np.all(np.isfinite(value)) else None


def _emitted_value(expr: Expr, point: Point) -> Any:
    import numpy as np

    sizes = tuple((symbol, point.sizes[symbol]) for symbol in sorted(unbound_symbols(expr)))
    if (expr, sizes) not in _emitted:
        if len(_emitted) > 500:
            _emitted.clear()
        _emitted[expr, sizes] = emit({"value": expr}, "value", dict(sizes), options=GUARDED)
    result = run_silently(_emitted[expr, sizes], point.values)
    if result is None:
        return None
    array = np.asarray(result, dtype=float)
    if array.ndim < 2:
        array = array.reshape((-1, 1) if expr.shape.cols.number == 1 else (1, -1))
    return array


def near(a: Any, b: Any) -> bool:
    import numpy as np

    if a is None or b is None or a.shape != b.shape or not np.all(np.isfinite(a)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= NEAR * max(1.0, float(np.max(np.abs(b), initial=0.0))))


def samples_of(asked: Asked, variables: Sequence[Expr], turns: Sequence[int] = range(12)) -> Iterator[Sample]:
    """Two points where the answer is defined and not zero by chance."""
    import numpy as np

    symbols = symbols_of(*variables)
    least = max(2, least_size(asked.f, asked.answer))
    found = 0
    for turn in turns:
        rng = np.random.default_rng([SEED, turn])
        sizes = distinct_sizes(symbols, turn if turn < 4 else turn + 1, least)
        values = {name_of(v): sample(rng, v, sizes) for v in variables}
        if turn % 2:
            for v in variables:
                if not set(v.data[1]) - {"invertible"}:
                    values[name_of(v)] = np.abs(values[name_of(v)])
        made = Sample(asked, sizes, values)
        if made.answer is not None:
            moved = value_at(asked.answer, asked.variables, Point(sizes, jogged(values)))
            if moved is None or np.max(np.abs(moved - made.answer), initial=0) > 1e-5 * max(1, np.max(np.abs(moved))):
                continue
            found += 1
            yield made
        if found == 2:
            return
