"""Closed forms of determinants, inverses and solutions of small matrices, in scalars.

Determinants and inverses up to 3×3 are those of cofactors where these have all digits, and else by elimination with
pivots. The smaller Hadamard's quotient |det|/(product of the rows' norms) is, the more digits cofactors lose; scaling
of rows doesn't change it.

Source: Golub & Van Loan, Matrix Computations, 4.1; Higham, Accuracy and Stability of Numerical Algorithms, 14.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from matcalc.emission.c.scalars.graph import ONE, ZERO, Block, Graph, Scalar
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

Entries: TypeAlias = list[Scalar]

LARGEST_CLOSED = 3  # rows of matrices whose cofactors are written out
# The least square of Hadamard's quotient. A cofactor of 2×2 matrices is an entry, so that only the determinant loses
# digits, as it does by elimination: the test keeps what is singular apart, and numbers that squares are too large for.
QUOTIENTS = {2: "1e-10", 3: "1e-4"}
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


def adjugate_slope(graph: Graph, a: Sequence[Scalar], e: Sequence[Scalar], n: int) -> Entries:
    """The derivative of the adjugate along a direction e."""
    if n < 3:
        return [ZERO] if n == 1 else adjugate(graph, e, 2)
    second = adjugates(graph, a, 3)

    def entry(i: int, j: int) -> Scalar:
        return graph.add(
            graph.multiply(second[((i * 3 + j) * 3 + k) * 3 + m], e[3 * m + k]) for k in range(3) for m in range(3)
        )

    return [entry(i, j) for i in range(3) for j in range(3)]


def adjugates(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    """D[i, j, k, l] = det(A)*(inv(A)[i, j]*inv(A)[k, l] - inv(A)[i, l]*inv(A)[k, j]), an entry of A or minus one."""

    def entry(i: int, j: int, k: int, m: int) -> Scalar:
        if i == k or j == m:
            return ZERO
        if n == 2:
            return ONE if (i < k) == (j < m) else graph.negative(ONE)
        p, q = 3 - i - k, 3 - j - m
        return graph.scaled(Fraction(levi_civita(i, k, p) * levi_civita(j, m, q)), a[3 * q + p])

    r = range(n)
    return [entry(i, j, k, m) for i in r for j in r for k in r for m in r]


def levi_civita(i: int, j: int, k: int) -> int:
    """1 for places in the order of 0, 1, 2, -1 in the other order, and 0 where two are the same."""
    return (i - j) * (j - k) * (k - i) // 2


class Cofactors(NamedTuple):
    """Of a matrix, with what tells whether they have their digits."""

    adjugate: Entries
    determinant: Scalar
    test: str
    tested: Entries


def cofactors(graph: Graph, a: Sequence[Scalar], n: int) -> Cofactors:
    adj = adjugate(graph, a, n)
    determinant = graph.dot(a[:n], adj[::n])
    if n == 1 or determinant.node is None:
        return Cofactors(adj, determinant, "", [])
    rows = [graph.dot(a[i : i + n], a[i : i + n]) for i in range(0, n * n, n)]
    return Cofactors(adj, determinant, f"{{0}} * {{0}} > {QUOTIENTS[n]} * {{1}}", [determinant, graph.product(rows)])


def _or_by_pivots(graph: Graph, a: Sequence[Scalar], found: Cofactors, usual: Entries, statement: str) -> Entries:
    """The usual values, or what a statement makes of the matrix where they have lost digits."""
    if not found.test and not found.determinant.is_zero:
        return usual
    inputs = [*a]
    if found.determinant.is_zero:
        return graph.block(Block(statement, (("x", len(inputs)),), len(usual)), [inputs])
    block = Block(statement, (("x", len(inputs)),), len(usual), found.test, len(found.tested))
    return graph.block(block, [inputs], found.tested, usual)


def determinant(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    found = cofactors(graph, a, n)
    if n < 3 or found.determinant.node is None or found.determinant.node.kind != "sum":
        return [found.determinant]  # as by elimination, where at most one product is subtracted
    return _or_by_pivots(graph, a, found, [found.determinant], f"determinant({{x}}, {{y}}, {n});")


def inverse(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    found = cofactors(graph, a, n)
    if n == 1 and a[0].node is not None:
        graph.check("{0} != 0", a, 2)
    usual = [] if found.determinant.is_zero else [graph.divide(entry, found.determinant) for entry in found.adjugate]
    return _or_by_pivots(graph, a, found, usual or [ZERO] * n * n, f"if (inverse_of({{x}}, {{y}}, {n})) return 2;")


def log_of_det(graph: Graph, a: Sequence[Scalar], n: int, *, is_real: bool) -> Entries:
    """The logarithm of the determinant, NaN where it is negative, or of its size."""
    found = cofactors(graph, a, n)
    logarithm = graph.call("log({0})" if is_real else "log(fabs({0}))", [found.determinant])
    return _or_by_pivots(graph, a, found, [logarithm], f"log_of_det({{x}}, {{y}}, {n}, {int(is_real)});")


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
