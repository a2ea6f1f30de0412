"""Cross products and skew matrices as steps: the symbol of Levi-Civita is no array where vectors meet it."""

from __future__ import annotations

from matcalc.function import Kernel
from matcalc.functions import LEVICIVITA
from matcalc.lowering.substitute import substitute
from matcalc.network.build import contract
from matcalc.network.components import components
from matcalc.network.nodes import Factor, Node, is_function
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.walk import postorder

_1 = Fraction(1)

CROSS = Kernel(
    "cross",
    "(3,1),(3,1)->(3,1)",
    "cross product",
    operands=("x", "y"),
    numpy='''_cross({x}, {y})

def _cross(x, y):
    """The cross product of two vectors."""
    after, before = [1, 2, 0], [2, 0, 1]
    return x[..., after] * y[..., before] - x[..., before] * y[..., after]
''',
    c="cross({x}, {u}, {y});",
    flops="9",
    stacks=True,
)
HAT = Kernel(
    "hat",
    "(3,1)->(3,3)",
    "skew matrix of a column",
    operands=("x",),
    numpy='''_hat({x})

def _hat(x):
    """The skew matrix of a vector."""
    a, b, c = np.moveaxis(x, -1, 0)
    zero = np.zeros_like(a)
    return np.moveaxis(np.array(((zero, -c, b), (c, zero, -a), (-b, a, zero))), (0, 1), (-2, -1))
''',
    c="hat({x}, {y});",
    flops="3",
    gives=("skew",),
    stacks=True,
)


def with_cross_products(nodes: list[Node]) -> list[Node]:
    """Nodes in which vectors on the symbol of Levi-Civita are multiplied crosswise."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        made = _crossed(node)
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _crossed(node: Node) -> Node:
    """A product with cross(x, y) for e[i,j,k]*x[i]*y[j], and with hat(x)[k,j] for e[i,j,k]*x[i]."""
    factors = node.factors if node.kind == "contraction" else []
    for symbol in [f for f in factors if is_function(f.node, LEVICIVITA) and f.exponent == 1]:
        groups = vectors_on(node, symbol)
        if not groups:
            continue
        sizes = dict(enumerate(node.product.sizes))
        i, j, k = _order(groups)
        count = min(len(groups), 2)
        vectors = [_crossed(contract(_1, groups[at], (symbol.indices[at],), dict(sizes))) for at in (i, j)[:count]]
        if count == 2 and vectors[1].order() < vectors[0].order():  # so that cross(y, x) is no other step
            (i, j), vectors = (j, i), vectors[::-1]
        made = opaque(CROSS if count == 2 else HAT, tuple(vectors))
        indices = tuple(symbol.indices[at] for at in ((k,) if count == 2 else (k, j)))
        gone = [symbol, *(f for at in (i, j)[:count] for f in groups[at])]
        rest = [f for f in factors if f not in gone]
        sign = Fraction((j - i) * (k - j) * (k - i) // 2)
        return _crossed(
            contract(sign * node.product.coefficient, [*rest, Factor(made, indices, _1)], node.product.out, sizes)
        )
    return node


def vectors_on(node: Node, symbol: Factor) -> dict[int, list[Factor]]:
    """The factors of the vectors on the indices of the symbol, by the place of the index."""
    border = {*symbol.indices, *node.product.out}
    found = {}
    for group in components([f for f in node.factors if f != symbol], set()):
        ends = {i for f in group for i in f.indices} & border
        if len(ends) == 1 and not ends & {*node.product.out}:
            found[symbol.indices.index(ends.pop())] = group
    return found


def _order(groups: dict[int, list[Factor]]) -> tuple[int, int, int]:
    """The places of the symbol: those of the simplest vectors first, else in their order."""
    weights = {at: sum(f.node.weight for f in group) for at, group in groups.items()}
    first, *others = sorted(range(3), key=lambda at: (at not in groups, weights.get(at, 0), at))
    if len(groups) == 1:
        return first, (first + 1) % 3, (first + 2) % 3
    return first, others[0], others[1]
