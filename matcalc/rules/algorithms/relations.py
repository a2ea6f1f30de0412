"""Relations between two functions of one argument: sigmoid(u) + sigmoid(-u) = 1, sin(u)^2 + cos(u)^2 = 1.

Two terms a·f^p and b·g^p, with f^p + c·g^p = r, are written with one of the functions: as (a - b/c)·f^p + (b/c)·r.
That is done where a - b/c has fewer terms than a had, so that cross-entropy has the gradient sigmoid(z) - y. What the
relations are is said by the lines of ``rules/lines/relations``; that two terms have a common factor, which may be a sum
to be multiplied out, is no line.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

from matcalc.budgets import HEAVIEST_TRIED, LARGEST_COMBINED, MOST_RELATED
from matcalc.functions import known
from matcalc.network.build import scale
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Node, constant_value
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.algorithms.terms import (
    Base,
    Powers,
    length,
    multiplied_out,
    powers_of,
    product_of,
    quotient,
    times,
    total_of,
    unsummed,
)
from matcalc.rules.functions import elementwise
from matcalc.rules.lines import RELATIONS
from matcalc.rules.matching.lines import Line
from matcalc.rules.matching.patterns import Applied, Multiplied, Pattern, Summed

_1 = Fraction(1)
Terms = list[tuple[Fraction, Node]]


class Relation(NamedTuple):
    """first(u)^power + coefficient·second(scale·u)^power = value, for every number u."""

    first: str
    second: str
    coefficient: Fraction
    power: Fraction
    scale: Fraction
    line: Line

    def value(self, u: Node) -> Node:
        made = self.line.made({"u": u})
        constant = constant_value(made)
        return made if constant is None else number(constant, u.dims)


class Remainder(NamedTuple):
    """1 + coefficient·function(u)^power = value, for every number u."""

    function: str
    coefficient: Fraction
    power: Fraction
    line: Line


@lru_cache(1)
def relations() -> tuple[list[Relation], list[Remainder]]:
    """The lines that relate two functions, and those that relate one to a number."""
    pairs, remainders = [], []
    for line in map(Line, RELATIONS):
        assert isinstance(line.pattern, Summed)
        (c, first), (d, second) = line.pattern.terms
        name, power, plain = _power_of_function(first)
        assert plain == 1
        if isinstance(second, Multiplied) and not second.parts:
            remainders.append(Remainder(name, c, power, line))
        else:
            other, same, factor = _power_of_function(second)
            assert c == 1 and same == power
            pairs.append(Relation(name, other, d, power, factor, line))
    return pairs, remainders


def _power_of_function(pattern: Pattern) -> tuple[str, Fraction, Fraction]:
    """f, p and k of f(k*u)^p."""
    exponent = _1
    if isinstance(pattern, Multiplied):
        pattern, _, exponent, *_ = pattern.parts[0]
    assert isinstance(pattern, Applied)
    (argument,) = pattern.operands
    return pattern.name, exponent, argument.coefficient if isinstance(argument, Multiplied) else _1


@lru_cache(1)
def _names() -> frozenset[str]:
    """The functions that are related to others."""
    return frozenset(name for text in RELATIONS for name in Line(text).functions)


def related(terms: list[tuple[Node, Fraction]]) -> Terms | None:
    """The sum with two of its terms put together by a relation; None where there is none."""
    if not 1 < len(terms) <= LARGEST_COMBINED or not any(
        is_related(factor.node) for node, _ in terms for factor in unsummed(node)
    ):
        return None
    light = [term for term in terms if term[0].weight <= HEAVIEST_TRIED]
    known = [(node, c, powers) for node, c in light if (powers := powers_of(node)) is not None]
    concerned = {a for a, _, p in known if any(is_related(base) for base, _ in p)}
    if len(concerned) > MOST_RELATED:
        return None
    for (a, c, p), (b, d, q) in permutations(known, 2):
        if a not in concerned and b not in concerned:
            continue
        made = _remainder(a, c, p, d, q) or _relation(a, c, p, d, q)
        if made is not None:
            return [*made, *((k, node) for node, k in terms if node is not a and node is not b)]
    return None


def is_related(node: Node) -> bool:
    return node.kind == "elementwise" and node.trigger in _names()


def _remainder(a: Node, c: Fraction, p: Powers, d: Fraction, q: Powers) -> Terms | None:
    """c·a - c·a·sin(u)^2 = c·a·cos(u)^2."""
    ratio = {base: e for base in {**p, **q} if (e := q.get(base, Fraction(0)) - p.get(base, Fraction(0)))}
    if len(ratio) != 1:
        return None
    (((node, indices), exponent),) = ratio.items()
    for rule in relations()[1] if is_related(node) else ():
        if node.trigger == rule.function and exponent == rule.power and d == rule.coefficient * c:
            rest = rule.line.made({"u": node.operands[0]})
            return [(c, product_of(_1, times(p, (rest, indices), _1), a))]
    return None


def _relation(a: Node, c: Fraction, p: Powers, d: Fraction, q: Powers) -> Terms | None:
    for base in q:
        node, indices = base
        if not is_related(node):
            continue
        for relation in relations()[0]:
            if node.trigger != relation.second or q[base] < relation.power or not _met(relation, base, p, q):
                continue
            u = scale(1 / relation.scale, node.operands[0])
            first = (elementwise(known(relation.first), (u,)), indices)
            if p.get(first, 0) >= relation.power or q.get(first, 0) < 0:
                power = -relation.power
                above, below = times(p, first, power), times(q, base, power)
                if not _may_cancel(above, below):
                    continue
                left = product_of(c, above, a)
                right = product_of(d / relation.coefficient, below, a)
                made = _with_one_function(left, first, right, base, relation, u)
                if made is not None:
                    return made
    return None


def _met(relation: Relation, second: Base, p: Powers, q: Powers) -> bool:
    """Whether the first function of a relation is there too, of whatever argument."""
    others = [node for node, indices in {**p, **q} if node is not second[0] and indices == second[1]]
    return any(node.kind == "elementwise" and node.function.name == relation.first for node in others)


def _may_cancel(p: Powers, q: Powers) -> bool:
    """Whether two products may have terms in common: they are one, or one of them has a sum to be multiplied out."""
    unlike = [base for base, e in quotient(p, q).items() if e]
    return not unlike or any(node.kind == "sum" for node, _ in unlike)


def _with_one_function(left: Node, f: Base, right: Node, g: Base, relation: Relation, u: Node) -> Terms | None:
    """left·f^p + right·c·g^p with f^p + c·g^p = r, by f or by g alone, where that takes fewer terms."""
    terms = [{split_coefficient(n)[1] for _, n in multiplied_out(side)} for side in (left, right)]
    if not terms[0] & terms[1]:
        return None
    rest, _ = total_of([(_1, left), (-_1, right)], left)
    value = (relation.value(u), f[1])
    if length(rest) < len(multiplied_out(left)):
        kept, other, factor = f, right, _1
    elif length(rest) < len(multiplied_out(right)):
        kept, other, factor = g, left, -relation.coefficient
    else:
        return None
    return [
        (factor, product_of(_1, {kept: relation.power}, left, rest)),
        (_1, product_of(_1, {value: _1}, left, other)),
    ]
