"""Errors that are at no place of a formula: time, memory, and mistakes of the program."""

from __future__ import annotations

from typing import Any


def refusal(summary: str, hint: str = "") -> dict[str, Any]:
    return {"where": "page", "name": "", "summary": summary, "details": [], "hint": hint, "places": [], "text": ""}
