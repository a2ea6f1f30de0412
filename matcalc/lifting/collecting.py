"""The second stage: what terms share is taken out, once. A[i,k]*x[k] + A[k,i]*x[k] is (A[i,k] + A[k,i])*x[k].

Terms are products of the network, without rows and columns, so that a transpose is no obstacle, and scalars, vectors
entry by entry, ends of products and operands of diag, vec and kron are one case: a frame around a part of each term.
The parts are added; what they share is found in their sum, which is a node as any other.
"""

from __future__ import annotations

from itertools import combinations

from matcalc.budgets import LONGEST_FACTORED
from matcalc.lifting.frames import Frame, OpenTerm
from matcalc.lifting.sharing import shared_frame
from matcalc.lifting.terms import Spread, Terms, multiplied_out, sizes_of
from matcalc.network.build import contract, scale
from matcalc.network.leaves import split_coefficient, spread_axes
from matcalc.network.nodes import Factor, Node
from matcalc.rational import Fraction

_0 = Fraction(0)
_1 = Fraction(1)


class Collector:
    """The terms of nodes, collected; those of a node once."""

    def __init__(self) -> None:
        self.spread = Spread()
        self.known: dict[Node, Terms] = {}

    def terms(self, node: Node) -> Terms:
        """The terms that a node is the sum of, with what they share taken out."""
        if node.kind not in ("sum", "contraction") or _is_plain(node):
            return [(_1, node)]
        found = self.known.get(node)
        if found is None:
            terms = multiplied_out(node, self.spread)
            found = self.known[node] = collected([(c, self._with_collected_sums(term)) for c, term in terms])
        return found

    def _with_collected_sums(self, node: Node) -> Node:
        """A product, in which what all terms of a sum share is a factor beside it: s*A*(t*B + t*C) is s*t*A*(B + C)."""
        if node.kind != "contraction" or not [1 for operand in node.operands if operand.kind == "sum"]:
            return node
        factors = [self._collected_sum(factor) for factor in node.factors]
        if all(new.node is old for new, old in zip(factors, node.operands, strict=True)):
            return node
        return contract(node.product.coefficient, factors, node.product.out, sizes_of(node), plain=True)

    def _collected_sum(self, factor: Factor) -> Factor:
        if factor.node.kind != "sum" or factor.exponent != 1 or factor.node.rank > 2:
            return factor
        (coefficient, first), *others = self.terms(factor.node) or [(_1, factor.node)]
        return factor if others or first.kind != "contraction" else factor._replace(node=scale(coefficient, first))


def _is_plain(node: Node) -> bool:
    """Whether it is a product that has no sum as a factor, nor one of more than two axes."""
    return node.kind == "contraction" and not [1 for o in node.operands if o.kind == "sum" or o.rank > 2]


def collected(terms: Terms) -> Terms:
    """The same sum as fewer terms; what most is saved by is taken out first."""
    terms = _with_sums_together(terms)
    if not 1 < len(terms) <= LONGEST_FACTORED or not _may_share([node for _, node in terms]):
        return terms
    opened = [OpenTerm.of(c, node) for c, node in terms]
    frames: dict[tuple[OpenTerm, OpenTerm], Frame | None] = {}
    while (frame := _best_frame(opened, frames)) is not None:
        parts = [frame.part_of(term) for term in opened]
        made = frame.around([(_1, part) for part in parts if part is not None])
        new = [made] if split_coefficient(made)[0] else []
        if None not in parts:
            return [(_1, node) for node in new]
        at = next(k for k, part in enumerate(parts) if part is not None)
        left = [term for term, part in zip(opened, parts, strict=True) if part is None]
        opened = [*left[:at], *(OpenTerm.of(_1, node) for node in new), *left[at:]]
    return [(term.before, term.node) for term in opened]


def _with_sums_together(terms: Terms) -> Terms:
    """Terms that make up a sum which another term is a product with, as that sum: 1 - t^2 + 2*a*(1 - t^2)."""
    products = [node for _, node in terms if node.kind == "contraction"]
    sums = {f.node: None for node in products for f in node.factors if f.node.kind == "sum" and f.exponent == 1}
    for total in sums:
        known = {node: c for c, node in terms}
        (first, operand), *others = total.terms
        ratio = known.get(operand, _0) / first
        if total.dims == terms[0][1].dims and ratio and all(known.get(node) == ratio * c for c, node in others):
            at = next(k for k, (_, node) in enumerate(terms) if node in total.operands)
            left = [(c, node) for c, node in terms[at:] if node not in total.operands]
            terms = [*terms[:at], (ratio, total), *left]
    return terms


def _may_share(nodes: list[Node]) -> bool:
    """Whether two terms have a factor in common, or ones on an axis, or identities where they have many axes."""
    if nodes[0].rank > 2:
        return True
    seen: set[Node | int] = set()
    for node in nodes:
        own: set[Node | int] = {node}
        if node.kind == "contraction":
            own = {*node.operands, *(part for o in node.operands if not o.rank for part in o.operands)}
            own.update(spread_axes(node))
            if not any(operand.rank for operand in node.operands):
                own.add(-1)
        if not seen.isdisjoint(own):
            return True
        seen |= own
    return False


def _best_frame(terms: list[OpenTerm], known: dict[tuple[OpenTerm, OpenTerm], Frame | None]) -> Frame | None:
    """The frame of the two terms that share most."""
    best: Frame | None = None
    for pair in combinations(terms, 2):
        if pair not in known:
            known[pair] = shared_frame(*pair)
        frame = known[pair]
        if frame is not None and (best is None or frame.saving > best.saving):
            best = frame
    return best
