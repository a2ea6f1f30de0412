"""Where a pattern stands in a node, or among the factors of a product.

Factors of a product are matched with their indices, those that say most first. A factor of a rule takes the exponent
that it needs and leaves the rest; a symmetric factor matches either way round; a matrix that is known by then, as X is
in inv(X)*X, may be written out as factors. What is multiplied entry by entry is matched at any indices, alike for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from matcalc.network import properties
from matcalc.network.build import add, scale
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node, constant_value
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.matching import separable
from matcalc.rules.matching.patterns import Applied, Multiplied, Named, Part, Pattern, Summed
from matcalc.rules.matching.splitting import split

_1 = Fraction(1)
Bound = dict[str, Node]  # what letters stand for
Holds = Callable[[str, Node], bool]  # whether a letter may stand for a node: the conditions of the rule


class State(NamedTuple):
    """How far a search among factors has come."""

    bound: Bound
    names: dict[Index, Index]  # of the pattern's indices, those of the factors
    entries: Indices | None  # where that stands which is multiplied entry by entry
    left: tuple[Fraction, ...]  # exponents of the factors that are not taken
    number: Fraction  # by which the match is to be multiplied


# ---------------------------------------------------------------- nodes
def matches(pattern: Pattern, node: Node, bound: Bound, holds: Holds) -> Iterator[Bound]:
    """The ways in which a node is what the pattern says, with the letters bound that it gives values to."""
    if isinstance(pattern, Node):
        if pattern is node:
            yield bound
    elif isinstance(pattern, Named):
        yield from _named(pattern, node, bound, holds)
    elif isinstance(pattern, Applied):
        if pattern.name == "exp":
            yield from _exp(pattern, node, bound, holds)
        elif pattern.name == "kron":
            pair = separable.first_and_rest(node)
            yield from operands_match(pattern.operands, pair, bound, holds) if pair else ()
        elif node.trigger == pattern.name:
            yield from operands_match(pattern.operands, node.operands, bound, holds)
    elif isinstance(pattern, Summed):
        coefficient, core = split_coefficient(node)
        if core.kind == "sum" and len(core.operands) >= len(pattern.terms):
            terms = [(coefficient * c, term) for c, term in core.terms]
            yield from _terms(pattern.terms, terms, bound, holds)
    else:
        yield from _product(pattern, node, bound, holds)


def _named(pattern: Named, node: Node, bound: Bound, holds: Holds) -> Iterator[Bound]:
    known = bound.get(pattern.name)
    if known is not None:
        if known is node:
            yield bound
    elif pattern.rank in (None, node.rank) and holds(pattern.name, node):
        yield {**bound, pattern.name: node}


def operands_match(
    patterns: tuple[Pattern, ...], nodes: tuple[Node, ...], bound: Bound, holds: Holds
) -> Iterator[Bound]:
    if not patterns:
        yield bound
        return
    for found in matches(patterns[0], nodes[0], bound, holds):
        yield from operands_match(patterns[1:], nodes[1:], found, holds)


def _exp(pattern: Applied, node: Node, bound: Bound, holds: Holds) -> Iterator[Bound]:
    """exp(u)^p is exp(p*u)."""
    power = _1
    if node.kind == "contraction" and len(node.operands) == 1 and node.product.coefficient == 1:
        (indices,), (power,), out = node.product.indices, node.product.exponents, node.product.out
        if indices == out and len(set(out)) == len(out):
            node = node.operands[0]
    if node.trigger == "exp":
        yield from matches(pattern.operands[0], scale(power, node.operands[0]), bound, holds)


def _terms(
    patterns: tuple[tuple[Fraction, Pattern], ...], terms: list[tuple[Fraction, Node]], bound: Bound, holds: Holds
) -> Iterator[Bound]:
    """Each term of the pattern is one of the sum; a letter that comes last is all the rest."""
    if not patterns:
        if not terms:
            yield bound
        return
    (coefficient, pattern), *others = patterns
    if not others and len(terms) > 1 and isinstance(pattern, Named):
        rest = add([(c / coefficient, node) for c, node in terms], terms[0][1].dims)
        yield from matches(pattern, rest, bound, holds)
        return
    takes_number = isinstance(pattern, Multiplied) and bool(pattern.parts) and _is_of_letters(pattern)
    for k, (c, node) in enumerate(terms):
        if c == coefficient or takes_number:
            for found in matches(pattern, scale(c / coefficient, node), bound, holds):
                yield from _terms(tuple(others), terms[:k] + terms[k + 1 :], found, holds)


# ---------------------------------------------------------------- products as nodes
def _product(pattern: Multiplied, node: Node, bound: Bound, holds: Holds) -> Iterator[Bound]:
    if not pattern.parts:
        if _is_filled_alike(pattern, node):
            yield bound
    elif _is_of_letters(pattern):
        found = split(pattern, scale(1 / pattern.coefficient, node))
        if found is not None:
            parts = sorted(pattern.parts, key=lambda part: part.indices)
            yield from operands_match(tuple(part.pattern for part in parts), found, bound, holds)
    elif node.kind == "contraction" and node.product.coefficient == pattern.coefficient:
        start = State(bound, {}, None, node.product.exponents, _1)
        for state in Search(node.factors, holds).from_(pattern.parts, start):
            placed = tuple(state.names[i] for i in pattern.out) if pattern.out else state.entries
            distinct = len(set(state.names.values())) == len(state.names)
            if not any(state.left) and distinct and state.number == 1:
                if placed == node.product.out or (not pattern.out and state.names and not node.rank):
                    yield state.bound


def _is_filled_alike(pattern: Multiplied, node: Node) -> bool:
    """Whether a node is the number that a pattern is, or that number times the identity."""
    if len(set(pattern.out)) == len(pattern.out):
        return constant_value(node) == pattern.coefficient
    is_identity = node.kind == "contraction" and not node.operands and node.product.out == pattern.out
    return is_identity and bool(node.product.coefficient == pattern.coefficient)


def _is_of_letters(pattern: Multiplied) -> bool:
    return all(isinstance(part.pattern, Named) and part.exponent == 1 for part in pattern.parts)


# ---------------------------------------------------------------- factors
class Search:
    """The ways to find each part of a pattern in a factor of a product, or in part of one.

    ``out`` are the indices of the product, ``ends`` those of the pattern: no other index of the pattern is in ``out``.
    """

    def __init__(self, factors: list[Factor], holds: Holds, out: Indices = (), ends: Indices = ()) -> None:
        self.factors = factors
        self.holds = holds
        self.out = out
        self.ends = ends

    def from_(self, parts: tuple[Part, ...], state: State) -> Iterator[State]:
        if not parts:
            yield state
            return
        part = _next(parts, state)
        rest = tuple([p for p in parts if p is not part])
        pattern = part.pattern
        known = state.bound.get(pattern.name) if isinstance(pattern, Named) else pattern
        if isinstance(known, Node) and _may_be_written_out(known, part):
            if {factor.node for factor in self.factors}.issuperset(known.operands):
                inner, number = _written_out(known, part, state)
                yield from self.from_((*inner, *rest), state._replace(number=state.number * number))
            return
        for k in _places(part, known, self.factors):
            if state.left[k]:
                for found in self._taken(part, k, state):
                    yield from self.from_(rest, found)

    def _taken(self, part: Part, k: int, state: State) -> Iterator[State]:
        """A factor matched with a part of a pattern, which takes some of its exponent."""
        pattern, left, node = part.pattern, state.left[k], self.factors[k].node
        placed = list(self._placed(part, self.factors[k], state))
        if not placed:
            return
        ways: Iterable[tuple[Bound, Fraction]]
        if isinstance(pattern, Applied) and pattern.name == "exp":
            ways = _taken_of_exp(pattern.operands[0], part.exponent, node, left, state.bound, self.holds)
        elif left != part.exponent and not _holds_power(pattern, left, part.exponent):
            return
        else:
            ways = [(bound, part.exponent) for bound in matches(pattern, node, state.bound, self.holds)]
        for bound, exponent in ways:
            remaining = (*state.left[:k], left - exponent, *state.left[k + 1 :])
            for names, entries in placed:
                yield State(bound, names, entries, remaining, state.number)

    def _placed(self, part: Part, factor: Factor, state: State) -> Iterator[tuple[dict[Index, Index], Indices | None]]:
        """The ways to give the indices of a part those of a factor."""
        indices = factor.indices
        if not part.indices:
            if state.entries in (None, indices):
                yield state.names, indices
            return
        if len(indices) != len(part.indices):
            return
        transposed = len(indices) == 2 and indices[0] != indices[1] and properties.is_symmetric(factor.node)
        for way in (indices, indices[::-1]) if transposed else (indices,):
            names = dict(state.names)
            for i, at in zip(part.indices, way, strict=True):
                if names.setdefault(i, at) != at or (at in self.out and i not in self.ends):
                    break
            else:
                yield names, state.entries


def _next(parts: tuple[Part, ...], state: State) -> Part:
    """The part to find next: one that is known and has a known index, or at least one that is known."""
    known = None
    for part in parts:
        if not _is_unknown(part.pattern, state.bound):
            if not state.names.keys().isdisjoint(part.indices):
                return part
            known = known or part
    return known or parts[0]


def _holds_power(pattern: Pattern, left: Fraction, wanted: Fraction) -> bool:
    """Whether a power of a factor can be taken of another one; of a divisor that is a sum, a whole one."""
    if isinstance(pattern, Summed | Multiplied) and left.denominator != 1:
        return False
    return left / wanted >= 1


def _places(part: Part, known: Pattern | None, factors: list[Factor]) -> list[int]:
    """Where a factor may be what a part says, by its trigger."""
    if isinstance(known, Node):
        return [k for k, factor in enumerate(factors) if factor.node is known]
    if not part.trigger:
        return list(range(len(factors)))
    found = [k for k, factor in enumerate(factors) if factor.node.trigger == part.trigger]
    return [k for k in found if factors[k].node.operands[0].trigger == part.inner] if part.inner else found


def _is_unknown(pattern: Pattern, bound: Bound) -> bool:
    """Whether a pattern would be found anywhere: a letter that is not known yet, or the exponential of one."""
    if isinstance(pattern, Named):
        return pattern.name not in bound
    return isinstance(pattern, Applied) and pattern.name == "exp" and _value(pattern.operands[0], bound) is None


def _may_be_written_out(node: Node, part: Part) -> bool:
    """Whether a known matrix is a product of factors that may stand among others."""
    if node.kind != "contraction" or len(part.indices) != 2 or part.exponent != 1:
        return False
    used = set().union(*node.product.indices)
    return len(set(node.product.out)) == 2 and all(node.product.indices) and len(used) == len(node.product.sizes)


def _written_out(node: Node, part: Part, state: State) -> tuple[list[Part], Fraction]:
    """A known matrix as the factors that it is made of, and a number to divide by."""
    data = node.product
    free = 1 + max((*part.indices, *state.names)) + len(data.sizes)
    names = {i: free + i for i in range(len(data.sizes))} | dict(zip(data.out, part.indices, strict=True))
    inner = [Part(f.node, tuple(names[i] for i in f.indices), f.exponent) for f in node.factors]
    return inner, 1 / data.coefficient


def _taken_of_exp(
    argument: Pattern, exponent: Fraction, node: Node, left: Fraction, bound: Bound, holds: Holds
) -> Iterator[tuple[Bound, Fraction]]:
    """Of exp(v)^p the power that is exp(c*v), where c*v is known; otherwise all of it, as exp(p*v)."""
    if node.trigger != "exp":
        return
    (inner,) = node.operands
    value = _value(argument, bound)
    if value is None:
        for found in matches(argument, scale(left / exponent, inner), bound, holds):
            yield found, left
        return
    (wanted, core), (own, known) = split_coefficient(value), split_coefficient(inner)
    needed = exponent * wanted / own if own else Fraction(0)
    if core is known and needed and left / needed >= 1:
        yield bound, needed


def _value(pattern: Pattern, bound: Bound) -> Node | None:
    """What a letter, or a multiple of one, stands for; None where that is not known."""
    if isinstance(pattern, Named):
        return bound.get(pattern.name)
    if isinstance(pattern, Multiplied) and not pattern.out and len(pattern.parts) == 1 and _is_of_letters(pattern):
        known = _value(pattern.parts[0].pattern, bound)
        return None if known is None else scale(pattern.coefficient, known)
    return None
