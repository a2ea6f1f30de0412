"""Logarithms and exponentials that are computed by other functions, where these are right and the plain ones are not.

log(1 + u) loses what is small in u, log(exp(u) + exp(v)) overflows, exp(u) - 1 loses what is small in u.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from matcalc.expr import Function
from matcalc.functions import FUNCTIONS, POWER
from matcalc.network.build import add, scale
from matcalc.network.nodes import Node, constant_value, is_function
from matcalc.rational import Fraction

LOGADDEXP = replace(POWER, name="logaddexp", numpy="np.logaddexp({u}, {v})")

LOG_OF_REST = replace(
    FUNCTIONS["exp"],
    name="log_of_rest",
    numpy="""_log_of_rest({u})

def _log_of_rest(u):
    \"\"\"log(1 - exp(u)), right where exp(u) is close to 0 and where it is close to 1.\"\"\"
    small = np.maximum(u, -0.7)
    return np.where(u < small, np.log1p(-np.exp(np.minimum(u, -0.7))), np.log(-np.expm1(small)))
""",
)

LOG_COSH = replace(
    FUNCTIONS["cosh"],
    name="log_cosh",
    numpy="""_log_cosh({u})

def _log_cosh(u):
    \"\"\"log(cosh(u)), without overflow.\"\"\"
    size = np.abs(u)
    return size + np.log1p(np.expm1(-2.0 * size) / 2.0)
""",
)

_1 = Fraction(1)
_2 = Fraction(2)


class Call(NamedTuple):
    """A function of some nodes."""

    function: Function
    operands: list[Node]


def logarithm(node: Node) -> Call | None:
    """The function that computes log(node); None where it is the logarithm."""
    if is_function(node, "cosh"):
        return Call(LOG_COSH, [node.operands[0]])
    (cosh, *_) = node.operands or (node,)
    if node.kind == "contraction" and is_function(cosh, "cosh") and node is scale(_2, cosh):
        (u,) = cosh.operands
        return Call(LOGADDEXP, [u, scale(-_1, u)])
    if node.kind != "sum":
        return None
    constant, others = _parts(node)
    exponents = [exponent for c, term in others if (exponent := exponent_of(term)) is not None]
    signs = [c for c, _ in others]
    if constant == 1 and signs == [-1] and exponents:
        return Call(LOG_OF_REST, exponents)
    if constant == 1:
        return Call(FUNCTIONS["log1p"], [add(others, node.dims)])
    if not constant and signs == [1, 1] and len(exponents) == 2:
        return Call(LOGADDEXP, exponents)
    return None


def less_one(node: Node) -> tuple[Fraction, Node] | None:
    """c and u of a sum c*(exp(u) - 1)."""
    constant, others = _parts(node)
    if len(others) != 1 or others[0][0] != -constant:
        return None
    exponent = exponent_of(others[0][1])
    return None if exponent is None else (others[0][0], exponent)


def exponent_of(node: Node) -> Node | None:
    """The u of exp(u), which may be written as a power of an exponential."""
    if is_function(node, "exp"):
        return node.operands[0]
    if node.kind != "contraction" or len(node.operands) != 1 or node.data.coefficient != 1:
        return None
    (factor,) = node.factors
    if not is_function(factor.node, "exp") or factor.indices != node.data.out:
        return None
    return scale(factor.exponent, factor.node.operands[0])


def _parts(node: Node) -> tuple[Fraction, list[tuple[Fraction, Node]]]:
    """The constant of a sum, and its other terms."""
    constant = sum((c * number for c, term in node.terms if (number := constant_value(term)) is not None), Fraction(0))
    return constant, [(c, term) for c, term in node.terms if constant_value(term) is None]
