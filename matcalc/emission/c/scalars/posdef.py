"""Positive definite matrices in scalars: by cofactors up to 3×3, and as L*D*L', without roots, of any size.

The lower triangle is read alone, as Cholesky's factorisation does. By Sylvester's criterion the leading minors are
positive; where these don't have all digits, Cholesky's factorisation judges and computes.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emission.c.scalars.graph import ONE, ZERO, Block, Graph, Scalar
from matcalc.emission.c.scalars.matrices import IN_RANGE, LARGEST_CLOSED, Entries, cofactors, triangular_solved
from matcalc.records import NamedTuple


class Factored(NamedTuple):
    """A = L*D*L': the unit lower factor row by row, the diagonal of D, and its reciprocals."""

    n: int
    lower: Entries
    diagonal: Entries
    reciprocals: Entries


class Posdef:
    """What is asked of a positive definite matrix; the function fails where it isn't one."""

    def __init__(self, graph: Graph, a: Sequence[Scalar], n: int) -> None:
        self.graph = graph
        self.a = [a[max(i, j) * n + min(i, j)] for i in range(n) for j in range(n)]
        self.n = n
        self._closed: Entries = []
        self._factored: Factored | None = None

    @property
    def factored(self) -> Factored:
        if self._factored is None:
            self._factored = _factored(self.graph, self.a, self.n)
        return self._factored

    @property
    def closed(self) -> Entries:
        """The entries of the inverse, and the logarithm of the determinant."""
        if not self._closed:
            self._closed = _closed(self.graph, self.a, self.n)
        return self._closed

    @property
    def log_of_det(self) -> Scalar:
        return self.closed[-1] if self.n <= LARGEST_CLOSED else _log(self.graph, self.factored)

    def inverse(self) -> Entries:
        """Its lower triangle is computed, and mirrored."""
        graph, n = self.graph, self.n
        if n <= LARGEST_CLOSED:
            return self.closed[:-1]
        m = self.below([ONE if i == j else ZERO for i in range(n) for j in range(n)])
        scaled = [graph.multiply(self.factored.reciprocals[k // n], entry) for k, entry in enumerate(m)]
        return [
            graph.add(graph.multiply(scaled[k * n + max(i, j)], m[k * n + min(i, j)]) for k in range(max(i, j), n))
            for i in range(n)
            for j in range(n)
        ]

    def solved(self, right: Sequence[Scalar]) -> Entries:
        graph, n = self.graph, self.n
        m = len(right) // n
        if n <= LARGEST_CLOSED:
            return [graph.dot(self.closed[i * n : i * n + n], right[j::m]) for i in range(n) for j in range(m)]
        middle = [graph.multiply(entry, self.factored.reciprocals[k // m]) for k, entry in enumerate(self.below(right))]
        return self.below(middle, transposed=True)

    def below(self, right: Sequence[Scalar], *, transposed: bool = False) -> Entries:
        """The solution with the unit lower factor."""
        return triangular_solved(self.graph, self.factored.lower, self.n, right, lower=True, transposed=transposed)

    # ---------------------------------------------------------------- Cholesky's factor, L*sqrt(D)
    def roots(self) -> Entries:
        return [self.graph.root(entry) for entry in self.factored.diagonal]

    def cholesky(self) -> Entries:
        n, roots = self.n, self.roots()
        return [self.graph.multiply(self.factored.lower[i * n + j], roots[j]) for i in range(n) for j in range(n)]

    def half_solved(self, right: Sequence[Scalar], *, transposed: bool) -> Entries:
        """The solution with Cholesky's factor, or with its transpose."""
        m = len(right) // self.n
        inner = [*right] if transposed else self.below(right)
        roots = self.roots()
        middle = [self.graph.divide(entry, roots[k // m]) for k, entry in enumerate(inner)]
        return self.below(middle, transposed=True) if transposed else middle


def _closed(graph: Graph, a: Sequence[Scalar], n: int) -> Entries:
    found = cofactors(graph, a, n)
    usual = [
        *(graph.divide(entry, found.determinant) for entry in found.adjugate),
        graph.call("log({0})", [found.determinant]),
    ]
    minors = [a[0], found.adjugate[-1], found.determinant][-n:] if n != 2 else [a[0], found.determinant]
    if n == 1:
        graph.check("{0} > 0", minors, 1)
        return usual
    positive = " && ".join(f"{{{k + 2}}} > 0" for k in range(n))
    block = Block(
        f"if (posdef_of({{x}}, {{y}}, {n})) return 1;", (("x", n * n),), n * n + 1, f"{found.test} && {positive}", n + 2
    )
    return graph.block(block, [a], [*found.tested, *minors], usual)


def _factored(graph: Graph, a: Sequence[Scalar], n: int) -> Factored:
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


def _log(graph: Graph, found: Factored) -> Scalar:
    """The logarithm of the product of D, or the sum of logarithms where the product is no number."""
    partial = [found.diagonal[0]]
    for entry in found.diagonal[1:]:
        partial.append(graph.multiply(partial[-1], entry))
    test = " && ".join(IN_RANGE.format(k) for k in range(found.n - 1))
    block = Block(f"sum_of_logs({{x}}, {{y}}, {found.n});", (("x", found.n),), 1, test, found.n - 1)
    return graph.block(block, [found.diagonal], partial[1:], [graph.call("log({0})", partial[-1:])])[0]
