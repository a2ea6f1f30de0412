"""A derivation as steps, each checked when it is made, as a lecturer writes it on the board."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import Any

from matcalc.explaining.latex import latex_of_chain, latex_of_left, latex_of_text
from matcalc.expr import Expr
from matcalc.notation.latex import to_latex
from matcalc.shape import Shape
from matcalc.terminal import printable
from matcalc.version import __version__


@dataclass(frozen=True)
class ExplanationStep:
    """A line: what is on the left, the formula, its shape, and why; ``certificate`` is what it was checked with."""

    left: str
    formula: Expr
    reason: str = ""
    factors: str = ""  # the chain, outer to inner, or the sum of the terms
    certificate: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        return self.formula.shape

    def __str__(self) -> str:
        chain = f"{self.factors} = " if self.factors else ""
        return printable(f"{self.left} = {chain}{self.formula}")


@dataclass(frozen=True)
class Explanation:
    """The steps from the formula to its derivative, the last formula of which is the answer."""

    steps: tuple[ExplanationStep, ...]

    @property
    def result(self) -> Expr:
        return self.steps[-1].formula

    def __str__(self) -> str:
        lines = [(str(step), str(step.shape), step.reason) for step in self.steps]
        width = min(76, max(len(text) for text, _, _ in lines))
        return printable("\n".join(f"{text:<{width}}  {shape:<5}  {reason}".rstrip() for text, shape, reason in lines))

    def to_markdown(self) -> str:
        rows = [f"| `{step}` | {step.shape} | {step.reason} |" for step in self.steps]
        return "\n".join(["| step | shape | why |", "|---|---|---|", *rows])

    def to_html(self) -> str:
        rows = "\n".join(
            f"<tr><td><code>{escape(str(step))}</code></td><td>{step.shape}</td><td>{escape(step.reason)}</td></tr>"
            for step in self.steps
        )
        return f"<table>\n<tr><th>step</th><th>shape</th><th>why</th></tr>\n{rows}\n</table>"

    def to_latex(self) -> str:
        rows = [
            f"{latex_of_left(s.left)} &= {latex_of_chain(s.factors)}{to_latex(s.formula)} && {latex_of_text(s.reason)}"
            for s in self.steps
        ]
        rows = [row + r" \\" for row in rows]
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def to_json(self) -> str:
        """All that is needed to check every step again."""
        made = [
            {"left": s.left, "formula": str(s.formula), "shape": str(s.shape), "reason": s.reason, **s.certificate}
            for s in self.steps
        ]
        return json.dumps({"version": __version__, "steps": made}, ensure_ascii=False, sort_keys=True)
