"""What a derivation was found to be: its lines, each with its verdict, and the first one that is not true."""

from __future__ import annotations

import json
from dataclasses import dataclass

from matcalc.checking.typeset import MARKS, reasons
from matcalc.checking.verdict import Verdict
from matcalc.errors import MatcalcError
from matcalc.notation.markup import code, table, words
from matcalc.terminal import Printed
from matcalc.version import __version__


@dataclass(frozen=True, repr=False)
class Line(Printed):
    """A line with its verdict. ``follows`` is whether it follows from the line before; None where that is not known.

    ``error`` says why a line could not be read; notes, and lines that define a symbol, have neither it nor a verdict.
    """

    number: int
    text: str
    verdict: Verdict | None
    follows: bool | None = None
    error: MatcalcError | None = None
    is_note: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether the line was not found to be true."""
        return self.error is not None or (self.verdict is not None and not self.verdict)

    def __str__(self) -> str:
        text = " ".join(self.text.split("\n")).strip()
        if self.error is not None:
            return "\n".join([f"{self.number}  {'unread':8} {text}", *_indented(str(self.error))])
        if self.verdict is None:
            return f"{self.number}  {'note' if self.is_note else 'defined':8} {text}"
        is_sound = self.follows is True and not self.verdict and self.verdict.mistake != "shape"
        after = " (but it follows from the line before)" if is_sound else ""
        body = f"{self.number}  {self.verdict.status:8} {text}{after}"
        if self.verdict:
            return body
        why = str(self.verdict).removeprefix(f"{self.verdict.status}: ")
        if self.verdict.ground == "the values differ":  # the point says so
            why = why.partition("\n")[2]
        return "\n".join([body, *_indented(why)])

    @property
    def certificate(self) -> dict[str, object]:
        made: dict[str, object] = {"number": self.number, "text": self.text, "follows": self.follows}
        if self.error is not None:
            return made | {"status": "unread", "ground": str(self.error)}
        return made if self.verdict is None else made | self.verdict.certificate


@dataclass(frozen=True, repr=False)
class Report(Printed):
    """A checked derivation.

    ``first_bad_line`` is the number of the first line that was not found to be true, or None: the place in a list of
    lines, counted from 0, or the line of a text, counted from 1.
    """

    lines: tuple[Line, ...]

    @property
    def first_bad_line(self) -> int | None:
        return next((line.number for line in self.lines if line.is_bad), None)

    @property
    def unread(self) -> tuple[Line, ...]:
        """The lines that could not be read."""
        return tuple(line for line in self.lines if line.error is not None)

    def __bool__(self) -> bool:
        return self.first_bad_line is None

    def to_json(self) -> str:
        """All that is needed to check every line again: each has its question, and says what it was found to be."""
        made = [line.certificate for line in self.lines]
        report = {"version": __version__, "first_bad_line": self.first_bad_line, "lines": made}
        return json.dumps(report, ensure_ascii=False, sort_keys=True)

    def _repr_markdown_(self) -> str:
        """A row for each line, with its verdict and what is wrong with it."""
        rows = []
        for line in self.lines:
            verdict = line.verdict
            status, told = "", list[str]()
            if line.error is not None:
                status, told = "not read", [words(line.error.summary)]
            elif verdict is not None:
                status = f"{MARKS[verdict.status]} {verdict.status}"
                if not verdict:
                    told = ["it follows from the line before"] if line.follows else []
                    told += reasons(verdict.explanation, verdict.repaired, verdict.answer, verdict.evidence)
            rows.append((str(line.number), code(line.text.strip()), status, "; ".join(told)))
        return f"{table(('line', 'claim', 'verdict', 'why'), rows)}\n\n{words('; '.join(self._ends()))}"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.lines), *self._ends()])

    def _ends(self) -> list[str]:
        """What is said of all lines together."""
        bad = next((line.number for line in self.lines if line.is_bad and line.error is None), None)
        unread = ", ".join(str(line.number) for line in self.unread)
        ends = [f"not read: line {unread}"] if unread else []
        if bad is not None:
            ends.append(f"the first line that is not true is line {bad}")
        elif not unread:
            ends.append("every line is true")
        else:
            ends.append("every other line is true")
        return ends


def _indented(text: str) -> list[str]:
    return [f"     {line}" for line in text.splitlines()]
