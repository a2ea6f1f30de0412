"""Walks through Python's syntax trees, each of which is walked once, however often it is asked for."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(256)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """A node and all nodes below it, each before those below it."""
    found: list[ast.AST] = [tree]
    for node in found:  # which grows
        for name in node._fields:
            part = getattr(node, name, None)
            if isinstance(part, ast.AST):
                found.append(part)
            elif isinstance(part, list):
                found += [one for one in part if isinstance(one, ast.AST)]
    return tuple(node for node in found if not isinstance(node, ast.expr_context | ast.operator))


def names_changed(body: list[ast.stmt]) -> tuple[str, ...]:
    """The names that statements change."""
    return tuple(dict.fromkeys(name for statement in body for name in _names_changed_by(statement)))


@lru_cache(1024)
def _names_changed_by(statement: ast.stmt) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in nodes_of(statement):
        target: ast.AST | None = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            target = node
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            target = node.func.value
        if isinstance(target, ast.Name):
            found[target.id] = None
    return tuple(found)
