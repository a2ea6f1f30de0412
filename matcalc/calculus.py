"""The chain rule on the network.

``derivative`` accumulates in reverse, from the output to the variable, and carries the axes of the output along; so
one walk serves gradients, Jacobians and derivatives of any order. ``differential`` pushes a tangent forward.
What they differentiate by is a variable, or a part of one: an entry, a row, a column or a block.
Each function has one rule, its record's; both directions read it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import ParamSpec

from matcalc.errors import DerivativeError
from matcalc.expr import Expr, variable
from matcalc.functions.abstract import jacobian_of
from matcalc.lowering.lower import lower, lowered
from matcalc.network import build, leaves
from matcalc.network.nodes import ByKind, Factor, Node
from matcalc.network.open_product import OpenProduct, Part, closed, open_product, scaled
from matcalc.network.reshaping import reshape
from matcalc.network.views import View
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.rules.formulas import template
from matcalc.rules.functions import opaque
from matcalc.rules.slopes import slopes, spread
from matcalc.shape import ONE, Dim, product
from matcalc.walk import postorder

_1 = Fraction(1)
P = ParamSpec("P")


def defined(function: Callable[P, Node]) -> Callable[P, Node]:
    """A division by zero on the way is told in words."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Node:
        try:
            return function(*args, **kwargs)
        except (ZeroDivisionError, OverflowError) as error:
            raise DerivativeError("the derivative divides by zero") from error

    return guarded


# ---------------------------------------------------------------- reverse
@defined
def derivative(root: Node, x: Node) -> Node:
    """∂root/∂x: a node whose axes are those of ``root``, then those of ``x``."""
    if not root.rank:
        return pull_back(root, leaves.number(_1), x)
    seed_axes = tuple(range(root.rank))
    seed = build.contract(_1, [], (*seed_axes, *seed_axes), dict(enumerate(root.dims)))
    return pull_back(root, seed, x)


@defined
def pull_back(root: Node, cotangent: Node, x: Node) -> Node:
    """The cotangent of ``x``; ``cotangent`` has leading axes of its own, then those of ``root``."""
    if x.kind == "contraction":
        lead = cotangent.rank - root.rank
        return _part_of(closed(_pulled_back(root, cotangent, _whole(x)[0].node)), lead, x)
    return closed(_pulled_back(root, cotangent, x))


def _pulled_back(root: Node, cotangent: Node | OpenProduct, x: Node) -> Node | OpenProduct:
    """As ``pull_back``, where ``x`` is a variable; products are left open."""
    lead = len(cotangent.dims) - root.rank
    order = postorder(root)
    reached = _depends(order, x)
    received: dict[Node, list[Node | OpenProduct]] = {root: [cotangent]}
    lead_dims = cotangent.dims[:lead]
    for node in reversed(order):
        if node not in received or node not in reached or node is x:
            continue
        total = _total(received.pop(node), (*lead_dims, *node.dims))
        if _is_zero(total):
            continue
        for operand, share in _RULES[node.kind](node, total, lead, reached):
            received.setdefault(operand, []).append(share)
    return _total(received.get(x, []), (*lead_dims, *x.dims))


def _total(shares: list[Node | OpenProduct], dims: tuple[Dim, ...]) -> Node | OpenProduct:
    if len(shares) == 1:
        return shares[0]
    return build.add([(_1, closed(share)) for share in shares], dims)


def _is_zero(part: Node | OpenProduct) -> bool:
    """Whether a node is zero; of an open product it is not known yet."""
    return not isinstance(part, OpenProduct) and part.kind == "contraction" and part.product.coefficient == 0


def _depends(order: list[Node], x: Node) -> set[Node]:
    found: set[Node] = set()
    for node in order:
        if node is x or not found.isdisjoint(node.operands):
            found.add(node)
    return found


Shares = list[tuple[Node, Node | OpenProduct]]


