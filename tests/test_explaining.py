"""Explanations: every step is confirmed again, the last one is the derivative, and they are short."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close, at_random, value

NAMES = parse_where("A: m×n, x: n, b: m, S: n×n posdef, X: n×n, y: m, W: k×n, V: m×k, a: scalar")

EXPLAINED = [
    ("norm2(A*x - b)^2", "x"),
    ("sum(log(1 + exp(-y.*(A*x))))", "x"),
    ("x'*X*x", "x"),
    ("logdet(X)", "X"),
    ("norm2(tanh(W*x))^2", "W"),
    ("(x'*X*x)/(x'*x)", "x"),
    ("logsumexp(A*x) - b'*A*x", "x"),
    ("exp(x)", "x"),
    ("x'*inv(X)*x", "X"),
    ("softmax(A*x)", "x"),
    ("norm2(V*tanh(W*x) - y)^2", "x"),
    ("exp(-norm2(x)^2)", "x"),
    ("a^3 + a", "a"),
    ("A*x", "A"),
    ("sqrt(x'*S*x)", "x"),
    ("b'*A*x", "b"),
    ("x'*X*x + x'*S*x + norm2(A*x - b)^2", "x"),
    ("sum(log(1 + exp(-y.*(A*x)))) + 0.5*norm2(x)^2", "x"),
    ("-0.5*(logdet(S) + x'*inv(S)*x)", "S"),
    ("tr(X*X*S) - 2*tr(S*X')", "X"),
    ("x + X*tanh(X*x)", "x"),
    ("-logdet(X)", "X"),
    ("kron(X, X)", "X"),
    ("a", "x"),
]


@pytest.mark.parametrize("style", ["chain", "differential"])
@pytest.mark.parametrize(("formula", "by"), EXPLAINED)
@pytest.mark.quick_part(7)
def test_the_steps_are_confirmed_and_end_with_the_derivative(formula: str, by: str, style: str) -> None:
    f, x = mc.parse(formula, NAMES), NAMES[by]
    steps = mc.explain(f, x, style=style)
    wanted = mc.gradient(f, x) if f.shape.is_scalar else mc.jacobian(f, x)
    assert steps.result is wanted
    assert mc.verify(steps.to_json()).status == "correct"
    assert len(steps.steps) <= 12
    for text in (str(steps), steps.to_markdown(), steps.to_html(), steps.to_latex()):
        assert len(text.splitlines()) >= len(steps.steps)


def test_each_chain_has_the_value_of_the_whole() -> None:
    """The product of the local Jacobians, at the values of the parts, is the Jacobian."""
    f, x = mc.parse("norm2(V*tanh(W*x) - y)^2", NAMES), NAMES["x"]
    steps = mc.explain(f, x).steps
    values = at_random(f, x, seed=3)
    parts = {s.left: s.formula for s in steps if s.left.startswith("u")}
    for name, part in parts.items():
        values[name] = value(part, values)
    total = None
    for step in steps:
        if step.left.startswith("∂") and "·" not in step.factors and step.left != "∂f/∂x":
            here = value(step.formula, values)
            total = here if total is None else here @ total
    assert_close(total, value(mc.jacobian(f, x), values))


TERMS = [
    ("x'*X*x + b'*A*x", "x", ["f1", "f2"]),
    ("norm2(A*x - b)^2 - a*x'*x + b'*b", "x", ["f1", "f2"]),
    ("tr(X*S*X') - 2*tr(X*S)", "X", ["f1", "f2"]),
    ("b'*A*x + y'*A*x", "x", []),  # linear: one step
    ("a^3 + a", "a", []),
]


@pytest.mark.parametrize("style", ["chain", "differential"])
@pytest.mark.parametrize(("formula", "by", "terms"), TERMS)
def test_sums_go_term_by_term(formula: str, by: str, terms: list[str], style: str) -> None:
    """Terms that depend on the variable are named, and their derivatives added up in the end."""
    f, x = mc.parse(formula, NAMES), NAMES[by]
    steps = mc.explain(f, x, style=style).steps
    named = [s for s in steps if s.left in ("f1", "f2", "f3")]
    assert [s.left for s in named] == terms
    assert terms == [] or any(" + ".join(f"d{t}" for t in terms) in s.factors or "∂f1" in s.factors for s in steps)


def test_many_terms_have_their_linear_ones_together() -> None:
    names = parse_where("X: n×n, c: n, d: n, x: n")
    steps = mc.explain(mc.parse("x'*X*x + c'*x - d'*x + sum(exp(x)) + norm1(x)", names), names["x"]).steps
    assert [(step.left, str(step.formula)) for step in steps if step.left in ("f1", "f2", "f3", "f4")] == [
        ("f1", "x'*X*x"), ("f2", "c'*x - d'*x"), ("f3", "sum(exp(x))"), ("f4", "norm1(x)")
    ]  # fmt: skip
    assert [step.reason for step in steps if step.left == "f2"] == ["the linear terms"]


DIFFERENTIALS = [  # what is linear is written as the formula is; equal terms of the product rule are told
    ("tr(P*H'*G')", "G", "tr(P*H'*dG')", "linear in G"),
    ("x'*S*x", "x", "2*(dx'*S*x)", "product rule; its terms are equal"),
    ("0.5*x'*S*x", "x", "dx'*S*x", "product rule; its terms are equal"),
    ("x'*P*x", "x", "dx'*P*x + x'*P*dx", "product rule"),
    ("x'*P*S*x", "x", "dx'*P*S*x + x'*P*S*dx", "product rule"),
    ("0*x'*x", "x", "0", "product rule"),
]


@pytest.mark.parametrize(("formula", "by", "differential", "reason"), DIFFERENTIALS)
def test_a_differential_reads_as_on_the_board(formula: str, by: str, differential: str, reason: str) -> None:
    names = parse_where("P: n×n, H: m×n, G: n×m, S: n×n symmetric, x: n")
    step = mc.explain(mc.parse(formula, names), names[by], style="differential").steps[1]
    assert (step.left, str(step.formula), step.reason) == ("df", differential, reason)


def test_latex_is_whole() -> None:
    """Chains are typeset, and nothing in a text is left that LaTeX takes for a command."""
    text = mc.explain(mc.parse("norm2(tanh(A*x) - b)^2", NAMES), NAMES["x"]).to_latex()
    assert r"\underbrace{\frac{\partial f}{\partial u_{2}^{\top}}}_{1 \times m}" in text
    for line in text.splitlines()[1:-1]:
        reason = line.split(r"\text{", 1)[1]
        assert "∂" not in line
        assert r"Abramowitz \& Stegun" in reason or "&" not in reason
        assert "^" not in reason.replace(r"\^{}", "")


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda: mc.explain(mc.parse("x'*x", NAMES), NAMES["x"], style="prose"), "unknown style"),
        (lambda: mc.explain(mc.parse("x'*x", NAMES), mc.parse("2*x", NAMES)), "by variables"),
    ],
)
def test_bad_input_is_told_in_words(act: object, text: str) -> None:
    with pytest.raises(mc.MatcalcError, match=text):
        act()  # type: ignore[operator]
