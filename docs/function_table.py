"""Writes the table of functions in notation.md from the records in matcalc.FUNCTIONS.

python docs/function_table.py
"""

from pathlib import Path

import matcalc as mc

PAGE = Path(__file__).with_name("notation.md")
BEGIN, END = "<!-- functions: begin -->\n", "<!-- functions: end -->"


def table():
    """The table as Markdown, a line for each function, in the order of the alphabet."""
    lines = ["| function | shapes | meaning | derivative |", "|---|---|---|---|"]
    for function in sorted(mc.FUNCTIONS.values(), key=lambda record: record.name):
        names = [f"`{name}`" for name in (function.name, *function.aliases)]
        summary = function.summary.replace("\\", "\\\\").replace("*", "\\*")
        lines.append(f"| {', '.join(names)} | {shapes(function)} | {summary} | {cell(rule(function))} |")
    return "\n".join(lines) + "\n"


def cell(text):
    """A text in a cell of a table: a bar in it, also in code, would end the cell."""
    return text.replace("|", "\\|")


def shapes(function):
    """The signature with its brackets written as shapes: (n,n)->(1,1) is n×n → 1×1."""
    forms = []
    for form in function.signature.split("|"):
        left, right = form.strip().split("->")
        operands = [operand.strip("()").replace(",", "×") for operand in left.split("),(")]
        forms.append(f"{', '.join(operands)} → {right.strip('()').replace(',', '×')}")
    return " or ".join(forms).replace("n*m", "nm").replace("m*p", "mp").replace("n*q", "nq").replace("n*n", "n²")


def rule(function):
    """What the record says of the derivative."""
    if function.derivative:
        return f"`{function.derivative}`"
    if function.differential:
        return f"`{function.differential}`"
    if function.definition:
        return f"that of `{function.definition}`"
    if function.contracts:
        return "linear" if len(function.operands) == 1 else "linear in each operand"
    return "none"


def page(text):
    """The page with its table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
