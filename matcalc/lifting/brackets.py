"""A product without a matrix form, as a matrix in index notation: [A[i,k]*B[k,j] | i; j]."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count

from matcalc.expr import Expr, eye, ones
from matcalc.indexed import indexed
from matcalc.network.nodes import Factor, Index, Indices
from matcalc.shape import Dim


def in_brackets(
    factors: list[Factor],
    rows: Indices,
    cols: Indices,
    sizes: dict[Index, Dim],
    with_groups: Callable[[Factor], tuple[Expr, list[Indices]]],
) -> Expr:
    """Index notation of a product, given the formula of each factor and its axes that make up rows and columns."""
    names: dict[Index, str] = {}
    letters = chain("ijklpqrstuvw", (f"i{k}" for k in count(1)))
    for index in (*rows, *cols, *(i for f in factors for i in f.indices)):
        if index not in names:
            names[index] = next(letters)
    exprs: list[Expr] = []
    places: list[tuple[str, ...]] = []
    used = {i for f in factors for i in f.indices}
    slots: list[list[str]] = []
    seen: set[Index] = set()
    for side in (rows, cols):
        slots.append([])
        for index in side:
            name = names[index]
            if index in seen:  # a delta
                name = next(letters)
                exprs.append(eye(sizes[index]))
                places.append((names[index], name))
            elif index not in used:
                exprs.append(ones(sizes[index]))
                places.append((name,))
            seen.add(index)
            slots[-1].append(name)
    for factor in factors:
        expr, groups = with_groups(factor)
        exprs.append(expr)
        places.append(tuple("*".join(names[factor.indices[axis]] for axis in group) for group in groups))
    known = {name for place in places for group in place if "*" not in group for name in [group]}
    for index in dict.fromkeys(i for f in factors for i in f.indices):
        if names[index] not in known:  # an index in groups only: a factor of ones says what it runs over
            exprs.append(ones(sizes[index]))
            places.append((names[index],))
    return indexed(tuple(slots[0]), tuple(slots[1]), tuple(exprs), tuple(places))
