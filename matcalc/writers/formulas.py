"""Expr → a formula in a language of numbers: what MATLAB, Julia and Mathematica have in common.

A language says how numbers, operators and functions are written. What it has no built-in function for is written by its
definition, where it has one, and refused elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar
from unicodedata import name as name_of_character

from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of, variable
from matcalc.families import is_of_matrices
from matcalc.function import Function
from matcalc.notation.operators import ATOM, POWER, PREFIX, PRODUCT, SUM
from matcalc.notation.parse import parse
from matcalc.notation.text import print_number
from matcalc.parts import variables
from matcalc.position import Place, Several, end_of, first_of
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, Shape

LONGEST = 5_000  # names, numbers and operators

Piece = tuple[str, int]  # text and precedence


class Language:
    """How formulas are written in one language; ``functions`` are templates, by the names of their records.

    In a template, {u}, {v}, {w} are operands as arguments, {bu}, {bv} the same in brackets where they are no atoms, and
    {d} is a dot where one of them is an array.
    """

    name: ClassVar[str]
    functions: ClassVar[Mapping[str, str]]
    reserved: ClassVar[frozenset[str]]
    pi: ClassVar[str] = "pi"

    def __init__(self, root: Expr) -> None:
        self.named: dict[str, Piece] = {}  # what the operands of a definition stand for
        self.root = root
        self.names = self._renamed(root)
        self.sides: dict[str, str] = {}
        for v in (*variables(root), *sorted(root.hints, key=name_of)):
            for axis, dim in enumerate(v.shape):
                if dim.is_symbol and not is_of_matrices(v) and v in variables(root):
                    self.sides.setdefault(str(dim), self.side(self.names[name_of(v)], axis, v.shape))

    # ---------------------------------------------------------------- what languages say
    def side(self, name: str, axis: int, shape: Shape) -> str:
        """A dimension, as that of a variable."""
        raise NotImplementedError

    def valid_name(self, name: str) -> str:
        """A name in letters that the language takes."""
        return name

    def missing(self, what: str, part: Expr) -> MatcalcError:
        return MatcalcError(f"{self.name} has no built-in form for {what}", f"it is {part}")

    # ---------------------------------------------------------------- formulas
    def text(self) -> str:
        """The formula.

        Raises:
            MatcalcError: the language has no form for a part of it, or it is too long.
        """
        if self.root.length > LONGEST:
            raise MatcalcError(f"the formula is too long: {self.root.length} names and operators", f"at most {LONGEST}")
        return self.written(self.root)[0]

    def written(self, root: Expr) -> Piece:
        made: dict[Expr, Piece] = {}
        for part in root.parts:
            made[part] = self.part(part, [made[operand] for operand in part.operands])
        return made[root]

    def part(self, part: Expr, operands: list[Piece]) -> Piece:
        rule: Callable[..., Piece] | None = getattr(self, f"of_{part.kind}", None)
        if rule is None:
            raise self.missing({"total": "sums over indices"}.get(part.kind, part.kind), part)
        return rule(part, *operands)

    # ---------------------------------------------------------------- leaves
    def of_variable(self, part: Expr) -> Piece:
        name = name_of(part)
        if name in self.named:
            return self.named[name]
        if is_of_matrices(part):
            raise self.missing("families of matrices", part)
        return self.names[name], ATOM

    def _renamed(self, root: Expr) -> dict[str, str]:
        """The names of variables, none of which is a word of the language, or that of another one."""
        found: dict[str, str] = {}
        for v in variables(root):
            name = self.valid_name(name_of(v))
            while name in self.reserved or name in found.values():
                name = f"{name}{self.suffix}"
            found[name_of(v)] = name
        return found

    suffix: ClassVar[str] = "_"

    def of_number(self, part: Expr) -> Piece:
        return self.number(part.data)

    def number(self, value: Fraction) -> Piece:
        text, precedence = print_number(value)
        return text, min(precedence, PREFIX) if value < 0 else precedence

    def of_constant(self, part: Expr) -> Piece:
        return self.pi, ATOM

    def of_size(self, part: Expr) -> Piece:
        text = self.dim(part.data)
        return text, ATOM if text.isalnum() else SUM if "+" in text or "-" in text or "*" in text else ATOM

    def dim(self, dim: Dim) -> str:
        """A dimension: a number, that of a variable, or a symbol that no variable has."""
        return re.sub(r"[^\W\d]\w*", lambda found: self.sides.get(found[0], found[0]), str(dim))

    # ---------------------------------------------------------------- operators
    def infix(self, symbol: str, level: int, left: Piece, right: Piece) -> Piece:
        return f"{self.at_least(left, level)}{symbol}{self.at_least(right, level + 1)}", level

    def at_least(self, piece: Piece, level: int) -> str:
        return piece[0] if piece[1] >= level else f"({piece[0]})"

    def of_neg(self, part: Expr, operand: Piece) -> Piece:
        return f"-{self.at_least(operand, PREFIX + 1)}", PREFIX

    def of_pow(self, part: Expr, base: Piece, exponent: Piece) -> Piece:
        return f"{self.at_least(base, ATOM)}^{self.at_least(exponent, ATOM)}", POWER

    # ---------------------------------------------------------------- functions
    def of_call(self, part: Expr, *operands: Piece) -> Piece:
        function: Function = part.data
        template = self.template(part)
        if template is not None:
            return self.filled(template, part, operands)
        if function.definition:
            return self.by_definition(part, operands)
        raise self.missing(f"the function {function.name}", part)

    def template(self, part: Expr) -> str | None:
        """How a function of operands of these shapes is written; None where the language has no such function."""
        return self.functions.get(part.data.name)

    def filled(self, template: str, part: Expr, operands: tuple[Piece, ...]) -> Piece:
        is_array = any(not operand.shape.is_scalar for operand in part.operands)
        found = {"d": "." if is_array else ""}
        for letter, piece in zip("uvw", operands, strict=False):
            found |= {letter: piece[0], f"b{letter}": self.at_least(piece, ATOM)}
        text = template.format(**found)
        return text, ATOM if re.fullmatch(r"[\w.]+[(\[][^()\[\]]*[)\]]", text) or _is_one_call(text) else SUM

    def by_definition(self, part: Expr, operands: tuple[Piece, ...]) -> Piece:
        function: Function = part.data
        declared = {
            name: variable(name, *operand.shape) for name, operand in zip(function.operands, part.operands, strict=True)
        }
        match = function.shape.match(tuple(operand.shape for operand in part.operands))
        assert match is not None
        body = parse(in_dimensions(function, match[1]), declared)
        outside, self.named = self.named, dict(zip(function.operands, operands, strict=True))
        try:
            return self.written(body)
        finally:
            self.named = outside

    # ---------------------------------------------------------------- positions
    def position(self, at: Place, everything: str, through: str) -> str:
        """A position, counted from 1."""
        if at is None:
            return everything
        if isinstance(at, Several):
            return f"{self.dim(first_of(at).plus(ONE))}{through}{self.dim(end_of(at))}"
        return self.dim(first_of(at).plus(ONE))  # type: ignore[arg-type]


def in_dimensions(function: Function, dims: Mapping[str, Dim]) -> str:
    """The definition of a function, with dimensions in place of the letters of its signature."""
    letters = {letter: dim for letter, dim in dims.items() if letter not in function.operands}
    return re.sub(r"\b[a-z]\b", lambda found: f"{letters.get(found[0], found[0])}", function.definition)


def in_ascii(name: str) -> str:
    """A name without letters of other alphabets: lambda for λ."""
    made = ""
    for char in name:
        told = name_of_character(char, "")
        greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+).*", told)
        if char.isascii():
            made += char
        elif greek is not None:
            word = greek[2].lower().replace("lamda", "lambda")
            made += word if greek[1] == "SMALL" else word.capitalize()
        else:
            made += f"u{ord(char):x}"
    return made


def _is_one_call(text: str) -> bool:
    """Whether a text is one name with its arguments, f(…(…)…)."""
    start = re.match(r"[A-Za-z]\w*\.?[(\[]", text)
    if start is None:
        return False
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char in ")]}" and depth == 0:
            return at == len(text) - 1
    return False


__all__ = ["ATOM", "POWER", "PREFIX", "PRODUCT", "SUM", "Language", "Piece", "in_ascii", "in_dimensions"]
