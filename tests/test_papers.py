"""Formulas as papers write them: sums, families, blocks and cases, with the values and gradients of plain loops.

Each row is a formula in the notation, its declarations, a variable, and, where it reads as the paper's, the text of the
gradient. The function below it says the same in the paper's own form, entry by entry and sample by sample; its
gradient is that of another library's automatic differentiation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd.numpy as np
import numpy
import pytest
from autograd import jacobian
from autograd.scipy.special import gammaln
from autograd.scipy.stats import norm

import matcalc as mc
from matcalc.families import array_dims, declared_facts
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close, sample

SIZES = ({"m": 4, "n": 3, "p": 2, "K": 3, "q": 5}, {"m": 3, "n": 2, "p": 1, "K": 2, "q": 4})


class Row(NamedTuple):
    """A formula of a paper, and the function that says the same."""

    name: str
    text: str
    declared: str
    by: str
    gradient: str
    value: Callable[..., Any]


ROWS: list[Row] = []


def paper(text: str, declared: str, by: str, gradient: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enters a row for the function below, which takes the declared variables by name."""

    def enter(value: Callable[..., Any]) -> Callable[..., Any]:
        ROWS.append(Row(value.__name__, text, declared, by, gradient, value))
        return value

    return enter


def sigmoid(u: Any) -> Any:
    return 1 / (1 + np.exp(-u))


def softmax(u: Any) -> Any:
    return np.exp(u) / np.sum(np.exp(u))


def squared(u: Any) -> Any:
    return np.sum(u * u)


def hat(w: Any) -> Any:
    zero = 0 * w[0]
    return np.array([[zero, -w[2], w[1]], [w[2], zero, -w[0]], [-w[1], w[0], zero]])


def rotation(w: Any) -> Any:
    r = np.sqrt(np.sum(w**2))
    return np.eye(3) + np.sin(r) / r * hat(w) + (1 - np.cos(r)) / r**2 * np.dot(hat(w), hat(w))


def quadratic(x: Any, S: Any) -> Any:
    """x'*inv(S)*x"""
    return np.dot(x, np.linalg.solve(S, x))


def logdet(S: Any) -> Any:
    return np.log(np.linalg.det(S))


def pairs(m: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(m) for j in range(m)]


# ---------------------------------------------------------------- sums over samples
@paper("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", "X: m×n, y: m, w: n", "w", "-X'*(y.*sigmoid(-(X*w).*y))")
def logistic(X, y, w):
    return sum(np.log(1 + np.exp(-y[i] * np.dot(X[i], w))) for i in range(len(y)))


@paper(
    "sum_{i} (exp(X[i,:]*w) - y[i]*X[i,:]*w + lgamma(y[i] + 1))",
    "X: m×n, y: m positive, w: n",
    "w",
    "X'*(exp(X*w) - y)",
)
def poisson(X, y, w):
    return sum(np.exp(np.dot(X[i], w)) - y[i] * np.dot(X[i], w) + gammaln(y[i] + 1) for i in range(len(y)))


@paper(
    "sum_{i} d[i]*(log(sum_{j} R[i,j]*exp(X[j,:]*w)) - X[i,:]*w)",
    "X: m×n, d: m, R: m×m positive, w: n",
    "w",
    "X'*((R'*(d./(R*exp(X*w)))).*exp(X*w) - d)",
)
def cox_with_risk_sets(X, d, R, w):
    risk = [np.log(sum(R[i, j] * np.exp(np.dot(X[j], w)) for j in range(len(d)))) for i in range(len(d))]
    return sum(d[i] * (risk[i] - np.dot(X[i], w)) for i in range(len(d)))


@paper("sum_{i} d[i]*(log(sum_{j} where(t[j] >= t[i], exp(X[j,:]*w), 0)) - X[i,:]*w)", "X: m×n, d: m, t: m, w: n", "w")
def cox_by_times(X, d, t, w):
    m = len(d)
    risk = [np.log(sum(np.exp(np.dot(X[j], w)) for j in range(m) if t[j] >= t[i])) for i in range(m)]
    return sum(d[i] * (risk[i] - np.dot(X[i], w)) for i in range(m))


@paper("-sum_{i} log(sigmoid(a + d - X[i,:]*w) - sigmoid(a - X[i,:]*w))", "X: m×n, w: n, a: 1×1, d: 1×1 positive", "w")
def ordinal(X, w, a, d):
    return -sum(np.log(sigmoid(a + d - np.dot(x, w)) - sigmoid(a - np.dot(x, w))) for x in X)


@paper("-sum_{i} lognormcdf(y[i]*X[i,:]*w)", "X: m×n, y: m, w: n", "w", "-X'*(y.*invmills((X*w).*y))")
def probit(X, y, w):
    return -sum(norm.logcdf(y[i] * np.dot(X[i], w)) for i in range(len(y)))


@paper("sum_{i} ((y[i] + r)*log(r + exp(X[i,:]*w)) - y[i]*X[i,:]*w)", "X: m×n, y: m, w: n, r: 1×1 positive", "r")
def negative_binomial(X, y, w, r):
    return sum((y[i] + r) * np.log(r + np.exp(np.dot(X[i], w))) - y[i] * np.dot(X[i], w) for i in range(len(y)))


@paper(
    "1/(2*m)*sum_{i} q[i]*(y[i] - X[i,:]*w)^2 + lam/2*sum_{j} w[j]^2",
    "X: m×n, y: m, q: m, w: n, lam: 1×1",
    "w",
    "X'*(q.*(X*w - y))/m + lam*w",
)
def weighted_ridge(X, y, q, w, lam):
    fit = sum(q[i] * (y[i] - np.dot(X[i], w)) ** 2 for i in range(len(y))) / (2 * len(y))
    return fit + lam / 2 * sum(u**2 for u in w)


@paper(
    "sum_{i} (nu + 1)/2*log(1 + (y[i] - X[i,:]*w)^2/(nu*s^2))",
    "X: m×n, y: m, w: n, nu: 1×1 positive, s: 1×1",
    "w",
    "(1 + nu)*X'*((X*w - y)./(nu*s^2 + (y - X*w).^2))",
)
def student(X, y, w, nu, s):
    return sum((nu + 1) / 2 * np.log(1 + (y[i] - np.dot(X[i], w)) ** 2 / (nu * s**2)) for i in range(len(y)))


@paper(
    "-sum_{i} (1 - sigmoid(y[i]*X[i,:]*w))^g*log(sigmoid(y[i]*X[i,:]*w))", "X: m×n, y: m, w: n, g: 1×1 positive", "w"
)
def focal(X, y, w, g):
    p = [sigmoid(y[i] * np.dot(X[i], w)) for i in range(len(y))]
    return -sum((1 - u) ** g * np.log(u) for u in p)


@paper(
    "-sum_{i,k} Y[i,k]*log(exp(W[k,:]*X[i,:]')/(sum_{l} exp(W[l,:]*X[i,:]')))",
    "X: m×n, Y: m×K, W: K×n",
    "W",
    "(rowsoftmax(X*W')'*diag(rowsum(Y)) - Y')*X",
)
def multiclass(X, Y, W):
    total = 0.0
    for i in range(len(X)):
        scale = sum(np.exp(np.dot(row, X[i])) for row in W)
        total = total - sum(Y[i, k] * np.log(np.exp(np.dot(W[k], X[i])) / scale) for k in range(len(W)))
    return total


@paper("-sum_{i} log(9 + b[i] - A[i,:]*x)", "A: m×n, b: m, x: n", "x", "A'*(1./(9 + b - A*x))")
def barrier(A, b, x):
    return -sum(np.log(9 + b[i] - np.dot(A[i], x)) for i in range(len(b)))


@paper(
    "m*(sum_{k} lgamma(a[k])) - m*lgamma(sum_{k} a[k]) - sum_{i,k} (a[k] - 1)*log(P[i,k])",
    "a: K positive, P: m×K positive",
    "a",
    "-(colsum(log(P)) + m*(digamma(sum(a)) - digamma(a)))",
)
def dirichlet(a, P):
    m, K = P.shape
    likelihood = sum((a[k] - 1) * np.log(P[i, k]) for i in range(m) for k in range(K))
    return m * sum(gammaln(u) for u in a) - m * gammaln(sum(u for u in a)) - likelihood


@paper("-sum_{i} log(1 - prod_{j} (1 - P[i,j]/3))", "P: m×n positive", "P")
def noisy_or(P):
    return -sum(np.log(1 - np.prod(1 - row / 3)) for row in P)


@paper(
    "prod_{i} sigmoid(y[i]*X[i,:]*w)", "X: m×n, y: m, w: n", "w", "prod(sigmoid((X*w).*y))*X'*(y.*sigmoid(-(X*w).*y))"
)
def likelihood_as_product(X, y, w):
    total = 1.0
    for i in range(len(y)):
        total = total * sigmoid(y[i] * np.dot(X[i], w))
    return total


@paper(
    "sum_{i} log(c + sum_{j} T[i,j]*a*exp(-b*D[i,j]))",
    "T: m×m positive, D: m×m, a: 1×1 positive, b: 1×1, c: 1×1 positive",
    "b",
)
def hawkes(T, D, a, b, c):
    m = len(T)
    return sum(np.log(c + sum(T[i, j] * a * np.exp(-b * D[i, j]) for j in range(m))) for i in range(m))


# ---------------------------------------------------------------- losses by cases
@paper(
    "sum_{i} huber(y[i] - X[i,:]*w, d)",
    "X: m×n, y: m, w: n, d: 1×1 positive",
    "w",
    "-X'*minimum(maximum(y - X*w, -d), d)",
)
def huber_regression(X, y, w, d):
    r = [y[i] - np.dot(X[i], w) for i in range(len(y))]
    return sum(u**2 / 2 if abs(u) <= d else d * (abs(u) - d / 2) for u in r)


@paper(
    "sum_{i} max(q*(y[i] - X[i,:]*w), (q - 1)*(y[i] - X[i,:]*w))",
    "X: m×n, y: m, w: n, q: 1×1",
    "w",
    "X'*(where(y - X*w <= 0, 1, 0) - q*ones(m))",
)
def quantile(X, y, w, q):
    r = [y[i] - np.dot(X[i], w) for i in range(len(y))]
    return sum(max(q * u, (q - 1) * u) for u in r)


@paper(
    "1/2*norm2(w)^2 + C*sum_{i} max(0, 1 - y[i]*(X[i,:]*w + b))",
    "X: m×n, y: m, w: n, b: 1×1, C: 1×1",
    "w",
    "w - C*X'*(y.*step(1 - y.*(X*w + b)))",
)
def svm(X, y, w, b, C):
    return squared(w) / 2 + C * sum(max(0.0, 1 - y[i] * (np.dot(X[i], w) + b)) for i in range(len(y)))


