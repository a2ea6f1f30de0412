"""Walks over graphs whose nodes have ``operands``: iterative, so that depth is limited by memory alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class HasOperands(Protocol):
    @property
    def operands(self) -> Iterable[HasOperands]: ...


T = TypeVar("T", bound=HasOperands)


def postorder(*roots: T) -> list[T]:
    """Each distinct node once, operands before their users, in an order that depends on structure alone."""
    done: set[T] = set()
    order: list[T] = []
    stack: list[tuple[T, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, expanded = stack.pop()
        if node in done:
            continue
        if expanded:
            done.add(node)
            order.append(node)
            continue
        stack.append((node, True))
        for operand in reversed(tuple(node.operands)):
            if operand not in done:
                stack.append((operand, False))  # type: ignore[arg-type]
    return order
