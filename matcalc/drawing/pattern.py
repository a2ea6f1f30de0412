"""Patterns of matrices: which entries are other than zero, as a picture and as text."""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.drawing.svg import FAINT, INK, LETTER, LINE, PADDING, heading, label, picture
from matcalc.errors import MatcalcError
from matcalc.terminal import printable

MOST_DRAWN = 128  # rows or columns of a picture
_LARGEST, _SMALLEST = 18.0, 4.0  # sides of an entry, in pixels
_PICTURE = 480.0
_LEFT, _TOP = 46.0, 36.0
_NUMBERED_UP_TO = 24  # rows and columns that all have their numbers


@dataclass(frozen=True, repr=False)
class Pattern:
    """Entries of a matrix that are other than zero. A notebook shows the picture, ``print`` crosses and points.

    ``entries`` are their rows and columns, counted from 0.
    """

    title: str
    rows: int
    columns: int
    entries: frozenset[tuple[int, int]]

    @property
    def density(self) -> float:
        """The part of all entries that are other than zero."""
        return len(self.entries) / (self.rows * self.columns)

    @property
    def summary(self) -> str:
        """What it is of, and how many entries there are."""
        total = self.rows * self.columns
        return f"{self.title}: {len(self.entries)} of {total} entries are other than zero"

    def __str__(self) -> str:
        shown = [
            "".join("x" if (i, j) in self.entries else "." for j in range(min(self.columns, MOST_DRAWN)))
            for i in range(min(self.rows, MOST_DRAWN))
        ]
        return printable("\n".join([self.summary, *shown]))

    __repr__ = __str__

    def to_svg(self) -> str:
        """The picture.

        Raises:
            MatcalcError: there are more rows or columns than anybody could see.
        """
        most = max(self.rows, self.columns)
        if most > MOST_DRAWN:
            raise MatcalcError(
                f"a picture of {self.rows}×{self.columns} entries cannot be read",
                f"at most {MOST_DRAWN} rows and columns are drawn",
                hint="take smaller sizes",
            )
        side = max(_SMALLEST, min(_LARGEST, _PICTURE / most))
        width = max(_LEFT + side * self.columns + 16, _LEFT + 330)
        lines = heading(self.title, width)
        top = _TOP + LINE * len(lines) + PADDING
        parts = [
            *lines,
            f'<rect x="{_LEFT}" y="{top}" width="{side * self.columns:.1f}" height="{side * self.rows:.1f}" '
            f'fill="#f8fafc" stroke="{FAINT}"/>',
        ]
        for i, j in sorted(self.entries):
            x, y = _LEFT + side * j + side * 0.08, top + side * i + side * 0.08
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{side * 0.84:.1f}" height="{side * 0.84:.1f}" fill="#2563eb">'
                f"<title>row {i + 1}, column {j + 1}</title></rect>"
            )
        parts += _numbers(self.rows, side, top, is_row=True) + _numbers(self.columns, side, top, is_row=False)
        bottom = top + side * self.rows + 22
        parts.append(f'<text x="{_LEFT}" y="{bottom:.1f}" fill="{INK}">{len(self.entries)} of ')
        parts[-1] += f"{self.rows * self.columns} entries are other than zero</text>"
        return picture(self.title, self.summary, width, bottom + 12, parts)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if max(self.rows, self.columns) <= MOST_DRAWN else None


def _numbers(count: int, side: float, top: float, *, is_row: bool) -> list[str]:
    """The numbers of rows or columns, from 1: of all, or of the first, the last and some between."""
    room = 14.0 if is_row else LETTER * len(str(count)) + 6  # that a number takes along its side
    every = 1 if count <= _NUMBERED_UP_TO and side >= room else max(1, round(max(room, 5 * side) / side))
    found = []
    for k in range(count):
        if (k + 1) % every == 0 or k == 0:
            middle = side * (k + 0.5)
            x, y = (_LEFT - 8, top + middle + 4) if is_row else (_LEFT + middle, top - 8)
            found.append(label(str(k + 1), x, y, FAINT, "end" if is_row else "middle"))
    return found