@paper(
    "sum_{i} max(0, abs(y[i] - X[i,:]*w) - d)",
    "X: m×n, y: m, w: n, d: 1×1",
    "w",
    "X'*(sign(X*w - y).*step(abs(y - X*w) - d*ones(m)))",
)
def support_vector_regression(X, y, w, d):
    return sum(max(0.0, abs(y[i] - np.dot(X[i], w)) - d) for i in range(len(y)))


@paper(
    "sum_{i} t[i]*where(X[i,:]*w > 0, X[i,:]*w, a*(exp(X[i,:]*w) - 1))",
    "X: m×n, t: m, w: n, a: 1×1",
    "w",
    "X'*(a*where(X*w <= 0, t.*exp(X*w), 0) + t.*step(X*w))",
)
def elu(X, t, w, a):
    z = [np.dot(x, w) for x in X]
    return sum(t[i] * (z[i] if z[i] > 0 else a * (np.exp(z[i]) - 1)) for i in range(len(z)))


@paper(
    "sum_{i,k} max(0, 1 + W[k,:]*X[i,:]' - sum_{l} Y[i,l]*W[l,:]*X[i,:]')",
    "X: m×n, Y: m×K, W: K×n",
    "W",
    "(t1 - Y'*diag(colsum(t1)))*X where t1 = step(ones(K,m) + W*X' - ones(K)*rowsum((Y*W).*X)')",
)
def weston_watkins(X, Y, W):
    total = 0.0
    for i in range(len(X)):
        own = sum(Y[i, k] * np.dot(W[k], X[i]) for k in range(len(W)))
        total = total + sum(max(0.0, 1 + np.dot(row, X[i]) - own) for row in W)
    return total


@paper("sum_{i} min(clip(r[i], 1 - d, 1 + d)*A[i], r[i]*A[i])", "r: m, A: m, d: 1×1 positive", "r")
def clipped_policy(r, A, d):
    return sum(min(min(max(r[i], 1 - d), 1 + d) * A[i], r[i] * A[i]) for i in range(len(r)))


# ---------------------------------------------------------------- pairs of samples
@paper(
    "sum_{i!=j} P[i,j]*log(1 + norm2(y[i] - y[j])^2) + log(sum_{i!=j} 1/(1 + norm2(y[i] - y[j])^2))",
    "P: m×m symmetric, y: m of p",
    "y",
    "4*(diag(rowsum(t2)) - t2)*y where t1 = ones(m,m) + rowsum(y.^2)*ones(m)' + ones(m)*rowsum(y.^2)' - 2*y*y',"
    " t2 = P./t1 + 1./t1.^2/(m - sum(1./t1))",
)
def tsne(P, y):
    different = [(i, j) for i, j in pairs(len(y)) if i != j]
    q = {at: 1 / (1 + squared(y[at[0]] - y[at[1]])) for at in different}
    return -sum(P[at] * np.log(q[at]) for at in different) + np.log(sum(q[at] for at in different))


@paper(
    "sum_{i!=j} P[i,j]*log(P[i,j]/((1/(1 + norm2(y[i] - y[j])^2))/(sum_{k!=l} 1/(1 + norm2(y[k] - y[l])^2))))",
    "P: m×m symmetric positive, y: m of p",
    "y",
    "4*(diag(rowsum(P./t1 + t2)) - P./t1 - t2)*y where t1 = ones(m,m) + rowsum(y.^2)*ones(m)' +"
    " ones(m)*rowsum(y.^2)' - 2*y*y', t2 = (sum(P) - tr(P))./t1.^2/(m - sum(1./t1))",
)
def tsne_as_divergence(P, y):
    different = [(i, j) for i, j in pairs(len(y)) if i != j]
    q = {at: 1 / (1 + squared(y[at[0]] - y[at[1]])) for at in different}
    return sum(P[at] * np.log(P[at] / (q[at] / sum(q.values()))) for at in different)


@paper(
    "sum_{i} (sum_{j} T[i,j]*exp(-norm2(A*x[i] - A*x[j])^2))/((sum_{k} exp(-norm2(A*x[i] - A*x[k])^2)) - 1)",
    "T: m×m, x: m of n, A: p×n",
    "A",
)
def nca(T, x, A):
    m, total = len(x), 0.0
    for i in range(m):
        near = [np.exp(-squared(np.dot(A, x[i] - x[j]))) for j in range(m)]
        total = total + sum(T[i, j] * near[j] for j in range(m)) / sum(near[j] for j in range(m) if j != i)
    return total


@paper(
    "1/m^2*sum_{i,j} exp(-norm2(x[i] - x[j])^2/(2*s^2)) - 2/(m*p)*sum_{i,k} exp(-norm2(x[i] - y[k])^2/(2*s^2))"
    " + 1/p^2*sum_{k,l} exp(-norm2(y[k] - y[l])^2/(2*s^2))",
    "x: m of n, y: p of n, s: 1×1",
    "x",
    "2*((diag(rowsum(t1))/p + (t2 - diag(rowsum(t2)))/m)*x - t1*y/p)/(m*s^2) where t1 = exp((2*x*y' -"
    " rowsum(x.^2)*ones(p)' - ones(m)*rowsum(y.^2)')/(2*s^2)), t2 = exp((2*x*x' - rowsum(x.^2)*ones(m)'"
    " - ones(m)*rowsum(x.^2)')/(2*s^2))",
)
def mmd(x, y, s):
    def kernel(a, b):
        return sum(np.exp(-squared(u - v) / (2 * s**2)) for u in a for v in b) / (len(a) * len(b))

    return kernel(x, x) - 2 * kernel(x, y) + kernel(y, y)


@paper(
    "-1/m*sum_{i} log(exp(u[i]'*v[i]/t)/(sum_{j} exp(u[i]'*v[j]/t)))",
    "u: m of n, v: m of n, t: 1×1 positive",
    "u",
    "(rowsoftmax(u*v'/t)*v - v)/(m*t)",
)
def info_nce(u, v, t):
    m = len(u)
    scale = [sum(np.exp(np.dot(u[i], v[j]) / t) for j in range(m)) for i in range(m)]
    return -sum(np.log(np.exp(np.dot(u[i], v[i]) / t) / scale[i]) for i in range(m)) / m


@paper(
    "-sum_{i} (u[i]'*v[i]/(norm2(u[i])*norm2(v[i])*t) - log(sum_{j} exp(u[i]'*v[j]/(norm2(u[i])*norm2(v[j])*t))))",
    "u: m of n, v: m of n, t: 1×1 positive",
    "v",
)
def info_nce_by_cosines(u, v, t):
    a = [x / np.sqrt(squared(x)) for x in u]
    b = [x / np.sqrt(squared(x)) for x in v]
    return -sum(np.dot(x, b[i]) / t - np.log(sum(np.exp(np.dot(x, z) / t) for z in b)) for i, x in enumerate(a))


@paper(
    "sum_{i} max(0, norm2(a[i] - b[i])^2 - norm2(a[i] - c[i])^2 + g)",
    "a: m of n, b: m of n, c: m of n, g: 1×1",
    "a",
    "2*diag(step(rowsum((a - b).^2) + g*ones(m) - rowsum((a - c).^2)))*(c - b)",
)
def triplet(a, b, c, g):
    return sum(max(0.0, squared(a[i] - b[i]) - squared(a[i] - c[i]) + g) for i in range(len(a)))


@paper(
    "sum_{i} (y[i]*norm2(a[i] - b[i])^2 + (1 - y[i])*max(0, g - norm2(a[i] - b[i]))^2)",
    "a: m of n, b: m of n, y: m, g: 1×1 positive",
    "a",
)
def contrastive(a, b, y, g):
    r = [np.sqrt(squared(a[i] - b[i])) for i in range(len(a))]
    return sum(y[i] * r[i] ** 2 + (1 - y[i]) * max(0.0, g - r[i]) ** 2 for i in range(len(a)))


@paper(
    "sum_{i,j,k} T[i,j]*(1 - T[i,k])*max(0, 1 + norm2(L*(x[i] - x[j]))^2 - norm2(L*(x[i] - x[k]))^2)",
    "T: m×m, x: m of n, L: p×n",
    "L",
)
def large_margin_neighbours(T, x, L):
    m = len(x)
    far = {(i, j): squared(np.dot(L, x[i] - x[j])) for i, j in pairs(m)}
    return sum(T[i, j] * (1 - T[i, k]) * max(0.0, 1 + far[i, j] - far[i, k]) for i, j in pairs(m) for k in range(m))


@paper(
    "-sum_{i!=j} W[i,j]*log(sigmoid(s[i] - s[j]))",
    "W: m×m, s: m",
    "s",
    "colsum(W.*sigmoid(ones(m)*s' - s*ones(m)')) - rowsum(W.*sigmoid(ones(m)*s' - s*ones(m)'))",
)
def bradley_terry(W, s):
    return -sum(W[i, j] * np.log(sigmoid(s[i] - s[j])) for i, j in pairs(len(s)) if i != j)


@paper(
    "sum_{i<j} log(1 + exp(-(X[i,:] - X[j,:])*w))",
    "X: m×n, w: n",
    "w",
    "X'*(rowsum(t1) - colsum(t1)) where t1 = tril(sigmoid(X*w*ones(m)' - ones(m)*w'*X'))",
)
def ranknet(X, w):
    return sum(np.log(1 + np.exp(-np.dot(X[i] - X[j], w))) for i, j in pairs(len(X)) if i < j)


@paper(
    "sum_{i,k} max(0, 1 - (X[i,:] - Z[k,:])*w)^2",
    "X: m×n, Z: p×n, w: n",
    "w",
    "2*(Z'*colsum(t1) - X'*rowsum(t1)) where t1 = relu(ones(m,p) + ones(m)*w'*Z' - X*w*ones(p)')",
)
def area_under_curve(X, Z, w):
    return sum(max(0.0, 1 - np.dot(x - z, w)) ** 2 for x in X for z in Z)


@paper(
    "sum_{i<j} K[i,j]*(norm2(x[i] - x[j]) - D[i,j])^2",
    "K: m×m, D: m×m, x: m of n",
    "x",
    "2*(t2 + t2' - diag(rowsum(t2) + colsum(t2)))*x"
    " where t1 = sqrt(rowsum(x.^2)*ones(m)' + ones(m)*rowsum(x.^2)' - 2*x*x'), t2 = striu(K.*(D - t1)./t1)",
)
def stress(K, D, x):
    return sum(K[i, j] * (np.sqrt(squared(x[i] - x[j])) - D[i, j]) ** 2 for i, j in pairs(len(x)) if i < j)


