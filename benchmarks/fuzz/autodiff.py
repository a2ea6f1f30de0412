"""What a library with automatic differentiation makes of a tree: its value, differentiable again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import autograd
import autograd.numpy
import autograd.scipy.special
import numpy as np

import matcalc as mc
from benchmarks.fuzz.trees import ONE, SCALAR, Array, Dim, Shape, Sizes, Tree

LARGEST = 1e5  # values beyond this are skipped, so that rounding is no failure


class Library(NamedTuple):
    """An autodiff library. ``vjp(f, x)`` is the pullback of f at x."""

    np: Any
    erf: Callable[[Array], Array]
    vjp: Callable[[Callable[[Array], Array], Array], Callable[[Array], Array]]


def _pullback(f: Callable[[Array], Array], x: Array) -> Callable[[Array], Array]:
    pull: Callable[[Array], Array] = autograd.core.make_vjp(f, x)[0]
    return pull


AUTOGRAD = Library(autograd.numpy, autograd.scipy.special.erf, _pullback)


def jax_library() -> Library | None:
    """JAX in double precision, where it is installed."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call,unused-ignore]
    return Library(
        jax.numpy, jax.scipy.special.erf, lambda f, x: lambda u: jax.vjp(f, x)[1](u)[0]
    )  # fmt: skip


def _sqrtm(np: Any, a: Array) -> Array:
    """Principal square root by the Denman-Beavers iteration."""
    y, z = a, np.eye(a.shape[0])
    for _ in range(20):
        y, z = 0.5 * (y + np.linalg.inv(z)), 0.5 * (z + np.linalg.inv(y))
    return y


def _expm(np: Any, a: Array) -> Array:
    """Exponential by Taylor's series of a/2^8, squared 8 times."""
    small = a / 256
    term = total = np.eye(a.shape[0])
    for i in range(1, 13):
        term = term @ small / i
        total = total + term
    for _ in range(8):
        total = total @ total
    return total


def _logm(np: Any, a: Array) -> Array:
    """Logarithm by its series near the identity, where seven square roots lead."""
    for _ in range(7):
        a = _sqrtm(np, a)
    step = a - np.eye(a.shape[0])
    power, total = step, step
    for i in range(2, 16):
        power = power @ step
        total = total - (-1) ** i * power / i
    return 128 * total


def _blocks(np: Any, rows: list[list[Array]]) -> Array:
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def _units(n: int) -> list[Any]:
    """The unit matrices, in the order of vec."""
    return [np.eye(n)[:, [k]] * np.eye(n)[[l]] for l in range(n) for k in range(n)]


def _dexpm(np: Any, a: Array) -> Array:
    """Column by column, each a block of the exponential of [a e; 0 a]."""
    n = a.shape[0]
    zero = np.zeros((n, n))
    return np.concatenate([vec_of(_expm(np, _blocks(np, [[a, e], [zero, a]]))[:n, n:]) for e in _units(n)], axis=1)


def _d2expm(np: Any, a: Array) -> Array:
    n = a.shape[0]
    zero = np.zeros((n, n))

    def second(e: Any, f: Any) -> Array:
        rows = [[a, e, f, zero], [zero, a, zero, f], [zero, zero, a, e], [zero, zero, zero, a]]
        return vec_of(_expm(np, _blocks(np, rows))[:n, 3 * n :])

    units = _units(n)
    return np.concatenate([np.concatenate([second(e, f) for e in units], axis=0) for f in units], axis=1)


def _eigvals(np: Any, a: Array) -> Array:
    return np.reshape(np.linalg.eigh((a + a.T) / 2)[0], (-1, 1))


def _eigvec(np: Any, a: Array, which: int) -> Array:
    """One eigenvector of the symmetric part, its largest entry positive: a column of its projector.

    The library's own eigenvectors have no second derivative where a cotangent is zero.
    """
    a, one = (a + a.T) / 2, np.eye(a.shape[0])
    values = _eigvals(np, a)
    projector = one
    for other in range(len(one)):
        if other != which:
            projector = projector @ (a - values[other] * one) / (values[which] - values[other])
    squares = np.sum(projector * one, axis=0)
    squares = squares * (1 - 1e-9 * np.arange(len(one)))  # of equal ones the first
    largest = np.reshape(squares == np.max(squares), (-1, 1))
    return projector @ largest / np.sqrt(np.sum(projector * one * largest))


