"""A summand as it is written: a number times powers of scalars times matrices."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

_1 = Fraction(1)
LONG = 16  # parts; a product of as many that is another one's transpose is written as that


class Term(NamedTuple):
    """coefficient · Π scalar^exponent · chain[0]*chain[1]*…; an empty chain is a scalar term."""

    coefficient: Fraction = _1
    scalars: tuple[tuple[Expr, Fraction], ...] = ()
    chain: tuple[Expr, ...] = ()

    def times(self, coefficient: Fraction) -> Term:
        return self if coefficient == 1 else Term(self.coefficient * coefficient, self.scalars, self.chain)

    @property
    def is_long(self) -> bool:
        """Whether a transpose of it is better written as that, for it can be given a name then."""
        return len(self.chain) > 1 and sum([factor.length for factor in self.chain]) >= LONG

    @property
    def is_number(self) -> bool:
        """Whether there is nothing but a number, or a number in every entry."""
        return not self.scalars and (not self.chain or (len(self.chain) == 1 and self.chain[0].kind == "ones"))


def merged_powers(powers: list[tuple[Expr, Fraction]]) -> tuple[tuple[Expr, Fraction], ...]:
    """Powers of scalars with each base once."""
    total: dict[Expr, Fraction] = {}
    for base, exponent in powers:
        total[base] = total.get(base, Fraction(0)) + exponent
    return tuple((base, exponent) for base, exponent in total.items() if exponent)
