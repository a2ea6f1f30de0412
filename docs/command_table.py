"""Writes the tables of commands and options in command_line.md from the records of commands.

python docs/command_table.py
"""

from pathlib import Path

from matcalc.commands.table import COMMANDS

PAGE = Path(__file__).with_name("command_line.md")
BEGIN, END = "<!-- commands: begin -->\n", "<!-- commands: end -->"


def tables():
    """What each command is for, with its arguments; then what each option means, and the commands that have it."""
    lines = ["| command | purpose |", "|---|---|"]
    for command in COMMANDS.values():
        places = [shown(a) for a in command.arguments if not a.names[0].startswith("-")]
        typed = code(" ".join(["matcalc", command.name, *places]))
        lines.append(f"| {typed} | {escaped(command.summary)} |")
    lines += ["", "| option | meaning | of |", "|---|---|---|"]
    meanings = {}
    for command in COMMANDS.values():
        for a in command.arguments:
            if a.names[0].startswith("-"):
                meaning = option(a), escaped(a.settings["help"])
                meanings.setdefault(meaning, []).append(command.name)
    for (name, meaning), commands in sorted(meanings.items(), key=lambda item: item[0][0].lstrip("`-")):
        lines.append(f"| {name} | {meaning} | {', '.join(commands)} |")
    return "\n".join(lines) + "\n"


def shown(argument):
    """An argument by its place: in brackets where it may be left out."""
    name = argument.settings.get("metavar") or "|".join(argument.settings["choices"])
    return f"[{name}]" if argument.settings.get("nargs") == "?" else name


def option(argument):
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
    """Code in a table, where a bar ends a cell even there."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def escaped(text):
    return text.replace("|", "\\|").replace("*", "\\*")


def page(text):
    """The page with its tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
