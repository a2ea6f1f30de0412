"""What worker processes say besides answers: that they are ready, and errors that are at no place of a formula."""

from __future__ import annotations

from typing import Any

READY = b"ready"  # what a process says first


def refusal(summary: str, hint: str = "") -> dict[str, Any]:
    """An error of time, of memory, or of the program itself."""
    return {"where": "page", "name": "", "summary": summary, "details": [], "hint": hint, "places": [], "text": ""}
