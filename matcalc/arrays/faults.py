"""What is wrong with operations on arrays: lengths that differ, sizes that are open, attributes that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from matcalc.errors import ShapeError, UnsupportedError
from matcalc.shape import Dim

Dims: TypeAlias = tuple[Dim, ...]


class Shaped(Protocol):
    """What has axes with lengths."""

    dims: Dims


class LengthsDiffer(ShapeError):
    """Two lengths that an operation wants equal are not; ``apart`` are the two."""

    apart: tuple[Dim, Dim]


class SizesOpen(UnsupportedError):
    """What an array has a meaning for, but none that holds for all of its sizes."""


class Missing(UnsupportedError, AttributeError):
    """There is no such attribute."""


def shape_text(dims: Dims) -> str:
    return f"({', '.join(map(str, dims))}{',' * (len(dims) == 1)})"


def shape_error(what: str, *arrays: Shaped, hint: str = "", apart: Sequence[Dim] = ()) -> ShapeError:
    """What is wrong with the shapes of arrays; ``apart`` are two lengths of theirs that should be equal."""
    told = " and ".join(shape_text(array.dims) for array in arrays)
    return differing(apart, what, f"the shape{'s are' if len(arrays) > 1 else ' is'} {told}", hint=hint)


def differing(apart: Sequence[Dim], what: str, *details: str, hint: str = "") -> ShapeError:
    """An error about two lengths that are not equal; of other lengths it is one about shapes."""
    if len(apart) != 2 or apart[0] is apart[1]:
        return ShapeError(what, *details, hint=hint)
    error = LengthsDiffer(what, *details, hint=hint)
    error.apart = (apart[0], apart[1])
    return error


def first_apart(one: Dims, other: Dims) -> Sequence[Dim]:
    """The first two lengths that differ, of shapes with as many axes."""
    pairs = zip(one, other, strict=True) if len(one) == len(other) else ()
    return next(((a, b) for a, b in pairs if a is not b), ())
