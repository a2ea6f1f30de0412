"""What of a network is of members: arrays of all members of a family, and functions that are applied to each."""

from __future__ import annotations

from matcalc.network.nodes import Node
from matcalc.walk import postorder


def is_of_members(node: Node) -> bool:
    """Whether a node itself is an array of matrices, or a function of each of them."""
    if node.kind == "variable":
        return node.rank > 2
    return node.kind == "opaque" and node.function.each is not None


def has_members(node: Node) -> bool:
    return any(map(is_of_members, postorder(node)))
