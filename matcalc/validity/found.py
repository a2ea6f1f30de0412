"""The conditions of a formula: where each of its parts is defined and differentiable, as far as it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.expr import Expr
from matcalc.function import Kernel
from matcalc.functions import ATLEAST, DIFFERS, SQRTM, STEP
from matcalc.lowering.branches import in_branches
from matcalc.lowering.lower import lower, lower_all
from matcalc.lowering.selections import conditions_in, selection
from matcalc.network.nodes import FUNCTION_KINDS, Node, is_function, is_indicator
from matcalc.network.properties import is_semidefinite
from matcalc.network.views import View
from matcalc.rational import Fraction
from matcalc.rules.algorithms.selecting import entries_taken, taken
from matcalc.rules.formulas import template
from matcalc.rules.functions import complement, letter_dims
from matcalc.validity.eigenbases import Eigenbases
from matcalc.validity.members import at_a_member, member_forms
from matcalc.validity.plainer import follows, plainer, written
from matcalc.validity.relations import RELATIONS, Condition


def conditions(*exprs: Expr) -> tuple[str, ...]:
    """The conditions under which every part of formulas is defined and differentiable, in order of appearance."""
    return written(conditions_of(*exprs))


def conditions_of(*exprs: Expr) -> list[Condition]:
    """The conditions as such; what always holds, or follows from another, is left out."""
    return plainer(_of_all(in_branches([view.node for view in lower_all(list(exprs))], sparing=True)))


def _of_all(roots: list[Node]) -> list[Condition]:
    """The conditions of nodes and of what they are made of."""
    found: list[Condition] = []
    forms = member_forms()
    bases = Eigenbases()
    for node in _used(roots):
        at_member = at_a_member(node, forms)
        for condition in () if at_member is None else _own(at_member):
            found += _by_branches(condition)
        if at_member is not node:
            continue
        if (cases := selection(node)) is not None:
            found += [told._replace(is_compared=True) for told in plainer(_of_all([node.operands[0]]))]
            found += _of_branches(cases, lambda branch: _of_all([branch]))
        bases.visit(node)
        found += bases.found
        bases.found = []
    for root in roots:
        bases.finish(root)
    return [*found, *bases.found]


# ---------------------------------------------------------------- branches
_KNOWN: dict[Kernel, str] = {STEP: "> 0", ATLEAST: "≥ 0", DIFFERS: "≠ 0"}


def _of_branches(cases: tuple[Node, Node, Node], of: Callable[[Node], list[Condition]]) -> Iterator[Condition]:
    """The conditions of each branch that are not ensured where it is taken."""
    asked, *branches = cases
    for taken_where, branch in zip((asked, complement(asked)), branches, strict=True):
        told = [
            node
            for node, _ in conditions_in(taken_where, tuple(range(taken_where.rank)))
            if is_indicator(node) and node.function in _KNOWN
        ]
        known = plainer(Condition(node.operands, _KNOWN[node.function]) for node in told)
        for condition in plainer(of(branch)):
            if not any(condition == one or follows(condition, one) for one in known):
                yield condition._replace(where=(*condition.where, taken_where))


def _by_branches(condition: Condition) -> Iterator[Condition]:
    """A condition of a case distinction as conditions of its branches."""
    cases = selection(condition.operands[0]) if len(condition.operands) == 1 else None
    if cases is None:
        yield condition
    else:
        yield from _of_branches(cases, lambda branch: [condition._replace(operands=(branch,))])


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
    """What a node is made of; of a sum of which some entries are taken, those of its terms; of a case distinction,
    nothing."""
    if selection(node) is not None:  # they are told apart
        return
    if node.kind != "contraction":
        yield from node.operands
        return
    factors = node.factors
    for factor in factors:
        entries = entries_taken(factor, factors, node.product.out) if factor.node.kind == "sum" else None
        if entries is None:
            yield factor.node
        else:
            yield from (taken(term, factor.indices, *entries) for term in factor.node.operands)


def _own(node: Node) -> Iterator[Condition]:
    """The conditions of a node itself, of at most two axes: more have no notation."""
    if node.kind == "contraction":
        factors = node.factors
        for factor in factors:
            entries = entries_taken(factor, factors, node.product.out)
            used = factor.node if entries is None else taken(factor.node, factor.indices, *entries)
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