def eigenvectors(np: Any, a: Array) -> Array:
    return np.concatenate([_eigvec(np, a, which) for which in range(a.shape[0])], axis=1)


def _eiggap(np: Any, a: Array) -> Array:
    values, one = _eigvals(np, a), np.eye(a.shape[0])
    return (1 - one) / (values.T - values + one)


def leading_vectors(np: Any, a: Array) -> tuple[Array, Array, Array]:
    """The largest singular value and its vectors, the largest entry of the left one positive."""
    gram = _gram(a)  # of the smaller side: the other one has zeros that meet
    last = gram.shape[0] - 1
    s, known = np.sqrt(_eigvals(np, gram)[last]), _eigvec(np, gram, last)
    if a.shape[0] < a.shape[1]:
        return np.reshape(s, (1, 1)), known, a.T @ known / s
    u = a @ known / s
    sizes = np.abs(u) * (1 - 1e-9 * np.reshape(np.arange(u.shape[0]), (-1, 1)))
    sign = np.sign(np.sum(u * (sizes == np.max(sizes))))
    return np.reshape(s, (1, 1)), sign * u, sign * known


def _gram(a: Array) -> Array:
    return a.T @ a if a.shape[0] >= a.shape[1] else a @ a.T


def _polar(np: Any, a: Array) -> Array:
    root = np.linalg.inv(_sqrtm(np, _gram(a)))
    return a @ root if a.shape[0] >= a.shape[1] else root @ a


def _triangle(n: int) -> Any:
    return np.tril(np.ones((n, n)))


def vec_of(a: Array) -> Array:
    return a.T.reshape(-1, 1)


def _log_sum_exp(np: Any, a: Array, axis: int | None = None) -> Array:
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=True))


def _pinv(np: Any, a: Array) -> Array:
    return np.linalg.inv(a.T @ a) @ a.T if a.shape[0] >= a.shape[1] else a.T @ np.linalg.inv(a @ a.T)


def _diag(np: Any, a: Array) -> Array:
    return np.reshape(a, (-1, 1)) * np.eye(a.size if hasattr(a, "size") else a.shape[0] * a.shape[1])


def _khatrirao(np: Any, a: Array, b: Array) -> Array:
    return np.reshape(a[:, None, :] * b[None, :, :], (-1, a.shape[1]))


def _cholesky(np: Any, a: Array) -> Array:
    """Entry by entry: of the symmetric part, as the derivative takes it."""
    a = (a + a.T) / 2
    n = a.shape[0]
    entries: dict[tuple[int, int], Array] = {}
    for j in range(n):
        for i in range(j, n):
            rest = a[i, j] - sum(entries[i, k] * entries[j, k] for k in range(j))
            entries[i, j] = np.sqrt(rest) if i == j else rest / entries[j, j]
    return np.stack([np.stack([entries.get((i, j), 0.0 * a[0, 0]) for j in range(n)]) for i in range(n)])


def _sylvester(np: Any, a: Array, b: Array) -> Array:
    return np.linalg.inv(np.kron(np.eye(b.shape[0]), a) + np.kron(b.T, np.eye(a.shape[0])))


def _half_tril(n: int) -> Any:
    return np.tril(np.ones((n, n))) - 0.5 * np.eye(n)


def _named(name: str) -> Callable[[Library, Array], Array]:
    return lambda lib, a: getattr(lib.np, name)(a)


ELEMENTWISE: dict[str, Callable[[Library, Array], Array]] = {
    **{
        name: _named(name)
        for name in (
            "exp",
            "log",
            "sin",
            "cos",
            "tan",
            "arcsin",
            "arccos",
            "arctan",
            "tanh",
            "sinh",
            "cosh",
            "sign",
            "log1p",
            "expm1",
            "sqrt",
        )
    },
    "abs": lambda lib, a: a * lib.np.sign(a),  # its derivative at 0 is 0
    "relu": lambda lib, a: lib.np.where(a > 0, a, 0.0),
    "step": lambda lib, a: lib.np.where(a > 0, 1.0, 0.0) + 0.0 * a,
    "sigmoid": lambda lib, a: 1 / (1 + lib.np.exp(-a)),
    "softplus": lambda lib, a: lib.np.log(1 + lib.np.exp(a)),
    "erf": lambda lib, a: lib.erf(a),
}

