"""Products with a condition and its opposite, which are zero: no line, since an opposite is found by its sign."""

from __future__ import annotations

from itertools import combinations

from matcalc.functions import ATLEAST, EQUALS, STEP
from matcalc.network.build import scale
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Indices, Node, is_function, is_indicator
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.functions import complement, elementwise

_1 = Fraction(1)


def contradictions(factors: list[Factor], out: Indices) -> Rewritten | None:
    """[c]*[not c] is 0; of u >= 0 and -u >= 0, u == 0 is left."""
    conditions = [f for f in factors if f.exponent > 0 and is_indicator(f.node)]
    for one, other in combinations(conditions, 2):
        if one.indices != other.indices:
            continue
        if complement(one.node) is other.node or _are_apart(one.node, other.node):
            return Rewritten((), [Factor(number(Fraction(0)), (), _1)])
        if is_function(one.node, ATLEAST) and is_function(other.node, ATLEAST) and _are_opposite(one.node, other.node):
            rest = [f for f in factors if f is not one and f is not other]
            return Rewritten(rest, [Factor(elementwise(EQUALS, one.node.operands), one.indices, _1)])
    return None


def _are_apart(one: Node, other: Node) -> bool:
    """Whether these are u > 0 and -u > 0, or u > 0 and u == 0."""
    if is_function(one, STEP) and is_function(other, STEP):
        return _are_opposite(one, other)
    if {one.function, other.function} != {STEP, EQUALS}:
        return False
    return one.operands == other.operands or _are_opposite(one, other)


def _are_opposite(one: Node, other: Node) -> bool:
    return scale(-_1, one.operands[0]) is other.operands[0]
