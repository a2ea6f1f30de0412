"""Derivatives as a book prints them, in kinds: rows and columns, scalings, polynomials, names for long parts.

Each row is checked by value, too: against difference quotients, at sizes and samples where a wrong transpose shows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.functions import FUNCTIONS
from matcalc.notation.declarations import parse_where
from tests.numerics import SIZES, Values, assert_close, at_random, quotient, quotients, sample, shape, value, vec

ARCHITECTURE = Path(__file__).parent.parent / "ARCHITECTURE.md"


class Row(NamedTuple):
    kind: str
    formula: str
    where: str
    by: str
    text: str


ROWS = [
    # ---- scalings and diagonal matrices
    Row("gradient", "sum(cholesky(y*eye(3)))", "y: 1×1 positive", "y", "3/(2*sqrt(y))"),
    Row("gradient", "a'*cholesky(y*eye(n))*b", "y: 1×1 positive, a: n×1, b: n×1", "y", "a'*b/(2*sqrt(y))"),
    Row("gradient", "sum(cholesky(diag(x)))", "x: 3×1 positive", "x", "0.5./sqrt(x)"),
    Row("gradient", "sum(cholesky(2*diag(x)))", "x: n×1 positive", "x", "1./sqrt(x)/sqrt(2)"),
    Row("gradient", "sum(cholesky(y*X))", "X: n×n posdef, y: 1×1", "y", "sum(cholesky(X))/(2*sqrt(y))"),
    Row("gradient", "sum(cholesky(diag(t)*X*diag(t)))", "X: n×n posdef, t: n×1 positive", "t", "rowsum(cholesky(X))"),
    Row("gradient", "sum(eigvals(y*eye(3)))", "y: 1×1", "y", "3"),
    Row("gradient", "sum(eigvals(y*eye(n)))", "y: 1×1", "y", "sum(ones(n))"),
    Row("gradient", "w'*eigvals(c*X)", "X: n×n symmetric, w: n×1, c: 1×1 positive", "c", "eigvals(X)'*w"),
    Row("gradient", "sum(eigvals(diag(x)))", "x: n×1", "x", "ones(n)"),
    Row("gradient", "nuclearnorm(y*eye(3))", "y: 1×1 positive", "y", "3"),
    Row("gradient", "nuclearnorm(y*eye(n))", "y: 1×1", "y", "sum(ones(n))*sign(y)"),
    Row("gradient", "nuclearnorm(diag(x))", "x: 3×1 positive", "x", "ones(3)"),
    Row("gradient", "nuclearnorm(diag(x))", "x: n×1", "x", "sign(x)"),
    Row("gradient", "nuclearnorm(c*X)", "X: m×n, c: 1×1", "X", "abs(c)*polar(X)"),
    Row("gradient", "spectralnorm(diag(x))", "x: n×1", "x", "sign(x).*maxmask(abs(x))"),
    Row("gradient", "spectralnorm(y*eye(n))", "y: 1×1", "y", "sign(y)"),
    Row("gradient", "logdet(diag(t)*O*diag(t))", "t: n×1 positive, O: n×n posdef", "t", "2./t"),
    Row("gradient", "logdet(diag(s)*O*diag(t))", "s: n×1 positive, t: n×1 positive, O: n×n posdef", "s", "1./s"),
    Row("gradient", "logdet(diag(x)*A)", "x: n×1, A: n×n", "x", "1./x"),
    Row(
        "gradient",
        "y'*inv(diag(t)*O*diag(t))*y",
        "t: n×1 positive, O: n×n posdef, y: n×1",
        "O",
        "-inv(O)*(y./t)*(y./t)'*inv(O)",
    ),
    Row(
        "gradient",
        "y'*inv(diag(t)*O*diag(t))*y",
        "t: n×1 positive, O: n×n posdef, y: n×1",
        "t",
        "-2*(y.*(inv(O)*(y./t))./t.^2)",
    ),
    Row("gradient", "a'*inv(diag(x)*A)*b", "x: n×1, A: n×n, a: n×1, b: n×1", "x", "-b.*(inv(A)'*a)./x.^2"),
    Row("gradient", "det(diag(t)*O*diag(t))", "t: n×1, O: n×n", "t", "2*det(O)*prod(t)*prodothers(t)"),
    Row("gradient", "det(diag(t)*O*diag(t))", "t: n×1, O: n×n", "O", "det(O)*prod(t)^2*inv(O)'"),
    Row("gradient", "logdet(B*diag(t)*A)", "t: n×1, A: n×n, B: n×n", "t", "1./t"),
    Row("gradient", "logdet(A'*diag(t)*A)", "t: p×1 positive, A: p×n", "t", "rowsum((A*inv(A'*diag(t)*A)).*A)"),
    Row("gradient", "logdet(diag(x))", "x: n×1", "x", "1./x"),
    Row("gradient", "tr(sqrtm(y*X))", "X: n×n posdef, y: 1×1 positive", "y", "tr(sqrtm(X))/(2*sqrt(y))"),
    Row("gradient", "sum(polar(c*X))", "X: m×n, c: 1×1", "X", "sign(c)*unvec(dpolar(X)'*ones(m*n), ones(m,n))"),
    Row("gradient", "logdet(y*eye(n))", "y: 1×1 positive", "y", "sum(ones(n))/y"),
    Row("gradient", "det(y*eye(n))", "y: 1×1 positive", "y", "sum(ones(n))*y^(sum(ones(n)) - 1)"),
    Row("gradient", "det(diag(x))", "x: n×1", "x", "prodothers(x)"),
    Row("gradient", "logdet((t*t').*O)", "t: n×1 positive, O: n×n posdef", "t", "2./t"),
    # ---- rows, columns, sums, Khatri-Rao products
    Row("gradient", "(sum(x.^2)/sqrt(x'*x) - norm2(x))*c/n", "c: 1×1, x: n×1", "c", "0"),
    Row("gradient", "(x'*S*x/sqrt(x'*S*x) - sqrt(x'*S*x))*c/n", "c: 1×1, x: n×1, S: n×n symmetric", "c", "0"),
    Row("gradient", "(norm2(X)^2/norm2(X) - norm2(X))*c", "c: 1×1, X: m×n", "c", "0"),
    Row("gradient", "x'*x/norm2(x)^3", "x: n×1", "x", "-x/norm2(x)^3"),
    Row("gradient", "norm2(X[1,:])", "X: 3×4", "X", "unit(3,1)*X[1,:]/norm2(X[1,:])"),
    Row("gradient", "norm2(X[:,2])", "X: m×n", "X", "X[:,2]*unit(n,2)'/norm2(X[:,2])"),
    Row("gradient", "norm2(X[2,:])^2", "X: m×n", "X", "2*unit(m,2)*X[2,:]"),
    Row("gradient", "c*norm2(X[1,:] - v)", "X: m×n, v: 1×n, c: 1×1", "X", "c*unit(m,1)*(X[1,:] - v)/norm2(X[1,:] - v)"),
    Row("gradient", "norm2(A*X[:,2])", "X: m×n, A: k×m", "X", "A'*A*X[:,2]*unit(n,2)'/norm2(A*X[:,2])"),
    Row("gradient", "X[3,:]*w", "X: p×n, w: n×1", "w", "X[3,:]'"),
    Row("gradient", "w'*X[:,3]", "X: m×n, w: m×1", "w", "X[:,3]"),
    Row("gradient", "X[2,:]*A*w", "X: m×n, A: n×k, w: k×1", "w", "A'*X[2,:]'"),
    Row("gradient", "a'*X*X[2,:]'", "X: m×n, a: m×1", "a", "X*X[2,:]'"),
    Row("gradient", "exp(X[3,:])*w", "X: p×n, w: n×1", "w", "exp(X[3,:]')"),
    Row("jacobian", "X*X[2,:]'", "X: m×n", "X", "kron(X[2,:], eye(m)) + kron(X, unit(m,2)')"),
    Row(
        "gradient",
        "-sum(y.*log(softmax(h*U + b)))",
        "h: 1×m, U: m×k, b: 1×k, y: 1×k",
        "b",
        "sum(y)*softmax(h*U + b) - y",
    ),
    Row(
        "gradient",
        "-sum(y.*log(softmax(h*U + b)))",
        "h: 1×m, U: m×k, b: 1×k, y: 1×k sumstoone",
        "U",
        "h'*(softmax(h*U + b) - y)",
    ),
    Row("gradient", "logsumexp(h*U)", "h: 1×m, U: m×k", "U", "h'*softmax(h*U)"),
    Row("gradient", "logsumexp(h*U)", "h: 1×m, U: m×k", "h", "softmax(h*U)*U'"),
    Row("gradient", "c*logsumexp(x'*W + b)", "x: m×1, W: m×k, b: 1×k, c: 1×1", "W", "c*x*softmax(x'*W + b)"),
    Row("gradient", "sum(exp(h*U + b))", "h: 1×m, U: m×k, b: 1×k", "U", "h'*exp(h*U + b)"),
    Row("gradient", "norm2(h*U - y)^2", "h: 1×m, U: m×k, y: 1×k", "U", "2*h'*(h*U - y)"),
    Row("gradient", "norm2(h*U - y)", "h: 1×m, U: m×k, y: 1×k", "U", "h'*(h*U - y)/norm2(h*U - y)"),
    Row("gradient", "sum(tanh(h*U + b))", "h: 1×m, U: m×k, b: 1×k", "h", "(1 - tanh(h*U + b).^2)*U'"),
    Row("gradient", "max(h*U)", "h: 1×m, U: m×k", "U", "h'*maxmask(h*U)"),
    Row(
        "gradient",
        "sum(1/2*r.^2 - 1/2*relu(abs(r) - h).^2) where r = A*x - b",
        "A: m×n, x: n×1, b: m×1, h: 1×1 positive",
        "x",
        "A'*(A*x - sign(A*x - b).*relu(abs(A*x - b) - h) - b)",
    ),
    Row(
        "gradient",
        "sum(relu(abs(y - X*w) - c))",
        "X: m×n, w: n×1, y: m×1, c: 1×1",
        "w",
        "X'*(sign(X*w - y).*step(abs(y - X*w) - c))",
    ),
    Row(
        "jacobian",
        "exp(x)/(1 + sum(exp(x)))",
        "x: n×1",
        "x",
        "(diag(exp(x)) - exp(x)*exp(x)'/(1 + sum(exp(x))))/(1 + sum(exp(x)))",
    ),
    Row(
        "jacobian",
        "exp(A*x)/(1 + sum(exp(A*x)))",
        "x: n×1, A: m×n",
        "x",
        "(diag(t1) - t1*t1'/(1 + sum(t1)))*A/(1 + sum(t1)) where t1 = exp(A*x)",
    ),
    Row("jacobian", "x/(1 + norm2(x)^2)", "x: n×1", "x", "(eye(n) - 2*x*x'/(1 + x'*x))/(1 + x'*x)"),
    Row(
        "jacobian",
        "x/(c + sum(x.^3))",
        "x: n×1 positive, c: 1×1 positive",
        "x",
        "(eye(n) - 3*x*(x.^2)'/(c + sum(x.^3)))/(c + sum(x.^3))",
    ),
    Row(
        "jacobian",
        "sigmoid(x)/(1 + sum(sigmoid(x)))",
        "x: n×1",
        "x",
        "(diag(sigmoid(x).*sigmoid(-x)) - sigmoid(x)*(sigmoid(x).*sigmoid(-x))'/(1 + sum(sigmoid(x))))"
        "/(1 + sum(sigmoid(x)))",
    ),
    Row("jacobian", "x.^2/sum(x.^2)", "x: n×1", "x", "2*(diag(x) - x.^2*x'/(x'*x))/(x'*x)"),
    Row("jacobian", "x/sum(x)", "x: n×1", "x", "(eye(n) - x*ones(n)'/sum(x))/sum(x)"),
    Row(
        "jacobian",
        "exp(h)/(1 + sum(exp(h)))",
        "h: 1×4",
        "h",
        "(diag(exp(h')) - exp(h')*exp(h)/(1 + sum(exp(h))))/(1 + sum(exp(h)))",
    ),
    Row(
        "gradient",
        "norm2(T - A*khatrirao(C,B)')^2",
        "T: m×n*p, A: m×r, B: n×r, C: p×r",
        "A",
        "2*(A*((C'*C).*(B'*B)) - T*khatrirao(C, B))",
    ),
    Row("gradient", "tr(T*khatrirao(C,B)*A')", "T: m×n*p, A: m×r, B: n×r, C: p×r", "A", "T*khatrirao(C, B)"),
    Row(
        "gradient",
        "norm2(T - A*khatrirao(C,B)')^2",
        "T: m×n*p, A: m×r, B: n×r, C: p×r",
        "B",
        "2*(B*((C'*C).*(A'*A)) - [C[k,j]*A[l,j]*T[l,k*i]*ones(n)[i] | i; j])",
    ),
    Row(
        "gradient",
        "norm2(A*khatrirao(C,B)' - T)^2",
        "T: m×12, A: m×r, B: 3×r, C: 4×r",
        "A",
        "2*(A*((C'*C).*(B'*B)) - T*khatrirao(C, B))",
    ),
    Row("gradient", "a'*T*khatrirao(C,B)*w", "T: m×n*p, a: m×1, B: n×r, C: p×r, w: r×1", "a", "T*khatrirao(C, B)*w"),
    Row("gradient", "a'*T*khatrirao(C,B)*w", "T: m×n*p, a: m×1, B: n×r, C: p×r, w: r×1", "w", "khatrirao(C, B)'*T'*a"),
    Row("gradient", "a'*T*khatrirao(C,B)*w", "T: m×n*p, a: m×1, B: n×r, C: p×r, w: r×1", "T", "a*vec(B*diag(w)*C')'"),
    Row(
        "gradient",
        "c*norm2(T' - khatrirao(C,B)*A')^2",
        "T: m×n*p, A: m×r, B: n×r, C: p×r, c: 1×1",
        "A",
        "2*c*(A*((C'*C).*(B'*B)) - T*khatrirao(C, B))",
    ),
    Row(
        "gradient",
        "cholesky(X)[2,1]",
        "X: 3×3 posdef",
        "X",
        "0.5*(t1 + t1') where"
        " t1 = inv(cholesky(X))'*(cholesky(X)[2,:]'.*halftril(ones(3,3))[:,1])*inv(cholesky(X))[1,:]",
    ),
    Row(
        "gradient",
        "cholesky(X)[2,1]",
        "X: n×n posdef",
        "X",
        "0.5*(t1 + t1') where"
        " t1 = inv(cholesky(X))[1,:]'*(halftril(ones(n,n))[:,1]'.*cholesky(X)[2,:])*inv(cholesky(X))",
    ),
    Row("gradient", "norm2(F - polar(F))^2", "F: 3×3", "F", "2*(F - polar(F))"),
    Row("gradient", "norm2(F - polar(F))^2", "F: m×n", "F", "2*(F - polar(F))"),
    Row("gradient", "norm2(x - sum(x)/n)^2", "x: n×1", "x", "2*(x - sum(x)/n)"),
    Row("gradient", "norm2(A*x + c)^2", "x: n×1, A: m×n, c: 1×1", "x", "2*A'*(A*x + c)"),
    Row("gradient", "norm2(A*x + c)^2", "x: n×1, A: m×n, c: 1×1", "c", "2*(sum(A*x) + m*c)"),
    Row("gradient", "sum(log(1 + exp(A*x - c)))", "x: n×1, A: m×n, c: 1×1", "x", "A'*sigmoid(A*x - c)"),
    Row("gradient", "sum((X - c).^2)", "X: m×n, c: 1×1", "X", "2*(X - c)"),
    Row("jacobian", "x - sum(x)/n", "x: n×1", "x", "eye(n) - ones(n,n)/n"),
    Row("gradient", "sum(relu(c - x').^2)", "x: n×1, c: 1×1", "x", "-2*relu(c - x)"),
    Row(
        "jacobian",
        "(x - c)/norm2(x - c)",
        "x: n×1, c: 1×1",
        "x",
        "(eye(n) - (x - c)*(x - c)'/norm2(x - c)^2)/norm2(x - c)",
    ),
    # ---- polynomials
    Row("gradient", "a*s^9 + b*s^10 + c*s^11", "a: 1×1, b: 1×1, c: 1×1, s: 1×1", "s", "9*a*s^8 + 10*b*s^9 + 11*c*s^10"),
    Row(
        "gradient", "a*s^12 + b*s^13*t + 4*s^2", "a: 1×1, b: 1×1, t: 1×1, s: 1×1", "s", "12*a*s^11 + 13*b*s^12*t + 8*s"
    ),
    Row("gradient", "a*s^2 + b*s", "a: 1×1, b: 1×1, s: 1×1", "s", "2*a*s + b"),
    Row(
        "gradient",
        "s*x'*A*x + s^2*x'*x + s^3*b'*x",
        "s: 1×1, b: n×1, x: n×1, A: n×n",
        "x",
        "s^3*b + 2*s^2*x + s*(A + A')*x",
    ),
    Row("gradient", "0.5*s^2 + 0.01*s^3", "s: 1×1", "s", "s + 0.03*s^2"),
    Row(
        "gradient",
        "9*x'*A*x + 10*x'*B*x + 11*x'*x",
        "x: n×1, A: n×n, B: n×n",
        "x",
        "(9*A + 9*A' + 10*B + 10*B')*x + 22*x",
    ),
    Row("jacobian", "10*(9*x + 10*A*x + 11*x/c)", "x: n×1, A: n×n, c: 1×1", "x", "10*(10*A + (9 + 11/c)*eye(n))"),
    Row("jacobian", "A^3*x + A^2*x + A*x", "A: n×n, x: n×1", "x", "A + A^2 + A^3"),
    Row("jacobian", "A^3*x + A^2*x + A*x + x", "A: n×n, x: n×1", "x", "eye(n) + A + A^2 + A^3"),
    Row(
        "jacobian", "B*A^3*C*x + 2*B*A^2*C*x + B*C*x", "A: n×n, B: n×n, C: n×n, x: n×1", "x", "B*((A^3 + 2*A^2)*C + C)"
    ),
    Row("gradient", "tr(X^4 + X^3 + c*X^2)", "X: n×n, c: 1×1", "X", "(3*X^2 + 4*X^3 + 2*c*X)'"),
    Row("gradient", "b'*(A^3 + A^2 + A)*x", "A: n×n, x: n×1, b: n×1", "x", "(A + A^2 + A^3)'*b"),
    Row(
        "gradient",
        "b'*(A^3 + A^2 + A)*x",
        "A: n×n, x: n×1, b: n×1",
        "A",
        "A'*b*x'*A' + (A + A^2)'*b*x' + b*((A + A^2)*x + x)'",
    ),
    Row("gradient", "c*x'*S^3*x + x'*S^2*x", "S: n×n symmetric, x: n×1, c: 1×1", "x", "2*(S^2 + c*S^3)*x"),
    Row("gradient", "(x'*x)^2 + 3*(x'*x)^3", "x: n×1", "x", "2*(x'*x)*(2 + 9*(x'*x))*x"),
    Row("gradient", "c*exp(s) + s*exp(s) + s^2*exp(s)", "s: 1×1, c: 1×1", "s", "exp(s)*(1 + c + 3*s + s^2)"),
    Row("jacobian", "(s*A + s^2*A^2 + s^3*A^3)*x", "A: n×n, x: n×1, s: 1×1", "x", "s*A + s^2*A^2 + s^3*A^3"),
    # ---- orthogonal factors
    Row("gradient", "norm2(F - polar(F))^2", "F: 3×3", "F", "2*(F - polar(F))"),
    Row("gradient", "norm2(F - polar(F))^2", "F: m×n", "F", "2*(F - polar(F))"),
    Row("gradient", "c*norm2(F - polar(F))^2/2", "F: m×n, c: 1×1", "F", "c*(F - polar(F))"),
    Row(
        "gradient",
        "norm2(B*(F - polar(F)))^2",
        "F: n×n, B: n×n",
        "F",
        "2*(B'*B*(F - polar(F)) - unvec(dpolar(F)'*vec(B'*B*(F - polar(F))), ones(n,n)))",
    ),
    Row("gradient", "tr(polar(F)'*F)", "F: m×n", "F", "polar(F)"),
    Row("gradient", "norm2(F - G - polar(F - G))^2", "F: m×n, G: m×n", "F", "2*(F - polar(F - G) - G)"),
    Row("gradient", "norm2(F' - polar(F)')^2", "F: m×n", "F", "2*(F - polar(F))"),
    Row("gradient", "norm2(A*F - polar(A*F))^2", "F: m×n, A: m×m", "F", "2*A'*(A*F - polar(A*F))"),
    Row("gradient", "tr(B'*polar(F))", "F: m×n, B: m×n", "F", "unvec(dpolar(F)'*vec(B), ones(m,n))"),
    Row("gradient", "nuclearnorm(F)^2", "F: m×n", "F", "2*nuclearnorm(F)*polar(F)"),
    # ---- Kronecker products
    Row(
        "gradient",
        "norm2(T - A*kron(C,B)')^2",
        "T: m×n*p, A: m×q*k, B: p×k, C: n×q",
        "A",
        "2*(A*kron(C'*C, B'*B) - T*kron(C, B))",
    ),
    Row(
        "gradient",
        "norm2(T - A*kron(C,B))^2",
        "T: m×q*k, A: m×n*p, B: p×k, C: n×q",
        "A",
        "2*(A*kron(C*C', B*B') - T*kron(C', B'))",
    ),
    Row(
        "gradient",
        "tr(T*kron(C,kron(D,B))*A')",
        "T: m×n*p*q, A: m×8, B: q×2, C: n×2, D: p×2",
        "A",
        "T*kron(kron(C, D), B)",
    ),
    Row(
        "gradient",
        "tr(T*kron(C,B)*kron(D,E)*A')",
        "T: m×n*p, A: m×q*k, C: n×2, B: p×3, D: 2×q, E: 3×k",
        "A",
        "T*kron(C*D, B*E)",
    ),
    Row(
        "gradient",
        "tr(T*kron(C,B)*kron(D,E)*A')",
        "T: m×n*p, A: m×q*k, C: n×2, B: p×3, D: 2×q, E: 3×k",
        "T",
        "A*kron(D'*C', E'*B')",
    ),
    Row("jacobian", "T*kron(C,B)*x", "T: m×n*p, B: p×k, C: n×q, x: q*k×1", "x", "T*kron(C, B)"),
    Row(
        "gradient",
        "norm2(kron(C,B)*x - t)^2",
        "B: p×k, C: n×q, x: q*k×1, t: n*p×1",
        "x",
        "-2*vec(B'*(unvec(t, ones(p,n)) - B*unvec(x, ones(k,q))*C')*C)",
    ),
    # ---- rows, columns and scalings once more
    Row("gradient", "sum(log(X[:,2]))", "X: 3×4 positive", "X", "(1./X[:,2])*unit(4,2)'"),
    Row("gradient", "X[1,:]*A*X[1,:]'", "X: 3×4, A: 4×4", "X", "unit(3,1)*X[1,:]*(A + A')"),
    Row("gradient", "X[1,:]*X[2,:]'", "X: 3×4", "X", "unit(3,2)*X[1,:] + unit(3,1)*X[2,:]"),
    Row("gradient", "X[:,1]'*X[:,2]", "X: 3×4", "X", "X[:,2]*unit(4,1)' + X[:,1]*unit(4,2)'"),
    Row("gradient", "norm2(X[:,1] - X[:,2])^2", "X: 3×4", "X", "2*(X[:,2] - X[:,1])*(unit(4,2) - unit(4,1))'"),
    Row("gradient", "a'*X[:,2]*w[1]", "X: 3×4, a: 3×1, w: 4×1", "w", "(X[:,2]'*a)*unit(4,1)"),
    Row("gradient", "sum(X[2,:].*w')", "X: 3×4, w: 4×1", "w", "X[2,:]'"),
    Row("gradient", "sum(X[2,:].^2)", "X: 3×4", "X", "2*unit(3,2)*X[2,:]"),
    Row("gradient", "X[2,3]", "X: 3×4", "X", "unit(3,2)*unit(4,3)'"),
    Row("gradient", "X[2,3]^2*c", "X: 3×4, c: 1×1", "X", "2*c*X[2,3]*unit(3,2)*unit(4,3)'"),
    Row("gradient", "max(X[1,:])", "X: 3×4", "X", "unit(3,1)*maxmask(X[1,:])"),
    Row("gradient", "logsumexp(X[1,:])", "X: 3×4", "X", "unit(3,1)*softmax(X[1,:])"),
    Row(
        "gradient",
        "softmax(X[1,:])*w",
        "X: 3×4, w: 4×1",
        "X",
        "unit(3,1)*(w'.*softmax(X[1,:]) - (softmax(X[1,:])*w)*softmax(X[1,:]))",
    ),
    Row("gradient", "softmax(X[1,:])*w", "X: 3×4, w: 4×1", "w", "softmax(X[1,:]')"),
    Row("gradient", "tr(X[1:2,:]*B)", "X: 3×4, B: 4×2", "X", "eye(3)[1:2,:]'*B'"),
    Row("gradient", "norm2(X[1:2,:])^2", "X: 3×4", "X", "2*eye(3)[1:2,:]'*X[1:2,:]"),
    Row("jacobian", "X[1,:]'", "X: 3×4", "X", "kron(eye(4), unit(3,1)')"),
    Row("gradient", "logdet(c*X)", "c: 1×1 positive, X: 3×3 posdef", "c", "3/c"),
    Row("gradient", "logdet(c*X)", "c: 1×1 positive, X: 3×3 posdef", "X", "inv(X)"),
    Row("gradient", "logdet(y*eye(3))", "y: 1×1 positive", "y", "3/y"),
    Row("gradient", "det(y*eye(3))", "y: 1×1 positive", "y", "3*y^2"),
    Row("gradient", "det(c*X)", "X: 3×3, c: 1×1", "c", "3*det(c*X)/c"),
    Row("gradient", "tr(inv(y*eye(3)))", "y: 1×1 positive", "y", "-3/y^2"),
    Row("gradient", "tr(inv(c*X))", "X: 3×3, c: 1×1", "c", "-tr(inv(X))/c^2"),
    Row("gradient", "sum(inv(diag(x)))", "x: 3×1 positive", "x", "-1./x.^2"),
    Row("gradient", "sum(inv(diag(x))*b)", "x: 3×1 positive, b: 3×1", "x", "-b./x.^2"),
    Row("gradient", "tr(expm(y*eye(3)))", "y: 1×1", "y", "3*exp(y)"),
    Row("gradient", "sum(expm(diag(x)))", "x: 3×1", "x", "exp(x)"),
    Row("gradient", "tr(logm(y*eye(3)))", "y: 1×1 positive", "y", "3/y"),
    Row("gradient", "sum(logm(diag(x)))", "x: 3×1 positive", "x", "1./x"),
    Row("gradient", "sum(sqrtm(diag(x)))", "x: 3×1 positive", "x", "0.5./sqrt(x)"),
    Row("gradient", "sum(sqrtm(y*eye(3)))", "y: 1×1 positive", "y", "3/(2*sqrt(y))"),
    Row("gradient", "spectralnorm(y*eye(3))", "y: 1×1 positive", "y", "1"),
    Row("gradient", "max(eigvals(y*eye(3)))", "y: 1×1 positive", "y", "1"),
    Row("gradient", "eigvals(y*eye(3))[1]", "y: 1×1 positive", "y", "1"),
    Row("gradient", "sum(eigvals(X))", "X: 3×3 symmetric", "X", "eye(3)"),
    Row("gradient", "sum(eigvals(y*X))", "X: 3×3 symmetric, y: 1×1 positive", "y", "sum(eigvals(X))"),
    Row("gradient", "sum(pinv(y*eye(3)))", "y: 1×1 positive", "y", "-3/y^2"),
    Row("gradient", "sum(pinv(diag(x)))", "x: 3×1 positive", "x", "-1./x.^2"),
    Row("gradient", "norm2(y*eye(3))", "y: 1×1 positive", "y", "sqrt(3)"),
    Row("gradient", "norm2(diag(x))", "x: 3×1 positive", "x", "x/norm2(x)"),
    Row("gradient", "norm1(diag(x))", "x: 3×1 positive", "x", "ones(3)"),
    Row("gradient", "sum(polar(y*eye(3)))", "y: 1×1 positive", "y", "0"),
    Row("gradient", "sum(polar(diag(x)))", "x: 3×1 positive", "x", "zeros(3)"),
    Row("gradient", "sum(cholesky(c*X))", "X: 3×3 posdef, c: 1×1 positive", "c", "sum(cholesky(X))/(2*sqrt(c))"),
    Row("gradient", "logdet(cholesky(diag(x)))", "x: 3×1 positive", "x", "0.5./x"),
    Row(
        "gradient",
        "y'*inv(diag(t)*O*diag(t))*y",
        "t: n×1 positive, O: n×n posdef, y: n×1",
        "y",
        "2*((inv(O)*(y./t))./t)",
    ),
    Row(
        "gradient",
        "y'*inv(diag(t)*O*diag(t))*y",
        "t: n×1 positive, O: n×n posdef, y: n×1",
        "t",
        "-2*(y.*(inv(O)*(y./t))./t.^2)",
    ),
    Row(
        "gradient",
        "y'*inv(diag(t)*O*diag(t))*y + logdet(diag(t)*O*diag(t))",
        "t: n×1 positive, O: n×n posdef, y: n×1",
        "t",
        "2*(1./t - y.*(inv(O)*(y./t))./t.^2)",
    ),
    Row("gradient", "logdet(diag(t)*O*diag(t))", "t: n×1 positive, O: n×n posdef", "O", "inv(O)"),
    Row("gradient", "logdet(diag(exp(s))*O*diag(exp(s)))", "s: n×1, O: n×n posdef", "s", "2*ones(n)"),
    Row("gradient", "logdet(c*diag(t)*O*diag(t))", "t: n×1 positive, O: n×n posdef, c: 1×1 positive", "c", "n/c"),
    Row(
        "gradient",
        "tr(inv(diag(s)*O*diag(t))*B)",
        "s: n×1 positive, t: n×1 positive, O: n×n posdef, B: n×n",
        "s",
        "-((B.*inv(O))*(1./t))./s.^2",
    ),
    Row(
        "gradient",
        "tr(inv(diag(s)*O*diag(t))*B)",
        "s: n×1 positive, t: n×1 positive, O: n×n posdef, B: n×n",
        "O",
        "-inv(O)*diag(1./t)*B'*diag(1./s)*inv(O)",
    ),
    Row("gradient", "b'*solve(diag(t)*O, b)", "t: n×1 positive, O: n×n posdef, b: n×1", "t", "-b.*(inv(O)*b)./t.^2"),
    Row("gradient", "det(diag(t)*O)", "t: n×1 positive, O: n×n posdef", "t", "det(O)*prodothers(t)"),
    Row(
        "gradient",
        "logdet(diag(t)*O*diag(t) + eye(n))",
        "t: n×1 positive, O: n×n posdef",
        "t",
        "2*(O.*inv(eye(n) + diag(t)*O*diag(t)))*t",
    ),
    Row("gradient", "y'*diag(t)*O*diag(t)*y", "t: n×1 positive, O: n×n posdef, y: n×1", "t", "2*(y.*(O*(y.*t)))"),
    Row("gradient", "y'*diag(t)*O*diag(t)*y", "t: n×1 positive, O: n×n posdef, y: n×1", "O", "(y.*t)*(y.*t)'"),
    Row("gradient", "tr(diag(t)*O*diag(t))", "t: n×1 positive, O: n×n posdef", "t", "2*(t.*diag(O))"),
    Row("gradient", "norm2(diag(s)*A*diag(t))^2", "s: m×1, t: n×1, A: m×n", "s", "2*(s.*(A.^2*t.^2))"),
    Row("gradient", "nuclearnorm(diag(s)*eye(3))", "s: 3×1 positive", "s", "ones(3)"),
    Row("gradient", "nuclearnorm(y*X)", "X: m×n, y: 1×1 positive", "y", "nuclearnorm(X)"),
    Row("gradient", "spectralnorm(y*X)", "X: m×n, y: 1×1 positive", "X", "y*leftsv(X)*rightsv(X)'"),
    Row("gradient", "norm2(diag(x)*y)", "x: n×1, y: n×1", "x", "x.*y.^2/norm2(x.*y)"),
    Row("gradient", "sum(diag(x)*A*diag(x))", "x: n×1, A: n×n", "x", "(A + A')*x"),
    # ---- published forms
    Row(
        "gradient",
        "-sum(y.*log(softmax(W*x + b)))",
        "W: k×m, x: m×1, b: k×1, y: k×1",
        "b",
        "sum(y)*softmax(W*x + b) - y",
    ),
    Row(
        "gradient",
        "-sum(y.*log(softmax(W*x + b)))",
        "W: k×m, x: m×1, b: k×1, y: k×1 sumstoone",
        "W",
        "(softmax(W*x + b) - y)*x'",
    ),
    Row(
        "gradient",
        "-sum(y.*log(softmax(W*x + b)))",
        "W: k×m, x: m×1, b: k×1, y: k×1 sumstoone",
        "x",
        "W'*(softmax(W*x + b) - y)",
    ),
    Row(
        "gradient",
        "-sum(y.*log(softmax(h*U + b)))",
        "h: 1×m, U: m×k, b: 1×k, y: 1×k sumstoone",
        "h",
        "(softmax(h*U + b) - y)*U'",
    ),
    Row("jacobian", "exp(x)/sum(exp(x))", "x: n×1", "x", "diag(softmax(x)) - softmax(x)*softmax(x)'"),
    Row(
        "jacobian",
        "softmax(x/t)",
        "x: n×1, t: 1×1 positive",
        "x",
        "(diag(softmax(x/t)) - softmax(x/t)*softmax(x/t)')/t",
    ),
    Row(
        "jacobian", "softmax(h*U)", "h: 1×m, U: m×k", "h", "(diag(softmax(U'*h')) - softmax(U'*h')*softmax(U'*h')')*U'"
    ),
    Row(
        "jacobian",
        "exp(x)/(a + sum(exp(x)))",
        "x: n×1, a: 1×1 positive",
        "x",
        "(diag(exp(x)) - exp(x)*exp(x)'/(a + sum(exp(x))))/(a + sum(exp(x)))",
    ),
    Row(
        "jacobian",
        "exp(b*x)/(1 + sum(exp(b*x)))",
        "x: n×1, b: 1×1",
        "x",
        "b*(diag(t1) - t1*t1'/(1 + sum(t1)))/(1 + sum(t1)) where t1 = exp(b*x)",
    ),
    Row(
        "jacobian",
        "exp(d - a*p)/(1 + sum(exp(d - a*p)))",
        "p: n×1, d: n×1, a: 1×1",
        "p",
        "a*(t1*t1'/(1 + sum(t1)) - diag(t1))/(1 + sum(t1)) where t1 = exp(d - a*p)",
    ),
    Row("jacobian", "x/norm2(x)", "x: n×1", "x", "(eye(n) - x*x'/(x'*x))/norm2(x)"),
    Row(
        "jacobian",
        "x/sqrt(x'*x/n + e)",
        "x: n×1, e: 1×1 positive",
        "x",
        "(eye(n) - x*x'/(n*(e + x'*x/n)))/sqrt(e + x'*x/n)",
    ),
    Row(
        "jacobian",
        "x.*(S*x)/sqrt(x'*S*x)",
        "x: n×1, S: n×n symmetric",
        "x",
        "(diag(S*x) + diag(x)*(S - S*x*x'*S/(x'*S*x)))/sqrt(x'*S*x)",
    ),
    Row(
        "gradient",
        "(m'*x - r)/sqrt(x'*S*x)",
        "x: n×1, m: n×1, S: n×n posdef, r: 1×1",
        "x",
        "(m + (r - m'*x)*S*x/(x'*S*x))/sqrt(x'*S*x)",
    ),
    Row(
        "gradient",
        "x'*A*x/(x'*B*x)",
        "x: n×1, A: n×n symmetric, B: n×n symmetric",
        "x",
        "2*(A - (x'*A*x)*B/(x'*B*x))*x/(x'*B*x)",
    ),
    Row(
        "gradient", "(x'*c)^2/((x'*x)*(c'*c))", "x: n×1, c: n×1", "x", "2*(c'*x)*(c - (c'*x)*x/(x'*x))/((c'*c)*(x'*x))"
    ),
    Row("gradient", "1 - x'*c/(norm2(x)*norm2(c))", "x: n×1, c: n×1", "x", "((c'*x)*x/(x'*x) - c)/(norm2(c)*norm2(x))"),
    Row(
        "gradient",
        "norm2(T - A*khatrirao(C,B)')^2 + l*norm2(A)^2",
        "T: m×n*p, A: m×r, B: n×r, C: p×r, l: 1×1",
        "A",
        "2*(A*((C'*C).*(B'*B)) + l*A - T*khatrirao(C, B))",
    ),
    Row(
        "gradient",
        "norm2(W.*(T - A*khatrirao(C,B)'))^2",
        "W: m×n*p, T: m×n*p, A: m×r, B: n×r, C: p×r",
        "A",
        "2*([C[k,j]*C[k,l]*B[p,j]*B[p,l]*A[i,l]*(W.^2)[i,k*p] | i; j] - (T.*W.^2)*khatrirao(C, B))",
    ),
    Row(
        "gradient",
        "sum(h^2*(sqrt(1 + (r/h).^2) - 1)) where r = A*x - b",
        "A: m×n, x: n×1, b: m×1, h: 1×1 positive",
        "x",
        "h*A'*((A*x - b)./sqrt((A*x - b).^2 + h^2))",
    ),
    Row("gradient", "sum(log(cosh(A*x - b)))", "A: m×n, x: n×1, b: m×1", "x", "A'*tanh(A*x - b)"),
    Row(
        "gradient",
        "sum(relu(abs(r) - h)) where r = y - X*w",
        "X: m×n, w: n×1, y: m×1, h: 1×1 positive",
        "w",
        "X'*(sign(X*w - y).*step(abs(y - X*w) - h))",
    ),
    Row(
        "jacobian",
        "(x - sum(x)/n)/norm2(x - sum(x)/n)",
        "x: n×1",
        "x",
        "(eye(n) - ones(n,n)/n - t1*t1'/norm2(t1)^2)/norm2(t1) where t1 = x - sum(x)/n",
    ),
    Row("gradient", "(x'*x)/(sum(x.^2)) *c", "x: n×1, c: 1×1", "x", "zeros(n)"),
    Row("gradient", "c*(log(exp(x'*x)) - x'*x)/n", "x: n×1, c: 1×1", "x", "zeros(n)"),
    Row("jacobian", "c*(x/norm2(x)*norm2(x) - x)/n", "x: n×1, c: 1×1", "x", "zeros(n,n)"),
    Row("gradient", "sum((A*x - A*x).*b)/n", "x: n×1, A: n×n, b: n×1", "b", "zeros(n)"),
    Row("gradient", "1/2*sum(sum(X.^2)/norm2(X)*B - norm2(X)*B)/n", "X: m×n, B: m×n", "B", "zeros(m,n)"),
    Row("gradient", "y'*inv(X)*y/n - tr(inv(X)*y*y')/n", "X: n×n, y: n×1", "X", "zeros(n,n)"),
    # ---- more sums and rows
    Row(
        "gradient",
        "-sum(y.*log(softmax(h*U + b)))",
        "h: 1×m, U: m×k, b: 1×k, y: 1×k sumstoone",
        "U",
        "h'*(softmax(h*U + b) - y)",
    ),
    Row(
        "gradient",
        "norm2(T - A*khatrirao(C,B)')^2",
        "T: m×n*p, A: m×r, B: n×r, C: p×r",
        "B",
        "2*(B*((C'*C).*(A'*A)) - [C[k,j]*A[l,j]*T[l,k*i]*ones(n)[i] | i; j])",
    ),
    Row("gradient", "norm2(diag(x)*y)", "x: n×1, y: n×1", "x", "x.*y.^2/norm2(x.*y)"),
    Row(
        "gradient",
        "logdet(diag(t)*O*diag(t) + eye(n))",
        "t: n×1 positive, O: n×n posdef",
        "t",
        "2*(O.*inv(eye(n) + diag(t)*O*diag(t)))*t",
    ),
    Row("gradient", "max(eigvals(y*eye(3)))", "y: 1×1 positive", "y", "1"),
    Row(
        "gradient",
        "sum(h^2*(sqrt(1 + (r/h).^2) - 1)) where r = A*x - b",
        "A: m×n, x: n×1, b: m×1, h: 1×1 positive",
        "x",
        "h*A'*((A*x - b)./sqrt((A*x - b).^2 + h^2))",
    ),
]


def point(row: Row, seed: int) -> Values:
    """Samples of all variables; matrices without facts are far from singular, nothing is near a kink."""
    rng = np.random.default_rng([7, seed])
    found = {}
    for name, variable in parse_where(row.where).items():
        rows, cols = shape(variable, SIZES)
        found[name] = sample(rng, rows, cols, *(variable.data[1] or ("invertible",)))
    return found


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.kind} {row.formula} by {row.by}" for row in ROWS])
@pytest.mark.quick_part(4)
def test_a_derivative_reads_as_in_a_book_and_is_right(row: Row) -> None:
    variables = parse_where(row.where)
    f, x = mc.parse(row.formula, variables), variables[row.by]
    derivative = getattr(mc, row.kind)(f, x)
    assert str(derivative) == row.text
    for seed in (1, 2):
        values = point(row, seed)
        used = {name: values[name] for name in values if variables[name] in derivative.parts}
        given = {name: values[name] for name in values if variables[name] in f.parts}
        got = value(derivative, used)
        if {"symmetric", "posdef"} & set(x.data[1]):  # x can only be moved in symmetric directions
            along = values[row.by] + np.diag(np.arange(len(got)))
            assert_close(np.sum(got * along).reshape(1, 1), quotient(f, x, given, along), 1e-6, row.text)
        else:
            assert_close(vec(got).T if row.kind == "gradient" else got, quotients(f, x, given), 1e-6, row.text)
        assert_close(value(mc.parse(str(derivative), variables), used), got, 1e-9, "as it is read back")


# What is computed at once, by the rules for scalings, and in two steps, where they do not apply.
SCALED = [
    (outer, inner, where)
    for inner, where in (
        ("diag(x)", "x: n positive"),
        ("c*eye(n)", "c: 1×1 positive"),
        ("c*X", "c: 1×1 positive, X: n×n posdef"),
        ("4*X/c", "c: 1×1 positive, X: n×n posdef"),
        ("diag(x)*X*diag(x)", "x: n positive, X: n×n posdef"),
    )
    for outer in (
        "cholesky(M)",
        "sqrtm(M)",
        "inv(M)",
        "logdet(M)",
        "det(M)",
        "eigvals(M)",
        "spectralnorm(M)",
        "nuclearnorm(M)",
        "polar(M)",
        "pinv(M)",
    )
] + [
    (outer, inner, where)
    for inner, where in (
        ("diag(x)", "x: n"),
        ("c*X", "c: 1×1, X: n×n"),
        ("-2*X", "X: n×n"),
        ("diag(x)*X*diag(z)", "x: n, z: n, X: n×n"),
        ("X*diag(x)*Z", "x: n, X: n×n, Z: n×n"),
        ("diag(x)*A*diag(z)*A'*X", "x: n, z: m, A: n×m, X: n×n"),
        ("c*diag(x.^2)*X", "c: 1×1, x: n, X: n×n"),
        ("x*z'", "x: n, z: n"),
    )
    for outer in ("inv(M)", "logdet(M)", "det(M)", "spectralnorm(M)", "nuclearnorm(M)", "polar(M)")
    if inner[:3] != "x*z" or outer in ("det(M)", "spectralnorm(M)", "nuclearnorm(M)")
]


@pytest.mark.parametrize(("outer", "inner", "where"), SCALED, ids=[f"{o} of {i} with {w}" for o, i, w in SCALED])
def test_functions_of_scaled_matrices_are_those_of_the_product(outer: str, inner: str, where: str) -> None:
    whole = mc.parse(outer.replace("M", f"({inner})"), parse_where(where))
    operand = mc.parse(inner, parse_where(where))
    step = mc.variable("M", *operand.shape, *(["posdef"] if "posdef" in where or "positive" in where else []))
    for seed in (1, 2, 3):
        values = at_random(whole, seed=seed)
        if "A*diag" in inner and outer in ("inv(M)", "logdet(M)", "polar(M)"):
            values = {**values, "A": np.random.default_rng(seed).normal(size=(3, 5)), "z": np.ones((5, 1))}
            sizes = {**SIZES, "m": 5}
        else:
            sizes = SIZES
        want = value(mc.parse(outer, {"M": step}), {"M": value(operand, values, sizes)}, sizes)
        assert_close(value(whole, values, sizes), want, 1e-8, f"{outer} of {inner}")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["det(diag(x)*X*diag(x))", "det(X*diag(x)*Z)", "det(diag(x))^2", "det(diag(x)*X)"])
def test_derivatives_of_determinants_at_scalings_by_zero(name: str, seed: int) -> None:
    declared = parse_where("x: n, X: n×n, Z: n×n")
    f = mc.parse(name, declared)
    values = at_random(f, seed=seed)
    values["x"][1:seed] = 0.0
    gradient = mc.gradient(f, declared["x"])
    assert_close(vec(value(gradient, values)).T, quotients(f, declared["x"], values), 1e-6, str(gradient))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS.values() if f.transposes], ids=lambda f: str(f.name))
def test_functions_of_transposes(function: mc.Function) -> None:
    """What a record says of transposes is so, for matrices and for vectors where these are taken."""
    rng = np.random.default_rng(5)
    square = "n,n" in function.signature
    shapes = [("n", "n")] if square else [("n", "1"), ("1", "n"), ("m", "n")]
    for rows, cols in shapes:
        x = mc.variable("x", *(int(d) if d == "1" else d for d in (rows, cols)))
        if function.shape.match((x.shape,)) is None:
            continue
        values = {"x": sample(rng, *shape(x), function.domain)}
        if function.domain == "symmetric":
            values["x"] = values["x"] + values["x"].T
        of_transpose = value(mc.Expr("call", (x.T,), function, function.result((x.T.shape,))), values)
        plain = value(function(x), values)
        assert_close(of_transpose, plain.T if function.transposes == "moves" else plain, 1e-9, name_of(x))


def test_a_sum_of_many_terms_is_put_together_like_one_of_few() -> None:
    names = [f"a{k}" for k in range(30)]
    declared = parse_where("x: n, t: 1×1, " + ", ".join(f"{name}: n" for name in names))
    for count in (3, 12, 13, 30):
        terms = " + ".join(names[:count])
        gradient = mc.gradient(mc.parse(f"t*sum(sin(x).^2 + {terms} + cos(x).^2)", declared), declared["t"])
        assert "sin" not in str(gradient)


def test_a_long_part_that_stands_often_gets_a_name() -> None:
    declared = parse_where("A: n×n posdef, x: n, b: n")
    jacobian = mc.jacobian(mc.parse("inv(A + x*x')*b", declared), declared["x"])
    assert str(jacobian) == "-(t1*x*b'*t1 + (b'*t1*x)*t1) where t1 = inv(A + x*x')"
    assert "where" not in str(mc.parse("sin(a*b)*cos(a*b) + a*b", parse_where("a: 1×1, b: 1×1")))


def test_numbers_of_a_sum_are_decimals_only_where_some_were_given() -> None:
    declared = parse_where("a: 1×1, b: 1×1, s: 1×1")
    given = {"a*s^9 + b*s^10": "9*a*s^8 + 10*b*s^9", "0.9*a*s + b*s^2": "0.9*a + 2*b*s"}
    for formula, text in given.items():
        assert str(mc.gradient(mc.parse(formula, declared), declared["s"])) == text


PREFERENCES = re.findall(
    r"^\|[^|]*\| `(\w+) (.*) by (\w)` \| `(.*)` \|$", ARCHITECTURE.read_text(encoding="utf-8"), re.M
)
DECLARED = parse_where("a: 1×1, b: n, c: 1×1, s: 1×1, x: n, t: n positive, A: n×n, B: n×n, S: n×n posdef, h: 1×m")
DECLARED |= parse_where("U: m×k, X: p×n, w: n")


@pytest.mark.parametrize(("kind", "formula", "by", "text"), PREFERENCES)
def test_the_preferences_have_the_examples_they_are_written_with(kind: str, formula: str, by: str, text: str) -> None:
    declared = {**DECLARED, **(parse_where("b: 1×1") if "s^" in formula else {})}
    assert str(getattr(mc, kind)(mc.parse(formula, declared), declared[by])) == text


def test_every_preference_has_an_example() -> None:
    assert len(PREFERENCES) == 10
