"""Cross products and rotations in space, in scalars, where zeros of skew matrices cost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.emission.c.scalars.graph import ONE, ZERO, Block, Graph, Scalar
from matcalc.emission.c.scalars.matrices import Entries, levi_civita
from matcalc.rational import Fraction

R3 = range(3)
_SERIES = Block("rotation_series({x}, {y});", (("x", 1),), 5)


def symbol() -> Entries:
    """The symbol of Levi-Civita."""
    return [Scalar(Fraction(levi_civita(i, j, k)), None) for i in R3 for j in R3 for k in R3]


def hat(graph: Graph, x: Sequence[Scalar]) -> Entries:
    """Entry (i, j) is -x[k] where i, j, k are in the order of 1, 2, 3."""
    return [
        ZERO if i == j else graph.scaled(Fraction(-levi_civita(i, j, 3 - i - j)), x[3 - i - j]) for i in R3 for j in R3
    ]


def cross(graph: Graph, x: Sequence[Scalar], y: Sequence[Scalar]) -> Entries:
    def minor(i: int, j: int) -> Scalar:
        return graph.add((graph.multiply(x[i], y[j]), graph.negative(graph.multiply(x[j], y[i]))))

    return [minor((i + 1) % 3, (i + 2) % 3) for i in R3]


def _series(graph: Graph, x: Sequence[Scalar]) -> Entries:
    """Sums of (-t)^i/(k + 2*i)! of t = |x|², for k of 1, 2, … 5."""
    return graph.block(_SERIES, [[graph.dot(x, x)]])


def _beside_skew(graph: Graph, x: Sequence[Scalar], first: Scalar, second: Scalar) -> Entries:
    """eye(3) + first*hat(x) + second*hat(x)^2, where hat(x)^2 = x*x' - |x|²*eye(3)."""
    skew = hat(graph, x)

    def entry(i: int, j: int) -> Scalar:
        if i == j:
            others = graph.add(graph.multiply(x[k], x[k]) for k in R3 if k != i)
            return graph.add((ONE, graph.negative(graph.multiply(second, others))))
        square = graph.multiply(second, graph.multiply(x[i], x[j]))
        return graph.add((square, graph.multiply(first, skew[3 * i + j])))

    return [entry(i, j) for i in R3 for j in R3]


def rodrigues(graph: Graph, x: Sequence[Scalar]) -> Entries:
    first, second, *_ = _series(graph, x)
    return _beside_skew(graph, x, first, second)


def right_jacobian(graph: Graph, x: Sequence[Scalar]) -> Entries:
    _, second, third, *_ = _series(graph, x)
    return _beside_skew(graph, x, graph.negative(second), third)


def right_jacobian_slope(graph: Graph, x: Sequence[Scalar]) -> Entries:
    """The derivative of entry (i, j) of the right Jacobian by x[k], at the place (j, i, k).

    That is x[k]*((c3 - 2*c4)*hat(x) + (3*c5 - c4)*hat(x)^2) + c3*(E*hat(x) + hat(x)*E) - c2*E for E = hat(unit k).
    """
    _, c2, c3, c4, c5 = _series(graph, x)
    skew = hat(graph, x)
    first = graph.add((c3, graph.scaled(Fraction(-2), c4)))
    second = graph.add((graph.scaled(Fraction(3), c5), graph.negative(c4)))
    square = _product(graph, skew, skew)
    along = [
        graph.add((graph.multiply(first, a), graph.multiply(second, b))) for a, b in zip(skew, square, strict=True)
    ]
    by_place: dict[tuple[int, int, int], Scalar] = {}
    for k in R3:
        unit = hat(graph, [ONE if i == k else ZERO for i in R3])
        both = zip(_product(graph, unit, skew), _product(graph, skew, unit), strict=True)
        turned = [graph.add(pair) for pair in both]
        for place in range(9):
            terms: Iterable[Scalar] = (
                graph.multiply(x[k], along[place]),
                graph.multiply(c3, turned[place]),
                graph.negative(graph.multiply(c2, unit[place])),
            )
            by_place[place % 3, place // 3, k] = graph.add(terms)
    return [by_place[j, i, k] for j in R3 for i in R3 for k in R3]


def _product(graph: Graph, a: Sequence[Scalar], b: Sequence[Scalar]) -> Entries:
    return [graph.dot(a[3 * i : 3 * i + 3], b[j::3]) for i in R3 for j in R3]