@paper(
    "sum_{i<j} (1/norm2(x[i] - x[j])^12 - 1/norm2(x[i] - x[j])^6)",
    "x: m of n",
    "x",
    "6*(diag(rowsum(t2)) - t2)*x where t1 = rowsum(x.^2)*ones(m)' + ones(m)*rowsum(x.^2)' - 2*x*x', t2 ="
    " where(eye(m) == 0, 1./t1.^4 - 2./t1.^7, 0)",
)
def lennard_jones(x):
    return sum(squared(x[i] - x[j]) ** -6 - squared(x[i] - x[j]) ** -3 for i, j in pairs(len(x)) if i < j)


@paper(
    "sum_{i<j} q[i]*q[j]/norm2(x[i] - x[j])",
    "q: m, x: m of n",
    "x",
    "(t1 - diag(rowsum(t1)))*x where t1 = where(eye(m) == 0, (q*q')./(rowsum(x.^2)*ones(m)' +"
    " ones(m)*rowsum(x.^2)' - 2*x*x').^1.5, 0)",
)
def coulomb(q, x):
    return sum(q[i] * q[j] / np.sqrt(squared(x[i] - x[j])) for i, j in pairs(len(x)) if i < j)


@paper("sum_{i,k} a[i]*b[k]*exp(-abs(x[i] - z[k])/s)", "a: m, x: m, b: p, z: p, s: 1×1 positive", "x")
def laplace_kernel(a, x, b, z, s):
    return sum(a[i] * b[k] * np.exp(-abs(x[i] - z[k]) / s) for i in range(len(x)) for k in range(len(z)))


@paper(
    "f'*a + g'*b - c*sum_{i,k} exp((f[i] + g[k] - C[i,k])/c)",
    "f: m, g: p, a: m, b: p, C: m×p, c: 1×1 positive",
    "f",
    "a - rowsum(exp((f*ones(p)' + ones(m)*g' - C)/c))",
)
def sinkhorn_dual(f, g, a, b, C, c):
    total = sum(np.exp((f[i] + g[k] - C[i, k]) / c) for i in range(len(f)) for k in range(len(g)))
    return np.dot(f, a) + np.dot(g, b) - c * total


@paper("sum_{i,j} W[i,j]*(f[i] - h[j])^2", "W: m×n, f: m, h: n", "f", "2*(rowsum(W).*f - W*h)")
def matching_of_levels(W, f, h):
    return sum(W[i, j] * (f[i] - h[j]) ** 2 for i in range(len(f)) for j in range(len(h)))


@paper("sum_{i<j} W[i,j]*(f[i] - f[j])^2", "W: m×m, f: m", "f")
def smoothness_of_ordered_pairs(W, f):
    return sum(W[i, j] * (f[i] - f[j]) ** 2 for i, j in pairs(len(f)) if i < j)


@paper(
    "sum_{i,j} W[i,j]*log(cosh(f[i] - f[j]))",
    "W: m×m, f: m",
    "f",
    "rowsum(W.*tanh(f*ones(m)' - ones(m)*f')) - colsum(W.*tanh(f*ones(m)' - ones(m)*f'))",
)
def log_cosh_of_differences(W, f):
    return sum(W[i, j] * np.log(np.cosh(f[i] - f[j])) for i, j in pairs(len(f)))


@paper("sum_{i,j} W[i,j]*cos(f[i] - f[j])", "W: m×m symmetric, f: m", "f", "2*rowsum(W.*sin(ones(m)*f' - f*ones(m)'))")
def coupled_oscillators(W, f):
    return sum(W[i, j] * np.cos(f[i] - f[j]) for i, j in pairs(len(f)))


@paper("sum_{i<j} W[i,j]/(f[i] - f[j])", "W: m×m, f: m", "W", "-striu(1./(ones(m)*f' - f*ones(m)'))")
def ordered_interactions(W, f):
    return sum(W[i, j] / (f[i] - f[j]) for i, j in pairs(len(f)) if i < j)


@paper("sum_{i,j,k} max(0, 1 + D[i,j] - D[i,k])", "D: m×m", "D")
def hinges_of_triples(D):
    m = len(D)
    return sum(max(0.0, 1 + D[i, j] - D[i, k]) for i, j in pairs(m) for k in range(m))


@paper("sum_{i,j,k} T[i,j]*(1 - T[i,k])*log(1 + exp(D[i,j] - D[i,k]))", "T: m×m, D: m×m", "D")
def smooth_triples(T, D):
    m = len(D)
    return sum(T[i, j] * (1 - T[i, k]) * np.log(1 + np.exp(D[i, j] - D[i, k])) for i, j in pairs(m) for k in range(m))


@paper("sum_{i,j,k} max(0, 1 + u[i]'*v[k] - u[i]'*v[j])", "u: m of n, v: q of n", "v")
def ranking_by_products(u, v):
    q = len(v)
    return sum(max(0.0, 1 + np.dot(x, v[k]) - np.dot(x, v[j])) for x in u for j, k in pairs(q))


@paper(
    "sum_{i,k} log(sum_{j} exp(A[i,j] + B[j,k]))",
    "A: m×n, B: n×p",
    "A",
    "stack_{i} colsum(rowsoftmax(ones(p)*A[i,:] + B'))",
)
def products_of_logarithms(A, B):
    return sum(np.log(np.sum(np.exp(A[i] + B[:, k]))) for i in range(len(A)) for k in range(B.shape[1]))


@paper("sum_{i,j,k} (T[i,j] - T[j,k])^4", "T: m×m", "T")
def differences_along_paths(T):
    m = len(T)
    return sum((T[i, j] - T[j, k]) ** 4 for i, j in pairs(m) for k in range(m))


@paper(
    "sum_{i} norm2(cross(v[i], x[i] - c))^2",
    "v: m of 3, x: m of 3, c: 3",
    "x",
    "stack_{i} 2*cross(cross(c - x[i], v[i]), v[i])",
)
def points_on_lines(v, x, c):
    return sum(squared(np.dot(hat(v[i]), x[i] - c)) for i in range(len(v)))


# ---------------------------------------------------------------- mixtures, variational bounds
MIXTURE = "w: K positive, x: m of n, mu: K of n, S: K of n×n posdef"
GMM = "sum_{i} log(sum_{k} w[k]*exp(-1/2*(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k]))/sqrt(det(S[k])))"


def gaussian(x, mu, S):
    return np.exp(-quadratic(x - mu, S) / 2) / np.sqrt(np.linalg.det(S))


@paper(
    GMM,
    MIXTURE,
    "w",
    "stack_{k} t1[:,k]'*t2/sqrt(det(S[k])) where t1 = (stack_{k} exp(0.5*rowsum(((ones(m)*mu[k]' -"
    " x)*inv(S[k])).*(x - ones(m)*mu[k]'))))', t2 = 1./(sum_{l} w[l]*t1[:,l]/sqrt(det(S[l])))",
)
def mixture_by_weights(w, x, mu, S):
    return sum(np.log(sum(w[k] * gaussian(u, mu[k], S[k]) for k in range(len(w)))) for u in x)


@paper(
    GMM,
    MIXTURE,
    "mu",
    "stack_{k} w[k]*inv(S[k])*(x - ones(m)*mu[k]')'*(t1[:,k]./t2)/sqrt(det(S[k])) where t1 = (stack_{k}"
    " exp(0.5*rowsum(((ones(m)*mu[k]' - x)*inv(S[k])).*(x - ones(m)*mu[k]'))))', t2 = sum_{l}"
    " w[l]*t1[:,l]/sqrt(det(S[l]))",
)
def mixture_by_means(w, x, mu, S):
    return mixture_by_weights(w, x, mu, S)


@paper(GMM, MIXTURE, "S")
def mixture_by_covariances(w, x, mu, S):
    return mixture_by_weights(w, x, mu, S)


LOG_GMM = (
    "sum_{i} logsumexp(stack_{k} (a[k] + sum(q[k]) - 1/2*norm2((diag(exp(q[k])) + L[k])*(x[i] - mu[k]))^2))"
    " - m*logsumexp(a) + sum_{k} (g^2/2*(norm2(exp(q[k]))^2 + norm2(L[k])^2) - r*sum(q[k]))"
)
LOG_MIXTURE = "a: K, q: K of n, L: K of n×n lower, x: m of n, mu: K of n, g: 1×1, r: 1×1"


@paper(
    LOG_GMM,
    LOG_MIXTURE,
    "mu",
    "stack_{k} (L[k] + diag(exp(q[k])))'*(L[k] + diag(exp(q[k])))*(x - ones(m)*mu[k]')'*t1[:,k] where t1"
    " = rowsoftmax(stack_{i,k} (a[k] + sum(q[k]) - 0.5*norm2((L[k] + diag(exp(q[k])))*(x[i] - mu[k]))^2))",
)
def adbench_by_means(a, q, L, x, mu, g, r):
    total = 0.0
    for u in x:
        inner = [np.dot(np.diag(np.exp(q[k])) + L[k], u - mu[k]) for k in range(len(a))]
        total = total + np.log(sum(np.exp(a[k] + np.sum(q[k]) - squared(inner[k]) / 2) for k in range(len(a))))
    prior = sum(g**2 / 2 * (squared(np.exp(q[k])) + squared(L[k])) - r * np.sum(q[k]) for k in range(len(a)))
    return total - len(x) * np.log(np.sum(np.exp(a))) + prior


@paper(LOG_GMM, LOG_MIXTURE, "q")
def adbench_by_scales(a, q, L, x, mu, g, r):
    return adbench_by_means(a, q, L, x, mu, g, r)


@paper(LOG_GMM, LOG_MIXTURE, "a")
def adbench_by_weights(a, q, L, x, mu, g, r):
    return adbench_by_means(a, q, L, x, mu, g, r)


@paper(
    "sum_{i} log(sum_{k} w[k]*exp(-1/2*(sum_{j} (X[i,j] - M[k,j])^2/V[k,j]))/sqrt(prod_{j} V[k,j]))",
    "w: K positive, X: m×n, M: K×n, V: K×n positive",
    "M",
)
def mixture_with_variances(w, X, M, V):
    return sum(
        np.log(sum(w[k] * np.exp(-np.sum((x - M[k]) ** 2 / V[k]) / 2) / np.sqrt(np.prod(V[k])) for k in range(len(w))))
        for x in X
    )


BOUND = "sum_{i,k} R[i,k]*(log(w[k]) - 1/2*logdet(S[k]) - 1/2*(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k]) - log(R[i,k]))"


@paper(BOUND, "R: m×K positive, " + MIXTURE, "mu", "stack_{k} inv(S[k])*(x - ones(m)*mu[k]')'*R[:,k]")
def em_bound_by_means(R, w, x, mu, S):
    return sum(
        R[i, k] * (np.log(w[k]) - logdet(S[k]) / 2 - quadratic(x[i] - mu[k], S[k]) / 2 - np.log(R[i, k]))
        for i in range(len(x))
        for k in range(len(w))
    )


