"""Divisors within a sum, multiplied out where the sum is multiplied by them: v.*(1 + q./v) = v + q."""

from __future__ import annotations

from fractions import Fraction

from matcalc.network.build import Rewritten, add
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.network.terms import powers_of, product_of, times

MOST_TERMS = 8  # sums of more are left as they are

_1 = Fraction(1)


def divisors_within(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first sum among the factors whose divisor is a factor too, where multiplying it out is shorter."""
    for total in factors:
        if total.node.kind != "sum" or abs(total.exponent) != 1 or len(total.node.operands) > MOST_TERMS:
            continue
        if len(set(total.indices)) < len(total.indices):
            continue
        for other in factors:
            if other is total or not set(other.indices) <= set(total.indices):
                continue
            if is_function(other.node, "exp") and total.exponent < 0:
                continue  # 1/(exp(u)*(1 + exp(-u))) does not overflow
            if (other.exponent > 0) == (total.exponent > 0):
                found = _multiplied(total, other)
                if found is not None:
                    kept = [f for f in factors if f is not total and f is not other]
                    return Rewritten(kept, added=[f for f in found if f.exponent])
    return None


def _multiplied(total: Factor, other: Factor) -> list[Factor] | None:
    """The sum times the power of the other factor that it has for a divisor, and the rest of that power."""
    if not any(o.kind == "contraction" and other.node in o.operands for o in total.node.operands):
        return None
    base = (other.node, tuple(total.indices.index(i) for i in other.indices))
    parts = [(c, operand, powers_of(operand)) for c, operand in total.node.terms]
    power = -min((powers.get(base, Fraction(0)) for _, _, powers in parts if powers is not None), default=Fraction(0))
    if not 0 < power <= abs(other.exponent):
        return None
    made = add([(c, _times(operand, base, power)) for c, operand, _ in parts], total.node.dims, plain=True)
    if made.weight >= total.node.weight + other.node.weight:
        return None
    made = add([(_1, made)], total.node.dims)
    left = other.exponent - power * total.exponent
    return [Factor(made, total.indices, total.exponent), other._replace(exponent=left)]


def _times(operand: Node, base: tuple[Node, Indices], power: Fraction) -> Node:
    return product_of(_1, times({}, base, power), operand, operand)
