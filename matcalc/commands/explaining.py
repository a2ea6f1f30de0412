"""``matcalc explain``: the steps of a derivation."""

from __future__ import annotations

from argparse import Namespace

from matcalc.api_checking import explain
from matcalc.commands.questions import answering, question, single_variables
from matcalc.notation.parse import Declared


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    asked = question(options, session)
    with answering(asked, options.by, is_of_formula=False):
        (by,) = single_variables(options.by, asked.names, most=1)
        steps = explain(asked.formula, by, style=options.style)
        form = next((name for name in ("latex", "markdown", "html", "json") if getattr(options, name)), None)
        return f"{steps}\n{asked.where}" if form is None else getattr(steps, f"to_{form}")(), 0
