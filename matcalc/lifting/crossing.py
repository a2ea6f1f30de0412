"""Sums with the symbol of Levi-Civita: cross products, skew matrices of columns, and columns of skew parts."""

from __future__ import annotations

from itertools import permutations

from matcalc.expr import Expr, call
from matcalc.functions import CROSS, HAT, VEE
from matcalc.lifting.pieces import Piece
from matcalc.lifting.writer import Writer
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

_1 = Fraction(1)

Beside = list[list[Piece]]  # what stands on each index of the symbol; nothing on an index of the result


class Context(NamedTuple):
    """What tells which of two orders is written: the factors that other pieces have, and the sign of the product."""

    writer: Writer
    known: set[Expr]
    is_negative: bool


class Crossing(NamedTuple):
    """A number, and the piece that the symbol and other pieces become."""

    coefficient: Fraction
    old: list[Piece]
    new: Piece


def vectors_on(beside: Beside) -> dict[int, Piece]:
    """The vectors that are alone with the symbol on one of its indices, by its place."""
    return {k: on[0] for k, on in enumerate(beside) if len(on) == 1 and len(on[0].indices) == 1}


def crossed(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """e[i,j,k]*x[i]*y[j] is cross(x, y): in the order in which the formula has them, else in that without a sign."""
    vectors = vectors_on(beside)
    ways = []
    for i, j, k in permutations(range(3)):
        if i in vectors and j in vectors:
            sign = (j - i) * (k - j) * (k - i) // 2
            x, y = (context.writer.chain(vectors[place].chain(context.writer)) for place in (i, j))
            made = call(CROSS, x, y)
            is_known = made in context.writer.given.parts or made in context.known
            rank = (not is_known, (sign < 0) != context.is_negative, x.lead, y.lead)
            piece = Piece((symbol.indices[k],), [((made,), _1)])
            ways.append((rank, Crossing(Fraction(sign), [vectors[i], vectors[j]], piece)))
    return min(ways, key=lambda way: way[0])[1] if ways else None


def turned_skew(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """e[i,j,k]*x[i] is hat(x)[k,j]."""
    for i, x in vectors_on(beside).items():
        j, k = (symbol.indices[(i + step) % 3] for step in (1, 2))
        made = call(HAT, context.writer.chain(x.chain(context.writer)))
        return Crossing(_1, [x], Piece((k, j), [((made,), _1)]))
    return None


def shrunk(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """e[i,j,k]*X[i,j] is -2*vee(X)[k]."""
    for k in range(3):
        i, j = ((k + step) % 3 for step in (1, 2))
        if len(beside[i]) == len(beside[j]) == 1 and beside[i][0] is beside[j][0] and len(beside[i][0].indices) == 2:
            (matrix,) = beside[i]
            sign = -1 if matrix.indices == (symbol.indices[i], symbol.indices[j]) else 1
            made = call(VEE, context.writer.chain(matrix.chain(context.writer)))
            return Crossing(Fraction(2 * sign), [matrix], Piece((symbol.indices[k],), [((made,), _1)]))
    return None


def without_transposes(chain: tuple[Expr, ...]) -> tuple[int, tuple[Expr, ...]]:
    """hat(x)' as -hat(x): the sign, and the factors of a product."""
    turned = [factor.kind == "transpose" and factor.operands[0].data is HAT for factor in chain]
    made = [factor.operands[0] if turn else factor for factor, turn in zip(chain, turned, strict=True)]
    return (-1) ** sum(turned), tuple(made)
