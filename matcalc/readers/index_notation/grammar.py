"""The grammar of index notation: tokens → a tree of terms, in which indices stand but nothing is summed yet.

Kinds of nodes: ``sum`` (of terms; the value are their signs), ``product`` (the value are the signs between factors),
``power``, ``transpose``, ``neg``, ``binder`` (a sum sign and its term), ``place`` (what stands at indices), ``bars``,
``call``, ``blocks``, ``indexed``, ``name`` and ``number``. All that is in brackets is a ``sum``, of one term at least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.errors import ParseError
from matcalc.function import Function
from matcalc.functions import find
from matcalc.notation.conventions import DIMENSIONED, FILLED
from matcalc.notation.syntax import LARGEST_EXPONENT, Syntax
from matcalc.rational import Fraction
from matcalc.readers.index_notation.names import Names
from matcalc.readers.index_notation.places import bracketed, subscripted
from matcalc.readers.index_notation.signs import read_sign
from matcalc.readers.index_notation.tokens import Token

DEEPEST = 50
_PRODUCTS = ("*", "/", ".*", "./", "×", "\\")
_COMPARED = ("<", ">", "<=", ">=", "==", "!=")
_TRANSPOSED = ("T", "top", "⊤")


class Grammar:
    """Reads a formula, without a left side."""

    def __init__(self, text: str, tokens: Sequence[Token], names: Names, around: frozenset[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.names = names
        self.at = 0
        self.depth = 0
        self.bars: list[str] = []  # the bars that are open, and the brackets between them
        self.around = around  # the indices that are bound around what is read

    # ---------------------------------------------------------------- tokens
    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, text: str = "", hint: str = "") -> Token:
        token = self.token
        if text and token.text != text:
            raise self.fail(
                f"{text!r} was wanted" if token.kind == "end" else f"unexpected {token.text!r}", token, hint
            )
        self.at += token.kind != "end"
        return token

    def fail(self, summary: str, token: Token, hint: str = "", *details: str) -> ParseError:
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, (token.start, token.stop))
        return error

    def is_next(self, *texts: str) -> bool:
        return self.token.text in texts and self.token.kind in ("op", "name")

    def nested(self, rule: Callable[[], Syntax], bar: str = "") -> Syntax:
        """A part in brackets or bars, one level deeper."""
        if self.depth >= DEEPEST:
            raise self.fail("brackets are nested too deeply", self.token, "", f"at most {DEEPEST} levels are read")
        self.depth += 1
        self.bars.append(bar)
        made = rule()
        self.bars.pop()
        self.depth -= 1
        return made

    # ---------------------------------------------------------------- formulas
    def formula(self) -> Syntax:
        made = self.sum()
        token = self.token
        if token.kind != "end":
            hint = {"=": "a comparison is written ==", ")": "remove it, or open it with ("}.get(token.text, "")
            raise self.fail(f"unexpected {token.text!r}", token, hint)
        return made

    def condition(self) -> Syntax:
        """An argument of a function: a formula, or a comparison, several of them joined."""
        made = self.comparison()
        while self.is_next("and", "or"):
            word = self.take().text
            other = self.comparison()
            made = Syntax("call", word, (made, other), (made.span[0], other.span[1]))
        return made

    def comparison(self) -> Syntax:
        if self.is_next("not"):
            start = self.take().start
            operand = self.nested(self.comparison)
            return Syntax("call", "not", (operand,), (start, operand.span[1]))
        made = self.sum()
        if self.is_next(*_COMPARED):
            sign = self.take().text
            other = self.sum()
            made = Syntax("call", sign, (made, other), (made.span[0], other.span[1]))
            if self.is_next(*_COMPARED):
                raise self.fail("comparisons are not chained", self.token, "join them: 0 < x and x < 1")
        return made

    def sum(self) -> Syntax:
        signs, terms = [1], []
        start = self.token.start
        if self.is_next("+", "-"):
            signs = [-1 if self.take().text == "-" else 1]
        terms.append(self.term())
        while self.is_next("+", "-"):
            signs.append(-1 if self.take().text == "-" else 1)
            terms.append(self.term())
        return Syntax("sum", tuple(signs), tuple(terms), (start, terms[-1].span[1]))

    def term(self) -> Syntax:
        """A product; what a sum sign binds is the rest of it."""
        factors = [self.factor()]
        signs: list[str] = []
        while True:
            token = self.token
            if token.kind == "op" and token.text in _PRODUCTS:
                self.take()
                signs.append("*" if token.text == "×" else token.text)
            elif factors[-1].kind != "binder" and self.begins(token):
                self.check_juxtaposed(factors, signs, token)
                signs.append("")
            else:
                break
            factors.append(self.factor())
        if len(factors) == 1:
            return factors[0]
        return Syntax("product", tuple(signs), tuple(factors), (factors[0].span[0], factors[-1].span[1]))

    def begins(self, token: Token) -> bool:
        """Whether a factor begins here without a sign before it."""
        if token.kind == "name":
            return token.text not in ("and", "or", "for")
        return token.kind in ("number", "sign") or token.text == "(" or (token.text == "|" and not self.closes_bar())

    def check_juxtaposed(self, factors: list[Syntax], signs: list[str], token: Token) -> None:
        """Refuses a/b c, of which nobody knows whether c is below, unless a sum sign or numbers tell."""
        if not signs or signs[-1] not in ("/", "./"):
            return
        over, below = factors[-2], factors[-1]
        apart = below.span[1] < token.start or token.text == "("
        if token.kind == "sign" or (over.kind == below.kind == "number" and apart):
            return
        first, second = (self.text[slice(*part.span)] for part in (over, below))
        hint = f"write ({first}/{second})*{token.text} or {first}/({second}*{token.text})"
        raise self.fail("what is divided by can be read in two ways", token, hint)

    def factor(self) -> Syntax:
        token = self.token
        if token.text in ("-", "+") and token.kind == "op":
            self.take()
            operand = self.nested(self.factor)
            return operand if token.text == "+" else Syntax("neg", None, (operand,), (token.start, operand.span[1]))
        if token.kind == "sign" and token.text not in self.names.declared:
            return self.binder(self.take())
        return self.power()

    def binder(self, token: Token) -> Syntax:
        sign = read_sign(token.text, self.text, (token.start, token.stop), self.around)
        outside, self.around = self.around, self.around | frozenset(sign.names)
        body = self.nested(self.term)
        self.around = outside
        return Syntax("binder", sign, (body,), (token.start, body.span[1]))

    # ---------------------------------------------------------------- powers, and what stands behind an operand
    def power(self) -> Syntax:
        made = self.atom()
        marks = 0
        while True:
            token = self.token
            marks += 1
            if marks > DEEPEST:
                raise self.fail("too many signs behind one operand", token)
            if token.text == "'" and token.kind == "op":
                self.take()
                made = Syntax("transpose", None, (made,), (made.span[0], token.stop))
            elif token.kind == "sub":
                self.take()
                made = self.placed(made, subscripted(token, self), token, is_bracketed=False)
            elif token.text == "[" and token.start == made.span[1]:
                made = self.placed(made, bracketed(self), self.tokens[self.at - 1], is_bracketed=True)
            elif token.text in ("^", ".^"):
                made = self.raised(made)
            else:
                return made

    def placed(self, made: Syntax, places: tuple[object, ...], token: Token, *, is_bracketed: bool) -> Syntax:
        if made.kind == "power" and not _names_a_matrix(made):
            hint = "an index stands before the exponent: x_i^2"
            raise self.fail("an index below an exponent", token, hint)
        return Syntax("place", (places, is_bracketed), (made,), (made.span[0], token.stop))

    def raised(self, base: Syntax) -> Syntax:
        sign = self.take()
        if base.kind == "power":
            raise self.fail("a power of a power wants brackets", sign, "(x^2)^3 or x^(2^3)")
        token = self.token
        if token.text in _TRANSPOSED and token.text not in self.names.declared and sign.text == "^":
            self.take()
            return Syntax("transpose", None, (base,), (base.span[0], token.stop))
        if token.text == "{":
            self.take()
            if self.token.text in _TRANSPOSED and self.tokens[self.at + 1].text == "}":
                self.at += 1
                return Syntax("transpose", None, (base,), (base.span[0], self.take("}").stop))
            exponent = self.nested(self.sum)
            stop = self.take("}").stop
            exponent = Syntax(exponent.kind, exponent.value, exponent.operands, (token.start, stop))
        elif token.text in ("-", "+"):
            self.take()
            operand = self.exponent()
            exponent = operand if token.text == "+" else Syntax("neg", None, (operand,), (token.start, operand.span[1]))
        else:
            exponent = self.exponent()
        if base.kind == "name" and base.value == "e" and "e" not in self.names.declared:
            return Syntax("call", "exp", (exponent,), (base.span[0], exponent.span[1]))
        kind = "power" if sign.text == "^" else "elpower"
        return Syntax(kind, None, (base, exponent), (base.span[0], exponent.span[1]))

    def exponent(self) -> Syntax:
        made = self.atom()
        while self.token.kind == "sub" and made.kind == "name":
            token = self.take()
            made = self.placed(made, subscripted(token, self), token, is_bracketed=False)
        if self.token.text == "[" and self.token.start == made.span[1] and made.kind == "name":
            made = self.placed(made, bracketed(self), self.tokens[self.at - 1], is_bracketed=True)
        return made

    # ---------------------------------------------------------------- atoms
    def atom(self) -> Syntax:
        token = self.token
        if token.kind == "number":
            self.take()
            exponent = token.text.lower().partition("e")[2]
            if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
                raise self.fail("the number is out of range", token, f"exponents up to {LARGEST_EXPONENT} are read")
            return Syntax("number", Fraction(token.text), (), (token.start, token.stop))
        if token.kind == "name" or (token.kind == "sign" and token.text in self.names.declared):
            return self.name()
        if token.text == "(":
            self.take()
            made = self.nested(self.sum, "(")
            stop = self.take(")", "close it with )").stop
            return Syntax(made.kind, made.value, made.operands, (token.start, stop))
        if token.text == "|":
            return self.between_bars()
        if token.text == "[":
            return self.blocks()
        if token.kind == "end":
            before = self.tokens[max(0, self.at - 1)]
            raise self.fail("the formula ends too early", before, "", "an operand is missing after this")
        raise self.fail(f"unexpected {token.text!r}", token, "", "an operand was wanted here")

    def name(self) -> Syntax:
        token = self.take()
        if token.text == "D" and self.token.text == "(" and "D" not in self.names.declared:
            return self.jacobian_symbol(token)
        if token.text not in self.names.declared and self.token.text == "(" and self.is_called(token):
            return self.call(token)
        name, sub = self.names.with_subscript(token)
        function = self.function(name)
        if name not in self.names.declared and isinstance(function, Function) and not sub and self.begins(self.token):
            return self.applied(token)
        made = Syntax("name", name, (), (token.start, token.start + len(name) if sub else token.stop))
        if not sub:
            return made
        below = Token("sub", f"_{sub}", token.start + len(token.text) - len(sub) - 1, token.stop)
        return self.placed(made, subscripted(below, self, name), below, is_bracketed=False)

    def function(self, name: str) -> object:
        declared = self.names.declared.get(name)
        if declared is not None:
            return declared if isinstance(declared, Function) else None
        return find("sigmoid" if name in ("sigma", "σ") else name)

    def is_called(self, token: Token) -> bool:
        """Whether a bracket behind a name holds arguments: not behind what has an index below it."""
        name, sub = self.names.with_subscript(token)
        known = self.function(name) is not None or name in DIMENSIONED or name in FILLED
        return not sub and (known or (token.stop == self.token.start and len(name) > 1))

    def call(self, token: Token) -> Syntax:
        name = "sigmoid" if token.text in ("sigma", "σ") else token.text
        opening = self.take("(")
        arguments = []
        if self.token.text == ")":
            raise self.fail(f"{token.text} wants an argument", self.token)
        while True:
            arguments.append(self.nested(self.condition, "("))
            if not self.is_next(","):
                break
            self.take()
        if self.token.kind == "end":
            raise self.fail("a ( is not closed", opening, "close it with )")
        stop = self.take(")", "close it with )").stop
        return Syntax("call", name, tuple(arguments), (token.start, stop))

    def applied(self, token: Token) -> Syntax:
        """A function before its one argument, without brackets: log x_i; what follows must not be one more factor."""
        operand = self.nested(self.power)
        after = self.token
        if self.begins(after) or after.text in _PRODUCTS:
            shown = self.text[slice(*operand.span)]
            raise self.fail(f"how far does {token.text} reach?", after, f"write {token.text}({shown})")
        name = "sigmoid" if token.text in ("sigma", "σ") else token.text
        return Syntax("call", name, (operand,), (token.start, operand.span[1]))

    def jacobian_symbol(self, token: Token) -> Syntax:
        """D(f)(x), D(D(f))(x): the Jacobian of a function that has no body."""
        depth = 1
        while self.tokens[self.at + 1].text == "D" and self.tokens[min(self.at + 2, len(self.tokens) - 1)].text == "(":
            self.at += 2
            depth += 1
        self.take("(")
        name = self.take()
        for _ in range(depth):
            self.take(")")
        symbol = Token("name", "D(" * depth + name.text + ")" * depth, token.start, self.tokens[self.at - 1].stop)
        return self.call(symbol)

    # ---------------------------------------------------------------- bars and blocks
    def closes_bar(self) -> bool:
        return bool(self.bars) and self.bars[-1] in ("|", "||", "[")

    def between_bars(self) -> Syntax:
        """|x|, ||x||, ||X||_F, ||x||_1^2"""
        opening = self.take("|")
        double = self.token.text == "|"
        if double:
            self.take("|")
        made = self.nested(self.sum, "||" if double else "|")
        stop = self.take("|", "close it with |").stop
        if double:
            stop = self.take("|", "close it with ||").stop
        which = ""
        if self.token.kind == "sub":
            token = self.take()
            which, stop = token.text[1:].strip("{}"), token.stop
        return Syntax("bars", ("norm" if double else "abs", which), (made,), (opening.start, stop))

    def blocks(self) -> Syntax:
        """[A, B; C, D], and [A[i,k]*B[k,j] | i; j]"""
        opening = self.take("[")
        rows: list[list[Syntax]] = [[]]
        while True:
            rows[-1].append(self.nested(self.sum, "["))
            if self.is_next("|") and len(rows) == len(rows[-1]) == 1:
                return self.indexed(opening, rows[0][0])
            token = self.take()
            if token.text == "]":
                break
            if token.text == ";":
                rows.append([])
            elif token.text != ",":
                raise self.fail("a [ is not closed" if token.kind == "end" else f"unexpected {token.text!r}", token)
        parts = tuple(part for row in rows for part in row)
        if len(parts) == 1:
            raise self.fail("one block alone is no block matrix", opening, "parts are put in ( and )")
        return Syntax("blocks", tuple(map(len, rows)), parts, (opening.start, self.tokens[self.at - 1].stop))

    def indexed(self, opening: Token, body: Syntax) -> Syntax:
        self.take("|")
        rows, cols = self.index_list(";"), self.index_list("]")
        return Syntax("indexed", (rows, cols), (body,), (opening.start, self.tokens[self.at - 1].stop))

    def index_list(self, closing: str) -> tuple[str, ...]:
        found: list[str] = []
        while True:
            token = self.take()
            if token.text == closing:
                return tuple(found)
            if token.kind == "name":
                found.append(token.text)
            elif token.text != ",":
                raise self.fail(f"{closing!r} or an index was wanted", token, "[A[i,k]*B[k,j] | i; j]")


def _names_a_matrix(power: Syntax) -> bool:
    """Whether a power is one of a matrix as a whole, whose entry may be meant: (A^-1)_ij is A^{-1}_ij."""
    base, exponent = power.operands
    while exponent.kind == "sum" and exponent.value == (1,):
        (exponent,) = exponent.operands
    is_inverse = exponent.kind == "neg" or (exponent.kind == "sum" and exponent.value == (-1,))
    return base.kind in ("name", "sum") and is_inverse
