"""The place where the ordered rules are handed to the constructors of ``build``, which lie below them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import lru_cache

from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

Terms = list[tuple[Node, Fraction]]


class Rewritten(NamedTuple):
    """A product after a rule: the factors kept, those added, indices that became one, and those no longer summed."""

    factors: Sequence[Factor]
    added: Sequence[Factor] = ()
    joined: Sequence[tuple[Index, Index]] = ()
    gone: tuple[Index, ...] = ()


Rule = Callable[[list[Factor], Indices], Rewritten | None]


class Triggered(NamedTuple):
    """A rule for products, with sets of triggers of which one must be among the factors for it to be tried.

    ``first`` stands in each of these sets, unless it is empty: so the sets of few rules are asked for, and few rules.
    """

    first: str
    needed: Callable[[], tuple[Set[str], ...]]
    rule: Callable[[], Rule]


class Rules(NamedTuple):
    """What is tried on products, on sums, and the other ways to write a product, each in order."""

    of_products: Callable[[], Sequence[Triggered]]  # asked for when the first product is made
    of_sums: Sequence[Callable[[Terms], Terms]]
    alternatives: Mapping[str, Callable[[list[Factor], Indices], Iterable[list[Factor]]]]  # by a trigger


_NONE = Rules(list, (), {})
_handed_in = [_NONE]


def use(rules: Rules) -> None:
    """Products and sums are made by these rules from now on."""
    _handed_in[:] = [rules]
    rules_for.cache_clear()


def in_use() -> Rules:
    return _handed_in[0]


@lru_cache(4096)
def rules_for(triggers: frozenset[str]) -> list[Rule]:
    """The rules that products with these triggers are tried on, in order."""
    found = []
    for first, needed, rule in in_use().of_products():
        if (first in triggers or not first) and any(needs <= triggers for needs in needed()):
            found.append(rule())
    return found


def triggers_of(factors: list[Factor]) -> frozenset[str]:
    """What rules for a product go by: triggers of its factors, facts of them, and whether one of them divides.

    A function of matrices has a second trigger with that of its operand: inv(sqrtm.
    """
    found = set()
    for node, _, exponent in factors:
        found.add(node.trigger)
        if node.kind == "opaque":
            found.add(f"{node.trigger}({node.operands[0].trigger}")
        elif node.trigger == "declared":
            found.update(node.variable.data[1])
        if exponent < 0:
            found.add("divisor")
    return frozenset(found)


def rewritten(factors: list[Factor], out: Indices, triggers: frozenset[str]) -> Rewritten | None:
    """A product after the first rule that applies; a rule is tried where its trigger is there."""
    for rule in rules_for(triggers):
        found = rule(factors, out)
        if found is not None:
            return found
    return None
