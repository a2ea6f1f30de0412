"""Passes by which programs are made: each changes what its example says, a plan says which did, and values stay."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from matcalc.plans.plan import Plan
from matcalc.program.passes import PASSES

NAMES = parse_where(
    "A: m×n, B: n×n, X: n×n, M: m×m, U: n×k, V: n×n posdef, a: n, b: m, x: n, p: n positive, c: scalar, s: scalar,"
    " e: 3, f: 3"
)

# A formula that each pass changes, and what is asked of it.
EXAMPLES = {
    "branches": ("sum(where(x > 0, sqrt(x), 0))", "gradient", "x"),
    "adjugates": ("det(X)", "gradient", "X"),
    "series": ("(1 - cos(c))/c^2", "value", ""),
    "logarithms of sums": ("log(1 + sum(exp(x)))", "gradient", "x"),
    "shifts": ("sum(rowlogsumexp(0.5*(A + b*ones(n)')))", "gradient", "A"),
    "limits": ("norm2(x)*x", "jacobian", "x"),
    "hypotenuses": ("sqrt(x.^2 + a.^2)", "value", ""),
    "cross products": ("cross(e, f)", "value", ""),
    "cumulative sums": ("cumsum(A*x)", "value", ""),
    "convolutions": ("conv(a, b)", "value", ""),
    "common factors": ("diag(p)*B - p*p'*B", "value", ""),
    "Woodbury": ("inv(diag(p) + U*U')*x", "value", ""),
    "sums of deltas": ("X*X'", "jacobian", "X"),
    "quotients of exponentials": ("exp(c)/(1 + exp(c) + exp(s))", "value", ""),
    "parts": ("(a'*x)*(B + B')*x + (x'*B*x)*a", "value", ""),
    "powers in parts": ("x/norm2(x)^3", "value", ""),
    "halves": ("A'*diag(exp(b))*A", "value", ""),
    "shared halves": ("(A*B)'*M*(A*B)", "value", ""),
    "slopes of sigmoid": ("sum(sigmoid(A*x))", "gradient", "x"),
    "norms": ("norm2(A*x - b)", "gradient", "x"),
}


def test_each_pass_has_an_example() -> None:
    assert list(EXAMPLES) == [one.name for one in PASSES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_plan_says_which_passes_changed_it(name: str) -> None:
    text, kind, by = EXAMPLES[name]
    formula = mc.parse(text, NAMES)
    result = formula if kind == "value" else getattr(mc, kind)(formula, NAMES[by])
    plan = Plan({kind: result}, "optimal", None, for_speed=True)
    assert name in [line.split(":")[0] for line in plan.trace().splitlines()]


def test_a_plan_without_passes_says_so() -> None:
    assert mc.plan(mc.parse("A*x", NAMES)).trace() == "no pass changed anything"


def test_a_trace_says_what_is_gained() -> None:
    assert mc.plan(mc.gradient(mc.parse("det(X)", NAMES), NAMES["X"])).trace() == (
        "adjugates: det(X)*inv(X) is adj(X), det(X)/det(Y) is a difference of logarithms. Gain: values where X is "
        "singular, and where its determinant is no double. Source: Stewart, On the adjugate matrix (1998)."
    )
