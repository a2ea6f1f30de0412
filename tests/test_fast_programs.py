"""What programs that are made for speed do not compute: twice the same, large arrays for small ones, what cancels."""

from __future__ import annotations

import re

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import at_random

SIZES = {"m": 40, "n": 30, "k": 4}
DECLARED = parse_where(
    "A: m×n, b: m, x: n, v: n, Q: n×n, S: n×n posdef, X: m×n, Y: m×k, W: n×k, U: n×k, d: n, y: m positive"
)

# formula, derivative, by; a pattern, and how often it stands in the code
WRITTEN = [
    ("sum(sqrt(1 + (A*x - b).^2))", "hvp", "x", r"A \* |A / ", 0),  # diag(d)*A*v is d.*(A*v)
    ("sum(sqrt(1 + (A*x - b).^2))", "hessian", "x", r"(t\d+)\.T\.dot\(\1\)", 1),  # half of it is enough
    ("sum(y)*log(sum(exp(A*x)))", "hessian", "x", r"(t\d+)\.T\.dot\(\1\)", 1),
    ("x'*Q*x/(x'*x)", "hessian", "x", r"Q \+ Q\.T", 0),
    ("x/norm2(x)", "jacobian", "x", r"np\.negative", 0),
    ("log(1 + x'*S*x)", "hessian", "x", r"/= ", 0),
    ("tr(X'*X*Q*Q)", "gradient", "Q", r"X\.T\.dot\(X\)", 1),
    ("log(sum(exp(A*x + b)))", "both", "x", r"exp\w*\(", 1),
    ("sum(log(exp(X*W)*ones(k))) - tr(Y'*X*W)", "both", "W", r"exp\w*\(", 1),
    ("norm2(b - sigmoid(A*W)*ones(k))^2", "both", "W", r"exp\w*\(", 1),
    ("sum(log(1 + exp(A*W)))", "both", "W", r"exp\w*\(", 1),
    ("logdet(diag(exp(d)) + U*U')", "gradient", "U", r"_solved\(cho", 1),
    ("log(sum(exp(A*x + b)))", "hvp", "x", r"A\w*\.dot\(|\.dot\(A", 3),  # p'*A*v is the sum of p.*(A*v)
    ("x'*(Q.*S)*v + norm2((Q.*S)*x)^2", "gradient", "x", r"Q(\.T)? \* S|S \* Q", 1),
    ("sum(log(1 + (A*x - b).^2/sum(y)))", "gradient", "x", r"np\.full", 0),
    ("softmax(A*x)", "jacobian", "x", r" \* t\d+\[:, None\]", 0),  # diag(p)*(A - ones*p'*A)
    # a sum of matrices that is multiplied by a vector alone is not formed
    ("(x'*Q*x)/(x'*x)", "both", "x", r"Q \+|Q\.T|\+= Q|-= Q", 0),
    ("(x'*Q*x)/(x'*S*x + (x'*Q*x)^2)", "both", "x", r"Q \+|Q\.T|\+= Q|-= Q", 0),
    ("(x'*(Q + 2*S*Q)*x)/(x'*x)", "gradient", "x", r"Q \+|Q\.T|\+= Q|-= Q", 0),
    ("norm2((Q + Q')*x - v)^2", "gradient", "x", r"Q \+|Q\.T|\+= Q|-= Q", 0),
    ("log(sum(exp((Q + Q')*x)))", "both", "x", r"Q \+|Q\.T|\+= Q|-= Q", 0),
    # nor what cancels in a softmax
    ("sum(rowlogsumexp(X*W - 0.5*rowsum(X.^2)*ones(k)'))", "gradient", "W", r"X \* X|X\*\*2|np\.ones", 0),
    ("logsumexp(A*x - norm2(x - v)^2*ones(m))", "both", "x", r"exp\w*\(", 1),
]


def asked(formula: str, kind: str, by: str) -> dict[str, mc.Expr]:
    f, x = mc.parse(formula, DECLARED), DECLARED[by]
    if kind == "hvp":
        return {kind: mc.jvp(mc.gradient(f, x), x, DECLARED["v"])}
    if kind == "both":
        return {"value": f, "gradient": mc.gradient(f, x)}
    return {kind: getattr(mc, kind)(f, x)}


