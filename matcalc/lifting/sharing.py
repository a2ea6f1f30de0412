"""What two terms share, and the preferences that say what of it is better not taken out, each with an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import product
from operator import itemgetter

from matcalc.lifting.frames import Frame, OpenTerm, shared_power, ways_round
from matcalc.network.components import components, connected
from matcalc.network.nodes import Factor, Index, Node
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

_0 = Fraction(0)
WIDEST = 2  # axes of what is left of a term: it is written as a matrix

Pair = tuple[Index, Index]


class Taken(NamedTuple):
    """A factor that both terms have: its places among theirs, its power, and its indices there."""

    a: int
    b: int
    exponent: Fraction
    pairs: tuple[Pair, ...]


class Split:
    """Two terms, and what is taken out of both. An index of that is a pair, of the index that it is in each of them."""

    def __init__(self, a: OpenTerm, b: OpenTerm, taken: list[Taken]) -> None:
        self.terms = (a, b)
        self.taken = taken
        self.out = [*zip(a.out, b.out, strict=True)]
        self.pairs = [*dict.fromkeys(self.out + [pair for t in taken for pair in t.pairs])]
        self.inner = self._inner()

    def _inner(self) -> list[Pair]:
        """The indices on which something is left of one of the terms, or that are one index there."""
        open_in: list[set[Index]] = []
        for k, term in enumerate(self.terms):
            places = [(t.b if k else t.a, t.exponent) for t in self.taken]
            whole = [at for at, exponent in places if term.factors[at].exponent == exponent]
            found = {i for at, f in enumerate(term.factors) if at not in whole for i in f.indices}
            names = [pair[k] for pair in self.pairs]
            if len(set(names)) < len(names):
                found.update([i for i in names if names.count(i) > 1])
            open_in.append(found)
        a, b = open_in
        return [pair for pair in self.pairs if pair[0] in a or pair[1] in b]

    @cached_property
    def arrays(self) -> list[Taken]:
        """What is no scalar."""
        return [t for t in self.taken if t.pairs]

    @cached_property
    def rests(self) -> tuple[list[Factor], list[Factor]]:
        """The factors that are left of both terms."""
        a, b = (term.factors for term in self.terms)
        return _left(a, {t.a: t.exponent for t in self.taken}), _left(b, {t.b: t.exponent for t in self.taken})

    @cached_property
    def bare(self) -> list[bool]:
        """Whether only scalars are left of the terms."""
        return [not any(f.indices for f in rest) for rest in self.rests]

    @cached_property
    def tied(self) -> list[set[Pair]]:
        """Those that are one index with another one in a term: a delta is left there."""
        return [{p for p in self.inner if sum(q[k] == p[k] for q in self.inner) > 1} for k in (0, 1)]

    def with_more(self, taken: Taken) -> Split:
        return Split(*self.terms, [*self.taken, taken])

    def without(self, *unwanted: Taken) -> Split:
        if not unwanted:
            return self
        return Split(*self.terms, [t for t in self.taken if t not in unwanted])

    def node(self, taken: Taken) -> Node:
        return self.terms[0].factors[taken.a].node


def shared_frame(a: OpenTerm, b: OpenTerm) -> Frame | None:
    """The frame that two terms have, if taking it out is preferred."""
    scalars = _shared_scalars(a, b)
    arrays = any(node.rank and node in b.places for node in a.places)
    if not scalars and not arrays and len(a.out) <= WIDEST and not (a.out and a.is_bare and b.is_bare):
        if not a.constant_axes or a.constant_axes != b.constant_axes:
            return None
    out = [*dict.fromkeys(zip(a.out, b.out, strict=True))]
    if arrays and not scalars and len(out) == WIDEST and not _arrays_on(out, a, b):
        return None  # no array on a row or column: three indices would be left of the terms, or four
    split = Split(a, b, scalars)
    if arrays:
        split = _with_arrays(split)
    split = split.without(*_powers_of_one_matrix(split))
    while split.arrays and (unwanted := _unwanted(split)):
        split = split.without(*unwanted)
    split = split.without(*_partial_divisors(split))
    if split.arrays or not split.inner or len(split.inner) <= min(WIDEST, len(split.out) - 1):
        return _frame(split, split.inner) if split.taken or split.out else None
    return _frame(split, list(dict.fromkeys(split.out))) if split.taken else None


def _frame(split: Split, inner: list[Pair]) -> Frame:
    """The part inside has as its rows what hangs on the rows of the result."""
    names: dict[Pair, Index] = {pair: k for k, pair in enumerate(split.pairs)}
    factors = [Factor(split.node(t), tuple([names[p] for p in t.pairs]), t.exponent) for t in split.taken]
    if len(inner) == WIDEST and split.out:
        first = names[split.out[0]]
        of_rows = {first, *(i for f in connected(factors, {first}, set()) for i in f.indices)}
        inner = sorted(inner, key=lambda pair: names[pair] not in of_rows)
    sizes = {index: split.terms[0].sizes[i] for (i, _), index in names.items()}
    out, places = (tuple([names[p] for p in pairs]) for pairs in (split.out, inner))
    return Frame(factors, out, places, sizes, any(split.bare))


# ---------------------------------------------------------------- taking
def _shared_scalars(a: OpenTerm, b: OpenTerm) -> list[Taken]:
    """The scalars that both terms have as factors."""
    shared = [node for node in a.places if not node.rank and node in b.places]
    pairs = [(k, j) for node in shared for k, j in product(a.places[node], b.places[node])]
    return [Taken(k, j, exponent, ()) for k, j in pairs if (exponent := _exponent(a.factors[k], b.factors[j]))]


def _ways_to_take(a: OpenTerm, k: int, b: OpenTerm, j: int) -> list[Taken]:
    """An array that is a factor of both terms, at these places."""
    f, g = a.factors[k], b.factors[j]
    exponent = _exponent(f, g)
    return [Taken(k, j, exponent, tuple(zip(f.indices, way, strict=True))) for way in ways_round(g) if exponent]


def _exponent(f: Factor, g: Factor) -> Fraction:
    """The power of one node that is taken out of two, or 0.

    Terms of a polynomial stay: a*s^2 + b*s^3 is no s^2*(a + b*s), but a*s^2 + b*s^2 is (a + b)*s^2.
    """
    if f.exponent != g.exponent and f.exponent > 0 and f.node.kind in ("variable", "size"):
        return _0
    return shared_power(f, g)


def _arrays_on(pairs: Iterable[Pair], a: OpenTerm, b: OpenTerm) -> list[Taken]:
    """The arrays that both terms have on one of these indices."""
    found: dict[Taken, None] = {}
    for pair in pairs:
        for k, j in product(a.beside.get(pair[0], ()), b.beside.get(pair[1], ())):
            f, g = a.factors[k], b.factors[j]
            if f.node is g.node and pair[1] in {way[f.indices.index(pair[0])] for way in ways_round(g)}:
                found.update((taken, None) for taken in _ways_to_take(a, k, b, j) if pair in taken.pairs)
    return [*found]


def _all_arrays(a: OpenTerm, b: OpenTerm) -> list[Taken]:
    """The arrays that both terms have, on any indices."""
    shared = [node for node in a.places if node.rank and node in b.places]
    pairs = [(k, j) for node in shared for k, j in product(a.places[node], b.places[node])]
    return [taken for k, j in pairs for taken in _ways_to_take(a, k, b, j)]


def _with_arrays(split: Split) -> Split:
    """As many arrays taken out as may be, one after the other."""
    near = _arrays_on(split.pairs, *split.terms)
    apart: list[Taken] | None = None
    while True:
        most = WIDEST if len(split.out) <= WIDEST and not split.taken else max(WIDEST, len(split.inner))
        room = most - len(split.inner)
        if room and apart is None:
            apart = _all_arrays(*split.terms)
        used = {t.a for t in split.taken}, {t.b for t in split.taken}
        arrays = [t for t in (*near, *(apart or ())) if t.a not in used[0] and t.b not in used[1]]
        more = _with_next(split, arrays, most)
        if more is None:
            return split
        known = set(split.pairs)
        near = [*near, *_arrays_on([pair for pair in more.taken[-1].pairs if pair not in known], *split.terms)]
        split = more


def _with_next(split: Split, arrays: list[Taken], most: int) -> Split | None:
    """One factor more: one that hangs on what is taken already, or on the result, before others."""
    known = set(split.pairs)
    room = most - len(split.inner)
    found = []
    for taken in dict.fromkeys(arrays):
        new = len([1 for pair in taken.pairs if pair not in known])
        if new < len(taken.pairs) or new <= room:  # all of what is apart is left inside
            node = split.node(taken)
            place = split.terms[0].places[node][0], taken.a, taken.b
            found.append(((new - len(taken.pairs), -node.weight, *place), taken))
    for _, taken in sorted(found, key=itemgetter(0)):
        more = split.with_more(taken)
        if len(more.inner) <= most:
            return more
    return None


def _left(factors: list[Factor], taken: dict[int, Fraction]) -> list[Factor]:
    found = []
    for k, factor in enumerate(factors):
        if k not in taken:
            found.append(factor)
        elif taken[k] != factor.exponent:
            found.append(factor._replace(exponent=factor.exponent - taken[k]))
    return found


# ---------------------------------------------------------------- preferences
def _powers_of_one_matrix(split: Split) -> list[Taken]:
    """A^3*x + A^2*x is (A^3 + A^2)*x."""
    left = [[f.node for f in rest if f.indices] for rest in split.rests]
    if len(left[0]) == len(left[1]):
        return []
    matrices = {split.node(t) for t in split.arrays if len(t.pairs) == 2}
    powers = {matrix for matrix in matrices if all(node is matrix for rest in left for node in rest)}
    return [t for t in split.arrays if split.node(t) in powers]


def _partial_divisors(split: Split) -> list[Taken]:
    """sin(x)./x + cos(x)./x.^2 stays: divisors alone are taken out where they go in full."""
    if not split.arrays or any(t.exponent > 0 for t in split.arrays):
        return []
    a, b = split.terms
    return [t for t in split.arrays if a.factors[t.a].exponent != b.factors[t.b].exponent]


def at_most_matrices(split: Split) -> list[Taken]:
    """kron(A*C, B) + kron(A, D) stays: what is left has to be a matrix, a vector or a scalar."""
    return split.arrays[-1:] if len(split.inner) > WIDEST else []


def scalings_beside_deltas(split: Split) -> list[Taken]:
    """diag(u.*v) - u*v' stays: a scaling beside deltas and ones goes into them."""
    ties = split.tied[0] | split.tied[1]
    for taken in split.arrays if ties else ():
        if ties & set(taken.pairs) and all(pair in split.inner for pair in taken.pairs):
            return [taken]
    return []


