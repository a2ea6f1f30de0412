"""Which entries of an array have been written, of one that np.empty makes: until all are, none has a value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product as pairs
from typing import TypeAlias

from matcalc.arrays.faults import Dims
from matcalc.shape import Dim, product, whole_number

Region: TypeAlias = tuple[tuple[Dim, Dim], ...]  # for each axis the first place and the one behind the last
_ZERO = whole_number(0)
_MOST_ENTRIES = 400  # of an array whose entries are counted one by one


def cover(regions: Sequence[Region], dims: Dims) -> bool:
    """Whether regions are all of an array, for all sizes: one behind the other along an axis, or entry by entry."""
    for axis, dim in enumerate(dims):
        wide = [r[axis] for r in regions if all(r[k] == (_ZERO, d) for k, d in enumerate(dims) if k != axis)]
        reached = _ZERO
        for _ in wide:
            reached = next((stop for first, stop in wide if first is reached), reached)
            if reached is dim:
                return True
    return _counted(regions, dims)


def _counted(regions: Sequence[Region], dims: Dims) -> bool:
    count = product(dims).number
    ends = [[(first.number, stop.number) for first, stop in region] for region in regions]
    if count is None or count > _MOST_ENTRIES:
        return False
    written: set[tuple[int, ...]] = set()
    for region in ends:
        ranges = [range(first, stop) for first, stop in region if first is not None and stop is not None]
        written.update(pairs(*ranges) if len(ranges) == len(dims) else ())
    return len(written) == count
