"""Walks over graphs whose nodes have ``operands``: iterative, so that depth is limited by memory alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class HasOperands(Protocol):
    @property
    def operands(self) -> Sequence[HasOperands]: ...


T = TypeVar("T", bound=HasOperands)


def postorder(*roots: T) -> list[T]:
    """Each distinct node once, operands before their users, in an order that depends on structure alone."""
    done: dict[T, None] = {}
    stack: list[T | None] = list(reversed(roots))  # None stands before a node whose operands are done
    while stack:
        node = stack.pop()
        if node is None:
            done[stack.pop()] = None  # type: ignore[index]
        elif node not in done:
            operands = node.operands
            if operands:
                stack += (node, None)
                stack += operands[::-1]  # type: ignore[arg-type]
            else:
                done[node] = None
    return list(done)
