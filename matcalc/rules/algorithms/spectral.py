"""Divided differences of functions of eigenvalues, which exist where eigenvalues meet.

The derivative of V*diag(f(l))*V' has terms G[i,j]*f(l[j]) - G[i,j]*f(l[i]) with G[i,j] = 1/(l[j] - l[i]), each of which
is undefined where l[i] = l[j]. Together they are the divided difference of f at l[i] and l[j], off the diagonal
(Daleckii and Krein); its diagonal, the slopes f'(l), cancels against what the eigenvalues themselves contribute. No
line, since f is any function, which is differentiated for it.
"""

from __future__ import annotations

from matcalc.functions import DIVDIFF, EIGGAP, EIGVALS, EIGVECS, SOFTMAX
from matcalc.network.build import LARGEST_SUM, add, contract, distributed
from matcalc.network.leaves import number, split_coefficient
from matcalc.network.nodes import Factor, Indices, Node, is_function
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.functions import opaque
from matcalc.rules.slopes import slopes

_1 = Fraction(1)
_0 = Fraction(0)
Terms = list[tuple[Node, Fraction]]


class _Half(NamedTuple):
    """A term rest[.., p, q]*G[p, q]*f[q], summed over p and q, the gaps' indices."""

    gaps: Node
    values: Node
    rest: Node  # its last axes are p and q
    out: Indices  # the axes of the term, by the others of ``rest``

    def partner(self) -> _Half:
        """The term with p and q exchanged but in the gaps: the two together are a divided difference."""
        axes = tuple(range(self.rest.rank))
        sizes = dict(enumerate(self.rest.dims))
        transposed = contract(_1, [Factor(self.rest, axes, _1)], (*axes[:-2], axes[-1], axes[-2]), sizes)
        return self._replace(rest=transposed)


def divided_differences(terms: Terms) -> Terms:
    """Terms G[i,j]*f(l[j]) and G[j,i]*f(l[i]) with the same other factors, as divided differences of f.

    Sums among the factors are multiplied out for it, where no term with gaps is left then.
    """
    if any(_gap(node) is not None for node, _ in terms):
        spread = _all_joined(_multiplied_out(terms))
        return spread if all(_gap(node) is None for node, _ in spread) else _all_joined(terms)
    if any(is_function(operand, DIVDIFF) for node, _ in terms for operand in node.operands):
        spread = _multiplied_out(terms)  # diagonals of divided differences cancel against what they are of
        return spread if len(spread) < len(terms) else terms
    return terms


def _all_joined(terms: Terms) -> Terms:
    while (joined := _pairs_joined(terms)) is not terms:  # has fewer terms with gaps each time
        terms = joined
    return terms


def _pairs_joined(terms: Terms) -> Terms:
    """The terms with the first pair that fits as one divided difference."""
    found: dict[_Half, tuple[Node, Fraction]] = {}
    for node, amount in terms:
        for half, sign in _halves(node):
            found[half] = node, sign * amount
    for half, (node, amount) in found.items():
        other, same = found.get(half.partner(), (None, _0))
        if other is not None and same == amount:
            rest = {n: c for n, c in terms if n is not node and n is not other}
            return _collected(rest, _joined(half, amount / 2 if other is node else amount))  # it may pair with itself
    return terms


def _multiplied_out(terms: Terms) -> Terms:
    """Terms without sums at the indices of eigenvectors; as they are, where there would be too many."""
    done: dict[Node, Fraction] = {}
    left = list(terms)
    while left:
        node, amount = left.pop()
        factors = node.factors if node.kind == "contraction" else []
        own = {f.indices[1] for f in factors if is_function(f.node, EIGVECS)}
        sums = [k for k, f in enumerate(factors) if f.node.kind == "sum" and f.exponent == 1]
        place = next((k for k in sums if own.intersection(factors[k].indices)), None)
        if place is None:
            _collect(done, node, amount)
        else:
            left += [(part, amount * c) for c, part in distributed(node, place)]
        if len(done) + len(left) > LARGEST_SUM:
            return terms
    return [(node, amount) for node, amount in done.items() if amount]


def _gap(node: Node) -> Factor | None:
    """The factor of a term that holds gaps, where there is one and both its indices are summed over."""
    if node.kind != "contraction":
        return None
    gaps = [f for f in node.factors if is_function(f.node, EIGGAP)]
    alone = len(gaps) == 1 and gaps[0].exponent == 1 and not set(gaps[0].indices) & set(node.product.out)
    return gaps[0] if alone else None


