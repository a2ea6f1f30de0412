"""The kinds of undeclared names that fit a formula at the least cost.

Each name has kinds by convention, each part of the formula the kinds that its operands allow; both have costs. The
least sum is found by dynamic programming from the leaves to the root: for each part a table of the kinds that it can
have, with the departures from convention that this takes. Parts are tied together only by names that stand elsewhere,
too, so a table has a row for each kind and each choice of these, and a name that stands nowhere else is left out.

Why it ends soon: each part is looked at once, a table keeps at most ``WIDEST`` rows, the cheapest, of at most
``MOST_OPEN`` departures of names that stand elsewhere, too, and names are looked at one by one only where operands
share them; so the work is proportional to the number of parts. Where rows were left out, what is found fits, but there
may be cheaper; where none is left, nothing is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from typing import Any, TypeVar

from matcalc.function import Function
from matcalc.notation.conventions import Preference, preferences
from matcalc.notation.customs import Outcomes, outcomes
from matcalc.notation.settling import SETTLED, settled_outcomes
from matcalc.notation.syntax import Syntax
from matcalc.records import NamedTuple

_OF_MEMBERS = {"columns": "vector", "matrices": "matrix"}  # what one of a family is
WIDEST = 48
MOST_OPEN = 60

Key = TypeVar("Key")
Kinds = tuple[str, ...]  # of the operands of a part


class Departure(NamedTuple):
    """A name that is read against the first of its preferences."""

    name: str
    kind: str
    cost: int


Departures = Any  # a tree of them, so that joining two is one step: (), a Departure, or a pair of such trees
Open = frozenset[Departure]  # the departures of names that stand elsewhere, too


_NONE_OPEN: Open = frozenset()


class Row(NamedTuple):
    """What it costs that a part is of a kind, and by which departures; ``rival`` are others of the same cost.

    ``mark`` is the sum of the departures' hashes, by which sets of them are told apart without being listed.
    """

    cost: int
    departures: Departures
    rival: Departures | None
    mark: int


_FREE = Row(0, (), None, 0)


class Table(NamedTuple):
    """The kinds that a part can have, and how often the names stand in it that stand elsewhere, too."""

    rows: dict[tuple[str, Open], Row]
    names: dict[str, int]


class Reading(NamedTuple):
    """The kinds of names that depart from convention, what they cost, and other ones of the same cost, if any."""

    departures: dict[str, str]
    cost: int
    rival: dict[str, str] | None


class Search:
    """The search for the reading of formulas that are read together: the definitions in their order, then the body.

    ``orders`` are their parts, operands first; ``given`` the kinds of what is declared; ``calls`` what calls mean.
    """

    def __init__(
        self,
        orders: Mapping[str, Sequence[Syntax]],
        given: Mapping[Syntax, str],
        calls: Mapping[Syntax, Function],
        extra: Mapping[str, Sequence[Preference]],
    ) -> None:
        self.orders = orders
        self.given = given
        self.calls = calls
        self.extra = extra  # preferences after those of convention
        self.occurrences = Counter(str(n.value) for order in orders.values() for n in order if n.kind == "name")
        self.steps = 0  # pairs of rows that were looked at

    def by_convention(self) -> int | None:
        """What the reading costs in which no name departs from convention; None where that fits nothing."""
        defined: dict[str, dict[str, int]] = {}
        for name, order in self.orders.items():
            found: dict[Syntax, dict[str, int]] = {}
            for node in order:
                word = str(node.value) if node.kind == "name" else ""
                if (kind := self.given.get(node)) is not None:
                    found[node] = {kind: 0}
                elif word in defined:
                    found[node] = dict.fromkeys(defined[word], 0)
                elif word:
                    found[node] = {"matrix": 0, "given": 1} if word == "eye" else {preferences(word)[0].sort: 0}
                else:
                    operands = [found[operand] for operand in node.operands if operand in found]
                    found[node] = _possible(node, operands, self.calls.get(node))
            defined[name] = found[order[-1]]
        return sum(min(costs.values()) for costs in defined.values()) if all(defined.values()) else None

    def best(self) -> Reading | None:
        """The reading of the least cost, or None where nothing fits."""
        self.defined: dict[str, Table] = {}
        whole = Table({("", _NONE_OPEN): _FREE}, {})
        for name, order in self.orders.items():
            self.defined[name] = self._table(order)
            whole = self._joined([whole, self.defined[name]._replace(names=self._names_of(name))], lambda _: (("", 0),))
        if not whole.rows:
            return None
        least = min(row.cost for row in whole.rows.values())
        trees = [t for row in whole.rows.values() if row.cost == least for t in (row.departures, row.rival)]
        choices = [_listed(tree) for tree in trees if tree is not None]
        return Reading(choices[0], least, next((choice for choice in choices if choice != choices[0]), None))

    # ---------------------------------------------------------------- tables
    def _table(self, order: Sequence[Syntax]) -> Table:
        tables: dict[Syntax, Table] = {}
        for node in order:
            kind = self.given.get(node)
            if kind is not None:
                tables[node] = Table({(kind, _NONE_OPEN): _FREE}, {})
            elif node.kind == "name":
                tables[node] = self._name(str(node.value))
            else:
                operands = [tables.pop(operand) for operand in node.operands if operand in tables]
                tables[node] = self._joined(operands, _remembering(node, self.calls.get(node)))
        return tables[order[-1]]

    def _name(self, name: str) -> Table:
        if name in self.defined:
            return self._used(name)
        if name == "eye":
            return Table({("matrix", _NONE_OPEN): _FREE, ("given", _NONE_OPEN): _FREE._replace(cost=1)}, {})
        first, *others = (*preferences(name), *self.extra.get(name, ()))
        rows = {(first.sort, _NONE_OPEN): _FREE}
        is_open = len(self.orders) > 1 or self.occurrences[name] > 1  # a definition is used again
        for other in others:
            departure = Departure(name, other.kind, other.cost)
            row = Row(other.cost, departure, None, hash(departure))
            _enter(rows, (other.sort, frozenset((departure,)) if is_open else _NONE_OPEN), row)
        return Table(rows, {name: 1} if is_open else {})

    def _used(self, name: str) -> Table:
        """A definition where it is used: what custom has against its parts was counted where it is defined."""
        rows = {
            key: Row(sum(d.cost for d in key[1]), tuple(sorted(key[1])), None, sum(map(hash, key[1])))
            for key in self.defined[name].rows
        }
        return Table(rows, self._names_of(name))

    def _names_of(self, definition: str) -> dict[str, int]:
        return dict(self.defined[definition].names)  # a copy: tables are used up

    def _joined(self, operands: list[Table], possible: Callable[[Kinds], Outcomes]) -> Table:
        """The table of a part, from those of its operands: names that both have are read alike."""
        rows: dict[tuple[Kinds, Open], Row] = {((), _NONE_OPEN): _FREE}
        names: dict[str, int] = {}
        met: set[str] = set()
        for table in operands:
            small, large = (names, table.names) if len(names) < len(table.names) else (table.names, names)
            shared = {name for name in small if name in large}
            rows = self._pairs(rows, table, shared)
            for name, count in small.items():
                large[name] = large.get(name, 0) + count
            names = large
            met |= shared
        made: dict[tuple[str, Open], Row] = {}
        for (kinds, departed), row in rows.items():
            for kind, cost in possible(kinds):
                _enter(made, (kind, departed), row._replace(cost=row.cost + cost) if cost else row)
        return self._closed(Table(made, names), met)

    def _pairs(
        self, rows: dict[tuple[Kinds, Open], Row], table: Table, shared: set[str]
    ) -> dict[tuple[Kinds, Open], Row]:
        alike: dict[Open, list[tuple[str, Open, Row]]] = {}
        for (kind, departed), row in table.rows.items():
            alike.setdefault(_among(departed, shared), []).append((kind, departed, row))
        made: dict[tuple[Kinds, Open], Row] = {}
        for (kinds, departed), left in rows.items():
            common = _among(departed, shared)
            for kind, others, right in alike.get(common, ()):
                self.steps += 1
                joined = departed | others if others else departed
                if len(joined) <= MOST_OPEN:
                    _enter(made, ((*kinds, kind), joined), _both(left, right, common))
        return _cheapest(made)

    def _closed(self, table: Table, met: set[str]) -> Table:
        """The table without the departures of names that stand in this part alone: rows that differ in them are one.

        Such names were ``met`` in two operands: what stands once is not open from the start.
        """
        closed = {name for name in met if table.names[name] == self.occurrences[name]} if len(self.orders) == 1 else ()
        if not closed:
            return Table(_cheapest(table.rows), table.names)
        for name in closed:
            del table.names[name]
        rows: dict[tuple[str, Open], Row] = {}
        for (kind, departed), row in table.rows.items():
            _enter(rows, (kind, frozenset(d for d in departed if d.name not in closed)), row)
        return Table(_cheapest(rows), table.names)


def _among(departed: Open, shared: set[str]) -> Open:
    return frozenset(d for d in departed if d.name in shared) if shared and departed else _NONE_OPEN


def _possible(node: Syntax, operands: list[dict[str, int]], function: Function | None) -> dict[str, int]:
    """The kinds that a part may have whose operands have these kinds, at these costs."""
    rows: dict[Kinds, int] = {(): 0}
    for costs in operands:
        rows = {(*kinds, kind): one + cost for kinds, one in rows.items() for kind, cost in costs.items()}
        if len(rows) > WIDEST:
            rows = dict(nsmallest(WIDEST, rows.items(), key=lambda item: item[1]))
    made: dict[str, int] = {}
    for kinds, cost in rows.items():
        for kind, more in _outcomes(node, kinds, function):
            made[kind] = min(made.get(kind, cost + more), cost + more)
    return made


def _outcomes(node: Syntax, kinds: Kinds, function: Function | None) -> Outcomes:
    if any(kind in _OF_MEMBERS for kind in kinds):
        if node.kind in ("entry", "selected") and len(node.value) == 1:  # type: ignore[arg-type]
            return ((_OF_MEMBERS[kinds[0]], 0),)
        kinds = tuple("matrix" if kind in _OF_MEMBERS else kind for kind in kinds)  # all of them, one below the other
    return settled_outcomes(node, kinds) if node.kind in SETTLED else outcomes(node, kinds, function)


def _remembering(node: Syntax, function: Function | None) -> Callable[[Kinds], Outcomes]:
    known: dict[Kinds, Outcomes] = {}

    def possible(kinds: Kinds) -> Outcomes:
        if kinds not in known:
            known[kinds] = _outcomes(node, kinds, function)
        return known[kinds]

    return possible


def _both(left: Row, right: Row, common: Open) -> Row:
    """A row of two; what both have in common is counted once, and not with each occurrence."""
    if right is _FREE:
        return left
    if left is _FREE:
        return right
    rival = None
    if left.rival is not None:
        rival = (left.rival, right.departures)
    elif right.rival is not None:
        rival = (left.departures, right.rival)
    departures = (left.departures, right.departures) if left.departures and right.departures else ()
    cost, mark = left.cost + right.cost, left.mark + right.mark
    for departure in common:
        cost, mark = cost - departure.cost, mark - hash(departure)
    return Row(cost, departures or left.departures or right.departures, rival, mark)


def _enter(rows: dict[Key, Row], key: Key, row: Row) -> None:
    """Keeps the cheaper of two rows; of two that cost the same, the second is a rival of the first."""
    known = rows.get(key)
    if known is None or row.cost < known.cost:
        rows[key] = row
    elif row.cost == known.cost and known.rival is None and row.mark != known.mark:
        rows[key] = known._replace(rival=row.departures)


def _cheapest(rows: dict[Key, Row]) -> dict[Key, Row]:
    if len(rows) <= WIDEST:
        return rows
    return dict(nsmallest(WIDEST, rows.items(), key=lambda item: item[1].cost))


def _listed(tree: Departures) -> dict[str, str]:
    """The departures of a tree, by name."""
    found: dict[str, str] = {}
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Departure):
            found[part.name] = part.kind
        else:
            stack += part
    return dict(sorted(found.items()))
