"""Functions: what stands behind their names, in brackets or without."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import suggest
from matcalc.functions import find
from matcalc.functions.elsewhere import written_here
from matcalc.notation.syntax import Syntax
from matcalc.position import Index
from matcalc.readers.latex.brackets import Brackets
from matcalc.readers.latex.macros import FUNCTIONS, INNER, MACROS_OF_PEOPLE, NOT_READ, OF_MATRICES, words
from matcalc.readers.latex.scripts import Script
from matcalc.readers.latex.sums import Limits
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.regex import regex

_ENTRYWISE = words("exp log sin cos tan sinh cosh tanh arcsin arccos arctan sqrt abs sign")
_WORD = regex(r"[A-Za-z]{2,12}(?![A-Za-z])")
_SPELT = {*FUNCTIONS, *NOT_READ, "sqrt", "sum", "prod", "argmin", "argmax"}
_EXTREMES = {"lambda_max": "maxeig", "lambda_min": "mineig", "sigma_max": "spectralnorm"}


class Calls(Brackets):
    def factor(self) -> Syntax:
        """One factor of a product."""
        raise NotImplementedError

    def begins_factor(self) -> bool:
        """Whether another factor follows."""
        raise NotImplementedError

    # ---------------------------------------------------------------- which function
    def function_named(self, word: str) -> str | None:
        """The name of a function as matcalc has it, by its name in upright letters."""
        if word in FUNCTIONS:
            return FUNCTIONS[word] or None
        if word in NOT_READ or len(word) < 2:
            return None
        known = find(word) or find(word.lower())
        return known.name if known is not None and not known.states else None

    def word(self, token: Token) -> Syntax:
        """Upright letters: a name that is declared, or a function."""
        scope = self.scope
        self.at += 1
        plain = token.text.replace(" ", "_")
        following = self.peek()
        if plain == "d" and following.kind in ("letter", "name") and scope.known("d") is None:
            if scope.known(f"d{following.text}") is None:
                raise self.fail("a differential stands in the formula", token, hint=f"declare d{following.text}")
            self.at += 1
            return self.name(f"d{following.text}", token)
        if scope.known(plain) is not None or plain in scope.parameters:
            return self.maybe_called(plain, token)
        if plain in scope.functions or plain in scope.aliases:
            return self.function(scope.aliases.get(plain, plain), token)
        if plain in ("max", "min"):
            return self.extremum(token)
        if len(plain) == 1:
            return self.maybe_called(plain, token)
        name = self.function_named(plain)
        if name is not None:
            return self.function(name, token)
        if not scope.tells and self.peek().text not in ("(", "[") and plain.isalnum() and plain not in NOT_READ:
            return self.maybe_called(plain, token)
        hint = suggest(plain, list(FUNCTIONS)) or "a name that is declared, or a function"
        raise self.fail(f"unknown: {plain}", token, hint=hint)

    def spelt(self, token: Token) -> Syntax | None:
        r"""log(x) without its backslash is log, and not l times o times g; None where no such word begins here.

        It is asked for where all of its letters are declared, or where no brackets say that it is a function.
        """
        scope = self.scope
        found = _WORD.match(self.text, token.start) if token.kind == "letter" else None
        if found is None or found[0] not in _SPELT:
            return None
        word = found[0]
        following = self.peek(len(word))
        applied = following.kind in ("open", "bar")
        declared = all(scope.known(char) is not None for char in word)
        joined = self.text[token.start - 1 : token.start].isalpha()  # as in ylog(p)
        if (declared or joined) and not applied:
            return None
        place = (token.start, token.start + len(word))
        if declared or joined or not applied:
            hint = f"\\{word}, or \\cdot between the letters" if declared else f"\\{word}"
            raise self.fail(f"is this the function {word}, or a product?", place, hint=hint)
        self.at += len(word)
        if word in ("max", "min"):
            return self.extremum(Token("word", word, *place))
        if word == "sqrt" or FUNCTIONS.get(word):
            return self.function(FUNCTIONS.get(word, word), Token("word", word, *place))
        raise self.fail(f"unknown function: {word}", place, hint="a name that is declared, or a function")

    def maybe_called(self, root: str, token: Token) -> Syntax:
        """A name; a function where brackets follow, if it is one."""
        scope = self.scope
        called = self.peek().kind == "open" and self.peek().text in "([{"
        label = self.called_with_label(root)
        if label in _EXTREMES:
            return self.function(_EXTREMES[label], token)
        if label is not None:
            return self.defined_function(label, token)
        if called and self.is_function(root, token):
            return self.called_name(root, token)
        found = self.name(root, token)
        if found.kind == "name" and self.peek().kind == "open" and self.peek().text == "(":
            name = str(found.value)
            if scope.unknown.get(name) == found.span:
                raise self.not_a_function(name, token)
        if self.peek().kind == "open" and self.peek().text == "(":
            self.check_dependence(found)
        return found

    def check_dependence(self, found: Syntax) -> None:
        r"""\Sigma(\theta) may be a matrix that depends on \theta, and x(0) a state: no product with a number, then."""
        scope = self.scope
        opening, closing = self.peek(), self.tokens[self.pairs[self.at]]
        inner = self.tokens[self.at + 1 : self.pairs[self.at]]
        apart = self.text[found.span[1] : opening.start].strip() not in ("", r"\left")  # by a space that is written
        if apart or not inner or inner[0].kind not in ("letter", "name", "number"):
            return
        first = inner[0].text
        label = self.label(inner[2:]) if len(inner) > 2 and inner[1].text == "_" else None
        if len(inner) > 1 and label is None:
            return
        names = [first] if label is None else [f"{first}_{label}", f"{first}{label}", first]
        told = next((known for name in names if (known := scope.known(name)) is not None), first)
        if scope.index(first) or first in scope.parameters or told in scope.definitions or scope.is_array(told):
            return  # A(x) is the product either way
        name, inside = self.text[slice(*found.span)], self.text[inner[0].start : inner[-1].stop]
        hint = f"leave out ({inside}), or write {name} \\cdot {inside}"
        place = (found.span[0], closing.stop)
        raise self.fail(f"is {name} a function of {inside} here, or their product?", place, hint=hint)

    def not_a_function(self, name: str, token: Token) -> Exception:
        close = suggest(name, list(FUNCTIONS)) if len(name) > 2 else ""
        hint = written_here(name) or close or f"declare {name}; a product is written {name} \\cdot (…)"
        return self.fail(f"unknown function: {name}", token, hint=hint)

    def called_with_label(self, root: str) -> str | None:
        r"""h_\theta where h_\theta(x) = … is defined, and brackets follow."""
        if not self.is_char("_"):
            return None
        kept = self.at
        self.at += 1
        first, last = self.argument()
        label = self.label(self.tokens[first:last])
        following = self.peek()
        name = f"{root}_{label}" if label else ""
        if name in _EXTREMES and self.scope.known(name) is None and following.text in ("(", "["):
            return name
        definition = self.scope.definitions.get(name)
        if definition is not None and definition.parameters and following.text == "(":
            return name
        self.at = kept
        return None

    def is_function(self, root: str, token: Token) -> bool:
        scope = self.scope
        definition = scope.definitions.get(root)
        if definition is not None:
            return bool(definition.parameters)
        if root in scope.functions or root in scope.aliases:
            return True
        return root == "sigma" and scope.known(root) is None and root not in scope.parameters

    def called_name(self, root: str, token: Token) -> Syntax:
        scope = self.scope
        if root in scope.definitions:
            return self.defined_function(root, token)
        if root == "sigma" and root not in scope.aliases and root not in scope.functions:
            return self.function("sigmoid", token)
        return self.function(scope.aliases.get(root, root), token)

    def defined_function(self, name: str, token: Token) -> Syntax:
        """A function that the text defines, with its arguments put in."""
        definition = self.scope.definitions[name]
        arguments = self.arguments(token)
        if len(arguments) != len(definition.parameters):
            raise self.fail(f"{name} takes {len(definition.parameters)} arguments, got {len(arguments)}", token)
        if self.depth > 20:
            raise self.fail("definitions use each other too deeply", token)
        given = dict(zip(definition.parameters, arguments, strict=True))
        found = self.put_in(name, definition, given, (), self.span_to(token.start))
        return self.raised(found, self.scripts_above())

    # ---------------------------------------------------------------- arguments
    def arguments(self, token: Token) -> list[Syntax]:
        """What stands in brackets, between commas."""
        if self.peek().kind != "open" or self.peek().text not in "([{":
            raise self.fail("brackets were wanted behind this function", token)
        closing = self.pairs[self.at]
        parts = self.between_commas((self.at + 1, closing))
        found = [self.within(part, self.formula) for part in parts]
        self.at = closing + 1
        return found

    def function(self, name: str, token: Token) -> Syntax:
        """A function and what it is applied to."""
        following = self.peek()
        if name == "log" and following.text == "Gamma" and self.peek(1).text == "(" and not self.scope.known("Gamma"):
            self.at += 1
            name = "lgamma"
        powers, base = self.powers_of_name(name, token)
        ring = self.tokens[self.at - 1].text == "circ" or self.tokens[self.at - 2].text == "circ"
        while self.peek().kind == "{" and self.pairs[self.at] == self.at + 1:
            self.at += 2  # \log{}
        if self.peek().kind == "open" and self.peek().text in "([{":
            arguments = self.arguments(token)
            span = self.span_to(token.start)
            made = self.call(name, *arguments, span=span) if ring else self.applied(name, arguments, span)
            scripts = self.scripts()
            self.check_powers(name, scripts)
            made = self.raised_or_taken(made, scripts, token)
        else:
            self.deeper(token)
            made = self.applied(name, [self.unbracketed(name, token)], self.span_to(token.start))
            self.depth -= 1
        if base is not None:
            bottom = self.call("log", base)
            made = self.node("div", None, (made, bottom), made.span)
        return self.raised(made, powers)

    def raised_or_taken(self, made: Syntax, scripts: Sequence[Script], token: Token) -> Syntax:
        """f(x)_i is an entry of f(x)."""
        if scripts and scripts[0].mark == "_":
            made = self.taken(made, self.items(self.inside(scripts[0])), self.span_to(token.start))
            scripts = scripts[1:]
        return self.raised(made, scripts)

    def powers_of_name(self, name: str, token: Token) -> tuple[list[Script], Syntax | None]:
        """sin^2 and log_2: the powers, and the base of a logarithm."""
        powers: list[Script] = []
        base = None
        for script in self.scripts():
            texts = [t.text for t in self.inside(script)]
            if script.mark == "_" and name == "log" and texts and all(t.isdecimal() for t in texts):
                base = self.number(int("".join(texts)), (script.place.start, script.place.stop))
            elif (script.mark == "_" and name == "log" and texts == ["e"]) or texts == ["circ"]:
                pass
            elif script.mark == "^" and len(texts) == 1 and texts[0].isdecimal():
                powers.append(script)
            else:
                told = (
                    "is this the inverse function, or the reciprocal?" if texts == ["-", "1"] else "what is this here?"
                )
                raise self.fail(told, script.place, hint=f"write brackets: (\\{name}(x))^{{…}}, or 1/\\{name}(x)")
        return powers, base

    def check_powers(self, name: str, scripts: Sequence[Script]) -> None:
        """tr(X)^{-1} is often written for the trace of an inverse."""
        if name not in ("tr", "logdet"):
            return
        for script in scripts:
            if script.mark == "^" and self.meaning(script) != "power":
                hint = "write brackets: (\\operatorname{tr}(X))^{…} or \\operatorname{tr}(X^{…})"
                raise self.fail("is this of the function, or of what is in it?", script.place, hint=hint)

    def applied(self, name: str, arguments: list[Syntax], span: tuple[int, int]) -> Syntax:
        if name == "etr":
            return self.call("exp", self.call("tr", *arguments, span=span), span=span)
        if name in ("maximum", "minimum") and len(arguments) > 2:
            first, *others = arguments
            for other in others:
                first = self.call(name, first, other, span=span)
            return first
        if name == "log" and len(arguments) == 1 and arguments[0].kind == "call" and arguments[0].value == "det":
            return self.call("logdet", *arguments[0].operands, span=span)
        if name in _ENTRYWISE and len(arguments) == 1 and name != "abs":
            return self.node("entrywise", name, tuple(arguments), span)
        if name == "softmax" and len(arguments) == 1:
            return self.node("softmax", None, tuple(arguments), span)
        return self.call(name, *arguments, span=span)

    # ---------------------------------------------------------------- without brackets
    def unbracketed(self, name: str, token: Token) -> Syntax:
        """What a function is of that has no brackets behind it: one factor; more where it is sure."""
        opening = self.peek()
        if opening.kind in ("stop", "close", "}", "gap") or not self.begins_factor():
            raise self.fail(f"{name} wants an argument", token, hint=f"\\{name}(x)")
        if opening.kind == "macro" and opening.text in ("sum", "prod"):
            self.at += 1
            kept = self.at
            body = self.total(opening)
            limits = [part.value for part in (body,) if part.kind == "total"]
            if limits and opening.text == "sum":
                indices: set[Index] = set(limits[0].indices)  # type: ignore[attr-defined]
                inner = body.operands[0]
                self.check_reach(inner, Limits([], "", None), opening, kept) if not indices else self.check_tail(
                    inner, indices
                )
            return body
        first = self.factor()
        delimited = opening.kind in ("bar", "open") and opening.text in "|‖<"
        delimited = delimited or (opening.kind == "macro" and opening.text in (*MACROS_OF_PEOPLE, *INNER))
        if not self.begins_factor() or self.begins_function() or (delimited and name not in OF_MATRICES):
            return first
        if name in OF_MATRICES:
            return self.matrices(first, name, token)
        return self.scalars(first, name, token)

    def check_tail(self, body: Syntax, indices: set[Index]) -> None:
        """log sum_i x_i y is asked for: y may stand outside of the logarithm."""
        if body.kind in ("mul", "div", "dot") and not self.has_index(body.operands[1], indices):
            raise self.fail("does the function reach over this?", body.operands[1].span, hint="write brackets")

    def begins_function(self) -> bool:
        token = self.peek()
        if token.kind == "macro":
            return token.text in FUNCTIONS or token.text in ("sum", "prod", "max", "min")
        if token.kind == "letter" and token.text == "sigma" and self.scope.known("sigma") is None:
            return self.peek(1).text == "("
        return token.kind == "word" and self.scope.known(token.text) is None and token.text in FUNCTIONS

    def matrices(self, first: Syntax, name: str, token: Token) -> Syntax:
        """tr A B is the trace of the product; det A c is asked for."""
        found = first
        while self.begins_factor() and not self.begins_function():
            factor = self.factor()
            if name != "tr" and not (self.is_matrix_like(factor) and self.is_matrix_like(first)):
                raise self.reaches(name, factor)
            found = self.product_of(found, factor)
        return found

    def is_matrix_like(self, node: Syntax) -> bool:
        while node.kind in ("transpose", "power"):
            node = node.operands[0]
        return node.kind == "name" and (self.scope.is_matrix(str(node.value)) or (
            not self.scope.tells and str(node.value)[0].isupper()))  # fmt: skip

    def scalars(self, first: Syntax, name: str, token: Token) -> Syntax:
        r"""log 2 \pi \sigma^2 is of all; others with several factors are asked for."""
        found = first
        plain = first.kind == "number"
        while self.begins_factor() and not self.begins_function():
            factor = self.factor()
            if not plain or not self.is_plain_scalar(factor):
                raise self.reaches(name, factor)
            found = self.product_of(found, factor)
        return found

    def is_plain_scalar(self, node: Syntax) -> bool:
        if node.kind == "power" and node.operands[1].kind == "number":
            node = node.operands[0]
        return node.kind == "name" and (node.value == "pi" or not self.scope.is_array(str(node.value)))

    def reaches(self, name: str, factor: Syntax) -> Exception:
        hint = f"write brackets: \\{name}(…)"
        return self.fail(f"does {name} reach over this factor, too?", factor.span, hint=hint)

    # ---------------------------------------------------------------- max and min
    def extremum(self, token: Token) -> Syntax:
        r"""\max(a, b), \max_i x_i; \min_w in front of a problem says what is sought, and is no part of the value."""
        largest = "maximum" if token.text == "max" else "minimum"
        if self.is_char("_"):
            return self.over_index(token)
        if self.peek().kind == "open" and self.peek().text in "([{":
            arguments = self.arguments(token)
            span = self.span_to(token.start)
            made = self.call(token.text, *arguments, span=span) if len(arguments) == 1 else self.applied(
                largest, arguments, span)  # fmt: skip
            return self.raised(made, self.scripts_above())
        raise self.fail(f"brackets were wanted behind \\{token.text}", token, hint=f"\\{token.text}(0, x)")

    def over_index(self, token: Token) -> Syntax:
        first, last = self.range_below()
        below = [t for t in self.tokens[first:last] if t.kind in ATOMS]
        if below and all(self.scope.known(t.text) is not None for t in below):
            raise self.fail(
                f"a {token.text} over variables is a problem, not a formula", token, hint="give its objective"
            )
        stack = self.total(token)
        return self.call(token.text, stack, span=stack.span)

    def range_below(self) -> tuple[int, int]:
        kept = self.at
        self.at += 1
        found = self.argument()
        self.at = kept
        return found

    # ---------------------------------------------------------------- macros that people define
    def macro_of_people(self, token: Token) -> Syntax:
        r"""\norm{x}, \abs{x}, \inner{x}{y}"""
        self.at += 1
        if token.text in INNER:
            first = self.argument()
            if self.peek().kind == "{":
                left, right = self.within(first, self.formula), self.group()
            else:
                parts = self.between_commas(first)
                if len(parts) != 2:
                    raise self.fail("an inner product is of two", token, hint=r"\langle x, y \rangle")
                left, right = (self.within(part, self.formula) for part in parts)
            return self.raised(self.call("dot", left, right, span=self.span_to(token.start)), self.scripts_above())
        inner = self.arguments(token)[0] if self.peek().kind == "open" else self.group()
        span = self.span_to(token.start)
        return self.norm_of(inner, span) if MACROS_OF_PEOPLE[token.text] == "‖" else self.raised_bars(inner, span)
