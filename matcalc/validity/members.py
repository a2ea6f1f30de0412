"""Conditions about members: what is said of all matrices of a family is said of one, ``S[k]``."""

from __future__ import annotations

from itertools import islice

from matcalc.lifting.indices import wishes
from matcalc.lifting.lift import lift
from matcalc.lifting.members import MemberForms
from matcalc.lifting.slicing import NoMemberForm
from matcalc.network.members import has_members
from matcalc.network.nodes import Node
from matcalc.position import Index


def at_a_member(node: Node) -> Node | None:
    """The node at one member along each axis of members, in variables that stand for these; None where that is hidden
    in a group of axes."""
    if not has_members(node):
        return node
    forms = MemberForms(lift)
    try:
        axes = sorted(forms.of_members(node))
        letters = list(islice(wishes(node.dims[axes[0]], {}), len(axes))) if axes else []
        at = {axis: Index(letter, None) for axis, letter in zip(axes, letters, strict=True)}
        return forms.without(forms.slicing.at(node, at))
    except NoMemberForm:
        return None
