"""What stands in brackets: norms, bars, inner products, matrices, cases, and brackets that mark an operation."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.notation.operators import CONDITIONS
from matcalc.notation.syntax import Syntax
from matcalc.readers.latex.macros import MATRICES, RELATIONS
from matcalc.readers.latex.scripts import Script
from matcalc.readers.latex.sums import Sums
from matcalc.readers.latex.tokens import Token

_NORMS = {"2": "2", "1": "1", "F": "F", "Fro": "F", "fro": "F", "HS": "F", "infty": "inf", "∞": "inf", "*": "*",
          "op": "2", "ast": "*", "inf": "inf", "ell_2": "2", "ell_1": "1", "L_2": "2"}  # fmt: skip
_OTHERWISE = frozenset(["otherwise", "else", "elsewhere", "otherwise,", "else,"])
_OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


class Brackets(Sums):
    def bracket(self, token: Token) -> Syntax:
        """What stands in round, square or curly brackets, which is taken; with what is above and below it."""
        inner = self.bracketed(token)
        scripts = self.scripts()
        if not scripts:
            return inner
        first = scripts[0]
        if first.mark == "_":
            below = self.inside(first)
            texts = [t.text for t in below]
            if texts == ["+"]:
                return self.raised(self.node("call", "relu", (inner,), self.span_to(token.start)), scripts[1:])
            if texts in (["times"], ["×"]):
                return self.raised(self.call("hat", inner, span=self.span_to(token.start)), scripts[1:])
            return self.raised(self.below_bracket(inner, first, token), scripts[1:])
        if any(script.mark == "_" for script in scripts):
            self.at = scripts[0].range[0] - 1
            raise self.fail("an index stands behind a power", scripts[-1].place, hint="write brackets: ((…)^{…})_{i}")
        return self.raised(inner, scripts)

    def below_bracket(self, inner: Syntax, script: Script, token: Token) -> Syntax:
        """(A x)_i is an entry; [f(k)]_{k=1,...,K} is a stack, and [A_{ik} B_{kj}]_{i;j} in index notation."""
        return self.taken(inner, self.items(self.inside(script)), self.span_to(token.start))

    def bracketed(self, token: Token) -> Syntax:
        closing = self.pairs[self.at]
        place = (self.at + 1, closing)
        parts = self.between_commas(place)
        if len(parts) > 1:
            raise self.fail(
                "a list is no formula", token, "brackets with commas are a point, an interval or a row of blocks",
                hint=r"write \begin{bmatrix} a \\ b \end{bmatrix}",
            )  # fmt: skip
        self.at = closing + 1
        inner = self.within(place, self.formula)
        inner.span = (token.start, self.tokens[closing].stop)
        return inner

    def between_commas(self, place: tuple[int, int]) -> list[tuple[int, int]]:
        """The parts of a list in brackets."""
        found = []
        at = first = place[0]
        while at < place[1]:
            token = self.tokens[at]
            if token.kind == "char" and token.text in (",", ";"):
                found.append((first, at))
                first = at + 1
            at = self.pairs.get(at, at) + 1
        found.append((first, place[1]))
        return found

    # ---------------------------------------------------------------- bars
    def barred(self, token: Token) -> Syntax:
        """|u| and ‖u‖: up to the bar that closes it."""
        sign = token.text
        self.at += 1
        if sign == "|" and token.kind == "bar" and self.peek().kind == "bar" and self.peek().start == token.stop:
            self.at += 1  # ||u||
            sign = "||"
        self.deeper(token)
        self.bars = [*self.bars, sign]
        inner = self.formula()
        self.bars = self.bars[:-1]
        self.depth -= 1
        closing = self.take()
        if closing.kind not in ("bar", "close") or closing.text != sign[0]:
            raise self.fail(f"a {self.text[token.start : token.stop]} is not closed", token, hint="write bars in pairs")
        if sign == "||":
            closing = self.take()
            if closing.text != "|":
                raise self.fail("a || is not closed", token, hint="write bars in pairs")
        span = (token.start, closing.stop)
        return self.norm_of(inner, span) if sign != "|" else self.raised_bars(inner, span)

    def raised_bars(self, inner: Syntax, span: tuple[int, int]) -> Syntax:
        scripts = self.scripts()
        if scripts and scripts[0].mark == "_":
            raise self.fail("what does this say below the bars?", scripts[0].place, hint=r"a norm is written \|x\|_2")
        return self.raised(self.node("bars", None, (inner,), span), scripts)

    def norm_of(self, inner: Syntax, span: tuple[int, int]) -> Syntax:
        scripts = self.scripts()
        below = next((script for script in scripts if script.mark == "_"), None)
        above = [script for script in scripts if script.mark != "_"]
        if below is None:
            return self.raised(self.node("norm", None, (inner,), span), above)
        tokens = self.inside(below)
        said = "".join(t.text for t in tokens if t.kind not in ("{", "}"))
        if said == "F" and self.scope.known("F") is not None and tokens[0].kind == "letter":
            return self.raised(self.node("frobenius", None, (inner,), span), above)
        if said in _NORMS and (self.scope.known(said) is None or tokens[0].kind == "word"):
            return self.raised(self.node("norm", _NORMS[said], (inner,), span), above)
        if len(tokens) == 1 and tokens[0].kind == "number":
            if tokens[0].text == "0":
                raise self.fail("the number of entries that are not 0 has no derivative", below.place)
            return self.raised(self.node("p_norm", None, (inner, self.within(below.range, self.formula)), span), above)
        return self.weighted(inner, below, above, span)

    def weighted(self, inner: Syntax, below: Script, above: Sequence[Script], span: tuple[int, int]) -> Syntax:
        r"""‖x‖_M^2 = x'Mx where M is a matrix, and ‖x‖_p where p is a number."""
        weight = self.within(below.range, self.formula)
        name = str(weight.value) if weight.kind == "name" else ""
        if weight.kind == "number" or (name and self.scope.is_array(name) is False):
            return self.raised(self.node("p_norm", None, (inner, weight), span), above)
        if name and self.scope.is_array(name) is None and (self.scope.tells or not name[0].isupper()):
            raise self.fail(
                "which norm is this?", below.place, hint=r"norms are \|x\|_1, \|x\|_2, \|X\|_F, \|x\|_M with a matrix M"
            )
        left = self.node("transpose", None, (self.copy(inner),), span)
        value = self.product_of(self.product_of(left, weight), inner)
        value.span = span
        if len(above) == 1 and [t.text for t in self.inside(above[0])] == ["2"]:
            return value
        return self.raised(self.call("sqrt", value, span=span), above)

    def inner_product(self, token: Token) -> Syntax:
        r"""\langle A, B \rangle"""
        closing = self.pairs[self.at]
        parts = self.between_commas((self.at + 1, closing))
        if len(parts) != 2:
            raise self.fail("an inner product is of two", token, hint=r"\langle x, y \rangle")
        left, right = (self.within(part, self.formula) for part in parts)
        self.at = closing + 1
        found = self.call("dot", left, right, span=(token.start, self.tokens[closing].stop))
        scripts = self.scripts()
        if scripts and scripts[0].mark == "_":
            below = self.inside(scripts[0])
            if [t.text for t in below] not in (["F"], ["2"]):
                weight = self.within(scripts[0].range, self.formula)
                if weight.kind == "name" and not self.scope.is_matrix(str(weight.value)):
                    raise self.fail("which inner product is this?", scripts[0].place, hint=r"write x^\top M y")
                weighted = self.product_of(self.node("transpose", None, (left,), left.span), weight)
                found = self.product_of(weighted, right)
            scripts = scripts[1:]
        return self.raised(found, scripts)

    # ---------------------------------------------------------------- matrices
    def matrix(self, token: Token) -> Syntax:
        """The blocks of an environment such as bmatrix."""
        closing = self.pairs[self.at]
        rows = self.cells((self.at + 1, closing))
        self.at = closing + 1
        span = (token.start, self.tokens[closing].stop)
        blocks = [[self.within(cell, self.formula) for cell in row] for row in rows]
        parts = tuple(block for row in blocks for block in row)
        if not parts:
            raise self.fail("a matrix of nothing", token, hint=r"\begin{bmatrix} A & b \\ c & d \end{bmatrix}")
        counts = tuple(len(row) for row in blocks)
        made = parts[0] if len(parts) == 1 else self.node("blocks", counts, parts, span)
        sign = MATRICES[token.text]
        if sign:
            return self.norm_of(made, span) if sign == "‖" else self.raised_bars(made, span)
        return self.raised(made, self.scripts_above())

    def scripts_above(self) -> list[Script]:
        scripts = self.scripts()
        below = next((script for script in scripts if script.mark == "_"), None)
        if below is not None:
            raise self.fail(
                "this stands below a matrix", below.place, hint="write brackets around the matrix: (…)_{ij}"
            )
        return scripts

    def cells(self, place: tuple[int, int]) -> list[list[tuple[int, int]]]:
        """The places of what stands between & and \\\\; a last row of nothing is none."""
        rows: list[list[tuple[int, int]]] = [[]]
        at = first = place[0]
        while at <= place[1]:
            token = self.tokens[at]
            ends_row = at == place[1] or (token.kind == "gap" and token.text == "\\")
            if ends_row or (token.kind == "char" and token.text == "&"):
                rows[-1].append((first, at))
                first = at + 1
            if ends_row and at < place[1]:
                rows.append([])
            at = self.pairs.get(at, at) + 1
        return [row for row in rows if len(row) > 1 or row[0][0] < row[0][1]]

    def cases(self, token: Token) -> Syntax:
        """Branches and their conditions; the last is otherwise, or the opposite of the one before."""
        closing = self.pairs[self.at]
        rows = self.cells((self.at + 1, closing))
        self.at = closing + 1
        span = (token.start, self.tokens[closing].stop)
        branches = []
        for row in rows:
            if len(row) != 2:
                hint = r"x & \text{if } x > 0 \\ 0 & \text{otherwise}"
                raise self.fail("a branch has a value and a condition", token, hint=hint)
            value = self.within((row[0][0], self.without_comma(row[0])), self.formula)
            branches.append((value, self.case(row[1]), row[1]))
        *first, last = branches
        if not first:
            raise self.fail("there is one branch alone", token, hint=r"a last one says \text{otherwise}")
        made, condition, _ = last
        if condition is not None and not self.is_opposite(first[-1][1], condition, len(first)):
            raise self.fail("what is it otherwise?", condition.span, hint=r"end with: 0 & \text{otherwise}")
        for value, condition, place in reversed(first):
            if condition is None:
                raise self.fail("otherwise is the last branch", self.tokens[place[0]])
            made = self.node("call", "where", (condition, value, made), span)
        return self.raised(made, self.scripts_above())

    def without_comma(self, place: tuple[int, int]) -> int:
        last = self.tokens[place[1] - 1] if place[1] > place[0] else None
        return place[1] - 1 if last is not None and last.kind == "char" and last.text in ",;." else place[1]

    def case(self, place: tuple[int, int]) -> Syntax | None:
        """The condition of a branch; None for otherwise."""
        first, last = place[0], self.without_comma(place)
        while first < last and self.tokens[first].kind == "word" and self.tokens[first].text in ("if", "for", "when"):
            first += 1
        if last - first == 1 and self.tokens[first].text in _OTHERWISE:
            return None
        return self.within((first, last), self.condition)

    def condition(self) -> Syntax:
        """Comparisons, joined by and and or."""
        found = self.comparison()
        while self.peek().text in ("and", "or", "land", "lor", "wedge", "vee"):
            word = "and" if self.take().text in ("and", "land", "wedge") else "or"
            found = self.call(word, found, self.comparison())
        return found

    def comparison(self) -> Syntax:
        left = self.formula()
        found: Syntax | None = None
        while (sign := RELATIONS.get(self.peek().text)) is not None and sign in CONDITIONS:
            self.at += 1
            right = self.formula()
            said = self.call(sign, left, right)
            found = said if found is None else self.call("and", found, said)
            left = self.copy(right)
        if found is None:
            raise self.fail("a condition was wanted", left.span, hint=r"x > 0, x \le 1")
        return found

    def is_opposite(self, one: Syntax | None, other: Syntax, count: int) -> bool:
        """Whether the second condition holds where the first does not: x > 0 and x <= 0."""
        if one is None or count != 1 or one.kind != "call" or _OPPOSITE.get(str(one.value)) != other.value:
            return False
        sides = [self.text[slice(*side.span)].replace(" ", "") for side in (*one.operands, *other.operands)]
        return sides[:2] == sides[2:]
