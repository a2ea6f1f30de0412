"""Products with conditions as case distinctions, so that what is not taken has no say.

The network has a case distinction as the sum of its branches, each times its condition, which is 0 or 1; so has a
derivative. As numbers these products are nan where a branch is not taken and has no value. Here they become functions
of entries that take one of two values: of [c]*u + [not c]*v, where(c, u, v). What is summed is decided on before it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from matcalc.function import PAIRED
from matcalc.functions import ABS, MAX, MIN, RELU, SOFTPLUS, STEP
from matcalc.lowering.selections import SELECTIONS, Condition, Conditions, assuming, conditions_in, narrowed, select
from matcalc.lowering.substitute import substitute
from matcalc.network import orientation, properties
from matcalc.network.build import add, contract, scale
from matcalc.network.components import components
from matcalc.network.leaves import number
from matcalc.network.nodes import (
    Factor,
    Index,
    Indices,
    Node,
    Product,
    has_conditions,
    is_function,
    is_indicator,
)
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.functions import complement, elementwise
from matcalc.shape import Dim
from matcalc.walk import postorder

MOST_TERMS = 24  # of a sum whose branches are looked for

# Beside what is bounded, these are no larger than their operands.
_MODERATE = (ABS, MAX, MIN, PAIRED["maximum"], PAIRED["minimum"], RELU, SOFTPLUS, *SELECTIONS)

_0, _1 = Fraction(0), Fraction(1)


def in_branches(nodes: list[Node], *, sparing: bool = False, known: Collection[Node] = ()) -> list[Node]:
    """Nodes whose products with conditions are case distinctions; ``sparing``, only where a factor asks for it.

    Of a condition and its opposite, one that is ``known`` is asked for.
    """
    if not [node for node in postorder(*nodes) if node.kind == "elementwise" and node.function.is_indicator]:
        return nodes
    branching = _Branching(sparing, known)
    return [branching.of(node) for node in nodes]


class _Branching:
    """Nodes with their case distinctions; those that were made are kept."""

    def __init__(self, sparing: bool, known: Collection[Node]) -> None:
        self.sparing = sparing
        self.known = known
        self.made: dict[Node, Node] = {}

    def of(self, root: Node) -> Node:
        for node in postorder(root):
            if node not in self.made:
                self.made[node] = self.node(node)
        return self.made[root]

    def node(self, node: Node) -> Node:
        decided = self.sum(node) if node.kind == "sum" and len(node.operands) <= MOST_TERMS else None
        if decided is not None:
            return decided
        changed = {o: made for o in node.operands if (made := self.made[o]) is not o}
        made = substitute(node, changed) if changed else node
        return self.product(made) if has_conditions(made) else made

    def product(self, node: Node) -> Node:
        sizes = dict(enumerate(node.product.sizes))
        factors = node.factors
        if self.sparing and (whole := self.whole(node)) is not None:
            return whole
        for places in sorted({f.indices for f in factors if _is_condition(f)}, key=lambda at: (-len(at), at)):
            if len(set(places)) == len(places):
                factors = self.decided(factors, places, node.product.out, sizes)
        return node if factors == node.factors else contract(node.product.coefficient, factors, node.product.out, sizes)

    def whole(self, node: Node) -> Node | None:
        """A product of which conditions on scalars decide, as one distinction: where(s > 0, A*log(x), 0)."""
        conditions = [f for f in node.factors if _is_condition(f)]
        rest = [f for f in node.factors if f not in conditions]
        has_delta = len(set(node.product.out)) < node.rank
        if has_delta or any(f.indices for f in conditions):
            return None
        if all(map(_is_finite, rest)) and all(is_function(f.node, STEP) for f in conditions):
            return None
        sizes = dict(enumerate(node.product.sizes))
        condition, product = (contract(_1, factors, node.product.out, dict(sizes)) for factors in (conditions, rest))
        return scale(node.product.coefficient, self.select(condition, product, number(_0, node.dims)))

    def decided(self, factors: list[Factor], places: Indices, out: Indices, sizes: dict[Index, Dim]) -> list[Factor]:
        """The factors of a product, those that hang on the entries that conditions are about in one with these."""
        conditions = [f for f in factors if _is_condition(f) and f.indices == places]
        if not conditions:  # they are in a distinction by now
            return factors
        rest = [f for f in factors if f not in conditions]
        inside: list[Factor] = []
        for group in components(rest, set(places)):
            on = {i for f in group for i in f.indices}
            if (on - set(places)) & set(out) or any(map(_is_condition, group)):
                continue
            if on & set(places) or not all(map(_is_finite, group)):  # a plain scalar stays before the distinction
                inside += group
        outside = [f if f in inside else self.alone(f, conditions, sizes) for f in rest]
        is_plain = all(is_function(f.node, STEP) for f in conditions)
        if any(f not in rest for f in outside):
            conditions = [] if not inside and is_plain else conditions
        if is_plain and (not inside or (self.sparing and all(map(_is_finite, inside)))):
            made = _with_positive_parts([*conditions, *outside])
            return factors if len(made) == len(factors) and outside == rest else made
        outside = [f for f in outside if f not in inside]
        return [self.selected(conditions, inside, places, sizes), *outside]

    def selected(
        self, conditions: list[Factor], taken: list[Factor], places: Indices, sizes: dict[Index, Dim]
    ) -> Factor:
        """A product of factors where conditions on some of its entries hold, else 0.

        Where a condition is symmetric, the product is the matrix or its transpose, whichever reads better.
        """
        condition, product = (contract(_1, factors, places, dict(sizes)) for factors in (conditions, taken))
        if len(places) == 2 and properties.is_symmetric(condition):
            turned = orientation.reads_better_transposed(product)
            product, places = (product, places) if turned is None else (turned, places[::-1])
        return Factor(self.select(condition, product, number(_0, product.dims)), places, _1)

    def alone(self, factor: Factor, conditions: list[Factor], sizes: dict[Index, Dim]) -> Factor:
        """A factor of more axes that may have no value, as 0 where conditions on some of them do not hold."""
        places = factor.indices
        if _is_finite(factor) or len(set(places)) < len(places) or not set(conditions[0].indices) <= set(places):
            return factor
        return self.selected(conditions, [factor], places, sizes)

    def select(self, condition: Node, u: Node, v: Node) -> Node:
        """A case distinction, in whose branches it is known which they are."""
        return select(condition, self.of(assuming(u, condition)), self.of(assuming(v, complement(condition))))

    def sum(self, node: Node) -> Node | None:
        """A sum with the terms of a condition, and those of its opposite, as one case distinction."""
        branches = _branches(node)
        found = _paired(branches, node.dims, self.known)
        if found is None:
            found = self.together(branches, node.dims)
        if found is None:
            return None
        condition, u, v, others = found
        terms = [(_1, self.select(condition, u, v))]
        if others:
            left = add([(b.coefficient, b.without(_NONE)) for b in others], node.dims)
            terms.append((_1, self.of(left)))
        return add(terms, node.dims, plain=True)

    def together(self, branches: list[_Branch], dims: tuple[Dim, ...]) -> Paired | None:
        """Terms that have one condition, which has no opposite among them."""
        for one in dict.fromkeys(b.conditions for b in branches if _covers(b.conditions, dims)):
            mine = [b for b in branches if b.conditions == one]
            if len(mine) > 1 and not (self.sparing and all(has_values(b.rest) for b in mine)):
                total = add([(b.coefficient, b.rest) for b in mine], dims)
                return _on_axes(one, dims, []), total, number(_0, dims), [b for b in branches if b not in mine]
        return None


# ---------------------------------------------------------------- products
def _is_condition(factor: Factor) -> bool:
    return factor.exponent > 0 and is_indicator(factor.node)


def _with_positive_parts(factors: list[Factor]) -> list[Factor]:
    """step(u).*u as relu(u)."""
    for step in factors:
        for f in factors if is_function(step.node, STEP) else ():
            if f.node is step.node.operands[0] and f.indices == step.indices and f.exponent >= 1:
                others = [other for other in factors if other is not step and other is not f]
                return _with_positive_parts([*others, f._replace(node=elementwise(RELU, (f.node,)))])
    return factors


def has_values(node: Node) -> bool:
    """Whether a node has values wherever its variables have, and none that is much larger."""
    return _is_finite(Factor(node, (), _1))


def _is_finite(factor: Factor) -> bool:
    """Whether a factor has values wherever its variables have, and none that is much larger."""
    node, _, exponent = factor
    is_whole = exponent.denominator == 1 or properties.is_nonnegative(node)
    return exponent > 0 and is_whole and all(map(_has_value, postorder(node)))


def _has_value(node: Node) -> bool:
    """The same of a node whose operands have values."""
    if node.kind == "contraction":
        exponents = zip(node.operands, node.product.exponents, strict=True)
        return all(e > 0 and (e.denominator == 1 or properties.is_nonnegative(o)) for o, e in exponents)
    if node.kind not in ("elementwise", "opaque"):
        return True
    kernel = node.function
    is_bounded = kernel.interval is not None and kernel.interval.is_finite
    return (is_bounded or kernel in _MODERATE) and not getattr(kernel, "defined", "")


# ---------------------------------------------------------------- sums
_NONE: Conditions = frozenset()


class _Branch(NamedTuple):
    """A term of a sum: its number, the conditions among its factors, and the other factors."""

    coefficient: Fraction
    conditions: Conditions
    rest: Node

    def without(self, conditions: Conditions) -> Node:
        dims = self.rest.dims
        return _on_axes(self.conditions - conditions, dims, [Factor(self.rest, tuple(range(len(dims))), _1)])


Paired = tuple[Node, Node, Node, list[_Branch]]  # a condition, two branches, and terms that are in neither


def _branches(node: Node) -> list[_Branch]:
    """The terms of a sum; relu(u) is u where u > 0, if there is a term that counts where it is not."""
    factors = [f for term in node.operands if term.kind == "contraction" for f in term.factors]
    known = {f.node for f in factors if _is_condition(f)}
    if not known:
        return []
    return [_branch(c, term, known) for c, term in node.terms]


def _branch(coefficient: Fraction, term: Node, known: set[Node]) -> _Branch:
    axes = tuple(range(term.rank))
    is_product = term.kind == "contraction"
    product = term.product if is_product else Product(_1, (axes,), (_1,), axes, term.dims)
    has_delta = len(set(product.out)) < term.rank
    conditions: set[Condition] = set()
    rest: list[Factor] = []
    for f in term.factors if is_product else [Factor(term, axes, _1)]:
        if not set(f.indices) <= set(product.out) or f.exponent < 0 or (has_delta and f.indices):
            rest.append(f)
            continue
        places = tuple(product.out.index(i) for i in f.indices)
        if _is_condition(f):
            conditions.add((f.node, places))
        elif is_function(f.node, RELU) and complement(positive := elementwise(STEP, f.node.operands)) in known:
            conditions.add((positive, places))
            rest.append(f._replace(node=f.node.operands[0]))
        else:
            rest.append(f)
    made = contract(product.coefficient, rest, product.out, dict(enumerate(product.sizes)))
    return _Branch(coefficient, frozenset(conditions), made)


def _paired(branches: list[_Branch], dims: tuple[Dim, ...], known: Collection[Node]) -> Paired | None:
    """A condition, the sums of the terms that have it and of those that have its opposite, and the other terms."""
    best: tuple[tuple[int, bool], Conditions, Conditions] | None = None
    for one in _candidates(branches):
        opposite = _opposite(one, dims)
        count = [sum(side <= b.conditions for b in branches) for side in (one, opposite)]
        worth = sum(count), narrowed(_on_axes(one, dims, [])) in known
        if _covers(one, dims) and min(count) and (best is None or worth > best[0]):
            best = worth, one, opposite
    if best is None:
        return None
    sides = [[b for b in branches if side <= b.conditions] for side in best[1:]]
    u, v = (
        add([(b.coefficient, b.without(side)) for b in members], dims)
        for side, members in zip(best[1:], sides, strict=True)
    )
    others = [b for b in branches if b not in sides[0] and b not in sides[1]]
    return _on_axes(best[1], dims, []), u, v, others


def _covers(conditions: Conditions, dims: tuple[Dim, ...]) -> bool:
    """Whether conditions are about each entry of an array of these dims, or about scalars; else parts of it are cheaper
    to decide on."""
    axes = {axis for _, places in conditions for axis in places}
    return bool(conditions) and axes in (set(), set(range(len(dims))))


def _candidates(branches: Iterable[_Branch]) -> list[Conditions]:
    """Conditions of terms, each alone and all together, in order of appearance; those above zero first."""
    found: dict[Conditions, None] = {}
    for branch in branches:
        ordered = sorted(branch.conditions, key=_order)
        found.update(dict.fromkeys(map(frozenset, [*([one] for one in ordered), ordered])))
    found.pop(_NONE, None)
    return sorted(found, key=lambda one: not any(is_function(node, STEP) for node, _ in one))


def _order(condition: Condition) -> tuple[tuple[int, int], Indices]:
    return condition[0].order(), condition[1]


def _opposite(conditions: Conditions, dims: tuple[Dim, ...]) -> Conditions:
    if len(conditions) == 1:
        ((node, axes),) = conditions
        return conditions_in(complement(node), axes)
    return conditions_in(complement(_on_axes(conditions, dims, [])), tuple(range(len(dims))))


def _on_axes(conditions: Iterable[Condition], dims: tuple[Dim, ...], factors: list[Factor]) -> Node:
    """The product of conditions and factors on these axes."""
    made = [*factors, *(Factor(node, axes, _1) for node, axes in sorted(conditions, key=_order))]
    return contract(_1, made, tuple(range(len(dims))), dict(enumerate(dims)))
