"""Conditions of the network as comparisons joined by and and or."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

from matcalc.bound import free_indices
from matcalc.expr import Expr, call, mul, number, ones, transpose
from matcalc.function import CONDITIONS, Kernel
from matcalc.functions import ATLEAST, DIFFERS, EITHER, EQUALS, STEP, WHERE
from matcalc.lifting.factors import masking_where, transposed
from matcalc.lowering.lower import lower
from matcalc.lowering.selections import SELECT, narrowed, selection
from matcalc.network.build import add, permute, scale
from matcalc.network.leaves import number as filled
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Indices, Node, is_function, is_indicator
from matcalc.network.views import atomic
from matcalc.rational import Fraction

_1 = Fraction(1)
_SIGNS: dict[Kernel, str] = {STEP: ">", ATLEAST: ">=", EQUALS: "==", DIFFERS: "!="}
_TURNED = {">": "<", ">=": "<=", "==": "==", "!=": "!="}

Lifted = Callable[[Node], Expr]


def written_conditions(formulas: Iterable[Expr]) -> dict[Node, Expr]:
    """The conditions that stand in formulas, by their nodes; those at an index that is bound around them are not."""
    found = [part for formula in formulas for part in formula.parts if part.kind == "call" and part.data.states]
    return {atomic(lower(part)).node: part for part in found if not free_indices(part.parts)[part]}


def as_cases(node: Node) -> tuple[Node, Node, Node] | None:
    """A condition and two branches: a condition as a number is 1 or 0."""
    if is_indicator(node) and node.function is not STEP:
        return node, filled(_1), filled(Fraction(0))
    return selection(node)


def by_cases(
    node: Node, cases: tuple[Node, Node, Node], operands: Sequence[Expr], lifted: Lifted, known: Mapping[Node, Expr]
) -> Expr:
    """A case distinction; of more than two axes, in the groups of axes that the formulas of its operands have."""
    asked, *branches = cases
    if node.rank <= 2:
        return _selected(written(asked, lifted, known), *(lifted(narrowed(branch)) for branch in branches))
    compared, *others = operands
    if not narrowed(asked).rank:
        condition = written(asked, lifted, known)
    else:
        sign = "!=" if node.function is SELECT else _SIGNS[asked.function]
        condition = call(CONDITIONS[sign], compared, number(0))
    scalars = [narrowed(branch) for branch in branches]
    others = others or [number(1), number(0)]
    return call(WHERE, condition, *(e if s.rank else lifted(s) for e, s in zip(others, scalars, strict=True)))


def _selected(condition: Expr, u: Expr, v: Expr) -> Expr:
    """where(condition, u, v); of what is above the diagonal, striu(u)."""
    triangle = masking_where(condition) if v is number(0) else None
    if triangle is None:
        return call(WHERE, condition, u, v)
    if u.shape.is_scalar:
        u = mul(u, ones(*condition.shape)) if u is not number(1) else ones(*condition.shape)
    opposite = masking_where(call(condition.data, transposed(condition.operands[0]), number(0)))
    if u.kind == "transpose" and opposite is not None:
        return transpose(call(opposite, u.operands[0]))
    return call(triangle, u)


def written(node: Node, lifted: Lifted, known: Mapping[Node, Expr]) -> Expr:
    """The condition of a node, 1 where it holds: as it is ``known``, or with what is ``lifted`` as its sides."""
    if (node := narrowed(node)) in known:
        return known[node]
    if node.kind == "elementwise" and node.function in _SIGNS:
        return _comparison(_SIGNS[node.function], node.operands[0], lifted)
    if is_function(node, EITHER):
        return call(CONDITIONS["or"], *(written(part, lifted, known) for part in node.operands))
    if node.kind == "contraction" and node.operands and node.product.coefficient == 1:
        found = [_of_factor(f, node.product.out, lifted, known) for f in node.factors]
        parts = [part for part in found if part is not None]
        if len(parts) == len(found) and node.rank == max(part.rank for part in node.operands):
            return reduce(lambda one, other: call(CONDITIONS["and"], one, other), parts)
    return call(CONDITIONS["!="], lifted(node), number(0))


def _of_factor(factor: Factor, out: Indices, lifted: Lifted, known: Mapping[Node, Expr]) -> Expr | None:
    """The condition that a factor is on the axes of a product, which may have them in another order."""
    node, indices, _ = factor
    if not indices or indices == out:
        return written(node, lifted, known)
    if node.kind != "elementwise" or node.function not in _SIGNS or sorted(indices) != sorted(set(out)):
        return None
    axes = [indices.index(i) for i in out]
    return _comparison(_SIGNS[node.function], permute(node.operands[0], axes), lifted)


def _comparison(sign: str, difference: Node, lifted: Lifted) -> Expr:
    """u > v of u - v > 0: what has a minus goes to the other side; the longer side is the left, numbers are right."""
    coefficient, core = split_coefficient(difference)
    terms = [(coefficient * c, term) for c, term in core.terms] if core.kind == "sum" else [(_1, difference)]
    sides = [[(abs(c), term) for c, term in _with_signs(terms) if (c > 0) == is_left] for is_left in (True, False)]
    left, right = (lifted(narrowed(add(side, difference.dims))) if side else number(0) for side in sides)
    if left.kind == "number" or (right.kind != "number" and right.length > left.length):
        left, right, sign = right, left, _TURNED[sign]
    return call(CONDITIONS[sign], left, right)


def _with_signs(terms: list[tuple[Fraction, Node]]) -> list[tuple[Fraction, Node]]:
    """Terms with the signs of the numbers before them."""
    found = []
    for c, term in terms:
        negative = term.kind == "contraction" and term.product.coefficient < 0
        found.append((-c, scale(-_1, term)) if negative else (c, term))
    return found
