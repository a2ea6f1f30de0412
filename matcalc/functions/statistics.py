"""Functions that are formulas of other functions: means, covariances, products, norms and distances."""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Magnus & Neudecker, Matrix Differential Calculus"


def _defined(
    name: str, signature: str, summary: str, definition: str, operands: tuple[str, ...] = ("X",), **more: object
) -> Function:
    return Function(name, signature, summary, operands, definition=definition, source=BOOK, **more)  # type: ignore[arg-type]


STATISTICS = (
    _defined("mean", "(m,n)->(1,1)", "mean of the entries", "sum(X)/sum(ones(m,n))", aliases=("average",)),
    _defined(
        "var",
        "(m,n)->(1,1)",
        "variance of the entries, the mean of their squared distances from the mean",
        "norm2(X - sum(X)/sum(ones(m,n))*ones(m,n))^2/sum(ones(m,n))",
    ),
    _defined(
        "std",
        "(m,n)->(1,1)",
        "standard deviation of the entries, the square root of var",
        "norm2(X - sum(X)/sum(ones(m,n))*ones(m,n))/sqrt(sum(ones(m,n)))",
        domain="real",
    ),
    _defined("rowmean", "(m,n)->(m,1)", "mean of each row, as a column", "rowsum(X)/sum(ones(n))"),
    _defined("colmean", "(m,n)->(n,1)", "mean of each column, as a column", "colsum(X)/sum(ones(m))"),
    _defined(
        "center", "(m,n)->(m,n)", "the matrix without the means of its columns", "X - ones(m)*colsum(X)'/sum(ones(m))"
    ),
    _defined(
        "cov",
        "(m,n)->(n,n)",
        "covariance of the columns, whose m rows are samples, with divisor m - 1",
        "(X'*X - colsum(X)*colsum(X)'/sum(ones(m)))/(sum(ones(m)) - 1)",
    ),
    _defined(
        "dot", "(m,n),(m,n)->(1,1)", "sum of the products of entries", "sum(X.*Y)", ("X", "Y"), aliases=("inner",)
    ),
    _defined("outer", "(m,1),(n,1)->(m,n)", "outer product of two columns", "x*y'", ("x", "y")),
    _defined(
        "clip",
        "(m,n),(1,1),(1,1)->(m,n)",
        "entries brought between two numbers",
        "minimum(maximum(X, a), b)",
        ("X", "a", "b"),
    ),
    _defined("norminf", "(m,n)->(1,1)", "largest absolute value of the entries", "max(abs(X))"),
    _defined(
        "pairdist2",
        "(m,n),(p,n)->(m,p)",
        "squared distances between the rows of two matrices",
        "rowsum(X.^2)*ones(p)' + ones(m)*rowsum(Y.^2)' - 2*X*Y'",
        ("X", "Y"),
    ),
    _defined("colsoftmax", "(m,n)->(m,n)", "softmax of each column", "rowsoftmax(X')'"),
    _defined("collogsumexp", "(m,n)->(n,1)", "log(colsum(exp(X))), without overflow", "rowlogsumexp(X')"),
    _defined("logsoftmax", "(n,1)->(n,1) | (1,n)->(1,n)", "log(softmax(x))", "x - logsumexp(x)", ("x",)),
    _defined("rowlogsoftmax", "(m,n)->(m,n)", "log(softmax) of each row", "X - rowlogsumexp(X)*ones(n)'"),
    _defined("collogsoftmax", "(m,n)->(m,n)", "log(softmax) of each column", "X - ones(m)*rowlogsumexp(X')'"),
    _defined(
        "maxeig", "(n,n)->(1,1)", "largest eigenvalue of a symmetric matrix", "max(eigvals(X))", domain="symmetric"
    ),
    _defined(
        "mineig", "(n,n)->(1,1)", "smallest eigenvalue of a symmetric matrix", "min(eigvals(X))", domain="symmetric"
    ),
)
