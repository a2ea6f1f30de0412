"""Random formulas against autodiff: value, derivative, printing and reading back of each.

A formula is a ``Tree``, which knows its text in matcalc's notation and its value. Each is checked at a random
point: its value, then one derivative by one variable, chosen at random. Jacobians and Hessians are compared along a
random direction, which finds any wrong entry and any wrong layout with probability 1 and costs one pass of autodiff.
The reference is autograd (NumPy, no compilation: fast on small formulas); what disagrees with it is checked again with
JAX, where that is installed. Failures are made as small as they get, grouped, and shown as snippets.

    python -m benchmarks.fuzz --count 100000 --seed 0
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import random
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import autograd
import autograd.numpy
import autograd.scipy.special
import numpy as np

import matcalc as mc

Array = Any
Dim = tuple[str, ...]  # a product of symbols, sorted; () is 1
Shape = tuple[Dim, Dim]
Sizes = Mapping[str, int]

M, N, K = ("m",), ("n",), ("k",)
SYMBOLS = (M, N, K)
ONE: Dim = ()
SCALAR: Shape = (ONE, ONE)
LARGEST_DIM = 16  # symbols' sizes multiplied: kron and vec go no further

TOLERANCE = 1e-6
LARGEST = 1e5  # values beyond this are skipped, so that rounding is no failure
SLOW = 0.1  # seconds
LONG = 60  # times the text of the formula
ENOUGH = 4  # failures of one family are made small, per batch; more are counted
TIME_LIMIT = 20  # seconds for one formula

# ---------------------------------------------------------------- trees


@dataclass(frozen=True)
class Variable:
    name: str
    shape: Shape
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A leaf, an operator or a function of the table; ``data`` is what the operands do not say."""

    op: str
    operands: tuple[Tree, ...]
    shape: Shape
    data: Any = None

    def parts(self) -> Iterator[Tree]:
        yield self
        for operand in self.operands:
            yield from operand.parts()

    @property
    def variables(self) -> list[Variable]:
        return list(dict.fromkeys(t.data for t in self.parts() if t.op == "variable"))

    @property
    def size(self) -> int:
        return sum(1 for _ in self.parts())


def leaf(variable: Variable) -> Tree:
    return Tree("variable", (), variable.shape, variable)


def number(value: float) -> Tree:
    return Tree("number", (), SCALAR, value)


def ones(shape: Shape) -> Tree:
    return Tree("ones", (), shape)


_SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = range(1, 6)
_INFIX = {
    "add": (" + ", _SUM), "sub": (" - ", _SUM), "mul": ("*", _PRODUCT), "hadamard": (".*", _PRODUCT),
    "div": ("/", _PRODUCT),    "eldiv": ("./", _PRODUCT), "backslash": ("\\", _PRODUCT),
    "pow": ("^", _POWER), "elpow": (".^", _POWER),
}  # fmt: skip


def dim_text(dim: Dim, sizes: Sizes | None) -> str:
    return "*".join(str(sizes[s]) if sizes else s for s in dim) or "1"


def text(tree: Tree, sizes: Sizes | None = None) -> str:
    """The formula in matcalc's notation; ``sizes`` writes dimensions as numbers."""
    return _text(tree, sizes)[0]


def _text(tree: Tree, sizes: Sizes | None) -> tuple[str, int]:
    op = tree.op
    pieces = [_text(operand, sizes) for operand in tree.operands]

    def at_least(i: int, level: int) -> str:
        return pieces[i][0] if pieces[i][1] >= level else f"({pieces[i][0]})"

    rows, cols = (dim_text(dim, sizes) for dim in tree.shape)
    if op == "variable":
        return tree.data.name, _ATOM
    if op == "number":
        return (f"{tree.data:g}", _ATOM) if tree.data >= 0 else (f"-{-tree.data:g}", _PREFIX)
    if op == "size":
        return dim_text(tree.data, sizes), _ATOM
    if op == "pi":
        return "pi", _ATOM
    if op in ("ones", "zeros"):
        return (f"{op}({rows})" if cols == "1" else f"{op}({rows},{cols})"), _ATOM
    if op == "eye":
        return f"eye({rows})", _ATOM
    if op == "commutation":
        return f"K({','.join(dim_text(dim, sizes) for dim in tree.data)})", _ATOM
    if op == "unit":
        return f"unit({rows},{tree.data + 1})", _ATOM
    if op == "neg":
        return f"-{at_least(0, _PREFIX)}", _PREFIX
    if op == "transpose":
        return f"{at_least(0, _POWER)}'", _POWER
    if op == "entry":
        place = ",".join(":" if at is None else str(at + 1) for at in tree.data)
        return f"{at_least(0, _ATOM)}[{place}]", _ATOM
    if op in _INFIX:
        symbol, level = _INFIX[op]
        right = at_least(1, _ATOM if level == _POWER else level + 1)
        return f"{at_least(0, level)}{symbol}{right}", level
    name = {"diagonal": "diag"}.get(op, op)
    return f"{name}({', '.join(piece[0] for piece in pieces)})", _ATOM


# ---------------------------------------------------------------- what autodiff makes of them: all values are 2-D
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
    return np.concatenate([_vec(_expm(np, _blocks(np, [[a, e], [zero, a]]))[:n, n:]) for e in _units(n)], axis=1)


def _d2expm(np: Any, a: Array) -> Array:
    n = a.shape[0]
    zero = np.zeros((n, n))

    def second(e: Any, f: Any) -> Array:
        rows = [[a, e, f, zero], [zero, a, zero, f], [zero, zero, a, e], [zero, zero, zero, a]]
        return _vec(_expm(np, _blocks(np, rows))[:n, 3 * n :])

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


def _eigvecs(np: Any, a: Array) -> Array:
    return np.concatenate([_eigvec(np, a, which) for which in range(a.shape[0])], axis=1)


def _eiggap(np: Any, a: Array) -> Array:
    values, one = _eigvals(np, a), np.eye(a.shape[0])
    return (1 - one) / (values.T - values + one)


def _leading(np: Any, a: Array) -> tuple[Array, Array, Array]:
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


def _vec(a: Array) -> Array:
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
    "vec": lambda lib, a: _vec(a),
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
    "eigvecs": lambda lib, a: _eigvecs(lib.np, a),
    "eiggap": lambda lib, a: _eiggap(lib.np, a),
    "spectralnorm": lambda lib, a: _leading(lib.np, a)[0],
    "leftsv": lambda lib, a: _leading(lib.np, a)[1],
    "rightsv": lambda lib, a: _leading(lib.np, a)[2],
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


