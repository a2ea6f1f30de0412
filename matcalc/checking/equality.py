"""Whether two formulas are equal, with the ground: proved, up to a bounded error probability, numerically, or not.

In this order: the same canonical network; equal when multiplied out; equal at random points of a prime field; equal at
random points with fifty digits or, for functions that have none here, in double precision; different, with the smallest
counterexample that was found.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from matcalc.checking import field
from matcalc.checking.bodies import with_bodies
from matcalc.checking.comparison import LARGELY, SEED, Comparison, all_variables
from matcalc.checking.declarations import declarations
from matcalc.checking.expansion import TooLong, expanded
from matcalc.checking.points import sizes_at
from matcalc.checking.verdict import Verdict
from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr import Expr
from matcalc.lowering.lower import lower_all
from matcalc.network import build
from matcalc.network.nodes import Node, constant_value
from matcalc.network.views import same_layout
from matcalc.parts import abstract_functions
from matcalc.walk import postorder

Evidence = dict[str, Any]
SHORT = 100  # formulas of so many parts together are lowered before NumPy is loaded for their values
ROOTS = 20  # points at which a formula with square roots is zero in the field


def equal(left: Expr, right: Expr, company: Sequence[Expr] = (), domain: Sequence[Expr] = ()) -> Verdict:
    """Whether two formulas of one shape are equal wherever both are defined; ``company`` are variables of both.

    Of derivatives, ``domain`` is the formula that they are of: they are compared where it is defined, in each of its
    pieces, and not where it may have no derivative.

    Raises:
        ShapeError: the shapes differ.
    """
    if left.shape != right.shape:
        raise ShapeError("formulas of different shapes are not equal", f"{left.shape} and {right.shape}").about(
            "a", "b"
        )
    evidence = {"left": str(left), "right": str(right), "seed": SEED}
    if abstract_functions(left, right):
        known = {"functions": declarations((), left, right)["functions"]}
        return _of_every_function((left, right, *domain), company, {**evidence, **known})
    numbers = Comparison(left, right, company, domain)
    is_long = left.length + right.length > SHORT
    if is_long and numbers.plain and numbers.differs(1) and numbers.gap > LARGELY:  # sooner seen than forms are made
        return numbers.wrong(evidence)
    try:
        a, b = same_layout(*lower_all([left, right]))
    except MatcalcError:
        return numbers.verdict(evidence)
    if a.node is b.node:
        return _same_form(evidence)
    difference = build.add([(build._1, a.node), (-build._1, b.node)], a.node.dims)
    if numbers.differs(2):
        return numbers.wrong(evidence)
    if constant_value(difference):
        return Verdict("wrong", f"proved: they differ by {constant_value(difference)}", evidence=evidence)
    if _cancels(difference):
        return _multiplied_out(evidence)
    found = _in_field(difference, all_variables(left, right, company), numbers.symbols, numbers.least)
    if found is not None:
        exponent, sizes = found
        ground = f"equal at random points of the field of order 2^61 - 1, with error probability below 2^-{exponent}"
        return Verdict("correct", ground, evidence={**evidence, "by": "field", "prime": field.PRIME, "sizes": sizes})
    return numbers.verdict(evidence)


def _same_form(evidence: Evidence) -> Verdict:
    return Verdict("correct", "proved: the same canonical form", evidence={**evidence, "by": "form"})


def _multiplied_out(evidence: Evidence) -> Verdict:
    return Verdict("correct", "proved: equal when multiplied out", evidence={**evidence, "by": "expansion"})


def _cancels(difference: Node) -> bool:
    """Whether a difference is zero when it is multiplied out."""
    try:
        return constant_value(expanded(difference)) == 0
    except (TooLong, ZeroDivisionError):
        return False


def _of_every_function(formulas: Sequence[Expr], company: Sequence[Expr], evidence: Evidence) -> Verdict:
    """Whether formulas with functions without a known body are equal: proved of all of these, or refuted of one."""
    with suppress(MatcalcError):
        a, b = same_layout(*lower_all(list(formulas[:2])))
        if a.node is b.node:
            return _same_form(evidence)
        if _cancels(build.add([(build._1, a.node), (-build._1, b.node)], a.node.dims)):
            return _multiplied_out(evidence)
    (one, other, *domain), bodies = with_bodies(*formulas)
    verdict = equal(one, other, company, domain)
    if verdict.status == "wrong":
        return replace(verdict, ground=f"{verdict.ground}, for {bodies}")
    ground = f"they agree for {bodies}, which need not hold of other functions" if verdict else verdict.ground
    return Verdict("undecided", ground, evidence=evidence)


# ---------------------------------------------------------------- prime field
def _in_field(
    difference: Node, own: list[Expr], symbols: list[str], least: int
) -> tuple[int, list[dict[str, int]]] | None:
    """Minus the binary logarithm of the error probability, and the sizes, where the difference is zero at points."""
    probability = 0.0
    tried: list[dict[str, int]] = []
    nodes = postorder(difference)
    has_sizes = any(node.kind == "size" for node in nodes)
    for turn in (0, 2, 3, 8, 1) if has_sizes else (0, 2, 3):  # polynomials in n have zeros
        sizes = sizes_at(symbols, turn, least)
        bound = None if sizes in tried else _zero_at(difference, own, sizes, turn)
        if bound == 0:
            return None
        if bound is not None:
            probability += max(0.0, math.log2(field.PRIME) - math.log2(bound))  # a high degree says nothing
            tried.append(sizes)
    if not any(max(sizes.values(), default=2) > 1 for sizes in tried):
        return None
    if any(node.kind == "contraction" and _has_even_root(node) for node in nodes):
        probability = min(probability, ROOTS)
        for turn in range(ROOTS):  # a root in the field is one of two, by chance
            if _zero_at(difference, own, tried[0], 100 + turn) == 0:
                return None
    return (int(probability), tried) if probability >= 1 else None


def _has_even_root(node: Node) -> bool:
    return any(exponent.denominator % 2 == 0 for exponent in node.product.exponents)


def _zero_at(difference: Node, own: list[Expr], sizes: dict[str, int], turn: int) -> int | None:
    """A bound on the degree of a difference that is zero at a random point; 0 where it is not seen to be, and None
    where at these sizes it has no value."""
    singular = 0
    for attempt in range(60):
        rng = random.Random(SEED + 1000 * turn + attempt)
        try:
            values = {v: field.random_values(v, sizes, rng) for v in own}
            found = field.evaluate(difference, sizes, values, SEED + attempt)
        except field.Singular:
            singular += 1
            if singular == 3:
                return None
        except (field.Undefined, ValueError):
            continue
        except (field.TooLarge, field.Unsupported):
            return 0
        else:
            return 0 if any(found.values()) else max(1, field.degree(difference, sizes))
    return 0
