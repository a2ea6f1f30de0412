"""Factors that terms of a sum share, taken out, once: A[i,k]*x[k] + A[k,i]*x[k] is (A[i,k] + A[k,i])*x[k].

Terms are products of the network, without rows and columns, so that a transpose is no obstacle, and scalars, vectors
entry by entry, ends of products and the operands of diag, vec and kron are one case: two terms are seen as one frame
around a part of each. The parts are added; what they share is found when their sum is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matcalc.budgets import LONGEST_FACTORED
from matcalc.functions import EXP
from matcalc.lifting.spreading import Spread, multiplied_out, sizes_of
from matcalc.network import properties
from matcalc.network.build import add, contract, scale, transposed
from matcalc.network.components import components, connected
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.rational import Fraction
from matcalc.shape import Dim

_1 = Fraction(1)
_0 = Fraction(0)
WIDEST = 2  # axes of a part, so that it is a matrix

Terms = list[tuple[Fraction, Node]]
Pair = tuple[Index, Index]


class Collector:
    """Terms of nodes, collected; those of a node once."""

    def __init__(self) -> None:
        self.spread = Spread()
        self.known: dict[Node, Terms] = {}

    def terms(self, node: Node) -> Terms:
        """The terms that a node is the sum of."""
        if node.kind not in ("sum", "contraction"):
            return [(_1, node)]
        found = self.known.get(node)
        if found is None:
            terms = multiplied_out(node, self.spread)
            found = self.known[node] = collected([(c, self._with_sums_collected(term)) for c, term in terms])
        return found

    def _with_sums_collected(self, node: Node) -> Node:
        """A product with what is a factor of all terms of a sum in it as a factor of its own."""
        if node.kind != "contraction":
            return node
        changed = False
        factors = []
        for factor in node.factors:
            if factor.node.kind == "sum" and factor.exponent == 1 and factor.node.rank <= WIDEST:
                terms = self.terms(factor.node)
                if len(terms) == 1 and terms[0][1].kind == "contraction":
                    ((c, made),) = terms
                    factor = factor._replace(node=scale(c, made))
                    changed = True
            factors.append(factor)
        if not changed:
            return node
        return contract(node.data.coefficient, factors, node.data.out, sizes_of(node))


def collected(terms: Terms) -> Terms:
    """The same sum as fewer terms, what most is saved by taken out first."""
    if len(terms) == 1:
        return terms
    opened = [_Term.of(c, node) for c, node in terms]
    while 1 < len(terms) <= LONGEST_FACTORED:
        frame = _best_frame(opened)
        if frame is None:
            break
        places, parts = [], []
        for k, term in enumerate(opened):
            part = frame.part_of(term)
            if part is not None:
                places.append(k)
                parts.append((_1, part))
        made = frame.around(parts)
        first = places[0]
        kept = [(t, o) for k, (t, o) in enumerate(zip(terms, opened, strict=True)) if k not in places]
        if made.kind != "contraction" or made.data.coefficient:
            kept.insert(first, ((_1, made), _Term.of(_1, made)))
        terms, opened = [t for t, _ in kept], [o for _, o in kept]
    return terms


class _Term(NamedTuple):
    """A product: its factors, those that hang on no index of the result as scalars, and the indices of the result."""

    coefficient: Fraction
    factors: list[Factor]
    out: Indices
    sizes: dict[Index, Dim]
    nodes: frozenset[Node]

    @property
    def is_bare(self) -> bool:
        """Whether it is ones and deltas, and scalars before them."""
        return not any(f.indices for f in self.factors)

    @classmethod
    def of(cls, coefficient: Fraction, node: Node) -> _Term:
        if node.kind != "contraction":
            out = tuple(range(node.rank))
            return cls(coefficient, [Factor(node, out, _1)], out, dict(enumerate(node.dims)), frozenset((node,)))
        sizes = dict(enumerate(node.data.sizes))
        out = node.data.out
        factors: list[Factor] = []
        scalars: dict[Node, Fraction] = {}
        coefficient *= node.data.coefficient
        for group in components(node.factors, set(out)):
            if any(i in out for f in group for i in f.indices):
                factors += group
                continue
            exponent = _1
            if len(group) == 1 and not group[0].indices:
                base, exponent = group[0].node, group[0].exponent
            else:
                before, base = split_coefficient(contract(_1, group, (), sizes))
                coefficient *= before
            scalars[base] = scalars.get(base, _0) + exponent
        factors += [Factor(base, (), p) for base, p in scalars.items() if p]
        return cls(coefficient, factors, out, sizes, frozenset(f.node for f in factors))


class _Frame(NamedTuple):
    """Factors that several terms have, and the indices on which the part of each stands that is its own."""

    factors: list[Factor]
    out: Indices
    inner: Indices
    sizes: dict[Index, Dim]
    bare: bool  # whether of some terms no array is left

    def part_of(self, term: _Term) -> Node | None:
        """The part of a term that has this frame."""
        if not all(f.node in term.nodes for f in self.factors):
            return None
        for names, left in _embedded(self.factors, dict(zip(self.out, term.out, strict=True)), term.factors):
            if len(dict(zip(self.out, term.out))) != len(set(self.out)) or any(
                names.get(i) != o for i, o in zip(self.out, term.out, strict=True)
            ):
                continue
            outer = [names[i] for i in names if i not in self.inner]
            inner = [names[i] for i in self.inner]
            used = {i for f in left for i in f.indices}
            if len(set(outer)) < len(outer) or set(outer) & ({*inner} | used):
                continue
            if not used and self.inner and not self.bare:
                continue
            if not (used <= {*inner} | (set(term.sizes) - set(term.out))):
                continue
            if len(left) == 1 and left[0].node.kind == "sum" and left[0].exponent == 1 and left[0].indices == (*inner[::-1],):
                return scale(term.coefficient, transposed(left[0].node) if len(inner) == 2 else left[0].node)
            return contract(term.coefficient, left, tuple(inner), dict(term.sizes))
        return None

    def around(self, parts: Terms) -> Node:
        total = add(parts, tuple(self.sizes[i] for i in self.inner))
        coefficient, core = split_coefficient(total)
        if coefficient < 0 and core.kind == "sum" and any(c < 0 for c in core.data):
            core = Node("sum", core.operands, tuple([-c for c in core.data]), core.dims)
            factors = [*self.factors, Factor(core, self.inner, _1)]
            return contract(-coefficient, factors, self.out, dict(self.sizes))
        return contract(_1, [*self.factors, Factor(total, self.inner, _1)], self.out, dict(self.sizes))

    @property
    def saving(self) -> int:
        return 1 + sum(f.node.weight + 1 + 2 * (abs(f.exponent) != 1) for f in self.factors)


def _embedded(
    wanted: list[Factor], names: dict[Index, Index], factors: list[Factor]
) -> Iterator[tuple[dict[Index, Index], list[Factor]]]:
    """The ways to find the wanted factors, each with the indices that theirs are, and the factors that are left."""
    if not wanted:
        yield names, factors
        return
    first, *others = wanted
    for k, factor in enumerate(factors):
        if factor.node is not first.node or factor.exponent * first.exponent <= 0:
            continue
        if abs(factor.exponent) < abs(first.exponent) or (
            factor.exponent != first.exponent and is_function(factor.node, EXP)
        ):
            continue
        for indices in _ways_round(factor):
            if all(names.get(i, at) == at for i, at in zip(first.indices, indices, strict=True)):
                rest = factor._replace(exponent=factor.exponent - first.exponent)
                left = [*factors[:k], *([rest] if rest.exponent else []), *factors[k + 1 :]]
                yield from _embedded(others, {**names, **dict(zip(first.indices, indices, strict=True))}, left)


def _ways_round(factor: Factor) -> Iterable[Indices]:
    if len(factor.indices) == 2 and properties.is_symmetric(factor.node):
        return (factor.indices, factor.indices[::-1])
    return (factor.indices,)


def _best_frame(terms: list[_Term]) -> _Frame | None:
    best: _Frame | None = None
    for k, a in enumerate(terms):
        for b in terms[k + 1 :]:
            if not a.nodes.isdisjoint(b.nodes) or (a.out and a.is_bare and b.is_bare):
                frame = _Match(a, b).frame()
                if frame is not None and (best is None or frame.saving > best.saving):
                    best = frame
    return best


class _Taken(NamedTuple):
    a: int  # which factor of the one term
    b: int  # and of the other
    exponent: Fraction
    pairs: tuple[Pair, ...]


class _Match:
    """What two terms share; an index of it is a pair of theirs."""

    def __init__(self, a: _Term, b: _Term) -> None:
        self.a = a
        self.b = b
        self.out = list(zip(a.out, b.out, strict=True))
        self.taken: list[_Taken] = []

    def frame(self) -> _Frame | None:
        self._take_scalars()
        while self._take_next():
            pass
        self._leave_powers()
        while any(t.pairs for t in self.taken) and (unwanted := self._unwanted()) is not None:
            self.taken.remove(unwanted)
        self._leave_divisors()
        inner = self._inner(self.taken)
        if any(t.pairs for t in self.taken) or not inner:
            return self._made(inner) if self.taken or self.out else None
        return self._made(list(dict.fromkeys(self.out))) if self.taken else None

    def _made(self, inner: list[Pair]) -> _Frame:
        names: dict[Pair, Index] = {}
        for pair in (*self.out, *(p for t in self.taken for p in t.pairs)):
            names.setdefault(pair, len(names))
        factors = [Factor(self.a.factors[t.a].node, tuple(names[p] for p in t.pairs), t.exponent) for t in self.taken]
        sizes = {index: self.a.sizes[i] for (i, _), index in names.items()}
        out = tuple(names[p] for p in self.out)
        bare = any(not any(f.indices for f in rest) for rest in self._rests(self.taken))
        if len(inner) == WIDEST and self.out:
            first = self.out[0]
            from_rows = {i for f in connected(factors, {names[first]}, set()) for i in f.indices} | {names[first]}
            inner = sorted(inner, key=lambda pair: names[pair] not in from_rows)
        return _Frame(factors, out, tuple(names[p] for p in inner), sizes, bare)

    # ---------------------------------------------------------------- taking
    def _take_scalars(self) -> None:
        for k, f in enumerate(self.a.factors):
            for j, g in enumerate(self.b.factors):
                if f.node is g.node and not f.indices and not g.indices:
                    exponent = _shared_power(f, g)
                    if exponent and not _are_powers(f, g):
                        self.taken.append(_Taken(k, j, exponent, ()))

    def _take_next(self) -> bool:
        known = {*self.out, *(p for t in self.taken for p in t.pairs)}
        used_a, used_b = {t.a for t in self.taken}, {t.b for t in self.taken}
        before = max(WIDEST, len(self._inner(self.taken)))
        best: tuple[tuple[int, int], _Taken] | None = None
        for k, f in enumerate(self.a.factors):
            for j, g in enumerate(self.b.factors):
                if f.node is not g.node or not f.indices or not g.indices or k in used_a or j in used_b:
                    continue
                exponent = _shared_power(f, g)
                if not exponent:
                    continue
                for indices in _ways_round(g):
                    pairs = tuple(zip(f.indices, indices, strict=True))
                    made = _Taken(k, j, exponent, pairs)
                    if len(self._inner([*self.taken, made])) > before:
                        continue
                    rank = (sum(p in known for p in pairs), f.node.weight)
                    if best is None or rank > best[0]:
                        best = rank, made
        if best is not None:
            self.taken.append(best[1])
        return best is not None

    # ---------------------------------------------------------------- what is left
    def _rests(self, taken: list[_Taken]) -> tuple[list[Factor], list[Factor]]:
        return (
            _left(self.a.factors, {t.a: t.exponent for t in taken}),
            _left(self.b.factors, {t.b: t.exponent for t in taken}),
        )

    def _inner(self, taken: list[_Taken]) -> list[Pair]:
        """The pairs of indices on which something is left of one of the terms, or that are one index there."""
        pairs = list(dict.fromkeys((*self.out, *(p for t in taken for p in t.pairs))))
        found = set()
        for side, rest in enumerate(self._rests(taken)):
            used = {i for f in rest for i in f.indices}
            own = [p[side] for p in pairs]
            found |= {p for p in pairs if p[side] in used or own.count(p[side]) > 1}
        return [p for p in pairs if p in found]

    def _leave_powers(self) -> None:
        """A^3*x + A^2*x is (A^3 + A^2)*x."""
        left = [[f.node for f in rest if f.indices] for rest in self._rests(self.taken)]
        if len(left[0]) == len(left[1]):
            return
        for matrix in {t.a: self.a.factors[t.a].node for t in self.taken if len(t.pairs) == 2}.values():
            if all(node is matrix for rest in left for node in rest):
                self.taken = [t for t in self.taken if self.a.factors[t.a].node is not matrix]

    def _leave_divisors(self) -> None:
        """Divisors alone are taken out where they go in full: -sin(x)./x - cos(x)./x.^2 stays."""
        arrays = [t for t in self.taken if t.pairs]
        if arrays and all(t.exponent < 0 for t in arrays):
            partial = [t for t in arrays if self.a.factors[t.a].exponent != self.b.factors[t.b].exponent]
            self.taken = [t for t in self.taken if t not in partial]

    def _unwanted(self) -> _Taken | None:
        """One that is better not taken out; what is left of both terms is to read as a matrix, vector or number.

        x + A*x is not (eye(n) + A)*x, but A'*A + A'*B*A is A'*(eye(n) + B)*A; u.*v + u is u.*(v + 1), but u - c*u
        stays; of a vector that scales something else, diag(u.*v)*A + diag(u)*B, not a part is taken out.
        """
        arrays = [t for t in self.taken if t.pairs]
        last = arrays[-1]
        inner = self._inner(self.taken)
        if len(inner) > WIDEST:
            return last
        rests = self._rests(self.taken)
        bare = [not any(f.indices for f in rest) for rest in rests]
        tied = [{pair for pair in inner if sum(p[k] == pair[k] for p in inner) > 1} for k in (0, 1)]
        for taken in arrays:
            beside = [pair for pair in taken.pairs if pair in inner]
            if len(beside) == len(taken.pairs) and any(pair in tied[0] | tied[1] for pair in beside):
                return taken
            for k, rest in enumerate(rests):
                units = [f.indices[0] for f in rest if f.node.kind == "unit" and len(f.indices) == 1]
                if len(taken.pairs) == 2 and any(pair[k] in units for pair in beside):
                    return taken
                if len(taken.pairs) == 1 and len(inner) == WIDEST and beside:
                    at = beside[0][k]
                    if len(components([f for f in rest if at in f.indices], {at})) > 1:
                        return taken
        for k, rest in enumerate(rests):
            used = {i for f in rest for i in f.indices}
            if not bare[k] and any(p[k] not in used and p not in tied[k] for p in inner):
                return last  # ones
        if not inner or not any(bare):
            return None
        if all(bare):
            return last
        (k,) = [k for k in (0, 1) if bare[k]]
        if not tied[k]:
            return last if rests[k] else None
        if len(self.out) > WIDEST and all(p in self.out for p in inner):
            return None
        nodes = [self.a.factors[t.a].node for t in arrays]
        return None if len(nodes) == 2 and nodes[0] is nodes[1] else last


def _left(factors: list[Factor], taken: dict[int, Fraction]) -> list[Factor]:
    found = []
    for k, factor in enumerate(factors):
        exponent = factor.exponent - taken.get(k, _0)
        if exponent:
            found.append(factor._replace(exponent=exponent))
    return found


def _shared_power(f: Factor, g: Factor) -> Fraction:
    if f.exponent * g.exponent <= 0 or (is_function(f.node, EXP) and f.exponent != g.exponent):
        return _0
    return min(f.exponent, g.exponent, key=abs)


def _are_powers(f: Factor, g: Factor) -> bool:
    """Whether these are terms of a polynomial: a*s^2 + b*s^3 stays, but a*s^2 + b*s^2 is (a + b)*s^2."""
    return f.exponent != g.exponent and f.exponent > 0 and f.node.kind in ("variable", "size")
