"""Terms with Kronecker products rewritten so that they share a factor with another term of their sum.

kron(A, B)*K(n,q) is K(m,r)*kron(B, A), and eye(m*n) is kron(eye(m), eye(n)): X'*X has the Jacobian
(eye(n^2) + K(n,n))*kron(eye(n), X').
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expr import Expr, call, commutation, eye
from matcalc.functions import KRON
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.shape import ONE


def matched(terms: list[Term]) -> list[Term]:
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
