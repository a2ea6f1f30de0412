"""What a claim is about, and the points at which the claim and the right answer are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from matcalc.checking.formula import Tree, tree_of
from matcalc.checking.members import members_in
from matcalc.checking.points import MANNERS, distinct_sizes, far_points, least_size, place, symbols_of
from matcalc.checking.scopes import scoped
from matcalc.checking.spread import IndexedPoint
from matcalc.checking.values import Point, is_plain
from matcalc.evaluation import silence, tried
from matcalc.expr import Expr, name_of, size
from matcalc.families import is_of_matrices
from matcalc.function import Function
from matcalc.functions import WHERE
from matcalc.functions.abstract import functions_of
from matcalc.parts import variables as variables_of
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.symbols import size_symbols, unbound_symbols, with_hints

SEED = 20_261_000
NEAR = 1e-8

Derive = Callable[[Expr, Expr], Expr]


@dataclass(frozen=True)
class Asked:
    """A question: the derivative of ``f`` by ``x`` (of this kind), its right answer, and all variables.

    ``last_step`` is the question of the last derivation where there is more than one: of a Hessian, the Jacobian of
    the gradient. ``layout`` is that of a Jacobian or a Hessian.
    """

    f: Expr
    x: Expr
    kind: str
    answer: Expr
    derive: Derive
    variables: tuple[Expr, ...]
    last_step: Asked | None = None
    layout: str = "numerator"

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The functions without a known body, by name."""
        return functions_of(self.f)

    @property
    def domain(self) -> tuple[Expr, ...]:
        """The formula that the answer is a derivative of; a formula rewritten is none."""
        return () if self.kind == "value" else (self.f,)

    @property
    def sizes_of_functions(self) -> frozenset[str]:
        """The symbols of the rows of what these functions give."""
        rows = (g.abstract.rows for g in self.functions.values() if g.abstract is not None)
        return frozenset(symbol for dim in rows for symbol in dim.symbols)

    @cached_property
    def names(self) -> dict[str, Expr | Function]:
        """What a claim may be about."""
        sizes = size_symbols(self.f, self.answer) - set(symbols_of(*self.variables))
        return {
            **{symbol: size(Dim.of(symbol)) for symbol in sorted(sizes)},
            **{name_of(v): v for v in self.variables},
            **self.functions,
        }

    @cached_property
    def samples(self) -> list[Sample]:
        """The points at which claims are held against the answer."""
        return list(samples_of(self, self.variables))


class Sample:
    """A point with the value of the answer there."""

    def __init__(self, asked: Asked, sizes: Mapping[str, int], values: Mapping[str, Any]) -> None:
        self.point = Point(sizes, values, asked.functions)
        self.answer = value_at(asked.answer, asked.variables, self.point)

    @cached_property
    def first(self) -> tuple[float, float]:
        """The first entry of the answer, and by how much one may differ: most that does not fit differs there."""
        import numpy as np

        return float(self.answer[0, 0]), NEAR * max(1.0, float(np.max(np.abs(self.answer), initial=0.0)))

    def fits(self, tree: Tree) -> bool:
        value = self.point.value(tree)
        if value is None or value.shape != self.answer.shape:
            return False
        entry, allowed = self.first
        return not abs(value[0, 0] - entry) > allowed and near(value, self.answer)

    def is_stable(self, asked: Asked) -> bool:
        """Whether the answer stays as it is when the point is moved a little: not near a singular matrix."""
        import numpy as np

        moved = value_at(asked.answer, asked.variables, self.point.moved())
        if moved is None:
            return False
        gap = float(np.max(np.abs(moved - self.answer), initial=0))
        return gap <= 1e-5 * max(1.0, float(np.max(np.abs(moved), initial=0.0)))


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
        from matcalc.emission.numpy import emit
        from matcalc.emission.options import GUARDED

        _emitted[expr, sizes] = emit({"value": expr}, "value", dict(sizes), options=GUARDED)
    emitted = _emitted[expr, sizes]
    values = {**point.values, **point.callables(emitted.variables)}
    with silence():
        for family in filter(is_of_matrices, {*variables_of(expr), *expr.hints}):
            values[name_of(family)] = np.stack(members_in(family, values[name_of(family)], point.sizes))
        result = tried(emitted, [values[name] for name in emitted.variables])
    if result is None:
        return _value_of_taken(expr, point)
    array = np.asarray(result, dtype=float)
    if array.ndim > 2:
        array = array.reshape(-1, array.shape[-1])
    if array.ndim < 2:
        array = array.reshape((-1, 1) if expr.shape.cols.number == 1 else (1, -1))
    return array


def _value_of_taken(expr: Expr, point: Point) -> Any:
    """The value of a formula with indices where a branch that is not taken has none, in which the code ends."""
    if not any(part.kind == "call" and part.data is WHERE for part in expr.parts):
        return None
    indexed = IndexedPoint(point, {name_of(v): v for v in variables_of(expr)})
    return indexed.whole(scoped(tree_of(str(expr)), point.sizes))


def ratio(value: Any, answer: Any) -> Fraction:
    """The simple number by which a value has to be multiplied to come nearest to another; 0 where there is none."""
    import numpy as np

    size = float(np.vdot(value, value))
    found = float(np.vdot(value, answer)) / size if size else 0.0
    return Fraction(found).limit_denominator(12) if np.isfinite(found) else Fraction(0)


def near(a: Any, b: Any) -> bool:
    import numpy as np

    if a is None or b is None or a.shape != b.shape or not np.all(np.isfinite(a)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= NEAR * max(1.0, float(np.max(np.abs(b), initial=0.0))))


def samples_of(asked: Asked, variables: Sequence[Expr], turns: Sequence[int] = range(12)) -> Iterator[Sample]:
    """Two points where the answer is defined, and not by a narrow margin."""
    stable = (made for made in drawn(asked, variables, turns) if made.is_stable(asked))
    return islice(stable, 2)


def drawn(asked: Asked, variables: Sequence[Expr], turns: Sequence[int] = range(12)) -> Iterator[Sample]:
    """Points where the answer is defined; at last those where it is zero, by chance for functions such as relu."""
    import numpy as np

    zero, is_found = [], False
    symbols = sorted({*symbols_of(*variables), *asked.sizes_of_functions, *size_symbols(asked.f, asked.answer)})
    least = max(2, least_size(asked.f, asked.answer))
    for turn in turns:
        rng = np.random.default_rng([SEED, turn])
        sizes = distinct_sizes(symbols, turn if turn < 4 else turn + 1, least)
        found = place(variables, sizes, rng, MANNERS[turn % 2 + (turn >= 8) * 4])
        made = None if found is None else Sample(asked, sizes, found.values)
        if made is None or made.answer is None:
            continue
        is_found = True
        if np.any(made.answer):
            yield made
        else:
            zero.append(made)
    yield from zero
    for found in () if is_found else far_points(variables, symbols, SEED, least):
        made = Sample(asked, found.sizes, found.values)
        if made.answer is not None:
            yield made
