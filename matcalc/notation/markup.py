"""Formulas in tables of Markdown and HTML: mathematics between dollars, and words with nothing that means markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from matcalc.regex import regex

_MEANS_SOMETHING = regex(r"([\\`*_{}\[\]<>#|$~])")


def math(latex: str) -> str:
    """Mathematics within a line; a bar would end the cell of a table."""
    made = latex.replace("|", r"\vert ")
    return f"${made}$"


def words(text: str) -> str:
    """Words of Markdown that mean themselves."""
    return _MEANS_SOMETHING.sub(r"\\\1", text)


def code(text: str) -> str:
    """Text as it was typed, within a line; what would end it is written as entities."""
    return f"<code>{escaped(text)}</code>" if set("|`\n") & {*text} else f"`{text}`"


def escaped(text: str) -> str:
    """Text for HTML within Markdown."""
    return escape(text).replace("|", "&#124;").replace("*", "&#42;").replace("_", "&#95;").replace("$", "&#36;")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown, whose cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML, whose cells are HTML."""
    made = ["<table>", f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>"]
    made += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in rows]
    return "\n".join([*made, "</table>"])


def dimension(text: str) -> str:
    """A shape or a cost, such as m*n^2 or m×n, as mathematics."""
    if text.isdecimal():
        return text
    text = text.replace(" of ", r" \text{ of } ")
    made = re.sub(r"\^(\d+)", r"^{\1}", text).replace("*", r" \, ").replace("×", r" \times ")
    return math(re.sub(r"\b(\d+)/(\d+)\b", r"\\tfrac{\1}{\2}", made).replace("max(", r"\max("))
