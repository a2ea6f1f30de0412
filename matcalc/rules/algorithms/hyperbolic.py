"""Exponentials of opposite exponents: v*exp(u) + v*exp(-u) = 2*v*cosh(u), v*exp(u) - v*exp(-u) = 2*v*sinh(u).

No lines, since the common factor v may be any, and terms are paired by a table in one pass.
"""

from __future__ import annotations

from matcalc.functions import EXP, FUNCTIONS
from matcalc.network.build import scale
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Node, is_function
from matcalc.rational import Fraction
from matcalc.rules.algorithms.terms import Base, Powers, powers_of, product_of

Terms = list[tuple[Node, Fraction]]

_1 = Fraction(1)
_0 = Fraction(0)


def hyperbolics(terms: Terms) -> Terms:
    """The terms of a sum, with each two of opposite exponents as one."""
    met: dict[tuple[Base, Fraction, frozenset[tuple[Base, Fraction]]], tuple[Node, Fraction]] = {}
    for node, coefficient in terms:
        powers = _powers_with_exp(node)
        for base, power in powers.items():
            if not is_function(base[0], EXP):
                continue
            others = {other: p for other, p in powers.items() if other != base}
            rest = frozenset(others.items())
            opposite, amount = met.get((base, -power, rest), (node, _0))
            if abs(amount) != abs(coefficient):
                met[base, power, rest] = node, coefficient
                continue
            name = "cosh" if amount == coefficient else "sinh"
            made = product_of(_1, {**others, _hyperbolic(name, base, abs(power)): _1}, node)
            left = [term for term in terms if term[0] is not node and term[0] is not opposite]
            return hyperbolics(_with(left, made, 2 * (coefficient if power > 0 else amount)))
    return terms


def _powers_with_exp(node: Node) -> Powers:
    """The factors of a product entry by entry in which exponentials stand; none of anything else."""
    if is_function(node, EXP):
        return {(node, tuple(range(node.rank))): _1}
    for operand in node.operands if node.kind == "contraction" else ():
        if is_function(operand, EXP):
            return powers_of(node) or {}
    return {}


def _hyperbolic(name: str, exp: Base, power: Fraction) -> Base:
    argument = scale(power, exp[0].operands[0])
    return Node("elementwise", (argument,), FUNCTIONS[name], argument.dims), exp[1]


def _with(terms: Terms, node: Node, coefficient: Fraction) -> Terms:
    factor, core = split_coefficient(node, coefficient)
    total = dict(terms)
    total[core] = total.get(core, _0) + factor
    return [(term, c) for term, c in total.items() if c]
