"""Shapes during inference: pairs of rows and columns, each of which may be unknown."""

from __future__ import annotations

from matcalc.notation.unify import Size, Unknown, resolve, show
from matcalc.shape import ONE, Dim

Pair = tuple[Size, Size]
SCALAR: Pair = (ONE, ONE)


def open_shape(name: str, kind: str) -> Pair:
    """The shape of a name of which only the kind is known."""
    rows, cols = Unknown(label=f"rows({name})"), Unknown(label=f"cols({name})")
    shapes: dict[str, Pair] = {"scalar": SCALAR, "vector": (rows, ONE), "row": (ONE, cols), "square": (rows, rows)}
    return shapes.get(kind, (rows, cols))


def is_scalar_pair(pair: Pair) -> bool:
    return resolve(pair[0]) is ONE and resolve(pair[1]) is ONE


def known_dims(pairs: tuple[Pair, ...]) -> tuple[tuple[Dim, Dim], ...] | None:
    """Pairs of dimensions, where there is no unknown among them."""
    found = []
    for pair in pairs:
        rows, cols = resolve(pair[0]), resolve(pair[1])
        if isinstance(rows, Unknown) or isinstance(cols, Unknown):
            return None
        found.append((rows, cols))
    return tuple(found)


def shown_pair(pair: Pair) -> str:
    return f"{show(pair[0])}×{show(pair[1])}"


def bracketed(text: str) -> str:
    return text if text.replace("'", "").isalnum() else f"({text})"
