"""What a well-formed node is, kind by kind: the invariants that the canonical constructors keep and all readers use.

Tests hold every node of many formulas and derivatives against them; nothing else asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from types import NoneType, UnionType

from matcalc.expr import Expr
from matcalc.families import array_dims
from matcalc.function import Kernel
from matcalc.network.nodes import ByKind, Node, Product
from matcalc.position import Several, Stretch, size_of
from matcalc.shape import ONE, Dim
from matcalc.walk import postorder


def faults(*roots: Node) -> list[str]:
    """What is wrong with the nodes of a network, in words; nothing where it is well-formed."""
    return [f"{node!r}: {fault}" for node in postorder(*roots) for fault in _faults(node)]


def _faults(node: Node) -> Iterator[str]:
    if not isinstance(node.data, CLASSES[node.kind]):
        yield f"its payload is of class {type(node.data).__name__}"
        return
    if node.rank != len(node.dims):
        yield "its rank is not the number of its axes"
    if ONE in node.dims:
        yield "an axis has one entry"
    yield from CHECKS[node.kind](node)


def _leaf(node: Node) -> Iterator[str]:
    if node.operands:
        yield "a leaf has operands"


def _variable(node: Node) -> Iterator[str]:
    yield from _leaf(node)
    if node.variable.kind != "variable":
        yield "it is another formula than a variable"
    elif node.dims != array_dims(node.variable):
        yield "its axes are not those of the variable"


def _scalar(node: Node) -> Iterator[str]:
    yield from _leaf(node)
    if node.rank:
        yield "a scalar has axes"


def _unit(node: Node) -> Iterator[str]:
    yield from _leaf(node)
    if isinstance(node.place, Several):
        if node.rank != 2 or node.dims[0] is not size_of(node.place):
            yield "rows of the identity are not as many as it has positions"
    elif node.rank != 1 or (isinstance(node.place, int) and node.place < 0):
        yield "a unit vector has one axis, and its place is no negative number"


def _sum(node: Node) -> Iterator[str]:
    if len(node.coefficients) != len(node.operands):
        yield "there is not one coefficient for each term"
    if len(node.operands) < 2:
        yield "a sum has two terms at least"
    if 0 in node.coefficients:
        yield "a coefficient is zero"
    if len(set(node.operands)) < len(node.operands):
        yield "like terms are not together"
    if any(operand.dims != node.dims for operand in node.operands):
        yield "a term has other axes"
    if any(operand.kind == "sum" for operand in node.operands):
        yield "a term is a sum"
    if any(
        operand.kind == "contraction" and operand.operands and operand.product.coefficient != 1
        for operand in node.operands
    ):
        yield "a term has a number of its own"


def _contraction(node: Node) -> Iterator[str]:
    product = node.product
    places = list(zip(node.operands, product.indices, product.exponents, strict=False))
    if not len(node.operands) == len(product.indices) == len(product.exponents):
        yield "there are not indices and an exponent for each factor"
    if any(operand.rank != len(indices) for operand, indices, _ in places):
        yield "a factor has not one index for each axis"
    if any(
        product.sizes[i] is not dim
        for operand, indices, _ in places
        for i, dim in zip(indices, operand.dims, strict=False)
    ):
        yield "an index has another size than an axis that it stands on"
    if node.dims != tuple(product.sizes[i] for i in product.out):
        yield "its axes have not the sizes of its free indices"
    if any(exponent == 0 for _, _, exponent in places):
        yield "an exponent is zero"
    if len({(operand, indices) for operand, indices, _ in places}) < len(places):
        yield "equal factors are not together"
    used = {i for _, indices, _ in places for i in indices} | set(product.out)
    if used != set(range(len(product.sizes))):
        yield "an index stands nowhere, or has no size"
    if product.coefficient == 0 and node.operands:
        yield "zero has factors"


def _reshape(node: Node) -> Iterator[str]:
    (operand,) = node.operands
    if prod(node.dims, start=ONE) is not prod(operand.dims, start=ONE):
        yield "its entries are not as many as its operand's"
    if node.dims == operand.dims:
        yield "it changes nothing"


def _function(node: Node) -> Iterator[str]:
    if node.function.elementwise != (node.kind == "elementwise"):
        yield "the function is of another kind"
    elif node.kind == "elementwise" and any(operand.dims != node.dims for operand in node.operands):
        yield "an operand has other axes"


# What the payload of each kind is.
CLASSES: ByKind[type | UnionType] = {
    "variable": Expr,
    "size": Dim,
    "constant": str,
    "unit": int | Dim | range | Stretch,
    "contraction": Product,
    "sum": tuple,
    "elementwise": Kernel,
    "opaque": Kernel,
    "reshape": NoneType,
}

CHECKS: ByKind[Callable[[Node], Iterator[str]]] = {
    "variable": _variable,
    "size": _scalar,
    "constant": _scalar,
    "unit": _unit,
    "sum": _sum,
    "contraction": _contraction,
    "reshape": _reshape,
    "elementwise": _function,
    "opaque": _function,
}
