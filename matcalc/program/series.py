"""Formulas of one number that lose all digits near 0, where their value exists: (1 - cos(c))/c^2, sin(r)/r and slopes.

The Laurent series of such a formula is found exactly. Where it has no negative powers, though the formula divides by
what vanishes, the value near 0 is the polynomial that the series begins with; farther away it is computed as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from matcalc.function import Kernel, entrywise
from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Indices, Node, constant_value
from matcalc.program.laurent import TERMS, Laurent, series_of, taylor
from matcalc.rational import Fraction
from matcalc.records import record
from matcalc.rules.functions import elementwise
from matcalc.walk import postorder

RADIUS = Fraction(1, 5)  # up to here the polynomial is right to all digits, and from here on the formula to twelve
NEGLIGIBLE = Fraction(1, 10**15)  # beside the first term
MOST_NODES = 40  # of a formula that is looked at
MOST_FACTORS = 24

_0, _1 = Fraction(0), Fraction(1)

AWAY = entrywise("away", c="(fabs({u}) < 0.2 ? 0.2 : {u})", numpy="np.where(np.abs({u}) < 0.2, 0.2, {u})")

_NEAR_ZERO = '''
def _near_zero(u, far, coefficients):
    """A polynomial in u where u is close to zero, lowest power first; what is right far from it elsewhere."""
    near = np.abs(u) < 0.2
    return np.where(near, np.polynomial.polynomial.polyval(np.where(near, u, 0.0), coefficients), far)
'''


@record(frozen=False)
class Series(Kernel):
    """A function of u and of a value v: v far from u = 0, and a polynomial in u near it."""

    coefficients: tuple[float, ...] = ()


@lru_cache(256)
def series(coefficients: tuple[Fraction, ...]) -> Series:
    """The function with a polynomial."""
    numbers = tuple(map(float, coefficients))
    return Series(
        name=f"near_zero_{hash(coefficients) % 10**8}",
        signature=AWAY.signature,
        summary="a polynomial near zero",
        operands=("u", "v"),
        elementwise=True,
        numpy=f"_near_zero({{u}}, {{v}}, {[*numbers]})\n{_NEAR_ZERO}",
        c=f"(fabs({{u}}) < 0.2 ? {_horner(numbers)} : {{v}})",
        coefficients=numbers,
    )


def _horner(coefficients: tuple[float, ...]) -> str:
    """The polynomial in C, by Horner's rule."""
    last, *rest = map(repr, reversed(coefficients))
    steps = "".join(f" * {{u}} + {number}" if k == 0 else f") * {{u}} + {number}" for k, number in enumerate(rest))
    return "(" * max(len(rest) - 1, 0) + last + steps


def with_series(nodes: list[Node]) -> list[Node]:
    """Nodes in which formulas of one number have their values near 0; the largest such formulas are looked for."""
    order = postorder(*nodes)
    if not any(node.kind == "contraction" and any(e < 0 for e in node.product.exponents) for node in order):
        return nodes
    new: dict[Node, Node] = {}
    known: Known = {}
    for node in order:
        made = node
        if node.kind in ("contraction", "sum"):
            made = _product(node, known) if node.kind == "contraction" else _sum(node, known)
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _product(node: Node, known: Known) -> Node:
    return node if len(node.operands) > MOST_FACTORS else _joined(node, known) or _divided(node, known)


def _joined(node: Node, known: Known) -> Node | None:
    """A product whose factors of one number, which divide by it, are one factor with its values near 0."""
    for below, indices in dict.fromkeys(_divisors(node)):
        for leaf in _vanishing_with(below, known) if len(set(indices)) == len(indices) else ():
            every = [f for f in node.factors if f.indices == indices and _is_of(f.node, leaf)]
            sizes = dict(zip(indices, below.dims, strict=True))
            vanishing = [f for f in every if not properties.is_positive(f.node)]  # exp(cos(r)) has irrational terms
            for own in [every, vanishing] if len(vanishing) < len(every) else [every]:
                made = _near_zero(contract(_1, own, indices, sizes), leaf, known) if len(own) > 1 else None
                if made is not None:
                    rest = [f for f in node.factors if f not in own]
                    return _with_factors(node, [*rest, Factor(made, indices, _1)])
    return None


def _divisors(node: Node) -> Iterator[tuple[Node, Indices]]:
    """What a product divides by, itself or in sums that are its factors, with the indices at which that stands."""
    for factor in node.factors:
        if factor.exponent < 0:
            yield factor.node, factor.indices
        elif factor.node.kind == "sum":
            yield from ((divisor, factor.indices) for divisor in _divisors_of_terms(factor.node))


def _divisors_of_terms(node: Node) -> Iterator[Node]:
    """What terms of a sum are divided by, entry by entry."""
    out = tuple(range(node.rank))
    for term in node.operands:
        if term.kind == "contraction" and term.product.out == out:
            yield from (f.node for f in term.factors if f.exponent < 0 and f.indices == out)


def _with_factors(node: Node, factors: list[Factor]) -> Node:
    """A product of other factors over the same indices."""
    product = node.product
    return contract(product.coefficient, factors, product.out, dict(enumerate(product.sizes)))


