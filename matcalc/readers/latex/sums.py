"""Sums, products, maxima over indices: their limits, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.bound import Order, Over, Total
from matcalc.expr import Expr
from matcalc.notation.syntax import Syntax
from matcalc.position import Index
from matcalc.readers.latex.macros import RELATIONS, SETS
from matcalc.readers.latex.names import Names
from matcalc.readers.latex.scope import Bound
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.records import NamedTuple
from matcalc.shape import Dim, whole_number
from matcalc.walk import postorder

OVER: dict[str, Over] = {"sum": "sum", "prod": "prod", "max": "stack", "min": "stack"}
_ORDERS: dict[str, Order] = {"<": "<", "<=": "<=", "!=": "!="}
_SAYS_MORE = frozenset(["dots", "ldots", "cdots", "dotsc", "forall"])


class Limits(NamedTuple):
    """What stands below a sum: its indices, their limits, and how two are compared; the second may be bound outside."""

    bound: list[Bound]
    order: Order
    outside: Bound | None  # i in sum_{j != i}, which is bound by the sum before


class Sums(Names):
    def term(self) -> Syntax:
        """A product, up to the next + or -."""
        raise NotImplementedError

    def total(self, token: Token) -> Syntax:
        r"""\\sum_{i=1}^n and what it reaches over: all up to the next + or - outside brackets."""
        over = OVER[token.text]
        below, above = self.limits_of(token)
        limits = self.limits(below, above, token)
        self.scope.bound += limits.bound
        self.deeper(token)
        start = self.at
        body = self.term()
        self.depth -= 1
        del self.scope.bound[len(self.scope.bound) - len(limits.bound) :]
        if over != "sum":
            self.check_reach(body, limits, token, start)
        return self.totalled(token, over, limits, body)

    def totalled(self, token: Token, over: Over, limits: Limits, body: Syntax) -> Syntax:
        span = token.start, body.span[1]
        indices = [bound.at for bound in limits.bound]
        ranges = [self.range_of(bound) for bound in limits.bound]
        if limits.outside is not None:
            what = Total(tuple(indices), (None,), limits.order, over)
            found = self.node("total", what, (body,), span)
            self.pending[found] = limits
            return found
        hoisted, inner = self.hoisted(body)
        if inner is not None:
            return self.joined(token, over, limits, hoisted, inner, span)
        if limits.order:
            ranges = [None, None]
        return self.node("total", Total(tuple(indices), tuple(ranges), limits.order, over), (body,), span)

    def hoisted(self, body: Syntax) -> tuple[Syntax, Syntax | None]:
        r"""a_i \\sum_{j \\ne i} b_j as a_i b_j, and the inner sum, where there is one that needs the sum around it."""
        if body in self.pending:
            return body.operands[0], body
        if body.kind == "mul":
            left, right = body.operands
            if right in self.pending:
                return self.product_of(left, right.operands[0]), right
        return body, None

    def joined(
        self, token: Token, over: Over, limits: Limits, body: Syntax, inner: Syntax, span: tuple[int, int]
    ) -> Syntax:
        """Two sums, the inner one of which compares its index with that of the outer, as one over the pair."""
        told = self.pending.pop(inner)
        (first,) = told.bound
        outside = told.outside
        if len(limits.bound) != 1 or over != "sum" or limits.order or outside is None:
            raise self.fail("these limits are not read", inner.span, hint=r"\sum_{i < j}, \sum_{i \ne j}")
        if outside.at is not limits.bound[0].at:
            raise self.fail("this index is bound by a sum farther out", inner.span, hint=r"\sum_{i \ne j}")
        what = Total((outside.at, first.at), (None, None), told.order, over)
        return self.node("total", what, (body,), span)

    def range_of(self, bound: Bound) -> Dim | None:
        if bound.high is None:
            return None
        return self.length(bound)

    # ---------------------------------------------------------------- limits
    def limits_of(self, token: Token) -> tuple[list[Token], list[Token]]:
        """The tokens below and above."""
        below: list[Token] = []
        above: list[Token] = []
        for script in self.scripts():
            if script.mark == "'":
                raise self.fail("a sum with a prime is not read", script.place)
            (below if script.mark == "_" else above).extend(self.inside(script))
        if not below:
            hint = rf"\{token.text}_{{i}} or \{token.text}_{{i=1}}^{{n}}"
            raise self.fail(f"over which index does this {token.text} run?", token, hint=hint)
        return below, above

    def limits(self, below: Sequence[Token], above: Sequence[Token], token: Token) -> Limits:
        below = [t for t in below if t.kind not in ("{", "}")]
        if (below and below[-1].text in _SAYS_MORE) or any(t.text in SETS for t in below):
            below, above = self.of_set(below, token)
        chain = self.split(below)
        names = [part for part, _ in chain]
        signs = [sign for _, sign in chain[1:]]
        high = self.size(above, token) if above else None
        if any(sign in ("<", "<=", "!=", ">", ">=") for sign in signs):
            return self.compared(names, signs, high, token)
        if signs and signs != ["=="]:
            raise self.bad(token)
        low = 1
        if signs:
            number = self.low(names[1], token)
            if number is None:
                return self.from_outside(names, high, token)
            low = number
        letters = [t for t in names[0] if not (t.kind == "char" and t.text == ",")]
        return Limits([self.bind(letter, low, high, token) for letter in letters], "", None)

    def low(self, tokens: Sequence[Token], token: Token) -> int | None:
        """The lower limit; None where it is an index that is bound outside."""
        if len(tokens) == 1 and tokens[0].text.isdecimal():
            return int(tokens[0].text)
        if len(tokens) == 1 and self.scope.index(tokens[0].text):
            return None
        if len(tokens) == 3 and self.scope.index(tokens[0].text) and tokens[1].text == "+" and tokens[2].text == "1":
            return None
        if len(tokens) > 2 and tokens[0].text == "1" and any(t.text in _SAYS_MORE for t in tokens):
            return 1
        raise self.bad(token)

    def from_outside(self, names: Sequence[Sequence[Token]], high: Dim | None, token: Token) -> Limits:
        r"""\\sum_{j=i+1}^n beneath \\sum_{i=1}^n is over pairs."""
        outside = self.scope.index(names[1][0].text)
        assert outside is not None
        if len(names[0]) != 1 or outside.low != 1 or (high is not None and outside.high not in (None, high)):
            raise self.bad(token)
        bound = self.bind(names[0][0], 1, high, token)
        return Limits([bound], "<" if len(names[1]) == 3 else "<=", outside)

    def compared(
        self, names: Sequence[Sequence[Token]], signs: Sequence[str], high: Dim | None, token: Token
    ) -> Limits:
        """i<j, i != j, 1 <= i <= n, 1 <= i < j <= n; j != i where i is bound outside."""
        names, signs = list(names), list(signs)
        if names[0] and names[0][0].text == "1" and signs[0] == "<=":
            names, signs = names[1:], signs[1:]
            if len(names) > 1 and signs[-1] == "<=" and self.scope.index(names[-1][0].text) is None:
                high = self.size(names[-1], token)
                names, signs = names[:-1], signs[:-1]
        if len(names) == 1 and len(names[0]) == 1:
            return Limits([self.bind(names[0][0], 1, high, token)], "", None)
        if len(names) != 2 or any(len(part) != 1 for part in names):
            raise self.bad(token)
        (first,), (second,) = names
        sign = signs[0]
        if sign in (">", ">="):
            first, second, sign = second, first, {">": "<", ">=": "<="}[sign]
        outer_first, outer_second = self.scope.index(first.text), self.scope.index(second.text)
        if outer_first and outer_second:
            raise self.bad(token)
        if outer_second is not None:
            if sign != "!=":
                raise self.bad(token)
            return Limits([self.bind(first, 1, None, token)], "!=", outer_second)
        if outer_first is not None:
            return Limits([self.bind(second, 1, None, token)], _ORDERS[sign], outer_first)
        return Limits([self.bind(t, 1, None, token) for t in (first, second)], _ORDERS[sign], None)

    def of_set(self, below: Sequence[Token], token: Token) -> tuple[list[Token], list[Token]]:
        r"""i = 1, \\dots, n and i \\in \\{1, \\dots, n\\} and i \\in [n] as i and n."""
        words = [t for t in below if t.kind in ATOMS]
        relation = next((at for at, t in enumerate(below) if t.text in SETS or t.text == "="), None)
        if relation is None:
            raise self.bad(token)
        of_set = below[relation].text in SETS
        behind = [t for t in below[relation + 1 :] if t.kind in ATOMS]
        ok = len(behind) in (1, 2) and (len(behind) == 1 or behind[0].text == "1")
        if not ok or (
            len(behind) == 1 and not (below[relation + 1].kind == "open" and below[relation + 1].text == "[")
        ):
            raise self.bad(token, r"\sum_{i,j} M_{ij} (…), where M is 1 on the set and 0 elsewhere" if of_set else "")
        return words[: len(words) - len(behind)], behind[-1:]

    def split(self, tokens: Sequence[Token]) -> list[tuple[list[Token], str]]:
        """Parts between relations, each with the relation before it."""
        found: list[tuple[list[Token], str]] = [([], "")]
        for token in tokens:
            sign = RELATIONS.get(token.text) if token.kind in ("char", "macro", "open", "close") else None
            if sign:
                found.append(([], sign))
            else:
                found[-1][0].append(token)
        return found

    def bind(self, token: Token, low: int, high: Dim | None, place: Token) -> Bound:
        name = token.text
        if token.kind not in ("letter", "name", "word"):
            raise self.bad(place)
        if self.scope.index(name) is not None:
            raise self.fail(f"index {name} is bound already", token, hint="choose another letter")
        self.counted += 1
        return Bound(name, Index(name, self.counted), low, high)

    def size(self, tokens: Sequence[Token], token: Token) -> Dim:
        r"""An upper limit: n, 3, n-1, |V| is none."""
        total: Dim | None = None
        sign = 1
        tokens = [t for t in tokens if t.kind not in ("{", "}")]
        at = 0
        while at < len(tokens):
            part = tokens[at]
            if part.text in ("+", "-") and total is not None and part.kind == "char":
                sign = 1 if part.text == "+" else -1
                at += 1
                part = tokens[at] if at < len(tokens) else part
            elif total is not None:
                raise self.bad(token)
            dim = self.one_size(tokens, at, token)
            at += 3 if at + 2 < len(tokens) and tokens[at + 1].text == "_" else 1
            total = dim if total is None else total.plus(dim, sign)
        if total is None:
            raise self.bad(token)
        return total

    def one_size(self, tokens: Sequence[Token], at: int, token: Token) -> Dim:
        if at >= len(tokens):
            raise self.bad(token)
        part = tokens[at]
        if part.kind == "number" and part.text.isdecimal():
            return whole_number(int(part.text))
        if part.kind not in ("letter", "name", "word") or isinstance(self.scope.declared.get(part.text), Expr):
            raise self.bad(token)
        name = part.text
        if at + 2 < len(tokens) and tokens[at + 1].text == "_" and tokens[at + 2].kind in ATOMS:
            name += "_" + tokens[at + 2].text
        if name in self.scope.numbers:
            return whole_number(int(self.scope.numbers[name].value))  # type: ignore[call-overload]
        return Dim.of(name)

    def bad(self, token: Token, hint: str = "") -> Exception:
        hint = hint or r"\sum_{i}, \sum_{i=1}^{n}, \sum_{i,j}, \sum_{i<j}, \sum_{i \ne j}"
        return self.fail(f"these limits of the {token.text} are not read", token, hint=hint)

    # ---------------------------------------------------------------- how far they reach
    def check_reach(self, body: Syntax, limits: Limits, token: Token, start: int) -> None:
        """A product over i of x_i y is asked for, where y may stand outside of it."""
        if body.kind not in ("mul", "div", "dot"):
            return
        last = body.operands[1]
        indices = {bound.at for bound in limits.bound}
        if not self.has_index(last, indices):
            what = {"prod": "product"}.get(token.text, token.text)
            summary = f"does the {what} over {limits.bound[0].name} reach over this?"
            raise self.fail(summary, last.span, hint="write brackets around what it reaches over")

    def has_index(self, root: Syntax, indices: set[Index]) -> bool:
        return any(
            part.kind == "selected" and not indices.isdisjoint(part.value)  # type: ignore[arg-type]
            for part in postorder(root)
        )
