"""Text → syntax tree, with the place of each part: a Pratt reader with an explicit stack, so that depth is no danger.

Shapes are not known here: ``infer`` finds them, ``parse`` builds the formula.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from matcalc.bound import Total
from matcalc.errors import MatcalcError, ParseError, Span
from matcalc.notation.brackets import places as split_places
from matcalc.notation.brackets import position, with_bars
from matcalc.notation.equations import left_side
from matcalc.notation.operators import (
    CALLED,
    COMPARISON,
    CONDITIONS,
    INFIX,
    NOT,
    POWER,
    PREFIX,
    SIGN_IN_EXPONENT,
    TOTAL,
)
from matcalc.notation.tokens import Token, defines, end, tokenize
from matcalc.position import Index, Place
from matcalc.rational import Fraction

_SUBSCRIPT = re.compile(r"(sum|prod|stack)_(\w+)")  # sum_i for sum_{i}
LARGEST_EXPONENT = 300
DEEPEST = 8_000


class Syntax:
    """A node of the syntax tree: ``kind`` is an expression kind, ``name``, ``number``, ``call``, ``factor`` …"""

    __slots__ = ("kind", "operands", "span", "value")

    def __init__(self, kind: str, value: object, operands: tuple[Syntax, ...], span: Span) -> None:
        self.kind = kind
        self.value = value
        self.operands = operands
        self.span = span


class Source(NamedTuple):
    """A formula and its definitions: ``body where name = …, name = …``."""

    text: str
    body: Syntax
    definitions: tuple[tuple[str, Syntax], ...]
    parts: tuple[Syntax, ...]  # where there are no definitions, what was read for the body, operands before their users


def read(text: str) -> Source:
    """The syntax tree of a formula.

    Raises:
        ParseError: the text is not a formula; the error shows the place.
    """
    tokens = tokenize(text)
    pairs = enumerate(pairwise(tokens if "where" in text else ()))
    split = next((i for i, (token, after) in pairs if defines(token, after)), None)
    if split is None:
        body, parts = _formula(text, tokens)
        return Source(text, body, (), tuple(parts))
    body, _ = _formula(text, [*tokens[:split], end(tokens[split])])
    return Source(text, body, tuple(_definitions(text, tokens[split + 1 :])), ())


def _formula(text: str, tokens: list[Token]) -> tuple[Syntax, list[Syntax]]:
    """A formula, or what an equation says of each member, and the parts of it."""
    left = left_side(text, tokens)
    reader = _Reader(text, tokens if left is None else left.rest)
    if left is None:
        return reader.formula(), reader.parts
    start = tokens[0].start
    reader.totals[start] = left.what
    reader.operators.append(("total", 0, start))  # around the whole
    made = reader.formula()
    if left.are_columns:
        reader.push("transpose", None, (made,), made.span)
    return reader.operands[-1], reader.parts


def _definitions(text: str, tokens: list[Token]) -> list[tuple[str, Syntax]]:
    found = []
    at, depth, start = 0, 0, 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if token.kind == "end" or (token.text == "," and depth == 0):
            part = [*tokens[start:at], end(token)]
            is_equation = left_side(text, part) is not None
            if not is_equation and (len(part) < 4 or part[0].kind != "name" or part[1].text != "="):
                raise ParseError("a definition reads: name = formula").at(text, (tokens[start].start, token.stop))
            found.append((part[0].text, _formula(text, part if is_equation else part[2:])[0]))
            start = at + 1
        at += 1
    return found


class _Frame(NamedTuple):
    """An open bracket: what it belongs to, and how many operands and operators lay below it."""

    kind: str  # group, call or indexed
    name: str
    start: int
    operands: int
    operators: int


class _Reader:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        self.operands: list[Syntax] = []
        self.parts: list[Syntax] = []
        self.operators: list[tuple[str, int, int]] = []  # kind, precedence, start
        self.totals: dict[int, Total] = {}  # what the sums over indices bind, by where they begin
        self.frames: list[_Frame] = []
        self.bars = with_bars(tokens)
        self.row_ends: dict[int, list[int]] = {}  # how many operands the rows of blocks end after, by their brackets

    def fail(self, summary: str, token: Token, *details: str, hint: str = "") -> ParseError:
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, (token.start, token.stop))
        return error

    def formula(self) -> Syntax:
        wants_operand = True
        while True:
            token = self.tokens[self.at]
            self.at += 1
            if wants_operand:
                wants_operand = self.operand(token)
            elif token.kind == "end":
                break
            else:
                wants_operand = self.operator(token)
        if self.frames:
            frame = self.frames[-1]
            what = "[" if frame.kind in ("indexed", "blocks") else "("
            token = Token("op", what, frame.start, frame.start + 1)
            raise self.fail(f"a {what} is not closed", token, hint=f"close it with {')' if what == '(' else ']'}")
        self.reduce(0, 0)
        return self.operands[0]

    def operand(self, token: Token) -> bool:
        """Reads what an operand begins with; returns whether an operand is still wanted."""
        if token.kind == "number":
            self.push("number", self.number(token), (), (token.start, token.stop))
            return False
        if token.kind == "total":
            self.totals[token.start] = self.total(token)
            self.operators.append(("total", TOTAL, token.start))
            return True
        if token.text == "not":
            self.operators.append(("not", NOT, token.start))
            return True
        if token.kind == "name" and token.text not in CONDITIONS:
            token = self.jacobian_symbol(token)
            if self.tokens[self.at].text == "(":
                self.open("call", token)
                self.at += 1
                return True
            if self.index(token.text) is not None:
                raise self.fail(f"index {token.text} is no number", token, hint="an index stands in brackets: x[i]")
            self.push("name", token.text, (), (token.start, token.stop))
            return False
        if token.text in ("-", "+"):
            in_exponent = (
                bool(self.operators) and self.operators[-1][1] in (POWER, SIGN_IN_EXPONENT) and self.directly_after()
            )
            self.operators.append(
                ("neg" if token.text == "-" else "pos", SIGN_IN_EXPONENT if in_exponent else PREFIX, token.start)
            )
            return True
        if token.text in ("(", "["):
            kind = "group" if token.text == "(" else "indexed" if token.start in self.bars else "blocks"
            self.open(kind, token)
            return True
        if token.kind == "end":
            raise self.fail(
                "the formula ends too early", self.tokens[max(0, self.at - 2)], "an operand is missing after this"
            )
        if token.text == ")" and self.frames and self.frames[-1].kind == "call":
            raise self.fail(f"{self.frames[-1].name} wants an argument", token)
        raise self.fail(f"unexpected {token.text!r}", token, "an operand was wanted here")

    def jacobian_symbol(self, token: Token) -> Token:
        """D(f), D(D(f)) …, where it is applied to something, as one name."""
        depth = 0
        while self.ahead(2 * depth).text == "(" and (token if not depth else self.ahead(2 * depth - 1)).text == "D":
            depth += 1
        if not depth or self.ahead(2 * depth - 1).kind != "name":
            return token
        closing = [self.ahead(2 * depth + k).text for k in range(depth + 1)]
        if closing != [*[")"] * depth, "("]:
            return token
        name = "D(" * depth + self.ahead(2 * depth - 1).text + ")" * depth
        self.at += 3 * depth
        return Token("name", name, token.start, self.tokens[self.at - 1].stop)

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def number(self, token: Token) -> Fraction:
        exponent = token.text.lower().partition("e")[2]
        if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
            raise self.fail("the number is out of range", token, f"exponents up to {LARGEST_EXPONENT} are read")
        return Fraction(token.text)

    def directly_after(self) -> bool:
        return self.tokens[self.at - 2].text in ("^", ".^", "-", "+")

    def operator(self, token: Token) -> bool:
        """Reads what may follow an operand; returns whether an operand is wanted next."""
        op = INFIX.get(token.text)
        if op is not None:
            if op.precedence == COMPARISON:
                self.check_unchained(token)
            self.reduce(op.precedence, self.base())
            self.operators.append((op.kind, op.precedence, token.start))
            return True
        if token.text == "'":
            self.reduce(POWER, self.base())
            operand = self.operands.pop()
            self.push("transpose", None, (operand,), (operand.span[0], token.stop))
            return False
        if token.text == "[":
            self.reduce(SIGN_IN_EXPONENT + 1, self.base())
            self.subscript(token)
            return False
        if (
            self.frames
            and self.frames[-1].kind == "blocks"
            and (token.text in ",;]" or token.kind in ("name", "number"))
        ):
            return self.next_block(token)
        if token.text == ",":
            if not self.frames or self.frames[-1].kind != "call":
                raise self.fail("unexpected ','", token, "a comma stands between the arguments of a function")
            self.reduce(0, self.base())
            return True
        if token.text == ")":
            self.close(token)
            return False
        if token.text == "|" and self.frames and self.frames[-1].kind == "indexed":
            self.close_indexed()
            return False
        if token.text == "=":
            raise self.fail("unexpected '='", token, "an operator was wanted here", hint="a comparison is written ==")
        hint = "write * for a product" if token.kind in ("name", "number") or token.text == "(" else ""
        if found := _SUBSCRIPT.fullmatch(self.tokens[self.at - 2].text):
            hint = f"write {found[1]}_{{{found[2]}}}"
        raise self.fail(f"unexpected {token.text!r}", token, "an operator was wanted here", hint=hint)

    # ---------------------------------------------------------------- stack
    def push(self, kind: str, value: object, operands: tuple[Syntax, ...], span: Span) -> None:
        made = Syntax(kind, value, operands, span)
        self.parts.append(made)
        self.operands.append(made)

    def base(self) -> int:
        return self.frames[-1].operators if self.frames else 0

    def reduce(self, precedence: int, base: int) -> None:
        """Applies the waiting operators that bind at least as tightly."""
        while len(self.operators) > base and self.operators[-1][1] >= precedence:
            kind, _, start = self.operators.pop()
            right = self.operands.pop()
            if kind == "pos":
                self.operands.append(right)
            elif kind == "neg":
                self.push(kind, None, (right,), (start, right.span[1]))
            elif kind == "not":
                self.push("call", kind, (right,), (start, right.span[1]))
            elif kind == "total":
                self.push(kind, self.totals[start], (right,), (start, right.span[1]))
            else:
                left = self.operands.pop()
                if kind in CALLED:
                    self.push("call", kind, (left, right), (left.span[0], right.span[1]))
                else:
                    self.push(kind, None, (left, right), (left.span[0], right.span[1]))

    def check_unchained(self, token: Token) -> None:
        """0 < x < 1 says two things, of which the first is no number that could be less than 1."""
        waiting = self.operators[self.base() :]
        if any(level == COMPARISON for _, level, _ in waiting if level >= COMPARISON):
            raise self.fail("comparisons are not chained", token, hint="join them: 0 < x and x < 1")

    def open(self, kind: str, token: Token) -> None:
        if len(self.frames) >= DEEPEST:
            raise self.fail("brackets are nested too deeply", token, f"at most {DEEPEST} levels are read")
        self.frames.append(_Frame(kind, token.text, token.start, len(self.operands), len(self.operators)))

    def close(self, token: Token) -> None:
        if not self.frames or self.frames[-1].kind in ("indexed", "blocks"):
            raise self.fail("a ) without its (", token, hint="remove it, or open it with (")
        self.reduce(0, self.base())
        frame = self.frames.pop()
        if frame.kind == "call":
            arguments = tuple(self.operands[frame.operands :])
            del self.operands[frame.operands :]
            self.push("call", frame.name, arguments, (frame.start, token.stop))
        else:
            self.operands[-1].span = (frame.start, token.stop)

    def next_block(self, token: Token) -> bool:
        """What follows a block: a comma or another one, the end of a row, or that of all."""
        self.reduce(0, self.base())
        frame = self.frames[-1]
        ends = self.row_ends.setdefault(frame.start, [])
        if token.text == "]":
            self.frames.pop()
            parts = tuple(self.operands[frame.operands :])
            del self.operands[frame.operands :]
            if len(parts) == 1:
                hint = "parts are put in ( and ), blocks are written [A, B; C, D]"
                raise self.fail("one block alone is no block matrix", token, hint=hint)
            counts = tuple(after - before for before, after in pairwise([0, *ends, len(parts)]))
            self.push("blocks", counts, parts, (frame.start, token.stop))
            return False
        if token.text == ";":
            ends.append(len(self.operands) - frame.operands)
        elif token.text != ",":
            self.at -= 1  # [A B] is [A, B]
        return True

    # ---------------------------------------------------------------- X[1,2] and [A[i,k]*B[k,j] | i; j]
    def subscript(self, opening: Token) -> None:
        inside: list[Token] = []
        while self.tokens[self.at].text != "]":
            token = self.tokens[self.at]
            if token.kind == "end":
                raise self.fail("a [ is not closed", opening)
            inside.append(token)
            self.at += 1
        closing = self.tokens[self.at]
        self.at += 1
        operand = self.operands.pop()
        bracket = next((frame for frame in reversed(self.frames) if frame.kind == "indexed"), None)
        names = {token.text for token in inside if token.kind == "name"}
        # a sum within the bracket binds its own indices: [(stack_{k} S[k]*b)[k,i] | i; k]
        own = bracket is not None and names and all(self.index(name, bracket.operators) for name in names)
        in_index_notation = bracket is not None and not own
        if in_index_notation:
            inside = _grouped(inside)
        places = split_places(inside)
        if not all(places) and not (in_index_notation and not inside):
            raise self.fail("an index is missing or too many", opening, hint="X[1,2], X[:,2], X[1,:]")
        span = (operand.span[0], closing.stop)
        if in_index_notation and all(t.kind == "name" for place in places for t in place):
            self.push("factor", tuple(t.text for place in places for t in place), (operand,), span)
            return
        if len(places) > 2:
            raise self.fail("an entry has a row and a column", opening, hint="X[1,2], X[:,2], X[1,:]")
        where = tuple(self.place(place) for place in places)
        kind = "selected" if any(isinstance(at, Index) for at in where) else "entry"
        self.push(kind, where, (operand,), span)

    def place(self, tokens: list[Token]) -> Place:
        """A position, or an index that a sum around it binds."""
        index = self.index(tokens[0].text) if tokens[0].kind == "name" and len(tokens) == 1 else None
        return position(tokens, self.fail) if index is None else index

    def index(self, name: str, outermost: int = 0) -> Index | None:
        """The index of this name that a sum around binds, one of the operators from this one on."""
        for start in self.totals and [start for kind, _, start in self.operators[outermost:] if kind == "total"]:
            for index in self.totals[start].indices:
                if index.name == name:
                    return index
        return None

    def total(self, token: Token) -> Total:
        """sum_{i}, sum_{i,j}, sum_{i<j}, sum_{i=1..m}; prod_{i}, stack_{i}"""
        around = {i.name for kind, _, start in self.operators if kind == "total" for i in self.totals[start].indices}
        what: Total | None = None
        try:
            what = Total.read(token.text, token.start)
            what.check_names(around)
        except MatcalcError as error:
            names = {index.name for index in what.indices} if what is not None else set()
            outer = [
                ((other.start, other.stop), "binds it")
                for other in self.tokens
                if other.start in self.totals and names & around & {i.name for i in self.totals[other.start].indices}
            ]
            raise error.at(self.text, *outer[-1:], (token.start, token.stop)) from None
        return what

    def close_indexed(self) -> None:
        self.reduce(0, self.base())
        frame = self.frames.pop()
        body = self.operands.pop()
        rows = self.index_list(";")
        cols = self.index_list("]")
        stop = self.tokens[self.at - 1].stop
        factors: list[Syntax] = []
        stack = [body]
        while stack:
            node = stack.pop()
            if node.kind in ("mul", "dot"):
                stack += (node.operands[1], node.operands[0])
            elif node.kind == "factor":
                factors.append(node)
            else:
                raise ParseError(
                    "index notation is a product of factors with indices", hint="[A[i,k]*B[k,j] | i; j]"
                ).at(self.text, node.span)
        self.push("indexed", (rows, cols), tuple(factors), (frame.start, stop))

    def index_list(self, closing: str) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            token = self.tokens[self.at]
            self.at += 1
            if token.text == closing:
                return tuple(names)
            if token.kind == "name":
                names.append(token.text)
            elif token.text != ",":
                raise self.fail(f"{closing!r} or an index was wanted", token, hint="[A[i,k]*B[k,j] | i; j]")


def _grouped(tokens: list[Token]) -> list[Token]:
    """Index tokens with i * j made one index i*j."""
    found: list[Token] = []
    for token in tokens:
        joins = token.text == "*" or (found and found[-1].text.endswith("*"))
        if joins and found and found[-1].kind == "name" and token.kind in ("name", "op"):
            found[-1] = found[-1]._replace(text=found[-1].text + token.text, stop=token.stop)
        else:
            found.append(token)
    return found