def _divided(node: Node, known: Known) -> Node:
    """A sum of matrices divided by a number: each term divided, where the numbers in all terms have values near 0.

    So Hessians of functions of a norm: sin(r)/r*I and (cos(r) - sin(r)/r)/r^2*x*x' have values, 1/r has none.
    """
    sums = [f for f in node.factors if f.node.kind == "sum" and f.exponent == 1 and f.indices]
    if len(sums) != 1 or len(sums[0].node.operands) > MOST_FACTORS:
        return node
    (of_matrices,) = sums
    below = [f.node for f in node.factors if f.exponent < 0 and not f.indices]
    for leaf in dict.fromkeys(leaf for divisor in below for leaf in _vanishing_with(divisor, known)):
        numbers = [f for f in node.factors if not f.indices and _is_of(f.node, leaf)]
        terms = []
        for c, term in of_matrices.node.terms:
            out = tuple(range(term.rank))
            divided = contract(c, [*numbers, Factor(term, out, _1)], out, dict(enumerate(term.dims)))
            made = _joined(divided, known) if divided.kind == "contraction" else None
            terms.append((_1, made or divided))
            if _is_divided(made or divided, leaf):
                break
        else:
            rest = [f for f in node.factors if f not in (of_matrices, *numbers)]
            return _with_factors(node, [*rest, of_matrices._replace(node=add(terms, of_matrices.node.dims))])
    return node


def _is_divided(term: Node, leaf: Node) -> bool:
    """Whether a term is divided by what may vanish where a number does."""
    below = [f.node for f in term.factors if f.exponent < 0] if term.kind == "contraction" else []
    return any(_is_of(node, leaf) and not properties.is_positive(node) for node in below)


def _sum(node: Node, known: Known) -> Node:
    for leaf in dict.fromkeys(leaf for below in _divisors_of_terms(node) for leaf in _vanishing_with(below, known)):
        own = [(c, term) for c, term in node.terms if _is_of(term, leaf)]
        made = _near_zero(add(own, node.dims), leaf, known) if len(own) > 1 else None
        if made is not None:
            return add([*(term for term in node.terms if term not in own), (_1, made)], node.dims)
    return node


def _vanishing_with(node: Node, known: Known) -> list[Node]:
    """What a node is zero with: itself, and the number that it is a formula of."""
    if node.kind in ("elementwise", "sum") and properties.is_positive(node):
        return []  # exp(u) and 1 + exp(u) are not zero, and logarithms keep their digits where they are small
    parts = [part for part in _all_parts(node) if not _is_entrywise(part) and constant_value(part) is None]
    if len(parts) != 1 or parts[0] is node:
        return [node]
    found = _laurent(node, parts[0], 1, known)
    return [node, *parts] if found is not None and found.first > 0 else [node]


def _all_parts(node: Node) -> list[Node]:
    """The parts of a formula entry by entry, down to what is something else."""
    found: dict[Node, None] = {}
    waiting = [node]
    while waiting and len(found) <= MOST_NODES:
        part = waiting.pop()
        if part not in found:
            found[part] = None
            waiting += part.operands if _is_entrywise(part) else ()
    return list(found)


@lru_cache(1024)
def _is_of(node: Node, leaf: Node) -> bool:
    """Whether a node is a formula of one number, entry by entry, and of nothing else."""
    parts = _parts(node, leaf)
    return parts is not None and leaf in parts


def _parts(node: Node, leaf: Node) -> list[Node] | None:
    """The parts of a formula of one number; None where it is no such formula."""
    found: dict[Node, None] = {}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part in found:
            continue
        found[part] = None
        if part is leaf or constant_value(part) is not None:
            continue
        if len(found) > MOST_NODES or part.dims != leaf.dims or not _is_entrywise(part):
            return None
        waiting += part.operands
    return list(found)


def _is_entrywise(node: Node) -> bool:
    if node.kind == "sum":
        return True
    if node.kind == "elementwise":
        return bool(node.function.near_zero) or any(taylor(node.function, at) is not None for at in (0, 1))
    if node.kind != "contraction" or len(set(node.product.out)) < node.rank:
        return False
    return all(indices in (node.product.out, ()) for indices in node.product.indices)


def _near_zero(node: Node, leaf: Node, known: Known) -> Node | None:
    """A formula that divides by a number, with its series near 0, where it has a value there."""
    halves = any(e.denominator == 2 for part in _parts(node, leaf) or () for e in _exponents(part, leaf))
    found = _laurent(node, leaf, 2 if halves else 1, known)
    if found is None or found.first < 0:
        return None
    sizes_of_terms = [abs(c / found.numbers[0]) * RADIUS**k for k, c in enumerate(found.numbers)]
    if any(size > NEGLIGIBLE for size in sizes_of_terms[-2:]):
        return None  # not right at the end of the interval
    last = max(k for k, size in enumerate(sizes_of_terms) if size > NEGLIGIBLE / 100)
    coefficients = [_0] * found.first + found.numbers[: last + 1]
    out = tuple(range(leaf.rank))
    sizes = dict(enumerate(leaf.dims))
    u = contract(_1, [Factor(leaf, out, Fraction(1, 2))], out, sizes) if halves else leaf
    away = elementwise(AWAY, (u,))
    far = substitute(node, {leaf: contract(_1, [Factor(away, out, Fraction(2))], out, sizes) if halves else away})
    return Node("elementwise", (u, far), series(tuple(coefficients)), node.dims)


def _exponents(node: Node, leaf: Node) -> list[Fraction]:
    """The powers of a node that a product has."""
    return [f.exponent for f in node.factors if f.node is leaf] if node.kind == "contraction" else []


# The series of formulas in t by the leaf and the power of t that it is; None where there is none with rational numbers.
Known = dict[tuple[Node, int], dict[Node, Laurent | None]]


def _laurent(node: Node, leaf: Node, power: int, known: Known) -> Laurent | None:
    """The series of a formula in t, of which the leaf is a power; ``known`` are those of other formulas."""
    found = known.setdefault((leaf, power), {leaf: Laurent(power, [_1] + [_0] * (TERMS - 1))})
    if node not in found:
        wanted = set(_parts(node, leaf) or ())
        for part in postorder(node):
            if part in wanted and part not in found:
                found[part] = series_of(part, found, taylor)
    series = found.get(node)
    return series if series is not None and series.numbers else None
