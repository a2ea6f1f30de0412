"""Canonical constructors of the network: the only place where nodes are made.

Deltas are substituted away, ones absorbed, equal powers merged, ``X*inv(X)`` cancelled, symmetry used to sort index
pairs, like terms collected, numeric content pulled out. Inner contractions are merged into outer ones, up to a size,
so that a graph with k doublings stays of size O(k).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import TypeVar

from matcalc.network import orientation, properties
from matcalc.network.alternating import changes_sign, turned
from matcalc.network.canonical import order_factors
from matcalc.network.components import components
from matcalc.network.leaves import number, split_coefficient, spread_axes, spread_in_all, trivial
from matcalc.network.nodes import Factor, Index, Indices, Node, Product, constant_value, factor_from, product_from
from matcalc.network.rewriting import in_use, rewritten, triggers_of
from matcalc.numerals import ONE_DIGIT, scale_apart
from matcalc.rational import Fraction, content, rational_power, split_power, without_root
from matcalc.shape import Dim

LARGEST_PRODUCT = 24  # factors; an inner contraction is not merged into one that would be larger
LARGEST_SUM = 48  # terms, likewise
MOST_REWRITTEN = 200  # times; rules are identities, so that a product they would turn in circles is right as it stands
KEPT = 1024  # products multiplied out: whether that helps is asked again wherever they stand

_1 = Fraction(1)
_0 = Fraction(0)
Key = TypeVar("Key")


def _count(total: dict[Key, Fraction], key: Key, amount: Fraction) -> None:
    """Adds to what is counted for a key; fractions are slow, so none is added to zero."""
    known = total.get(key)
    total[key] = amount if known is None else known + amount


# ---------------------------------------------------------------- leaves
def size(dim: Dim) -> Node:
    """A dimension as a scalar: a number, a symbol, or a product or sum of these."""
    terms = []
    for monomial, coefficient in dim.terms:
        factors = [Factor(Node("size", (), Dim.of(name), ()), (), Fraction(power)) for name, power in monomial]
        terms.append((_1, contract(Fraction(coefficient), factors, (), {})))
    return add(terms, ())


def delta(dim: Dim) -> Node:
    return contract(_1, [], (0, 0), {0: dim})


def scale(coefficient: Fraction, node: Node) -> Node:
    if coefficient == 1:
        return node
    if node.kind == "contraction" and coefficient:
        product = product_from((coefficient * node.product.coefficient, *node.product[1:]))
        return trivial(Node("contraction", node.operands, product, node.dims))
    out = tuple(range(node.rank))
    if coefficient and node.kind != "contraction":
        return Node("contraction", (node,), Product(coefficient, (out,), (_1,), out, node.dims), node.dims)
    return contract(coefficient, [Factor(node, out, _1)], out, dict(enumerate(node.dims)))


def permute(node: Node, axes: Sequence[int]) -> Node:
    """The node with axes in another order: axis k of the result is axis ``axes[k]`` of the node."""
    if list(axes) == list(range(node.rank)):
        return node
    dims = tuple([node.dims[axis] for axis in axes])
    if node.kind == "variable" and not properties.transpose_sign(node):
        places = tuple([axes.index(axis) for axis in range(node.rank)])
        return Node("contraction", (node,), Product(_1, (places,), (_1,), tuple(range(node.rank)), dims), dims)
    if node.kind == "contraction" and not any(map(_matters_how_transposed, node.operands)):
        product = node.product
        out = tuple([product.out[axis] for axis in axes])
        symmetric = {operand for operand in node.operands if operand.transpose_sign}
        return _ordered(product.coefficient, node.factors, out, dims, product.sizes, symmetric)
    return contract(_1, [Factor(node, tuple(range(node.rank)), _1)], tuple(axes), dict(enumerate(node.dims)))


def _matters_how_transposed(operand: Node) -> bool:
    """Whether a product with this factor may be another one, not only another order of axes, when it is permuted."""
    return operand.trigger in in_use().alternatives or properties.transpose_sign(operand) == -1


# ---------------------------------------------------------------- contractions
def contract(
    coefficient: Fraction, factors: Iterable[Factor], out: Indices, sizes: dict[Index, Dim], *, plain: bool = False
) -> Node:
    """coefficient · Σ Π node[indices]^exponent, over the indices that are not in ``out``.

    ``sizes`` holds the dimension of every index. Indices may be any distinct integers; one in ``out`` may stand there
    twice (a delta) or on no factor (ones). A ``plain`` product is one of factors that the rules have seen together.
    """
    work = _Work(coefficient, out, dict(sizes))
    for factor in factors:
        work.take(factor)
    return work.result(plain=plain)


class _Work:
    """A contraction in the making."""

    def __init__(self, coefficient: Fraction, out: Indices, sizes: dict[Index, Dim]) -> None:
        self.coefficient = coefficient
        self.out = out
        self.sizes = sizes
        self.same: dict[Index, Index] = {}
        self.powers: dict[tuple[Node, Indices], Fraction] = {}
        self.seen: set[Index] = set()  # indices that were on a factor, even where the factor is gone by now
        self.may_transpose = False  # whether a factor may be symmetric or skew
        self.signs: dict[Node, int] = {}  # of factors that are symmetric or skew; see properties.transpose_sign
        self.next = max(sizes, default=-1) + 1

    def find(self, index: Index) -> Index:
        while index in self.same:
            index = self.same[index]
        return index

    def join(self, a: Index, b: Index) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            self.same[max(a, b)] = min(a, b)

    def take(self, factor: Factor) -> None:
        """Adds a factor, merging it where it is itself a contraction."""
        node, indices, exponent = factor
        self.seen.update(indices)
        if node.kind != "contraction":
            self._power(node, indices, exponent)
            return
        product = node.product
        count = len(product.indices)
        fits = count <= 1 or len(self.powers) + count <= LARGEST_PRODUCT
        if exponent == 1 and fits:
            self._splice(product, node.operands, indices, _1)
            return
        summed = len(product.sizes) > len(set(product.out))
        has_delta = len(set(product.out)) < len(product.out)
        if exponent < 0 and (has_delta or product.coefficient == 0):
            raise ZeroDivisionError("off the diagonal, this divides by zero")
        whole = exponent.denominator == 1
        if has_delta and exponent > 0:
            self._splice_delta(node, indices, exponent)
        elif exponent != 1 and fits and not summed and not has_delta and (whole or properties.powers_split(node)):
            self._splice(product, node.operands, indices, exponent)
        elif product.coefficient == 0 and exponent > 0:
            self.coefficient = _0
        elif fits and not node.rank and (parts := _independent(node, exponent)):
            for part in parts:
                self.take(Factor(part, (), exponent))
        elif spread := spread_axes(node):
            kept = [axis for axis in range(node.rank) if axis not in spread]
            self.take(Factor(unspread(node, kept), tuple(indices[axis] for axis in kept), exponent))
        else:
            if whole:
                node = self._roots_apart(node, exponent)
            if node.kind == "contraction" and node.product.coefficient != 1:
                node = self._number_apart(node, exponent)
            self._power(node, indices, exponent)

    def _roots_apart(self, node: Node, exponent: Fraction) -> Node:
        """(sqrt(2)*u)^2 as 2*u^2: roots of numbers go before a whole power."""
        roots = [factor for factor in node.factors if constant_value(factor.node) is not None]
        if not roots:
            return node
        for root in roots:
            self._power(root.node, (), root.exponent * exponent)
        product = node.product
        others = [factor for factor in node.factors if factor not in roots]
        return contract(product.coefficient, others, product.out, dict(enumerate(product.sizes)))

    def _number_apart(self, node: Node, exponent: Fraction) -> Node:
        """The power of a product: its number goes before it, or what has a rational power: sqrt(8*u) is 2*sqrt(2*u)."""
        before: Fraction = node.product.coefficient
        if rational_power(before, exponent) is None and not properties.is_nonnegative(node):
            before = without_root(before, exponent)
        self._number(before, exponent)
        inner = node.product._replace(coefficient=node.product.coefficient / before)
        return trivial(Node("contraction", node.operands, inner, node.dims))

    def _number(self, value: Fraction, exponent: Fraction) -> None:
        """A power of a number: its rational part, and roots of primes."""
        split = split_power(value, exponent)
        if split is None:
            self._power(number(value), (), exponent)
            return
        self.coefficient *= split[0]
        for prime, power in split[1]:
            self._power(number(Fraction(prime)), (), power)

    def _splice(self, product: Product, operands: tuple[Node, ...], indices: Indices, exponent: Fraction) -> None:
        if exponent == 1:
            self.coefficient *= product.coefficient
        elif product.coefficient == 0 and exponent <= 0:
            raise ZeroDivisionError("a power of zero")
        else:
            self._number(product.coefficient, exponent)
        names: dict[Index, Index] = {}
        for inner, outer in zip(product.out, indices, strict=True):
            if inner in names:
                self.join(names[inner], outer)
            else:
                names[inner] = outer
        for inner, dim in enumerate(product.sizes):
            if inner not in names:
                names[inner] = self.next
                self.sizes[self.next] = dim
                self.seen.add(self.next)
                self.next += 1
        for node, inner_indices, power in zip(operands, product.indices, product.exponents, strict=True):
            self._power(node, tuple(map(names.__getitem__, inner_indices)), power * exponent)

    def _splice_delta(self, node: Node, indices: Indices, exponent: Fraction) -> None:
        """Only the deltas of an inner contraction are merged; what they multiply stays one factor."""
        product = node.product
        first: dict[Index, Index] = {}
        for inner, outer in zip(product.out, indices, strict=True):
            self.join(first.setdefault(inner, outer), outer)
        data = product._replace(coefficient=_1, out=tuple(first))
        core = trivial(Node("contraction", node.operands, data, tuple(product.sizes[i] for i in first)))
        if exponent == 1:
            self.coefficient *= product.coefficient
            self._power(core, tuple(first.values()), _1)
        else:
            self.take(Factor(scale(product.coefficient, core), tuple(first.values()), exponent))

    def _power(self, node: Node, indices: Indices, exponent: Fraction) -> None:
        if node.transpose_sign != 0:
            self.may_transpose = True
        place = node, indices
        known = self.powers.get(place)
        self.powers[place] = exponent if known is None else known + exponent

    def result(self, *, plain: bool = False) -> Node:
        out_dims = tuple(map(self.sizes.__getitem__, self.out))
        if self.coefficient == 0:
            return number(_0, out_dims)
        factors = self._settled()
        triggers = triggers_of(factors)
        for _ in range(0 if plain else MOST_REWRITTEN):
            found = rewritten(factors, self.out_now(), triggers)
            if found is None:
                break
            for a, b in found.joined:
                self.join(a, b)
            self.seen = {i for i in self.seen if self.find(i) not in found.gone}
            self.powers = {}
            for factor in found.factors:
                self._power(*factor)
            for factor in found.added:
                self.take(factor)
            factors = self._settled()
            triggers = triggers_of(factors)
        return self._made(factors, out_dims, triggers)

    def out_now(self) -> Indices:
        return tuple([self.find(i) for i in self.out]) if self.same else self.out

    def _settled(self) -> list[Factor]:
        """Factors with joined indices renamed and equal powers merged."""
        self.signs = {}
        if not self.same and not self.may_transpose:
            return [factor_from((*place, exponent)) for place, exponent in self.powers.items() if exponent]
        merged: dict[tuple[Node, Indices], Fraction] = {}
        for (node, indices), exponent in self.powers.items():
            names = tuple([self.find(i) for i in indices]) if self.same else indices
            if node.transpose_sign != 0 and (sign := properties.transpose_sign(node)):
                self.signs[node] = sign
                turns = sign == 1 or (len(names) == 2 and exponent % 2 == 0)  # K.^2 is symmetric where K is skew
                if turns and names[0] > names[1]:
                    names = (names[1], names[0])
                elif sign == -1 and len(set(names)) < len(names) and exponent > 0:
                    self.coefficient = _0
            _count(merged, (node, names), exponent)
        return [factor_from((*place, exponent)) for place, exponent in merged.items() if exponent]

    def _made(self, factors: list[Factor], out_dims: tuple[Dim, ...], triggers: frozenset[str]) -> Node:
        out = self.out_now()
        used = set(out)
        for factor in factors:
            used.update(factor.indices)
        if not self.seen <= used:
            for index in sorted({self.find(i) for i in self.seen - used} - used):
                factors = self._times_size(factors, self.sizes[index])
        if self.coefficient == 0 or (not factors and len(set(out)) == len(out)):
            return number(self.coefficient, out_dims)
        if self.signs and -1 in self.signs.values() and any(map(changes_sign, factors)):
            return self._made_of_skew(factors, out, out_dims)
        others = in_use().alternatives.keys() & triggers
        if not others:
            return self.ordered(self.coefficient, factors, out, out_dims)
        equals = [equal for trigger in sorted(others) for equal in in_use().alternatives[trigger](factors, out)]
        ways = [self.ordered(self.coefficient, equal, out, out_dims) for equal in (factors, *equals)]
        return min(ways, key=orientation.reading_order) if equals else ways[0]

    def _made_of_skew(self, factors: list[Factor], out: Indices, out_dims: tuple[Dim, ...]) -> Node:
        """K' = -K: of the ways to turn skew factors round, the first in order; zero if two differ in sign alone."""
        ways: dict[Node, tuple[int, list[Factor]]] = {}
        for sign, transposed in turned(factors, out):
            made = self.ordered(_1, transposed, out, out_dims)
            if ways.setdefault(made, (sign, transposed))[0] != sign:
                return number(_0, out_dims)
        sign, transposed = ways[min(ways, key=Node.order)]
        return self.ordered(sign * self.coefficient, transposed, out, out_dims)

    def ordered(self, coefficient: Fraction, factors: list[Factor], out: Indices, out_dims: tuple[Dim, ...]) -> Node:
        turned: set[Node] = set()
        if self.signs:
            odd = {f.node for f in factors if f.exponent % 2 or len(f.indices) > 2}
            turned = {node for node, sign in self.signs.items() if sign == 1 or node not in odd}
        return _ordered(coefficient, factors, out, out_dims, self.sizes, turned)

    def _times_size(self, factors: list[Factor], dim: Dim) -> list[Factor]:
        """A summed index on no factor multiplies by its size."""
        if dim.number is not None:
            self.coefficient *= dim.number
            return factors
        self.powers = {(f.node, f.indices): f.exponent for f in factors}
        self.take(Factor(size(dim), (), _1))
        return self._settled()


