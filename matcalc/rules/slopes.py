"""f'(u) of elementwise functions, read off their records."""

from __future__ import annotations

from matcalc.errors import DerivativeError
from matcalc.network import build
from matcalc.network.nodes import Factor, Node
from matcalc.network.views import View
from matcalc.rational import Fraction
from matcalc.rules.formulas import lowered, template
from matcalc.shape import Dim

_1 = Fraction(1)


def slopes(node: Node) -> list[Node]:
    """f'(u) of an elementwise node, one for each operand."""
    function = node.record
    if not function.derivative:
        raise DerivativeError(f"the derivative of {function.name} is not known")
    found = []
    for text in function.derivative.split(";"):
        body, declared = template(text.strip(), function)
        environment = {
            declared[name]: View(operand, operand.rank)
            for name, operand in zip(function.operands, node.operands, strict=True)
        }
        view = lowered(body, environment)
        found.append(spread(view.node, node.dims))
    return found


def spread(node: Node, dims: tuple[Dim, ...]) -> Node:
    """A node, or an array of these dims in which a scalar stands everywhere."""
    if node.dims == dims:
        return node
    return build.contract(_1, [Factor(node, (), _1)], tuple(range(len(dims))), dict(enumerate(dims)))
