"""A language: the words, forms and statements that it writes steps with, and which functions it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from matcalc.emission.targets.library import Unknown, is_built_in
from matcalc.emission.text import Text
from matcalc.function import Kernel
from matcalc.program.step import Operation, Step
from matcalc.records import NamedTuple
from matcalc.regex import regex

_SLOT = regex(r"\{(\w+)\}")
_MARK = "slot_"  # what operands are called while a form is read

# How tightly operators of NumPy's forms hold together.
_OR, _COMPARE, _SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(7)


class Language(NamedTuple):
    """``title`` and ``name`` are those of the target, ``word`` makes a name legal, ``reserved`` are words in use.

    ``words`` are those for NumPy's, and for the helpers of records; ``forms`` those of functions by their names, where
    they are not NumPy's with other words. ``operators`` are those between arrays of entries, by Python's. ``helpers``
    are sources by names, ``steps`` how operations are written. ``end`` stands behind a statement, and ``listed``
    is a list of numbers, where there are such.
    """

    title: str
    name: str
    word: Callable[[str], str]
    reserved: frozenset[str]
    words: Mapping[str, str]
    operators: Mapping[type, str]
    forms: Mapping[str, str]
    helpers: Mapping[str, str]
    steps: Mapping[Operation, Callable[[Any, Step], Text | list[str]]]
    end: str = ";"
    listed: str = ""


def form_of(language: Language, kernel: Kernel) -> str:
    """The form of a function, with its operands in braces.

    Raises:
        Unknown: the language has none.
    """
    own = not is_built_in(kernel)
    form = language.forms.get(kernel.name)
    if form is not None and not own:
        return form
    first = kernel.numpy.partition("\n")[0]
    if not first:
        raise Unknown(kernel.name)
    source = _SLOT.sub(rf"{_MARK}\1", first)
    return re.sub(
        rf"\b{_MARK}(\w+)\b",
        r"{\1}",
        _Translation(language, kernel.name, own).text(ast.parse(source, mode="eval").body),
    )


def knows(language: Language, kernel: Kernel) -> bool:
    """Whether the language has a form for a function."""
    try:
        form_of(language, kernel if kernel.each is None else kernel.each.function)
    except Unknown:
        return False
    return True


def helpers_of(language: Language, text: str) -> list[str]:
    """The helpers that a text calls, and those that they call, in the order of the table."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        source = waiting.pop()
        new = {name for name in re.findall(r"\b(\w+)\(", source) if name in language.helpers} - found
        found |= new
        waiting += [language.helpers[name] for name in new]
    return [source for name, source in language.helpers.items() if name in found]


class _Translation(NamedTuple):
    """A form of a function of entries in the words of a language."""

    language: Language
    function: str
    own: bool  # a user's, whose helpers are no records'

    def text(self, node: ast.expr, level: int = _OR) -> str:
        written, own = self._written(node)
        return written if own >= level else f"({written})"

    def _written(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Constant(value=int() | float() as value):
                return repr(value), _ATOM
            case ast.Name(id=name) if name.startswith(_MARK):
                return name, _ATOM
            case ast.Name() | ast.Attribute():
                return self._word(node), _ATOM
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self.text(operand, _MINUS)}", _MINUS
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return self._between(node.op, left, right, _ATOM, _POWER)
            case ast.BinOp(op=ast.Mult() | ast.Div(), left=left, right=right):
                return self._between(node.op, left, right, _PRODUCT, _PRODUCT)
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                return self._between(node.op, left, right, _SUM, _SUM)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._between(op, left, right, _COMPARE, _COMPARE)
            case ast.List(elts=elements) if self.language.listed:
                return self.language.listed.format(", ".join(map(self.text, elements))), _ATOM
            case ast.Call(func=function, args=arguments, keywords=[]):
                return f"{self._word(function)}({', '.join(map(self.text, arguments))})", _ATOM
        raise Unknown(self.function)

    def _between(self, op: ast.AST, left: ast.expr, right: ast.expr, first: int, level: int) -> tuple[str, int]:
        sign = self.language.operators.get(type(op))
        if sign is None:
            raise Unknown(self.function)
        return f"{self.text(left, first)}{sign}{self.text(right, level + 1)}", level

    def _word(self, node: ast.expr) -> str:
        word = ast.unparse(node)
        if word not in self.language.words or (self.own and word.startswith("_")):
            raise Unknown(word)
        return self.language.words[word]