@paper(
    BOUND,
    "R: m×K positive, " + MIXTURE,
    "S",
    "stack_{k} 0.5*(inv(S[k])*(x - ones(m)*mu[k]')'*diag(R[:,k])*(x - ones(m)*mu[k]')*inv(S[k]) -"
    " sum(R[:,k])*inv(S[k]))",
)
def em_bound_by_covariances(R, w, x, mu, S):
    return em_bound_by_means(R, w, x, mu, S)


@paper(
    BOUND,
    "R: m×K positive, " + MIXTURE,
    "R",
    "stack_{i,k} (log(w[k]) - 1 - log(R[i,k]) - 0.5*logdet(S[k]) - 0.5*((x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k])))",
)
def em_bound_by_responsibilities(R, w, x, mu, S):
    return em_bound_by_means(R, w, x, mu, S)


@paper(
    "stack_{k} w[k]*exp(-norm2(x - mu[k])^2/2)/(sum_{l} w[l]*exp(-norm2(x - mu[l])^2/2))",
    "w: K positive, x: n, mu: K of n",
    "x",
    "(diag(w.*t1) - (w.*t1)*(w.*t1)'/(w'*t1))*(mu - ones(K)*x')/(w'*t1) where t1 ="
    " exp(-0.5*rowsum((ones(K)*x' - mu).^2))",
)
def responsibilities(w, x, mu):
    near = [w[k] * np.exp(-squared(x - mu[k]) / 2) for k in range(len(w))]
    return np.array([u / sum(near) for u in near])


@paper(
    "sum_{i} logsumexp(stack_{k} (a[k] + sum_{j} (X[i,j]*log(P[k,j]) + (1 - X[i,j])*log(1 + P[k,j]))))",
    "a: K, X: m×n, P: K×n positive",
    "P",
    "(t1*X)./P + (t1*(1 - X))./(1 + P) where t1 = rowsoftmax(X*log(P)' + (1 - X)*log(1 + P)' + ones(m)*a')'",
)
def bernoulli_mixture(a, X, P):
    total = 0.0
    for x in X:
        terms = [a[k] + np.sum(x * np.log(P[k]) + (1 - x) * np.log(1 + P[k])) for k in range(len(a))]
        total = total + np.log(sum(np.exp(u) for u in terms))
    return total


@paper(
    "m/2*logdet(W*W' + s^2*eye(n)) + 1/2*sum_{i} (x[i] - mu)'*inv(W*W' + s^2*eye(n))*(x[i] - mu)",
    "W: n×p, s: 1×1 positive, x: m of n, mu: n",
    "W",
    "(m*t1 - t1*(x - ones(m)*mu')'*(x - ones(m)*mu')*t1)*W where t1 = inv(W*W' + s^2*eye(n))",
)
def probabilistic_pca(W, s, x, mu):
    C = np.dot(W, W.T) + s**2 * np.eye(len(mu))
    return len(x) / 2 * logdet(C) + sum(quadratic(u - mu, C) for u in x) / 2


@paper(
    "m/2*logdet(W*W' + diag(d)) + 1/2*sum_{i} (x[i] - mu)'*inv(W*W' + diag(d))*(x[i] - mu)",
    "W: n×p, d: n positive, x: m of n, mu: n",
    "d",
    "0.5*diag(m*t1 - t1*(x - ones(m)*mu')'*(x - ones(m)*mu')*t1) where t1 = inv(W*W' + diag(d))",
)
def factor_analysis(W, d, x, mu):
    C = np.dot(W, W.T) + np.diag(d)
    return len(x) / 2 * logdet(C) + sum(quadratic(u - mu, C) for u in x) / 2


@paper(
    "sum_{i} (1/2*norm2(x[i] - W*(mu[i] + exp(v[i]/2).*e[i]))^2"
    " + 1/2*sum_{j} (mu[i]'*mu[i] + exp(v[i])[j] - v[i][j] - 1))",
    "x: m of n, W: n×p, mu: m of p, v: m of p, e: m of p",
    "v",
)
def autoencoder_with_entries(x, W, mu, v, e):
    total = 0.0
    for i in range(len(x)):
        z = mu[i] + np.exp(v[i] / 2) * e[i]
        total = total + squared(x[i] - np.dot(W, z)) / 2
        total = total + sum(squared(mu[i]) + np.exp(u) - u - 1 for u in v[i]) / 2
    return total


@paper(
    "sum_{i} (norm2(x[i] - W*(mu[i] + exp(v[i]/2).*e[i]))^2/2 + sum(mu[i].^2 + exp(v[i]) - v[i] - 1)/2)",
    "x: m of n, W: n×p, mu: m of p, v: m of p, e: m of p",
    "v",
    "0.5*(exp(0.5*v).*((((e.*exp(0.5*v) + mu)*W' - x)*W).*e + exp(0.5*v)) - 1)",
)
def autoencoder(x, W, mu, v, e):
    total = 0.0
    for i in range(len(x)):
        z = mu[i] + np.exp(v[i] / 2) * e[i]
        total = total + squared(x[i] - np.dot(W, z)) / 2 + np.sum(mu[i] ** 2 + np.exp(v[i]) - v[i] - 1) / 2
    return total


@paper(
    "sum_{k} 1/2*(tr(inv(P)*S[k]) + (mu[k] - b)'*inv(P)*(mu[k] - b) - n + logdet(P) - logdet(S[k]))",
    "P: n×n posdef, S: K of n×n posdef, mu: K of n, b: n",
    "S",
    "stack_{k} 0.5*(inv(P) - inv(S[k]))",
)
def divergences_of_gaussians(P, S, mu, b):
    return sum(
        (np.trace(np.linalg.solve(P, S[k])) + quadratic(mu[k] - b, P) - len(b) + logdet(P) - logdet(S[k])) / 2
        for k in range(len(mu))
    )


@paper(
    "sum_{i} min(stack_{k} norm2(x[i] - c[k])^2)",
    "x: m of n, c: K of n",
    "c",
    "2*(diag(colsum(t1))*c - t1'*x) where t1 = rowmaxmask(2*x*c' - ones(m)*rowsum(c.^2)' - rowsum(x.^2)*ones(K)')",
)
def k_means(x, c):
    return sum(min(squared(u - v) for v in c) for u in x)


@paper(
    "sum_{i,k} U[i,k]^2*norm2(x[i] - c[k])^2",
    "U: m×K, x: m of n, c: K of n",
    "c",
    "2*(diag(colsum(U.^2))*c - (U.^2)'*x)",
)
def fuzzy_c_means(U, x, c):
    return sum(U[i, k] ** 2 * squared(x[i] - c[k]) for i in range(len(x)) for k in range(len(c)))


@paper(
    "-1/b*sum_{i} log(sum_{k} exp(-b*norm2(x[i] - c[k])^2))",
    "x: m of n, c: K of n, b: 1×1 positive",
    "c",
    "2*(diag(colsum(t1))*c - t1'*x) where t1 = rowsoftmax(b*(2*x*c' - ones(m)*rowsum(c.^2)' - rowsum(x.^2)*ones(K)'))",
)
def soft_k_means(x, c, b):
    return -sum(np.log(sum(np.exp(-b * squared(u - v)) for v in c)) for u in x) / b


# ---------------------------------------------------------------- geometry
@paper(
    "sum_{i} norm2(u[i] - f*(rodrigues(w)*x[i] + t)[1:2]/(rodrigues(w)*x[i] + t)[3])^2",
    "u: m of 2, x: m of 3, w: 3, t: 3, f: 1×1",
    "w",
)
def bundle_adjustment(u, x, w, t, f):
    moved = [np.dot(rotation(w), p) + t for p in x]
    return sum(squared(u[i] - f * moved[i][:2] / moved[i][2]) for i in range(len(x)))


@paper(
    "f*(1 + k1*norm2(q)^2 + k2*norm2(q)^4)*q - u where z = rodrigues(w)*(p - c), q = z[1:2]/z[3]",
    "w: 3, p: 3, c: 3, f: 1×1, k1: 1×1, k2: 1×1, u: 2",
    "w",
)
def reprojection(w, p, c, f, k1, k2, u):
    z = np.dot(rotation(w), p - c)
    q = z[:2] / z[2]
    return f * (1 + k1 * squared(q) + k2 * squared(q) ** 2) * q - u


@paper(
    "sum_{i} norm2(rodrigues(w)*x[i] + t - y[i])^2",
    "w: 3, t: 3, x: m of 3, y: m of 3",
    "w",
    "4*rightjac(w)'*vee(x'*(y - ones(m)*t' - x*rodrigues(w)')*rodrigues(w))",
)
def registration(w, t, x, y):
    return sum(squared(np.dot(rotation(w), x[i]) + t - y[i]) for i in range(len(x)))


@paper(
    "sum_{i} (v[i]'*(rodrigues(w)*x[i] + t - y[i]))^2",
    "v: m of 3, w: 3, t: 3, x: m of 3, y: m of 3",
    "t",
    "2*v'*rowsum(v.*(ones(m)*t' + x*rodrigues(w)' - y))",
)
def point_to_plane(v, w, t, x, y):
    return sum(np.dot(v[i], np.dot(rotation(w), x[i]) + t - y[i]) ** 2 for i in range(len(x)))


@paper("sum_{i} (y[i]'*hat(t)*rodrigues(w)*x[i])^2", "w: 3, t: 3, x: m of 3, y: m of 3", "t")
def epipolar(w, t, x, y):
    return sum(np.dot(y[i], np.dot(hat(t), np.dot(rotation(w), x[i]))) ** 2 for i in range(len(x)))


@paper(
    "sum_{k} norm2(rodrigues(w[k])*x[k] + t[k] - y[k])^2",
    "w: K of 3, t: K of 3, x: K of 3, y: K of 3",
    "w",
    "stack_{k} 2*rightjac(w[k])'*cross(x[k], rodrigues(w[k])'*(t[k] + rodrigues(w[k])*x[k] - y[k]))",
)
def poses(w, t, x, y):
    return sum(squared(np.dot(rotation(w[k]), x[k]) + t[k] - y[k]) for k in range(len(x)))


@paper(
    "sum_{i} norm2(cross(v[i], x[i] - c))^2",
    "v: m of 3, x: m of 3, c: 3",
    "c",
    "-2*(sum_{i} cross(v[i], cross(x[i] - c, v[i])))",
)
def distances_of_lines(v, x, c):
    return sum(squared(np.dot(hat(v[i]), x[i] - c)) for i in range(len(x)))


# ---------------------------------------------------------------- energies of labels and graphs
@paper(
    "log(sum_{i,j} exp(a[i] + W[i,j] + b[j]))",
    "a: m, W: m×m, b: m",
    "W",
    "exp(W + a*ones(m)' + ones(m)*b')/sum(exp(W + a*ones(m)' + ones(m)*b'))",
)
def two_sites(a, W, b):
    return np.log(sum(np.exp(a[i] + W[i, j] + b[j]) for i, j in pairs(len(a))))


