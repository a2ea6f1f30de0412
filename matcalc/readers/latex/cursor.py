"""A place among the tokens of a formula, and what all parts of the reader do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.errors import ParseError, Span
from matcalc.notation.syntax import Syntax
from matcalc.rational import Fraction
from matcalc.readers.latex.scope import Scope
from matcalc.readers.latex.tokens import Token
from matcalc.walk import postorder

DEEPEST = 40  # groups and brackets within each other
LARGEST = 8_000  # nodes, where definitions are put in for their names
Range = tuple[int, int]  # of tokens


class Cursor:
    """Where the reader is: ``at`` is the next token, and behind ``end`` there is none."""

    def __init__(self, text: str, tokens: Sequence[Token], pairs: Mapping[int, int], scope: Scope) -> None:
        self.text = text
        self.tokens = tokens
        self.pairs = pairs
        self.scope = scope
        self.at = 0
        self.end = len(tokens)
        self.depth = 0
        self.bars: list[str] = []  # the bars that are open within the innermost bracket
        self.made = 0
        self.counted = 0  # sums so far
        self.pending: dict[Syntax, Any] = {}  # sums that compare their index with that of the sum around them

    def formula(self) -> Syntax:
        """Sums of products, up to what ends them."""
        raise NotImplementedError

    # ---------------------------------------------------------------- tokens
    def peek(self, ahead: int = 0) -> Token:
        at = self.at + ahead
        if at < self.end:
            return self.tokens[at]
        stop = self.tokens[self.end - 1].stop if self.end else 0
        return Token("stop", "", stop, stop + 1)

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def is_char(self, char: str, ahead: int = 0) -> bool:
        token = self.peek(ahead)
        return token.kind == "char" and token.text == char

    def fail(self, summary: str, place: Token | Span, *details: str, hint: str = "") -> ParseError:
        span = (place.start, place.stop) if isinstance(place, Token) else place
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, span)
        return error

    def argument(self) -> Range:
        """The tokens of a group, or the one that stands for it; the reader is behind it then."""
        token = self.peek()
        if token.kind == "{":
            closing = self.pairs[self.at]
            found = (self.at + 1, closing)
            self.at = closing + 1
            return found
        if token.kind in ("stop", "}", "close"):
            raise self.fail("something is missing here", self.tokens[self.at - 1], "a group { } was wanted after this")
        self.at += 1
        return (self.at - 1, self.at)

    def within(self, place: Range, what: Callable[[], Syntax]) -> Syntax:
        """What these tokens are, read to their end."""
        if place[0] >= place[1]:
            token = self.tokens[min(place[0], len(self.tokens) - 1)]
            raise self.fail("there is nothing here", token, "a formula was wanted")
        kept = self.at, self.end, self.bars
        self.deeper(self.tokens[place[0]])
        self.at, self.end, self.bars = *place, []
        found = what()
        if self.at < self.end:
            raise self.unexpected(self.peek())
        self.at, self.end, self.bars = kept
        self.depth -= 1
        return found

    def group(self) -> Syntax:
        """The formula in a group, or the one token that stands for it."""
        return self.within(self.argument(), self.formula)

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("the formula is nested too deeply", token, f"at most {DEEPEST} levels are read")

    def unexpected(self, token: Token) -> ParseError:
        shown = self.text[token.start : token.stop]
        if token.kind == "stop":
            last = self.tokens[self.end - 1] if self.end else token
            return self.fail("the formula ends too early", last, "an operand is missing after this")
        hint = _HINTS.get(token.text, "")
        return self.fail(f"unexpected {shown}", token, "this cannot stand here", hint=hint)

    # ---------------------------------------------------------------- nodes
    def node(self, kind: str, value: object, operands: tuple[Syntax, ...], span: Span) -> Syntax:
        self.made += 1
        if self.made > LARGEST:
            raise self.fail("the formula is too large", span, f"at most {LARGEST} parts are read")
        return Syntax(kind, value, operands, span)

    def call(self, name: str, *operands: Syntax, span: Span | None = None) -> Syntax:
        return self.node("call", name, operands, span or (operands[0].span[0], operands[-1].span[1]))

    def product_of(self, left: Syntax, right: Syntax, kind: str = "mul") -> Syntax:
        return self.node(
            kind, None, (left, right), (min(left.span[0], right.span[0]), max(left.span[1], right.span[1]))
        )

    def number(self, value: int | Fraction, span: Span) -> Syntax:
        return self.node("number", Fraction(value), (), span)

    def copy(self, root: Syntax, span: Span | None = None) -> Syntax:
        """The same formula as a node of its own, since the parts of a tree have one place each."""
        made: dict[Syntax, Syntax] = {}
        for part in postorder(root):
            operands = tuple(made[operand] for operand in part.operands)
            made[part] = self.node(part.kind, part.value, operands, span or part.span)
        return made[root]


_HINTS = {
    "=": "one formula is read; a left side is a name, f(x), or a derivative",
    "&": "& stands in alignments and matrices",
    "partial": "a derivative is asked for by its function: write the formula that is differentiated",
    "nabla": "a derivative is asked for by its function: write the formula that is differentiated",
    "dots": "write a sum over an index",
    "cdots": "write a sum over an index",
    "ldots": "write a sum over an index",
    "int": "integrals are not read",
    "infty": "infinity is no number",
    "mid": "conditions behind a bar are not read",
    "pm": "write the sign that is meant",
    "propto": "write the formula itself, with its constant",
    "approx": "write the formula itself",
}
