"""Derivations as people write them down → lines: what each is about, its left side, and where its right side begins.

What stands on the right is read by the reader of the notation. Here are the lines of the notations that have one
formula a line; those of LaTeX, which go by its own signs, are in ``latex.lines``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from importlib import import_module

from matcalc.functions import find
from matcalc.notation.conventions import GREEK
from matcalc.records import NamedTuple
from matcalc.regex import regex

_RULE = regex(r"\s*[-=_*~─═]{3,}\s*")
_WORD = r"[^\W\d_]+(?:[-'’][^\W\d_]{2,})*"
_WORDS = regex(rf"\s*(?:#+\s*)?(?:\d+[.)]\s*)?{_WORD}(?:[\s,;:.!?]+{_WORD})*[\s,;:.!?]*")
_LETTERS = regex(r"[^\W\d_]+")
_NAME = r"[^\W\d]\w*"
_D = r"[d∂𝑑]\s*"
_LEFTS = [  # what a left side is, in the order in which it is tried
    ("differential", regex(r"[d∂]\s*\(\s*(?P<name>.+?)\s*\)")),
    ("quotient", regex(
        rf"{_D}(?P<name>{_NAME})\s*/\s*{_D}(?P<by>{_NAME}?)(?P<row>'|ᵀ|\.T)?(?:\[(?P<places>[^\[\]=]*)\]|_(?P<below>\w))?'?")),
    ("hessian", regex(rf"∇²\s*(?:_\s*(?P<by>{_NAME})\s+)?(?P<name>(?:{_NAME})?)(?:\([^()=]*\))?")),
    ("gradient", regex(
        rf"(?:∇|grad|nabla)(?:_\s*\{{?(?P<by>{_NAME})\}}?)?\s*[\s(]\s*(?P<name>{_NAME})\)?(?:\([^()=]*\))?")),
    ("gradient", regex(rf"∇\s*(?P<name>{_NAME})(?:\([^()=]*\))?")),
    ("gradient", regex(rf"∇\s*(?:_\s*(?P<by>{_NAME}))?")),
    ("name", regex(rf"(?P<name>{_NAME})\[(?P<places>[^\[\]=]*)\]")),
    ("called", regex(rf"(?P<name>{_NAME})\(\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\)")),
    ("name", regex(rf"(?P<name>{_NAME})")),
    ("differential", regex(rf"{_D}(?P<name>{_NAME})")),
]  # fmt: skip
_EQUATION = regex(r"(?P<left>[^=]*?)(?::?=)(?!=)")
_NOTE = regex(r"\s*(by\b.*|#.*)?$", re.S)
_CODE_NOTE = regex(r"\s*((#|import\b|from\b|print\b|assert\b|\"\"\"|''').*)?$", re.S)
LEFT_OF_INDICES = regex(r"^[^=]*(?<![<>=!:])=(?!=)")
_INDICES = regex(r"(?<=\w)(?:_\{?[a-z](?:[,*]?[a-z])?\}?|\[[^\[\]]*\]|[ₐₑₒₓₕ-ₜᵢⱼᵣ-ᵥ]+)$")
CODE = ("numpy", "sympy")
INDEX_LETTERS = frozenset("ijkl")  # letters below a name that are hardly its label


class Left(NamedTuple):
    """The left side of a line: what kind of thing it is about, and of what.

    ``kind`` is name (f), called (f(x)), differential (df), quotient (df/dx), gradient (∇f), hessian, jacobian, formula
    (one that is no name), or again: nothing stands there, and the line goes on with the one before.
    """

    kind: str
    name: str = ""
    by: str = ""
    places: str = ""  # of a member or an entry: k in D[k], with its brackets in index notation


class Written(NamedTuple):
    """A line: its text as it was typed, and where the right side begins; notes have no left side."""

    text: str
    start: int  # in the text that is read
    left: Left | None
    right: int
    source: str  # the text, with spaces for what is no part of the formula: labels, words
    used: frozenset[str]  # the names on the right
    is_note: bool = False
    number: int = 0  # in a list of lines from 0, in a text from 1


_DIFFERENTIAL = {
    "text": regex(r"(?<!\w)[d∂]\s*(?=[(\[])"),
    "latex": regex(
        r"(?:(?<![A-Za-z\\])d|\\mathrm\s*(?:\{\s*d\s*\}|d(?![A-Za-z]))|\\operatorname\s*\{\s*d\s*\}|\\partial(?![A-Za-z])|∂)"
        r"\s*(?:\\[!,;:]\s*)*(?:\\(?:left|[bB]igg?l?)\s*)?(?=[(\[])"
    ),
}  # of a formula in brackets


def differential_in(text: str, notation: str) -> tuple[int, int, int, int] | None:
    """The last differential of a formula in brackets, d(A*x): where it begins and ends, and what is in the brackets."""
    *_, match = [None, *_DIFFERENTIAL[notation].finditer(text)]
    if match is None:
        return None
    depth = 0
    for at in range(match.end(), len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if not depth:
            inside = re.sub(r"\\(?:right|[bB]igg?r?)\s*$", "", text[match.end() + 1 : at])
            return match.start(), at + 1, match.end() + 1, match.end() + 1 + len(inside)
    return None


Splitter = Callable[[str], Sequence[Written]]


def numbered(lines: str | Sequence[str], notation: str = "text") -> list[Written]:
    """The lines of a text that are not empty, counted from 1, or of a list of lines, by their places in it."""
    if isinstance(lines, str):
        found = lines_of(lines, notation)
        if notation == "latex":
            return list(found)
        return [line._replace(number=lines.count("\n", 0, line.start) + 1) for line in found if line.text.strip()]
    if notation != "latex":
        return [line_of(text, 0, notation)._replace(number=number) for number, text in enumerate(lines)]
    text, starts, start = "\n".join(lines), [], 0
    for line in lines:
        starts.append(start)
        start += len(line) + 1
    return [line._replace(number=bisect_right(starts, line.start) - 1) for line in lines_of(text, notation)]


def lines_of(text: str, notation: str = "text") -> Sequence[Written]:
    """The lines of a derivation; those that are neither notes nor have a left side are of no known kind."""
    if notation == "latex":
        split: Splitter = import_module("matcalc.readers.latex.lines").lines_of
        return split(text)
    found = []
    start = 0
    text = text.removesuffix("\n")
    for part in _logical(text) if notation in CODE else text.split("\n"):
        found.append(line_of(part.rstrip("\r"), start, notation))
        start += len(part) + 1
    return found


def line_of(text: str, start: int, notation: str) -> Written:
    """One line of a notation that has a formula a line."""
    note = _CODE_NOTE if notation in CODE else _NOTE
    match = _EQUATION.match(text)
    used = frozenset(re.findall(r"\w+", text[match.end() :])) if match else frozenset[str]()
    if note.fullmatch(text) or match is None:
        is_note = note.fullmatch(text) is not None or (notation not in CODE and is_title(text))
        return Written(text, start, None, 0, text, used, is_note)
    left = _left(match["left"].strip(), notation)
    return Written(text, start, left, match.end(), text, used)


def is_title(text: str) -> bool:
    """Whether a line is words for people: a title, "so that:", a rule below a title.

    What could be a formula is none: signs of operations, names of functions and of Greek letters, single letters.
    """
    if _RULE.fullmatch(text):
        return True
    if not _WORDS.fullmatch(text):
        return False
    words = [w for w in _LETTERS.findall(text) if len(w) > 1 and find(w) is None and w.lower() not in GREEK]
    return len([w for w in words if len(w) > 2]) >= 2 or (bool(words) and text.rstrip().endswith((":", ".")))


def _left(text: str, notation: str) -> Left:
    if not text:
        return Left("again")
    indices = _INDICES.search(text) if notation == "index" else None
    if indices:
        return _left(text[: indices.start()], "text")._replace(places=indices[0])
    for kind, pattern in _LEFTS:
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            kind = "jacobian" if found.get("row") else kind
            return Left(kind, *(found.get(part) or "" for part in ("name", "by", "places")))
    return Left("formula", text)


def _logical(text: str) -> list[str]:
    """The lines of code: within brackets, and behind a backslash, a line goes on."""
    found: list[str] = []
    depth, is_open = 0, False
    for part in text.split("\n"):
        found = [*found[:-1], f"{found[-1]}\n{part}"] if is_open else [*found, part]
        code = part.partition("#")[0]
        depth = max(0, depth + sum(code.count(sign) for sign in "([{") - sum(code.count(sign) for sign in ")]}"))
        is_open = depth > 0 or code.rstrip().endswith("\\")
    return found
