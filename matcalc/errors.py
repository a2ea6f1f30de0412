"""Errors: what went wrong, where, what was wanted and what came, and at most one hint.

Deep code does not know the text that the user typed; whoever reads text adds the place once, with
``error.at(text, span)``. Where a function was called with formulas, and there is no text, the call is written as one,
with ``error.in_call(text, places)``.
"""

from __future__ import annotations

from typing import Self

Span = tuple[int, int]

_EXCERPT = 100  # characters of the user's text that an error shows
_LONGEST_SHOWN = 100  # characters of a value
_LONGEST_LINE = 600  # characters of a line that quotes what was typed


class MatcalcError(Exception):
    """Base of every error that matcalc raises on purpose.

    ``summary`` says what; ``details`` are lines with what was wanted and what came; ``hint`` can be typed in.
    ``places`` are pairs (span, note) in ``text``.
    """

    def __init__(self, summary: str, *details: str, hint: str = "") -> None:
        self.summary = _cut(summary)
        self.details = tuple(map(_cut, details))
        self.hint = hint
        self.text = ""
        self.places: tuple[tuple[Span, str], ...] = ()
        self.arguments: tuple[str, ...] = ()  # of the public function, by name, that are at fault
        self.values: tuple[object, ...] = ()  # that are at fault, whichever arguments they were
        self.of_call = False  # whether the text is a call that nobody typed
        super().__init__(self.summary)

    def at(self, text: str, *places: Span | tuple[Span, str]) -> MatcalcError:
        """The same error, pointing into ``text``; the first caller knows best, later ones change nothing."""
        if not self.places or self.of_call:
            self.text = text
            self.places = tuple(_noted(place) for place in places)
            self.of_call = False
        return self

    def about(self, *arguments: str) -> Self:
        """The same error, said to be about these arguments of the function that the user called."""
        self.arguments = self.arguments or arguments
        return self

    def given(self, value: object) -> Self:
        """The same error, said to be about this value, whichever argument of the user's call it is."""
        self.values = self.values or (value,)
        return self

    def in_call(self, text: str, *places: Span | tuple[Span, str]) -> Self:
        """The same error, pointing into a call; a text that somebody typed is preferred, and the outer call."""
        if not self.places or self.of_call:
            self.at(text, *places)
            self.of_call = True
        return self

    def __str__(self) -> str:
        lines = [self.summary]
        for span, note in self.places:
            lines += _pointer(self.text, span, note)
        lines += [f"  {line}" for line in self.details]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class ParseError(MatcalcError):
    """The text is not a formula."""


class RowOrColumn(ParseError):
    """A member x_i may be a row or a column of X, for all that its index says; the other shapes may tell."""

    name = ""  # as it was typed
    of = ""
    index = ""
    fits = True  # in one of the ways at least


class ShapeError(MatcalcError):
    """Shapes do not fit together, or are not known."""


class EntryOrMember(ShapeError):
    """An entry x_i of a name that is not declared stands as a column does: it may be a member of a family."""

    name = ""


class DerivativeError(MatcalcError):
    """The question is not one that has a derivative as its answer."""


class UnsupportedError(MatcalcError, TypeError):
    """What Python or NumPy would do with a number or an array, and a formula cannot."""


class EvaluationError(MatcalcError):
    """The values do not fit the formula."""


def shown(value: object) -> str:
    """A value in an error: as Python writes it, in one short line, whatever it is."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * _LONGEST_SHOWN:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, list | tuple | dict | set | frozenset | range) and len(value) > _LONGEST_SHOWN:
        return f"a {type(value).__name__} of {len(value)}"
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"a {type(value).__name__}"
    if " at 0x" in text:  # the place in memory says nothing
        text = "a function" if callable(value) else f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def _cut(line: str) -> str:
    """The beginning and the end of a line that is longer than anybody reads."""
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 100]} … {line[-90:]}"


def _noted(place: Span | tuple[Span, str]) -> tuple[Span, str]:
    first, second = place
    if isinstance(first, tuple):
        return first, str(second)
    assert isinstance(second, int)
    return (first, second), ""


def _pointer(text: str, span: Span, note: str) -> list[str]:
    start, stop = max(0, min(span[0], len(text))), max(0, min(span[1], len(text)))
    line_start = text.rfind("\n", 0, start) + 1
    line_stop = text.find("\n", start)
    line_stop = len(text) if line_stop < 0 else line_stop
    left, right = line_start, line_stop
    if right - left > _EXCERPT:
        left = max(left, start - _EXCERPT // 2)
        right = min(right, left + _EXCERPT)
    before = "…" if left > line_start else ""
    after = "…" if right < line_stop else ""
    excerpt = "".join(c if c.isprintable() else "�" for c in text[left:right])
    carets = "^" * max(1, min(stop, right) - start)
    pad = " " * (start - left + len(before))
    return [f"  | {before}{excerpt}{after}", f"  | {pad}{carets}" + (f" {note}" if note else "")]


def suggest(word: str, known: list[str]) -> str:
    """``did you mean …?`` for a misspelt word, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""
