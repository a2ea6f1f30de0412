"""Two symbols of Levi-Civita that share two indices: the sum over these of e[i,j,k]*e[i,j,l] is 2 where k is l, else 0.

So vee(hat(x)) is x. Those that share one index are left as they are: a product is shorter than the two of its terms.
"""

from __future__ import annotations

from matcalc.functions import LEVICIVITA
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Index, Indices, is_function
from matcalc.network.rewriting import Rewritten
from matcalc.rational import Fraction
from matcalc.rules.algorithms.factors import summed_only_on, without

_1 = Fraction(1)


def two_shared(factors: list[Factor], out: Indices) -> Rewritten | None:
    """e[i,j,k]*e[i,j,l] as 2*delta[k,l]."""
    symbols = [f for f in factors if is_function(f.node, LEVICIVITA) and f.exponent in (1, 2)]
    pairs = [(f, g) for k, f in enumerate(symbols) for g in symbols[k + 1 :] if f.exponent == g.exponent == 1]
    for f, g in [(f, f) for f in symbols if f.exponent == 2] + pairs:
        shared = [i for i in f.indices if i in g.indices and summed_only_on(i, (f, g), factors, out)]
        if len(shared) >= 2 and len(set(f.indices)) == len(set(g.indices)) == 3:
            (k, one), (l, other) = (_with_sign(h.indices, shared[0], shared[1]) for h in (f, g))
            rest = [h for h in without(factors, f) if h is not g]
            return Rewritten(rest, [Factor(number(Fraction(2 * one * other)), (), _1)], [(k, l)], tuple(shared[:2]))
    return None


def _with_sign(indices: Indices, i: Index, j: Index) -> tuple[Index, int]:
    """The third index, and the sign of the order in which i, j and it stand."""
    first, second = indices.index(i), indices.index(j)
    return indices[3 - first - second], 1 if (second - first) % 3 == 1 else -1
