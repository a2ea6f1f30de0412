"""Closed forms of determinants, inverses and solutions of small matrices, in scalars.

Determinants and inverses up to 3×3 are those of cofactors where these have all digits, and else by elimination with
pivots. Cofactors lose what Hadamard's quotient |det|/(product of the rows' norms), which scaling of rows doesn't change,
is small by. Positive definite matrices are L*D*L', without roots, of any size.

Source: Golub & Van Loan, Matrix Computations, 4.1; Higham, Accuracy and Stability of Numerical Algorithms, 14.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matcalc.emission.scalars.graph import ONE, ZERO, Block, Graph, Scalar

Entries = list[Scalar]

LARGEST_CLOSED = 3  # rows of matrices whose cofactors are written out
# The least square of Hadamard's quotient. A cofactor of 2×2 matrices is an entry, so that only the determinant loses
# digits, as it does by elimination: the test keeps what is singular apart, and numbers that squares are too large for.
QUOTIENTS = {2: "1e-16", 3: "1e-4"}
IN_RANGE = "{{{0}}} > 1e-30 && {{{0}}} < 1e30"  # in single precision, too


# ---------------------------------------------------------------- cofactors
def adjugate(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    if n == 1:
        return [ONE]
    if n == 2:
        return [a[3], graph.negative(a[1]), graph.negative(a[2]), a[0]]

    def cofactor(i: int, j: int) -> Scalar:
        (r, s), (p, q) = ((i + 1) % 3, (i + 2) % 3), ((j + 1) % 3, (j + 2) % 3)
        crossed = graph.multiply(a[3 * r + q], a[3 * s + p])
        return graph.add((graph.multiply(a[3 * r + p], a[3 * s + q]), graph.negative(crossed)))

    return [cofactor(j, i) for i in range(3) for j in range(3)]


class _Cofactors(NamedTuple):
    """Of a matrix, with what tells whether they have their digits."""

    adjugate: Entries
    determinant: Scalar
    test: str
    tested: Entries


def _cofactors(graph: Graph, a: Sequence[Scalar], n: int) -> _Cofactors:
    adj = adjugate(graph, a, n)
    determinant = graph.dot(a[:n], adj[::n])
    if n == 1 or determinant.node is None:
        return _Cofactors(adj, determinant, "", [])
    rows = [graph.dot(a[i : i + n], a[i : i + n]) for i in range(0, n * n, n)]
    return _Cofactors(adj, determinant, f"{{0}} * {{0}} > {QUOTIENTS[n]} * {{1}}", [determinant, graph.product(rows)])


def _or_by_pivots(
    graph: Graph, a: Sequence[Scalar], found: _Cofactors, usual: Entries, statement: str
) -> Entries:
    """The usual values, or what a statement makes of the matrix where they have lost digits."""
    if not found.test and not found.determinant.is_zero:
        return usual
    inputs = [*a]
    if found.determinant.is_zero:
        return graph.block(Block(statement, (("x", len(inputs)),), len(usual)), [inputs])
    block = Block(statement, (("x", len(inputs)),), len(usual), found.test, len(found.tested))
    return graph.block(block, [inputs], found.tested, usual)


def determinant(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    found = _cofactors(graph, a, n)
    if found.determinant.node is None:
        return [found.determinant]
    return _or_by_pivots(graph, a, found, [found.determinant], f"determinant({{x}}, {{y}}, {n});")


def inverse(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    found = _cofactors(graph, a, n)
    if n == 1 and a[0].node is not None:
        graph.check("{0} != 0", a, 2)
    usual = [] if found.determinant.is_zero else [graph.divide(entry, found.determinant) for entry in found.adjugate]
    return _or_by_pivots(graph, a, found, usual or [ZERO] * n * n, f"if (inverse_of({{x}}, {{y}}, {n})) return 2;")


def log_of_det(graph: Graph, a: Sequence[Scalar], n: int, *, is_real: bool) -> Entries:
    """The logarithm of the determinant, NaN where it is negative, or of its size."""
    found = _cofactors(graph, a, n)
    logarithm = graph.call("log({0})" if is_real else "log(fabs({0}))", [found.determinant])
    return _or_by_pivots(graph, a, found, [logarithm], f"log_of_det({{x}}, {{y}}, {n}, {int(is_real)});")


# ---------------------------------------------------------------- positive definite matrices
class Factored(NamedTuple):
    """A = L*D*L': the unit lower factor row by row, the diagonal of D, and its reciprocals."""

    n: int
    lower: Entries
    diagonal: Entries
    reciprocals: Entries


