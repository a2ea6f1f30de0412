"""A derivation as steps, each checked when it is made, as a lecturer writes it on the board."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import Any

from matcalc.explaining.latex import latex_of_chain, latex_of_left, latex_of_text
from matcalc.expr import Expr
from matcalc.notation.each_member import Form, shape_of_each, sides
from matcalc.notation.latex import to_latex
from matcalc.notation.markup import dimension, html_table, math, table, words
from matcalc.regex import regex
from matcalc.shape import Shape
from matcalc.terminal import Printed, printable
from matcalc.version import __version__

_HEAD = ("step", "shape", "why")
_NAMED = regex(r"\w+|∂\w+/∂\w+")


@dataclass(frozen=True, repr=False)
class ExplanationStep(Printed):
    """A line: what is on the left, the formula, its shape, and why; ``certificate`` is what it was checked with."""

    left: str
    formula: Expr
    reason: str = ""
    factors: str = ""  # the chain, outer to inner, or the sum of the terms
    certificate: dict[str, Any] = field(default_factory=dict)
    by_family: bool = False  # whether it is a gradient by a family, whose members are told one by one

    @property
    def shape(self) -> Shape:
        return self.formula.shape

    def __str__(self) -> str:
        made = self.sides("text")
        if made is not None:
            return printable(f"{self.left}[{made[0]}] = {made[1]}")
        chain = f"{self.factors} = " if self.factors else ""
        return printable(f"{self.left} = {chain}{self.formula}")

    def sides(self, form: Form) -> tuple[str, str] | None:
        """The indices on the left, and the right side, where a formula is written for each index."""
        if self.factors or not _NAMED.fullmatch(self.left):
            return None
        return sides(self.formula, form, of_members=self.by_family)

    @property
    def told_shape(self) -> str:
        """The shape; of a gradient by a family, that of its members."""
        return shape_of_each(self.formula) if self.by_family else str(self.shape)

    @property
    def latex_sides(self) -> tuple[str, str]:
        """Both sides of the equation in LaTeX."""
        made = self.sides("latex")
        if made is not None:
            places, formula = made
            return latex_of_left(self.left, places), formula
        return latex_of_left(self.left), latex_of_chain(self.factors) + to_latex(self.formula)

    def to_latex(self) -> str:
        left, right = self.latex_sides
        return f"{left} &= {right} && {latex_of_text(self.reason)}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {' = '.join(self.latex_sides)}$"


def step_cells(step: ExplanationStep) -> tuple[str, str]:
    """A step and its shape, as mathematics."""
    return math(f"\\displaystyle {' = '.join(step.latex_sides)}"), dimension(step.told_shape)


@dataclass(frozen=True, repr=False)
class Explanation(Printed):
    """The steps from the formula to its derivative, the last formula of which is the answer."""

    steps: tuple[ExplanationStep, ...]

    @property
    def result(self) -> Expr:
        return self.steps[-1].formula

    def __str__(self) -> str:
        lines = [(str(step), step.told_shape, step.reason) for step in self.steps]
        width = min(76, max(len(text) for text, _, _ in lines))
        return printable("\n".join(f"{text:<{width}}  {shape:<5}  {reason}".rstrip() for text, shape, reason in lines))

    def to_markdown(self) -> str:
        """A table with the steps as mathematics."""
        return table(_HEAD, [(*step_cells(step), words(step.reason)) for step in self.steps])

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_html(self) -> str:
        """A table with the steps as mathematics between dollars, which MathJax and KaTeX read."""
        rows = [(*map(escape, step_cells(step)), escape(step.reason)) for step in self.steps]
        return html_table(_HEAD, rows)

    def to_latex(self) -> str:
        rows = [step.to_latex() + r" \\" for step in self.steps]
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def to_json(self) -> str:
        """All that is needed to check every step again."""
        made = [
            {"left": s.left, "formula": str(s.formula), "shape": str(s.shape), "reason": s.reason, **s.certificate}
            for s in self.steps
        ]
        return json.dumps({"version": __version__, "steps": made}, ensure_ascii=False, sort_keys=True)
