"""Formulas whose derivatives are claimed, and the edits that make claims of answers."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.claims.reading import Node, places, replaced

SHAPES = {"X": "nn", "Y": "nn", "Z": "mn", "W": "kn", "x": "n1", "y": "n1", "b": "m1", "c": "11", "d": "11"}
SQUARE = ("symmetric", "posdef", "diagonal", "skew", "lower", "upper", "orthogonal", "invertible", "positive", "nonneg",
          "unitnorm", "sumstoone", "psd", "idempotent", "permutation", "stochastic", "toeplitz")  # fmt: skip
OTHERS = ("positive", "nonneg", "unitnorm", "sumstoone", "simplex", "stochastic", "toeplitz", "fullcolrank",
          "fullrowrank")  # fmt: skip

ELEMENTWISE = ("exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "tanh", "sinh", "cosh", "abs", "sign",
               "relu", "step", "sigmoid", "softplus", "log1p", "expm1", "erf", "sqrt")  # fmt: skip
# {g} is an elementwise function; each formula with the variables that it may be derived by
SCALARS = (
    ("sum({g}(x))", "x"), ("y'*{g}(x)", "xy"), ("sum({g}(Z*x))", "xZ"), ("sum({g}(X))", "X"), ("{g}(x'*y)", "xy"),
    ("c*{g}(c*d)", "cd"), ("tr(X*{g}(Y))", "XY"), ("norm2({g}(x) - y)^2", "xy"), ("{g}(norm2(x))*c", "xc"),
    ("norm2(Z*x - b)^2", "xZb"), ("norm2(Z*x - b)", "xZb"), ("x'*X*x", "xX"), ("x'*X*y", "xyX"), ("x'*inv(X)*x", "xX"),
    ("x'*inv(X)*y", "xyX"), ("logdet(X)", "X"), ("det(X)", "X"), ("det(X + Y)", "XY"), ("tr(inv(X)*Y)", "XY"),
    ("tr(X*Y)", "XY"), ("tr(X'*Y*X)", "XY"), ("tr(X^2)", "X"), ("tr(X^3*Y)", "XY"), ("tr(expm(X))", "X"),
    ("tr(expm(X)*Y)", "Y"), ("tr(X*logm(Y))", "X"), ("tr(sqrtm(X)*Y)", "Y"), ("norm2(X*Y)^2", "XY"),
    ("logsumexp(Z*x)", "xZ"), ("y'*softmax(x)", "xy"), ("sum(rowlogsumexp(Z))", "Z"), ("norm1(Z*x)", "xZ"),
    ("sum(log(diag(X)))", "X"), ("sum(diag(X).*x)", "Xx"), ("x'*diag(y)*x", "xy"), ("sum(kron(x, y))", "xy"),
    ("x'*tril(X)*y", "Xxy"), ("tr(solve(X, Y))", "Y"), ("sum(solve(X, x))", "x"), ("norm2(pinv(Z)*b)^2", "b"),
    ("abs(x'*y)*norm2(x)", "xy"), ("relu(x'*y - c)", "xyc"), ("max(x)", "x"), ("min(x)*c", "xc"), ("x'*x/(y'*y)", "xy"),
    ("x'*y/norm2(x)", "xy"), ("(x'*X*x)/(x'*x)", "xX"), ("log(x'*X*x)", "xX"), ("exp(-c*norm2(x - y)^2)", "xyc"),
    ("c^d", "cd"), ("sum(x.^3)", "x"), ("sum(x.*y./(1 + x.^2))", "xy"), ("logdet(X + x*x')", "Xx"),
    ("tr(Z*X*Z')", "ZX"), ("norm2(Z)^2/m", "Z"), ("sum(exp(Z*x))/n", "xZ"), ("x'*X'*X*x", "xX"), ("sum(Z*x)", "xZ"),
    ("logdet(Z'*Z + X)", "ZX"), ("spectralnorm(Z)", "Z"), ("nuclearnorm(Z)", "Z"), ("vec(X)'*vec(Y)", "XY"),
    ("rowsum(Z)'*b", "Zb"), ("colsum(Z)'*x", "Zx"), ("tr(X)^2", "X"), ("sum(X)^2", "X"), ("x'*X*Y*x", "xXY"),
)  # fmt: skip
VECTORS = (
    ("{g}(x)", "x"), ("Z*{g}(x)", "x"), ("{g}(Z*x)", "x"), ("X*x", "x"), ("x/norm2(x)", "x"), ("softmax(x)", "x"),
    ("x.*(X*x)", "x"), ("diag(x)*X*y", "xy"), ("X*Y*x", "x"), ("(x'*y)*x", "xy"), ("inv(X)*x", "xX"), ("X*x", "X"),
    ("X*Y", "XY"), ("X'*Y", "X"), ("X'*X", "X"), ("inv(X)", "X"), ("Z*X*W'", "X"), ("Z'", "Z"), ("x*y'", "xy"),
    ("{g}(c*x)", "cx"), ("X^2", "X"), ("x*norm2(x)", "x"), ("y./x", "xy"),
)  # fmt: skip
BEYOND = ("relu(norm2({v}) - 100)", "relu(sum({v}) - 10)", "abs(sum({v}) - 50) - 50 + sum({v})", "relu(-5 - sum({v}))")


def formula(rng: random.Random) -> tuple[str, str, str]:
    """A formula, the variable, and the kind of derivative."""
    kind = rng.choice(("gradient", "gradient", "gradient", "jacobian", "hessian", "jvp"))
    text, by = rng.choice(VECTORS if kind in ("jacobian", "jvp") else SCALARS)
    x = rng.choice(by)
    if kind == "hessian" and x in "XYZW" and rng.random() < 0.7:
        kind = "gradient"
    return text.replace("{g}", rng.choice(ELEMENTWISE)), x, kind


def facts(shape: str, rng: random.Random) -> frozenset[str]:
    """None, one or two facts of a variable."""
    return frozenset(rng.sample(SQUARE if shape == "nn" else OTHERS, rng.choice((0, 0, 1, 2, 2))))


def rewritten(tree: Node, rng: random.Random) -> Node:
    """An equal formula."""
    path, part = rng.choice(list(places(tree)))
    if _is_exponent(tree, path):
        return tree
    options: list[Node] = [("'", ("'", part)), ("neg", ("neg", part))]
    if part[0] in ("+", ".*"):
        options.append((part[0], part[2], part[1]))
    if part[0] == "-":
        options.append(("+", ("neg", part[2]), part[1]))
    if part[0] == "'" and part[1][0] in ("+", "-"):
        options.append((part[1][0], ("'", part[1][1]), ("'", part[1][2])))
    if part[0] == "*" and part[2][0] in ("+", "-"):
        options.append((part[2][0], ("*", part[1], part[2][1]), ("*", part[1], part[2][2])))
    return replaced(tree, path, rng.choice(options))


def edits(tree: Node) -> Iterator[tuple[str, Node]]:
    """The formula with one edit, and its name."""
    yield "sign", ("neg", tree)
    yield "factor", ("*", ("number", "2"), tree)
    yield "transpose", ("'", tree)
    for path, part in places(tree):
        if _is_exponent(tree, path):
            continue
        for name, new in _changes(part):
            yield name, replaced(tree, path, new)


_FUNCTIONS = {"expm": "exp", "logm": "log", "sqrtm": "sqrt", "exp": "expm", "sigmoid": "tanh", "tanh": "sigmoid",
              "sign": "step", "step": "sign", "relu": "abs", "abs": "relu", "sin": "cos", "cos": "sin"}  # fmt: skip


def _changes(part: Node) -> Iterator[tuple[str, Node]]:
    kind = part[0]
    if kind == "name" and part[1][0].isalpha() and part[1] not in ("n", "m", "k", "pi"):
        yield "transpose", ("'", part)
    if kind == "'":
        yield "transpose", part[1]
    if kind in ("+", "-"):
        yield "sign", ("-" if kind == "+" else "+", part[1], part[2])
        yield "term", part[1]
        yield "term", part[2]
    if kind in ("*", ".*"):
        yield "swap", (kind, part[2], part[1])
        yield "elementwise", (".*" if kind == "*" else "*", part[1], part[2])
        yield "lost factor", part[1]
        yield "lost factor", part[2]
    if kind in ("/", "./"):
        yield "lost divisor", part[1]
    if kind in ("^", ".^"):
        yield "exponent", part[1]
        yield "elementwise", (".^" if kind == "^" else "^", part[1], part[2])
    if kind == "number":
        yield "factor", ("number", str(float(part[1]) * 2))
    if kind == "neg":
        yield "sign", part[1]
    if kind == "call" and part[1] in _FUNCTIONS:
        yield "function", ("call", _FUNCTIONS[part[1]], *part[2:])
    if kind == "call" and part[1] == "inv":
        yield "elementwise", ("./", ("number", "1"), part[2])
        yield "inverse", part[2]
    if kind == "call" and part[1] == "kron":
        yield "swap", ("call", "kron", part[3], part[2])
    if kind == "call" and part[1] == "diag":
        yield "diag", part[2]


def _is_exponent(tree: Node, path: tuple[int, ...]) -> bool:
    node = tree
    for k in path:
        if node[0] in ("^", ".^") and k == 2:
            return True
        node = node[k]
    return False