def _contraction(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    product = node.product
    whole = OpenProduct(product.coefficient, node.factors, product.out, dict(enumerate(product.sizes)), node.dims)
    return _product(whole, cotangent, lead, reached)


def _product(whole: OpenProduct, cotangent: Node | OpenProduct, lead: int, reached: Collection[Node]) -> Shares:
    """For each factor that is reached, the cotangent times the other factors."""
    first = max(whole.sizes, default=-1) + 1
    leading = tuple(range(first, first + lead))
    sizes = {**whole.sizes, **dict(zip(leading, cotangent.dims, strict=False))}
    above: Part = (cotangent, (*leading, *whole.out), _1)
    factors = whole.factors
    shares: Shares = []
    for k, (operand, indices, exponent) in enumerate(factors):
        if operand in reached:
            others = factors[:k] + factors[k + 1 :]
            power = [Factor(operand, indices, exponent - 1)] if exponent != 1 else []
            parts = [above, *others, *power]
            shares.append((operand, open_product(parts, (*leading, *indices), sizes, whole.coefficient * exponent)))
    return shares


def _sum(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    return [(operand, scaled(c, cotangent)) for c, operand in node.terms if operand in reached]


def _reshape(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    (operand,) = node.operands
    return [(operand, reshape(closed(cotangent), (*cotangent.dims[:lead], *operand.dims)))]


def _elementwise(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    axes = tuple(range(lead, lead + node.rank))
    every = (*range(lead), *axes)
    sizes = dict(enumerate(cotangent.dims))
    shares: Shares = []
    for operand, slope in zip(node.operands, slopes(node), strict=True):
        if operand in reached and not _is_zero(slope):
            shares.append((operand, open_product([(cotangent, every, _1), (slope, axes, _1)], every, sizes)))
    return shares


def _opaque(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    shares: Shares = []
    for k, operand in enumerate(node.operands):
        if operand in reached:
            tangent = _tangent(operand.dims)
            rule = _opaque_differential(node, {k: tangent})
            if isinstance(rule, OpenProduct) and [factor.node for factor in rule.factors].count(tangent) == 1:
                ((_, share),) = _product(rule, cotangent, lead, (tangent,))  # the rule is linear in it
            else:
                share = _pulled_back(closed(rule), cotangent, tangent)
            shares.append((operand, share))
    return shares


def _leaf(node: Node, cotangent: Node | OpenProduct, lead: int, reached: set[Node]) -> Shares:
    """What has no operands hands nothing on."""
    return []


_RULES: ByKind[Callable[[Node, Node | OpenProduct, int, set[Node]], Shares]] = {
    "variable": _leaf,
    "size": _leaf,
    "constant": _leaf,
    "unit": _leaf,
    "contraction": _contraction,
    "sum": _sum,
    "elementwise": _elementwise,
    "opaque": _opaque,
    "reshape": _reshape,
}


# ---------------------------------------------------------------- forward
@defined
def differential(root: Node, tangents: Mapping[Node, Node]) -> Node:
    """The directional derivative of ``root`` where each variable moves along its tangent."""
    moved: dict[Node, Node] = {}
    for x, tangent in tangents.items():
        whole = _whole(x)[0].node if x.kind == "contraction" else x
        moved[whole] = _filled_up(tangent, x) if x.kind == "contraction" else tangent
    for node in postorder(root):
        if node not in moved and any(operand in moved for operand in node.operands):
            moved[node] = _push(node, moved)
    return moved.get(root, leaves.number(Fraction(0), root.dims))


def _push(node: Node, moved: Mapping[Node, Node]) -> Node:
    if node.kind == "sum":
        return build.add([(c, moved[n]) for c, n in node.terms if n in moved], node.dims)
    if node.kind == "reshape":
        return reshape(moved[node.operands[0]], node.dims)
    if node.kind == "opaque":
        return closed(_opaque_differential(node, {k: moved[n] for k, n in enumerate(node.operands) if n in moved}))
    out = tuple(range(node.rank))
    terms = []
    if node.kind == "elementwise":
        for operand, slope in zip(node.operands, slopes(node), strict=True):
            if operand in moved:
                factors = [Factor(slope, out, _1), Factor(moved[operand], out, _1)]
                terms.append((_1, build.contract(_1, factors, out, dict(enumerate(node.dims)))))
        return build.add(terms, node.dims)
    product = node.product
    factors = node.factors
    for k, (operand, indices, exponent) in enumerate(factors):
        if operand in moved:
            power = [Factor(operand, indices, exponent - 1)] if exponent != 1 else []
            step = [*factors[:k], *power, Factor(moved[operand], indices, _1), *factors[k + 1 :]]
            made = build.contract(product.coefficient * exponent, step, product.out, dict(enumerate(product.sizes)))
            terms.append((_1, made))
    return build.add(terms, node.dims)


# ---------------------------------------------------------------- parts of variables
def _whole(part: Node) -> tuple[Factor, list[Factor]]:
    """The variable that a part is of, and the unit vectors on the axes that are fixed."""
    units = [factor for factor in part.factors if factor.node.kind == "unit"]
    (whole,) = (factor for factor in part.factors if factor.node.kind == "variable")
    return whole, units


def _part_of(slope: Node, lead: int, part: Node) -> Node:
    """The derivative by a part, from that by the whole variable; it has ``lead`` axes before those of the variable."""
    whole, units = _whole(part)
    leading = tuple(range(len(part.product.sizes), len(part.product.sizes) + lead))
    sizes = dict(enumerate((*part.product.sizes, *slope.dims[:lead])))
    taken = [Factor(slope, (*leading, *whole.indices), _1), *units]
    return build.contract(_1, taken, (*leading, *part.product.out), sizes)


def _filled_up(tangent: Node, part: Node) -> Node:
    """The tangent of a variable of which a part moves: zero elsewhere."""
    whole, units = _whole(part)
    moved = [Factor(tangent, part.product.out, _1), *units]
    return build.contract(_1, moved, whole.indices, dict(enumerate(part.product.sizes)))


# ---------------------------------------------------------------- the records' rules
def _opaque_differential(node: Node, tangents: Mapping[int, Node]) -> Node | OpenProduct:
    """The record's differential, linear in the tangents of the operands that move.

    Raises:
        DerivativeError: the record gives no differential.
    """
    function = node.record
    if function.abstract is not None:
        return _abstract_differential(node, function.abstract.order, tangents[0])
    if not (function.each.function if function.each else function).differential:
        raise DerivativeError(f"the derivative of {function.name} is not known")
    if function.each is not None:
        return _differential_of_each(node, tangents)
    body, declared = template(function.differential, function, "d")
    form = function.shape.forms[0]
    environment: dict[object, View] = {}
    dims: dict[str, Dim] = {}
    for k, (name, operand, sides) in enumerate(zip(function.operands, node.operands, form.operands, strict=True)):
        rows, cols = _sides(operand.dims, sides)
        for letters, dim in zip(sides, (rows, cols), strict=True):
            if letters:
                dims[letters[0]] = dim
        layout = int(rows is not ONE)
        environment[declared[name]] = View(operand, layout)
        moving = tangents.get(k)
        environment[declared["d" + name]] = View(
            leaves.number(Fraction(0), operand.dims) if moving is None else moving, layout
        )
    view = lower(body, environment, dims, leave_open=True)  # type: ignore[arg-type]
    return view.part if view.dims == node.dims else spread(view.node, node.dims)


def _differential_of_each(node: Node, tangents: Mapping[int, Node]) -> Node:
    """The differential of the function that is applied to each member, for all members."""
    from matcalc.lowering.axes import OWN, Axis, Open, placed
    from matcalc.lowering.bound import of_each

    assert node.function.each is not None
    function, form, lead = node.function.each
    body, declared = template(function.differential, function, "d")
    members: tuple[Axis, ...] = tuple(Index(f"member {k}", function) for k in range(lead))
    environment: dict[Expr, Open] = {}
    dims: dict[str, Dim] = {}
    for k, (name, operand, sides) in enumerate(zip(function.operands, node.operands, form.operands, strict=True)):
        own = [(axis, side[0]) for axis, side in zip(OWN, sides, strict=True) if side]
        axes = (*members, *(axis for axis, _ in own))
        dims.update(zip((letter for _, letter in own), operand.dims[lead:], strict=True))
        still = leaves.number(Fraction(0), operand.dims)
        environment[declared[name]] = Open(operand, axes)
        environment[declared[f"d{name}"]] = Open(tangents.get(k, still), axes)
    made = of_each(body, environment, dims, lowered)
    own_axes = [axis for axis, side in zip(OWN, form.result, strict=True) if side]
    return reshape(placed(made, (*members, *own_axes)), node.dims)


def _abstract_differential(node: Node, order: int, tangent: Node) -> Node:
    """D(f)(x)*dx, in the axes of f: the rows of D(f) are vec f, columns before rows."""
    jacobian = opaque(jacobian_of(node.record), node.operands)
    cols = 1 if order and tangent.rank else 0
    rows = node.rank - cols
    axes = tuple(range(node.rank))
    moved = tuple(range(node.rank, node.rank + tangent.rank))
    factors = [Factor(jacobian, (*axes[rows:], *axes[:rows], *moved), _1), Factor(tangent, moved, _1)]
    return build.contract(_1, factors, axes, dict(enumerate((*node.dims, *tangent.dims))))


def _sides(dims: tuple[Dim, ...], sides: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[Dim, Dim]:
    if len(dims) == 2:
        return dims[0], dims[1]
    return (dims[0] if dims else ONE), ONE


def _tangent(dims: tuple[Dim, ...]) -> Node:
    """A variable of these axes."""
    rows, cols = (product(dims[:-1]), dims[-1]) if len(dims) > 1 else (*dims, ONE, ONE)[:2]
    return Node("variable", (), variable("d", rows, cols), dims)