@pytest.mark.parametrize(
    ("formula", "kind", "by", "pattern", "count"), WRITTEN, ids=[f"{w[1]} of {w[0]}" for w in WRITTEN]
)
def test_what_is_written(formula: str, kind: str, by: str, pattern: str, count: int) -> None:
    results = asked(formula, kind, by)
    sizes = {name: size for name, size in SIZES.items() if name in mc.plan(results).symbols}
    emitted = mc.emit(results, style="fast", sizes=sizes)
    body = emitted.source[emitted.source.index("def formula") :]
    assert len(re.findall(pattern, body.split('"""')[2])) == count, emitted.source
    values = at_random(*results.values(), sizes=SIZES, seed=3)
    got = emitted.compile()(**{name: values[name] for name in emitted.arguments})
    wanted = [mc.evaluate(result, values) for result in results.values()]
    for one, other in zip(got if len(wanted) > 1 else [got], wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_shared_exponentials_are_as_accurate_as_their_functions_alone() -> None:
    special = pytest.importorskip("scipy.special")
    x = mc.vector("x", "n")
    u = np.concatenate([np.linspace(-1e3, 1e3, 201), np.linspace(-40, 40, 200), [-745.0, 709.0, 0.0]])
    results = {
        "sigmoid": mc.parse("1./(1 + exp(-x))", {"x": x}),
        "softplus": mc.parse("log(1 + exp(x))", {"x": x}),
        "slope": mc.gradient(mc.parse("sum(1./(1 + exp(-x)))", {"x": x}), x),
    }
    emitted = mc.emit(results, style="fast", sizes={"n": len(u)})
    assert len(re.findall(r"np\.exp\(|expit\(", emitted.source)) == 1
    with np.errstate(all="raise", under="ignore"):
        got = emitted.compile()(u)
    wanted = special.expit(u), np.logaddexp(0.0, u), special.expit(u) * special.expit(-u)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-307)


def test_functions_of_opposite_values_share_one_exponential() -> None:
    special = pytest.importorskip("scipy.special")
    x = mc.vector("x", "n")
    u = np.concatenate([np.linspace(-700, 1e3, 1201), np.linspace(-40, 40, 900), [0.0]])
    texts = ["1./(1 + exp(-x))", "1./(1 + exp(x))", "log(1 + exp(x))", "log(1 + exp(-x))", "tanh(log(1 + exp(x)))"]
    results = {f"r{k}": mc.parse(text, {"x": x}) for k, text in enumerate(texts)}
    emitted = mc.emit(results, style="fast", sizes={"n": len(u)})
    assert emitted.source.count("np.exp(") == 1
    with np.errstate(all="raise", under="ignore"):
        got = emitted.compile()(u)
    softplus = np.logaddexp(0.0, u)
    wanted = special.expit(u), special.expit(-u), softplus, np.logaddexp(0.0, -u), np.tanh(softplus)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize(
    "formula", ["sum(sin(A*x))", "sum(tanh(x'*A'))", "sum(log(1 + (A*x - b).^2))", "-sum(cos(A*x))"]
)
@pytest.mark.parametrize(("m", "n"), [(4096, 256), (1030, 1020)])
def test_a_square_with_weights_of_both_signs_is_computed_half(formula: str, m: int, n: int) -> None:
    hessian = mc.hessian(mc.parse(formula, DECLARED), DECLARED["x"])
    emitted = mc.emit(hessian, style="fast", sizes={"m": m, "n": n})
    assert "_weighted_square(A" in emitted.source
    assert "_weighted_square" not in mc.emit(hessian, style="fast", sizes={"m": 40, "n": 30}).source
    assert "_weighted_square" not in mc.emit(hessian).source
    values = at_random(hessian, sizes={"m": m, "n": n}, seed=5)
    got = emitted.compile()(**{name: values[name] for name in emitted.arguments})
    wanted = mc.evaluate(hessian, values)
    assert np.max(np.abs(got - wanted)) < 1e-10 * np.max(np.abs(wanted))
