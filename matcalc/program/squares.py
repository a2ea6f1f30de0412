"""Sums of squares: scalars such as x'*A'*A*x, which are computed from A*x; their roots, which are norms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import combinations

from matcalc.function import Kernel, entrywise
from matcalc.network.build import contract
from matcalc.network.components import components
from matcalc.network.nodes import Factor, Node, is_function
from matcalc.rational import Fraction

NONZERO = entrywise(
    "nonzero",
    keeps=("sign",),
    c="({u} == 0 ? 1.0 / 0.0 : {u})",
    numpy='''_or_inf({u})

def _or_inf(u):
    """u, or inf where it is 0: what is divided by it is 0 there."""
    return np.where(u == 0, np.inf, u)
''',
)
NORM = Kernel(
    "norm",
    "(m,n)->(1,1)",
    "Euclidean norm, where the sum of squares is no number, too",
    range="[0, inf)",
    c="norm_of({x}, {y}, {count});",
    numpy="""_norm({X})

def _norm(x):
    \"\"\"The Euclidean norm; by the largest entry where the squares are too large or too small.\"\"\"
    square = np.vdot(x, x)
    if 1e-280 < square < np.inf:
        return np.sqrt(square)
    largest = np.max(np.abs(x))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * np.sqrt(np.vdot(x / largest, x / largest))
""",
    flops="2*m*n",
)


def rooted(nodes: Iterable[Node]) -> set[Node]:
    """The sums of squares of which roots are taken."""
    products = [node for node in nodes if node.kind == "contraction"]
    return {_square(f.node) for node in products for f in node.factors if f.exponent.denominator != 1}


def by_norms(factors: list[Factor], roots: Collection[Node]) -> list[Factor]:
    """Roots of sums of squares as powers of norms, and what divides by a sum of which there is a root."""
    return [_by_norm(f) if _square(f.node) in roots and _is_root(f) else f for f in factors]


def is_norm(node: Node) -> bool:
    """Whether a scalar is a norm, or one that is not zero."""
    return is_function(_square(node), NORM)


def _square(node: Node) -> Node:
    """The sum of squares itself, of one that is not zero."""
    return node.operands[0] if is_function(node, NONZERO) else node


def _is_root(factor: Factor) -> bool:
    return factor.exponent.denominator != 1 or factor.exponent < 0


def _by_norm(factor: Factor) -> Factor:
    node, _, exponent = factor
    inner = _square(node)
    if inner.rank or inner.kind != "contraction" or inner.product.coefficient != 1:
        return factor
    half = half_of_square(inner) if all(f.indices for f in inner.factors) else None
    if half is None or not half.rank:
        return factor
    norm = Node("opaque", (half,), NORM, ())
    made = norm if inner is node else Node("elementwise", (norm,), node.function, ())
    return Factor(made, (), 2 * exponent)


def half_of_square(node: Node) -> Node | None:
    """The u of a scalar that is a sum of u², such as x'*A'*A*x: computed from u it is cheaper, and never negative."""
    product = node.product
    arrays = [f for f in node.factors if f.indices]
    if len(arrays) == 1:
        factor = arrays[0]
        is_square = factor.exponent == 2 and len(set(factor.indices)) == len(factor.indices) <= 2
        return factor.node if is_square else None
    for count in (1, 2):
        for middle in combinations(range(len(product.sizes)), count):
            halves = components(arrays, set(middle))
            if len(halves) != 2 or any(not any(i in f.indices for f in half) for half in halves for i in middle):
                continue
            if Counter(map(_made_of, halves[0])) != Counter(map(_made_of, halves[1])):
                continue
            first, second = (contract(Fraction(1), half, middle, dict(enumerate(product.sizes))) for half in halves)
            if first is second:
                return first
    return None


def _made_of(factor: Factor) -> tuple[Node, Fraction]:
    return factor.node, factor.exponent
