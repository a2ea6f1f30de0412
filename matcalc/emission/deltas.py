"""Identity matrices that products only lead other axes through: eye(p*q) as p×q×p×q, contracted with A and B, is a
Kronecker product of these, and is never formed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matcalc.emission.rewriting import Rewriting
from matcalc.network.nodes import Index, Indices
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim, product


class Linked(NamedTuple):
    """An array whose entries are those of a smaller one where axes agree, and zero elsewhere.

    ``axes`` are the labels of each axis, of several where it stacks several; a label that stands twice is a delta.
    ``core`` is the smaller array and the label of each of its axes; None stands for the number 1.
    """

    axes: tuple[Indices, ...]
    sizes: Mapping[Index, Dim]
    core: tuple[str, Indices] | None


def reshaped_identity(made: Rewriting, step: Step, operands: tuple[str, ...]) -> Linked | None:
    """An identity matrix one of whose sides is taken apart."""
    eye = made.by_name.get(operands[0])
    if eye is None or eye.operation != "embed" or eye.data != ((), (0, 0)) or eye.operands != ("1",):
        return None
    for inner in (step.dims[1:], step.dims[:-1]):
        if len(step.dims) > 2 and product(inner) is eye.dims[0]:
            labels = tuple(range(len(inner)))
            single = tuple((label,) for label in labels)
            axes = (labels, *single) if inner == step.dims[1:] else (*single, labels)
            return Linked(axes, dict(enumerate(inner)), None)
    return None


def led_through(made: Rewriting, linked: Linked, step: Step, k: int, operands: tuple[str, ...]) -> Linked | None:
    """The product of a linked array, which is operand k, with another one; None where it is not as simple."""
    own, others, out = step.data[k], step.data[1 - k], step.data[2]
    axes = dict(zip(own, linked.axes, strict=True))
    summed = set(own) & set(others)
    if len(set(own)) < len(own) or len(set(others)) < len(others) or summed & set(out) or set(own) - summed - set(out):
        return None
    if any(len(axes[i]) != 1 for i in summed) or not set(others) <= summed | set(out):
        return None
    first = max(linked.sizes) + 1
    labels = {i: axes[i][0] if i in summed else first + at for at, i in enumerate(others)}
    places = tuple(labels[i] for i in others)
    dims = dict(zip(places, step.operand_dims[1 - k], strict=True))
    known = {**dims, **linked.sizes}
    left = tuple(axes[i] if i in axes else (labels[i],) for i in out)
    count = Counter(label for group in linked.axes for label in group)
    if linked.core is None:
        core = operands[1 - k], places
    else:
        name, indices = linked.core
        every = tuple(dict.fromkeys((*indices, *places)))
        data = (indices, places, every)
        core = made.add("product", (name, operands[1 - k]), data, tuple(known[i] for i in every)), every
    if any(count[labels[i]] != 2 for i in summed):
        return None
    return Linked(left, known, core)


def formed(made: Rewriting, linked: Linked, dims: tuple[Dim, ...]) -> str | None:
    """The array itself, where no delta is left."""
    every = tuple(label for group in linked.axes for label in group)
    if linked.core is None or len(set(every)) < len(every) or set(every) != set(linked.core[1]):
        return None
    name, labels = linked.core
    order = tuple(labels.index(label) for label in every)
    sides = tuple(linked.sizes[label] for label in every)
    step = made.by_name.get(name)
    if order == tuple(range(len(order))):
        transposed = name
    elif step is not None and step.operation == "product":
        *places, out = step.data
        transposed = made.add("product", step.operands, (*places, tuple(out[k] for k in order)), sides)
    else:
        transposed = made.add("permute", (name,), order, sides)
    return transposed if sides == dims else made.add("reshape", (transposed,), None, dims)
