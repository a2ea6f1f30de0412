"""Fractions of a sum over powers of one denominator, joined: 1/sqrt(q) - r.^2./q.^1.5 with q = 1 + r.^2 is q.^-1.5.

What cancels there is not computed, and what is left may be known to be positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from matcalc.network.build import add, contract, split_coefficient
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.substitute import substitute
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder

LONGEST_SUM = 12  # terms of a sum that is looked at
MOST_TERMS = 2  # of a numerator

_1 = Fraction(1)


def joined(nodes: list[Node]) -> list[Node]:
    """Nodes with the fractions of their sums joined, where the numerator is no longer than the sum."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if node.kind == "sum":
            made = _joined_sum(substitute(node, new) if new else node)
            if made is not node:
                new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _joined_sum(node: Node) -> Node:
    while node.kind == "sum" and len(node.operands) <= LONGEST_SUM:
        made = next(_pairs_joined(node), None)
        if made is None:
            break
        node = made
    return node


def _pairs_joined(node: Node) -> Iterator[Node]:
    """The sum with two of its terms as one fraction."""
    for first, second in permutations(range(len(node.operands)), 2):
        (c, a), (d, b) = node.terms[first], node.terms[second]
        for below in _denominators(b):
            above = _without(a, below)
            if above is None:
                continue
            made = _fraction(c, a, above, d, b, below)
            if made is not None:
                rest = [term for k, term in enumerate(node.terms) if k not in (first, second)]
                yield add([*rest, (_1, made)], node.dims)


def _denominators(node: Node) -> list[Factor]:
    """The sums that a term is divided by, entry by entry."""
    if node.kind != "contraction":
        return []
    return [f for f in node.factors if f.exponent < 0 and f.node.kind == "sum" and set(f.indices) <= set(node.data.out)]


def _without(node: Node, below: Factor) -> list[Factor] | None:
    """The factors beside the power of the same denominator that is one higher."""
    factors = node.factors if node.kind == "contraction" else [Factor(node, tuple(range(node.rank)), _1)]
    found = [f for f in factors if f.node is below.node and f.indices == below.indices]
    higher = found[0].exponent if found else Fraction(0)
    if higher != below.exponent + 1:
        return None
    return [f for f in factors if f not in found]


def _fraction(c: Fraction, a: Node, above: list[Factor], d: Fraction, b: Node, below: Factor) -> Node | None:
    """(c·above·q + d·rest of b)/q^p, where that is short."""
    out = tuple(range(a.rank))
    if any(node.kind == "contraction" and node.data.out != out for node in (a, b)):
        return None  # with deltas
    terms = [
        (c * part, contract(_1, [*above, Factor(q, below.indices, _1)], out, _sizes(a))) for part, q in below.node.terms
    ]
    terms.append((d, contract(_1, [f for f in b.factors if f != below], out, _sizes(b))))
    numerator = add(terms, a.dims)
    core = split_coefficient(numerator)[1]
    if core.kind == "sum" and len(core.operands) > MOST_TERMS:
        return None
    return contract(_1, [Factor(numerator, out, _1), below], out, dict(enumerate(a.dims)))


def _sizes(node: Node) -> dict[Index, Dim]:
    return dict(enumerate(node.data.sizes if node.kind == "contraction" else node.dims))