@paper(
    "log(sum_{i,j,k} exp(a[i] + W[i,j] + b[j] + W[j,k] + c[k])) - z'*W*z",
    "a: m, W: m×m, b: m, c: m, z: m",
    "W",
    "stack_{i,j} ((sum(exp(W[:,i] + (W[i,j] + b[i] + c[j])*ones(m) + a)) + sum(exp((W[i,j] + a[i] +"
    " b[j])*ones(m) + W[j,:]' + c)))/t1 - z[i]*z[j]) where t1 = sum_{k} sum(exp(W + (W[k,:]' + a[k]*ones(m) +"
    " b)*ones(m)' + ones(m)*c'))",
)
def chain(a, W, b, c, z):
    m = len(a)
    scale = sum(np.exp(a[i] + W[i, j] + b[j] + W[j, k] + c[k]) for i, j in pairs(m) for k in range(m))
    return np.log(scale) - np.dot(z, np.dot(W, z))


@paper(
    "sum_{i} (logsumexp(h + J*(sum_{j} A[i,j]*z[j])) - z[i]'*(h + J*(sum_{j} A[i,j]*z[j])))",
    "h: K, J: K×K, A: m×m, z: m of K",
    "J",
    "(rowsoftmax(A*z*J' + ones(m)*h') - z)'*A*z",
)
def potts(h, J, A, z):
    total = 0.0
    for i in range(len(z)):
        field = h + np.dot(J, sum(A[i, j] * z[j] for j in range(len(z))))
        total = total + np.log(np.sum(np.exp(field))) - np.dot(z[i], field)
    return total


@paper(
    "-1/2*sum_{i,j} J[i,j]*u[i]*u[j] - sum_{i} h[i]*u[i]"
    " + sum_{i} ((3 + u[i])/6*log((3 + u[i])/6) + (3 - u[i])/6*log((3 - u[i])/6))",
    "J: m×m symmetric, h: m, u: m",
    "u",
    "1/6*log(1/6*(3 + u)) - J*u - h - 1/6*log(1/6*(3 - u))",
)
def mean_field(J, h, u):
    m = len(u)
    entropy = sum((3 + s * v) / 6 * np.log((3 + s * v) / 6) for v in u for s in (1, -1))
    return -sum(J[i, j] * u[i] * u[j] for i, j in pairs(m)) / 2 - sum(h[i] * u[i] for i in range(m)) + entropy


@paper(
    "sum_{i} (r[i] - a*sum_{j} P[j,i]*r[j] - (1 - a)/m)^2",
    "r: m, P: m×m stochastic, a: 1×1",
    "r",
    "2*(t1 - a*P*t1) where t1 = (a - 1)*ones(m)/m + r - a*P'*r",
)
def pagerank_residual(r, P, a):
    m = len(r)
    return sum((r[i] - a * sum(P[j, i] * r[j] for j in range(m)) - (1 - a) / m) ** 2 for i in range(m))


@paper("(1 - a)/m*v'*inv(eye(m) - a*P')*ones(m)", "v: m, P: m×m stochastic, a: 1×1", "a")
def pagerank(v, P, a):
    m = len(v)
    return (1 - a) / m * np.dot(v, np.linalg.solve(np.eye(m) - a * P.T, np.ones(m)))


@paper(
    "1/2*sum_{i,j} W[i,j]*(f[i] - f[j])^2",
    "W: m×m symmetric, f: m",
    "f",
    "2*(f.*rowsum(W) - W*f)",
)
def smoothness(W, f):
    return sum(W[i, j] * (f[i] - f[j]) ** 2 for i, j in pairs(len(f))) / 2


@paper(
    "sum_{i} (f[i] - y[i])^2 + c/2*sum_{i,j} W[i,j]*(f[i]/sqrt(d[i]) - f[j]/sqrt(d[j]))^2",
    "W: m×m symmetric, f: m, y: m, d: m positive, c: 1×1",
    "f",
    "2*(c*((f.*rowsum(W)./sqrt(d) - W*(f./sqrt(d)))./sqrt(d)) + f - y)",
)
def label_propagation(W, f, y, d, c):
    edges = sum(W[i, j] * (f[i] / np.sqrt(d[i]) - f[j] / np.sqrt(d[j])) ** 2 for i, j in pairs(len(f)))
    return sum((f[i] - y[i]) ** 2 for i in range(len(f))) + c / 2 * edges


@paper("sum_{i} w[i]*((B[i,:] - C[i,:])*f)^2", "B: q×n, C: q×n, w: q, f: n", "w", "((B - C)*f).^2")
def edges_of_a_list(B, C, w, f):
    return sum(w[e] * np.dot(B[e] - C[e], f) ** 2 for e in range(len(w)))


@paper(
    "sum_{i,j} (A[i,j] - k[i]*k[j]/(2*c))*s[i]*s[j]", "A: m×m symmetric, k: m, c: 1×1, s: m", "s", "(2*A - k*k'/c)*s"
)
def modularity(A, k, c, s):
    return sum((A[i, j] - k[i] * k[j] / (2 * c)) * s[i] * s[j] for i, j in pairs(len(s)))


@paper(
    "sum_{i,j} W[i,j]*sqrt((f[i] - f[j])^2 + c)",
    "W: m×m, f: m, c: 1×1 positive",
    "f",
    "f.*rowsum(t1) - t1*f where t1 = (W + W')./sqrt(c*ones(m,m) + (f*ones(m)' - ones(m)*f').^2)",
)
def total_variation(W, f, c):
    return sum(W[i, j] * np.sqrt((f[i] - f[j]) ** 2 + c) for i, j in pairs(len(f)))


# ---------------------------------------------------------------- layers
@paper("sum_{i} t[i]*(g[i]*(x[i] - mean(x))/sqrt(var(x) + c) + b[i])", "t: n, g: n, x: n, b: n, c: 1×1 positive", "x")
def layer_norm(t, g, x, b, c):
    mean = sum(x) / len(x)
    var = sum((u - mean) ** 2 for u in x) / len(x)
    return sum(t[i] * (g[i] * (x[i] - mean) / np.sqrt(var + c) + b[i]) for i in range(len(x)))


@paper(
    "sum_{i,j} T[i,j]*(g[j]*(X[i,j] - mean(X[:,j]))/sqrt(var(X[:,j]) + c) + b[j])",
    "T: m×n, g: n, X: m×n, b: n, c: 1×1 positive",
    "X",
    "(T - (ones(m)*colsum(T)' + (X - ones(m)*colsum(X)'/m)*diag(diag(T'*(X - ones(m)*colsum(X)'/m))./t1))/m"
    ")*diag(g./sqrt(t1))"
    " where t1 = rowsum((X' - colsum(X)*ones(m)'/m).^2)/m + c*ones(n)",
)
def batch_norm(T, g, X, b, c):
    total, m = 0.0, len(X)
    for j in range(X.shape[1]):
        mean = sum(X[:, j]) / m
        var = sum((u - mean) ** 2 for u in X[:, j]) / m
        total = total + sum(T[i, j] * (g[j] * (X[i, j] - mean) / np.sqrt(var + c) + b[j]) for i in range(m))
    return total


@paper(
    "sum_{i} norm2((sum_{j} exp(q[i]'*k[j])*v[j])/(sum_{j} exp(q[i]'*k[j])) - y[i])^2",
    "q: m of n, k: K of n, v: K of p, y: m of p",
    "q",
)
def attention_by_queries(q, k, v, y):
    total = 0.0
    for i in range(len(q)):
        a = [np.exp(np.dot(q[i], u)) for u in k]
        total = total + squared(sum(a[j] * v[j] for j in range(len(k))) / sum(a) - y[i])
    return total


@paper(
    "sum_{i} softmax(Q[i,:]*K'/sqrt(n))*V*t[i]",
    "Q: m×n, K: q×n, V: q×p, t: m of p",
    "K",
    "((t*V').*t1 - diag(rowsum((t1*V).*t))*t1)'*Q/sqrt(n) where t1 = rowsoftmax(Q*K'/sqrt(n))",
)
def attention_by_keys(Q, K, V, t):
    rows = [softmax(np.array([np.dot(x, k) for k in K]) / np.sqrt(Q.shape[1])) for x in Q]
    return sum(np.dot(np.dot(rows[i], V), t[i]) for i in range(len(Q)))


@paper(
    "t'*(sigmoid(z[2*n+1:3*n]).*tanh(sigmoid(z[1:n]).*c + sigmoid(z[n+1:2*n]).*tanh(z[3*n+1:4*n]))) where z ="
    " W*[x; h] + b",
    "t: n, W: 4*n×(p+n), x: p, h: n, b: 4*n, c: n",
    "h",
    "W[:,p + 1:n + p]'*[t.*c.*sigmoid(t1[1:n]).*sigmoid(t1[2*n + 1:3*n]).*sigmoid(-t1[1:n]).*(1 - t2.^2);"
    " t.*sigmoid(t1[n + 1:2*n]).*sigmoid(-t1[n + 1:2*n]).*tanh(t1[3*n + 1:4*n]).*sigmoid(t1[2*n + 1:3*n]).*(1 -"
    " t2.^2); t.*sigmoid(-t1[2*n + 1:3*n]).*sigmoid(t1[2*n + 1:3*n]).*t2; t.*sigmoid(t1[n +"
    " 1:2*n]).*sigmoid(t1[2*n + 1:3*n]).*(1 - tanh(t1[3*n + 1:4*n]).^2).*(1 - t2.^2)] where t1 = W*[x; h] + b,"
    " t2 = tanh(sigmoid(t1[n + 1:2*n]).*tanh(t1[3*n + 1:4*n]) + c.*sigmoid(t1[1:n]))",
)
def lstm(t, W, x, h, b, c):
    z = np.dot(W, np.concatenate([x, h])) + b
    n = len(h)
    forget, enter, leave, new = z[:n], z[n : 2 * n], z[2 * n : 3 * n], z[3 * n :]
    return np.dot(t, sigmoid(leave) * np.tanh(sigmoid(forget) * c + sigmoid(enter) * np.tanh(new)))


@paper(
    "t'*(sigmoid(O*[x; h]).*tanh(sigmoid(F*[x; h]).*c + sigmoid(G*[x; h]).*tanh(H*[x; h])))",
    "t: n, O: n×(p+n), F: n×(p+n), G: n×(p+n), H: n×(p+n), x: p, h: n, c: n",
    "F",
)
def lstm_with_four_matrices(t, O, F, G, H, x, h, c):
    z = np.concatenate([x, h])
    state = sigmoid(np.dot(F, z)) * c + sigmoid(np.dot(G, z)) * np.tanh(np.dot(H, z))
    return np.dot(t, sigmoid(np.dot(O, z)) * np.tanh(state))


