"""Identities of unit vectors: e_i.*x is x[i]*e_i, e_i'*e_j is 0 or 1, an entry of a sum of them is a sum of entries.

They arise where entries, rows and columns are differentiated, and by them. No lines, since what an entry is taken of
may have any number of axes.
"""

from __future__ import annotations

from matcalc.network.build import add
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.network.shared import part
from matcalc.placements import place_on
from matcalc.position import are_apart
from matcalc.rational import Fraction

_1 = Fraction(1)


def unit_vectors(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The first rule that applies to a unit vector among the factors of a product."""
    for unit in factors:
        if not _is_unit_vector(unit.node):
            continue
        (index,) = unit.indices
        others = [f for f in factors if f is not unit and index in f.indices]
        for rule in (_power, _two_units, _entries, _entry_of_sum):
            found = rule(unit, others, [f for f in factors if f is not unit and f not in others], index in out)
            if found is not None:
                return found
    return None


def _is_unit_vector(node: Node) -> bool:
    return node.kind == "unit" and node.rank == 1


def _power(unit: Factor, others: list[Factor], rest: list[Factor], kept: bool) -> Rewritten | None:
    """A power of zeros and a one is itself."""
    if unit.exponent == 1:
        return None
    if unit.exponent < 0:
        raise ZeroDivisionError("an entry of a unit vector")
    return Rewritten([*others, *rest, unit._replace(exponent=_1)])


def _two_units(unit: Factor, others: list[Factor], rest: list[Factor], kept: bool) -> Rewritten | None:
    """Different unit vectors share no entry; one alone that is summed is 1."""
    if any(_is_unit_vector(f.node) and are_apart(f.node.place, unit.node.place) for f in others):
        return Rewritten([], added=[Factor(number(Fraction(0)), (), _1)], gone=unit.indices)
    if not others and not kept:
        return Rewritten(rest, gone=unit.indices)
    return None


def _entries(unit: Factor, others: list[Factor], rest: list[Factor], kept: bool) -> Rewritten | None:
    """What is multiplied with a unit vector is taken at its entry; a single plain factor, summed, is so already."""
    (index,) = unit.indices
    plain = len(others) == 1 and not kept and others[0].exponent == 1 and others[0].indices.count(index) == 1
    if not others or plain:
        return None
    added = [_at(unit.node, f, index) for f in others]
    return Rewritten([*rest, unit] if kept else rest, added=added, gone=() if kept else (index,))


def _at(unit: Node, factor: Factor, index: Index) -> Factor:
    """A factor at the position of a unit vector, on each axis that has its index."""
    places = tuple(i for i in factor.indices if i != index)
    fixed = [axis for axis, i in enumerate(factor.indices) if i == index]
    free = 1 + max(factor.indices)
    indices = tuple(free + axis if axis in fixed else i for axis, i in enumerate(factor.indices))
    sizes = dict(zip(indices, factor.node.dims, strict=True))
    units = [Factor(unit, (free + axis,), _1) for axis in fixed]
    return Factor(part([Factor(factor.node, indices, _1), *units], places, sizes), places, factor.exponent)


def _entry_of_sum(unit: Factor, others: list[Factor], rest: list[Factor], kept: bool) -> Rewritten | None:
    """(x + c*e_2)[1] = x[1]."""
    (index,) = unit.indices
    if len(others) != 1 or others[0].node.kind != "sum" or others[0].exponent != 1:
        return None
    (total,) = others
    axes = [axis for axis, i in enumerate(total.indices) if i == index]
    if len(axes) > 1 or not any(_has_unit(o, axes[0]) for o in total.node.operands):
        return None
    every = tuple(range(total.node.rank))
    places = tuple(axis for axis in every if axis not in axes)
    sizes = dict(enumerate(total.node.dims))
    at = Factor(unit.node, (axes[0],), _1)
    terms = [(c, part([Factor(o, every, _1), at], places, sizes)) for c, o in total.node.terms]
    made = add(terms, tuple(sizes[axis] for axis in places))
    return Rewritten(rest, added=[Factor(made, tuple(total.indices[axis] for axis in places), _1)], gone=(index,))


def _has_unit(node: Node, axis: int) -> bool:
    """Whether a node is zero along an axis but at some positions, by form."""
    return place_on(node, axis) is not None
