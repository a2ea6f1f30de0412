"""Boxes with labels and arrows between them, of which diagrams are made."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST_LABEL = 34  # characters

# What a box stands for, and how it is filled.
FILLS = {"input": "#dbeafe", "number": "#f1f5f9", "step": "#ffffff", "result": "#dcfce7"}


@dataclass(frozen=True)
class Box:
    """A box: its name, the lines of its label, and what it stands for, one of ``FILLS``."""

    name: str
    lines: tuple[str, ...]
    kind: str = "step"

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines, cut where they are long."""
        return tuple(line if len(line) <= WIDEST_LABEL else f"{line[: WIDEST_LABEL - 1]}…" for line in self.lines)


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another; the label says which operands it is, where that counts."""

    source: str
    target: str
    label: str = ""
