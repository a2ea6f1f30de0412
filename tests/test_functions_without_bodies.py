"""Functions without a known body: claims about them, their derivations, and copies."""

from __future__ import annotations

import copy
import pickle

import pytest

import matcalc as mc
from matcalc.expr import Expr
from matcalc.function import Function

NAMES: dict[str, Expr | Function] = {
    "A": mc.matrix("A", "m", "n"),
    "X": mc.matrix("X", "n", "m"),
    "a": mc.vector("a", "m"),
    "x": mc.vector("x", "n"),
    "t": mc.scalar("t"),
    "g": mc.function("g", "k"),
    "h": mc.function("h"),
}

CLAIMS = [
    # formula, variable, kind, claim, mistake ("" where there is none), repaired
    ("h(A*x)", "x", "gradient", "A'*D(h)(A*x)'", "", None),
    ("h(A*x)", "x", "gradient", "2*A'*D(h)(A*x)'", "factor", "A'*D(h)(A*x)'"),
    ("h(A*x)", "x", "gradient", "-A'*D(h)(A*x)'", "sign", "A'*D(h)(A*x)'"),
    ("norm2(g(x))^2", "x", "gradient", "2*D(g)(x)'*g(x)", "", None),
    ("norm2(g(x))^2", "x", "gradient", "D(g)(x)'*g(x)", "factor", "2*D(g)(x)'*g(x)"),
    ("h(g(x))", "x", "jacobian", "D(h)(g(x))*D(g)(x)", "", None),
    ("h(g(x))", "x", "jacobian", "D(g)(x)*D(h)(g(x))", "order", "D(h)(g(x))*D(g)(x)"),
    ("h(g(x))", "x", "gradient", "D(h)(g(x))*D(g)(x)", "layout", "(D(h)(g(x))*D(g)(x))'"),
    ("g(A*x)", "x", "jacobian", "D(g)(A*x)*A", "", None),
    ("h(A*x)", "x", "hessian", "A'*D(D(h))(A*x)*A", "", None),
    ("h(x)", "x", "hessian", "D(D(h))(x)'", "", None),
    ("h(A*x)", "x", "hessian", "A*D(D(h))(A*x)*A'", "order", "A'*D(D(h))(A*x)*A"),
    ("h(g(x))", "x", "hessian", "D(g)(x)'*D(D(h))(g(x))*D(g)(x)", "other", None),
    ("h(t)^2", "t", "hessian", "2*D(h)(t)^2 + 2*h(t)*D(D(h))(t)", "", None),
    ("h(A*x)", "x", "jvp", "D(h)(A*x)*A*v", "", None),
    ("h(X*a)", "X", "gradient", "D(h)(X*a)'*a'", "", None),
    ("exp(h(t*x))", "t", "gradient", "exp(h(t*x))*D(h)(t*x)*x", "", None),
    ("exp(h(t*x))", "t", "gradient", "D(h)(t*x)*x", "chain factor", "exp(h(t*x))*(D(h)(t*x)*x)"),
]


@pytest.mark.parametrize(("formula", "by", "kind", "claim", "mistake", "repaired"), CLAIMS)
def test_claims_about_them_are_judged_and_put_right(
    formula: str, by: str, kind: str, claim: str, mistake: str, repaired: str | None
) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES[by], kind=kind)  # type: ignore[arg-type]
    assert (verdict.status, verdict.mistake or "", verdict.repaired) == (
        "wrong" if mistake else "correct", mistake, repaired,
    )  # fmt: skip
    assert mc.verify(verdict.to_json()).status == "correct"


@pytest.mark.parametrize(
    ("left", "right", "status"),
    [
        ("norm2(g(x))^2", "g(x)'*g(x)", "correct"),
        ("(h(x) + 1)^2", "h(x)^2 + 2*h(x) + 1", "correct"),
        ("sum(g(x))", "2*sum(g(x))", "wrong"),
        ("h(x)", "h(x) + 1", "wrong"),
        ("h(x)", "h(2*x)", "wrong"),
        ("D(D(h))(x)", "D(D(h))(x)'", "correct"),
        ("D(D(g))(x)*x", "0*D(D(g))(x)*x", "wrong"),
        ("D(D(D(h)))(x)*x", "vec(D(D(h))(x))", "wrong"),
    ],
)
def test_formulas_with_them_are_compared(left: str, right: str, status: str) -> None:
    verdict = mc.equal(mc.parse(left, NAMES), mc.parse(right, NAMES))
    assert verdict.status == status
    assert mc.verify(verdict.to_json()).status == "correct"


@pytest.mark.parametrize("style", ["chain", "differential"])
@pytest.mark.parametrize(
    ("formula", "by"),
    [("h(A*x)", "x"), ("norm2(g(A*x))^2", "x"), ("g(x)", "x"), ("exp(h(x)) + x'*x", "x"), ("h(X*a)", "X")],
)
def test_they_are_derived_in_steps_that_are_verified(formula: str, by: str, style: str) -> None:
    explanation = mc.explain(mc.parse(formula, NAMES), NAMES[by], style=style)  # type: ignore[arg-type]
    assert "its Jacobian is D(" in str(explanation)
    assert mc.verify(explanation.to_json()).status == "correct"


def test_derivations_by_hand_are_checked_line_by_line() -> None:
    report = mc.check_derivation(
        ["df = D(h)(A*x)*A*dx", "D = A'*D(h)(A*x)'", "D = D(h)(A*x)*A"],
        mc.parse("h(A*x)", NAMES), NAMES["x"],  # type: ignore[arg-type]
    )  # fmt: skip
    assert [line.verdict.status for line in report.lines if line.verdict is not None] == ["correct", "correct", "wrong"]


def test_code_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(mc.EvaluationError, match="h has no value"):
        mc.check_code(lambda x: x, mc.parse("h(x)", NAMES), NAMES["x"])  # type: ignore[arg-type]


def test_a_function_that_is_not_declared_is_told_to_be_so() -> None:
    with pytest.raises(mc.ParseError, match=r'declare the function: \{"q": function\("q"\)\}'):
        mc.check("A'*D(q)(A*x)'", mc.parse("h(A*x)", NAMES), NAMES["x"])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["exp(x)'*x", "sum(g(x))", "D(g)(A'*a)*x", "D(D(h))(x)*x + logdet(X*X')*x"])
def test_copies_of_formulas_that_call_functions_are_the_same_objects(text: str) -> None:
    formula = mc.parse(text, NAMES)
    assert pickle.loads(pickle.dumps(formula)) is formula
    assert copy.deepcopy(formula) is formula
