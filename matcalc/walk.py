"""Walks over graphs whose nodes have ``operands``: iterative, so that depth is limited by memory alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar


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


def rows_of(root: T, contents: Callable[[T], tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """The nodes under a root, each with the places of its operands: what is pickled, however deep the graph is."""
    nodes = postorder(root)
    places = {node: at for at, node in enumerate(nodes)}
    return tuple(
        (tuple(places[o] for o in node.operands), *contents(node))  # type: ignore[index]
        for node in nodes
    )


def restored(make: Callable[..., T], rows: Sequence[tuple[Any, ...]]) -> T:
    """The root again, from the rows; ``make`` takes a kind, operands and what else a node is made of."""
    made: list[T] = []
    for places, kind, *rest in rows:
        made.append(make(kind, tuple(made[at] for at in places), *rest))
    return made[-1]
