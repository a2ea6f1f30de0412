"""Text → syntax tree, with the place of each part: a Pratt reader with an explicit stack, so that depth is no danger.

Shapes are not known here: ``infer`` finds them, ``parse`` builds the formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from matcalc.errors import ParseError
from matcalc.notation.brackets import check_signs_between_blocks
from matcalc.notation.equations import left_side
from matcalc.notation.operators import (
    ATOM,
    COMPARISON,
    CONDITIONS,
    INFIX,
    NOT,
    POWER,
    PREFIX,
    PRODUCT,
    SIGN_IN_EXPONENT,
    TOTAL,
)
from matcalc.notation.stack import Syntax
from matcalc.notation.subscripts import Subscripts
from matcalc.notation.tokens import Token, defines, end, tokenize
from matcalc.notation.typed import Typed
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

__all__ = ["Source", "Syntax", "read"]

LARGEST_EXPONENT = 300
_ONES = "𝟏𝟙𝟭𝟷"
_OPENING = "|‖⟨√'\""
_CLOSING = {"(": ")", "[": "]", "{": "}", "⟨": "⟩"}


class Source(NamedTuple):
    """A formula and its definitions: ``body where name = …, name = …``."""

    text: str
    body: Syntax
    definitions: tuple[tuple[str, Syntax], ...]
    parts: tuple[Syntax, ...]  # where there are no definitions, what was read for the body, operands before their users
    readings: Mapping[str, str] = {}  # what is read otherwise than it stands there


def read(text: str, declared: Mapping[str, object] | None = None) -> Source:
    """The syntax tree of a formula; ``declared`` are the names that have a meaning.

    Raises:
        ParseError: the text is not a formula; the error shows the place.
    """
    known = declared or {}
    tokens = tokenize(text)
    if "[" in text:
        check_signs_between_blocks(text, tokens)
    pairs = enumerate(pairwise(tokens if "where" in text else ()))
    split = next((i for i, (token, after) in pairs if defines(token, after)), None)
    if split is None:
        reader = _formula(text, tokens, known)
        return Source(text, reader.operands[-1], (), tuple(reader.parts), reader.readings)
    after = tokens[split + 1 :]
    known = {**known, **{token.text: None for token, sign in pairwise(after) if sign.text == "="}}
    body = _formula(text, [*tokens[:split], end(tokens[split])], known)
    definitions = _definitions(text, after, known)
    readings = dict(body.readings)
    for _, reader in definitions:
        readings |= reader.readings
    return Source(text, body.operands[-1], tuple((name, r.operands[-1]) for name, r in definitions), (), readings)


def _formula(text: str, tokens: list[Token], declared: Mapping[str, object]) -> _Reader:
    """A formula, or what an equation says of each member: the reader that has read it."""
    left = left_side(text, tokens)
    reader = _Reader(text, tokens if left is None else left.rest, declared)
    if left is None:
        reader.formula()
        return reader
    start = tokens[0].start
    reader.totals[start] = left.what
    reader.operators.append(("total", 0, start))  # around the whole
    made = reader.formula()
    if left.are_columns:
        reader.push("transpose", None, (made,), made.span)
    return reader


def _definitions(text: str, tokens: list[Token], declared: Mapping[str, object]) -> list[tuple[str, _Reader]]:
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
            found.append((part[0].text, _formula(text, part if is_equation else part[2:], declared)))
            start = at + 1
        at += 1
    return found


class _Reader(Typed, Subscripts):
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
            what = self.text[frame.start] if frame.kind != "call" else "("
            token = Token("op", what, frame.start, frame.start + 1)
            raise self.fail(f"a {what} is not closed", token, hint=f"close it with {_CLOSING.get(what, what)}")
        self.reduce(0, 0)
        if self.readings and "1" in self.readings:
            self.ones_in_products()
        return self.operands[0]

    def ones_in_products(self) -> None:
        """Where 1' is the row of ones, the 1 of another product is the column of ones: x*1' + 1*y'."""
        parts, self.parts = self.parts, []
        for node in parts:
            if node.kind in ("mul", "dot"):
                node.operands = tuple(self.as_ones(o) for o in node.operands)
            self.parts.append(node)  # behind its operands

    def operand(self, token: Token) -> bool:
        """Reads what an operand begins with; returns whether an operand is still wanted."""
        if token.kind == "number":
            self.push("number", self.number(token), (), (token.start, token.stop))
            if token.text in _ONES or (token.text == "1" and self.wants_column()):
                self.operands.append(self.as_ones(self.operands.pop()))
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
            if self.tokens[self.at].text == "(" and self.calls(token):
                self.open("call", self.called(token))
                self.at += 1
                return True
            if self.index(token.text) is not None:
                raise self.fail(f"index {token.text} is no number", token, hint="an index stands in brackets: x[i]")
            self.check_not_one_member(token)
            if token.text not in self.declared and (wanted := self.undeclared(token)) is not None:
                return wanted
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
        if token.text in ("(", "[", "{"):
            kind = "group" if token.text != "[" else "indexed" if token.start in self.bars else "blocks"
            self.open(kind, token)
            return True
        if token.text in _OPENING and self.opened(token):
            return token.text not in "'\""
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
            if op.precedence == POWER:
                if self.readings:
                    self.check_exponent(token, self.tokens[self.at - 2])
                if op.kind == "pow" and self.transposes():
                    return False
            self.reduce(op.precedence, self.base())
            # beside NumPy's @, a * between arrays is rather that of entries: asked where shapes are known
            beside_at = op.kind == "mul" and self.text[token.start] == "*" and "@" in self.text
            self.operators.append(("star" if beside_at else op.kind, op.precedence, token.start))
            return True
        if token.text == "'":
            if self.readings:
                self.check_exponent(token, self.tokens[self.at - 2])
            self.reduce(POWER, self.base())
            operand = self.operands.pop()
            self.push("transpose", None, (self.as_ones(operand),), (operand.span[0], token.stop))
            return False
        if token.text == "[":
            self.reduce(SIGN_IN_EXPONENT + 1, self.base())
            self.subscript(token)
            return False
        if (
            self.frames
            and self.frames[-1].kind == "blocks"
            and (token.text in ",;]" or (token.kind in ("name", "number") and self.is_apart(token)))
        ):
            return self.next_block(token)
        if token.text == ",":
            if not self.frames or self.frames[-1].kind not in ("call", "inner"):
                raise self.fail("unexpected ','", token, "a comma stands between the arguments of a function")
            self.reduce(0, self.base())
            return True
        if token.text in (")", "}"):
            self.close(token)
            return False
        if token.text == "|" and self.frames and self.frames[-1].kind == "indexed":
            self.close_indexed()
            return False
        return self.without_sign(token)

    def is_apart(self, token: Token) -> bool:
        return self.tokens[self.at - 2].stop < token.start

    def without_sign(self, token: Token) -> bool:
        """Reads what follows an operand and is no operator: raised signs, bars that close, products without a sign."""
        if token.kind == "raised" or token.text == "†":
            return self.raised(token)
        if token.text in ("|", "‖") and self.frames and self.frames[-1].kind == "bars":
            if self.frames[-1].name == token.text:
                self.close_bars(token)
                return False
            if self.frames[-1].name == "|" and self.text[token.start] == "|":  # |x||y|
                self.close_bars(token._replace(stop=token.start + 1))
                self.at -= 1
                self.tokens[self.at] = Token("op", "|", token.start + 1, token.stop)
                return False
        if token.text == "⟩" and self.frames and self.frames[-1].kind == "inner":
            frame, inside = self.close_frame()
            self.push("call", "inner", inside, (frame.start, token.stop))
            return False
        if token.text in (";", ".") and self.tokens[self.at].kind == "end" and not self.frames:
            return False
        if token.text == "_" and self.after_brackets(token):
            return False
        before = self.tokens[self.at - 2]
        if (
            token.text == ":"
            and (before.text in self.declared or before.text in (")", "'"))
            and (not self.frames or self.frames[-1].kind in ("group", "call"))
        ):
            self.reduce(PRODUCT, self.base())
            self.operators.append(("inner", PRODUCT, token.start))
            return True
        if token.text == "=" and self.is_left_side():
            return True
        if token.text == "=":
            raise self.fail("unexpected '='", token, "an operator was wanted here", hint="a comparison is written ==")
        if token.text == "(" and self.places_like_matlab(token):
            self.subscript(token)
            return False
        if token.kind == "name" and self.constant_of_size(token):
            return False
        if token.text == "1" and self.tokens[self.at - 2].text == "'" and not self.frames_hold_blocks():
            self.juxtapose(token)
            self.operands.append(self.as_ones(Syntax("number", Fraction(1), (), (token.start, token.stop))))
            return False
        is_block = self.frames_hold_blocks() and self.is_apart(token)
        if self.begins_operand(token) and token.kind != "number" and not is_block:
            self.check_exponent(token, self.tokens[self.at - 2])
            self.juxtapose(token)
            self.at -= 1
            return True
        hint = "write * for a product" if token.kind in ("name", "number") or token.text == "(" else ""
        raise self.fail(f"unexpected {token.text!r}", token, "an operator was wanted here", hint=hint)

    def wants_column(self) -> bool:
        """Whether a 1 is the column of ones: in x'*1 and A'*1, which nobody scales by 1."""
        before = [token.text for token in self.tokens[max(self.at - 3, 0) : self.at - 1]]
        return before == ["'", "*"] and self.tokens[self.at].text in ("", ")", "+", "-", ",", ";")

    def frames_hold_blocks(self) -> bool:
        return bool(self.frames) and self.frames[-1].kind == "blocks"

    def is_left_side(self) -> bool:
        """Whether what was read so far is a name, or a function of names, on the left of a formula."""
        (left, *others) = self.operands
        names = left.operands if left.kind == "call" else (left,)
        if others or self.operators or self.frames or any(name.kind != "name" for name in names) or left.span[0]:
            return False
        if str(left.value) in self.declared or (self.tokens[self.at - 2].text not in (")", str(left.value))):
            return False
        self.operands.clear()
        self.parts.clear()
        self.note(self.text[slice(*left.span)], "left side")
        return True

    def check_exponent(self, token: Token, before: Token) -> None:
        """Refuses what directly follows an exponent of e without brackets."""
        if self.in_exponent_of_e() and not (
            before.text in (")", "}") and self.operands[-1].span[1] == before.stop and token.text not in ("^", "'")
        ):
            raise self.fail("how far the exponent of e goes isn't plain", token, hint="put brackets: e^(…)")

    def opened(self, token: Token) -> bool:
        """Reads what opens bars, a root, an inner product or a quoted word; whether it does."""
        if token.text in ("|", "‖"):
            self.open("bars", token)
        elif token.text == "⟨":
            self.open("inner", token)
        elif token.text == "√":
            self.operators.append(("applied", ATOM, token.start))
        else:
            return self.quoted(token)
        return True

    def called(self, token: Token) -> Token:
        """The function that is called: σ(…) is the logistic function where σ is not declared."""
        if token.text != "σ" or "σ" in self.declared:
            return token
        self.note("σ", "sigmoid")
        return token._replace(text="sigmoid")

    def total_of(self, token: Token, word: str, index: str) -> None:
        """sum_i for sum_{i}."""
        made = Token("total", f"{word}_{{{index}}}", token.start, token.stop)
        self.totals[token.start] = self.total(made)
        self.operators.append(("total", TOTAL, token.start))

    def check_unchained(self, token: Token) -> None:
        """0 < x < 1 says two things, of which the first is no number that could be less than 1."""
        waiting = self.operators[self.base() :]
        if any(level == COMPARISON for _, level, _ in waiting if level >= COMPARISON):
            raise self.fail("comparisons are not chained", token, hint="join them: 0 < x and x < 1")

    def close(self, token: Token) -> None:
        opening = "(" if token.text == ")" else "{"
        if not self.frames or self.frames[-1].kind not in ("group", "call") or self.opening() != opening:
            raise self.fail(
                f"a {token.text} without its {opening}", token, hint=f"remove it, or open it with {opening}"
            )
        self.reduce(0, self.base())
        if self.frames[-1].kind == "group":
            frame = self.frames.pop()
            self.operands[-1].span = (frame.start, token.stop)
            return
        frame, arguments = self.close_frame()
        span = (frame.start, token.stop)
        if frame.name == "norm" and len(arguments) == 2:
            self.norm_of_two(*arguments, span)
            return
        if frame.name == "norm" and len(arguments) == 1:
            self.push("norm", None, arguments, span)
            return
        if frame.name == "transpose" and len(arguments) == 1:
            self.push("transpose", None, arguments, span)
            return
        self.push("call", frame.name, arguments, span)

    def opening(self) -> str:
        frame = self.frames[-1]
        return "(" if frame.kind == "call" else frame.name

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
