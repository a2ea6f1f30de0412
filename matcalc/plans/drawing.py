"""Plans as diagrams: a box for each value with its shape and cost, an arrow for each use."""

from __future__ import annotations

from matcalc.drawing.boxes import WIDEST_LABEL, Arrow, Box
from matcalc.drawing.diagram import Diagram, diagram
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.shape import Dim


def diagram_of(program: Program, results: list[str], title: str = "plan") -> Diagram:
    """The steps of a program, with the results that they end in."""
    used = {operand for step in program.steps for operand in step.operands} | set(program.results)
    names: dict[str, list[str]] = {}
    for name, result in zip(results, program.results, strict=True):
        names.setdefault(result, []).append(name)
    boxes = []
    for name, leaf in program.leaves.items():
        if name in used:
            boxes.append(_box(name, name, [_shape(leaf.dims)], names))
    for step in program.steps:
        cost = step.multiplications
        told = [_shape(step.dims), *([f"{cost} mult."] if str(cost) != "0" else [])]
        boxes.append(_box(step.result, f"{step.result} = {_what(step)}", told, names))
    arrows = []
    for step in program.steps:
        for k, operand in enumerate(step.operands, 1):
            arrows.append(Arrow(operand, step.result, str(k) if len(step.operands) > 1 else ""))
    return diagram(title, boxes, arrows)


def _box(name: str, label: str, told: list[str], results: dict[str, list[str]]) -> Box:
    """A value: what it is, then its shape and cost, then the results that it is."""
    is_input = label == name
    of_results = [f"= {', '.join(results[name])}"] if name in results else []
    kind = "result" if name in results else "input" if is_input else "step"
    together = ", ".join(told)
    lines = [together] if len(together) <= WIDEST_LABEL else told
    return Box(name, (label, *lines, *of_results), kind)


def _what(step: Step) -> str:
    return str(step.data.name) if step.operation == "function" else step.kind


def _shape(dims: tuple[Dim, ...]) -> str:
    return "×".join(map(str, dims)) or "1"
