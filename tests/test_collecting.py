"""What is taken out of sums, and what is better not: each preference has an example here."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.lifting.lift import lift
from matcalc.lifting.sharing import PREFERENCES
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where

DECLARED = parse_where("A: n×n, B: n×n, C: n×n, D: n×n, X: m×n, u: n×1, v: n×1, x: n×1, w: m×1, s: 1×1, a: 1×1, b: 1×1")

TAKEN_OUT = [
    ("A*x + A'*x", "(A + A')*x"),
    ("u.*v + u.*x", "u.*(v + x)"),
    ("kron(A, B) + kron(A, C)", "kron(A, B + C)"),
    ("A*B*x + A*C*x", "A*(B + C)*x"),
    ("A'*A + A'*B*A", "A'*(eye(n) + B)*A"),
    ("A^3*x + A^2*x", "(A^2 + A^3)*x"),
    ("a*s^2 + b*s^2", "s^2*(a + b)"),
    ("X*A + w*u'*A", "(X + w*u')*A"),
    ("X*A + ones(m)*u'*A", "(X + ones(m)*u')*A"),
    ("u*ones(n)' + v*ones(n)'", "(u + v)*ones(n)'"),
    ("kron(A, eye(n)) + kron(B, eye(n))", "kron(A + B, eye(n))"),
    ("diag(A*u) + diag(A'*v)", "diag(A*u + A'*v)"),
]

STAYS = {
    "at_most_matrices": "kron(A*C, B) + kron(A, D)",
    "scalings_beside_deltas": "diag(u.*v) - u*v'",
    "rows_and_columns": "unit(m,1)*X[2,:] + unit(m,2)*X[1,:]",
    "products_with_vectors": "(A.*B)*v + (A.*C)*x",
    "whole_scalings": "diag(u)*B + diag(u.*v)*A",
    "no_ones_beside_arrays": "A.*B + diag(u)*A",
    "no_identity": "x + A*x",
}

POWERS = ["a*s^2 + b*s^3", "sin(x)./x + cos(x)./x.^2"]


def written(formula: str) -> str:
    view = lower(mc.parse(formula, DECLARED))
    return str(lift(view.node, view.rows))


@pytest.mark.parametrize(("formula", "text"), TAKEN_OUT)
def test_what_terms_share_is_taken_out(formula: str, text: str) -> None:
    assert mc.parse(written(formula), DECLARED) is mc.parse(text, DECLARED)


@pytest.mark.parametrize("preference", PREFERENCES, ids=lambda preference: preference.__name__)
def test_what_is_better_not_taken_out_stays(preference: object) -> None:
    formula = STAYS[preference.__name__]  # type: ignore[attr-defined]
    assert sorted(written(formula)) == sorted(formula)  # but for the order of terms


@pytest.mark.parametrize("formula", POWERS)
def test_no_part_of_a_power_is_taken_out_alone(formula: str) -> None:
    assert sorted(written(formula)) == sorted(formula)
