"""What of a network is of members: arrays of all members of a family, and functions that are applied to each."""

from __future__ import annotations

from matcalc.network.nodes import Node
from matcalc.walk import postorder


def has_members(node: Node) -> bool:
    """Whether there are arrays of matrices in a network, or functions of each of them."""
    for part in postorder(node):
        if part.kind == "variable":
            if part.rank > 2:
                return True
        elif part.kind == "opaque" and part.function.each is not None:
            return True
    return False