@paper(
    "sum_{i} norm2(B*tanh(A*x[i] + b) + c - y[i])^2",
    "B: p×K, A: K×n, b: K, c: p, x: m of n, y: m of p",
    "A",
    "2*((B'*(B*tanh(b*ones(m)' + A*x') + c*ones(m)' - y')).*(1 - tanh(b*ones(m)' + A*x').^2))*x",
)
def network(B, A, b, c, x, y):
    return sum(squared(np.dot(B, np.tanh(np.dot(A, x[i]) + b)) + c - y[i]) for i in range(len(x)))


@paper(
    "sum_{i} norm2(relu(sum_{j} A[i,j]*W*x[j]) - y[i])^2",
    "A: m×m, W: p×n, x: m of n, y: m of p",
    "W",
    "2*(step(A*x*W').*(relu(A*x*W') - y))'*A*x",
)
def graph_convolution(A, W, x, y):
    total = 0.0
    for i in range(len(x)):
        z = sum(A[i, j] * np.dot(W, x[j]) for j in range(len(x)))
        total = total + squared(np.maximum(z, 0) - y[i])
    return total


@paper("sum(relu(conv(w, x) + b).*t)", "w: p, x: n, b: 1×1, t: p+n-1", "w", "corr(t.*step(b + conv(w, x)), x)")
def convolution(w, x, b, t):
    total = 0.0
    for s in range(len(t)):
        z = sum(w[k] * x[s - k] for k in range(len(w)) if 0 <= s - k < len(x)) + b
        total = total + t[s] * (z if z > 0 else 0.0)
    return total


@paper(
    "sum_{k} norm2(tanh(conv(w[k], x)) - y[k])^2",
    "w: K of p, x: n, y: K of (p+n-1)",
    "w",
    "stack_{k} -2*corr((y[k] - tanh(conv(w[k], x))).*(1 - tanh(conv(w[k], x)).^2), x)",
)
def channels(w, x, y):
    total = 0.0
    for k in range(len(w)):
        for s in range(y.shape[1]):
            z = sum(w[k, i] * x[s - i] for i in range(w.shape[1]) if 0 <= s - i < len(x))
            total = total + (np.tanh(z) - y[k, s]) ** 2
    return total


# ---------------------------------------------------------------- factors of tables and tensors
@paper(
    "sum_{i,j} M[i,j]*(R[i,j] - U[i,:]*V[j,:]')^2 + c*(sum_{i} norm2(U[i,:])^2 + sum_{j} norm2(V[j,:])^2)",
    "M: m×n, R: m×n, U: m×p, V: n×p, c: 1×1",
    "U",
    "2*((M.*(U*V' - R))*V + c*U)",
)
def observed_entries(M, R, U, V, c):
    fit = sum(M[i, j] * (R[i, j] - np.dot(U[i], V[j])) ** 2 for i in range(len(U)) for j in range(len(V)))
    return fit + c * (sum(squared(u) for u in U) + sum(squared(v) for v in V))


@paper(
    "sum_{i,j} F[i,j]*(u[i]'*v[j] + a[i] + b[j] - log(X[i,j]))^2",
    "F: m×n, X: m×n positive, u: m of p, v: n of p, a: m, b: n",
    "u",
    "2*(F.*(a*ones(n)' + ones(m)*b' + u*v' - log(X)))*v",
)
def glove(F, X, u, v, a, b):
    return sum(
        F[i, j] * (np.dot(u[i], v[j]) + a[i] + b[j] - np.log(X[i, j])) ** 2
        for i in range(len(u))
        for j in range(len(v))
    )


@paper(
    "-sum_{i,j} (A[i,j]*log(sigmoid(u[i]'*v[j])) + B[i,j]*log(sigmoid(-u[i]'*v[j])))",
    "A: m×n, B: m×n, u: m of p, v: n of p",
    "v",
    "(B'.*sigmoid(v*u') - A'.*sigmoid(-v*u'))*u",
)
def negative_sampling(A, B, u, v):
    s = {(i, j): np.dot(u[i], v[j]) for i in range(len(u)) for j in range(len(v))}
    return -sum(A[at] * np.log(sigmoid(s[at])) + B[at] * np.log(sigmoid(-s[at])) for at in s)


@paper(
    "sum_{i,j} (X[i,j]*log(X[i,j]/(sum_{k} W[i,k]*H[k,j])) - X[i,j] + sum_{k} W[i,k]*H[k,j])",
    "X: m×n positive, W: m×K positive, H: K×n positive",
    "W",
    "(1 - X./(W*H))*H'",
)
def nonnegative_factors(X, W, H):
    total = 0.0
    for i in range(len(X)):
        for j in range(X.shape[1]):
            fit = sum(W[i, k] * H[k, j] for k in range(len(H)))
            total = total + X[i, j] * np.log(X[i, j] / fit) - X[i, j] + fit
    return total


@paper(
    "sum_{k} norm2(X[k] - A*diag(C[k,:])*B')^2",
    "X: K of m×n, A: m×p, B: n×p, C: K×p",
    "A",
    "-2*(sum_{k} (X[k] - A*diag(C[k,:]')*B')*B*diag(C[k,:]'))",
)
def tensor_factors(X, A, B, C):
    K, m, n = X.shape
    fit = {
        (k, i, j): sum(A[i, r] * B[j, r] * C[k, r] for r in range(A.shape[1]))
        for k in range(K)
        for i in range(m)
        for j in range(n)
    }
    return sum((X[at] - fit[at]) ** 2 for at in fit)


@paper(
    "b + sum_{i} w[i]*x[i] + sum_{i<j} v[i]'*v[j]*x[i]*x[j]",
    "b: 1×1, w: m, x: m, v: m of p",
    "v",
    "(x*x' - diag(x.^2))*v",
)
def factorization_machine(b, w, x, v):
    m = len(x)
    inner = sum(np.dot(v[i], v[j]) * x[i] * x[j] for i, j in pairs(m) if i < j)
    return b + sum(w[i] * x[i] for i in range(m)) + inner


@paper(
    "sum_{i} max(0, g + norm2(h[i] + r - t[i]) - norm2(h[i] + r - s[i]))",
    "h: m of n, r: n, t: m of n, s: m of n, g: 1×1",
    "r",
)
def translations(h, r, t, s, g):
    far = [np.sqrt(squared(h[i] + r - t[i])) - np.sqrt(squared(h[i] + r - s[i])) for i in range(len(h))]
    return sum(max(0.0, g + u) for u in far)


# ---------------------------------------------------------------- portfolios, filters, processes
@paper(
    "sum_{i,j} w[i]*w[j]*(sum_{k} B[i,k]*B[j,k]*f[k]) + sum_{i} d[i]*w[i]^2",
    "w: m, B: m×K, f: K, d: m",
    "w",
    "2*(B*((B'*w).*f) + d.*w)",
)
def factor_model(w, B, f, d):
    m = len(w)
    common = sum(w[i] * w[j] * sum(B[i, k] * B[j, k] * f[k] for k in range(len(f))) for i, j in pairs(m))
    return common + sum(d[i] * w[i] ** 2 for i in range(m))


@paper(
    "(sum_{i} w[i]*mu[i])/sqrt(sum_{i,j} w[i]*S[i,j]*w[j])",
    "w: n, mu: n, S: n×n posdef",
    "w",
    "(mu - (mu'*w)*S*w/(w'*S*w))/sqrt(w'*S*w)",
)
def sharpe(w, mu, S):
    return np.dot(w, mu) / np.sqrt(sum(w[i] * S[i, j] * w[j] for i, j in pairs(len(w))))


@paper(
    "sum_{i,j} (w[i]*S[i,:]*w - w[j]*S[j,:]*w)^2",
    "w: n, S: n×n symmetric",
    "w",
    "4*((S*w).*t1 + S*(w.*t1)) where t1 = n*(w.*(S*w)) - (w'*S*w)*ones(n)",
)
def risk_parity(w, S):
    risk = [w[i] * np.dot(S[i], w) for i in range(len(w))]
    return sum((a - b) ** 2 for a in risk for b in risk)


@paper("sum_{i} p[i]*log(5 + R[i,:]*w)", "p: m, R: m×n, w: n", "w", "R'*(p./(5*ones(m) + R*w))")
def growth(p, R, w):
    return sum(p[i] * np.log(5 + np.dot(R[i], w)) for i in range(len(p)))


@paper(
    "a + 1/((1 - b)*m)*sum_{i} max(0, -R[i,:]*w - a)",
    "a: 1×1, b: 1×1, R: m×n, w: n",
    "w",
    "R'*where(R*w + a*ones(m) < 0, 1/(m*(b - 1)), 0)",
)
def shortfall(a, b, R, w):
    return a + sum(max(0.0, -np.dot(r, w) - a) for r in R) / ((1 - b) * len(R))


INNOVATION = "1/2*(y - H*x)'*inv(H*P*H' + R)*(y - H*x) + 1/2*logdet(H*P*H' + R)"


@paper(
    INNOVATION,
    "y: p, H: p×n, x: n, P: n×n symmetric posdef, R: p×p symmetric posdef",
    "H",
    "t1*(H*x - y)*x' + (t1 - t1*(y - H*x)*(y - H*x)'*t1)*H*P where t1 = inv(H*P*H' + R)",
)
def innovation_by_observation(y, H, x, P, R):
    S = np.dot(np.dot(H, P), H.T) + R
    return quadratic(y - np.dot(H, x), S) / 2 + logdet(S) / 2


@paper(
    INNOVATION,
    "y: p, H: p×n, x: n, P: n×n symmetric posdef, R: p×p symmetric posdef",
    "R",
    "0.5*(t1 - t1*(y - H*x)*(y - H*x)'*t1) where t1 = inv(H*P*H' + R)",
)
def innovation_by_noise(y, H, x, P, R):
    return innovation_by_observation(y, H, x, P, R)


@paper(
    "tr((eye(n) - K*H)*P*(eye(n) - K*H)' + K*R*K')",
    "K: n×p, H: p×n, P: n×n symmetric posdef, R: p×p symmetric posdef",
    "K",
    "2*(K*R + (K*H - eye(n))*P*H')",
)
def kalman_gain(K, H, P, R):
    I = np.eye(len(P)) - np.dot(K, H)
    return np.trace(np.dot(I, np.dot(P, I.T)) + np.dot(K, np.dot(R, K.T)))


@paper(
    "sum_{i} (1/2*(y[i] - H*x[i])'*inv(R)*(y[i] - H*x[i]) + 1/2*(x[i] - A*z[i])'*inv(Q)*(x[i] - A*z[i]))",
    "y: m of p, H: p×n, x: m of n, A: n×n, z: m of n, R: p×p posdef, Q: n×n posdef",
    "x",
    "(x - z*A')*inv(Q) + (x*H' - y)*inv(R)*H",
)
def state_space(y, H, x, A, z, R, Q):
    seen = sum(quadratic(y[i] - np.dot(H, x[i]), R) for i in range(len(x)))
    return seen / 2 + sum(quadratic(x[i] - np.dot(A, z[i]), Q) for i in range(len(x))) / 2


