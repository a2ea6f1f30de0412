"""Tokens → syntax tree: sums of products of factors, the products mostly by standing next to each other."""

from __future__ import annotations

from matcalc.notation.syntax import Syntax
from matcalc.rational import Fraction
from matcalc.readers.latex.calls import Calls
from matcalc.readers.latex.cursor import Cursor
from matcalc.readers.latex.macros import (
    ACCENTS,
    FRACTIONS,
    FUNCTIONS,
    INFIX,
    INNER,
    MACROS_OF_PEOPLE,
)
from matcalc.readers.latex.tokens import Token

_IN_FRONT = frozenset(["frac", "sqrt", "sum", "prod", "underbrace", "overbrace", "stackrel", "top"])
_ATOMS = frozenset(["letter", "name", "word", "run", "number", "ones", "{", "begin"])
_SETS_APART = frozenset(["hadamard", "eldiv", "kron", "convolve", "frobenius"])


class Grammar(Calls):
    def formula(self) -> Syntax:
        """Terms with signs between them."""
        token = self.peek()
        negative = False
        start = token.start
        while token.kind == "char" and token.text in "+-" and token.text:
            negative ^= token.text == "-"
            self.at += 1
            token = self.peek()
        found = self.term()
        if negative:
            found = self.node("neg", None, (found,), (start, found.span[1]))
        while True:
            token = self.peek()
            if token.kind != "char" or token.text not in ("+", "-"):
                return found
            self.at += 1
            while self.is_char("&") or (self.peek().kind == "gap"):
                self.at += 1
            negative = self.is_char("-")
            self.at += negative
            right = self.term()
            if negative:
                right = self.node("neg", None, (right,), right.span)
            found = self.product_of(found, right, "add" if token.text == "+" else "sub")
            found.value = True  # a sum of like terms

    def term(self) -> Syntax:
        """Products with signs between them; what stands side by side binds tighter."""
        found = self.product()
        before = ""
        while True:
            token = self.peek()
            kind = INFIX.get(token.text) if token.kind in ("char", "macro") else None
            if kind is None:
                return found
            if before in _SETS_APART and kind != before and kind != "div":
                hint = "write brackets around what belongs together"
                raise self.fail("which of the two products comes first?", token, hint=hint)
            if "times" in (kind, before) and kind in ("dot", "times") and before in ("dot", "times"):
                self.check_crosses(found, token)
            self.at += 1
            if self.is_char("_"):  # \odot_{KR}
                first, last = self.argument_below()
                if self.label(self.tokens[first:last]) != "KR":
                    raise self.unexpected(self.tokens[first - 1])
                found = self.call("khatrirao", found, self.product())
            elif kind == "div":
                found = self.divided(found)
            else:
                found = self.infix(kind, found, self.product(), token)
            before = kind

    def check_crosses(self, left: Syntax, token: Token) -> None:
        """Products of numbers have no order, others are asked for: a x b x c, a . b x c."""
        if not any(part.kind == "number" for part in left.operands):
            raise self.fail(
                "which of the two products comes first?", token, hint="write brackets around what belongs together"
            )

    def argument_below(self) -> tuple[int, int]:
        self.at += 1
        return self.argument()

    def infix(self, kind: str, left: Syntax, right: Syntax, token: Token) -> Syntax:
        if kind == "frobenius":
            return self.call("dot", left, right)
        if kind in ("hadamard", "eldiv", "kron"):
            made = self.product_of(left, right, kind)
            made.value = self.are_loose(left, right) or None
            return made
        return self.product_of(left, right, kind)

    def are_loose(self, left: Syntax, right: Syntax) -> bool:
        """Whether a product by standing side by side is next to the sign, and is not in brackets."""
        return any(side.kind == "mul" and self.text[side.span[0]] not in "([" for side in (left, right))

    def divided(self, left: Syntax) -> Syntax:
        """What stands behind a slash: one factor, or all where that alone is possible."""
        first = self.factor()
        if not self.begins_factor():
            return self.product_of(left, first, "div")
        if self.is_array_like(first):
            return self.product_of(left, self.product(first), "div")
        following = self.peek()
        opens = following.kind in ("bar", "open") and following.text in "|‖"
        apart = opens or self.begins_function() or following.text in ("sum", "prod", "norm", "lVert")
        if not apart and first.kind == "number" and following.kind in ("letter", "name", "run"):
            apart = self.scope.is_array(following.text) is True or following.kind == "run"
        if not apart and first.kind == "number" and following.kind == "open":
            apart = left.kind in ("number", "name")
        if not apart:
            hint = r"write \frac{a}{b} c or \frac{a}{b c}"
            raise self.fail("does this stand below the slash, too?", following, hint=hint)
        return self.product_of(self.product_of(left, first, "div"), self.product())

    def is_array_like(self, node: Syntax) -> bool:
        return node.kind == "transpose" or (node.kind == "name" and self.scope.is_array(str(node.value)) is True)

    def product(self, first: Syntax | None = None) -> Syntax:
        """Factors that stand side by side."""
        found = self.factor() if first is None else first
        while self.begins_factor():
            token = self.peek()
            if token.kind == "number" and self.tokens[self.at - 1].kind in ("letter", "name", "number"):
                raise self.fail("a number stands behind a name", token, hint="write it in front, or below: x_2")
            right = self.factor()
            found = self.product_of(found, right)
        return found

    def begins_factor(self) -> bool:
        token = self.peek()
        kind = token.kind
        if kind in _ATOMS or kind == "open":
            return kind != "word" or self.is_operand(token)
        if kind == "bar":
            return not self.bars
        if kind == "macro":
            text = token.text
            return (
                text in FUNCTIONS or text in _IN_FRONT or text in FRACTIONS or text in ACCENTS or text in INNER
                or text in MACROS_OF_PEOPLE or text in ("max", "min")
            )  # fmt: skip
        return False

    def is_operand(self, token: Token) -> bool:
        """Whether upright letters are part of the formula, and no word of the text around it."""
        return token.text not in ("and", "or", "if", "for", "otherwise", "where", "with")

    # ---------------------------------------------------------------- factors
    def factor(self) -> Syntax:
        token = self.peek()
        kind = token.kind
        if kind in ("letter", "name"):
            return self.letter(token)
        if kind == "number":
            return self.literal(token)
        if kind == "word":
            return self.word(token)
        if kind == "run":
            return self.run(token)
        if kind == "ones":
            return self.ones(token)
        if kind == "{":
            return self.group_factor(token)
        if kind == "bar" or (kind == "open" and token.text in "|‖"):
            return self.barred(token)
        if kind == "open":
            return self.inner_product(token) if token.text == "<" else self.bracket(token)
        if kind == "begin":
            return self.cases(token) if token.text == "cases" else self.matrix(token)
        if kind == "macro":
            return self.macro(token)
        raise self.unexpected(token)

    def letter(self, token: Token) -> Syntax:
        if (spelt := self.spelt(token)) is not None:
            return spelt
        self.at += 1
        if token.text == "d" and token.kind == "letter" and self.scope.known("d") is None:
            following = self.peek()
            if following.kind in ("letter", "name") and following.start == token.stop:
                name = f"d{following.text}"
                if self.scope.known(name) is None:
                    raise self.fail(
                        f"is {name} a differential, or d times {following.text}?", token, hint=f"declare {name}, or d"
                    )
                self.at += 1
                return self.name(name, token)
        if token.text == "Delta" and self.scope.known("Delta") is None and self.peek().kind in ("letter", "name"):
            raise self.fail(
                "is this one name, a product, or a Laplacian?", token, hint=r"write \delta_x, or declare Delta"
            )
        return self.maybe_called(token.text, token)

    def literal(self, token: Token) -> Syntax:
        self.at += 1
        following = self.peek()
        if following.text == "e" and following.start == token.stop and (self.peek(1).kind == "number" or (
                self.peek(1).text in ("-", "+") and self.peek(2).kind == "number")):  # fmt: skip
            raise self.fail("is this a power of ten?", following, hint=r"10^{-3}")
        if self.is_char("_") and token.text in ("0", "1"):
            return self.ones(token)
        found = self.node("number", Fraction(token.text), (), (token.start, token.stop))
        return self.raised(found, self.scripts_above())

    def run(self, token: Token) -> Syntax:
        """Bold letters: a name that is declared, or a product of such names."""
        if self.scope.known(token.text) is not None:
            self.at += 1
            return self.name(token.text, token)
        if token.text in FUNCTIONS and not all(self.scope.known(char) for char in token.text):
            self.at += 1
            return self.function(FUNCTIONS[token.text], token)
        letters = [char for char in token.text if not char.isspace()]
        strangers = [
            char for char in letters if not char.isalpha() or (self.scope.tells and self.scope.known(char) is None)
        ]
        if strangers or self.peek(1).text in ("_", "^", "'"):
            raise self.fail(f"is {token.text} a name or a product?", token, hint=r"write \mathbf{A}\mathbf{x}")
        self.at += 1
        found: Syntax | None = None
        for char in letters:
            start = self.text.index(char, found.span[1] if found else token.start)
            self_token = Token("name", char, start, start + 1)
            one = self.bare(char, self_token)
            one.span = (start, start + 1)
            found = one if found is None else self.product_of(found, one)
        assert found is not None
        return found

    def ones(self, token: Token) -> Syntax:
        r"""\mathbf{1}, \mathbf{1}_n and \mathbf{1}_{m \times n}; a bold 0 alike."""
        self.at += 1 if self.tokens[self.at] is token else 0
        scripts = self.scripts()
        below = next((script for script in scripts if script.mark == "_"), None)
        above = [script for script in scripts if script.mark != "_"]
        span = self.span_to(token.start)
        if below is None:
            filled = self.number(int(token.text), (token.start, token.stop))
            return self.raised(self.node("call", "vector", (filled,), span), above)
        dims = self.sizes(below)
        if len(dims) > 2:
            raise self.fail(
                "what stands below a bold 1 is its size", below.place, hint=r"\mathbf{1}_n, \mathbf{1}_{m \times n}"
            )
        return self.raised(self.node("call", "ones" if token.text == "1" else "zeros", tuple(dims), span), above)

    def group_factor(self, token: Token) -> Syntax:
        r"""{…}: a fraction by \over, a name with more behind it, or a formula."""
        closing = self.pairs[self.at]
        first, last = self.at + 1, closing
        if first == last:
            self.at = closing + 1
            return self.after_nothing(token)
        over = self.over(first, last)
        if over is not None:
            self.at = closing + 1
            top = self.within((first, over), self.formula)
            bottom = self.within((over + 1, last), self.formula)
            made = self.node("div", None, (top, bottom), (token.start, self.tokens[closing].stop))
            return self.raised(made, self.scripts_above())
        inner = self.tokens[first]
        if last - first == 1 and inner.kind in ("letter", "name", "word", "run", "ones"):
            return self.group_of_one(token, inner, closing)
        self.at = closing + 1
        found = self.within((first, last), self.formula)
        found.span = (token.start, self.tokens[closing].stop)
        scripts = self.scripts()
        if scripts and scripts[0].mark == "_":
            found = self.taken(found, self.items(self.inside(scripts[0])), self.span_to(token.start))
            scripts = scripts[1:]
        return self.raised(found, scripts)

    def after_nothing(self, token: Token) -> Syntax:
        if not self.begins_factor():
            raise self.fail("there is nothing in this group", token)
        return self.factor()

    def group_of_one(self, token: Token, inner: Token, closing: int) -> Syntax:
        """{x}_1 is an entry where x is declared."""
        self.at = closing + 1
        known = self.scope.known(inner.text)
        if inner.kind in ("letter", "name") and known is not None and self.scope.is_array(known) and self.is_char("_"):
            of = self.defined(known, (), (inner.start, inner.stop))
            script, *others = self.scripts()
            return self.raised(self.taken(of, self.items(self.inside(script)), self.span_to(token.start)), others)
        if inner.kind == "ones":
            return self.ones(inner)
        if inner.kind == "run":
            self.at = closing - 1
            kept = self.end
            self.end = closing
            found = self.run(inner)
            self.end, self.at = kept, closing + 1
            return self.raised(found, self.scripts_above())
        return self.name(inner.text, inner)

    def over(self, first: int, last: int) -> int | None:
        at = first
        while at < last:
            if self.tokens[at].kind == "macro" and self.tokens[at].text == "over":
                return at
            at = self.pairs.get(at, at) + 1
        return None

    # ---------------------------------------------------------------- macros
    def macro(self, token: Token) -> Syntax:
        text = token.text
        if text in FRACTIONS:
            return self.fraction(token)
        if text in FUNCTIONS:
            self.at += 1
            return self.function(FUNCTIONS[text], token)
        if text in ("sum", "prod"):
            self.at += 1
            return self.total(token)
        if text in ("max", "min"):
            self.at += 1
            return self.extremum(token)
        if text == "sqrt":
            return self.root(token)
        if text in ACCENTS:
            self.at += 1
            return self.maybe_called(self.accented(token), token)
        if text in INNER or text in MACROS_OF_PEOPLE:
            return self.macro_of_people(token)
        if text in ("underbrace", "overbrace"):
            self.at += 1
            found = self.group()
            self.scripts()
            return found
        if text in ("top", "infty", "partial", "nabla", "dots", "cdots", "ldots", "mid", "int", "pm"):
            raise self.unexpected(token)
        raise self.fail(f"unknown macro: \\{text}", token, hint="write it in the macros of LaTeX and amsmath")

    def fraction(self, token: Token) -> Syntax:
        self.at += 1
        self.check_derivative(token)
        top = self.atom()
        bottom = self.atom()
        span = self.span_to(token.start)
        kind = "eldiv" if self.scope.parameters else "div"
        return self.raised(self.node(kind, None, (top, bottom), span), self.scripts_above())

    def check_derivative(self, token: Token) -> None:
        """\\frac{d}{dx} and \\frac{\\partial f}{\\partial x} are derivatives, which are no part of a formula."""
        inner = self.peek(1) if self.peek().kind == "{" else self.peek()
        if inner.text == "partial" or (inner.text == "d" and self.scope.known("d") is None):
            raise self.fail(
                "a derivative stands in the formula", token, hint="write the formula that is differentiated"
            )

    def atom(self) -> Syntax:
        """The argument of a macro: a group, or one token."""
        token = self.peek()
        if token.kind == "macro" and (token.text in FRACTIONS or token.text == "sqrt"):
            self.deeper(token)
            found = self.factor()
            self.depth -= 1
            return found
        place = self.argument()
        over = self.over(*place)
        if over is None:
            return self.within(place, self.formula)
        top, bottom = self.within((place[0], over), self.formula), self.within((over + 1, place[1]), self.formula)
        return self.product_of(top, bottom, "div")

    def root(self, token: Token) -> Syntax:
        r"""\sqrt{u}, \sqrt[n]{u}"""
        self.at += 1
        degree = None
        if self.peek().kind == "open" and self.peek().text == "[":
            closing = self.pairs[self.at]
            degree = self.within((self.at + 1, closing), self.formula)
            self.at = closing + 1
        inner = self.atom()
        span = self.span_to(token.start)
        if degree is None:
            made = self.node("entrywise", "sqrt", (inner,), span)
        else:
            made = self.node("power", None, (inner, self.node("div", None, (self.number(1, span), degree), span)), span)
        return self.raised(made, self.scripts_above())


__all__ = ["Cursor", "Grammar"]
