"""Conditions about members: what is said of all matrices of a family is said of one, ``S[k]``."""

from __future__ import annotations

from itertools import islice

from matcalc.lifting.indices import wishes
from matcalc.lifting.lift import lift
from matcalc.lifting.members import MemberForms
from matcalc.lifting.slicing import NoMemberForm
from matcalc.network.nodes import Node
from matcalc.position import Index


def member_forms() -> MemberForms:
    """What finds the nodes of a network at a member, each once."""
    return MemberForms(lift)


def at_a_member(node: Node, forms: MemberForms) -> Node | None:
    """The node at one member along each axis of members, in variables that stand for these; None where that is hidden
    in a group of axes."""
    if not node.has_members:
        return node
    try:
        axes = sorted(forms.of_members(node))
        letters = list(islice(wishes(node.dims[axes[0]], {}), len(axes))) if axes else []
        at = {axis: Index(letter, None) for axis, letter in zip(axes, letters, strict=True)}
        return forms.without(forms.slicing.at(node, at))
    except NoMemberForm:
        return None
