"""Sum signs: which indices they bind, from where to where, and which of them are compared."""

from __future__ import annotations

import re

from matcalc.errors import MatcalcError, ParseError, Span
from matcalc.notation.sizes import dimension
from matcalc.notation.syntax import read
from matcalc.records import NamedTuple
from matcalc.regex import regex
from matcalc.shape import ONE, Dim, whole_number

_OVER = {"Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod"}
_NAME = r"[^\W\d_]\w*"
_SIGN = regex(r"\\?(?P<over>[^_\\]+)_(?:\{(?P<below>[^{}]*)\}|(?P<letters>\w+))\s*(?:\^\s*(?P<above>.*))?$", re.DOTALL)
_FROM = regex(rf"({_NAME})\s*=\s*(.+?)(?:\s*(?:\.\.\.?|…|,\s*(?:\.\.\.|…)\s*,)\s*(.+))?$", re.DOTALL)
_COMPARED = regex(r"(<=|>=|!=|<|>|≤|≥|≠|\\neq?|\\leq?|\\geq?)")
_ORDERS = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "\\ne": "!=",
    "\\neq": "!=",
    "\\le": "<=",
    "\\leq": "<=",
    "\\ge": ">=",
    "\\geq": ">=",
}
_TURNED = {">": "<", ">=": "<="}
WAYS = "sum_i, sum_{i,j}, sum_{i<j}, sum_{i!=j}, sum_{i=1}^n"


class Relation(NamedTuple):
    """That one index is less than another, at most as large, or differs from it."""

    left: str
    order: str  # "<", "<=" or "!="
    right: str


class Run(NamedTuple):
    """What an index runs over: from the first to the last, which may be unknown."""

    first: Dim = ONE
    last: Dim | None = None

    @property
    def size(self) -> Dim | None:
        return None if self.last is None else self.last.plus(self.first, -1).plus(ONE)


class Sign(NamedTuple):
    """A sum sign: what is done (sum, prod, mean, max, min), the indices, their ranges, and which are compared."""

    over: str
    names: tuple[str, ...]
    runs: dict[str, Run]
    relations: tuple[Relation, ...]
    span: Span

    @property
    def is_sum(self) -> bool:
        return self.over == "sum"


def read_sign(token_text: str, text: str, span: Span, around: frozenset[str]) -> Sign:
    """A sum sign; ``around`` are the indices that are bound outside of it, which its limits may name.

    Raises:
        ParseError: what is below or above it says no such thing.
    """
    found = _SIGN.fullmatch(token_text)
    assert found is not None
    over = _OVER.get(found["over"], found["over"])
    try:
        return _Reading(over, span, around).read(found["below"], found["letters"], found["above"])
    except MatcalcError as error:
        raise error.at(text, span) from None


