"""Walks over graphs whose nodes have ``operands``: iterative, so that depth is limited by memory alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import Protocol, TypeVar


class HasOperands(Protocol):
    @property
    def operands(self) -> Iterable[HasOperands]: ...


T = TypeVar("T", bound=HasOperands)
V = TypeVar("V")


def memoised(root: T, known: MutableMapping[T, V], value: Callable[[T], V]) -> V:
    """``value(root)``, where ``value`` looks its operands up in ``known``, which it fills bottom-up."""
    if root not in known:
        stack = [root]
        while stack:
            node = stack[-1]
            missing = [operand for operand in node.operands if operand not in known]
            if missing:
                stack.extend(missing)  # type: ignore[arg-type]
            else:
                known[stack.pop()] = value(node)
    return known[root]


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
