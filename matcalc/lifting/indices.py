"""Names of indices that are bound: those that the reader wrote for a dimension, else k for K and the next letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from matcalc.bound import BINDERS, free_indices, ranges, renamed
from matcalc.expr import Expr, name_of
from matcalc.notation.text import APART
from matcalc.parts import parts_of, with_parts
from matcalc.position import Index
from matcalc.records import changed
from matcalc.shape import Dim

_LETTERS = "ijklpqrstuvw"
Names = frozenset[str]
NONE: Names = frozenset()


def with_names(formula: Expr, like: Sequence[Expr]) -> Expr:
    """The formula with names of bound indices that stand for nothing else where they stand."""
    order = formula.parts
    if not any(part.kind in BINDERS for part in order):
        return formula
    taken = {name_of(part) for part in order if part.kind == "variable"}
    taken |= {symbol for part in order for dim in part.shape for symbol in dim.symbols}
    written: dict[Dim, list[str]] = {}
    for part in reversed(parts_of(*like)):  # outer ones first
        if part.kind in BINDERS:
            for index, dim in ranges(part.operands[0], part.data).items():
                written.setdefault(dim, []).append(index.name)
    return _Naming(frozenset(taken), written).formula(formula, NONE)


class _Naming:
    """Outer indices are named before inner ones; binders are nested no deeper than a person writes them."""

    def __init__(self, taken: Names, written: Mapping[Dim, Sequence[str]]) -> None:
        self.taken = taken
        self.written = written
        self.known: dict[tuple[Expr, Names], Expr] = {}

    def formula(self, formula: Expr, around: Names) -> Expr:
        """The formula under indices of these names.

        A long stack that has no index of those around it is written apart, with names of its own.
        """
        made: dict[Expr, Expr] = {}
        free = free_indices(formula.parts) if around else {}
        for binder in _outermost(formula):
            is_apart = around and binder.kind == "stack" and not free[binder] and binder.length >= APART
            key = binder, NONE if is_apart else around
            if key not in self.known:
                self.known[key] = self._binder(*key)
            made[binder] = self.known[key]
        return with_parts(formula, made) if made else formula

    def _binder(self, binder: Expr, around: Names) -> Expr:
        (body,) = binder.operands
        over = ranges(body, binder.data)
        new: dict[Index, Index] = {}
        for index in binder.data.indices:
            used = self.taken.union(around, (other.name for other in new.values()))
            name = next(name for name in wishes(over[index], self.written) if name not in used)
            new[index] = Index(name, None)
        inner = self.formula(renamed(body, new), around.union(other.name for other in new.values()))
        return Expr(binder.kind, (inner,), changed(binder.data, indices=tuple(new.values())), binder.shape)


def _outermost(formula: Expr) -> list[Expr]:
    """The binders of a formula that stand in no other."""
    found: dict[Expr, None] = {}
    seen = {formula}
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        if part.kind in BINDERS:
            found[part] = None
            continue
        for operand in reversed(part.operands):
            if operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return list(found)


def wishes(dim: Dim, written: Mapping[Dim, Sequence[str]]) -> Iterator[str]:
    """Names for an index that runs over a dimension, in the order in which they are tried."""
    letter = str(dim).lower() if str(dim).isupper() and len(str(dim)) == 1 else ""
    near = _LETTERS[_LETTERS.index(letter) :] if letter and letter in _LETTERS else letter
    return chain(written.get(dim, ()), near, _LETTERS, (f"i{k}" for k in count(1)))
