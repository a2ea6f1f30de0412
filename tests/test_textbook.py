"""Derivatives as the books print them: the text where ours is the book's, and the value always.

The reference for a value is a difference quotient of the evaluated formula; the book's formula is held against it
too, so a misprint here would be found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import Values, assert_close, at_random, named, quotients, shape, unvec, value, vec

COOKBOOK = "Petersen & Pedersen, The Matrix Cookbook (2012)"
MAGNUS = "Magnus & Neudecker, Matrix Differential Calculus"
WIKIPEDIA = "Wikipedia, Matrix calculus, scalar-by-vector and scalar-by-matrix identities"
BOYD = "Boyd & Vandenberghe, Convex Optimization"
BISHOP = "Bishop, Pattern Recognition and Machine Learning"
TABLES = "Abramowitz & Stegun, Handbook of Mathematical Functions"
MURRAY = "Murray, Differentiation of the Cholesky decomposition (2016)"
GOLUB = "Golub & Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems (1973)"
HIGHAM = "Higham, Functions of Matrices"
ONLINE = "matrixcalculus.org, examples"


class Row(NamedTuple):
    formula: str
    by: str
    expected: str
    book: str
    text: bool = True  # whether our text is the book's
    where: str = ""  # declarations beyond the letter convention
    domain: str = "posdef"


GRADIENTS = [
    # ---- linear and quadratic forms
    Row("y'*x", "x", "y", f"{COOKBOOK} (69)"),
    Row("a'*x", "x", "a", WIKIPEDIA),
    Row("x'*x", "x", "2*x", WIKIPEDIA),
    Row("x'*A*x", "x", "(A + A')*x", f"{COOKBOOK} (81)"),
    Row("0.5*x'*A*x", "x", "0.5*(A + A')*x", ONLINE),
    Row("x'*S*x", "x", "2*S*x", WIKIPEDIA, where="S: n×n symmetric"),
    Row("0.5*x'*S*x - y'*x", "x", "S*x - y", BOYD, where="S: n×n symmetric"),
    Row("x'*A*y", "A", "x*y'", f"{COOKBOOK} (70)"),
    Row("y'*A'*x", "A", "x*y'", f"{COOKBOOK} (71)"),
    Row("y'*A*y", "A", "y*y'", f"{COOKBOOK} (72)"),
    Row("y'*X'*X*z", "X", "X*(y*z' + z*y')", f"{COOKBOOK} (77)"),
    Row("(B*x + y)'*C*(D*x + z)", "x", "B'*C*(D*x + z) + D'*C'*(B*x + y)", f"{COOKBOOK} (78)"),
    Row("(X*y + z)'*D*(X*y + z)", "X", "(D + D')*(X*y + z)*y'", f"{COOKBOOK} (83)"),
    Row(
        "(x - A*w)'*S*(x - A*w)",
        "w",
        "-2*A'*S*(x - A*w)",
        f"{COOKBOOK} (84)",
        text=False,
        where="S: m×m symmetric, A: m×n",
    ),
    Row("(x - A*w)'*S*(x - A*w)", "x", "2*S*(x - A*w)", f"{COOKBOOK} (87)", where="S: m×m symmetric, A: m×n"),
    Row(
        "(x - A*w)'*S*(x - A*w)",
        "A",
        "-2*S*(x - A*w)*w'",
        f"{COOKBOOK} (88)",
        text=False,
        where="S: m×m symmetric, A: m×n",
    ),
    Row("(A*x)'*(B*x)", "x", "(A'*B + B'*A)*x", WIKIPEDIA),
    Row("x'*A*x/(x'*x)", "x", "(A + A')*x/(x'*x) - 2*(x'*A*x)*x/(x'*x)^2", MAGNUS, text=False),
    # ---- norms
    Row("norm2(x)", "x", "x/norm2(x)", f"{COOKBOOK} (129)"),
    Row("norm2(x - y)", "x", "(x - y)/norm2(x - y)", f"{COOKBOOK} (129)", text=False),
    Row("norm2(x)^2", "x", "2*x", f"{COOKBOOK} (131)"),
    Row("norm2(X)^2", "X", "2*X", f"{COOKBOOK} (132)"),
    Row("norm2(X)", "X", "X/norm2(X)", MAGNUS),
    Row("norm2(A*x - y)^2", "x", "2*A'*(A*x - y)", ONLINE),
    Row("norm2(A*x - b)^2", "A", "2*(A*x - b)*x'", BOYD),
    Row("norm2(A - U*V')^2", "U", "2*(U*V' - A)*V", ONLINE),
    Row("norm2(A - U*V')^2", "V", "2*(U*V' - A)'*U", ONLINE),
    Row("norm1(A*x - y)", "x", "A'*sign(A*x - y)", ONLINE),
    Row("(x'*x)^2", "x", "4*(x'*x)*x", WIKIPEDIA),
    # ---- traces
    Row("tr(X)", "X", "eye(n)", f"{COOKBOOK} (99)"),
    Row("tr(X*A)", "X", "A'", f"{COOKBOOK} (100)"),
    Row("tr(A*X*B)", "X", "A'*B'", f"{COOKBOOK} (101)"),
    Row("tr(A*X'*B)", "X", "B*A", f"{COOKBOOK} (102)"),
    Row("tr(X'*A)", "X", "A", f"{COOKBOOK} (103)"),
    Row("tr(A*X')", "X", "A", f"{COOKBOOK} (104)"),
    Row("tr(kron(A, X))", "X", "tr(A)*eye(m)", f"{COOKBOOK} (105)", where="A: n×n, X: m×m"),
    Row("tr(X^2)", "X", "2*X'", f"{COOKBOOK} (106)"),
    Row("tr(X*X) + 1", "X", "2*X'", WIKIPEDIA),
    Row("tr(X) + tr(X^2)", "X", "eye(n) + 2*X'", WIKIPEDIA),
    Row("tr(X^2*B)", "X", "(X*B + B*X)'", f"{COOKBOOK} (107)", text=False),
    Row("tr(X'*B*X)", "X", "B*X + B'*X", f"{COOKBOOK} (108)", text=False),
    Row("tr(X*B*X')", "X", "X*(B + B')", f"{COOKBOOK} (111)", text=True),
    Row("tr(A*X*B*X)", "X", "(A*X*B + B*X*A)'", f"{COOKBOOK} (114)"),
    Row("tr(X'*X)", "X", "2*X", f"{COOKBOOK} (115)"),
    Row("tr(B'*X'*C*X*B)", "X", "(C + C')*X*B*B'", f"{COOKBOOK} (116)"),
    Row("tr(X'*B*X*C)", "X", "B*X*C + B'*X*C'", f"{COOKBOOK} (117)"),
    Row("tr(A*X*B*X'*C)", "X", "A'*C'*X*B' + C*A*X*B", f"{COOKBOOK} (118)"),
    Row("tr(A*X'*B*X*C)", "X", "B*X*C*A + B'*X*A'*C'", ONLINE),
    Row("tr((A*X*B + C)*(A*X*B + C)')", "X", "2*A'*(A*X*B + C)*B'", f"{COOKBOOK} (119)"),
    Row("tr(kron(X, X))", "X", "2*tr(X)*eye(n)", f"{COOKBOOK} (120)"),
    Row("det(kron(A, X))", "X", "n*det(kron(A, X))*inv(X)'", MAGNUS, where="A: n×n, X: m×m"),
    Row("logdet(kron(X, A))", "X", "n*inv(X)'", MAGNUS, where="A: n×n, X: m×m"),
    Row("logdet(kron(2*X, kron(X, A)))", "X", "2*n*m*inv(X)'", MAGNUS, where="A: n×n, X: m×m"),
    Row(
        "sum(inv(kron(X, A)))",
        "X",
        "-sum(inv(A))*inv(X)'*ones(m,m)*inv(X)'",
        MAGNUS,
        where="A: n×n, X: m×m",
        text=False,
    ),
    Row("det(X'*A*X)", "X", "2*det(X'*A*X)*inv(X)'", f"{COOKBOOK} (52)", where="A: n×n, X: n×n"),
    Row("1/det(A*X)", "X", "-inv(X)'/det(A*X)", COOKBOOK, where="A: n×n, X: n×n"),
    Row("norm2(kron(A, X))", "X", "norm2(A)*X/norm2(X)", MAGNUS, where="A: k×n, X: m×n"),
    # ---- divisions within divisions
    Row("1/(1 + 1/t)", "t", "1/(1 + t)^2", TABLES, where="t: 1×1"),
    Row("s/(1 + x'*x/s)", "x", "-2*s^2*x/(s + x'*x)^2", TABLES, where="s: 1×1 positive, x: n×1"),
    Row("sum(1./(1./x + 1./z))", "x", "z.^2./(x + z).^2", TABLES, where="x: n×1 positive, z: n×1 positive"),
    Row(
        "1/(1 + x'*x/(1 + x'*S*x))",
        "x",
        "2*((x'*x)*S*x - (1 + x'*S*x)*x)/(1 + x'*x + x'*S*x)^2",
        TABLES,
        where="S: n×n posdef",
    ),
    # ---- a long column, and a matrix of its size
    Row("vec(X)'*A*vec(X)", "X", "unvec((A + A')*vec(X), ones(3,4))", MAGNUS, where="A: 12×12, X: 3×4"),
    Row(
        "norm2(A*vec(X) - y)^2", "X", "-2*unvec(A'*(y - A*vec(X)), ones(3,4))", MAGNUS, where="A: 5×12, X: 3×4, y: 5×1"
    ),
    Row("tr(X^3)", "X", "3*(X^2)'", f"{COOKBOOK} (121)", text=False),
    Row("tr(A*X^3)", "X", "(X^2*A + X*A*X + A*X^2)'", f"{COOKBOOK} (122)", text=False),
    Row("tr(X)^2", "X", "2*tr(X)*eye(n)", WIKIPEDIA),
    Row("tr(A*X)*tr(B*X)", "X", "tr(B*X)*A' + tr(A*X)*B'", WIKIPEDIA, text=False),
    Row("tr(X.*X)", "X", "2*diag(diag(X))", MAGNUS),
    Row("tr(A*(X.*B))", "X", "A'.*B", MAGNUS, text=False),
    Row("tr(inv(X)*A)", "X", "-(inv(X)*A*inv(X))'", f"{COOKBOOK} (124)"),
    Row("tr(A*inv(X)*B)", "X", "-(inv(X)*B*A*inv(X))'", f"{COOKBOOK} (124)", text=False),
    Row("y'*inv(X)*z", "X", "-inv(X)'*y*z'*inv(X)'", f"{COOKBOOK} (61)"),
    Row("tr(inv(X + A))", "X", "-(inv(X + A)*inv(X + A))'", f"{COOKBOOK} (64)", text=False),
    Row("tr(expm(X))", "X", "expm(X)'", f"{COOKBOOK} (128)"),
    Row("sum(X.^2)", "X", "2*X", MAGNUS),
    Row("sum(diag(X))", "X", "eye(n)", f"{COOKBOOK} (99)"),
    # ---- determinants
    Row("det(X)", "X", "det(X)*inv(X)'", f"{COOKBOOK} (49)"),
    Row("det(A*X*B)", "X", "det(A*X*B)*inv(X)'", f"{COOKBOOK} (51)", where="A: n×n, X: n×n, B: n×n"),
    Row("det(A*X*B)", "X", "det(A*X*B)*(B*inv(A*X*B)*A)'", MAGNUS, where="A: m×n, X: n×p, B: p×m"),
    Row(
        "det(X'*A*X)",
        "X",
        "det(X'*A*X)*(A*X*inv(X'*A*X) + A'*X*inv(X'*A'*X))",
        f"{COOKBOOK} (54)",
        text=False,
        where="X: n×m, A: n×n",
    ),
    Row("det(X'*S*X)", "X", "2*det(X'*S*X)*S*X*inv(X'*S*X)", f"{COOKBOOK} (53)", where="X: n×m, S: n×n symmetric"),
    Row("log(det(U'*U))", "U", "2*U*inv(U'*U)", f"{COOKBOOK} (55), by 2*pinv(U)'", where="U: n×m"),
    Row("log(det(X))", "X", "inv(X)'", f"{COOKBOOK} (57)"),
    Row("logdet(X)", "X", "inv(X)'", f"{COOKBOOK} (57)"),
    Row("log(det(inv(X)))", "X", "-inv(X)'", ONLINE),
    Row("det(X)^2", "X", "2*det(X)^2*inv(X)'", f"{COOKBOOK} (58)"),
    Row("det(inv(X))", "X", "-det(inv(X))*inv(X)'", f"{COOKBOOK} (62)", text=False),
    # ---- Gaussian likelihoods by Cholesky factors, projections of least squares
    Row(
        "sum(log(diag(cholesky(A + t*B))))",
        "t",
        "0.5*tr(B*inv(A + t*B))",
        MURRAY,
        where="A: n×n posdef, B: n×n symmetric, t: 1×1",
    ),
    Row(
        "norm2(solve(cholesky(A + t*B), y))^2",
        "t",
        "-y'*inv(A + t*B)*B*inv(A + t*B)*y",
        MURRAY,
        where="A: n×n posdef, B: n×n symmetric, t: 1×1, y: n",
    ),
    Row(
        "y'*(eye(q) - X*inv(X'*X)*X')*y",
        "X",
        "2*(X*inv(X'*X)*X'*y - y)*y'*X*inv(X'*X)",
        GOLUB,
        where="X: q×m, y: q",
    ),
    Row("norm2(y - X*pinv(X)*y)^2", "X", "2*(X*pinv(X)*y - y)*y'*pinv(X)'", GOLUB, where="X: q×m, y: q"),
    Row("logdet(eye(n) + a*x*x')", "x", "2*a*x/(1 + a*(x'*x))", COOKBOOK, where="x: n, a: 1×1"),
    Row("y'*inv(a*eye(n) + x*x')*x", "a", "-x'*y/(a + x'*x)^2", COOKBOOK, where="x: n, y: n, a: 1×1"),
    Row("tr(expm(X)*Y)", "Y", "expm(X)'", HIGHAM),
    Row("logdet(sqrtm(X))", "X", "0.5*inv(X)'", HIGHAM),
    Row("tr(inv(sqrtm(X)))", "X", "-0.5*inv(sqrtm(X))'*inv(X)'", HIGHAM),
    Row("y'*expm(X)*z", "X", "unvec(dexpm(X)'*vec(y*z'), ones(n,n))", HIGHAM, where="X: n×n, y: n, z: n"),
    # ---- functions of vectors
    Row("sum(exp(x))", "x", "exp(x)", WIKIPEDIA),
    Row("sum(log(x))", "x", "1./x", BOYD, domain="positive"),
    Row("sum(x.*log(x))", "x", "log(x) + ones(n)", BOYD, text=False, domain="positive"),
    Row("logsumexp(x)", "x", "softmax(x)", BOYD),
    Row("log(sum(exp(x)))", "x", "softmax(x)", BOYD),
    Row("exp(x'*A*x)", "x", "exp(x'*A*x)*(A + A')*x", WIKIPEDIA),
    Row("sin(y'*x)", "x", "cos(y'*x)*y", WIKIPEDIA, text=False),
    Row("x'*exp(w)/sum(exp(w))", "w", "(x.*exp(w) - x'*softmax(w)*exp(w))/sum(exp(w))", BOYD, text=False),
    Row("sum(log(1 + exp(-y.*(X*w))))", "w", "-X'*(y.*sigmoid(-y.*(X*w)))", BOYD),
    Row(
        "sum(log(exp(-y.*(X*w)) + vector(1)))",
        "w",
        "-X'*(y.*exp(-y.*(X*w))./(vector(1) + exp(-y.*(X*w))))",
        ONLINE,
        text=False,
    ),
    Row("sum(relu(W*x))", "W", "step(W*x)*x'", WIKIPEDIA),
    Row("a^b", "a", "b*a^(b - 1)", ONLINE),
    Row("a^b", "b", "log(a)*a^b", ONLINE),
    Row("(y.*v)'*x", "x", "y.*v", ONLINE),
    # ---- cross-entropy and other losses
    Row(
        "-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z))", "z", "sigmoid(z) - y", BISHOP, where="y: scalar, z: scalar"
    ),
    Row("-y'*log(sigmoid(X*w)) - (ones(m) - y)'*log(ones(m) - sigmoid(X*w))", "w", "X'*(sigmoid(X*w) - y)", BISHOP),
    Row(
        "-sum(Y.*log(sigmoid(X*W)) + (1 - Y).*log(1 - sigmoid(X*W)))",
        "W",
        "X'*(sigmoid(X*W) - Y)",
        BISHOP,
        where="X: m×n, W: n×k, Y: m×k",
    ),
    Row("sum(log(1 + (A*x - b).^2/c^2))", "x", "2*A'*((A*x - b)./((A*x - b).^2 + c^2))", BOYD, where="c: scalar"),
    Row(
        "(v + n)/2*log(1 + (x - u)'*inv(S)*(x - u)/v)",
        "u",
        "(n + v)*inv(S)*(u - x)/(v + (x - u)'*inv(S)*(x - u))",
        BISHOP,
        where="S: n×n posdef, v: scalar positive, u: n",
    ),
    Row(
        "-log(exp(x'*y/t)/(exp(x'*y/t) + sum(exp(Z*x/t))))",
        "x",
        "(Z'*exp(Z*x/t) - sum(exp(Z*x/t))*y)/(t*(sum(exp(Z*x/t)) + exp(x'*y/t)))",
        BISHOP,
        where="Z: m×n, t: scalar",
    ),
    Row("norm1(x)^2", "x", "2*norm1(x)*sign(x)", BOYD),
    Row("sum(abs(x).^3)", "x", "3*(x.*abs(x))", BOYD),
    Row("logsumexp(x + c*ones(n)) - logsumexp(x)", "x", "zeros(n)", BOYD, where="c: scalar"),
    # ---- quotients
    Row("z/sqrt(1 + z^2)", "z", "1/(1 + z^2)^1.5", TABLES, where="z: scalar"),
    Row("t/(a + t)", "t", "a/(a + t)^2", TABLES, where="t: scalar", domain="positive"),
    Row(
        "(a*t + b)/(c*t + d)",
        "t",
        "(a*d - b*c)/(c*t + d)^2",
        TABLES,
        where="b: scalar, d: scalar, t: scalar",
        domain="positive",
    ),
    Row(
        "a*exp(-b*t)/(1 + a*exp(-b*t))",
        "t",
        "-a*b*exp(-b*t)/(1 + a*exp(-b*t))^2",
        TABLES,
        where="b: scalar, t: scalar",
        domain="positive",
    ),
    Row(
        "(1 + norm2(x - y)^2/(2*a))^(-a)",
        "x",
        "(1 + norm2(x - y)^2/(2*a))^(-(1 + a))*(y - x)",
        BISHOP,
        domain="positive",
    ),
    Row("erf((a - b)/(c*sqrt(2)))", "a", "sqrt(2/pi)*exp(-(a - b)^2/(2*c^2))/c", TABLES, where="b: scalar"),
]

JACOBIANS = [
    Row("A*x", "x", "A", WIKIPEDIA),
    Row("x'*A", "x", "A'", WIKIPEDIA),
    Row("A*exp(x)", "x", "A*diag(exp(x))", ONLINE),
    Row("(y.*v)'*x", "x", "(y.*v)'", ONLINE),
    Row("A*X*B", "X", "kron(B', A)", MAGNUS),
    Row("A*vec(X)", "X", "A", MAGNUS, where="A: 5×12, X: 3×4"),
    Row("kron(t*A, B)", "t", "vec(kron(A, B))", MAGNUS, where="A: m×n, B: n×k, t: 1×1"),
    Row("inv(X)", "X", "-kron(inv(X)', inv(X))", MAGNUS),
    Row("X*X", "X", "kron(X', eye(n)) + kron(eye(n), X)", MAGNUS, text=False),
    Row("X'", "X", "K(m,n)", MAGNUS, where="X: m×n"),
    Row("A.*X", "X", "diag(vec(A))", MAGNUS, where="X: m×n"),
    Row("x/norm2(x)", "x", "eye(n)/norm2(x) - x*x'/norm2(x)^3", f"{COOKBOOK} (130)", text=False),
    Row("softmax(x)", "x", "diag(softmax(x)) - softmax(x)*softmax(x)'", BOYD),
    Row("exp(x)", "x", "diag(exp(x))", WIKIPEDIA),
    Row("x.*x", "x", "2*diag(x)", WIKIPEDIA),
    Row("x*x'", "x", "kron(x, eye(n)) + kron(eye(n), x)", MAGNUS),
    Row("x'*A*x", "x", "x'*(A + A')", WIKIPEDIA),
    Row("a*A", "a", "vec(A)", WIKIPEDIA, where="A: m×n"),
    Row("det(X)", "X", "det(X)*vec(inv(X)')'", MAGNUS),
    Row("tr(X)", "X", "vec(eye(n))'", MAGNUS),
    # ---- entry by entry
    Row("softplus(x) - softplus(-x) - x", "x", "zeros(n,n)", TABLES),
    Row("relu(x) - relu(-x)", "x", "eye(n)", TABLES),
    Row("relu(x) + relu(-x) - abs(x)", "x", "zeros(n,n)", TABLES),
    Row("tanh(x) - 2*sigmoid(2*x)", "x", "zeros(n,n)", TABLES),
    Row("log(sigmoid(x)./sigmoid(-x))", "x", "eye(n)", TABLES),
    Row("exp(log(x).*y) - x.^y", "x", "zeros(n,n)", TABLES, domain="positive"),
    Row("sin(x)./cos(x)", "x", "diag(1./cos(x).^2)", TABLES),
    Row("cosh(x)./sinh(x)", "x", "-diag(1./sinh(x).^2)", TABLES),
    Row("x./sqrt(1 + x.^2)", "x", "diag(1./(1 + x.^2).^1.5)", TABLES),
    Row("x./(1 + abs(x))", "x", "diag(1./(1 + abs(x)).^2)", TABLES),
    Row("x./(x + y)", "x", "diag(y./(x + y).^2)", TABLES, domain="positive"),
    Row("log(x + sqrt(x.^2 + 1))", "x", "diag(1./sqrt(1 + x.^2))", TABLES),
    Row("x.*exp(-x.^2/2)", "x", "diag(exp(-0.5*x.^2).*(1 - x.^2))", TABLES),
    Row("sigmoid(x).*(1 - sigmoid(x))", "x", "diag(sigmoid(x).*sigmoid(-x).*(sigmoid(-x) - sigmoid(x)))", TABLES),
    Row("exp(-x) + exp(-2*x)", "x", "-diag(exp(-x) + 2*exp(-2*x))", TABLES),
    Row("x.*sigmoid(x)", "x", "diag(sigmoid(x).*(1 + x.*sigmoid(-x)))", TABLES),
    Row("x.^a", "x", "a*diag(x.^(a - 1))", TABLES, domain="positive"),
    Row("a.^x", "x", "log(a)*diag(a.^x)", TABLES, domain="positive"),
    Row("exp(x - logsumexp(x)*ones(n))", "x", "diag(softmax(x)) - softmax(x)*softmax(x)'", BOYD),
    Row("softmax(x + c*ones(n))", "c", "zeros(n)", BOYD, where="c: scalar"),
    Row(
        "(x - sum(x)/n*ones(n))/norm2(x - sum(x)/n*ones(n))",
        "x",
        "(eye(n) - ones(n,n)/n - t1*t1'/norm2(t1)^2)/norm2(t1) where t1 = x - sum(x)*ones(n)/n",
        BISHOP,
    ),
    Row("expm(A + t*B)", "t", "dexpm(A + t*B)*vec(B)", HIGHAM, where="t: 1×1"),
    Row("expm(-t*A)*expm(t*A)*x", "t", "zeros(n)", HIGHAM, where="A: n×n, x: n, t: 1×1"),
]

HESSIANS = [
    Row("x'*A*x", "x", "A + A'", f"{COOKBOOK} (98)"),
    Row("norm2(A*x - b)^2", "x", "2*A'*A", BOYD),
    Row("sum(exp(x))", "x", "diag(exp(x))", BOYD),
    Row("sum(log(x))", "x", "-diag(1./x.^2)", BOYD, domain="positive"),
    Row("logsumexp(x)", "x", "diag(softmax(x)) - softmax(x)*softmax(x)'", BOYD),
    Row("(x'*x)^2", "x", "8*x*x' + 4*(x'*x)*eye(n)", WIKIPEDIA, text=False),
    Row("log(det(X))", "X", "-K(n,n)*kron(inv(X)', inv(X))", MAGNUS, text=False),
    Row("norm2(A - U*V')^2", "U", "2*kron(V'*V, eye(m))", MAGNUS, where="A: m×n, U: m×k, V: n×k"),
    Row("vec(X)'*A*vec(X)", "X", "A + A'", MAGNUS, where="A: 12×12, X: 3×4"),
    Row("norm2(A*vec(X) - y)^2", "X", "2*A'*A", MAGNUS, where="A: 5×12, X: 3×4, y: 5×1"),
    Row("tr(X'*A*X)", "X", "kron(eye(n), A + A')", MAGNUS, text=False, where="A: m×m, X: m×n"),
    Row("exp(x'*A*x)", "x", "exp(x'*A*x)*(A + A' + (A + A')*x*x'*(A + A'))", WIKIPEDIA),
    Row("norm2(x)", "x", "eye(n)/norm2(x) - x*x'/norm2(x)^3", MAGNUS, text=False),
    Row("sum(log(1 + exp(-y.*(X*w))))", "w", "X'*diag(y.^2.*sigmoid(-y.*(X*w)).*sigmoid(y.*(X*w)))*X", BOYD),
    Row("tr(X^3)", "X", "3*K(n,n)*(kron(eye(n), X) + kron(X', eye(n)))", MAGNUS, text=False),
    Row("sum(sqrt(1 + (A*x).^2))", "x", "A'*diag(1./(1 + (A*x).^2).^1.5)*A", BOYD),
    Row("sum(sqrt(vector(1) + (X*w - y).^2))", "w", "X'*diag(1./(1 + (X*w - y).^2).^1.5)*X", BOYD),
    Row("sum(exp(-x.^2))", "x", "-2*diag(exp(-x.^2).*(1 - 2*x.^2))", TABLES),
    Row(
        "-y'*log(sigmoid(X*w)) - (ones(m) - y)'*log(ones(m) - sigmoid(X*w))",
        "w",
        "X'*diag(sigmoid(X*w).*sigmoid(-X*w))*X",
        BISHOP,
    ),
    Row("sum(sigmoid(X*w))", "w", "X'*diag(sigmoid(X*w).*sigmoid(-X*w).*(sigmoid(-X*w) - sigmoid(X*w)))*X", BISHOP),
]


def ids(rows: list[Row]) -> list[str]:
    return [f"{row.formula} by {row.by}" for row in rows]


def read(row: Row) -> tuple[mc.Expr, mc.Expr, mc.Expr, list[Values]]:
    """The formula, the variable, the book's derivative and two points."""
    f = mc.parse(row.formula, parse_where(row.where))
    variables = named(f)
    expected = mc.parse(row.expected, variables)
    points = [at_random(f, seed=seed, domain=row.domain) for seed in (1, 2)]
    return f, variables[row.by], expected, points


