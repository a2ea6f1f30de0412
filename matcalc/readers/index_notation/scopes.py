"""Which index is summed where: each term sums the indices that stand twice in it and that nothing binds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from matcalc.errors import ParseError, Span
from matcalc.notation.syntax import Syntax
from matcalc.readers.index_notation.names import Group, Letter
from matcalc.readers.index_notation.places import two
from matcalc.readers.index_notation.signs import Sign

_ONE_LETTER = "use another letter for one of them, or write the sum: sum_i"


@dataclass
class Uses:
    """The indices that are free in a part: how often they stand, and where first; and those that are bound in it.

    ``unclear`` are indices of which a repetition might be no sum: those of powers and on both sides of a division.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)  # bound in it by sum signs
    summed: set[str] = field(default_factory=set)  # summed in it since they stand twice


def indices_at(node: Syntax) -> Iterator[str]:
    """The indices that stand at a place, those of groups one by one."""
    for place in node.value[0] if node.kind == "place" else ():  # type: ignore[index]
        if isinstance(place, Letter):
            yield place.name
        elif isinstance(place, Group):
            yield from place.names


def all_indices(root: Syntax) -> set[str]:
    """All indices that stand anywhere in a part; those within [… | i; j] are its own."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.update(indices_at(node))
        if isinstance(node.value, Sign):
            found.update(name for relation in node.value.relations for name in (relation.left, relation.right))
        waiting += node.operands if node.kind != "indexed" else ()
    return found


class Scopes:
    """``sums`` are the indices that terms sum; ``has_left``: a left side tells which indices are free."""

    def __init__(self, text: str, *, has_left: bool) -> None:
        self.text = text
        self.has_left = has_left
        self.sums: dict[Syntax, tuple[str, ...]] = {}

    def fail(self, span: Span, summary: str, *details: str, hint: str = "") -> ParseError:
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, span)
        return error

    # ---------------------------------------------------------------- parts
    def of(self, node: Syntax, bound: frozenset[str]) -> Uses:
        """The free indices of a part; ``bound`` are those that something around it binds."""
        match node.kind:
            case "sum":
                return self._sum(node, bound)
            case "product":
                return self._product(node, bound)
            case "power" | "elpower":
                return self._power(node, bound)
            case "binder":
                return self._binder(node, bound)
            case "indexed":
                return self._indexed(node)
            case "place":
                uses = self.of(node.operands[0], bound)
                for name in indices_at(node):
                    uses.counts[name] = uses.counts.get(name, 0) + 1
                    uses.places.setdefault(name, node.span)
                return uses
        return self._alike(node, [self.of(operand, bound) for operand in node.operands])

    def _alike(self, node: Syntax, parts: Sequence[Uses]) -> Uses:
        """Operands of a function, entry by entry: an index in several of them is one."""
        made = Uses()
        for part in parts:
            for name, count in part.counts.items():
                made.counts[name] = max(count, made.counts.get(name, 0))
                made.places.setdefault(name, part.places[name])
            made.unclear |= part.unclear
            self._check_apart(node, made, part, same_letters=True)
            made.signed |= part.signed
            made.summed |= part.summed
        return made

    def _product(self, node: Syntax, bound: frozenset[str]) -> Uses:
        made = Uses()
        for sign, factor in zip(("", *node.value), node.operands, strict=True):  # type: ignore[misc]
            part = self.of(factor, bound)
            self._check_apart(node, made, part)
            divides = sign in ("/", "./")
            for name, count in part.counts.items():
                if divides and (name in made.counts or count > 1):
                    made.unclear.add(name)
                made.counts[name] = made.counts.get(name, 0) + count
                made.places.setdefault(name, part.places[name])
                if divides:
                    made.unclear.add(name)
            made.unclear |= part.unclear
            made.signed |= part.signed
            made.summed |= part.summed
        return made

    def _power(self, node: Syntax, bound: frozenset[str]) -> Uses:
        """x_i^2 stands for x_i x_i, and for the square of each entry: what is meant, a sum sign or a left side says."""
        base, exponent = (self.of(operand, bound) for operand in node.operands)
        made = Uses(dict(base.counts), dict(base.places), set(base.counts), base.signed, base.summed)
        self._check_apart(node, made, exponent)
        for name, count in exponent.counts.items():
            made.counts[name] = made.counts.get(name, 0) + count
            made.places.setdefault(name, exponent.places[name])
            made.unclear.add(name)
        for name in base.counts:
            made.counts[name] += 1
        made.signed |= exponent.signed
        made.summed |= exponent.summed
        return made

    def _binder(self, node: Syntax, bound: frozenset[str]) -> Uses:
        sign = node.value
        assert isinstance(sign, Sign)
        if clash := next((name for name in sign.names if name in bound), ""):
            one, two = f"(sum_{clash} …)*(sum_{clash} …)", f"sum_{clash} (… sum_j …)"
            raise self.fail(
                sign.span,
                f"index {clash} is bound already",
                f"two readings: {one}, or one within the other, {two}",
                hint="brackets around the first sum, or another letter for the second, say what is meant",
            )
        (body,) = node.operands
        uses = self.of(body, bound | frozenset(sign.names))
        if not sign.is_sum:
            self._close(body, uses, bound | frozenset(sign.names))
            self._check_reach(body, sign)
        for name in sign.names:
            uses.counts.pop(name, None)
            uses.places.pop(name, None)
            uses.unclear.discard(name)
            uses.signed.add(name)
        return uses

    def _indexed(self, node: Syntax) -> Uses:
        """[A[i,k]*B[k,j] | i; j] has letters of its own, whatever they mean around it."""
        rows, cols = two(node)
        (body,) = node.operands
        uses = self.of(body, frozenset({*rows, *cols, *all_indices(body)}))
        self.sums[node] = tuple(name for name in uses.counts if name not in (*rows, *cols))
        return Uses()

    # ---------------------------------------------------------------- terms
    def _sum(self, node: Syntax, bound: frozenset[str]) -> Uses:
        made = Uses()
        free: list[set[str]] = []
        for term in node.operands:
            uses = self.of(term, bound)
            self._close(term, uses, bound)
            free.append(set(uses.counts) - bound)
            before = set(made.counts) - bound
            if reached := sorted((made.signed & (free[-1] | uses.summed)) | (before & uses.signed)):
                name = reached[0]
                raise self.fail(
                    uses.places.get(name, term.span),
                    f"index {name} stands outside of the sum over {name}",
                    f"two readings: the sum reaches over this term, or {name} is another index here",
                    hint=f"write sum_{name} (…) around all that is summed, or another letter",
                )
            for name in uses.counts:
                made.counts[name] = 1
                made.places.setdefault(name, uses.places[name])
            self._check_alike(free, term, uses)
            made.signed |= uses.signed
            made.summed |= uses.summed
        return made

    def _check_alike(self, free: Sequence[set[str]], term: Syntax, uses: Uses) -> None:
        """Terms have the same free indices; one that has none is a number for all of them."""
        known = next((names for names in free if names), set())
        here = free[-1]
        if (here and here != known) or (not here and known and uses.summed - uses.signed):
            shown = " and ".join(", ".join(sorted(names)) or "none" for names in (known, here))
            raise self.fail(
                term.span,
                "the terms of a sum have different free indices",
                f"those are {shown}",
                hint="a left side says what is meant: C_ij = a_i + b_j",
            )

    def _close(self, term: Syntax, uses: Uses, bound: frozenset[str]) -> None:
        """Sums the indices that stand twice in a term and are not bound."""
        twice = [name for name, count in uses.counts.items() if count > 1 and name not in bound]
        for name in twice:
            span = term.span
            if name in uses.unclear:
                raise self.fail(
                    span,
                    f"index {name} stands in a power or a quotient, and nothing says whether it is summed",
                    f"two readings: the sum over {name}, or an array with the index {name}",
                    hint=f"write sum_{name} (…), or a left side: z_{name} = …",
                )
            if uses.counts[name] > 2:
                raise self.fail(
                    span,
                    f"index {name} stands {uses.counts[name]} times in one term",
                    hint=f"write the sum: sum_{name}",
                )
            if not self.has_left and _has_sign(term):
                raise self.fail(
                    span,
                    f"index {name} stands twice beside a sum sign that does not bind it",
                    "two readings: it is summed as well, or it is an index of the result",
                    hint=f"write sum_{name}, too, or a left side",
                )
        if twice:
            self.sums[term] = tuple(twice)
            for name in twice:
                del uses.counts[name]
            uses.summed |= set(twice)

    # ---------------------------------------------------------------- what is not clear
    def _check_apart(self, node: Syntax, one: Uses, other: Uses, *, same_letters: bool = False) -> None:
        """Refuses an index that is summed in one factor and stands in another one."""
        for left, right in ((one, other), (other, one)):
            others = set(right.counts) | (set() if same_letters else right.summed)
            clash = sorted(left.summed & others) or sorted(left.signed & (set(right.counts) | right.summed))
            if clash:
                name = clash[0]
                raise self.fail(
                    node.span, f"index {name} is summed in one part of this, and stands in another", hint=_ONE_LETTER
                )

    def _check_reach(self, body: Syntax, sign: Sign) -> None:
        """Refuses a product, a maximum … over an index of factors that do not have it: how far does it reach?"""
        if body.kind != "product":
            return
        names = set(sign.names)
        for factor in body.operands:
            if not names & all_indices(factor):
                raise self.fail(
                    factor.span,
                    f"does the {sign.over} reach over this, where {', '.join(sign.names)} does not stand?",
                    hint=f"write {sign.over}_{sign.names[0]} (…) or ({sign.over}_{sign.names[0]} …)",
                )


def _has_sign(term: Syntax) -> bool:
    """Whether a sum sign stands in a term itself, outside of brackets."""
    waiting = [term]
    while waiting:
        node = waiting.pop()
        if node.kind == "binder":
            return True
        if node.kind in ("product", "neg"):
            waiting += node.operands
    return False


def free_in_order(uses: Uses, bound: Iterable[str]) -> list[str]:
    """The indices of a formula that nothing binds, by where they stand first."""
    return sorted((name for name in uses.counts if name not in bound), key=lambda name: uses.places[name])
