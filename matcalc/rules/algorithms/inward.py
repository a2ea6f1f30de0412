"""Sums, means and diagonals that go inside a sum, term by term, and diagonal terms that become one."""

from __future__ import annotations

from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.leaves import split_coefficient, spread_axes
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.network.shared import part
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without

_1 = Fraction(1)


def sum_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A sum over an axis along which a term is constant or a delta goes inside.

    So colsum(X - ones(m)*c') = colsum(X) - m*c, and rowsum(diag(s) - s*s') = 0 where s sums to one. No line, since a
    sum has any number of terms and of axes.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for axis, index in enumerate(factor.indices):
            if factor.indices.count(index) > 1 or not summed_only_on(index, (factor,), factors, out):
                continue
            if not any(_sums_plainly(operand, axis) for operand in factor.node.operands):
                continue
            return Rewritten(without(factors, factor), added=[_summed(factor, axis)], gone=(index,))
    return None


def mean_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A mean, by weights that sum to one, of a sum with a term that is constant: p'*(x - c*ones(n)) = p'*x - c.

    No line, since a sum has any number of terms and of axes.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for weights in factors:
            if weights.exponent != 1 or len(weights.indices) != 1 or not properties.sums_to_one(weights.node):
                continue
            (index,) = weights.indices
            if factor.indices.count(index) != 1 or not summed_only_on(index, (factor, weights), factors, out):
                continue
            axis = factor.indices.index(index)
            if not any(o.kind == "contraction" and axis in spread_axes(o) for o in factor.node.operands):
                continue
            made = _summed(factor, axis, weights)
            return Rewritten(without(factors, factor, weights), added=[made], gone=(index,))
    return None


def sum_of_differences(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The row sums of a matrix times a number of its row or less a number of its column: Σ_j W[i,j]*(f[i] - f[j]).

    Each term is summed apart, where that leaves no matrix of differences: f.*rowsum(W) - W*f.
    No line, since a sum has any number of terms, and any number of factors stand beside it.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.node.rank != 2 or factor.exponent != 1:
            continue
        places = set(factor.indices)
        if len(places) < 2 or not all(o.kind == "contraction" and spread_axes(o) for o in factor.node.operands):
            continue
        gone = tuple([i for i in factor.indices if i not in out and _stays_within(places, i, factors)])
        inside = [f for f in factors if f is not factor and not set(gone).isdisjoint(f.indices)]
        if gone and any(set(f.indices) == places for f in inside):
            return Rewritten(without(factors, factor, *inside), added=[_spread_out(factor, inside, gone)], gone=gone)
    return None


def _stays_within(places: set[Index], index: Index, factors: list[Factor]) -> bool:
    """Whether all factors that an index is on have no other indices than these."""
    return all(set(f.indices) <= places for f in factors if index in f.indices)


def _spread_out(total: Factor, beside: list[Factor], gone: Indices) -> Factor:
    """A sum times other factors, term by term, summed over the indices that are gone."""
    sizes = dict(zip(total.indices, total.node.dims, strict=True))
    rest = tuple([i for i in total.indices if i not in gone])
    terms = [(c, contract(_1, [*beside, total._replace(node=term)], rest, dict(sizes))) for c, term in total.node.terms]
    return Factor(add(terms, tuple([sizes[i] for i in rest])), rest, _1)


def _summed(factor: Factor, axis: int, *weights: Factor) -> Factor:
    """A sum of terms, summed over one axis, term by term."""
    total = factor.node
    sizes = dict(enumerate(total.dims))
    every = tuple(range(total.rank))
    rest = tuple(i for i in every if i != axis)
    own = [weight._replace(indices=(axis,)) for weight in weights]
    terms = [(c, part([Factor(operand, every, _1), *own], rest, sizes)) for c, operand in total.terms]
    return Factor(add(terms, tuple(sizes[i] for i in rest)), tuple(factor.indices[i] for i in rest), _1)


def _sums_plainly(node: Node, axis: int) -> bool:
    """Whether a term is constant along an axis, or zero along it but for the diagonal."""
    if node.kind != "contraction":
        return False
    out = node.product.out
    return out.count(out[axis]) > 1 or axis in spread_axes(node)


def diagonal_of_sum(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The diagonal of a sum with diagonal terms goes inside: diag(A + diag(x)) = diag(A) + x.

    No line, since D may be known to be diagonal by its parts, and not by form.
    """
    for factor in factors:
        total = factor.node
        if total.kind != "sum" or total.rank != 2 or factor.exponent != 1 or factor.indices[0] != factor.indices[1]:
            continue
        if not any(properties.is_diagonal(operand) for operand in total.operands):
            continue
        sizes = {0: total.dims[0]}
        terms = [(c, part([Factor(operand, (0, 0), _1)], (0,), sizes)) for c, operand in total.terms]
        made = Factor(add(terms, total.dims[:1]), factor.indices[:1], _1)
        return Rewritten(without(factors, factor), added=[made])
    return None


def one_diagonal(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """diag(x) + diag(y) = diag(x + y), of all such terms at once."""
    found = [(node, c) for node, c in terms if node.operands and node.rank == 2 and _is_diagonal_by_form(node)]
    if len(found) < 2:
        return terms
    dim = found[0][0].dims[0]
    parts = [(c, contract(_1, [Factor(node, (0, 0), _1)], (0,), {0: dim})) for node, c in found]
    made = contract(_1, [Factor(add(parts, (dim,)), (0,), _1)], (0, 0), {0: dim})
    coefficient, core = split_coefficient(made)
    rest = [(node, c) for node, c in terms if (node, c) not in found]
    return [*rest, (core, coefficient)] if coefficient else rest


def _is_diagonal_by_form(node: Node) -> bool:
    return node.kind == "contraction" and bool(node.product.out[0] == node.product.out[1])
