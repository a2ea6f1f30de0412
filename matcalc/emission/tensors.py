"""Products with results of more than two axes: as one matrix product, or as an outer product that is transposed.

NumPy multiplies matrices by BLAS; an einsum over more axes it computes entry by entry. So axes are grouped to those
that are summed and those that are not, and a transpose of the result, which is a view, puts them in order. Where the
result is to be contiguous in its order, an outer product is written by broadcasting instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.emission.source import dim, subscript
from matcalc.emission.text import ATOM, POWER, PRODUCT, Text, aligned
from matcalc.network.nodes import Index, Indices
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim, product


class Made(NamedTuple):
    """Statements that prepare ``{name}``, the text that is computed of it, and the indices of its axes."""

    before: list[str]
    text: str
    indices: Indices


def matrix_product(step: Step, a: Text, b: Text, blocked: Index | None = None) -> Made | None:
    """A product with sums, by one matrix product; None where an index runs along both operands and the result.

    Of the ``blocked`` index only some entries are there.
    """
    left, right, out = step.data
    summed = tuple(i for i in left if i in right and i not in out)
    own, others = (tuple(i for i in indices if i not in summed) for indices in (left, right))
    is_plain = len(set(left)) == len(left) and len(set(right)) == len(right)
    if not summed or not is_plain or set(own) & set(others) or not out:
        return None
    dims = dict(zip((*left, *right), (*step.operand_dims[0], *step.operand_dims[1]), strict=True))
    sizes = {i: None if i == blocked else size for i, size in dims.items()}
    if out[0] in others and own:  # what comes first in the result comes first
        left, right, own, others, a, b = right, left, others, own, b, a
    lines: list[str] = []
    same = step.operands[0] == step.operands[1] and _is_grouped(left, summed) and left.index(summed[0]) == 0
    if same and right[: len(summed)] == summed:
        lines.append(f"{{name}} = {_reshaped(a, left, summed, own, sizes)}")
        text = "{name}.T.dot({name})"  # which NumPy computes by halves
    else:
        first = _grouped(a, left, summed, sizes, is_first=True)
        second = _grouped(b, right, summed, sizes, is_first=False)
        text = f"{first}.dot({second})"
    shaped = ", ".join(_side((sizes[i],)) for i in (*own, *others))
    text += f".reshape({shaped})" if max(len(own), len(others)) > 1 else ""
    return Made(lines, text, (*own, *others))


def of_stacks(step: Step, a: Text, b: Text) -> Text | None:
    """A product along an index that both operands and the result have: of stacks of matrices, or entry by entry."""
    left, right, out = step.data
    along = tuple(i for i in out if i in left and i in right)
    summed = tuple(i for i in left if i in right and i not in out)
    own, others = (tuple(i for i in indices if i not in along + summed) for indices in (left, right))
    if len({*left}) < len(left) or len({*right}) < len(right) or {*out} != {*along, *own, *others}:
        return None
    if not summed and len(out) > 2 and along:
        return Text(f"{aligned(a, left, out).at(PRODUCT)} * {aligned(b, right, out).at(POWER)}", PRODUCT)
    if not along or len(summed) != 1 or len(own) != 1 or len(others) != 1:
        return None
    made = (*along, *own, *others)
    if out[-1] == own[0]:  # what comes last in the result comes last
        left, right, own, others, a, b = right, left, others, own, b, a
        made = (*along, *own, *others)
    first, second = (*along, *own, *summed), (*along, *summed, *others)
    product = f"{a.at(ATOM)}{transposition(left, first)} @ {b.at(ATOM)}{transposition(right, second)}"
    turn = transposition(made, out)
    return Text(f"({product}){turn}") if turn else Text(product, PRODUCT)


def outer_product(step: Step, a: Text, b: Text, *, is_small: bool) -> Text:
    """The product of all entries with all entries, with its axes in order by a transpose.

    NumPy's einsum goes over contiguous arrays faster than its outer product, but a call of it takes longer.
    """
    left, right, out = step.data
    made = (*left, *right)
    turn = transposition(made, out)
    if is_small:
        return Text(f"np.multiply.outer({a.source}, {b.source}){turn}")
    return Text(f'np.einsum("{subscript(left)},{subscript(right)}->{subscript(made)}", {a.source}, {b.source}){turn}')


def broadcast_product(step: Step, a: Text, b: Text) -> Text | None:
    """The same, contiguous in its order; None where an operand would need a general transpose."""
    left, right, out = step.data
    sides = [_stretched(text, indices, out) for text, indices in ((a, left), (b, right))]
    if None in sides:
        return None
    return Text(f"{sides[0]} * {sides[1]}", PRODUCT)


def is_outer(step: Step) -> bool:
    """Whether each entry of one operand is multiplied by each of the other."""
    if step.operation != "product" or len(step.dims) < 2:
        return False
    left, right, out = step.data
    return bool(left) and bool(right) and len({*left, *right}) == len(out) == len(left) + len(right)


def sum_of_outer(steps: Sequence[Step], texts: Sequence[tuple[Text, Text]]) -> list[str]:
    """A sum of outer products with the same groups of axes: a matrix product of few columns with as many rows."""
    groups = groups_of(steps)
    assert groups is not None
    first, second, out = groups
    stacks: dict[Indices, list[str]] = {first: [], second: []}
    for step, pair in zip(steps, texts, strict=True):
        for text, indices in zip(pair, step.data[:2], strict=True):
            places = tuple(step.data[2].index(i) for i in indices)
            group = first if set(places) == set(first) else second
            stacks[group].append(text.source if places == group else f"{text.at(ATOM)}.T")
    count = len(steps)
    columns, rows = (f"np.array(({', '.join(stack)})).reshape({count}, -1)" for stack in stacks.values())
    if len(out) == 2:
        return [f"{{name}} = np.array(({', '.join(stacks[first])})).T.dot(np.array(({', '.join(stacks[second])})))"]
    sides = ", ".join(dim(steps[0].dims[k]) for k in (*first, *second))
    return [
        f"{{name}} = {columns}.T.dot({rows})",
        f"{{name}} = {{name}}.reshape({sides}){transposition((*first, *second), out)}",
    ]


def groups_of(steps: Sequence[Step]) -> tuple[Indices, Indices, Indices] | None:
    """The axes of both operands of several outer products, where they are the same for all; and all axes."""
    found = set()
    for step in steps:
        if not is_outer(step) or max(map(len, step.data[:2])) > 2:
            return None
        left, right, out = step.data
        found.add(frozenset(tuple(sorted(out.index(i) for i in indices)) for indices in (left, right)))
    if len(found) != 1 or len(next(iter(found))) != 2:
        return None
    first, second = sorted(found.pop())
    return first, second, tuple(range(len(steps[0].dims)))


# ---------------------------------------------------------------- pieces
def transposition(made: Indices, out: Indices) -> str:
    """The transpose that brings axes into order."""
    order = tuple(made.index(i) for i in out)
    if order == tuple(range(len(order))):
        return ""
    return ".T" if len(order) == 2 else f".transpose({', '.join(map(str, order))})"


def _side(dims: Sequence[Dim | None]) -> str:
    """The length of axes together, where it is known."""
    known = [d for d in dims if d is not None]
    return dim(product(tuple(known))) if len(known) == len(dims) else "-1"


def _is_grouped(indices: Indices, summed: Indices) -> bool:
    count = len(summed)
    return indices[:count] == summed or indices[-count:] == summed


def _grouped(
    text: Text, indices: Indices, summed: Indices, sizes: Mapping[Index, Dim | None], *, is_first: bool
) -> str:
    """An operand as a matrix with the summed axes as columns, if it is the first, or as rows, or as a vector."""
    kept = tuple(i for i in indices if i not in summed)
    if not _is_grouped(indices, summed):
        order = (*kept, *summed) if is_first else (*summed, *kept)
        text, indices = Text(f"{text.at(ATOM)}{transposition(indices, order)}"), order
    sums_first = indices[: len(summed)] == summed
    matrix = _reshaped(text, indices, *((summed, kept) if sums_first else (kept, summed)), sizes)
    return f"{matrix}.T" if kept and sums_first == is_first else matrix


def _reshaped(text: Text, indices: Indices, rows: Indices, cols: Indices, sizes: Mapping[Index, Dim | None]) -> str:
    if len(rows) <= 1 and len(cols) <= 1:
        return text.at(ATOM)
    if not rows or not cols:
        return f"{text.at(ATOM)}.ravel()"
    sides = (_side([sizes[i] for i in group]) for group in (rows, cols))
    return f"{text.at(ATOM)}.reshape({', '.join(sides)})"


def _stretched(text: Text, indices: Indices, out: Indices) -> str | None:
    """An operand with an axis for each of the result."""
    places = [out.index(i) for i in indices]
    source = text.at(ATOM)
    if places != sorted(places):
        if len(places) != 2:
            return None
        source = f"{source}.T"
    axes = [":" if k in places else "None" for k in range(min(places), len(out))]
    return source if "None" not in axes else f"{source}[{', '.join(axes)}]"
