"""Texts from files and standard input, and files that are written."""

from __future__ import annotations

import sys

from matcalc.errors import MatcalcError, ParseError


def read_text(name: str) -> str:
    """The text of a file, or of standard input for -.

    Raises:
        MatcalcError: it cannot be read, or is not UTF-8 text.
    """
    if name == "-":
        return _decoded(sys.stdin.buffer.read(), "standard input")
    try:
        with open(name, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        reason = getattr(error, "strerror", None) or "no such name"
        raise MatcalcError(f"cannot read {name}: {reason}") from None
    return _decoded(data, name)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        text, place = data.decode("utf-8", "replace"), len(data[: error.start].decode("utf-8", "replace"))
        raise ParseError(
            f"cannot read {name}: it is not UTF-8 text",
            f"byte {data[error.start]:#04x} does not belong there",
            hint="save it as UTF-8",
        ).at(text, (place, place + 1)) from None


def write_text(name: str, text: str) -> None:
    """Writes a file.

    Raises:
        MatcalcError: it cannot be written.
    """
    try:
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        raise MatcalcError(f"cannot write {name}: {getattr(error, 'strerror', None) or 'no such name'}") from None