def rows_and_columns(split: Split) -> list[Taken]:
    """unit(m,1)*X[2,:] + unit(m,2)*X[1,:] stays: a matrix is written as its row, where that is cut out."""
    for k, rest in enumerate(split.rests):
        units = {f.indices[0] for f in rest if f.node.kind == "unit" and len(f.indices) == 1}
        for taken in split.arrays if units else ():
            if len(taken.pairs) == 2 and any(pair[k] in units and pair in split.inner for pair in taken.pairs):
                return [taken]
    return []


def products_with_vectors(split: Split) -> list[Taken]:
    """(A.*B)*v + (A.*C)*x stays: it is not rowsum(A.*(B*diag(v) + C*diag(x)))."""
    if len(split.inner) < WIDEST or len(split.out) > 1:
        return []
    for taken in split.arrays:
        if set(taken.pairs) != set(split.inner):
            continue
        elsewhere = {pair for other in split.arrays if other is not taken for pair in other.pairs}
        for k, rest in enumerate(split.rests):
            vectors = {f.indices for f in rest if len(f.indices) == 1}
            if any((pair[k],) in vectors for pair in taken.pairs if pair not in split.out and pair not in elsewhere):
                return [taken]
    return []


def whole_scalings(split: Split) -> list[Taken]:
    """diag(u.*v)*A + diag(u)*B stays: not a part of what scales a matrix is taken out."""
    for taken in split.arrays if len(split.inner) == WIDEST else ():
        if len(taken.pairs) == 1 and taken.pairs[0] in split.inner:
            for k, rest in enumerate(split.rests):
                at = taken.pairs[0][k]
                if len(components([f for f in rest if at in f.indices], {at})) > 1:
                    return [taken]
    return []


