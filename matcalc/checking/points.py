"""Points at which formulas are compared: sizes that tell dimensions apart, and values that the facts allow.

Samples are neither square nor symmetric nor commuting unless declared so: such points hide transposition errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matcalc.expr import Expr, name_of, parts_of

Sizes = dict[str, int]
SCALES = (1.0, 3.0, 0.5)  # of the values: functions such as max and relu have other pieces elsewhere
DISTINCT = (2, 3, 4, 5, 6, 7, 8, 9)


def symbols_of(*variables: Expr) -> list[str]:
    return sorted({symbol for v in variables for dim in v.shape for symbol in dim.symbols})


def distinct_sizes(symbols: Sequence[str], turn: int = 0, least: int = 2) -> Sizes:
    """A different size for each symbol, from ``least``; they turn round among more sizes than symbols, so that no
    dimension, nor a sum or product of them, is the same number each time."""
    period = min(max(len(symbols) + 1, 3), len(DISTINCT))
    larger = max(0, least - DISTINCT[0])
    return {symbol: DISTINCT[(k + turn) % period] + larger for k, symbol in enumerate(symbols)}


def least_size(*exprs: Expr) -> int:
    """The size from which on the entries that formulas name are there."""
    found = 1
    for node in parts_of(*exprs):
        if node.kind == "unit":
            found = max(found, _last(node.data))
        elif node.kind == "entry":
            found = max([found, *(_last(at) for at in node.data if at is not None)])
    return found


def _last(at: int | range) -> int:
    return at.stop if isinstance(at, range) else at + 1


def sample(rng: Any, variable: Expr, sizes: Mapping[str, int], *, integers: int = 0, scale: float = 1.0) -> Any:
    """A value of a variable: real, of about the size ``scale``, or with integers up to ``integers``; the facts hold."""
    import numpy as np

    rows, cols = (dim.at(sizes) for dim in variable.shape)
    facts = set(variable.data[1])

    def draw(m: int, n: int) -> Any:
        if integers:
            return rng.integers(-integers, integers + 1, (m, n)).astype(float)
        return scale * rng.uniform(0.3, 1.3, (m, n)) * rng.choice([-1.0, 1.0], (m, n))

    a = draw(rows, cols)
    eye = np.eye(rows, cols)
    if "orthogonal" in facts:
        q, r = np.linalg.qr(rng.normal(size=(rows, rows)))
        a = q * np.sign(np.diag(r))
    elif "posdef" in facts:
        a = a @ a.T + (1.0 if integers else 0.5) * eye
    elif "diagonal" in facts:
        a = a * eye + (0 if np.all(np.diag(a)) else eye)
    elif "symmetric" in facts:
        a = np.tril(a) + np.tril(a, -1).T
    elif "skew" in facts:
        a = np.tril(a, -1) - np.tril(a, -1).T
    elif "lower" in facts or "upper" in facts:
        a = np.tril(a) if "lower" in facts else np.triu(a)
    if ("invertible" in facts or "lower" in facts or "upper" in facts) and rows == cols and "orthogonal" not in facts:
        while abs(np.linalg.det(a)) < 0.1:
            a = a + eye
        if "posdef" not in facts and "symmetric" not in facts and np.linalg.det(a) < 0:
            a = a * np.where(np.arange(rows) == 0, -1.0, 1.0)[:, None]  # so that its logarithm is defined
    if "positive" in facts:
        a = np.abs(a) + (1.0 if integers else 0.1)
    elif "nonneg" in facts:
        a = np.abs(a)
    if "unitnorm" in facts:
        a = a / (np.linalg.norm(a) or 1.0) if np.any(a) else eye[:, :1] * np.ones((rows, cols))
    if "sumstoone" in facts:
        a = a / np.sum(a) if abs(np.sum(a)) > 1e-6 else np.ones((rows, cols)) / a.size
    return a


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


def points(
    variables: Sequence[Expr], count: int, seed: int, *, positive: bool = False, least: int = 2
) -> Iterator[dict[str, Any]]:
    """Random points; with ``positive`` all entries without facts are positive, for functions that want it."""
    import numpy as np

    symbols = symbols_of(*variables)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        sizes = distinct_sizes(symbols, k, least)
        scale = SCALES[k % len(SCALES)]
        values = {name_of(v): sample(rng, v, sizes, scale=scale) for v in variables}
        if positive:
            for v in variables:
                if not set(v.data[1]) - {"invertible"}:
                    values[name_of(v)] = np.abs(values[name_of(v)])
        yield {"sizes": sizes, "values": values}
