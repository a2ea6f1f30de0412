"""Arrays of more than two axes, as sums of terms that are known entry by entry, and the loops that write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod

from matcalc.emission.eigen.values import ATOM, MATRICES, PRODUCT, SUM, UNARY, Types, Value, factor_text
from matcalc.network.nodes import Indices
from matcalc.position import Position, Single, end_of, first_of
from matcalc.records import NamedTuple
from matcalc.shape import Dim

Entry = Callable[[Mapping[int, str]], Value]  # of the names of indices, by their labels


class Term(NamedTuple):
    """An array with a label for each axis: zero but where equal labels have equal indices.

    Labels of ``dims`` that are on no axis are summed over.
    """

    pattern: Indices
    dims: Mapping[int, Dim]
    entry: Entry

    @property
    def summed(self) -> list[int]:
        return [label for label in self.dims if label not in self.pattern]

    @property
    def is_dense(self) -> bool:
        return len({*self.pattern}) == len(self.pattern) and not self.summed


Terms = Sequence[Term]


def dense(dims: Sequence[Dim], entry: Entry) -> list[Term]:
    """All entries of an array by one text."""
    return [Term(tuple(range(len(dims))), dict(enumerate(dims)), entry)]


def mapped(terms: Terms, change: Callable[[Value], Value]) -> list[Term]:
    """A linear function of each entry."""
    return [term._replace(entry=_after(term.entry, change)) for term in terms]


def _after(entry: Entry, change: Callable[[Value], Value]) -> Entry:
    return lambda at: change(entry(at))


def permuted(terms: Terms, order: Sequence[int]) -> list[Term]:
    """The axes in another order."""
    return [term._replace(pattern=tuple(term.pattern[axis] for axis in order)) for term in terms]


def embedded(value: Entry, indices: Indices, out: Indices, dims: Sequence[Dim]) -> list[Term]:
    """Deltas and free indices filled in."""
    return [Term(out, dict(zip(out, dims, strict=True)), lambda at: value({k: at[i] for k, i in enumerate(indices)}))]


def contracted(a: Terms, b: Terms, left: Indices, right: Indices, out: Indices) -> list[Term]:
    """An einsum of two arrays."""
    return [_contracted(one, other, left, right, out) for one in a for other in b]


def summed(terms: Terms, indices: Indices, out: Indices) -> list[Term]:
    """Sums along axes, and diagonals."""
    one = Term((), {}, lambda at: Value("1.0", ATOM, "number"))
    return [_contracted(term, one, indices, (), out) for term in terms]


def _contracted(a: Term, b: Term, left: Indices, right: Indices, out: Indices) -> Term:
    """Labels that stand at one index become one."""
    of_index: dict[int, int] = {}
    parent: dict[int, int] = {}

    def root(label: int) -> int:
        while parent.setdefault(label, label) != label:
            label = parent[label]
        return label

    shift = 1 + max([*a.dims, -1])
    for term, indices, offset in ((a, left, 0), (b, right, shift)):
        for label in term.dims:
            root(label + offset)
        for label, index in zip(term.pattern, indices, strict=True):
            here = root(label + offset)
            if index in of_index:
                parent[here] = root(of_index[index])
            of_index.setdefault(index, here)
    dims = {root(label): dim for label, dim in a.dims.items()}
    dims |= {root(label + shift): dim for label, dim in b.dims.items()}

    def entry(at: Mapping[int, str]) -> Value:
        first = a.entry({label: at[root(label)] for label in a.dims})
        second = b.entry({label: at[root(label + shift)] for label in b.dims})
        if "1.0" in (first.source, second.source):
            return second if first.source == "1.0" else first
        return Value(f"{first.at(PRODUCT)} * {second.at(UNARY)}", PRODUCT, "number")

    return Term(tuple(root(of_index[index]) for index in out), dims, entry)


def whole_entry(terms: Terms) -> Entry:
    """The entry of a sum of terms without sums, by the axes of the array: deltas are conditions."""

    def entry(at: Mapping[int, str]) -> Value:
        return added([_conditional(term, at) for term in terms])

    return entry


def _conditional(term: Term, at: Mapping[int, str]) -> Value:
    named: dict[int, str] = {}
    conditions = []
    for axis, label in enumerate(term.pattern):
        if label in named and named[label] != at[axis]:
            conditions.append(f"{named[label]} == {at[axis]}")
        named.setdefault(label, at[axis])
    value = term.entry(named)
    return Value(f"({' && '.join(conditions)} ? {value.source} : 0.0)", ATOM, "number") if conditions else value


def added(values: Sequence[Value]) -> Value:
    """The sum of numbers."""
    text = ""
    for value in values:
        if not text:
            text = value.source
        elif value.source.startswith("-") and value.level >= UNARY - 1:
            text += f" - {value.source[1:]}"
        else:
            text += f" + {value.at(PRODUCT)}"
    return Value(text, SUM if len(values) > 1 else values[0].level, "number")


def regrouped(entry: Entry, old: Sequence[Dim], new: Sequence[Dim], types: Types) -> list[Term]:
    """The same entries, in their order, with other axes: the place of one in the old array follows from its number."""

    def entry_at(at: Mapping[int, str]) -> Value:
        places: dict[int, str] = {}
        for here, there in _segments(old, new):
            number = flat([new[axis] for axis in there], [at[axis] for axis in there], types)
            places |= dict(zip(here, _unfolded(number, [old[axis] for axis in here], types), strict=True))
        return entry(places)

    return dense(new, entry_at)


def _segments(old: Sequence[Dim], new: Sequence[Dim]) -> list[tuple[range, range]]:
    """Neighbouring axes of either array that have as many entries: as few as there are."""
    ends = {prod(new[:end], start=Dim.of(1)): end for end in range(len(new) + 1)}
    found, a, b = [], 0, 0
    for end in range(1, len(old) + 1):
        other = ends.get(prod(old[:end], start=Dim.of(1)))
        if other is not None and (other > b or end == len(old)):
            found.append((range(a, end), range(b, other)))
            a, b = end, other
    return found


def _unfolded(number: str, dims: Sequence[Dim], types: Types) -> list[str]:
    """The indices of an entry of an array, by its number."""
    if len(dims) == 1:
        return [number]
    whole = number if number.isidentifier() else f"({number})"
    places, stride = [], Dim.of(1)
    for axis in reversed(range(len(dims))):
        behind = whole if types.known(stride) == 1 else f"{whole} / {_factor(stride, types)}"
        places.append(f"{behind} % {_factor(dims[axis], types)}" if axis else behind)
        stride = stride * dims[axis]
    return places[::-1]


def _factor(dim: Dim, types: Types) -> str:
    text = types.text(dim)
    return f"({text})" if " " in text else text


# ---------------------------------------------------------------- loops
def flat(dims: Sequence[Dim], at: Sequence[str], types: Types) -> str:
    """The place of an entry in an array row by row."""
    terms, stride = [], Dim.of(1)
    for dim, index in zip(dims[::-1], at[::-1], strict=True):
        size = types.known(stride)
        factor = f"({index})" if " " in index and not index.startswith("(") else index
        terms.append(index if size == 1 else f"{size or factor_text(stride)} * {factor}")
        stride = stride * dim
    return " + ".join(terms[::-1]) or "0"


def place(name: str, dims: Sequence[Dim], rows: int, at: Sequence[str], types: Types) -> str:
    """An entry of an array that is stored as a matrix, whose rows are the first axes, or as several matrices."""
    if not dims:
        return name
    if len(dims) > 2 and rows == MATRICES:
        return f"{name}[{flat(dims[:-2], at[:-2], types)}]({at[-2]}, {at[-1]})"
    sides = [flat(dims[:rows], at[:rows], types), flat(dims[rows:], at[rows:], types)]
    return f"{name}({', '.join(sides if rows < len(dims) else sides[:1])})"


def written(name: str, terms: Terms, dims: Sequence[Dim], rows: int, types: Types, letters: Sequence[str]) -> list[str]:
    """The statements that write an array: what is everywhere first, then what is added at some places, or summed."""

    def statement(term: Term, how: str, entry: Entry) -> list[str]:
        at = dict(zip(dict.fromkeys((*term.pattern, *term.dims)), letters, strict=False))
        places = [at[label] for label in term.pattern]
        order = dict.fromkeys(loop_order(term.pattern, term.summed, rows))
        body = f"{place(name, dims, rows, places, types)} {how} {entry(at).source};"
        return nest([(at[label], types.text(term.dims[label])) for label in order], body)

    everywhere = [term for term in terms if term.is_dense]
    lines = []
    if everywhere:
        first = everywhere[0]
        entries = [_on(term, first.pattern) for term in everywhere]
        lines += statement(first, "=", lambda at: added([entry(at) for entry in entries]))
    else:
        lines.append(cleared(name, dims, rows, types))
    for term in terms:
        if not term.is_dense:
            lines += _on_diagonal(name, term, rows) or statement(term, "+=", term.entry)
    return lines


def placed(
    name: str,
    entry: Entry,
    positions: Sequence[Position],
    dims: Sequence[Dim],
    rows: int,
    types: Types,
    letters: Sequence[str],
) -> list[str]:
    """The statement that writes a part of an array where it stands in the whole."""
    kept = [axis for axis, at in enumerate(positions) if not isinstance(at, Single)]
    named = dict(zip(kept, letters, strict=False))
    places = []
    for axis, at in enumerate(positions):
        first = "0" if at is None else types.text(first_of(at))
        moved = named.get(axis, first)
        places.append(f"{first} + {moved}" if axis in named and first != "0" else moved)
    sides = [dims[axis] if at is None else end_of(at).plus(first_of(at), -1) for axis, at in enumerate(positions)]
    order = loop_order(range(len(dims)), (), rows)
    body = f"{place(name, dims, rows, places, types)} = {entry(dict(enumerate(named.values()))).source};"
    return nest([(named[axis], types.text(sides[axis])) for axis in order if axis in named], body)


def loop_order(pattern: Sequence[int], summed: Sequence[int], rows: int) -> Sequence[int]:
    """The labels of loops, those of rows inside: matrices are stored column by column."""
    if rows == MATRICES and len(pattern) > 2:
        return (*pattern[:-2], pattern[-1], *summed, pattern[-2])
    return (*pattern[rows:], *summed, *pattern[:rows])


def cleared(name: str, dims: Sequence[Dim], rows: int, types: Types) -> str:
    """The statement that makes all entries zero."""
    if not dims:
        return f"{name} = 0.0;"
    if len(dims) > 2 and rows == MATRICES:
        return f"{name}.assign({types.matrices(tuple(dims))}, {types.constant(tuple(dims[-2:]), 'Zero')});"
    return f"{name}.setZero();"


def _on(term: Term, pattern: Indices) -> Entry:
    """The entry by the labels of another term with distinct ones."""
    labels = dict(zip(term.pattern, pattern, strict=True))
    return lambda at: term.entry({label: at[other] for label, other in labels.items()})


def _on_diagonal(name: str, term: Term, rows: int) -> list[str]:
    """One statement for a number on the diagonal of the matrix that an array is stored as."""
    if term.summed or not rows or term.pattern[:rows] != term.pattern[rows:]:
        return []
    try:
        value = term.entry({})
    except KeyError:  # it differs from place to place
        return []
    return [f"{name}.diagonal().array() += {value.source};"]


def nest(loops: Iterable[tuple[str, str]], body: str) -> list[str]:
    """A statement in loops."""
    lines = []
    depth = 0
    for index, end in loops:
        lines.append(f"{'    ' * depth}for (Eigen::Index {index} = 0; {index} < {end}; ++{index})")
        depth += 1
    return [*lines, f"{'    ' * depth}{body}"]
