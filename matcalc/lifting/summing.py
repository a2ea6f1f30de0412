"""Sums of terms as they are written."""

from __future__ import annotations

from matcalc.expr import Expr, call, number, zeros
from matcalc.functions import KHATRIRAO, KRON, UNVEC
from matcalc.lifting.assembly import assemble_collected, signed
from matcalc.lifting.factors import stem
from matcalc.lifting.kronecker import with_shared_ends
from matcalc.lifting.summands import as_term, number_apart
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.rational import content


def assemble_sum(terms: list[Term], writer: Writer) -> Expr:
    """The sum as a formula; there is at least one term."""
    collected = collect(terms, writer)
    if not collected:
        return number(0) if not terms[0].chain else zeros(*writer.chain(terms[0].chain).shape)
    return assemble_collected(collected, writer)


def collect(terms: list[Term], writer: Writer) -> list[Term]:
    """The same sum with like terms put together, and what stands at the ends of products of Kronecker products."""
    if len(terms) == 1:
        return [term for term in terms if term.coefficient]
    terms = _with_one_unvec(terms, writer)
    if any(stem(factor).data in (KRON, KHATRIRAO) or factor.kind == "commutation" for t in terms for factor in t.chain):
        terms = with_shared_ends(terms, writer)
    return _without_content(terms, writer)


def _with_one_unvec(terms: list[Term], writer: Writer) -> list[Term]:
    """unvec(A*u) + unvec(B*u) as unvec((A + B)*u)."""
    found = [t for t in terms if len(t.chain) == 1 and t.chain[0].data is UNVEC]
    members = [t for t in found if t.chain[0].operands[1] is found[0].chain[0].operands[1]]
    if len(members) < 2:
        return terms
    columns = [as_term(t.chain[0].operands[0], writer) for t in members]
    inner = [
        Term(t.coefficient * c.coefficient, (*t.scalars, *c.scalars), c.chain)
        for t, c in zip(members, columns, strict=True)
    ]
    column = assemble_collected(_without_content(with_shared_ends(inner, writer), writer), writer)
    number, column = number_apart(column)
    whole = Term(number, (), (call(UNVEC, column, members[0].chain[0].operands[1]),))
    at = terms.index(members[0])
    return [*terms[:at], whole, *(t for t in terms[at:] if t not in members)]


def _without_content(terms: list[Term], writer: Writer) -> list[Term]:
    """2*A + 2*B is 2*(A + B); a number is pulled out where that saves writing it."""
    if len(terms) < 2 or not terms[0].chain:
        return terms
    divisor = content(term.coefficient for term in terms)
    if divisor == 1 or sum(abs(term.coefficient) == divisor for term in terms) < 2:
        return terms
    sign = divisor if any(term.coefficient > 0 for term in terms) else -divisor
    inner = writer.add_terms(signed([term.times(1 / sign) for term in terms], writer))
    return [Term(sign, (), (inner,))]
