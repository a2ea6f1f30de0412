"""All rules in the order in which they are tried: lines of mathematics, and the algorithms that are no lines.

An algorithm sees the factors of one product, or the terms of one sum, and returns what they become, or None. It stands
in ``algorithms``, because what it looks for has no fixed form: numbers that are factored, sums of any number of terms
on any axes, paths of matrices of any length. Those of products are loaded where they are first tried.
"""

from __future__ import annotations

from functools import lru_cache, partial
from importlib import import_module

from matcalc.functions import FUNCTIONS, INDICATORS, POWER, STEP
from matcalc.network.rewriting import Rule, Rules, Triggered
from matcalc.rules.algorithms.combining import combine
from matcalc.rules.algorithms.hyperbolic import hyperbolics
from matcalc.rules.algorithms.inward import one_diagonal
from matcalc.rules.algorithms.projections import multiplied_out, transposed_projections
from matcalc.rules.algorithms.spectral import divided_differences
from matcalc.rules.algorithms.stacks import together
from matcalc.rules.matching.lines import product_lines

_ENTRYWISE = (POWER.name, *(f.name for f in (*FUNCTIONS.values(), *INDICATORS) if f.elementwise))

# By what must be among the factors of a product: the module and the name of an algorithm.
_FIRST: tuple[tuple[str, str], ...] = (("contraction", "numbers.powers_of_numbers"),)
_LAST: tuple[tuple[str, str], ...] = (
    ("sylvester", "commuting.in_commuting_direction"),
    ("dexpm", "commuting.in_commuting_direction"),
    ("dlogm", "commuting.in_commuting_direction"),
    ("dpolar", "unchanging.along_itself"),
    ("levicivita", "crossing.two_shared"),
    ("sum", "projections.projected_out"),
    ("sum", "mirrored.one_of_each_pair"),
    ("divisor", "divisors.normaliser"),
    ("sum", "inward.sum_of_spread_terms"),
    ("sum", "inward.mean_of_spread_terms"),
    ("sum", "inward.sum_of_differences"),
    ("sum", "inward.diagonal_of_sum"),
    ("sum", "divisors.divisors_within"),
    ("sum", "divisors.nested_divisors"),
    ("contraction", "divisors.divisor_products"),
    ("unit", "placements.placements"),
    ("inv", "inverse_blocks.inverse_blocks"),
    ("sum", "stacks.stacks"),
    ("unit", "units.unit_vectors"),
    *((condition.name, "contradictions.contradictions") for condition in (STEP, *INDICATORS)),
    *((name, "selecting.selected") for name in _ENTRYWISE),
)


@lru_cache(1)
def _of_products() -> list[Triggered]:
    """Powers of numbers first, then lines, then algorithms."""
    return [*_triggered(_FIRST), *product_lines(), *_triggered(_LAST)]


def _triggered(rules: tuple[tuple[str, str], ...]) -> list[Triggered]:
    return [
        Triggered(trigger, partial(tuple, [frozenset((trigger,))]), partial(_algorithm, name))
        for trigger, name in rules
    ]


def _algorithm(name: str) -> Rule:
    module, _, function = name.partition(".")
    rule: Rule = getattr(import_module(f"matcalc.rules.algorithms.{module}"), function)
    return rule


RULES = Rules(
    _of_products,
    (together, divided_differences, multiplied_out, hyperbolics, one_diagonal, combine),
    {"pinv": transposed_projections},
)
