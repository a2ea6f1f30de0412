"""Products with sums of deltas, multiplied out: (eye(m^2) + K(m,m))*B is B, and B with its rows permuted.

The array of such a sum has m^4 entries, of which 2*m^2 are not zero; in a product, a delta only names an index twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.lowering.substitute import substitute
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Indices, Node
from matcalc.rational import Fraction
from matcalc.walk import postorder

MOST_TERMS = 64  # of a product multiplied out; where it has more, the rest of its sums are arrays

_1 = Fraction(1)


def spread_over_deltas(nodes: list[Node]) -> list[Node]:
    """Nodes in which no product has a sum of nothing but deltas for a factor."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        if node.kind != "contraction":
            continue
        made = substitute(node, new, plain=True) if new else node
        spread = _multiplied_out(made)
        if spread is not node:
            new[node] = spread
    return [substitute(node, new, plain=True) for node in nodes] if new else nodes


def _multiplied_out(node: Node) -> Node:
    """The sum of what a product is with the deltas of each of its sums."""
    done: list[tuple[Fraction, Node]] = []
    waiting = [(_1, node)]
    while waiting:  # each product has a sum of deltas less than that which it comes from
        weight, product = waiting.pop()
        place = _place(product) if len(done) + len(waiting) < MOST_TERMS else None
        if place is None:
            done.append((weight, product))
        else:
            waiting += [(weight, part) for part in _parts(product, place)]
    return node if done == [(_1, node)] else add(done, node.dims, plain=True)


def _place(node: Node) -> int | None:
    """Which factor of a product is a sum of deltas."""
    if node.kind != "contraction":
        return None
    powers = enumerate(zip(node.operands, node.product.exponents, strict=True))
    return next((k for k, (operand, power) in powers if power == 1 and _is_of_deltas(operand)), None)


def _is_of_deltas(node: Node) -> bool:
    return node.kind == "sum" and all(
        o.kind == "contraction" and len(set(o.product.out)) < o.rank for o in node.operands
    )


def _parts(node: Node, k: int) -> list[Node]:
    """A product with each of the arrays on deltas that its factor k is the sum of."""
    factors, sizes = node.factors, dict(enumerate(node.product.sizes))
    total, place, _ = factors.pop(k)
    data = node.product
    parts = _by_deltas(total).items()
    return [
        contract(data.coefficient, [*factors, Factor(_on(deltas, array), place, _1)], data.out, dict(sizes))
        for deltas, array in parts
    ]


def _by_deltas(total: Node) -> Mapping[Indices, Node]:
    """The terms of a sum by the axes that they have deltas on, those on the same axes as one array without them."""
    terms: dict[Indices, list[tuple[Fraction, Node]]] = {}
    for weight, term in total.terms:
        distinct = tuple(dict.fromkeys(term.product.out))
        places = tuple(distinct.index(i) for i in term.product.out)
        core = contract(term.product.coefficient, term.factors, distinct, dict(enumerate(term.product.sizes)))
        terms.setdefault(places, []).append((weight, core))
    return {places: add(cores, cores[0][1].dims, plain=True) for places, cores in terms.items()}


def _on(places: Indices, array: Node) -> Node:
    """An array with deltas: axis k of the result is axis ``places[k]`` of the array."""
    return contract(_1, [Factor(array, tuple(range(array.rank)), _1)], places, dict(enumerate(array.dims)))
