"""Network → Expr, the whole way: members, what is lifted of each, repeated parts, and the names of indices.

What is about members and indices is loaded where there are some.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expr import Expr
from matcalc.lifting.forms import by_columns
from matcalc.lifting.lifter import Lifter
from matcalc.lifting.opened import opened
from matcalc.network.nodes import Node


def lift(node: Node, rows: int, like: Sequence[Expr] = (), *, stacked: bool = False) -> Expr:
    """The formula of a node whose first ``rows`` axes make up the rows, the others the columns.

    ``stacked`` says that it is an array of matrices, which is written as what each of them is. Differences have the
    sign that they have in the formulas ``like``, where it does not matter.
    """

    def plain(part: Node, rows: int) -> Expr:
        return by_columns(Lifter(like).lift(part, tuple(range(rows)), tuple(range(rows, part.rank))))

    if not stacked and not node.has_members:
        whole = plain(node, rows)
        made = opened(node, rows, whole, plain)
        if made is whole:
            return whole
    else:
        from matcalc.lifting.members import MemberForms
        from matcalc.lifting.repeated import with_repeated_parts

        forms = MemberForms(plain)
        made = with_repeated_parts(forms.stack(node) if stacked else forms.formula(node, rows))
    from matcalc.lifting.indices import with_names

    return with_names(made, like)
