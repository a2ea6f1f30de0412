"""Terms that are placed by rows of the identity, written as one block matrix: eye(m)[1:k,:]'*A + … as [A; …]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from matcalc.expr import Expr, zeros
from matcalc.lifting.factors import rows_of_eye
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.placements import At, in_order
from matcalc.position import Several, are_apart, end_of, first_of, positions, size_of
from matcalc.shape import ONE, Dim, is_at_most, whole_number
from matcalc.stacking import blocks

Side = tuple[tuple[At | None, Dim], ...]  # the places on an axis in order, those of zeros too, and how long they are


def filled(places: Sequence[At], dim: Dim) -> Side | None:
    """The places on an axis with those between them, None where there may be no such."""
    if not places:
        return ((None, dim),)
    found: list[tuple[At | None, Dim]] = []
    end = whole_number(0)
    for at in places:
        if first_of(at) is not end:
            gap = first_of(at).plus(end, -1)
            found.append((positions(end, gap), gap))
        found.append((at, size_of(at)))
        end = end_of(at)
    if end is not dim:
        gap = dim.plus(end, -1)
        found.append((positions(end, gap), gap))
    return tuple(found) if all(is_at_most(ONE, size) for _, size in found) else None


def with_blocks(terms: list[Term], writer: Writer) -> list[Term]:
    """The terms of a sum with those that are placed one below the other, or side by side, as one block matrix."""
    ends = {end.kind for term in terms if len(term.chain) > 1 for end in (*term.chain[0].operands, term.chain[-1])}
    for below in (True, False) if "entry" in ends else ():
        found = {at: term for term in terms if (at := _place(term, below)) is not None}
        if len(found) < 2 or not all(are_apart(a, b) for a, b in combinations(found, 2)):
            continue
        rows_of = next(iter(found.values())).chain[0 if below else -1]
        side = filled(in_order(list(found)), rows_of.shape[0 if below else 1])
        if side is None:
            continue
        parts = {at: writer.assemble(_unplaced(term, below)) for at, term in found.items()}
        other = next(iter(parts.values())).shape[1 if below else 0]
        made = [_block(parts, at, size, other, below) for at, size in side]
        whole = blocks([[part] for part in made] if below else [made])
        return [*(term for term in terms if term not in found.values()), Term(chain=(whole,))]
    return terms


def _place(term: Term, below: bool) -> Several | None:
    """The rows, or columns, at which a term is placed."""
    if len(term.chain) < 2:
        return None
    if not below:
        return rows_of_eye(term.chain[-1])
    first = term.chain[0]
    return rows_of_eye(first.operands[0]) if first.kind == "transpose" else None


def _unplaced(term: Term, below: bool) -> Term:
    return term._replace(chain=term.chain[1:] if below else term.chain[:-1])


def _block(parts: dict[Several, Expr], at: At | None, size: Dim, other: Dim, below: bool) -> Expr:
    part = parts.get(at) if isinstance(at, Several) else None
    return part if part is not None else zeros(size, other) if below else zeros(other, size)
