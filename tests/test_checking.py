"""Claims, derivations, code and certificates: verdicts are right, mistakes are named, and each verdict holds again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.api_checking import question
from matcalc.checking.slopes import Question, Slopes
from matcalc.checking.values import Point
from matcalc.checking.verdict import Counterexample
from matcalc.notation.declarations import parse_where

DATA = Path(__file__).parent / "data"


def load(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


# One claim stands twice, once as the gradient by the free entries of a symmetric matrix, which is another question.
CHECKS = [row for row in load("checks.jsonl") if not row.get("structured") and row["id"] != "chk-056"]
DERIVATIONS = load("derivations.jsonl")


def declared(row: dict[str, Any]) -> dict[str, mc.Expr]:
    return {name: mc.variable(name, *(spec["shape"] or (1, 1)), *spec["attrs"]) for name, spec in row["vars"].items()}


OTHER = {"correct": "wrong", "wrong": "correct"}


def verdict_of(row: dict[str, Any]) -> mc.Verdict:
    v = declared(row)
    return mc.check(row["claim"], mc.parse(row["expr"], v), *(v[name] for name in row["wrt"]), kind=row["kind"])


@pytest.mark.parametrize("row", CHECKS, ids=[row["id"] for row in CHECKS])
@pytest.mark.quick_part(4)
def test_verdicts(row: dict[str, Any]) -> None:
    verdict = verdict_of(row)
    assert verdict.status == row["verdict"], str(verdict)
    if verdict.status == "wrong":
        assert verdict.mistake
        assert verdict.explanation
    if verdict.repaired is not None:
        assert verdict_of({**row, "claim": verdict.repaired}).status == "correct"


@pytest.mark.parametrize("row", DERIVATIONS, ids=[row["id"] for row in DERIVATIONS])
def test_derivations(row: dict[str, Any]) -> None:
    v = declared(row)
    report = mc.check_derivation(row["lines"], mc.parse(row["expr"], v), *(v[n] for n in row["wrt"]), kind=row["kind"])
    assert report.first_bad_line == row["first_bad_line"]
    assert [bool(line.verdict) for line in report.lines] == row["line_ok"]


NAMES = parse_where(
    "A: m×n, B: n×p, X: n×n, Y: n×n, Z: m×n, x: n, y: n, z: m, b: m, S: n×n symmetric, c: scalar, P: n×n posdef, "
    "V: m×k, W: k×n"
)

# mistake, formula, variable, kind, claim, repaired
MISTAKES = [
    ("sign", "norm2(A*x - b)^2", "x", "gradient", "2*A'*(b - A*x)", "-2*A'*(b - A*x)"),
    ("factor", "norm2(A*x - b)^2", "x", "gradient", "A'*(A*x - b)", "2*A'*(A*x - b)"),
    ("factor", "norm2(x)^2 + c*y'*x", "x", "gradient", "x + c*y", None),
    ("layout", "x'*X*x", "x", "gradient", "x'*(X + X')", None),
    ("layout", "A*x", "x", "jacobian", "A'", "A"),
    ("transpose", "z'*A*x", "x", "gradient", "A*z", "A'*z"),
    ("transpose", "logdet(X)", "X", "gradient", "inv(X)", "inv(X)'"),
    ("order", "x'*X'*X*x", "x", "gradient", "2*X*X'*x", "2*X'*X*x"),
    ("symmetry assumed", "x'*X*x", "x", "gradient", "2*X*x", "(X + X')*x"),
    ("missing term", "sum(x.*exp(x))", "x", "gradient", "x.*exp(x)", None),
    ("exponent", "norm2(x)", "x", "gradient", "2*x", None),
    ("exponent", "sum(x.^3)", "x", "gradient", "3*x.^3", None),
    ("diag", "exp(x)", "x", "jacobian", "exp(x)", "diag(exp(x))"),
    ("inverse", "logdet(X)", "X", "gradient", "X'", None),
    ("vec order", "A*X*B", "X", "jacobian", "kron(A, B')", "kron(B', A)"),
    ("commutation", "Z'", "Z", "jacobian", "eye(m*n)", None),
    ("chain factor", "sum(tanh(A*x))", "x", "gradient", "A'*ones(m)", None),
    ("wrong variable", "x'*X*y", "x", "gradient", "X'*x", None),
    ("structure", "tr(Y*S)", "S", "gradient", "Y' + Y - diag(diag(Y))", None),
    ("shape", "norm2(A*x - b)^2", "x", "gradient", "A*b", None),
    ("sign", "sum(softplus(-z.*(A*x)))", "x", "gradient", "-A'*(z.*sigmoid(z.*(A*x)))", None),
    ("sign", "(c*y'*x)/(x'*x)", "x", "gradient", "c*y/(x'*x) + 2*c*(y'*x)*x/(x'*x)^2", None),
    ("factor", "x'*X*x + c*x'*x", "x", "gradient", "(X + X')*x + c*x", "(X + X')*x + 2*c*x"),
    ("exponent", "norm2(x)^3", "x", "gradient", "3*norm2(x)^2*x", "3*norm2(x)*x"),
    ("exponent", "sqrt(1 + x'*x)", "x", "gradient", "x*sqrt(1 + x'*x)", "x/sqrt(1 + x'*x)"),
    ("exponent", "sum(sqrt(1 + x.^2))", "x", "gradient", "x.*sqrt(1 + x.^2)", "x./sqrt(1 + x.^2)"),
    (
        "transpose",
        "norm2(V*tanh(W*x) - b)^2",
        "W",
        "gradient",
        "2*((V*(V*tanh(W*x) - b)).*(1 - tanh(W*x).^2))*x'",
        "2*(V'*(V*tanh(W*x) - b).*(1 - tanh(W*x).^2))*x'",
    ),
    ("order", "logdet(P) + tr(inv(P)*S)", "P", "gradient", "inv(P) - inv(P)^2*S", "inv(P) - inv(P)*S*inv(P)"),
    ("order", "det(X + Y*Y)", "X", "gradient", "det(X + Y^2)*inv(X + Y^2)", None),
    ("order", "expm(X)", "X", "jacobian", "kron(eye(n), expm(X))", None),
    ("missing term", "norm2(A*x + b)^2", "x", "gradient", "2*A'*A*x", "2*A'*A*x + 2*A'*b"),
    ("missing term", "(x'*x)^2", "x", "hessian", "4*(x'*x)*eye(n)", "4*(x'*x)*eye(n) + 8*x*x'"),
    ("missing term", "X^3", "X", "jvp", "Y*X^2 + X^2*Y", "Y*X^2 + X^2*Y + X*Y*X"),
    ("missing term", "x.*(X*x)", "x", "jacobian", "diag(X*x)", "diag(X*x) + diag(x)*X"),
    ("missing term", "softmax(x)", "x", "jacobian", "diag(softmax(x) - softmax(x).^2)", None),
    ("missing term", "Z'*Z", "Z", "jacobian", "kron(eye(n), Z')", "kron(eye(n), Z') + kron(Z', eye(n))*K(m,n)"),
    ("commutation", "Z'*Z", "Z", "jacobian", "2*kron(eye(n), Z')", "kron(Z', eye(n))*K(m,n) + kron(eye(n), Z')"),
    ("commutation", "x*x'", "x", "jacobian", "2*kron(x, eye(n))", None),
    ("held constant", "softmax(x)", "x", "jacobian", "diag(softmax(x))", None),
    ("held constant", "x/norm2(x)", "x", "jacobian", "eye(n)/norm2(x)", None),
    ("held constant", "logsumexp(A*x)", "x", "hessian", "A'*diag(softmax(A*x))*A", None),
    ("condition", "x/norm2(x)", "x", "jacobian", "(eye(n) - x*x')/norm2(x)", None),
    ("condition", "-y'*log(softmax(x))", "x", "gradient", "softmax(x) - y", None),
    ("chain factor", "sum(sin(A*x))", "x", "gradient", "cos(A*x)", None),
    ("chain factor", "log(x'*P*x)", "x", "gradient", "2*P*x", "2*P*x/(x'*P*x)"),
    ("chain factor", "sqrt(1 + x'*x)", "x", "gradient", "2*x", "x/sqrt(1 + x'*x)"),
    ("chain factor", "logdet(X + c*Y)", "c", "gradient", "tr(inv(X + c*Y))", "tr(inv(X + c*Y)*Y)"),
    ("chain factor", "norm2(V*sigmoid(W*x) - b)^2", "x", "gradient", "2*W'*V'*(V*sigmoid(W*x) - b)", None),
    (
        "chain factor",
        "norm2(V*sigmoid(W*x) - b)^2",
        "x",
        "gradient",
        "2*W'*diag(1 - sigmoid(W*x).^2)*V'*(V*sigmoid(W*x) - b)",
        None,
    ),
    ("inverse", "A*inv(X)*B", "X", "jacobian", "-kron(B', A)", None),
    ("elementwise", "tr(expm(X))", "X", "gradient", "exp(X)'", "expm(X)'"),
    ("elementwise", "sum(cos(x.^2))", "x", "gradient", "-2*x*sin(x.^2)", "-2*x.*sin(x.^2)"),
    ("diag", "tanh(x)", "x", "jacobian", "eye(n) - tanh(x)*tanh(x)'", "eye(n) - diag(tanh(x).*tanh(x))"),
    ("vec order", "Z*X*x", "Z", "jacobian", "kron(eye(m), (X*x)')", "kron((X*x)', eye(m))"),
    ("other", "det(P + x*x')", "x", "gradient", "2*(det(P) + x'*x)*inv(P)*x", None),
    ("vec order", "Z*X*Z'", "Z", "jacobian", "kron(eye(m), Z*X') + kron(Z*X, eye(m))*K(m,n)", None),
    ("shape", "norm2(A*x)^2 + c*norm2(x)^2", "x", "hessian", "2*A'*A + 2*c", "2*A'*A + 2*c*eye(n)"),
    ("shape", "norm2(A*x - b)^2", "x", "gradient", "2*A'*A*x - 2*b", "2*A'*A*x - 2*A'*b"),
    ("elementwise", "tr(X)^2", "X", "gradient", "2*X", "2*tr(X)*eye(n)"),
    ("order", "X^3", "X", "jvp", "3*X^2*Y", None),
    ("missing term", "log(1 + x'*P*x)", "x", "gradient", "2*P*x/(x'*P*x)", "2*P*x/(1 + x'*P*x)"),
    ("inverse", "logdet(A*A')", "A", "gradient", "2*A*A'*A", "2*inv(A*A')*A"),
    ("inverse", "logdet(A*A')", "A", "gradient", "2*A", "2*inv(A*A')*A"),
    ("diag", "diag(x)*X*x", "x", "jacobian", "diag(x)*X + X*diag(x)", "diag(x)*X + diag(X*x)"),
    ("chain factor", "norm2(A*x - b)^2/m + c*x'*x", "x", "gradient", "2*A'*(A*x - b) + 2*c*x", None),
    ("chain factor", "exp(-c*x'*x)", "x", "gradient", "2*c^2*exp(-c*x'*x)*x", None),
    ("chain factor", "exp(c*x'*x)", "c", "gradient", "c*x'*x*exp(c*x'*x)", "x'*x*exp(c*x'*x)"),
    ("chain factor", "V*relu(W*x)", "x", "jacobian", "V*W", "V*diag(step(W*x))*W"),
    ("chain factor", "V*relu(W*x)", "x", "jacobian", "V*diag(relu(W*x))*W", "V*diag(step(W*x))*W"),
]


@pytest.mark.parametrize(("mistake", "formula", "by", "kind", "claim", "repaired"), MISTAKES,
                         ids=[f"{row[0]}: {row[4]}" for row in MISTAKES])  # fmt: skip
@pytest.mark.quick_part(4)
def test_mistakes_are_named(mistake: str, formula: str, by: str, kind: str, claim: str, repaired: str | None) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES[by], kind=kind)
    assert verdict.status == "wrong"
    named = {"order": {"order", "transpose", "shape"}, "inverse": {"inverse", "transpose"}}.get(mistake, {mistake})
    assert verdict.mistake in named, str(verdict)
    assert repaired is None or verdict.repaired == repaired
    if mistake != "shape":
        assert verdict.repaired is not None
    if verdict.repaired is not None:
        assert mc.check(verdict.repaired, mc.parse(formula, NAMES), NAMES[by], kind=kind).status == "correct"


@pytest.mark.parametrize("row", CHECKS[::3], ids=[row["id"] for row in CHECKS[::3]])
def test_the_right_answer_has_the_slope_of_its_formula(row: dict[str, Any]) -> None:
    """What is not derived, for its slope is another, must not be the answer."""
    v = declared(row)
    by = [v[name] for name in row["wrt"]]
    asked = question(row["claim"], mc.parse(row["expr"], v), by[0], by[1] if by[1:] else None, row["kind"])
    slopes = Slopes(asked, asked.samples[0])
    assert slopes.may_be(slopes.answer, Question(asked.f, asked.x, asked.x)) is not False


EQUAL = [
    ("(A*x - b)'*(A*x - b)", "x'*A'*A*x - 2*b'*A*x + b'*b", True),
    ("inv(X*Y)", "inv(Y)*inv(X)", True),
    ("inv(eye(n) + x*y')", "eye(n) - x*y'/(1 + y'*x)", True),
    ("det(eye(n) + x*y')", "1 + x'*y", True),
    ("sin(2*x)", "2*sin(x).*cos(x)", True),
    ("x'*X*x", "x'*X'*x", True),
    ("X*Y", "Y*X", False),
    ("inv(X + Y)", "inv(X) + inv(Y)", False),
    ("x[3]", "x[2]", False),
    ("relu(x)", "x", False),
    ("abs(x)", "x", False),
    ("S'", "S", True),
    ("n*x", "2*x", False),
    ("(m + n)*x", "5*x", False),
    ("(n^2 - 5*n + 6)*x", "0*x", False),
    ("sigmoid(40*x) - sigmoid(40*x).^2", "sigmoid(40*x).*sigmoid(-40*x)", True),
    ("1 - tanh(20*x).^2", "1./cosh(20*x).^2", True),
]


@pytest.mark.parametrize(("a", "b", "same"), EQUAL)
def test_equality(a: str, b: str, same: bool) -> None:
    verdict = mc.equal(mc.parse(a, NAMES), mc.parse(b, NAMES))
    assert verdict.status == ("correct" if same else "wrong"), str(verdict)
    if not same:
        example = verdict.counterexample
        assert example is not None
        values = {name: np.asarray(value) for name, value in example.values.items()}
        for text, shown in ((a, example.left), (b, example.right)):
            np.testing.assert_allclose(mc.evaluate(mc.parse(text, NAMES), values, example.sizes), shown, rtol=1e-9)


def test_a_structured_gradient_is_another_question() -> None:
    f, S = mc.logdet(mc.matrix("S", "n", "n", "posdef")), mc.matrix("S", "n", "n", "posdef")
    claim = "2*inv(S) - inv(S).*eye(n)"
    assert mc.check(claim, f, S).mistake == "structure"
    assert mc.check(claim, f, S, structure="free").status == "correct"


def test_functions_of_matrices_have_no_value_at_infinity() -> None:
    values = {"X": np.full((2, 2), np.inf)}
    for text in ("polar(X)", "inv(X)", "expm(X)"):
        assert Point({"n": 2}, values).value_of(mc.parse(text, NAMES)) is None
    assert Point({"n": 2}, values).value_of(mc.parse("sigmoid(X)", NAMES)) is not None


SHOWN = [  # values of a claim and of the answer, and what a person reads
    ([0.2, -5.6e-17], [0.04, 0.12], "[0.2, 0], not [0.04, 0.12]"),
    ([1e-20], [2e-20], "[1e-20], not [2e-20]"),
    ([1.0, 1e-18], [1.0, 0.0], "[1, 1e-18], not [1, 0]"),  # the one place where they differ
    (-0.0, 4.0, "0, not 4"),
    ([float("inf"), 1e-30], [1.0, 0.0], "[inf, 0], not [1, 0]"),
]


@pytest.mark.parametrize("left, right, shown", SHOWN)
def test_what_rounding_leaves_of_a_zero_is_shown_as_zero(left, right, shown) -> None:
    assert str(Counterexample({}, {"x": 1.0}, left, right)) == f"at x = 1: {shown}"


def test_a_counterexample_is_small() -> None:
    example = mc.equal(mc.parse("X*Y", NAMES), mc.parse("Y*X", NAMES)).counterexample
    assert example is not None
    assert example.sizes == {"n": 2}


# ---------------------------------------------------------------- lines, code, certificates
def test_a_line_that_follows_from_a_wrong_one_is_told() -> None:
    lines = ["df = dx'*X*x + x'*X*dx", "by symmetry of X", "df = 2*x'*X*dx", "D = 2*X'*x"]
    report = mc.check_derivation(lines, mc.parse("x'*X*x", NAMES), NAMES["x"])
    assert report.first_bad_line == 2
    assert [line.follows for line in report.lines] == [None, None, False, True]
    assert "only true if X is symmetric" in str(report)


LINES = [
    ("x'*X*x + c*x'*x", "x", ["df = (x'*(X + X') + 2*c*x')*dx", "D = (X + X' + 2*c)*x"], 1, "shape"),
    ("tr(Y*X*X)", "X", ["df = tr(Y*dX*X + Y*X*dX)", "df = 2*tr(Y*X*dX)", "D = 2*X'*Y'"], 1, "missing term"),
    ("det(X)", "X", ["df = det(X)*tr(inv(X)*dX)", "D = det(X)*inv(X)"], 1, "transpose"),
    ("norm2(A*x - b)^2", "x", ["f = x'*A'*A*x - 2*b'*A*x + b'*b", "D = 2*A'*A*x - 2*A'*b"], None, None),
    ("z'*sin(A*x)", "x", ["df = z'*diag(cos(A*x))*A*dx", "D = diag(cos(A*x))*A'*z"], 1, "shape"),
]


@pytest.mark.parametrize(("formula", "by", "lines", "bad", "mistake"), LINES)
def test_the_first_bad_line_and_its_mistake(
    formula: str, by: str, lines: list[str], bad: int | None, mistake: str | None
) -> None:
    report = mc.check_derivation(lines, mc.parse(formula, NAMES), NAMES[by])
    assert report.first_bad_line == bad
    verdict = report.lines[-1 if bad is None else bad].verdict
    assert verdict is not None
    assert verdict.mistake in ({"shape", "order"} if mistake == "shape" else {mistake}), str(report)


def test_a_claim_in_index_notation_is_judged() -> None:
    f = mc.parse("x'*S*x", NAMES)
    assert mc.check("[S[i,k]*x[k] | i; ]", f, NAMES["x"]).status == "wrong"
    assert mc.check("[S[i,k]*x[k] | i; ] + S*x", f, NAMES["x"]).status == "correct"


A, x, b = NAMES["A"], NAMES["x"], NAMES["b"]
CODE = [
    (lambda A, b, x: 2 * A.T @ (A @ x - b), "correct", None),
    (lambda A, b, x: A.T @ (A @ x - b), "wrong", "factor"),
    (lambda A, b, x: 2 * A.T @ (b - A @ x), "wrong", "sign"),
    (lambda A, b, x: 2 * A.T @ A @ x, "wrong", "missing term"),
    (lambda A, b, x: x**3, "wrong", "other"),
    (lambda A, b, x: A @ x, "wrong", "shape"),
]


@pytest.mark.parametrize(("function", "status", "mistake"), CODE)
def test_code(function: Any, status: str, mistake: str | None) -> None:
    verdict = mc.check_code(function, mc.norm2(A @ x - b) ** 2, x)
    assert (verdict.status, verdict.mistake) == (status, mistake)


@pytest.mark.parametrize("row", CHECKS[::6], ids=[row["id"] for row in CHECKS[::6]])
def test_certificates_hold_again(row: dict[str, Any]) -> None:
    certificate = verdict_of(row).to_json()
    assert mc.verify(certificate).status == "correct", str(mc.verify(certificate))
    forged = json.loads(certificate)
    forged["status"] = OTHER[forged["status"]]
    assert mc.verify(json.dumps(forged)).status == "wrong"


@pytest.mark.parametrize("row", DERIVATIONS, ids=[row["id"] for row in DERIVATIONS])
@pytest.mark.quick_part(4)
def test_the_certificate_of_a_derivation_holds_again_and_a_forged_line_does_not(row: dict[str, Any]) -> None:
    v = declared(row)
    report = mc.check_derivation(row["lines"], mc.parse(row["expr"], v), *(v[n] for n in row["wrt"]), kind=row["kind"])
    found = mc.verify(report.to_json())
    assert found.status == "correct", str(found)
    forged = json.loads(report.to_json())
    last = [line for line in forged["lines"] if "status" in line][-1]
    last["status"] = OTHER[last["status"]]
    bad = [line["number"] for line in forged["lines"] if line.get("status") == "wrong"]
    assert mc.verify(json.dumps(forged | {"first_bad_line": min(bad, default=None)})).status == "wrong"
    assert mc.verify(json.dumps(json.loads(report.to_json()) | {"first_bad_line": 99})).status == "wrong"


UNREAD = [  # the line, the place of the caret, what is told
    ("  D = 2*A'*(A*x -", 16, "ends too early"),
    ("df = 2*(A*x - b)*A*q", 19, "the formula has not: q"),
    (" x = 3", 1, "is no line of a derivation"),
    ("D =", 3, "the formula is empty"),
    ("df = d(x'*A'*q)", 13, "the formula has not: q"),
    ("df = d(x'*A'*A*x", 5, "not closed"),
    ("f = 1/0", 4, "not defined"),
]


@pytest.mark.parametrize(("line", "place", "words"), UNREAD)
def test_a_line_that_cannot_be_read_is_named_and_pointed_at(line: str, place: int, words: str) -> None:
    with pytest.raises(mc.MatcalcError, match=r"^line 1 ") as caught:
        mc.check_derivation(["by the chain rule", line], mc.norm2(A @ x - b) ** 2, x)
    shown, carets = (text.removeprefix("  | ") for text in str(caught.value).splitlines()[1:3])
    assert (shown, carets.index("^")) == (line, place)
    assert words in str(caught.value)


def test_a_verdict_is_the_same_in_every_process() -> None:
    code = "import matcalc as mc; print(mc.check('2*A*x', mc.parse(\"x'*A*x\"), mc.vector('x', 'n')).to_json())"

    def printed(seed: str) -> str:
        environment = {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert printed("0") == printed("7")


# ---------------------------------------------------------------- bad input
BAD = {
    "a claim that does not parse": (lambda: mc.check("2*A'*(", mc.norm2(A @ x) ** 2, x), "ends too early"),
    "a claim with other variables": (lambda: mc.check("2*A'*q", mc.norm2(A @ x) ** 2, x), "the formula has not: q"),
    "other variables in a product that does not fit": (lambda: mc.check("A*q*x", mc.norm2(A @ x), x), "has not: q"),
    "a line that does not parse": (lambda: mc.check_derivation(["by me", "D = 2*(x"], x.T @ x, x), "line 1 cannot"),
    "a line with other variables": (lambda: mc.check_derivation(["D = 2*q"], x.T @ x, x), "line 0 cannot be judged"),
    "no lines": (lambda: mc.check_derivation(["by me"], x.T @ x, x), "has no lines"),
    "an unknown kind": (lambda: mc.check("x", x.T @ x, x, kind="slope"), "unknown kind"),
    "a line that is none": (lambda: mc.check_derivation(["x = 2"], x.T @ x, x), "no line of a derivation"),
    "a number for lines": (lambda: mc.check_derivation(3, x.T @ x, x), "list of texts"),  # type: ignore[arg-type]
    "no function": (lambda: mc.check_code(3, x.T @ x, x), "must be a function"),
    "a function that fails": (lambda: mc.check_code(lambda x: 1 / 0, x.T @ x, x), "the function fails"),
    "no certificate": (lambda: mc.verify("{}"), "no certificate"),
    "a claim that divides by zero": (lambda: mc.check("1./(x - x)", mc.sum(mc.exp(x)), x), "the claim is not defined"),
    "a claim that divides by zero, of another shape": (lambda: mc.check("(A*x)/0", mc.norm2(A @ x), x), "by zero"),
    "a power without an exponent": (lambda: mc.check("x.^(1/0)", mc.norm2(A @ x), x), "the claim is not defined"),
    "a second variable of a gradient": (lambda: mc.check("x", b.T @ A @ x, x, b), "that of a mixed Hessian"),
    "no second variable": (lambda: mc.check("A", b.T @ A @ x, x, "q", kind="hessian"), "no variable 'q'"),
    "a direction that is a variable": (
        lambda: mc.check("x", mc.vector("dx", "n").T @ x, x, kind="jvp"),
        "no direction",
    ),
    "dx in the formula": (lambda: mc.check_derivation(["D = dx"], mc.vector("dx", "n").T @ x, x), "no differential"),
    "no list of lines": (lambda: mc.check_derivation(None, x.T @ x, x), "list of texts"),
    "a certificate that is a number": (lambda: mc.verify("3"), "no certificate"),
    "a certificate without an end": (lambda: mc.verify("[" * 100_000), "no certificate"),
    "shapes that differ": (lambda: mc.equal(A, x), "different shapes"),
    "a gradient of no scalar": (lambda: mc.check("A", A @ x, x), "only a scalar"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_words(case: str) -> None:
    act, text = BAD[case]
    with pytest.raises(mc.MatcalcError, match=text):
        act()


def test_a_long_claim_is_judged() -> None:
    verdict = mc.check(" + ".join(["x"] * 2_000), x.T @ x, x)
    assert (verdict.status, verdict.mistake) == ("wrong", "other")


def test_a_function_without_a_value_is_wrong() -> None:
    assert mc.check_code(lambda A, b, x: np.nan * x, mc.norm2(A @ x - b) ** 2, x).status == "wrong"


GROUNDS = [
    ("sin(2*x)", "2*(sin(x).*cos(x))", "x: n×1", "correct", "in 35 digits"),
    ("tanh(x)", "2*sigmoid(2*x) - 1", "x: n×1", "correct", "proved"),
    ("expm(A)*expm(A)", "expm(2*A)", "A: n×n", "correct", "in 35 digits"),
    ("logdet(S)", "2*sum(log(diag(cholesky(S))))", "S: n×n posdef", "correct", "proved"),
    ("norm2(Q*cos(x))^2 + norm2(sin(x))^2", "n", "Q: n×n orthogonal, x: n×1", "correct", "proved|digits"),
    ("norm2(Q*cos(x))^2 - norm2(sin(x))^2", "sum(cos(2*x))", "Q: n×n orthogonal, x: n×1", "correct", "in 35 digits"),
    ("cos(p'*p)^2 - sin(p'*p)^2", "cos(2*p'*p)*sum(p)", "p: n×1 simplex", "correct", "in 35 digits"),
    ("cos(u'*A*u)^2 + sin(u'*A*u)^2", "u'*u", "u: n×1 unitnorm, A: n×n", "correct", "canonical|digits|multiplied"),
    ("pinv(A)*sin(A*x)", "inv(A'*A)*A'*sin(A*x)", "A: 3×2, x: 2×1", "correct", "digits|field"),
    ("sqrtm(S)*sqrtm(S)", "S", "S: n×n posdef", "correct", "digits|canonical"),
    ("expm(logm(S))", "S", "S: n×n posdef", "correct", "digits|canonical"),
    ("rowlogsumexp(A)", "log(rowsum(exp(A)))", "A: m×n", "correct", "digits|canonical"),
    ("max(x) + relu(x)'*step(x) + norm1(abs(x))", "-min(-x) + sum(relu(x)) + sum(abs(x))", "x: n×1", "correct", ""),
    ("arctan(a) + arctan(1/a)", "pi/2*sign(a)", "a: scalar", "correct", "in 35 digits"),
    ("sin(a) + 1e-12", "sin(a)", "a: scalar", "wrong", "by little|differ"),
    ("a^a*b", "exp(a*log(a))*b", "a: scalar positive, b: scalar", "correct", ""),
    ("sum(eigvals(S).^2)", "tr(S*S)", "S: n×n symmetric", "correct", "digits|canonical"),
]


@pytest.mark.parametrize(("left", "right", "where", "status", "ground"), GROUNDS)
def test_the_ground_of_a_verdict(left: str, right: str, where: str, status: str, ground: str) -> None:
    variables = parse_where(where)
    verdict = mc.equal(mc.parse(left, variables), mc.parse(right, variables))
    assert verdict.status == status, verdict.ground
    assert re.search(ground, verdict.ground), verdict.ground


SECOND = [
    ("x'*A*x", "x", "A + A'", "hessian", "A: n×n, x: n×1"),
    ("x'*A*x", "x", "2*A", "hessian", "A: n×n, x: n×1"),
    ("norm2(T - U*V')^2", "U", "2*kron(V'*V, eye(m))", "hessian", "T: m×n, U: m×k, V: n×k"),
    ("norm2(T - U*V')^2", "U", "2*kron(V'*V, ones(m,m))", "hessian", "T: m×n, U: m×k, V: n×k"),
    ("A*exp(x)", "x", "A*diag(exp(x))*v", "jvp", "A: m×n, x: n×1, v: n×1"),
    ("A*exp(x)", "x", "A*v", "jvp", "A: m×n, x: n×1, v: n×1"),
    ("sum(x.^4)", "x", "12*diag(x.^2)", "hessian", "x: n×1"),
    ("x'*A*exp(y)", "x,y", "A*diag(exp(y))", "hessian", "A: m×n, x: m×1, y: n×1"),
    ("x'*A*exp(y)", "x,y", "diag(exp(y))*A'", "hessian", "A: m×n, x: m×1, y: n×1"),
    ("x'*A*x", "x", "x'*(A + A')", "gradient", "A: n×n, x: n×1"),
    ("A*inv(X)*B", "X", "-kron((inv(X)*B)', A*inv(X))", "jacobian", "A: p×n, X: n×n invertible, B: n×q"),
]


@pytest.mark.parametrize(("formula", "by", "claim", "kind", "where"), SECOND)
@pytest.mark.quick_part(4)
def test_certificates_of_second_derivatives_are_checked_again(
    formula: str, by: str, claim: str, kind: str, where: str
) -> None:
    variables = parse_where(where)
    verdict = mc.check(claim, mc.parse(formula, variables), *(variables[name] for name in by.split(",")), kind=kind)
    text = verdict.to_json()
    assert mc.verify(text).status == "correct"
    other = json.dumps({**json.loads(text), "status": OTHER[verdict.status]})
    assert mc.verify(other).status == "wrong"
