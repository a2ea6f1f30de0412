"""Writes the table of functions in notation.md from the records in matcalc.FUNCTIONS, in the words of their help.

python docs/function_table.py
"""

from pathlib import Path

import matcalc as mc
from matcalc.showing.functions import rule, shapes

PAGE = Path(__file__).with_name("notation.md")
BEGIN, END = "<!-- functions: begin -->\n", "<!-- functions: end -->"


def table():
    """The table as Markdown, a line for each function, in the order of the alphabet."""
    lines = ["| function | shapes | meaning | derivative |", "|---|---|---|---|"]
    for function in sorted(mc.FUNCTIONS.values(), key=lambda record: record.name):
        names = [f"`{name}`" for name in (function.name, *function.aliases)]
        summary = function.summary.replace("\\", "\\\\").replace("*", "\\*")
        told = shapes(function).replace("*", "·")
        lines.append(f"| {', '.join(names)} | {told} | {summary} | {rule(function, code)} |")
    return "\n".join(lines) + "\n"


def code(text):
    """Code in a table, where a bar ends a cell even there."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def page(text):
    """The page with its table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
