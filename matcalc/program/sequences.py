"""Sums of first entries and differences of neighbours as steps, where a program would multiply by their matrices."""

from __future__ import annotations

from matcalc.function import Kernel
from matcalc.functions import DIFFMATRIX, TRILONES
from matcalc.lowering.substitute import substitute
from matcalc.network.build import contract
from matcalc.network.components import connected
from matcalc.network.nodes import Factor, Index, Node, is_function
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.walk import postorder

_1 = Fraction(1)


def _along_columns(name: str, signature: str, numpy: str, c: str, batch: str = "") -> Kernel:
    return Kernel(name, signature, operands=("x",), numpy=numpy, batch=batch or numpy, c=c, flops="n")


CUMSUM = _along_columns(
    "cumsum",
    "(n,1)->(n,1)",
    "np.cumsum({x})",
    "cumulative_sum({x}, {y}, {count});",
    "np.cumsum({x}, axis=-1)",
)
REVCUMSUM = _along_columns(
    "revcumsum",
    "(n,1)->(n,1)",
    "np.cumsum({x}[::-1])[::-1]",
    "reverse_sum({x}, {y}, {count});",
    "np.cumsum({x}[..., ::-1], axis=-1)[..., ::-1]",
)
DIFF = _along_columns("diff", "(n,1)->(n-1,1)", "np.diff({x})", "differences({x}, {y}, {count});")
FALLS = _along_columns("falls", "(n,1)->(n+1,1)", "-np.diff({x}, prepend=0.0, append=0.0)", "falls({x}, {y}, {count});")

# What each matrix, and its transpose, makes of a vector.
_STEPS = {TRILONES: (CUMSUM, REVCUMSUM), DIFFMATRIX: (DIFF, FALLS)}


def with_sequences(nodes: list[Node]) -> list[Node]:
    """Nodes in which these matrices are multiplied by no vector."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        made = _applied(node)
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _applied(node: Node) -> Node:
    factors = node.factors if node.kind == "contraction" else []
    for matrix in factors:
        found = next((steps for function, steps in _STEPS.items() if is_function(matrix.node, function)), None)
        if found is None or matrix.exponent != 1 or len(set(matrix.indices)) < 2:
            continue
        others = [f for f in factors if f != matrix]
        for step, kept, summed in zip(found, matrix.indices, matrix.indices[::-1], strict=True):
            vector = _vector(node, others, kept, summed)
            if vector:
                sizes = dict(enumerate(node.product.sizes))
                made = opaque(step, (_applied(contract(_1, vector, (summed,), dict(sizes))),))
                rest = [f for f in others if f not in vector]
                product = [*rest, Factor(made, (kept,), _1)]
                return _applied(contract(node.product.coefficient, product, node.product.out, sizes))
    return node


def _vector(node: Node, others: list[Factor], kept: Index, summed: Index) -> list[Factor]:
    """The factors of the vector on a summed index; nothing where they are a matrix."""
    found = connected(others, {summed}, {kept})
    ends = {i for f in found for i in f.indices} & {kept, *node.product.out}
    return found if summed not in node.product.out and not ends else []
