"""What undeclared names are taken for in formulas as people type them, and that the search for it ends."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.notation.conventions import Outline
from matcalc.notation.declarations import parse_where
from matcalc.notation.readings import WIDEST, Search
from matcalc.parts import variables

MEANT = [
    # formula, kind of each name, shape of the value
    ("mu'*x", "mu: vector, x: vector", "scalar"),
    ("theta'*x", "theta: vector, x: vector", "scalar"),
    ("phi'*Omega*phi", "phi: vector, Omega: matrix", "scalar"),
    ("(x-mu)'*inv(Sigma)*(x-mu)", "x: vector, mu: vector, Sigma: matrix", "scalar"),
    ("(x-mu_0)'*inv(Sigma_1)*(x-mu_0)", "x: vector, mu_0: vector, Sigma_1: matrix", "scalar"),
    ("(x-μ)'*inv(Σ)*(x-μ)", "x: vector, μ: vector, Σ: matrix", "scalar"),
    ("(x-mu)'*inv(sigma)*(x-mu)", "x: vector, mu: vector, sigma: matrix", "scalar"),
    ("exp(-norm2(x-mu)^2/(2*sigma^2))", "x: vector, mu: vector, sigma: scalar", "scalar"),
    ("exp(-(x-mu)^2/(2*sigma2))", "x: scalar, mu: scalar, sigma2: scalar", "scalar"),
    ("sum((y - X*beta).^2)", "y: vector, X: matrix, beta: vector", "scalar"),
    ("sum((Y - X*w).^2)", "Y: vector, X: matrix, w: vector", "scalar"),
    ("norm2(y - X*w)^2 + lam*w'*w", "y: vector, X: matrix, w: vector, lam: scalar", "scalar"),
    ("norm2(y - X*beta)^2 + lambda*beta'*beta", "y: vector, X: matrix, beta: vector, lambda: scalar", "scalar"),
    ("norm2(Phi*w - t)^2 + reg*norm2(w)^2", "Phi: matrix, w: vector, t: vector, reg: scalar", "scalar"),
    ("x'*Sigma*x", "x: vector, Sigma: matrix", "scalar"),
    ("x'*Lambda*x - mu'*x", "x: vector, Lambda: matrix, mu: vector", "scalar"),
    ("x'*diag(lambda)*x", "x: vector, lambda: vector", "scalar"),
    ("x'*(A + lambda*eye)*x", "x: vector, A: matrix, lambda: scalar", "scalar"),
    ("det(A - lambda*eye(3))", "A: matrix, lambda: scalar", "scalar"),
    ("alpha*x + beta*y", "alpha: scalar, x: vector, beta: scalar, y: vector", "vector"),
    ("alpha'*K*alpha", "alpha: vector, K: matrix", "scalar"),
    ("a'*X*b", "a: vector, X: matrix, b: vector", "scalar"),
    ("a'*b", "a: vector, b: vector", "scalar"),
    ("a'*X'*X*b", "a: vector, X: matrix, b: vector", "scalar"),
    ("X*beta", "X: matrix, beta: vector", "vector"),
    ("beta*X", "beta: scalar, X: matrix", "matrix"),
    ("c*x'*y", "c: scalar, x: vector, y: vector", "scalar"),
    ("lambda*theta'*theta", "lambda: scalar, theta: vector", "scalar"),
    ("expm(t*A)", "t: scalar, A: matrix", "matrix"),
    ("expm(A*t)", "A: matrix, t: scalar", "matrix"),
    ("expm(t*A)*x", "t: scalar, A: matrix, x: vector", "vector"),
    ("t*x", "t: scalar, x: vector", "vector"),
    ("x0 + v*t", "x0: vector, v: vector, t: scalar", "vector"),
    ("exp(-k*t)*x", "k: scalar, t: scalar, x: vector", "vector"),
    ("x + step*d", "x: vector, step: scalar, d: vector", "vector"),
    ("x - alpha*grad", "x: vector, alpha: scalar, grad: vector", "vector"),
    ("theta - eta*(X'*(X*theta - y))", "theta: vector, eta: scalar, X: matrix, y: vector", "vector"),
    ("w0 + w'*x", "w0: scalar, w: vector, x: vector", "scalar"),
    ("sigmoid(w'*x + b)", "w: vector, x: vector, b: scalar", "scalar"),
    ("sigmoid(beta_0 + beta'*x)", "beta_0: scalar, beta: vector, x: vector", "scalar"),
    ("log(1 + exp(-theta'*x))", "theta: vector, x: vector", "scalar"),
    ("0.5*w'*w + C*sum(relu(1 - y.*(X*w)))", "w: vector, C: scalar, y: vector, X: matrix", "scalar"),
    ("-N*log(sigma) - sum((x - mu).^2)/(2*sigma^2)", "N: scalar, sigma: scalar, x: vector, mu: vector", "scalar"),
    ("sum(x)/N", "x: vector, N: scalar", "scalar"),
    ("norm2(X*w - y)^2/(2*m)", "X: matrix, w: vector, y: vector, m: scalar", "scalar"),
    ("n*log(sigma) + norm2(y - X*beta)^2", "n: scalar, sigma: scalar, y: vector, X: matrix, beta: vector", "scalar"),
    ("x^2 + 1", "x: scalar", "scalar"),
    ("a*x^2 + b*x + c", "a: scalar, x: scalar, b: scalar, c: scalar", "scalar"),
    ("0.5*k*x^2", "k: scalar, x: scalar", "scalar"),
    ("gamma.*x + beta", "gamma: vector, x: vector, beta: vector", "vector"),
    ("sum(a.*b)", "a: vector, b: vector", "scalar"),
    ("norm2(a - b)^2", "a: vector, b: vector", "scalar"),
    ("norm2(W2*relu(W1*x + b1) + b2 - y)^2", "W2: m, W1: m, x: v, b1: v, b2: v, y: v", "scalar"),
    ("nu'*(A*x - b) + f0'*x", "nu: vector, A: matrix, x: vector, b: vector, f0: vector", "scalar"),
    ("0.5*x'*P*x + q'*x + r", "x: vector, P: matrix, q: vector, r: scalar", "scalar"),
    ("logdet(sigma)", "sigma: matrix", "scalar"),
    ("tr(x)", "x: matrix", "scalar"),
    ("[b[i]*x[i] | ; ]", "b: vector, x: vector", "scalar"),
    ("c[1]*x", "c: vector, x: vector", "vector"),
    ("norm2(r)^2 + mu'*r where r = y - X*beta", "y: vector, X: matrix, beta: vector, mu: vector", "scalar"),
]

REFUSED = [
    # formula, what the error says: a declaration that would help, or what would be meant
    ("Y - X*beta", ["one: Y: matrix, beta: scalar", "two: Y: vector, beta: vector", "--where"]),
    ("A*c + B", ["one: B: matrix, c: scalar", "two: B: vector, c: vector", "--where"]),
    ("x*y", ["it would fit with the declaration y: scalar, or with x: scalar"]),
    ("exp(x)*y", ["not declared, and read as x: vector, y: vector", "y: scalar, or with x: scalar"]),
    ("x*A*y", ["did you mean x'*A?", "x: scalar"]),
    ("x*A*x", ["did you mean x'*A?", "read as x: vector, A: matrix"]),
    ("x'*A + x", ["the shapes differ", "A: vector"]),
    ("sum(x^2)", ["elementwise powers: .^", "read as x: vector"]),
    ("(y - X*w)^2", ["elementwise powers: .^", "read as y: vector, X: matrix, w: vector"]),
    ("tr(A*x)", ["a square matrix is wanted", "x: scalar"]),
    ("softmax(Q*K'/sqrt(d))*V", ["softmax does not take", "Q: matrix, K: matrix"]),
    ("x - sum(x)/n", ["only a scalar can be divided by", "n: scalar"]),
    ("c + S*S", ["c*eye(n) or c*ones(n,n)", "read as c: scalar, S: matrix"]),
]


def kind(rows: object, cols: object) -> str:
    one_row, one_col = str(rows) == "1", str(cols) == "1"
    return {(1, 1): "scalar", (0, 1): "vector", (1, 0): "row", (0, 0): "matrix"}[one_row, one_col]


@pytest.mark.parametrize(("formula", "names", "value"), MEANT, ids=[row[0] for row in MEANT])
def test_formulas_are_read_as_meant(formula: str, names: str, value: str) -> None:
    f = mc.parse(formula)
    found = {name_of(v): kind(*v.shape) for v in variables(f)}
    wanted = dict(part.split(": ") for part in names.split(", "))
    assert found == {name: {"v": "vector", "m": "matrix"}.get(k, k) for name, k in wanted.items()}
    assert kind(*f.shape) == value


@pytest.mark.parametrize(("formula", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused_says_which_declaration_would_help(formula: str, said: list[str]) -> None:
    with pytest.raises(mc.ShapeError) as refused:
        mc.parse(formula)
    text = str(refused.value)
    assert [part for part in said if part not in text] == [], text
    assert "^" in text


def test_each_declaration_of_an_ambiguous_formula_chooses_its_reading() -> None:
    for formula, said in REFUSED[:2]:
        for line in said[:2]:
            f = mc.parse(formula, parse_where(line[len("one: ") :]))
            got = {name_of(v): kind(*v.shape) for v in variables(f)}
            assert dict(part.split(": ") for part in line[5:].split(", ")).items() <= got.items()


# ---------------------------------------------------------------- words of declarations
WORDS = [
    ("a: vector, S: symmetric", "a'*S*x", {"a": "vector", "S": "matrix", "x": "vector"}),
    ("c: column", "c*x'", {"c": "vector", "x": "vector"}),
    ("r: row", "r*x", {"r": "row", "x": "vector"}),
    ("x: scalar", "x*y", {"x": "scalar", "y": "vector"}),
    ("w: matrix", "w*x", {"w": "matrix", "x": "vector"}),
    ("s: square", "x'*s*x", {"s": "matrix", "x": "vector"}),
    ("x: positive", "sum(log(x))", {"x": "vector"}),
    ("b: vector positive", "b.*x", {"b": "vector", "x": "vector"}),
    ("D: diagonal positive", "x'*D*x", {"D": "matrix", "x": "vector"}),
    ("x: vector 3", "A*x", {"x": "vector", "A": "matrix"}),
]


@pytest.mark.parametrize(("where", "formula", "kinds"), WORDS, ids=[row[0] for row in WORDS])
def test_words_of_declarations_mean_what_they_say(where: str, formula: str, kinds: dict[str, str]) -> None:
    declared = parse_where(where)
    f = mc.parse(formula, declared)
    assert {name_of(v): kind(*v.shape) for v in variables(f)} == kinds
    for v in variables(f):
        outline = declared.get(name_of(v))
        if isinstance(outline, Outline):
            assert v is mc.variable(name_of(v), *v.shape, *outline.facts)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("a: vectr", "did you mean vector?"),
        ("S: symetric", "did you mean symmetric?"),
        ("x: tensor", "known: scalar, vector, row, matrix, square"),
        ("x: batch", "x: batch×1"),
        ("a: vector symmetric", "a is n×1"),
        ("A: vector m×n", "A is declared a vector, and m×n"),
        ("A: vector×n", "not a dimension: vector"),
        ("A: matrix n", "has rows and columns"),
    ],
)
def test_a_word_that_says_nothing_is_refused(where: str, said: str) -> None:
    with pytest.raises(mc.MatcalcError) as refused:
        parse_where(where)
    assert said in str(refused.value)


def test_a_scalar_with_the_name_of_a_dimension_reads_back() -> None:
    n, x = mc.scalar("n"), mc.vector("x", "n")
    values = {"n": 5.0, "x": [1.0, 2.0, 3.0]}
    trace = mc.tr(mc.hessian(n * mc.norm2(x) ** 2, x))
    slopes = mc.gradient(n * mc.sum(x) * mc.sum(x**2), x), mc.hessian(n * mc.sum(x) ** 2, x), mc.gradient(trace, n)
    for f in slopes:
        back = mc.parse(str(f), {"n": n, "x": x})
        assert np.array_equal(mc.evaluate(back, values), mc.evaluate(f, values)), str(f)


# ---------------------------------------------------------------- laws
NAMES = [
    *("a", "b", "c1", "x", "y", "t", "w0", "w_1", "A", "B2", "X", "Sigma", "Omega_1", "mu", "mu0", "lambda", "theta_t"),
    *("lam", "eps", "step", "sigma2", "alpha", "β", "Λ", "ж", "a_long_name_of_it", "N", "phi", "Q", "v", "i", "pi_1"),
]
FUNCTIONS = ["exp", "sum", "norm2", "inv", "tr", "det", "softmax", "diag", "log", "relu", "vec"]


def random_formula(rng: random.Random, depth: int, names: list[str]) -> str:
    if depth == 0:
        return rng.choice(names) if rng.random() < 0.9 else rng.choice(["2", "0.5", "eye", "vector(1)", "ones(3)"])
    part = lambda: random_formula(rng, depth - 1, names)  # noqa: E731
    choice = rng.random()
    if choice < 0.6:
        return f"({part()}{rng.choice(['+', '-', '*', '*', '*', '.*', './', '/'])}{part()})"
    if choice < 0.75:
        return f"{part()}'"
    if choice < 0.8:
        return f"({part()})^2"
    if choice < 0.83:
        return f"kron({part()},{part()})"
    return f"{rng.choice(FUNCTIONS)}({part()})"


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    made: list[Search] = []
    start = Search.__init__

    def noted(self: Search, *arguments: object) -> None:
        start(self, *arguments)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(Search, "__init__", noted)
    return made


def test_the_search_ends_for_any_names(searches: list[Search]) -> None:
    rng = random.Random(7)
    read = 0
    for _ in range(800):
        names = rng.sample(NAMES, rng.randint(1, 6))
        formula = random_formula(rng, rng.randint(1, 6), names)
        searches.clear()
        try:
            f = mc.parse(formula)
            read += 1
            assert mc.parse(str(f), {name_of(v): v for v in variables(f)}).shape == f.shape
        except mc.MatcalcError:
            pass
        for search in searches:
            parts = sum(map(len, search.orders.values()))
            assert search.steps <= 20 * parts * WIDEST, formula
    assert read > 200


@pytest.mark.parametrize(
    "term",
    [
        "(A{k}*x - b{k})'*(A{k}*x - b{k})",  # each name departs on its own
        "norm2(A{k}*beta - mu{k})",  # and all with one
        "(c{k}'*x)*t*sum(c{k}.*y)",
        "expm(t*A{k})*b{k}",
        "x*y{k}",  # nothing fits
    ],
)
def test_the_search_is_linear_in_the_length_of_the_formula(term: str, searches: list[Search]) -> None:
    steps = []
    for count in (20, 40, 80):
        searches.clear()
        with suppress(mc.MatcalcError):
            mc.parse(" + ".join(term.format(k=k) for k in range(count)))
        steps.append(sum(search.steps for search in searches))
    assert steps[2] <= 5 * steps[0], steps


TIED = ["x{k}", "a{k}", "A{k}", "x{k}'*y{k}", "a{k}*x{k}", "|x{k}|"]  # each stands in two parts of the formula


@pytest.mark.parametrize("term", TIED)
@pytest.mark.parametrize("sign", [" + ", "*", ".*"])
def test_thousands_of_names_that_stand_twice_are_answered(term: str, sign: str, searches: list[Search]) -> None:
    """What a row of the search has to remember is bounded, though each name is open up to the end."""
    once = sign.join(term.format(k=k) for k in range(1500))
    with suppress(mc.MatcalcError):
        mc.parse(f"({once}) - 2*({once})")
    assert all(search.steps <= 20 * sum(map(len, search.orders.values())) * WIDEST for search in searches)


def test_a_definition_that_is_used_often_is_looked_at_once(searches: list[Search]) -> None:
    """Each doubles the one before: as a tree, the formula would have 2^40 parts."""
    lines = ["u0 = b'*x", *(f"u{k} = u{k - 1}*c + u{k - 1}" for k in range(1, 41))]
    f = mc.parse(f"u40 where {', '.join(lines)}")
    assert {name_of(v): kind(*v.shape) for v in variables(f)} == {"b": "vector", "x": "vector", "c": "scalar"}
    assert searches[0].steps < 20_000


def test_many_names_may_depart() -> None:
    f = mc.parse(" + ".join(f"A{k}*x - b{k}" for k in range(400)))
    assert all(kind(*v.shape) == "vector" for v in variables(f) if name_of(v).startswith("b"))


def test_readings_are_the_same_in_every_process() -> None:
    program = (
        "import matcalc as mc\n"
        f"for text in {[row[0] for row in (*MEANT, *REFUSED)]!r}:\n"
        "    try:\n"
        "        f = mc.parse(text)\n"
        "        print(ascii(str(f)), [ascii(f'{v} {v.shape}') for v in mc.parts.variables(f)])\n"
        "    except mc.MatcalcError as error:\n"
        "        print(ascii(str(error)))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "20")
    }
    assert len(outputs) == 1
