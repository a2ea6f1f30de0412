"""Derivatives of functions of a matrix in a direction that commutes with it: there D[f(X)] is f'(X)*D.

So d expm(X) is expm(X)*D, d logm(X) is inv(X)*D, and S*Y + Y*S = D has the solution 0.5*inv(S)*D. The identity
commutes with everything, and functions of one matrix commute: that gives the derivatives of traces. No lines, since the
direction may be a product of any number of matrices that commute.
"""

from __future__ import annotations

from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import applied, summed_only_on, without

_1 = Fraction(1)
Way = tuple[Index, Index, Indices]  # where a direction starts and stops, and the indices of the result
OPERATORS = ("dexpm", "dlogm", "sylvester")
FUNCTIONS_OF_ONE_MATRIX = ("inv", "expm", "logm", "sqrtm")


def in_commuting_direction(factors: list[Factor], out: Indices) -> Rewritten | None:
    """An operator on matrices that is applied to a product of matrices which commute with its own."""
    for operator in factors:
        found = _slope(operator)
        if found is None:
            continue
        j, i, col, row = operator.indices
        for (start, stop), outside in (((row, col), (i, j)), ((j, i), (col, row))):
            if not {start, stop} & set(outside):
                way = (start, stop, outside)
                rewritten = _along_product(operator, *found, way, factors, out)
                rewritten = rewritten or _along_sum(operator, found[-1], way, factors, out)
                if rewritten is not None:
                    return rewritten
    return None


def _along_product(
    operator: Factor, slope: Node, coefficient: Fraction, base: Node, way: Way, factors: list[Factor], out: Indices
) -> Rewritten | None:
    start, stop, outside = way
    path = _path(operator, start, stop, base, factors, out)
    if path is None:
        return None
    between = [start, *(index for _, index in path[:-1])] if path else []
    places = [outside[0], *between, outside[1]]
    matrices = [*(factor.node for factor, _ in path), slope]
    added = [Factor(node, (places[k], places[k + 1]), _1) for k, node in enumerate(matrices)]
    kept = without(factors, operator, *(factor for factor, _ in path))
    return Rewritten(kept, [Factor(number(coefficient), (), _1), *added], gone=(stop,))


def _along_sum(operator: Factor, base: Node, way: Way, factors: list[Factor], out: Indices) -> Rewritten | None:
    """The operator goes to the terms of a sum, where one of them commutes."""
    start, stop, outside = way
    for total in factors:
        if total.node.kind != "sum" or total.exponent != 1 or total.indices not in ((start, stop), (stop, start)):
            continue
        kin = _kin(base)
        if not any(_commutes(term, kin) for term in total.node.operands):
            continue
        if start == stop or not all(summed_only_on(i, (operator, total), factors, out) for i in (start, stop)):
            continue
        names = {index: k for k, index in enumerate(dict.fromkeys((*outside, start, stop)))}
        sizes = {names[i]: dim for i, dim in zip(operator.indices, operator.node.dims, strict=True)}
        ends = tuple(names[i] for i in outside)
        around = operator._replace(indices=tuple(names[i] for i in operator.indices))
        places = tuple(names[i] for i in total.indices)
        terms = [(c, contract(_1, [around, Factor(term, places, _1)], ends, sizes)) for c, term in total.node.terms]
        made = Factor(add(terms, tuple(sizes[i] for i in ends)), outside, _1)
        return Rewritten(without(factors, operator, total), added=[made], gone=(start, stop))
    return None


def _slope(operator: Factor) -> tuple[Node, Fraction, Node] | None:
    """f'(X) of the operator that is the derivative of f, as a matrix and a number; and what it is a function of."""
    node = operator.node
    if operator.exponent != 1 or len(operator.indices) != 4 or node.kind != "opaque":
        return None
    name, first = node.function.name, node.operands[0]
    if name == "dexpm":
        return applied("expm", first), _1, first
    if name == "dlogm":
        return applied("inv", first), _1, first
    if name not in OPERATORS or first is not node.operands[1]:
        return None
    return applied("inv", first), Fraction(1, 2), first


def _path(
    operator: Factor, start: Index, stop: Index, base: Node, factors: list[Factor], out: Indices
) -> list[tuple[Factor, Index]] | None:
    """Matrices that commute with ``base`` and lead from one index to another, each with the index it leads to."""
    path: list[tuple[Factor, Index]] = []
    at, last = start, operator
    kin = _kin(base)
    while at != stop:
        step = next((f for f in factors if f is not last and f is not operator and at in f.indices), None)
        if (
            step is None
            or step.exponent != 1
            or len(step.indices) != 2
            or not summed_only_on(at, (last, step), factors, out)
        ):
            return None
        if step.indices[0] != at and not properties.is_symmetric(step.node):
            return None
        if not _commutes(step.node, kin):
            return None
        at = step.indices[1] if step.indices[0] == at else step.indices[0]
        path.append((step, at))
        last = step
    return path if summed_only_on(stop, (operator, last), factors, out) else None


def _kin(node: Node) -> set[Node]:
    """The matrices of which a node is a function, or a multiple by a scalar: all commute with it."""
    found = set()
    while True:
        node = split_coefficient(node)[1]
        found.add(node)
        if node.kind == "contraction" and node.rank == 2:
            matrices = [f for f in node.factors if f.indices]
            if len(matrices) != 1 or matrices[0].exponent != 1 or matrices[0].indices != node.product.out:
                return found
            node = matrices[0].node
        elif node.kind == "opaque" and node.function.name in FUNCTIONS_OF_ONE_MATRIX:
            node = node.operands[0]
        else:
            return found


def _commutes(node: Node, kin: set[Node]) -> bool:
    return not _kin(node).isdisjoint(kin)