_OPERATIONS: dict[str, Callable[..., Array]] = {
    **ELEMENTWISE,
    "neg": lambda lib, a: -a,
    "add": lambda lib, a, b: a + b,
    "sub": lambda lib, a, b: a - b,
    "hadamard": lambda lib, a, b: a * b,
    "div": lambda lib, a, b: a / b,
    "eldiv": lambda lib, a, b: a / b,
    "pow": lambda lib, a, b: a**b,
    "elpow": lambda lib, a, b: a**b,
    "transpose": lambda lib, a: a.T,
    "sum": lambda lib, a: lib.np.sum(a),
    "tr": lambda lib, a: lib.np.trace(a),
    "det": lambda lib, a: lib.np.linalg.det(a),
    "logdet": lambda lib, a: lib.np.linalg.slogdet(a)[1],
    "inv": lambda lib, a: lib.np.linalg.inv(a),
    "pinv": lambda lib, a: _pinv(lib.np, a),
    "solve": lambda lib, a, b: lib.np.linalg.inv(a) @ b,
    "backslash": lambda lib, a, b: lib.np.linalg.inv(a) @ b,
    "norm1": lambda lib, a: lib.np.sum(a * lib.np.sign(a)),
    "norm2": lambda lib, a: lib.np.sqrt(lib.np.sum(a * a)),
    "diag": lambda lib, a: _diag(lib.np, a),
    "diagonal": lambda lib, a: lib.np.sum(a * np.eye(a.shape[0]), axis=1, keepdims=True),
    "vec": lambda lib, a: vec_of(a),
    "kron": lambda lib, a, b: lib.np.kron(a, b),
    "khatrirao": lambda lib, a, b: _khatrirao(lib.np, a, b),
    "rowsum": lambda lib, a: lib.np.sum(a, axis=1, keepdims=True),
    "colsum": lambda lib, a: lib.np.sum(a, axis=0, keepdims=True).T,
    "softmax": lambda lib, a: lib.np.exp(a - _log_sum_exp(lib.np, a)),
    "rowsoftmax": lambda lib, a: lib.np.exp(a - _log_sum_exp(lib.np, a, 1)),
    "logsumexp": lambda lib, a: _log_sum_exp(lib.np, a),
    "rowlogsumexp": lambda lib, a: _log_sum_exp(lib.np, a, 1),
    "max": lambda lib, a: lib.np.max(a),
    "min": lambda lib, a: lib.np.min(a),
    "maxmask": lambda lib, a: _maxmask(lib, a) + 0.0 * a,
    "cholesky": lambda lib, a: _cholesky(lib.np, a),
    "phi": lambda lib, a: _half_tril(a.shape[0]) * a,
    "halftril": lambda lib, a: _half_tril(a.shape[0]) + 0.0 * a,
    "expm": lambda lib, a: _expm(lib.np, a),
    "sqrtm": lambda lib, a: _sqrtm(lib.np, a),
    "sylvester": lambda lib, a, b: _sylvester(lib.np, a, b),
    "tril": lambda lib, a: _triangle(a.shape[0]) * a,
    "triu": lambda lib, a: _triangle(a.shape[0]).T * a,
    "trilones": lambda lib, a: _triangle(a.shape[0]) + 0.0 * a,
    "unvec": lambda lib, a, b: lib.np.reshape(a, b.shape[::-1]).T,
    "dexpm": lambda lib, a: _dexpm(lib.np, a),
    "d2expm": lambda lib, a: _d2expm(lib.np, a),
    "logm": lambda lib, a: _logm(lib.np, a),
    "dlogm": lambda lib, a: lib.np.linalg.inv(_dexpm(lib.np, _logm(lib.np, a))),
    "eigvals": lambda lib, a: _eigvals(lib.np, a),
    "eigvecs": lambda lib, a: eigenvectors(lib.np, a),
    "eiggap": lambda lib, a: _eiggap(lib.np, a),
    "spectralnorm": lambda lib, a: leading_vectors(lib.np, a)[0],
    "leftsv": lambda lib, a: leading_vectors(lib.np, a)[1],
    "rightsv": lambda lib, a: leading_vectors(lib.np, a)[2],
    "nuclearnorm": lambda lib, a: lib.np.trace(_sqrtm(lib.np, _gram(a))),
    "polar": lambda lib, a: _polar(lib.np, a),
}
MISSING = sorted(set(mc.FUNCTIONS) - set(_OPERATIONS))  # functions that no formula here uses


