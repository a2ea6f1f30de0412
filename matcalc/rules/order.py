"""All rules in the order in which they are tried: lines of mathematics, and the algorithms that are no lines.

An algorithm sees the factors of one product, or the terms of one sum, and returns what they become, or None. It stands
in ``algorithms``, because what it looks for has no fixed form: numbers that are factored, sums of any number of terms
on any axes, paths of matrices of any length.
"""

from __future__ import annotations

from functools import lru_cache, partial

from matcalc.functions import INDICATORS, STEP
from matcalc.network.rewriting import Rule, Rules, Triggered
from matcalc.rules.algorithms.combining import combine
from matcalc.rules.algorithms.commuting import in_commuting_direction
from matcalc.rules.algorithms.contradictions import contradictions
from matcalc.rules.algorithms.crossing import two_shared
from matcalc.rules.algorithms.divisors import divisor_products, divisors_within, nested_divisors, normaliser
from matcalc.rules.algorithms.hyperbolic import hyperbolics
from matcalc.rules.algorithms.inverse_blocks import inverse_blocks
from matcalc.rules.algorithms.inward import (
    diagonal_of_sum,
    mean_of_spread_terms,
    one_diagonal,
    sum_of_differences,
    sum_of_spread_terms,
)
from matcalc.rules.algorithms.mirrored import one_of_each_pair
from matcalc.rules.algorithms.numbers import powers_of_numbers
from matcalc.rules.algorithms.placements import placements
from matcalc.rules.algorithms.projections import multiplied_out, projected_out, transposed_projections
from matcalc.rules.algorithms.selecting import ENTRYWISE, selected
from matcalc.rules.algorithms.spectral import divided_differences
from matcalc.rules.algorithms.stacks import stacks, together
from matcalc.rules.algorithms.unchanging import along_itself
from matcalc.rules.algorithms.units import unit_vectors
from matcalc.rules.matching.lines import product_lines

# By what must be among the factors of a product.
_FIRST: tuple[tuple[str, Rule], ...] = (("contraction", powers_of_numbers),)
_LAST: tuple[tuple[str, Rule], ...] = (
    ("sylvester", in_commuting_direction),
    ("dexpm", in_commuting_direction),
    ("dlogm", in_commuting_direction),
    ("dpolar", along_itself),
    ("levicivita", two_shared),
    ("sum", projected_out),
    ("sum", one_of_each_pair),
    ("divisor", normaliser),
    ("sum", sum_of_spread_terms),
    ("sum", mean_of_spread_terms),
    ("sum", sum_of_differences),
    ("sum", diagonal_of_sum),
    ("sum", divisors_within),
    ("sum", nested_divisors),
    ("contraction", divisor_products),
    ("unit", placements),
    ("inv", inverse_blocks),
    ("sum", stacks),
    ("unit", unit_vectors),
    *((condition.name, contradictions) for condition in (STEP, *INDICATORS)),
    *((name, selected) for name in ENTRYWISE),
)


@lru_cache(1)
def _of_products() -> list[Triggered]:
    """Powers of numbers first, then lines, then algorithms."""
    return [*_triggered(_FIRST), *product_lines(), *_triggered(_LAST)]


def _triggered(rules: tuple[tuple[str, Rule], ...]) -> list[Triggered]:
    return [Triggered(trigger, partial(tuple, [frozenset((trigger,))]), rule) for trigger, rule in rules]


RULES = Rules(
    _of_products,
    (together, divided_differences, multiplied_out, hyperbolics, one_diagonal, combine),
    {"pinv": transposed_projections},
)
