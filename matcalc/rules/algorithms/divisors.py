"""Divisors within a sum, multiplied out: v.*(1 + q./v) = v + q, and 1./(1 + q./v) = v./(v + q).

And divisors that are products: u.^2.*v./(u.^2.*v).^1.5 = 1./sqrt(u.^2.*v). No lines, since terms and factors may be
any, and whether the sum is shorter afterwards is tried out.
"""

from __future__ import annotations

from matcalc.budgets import HEAVIEST_TRIED, MOST_OVER_DIVISORS
from matcalc.functions import EXP
from matcalc.network import properties
from matcalc.network.build import add
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without
from matcalc.rules.algorithms.terms import Base, powers_of, product_of, times

_1 = Fraction(1)
_0 = Fraction(0)


def divisors_within(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first sum among the factors whose divisor is a factor too, where multiplying it out is shorter."""
    for total in factors:
        if abs(total.exponent) != 1 or not _is_short_sum(total):
            continue
        for other in factors:
            if other is total or not set(other.indices) <= set(total.indices):
                continue
            if is_function(other.node, EXP) and total.exponent < 0:
                continue  # 1/(exp(u)*(1 + exp(-u))) does not overflow
            base = other.node, tuple(total.indices.index(i) for i in other.indices)
            if (other.exponent > 0) != (total.exponent > 0):
                continue
            most = _power_in(total.node, base)
            power = min(most, abs(other.exponent))
            if power > 0:
                found = _multiplied(total, base, power)
                if found is not None:
                    kept = [f for f in factors if f is not total]
                    return Rewritten(kept, added=found)
    return None


def nested_divisors(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first division by a sum with divisors of its own, where it is no longer without them.

    A number of entries stays in a root: sqrt(norm2(x)^2/n + c) has no sqrt(n) before it.
    """
    for total in factors:
        if total.exponent >= 0 or not _is_short_sum(total):
            continue
        for base in _divisors(total.node):
            is_plain_in_root = base[0].kind != "size" and properties.is_positive(base[0])
            if total.exponent.denominator == 1 or is_plain_in_root:
                found = _multiplied(total, base, _power_in(total.node, base))
                if found is not None:
                    return Rewritten([f for f in factors if f is not total], added=found)
    return None


def divisor_products(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first division by a root of a product, that is a factor itself, with a power less."""
    powers = {(f.node, f.indices): f.exponent for f in factors}
    for below in factors:
        if below.exponent > 0 or below.node.kind != "contraction" or not below.node.operands:
            continue
        data = below.node.product
        if data.coefficient == 0 or data.out != tuple(range(len(data.sizes))):
            continue
        parts = [f._replace(indices=tuple(below.indices[i] for i in f.indices)) for f in below.node.factors]
        if any(powers.get((f.node, f.indices), _0) / f.exponent < 1 for f in parts):
            continue
        left = dict(powers)
        for f in parts:
            left[f.node, f.indices] -= f.exponent
        left[below.node, below.indices] += 1
        added = [Factor(number(1 / data.coefficient), (), _1)] if data.coefficient != 1 else []
        return Rewritten([Factor(*place, exponent) for place, exponent in left.items() if exponent], added=added)
    return None


def _is_short_sum(total: Factor) -> bool:
    distinct = len(set(total.indices)) == len(total.indices)
    short = total.node.kind == "sum" and len(total.node.operands) <= MOST_OVER_DIVISORS
    return distinct and short and total.node.weight <= HEAVIEST_TRIED


def _divisors(total: Node) -> list[Base]:
    """What terms of a sum are divided by; exp is not counted, since 1./(1 + exp(-u)) does not overflow."""
    powers = [powers_of(operand) or {} for operand in total.operands]
    found = dict.fromkeys(base for each in powers for base, exponent in each.items() if exponent < 0)
    return [base for base in found if not is_function(base[0], EXP)]


def _power_in(total: Node, base: Base) -> Fraction:
    """The highest power of a base that a term of a sum is divided by."""
    if not any(o.kind == "contraction" and base[0] in o.operands for o in total.operands):
        return _0
    return -min(((powers_of(operand) or {}).get(base, _0) for operand in total.operands), default=_0)


def _power_of_all(total: Node, base: Base) -> Fraction:
    """The power of a base that all terms of a sum are divided by."""
    return -max((powers_of(operand) or {}).get(base, _0) for operand in total.operands)


def _multiplied(total: Factor, base: Base, power: Fraction) -> list[Factor] | None:
    """The sum times a power of one of its divisors, divided by that power again; None where that is no shorter."""
    made = add([(c, _times(operand, base, power)) for c, operand in total.node.terms], total.node.dims, plain=True)
    more = split_coefficient(made)[1].weight - total.node.weight - base[0].weight
    if more > 0 or (more == 0 and total.exponent < 0):
        return None
    made = add([(_1, made)], total.node.dims)
    divisor = Factor(base[0], tuple(total.indices[axis] for axis in base[1]), -power * total.exponent)
    return [Factor(made, total.indices, total.exponent), divisor]


def _times(operand: Node, base: Base, power: Fraction) -> Node:
    return product_of(_1, times({}, base, power), operand, operand)


def normaliser(factors: list[Factor], out: Indices) -> Rewritten | None:
    """Σ u^p / (Σ u^p) = 1, where the sum above is over indices of its own.

    No line, since u may have any number of axes, and p be any number.
    """
    for below in factors:
        total = below.node
        if below.exponent > -1 or below.indices or total.kind != "contraction" or len(total.operands) != 1:
            continue
        base, inner, power = total.factors[0]
        if total.product.coefficient != 1 or len(set(inner)) < len(inner):
            continue
        for above in factors:
            alone = all(summed_only_on(i, (above,), factors, out) for i in above.indices)
            if above.node is base and above.exponent == power and alone and len(set(above.indices)) == len(inner):
                kept = without(factors, above, below)
                if below.exponent != -1:
                    kept.append(below._replace(exponent=below.exponent + 1))
                return Rewritten(kept, gone=above.indices)
    return None
