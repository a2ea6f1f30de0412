"""What has three axes, such as a hinge of D[i,j] - D[i,k], as a matrix at each index of one of them.

Matrix notation has no name for an array of three axes; index notation would say what it is, or Kronecker products with
m^2 columns. A book sums over one index, or says what each row is: stack_{i} rowsum(step(1 + D[i,:]'*ones(m)' - …)).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

from matcalc.expr import Expr
from matcalc.network.nodes import Factor, Node
from matcalc.notation.text import to_text
from matcalc.rational import Fraction
from matcalc.walk import postorder

Opened = Mapping[Node, frozenset[int]]
MOST_WAYS = 9  # to choose an axis that are tried
FOR_INDICES = Fraction(5, 4)  # how much longer than index notation a formula may be
FOR_GROUPS = Fraction(2)  # … than index notation in which an index is of several axes, step(kron(A, B) - …)[i*j,k]


def opened(node: Node, rows: int, whole: Expr, lift: Callable[[Node, int], Expr]) -> Expr:
    """The formula of a node at an index of what has three axes, where that reads better than its ``whole`` formula."""
    ways = [axes for axes, _ in zip(_ways(node), range(MOST_WAYS), strict=False)] if node.rank <= 2 else []
    if not ways:
        return whole
    from matcalc.lifting.members import MemberForms
    from matcalc.lifting.slicing import NoMemberForm

    found = [whole]
    for axes in ways:
        with contextlib.suppress(NoMemberForm):
            found.append(MemberForms(lift, opened=axes).formula(node, rows))
    return min(found, key=_rating) if len(found) > 1 else whole


def _rating(expr: Expr) -> Fraction:
    """How long the text of a formula is; matrix notation may be somewhat longer than index notation."""
    length = len(to_text(expr))
    places = [place for part in expr.parts if part.kind == "indexed" for place in part.data[2]]
    if any("*" in group for place in places for group in place):
        return length * FOR_GROUPS
    return length * FOR_INDICES if places else Fraction(length)


def _ways(root: Node) -> Iterator[Opened]:
    """Which axes may be opened: one of all functions of three axes, or that of an index beside a constant of three."""
    parts = postorder(root)
    if all(part.rank < 3 for part in parts):
        return
    wide = [part for part in parts if part.rank == 3 and part.kind == "elementwise"]
    for part in parts:
        wide += [f.node for f in _factors(part) if f.node.rank == 3 and f.node.kind == "sum" and f.exponent != 1]
    for axis in range(3) if wide else ():
        yield dict.fromkeys(wide, frozenset((axis,)))
    for part in parts:
        if any(f.node.rank == 3 and f.node.kind == "opaque" for f in _factors(part)):
            yield from _beside_constants(part)


def _factors(part: Node) -> list[Factor]:
    return part.factors if part.kind == "contraction" else []


def _beside_constants(product: Node) -> Iterator[Opened]:
    """An index that matrices share, such as that of samples in the cross products v[i] × x[i]."""
    factors = [f for f in product.factors if f.node.rank == 2]
    within = {i for f in product.factors if f.node.rank == 3 for i in f.indices}
    for index in dict.fromkeys(i for f in factors for i in f.indices if i not in within):
        at = [(f.node, f.indices.index(index)) for f in factors if index in f.indices]
        is_of_samples = len(at) > 1 and not any(node.kind == "opaque" for node, _ in at)
        if is_of_samples and len(dict(at)) == len(set(at)):  # one axis of each
            yield {node: frozenset((axis,)) for node, axis in at}