def _ordered(
    coefficient: Fraction,
    factors: list[Factor],
    out: Indices,
    out_dims: tuple[Dim, ...],
    sizes: Mapping[Index, Dim] | Sequence[Dim],
    symmetric: Set[Node],
) -> Node:
    """The product with its factors in order; ``symmetric`` are those whose indices may change places."""
    if len(factors) == 1 and factors[0].exponent == 1 and factors[0].indices == out:
        node = factors[0].node
        if len(set(out)) == len(out):
            if coefficient == 1:
                return node
        elif properties.is_diagonal(node):  # D.*eye(n) is D
            return scale(coefficient, node)
    ordered, places, numbers = order_factors(factors, out, symmetric)
    nodes, _, exponents = zip(*ordered, strict=True) if ordered else ((), (), ())
    ordered_sizes = tuple(map(sizes.__getitem__, numbers))
    data = product_from((coefficient, tuple(places), exponents, tuple(map(numbers.__getitem__, out)), ordered_sizes))
    return trivial(Node("contraction", nodes, data, out_dims))


def unspread(node: Node, kept: Sequence[int]) -> Node:
    """A contraction on some of its axes: the others are those along which it is constant."""
    out = tuple(node.product.out[axis] for axis in kept)
    return contract(node.product.coefficient, node.factors, out, dict(enumerate(node.product.sizes)))


