"""Products that have a value where what divides them is zero: x/norm2(x), x*x'/norm2(x), p.*log(p) at zero.

Where N is zero, all that it is made of vanishes: x in N = x'*x. The other factors vanish there, too, each to some order
in x. Where they do so faster than N^-p grows, the limit is 0; and x/norm2(x), which has none, is given the subgradient
0. So the reciprocal of N is taken to be 0 there. Else there is a pole, which is left as it stands.
"""

from __future__ import annotations

from matcalc.budgets import Steps
from matcalc.function import entrywise
from matcalc.functions import ABS, LOG, NORM_P, POWER, RELU, STEP
from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function, is_one_of
from matcalc.program.halves import half_among
from matcalc.program.series import Series
from matcalc.program.squares import NONZERO
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.functions import elementwise
from matcalc.shape import Dim
from matcalc.walk import postorder

MOST_FACTORS = 24  # of a product that is looked at, and terms of a sum in it
DEEPEST = 12  # levels at which orders are looked for
MOST_WITHIN = 40  # products in sums in a product that are looked at beside its factors: they are as many as paths

LOG_OR_0 = entrywise(
    "log_or_0",
    c="({u} == 0 ? 0.0 : log({u}))",
    numpy='''_log_or_0({u})

def _log_or_0(u):
    """log(u), or 0 where u is 0: it stands beside what is 0 there."""
    return np.log(np.where(u == 0, 1.0, u))
''',
)
XLOGY = entrywise("xlogy", 2, c="({v} == 0 ? 0.0 : {v} * log({u}))", numpy="special.xlogy({v}, {u})")

_0, _1 = Fraction(0), Fraction(1)
_HALF = Fraction(1, 2)
_LOG = Fraction(-1, 10**6)  # the order of a logarithm: less than that of any root
_NEVER = Fraction(10**6)  # the order of what is zero already where N is


class Zero(NamedTuple):
    """Where a node is zero: what vanishes there, and to which order in it; ``axes`` are the node's among an atom's."""

    node: Node
    atoms: frozenset[Node]
    order: Fraction
    axes: tuple[int, ...]


def with_limits(nodes: list[Node]) -> list[Node]:
    """Nodes whose products have their limits where they have some."""
    new: dict[Node, Node] = {}
    limits = _Limits()
    for node in postorder(*nodes):
        made = limits.of(node) if node.kind == "contraction" else node
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


