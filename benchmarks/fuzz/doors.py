"""What every way to a number says of one formula: evaluation, and emitted code in each style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from benchmarks.fuzz.trees import Array


class Said(NamedTuple):
    """A value as an array; None with the reason where there is none."""

    value: Array | None
    reason: str = ""


_STYLES: dict[str, dict[str, Any]] = {"readable": {}, "fast": {"style": "fast"}, "batch": {"batch": True}}


def said(
    expr: mc.Expr, given: Mapping[str, Any], sizes: Mapping[str, int], compiled: bool
) -> Iterator[tuple[str, Said]]:
    """Each way with what it says; ``compiled`` asks C, too, which takes a compiler's time.

    At finite points an infinity is no value: which of a pole's infinities and nan comes out is a matter of rounding.

    Other errors than those by which emitted code refuses values are not caught.
    """
    at_infinity = not all(np.all(np.isfinite(value)) for value in given.values())

    def said_of(value: object) -> Said:
        array = np.asarray(value, dtype=float)
        wanted = not np.any(np.isnan(array)) if at_infinity else np.all(np.isfinite(array))
        return Said(array) if wanted else Said(None, "not a number")

    try:
        yield "evaluate", said_of(mc.evaluate(expr, given, sizes))
    except mc.MatcalcError as error:
        yield "evaluate", Said(None, str(error))
    kinds = {**_STYLES, "c": {"target": "c"}} if compiled else _STYLES
    for name, options in kinds.items():
        try:
            emitted = mc.emit(expr, sizes=dict(sizes), **options)
        except mc.MatcalcError as error:  # C has not every function; a formula may divide by zero everywhere
            yield name, Said(None, f"not emitted: {error}")
            continue
        run = emitted.compile()
        with np.errstate(all="ignore"):
            try:
                yield name, said_of(run(*[_read_only(given[v]) for v in emitted.variables]))
            except (ValueError, mc.MatcalcError) as error:  # LinAlgError among them
                yield name, Said(None, str(error))


def _read_only(value: Any) -> Any:
    array = np.array(value, dtype=float)
    array.flags.writeable = False
    return array
