"""``matcalc functions``: the table of functions, or all that is known of one."""

from __future__ import annotations

import json
import re
from argparse import Namespace

from matcalc.errors import MatcalcError, shown, suggest
from matcalc.function import Function
from matcalc.functions import ALIASES, FUNCTIONS, find
from matcalc.functions.elsewhere import written_here


def run(options: Namespace) -> tuple[str, int]:
    if options.function is None:
        records = sorted(FUNCTIONS.values(), key=lambda record: record.name)
        if options.json:
            return json.dumps([_fields(record) for record in records], ensure_ascii=False), 0
        return listed(records), 0
    record = find(options.function)
    if record is None:
        about = _about(options.function)
        near = written_here(options.function) or suggest(options.function, [*FUNCTIONS, *ALIASES])
        raise MatcalcError(
            f"unknown function: {shown(options.function)}",
            *([f"about that: {', '.join(about)}"] if about else []),
            hint=near or ("" if about else "matcalc functions lists them"),
        )
    if options.json:
        return json.dumps(_fields(record), ensure_ascii=False), 0
    from matcalc.showing.functions import described

    return described(record), 0


def _about(word: str) -> list[str]:
    """The functions in whose summaries a word stands."""
    told = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
    return [record.name for record in FUNCTIONS.values() if len(word) > 2 and told.search(record.summary)][:12]


def listed(records: list[Function]) -> str:
    """A line for each function: how it is called, its other names, and what it is."""
    calls = {record: f"{record.name}({', '.join(record.operands)})" for record in records}
    width = max(map(len, calls.values()))
    lines = []
    for record, call in calls.items():
        also = f"  (also {', '.join(record.aliases)})" if record.aliases else ""
        lines.append(f"{call:{width}}  {record.summary}{also}")
    return "\n".join([*lines, "", "matcalc functions NAME tells all of one: shapes, domain, derivative, an example."])


def _fields(record: Function) -> dict[str, object]:
    from matcalc.showing.functions import rule, shapes

    return {
        "name": record.name,
        "operands": list(record.operands),
        "summary": record.summary,
        "shapes": shapes(record),
        "derivative": rule(record),
        "aliases": list(record.aliases),
        "source": record.source,
    }
