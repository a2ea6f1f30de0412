"""Writes matcalc/__init__.pyi from the package: the functions of the table, for editors and type checkers.

python docs/stubs.py
"""

import inspect
import textwrap
from pathlib import Path

import matcalc as mc
from matcalc.functions import ALIASES
from matcalc.showing.functions import outlined

PAGE = Path(mc.__file__).with_name("__init__.pyi")
HEAD = '"""What users call, with types, for editors and type checkers; written by docs/stubs.py."""'
WIDTH = 116
ELSEWHERE = {"FUNCTIONS": "functions", "__version__": "version"}  # what does not know the module that it is from


def stubs():
    """The names of the package with the modules that they are from, and a definition for each function."""
    public = sorted({*mc.__all__, "__version__"} - {*mc.FUNCTIONS})
    lines = [HEAD, "", "from matcalc.expr import Operand"]
    for name in public:
        module = f"matcalc.{ELSEWHERE[name]}" if name in ELSEWHERE else getattr(mc, name).__module__
        lines.append(f"from {module} import {name} as {name}")
    lines.append("")
    for record in sorted(mc.FUNCTIONS.values(), key=lambda record: record.name):
        lines.append(f"def {record.name}({parameters(record)}) -> Expr:")
        told = outlined(record).replace("\\", "\\\\").splitlines()
        wrapped = [textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False) for line in told]
        body = [line for part in wrapped for line in part or [""]]
        lines += [f'    """{body[0]}', *(f"    {line}".rstrip() for line in body[1:]), '    """', ""]
    lines += [f"{alias} = {record.name}" for alias, record in sorted(ALIASES.items()) if alias not in public]
    return "\n".join(lines) + "\n"


def parameters(record):
    """The operands as Python has them: for positions alone."""
    given = [
        f"{p.name}: Operand" + ("" if p.default is p.empty else " = ...")
        for p in inspect.signature(record).parameters.values()
    ]
    return ", ".join([*given, "/"])


if __name__ == "__main__":
    PAGE.write_text(stubs(), encoding="utf-8")
