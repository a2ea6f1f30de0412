"""Terms seen as a frame, factors that they share, around a part of each: A*B*x and A*C*x as A*(·)*x of B and of C."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.functions import EXP
from matcalc.lifting.terms import Terms
from matcalc.network import properties
from matcalc.network.build import add, contract, scale, transposed
from matcalc.network.components import components
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.rational import Fraction
from matcalc.records import NamedTuple, record
from matcalc.shape import Dim

_1 = Fraction(1)
_0 = Fraction(0)
POWER_SIGN = 2  # parts that an exponent takes


@record(frozen=False)
class OpenTerm:
    """A term of a sum: its factors, those that hang on no index of the result as scalars."""

    before: Fraction  # the number that the sum has before the node
    node: Node
    coefficient: Fraction
    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    places: dict[Node, list[int]]  # of each node among the factors
    beside: dict[Index, list[int]]  # the places of the factors that have an index

    @classmethod
    def of(cls, before: Fraction, node: Node) -> OpenTerm:
        if node.kind != "contraction":
            out = tuple(range(node.rank))
            return cls._with_places(before, node, before, [Factor(node, out, _1)], out, dict(enumerate(node.dims)))
        coefficient, factors = _with_scalars(node)
        sizes = dict(enumerate(node.product.sizes))
        return cls._with_places(before, node, before * coefficient, factors, node.product.out, sizes)

    @classmethod
    def _with_places(
        cls,
        before: Fraction,
        node: Node,
        coefficient: Fraction,
        factors: list[Factor],
        out: Indices,
        sizes: dict[Index, Dim],
    ) -> OpenTerm:
        places: dict[Node, list[int]] = {}
        beside: dict[Index, list[int]] = {}
        for k, factor in enumerate(factors):
            places.setdefault(factor.node, []).append(k)
            for i in dict.fromkeys(factor.indices):
                beside.setdefault(i, []).append(k)
        return cls(before, node, coefficient, factors, out, sizes, places, beside)

    @property
    def is_bare(self) -> bool:
        """Whether it is ones and deltas, and scalars before them."""
        return not any(f.indices for f in self.factors)

    @property
    def constant_axes(self) -> frozenset[int]:
        """Those along which a matrix is the same, as u*ones(n)' is along its rows, if not all are."""
        used = {i for f in self.factors for i in f.indices}
        found = frozenset([axis for axis, i in enumerate(self.out) if i not in used])
        return found if len(found) < len(self.out) == len(set(self.out)) else frozenset()


def _with_scalars(node: Node) -> tuple[Fraction, list[Factor]]:
    """The number and the factors of a product, those that hang on no index of the result as scalars."""
    coefficient, factors = node.product.coefficient, node.factors
    reached, apart, near = set(node.product.out), factors, factors
    while near and apart:
        near = [f for f in apart if not reached.isdisjoint(f.indices)]
        apart = [f for f in apart if reached.isdisjoint(f.indices)]
        for factor in near:
            reached.update(factor.indices)
    if not apart:
        return coefficient, factors
    scalars: dict[Node, Fraction] = {}
    for base, indices, exponent in apart:
        if not indices:
            scalars[base] = scalars.get(base, _0) + exponent
    closed = [f for f in apart if f.indices]
    for group in components(closed, set()) if closed else ():
        before, base = split_coefficient(contract(_1, group, (), dict(enumerate(node.product.sizes)), plain=True))
        coefficient *= before
        scalars[base] = scalars.get(base, _0) + 1
    left = [f for f in factors if not reached.isdisjoint(f.indices)]
    return coefficient, [*left, *(Factor(base, (), p) for base, p in scalars.items() if p)]


class Frame(NamedTuple):
    """Factors that several terms have, and the indices on which the part of each stands that is its own."""

    factors: list[Factor]
    out: Indices
    inner: Indices
    sizes: dict[Index, Dim]
    may_be_bare: bool  # whether a part may be ones or the identity

    @property
    def saving(self) -> int:
        return 1 + sum([f.node.weight + 1 + POWER_SIGN * (abs(f.exponent) != 1) for f in self.factors])

    def part_of(self, term: OpenTerm) -> Node | None:
        """What is inside this frame, if a term has it."""
        if any(f.node not in term.places for f in self.factors):
            return None
        names = dict(zip(self.out, term.out, strict=True))
        if any(names[i] != o for i, o in zip(self.out, term.out, strict=True)):
            return None
        for found, left in _ways_to_find(self.factors, names, term.factors):
            outer = [found[i] for i in found if i not in self.inner]
            inner = tuple([found[i] for i in self.inner])
            used = {i for f in left for i in f.indices}
            apart = len(set(outer)) == len(outer) and not set(outer) & {*inner, *used}
            if apart and (used or not inner or self.may_be_bare) and not used & (set(term.out) - set(inner)):
                return _part(term, left, inner)
        return None

    def around(self, parts: Terms) -> Node:
        """The frame around a sum, which has a minus inside rather than before it."""
        coefficient, total = split_coefficient(add(parts, tuple([self.sizes[i] for i in self.inner]), plain=True))
        if coefficient < 0 and total.kind == "sum" and min(total.coefficients) < 0:
            total = Node("sum", total.operands, tuple([-c for c in total.coefficients]), total.dims)
            coefficient = -coefficient
        factors = [*self.factors, Factor(total, self.inner, _1)]
        return contract(coefficient, factors, self.out, dict(self.sizes), plain=True)


def _part(term: OpenTerm, left: list[Factor], inner: Indices) -> Node:
    """What is left of a term; a sum alone the right way round, so that its terms meet those of others."""
    if not left and not inner:
        return number(term.coefficient)
    if len(left) == 1 and left[0].exponent == 1 and len(set(inner)) == len(inner):
        node, indices, _ = left[0]
        if indices == inner:
            return scale(term.coefficient, node)
        if node.kind == "sum" and node.rank == 2 and indices == inner[::-1]:
            return scale(term.coefficient, transposed(node))
    return contract(term.coefficient, left, inner, dict(term.sizes), plain=True)


def _ways_to_find(
    wanted: list[Factor], names: dict[Index, Index], factors: list[Factor]
) -> Iterator[tuple[dict[Index, Index], list[Factor]]]:
    """The ways to find factors among others: the indices that theirs are there, and the factors that are left."""
    if not wanted:
        yield names, factors
        return
    first, *others = wanted
    for k, factor in enumerate(factors):
        if factor.node is not first.node or shared_power(factor, first) != first.exponent:
            continue
        for indices in ways_round(factor):
            if all(names.get(i, at) == at for i, at in zip(first.indices, indices, strict=True)):
                rest = factor._replace(exponent=factor.exponent - first.exponent)
                left = [*factors[:k], *([rest] if rest.exponent else []), *factors[k + 1 :]]
                yield from _ways_to_find(others, {**names, **dict(zip(first.indices, indices, strict=True))}, left)


def ways_round(factor: Factor) -> tuple[Indices, ...]:
    """The orders in which a factor's indices may be read: both, where it is symmetric."""
    if len(factor.indices) == 2 and properties.is_symmetric(factor.node):
        return factor.indices, factor.indices[::-1]
    return (factor.indices,)


def shared_power(f: Factor, g: Factor) -> Fraction:
    """The power that two powers of one node share; exp(2*u) is not seen as a power of exp(u)."""
    if f.exponent == g.exponent:
        return f.exponent
    if (f.exponent > 0) != (g.exponent > 0) or is_function(f.node, EXP):
        return _0
    return min(f.exponent, g.exponent, key=abs)
