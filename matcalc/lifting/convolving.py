"""Sums with the array of convolutions, which is 1 where k = i + j: conv, corr, and matrices of shifted entries.

And with the arrays of diagonals, which are 1 where k = i - j, or k = j - i: Toeplitz matrices and sums along diagonals.
"""

from __future__ import annotations

from matcalc.expr import Expr, block, call, ones, zeros
from matcalc.functions import (
    CIRCSUMS,
    CIRCULANT,
    CONV,
    CONVMATRIX,
    CORR,
    HANKEL,
    LOWERSUMS,
    LOWERTENSOR,
    TOEPLITZ,
    UPPERSUMS,
)
from matcalc.lifting.crossing import Beside, Context, Crossing, vectors_on
from matcalc.lifting.pieces import Piece
from matcalc.position import positions
from matcalc.rational import Fraction
from matcalc.shape import whole_number

_1 = Fraction(1)


def convolved(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """T[k,i,j]*x[i]*y[j] is conv(x, y)[k], and T[k,i,j]*z[k]*y[j] is corr(z, y)[i]."""
    vectors = vectors_on(beside)
    writer = context.writer
    for first, second, left, function in ((1, 2, 0, CONV), (0, 2, 1, CORR), (0, 1, 2, CORR)):
        if first in vectors and second in vectors:
            x, y = (writer.chain(vectors[place].chain(writer)) for place in (first, second))
            made = call(function, x, y)
            turned = call(function, y, x) if function is CONV else made
            made = turned if turned in writer.given.parts else made
            piece = Piece((symbol.indices[left],), [((made,), _1)])
            return Crossing(_1, [vectors[first], vectors[second]], piece)
    return None


def shifted(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """T[k,i,j]*y[j] is convmatrix(y, ones(m))[k,i], and T[k,i,j]*z[k] is hankel(z, ones(m))[i,j]."""
    k, i, j = symbol.indices
    sizes = [operand.shape.rows for operand in symbol.parts[0][0][0].operands]
    for place, vector in vectors_on(beside).items():
        x = context.writer.chain(vector.chain(context.writer))
        if place == 0:
            return Crossing(_1, [vector], Piece((i, j), [((call(HANKEL, x, ones(sizes[0])),), _1)]))
        made = call(CONVMATRIX, x, ones(sizes[2 - place]))
        return Crossing(_1, [vector], Piece((k, i if place == 2 else j), [((made,), _1)]))
    return None


def wrapped(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """S[i,j,k]*x[k] is circulant(x)[i,j], as the formula has it, or by the vector that comes first."""
    i, *others = symbol.indices
    ways = []
    for place, vector in vectors_on(beside).items():
        if place:
            x = context.writer.chain(vector.chain(context.writer))
            made = call(CIRCULANT, x)
            piece = Piece((i, others[2 - place]), [((made,), _1)])
            ways.append(((made not in context.writer.given.parts, x.lead), Crossing(_1, [vector], piece)))
    return min(ways, key=lambda way: way[0])[1] if ways else None


def wrapped_sums(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """S[i,j,k]*X[i,j] is circsums(X)[k]."""
    i, *others = symbol.indices
    for place in (1, 2):
        if len(beside[0]) == 1 and beside[0] == beside[place] and len(beside[0][0].indices) == 2:
            (matrix,) = beside[0]
            chain = matrix.seen_from(i, context.writer).chain(context.writer)
            made = call(CIRCSUMS, context.writer.chain(chain))
            return Crossing(_1, [matrix], Piece((others[2 - place],), [((made,), _1)]))
    return None


# ---------------------------------------------------------------- diagonals
def diagonal_sums(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """L[i,j,k]*X[i,j] is lowersums(X)[k], also of X = u*x'; with the diagonals above the main one, uppersums(X)[k]."""
    i, j, k = symbol.indices
    writer = context.writer
    vectors = vectors_on(beside)
    if 0 in vectors and 1 in vectors and i != j:
        old = [vectors[0], vectors[1]]
        chain = (*old[0].chain(writer), *writer.transpose_chain(old[1].chain(writer)))
    elif len(beside[0]) == 1 and beside[0] == beside[1] and len(beside[0][0].indices) == 2:
        old = beside[0]
        chain = old[0].seen_from(i, writer).chain(writer)
    else:
        return None
    function = LOWERSUMS if _is_lower(symbol) else UPPERSUMS
    return Crossing(_1, old, Piece((k,), [((call(function, writer.chain(chain)),), _1)]))


def along_diagonals(symbol: Piece, beside: Beside, context: Context) -> Crossing | None:
    """L[i,j,k]*x[k] is toeplitz(x, zeros(n))[i,j], and L[i,j,k]*x[j] has the first rows of convmatrix(x, ones(m))."""
    i, j, k = symbol.indices
    height, width = (operand.shape.rows for operand in symbol.parts[0][0][0].operands)
    vectors = vectors_on(beside)
    made: Expr
    if 2 in vectors:
        x = context.writer.chain(vectors[2].chain(context.writer))
        made = call(TOEPLITZ, x, zeros(width)) if _is_lower(symbol) else call(TOEPLITZ, zeros(height), x)
        return Crossing(_1, [vectors[2]], Piece((i, j), [((made,), _1)]))
    if 1 in vectors and _is_lower(symbol):
        x = context.writer.chain(vectors[1].chain(context.writer))
        rows = positions(whole_number(0), height)
        made = block(call(CONVMATRIX, x, ones(height)), (rows, None))
        return Crossing(_1, [vectors[1]], Piece((i, k), [((made,), _1)]))
    return None


def _is_lower(symbol: Piece) -> bool:
    return symbol.parts[0][0][0].data is LOWERTENSOR