def _independent(node: Node, exponent: Fraction) -> list[Node]:
    """The scalars that a scalar product of sums is made of, where a power of it is the product of theirs."""
    groups = components(node.factors, set())
    if len(groups) < 2:
        return []
    sizes = dict(enumerate(node.product.sizes))
    parts = [number(node.product.coefficient), *(contract(_1, group, (), sizes) for group in groups)]
    splits = exponent < 0 if exponent.denominator == 1 else all(map(properties.is_nonnegative, parts))
    return parts if splits else []


# ---------------------------------------------------------------- sums
def add(terms: Iterable[tuple[Fraction, Node]], dims: tuple[Dim, ...], *, plain: bool = False) -> Node:
    """Σ coefficient · node, of nodes with these dims; like terms collected, numeric content pulled out.

    A ``plain`` sum is one that a rule tries out: the rules for sums are not applied to it, so that none tries itself.
    """
    collected: dict[Node, Fraction] = {}
    for coefficient, node in terms:
        for factor, core in _split_terms(coefficient, node):
            _count(collected, core, factor)
    kept = [(node, c) for node, c in collected.items() if c]
    for rule in in_use().of_sums if not plain else ():
        kept = rule(kept)
    if not kept:
        return number(_0, dims)
    if len(kept) == 1:
        return scale(kept[0][1], kept[0][0])
    spread = spread_in_all([node for node, _ in kept])
    if spread:
        axes = [axis for axis in range(len(dims)) if axis not in spread]
        inner = add([(c, unspread(node, axes)) for node, c in kept], tuple(dims[axis] for axis in axes), plain=plain)
        return contract(_1, [Factor(inner, tuple(axes), _1)], tuple(range(len(dims))), dict(enumerate(dims)))
    kept.sort(key=lambda term: term[0].order())
    nodes, coefficients = zip(*kept, strict=True)
    divisor = content(coefficients) * (1 if coefficients[0] > 0 else -1)
    if any(abs(c) >= ONE_DIGIT * abs(divisor) for c in coefficients):
        numbers = [(c / divisor, constant_value(n) is not None) for n, c in kept]
        divisor /= scale_apart(numbers, [bool(n.operands) or n.kind != "contraction" for n in nodes])
    if divisor != 1:
        coefficients = tuple([c / divisor for c in coefficients])
    return scale(divisor, Node("sum", nodes, coefficients, dims))


