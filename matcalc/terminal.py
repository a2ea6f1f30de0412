"""What a terminal can print: text as it is where its encoding has all characters, else with ASCII for the others."""

from __future__ import annotations

import sys

_PLAIN = {
    **{"×": "x", "∂": "d", "·": "*", "⊙": ".*", "⊘": "./", "⊗": "(x)", "ᵀ": "'", "−": "-", "–": "-", "…": "..."},
    **{"→": "->", "≠": "!=", "≤": "<=", "≥": ">=", "±": "+-", "∘": "o", "ℓ": "l", "�": "?"},
    **dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", [f"^{c}" for c in "-0123456789"], strict=True)),
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
}


def printable(text: str, encoding: str | None = None) -> str:
    """The text in characters of an encoding, by default that of standard output.

    A character that it has not is replaced by ASCII that means the same, or by its number, as Python and JSON write it.
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    if text.isascii() or _has(text, encoding):
        return text
    return "".join(c if c.isascii() or _has(c, encoding) else _PLAIN.get(c) or _escaped(c) for c in text)


def _escaped(character: str) -> str:
    """Its number, as Python and JSON write it; JSON has only four digits, and two numbers for what needs more."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[k : k + 4]}" for k in range(0, len(units), 4))


class Printed:
    """A result that Python's prompt shows as ``print`` does, and not as the call that makes it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return printable(str(self))


def _has(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
