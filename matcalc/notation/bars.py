"""Bars around operands: |x| and ‖x‖ with its subscripts, and the norm of MATLAB, norm(X,'fro')."""

from __future__ import annotations

from matcalc.notation.customary import norm_subscript, power_of
from matcalc.notation.stack import Stack, Syntax
from matcalc.notation.tokens import Token
from matcalc.rational import Fraction


class Bars(Stack):
    """The part of the reader that knows bars and norms."""

    def close_bars(self, token: Token) -> None:
        frame, (operand,) = self.close_frame()
        span = (frame.start, token.stop)
        if frame.name == "|":
            self.push("bars", None, (operand,), span)
            return
        power = self.power_before_subscript()
        by, count = norm_subscript(self.tokens[self.at : self.at + 4], self.stop())
        if by is not None and by in self.declared and by in ("F", "1", "2", "inf", "*"):
            raise self.fail(f"the subscript {by} is a name that is declared", token, hint="write norm2(…)")
        self.at += count
        self.push_norm(by, operand, (span[0], self.stop()))
        if power:
            self.push("number", Fraction(power), (), span)
            exponent = self.operands.pop()
            self.push("pow", None, (self.operands.pop(), exponent), span)

    def power_before_subscript(self) -> str:
        """The 2 of ‖X‖²_F, where the subscript follows."""
        raised = self.tokens[self.at]
        count = 1 if raised.kind == "raised" else 2 if raised.text == "^" and self.ahead(1).kind == "number" else 0
        last = self.ahead(count - 1) if count else raised
        follows = self.ahead(count)
        if not count or norm_subscript([follows, self.ahead(count + 1)], last.stop)[1] == 0:
            return ""
        power = power_of(raised.text) if count == 1 else last.text
        self.at += count
        return power

    def push_norm(self, by: str | None, operand: Syntax, span: tuple[int, int]) -> None:
        if by in (None, "2", "F", "1", "inf", "*"):
            self.push("norm", by, (operand,), span)
            return
        if by == "0":
            raise self.fail("a norm with the subscript 0 is none", self.tokens[self.at - 1])
        self.push_leaf(by, span)
        self.push("norm", "by", (operand, self.operands.pop()), span)

    def norm_of_two(self, operand: Syntax, by: Syntax, span: tuple[int, int]) -> None:
        """norm(X,'fro'), norm(x,1), norm(x,inf), norm(x,p)."""
        name = str(by.value)
        known = {"fro": "F", "nuc": "*", "inf": "inf", "Inf": "inf", "1": "1", "2": "2"}
        if name in known and not (by.kind == "name" and name in self.declared):
            self.push("norm", known[name], (operand,), span)
        else:
            self.push("norm", "by", (operand, by), span)

    def quoted(self, token: Token) -> bool:
        """Reads 'fro' in norm(X,'fro'); whether it stands here."""
        word, closing = self.ahead(0), self.ahead(1)
        in_norm = bool(self.frames) and self.frames[-1].name == "norm"
        if not (in_norm and word.text in ("fro", "nuc", "inf", "Inf") and closing.text == token.text):
            return False
        self.at += 2
        self.push("name", word.text, (), (token.start, closing.stop))
        return True
