"""What stands beside a formula: its left side, definitions, conditions and declarations of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from matcalc.errors import ParseError
from matcalc.notation.syntax import Syntax
from matcalc.rational import Fraction
from matcalc.readers.latex.cursor import Range
from matcalc.readers.latex.grammar import Grammar
from matcalc.readers.latex.macros import ACCENTS, FUNCTIONS, RELATIONS, SETS, words
from matcalc.readers.latex.scope import Definition
from matcalc.readers.latex.sets import declared_in
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.readers.lines import INDEX_LETTERS
from matcalc.records import NamedTuple

_WORDS = words("where with and for let given if here when")
_NO_MORE = frozenset(["s.t", "s.t.", "subject to", "st", "such that", "subject~to"])
_DOTS = frozenset(["dots", "ldots", "cdots", "dotsc"])
_ARROWS = frozenset(["to", "rightarrow", "longrightarrow"])
_CONDITIONS = frozenset([*RELATIONS, "succ", "succeq", "prec", "preceq", "perp", "sim", "gg", "ll"]) - {"="}
_PROBLEMS = words("min max minimize maximize minimise maximise argmin argmax arg")


_PROSE = frozenset(["is", "are", "symmetric", "denotes", "denote", "the", "definite", "invertible"])


class Left(NamedTuple):
    """The left side of an equation: a name or a derivative; what it has in brackets, and as indices."""

    kind: str  # name, derivative or density
    name: str
    parameters: tuple[str, ...]
    indices: tuple[str, ...]


class Equation(NamedTuple):
    left: Left | None
    rights: list[Range]
    place: Range


class Parts:
    """The parts of a text, as they are separated by commas and wide spaces."""

    def __init__(self, reader: Grammar) -> None:
        self.reader = reader
        self.tokens = reader.tokens
        self.equations: list[Equation] = []  # formulas, too, with no left side
        self.main_left: Left | None = None  # of what is asked for
        self.waiting: list[Range] = []  # names in front of the comma of a declaration
        reader.scope.indices |= self.indices()

    def rights(self) -> list[Range]:
        """The formula, or what an equation says it is equal to; everything else is in the scope then."""
        places = self.split()
        skip = -1
        for k, place in enumerate(places):
            if k <= skip:
                continue
            skip = k + self.listed(places, k) - 1
            if skip >= k:
                continue
            self.part(self.trimmed(place), is_first=not self.equations)
        for waiting in self.waiting:
            self.equations.insert(0, Equation(None, [waiting], waiting))
        return self.main()

    # ---------------------------------------------------------------- parts
    def split(self) -> list[Range]:
        found: list[Range] = []
        at = first = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "gap" or (token.kind == "char" and token.text in (",", ";")) or self.is_break(at):
                found.append((first, at))
                first = at + 1
            at = self.reader.pairs.get(at, at) + 1
        found.append((first, len(self.tokens)))
        return [place for place in found if place[0] < place[1]]

    def is_break(self, at: int) -> bool:
        token = self.tokens[at]
        if token.kind != "word":
            return False
        if token.text in _NO_MORE:
            hint = "give the objective alone"
            raise self.reader.fail("constraints are no part of a formula", token, hint=hint)
        return token.text in _WORDS and self.reader.scope.known(token.text) is None

    def trimmed(self, place: Range) -> Range:
        first, last = place
        while last > first and self.tokens[last - 1].kind == "char" and self.tokens[last - 1].text == ".":
            last -= 1
        return first, last

    def listed(self, places: Sequence[Range], k: int) -> int:
        r"""How many parts i = 1, \dots, n are, which says what an index runs over."""
        if k + 1 >= len(places):
            return 0
        texts = [token.text for token in self.tokens[slice(*places[k + 1])]]
        here = [token.text for token in self.tokens[slice(*places[k])]]
        if len(texts) == 1 and texts[0] in _DOTS and len(here) == 3 and here[1] == "=":
            return 3
        return 1 if len(here) >= 4 and here[1] == "=" and here[3] in _DOTS else 0

    def part(self, place: Range, *, is_first: bool) -> None:
        if place[0] >= place[1]:
            return
        inside = [self.tokens[k] for k in self.outside(place)]
        texts = {token.text for token in inside}
        if texts & SETS:
            self.reader.scope.of_text |= declared_in(self.reader, place, self.waiting)
            self.reader.scope.update()
            self.waiting = []
            return
        if any(token.kind == "word" and not _PROSE.isdisjoint(token.text.split()) for token in inside) and not is_first:
            return
        mapped = [k for k in self.outside(place) if self.tokens[k].text == "mapsto"]
        if mapped:
            place = (mapped[-1] + 1, place[1])
            self.equations.append(Equation(None, [place], place))
            return
        if texts & _ARROWS and texts & {":", "colon"}:
            return
        if any(token.text in _CONDITIONS and token.kind in ("char", "macro") for token in inside):
            if is_first and not self.waiting and len(self.split()) == 1:
                raise self.reader.fail("a condition is no formula", inside[0], hint="give one of its sides")
            return
        equals = [k for k in self.outside(place) if self.tokens[k].text == "=" and self.tokens[k].kind == "char"]
        if not equals:
            if place[1] - place[0] == 1 and self.tokens[place[0]].kind in ATOMS:
                self.waiting.append(place)
            else:
                self.equations.append(Equation(None, [place], place))
            return
        ends = [*equals, place[1]]
        rights = [(start + 1, stop) for start, stop in zip(equals, ends[1:], strict=True)]
        self.equations.append(Equation(self.left((place[0], equals[0])), rights, place))

    def outside(self, place: Range) -> list[int]:
        """The tokens that stand in no brackets."""
        found = []
        at = place[0]
        while at < place[1]:
            found.append(at)
            at = self.reader.pairs.get(at, at) + 1
        return found

    def indices(self) -> set[str]:
        """The letters below sums and products."""
        found: set[str] = set()
        for at, token in enumerate(self.tokens[:-2]):
            if token.kind == "macro" and token.text in ("sum", "prod") and "_" in (
                self.tokens[at + 1].text, self.tokens[min(at + 3, len(self.tokens) - 1)].text):  # fmt: skip
                here = at + 2 if self.tokens[at + 1].text == "_" else at + 4
                last = self.reader.pairs.get(here, here + 1)
                for below in self.tokens[here:last]:
                    if below.text in ("=", "in"):
                        break
                    if below.kind in ("letter", "name"):
                        found.add(below.text)
        return found

    # ---------------------------------------------------------------- left sides
    def left(self, place: Range) -> Left:
        """What an equation is about.

        Raises:
            ParseError: its left side is a formula itself.
        """
        reader, tokens = self.reader, self.tokens
        reader.at, reader.end = place
        token = reader.peek()
        texts = [tokens[k].text for k in range(*place)]
        if token.kind == "stop":
            raise reader.fail("there is nothing on the left side", tokens[place[1]])
        differential = texts[0] in ("nabla", "partial", "delta", "Delta") and place[1] - place[0] > 1
        if differential or self.is_derivative(texts):
            return Left("derivative", "", (), self.indices_below(place))
        prefix = place[0]
        while prefix < place[1] and (
            tokens[prefix].text in ("-", "+", "log", "ln", "2", "arg") or tokens[prefix].kind == "number"
        ):
            prefix += 1
        reader.at = prefix
        found = self.named(place)
        if found is None:
            raise reader.fail(
                "an equation is no formula", (token.start, tokens[place[1] - 1].stop), hint="give one of its sides"
            )
        return found._replace(kind="density") if prefix > place[0] else found

    def indices_below(self, place: Range) -> tuple[str, ...]:
        r"""k of \frac{\partial f}{\partial x_k}, i and j of \frac{\partial f_i}{\partial x_j}; labels are none."""
        texts = [token.text for token in self.tokens[slice(*place)] if token.text not in ("{", "}", ",")]
        found: list[str] = []
        for at, text in enumerate(texts):
            if text == "_":
                below = list(takewhile(INDEX_LETTERS.__contains__, texts[at + 1 :]))
                if not below or self.reader.scope.known(f"{texts[at - 1]}_{''.join(below)}") is not None:
                    return ()
                found += below
        return tuple(found) if len(found) == len(set(found)) <= 2 else ()

    def is_derivative(self, texts: Sequence[str]) -> bool:
        if texts[0] in ("frac", "tfrac", "dfrac") and len(texts) > 2:
            return texts[1] in ("partial", "d") or texts[2] in ("partial", "d")
        return texts[0] == "d" and len(texts) == 2 and self.reader.scope.known("d") is None

    def named(self, place: Range) -> Left | None:
        """A name, with a label or indices, and parameters in brackets."""
        reader = self.reader
        token = reader.take()
        if token.kind == "macro" and token.text in ACCENTS:
            name = reader.accented(token)
        elif token.kind in ATOMS and token.kind != "number":
            name = token.text.replace(" ", "_")
        elif token.kind == "macro" and token.text in ("det", "Pr", "max", "min"):
            return None
        else:
            return None
        indices: tuple[str, ...] = ()
        for script in reader.scripts():
            inside = [t for t in reader.inside(script) if t.text not in (",", "(", ")", "{", "}")]
            label = reader.label(inside)
            if script.mark == "_" and inside and all(t.text in reader.scope.indices for t in inside):
                indices = tuple(t.text for t in inside)
            elif script.mark == "_" and label:
                name = f"{name}_{label}"
            elif script.mark == "^" and inside and all(t.text in reader.scope.indices for t in inside):
                indices = tuple(t.text for t in inside)
            elif script.mark == "^" and [t.text for t in inside] == ["2"]:
                name = f"{name}^2"
            elif script.mark == "'" or [t.text for t in inside] not in (["*"], ["star"]):
                name = f"{name}_"
        parameters: tuple[str, ...] = ()
        if reader.at < place[1]:
            opening = reader.peek()
            closing = reader.pairs.get(reader.at, -1)
            if opening.kind != "open" or closing != place[1] - 1:
                return None
            parameters = self.parameters((reader.at + 1, closing))
        if name in reader.scope.declared and parameters and reader.scope.variable(name) is not None and len(name) > 1:
            return None
        return Left("name", name, parameters, indices)

    def parameters(self, place: Range) -> tuple[str, ...]:
        """The names in the brackets of a left side; nothing where there is something else."""
        found = []
        for first, last in self.reader.between_commas(place):
            inside = [t for t in self.tokens[first:last] if t.kind not in ("{", "}")]
            found.append(inside[0].text if len(inside) == 1 and inside[0].kind in ATOMS else "…")
        return tuple(found)

    # ---------------------------------------------------------------- the formula
    def main(self) -> list[Range]:
        """The right sides of what is asked for; all other equations become definitions."""
        formulas = [equation for equation in self.equations if equation.left is None]
        if len(formulas) > 1:
            place = formulas[1].place
            span = (self.tokens[place[0]].start, self.tokens[place[1] - 1].stop)
            raise self.reader.fail(
                "here are two formulas", span, hint="one is read at a time; definitions are written h = …"
            )
        if not self.equations:
            raise ParseError("there is no formula here", hint=r"x^\top A x").at(self.reader.text, (0, 1))
        main = formulas[0] if formulas else self.asked()
        for equation in self.equations:
            if equation is not main:
                self.define(equation)
        self.main_left = main.left
        return main.rights

    def asked(self) -> Equation:
        """The equation that no other one uses."""
        candidates = [
            equation
            for equation in self.equations
            if not any(self.uses(other, equation) for other in self.equations if other is not equation)
        ]
        named = [
            equation for equation in candidates if equation.left is not None and equation.left.kind != "derivative"
        ]
        if len(named or candidates) == 1:
            return (named or candidates)[0]
        if not candidates:
            return self.equations[0]
        others = [equation for equation in named if equation is not self.equations[0]]
        if self.equations[0] in named and all(self.is_number(equation) for equation in others):
            return self.equations[0]
        place = (named or candidates)[-1].place
        span = (self.tokens[place[0]].start, self.tokens[place[1] - 1].stop)
        raise self.reader.fail("which of these equations is the formula?", span, hint="give one, and what it uses")

    def is_number(self, equation: Equation) -> bool:
        ((first, last),) = equation.rights[:1]
        return last - first == 1 and self.tokens[first].kind == "number"

    def uses(self, one: Equation, other: Equation) -> bool:
        """Whether the name of the second equation stands on the right of the first one."""
        if other.left is None or other.left.kind != "name":
            return False
        root = self.tokens[other.place[0]].text
        if root in ACCENTS:
            root = next(t.text for t in self.tokens[other.place[0] + 1 : other.place[1]] if t.kind in ATOMS)
            return any(
                self.tokens[k].text in ACCENTS and root in [t.text for t in self.tokens[k + 1 : k + 4]]
                for first, last in one.rights
                for k in range(first, last)
            )
        return any(self.tokens[k].text == root for first, last in one.rights for k in range(first, last))

    def define(self, equation: Equation) -> None:
        left, scope = equation.left, self.reader.scope
        if left is None or left.kind != "name":
            return
        if scope.variable(left.name) is not None and not left.parameters:
            return  # what is declared is not defined again
        if len(equation.rights) > 1:
            raise self.reader.fail("a definition has one right side", self.tokens[equation.rights[1][0]])
        first, last = equation.rights[0]
        token: Token = self.tokens[min(first, len(self.tokens) - 1)]
        if last - first == 1 and token.kind == "number":
            scope.numbers[left.name] = Syntax("number", Fraction(token.text), (), (token.start, token.stop))
        elif last - first == 1 and token.text in FUNCTIONS and token.kind in ("macro", "word"):
            scope.aliases[left.name] = FUNCTIONS[token.text]
        else:
            scope.definitions[left.name] = Definition((first, last), left.parameters, left.indices)
