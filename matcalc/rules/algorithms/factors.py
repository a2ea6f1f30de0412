"""Helpers of rules for products: factors that share an index, and factors that make up a known product."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.functions import FUNCTIONS
from matcalc.network import properties
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.network.rewriting import Rewritten
from matcalc.records import NamedTuple
from matcalc.rules.functions import opaque


def without(factors: list[Factor], *gone: Factor) -> list[Factor]:
    return [f for f in factors if f not in gone]


def summed_only_on(index: Index, pair: tuple[Factor, ...], factors: list[Factor], out: Indices) -> bool:
    """Whether an index is summed and stands on the given factors alone."""
    return index not in out and all(index not in f.indices for f in factors if f not in pair)


def meet(a: Factor, i: int, b: Factor, j: int, factors: list[Factor], out: Indices) -> Rewritten | None:
    """a and b are inverses of each other, met at axis i of a and axis j of b: both go, their outer indices join."""
    if a.indices[i] != b.indices[j] or a.indices[0] == a.indices[1] or b.indices[0] == b.indices[1]:
        return None
    if not summed_only_on(a.indices[i], (a, b), factors, out):
        return None
    return Rewritten(without(factors, a, b), joined=[(a.indices[1 - i], b.indices[1 - j])], gone=(a.indices[i],))


def applied(name: str, operand: Node) -> Node:
    """A function of a matrix, in canonical form."""
    return opaque(FUNCTIONS[name], (operand,))


class Occurrence(NamedTuple):
    """Factors that multiply to a matrix, the index at its other end, and those summed between them."""

    factors: tuple[Factor, ...]
    end: Index
    inner: Indices


def occurrences(matrix: Node, axis: int, start: Index, factors: list[Factor], out: Indices) -> Iterator[Occurrence]:
    """Where the product that ``matrix`` is stands among the factors, written out, with ``axis`` at ``start``."""
    data = matrix.product
    used = {i for f in matrix.factors for i in f.indices}
    if len(set(data.out)) < 2 or not all(f.indices for f in matrix.factors) or len(used) < len(data.sizes):
        return
    for names, found in _matches(matrix.factors, {data.out[axis]: start}, factors):
        inner = tuple(names[i] for i in range(len(data.sizes)) if i not in data.out)
        end = names[data.out[1 - axis]]
        if len(set(names.values())) == len(names) and all(summed_only_on(i, found, factors, out) for i in inner):
            yield Occurrence(found, end, inner)


def _matches(
    pattern: list[Factor], names: dict[Index, Index], factors: list[Factor]
) -> Iterator[tuple[dict[Index, Index], tuple[Factor, ...]]]:
    """The ways to give each factor of a pattern a factor of its own; ``names`` are the indices known so far."""
    if not pattern:
        yield names, ()
        return
    wanted = next((f for f in pattern if any(i in names for i in f.indices)), None)
    if wanted is None:
        return
    for factor in factors:
        if factor.node is not wanted.node or factor.exponent != wanted.exponent:
            continue
        turns = [factor.indices, factor.indices[::-1]] if properties.is_symmetric(factor.node) else [factor.indices]
        for indices in turns:
            if all(names.get(i, at) == at for i, at in zip(wanted.indices, indices, strict=True)):
                known = {**names, **dict(zip(wanted.indices, indices, strict=True))}
                rest = [f for f in pattern if f is not wanted]
                for final, found in _matches(rest, known, without(factors, factor)):
                    yield final, (factor, *found)
