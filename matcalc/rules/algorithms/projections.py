"""The Moore-Penrose inverse P of X: X*P*X = X, P*X*P = P, and X*P and P*X are symmetric.

So X*P and P*X are projections, which lines apply, and a sum such as eye(m) - X*P is zero before what it projects out.
That is no line, since the sum may have further terms; nor is the order of the factors of a symmetric product.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from matcalc.functions import INV, PINV
from matcalc.network import properties
from matcalc.network.build import KEPT, add, contract, distributed
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.algorithms.factors import summed_only_on, without

_1 = Fraction(1)
MOST_PROJECTIONS = 3  # of a product that are tried both ways round


class _Projection(NamedTuple):
    """Two factors X and P that make up a projection, the index summed between them, and those at its ends."""

    pair: tuple[Factor, Factor]
    between: Index
    ends: tuple[Index, Index]
    kept: tuple[tuple[Node, int], ...]  # what it leaves as it is: X by its rows and P by its columns, or the other way


def _projections(factors: list[Factor], out: Indices) -> Iterator[_Projection]:
    for inverse in factors:
        if not is_function(inverse.node, PINV) or inverse.exponent != 1 or len(inverse.indices) != 2:
            continue
        (matrix,) = inverse.node.operands
        for factor in factors:
            if factor.node is not matrix or factor.exponent != 1:
                continue
            if len(set(factor.indices)) < 2 or len(set(inverse.indices)) < 2:  # X[i,i]*P[i,j] is not in X*P
                continue
            for p, x in [(inverse.indices, factor.indices), *_transposed(inverse, factor)]:
                pair = (factor, inverse)
                if x[1] == p[0] and summed_only_on(p[0], pair, factors, out):
                    yield _Projection(pair, p[0], (x[0], p[1]), ((matrix, 0), (inverse.node, 1)))
                if p[1] == x[0] and summed_only_on(p[1], pair, factors, out):
                    yield _Projection(pair, p[1], (p[0], x[1]), ((matrix, 1), (inverse.node, 0)))


def _transposed(inverse: Factor, factor: Factor) -> list[tuple[Indices, Indices]]:
    """The other ways to read two factors that are symmetric."""
    return [(inverse.indices, factor.indices[::-1])] if properties.is_symmetric(factor.node) else []


def projected_out(factors: list[Factor], out: Indices) -> Rewritten | None:
    """(eye(m) - X*P)*X = 0 and its likes: a sum goes before what it takes terms from."""
    for total in factors:
        if total.node.kind != "sum" or total.exponent != 1 or total.node.rank > 2:
            continue
        known = _matrices(total.node)
        for factor in factors if known else []:
            if factor.node not in known or factor.exponent != 1 or factor is total:
                continue
            for index in total.indices:
                if factor.indices.count(index) != 1 or total.indices.count(index) != 1:
                    continue
                if summed_only_on(index, (total, factor), factors, out):
                    made = _before(total, factor, index)
                    if _terms(made.node) < len(total.node.operands):
                        return Rewritten(without(factors, total, factor), added=[made], gone=(index,))
    return None


def _terms(node: Node) -> int:
    core = split_coefficient(node)[1]
    return len(core.operands) if core.kind == "sum" else 1


def transposed_projections(factors: list[Factor], out: Indices) -> Iterator[list[Factor]]:
    """X*P = P'*X': the other ways to write a product, with each of its projections either way round."""
    found: list[_Projection] = []
    for projection in _projections(factors, out):
        if not any(set(projection.pair) & set(other.pair) for other in found) and len(found) < MOST_PROJECTIONS:
            found.append(projection)
    for pattern in range(1, 2 ** len(found)):
        transposed = [p for place, p in enumerate(found) if pattern >> place & 1]
        swapped = {f: _swapped(f, projection) for projection in transposed for f in projection.pair}
        yield [swapped.get(f, f) for f in factors]


def _swapped(factor: Factor, projection: _Projection) -> Factor:
    start, stop = projection.ends
    return factor._replace(indices=tuple({start: stop, stop: start}.get(i, i) for i in factor.indices))


def _matrices(total: Node) -> set[Node]:
    """The matrices of the projections in the terms of a sum: X and P of X*P, X of X*inv(X'*X)*X'."""
    found: set[Node] = set()
    for term in total.operands:
        for factor in term.operands if term.kind == "contraction" else ():
            if is_function(factor, PINV):
                found |= {factor, factor.operands[0]}
            elif is_function(factor, INV) and factor.operands[0].kind == "contraction":
                found |= {x for x in factor.operands[0].operands if x in term.operands}
    return found


def _before(total: Factor, factor: Factor, index: Index) -> Factor:
    """The product of a sum and a factor, term by term."""
    names = {i: k for k, i in enumerate(dict.fromkeys((*total.indices, *factor.indices)))}
    left, right = (tuple(names[i] for i in f.indices) for f in (total, factor))
    first, last = (factor, total) if total.indices[0] == index else (total, factor)
    ends = tuple(i for i in (*first.indices, *last.indices) if i != index)
    out = tuple(names[i] for i in ends)
    return Factor(_term_by_term(total.node, left, factor.node, right, out), ends, _1)


@lru_cache(KEPT)
def _term_by_term(total: Node, left: Indices, factor: Node, right: Indices, out: Indices) -> Node:
    """A sum times a factor, over the indices that are not in ``out``."""
    sizes = dict(zip((*left, *right), (*total.dims, *factor.dims), strict=True))
    terms = [
        (c, contract(_1, [Factor(term, left, _1), Factor(factor, right, _1)], out, sizes)) for c, term in total.terms
    ]
    return add(terms, tuple(sizes[i] for i in out))


def multiplied_out(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """S + (eye(m) - X*P)*S = 2*S - X*P*S: a projection's sum is multiplied out where the terms do not become more."""
    for node, c in terms:
        for k, factor in enumerate(node.operands if node.kind == "contraction" else ()):
            if factor.kind != "sum" or node.product.exponents[k] != 1 or not _matrices(factor):
                continue
            total = {n: d for n, d in terms if n is not node}
            for d, term in distributed(node, k):  # collected here: ``add`` would try each other term again
                divisor, core = split_coefficient(term, c * d)
                total[core] = total.get(core, Fraction(0)) + divisor
            made = [(n, d) for n, d in total.items() if d]
            if len(made) <= len(terms) and node not in total:
                return made
    return terms
