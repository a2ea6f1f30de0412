"""Terms written as a formula: signs, the numbers of sums and before them, one transpose sign for all."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expr import Expr, transpose
from matcalc.functions import DIAG, VEC
from matcalc.lifting.factors import stem
from matcalc.lifting.scalars import with_roots
from matcalc.lifting.summands import opened
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.numerals import Numbers, scale_inside
from matcalc.rational import Fraction

_1 = Fraction(1)


def assemble_collected(terms: list[Term], writer: Writer) -> Expr:
    """The sum of terms that have no more factors in common."""
    transposed = _with_one_transpose_sign(terms, writer)
    return writer.add_terms(signed(terms, writer)) if transposed is None else transposed


def _with_one_transpose_sign(terms: list[Term], writer: Writer) -> Expr | None:
    """A'*B'*C' as (C*B*A)', and sums of such: where every factor is transposed, one sign does for all."""
    chains = [term.chain for term in terms]
    if not all(chains) or not writer.are_transposed([factor for chain in chains for factor in chain]):
        return None
    first, *others = [term._replace(chain=writer.transpose_chain(term.chain)) for term in terms]
    if not others:
        return writer.assemble(first._replace(chain=(transpose(writer.chain(first.chain)),)))
    return transpose(writer.add_terms(signed([first, *others], writer)))


def signed(terms: list[Term], writer: Writer) -> list[tuple[int, Expr]]:
    """Terms as formulas, each with the sign to put before it."""
    found = []
    kept = _beside_products(terms) if any(term.coefficient > 0 for term in terms) else set()
    for given in terms:
        term = given if given.coefficient.denominator == 1 else _with_number_inside(given, len(terms) == 1, writer)
        if term.coefficient < 0:
            absolute = writer.assemble(term.times(Fraction(-1)))
            if kept and not kept.isdisjoint(map(stem, term.chain)):
                found.append((-1, absolute))
                continue
            positive = writer.assemble(term)
            shorter = positive.length <= absolute.length and not _leads_with_minus(positive)
            found.append((1, positive) if shorter else (-1, absolute))
        else:
            found.append((1, writer.assemble(term)))
    return found


def _beside_products(terms: list[Term]) -> set[Expr]:
    """Sums that stand alone and in a product beside it, too: X*X'*r - r keeps its signs, where r is X*b - y."""
    alone = {t.chain[0] for t in terms if len(t.chain) == 1 and t.chain[0].kind in ("add", "sub")}
    return {stem(f) for t in terms if len(t.chain) > 1 for f in t.chain}.intersection(alone) if alone else set()


def as_given(terms: list[Term], writer: Writer) -> list[Term]:
    """The same terms, a sum that stands alone and in products beside it with the sign that it is given with."""
    new = {s: flipped for s in _beside_products(terms) if (flipped := writer.negative_as_given(s)) is not None}
    if not new:
        return terms
    found = []
    for coefficient, scalars, chain in terms:
        count = sum(stem(factor) in new for factor in chain)
        turned = [
            (transpose(new[stem(f)]) if f.kind == "transpose" else new[f]) if stem(f) in new else f for f in chain
        ]
        found.append(Term(coefficient * (-1) ** count, scalars, tuple(turned)))
    return found


def _with_number_inside(term: Term, alone: bool, writer: Writer) -> Term:
    """0.2*A'*(5*u + x) as A'*(u + 0.2*x): a number before a sum goes into it, or part of it, where that is shorter."""
    bare = alone and len(term.chain) + len(term.scalars) == 1
    coefficient, chain, scalars = term.coefficient, list(term.chain), list(term.scalars)
    for k, factor in enumerate(chain):
        scale, chain[k] = _scaled(factor, coefficient, bare, writer)
        coefficient /= scale
    for k, (scalar, exponent) in enumerate(scalars):
        if exponent == 1:
            scale, inside = _scaled(scalar, coefficient, bare, writer)
            scalars[k] = inside, exponent
            coefficient /= scale
    return Term(coefficient, tuple(scalars), tuple(chain))


def _scaled(factor: Expr, before: Fraction, bare: bool, writer: Writer) -> tuple[Fraction, Expr]:
    """What of the number before a factor goes into a sum in it, and the factor with that."""
    if factor.kind in ("add", "sub"):
        terms = opened(Term(chain=(factor,)), writer)
        scale = scale_inside(numbers_of(terms), before, bare) if len(terms) > 1 else _1
        return scale, factor if scale == 1 else writer.add_terms(signed([t.times(scale) for t in terms], writer))
    places: Sequence[int] = ()
    if factor.kind == "hadamard":
        places = (0, 1)
    elif factor.kind == "eldiv" or (factor.kind == "call" and factor.data in (DIAG, VEC)):
        places = (0,)
    for k in places:
        scale, inside = _scaled(factor.operands[k], before, bare and factor.kind == "call", writer)
        if scale != 1:
            operands = (*factor.operands[:k], inside, *factor.operands[k + 1 :])
            return scale, Expr(factor.kind, operands, factor.data, factor.shape)
    return _1, factor


def numbers_of(terms: list[Term]) -> Numbers:
    """The numbers of a sum."""
    return [(with_roots(term.coefficient, term.scalars)[0], term.is_number) for term in terms]


def _leads_with_minus(expr: Expr) -> bool:
    while expr.kind in ("mul", "div", "hadamard", "eldiv"):
        expr = expr.operands[0]
    return expr.kind == "neg" or (expr.kind == "number" and expr.data < 0)
