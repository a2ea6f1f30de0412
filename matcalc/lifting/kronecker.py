"""Terms with Kronecker products rewritten so that they share a factor with another term of their sum.

kron(A, B)*K(n,q) is K(m,r)*kron(B, A), and eye(m*n) is kron(eye(m), eye(n)): X'*X has the Jacobian
(eye(n^2) + K(n,n))*kron(eye(n), X').
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from matcalc.budgets import LONGEST_FACTORED
from matcalc.expr import Expr, call, commutation, eye
from matcalc.functions import KRON
from matcalc.lifting.assembly import signed
from matcalc.lifting.factors import chain_length
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.rational import Fraction, content
from matcalc.records import NamedTuple
from matcalc.shape import ONE

Chain = tuple[Expr, ...]
Powers = tuple[tuple[Expr, Fraction], ...]


class Ends(NamedTuple):
    """Factors that terms share: the first so many of a product and the last so many."""

    saving: int
    left: Chain
    right: Chain
    may_be_all: bool  # of one term there may be nothing else: the identity is left of it

    def are_of(self, chain: Chain) -> bool:
        count = len(self.left) + len(self.right) + (not self.may_be_all)
        stop = len(chain) - len(self.right)
        return len(chain) >= count and chain[: len(self.left)] == self.left and chain[stop:] == self.right

    def between(self, chain: Chain) -> Chain:
        return chain[len(self.left) : len(chain) - len(self.right)]


def with_shared_ends(terms: list[Term], writer: Writer) -> list[Term]:
    """Terms with what stands before or behind Kronecker products taken out, the longest of it first.

    It is there only when rows and columns are put in order, by commutation matrices and by products of wide matrices.
    """
    terms = _matched(terms)
    while 1 < len(terms) <= LONGEST_FACTORED:
        found = max(_shared_ends(terms), key=lambda pair: pair[1].saving, default=None)
        if found is None:
            break
        scalars, ends = found
        members = [t for t in terms if t.scalars == scalars and ends.are_of(t.chain)]
        identity = (eye(ends.left[-1].shape.cols if ends.left else ends.right[0].shape.rows),)
        inner = [Term(t.coefficient, (), ends.between(t.chain) or identity) for t in members]
        number = content(t.coefficient for t in inner)
        if all(t.coefficient < 0 for t in inner):
            number = -number
        total = writer.add_terms(signed([t.times(1 / number) for t in inner], writer))
        made = Term(number, scalars, (*ends.left, total, *ends.right))
        at = terms.index(members[0])
        terms = [*terms[:at], made, *(t for t in terms[at:] if t not in members)]
    return terms


def _shared_ends(terms: list[Term]) -> Iterator[tuple[Powers, Ends]]:
    """What two terms with the same scalars share at their ends; x + A*x is not (eye(n) + A)*x."""
    for a, b in combinations(terms, 2):
        if a.scalars != b.scalars:
            continue
        short, long = sorted((a.chain, b.chain), key=len)
        count = len(short)
        right = next((n for n in range(count) if short[-1 - n] is not long[-1 - n]), count)
        left = next((n for n in range(count - right) if short[n] is not long[n]), count - right)
        emptied = left + right == count
        with_commutation = emptied and [f.kind for f in long[left : len(long) - right]] == ["commutation"]
        if emptied and not with_commutation:
            left, right = (left, right - 1) if right >= left else (left - 1, right)
        if left + right > 0:
            ends = short[:left], short[len(short) - right :]
            yield a.scalars, Ends(chain_length((*ends[0], *ends[1])), *ends, with_commutation)


def _matched(terms: list[Term]) -> list[Term]:
    """The same terms, each as it fits the others best."""
    chains = [term.chain for term in terms]
    fitting = [_as_split_eye(_commuted(chain, chains), chains) for chain in chains]
    return [term if fit is term.chain else term._replace(chain=fit) for term, fit in zip(terms, fitting, strict=True)]


def _is_kron(expr: Expr) -> bool:
    return expr.data is KRON


def _commuted(chain: tuple[Expr, ...], others: Sequence[tuple[Expr, ...]]) -> tuple[Expr, ...]:
    """…*kron(A, B)*K(n,q) as …*K(m,r)*kron(B, A), where another term is …*kron(B, A)."""
    if len(chain) < 2 or chain[-1].kind != "commutation" or not _is_kron(chain[-2]):
        return chain
    a, b = chain[-2].operands
    transposed = call(KRON, b, a)
    if chain[-1].data != (a.shape.cols, b.shape.cols) or (*chain[:-2], transposed) not in others:
        return chain
    return (*chain[:-2], commutation(a.shape.rows, b.shape.rows), transposed)


def _as_split_eye(chain: tuple[Expr, ...], others: Sequence[tuple[Expr, ...]]) -> tuple[Expr, ...]:
    """eye(m*n) as kron(eye(m), eye(n)), where another term is a Kronecker product with one of these."""
    if len(chain) != 1 or chain[0].kind != "eye":
        return chain
    for other in others:
        if len(other) == 1 and _is_kron(other[0]) and any(operand.kind == "eye" for operand in other[0].operands):
            a, b = other[0].operands
            if a.shape.is_square and b.shape.is_square:
                return (call(KRON, eye(a.shape.rows), eye(b.shape.rows)),)
    return chain


def as_vec(column: Expr, writer: Writer) -> Expr:
    """kron(b, a) of two columns is vec(a*b')."""
    if column.data is KRON and all(operand.shape.cols is ONE for operand in column.operands):
        slow, fast = column.operands
        return writer.vec((fast, writer.transpose(slow)))
    return column