# ---------------------------------------------------------------- random formulas
_NAMES: dict[str, str] = {
    "scalar": "abcdfg",
    "column": "xyzuvwpq",
    "row": "rst",
    "square": "XYSPQGHCD",
    "matrix": "ABEFLNRTUVW",
}


class Maker:
    """Makes formulas over few variables; parts come again at times, so that something can cancel."""

    def __init__(self, rng: random.Random, sizes: Sizes) -> None:
        self.rng = rng
        self.sizes = sizes
        self.variables: list[Variable] = []
        self.parts: list[Tree] = []

    # ---- leaves
    def variable(self, shape: Shape, *wanted: str) -> Tree:
        known = [v for v in self.variables if v.shape == shape and set(wanted) <= set(v.facts)]
        if known and self.rng.random() < 0.7:
            return leaf(self.rng.choice(known))
        rows, cols = shape
        kind = (
            "scalar" if shape == SCALAR else "column" if cols == ONE else "row" if rows == ONE
            else "square" if rows == cols else "matrix"
        )  # fmt: skip
        taken = {v.name for v in self.variables}
        free = [letter for letter in _NAMES[kind] if letter not in taken]
        if not free:
            return leaf(self.rng.choice(known)) if known else ones(shape)
        made = Variable(free[0], shape, wanted or self.facts(kind))
        self.variables.append(made)
        return leaf(made)

    def facts(self, kind: str) -> tuple[str, ...]:
        if self.rng.random() < 0.6:
            return ()
        if kind != "square":
            return ("positive",)
        choices: list[tuple[str, ...]] = [
            ("symmetric",), ("symmetric",), ("posdef",), ("diagonal",), ("orthogonal",), ("invertible",), ("positive",),
            ("symmetric", "invertible"), ("symmetric", "positive"), ("diagonal", "invertible"),
        ]  # fmt: skip
        return self.rng.choice(choices)

    def leaf(self, shape: Shape) -> Tree:
        rng = self.rng
        rows, cols = shape
        compound = len(rows) > 1 or len(cols) > 1
        if shape == SCALAR and rng.random() < 0.35:
            options = [
                number(rng.choice((1, 2, 3, 0.5, -1, 0.25, 1.5))),
                Tree("size", (), SCALAR, rng.choice(SYMBOLS)),
                Tree("pi", (), SCALAR),
            ]
            return rng.choice((options[0], options[0], *options))
        if compound or rng.random() < 0.08:
            made = [ones(shape)] * 3
            if rows == cols:
                made += [Tree("eye", (), shape)] * 2
            if cols == ONE and not compound and shape != SCALAR:
                made.append(Tree("unit", (), shape, rng.randrange(size_of(rows, self.sizes))))
            if rng.random() < 0.05:
                made.append(Tree("zeros", (), shape))
            if rows == cols and len(rows) == 2:
                made.append(Tree("commutation", (), shape, ((rows[0],), (rows[1],))))
            return rng.choice(made)
        return self.variable(shape)

    def dim(self) -> Dim:
        return self.rng.choice(SYMBOLS)

    # ---- trees
    def tree(self, shape: Shape, depth: int) -> Tree:
        rng = self.rng
        if depth <= 0:
            return self.leaf(shape)
        again = [part for part in self.parts if part.shape == shape]
        if again and rng.random() < 0.1:
            return rng.choice(again)
        if any(size_of(dim, self.sizes) > LARGEST_DIM for dim in shape):
            return self.leaf(shape)
        made = rng.choice(self.options(shape))(depth - 1)
        self.parts.append(made)
        return made

    def options(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        options = self.entrywise(shape) + self.products(shape)
        if shape == SCALAR:
            options += self.scalars()
        elif cols == ONE:
            options += self.columns(shape)
        elif rows == ONE:
            options += self.rows(shape)
        if rows == cols and rows != ONE:
            options += self.squares(shape)
        if len(rows) == 2 or len(cols) == 2:
            options += self.compounds(shape)
        return options

    def unary(self, op: str, shape: Shape, of: Shape, data: Any = None) -> Callable[[int], Tree]:
        return lambda depth: Tree(op, (self.tree(of, depth),), shape, data)

    def entrywise(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rng = self.rng
        rows, cols = shape

        def function(depth: int) -> Tree:
            name = rng.choice(sorted(ELEMENTWISE))
            return Tree(name, (self.inside(name, shape, depth),), shape)

        def infix(op: str) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (self.tree(shape, depth), self.tree(shape, depth)), shape)

        def divided(depth: int) -> Tree:
            return Tree("eldiv", (self.tree(shape, depth), self.nonzero(shape, depth)), shape)

        def spread(depth: int) -> Tree:
            op = rng.choice(("hadamard", "eldiv", "elpow", "add", "sub"))
            scalar, wide = self.tree(SCALAR, depth - 1), self.tree(shape, depth)
            if op in ("add", "sub"):
                if rows == cols or rng.random() < 0.7:
                    scalar = number(rng.choice((1, 2, 0.5)))
                return Tree(op, rng.choice(((scalar, wide), (wide, scalar))), shape)
            if op == "elpow" and rng.random() < 0.6:
                scalar, wide = self.positive(SCALAR, depth - 1), self.tree(shape, depth)
                return Tree(op, (scalar, wide), shape)
            if op == "eldiv":
                return Tree(op, (scalar, self.nonzero(shape, depth)), shape)
            return Tree(op if op != "elpow" else "hadamard", rng.choice(((scalar, wide), (wide, scalar))), shape)

        def powered(depth: int) -> Tree:
            op = "pow" if shape == SCALAR and rng.random() < 0.5 else "elpow"
            kind = rng.randrange(4)
            if kind < 2:
                return Tree(op, (self.tree(shape, depth), number(rng.choice((2, 2, 3, -1, -2, 4, 0, 1)))), shape)
            exponent = (
                number(rng.choice((0.5, 1.5, -0.5, -1.5)))
                if kind == 2
                else self.tree(rng.choice((SCALAR, shape)), depth - 1)
            )
            return Tree(op, (self.positive(shape, depth), exponent), shape)

        def scaled(depth: int) -> Tree:
            parts = self.tree(SCALAR, depth - 1), self.tree(shape, depth)
            return Tree("mul", rng.choice((parts, parts[::-1])), shape)

        def over(depth: int) -> Tree:
            return Tree("div", (self.tree(shape, depth), self.nonzero(SCALAR, depth - 1)), shape)

        made = [function] * 3 + [infix("add")] * 2 + [infix("sub")] + [infix("hadamard")] * 2
        made += [divided, spread, powered, scaled, over, self.unary("neg", shape, shape)]
        if shape != SCALAR:
            made += [self.unary("transpose", shape, (cols, rows))] * 2
            made.append(self.unary("rowsoftmax", shape, shape))
        if rng.random() < 0.1:
            made.append(self.unary("maxmask", shape, shape))
        return made

    def products(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        rng = self.rng

        def unvec(depth: int) -> Tree:
            column = (tuple(sorted(rows + cols)), ONE)
            return Tree("unvec", (self.tree(column, depth), ones(shape)), shape)

        def product(depth: int) -> Tree:
            inner = self.dim()
            if rng.random() < 0.1 and ONE not in shape:
                inner = ONE
            return Tree("mul", (self.tree((rows, inner), depth), self.tree((inner, cols), depth)), shape)

        def solved(depth: int) -> Tree:
            op = rng.choice(("solve", "backslash"))
            return Tree(op, (self.invertible((rows, rows), depth), self.tree(shape, depth)), shape)

        made: list[Callable[[int], Tree]] = [product] * 3
        if rows != ONE and len(rows) == 1:
            made.append(solved)
        if len(rows) == 1 and len(cols) == 1:
            made.append(unvec)
            if rng.random() < 0.2:
                made.append(lambda depth: Tree("polar", (self.tree(shape, depth),), shape))
        if len(rows) <= 1 and len(cols) <= 1 and shape != SCALAR:
            made.append(lambda depth: Tree("pinv", (self.tree((cols, rows), depth),), shape))
        return made

    def scalars(self) -> list[Callable[[int], Tree]]:
        rng = self.rng

        def any_shape() -> Shape:
            return rng.choice(
                ((self.dim(), ONE), (ONE, self.dim()), (self.dim(), self.dim()), (self.dim(), self.dim()))
            )

        def of_any(op: str) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (self.tree(any_shape(), depth),), SCALAR)

        def of_square(op: str) -> Callable[[int], Tree]:
            def make(depth: int) -> Tree:
                n = self.dim()
                operand = self.tree((n, n), depth) if op == "tr" else self.invertible((n, n), depth)
                return Tree(op, (operand,), SCALAR)

            return make

        def quadratic(depth: int) -> Tree:
            n = self.dim()
            x = self.tree((n, ONE), depth - 1)
            middle = Tree("mul", (Tree("transpose", (x,), (ONE, n)), self.tree((n, n), depth - 1)), (ONE, n))
            return Tree("mul", (middle, x), SCALAR)

        def at(depth: int) -> Tree:
            operand = self.tree(any_shape(), depth)
            place = tuple(rng.randrange(size_of(dim, self.sizes)) for dim in operand.shape)
            if ONE in operand.shape and rng.random() < 0.5:
                place = (place[0] if operand.shape[1] == ONE else place[1],)
            return Tree("entry", (operand,), SCALAR, place)

        def of_vector(depth: int) -> Tree:
            return Tree("logsumexp", (self.tree(rng.choice(((self.dim(), ONE), (ONE, self.dim()))), depth),), SCALAR)

        made = [of_any("sum")] * 5 + [of_square("tr")] * 4 + [quadratic] * 2 + [at, of_vector]
        made += [of_any(op) for op in ("norm1", "norm2", "max", "min")] + [of_square("det"), of_square("logdet")]
        return [*made, of_any(rng.choice(("spectralnorm", "nuclearnorm")))]

    def columns(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, _ = shape
        other = self.dim()
        place = self.rng.randrange(size_of(other, self.sizes))
        made = [
            self.unary("rowsum", shape, (rows, other)),
            self.unary("colsum", shape, (other, rows)),
            self.unary("softmax", shape, shape),
            self.unary("rowlogsumexp", shape, (rows, other)),
            self.unary("entry", shape, (rows, other), (None, place)),
        ]
        if len(rows) == 1:
            made.append(self.unary("diagonal", shape, (rows, rows)))
            made.append(lambda depth: Tree("eigvals", (self.symmetric((rows, rows), depth),), shape))
            made.append(self.rng.choice((
                self.unary("leftsv", shape, (rows, other)), self.unary("rightsv", shape, (other, rows))
            )))  # fmt: skip
        return made

    def rows(self, shape: Shape) -> list[Callable[[int], Tree]]:
        _, cols = shape
        other = self.dim()
        place = self.rng.randrange(size_of(other, self.sizes))
        return [self.unary("softmax", shape, shape), self.unary("entry", shape, (other, cols), (place, None))]

    def squares(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rng = self.rng
        n = shape[0]

        def of_square(op: str, operand: Callable[[Shape, int], Tree]) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (operand(shape, depth),), shape)

        def powered(depth: int) -> Tree:
            exponent = rng.choice((2, 2, 3, -1, -2, 0, 1))
            base = self.invertible(shape, depth) if exponent < 0 else self.tree(shape, depth)
            return Tree("pow", (base, number(exponent)), shape)

        def diagonal(depth: int) -> Tree:
            return Tree("diag", (self.tree(rng.choice(((n, ONE), (ONE, n))), depth),), shape)

        made: list[Callable[[int], Tree]] = [of_square("inv", self.invertible)] * 2 + [powered, diagonal]
        if len(n) == 1:
            made += [of_square("cholesky", self.posdef), of_square("sqrtm", self.posdef), of_square("expm", self.tree)]
            made += [of_square("logm", self.posdef), of_square(rng.choice(("phi", "tril", "triu")), self.tree)]
            if rng.random() < 0.1:
                made.append(of_square(rng.choice(("halftril", "trilones")), self.tree))
            if rng.random() < 0.3:
                made.append(of_square(rng.choice(("eigvecs", "eiggap")), self.symmetric))
        elif rng.random() < 0.2:
            a, b = (n[0],), (n[1],)
            made.append(
                lambda depth: Tree("sylvester", (self.posdef((b, b), depth), self.posdef((a, a), depth)), shape)
            )
        return made

    def compounds(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        rng = self.rng

        def split(dim: Dim) -> tuple[Dim, Dim]:
            parts = [dim[:1], dim[1:]] if len(dim) == 2 else [dim, ONE]
            rng.shuffle(parts)
            return parts[0], parts[1]

        def kron(depth: int) -> Tree:
            (a, b), (c, d) = split(rows), split(cols)
            return Tree("kron", (self.tree((a, c), depth), self.tree((b, d), depth)), shape)

        def khatrirao(depth: int) -> Tree:
            a, b = split(rows)
            return Tree("khatrirao", (self.tree((a, cols), depth), self.tree((b, cols), depth)), shape)

        made: list[Callable[[int], Tree]] = [kron] * 3
        if rows == cols and rows[0] == rows[1] and size_of(rows, self.sizes) <= 9:
            a = (rows[:1], rows[:1])
            made += [self.unary("dexpm", shape, a), lambda depth: Tree("dlogm", (self.posdef(a, depth),), shape)]
        if len(rows) == 2:
            made.append(khatrirao)
        if cols == ONE:
            made += [lambda depth: Tree("vec", (self.tree(split(rows), depth),), shape)] * 4
        return made

    # ---- inside a domain
    def inside(self, name: str, shape: Shape, depth: int) -> Tree:
        if self.rng.random() < 0.15:
            return self.tree(shape, depth)
        if name in ("log", "sqrt", "log1p"):
            return self.positive(shape, depth)
        if name in ("arcsin", "arccos", "tan"):
            inner = Tree(self.rng.choice(("sin", "tanh", "cos")), (self.tree(shape, depth - 1),), shape)
            return Tree("mul", (number(0.5), inner), shape)
        if name in ("exp", "sinh", "cosh", "expm1") and self.rng.random() < 0.3:
            return Tree(self.rng.choice(("sin", "log", "neg")), (self.tree(shape, depth - 1),), shape)
        return self.tree(shape, depth)

    def positive(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(8)
        compound = max(map(len, shape)) > 1
        if kind < 3 and not compound:
            return self.variable(shape, "positive")
        inner = self.tree(shape, depth - 1)
        if kind < 5:
            return Tree(self.rng.choice(("exp", "sigmoid", "softplus", "cosh")), (inner,), shape)
        if kind == 5:
            return Tree("add", (Tree("abs", (inner,), shape), number(1)), shape)
        if kind == 6:
            return Tree("elpow", (inner, number(2)), shape)
        return Tree("add", (Tree("hadamard", (inner, inner), shape), ones(shape)), shape)

    def nonzero(self, shape: Shape, depth: int) -> Tree:
        return self.tree(shape, depth) if self.rng.random() < 0.3 else self.positive(shape, depth)

    def invertible(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(6)
        if len(shape[0]) == 1:
            if kind < 2:
                return self.variable(shape, self.rng.choice(("invertible", "posdef", "orthogonal")))
            if kind == 2:
                return self.variable(shape)
        if kind < 4:
            return self.tree(shape, depth)
        return self.posdef(shape, depth)

    def symmetric(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(4)
        if kind < 2:
            return self.variable(shape, self.rng.choice(("symmetric", "posdef")))
        a = self.tree(shape, depth - 1)
        return Tree("add" if kind == 2 else "mul", (a, Tree("transpose", (a,), shape)), shape)

    def posdef(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(4)
        n = shape[0]
        if kind < 2 and len(n) == 1:
            return self.variable(shape, "posdef")
        inner = self.dim() if kind < 3 else n
        a = self.tree((n, inner), depth - 1)
        return Tree(
            "add", (Tree("mul", (a, Tree("transpose", (a,), (inner, n))), shape), Tree("eye", (), shape)), shape
        )


# ---------------------------------------------------------------- points
def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    return np.asarray(q * np.sign(np.diag(r)))


def sample(variable: Variable, sizes: Sizes, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """A value that the facts of the variable allow, away from the borders of the usual domains."""
    facts = set(variable.facts)
    rows, cols = (size_of(dim, sizes) for dim in variable.shape)
    if "orthogonal" in facts:
        return _orthogonal(rng, rows)
    if "diagonal" in facts:
        return np.diag(rng.uniform(0.5, 1.6, rows) * rng.choice((-1.0, 1.0), rows))
    if facts & {"posdef", "invertible"}:
        left = _orthogonal(rng, rows)
        signs = 1.0 if "posdef" in facts else rng.choice((-1.0, 1.0), rows)
        right = left.T if facts & {"posdef", "symmetric"} else _orthogonal(rng, rows)
        found = (left * (rng.uniform(0.6, 1.8, rows) * signs)) @ right
        return np.asarray((found + found.T) / 2 if facts & {"posdef", "symmetric"} else found)
    if "positive" in facts:
        found = rng.uniform(0.3, 1.7, (rows, cols))
    else:
        found = 0.7 * rng.normal(size=(rows, cols))
        found += 0.15 * np.sign(found)
    return (found + found.T) / 2 if "symmetric" in facts else found


# ---------------------------------------------------------------- a formula and what is asked of it
@dataclass(frozen=True)
class Case:
    """A formula, the derivative that is asked for, and where. ``numeric`` declares dimensions as numbers."""

    tree: Tree
    kind: str
    x: Variable
    y: Variable
    sizes: Mapping[str, int]
    numeric: bool
    structure: str = "ignore"
    along_itself: bool = False  # the direction of a jvp is x

    @property
    def text(self) -> str:
        return text(self.tree, self.sizes if self.numeric else None)

    @property
    def variables(self) -> list[Variable]:
        return list(dict.fromkeys((*self.tree.variables, self.x, self.y)))

    def declare(self, variable: Variable) -> mc.Expr:
        sides = [(size_of(d, self.sizes) if self.numeric else d[0]) if d else 1 for d in variable.shape]
        return mc.variable(variable.name, sides[0], sides[1], *variable.facts)

    def snippet(self) -> str:
        """Python that shows the case."""
        lines = ["import matcalc as mc"]
        for v in self.variables:
            sides = [(str(size_of(d, self.sizes)) if self.numeric else repr(d[0])) if d else "1" for d in v.shape]
            facts = "".join(f", {fact!r}" for fact in v.facts)
            lines.append(f"{v.name} = mc.variable({v.name!r}, {sides[0]}, {sides[1]}{facts})")
        names = ", ".join(f"{v.name!r}: {v.name}" for v in self.variables)
        lines.append(f"f = mc.parse({self.text!r}, {{{names}}})")
        extra = {
            "gradient": f", structure={self.structure!r}" if self.structure != "ignore" else "",
            "mixed": f", {self.y.name}",
            "jvp": f", {self.x.name if self.along_itself else 'v'}", "vjp": ", u", "jvp of gradient": "",
        }.get(self.kind, "")  # fmt: skip
        function = {"mixed": "hessian", "jvp of gradient": "gradient"}.get(self.kind, self.kind)
        lines.append(f"d = mc.{function}(f, {self.x.name}{extra})" if self.kind != "value" else "d = f")
        if self.kind == "jvp of gradient":
            lines.append(f"d = mc.jvp(d, {self.y.name}, v)")
        return "\n".join(lines)


def random_case(rng: random.Random) -> Case:
    sizes = {"m": 2, "n": 3, "k": 4}
    draw = rng.random()
    if draw < 0.15:
        sizes[rng.choice("mnk")] = 1
    elif draw < 0.2:
        sizes = {"m": 2, "n": 2, "k": 2}
    maker = Maker(rng, sizes)
    shapes: list[Shape] = [SCALAR] * 8 + [(maker.dim(), ONE), (ONE, maker.dim()), (maker.dim(), maker.dim())]
    shape = rng.choice(shapes)
    if rng.random() < 0.04:
        shape = ((tuple(sorted(maker.dim() + maker.dim()))), ONE)
    tree = maker.leaf(shape)
    for depth in (rng.choice((1, 2, 2, 3, 3, 4)), 2, 2, 1, 1):
        tree = maker.tree(shape, depth)
        if tree.variables and tree.size < 40:
            break
    else:
        tree = Tree("hadamard", (maker.variable(SCALAR), ones(shape)), shape)
    x, y = rng.choice(tree.variables), rng.choice(tree.variables)
    if shape == SCALAR:
        kind = rng.choice(
            ("gradient",) * 8 + ("hessian",) * 5 + ("mixed",) * 3 + ("jacobian", "jvp", "vjp", "jvp", "jvp of gradient")
        )
    else:
        kind = rng.choice(("jacobian", "jacobian", "jvp", "vjp"))
    structure = "ignore"
    if kind == "gradient" and {"symmetric", "diagonal", "posdef"} & set(x.facts) and rng.random() < 0.3:
        structure = rng.choice(("project", "free"))
    if kind == "jvp of gradient" and set(y.facts) - {"positive", "invertible"}:
        kind = "hessian"  # a gradient that uses y = y' holds for symmetric y alone
    return Case(
        tree, kind, x, y if kind in ("mixed", "jvp of gradient") else x, sizes, rng.random() < 0.25, structure,
        kind == "jvp" and rng.random() < 0.15,
    )  # fmt: skip


# ---------------------------------------------------------------- checking
class Outcome(NamedTuple):
    """``status`` is ok, skipped, unsupported or failed; the category of a failure tells apart what to minimise."""

    status: str
    category: str = ""
    detail: str = ""
    got: str = ""
    expected: str = ""
    derived: str = ""
    seconds: float = 0.0


class _Failed(Exception):
    def __init__(self, category: str, detail: str, got: object = "", expected: object = "", derived: str = "") -> None:
        self.outcome = Outcome("failed", category, detail, _show(got), _show(expected), derived)


def _show(a: object) -> str:
    return (
        np.array2string(a, precision=6, threshold=40, suppress_small=True).replace("\n", "")
        if isinstance(a, np.ndarray)
        else str(a)
    )


class _Point:
    """The values of a case's variables, and of a direction and a cotangent."""

    def __init__(self, case: Case, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.env = {v.name: sample(v, case.sizes, rng) for v in sorted(case.variables, key=lambda v: v.name)}
        self.direction = rng.normal(size=self.env[case.y.name].shape)
        if case.along_itself:
            self.direction = self.env[case.x.name]
        self.cotangent = rng.normal(size=tuple(size_of(dim, case.sizes) for dim in case.tree.shape))

    def nudged(self, by: float) -> _Point:
        made = object.__new__(_Point)
        rng = np.random.default_rng(1)
        made.env = {name: a * (1 + by * rng.normal(size=a.shape)) for name, a in self.env.items()}
        made.direction, made.cotangent = self.direction, self.cotangent
        return made


def reference(case: Case, point: _Point, lib: Library = AUTOGRAD) -> np.ndarray[Any, Any]:
    """What autodiff says: the whole derivative, or, of a Jacobian or Hessian, its product with vec(direction)."""
    env, x, y = point.env, case.x.name, case.y.name

    def of_x(a: Array) -> Array:
        return value(case.tree, {**env, x: a}, case.sizes, lib)

    if case.kind == "value":
        return np.asarray(of_x(env[x]))
    if case.kind == "gradient":
        return _structured(case.structure, case.x, np.asarray(lib.vjp(of_x, env[x])(np.ones((1, 1)))))
    if case.kind == "vjp":
        return np.asarray(lib.vjp(of_x, env[x])(point.cotangent))
    if case.kind in ("jvp", "jacobian"):  # the pullback is linear in u; its own pullback is the push-forward
        moved = lib.vjp(lambda u: lib.vjp(of_x, env[x])(u), 0 * point.cotangent)(point.direction)
        return np.asarray(moved if case.kind == "jvp" else _vec(moved))

    def moving(a: Array) -> Array:
        """The derivative of f along the direction of y, at x = a."""
        at = {**env, x: a}
        slope = lib.vjp(lambda b: value(case.tree, {**at, y: b}, case.sizes, lib), at[y])(np.ones((1, 1)))
        return lib.np.reshape(lib.np.sum(slope * point.direction), (1, 1))

    moved = lib.vjp(moving, env[x])(np.ones((1, 1)))
    return np.asarray(moved if case.kind == "jvp of gradient" else _vec(moved))


def _structured(structure: str, x: Variable, g: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if structure == "ignore":
        return g
    if "diagonal" in x.facts:
        return g * np.eye(len(g))
    return np.asarray((g + g.T) / 2 if structure == "project" else g + g.T - g * np.eye(len(g)))


def check(case: Case, seed: int) -> Outcome:
    """One formula: value, derivative, printing, reading."""
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    try:
        return _check(case, seed)
    except (Bad, np.linalg.LinAlgError):
        return Outcome("skipped")
    except _Failed as failure:
        return failure.outcome
    except TimeoutError:
        return Outcome("failed", "timeout", f"more than {TIME_LIMIT} s")
    except mc.MatcalcError as error:
        text = str(error).split("\n")[0]
        status = "skipped" if text == "the formula divides by zero" else "unsupported"
        return Outcome(status, type(error).__name__, text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _check(case: Case, seed: int) -> Outcome:
    bound = {symbol for v in case.variables for dim in v.shape for symbol in dim}
    if not case.numeric and not _symbols(case.tree) <= bound:
        raise Bad  # a dimension of no variable has no value
    for attempt in range(4):
        point = _Point(case, seed + attempt)
        try:
            wanted = np.asarray(value(case.tree, point.env, case.sizes, check=True))
            truth = reference(case, point)
            if np.max(np.abs(truth)) < LARGEST:
                break
        except Bad:
            pass
    else:
        raise Bad
    declared = {v.name: case.declare(v) for v in case.variables}
    f = _guarded("reading the formula", lambda: mc.parse(case.text, declared))
    shape = _shape(case.tree.shape, case)
    _compare(case, point, "value", f, wanted, shape, {}, lambda p: np.asarray(value(case.tree, p.env, case.sizes)))
    _compare(
        case, point, "value read back", _guarded("reading back the formula", lambda: mc.parse(str(f), declared)),
        wanted, shape, {}, lambda p: np.asarray(value(case.tree, p.env, case.sizes)), str(f),
    )  # fmt: skip
    if case.kind == "value":
        return Outcome("ok")
    x, y = declared[case.x.name], declared[case.y.name]
    extra: dict[str, Any] = {}
    v = x if case.along_itself else mc.variable("v0", *y.shape)
    u = mc.variable("u0", *f.shape)
    if case.kind in ("jvp", "jvp of gradient") and not case.along_itself:
        extra["v0"] = _squeezed(point.direction, _shape(case.y.shape, case))
        declared["v0"] = v
    if case.kind == "vjp":
        extra["u0"] = _squeezed(point.cotangent, _shape(case.tree.shape, case))
        declared["u0"] = u
    started = time.perf_counter()
    d = _guarded("deriving", lambda: _derive(case, f, x, y, v, u))
    seconds = time.perf_counter() - started
    printed = str(_guarded("printing", lambda: str(d)))
    along = None if case.kind in ("gradient", "jvp", "vjp", "jvp of gradient") else point.direction
    by = size_of(case.y.shape[0], case.sizes) * size_of(case.y.shape[1], case.sizes)
    if case.kind in ("gradient", "jvp of gradient", "vjp"):
        shape = _shape(case.x.shape, case)
    elif case.kind == "jacobian":
        shape = (wanted.size, by)
    elif case.kind in ("hessian", "mixed"):
        shape = (point.env[case.x.name].size, by)
    _compare(case, point, "derivative", d, truth, shape, extra, lambda p: reference(case, p), printed, along)
    again = _guarded("reading back", lambda: mc.parse(printed, declared), printed)
    _compare(
        case, point, "derivative read back", again, truth, shape, extra, lambda p: reference(case, p), printed, along
    )
    _guarded("LaTeX", lambda: mc.to_latex(d), printed)
    if seed % 4 == 0 and not _is_at_jump(case, point):
        _compare_styles(d, {**_given(case, point), **extra}, printed)
    if seed % 20 == 0:
        _guarded("index notation", lambda: mc.to_index(f))
        _guarded("the tensor", lambda: str(mc.tensor(f, x)))
    return Outcome("ok", derived=printed, seconds=seconds)


def _symbols(tree: Tree) -> set[str]:
    dims = [dim for part in tree.parts() for dim in (*part.shape, part.data if part.op == "size" else ())]
    return {symbol for dim in dims for symbol in dim}


def _derive(case: Case, f: mc.Expr, x: mc.Expr, y: mc.Expr, v: mc.Expr, u: mc.Expr) -> mc.Expr:
    if case.kind == "gradient":
        return mc.gradient(f, x, structure=case.structure)
    if case.kind == "jacobian":
        return mc.jacobian(f, x)
    if case.kind in ("hessian", "mixed"):
        return mc.hessian(f, x, y)
    if case.kind == "jvp of gradient":
        return mc.jvp(mc.gradient(f, x), y, v)
    return mc.jvp(f, x, v) if case.kind == "jvp" else mc.vjp(f, x, u)


def _guarded(doing: str, run: Callable[[], Any], derived: str = "") -> Any:
    try:
        return run()
    except mc.MatcalcError as error:
        if doing in ("deriving", "reading the formula", "the tensor", "index notation"):
            raise
        raise _Failed(f"error in {doing}", str(error), derived=derived) from None
    except (_Failed, Bad):
        raise
    except TimeoutError:
        raise _Failed(f"timeout in {doing}", f"more than {TIME_LIMIT} s", derived=derived) from None
    except Exception as error:
        raise _Failed(f"crash in {doing}", _place(error), derived=derived) from None


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        if "matcalc" in trace.tb_frame.f_code.co_filename:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}: {str(error)[:200]}"


def _shape(shape: Shape, case: Case) -> tuple[int, ...]:
    """The NumPy shape of a result: dimensions that are literally 1 have no axis."""
    sides = [
        (size_of(dim, case.sizes), dim == ONE or (case.numeric and size_of(dim, case.sizes) == 1)) for dim in shape
    ]
    return tuple(side for side, literal in sides if not literal)


def _compare(
    case: Case,
    point: _Point,
    what: str,
    expr: mc.Expr,
    wanted: np.ndarray[Any, Any],
    shape: tuple[int, ...],
    extra: Mapping[str, Any],
    again: Callable[[_Point], np.ndarray[Any, Any]],
    derived: str = "",
    along: np.ndarray[Any, Any] | None = None,
) -> None:
    given = {**_given(case, point), **extra}
    try:
        got = _guarded(f"evaluating the {what}", lambda: mc.evaluate(expr, given, case.sizes), derived)
    except _Failed:
        _settle(case, point, again)
        if _is_outside(expr, case, given):
            raise Bad from None
        raise
    got = np.asarray(got)
    if not _same_shape(got.shape, shape, along is not None):
        raise _Failed(f"wrong shape of the {what}", f"shape {got.shape}, not {shape}", got, wanted, derived)
    if along is None:
        got, target = got.reshape(wanted.shape), wanted
    else:
        full = got.reshape(shape)
        got, target = full @ along.T.reshape(-1), wanted.reshape(-1)
    error = np.max(np.abs(got - target), initial=0.0) / max(1e-2, float(np.max(np.abs(target), initial=0.0)))
    if error < TOLERANCE:
        return
    category = f"wrong {what}" if np.all(np.isfinite(got)) else f"nonfinite {what}"
    wrong = _Failed(category, f"relative error {error:.2g}", got, target, derived)
    _settle(case, point, again)
    if _is_outside(expr, case, given):
        raise Bad
    raise wrong


def _is_outside(expr: mc.Expr, case: Case, given: Mapping[str, Any]) -> bool:
    """Whether a condition that the answer itself states does not hold at the point, but for rounding."""
    declared = {v.name: case.declare(v) for v in case.variables}
    for condition in mc.conditions(expr):
        for end, holds in _HOLDS.items():
            if condition.endswith(end):
                place = mc.parse(condition.removesuffix(end), declared)
                if not holds(np.asarray(mc.evaluate(place, given, case.sizes))):
                    return True
    return False


def _is_regular(a: np.ndarray[Any, Any]) -> bool:
    return bool(np.all(np.isfinite(a)) and np.linalg.cond(np.atleast_2d(a)) < 1e9)


def _are_apart(falling: np.ndarray[Any, Any]) -> bool:
    return bool(np.all(-np.diff(falling) > 1e-6 * np.max(np.abs(falling))))


# The conditions that name what may fail at a random point; the others are left to the reference.
_HOLDS: dict[str, Callable[[np.ndarray[Any, Any]], bool]] = {
    " invertible": _is_regular,
    " of constant rank": _is_regular,
    " of full rank": _is_regular,
    " with one largest singular value": lambda a: _are_apart(np.linalg.svd(np.atleast_2d(a))[1][:2]),
    " with distinct eigenvalues": lambda a: _are_apart(np.linalg.eigvalsh(a)[::-1]),
    " ≠ 0": lambda a: bool(np.all(np.abs(a) > 1e-9)),
    " > 0": lambda a: bool(np.all(a > 1e-9)),
    " ≥ 0": lambda a: bool(np.all(a >= 0)),
}


def _compare_styles(d: mc.Expr, given: Mapping[str, Any], derived: str) -> None:
    """Whether the other styles of emitted code compute what the plain one does."""
    try:
        plain = mc.emit(d)
    except mc.EvaluationError:  # of a size that no variable has
        return
    with np.errstate(all="ignore"):
        wanted = np.asarray(plain.compile()(*[given[name] for name in plain.variables]))
        for options in ({"style": "fast"}, {"batch": True}):
            emitted = _guarded(f"emitting {options}", lambda o=options: mc.emit(d, **o), derived)
            run = emitted.compile()
            got = np.asarray(
                _guarded(f"running {options}", lambda e=emitted, r=run: r(*[given[v] for v in e.variables]), derived)
            )
            if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=1e-6, atol=1e-8, equal_nan=True):
                raise _Failed(f"{options} differs", emitted.source[-400:], got, wanted, derived)


def _settle(case: Case, point: _Point, again: Callable[[_Point], np.ndarray[Any, Any]]) -> None:
    """Lets go of failures where the reference itself shakes: the point is badly conditioned."""
    with np.errstate(all="ignore"):
        here, there = again(point), again(point.nudged(1e-9))
    shift = np.max(np.abs(here - there), initial=0.0) / max(1e-2, float(np.max(np.abs(here), initial=0.0)))
    if not shift < 1e-5 or _is_at_jump(case, point):
        raise Bad


def _is_at_jump(case: Case, point: _Point) -> bool:
    """Whether rounding decides: an argument of a jump is 0, or has two extremes, but for rounding."""
    for part in case.tree.parts():
        if part.op in ("nuclearnorm", "polar"):  # the reference takes the root of a singular matrix
            singular = np.linalg.svd(value(part.operands[0], point.env, case.sizes))[1]
            if singular[-1] <= 1e-5 * max(1.0, singular[0]):
                return True
        if part.op in ("sign", "step", "abs", "norm1"):
            if np.min(np.abs(value(part.operands[0], point.env, case.sizes))) < 1e-9:
                return True
        elif part.op in ("max", "min", "maxmask"):
            entries = np.sort(
                np.ravel(value(part.operands[0], point.env, case.sizes)) * (-1 if part.op == "min" else 1)
            )
            if len(entries) > 1 and 0 <= entries[-1] - entries[-2] < 1e-9:
                return True
        elif part.op in ("eigvecs", "leftsv", "rightsv"):  # the largest entry decides the sign
            operand = value(part.operands[0], point.env, case.sizes)
            vectors = _eigvecs(np, operand) if part.op == "eigvecs" else _leading(np, operand)[1]
            entries = np.sort(np.abs(vectors), axis=0)
            if len(entries) > 1 and np.min(entries[-1] - entries[-2]) < 1e-9:
                return True
    return False


def _same_shape(got: tuple[int, ...], wanted: tuple[int, ...], loose: bool) -> bool:
    return got == wanted or (loose and [s for s in got if s != 1] == [s for s in wanted if s != 1])


def _given(case: Case, point: _Point) -> dict[str, Any]:
    """Values as a user gives them: scalars as floats, columns and rows as 1-D arrays."""
    return {v.name: _squeezed(point.env[v.name], _shape(v.shape, case)) for v in case.variables}


def _squeezed(a: np.ndarray[Any, Any], shape: tuple[int, ...]) -> Any:
    return float(a[0, 0]) if shape == () else a.reshape(shape)


# ---------------------------------------------------------------- making failures small
def minimised(case: Case, seed: int, outcome: Outcome, limit: int = 400) -> tuple[Case, Outcome]:
    """The smallest case found that fails in the same way."""
    family = _family(outcome)
    tries = 0
    improved = True
    while improved and tries < limit:
        improved = False
        for smaller in _smaller(case):
            tries += 1
            if tries >= limit:
                break
            try:
                found = check(smaller, seed)
            except Exception:  # the reference may not like what is left
                continue
            if found.status == "failed" and _family(found) == family:
                case, outcome, improved = smaller, found, True
                break
    return case, outcome


def _family(outcome: Outcome) -> str:
    category = outcome.category.replace(" read back", "")
    return category + (": " + outcome.detail.split(" ")[0] if category.startswith("crash") else "")


def _smaller(case: Case) -> Iterator[Case]:
    if case.kind != "value":
        yield replace(case, kind="value", x=case.tree.variables[0], y=case.tree.variables[0], structure="ignore")
    simple = "gradient" if case.tree.shape == SCALAR else "jacobian"
    if case.kind not in ("value", simple):
        yield replace(case, kind=simple, y=case.x, along_itself=False)
    if case.structure != "ignore":
        yield replace(case, structure="ignore")
    if case.numeric:
        yield replace(case, numeric=False)
    if case.sizes != {"m": 2, "n": 3, "k": 4} and not any(t.op in ("entry", "unit") for t in case.tree.parts()):
        yield replace(case, sizes={"m": 2, "n": 3, "k": 4})
    for part in sorted(set(case.tree.parts()), key=lambda t: t.size):
        if part is not case.tree and (wrapped := _retarget(case, part)) is not None:
            yield wrapped
    for part in sorted(set(case.tree.parts()), key=lambda t: -t.size):
        for other in _simpler(part, case):
            made = _retarget(case, _replaced(case.tree, part, other))
            if made is not None:
                yield made
    for v in case.variables:
        if v.facts:
            for facts in ((), v.facts[1:]) if len(v.facts) > 1 else ((),):
                plain = Variable(v.name, v.shape, facts)
                tree = _replaced(case.tree, leaf(v), leaf(plain))
                swap = {v: plain}
                yield replace(case, tree=tree, x=swap.get(case.x, case.x), y=swap.get(case.y, case.y))


def _retarget(case: Case, tree: Tree) -> Case | None:
    """The same question of another formula, where it makes sense."""
    left = tree.variables
    if case.kind == "value":
        return replace(case, tree=tree, x=left[0], y=left[0]) if left else None
    if case.x not in left or case.y not in left:
        return None
    if tree.shape != SCALAR and case.kind in ("gradient", "hessian", "mixed", "jvp of gradient"):
        tree = Tree("sum", (tree,), SCALAR)
    return replace(case, tree=tree) if tree.size < case.tree.size or tree.shape == case.tree.shape else None


def _simpler(part: Tree, case: Case) -> Iterator[Tree]:
    for inner in sorted(set(part.parts()), key=lambda t: t.size):
        if inner is not part and inner.shape == part.shape:
            yield inner
    if part.operands:
        for v in case.tree.variables:
            if v.shape == part.shape:
                yield leaf(v)
        if part.shape == SCALAR:
            yield number(2)
        yield ones(part.shape)
        if part.shape[0] == part.shape[1] and part.shape != SCALAR:
            yield Tree("eye", (), part.shape)
    if part.op == "number" and part.data not in (1, 2):
        yield number(2)


def _replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree == old:
        return new
    if not tree.operands:
        return tree
    return replace(tree, operands=tuple(_replaced(operand, old, new) for operand in tree.operands))


# ---------------------------------------------------------------- running many
@dataclass
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    families: Counter[str] = field(default_factory=Counter)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    slow: list[tuple[float, str]] = field(default_factory=list)
    long: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.unsupported += other.unsupported
        self.families += other.families
        self.examples = {**other.examples, **self.examples}
        for key, failure in other.failures.items():
            known = self.failures.setdefault(key, failure)
            if known is not failure:
                known["count"] += failure["count"]
        self.slow = sorted(self.slow + other.slow, reverse=True)[:30]
        self.long = sorted(self.long + other.long, reverse=True)[:30]


def _alarm(*_: object) -> None:
    raise TimeoutError


def run(seeds: range, show: bool = True) -> Tally:
    """Checks one formula for each seed."""
    signal.signal(signal.SIGALRM, _alarm)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    tally = Tally()
    for seed in seeds:
        case = random_case(random.Random(seed))
        try:
            outcome = check(case, seed)
        except Exception as error:  # the reference failed, not the formula
            tally.counts["reference failed"] += 1
            tally.examples.setdefault(f"reference: {str(error)[:80]}", f"{case.kind} {case.text}")
            continue
        tally.counts[outcome.status] += 1
        label = f"seed {seed}: {case.kind} by {case.x.name} of {case.text}"
        if outcome.status == "unsupported":
            tally.unsupported[outcome.detail] += 1
            tally.examples.setdefault(outcome.detail, label)
        elif outcome.status == "failed":
            _note(tally, case, seed, outcome, show)
        elif outcome.derived:
            if outcome.seconds > SLOW:
                tally.slow.append((outcome.seconds, label))
            if len(outcome.derived) > LONG * len(case.text):
                tally.long.append((len(outcome.derived) / len(case.text), label))
    return tally


def _note(tally: Tally, case: Case, seed: int, outcome: Outcome, show: bool) -> None:
    tally.families[_family(outcome)] += 1
    if tally.families[_family(outcome)] > ENOUGH:
        return
    small, last = minimised(case, seed, outcome)
    opinion = _second_opinion(small, seed)
    if opinion.startswith("says"):
        tally.counts["reference unsure"] += 1
        return
    operations = " ".join(sorted({t.op for t in small.tree.parts()} - {"variable"}))
    facts = " ".join(sorted({f for v in small.variables for f in v.facts}))
    key = f"{_family(last)} | {small.kind} | {operations} | {facts}"
    known = tally.failures.get(key)
    if known is not None:
        known["count"] += 1
        return
    tally.failures[key] = {
        "count": 1, "jax": opinion, "seed": seed, "key": key, "formula": small.text, "kind": small.kind,
        "snippet": small.snippet(),
              "sizes": dict(small.sizes), "derived": last.derived[:2000], "detail": last.detail, "got": last.got,
        "expected": last.expected, "original": case.text,
    }  # fmt: skip
    if show:
        print(_failure_text(tally.failures[key]), flush=True)


def _second_opinion(case: Case, seed: int) -> str:
    """Whether JAX confirms the reference of a failure."""
    jax = jax_library()
    if jax is None:
        return "not asked"
    try:
        point = _Point(case, seed)
        first, second = reference(case, point), reference(case, point, jax)
    except Exception as error:
        return f"failed: {str(error)[:100]}"
    agrees = np.allclose(first, second, rtol=1e-7, atol=1e-9)
    return "confirms" if agrees else f"says {_show(second)}, not {_show(first)}"


def _failure_text(failure: Mapping[str, Any]) -> str:
    rows = [
        f"== {failure['key']}  ({failure['count']} times, seed {failure['seed']}, sizes {failure['sizes']})",
        failure["snippet"],
    ]
    rows += [
        f"# {name}: {failure[name][:600]}" for name in ("derived", "detail", "got", "expected", "jax") if failure[name]
    ]
    return "\n".join(rows)


def report(tally: Tally, seconds: float) -> str:
    total = sum(tally.counts.values())
    lines = [
        f"{total} formulas in {seconds:.0f} s ({total / seconds:.0f}/s): {dict(tally.counts)}",
        f"not tried: {', '.join(MISSING)}",
    ]
    for failure in sorted(tally.failures.values(), key=lambda f: -f["count"]):
        lines += ["", _failure_text(failure)]
    lines += ["", "failures", *(f"{count:6d}  {what}" for what, count in tally.families.most_common())]
    for title, counted in (("unsupported", tally.unsupported.most_common(30)),):
        lines += ["", title, *(f"{count:6d}  {what}   e.g. {tally.examples.get(what, '')}" for what, count in counted)]
    lines += ["", "reference", *(f"  {k}: {v}" for k, v in tally.examples.items() if k.startswith("reference"))]
    lines += ["", "slow", *(f"  {s * 1000:.0f} ms  {what}" for s, what in tally.slow)]
    lines += ["", "long", *(f"  {s:.0f} times  {what}" for s, what in tally.long)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1000, help="how many formulas")
    parser.add_argument("--seed", type=int, default=0, help="of the first formula; each has its own")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--json", help="also write the failures to this file")
    options = parser.parse_args()
    started = time.perf_counter()
    tally = Tally()
    seeds = range(options.seed, options.seed + options.count)
    if options.jobs == 1:
        tally.add(run(seeds))
    else:
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            for part in pool.imap_unordered(run, [seeds[i : i + 500] for i in range(0, len(seeds), 500)]):
                tally.add(part)
    print(report(tally, time.perf_counter() - started))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(failure) + "\n" for failure in tally.failures.values())
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
