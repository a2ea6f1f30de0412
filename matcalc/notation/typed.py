"""What people type: products without a sign, bars and norms, raised signs, transposes, and names that mean more.

A name that is declared is only ever that. What is read otherwise than it stands there is listed in ``readings``, and
what could be meant in two ways is refused.
"""

from __future__ import annotations

import re

from matcalc.expr import Expr
from matcalc.functions import find
from matcalc.notation.conventions import CONSTANTS
from matcalc.notation.customary import is_word, letters_of, listed_subscript
from matcalc.notation.members import Membered
from matcalc.notation.operators import ATOM, JUXTAPOSED, POWER, PRODUCT
from matcalc.notation.stack import Syntax
from matcalc.notation.tokens import Token
from matcalc.regex import regex

_BARS = ("|", "‖")
_SUMS = ("sum", "prod", "stack", "Σ", "Π")
_NONE = ("", "")
_IDENTITIES = "I𝐈𝕀"
_IDENTITY = regex(rf"[{_IDENTITIES}](?:_([^\W_]+)|([0-9]+|[ₙₘₖₗₚ]))?")


class Typed(Membered):
    """The part of the reader that knows what people type."""

    # ---------------------------------------------------------------- products without a sign
    def juxtapose(self, token: Token, *, adjacent: bool = False) -> bool:
        """A product without a sign, before this token; returns that an operand is wanted."""
        before = self.tokens[self.at - 2]
        spaced = token.start > before.stop and not adjacent
        if token.kind == "name" and not spaced and (before.kind == "number" or token.text[0] == "_"):
            self.check_after_number(token)
        if token.text == "(" and before.kind == "name" and not spaced:
            self.check_lone_name(before, token)
        for word in (before, token):
            if word.kind == "name" and self.is_stranger(word.text):
                raise self.fail(
                    f"unexpected {token.text!r}",
                    token,
                    f"an operator was wanted here, and {word.text} is not declared",
                    hint="write * for a product",
                )
        self.reduce(JUXTAPOSED, self.base())
        waiting = self.operators[-1] if len(self.operators) > self.base() else ("", 0, 0)
        if waiting[0] == "div" and (spaced or token.text in _BARS) and self.is_fraction(waiting[2]):
            self.reduce(PRODUCT, self.base())  # 1/2 x
        elif waiting[0] in ("div", "eldiv", "solve", "kron"):
            sign = self.text[waiting[2]]
            raise self.fail(
                f"a product without a sign after {sign} could mean two things",
                token,
                hint=f"put brackets: (a{sign}b)*c or a{sign}(b*c)",
            )
        self.operators.append(("mul", JUXTAPOSED, token.start))
        return True

    def check_after_number(self, token: Token) -> None:
        """Refuses 1e, 0x10 and 1_000, which are rather numbers than products."""
        name = token.text
        if (name in ("e", "E") and self.tokens[self.at].text != "^") or name[0] == "_" or name[1:].isdecimal():
            raise self.fail(f"unexpected {name!r}", token, "an operator was wanted here", hint="write * for a product")

    def check_lone_name(self, before: Token, opening: Token) -> None:
        """Refuses c(x), which looks like a function of x."""
        if self.tokens[self.at].kind == "name" and self.ahead(1).text == ")":
            name = f"{before.text}*{self.tokens[self.at].text}"
            raise self.fail(f"{before.text} is no function", opening, hint=f"a product is written {name}")

    def after_brackets(self, token: Token) -> bool:
        """Reads A:B, the sum of products of entries, and (z)_+, the positive part; returns whether it was one."""
        before = self.tokens[self.at - 2]
        if token.text == "_" and self.ahead(0).text == "+" and before.text == ")" and token.start == before.stop:
            self.reduce(POWER, self.base())
            self.at += 1
            (operand,) = self.popped()
            self.push("call", "relu", (operand,), (operand.span[0], self.stop()))
            self.note("(…)_+", "relu(…)")
            return True
        return False

    def is_stranger(self, name: str) -> bool:
        """Whether a name is a word that has no meaning: no factor without a sign, as in minimize x'*x."""
        if name in self.declared or not is_word(name):
            return False
        if find(name) is not None and not self.begins_operand(self.tokens[self.at]):
            return True
        return find(name) is None and not self.splits(name) and _below(name) == _NONE

    def is_fraction(self, slash: int) -> bool:
        """Whether what was read last is a fraction such as 1/2, 1/n, n/2 or 1/(2*n), without blanks at its slash."""
        over, under = self.operands[-2], self.operands[-1]
        if over.span[1] != slash or under.span[0] != slash + 1:
            return False
        if over.kind == "neg":
            (over,) = over.operands
        if over.kind == "number":
            return under.kind in ("number", "name") or self.text[slash + 1] == "("
        return under.kind == "number" and (over.kind == "name" or self.text[slash - 1] == ")")

    def product_of(self, letters: str, start: int) -> None:
        """Reads a run of letters as the product of the names."""
        for k, letter in enumerate(letters):
            token = Token("name", letter, start + k, start + k + 1)
            if k == 1 and self.operators and self.operators[-1][0] in ("pow", "elpow", "exponential", "starpow"):
                hint = f"put brackets: ^({'*'.join(letters)})"
                raise self.fail("how far the exponent goes isn't plain", token, hint=hint)
            if k:
                self.juxtapose(token, adjacent=True)
            if letter == "π" and letter not in self.declared:
                self.note("π", "pi")
                self.push("name", "pi", (), (start + k, start + k + 1))
            elif letter == "I" and letter not in self.declared:
                self.read_identity(token, "")
            else:
                self.push("name", letter, (), (start + k, start + k + 1))
        self.note(letters, "*".join(letters))

    # ---------------------------------------------------------------- names
    def calls(self, token: Token) -> bool:
        """Whether a name before a bracket is a function of what stands there."""
        name = token.text
        if name in self.declared:
            return not isinstance(self.declared[name], Expr) or find(name) is not None
        if find(name) is not None or self.splits(name):
            return find(name) is not None
        if _below(name) != _NONE:
            return False
        inside = self.tokens[self.at + 1 : self.at + 12]
        return not any(t.text == ":" for t in inside[: [*(t.text for t in inside), ")"].index(")")])

    def splits(self, name: str) -> bool:
        if len(name) == 2 and name[0] == "π" and name[1].isalpha():
            return True  # 2πσ: π is no first letter of a name
        return name not in CONSTANTS and letters_of(name, self.declared)

    def undeclared(self, token: Token) -> bool | None:
        """Reads a name that is not declared where it means more than itself; None where it does not.

        Returns whether an operand is wanted next.
        """
        name, after = token.text, self.tokens[self.at]
        if name == "e" and after.text == "^":
            self.at += 1
            self.operators.append(("exponential", POWER, token.start))
            self.note("e^…", "exp(…)")
            return True
        if name == "e" and after.kind == "raised":
            raise self.fail("a power of e is written with ^", after, hint="write e^2 or exp(2)")
        if name[-1] == "_" and after.text == "{":
            return self.with_braces(token)
        if name[0] in _IDENTITIES and (found := _IDENTITY.fullmatch(name)) and not self.splits(name):
            self.read_identity(token, listed_subscript(found[1] or found[2] or ""))
            return False
        if name == "π":
            self.note("π", "pi")
            self.push("name", "pi", (), (token.start, token.stop))
            return False
        word, index = _below(name)
        if word and word not in self.declared and self.begins_operand(after):
            self.total_of(token, word, listed_subscript(index))
            return True
        if len(name) == 1:
            return None
        if name[-1] == "_" and name[0] != "_":
            raise self.fail(f"{name} is no name", token, "a subscript was wanted here", hint="x_1, x_{ij}")
        if find(name) is not None:
            return self.function_without_brackets(token, after)
        if self.splits(name):
            self.product_of(name, token.start)
            return False
        if self.subscripted(token):
            return False
        if name != (plain := listed_subscript(name)):  # w₀ is w0 or w_0
            root = len(name) - len(re.split("[₀-₉ᵢⱼₖₗₘₙₚ]", name, maxsplit=1)[0])
            split = f"{plain[:-root]}_{plain[-root:]}"
            self.push("name", plain if plain in self.declared else split, (), (token.start, token.stop))
            return False
        self.question(token)
        return None

    def total_of(self, token: Token, word: str, index: str) -> None:
        raise NotImplementedError

    def begins_operand(self, token: Token) -> bool:
        return token.kind in ("name", "number", "total") or token.text in ("(", "√", "⟨", *_BARS)

    def with_braces(self, token: Token) -> bool:
        """Reads x_{ij} as x_ij."""
        inside: list[str] = []
        while self.ahead(0).text != "}" and self.ahead(0).kind != "end" and len(inside) < 10:
            self.at += 1
            inside.append(self.ahead(0).text)
        if not all(word.isalnum() for word in inside[:-1] if word != ",") or len(inside) < 2 or inside[-1] != "}":
            raise self.fail("a subscript in braces is of letters and digits", token, hint="x_{ij}, X_{1,2}")
        self.at += 1
        name = Token("name", token.text + "".join(w for w in inside[:-1] if w != ","), token.start, self.stop())
        if name.text in self.declared or (wanted := self.undeclared(name)) is None:
            self.push("name", name.text, (), (token.start, name.stop))
            return False
        return wanted

    def read_identity(self, token: Token, size: str) -> None:
        """I and I_n: the identity matrix."""
        span = (token.start, token.stop)
        if not size:
            self.push("name", "eye", (), span)
        else:
            self.sized("eye", size, span)
        self.note(token.text, "identity matrix")

    def sized(self, constant: str, size: str, span: tuple[int, int]) -> None:
        self.push_leaf(size, span)
        self.push("call", constant, self.popped(), span)

    def constant_of_size(self, token: Token) -> bool:
        """Reads 1_n and 0_n as ones and zeros; whether this is the subscript of one."""
        before, size = self.tokens[self.at - 2], token.text[1:]
        is_subscript = token.text[0] == "_" and before.stop == token.start and before.text in ("0", "1")
        if not is_subscript or not size.isalpha() or self.operands[-1].kind != "number":
            return False
        self.operands.pop()
        self.sized("ones" if before.text == "1" else "zeros", size, (before.start, token.stop))
        self.note(f"{before.text}{token.text}", "column of ones" if before.text == "1" else "column of zeros")
        return True

    def function_without_brackets(self, token: Token, after: Token) -> bool | None:
        """log|X|, log det(X): applied to what follows, where it is plain how far that goes."""
        if after.text == "[" and token.text not in self.declared and self.spans_formula():
            return True
        if not is_word(token.text):
            return None
        if after.kind == "raised" or after.text == "^":
            raise self.fail(f"a power of {token.text} is that of its value", after, hint=f"write {token.text}(…)^2")
        if not self.begins_operand(after):
            return None
        if after.text == "(":
            return None
        self.operators.append(("applied", ATOM, token.start))
        return True

    def spans_formula(self) -> bool:
        """Makes Tr[A X B] tr(A X B): whether the brackets hold a formula, and no places."""
        depth = 0
        for k in range(self.at, min(self.at + 60, len(self.tokens))):
            text = self.tokens[k].text
            depth += (text == "[") - (text == "]")
            if text == ":" or (text == "," and depth == 1):
                return False
            if not depth:
                if k == self.at + 2 and self.tokens[k - 1].kind == "number":
                    return False
                self.tokens[k] = self.tokens[k]._replace(text=")")
                self.tokens[self.at] = self.tokens[self.at]._replace(text="(")
                self.open("call", self.tokens[self.at - 1])
                self.at += 1
                return True
        return False

    def apply(self, start: int, operand: Syntax) -> None:
        """What a function without brackets, or a root, is applied to; refused where it could go on."""
        after = self.tokens[self.at - 1]
        found = re.compile(r"√|\w+").match(self.text, start)
        name = found[0] if found else ""
        is_closed = operand.kind in ("bars", "norm", "call") or self.text[operand.span[0]] == "("
        ends = after.text in ("+", "-", ")", "}", "]", ",", ";", "|", "‖", "⟩", ".") or after.kind == "end"
        goes_on = after.text in ("^", ".^", "'", "**", "[") or after.kind == "raised"
        if goes_on or not (ends or ((is_closed or name == "√") and not self.begins_operand(after)) or is_closed):
            raise self.fail(
                f"what {name} is applied to could end here or go on",
                after,
                hint=f"put brackets: {'sqrt' if name == '√' else name}(…)",
            )
        self.push("call", "sqrt" if name == "√" else name, (operand,), (start, operand.span[1]))

    def question(self, token: Token) -> None:
        """Refuses a name that could be a product of names that are known or stand elsewhere."""
        name = token.text
        if name[1:].isdecimal() and getattr(self.declared.get(name[0]), "kind", "") == "variable":
            variable = self.declared[name[0]]
            if isinstance(variable, Expr) and 1 not in (variable.shape.rows.number, variable.shape.cols.number):
                hint = f'write {name[0]}*{name[1:]} or {name[0]}^{name[1:]}, or declare it: --where "{name}: matrix"'
                raise self.fail(f"{name} is not declared, and {name[0]} is", token, hint=hint)
        if name.count("_") > 1 and name[1] == "_" and name[0] in self.declared:
            raise self.fail(f"{name} is not declared, and {name[0]} is", token, hint="write * for a product")
        if not name.isalpha() or not self.may_be_product(name):
            return
        turned = re.fullmatch(r"(\w+)T(\w*)", name)
        product = "*".join(name)
        if turned and "T" not in self.declared:
            product = "*".join(turned[1]) + "'" + "".join(f"*{letter}" for letter in turned[2])
        raise self.fail(
            f"{name} is not declared, and could be one name or the product {product}",
            token,
            hint=f'write {product}, or declare it: --where "{name}: matrix"',
        )

    def may_be_product(self, name: str) -> bool:
        """Whether a name looks like a product: its letters are names themselves, or it is AB, Ax, λx."""
        if not 2 <= len(name) <= 5 or not is_word(name) or name[0] == "d":
            return False
        if name[0].isascii() != name[-1].isascii():
            return True
        few = len(self.tokens) < 500
        known = [letter in self.declared or (few and self.stands_alone(letter)) for letter in name if letter != "T"]
        if name.islower():
            return all(known) and len(set(name)) == len(name)
        beside = (self.tokens[max(self.at - 2, 0)].text, self.tokens[self.at].text)
        looks_so = len(name) == 2 or (name.isupper() and len(name) == 3)
        return any(known) or (looks_so and not set(beside) & {"*", ".*", "@"})

    def stands_alone(self, letter: str) -> bool:
        return any(token.text == letter for token in self.tokens)

    # ---------------------------------------------------------------- brackets
    def places_like_matlab(self, opening: Token) -> bool:
        """Makes A(:,1) A[:,1]: whether a bracket directly behind a name holds places."""
        before = self.tokens[self.at - 2]
        operand = self.operands[-1]
        if operand.kind != "name" or before.stop != opening.start or before.kind != "name":
            return False
        end = next((k for k in range(self.at, min(self.at + 20, len(self.tokens))) if self.tokens[k].text == ")"), 0)
        inside = self.tokens[self.at : end]
        texts = [token.text for token in inside]
        bound = [self.index(token.text) is not None for token in inside if token.kind == "name"]
        is_place = all(t.kind in ("number", "name") or t.text in (":", ",", "+", "-") for t in inside)
        if not inside or not is_place or not (":" in texts or "," in texts or all([*bound, len(inside) == 1])):
            return False
        variable = self.declared.get(str(operand.value))
        if len(inside) == 1 and isinstance(variable, Expr):
            if variable.shape.is_scalar or 1 not in (variable.shape.rows.number, variable.shape.cols.number):
                raise self.fail(
                    f"{operand.value}({texts[0]}) could be a product or an entry",
                    opening,
                    hint=f"write {operand.value}*{texts[0]}, or {operand.value}[…] for an entry",
                )
        self.note(f"{operand.value}({','.join(texts)})" if len(texts) == 1 else f"{operand.value}(…)", "entries")
        self.tokens[self.at - 1] = opening._replace(text="[")
        self.tokens[end] = self.tokens[end]._replace(text="]")
        return True


def _below(name: str) -> tuple[str, str]:
    """A sign of a sum and the index that stands below it, as in sum_i and Σᵢ."""
    sign, index = name[:-1].removesuffix("_"), name[-1]
    has_index = name[-2:-1] == "_" or index in "ᵢⱼₖₗₘₙ"
    return (sign, index) if has_index and sign in _SUMS else _NONE
