"""Products with unit vectors as indexing: e_i'*X takes a row, e_i*y' places one among zeros.

e'*X is a row of X, and e*y' is y' in a row among zeros. So nothing is multiplied by a unit vector.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.network.nodes import Factor, Index, Indices
from matcalc.position import Position, Several, Single, taken
from matcalc.records import NamedTuple
from matcalc.shape import Dim


class Places(NamedTuple):
    """``at`` has the positions on the indices that go, and the index that counts them where they are several.

    ``left`` are the unit vectors that are multiplied like other factors.
    """

    at: dict[Index, tuple[Single | Several, Index | None]]
    left: list[Factor]

    def remaining(self, indices: Indices) -> Indices:
        """The indices of an array from which entries were taken."""
        kept = ((i, *self.at[i])[2] if i in self.at else i for i in indices)
        return tuple(i for i in kept if i is not None)

    def positions(self, indices: Indices) -> tuple[Position, ...]:
        """The position on each axis, None where all of it stays."""
        return tuple(self.at[i][0] if i in self.at else None for i in indices)


def places(units: Sequence[Factor], others: Sequence[Indices], inverses: Sequence[Indices], out: Indices) -> Places:
    """The unit vectors that name places, of a product whose other factors have these indices.

    The inverses among these are solved with, so that a unit vector beside one is a right side.
    """
    found = Places({}, [])
    solved = {i for indices in inverses for i in indices}
    taken = [unit for unit in units if any(unit.indices[-1] in indices for indices in others)]
    for unit in [*taken, *(unit for unit in units if unit not in taken)]:
        index = unit.indices[-1]
        named = {i for i, (_, count) in found.at.items()} | {count for _, count in found.at.values()}
        is_place = index not in named | solved and unit.exponent == 1 and out.count(index) < 2
        if is_place and (len(unit.indices) == 1 or _counts(unit.indices, found, others, out)):
            found.at[index] = unit.node.place, unit.indices[0] if len(unit.indices) > 1 else None
        else:
            found.left.append(unit)
    return found


def _counts(indices: Indices, found: Places, others: Sequence[Indices], out: Indices) -> bool:
    """Whether the first index of some rows of the identity can stand for the second one everywhere."""
    count, index = indices
    now = [found.remaining(other) for other in others]
    beside = [after for before, after in zip(others, now, strict=True) if index in before]
    if count == index or count in found.at or any(count in after for after in beside):
        return False
    if index not in out:
        return bool(beside)
    return count not in found.remaining(out) and (bool(beside) or any(count in after for after in now))


def taken_dims(positions: tuple[Position, ...], dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The dimensions of what is taken at positions: an axis of which one entry is taken goes."""
    return tuple(taken(at, dim) for at, dim in zip(positions, dims, strict=True) if not isinstance(at, Single))
