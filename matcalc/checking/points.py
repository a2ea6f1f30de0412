"""The sampler: points at which formulas are compared, of many sizes, signs and magnitudes; declared facts hold there.

All values are drawn here: for checks, laws, certificates and diagnoses. Values are neither square nor symmetric nor
commuting unless declared so, for such points hide transposition errors; and some sizes are 1, or equal, or the rows are
fewer than the columns and the other way round, for what is true at some sizes need not be at others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matcalc.checking.members import member
from matcalc.expr import Expr, name_of
from matcalc.parts import parts_of
from matcalc.position import Index, Several, Single, end_of

Sizes = dict[str, int]
DISTINCT = (2, 3, 4, 5, 6, 7, 8, 9)
MOST_TRIED = 40  # numbers of which the facts make no value, before a size is held to have none


@dataclass(frozen=True)
class Manner:
    """How numbers are drawn: about how large, with what further facts, and with how heavy a diagonal."""

    scale: float = 1.0
    more: tuple[str, ...] = ()
    heavy: float = 0.0


# Functions such as max and relu have other pieces elsewhere; log wants positive entries, and logm eigenvalues that are.
MANNERS = (
    Manner(),
    Manner(more=("positive",)),
    Manner(3.0),
    Manner(),
    Manner(0.5, ("positive",)),
    Manner(more=("positive",), heavy=3.0),
    Manner(0.5),
    Manner(0.3, ("positive",)),
    Manner(0.2),
    Manner(0.3, ("positive",), 3.0),
)


def symbols_of(*variables: Expr) -> list[str]:
    return sorted({symbol for v in variables for dim in v.shape for symbol in dim.symbols})


def distinct_sizes(symbols: Sequence[str], turn: int = 0, least: int = 2) -> Sizes:
    """A different size for each symbol, from ``least``; they turn round among more sizes than symbols, so that no
    dimension, nor a sum or product of them, is the same number each time."""
    period = min(max(len(symbols) + 1, 3), len(DISTINCT))
    larger = max(0, least - DISTINCT[0])
    return {symbol: DISTINCT[(k + turn) % period] + larger for k, symbol in enumerate(symbols)}


def sizes_at(symbols: Sequence[str], turn: int, least: int = 1) -> Sizes:
    """The sizes of a point: distinct ones that turn round, and between them ones, equal ones and falling ones."""
    falling = {symbol: least + len(symbols) - k for k, symbol in enumerate(symbols)}
    special = {
        2: falling,
        3: dict.fromkeys(symbols, least),
        6: {**falling, **dict.fromkeys(symbols[:1], least)},
        7: {**distinct_sizes(symbols, 0, least), **dict.fromkeys(symbols[-1:], least)},
        8: dict.fromkeys(symbols, max(least, 2)),
        10: dict.fromkeys(symbols, max(least, 3)),
    }
    return special.get(turn % 12) or distinct_sizes(symbols, turn, max(least, 2))


def least_size(*exprs: Expr) -> int:
    """The size from which on the entries that formulas name are there."""
    found = 1
    for node in parts_of(*exprs):
        if node.kind == "unit":
            found = max(found, _last(node.data))
        elif node.kind == "entry":
            found = max([found, *(_last(at) for at in node.data if at is not None)])
        elif node.kind == "member" and not isinstance(node.data, Index):
            found = max(found, _last(node.data))
    return found


def _last(at: Single | Several) -> int:
    return end_of(at).number or 1


# ---------------------------------------------------------------- values
def draw(rng: Any, variable: Expr, sizes: Mapping[str, int], manner: Manner = MANNERS[0]) -> Any:
    """Numbers of a variable's size, none of them near zero."""
    import numpy as np

    rows, cols = (dim.at(sizes) for dim in variable.shape)
    numbers = manner.scale * rng.uniform(0.3, 1.3, (rows, cols)) * rng.choice([-1.0, 1.0], (rows, cols))
    if manner.heavy and rows == cols:
        numbers = np.abs(numbers) / rows + manner.heavy * manner.scale * np.eye(rows)
    return numbers


def sample(rng: Any, variable: Expr, sizes: Mapping[str, int], manner: Manner = MANNERS[0]) -> Any:
    """A value of a variable that has all its facts; None where at this size there is none."""
    for _ in range(MOST_TRIED):
        value = member(variable, draw(rng, variable, sizes, manner), sizes, manner.more)
        if value is not None:
            return value
    return None


