"""What the reader of formulas works on: syntax nodes, and the stacks of operands and operators that wait for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.bound import Total
from matcalc.errors import ParseError, Span
from matcalc.notation.brackets import with_bars
from matcalc.notation.operators import CALLED
from matcalc.notation.tokens import Token
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

DEEPEST = 8_000


class Syntax:
    """A node of the syntax tree: ``kind`` is an expression kind, ``name``, ``number``, ``call``, ``factor`` …"""

    __slots__ = ("kind", "operands", "span", "value")

    def __init__(self, kind: str, value: object, operands: tuple[Syntax, ...], span: Span) -> None:
        self.kind = kind
        self.value = value
        self.operands = operands
        self.span = span


class Frame(NamedTuple):
    """An open bracket: what it belongs to, and how many operands and operators lay below it."""

    kind: str  # group, call, indexed, blocks, bars or inner
    name: str
    start: int
    operands: int
    operators: int


class Stack:
    """The stacks of a reader. ``declared`` are the names that have a meaning, with what they mean."""

    def __init__(self, text: str, tokens: Sequence[Token], declared: Mapping[str, object]) -> None:
        self.text = text
        self.tokens = list(tokens)
        self.declared = declared
        self.at = 0
        self.operands: list[Syntax] = []
        self.parts: list[Syntax] = []
        self.operators: list[tuple[str, int, int]] = []  # kind, precedence, start
        self.totals: dict[int, Total] = {}  # what the sums over indices bind, by where they begin
        self.ranges: dict[str, set[Dim]] = {}  # the lengths of declared columns that have an index, by its name
        self.frames: list[Frame] = []
        self.bars = with_bars(tokens) if "|" in text else set()
        self.row_ends: dict[int, list[int]] = {}  # how many operands the rows of blocks end after, by their brackets
        self.readings: dict[str, str] = {}  # what is read otherwise than it stands there

    def fail(self, summary: str, token: Token, *details: str, hint: str = "") -> ParseError:
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, (token.start, token.stop))
        return error

    def push(self, kind: str, value: object, operands: tuple[Syntax, ...], span: Span) -> None:
        made = Syntax(kind, value, operands, span)
        self.parts.append(made)
        self.operands.append(made)

    def push_leaf(self, text: str, span: Span) -> None:
        """A number or a name."""
        is_number = text.isdecimal()
        self.push("number" if is_number else "name", Fraction(text) if is_number else text, (), span)

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def base(self) -> int:
        return self.frames[-1].operators if self.frames else 0

    def reduce(self, precedence: int, base: int) -> None:
        """Applies the waiting operators that bind at least as tightly."""
        while len(self.operators) > base and self.operators[-1][1] >= precedence:
            kind, _, start = self.operators.pop()
            right = self.operands.pop()
            if kind == "pos":
                self.operands.append(right)
            elif kind in ("neg", "exponential"):
                self.push(kind, None, (right,), (start, right.span[1]))
            elif kind == "not":
                self.push("call", kind, (right,), (start, right.span[1]))
            elif kind == "total":
                self.push(kind, self.totals[start], (right,), (start, right.span[1]))
            elif kind == "applied":
                self.apply(start, right)
            else:
                left = self.operands.pop()
                if kind in CALLED:
                    self.push("call", kind, (left, right), (left.span[0], right.span[1]))
                else:
                    chained = "chained" if kind == left.kind == "dot" and self.text[left.span[0]] != "(" else None
                    self.push(kind, chained, (left, right), (left.span[0], right.span[1]))

    def apply(self, start: int, operand: Syntax) -> None:
        raise NotImplementedError

    def open(self, kind: str, token: Token) -> None:
        if len(self.frames) >= DEEPEST:
            raise self.fail("brackets are nested too deeply", token, f"at most {DEEPEST} levels are read")
        self.frames.append(Frame(kind, token.text, token.start, len(self.operands), len(self.operators)))

    def close_frame(self) -> tuple[Frame, tuple[Syntax, ...]]:
        """The innermost bracket, which ends here, and what stands in it."""
        self.reduce(0, self.base())
        frame = self.frames.pop()
        inside = tuple(self.operands[frame.operands :])
        del self.operands[frame.operands :]
        return frame, inside

    def index(self, name: str, outermost: int = 0) -> Index | None:
        """The index of this name that a sum around binds, one of the operators from this one on."""
        for start in self.totals and [start for kind, _, start in self.operators[outermost:] if kind == "total"]:
            for index in self.totals[start].indices:
                if index.name == name:
                    return index
        return None

    def note(self, what: str, meaning: str) -> None:
        self.readings[what] = meaning

    def popped(self) -> tuple[Syntax]:
        return (self.operands.pop(),)

    def stop(self) -> int:
        """Where the token ends that was read last."""
        return self.tokens[self.at - 1].stop
