"""Derivatives in exact index form: arrays with an axis for each dimension of what is differentiated, and by what."""

from __future__ import annotations

from itertools import islice

from matcalc.expr import Expr
from matcalc.network.nodes import Node
from matcalc.network.reshaping import reshape
from matcalc.network.views import View
from matcalc.shape import ONE, Dim, product
from matcalc.terminal import Printed


class Tensor(Printed):
    """A derivative with one axis for each dimension of f and of x that is not 1. ``str`` is index notation."""

    def __init__(self, node: Node, groups: tuple[int, ...], f: Expr, x: Expr) -> None:
        self.node = node
        self.groups = groups  # how many axes of the node each axis is made of: several where f is a Kronecker product
        self.f = f
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tensor) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.node, self.groups, self.f, self.x

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The dimensions, in the order of the axes."""
        axes = iter(self.node.dims)
        return tuple(product(tuple(islice(axes, count))) for count in self.groups)

    @property
    def view(self) -> View:
        """The array with the axes of f as its rows and those of x as its columns."""
        return View(reshape(self.node, self.dims), sum(side is not ONE for side in self.f.shape))

    def __str__(self) -> str:
        from matcalc.lifting.index import tensor_to_index

        return tensor_to_index(self.node, self.groups)

    def to_latex(self) -> str:
        """Index notation with the indices below, for LaTeX."""
        from matcalc.lifting.index import tensor_to_index

        return tensor_to_index(self.node, self.groups, typeset=True)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"
