"""Powers of numbers, which are split into primes."""

from __future__ import annotations

from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Indices, constant_value
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction, split_power
from matcalc.rules.algorithms.factors import without

_1 = Fraction(1)


def powers_of_numbers(factors: list[Factor], out: Indices) -> Rewritten | None:
    """2^0.5*2^0.5 = 2, and 1/2^0.5 = 2^0.5/2: powers of numbers have exponents between 0 and 1.

    No line, since numbers are split into primes.
    """
    for factor in factors:
        value = constant_value(factor.node)
        if value is not None and not factor.indices and not 0 < factor.exponent < 1:
            split = split_power(value, factor.exponent)
            if split is not None:
                roots = [Factor(number(Fraction(prime)), (), power) for prime, power in split[1]]
                return Rewritten(without(factors, factor), added=[Factor(number(split[0]), (), _1), *roots])
    return None
