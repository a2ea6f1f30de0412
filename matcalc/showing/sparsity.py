"""Which entries of a Jacobian are other than zero, found by its values at random points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matcalc.api import evaluate, jacobian
from matcalc.boundary import checked_arguments
from matcalc.checking.points import MANNERS, place
from matcalc.deriving import By, asked_by_part, variable_of
from matcalc.drawing.pattern import Pattern
from matcalc.errors import EvaluationError, MatcalcError
from matcalc.expr import Expr, Operand, name_of
from matcalc.parts import variables
from matcalc.symbols import size_symbols

POINTS = 6
MOST_ENTRIES = 1_000_000
DEFAULTS = (5, 4, 6, 3, 7)  # sizes of symbols that have none, in the order of the alphabet
_SEED = 20_260_000
_ROUNDING = 1e-12  # of the largest entry


@checked_arguments
def sparsity(f: Operand, x: By, sizes: Mapping[str, int] | None = None) -> Pattern:
    """The pattern of the Jacobian of ``f`` by ``x``: an entry counts where it is other than zero at a random point.

    ``sizes`` are those of the dimension symbols; small ones are taken for the others. Entries that are zero at all of
    several random points, at which declared facts hold, are taken to be zero everywhere.

    Raises:
        MatcalcError: the Jacobian is too large, or has a value at no point that was tried.
    """
    f, x = asked_by_part(f, x)
    slope = jacobian(f, x)
    inside = sorted({*variables(f, slope), variable_of(x)}, key=name_of)
    known = _sizes(inside, sizes or {}, f, slope)
    rows, columns = (side.at(known) for side in slope.shape)
    if rows * columns > MOST_ENTRIES:
        raise MatcalcError(
            f"the Jacobian has {rows}×{columns} entries", f"at most {MOST_ENTRIES} are looked at",
            hint="take smaller sizes",
        ).about("sizes")  # fmt: skip
    seen = np.zeros((rows, columns), dtype=bool)
    found = 0
    for turn in range(2 * POINTS):
        point = place(inside, known, np.random.default_rng([_SEED, turn]), MANNERS[turn % len(MANNERS)])
        if point is None or found == POINTS:
            continue
        try:
            value = np.abs(np.reshape(evaluate(slope, point.values, known), (rows, columns)))
        except EvaluationError:
            continue
        found += 1
        seen |= value > _ROUNDING * value.max(initial=0.0)
    if not found:
        raise MatcalcError("the Jacobian has no value at any point that was tried").about("f")
    told = ", ".join(f"{symbol} = {size}" for symbol, size in known.items())
    title = f"Jacobian of {f.short} by {x.short}" + (f" at {told}" if told else "")
    return Pattern(title, rows, columns, frozenset((int(i), int(j)) for i, j in np.argwhere(seen)))


def _sizes(inside: list[Expr], given: Mapping[str, int], *formulas: Expr) -> dict[str, int]:
    symbols = sorted(size_symbols(*formulas, *inside))
    unknown = [name for name in given if name not in symbols]
    if unknown:
        raise EvaluationError(
            f"there is no dimension {unknown[0]}", f"dimensions: {', '.join(symbols) or 'none'}"
        ).about("sizes")
    return {symbol: given.get(symbol, DEFAULTS[k % len(DEFAULTS)]) for k, symbol in enumerate(symbols)}
