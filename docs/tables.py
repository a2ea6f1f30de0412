"""Writes the tables of functions, rules and commands, in the pages of these, from the records.

python docs/tables.py
"""

from pathlib import Path

import matcalc as mc
from matcalc.commands.table import COMMANDS
from matcalc.rules import lines as rule_lines
from matcalc.showing.functions import rule, shapes

PAGES = Path(__file__).parent


def functions():
    """The table as Markdown, a line for each function, in the order of the alphabet."""
    lines = ["| function | shapes | meaning | derivative |", "|---|---|---|---|"]
    for function in sorted(mc.FUNCTIONS.values(), key=lambda record: record.name):
        names = [f"`{name}`" for name in (function.name, *function.aliases)]
        summary = _escaped(function.summary.replace("\\", "\\\\"))
        told = shapes(function).replace("*", "·")
        lines.append(f"| {', '.join(names)} | {told} | {summary} | {rule(function, code)} |")
    return "\n".join(lines) + "\n"


def rules():
    """The rules as Markdown, a table for each subject, in the order in which they are tried."""
    parts = []
    for module in (*rule_lines.MODULES, rule_lines.relations):
        name = module.__name__.rpartition(".")[2]
        parts.append(f"## {name.capitalize()}\n\n{' '.join(module.__doc__.split())}\n")
        parts.append(
            "\n".join(["| this | becomes | where | remark |", "|---|---|---|---|", *_rows(module.RULES)]) + "\n"
        )
    return "\n".join(parts)


def _rows(text):
    """A row of the table for each line."""
    for line in filter(str.strip, text.splitlines()):
        rewrite, _, remark = line.partition("#")
        left, _, rest = rewrite.partition("->")
        right, _, where = rest.partition(" if ")
        cells = (f"`{left.strip()}`", f"`{right.strip()}`", where.strip(), remark.strip())
        yield f"| {' | '.join(_bars_escaped(cell) for cell in cells)} |"


def commands():
    """What each command is for, with its arguments; then what each option means, and the commands that have it."""
    lines = ["| command | purpose |", "|---|---|"]
    for command in COMMANDS.values():
        places = [_place(a) for a in command.arguments if not a.names[0].startswith("-")]
        typed = code(" ".join(["matcalc", command.name, *places]))
        lines.append(f"| {typed} | {_escaped(command.summary)} |")
    lines += ["", "| option | meaning | of |", "|---|---|---|"]
    meanings = {}
    for command in COMMANDS.values():
        for a in command.arguments:
            if a.names[0].startswith("-"):
                meaning = _option(a), _escaped(a.settings["help"])
                meanings.setdefault(meaning, []).append(command.name)
    for (name, meaning), commands in sorted(meanings.items(), key=lambda item: item[0][0].lstrip("`-")):
        lines.append(f"| {name} | {meaning} | {', '.join(commands)} |")
    return "\n".join(lines) + "\n"


def _place(argument):
    """An argument by its place: in brackets where it may be left out."""
    name = argument.settings.get("metavar") or "|".join(argument.settings["choices"])
    return f"[{name}]" if argument.settings.get("nargs") == "?" else name


def _option(argument):
    """An option with its value: one of few, or what it is called."""
    if argument.settings.get("action") == "store_true":
        value = ""
    else:
        value = " " + (argument.settings.get("metavar") or _choices(argument))
    return ", ".join(code(f"{name}{value}") for name in argument.names)


def _choices(argument):
    chosen = argument.settings.get("choices")
    return "|".join(chosen) if chosen else argument.names[-1].lstrip("-").upper()


def code(text):
    """Code in a table."""
    return f"`{_bars_escaped(text)}`"


def _escaped(text):
    """Text in a table."""
    return _bars_escaped(text).replace("*", "\\*")


def _bars_escaped(text):
    """A bar would end the cell, even in code."""
    return text.replace("|", "\\|")


TABLES = {
    "functions": ("notation.md", functions),
    "rules": ("rules.md", rules),
    "commands": ("command_line.md", commands),
}


def page(subject):
    """Where a page is, and its text with the table as it is now, between two comments that name the subject."""
    name, table = TABLES[subject]
    path = PAGES / name
    begin, end = f"<!-- {subject}: begin -->\n", f"<!-- {subject}: end -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    return path, f"{before}{begin}\n{table()}\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    for subject in TABLES:
        path, text = page(subject)
        path.write_text(text, encoding="utf-8")
