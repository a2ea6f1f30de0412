"""LaTeX → tokens, with the place of each: fonts, spaces, labels and sizes of brackets are gone.

The tokeniser is our own: pylatexenc takes 2 ms for a formula of 80 tokens, which is most of what reading may cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.errors import ParseError
from matcalc.readers.latex import macros
from matcalc.records import NamedTuple
from matcalc.regex import regex

LONGEST = 40_000
LONGEST_NUMBER = 50
_SPACE = regex(r"(?:\s|~|%[^\n]*(?:\n|$))*")
_ONE = regex(r"\\([A-Za-z]+|.|$)|(\d+(?:\.\d+)?|\.\d+)|(.)", re.DOTALL)
_OF_FONT = regex(
    r"\*?\s*(?:\{\s*(?P<group>\\?[^\W\d_]+|11|[01]|[A-Za-z](?:[A-Za-z0-9. -]|\\[_,;!])*)\s*\}"
    r"|(?P<one>\\[A-Za-z]+|[^\W_]))"
)
_ENVIRONMENT = regex(r"\s*\{\s*([A-Za-z]+)\*?\s*\}")
_SWITCHED = regex(r"\{\s*\\(bf|rm|it|sf|tt|cal)\s*(?P<group>\\?[A-Za-z]+|[01])\s*\}")
_THIN = regex(r"\\[,;!] *")  # spaces, as in arg\,min
_OPTION = regex(r"\s*\[[^\]]*\]")
_COLUMNS = regex(r"\s*\{[lcr|@{}\s]*\}")
_ALPHABET = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau "
    "upsilon phi chi psi omega"
)
_GREEK = {chr(code): name for name, code in zip(
    _ALPHABET.split(), range(0x3B1, 0x3CA), strict=True)}  # fmt: skip
_GREEK |= {char.upper(): name.capitalize() for char, name in _GREEK.items() if name != "varsigma"} | {"ϵ": "epsilon"}
_CHARS = {"−": "-", "–": "-", "∑": "sum", "∏": "prod", "√": "sqrt", "∇": "nabla", "∂": "partial", "⊤": "top"}
_OPENING, _CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}, {")": "(", "]": "[", "}": "{", ">": "<"}


ATOMS = frozenset(["letter", "name", "word", "run", "number", "ones", "blackboard"])


class Token(NamedTuple):
    r"""A token.

    ``letter`` is x and \lambda, ``name`` one letter in a font of its own, ``word`` upright letters, ``run`` bold ones,
    ``number``; ``ones`` a bold 1 or 0; ``macro`` and ``char`` what is left; ``open``, ``close`` and ``bar`` brackets,
    the texts of which are ( [ { < | ‖; ``{`` and ``}`` groups; ``begin`` and ``end`` of a matrix; ``gap`` wide space.
    """

    kind: str
    text: str
    start: int
    stop: int


class _Tokeniser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: list[Token] = []
        self.side = ""  # of the bracket that follows, after \left or \right
        self.single = 0  # of so many arguments that follow, one digit is one
        self.groups: list[int] = []  # how many of them are still to come when a group ends

    def run(self) -> list[Token]:
        text = self.text
        while True:
            match = _SPACE.match(text, self.at)
            start = match.end() if match else self.at
            one = _ONE.match(text, start)
            if one is None:
                return self.found
            self.at = one.end()
            macro, number, char = one.groups()
            if number is not None:
                self.number(number, start)
            elif macro is not None:
                self.macro(macro, start)
            else:
                self.char(char, start)

    def add(self, kind: str, text: str, start: int) -> None:
        if kind in ATOMS:
            self.single = max(0, self.single - 1)
        self.found.append(Token(kind, text, start, self.at))

    def fail(self, summary: str, start: int, hint: str = "") -> ParseError:
        error = ParseError(summary, hint=hint)
        error.at(self.text, (start, max(self.at, start + 1)))
        return error

    # ---------------------------------------------------------------- one token
    def number(self, number: str, start: int) -> None:
        if len(number) > LONGEST_NUMBER:
            raise self.fail("the number is too long", start, f"at most {LONGEST_NUMBER} characters are read")
        if self.single and number[0] != ".":
            self.at = start + 1
            number = number[0]
        self.add("number", number, start)

    def char(self, char: str, start: int) -> None:
        before = self.single
        if not char.isalnum():
            self.single = 0
        if char == "{":
            self.groups.append(max(0, before - 1))
            switched = _SWITCHED.match(self.text, start)
            if switched:
                self.at = switched.end()
                self.single = self.groups.pop()
                self.of_font(switched[1], switched["group"], start)
            else:
                self.add("{", char, start)
        elif char == "}":
            self.add("}", char, start)
            self.single = self.groups.pop() if self.groups else 0
        elif char in "^_":
            self.add("char", char, start)
            self.single = 1
        else:
            self.other_char(char, start)
        self.side = ""

    def other_char(self, char: str, start: int) -> None:
        if char in "()[]":
            self.bracket(char, start)
        elif char == "|":
            self.add(self.side or "bar", "|", start)
        elif char in "<>" and self.side:
            self.bracket(char, start)
        elif char in "‖∥":
            self.add(self.side or "bar", "‖", start)
        elif char in _GREEK:
            self.add("letter", _GREEK[char], start)
        elif char.isalpha():
            self.add("letter", char, start)
        elif char == "." and self.side:
            pass  # \left. is no bracket
        elif char == "$":
            self.dollar(start)
        elif char in _CHARS:
            self.add("char" if _CHARS[char] == "-" else "macro", _CHARS[char], start)
        elif not char.isprintable() or char in '#"`@\\':
            shown = repr(char) if char.isprintable() else f"U+{ord(char):04X}"
            raise self.fail(f"unexpected character {shown}", start, "remove it")
        else:
            self.add("char", char, start)

    def dollar(self, start: int) -> None:
        """Dollars stand around the formula."""
        inside = self.text.strip().strip("$")
        if "$" in inside:
            raise self.fail("a $ stands within the formula", start, "one formula is read at a time, without its text")

    def bracket(self, char: str, start: int) -> None:
        self.add("open" if char in _OPENING else "close", char, start)

    def macro(self, name: str, start: int) -> None:
        side, self.side = self.side, ""
        if name in macros.SPACES:
            self.side = "open" if name in macros.OPENERS else "close" if name in macros.CLOSERS else side
        elif name in macros.SWITCHES or name in ("[", "]", "(", ")"):
            pass
        elif name in macros.GAPS:
            option = _OPTION.match(self.text, self.at) if name == "\\" else None
            self.at = option.end() if option else self.at
            self.add("gap", "\\" if name in ("\\", "newline", "cr") else "quad", start)
        elif name in macros.WITH_A_GROUP:
            self.skip_group(start)
        elif name in ("begin", "end"):
            self.environment(name, start)
        elif name in macros.LETTERS:
            self.add("letter", name, start)
        elif name in macros.SIGNS:
            self.sign(name, side, start)
        elif name in macros.FONTS:
            self.font(name, start)
        elif name in ("_", "#", "&", "%", "$"):
            raise self.fail(f"unexpected \\{name}", start, "remove it")
        else:
            self.add("macro", name, start)
            self.single = 2 if name in macros.FRACTIONS else 1 if name == "sqrt" else 0

    def sign(self, name: str, side: str, start: int) -> None:
        char = macros.SIGNS[name]
        if char in "|‖":
            if name == "mid":
                self.add("macro", "mid", start)
                return
            side = {"l": "open", "r": "close"}.get(name[0], side) if name[1:] in ("vert", "Vert") else side
            self.add(side or "bar", char, start)
        else:
            self.bracket(char, start)

    def skip_group(self, start: int) -> None:
        depth = 0
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            depth += (char == "{") - (char == "}")
            self.at += 1
            if depth == 0 and char == "}":
                return
            if depth == 0 and not char.isspace() and char != "*":
                break
        raise self.fail("a group { } was wanted after this", start)

    def environment(self, word: str, start: int) -> None:
        match = _ENVIRONMENT.match(self.text, self.at)
        if match is None:
            raise self.fail(f"the name of an environment was wanted after \\{word}", start, "\\begin{bmatrix}")
        self.at = match.end()
        if match[1] in macros.MATRICES or match[1] == "cases":
            self.add(word, match[1], start)
            columns = _COLUMNS.match(self.text, self.at) if (word, match[1]) == ("begin", "array") else None
            self.at = columns.end() if columns else self.at

    # ---------------------------------------------------------------- fonts
    def font(self, name: str, start: int) -> None:
        match = _OF_FONT.match(self.text, self.at)
        if match is None:
            return  # around something larger, which says what it is without it
        self.at = match.end()
        self.of_font(name, match["group"] if match["group"] is not None else match["one"], start)

    def of_font(self, font: str, inside: str, start: int) -> None:
        """What one letter or one word in a font is."""
        inside = inside.strip()
        plain = inside.lstrip("\\")
        if inside[0] == "\\" and plain not in macros.LETTERS:
            self.at -= len(plain) + 1 if self.text[self.at - 1] != "}" else 0
            if self.text[self.at - 1] == "}":  # \mathbf{\top}
                self.add("macro", plain, start)
            return
        if plain in ("0", "1", "11") and font not in macros.UPRIGHT:
            for digit in plain:
                self.add("ones", digit, start)
        elif font in macros.BLACKBOARD:
            self.add("letter" if plain == "I" else "blackboard", plain, start)
        elif inside[0] == "\\" or len(plain) == 1:
            upright = font in macros.UPRIGHT or font == "rm"
            kind = "number" if plain.isdecimal() else "word" if upright and inside[0] != "\\" else "name"
            self.add(kind, _GREEK.get(plain, plain), start)
        elif font in macros.UPRIGHT or font == "rm":
            self.add("word", _THIN.sub(" ", plain.replace("\\_", "_")).strip(" ."), start)
        else:
            self.add("run", plain, start)


def tokenise(text: str) -> list[Token]:
    """The tokens of a formula.

    Raises:
        ParseError: it is no text, too long, or has a character that stands in no formula.
    """
    if not isinstance(text, str):
        raise ParseError(f"not a formula: {type(text).__name__}", r"a formula is a text such as x^\top A x")
    if len(text) > LONGEST:
        error = ParseError(f"the formula is too long: {len(text)} characters", f"at most {LONGEST} are read")
        raise error.at(text, (0, 1))
    return _Tokeniser(text).run()


def matched(text: str, tokens: Sequence[Token]) -> dict[int, int]:
    """The places of opening brackets and groups, and those of what closes them, among the tokens.

    Raises:
        ParseError: one is not closed, or closed by another.
    """
    found: dict[int, int] = {}
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind in ("{", "begin") or (token.kind == "open" and token.text not in "|‖"):
            stack.append(at)
        elif token.kind in ("}", "end") or (token.kind == "close" and token.text not in "|‖"):
            if not stack:
                error = ParseError(f"a {_shown(token)} closes nothing", hint="remove it, or open it before")
                raise error.at(text, (token.start, token.stop))
            opening = tokens[stack[-1]]
            if not _fits(opening, token):
                error = ParseError(f"{_shown(opening)} is closed by {_shown(token)}", hint="write brackets in pairs")
                raise error.at(text, (opening.start, opening.stop), (token.start, token.stop))
            found[stack.pop()] = at
    if stack:
        token = tokens[stack[-1]]
        raise ParseError(f"a {_shown(token)} is not closed", hint="close it").at(text, (token.start, token.stop))
    return found


def _fits(opening: Token, closing: Token) -> bool:
    if opening.kind == "begin" or closing.kind == "end":
        return (opening.kind, closing.kind, opening.text) == ("begin", "end", closing.text)
    if opening.kind == "{" or closing.kind == "}":
        return opening.kind == "{" and closing.kind == "}"
    return _OPENING[opening.text] == closing.text


def _shown(token: Token) -> str:
    if token.kind in ("begin", "end"):
        return f"\\{token.kind}{{{token.text}}}"
    return {"<": r"\langle", ">": r"\rangle"}.get(token.text, token.text)
