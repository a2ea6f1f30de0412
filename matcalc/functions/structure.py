"""Functions that only move and add entries: the signature, read as an einsum, is the function.

A product such as ``n*m`` in a signature is one dimension with the first letter slow; so vec is column-major.
"""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Magnus & Neudecker, Matrix Differential Calculus"


def _contraction(
    name: str,
    signature: str,
    summary: str,
    *,
    operands: tuple[str, ...] = ("X",),
    latex: str = "",
    transposes: str = "",
    aliases: tuple[str, ...] = (),
) -> Function:
    return Function(
        name=name, signature=signature, summary=summary, operands=operands, contracts=True, latex=latex,
        transposes=transposes, aliases=aliases, source=BOOK,
    )  # fmt: skip


STRUCTURE = (
    _contraction("sum", "(m,n)->(1,1)", "sum of all entries", transposes="invariant"),
    _contraction(
        "tr",
        "(n,n)->(1,1)",
        "trace",
        latex=r"\operatorname{tr}",
        transposes="invariant",
        aliases=("trace", "Tr", "Trace"),
    ),
    _contraction(
        "diag",
        "(n,1)->(n,n) | (1,n)->(n,n) | (n,n)->(n,1)",
        "diagonal matrix of a vector, or the diagonal of a square matrix as a column",
        aliases=("Diag",),
    ),
    _contraction("vec", "(m,n)->(n*m,1)", "columns of a matrix, one under the other"),
    _contraction(
        "unvec", "(n*m,1),(m,n)->(m,n)", "inverse of vec: unvec(x, ones(m,n)) has shape m×n", operands=("x", "E")
    ),
    _contraction(
        "kron",
        "(m,n),(p,q)->(m*p,n*q)",
        "Kronecker product",
        operands=("A", "B"),
        latex=r"\otimes",
        aliases=("kronecker",),
    ),
    _contraction(
        "khatrirao",
        "(m,n),(p,n)->(m*p,n)",
        "Khatri-Rao product: Kronecker products of columns",
        operands=("A", "B"),
        latex=r"\odot_{KR}",
    ),
    _contraction("rowsum", "(m,n)->(m,1)", "sum of each row, as a column"),
    _contraction("colsum", "(m,n)->(n,1)", "sum of each column, as a column"),
)
