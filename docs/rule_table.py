"""Writes the rules of matcalc/rules/lines into rules.md, a table for each subject.

python docs/rule_table.py
"""

from pathlib import Path

from matcalc.rules import lines

PAGE = Path(__file__).with_name("rules.md")
BAR = r"\|"  # else it would end the cell, also in code
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->"


def tables():
    """The rules as Markdown, a table for each subject, in the order in which they are tried."""
    parts = []
    for module in (*lines.MODULES, lines.relations):
        name = module.__name__.rpartition(".")[2]
        parts.append(f"## {name.capitalize()}\n\n{' '.join(module.__doc__.split())}\n")
        parts.append(
            "\n".join(["| this | becomes | where | remark |", "|---|---|---|---|", *rows(module.RULES)]) + "\n"
        )
    return "\n".join(parts)


def rows(text):
    """A row of the table for each line."""
    for line in filter(str.strip, text.splitlines()):
        rule, _, remark = line.partition("#")
        left, _, rest = rule.partition("->")
        right, _, where = rest.partition(" if ")
        cells = (f"`{left.strip()}`", f"`{right.strip()}`", where.strip(), remark.strip())
        yield f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


def page(text):
    """The page with its tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