def no_ones_beside_arrays(split: Split) -> list[Taken]:
    """A.*B + diag(u)*A stays: it is not A.*(B + u*ones(n)'). Of several arrays on the same rows, none is taken out."""
    for k, rest in enumerate(split.rests):
        used = {i for f in rest for i in f.indices}
        ones = {p for p in split.inner if p[k] not in used and p not in split.tied[k]}
        beside = [taken for taken in split.arrays if not ones.isdisjoint(taken.pairs)]
        if beside and not split.bare[k]:
            return beside
    return []


def no_identity(split: Split) -> list[Taken]:
    """x + A*x stays, and u - c*u; but A'*A + A'*B*A is A'*(eye(n) + B)*A, u + u.*v is u.*(1 + v).

    And kron(A, eye(n)) + kron(A, B) is kron(A, eye(n) + B).
    """
    if not split.inner or not any(split.bare):
        return []
    last = split.arrays[-1]
    if all(split.bare):
        return [last]
    k = split.bare.index(True)
    if not split.tied[k]:
        return [last] if split.rests[k] else []
    if len(split.out) > WIDEST and set(split.inner) <= set(split.out):
        return []
    nodes = [split.node(t) for t in split.arrays]
    return [] if len(nodes) == 2 and nodes[0] is nodes[1] else [last]


PREFERENCES: tuple[Callable[[Split], list[Taken]], ...] = (
    at_most_matrices,
    scalings_beside_deltas,
    rows_and_columns,
    products_with_vectors,
    whole_scalings,
    no_ones_beside_arrays,
    no_identity,
)


def _unwanted(split: Split) -> list[Taken]:
    """What is better not taken out, by the first preference that says so."""
    return next((taken for prefers in PREFERENCES if (taken := prefers(split))), [])
