"""Case distinctions of a program: functions of a condition and two branches, of which one has a say."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.function import Function, Kernel
from matcalc.functions import ATLEAST, DIFFERS, EITHER, EQUALS, RELU, STEP
from matcalc.lowering.substitute import substitute
from matcalc.network.build import add, contract, unspread
from matcalc.network.leaves import number, spread_axes, spread_in_all
from matcalc.network.nodes import Factor, Indices, Node, constant_value, is_function
from matcalc.rational import Fraction
from matcalc.rules.functions import complement, elementwise
from matcalc.rules.slopes import spread
from matcalc.walk import postorder

DEEPEST = 20  # levels of a branch in which its condition is looked for
Condition = tuple[Node, Indices]  # on these axes
Conditions = frozenset[Condition]

_0, _1 = Fraction(0), Fraction(1)


def _selecting(name: str, test: str) -> Function:
    """v where a test of u holds, else w; what is not taken may have no value."""
    return Function(
        name, "(m,n),(m,n),(m,n)->(m,n)", operands=("u", "v", "w"), elementwise=True, flops="m*n",
        numpy=f"np.where({test}, {{v}}, {{w}})", c=f"({test} ? {{v}} : {{w}})",
        precise=f"v if {test.format(u='u')} else w",
    )  # fmt: skip


SELECT = _selecting("where", "{u} != 0")  # u is a condition as a number
_COMPARING: dict[Kernel, Function] = {  # by what a comparison with zero is as a number
    STEP: _selecting("where_positive", "{u} > 0"),
    ATLEAST: _selecting("where_nonnegative", "{u} >= 0"),
    EQUALS: _selecting("where_zero", "{u} == 0"),
    DIFFERS: _selecting("where_nonzero", "{u} != 0"),
}
_INDICATORS = {kernel: indicator for indicator, kernel in _COMPARING.items()}
SELECTIONS = (SELECT, *_COMPARING.values())


def select(condition: Node, u: Node, v: Node) -> Node:
    """u where a condition holds, else v."""
    if u is v:
        return u
    if alike := spread_in_all([condition, u, v]):
        kept = tuple(axis for axis in range(u.rank) if axis not in alike)
        chosen = select(*(unspread(node, kept) for node in (condition, u, v)))
        return contract(_1, [Factor(chosen, kept, _1)], tuple(range(u.rank)), dict(enumerate(u.dims)))
    told = narrowed(condition)
    if told.kind == "elementwise" and told.function in _COMPARING:
        return Node("elementwise", (spread(told.operands[0], u.dims), u, v), _COMPARING[told.function], u.dims)
    return Node("elementwise", (condition, u, v), SELECT, u.dims)


def selection(node: Node) -> tuple[Node, Node, Node] | None:
    """The condition and the two branches of a case distinction."""
    if node.kind != "elementwise" or node.function not in SELECTIONS:
        return None
    condition, u, v = node.operands
    return (condition if node.function is SELECT else elementwise(_INDICATORS[node.function], (condition,))), u, v


def narrowed(node: Node) -> Node:
    """The scalar that all entries of a node are, if they are one."""
    if node.rank and node.kind == "contraction" and len(spread_axes(node)) == node.rank:
        return unspread(node, ())
    return node


def conditions_in(condition: Node, axes: Indices) -> Conditions:
    """The conditions that one is made of, all of which hold where it does."""
    if condition.kind != "contraction" or constant_value(condition) is not None:
        return frozenset({(condition, axes)})
    return frozenset((f.node, tuple(axes[i] for i in f.indices)) for f in condition.factors)


# ---------------------------------------------------------------- what is known in a branch
def assuming(node: Node, condition: Node) -> Node:
    """A node where a condition holds, on the same axes: what the conditions among its parts are is known there."""
    axes = tuple(range(condition.rank))
    scalar: dict[Node, Node] = {}
    aligned: dict[Node, Node] = {}
    for one, places in conditions_in(condition, axes):
        if not is_function(one, EITHER):
            (scalar if not places else aligned if places == axes else {}).update(_facts(one))
    try:
        node = _everywhere(node, scalar) if scalar else node
        return _assuming(node, aligned, DEEPEST) if aligned else node
    except ZeroDivisionError:  # it has no value there
        return node


def _everywhere(node: Node, facts: Mapping[Node, Node]) -> Node:
    """What a scalar condition says, wherever it stands."""
    found = {part: cases for part in postorder(node) if (cases := selection(part)) and narrowed(cases[0]) in facts}
    taken = {part: u if constant_value(facts[narrowed(c)]) == 1 else v for part, (c, u, v) in found.items()}
    return substitute(node, {**facts, **taken})


def _facts(condition: Node) -> dict[Node, Node]:
    """What is known where a condition holds: it does, and what says the opposite does not."""
    found = {condition: number(_1, condition.dims), complement(condition): number(_0, condition.dims)}
    if is_function(condition, STEP):
        (u,) = condition.operands
        found[elementwise(RELU, (u,))] = u
    return found


def _assuming(node: Node, facts: Mapping[Node, Node], depth: int) -> Node:
    """The same on more axes: parts that stand on other axes are about other entries."""
    if node in facts:
        return facts[node]
    cases = selection(node)
    if cases is not None and cases[0] in facts:
        return _assuming(cases[1 if constant_value(facts[cases[0]]) == 1 else 2], facts, depth)
    if node.kind not in ("sum", "contraction", "elementwise") or not depth:
        return node
    axes = tuple(range(node.rank))
    product = node.product if node.kind == "contraction" else None
    if product is not None and product.out != axes:
        return node
    made = [
        _assuming(operand, facts, depth - 1) if product is None or product.indices[k] == axes else operand
        for k, operand in enumerate(node.operands)
    ]
    if all(new is old for new, old in zip(made, node.operands, strict=True)):
        return node
    if node.kind == "sum":
        return add(zip(node.coefficients, made, strict=True), node.dims)
    if product is None:
        return elementwise(node.function, tuple(made))
    factors = [f._replace(node=new) for f, new in zip(node.factors, made, strict=True)]
    return contract(product.coefficient, factors, product.out, dict(enumerate(product.sizes)))