def small_sample(rng: Any, variable: Expr, sizes: Mapping[str, int], largest: int) -> Any:
    """A value of small integers, where the facts allow it; zero, and of low rank, at times."""
    rows, cols = (dim.at(sizes) for dim in variable.shape)
    for _ in range(MOST_TRIED):
        numbers = rng.integers(-largest, largest + 1, (rows, cols)).astype(float)
        value = member(variable, numbers, sizes, neat=True)
        if value is not None:
            return value
    return None


@dataclass(frozen=True)
class Place:
    """A point: sizes, and the values of variables by name."""

    sizes: Sizes
    values: Mapping[str, Any]

    @cached_property
    def moved(self) -> Place:
        """A point near this one."""
        return Place(self.sizes, jogged(self.values))


def are_degenerate(inside: Iterable[Place], outside: Iterable[Place]) -> bool:
    """Whether formulas have values only where a size is 1: 1./L of a triangular L, which is a number there."""
    return all(1 in place.sizes.values() for place in inside) and any(1 not in p.sizes.values() for p in outside)


def shared_by_chance(variables: Iterable[Expr], inside: Sequence[Place], outside: Sequence[Place]) -> str:
    """What variables have at all points inside, of sizes above 1, and not at all points outside, though their facts do
    not say it: "X is symmetric". What holds at such points need not hold at others. Empty where there is nothing."""
    for v in variables:
        name = name_of(v)
        for fact, has in _PATTERNS.items():
            within, without = (
                [p.values[name] for p in ps if 1 not in p.values[name].shape] for ps in (inside, outside)
            )
            if within and all(map(has, within)) and not all(map(has, without)):
                return f"{name} is {fact}"
    return ""


def _is_symmetric(a: Any) -> bool:
    return a.shape == a.T.shape and bool((abs(a - a.T) <= 1e-12 * abs(a).max()).all())


def _is_diagonal(a: Any) -> bool:
    rows, cols = a.nonzero()
    return a.shape == a.T.shape and bool((rows == cols).all())


_PATTERNS = {"symmetric": _is_symmetric, "diagonal": _is_diagonal}


def jogged(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values moved by about 1e-10 of their size, each entry by another amount; symmetric ones stay symmetric."""
    import numpy as np

    rng = np.random.default_rng(5)
    moved = {}
    for name, value in values.items():
        amount = rng.uniform(0.5, 1.5, np.shape(value))
        if value.ndim == 2 and value.shape[0] == value.shape[1]:
            amount = (amount + amount.T) / 2
        moved[name] = value * (1 + 1e-10 * amount)
    return moved


def place(variables: Sequence[Expr], sizes: Sizes, rng: Any, manner: Manner = MANNERS[0]) -> Place | None:
    """A random point of these sizes; None where a variable has no value there."""
    values = {}
    for v in variables:
        values[name_of(v)] = value = sample(rng, v, sizes, manner)
        if value is None:
            return None
    return Place(sizes, values)


def points(variables: Sequence[Expr], symbols: Sequence[str], count: int, seed: int, least: int = 1) -> Iterator[Place]:
    """Random points, of sizes that turn round and in manners that do."""
    import numpy as np

    for turn in range(count):
        made = place(
            variables,
            sizes_at(symbols, turn, least),
            np.random.default_rng([seed, turn]),
            MANNERS[turn % len(MANNERS)],
        )
        if made is not None:
            yield made


def far_points(variables: Sequence[Expr], symbols: Sequence[str], seed: int, least: int = 1) -> Iterator[Place]:
    """Points of large and of small values, for formulas that are not defined at others: log(x - 1000)."""
    import numpy as np

    for turn, scale in enumerate(10.0**k for k in (1, 2, 3, 4, 6, -2, -4)):
        for more in ((), ("positive",)):
            rng = np.random.default_rng([seed, 2, turn])
            made = place(variables, sizes_at(symbols, turn, least), rng, Manner(3 * scale, more))
            if made is not None:
                yield made


def singular_points(
    variables: Sequence[Expr], symbols: Sequence[str], count: int, seed: int, least: int = 1
) -> Iterator[Place]:
    """Points of small integers with zeros among them and matrices of low rank, as far as facts allow; zero is first."""
    import numpy as np

    for turn in range(count):
        rng = np.random.default_rng([seed, 1, turn])
        sizes = sizes_at(symbols, turn, least)
        values = {}
        for v in variables:
            rows, cols = (dim.at(sizes) for dim in v.shape)
            left, right = rng.integers(-2, 3, (rows, 1)), rng.integers(1, 3, (1, cols))
            flat = rng.integers(-2, 3, (rows, cols)) if rows == 1 or cols == 1 or turn % 3 == 2 else left * right
            values[name_of(v)] = member(v, flat.astype(float) * (turn > 0), sizes, neat=True)
        if all(value is not None for value in values.values()):
            yield Place(sizes, values)
