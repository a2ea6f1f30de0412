"""Terms of a sum as products of powers, entry by entry: what rules that put terms together work on."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.budgets import MOST_MULTIPLIED
from matcalc.network.build import add, contract
from matcalc.network.components import connected
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Indices, Node
from matcalc.rational import Fraction

_1 = Fraction(1)
_0 = Fraction(0)
Base = tuple[Node, Indices]
Powers = dict[Base, Fraction]


def powers_of(node: Node) -> Powers | None:
    """The factors of a term, without its coefficient, where what is summed within it counts as one factor.

    None for a term with deltas, which is no product entry by entry.
    """
    out = tuple(range(node.rank))
    if node.kind != "contraction":
        return {(node, out): _1}
    if node.product.out != out:
        return None
    powers: Powers = {}
    for base, exponent in _parts(node):
        powers[base] = powers.get(base, _0) + exponent
    return powers


def unsummed(node: Node) -> list[Factor]:
    """The factors of a term on which nothing is summed: each is one of its own powers."""
    if node.kind != "contraction":
        return [Factor(node, tuple(range(node.rank)), _1)]
    kept = set(node.product.out)
    return [factor for factor in node.factors if kept.issuperset(factor.indices)]


def _parts(node: Node) -> list[tuple[Base, Fraction]]:
    """The factors, those that share summed indices as one: A[i,k]*x[k] is A*x."""
    kept = set(node.product.out)
    sizes = dict(enumerate(node.product.sizes))
    found: list[tuple[Base, Fraction]] = []
    left = node.factors
    while left:
        first = left[0]
        summed = set(first.indices) - kept
        group = connected(left, summed, kept) if summed else [first]
        left = [f for f in left if f not in group]
        if summed:
            indices = tuple(sorted({i for f in group for i in f.indices} & kept))
            found.append(((contract(_1, group, indices, sizes), indices), _1))
        else:
            found.append(((first.node, first.indices), first.exponent))
    return found


def product_of(coefficient: Fraction, powers: Powers, like: Node, *others: Node) -> Node:
    """coefficient · Π base^exponent · Π other, of the dims of another node."""
    out = tuple(range(like.rank))
    factors = [Factor(node, indices, exponent) for (node, indices), exponent in powers.items() if exponent]
    factors += [Factor(other, out, _1) for other in others]
    return contract(coefficient, factors, out, dict(enumerate(like.dims)))


def times(powers: Powers, base: Base, exponent: Fraction) -> Powers:
    return {**powers, base: powers.get(base, _0) + exponent}


def quotient(above: Powers, below: Powers) -> Powers:
    return {base: above.get(base, _0) - below.get(base, _0) for base in {**above, **below}}


def shared(a: Powers, b: Powers) -> Powers:
    """The product of powers by which both can be divided without a divisor that neither had."""
    return {base: min(a.get(base, _0), b.get(base, _0)) for base in {**a, **b}}


def multiplied_out(node: Node, *, powers: bool = True) -> list[tuple[Fraction, Node]]:
    """A product of sums, entry by entry, as terms; a product that has too many is one term.

    Without ``powers``, a square of a sum, or a higher power, is left as it is.
    """
    done: list[tuple[Fraction, Node]] = []
    todo: list[tuple[Fraction, Node]] = [(_1, node)]
    while todo:
        coefficient, term = todo.pop()
        parts = _opened(term, powers=powers)
        if parts is None:
            done.append((coefficient, term))
        elif len(done) + len(todo) + len(parts) > MOST_MULTIPLIED:
            return [(_1, node)]
        else:
            todo += [(coefficient * c, part) for c, part in parts]
    return done


def _opened(node: Node, *, powers: bool) -> list[tuple[Fraction, Node]] | None:
    """One sum among the factors, multiplied out."""
    if node.kind == "sum":
        return node.terms
    found = powers_of(node) if node.kind == "contraction" else None
    if found is None:
        return None
    for base, exponent in found.items():
        total, indices = base
        if total.kind == "sum" and exponent >= 1 and exponent.denominator == 1 and (powers or exponent == 1):
            rest = times(found, base, -_1)
            coefficient = node.product.coefficient
            return [(c, product_of(coefficient, times(rest, (o, indices), _1), node)) for c, o in total.terms]
    return None


def terms_of(node: Node) -> list[tuple[Node, Fraction]]:
    """The terms of a sum, or of a multiple of one; a node that is none is one term."""
    coefficient, core = split_coefficient(node)
    if not coefficient:
        return []
    if core.kind == "sum":
        return [(operand, coefficient * c) for c, operand in core.terms]
    return [(core, coefficient)]


def total_of(nodes: Iterable[tuple[Fraction, Node]], like: Node) -> tuple[Node, bool]:
    """The plain sum of nodes, multiplied out, and whether some of its terms cancelled.

    Powers of sums are multiplied out where more cancels then: 1 + r.^2 - 2*r.^2 is 1 - r.^2, whatever r is.
    """
    given = list(nodes)
    ways = []
    for powers in (False, True):
        parts = [(c * inner, part) for c, node in given for inner, part in multiplied_out(node, powers=powers)]
        total = add(parts, like.dims, plain=True)
        ways.append((total, length(total) < len(parts)))
    return min(ways, key=lambda way: (not way[1], way[0].weight))


def length(node: Node) -> int:
    """The number of terms."""
    if node.kind == "contraction" and node.product.coefficient == 0:
        return 0
    if node.kind == "contraction" and len(node.operands) == 1 and node.operands[0].kind == "sum":
        (factor,) = node.factors
        return len(factor.node.operands) if factor.exponent == 1 else 1
    return len(node.operands) if node.kind == "sum" else 1
