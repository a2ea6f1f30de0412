"""``matcalc emit``: source that computes a value and its derivative."""

from __future__ import annotations

import json
from argparse import Namespace

from matcalc.api import emit
from matcalc.commands.files import write_text
from matcalc.commands.planning import value_and_slope
from matcalc.commands.questions import answering, by_variables, question, sizes_of
from matcalc.errors import MatcalcError
from matcalc.notation.parse import Declared


def run(options: Namespace, session: Declared | None = None) -> tuple[str, int]:
    asked = question(options, session)
    chosen = {"style": options.style, "dtype": options.dtype, "sizes": sizes_of(options.sizes)}
    with answering(asked, options.by):
        by = by_variables(options.by, asked.names)
        if options.objective:
            from matcalc.objectives import objective

            _check_objective(options)
            made = objective(asked.formula, by, options.name, **{**chosen, "dtype": options.dtype or "float64"})
            source, interface = made.source, {"name": made.name, "arguments": list(made.arguments)}
        else:
            results = value_and_slope(asked.formula, by, options.structure, options.layout)
            emitted = emit(results, options.name, target=options.target, **chosen)
            source = emitted.source
            interface = {"name": emitted.name, "arguments": list(emitted.arguments), "results": emitted.results}
    if options.output:
        write_text(options.output, source)
    if options.json:
        return json.dumps({**interface, "source": source}, ensure_ascii=False), 0
    return f"wrote {options.output}" if options.output else source.rstrip("\n"), 0


def _check_objective(options: Namespace) -> None:
    if options.target != "numpy":
        raise MatcalcError("an objective is written for NumPy", hint="--target numpy")
    for option, plain in (("structure", "ignore"), ("layout", "numerator")):
        if getattr(options, option) != plain:
            raise MatcalcError(f"--{option}: an objective moves all entries, in one order", hint=f"--{option} {plain}")
