"""Conditions, which are comparisons joined by and, or and not, and ``where``, which asks one.

A condition is no number: ``where`` alone takes it. In the network it is one: 1 where it holds, else 0. There, every
comparison is one of a difference with zero, so that x > y and y < x are one. A condition is a strong zero: a product
with it is 0 where it does not hold, whatever the other factors are.
"""

from __future__ import annotations

from typing import Any

from matcalc.function import CONDITIONS, FLAT, Function
from matcalc.functions.elementwise import PAIR

_TRIPLE = " | ".join(
    f"{u},{v},{w}->(m,n)"
    for u, v, w in (
        ("(m,n)", "(m,n)", "(m,n)"), ("(1,1)", "(m,n)", "(m,n)"), ("(m,n)", "(1,1)", "(m,n)"),
        ("(m,n)", "(m,n)", "(1,1)"), ("(1,1)", "(1,1)", "(m,n)"), ("(1,1)", "(m,n)", "(1,1)"),
        ("(m,n)", "(1,1)", "(1,1)"),
    )
)  # fmt: skip


def _comparison(sign: str, definition: str, latex: str, pretty: str = "") -> Function:
    return Function(
        sign, PAIR, f"u {sign} v, entry by entry", ("u", "v"), definition=definition, latex=latex, infix=pretty or sign,
        states=True, pieces="sign", kink="u - v",
    )  # fmt: skip


COMPARISONS = (
    _comparison(">", "step(u - v)", ">"),
    _comparison("<", "step(v - u)", "<"),
    _comparison(">=", "nonnegative(u - v)", r"\ge", "≥"),
    _comparison("<=", "nonnegative(v - u)", r"\le", "≤"),
    _comparison("==", "iszero(u - v)", "=", "="),
    _comparison("!=", "nonzero(u - v)", r"\ne", "≠"),
)

_CONNECTIVES = (
    Function(
        "and", PAIR, "both hold", ("u", "v"), definition="u.*v",
        latex=r"\text{ and }", infix="and", states=True, asks=2,
    ),
    Function(
        "or", PAIR, "one of them holds, or both", ("u", "v"), derivative=f"{FLAT}; 0*v", range="[0, 1]",
        numpy="np.maximum({u}, {v})", c="({u} != 0 || {v} != 0 ? 1.0 : 0.0)", precise="u if u else v",
        latex=r"\text{ or }", infix="or", states=True, asks=2, is_indicator=True,
    ),
    Function(
        "not", "(m,n)->(m,n)", "it does not hold", ("u",), elementwise=True,
        latex=r"\text{not }", infix="not", states=True, asks=1,
    ),
)  # fmt: skip


def _indicator(name: str, summary: str, numpy: str, c: str, precise: str, **more: Any) -> Function:
    return Function(
        name, "(m,n)->(m,n)", summary, ("u",), derivative=FLAT, numpy=numpy, c=f"({c} ? 1.0 : 0.0)", precise=precise,
        range="[0, 1]", pieces="sign", is_indicator=True, flops="m*n", **more,
    )  # fmt: skip


_INDICATORS = (
    _indicator("nonnegative", "1 where the entry is not negative, else 0", "np.heaviside({u}, 1)",
               "{u} >= 0", "0*u + (u >= 0)", at_zero=1, at_one=1),
    _indicator("iszero", "1 where the entry is 0, else 0", "1.0 * ({u} == 0)",
               "{u} == 0", "0*u + (u == 0)", at_zero=1, at_one=0, parity="even"),
    _indicator("nonzero", "1 where the entry is not 0, else 0", "1.0 * ({u} != 0)",
               "{u} != 0", "0*u + (u != 0)", at_zero=0, at_one=1, parity="even"),
)  # fmt: skip

WHERE = Function(
    "where", f"{_TRIPLE}", "v where the condition u holds, else w; what is not taken has no say", ("u", "v", "w"),
    elementwise=True, asks=1, numpy="np.where({u}, {v}, {w})", c="({u} != 0 ? {v} : {w})", precise="v if u else w",
)  # fmt: skip

CONDITIONS.update({f.name: f for f in (*COMPARISONS, *_CONNECTIVES, *_INDICATORS, WHERE)})