def _maxmask(lib: Library, a: Array) -> Array:
    mask = lib.np.where(a == lib.np.max(a), 1.0, 0.0)
    return mask / lib.np.sum(mask)


def size_of(dim: Dim, sizes: Sizes) -> int:
    return math.prod(sizes[symbol] for symbol in dim)


def _commutation(m: int, n: int) -> np.ndarray[Any, Any]:
    found = np.zeros((m * n, m * n))
    for i in range(m):
        for j in range(n):
            found[i * n + j, j * m + i] = 1.0
    return found


class Bad(Exception):
    """The point is outside the domain, or too close to its border to compare numbers."""


def value(tree: Tree, env: Mapping[str, Array], sizes: Sizes, lib: Library = AUTOGRAD, check: bool = False) -> Array:
    """The value, 2-D; with ``check``, every part must be finite and of moderate size."""
    known: dict[Tree, Array] = {}

    def walk(node: Tree) -> Array:
        found = known.get(node)
        if found is None:
            found = _apply(node, [walk(operand) for operand in node.operands], env, sizes, lib)
            found = known[node] = lib.np.reshape(found, tuple(size_of(dim, sizes) for dim in node.shape))
            if check and not np.max(np.abs(found)) < LARGEST:
                raise Bad
        return found

    return walk(tree)


def _apply(node: Tree, operands: list[Array], env: Mapping[str, Array], sizes: Sizes, lib: Library) -> Array:
    op = node.op
    rows, cols = (size_of(dim, sizes) for dim in node.shape)
    if op == "variable":
        return env[node.data.name]
    if op == "number":
        return np.full((1, 1), float(node.data))
    if op == "size":
        return np.full((1, 1), float(size_of(node.data, sizes)))
    if op == "pi":
        return np.full((1, 1), math.pi)
    if op in ("ones", "zeros"):
        return np.full((rows, cols), float(op == "ones"))
    if op == "eye":
        return np.eye(rows)
    if op == "commutation":
        return _commutation(*(size_of(dim, sizes) for dim in node.data))
    if op == "unit":
        return np.eye(rows)[:, [node.data]]
    if op == "mul":
        scaling = SCALAR in (node.operands[0].shape, node.operands[1].shape)
        return operands[0] * operands[1] if scaling else operands[0] @ operands[1]
    if op == "entry":
        place = tuple(slice(None) if at is None else slice(at, at + 1) for at in node.data)
        return operands[0][place if len(place) == 2 else _only(node.operands[0].shape, place[0])]
    if op == "pow" and node.operands[0].shape != SCALAR:
        return _matrix_power(lib.np, operands[0], int(node.operands[1].data))
    if op in ("pow", "elpow") and node.operands[1].op == "number":
        exponent = node.operands[1].data
        return operands[0] ** exponent if exponent else operands[0] * 0.0 + 1.0
    return _OPERATIONS[op](lib, *operands)


def _matrix_power(np: Any, a: Array, exponent: int) -> Array:
    base = np.linalg.inv(a) if exponent < 0 else a
    total = np.eye(a.shape[0]) + 0.0 * a
    for _ in range(abs(exponent)):
        total = total @ base
    return total


def _only(shape: Shape, at: slice) -> tuple[slice, slice]:
    return (at, slice(None)) if shape[1] == ONE else (slice(None), at)
