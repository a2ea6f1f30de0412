"""Diagrams: boxes with labels, and arrows between them, whatever they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcalc.drawing.boxes import FILLS, Arrow, Box
from matcalc.drawing.svg import svg_of
from matcalc.errors import MatcalcError
from matcalc.terminal import printable

MOST_BOXES = 400  # of a picture; of more, nobody sees anything


@dataclass(frozen=True, repr=False)
class Diagram:
    """Boxes and arrows without circles. A notebook shows the picture, ``print`` the arrows as text.

    ``to_svg()``, ``to_dot()`` and ``to_mermaid()`` write it for pages, for Graphviz and for Markdown.
    """

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def __str__(self) -> str:
        into: dict[str, list[Arrow]] = {}
        for arrow in self.arrows:
            into.setdefault(arrow.target, []).append(arrow)
        labels = {box.name: " ".join(box.lines) for box in self.boxes}
        lines = [self.title]
        for box in self.boxes:
            sources = ", ".join(labels[arrow.source] for arrow in into.get(box.name, ()))
            lines.append(f"  {labels[box.name]}" + (f"  <-  {sources}" if sources else ""))
        return printable("\n".join(lines))

    __repr__ = __str__

    def to_svg(self) -> str:
        """The picture.

        Raises:
            MatcalcError: there are more boxes than anybody could see.
        """
        if len(self.boxes) > MOST_BOXES:
            raise MatcalcError(
                f"a picture of {len(self.boxes)} boxes cannot be read",
                f"at most {MOST_BOXES} are drawn",
                hint="draw a part of it, or take to_dot()",
            )
        return svg_of(self.title, str(self), self.boxes, self.arrows)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if len(self.boxes) <= MOST_BOXES else None

    def to_dot(self) -> str:
        """The diagram in the language of Graphviz."""
        lines = ["digraph {", f"  label={_quoted(self.title)};", '  node [shape=box, style="rounded,filled"];']
        for box in self.boxes:
            lines.append(f"  {_quoted(box.name)} [label={_quoted(*box.lines)}, fillcolor={_quoted(FILLS[box.kind])}];")
        for arrow in self.arrows:
            label = f" [label={_quoted(arrow.label)}]" if arrow.label else ""
            lines.append(f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)}{label};")
        return "\n".join([*lines, "}"])

    def to_mermaid(self) -> str:
        """The diagram in the language of Mermaid, which GitHub draws in Markdown."""
        place = {box.name: f"n{k}" for k, box in enumerate(self.boxes)}
        lines = ["flowchart TD"]
        lines += [f'  {place[box.name]}["{"<br>".join(map(_plain, box.lines))}"]' for box in self.boxes]
        for arrow in self.arrows:
            label = f'|"{_plain(arrow.label)}"|' if arrow.label else ""
            lines.append(f"  {place[arrow.source]} -->{label} {place[arrow.target]}")
        kinds: dict[str, list[str]] = {}
        for box in self.boxes:
            kinds.setdefault(box.kind, []).append(place[box.name])
        for kind, names in kinds.items():
            lines.append(f"  classDef {kind} fill:{FILLS[kind]},stroke:#334155,color:#0f172a")
            lines.append(f"  class {','.join(names)} {kind}")
        return "\n".join(lines)


def _quoted(*lines: str) -> str:
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{text}"'


def _plain(text: str) -> str:
    """A label for Mermaid, which has entities of its own for what means something to it."""
    return "".join(f"#{ord(c)};" if c in '"#<>&`|*_~[]{}()\\' else c for c in text)


def diagram(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Diagram:
    """The diagram in which several arrows between the same boxes are one."""
    labels: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        labels.setdefault((arrow.source, arrow.target), []).append(arrow.label)
    merged = [Arrow(*ends, ",".join(filter(None, texts))) for ends, texts in labels.items()]
    return Diagram(title, tuple(boxes), tuple(merged))