def factored(graph: Graph, a: Sequence[Scalar], n: int) -> Factored:
    """Reads the lower triangle, as Cholesky's factorisation does, and fails where it does."""
    lower, scaled = [ZERO] * (n * n), [ZERO] * (n * n)  # the second is L*D
    diagonal: Entries = []
    reciprocals: Entries = []
    for j in range(n):
        for i in range(j, n):
            before = graph.dot(scaled[i * n : i * n + j], lower[j * n : j * n + j])
            scaled[i * n + j] = graph.add((a[i * n + j], graph.negative(before)))
        diagonal.append(scaled[j * n + j])
        reciprocals.append(graph.reciprocal(diagonal[j]))
        lower[j * n + j] = ONE
        for i in range(j + 1, n):
            lower[i * n + j] = graph.multiply(scaled[i * n + j], reciprocals[j])
    graph.check(" && ".join(f"{{{i}}} > 0" for i in range(n)), diagonal, 1)
    return Factored(n, lower, diagonal, reciprocals)


def cholesky_factor(graph: Graph, found: Factored) -> Entries:
    n = found.n
    roots = [graph.root(entry) for entry in found.diagonal]
    return [graph.multiply(found.lower[i * n + j], roots[j]) for i in range(n) for j in range(n)]


def solved(graph: Graph, found: Factored, right: Sequence[Scalar]) -> Entries:
    n = found.n
    below = triangular_solved(graph, found.lower, n, right, lower=True, transposed=False)
    m = len(right) // n
    middle = [graph.multiply(entry, found.reciprocals[k // m]) for k, entry in enumerate(below)]
    return triangular_solved(graph, found.lower, n, middle, lower=True, transposed=True)


def inverse_of_factored(graph: Graph, found: Factored) -> Entries:
    """Its lower triangle is computed, and mirrored."""
    n = found.n
    identity = [ONE if i == j else ZERO for i in range(n) for j in range(n)]
    m = triangular_solved(graph, found.lower, n, identity, lower=True, transposed=False)
    scaled = [graph.multiply(found.reciprocals[k // n], entry) for k, entry in enumerate(m)]
    return [
        graph.add(graph.multiply(scaled[k * n + max(i, j)], m[k * n + min(i, j)]) for k in range(max(i, j), n))
        for i in range(n)
        for j in range(n)
    ]


def log_of_factored(graph: Graph, found: Factored) -> Entries:
    """The logarithm of the product of D, or the sum of logarithms where the product is no number."""
    partial = [found.diagonal[0]]
    for entry in found.diagonal[1:]:
        partial.append(graph.multiply(partial[-1], entry))
    usual = graph.call("log({0})", partial[-1:])
    if found.n == 1:
        return [usual]
    test = " && ".join(IN_RANGE.format(k) for k in range(found.n - 1))
    block = Block(f"sum_of_logs({{x}}, {{y}}, {found.n});", (("x", found.n),), 1, test, found.n - 1)
    return graph.block(block, [found.diagonal], partial[1:], [usual])


# ---------------------------------------------------------------- triangles
def triangular_solved(
    graph: Graph, t: Sequence[Scalar], n: int, right: Sequence[Scalar], *, lower: bool, transposed: bool
) -> Entries:
    """inv(T)*B, or inv(T')*B, for a lower or upper T, of which the other triangle is not read."""
    m = len(right) // n
    x = [*right]
    down, across = (1, n) if transposed else (n, 1)
    is_forward = lower != transposed
    for r in range(n):
        i = r if is_forward else n - 1 - r
        before = range(i) if is_forward else range(i + 1, n)
        for j in range(m):
            terms = [graph.multiply(t[i * down + k * across], x[k * m + j]) for k in before]
            rest = graph.add([x[i * m + j], *map(graph.negative, terms)])
            x[i * m + j] = graph.divide(rest, t[i * (n + 1)])
    return x


# ---------------------------------------------------------------- norms
def norm(graph: Graph, x: Sequence[Scalar]) -> Entries:
    """The root of the sum of squares, where that is a number of all digits."""
    square = graph.dot(x, x)
    if square.node is None or len(x) == 1:
        return [graph.call("fabs({0})", x)] if len(x) == 1 else [graph.root(square)]
    block = Block(f"norm_of({{x}}, {{y}}, {len(x)});", (("x", len(x)),), 1, IN_RANGE.format(0), 1)
    return graph.block(block, [x], [square], [graph.root(square)])

