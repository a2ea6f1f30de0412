"""A 1 that is transposed, or stands beside one that is: the column of ones, or the number where no other size fits.

``1'*x`` is the sum of the entries of x. Of ``1'*c`` and ``1'*x*1``, where c is a scalar, no column says how many ones
there are, and nothing depends on it: there the 1 is the number. ``x*1'`` depends on it, and is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.notation.pairs import Pair
from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import Size, Unknown, resolve
from matcalc.shape import ONE


def is_digit(node: Syntax, text: str) -> bool:
    """Whether these ones are typed as the digit: a bold 1, or vector(1), is no number."""
    return text[slice(*node.span)].strip("( )") == "1"


def becomes_number(pair: Pair, ones: Iterable[Size]) -> bool:
    """Makes the number of a column of ones that fits no product; whether it is one. A row is rather a slip: A*1'."""
    found = _open(pair[:1]) & _open(ones)
    if not found or resolve(pair[1]) is not ONE:
        return False
    found.pop().bound = ONE
    return True


def make_numbers(pairs: Mapping[Syntax, Pair], ones: Iterable[Size]) -> None:
    """Makes numbers of ones whose size stays open, and is the size of each column or row that is made of them."""
    lone = _open(ones)
    for node, pair in pairs.items() if lone else ():
        for operand in node.operands:
            for size in _open(pairs.get(operand, ())) & lone:
                if {resolve(side) for side in pair} != {ONE, size}:
                    lone.discard(size)
    for size in lone:
        size.bound = ONE


def _open(sizes: Iterable[Size]) -> set[Unknown]:
    """The sizes of which nothing is known but that they are equal to each other."""
    found = {side for side in map(resolve, sizes) if isinstance(side, Unknown)}
    return {side for side in found if not (side.label or side.factors or side.summands)}
