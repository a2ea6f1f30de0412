"""The text around the statements of a function in Python: conditions, branches, and its docstring."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from matcalc.bound import result_dims
from matcalc.emission.names import Names
from matcalc.expr import Expr
from matcalc.families import declared_facts, members_of

LONGEST_CONDITION = 112  # characters of a line behind "if", as formatters break lines of 120


def condition(conditions: Sequence[str], scope: Names) -> str:
    """Inequalities of dimensions in Python."""
    pairs = [text.replace("*", " * ").replace("^", "**") for text in dict.fromkeys(conditions)]
    pairs = [re.sub(r"[^\W\d]\w*", lambda word: str(scope.dims.get(word[0], word[0])), text) for text in pairs]
    whole = " and ".join(pairs)
    if len(whole) <= LONGEST_CONDITION:
        return whole
    lines = [part for at, pair in enumerate(pairs) for part in _broken(f"and {pair}" if at else pair)]
    return "\n    ".join(["(", *lines]) + "\n)"


def _broken(inequality: str) -> list[str]:
    """An inequality in one line, or in two where it is too long."""
    if len(inequality) <= LONGEST_CONDITION:
        return [inequality]
    left, sign, right = re.split(r" ([<>]=?) ", inequality)
    return [left, f"{sign} {right}"]


def branched(branches: list[tuple[str, list[str]]]) -> list[str]:
    """Branches that end with return, one after the other; what all of them begin with comes before."""
    common = 0
    while all(len(lines) > common and lines[common] == branches[0][1][common] for _, lines in branches):
        common += 1
    while common and any(line.startswith(" ") for _, lines in branches for line in lines[common : common + 1]):
        common -= 1  # not in the middle of a block
    found = branches[0][1][:common]
    for condition, lines in branches:
        rest = lines[common:]
        found += [*f"if {condition}:".split("\n"), *(f"    {line}" for line in rest)] if condition else rest
    return found


def docstring(
    results: Mapping[str, Expr],
    arguments: list[Expr],
    names: Mapping[Expr, str],
    callables: Mapping[str, str],
    why: str = "",
    notes: Mapping[str, str] | None = None,
) -> str:
    """What a function computes; ``notes`` say of some results how they are given."""
    lines = [f'    """Computes {", ".join(results)}.', ""]
    for variable in arguments:
        members = members_of(variable)
        shape = variable.shape if members is None else f"{members.length} of {members.shape}"
        lines.append(f"    {names[variable]}: {', '.join((str(shape), *declared_facts(variable)))}")
    lines += [f"    {key}: a function, {callables[key]}" for key in sorted(callables)]
    lines += ["", f"    {why}"] if why else []
    lines += ["", "    Returns:"]
    for key, expr in results.items():
        text = str(expr).replace("\\", "\\\\")
        dims = result_dims(expr)
        shape = "×".join(map(str, dims)) if len(dims) > 2 else f"{expr.shape}"
        shown = f"{key} ({shape}) = {text if len(text) <= 200 else text[:197] + '...'}"
        shown += f"; {notes[key]}" if notes and key in notes else ""
        lines += wrap(shown, 112, initial_indent=" " * 8, subsequent_indent=" " * 12, break_long_words=False)
    lines.append('    """')
    return "\n".join(lines)
