"""What stands above and below: powers, transposes, inverses; and what the tokens below a name say."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.notation.settling import constant
from matcalc.notation.syntax import Syntax
from matcalc.rational import Fraction
from matcalc.readers.latex.cursor import Cursor, Range
from matcalc.readers.latex.scope import Bound
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.records import NamedTuple

_TRANSPOSES = frozenset(["T", "top", "intercal", "tran", "trans", "transp", "transpose", "t"])
_PSEUDO = frozenset(["dagger", "dag", "+"])
_BEHIND_A_MATRIX = frozenset(["transpose", "inverse transpose", "inverse", "pseudoinverse"])


class Script(NamedTuple):
    """What stands above or below: the mark ``_``, ``^`` or ``'``, its tokens, and the place of all of it."""

    mark: str
    range: Range
    place: Token


class Item(NamedTuple):
    """One of the things below a name: an index that is bound and shifted, a number, or all."""

    kind: str  # index, number, all or other
    bound: Bound | None
    number: int  # the number, or how far the index is shifted
    text: str


class Scripts(Cursor):
    def scripts(self) -> list[Script]:
        """All that stands above and below what was read last."""
        found: list[Script] = []
        while True:
            token = self.peek()
            if token.kind == "char" and token.text in "^_" and token.text:
                self.at += 1
                place = self.argument()
                if token.text in [script.mark for script in found]:
                    raise self.fail(
                        f"two things stand at one {token.text}", token, hint="write braces: (A^{2})^{\\top}"
                    )
                found.append(Script(token.text, place, token))
            elif token.kind == "char" and token.text == "'":
                self.at += 1
                if found and found[-1].mark == "'":
                    raise self.fail(
                        "two primes are a second derivative, or nothing", token, hint="write one, or brackets"
                    )
                found.append(Script("'", (self.at - 1, self.at), token))
            elif token.kind == "char" and token.text == "!":
                raise self.fail("factorials are not read", token, hint="they have no derivative")
            else:
                return found

    def inside(self, script: Script) -> Sequence[Token]:
        """The tokens of a script, without brackets that stand around all of them."""
        first, last = script.range
        while last - first > 2 and self.pairs.get(first) == last - 1 and self.tokens[first].kind == "{":
            first, last = first + 1, last - 1
        return self.tokens[first:last]

    def span_to(self, start: int) -> tuple[int, int]:
        return start, self.tokens[self.at - 1].stop

    # ---------------------------------------------------------------- above
    def raised(self, base: Syntax, scripts: Sequence[Script]) -> Syntax:
        """What a formula is with what stands above it."""
        for script in scripts:
            base = self.raised_once(base, script)
        return base

    def meaning(self, script: Script) -> str:
        """What is said above a formula: transpose, inverse, inverse transpose, pseudoinverse, or a power."""
        tokens = self.inside(script)
        texts = [token.text for token in tokens]
        if script.mark == "'" or texts == ["prime"]:
            self.check_primes(script)
            return "transpose"
        if len(texts) == 1 and self.transposes(tokens[0]):
            self.scope.transposed.setdefault("T", (script.place.start, tokens[0].stop))
            return "transpose"
        if len(texts) == 2 and texts[0] == "-" and self.transposes(tokens[1]):
            return "inverse transpose"
        if texts == ["-", "1"]:
            return "inverse"
        if len(texts) == 1 and texts[0] in _PSEUDO:
            return "pseudoinverse"
        if len(texts) == 1 and texts[0] in ("H", "mathsf{H}") and not self.scope.known("H"):
            return "transpose"  # of real matrices, which all are here
        if texts and texts[0] in ("*", "star", "ast", "#", "perp") and len(texts) == 1:
            hint = "a transpose is written ^\\top, a name of its own x_{*}"
            raise self.fail(
                f"{script.mark}{texts[0]} can mean a transpose or a mark of the name", script.place, hint=hint
            )
        if texts and texts[0] in ("circ", "odot") and len(texts) > 1:
            return "elementwise power"
        return "power"

    def transposes(self, token: Token) -> bool:
        """Whether what stands above is the sign of a transpose; T and t are not where they are declared."""
        if token.text not in _TRANSPOSES or token.kind not in (*ATOMS, "macro"):
            return False
        if token.text in self.scope.parameters:
            return False
        return token.text not in ("T", "t") or self.scope.known(token.text) is None or token.kind == "word"

    def check_primes(self, script: Script) -> None:
        """A prime is a transpose, unless another sign is that."""
        self.scope.transposed.setdefault("'", (script.place.start, script.place.stop))

    def raised_once(self, base: Syntax, script: Script) -> Syntax:
        meaning = self.meaning(script)
        span = base.span[0], self.tokens[script.range[1] - 1].stop + (self.tokens[script.range[0] - 1].kind == "{")
        if base.kind == "number" and meaning == "transpose":
            if base.value != 1:
                raise self.fail("a number is transposed", base.span, hint=r"a column of ones is written \mathbf{1}")
            base = self.node("call", "vector", (base,), base.span)
        if meaning == "transpose":
            self.check_transposed(base, script)
            return self.node("transpose", None, (base,), span)
        if meaning == "inverse transpose":
            inverse = self.node("power", None, (base, self.number(-1, base.span)), span)
            return self.node("transpose", None, (inverse,), span)
        if meaning == "inverse":
            return self.node("power", None, (base, self.number(-1, base.span)), span)
        if meaning == "pseudoinverse":
            return self.node("call", "pinv", (base,), span)
        if meaning == "elementwise power":
            first, last = script.range
            exponent = self.within((first + 1, last), self.formula)
            if exponent.kind == "neg" and exponent.operands[0].kind == "number":
                exponent = self.number(-exponent.operands[0].value, exponent.span)  # type: ignore[operator]
            return self.node("elpow", None, (base, exponent), span)
        exponent = self.within(script.range, self.formula)
        marked = exponent.kind == "number" and exponent.value in (0, 1)
        if marked and base.kind in ("name", "entry", "selected") and not self.is_e(base):
            name = self.text[base.span[0] : script.place.start].strip()
            hint = "another point has a name of its own, such as z; or leave the power out"
            raise self.fail(f"is {exponent.value} a mark of {name}, or a power?", script.place, hint=hint)
        if self.is_e(base):
            return self.node("entrywise", "exp", (exponent,), span)
        if constant(exponent) == Fraction(-1, 2) and not self.is_scalar(base):  # of a matrix, it is two steps
            half = self.number(Fraction(1, 2), exponent.span)
            base = self.node("power", None, (base, half), span)
            exponent = self.number(-1, exponent.span)
        return self.node("power", None, (base, exponent), span)

    def check_transposed(self, base: Syntax, script: Script) -> None:
        """A letter T above a scalar is a power of it, if it is known."""
        token = self.tokens[script.range[0]]
        scalar = base.kind == "name" and self.scope.is_array(str(base.value)) is False
        if scalar and token.text in ("T", "t") and token.kind == "letter":
            told = f"{self.text[slice(*base.span)]} is a scalar: is {token.text} a transpose or an exponent?"
            raise self.fail(told, script.place, hint=f"declare {token.text}, or write ^\\top")

    def is_scalar(self, base: Syntax) -> bool:
        return base.kind == "number" or (base.kind == "name" and self.scope.is_array(str(base.value)) is False)

    def is_e(self, base: Syntax) -> bool:
        """Whether this is the base of the exponential function."""
        return (
            base.kind == "name" and base.value == "e" and self.scope.known("e") is None and base in self.scope.plain_e
        )

    # ---------------------------------------------------------------- below
    def label(self, tokens: Sequence[Token]) -> str | None:
        """What stands below as a part of a name, xx or ridge or 0; None where it is no label."""
        made = ""
        for token in tokens:
            if token.kind in ATOMS or token.text in ("max", "min"):
                made += token.text.replace(" ", "_").replace(".", "")
            elif token.text not in (",", "{", "}"):
                return None
        return made or None

    def items(self, tokens: Sequence[Token]) -> list[Item]:
        """What stands below, one for each index or number."""
        found: list[Item] = []
        at = 0
        tokens = [token for token in tokens if token.kind not in ("{", "}")]
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if token.text in (",", ";") and token.kind == "char":
                continue
            bound = self.scope.index(token.text) if token.kind in ("letter", "name", "word") else None
            shift = 0
            if at + 1 < len(tokens) and tokens[at].text in ("+", "-") and tokens[at + 1].text.isdecimal():
                shift = int(tokens[at + 1].text) * (1 if tokens[at].text == "+" else -1)
                at += 2
            if bound is not None:
                found.append(Item("index", bound, shift, token.text))
            elif token.kind == "number" and token.text.isdecimal() and not shift:
                found.append(Item("number", None, int(token.text), token.text))
            elif token.text in (":", "cdot", "*", "bullet", "ast"):
                found.append(Item("all", None, 0, token.text))
            else:
                found.append(Item("other", None, shift, token.text))
        return found
