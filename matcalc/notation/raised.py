"""What stands raised behind an operand: A², A⁻¹, A⁻ᵀ, x^T, A^{-T}, A⁺; and what sums and ones are written with."""

from __future__ import annotations

from matcalc.notation.bars import Bars
from matcalc.notation.customary import listed_subscript, power_of
from matcalc.notation.operators import POWER
from matcalc.notation.stack import Syntax
from matcalc.notation.tokens import Token

_TRANSPOSES = ("T", "⊤")


class Raised(Bars):
    """The part of the reader that knows raised signs."""

    def juxtapose(self, token: Token, *, adjacent: bool = False) -> bool:
        raise NotImplementedError

    def product_of(self, letters: str, start: int) -> None:
        raise NotImplementedError

    def raised(self, token: Token) -> bool:
        """A², A⁻¹, A⁻ᵀ, A⁺; returns that no operand is wanted."""
        self.reduce(POWER, self.base())
        operand = self.operands.pop()
        span = (operand.span[0], token.stop)
        if token.text in ("⁺", "†"):
            self.push("call", "pinv", (operand,), span)
            self.note(token.text, "pinv")
            return False
        power = power_of(token.text)
        self.push_leaf(power, (token.start, token.stop))
        if token.text.startswith("⁻"):
            self.push("neg", None, self.popped(), (token.start, token.stop))
        self.push("pow", None, (operand, self.operands.pop()), span)
        if token.text == "⁻ᵀ":
            self.push("transpose", None, (self.operands.pop(),), span)
        return False

    def transposes(self) -> bool:
        """Reads what stands behind ^ where it is T, -T, + or †, with or without brackets; whether it does."""
        first = self.tokens[self.at]
        if (first.text not in ("-", "{", "(", "+", "†", "⊤") and first.text[:1] != "T") or "T" in self.declared:
            return False
        opened = first.text in ("{", "(")
        k = int(opened)
        inverse = self.ahead(k).text == "-"
        k += inverse
        last = self.ahead(k)
        closing = self.ahead(k + 1)
        closes = not opened or closing.text == {"{": "}", "(": ")"}[first.text]
        is_pinv = not inverse and last.text in ("+", "†") and closes
        if is_pinv and not opened and last.text == "+":
            is_pinv = closing.kind == "end" or closing.text in (")", "*", ",", "'")
        rest = "" if opened or last.kind != "name" else last.text[1:]
        is_turned = last.text in _TRANSPOSES or (last.text[:1] == "T" and bool(rest) and self.all_known(rest))
        if last.text in self.declared or not closes or not (is_pinv or is_turned):
            return False
        self.reduce(POWER, self.base())
        operand = self.operands.pop()
        self.at += k + 1 + opened
        span = (operand.span[0], self.stop() - len(rest))
        if is_pinv:
            self.push("call", "pinv", (operand,), span)
            return True
        if inverse:
            self.push_leaf("1", span)
            self.push("neg", None, self.popped(), span)
            self.push("pow", None, (operand, self.operands.pop()), span)
            operand = self.operands.pop()
        operand = self.as_ones(operand)
        self.push("superscript_t", None, (operand,), span)
        if rest:
            start = self.stop() - len(rest)
            self.juxtapose(Token("name", rest[0], start, start + 1), adjacent=True)
            self.product_of(rest, start)
        return True

    def all_known(self, letters: str) -> bool:
        return all(letter in self.declared for letter in letters)

    def in_exponent_of_e(self) -> bool:
        """Whether what was read last is the exponent of e."""
        waiting = self.operators[max(self.base(), len(self.operators) - 2) :]
        return any(kind == "exponential" for kind, _, _ in waiting)

    def range_of(self, token: Token) -> str:
        """The text of a sum: sum_{i=1..n} of sum_{i=1}^n, sum_{i} of ∑ᵢ and ∑_i."""
        text = token.text
        if "{" not in text:
            return f"{text[0]}_{{{listed_subscript(text[1:]).lstrip('_')}}}"
        if self.tokens[self.at].text != "^" or not text.replace(" ", "").endswith("=1}"):
            return text
        braced = self.ahead(1).text == "{"
        last = self.ahead(1 + braced)
        if last.kind not in ("name", "number") or (braced and self.ahead(3).text != "}"):
            raise self.fail("a range of an index reads: sum_{i=1..n}", self.tokens[self.at])
        self.at += 4 if braced else 2
        return f"{text[:-1].rstrip()}..{last.text}}}"

    # ---------------------------------------------------------------- ones
    def as_ones(self, operand: Syntax) -> Syntax:
        """The column of ones for the 1 of 1'."""
        if operand.kind != "number" or operand.value != 1:
            return operand
        self.note("1", "column of ones")
        made = Syntax("call", "vector", (operand,), operand.span)
        self.parts += (operand, made)
        return made
