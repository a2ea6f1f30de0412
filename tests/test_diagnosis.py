"""What is wrong with a claim: every claim gets a verdict, every repair is right, every condition is proved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import matcalc as mc
from matcalc.checking.formula import Tree, number, places, replaced, text_of, times, transpose_of, tree_of
from matcalc.checking.work import Work
from matcalc.commands.questions import single_variables
from matcalc.notation.declarations import parse_where

NAMES = parse_where(
    "A: m×n, B: n×p, X: n×n, Y: n×n, x: n, y: n, z: n, b: m, u: m, S: n×n symmetric, c: scalar, P: n×n posdef, "
    "W: k×n, V: m×k, N: scalar, Q: n×n diagonal, L: n×n lower, e: scalar positive"
)

# ---------------------------------------------------------------- every claim gets a verdict
ASKED = [  # formula, variables, kind
    ("sum(exp(x))", "x", "hessian"),
    ("sum(log(1 + exp(-b.*(A*x))))", "x", "hessian"),
    ("sum(softplus(A*x)) - b'*A*x", "x", "hessian"),
    ("norm2(A*x - b)^2", "x", "hessian"),
    ("norm2(A*x - b)^2 + c*norm2(x)^2", "x", "hessian"),
    ("y'*x.^3", "x", "hessian"),
    ("x'*X*exp(y)", "x,y", "hessian"),
    ("norm2(x - y)^2", "x,y", "hessian"),
    ("logsumexp(A*x)", "x", "hessian"),
    ("logdet(X)", "X", "hessian"),
    ("norm2(A*x - b)^2", "x", "gradient"),
    ("tr(X'*Y*X)", "X", "gradient"),
    ("logdet(P) + tr(inv(P)*S)", "P", "gradient"),
    ("tr(expm(X))", "X", "gradient"),
    ("abs(x'*y)*norm2(x)", "x", "gradient"),
    ("x./norm2(x)", "x", "jacobian"),
    ("A*X*B", "X", "jacobian"),
    ("softmax(x)", "x", "jacobian"),
    ("inv(X)*y", "X", "jvp"),
    ("X^3", "X", "jvp"),
    ("A*tanh(x)", "x", "jvp"),
]


def asked(formula: str, by: str, kind: str) -> tuple[mc.Expr, list[mc.Expr], mc.Expr]:
    f, variables = mc.parse(formula, NAMES), [NAMES[name] for name in by.split(",")]
    x = variables[0]
    if kind == "jvp":
        return f, variables, mc.jvp(f, x, mc.variable(f"d{x}", *x.shape))
    return f, variables, {"gradient": mc.gradient, "jacobian": mc.jacobian, "hessian": mc.hessian}[kind](f, *variables)


def edited(tree: Tree) -> Iterator[Tree]:
    """The formula with one edit: another sign or number, a transpose, a term or a factor left out, another function."""
    yield Tree("neg", None, (tree,))
    yield times(number(3), tree)
    yield transpose_of(tree)
    other = {"exp": "log", "inv": "expm", "expm": "exp", "sigmoid": "tanh", "tanh": "sigmoid", "sign": "abs"}
    for path, part in places(tree):
        if part.kind in ("add", "sub", "mul", "hadamard"):
            yield from (replaced(tree, path, inner) for inner in part.parts)
        if part.kind == "mul":
            yield replaced(tree, path, part.changed(parts=part.parts[::-1]))
        if part.kind == "name" or part.kind == "transpose":
            yield replaced(tree, path, transpose_of(part))
        if part.kind == "call" and part.value in other:
            yield replaced(tree, path, part.changed(value=other[part.value]))
        if part.kind == "call" and part.value in ("diag", "inv", "vec"):
            yield replaced(tree, path, part.parts[0])


@pytest.mark.parametrize(("formula", "by", "kind"), ASKED, ids=[f"{kind} {formula}" for formula, _, kind in ASKED])
@pytest.mark.quick_part(5)
def test_every_edit_of_an_answer_gets_a_verdict_and_every_repair_is_right(formula: str, by: str, kind: str) -> None:
    f, variables, answer = asked(formula, by, kind)
    claims = list(dict.fromkeys(map(text_of, edited(tree_of(str(answer))))))
    for claim in claims[:12]:
        try:
            verdict = mc.check(claim, f, *variables, kind=kind)
        except mc.EvaluationError as error:  # log of what is negative
            assert "not defined" in str(error), claim
            continue
        assert verdict.status in ("correct", "wrong"), (claim, str(verdict))
        if verdict.repaired is not None:
            again = mc.check(verdict.repaired, f, *variables, kind=kind)
            assert again.status == "correct", (claim, verdict.repaired, str(again))


# ---------------------------------------------------------------- mistakes
MISTAKES = [  # mistake, formula, variable, kind, claim, words
    ("elementwise", "logdet(X)", "X", "gradient", "1./X", "inv(X)' for 1./X"),
    ("elementwise", "logdet(X)", "X", "gradient", "1./X'", "inv(X') for 1./X'"),
    ("elementwise", "logdet(P)", "P", "gradient", "1./P", "inv(P) for 1./P"),
    ("elementwise", "tr(inv(X))", "X", "gradient", "-1./X.^2", "operations on matrices"),
    ("elementwise", "tr(inv(X)*Y)", "X", "gradient", "-Y'./X'.^2", "their entries"),
    ("elementwise", "y'*inv(X)*z", "X", "gradient", "-y*z'./X.^2", "their entries"),
    ("elementwise", "tr(sqrtm(P))", "P", "gradient", "1/2*P.^(-1/2)", "inv(sqrtm(P))"),
    ("elementwise", "tr(sqrtm(P))", "P", "gradient", "1/2*1./sqrt(P)", "operations on matrices"),
    ("elementwise", "tr(P*logm(P))", "P", "gradient", "eye(n) + log(P)", "logm(P) for log(P)"),
    ("elementwise", "tr(expm(c*S))", "S", "gradient", "c*exp(c*S)", "expm(c*S) for exp(c*S)"),
    ("elementwise", "tr(X^3)", "X", "gradient", "3*X.^2", "for X.^2"),
    ("elementwise", "inv(X)", "X", "jacobian", "-kron(1./X', 1./X)", "operations on matrices"),
    ("elementwise", "X^2", "X", "jvp", "2*X.*dX", "elementwise"),
    ("structure", "tr(Q*S)", "Q", "gradient", "diag(diag(S))", "diagonal"),
    ("structure", "x'*L*x", "L", "gradient", "tril(x*x')", "lower"),
    ("structure", "tr(X'*S)", "S", "gradient", "1/2*(X + X')", "projected on what is symmetric"),
    ("factor", "norm2(A*x - b)^2/m", "x", "gradient", "2*A'*(A*x - b)", "1/m"),
    ("factor", "norm2(A*x - b)^2/(2*N)", "x", "gradient", "A'*(A*x - b)", "1/N"),
    ("factor", "1/N*sum(exp(A*x))", "x", "gradient", "A'*exp(A*x)", "1/N"),
    ("factor", "c*sum(exp(A*x))", "x", "hessian", "A'*diag(exp(A*x))*A", "factor c is missing"),
    ("factor", "norm2(A*x - b)^2/k where k = m", "x", "gradient", "2*A'*(A*x - b)", "1/m"),
    ("transpose", "norm2(A*x - b)^2", "x", "gradient", "2*A*(A*x - b)", "A should be transposed"),
    ("transpose", "x'*A'*A*x", "x", "gradient", "2*A'*A*x'", "x should not be transposed"),
    ("vec order", "A*X*B", "X", "jacobian", "kron(A, B)", "the factors of kron are swapped"),
    ("vec order", "A*X*B", "X", "jacobian", "kron(A, B')", "the factors of kron are swapped"),
    ("held constant", "x/sum(x)", "x", "jacobian", "eye(n)/sum(x)", "sum(x)"),
    ("held constant", "x/sqrt(x'*x/n + e)", "x", "jacobian", "eye(n)/sqrt(x'*x/n + e)", "normaliser"),
    (
        "held constant",
        "y'*((x - sum(x)/n*ones(n))/norm2(x - sum(x)/n*ones(n)))",
        "x",
        "gradient",
        "(y - sum(y)/n*ones(n))/norm2(x - sum(x)/n*ones(n))",
        "normaliser",
    ),
    (
        "held constant",
        "y'*((x - sum(x)/n*ones(n))/norm2(x - sum(x)/n*ones(n)))",
        "x",
        "gradient",
        "y/norm2(x - sum(x)/n*ones(n))",
        "sum(x) were held constant",
    ),
    ("chain factor", "sum(exp(x))", "x", "hessian", "diag(x)", "exp(x) for x"),
    ("factor", "norm2(A*x - b)^2", "x", "hessian", "A'*A", "factor 2"),
    ("factor", "where(c > 0, sqrt(c), 0)", "c", "gradient", "where(c > 0, 1/sqrt(c), 0)", "a factor 1/2"),
    ("factor", "where(c > 0 and not e > 1, c^2, 0)", "c", "gradient", "where(c > 0 and not e > 1, c, 0)", "a factor 2"),
]


@pytest.mark.parametrize(("mistake", "formula", "by", "kind", "claim", "words"), MISTAKES,
                         ids=[f"{row[1]}: {row[4]}" for row in MISTAKES])  # fmt: skip
def test_mistakes_are_named(mistake: str, formula: str, by: str, kind: str, claim: str, words: str) -> None:
    f = mc.parse(formula, NAMES)
    verdict = mc.check(claim, f, NAMES[by], kind=kind)
    assert (verdict.status, verdict.mistake) == ("wrong", mistake), str(verdict)
    assert words in verdict.explanation
    assert verdict.repaired is not None
    assert mc.check(verdict.repaired, f, NAMES[by], kind=kind).status == "correct"


CONDITIONS = [  # formula, variable, kind, claim, the condition in words, or none
    ("x'*X*x", "x", "gradient", "2*X*x", "only true if X is symmetric"),
    ("x/norm2(x)", "x", "jacobian", "(eye(n) - x*x')/norm2(x)", "only true if x has norm 1"),
    ("-y'*log(softmax(x))", "x", "gradient", "softmax(x) - y", "only true if y sums to 1"),
    ("det(X + Y*Y)", "X", "gradient", "det(X + Y^2)*inv(X + Y^2)", None),
    ("expm(X)", "X", "jacobian", "kron(eye(n), expm(X))", "only true if X, dX commute"),
    ("X^3", "X", "jvp", "3*X^2*Y", "only true if X, Y commute"),
    ("abs(x'*y)/norm2(x)", "x", "gradient", "(sign(abs(x'*y))*y - abs(x'*y)*x/(x'*x))/norm2(x)", None),
    ("abs(x'*y)*norm2(x)", "x", "gradient", "sign(abs(x'*y))*norm2(x)*y + abs(x'*y)*x/norm2(x)", None),
    ("norm2(x)*abs(y'*x)", "x", "gradient", "norm2(x)*y + abs(x'*y)*x/norm2(x)", None),
    ("relu(x'*y)/norm2(x)", "x", "gradient", "(y - relu(x'*y)*x/(x'*x))/norm2(x)", None),
]


@pytest.mark.parametrize(("formula", "by", "kind", "claim", "condition"), CONDITIONS)
def test_a_condition_is_stated_where_it_is_proved(
    formula: str, by: str, kind: str, claim: str, condition: str | None
) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES[by], kind=kind)
    assert verdict.status == "wrong"
    if condition is None:
        assert verdict.mistake not in ("condition", "symmetry assumed")
        assert "only true" not in verdict.explanation
    else:
        assert condition in verdict.explanation


BRANCHES = [
    ("abs(x'*y)*norm2(x)", "sign(abs(x'*y))*norm2(x)*y + abs(x'*y)*x/norm2(x)", "it is right where x'*y > 0"),
    ("abs(c)*norm2(x)", "-c*x/norm2(x)", "it is right where c < 0"),
    ("sum(relu(A*x))", "A'*ones(m)", "it is right where A*x > 0"),
    ("sum(relu(A*x))", "2*A'*ones(m)", None),
    ("abs(x'*y)*norm2(x)", "2*sign(x'*y)*norm2(x)*y", None),
]


@pytest.mark.parametrize(("formula", "claim", "words"), BRANCHES)
def test_where_a_claim_is_right_is_said_if_it_is_right_there(formula: str, claim: str, words: str | None) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES["x"])
    assert verdict.status == "wrong"
    assert (words or "it is right where") in verdict.explanation or words is None
    assert words is not None or "it is right where" not in verdict.explanation


# ---------------------------------------------------------------- derivations
DERIVATIONS = [  # formula, kind, lines, the first bad line, the symbols that are defined
    (
        "norm2(A*x - b)^2",
        "gradient",
        ["u = A*x - b", "f = u'*u", "df = 2*u'*du", "du = A*dx", "df = 2*u'*A*dx", "grad = 2*A'*u"],
        None,
        [0],
    ),
    ("norm2(A*x - b)^2", "gradient", ["L = (A*x - b)'*(A*x - b)", "dL = (A*x - b)'*A*dx"], 1, []),
    ("norm2(A*x - b)^2", "gradient", ["E = norm2(A*x - b)^2", "d(E) = 2*(A*x - b)'*A*dx", "dE/dx = 2*A'*(A*x - b)"],
     None, []),
    ("log(x'*x)", "gradient", ["v = x'*x", "dv = x'*dx", "f = log(v)", "df = dv/v", "D = 2*x/v"], 1, [0]),
    ("sum(softplus(A*x))", "hessian", ["s = sigmoid(A*x)", "grad = A'*s", "H = A'*diag(s.*(1 - s))*A"], None, [0]),
    ("sum(softplus(A*x))", "hessian", ["s = sigmoid(A*x)", "grad = A'*s", "H = A'*diag(s)*A"], 2, [0]),
    ("A*tanh(x)", "jacobian", ["t = tanh(x)", "s = 1 - t.^2", "dt = s.*dx", "df = A*dt", "J = A*diag(s)"],
     None, [0, 1]),
    ("log(x'*x)", "gradient", ["g = log(x'*x)", "dg = 2*x'*dx/(x'*x)", "D = 2*x/(x'*x)"], None, []),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "kind", "lines", "bad", "defined"), DERIVATIONS)
def test_lines_may_define_symbols_and_name_the_formula(
    formula: str, kind: str, lines: list[str], bad: int | None, defined: list[int]
) -> None:
    report = mc.check_derivation(lines, mc.parse(formula, NAMES), NAMES["x"], kind=kind)
    assert report.first_bad_line == bad, str(report)
    assert [line.number for line in report.lines if line.verdict is None] == defined
    assert mc.verify(report.to_json()).status == "correct"


UNREAD = [
    (["v = x'*q", "D = x/v"], "line 0", "the formula has not: q"),
    (["x = 3", "D = x"], "line 0", "is no line of a derivation"),
    (["n = 3", "D = x"], "line 0", "is no line of a derivation"),
    (["exp = 3", "D = x"], "line 0", "is no line of a derivation"),
    (["u = x'*x", "u = 3*", "D = x/u"], "line 1", "ends too early"),
    (["x'*x = 3", "D = x"], "line 0", "is no line of a derivation"),
    (["df = 2*x'*dxx"], "line 0", "did you mean dx?"),
]


@pytest.mark.parametrize(("lines", "line", "words"), UNREAD)
def test_lines_that_cannot_be_read_are_told(lines: list[str], line: str, words: str) -> None:
    try:
        report = mc.check_derivation(lines, mc.parse("log(x'*x)", NAMES), NAMES["x"])
    except mc.MatcalcError as error:  # of a derivation without a line that is judged
        told = str(error)
    else:
        assert not report and report.first_bad_line == int(line.split()[1])
        assert [made.number for made in report.unread] == [report.first_bad_line]
        assert mc.verify(report.to_json()).status != "wrong"
        told = str(report)
    assert line in told
    assert words in told


# ---------------------------------------------------------------- places and bounds
@pytest.mark.parametrize(
    ("text", "most", "place", "words"),
    [("xx", 1, 0, "did you mean x?"), ("x, yy", 2, 3, "did you mean y?"), ("x,y,z", 2, 4, "at most 2 variables here")],
)
def test_a_wrong_variable_is_pointed_at(text: str, most: int, place: int, words: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        single_variables(text, {name: NAMES[name] for name in "xyz"}, most=most)
    shown, carets = str(caught.value).splitlines()[1:3]
    assert (shown, carets.index("^")) == (f"  | {text}", place + 4)
    assert words in str(caught.value)


def test_a_strange_variable_of_a_claim_is_pointed_at_with_a_near_name() -> None:
    f = mc.parse("beta'*x + x'*X*x", parse_where("beta: n, x: n, X: n×n"))
    with pytest.raises(mc.MatcalcError) as caught:
        mc.check("(X + X')*x + bta", f, NAMES["x"])
    assert str(caught.value).splitlines()[2].index("^") == 4 + len("(X + X')*x + ")
    assert "did you mean beta?" in str(caught.value)


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcalc.checking.diagnosis.Work", lambda: Work(500))
    verdict = mc.check("x.*exp(x)", mc.parse("norm2(x/norm2(x + y))", NAMES), NAMES["x"])
    assert (verdict.status, verdict.mistake) == ("wrong", "other")
    assert verdict.explanation.endswith("the search for the mistake was cut short")


def test_work_ends_where_it_is_not_afforded() -> None:
    work = Work(10)
    assert work.affords(8)
    assert not work.affords(3)
    assert (work.left, work.cut_short) == (0, True)