def _collected(amounts: dict[Node, Fraction], more: Terms) -> Terms:
    for node, amount in more:
        _collect(amounts, node, amount)
    return [(node, amount) for node, amount in amounts.items() if amount]


def _collect(amounts: dict[Node, Fraction], node: Node, amount: Fraction) -> None:
    coefficient, core = split_coefficient(node, amount)
    amounts[core] = amounts.get(core, _0) + coefficient


def _halves(node: Node) -> list[tuple[_Half, Fraction]]:
    """The ways to take a term apart, with their signs: at one index of its gaps there is a function of eigenvalues."""
    gap = _gap(node)
    if gap is None:
        return []
    others = [f for f in node.factors if f != gap]
    ways = [(_half(node, gap.node, others, gap.indices), _1), (_half(node, gap.node, others, gap.indices[::-1]), -_1)]
    return [(half, sign) for half, sign in ways if half is not None]


def _half(node: Node, gaps: Node, factors: list[Factor], pair: Indices) -> _Half | None:
    eigenvalues = _eigenvalues(gaps)
    at_q = [f for f in factors if f.indices == pair[1:] and _slope(f.node, eigenvalues) is not None]
    if not at_q:
        return None
    values = contract(_1, [f._replace(indices=(0,)) for f in at_q], (0,), {0: gaps.dims[0]})
    others = [f for f in factors if f not in at_q]
    kept = tuple(dict.fromkeys(node.product.out))
    rest = contract(_1, others, (*kept, *pair), dict(enumerate(node.product.sizes)))
    return _Half(gaps, values, rest, tuple(map(kept.index, node.product.out)))


def _eigenvalues(gaps: Node) -> Node:
    return Node("opaque", gaps.operands, EIGVALS, gaps.dims[:1])


def _joined(half: _Half, amount: Fraction) -> Terms:
    """rest.*divdiff(l, f(l), f'(l)), without its diagonal."""
    eigenvalues = _eigenvalues(half.gaps)
    slope = _slope(half.values, eigenvalues)
    assert slope is not None  # its factors have one
    differences = opaque(DIVDIFF, (eigenvalues, half.values, slope))
    sizes = dict(enumerate(half.rest.dims))
    *kept, p, q = range(half.rest.rank)
    joined = [Factor(half.rest, (*kept, p, q), _1), Factor(differences, (p, q), _1)]
    diagonal = [Factor(half.rest, (*kept, p, p), _1), Factor(slope, (p,), _1)]
    return [(contract(_1, joined, half.out, sizes), amount), (contract(_1, diagonal, half.out, sizes), -amount)]


def _slope(node: Node, points: Node) -> Node | None:
    """f'(x) at points x of what is f(x) entry by entry, with the same f for all entries; None for anything else."""
    if node is points:
        return number(_1, points.dims)
    if node.dims != points.dims:
        return None
    if node.kind == "sum":
        slopes = [_slope(operand, points) for operand in node.operands]
        if None in slopes:
            return None
        weighted = zip(node.coefficients, slopes, strict=True)
        return add([(c, slope) for c, slope in weighted if slope is not None], node.dims)
    if node.kind == "contraction":
        return _slope_of_product(node, points)
    if node.kind == "elementwise":
        return _slope_of_function(node, points)
    if is_function(node, SOFTMAX):  # exp(x)/s, where s is one number for all entries
        inner = _slope(node.operands[0], points)
        return None if inner is None else _times(node, inner)
    return None


def _slope_of_product(node: Node, points: Node) -> Node | None:
    product = node.product
    if len(product.sizes) > 1:
        return None
    terms = []
    for k, (operand, indices, exponent) in enumerate(node.factors):
        if not indices:
            continue
        slope = _slope(operand, points)
        if slope is None:
            return None
        others = [*node.factors[:k], Factor(operand, indices, exponent - 1), *node.factors[k + 1 :]]
        moved = [*(f for f in others if f.exponent), Factor(slope, indices, _1)]
        terms.append((exponent, contract(product.coefficient, moved, product.out, dict(enumerate(product.sizes)))))
    return add(terms, node.dims)


def _slope_of_function(node: Node, points: Node) -> Node | None:
    inner = [_slope(operand, points) for operand in node.operands]
    if None in inner:
        return None
    own = zip(slopes(node), inner, strict=True)
    return add([(_1, _times(outer, slope)) for outer, slope in own if slope is not None], node.dims)


def _times(a: Node, b: Node) -> Node:
    return contract(_1, [Factor(a, (0,), _1), Factor(b, (0,), _1)], (0,), {0: a.dims[0]})
