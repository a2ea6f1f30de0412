"""Jacobians of functions without a known body, given by their products with vectors: jvp_f(x, v) and vjp_f(x, u).

A product with a matrix is made column by column. A Jacobian that is needed itself is one with the identity: by adjoints
where it has no more rows than columns.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.network.nodes import Indices
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim

SHAPED = '''
def _shaped(name, value, shape):
    """What a given function returned, refused where it has another shape; sides of 1 may be left out or put in."""
    array = np.asarray(value, dtype=float)
    if [side for side in array.shape if side != 1] != [side for side in shape if side != 1] or array.ndim > 2:
        raise ValueError(f"{name} must return an array of shape {shape}, got {array.shape}")
    return array.reshape(shape)
'''

COLUMNS = '''
def _columns(name, product, x, block, size):
    """A Jacobian at x, or its transpose, times each column of a matrix."""
    return np.stack([_shaped(name, product(x, column), (size,)) for column in block.T], axis=1)
'''


class Pass(NamedTuple):
    """A step that multiplies a Jacobian: jvp or vjp, the Jacobian, what it is multiplied with, and the places."""

    kind: str
    jacobian: str
    other: str
    places: Indices  # of the Jacobian
    at: Indices  # of the other

    @property
    def summed(self) -> int:
        return self.places[1] if self.kind == "jvp" else self.places[0]

    @property
    def kept(self) -> int:
        return self.places[0] if self.kind == "jvp" else self.places[1]


def is_jacobian(step: Step | None) -> bool:
    """Whether a step is the Jacobian of a function without a known body."""
    return (
        step is not None
        and step.operation == "function"
        and step.data.abstract is not None
        and step.data.abstract.order == 1
    )


def pass_of(step: Step, steps: Mapping[str, Step]) -> Pass | None:
    """How a step multiplies a Jacobian by a vector or a matrix; of two Jacobians, the cheaper to make is made."""
    if step.operation != "product":
        return None
    left, right, out = step.data
    a, b = step.operands
    found = []
    for jacobian, other, places, at in ((a, b, left, right), (b, a, right, left)):
        if is_jacobian(steps.get(jacobian)) and len(set(places)) == 2 and len(set(at)) == len(at) <= 2:
            shared = [i for i in places if i in at]
            if len(shared) == 1 and shared[0] not in out and jacobian != other:
                kind = "jvp" if places[1] == shared[0] else "vjp"
                found.append(Pass(kind, jacobian, other, places, at))
    return min(found, key=lambda p: _columns_of(p, step), default=None)


def _columns_of(found: Pass, step: Step) -> tuple[int, str]:
    """How many vectors are passed on; where that is a symbol, adjoints are preferred."""
    left, right, _ = step.data
    sizes: dict[int, Dim] = {}
    for places, dims in zip((left, right), step.operand_dims, strict=True):
        sizes.update(zip(places, dims, strict=True))
    count = 1
    for index in found.at:
        if index != found.summed:
            count *= sizes[index].number or 0
    return (count or 1 << 62), "" if found.kind == "vjp" else "jvp"


def by_rows(dims: tuple[Dim, ...]) -> bool:
    """Whether a Jacobian with these rows and columns is made by adjoints."""
    rows, columns = (dim.number for dim in dims)
    return rows is None or columns is None or rows <= columns
