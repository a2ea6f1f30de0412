"""Matrices that cancel: X*inv(X), also where X is a product written out, expm(X)*expm(-X), Q'*Q."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.network import properties
from matcalc.network.build import Rewritten, number, scale
from matcalc.network.matching import lonely, meet, occurrences, without
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.rational import Fraction

_1 = Fraction(1)


def inverse(factors: list[Factor], out: Indices) -> Rewritten | None:
    """X*inv(X) = eye, and expm(X)*expm(-X) = eye."""
    for first in factors:
        if first.exponent != 1 or len(first.indices) != 2:
            continue
        for wanted in _inverses(first.node):
            found = _met(first, wanted, factors, out) or _met_written_out(first, wanted, factors, out)
            if found is not None:
                return found
    return None


def _inverses(node: Node) -> Iterator[Node]:
    if is_function(node, "inv"):
        yield node.operands[0]
    elif is_function(node, "expm"):
        yield Node("opaque", (scale(-_1, node.operands[0]),), node.data, node.dims)


def _met(first: Factor, wanted: Node, factors: list[Factor], out: Indices) -> Rewritten | None:
    for other in factors:
        if other.node is not wanted or other.exponent != 1:
            continue
        for end in (0, 1):
            found = meet(first, end, other, 1 - end, factors, out)
            if found is None and properties.is_symmetric(other.node):
                found = meet(first, end, other, end, factors, out)
            if found is not None:
                return found
    return None


def _met_written_out(first: Factor, wanted: Node, factors: list[Factor], out: Indices) -> Rewritten | None:
    """inv(X'*X)*X'*X = eye, where X'*X is two factors of the product."""
    if wanted.kind != "contraction" or first.indices[0] == first.indices[1]:
        return None
    rest = without(factors, first)
    if not {factor.node for factor in rest}.issuperset(wanted.operands):
        return None
    for end in (0, 1):
        start = first.indices[end]
        for found in occurrences(wanted, 1 - end, start, rest, out):
            if lonely(start, (first, *found.factors), factors, out):
                scalar = Factor(number(1 / wanted.data.coefficient), (), _1)
                joined = [(first.indices[1 - end], found.end)]
                return Rewritten(without(rest, *found.factors), [scalar], joined, (start, *found.inner))
    return None


def orthogonal(factors: list[Factor], out: Indices) -> Rewritten | None:
    """Q'*Q = Q*Q' = eye, so the squares in each row and each column sum to one."""
    for factor in factors:
        if factor.exponent == 2 and properties.is_orthogonal(factor.node):
            summed = next((i for i in factor.indices if lonely(i, (factor,), factors, out)), None)
            if summed is not None and factor.indices.count(summed) == 1:
                return Rewritten(without(factors, factor), gone=(summed,))
    rotations = [f for f in factors if f.exponent == 1 and properties.is_orthogonal(f.node)]
    for k, a in enumerate(rotations):
        for b in rotations[k + 1 :]:
            if a.node is b.node:
                for axis in (0, 1):
                    found = meet(a, axis, b, axis, factors, out)
                    if found is not None:
                        return found
    return None
