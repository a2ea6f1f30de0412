"""Problems for the speed of emitted code: a formula, what is derived, sizes, and the NumPy code of an expert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import lapack

Array = Any
Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Problem:
    """``kind`` is told by ``adapter.build``; ``expert`` takes the variables in the order of ``shapes``."""

    name: str
    formula: str
    shapes: Mapping[str, tuple[str, ...]]
    wrt: str
    kind: str
    sizes: Mapping[str, Sizes]
    expert: Callable[..., Array]
    posdef: tuple[str, ...] = ()
    scale: Mapping[str, float] = field(default_factory=dict)

    def values(self, size: str) -> list[Array]:
        """Arrays of the variables at a size, the same in every run."""
        rng = np.random.default_rng(sum(map(ord, self.name + size)))
        made = []
        for name, sides in self.shapes.items():
            shape = [self.sizes[size][side] for side in sides]
            array = rng.standard_normal(shape) / np.sqrt(shape[-1] if shape else 1)
            if name in self.posdef:
                array = array @ array.T + np.eye(len(array))
            made.append(array * self.scale.get(name, 1.0))
        return made

    def spec(self, size: str) -> dict[str, Any]:
        """The problem as ``adapter.build`` reads it."""
        sizes = dict(self.sizes[size])
        return {
            "formula": self.formula,
            "shapes": {name: tuple(sizes[side] for side in sides) for name, sides in self.shapes.items()},
            "wrt": (self.wrt,),
            "kind": self.kind,
            "dims": sizes,
            "symmetric": self.posdef,
        }


def _least_squares(A: Array, b: Array, x: Array) -> Array:
    r = A.dot(x)
    r -= b
    g = np.zeros_like(x) if len(A) > 10000 else r.dot(A)
    if len(A) > 10000:
        for i in range(0, len(A), 2000):
            g += r[i : i + 2000].dot(A[i : i + 2000])
    g *= 2.0
    return g


def _gram(A: Array, b: Array, x: Array) -> Array:
    H = A.T.dot(A)
    H *= 2.0
    return H


def _logistic_margins(X: Array, y: Array, w: Array) -> tuple[Array, Array]:
    t = X.dot(w)
    t *= y
    e = np.exp(-np.abs(t))
    return t, e


def _logistic(X: Array, y: Array, w: Array) -> tuple[Array, Array]:
    t, e = _logistic_margins(X, y, w)
    value = np.add.reduce(np.log1p(e)) - np.add.reduce(np.minimum(t, 0.0))
    s = np.where(t >= 0, e, 1.0)
    e += 1.0
    s /= e
    s *= y
    g = s.dot(X)
    np.negative(g, out=g)
    return value, g


def _logistic_weights(X: Array, y: Array, w: Array) -> Array:
    _, e = _logistic_margins(X, y, w)
    q = e + 1.0
    q *= q
    e /= q
    e *= y
    e *= y
    return e


def _logistic_hessian(X: Array, y: Array, w: Array) -> Array:
    B = X * np.sqrt(_logistic_weights(X, y, w))[:, None]
    return B.T.dot(B)


def _logistic_product(X: Array, y: Array, w: Array, v: Array) -> Array:
    d = _logistic_weights(X, y, w)
    d *= X.dot(v)
    return d.dot(X)


def _factorisation(T: Array, U: Array, V: Array) -> Array:
    R = U.dot(V.T.dot(V))
    R -= T.dot(V)
    R *= 2.0
    return R


def _layers(W1: Array, W2: Array, W3: Array, x: Array) -> Array:
    h1 = np.tanh(W1.dot(x))
    h2 = np.tanh(W2.dot(h1))
    J = W3 * (1.0 - h2 * h2)
    J = J.dot(W2)
    J *= 1.0 - h1 * h1
    return J.dot(W1)


def _layers_gradient(W1: Array, W2: Array, w: Array, x: Array) -> Array:
    h1 = np.tanh(W1.dot(x))
    h2 = np.tanh(W2.dot(h1))
    g = (w * (1.0 - h2 * h2)).dot(W2)
    g *= 1.0 - h1 * h1
    return g.dot(W1)


def _inverse_gradient(A: Array, b: Array, x: Array) -> Array:
    M = A.copy()
    M.flat[:: len(x) + 1] += x
    lu, pivots, _ = lapack.dgetrf(M.T, overwrite_a=1)
    u, _ = lapack.dgetrs(lu, pivots, b, trans=1)
    v, _ = lapack.dgetrs(lu, pivots, u)
    u *= v
    u *= -2.0
    return u


def _gaussian(S: Array, x: Array) -> Array:
    factor, _ = lapack.dpotrf(S.T, clean=0)
    u, _ = lapack.dpotrs(factor, x)
    u *= 2.0
    return u


def _elementwise(x: Array) -> Array:
    x2 = x * x
    e = np.exp(-x2)
    t = np.tanh(x * e)
    t *= t
    np.subtract(1.0, t, out=t)
    t *= e
    x2 *= -2.0
    x2 += 1.0
    t *= x2
    return t


def _attention(Q: Array, K: Array, V: Array, T: Array) -> Array:
    P = Q.dot(K.T)
    P -= P.max(axis=1, keepdims=True)
    np.exp(P, out=P)
    P /= P.sum(axis=1, keepdims=True)
    O = P.dot(V)
    D = O - T
    D *= 2.0
    r = np.einsum("ij,ij->i", D, O)
    G = D.dot(V.T)
    G -= r[:, None]
    G *= P
    return G.dot(K)


def _rayleigh(B: Array, x: Array) -> Array:
    y = B.dot(x)
    square = x.dot(x)
    quotient = x.dot(y) / square
    y += x.dot(B)
    y -= (2.0 * quotient) * x
    y /= square
    return y


def _softmax(D: Array) -> Array:
    D -= D.max(axis=1, keepdims=True)
    np.exp(D, out=D)
    D /= D.sum(axis=1, keepdims=True)
    return D


def _mixture(X: Array, M: Array, a: Array) -> Array:
    D = X.dot(M.T)
    D += a - 0.5 * np.einsum("ij,ij->i", M, M)
    P = _softmax(D)
    G = P.sum(axis=0)[:, None] * M
    G -= P.T.dot(X)
    return G


def _pair_energies(X: Array) -> Array:
    squares = np.einsum("ij,ij->i", X, X)
    D = X.dot(X.T)
    D *= -2.0
    D += squares
    D += (squares + 1.0)[:, None]
    D *= D
    np.divide(4.0, D, out=D)
    G = D.dot(X)
    G -= D.sum(axis=1)[:, None] * X
    return G


def _classes(X: Array, Y: Array, W: Array) -> Array:
    P = _softmax(X.dot(W))
    P -= Y
    return X.T.dot(P)


_TALL = {"S": {"m": 20, "n": 10}, "M": {"m": 500, "n": 100}, "L": {"m": 100000, "n": 50}}
_SQUARE = {"S": {"n": 10}, "M": {"n": 200}, "L": {"n": 1000}}
_FIT = {"A": ("m", "n"), "b": ("m",), "x": ("n",)}
_LOGIT = {"X": ("m", "n"), "y": ("m",), "w": ("n",)}
_CLASSES = {"X": ("m", "n"), "Y": ("m", "k"), "W": ("n", "k")}
_LOSS = "sum(log(1 + exp(-y.*(X*w))))"

PROBLEMS = [
    Problem("quadratic form, gradient", "x'*A*x", {"A": ("n", "n"), "x": ("n",)}, "x", "grad", _SQUARE,
            lambda A, x: A.dot(x) + x.dot(A)),
    Problem("quadratic form, Hessian", "x'*A*x", {"A": ("n", "n"), "x": ("n",)}, "x", "hess", _SQUARE,
            lambda A, x: A + A.T),
    Problem("least squares, gradient", "norm2(A*x - b)^2", _FIT, "x", "grad", _TALL, _least_squares),
    Problem("least squares, Hessian", "norm2(A*x - b)^2", _FIT, "x", "hess", _TALL, _gram),
    Problem("logistic, value and gradient", _LOSS, _LOGIT, "w", "vgrad", _TALL, _logistic),
    Problem("logistic, Hessian", _LOSS, _LOGIT, "w", "hess", _TALL, _logistic_hessian),
    Problem("logistic, Hessian times v", _LOSS, {**_LOGIT, "v": ("n",)}, "w", "hvp", _TALL, _logistic_product),
    Problem("factorisation, gradient", "norm2(T - U*V')^2", {"T": ("m", "n"), "U": ("m", "k"), "V": ("n", "k")}, "U",
            "grad", {"S": {"m": 10, "n": 8, "k": 3}, "M": {"m": 200, "n": 150, "k": 10},
                     "L": {"m": 2000, "n": 1500, "k": 20}}, _factorisation),
    Problem("layers, gradient", "w'*tanh(W2*tanh(W1*x))",
            {"W1": ("h", "n"), "W2": ("k", "h"), "w": ("k",), "x": ("n",)}, "x", "grad",
            {"S": {"n": 10, "h": 8, "k": 6}, "M": {"n": 256, "h": 128, "k": 64},
             "L": {"n": 2048, "h": 1024, "k": 512}}, _layers_gradient),
    Problem("layers, Jacobian", "W3*tanh(W2*tanh(W1*x))",
            {"W1": ("h", "n"), "W2": ("k", "h"), "W3": ("p", "k"), "x": ("n",)}, "x", "jac",
            {"S": {"n": 10, "h": 8, "k": 6, "p": 2}, "M": {"n": 256, "h": 128, "k": 64, "p": 32},
             "L": {"n": 1024, "h": 512, "k": 256, "p": 16}}, _layers),
    Problem("inverse, gradient", "norm2(inv(A + diag(x))*b)^2", {"A": ("n", "n"), "b": ("n",), "x": ("n",)}, "x",
            "grad", _SQUARE, _inverse_gradient, scale={"x": 0.1}),
    Problem("Gaussian, gradient", "x'*inv(S)*x", {"S": ("n", "n"), "x": ("n",)}, "x", "grad", _SQUARE, _gaussian,
            posdef=("S",)),
    Problem("elementwise, slopes", "tanh(x.*exp(-x.*x))", {"x": ("n",)}, "x", "diagjac",
            {"S": {"n": 10}, "M": {"n": 1000}, "L": {"n": 1000000}}, _elementwise),
    Problem("attention, gradient", "norm2(rowsoftmax(Q*K')*V - T)^2",
            {"Q": ("m", "k"), "K": ("n", "k"), "V": ("n", "k"), "T": ("m", "k")}, "Q", "grad",
            {"S": {"m": 9, "n": 8, "k": 4}, "M": {"m": 140, "n": 128, "k": 32},
             "L": {"m": 1100, "n": 1024, "k": 64}}, _attention),
    Problem("Rayleigh quotient, gradient", "(x'*B*x)/(x'*x)", {"B": ("n", "n"), "x": ("n",)}, "x", "grad", _SQUARE,
            _rayleigh),
    Problem("classes, gradient", "sum(rowlogsumexp(X*W)) - sum(Y.*(X*W))", _CLASSES, "W", "grad",
            {"S": {"m": 20, "n": 5, "k": 3}, "M": {"m": 1000, "n": 50, "k": 10},
             "L": {"m": 20000, "n": 100, "k": 10}}, _classes),
    Problem("mixture, gradient", "-sum(rowlogsumexp(ones(m)*a' - 0.5*pairdist2(X, M)))",
            {"X": ("m", "n"), "M": ("k", "n"), "a": ("k",)}, "M", "grad",
            {"S": {"m": 20, "n": 3, "k": 4}, "M": {"m": 1000, "n": 10, "k": 8},
             "L": {"m": 50000, "n": 20, "k": 12}}, _mixture),
    Problem("energies of pairs, gradient", "sum(1./(1 + pairdist2(X, X)))", {"X": ("m", "n")}, "X", "grad",
            {"S": {"m": 10, "n": 3}, "M": {"m": 200, "n": 3}, "L": {"m": 1500, "n": 3}}, _pair_energies),
]  # fmt: skip