class _Limits:
    """Products with their limits; what is found out about orders is kept."""

    def __init__(self) -> None:
        self.steps = Steps(0)
        self.orders: dict[Zero, _Orders] = {}

    def of(self, node: Node) -> Node:
        self.steps = Steps(MOST_WITHIN)
        return self.product(node, [])

    def product(self, node: Node, around: list[Factor]) -> Node:
        """A product, ``around`` which other factors stand, with its limits."""
        if len(node.operands) > MOST_FACTORS or all(e > 0 and not _may_be_singular(o) for o, e in _powers(node)):
            return node
        if not self.steps.take():
            return node
        factors = self.logarithms(node.factors)
        made = list(factors)
        for k, factor in enumerate(factors):
            others = [*factors[:k], *factors[k + 1 :], *around]
            if factor.exponent < 0:
                if self.is_limited(factor, others, node.product.out):
                    made[k] = factor._replace(node=elementwise(NONZERO, (factor.node,)))
            elif is_function(factor.node, LOG) and factor.exponent == 1:
                made[k] = factor._replace(node=self.logarithm(factor, others))
            elif factor.node.kind == "sum" and factor.exponent == 1 and len(factor.node.operands) <= MOST_FACTORS:
                made[k] = factor._replace(node=self.sum(factor, others))
        if made == node.factors:
            return node
        return contract(node.product.coefficient, made, node.product.out, _sizes(node))

    def sum(self, factor: Factor, others: list[Factor]) -> Node:
        """The terms of a sum that is a factor, with the limits that they have beside the others."""
        node = factor.node
        terms = []
        for c, term in node.terms:
            if term.kind == "contraction" and len(set(term.product.out)) == term.rank:
                inside = dict(zip(factor.indices, term.product.out, strict=True))
                far = len(term.product.sizes)
                around = [f._replace(indices=tuple(inside.get(i, far + i) for i in f.indices)) for f in others]
                term = self.product(term, around)
            elif is_function(term, LOG):
                term = self.logarithm(factor._replace(node=term), others)
            terms.append((c, term))
        return node if all(a is b for (_, a), b in zip(terms, node.operands, strict=True)) else add(terms, node.dims)

    def is_limited(self, below: Factor, others: list[Factor], out: Indices) -> bool:
        """Whether the product of a negative power and the other factors has a value where its base is zero."""
        if properties.is_positive(below.node):
            return False
        zero = _zero(below.node)
        half = half_among(below.node, others, out) if below.node in zero.atoms else None
        if half is not None:
            zero, others = Zero(below.node, frozenset((half[0],)), Fraction(2), ()), half[1]
        order = self.around(zero).of_factors(others, below.indices, 0)
        if order is None:
            return False
        growth = -below.exponent * zero.order
        if is_function(zero.node, NORM_P):  # whose slope is a quotient of powers
            others = [f._replace(exponent=_1) if f.exponent > 0 else f for f in others]
        elif growth != 1:
            return order > growth
        return order > growth or (order == growth and any(_is_direction(f, zero, below.indices) for f in others))

    def around(self, zero: Zero) -> _Orders:
        return self.orders.setdefault(zero, _Orders(zero))

    def logarithm(self, log: Factor, others: list[Factor]) -> Node:
        """A logarithm beside what vanishes where it is none."""
        (u,) = log.node.operands
        if properties.is_positive(u):
            return log.node
        order = self.around(_zero(u)).of_factors(others, log.indices, 0)
        return log.node if order is None or order <= 0 else elementwise(LOG_OR_0, (u,))

    def logarithms(self, factors: list[Factor]) -> list[Factor]:
        """p.*log(p) as one function, which is 0 where p is."""
        for log in factors:
            if not is_function(log.node, LOG) or log.exponent != 1 or properties.is_positive(log.node.operands[0]):
                continue
            (u,) = log.node.operands
            for other in factors:
                if other is log or other.indices != log.indices or len(set(log.indices)) < len(log.indices):
                    continue
                if other.exponent > 0 and self.vanishes_with(other.node, u):
                    out = log.indices
                    power = contract(_1, [other], out, dict(zip(out, u.dims, strict=True)))
                    rest = [f for f in factors if f is not log and f is not other]
                    return self.logarithms([*rest, Factor(elementwise(XLOGY, (u, power)), out, _1)])
        return factors

    def vanishes_with(self, node: Node, u: Node) -> bool:
        """Whether a node may be zero where u is."""
        if is_function(node, POWER):
            return node.operands[0] is u
        order = self.around(Zero(u, frozenset((u,)), _1, tuple(range(u.rank)))).of(node, 0)
        return order is not None and order > 0


def _powers(node: Node) -> list[tuple[Node, Fraction]]:
    return list(zip(node.operands, node.product.exponents, strict=True))


def _may_be_singular(node: Node) -> bool:
    """Whether a factor may be no number, or a sum of such."""
    return node.kind == "sum" or is_one_of(node, (LOG, STEP))


def _sizes(node: Node) -> dict[Index, Dim]:
    return dict(enumerate(node.product.sizes))


# ---------------------------------------------------------------- where a node is zero
def _zero(node: Node) -> Zero:
    """Where a node is zero: for sums of squares, where all that is squared is."""
    if is_function(node, NORM_P):
        return Zero(node, frozenset(node.operands[:1]), _1, ())
    found = _zero_of_product(node) if node.kind == "contraction" else None
    if node.kind == "sum" and all(c > 0 for c, _ in node.terms):
        zeros = [_zero(term) for term in node.operands]
        if all(properties.is_nonnegative(term) for term in node.operands) and len({z.axes for z in zeros}) == 1:
            atoms = frozenset[Node]().union(*(z.atoms for z in zeros))
            return Zero(node, atoms, min(z.order for z in zeros), zeros[0].axes)
    return found or Zero(node, frozenset((node,)), _1, tuple(range(node.rank)))


