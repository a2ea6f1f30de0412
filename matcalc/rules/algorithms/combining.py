"""Terms of a sum put together: by relations between functions, over common divisors, and both inside products.

A term that is no product entry by entry is seen as a linear function, its frame, of the part that is one on some of
its indices: X'*diag(v)*X of v. Terms with one frame are put together where their parts are.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.budgets import LARGEST_COMBINED, MOST_FRAMED
from matcalc.network.build import add, contract
from matcalc.network.components import connected
from matcalc.network.nodes import Factor, Indices, Node, has_conditions
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.algorithms.fractions import over_common_divisors
from matcalc.rules.algorithms.relations import is_related, related
from matcalc.rules.algorithms.terms import terms_of

_1 = Fraction(1)
Frame = tuple[Node, Indices]
_Rule = Callable[[list[tuple[Node, Fraction]]], list[tuple[Fraction, Node]] | None]


class Split(NamedTuple):
    """The indices of a part of a product, and the factors outside it."""

    indices: Indices
    outside: list[Factor]

    @property
    def nodes(self) -> frozenset[Node]:
        return frozenset(f.node for f in self.outside)


def combine(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """The terms of the sum after all rules."""
    if not 1 < len(terms) <= LARGEST_COMBINED or not any(_is_concerned(node) for node, _ in terms):
        return terms
    rules: tuple[_Rule, ...] = (related, over_common_divisors, _within_frames)
    if any(has_conditions(node) for node, _ in terms):
        rules = (related, _within_frames)  # what divides a term may be zero where another is taken
    for rule in rules:
        found = rule(terms)
        if found is not None:
            return terms_of(add(found, terms[0][0].dims))
    return terms


def _is_concerned(node: Node) -> bool:
    """Whether a rule may hold for a term: a related function is in it, or a sum that divides."""
    return any(map(_may_combine, node.factors)) if node.kind == "contraction" else is_related(node)


# ---------------------------------------------------------------- frames
def _within_frames(terms: list[tuple[Node, Fraction]]) -> list[tuple[Fraction, Node]] | None:
    if len(terms) > MOST_FRAMED:
        return None
    framed: dict[Frame, list[tuple[Node, Fraction, Node]]] = {}
    for node, c, split in _with_like_outsides(terms):
        found = _framed(node, split)
        if found is None:
            continue
        frame, part = found
        members = framed.setdefault(frame, [])
        if not members or members[-1][0] is not node:  # once for each term, though it may have a frame twice
            members.append((node, c, part))
    for frame, members in framed.items():
        if len(members) < 2:
            continue
        total = add([(c, part) for _, c, part in members], members[0][2].dims)
        if total.weight < sum(part.weight for _, _, part in members):
            nodes = [node for node, _, _ in members]
            made = _put_into(frame, total, members[0][0])
            return [(_1, made), *((c, node) for node, c in terms if node not in nodes)]
    return None


def _with_like_outsides(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction, Split]]:
    """The ways to split terms that leave outside what another term has outside too."""
    splits = [(node, c, split) for node, c in terms for split in _splits(node)]
    outsides: dict[frozenset[Node], set[Node]] = {}
    for node, _, split in splits:
        outsides.setdefault(split.nodes, set()).add(node)
    return [(node, c, split) for node, c, split in splits if len(outsides[split.nodes]) > 1]


def _splits(node: Node) -> list[Split]:
    """The indices of a product with deltas or summed indices on which a part of it may be, and what is outside."""
    if node.kind != "contraction" or len(node.product.sizes) == node.rank:
        return []
    out = node.product.out
    entries = {i for f in node.factors if f.node.kind == "unit" for i in f.indices}
    inside = [f.indices for f in node.factors if _may_combine(f) and not entries & set(f.indices)]
    places = dict.fromkeys(indices for indices in inside if len(set(indices)) == len(indices))
    if len(set(out)) < node.rank:
        places[tuple(dict.fromkeys(out))] = None
    return [Split(indices, connected(node.factors, set(out) - set(indices), set(indices))) for indices in places]


def _may_combine(factor: Factor) -> bool:
    if factor.node.kind == "sum":
        return factor.exponent < 0
    return is_related(factor.node)


def _framed(node: Node, split: Split) -> tuple[Frame, Node] | None:
    """Factors that hang on the given indices alone are inside; None where that gains nothing."""
    indices, outside = split
    sizes = dict(enumerate(node.product.sizes))
    part = contract(node.product.coefficient, [f for f in node.factors if f not in outside], indices, sizes)
    if _involved(part) >= _involved(node):
        return None
    summed = tuple(i for i in indices if i not in node.product.out)
    frame = contract(_1, outside, (*node.product.out, *summed), sizes)
    axes = tuple(node.rank + summed.index(i) if i in summed else node.product.out.index(i) for i in indices)
    return (frame, axes), part


def _involved(node: Node) -> tuple[int, int]:
    """How many indices are summed or tied, and how many factors there are: less, from frame to frame."""
    if node.kind != "contraction":
        return 0, 1
    kept = len(set(node.product.out))
    return len(node.product.sizes) + node.rank - 2 * kept, len(node.operands)


def _put_into(frame: Frame, part: Node, like: Node) -> Node:
    around, axes = frame
    factors = [Factor(around, tuple(range(around.rank)), _1), Factor(part, axes, _1)]
    return contract(_1, factors, tuple(range(like.rank)), dict(enumerate(around.dims)))
