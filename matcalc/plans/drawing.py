"""Plans as pictures: a node for each value, an arrow for each use, rows by depth."""

from __future__ import annotations

from html import escape

from matcalc.program.planner import Program

_WIDTH, _HEIGHT, _GAP = 190, 44, 30


def _nodes(program: Program) -> dict[str, str]:
    """Names and labels of leaves that are used and of steps."""
    used = {operand for step in program.steps for operand in step.operands} | set(program.results)
    found = {name: f"{name} {_shape(leaf.dims)}" for name, leaf in program.leaves.items() if name in used}
    found.update((s.result, f"{s.result} = {s.kind} {_shape(s.dims)}") for s in program.steps)
    return found


def _shape(dims: tuple[object, ...]) -> str:
    return "×".join(map(str, dims)) or "1"


def to_dot(program: Program, results: list[str]) -> str:
    lines = ["digraph plan {", "  node [shape=box];"]
    lines += [f'  "{name}" [label="{label}"];' for name, label in _nodes(program).items()]
    lines += [f'  "{operand}" -> "{step.result}";' for step in program.steps for operand in step.operands]
    for name, result in zip(results, program.results, strict=True):
        lines += [f'  "result {name}" [label="{name}", shape=plaintext];', f'  "{result}" -> "result {name}";']
    return "\n".join([*lines, "}"])


def to_svg(program: Program, results: list[str]) -> str:
    labels = _nodes(program)
    depth = dict.fromkeys(labels, 0)
    for step in program.steps:
        depth[step.result] = 1 + max((depth[o] for o in step.operands), default=0)
    rows: dict[int, list[str]] = {}
    for name in labels:
        rows.setdefault(depth[name], []).append(name)
    place = {
        name: (_GAP + k * (_WIDTH + _GAP), _GAP + row * (_HEIGHT + _GAP))
        for row, names in rows.items()
        for k, name in enumerate(names)
    }
    width = max((x for x, _ in place.values()), default=0) + _WIDTH + _GAP
    height = max((y for _, y in place.values()), default=0) + _HEIGHT + _GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="monospace">']
    for step in program.steps:
        x, y = place[step.result]
        for operand in step.operands:
            a, b = place[operand]
            ends = f'x1="{a + _WIDTH // 2}" y1="{b + _HEIGHT}" x2="{x + _WIDTH // 2}" y2="{y}"'
            parts.append(f'<line {ends} stroke="#888"/>')
    names = dict(zip(program.results, results, strict=True))
    for name, (x, y) in place.items():
        fill = "#cde" if name in names else "#fff"
        label = labels[name] + (f" → {names[name]}" if name in names else "")
        parts.append(f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" fill="{fill}" stroke="#444"/>')
        parts.append(f'<text x="{x + 6}" y="{y + 26}" font-size="11">{escape(label)}</text>')
    return "\n".join([*parts, "</svg>"])
