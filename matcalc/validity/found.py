"""The conditions of a formula: where each of its parts is defined and differentiable, as far as it is used."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.expr import Expr
from matcalc.functions import SQRTM
from matcalc.lowering.lower import lower, lower_all
from matcalc.network.nodes import FUNCTION_KINDS, Node, is_function
from matcalc.network.properties import is_semidefinite
from matcalc.network.views import View
from matcalc.rational import Fraction
from matcalc.rules.algorithms.selecting import entries_taken, taken
from matcalc.rules.formulas import template
from matcalc.rules.functions import letter_dims
from matcalc.validity.eigenbases import Eigenbases
from matcalc.validity.plainer import plainer, written
from matcalc.validity.relations import RELATIONS, Condition


def conditions(*exprs: Expr) -> tuple[str, ...]:
    """The conditions under which every part of formulas is defined and differentiable, in order of appearance."""
    return written(conditions_of(*exprs))


def conditions_of(*exprs: Expr) -> list[Condition]:
    """The conditions as such; what always holds, or follows from another, is left out."""
    roots = [view.node for view in lower_all(list(exprs))]
    found: list[Condition] = []
    bases = Eigenbases()
    for node in _used(roots):
        found += _own(node)
        bases.visit(node)
        found += bases.found
        bases.found = []
    for root in roots:
        bases.finish(root)
    return plainer([*found, *bases.found])


def _used(roots: list[Node]) -> list[Node]:
    """All nodes that entries are used of, operands before their users."""
    order: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order[node] = None
        elif node not in order:
            stack.append((node, True))
            stack += [(part, False) for part in reversed(list(_parts(node))) if part not in order]
    return list(order)


def _parts(node: Node) -> Iterator[Node]:
    """What a node is made of; of a sum of which some entries are taken, those of its terms."""
    if node.kind != "contraction":
        yield from node.operands
        return
    factors = node.factors
    for factor in factors:
        selection = entries_taken(factor, factors, node.product.out) if factor.node.kind == "sum" else None
        if selection is None:
            yield factor.node
        else:
            yield from (taken(term, factor.indices, *selection) for term in factor.node.operands)


def _own(node: Node) -> Iterator[Condition]:
    """The conditions of a node itself, of at most two axes: more have no notation."""
    if node.kind == "contraction":
        factors = node.factors
        for factor in factors:
            selection = entries_taken(factor, factors, node.product.out)
            used = factor.node if selection is None else taken(factor.node, factor.indices, *selection)
            if used.rank <= 2:
                yield from _of_power(used, factor.exponent)
    elif is_function(node, SQRTM) and is_semidefinite(node.operands[0]):
        return  # the root of zero is zero
    elif node.kind in FUNCTION_KINDS and all(operand.rank <= 2 for operand in node.operands):
        yield from (_by_record(text.strip(), node) for text in node.record.defined.split(";") if text)


def _of_power(base: Node, exponent: Fraction) -> Iterator[Condition]:
    """A divisor is not zero; what has a root of even order taken of it is not negative."""
    if exponent.denominator % 2 == 0:
        yield Condition((base,), "> 0" if exponent < 0 else "≥ 0")
    elif exponent < 0:
        yield Condition((base,), "≠ 0")


def _by_record(text: str, node: Node) -> Condition:
    """A condition as a function's record has it: formulas in the operands, and what is said of them."""
    relation = max((name for name in RELATIONS if text.endswith(name)), key=len)
    formulas = text.removesuffix(relation).strip().split(" and ")
    return Condition(tuple(_lowered(formula, node) for formula in formulas), relation)


def _lowered(formula: str, node: Node) -> Node:
    function = node.record
    if formula in function.operands:
        return node.operands[function.operands.index(formula)]
    body, declared = template(formula, function)
    environment = {
        declared[name]: View(operand, operand.rank if function.elementwise else min(operand.rank, 1))
        for name, operand in zip(function.operands, node.operands, strict=True)
    }
    dims = letter_dims(function.shape.forms[0], node.operands)
    return lower(body, environment, {letter: dim for letter, dim in dims.items() if not function.elementwise}).node
