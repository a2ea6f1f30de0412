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


@lru_cache(256)
def names_changed(loop: ast.For) -> tuple[str, ...]:
    """The names that the body of a loop changes."""
    found: dict[str, None] = {}
    for statement in loop.body:
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
