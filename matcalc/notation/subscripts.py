"""What stands in brackets behind an operand or around a product, and what sums over indices bind.

``X[1,2]``, ``x[i]`` under a sum, and ``[A[i,k]*B[k,j] | i; j]``.
"""

from __future__ import annotations

from matcalc.bound import Total
from matcalc.errors import MatcalcError, ParseError
from matcalc.notation.brackets import places as split_places
from matcalc.notation.brackets import position
from matcalc.notation.stack import Stack, Syntax
from matcalc.notation.tokens import Token
from matcalc.position import Index, Place


class Subscripts(Stack):
    """The part of the reader that looks at indices."""

    def range_of(self, token: Token) -> str:
        raise NotImplementedError

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

    def total(self, token: Token) -> Total:
        """sum_{i}, sum_{i,j}, sum_{i<j}, sum_{i=1..m}; prod_{i}, stack_{i}"""
        around = {i.name for kind, _, start in self.operators if kind == "total" for i in self.totals[start].indices}
        what: Total | None = None
        text = self.range_of(token)
        try:
            what = Total.read(text, token.start)
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
