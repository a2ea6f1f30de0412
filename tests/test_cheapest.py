"""``cheapest``: a formula with the value of the one that was given, whose brackets cost what the optimal plan costs."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close, at_random, value

NAMES = parse_where(
    "A: m×n, B: n×k, C: k×m, S: n×n posdef, x: n, y: k, z: m, p: n positive, r: 1×n, c: scalar, d: scalar"
)
SIZES = {"m": 4, "n": 3, "k": 5}

FORMULAS = [
    "A*B*y",
    "A*B*C*z",
    "z'*A*B*y",
    "A*x*x'*A'",
    "(A*B).*(z*y')",
    "tr(A*B*C)",
    "diag(p)*B*y",
    "inv(S)*x",
    "inv(S)*B*C",
    "logdet(S)*x",
    "A'*(A*x - z)",
    "2*A'*(A*x - z) + c*x/norm2(x)",
    "exp(c*x)./p - sqrt(p)",
    "r*B*y*r",
    "sum(A*B)*B",
    "rowsum(A)'*A",
    "A[1,:]*x*B",
    "x*x'*x*x'*x",
    "n*B - pi*B",
    "c^3*d^-1*x",
]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("sizes", [None, SIZES])
def test_the_cheapest_formula_has_the_same_shape_and_value(text: str, sizes: dict[str, int] | None) -> None:
    formula = mc.parse(text, NAMES)
    known = sizes and {symbol: sizes[symbol] for symbol in mc.plan(formula).symbols}
    found = mc.cheapest(formula, known)
    assert found.shape == formula.shape
    at = at_random(formula, sizes=SIZES)
    assert_close(value(found, at, SIZES), value(formula, at, SIZES), 1e-10)


BRACKETS = [
    ("A*B*C*z", {"m": 2, "n": 3, "k": 4}, "A*(B*(C*z))"),
    ("A*B*C", {"m": 100, "n": 2, "k": 100}, "A*(B*C)"),
    ("x*x'*B*y", None, "((B'*x)'*y)*x"),
]


@pytest.mark.parametrize(("text", "sizes", "cheapest"), BRACKETS)
def test_brackets_show_the_order(text: str, sizes: dict[str, int] | None, cheapest: str) -> None:
    assert str(mc.cheapest(mc.parse(text, NAMES), sizes)) == cheapest


def test_a_formula_in_index_notation_keeps_its_value() -> None:
    formula = mc.parse("T[i,k] = sum_{j} A[i,j]*B[j,k]*C[k,i]*x[j]", NAMES, notation="index")
    at = at_random(formula, sizes=SIZES)
    assert_close(value(mc.cheapest(formula), at, SIZES), value(formula, at, SIZES), 1e-10)
