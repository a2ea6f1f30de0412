"""The values that a search begins with: starts and data by name, checked once, and the sizes of all dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matcalc.errors import EvaluationError, suggest
from matcalc.evaluation import check_facts
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims

Arrays = dict[Expr, np.ndarray]


def read_values(
    starts: Sequence[Expr],
    data: Sequence[Expr],
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
    lazily: bool = False,
) -> tuple[Arrays, dict[str, int]]:
    """Arrays of 64-bit floats of all variables, and the sizes of their dimensions.

    With ``lazily``, data that are Dask arrays stay such; what was declared of them is not checked.

    Raises:
        EvaluationError: a value is missing, is no array of real numbers, has another shape than was declared or than
            others have, or has not what was declared; or a start is not finite.
    """
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise EvaluationError("values come by name", hint='{"w": start, "X": data}')
    for kind, of in (("start", starts), ("data", data)):
        missing = [name_of(v) for v in of if name_of(v) not in values]
        if missing:
            others = sorted({*values} - {name_of(v) for v in (*starts, *data)})
            came = ", ".join(values) or "nothing"
            hint = suggest(missing[0], others) if others else ""
            if kind == "start" and not hint:
                hint = f'the search begins somewhere: {{"{missing[0]}": …}} beside the data'
            raise EvaluationError(f"no {kind} for {', '.join(missing)}", f"values came for: {came}", hint=hint)
    arrays = {v: _real(v, values[name_of(v)], lazily and v in data) for v in (*starts, *data)}
    found = _sizes(arrays, sizes)
    for v in starts:
        if not np.all(np.isfinite(arrays[v])):
            raise EvaluationError(f"the start of {name_of(v)} is not finite")
    for v in data:
        if isinstance(arrays[v], np.ndarray):
            check_facts(v, arrays[v])
    return arrays, found


def _is_lazy(value: Any) -> bool:
    """Whether a value is an array of Dask, which need not be installed."""
    return type(value).__module__.partition(".")[0] == "dask" and hasattr(value, "compute_chunk_sizes")


def _real(v: Expr, value: Any, lazily: bool = False) -> np.ndarray:
    """The value with the axes of the variable; n×1 and 1×n arrays count as vectors, 1×1 ones as scalars."""
    name, dims = name_of(v), array_dims(v)
    if isinstance(value, Expr):
        raise EvaluationError(f"the value of {name} is a formula", hint="evaluate that one first")
    if isinstance(value, np.ma.MaskedArray):
        raise EvaluationError(f"the value of {name} is a masked array", hint="fill it first, such as by .filled(0.0)")
    is_lazy = lazily and _is_lazy(value)
    if is_lazy and np.isnan(value.shape).any():
        value.compute_chunk_sizes()
    try:
        array = value if is_lazy else np.asarray(value)
    except (TypeError, ValueError) as error:
        raise EvaluationError(f"the value of {name} is no array: {error}") from None
    if array.dtype.kind not in "biuf":
        complexes = array.dtype.kind == "c"
        what = "is complex" if complexes else f"is an array of {array.dtype}"
        raise EvaluationError(f"the value of {name} {what}", "real numbers are wanted")
    array = array.astype(float)
    if len(dims) < array.ndim <= 2 and array.ndim - array.shape.count(1) <= len(dims):
        array = array.reshape(-1 if len(dims) == 1 else ())
    if array.ndim != len(dims):
        kind = {0: "a number", 1: "a vector", 2: "a matrix"}.get(len(dims), "an array of three axes")
        raise EvaluationError(f"{name} is {kind}", f"declared {v.shape}, and the value has shape {array.shape}")
    if not array.size:
        raise EvaluationError(f"the value of {name} has no entries")
    return array


def _sizes(arrays: Arrays, given: Mapping[str, int]) -> dict[str, int]:
    """The size of each symbol; all shapes are those that follow."""
    found, source = dict(given), dict.fromkeys(given, "sizes")
    for v, array in arrays.items():
        for dim, size in zip(array_dims(v), array.shape, strict=True):
            if not dim.is_symbol:
                continue
            symbol, name = str(dim), name_of(v)
            if found.setdefault(symbol, size) != size:
                raise EvaluationError(
                    f"the size of {symbol} is {found[symbol]} in {source[symbol]} and {size} in {name}",
                    f"{name} is declared {v.shape}, and its value has shape {array.shape}",
                )
            source.setdefault(symbol, name)
    for v, array in arrays.items():
        unknown = sorted({s for dim in array_dims(v) for s in dim.symbols} - {*found})
        if unknown:
            hint = f"objective(..., sizes={{{unknown[0]!r}: 3}})"
            raise EvaluationError(f"the size of {unknown[0]} is not determined by the values", hint=hint)
        wanted = tuple(dim.at(found) for dim in array_dims(v))
        if array.shape != wanted:
            raise EvaluationError(
                f"the value of {name_of(v)} has shape {array.shape}", f"declared {v.shape}, which is {wanted}"
            )
    return found
