"""The table of changes of claims with indices, the most specific first."""

from __future__ import annotations

from matcalc.checking import edits, repairs, sums
from matcalc.checking.edits import Generator

# What undoes a mistake with indices, with the name of the mistake. Those of ``UNBOUND`` give a claim a value that has
# an index that nothing binds.
UNBOUND: tuple[tuple[str, Generator], ...] = (
    ("missing sum", sums.unsummed),
    ("missing sum", sums.brackets),
    ("wrong index", sums.other_indices),
)
INDEXED: tuple[tuple[str, Generator], ...] = (
    ("sign", edits.signs),
    ("factor", edits.factors),
    ("factor", sums.sizes_left_out),
    ("wrong index", sums.exchanged_indices),
    ("wrong index", sums.other_indices),
    ("missing sum", sums.brackets),
    ("pairs", sums.pairs),
    ("pairs", sums.diagonals),
    ("summed over", sums.other_sides),
    ("exchanged", sums.one_sum),
    ("exchanged", sums.sums_of_functions),
    ("exchanged", sums.functions_of_sums),
    ("summed over", sums.summed_over_others),
    ("missing sum", sums.inner_sums),
    ("missing sum", sums.one_sample),
    ("transpose", edits.transposes),
    ("inverse", sums.inverses),
    ("exponent", edits.exponents),
    ("exponent", edits.divisors),
    ("chain factor", sums.entries),
    ("chain factor", repairs.dropped_factors),
)
