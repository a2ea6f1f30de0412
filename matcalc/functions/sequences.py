"""Sums of the first entries of a column, and differences of neighbours."""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Boyd & Vandenberghe, Introduction to Applied Linear Algebra"

SEQUENCES = (
    Function(
        "cumsum",
        "(n,1)->(n,1)",
        "sums of the first entries, up to each",
        ("x",),
        definition="trilones(ones(n,n))*x",
        source=BOOK,
    ),
    Function(
        "revcumsum",
        "(n,1)->(n,1)",
        "sums of the last entries, from each: the transpose of cumsum",
        ("x",),
        definition="trilones(ones(n,n))'*x",
        source=BOOK,
    ),
    Function(
        "diff",
        "(n,m)->(n-1,m)",
        "differences of rows that follow each other; of a column, differences of its entries",
        definition="diffmatrix(ones(n))*X",
        source=BOOK,
    ),
    Function(
        "diffmatrix",
        "(n,1)->(n-1,n)",
        "the matrix of diff: diff(x) = diffmatrix(x)*x; only the size of x counts",
        ("x",),
        differential="0*sum(dx)",
        numpy="np.diff(np.eye(np.size({x})), axis=0)",
        c="difference_matrix({y}, {count});",
        flops="n^2",
        source=BOOK,
        precise="differences(len(x))",
    ),
)
