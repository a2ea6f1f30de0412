"""No verdict is false: true claims are never called wrong, nor false ones correct, at whatever point they fail.

Each table holds instances of a kind: facts together, both components of the orthogonal group, sizes of 1, low ranks,
zeros, kinks far out, sizes at which a claim is not defined, numbers below what doubles tell apart.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where

NAMES = parse_where(
    "A: m×n, X: m×n, Y: m×n, V: m×n, B: n×n, x: n, y: n, z: m, b: m, c: scalar, d: scalar, "
    "Q: n×n orthogonal, r: n nonneg, p: n positive, S: n×n symmetric, P: n×n posdef, K: n×n skew, "
    "L: n×n lower, D: n×n diagonal, u: n unitnorm, s: n simplex, R: n×n symmetric orthogonal, "
    "T: n×n diagonal orthogonal, E: n×n diagonal positive, F: 3×3 symmetric, g: 3, h: m positive, "
    "U: n×n upper, Z: n×n skew symmetric, N: n×n lower upper, M: n×n skew invertible"
)
STATUS = {True: "correct", False: "wrong"}

EQUAL = [
    ("det(Q)^2", "1", True),
    ("det(Q)", "1", False),
    ("inv(Q)", "Q'", True),
    ("logdet(Q)", "0", True),
    ("R*R", "eye(n)", True),
    ("det(R)", "1", False),
    ("T.*T", "eye(n)", True),
    ("inv(T)", "T", True),
    ("tr(K)", "0", True),
    ("det(K)", "0", False),
    ("x'*K*x", "0", True),
    ("K*K", "K", False),
    ("det(N)", "det(diag(diag(N)))", True),
    ("N'", "N", True),
    ("expm(Z)", "eye(n)", True),
    ("det(M)", "0", False),
    ("inv(M)'", "-inv(M)", True),
    ("abs(r)", "r", True),
    ("sign(r)", "ones(n)", False),
    ("sign(p)", "ones(n)", True),
    ("step(p)", "ones(n)", True),
    ("step(r)", "ones(n)", False),
    ("relu(r)", "r", True),
    ("abs(s)", "s", True),
    ("det(L)", "det(diag(diag(L)))", True),
    ("det(L)", "tr(L)", False),
    ("det(U)", "1", False),
    ("norm2(u)", "1", True),
    ("sum(s)", "1", True),
    ("norm2(s)", "1", False),
    ("sum(u)", "1", False),
    ("relu(c-1000)", "0", False),
    ("relu(c-0.001)", "relu(c)", False),
    ("abs(c-1e6)", "1e6-c", False),
    ("relu(sum(x)-300)", "0", False),
    ("max(x)", "sum(x)/n", False),
    ("relu(norm2(x)-77)", "0", False),
    ("step(x'*y-50)", "0", False),
    ("relu(det(B)-500)", "0", False),
    ("relu(tr(Q)-n)", "0", True),
    ("relu(tr(Q)-1)", "0", False),
    ("relu(0.1-(c-10)^2)", "0", False),
    ("relu(c-10)*relu(10.001-c)", "0", False),
    ("relu(c-10)*relu(-d-10)", "0", False),
    ("relu(relu(c-10)-5)", "0", False),
    ("relu(relu(c-10)-5)", "relu(c-15)", True),
    ("relu(x - 10*unit(n,2))", "relu(x)", False),
    ("abs(x)", "relu(x)+relu(-x)", True),
    ("max(x)", "-min(-x)", True),
    ("relu(x)-relu(-x)", "x", True),
    ("abs(x).*sign(x)", "x", True),
    ("sign(x).^2", "ones(n)", False),
    ("relu(c)^2", "c*relu(c)", True),
    ("relu(n-4)*c", "0*c", False),
    ("relu(n-100)*c", "0*c", False),
    ("abs(m-n)*c", "(m-n)*c", False),
    ("relu(n-1)*c", "(n-1)*c", True),
    ("abs(n-3)*x", "(n-3)*x", False),
    ("sqrt((x'*x)^2)", "x'*x", True),
    ("sqrt((c-3)^2)", "c-3", False),
    ("sqrt(c^2-20*c+100)", "10-c", False),
    ("(c^4)^(1/4)", "c", False),
    ("((c-100)^2)^(1/2)", "abs(c-100)", True),
    ("log((c-5)^2)", "2*log(5-c)", True),
    ("pinv(X)", "inv(X'*X)*X'", True),
    ("pinv(X)", "X'*inv(X*X')", True),
    ("pinv(X)*X", "eye(n)", False),
    ("X*pinv(X)*X", "X", True),
    ("pinv(x*y')", "y*x'/(x'*x)/(y'*y)", True),
    ("pinv(x)", "x'/(x'*x)", True),
    ("pinv(B)", "inv(B)", True),
    ("pinv(x*x')", "x*x'/(x'*x)^2", True),
    ("pinv(X*X')*X", "pinv(X')", True),
    ("pinv(X)'", "pinv(X')", True),
    ("pinv(A*B)", "pinv(B)*pinv(A)", False),
    ("det(x*y')", "0", False),
    ("det(X'*X)", "0", False),
    ("det(X*X')", "0", False),
    ("det(S)", "det(S')", True),
    ("1e-30*c", "0*c", False),
    ("1e-40", "0", False),
    ("c+1e-40", "c", False),
    ("0.1+0.2", "0.3", True),
    ("1/3", "0.333333333333333333333333", False),
    ("x.*1e-60", "0*x", False),
    ("exp(log(p))", "p", True),
    ("log(p.^2)", "2*log(p)", True),
    ("sqrt(p)", "p.^0.5", True),
    ("log(x.^2)", "2*log(x)", True),
    ("log(x.^2)", "2*log(abs(x))", True),
    ("logdet(P)", "log(det(P))", True),
    ("logdet(B)", "log(det(B))", True),
    ("exp(logdet(B))", "det(B)", False),
    ("exp(logdet(B))", "abs(det(B))", True),
    ("cos(x).^2+sin(x).^2", "ones(n)", True),
    ("tanh(30*x)", "sign(x)", False),
    ("tanh(x)", "x", False),
    ("sigmoid(x)", "1-sigmoid(-x)", True),
    ("erf(-x)", "-erf(x)", True),
    ("arcsin(sin(c))", "c", False),
    ("arctan(tan(c))", "c", False),
    ("sin(arcsin(c))", "c", True),
    ("logm(expm(S))", "S", True),
    ("sqrtm(P)^2", "P", True),
    ("expm(B)*expm(-B)", "eye(n)", True),
    ("expm(S+B)", "expm(S)*expm(B)", False),
    ("cholesky(P)*cholesky(P)'", "P", True),
    ("eigvals(D)", "diag(D)", False),
    ("sum(eigvals(S))", "tr(S)", True),
    ("sum(eigvals(E))", "sum(diag(E))", True),
    ("nuclearnorm(P)", "tr(P)", True),
    ("nuclearnorm(S)", "tr(S)", False),
    ("spectralnorm(Q)", "1", True),
    ("polar(Q)", "Q", True),
    ("norm2(Q)", "sqrt(n)", True),
    ("max(x)", "x[1]", False),
    ("max(x+1000*unit(n,1))", "x[1]+1000", False),
    ("min(s)", "0", False),
    ("max(s)", "1", False),
    ("norm1(x)", "sum(x)", False),
    ("norm1(p)", "sum(p)", True),
    ("norm1(x-5*ones(n))", "5*n-sum(x)", False),
    ("softmax(x)", "exp(x)/sum(exp(x))", True),
    ("logsumexp(x)", "log(sum(exp(x)))", True),
    ("logsumexp(x)", "max(x)", False),
    ("ones(q,q)*ones(q)", "q*ones(q)", True),
    ("eye(q)*ones(q)", "ones(q)", True),
    ("x.^0", "ones(n)", True),
    ("maxmask(x)'*x", "max(x)", True),
    ("sum(maxmask(x))", "1", True),
    ("relu(x'*x)", "x'*x", True),
    ("abs(norm2(x))", "norm2(x)", True),
    ("step(exp(x))", "ones(n)", True),
    ("relu(x-y)-relu(y-x)", "x-y", True),
    ("max(max(x)*ones(m))", "max(x)", True),
    ("relu(c-1e6)", "0", False),
    ("relu(-c-12345)*d", "0", False),
    ("relu(c*d-999)", "0", False),
    ("relu(x'*B*x-1e4)", "0", False),
    ("relu(c-3)-relu(c-3)", "0", True),
    ("relu(2*c-6)", "2*relu(c-3)", True),
    ("abs(2*c-6)", "2*abs(c-3)", True),
    ("diag(diag(E))", "E", True),
    ("E.*E", "E*E", True),
    ("E.*inv(E)", "eye(n)", True),
    ("sqrtm(E)", "E.^0.5", True),
    ("logdet(E)", "sum(log(diag(E)))", True),
    ("logdet(D)", "sum(log(diag(D)))", True),
    ("logdet(D)", "sum(log(abs(diag(D))))", True),
]


@pytest.mark.parametrize(("left", "right", "same"), EQUAL)
@pytest.mark.quick_part(3)
def test_formulas_are_equal_where_they_are(left: str, right: str, same: bool) -> None:
    verdict = mc.equal(mc.parse(left, NAMES), mc.parse(right, NAMES))
    assert verdict.status == STATUS[same], str(verdict)


# Pieces that were met only where the formula is not defined, or at values so large that the piece is lost in them.
HIDDEN = [
    ("log(x'*X*x) + relu(-5 - sum(X))", "X", "x*x'/(x'*X*x)", "X: n×n, x: n positive unitnorm"),
    ("sum(exp(Z*x))/n + abs(sum(x) - 50) + sum(x)", "x", "Z'*exp(Z*x)/n", "Z: m×n positive, x: n"),
    ("sqrt(sum(x)) + relu(-x[1] - 7)", "x", "ones(n)/(2*sqrt(sum(x)))", "x: n"),
    ("sum(log(x)) + sum(relu(x - 20))", "x", "1./x", "x: n"),
    ("norm2(exp(x))^2 + relu(sum(x) - 90)", "x", "2*exp(2*x)", "x: n"),
    ("vec(X)'*vec(Y)", "Y", "X'", "X: n×n nonneg orthogonal, Y: n×n"),
]


@pytest.mark.parametrize(("formula", "by", "claim", "where"), HIDDEN)
def test_what_is_wrong_in_a_hidden_piece_is_not_correct(formula: str, by: str, claim: str, where: str) -> None:
    names = parse_where(where)
    assert mc.check(claim, mc.parse(formula, names), names[by]).status != "correct"


CLAIMS = [
    ("relu(c-10)", "c", "0", "gradient", False),
    ("relu(c-10)", "c", "step(c-10)", "gradient", True),
    ("norm2(A*x-b)^2 + relu(norm2(x)-100)", "x", "2*A'*(A*x - b)", "gradient", False),
    ("norm2(A*x-b)^2 + relu(norm2(x)-100)", "x", "2*A'*(A*x - b) + step(norm2(x)-100)*x/norm2(x)", "gradient", True),
    ("norm2(A*x-b)^2 + relu(norm2(x)-100)", "x", "2*A'*(A*x - b) + step(x'*x-10000)*x/norm2(x)", "gradient", True),
    ("sum(relu(A*x-b))", "x", "A'*ones(m)", "gradient", False),
    ("sum(relu(A*x-b))", "x", "A'*(1+sign(A*x-b))/2", "gradient", True),
    ("norm1(x)", "x", "ones(n)", "gradient", False),
    ("norm1(p)", "p", "ones(n)", "gradient", True),
    ("sum(abs(r))", "r", "ones(n)", "gradient", True),
    ("norm1(x)", "x", "x./abs(x)", "gradient", True),
    ("sum(abs(x).^3)", "x", "3*x.^2", "gradient", False),
    ("sum(abs(x).^3)", "x", "3*x.*abs(x)", "gradient", True),
    ("max(x)", "x", "unit(n,1)", "gradient", False),
    ("max(x)", "x", "maxmask(x)", "gradient", True),
    ("sum(relu(x-1000*ones(n)))", "x", "zeros(n)", "gradient", False),
    ("c^2 + abs(c-50)", "c", "2*c - 1", "gradient", False),
    ("c^2 + abs(c-50)", "c", "2*c + sign(c-50)", "gradient", True),
    ("c^2+relu(-c-3000)", "c", "2*c", "gradient", False),
    ("relu(c-10)*relu(10.001-c)", "c", "0", "gradient", False),
    ("sqrt((c-10)^2)", "c", "-1", "gradient", False),
    ("sqrt((c-10)^2)", "c", "sign(c-10)", "gradient", True),
    ("sum(log(x)+relu(x))", "x", "1./x + ones(n)", "gradient", True),
    ("sum(log(x).*relu(x))", "x", "log(x)+1", "gradient", True),
    ("sum(sqrt(x).*abs(x))", "x", "1.5*sqrt(x)", "gradient", True),
    ("sum(log(x))+norm1(x)", "x", "1./x - 1", "gradient", False),
    ("x'*inv(E)*x", "x", "2*(x./diag(E))", "gradient", True),
    ("x'*inv(E)*x", "x", "2*(x.*diag(E))", "gradient", False),
    ("x'*D*x", "x", "2*(diag(D).*x)", "gradient", True),
    ("x'*T*T*x", "x", "2*x", "gradient", True),
    ("x'*R*R*x", "x", "2*x", "gradient", True),
    ("x'*R*x", "x", "2*R*x", "gradient", True),
    ("x'*R*x", "x", "2*x", "gradient", False),
    ("x'*K*x", "x", "zeros(n)", "gradient", True),
    ("x'*K*y", "x", "K*y", "gradient", True),
    ("x'*K*y", "x", "K'*y", "gradient", False),
    ("x'*Z*y", "x", "0*y", "gradient", True),
    ("x'*N*x", "x", "2*N*x", "gradient", True),
    ("x'*L*x", "x", "2*L*x", "gradient", False),
    ("x'*L*x", "x", "(L+L')*x", "gradient", True),
    ("norm2(M*x)^2", "x", "-2*M*M*x", "gradient", True),
    ("norm2(M*x)^2", "x", "2*M*M*x", "gradient", False),
    ("x'*inv(M)*y", "x", "inv(M)*y", "gradient", True),
    ("sum(log(diag(L)))", "L", "diag(1./diag(L))", "gradient", True),
    ("sum(log(diag(L)))", "L", "inv(L)'", "gradient", False),
    ("sum(log(diag(L)))", "L", "inv(L)", "gradient", False),
    ("sum(log(diag(L)))", "L", "diag(diag(L))", "gradient", False),
    ("sum(log(diag(U)))", "U", "inv(U)'", "gradient", False),
    ("sum(log(diag(B)))", "B", "diag(1./diag(B))", "gradient", True),
    ("sum(log(diag(B)))", "B", "inv(B)'", "gradient", False),
    ("logdet(L)", "L", "inv(L)'", "gradient", True),
    ("logdet(L)", "L", "diag(1./diag(L))", "gradient", False),
    ("tr(B*logm(B))", "B", "eye(n)+log(B)", "gradient", False),
    ("tr(P*logm(P))", "P", "eye(n)+logm(P)", "gradient", True),
    ("tr(B*logm(B))", "B", "eye(n)+logm(B)'", "gradient", True),
    ("tr(B*logm(B))", "B", "eye(n)+logm(B)", "gradient", False),
    ("tr(sqrtm(B))", "B", "0.5*inv(sqrtm(B))'", "gradient", True),
    ("tr(sqrtm(B))", "B", "0.5*inv(sqrtm(B))", "gradient", False),
    ("tr(expm(B))", "B", "expm(B)", "gradient", False),
    ("logdet(B)", "B", "1./B", "gradient", False),
    ("tr(sqrtm(P))", "P", "0.5./sqrt(P)", "gradient", False),
    ("pinv(X)*z", "X", "inv(X'*X)*(V'*(eye(m) - X*pinv(X)) - X'*V*pinv(X))*z", "jvp", True),
    ("pinv(X)*z", "X", "inv(X'*X)*(V'*(eye(m) - X*pinv(X)) + X'*V*pinv(X))*z", "jvp", False),
    ("pinv(X)*z", "X", "-pinv(X)*V*pinv(X)*z", "jvp", False),
    ("tr(pinv(X)*Y)", "X", "(eye(m) - X*pinv(X))*Y*inv(X'*X) - pinv(X)'*Y'*pinv(X)'", "gradient", True),
    ("tr(pinv(X)*Y)", "X", "- pinv(X)'*Y'*pinv(X)'", "gradient", False),
    ("logdet(X'*X)", "X", "2*pinv(X)'", "gradient", True),
    ("logdet(X'*X)", "X", "2*X*inv(X'*X)", "gradient", True),
    ("logdet(X'*X)", "X", "X*inv(X'*X)", "gradient", False),
    ("logdet(X*X')", "X", "2*pinv(X)'", "gradient", True),
    ("tr(pinv(x*y'))", "x", "y/(x'*x)/(y'*y) - 2*(x'*y)*x/(x'*x)^2/(y'*y)", "gradient", True),
    ("norm2(X*pinv(X)*z)^2", "X", "zeros(m,n)", "gradient", False),
    ("det(x*y')", "x", "zeros(n)", "gradient", False),
    ("det(B)", "B", "det(B)*inv(B)'", "gradient", True),
    ("det(B)", "B", "inv(B)'", "gradient", False),
    ("logdet(P)", "P", "inv(P)", "gradient", True),
    ("tr(Q*B)", "Q", "B'", "gradient", True),
    ("norm2(x)", "x", "x/norm2(x)", "gradient", True),
    ("norm2(x)", "x", "x", "gradient", False),
    ("norm2(u)^2", "u", "2*u", "gradient", True),
    ("s'*log(s)", "s", "log(s)+1", "gradient", True),
    ("s'*log(s)", "s", "log(s)", "gradient", False),
    ("sum(softmax(x).*x)", "x", "softmax(x)", "gradient", False),
    ("logsumexp(x)", "x", "softmax(x)", "gradient", True),
    ("logsumexp(1000*x)", "x", "1000*softmax(1000*x)", "gradient", True),
    ("sum(tanh(20*x))", "x", "zeros(n)", "gradient", False),
    ("sum(sigmoid(100*x))", "x", "0*x", "gradient", False),
    ("x'*A'*A*x", "x", "2*A'*A", "hessian", True),
    ("sum(relu(x).^2)", "x", "2*diag(step(x))", "hessian", True),
    ("sum(exp(x))", "x", "diag(exp(x))", "hessian", True),
    ("relu(A*x)", "x", "diag(step(A*x))*A", "jacobian", True),
    ("relu(A*x-50*b)", "x", "A", "jacobian", False),
    ("abs(x)", "x", "diag(sign(x))", "jacobian", True),
    ("abs(x)", "x", "eye(n)", "jacobian", False),
    ("x/norm2(x)", "x", "(eye(n)-x*x'/(x'*x))/norm2(x)", "jacobian", True),
    ("spectralnorm(B)", "B", "leftsv(B)*rightsv(B)'", "gradient", True),
    ("spectralnorm(B)", "B", "leftsv(B)*leftsv(B)'", "gradient", False),
    ("nuclearnorm(B)", "B", "polar(B)", "gradient", True),
    ("nuclearnorm(X)", "X", "polar(X)", "gradient", True),
    ("sum(eigvals(S).^2)", "S", "2*S", "gradient", True),
    ("sum(eigvals(S).^2)", "S", "S", "gradient", False),
    ("cholesky(P)*x", "x", "cholesky(P)", "jacobian", True),
    ("relu(n-4)*c", "c", "0", "gradient", False),
    ("relu(n-4)*c", "c", "relu(n-4)", "gradient", True),
    ("1e-30*c", "c", "0", "gradient", False),
    ("c*d^2/1e20", "c", "0", "gradient", False),
    ("norm2(Q*x)^2", "x", "2*x", "gradient", True),
    ("det(Q)*c", "c", "1", "gradient", False),
    ("(relu(sum(x)-20))^2", "x", "0*x", "gradient", False),
    ("c*sum(max(x)*ones(n)) ", "c", "n*max(x)", "gradient", True),
    ("sum(relu(-x-500*ones(n)))+c*sum(x)", "c", "sum(x)", "gradient", True),
    ("sum(relu(-x-500*ones(n)))+c*sum(x)", "x", "c*ones(n)", "gradient", False),
    ("relu(1-d*c)", "c", "-d*step(1-d*c)", "gradient", True),
    ("relu(1-d*c)", "c", "-d", "gradient", False),
    ("sum(arcsin(x))", "x", "1./sqrt(1-x.^2)", "gradient", True),
    ("sum(log(1-x))", "x", "-1./(1-x)", "gradient", True),
    ("sum(log(1-x))", "x", "1./(1-x)", "gradient", False),
    ("sum(x.^1.5)", "x", "1.5*x.^0.5", "gradient", True),
    ("log(c-1000)", "c", "1/(c-1000)", "gradient", True),
    ("sqrt(c-1000)", "c", "1/sqrt(c-1000)", "gradient", False),
]


@pytest.mark.parametrize(("formula", "by", "claim", "kind", "right"), CLAIMS)
@pytest.mark.quick_part(5)
def test_claims_are_judged_rightly_and_the_verdict_holds_again(
    formula: str, by: str, claim: str, kind: str, right: bool
) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES[by], kind=kind)
    assert verdict.status == STATUS[right], str(verdict)
    again = mc.verify(verdict.to_json())
    assert again.status == "correct" or (again.status == "undecided" and formula == "log(c-1000)"), str(again)


OFFSETS = [float(f"{10 ** random.Random(k).uniform(-3, 6):.4g}") for k in range(6)]
KINKS = [
    ("relu(c - {o})", "0"), ("relu(-c - {o})*d", "0"), ("relu(c - {o})*relu(-d - {o})", "0"),
    ("abs(x'*y - {o})", "{o} - x'*y"), ("relu(norm2(A*x) - {o})", "0"), ("step(c^3 - {o})", "0"),
    ("relu(max(x) - {o})", "0"), ("relu({o} - p'*p)", "{o} - p'*p"), ("relu(tr(P) - {o})", "0"),
    ("relu(c - {o})*relu(1.01*{o} - c)", "0"), ("relu(sum(r) - {o})", "0"), ("sqrt((c - {o})^2)", "{o} - c"),
    ("norm1(x - {o}*ones(n))", "{o}*n - sum(x)"), ("relu(exp(c) - {o})", "exp(c) - {o}"),
]  # fmt: skip


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize(("left", "right"), KINKS)
def test_kinks_are_found_wherever_they_are(left: str, right: str, offset: float) -> None:
    formulas = [mc.parse(text.replace("{o}", str(offset)), NAMES) for text in (left, right)]
    assert mc.equal(*formulas).status == "wrong"


def test_a_piece_that_was_not_reached_is_named() -> None:
    verdict = mc.equal(mc.parse("relu(sin(c) - 2)", NAMES), mc.parse("0", NAMES))
    assert verdict.status == "undecided"
    assert verdict.ground == "they agree, but no point was found where sin(c) - 2 > 0"


NOWHERE = [  # claims that have values nowhere, or where a matrix is a number
    ("sum(log(diag(L)))", "L", "1./L"),
    ("2*sum(log(diag(L)))", "L", "2./L"),
    ("sum(log(diag(D)))", "D", "1./D"),
    ("sum(exp(x))", "x", "log(-x'*x)*x"),
    ("sum(exp(x))", "x", "inv(zeros(n,n))*x"),
    ("norm2(x)^2", "x", "sqrt(-1 - x'*x)*x"),
]


@pytest.mark.parametrize(("formula", "by", "claim"), NOWHERE)
def test_a_claim_without_values_is_wrong_and_no_certificate_confirms_it(formula: str, by: str, claim: str) -> None:
    verdict = mc.check(claim, mc.parse(formula, NAMES), NAMES[by])
    assert verdict.status == "wrong"
    assert verdict.ground == "the claim has no value at any point that was tried, where the derivative has one"
    assert mc.verify(verdict.to_json()).status == "undecided"
    assert mc.verify(verdict.to_json().replace('"status": "wrong"', '"status": "correct"')).status != "correct"


def test_sizes_at_which_a_claim_is_defined_are_told() -> None:
    left, right = (mc.parse(text, NAMES) for text in ("pinv(X)*sin(z)", "inv(X'*X)*X'*sin(z)"))
    assert mc.equal(left, right).ground.endswith(", for m ≥ n")


CODE = [
    ("relu(c - 10)", "c", lambda c: 0.0, False),
    ("relu(c - 10)", "c", lambda c: float(c > 10), True),
    ("norm2(A*x - b)^2 + relu(norm2(x) - 100)", "x", lambda A, b, x: 2 * A.T @ (A @ x - b), False),
    ("norm1(x)", "x", lambda x: np.ones_like(x), False),
    ("norm1(x)", "x", np.sign, True),
]


@pytest.mark.parametrize(("formula", "by", "function", "right"), CODE)
def test_code_is_compared_in_every_piece(formula: str, by: str, function: object, right: bool) -> None:
    verdict = mc.check_code(function, mc.parse(formula, NAMES), NAMES[by])  # type: ignore[arg-type]
    assert verdict.status == STATUS[right]


def test_a_forged_certificate_is_refuted_beyond_a_kink() -> None:
    text = mc.check("step(c-10)", mc.parse("relu(c-10)", NAMES), NAMES["c"]).to_json()
    assert mc.verify(text).status == "correct"
    assert mc.verify(text.replace('"claim": "step(c-10)"', '"claim": "0*c"')).status == "wrong"


SINGULAR = (
    "idempotent",
    "idempotent nonneg stochastic",
    "idempotent psd",
    "psd nonneg positive",
    "psd",
    "idempotent toeplitz",
)
ROOTS = {  # claims of the gradient of tr(sqrtm(X)*Y) by Y, and where they are true
    "sqrtm(X)'": lambda facts: True,
    "sqrtm(X')'": lambda facts: "psd" in facts,
    "X'": lambda facts: "idempotent" in facts,
    "sqrt(X)": lambda facts: False,
}


@pytest.mark.parametrize("facts", SINGULAR)
@pytest.mark.parametrize("claim", ROOTS)
def test_claims_about_roots_of_singular_matrices(facts: str, claim: str) -> None:
    X, Y = mc.matrix("X", "n", "n", *facts.split()), mc.matrix("Y", "n", "n")
    verdict = mc.check(claim, mc.tr(mc.sqrtm(X) @ Y), Y)
    assert verdict.status == ("correct" if ROOTS[claim](facts) else "wrong"), verdict