class _Reading:
    def __init__(self, over: str, span: Span, around: frozenset[str]) -> None:
        self.over = over
        self.span = span
        self.around = around
        self.names: list[str] = []
        self.runs: dict[str, Run] = {}
        self.relations: list[Relation] = []

    def read(self, below: str | None, letters: str | None, above: str | None) -> Sign:
        above = above.strip().removeprefix("{").removesuffix("}").strip() if above else None
        if letters is not None:
            for letter in letters:
                self.bind(letter)
        else:
            parts = [part.strip() for part in re.split(r",(?!\s*(?:\.\.\.|…))(?<!…,)|:|\\colon|\||;", below or "")]
            for part in filter(None, parts):
                self.part(part, above)
        if above is not None and not self.runs:
            raise ParseError(f"where does the {self.over} begin?", hint="sum_{i=1}^n")
        if above is not None and len(self.runs) == 1 and len(self.names) > 1:  # sum_{i,j=1}^n
            (run,) = self.runs.values()
            self.runs = dict.fromkeys(self.names, run)
        if not self.names:
            raise ParseError(f"a {self.over} of no index", hint=WAYS)
        return Sign(self.over, tuple(self.names), self.runs, tuple(self.relations), self.span)

    def bind(self, name: str) -> None:
        if name in self.names:
            raise ParseError(f"index {name} stands twice below the {self.over}", hint=WAYS)
        self.names.append(name)

    def part(self, part: str, above: str | None) -> None:
        """``i``, ``ij``, ``i=1``, ``i=1..n``, ``i<j``, ``1<=i<j<=n``"""
        pieces = [piece.strip() for piece in _COMPARED.split(part)]
        if len(pieces) > 1:
            self.compared(pieces)
        elif found := _FROM.fullmatch(part):
            last = found[3] if found[3] is not None else above
            if last is None:
                raise ParseError(f"where does the {self.over} over {found[1]} end?", hint=f"sum_{{{found[1]}=1}}^n")
            self.from_to(found[1], found[2].strip(), last.strip())
        elif re.fullmatch(_NAME, part) and part.isalpha():
            for letter in part:
                self.bind(letter)
        elif re.fullmatch(_NAME, part):
            self.bind(part)
        else:
            raise ParseError(f"not the indices of a {self.over}: {part}", hint=WAYS)

    def from_to(self, name: str, first: str, last: str) -> None:
        self.bind(name)
        low, high = self.beside_index(first), self.beside_index(last)
        start, end = ONE, None
        if low is not None:  # from j, or from j + 1
            self.relate(low[0], {0: "<=", 1: "<"}, low[1], name)
        else:
            start = _dimension(first)
        if high is not None:
            other, offset = high
            self.relate(name, {0: "<=", -1: "<"}, offset, other)
        else:
            end = _dimension(last)
        self.runs[name] = Run(start, end)
        size = self.runs[name].size
        if size is not None and size.number is not None and size.number < 1:
            raise ParseError(
                f"index {name} runs from {first} to {last}: over nothing", hint="the first one is the least"
            )

    def beside_index(self, text: str) -> tuple[str, int] | None:
        """An index that is bound around, and what is added to it."""
        found = re.fullmatch(rf"({_NAME})\s*(?:([+-])\s*(\d+))?", text)
        if found is None or found[1] not in self.around | frozenset(self.names[:-1]):
            return None
        return found[1], int((found[2] or "") + (found[3] or "0"))

    def relate(self, left: str, orders: dict[int, str], offset: int, right: str) -> None:
        if offset not in orders:
            raise ParseError("limits by another index are i, i+1 below and i, i-1 above", hint="sum_{j=i+1}^n")
        self.relations.append(Relation(left, orders[offset], right))

    def compared(self, pieces: list[str]) -> None:
        """i<j, j!=i, 1<=i<j<=n"""
        low, high = None, None
        if len(pieces) > 3 and pieces[0] == "1" and _ORDERS.get(pieces[1], pieces[1]) == "<=":
            low, pieces = ONE, pieces[2:]
        if low is not None and len(pieces) > 3 and _ORDERS.get(pieces[-2], pieces[-2]) == "<=":
            high, pieces = _dimension(pieces[-1]), pieces[:-2]
        names = pieces[::2]
        if len(names) < 2 or not all(re.fullmatch(_NAME, name) for name in names):
            raise ParseError(f"not the indices of a {self.over}: {' '.join(pieces)}", hint=WAYS)
        for name in names:
            if name not in self.around and name not in self.names:
                self.bind(name)
                if high is not None:
                    self.runs[name] = Run(ONE, high)
        for left, sign, right in zip(names, pieces[1::2], names[1:], strict=False):
            order = _ORDERS.get(sign, sign)
            if order in _TURNED:
                left, order, right = right, _TURNED[order], left
            self.relations.append(Relation(left, order, right))
        if not any(name in self.names for name in names):
            raise ParseError(f"a {self.over} of no index: {' '.join(pieces)} are bound already", hint=WAYS)


def read_ranges(ranges: str, text: str, span: Span) -> dict[str, Run]:
    """What indices run over by what is told at the end: ``for i = 1..m, j = 1..n``."""
    found: dict[str, Run] = {}
    body = re.sub(r"^,?\s*for\s+", "", ranges)
    for part in re.split(r",(?=\s*[^\W\d]\w*\s*=)", body):
        told = _FROM.fullmatch(part.strip())
        if told is None or told[3] is None or told[1] in found:
            raise ParseError("a range of an index reads: i = 1..n").at(text, span)
        try:
            found[told[1]] = Run(_dimension(told[2]), _dimension(told[3].strip()))
        except MatcalcError as error:
            raise error.at(text, span) from None
    return found


def _dimension(text: str) -> Dim:
    """A limit: an integer, a dimension, or a polynomial of them."""
    if text.strip().isdecimal() and len(text) < 12:
        return whole_number(int(text))
    if not text.strip() or len(text) > 200:
        raise ParseError("a limit of a sum is a number or a dimension", hint="sum_{i=1}^n")
    try:
        return dimension(read(text).body, ())
    except MatcalcError:
        raise ParseError(f"not a limit of a sum: {text}", hint="sum_{i=1}^n, sum_{i=2}^{n-1}") from None