def _split_terms(coefficient: Fraction, node: Node) -> list[tuple[Fraction, Node]]:
    coefficient, core = split_coefficient(node, coefficient)
    if core.kind == "sum" and len(core.operands) <= LARGEST_SUM:
        return [(coefficient * c, n) for c, n in core.terms]
    place = _place_of_sum(core) if core.kind == "contraction" else None
    if place is None:
        return [(coefficient, core)]
    return [split_coefficient(part, coefficient * c) for c, part in distributed(core, place)]


@lru_cache(KEPT)
def distributed(node: Node, k: int) -> tuple[tuple[Fraction, Node], ...]:
    """The terms that a product with a sum as its factor k is, multiplied out."""
    data, factors = node.product, node.factors
    sizes = dict(enumerate(data.sizes))
    terms = []
    for c, term in node.operands[k].terms:
        factors[k] = factors[k]._replace(node=term)
        terms.append((c, contract(data.coefficient, factors, data.out, dict(sizes))))
    return tuple(terms)


def _place_of_sum(node: Node) -> int | None:
    """Where a product has a sum, if the other factors are roots of numbers."""
    if len(node.operands) < 2:
        return None
    sums = [k for k, operand in enumerate(node.operands) if operand.kind == "sum"]
    if len(sums) != 1 or len(node.operands[sums[0]].operands) > LARGEST_SUM:
        return None
    product = node.product
    if product.exponents[sums[0]] != 1 or product.indices[sums[0]] != product.out:
        return None
    others = (operand for operand in node.operands if operand.kind != "sum")
    return sums[0] if all(constant_value(operand) is not None for operand in others) else None


def transposed(node: Node) -> Node:
    """The transpose of a matrix, that of a sum term by term."""
    if node.kind == "sum":
        return add([(c, permute(operand, (1, 0))) for c, operand in node.terms], node.dims[::-1])
    return permute(node, (1, 0))


properties.transpose_by(transposed)