GP = "1/2*y'*inv(K)*y + 1/2*logdet(K) where K = (stack_{i,j} a^2*exp(-norm2(x[i] - x[j])^2/(2*l^2))) + s^2*eye(m)"


@paper(GP, "y: m, a: 1×1, x: m of n, l: 1×1 positive, s: 1×1 positive", "l")
def gaussian_process(y, a, x, l, s):
    m = len(y)
    K = np.array([[a**2 * np.exp(-squared(x[i] - x[j]) / (2 * l**2)) for j in range(m)] for i in range(m)])
    K = K + s**2 * np.eye(m)
    return quadratic(y, K) / 2 + logdet(K) / 2


@paper(
    "y'*inv((stack_{i,j} exp(-sum_{k} d[k]*(X[i,k] - X[j,k])^2)) + s*eye(m))*y",
    "y: m, X: m×n, d: n positive, s: 1×1 positive",
    "d",
)
def relevance_determination(y, X, d, s):
    m = len(y)
    K = np.array([[np.exp(-np.sum(d * (X[i] - X[j]) ** 2)) for j in range(m)] for i in range(m)])
    return quadratic(y, K + s * np.eye(m))


@paper(
    "sum_{k} (logdet(S[k]) - tr(S[k]*C[k])) - c*(sum_{k<l} norm2(S[k] - S[l])^2)",
    "S: K of n×n posdef, C: K of n×n symmetric, c: 1×1",
    "S",
    "stack_{l} (inv(S[l]) - C[l] - 2*c*(K*S[l] - sum_{k} S[k]))",
)
def joint_graphical_models(S, C, c):
    K = len(S)
    fit = sum(logdet(S[k]) - np.trace(np.dot(S[k], C[k])) for k in range(K))
    return fit - c * sum(squared(S[k] - S[l]) for k, l in pairs(K) if k < l)


# ---------------------------------------------------------------- and more of these kinds


@paper(
    "1/2*sum_{i} x[i]^2 - sum_{i<j} log(abs(x[i] - x[j]))",
    "x: m",
    "x",
    "x + rowsum(where(eye(m) == 0, 1./(ones(m)*x' - x*ones(m)'), 0))",
)
def log_gas(x):
    pairs_of = sum(np.log(np.abs(x[i] - x[j])) for i, j in pairs(len(x)) if i < j)
    return sum(u**2 for u in x) / 2 - pairs_of


@paper(
    "sum_{i<j} W[i,j]*log(norm2(x[i] - x[j]))",
    "W: m×m, x: m of n",
    "x",
    "(diag(colsum(t1) + rowsum(t1)) - t1 - t1')*x where t1 = striu(W./(rowsum(x.^2)*ones(m)' +"
    " ones(m)*rowsum(x.^2)' - 2*x*x'))",
)
def logarithmic_layout(W, x):
    return sum(W[i, j] * np.log(np.sqrt(squared(x[i] - x[j]))) for i, j in pairs(len(x)) if i < j)


@paper(
    "sum_{i!=j} max(0, d - norm2(x[i] - x[j]))^2",
    "x: m of n, d: 1×1 positive",
    "x",
    "4*(t2 - diag(rowsum(t2)))*x where t1 = sqrt(rowsum(x.^2)*ones(m)' + ones(m)*rowsum(x.^2)' - 2*x*x'), t2 ="
    " where(eye(m) == 0, relu(d*ones(m,m) - t1)./t1, 0)",
)
def repulsion(x, d):
    return sum(max(0.0, d - np.sqrt(squared(x[i] - x[j]))) ** 2 for i, j in pairs(len(x)) if i != j)


@paper(
    "sum_{i!=j} Y[i,j]*exp(-norm2(x[i] - x[j]))",
    "Y: m×m, x: m of n",
    "x",
    "(t2 + t2' - diag(colsum(t2) + rowsum(t2)))*x where t1 = sqrt(rowsum(x.^2)*ones(m)' + ones(m)*rowsum(x.^2)'"
    " - 2*x*x'), t2 = where(eye(m) == 0, Y.*exp(-t1)./t1, 0)",
)
def exponential_kernel(Y, x):
    return sum(Y[i, j] * np.exp(-np.sqrt(squared(x[i] - x[j]))) for i, j in pairs(len(x)) if i != j)


@paper("sum_{i<=j} W[i,j]*x[i]*x[j]", "W: m×m, x: m", "x", "(triu(W) + tril(W'))*x")
def second_order_terms(W, x):
    return sum(W[i, j] * x[i] * x[j] for i, j in pairs(len(x)) if i <= j)


@paper("sum_{i!=j} (x[i]'*x[j]/(norm2(x[i])*norm2(x[j])))^2", "x: m of n", "x")
def coherence(x):
    cosine = {(i, j): np.dot(x[i], x[j]) / np.sqrt(squared(x[i]) * squared(x[j])) for i, j in pairs(len(x))}
    return sum(cosine[i, j] ** 2 for i, j in pairs(len(x)) if i != j)


@paper(
    "-sum_{i} log((sum_{j} T[i,j]*exp(z[i]'*z[j]/t))/((sum_{k} exp(z[i]'*z[k]/t)) - exp(z[i]'*z[i]/t)))",
    "T: m×m positive, z: m of n, t: 1×1 positive",
    "z",
)
def supervised_contrastive(T, z, t):
    m, total = len(z), 0.0
    for i in range(m):
        near = [np.exp(np.dot(z[i], z[j]) / t) for j in range(m)]
        total = total - np.log(sum(T[i, j] * near[j] for j in range(m)) / sum(near[j] for j in range(m) if j != i))
    return total


@paper("sum_{i} norm2(x[i] - sum_{j} W[i,j]*x[j])^2", "x: m of n, W: m×m", "W", "2*(W*x - x)*x'")
def locally_linear(x, W):
    return sum(squared(x[i] - sum(W[i, j] * x[j] for j in range(len(x)))) for i in range(len(x)))


@paper(
    "sum_{i,j} (Z[i,:]*H*Z[j,:]' - A[i,j])^2",
    "Z: m×K, H: K×K, A: m×m",
    "Z",
    "2*((Z*H*Z' - A)*Z*H' + (Z*H*Z' - A)'*Z*H)",
)
def stochastic_blocks(Z, H, A):
    return sum((np.dot(Z[i], np.dot(H, Z[j])) - A[i, j]) ** 2 for i, j in pairs(len(Z)))


@paper(
    "sum_{i} sum_{j} A[i,j]*log(sum_{k} s[k]*U[i,k]*V[j,k])",
    "A: m×n, s: K positive, U: m×K positive, V: n×K positive",
    "U",
    "(A./(U*diag(s)*V'))*V*diag(s)",
)
def latent_topics(A, s, U, V):
    m, n = A.shape
    return sum(
        A[i, j] * np.log(sum(s[k] * U[i, k] * V[j, k] for k in range(len(s)))) for i in range(m) for j in range(n)
    )


@paper("sum_{k} (x - mu[k])'*S[k]*(x - mu[k])", "x: n, mu: K of n, S: K of n×n", "x")
def product_of_experts(x, mu, S):
    return sum(np.dot(x - mu[k], np.dot(S[k], x - mu[k])) for k in range(len(mu)))


@paper("logdet(sum_{k} w[k]*a[k]*a[k]')", "w: q positive, a: q of n", "w", "rowsum((a*inv(a'*diag(w)*a)).*a)")
def optimal_design(w, a):
    return logdet(sum(w[k] * np.outer(a[k], a[k]) for k in range(len(w))))


@paper("tr(inv(sum_{k} w[k]*a[k]*a[k]'))", "w: q positive, a: q of n", "w", "-rowsum((a*inv(a'*diag(w)*a)^2).*a)")
def average_design(w, a):
    return np.trace(np.linalg.inv(sum(w[k] * np.outer(a[k], a[k]) for k in range(len(w)))))


@paper("sum_{k} max(stack_{i} (A[k]*x + b)[i])", "A: K of m×n, x: n, b: m", "x")
def maxout(A, x, b):
    return sum(max(u for u in np.dot(A[k], x) + b) for k in range(len(A)))


@paper("sum_{i} norm2(A[2]*tanh(A[1]*x[i]) - y[i])^2", "A: K of n×n, x: m of n, y: m of n", "A")
def two_layers_of_a_family(A, x, y):
    return sum(squared(np.dot(A[1], np.tanh(np.dot(A[0], x[i]))) - y[i]) for i in range(len(x)))


@paper("sum_{i} log(sum_{k} w[k]*normpdf((x[i] - mu[k])/s[k])/s[k])", "w: K positive, x: m, mu: K, s: K positive", "s")
def scalar_mixture(w, x, mu, s):
    return sum(np.log(sum(w[k] * norm.pdf((u - mu[k]) / s[k]) / s[k] for k in range(len(w)))) for u in x)


@paper(
    "sum_{i,k} R[i,k]*(log(w[k]/(sum_{l} w[l])) - log(R[i,k]))",
    "R: m×K positive, w: K positive",
    "w",
    "colsum(R)./w - sum(R)*ones(K)/sum(w)",
)
def bound_of_weights(R, w):
    m, K = R.shape
    return sum(R[i, k] * (np.log(w[k] / np.sum(w)) - np.log(R[i, k])) for i in range(m) for k in range(K))


@paper(
    "(sum_{k} pi0[k]*det(P[k])^(1/2)*exp(-1/2*x'*P[k]*x))",
    "pi0: K positive, P: K of n×n posdef, x: n",
    "P",
    "stack_{k} 0.5*pi0[k]*sqrt(det(P[k]))*exp(-0.5*(x'*P[k]*x))*(inv(P[k]) - x*x')",
)
def density_by_precisions(pi0, P, x):
    return sum(pi0[k] * np.sqrt(np.linalg.det(P[k])) * np.exp(-np.dot(x, np.dot(P[k], x)) / 2) for k in range(len(pi0)))


@paper(
    "sum_{i} (log(s) + norm2(y[i] - A*B*x[i])^2/(2*s))",
    "A: p×q, B: q×n, x: m of n, y: m of p, s: 1×1 positive",
    "s",
    "(m - norm2(x*B'*A' - y)^2/(2*s))/s",
)
def reduced_rank(A, B, x, y, s):
    return sum(np.log(s) + squared(y[i] - np.dot(A, np.dot(B, x[i]))) / (2 * s) for i in range(len(x)))


@paper("sum_{i} norm2(u[i] - [f*z[i][1]/z[i][3]; g*z[i][2]/z[i][3]])^2", "u: m of 2, z: m of 3, f: 1×1, g: 1×1", "z")
def pinhole(u, z, f, g):
    return sum((u[i, 0] - f * z[i, 0] / z[i, 2]) ** 2 + (u[i, 1] - g * z[i, 1] / z[i, 2]) ** 2 for i in range(len(u)))