def check_text(derivative: mc.Expr, row: Row) -> None:
    if row.text:
        assert str(derivative) == row.expected


@pytest.mark.parametrize("row", GRADIENTS, ids=ids(GRADIENTS))
@pytest.mark.quick_part(3)
def test_gradient(row: Row) -> None:
    f, x, expected, points = read(row)
    gradient = mc.gradient(f, x)
    assert gradient.shape == x.shape
    for point in points:
        want = unvec(quotients(f, x, point).T, point[row.by])
        assert_close(value(gradient, point), want, 1e-6, f"ours: {gradient}")
        assert_close(value(expected, point), want, 1e-6, f"the book's: {expected}")
    check_text(gradient, row)


@pytest.mark.parametrize("row", JACOBIANS, ids=ids(JACOBIANS))
def test_jacobian(row: Row) -> None:
    f, x, expected, points = read(row)
    jacobian = mc.jacobian(f, x)
    for point in points:
        want = quotients(f, x, point)
        assert_close(value(jacobian, point), want, 1e-6, f"ours: {jacobian}")
        assert_close(value(expected, point), want, 1e-6, f"the book's: {expected}")
    check_text(jacobian, row)


@pytest.mark.parametrize("row", HESSIANS, ids=ids(HESSIANS))
def test_hessian(row: Row) -> None:
    """The reference is the difference quotient of the gradient, which is held against that of the value above."""
    f, x, expected, points = read(row)
    gradient, hessian = mc.gradient(f, x), mc.hessian(f, x)
    for point in points:
        assert_close(vec(value(gradient, point)).T, quotients(f, x, point), 1e-6, f"gradient: {gradient}")
        want = quotients(gradient, x, point)
        assert_close(value(hessian, point), want, 1e-6, f"ours: {hessian}")
        assert_close(value(expected, point), want, 1e-6, f"the book's: {expected}")
    check_text(hessian, row)


def test_an_entry_times_a_trace() -> None:
    X = mc.matrix("X", "n", "n")
    f = X[0, 1] * mc.tr(X)
    gradient = mc.gradient(f, X)
    for seed in (1, 2):
        point = at_random(f, seed=seed)
        assert_close(value(gradient, point), unvec(quotients(f, X, point).T, point["X"]), 1e-6, str(gradient))


def test_the_table_is_large_enough_to_be_evidence() -> None:
    rows = [*GRADIENTS, *JACOBIANS, *HESSIANS]
    assert len(rows) >= 40
    assert len({(row.formula, row.by, row.expected, row.where) for row in rows}) >= len(rows) - 10
    assert all(np.prod(shape(row[1])) >= 1 for row in map(read, rows))