def _zero_of_product(node: Node) -> Zero | None:
    """A sum of squares, or of powers of what is not negative, beside what is positive."""
    data = node.product
    loose = [f for f in node.factors if not properties.is_positive(f.node)]
    if len(loose) != 1 or data.coefficient <= 0 or len(set(data.out)) < len(data.out):
        return None
    (factor,) = loose
    distinct = set(factor.indices)
    if factor.exponent <= 0 or len(distinct) < len(factor.indices) or not set(data.out) <= distinct:
        return None
    if factor.exponent % 2 != 0 and not properties.is_nonnegative(factor.node):
        return None
    inner = _zero(factor.node)
    if inner.axes != tuple(range(factor.node.rank)) and factor.node.rank:
        return None
    axes = tuple(factor.indices.index(i) for i in data.out)
    return Zero(node, inner.atoms, factor.exponent * inner.order, axes)


# ---------------------------------------------------------------- orders
def _is_direction(factor: Factor, zero: Zero, at: Indices) -> bool:
    """Whether a factor is what vanishes itself, so that its quotient by its norm is a direction."""
    if is_function(factor.node, ABS):
        return _is_direction(factor._replace(node=factor.node.operands[0], exponent=_1), zero, at)
    return factor.exponent == 1 and factor.node in zero.atoms and _meets(factor, zero, at)


def _meets(factor: Factor, zero: Zero, at: Indices) -> bool:
    """Whether a factor that is an atom, or as large as the zero, stands at the same entries."""
    if factor.node in zero.atoms and len(zero.axes) <= factor.node.rank:
        return tuple(factor.indices[axis] for axis in zero.axes) == at
    return factor.indices == at


class _Orders:
    """To which orders nodes vanish where ``zero`` does; each is found once for each level that it is asked at."""

    def __init__(self, zero: Zero) -> None:
        self.zero = zero
        self.known: dict[tuple[Node, int], Fraction | None] = {}
        self.dependent: dict[Node, bool] = {}

    def of_factors(self, factors: list[Factor], at: Indices, depth: int) -> Fraction | None:
        total = _0
        for factor in factors:
            order = self.of_factor(factor, at, depth)
            if order is None:
                return None
            total += order
        return total

    def of_factor(self, factor: Factor, at: Indices, depth: int) -> Fraction | None:
        """The least order of a power of a node; None where it is not known."""
        zero = self.zero
        node, _, exponent = factor
        meets = _meets(factor, zero, at) or not at
        if exponent > 0:
            order = self.of(node, depth + 1)
            return None if order is None else exponent * (order if meets or order < 0 else _0)
        if node is zero.node and factor.indices == at:
            return exponent * zero.order
        if not self.depends(node) or properties.is_positive(node):
            return _0
        own = _zero(node)
        return exponent * own.order if own.atoms == zero.atoms and meets else None

    def depends(self, node: Node) -> bool:
        """Whether an atom is among the parts of a node."""
        if node not in self.dependent:
            for part in postorder(node):
                below = any(map(self.dependent.__getitem__, part.operands))
                self.dependent[part] = below or part in self.zero.atoms
        return self.dependent[node]

    def of(self, node: Node, depth: int) -> Fraction | None:
        """The least order to which a node vanishes where ``zero`` does; negative where it grows."""
        asked = node, depth
        if asked not in self.known:
            self.known[asked] = self.found(node, depth)
        return self.known[asked]

    def found(self, node: Node, depth: int) -> Fraction | None:
        zero = self.zero
        if node in zero.atoms:
            return _1
        if depth > DEEPEST:
            return None
        if is_function(node, STEP):
            if any(is_function(a, RELU) and a.operands == node.operands for a in zero.atoms):
                return _NEVER
        if not self.depends(node):
            return _0
        if node.kind == "sum":
            orders = [self.of(term, depth + 1) for term in node.operands]
            return None if None in orders else min(order for order in orders if order is not None)
        if node.kind == "contraction":
            at = tuple(node.product.out) if zero.axes else ()
            return self.of_factors(node.factors, at, depth + 1)
        if node.kind == "reshape":
            return None if zero.axes else self.of(node.operands[0], depth + 1)
        return self.of_function(node, depth)

    def of_function(self, node: Node, depth: int) -> Fraction | None:
        orders = [self.of(operand, depth + 1) for operand in node.operands]
        kernel = node.function
        if kernel.vanishes and orders[0] is not None and orders[0] > 0:
            return orders[0]
        if (kernel.interval is not None and kernel.interval.is_finite) or isinstance(kernel, Series):
            return _0
        if any(order is None or order < 0 for order in orders) or kernel is POWER:
            return None
        return _LOG if is_function(node, LOG) and orders[0] != 0 else _0