@paper(
    "sum_{k} huber(norm2(y[k] - rodrigues(w)*x[k] - t), d)",
    "y: q of 3, w: 3, x: q of 3, t: 3, d: 1×1 positive",
    "w",
    "2*rightjac(w)'*vee(x'*diag(minimum(maximum(t1, -d), d)./t1)*(y - ones(q)*t' -"
    " x*rodrigues(w)')*rodrigues(w)) where t1 = sqrt(rowsum((ones(q)*t' + x*rodrigues(w)' - y).^2))",
)
def robust_registration(y, w, x, t, d):
    r = [np.sqrt(squared(y[k] - np.dot(rotation(w), x[k]) - t)) for k in range(len(x))]
    return sum(u**2 / 2 if u <= d else d * (u - d / 2) for u in r)


@paper(
    "sum_{k} norm2(log(1 + exp(sum_{i} A[i,k]*x[i])))^2",
    "A: m×K, x: m of n",
    "x",
    "2*A*(sigmoid(A'*x).*softplus(A'*x))",
)
def pooled(A, x):
    return sum(squared(np.log(1 + np.exp(sum(A[i, k] * x[i] for i in range(len(x)))))) for k in range(A.shape[1]))


@paper("sum_{i} (sum_{k} softmax(G*x[i])[k]*(w[k]'*x[i]) - y[i])^2", "G: K×n, x: m of n, w: K of n, y: m", "G")
def mixture_of_experts(G, x, w, y):
    total = 0.0
    for i in range(len(x)):
        gate = softmax(np.dot(G, x[i]))
        total = total + (sum(gate[k] * np.dot(w[k], x[i]) for k in range(len(w))) - y[i]) ** 2
    return total


@paper(
    "sum_{i} log(sum_{k} softmax(a)[k]*exp(-norm2(x[i] - mu[k])^2/(2*exp(s[k]))))",
    "a: K, x: m of n, mu: K of n, s: K",
    "s",
)
def spherical_mixture(a, x, mu, s):
    w = softmax(a)
    return sum(np.log(sum(w[k] * np.exp(-squared(u - mu[k]) / (2 * np.exp(s[k]))) for k in range(len(s)))) for u in x)


@paper(
    "sum_{i} where(y[i] > 0, exp(-f[i]) + f[i]*y[i], 1/(1 + f[i]^2))",
    "y: m, f: m",
    "f",
    "where(y > 0, y - exp(-f), -2*(f./(1 + f.^2).^2))",
)
def zero_inflated(y, f):
    return sum(np.exp(-f[i]) + f[i] * y[i] if y[i] > 0 else 1 / (1 + f[i] ** 2) for i in range(len(y)))


@paper(
    "sum_{i,j} where(T[i,j] == 1, norm2(x[i] - x[j])^2, max(0, c - norm2(x[i] - x[j])^2))",
    "T: m×m, x: m of n, c: 1×1 positive",
    "x",
    "2*(diag(rowsum(t1) + colsum(t1)) - t1 - t1')*x"
    " where t1 = where(T == 1, 1, -step(c*ones(m,m) + 2*x*x' - rowsum(x.^2)*ones(m)' - ones(m)*rowsum(x.^2)'))",
)
def pairwise_by_labels(T, x, c):
    far = {(i, j): squared(x[i] - x[j]) for i, j in pairs(len(x))}
    return sum(far[at] if T[at] == 1 else max(0.0, c - far[at]) for at in far)


@paper(
    "sum_{i} where(t[i] > 0 and y[i] < c, (y[i] - X[i,:]*w)^2, abs(y[i] - X[i,:]*w))",
    "t: m, y: m, c: 1×1, X: m×n, w: n",
    "w",
    "-X'*where(t > 0 and c > y, 2*(y - X*w), sign(y - X*w))",
)
def censored(t, y, c, X, w):
    r = [y[i] - np.dot(X[i], w) for i in range(len(y))]
    return sum(r[i] ** 2 if t[i] > 0 and y[i] < c else abs(r[i]) for i in range(len(y)))


@paper(
    "sum_{i,j} K[i,j]*min(abs(f[i] - f[j]), c)",
    "K: m×m, f: m, c: 1×1 positive",
    "f",
    "rowsum((K + K').*sign(f*ones(m)' - ones(m)*f').*step(c*ones(m,m) - abs(f*ones(m)' - ones(m)*f')))",
)
def truncated_potts(K, f, c):
    return sum(K[i, j] * min(abs(f[i] - f[j]), c) for i, j in pairs(len(f)))


@paper(
    "sum_{i} max(stack_{k} (1 - Y[i,k] + (W[k,:] - sum_{l} Y[i,l]*W[l,:])*x[i]))",
    "Y: m×K, W: K×n, x: m of n",
    "W",
    "(t1' - Y'*diag(rowsum(t1)))*x where t1 = rowmaxmask(1 + x*W' - Y - rowsum((Y*W).*x)*ones(K)')",
)
def crammer_singer(Y, W, x):
    total = 0.0
    for i in range(len(x)):
        own = sum(Y[i, k] * np.dot(W[k], x[i]) for k in range(len(W)))
        total = total + max(1 - Y[i, k] + np.dot(W[k], x[i]) - own for k in range(len(W)))
    return total


@paper(
    "[r; s]'*inv([A, B; B', D])*[r; s] + logdet([A, B; B', D])",
    "r: n, s: p, A: n×n symmetric posdef, B: n×p, D: p×p symmetric posdef",
    "r",
    "2*inv([A, B; B', D])[1:n,:]*[r; s]",
)
def joint_gaussian(r, s, A, B, D):
    S = np.concatenate([np.concatenate([A, B], axis=1), np.concatenate([B.T, D], axis=1)])
    return quadratic(np.concatenate([r, s]), S) + logdet(S)


@paper(
    "sum_{i} norm2(tanh([W, U]*[x[i]; h]) - y[i])^2",
    "W: p×n, U: p×q, x: m of n, h: q, y: m of p",
    "U",
    "2*rowsum((tanh(U*h*ones(m)' + W*x') - y').*(1 - tanh(U*h*ones(m)' + W*x').^2))*h'",
)
def recurrent(W, U, x, h, y):
    return sum(squared(np.tanh(np.dot(W, x[i]) + np.dot(U, h)) - y[i]) for i in range(len(x)))


@paper(
    "sum_{i} (y[i] - [1, x[i]']*b)^2",
    "y: m, x: m of n, b: n+1",
    "b",
    "-2*[sum(y - [ones(m), x]*b); x'*(y - [ones(m), x]*b)]",
)
def with_intercept(y, x, b):
    return sum((y[i] - b[0] - np.dot(x[i], b[1:])) ** 2 for i in range(len(y)))


@paper(
    "sum_{i} norm2(center(X)[i,:]*W)^2/m",
    "X: m×n, W: n×p",
    "W",
    "2*(X - ones(m)*colsum(X)'/m)'*(X - ones(m)*colsum(X)'/m)*W/m",
)
def explained_variance(X, W):
    mean = sum(x for x in X) / len(X)
    return sum(squared(np.dot(x - mean, W)) for x in X) / len(X)


@paper(
    "sum_{i,j} cov(X)[i,j]^2 - sum_{i} cov(X)[i,i]^2",
    "X: m×n",
    "X",
    "4*(X - ones(m)*colsum(X)'/m)*(X'*X - colsum(X)*colsum(X)'/m - diag(diag(X'*X -"
    " colsum(X)*colsum(X)'/m)))/(m - 1)^2",
)
def redundancy(X):
    C = np.dot((X - np.mean(X, axis=0)).T, X - np.mean(X, axis=0)) / (len(X) - 1)
    return sum(C[i, j] ** 2 for i, j in pairs(len(C)) if i != j)


@paper("norm_p(A*x - b, 3)^3/3 + sum_{i} abs(x[i])^1.5", "A: m×n, x: n, b: m", "x")
def powers_of_residuals(A, x, b):
    return np.sum(np.abs(np.dot(A, x) - b) ** 3) / 3 + sum(np.abs(u) ** 1.5 for u in x)


@paper(
    "sum_{i} (y[i] - cumsum(exp(a))[i])^2 + c*sum(diff(a).^2)",
    "y: m, a: m, c: 1×1",
    "a",
    "2*(c*diffmatrix(ones(m))'*diff(a) - exp(a).*revcumsum(y - cumsum(exp(a))))",
)
def monotone_fit(y, a, c):
    total = c * sum((a[i + 1] - a[i]) ** 2 for i in range(len(a) - 1))
    for i in range(len(y)):
        total = total + (y[i] - sum(np.exp(a[j]) for j in range(i + 1))) ** 2
    return total


@paper(
    "sum_{i} T[i,:]*log(softmax(W*x[i] + b))",
    "T: m×K, W: K×n, x: m of n, b: K",
    "b",
    "colsum(T) - rowsoftmax(ones(m)*b' + x*W')'*rowsum(T)",
)
def cross_entropy_with_bias(T, W, x, b):
    return sum(np.dot(T[i], np.log(softmax(np.dot(W, x[i]) + b))) for i in range(len(x)))


# ---------------------------------------------------------------- the tests
def values_of(row: Row, sizes: dict[str, int], seed: int) -> dict[str, Any]:
    """Arrays for the declared variables: columns have one axis, scalars are numbers, families have theirs first."""
    rng = numpy.random.default_rng([20240229, seed])
    made: dict[str, Any] = {}
    for name, x in parse_where(row.declared).items():
        dims, facts = [dim.at(sizes) for dim in array_dims(x)], declared_facts(x)
        rows, cols = (*dims[-2:], 1, 1)[:2] if len(dims) < 3 else dims[1:]
        members = [sample(rng, rows, cols, *facts) for _ in range(dims[0] if len(dims) == 3 else 1)]
        made[name] = numpy.array(members).reshape(dims) if dims else float(members[0][0, 0])
    return made


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_formula_of_a_paper_has_the_value_and_gradient_of_loops(row: Row) -> None:
    names = parse_where(row.declared)
    f = mc.parse(row.text, names)
    made = mc.gradient(f, names[row.by]) if f.shape.is_scalar else mc.jacobian(f, names[row.by])
    assert not row.gradient or str(made) == row.gradient
    for seed, sizes in enumerate(SIZES):
        at = values_of(row, sizes, seed)
        for formula in (f, mc.parse(str(f), names)):
            assert_close(mc.evaluate(formula, at, sizes), row.value(**at), 1e-9, row.text)

        def along(x: Any, at: dict[str, Any] = at) -> Any:
            return row.value(**{**at, row.by: x})

        slope = jacobian(along)(at[row.by])
        for formula in (made, mc.parse(str(made), names)):
            assert_close(mc.evaluate(formula, at, sizes), slope, 1e-8, f"{row.text} by {row.by}")
