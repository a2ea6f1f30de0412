"""Diagrams as SVG: labels inside their boxes, whatever the font, arrowheads, and a title for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from matcalc.drawing.boxes import FILLS, Arrow, Box
from matcalc.drawing.layers import Name, Placement, layers_of

LETTER, LINE, PADDING = 7.4, 16.0, 9.0  # the width and height of a letter of 12 pixels, and the space around a label
BETWEEN = 46.0  # layers
MARGIN = 14.0
HEAD = 7.0  # of an arrow
PORT = 15.0  # between arrows that enter a box
DIGIT = 6.2  # the width of a letter of 10 pixels
NARROWEST = 230.0  # a picture with its title
INK, FAINT = "#0f172a", "#64748b"


def svg_of(title: str, description: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """The picture of a diagram."""
    pairs = [(arrow.source, arrow.target) for arrow in arrows]
    depth = layers_of([box.name for box in boxes], pairs)
    entering: dict[str, float] = {}
    for arrow in arrows:
        entering[arrow.target] = entering.get(arrow.target, 0.0) + _slot(arrow)
    widths = {box.name: max(_width(box), entering.get(box.name, 0.0)) for box in boxes}
    made = Placement(depth, pairs, widths)
    places = _places(made, arrows)
    rows = [0.0] * len(made.rows)
    for box in boxes:
        rows[depth[box.name]] = max(rows[depth[box.name]], _height(box))
    width = max((places[name] + made.widths[name] / 2 for name in places), default=0.0) + MARGIN
    width, lines = max(width, NARROWEST), heading(title, max(width, NARROWEST))
    tops = [MARGIN + LINE * len(lines) + PADDING]
    for height in rows:
        tops.append(tops[-1] + height + BETWEEN)
    ports = _ports(made, places, arrows)
    heights = {box.name: _height(box) for box in boxes}
    parts = lines
    for arrow in arrows:
        ends = arrow.source, arrow.target
        points = [(places[name], tops[layer]) for layer, name in enumerate(made.paths[ends], depth[arrow.source])]
        passed = rows[depth[arrow.source] + 1 : depth[arrow.target]]
        parts += _arrow([*points[:-1], (ports[ends], points[-1][1])], [heights[arrow.source], *passed], arrow.label)
    for box in boxes:
        parts += _box(box, places[box.name], tops[depth[box.name]], widths[box.name])
    return picture(title, description, width, tops[-1] - BETWEEN + MARGIN, parts)


def _places(made: Placement, arrows: Sequence[Arrow]) -> dict[Name, float]:
    """The centres from left to right; from right to left where more operands then stand in their order."""
    right = max((made.centres[name] + made.widths[name] / 2 for name in made.centres), default=0.0)
    before: dict[str, float] = {}
    turned = 0
    for arrow in arrows:
        place = made.centres[made.paths[arrow.source, arrow.target][-2]]
        if arrow.label and arrow.target in before:
            turned += 1 if place < before[arrow.target] else -1
        before[arrow.target] = place
    return {name: MARGIN + (right - at if turned > 0 else at) for name, at in made.centres.items()}


def _slot(arrow: Arrow) -> float:
    """The width that an arrow takes where it enters a box, with its label."""
    return max(PORT, HEAD + 8 + DIGIT * len(arrow.label)) if arrow.label else PORT


def _ports(made: Placement, places: dict[Name, float], arrows: Sequence[Arrow]) -> dict[tuple[str, str], float]:
    """Where arrows enter their boxes: side by side, in the order of where they come from."""
    into: dict[str, list[Arrow]] = {}
    for arrow in arrows:
        into.setdefault(arrow.target, []).append(arrow)
    found = {}
    for target, entering in into.items():
        entering.sort(key=lambda arrow: places[made.paths[arrow.source, arrow.target][-2]])
        total = sum(map(_slot, entering))
        scale = min(made.widths[target] / total, 2.0)
        left = places[target] - scale * total / 2
        for arrow in entering:
            room = scale * _slot(arrow)
            label = HEAD + DIGIT * len(arrow.label) if arrow.label else HEAD
            found[arrow.source, arrow.target] = left + (room - label) / 2 + HEAD / 2
            left += room
    return found


def heading(title: str, width: float) -> list[str]:
    """The title in lines that fit the width, at the top of a picture."""
    lines = wrap(title, max(10, int((width - 2 * MARGIN) / LETTER)), break_on_hyphens=False)
    return [label(line, MARGIN, MARGIN + 10 + LINE * k, INK, "start", bold=True) for k, line in enumerate(lines)]


def picture(title: str, description: str, width: float, height: float, parts: list[str]) -> str:
    """An SVG of these parts, on white, with its name for those who do not see it."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="monospace" font-size="12">'
    told = [f"<title>{escape(title)}</title>", f"<desc>{escape(description)}</desc>"]
    return "\n".join([head, *told, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"])


def label(text: str, x: float, y: float, color: str = INK, anchor: str = "middle", *, bold: bool = False) -> str:
    """A text of a fixed length, so that it fits its place in any font."""
    length = LETTER * len(text) - 1
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{weight} textLength="{length:.1f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )


def _width(box: Box) -> float:
    return max(34.0, LETTER * max(map(len, box.shown)) + 2 * PADDING)


def _height(box: Box) -> float:
    return LINE * len(box.shown) + PADDING


def _box(box: Box, x: float, top: float, width: float) -> list[str]:
    height = _height(box)
    corner = f'x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5"'
    parts = [f"<g><title>{escape(' '.join(box.lines))}</title>"]
    parts.append(f'<rect {corner} fill="{FILLS[box.kind]}" stroke="#334155"/>')
    first = top + height / 2 - LINE * (len(box.shown) - 1) / 2 + 4
    for k, line in enumerate(box.shown):
        parts.append(label(line, x, first + LINE * k, FAINT if k else INK))
    return [*parts, "</g>"]


def _arrow(points: list[tuple[float, float]], heights: list[float], text: str) -> list[str]:
    """A smooth line from the box above, between the boxes that it passes, with its head at the box below.

    Points are at the tops of the layers, and heights those of what is begun at or passed there.
    """
    (x, y), *others = points
    y += heights[0]
    line = f"M{x:.1f},{y:.1f}"
    for k, (to, top) in enumerate(others, 1):
        is_last = k == len(others)
        end = top - (HEAD if is_last else 0)
        bend = (end - y) / 2
        line += f" C{x:.1f},{y + bend:.1f} {to:.1f},{end - bend:.1f} {to:.1f},{end:.1f}"
        x, y = to, end
        if not is_last:
            y += heights[k]
            line += f" L{x:.1f},{y:.1f}"
    head = f"{x - HEAD / 2:.1f},{y:.1f} {x + HEAD / 2:.1f},{y:.1f} {x:.1f},{y + HEAD:.1f}"
    parts = [f'<path d="{line}" fill="none" stroke="{FAINT}"/>', f'<polygon points="{head}" fill="{FAINT}"/>']
    if text:
        parts.append(f'<text x="{x + 4:.1f}" y="{y + 3:.1f}" font-size="10" fill="{FAINT}">{escape(text)}</text>')
    return parts
